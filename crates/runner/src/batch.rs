//! Packs runs into batches: runs on one network that the engine advances in lockstep.

use crate::spec::{Condition, Study};
use std::collections::BTreeMap;
use synapse_core::params::RuleParams;
use synapse_core::simulation::LANES;
use synapse_core::{schedule, target};

/// Runs that are computed together. How they are packed does not change any of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Positions in the study's order of runs.
    pub runs: Vec<usize>,
    /// Which network replicate they share.
    pub network: usize,
    /// The kind of work they are, see [`kinds`].
    pub kind: usize,
    /// Time steps of all runs together.
    pub run_steps: u64,
}

/// What makes the cost of a time step: a condition whose runs cost the same as those of its kind.
#[derive(Debug, Clone)]
pub struct Kind {
    /// A condition of this kind, by its position.
    pub condition: usize,
}

/// The kinds of work in a study, and the kind of each condition. Conditions of one kind have the same
/// network parameters, precision and kind of rule: their runs fit into one batch.
pub fn kinds(study: &Study) -> (Vec<Kind>, Vec<usize>) {
    let mut kinds: Vec<Kind> = Vec::new();
    let mut of_condition = Vec::with_capacity(study.conditions.len());
    for (position, condition) in study.conditions.iter().enumerate() {
        let found = kinds
            .iter()
            .position(|kind| fit_together(&study.conditions[kind.condition], condition));
        of_condition.push(found.unwrap_or_else(|| {
            kinds.push(Kind {
                condition: position,
            });
            kinds.len() - 1
        }));
    }
    (kinds, of_condition)
}

fn fit_together(a: &Condition, b: &Condition) -> bool {
    let rule = std::mem::discriminant::<RuleParams>;
    a.training.precision == b.training.precision
        && rule(&a.rule) == rule(&b.rule)
        && a.network == b.network
}

/// Time steps of one run of a condition.
pub fn run_steps(condition: &Condition) -> u64 {
    let dt_ms = condition.network.dt_ms;
    let period = target::steps_of_period(&condition.target, dt_ms);
    schedule::run_steps(&condition.training.protocol, dt_ms, period)
}

/// Packs the given runs (positions in the study's order), the costliest batches first, so that the
/// last to finish are short.
pub fn pack(study: &Study, pending: &[usize]) -> Vec<Batch> {
    let (_, of_condition) = kinds(study);
    let steps: Vec<u64> = study.conditions.iter().map(run_steps).collect();
    let mut groups: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for &position in pending {
        let key = study.run(position);
        groups
            .entry((of_condition[key.condition], key.network))
            .or_default()
            .push(position);
    }
    let mut batches = Vec::new();
    for ((kind, network), mut runs) in groups {
        // Runs of like length side by side: a lane that ends early would idle.
        runs.sort_by_key(|&run| std::cmp::Reverse(steps[study.run(run).condition]));
        for runs in runs.chunks(LANES) {
            batches.push(Batch {
                run_steps: runs
                    .iter()
                    .map(|&run| steps[study.run(run).condition])
                    .sum(),
                runs: runs.to_vec(),
                network,
                kind,
            });
        }
    }
    batches.sort_by_key(|batch| std::cmp::Reverse(batch.run_steps));
    batches
}
