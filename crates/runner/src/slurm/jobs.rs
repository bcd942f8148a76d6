//! `slurm/jobs.jsonl` of a result folder: a line for each job that was submitted from it.

use super::SlurmError;
use super::array::{are_ranges, ranges};
use crate::shard::MAX_SHARDS;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use synapse_report::files::open;
use synapse_report::words::shortened;

/// A job, and what it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its id; that of an array if it is one.
    pub job: u64,
    /// What Slurm calls it. Ids begin anew when a cluster is set up anew; names tell.
    pub name: String,
    /// When it was submitted, UTC.
    pub submitted: String,
    /// What it does.
    #[serde(flatten)]
    pub work: Work,
}

/// What a job does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Work {
    /// An array of tasks that compute shards.
    Shards {
        /// Which, as `1-3,7`.
        shards: String,
        /// Into how many the study is divided.
        of: usize,
        /// Shard minus number of the task.
        offset: usize,
    },
    /// Tables and report.
    Merge {
        /// The jobs that it waits for.
        after: Vec<u64>,
    },
}

impl Work {
    /// Of an array.
    pub fn shards(shards: &[usize], of: usize, offset: usize) -> Self {
        Self::Shards {
            shards: ranges(shards),
            of,
            offset,
        }
    }
}

/// The largest list that is read, in bytes: tens of thousands of jobs.
const MOST_BYTES: u64 = 16 << 20;

/// Where the list is.
pub fn path(folder: &Path) -> PathBuf {
    folder.join("slurm").join("jobs.jsonl")
}

/// The jobs that were submitted from a folder, in that order.
///
/// # Errors
/// The disk's; a line of another form, or with numbers that no submission has. A torn last line is left out: its job never was confirmed.
pub fn read(folder: &Path) -> Result<Vec<Job>, SlurmError> {
    let path = path(folder);
    let text = match open::text_up_to(&path, MOST_BYTES) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(SlurmError::io("cannot read", path)(error)),
    };
    parse(&text).map_err(|(line, message)| SlurmError::Jobs {
        path,
        line,
        message,
    })
}

/// The jobs of a list; else the line that is wrong, from 1, and what is wrong.
///
/// # Errors
/// See [`read`].
pub fn parse(text: &str) -> Result<Vec<Job>, (usize, String)> {
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .enumerate()
        .map(|(number, line)| {
            let wrong = |message| (number + 1, message);
            let job: Job = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
            match impossible(&job.work) {
                Some(message) => Err(wrong(message)),
                None => Ok(job),
            }
        })
        .collect()
}

/// What is wrong with numbers that nothing else checks; later they are sizes and shards.
fn impossible(work: &Work) -> Option<String> {
    let Work::Shards { shards, of, offset } = work else {
        return None;
    };
    if !(1..=MAX_SHARDS).contains(of) {
        Some(format!(
            "\"of\": {of}: must be from 1 to {MAX_SHARDS}, the most shards of a study"
        ))
    } else if !are_ranges(shards, *of) {
        Some(format!(
            "\"shards\": \"{}\": must be ascending numbers from 1 to {of}, as in \"1-3,7\"",
            shortened(shards)
        ))
    } else if offset > of {
        Some(format!("\"offset\": {offset}: must be from 0 to {of}"))
    } else {
        None
    }
}

/// Into how many shards the study was divided last.
pub fn last_division(jobs: &[Job]) -> Option<usize> {
    jobs.iter().rev().find_map(|job| match job.work {
        Work::Shards { of, .. } => Some(of),
        Work::Merge { .. } => None,
    })
}

/// The list, opened before anything is submitted: what cannot be noted shall not be queued.
#[derive(Debug)]
pub struct Notes {
    path: PathBuf,
    file: File,
}

