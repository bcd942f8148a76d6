//! The comparison as files and as a table on the terminal.
//!
//! `comparison.csv` has a row per common condition and common checkpoint: `rule.kind`, `rule.eta0` (as
//! in the study) and `trial`, then of the study (`own_`) and of the reference (`reference_`) `n`,
//! `diverged_share` (0 to 1), `median` of the test MSE, its interval (`ci_low`, `ci_high`) and the
//! interval's `method`; `own_failed` counts runs without a value; `ln_ratio` is ln(own
//! median/reference median), empty if both are +∞.
//!
//! `scores.csv` has a row per score of [`super::scores`]: value, `bound` (`at_least` where the value is
//! a lower bound), interval, `n` and method of either side. Of a score of both sides together the
//! value is in the columns of the study, and what the reference gives against itself in its own.

use super::scores::{Score, Value};
use super::side::Measured;
use super::{Comparison, OneSided, Replicates};
use crate::error::ReportError;
use crate::number::short;
use crate::statistics::{LEVEL, method_line};
use crate::summary::{cell, write_whole};
use crate::verdict::align;
use std::path::{Path, PathBuf};

/// The file of medians.
pub const COMPARISON: &str = "comparison.csv";
/// The file of scores.
pub const SCORES: &str = "scores.csv";

/// Significant digits on the terminal.
const DIGITS: usize = 4;

/// The header and rows of `comparison.csv`.
pub fn comparison(c: &Comparison) -> Vec<Vec<String>> {
    let header = "rule.kind,rule.eta0,trial,own_n,own_failed,own_diverged_share,own_median,own_ci_low,own_ci_high,own_method,reference_n,reference_diverged_share,reference_median,reference_ci_low,reference_ci_high,reference_method,level,ln_ratio";
    let mut all = vec![header.split(',').map(str::to_string).collect()];
    for row in &c.rows {
        let condition = &c.pairs[row.pair].own;
        let mut line = vec![
            condition.rule.clone(),
            condition.cell.clone(),
            row.trial.to_string(),
            row.own.median.n.to_string(),
            row.own.failed.to_string(),
        ];
        line.extend(median_cells(&row.own));
        line.push(row.reference.median.n.to_string());
        line.extend(median_cells(&row.reference));
        line.extend([cell(Some(LEVEL)), cell(row.ln_ratio())]);
        all.push(line);
    }
    all
}

fn median_cells(m: &Measured) -> [String; 5] {
    let interval = m.median.interval;
    [
        cell(Some(m.diverged_share())),
        cell(Some(m.median.value)),
        cell(interval.map(|i| i.low)),
        cell(interval.map(|i| i.high)),
        m.median.method.name().to_string(),
    ]
}

/// The header and rows of `scores.csv`.
pub fn scores(c: &Comparison) -> Vec<Vec<String>> {
    let mut header = vec!["score".to_string(), "trial".to_string()];
    for side in ["own", "reference"] {
        let names = ["value", "bound", "ci_low", "ci_high", "n", "method"];
        header.extend(names.map(|name| format!("{side}_{name}")));
    }
    header.extend(["level", "note"].map(str::to_string));
    let mut all = vec![header];
    for score in &c.scores {
        let mut line = vec![score.name.clone(), c.trial.to_string()];
        line.extend(score_cells(score.own));
        line.extend(score_cells(score.reference));
        line.extend([cell(Some(LEVEL)), score.note.clone()]);
        all.push(line);
    }
    all
}

fn score_cells(value: Option<Value>) -> [String; 6] {
    let Some(v) = value else {
        return Default::default();
    };
    [
        // Undefined is missing, and missing is empty.
        cell(Some(v.value).filter(|x| !x.is_nan())),
        if v.at_least { "at_least" } else { "" }.to_string(),
        cell(v.interval.map(|i| i.low)),
        cell(v.interval.map(|i| i.high)),
        v.n.to_string(),
        v.method.name().to_string(),
    ]
}

