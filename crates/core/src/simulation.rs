//! The loop: runs that share a network advance in lockstep, one lane each.
//!
//! Each lane has a program of its own (its run's segments): lanes may be at different trials, of
//! different length, learning or tested. A lane whose run ends takes the next run of the batch. What
//! a run computes does not depend on its neighbours.

mod error;
mod lane;
mod need;

use crate::kernel::{self, NoiseStreams, Recurrent};
use crate::memory::{self, OutOfMemory};
use crate::network::Network;
use crate::numeric::{Lanes, Mask, PerUnit, Real};
use crate::outcome::{Learned, Outcome, Status};
use crate::params::{Precision, Protocol, RuleParams, TrainingParams};
use crate::rule::{self, LearningStep, Rule};
use crate::streams::{Purpose, Replicate};
use lane::{Lane, Next};
use std::ops::ControlFlow;

pub use error::SimulationError;
pub use need::{Need, Planned, need};

/// A run whose |V| exceeds this has diverged. Targets are of order 1, and no run is known that came
/// back from there: of 200 runs of the published protocol at a learning rate where half diverge
/// (Bayesian, η₀ = 0.02), the same 90 diverge with bounds of 10³, 10⁴, 10⁶ and 10³⁰.
pub const DIVERGENCE_BOUND: f64 = 1e3;

/// Numbers that are read, about, between two calls of a monitor: a millisecond of work or so.
const MONITOR_EVERY: usize = 1 << 24;
/// Time steps between two calls of a monitor at most: small networks would call it all the time.
const MONITOR_STEPS: usize = 128;

/// Hears how the computation goes on, and may end it.
pub trait Monitor: Sync {
    /// So many time steps of runs (each of N units) have been computed since the last call.
    /// `Break` ends the batch without results.
    fn advanced(&self, run_steps: u64) -> ControlFlow<()>;
}

/// Never ends anything.
impl Monitor for () {
    fn advanced(&self, _run_steps: u64) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// One run: a rule that learns a target on the batch's network.
#[derive(Debug, Clone)]
pub struct Run<'a> {
    /// The protocol. All runs of a batch have the same precision.
    pub training: &'a TrainingParams,
    /// The rule.
    pub rule: &'a RuleParams,
    /// One period of the target, a value per time step.
    pub target: &'a [f64],
    /// The target after the switch, as long as the first, where the protocol has one.
    pub second_target: Option<&'a [f64]>,
    /// What its noise follows from.
    pub replicate: Replicate,
    /// Whether to keep the trace of the last test.
    pub trace: bool,
    /// Whether to keep what has been learned in the end.
    pub keep_state: bool,
    /// What an equal run with fewer trials has learned: the run goes on from there, and its outcome
    /// has only the checkpoints after it.
    pub resume: Option<&'a Learned>,
}

/// Computes runs on one network, in the order given; outcomes come in the same order.
///
/// # Errors
/// Ill-posed parameters, runs that do not fit together, no memory for them, or a monitor that said stop.
pub fn simulate(
    network: &Network,
    runs: &[Run<'_>],
    monitor: &dyn Monitor,
) -> Result<Vec<Outcome>, SimulationError> {
    let Some(first) = runs.first() else {
        return Ok(Vec::new());
    };
    check(network, runs)?;
    let lanes = lanes(first.training.precision, runs.len());
    match first.training.precision {
        Precision::F32 => match lanes {
            1 => Engine::<f32, 1>::new(network, runs)?.run(monitor),
            4 => Engine::<f32, 4>::new(network, runs)?.run(monitor),
            8 => Engine::<f32, 8>::new(network, runs)?.run(monitor),
            16 => Engine::<f32, 16>::new(network, runs)?.run(monitor),
            _ => Engine::<f32, 32>::new(network, runs)?.run(monitor),
        },
        Precision::F64 => match lanes {
            1 => Engine::<f64, 1>::new(network, runs)?.run(monitor),
            2 => Engine::<f64, 2>::new(network, runs)?.run(monitor),
            4 => Engine::<f64, 4>::new(network, runs)?.run(monitor),
            8 => Engine::<f64, 8>::new(network, runs)?.run(monitor),
            _ => Engine::<f64, 16>::new(network, runs)?.run(monitor),
        },
    }
}

/// How many runs can advance together. At the widest, a unit's numbers are two cache lines.
pub const fn widths(precision: Precision) -> &'static [usize] {
    match precision {
        Precision::F32 => &[1, 4, 8, 16, 32],
        Precision::F64 => &[1, 2, 4, 8, 16],
    }
}

