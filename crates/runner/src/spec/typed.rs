//! Flat fields to the typed parameters of the engine.

use super::scalar::Scalar;
use synapse_core::params::{
    Assignment, Covariance, Drift, Dropped, Feedback, Gain, NetworkParams, Noise, Precision,
    Protocol, PulseInput, RuleParams, Scale, Sine, TargetParams, TrainingParams, UpdateOrder,
};

/// Fields by path. A field that is wrong, and has been told, is absent: then there is nothing to build.
pub trait Fields {
    /// The value at a full path.
    fn get(&self, path: &str) -> Option<&Scalar>;

    /// A real number.
    fn real(&self, path: &str) -> Option<f64> {
        self.get(path)?.as_f64()
    }

    /// A whole number ≥ 0.
    fn whole(&self, path: &str) -> Option<usize> {
        match self.get(path)? {
            Scalar::Integer(value) => usize::try_from(*value).ok(),
            _ => None,
        }
    }

    /// A text or a word.
    fn text(&self, path: &str) -> Option<&str> {
        self.get(path)?.as_text()
    }

    /// A text, or several.
    fn texts(&self, path: &str) -> Option<Vec<&str>> {
        match self.get(path)? {
            Scalar::Text(text) => Some(vec![text]),
            Scalar::Texts(texts) => Some(texts.iter().map(|text| &**text).collect()),
            _ => None,
        }
    }

    /// A flag.
    fn flag(&self, path: &str) -> Option<bool> {
        match self.get(path)? {
            Scalar::Bool(value) => Some(*value),
            _ => None,
        }
    }
}

fn scale(word: &str) -> Option<Scale> {
    match word {
        "variance" => Some(Scale::Variance),
        "standard_deviation" => Some(Scale::StandardDeviation),
        _ => None,
    }
}

/// `network.*`
pub fn network(fields: &dyn Fields) -> Option<NetworkParams> {
    Some(NetworkParams {
        units: fields.whole("network.units")?,
        connection_probability: fields.real("network.connection_probability")?,
        gain: fields.real("network.gain")?,
        recurrent_scale: scale(fields.text("network.recurrent_scale")?)?,
        tau_ms: fields.real("network.tau_ms")?,
        dt_ms: fields.real("network.dt_ms")?,
        pulse_ms: fields.real("network.pulse_ms")?,
        pulse_onset_ms: fields.real("network.pulse_onset_ms")?,
        pulse_input: match fields.text("network.pulse_input")? {
            "per_unit" => PulseInput::PerUnit,
            "shared" => PulseInput::Shared,
            _ => return None,
        },
        feedback_gain: fields.real("network.feedback_gain")?,
        feedback: match fields.text("network.feedback")? {
            "readout" => Feedback::Readout,
            "own_potential" => Feedback::OwnPotential,
            _ => return None,
        },
        readout_scale: scale(fields.text("network.readout_scale")?)?,
        initial_state: fields.real("network.initial_state")?,
        state_noise: fields.real("network.state_noise")?,
    })
}

/// A target that is drawn or made.
pub(super) fn drawn_or_sines(fields: &dyn Fields) -> Option<TargetParams> {
    let length_ms = fields.real("target.length_ms")?;
    match fields.text("target.kind")? {
        "periodic_gp" => Some(TargetParams::PeriodicGp { length_ms }),
        "sines" => {
            let sine = |i: usize| {
                let real = |name| fields.real(&format!("target.components.{i}.{name}"));
                Some(Sine {
                    period_ms: real("period_ms")?,
                    amplitude: real("amplitude")?,
                    phase: real("phase")?,
                })
            };
            let components: Vec<Sine> = (0..).map_while(sine).collect();
            (!components.is_empty()).then_some(TargetParams::Sines {
                length_ms,
                components,
            })
        }
        _ => None,
    }
}

