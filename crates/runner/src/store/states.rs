//! What runs have learned, so that more trials go on from there: append-only files, one per process, in
//! the folder `state`. Losing them loses no result, only time.
//!
//! An entry: `SYNS`, run id (16 bytes), trials (u64), counts of weights and of the rule's numbers (u32
//! each), bytes per number (u32: 4 if all are exact in f32, else 8), the numbers, and the CRC-32 of all
//! that. Little-endian.

use super::StoreError;
use crate::spec::RunId;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use synapse_core::outcome::Learned;
use synapse_report::files::{open, unique};

const FOLDER: &str = "state";
const MAGIC: &[u8; 4] = b"SYNS";
const HEADER: usize = 40;

/// The state file of this process.
#[derive(Debug)]
pub struct States {
    folder: PathBuf,
    name: String,
    file: Option<(File, PathBuf)>,
}

impl States {
    /// A file of the result folder whose name begins with `name`; it appears with the first entry.
    pub fn new(folder: &Path, name: &str) -> Self {
        Self {
            folder: folder.join(FOLDER),
            name: name.to_owned(),
            file: None,
        }
    }

    /// Appends what a run has learned.
    ///
    /// # Errors
    /// The disk's.
    pub fn append(&mut self, id: RunId, learned: &Learned) -> Result<(), StoreError> {
        let (file, path) = match &mut self.file {
            Some(file) => file,
            none => {
                let name = &self.name;
                let file = fs::create_dir_all(&self.folder)
                    .and_then(|()| {
                        unique::create(&self.folder, |digits| format!("{name}-{digits}"))
                    })
                    .map_err(StoreError::io("cannot write", self.folder.join(name)))?;
                none.insert(file)
            }
        };
        file.write_all(&entry(id, learned))
            .map_err(StoreError::io("cannot write", &*path))
    }
}

