//! A study's result against a published table of learning curves of the same rules.
//!
//! The path of the data: [`reference`](mod@reference) reads the published table and [`side`] the
//! study's conditions into one form; here they are matched by rule and learning rate; [`scores`]
//! says in a few numbers, by the formulas of [`measures`], how alike they are; [`table`] writes
//! `comparison.csv`, `scores.csv` and the table on the terminal. The figure is drawn by
//! [`crate::figures`].
//!
//! Scores use the conditions that both sides have, at the last checkpoint that all of them have. What
//! only one side has is listed, never dropped in silence.

mod draws;
pub mod measures;
pub mod reference;
pub mod scores;
pub mod side;
pub mod table;

pub use side::parse_where;

use crate::Inputs;
use crate::error::ReportError;
use crate::expectation::Where;
use crate::manifest::{Accept, Extent};
use crate::study::Study;
use crate::tables::{Cell, Status};
use rayon::prelude::*;
use scores::Score;
use side::{Condition, Measured};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A condition that both sides have.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The study's.
    pub own: Condition,
    /// The reference's.
    pub reference: Condition,
    /// The checkpoints that both have, ascending; at least one.
    pub trials: Vec<u64>,
}

/// A condition that only one side has, or that has no checkpoint on the other.
#[derive(Debug, Clone, PartialEq)]
pub struct OneSided {
    /// The condition.
    pub condition: Condition,
    /// Its median at the checkpoint of the scores, if it has that.
    pub measured: Option<Measured>,
}

/// A condition and checkpoint of both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Index into [`Comparison::pairs`].
    pub pair: usize,
    /// The checkpoint.
    pub trial: u64,
    /// The study's median.
    pub own: Measured,
    /// The reference's.
    pub reference: Measured,
}

impl Row {
    /// ln(own median/reference median); ±∞ if one is +∞ or 0, `None` if both are.
    pub fn ln_ratio(&self) -> Option<f64> {
        let ln = |m: Measured| libm::log(m.median.value);
        Some(ln(self.own) - ln(self.reference)).filter(|x| !x.is_nan())
    }
}

/// Networks and targets of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replicates {
    /// Distinct networks.
    pub networks: usize,
    /// Distinct targets.
    pub targets: usize,
}

/// A study against a reference.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The study's name.
    pub study: String,
    /// The selection of the study's conditions, as words; empty if all.
    pub selection: String,
    /// How much of the study its tables hold, if they were read from a result folder.
    pub extent: Option<Extent>,
    /// Selected runs of the study that failed, those of conditions that are not compared among them.
    pub failed: usize,
    /// The reference's file name.
    pub reference: String,
    /// What tells the study's tables from others.
    pub tables: String,
    /// What the reference's reader should know: columns that were passed over.
    pub notes: Vec<String>,
    /// The common conditions: by rule in the order of the study, then by ascending η₀.
    pub pairs: Vec<Pair>,
    /// The last checkpoint that all common conditions have.
    pub trial: u64,
    /// One per common condition and common checkpoint, in that order.
    pub rows: Vec<Row>,
    /// The study's replicates behind the common conditions.
    pub own_replicates: Replicates,
    /// The reference's.
    pub reference_replicates: Replicates,
    /// What only the study has.
    pub only_own: Vec<OneSided>,
    /// Conditions of the study without a learning rate, by name.
    pub unrated: Vec<String>,
    /// What only the reference has.
    pub only_reference: Vec<OneSided>,
    /// The scores.
    pub scores: Vec<Score>,
}

/// The files that a comparison consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparisonFiles {
    /// `comparison.csv`, `scores.csv`, the figure as SVG and PNG, `captions.md`.
    pub all: Vec<PathBuf>,
    /// What a user should know of the figure, a sentence each.
    pub warnings: Vec<String>,
}

