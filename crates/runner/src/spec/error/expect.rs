//! What can be wrong with `[[expect]]` rows.

use crate::spec::words::{did_you_mean, listed, nearest};
use std::fmt;
use synapse_report::words::shortened as short;

/// What is wrong with an expectation.
#[derive(Debug, Clone, PartialEq)]
pub enum ExpectProblem {
    /// Not exactly one of metric, ratio and diverged_share.
    NotOneForm,
    /// A key of `metric` beside another form.
    Misplaced {
        /// The key.
        key: String,
        /// The form.
        form: String,
    },
    /// Neither min nor max.
    NoBound,
    /// min above max.
    BoundsCross {
        /// min
        min: String,
        /// max
        max: String,
    },
    /// A ratio that is not of two.
    NotTwo {
        /// How many.
        found: usize,
    },
    /// A `where` path that is no parameter column.
    UnknownColumn {
        /// The path.
        path: String,
        /// The columns.
        columns: Vec<String>,
    },
    /// A value that no condition has.
    NoSuchValue {
        /// The column.
        path: String,
        /// The value.
        value: String,
        /// The values that exist.
        existing: Vec<String>,
    },
    /// Values that exist, but in no condition together.
    NoSuchCombination {
        /// The selection.
        selection: String,
    },
    /// An `at_trial` at which the selected conditions are not tested.
    NotACheckpoint {
        /// The trial.
        trial: i64,
        /// The metric.
        metric: String,
        /// The trials that have it.
        checkpoints: String,
    },
}

impl fmt::Display for ExpectProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOneForm => f.write_str(
                "expect: must have exactly one of metric (with statistic), ratio and diverged_share",
            ),
            Self::Misplaced { key, form } if key == "at_trial" => write!(
                f,
                "expect.at_trial does not go with {form}: whether a run diverged is said of the whole run"
            ),
            Self::Misplaced { key, form } => write!(
                f,
                "expect.{key} stands beside metric; with {form} it belongs inside {form}"
            ),
            Self::NoBound => f.write_str("expect: min and max are both missing; at least one is needed"),
            Self::BoundsCross { min, max } => {
                write!(f, "expect.min = {min}: must be at most expect.max = {max}")
            }
            Self::NotTwo { found } => {
                write!(f, "expect.ratio: must be a list of two sides, found {found}")
            }
            Self::UnknownColumn { path, columns } => {
                let near = nearest(path, columns.iter().map(String::as_str));
                let separator = if near.is_some() { "" } else { ";" };
                write!(
                    f,
                    "expect: where cannot select by {}{}{separator} this study's columns: {}",
                    short(path),
                    did_you_mean(near),
                    listed(columns, 20)
                )
            }
            Self::NoSuchValue {
                path,
                value,
                existing,
            } => write!(
                f,
                "expect: no condition has {path} = {}; its values: {}",
                short(value),
                listed(existing, 12)
            ),
            Self::NoSuchCombination { selection } => write!(
                f,
                "expect: no condition has {selection} at the same time"
            ),
            Self::NotACheckpoint {
                trial,
                metric,
                checkpoints,
            } => write!(
                f,
                "expect.at_trial = {trial}: no {metric} is measured there; choose one of {checkpoints}"
            ),
        }
    }
}
