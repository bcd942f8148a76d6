//! `training.*`

use super::check::Checker;
use super::{ParamError, TargetParams, range};
use crate::schedule;

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
        /// Whether the output is fed back during the washout, too. Without, the state in which the target
        /// begins is that of the network alone: no rule can move it.
        washout_feedback: bool,
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
        /// Whether the first step of a validation block may be a learning step (the Python
        /// repository validates there instead).
        learn_at_validation: bool,
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
    /// Standard deviation of the normal noise in the error that the rule sees (in δ, and in the errors
    /// from which it takes their variance), independent per time step. Scores do not have it.
    pub error_noise: f64,
    /// After so many trials another target takes the place of the first; 0: never. The test at this
    /// trial is still of the first. Only for trials.
    pub switch_target_at_trial: usize,
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
                ..
            } => {
                errors.whole("training.trials", trials as u64, range::COUNT);
                errors.whole(
                    "training.checkpoints_every",
                    checkpoints_every as u64,
                    range::COUNT,
                );
                errors.length(
                    "training.washout_ms",
                    washout_ms,
                    range::OPTIONAL_LENGTH_MS,
                    dt_ms,
                );
            }
            Protocol::Stream {
                duration_ms,
                validate_every_ms,
                test_periods,
                ..
            } => {
                errors.duration("training.duration_ms", duration_ms, range::STREAM_MS, dt_ms);
                errors.length(
                    "training.validate_every_ms",
                    validate_every_ms,
                    range::LENGTH_MS,
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
        errors.length(
            "training.learn_every_ms",
            self.learn_every_ms,
            range::LENGTH_MS,
            dt_ms,
        );
        errors.whole(
            "training.error_steps",
            self.error_steps as u64,
            range::ERROR_STEPS,
        );
        errors.whole(
            "training.error_lag_steps",
            self.error_lag_steps as u64,
            range::LAG_STEPS,
        );
        errors.real("training.error_noise", self.error_noise, range::DEVIATION);
        let switch = "training.switch_target_at_trial";
        errors.whole(
            switch,
            self.switch_target_at_trial as u64,
            range::OPTIONAL_COUNT,
        );
        if self.switches_target() && matches!(self.protocol, Protocol::Stream { .. }) {
            errors.push(ParamError::OnlyWith {
                field: switch,
                needed: "training.protocol = \"trials\"",
            });
        }
        errors.found
    }

    /// Whether a second target takes the place of the first.
    pub fn switches_target(&self) -> bool {
        self.switch_target_at_trial > 0
    }

    /// Whether a run has too many time steps or checkpoints, with a target of so many steps. Nothing if
    /// [`Self::check`] finds something.
    pub fn check_length(&self, dt_ms: f64, target: usize) -> Vec<ParamError> {
        let mut errors = Checker::default();
        if !self.check(dt_ms).is_empty() {
            return errors.found;
        }
        let (long, often) = match self.protocol {
            Protocol::Trials {
                trials,
                checkpoints_every,
                ..
            } => (
                (
                    "training.trials",
                    trials as f64,
                    "choose fewer trials, or a shorter washout or target",
                ),
                (
                    "training.checkpoints_every",
                    checkpoints_every as f64,
                    "choose a larger one, or fewer trials",
                ),
            ),
            Protocol::Stream {
                duration_ms,
                validate_every_ms,
                ..
            } => (
                (
                    "training.duration_ms",
                    duration_ms,
                    "choose a shorter one, a shorter target, or fewer training.test_periods",
                ),
                (
                    "training.validate_every_ms",
                    validate_every_ms,
                    "choose a larger one, or a shorter training.duration_ms",
                ),
            ),
        };
        let steps = schedule::run_steps(&self.protocol, dt_ms, target);
        let checkpoints = schedule::checkpoint_count(&self.protocol, dt_ms) as u64;
        for ((field, value, remedy), made, count, most) in [
            (long, "time steps of a run", steps, range::RUN_STEPS),
            (often, "checkpoints", checkpoints, range::CHECKPOINTS),
        ] {
            if count > most {
                errors.push(ParamError::TooMany {
                    field,
                    value,
                    made,
                    count,
                    most,
                    remedy,
                });
            }
        }
        errors.found
    }

    /// What of these parameters the target does not allow.
    pub fn check_target(&self, target: &TargetParams) -> Vec<ParamError> {
        let mut errors = Checker::default();
        if self.switches_target() && !target.is_random() {
            errors.push(ParamError::OnlyWith {
                field: "training.switch_target_at_trial",
                needed: "target.kind = \"periodic_gp\", of which there is another draw",
            });
        }
        errors.found
    }
}
