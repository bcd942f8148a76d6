//! Which runs an expectation is about, and what exists where it is about none.

use crate::design::condition_name;
use crate::expectation::{Match, Metric, Where};
use crate::study::Study;
use crate::tables::{Cell, Run, Status, Tables};
use crate::words::shortened;
use std::collections::{BTreeMap, BTreeSet};

/// How many existing values a message lists.
const LISTED: usize = 12;

/// The most networks × targets that are counted through: as many runs as a study may have.
const MAX_REPLICATES: u64 = 10_000_000;

/// The values of one condition, or of several pooled.
#[derive(Debug, Default, Clone)]
pub(super) struct CellSet {
    /// One per run.
    pub(super) cells: Vec<Cell>,
    /// How many are diverged.
    pub(super) diverged: usize,
    /// The condition, if it is one.
    pub(super) condition: Option<usize>,
}

/// What a `where` key reads: a parameter column, or the replicate.
#[derive(Clone, Copy)]
enum Key {
    Parameter(usize),
    Network,
    Target,
}

fn cell(tables: &Tables, run: usize, key: Key) -> String {
    let run = &tables.runs[run];
    match key {
        Key::Parameter(column) => tables.conditions[run.condition].cells[column].clone(),
        Key::Network => run.network.to_string(),
        Key::Target => run.target.to_string(),
    }
}

/// The runs that match every key, in the table's order; at least one.
pub(crate) fn runs(selection: &Where, tables: &Tables) -> Result<Vec<usize>, String> {
    let mut keys: Vec<(&str, Key, &Match)> = Vec::new();
    for (path, wanted) in &selection.0 {
        let key = match (path.as_str(), tables.column(path)) {
            (_, Some(column)) => Key::Parameter(column),
            ("network", None) => Key::Network,
            ("target", None) => Key::Target,
            _ => return Err(unknown_column(path, tables)),
        };
        keys.push((path, key, wanted));
    }
    let mut selected: Vec<usize> = (0..tables.runs.len()).collect();
    let mut so_far: Vec<String> = Vec::new();
    for (path, key, wanted) in keys {
        let kept: Vec<usize> = selected
            .iter()
            .copied()
            .filter(|&run| wanted.matches(&cell(tables, run, key)))
            .collect();
        if kept.is_empty() {
            let condition = if so_far.is_empty() {
                String::new()
            } else {
                format!(" among the runs with {}", so_far.join(", "))
            };
            return Err(format!(
                "no run has {path} = {}{condition}; values there: {}",
                shortened(&wanted.to_string()),
                existing(selected.iter().map(|&run| cell(tables, run, key)))
            ));
        }
        so_far.push(format!("{path} = {}", shortened(&wanted.to_string())));
        selected = kept;
    }
    Ok(selected)
}

fn unknown_column(path: &str, tables: &Tables) -> String {
    let mut columns: Vec<&str> = tables.parameters.iter().map(String::as_str).collect();
    columns.extend(["network", "target"]);
    let near = columns
        .iter()
        // Comparing a far longer name would take its length squared, and it is near to none.
        .filter(|_| path.len() <= 200)
        .map(|c| (strsim::damerau_levenshtein(path, c), c))
        .min()
        .filter(|(distance, _)| *distance <= 3)
        .map_or(String::new(), |(_, c)| format!(", did you mean {c}?"));
    format!(
        "where: {} is not a column{near} (columns: {})",
        shortened(path),
        columns.join(", ")
    )
}

/// The distinct values, numbers in order, the first few of them.
fn existing(cells: impl Iterator<Item = String>) -> String {
    let distinct: BTreeSet<String> = cells.collect();
    let mut all: Vec<String> = distinct.into_iter().collect();
    all.sort_by(|a, b| match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(x), Ok(y)) => x.total_cmp(&y),
        _ => a.cmp(b),
    });
    let total = all.len();
    let mut words: Vec<String> = all
        .into_iter()
        .take(LISTED)
        .map(|v| {
            if v.is_empty() {
                "(empty)".to_string()
            } else {
                shortened(&v).into_owned()
            }
        })
        .collect();
    if total > LISTED {
        words.push(format!("… ({total} in all)"));
    }
    words.join(", ")
}

/// What of the selected runs cannot be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Lost {
    /// Runs that should exist, those without a row included.
    pub(super) planned: usize,
    /// Runs that failed.
    pub(super) failed: usize,
    /// Runs without a row.
    pub(super) absent: usize,
    /// Runs that ended well, but have no value.
    pub(super) empty: usize,
}

impl Lost {
    /// All of them.
    pub(super) fn total(&self) -> usize {
        self.failed + self.absent + self.empty
    }
}

