//! Flat fields to the typed parameters of the engine.

use super::error::Problem;
use super::scalar::{Scalar, shortest};
use super::signal::{Reading, Signal, SignalError, Signals, TimeUnit};
use std::sync::Arc;
use synapse_core::params::{
    Assignment, Covariance, Drift, Dropped, Feedback, Gain, NetworkParams, Noise, Precision,
    Protocol, PulseInput, Resample, RuleParams, Scale, Sine, TargetParams, TrainingParams,
    UpdateOrder,
};
use synapse_report::text_table::{Decimal, Dialect, Separator};

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

/// The targets of a condition: one for all replicates, or one for each signal.
#[derive(Debug, Clone)]
pub struct Targets {
    /// Their parameters; at least one.
    pub params: Vec<Arc<TargetParams>>,
    /// Their signals, if they are of files.
    pub signals: Arc<[Arc<Signal>]>,
}

/// `target.*`. An error is that of a signal.
pub fn targets(fields: &dyn Fields, signals: &mut Signals) -> Result<Option<Targets>, Problem> {
    if fields.text("target.kind") != Some("file") {
        return Ok(drawn_or_sines(fields).map(|target| Targets {
            params: vec![Arc::new(target)],
            signals: Arc::new([]),
        }));
    }
    let (Some(paths), Some(standardise), Some(resample)) = (
        fields.texts("target.path"),
        fields.flag("target.standardise"),
        fields.text("target.resample"),
    ) else {
        return Ok(None);
    };
    let told = |path: &str, column: &str, error| Problem::Signal {
        path: path.to_owned(),
        column: column.to_owned(),
        error,
    };
    let of_field = |field, problem: &str| {
        let problem = problem.to_owned();
        told("", "", SignalError::Fields { field, problem })
    };
    let (one, several) = (fields.text("target.column"), fields.texts("target.columns"));
    let columns = match (one, several) {
        (Some(_), Some(_)) => {
            let problem = "target.column is written, too; keep one of the two";
            return Err(of_field("target.columns", problem));
        }
        (Some(one), None) => vec![one],
        (None, Some(several)) => several,
        (None, None) => return Ok(None),
    };
    if paths.len() > 1 && columns.len() > 1 {
        let problem = "several columns of one file, or one column of several files: target.path is a list, too";
        return Err(of_field("target.columns", problem));
    }
    let Some(reading) = reading(fields).map_err(|(field, problem)| of_field(field, problem))?
    else {
        return Ok(None);
    };
    let mut found = Vec::new();
    for path in &paths {
        for column in &columns {
            let signal = signals.get(path, column, &reading);
            found.push(signal.map_err(|error| told(path, column, error))?);
        }
    }
    check_sums(fields, &found)
        .map_err(|(at, error)| told(&found[at].path, &found[at].column, error))?;
    let mut params: Vec<Arc<TargetParams>> = Vec::new();
    for signal in &found {
        let told = |error| told(&signal.path, &signal.column, error);
        let Some(sample_ms) = sample_ms(fields, signal).map_err(told)? else {
            return Ok(None);
        };
        if let Some(TargetParams::Samples {
            values,
            sample_ms: before,
            ..
        }) = params.first().map(|first| &**first)
            && (values.len() != signal.values.len() || sample_ms != *before)
        {
            let problem = format!(
                "it has {} samples {} ms apart, but {} (column {}) has {} samples {} ms apart; the signals of a study \
                 must last equally long: cut or resample them",
                signal.values.len(),
                shortest(sample_ms),
                found[0].path,
                found[0].column,
                values.len(),
                shortest(*before)
            );
            let field = "target.path";
            return Err(told(SignalError::Unusable { field, problem }));
        }
        params.push(Arc::new(TargetParams::Samples {
            values: signal.values.clone(),
            sample_ms,
            standardise,
            resample: match resample {
                "linear" => Resample::Linear,
                _ => Resample::LowPass,
            },
        }));
    }
    Ok(Some(Targets {
        params,
        signals: found.into(),
    }))
}

/// How the files are read; or the field that does not go with the others, and why.
fn reading(fields: &dyn Fields) -> Result<Option<Reading>, (&'static str, &'static str)> {
    let dialect = || {
        Some(Dialect {
            separator: Separator::of_word(fields.text("target.separator")?)?,
            decimal: Decimal::of_word(fields.text("target.decimal")?)?,
            skip_lines: fields.whole("target.skip_lines")?,
            comment: fields.text("target.comment").map(str::to_owned),
            units_row: fields.flag("target.units_row")?,
        })
    };
    let Some(dialect) = dialect() else {
        return Ok(None);
    };
    if dialect.separator == Separator::Comma && dialect.decimal == Decimal::Comma {
        return Err((
            "target.decimal",
            "\",\" separates the cells already; set target.separator, as in target.separator = \";\"",
        ));
    }
    if dialect
        .comment
        .as_deref()
        .is_some_and(|comment| comment.trim().is_empty())
    {
        return Err((
            "target.comment",
            "must be what comments begin with, such as \"#\"; leave it out where there are none",
        ));
    }
    let time = match (
        fields.text("target.time_column"),
        fields.text("target.time_unit"),
    ) {
        (None, None) => None,
        (Some(column), Some(unit)) => match TimeUnit::of_word(unit) {
            Some(unit) => Some((column.to_owned(), unit)),
            None => return Ok(None),
        },
        (Some(_), None) => {
            return Err((
                "target.time_column",
                "its unit is not written: set target.time_unit to \"s\", \"ms\", \"us\", \"min\" or \"h:mm:ss\"",
            ));
        }
        (None, Some(_)) => {
            return Err((
                "target.time_unit",
                "it means something only with target.time_column, the column of the samples' times",
            ));
        }
    };
    Ok(Some(Reading { dialect, time }))
}

/// The time between two samples, as it is written or as the column of times has it.
fn sample_ms(fields: &dyn Fields, signal: &Signal) -> Result<Option<f64>, SignalError> {
    let written = fields.real("target.sample_ms");
    match (written, signal.stamps) {
        (Some(written), Some(stamps))
            if libm::fabs(written - stamps.sample_ms) > stamps.tolerance_ms =>
        {
            Err(SignalError::OtherSampling {
                written,
                stamped: stamps.sample_ms,
            })
        }
        (written, stamps) => Ok(written.or(stamps.map(|stamps| stamps.sample_ms))),
    }
}

/// Holds the samples against `target.sha256`; an error is of the signal at a position.
fn check_sums(fields: &dyn Fields, signals: &[Arc<Signal>]) -> Result<(), (usize, SignalError)> {
    let Some(sums) = fields.texts("target.sha256") else {
        return Ok(());
    };
    for (at, signal) in signals.iter().enumerate() {
        let right = |sum: &&str| sum.eq_ignore_ascii_case(&signal.content);
        // A sum for each, or those of all files that an axis goes through.
        let holds = if sums.len() == signals.len() {
            right(&sums[at])
        } else {
            sums.iter().any(right)
        };
        if !holds {
            let wanted = sums.get(at).or(sums.first()).copied().unwrap_or_default();
            return Err((
                at,
                SignalError::Changed {
                    wanted: wanted.to_owned(),
                    found: signal.content.clone(),
                },
            ));
        }
    }
    Ok(())
}

fn drawn_or_sines(fields: &dyn Fields) -> Option<TargetParams> {
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
