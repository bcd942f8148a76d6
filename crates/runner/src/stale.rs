//! Records of a result folder that belong to no run of a study any more, and why.

use crate::spec::{RunId, Study, changed_signals};
use crate::store::Kept;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

/// How many numbers of trials are tried: a folder seldom saw more.
const TRIALS_TRIED: usize = 8;

/// What is stale in a result folder.
#[derive(Debug, Default)]
pub struct Stale {
    by_condition: HashMap<usize, usize>,
    reasons: Vec<(usize, String)>,
}

impl Stale {
    /// Explains the records that are not of this study, by what would make them so: another version of
    /// the numerics, another number of trials, or signals that have changed.
    pub fn find(study: &Study, kept: &Kept, folder: &Path, spec: &Path, sets: &[String]) -> Self {
        let mut stale = Self::default();
        if kept.records.is_empty() {
            return stale;
        }
        let own: HashSet<RunId> = study.run_ids().collect();
        let mut foreign: HashSet<RunId> = kept.records.keys().copied().collect();
        foreign.retain(|id| !own.contains(id));
        let now = synapse_core::NUMERICS_VERSION;
        let versions: BTreeSet<u32> = kept
            .origins
            .iter()
            .flatten()
            .map(|origin| origin.tool.numerics_version)
            .filter(|&version| version != now)
            .collect();
        for version in versions {
            let other = Study::load_as(spec, sets, version);
            let why = format!("numerics version {version}, this program has {now}");
            stale.explain(&mut foreign, other.ok(), why);
        }
        let trials: BTreeSet<usize> = foreign
            .iter()
            .filter_map(|id| Some(kept.records[id].checkpoints.last()?.0))
            .collect();
        for trials in trials.into_iter().take(TRIALS_TRIED) {
            let other = Study::load_with_trials(spec, sets, trials);
            let consequence = if study.keep_state {
                "longer training goes on from where state was kept"
            } else {
                "longer or shorter training starts anew, as keep_state is off"
            };
            let why = format!("trained for {trials} trials; {consequence}");
            stale.explain(&mut foreign, other.ok(), why);
        }
        if !foreign.is_empty() {
            let changed = changed_signals(folder, study);
            let why = match changed.is_empty() {
                true => "of no condition, network or target of this spec".to_owned(),
                false => changed.join("; "),
            };
            let why = format!("{why}; they stay in the journal");
            stale.reasons.push((foreign.len(), why));
        }
        stale
    }

    fn explain(&mut self, foreign: &mut HashSet<RunId>, other: Option<Study>, why: String) {
        let Some(other) = other.filter(|_| !foreign.is_empty()) else {
            return;
        };
        let mut count = 0;
        for (position, id) in other.run_ids().enumerate() {
            if foreign.remove(&id) {
                *self
                    .by_condition
                    .entry(other.run(position).condition)
                    .or_default() += 1;
                count += 1;
            }
        }
        if count > 0 {
            self.reasons.push((count, why));
        }
    }

    /// How many stale runs a condition has.
    pub fn of_condition(&self, condition: usize) -> usize {
        self.by_condition.get(&condition).copied().unwrap_or(0)
    }

    /// Counts, and why.
    pub fn reasons(&self) -> impl Iterator<Item = (usize, &str)> {
        self.reasons
            .iter()
            .map(|(count, why)| (*count, why.as_str()))
    }
}
