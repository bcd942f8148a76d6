//! Which runs go on from what shorter ones have learned.

use crate::spec::Study;
use crate::store::{Kept, RecordStatus, StateIndex, StatePlace, StoreError};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use synapse_core::outcome::Learned;
use synapse_core::params::Protocol;
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
    /// Runs that a shorter one came before, of which nothing was kept: by position, its trials.
    lost: HashMap<usize, usize>,
}

#[derive(Debug)]
struct Start {
    place: StatePlace,
    /// The checkpoints of the shorter run that the longer one has, too.
    before: Vec<Point>,
}

impl Starts {
    /// For the given runs of a study that keeps state: the longest shorter run whose state is there. Runs
    /// that a shorter one came before, but whose state is not there, start anew: that costs time alone.
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
        let trials = study
            .conditions
            .iter()
            .map(|condition| match condition.training.protocol {
                Protocol::Trials { trials, .. } => trials,
                // Streams keep no state.
                Protocol::Stream { .. } => 0,
            });
        let longest = trials.max().unwrap_or(0);
        // Of what was kept, and of what should have been: each run that came to its end.
        let kept_trials = kept
            .records
            .values()
            .filter(|record| record.status == RecordStatus::Ok)
            .filter_map(|record| record.checkpoints.last());
        let all: BTreeSet<usize> = kept_trials
            .map(|point| point.0)
            .chain(starts.index.trials())
            .filter(|&trials| trials < longest)
            .collect();
        // The longest first.
        for trials in all.into_iter().rev().take(TRIALS_TRIED) {
            let Ok(shorter) = Study::load_with_trials(spec, sets, trials) else {
                continue;
            };
            for &position in pending {
                let key = study.run(position);
                let training = &study.conditions[key.condition].training;
                let dt_ms = study.conditions[key.condition].network.dt_ms;
                let checkpoints = schedule::checkpoints(&training.protocol, dt_ms);
                let id = shorter.run_id(key);
                let Some(record) = kept.records.get(&id) else {
                    continue;
                };
                if checkpoints.last().is_none_or(|&last| last <= trials) {
                    continue;
                }
                let Some(place) = starts.index.get(id) else {
                    if record.status == RecordStatus::Ok {
                        starts.lost.entry(position).or_insert(trials);
                    }
                    continue;
                };
                let of_both = |point: &&Point| checkpoints.binary_search(&point.0).is_ok();
                let before = record.checkpoints.iter().filter(of_both).copied().collect();
                starts.starts.entry(position).or_insert(Start {
                    place: place.clone(),
                    before,
                });
            }
        }
        // A shorter one may have left what a longer one did not.
        starts
            .lost
            .retain(|position, _| !starts.starts.contains_key(position));
        Ok(starts)
    }

    /// Whether the study has longer versions of runs that are kept, whether or not they go on from them.
    pub fn extends(&self) -> bool {
        !self.starts.is_empty() || !self.lost.is_empty()
    }

    /// Which runs start anew though a shorter one came before, and why; none if there are no such runs.
    pub fn lost(&self, folder: &Path) -> Option<String> {
        let trials: BTreeSet<usize> = self.lost.values().copied().collect();
        let trials: Vec<String> = trials.iter().map(usize::to_string).collect();
        let state = folder.join("state");
        let why = match self.index.damaged().first() {
            Some((path, at)) => format!("{} is damaged from byte {at} on", path.display()),
            None if !state.exists() => format!("{} is missing", state.display()),
            None => format!("files of {} are missing", state.display()),
        };
        (!trials.is_empty()).then(|| {
            format!(
                "{} runs start from their first trial, as what they learned in {} trials is lost: {why}. \
                 Their results will be the same; to save the time, stop, restore {}, and run the same command again",
                self.lost.len(),
                trials.join(" or "),
                state.display()
            )
        })
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
        let Some(learned) = self.index.load(&start.place) else {
            tracing::warn!(
                "{}: what a run learned in {} trials is damaged; it starts from its first trial",
                self.index.file(&start.place).display(),
                start.place.trial
            );
            return None;
        };
        Some((learned, &start.before))
    }
}
