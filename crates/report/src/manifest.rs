//! What `manifest.json` says of the tables, and whether it is so: they are of the study beside them,
//! complete, and as they were written.
//!
//! The manifest names the study by the SHA-256 of what `study.toml` says and each table by the SHA-256 of its
//! bytes, and says how many runs the study has. A study that was extended or changed and then killed
//! leaves a new `study.toml` beside the old tables: their numbers are right and their verdict is not.
//! So whoever reads tables asks here first. Manifests of older versions name less; what they name is
//! compared all the same.

use crate::error::ReportError;
use crate::files::{digest, open};
use crate::shell;
use crate::study::{self, Study};
use crate::tables::{CURVES, RUNS, TRACES, Tables};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;

/// The file's name in a result folder.
pub const FILE: &str = "manifest.json";

/// Where a result folder keeps records of runs.
const JOURNAL: &str = "journal";

/// What names a table: its rows, header apart, and the SHA-256 of its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableDigest {
    /// Rows, without the header.
    pub rows: u64,
    /// SHA-256 of the whole file, in hexadecimal.
    pub sha256: String,
}

/// How much of its study the tables hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Runs with a row in `runs.csv`.
    pub present: u64,
    /// Runs of the study.
    pub planned: u64,
}

impl Extent {
    /// Whether runs are missing.
    pub fn is_partial(self) -> bool {
        self.present < self.planned
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "partial: {} of {} runs", self.present, self.planned)
    }
}

/// Whether tables of an unfinished study will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accept {
    /// Only those of a whole study.
    Whole,
    /// Also those of a part of it: what is made of them says so.
    Partial,
}

/// Why tables are not those of the study beside them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// There are records of runs, and no tables.
    NotWritten,
    /// The folder was written to while it was read.
    Changed,
    /// There is no manifest.
    Unsigned,
    /// The manifest is no manifest.
    Unreadable {
        /// What is wrong with it.
        problem: String,
    },
    /// The manifest names another `study.toml`.
    OtherStudy {
        /// How the study of the tables is called, if the manifest says so.
        name: Option<String>,
        /// How that of `study.toml` is called.
        expected: String,
        /// Runs in the tables.
        present: u64,
        /// Runs of `study.toml`.
        planned: u64,
    },
    /// Runs are missing, and that was not accepted.
    Partial(Extent),
    /// The manifest counts other runs than the tables hold.
    OtherCount {
        /// Rows of `runs.csv`.
        present: u64,
        /// Rows that it should have.
        expected: u64,
    },
    /// A table is not the one that the manifest names.
    Edited {
        /// Its file name.
        file: &'static str,
    },
    /// A table that the manifest names is not there, or one that it does not name is.
    TableSet {
        /// Its file name.
        file: &'static str,
        /// Whether the manifest names it.
        named: bool,
    },
}

impl Mismatch {
    /// The message about a result folder: what is wrong, and what to do.
    pub(crate) fn message(&self, folder: &Path, f: &mut impl fmt::Write) -> fmt::Result {
        let at = folder.display();
        let compute = Command {
            words: "",
            folder,
            study: true,
        };
        let merge = Command {
            words: "merge ",
            folder,
            study: false,
        };
        match self {
            Self::NotWritten => write!(
                f,
                "{at}: no tables yet. Run `{compute}` to compute what is missing and write them, \
                 or `{merge}` if the study was computed in shards"
            ),
            Self::Changed => write!(
                f,
                "{at}: other tables were written while these were read, and what was made of these may be \
                 beside them; run the same command again"
            ),
            Self::Unsigned => write!(
                f,
                "{at}: no {FILE}, so nothing says which study the tables are of. \
                 Run `{merge}` to write the tables and {FILE} from the journal"
            ),
            Self::Unreadable { problem } => {
                write!(f, "{at}/{FILE}: {problem}. Run `{merge}` to write it again")
            }
            Self::OtherStudy {
                name,
                expected,
                present,
                planned,
            } => {
                write!(
                    f,
                    "{at}: the tables are of another study than {}",
                    study::FILE
                )?;
                match name {
                    Some(name) if name != expected => {
                        write!(f, ": they are of {name:?}, it is {expected:?}")?;
                    }
                    _ => f.write_str(": it was changed after they were written")?,
                }
                write!(f, ". They hold {present} runs, it has {planned}. ")?;
                write!(
                    f,
                    "Run `{compute}` to compute the runs that are missing and write the tables"
                )
            }
            Self::Partial(extent) => write!(
                f,
                "{at}: {} of {} runs are missing from the tables. \
                 Run `{compute}` to compute what is missing and write the tables",
                extent.planned - extent.present,
                extent.planned
            ),
            Self::OtherCount { present, expected } => write!(
                f,
                "{at}/{}: holds {present} runs, but {FILE} says {expected}. \
                 Run `{merge}` to write the tables again from the journal",
                RUNS.file
            ),
            Self::Edited { file } => write!(
                f,
                "{at}/{file}: not the table that {FILE} names: it was changed after it was written. \
                 Run `{merge}` to write the tables again from the journal"
            ),
            Self::TableSet { file, named: true } => write!(
                f,
                "{at}: no {file}, which {FILE} names. \
                 Run `{merge}` to write the tables again from the journal"
            ),
            Self::TableSet { file, named: false } => write!(
                f,
                "{at}/{file}: {FILE} names no such table, so it is of another study. \
                 Run `{merge}` to write the tables again from the journal"
            ),
        }
    }
}

