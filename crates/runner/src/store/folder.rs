//! The folder itself: its locks, and files that appear whole or not at all.

use super::StoreError;
use super::lock::{self, Lock, Mode, Refusal};
use super::mark::{HELD, Mark, time_of};
use crate::fault;
use crate::shard::Shard;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use synapse_report::files::replace;

/// A result folder that this process may write to, until it is dropped.
///
/// A process has the folder to itself, or shares it with others that compute other shards of the same
/// division. Locks are the operating system's where it has them: it releases them when a process ends,
/// however it ends. Where it has none, files take their place, and one that was left behind by a process
/// on another machine is for the user to remove.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _locks: Vec<Lock>,
}

/// Who holds a lock of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The shard; none for the whole folder.
    pub shard: Option<Shard>,
    /// What it says of itself.
    pub owner: String,
}

const WHOLE: &str = "lock";

impl Folder {
    /// Creates the folder if need be, and locks it for this process alone.
    ///
    /// # Errors
    /// The folder cannot be created or written, or other processes write there.
    pub fn lock(path: &Path, owner: &str) -> Result<Self, StoreError> {
        create(path)?;
        let shards = || Ok(marks(path)?.iter().any(|(shard, _)| shard.is_some()));
        let lock = taken(path, WHOLE, Mode::Alone, owner, shards)?;
        alone(path, &[WHOLE.to_owned()], &[&lock], |_| true)?;
        let folder = Self {
            path: path.to_owned(),
            _locks: vec![lock],
        };
        // What processes of this machine left half written when they died. What cannot be removed is in
        // nobody's way.
        for folder in [path, &path.join(synapse_report::figures::FOLDER)] {
            if let Err(error) = replace::sweep(folder) {
                tracing::debug!("{}: {error}", folder.display());
            }
        }
        Ok(folder)
    }

    /// Creates the folder if need be, and locks a shard of it.
    ///
    /// # Errors
    /// The folder cannot be created or written; another process has it for itself, or this shard, or a
    /// shard of another division.
    pub fn share(path: &Path, shard: Shard, owner: &str) -> Result<Self, StoreError> {
        create(path)?;
        let whole = taken(path, WHOLE, Mode::Shared, owner, || Ok(false))?;
        let name = shard.lock_name();
        let lock = taken(path, &name, Mode::Alone, owner, || Ok(false))?;
        alone(path, &[name], &[&lock], |other| {
            other.is_none_or(|other| other == shard || other.of != shard.of)
        })?;
        Ok(Self {
            path: path.to_owned(),
            _locks: vec![whole, lock],
        })
    }

