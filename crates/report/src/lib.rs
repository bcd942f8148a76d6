//! From the tables of a study to statistics, figures and a verdict.
//!
//! The path of the data, in order: [`tables`] and [`study`] read a result folder, strictly;
//! [`design`] finds which conditions belong together and what was swept; [`statistics`] turns one
//! value per network and target into an estimate with an interval; [`summary`] does so for every
//! condition and checkpoint and writes `summary.csv`; [`figures`] draws; [`expectation`] says what a
//! study expects and [`verdict`] whether that holds; [`compare`] sets a study against a published
//! table.
//!
//! Nothing here depends on the simulator: a report reads old results for ever. The same tables give
//! the same bytes, whatever the machine's fonts, threads or clock.

mod best;
pub mod compare;
pub mod design;
mod error;
pub mod expectation;
pub mod figures;
pub mod files;
pub mod number;
pub mod statistics;
pub mod study;
pub mod summary;
pub mod tables;
pub mod text_table;
pub mod tuning;
pub mod verdict;
pub mod words;

pub use error::{ReportError, Unmatched};
pub use verdict::Verdict;

use design::Design;
use std::path::{Path, PathBuf};
use study::Study;
use summary::Summary;
use tables::Tables;

/// The files that a report consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFiles {
    /// `summary.csv`.
    pub summary: PathBuf,
    /// The figures (SVG and PNG of each, in order) and `captions.md`.
    pub figures: Vec<PathBuf>,
}

impl ReportFiles {
    /// All files, the summary first.
    pub fn all(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(&self.summary)
            .chain(&self.figures)
            .map(PathBuf::as_path)
    }
}

/// A result folder, read and summarised.
#[derive(Debug, Clone, PartialEq)]
pub struct Results {
    /// What the study says.
    pub study: Study,
    /// What its runs gave.
    pub tables: Tables,
    /// What belongs together.
    pub design: Design,
    /// The estimates.
    pub summary: Summary,
}

impl Results {
    /// Reads and summarises a result folder.
    pub fn read(folder: &Path) -> Result<Self, ReportError> {
        let (study, tables) = inputs(folder)?;
        let design = Design::of(&tables, &study);
        let summary = Summary::of(&tables, &study);
        Ok(Self {
            study,
            tables,
            design,
            summary,
        })
    }

    /// Writes `summary.csv` and the figures into a folder.
    pub fn write(&self, folder: &Path) -> Result<ReportFiles, ReportError> {
        Ok(ReportFiles {
            summary: self.summary.write(&self.tables, folder)?,
            figures: figures::write(self, folder)?,
        })
    }
}

/// Reads a result folder and writes its summary and figures there.
pub fn write_report(dir: &Path) -> Result<ReportFiles, ReportError> {
    Results::read(dir)?.write(dir)
}

/// Evaluates the expectations of a result folder. Writes nothing.
pub fn check(dir: &Path) -> Result<Verdict, ReportError> {
    let (study, tables) = inputs(dir)?;
    verdict::evaluate(dir, &study, &tables)
}

fn inputs(folder: &Path) -> Result<(Study, Tables), ReportError> {
    if !folder.is_dir() {
        return Err(ReportError::NoFolder {
            path: folder.to_path_buf(),
        });
    }
    Ok((study::read(folder)?, Tables::read(folder)?))
}
