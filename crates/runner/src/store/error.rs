//! What can go wrong with a result folder.

use crate::replacement::Obstacle;
use std::fmt;
use std::io;
use std::path::PathBuf;
use synapse_report::shell;

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
    /// A process may write to the folder; this machine cannot tell whether it still runs.
    Doubtful {
        /// The folder.
        folder: PathBuf,
        /// What the locks say of their owners.
        owner: String,
        /// The files that are the locks.
        locks: Vec<PathBuf>,
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
    /// A file in the place of a journal has no line with a right sum.
    NoSoundLine {
        /// The file.
        path: PathBuf,
        /// How many lines it has.
        lines: usize,
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
            Self::Doubtful {
                folder,
                owner,
                locks,
            } => {
                let files: Vec<String> = locks.iter().map(|path| shell::path(path)).collect();
                write!(
                    f,
                    "{}: locked by a process that may have ended ({owner}); this machine cannot tell. \
                     If it still runs, wait for it. If it does not, remove its lock and run the same command again: rm {}",
                    folder.display(),
                    files.join(" ")
                )
            }
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
            Self::NoSoundLine { path, lines } => {
                let path = path.to_string_lossy();
                write!(
                    f,
                    "{path}: not a journal of this version of runner: none of its {lines} lines has a right sum. \
                     To continue without it, move it aside and run the same command again: mv {} {}",
                    shell::quoted(path.as_ref()),
                    shell::quoted(format!("{path}.damaged"))
                )
            }
            Self::OtherStudy { folder, obstacle } => write!(
                f,
                "{}: {obstacle}. Give --out another folder, or --replace to put this study in its place (the journal keeps its runs)",
                folder.display()
            ),
        }
    }
}

impl std::error::Error for StoreError {}
