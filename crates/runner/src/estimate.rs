//! What a study will cost: time from a short calibration on this machine, memory from the sizes.

use crate::batch::Batch;
use crate::spec::{Condition, Study};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use synapse_core::network::Network;
use synapse_core::params::{Precision, Protocol, TrainingParams};
use synapse_core::rule;
use synapse_core::simulation::{self, LANES, Monitor, Run};
use synapse_core::target;

/// All calibrations together take about this long; each kind of work gets its share.
const CALIBRATION: Duration = Duration::from_millis(300);
/// Kinds that are calibrated themselves; more of them borrow the cost of one with as many units.
const CALIBRATED_KINDS: usize = 6;

/// What is known about the cost of a study's missing runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// Wall time in seconds with all threads busy.
    pub wall_s: f64,
    /// Memory of the batches in flight, in bytes.
    pub memory_bytes: u64,
}

/// Estimates the cost of computing `batches` on `threads` threads.
pub fn estimate(study: &Study, batches: &[Batch], threads: usize) -> Estimate {
    // A condition of each kind stands for all of that kind.
    let of_kind: BTreeMap<usize, &Condition> = batches
        .iter()
        .map(|batch| {
            let key = study.run(batch.runs[0]);
            (batch.kind, &study.conditions[key.condition])
        })
        .collect();
    let calibrated: Vec<usize> = of_kind.keys().copied().take(CALIBRATED_KINDS).collect();
    let budget = CALIBRATION / calibrated.len().max(1) as u32;
    let measured: Vec<(usize, f64)> = calibrated
        .iter()
        .map(|&kind| {
            // Batches that are not full cost more per run: measure one as full as they are.
            let like_it = || batches.iter().filter(|batch| batch.kind == kind);
            let runs: usize = like_it().map(|batch| batch.runs.len()).sum();
            let fill = runs.div_ceil(like_it().count().max(1));
            let seconds = seconds_per_run_step(study.seed, of_kind[&kind], fill, budget);
            (kind, seconds)
        })
        .collect();
    let condition = |kind: usize| of_kind[&kind];
    let cost = |kind: usize| {
        let own = measured.iter().find(|(other, _)| *other == kind);
        let like = || {
            measured
                .iter()
                .min_by_key(|(other, _)| {
                    let units = |kind: usize| condition(kind).network.units;
                    (
                        std::mem::discriminant(&condition(*other).rule)
                            != std::mem::discriminant(&condition(kind).rule),
                        units(*other).abs_diff(units(kind)),
                    )
                })
                .map_or(0.0, |(other, seconds)| {
                    seconds * non_zeros(condition(kind)) / non_zeros(condition(*other))
                })
        };
        own.map_or_else(like, |(_, seconds)| *seconds)
    };
    let costs: Vec<f64> = batches
        .iter()
        .map(|batch| batch.run_steps as f64 * cost(batch.kind))
        .collect();
    let longest = costs.iter().copied().fold(0.0, f64::max);
    let mut memory: Vec<u64> = batches
        .iter()
        .map(|batch| batch_bytes(condition(batch.kind), batch.runs.len()))
        .collect();
    memory.sort_unstable_by(|a, b| b.cmp(a));
    Estimate {
        wall_s: (costs.iter().sum::<f64>() / threads as f64).max(longest),
        memory_bytes: memory.iter().take(threads).sum(),
    }
}

fn non_zeros(condition: &Condition) -> f64 {
    let units = condition.network.units as f64;
    units * units * condition.network.connection_probability
}

/// Bytes of a batch of so many runs: J once, state and rule per lane.
fn batch_bytes(condition: &Condition, runs: usize) -> u64 {
    let units = condition.network.units;
    let size = match condition.training.precision {
        Precision::F32 => 4,
        Precision::F64 => 8,
    };
    // J as drawn (f64 and column) and as the kernels read it (value and column).
    let entries = non_zeros(condition) * (12 + 2 * size) as f64;
    let lanes = LANES.min(runs.max(1));
    let lane = 3 * units * size + rule::state_bytes(&condition.rule, units, size);
    entries as u64 + (lanes * lane) as u64
}

/// Ends a batch when its time is over, and counts what it did.
struct Clock {
    started: Instant,
    budget: Duration,
    run_steps: AtomicU64,
    /// Nanoseconds at the last call.
    elapsed: AtomicU64,
}

impl Monitor for Clock {
    fn advanced(&self, run_steps: u64) -> ControlFlow<()> {
        let elapsed = self.started.elapsed();
        self.run_steps.fetch_add(run_steps, Ordering::Relaxed);
        self.elapsed
            .store(elapsed.as_nanos() as u64, Ordering::Relaxed);
        if elapsed < self.budget {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }
}

/// Computes a batch of `fill` runs of a condition for `budget`: seconds per time step of one run, on one thread.
fn seconds_per_run_step(seed: u64, condition: &Condition, fill: usize, budget: Duration) -> f64 {
    let Ok(network) = Network::draw(&condition.network, seed, 0) else {
        return 0.0;
    };
    let Ok(target) = target::sample(&condition.target, condition.network.dt_ms, seed, 0) else {
        return 0.0;
    };
    // From the first step on with learning, however late the study's own protocol begins with it.
    let training = TrainingParams {
        protocol: Protocol::Stream {
            duration_ms: 1e6 * condition.network.dt_ms,
            validate_every_ms: 1e6 * condition.network.dt_ms,
            test_periods: 1,
            learn_at_validation: true,
        },
        ..(*condition.training).clone()
    };
    let run = Run {
        training: &training,
        rule: &condition.rule,
        target: &target,
        trace: false,
    };
    let runs = vec![run; fill];
    let clock = Clock {
        started: Instant::now(),
        budget,
        run_steps: AtomicU64::new(0),
        elapsed: AtomicU64::new(0),
    };
    // It is meant to be interrupted; what counts is how far it came.
    let _ = simulation::simulate(&network, &runs, &clock);
    let run_steps = clock.run_steps.load(Ordering::Relaxed).max(1);
    clock.elapsed.load(Ordering::Relaxed) as f64 * 1e-9 / run_steps as f64
}
