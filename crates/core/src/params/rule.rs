//! `rule.*`

use super::check::Checker;
use super::{ParamError, range};

/// Where the variance σ_δ² of the error comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Noise {
    /// A constant (1 for the published curves).
    Fixed {
        /// σ_δ².
        variance: f64,
    },
    /// The variance (about their mean) of the last errors, one per time step with learning on; the
    /// window runs on from trial to trial.
    Window {
        /// How many errors.
        errors: usize,
        /// How many time steps ago the newest of them is.
        lag_steps: usize,
    },
}

/// Which variance σ_i² enters the weight update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateOrder {
    /// The variance before the update: weights and variances change together (the paper).
    Together,
    /// The variance after its own update (the Python repository's order).
    VarianceFirst,
}

/// The pull of mean and variance toward a prior, per learning step of `training.learn_every_ms`:
/// Δw_i = −(Δt/τ)(w_i − mean), Δσ_i² = −(2Δt/τ)(σ_i² − variance).
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// τ in ms.
    pub tau_ms: f64,
    /// Mean of the prior over weights.
    pub prior_mean: f64,
    /// Variance of the prior over weights.
    pub prior_variance: f64,
}

/// A learning rule for the readout weights, with its parameters.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleParams {
    /// The delta rule: w_i += η δ r_i.
    Classical {
        /// η.
        eta0: f64,
    },
    /// The Bayesian rule: w_i += (σ_i²/σ_δ²) δ r_i, σ_i² −= (σ_i⁴/σ_δ²) r_i², σ_i²(0) = η₀ σ_δ²
    /// with the σ_δ² of the first learning step.
    Bayesian {
        /// η₀.
        eta0: f64,
        /// Where σ_δ² comes from.
        noise: Noise,
        /// Which σ_i² enters the weight update.
        update_order: UpdateOrder,
        /// The drift of the paper's full rule; none in its network simulations.
        drift: Option<Drift>,
    },
    /// Recursive least squares (Sussillo & Abbott, Neuron 63, 544–557, 2009), P(0) = I/α.
    Force {
        /// α.
        alpha: f64,
    },
}

impl RuleParams {
    /// All that is wrong with these parameters, for learning steps every `learn_every_ms`.
    pub fn check(&self, learn_every_ms: f64) -> Vec<ParamError> {
        let mut errors = Checker::default();
        match self {
            Self::Classical { eta0 } => errors.real("rule.eta0", *eta0, range::ETA0),
            Self::Bayesian {
                eta0, noise, drift, ..
            } => {
                errors.real("rule.eta0", *eta0, range::ETA0);
                match noise {
                    Noise::Fixed { variance } => {
                        errors.real("rule.noise.variance", *variance, range::POSITIVE);
                    }
                    Noise::Window {
                        errors: n,
                        lag_steps,
                    } => {
                        errors.whole("rule.noise.errors", *n as u64, range::WINDOW_ERRORS);
                        errors.whole(
                            "rule.noise.lag_steps",
                            *lag_steps as u64,
                            range::OPTIONAL_COUNT,
                        );
                    }
                }
                if let Some(drift) = drift {
                    errors.real("rule.drift.tau_ms", drift.tau_ms, range::DURATION_MS);
                    errors.real("rule.drift.prior_mean", drift.prior_mean, range::FINITE);
                    errors.real(
                        "rule.drift.prior_variance",
                        drift.prior_variance,
                        range::PRIOR_VARIANCE,
                    );
                    errors.at_most(
                        "training.learn_every_ms",
                        learn_every_ms,
                        "half of rule.drift.tau_ms",
                        drift.tau_ms / 2.0,
                        "a longer step would overshoot the prior",
                    );
                }
            }
            Self::Force { alpha } => errors.real("rule.alpha", *alpha, range::POSITIVE),
        }
        errors.found
    }
}