/// Bytes of a number.
pub const fn size(precision: Precision) -> usize {
    match precision {
        Precision::F32 => 4,
        Precision::F64 => 8,
    }
}

/// How many lanes a batch of so many runs has: those that it does not fill cost nearly as much.
pub fn lanes(precision: Precision, runs: usize) -> usize {
    let widths = widths(precision);
    let fitting = widths.iter().find(|&&width| runs <= width);
    *fitting.unwrap_or(&widths[widths.len() - 1])
}

fn check(network: &Network, runs: &[Run<'_>]) -> Result<(), SimulationError> {
    let dt_ms = network.params.dt_ms;
    for run in runs {
        let mut errors = run.training.check(dt_ms);
        errors.extend(run.rule.check(run.training.learn_every_ms));
        if !errors.is_empty() {
            return Err(SimulationError::Params(errors));
        }
        let errors = run.training.check_length(dt_ms, run.target.len());
        if !errors.is_empty() {
            return Err(SimulationError::Params(errors));
        }
        if run.target.is_empty() {
            return Err(SimulationError::EmptyTarget);
        }
        let second = run.second_target.map(<[f64]>::len);
        if run.training.switches_target() && second != Some(run.target.len()) {
            return Err(SimulationError::NoSecondTarget);
        }
        if run.training.precision != runs[0].training.precision {
            return Err(SimulationError::MixedPrecision);
        }
        if let Some(state) = run.resume {
            let more = match run.training.protocol {
                Protocol::Trials { trials, .. } => state.trial < trials,
                Protocol::Stream { .. } => false,
            };
            if !more || state.weights.len() != network.params.units {
                return Err(SimulationError::WrongState);
            }
        }
    }
    Ok(())
}

/// The state of `L` runs in lockstep.
struct Engine<'a, F, const L: usize> {
    network: &'a Network,
    runs: &'a [Run<'a>],
    recurrent: Recurrent<F>,
    potentials: PerUnit<F, L>,
    /// Scratch.
    sums: PerUnit<F, L>,
    rates: PerUnit<F, L>,
    weights: PerUnit<F, L>,
    /// V = Σ w_i r_i of the present state.
    output: Lanes<F, L>,
    /// One rule of each kind that the runs have; each keeps the state of its own lanes.
    rules: Vec<KindOfRule<F, L>>,
    lanes: [Option<Lane<'a, F>>; L],
    /// V_i and r_i at the start of a trial, unless it starts from rest.
    initial: Option<Vec<(F, F)>>,
    /// The noise in the membrane potentials and its scale σ √(2 dt/τ_m).
    noise: Option<(F, NoiseStreams<L>)>,
    /// The next run that has not been given a lane.
    next_run: usize,
    outcomes: Vec<Option<Outcome>>,
    /// Time steps between two calls of a monitor.
    monitor_every: usize,
    /// Why it cannot go on: a lane could not take its next run, or not hand over what it has learned.
    failure: Option<SimulationError>,
}

/// A rule, and the lanes that learn by it.
struct KindOfRule<F, const L: usize> {
    kind: rule::Kind,
    rule: Box<dyn Rule<F, L>>,
    lanes: Mask<L>,
}

