//! From data to coordinates of an axis, and where the ticks stand.

use crate::number;
use std::ops::Range;

/// Room that labels on an axis leave between each other, in pt.
const LABEL_GAP: f64 = 7.0;

/// No linear axis goes further, so that its range and margins are numbers.
const LARGEST: f64 = 1e307;

fn bounded(x: f64) -> f64 {
    x.clamp(-LARGEST, LARGEST)
}

/// A linear or logarithmic scale. Its coordinates are the data or their logarithms, and plotters maps
/// them to the page; plotters' own `LogCoord` uses the platform's logarithm, which differs in the
/// last bit between machines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    log: bool,
    low: f64,
    high: f64,
    /// Whether a log scale has a lane for zeros, which have no logarithm: some value is 0.
    zeros: bool,
}

/// The ticks of an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ticks {
    /// Data value and label.
    pub(super) major: Vec<(f64, String)>,
    /// Data values without a label.
    pub(super) minor: Vec<f64>,
}

impl Scale {
    /// A scale over the range of some values with a margin (a share of the range) on both sides.
    /// Values that are not finite, or on a log scale negative, do not count; zeros get a lane there.
    pub(super) fn fit(log: bool, values: impl Iterator<Item = f64>, margin: f64) -> Self {
        let transform = |x: f64| if log { libm::log10(x) } else { bounded(x) };
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut zeros = false;
        for x in values.filter(|x| x.is_finite() && (!log || *x >= 0.0)) {
            if log && x == 0.0 {
                zeros = true;
                continue;
            }
            low = low.min(transform(x));
            high = high.max(transform(x));
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if low == high {
            // A single value: half a decade, or half its size, on both sides.
            let half = if log || low == 0.0 {
                0.5
            } else {
                low.abs() / 2.0
            };
            (low, high) = (low - half, high + half);
        }
        let room = margin * (high - low);
        Self {
            log,
            low: low - room,
            high: high + room,
            zeros,
        }
    }

    /// Whether zeros stand in a lane of their own, below or left of the axis.
    pub(super) fn has_zeros(&self) -> bool {
        self.zeros
    }

    /// Whether a value stands in the lane for zeros.
    pub(super) fn in_lane(&self, x: f64) -> bool {
        self.zeros && x == 0.0
    }

    /// The coordinates of the ends.
    pub(super) fn range(&self) -> Range<f64> {
        self.low..self.high
    }

    /// The coordinate of a value; values beyond an end (or ≤ 0 on a log scale) may lie far outside.
    pub(super) fn coordinate(&self, x: f64) -> f64 {
        if !self.log {
            bounded(x)
        } else if x > 0.0 {
            libm::log10(x)
        } else {
            // Zero has no logarithm: far below everything, to be cut off.
            self.low - 10.0 * (self.high - self.low)
        }
    }

    /// The position of a value as a share of the scale, 0 at its low end.
    pub(super) fn share(&self, x: f64) -> f64 {
        (self.coordinate(x) - self.low) / (self.high - self.low)
    }

    /// The data value at a share of the scale.
    pub(super) fn value_at(&self, share: f64) -> f64 {
        let t = self.low + share * (self.high - self.low);
        if self.log { libm::pow(10.0, t) } else { t }
    }

    /// Ticks on an axis of `length` pt whose labels, `extent` pt long along it, do not touch.
    pub(super) fn ticks(&self, length: f64, extent: impl Fn(&str) -> f64) -> Ticks {
        if self.log {
            self.log_ticks(length, &extent)
        } else {
            self.linear_ticks(length, &extent)
        }
    }

    fn log_ticks(&self, length: f64, extent: &impl Fn(&str) -> f64) -> Ticks {
        let first = libm::ceil(self.low - 1e-9) as i32;
        let last = libm::floor(self.high + 1e-9) as i32;
        let per_decade = length / (self.high - self.low);
        if last - first < 1 {
            return self.short_log_ticks(length, extent);
        }
        let label = |decade: i32| format!("10{}", number::superscript(decade));
        let widest = (first..=last)
            .map(|d| extent(&label(d)))
            .fold(0.0, f64::max)
            + LABEL_GAP;
        let step = (libm::ceil(widest / per_decade) as i32).max(1);
        let mut ticks = Ticks {
            major: Vec::new(),
            minor: Vec::new(),
        };
        for decade in first - 1..=last {
            let value = libm::pow(10.0, f64::from(decade));
            if decade >= first {
                if decade.rem_euclid(step) == 0 {
                    ticks.major.push((value, label(decade)));
                } else {
                    ticks.minor.push(value);
                }
            }
            // Nine ticks a decade are a help only where they can be told apart.
            if step == 1 && per_decade > 18.0 {
                let within = (2..10).map(|m| value * f64::from(m));
                ticks.minor.extend(within.filter(|x| self.holds(*x)));
            }
        }
        ticks
    }

    /// Less than two decades in view: 1, 2 and 5 carry labels, or even steps if those are too few.
    fn short_log_ticks(&self, length: f64, extent: &impl Fn(&str) -> f64) -> Ticks {
        let mut major = Vec::new();
        let mut minor = Vec::new();
        for decade in libm::floor(self.low) as i32..=libm::floor(self.high) as i32 {
            let unit = libm::pow(10.0, f64::from(decade));
            for m in 1..10 {
                let x = unit * f64::from(m);
                if !self.holds(x) {
                    continue;
                }
                if [1, 2, 5].contains(&m) {
                    major.push((x, number::value(x)));
                } else {
                    minor.push(x);
                }
            }
        }
        if major.len() < 2 {
            let linear = Self {
                log: false,
                zeros: false,
                low: self.value_at(0.0),
                high: self.value_at(1.0),
            };
            let even = linear.linear_ticks(length, extent);
            major = even.major;
            minor = Vec::new();
        }
        // Labels crowd towards the upper end of a decade: those that would touch lose theirs.
        let mut kept: Vec<(f64, String)> = Vec::new();
        for (x, label) in major {
            let clear = kept.last().is_none_or(|(before, text)| {
                let room = (extent(text) + extent(&label)) / 2.0 + LABEL_GAP / 2.0;
                (self.share(x) - self.share(*before)) * length >= room
            });
            if clear {
                kept.push((x, label));
            } else {
                minor.push(x);
            }
        }
        Ticks { major: kept, minor }
    }

    fn linear_ticks(&self, length: f64, extent: &impl Fn(&str) -> f64) -> Ticks {
        let range = self.high - self.low;
        let mut ticks = Vec::new();
        // The finest even step whose labels fit.
        'steps: for exponent in libm::floor(libm::log10(range)) as i32 - 2.. {
            for factor in [1.0, 2.0, 5.0] {
                let step = factor * libm::pow(10.0, f64::from(exponent));
                let first = libm::ceil(self.low / step - 1e-9);
                let count = libm::floor((self.high / step - first) + 1e-9) + 1.0;
                if count > length / 9.0 && count > 2.0 {
                    continue;
                }
                let largest = self.low.abs().max(self.high.abs());
                ticks = (0..count.max(0.0) as usize)
                    .map(|i| {
                        let x = (first + i as f64) * step;
                        (x, decimal(x, exponent, largest))
                    })
                    .collect();
                let widest = ticks.iter().map(|(_, l)| extent(l)).fold(0.0, f64::max);
                if widest + LABEL_GAP <= step / range * length || ticks.len() < 3 {
                    break 'steps;
                }
            }
        }
        Ticks {
            major: ticks,
            minor: Vec::new(),
        }
    }

