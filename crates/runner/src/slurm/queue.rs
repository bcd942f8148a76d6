//! Which shards of a result folder are queued or running now.

use super::SlurmError;
use super::client::{self, Queued};
use super::jobs::{self, Job, Work};
use super::submission::counted;
use std::collections::BTreeMap;
use std::path::Path;

/// Whether a task waits or runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Its processes are there, or about to be.
    Running,
    /// It waits for its turn.
    Pending,
}

/// A task in Slurm's queue that computes a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The shard, counted from 1.
    pub shard: usize,
    /// Into how many the study was divided when the task was submitted.
    pub of: usize,
    /// The id of its array.
    pub job: u64,
    /// Whether it waits or runs.
    pub state: State,
    /// Why it waits (Slurm's word), or on which node it runs.
    pub detail: String,
}

/// What Slurm knows now of a result folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Queue {
    /// Tasks that wait or run, by shard.
    pub tasks: Vec<Task>,
    /// Merging jobs that wait or run.
    pub merges: Vec<Queued>,
}

/// Asks Slurm about the jobs that were submitted from a result folder. If there are none it is not
/// asked, and need not be there.
///
/// # Errors
/// The list of jobs cannot be read; `squeue` is absent or fails.
pub fn queue(folder: &Path) -> Result<Queue, SlurmError> {
    Queue::ask(&jobs::read(folder)?)
}

impl Queue {
    /// Asks Slurm about these jobs.
    ///
    /// # Errors
    /// `squeue` is absent or fails.
    pub fn ask(jobs: &[Job]) -> Result<Self, SlurmError> {
        let ids: Vec<u64> = jobs.iter().map(|job| job.job).collect();
        Ok(Self::of(jobs, client::squeue(&ids)?))
    }

    /// Finds the jobs in an answer of squeue.
    pub fn of(jobs: &[Job], answer: Vec<Queued>) -> Self {
        let mut queue = Self::default();
        for queued in answer {
            let known = |job: &&Job| job.job == queued.job && job.name == queued.name;
            match jobs.iter().rev().find(known).map(|job| &job.work) {
                Some(&Work::Shards { of, offset, .. }) => {
                    let shard = queued.task.and_then(|task| task.checked_add(offset));
                    let Some(shard) = shard.filter(|shard| (1..=of).contains(shard)) else {
                        continue;
                    };
                    queue.tasks.push(Task {
                        shard,
                        of,
                        job: queued.job,
                        state: queued.state,
                        detail: queued.detail,
                    });
                }
                Some(Work::Merge { .. }) => queue.merges.push(queued),
                None => {}
            }
        }
        queue.tasks.sort_by_key(|task| (task.shard, task.job));
        queue
    }

    /// What becomes of a shard now; none if Slurm does not have it.
    pub fn state(&self, shard: usize) -> Option<State> {
        let tasks = self.tasks.iter().filter(|task| task.shard == shard);
        tasks.map(|task| task.state).min()
    }

    /// Nothing waits or runs.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty() && self.merges.is_empty()
    }

    /// The arrays that have tasks waiting or running.
    pub fn arrays(&self) -> Vec<u64> {
        let mut arrays: Vec<u64> = self.tasks.iter().map(|task| task.job).collect();
        arrays.sort_unstable();
        arrays.dedup();
        arrays
    }

    /// Lines for a person: a line per state, reason and array.
    pub fn lines(&self) -> Vec<String> {
        let mut groups: BTreeMap<(State, u64, &str, usize), Vec<usize>> = BTreeMap::new();
        for task in &self.tasks {
            // Where each of many tasks runs would fill pages; why they wait is one word for all.
            let why = match task.state {
                State::Running => "",
                State::Pending => task.detail.as_str(),
            };
            let group = (task.state, task.job, why, task.of);
            groups.entry(group).or_default().push(task.shard);
        }
        let mut lines: Vec<String> = groups
            .iter()
            .map(|(&(state, job, why, of), shards)| {
                let shards = counted(shards, of);
                match state {
                    State::Running => format!("{shards}: running (job {job})"),
                    State::Pending => format!("{shards}: waiting, {why} (job {job})"),
                }
            })
            .collect();
        lines.extend(self.merges.iter().map(|merge| match merge.state {
            State::Running => format!("merge: running on {} (job {})", merge.detail, merge.job),
            State::Pending => format!("merge: waiting, {} (job {})", merge.detail, merge.job),
        }));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(job: u64, name: &str, work: Work) -> Job {
        Job {
            job,
            name: name.to_owned(),
            submitted: String::new(),
            work,
        }
    }

    fn queued(job: u64, task: Option<usize>, state: State, detail: &str, name: &str) -> Queued {
        Queued {
            job,
            task,
            state,
            detail: detail.to_owned(),
            name: name.to_owned(),
        }
    }

    #[test]
    fn tasks_become_shards_and_foreign_jobs_stay_out() {
        let jobs = [
            job(17, "x", Work::shards(&[1, 2, 3], 6, 0)),
            job(18, "x", Work::shards(&[4, 5, 6], 6, 4)),
            job(
                19,
                "x-merge",
                Work::Merge {
                    after: vec![17, 18],
                },
            ),
        ];
        let queue = Queue::of(
            &jobs,
            vec![
                queued(18, Some(0), State::Pending, "Resources", "x"),
                queued(18, Some(1), State::Pending, "Resources", "x"),
                queued(17, Some(3), State::Running, "n2", "x"),
                queued(19, None, State::Pending, "Dependency", "x-merge"),
                // The same id on a cluster that was set up anew.
                queued(17, Some(1), State::Running, "n1", "somebody's"),
            ],
        );
        assert_eq!(queue.state(1), None);
        assert_eq!(queue.state(3), Some(State::Running));
        assert_eq!(queue.state(5), Some(State::Pending));
        assert_eq!(queue.arrays(), [17, 18]);
        assert_eq!(
            queue.lines(),
            [
                "shard 3 of 6: running (job 17)",
                "shards 4-5 of 6: waiting, Resources (job 18)",
                "merge: waiting, Dependency (job 19)",
            ]
        );
        assert!(!queue.is_empty());
        assert!(Queue::of(&jobs, Vec::new()).is_empty());
    }

    #[test]
    fn slurm_is_not_asked_about_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(queue(folder.path()).unwrap().is_empty());
    }
}
