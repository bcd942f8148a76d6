//! Signals of `file` targets: one column of a CSV file with a header line. Each file and column is
//! read once per study.

use super::words::{did_you_mean, listed, nearest};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A signal.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// The samples.
    pub values: Vec<f64>,
    /// SHA-256 of the samples, in hexadecimal: what stands for them in the identity of a run.
    pub content: String,
}

/// Why a signal cannot be used.
#[derive(Debug, Clone, PartialEq)]
pub enum SignalError {
    /// The file cannot be read.
    Unreadable {
        /// Why.
        kind: std::io::ErrorKind,
    },
    /// Not text, or rows of different lengths.
    NotCsv {
        /// The line.
        line: u64,
        /// What is wrong there.
        reason: CsvReason,
    },
    /// No line but the header, or not even that.
    NoRows,
    /// One sample is no signal.
    OneRow,
    /// No such column.
    NoColumn {
        /// The columns there are.
        columns: Vec<String>,
        /// The nearest of them.
        nearest: Option<String>,
    },
    /// Two columns of that name.
    TwoColumns,
    /// An empty cell.
    EmptyCell {
        /// Its line.
        line: u64,
    },
    /// A cell that is no number.
    NotANumber {
        /// Its line.
        line: u64,
        /// What it holds.
        text: String,
    },
    /// NaN or an infinity.
    NotFinite {
        /// Its line.
        line: u64,
        /// What it holds.
        text: String,
    },
    /// Standardisation of a signal that never changes.
    Constant {
        /// Its value.
        value: String,
    },
}

/// What makes a file unreadable as CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CsvReason {
    /// The bytes are not UTF-8.
    NotText,
    /// A row is longer or shorter than the header.
    RowLength {
        /// Cells of the header.
        header: u64,
        /// Cells of the row.
        row: u64,
    },
    /// Reading failed midway.
    Broken,
}

impl fmt::Display for SignalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { kind } => match kind {
                std::io::ErrorKind::NotFound => {
                    f.write_str("no such file (the path is relative to the spec)")
                }
                kind => write!(f, "cannot be read: {kind}"),
            },
            Self::NotCsv { line, reason } => match reason {
                CsvReason::NotText => write!(f, "line {line} is not UTF-8 text"),
                CsvReason::RowLength { header, row } => write!(
                    f,
                    "line {line} has {row} cells, but the header has {header}"
                ),
                CsvReason::Broken => write!(f, "line {line} cannot be read"),
            },
            Self::NoRows => f.write_str("the file has no rows; at least 2 samples are needed"),
            Self::OneRow => f.write_str("the file has one row; at least 2 samples are needed"),
            Self::NoColumn { columns, nearest } => {
                let separator = if nearest.is_some() { "" } else { ";" };
                write!(
                    f,
                    "the file has no such column{}{separator} its columns: {}",
                    did_you_mean(nearest.as_deref()),
                    listed(columns, 12)
                )
            }
            Self::TwoColumns => f.write_str("the file has more than one column of that name"),
            Self::EmptyCell { line } => {
                write!(f, "line {line} is empty; a signal may have no gaps")
            }
            Self::NotANumber { line, text } => {
                write!(f, "line {line} holds \"{text}\", which is not a number")
            }
            Self::NotFinite { line, text } => {
                write!(f, "line {line} holds {text}; every sample must be finite")
            }
            Self::Constant { value } => write!(
                f,
                "the signal is {value} throughout; standardise = true needs one that varies"
            ),
        }
    }
}

impl SignalError {
    /// Whether the file as a whole is at fault, whatever the column.
    pub fn is_about_file(&self) -> bool {
        matches!(
            self,
            Self::Unreadable { .. } | Self::NotCsv { .. } | Self::NoRows | Self::OneRow
        )
    }

    /// The field that a person would change.
    pub fn field(&self) -> &'static str {
        match self {
            Self::NoColumn { .. } | Self::TwoColumns => "target.column",
            Self::Constant { .. } => "target.standardise",
            _ => "target.path",
        }
    }
}

/// The signals read so far.
#[derive(Default)]
pub struct Signals {
    folder: PathBuf,
    read: BTreeMap<(String, String), Result<Arc<Signal>, SignalError>>,
}