impl Comparison {
    /// Reads a result folder and a reference table, and compares them.
    ///
    /// `selection` chooses among the study's runs, for studies that sweep more than rule and rate.
    /// Errors: a file that cannot be read or is not what it must be; a selection that matches
    /// nothing; several conditions of the study at one rule and rate; no common condition or
    /// checkpoint. Nothing is written here.
    pub fn read(
        folder: &Path,
        reference_file: &Path,
        selection: &Where,
        accept: Accept,
    ) -> Result<Self, ReportError> {
        let Inputs {
            study,
            mut tables,
            extent,
            ..
        } = crate::inputs(folder, accept)?;
        let mark = crate::figures::mark(&tables);
        let (own, unrated) = side::own(folder, &mut tables, selection)?;
        // After the selection, which leaves to each condition its selected runs.
        let selected = tables.conditions.iter().flat_map(|c| &c.runs);
        let failed = selected.filter(|&&run| tables.runs[run].status == Status::Failed);
        let failed = failed.count();
        let reference::Reference { conditions, notes } = reference::read(reference_file)?;
        let problem = |problem: String| ReportError::Compare {
            path: folder.to_path_buf(),
            problem,
        };
        let name = reference_file
            .file_name()
            .map_or(String::new(), |n| n.to_string_lossy().into_owned());
        let mut new = Self::of(&study, &name, (own, unrated), conditions).map_err(problem)?;
        new.notes = notes;
        new.selection = selection.to_string();
        new.failed = failed;
        new.extent = Some(extent);
        new.tables = mark;
        Ok(new)
    }

    /// Compares; the error is a problem in words.
    fn of(
        study: &Study,
        reference_name: &str,
        (own, unrated): side::Own,
        reference: Vec<Condition>,
    ) -> Result<Self, String> {
        let all_names = |own: &[Condition], unrated: &[String]| {
            let names: Vec<String> = own.iter().map(Condition::name).collect();
            [names, unrated.to_vec()].concat().join(", ")
        };
        let nothing = format!(
            "no condition in common with {reference_name}, by rule and learning rate; here: {}; there: {}",
            all_names(&own, &unrated),
            all_names(&reference, &[])
        );
        let (pairs, only_own, only_reference) = matched(own, reference);
        if pairs.is_empty() {
            return Err(if only_own_matches(&only_own, &only_reference) {
                format!("no checkpoint in common with {reference_name}")
            } else {
                nothing
            });
        }
        let trial = last_common(&pairs)
            .ok_or_else(|| format!("no checkpoint that all conditions in common with {reference_name} have on both sides"))?;
        let seed = study.seed;
        let keys: Vec<(usize, u64)> = (0..pairs.len())
            .flat_map(|pair| pairs[pair].trials.iter().map(move |&t| (pair, t)))
            .collect();
        // Each interval has its own random stream, so the number of threads does not matter.
        let rows: Vec<Row> = keys
            .into_par_iter()
            .filter_map(|(pair, trial)| {
                Some(Row {
                    pair,
                    trial,
                    own: pairs[pair].own.measured(trial, seed)?,
                    reference: pairs[pair].reference.measured(trial, seed)?,
                })
            })
            .collect();
        let one_sided = |conditions: Vec<Condition>| -> Vec<OneSided> {
            conditions
                .into_iter()
                .map(|condition| OneSided {
                    measured: condition.measured(trial, seed),
                    condition,
                })
                .collect()
        };
        Ok(Self {
            study: study.name.clone(),
            selection: String::new(),
            extent: None,
            failed: 0,
            reference: reference_name.to_string(),
            tables: String::new(),
            notes: Vec::new(),
            trial,
            own_replicates: replicates(pairs.iter().map(|p| &p.own)),
            reference_replicates: replicates(pairs.iter().map(|p| &p.reference)),
            only_own: one_sided(only_own),
            only_reference: one_sided(only_reference),
            unrated,
            scores: scores::all(&pairs, trial, seed),
            rows,
            pairs,
        })
    }

    /// How much of the study there is, if that is not all of it.
    pub fn partial(&self) -> Option<Extent> {
        self.extent.filter(|extent| extent.is_partial())
    }