/// Writes a table as CSV, at once; returns its path.
pub(super) fn write(
    folder: &Path,
    name: &str,
    lines: &[Vec<String>],
) -> Result<PathBuf, ReportError> {
    let path = folder.join(name);
    let mut text = csv::Writer::from_writer(Vec::new());
    for line in lines {
        text.write_record(line)
            .map_err(|e| ReportError::io("write", &path, e.into()))?;
    }
    let bytes = text
        .into_inner()
        .map_err(|e| ReportError::io("write", &path, e.into_error()))?;
    write_whole(&path, &bytes)?;
    Ok(path)
}

impl Comparison {
    /// What was compared, the scores, and what only one side has, as lines for a terminal.
    pub fn words(&self) -> String {
        let level = format!("{:.0} % interval", 100.0 * LEVEL);
        let header = ["score", "own", &level, "reference", &level, "note"];
        let mut lines = vec![header.map(str::to_string)];
        lines.extend(self.scores.iter().map(score_line));
        let mut text = String::new();
        align(&mut text, &lines).expect("writing to a string does not fail");
        text.push('\n');
        for line in [
            self.basis(),
            self.one_sided_words("only in the study", &self.only_own, &self.unrated),
            self.one_sided_words("only in the reference", &self.only_reference, &[]),
        ] {
            text.push_str(&line);
        }
        let methods: Vec<_> = self
            .scores
            .iter()
            .flat_map(|s| [s.own, s.reference])
            .flatten()
            .map(|v| v.method)
            .collect();
        text.push_str(&method_line(&methods));
        text.push_str("; a diverged run counts as ∞\n");
        text
    }

    fn basis(&self) -> String {
        let trials: Vec<u64> = {
            let all = self.pairs.iter().flat_map(|p| p.trials.iter().copied());
            let distinct: std::collections::BTreeSet<u64> = all.collect();
            distinct.into_iter().collect()
        };
        let trials: Vec<String> = trials.iter().map(ToString::to_string).collect();
        let side = |name: &str, r: Replicates| {
            format!("{name}: {} networks × {} targets", r.networks, r.targets)
        };
        let failed = match self.lost() {
            0 => String::new(),
            some => format!("; {some} failed runs of the study have no value"),
        };
        let selection = match self.selection.as_str() {
            "" => String::new(),
            words => format!(" where {words}"),
        };
        format!(
            "{} common conditions{selection}, checkpoints {}; scores at trial {}\n{}; {}{failed}\n",
            self.pairs.len(),
            trials.join(", "),
            self.trial,
            side("own", self.own_replicates),
            side("reference", self.reference_replicates)
        )
    }

    /// The conditions of one side alone as a line; empty if there are none.
    fn one_sided_words(&self, title: &str, conditions: &[OneSided], unrated: &[String]) -> String {
        let names: Vec<String> = conditions
            .iter()
            .map(one_sided_name)
            .chain(unrated.iter().cloned())
            .collect();
        if names.is_empty() {
            String::new()
        } else {
            format!("{title}: {}\n", names.join("; "))
        }
    }
}

/// A condition with its median at the checkpoint of the scores, if it has one.
fn one_sided_name(one: &OneSided) -> String {
    let name = one.condition.name();
    one.measured.map_or(name.clone(), |m| {
        let diverged = match m.diverged {
            0 => String::new(),
            some => format!(", {some} of {} diverged", m.median.n),
        };
        format!(
            "{name} (median {}{diverged})",
            short(m.median.value, DIGITS)
        )
    })
}

fn score_line(score: &Score) -> [String; 6] {
    let value = |v: Option<Value>| {
        v.map_or(String::new(), |v| {
            let bound = if v.at_least { "≥ " } else { "" };
            format!("{bound}{}", short(v.value, DIGITS))
        })
    };
    let interval = |v: Option<Value>| {
        v.map_or(String::new(), |v| {
            v.interval.map_or("–".to_string(), |i| {
                format!("{} … {}", short(i.low, DIGITS), short(i.high, DIGITS))
            })
        })
    };
    [
        score.name.clone(),
        value(score.own),
        interval(score.own),
        value(score.reference),
        interval(score.reference),
        score.note.clone(),
    ]
}
