//! `target.*`

use super::check::Checker;
use super::{ParamError, range};

/// One sine of a [`TargetParams::Sines`] target: amplitude · sin(2π t / period + phase).
#[derive(Debug, Clone, PartialEq)]
pub struct Sine {
    /// Period in ms.
    pub period_ms: f64,
    /// Amplitude.
    pub amplitude: f64,
    /// Phase at t = 0, in radians.
    pub phase: f64,
}

/// How a recorded signal is read at time steps that are not those of its samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resample {
    /// On the straight line between the two samples around the step, whatever lies between two steps.
    Linear,
    /// After a low-pass where the network's step is longer than the time between two samples; where it
    /// is not, as [`Resample::Linear`].
    LowPass,
}

/// The function that the readout learns. All are one stretch of `length_ms`, repeated where a
/// protocol runs longer.
#[derive(Debug, Clone, PartialEq)]
pub enum TargetParams {
    /// A draw from a Gaussian process with kernel exp(−2 sin²(π|t − t'|/T)), T = `length_ms`.
    PeriodicGp {
        /// T in ms.
        length_ms: f64,
    },
    /// A sum of sines, the same for every replicate.
    Sines {
        /// Length in ms.
        length_ms: f64,
        /// The sines.
        components: Vec<Sine>,
    },
    /// A recorded signal, the same for every replicate: equidistant samples, read at the network's
    /// time steps, as one period of `values.len() · sample_ms`.
    Samples {
        /// The samples.
        values: Vec<f64>,
        /// Time between two samples in ms.
        sample_ms: f64,
        /// Shift and scale to mean 0 and variance 1 (at the network's time steps).
        standardise: bool,
        /// What is done between samples.
        resample: Resample,
    },
}

/// Whether a step is longer than the time between two samples, beyond what rounding makes of equal ones.
fn is_longer(dt_ms: f64, sample_ms: f64) -> bool {
    dt_ms > sample_ms * (1.0 + 1e-9)
}

impl TargetParams {
    /// Length of one presentation in ms.
    pub fn length_ms(&self) -> f64 {
        match self {
            Self::PeriodicGp { length_ms } | Self::Sines { length_ms, .. } => *length_ms,
            Self::Samples {
                values, sample_ms, ..
            } => values.len() as f64 * sample_ms,
        }
    }

    /// Whether replicates differ: a drawn target has many, a given one is one.
    pub fn is_random(&self) -> bool {
        matches!(self, Self::PeriodicGp { .. })
    }

    /// Whether a low-pass goes before the reading of a recorded signal at steps of `dt_ms`.
    pub fn is_filtered(&self, dt_ms: f64) -> bool {
        match self {
            Self::Samples {
                sample_ms,
                resample: Resample::LowPass,
                ..
            } => is_longer(dt_ms, *sample_ms),
            _ => false,
        }
    }

    /// All that is wrong with these parameters, for a network with steps of `dt_ms`.
    pub fn check(&self, dt_ms: f64) -> Vec<ParamError> {
        let mut errors = Checker::default();
        match self {
            Self::PeriodicGp { length_ms } => {
                errors.length("target.length_ms", *length_ms, range::LENGTH_MS, dt_ms);
            }
            Self::Sines {
                length_ms,
                components,
            } => {
                errors.length("target.length_ms", *length_ms, range::LENGTH_MS, dt_ms);
                if components.is_empty() {
                    errors.push(ParamError::Empty {
                        field: "target.components",
                    });
                }
                for sine in components {
                    errors.real(
                        "target.components.period_ms",
                        sine.period_ms,
                        range::DURATION_MS,
                    );
                    errors.real("target.components.amplitude", sine.amplitude, range::FINITE);
                    errors.real("target.components.phase", sine.phase, range::FINITE);
                }
            }
            Self::Samples {
                values, sample_ms, ..
            } => {
                errors.real("target.sample_ms", *sample_ms, range::DURATION_MS);
                if values.is_empty() {
                    errors.push(ParamError::Empty {
                        field: "target.column",
                    });
                }
                for &value in values {
                    errors.real("target.column", value, range::FINITE);
                }
                if range::DURATION_MS.contains(*sample_ms) {
                    errors.steps("target.sample_ms", *sample_ms, self.length_ms() / dt_ms);
                }
                // The period must be at least one time step; it is rounded to whole steps.
                errors.at_most(
                    "network.dt_ms",
                    dt_ms,
                    "the length of the signal in ms",
                    self.length_ms(),
                    "the signal must last at least one time step",
                );
            }
        }
        errors.found
    }
}
