//! The learning rules. A rule owns its step: from rates and errors to new weights, for all lanes of a
//! batch at once. It knows nothing of trials, targets or the network's dynamics.

mod bayesian;
mod blocks;
mod classical;
mod error_window;
mod force;
mod low_rank;
mod need;
mod noise;
mod relaxation;
mod upkeep;

use crate::kernel;
use crate::memory::OutOfMemory;
use crate::network::Network;
use crate::numeric::{Lanes, Mask, PerUnit, Real};
use crate::params::{Assignment, Covariance, Noise, RuleParams};

pub(crate) use need::{need, saved_numbers};

/// What allocations are for, as messages say it.
const WINDOW: &str = "the window of errors";
const LOW_RANK: &str = "the columns of the precision";
const SAVED: &str = "the state to be kept";

/// What a rule sees at a learning step.
pub struct LearningStep<'a, F, const L: usize> {
    /// r_i, N entries.
    pub rates: &'a PerUnit<F, L>,
    /// δ = V_tar − V (or the sum of several, by convention).
    pub delta: &'a Lanes<F, L>,
    /// The lanes that learn now. In the others nothing changes.
    pub on: &'a Mask<L>,
}

/// A learning rule with its state for `L` runs.
pub trait Rule<F: Real, const L: usize>: Send {
    /// Prepares a lane for a new run with these parameters, learning every `learn_every_ms`.
    ///
    /// # Errors
    /// There is no memory for its state.
    fn begin(
        &mut self,
        lane: usize,
        params: &RuleParams,
        learn_every_ms: f64,
    ) -> Result<(), OutOfMemory>;

    /// Sees the errors V_tar − V of a time step with learning on, before any learning at that step.
    fn observe(&mut self, errors: &Lanes<F, L>, on: &Mask<L>);

    /// One learning step: changes the weights w_i (N entries) and the rule's own state.
    fn learn(&mut self, step: &LearningStep<'_, F, L>, weights: &mut PerUnit<F, L>);

    /// Forgets the state of a lane whose run is over, so that its numbers cost nothing.
    fn park(&mut self, lane: usize);

    /// The rule's own state in a lane, for [`Rule::restore`]; nothing for a rule without any.
    ///
    /// # Errors
    /// There is no memory for it.
    fn save(&self, _lane: usize) -> Result<Vec<f64>, OutOfMemory> {
        Ok(Vec::new())
    }

    /// Takes a saved state up, after [`Rule::begin`] with the same parameters; whether it fits them.
    fn restore(&mut self, _lane: usize, saved: &[f64]) -> bool {
        saved.is_empty()
    }
}

/// Which implementation a rule needs: lanes of one kind share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The delta rule.
    Classical,
    /// The Bayesian rule with a variance per synapse.
    Diagonal,
    /// The Bayesian rule with covariances in blocks of so many synapses.
    Blocks(usize, Assignment),
    /// The Bayesian rule with a precision of low rank beside its diagonal.
    LowRank,
    /// The Bayesian rule with all covariances, and FORCE.
    Full,
}

impl Kind {
    /// Of a rule.
    pub fn of(rule: &RuleParams) -> Self {
        match rule {
            RuleParams::Classical { .. } => Self::Classical,
            RuleParams::Force { .. } => Self::Full,
            RuleParams::Bayesian { covariance, .. } => match *covariance {
                Covariance::Diagonal => Self::Diagonal,
                Covariance::Block { size, assignment } => Self::Blocks(size, assignment),
                Covariance::LowRank { .. } => Self::LowRank,
                Covariance::Full => Self::Full,
            },
        }
    }
}

/// A rule of a kind, with idle lanes, for the readout weights of a network.
///
/// # Errors
/// There is no memory for its state.
pub fn build<F: Real, const L: usize>(
    kind: Kind,
    network: &Network,
) -> Result<Box<dyn Rule<F, L>>, OutOfMemory> {
    let units = network.params.units;
    Ok(match kind {
        Kind::Classical => Box::new(classical::Classical::<F, L>::new()),
        Kind::Diagonal => Box::new(bayesian::Bayesian::<F, L>::new(units)?),
        Kind::Blocks(size, assignment) => {
            Box::new(blocks::Blocks::<F, L>::new(network, size, assignment)?)
        }
        Kind::LowRank => Box::new(low_rank::LowRank::<F, L>::new(units)),
        Kind::Full => Box::new(force::Force::<F, L>::new(units)),
    })
}

/// Bytes of state per run beside the weights, for `units` units in numbers of `size` bytes.
pub fn state_bytes(rule: &RuleParams, units: usize, size: usize) -> usize {
    let window = match rule {
        RuleParams::Bayesian {
            noise: Noise::Window { errors, lag_steps },
            ..
        } => errors + lag_steps,
        _ => 0,
    };
    let state = match Kind::of(rule) {
        Kind::Classical => 0,
        Kind::Diagonal => units,
        Kind::Blocks(size, _) => kernel::blocks_len(units, size) + 3 * units,
        Kind::LowRank => match rule {
            RuleParams::Bayesian {
                covariance: Covariance::LowRank { rank, recent, .. },
                ..
            } => low_rank::numbers(units, rank + recent) + units,
            _ => 0,
        },
        Kind::Full => kernel::packed_len(units) + 3 * units,
    };
    (state + window) * size
}
