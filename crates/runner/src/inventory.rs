//! Which runs of a study are there.

use crate::execute::wants_trace;
use crate::spec::{RunKey, Study};
use crate::store::{Kept, Record, RecordStatus};

/// What is known of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It has never been computed.
    New,
    /// It is there.
    Done,
    /// It is there, and diverged.
    Diverged,
    /// It failed.
    Failed,
    /// It is there without the trace that is asked for now.
    Untraced,
}

/// The state of a run, from its record.
pub fn state(study: &Study, key: RunKey, record: Option<&Record>) -> State {
    match record.map(|record| (record.status, &record.trace)) {
        None => State::New,
        Some((RecordStatus::Failed, _)) => State::Failed,
        Some((RecordStatus::Diverged, _)) => State::Diverged,
        Some((RecordStatus::Ok, None)) if wants_trace(study, key) => State::Untraced,
        Some((RecordStatus::Ok, _)) => State::Done,
    }
}

/// Which runs of a study, or of a part of it, are there.
#[derive(Debug, Default)]
pub struct Inventory {
    /// Runs to compute, by position.
    pub pending: Vec<usize>,
    /// Runs that are there.
    pub done: usize,
    /// Those of them that diverged.
    pub diverged: usize,
    /// Runs that failed.
    pub failed: usize,
    /// Of each condition, how many runs are in each state.
    pub conditions: Vec<[usize; 5]>,
}

impl Inventory {
    /// Of the given runs; those that failed are to be computed again if `retry_failed`.
    pub fn new(
        study: &Study,
        kept: &Kept,
        runs: impl Iterator<Item = usize>,
        retry_failed: bool,
    ) -> Self {
        let mut inventory = Self {
            conditions: vec![[0; 5]; study.conditions.len()],
            ..Self::default()
        };
        for position in runs {
            let key = study.run(position);
            let record = if kept.records.is_empty() {
                None
            } else {
                kept.records.get(&study.run_id(key))
            };
            let state = state(study, key, record);
            inventory.conditions[key.condition][state as usize] += 1;
            match state {
                State::New | State::Untraced => inventory.pending.push(position),
                State::Failed => {
                    inventory.failed += 1;
                    if retry_failed {
                        inventory.pending.push(position);
                    }
                }
                State::Done => inventory.done += 1,
                State::Diverged => {
                    inventory.done += 1;
                    inventory.diverged += 1;
                }
            }
        }
        inventory
    }
}