/// A command for a result folder, as a shell takes it.
struct Command<'a> {
    words: &'static str,
    folder: &'a Path,
    /// Whether the study itself is run.
    study: bool,
}

impl fmt::Display for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = shell::path(self.folder);
        write!(f, "runner {}", self.words)?;
        if self.study {
            let spec = shell::path(&self.folder.join(study::FILE));
            write!(f, "{spec} --out {folder}")
        } else {
            f.write_str(&folder)
        }
    }
}

/// What a report needs of `manifest.json`; all else in it is passed over.
#[derive(Debug, Clone, Default, Deserialize)]
struct Wire {
    #[serde(default)]
    study: WireStudy,
    counts: Option<WireCounts>,
    #[serde(default)]
    tables: BTreeMap<String, TableDigest>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct WireStudy {
    name: Option<String>,
    /// Of what the file says.
    content_sha256: Option<String>,
    /// Of its bytes: all that older manifests have.
    sha256: Option<String>,
}

impl WireStudy {
    /// Whether the `study.toml` of the folder says something else.
    fn is_another(&self, folder: &Path) -> Result<bool, ReportError> {
        let path = folder.join(study::FILE);
        let (named, found) = match (&self.content_sha256, &self.sha256) {
            (Some(named), _) => {
                let text = open::text(&path).map_err(|e| ReportError::io("read", &path, e))?;
                (named, study::content_digest(&text))
            }
            (None, Some(named)) => (named, Some(sum(&path)?)),
            (None, None) => return Ok(false),
        };
        Ok(Some(named) != found.as_ref())
    }
}

#[derive(Debug, Clone, Deserialize)]
struct WireCounts {
    runs: u64,
    #[serde(default)]
    missing: u64,
}

/// Reads the tables of a folder. Where they cannot be read, a table that was changed is named before one
/// that only does not fit it.
///
/// # Errors
/// [`ReportError::Belonging`] if there are none yet, or if another table than the one with the error was
/// changed after it was written; else what is wrong with a table.
pub(crate) fn tables(folder: &Path) -> Result<Tables, ReportError> {
    let wrong = |mismatch| ReportError::Belonging {
        folder: folder.to_path_buf(),
        mismatch,
    };
    if !folder.join(RUNS.file).exists() && folder.join(JOURNAL).is_dir() {
        return Err(wrong(Mismatch::NotWritten));
    }
    Tables::read(folder).map_err(|error| {
        let named = read(folder).map(|wire| wire.tables).unwrap_or_default();
        let blamed = match &error {
            ReportError::Cell { path, .. }
            | ReportError::Line { path, .. }
            | ReportError::Header { path, .. } => path.clone(),
            _ => return error,
        };
        match same_tables(folder, &named) {
            Err(Either::Mismatch(Mismatch::Edited { file })) if !blamed.ends_with(file) => {
                wrong(Mismatch::Edited { file })
            }
            _ => error,
        }
    })
}

/// Finds out how much of the study beside them these tables hold.
///
/// # Errors
/// [`ReportError::Belonging`] if they are of another study, incomplete and that is not accepted, or
/// not as they were written; [`ReportError::Io`].
pub fn examine(
    folder: &Path,
    study: &Study,
    tables: &Tables,
    accept: Accept,
) -> Result<Extent, ReportError> {
    let wrong = |mismatch| ReportError::Belonging {
        folder: folder.to_path_buf(),
        mismatch,
    };
    let wire = read(folder)?;
    let present = tables.runs.len() as u64;
    let planned = study.planned_runs();
    let other = || {
        wrong(Mismatch::OtherStudy {
            name: wire.study.name.clone(),
            expected: study.name.clone(),
            present,
            planned: planned.unwrap_or(0),
        })
    };
    if wire.study.is_another(folder)? {
        return Err(other());
    }
    let Some(counts) = &wire.counts else {
        return Err(wrong(Mismatch::Unreadable {
            problem: "counts is missing, which every version writes".to_owned(),
        }));
    };
    let counted = Some(counts.runs);
    // An older manifest names no study.toml: then at least the numbers of runs must be the same.
    if let (Some(planned), Some(counted)) = (planned, counted)
        && planned != counted
    {
        return Err(other());
    }
    let expected = counts.runs.saturating_sub(counts.missing);
    if present != expected {
        return Err(wrong(Mismatch::OtherCount { present, expected }));
    }
    if !wire.tables.is_empty() {
        same_tables(folder, &wire.tables).map_err(|error| match error {
            Either::Mismatch(mismatch) => wrong(mismatch),
            Either::Report(error) => error,
        })?;
    }
    let extent = Extent {
        present,
        planned: planned.or(counted).unwrap_or(present).max(present),
    };
    if extent.is_partial() && accept == Accept::Whole {
        return Err(wrong(Mismatch::Partial(extent)));
    }
    Ok(extent)
}

/// Makes sure that the manifest of a folder is still the one with this SHA-256.
///
/// # Errors
/// [`Mismatch::Changed`] if it is not.
pub fn unchanged(folder: &Path, manifest: &str) -> Result<(), ReportError> {
    if sum(&folder.join(FILE)).is_ok_and(|now| now == manifest) {
        return Ok(());
    }
    Err(ReportError::Belonging {
        folder: folder.to_path_buf(),
        mismatch: Mismatch::Changed,
    })
}

/// What a manifest says of the tables beside it, without reading them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// There are none, or nothing says what they are.
    None,
    /// They are of the whole study.
    Whole,
    /// They are of a part of the study.
    Partial(Extent),
    /// They are of another study, or of an earlier version of this one.
    OtherStudy,
}