impl Signals {
    /// None read; paths are relative to `folder`.
    pub fn relative_to(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            read: BTreeMap::new(),
        }
    }

    /// The signal in a column of a file.
    pub fn get(&mut self, path: &str, column: &str) -> Result<Arc<Signal>, SignalError> {
        self.read
            .entry((path.to_owned(), column.to_owned()))
            .or_insert_with(|| read(&self.folder.join(path), column).map(Arc::new))
            .clone()
    }
}

impl Signal {
    /// The error of standardising this, if it cannot be.
    pub fn standardisable(&self) -> Result<(), SignalError> {
        let first = self.values.first().copied().unwrap_or(0.0);
        if self.values.iter().all(|&value| value == first) {
            return Err(SignalError::Constant {
                value: super::scalar::shortest(first),
            });
        }
        Ok(())
    }
}

fn read(path: &Path, column: &str) -> Result<Signal, SignalError> {
    let unreadable = |error: std::io::Error| SignalError::Unreadable { kind: error.kind() };
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let headers = reader.headers().map_err(not_csv)?.clone();
    let mut matching = headers
        .iter()
        .enumerate()
        .filter(|(_, name)| *name == column);
    let at = match (matching.next(), matching.next()) {
        (Some((at, _)), None) => at,
        (Some(_), Some(_)) => return Err(SignalError::TwoColumns),
        (None, _) if headers.iter().all(str::is_empty) => return Err(SignalError::NoRows),
        (None, _) => {
            return Err(SignalError::NoColumn {
                columns: headers.iter().map(str::to_owned).collect(),
                nearest: nearest(column, headers.iter()).map(str::to_owned),
            });
        }
    };
    if let Some(line) = blank_line(bytes) {
        return Err(SignalError::EmptyCell { line });
    }
    let mut values = Vec::new();
    for record in reader.records() {
        let record = record.map_err(not_csv)?;
        let line = record.position().map_or(0, csv::Position::line);
        let text = record.get(at).unwrap_or_default();
        values.push(cell(text, line)?);
    }
    match values.len() {
        0 => Err(SignalError::NoRows),
        1 => Err(SignalError::OneRow),
        _ => Ok(Signal {
            content: content(&values),
            values,
        }),
    }
}

/// The first empty line that is not at the end. The reader skips such lines; in a file of one column
/// that would close a gap in the signal without a word.
fn blank_line(bytes: &[u8]) -> Option<u64> {
    let lines: Vec<&[u8]> = bytes.split(|&byte| byte == b'\n').collect();
    let blank = |line: &&[u8]| line.trim_ascii().is_empty();
    let end = lines.iter().rposition(|line| !blank(line))?;
    let at = lines[..end].iter().position(blank)?;
    Some(at as u64 + 1)
}

fn cell(text: &str, line: u64) -> Result<f64, SignalError> {
    if text.is_empty() {
        return Err(SignalError::EmptyCell { line });
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value + 0.0),
        Ok(_) => Err(SignalError::NotFinite {
            line,
            text: text.to_owned(),
        }),
        Err(_) => Err(SignalError::NotANumber {
            line,
            text: text.to_owned(),
        }),
    }
}

fn not_csv(error: csv::Error) -> SignalError {
    let (line, reason) = match error.kind() {
        csv::ErrorKind::UnequalLengths {
            pos,
            expected_len,
            len,
        } => (
            pos.as_ref().map_or(1, csv::Position::line),
            CsvReason::RowLength {
                header: *expected_len,
                row: *len,
            },
        ),
        csv::ErrorKind::Utf8 { pos, .. } => (
            pos.as_ref().map_or(1, csv::Position::line),
            CsvReason::NotText,
        ),
        _ => (
            error.position().map_or(1, csv::Position::line),
            CsvReason::Broken,
        ),
    };
    SignalError::NotCsv { line, reason }
}

/// SHA-256 over the samples as little-endian 64-bit floats.
fn content(values: &[f64]) -> String {
    let mut hash = Sha256::new();
    for value in values {
        hash.update(value.to_le_bytes());
    }
    super::identity::hex(&hash.finalize())
}
