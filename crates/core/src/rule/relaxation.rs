//! What changes a belief between learning steps: drift toward a prior, and forgetting.
//!
//! Drift (the full rule of Aitchison et al. 2021, at a step Δt): w −= (Δt/τ)(w − μ),
//! Σ −= (2Δt/τ)(Σ − σ² I). Then forgetting, as recursive least squares does it: Σ becomes Σ/λ.

use crate::kernel;
use crate::numeric::{Lanes, PerUnit, Real};
use crate::params::{Drift, RuleParams};

/// Both in one lane, as factors per learning step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Relaxation<F> {
    weight_rate: F,
    weight_prior: F,
    variance_rate: F,
    variance_prior: F,
    /// 1 − 1/λ: Σ grows by relaxing away from 0.
    forgetting_rate: F,
}

impl<F: Real> Relaxation<F> {
    /// Of a rule that learns every `learn_every_ms`; nothing if it has neither.
    pub(super) fn of(params: &RuleParams, learn_every_ms: f64) -> Option<Self> {
        let RuleParams::Bayesian {
            drift, forgetting, ..
        } = params
        else {
            return None;
        };
        if drift.is_none() && *forgetting == 1.0 {
            return None;
        }
        let of_drift = |value: fn(&Drift, f64) -> f64| {
            F::from_f64(
                drift
                    .as_ref()
                    .map_or(0.0, |drift| value(drift, learn_every_ms)),
            )
        };
        Some(Self {
            weight_rate: of_drift(|drift, every| every / drift.tau_ms),
            weight_prior: of_drift(|drift, _| drift.prior_mean),
            variance_rate: of_drift(|drift, every| 2.0 * every / drift.tau_ms),
            variance_prior: of_drift(|drift, _| drift.prior_variance),
            forgetting_rate: F::from_f64(1.0 - 1.0 / forgetting),
        })
    }
}

/// The relaxations of the lanes that learn now; of the others, numbers that change nothing.
pub(super) struct Relaxations<F, const L: usize> {
    weight_rate: Lanes<F, L>,
    weight_prior: Lanes<F, L>,
    variance_rate: Lanes<F, L>,
    variance_prior: Lanes<F, L>,
    forgetting_rate: Lanes<F, L>,
}

impl<F: Real, const L: usize> Relaxations<F, L> {
    /// Nothing if no lane has any.
    pub(super) fn of(lane: impl Fn(usize) -> Option<Relaxation<F>>) -> Option<Self> {
        let lanes: [Option<Relaxation<F>>; L] = std::array::from_fn(lane);
        if lanes.iter().all(Option::is_none) {
            return None;
        }
        let factors = |value: fn(&Relaxation<F>) -> F| -> Lanes<F, L> {
            std::array::from_fn(|lane| lanes[lane].as_ref().map_or(F::ZERO, value))
        };
        Some(Self {
            weight_rate: factors(|relaxation| relaxation.weight_rate),
            weight_prior: factors(|relaxation| relaxation.weight_prior),
            variance_rate: factors(|relaxation| relaxation.variance_rate),
            variance_prior: factors(|relaxation| relaxation.variance_prior),
            forgetting_rate: factors(|relaxation| relaxation.forgetting_rate),
        })
    }

    /// Relaxes the weights.
    pub(super) fn weights(&self, weights: &mut PerUnit<F, L>) {
        kernel::relax(weights, &self.weight_rate, &self.weight_prior);
    }

    /// Relaxes Σ, a variance per synapse.
    pub(super) fn variances(&self, variances: &mut PerUnit<F, L>) {
        kernel::relax(variances, &self.variance_rate, &self.variance_prior);
        self.forget(variances);
    }

    /// Divides by λ, in a pass of its own only where a lane forgets.
    fn forget(&self, values: &mut PerUnit<F, L>) {
        if self.forgetting_rate != [F::ZERO; L] {
            kernel::relax(values, &self.forgetting_rate, &[F::ZERO; L]);
        }
    }

    /// Relaxes Σ − c k kᵀ, of which Σ is kept as numbers in some order, with the variance of each synapse
    /// at the `diagonal`, and c in `scales`.
    pub(super) fn covariances(
        &self,
        packed: &mut PerUnit<F, L>,
        diagonal: impl Iterator<Item = usize>,
        scales: &mut Lanes<F, L>,
    ) {
        kernel::relax(packed, &self.variance_rate, &[F::ZERO; L]);
        let pull: Lanes<F, L> =
            std::array::from_fn(|lane| self.variance_rate[lane] * self.variance_prior[lane]);
        let rows = packed.flat_mut().as_chunks_mut::<L>().0;
        for at in diagonal {
            for (value, pull) in rows[at].iter_mut().zip(pull) {
                *value += pull;
            }
        }
        self.forget(packed);
        for (lane, scale) in scales.iter_mut().enumerate() {
            *scale = *scale - self.variance_rate[lane] * *scale;
            *scale = *scale - self.forgetting_rate[lane] * *scale;
        }
    }
}
