//! The parameters of a run: plain data, with the ranges and relations that make them well posed.
//!
//! Every field is called here by the dotted path that specs and result tables use
//! (`network.gain`, `training.washout_ms`, `rule.eta0`), so that an error names the key a user wrote.

mod check;
mod network;
mod rule;
mod target;
mod training;

pub use check::ParamError;
pub use network::{Feedback, NetworkParams, PulseInput, Scale};
pub use rule::{Assignment, Covariance, Drift, Dropped, Gain, Noise, RuleParams, UpdateOrder};
pub use target::{Resample, Sine, TargetParams};
pub use training::{Precision, Protocol, TrainingParams};

use crate::interval::Interval;

/// The ranges of the real-valued fields: used by [`NetworkParams::check`] and its siblings, and by
/// whoever describes the fields to users.
pub mod range {
    use super::Interval;
    use crate::interval::Bound;

    /// `network.connection_probability`
    pub const CONNECTION_PROBABILITY: Interval = Interval::PROBABILITY;
    /// `network.gain`, `network.feedback_gain`
    pub const GAIN: Interval = Interval::NON_NEGATIVE;
    /// Time constants, periods and steps (`network.tau_ms`, `network.dt_ms`, …), in ms.
    pub const DURATION_MS: Interval = Interval::POSITIVE;
    /// Every stretch of time that must not be zero (`target.length_ms`, `training.learn_every_ms`, …), in
    /// ms: up to a day, where a trial lasts a second.
    pub const LENGTH_MS: Interval = Interval {
        low: Bound::Excluding(0.0),
        high: Bound::Including(1e8),
    };
    /// Every stretch of time that may be zero (`training.washout_ms`, `network.pulse_ms`, …), in ms.
    pub const OPTIONAL_LENGTH_MS: Interval = Interval::closed(0.0, 1e8);
    /// `training.duration_ms`, of many such stretches.
    pub const STREAM_MS: Interval = Interval {
        low: Bound::Excluding(0.0),
        high: Bound::Including(1e12),
    };
    /// Time steps of one stretch at most: a target of as many takes 0.8 GB.
    pub const STEPS: u64 = 100_000_000;
    /// Time steps of a run at most: at a microsecond for each it takes 12 days.
    pub const RUN_STEPS: u64 = 1_000_000_000_000;
    /// Checkpoints of a run at most.
    pub const CHECKPOINTS: u64 = 1_000_000;
    /// `training.error_steps`: these errors are kept.
    pub const ERROR_STEPS: (u64, u64) = (1, 1_000_000);
    /// `training.error_lag_steps`, `rule.noise.lag_steps`: these errors are kept, too.
    pub const LAG_STEPS: (u64, u64) = (0, 1_000_000);
    /// `rule.eta0`: the (initial) learning rate; 0 is a rule that never learns.
    pub const ETA0: Interval = Interval::NON_NEGATIVE;
    /// `rule.alpha` of FORCE and the variances of fixed noise.
    pub const POSITIVE: Interval = Interval::POSITIVE;
    /// `rule.drift.prior_variance`
    pub const PRIOR_VARIANCE: Interval = Interval::NON_NEGATIVE;
    /// `rule.forgetting`
    pub const FORGETTING: Interval = Interval::PROBABILITY;
    /// `rule.noise.shape`: an inverse-gamma distribution has a mean above 1.
    pub const SHAPE: Interval = Interval::above(1.0);
    /// `network.state_noise`, `training.error_noise`, …: standard deviations; 0 is without.
    pub const DEVIATION: Interval = Interval::NON_NEGATIVE;
    /// Amplitudes, phases, prior means.
    pub const FINITE: Interval = Interval::FINITE;
    /// `network.units`: the CSR column index is 32 bits wide; 65,536 units are 0.43 G non-zeros at p = 0.1.
    pub const UNITS: (u64, u64) = (1, 65_536);
    /// Whole numbers that count something (`training.trials`, `rule.noise.errors`, …).
    pub const COUNT: (u64, u64) = (1, 1_000_000_000);
    /// Whole numbers that may be zero (`training.switch_target_at_trial`, `replicates.traces`).
    pub const OPTIONAL_COUNT: (u64, u64) = (0, 1_000_000_000);
    /// `rule.covariance.size`: a block of 4096 synapses has 8 M covariances.
    pub const BLOCK: (u64, u64) = (1, 4096);
    /// `rule.covariance.rank` and `rule.covariance.recent`: a reduction takes (rank + recent)³ steps.
    pub const RANK: (u64, u64) = (1, 1024);
    /// `rule.noise.errors`: a variance takes at least two.
    pub const WINDOW_ERRORS: (u64, u64) = (2, 1_000_000);
}

