//! The delta rule: w_i += η δ r_i.

use super::{LearningStep, Rule};
use crate::kernel;
use crate::memory::OutOfMemory;
use crate::numeric::{Lanes, Mask, PerUnit, Real};
use crate::params::RuleParams;

/// η of each lane.
pub(super) struct Classical<F, const L: usize> {
    eta: Lanes<F, L>,
}

impl<F: Real, const L: usize> Classical<F, L> {
    pub(super) fn new() -> Self {
        Self { eta: [F::ZERO; L] }
    }
}

impl<F: Real, const L: usize> Rule<F, L> for Classical<F, L> {
    fn begin(
        &mut self,
        lane: usize,
        params: &RuleParams,
        _learn_every_ms: f64,
    ) -> Result<(), OutOfMemory> {
        if let RuleParams::Classical { eta0 } = params {
            self.eta[lane] = F::from_f64(*eta0);
        }
        Ok(())
    }

    fn observe(&mut self, _errors: &Lanes<F, L>, _on: &Mask<L>) {}

    fn learn(&mut self, step: &LearningStep<'_, F, L>, weights: &mut PerUnit<F, L>) {
        // A lane that does not learn now gets a factor of 0.
        let factor = std::array::from_fn(|lane| {
            if step.on[lane] {
                self.eta[lane] * step.delta[lane]
            } else {
                F::ZERO
            }
        });
        kernel::add_scaled(weights, step.rates, &factor);
    }

    fn park(&mut self, lane: usize) {
        self.eta[lane] = F::ZERO;
    }
}
