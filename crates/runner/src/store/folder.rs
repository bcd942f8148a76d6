//! The folder itself: its locks, and files that appear whole or not at all.

use super::StoreError;
use crate::fault;
use crate::shard::Shard;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A result folder that this process may write to, until it is dropped.
///
/// Locks are the operating system's, on open files: it releases them when a process ends, however it
/// ends. A process has the folder to itself, or shares it with others that compute other shards of the
/// same division.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _locks: Vec<File>,
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
        let file = Self::open(path, WHOLE)?;
        Self::try_lock(path, &path.join(WHOLE), file.try_lock())?;
        let lock = Self::signed(file, &path.join(WHOLE), owner)?;
        let folder = Self {
            path: path.to_owned(),
            _locks: vec![lock],
        };
        folder.sweep()?;
        Ok(folder)
    }

    /// Removes files that a process left half written when it died: nobody else writes here now.
    fn sweep(&self) -> Result<(), StoreError> {
        let io = || StoreError::io("cannot read", &self.path);
        for entry in fs::read_dir(&self.path).map_err(io())? {
            let path = entry.map_err(io())?.path();
            if path.extension().is_some_and(|extension| extension == "tmp") {
                fs::remove_file(&path).map_err(StoreError::io("cannot remove", path))?;
            }
        }
        Ok(())
    }

    /// Creates the folder if need be, and locks a shard of it.
    ///
    /// # Errors
    /// The folder cannot be created or written; another process has it for itself, or this shard, or a
    /// shard of another division.
    pub fn share(path: &Path, shard: Shard, owner: &str) -> Result<Self, StoreError> {
        let whole = Self::open(path, WHOLE)?;
        Self::try_lock(path, &path.join(WHOLE), whole.try_lock_shared())?;
        let name = shard.lock_name();
        let file = Self::open(path, &name)?;
        let own = path.join(&name);
        Self::try_lock(path, &own, file.try_lock())?;
        let lock = Self::signed(file, &own, owner)?;
        let others = Self::holders(path)?;
        if let Some(other) = others
            .iter()
            .find(|holder| holder.shard.is_some_and(|other| other.of != shard.of))
        {
            return Err(StoreError::Locked {
                folder: path.to_owned(),
                owner: other.to_string(),
            });
        }
        Ok(Self {
            path: path.to_owned(),
            _locks: vec![whole, lock],
        })
    }

    /// Who holds locks of a folder at this moment.
    ///
    /// # Errors
    /// The disk's.
    pub fn holders(path: &Path) -> Result<Vec<Holder>, StoreError> {
        let mut holders = Vec::new();
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(holders),
            Err(error) => return Err(StoreError::io("cannot read", path)(error)),
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            let shard = Shard::from_lock_name(name);
            if name != WHOLE && shard.is_none() {
                continue;
            }
            let Ok(mut file) = File::open(entry.path()) else {
                continue;
            };
            // The file of the whole is shared by those with a shard, who have files of their own.
            if matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)) {
                let mut owner = String::new();
                // Best effort: what the other process says of itself.
                let _ = file.read_to_string(&mut owner);
                holders.push(Holder {
                    shard,
                    owner: owner.trim().to_owned(),
                });
            }
        }
        holders.sort_by_key(|holder| holder.shard);
        Ok(holders)
    }

    fn open(folder: &Path, name: &str) -> Result<File, StoreError> {
        fs::create_dir_all(folder).map_err(StoreError::io("cannot create", folder))?;
        let path = folder.join(name);
        OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(StoreError::io("cannot write", path))
    }

    fn try_lock(
        folder: &Path,
        path: &Path,
        result: Result<(), TryLockError>,
    ) -> Result<(), StoreError> {
        match result {
            Ok(()) => Ok(()),
            Err(TryLockError::WouldBlock) => {
                let holders = Self::holders(folder)?;
                let owners: Vec<String> = holders.iter().map(ToString::to_string).collect();
                Err(StoreError::Locked {
                    folder: folder.to_owned(),
                    owner: owners.join("; "),
                })
            }
            Err(TryLockError::Error(error)) => Err(StoreError::io("cannot lock", path)(error)),
        }
    }

    fn signed(mut file: File, path: &Path, owner: &str) -> Result<File, StoreError> {
        file.set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(owner.as_bytes()))
            .map_err(StoreError::io("cannot write", path))?;
        Ok(file)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file of this folder: to a temporary file, synchronised, then renamed.
    ///
    /// # Errors
    /// The disk's; then the old file, if any, is as it was.
    pub fn write(
        &self,
        name: &str,
        fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
    ) -> Result<(), StoreError> {
        let path = self.path.join(name);
        // Several processes may write study.toml at the same time.
        let temporary = self.path.join(format!("{name}.{}.tmp", std::process::id()));
        let result = (|| {
            let mut writer = std::io::BufWriter::new(File::create(&temporary)?);
            fill(&mut writer)?;
            let file = writer
                .into_inner()
                .map_err(std::io::IntoInnerError::into_error)?;
            file.sync_all()?;
            fault::renaming(name);
            fs::rename(&temporary, &path)?;
            // The new name, too, must survive a power cut.
            File::open(&self.path)?.sync_all()
        })();
        result.map_err(|error| {
            let _ = fs::remove_file(&temporary);
            StoreError::io("cannot write", path)(error)
        })
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.shard {
            Some(shard) => write!(f, "shard {shard}: {}", self.owner),
            None => f.write_str(&self.owner),
        }
    }
}
