//! The parameters of a run: plain data, with the ranges and relations that make them well posed.
//!
//! Every field is called here by the dotted path that specs and result tables use
//! (`network.gain`, `training.washout_ms`, `rule.eta0`), so that an error names the key a user wrote.

use crate::interval::Interval;
use std::fmt;

/// The ranges of the real-valued fields: used by [`NetworkParams::check`] and its siblings, and by
/// whoever describes the fields to users.
pub mod range {
    use super::Interval;

    /// `network.connection_probability`
    pub const CONNECTION_PROBABILITY: Interval = Interval::PROBABILITY;
    /// `network.gain`
    pub const GAIN: Interval = Interval::NON_NEGATIVE;
    /// Every duration that must not be zero (`network.tau_ms`, `target.length_ms`, …), in ms.
    pub const DURATION_MS: Interval = Interval::POSITIVE;
    /// Every duration that may be zero (`training.washout_ms`, `network.pulse_ms`, …), in ms.
    pub const OPTIONAL_DURATION_MS: Interval = Interval::NON_NEGATIVE;
    /// `rule.eta0`: the (initial) learning rate; 0 is a rule that never learns.
    pub const ETA0: Interval = Interval::NON_NEGATIVE;
    /// `rule.alpha` of FORCE and the variances of fixed noise.
    pub const POSITIVE: Interval = Interval::POSITIVE;
    /// `rule.drift.prior_variance`
    pub const PRIOR_VARIANCE: Interval = Interval::NON_NEGATIVE;
    /// Amplitudes, phases, prior means.
    pub const FINITE: Interval = Interval::FINITE;
    /// `network.units`: the CSR column index is 32 bits wide; 65,536 units are 0.43 G non-zeros at p = 0.1.
    pub const UNITS: (u64, u64) = (1, 65_536);
    /// Whole numbers that count something (`training.trials`, `rule.noise.errors`, …).
    pub const COUNT: (u64, u64) = (1, 1_000_000_000);
    /// Whole numbers that may be zero (`training.error_lag_steps`).
    pub const OPTIONAL_COUNT: (u64, u64) = (0, 1_000_000_000);
    /// `rule.noise.errors` of `window`: a variance takes at least two.
    pub const WINDOW_ERRORS: (u64, u64) = (2, 1_000_000);
}

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
}

impl ParamError {
    /// Dotted path of the offending field.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Real { field, .. }
            | Self::Whole { field, .. }
            | Self::NotWholeSteps { field, .. }
            | Self::Above { field, .. }
            | Self::Empty { field } => field,
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
            } => write!(f, "{field} = {value}: must be {allowed}"),
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
                "{field} = {value}: must be a whole number of time steps (network.dt_ms = {dt_ms})"
            ),
            Self::Above {
                field,
                value,
                limit_field,
                limit,
                reason,
            } => write!(
                f,
                "{field} = {value}: must be at most {limit_field} = {limit} ({reason})"
            ),
            Self::Empty { field } => write!(f, "{field}: needs at least one entry"),
        }
    }
}

impl std::error::Error for ParamError {}

/// Whether 1/N, or g²/(pN), is the variance of the weights (the paper) or their standard deviation
/// (the Python repository's reading).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// The expression is the variance.
    Variance,
    /// The expression is the standard deviation.
    StandardDeviation,
}

/// What feeds back into unit i beside the recurrent input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feedback {
    /// A_i V: the network's own output (the paper).
    Readout,
    /// A_i V_i: the unit's own membrane potential (the Python repository's reading).
    OwnPotential,
}

/// Whether each unit receives its own input during the pulse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PulseInput {
    /// One independent value per unit and time step.
    PerUnit,
    /// One value per time step, the same for all units (the Python repository's reading).
    Shared,
}

/// The recurrent network:
///
/// τ_m dV_i/dt = −V_i + Σ_j J_ij tanh(V_j) + feedback + I_i(t)
///
/// (Aitchison et al., Nature Neuroscience 24, 565–571, 2021), Euler steps of `dt_ms`.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkParams {
    /// N, the number of units.
    pub units: usize,
    /// p, the probability that J_ij is not zero.
    pub connection_probability: f64,
    /// g, the gain of the recurrent weights.
    pub gain: f64,
    /// What g²/(pN) is: the variance of the non-zero J_ij or their standard deviation.
    pub recurrent_scale: Scale,
    /// τ_m in ms.
    pub tau_ms: f64,
    /// Length of an Euler step in ms.
    pub dt_ms: f64,
    /// Length of the input pulse in ms.
    pub pulse_ms: f64,
    /// When the pulse begins, in ms after the start of a trial.
    pub pulse_onset_ms: f64,
    /// Whether the pulse differs between units.
    pub pulse_input: PulseInput,
    /// What A_i multiplies.
    pub feedback: Feedback,
    /// What 1/N is: the variance of the initial readout weights or their standard deviation.
    pub readout_scale: Scale,
}