    /// Who holds locks of a folder at this moment, as far as this machine can tell.
    ///
    /// # Errors
    /// The disk's.
    pub fn holders(path: &Path) -> Result<Vec<Holder>, StoreError> {
        let now = SystemTime::now();
        let holder = |(shard, mark): (Option<Shard>, Mark)| Holder {
            shard,
            // Silence is worth a word only where it raises a doubt.
            owner: match mark.is_doubtful(now) {
                true => mark.told(now),
                false => mark.owner,
            },
        };
        let living = marks(path)?.into_iter().filter(|(_, mark)| !mark.is_gone());
        Ok(living.map(holder).collect())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file of this folder, so that it appears whole or not at all: see [`replace`].
    ///
    /// # Errors
    /// The disk's; then the old file, if any, is as it was.
    pub fn write(
        &self,
        name: &str,
        fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
    ) -> Result<(), StoreError> {
        let path = self.path.join(name);
        replace::replace_after(&path, fill, || fault::renaming(name))
            .map_err(StoreError::io("cannot write", path))
    }

    /// Writes a file of this folder that is not there yet; false if there is one.
    ///
    /// # Errors
    /// The disk's.
    pub fn create(
        &self,
        name: &str,
        fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
    ) -> Result<bool, StoreError> {
        let path = self.path.join(name);
        replace::create_after(&path, fill, || fault::renaming(name))
            .map_err(StoreError::io("cannot write", path))
    }
}

fn create(folder: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(folder).map_err(StoreError::io("cannot create", folder))
}

/// Takes a lock; somebody else's is an error that names him. If nobody is there to be named, he ended in
/// the meantime, and the lock is tried again.
fn taken(
    folder: &Path,
    name: &str,
    mode: Mode,
    owner: &str,
    others: impl Fn() -> Result<bool, StoreError>,
) -> Result<Lock, StoreError> {
    const TRIED: usize = 20;
    for _ in 0..TRIED {
        match Lock::take(folder, name, mode, owner, &others) {
            Ok(lock) => return Ok(lock),
            Err(Refusal::Error(error)) => return Err(error),
            Err(Refusal::Taken) => {}
        }
        let mut marks: Vec<Mark> = marks(folder)?.into_iter().map(|(_, mark)| mark).collect();
        // Locks of the dead that are in the way of other shards are not why.
        marks.retain(|mark| !mark.is_gone() || mark.breaking().is_some());
        if !marks.is_empty() {
            return Err(refusal_of(folder, marks.into_iter(), &[]));
        }
        lock::pause()?;
    }
    Err(refusal_of(folder, std::iter::empty(), &[]))
}

/// Makes sure, with the locks `own` of these names in hand, that nobody else holds a lock that excludes
/// them: one with or without locks of the system, whichever this process has.
fn alone(
    folder: &Path,
    names: &[String],
    own: &[&Lock],
    excludes: impl Fn(Option<Shard>) -> bool,
) -> Result<(), StoreError> {
    let is_own = |path: &Path| {
        own.iter().any(|lock| match lock {
            Lock::System { .. } => names.iter().any(|name| path == folder.join(name)),
            Lock::File(held) => path == held.path(),
            Lock::None => false,
        })
    };
    let mut others = Vec::new();
    for (shard, mark) in marks(folder)? {
        if is_own(&mark.path) || !excludes(shard) {
            continue;
        }
        if mark.is_gone() {
            lock::remove_stale(&mark)?;
        } else {
            others.push(mark);
        }
    }
    if others.is_empty() {
        return Ok(());
    }
    Err(refusal_of(folder, others.into_iter(), names))
}

/// The error that names the holders of a folder, and the lock that may have been left behind.
fn refusal_of(folder: &Path, marks: impl Iterator<Item = Mark>, own: &[String]) -> StoreError {
    let now = time_of(folder, own);
    let marks: Vec<Mark> = marks.collect();
    let in_doubt = |mark: &&Mark| mark.is_doubtful(now) || mark.breaking().is_some();
    let doubtful: Vec<&Mark> = marks.iter().filter(in_doubt).collect();
    let owners = |marks: &[&Mark]| {
        let told = marks.iter().map(|mark| {
            let owner = mark.told(now);
            let shard = shard_of(&mark.path);
            Holder { shard, owner }.to_string()
        });
        told.collect::<Vec<_>>().join("; ")
    };
    if doubtful.is_empty() {
        let owner = owners(&marks.iter().collect::<Vec<_>>());
        let unnamed = "one that starts or ends at this moment".to_owned();
        return StoreError::Locked {
            folder: folder.to_owned(),
            owner: if owner.is_empty() { unnamed } else { owner },
        };
    }
    StoreError::Doubtful {
        folder: folder.to_owned(),
        owner: owners(&doubtful),
        locks: doubtful
            .iter()
            .map(|mark| mark.breaking().unwrap_or_else(|| mark.path.clone()))
            .collect(),
    }
}

/// The marks of those who hold locks of a folder, by shard; files that a process of this machine left
/// when it died are among them.
fn marks(folder: &Path) -> Result<Vec<(Option<Shard>, Mark)>, StoreError> {
    let mut marks = Vec::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(marks),
        Err(error) => return Err(StoreError::io("cannot read", folder)(error)),
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let shard = shard_of(&path);
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let lock = name.strip_suffix(HELD);
        if lock.unwrap_or(name) != WHOLE && shard.is_none() {
            continue;
        }
        let mark = if lock.is_some() {
            Mark::read(path)
        } else {
            lock::probe(path)
        };
        marks.extend(mark.map(|mark| (shard, mark)));
    }
    marks.sort_by(|a, b| (a.0, &a.1.path).cmp(&(b.0, &b.1.path)));
    Ok(marks)
}

/// The shard that a lock's file is of; none for the whole folder, and for what is no lock.
fn shard_of(path: &Path) -> Option<Shard> {
    let name = path.file_name()?.to_str()?;
    Shard::from_lock_name(name.strip_suffix(HELD).unwrap_or(name))
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.shard {
            Some(shard) => write!(f, "shard {shard}: {}", self.owner),
            None => f.write_str(&self.owner),
        }
    }
}
