//! Which runs go on from what shorter ones have learned.

use crate::spec::Study;
use crate::store::{Kept, StateIndex, StatePlace, StoreError};
use std::collections::HashMap;
use std::path::Path;
use synapse_core::outcome::Learned;
use synapse_core::schedule;

/// How many numbers of trials are tried.
const TRIALS_TRIED: usize = 8;

/// Error at a checkpoint: trial, test MSE, tracking MSE.
pub type Point = (usize, Option<f64>, Option<f64>);

/// Where runs start, by their position in the study.
#[derive(Debug, Default)]
pub struct Starts {
    index: StateIndex,
    starts: HashMap<usize, Start>,
}

#[derive(Debug)]
struct Start {
    place: StatePlace,
    /// The checkpoints of the shorter run that the longer one has, too.
    before: Vec<Point>,
}

impl Starts {
    /// For the given runs of a study that keeps state: the longest shorter run whose state is there.
    ///
    /// # Errors
    /// The disk's.
    pub fn find(
        study: &Study,
        pending: &[usize],
        kept: &Kept,
        folder: &Path,
        spec: &Path,
        sets: &[String],
    ) -> Result<Self, StoreError> {
        let mut starts = Self::default();
        if !study.keep_state || pending.is_empty() {
            return Ok(starts);
        }
        starts.index = StateIndex::read(folder)?;
        // The longest first.
        for trials in starts.index.trials().into_iter().take(TRIALS_TRIED) {
            let Ok(shorter) = Study::load_with_trials(spec, sets, trials) else {
                continue;
            };
            for &position in pending {
                let key = study.run(position);
                let training = &study.conditions[key.condition].training;
                let dt_ms = study.conditions[key.condition].network.dt_ms;
                let checkpoints = schedule::checkpoints(&training.protocol, dt_ms);
                let id = shorter.run_id(key);
                let (Some(place), Some(record)) = (starts.index.get(id), kept.records.get(&id))
                else {
                    continue;
                };
                if checkpoints.last().is_none_or(|&last| last <= trials) {
                    continue;
                }
                let of_both = |point: &&Point| checkpoints.binary_search(&point.0).is_ok();
                let before = record.checkpoints.iter().filter(of_both).copied().collect();
                starts.starts.entry(position).or_insert(Start {
                    place: place.clone(),
                    before,
                });
            }
        }
        Ok(starts)
    }

    /// How many runs go on.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether all start anew.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Trials that a run has learned before it starts.
    pub fn trials(&self, position: usize) -> usize {
        self.starts
            .get(&position)
            .map_or(0, |start| start.place.trial)
    }

    /// What a run goes on from, and the checkpoints before that; none if it starts anew, or if what
    /// was kept is damaged.
    pub fn load(&self, position: usize) -> Option<(Learned, &[Point])> {
        let start = self.starts.get(&position)?;
        Some((self.index.load(&start.place)?, &start.before))
    }
}