impl Default for NetworkParams {
    /// The published network: N = 500, p = 0.1, g = 1.5, τ_m = 10 ms, a pulse of 10 ms.
    fn default() -> Self {
        Self {
            units: 500,
            connection_probability: 0.1,
            gain: 1.5,
            recurrent_scale: Scale::Variance,
            tau_ms: 10.0,
            dt_ms: 1.0,
            pulse_ms: 10.0,
            pulse_onset_ms: 0.0,
            pulse_input: PulseInput::PerUnit,
            feedback: Feedback::Readout,
            readout_scale: Scale::Variance,
        }
    }
}

impl NetworkParams {
    /// All that is wrong with these parameters; empty if they are well posed.
    pub fn check(&self) -> Vec<ParamError> {
        let mut errors = Checker::default();
        errors.whole("network.units", self.units as u64, range::UNITS);
        errors.real(
            "network.connection_probability",
            self.connection_probability,
            range::CONNECTION_PROBABILITY,
        );
        errors.real("network.gain", self.gain, range::GAIN);
        errors.real("network.tau_ms", self.tau_ms, range::DURATION_MS);
        errors.real("network.dt_ms", self.dt_ms, range::DURATION_MS);
        for (field, value) in [
            ("network.pulse_ms", self.pulse_ms),
            ("network.pulse_onset_ms", self.pulse_onset_ms),
        ] {
            errors.duration(field, value, range::OPTIONAL_DURATION_MS, self.dt_ms);
        }
        errors.at_most(
            "network.dt_ms",
            self.dt_ms,
            "network.tau_ms",
            self.tau_ms,
            "a longer Euler step overshoots the leak",
        );
        errors.found
    }
}

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
    /// time steps by linear interpolation, as one period of `values.len() · sample_ms`.
    Samples {
        /// The samples.
        values: Vec<f64>,
        /// Time between two samples in ms.
        sample_ms: f64,
        /// Shift and scale to mean 0 and variance 1 (after interpolation).
        standardise: bool,
    },
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

    /// All that is wrong with these parameters, for a network with steps of `dt_ms`.
    pub fn check(&self, dt_ms: f64) -> Vec<ParamError> {
        let mut errors = Checker::default();
        match self {
            Self::PeriodicGp { length_ms } => {
                errors.duration("target.length_ms", *length_ms, range::DURATION_MS, dt_ms);
            }
            Self::Sines {
                length_ms,
                components,
            } => {
                errors.duration("target.length_ms", *length_ms, range::DURATION_MS, dt_ms);
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

/// How training is laid out in time.
#[derive(Debug, Clone, PartialEq)]
pub enum Protocol {
    /// Trials: reset, pulse, washout, target. At each checkpoint learning is frozen for one
    /// additional trial in closed loop, whose error is the test MSE.
    Trials {
        /// How many trials with learning.
        trials: usize,
        /// Time from the start of a trial to the start of the target, in ms (it includes the pulse).
        washout_ms: f64,
        /// Test before the first trial, after every so many trials, and after the last.
        checkpoints_every: usize,
    },
    /// One continuous run over repeated periods of the target, as the Python repository trains; the
    /// tracking MSE is kept per validation block, and after the last block the network goes on with
    /// learning frozen.
    Stream {
        /// Length of the run with learning, in ms.
        duration_ms: f64,
        /// Length of a validation block, in ms.
        validate_every_ms: f64,
        /// Periods of the target in the frozen test at the end.
        test_periods: usize,
    },
}

/// The number format of the state and the weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floating point.
    F32,
    /// 64-bit floating point.
    F64,
}

/// The training protocol.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingParams {
    /// The layout in time.
    pub protocol: Protocol,
    /// Time between two learning steps in ms.
    pub learn_every_ms: f64,
    /// How many errors are summed into the δ of a learning step (1: the present error alone).
    pub error_steps: usize,
    /// How many time steps ago the newest of these errors is (0: the present one).
    pub error_lag_steps: usize,
    /// Number format.
    pub precision: Precision,
}

impl TrainingParams {
    /// All that is wrong with these parameters, for a network with steps of `dt_ms`.
    pub fn check(&self, dt_ms: f64) -> Vec<ParamError> {
        let mut errors = Checker::default();
        match self.protocol {
            Protocol::Trials {
                trials,
                washout_ms,
                checkpoints_every,
            } => {
                errors.whole("training.trials", trials as u64, range::COUNT);
                errors.whole(
                    "training.checkpoints_every",
                    checkpoints_every as u64,
                    range::COUNT,
                );
                errors.duration(
                    "training.washout_ms",
                    washout_ms,
                    range::OPTIONAL_DURATION_MS,
                    dt_ms,
                );
            }
            Protocol::Stream {
                duration_ms,
                validate_every_ms,
                test_periods,
            } => {
                errors.duration(
                    "training.duration_ms",
                    duration_ms,
                    range::DURATION_MS,
                    dt_ms,
                );
                errors.duration(
                    "training.validate_every_ms",
                    validate_every_ms,
                    range::DURATION_MS,
                    dt_ms,
                );
                errors.whole("training.test_periods", test_periods as u64, range::COUNT);
                errors.at_most(
                    "training.validate_every_ms",
                    validate_every_ms,
                    "training.duration_ms",
                    duration_ms,
                    "the run must hold one validation block",
                );
            }
        }
        errors.duration(
            "training.learn_every_ms",
            self.learn_every_ms,
            range::DURATION_MS,
            dt_ms,
        );
        errors.whole(
            "training.error_steps",
            self.error_steps as u64,
            range::COUNT,
        );
        errors.whole(
            "training.error_lag_steps",
            self.error_lag_steps as u64,
            range::OPTIONAL_COUNT,
        );
        errors.found
    }
}

/// Where the variance σ_δ² of the error comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Noise {
    /// A constant (1 for the published curves).
    Fixed {
        /// σ_δ².
        variance: f64,
    },
    /// The variance (about their mean) of the last errors, one per time step with learning on; the
    /// window runs on from trial to trial.
    Window {
        /// How many errors.
        errors: usize,
        /// How many time steps ago the newest of them is.
        lag_steps: usize,
    },
}

