//! Values that are likely no measurements: numbers that stand for missing ones, and spikes.

use crate::spec::scalar::shortest;
use crate::spec::words::listed;

/// Numbers that programs write where a measurement is missing, with the relative distance at which one
/// is taken for it: those beyond 10²⁰ are often rounded.
const FILL_VALUES: [(f64, f64); 10] = [
    (-9999.0, 0.0),
    (-999.0, 0.0),
    (-99999.0, 0.0),
    // netCDF's for floats and doubles, CMIP's, Silicon Graphics' and HDF's.
    (9.969_209_968_386_869e36, 1e-3),
    (-9.969_209_968_386_869e36, 1e-3),
    (1e20, 1e-6),
    (-1e20, 1e-6),
    (1e30, 1e-6),
    (-1e30, 1e-6),
    (1e35, 1e-3),
];
/// How many standard deviations a sample may be away from the others.
const SPIKE: f64 = 8.0;
/// One in this many samples is an outermost one,
const OUTERMOST: usize = 50;
/// but at least this many.
const LEAST_OUTERMOST: usize = 3;
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
                "{} the fill value {}, which often stands for a missing measurement",
                of_lines(&at, "holds", "hold"),
                shortest(fill.0)
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

/// The lines of spikes: samples far from the mean of all but the outermost samples, in units of their
/// deviation. The outermost are left out there because they are what is asked about: a spike that takes
/// part in the deviation hides itself, and two of them hide each other.
fn spikes(samples: &[(f64, u64)]) -> Vec<u64> {
    if samples.len() < ENOUGH {
        return Vec::new();
    }
    // In units of the largest, so that nothing overflows.
    let largest = samples
        .iter()
        .fold(0.0f64, |max, (x, _)| max.max(libm::fabs(*x)));
    if largest == 0.0 {
        return Vec::new();
    }
    let mut sorted: Vec<f64> = samples.iter().map(|(x, _)| x / largest).collect();
    sorted.sort_by(f64::total_cmp);
    let median = sorted[sorted.len() / 2];
    sorted.sort_by(|a, b| libm::fabs(a - median).total_cmp(&libm::fabs(b - median)));
    let outermost = (sorted.len() / OUTERMOST).max(LEAST_OUTERMOST);
    let inner = &sorted[..sorted.len() - outermost];
    let n = inner.len() as f64;
    let mean = inner.iter().sum::<f64>() / n;
    let squares: f64 = inner.iter().map(|x| (x - mean) * (x - mean)).sum();
    let deviation = libm::sqrt(squares / n);
    let magnitude = inner.iter().fold(0.0f64, |max, x| max.max(libm::fabs(*x)));
    // Pulses on a flat line have no deviation to be measured by.
    if deviation <= 1e-12 * magnitude {
        return Vec::new();
    }
    let is_spike = |x: f64| libm::fabs(x / largest - mean) > SPIKE * deviation;
    let lines = samples.iter().filter(|(x, _)| is_spike(*x));
    lines.map(|(_, line)| *line).collect()
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
                "lines 5, 7 hold the fill value -9999, which often stands for a missing measurement",
                "line 9 holds the fill value 9.969209968386869e36, which often stands for a missing measurement",
            ]
        );
        assert_eq!(
            sine(&[(10, 7.0)]),
            ["line 12 is more than 8 standard deviations away from the mean of the other samples"]
        );
        // However large, however many at once, and on whatever background.
        for spike in [1e3, 1e6, 1e9, -3e35] {
            assert!(
                sine(&[(10, spike)])[0].starts_with("line 12 is more than 8"),
                "{spike}"
            );
            let two = sine(&[(10, spike), (11, spike)]);
            assert!(
                two[0].starts_with("lines 12, 13 are more than 8"),
                "{two:?}"
            );
        }
        let both = sine(&[(10, 1e6), (20, 20.0)]);
        assert!(
            both[0].starts_with("lines 12, 22 are more than 8"),
            "{both:?}"
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
