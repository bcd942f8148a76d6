//! The learning rules. A rule owns its step: from rates and errors to new weights, for all lanes of a
//! batch at once. It knows nothing of trials, targets or the network's dynamics.

mod bayesian;
mod classical;
mod error_window;
mod force;

use crate::numeric::{Lanes, Mask, PerUnit, Real};
use crate::params::RuleParams;

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
    fn begin(&mut self, lane: usize, params: &RuleParams, learn_every_ms: f64);

    /// Sees the errors V_tar − V of a time step with learning on, before any learning at that step.
    fn observe(&mut self, errors: &Lanes<F, L>, on: &Mask<L>);

    /// One learning step: changes the weights w_i (N entries) and the rule's own state.
    fn learn(&mut self, step: &LearningStep<'_, F, L>, weights: &mut PerUnit<F, L>);

    /// Forgets the state of a lane whose run is over, so that its numbers cost nothing.
    fn park(&mut self, lane: usize);

    /// The rule's own state in a lane, for [`Rule::restore`]; nothing for a rule without any.
    fn save(&self, _lane: usize) -> Vec<f64> {
        Vec::new()
    }

    /// Takes a saved state up, after [`Rule::begin`] with the same parameters; whether it fits them.
    fn restore(&mut self, _lane: usize, saved: &[f64]) -> bool {
        saved.is_empty()
    }
}

/// A rule of the kind of `kind`, with idle lanes, for `units` weights per lane.
pub fn build<F: Real, const L: usize>(kind: &RuleParams, units: usize) -> Box<dyn Rule<F, L>> {
    match kind {
        RuleParams::Classical { .. } => Box::new(classical::Classical::<F, L>::new()),
        RuleParams::Bayesian { .. } => Box::new(bayesian::Bayesian::<F, L>::new(units)),
        RuleParams::Force { .. } => Box::new(force::Force::<F, L>::new(units)),
    }
}

/// Bytes of state per run beside the weights, for `units` units in numbers of `size` bytes.
pub fn state_bytes(rule: &RuleParams, units: usize, size: usize) -> usize {
    use crate::params::Noise;
    match rule {
        RuleParams::Classical { .. } => 0,
        RuleParams::Bayesian { noise, .. } => {
            let window = match noise {
                Noise::Fixed { .. } => 0,
                Noise::Window { errors, lag_steps } => errors + lag_steps,
            };
            (units + window) * size
        }
        RuleParams::Force { .. } => (crate::kernel::packed_len(units) + 3 * units) * size,
    }
}