/// `training.*`
pub fn training(fields: &dyn Fields) -> Option<TrainingParams> {
    let protocol = match fields.text("training.protocol")? {
        "trials" => Protocol::Trials {
            trials: fields.whole("training.trials")?,
            washout_ms: fields.real("training.washout_ms")?,
            washout_feedback: fields.flag("training.washout_feedback")?,
            checkpoints_every: fields.whole("training.checkpoints_every")?,
        },
        "stream" => Protocol::Stream {
            duration_ms: fields.real("training.duration_ms")?,
            validate_every_ms: fields.real("training.validate_every_ms")?,
            test_periods: fields.whole("training.test_periods")?,
            learn_at_validation: fields.flag("training.learn_at_validation")?,
        },
        _ => return None,
    };
    Some(TrainingParams {
        protocol,
        learn_every_ms: fields.real("training.learn_every_ms")?,
        error_steps: fields.whole("training.error_steps")?,
        error_lag_steps: fields.whole("training.error_lag_steps")?,
        error_noise: fields.real("training.error_noise")?,
        switch_target_at_trial: fields.whole("training.switch_target_at_trial")?,
        precision: match fields.text("training.precision")? {
            "f32" => Precision::F32,
            "f64" => Precision::F64,
            _ => return None,
        },
    })
}

/// `rule.*`
pub fn rule(fields: &dyn Fields) -> Option<RuleParams> {
    match fields.text("rule.kind")? {
        "classical" => Some(RuleParams::Classical {
            eta0: fields.real("rule.eta0")?,
        }),
        "bayesian" => Some(RuleParams::Bayesian {
            eta0: fields.real("rule.eta0")?,
            covariance: match fields.text("rule.covariance.kind")? {
                "diagonal" => Covariance::Diagonal,
                "block" => Covariance::Block {
                    size: fields.whole("rule.covariance.size")?,
                    assignment: match fields.text("rule.covariance.assignment") {
                        None | Some("index") => Assignment::Index,
                        Some("random") => Assignment::Random,
                        Some("feedback") => Assignment::Feedback,
                        Some(_) => return None,
                    },
                },
                "low_rank" => Covariance::LowRank {
                    rank: fields.whole("rule.covariance.rank")?,
                    recent: fields.whole("rule.covariance.recent")?,
                    dropped: match fields.text("rule.covariance.dropped")? {
                        "to_diagonal" => Dropped::ToDiagonal,
                        "forgotten" => Dropped::Forgotten,
                        _ => return None,
                    },
                },
                "full" => Covariance::Full,
                _ => return None,
            },
            gain: match fields.text("rule.gain")? {
                "published" => Gain::Published,
                "exact" => Gain::Exact,
                _ => return None,
            },
            noise: match fields.text("rule.noise.kind")? {
                "fixed" => Noise::Fixed {
                    variance: fields.real("rule.noise.variance")?,
                },
                "window" => Noise::Window {
                    errors: fields.whole("rule.noise.errors")?,
                    lag_steps: fields.whole("rule.noise.lag_steps")?,
                },
                "exponential" => Noise::Exponential {
                    errors: fields.whole("rule.noise.errors")?,
                },
                "inverse_gamma" => Noise::InverseGamma {
                    shape: fields.real("rule.noise.shape")?,
                    scale: fields.real("rule.noise.scale")?,
                },
                _ => return None,
            },
            update_order: match fields.text("rule.update_order")? {
                "together" => UpdateOrder::Together,
                "variance_first" => UpdateOrder::VarianceFirst,
                _ => return None,
            },
            drift: match fields.get("rule.drift.tau_ms") {
                None => None,
                Some(_) => Some(Drift {
                    tau_ms: fields.real("rule.drift.tau_ms")?,
                    prior_mean: fields.real("rule.drift.prior_mean")?,
                    prior_variance: fields.real("rule.drift.prior_variance")?,
                }),
            },
            forgetting: match fields.get("rule.forgetting") {
                None => 1.0,
                Some(_) => fields.real("rule.forgetting")?,
            },
        }),
        "force" => Some(RuleParams::Force {
            alpha: fields.real("rule.alpha")?,
        }),
        _ => None,
    }
}
