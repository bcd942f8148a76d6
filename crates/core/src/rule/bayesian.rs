//! The Bayesian rule of Aitchison et al. (Nature Neuroscience 24, 565–571, 2021), one variance per
//! synapse:
//!
//! w_i += (σ_i²/σ_δ²) δ r_i,  σ_i² −= (σ_i⁴/σ_δ²) r_i²,  σ_i²(0) = η₀ σ_δ²
//!
//! w_i: mean of the synapse's belief about its weight (units of V), σ_i²: its variance (V²), σ_δ²:
//! variance of the error (V²), r_i: rate (1). Drift and forgetting come after that.
//!
//! With the exact gain 1/σ_δ² becomes 1/(σ_δ² + Σ_j σ_j² r_j²), in both: a Kalman filter whose
//! covariance is cut down to its diagonal after every step. Then σ_i² stays positive, and a step never
//! overshoots, whatever η₀.
//!
//! With the published one σ_i² shrinks by the factor 1 − σ_i² r_i²/σ_δ²: it stays positive as long as η_i = σ_i²/σ_δ² < 1.
//! A larger η₀, or a σ_δ² that drops, can make it negative; the rule is left as published.

use super::noise::Noises;
use super::relaxation::{Relaxation, Relaxations};
use super::{LearningStep, Rule};
use crate::kernel;
use crate::memory::{self, OutOfMemory};
use crate::numeric::{Lanes, Mask, PerUnit, Real};
use crate::params::{Gain, RuleParams, UpdateOrder};

pub(super) struct Bayesian<F, const L: usize> {
    /// σ_i², N entries.
    variances: PerUnit<F, L>,
    lanes: Vec<LaneRule<F>>,
    noises: Noises<F, L>,
}

/// What differs between lanes beside the variances.
#[derive(Clone)]
struct LaneRule<F> {
    eta0: F,
    gain: Gain,
    order: UpdateOrder,
    relaxation: Option<Relaxation<F>>,
    /// Whether σ_i²(0) has been set: it waits for the first σ_δ².
    started: bool,
}

impl<F: Real, const L: usize> Bayesian<F, L> {
    pub(super) fn new(units: usize) -> Result<Self, OutOfMemory> {
        let idle = LaneRule {
            eta0: F::ZERO,
            gain: Gain::Published,
            order: UpdateOrder::Together,
            relaxation: None,
            started: false,
        };
        Ok(Self {
            variances: PerUnit::try_zeros(units, "the synapses' variances")?,
            lanes: vec![idle; L],
            noises: Noises::new(),
        })
    }
}

impl<F: Real, const L: usize> Rule<F, L> for Bayesian<F, L> {
    fn begin(
        &mut self,
        lane: usize,
        params: &RuleParams,
        learn_every_ms: f64,
    ) -> Result<(), OutOfMemory> {
        let RuleParams::Bayesian {
            eta0,
            gain,
            noise,
            update_order,
            ..
        } = params
        else {
            return Ok(());
        };
        self.noises.begin(lane, noise)?;
        self.lanes[lane] = LaneRule {
            eta0: F::from_f64(*eta0),
            gain: *gain,
            order: *update_order,
            relaxation: Relaxation::of(params, learn_every_ms),
            started: false,
        };
        Ok(())
    }

    fn observe(&mut self, errors: &Lanes<F, L>, on: &Mask<L>) {
        self.noises.observe(errors, on);
    }

    fn learn(&mut self, step: &LearningStep<'_, F, L>, weights: &mut PerUnit<F, L>) {
        let noises = self.noises.variances();
        // What the exact gain adds to σ_δ², as the variances are before this step.
        let mut output_variances = [F::ZERO; L];
        if self.lanes.iter().any(|lane| lane.gain == Gain::Exact) {
            kernel::weighted_squares(&self.variances, step.rates, &mut output_variances);
        }
        // 1/σ_δ² (or the exact gain's), or 0 for the lanes that do not learn now: then nothing below changes them.
        let mut precision = [F::ZERO; L];
        for lane in 0..L {
            let Some(variance) = noises[lane].filter(|_| step.on[lane]) else {
                continue;
            };
            if !self.lanes[lane].started {
                self.lanes[lane].started = true;
                let start = self.lanes[lane].eta0 * variance;
                for entry in self.variances.rows_mut() {
                    entry[lane] = start;
                }
                let squares = step.rates.rows().iter();
                output_variances[lane] = squares.fold(F::ZERO, |sum, rates| {
                    (start * rates[lane]).mul_add(rates[lane], sum)
                });
            }
            precision[lane] = match self.lanes[lane].gain {
                Gain::Published => F::ONE / variance,
                Gain::Exact => F::ONE / (variance + output_variances[lane]),
            };
        }
        // One pass per order in use, with the lanes of the other switched off by a precision of 0.
        for order in [UpdateOrder::Together, UpdateOrder::VarianceFirst] {
            let learns =
                |lane: usize| precision[lane] != F::ZERO && self.lanes[lane].order == order;
            if !(0..L).any(learns) {
                continue;
            }
            // Selected, not multiplied by 0: an idle lane may hold any δ, and ∞ · 0 is NaN.
            let factor = std::array::from_fn(|lane| {
                if learns(lane) {
                    step.delta[lane] * precision[lane]
                } else {
                    F::ZERO
                }
            });
            let precision = std::array::from_fn(|lane| {
                if learns(lane) {
                    precision[lane]
                } else {
                    F::ZERO
                }
            });
            let update = match order {
                UpdateOrder::Together => kernel::bayesian::<F, L, false>,
                UpdateOrder::VarianceFirst => kernel::bayesian::<F, L, true>,
            };
            update(
                weights,
                &mut self.variances,
                step.rates,
                &factor,
                &precision,
            );
        }
        let relaxations = Relaxations::of(|lane| {
            let learns = precision[lane] != F::ZERO;
            self.lanes[lane].relaxation.filter(|_| learns)
        });
        if let Some(relaxations) = relaxations {
            relaxations.weights(weights);
            relaxations.variances(&mut self.variances);
        }
    }

    fn park(&mut self, lane: usize) {
        for entry in self.variances.rows_mut() {
            entry[lane] = F::ZERO;
        }
        self.lanes[lane].gain = Gain::Published;
        self.lanes[lane].relaxation = None;
        self.noises.park(lane);
    }

    /// Whether it started, σ_i², and the window.
    fn save(&self, lane: usize) -> Result<Vec<f64>, OutOfMemory> {
        let window = self.noises.save(lane)?;
        let rows = self.variances.rows();
        let mut saved = memory::reserved(1 + rows.len() + window.len(), super::SAVED)?;
        saved.push(f64::from(u8::from(self.lanes[lane].started)));
        saved.extend(rows.iter().map(|row| row[lane].to_f64()));
        saved.extend(window);
        Ok(saved)
    }

    fn restore(&mut self, lane: usize, saved: &[f64]) -> bool {
        let units = self.variances.rows().len();
        let Some((&started, rest)) = saved.split_first() else {
            return false;
        };
        let Some((variances, window)) = rest.split_at_checked(units) else {
            return false;
        };
        self.lanes[lane].started = started != 0.0;
        for (row, &variance) in self.variances.rows_mut().iter_mut().zip(variances) {
            row[lane] = F::from_f64(variance);
        }
        self.noises.restore(lane, window)
    }
}
