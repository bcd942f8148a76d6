//! What both sides of a comparison are made of: conditions with their values per checkpoint.

use crate::design::{condition_key, condition_name};
use crate::error::ReportError;
use crate::expectation::{Match, Metric, Scalar, Where};
use crate::number::{self, Unread};
use crate::statistics::{Estimate, estimate, random_stream};
use crate::tables::{Sample, Tables};
use crate::verdict::select;
use crate::words::shortened;
use std::collections::BTreeMap;
use std::path::Path;

/// A rule at one learning rate, on one side.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// `rule.kind`.
    pub rule: String,
    /// η₀ as this side has it, before any rounding.
    pub eta0: f64,
    /// The text of η₀ in this side's table.
    pub cell: String,
    /// The name of its random streams.
    pub stream: Vec<String>,
    /// Its values by trial, only where test MSE is measured.
    pub samples: BTreeMap<u64, Sample>,
}

impl Condition {
    /// By what the conditions of both sides are matched: the rule, and η₀ to three significant
    /// digits, because published tables print 10^(−4.5) as 3.16e-05 or 3.162e-05.
    pub fn key(&self) -> (&str, String) {
        (&self.rule, rounded(self.eta0))
    }

    /// As messages and tables call it: `bayesian 3.16e-5`.
    pub fn name(&self) -> String {
        format!("{} {}", self.rule, rounded(self.eta0))
    }

    /// The median at a checkpoint with its interval and counts; `None` without any value there.
    pub fn measured(&self, trial: u64, seed: u64) -> Option<Measured> {
        let sample = self.samples.get(&trial)?;
        let checkpoint = trial.to_string();
        let mut name: Vec<&str> = self.stream.iter().map(String::as_str).collect();
        name.push(&checkpoint);
        let median = estimate(
            &sample.cells,
            crate::expectation::Statistic::Median,
            random_stream(seed, &name),
        )?;
        Some(Measured {
            median,
            diverged: sample.diverged,
            failed: sample.failed,
        })
    }
}

/// The median of a condition at a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Median test MSE, its interval, and the number of runs behind it.
    pub median: Estimate,
    /// Runs among these that had diverged by then, counted as +∞.
    pub diverged: usize,
    /// Runs that failed and have no value; always 0 for a reference.
    pub failed: usize,
}

impl Measured {
    /// Share of the runs that had diverged, 0 to 1.
    pub fn diverged_share(&self) -> f64 {
        self.diverged as f64 / self.median.n.max(1) as f64
    }
}

/// A number to three significant digits without trailing zeros: 3.16e-5, 1e-4, 2e-2.
pub fn rounded(x: f64) -> String {
    let text = format!("{x:.2e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
            format!("{mantissa}e{exponent}")
        }
        None => text,
    }
}

/// Conditions of a study: those that have a learning rate, and the names of those that have none.
pub(super) type Own = (Vec<Condition>, Vec<String>);

/// The conditions of a study that a selection leaves, at most one per rule and rate.
///
/// `folder` is for messages. An error if the selection matches nothing, or if it leaves several
/// conditions at one rule and rate: they differ in something that the reference does not tell.
pub(super) fn own(
    folder: &Path,
    tables: &mut Tables,
    selection: &Where,
) -> Result<Own, ReportError> {
    let problem = |problem: String| ReportError::Compare {
        path: folder.to_path_buf(),
        problem,
    };
    let selected = select::runs(selection, tables).map_err(&problem)?;
    for condition in &mut tables.conditions {
        condition
            .runs
            .retain(|run| selected.binary_search(run).is_ok());
    }
    let column = tables.column("rule.eta0");
    let (mut rated, mut unrated): (Vec<(usize, Condition)>, Vec<String>) = Default::default();
    for (index, condition) in tables.conditions.iter().enumerate() {
        if condition.runs.is_empty() {
            continue;
        }
        let number = column.and_then(|c| Some((c, tables.number(index, c)?)));
        let Some((column, eta0)) = number.filter(|(_, x)| x.is_finite() && *x > 0.0) else {
            unrated.push(condition_name(tables, index));
            continue;
        };
        let found = Condition {
            rule: condition.cells[0].clone(),
            eta0,
            cell: condition.cells[column].clone(),
            stream: vec![condition_key(tables, index)],
            samples: tables
                .trials(index, Metric::TestMse)
                .into_iter()
                .map(|trial| (trial, tables.sample(index, Metric::TestMse, trial)))
                .collect(),
        };
        if let Some((other, _)) = rated.iter().find(|(_, c)| c.key() == found.key()) {
            return Err(problem(ambiguous(tables, &found.name(), *other, index)));
        }
        rated.push((index, found));
    }
    Ok((rated.into_iter().map(|(_, c)| c).collect(), unrated))
}

