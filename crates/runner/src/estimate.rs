//! What a study will cost: time from a short calibration on this machine, memory from the sizes.
//!
//! A batch advances its runs in lockstep, so it costs its longest run's steps, at a price that
//! depends on how many lanes it has, and on top of that what learning costs. Both prices are
//! measured, for batches like those of the study, on as many threads at once as will compute it: they
//! share caches and memory. Runs that diverge end early, which no estimate can know.

use crate::batch::{Batch, is_force, makespan};
use crate::spec::{Condition, Study};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use synapse_core::network::Network;
use synapse_core::params::{Protocol, RuleParams, TrainingParams};
use synapse_core::simulation::{self, Monitor, Run, lanes};
use synapse_core::streams::Replicate;
use synapse_core::target;

/// All calibrations together take about this long; each shape of batch gets its share.
const CALIBRATION: Duration = Duration::from_millis(600);
/// Shapes that are calibrated themselves; more of them borrow the prices of one like them.
const CALIBRATED_SHAPES: usize = 6;

/// What is known about the cost of a study's missing runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// Wall time in seconds with all threads busy.
    pub wall_s: f64,
    /// Memory of the batches in flight, in bytes: the largest that can meet.
    pub memory_bytes: u64,
    /// Of that, what a run of the largest batch has for itself (state and rule; J is shared).
    pub run_bytes: u64,
}

/// Batches of one kind of work and width: their prices are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    kind: usize,
    lanes: usize,
}

/// Seconds of one thread.
#[derive(Debug, Clone, Copy, Default)]
struct Prices {
    /// A time step of a batch.
    step: f64,
    /// What a time step with learning costs more.
    learning: f64,
}

/// Estimates the cost of computing `batches`, in their order, on `threads` threads.
pub fn estimate(study: &Study, batches: &[Batch], threads: usize) -> Estimate {
    let conditions = |batch: &Batch| -> Vec<&Condition> {
        let of = |&run| &study.conditions[study.run(run).condition];
        batch.runs.iter().map(of).collect()
    };
    let shape = |batch: &Batch| Shape {
        kind: batch.kind,
        lanes: lanes(conditions(batch)[0].training.precision, batch.runs.len()),
    };
    // The first batch of each shape stands for all of that shape.
    let mut of_shape: BTreeMap<Shape, &Batch> = BTreeMap::new();
    for batch in batches {
        of_shape.entry(shape(batch)).or_insert(batch);
    }
    let calibrated = of_shape.len().min(CALIBRATED_SHAPES);
    let budget = CALIBRATION / calibrated.max(1) as u32;
    // Threads that this machine does not have would only wait for one another.
    let here = std::thread::available_parallelism().map_or(1, usize::from);
    let copies = threads.min(batches.len()).min(here);
    let measured: Vec<(Shape, &Condition, Prices)> = of_shape
        .iter()
        .take(calibrated)
        .map(|(&shape, batch)| {
            let conditions = conditions(batch);
            let prices = calibrate(study.seed, &conditions, copies, budget);
            (shape, conditions[0], prices)
        })
        .collect();
    let all_prices: BTreeMap<Shape, Prices> = of_shape
        .iter()
        .map(|(&shape, batch)| (shape, prices_of(shape, conditions(batch)[0], &measured)))
        .collect();

    let costs: Vec<f64> = batches
        .iter()
        .map(|batch| {
            let shape = shape(batch);
            let works = batch.works.iter();
            let Prices { step, learning } = all_prices[&shape];
            let longest = works.clone().map(|work| work.steps).max().unwrap_or(0);
            let learn = works.map(|work| work.learning_steps as f64);
            let learn = if is_force(conditions(batch)[0]) {
                // FORCE goes through its lanes one after the other.
                learn.sum::<f64>() / shape.lanes as f64
            } else {
                learn.fold(0.0, f64::max)
            };
            longest as f64 * step + learn * learning
        })
        .collect();
    // The whole of a batch, and a run's part of it.
    let mut memory: Vec<(u64, u64)> = batches
        .iter()
        .map(|batch| {
            let conditions = conditions(batch);
            let Condition {
                network, training, ..
            } = conditions[0];
            let rules: Vec<&RuleParams> = conditions.iter().map(|c| &c.rule).collect();
            let bytes = |rules| simulation::memory_bytes(network, training.precision, rules);
            let (all, shared) = (bytes(&rules), bytes(&[]));
            (all, (all - shared) / shape(batch).lanes as u64)
        })
        .collect();
    memory.sort_unstable_by(|a, b| b.cmp(a));
    Estimate {
        wall_s: makespan(costs.iter().copied(), threads),
        memory_bytes: memory.iter().take(threads).map(|(all, _)| all).sum(),
        run_bytes: memory.first().map_or(0, |(_, run)| *run),
    }
}

