//! Errors of parameters, and the collector that tells all of them at once.

use super::{range, whole_steps};
use crate::interval::Interval;
use std::fmt;

/// Why a set of parameters is ill posed. `field` is the dotted path.
#[derive(Debug, Clone, PartialEq)]
pub enum ParamError {
    /// A real number outside its range (NaN and infinities are outside every range).
    Real {
        /// Dotted path of the field.
        field: &'static str,
        /// The value found.
        value: f64,
        /// What is allowed.
        allowed: Interval,
    },
    /// A whole number outside its range.
    Whole {
        /// Dotted path of the field.
        field: &'static str,
        /// The value found.
        value: u64,
        /// Smallest and largest allowed value.
        allowed: (u64, u64),
    },
    /// A duration that is not a whole number of time steps.
    NotWholeSteps {
        /// Dotted path of the field.
        field: &'static str,
        /// The value found, in ms.
        value: f64,
        /// `network.dt_ms`.
        dt_ms: f64,
    },
    /// A value that makes more of something than anyone needs, or than can be counted.
    TooMany {
        /// Dotted path of the field.
        field: &'static str,
        /// The value found.
        value: f64,
        /// Of what.
        made: &'static str,
        /// How many.
        count: u64,
        /// How many are allowed.
        most: u64,
        /// What to do.
        remedy: &'static str,
    },
    /// A value larger than another field allows.
    Above {
        /// Dotted path of the field.
        field: &'static str,
        /// The value found.
        value: f64,
        /// Dotted path of the field that limits it.
        limit_field: &'static str,
        /// That field's value.
        limit: f64,
        /// Why the limit exists.
        reason: &'static str,
    },
    /// A list that needs at least one entry.
    Empty {
        /// Dotted path of the field.
        field: &'static str,
    },
    /// A field that means something only with certain values of others.
    OnlyWith {
        /// Dotted path of the field, with its value where only that one is concerned.
        field: &'static str,
        /// Those values.
        needed: &'static str,
    },
    /// A recorded signal that cannot be what the parameters make of it.
    Signal {
        /// Dotted path of the field.
        field: &'static str,
        /// What stands in the way, and what would help.
        problem: String,
    },
}

impl ParamError {
    /// Dotted path of the offending field.
    pub fn field(&self) -> &'static str {
        match self {
            Self::OnlyWith { field, .. } => field.split(' ').next().unwrap_or(field),
            Self::Real { field, .. }
            | Self::Whole { field, .. }
            | Self::NotWholeSteps { field, .. }
            | Self::TooMany { field, .. }
            | Self::Above { field, .. }
            | Self::Signal { field, .. }
            | Self::Empty { field } => field,
        }
    }
}

/// A number as a message has it: plain, or with an exponent where that would be long.
struct Short(f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.0.to_string();
        if plain.len() > 20 {
            write!(f, "{:e}", self.0)
        } else {
            f.write_str(&plain)
        }
    }
}

impl fmt::Display for ParamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Real {
                field,
                value,
                allowed,
            } => write!(f, "{field} = {}: must be {allowed}", Short(*value)),
            Self::Whole {
                field,
                value,
                allowed: (low, high),
            } => write!(
                f,
                "{field} = {value}: must be a whole number from {low} to {high}"
            ),
            Self::NotWholeSteps {
                field,
                value,
                dt_ms,
            } => write!(
                f,
                "{field} = {}: must be a whole number of time steps (network.dt_ms = {})",
                Short(*value),
                Short(*dt_ms)
            ),
            Self::TooMany {
                field,
                value,
                made,
                count,
                most,
                remedy,
            } => write!(
                f,
                "{field} = {}: makes {count} {made}; at most {most} are allowed: {remedy}",
                Short(*value)
            ),
            Self::Above {
                field,
                value,
                limit_field,
                limit,
                reason,
            } => write!(
                f,
                "{field} = {}: must be at most {limit_field} = {} ({reason})",
                Short(*value),
                Short(*limit)
            ),
            Self::Signal { field, problem } => write!(f, "{field}: {problem}"),
            Self::Empty { field } => write!(f, "{field}: needs at least one entry"),
            Self::OnlyWith { field, needed } => write!(f, "{field}: only with {needed}"),
        }
    }
}

impl std::error::Error for ParamError {}

/// Collects errors, so that all are told at once.
#[derive(Default)]
pub(super) struct Checker {
    pub(super) found: Vec<ParamError>,
}

impl Checker {
    pub(super) fn push(&mut self, error: ParamError) {
        self.found.push(error);
    }

    pub(super) fn real(&mut self, field: &'static str, value: f64, allowed: Interval) {
        if !allowed.contains(value) {
            self.push(ParamError::Real {
                field,
                value,
                allowed,
            });
        }
    }

    pub(super) fn whole(&mut self, field: &'static str, value: u64, allowed: (u64, u64)) {
        if !(allowed.0..=allowed.1).contains(&value) {
            self.push(ParamError::Whole {
                field,
                value,
                allowed,
            });
        }
    }

    /// A duration: in range, and a whole number of time steps (at least one if it may not be zero).
    pub(super) fn duration(
        &mut self,
        field: &'static str,
        value: f64,
        allowed: Interval,
        dt_ms: f64,
    ) {
        if !allowed.contains(value) {
            self.real(field, value, allowed);
        } else if range::DURATION_MS.contains(dt_ms) {
            let steps = whole_steps(value, dt_ms);
            if steps.is_none() || (steps == Some(0) && value > 0.0) {
                self.push(ParamError::NotWholeSteps {
                    field,
                    value,
                    dt_ms,
                });
            }
        }
    }

    /// A duration, of as many time steps as a stretch may have.
    pub(super) fn length(
        &mut self,
        field: &'static str,
        value: f64,
        allowed: Interval,
        dt_ms: f64,
    ) {
        self.duration(field, value, allowed, dt_ms);
        if allowed.contains(value) && range::DURATION_MS.contains(dt_ms) {
            self.steps(field, value, value / dt_ms);
        }
    }

    /// A value that makes so many time steps of one stretch.
    pub(super) fn steps(&mut self, field: &'static str, value: f64, steps: f64) {
        if steps > range::STEPS as f64 {
            self.push(ParamError::TooMany {
                field,
                value,
                made: "time steps",
                count: steps as u64,
                most: range::STEPS,
                remedy: "choose a shorter time or a longer network.dt_ms",
            });
        }
    }

    pub(super) fn at_most(
        &mut self,
        field: &'static str,
        value: f64,
        limit_field: &'static str,
        limit: f64,
        reason: &'static str,
    ) {
        // Values that are themselves out of range have been reported already.
        if value.is_finite() && limit.is_finite() && limit > 0.0 && value > limit {
            self.push(ParamError::Above {
                field,
                value,
                limit_field,
                limit,
                reason,
            });
        }
    }
}
