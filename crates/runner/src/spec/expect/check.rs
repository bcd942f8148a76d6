//! Rows against the conditions of the study.

use super::{Located, LocatedSide, Wanted};
use crate::spec::checkpoints::Checkpoints;
use crate::spec::condition::Condition;
use crate::spec::error::{ExpectProblem, Problem, SpecError};
use crate::spec::scalar::{Scalar, quoted, shortest};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What the rows are checked against.
pub struct Runs<'a> {
    /// All conditions.
    pub conditions: &'a [Condition],
    /// Parameter columns.
    pub columns: &'a [String],
    /// Networks and targets.
    pub replicates: [usize; 2],
}

impl Runs<'_> {
    /// Check a row against the runs that there will be.
    pub fn check(&self, row: &Located, errors: &mut Vec<SpecError>) {
        for side in &row.sides {
            if let Some(selected) = self.select(side, errors) {
                self.check_trial(row, side, &selected, errors);
            }
        }
    }

    /// The conditions of a side; `None` if the selection is wrong.
    fn select(&self, side: &LocatedSide, errors: &mut Vec<SpecError>) -> Option<Vec<usize>> {
        let mut selected: Vec<usize> = (0..self.conditions.len()).collect();
        let before = errors.len();
        let mut parts = Vec::new();
        for (path, origin, values) in &side.selection {
            let mut fail = |origin, problem| {
                errors.push(SpecError::new(origin, Problem::Expectation(problem)));
            };
            let replicates = ["network", "target"].iter().position(|name| name == path);
            if replicates.is_none() && !self.columns.contains(path) {
                let mut columns = self.columns.to_vec();
                columns.extend(["network".to_owned(), "target".to_owned()]);
                let path = path.clone();
                fail(*origin, ExpectProblem::UnknownColumn { path, columns });
                continue;
            }
            let cells = match replicates {
                Some(which) => (0..self.replicates[which]).map(|n| n.to_string()).collect(),
                None => self.cells(path),
            };
            for (value, origin) in values {
                if !cells.iter().any(|cell: &String| value.matches(cell)) {
                    fail(
                        *origin,
                        ExpectProblem::NoSuchValue {
                            path: path.clone(),
                            value: quoted_if_text(value),
                            existing: cells.clone(),
                        },
                    );
                }
            }
            if replicates.is_none() {
                let texts = values.iter().map(|(value, _)| quoted_if_text(value));
                parts.push(format!(
                    "{path} = {}",
                    texts.collect::<Vec<_>>().join(" or ")
                ));
                selected.retain(|&at| {
                    let cell = self.cell(at, path);
                    values.iter().any(|(value, _)| value.matches(&cell))
                });
            }
        }
        if errors.len() > before {
            return None;
        }
        if selected.is_empty() {
            let selection = parts.join(" and ");
            errors.push(SpecError::new(
                side.origin,
                Problem::Expectation(ExpectProblem::NoSuchCombination { selection }),
            ));
            return None;
        }
        Some(selected)
    }

    fn cell(&self, condition: usize, path: &str) -> String {
        let cell = self.conditions[condition].cell(path);
        cell.map_or(String::new(), Scalar::to_string)
    }

    /// The distinct values of a column, in the order of conditions.
    fn cells(&self, path: &str) -> Vec<String> {
        let mut seen = BTreeSet::new();
        (0..self.conditions.len())
            .map(|at| self.cell(at, path))
            .filter(|cell| !cell.is_empty() && seen.insert(cell.clone()))
            .collect()
    }

    fn check_trial(
        &self,
        row: &Located,
        side: &LocatedSide,
        selected: &[usize],
        errors: &mut Vec<SpecError>,
    ) {
        let (Some(trial), Some(metric)) = (row.expectation.at_trial, side.metric) else {
            return;
        };
        let mut last = None;
        for &at in selected {
            let condition = &self.conditions[at];
            let key = Arc::as_ptr(&condition.training);
            if last == Some(key) {
                continue;
            }
            last = Some(key);
            let measured = Checkpoints::of(condition, metric);
            if !measured.contains(trial) {
                errors.push(SpecError::new(
                    row.at_trial,
                    Problem::Expectation(ExpectProblem::NotACheckpoint {
                        trial: trial as i64,
                        metric: metric.name().to_owned(),
                        checkpoints: measured.to_string(),
                    }),
                ));
                return;
            }
        }
    }
}

fn quoted_if_text(value: &Wanted) -> String {
    match value {
        Wanted::Text(text) => quoted(text),
        Wanted::Real(value) => shortest(*value),
        value => value.to_string(),
    }
}
