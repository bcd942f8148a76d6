//! Computes batches in parallel and hands over each as soon as it is done.

use crate::batch::Batch;
use crate::continuation::{Point, Starts};
use crate::fault;
use crate::memory::{Gate, Permit, Refused, need};
use crate::panics::caught;
use crate::spec::{RunKey, Study};
use crate::store::{Record, RecordStatus, TraceRecord};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};
use synapse_core::memory::{DrawError, OutOfMemory};
use synapse_core::network::Network;
use synapse_core::outcome::{Learned, Outcome, Status};
use synapse_core::params::whole_steps;
use synapse_core::schedule::{self, Timing};
use synapse_core::simulation::{self, Monitor, Run, SimulationError};
use synapse_core::streams::Replicate;
use synapse_core::target;

/// A run that has been computed, or could not be.
#[derive(Debug)]
pub struct Finished {
    /// What is kept in the journal.
    pub record: Record,
    /// What it has learned, if that is to be kept.
    pub learned: Option<Learned>,
}

/// An outcome, and the checkpoints before it started.
type Attempted = (Outcome, Vec<Point>);

/// Whether the trace of a run is kept.
pub fn wants_trace(study: &Study, key: RunKey) -> bool {
    key.network == 0 && key.target < study.replicates.traces
}

/// Hears of time steps as they are computed.
pub trait Progress: Sync {
    /// So many more time steps of runs have been computed.
    fn advanced(&self, run_steps: u64);
}

/// What is to be computed, and how.
#[derive(Clone, Copy)]
pub struct Computation<'a> {
    /// The study.
    pub study: &'a Study,
    /// Its missing runs, packed.
    pub batches: &'a [Batch],
    /// What some of them go on from.
    pub starts: &'a Starts,
    /// Worker threads.
    pub threads: usize,
    /// Setting it ends the work: batches in flight are given up.
    pub stop: &'a AtomicBool,
    /// Whether the first run that fails sets it.
    pub fail_fast: bool,
    /// Hears how the work goes on.
    pub progress: &'a dyn Progress,
}

/// While no batch is finished for so long, `keep` is called with nothing: what it kept last may still
/// have to reach the disk.
const KEEP_EVERY: Duration = Duration::from_secs(1);

/// Computes the batches. `keep` receives the runs of each finished batch, on the calling thread; an
/// error of `keep` ends the work.
///
/// # Errors
/// The first error of `keep`.
pub fn execute<E>(
    computation: &Computation<'_>,
    mut keep: impl FnMut(Vec<Finished>) -> Result<(), E>,
) -> Result<(), ExecuteError<E>> {
    let Computation {
        batches,
        threads,
        stop,
        ..
    } = *computation;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| ExecuteError::Threads(error.to_string()))?;
    let next = AtomicUsize::new(0);
    let gate = Gate::default();
    let (sender, receiver) = mpsc::channel();
    pool.in_place_scope(|scope| {
        for _ in 0..threads {
            let sender = sender.clone();
            let (next, gate) = (&next, &gate);
            scope.spawn(move |_| {
                let worker = Worker {
                    computation,
                    gate,
                    sender,
                };
                // A queue rather than a parallel iterator: batches start in the order of the list,
                // the costliest first.
                while !stop.load(Ordering::Relaxed) {
                    let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) else {
                        break;
                    };
                    if worker.compute(batch, computation.progress).is_none() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        loop {
            // What a batch leaves behind takes its memory until it is kept.
            let (finished, _permit) = match receiver.recv_timeout(KEEP_EVERY) {
                Ok((finished, permit)) => (finished, permit),
                Err(RecvTimeoutError::Timeout) => (Vec::new(), None),
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            if let Err(error) = keep(finished) {
                stop.store(true, Ordering::Relaxed);
                return Err(ExecuteError::Keep(error));
            }
        }
    })
}

/// Why a study's computation ended early.
#[derive(Debug)]
pub enum ExecuteError<E> {
    /// The thread pool could not be started.
    Threads(String),
    /// A result could not be kept.
    Keep(E),
}

impl<E: std::fmt::Display> std::fmt::Display for ExecuteError<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Threads(error) => write!(f, "cannot start worker threads: {error}"),
            Self::Keep(error) => error.fmt(f),
        }
    }
}

impl<E: std::fmt::Display + std::fmt::Debug> std::error::Error for ExecuteError<E> {}

struct StopOr<'a> {
    stop: &'a AtomicBool,
    progress: &'a dyn Progress,
    /// What has been told to `progress`.
    computed: &'a AtomicU64,
}

