//! A result folder in the forms of other programs: tables as Parquet, the folder as an RO-Crate.
//!
//! The path of the data: [`Export`] makes sure that there are tables and that nothing is overwritten;
//! `tables` turns each table into Parquet, with the types that `columns` finds; `ro_crate` describes
//! the files and the process that wrote them. Both read the tables, `study.toml` and `manifest.json`,
//! never the journal: an old folder without one can be exported, too. `pending` lets files appear all
//! together or not at all. The same folder gives the same bytes.

mod columns;
mod error;
mod pending;
mod ro_crate;
mod tables;

pub use error::ExportError;

use crate::spec::changed_in;
use std::fs;
use std::path::{Path, PathBuf};
use synapse_report::manifest::{self, Accept};

/// From which folder to which.
#[derive(Debug)]
pub struct Export {
    /// The result folder.
    results: PathBuf,
    /// Where the export goes.
    target: PathBuf,
    /// What identifies the tables: the SHA-256 of their manifest.
    manifest: String,
}

impl Export {
    /// An export of a result folder to another folder, or into itself.
    ///
    /// Another folder must be new or empty: files of the same names may be those of another study.
    ///
    /// # Errors
    /// The result folder does not exist, or its tables are not those of the whole study; the other
    /// folder has content.
    pub fn new(results: &Path, to: Option<&Path>) -> Result<Self, ExportError> {
        // Half a study, another's tables or edited ones are not for publication.
        let manifest = synapse_report::inputs(results, Accept::Whole)?.manifest;
        // The file beside the study would be named as what the runs were computed with.
        if let Some(problem) = changed_in(results).into_iter().next() {
            return Err(ExportError::Signal { problem });
        }
        let target = to.unwrap_or(results);
        let itself = match (fs::canonicalize(target), fs::canonicalize(results)) {
            (Ok(target), Ok(results)) => target == results,
            _ => false,
        };
        if !itself {
            let occupied = match fs::read_dir(target) {
                Ok(mut entries) => entries.next().is_some(),
                Err(error) => error.kind() != std::io::ErrorKind::NotFound,
            };
            if occupied {
                return Err(ExportError::Occupied {
                    path: target.to_owned(),
                });
            }
        }
        Ok(Self {
            results: results.to_owned(),
            target: if itself { results } else { target }.to_owned(),
            manifest,
        })
    }

    /// Writes the tables as Parquet; the files, in order.
    ///
    /// # Errors
    /// A table that is not as its columns ask for; the disk's.
    pub fn parquet(&self) -> Result<Vec<PathBuf>, ExportError> {
        let files = tables::write(&self.results, &self.target)?;
        self.unchanged()?;
        Ok(files)
    }

    /// What was read before and after another process wrote there does not belong together.
    fn unchanged(&self) -> Result<(), ExportError> {
        Ok(manifest::unchanged(&self.results, &self.manifest)?)
    }

    /// Writes an RO-Crate, with a copy of the results if it is in another folder; its metadata file.
    ///
    /// `parquet` are the Parquet files that this export has written: those and no others belong to
    /// the crate, for an older one may be that of older tables.
    ///
    /// # Errors
    /// Study, manifest or `CITATION.cff` cannot be read; the disk's.
    pub fn ro_crate(&self, parquet: &[PathBuf]) -> Result<PathBuf, ExportError> {
        let file = ro_crate::write(&self.results, &self.target, parquet)?;
        self.unchanged()?;
        Ok(file)
    }
}
