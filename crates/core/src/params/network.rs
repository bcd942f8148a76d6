//! `network.*`

use super::check::Checker;
use super::{ParamError, range};

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
/// (Aitchison et al., Nature Neuroscience 24, 565–571, 2021), Euler steps of `dt_ms`. With noise, an
/// Euler–Maruyama step adds
///
/// V_i += σ √(2 dt/τ_m) ξ_i,  ξ_i standard normal, independent per unit, time step, trial and run
///
/// so that σ (`state_noise`, in units of V_i) is the stationary standard deviation of a unit without
/// input as dt → 0; at a finite step its variance is that of the AR(1) process
/// V' = (1 − dt/τ_m) V + σ √(2 dt/τ_m) ξ, which is σ² (2 dt/τ_m) / (1 − (1 − dt/τ_m)²) = σ² / (1 − dt/(2 τ_m)).
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
    /// A_i is uniform on [−f, f]; the paper has f = 1. Without feedback, f = 0, the network runs its
    /// course whatever is learned, and learning is a regression.
    pub feedback_gain: f64,
    /// What 1/N is: the variance of the initial readout weights or their standard deviation.
    pub readout_scale: Scale,
    /// Standard deviation of the normal V_i from which every trial of a network starts; 0: from rest.
    pub initial_state: f64,
    /// σ of the noise in the membrane potentials, in training and tests; 0: none.
    pub state_noise: f64,
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
            feedback_gain: 1.0,
            readout_scale: Scale::Variance,
            initial_state: 0.0,
            state_noise: 0.0,
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
        errors.real("network.feedback_gain", self.feedback_gain, range::GAIN);
        errors.real("network.tau_ms", self.tau_ms, range::DURATION_MS);
        errors.real("network.dt_ms", self.dt_ms, range::DURATION_MS);
        for (field, value) in [
            ("network.pulse_ms", self.pulse_ms),
            ("network.pulse_onset_ms", self.pulse_onset_ms),
        ] {
            errors.length(field, value, range::OPTIONAL_LENGTH_MS, self.dt_ms);
        }
        for (field, value) in [
            ("network.initial_state", self.initial_state),
            ("network.state_noise", self.state_noise),
        ] {
            errors.real(field, value, range::DEVIATION);
        }
        errors.at_most(
            "network.dt_ms",
            self.dt_ms,
            "network.tau_ms",
            self.tau_ms,
            "a longer Euler step overshoots the leak",
        );
        // J is stored with rows that begin at 32-bit numbers.
        let (weights, most) = (self.non_zeros() as u64, u64::from(u32::MAX));
        if range::CONNECTION_PROBABILITY.contains(self.connection_probability) && weights > most {
            errors.push(ParamError::TooMany {
                field: "network.connection_probability",
                value: self.connection_probability,
                made: "recurrent weights",
                count: weights,
                most,
                remedy: "choose a lower probability or a smaller network.units",
            });
        }
        errors.found
    }

    /// How many J_ij are not zero, at most: there is room for as many. Their number is binomial; no draw
    /// is ten standard deviations above its mean.
    pub(crate) fn non_zeros(&self) -> usize {
        let pairs = self.units as f64 * self.units as f64;
        let mean = pairs * self.connection_probability;
        let deviation = libm::sqrt(mean * (1.0 - self.connection_probability));
        libm::ceil((mean + 10.0 * deviation + 10.0).min(pairs)) as usize
    }
}
