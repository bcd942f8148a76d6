//! What a study will cost: time from a short calibration on this machine, memory from the sizes.
//!
//! A batch advances its runs in lockstep, so it costs its longest run's steps, at a price that
//! depends on how many lanes it has, and on top of that what learning costs. Both prices are
//! measured, for batches like those of the study, on as many threads at once as will compute it: they
//! share caches and memory. Runs that diverge end early, which no estimate can know.

use crate::batch::{Batch, FORCE_COST, is_force, makespan, total};
use crate::continuation::Starts;
use crate::memory::{Room, need};
use crate::spec::{Condition, Study};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use synapse_core::network::Network;
use synapse_core::params::{Protocol, RuleParams, TrainingParams};
use synapse_core::simulation::{self, Monitor, Need, Planned, Run, lanes};
use synapse_core::streams::Replicate;
use synapse_core::target::steps_of_period;

/// All calibrations together take about this long; each shape of batch gets its share.
const CALIBRATION: Duration = Duration::from_millis(600);
/// Shapes that are calibrated themselves; more of them borrow the prices of one like them.
const CALIBRATED_SHAPES: usize = 6;

/// Time steps of a target that is calibrated with.
const CALIBRATED_STEPS: usize = 10_000;

/// What is known about the cost of a study's missing runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// Wall time in seconds with all threads busy.
    pub wall_s: f64,
    /// Memory of the batches in flight, in bytes: the largest that can meet.
    pub memory_bytes: u64,
    /// Of that, what a run of the largest batch has for itself (state and rule; J is shared).
    pub run_bytes: u64,
    /// What the largest batch needs, which one thread computes.
    pub largest: Need,
    /// What there is here.
    pub room: Room,
    /// How many runs need more than that, each alone.
    pub too_large: usize,
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
    let room = Room::now();
    let measured: Vec<(Shape, &Condition, Prices)> = of_shape
        .iter()
        .take(calibrated)
        .map(|(&shape, batch)| {
            let conditions = conditions(batch);
            let prices = calibrate(study.seed, &conditions, copies, budget, room)
                .unwrap_or_else(|| typical(conditions[0], shape.lanes));
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
    let memory = Memory::of(study, batches, room);
    Estimate {
        wall_s: makespan(costs.iter().copied(), threads),
        memory_bytes: total(memory.batches.iter().take(threads).copied()),
        run_bytes: memory.run_bytes,
        largest: memory.largest,
        room,
        too_large: memory.too_large,
    }
}

/// What batches need.
struct Memory {
    /// Bytes of each, the largest first.
    batches: Vec<u64>,
    largest: Need,
    run_bytes: u64,
    too_large: usize,
}

impl Memory {
    fn of(study: &Study, batches: &[Batch], room: Room) -> Self {
        let starts = Starts::default();
        let mut memory = Self {
            batches: Vec::with_capacity(batches.len()),
            largest: Need::default(),
            run_bytes: 0,
            too_large: 0,
        };
        for batch in batches {
            let need_of_all = need(study, &batch.runs, &starts);
            let bytes = need_of_all.bytes();
            memory.batches.push(bytes);
            // A batch that does not fit is computed in parts: what counts is whether a run fits alone.
            if !room.holds(bytes) {
                let alone = |run: &&usize| !room.holds(need(study, &[**run], &starts).bytes());
                memory.too_large += batch.runs.iter().filter(alone).count();
            }
            if bytes > memory.largest.bytes() {
                let Condition {
                    network, training, ..
                } = &study.conditions[study.run(batch.runs[0]).condition];
                let shared = simulation::need(network, training.precision, &[]).bytes();
                let lanes = lanes(training.precision, batch.runs.len());
                memory.run_bytes = (bytes - shared) / lanes as u64;
                memory.largest = need_of_all;
            }
        }
        memory.batches.sort_unstable_by(|a, b| b.cmp(a));
        memory
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

/// Seconds that a non-zero of J takes in a step of a single run, about, where nothing can be measured.
const TYPICAL: f64 = 0.5e-9;

/// The prices of a shape that does not fit into memory here.
fn typical(condition: &Condition, lanes: usize) -> Prices {
    let pairs = (condition.network.units as f64).powi(2);
    Prices {
        step: TYPICAL * non_zeros(condition) * lanes as f64 / 8.0,
        learning: if is_force(condition) {
            FORCE_COST * TYPICAL * pairs * lanes as f64
        } else {
            0.0
        },
    }
}

/// Measures what a batch of these conditions costs while `copies` threads compute one each, or fewer if
/// there is no room for as many; nothing if there is none for one.
fn calibrate(
    seed: u64,
    conditions: &[&Condition],
    copies: usize,
    budget: Duration,
    room: Room,
) -> Option<Prices> {
    let params = &conditions[0].network;
    let steps = |condition: &Condition| {
        let steps = steps_of_period(&condition.target, params.dt_ms);
        steps.min(CALIBRATED_STEPS)
    };
    let planned: Vec<Planned<'_>> = conditions
        .iter()
        .map(|condition| Planned {
            training: &condition.training,
            rule: &condition.rule,
            target_steps: steps(condition),
            trace: false,
            keep_state: false,
            resumes: false,
        })
        .collect();
    let need = simulation::need(params, conditions[0].training.precision, &planned);
    let copies = copies.min((room.bytes / need.bytes().max(1)) as usize);
    if copies == 0 {
        return None;
    }
    let network = Network::draw(params, seed, 0).ok()?;
    // What the target is does not matter to a rule that learns at a rate of 0.
    let targets: Vec<Vec<f64>> = conditions.iter().map(|c| vec![0.0; steps(c)]).collect();
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
    Some(Prices {
        step,
        learning: (seconds_per_step(true) - step).max(0.0),
    })
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
