//! Whether a study's expectations hold in its own result.
//!
//! An expectation holds if the observed value lies within its bounds. The interval beside it says
//! how far other networks and targets could have moved that value: in each resample the same
//! networks and targets are drawn on both sides of a ratio (the comparison is paired by design), and
//! `best` picks its condition anew, so that the luck of the pick is in the interval. The interval of
//! a minimum or maximum is given too, but a bootstrap knows little about extremes. With
//! `require = "interval"` an expectation holds only if its whole interval lies within the bounds.
//!
//! What survived does not speak for what did not: if selected runs failed, have no row or no value, an
//! expectation is not decided, unless it allows that many (`allow_failed`).

mod outcome;
pub(crate) mod select;
mod table;

pub use outcome::Outcome;
pub(crate) use table::align;

use crate::design::condition_name;
use crate::error::{ReportError, Unmatched};
use crate::expectation::{Expectation, Quantity, Selection, Side, Statistic};
use crate::statistics::{
    Interval, Levels, Method, SortedCells, Weights, interval, random_stream, resample,
    share_interval,
};
use crate::study::{self, Study};
use crate::tables::{Cell, Status, Tables};
use rayon::prelude::*;
use select::Lost;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The evaluation of all expectations, in the study's order; `Display` is an aligned table.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// One row per expectation.
    pub rows: Vec<Row>,
}

/// The evaluation of one expectation.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The expectation.
    pub expectation: Expectation,
    /// What was found; NaN for ∞/∞ and 0/0, which never hold, and where no run has a value.
    pub observed: f64,
    /// Its interval; none with a single network and target.
    pub interval: Option<Interval>,
    /// How the interval was obtained.
    pub method: Method,
    /// Runs behind each side (one entry, or two for a ratio).
    pub n: Vec<usize>,
    /// How many of these are diverged, per side.
    pub diverged: Vec<usize>,
    /// Selected runs that failed and therefore have no value, per side.
    pub failed: Vec<usize>,
    /// Selected runs without a row, and ok runs without a value, per side.
    pub missing: Vec<usize>,
    /// The condition that `best` picked, per side; none where everything was pooled.
    pub best: Vec<Option<String>>,
    /// Whether it holds.
    pub outcome: Outcome,
}

impl Verdict {
    /// Whether every expectation holds.
    pub fn all_hold(&self) -> bool {
        self.rows.iter().all(|row| row.outcome == Outcome::Holds)
    }
}

/// Evaluates the expectations of a study; those that match nothing are one error together.
pub fn evaluate(folder: &Path, study: &Study, tables: &Tables) -> Result<Verdict, ReportError> {
    let path = folder.join(study::FILE);
    if study.expectations.is_empty() {
        return Err(ReportError::NoExpectations { path });
    }
    let rows: Vec<Result<Row, String>> = study
        .expectations
        .par_iter()
        .map(|expectation| evaluate_one(expectation, study, tables))
        .collect();
    let mut good = Vec::new();
    let mut problems = Vec::new();
    for (i, row) in rows.into_iter().enumerate() {
        match row {
            Ok(row) => good.push(row),
            Err(problem) => problems.push(Unmatched {
                number: i + 1,
                expectation: study.expectations[i].title(),
                problem,
            }),
        }
    }
    if problems.is_empty() {
        Ok(Verdict { rows: good })
    } else {
        Err(ReportError::Unmatched { path, problems })
    }
}

/// A side with its values in place: one set if pooled, one per condition if the best is taken.
struct Prepared {
    statistic: Statistic,
    sets: Vec<select::CellSet>,
    lost: Lost,
    best: bool,
}

/// A prepared side over common levels.
struct Resampled {
    statistic: Statistic,
    sets: Vec<SortedCells>,
}

impl Resampled {
    /// The side's value under some weights: the smallest over its sets.
    fn value(&self, weights: &Weights) -> Option<(f64, usize)> {
        self.sets
            .iter()
            .enumerate()
            .filter_map(|(i, set)| Some((set.statistic(self.statistic, weights)?, i)))
            .min_by(|a, b| a.0.total_cmp(&b.0))
    }
}

fn evaluate_one(expectation: &Expectation, study: &Study, tables: &Tables) -> Result<Row, String> {
    let at = expectation.at_trial;
    let side = |side| prepare(side, at, tables, study);
    let mut sides = match &expectation.quantity {
        Quantity::Value(value) => vec![side(value)?],
        Quantity::Ratio(a, b) => {
            let first = side(a).map_err(|e| format!("first side: {e}"))?;
            let second = side(b).map_err(|e| format!("second side: {e}"))?;
            vec![first, second]
        }
        Quantity::DivergedShare(selection) => vec![prepare_share(selection, tables, study)?],
    };
    if let [first, second] = &mut sides[..]
        && first.lost.total() + second.lost.total() > 0
    {
        pair(first, second);
    }
    let measured = measure(expectation, study, &sides);
    let counts = |count: fn(&Lost) -> usize| sides.iter().map(|s| count(&s.lost)).collect();
    let lost: Vec<Lost> = sides.iter().map(|s| s.lost).collect();
    let mut row = Row {
        expectation: expectation.clone(),
        observed: measured.observed,
        interval: measured.interval,
        method: measured.method,
        n: vec![0; sides.len()],
        diverged: vec![0; sides.len()],
        failed: counts(|lost| lost.failed),
        missing: counts(|lost| lost.absent + lost.empty),
        best: vec![None; sides.len()],
        outcome: Outcome::of(expectation, measured.observed, measured.interval, &lost),
    };
    let is_empty = |side: &Prepared| side.sets.iter().all(|set| set.cells.is_empty());
    if matches!(row.outcome, Outcome::Fails) && sides.iter().any(is_empty) {
        let reason = "no network and target has all its runs on both sides";
        row.outcome = Outcome::Undecided(reason.to_string());
    }
    for (i, (side, picked)) in sides.iter().zip(&measured.picked).enumerate() {
        let Some(set) = side.sets.get(*picked) else {
            continue;
        };
        (row.n[i], row.diverged[i]) = (set.cells.len(), set.diverged);
        let condition = set.condition.filter(|_| side.best);
        row.best[i] = condition.map(|condition| condition_name(tables, condition));
    }
    Ok(row)
}

