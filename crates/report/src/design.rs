//! The design of a study, read from its table: which conditions form one line of a figure, and
//! which numbers were swept.
//!
//! A group is what a figure draws in one colour: the conditions with the same `rule.kind`, the same
//! non-numeric parameters, and the same numeric parameters present (a Bayesian rule with fixed noise
//! and one with a window differ in both ways).

use crate::number;
use crate::study::Study;
use crate::tables::Tables;
use std::collections::BTreeMap;

/// Values spread over more than this factor are drawn on a log axis even if they were listed.
const LOG_FACTOR: f64 = 100.0;

/// As are at least three values each of which is at least so many times the one before.
const LOG_STEP: f64 = 1.9;

/// One line of a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// `rule.kind`, and in brackets what tells it from the other groups of that kind.
    pub label: String,
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
        let labels = labels(&tables.parameters, &keys, &numeric);
        let groups: Vec<Group> = labels
            .into_iter()
            .zip(groups)
            .map(|(label, conditions)| Group { label, conditions })
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
            let log = found[0] > 0.0 && (study.is_log(&path) || is_geometric(&found));
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

/// A readable, distinct name per group.
fn labels(parameters: &[String], keys: &[Vec<String>], numeric: &[bool]) -> Vec<String> {
    keys.iter()
        .map(|key| {
            let peers: Vec<&Vec<String>> = keys.iter().filter(|k| k[0] == key[0]).collect();
            let mut words: Vec<String> = Vec::new();
            for (column, cell) in key.iter().enumerate().skip(1) {
                if numeric[column] || peers.iter().all(|p| p[column] == *cell) {
                    continue;
                }
                // A field of another kind is not missing here: the kind has been told.
                let kind = parameters[column].rsplit_once('.').and_then(|(table, _)| {
                    parameters
                        .iter()
                        .position(|p| *p == format!("{table}.kind"))
                });
                if cell.is_empty()
                    && kind.is_some_and(|kind| peers.iter().any(|p| p[kind] != key[kind]))
                {
                    continue;
                }
                words.push(if cell.is_empty() {
                    format!("no {}", short_path(&parameters[column]))
                } else {
                    cell.clone()
                });
            }
            let same_texts =
                |other: &&&Vec<String>| (0..key.len()).all(|i| numeric[i] || other[i] == key[i]);
            let rivals: Vec<&&Vec<String>> = peers.iter().filter(same_texts).collect();
            for (column, cell) in key.iter().enumerate() {
                if numeric[column] && rivals.iter().any(|r| r[column] != *cell) {
                    let name = short_path(&parameters[column]);
                    words.push(match cell.as_str() {
                        "present" => format!("with {name}"),
                        _ => format!("no {name}"),
                    });
                }
            }
            if words.is_empty() {
                key[0].clone()
            } else {
                format!("{} ({})", key[0], words.join(", "))
            }
        })
        .collect()
}

/// `rule.drift.tau_ms` → `drift.tau_ms`: the first segment says little in a label.
fn short_path(path: &str) -> &str {
    path.split_once('.').map_or(path, |(_, rest)| rest)
}

/// A column as an axis title: its name, a symbol where the field has one, its unit.
pub fn axis_title(path: &str) -> String {
    let known = match path {
        "rule.eta0" => Some("initial learning rate η₀"),
        "rule.alpha" => Some("FORCE regularisation α"),
        "rule.noise.errors" => Some("noise window (errors)"),
        "rule.noise.variance" => Some("noise variance σ²"),
        "rule.drift.tau_ms" => Some("drift time constant τ (ms)"),
        "network.gain" => Some("network gain g"),
        "network.units" => Some("network units N"),
        "network.connection_probability" => Some("connection probability p"),
        "network.tau_ms" => Some("membrane time constant τ (ms)"),
        "target.length_ms" => Some("target length (ms)"),
        _ => None,
    };
    if let Some(known) = known {
        return known.to_string();
    }
    match path.strip_suffix("_ms") {
        Some(name) => format!("{} (ms)", short_path(name)),
        None => short_path(path).to_string(),
    }
    .replace('_', " ")
}

/// The parameters of a condition that differ between conditions: `rule.kind=force, rule.alpha=1`.
pub fn condition_name(tables: &Tables, condition: usize) -> String {
    let cells = &tables.conditions[condition].cells;
    let varies = |column: usize| {
        tables
            .conditions
            .iter()
            .any(|c| c.cells[column] != cells[column] && !c.cells[column].is_empty())
    };
    let words: Vec<String> = cells
        .iter()
        .enumerate()
        .filter(|(column, cell)| !cell.is_empty() && (*column == 0 || varies(*column)))
        .map(|(column, cell)| format!("{}={}", tables.parameters[column], readable(cell)))
        .collect();
    words.join(", ")
}

/// A cell for people: a number of many digits (a point of a log axis) is cut to six; expectations
/// match it by its full value in the table.
fn readable(cell: &str) -> String {
    match cell.parse::<f64>() {
        Ok(x) if cell.len() > 9 && x.is_finite() => {
            let scientific = format!("{x:.5e}");
            let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
            let mantissa = if mantissa.contains('.') {
                mantissa.trim_end_matches('0').trim_end_matches('.')
            } else {
                mantissa
            };
            format!("{mantissa}e{exponent}")
        }
        _ => cell.to_string(),
    }
}