/// The prices of a shape: measured, or scaled from those of the measured shape most like it.
fn prices_of(
    shape: Shape,
    condition: &Condition,
    measured: &[(Shape, &Condition, Prices)],
) -> Prices {
    let units = |condition: &Condition| condition.network.units;
    let like = measured.iter().min_by_key(|(other, of, _)| {
        (
            *other != shape,
            is_force(of) != is_force(condition),
            units(of).abs_diff(units(condition)),
            other.lanes.abs_diff(shape.lanes),
        )
    });
    let Some(&(other, of, prices)) = like else {
        return Prices::default();
    };
    if other == shape {
        return prices;
    }
    let ratio = |of: fn(&Condition) -> f64, a, b| of(a) / of(b);
    let learning = if is_force(condition) {
        ratio(|c| (c.network.units as f64).powi(2), condition, of)
    } else {
        ratio(|c| c.network.units as f64, condition, of)
    };
    Prices {
        step: prices.step * ratio(non_zeros, condition, of),
        learning: prices.learning * learning,
    }
}

fn non_zeros(condition: &Condition) -> f64 {
    let units = condition.network.units as f64;
    units * units * condition.network.connection_probability
}

/// Measures what a batch of these conditions costs while `copies` threads compute one each.
fn calibrate(seed: u64, conditions: &[&Condition], copies: usize, budget: Duration) -> Prices {
    let params = &conditions[0].network;
    let Ok(network) = Network::draw(params, seed, 0) else {
        return Prices::default();
    };
    let targets: Vec<Vec<f64>> = conditions
        .iter()
        .map(|condition| target::sample(&condition.target, params.dt_ms, seed, 0))
        .map(|target| target.unwrap_or_else(|_| vec![0.0]))
        .collect();
    // One stretch without checkpoints, longer than any budget.
    let stretch = 1e6 * params.dt_ms;
    let protocol = Protocol::Stream {
        duration_ms: stretch,
        validate_every_ms: stretch,
        test_periods: 1,
        learn_at_validation: true,
    };
    let resting = RuleParams::Classical { eta0: 0.0 };
    let rules: Vec<RuleParams> = conditions.iter().map(|c| at_rate_0(&c.rule)).collect();
    let seconds_per_step = |learning: bool| {
        let training: Vec<TrainingParams> = conditions
            .iter()
            .map(|condition| {
                let mut training = (*condition.training).clone();
                training.protocol = protocol.clone();
                training.switch_target_at_trial = 0;
                if !learning {
                    training.learn_every_ms = stretch;
                }
                training
            })
            .collect();
        let runs: Vec<Run<'_>> = training
            .iter()
            .zip(&rules)
            .zip(&targets)
            .map(|((training, rule), target)| Run {
                training,
                rule: if learning { rule } else { &resting },
                target,
                second_target: None,
                replicate: Replicate::default(),
                trace: false,
                keep_state: false,
                resume: None,
            })
            .collect();
        on_threads(copies, || seconds_per_step(&network, &runs, budget / 2))
    };
    let step = seconds_per_step(false);
    Prices {
        step,
        learning: (seconds_per_step(true) - step).max(0.0),
    }
}

/// The rule at a learning rate of 0: it costs the same and cannot diverge.
fn at_rate_0(rule: &RuleParams) -> RuleParams {
    let mut rule = rule.clone();
    match &mut rule {
        RuleParams::Classical { eta0 } | RuleParams::Bayesian { eta0, .. } => *eta0 = 0.0,
        RuleParams::Force { .. } => {}
    }
    rule
}

/// The mean of what `copies` threads measure at once.
fn on_threads(copies: usize, measure: impl Fn() -> f64 + Sync) -> f64 {
    let all = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..copies).map(|_| scope.spawn(&measure)).collect();
        let mut all = vec![measure()];
        all.extend(threads.into_iter().filter_map(|thread| thread.join().ok()));
        all
    });
    all.iter().sum::<f64>() / all.len() as f64
}

/// Counts steps from the first call on, and ends a batch when its time is over.
struct Clock {
    lanes: u64,
    budget: Duration,
    state: Mutex<Option<Counted>>,
}

struct Counted {
    started: Instant,
    run_steps: u64,
    elapsed: Duration,
}

impl Monitor for Clock {
    fn advanced(&self, run_steps: u64) -> ControlFlow<()> {
        let Ok(mut state) = self.state.lock() else {
            return ControlFlow::Break(());
        };
        let Some(counted) = &mut *state else {
            // What came before warmed the caches up.
            *state = Some(Counted {
                started: Instant::now(),
                run_steps: 0,
                elapsed: Duration::ZERO,
            });
            return ControlFlow::Continue(());
        };
        counted.run_steps += run_steps;
        counted.elapsed = counted.started.elapsed();
        if counted.elapsed < self.budget {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }
}

impl Clock {
    fn seconds_per_step(&self) -> f64 {
        match self.state.lock().ok().as_deref() {
            Some(Some(counted)) if counted.run_steps > 0 => {
                counted.elapsed.as_secs_f64() * self.lanes as f64 / counted.run_steps as f64
            }
            _ => 0.0,
        }
    }
}

/// Computes a batch for `budget`: seconds per time step of all its runs, on one thread.
fn seconds_per_step(network: &Network, runs: &[Run<'_>], budget: Duration) -> f64 {
    let clock = Clock {
        lanes: runs.len() as u64,
        budget,
        state: Mutex::new(None),
    };
    // It is meant to be interrupted; what counts is how far it came.
    let _ = simulation::simulate(network, runs, &clock);
    clock.seconds_per_step()
}
