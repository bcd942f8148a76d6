//! FORCE: recursive least squares on the readout (Sussillo & Abbott, Neuron 63, 544–557, 2009).
//!
//! k = P r,  c = 1/(1 + rᵀk),  P −= c k kᵀ,  w += c k δ,  P(0) = I/α
//!
//! P: N × N, the inverse of the rates' correlation matrix plus α I (units of 1). With P just
//! updated, P r = c k, so this is w += P r δ with the error δ from before the update.
//!
//! P is symmetric: its lower triangle is kept, row by row, for one lane after the other (P of one
//! run is larger than all the rest of the batch together). The subtraction of c k kᵀ waits for the
//! next learning step, where one pass over P does both that and the new P r.

use super::{LearningStep, Rule};
use crate::kernel;
use crate::numeric::{Lanes, Mask, Real};
use crate::params::RuleParams;

pub(super) struct Force<F, const L: usize> {
    units: usize,
    lanes: Vec<LaneInverse<F>>,
    /// Rates of one lane, contiguous: scratch.
    rates: Vec<F>,
}

/// P of one run, with its last update still to be subtracted.
#[derive(Clone, Default)]
struct LaneInverse<F> {
    /// Lower triangle of P before the pending update: N(N + 1)/2 entries, empty for an idle lane.
    packed: Vec<F>,
    /// k and c of the pending update.
    direction: Vec<F>,
    scale: F,
    /// P r: the next direction.
    product: Vec<F>,
}

impl<F: Real, const L: usize> Force<F, L> {
    pub(super) fn new(units: usize) -> Self {
        Self {
            units,
            lanes: vec![LaneInverse::default(); L],
            rates: vec![F::ZERO; units],
        }
    }
}

impl<F: Real, const L: usize> Rule<F, L> for Force<F, L> {
    fn begin(&mut self, lane: usize, params: &RuleParams, _learn_every_ms: f64) {
        let RuleParams::Force { alpha } = params else {
            return;
        };
        let n = self.units;
        let mut packed = vec![F::ZERO; n * (n + 1) / 2];
        for i in 0..n {
            packed[i * (i + 1) / 2 + i] = F::from_f64(1.0 / alpha);
        }
        self.lanes[lane] = LaneInverse {
            packed,
            direction: vec![F::ZERO; n],
            scale: F::ZERO,
            product: vec![F::ZERO; n],
        };
    }

    fn observe(&mut self, _errors: &Lanes<F, L>, _on: &Mask<L>) {}

    fn learn(&mut self, step: &LearningStep<'_, F, L>, weights: &mut [Lanes<F, L>]) {
        for (lane, inverse) in self.lanes.iter_mut().enumerate() {
            if !step.on[lane] {
                continue;
            }
            for (rate, rates) in self.rates.iter_mut().zip(step.rates) {
                *rate = rates.0[lane];
            }
            kernel::symmetric_update_and_product(
                &mut inverse.packed,
                &inverse.direction,
                inverse.scale,
                &self.rates,
                &mut inverse.product,
            );
            std::mem::swap(&mut inverse.direction, &mut inverse.product);
            let mut projection = F::ZERO;
            for (&rate, &k) in self.rates.iter().zip(&inverse.direction) {
                projection += rate * k;
            }
            inverse.scale = F::ONE / (F::ONE + projection);
            let factor = inverse.scale * step.delta.0[lane];
            for (weight, &k) in weights.iter_mut().zip(&inverse.direction) {
                weight.0[lane] += factor * k;
            }
        }
    }

    fn park(&mut self, lane: usize) {
        self.lanes[lane] = LaneInverse::default();
    }
}