/// How many time steps a duration is, if it is a whole number of them (to 1 part in 10⁹).
pub fn whole_steps(duration_ms: f64, dt_ms: f64) -> Option<usize> {
    let steps = duration_ms / dt_ms;
    let rounded = libm::round(steps);
    let close = libm::fabs(steps - rounded) <= 1e-9 * libm::fabs(steps).max(1.0);
    (close && (0.0..=1e15).contains(&rounded)).then_some(rounded as usize)
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
            initial_state: -0.5,
            state_noise: f64::INFINITY,
            ..NetworkParams::default()
        };
        assert_eq!(
            messages(&network.check()),
            [
                "network.units = 0: must be a whole number from 1 to 65536",
                "network.connection_probability = 0: must be a number in (0, 1]",
                "network.gain = NaN: must be a number ≥ 0",
                "network.pulse_ms = 10: must be a whole number of time steps (network.dt_ms = 20)",
                "network.initial_state = -0.5: must be a number ≥ 0",
                "network.state_noise = inf: must be a number ≥ 0",
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
            covariance: Covariance::Diagonal,
            gain: Gain::Published,
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
            forgetting: 1.0,
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
                learn_at_validation: true,
            },
            learn_every_ms: 1.5,
            error_steps: 0,
            error_lag_steps: 0,
            error_noise: -1.0,
            switch_target_at_trial: 1,
            precision: Precision::F32,
        };
        assert_eq!(
            messages(&training.check(1.0)),
            [
                "training.validate_every_ms = 160: must be at most training.duration_ms = 100 (the run must hold one validation block)",
                "training.learn_every_ms = 1.5: must be a whole number of time steps (network.dt_ms = 1)",
                "training.error_steps = 0: must be a whole number from 1 to 1000000",
                "training.error_noise = -1: must be a number ≥ 0",
                "training.switch_target_at_trial: only with training.protocol = \"trials\"",
            ]
        );
    }

    #[test]
    fn lengths_and_counts_have_bounds() {
        let target =
            |length_ms, dt_ms| messages(&TargetParams::PeriodicGp { length_ms }.check(dt_ms));
        let steps = |field, count| {
            format!(
                "{field}: makes {count} time steps; at most 100000000 are allowed: choose a shorter time or a \
                 longer network.dt_ms"
            )
        };
        assert!(target(1e8, 1.0).is_empty());
        assert_eq!(
            target(1e9, 1.0),
            ["target.length_ms = 1000000000: must be a number in (0, 100000000]"]
        );
        assert_eq!(
            target(1e8, 0.1),
            [steps("target.length_ms = 100000000", 1_000_000_000)]
        );
        let signal = TargetParams::Samples {
            values: vec![0.0, 1.0],
            sample_ms: 1e300,
            standardise: false,
            resample: Resample::Linear,
        };
        assert_eq!(
            messages(&signal.check(1.0)),
            [steps("target.sample_ms = 1e300", u64::MAX)]
        );
        let network = NetworkParams {
            units: 65_536,
            connection_probability: 1.0,
            pulse_ms: 1e9,
            ..NetworkParams::default()
        };
        assert_eq!(
            messages(&network.check()),
            [
                "network.pulse_ms = 1000000000: must be a number in [0, 100000000]",
                "network.connection_probability = 1: makes 4294967296 recurrent weights; at most 4294967295 are \
                 allowed: choose a lower probability or a smaller network.units",
            ]
        );
    }

    #[test]
    fn products_have_bounds() {
        let training = |trials, checkpoints_every| TrainingParams {
            protocol: Protocol::Trials {
                trials,
                washout_ms: 100.0,
                washout_feedback: true,
                checkpoints_every,
            },
            ..stream(1.0)
        };
        let long = |training: TrainingParams, target| messages(&training.check_length(1.0, target));
        assert!(long(training(1_000_000_000, 1001), 800).is_empty());
        assert_eq!(
            long(training(1_000_000_000, 1001), 1000),
            [
                "training.trials = 1000000000: makes 1101098902200 time steps of a run; at most 1000000000000 are \
                 allowed: choose fewer trials, or a shorter washout or target"
            ]
        );
        assert_eq!(
            long(training(1_000_000_000, 50), 10),
            [
                "training.checkpoints_every = 50: makes 20000001 checkpoints; at most 1000000 are allowed: choose a \
                 larger one, or fewer trials"
            ]
        );
        // Nothing overflows on the way.
        assert_eq!(long(training(1_000_000_000, 1), usize::MAX).len(), 2);
        assert_eq!(
            long(stream(1e7), 10),
            [
                "training.validate_every_ms = 1: makes 10000000 checkpoints; at most 1000000 are allowed: choose a \
                 larger one, or a shorter training.duration_ms"
            ]
        );
        assert_eq!(
            long(stream(1e5), usize::MAX),
            [
                "training.duration_ms = 100000: makes 18446744073709551615 time steps of a run; at most \
                 1000000000000 are allowed: choose a shorter one, a shorter target, or fewer training.test_periods"
            ]
        );
    }

    fn stream(duration_ms: f64) -> TrainingParams {
        TrainingParams {
            protocol: Protocol::Stream {
                duration_ms,
                validate_every_ms: 1.0,
                test_periods: 1,
                learn_at_validation: true,
            },
            learn_every_ms: 1.0,
            error_steps: 1,
            error_lag_steps: 0,
            error_noise: 0.0,
            switch_target_at_trial: 0,
            precision: Precision::F32,
        }
    }

    #[test]
    fn only_a_drawn_target_can_be_switched() {
        let training = |switch_target_at_trial| TrainingParams {
            protocol: Protocol::Trials {
                trials: 3,
                washout_ms: 0.0,
                washout_feedback: true,
                checkpoints_every: 1,
            },
            learn_every_ms: 1.0,
            error_steps: 1,
            error_lag_steps: 0,
            error_noise: 0.0,
            switch_target_at_trial,
            precision: Precision::F32,
        };
        let drawn = TargetParams::PeriodicGp { length_ms: 10.0 };
        let given = TargetParams::Samples {
            values: vec![1.0, 2.0],
            sample_ms: 1.0,
            standardise: false,
            resample: Resample::LowPass,
        };
        assert_eq!(training(2).check(1.0), []);
        assert_eq!(training(2).check_target(&drawn), []);
        assert_eq!(training(0).check_target(&given), []);
        assert_eq!(
            messages(&training(2).check_target(&given)),
            [
                "training.switch_target_at_trial: only with target.kind = \"periodic_gp\", of which there is another draw"
            ]
        );
    }
}