impl Notes {
    /// Opens the list of a folder whose `slurm/` is there.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(folder: &Path) -> Result<Self, SlurmError> {
        let path = path(folder);
        let text = match open::bytes(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(SlurmError::io("cannot read", path)(error)),
        };
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let mut file = file.map_err(SlurmError::io("cannot write", &path))?;
        if text.last().is_some_and(|&last| last != b'\n') {
            // A torn line ends where it was torn.
            let whole = text.iter().rposition(|&byte| byte == b'\n');
            file.set_len(whole.map_or(0, |end| end as u64 + 1))
                .map_err(SlurmError::io("cannot write", &path))?;
        }
        file.flush()
            .map_err(SlurmError::io("cannot write", &path))?;
        Ok(Self { path, file })
    }

    /// Notes a job that Slurm has accepted.
    ///
    /// # Errors
    /// The disk's.
    pub fn add(&mut self, job: &Job) -> Result<(), SlurmError> {
        let line = serde_json::to_string(job).map_err(io::Error::from);
        line.and_then(|line| self.file.write_all(format!("{line}\n").as_bytes()))
            .and_then(|()| self.file.sync_all())
            .map_err(SlurmError::io("cannot write", &self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_a_line_each_and_a_torn_line_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), []);
        std::fs::create_dir(folder.path().join("slurm")).unwrap();
        let job = |job, work| Job {
            job,
            name: "x".to_owned(),
            submitted: "2025-01-01T00:00:00Z".to_owned(),
            work,
        };
        let jobs = [
            job(17, Work::shards(&[1, 2, 3, 7], 8, 0)),
            job(18, Work::Merge { after: vec![17] }),
        ];
        for job in &jobs {
            let mut notes = Notes::open(folder.path()).unwrap();
            notes.add(job).unwrap();
        }
        let path = path(folder.path());
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            text.lines().next().unwrap(),
            r#"{"job":17,"name":"x","submitted":"2025-01-01T00:00:00Z","kind":"shards","shards":"1-3,7","of":8,"offset":0}"#
        );
        assert_eq!(read(folder.path()).unwrap(), jobs);
        std::fs::write(&path, &text[..text.len() - 5]).unwrap();
        assert_eq!(read(folder.path()).unwrap(), jobs[..1]);
        Notes::open(folder.path()).unwrap().add(&jobs[1]).unwrap();
        assert_eq!(read(folder.path()).unwrap(), jobs);
        std::fs::write(&path, "hello\n").unwrap();
        let error = read(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains("jobs.jsonl:1: not a line that runner wrote: "),
            "{error}"
        );
    }

    const LINE: &str = r#"{"job":17,"name":"x","submitted":"","kind":"shards","shards":"1-3,7","of":8,"offset":0}"#;

    #[test]
    fn numbers_that_no_submission_has_are_refused_by_line() {
        let refused = |old: &str, new: &str, message: &str| {
            let text = format!("{LINE}\n{}\n", LINE.replace(old, new));
            let (line, problem) = parse(&text).unwrap_err();
            assert_eq!((line, problem.as_str()), (2, message));
        };
        refused(
            "1-3,7",
            "1-4000000000",
            "\"shards\": \"1-4000000000\": must be ascending numbers from 1 to 8, as in \"1-3,7\"",
        );
        refused(
            "\"of\":8",
            "\"of\":1000000000000000000",
            "\"of\": 1000000000000000000: must be from 1 to 100000, the most shards of a study",
        );
        refused(
            "\"offset\":0",
            "\"offset\":18446744073709551615",
            "\"offset\": 18446744073709551615: must be from 0 to 8",
        );
        for (old, new) in [("\"of\":8", "\"of\":1e18"), ("\"of\":8", "\"of\":-1")] {
            assert!(parse(&format!("{}\n", LINE.replace(old, new))).is_err());
        }
        assert_eq!(parse(&format!("{LINE}\n")).unwrap().len(), 1);
    }

    #[test]
    fn a_list_that_is_no_file_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(path(folder.path())).unwrap();
        let message = read(folder.path()).unwrap_err().to_string();
        assert!(message.ends_with("jobs.jsonl: is a directory"), "{message}");
        let message = Notes::open(folder.path()).unwrap_err().to_string();
        assert!(message.ends_with("jobs.jsonl: is a directory"), "{message}");
    }
}
