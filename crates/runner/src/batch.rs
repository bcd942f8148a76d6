//! Packs runs into batches: runs on one network that the engine advances in lockstep.

use crate::continuation::Starts;
use crate::spec::{Condition, Study};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::ops::Range;
use synapse_core::params::{Precision, Protocol, RuleParams};
use synapse_core::simulation::{self, lanes, widths};
use synapse_core::{rule, schedule, target};

/// Runs that are computed together. How they are packed does not change any of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Positions in the study's order of runs, the longest run first.
    pub runs: Vec<usize>,
    /// The time steps of each.
    pub works: Vec<Work>,
    /// Which network replicate they share.
    pub network: usize,
    /// The kind of work: runs of one kind have the same network parameters and precision, and rules
    /// whose covariances have the same shape, so that they cost alike.
    pub kind: usize,
    /// Time steps of all runs together.
    pub run_steps: u64,
    /// What it costs, about, in no particular unit: the same on every machine.
    pub cost: f64,
}

/// The time steps of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// All of them.
    pub steps: u64,
    /// Those with learning on.
    pub learning_steps: u64,
}

impl Work {
    /// Of a run of this condition.
    pub fn of(condition: &Condition) -> Self {
        let dt_ms = condition.network.dt_ms;
        let period = target::steps_of_period(&condition.target, dt_ms);
        let protocol = &condition.training.protocol;
        Self {
            steps: schedule::run_steps(protocol, dt_ms, period),
            learning_steps: schedule::learning_steps(protocol, dt_ms, period),
        }
    }

    /// What remains of a run after so many trials.
    fn after(self, trials: usize, condition: &Condition) -> Self {
        let Protocol::Trials { trials: all, .. } = condition.training.protocol else {
            return self;
        };
        let dt_ms = condition.network.dt_ms;
        let checkpoints = schedule::checkpoints(&condition.training.protocol, dt_ms);
        let tests = |from| checkpoints.iter().filter(|&&trial| trial >= from).count();
        let presentations = |trials: usize, tests: usize| (trials + tests) as u64;
        let rest = all.saturating_sub(trials);
        let per_presentation = self.steps / presentations(all, tests(0)).max(1);
        Self {
            steps: per_presentation * presentations(rest, tests(trials + 1)),
            learning_steps: self.learning_steps / (all as u64).max(1) * rest as u64,
        }
    }
}

impl Batch {
    /// Some of its runs, by position in it.
    pub fn part(&self, runs: Range<usize>) -> Self {
        let works = self.works[runs.clone()].to_vec();
        let run_steps = total(works.iter().map(|work| work.steps));
        Self {
            runs: self.runs[runs].to_vec(),
            run_steps,
            works,
            ..*self
        }
    }
}

/// Whether a condition learns by FORCE, or as it does with all covariances: its runs cost several
/// times as much as others.
pub fn is_force(condition: &Condition) -> bool {
    rule::Kind::of(&condition.rule) == rule::Kind::Full
}

/// How many runs of a condition make a batch.
fn widest(condition: &Condition) -> usize {
    let precision = condition.training.precision;
    let widths = widths(precision);
    let fits = |lanes: usize| {
        let size = simulation::size(precision);
        lanes * rule::state_bytes(&condition.rule, condition.network.units, size) <= FORCE_CACHE
    };
    let widest = widths
        .iter()
        .rev()
        .find(|&&lanes| !is_force(condition) || fits(lanes));
    *widest.unwrap_or(&widths[0])
}

/// Rules that may share a batch: the classical rule costs as much as a variance per synapse.
fn shape(rule: &RuleParams) -> rule::Kind {
    match rule::Kind::of(rule) {
        rule::Kind::Classical => rule::Kind::Diagonal,
        kind => kind,
    }
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
                shape(&condition.rule)
            );
            let next = known.len();
            *known.entry(key).or_insert(next)
        })
        .collect()
}

/// Packs the given runs (positions in the study's order) for so many threads, the costliest batches
/// first, so that the last to finish are short.
///
/// Wide batches are the cheapest per run; but while there are too few of them to keep all threads
/// busy to the end, they are split.
pub fn pack(study: &Study, pending: &[usize], threads: usize) -> Vec<Batch> {
    pack_rest(study, pending, threads, &Starts::default())
}

/// Packs runs of which some go on from what has been learned.
pub fn pack_rest(study: &Study, pending: &[usize], threads: usize, starts: &Starts) -> Vec<Batch> {
    let packer = Packer {
        study,
        work: study.conditions.iter().map(Work::of).collect(),
        starts,
    };
    let of_condition = kinds(&study.conditions);
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
        runs.sort_by_key(|&run| Reverse(packer.work(run).steps));
        for runs in runs.chunks(widest(packer.condition(runs[0]))) {
            batches.push(packer.batch(runs, network, kind));
        }
    }
    packer.balance(batches, threads)
}

