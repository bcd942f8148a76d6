//! The journal: an append-only file of finished runs.
//!
//! One line per run: the CRC-32 of the rest in eight hexadecimal digits, a space, the record as JSON.
//! The first line is the header, in the same form. A line that was torn by a crash has a wrong sum: it
//! is dropped, with a word about it, and its run is computed again. A later record of the same run
//! replaces an earlier one.

use super::{Record, StoreError};
use crate::spec::RunId;
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const NAME: &str = "journal";
const VERSION: u64 = 1;

/// What a journal holds.
#[derive(Debug, Default)]
pub struct Kept {
    /// The records, by run.
    pub records: HashMap<RunId, Record>,
    /// Lines that could not be read, and were dropped.
    pub damaged: usize,
    /// Length of the file up to the last whole line.
    whole: u64,
}

/// Reads the journal of a folder; an absent one is empty.
///
/// # Errors
/// The disk's; a journal of a newer version; a file that is no journal.
pub fn read_journal(folder: &Path) -> Result<Kept, StoreError> {
    let path = folder.join(NAME);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Kept::default()),
        Err(error) => return Err(StoreError::io("cannot read", path)(error)),
    };
    let mut reader = BufReader::new(file);
    let mut kept = Kept::default();
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        let length = reader
            .read_until(b'\n', &mut line)
            .map_err(StoreError::io("cannot read", &path))?;
        if length == 0 {
            return Ok(kept);
        }
        number += 1;
        let whole = line.ends_with(b"\n");
        let content = checked(line.trim_ascii_end());
        if number == 1 {
            match content.and_then(header_version) {
                Some(VERSION) => {}
                Some(version) => return Err(StoreError::NewerJournal { path, version }),
                // A crash within the very first line leaves a part of it.
                None if !whole => {
                    kept.damaged += 1;
                    return Ok(kept);
                }
                None => return Err(StoreError::NotAJournal { path }),
            }
        } else {
            match content.and_then(|json| serde_json::from_slice::<Record>(json).ok()) {
                Some(record) if whole => {
                    kept.records.insert(record.id, record);
                }
                _ => kept.damaged += 1,
            }
        }
        if whole {
            kept.whole += length as u64;
        }
    }
}

/// The content of a line, if its sum is right.
fn checked(line: &[u8]) -> Option<&[u8]> {
    let (sum, rest) = line.split_at_checked(8)?;
    let content = rest.strip_prefix(b" ")?;
    let sum = u32::from_str_radix(std::str::from_utf8(sum).ok()?, 16).ok()?;
    (crc32fast::hash(content) == sum).then_some(content)
}

fn header_version(content: &[u8]) -> Option<u64> {
    let header: serde_json::Value = serde_json::from_slice(content).ok()?;
    header.get("synapse_journal")?.as_u64()
}

/// A journal open for appending.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
}

impl Journal {
    /// Opens the journal of a (locked) folder after what was read from it; a torn tail is cut off.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(folder: &Path, kept: &Kept) -> Result<Self, StoreError> {
        let path = folder.join(NAME);
        let open = || {
            let mut file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)?;
            file.set_len(kept.whole)?;
            file.seek(SeekFrom::End(0))?;
            if kept.whole == 0 {
                let header = serde_json::json!({ "synapse_journal": VERSION });
                file.write_all(&line(header.to_string().as_bytes()))?;
            }
            Ok(file)
        };
        match open() {
            Ok(file) => Ok(Self { file, path }),
            Err(error) => Err(StoreError::io("cannot write", path)(error)),
        }
    }

    /// Appends records; when this returns, they survive a power cut.
    ///
    /// # Errors
    /// The disk's; what was kept before stays.
    pub fn append(&mut self, records: &[Record]) -> Result<(), StoreError> {
        let mut bytes = Vec::new();
        let result = records.iter().try_for_each(|record| {
            bytes.extend(line(&serde_json::to_vec(record)?));
            Ok(())
        });
        result
            .and_then(|()| self.file.write_all(&bytes))
            .and_then(|()| self.file.sync_data())
            .map_err(StoreError::io("cannot write", &self.path))
    }
}

fn line(content: &[u8]) -> Vec<u8> {
    let mut line = format!("{:08x} ", crc32fast::hash(content)).into_bytes();
    line.extend_from_slice(content);
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{RecordStatus, TraceRecord};

    fn record(id: u8) -> Record {
        Record {
            id: RunId([id; 16]),
            status: RecordStatus::Ok,
            diverged: None,
            message: String::new(),
            checkpoints: vec![(0, Some(0.1 + 0.2), None), (5, None, Some(1e-300))],
            trace: Some(TraceRecord {
                trial: 5,
                t_ms: vec![0.0, 1.0],
                v_tar: vec![1.0 / 3.0, -0.5],
                v: vec![5e-324, 2.0],
            }),
            wall_s: 0.25,
        }
    }

    fn written(folder: &Path, ids: &[u8]) {
        let kept = read_journal(folder).unwrap();
        let mut journal = Journal::open(folder, &kept).unwrap();
        for &id in ids {
            journal.append(&[record(id)]).unwrap();
        }
    }

    #[test]
    fn records_come_back_to_the_bit() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path(), &[1, 2]);
        written(folder.path(), &[3]);
        let kept = read_journal(folder.path()).unwrap();
        assert_eq!((kept.records.len(), kept.damaged), (3, 0));
        for id in 1..=3 {
            assert_eq!(kept.records[&RunId([id; 16])], record(id));
        }
    }

    #[test]
    fn a_torn_tail_at_any_byte_costs_at_most_one_run() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path(), &[1]);
        let path = folder.path().join(NAME);
        let one = std::fs::read(&path).unwrap().len();
        written(folder.path(), &[2]);
        let full = std::fs::read(&path).unwrap();
        for length in 0..full.len() {
            std::fs::write(&path, &full[..length]).unwrap();
            let kept = read_journal(folder.path()).unwrap();
            assert_eq!(kept.records.len(), usize::from(length >= one), "{length}");
            // And writing goes on behind the last whole line.
            written(folder.path(), &[7]);
            let kept = read_journal(folder.path()).unwrap();
            assert_eq!(kept.records.len(), 1 + usize::from(length >= one));
            assert_eq!(kept.damaged, 0);
        }
    }

    #[test]
    fn a_damaged_line_costs_its_run_alone() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path(), &[1, 2, 3]);
        let path = folder.path().join(NAME);
        let mut bytes = std::fs::read(&path).unwrap();
        let starts: Vec<usize> = (0..bytes.len())
            .filter(|&i| i > 0 && bytes[i - 1] == b'\n')
            .collect();
        bytes[starts[1] + 30] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let kept = read_journal(folder.path()).unwrap();
        assert_eq!((kept.records.len(), kept.damaged), (2, 1));
        assert!(!kept.records.contains_key(&RunId([2; 16])));
    }

    #[test]
    fn other_files_and_newer_journals_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        std::fs::write(&path, "dear diary\n").unwrap();
        let error = read_journal(folder.path()).unwrap_err().to_string();
        assert!(error.ends_with("journal: not a journal of runner; give --out another folder"));
        std::fs::write(&path, line(br#"{"synapse_journal":2}"#)).unwrap();
        let error = read_journal(folder.path()).unwrap_err().to_string();
        assert!(error.contains("written by a newer version of runner (journal version 2"));
    }
}
