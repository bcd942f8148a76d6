//! Strict reading of CSV: every error names the file, the line, the column and what is allowed.

use crate::error::ReportError;
use crate::files::open;
use crate::number::{self, Unread};
use csv::StringRecord;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A table being read: its path, its header and the record under the cursor.
pub struct TableReader<'a> {
    path: PathBuf,
    // Read through a large buffer: a call that is not known before costs nothing.
    reader: csv::Reader<Box<dyn Read + 'a>>,
    record: StringRecord,
    /// The column names.
    pub header: Vec<String>,
}

impl<'a> TableReader<'a> {
    /// Opens a table; `None` if there is no such file.
    pub fn open(folder: &Path, name: &'static str) -> Result<Option<Self>, ReportError> {
        let path = folder.join(name);
        let file = match open::regular(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(ReportError::io("read", &path, e)),
        };
        Self::new(Box::new(file), path).map(Some)
    }

    /// Begins a table, called `path` in messages.
    pub(crate) fn new(source: Box<dyn Read + 'a>, path: PathBuf) -> Result<Self, ReportError> {
        let mut reader = csv::ReaderBuilder::new()
            // A header of its own, so that a file of one line is not taken for data.
            .has_headers(true)
            .buffer_capacity(1 << 18)
            .from_reader(source);
        let header: Vec<String> = reader
            .headers()
            .map_err(|e| line_error(&path, 1, e))?
            .iter()
            .map(str::to_string)
            .collect();
        let table = Self {
            path,
            reader,
            record: StringRecord::new(),
            header,
        };
        for (i, column) in table.header.iter().enumerate() {
            if table.header[..i].contains(column) {
                return Err(table.header_error(column, "stands twice"));
            }
        }
        Ok(table)
    }

    /// The columns between `run_id` and `network`, after checking that `rest` follows them.
    pub fn parameters(&self, rest: &[&str]) -> Result<Vec<String>, ReportError> {
        if self.header.first().map(String::as_str) != Some("run_id") {
            return Err(self.header_error("run_id", "must be the first column"));
        }
        for column in rest {
            if !self.header.iter().any(|h| h == column) {
                return Err(self.header_error(column, "is missing"));
            }
        }
        let network = self.position("network");
        if self.header[1..network].first().map(String::as_str) != Some("rule.kind") {
            return Err(self.header_error("rule.kind", "must follow run_id"));
        }
        for (offset, column) in rest.iter().enumerate() {
            if self.header.get(network + offset).map(String::as_str) != Some(*column) {
                return Err(
                    self.header_error(column, &format!("must be column {}", network + offset + 1))
                );
            }
        }
        if let Some(unknown) = self.header.get(network + rest.len()) {
            return Err(self.header_error(unknown, "is not known here"));
        }
        Ok(self.header[1..network].to_vec())
    }

    /// The index of a column known to exist.
    pub fn position(&self, column: &str) -> usize {
        self.header
            .iter()
            .position(|h| h == column)
            .unwrap_or(self.header.len())
    }

    /// Moves to the next record; `false` after the last.
    pub fn advance(&mut self) -> Result<bool, ReportError> {
        let line = self.reader.position().line();
        self.reader
            .read_record(&mut self.record)
            .map_err(|e| line_error(&self.path, line, e))
    }

    /// The text of a cell.
    pub fn text(&self, column: usize) -> &str {
        self.record.get(column).unwrap_or("")
    }

    /// A whole number ≥ 0.
    pub fn whole<T: std::str::FromStr>(&self, column: usize) -> Result<T, ReportError> {
        self.text(column)
            .parse()
            .map_err(|_| self.cell_error(column, "a whole number ≥ 0"))
    }

    /// A finite number.
    pub fn finite(&self, column: usize) -> Result<f64, ReportError> {
        match number::read(self.text(column)) {
            Ok(x) if x.is_finite() => Ok(x),
            other => Err(self.number_error(column, "a finite number", other)),
        }
    }

    /// A mean squared error: finite, ≥ 0, or empty.
    pub fn mse(&self, column: usize) -> Result<Option<f64>, ReportError> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(None);
        }
        match number::read(text) {
            Ok(x) if x.is_finite() && x >= 0.0 => Ok(Some(x)),
            other => Err(self.number_error(column, "a finite number ≥ 0, or empty", other)),
        }
    }

    /// An error about a number: what is allowed, and whether it is one that no float holds.
    fn number_error(
        &self,
        column: usize,
        allowed: &str,
        found: Result<f64, Unread>,
    ) -> ReportError {
        match found {
            Ok(_) | Err(Unread::NotANumber) => self.cell_error(column, allowed),
            Err(unread) => self.cell_error(column, &format!("{allowed}; {unread}")),
        }
    }

    /// The line number of the current record.
    pub fn line(&self) -> u64 {
        self.record.position().map_or(1, csv::Position::line)
    }

    /// The table's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// An error about a cell of the current record.
    pub fn cell_error(&self, column: usize, allowed: &str) -> ReportError {
        ReportError::Cell {
            path: self.path.clone(),
            line: self.line(),
            column: self.header[column].clone(),
            value: self.text(column).to_string(),
            allowed: allowed.to_string(),
        }
    }

    /// An error about the current record as a whole.
    pub fn record_error(&self, problem: String) -> ReportError {
        ReportError::Line {
            path: self.path.clone(),
            line: self.line(),
            problem,
        }
    }

    /// An error about a column of the header.
    pub fn header_error(&self, column: &str, problem: &str) -> ReportError {
        ReportError::Header {
            path: self.path.clone(),
            column: column.to_string(),
            problem: problem.to_string(),
            found: self.header.clone(),
        }
    }
}

fn line_error(path: &Path, before: u64, error: csv::Error) -> ReportError {
    let line = error.position().map_or(before, csv::Position::line);
    let problem = match error.into_kind() {
        csv::ErrorKind::Io(source) => return ReportError::io("read", path, source),
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!(
            "{len} field{} where the header has {expected_len}",
            if len == 1 { "" } else { "s" }
        ),
        csv::ErrorKind::Utf8 { .. } => "not UTF-8".to_string(),
        other => format!("not a CSV record ({other:?})"),
    };
    ReportError::Line {
        path: path.to_path_buf(),
        line,
        problem,
    }
}
