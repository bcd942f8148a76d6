//! The design of a study, read from its table: which conditions form one line of a figure, and
//! which numbers were swept.
//!
//! A group is what a figure draws in one colour: the conditions with the same `rule.kind`, the same
//! non-numeric parameters, and the same numeric parameters present (a Bayesian rule with fixed noise
//! and one with a window differ in both ways).

mod names;

pub use names::{axis_title, axis_values, condition_name, symbol};

use crate::study::Study;
use crate::tables::Tables;
use std::collections::BTreeMap;

/// Values spread over more than this factor are drawn on a log axis even if they were listed.
const LOG_FACTOR: f64 = 100.0;

/// As are at least three values each of which is at least this many times the one before.
const LOG_STEP: f64 = 1.9;

/// One line of a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// `rule.kind`, and in brackets what tells it from the other groups of that kind; distinct, and
    /// without control characters.
    pub label: String,
    /// `rule.kind` alone, as the table has it.
    pub kind: String,
    /// Indices into [`Tables::conditions`], ascending.
    pub conditions: Vec<usize>,
}

/// A numeric parameter with several values inside at least one group.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Its dotted path.
    pub path: String,
    /// Its position in [`Tables::parameters`].
    pub column: usize,
    /// Whether it is drawn on a log scale.
    pub log: bool,
}

/// Groups and axes, in order of first appearance.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    /// The groups; each condition is in exactly one.
    pub groups: Vec<Group>,
    /// The axes, in the study's order, then any the study does not mention in the table's order.
    pub axes: Vec<Axis>,
}

impl Design {
    /// Finds groups and axes.
    pub fn of(tables: &Tables, study: &Study) -> Self {
        let numeric: Vec<bool> = (0..tables.parameters.len())
            .map(|column| {
                let mut cells = tables
                    .conditions
                    .iter()
                    .map(|c| c.cells[column].as_str())
                    .filter(|cell| !cell.is_empty())
                    .peekable();
                column > 0 && cells.peek().is_some() && cells.all(is_number)
            })
            .collect();
        let mut keys: Vec<Vec<String>> = Vec::new();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (i, condition) in tables.conditions.iter().enumerate() {
            let key: Vec<String> = condition
                .cells
                .iter()
                .zip(&numeric)
                .map(|(cell, &is_number)| match (is_number, cell.is_empty()) {
                    (false, _) => cell.clone(),
                    (true, true) => "absent".to_string(),
                    (true, false) => "present".to_string(),
                })
                .collect();
            match keys.iter().position(|k| *k == key) {
                Some(place) => groups[place].push(i),
                None => {
                    keys.push(key);
                    groups.push(vec![i]);
                }
            }
        }
        let labels = names::labels(&tables.parameters, &keys, &numeric);
        let groups: Vec<Group> = labels
            .into_iter()
            .zip(groups)
            .map(|(label, conditions)| Group {
                label,
                kind: tables.conditions[conditions[0]].cells[0].clone(),
                conditions,
            })
            .collect();
        let axes = axes(tables, study, &groups, &numeric);
        Self { groups, axes }
    }

    /// The axes that have several values inside a group.
    pub fn axes_of(&self, tables: &Tables, group: &Group) -> Vec<&Axis> {
        self.axes
            .iter()
            .filter(|axis| values(tables, &group.conditions, axis.column).len() > 1)
            .collect()
    }
}

fn is_number(cell: &str) -> bool {
    cell.parse::<f64>().is_ok_and(f64::is_finite)
}

/// The distinct numbers of a column among some conditions, ascending.
pub fn values(tables: &Tables, conditions: &[usize], column: usize) -> Vec<f64> {
    let mut all: Vec<f64> = conditions
        .iter()
        .filter_map(|&c| tables.number(c, column))
        .collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}

fn axes(tables: &Tables, study: &Study, groups: &[Group], numeric: &[bool]) -> Vec<Axis> {
    let swept = study.swept();
    let mut columns: Vec<usize> = (0..numeric.len())
        .filter(|&column| {
            numeric[column]
                && groups
                    .iter()
                    .any(|g| values(tables, &g.conditions, column).len() > 1)
        })
        .collect();
    columns.sort_by_key(|&column| {
        let place = swept.iter().position(|p| *p == tables.parameters[column]);
        (place.unwrap_or(usize::MAX), column)
    });
    columns
        .into_iter()
        .map(|column| {
            let path = tables.parameters[column].clone();
            let all: Vec<usize> = (0..tables.conditions.len()).collect();
            let found = values(tables, &all, column);
            // Zeros stand beside a log axis, in a lane of their own.
            let positive = &found[found.partition_point(|x| *x <= 0.0)..];
            let log = found[0] >= 0.0
                && !positive.is_empty()
                && (study.is_log(&path) || is_geometric(positive));
            Axis { path, column, log }
        })
        .collect()
}

/// Whether ascending positive numbers were meant as steps by factors, though listed.
fn is_geometric(values: &[f64]) -> bool {
    let wide = values[values.len() - 1] / values[0] > LOG_FACTOR;
    let by_factors = values.windows(2).all(|pair| pair[1] / pair[0] >= LOG_STEP);
    wide || (values.len() > 2 && by_factors)
}

/// The name of a condition's random stream: its parameters that are present, sorted, numbers in
/// one notation. So a new rule or axis elsewhere in the study, which adds columns that are empty
/// here, leaves this condition's intervals as they were.
pub fn condition_key(tables: &Tables, condition: usize) -> String {
    let mut parts: BTreeMap<&str, String> = BTreeMap::new();
    for (path, cell) in tables
        .parameters
        .iter()
        .zip(&tables.conditions[condition].cells)
    {
        if !cell.is_empty() {
            let text = cell
                .parse::<f64>()
                .map_or_else(|_| cell.clone(), |x| format!("{x:?}"));
            parts.insert(path, text);
        }
    }
    let words: Vec<String> = parts.iter().map(|(k, v)| format!("{k}={v}")).collect();
    words.join(";")
}

#[cfg(test)]
mod tests;
