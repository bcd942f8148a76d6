//! What can go wrong, each as one message that names the place, the value and what is allowed.

use crate::manifest::Mismatch;
use crate::tables::Disagreement;
use crate::words::{cut, quoted, shortened, visible, visible_lines};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a report or a verdict could not be made.
#[derive(Debug)]
pub enum ReportError {
    /// The result folder does not exist.
    NoFolder {
        /// The folder asked for.
        path: PathBuf,
    },
    /// A file of the result folder is not there.
    NoFile {
        /// The folder asked for.
        folder: PathBuf,
        /// Name of the file in it.
        file: &'static str,
    },
    /// The operating system refused.
    Io {
        /// What was tried: "read", "write", …
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A table's header lacks a column, has one twice, or has it at the wrong place.
    Header {
        /// The table.
        path: PathBuf,
        /// The column.
        column: String,
        /// What is wrong with it.
        problem: String,
        /// The columns found.
        found: Vec<String>,
    },
    /// A line that is not a record of the table (wrong number of fields, not UTF-8).
    Line {
        /// The table.
        path: PathBuf,
        /// Line number, from 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// A cell that does not hold what its column asks for.
    Cell {
        /// The table.
        path: PathBuf,
        /// Line number, from 1.
        line: u64,
        /// The column.
        column: String,
        /// The text found.
        value: String,
        /// What is allowed.
        allowed: String,
    },
    /// Tables that are not those of the study beside them.
    Belonging {
        /// The result folder.
        folder: PathBuf,
        /// Why.
        mismatch: Mismatch,
    },
    /// `runs.csv` and `curves.csv` disagree about a run.
    Disagree {
        /// The result folder.
        folder: PathBuf,
        /// The run.
        run_id: String,
        /// On what.
        about: Disagreement,
    },
    /// A table without any row.
    NoRuns {
        /// The table.
        path: PathBuf,
    },
    /// The study's TOML is not what the report needs.
    Study {
        /// The file.
        path: PathBuf,
        /// Line number, from 1, where it is known.
        line: Option<usize>,
        /// What is wrong, possibly with the line itself.
        problem: String,
    },
    /// The study has no expectation to check.
    NoExpectations {
        /// The file.
        path: PathBuf,
    },
    /// Expectations that select nothing; all of them.
    Unmatched {
        /// The file.
        path: PathBuf,
        /// One problem per expectation that cannot be evaluated.
        problems: Vec<Unmatched>,
    },
    /// A parameter that cannot be tuned in this study.
    Tune {
        /// The result folder.
        path: PathBuf,
        /// The reason.
        problem: String,
    },
    /// A study and a reference that cannot be compared.
    Compare {
        /// The folder or file that the problem is about.
        path: PathBuf,
        /// What stands in the way, and what would help.
        problem: String,
    },
    /// A figure could not be turned into an image.
    Raster {
        /// The file that was to be written.
        path: PathBuf,
        /// The reason.
        problem: String,
    },
}

/// Why one expectation could not be evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched {
    /// Its number in the study, from 1.
    pub number: usize,
    /// Its label or description.
    pub expectation: String,
    /// What does not exist, and what does.
    pub problem: String,
}

impl ReportError {
    /// Whether all that is wrong is that runs are missing.
    pub fn is_partial(&self) -> bool {
        let partial = |mismatch: &Mismatch| matches!(mismatch, Mismatch::Partial(_));
        matches!(self, Self::Belonging { mismatch, .. } if partial(mismatch))
    }

    /// Wraps an error of the operating system.
    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io {
            doing,
            path: path.to_path_buf(),
            source,
        }
    }
}

/// One message, of [`ReportError::Unmatched`] one line per problem; names of users are in it, and none may
/// move the cursor.
impl fmt::Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.write(&mut text)?;
        f.write_str(&visible_lines(&text))
    }
}

impl ReportError {
    fn write(&self, f: &mut impl fmt::Write) -> fmt::Result {
        match self {
            Self::NoFolder { path } => write!(f, "{}: no such folder", path.display()),
            Self::NoFile { folder, file } => write!(
                f,
                "{}: no {file} in this folder; a result folder holds study.toml, runs.csv and curves.csv",
                folder.display()
            ),
            Self::Io {
                doing,
                path,
                source,
            } => write!(f, "{}: cannot {doing}: {source}", path.display()),
            Self::Header {
                path,
                column,
                problem,
                found,
            } => write!(
                f,
                "{}:1: column {}: {problem} (columns found: {})",
                path.display(),
                shortened(column),
                found_columns(found)
            ),
            Self::Line {
                path,
                line,
                problem,
            } => write!(f, "{}:{line}: {problem}", path.display()),
            Self::Cell {
                path,
                line,
                column,
                value,
                allowed,
            } => write!(
                f,
                "{}:{line}: {} = {}: must be {allowed}",
                path.display(),
                shortened(column),
                quoted(value)
            ),
            Self::Belonging { folder, mismatch } => mismatch.message(folder, f),
            Self::Disagree {
                folder,
                run_id,
                about,
            } => write!(
                f,
                "{}: runs.csv and curves.csv disagree about run {run_id}: {about}",
                folder.display()
            ),
            Self::NoRuns { path } => write!(f, "{}: holds no run", path.display()),
            Self::Study {
                path,
                line: Some(line),
                problem,
            } => write!(f, "{}:{line}: {problem}", path.display()),
            Self::Study {
                path,
                line: None,
                problem,
            } => write!(f, "{}: {problem}", path.display()),
            Self::NoExpectations { path } => write!(
                f,
                "{}: no [[expect]] table, so there is nothing to check",
                path.display()
            ),
            Self::Unmatched { path, problems } => {
                for (i, p) in problems.iter().enumerate() {
                    if i > 0 {
                        writeln!(f)?;
                    }
                    write!(
                        f,
                        "{}: expectation {} ({}): {}",
                        path.display(),
                        p.number,
                        visible(&cut(&p.expectation, 200)),
                        visible(&p.problem)
                    )?;
                }
                Ok(())
            }
            Self::Tune { path, problem } => write!(f, "{}: {problem}", path.display()),
            Self::Compare { path, problem } => write!(f, "{}: {problem}", path.display()),
            Self::Raster { path, problem } => {
                write!(f, "{}: cannot draw: {problem}", path.display())
            }
        }
    }
}

/// The columns of a header, the first few dozen of them.
fn found_columns(found: &[String]) -> String {
    const LISTED: usize = 40;
    let mut words: Vec<_> = found.iter().take(LISTED).map(|c| shortened(c)).collect();
    if found.len() > LISTED {
        words.push(format!("… ({} in all)", found.len()).into());
    }
    words.join(", ")
}

impl std::error::Error for ReportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
