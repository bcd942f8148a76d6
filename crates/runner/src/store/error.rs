//! What can go wrong with a result folder.

use crate::replacement::Obstacle;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// An error of the result folder.
#[derive(Debug)]
pub enum StoreError {
    /// The operating system refused.
    Io {
        /// What was to be done, as in "cannot write".
        action: &'static str,
        /// To which file.
        path: PathBuf,
        /// Its answer.
        error: io::Error,
    },
    /// Another process writes to the folder.
    Locked {
        /// The folder.
        folder: PathBuf,
        /// What the lock file says of its owner.
        owner: String,
    },
    /// The journal was written by a version of this program with another form of journals.
    OtherJournal {
        /// The journal.
        path: PathBuf,
        /// Its version.
        version: u64,
        /// The version that this program writes.
        known: u64,
    },
    /// What is called journal is something else.
    NotAJournal {
        /// The file.
        path: PathBuf,
    },
    /// The folder holds the results of another study.
    OtherStudy {
        /// The folder.
        folder: PathBuf,
        /// What says so.
        obstacle: Obstacle,
    },
}

impl StoreError {
    /// An `Io` error, for `map_err`.
    pub(super) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| Self::Io {
            action,
            path,
            error,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io {
                action,
                path,
                error,
            } => write!(f, "{action} {}: {error}", path.display()),
            Self::Locked { folder, owner } => write!(
                f,
                "{}: another process is writing there ({owner}); wait for it, or give --out another folder",
                folder.display()
            ),
            Self::OtherJournal {
                path,
                version,
                known,
            } => write!(
                f,
                "{}: written by {} version of runner (journal version {version}, this one knows {known}); nothing was changed",
                path.display(),
                if version > known {
                    "a newer"
                } else {
                    "an older"
                }
            ),
            Self::NotAJournal { path } => write!(
                f,
                "{}: not a journal of this version of runner; give --out another folder",
                path.display()
            ),
            Self::OtherStudy { folder, obstacle } => write!(
                f,
                "{}: {obstacle}. Give --out another folder, or --replace to put this study in its place (the journal keeps its runs)",
                folder.display()
            ),
        }
    }
}

impl std::error::Error for StoreError {}
