//! What groups, conditions and parameters are called on a terminal and in figures. Two that differ
//! never get the same name; none has control characters.

use super::{Axis, values};
use crate::number;
use crate::tables::Tables;
use crate::words::visible;
use std::collections::BTreeMap;

/// A readable, distinct name per group.
pub(super) fn labels(parameters: &[String], keys: &[Vec<String>], numeric: &[bool]) -> Vec<String> {
    let name = |key: &Vec<String>, with_fields: bool| {
        let kind = visible(&key[0]).into_owned();
        match label_words(parameters, keys, numeric, key, with_fields) {
            words if words.is_empty() => kind,
            words => format!("{kind} ({})", words.join(", ")),
        }
    };
    let mut labels: Vec<String> = keys.iter().map(|key| name(key, false)).collect();
    // Values of different fields may read alike; with their fields they differ.
    for (i, repeated) in repeats(&labels).into_iter().enumerate() {
        if repeated {
            labels[i] = name(&keys[i], true);
        }
    }
    // What is left differs in what cannot be seen.
    let repeated = repeats(&labels);
    let mut number = 0;
    for (label, repeated) in labels.iter_mut().zip(repeated) {
        if repeated {
            number += 1;
            label.push_str(&format!(" #{number}"));
        }
    }
    labels
}

/// Which texts are there more than once.
fn repeats(texts: &[String]) -> Vec<bool> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for text in texts {
        *counts.entry(text).or_default() += 1;
    }
    texts.iter().map(|text| counts[text.as_str()] > 1).collect()
}

/// What tells a group from the others of its kind, each with the name of its field or only where the
/// value alone says nothing.
fn label_words(
    parameters: &[String],
    keys: &[Vec<String>],
    numeric: &[bool],
    key: &[String],
    with_fields: bool,
) -> Vec<String> {
    let peers: Vec<&Vec<String>> = keys.iter().filter(|k| k[0] == key[0]).collect();
    let mut words: Vec<String> = Vec::new();
    for (column, cell) in key.iter().enumerate().skip(1) {
        if numeric[column] || peers.iter().all(|p| p[column] == *cell) {
            continue;
        }
        // A field of another kind is not missing here: the kind is in the label.
        let kind = parameters[column].rsplit_once('.').and_then(|(table, _)| {
            parameters
                .iter()
                .position(|p| *p == format!("{table}.kind"))
        });
        if cell.is_empty() && kind.is_some_and(|kind| peers.iter().any(|p| p[kind] != key[kind])) {
            continue;
        }
        let path = &parameters[column];
        words.push(match cell.as_str() {
            "" => format!("no {}", visible(short_path(path))),
            "true" | "false" => format!("{} = {cell}", symbol(path)),
            _ if with_fields => format!("{} = {}", symbol(path), visible(cell)),
            _ => visible(cell).into_owned(),
        });
    }
    let same_texts =
        |other: &&&Vec<String>| (0..key.len()).all(|i| numeric[i] || other[i] == key[i]);
    let rivals: Vec<&&Vec<String>> = peers.iter().filter(same_texts).collect();
    for (column, cell) in key.iter().enumerate() {
        if numeric[column] && rivals.iter().any(|r| r[column] != *cell) {
            let name = visible(short_path(&parameters[column]));
            words.push(match cell.as_str() {
                "present" => format!("with {name}"),
                _ => format!("no {name}"),
            });
        }
    }
    words
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
    let title = match path.strip_suffix("_ms") {
        Some(name) => format!("{} (ms)", short_path(name)),
        None => short_path(path).to_string(),
    };
    visible(&title).replace('_', " ")
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
        .map(|(column, cell)| {
            let others = tables.conditions.iter().map(|c| c.cells[column].as_str());
            let path = visible(&tables.parameters[column]);
            format!("{path}={}", readable(cell, others))
        })
        .collect();
    words.join(", ")
}

/// A cell for people: a number of many digits (a point of a log axis) is cut to six unless another
/// cell of its column would read the same then; expectations match it by its full value in the table.
fn readable<'a>(cell: &str, mut column: impl Iterator<Item = &'a str>) -> String {
    match six_digits(cell) {
        Some(short)
            if !column.any(|other| other != cell && six_digits(other).as_ref() == Some(&short)) =>
        {
            short
        }
        _ => visible(cell).into_owned(),
    }
}

/// A number of many digits cut to six.
fn six_digits(cell: &str) -> Option<String> {
    let x = cell.parse::<f64>().ok()?;
    if cell.len() <= 9 || !x.is_finite() {
        return None;
    }
    let scientific = format!("{x:.5e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let mantissa = if mantissa.contains('.') {
        mantissa.trim_end_matches('0').trim_end_matches('.')
    } else {
        mantissa
    };
    Some(format!("{mantissa}e{exponent}"))
}

/// The axes' values of a condition as in a caption: `η₀ = 10⁻⁴`; empty if none is swept.
pub fn axis_values(tables: &Tables, axes: &[&Axis], condition: usize) -> String {
    let words: Vec<String> = axes
        .iter()
        .filter_map(|axis| {
            let x = tables.number(condition, axis.column)?;
            let everywhere: Vec<usize> = (0..tables.conditions.len()).collect();
            let all = values(tables, &everywhere, axis.column);
            let place = all.iter().position(|y| *y == x)?;
            let value = &number::values(&all)[place];
            Some(format!("{} = {value}", symbol(&axis.path)))
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
        _ => visible(short_path(path)).replace('_', " "),
    }
}
