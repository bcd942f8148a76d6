//! What can go wrong with an export.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use synapse_report::ReportError;

/// An error of an export.
#[derive(Debug)]
pub enum ExportError {
    /// The result folder or a table of it.
    Results(ReportError),
    /// A signal is not the one that the runs were computed with.
    Signal {
        /// Which, and what to do.
        problem: String,
    },
    /// The folder to write to has content, or is a file.
    Occupied {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the result folder, or `CITATION.cff`, is not what it should be.
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The operating system refused.
    Io {
        /// What was to be done, as in "cannot write".
        action: &'static str,
        /// To which file.
        path: PathBuf,
        /// Its answer.
        error: io::Error,
    },
    /// Parquet could not be written.
    Parquet {
        /// The file.
        path: PathBuf,
        /// The library's answer.
        error: parquet::errors::ParquetError,
    },
}

impl ExportError {
    /// An `Io` error, for `map_err`.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::Io {
            action,
            path,
            error,
        }
    }
}

impl From<ReportError> for ExportError {
    fn from(error: ReportError) -> Self {
        Self::Results(error)
    }
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Results(error) => write!(f, "{error}"),
            Self::Signal { problem } => f.write_str(problem),
            Self::Occupied { path } => write!(
                f,
                "{}: not empty; give --to a new or empty folder",
                path.display()
            ),
            Self::Content { path, problem } => write!(f, "{}: {problem}", path.display()),
            Self::Io {
                action,
                path,
                error,
            } => write!(f, "{action} {}: {error}", path.display()),
            Self::Parquet { path, error } => {
                write!(f, "cannot write {}: {error}", path.display())
            }
        }
    }
}

impl std::error::Error for ExportError {}