fn entry(id: RunId, learned: &Learned) -> Vec<u8> {
    let numbers = || learned.weights.iter().chain(&learned.rule);
    let short = numbers().all(|&number| f64::from(number as f32).to_bits() == number.to_bits());
    let size = if short { 4 } else { 8 };
    let mut bytes = Vec::with_capacity(HEADER + size * numbers().count() + 4);
    bytes.extend(MAGIC);
    bytes.extend(id.0);
    bytes.extend((learned.trial as u64).to_le_bytes());
    for count in [learned.weights.len(), learned.rule.len(), size] {
        bytes.extend((count as u32).to_le_bytes());
    }
    for &number in numbers() {
        if short {
            bytes.extend((number as f32).to_le_bytes());
        } else {
            bytes.extend(number.to_le_bytes());
        }
    }
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

/// Where an entry is.
#[derive(Debug, Clone)]
pub struct StatePlace {
    file: usize,
    offset: u64,
    length: usize,
    /// Trials learned.
    pub trial: usize,
}

/// All entries of a result folder, by run.
#[derive(Debug, Default)]
pub struct StateIndex {
    files: Vec<PathBuf>,
    /// Files of which a part cannot be used, and from which byte on.
    damaged: Vec<(PathBuf, u64)>,
    places: HashMap<RunId, StatePlace>,
}

impl StateIndex {
    /// Finds the entries; what was torn by a crash is left out.
    ///
    /// # Errors
    /// The disk's.
    pub fn read(folder: &Path) -> Result<Self, StoreError> {
        let mut index = Self::default();
        let folder = folder.join(FOLDER);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(index),
            Err(error) => return Err(StoreError::io("cannot read", folder)(error)),
        };
        for entry in entries {
            let path = entry
                .map_err(StoreError::io("cannot read", &folder))?
                .path();
            // What is no file is none of ours, and opening it could wait for ever.
            if path.is_file() {
                index
                    .scan(&path)
                    .map_err(StoreError::io("cannot read", &path))?;
            }
        }
        Ok(index)
    }

    fn scan(&mut self, path: &Path) -> std::io::Result<()> {
        let file = open::regular(path)?;
        let end = file.metadata()?.len();
        let mut reader = BufReader::new(file);
        let mut offset = 0;
        let mut header = [0; HEADER];
        while end - offset >= HEADER as u64 {
            reader.read_exact(&mut header)?;
            let Some((id, trial, numbers)) = read_header(&header) else {
                break;
            };
            let length = HEADER + numbers + 4;
            if end - offset < length as u64 {
                break;
            }
            let place = StatePlace {
                file: self.files.len(),
                offset,
                length,
                trial,
            };
            self.places.insert(id, place);
            reader.seek_relative((numbers + 4) as i64)?;
            offset += length as u64;
        }
        if offset < end {
            self.damaged.push((path.to_owned(), offset));
        }
        self.files.push(path.to_owned());
        Ok(())
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Files that are damaged or torn, and the byte from which on they cannot be used.
    pub fn damaged(&self) -> &[(PathBuf, u64)] {
        &self.damaged
    }

    /// The file that an entry is in.
    pub fn file(&self, place: &StatePlace) -> &Path {
        &self.files[place.file]
    }

    /// The entry of a run.
    pub fn get(&self, id: RunId) -> Option<&StatePlace> {
        self.places.get(&id)
    }

    /// The numbers of trials of all entries, descending, each once.
    pub fn trials(&self) -> Vec<usize> {
        let mut trials: Vec<usize> = self.places.values().map(|place| place.trial).collect();
        trials.sort_unstable_by(|a, b| b.cmp(a));
        trials.dedup();
        trials
    }

    /// Reads an entry; none if it is damaged or gone.
    pub fn load(&self, place: &StatePlace) -> Option<Learned> {
        let mut file = open::regular(self.file(place)).ok()?;
        file.seek(SeekFrom::Start(place.offset)).ok()?;
        let mut bytes = vec![0; place.length];
        file.read_exact(&mut bytes).ok()?;
        let (content, sum) = bytes.split_last_chunk::<4>()?;
        if crc32fast::hash(content) != u32::from_le_bytes(*sum) {
            return None;
        }
        let weights = count(&content[28..]);
        let numbers = &content[HEADER..];
        let mut numbers: Vec<f64> = match count(&content[36..]) {
            4 => numbers
                .as_chunks()
                .0
                .iter()
                .map(|bytes| f64::from(f32::from_le_bytes(*bytes)))
                .collect(),
            _ => numbers
                .as_chunks()
                .0
                .iter()
                .map(|bytes| f64::from_le_bytes(*bytes))
                .collect(),
        };
        let rule = numbers.split_off(weights.min(numbers.len()));
        Some(Learned {
            trial: place.trial,
            weights: numbers,
            rule,
        })
    }
}

/// Run, trials, and bytes of all numbers.
fn read_header(header: &[u8; HEADER]) -> Option<(RunId, usize, usize)> {
    let rest = header.strip_prefix(MAGIC)?;
    let (id, rest) = rest.split_first_chunk::<16>()?;
    let (trial, _) = rest.split_first_chunk::<8>()?;
    let size = count(&header[36..]);
    if size != 4 && size != 8 {
        return None;
    }
    let numbers = (count(&header[28..]) + count(&header[32..])) * size;
    Some((RunId(*id), u64::from_le_bytes(*trial) as usize, numbers))
}

fn count(bytes: &[u8]) -> usize {
    bytes
        .first_chunk::<4>()
        .map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learned(trial: usize, first: f64) -> Learned {
        Learned {
            trial,
            weights: vec![first, -0.5, 3.0],
            rule: vec![1.0, 5e-324f32 as f64],
        }
    }

    #[test]
    fn entries_come_back_to_the_bit_and_torn_ones_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let mut states = States::new(folder.path(), "a");
        let [first, second] = [learned(5, 0.25), learned(7, 0.1)];
        states.append(RunId([1; 16]), &first).unwrap();
        states.append(RunId([2; 16]), &second).unwrap();
        let index = StateIndex::read(folder.path()).unwrap();
        assert_eq!(index.trials(), [7, 5]);
        let load = |index: &StateIndex, id| index.load(index.get(RunId([id; 16]))?);
        assert_eq!(load(&index, 1), Some(first.clone()));
        assert_eq!(load(&index, 2), Some(second));
        assert_eq!(load(&index, 3), None);
        let path = index.files[0].clone();
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("a-") && name.len() == 18, "{name}");
        let bytes = std::fs::read(&path).unwrap();
        // 5 numbers of 4 bytes, 5 of 8: 0.1 is not exact in f32.
        assert_eq!(bytes.len(), 2 * (HEADER + 4) + 5 * 4 + 5 * 8);
        for length in 0..bytes.len() {
            std::fs::write(&path, &bytes[..length]).unwrap();
            let index = StateIndex::read(folder.path()).unwrap();
            let whole = length >= HEADER + 4 + 5 * 4;
            assert_eq!(load(&index, 1).is_some(), whole, "{length}");
            assert_eq!(load(&index, 2), None);
        }
        let mut damaged = bytes.clone();
        damaged[HEADER + 1] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        let index = StateIndex::read(folder.path()).unwrap();
        assert_eq!(load(&index, 1), None);
        assert!(load(&index, 2).is_some());
    }
}
