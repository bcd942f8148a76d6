//! The journals: append-only files of finished runs, one per process, in the folder `journal`.
//!
//! One line per run: the CRC-32 of the rest in eight hexadecimal digits, a space, the record as JSON.
//! The first line is the header, in the same form: version and [`Origin`]. A line that was torn by a
//! crash has a wrong sum: it is dropped, with a word about it, and its run is computed again. If that is
//! the header, the other lines are used all the same: a run's identity says all that its result needs.

use super::StoreError;
use crate::fault;
use crate::provenance::Origin;
use crate::store::Record;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use synapse_report::files::{open, replace, unique};

/// The folder of journals within a result folder.
const FOLDER: &str = "journal";
const EXTENSION: &str = "jsonl";
/// Version 1 was one file for all processes.
const VERSION: u64 = 2;
/// What is appended reaches the disk at the latest after this time: a power cut costs no more.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// How much of a journal is read at once.
const BLOCK: usize = 4 << 20;

#[derive(Serialize, Deserialize)]
struct Header {
    synapse_journal: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
}

/// What is known of a journal.
#[derive(Debug, Clone)]
pub struct JournalFile<T> {
    /// Where it is.
    pub path: PathBuf,
    /// Who wrote it; none if its first line does not tell.
    pub origin: Option<Origin>,
    /// Whether the first line is damaged.
    pub headless: bool,
    /// Its records, in order.
    pub records: Vec<T>,
    /// Whole lines that could not be read, and were dropped.
    pub damaged: usize,
    /// Bytes up to the end of the last whole line, if something torn follows.
    pub torn_at: Option<u64>,
}

/// The journals of a result folder, in the order in which they were begun; none if there is no such
/// folder. Of each line `parse` makes a record, on several threads; it gets what follows the sum.
///
/// # Errors
/// The disk's; a journal of a newer or older version; a file that is no journal.
pub fn read_journals<T: Send>(
    folder: &Path,
    parse: impl Fn(&[u8]) -> Option<T> + Sync,
) -> Result<Vec<JournalFile<T>>, StoreError> {
    let folder = folder.join(FOLDER);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            return Err(StoreError::NotAJournal { path: folder });
        }
        Err(error) => return Err(StoreError::io("cannot read", folder)(error)),
    };
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(StoreError::io("cannot read", &folder))?;
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == EXTENSION)
    });
    // Names begin with the time of their start.
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            // Not a FIFO, which would wait for somebody to write to it.
            let file = open::regular(&path).map_err(StoreError::io("cannot read", &path))?;
            parse_journal(file, path, &parse)
        })
        .collect()
}

/// A journal, called `path` in messages.
///
/// # Errors
/// See [`read_journals`].
pub fn parse_journal<T: Send>(
    mut reader: impl Read,
    path: PathBuf,
    parse: &(impl Fn(&[u8]) -> Option<T> + Sync),
) -> Result<JournalFile<T>, StoreError> {
    let mut journal = JournalFile {
        path: path.clone(),
        origin: None,
        headless: false,
        records: Vec::new(),
        damaged: 0,
        torn_at: None,
    };
    let mut whole = 0;
    let mut rest: Vec<u8> = Vec::new();
    let mut is_first = true;
    loop {
        let before = rest.len();
        // A line longer than a block makes the block grow.
        let read = Read::by_ref(&mut reader)
            .take((BLOCK + before) as u64)
            .read_to_end(&mut rest)
            .map_err(StoreError::io("cannot read", &path))?;
        let Some(end) = rest.iter().rposition(|&byte| byte == b'\n') else {
            if read > 0 {
                continue;
            }
            break;
        };
        let mut lines: Vec<&[u8]> = rest[..end].split(|&byte| byte == b'\n').collect();
        if is_first {
            is_first = false;
            match header(lines[0], &path)? {
                Some(header) => {
                    lines.remove(0);
                    journal.origin = header.origin;
                }
                None => {
                    journal.headless = true;
                    // Unless the header is lost as a whole, and this is a record.
                    if checked(lines[0]).and_then(parse).is_none() {
                        lines.remove(0);
                    }
                }
            }
        }
        for record in parsed(&lines, parse) {
            match record {
                Some(record) => journal.records.push(record),
                None => journal.damaged += 1,
            }
        }
        whole += end as u64 + 1;
        rest.drain(..=end);
        if read == 0 {
            break;
        }
    }
    if journal.headless && journal.records.is_empty() {
        let lines = journal.damaged + 1;
        return Err(StoreError::NoSoundLine { path, lines });
    }
    if !rest.is_empty() {
        journal.torn_at = Some(whole);
    }
    Ok(journal)
}

fn parsed<T: Send>(
    lines: &[&[u8]],
    parse: &(impl Fn(&[u8]) -> Option<T> + Sync),
) -> Vec<Option<T>> {
    use rayon::prelude::*;
    let parse = |line: &&[u8]| checked(line).and_then(parse);
    lines.par_iter().map(parse).collect()
}