/// What is lost of these runs before anything is measured: the failed ones, and those that the study
/// plans for the same conditions, networks and targets but that have no row.
pub(super) fn lost(
    selection: &Where,
    runs: &[usize],
    tables: &Tables,
    study: &Study,
) -> Result<Lost, String> {
    let replicates = study.replicates.unwrap_or_else(|| {
        // A study that does not say it: what some condition has, all should have.
        let most = |get: fn(&Run) -> u32| tables.runs.iter().map(get).max().unwrap_or(0);
        let counts = (most(|run| run.network), most(|run| run.target));
        (u64::from(counts.0) + 1, u64::from(counts.1) + 1)
    });
    let (networks, targets) = replicates;
    if networks.saturating_mul(targets) > MAX_REPLICATES {
        return Err(format!(
            "replicates: {networks} networks × {targets} targets are more than the {MAX_REPLICATES} that a study may have"
        ));
    }
    let wanted = |key: &str, number: u64| match selection.0.get(key) {
        Some(wanted) if tables.column(key).is_none() => wanted.matches(&number.to_string()),
        _ => true,
    };
    let of_each = |key: &str, count: u64| (0..count).filter(|&n| wanted(key, n)).count();
    let of_condition = of_each("network", networks) * of_each("target", targets);
    let mut found: BTreeMap<usize, usize> = BTreeMap::new();
    let mut lost = Lost {
        planned: runs.len(),
        ..Lost::default()
    };
    for run in runs.iter().map(|&run| &tables.runs[run]) {
        lost.failed += usize::from(run.status == Status::Failed);
        let is_planned = u64::from(run.network) < networks && u64::from(run.target) < targets;
        *found.entry(run.condition).or_default() += usize::from(is_planned);
    }
    for condition in 0..tables.conditions.len() {
        if selects_condition(selection, tables, condition) {
            let there = found.get(&condition).copied().unwrap_or(0);
            lost.absent += of_condition.saturating_sub(there);
        }
    }
    lost.planned += lost.absent;
    Ok(lost)
}

/// Whether the parameters of a condition match, whatever networks and targets are selected.
fn selects_condition(selection: &Where, tables: &Tables, condition: usize) -> bool {
    selection.0.iter().all(|(path, wanted)| {
        tables
            .column(path)
            .is_none_or(|column| wanted.matches(&tables.conditions[condition].cells[column]))
    })
}

/// The values of the selected runs, per condition, and how many ended well without one.
///
/// `at` is a checkpoint that every selected condition must have; else each gives its last.
pub(super) fn values(
    runs: &[usize],
    metric: Metric,
    at: Option<u64>,
    tables: &Tables,
) -> Result<(Vec<CellSet>, usize), String> {
    let mut sets: Vec<CellSet> = Vec::new();
    let (mut failed, mut empty) = (0, 0);
    for &index in runs {
        let run = &tables.runs[index];
        if run.status == Status::Failed {
            failed += 1;
            continue;
        }
        let trials = tables.trials(run.condition, metric);
        let Some(trial) = at.or(trials.last().copied()) else {
            empty += 1;
            continue;
        };
        if !trials.contains(&trial) {
            return Err(format!(
                "no {} at trial {trial} for {}; trials there: {}",
                metric.name(),
                condition_name(tables, run.condition),
                existing(trials.iter().map(ToString::to_string))
            ));
        }
        let value = match run.at(trial).and_then(|c| c.get(metric)) {
            Some(value) => value,
            None if run.status == Status::Diverged => f64::INFINITY,
            None => {
                empty += 1;
                continue;
            }
        };
        let place = match sets.iter().position(|s| s.condition == Some(run.condition)) {
            Some(place) => place,
            None => {
                sets.push(CellSet {
                    condition: Some(run.condition),
                    ..CellSet::default()
                });
                sets.len() - 1
            }
        };
        sets[place].diverged += usize::from(value == f64::INFINITY);
        sets[place].cells.push(Cell {
            network: run.network,
            target: run.target,
            value,
        });
    }
    // Where none failed, it is not measured: that is the fault of the expectation, not of the runs.
    if sets.is_empty() && failed == 0 {
        return Err(format!(
            "none of the {} selected runs has a {}",
            runs.len(),
            metric.name()
        ));
    }
    Ok((sets, empty))
}

/// All values in one set.
pub(super) fn pool(sets: Vec<CellSet>) -> CellSet {
    let mut all = CellSet::default();
    for set in sets {
        all.cells.extend(set.cells);
        all.diverged += set.diverged;
    }
    all
}
