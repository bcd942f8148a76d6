//! What can go wrong with a result folder.

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
    /// The journal was written by a newer version of this program.
    NewerJournal {
        /// The journal.
        path: PathBuf,
        /// Its version.
        version: u64,
    },
    /// The file called journal is something else.
    NotAJournal {
        /// The file.
        path: PathBuf,
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
            Self::NewerJournal { path, version } => write!(
                f,
                "{}: written by a newer version of runner (journal version {version}, this one knows 1); nothing was changed",
                path.display()
            ),
            Self::NotAJournal { path } => write!(
                f,
                "{}: not a journal of runner; give --out another folder",
                path.display()
            ),
        }
    }
}

impl std::error::Error for StoreError {}
