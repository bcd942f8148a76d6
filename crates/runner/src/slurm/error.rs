//! What can go wrong between this program and Slurm.

use super::word::NotAWord;
use crate::store::StoreError;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// An error of Slurm, or of the files that go with it.
#[derive(Debug)]
pub enum SlurmError {
    /// There is no such program.
    Absent {
        /// Its name.
        program: &'static str,
    },
    /// It could not be started for another reason.
    Start {
        /// Its name.
        program: &'static str,
        /// The operating system's answer.
        error: io::Error,
    },
    /// It said no.
    Refused {
        /// The command.
        command: String,
        /// How it ended, as in "exit status: 1".
        status: String,
        /// What it said.
        said: String,
    },
    /// Its answer has an unknown form.
    Unreadable {
        /// The command.
        command: String,
        /// What it said.
        said: String,
    },
    /// A file of the folder `slurm/`.
    Io {
        /// What was to be done, as in "cannot write".
        action: &'static str,
        /// To which file.
        path: PathBuf,
        /// The operating system's answer.
        error: io::Error,
    },
    /// A line of `jobs.jsonl` that this program did not write.
    Jobs {
        /// The file.
        path: PathBuf,
        /// Its line, counted from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// A text that no job script can hold.
    Word(NotAWord),
    /// A path that no job script can hold.
    Path {
        /// The path.
        path: PathBuf,
    },
    /// A job that Slurm has, but that is not on our list.
    NotNoted {
        /// Its id.
        job: u64,
        /// Why not.
        error: Box<SlurmError>,
    },
    /// The cluster has no arrays of jobs.
    NoArrays,
    /// The result folder's.
    Store(StoreError),
    /// Tasks are queued that compute the study as it was before.
    OtherStudy {
        /// The result folder.
        folder: PathBuf,
        /// The arrays.
        jobs: Vec<u64>,
    },
    /// Tasks are queued that divide the study otherwise.
    OtherDivision {
        /// The arrays.
        jobs: Vec<u64>,
        /// Into how many shards.
        queued: usize,
        /// How many were asked for.
        asked: usize,
    },
    /// Another process submits from this folder.
    Locked {
        /// The result folder.
        folder: PathBuf,
    },
}

impl SlurmError {
    /// An `Io` error, for `map_err`.
    pub(crate) fn io(
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

impl fmt::Display for SlurmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent { program } => write!(
                f,
                "{program}: no such program on this machine, so Slurm cannot be asked; \
                 run this on a login node of the cluster, or print plain commands with --engine print"
            ),
            Self::Start { program, error } => write!(f, "{program}: cannot be started: {error}"),
            Self::Refused {
                command,
                status,
                said,
            } => write!(f, "{command}: {} ({status})", or_nothing(said)),
            Self::Unreadable { command, said } => write!(
                f,
                "{command}: the answer is not understood: {}; is this Slurm?",
                or_nothing(said)
            ),
            Self::Io {
                action,
                path,
                error,
            } => write!(f, "{action} {}: {error}", path.display()),
            Self::Jobs {
                path,
                line,
                message,
            } => write!(
                f,
                "{}:{line}: not a line that runner wrote: {message}; correct or remove the line",
                path.display()
            ),
            Self::Word(error) => error.fmt(f),
            Self::Path { path } => write!(
                f,
                "{path:?}: a job script cannot hold this path: it must be UTF-8 without control characters; \
                 name another folder with --out, or move this program"
            ),
            Self::NotNoted { job, error } => write!(
                f,
                "job {job} is submitted but could not be recorded, so it would be submitted again: {error}; \
                 cancel it with scancel {job}"
            ),
            Self::NoArrays => f.write_str(
                "this cluster allows no job arrays (its MaxArraySize is 0); \
                 print plain commands with --engine print",
            ),
            Self::Store(error) => error.fmt(f),
            Self::OtherStudy { folder, jobs } => write!(
                f,
                "{}: the study has changed, and job {} still computes it as it was when submitted; \
                 wait for the job, cancel it with scancel {}, or name another folder with --out",
                folder.display(),
                list(jobs, ", "),
                list(jobs, " ")
            ),
            Self::OtherDivision {
                jobs,
                queued,
                asked,
            } => write!(
                f,
                "--tasks {asked}: job {} divides the study into {queued} shards, and another division would compute \
                 the same runs twice; leave --tasks out, wait for the job, or cancel it with scancel {}",
                list(jobs, ", "),
                list(jobs, " ")
            ),
            Self::Locked { folder } => write!(
                f,
                "{}: another process is submitting from this folder; wait for it",
                folder.display()
            ),
        }
    }
}

fn list(jobs: &[u64], between: &str) -> String {
    let jobs: Vec<String> = jobs.iter().map(u64::to_string).collect();
    jobs.join(between)
}

fn or_nothing(said: &str) -> &str {
    if said.is_empty() { "no message" } else { said }
}

impl From<StoreError> for SlurmError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<NotAWord> for SlurmError {
    fn from(error: NotAWord) -> Self {
        Self::Word(error)
    }
}

impl std::error::Error for SlurmError {}
