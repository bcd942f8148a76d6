//! The one reader of tables that users bring: signals, reference tables. Strict, with line numbers.
//!
//! The path of the data: [`source`] turns a file into text, within bounds; [`Table`] cuts the text into
//! a header and rows by a [`Dialect`]; [`number`](mod@number) reads cells; [`sniff`] says, once something does not fit, which
//! dialect the text is evidently in.
//!
//! A line is a row. Quotes may hold separators, but no line breaks: of a quote that is never closed, a
//! more generous reader would make one long cell, and lose all rows in it without a word.

mod dialect;
pub mod number;
mod sniff;
pub mod source;
mod split;

pub use dialect::{Decimal, Dialect, Separator};
pub use sniff::{sniff, sniff_separator};
use split::{Lines, QuoteFault, cells};
use std::borrow::Cow;
use std::fmt;

/// A table whose header has been read.
pub struct Table<'t> {
    /// The names of the columns; empty for a column without one.
    pub columns: Vec<String>,
    /// The line of the header.
    pub header_line: u64,
    dialect: Dialect,
    lines: Lines<'t>,
}

/// A row.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Row<'t> {
    /// Its line, counted from 1.
    pub line: u64,
    /// Its cells, as many as the header has.
    pub cells: Vec<Cow<'t, str>>,
}

/// A line that is no row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line, counted from 1.
    pub line: u64,
    /// What is wrong with it.
    pub kind: FaultKind,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// There is no header.
    NoHeader,
    /// Nothing in it, and rows follow.
    Blank,
    /// A quote that is not closed before the line ends.
    OpenQuote(char),
    /// A quote in the middle of a cell.
    QuoteInside(char),
    /// Numbers where units should be.
    NoUnits,
    /// More or fewer cells than the header.
    Cells {
        /// Those of the header.
        header: usize,
        /// Those of the line.
        row: usize,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line;
        match self.kind {
            FaultKind::NoHeader => {
                f.write_str("the file has no header line with the names of its columns")
            }
            FaultKind::Blank => write!(f, "line {line} is empty; a table may have no gaps"),
            FaultKind::OpenQuote(quote) => write!(
                f,
                "line {line} opens a quote ({quote}) and does not close it; a quoted cell must end in its line"
            ),
            FaultKind::QuoteInside(quote) => write!(
                f,
                "line {line} has a quote ({quote}) inside a cell; quote the whole cell, or double the quote inside a \
                 quoted one"
            ),
            FaultKind::NoUnits => write!(
                f,
                "line {line} holds numbers and no units, and units_row = true would pass over them; leave units_row out"
            ),
            FaultKind::Cells { header, row } => {
                let cells = if row == 1 { "cell" } else { "cells" };
                write!(
                    f,
                    "line {line} has {row} {cells}, but the header has {header}"
                )
            }
        }
    }
}

impl<'t> Table<'t> {
    /// Reads the header.
    ///
    /// # Errors
    /// A header that is missing or cannot be cut into cells.
    pub fn begin(text: &'t str, dialect: &Dialect) -> Result<Self, Fault> {
        let mut lines = Lines::new(text, dialect.comment.as_deref());
        lines.leave_out(dialect.skip_lines);
        let fault = |line, kind| Fault { line, kind };
        // Empty lines before the header are no gap.
        let header = lines.find(|(_, text)| !is_blank(text));
        let (line, header) = header.ok_or(fault(1, FaultKind::NoHeader))?;
        let mut names = Vec::new();
        cells(header, dialect.separator, &mut names).map_err(|quote| quote.at(line))?;
        let mut table = Self {
            columns: names.into_iter().map(Cow::into_owned).collect(),
            header_line: line,
            dialect: dialect.clone(),
            lines,
        };
        if dialect.units_row {
            let mut units = Row::default();
            let is_number = |cell: &Cow<'_, str>| cell.replace(',', ".").parse::<f64>().is_ok();
            let mut filled = |table: &mut Self| -> Result<bool, Fault> {
                let is_row = table.advance(&mut units)?;
                let mut cells = units
                    .cells
                    .iter()
                    .filter(|cell| !cell.is_empty())
                    .peekable();
                Ok(is_row && cells.peek().is_some() && cells.all(is_number))
            };
            // A file without units: its first samples would vanish without a word.
            if filled(&mut table)? {
                return Err(fault(units.line, FaultKind::NoUnits));
            }
        }
        Ok(table)
    }

    /// Reads the next row; `false` after the last.
    ///
    /// # Errors
    /// A line that is no row.
    pub fn advance(&mut self, row: &mut Row<'t>) -> Result<bool, Fault> {
        let Some((line, text)) = self.lines.next() else {
            return Ok(false);
        };
        if is_blank(text) {
            // At the end of a file it is nothing; before more rows it is a gap.
            return match self.lines.find(|(_, text)| !is_blank(text)) {
                None => Ok(false),
                Some(_) => Err(Fault {
                    line,
                    kind: FaultKind::Blank,
                }),
            };
        }
        row.line = line;
        row.cells.clear();
        cells(text, self.dialect.separator, &mut row.cells).map_err(|quote| quote.at(line))?;
        let (header, found) = (self.columns.len(), row.cells.len());
        if header != found {
            return Err(Fault {
                line,
                kind: FaultKind::Cells { header, row: found },
            });
        }
        Ok(true)
    }
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

impl QuoteFault {
    fn at(self, line: u64) -> Fault {
        let kind = match self {
            Self::Open(quote) => FaultKind::OpenQuote(quote),
            Self::Inside(quote) => FaultKind::QuoteInside(quote),
        };
        Fault { line, kind }
    }
}

#[cfg(test)]
mod tests;
