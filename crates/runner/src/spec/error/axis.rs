//! What can be wrong with sweeps, `zip` and `--set`.

use crate::spec::words::{count, did_you_mean, listed, nearest};
use std::fmt;
use synapse_report::words::shortened as short;

/// What is wrong with a sweep or a `zip`.
#[derive(Debug, Clone, PartialEq)]
pub enum AxisProblem {
    /// A path that no parameter has.
    UnknownPath {
        /// The path.
        path: String,
        /// The nearest known one.
        nearest: Option<String>,
    },
    /// A field that all conditions share.
    OfStudy {
        /// The path.
        path: String,
    },
    /// A path that leads to a table.
    TablePath {
        /// The path.
        path: String,
        /// What could be meant.
        fields: Vec<String>,
    },
    /// A sweep without axes.
    EmptySweep,
    /// An axis without values.
    EmptyAxis {
        /// The path.
        path: String,
    },
    /// Not exactly one of `values`, `log` and `linear`.
    NotOneForm {
        /// The path.
        path: String,
    },
    /// `points` missing, or there beside `values`.
    Points {
        /// The path.
        path: String,
        /// Whether it is missing.
        missing: bool,
    },
    /// `log` over a number that has no logarithm.
    LogOfNonPositive {
        /// The path.
        path: String,
        /// The number.
        value: String,
    },
    /// Two points of a range that round to the same number.
    EqualPoints {
        /// The path.
        path: String,
        /// The number.
        value: String,
        /// Whether that is because the field is a whole number.
        whole: bool,
    },
    /// A value that is there twice.
    Repeated {
        /// The path.
        path: String,
        /// The value.
        value: String,
    },
    /// `log` or `linear` over words.
    NotNumeric {
        /// The path.
        path: String,
    },
    /// A zip of something that is not swept.
    ZipUnswept {
        /// The path.
        path: String,
        /// The swept paths.
        swept: Vec<String>,
    },
    /// A path in two zips, or twice in one.
    ZipTwice {
        /// The path.
        path: String,
    },
    /// A zip of fewer than two.
    ZipOfOne,
    /// A zip of unequal lengths.
    ZipLengths {
        /// Path and length of each.
        lengths: Vec<(String, u64)>,
    },
}

/// What is wrong with a `--set`.
#[derive(Debug, Clone, PartialEq)]
pub enum SetProblem {
    /// No `=`.
    NoEquals,
    /// Nothing before the `=`.
    NoPath,
    /// A path that does not exist.
    UnknownPath {
        /// The path.
        path: String,
        /// The nearest known one.
        nearest: Option<String>,
    },
    /// A path that exists, but no condition has it.
    NoCondition {
        /// The path.
        path: String,
        /// The paths of the same table that conditions have.
        known: Vec<String>,
    },
    /// A path to a table.
    TablePath {
        /// The path.
        path: String,
        /// The fields of that table.
        fields: Vec<String>,
    },
}

impl fmt::Display for AxisProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownPath { path, nearest } => write!(
                f,
                "sweep: no parameter is called {}{}",
                short(path),
                did_you_mean(nearest.as_deref())
            ),
            Self::OfStudy { path } => {
                write!(
                    f,
                    "sweep: {path} is a field of the whole study, which all conditions share; sweep a field of network, target, training or rule"
                )?;
                if path == "seed" || path.starts_with("replicates") {
                    f.write_str(
                        ", or raise replicates.networks or replicates.targets for more networks and targets",
                    )?;
                }
                Ok(())
            }
            Self::TablePath { path, fields } => write!(
                f,
                "sweep: {path} is a table; sweep one of its fields by its quoted path: {}",
                listed(fields, 12)
            ),
            Self::EmptySweep => {
                f.write_str("sweep: no axis in it; leave it out or write one, such as \"rule.eta0\" = { values = [1e-4, 1e-3] }")
            }
            Self::EmptyAxis { path } => write!(f, "sweep of {path}: no values; at least one is needed"),
            Self::NotOneForm { path } => write!(
                f,
                "sweep of {path}: must have exactly one of values, log and linear"
            ),
            Self::Points { path, missing: true } => write!(
                f,
                "sweep of {path}: points is missing; a range needs the number of its points, such as points = 7"
            ),
            Self::Points { path, .. } => write!(
                f,
                "sweep of {path}: points belongs to log and linear; values already says how many there are"
            ),
            Self::LogOfNonPositive { path, value } => write!(
                f,
                "sweep of {path}: log = [a, b] needs numbers > 0, found {value}"
            ),
            Self::EqualPoints { path, value, whole } => {
                let why = if *whole { format!(", and {path} is a whole number") } else { String::new() };
                write!(
                    f,
                    "sweep of {path}: two points round to {value}{why}; use fewer points or values = […]"
                )
            }
            Self::Repeated { path, value } => {
                write!(f, "sweep of {path}: {} is there twice; every value may be there once", short(value))
            }
            Self::NotNumeric { path } => write!(
                f,
                "sweep of {path}: is not a number; list its values with values = […]"
            ),
            Self::ZipUnswept { path, swept } => write!(
                f,
                "zip: {} is not swept by this condition; swept here: {}",
                short(path),
                listed(swept, 12)
            ),
            Self::ZipTwice { path } => write!(f, "zip: {} is there twice", short(path)),
            Self::ZipOfOne => f.write_str("zip: a group needs at least two swept paths"),
            Self::ZipLengths { lengths } => {
                let lengths: Vec<String> = lengths
                    .iter()
                    .map(|(path, n)| format!("{path} has {}", count(*n, "value")))
                    .collect();
                write!(
                    f,
                    "zip: axes that advance together need equally many values; {}",
                    lengths.join(", ")
                )
            }
        }
    }
}

impl fmt::Display for SetProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEquals => f.write_str("must look like path=value, such as network.gain=1.2"),
            Self::NoPath => f.write_str(
                "the path before = is missing; write path=value, such as network.gain=1.2",
            ),
            Self::UnknownPath { path, nearest } => write!(
                f,
                "no field is called {}{}",
                short(path),
                did_you_mean(nearest.as_deref())
            ),
            Self::NoCondition { path, known } => {
                let near = nearest(path, known.iter().map(String::as_str));
                let separator = if near.is_some() { "" } else { ";" };
                write!(
                    f,
                    "no condition of this study has the field {}{}{separator} fields there: {}",
                    short(path),
                    did_you_mean(near),
                    listed(known, 12)
                )
            }
            Self::TablePath { path, fields } => write!(
                f,
                "{path} is a table; set one of its fields: {}",
                listed(fields, 12)
            ),
        }
    }
}
