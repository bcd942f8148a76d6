//! What a batch takes in memory, in closed form: the sum of what is allocated for it, so that it can be
//! held against what there is before anything is.

use super::{lanes, size};
use crate::kernel::Recurrent;
use crate::memory::shown;
use crate::network::Network;
use crate::numeric::allocated;
use crate::outcome::Checkpoint;
use crate::params::{NetworkParams, Precision, Protocol, RuleParams, TrainingParams};
use crate::{rule, schedule, target};

/// What allocations are for, as messages say it.
pub(super) const STATE: &str = "the state of the units";
pub(super) const HISTORY: &str = "the last errors";
pub(super) const CHECKPOINTS: &str = "the checkpoints";
pub(super) const TRACE: &str = "the trace";

/// What of a run decides how much memory it takes.
#[derive(Debug, Clone, Copy)]
pub struct Planned<'a> {
    /// The protocol.
    pub training: &'a TrainingParams,
    /// The rule.
    pub rule: &'a RuleParams,
    /// Time steps of the target.
    pub target_steps: usize,
    /// Whether its trace is kept.
    pub trace: bool,
    /// Whether what it has learned is kept.
    pub keep_state: bool,
    /// Whether it goes on from what has been learned.
    pub resumes: bool,
}

/// Bytes of a batch, with its network and targets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Need {
    parts: Vec<(&'static str, u64)>,
}

impl Need {
    /// All of them.
    pub fn bytes(&self) -> u64 {
        self.parts
            .iter()
            .fold(0, |sum, (_, bytes)| sum.saturating_add(*bytes))
    }

    /// Adds bytes for something else.
    pub fn add(&mut self, what: &'static str, bytes: u64) {
        match self.parts.iter_mut().find(|(known, _)| *known == what) {
            Some((_, sum)) => *sum = sum.saturating_add(bytes),
            None => self.parts.push((what, bytes)),
        }
    }
}

/// "needs 1.5 GB, 0.8 GB of it for the inverse correlation matrix"
impl std::fmt::Display for Need {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "needs {}", shown(self.bytes()))?;
        match self.parts.iter().max_by_key(|(_, bytes)| *bytes) {
            Some((what, bytes)) => write!(f, ", {} of it for {what}", shown(*bytes)),
            None => Ok(()),
        }
    }
}

/// What a batch of these runs on one network needs at most, from the drawing of its network and targets
/// to its outcomes. Without runs, the network alone.
pub fn need(network: &NetworkParams, precision: Precision, runs: &[Planned<'_>]) -> Need {
    let (size, units) = (size(precision), network.units);
    let lanes = match runs.len() {
        0 => 0,
        runs => lanes(precision, runs),
    };
    let mut need = Need::default();
    let (weights, pulse) = Network::bytes(network);
    let non_zeros = network.non_zeros() as u64;
    let laid_out = match precision {
        Precision::F32 => Recurrent::<f32>::bytes(units as u64, non_zeros),
        Precision::F64 => Recurrent::<f64>::bytes(units as u64, non_zeros),
    };
    need.add("the network's weights", weights + laid_out);
    need.add("the input pulse", pulse);
    if runs.is_empty() {
        return need;
    }
    // V_i, its sum, rate and weight; V_i and r_i at the start of a trial.
    let rows = 4 * allocated(units, lanes) + 2 * units;
    need.add(STATE, (rows * size) as u64);
    let rules: Vec<&RuleParams> = runs.iter().map(|run| run.rule).collect();
    for (what, bytes) in rule::need(&rules, units, lanes, size) {
        need.add(what, bytes);
    }
    let drawing = runs
        .iter()
        .map(|run| target::bytes(run.target_steps as u64).1);
    need.add("the target", drawing.max().unwrap_or(0));
    for run in runs {
        let (target, _) = target::bytes(run.target_steps as u64);
        let targets = if run.training.switches_target() { 2 } else { 1 };
        need.add("the target", targets * target);
        let history = history_len(run.training, run.target_steps);
        need.add(HISTORY, (history * size) as u64);
        let protocol = &run.training.protocol;
        let checkpoints = schedule::checkpoint_count(protocol, network.dt_ms) as u64;
        need.add(CHECKPOINTS, checkpoints * size_of::<Checkpoint>() as u64);
        if run.trace {
            let steps = test_steps(protocol, run.target_steps) as u64;
            need.add(TRACE, 3 * 8 * steps);
        }
        let kept = u64::from(run.keep_state) + u64::from(run.resumes);
        let numbers = rule::saved_numbers(run.rule, units) + units;
        need.add("the state to be kept", kept * 8 * numbers as u64);
    }
    need
}

/// Time steps of the target in the last test.
pub(super) fn test_steps(protocol: &Protocol, target: usize) -> usize {
    match *protocol {
        Protocol::Trials { .. } => target,
        Protocol::Stream { test_periods, .. } => test_periods.saturating_mul(target),
    }
}

/// How many errors a run remembers at most, the present one included.
pub(super) fn history_len(training: &TrainingParams, target: usize) -> usize {
    if training.error_steps == 1 && training.error_lag_steps == 0 {
        return 0;
    }
    // One more than are summed and passed over, before the oldest is dropped.
    let all = training.error_steps + training.error_lag_steps + 1;
    match training.protocol {
        Protocol::Trials { .. } => all.min(target),
        Protocol::Stream { .. } => all,
    }
}
