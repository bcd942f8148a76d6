//! At which trials a metric is measured, without listing them: a study may have 10⁹ trials.

use super::condition::Condition;
use std::fmt;
use synapse_core::params::{Protocol, whole_steps};
use synapse_report::expectation::Metric;

/// The trials `first`, `first + step`, … below `last`, and `last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoints {
    first: u64,
    step: u64,
    last: u64,
}

impl Checkpoints {
    /// Where a condition measures a metric.
    pub fn of(condition: &Condition, metric: Metric) -> Self {
        match condition.training.protocol {
            Protocol::Trials {
                trials,
                checkpoints_every,
                ..
            } => {
                let (step, last) = (checkpoints_every as u64, trials as u64);
                // Before the first trial nothing has been tracked.
                let first = match metric {
                    Metric::TestMse => 0,
                    Metric::TrackingMse => step.min(last),
                };
                Self { first, step, last }
            }
            Protocol::Stream {
                duration_ms,
                validate_every_ms,
                ..
            } => {
                let steps = |ms| whole_steps(ms, condition.network.dt_ms).unwrap_or(0) as u64;
                let last = steps(duration_ms) / steps(validate_every_ms).max(1);
                // Learning is frozen after the last block only.
                let first = match metric {
                    Metric::TestMse => last,
                    Metric::TrackingMse => 1,
                };
                Self {
                    first,
                    step: 1,
                    last,
                }
            }
        }
    }

    /// Whether a trial is one of them.
    pub fn contains(&self, trial: u64) -> bool {
        let regular = (self.first..=self.last).contains(&trial)
            && (trial - self.first).is_multiple_of(self.step);
        regular || trial == self.last
    }
}

/// `0, 50, 100, …, 300`
impl fmt::Display for Checkpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let regular: Vec<u64> = (0..4)
            .map(|i| self.first + i * self.step)
            .take_while(|trial| *trial < self.last)
            .collect();
        for trial in regular.iter().take(3) {
            write!(f, "{trial}, ")?;
        }
        if regular.len() > 3 {
            f.write_str("…, ")?;
        }
        write!(f, "{}", self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_and_counted() {
        let checkpoints = Checkpoints {
            first: 0,
            step: 50,
            last: 320,
        };
        assert_eq!(checkpoints.to_string(), "0, 50, 100, …, 320");
        let there: Vec<u64> = (0..400).filter(|&t| checkpoints.contains(t)).collect();
        assert_eq!(there, [0, 50, 100, 150, 200, 250, 300, 320]);
        let protocol = Protocol::Trials {
            trials: 320,
            washout_ms: 0.0,
            washout_feedback: true,
            checkpoints_every: 50,
        };
        let of_engine = synapse_core::schedule::checkpoints(&protocol, 1.0);
        assert_eq!(
            of_engine,
            there.iter().map(|&t| t as usize).collect::<Vec<_>>()
        );
        let one = Checkpoints {
            first: 7,
            step: 1,
            last: 7,
        };
        assert_eq!(one.to_string(), "7");
        assert!(one.contains(7) && !one.contains(6));
    }
}
