//! A submission: the arrays that are sent, then the job that merges.

use super::array::{Array, ranges};
use super::client::{self, command_line};
use super::folder::write_whole;
use super::jobs::{Job, Notes, Work};
use super::script::{Division, Paths, Resources, merge_name, merge_script, shards_script};
use super::{Queue, SlurmError, State};
use crate::provenance::utc;
use std::fmt::Write;
use std::path::Path;
use std::time::SystemTime;

/// What is to be submitted.
#[derive(Debug)]
pub struct Submission<'a> {
    /// Name of the study, and of its tasks.
    pub name: &'a str,
    /// Where everything is.
    pub paths: &'a Paths,
    /// What tasks compute.
    pub division: Division,
    /// The shards that are sent.
    pub arrays: &'a [Array],
    /// What a task may use.
    pub resources: &'a Resources,
    /// What Slurm has already.
    pub queue: &'a Queue,
}

impl Submission<'_> {
    /// Everything that [`Submission::send`] would write and call.
    pub fn shown(&self) -> String {
        let mut text = String::new();
        for (path, script) in self.scripts() {
            let _ = writeln!(text, "# {}\n{script}", path.display());
        }
        text += "# what would be submitted\n";
        let shards = self.paths.shards_script();
        for array in self.arrays {
            let arguments = client::array_arguments(&shards, array);
            let _ = writeln!(text, "{}", command_line("sbatch", &arguments));
        }
        if self.merges() {
            let known = self.queue.arrays().into_iter().map(|job| job.to_string());
            let new = (1..=self.arrays.len()).map(|number| format!("JOB{number}"));
            let after: Vec<String> = known.chain(new).collect();
            let arguments = client::merge_arguments(&self.paths.merge_script(), &after);
            let _ = writeln!(text, "{}", command_line("sbatch", &arguments));
        }
        text
    }

    /// Writes the scripts, submits, and notes each job as soon as Slurm has it; `tell` gets a
    /// line for each.
    ///
    /// # Errors
    /// The disk's, Slurm's. What was told before stays submitted.
    pub fn send(&self, folder: &Path, tell: &dyn Fn(&str)) -> Result<(), SlurmError> {
        let mut notes = Notes::open(folder)?;
        for (path, script) in self.scripts() {
            write_whole(&path, &script)?;
        }
        let mut after = self.queue.arrays();
        for array in self.arrays {
            let arguments = client::array_arguments(&self.paths.shards_script(), array);
            let work = Work::shards(&array.shards, self.division.of, array.offset);
            let job = submit(&mut notes, self.name.to_owned(), &arguments, work)?;
            tell(&format!(
                "job {job}: {}",
                counted(&array.shards, self.division.of)
            ));
            after.push(job);
        }
        if self.merges() {
            let ids: Vec<String> = after.iter().map(u64::to_string).collect();
            let arguments = client::merge_arguments(&self.paths.merge_script(), &ids);
            let work = Work::Merge { after };
            let job = submit(&mut notes, merge_name(self.name), &arguments, work)?;
            tell(&format!("job {job}: merges when they have ended"));
            // Earlier ones would come too early.
            for old in &self.queue.merges {
                if old.state == State::Pending {
                    client::scancel(old.job)?;
                    tell(&format!(
                        "job {}, which would have merged, is taken back",
                        old.job
                    ));
                }
            }
        }
        Ok(())
    }

    /// Whether a job that merges is needed: after new tasks, and if none is queued for the old ones.
    fn merges(&self) -> bool {
        !self.arrays.is_empty() || self.queue.merges.is_empty()
    }

    fn scripts(&self) -> [(std::path::PathBuf, String); 2] {
        let Self {
            name,
            paths,
            resources,
            ..
        } = self;
        [
            (
                paths.shards_script(),
                shards_script(paths, name, self.division, resources),
            ),
            (paths.merge_script(), merge_script(paths, name, resources)),
        ]
    }
}

/// Submits a job and notes it.
fn submit(
    notes: &mut Notes,
    name: String,
    arguments: &[String],
    work: Work,
) -> Result<u64, SlurmError> {
    let job = client::sbatch(arguments)?;
    let submitted = utc(SystemTime::now());
    let noted = notes.add(&Job {
        job,
        name,
        submitted,
        work,
    });
    noted.map_err(|error| SlurmError::NotNoted {
        job,
        error: Box::new(error),
    })?;
    Ok(job)
}

/// `shards 1-3 of 8`.
pub fn counted(shards: &[usize], of: usize) -> String {
    let word = if shards.len() == 1 { "shard" } else { "shards" };
    format!("{word} {} of {of}", ranges(shards))
}