/// The header, if the line is one.
fn header(line: &[u8], path: &Path) -> Result<Option<Header>, StoreError> {
    let header =
        checked(line).and_then(|json| serde_json::from_slice::<serde_json::Value>(json).ok());
    let version = header
        .as_ref()
        .and_then(|header| header.get("synapse_journal")?.as_u64());
    match version {
        Some(VERSION) => {}
        Some(version) => {
            let path = path.to_owned();
            return Err(StoreError::OtherJournal {
                path,
                version,
                known: VERSION,
            });
        }
        None => return Ok(None),
    }
    // An origin that this version cannot read is no reason to refuse the results.
    let header = header.and_then(|header| serde_json::from_value::<Header>(header).ok());
    Ok(Some(header.unwrap_or(Header {
        synapse_journal: VERSION,
        origin: None,
    })))
}

/// The content of a line, if its sum is right.
fn checked(line: &[u8]) -> Option<&[u8]> {
    let (sum, rest) = line.split_at_checked(8)?;
    let content = rest.strip_prefix(b" ")?;
    let sum = u32::from_str_radix(std::str::from_utf8(sum).ok()?, 16).ok()?;
    (crc32fast::hash(content) == sum).then_some(content)
}

/// The journal of this process.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    origin: Origin,
    /// Begun with the first records.
    open: Option<(File, PathBuf)>,
    /// When the first bytes were written that may not be on the disk yet.
    unsynced: Option<Instant>,
}

impl Journal {
    /// A journal of this process in a result folder; the file appears with the first records.
    pub fn new(folder: &Path, origin: Origin) -> Self {
        Self {
            folder: folder.join(FOLDER),
            origin,
            open: None,
            unsynced: None,
        }
    }

    /// Who writes it.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Appends records; none is fine. They survive the end of this process at once, and a power cut
    /// from the first call on that comes a second later, or after [`Journal::sync`].
    ///
    /// # Errors
    /// The disk's; what was kept before stays.
    pub fn append(&mut self, records: &[Record]) -> Result<(), StoreError> {
        if self.open.is_none() && records.is_empty() {
            return Ok(());
        }
        let mut bytes = Vec::new();
        if self.open.is_none() {
            let header = Header {
                synapse_journal: VERSION,
                origin: Some(self.origin.clone()),
            };
            let name = self.name();
            let file_name = |digits: &str| format!("{name}-{digits}.{EXTENSION}");
            let file = fs::create_dir_all(&self.folder)
                .and_then(|()| unique::create(&self.folder, file_name))
                // Its name, too, must survive a power cut.
                .and_then(|file| replace::synchronise(&self.folder).map(|()| file))
                .map_err(|error| {
                    StoreError::io("cannot write", self.folder.join(file_name("…")))(error)
                })?;
            line(&header, &mut bytes);
            self.open = Some(file);
        }
        for record in records {
            line(record, &mut bytes);
        }
        let Some((file, path)) = &mut self.open else {
            return Ok(());
        };
        if !bytes.is_empty() {
            if fault::tears_append() {
                let _ = file.write_all(&bytes[..bytes.len() / 2]);
                fault::die();
            }
            file.write_all(&bytes)
                .map_err(StoreError::io("cannot write", &*path))?;
            self.unsynced.get_or_insert_with(Instant::now);
        }
        match self.unsynced {
            Some(since) if since.elapsed() >= SYNC_EVERY => self.sync(),
            _ => Ok(()),
        }
    }

    /// Makes what was appended survive a power cut.
    ///
    /// # Errors
    /// The disk's.
    pub fn sync(&mut self) -> Result<(), StoreError> {
        if let (Some((file, path)), Some(_)) = (&self.open, self.unsynced.take()) {
            file.sync_data()
                .map_err(StoreError::io("cannot write", path))?;
        }
        Ok(())
    }

    /// How the name of its file begins: names sort by the process's start. Start, host and process do
    /// not make it unique, since all pods of Kubernetes are process 1: random digits follow.
    pub fn name(&self) -> String {
        let plain = |text: &str| -> String {
            let keep = |c: &char| c.is_ascii_alphanumeric() || ".-".contains(*c);
            text.chars().filter(keep).collect()
        };
        let Origin { host, process, .. } = &self.origin;
        let (start, host) = (plain(&process.started), plain(&host.name));
        format!("{start}-{host}-{}", process.id)
    }
}

fn line(content: &impl Serialize, bytes: &mut Vec<u8>) {
    // Numbers, texts and lists of them: there is nothing that JSON could not hold.
    let content = serde_json::to_vec(content).unwrap_or_default();
    bytes.extend(format!("{:08x} ", crc32fast::hash(&content)).into_bytes());
    bytes.extend_from_slice(&content);
    bytes.push(b'\n');
}
