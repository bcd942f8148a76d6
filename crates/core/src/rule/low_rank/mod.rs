//! The Bayesian rule with a precision of low rank beside its diagonal:
//!
//! k = Σ r,  w += c k δ,  c = 1/(σ_δ² + rᵀk),  Σ⁻¹ = Λ = D + W Wᵀ,  Λ += r rᵀ/σ_δ²,  Λ(0) = I/(η₀ σ_δ²)
//!
//! D: diagonal, W: N × c (V⁻² and V⁻¹). A learning step appends r/σ_δ to W: until then the rule is a Kalman
//! filter. When W has as many columns as the rank and the recent steps together, it is reduced to the
//! leading ones: the eigenvectors of Wᵀ D⁻¹ W with the largest eigenvalues, the directions of the weights
//! that are known best beside their prior. What is dropped is either added to D, as the diagonal of
//! its product (the belief forgets how synapses covary there, not how well each is known), or forgotten (the
//! belief falls back to the prior there, and goes on learning). Σ is positive whatever happens, since D is and
//! W Wᵀ cannot be negative.
//!
//! A step costs O(N c) and, since a reduction of O(N c²) comes once in `recent` steps, O(N (rank + recent)²/recent)
//! for that: O(N rank) if both are alike. Reducing once in a while, by a decomposition of the small matrix, is
//! how sketches of matrices do it (Ghashami, Liberty, Phillips & Woodruff, SIAM J. Comput. 45, 1762–1792, 2016).
//!
//! A forgetting factor makes Λ λΛ after each step.

mod precision;

use super::noise::Noises;
use super::{LearningStep, Rule};
use crate::memory::{self, OutOfMemory};
use crate::numeric::{Lanes, Mask, PerUnit, Real};
use crate::params::{Covariance, RuleParams};
use precision::Precision;

pub(super) struct LowRank<F, const L: usize> {
    units: usize,
    lanes: Vec<Option<LaneRule<F>>>,
    noises: Noises<F, L>,
    /// Rates of one lane, contiguous: scratch.
    rates: PerUnit<F, 1>,
}

struct LaneRule<F> {
    eta0: F,
    forgetting: f64,
    /// Whether Λ(0) has been set: it waits for the first σ_δ².
    started: bool,
    precision: Precision<F>,
}

/// Numbers of a run, for `units` units and so many columns.
pub(super) fn numbers(units: usize, columns: usize) -> usize {
    Precision::<f32>::numbers(units, columns)
}

/// Bytes of a run, for `units` units and so many columns, in numbers of `size` bytes.
pub(super) fn bytes(units: usize, columns: usize, size: usize) -> usize {
    precision::bytes(units, columns, size)
}

impl<F: Real, const L: usize> LowRank<F, L> {
    pub(super) fn new(units: usize) -> Self {
        Self {
            units,
            lanes: (0..L).map(|_| None).collect(),
            noises: Noises::new(),
            rates: PerUnit::zeros(units),
        }
    }
}

impl<F: Real, const L: usize> Rule<F, L> for LowRank<F, L> {
    fn begin(
        &mut self,
        lane: usize,
        params: &RuleParams,
        _learn_every_ms: f64,
    ) -> Result<(), OutOfMemory> {
        let RuleParams::Bayesian {
            eta0,
            covariance:
                Covariance::LowRank {
                    rank,
                    recent,
                    dropped,
                },
            noise,
            forgetting,
            ..
        } = params
        else {
            return Ok(());
        };
        self.noises.begin(lane, noise)?;
        self.lanes[lane] = Some(LaneRule {
            eta0: F::from_f64(*eta0),
            forgetting: *forgetting,
            started: false,
            precision: Precision::new(self.units, *rank, *recent, *dropped)?,
        });
        Ok(())
    }

    fn observe(&mut self, errors: &Lanes<F, L>, on: &Mask<L>) {
        self.noises.observe(errors, on);
    }

    fn learn(&mut self, step: &LearningStep<'_, F, L>, weights: &mut PerUnit<F, L>) {
        let noises = self.noises.variances();
        for (lane, rule) in self.lanes.iter_mut().enumerate() {
            let learning = rule.as_mut().filter(|_| step.on[lane]);
            let Some((rule, variance)) = learning.zip(noises[lane]) else {
                continue;
            };
            if !rule.started {
                rule.started = true;
                rule.precision.start(rule.eta0 * variance);
            }
            for (rate, rates) in self.rates.flat_mut().iter_mut().zip(step.rates.rows()) {
                *rate = rates[lane];
            }
            let output_variance = rule.precision.look(self.rates.flat());
            let factor = step.delta[lane] / (variance + output_variance);
            for (weight, &k) in weights.rows_mut().iter_mut().zip(rule.precision.gain()) {
                weight[lane] += factor * k;
            }
            rule.precision
                .learn(self.rates.flat(), variance, output_variance);
            if rule.forgetting != 1.0 {
                rule.precision.forget(rule.forgetting);
            }
        }
    }

    fn park(&mut self, lane: usize) {
        self.lanes[lane] = None;
        self.noises.park(lane);
    }

    /// Whether it started, Λ, and the window.
    fn save(&self, lane: usize) -> Result<Vec<f64>, OutOfMemory> {
        let Some(rule) = &self.lanes[lane] else {
            return Ok(Vec::new());
        };
        let window = self.noises.save(lane)?;
        let count = 1 + rule.precision.saved_numbers() + window.len();
        let mut saved = memory::reserved(count, super::SAVED)?;
        saved.push(f64::from(u8::from(rule.started)));
        rule.precision.save(&mut saved);
        saved.extend(window);
        Ok(saved)
    }

    fn restore(&mut self, lane: usize, saved: &[f64]) -> bool {
        let (Some(rule), Some((&started, saved))) = (&mut self.lanes[lane], saved.split_first())
        else {
            return false;
        };
        rule.started = started != 0.0;
        match rule.precision.restore(saved) {
            Some(window) => self.noises.restore(lane, window),
            None => false,
        }
    }
}
