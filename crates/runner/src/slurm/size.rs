//! How large a shard is.

use super::{Queue, SlurmError};
use crate::batch::pack_rest;
use crate::continuation::Starts;
use crate::estimate::{Estimate, estimate};
use crate::shard::MAX_SHARDS;
use crate::spec::Study;
use std::time::Duration;

/// Without a number of tasks they take about so long: long against a scheduler's delays, short
/// against usual limits.
const TASK: Duration = Duration::from_secs(30 * 60);

/// What parts of a study cost a task, by a calibration on this machine.
#[derive(Debug)]
pub struct Sizes<'a> {
    /// The study.
    pub study: &'a Study,
    /// Where its runs start.
    pub starts: &'a Starts,
    /// Threads of a task.
    pub threads: usize,
}

impl Sizes<'_> {
    /// What these runs cost one task.
    pub fn cost(&self, runs: &[usize]) -> Estimate {
        let batches = pack_rest(self.study, runs, self.threads, self.starts);
        estimate(self.study, &batches, self.threads)
    }

    /// Into how many shards the study is divided: as it is in the queue, as was asked for, as others
    /// do or did `before`, or by what it costs.
    ///
    /// # Errors
    /// Tasks are queued that divide it otherwise than was asked for.
    pub fn of(
        &self,
        queue: &Queue,
        asked: Option<usize>,
        before: Option<usize>,
        by_cost: impl FnOnce(&Self) -> usize,
    ) -> Result<usize, SlurmError> {
        match (queue.tasks.first().map(|task| task.of), asked) {
            (Some(queued), Some(asked)) if asked != queued => Err(SlurmError::OtherDivision {
                jobs: queue.arrays(),
                queued,
                asked,
            }),
            (queued, asked) => Ok(queued.or(asked).or(before).unwrap_or_else(|| by_cost(self))),
        }
    }

    /// So many shards that a task takes half an hour, or half of a shorter time limit.
    pub fn shards(&self, pending: &[usize], limit: Option<Duration>) -> usize {
        let task = limit.map_or(TASK, |limit| TASK.min(limit / 2));
        let tasks = (self.cost(pending).wall_s / task.as_secs_f64()).ceil();
        (tasks as usize).clamp(1, pending.len().clamp(1, MAX_SHARDS))
    }
}
