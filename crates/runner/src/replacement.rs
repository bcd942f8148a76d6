//! Whether a study may write its tables into a folder in which something is there already.
//!
//! A folder belongs to the study that its `study.toml` names. The same study may write there, and one
//! that has all its runs and more. One that lacks some of them may do so only if the journal holds
//! these, so that nothing is lost. All else is refused, unless the user asks to replace it: published
//! folders have no journal, and an interrupted study has no tables yet, so neither of them says enough.

use crate::spec::{RunId, Study};
use crate::store::{Kept, StoreError};
use std::collections::HashSet;
use std::fmt;
use std::path::Path;
use synapse_report::files::open;
use synapse_report::{manifest, study, summary, tables};

/// What stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// Tables, and no `study.toml` that says what they are.
    Unnamed {
        /// One of the files.
        file: &'static str,
    },
    /// The `study.toml` of the folder cannot be read as a study.
    Unreadable {
        /// The first thing that is wrong with it.
        problem: String,
    },
    /// Another study: no run in common.
    Other {
        /// Its name.
        name: String,
        /// How many runs it has.
        runs: usize,
    },
    /// Runs of the tables would be lost: they are not of the study, and not in the journal.
    Lost {
        /// How many.
        runs: usize,
    },
    /// Runs in the journal, of which not one is of the study.
    Journal {
        /// How many.
        runs: usize,
    },
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unnamed { file } => write!(
                f,
                "{file} is there without a study.toml that says what it is of"
            ),
            Self::Unreadable { problem } => {
                write!(f, "its study.toml cannot be read as a study ({problem})")
            }
            Self::Other { name, runs } => write!(
                f,
                "it belongs to the study {name:?} with {runs} runs, none of which is a run of this study"
            ),
            Self::Lost { runs } => write!(
                f,
                "{runs} runs of its tables are not runs of this study, and no journal holds them"
            ),
            Self::Journal { runs } => write!(
                f,
                "{runs} runs are in its journal, and none of them is a run of this study"
            ),
        }
    }
}

/// Makes sure that the study may write its tables into a folder, whose journals hold `kept`.
///
/// # Errors
/// [`StoreError::OtherStudy`] if what is there is of another study, or would be lost.
pub fn allow(study: &Study, kept: &Kept, folder: &Path) -> Result<(), StoreError> {
    match obstacle(study, kept, folder) {
        None => Ok(()),
        Some(obstacle) => Err(StoreError::OtherStudy {
            folder: folder.to_owned(),
            obstacle,
        }),
    }
}

fn obstacle(study: &Study, kept: &Kept, folder: &Path) -> Option<Obstacle> {
    let own: HashSet<RunId> = ids(study).collect();
    let in_journal = kept.records.keys().filter(|id| own.contains(id)).count();
    let tables = [tables::RUNS.file, summary::FILE, manifest::FILE]
        .into_iter()
        .find(|file| folder.join(file).exists());
    let path = folder.join(study::FILE);
    match open::bytes(&path) {
        Ok(text) if text == study.to_toml(folder).as_bytes() => {}
        Ok(_) => {
            let before = match Study::load(&path, &[]) {
                Ok(before) => before,
                Err(errors) => {
                    let problem = errors.to_string();
                    let problem = problem.lines().next().unwrap_or_default().to_owned();
                    return Some(Obstacle::Unreadable { problem });
                }
            };
            let runs = before.runs();
            let common = ids(&before).filter(|id| own.contains(id)).count();
            if common == 0 {
                let name = before.name.clone();
                return Some(Obstacle::Other { name, runs });
            }
            let is_lost = |id: &RunId| !own.contains(id) && !kept.records.contains_key(id);
            let lost = match runs_of_table(folder) {
                Some(ids) => ids.iter().filter(|id| is_lost(id)).count(),
                // A published folder may have left its tables out: the study says what they were.
                None if tables.is_some() => ids(&before).filter(is_lost).count(),
                None => 0,
            };
            if lost > 0 {
                return Some(Obstacle::Lost { runs: lost });
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if let (Some(file), 0) = (tables, in_journal) {
                return Some(Obstacle::Unnamed { file });
            }
        }
        Err(error) => {
            let problem = error.to_string();
            return Some(Obstacle::Unreadable { problem });
        }
    }
    // The same study by another version of the numerics; unless it has already taken the folder over.
    let is_unrelated = in_journal == 0 && !kept.records.is_empty();
    if tables.is_some() && is_unrelated && !tables_are_of_another(folder) {
        let runs = kept.records.len();
        return Some(Obstacle::Journal { runs });
    }
    warn_of_others(kept, in_journal, folder);
    None
}

/// Whether the manifest names another `study.toml` than the one beside it: the one that is there has
/// taken the folder over and was not finished.
fn tables_are_of_another(folder: &Path) -> bool {
    let manifest = open::bytes(&folder.join(manifest::FILE)).unwrap_or_default();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap_or_default();
    let named = manifest["study"]["sha256"].as_str();
    let found = manifest::sum(&folder.join(study::FILE)).ok();
    named.is_some() && found.is_some() && named != found.as_deref()
}

/// The runs of `runs.csv`, as far as their identities can be read; `None` if there is no such table.
fn runs_of_table(folder: &Path) -> Option<Vec<RunId>> {
    let file = open::regular(&folder.join(tables::RUNS.file)).ok()?;
    let rows = csv::Reader::from_reader(file).into_records();
    let id = |row: csv::Result<csv::StringRecord>| row.ok()?.get(0)?.parse().ok();
    Some(rows.filter_map(id).collect())
}

fn warn_of_others(kept: &Kept, in_journal: usize, folder: &Path) {
    let foreign = kept.records.len() - in_journal;
    if in_journal > 0 && foreign > 0 {
        tracing::warn!(
            "{}: {foreign} runs of an earlier version of this study stay in the journal, but not in the tables",
            folder.display()
        );
    }
}

fn ids(study: &Study) -> impl Iterator<Item = RunId> {
    (0..study.runs()).map(|position| study.run_id(study.run(position)))
}
