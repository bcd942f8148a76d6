//! What the journals of a result folder hold together.

use super::journal::read_journals;
use super::sound::{is_of_run, is_possible};
use super::{Record, RecordStatus, StoreError};
use crate::provenance::Origin;
use crate::spec::{RunId, RunKey, Study};
use rayon::prelude::*;
use serde::Deserialize;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};

/// The records of all journals.
#[derive(Debug, Default)]
pub struct Kept {
    /// One record of each run: the one with a result, if any.
    pub records: HashMap<RunId, Record>,
    /// Who wrote the journals, in order; [`Record::origin`] counts in them.
    pub origins: Vec<Option<Origin>>,
    /// Lines that could not be read, and were dropped.
    pub damaged: usize,
    /// Journals whose end was torn, and where.
    pub torn: Vec<(PathBuf, u64)>,
    /// Journals whose first line is damaged, and how many records they hold.
    pub headless: Vec<(PathBuf, usize)>,
    /// Records that cannot be the results of their runs, and were dropped: the first, its journal, and how
    /// many there are.
    pub impossible: Option<(RunId, PathBuf, usize)>,
    /// Runs that were computed more than once, with the same result.
    pub repeated: usize,
    /// Runs with two different results: which must not be.
    pub conflicts: Vec<(Record, Record)>,
}

impl Kept {
    /// Reads the journals of a folder. A record that contradicts itself is dropped.
    ///
    /// # Errors
    /// See [`read_journals`].
    pub fn read(folder: &Path) -> Result<Self, StoreError> {
        Self::read_if(folder, |_| true)
    }

    /// Reads the journals of a folder for a study. A record that contradicts itself, or that cannot be the
    /// result of the run of the study whose identity it has, is dropped.
    ///
    /// # Errors
    /// See [`read_journals`].
    pub fn read_for(folder: &Path, study: &Study) -> Result<Self, StoreError> {
        let runs: OnceCell<HashMap<RunId, RunKey>> = OnceCell::new();
        let of_study = || {
            let keys = (0..study.runs()).into_par_iter();
            let keys = keys.map(|position| study.run(position));
            keys.map(|key| (study.run_id(key), key)).collect()
        };
        Self::read_if(folder, |record| {
            let key = runs.get_or_init(of_study).get(&record.id);
            key.is_none_or(|&key| is_of_run(study, key, record))
        })
    }

    fn read_if(folder: &Path, is_of_run: impl Fn(&Record) -> bool) -> Result<Self, StoreError> {
        let mut kept = Self::default();
        let journals = read_journals(folder, |json| serde_json::from_slice::<Record>(json).ok())?;
        for journal in journals {
            let origin = kept.origins.len();
            kept.origins.push(journal.origin);
            kept.damaged += journal.damaged;
            if let Some(at) = journal.torn_at {
                kept.torn.push((journal.path.clone(), at));
            }
            if journal.headless {
                let count = journal.records.len();
                kept.headless.push((journal.path.clone(), count));
            }
            kept.records.reserve(journal.records.len());
            for mut record in journal.records {
                if !is_possible(&record) || !is_of_run(&record) {
                    let first = || (record.id, journal.path.clone(), 0);
                    kept.impossible.get_or_insert_with(first).2 += 1;
                    continue;
                }
                record.origin = origin;
                kept.add(record);
            }
        }
        Ok(kept)
    }

    /// Adds a record. A result takes the place of a failure, and a record with a trace that of one
    /// without.
    pub fn add(&mut self, record: Record) {
        match self.records.entry(record.id) {
            Entry::Vacant(place) => {
                place.insert(record);
            }
            Entry::Occupied(mut place) => {
                let old = place.get();
                if old.status == RecordStatus::Failed {
                    place.insert(record);
                } else if record.status == RecordStatus::Failed {
                } else if !old.same_result(&record) {
                    self.conflicts.push((old.clone(), record));
                } else if old.trace.is_none() && record.trace.is_some() {
                    place.insert(record);
                } else {
                    self.repeated += 1;
                }
            }
        }
    }

    /// The record of each run of a study, in its order. Identities are hashes: who needs many of them
    /// asks once.
    pub fn of_study(&self, study: &Study) -> Vec<Option<&Record>> {
        let record = |position| self.records.get(&study.run_id(study.run(position)));
        (0..study.runs()).into_par_iter().map(record).collect()
    }

    /// Who computed a record.
    pub fn origin(&self, record: &Record) -> Option<&Origin> {
        self.origins.get(record.origin)?.as_ref()
    }

    /// What was wrong with the journals of this folder, a message each.
    pub fn warnings(&self, folder: &Path) -> Vec<String> {
        let mut warnings = Vec::new();
        let damaged = self.damaged + self.torn.len();
        if damaged > 0 {
            warnings.push(format!(
                "{}: {damaged} damaged lines of the journals were dropped; their runs are computed again",
                folder.display()
            ));
        }
        if let Some((id, path, count)) = &self.impossible {
            warnings.push(format!(
                "{}: {count} records of the journals were dropped, as they cannot be the results of their \
                 runs (the first: run {id} in {}); their runs are computed again",
                folder.display(),
                path.display()
            ));
        }
        for (path, count) in &self.headless {
            warnings.push(format!(
                "{}: the first line, which says who wrote this journal, is damaged or lost; its {count} \
                 other records are sound and are used",
                path.display()
            ));
        }
        warnings
    }

    /// Cuts torn ends off: nobody else may be writing. A journal that is a link stays as it is.
    ///
    /// # Errors
    /// The disk's.
    pub fn mend(&self) -> Result<(), StoreError> {
        for (path, at) in &self.torn {
            if path.is_symlink() {
                continue;
            }
            std::fs::OpenOptions::new()
                .write(true)
                .open(path)
                .and_then(|file| file.set_len(*at))
                .map_err(StoreError::io("cannot mend", path))?;
        }
        Ok(())
    }
}

/// How runs ended, without their results: quick to read.
#[derive(Debug, Default)]
pub struct Ends {
    /// How each run ended.
    pub status: HashMap<RunId, RecordStatus>,
    /// Each journal: who wrote it, and how many records.
    pub journals: Vec<(Option<Origin>, usize)>,
    /// Lines that could not be read.
    pub damaged: usize,
}

/// What of a record says how the run ended.
#[derive(Deserialize)]
struct End {
    #[serde(deserialize_with = "super::record::read_id")]
    id: RunId,
    status: RecordStatus,
}

impl Ends {
    /// Reads the journals of a folder.
    ///
    /// # Errors
    /// See [`read_journals`].
    pub fn read(folder: &Path) -> Result<Self, StoreError> {
        let mut ends = Self::default();
        let journals = read_journals(folder, |json| serde_json::from_slice::<End>(json).ok())?;
        for journal in journals {
            ends.damaged += journal.damaged + usize::from(journal.headless);
            ends.status.reserve(journal.records.len());
            ends.journals.push((journal.origin, journal.records.len()));
            for End { id, status } in journal.records {
                let entry = ends.status.entry(id).or_insert(status);
                if *entry == RecordStatus::Failed {
                    *entry = status;
                }
            }
        }
        Ok(ends)
    }
}