struct Packer<'a> {
    study: &'a Study,
    /// Of each condition.
    work: Vec<Work>,
    starts: &'a Starts,
}

impl Packer<'_> {
    fn condition(&self, run: usize) -> &Condition {
        &self.study.conditions[self.study.run(run).condition]
    }

    fn work(&self, run: usize) -> Work {
        let work = self.work[self.study.run(run).condition];
        match self.starts.trials(run) {
            0 => work,
            trials => work.after(trials, self.condition(run)),
        }
    }

    fn batch(&self, runs: &[usize], network: usize, kind: usize) -> Batch {
        Batch {
            runs: runs.to_vec(),
            works: runs.iter().map(|&run| self.work(run)).collect(),
            network,
            kind,
            run_steps: total(runs.iter().map(|&run| self.work(run).steps)),
            cost: self.cost(runs),
        }
    }

    fn cost(&self, runs: &[usize]) -> f64 {
        let condition = self.condition(runs[0]);
        let network = &condition.network;
        let pairs = (network.units * network.units) as f64;
        let precision = condition.training.precision;
        let relative = relative_cost(precision, lanes(precision, runs.len()));
        let step = pairs * network.connection_probability * relative;
        let longest = runs.iter().map(|&run| self.work(run).steps).max();
        let mut cost = longest.unwrap_or(0) as f64 * step;
        if is_force(condition) {
            let update = FORCE_COST * pairs * (simulation::size(precision) / 4) as f64;
            let learning = runs.iter().map(|&run| self.work(run).learning_steps as f64);
            cost += learning.sum::<f64>() * update;
        }
        cost
    }

    /// Splits the costliest batches into halves for as long as all are done sooner so.
    fn balance(&self, mut batches: Vec<Batch>, threads: usize) -> Vec<Batch> {
        let sort = |batches: &mut Vec<Batch>| batches.sort_by(|a, b| b.cost.total_cmp(&a.cost));
        let duration =
            |batches: &[Batch]| makespan(batches.iter().map(|batch| batch.cost), threads);
        sort(&mut batches);
        // With many batches for each thread the last ones weigh little.
        while batches.len() < BATCHES_PER_THREAD * threads {
            // Of many batches not every count is tried: the search stays short.
            let better = (1..=batches.len())
                .filter(|count| batches.len() <= 64 || count.is_power_of_two())
                .filter_map(|count| self.halved(&batches, count))
                .map(|mut split| {
                    sort(&mut split);
                    (duration(&split), split)
                })
                .min_by(|a, b| a.0.total_cmp(&b.0));
            match better {
                Some((then, split)) if then < WORTHWHILE * duration(&batches) => batches = split,
                _ => break,
            }
        }
        batches
    }

    /// The first `count` batches as halves; none if one of them is a single run.
    fn halved(&self, batches: &[Batch], count: usize) -> Option<Vec<Batch>> {
        let (split, rest) = batches.split_at(count);
        let mut result = rest.to_vec();
        for batch in split {
            if batch.runs.len() < 2 {
                return None;
            }
            let (first, second) = batch.runs.split_at(batch.runs.len().div_ceil(2));
            for half in [first, second] {
                result.push(self.batch(half, batch.network, batch.kind));
            }
        }
        Some(result)
    }
}

/// Every learning step of FORCE goes once through the matrices P of all lanes. They should come from
/// the L3 cache, of which a core has so much to itself: from main memory, at N = 1,000 and with 16
/// lanes, an update took five times as long.
const FORCE_CACHE: usize = 8 << 20;
/// From so many batches per thread on, the end is not worth a thought.
const BATCHES_PER_THREAD: usize = 16;
/// A split must save this much, or the batches stay wide.
const WORTHWHILE: f64 = 0.97;

/// A time step of a batch, as a multiple of that of a single run: measured with AVX-512 at N = 500.
/// It only decides how batches are split.
fn relative_cost(precision: Precision, lanes: usize) -> f64 {
    match (precision, lanes) {
        (_, 1) => 1.0,
        (Precision::F32, 4) => 1.4,
        (Precision::F32, 8) => 1.6,
        (Precision::F32, 16) => 2.3,
        (Precision::F32, _) => 4.1,
        (Precision::F64, 2) => 1.3,
        (Precision::F64, 4) => 1.7,
        (Precision::F64, 8) => 2.6,
        (Precision::F64, _) => 4.3,
    }
}

/// A FORCE update of one run per pair of units, in the unit of the above: that of a non-zero in a
/// single run.
pub const FORCE_COST: f64 = 0.14;

/// A sum of time steps; more than fit the type are the most that fit.
pub fn total(steps: impl Iterator<Item = u64>) -> u64 {
    steps.fold(0, u64::saturating_add)
}