/// Which variance σ_i² enters the weight update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateOrder {
    /// The variance before the update: weights and variances change together (the paper).
    Together,
    /// The variance after its own update (the Python repository's order).
    VarianceFirst,
}

/// The pull of mean and variance toward a prior, per learning step of `training.learn_every_ms`:
/// Δw_i = −(Δt/τ)(w_i − mean), Δσ_i² = −(2Δt/τ)(σ_i² − variance).
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// τ in ms.
    pub tau_ms: f64,
    /// Mean of the prior over weights.
    pub prior_mean: f64,
    /// Variance of the prior over weights.
    pub prior_variance: f64,
}

/// A learning rule for the readout weights, with its parameters.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleParams {
    /// The delta rule: w_i += η δ r_i.
    Classical {
        /// η.
        eta0: f64,
    },
    /// The Bayesian rule: w_i += (σ_i²/σ_δ²) δ r_i, σ_i² −= (σ_i⁴/σ_δ²) r_i², σ_i²(0) = η₀ σ_δ²
    /// with the σ_δ² of the first learning step.
    Bayesian {
        /// η₀.
        eta0: f64,
        /// Where σ_δ² comes from.
        noise: Noise,
        /// Which σ_i² enters the weight update.
        update_order: UpdateOrder,
        /// The drift of the paper's full rule; none in its network simulations.
        drift: Option<Drift>,
    },
    /// Recursive least squares (Sussillo & Abbott, Neuron 63, 544–557, 2009), P(0) = I/α.
    Force {
        /// α.
        alpha: f64,
    },
}

impl RuleParams {
    /// All that is wrong with these parameters, for learning steps every `learn_every_ms`.
    pub fn check(&self, learn_every_ms: f64) -> Vec<ParamError> {
        let mut errors = Checker::default();
        match self {
            Self::Classical { eta0 } => errors.real("rule.eta0", *eta0, range::ETA0),
            Self::Bayesian {
                eta0, noise, drift, ..
            } => {
                errors.real("rule.eta0", *eta0, range::ETA0);
                match noise {
                    Noise::Fixed { variance } => {
                        errors.real("rule.noise.variance", *variance, range::POSITIVE);
                    }
                    Noise::Window {
                        errors: n,
                        lag_steps,
                    } => {
                        errors.whole("rule.noise.errors", *n as u64, range::WINDOW_ERRORS);
                        errors.whole(
                            "rule.noise.lag_steps",
                            *lag_steps as u64,
                            range::OPTIONAL_COUNT,
                        );
                    }
                }
                if let Some(drift) = drift {
                    errors.real("rule.drift.tau_ms", drift.tau_ms, range::DURATION_MS);
                    errors.real("rule.drift.prior_mean", drift.prior_mean, range::FINITE);
                    errors.real(
                        "rule.drift.prior_variance",
                        drift.prior_variance,
                        range::PRIOR_VARIANCE,
                    );
                    errors.at_most(
                        "training.learn_every_ms",
                        learn_every_ms,
                        "half of rule.drift.tau_ms",
                        drift.tau_ms / 2.0,
                        "a longer step would overshoot the prior",
                    );
                }
            }
            Self::Force { alpha } => errors.real("rule.alpha", *alpha, range::POSITIVE),
        }
        errors.found
    }
}