/// Which parameters tell two conditions at one rule and rate apart, and how to choose.
fn ambiguous(tables: &Tables, name: &str, a: usize, b: usize) -> String {
    let (a, b) = (&tables.conditions[a].cells, &tables.conditions[b].cells);
    let differing: Vec<usize> = (0..a.len()).filter(|&i| a[i] != b[i]).collect();
    let other = differing
        .iter()
        .copied()
        .find(|&i| tables.parameters[i] != "rule.eta0");
    let Some(column) = other else {
        let eta0 = differing[0];
        return format!(
            "rule.eta0 = {} and {} are the same rate ({name}) to three significant digits, by which conditions are matched",
            a[eta0], b[eta0]
        );
    };
    let shown = |cell: &str| {
        if cell.is_empty() {
            "(empty)".to_string()
        } else {
            cell.to_string()
        }
    };
    let names: Vec<&str> = differing
        .iter()
        .map(|&i| tables.parameters[i].as_str())
        .filter(|path| *path != "rule.eta0")
        .collect();
    format!(
        "several conditions are {name}: they differ in {} ({} and {}); choose by --where {}={}",
        names.join(", "),
        shown(&a[column]),
        shown(&b[column]),
        tables.parameters[column],
        a[column]
    )
}

/// A selection from `path=value` texts; a value is `true` or `false`, a number, or a text.
///
/// An error names the text: without `=`, with an empty path, or a path that was given before.
pub fn parse_where(texts: &[String]) -> Result<Where, String> {
    let mut all = BTreeMap::new();
    for text in texts {
        let (path, value) = text
            .split_once('=')
            .map(|(path, value)| (path.trim(), value.trim()))
            .filter(|(path, _)| !path.is_empty())
            .ok_or_else(|| {
                let text = shortened(text);
                format!("--where {text}: must be path=value, as training.washout_ms=100")
            })?;
        let real = number::read(value);
        if let Err(unread @ (Unread::TooLarge(_) | Unread::TooSmall(_))) = &real {
            return Err(format!("--where {}: {unread}", shortened(text)));
        }
        let scalar = match (value, value.parse::<i64>(), real) {
            ("true", ..) => Scalar::Flag(true),
            ("false", ..) => Scalar::Flag(false),
            (_, Ok(whole), _) => Scalar::Whole(whole),
            (_, _, Ok(real)) => Scalar::Real(real),
            _ => Scalar::Text(value.to_string()),
        };
        if all.insert(path.to_string(), Match::One(scalar)).is_some() {
            let (text, path) = (shortened(text), shortened(path));
            return Err(format!("--where {text}: {path} is given twice"));
        }
    }
    Ok(Where(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_matched_to_three_significant_digits() {
        for (x, text) in [
            (3.1622776601683795e-5, "3.16e-5"),
            (3.162e-5, "3.16e-5"),
            (1e-5, "1e-5"),
            (0.02, "2e-2"),
            (0.00009999999, "1e-4"),
        ] {
            assert_eq!(rounded(x), text);
        }
    }

    #[test]
    fn selections_are_typed() {
        let texts = ["a.b=1", "c=1.5", "d=true", "e=fixed", "f="].map(str::to_string);
        let all = parse_where(&texts).unwrap();
        assert_eq!(all.to_string(), "a.b=1, c=1.5, d=true, e=fixed, f=");
        assert!(all.0["a.b"].matches("1.0") && all.0["f"].matches(""));
        for (texts, message) in [
            (
                &["x"][..],
                "--where x: must be path=value, as training.washout_ms=100",
            ),
            (
                &["=1"],
                "--where =1: must be path=value, as training.washout_ms=100",
            ),
            (&["x=1", "x=2"], "--where x=2: x is given twice"),
            (
                &["x=1e400"],
                "--where x=1e400: 1e400 is too large for a 64-bit float (at most 1.8e308)",
            ),
        ] {
            let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
            assert_eq!(parse_where(&texts).unwrap_err(), message);
        }
    }
}
