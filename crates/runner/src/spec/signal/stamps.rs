//! A column of times to the time between two samples.
//!
//! Times are rounded when they are written: 360 samples per second in whole milliseconds are 3, 3, 2, 3, …
//! ms apart. So each time is held against the straight line from the first to the last, t_i = t_0 + i Δ,
//! and each step against Δ. Both may be off by 1 % of Δ or one unit in the last digit written, whichever
//! is more, but never by more than 0.4 Δ: a lost sample, which makes a step of 2 Δ, stays apart from rounding.

use super::Stamps;
use crate::spec::scalar::shortest;
use synapse_report::text_table::Decimal;
use synapse_report::text_table::number::number;
use synapse_report::words::shortened;

/// The part of Δ by which a time may be off, whatever its digits.
const TOLERANCE: f64 = 0.01;
/// The most that rounding may be of Δ.
const COARSEST: f64 = 0.4;

/// The unit of a column of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeUnit {
    /// Seconds.
    S,
    /// Milliseconds.
    Ms,
    /// Microseconds.
    Us,
    /// Minutes.
    Min,
    /// `h:mm:ss.fff` or `mm:ss.fff`.
    Clock,
}

impl TimeUnit {
    /// The words of all.
    pub const WORDS: [&'static str; 5] = ["s", "ms", "us", "min", "h:mm:ss"];

    /// The unit of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        match word {
            "s" => Some(Self::S),
            "ms" => Some(Self::Ms),
            "us" => Some(Self::Us),
            "min" => Some(Self::Min),
            "h:mm:ss" => Some(Self::Clock),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::S | Self::Clock => "s",
            Self::Ms => "ms",
            Self::Us => "us",
            Self::Min => "min",
        }
    }

    /// From this unit to ms: multiplied, then divided, so that powers of ten stay exact.
    fn to_ms(self, value: f64) -> f64 {
        match self {
            Self::S | Self::Clock => value * 1e3,
            Self::Ms => value,
            Self::Us => value / 1e3,
            Self::Min => value * 6e4,
        }
    }
}

/// A time in its unit (seconds for clocks), and one unit in its last digit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Time {
    value: f64,
    digit: f64,
}

/// A cell as a time.
pub(super) fn time(text: &str, unit: TimeUnit, decimal: Decimal) -> Result<Time, String> {
    // Some exports put clocks in brackets.
    let inner = text.trim_start_matches('[').trim_end_matches(']');
    let clock = inner.contains(':');
    let wrong = |what: &str| format!("\"{}\" {what}", shortened(text));
    match (unit, clock) {
        (TimeUnit::Clock, true) => {}
        (TimeUnit::Clock, false) => {
            return Err(wrong(
                "is not a time as in 0:00:01.250 (target.time_unit = \"h:mm:ss\")",
            ));
        }
        (_, true) => {
            return Err(wrong(
                "looks like hours, minutes and seconds: set target.time_unit = \"h:mm:ss\"",
            ));
        }
        (_, false) => {
            let value = number(inner, decimal).map_err(|fault| wrong(&fault.to_string()))?;
            return Ok(Time {
                value,
                digit: last_digit(inner, decimal),
            });
        }
    }
    let parts: Vec<&str> = inner.split(':').collect();
    let read = |part: &str| number(part, decimal).ok().filter(|value| *value >= 0.0);
    let seconds = match parts[..] {
        [minutes, seconds] => read(minutes).zip(read(seconds)).map(|(m, s)| m * 60.0 + s),
        [hours, minutes, seconds] => read(hours)
            .zip(read(minutes))
            .zip(read(seconds))
            .map(|((h, m), s)| (h * 60.0 + m) * 60.0 + s),
        _ => None,
    };
    let value = seconds.ok_or_else(|| wrong("is not a time as in 0:00:01.250"))?;
    let last = parts.last().copied().unwrap_or_default();
    Ok(Time {
        value,
        digit: last_digit(last, decimal),
    })
}

/// One unit in the last digit that is written: 0.01 of `1.25`, 1e-5 of `1.25e-3`.
fn last_digit(text: &str, decimal: Decimal) -> f64 {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let decimals = mantissa
        .split_once(decimal.word())
        .map_or(0, |(_, d)| d.len());
    let exponent: i32 = exponent.parse().unwrap_or(0);
    libm::exp10(f64::from(exponent) - decimals as f64)
}