impl Monitor for StopOr<'_> {
    fn advanced(&self, run_steps: u64) -> ControlFlow<()> {
        self.progress.advanced(run_steps);
        self.computed.fetch_add(run_steps, Ordering::Relaxed);
        if self.stop.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

/// A thread's share of the work.
struct Worker<'a> {
    computation: &'a Computation<'a>,
    gate: &'a Gate,
    sender: mpsc::Sender<Kept<'a>>,
}

/// The runs of a batch, with the memory that it was given.
type Kept<'a> = (Vec<Finished>, Option<Permit<'a>>);

impl<'a> Worker<'a> {
    /// Computes a batch and hands its runs over; none if the work is to end. A batch that there is not
    /// enough memory for is computed in halves. If one fails, its runs are computed one by one, so that
    /// only those fail that must.
    fn compute(&self, batch: &Batch, progress: &dyn Progress) -> Option<()> {
        let Computation {
            study,
            starts,
            stop,
            ..
        } = *self.computation;
        let need = need(study, &batch.runs, starts);
        let mut alone = false;
        loop {
            let started = Instant::now();
            let permit = match self.gate.admit(need.bytes(), alone, stop) {
                Ok(permit) => permit,
                Err(Refused::Stopped) => return None,
                Err(Refused::TooLarge(room)) => {
                    let message = format!("out of memory: {need}; {room}");
                    return self.without_room(batch, message, progress);
                }
            };
            // A failed attempt is not counted as progress twice.
            let computed = AtomicU64::new(0);
            let monitor = StopOr {
                stop,
                progress,
                computed: &computed,
            };
            let failure = match attempt(study, batch.network, &batch.runs, starts, &monitor) {
                Ok(outcomes) => {
                    // Lanes advance together: each run is given its share.
                    let wall_s = started.elapsed().as_secs_f64() / batch.runs.len() as f64;
                    let runs = batch.runs.iter().zip(outcomes);
                    let finished = runs.map(|(&run, outcome)| record(study, run, outcome, wall_s));
                    return self.hand_over(finished.collect(), Some(permit));
                }
                Err(Stopped::Interrupted) => return None,
                Err(failure) => failure,
            };
            drop(permit);
            if let [run] = batch.runs[..] {
                let message = match failure {
                    // Batches in flight may have taken more than they were expected to.
                    Stopped::OutOfMemory(_) if !alone => {
                        alone = true;
                        continue;
                    }
                    Stopped::OutOfMemory(error) => format!("{error}; the run {need}"),
                    Stopped::Failed(message) => message,
                    Stopped::Interrupted => return None,
                };
                let wall_s = started.elapsed().as_secs_f64();
                return self.hand_over(vec![failed(study, run, message, wall_s)], None);
            }
            for run in 0..batch.runs.len() {
                self.compute(&batch.part(run..run + 1), &Silent)?;
            }
            let rest = batch
                .run_steps
                .saturating_sub(computed.load(Ordering::Relaxed));
            progress.advanced(rest);
            return Some(());
        }
    }

    /// Computes a batch that does not fit into memory: in halves, or, if it is a single run, not at all.
    fn without_room(&self, batch: &Batch, message: String, progress: &dyn Progress) -> Option<()> {
        if let [run] = batch.runs[..] {
            progress.advanced(batch.run_steps);
            let failed = failed(self.computation.study, run, message, 0.0);
            return self.hand_over(vec![failed], None);
        }
        let half = batch.runs.len().div_ceil(2);
        self.compute(&batch.part(0..half), progress)?;
        self.compute(&batch.part(half..batch.runs.len()), progress)
    }

    fn hand_over(&self, finished: Vec<Finished>, permit: Option<Permit<'a>>) -> Option<()> {
        let Computation {
            stop, fail_fast, ..
        } = *self.computation;
        let failed = |one: &Finished| one.record.status == RecordStatus::Failed;
        if fail_fast && finished.iter().any(failed) {
            stop.store(true, Ordering::Relaxed);
        }
        self.sender.send((finished, permit)).ok()
    }
}

/// Why an attempt has no outcomes.
enum Stopped {
    Interrupted,
    OutOfMemory(OutOfMemory),
    Failed(String),
}

/// Computes runs together. A panic is a failure.
fn attempt(
    study: &Study,
    network: usize,
    runs: &[usize],
    starts: &Starts,
    monitor: &dyn Monitor,
) -> Result<Vec<Attempted>, Stopped> {
    match caught(|| outcomes(study, network, runs, starts, monitor)) {
        Ok(Ok(outcomes)) => Ok(outcomes),
        Ok(Err(SimulationError::Interrupted)) => Err(Stopped::Interrupted),
        Ok(Err(SimulationError::Memory(error))) => Err(Stopped::OutOfMemory(error)),
        Ok(Err(error)) => Err(Stopped::Failed(error.to_string())),
        Err(panic) => Err(Stopped::Failed(format!("internal error: {panic}"))),
    }
}

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn advanced(&self, _run_steps: u64) {}
}