impl<'a, F: Real, const L: usize> Engine<'a, F, L> {
    fn new(network: &'a Network, runs: &'a [Run<'a>]) -> Result<Self, OutOfMemory> {
        let units = network.params.units;
        let zeros = || PerUnit::try_zeros(units, need::STATE);
        let state = runs.iter().map(|run| rule::state_bytes(run.rule, units, 1));
        let work = L * (network.recurrent.value.len() + state.max().unwrap_or(0)).max(1);
        let params = &network.params;
        let initial = network.initial.iter().map(|&v| F::from_f64(v));
        let scale = params.state_noise * libm::sqrt(2.0 * params.dt_ms / params.tau_ms);
        let mut engine = Self {
            network,
            runs,
            recurrent: Recurrent::new(network)?,
            potentials: zeros()?,
            sums: zeros()?,
            rates: zeros()?,
            weights: zeros()?,
            output: [F::ZERO; L],
            rules: Self::rules(runs, network)?,
            lanes: std::array::from_fn(|_| None),
            initial: (params.initial_state > 0.0).then(|| initial.map(|v| (v, v.tanh())).collect()),
            noise: (scale > 0.0).then(|| (F::from_f64(scale), NoiseStreams::new())),
            next_run: 0,
            outcomes: vec![None; runs.len()],
            monitor_every: (MONITOR_EVERY / work).clamp(1, MONITOR_STEPS),
            failure: None,
        };
        for lane in 0..L {
            engine.refill(lane);
        }
        Ok(engine)
    }

    /// A rule of each kind, in the order of their first runs.
    fn rules(runs: &[Run<'_>], network: &Network) -> Result<Vec<KindOfRule<F, L>>, OutOfMemory> {
        let mut rules: Vec<KindOfRule<F, L>> = Vec::new();
        for run in runs {
            let kind = rule::Kind::of(run.rule);
            if rules.iter().all(|known| known.kind != kind) {
                rules.push(KindOfRule {
                    kind,
                    rule: rule::build(kind, network)?,
                    lanes: [false; L],
                });
            }
        }
        Ok(rules)
    }

    /// Gives the lane the next run, or zeros for ever.
    fn refill(&mut self, lane: usize) {
        for kind in &mut self.rules {
            if std::mem::take(&mut kind.lanes[lane]) {
                kind.rule.park(lane);
            }
        }
        self.lanes[lane] = None;
        match self.runs.get(self.next_run) {
            Some(run) if self.failure.is_none() => {
                if let Err(error) = self.give(lane, run) {
                    self.failure = Some(error);
                }
            }
            _ => {
                for weight in self.weights.rows_mut() {
                    weight[lane] = F::ZERO;
                }
                self.reset(lane);
            }
        }
    }

    /// Gives the lane the next run.
    fn give(&mut self, lane: usize, run: &'a Run<'a>) -> Result<(), SimulationError> {
        let start = run
            .resume
            .map_or(&self.network.readout, |state| &state.weights);
        for (weight, &start) in self.weights.rows_mut().iter_mut().zip(start) {
            weight[lane] = F::from_f64(start);
        }
        self.reset(lane);
        if let Some((_, streams)) = &mut self.noise {
            streams.set_key(lane, &run.replicate.key(Purpose::StateNoise));
        }
        for kind in &mut self.rules {
            if kind.kind == rule::Kind::of(run.rule) {
                kind.lanes[lane] = true;
                kind.rule
                    .begin(lane, run.rule, run.training.learn_every_ms)?;
                if let Some(state) = run.resume
                    && !kind.rule.restore(lane, &state.rule)
                {
                    return Err(SimulationError::WrongState);
                }
            }
        }
        self.lanes[lane] = Some(Lane::new(self.next_run, run, &self.network.params)?);
        self.next_run += 1;
        Ok(())
    }

    /// The state at the start of a trial: V_i = 0, or the network's own. V is that of the present weights.
    fn reset(&mut self, lane: usize) {
        for (potential, rate) in self
            .potentials
            .rows_mut()
            .iter_mut()
            .zip(self.rates.rows_mut())
        {
            potential[lane] = F::ZERO;
            rate[lane] = F::ZERO;
        }
        self.output[lane] = F::ZERO;
        let Some(initial) = &self.initial else {
            return;
        };
        let rows = self.potentials.rows_mut().iter_mut();
        let rows = rows.zip(self.rates.rows_mut()).zip(self.weights.rows());
        for (((potential, rate), weight), &(v, r)) in rows.zip(initial) {
            (potential[lane], rate[lane]) = (v, r);
            self.output[lane] = weight[lane].mul_add(r, self.output[lane]);
        }
    }

    fn run(mut self, monitor: &dyn Monitor) -> Result<Vec<Outcome>, SimulationError> {
        let mut since_monitor = 0;
        let mut run_steps = 0;
        loop {
            if let Some(error) = self.failure {
                return Err(error);
            }
            let active = self.lanes.iter().filter(|lane| lane.is_some()).count();
            if active == 0 {
                let _ = monitor.advanced(run_steps);
                return Ok(self.outcomes.into_iter().flatten().collect());
            }
            self.step();
            run_steps += active as u64;
            since_monitor += 1;
            if since_monitor == self.monitor_every {
                if monitor.advanced(run_steps).is_break() {
                    return Err(SimulationError::Interrupted);
                }
                (since_monitor, run_steps) = (0, 0);
            }
        }
    }

    /// One time step of all lanes: errors and learning at the present state, then the next state.
    fn step(&mut self) {
        self.replace_diverged();
        let mut errors = [F::ZERO; L];
        let mut delta = [F::ZERO; L];
        let mut observing: Mask<L> = [false; L];
        let mut learning: Mask<L> = [false; L];
        for (index, lane) in self.lanes.iter_mut().enumerate() {
            if let Some(lane) = lane
                && let Some(error) = lane.score(self.output[index])
            {
                let error = lane.seen(error);
                errors[index] = error;
                observing[index] = lane.learning();
                if let Some(sum) = lane.delta(error) {
                    delta[index] = sum;
                    learning[index] = true;
                }
            }
        }
        for kind in &mut self.rules {
            let own =
                |mask: &Mask<L>| -> Mask<L> { std::array::from_fn(|l| mask[l] && kind.lanes[l]) };
            let (observing, learning) = (own(&observing), own(&learning));
            if observing.contains(&true) {
                kind.rule.observe(&errors, &observing);
            }
            if learning.contains(&true) {
                let step = LearningStep {
                    rates: &self.rates,
                    delta: &delta,
                    on: &learning,
                };
                kind.rule.learn(&step, &mut self.weights);
            }
        }
        self.advance();
        for index in 0..L {
            match self.lanes[index].as_mut().map(Lane::advance) {
                None | Some(Next::Continue) => {}
                Some(Next::Reset) => self.reset(index),
                Some(Next::Done) => self.finish(index),
            }
        }
    }

    /// A NaN or an infinity in a state, weight or variance reaches V within a step or two (V sums
    /// over all weights and rates, and rates are bounded): V is the one place to look.
    fn replace_diverged(&mut self) {
        let bound = F::from_f64(DIVERGENCE_BOUND);
        for index in 0..L {
            let v = self.output[index];
            // Not `abs > bound`, which is false for NaN.
            if !(v <= bound && v >= -bound)
                && let Some(lane) = &mut self.lanes[index]
            {
                lane.diverge();
                self.finish(index);
            }
        }
    }

    fn finish(&mut self, index: usize) {
        if let Some(lane) = self.lanes[index].take() {
            let (run, mut outcome) = lane.finish();
            if self.runs[run].keep_state && outcome.status == Status::Ok {
                match self.learned(index, &outcome) {
                    Ok(state) => outcome.state = state,
                    Err(error) => self.failure = Some(error.into()),
                }
            }
            self.outcomes[run] = Some(outcome);
        }
        self.refill(index);
    }

    /// What the run of a lane has learned, now that it is done.
    fn learned(&self, lane: usize, outcome: &Outcome) -> Result<Option<Learned>, OutOfMemory> {
        let kind = self.rules.iter().find(|kind| kind.lanes[lane]);
        let Some((kind, last)) = kind.zip(outcome.checkpoints.last()) else {
            return Ok(None);
        };
        let weights = self.weights.rows();
        Ok(Some(Learned {
            trial: last.trial,
            weights: memory::listed(weights.len(), need::STATE, |unit| {
                weights[unit][lane].to_f64()
            })?,
            rule: kind.rule.save(lane)?,
        }))
    }

    fn advance(&mut self) {
        let fed_back = std::array::from_fn(|index| match &self.lanes[index] {
            Some(lane) if !lane.fed_back() => F::ZERO,
            _ => self.output[index],
        });
        kernel::advance(
            &self.recurrent,
            &self.rates,
            &fed_back,
            &mut self.sums,
            &mut self.potentials,
        );
        let leak = self.recurrent.leak();
        for (index, lane) in self.lanes.iter().enumerate() {
            if let Some(row) = lane.as_ref().and_then(Lane::pulse_row) {
                let input = self.network.pulse.row(row);
                for (potential, &input) in self.potentials.rows_mut().iter_mut().zip(input) {
                    potential[index] += leak * F::from_f64(input);
                }
            }
        }
        if let Some((scale, streams)) = &mut self.noise {
            for (index, lane) in self.lanes.iter().enumerate() {
                if let Some(lane) = lane {
                    let (stream, step) = lane.place_in_noise();
                    streams.seek(index, stream, step);
                }
            }
            kernel::add_noise(streams, *scale, self.potentials.rows_mut());
        }
        self.output = kernel::rates_and_readout(&self.potentials, &self.weights, &mut self.rates);
    }
}
