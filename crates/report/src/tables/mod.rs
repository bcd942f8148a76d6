//! The tables of a result folder, in memory: conditions, runs, their curves and traces.

mod agreement;
mod curves;
mod line;
mod runs;
mod traces;

use crate::error::ReportError;
use crate::expectation::Metric;
use std::collections::HashMap;
use std::path::Path;

pub use agreement::Disagreement;
pub use line::TableReader;

/// What a table is called, and the columns that follow `run_id` and the parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableForm {
    /// The file's name in a result folder.
    pub file: &'static str,
    /// The columns, in order.
    pub columns: &'static [&'static str],
}

/// A row per run.
pub const RUNS: TableForm = TableForm {
    file: runs::FILE,
    columns: &runs::COLUMNS,
};

/// A row per run and checkpoint.
pub const CURVES: TableForm = TableForm {
    file: curves::FILE,
    columns: &curves::COLUMNS,
};

/// A row per sample of a trace; the table may be absent.
pub const TRACES: TableForm = TableForm {
    file: traces::FILE,
    columns: &traces::COLUMNS,
};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It ran through.
    Ok,
    /// Its state became non-finite: a result, counted as +∞.
    Diverged,
    /// It could not be computed: no result.
    Failed,
}

impl Status {
    /// The word in the tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Diverged => "diverged",
            Self::Failed => "failed",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "ok" => Some(Self::Ok),
            "diverged" => Some(Self::Diverged),
            "failed" => Some(Self::Failed),
            _ => None,
        }
    }
}

/// One row of `curves.csv`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Checkpoint {
    /// Trials of learning done, or in the stream protocol the number of the validation block.
    pub trial: u64,
    /// Empty at and after a divergence, and where the protocol has no test.
    pub test_mse: Option<f64>,
    /// Empty at and after a divergence, and before learning.
    pub tracking_mse: Option<f64>,
}

impl Checkpoint {
    /// The value of a metric.
    pub fn get(&self, metric: Metric) -> Option<f64> {
        match metric {
            Metric::TestMse => self.test_mse,
            Metric::TrackingMse => self.tracking_mse,
        }
    }
}

/// One row of `runs.csv`, with its checkpoints.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The run's identity.
    pub id: String,
    /// Index into [`Tables::conditions`].
    pub condition: usize,
    /// k, from 0.
    pub network: u32,
    /// j, from 0.
    pub target: u32,
    /// How it ended.
    pub status: Status,
    /// Trial and step of its divergence.
    pub diverged: Option<(u64, u64)>,
    /// The test MSE that `runs.csv` has: that of the last checkpoint.
    pub test_mse: Option<f64>,
    /// The tracking MSE that `runs.csv` has.
    pub tracking_mse: Option<f64>,
    /// What went wrong, if it failed.
    pub message: String,
    /// Its rows of `curves.csv`, by ascending trial.
    pub curve: Vec<Checkpoint>,
}

impl Run {
    /// The checkpoint at a trial.
    pub fn at(&self, trial: u64) -> Option<&Checkpoint> {
        self.curve
            .binary_search_by_key(&trial, |c| c.trial)
            .ok()
            .map(|i| &self.curve[i])
    }
}

/// All runs with the same parameter cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The cells, in the order of [`Tables::parameters`]; empty: the condition has no such field.
    pub cells: Vec<String>,
    /// Indices into [`Tables::runs`].
    pub runs: Vec<usize>,
    /// The trials of all its checkpoints, ascending; empty if all its runs failed.
    pub trials: Vec<u64>,
    /// Whether test MSE exists before the last checkpoint (the trial protocol) or only there (stream).
    tested_throughout: bool,
    /// The first trial with a tracking MSE.
    first_tracked: u64,
}

/// One run's frozen test in closed loop, as samples in time.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// Index into [`Tables::runs`].
    pub run: usize,
    /// The checkpoint at which it was taken.
    pub trial: u64,
    /// Times in ms.
    pub t_ms: Vec<f64>,
    /// The target at these times.
    pub v_tar: Vec<f64>,
    /// The output at these times.
    pub v: Vec<f64>,
}

/// All tables of a result folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Tables {
    /// The parameter columns, `rule.kind` first.
    pub parameters: Vec<String>,
    /// The conditions, in the order of their first run.
    pub conditions: Vec<Condition>,
    /// The runs, in the order of the file.
    pub runs: Vec<Run>,
    /// The traces, in the order of the file.
    pub traces: Vec<Trace>,
}

/// One value per network and target, of one condition or of several pooled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// k
    pub network: u32,
    /// j
    pub target: u32,
    /// The value; +∞ for a diverged run.
    pub value: f64,
}

/// The values of a condition at a checkpoint, and what became of the other runs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sample {
    /// One per ok or diverged run.
    pub cells: Vec<Cell>,
    /// How many of the cells are +∞ by divergence.
    pub diverged: usize,
    /// Runs that failed.
    pub failed: usize,
    /// Ok runs without a value here; runs that are not in the table at all are not known here.
    pub empty: usize,
}

impl Tables {
    /// Reads `runs.csv`, `curves.csv` and, if there is one, `traces.csv`.
    pub fn read(folder: &Path) -> Result<Self, ReportError> {
        Self::of(folder, |file| TableReader::open(folder, file))
    }