fn failed(study: &Study, run: usize, message: String, wall_s: f64) -> Finished {
    let record = Record {
        id: study.run_id(study.run(run)),
        status: RecordStatus::Failed,
        diverged: None,
        message,
        checkpoints: Vec::new(),
        trace: None,
        wall_s,
        origin: 0,
    };
    Finished {
        record,
        learned: None,
    }
}

fn outcomes(
    study: &Study,
    network: usize,
    runs: &[usize],
    starts: &Starts,
    monitor: &dyn Monitor,
) -> Result<Vec<Attempted>, SimulationError> {
    let keys: Vec<RunKey> = runs.iter().map(|&run| study.run(run)).collect();
    for key in &keys {
        fault::computing(study.run_id(*key));
    }
    let condition = |key: &RunKey| &study.conditions[key.condition];
    let params = &condition(&keys[0]).network;
    let network = Network::draw(params, study.seed, network as u64)?;
    let targets = keys
        .iter()
        .map(|key| {
            let (dt_ms, index) = (params.dt_ms, key.target as u64);
            let of = condition(key).target_of(key.target);
            let first = target::sample(of, dt_ms, study.seed, index)?;
            let switches = condition(key).training.switches_target();
            let second = switches.then(|| target::sample_second(of, dt_ms, study.seed, index));
            Ok((first, second.transpose()?))
        })
        .collect::<Result<Vec<_>, DrawError>>()?;
    let before: Vec<_> = runs.iter().map(|&run| starts.load(run)).collect();
    let runs: Vec<Run<'_>> = keys
        .iter()
        .zip(&targets)
        .zip(&before)
        .map(|((key, (target, second_target)), before)| Run {
            training: &condition(key).training,
            rule: &condition(key).rule,
            target,
            second_target: second_target.as_deref(),
            replicate: Replicate {
                seed: study.seed,
                network: key.network as u64,
                target: key.target as u64,
            },
            trace: wants_trace(study, *key),
            keep_state: study.keep_state,
            resume: before.as_ref().map(|(learned, _)| learned),
        })
        .collect();
    let outcomes = simulation::simulate(&network, &runs, monitor)?;
    let before = before
        .into_iter()
        .map(|before| before.map_or(&[][..], |(_, points)| points));
    let before = before.map(<[Point]>::to_vec);
    Ok(outcomes.into_iter().zip(before).collect())
}

fn record(study: &Study, run: usize, (outcome, before): Attempted, wall_s: f64) -> Finished {
    let (status, diverged) = match outcome.status {
        Status::Ok => (RecordStatus::Ok, None),
        Status::Diverged { trial, step } => (RecordStatus::Diverged, Some((trial, step))),
    };
    let mut checkpoints = before;
    let points = outcome.checkpoints.iter();
    checkpoints.extend(points.map(|point| (point.trial, point.test_mse, point.tracking_mse)));
    let record = Record {
        id: study.run_id(study.run(run)),
        status,
        diverged,
        message: String::new(),
        checkpoints,
        trace: outcome.trace.map(|trace| TraceRecord {
            trial: trace.trial,
            t_ms: trace.t_ms,
            v_tar: trace.v_tar,
            v: trace.v,
        }),
        wall_s,
        origin: 0,
    };
    let ran_through = record.status;
    let record = record.normalised(|trial, learning| last_step(study, run, trial, learning));
    Finished {
        // Nothing goes on from a run whose errors are not numbers.
        learned: outcome.state.filter(|_| record.status == ran_through),
        record,
    }
}

/// The last time step of the test or of the learning of a trial.
fn last_step(study: &Study, run: usize, trial: usize, learning: bool) -> usize {
    let condition = &study.conditions[study.run(run).condition];
    let (training, dt_ms) = (&condition.training, condition.network.dt_ms);
    let timing = Timing {
        target: target::steps_of_period(&condition.target, dt_ms),
        learn_every: whole_steps(training.learn_every_ms, dt_ms).unwrap_or(1),
        pulse: 0..0,
    };
    let segments = schedule::segments(training, dt_ms, &timing, None);
    segments
        .into_iter()
        .flatten()
        .take_while(|segment| segment.trial <= trial)
        .filter(|segment| segment.trial == trial && segment.learning == learning)
        .last()
        .map_or(0, |segment| segment.steps.saturating_sub(1))
}
