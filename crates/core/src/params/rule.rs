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
    /// The mean square of the errors, one per time step with learning on, older ones weighing
    /// exponentially less: v += (δ² − v)/errors, from the first δ² on.
    Exponential {
        /// After how many errors a weight has fallen to 1/e.
        errors: usize,
    },
    /// The posterior mean of the error's variance under an inverse-gamma prior, from all errors so far,
    /// one per time step with learning on: (scale + Σδ²/2)/(shape + n/2 − 1).
    InverseGamma {
        /// Shape of the prior, above 1 for it to have a mean.
        shape: f64,
        /// Scale of the prior: its mean is scale/(shape − 1).
        scale: f64,
    },
}

/// Which synapses share a block: as if they sat on one dendritic branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Assignment {
    /// Neighbours by number. J is random, so this is as good as any assignment that knows nothing.
    Index,
    /// Neighbours in a random order, drawn for each network.
    Random,
    /// Neighbours in the order of A_i, the weight of the feedback to the unit: synapses in a block have
    /// inputs that the output moves alike.
    Feedback,
}

/// What becomes of the directions that a low rank has no room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropped {
    /// Their precision goes to the diagonal: the synapses stay as certain as they were, each on its own.
    ToDiagonal,
    /// It is lost: there the belief falls back to its prior.
    Forgotten,
}

/// How much of the synapses' joint uncertainty the Bayesian rule keeps: Σ, the covariance of its belief
/// about the N weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Covariance {
    /// A variance per synapse (the paper).
    Diagonal,
    /// Blocks of `size` synapses (the last block may be smaller): covariances within a block, none between
    /// blocks.
    Block {
        /// Synapses per block.
        size: usize,
        /// Which synapses.
        assignment: Assignment,
    },
    /// Σ⁻¹ = D + W Wᵀ, D diagonal, W of at most `rank` + `recent` columns.
    LowRank {
        /// Columns that a reduction keeps: the leading directions.
        rank: usize,
        /// Learning steps between two reductions, each a column until then.
        recent: usize,
        /// What becomes of the directions that a reduction does not keep.
        dropped: Dropped,
    },
    /// All covariances.
    Full,
}

/// What the step of the Bayesian rule is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gain {
    /// σ_δ², the error's variance (the paper, which neglects the uncertainty of the output).
    Published,
    /// σ_δ² + rᵀ Σ r over all synapses: the gain of a Kalman filter.
    Exact,
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
    /// The Bayesian rule: k = Σ r, w += c k δ, Σ −= c k kᵀ, Σ(0) = η₀ σ_δ² I with the σ_δ² of the first
    /// learning step; c = 1/σ_δ² or 1/(σ_δ² + rᵀk), by the gain. In f32, covariances stand a σ_δ² down to about a
    /// hundredth of Σ(0): η₀ up to 100, or less where σ_δ² falls. Below, rounding makes steps overshoot, as for
    /// FORCE with a small α; f64 has room for it (`experiments/noise_model_precision.toml`). With a diagonal Σ and the published
    /// gain: w_i += (σ_i²/σ_δ²) δ r_i, σ_i² −= (σ_i⁴/σ_δ²) r_i².
    Bayesian {
        /// η₀.
        eta0: f64,
        /// Which part of Σ is kept; the rest stays 0.
        covariance: Covariance,
        /// c.
        gain: Gain,
        /// Where σ_δ² comes from.
        noise: Noise,
        /// Which σ_i² enters the weight update.
        update_order: UpdateOrder,
        /// The drift of the paper's full rule; none in its network simulations.
        drift: Option<Drift>,
        /// λ: after each learning step Σ becomes Σ/λ. 1 forgets nothing; 1 − 1/n forgets what is n steps ago
        /// or more, about.
        forgetting: f64,
    },
    /// Recursive least squares (Sussillo & Abbott, Neuron 63, 544–557, 2009), P(0) = I/α.
    Force {
        /// α. In f32 at least 0.01: below that, rounding makes P indefinite within thousands of updates,
        /// and runs diverge that do not in f64 (so for η₀ above 100 with all covariances).
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
                eta0,
                covariance,
                gain,
                noise,
                update_order,
                drift,
                forgetting,
            } => {
                errors.real("rule.eta0", *eta0, range::ETA0);
                errors.real("rule.forgetting", *forgetting, range::FORGETTING);
                match covariance {
                    Covariance::Diagonal | Covariance::Full => {}
                    Covariance::Block { size, .. } => {
                        errors.whole("rule.covariance.size", *size as u64, range::BLOCK);
                    }
                    Covariance::LowRank { rank, recent, .. } => {
                        errors.whole("rule.covariance.rank", *rank as u64, range::RANK);
                        errors.whole("rule.covariance.recent", *recent as u64, range::RANK);
                        // The published gain may take more from Σ than there is, and no real W does that.
                        if *gain == Gain::Published {
                            errors.push(ParamError::OnlyWith {
                                field: "rule.covariance.kind = \"low_rank\"",
                                needed: "rule.gain = \"exact\"",
                            });
                        }
                        // D⁻¹ and W do not relax toward a prior in Σ.
                        if drift.is_some() {
                            errors.push(ParamError::OnlyWith {
                                field: "rule.drift.tau_ms",
                                needed: "rule.covariance.kind = \"diagonal\", \"block\" or \"full\"",
                            });
                        }
                    }
                }
                let published = (*covariance, *gain) == (Covariance::Diagonal, Gain::Published);
                if !published && *update_order == UpdateOrder::VarianceFirst {
                    errors.push(ParamError::OnlyWith {
                        field: "rule.update_order = \"variance_first\"",
                        needed: "rule.covariance.kind = \"diagonal\" and rule.gain = \"published\"",
                    });
                }
                match noise {
                    Noise::Fixed { variance } => {
                        errors.real("rule.noise.variance", *variance, range::POSITIVE);
                    }
                    Noise::Window {
                        errors: n,
                        lag_steps,
                    } => {
                        errors.whole("rule.noise.errors", *n as u64, range::WINDOW_ERRORS);
                        errors.whole("rule.noise.lag_steps", *lag_steps as u64, range::LAG_STEPS);
                    }
                    Noise::Exponential { errors: n } => {
                        errors.whole("rule.noise.errors", *n as u64, range::WINDOW_ERRORS);
                    }
                    Noise::InverseGamma { shape, scale } => {
                        errors.real("rule.noise.shape", *shape, range::SHAPE);
                        errors.real("rule.noise.scale", *scale, range::POSITIVE);
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
