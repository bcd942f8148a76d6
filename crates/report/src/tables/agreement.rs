//! Whether `runs.csv` and `curves.csv` say the same of each run: what stands in both is equal, and
//! no checkpoint is missing.

use super::{Run, Status, Tables};
use crate::error::ReportError;
use crate::expectation::Metric;
use std::fmt;
use std::path::Path;

/// On what two tables disagree about a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Disagreement {
    /// The final error of `runs.csv` is not that of the last checkpoint.
    Final {
        /// Which error.
        metric: Metric,
        /// What `runs.csv` has.
        runs: Option<f64>,
        /// What `curves.csv` has.
        curves: Option<f64>,
    },
    /// A run that did not fail has no checkpoint.
    NoCheckpoint,
    /// A run that failed has checkpoints.
    FailedWithCheckpoints,
    /// A run lacks a checkpoint that other runs of its condition have.
    Missing {
        /// The checkpoint.
        trial: u64,
    },
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |x: &Option<f64>| x.map_or("empty".to_owned(), |x| format!("{x:?}"));
        match self {
            Self::Final {
                metric,
                runs,
                curves,
            } => write!(
                f,
                "{} is {} in runs.csv and {} at the last checkpoint of curves.csv",
                metric.name(),
                number(runs),
                number(curves)
            ),
            Self::NoCheckpoint => f.write_str("it did not fail, but curves.csv has no row of it"),
            Self::FailedWithCheckpoints => f.write_str("it failed, but curves.csv has rows of it"),
            Self::Missing { trial } => write!(
                f,
                "curves.csv has no row of it for trial {trial}, which other runs of its condition have"
            ),
        }
    }
}

impl Tables {
    /// Checks that the two tables agree.
    ///
    /// # Errors
    /// [`ReportError::Disagree`] for the first run, in the order of the table, about which they do not.
    pub fn agree(&self, folder: &Path) -> Result<(), ReportError> {
        for run in &self.runs {
            if let Some(about) = self.disagreement(run) {
                return Err(ReportError::Disagree {
                    folder: folder.to_path_buf(),
                    run_id: run.id.clone(),
                    about,
                });
            }
        }
        Ok(())
    }

    fn disagreement(&self, run: &Run) -> Option<Disagreement> {
        let Some(last) = run.curve.last() else {
            return (run.status != Status::Failed).then_some(Disagreement::NoCheckpoint);
        };
        if run.status == Status::Failed {
            return Some(Disagreement::FailedWithCheckpoints);
        }
        let trials = &self.conditions[run.condition].trials;
        if trials.len() != run.curve.len() {
            let missing = |trial: &&u64| run.at(**trial).is_none();
            let trial = *trials.iter().find(missing)?;
            return Some(Disagreement::Missing { trial });
        }
        let bits = |x: Option<f64>| x.map(f64::to_bits);
        [
            (Metric::TestMse, run.test_mse, last.test_mse),
            (Metric::TrackingMse, run.tracking_mse, last.tracking_mse),
        ]
        .into_iter()
        .find(|(_, runs, curves)| bits(*runs) != bits(*curves))
        .map(|(metric, runs, curves)| Disagreement::Final {
            metric,
            runs,
            curves,
        })
    }
}
