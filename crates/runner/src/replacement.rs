//! Whether a study may write its tables into a folder in which something is there already.
//!
//! A folder belongs to the study that its `study.toml` names. The same study may write there, and one
//! that has all its runs and more. One that lacks some of them may do so only if the journal holds
//! these, so that nothing is lost. All else is refused, unless the user asks to replace it: published
//! folders have no journal, and an interrupted study has no tables yet, so neither of them says enough.

use crate::spec::{RunId, Study};
use crate::store::{Kept, StoreError};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::path::Path;
use synapse_report::files::open;
use synapse_report::manifest::Claim;
use synapse_report::study::content_digest;
use synapse_report::words::shortened;
use synapse_report::{manifest, study, summary, tables};

/// How many fields that differ are named.
const SHOWN: usize = 3;

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
        /// Fields that differ, in words.
        differences: Vec<String>,
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
            Self::Other {
                name,
                runs,
                differences,
            } => {
                write!(
                    f,
                    "it belongs to the study {name:?} with {runs} runs, none of which is a run of this study"
                )?;
                match differences.split_at_checked(SHOWN) {
                    _ if differences.is_empty() => Ok(()),
                    None => write!(f, " ({})", differences.join("; ")),
                    Some((first, [])) => write!(f, " ({})", first.join("; ")),
                    Some((first, rest)) => {
                        write!(f, " ({}; and {} more)", first.join("; "), rest.len())
                    }
                }
            }
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

/// What stands in the way of [`allow`], if anything does.
pub fn obstacle(study: &Study, kept: &Kept, folder: &Path) -> Option<Obstacle> {
    let own: HashSet<RunId> = study.run_ids().collect();
    let in_journal = kept.records.keys().filter(|id| own.contains(id)).count();
    let tables = [tables::RUNS.file, summary::FILE, manifest::FILE]
        .into_iter()
        .find(|file| folder.join(file).exists());
    let path = folder.join(study::FILE);
    match open::text(&path) {
        // Where signals lie is no matter: their samples are part of what a study says.
        Ok(text) if content_digest(&text) == content_digest(&study.to_toml(folder)) => {}
        Ok(text) => {
            let before = match Study::load(&path, &[]) {
                Ok(before) => before,
                Err(errors) => {
                    let problem = errors.to_string();
                    let problem = problem.lines().next().unwrap_or_default().to_owned();
                    return Some(Obstacle::Unreadable { problem });
                }
            };
            let runs = before.runs();
            let common = before.run_ids().filter(|id| own.contains(id)).count();
            if common == 0 {
                let name = before.name.clone();
                let differences = differences(&text, &study.to_toml(folder));
                return Some(Obstacle::Other {
                    name,
                    runs,
                    differences,
                });
            }
            let is_lost = |id: &RunId| !own.contains(id) && !kept.records.contains_key(id);
            let lost = match runs_of_table(folder) {
                Some(ids) => ids.iter().filter(|id| is_lost(id)).count(),
                // A published folder may have left its tables out: the study says what they were.
                None if tables.is_some() => before.run_ids().filter(is_lost).count(),
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
    if tables.is_some() && is_unrelated && manifest::claim(folder) != Claim::OtherStudy {
        let runs = kept.records.len();
        return Some(Obstacle::Journal { runs });
    }
    warn_of_others(kept, in_journal, folder);
    None
}

/// The fields in which the base of two studies differs, as in "network.gain is 1.5 there and 1.2 here".
/// Conditions are lists of their own: of them only that they differ is said.
fn differences(there: &str, here: &str) -> Vec<String> {
    let fields = |text: &str| {
        let mut fields = BTreeMap::new();
        if let Ok(table) = text.parse::<toml::Table>() {
            collect("", &table, &mut fields);
        }
        fields
    };
    let (there, here) = (fields(there), fields(here));
    let paths: BTreeSet<&String> = there.keys().chain(here.keys()).collect();
    let value = |fields: &BTreeMap<String, String>, path: &String| {
        let value = fields.get(path).map_or("absent", String::as_str);
        shortened(value).into_owned()
    };
    paths
        .into_iter()
        .filter(|path| there.get(*path) != here.get(*path))
        .map(|path| match path.as_str() {
            "condition" => "the conditions differ".to_owned(),
            _ => format!(
                "{path} is {} there and {} here",
                value(&there, path),
                value(&here, path)
            ),
        })
        .collect()
}

/// The leaves of a table under their dotted paths; what no number follows from is left out.
fn collect(prefix: &str, table: &toml::Table, into: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let path = match prefix {
            "" => key.clone(),
            prefix => format!("{prefix}.{key}"),
        };
        match (path.as_str(), value) {
            ("name" | "question" | "surprise" | "expect" | "target.path", _) => {}
            (_, toml::Value::Table(inner)) => collect(&path, inner, into),
            (_, value) => {
                into.insert(path, value.to_string());
            }
        }
    }
}

/// How many runs of `runs.csv` no journal holds: writing the tables from the journals would lose them.
pub fn unrecorded(kept: &Kept, folder: &Path) -> usize {
    let runs = runs_of_table(folder).unwrap_or_default();
    let lost = runs.iter().filter(|id| !kept.records.contains_key(id));
    lost.count()
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
