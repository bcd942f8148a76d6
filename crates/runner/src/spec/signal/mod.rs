//! Signals of `file` targets: columns of tables that users bring. Each file and column is read once per
//! study.
//!
//! [`Reading`] is what a spec says of the table; `read` makes a [`Signal`] of a column by it, `stamps`
//! takes the time between samples from a column of times, `suspects` finds values that are likely no
//! measurements; `describe` says what was read, and `changed` what is no longer what a result folder was
//! computed with.

mod changed;
mod describe;
mod error;
mod read;
mod stamps;
mod suspects;

pub use changed::{changed_in, changed_signals};
pub use describe::{describe, warnings};
pub use error::SignalError;
pub use stamps::TimeUnit;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use synapse_report::text_table::{Dialect, source};

/// Fields of `target` that say how a file is read. What they give is in the identity of a run and in its
/// tables; they themselves are not.
pub const READING: [&str; 11] = [
    "target.column",
    "target.columns",
    "target.separator",
    "target.decimal",
    "target.skip_lines",
    "target.comment",
    "target.units_row",
    "target.time_column",
    "target.time_unit",
    "target.resample",
    "target.sha256",
];

/// How a column is read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Reading {
    /// How the table is written.
    pub dialect: Dialect,
    /// The column of times and the unit of what it holds.
    pub time: Option<(String, TimeUnit)>,
}

/// A signal.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// The file, as written in the spec.
    pub path: String,
    /// The file, from where the program runs.
    pub file: PathBuf,
    /// The column.
    pub column: String,
    /// The samples.
    pub values: Vec<f64>,
    /// SHA-256 of the samples, in hexadecimal: what stands for them in the identity of a run.
    pub content: String,
    /// What a column of times says of the time between two samples.
    pub stamps: Option<Stamps>,
    /// Columns without a name, counted from 1.
    pub nameless: Vec<usize>,
    /// Values that are likely no measurements.
    pub suspects: Vec<String>,
}

/// What a column of times says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stamps {
    /// Time between two samples in ms.
    pub sample_ms: f64,
    /// How far this may be off, as the times are rounded.
    pub tolerance_ms: f64,
}

impl Signal {
    /// The signal in a column of a text, which is that of `file`.
    ///
    /// # Errors
    /// All that is wrong with the table, the samples and their times: the first of it.
    pub fn parse(
        file: &Path,
        text: &str,
        column: &str,
        reading: &Reading,
    ) -> Result<Self, SignalError> {
        let signal = read::column(text, column, reading)?;
        Ok(Self {
            path: file.display().to_string(),
            file: file.to_owned(),
            ..signal
        })
    }
}

/// The signals read so far.
#[derive(Default)]
pub struct Signals {
    folder: PathBuf,
    /// The file that was read last, with its text: the next column is often one of it.
    last: Option<(PathBuf, Result<Arc<str>, SignalError>)>,
    read: BTreeMap<(String, String, Reading), Result<Arc<Signal>, SignalError>>,
}

impl Signals {
    /// None read; paths are relative to `folder`.
    pub fn relative_to(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            ..Self::default()
        }
    }

    /// The signal in a column of a file.
    pub fn get(
        &mut self,
        path: &str,
        column: &str,
        reading: &Reading,
    ) -> Result<Arc<Signal>, SignalError> {
        let key = (path.to_owned(), column.to_owned(), reading.clone());
        if let Some(known) = self.read.get(&key) {
            return known.clone();
        }
        let file = self.folder.join(path);
        let text = self.text(&file);
        let signal = text.and_then(|text| {
            let signal = Signal::parse(&file, &text, column, reading)?;
            let path = path.to_owned();
            Ok(Arc::new(Signal { path, ..signal }))
        });
        self.read.insert(key, signal.clone());
        signal
    }

    fn text(&mut self, file: &Path) -> Result<Arc<str>, SignalError> {
        if let Some((last, text)) = &self.last
            && last == file
        {
            return text.clone();
        }
        let text = source::text(file)
            .map(Arc::from)
            .map_err(SignalError::Unreadable);
        self.last = Some((file.to_owned(), text.clone()));
        text
    }
}
