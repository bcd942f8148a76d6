//! From the tables of a study to statistics, figures and a verdict.
//!
//! The path of the data, in order: [`tables`] and [`study`] read a result folder, strictly;
//! [`manifest`] says whether the tables are those of the study; [`design`] finds which conditions belong together and what was swept; [`statistics`] turns one
//! value per network and target into an estimate with an interval; [`summary`] does so for every
//! condition and checkpoint and writes `summary.csv`; [`figures`] draws; [`expectation`] says what a
//! study expects and [`verdict`] whether that holds; [`compare`] sets a study against a published
//! table.
//!
//! Nothing here depends on the simulator: a report reads old results for ever. The same tables give
//! the same bytes, whatever the machine's fonts, threads or clock.

mod best;
pub mod compare;
pub mod derived;
pub mod design;
mod error;
pub mod expectation;
pub mod figures;
pub mod files;
pub mod manifest;
pub mod number;
pub mod shell;
pub mod statistics;
pub mod study;
pub mod summary;
pub mod tables;
pub mod terminal;
pub mod text_table;
pub mod tuning;
pub mod verdict;
pub mod words;

pub use error::{ReportError, Unmatched};
pub use verdict::Verdict;

use design::Design;
use manifest::{Accept, Extent};
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
    /// What a user should know of the figures, a sentence each.
    pub warnings: Vec<String>,
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
    /// How much of the study the tables hold.
    pub extent: Extent,
    /// SHA-256 of the manifest beside them.
    manifest: String,
}

impl Results {
    /// Reads and summarises a result folder.
    ///
    /// # Errors
    /// What cannot be read; tables that are not those of the study beside them, or not of the whole
    /// study unless that is accepted.
    pub fn read(folder: &Path, accept: Accept) -> Result<Self, ReportError> {
        let Inputs {
            study,
            tables,
            extent,
            manifest,
        } = inputs(folder, accept)?;
        let design = Design::of(&tables, &study);
        let summary = Summary::of(&tables, &study);
        Ok(Self {
            study,
            tables,
            design,
            summary,
            extent,
            manifest,
        })
    }

    /// Writes `summary.csv` and the figures into the result folder that was read.
    ///
    /// # Errors
    /// The disk's; other tables were written there in the meantime.
    pub fn write(&self, folder: &Path) -> Result<ReportFiles, ReportError> {
        manifest::unchanged(folder, &self.manifest)?;
        let summary = self.summary.write(&self.tables, folder)?;
        let figures::Written { files, warnings } = figures::write(self, folder)?;
        manifest::unchanged(folder, &self.manifest)?;
        Ok(ReportFiles {
            summary,
            figures: files,
            warnings,
        })
    }
}

/// Reads the result folder of a whole study and writes its summary and figures there.
pub fn write_report(dir: &Path) -> Result<ReportFiles, ReportError> {
    Results::read(dir, Accept::Whole)?.write(dir)
}

/// Evaluates the expectations of a result folder. Writes nothing.
pub fn check(dir: &Path) -> Result<Verdict, ReportError> {
    let Inputs { study, tables, .. } = inputs(dir, Accept::Whole)?;
    verdict::evaluate(dir, &study, &tables)
}

/// A study and its tables, which belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Inputs {
    /// What the study says.
    pub study: Study,
    /// What its runs gave.
    pub tables: Tables,
    /// How much of the study the tables hold.
    pub extent: Extent,
    /// SHA-256 of the manifest beside them, for [`manifest::unchanged`].
    pub manifest: String,
}

/// Reads a result folder: the only way to its tables, so that none are taken for those of another
/// study.
///
/// # Errors
/// See [`Results::read`].
pub fn inputs(folder: &Path, accept: Accept) -> Result<Inputs, ReportError> {
    if !folder.is_dir() {
        return Err(ReportError::NoFolder {
            path: folder.to_path_buf(),
        });
    }
    let study = study::read(folder)?;
    // Asked first: what is written from now on is noticed.
    let before = manifest::sum(&folder.join(manifest::FILE)).unwrap_or_default();
    let tables = manifest::tables(folder)?;
    let extent = manifest::examine(folder, &study, &tables, accept)?;
    tables.agree(folder)?;
    manifest::unchanged(folder, &before)?;
    Ok(Inputs {
        study,
        tables,
        extent,
        manifest: before,
    })
}
