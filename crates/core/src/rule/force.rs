//! FORCE: recursive least squares on the readout (Sussillo & Abbott, Neuron 63, 544–557, 2009).
//!
//! k = P r,  c = 1/(1 + rᵀk),  P −= c k kᵀ,  w += c k δ,  P(0) = I/α
//!
//! It is the Bayesian rule with all covariances, the exact gain, σ_δ² = 1 and η₀ = 1/α (P is Σ), and so
//! computed here together with it: Σ(0) = η₀ σ_δ² I, c = 1/(σ_δ² + rᵀk) or, with the published gain,
//! 1/σ_δ².
//!
//! P: N × N, the inverse of the rates' correlation matrix plus α I (units of 1). With P just
//! updated, P r = c k, so this is w += P r δ with the error δ from before the update.
//!
//! P is symmetric: its lower triangle is kept, row by row, for one lane after the other (P of one
//! run is larger than all the rest of the batch together). The subtraction of c k kᵀ waits for the
//! next learning step, where one pass over P does both that and the new P r.

use super::noise::Noises;
use super::relaxation::{Relaxation, Relaxations};
use super::{LearningStep, Rule};
use crate::kernel;
use crate::memory::{self, OutOfMemory};
use crate::numeric::{Lanes, Mask, PerUnit, Real};
use crate::params::{Gain, Noise, RuleParams};

pub(super) struct Force<F, const L: usize> {
    units: usize,
    lanes: Vec<Option<LaneInverse<F>>>,
    noises: Noises<F, L>,
    /// Rates of one lane, contiguous: scratch.
    rates: PerUnit<F, 1>,
}

/// P of one run, with its last update still to be subtracted.
struct LaneInverse<F> {
    eta0: F,
    gain: Gain,
    relaxation: Option<Relaxation<F>>,
    /// Whether P(0) has been set: it waits for the first σ_δ².
    started: bool,
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
            noises: Noises::new(),
            rates: PerUnit::zeros(units),
        }
    }
}

impl<F: Real, const L: usize> Rule<F, L> for Force<F, L> {
    fn begin(
        &mut self,
        lane: usize,
        params: &RuleParams,
        learn_every_ms: f64,
    ) -> Result<(), OutOfMemory> {
        let unit_noise = Noise::Fixed { variance: 1.0 };
        let (eta0, gain, noise) = match params {
            RuleParams::Force { alpha } => (1.0 / alpha, Gain::Exact, &unit_noise),
            RuleParams::Bayesian {
                eta0, gain, noise, ..
            } => (*eta0, *gain, noise),
            RuleParams::Classical { .. } => return Ok(()),
        };
        self.noises.begin(lane, noise)?;
        let what = super::need::matrix(params);
        self.lanes[lane] = Some(LaneInverse {
            eta0: F::from_f64(eta0),
            gain,
            relaxation: Relaxation::of(params, learn_every_ms),
            started: false,
            packed: PerUnit::try_zeros(kernel::packed_len(self.units), what)?,
            direction: PerUnit::zeros(self.units),
            scale: F::ZERO,
            product: PerUnit::zeros(self.units),
        });
        Ok(())
    }

    fn observe(&mut self, errors: &Lanes<F, L>, on: &Mask<L>) {
        self.noises.observe(errors, on);
    }

    fn learn(&mut self, step: &LearningStep<'_, F, L>, weights: &mut PerUnit<F, L>) {
        let noises = self.noises.variances();
        let mut learned = [false; L];
        for (lane, inverse) in self.lanes.iter_mut().enumerate() {
            let learning = inverse.as_mut().filter(|_| step.on[lane]);
            let Some((inverse, variance)) = learning.zip(noises[lane]) else {
                continue;
            };
            if !inverse.started {
                inverse.started = true;
                let start = inverse.eta0 * variance;
                for i in 0..self.units {
                    inverse.packed.flat_mut()[kernel::packed_index(i, i)] = start;
                }
            }
            learned[lane] = true;
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
            inverse.scale = match inverse.gain {
                Gain::Published => F::ONE / variance,
                Gain::Exact => F::ONE / (variance + projection),
            };
            let factor = inverse.scale * step.delta[lane];
            for (weight, &k) in weights.rows_mut().iter_mut().zip(direction) {
                weight[lane] += factor * k;
            }
            if let Some(relaxations) = Relaxations::<F, 1>::of(|_| inverse.relaxation) {
                let diagonal = (0..self.units).map(|i| kernel::packed_index(i, i));
                let mut scale = [inverse.scale];
                relaxations.covariances(&mut inverse.packed, diagonal, &mut scale);
                [inverse.scale] = scale;
            }
        }
        let relaxations = Relaxations::of(|lane| {
            let inverse = self.lanes[lane].as_ref().filter(|_| learned[lane])?;
            inverse.relaxation
        });
        if let Some(relaxations) = relaxations {
            relaxations.weights(weights);
        }
    }

    fn park(&mut self, lane: usize) {
        self.lanes[lane] = None;
        self.noises.park(lane);
    }

    /// Whether it started, c and k of the pending update, the triangle of P before it, and the window.
    fn save(&self, lane: usize) -> Result<Vec<f64>, OutOfMemory> {
        let Some(inverse) = &self.lanes[lane] else {
            return Ok(Vec::new());
        };
        let started = f64::from(u8::from(inverse.started));
        let window = self.noises.save(lane)?;
        let (direction, packed) = (inverse.direction.rows(), inverse.packed.rows());
        let count = 2 + direction.len() + packed.len() + window.len();
        let mut saved = memory::reserved(count, super::SAVED)?;
        saved.extend([started, inverse.scale.to_f64()]);
        let numbers = direction.iter().chain(packed);
        saved.extend(numbers.map(|row| row[0].to_f64()));
        saved.extend(window);
        Ok(saved)
    }

    fn restore(&mut self, lane: usize, saved: &[f64]) -> bool {
        let (Some(inverse), &[started, scale, ref rest @ ..]) = (&mut self.lanes[lane], saved)
        else {
            return false;
        };
        let (direction, packed) = (inverse.direction.rows_mut(), inverse.packed.rows_mut());
        let Some((numbers, window)) = rest.split_at_checked(direction.len() + packed.len()) else {
            return false;
        };
        inverse.started = started != 0.0;
        inverse.scale = F::from_f64(scale);
        for (row, &number) in direction.iter_mut().chain(packed).zip(numbers) {
            row[0] = F::from_f64(number);
        }
        self.noises.restore(lane, window)
    }
}
