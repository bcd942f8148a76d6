//! `summary.csv`: one row per condition, metric and checkpoint, with every number's interval.
//!
//! Rows are in the order of the conditions in `runs.csv`, then test MSE before tracking MSE, then by
//! trial. `n` counts the runs that have a value or forfeit it by divergence (+∞, of those
//! `diverged`); `failed` runs have none; `missing` are those that the study plans but the tables do
//! not hold, and ok runs without a value. A median over no run is empty, over too many diverged
//! ones `inf`. A condition of which all runs failed has one row per metric, with an empty trial.

use crate::design::condition_key;
use crate::error::ReportError;
use crate::expectation::{Metric, Statistic};
use crate::files::replace::{replace, sweep};
use crate::statistics::{self, Estimate, quantile, random_stream};
use crate::study::Study;
use crate::tables::{Sample, Tables};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The file's name in a result folder.
pub const FILE: &str = "summary.csv";

/// The columns after the parameters.
const COLUMNS: [&str; 13] = [
    "metric", "trial", "n", "diverged", "failed", "missing", "median", "q25", "q75", "ci_low",
    "ci_high", "level", "method",
];

/// One row of the summary.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Index into [`Tables::conditions`].
    pub condition: usize,
    /// What is summarised.
    pub metric: Metric,
    /// At which checkpoint; none if all runs of the condition failed.
    pub trial: Option<u64>,
    /// Runs with a value, diverged ones among them.
    pub n: usize,
    /// Runs that are +∞ here by divergence.
    pub diverged: usize,
    /// Runs that failed.
    pub failed: usize,
    /// Runs that are planned but have neither a value nor a failure.
    pub missing: usize,
    /// Median with its interval; none if n = 0.
    pub median: Option<Estimate>,
    /// Lower quartile.
    pub q25: Option<f64>,
    /// Upper quartile.
    pub q75: Option<f64>,
}

/// The summary of a study.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The rows, in the file's order.
    pub rows: Vec<Row>,
    /// Networks × targets that each condition should have.
    pub planned: usize,
}

impl Summary {
    /// Computes all rows. The result does not depend on the number of threads: each row has its own
    /// random stream, and rows keep their order.
    pub fn of(tables: &Tables, study: &Study) -> Self {
        let planned = planned_runs(tables, study);
        let mut keys: Vec<(usize, Metric, Option<u64>)> = Vec::new();
        for (condition, c) in tables.conditions.iter().enumerate() {
            for metric in Metric::ALL {
                if c.trials.is_empty() {
                    keys.push((condition, metric, None));
                }
                let trials = tables.trials(condition, metric);
                keys.extend(trials.into_iter().map(|t| (condition, metric, Some(t))));
            }
        }
        let rows = keys
            .into_par_iter()
            .map(|(condition, metric, trial)| row(tables, study, planned, condition, metric, trial))
            .collect();
        Self { rows, planned }
    }

    /// The rows of a condition and metric, by ascending trial.
    pub fn curve(&self, condition: usize, metric: Metric) -> &[Row] {
        let key = |row: &Row| (row.condition, row.metric);
        let start = self.rows.partition_point(|r| key(r) < (condition, metric));
        let end = self.rows.partition_point(|r| key(r) <= (condition, metric));
        &self.rows[start..end]
    }

    /// The row of a condition's last checkpoint with this metric.
    pub fn last(&self, condition: usize, metric: Metric) -> Option<&Row> {
        self.curve(condition, metric).last()
    }

    /// The best of some conditions: lowest final median; among equals (several ∞, say) the one with
    /// the fewest diverged runs; among those the first. `None` if no condition has a value.
    pub fn best(&self, conditions: &[usize], metric: Metric) -> Option<&Row> {
        conditions
            .iter()
            .filter_map(|&c| self.last(c, metric))
            .filter_map(|row| row.median.map(|m| (m.value, row)))
            // min_by keeps the first of equals.
            .min_by(|a, b| {
                a.0.total_cmp(&b.0)
                    .then_with(|| (a.1.diverged * b.1.n).cmp(&(b.1.diverged * a.1.n)))
            })
            .map(|(_, row)| row)
    }