/// What the manifest of a folder claims.
pub fn claim(folder: &Path) -> Claim {
    let Ok(wire) = read(folder) else {
        return Claim::None;
    };
    if !folder.join(RUNS.file).exists() {
        return Claim::None;
    }
    if wire.study.is_another(folder).unwrap_or(true) {
        return Claim::OtherStudy;
    }
    match wire.counts {
        Some(counts) if counts.missing > 0 => Claim::Partial(Extent {
            present: counts.runs.saturating_sub(counts.missing),
            planned: counts.runs,
        }),
        _ => Claim::Whole,
    }
}

enum Either {
    Mismatch(Mismatch),
    Report(ReportError),
}

/// Whether the tables of a folder are those named.
fn same_tables(folder: &Path, named: &BTreeMap<String, TableDigest>) -> Result<(), Either> {
    for form in [RUNS, CURVES, TRACES] {
        let file = form.file;
        let path = folder.join(file);
        match (named.get(file), path.exists()) {
            (Some(digest), true) => {
                let sha256 = sum(&path).map_err(Either::Report)?;
                if sha256 != digest.sha256 {
                    return Err(Either::Mismatch(Mismatch::Edited { file }));
                }
            }
            (None, false) => {}
            (digest, _) => {
                let named = digest.is_some();
                return Err(Either::Mismatch(Mismatch::TableSet { file, named }));
            }
        }
    }
    Ok(())
}

fn read(folder: &Path) -> Result<Wire, ReportError> {
    let path = folder.join(FILE);
    let wrong = |mismatch| ReportError::Belonging {
        folder: folder.to_path_buf(),
        mismatch,
    };
    let bytes = open::bytes(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => wrong(Mismatch::Unsigned),
        _ => ReportError::io("read", &path, error),
    })?;
    serde_json::from_slice(&bytes).map_err(|error| {
        wrong(Mismatch::Unreadable {
            problem: error.to_string(),
        })
    })
}

/// The SHA-256 of a file, in hexadecimal.
///
/// # Errors
/// It cannot be read.
pub fn sum(path: &Path) -> Result<String, ReportError> {
    let sum = digest::of_file(path).map_err(|error| ReportError::io("read", path, error))?;
    Ok(sum.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_quoted_for_a_shell() {
        let command = |folder: &str| {
            Command {
                words: "merge ",
                folder: Path::new(folder),
                study: false,
            }
            .to_string()
        };
        assert_eq!(command("results/a"), "runner merge results/a");
        assert_eq!(command("my results"), "runner merge 'my results'");
        assert_eq!(command("it's"), r"runner merge 'it'\''s'");
    }
}