/// The time between two samples; or the line in which something is wrong, and what.
pub(super) fn spacing(
    times: &[Time],
    lines: &[u64],
    unit: TimeUnit,
) -> Result<Stamps, (u64, String)> {
    let show = |value: f64| format!("{} {}", shortest(value), unit.name());
    for (pair, lines) in times.windows(2).zip(lines.windows(2)) {
        let (before, now) = (pair[0].value, pair[1].value);
        if now == before {
            let problem = format!(
                "{} is the time of line {}, too; each sample needs its own",
                show(now),
                lines[0]
            );
            return Err((lines[1], problem));
        }
        if now < before {
            let problem = format!(
                "{} is before {} in line {}; times must ascend",
                show(now),
                show(before),
                lines[0]
            );
            return Err((lines[1], problem));
        }
    }
    let (Some(first), Some(last)) = (times.first(), times.last()) else {
        return Err((1, "no times".to_owned()));
    };
    let intervals = (times.len() - 1) as f64;
    let step = (last.value - first.value) / intervals;
    // The finest digit of all: trailing zeros may be left out.
    let digit = times
        .iter()
        .map(|time| time.digit)
        .fold(f64::INFINITY, f64::min);
    let tolerance = (TOLERANCE * step).max(digit.min(COARSEST * step));
    let off = |found: f64, wanted: f64| libm::fabs(found - wanted) > tolerance * (1.0 + 1e-9);
    let off_line = |(at, time): (usize, &Time)| off(time.value, first.value + at as f64 * step);
    let mut of_two = times.windows(2).map(|pair| pair[1].value - pair[0].value);
    if times.iter().enumerate().any(off_line) || of_two.any(|found| off(found, step)) {
        // Named is the longest or shortest step, which the eye finds in the file.
        let steps = times.windows(2).map(|pair| pair[1].value - pair[0].value);
        let middle = {
            let mut sorted: Vec<f64> = steps.clone().collect();
            sorted.sort_by(f64::total_cmp);
            sorted[sorted.len() / 2]
        };
        let worst = steps
            .enumerate()
            .max_by(|(_, a), (_, b)| libm::fabs(a - middle).total_cmp(&libm::fabs(b - middle)));
        let (at, found) = worst.unwrap_or((0, middle));
        let problem = format!(
            "{} is {} after line {}, where the middle step is {}; samples must be equally spaced, to {} (1 % of a step, or \
             one unit in the last digit)",
            show(times[at + 1].value),
            show(twelve_digits(found)),
            lines[at],
            show(twelve_digits(middle)),
            show(twelve_digits(tolerance)),
        );
        return Err((lines[at + 1], problem));
    }
    Ok(Stamps {
        // What division leaves in the last digits is not sampling.
        sample_ms: twelve_digits(unit.to_ms(step)),
        tolerance_ms: unit.to_ms(2.0 * digit.min(tolerance) / intervals) + 1e-9 * unit.to_ms(step),
    })
}

fn twelve_digits(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spaced(cells: &[&str], unit: TimeUnit) -> Result<f64, (u64, String)> {
        let times: Vec<Time> = cells
            .iter()
            .map(|cell| time(cell, unit, Decimal::Point).unwrap())
            .collect();
        let lines: Vec<u64> = (2..).take(times.len()).collect();
        spacing(&times, &lines, unit).map(|stamps| stamps.sample_ms)
    }

    #[test]
    fn rounded_times_are_equally_spaced() {
        assert_eq!(spaced(&["0", "2", "4"], TimeUnit::Ms), Ok(2.0));
        assert_eq!(
            spaced(&["0.1", "0.2", "0.3", "0.4"], TimeUnit::S),
            Ok(100.0)
        );
        assert_eq!(spaced(&["5", "55", "105"], TimeUnit::Us), Ok(0.05));
        assert_eq!(spaced(&["1e-3", "2e-3", "3e-3"], TimeUnit::S), Ok(1.0));
        // 360 per second in whole milliseconds.
        let cells: Vec<String> = (0..361)
            .map(|i| format!("{:.3}", f64::from(i) / 360.0))
            .collect();
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        let step = spaced(&cells, TimeUnit::S).unwrap();
        assert!((step - 1000.0 / 360.0).abs() < 1e-9, "{step}");
    }

    #[test]
    fn a_missing_sample_is_found_wherever_it_is() {
        for missing in 1..40 {
            let cells: Vec<String> = (0..41)
                .filter(|&i| i != missing)
                .map(|i| format!("{:.3}", f64::from(i) / 360.0))
                .collect();
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            let (line, said) = spaced(&cells, TimeUnit::S).unwrap_err();
            assert_eq!(line, missing as u64 + 2, "{said}");
            assert!(said.contains("samples must be equally spaced"), "{said}");
        }
    }

    #[test]
    fn times_that_are_wrong_name_their_line() {
        for (cells, line, said) in [
            (
                &["0", "1", "1", "2"][..],
                4,
                "1 ms is the time of line 3, too; each sample needs its own",
            ),
            (
                &["0", "1", "-2", "3"],
                4,
                "-2 ms is before 1 ms in line 3; times must ascend",
            ),
            (
                &["0.0", "1.0", "2.0", "5.0", "6.0"],
                5,
                "5 ms is 3 ms after line 4, where the middle step is 1 ms; samples must be equally spaced, to 0.1 ms (1 % of a step, or one unit in the last digit)",
            ),
        ] {
            assert_eq!(spaced(cells, TimeUnit::Ms), Err((line, said.to_owned())));
        }
        // Digits too coarse to tell a lost sample.
        assert!(spaced(&["0", "1", "2", "4", "5", "6", "7"], TimeUnit::Ms).is_err());
    }

    #[test]
    fn clocks() {
        assert_eq!(
            spaced(&["0:59:59.5", "1:00:00.0", "1:00:00.5"], TimeUnit::Clock),
            Ok(500.0)
        );
        assert_eq!(spaced(&["0:00.000", "0:00.004"], TimeUnit::Clock), Ok(4.0));
        let said = |text, unit| time(text, unit, Decimal::Point).unwrap_err();
        assert_eq!(
            said("0:01.5", TimeUnit::S),
            "\"0:01.5\" looks like hours, minutes and seconds: set target.time_unit = \"h:mm:ss\""
        );
        assert_eq!(
            said("1.5", TimeUnit::Clock),
            "\"1.5\" is not a time as in 0:00:01.250 (target.time_unit = \"h:mm:ss\")"
        );
        assert_eq!(said("x", TimeUnit::S), "\"x\" is not a number");
        assert_eq!(
            said("1:x", TimeUnit::Clock),
            "\"1:x\" is not a time as in 0:00:01.250"
        );
    }
}