    /// Reads the texts of the three tables, of which the last may be missing.
    pub fn parse(runs: &[u8], curves: &[u8], traces: Option<&[u8]>) -> Result<Self, ReportError> {
        Self::of(Path::new(""), |file| {
            let text = match file {
                runs::FILE => Some(runs),
                curves::FILE => Some(curves),
                _ => traces,
            };
            text.map(|text| TableReader::new(Box::new(text), file.into()))
                .transpose()
        })
    }

    fn of<'a>(
        folder: &Path,
        open: impl Fn(&'static str) -> Result<Option<TableReader<'a>>, ReportError>,
    ) -> Result<Self, ReportError> {
        let required = |file| {
            open(file)?.ok_or_else(|| ReportError::NoFile {
                folder: folder.to_path_buf(),
                file,
            })
        };
        let mut tables = runs::read(required(runs::FILE)?)?;
        // Looked up, never iterated: the map's order reaches no output.
        let ids: HashMap<String, usize> = tables
            .runs
            .iter()
            .enumerate()
            .map(|(i, run)| (run.id.clone(), i))
            .collect();
        curves::read(required(curves::FILE)?, &mut tables, &ids)?;
        if let Some(table) = open(traces::FILE)? {
            traces::read(table, &mut tables, &ids)?;
        }
        tables.find_checkpoints();
        Ok(tables)
    }

    /// The position of a parameter column.
    pub fn column(&self, path: &str) -> Option<usize> {
        self.parameters.iter().position(|p| p == path)
    }

    /// The cell of a condition as a number.
    pub fn number(&self, condition: usize, column: usize) -> Option<f64> {
        self.conditions[condition].cells[column].parse().ok()
    }

    /// Whether a metric is measured at a checkpoint of a condition, diverged runs apart.
    pub fn is_measured(&self, condition: usize, metric: Metric, trial: u64) -> bool {
        let c = &self.conditions[condition];
        c.trials.binary_search(&trial).is_ok()
            && match metric {
                Metric::TestMse => c.tested_throughout || c.trials.last() == Some(&trial),
                Metric::TrackingMse => trial >= c.first_tracked,
            }
    }

    /// The checkpoints of a condition at which a metric is measured, ascending.
    pub fn trials(&self, condition: usize, metric: Metric) -> Vec<u64> {
        self.conditions[condition]
            .trials
            .iter()
            .copied()
            .filter(|&t| self.is_measured(condition, metric, t))
            .collect()
    }

    /// The values of a condition at a checkpoint where the metric is measured.
    pub fn sample(&self, condition: usize, metric: Metric, trial: u64) -> Sample {
        let mut sample = Sample::default();
        for &index in &self.conditions[condition].runs {
            let run = &self.runs[index];
            let value = run.at(trial).and_then(|c| c.get(metric));
            let value = match (run.status, value) {
                (Status::Failed, _) => {
                    sample.failed += 1;
                    continue;
                }
                (_, Some(value)) => value,
                (Status::Diverged, None) => {
                    sample.diverged += 1;
                    f64::INFINITY
                }
                (Status::Ok, None) => {
                    sample.empty += 1;
                    continue;
                }
            };
            sample.cells.push(Cell {
                network: run.network,
                target: run.target,
                value,
            });
        }
        sample
    }

    /// Fills in which checkpoints a condition has and which metric is measured at them.
    ///
    /// An empty cell alone does not say whether the protocol has no measurement there or the run
    /// had diverged, so the other runs are asked: first those of the condition, then, if all of
    /// those diverged before they could tell, those of all conditions with the same checkpoints.
    fn find_checkpoints(&mut self) {
        for condition in &mut self.conditions {
            let mut trials: Vec<u64> = condition
                .runs
                .iter()
                .flat_map(|&r| self.runs[r].curve.iter().map(|c| c.trial))
                .collect();
            trials.sort_unstable();
            trials.dedup();
            condition.trials = trials;
        }
        let early_test: Vec<bool> = (0..self.conditions.len())
            .map(|i| {
                let last = self.conditions[i].trials.last().copied().unwrap_or(0);
                self.any_row(i, |c| c.trial < last && c.test_mse.is_some())
            })
            .collect();
        let early_tracking: Vec<bool> = (0..self.conditions.len())
            .map(|i| {
                let first = self.conditions[i].trials.first().copied().unwrap_or(0);
                self.any_row(i, |c| c.trial == first && c.tracking_mse.is_some())
            })
            .collect();
        for i in 0..self.conditions.len() {
            let trials = self.conditions[i].trials.clone();
            let peers = |told: &[bool]| {
                (0..told.len()).any(|j| told[j] && self.conditions[j].trials == trials)
            };
            let tested = early_test[i] || peers(&early_test);
            let first = trials.first().copied().unwrap_or(0);
            // Trial 0 is before learning; a stream whose blocks count from 0 says so by its values.
            let tracked = first > 0 || early_tracking[i] || peers(&early_tracking);
            self.conditions[i].tested_throughout = tested;
            self.conditions[i].first_tracked = if tracked { first } else { first + 1 };
        }
    }

    fn any_row(&self, condition: usize, test: impl Fn(&Checkpoint) -> bool) -> bool {
        self.conditions[condition]
            .runs
            .iter()
            .any(|&r| self.runs[r].curve.iter().any(&test))
    }
}

#[cfg(test)]
mod tests;
