//! The targets of a condition: `target.*` to the typed parameters of the engine, and what of a signal
//! identifies a run.

use super::error::Problem;
use super::identity::line;
use super::scalar::{Scalar, shortest};
use super::signal::{Reading, Signal, SignalError, Signals, TimeUnit};
use super::typed::{Fields, drawn_or_sines};
use std::sync::Arc;
use synapse_core::params::{Resample, TargetParams};
use synapse_report::text_table::{Decimal, Dialect, Separator};
use synapse_report::words::shortened;

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
        error: Box::new(error),
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
    for (at, signal) in found.iter().enumerate() {
        if let Some(same) = found[..at].iter().find(|one| one.content == signal.content) {
            let problem = format!(
                "it has the same samples as {} (column {}); each signal counts as a replicate, so leave one of them out",
                shortened(&same.path),
                shortened(&same.column)
            );
            let field = match paths.len() {
                1 => "target.columns",
                _ => "target.path",
            };
            let error = SignalError::Unusable { field, problem };
            return Err(told(&signal.path, &signal.column, error));
        }
    }
    check_sums(fields, &found)
        .map_err(|(at, error)| told(&found[at].path, &found[at].column, error))?;
    let resample = match resample {
        "linear" => Resample::Linear,
        _ => Resample::LowPass,
    };
    let params = params(fields, &found, standardise, resample);
    let params = params.map_err(|(at, error)| told(&found[at].path, &found[at].column, error))?;
    Ok(params.map(|params| Targets {
        params,
        signals: found.into(),
    }))
}

/// The parameters of each signal's target; an error is of the signal at a position.
fn params(
    fields: &dyn Fields,
    signals: &[Arc<Signal>],
    standardise: bool,
    resample: Resample,
) -> Result<Option<Vec<Arc<TargetParams>>>, (usize, SignalError)> {
    let mut params = Vec::new();
    let mut first: Option<(&Signal, f64)> = None;
    for (at, signal) in signals.iter().enumerate() {
        let Some(sample_ms) = sample_ms(fields, signal).map_err(|error| (at, error))? else {
            return Ok(None);
        };
        let (one, of_one) = *first.get_or_insert((signal, sample_ms));
        if one.values.len() != signal.values.len() || of_one != sample_ms {
            let problem = format!(
                "it has {} samples {} ms apart, but {} (column {}) has {} samples {} ms apart; the signals of a study \
                 must last equally long: cut or resample them",
                signal.values.len(),
                shortest(sample_ms),
                shortened(&one.path),
                shortened(&one.column),
                one.values.len(),
                shortest(of_one)
            );
            let field = "target.path";
            return Err((at, SignalError::Unusable { field, problem }));
        }
        params.push(Arc::new(TargetParams::Samples {
            values: signal.values.clone(),
            sample_ms,
            standardise,
            resample,
        }));
    }
    Ok(Some(params))
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

/// The lines that stand for a signal: its samples, the time between them, and the filter where there is
/// one. Without one they are those of all runs before there was any.
pub fn identity(signal: &Signal, params: &TargetParams, dt_ms: f64) -> String {
    let mut lines = line("target.content", &Scalar::text(&signal.content));
    if let TargetParams::Samples { sample_ms, .. } = params {
        lines += &line("target.sample_ms", &Scalar::float(*sample_ms));
    }
    if params.is_filtered(dt_ms) {
        lines += &line("target.resample", &Scalar::text("lowpass"));
    }
    lines
}
