//! Packs runs into batches: runs on one network that the engine advances in lockstep.

use crate::spec::{Condition, Study};
use std::collections::{BTreeMap, HashMap};
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
    /// The kind of work: runs of one kind have the same network parameters, precision and kind of
    /// rule, so that they fit into one batch and a time step costs the same.
    pub kind: usize,
    /// Time steps of all runs together.
    pub run_steps: u64,
}

/// The kind of each condition, numbered in order of appearance.
fn kinds(conditions: &[Condition]) -> Vec<usize> {
    // By a text of the key, not by comparing with every kind so far: an axis over the network makes
    // as many kinds as it has points.
    let mut known: HashMap<String, usize> = HashMap::new();
    conditions
        .iter()
        .map(|condition| {
            let key = format!(
                "{:?} {:?} {:?}",
                condition.network,
                condition.training.precision,
                std::mem::discriminant::<RuleParams>(&condition.rule)
            );
            let next = known.len();
            *known.entry(key).or_insert(next)
        })
        .collect()
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
    let of_condition = kinds(&study.conditions);
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
