//! Any text as a list of jobs: it is refused with a line that it has, or its numbers are small enough to
//! be sizes and shards.

use synapse_runner::shard::MAX_SHARDS;
use synapse_runner::slurm::Queue;
use synapse_runner::slurm::client::Queued;
use synapse_runner::slurm::jobs::{Work, parse};
use synapse_runner::slurm::queue::State;

pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let jobs = match parse(text) {
        Ok(jobs) => jobs,
        Err((line, _)) => return assert!((1..=text.lines().count()).contains(&line)),
    };
    let mut answer = Vec::new();
    for job in &jobs {
        if let Work::Shards { of, offset, .. } = job.work {
            assert!((1..=MAX_SHARDS).contains(&of) && offset <= of);
        }
        for task in [0, 1, usize::MAX] {
            answer.push(Queued {
                job: job.job,
                task: Some(task),
                state: State::Pending,
                detail: String::new(),
                name: job.name.clone(),
            });
        }
    }
    for task in Queue::of(&jobs, answer).tasks {
        assert!((1..=task.of).contains(&task.shard));
    }
}