/// How many time steps a duration is, if it is a whole number of them (to 1 part in 10⁹).
pub fn whole_steps(duration_ms: f64, dt_ms: f64) -> Option<usize> {
    let steps = duration_ms / dt_ms;
    let rounded = libm::round(steps);
    let close = libm::fabs(steps - rounded) <= 1e-9 * libm::fabs(steps).max(1.0);
    (close && (0.0..=1e15).contains(&rounded)).then_some(rounded as usize)
}

/// Collects errors, so that all are told at once.
#[derive(Default)]
struct Checker {
    found: Vec<ParamError>,
}

impl Checker {
    fn push(&mut self, error: ParamError) {
        self.found.push(error);
    }

    fn real(&mut self, field: &'static str, value: f64, allowed: Interval) {
        if !allowed.contains(value) {
            self.push(ParamError::Real {
                field,
                value,
                allowed,
            });
        }
    }

    fn whole(&mut self, field: &'static str, value: u64, allowed: (u64, u64)) {
        if !(allowed.0..=allowed.1).contains(&value) {
            self.push(ParamError::Whole {
                field,
                value,
                allowed,
            });
        }
    }

    /// A duration: in range, and a whole number of time steps (at least one if it may not be zero).
    fn duration(&mut self, field: &'static str, value: f64, allowed: Interval, dt_ms: f64) {
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

    fn at_most(
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

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(errors: &[ParamError]) -> Vec<String> {
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_defaults_are_well_posed() {
        assert_eq!(NetworkParams::default().check(), []);
    }

    #[test]
    fn all_ill_posed_fields_are_told_at_once() {
        let network = NetworkParams {
            units: 0,
            connection_probability: 0.0,
            gain: f64::NAN,
            dt_ms: 20.0,
            ..NetworkParams::default()
        };
        assert_eq!(
            messages(&network.check()),
            [
                "network.units = 0: must be a whole number from 1 to 65536",
                "network.connection_probability = 0: must be a number in (0, 1]",
                "network.gain = NaN: must be a number ≥ 0",
                "network.pulse_ms = 10: must be a whole number of time steps (network.dt_ms = 20)",
                "network.dt_ms = 20: must be at most network.tau_ms = 10 (a longer Euler step overshoots the leak)",
            ]
        );
    }

    #[test]
    fn durations_are_whole_steps() {
        assert_eq!(whole_steps(0.3, 0.1), Some(3));
        assert_eq!(whole_steps(0.25, 0.1), None);
        assert_eq!(whole_steps(0.0, 0.1), Some(0));
        let target = TargetParams::PeriodicGp { length_ms: 0.5 };
        assert_eq!(
            messages(&target.check(1.0)),
            ["target.length_ms = 0.5: must be a whole number of time steps (network.dt_ms = 1)"]
        );
    }

    #[test]
    fn rules_and_protocols() {
        let rule = RuleParams::Bayesian {
            eta0: -1.0,
            noise: Noise::Window {
                errors: 1,
                lag_steps: 0,
            },
            update_order: UpdateOrder::Together,
            drift: Some(Drift {
                tau_ms: 1.0,
                prior_mean: 0.0,
                prior_variance: 1.0,
            }),
        };
        assert_eq!(
            messages(&rule.check(1.0)),
            [
                "rule.eta0 = -1: must be a number ≥ 0",
                "rule.noise.errors = 1: must be a whole number from 2 to 1000000",
                "training.learn_every_ms = 1: must be at most half of rule.drift.tau_ms = 0.5 (a longer step would overshoot the prior)",
            ]
        );
        let training = TrainingParams {
            protocol: Protocol::Stream {
                duration_ms: 100.0,
                validate_every_ms: 160.0,
                test_periods: 1,
            },
            learn_every_ms: 1.5,
            error_steps: 0,
            error_lag_steps: 0,
            precision: Precision::F32,
        };
        assert_eq!(
            messages(&training.check(1.0)),
            [
                "training.validate_every_ms = 160: must be at most training.duration_ms = 100 (the run must hold one validation block)",
                "training.learn_every_ms = 1.5: must be a whole number of time steps (network.dt_ms = 1)",
                "training.error_steps = 0: must be a whole number from 1 to 1000000000",
            ]
        );
    }
}