/// Where runs are lost, leaves to both sides of a ratio the networks and targets of which each has all
/// runs: the comparison is paired by design, and stays so.
fn pair(first: &mut Prepared, second: &mut Prepared) {
    let whole = |side: &Prepared| -> BTreeSet<(u32, u32)> {
        let mut counts: BTreeMap<(u32, u32), usize> = BTreeMap::new();
        for cell in side.sets.iter().flat_map(|set| &set.cells) {
            *counts.entry((cell.network, cell.target)).or_default() += 1;
        }
        let most = counts.values().copied().max().unwrap_or(0);
        let all = counts.into_iter().filter(|(_, count)| *count == most);
        all.map(|(replicate, _)| replicate).collect()
    };
    let common: BTreeSet<(u32, u32)> = &whole(first) & &whole(second);
    for set in first.sets.iter_mut().chain(&mut second.sets) {
        let in_common = |cell: &Cell| common.contains(&(cell.network, cell.target));
        set.cells.retain(in_common);
        let diverged = set.cells.iter().filter(|cell| cell.value == f64::INFINITY);
        set.diverged = diverged.count();
    }
}

/// The number that an expectation is about.
struct Measured {
    /// NaN if undefined, or if a side has no run with a value.
    observed: f64,
    interval: Option<Interval>,
    method: Method,
    /// Which set of each side `best` picked.
    picked: Vec<usize>,
}

fn measure(expectation: &Expectation, study: &Study, sides: &[Prepared]) -> Measured {
    let all: Vec<Cell> = sides
        .iter()
        .flat_map(|s| s.sets.iter().flat_map(|set| set.cells.iter().copied()))
        .collect();
    let levels = Levels::of(&all);
    let resampled: Vec<Resampled> = sides
        .iter()
        .map(|side| Resampled {
            statistic: side.statistic,
            sets: side
                .sets
                .iter()
                .map(|set| SortedCells::new(&set.cells, &levels))
                .collect(),
        })
        .collect();
    let quantity = |weights: &Weights| -> Option<f64> {
        let values: Option<Vec<f64>> = resampled
            .iter()
            .map(|side| side.value(weights).map(|(x, _)| x))
            .collect();
        let values = values?;
        Some(match values[..] {
            [first, second] => first / second,
            _ => values[0],
        })
    };
    let once = levels.once();
    let picked = resampled
        .iter()
        .map(|side| side.value(&once).map_or(0, |(_, i)| i))
        .collect();
    let Some(observed) = quantity(&once) else {
        return Measured {
            observed: f64::NAN,
            interval: None,
            method: Method::None,
            picked,
        };
    };
    let method = levels.method();
    let interval = match method {
        Method::None => None,
        _ => {
            let stream = random_stream(study.seed, &["expectation", &expectation.describe()]);
            interval(resample(&levels, stream, quantity))
        }
    };
    let (interval, method) = match expectation.quantity {
        Quantity::DivergedShare(_) => share_interval(observed, &levels, interval),
        _ => (interval, method),
    };
    Measured {
        observed,
        interval,
        method,
        picked,
    }
}

/// Selects the values of a side.
fn prepare(
    side: &Side,
    at: Option<u64>,
    tables: &Tables,
    study: &Study,
) -> Result<Prepared, String> {
    let runs = select::runs(&side.selection, tables)?;
    let lost = select::lost(&side.selection, &runs, tables, study)?;
    let (per_condition, empty) = select::values(&runs, side.metric, at, tables)?;
    let sets = if side.best {
        per_condition
    } else {
        vec![select::pool(per_condition)]
    };
    Ok(Prepared {
        statistic: side.statistic,
        sets,
        lost: Lost { empty, ..lost },
        best: side.best,
    })
}

/// A share is the mean of an indicator: 1 for a diverged run, 0 for one that ran through. Of a failed run
/// nobody knows.
fn prepare_share(
    selection: &Selection,
    tables: &Tables,
    study: &Study,
) -> Result<Prepared, String> {
    let runs = select::runs(&selection.selection, tables)?;
    let lost = select::lost(&selection.selection, &runs, tables, study)?;
    let mut set = select::CellSet::default();
    for run in runs.iter().map(|&run| &tables.runs[run]) {
        let diverged = match run.status {
            Status::Failed => continue,
            status => status == Status::Diverged,
        };
        set.diverged += usize::from(diverged);
        set.cells.push(Cell {
            network: run.network,
            target: run.target,
            value: if diverged { 1.0 } else { 0.0 },
        });
    }
    Ok(Prepared {
        statistic: Statistic::Mean,
        sets: vec![set],
        lost,
        best: false,
    })
}

#[cfg(test)]
mod tests;
