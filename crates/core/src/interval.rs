//! Allowed ranges of real parameters, as values that can be checked and printed.

use std::fmt;

/// One end of an [`Interval`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// No limit on this side (the value must still be finite).
    None,
    /// The limit itself is allowed.
    Including(f64),
    /// The limit itself is not allowed.
    Excluding(f64),
}

/// A range of finite real numbers; NaN and infinities are in none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: Bound,
    /// Upper end.
    pub high: Bound,
}

impl Interval {
    /// Any finite number.
    pub const FINITE: Self = Self {
        low: Bound::None,
        high: Bound::None,
    };
    /// Numbers > 0.
    pub const POSITIVE: Self = Self {
        low: Bound::Excluding(0.0),
        high: Bound::None,
    };
    /// Numbers ≥ 0.
    pub const NON_NEGATIVE: Self = Self {
        low: Bound::Including(0.0),
        high: Bound::None,
    };
    /// Numbers above a bound.
    pub const fn above(low: f64) -> Self {
        Self {
            low: Bound::Excluding(low),
            high: Bound::None,
        }
    }
    /// Probabilities that are not zero: (0, 1].
    pub const PROBABILITY: Self = Self {
        low: Bound::Excluding(0.0),
        high: Bound::Including(1.0),
    };

    /// Numbers from `low` to `high`, both allowed.
    pub const fn closed(low: f64, high: f64) -> Self {
        Self {
            low: Bound::Including(low),
            high: Bound::Including(high),
        }
    }

    /// Whether `value` is finite and inside.
    pub fn contains(&self, value: f64) -> bool {
        let above = match self.low {
            Bound::None => true,
            Bound::Including(low) => value >= low,
            Bound::Excluding(low) => value > low,
        };
        let below = match self.high {
            Bound::None => true,
            Bound::Including(high) => value <= high,
            Bound::Excluding(high) => value < high,
        };
        value.is_finite() && above && below
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Bound::{Excluding, Including, None};
        match (self.low, self.high) {
            (None, None) => write!(f, "a finite number"),
            (Including(low), None) => write!(f, "a number ≥ {low}"),
            (Excluding(low), None) => write!(f, "a number > {low}"),
            (None, Including(high)) => write!(f, "a number ≤ {high}"),
            (None, Excluding(high)) => write!(f, "a number < {high}"),
            (low, high) => {
                let (open, low) = match low {
                    Including(low) => ("[", low),
                    Excluding(low) => ("(", low),
                    None => ("(", f64::NEG_INFINITY),
                };
                let (high, close) = match high {
                    Including(high) => (high, "]"),
                    Excluding(high) => (high, ")"),
                    None => (f64::INFINITY, ")"),
                };
                write!(f, "a number in {open}{low}, {high}{close}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_non_finite_values() {
        assert!(Interval::PROBABILITY.contains(1.0));
        assert!(!Interval::PROBABILITY.contains(0.0));
        assert!(Interval::NON_NEGATIVE.contains(0.0));
        assert!(!Interval::POSITIVE.contains(0.0));
        for interval in [Interval::FINITE, Interval::POSITIVE] {
            assert!(!interval.contains(f64::NAN));
            assert!(!interval.contains(f64::INFINITY));
        }
    }

    #[test]
    fn prints_what_is_allowed() {
        assert_eq!(Interval::PROBABILITY.to_string(), "a number in (0, 1]");
        assert_eq!(Interval::POSITIVE.to_string(), "a number > 0");
        assert_eq!(Interval::FINITE.to_string(), "a finite number");
    }
}
