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
use crate::numeric::{Lanes, Mask, PerUnit, Real};
use crate::params::RuleParams;

pub(super) struct Force<F, const L: usize> {
    units: usize,
    lanes: Vec<Option<LaneInverse<F>>>,
    /// Rates of one lane, contiguous: scratch.
    rates: PerUnit<F, 1>,
}

/// P of one run, with its last update still to be subtracted.
struct LaneInverse<F> {
    /// Lower triangle of P before the pending update, as [`kernel::symmetric_update_and_product`]
    /// has it.
    packed: PerUnit<F, 1>,
    /// k and c of the pending update.
    direction: PerUnit<F, 1>,
    scale: F,
    /// P r: the next direction.
    product: PerUnit<F, 1>,
}

impl<F: Real, const L: usize> Force<F, L> {
    pub(super) fn new(units: usize) -> Self {
        Self {
            units,
            lanes: (0..L).map(|_| None).collect(),
            rates: PerUnit::zeros(units),
        }
    }
}

impl<F: Real, const L: usize> Rule<F, L> for Force<F, L> {
    fn begin(&mut self, lane: usize, params: &RuleParams, _learn_every_ms: f64) {
        let RuleParams::Force { alpha } = params else {
            return;
        };
        let mut packed = PerUnit::zeros(kernel::packed_len(self.units));
        for i in 0..self.units {
            packed.flat_mut()[kernel::packed_index(i, i)] = F::from_f64(1.0 / alpha);
        }
        self.lanes[lane] = Some(LaneInverse {
            packed,
            direction: PerUnit::zeros(self.units),
            scale: F::ZERO,
            product: PerUnit::zeros(self.units),
        });
    }

    fn observe(&mut self, _errors: &Lanes<F, L>, _on: &Mask<L>) {}

    fn learn(&mut self, step: &LearningStep<'_, F, L>, weights: &mut PerUnit<F, L>) {
        for (lane, inverse) in self.lanes.iter_mut().enumerate() {
            let Some(inverse) = inverse.as_mut().filter(|_| step.on[lane]) else {
                continue;
            };
            for (rate, rates) in self.rates.flat_mut().iter_mut().zip(step.rates.rows()) {
                *rate = rates[lane];
            }
            kernel::symmetric_update_and_product(
                inverse.packed.flat_mut(),
                self.units,
                inverse.direction.flat(),
                inverse.scale,
                self.rates.flat(),
                inverse.product.flat_mut(),
            );
            std::mem::swap(&mut inverse.direction, &mut inverse.product);
            let direction = &inverse.direction.flat()[..self.units];
            let mut projection = F::ZERO;
            for (&rate, &k) in self.rates.flat().iter().zip(direction) {
                projection += rate * k;
            }
            inverse.scale = F::ONE / (F::ONE + projection);
            let factor = inverse.scale * step.delta[lane];
            for (weight, &k) in weights.rows_mut().iter_mut().zip(direction) {
                weight[lane] += factor * k;
            }
        }
    }

    fn park(&mut self, lane: usize) {
        self.lanes[lane] = None;
    }

    /// c and k of the pending update, and the triangle of P before it.
    fn save(&self, lane: usize) -> Vec<f64> {
        let Some(inverse) = &self.lanes[lane] else {
            return Vec::new();
        };
        let mut saved = vec![inverse.scale.to_f64()];
        let numbers = inverse.direction.rows().iter().chain(inverse.packed.rows());
        saved.extend(numbers.map(|row| row[0].to_f64()));
        saved
    }

    fn restore(&mut self, lane: usize, saved: &[f64]) -> bool {
        let Some((inverse, (&scale, numbers))) = self.lanes[lane].as_mut().zip(saved.split_first())
        else {
            return false;
        };
        inverse.scale = F::from_f64(scale);
        let (direction, packed) = (inverse.direction.rows_mut(), inverse.packed.rows_mut());
        let fits = numbers.len() == direction.len() + packed.len();
        for (row, &number) in direction.iter_mut().chain(packed).zip(numbers) {
            row[0] = F::from_f64(number);
        }
        fits
    }
}