/// The axes' values of a condition as in a caption: `η₀ = 10⁻⁴`; empty if none is swept.
pub fn axis_values(tables: &Tables, axes: &[&Axis], condition: usize) -> String {
    let words: Vec<String> = axes
        .iter()
        .filter_map(|axis| {
            let x = tables.number(condition, axis.column)?;
            Some(format!("{} = {}", symbol(&axis.path), number::value(x)))
        })
        .collect();
    words.join(", ")
}

/// The shortest name of a parameter in figures.
pub fn symbol(path: &str) -> String {
    match path {
        "rule.eta0" => "η₀".to_string(),
        "rule.alpha" => "α".to_string(),
        "rule.noise.errors" => "window".to_string(),
        "network.gain" => "g".to_string(),
        "network.units" => "N".to_string(),
        "network.connection_probability" => "p".to_string(),
        "target.length_ms" => "length (ms)".to_string(),
        _ => short_path(path).replace('_', " "),
    }
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
mod tests {
    use super::*;

    fn tables(parameters: &[&str], rows: &[&[&str]]) -> Tables {
        Tables::of_conditions(parameters, rows)
    }

    fn study(text: &str) -> Study {
        Study::of_text(&format!("name = \"x\"\nseed = 1\n{text}"))
    }

    #[test]
    fn groups_are_kinds_texts_and_present_fields() {
        let t = tables(
            &[
                "rule.kind",
                "rule.eta0",
                "rule.noise.kind",
                "rule.noise.variance",
                "rule.noise.errors",
                "rule.drift.tau_ms",
                "rule.update_order",
            ],
            &[
                &["classical", "0.1", "", "", "", "", ""],
                &["bayesian", "0.1", "fixed", "1", "", "", "together"],
                &["bayesian", "0.1", "window", "", "10", "", "together"],
                &["bayesian", "0.2", "window", "", "100", "", "together"],
                &["bayesian", "0.1", "fixed", "1", "", "50", "together"],
            ],
        );
        let design = Design::of(&t, &study(""));
        let found: Vec<(&str, &[usize])> = design
            .groups
            .iter()
            .map(|g| (g.label.as_str(), g.conditions.as_slice()))
            .collect();
        assert_eq!(
            found,
            [
                ("classical", &[0][..]),
                ("bayesian (fixed, no drift.tau_ms)", &[1]),
                ("bayesian (window)", &[2, 3]),
                ("bayesian (fixed, with drift.tau_ms)", &[4]),
            ]
        );
        let axes: Vec<&str> = design.axes.iter().map(|a| a.path.as_str()).collect();
        assert_eq!(axes, ["rule.eta0", "rule.noise.errors"]);
        assert!(!design.axes[0].log && !design.axes[1].log);
    }

    #[test]
    fn axes_follow_the_study_and_are_log_when_it_says_so_or_the_span_does() {
        let t = tables(
            &["rule.kind", "rule.eta0", "network.gain", "network.units"],
            &[
                &["force", "1", "1", "10"],
                &["force", "2", "2", "100"],
                &["force", "4", "3", "10000"],
            ],
        );
        let s = study(
            "[[condition]]\nsweep = { \"network.gain\" = { values = [1, 2, 3] }, \"rule.eta0\" = { log = [1, 4], points = 3 } }\nzip = [[\"network.gain\", \"rule.eta0\"]]\n",
        );
        let found: Vec<(String, bool)> = Design::of(&t, &s)
            .axes
            .into_iter()
            .map(|a| (a.path, a.log))
            .collect();
        let expected = [
            ("network.gain", false),
            ("rule.eta0", true),
            ("network.units", true),
        ];
        assert_eq!(found, expected.map(|(p, l)| (p.to_string(), l)));
    }

    #[test]
    fn listed_values_that_grow_by_factors_are_log_and_fields_of_other_kinds_are_not_missing() {
        let t = tables(
            &[
                "rule.kind",
                "rule.c.kind",
                "rule.c.dropped",
                "target.length_ms",
                "network.gain",
            ],
            &[
                &["bayesian", "block", "", "300", "1"],
                &["bayesian", "block", "", "1000", "2"],
                &["bayesian", "low_rank", "forgotten", "3000", "2"],
                &["bayesian", "low_rank", "to_diagonal", "3000", "2"],
                &["bayesian", "block", "", "3000", "2"],
            ],
        );
        let design = Design::of(&t, &study(""));
        let labels: Vec<&str> = design.groups.iter().map(|g| g.label.as_str()).collect();
        let expected = [
            "(block)",
            "(low_rank, forgotten)",
            "(low_rank, to_diagonal)",
        ];
        assert_eq!(labels, expected.map(|words| format!("bayesian {words}")));
        let log: Vec<bool> = design.axes.iter().map(|axis| axis.log).collect();
        assert_eq!(log, [true, false], "three values by factors; two values");
    }

    #[test]
    fn a_condition_keeps_its_key_when_columns_are_added() {
        let before = tables(&["rule.kind", "rule.eta0"], &[&["classical", "1e-3"]]);
        let after = tables(
            &["rule.kind", "rule.alpha", "rule.eta0"],
            &[&["classical", "", "0.001"], &["force", "1", ""]],
        );
        assert_eq!(
            condition_key(&before, 0),
            "rule.eta0=0.001;rule.kind=classical"
        );
        assert_eq!(condition_key(&after, 0), condition_key(&before, 0));
        assert_eq!(condition_name(&after, 1), "rule.kind=force");
    }

    #[test]
    fn axis_titles_carry_units() {
        assert_eq!(axis_title("rule.eta0"), "initial learning rate η₀");
        assert_eq!(axis_title("training.washout_ms"), "washout (ms)");
        assert_eq!(axis_title("training.error_lag_steps"), "error lag steps");
    }
}