    /// Writes `summary.csv`, and removes what reports of this folder that died left half written.
    pub fn write(&self, tables: &Tables, folder: &Path) -> Result<PathBuf, ReportError> {
        let mut text = csv::Writer::from_writer(Vec::new());
        let header = tables.parameters.iter().map(String::as_str).chain(COLUMNS);
        let path = folder.join(FILE);
        // What reports left half written when they died. What cannot be removed is in nobody's way.
        for folder in [folder, &folder.join(crate::figures::FOLDER)] {
            let _ = sweep(folder);
        }
        let io = |e: csv::Error| ReportError::io("write", &path, e.into());
        text.write_record(header).map_err(io)?;
        for row in &self.rows {
            let interval = row.median.and_then(|m| m.interval);
            let tail = [
                row.metric.name().to_string(),
                row.trial.map_or(String::new(), |t| t.to_string()),
                row.n.to_string(),
                row.diverged.to_string(),
                row.failed.to_string(),
                row.missing.to_string(),
                cell(row.median.map(|m| m.value)),
                cell(row.q25),
                cell(row.q75),
                cell(interval.map(|i| i.low)),
                cell(interval.map(|i| i.high)),
                cell(interval.map(|i| i.level)),
                row.median.map_or("none", |m| m.method.name()).to_string(),
            ];
            let cells = tables.conditions[row.condition]
                .cells
                .iter()
                .chain(tail.iter());
            text.write_record(cells).map_err(io)?;
        }
        let bytes = text
            .into_inner()
            .map_err(|e| ReportError::io("write", &path, e.into_error()))?;
        write_whole(&path, &bytes)?;
        Ok(path)
    }
}

/// Shortest text that reads back as the same number; +∞ is `inf`.
pub(crate) fn cell(x: Option<f64>) -> String {
    x.map_or(String::new(), |x| {
        let plain = format!("{x}");
        let debug = format!("{x:?}");
        if debug.len() < plain.len() {
            debug
        } else {
            plain
        }
    })
}

/// Writes a file that appears whole or not at all.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    replace(path, |out| out.write_all(bytes)).map_err(|e| ReportError::io("write", path, e))
}

/// Networks × targets per condition: what the study says, or at least what some condition has.
fn planned_runs(tables: &Tables, study: &Study) -> usize {
    let stated = study.replicates.map_or(0, |(k, j)| k.saturating_mul(j));
    let found: BTreeSet<(u32, u32)> = tables.runs.iter().map(|r| (r.network, r.target)).collect();
    found
        .len()
        .max(usize::try_from(stated).unwrap_or(usize::MAX))
}

fn row(
    tables: &Tables,
    study: &Study,
    planned: usize,
    condition: usize,
    metric: Metric,
    trial: Option<u64>,
) -> Row {
    let sample = match trial {
        Some(trial) => tables.sample(condition, metric, trial),
        None => Sample {
            failed: tables.conditions[condition].runs.len(),
            ..Sample::default()
        },
    };
    let checkpoint = trial.map_or(String::new(), |t| t.to_string());
    // Not keyed by the metric: both metrics are then resampled alike, and the interval of one does
    // not change if the other is not measured.
    let stream = random_stream(
        study.seed,
        &[&condition_key(tables, condition), &checkpoint],
    );
    let mut sorted: Vec<f64> = sample.cells.iter().map(|c| c.value).collect();
    sorted.sort_by(f64::total_cmp);
    Row {
        condition,
        metric,
        trial,
        n: sample.cells.len(),
        diverged: sample.diverged,
        failed: sample.failed,
        missing: planned.saturating_sub(sample.cells.len() + sample.failed),
        median: statistics::estimate(&sample.cells, Statistic::Median, stream),
        q25: quantile(&sorted, 0.25),
        q75: quantile(&sorted, 0.75),
    }
}