/// When the last of the jobs is done if each thread takes the next one as soon as it is free.
pub fn makespan(costs: impl Iterator<Item = f64>, threads: usize) -> f64 {
    // Costs are not negative: their bits order them.
    let mut free: BinaryHeap<Reverse<u64>> = (0..threads.max(1)).map(|_| Reverse(0)).collect();
    for cost in costs {
        if let Some(Reverse(start)) = free.pop() {
            free.push(Reverse((f64::from_bits(start) + cost.max(0.0)).to_bits()));
        }
    }
    let ends = free.into_iter().map(|Reverse(end)| f64::from_bits(end));
    ends.fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// Conditions of N = `units`, `targets` targets on one network.
    fn study(units: usize, targets: usize, conditions: &str) -> Study {
        let text = format!(
            r#"
            schema = 1
            name = "x"
            question = "x"
            seed = 1
            network = {{ units = {units} }}
            target = {{ kind = "periodic_gp", length_ms = 300 }}
            training = {{ trials = 20 }}
            replicates = {{ networks = 1, targets = {targets} }}
            {conditions}
            "#
        );
        Study::parse(&text, "x.toml", Path::new(""), &[]).unwrap_or_else(|e| panic!("{e}"))
    }

    const BOTH: &str = r#"
        [[condition]]
        rule = { kind = "classical", eta0 = 1e-4 }
        [[condition]]
        rule = { kind = "bayesian", eta0 = 1e-3 }
    "#;
    const FORCE: &str = r#"
        [[condition]]
        rule = { kind = "force" }
    "#;

    /// How many runs are in each batch.
    fn sizes(study: &Study, threads: usize) -> Vec<usize> {
        let pending: Vec<usize> = (0..study.runs()).collect();
        let batches = pack(study, &pending, threads);
        let mut all: Vec<usize> = batches.iter().flat_map(|b| b.runs.clone()).collect();
        all.sort_unstable();
        assert_eq!(all, pending, "every run is in one batch");
        batches.iter().map(|batch| batch.runs.len()).collect()
    }

    #[test]
    fn runs_of_a_network_share_batches_across_rules() {
        // 2 conditions × 48 targets: one network, one kind of work, whole batches.
        assert_eq!(sizes(&study(500, 48, BOTH), 1), [32, 32, 32]);
        // Unlike lengths and checkpoints do, too; the longest runs come first.
        let swept = study(
            500,
            16,
            r#"
            [[condition]]
            rule = { kind = "classical", eta0 = 1e-4 }
            sweep = { "target.length_ms" = { values = [300, 310] } }
            "#,
        );
        assert_eq!(sizes(&swept, 1), [32]);
        let batch = &pack(&swept, &(0..32).collect::<Vec<_>>(), 1)[0];
        let lengths: Vec<u64> = batch
            .runs
            .iter()
            .map(|&run| Work::of(&swept.conditions[swept.run(run).condition]).steps)
            .collect();
        assert!(lengths.is_sorted_by(|a, b| a >= b), "{lengths:?}");
    }

    #[test]
    fn few_runs_are_split_so_that_no_thread_idles() {
        assert_eq!(sizes(&study(500, 1, BOTH), 2), [1, 1]);
        assert_eq!(sizes(&study(5000, 4, BOTH), 2), [4, 4]);
        // Two lanes cost as much as four: nothing to gain.
        assert_eq!(sizes(&study(5000, 2, BOTH), 2), [4]);
        assert_eq!(sizes(&study(2000, 1, BOTH), 1), [2]);
        // Three full batches on two threads would take as long as four halves and two wholes.
        let six = sizes(&study(500, 48, BOTH), 2);
        assert_eq!(six.iter().sum::<usize>(), 96);
        assert!(six.len() > 3, "{six:?}");
    }

    #[test]
    fn force_has_batches_of_its_own_whose_matrices_fit_the_cache() {
        let mixed = sizes(&study(500, 4, &format!("{BOTH}{FORCE}")), 1);
        assert_eq!(mixed, [4, 8]);
        assert_eq!(sizes(&study(500, 32, FORCE), 1), [16, 16]);
        assert_eq!(sizes(&study(1000, 8, FORCE), 1), [4, 4]);
        assert_eq!(sizes(&study(2000, 3, FORCE), 1), [1, 1, 1]);
    }

    #[test]
    fn makespan_of_a_queue() {
        let of = |costs: &[f64], threads| makespan(costs.iter().copied(), threads);
        assert_eq!(of(&[], 2), 0.0);
        assert_eq!(of(&[3.0, 2.0, 2.0], 1), 7.0);
        assert_eq!(of(&[3.0, 2.0, 2.0], 2), 4.0);
        assert_eq!(of(&[3.0, 2.0, 2.0], 8), 3.0);
    }
}
