//! Why a signal cannot be used.

use crate::spec::scalar::shortest;
use crate::spec::words::{did_you_mean, listed};
use std::fmt;
use synapse_report::text_table::Fault;
use synapse_report::text_table::number::NumberFault;
use synapse_report::text_table::source::Unreadable;
use synapse_report::words::shortened;

/// Why a signal cannot be used.
#[derive(Debug, Clone, PartialEq)]
pub enum SignalError {
    /// The file cannot be read.
    Unreadable(Unreadable),
    /// A line that is no row.
    Line {
        /// The line, and what is wrong there.
        fault: Fault,
        /// What to set, if the table is evidently written in another way.
        hint: Option<String>,
    },
    /// No line but the header, or not even that.
    NoRows,
    /// One sample is no signal.
    OneRow,
    /// No such column.
    NoColumn {
        /// The field that names it.
        field: &'static str,
        /// The name.
        name: String,
        /// The columns of the file.
        columns: Vec<String>,
        /// The nearest of them.
        nearest: Option<String>,
        /// What to set, if the table is evidently written in another way.
        hint: Option<String>,
    },
    /// Two columns of that name.
    TwoColumns {
        /// The field that names it.
        field: &'static str,
        /// The name.
        name: String,
    },
    /// A cell that is no sample.
    Cell {
        /// Its line.
        line: u64,
        /// What it holds.
        text: String,
        /// What is wrong with it.
        fault: NumberFault,
        /// What to set, if the table is evidently written in another way.
        hint: Option<String>,
    },
    /// A time that is none.
    Time {
        /// Its line.
        line: u64,
        /// The column of times.
        column: String,
        /// What is wrong with it.
        problem: String,
    },
    /// `sample_ms` as written is not what the times say.
    OtherSampling {
        /// As written.
        written: f64,
        /// As the times say.
        stamped: f64,
    },
    /// Fields that do not go together.
    Fields {
        /// The field that a person would change.
        field: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// What the samples give cannot be used.
    Unusable {
        /// The field that a person would change.
        field: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// Samples other than those that `target.sha256` names.
    Changed {
        /// As written.
        wanted: String,
        /// Of the samples.
        found: String,
    },
}

impl fmt::Display for SignalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let advice = |hint: &Option<String>| match hint {
            Some(hint) => format!("; {hint}"),
            None => String::new(),
        };
        match self {
            Self::Unreadable(Unreadable::Io(std::io::ErrorKind::NotFound)) => {
                f.write_str("no such file (the path is relative to the spec)")
            }
            Self::Unreadable(unreadable) => unreadable.fmt(f),
            Self::Line { fault, hint } => write!(f, "{fault}{}", advice(hint)),
            Self::NoRows => f.write_str("the file has no rows; at least 2 samples are needed"),
            Self::OneRow => f.write_str("the file has one row; at least 2 samples are needed"),
            Self::NoColumn { .. } => self.no_column(f, &advice),
            Self::TwoColumns { name, .. } => write!(
                f,
                "the file has more than one column of the name \"{}\"",
                shortened(name)
            ),
            Self::Cell {
                line,
                fault: NumberFault::Empty,
                ..
            } => write!(f, "line {line} is empty; a signal may have no gaps"),
            Self::Cell {
                line,
                text,
                fault: NumberFault::NotFinite,
                ..
            } => write!(
                f,
                "line {line} holds {}; every sample must be finite",
                shortened(text)
            ),
            Self::Cell {
                line,
                text,
                fault,
                hint,
            } => write!(
                f,
                "line {line} holds \"{}\", which {fault}{}",
                shortened(text),
                advice(hint)
            ),
            Self::Time {
                line,
                column,
                problem,
            } => write!(
                f,
                "target.time_column = \"{}\": line {line}: {problem}",
                shortened(column)
            ),
            Self::OtherSampling { written, stamped } => write!(
                f,
                "target.sample_ms = {}: the column of times has {} ms between two samples; correct one, or leave \
                 target.sample_ms out",
                shortest(*written),
                shortest(*stamped)
            ),
            Self::Fields { field, problem } => write!(f, "{field}: {problem}"),
            Self::Unusable { problem, .. } => f.write_str(problem),
            Self::Changed { wanted, found } => write!(
                f,
                "the samples are not those of target.sha256, which a result folder keeps of what its runs were computed \
                 with (SHA-256 {}, now {}); restore the file, or remove target.sha256 to compute anew with the samples \
                 as they are now",
                short(wanted),
                short(found)
            ),
        }
    }
}

impl SignalError {
    fn no_column(
        &self,
        f: &mut fmt::Formatter<'_>,
        advice: &dyn Fn(&Option<String>) -> String,
    ) -> fmt::Result {
        let Self::NoColumn {
            field,
            name,
            columns,
            nearest,
            hint,
        } = self
        else {
            return Ok(());
        };

        if *field == "target.time_column" {
            write!(f, "{field} = \"{}\": ", shortened(name))?;
        }
        let separator = if nearest.is_some() { "" } else { ";" };
        let names: Vec<_> = columns.iter().map(|name| shortened(name)).collect();
        write!(
            f,
            "the file has no such column{}{separator} its columns: {}{}",
            did_you_mean(nearest.as_deref()),
            listed(&names, 12),
            advice(hint)
        )
    }
}

/// The first digits of a digest.
pub(super) fn short(digest: &str) -> String {
    match digest.char_indices().nth(12) {
        None => shortened(digest).into_owned(),
        Some((end, _)) => format!("{}…", shortened(&digest[..end])),
    }
}

impl SignalError {
    /// Whether the file as a whole is at fault, whatever the column.
    pub fn is_about_file(&self) -> bool {
        matches!(
            self,
            Self::Unreadable(_) | Self::Line { .. } | Self::NoRows | Self::OneRow
        )
    }

    /// The field that a person would change.
    pub fn field(&self) -> &'static str {
        match self {
            Self::NoColumn { field, .. }
            | Self::TwoColumns { field, .. }
            | Self::Fields { field, .. }
            | Self::Unusable { field, .. } => field,
            Self::Time { .. } => "target.time_column",
            Self::OtherSampling { .. } => "target.sample_ms",
            Self::Changed { .. } => "target.sha256",
            _ => "target.path",
        }
    }
}
