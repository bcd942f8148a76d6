//! Values that are likely no measurements: numbers that stand for missing ones, and spikes.

use crate::spec::words::listed;

/// Numbers that programs write where a measurement is missing, with the relative distance at which one
/// is taken for it: those beyond 10²⁰ are often rounded.
const FILL_VALUES: [(f64, f64); 9] = [
    (-9999.0, 0.0),
    (-999.0, 0.0),
    (-99999.0, 0.0),
    // netCDF's for floats and doubles, CMIP's, Silicon Graphics' and HDF's.
    (9.969_209_968_386_869e36, 1e-3),
    (1e20, 1e-6),
    (-1e20, 1e-6),
    (1e30, 1e-6),
    (-1e30, 1e-6),
    (1e35, 1e-3),
];
/// How many standard deviations a sample may be away from the others.
const SPIKE: f64 = 8.0;
/// How many samples it takes to know how they spread.
const ENOUGH: usize = 20;
/// How many lines a warning names.
const LINES: usize = 5;

/// A text for each kind of value that is likely no measurement.
pub(super) fn find(values: &[f64], lines: &[u64]) -> Vec<String> {
    let mut found = Vec::new();
    let is_fill = |value: f64| {
        FILL_VALUES
            .iter()
            .find(|(fill, near)| libm::fabs(value - fill) <= near * libm::fabs(*fill))
    };
    for fill in FILL_VALUES {
        let at = |(value, &line): (&f64, &u64)| (is_fill(*value) == Some(&fill)).then_some(line);
        let at: Vec<u64> = values.iter().zip(lines).filter_map(at).collect();
        if !at.is_empty() {
            found.push(format!(
                "{} the fill value {:e}, which often stands for a missing measurement",
                of_lines(&at, "holds", "hold"),
                fill.0
            ));
        }
    }
    let rest: Vec<(f64, u64)> = values
        .iter()
        .zip(lines)
        .filter(|(value, _)| is_fill(**value).is_none())
        .map(|(&value, &line)| (value, line))
        .collect();
    let at = spikes(&rest);
    if !at.is_empty() {
        found.push(format!(
            "{} more than {SPIKE} standard deviations away from the mean of the other samples",
            of_lines(&at, "is", "are")
        ));
    }
    found
}

fn of_lines(lines: &[u64], one: &str, many: &str) -> String {
    let names: Vec<String> = lines.iter().map(u64::to_string).collect();
    match names.len() {
        1 => format!("line {} {one}", names[0]),
        _ => format!("lines {} {many}", listed(&names, LINES)),
    }
}

/// The lines of spikes. Each sample is held against mean and deviation of all others: among n samples,
/// none can be further than √n deviations away from a mean of which it is a part.
fn spikes(samples: &[(f64, u64)]) -> Vec<u64> {
    if samples.len() < ENOUGH {
        return Vec::new();
    }
    let n = samples.len() as f64;
    // Around the mean and in units of the largest distance, so that nothing overflows.
    let largest = samples
        .iter()
        .fold(0.0f64, |max, (x, _)| max.max(libm::fabs(*x)));
    if largest == 0.0 {
        return Vec::new();
    }
    let mean = samples.iter().map(|(x, _)| x / largest).sum::<f64>() / n;
    let deviation = |x: f64| x / largest - mean;
    let squares: f64 = samples
        .iter()
        .map(|(x, _)| deviation(*x) * deviation(*x))
        .sum();
    let spike = |(x, line): &(f64, u64)| {
        let own = deviation(*x);
        // The sum of all deviations is 0: that of the others is −own.
        let mean_of_others = -own / (n - 1.0);
        let variance = (squares - own * own) / (n - 1.0) - mean_of_others * mean_of_others;
        let distance = own - mean_of_others;
        // A pulse on a flat line has no deviation to be measured by.
        let measurable = variance > 1e-12 * own * own;
        (measurable && distance * distance > SPIKE * SPIKE * variance).then_some(*line)
    };
    samples.iter().filter_map(spike).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(spikes: &[(usize, f64)]) -> Vec<String> {
        let mut values: Vec<f64> = (0..60).map(|i| (f64::from(i) * 0.3).sin()).collect();
        for &(at, value) in spikes {
            values[at] = value;
        }
        let lines: Vec<u64> = (2..62).collect();
        find(&values, &lines)
    }

    #[test]
    fn fill_values_and_spikes_are_named_with_their_lines() {
        assert_eq!(sine(&[]).len(), 0);
        assert_eq!(
            sine(&[(3, -9999.0), (5, -9999.0), (7, 9.97e36)]),
            [
                "lines 5, 7 hold the fill value -9.999e3, which often stands for a missing measurement",
                "line 9 holds the fill value 9.969209968386869e36, which often stands for a missing measurement",
            ]
        );
        assert_eq!(
            sine(&[(10, 7.0)]),
            ["line 12 is more than 8 standard deviations away from the mean of the other samples"]
        );
        let many: Vec<(usize, f64)> = (0..8).map(|at| (7 * at, -999.0)).collect();
        assert!(
            sine(&many)[0].starts_with("lines 2, 9, 16, 23, 30, … (3 more) hold the fill value"),
            "{:?}",
            sine(&many)
        );
    }

    #[test]
    fn pulses_and_heartbeats_are_signals() {
        let lines: Vec<u64> = (2..102).collect();
        let mut pulse = vec![0.0; 100];
        pulse[50] = 1.0;
        assert_eq!(find(&pulse, &lines).len(), 0);
        assert_eq!(find(&[1e308, -1e308].repeat(50), &lines).len(), 0);
        // Of a few samples nobody knows how they spread.
        assert_eq!(find(&[0.1, 0.2, 0.1, 9.0], &lines[..4]).len(), 0);
    }
}