    /// Selected runs of the study without a value: those that failed, and those of common conditions that
    /// are empty at the checkpoint of the scores.
    pub fn lost(&self) -> usize {
        let at_end = self.rows.iter().filter(|row| row.trial == self.trial);
        self.failed.max(at_end.map(|row| row.own.failed).sum())
    }

    /// The rules of the common conditions, each once, in order.
    pub fn rules(&self) -> Vec<&str> {
        rules(&self.pairs)
    }

    /// Writes tables and figure into a folder, which is made if it is not there. The figure's section
    /// is added to `figures/captions.md`; a report of the same tables keeps it, one of others removes
    /// the figure.
    pub fn write(&self, folder: &Path) -> Result<ComparisonFiles, ReportError> {
        // Drawn before anything is written, so that a figure that cannot be leaves nothing behind.
        let figure = crate::figures::comparison(self)?;
        fs::create_dir_all(folder).map_err(|e| ReportError::io("create", folder, e))?;
        let mut all = vec![
            table::write(folder, table::COMPARISON, &table::comparison(self))?,
            table::write(folder, table::SCORES, &table::scores(self))?,
        ];
        all.extend(figure.write(folder)?);
        Ok(ComparisonFiles {
            all,
            warnings: figure.warnings,
        })
    }
}

/// The rules of some pairs, each once, in order.
fn rules(pairs: &[Pair]) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    for pair in pairs {
        if all.last() != Some(&pair.own.rule.as_str()) {
            all.push(&pair.own.rule);
        }
    }
    all
}

/// Common conditions in order, and what is left on either side.
fn matched(
    mut own: Vec<Condition>,
    mut reference: Vec<Condition>,
) -> (Vec<Pair>, Vec<Condition>, Vec<Condition>) {
    let mut order: Vec<String> = Vec::new();
    for condition in own.iter().chain(&reference) {
        if !order.contains(&condition.rule) {
            order.push(condition.rule.clone());
        }
    }
    let place = |c: &Condition| order.iter().position(|rule| *rule == c.rule);
    for conditions in [&mut own, &mut reference] {
        conditions.sort_by(|a, b| place(a).cmp(&place(b)).then(a.eta0.total_cmp(&b.eta0)));
    }
    let mut pairs = Vec::new();
    let mut left = Vec::new();
    for condition in own {
        let trials = |other: &Condition| -> Vec<u64> {
            let there = |t: &&u64| {
                [&condition, other].iter().all(|c| {
                    let sample = c.samples.get(t);
                    sample.is_some_and(|s| !s.cells.is_empty())
                })
            };
            condition.samples.keys().filter(there).copied().collect()
        };
        let found = reference
            .iter()
            .position(|r| r.key() == condition.key())
            .map(|i| (i, trials(&reference[i])))
            .filter(|(_, trials)| !trials.is_empty());
        match found {
            Some((i, trials)) => pairs.push(Pair {
                own: condition,
                reference: reference.remove(i),
                trials,
            }),
            None => left.push(condition),
        }
    }
    (pairs, left, reference)
}

/// Whether conditions were left on both sides only because they have no checkpoint in common.
fn only_own_matches(own: &[Condition], reference: &[Condition]) -> bool {
    own.iter()
        .any(|c| reference.iter().any(|r| r.key() == c.key()))
}

fn last_common(pairs: &[Pair]) -> Option<u64> {
    let (first, rest) = pairs.split_first()?;
    first
        .trials
        .iter()
        .rev()
        .copied()
        .find(|t| rest.iter().all(|p| p.trials.binary_search(t).is_ok()))
}

fn replicates<'a>(conditions: impl Iterator<Item = &'a Condition>) -> Replicates {
    let cells: Vec<&Cell> = conditions
        .flat_map(|c| c.samples.values().flat_map(|s| &s.cells))
        .collect();
    let distinct = |get: fn(&Cell) -> u32| {
        let all: BTreeSet<u32> = cells.iter().map(|c| get(c)).collect();
        all.len()
    };
    Replicates {
        networks: distinct(|c| c.network),
        targets: distinct(|c| c.target),
    }
}

#[cfg(test)]
mod tests;