    fn holds(&self, x: f64) -> bool {
        (-1e-9..=1.0 + 1e-9).contains(&self.share(x))
    }
}

/// A tick of an even step of 10^exponent on an axis up to `largest`: all labels of the axis have the
/// same decimals, as many as tell neighbours apart.
fn decimal(x: f64, exponent: i32, largest: f64) -> String {
    let (power, decimals) = if (-4..=5).contains(&exponent) || (1e-3..1e6).contains(&largest) {
        (0, (-exponent).max(0))
    } else {
        let power = libm::floor(libm::log10(largest)) as i32;
        (power, (power - exponent).max(0))
    };
    // Beyond 17 digits there is nothing in a number.
    let decimals = decimals.min(17) as usize;
    let text = format!("{:.decimals$}", x / libm::pow(10.0, f64::from(power)));
    let digits = || text.trim_start_matches('-');
    if digits().chars().all(|c| c == '0' || c == '.') {
        return "0".to_string();
    }
    let text = text.replace('-', "−");
    let power = match power {
        0 => return text,
        power => format!("10{}", number::superscript(power)),
    };
    match text.as_str() {
        "1" => power,
        "−1" => format!("−{power}"),
        _ => format!("{text}×{power}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale, length: f64, per_char: f64) -> Vec<String> {
        let ticks = scale.ticks(length, |l| per_char * l.chars().count() as f64);
        ticks.major.into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn log_axes_have_powers_of_ten() {
        let s = Scale::fit(true, [1e-6, 1e-3].into_iter(), 0.0);
        assert_eq!(labels(s, 200.0, 4.0), ["10⁻⁶", "10⁻⁵", "10⁻⁴", "10⁻³"]);
        assert!(s.share(1e-6).abs() < 1e-9 && (s.share(1e-3) - 1.0).abs() < 1e-9);
        assert_eq!(s.ticks(200.0, |_| 10.0).minor.len(), 24);
        // Too many decades for the room: every third, on round exponents.
        let wide = Scale::fit(true, [1e-6, 1e6].into_iter(), 0.0);
        assert_eq!(
            labels(wide, 100.0, 4.0),
            ["10⁻⁶", "10⁻³", "10⁰", "10³", "10⁶"]
        );
    }

    #[test]
    fn short_log_axes_have_at_least_two_labels() {
        let s = Scale::fit(true, [0.15, 0.9].into_iter(), 0.0);
        assert_eq!(labels(s, 100.0, 4.0), ["0.2", "0.5"]);
        let narrow = Scale::fit(true, [0.31, 0.34].into_iter(), 0.0);
        assert!(
            labels(narrow, 100.0, 4.0).len() >= 2,
            "{:?}",
            labels(narrow, 100.0, 4.0)
        );
    }

    #[test]
    fn linear_axes_have_even_steps_that_fit() {
        let s = Scale::fit(false, [0.0, 1000.0].into_iter(), 0.0);
        assert_eq!(
            labels(s, 150.0, 4.0),
            ["0", "200", "400", "600", "800", "1000"]
        );
        let s = Scale::fit(false, [-1.2, 1.3].into_iter(), 0.0);
        assert_eq!(labels(s, 90.0, 2.0), ["−1.0", "−0.5", "0", "0.5", "1.0"]);
        for length in [20.0, 50.0, 90.0, 300.0] {
            let s = Scale::fit(false, [0.0, 7.3].into_iter(), 0.05);
            let ticks = s.ticks(length, |l| 4.0 * l.chars().count() as f64);
            for pair in ticks.major.windows(2) {
                let gap = (s.share(pair[1].0) - s.share(pair[0].0)) * length;
                assert!(gap > 4.0 * pair[1].1.chars().count() as f64 || ticks.major.len() < 3);
            }
        }
    }

    #[test]
    fn ticks_of_near_equal_values_differ() {
        for (log, low, high) in [
            (false, 1.00001, 1.00002),
            (true, 1.00001, 1.00002),
            (false, 123_456_000.0, 123_457_000.0),
            (false, 1.000001e-7, 1.000002e-7),
            (false, -2e-9, 3e-9),
            (false, 0.0, 3e8),
            (false, 1.0, 1.0 + 8.0 * f64::EPSILON),
        ] {
            let s = Scale::fit(log, [low, high].into_iter(), 0.05);
            let found = labels(s, 400.0, 4.0);
            let distinct: std::collections::BTreeSet<&String> = found.iter().collect();
            assert!(
                found.len() > 1 && distinct.len() == found.len(),
                "{low} {high}: {found:?}"
            );
        }
        let s = Scale::fit(false, [1.00001, 1.00002].into_iter(), 0.0);
        assert_eq!(labels(s, 100.0, 4.0)[..2], ["1.000010", "1.000015"]);
        let s = Scale::fit(false, [0.0, 3e8].into_iter(), 0.0);
        assert_eq!(labels(s, 200.0, 4.0), ["0", "10⁸", "2×10⁸", "3×10⁸"]);
    }

    #[test]
    fn the_largest_numbers_still_make_an_axis() {
        for (low, high) in [(f64::MIN, f64::MAX), (1.5e308, f64::MAX), (-5e-324, 5e-324)] {
            for log in [false, true] {
                let s = Scale::fit(log, [low, high].into_iter(), 0.1);
                assert!(
                    s.share(low).is_finite() && s.share(high).is_finite(),
                    "{low} {high}"
                );
                labels(s, 200.0, 4.0);
            }
        }
    }

    #[test]
    fn zeros_have_a_lane_on_a_log_scale_only() {
        let s = Scale::fit(true, [0.0, 1e-3, 1e-1].into_iter(), 0.0);
        assert!(s.has_zeros() && s.in_lane(0.0) && s.in_lane(-0.0) && !s.in_lane(1e-3));
        assert!(s.share(1e-3).abs() < 1e-9, "zeros do not stretch the axis");
        let s = Scale::fit(false, [0.0, 1.0].into_iter(), 0.0);
        assert!(!s.has_zeros() && !s.in_lane(0.0));
    }

    #[test]
    fn a_single_value_or_none_still_makes_a_scale() {
        let s = Scale::fit(true, [0.1].into_iter(), 0.0);
        assert!((s.share(0.1) - 0.5).abs() < 1e-9);
        let empty = [f64::INFINITY, f64::NAN, 0.0];
        let s = Scale::fit(true, empty.into_iter(), 0.0);
        assert!(s.share(2.0).is_finite());
        assert!(s.share(0.0) < -5.0);
    }
}
