//! The folder itself: its lock, and files that appear whole or not at all.

use super::StoreError;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A result folder that this process may write to, until it is dropped.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// The operating system releases the lock with the file, also when the process is killed.
    _lock: File,
}

impl Folder {
    /// Creates the folder if need be, and locks it.
    ///
    /// # Errors
    /// The folder cannot be created or written, or another process holds it.
    pub fn lock(path: &Path, owner: &str) -> Result<Self, StoreError> {
        fs::create_dir_all(path).map_err(StoreError::io("cannot create", path))?;
        let lock_path = path.join("lock");
        let io = |action| StoreError::io(action, &lock_path);
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&lock_path)
            .map_err(io("cannot write"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                // Best effort: what the other process says of itself.
                let _ = file.read_to_string(&mut owner);
                return Err(StoreError::Locked {
                    folder: path.to_owned(),
                    owner: owner.trim().to_owned(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(io("cannot lock")(error)),
        }
        file.set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(owner.as_bytes()))
            .map_err(io("cannot write"))?;
        Ok(Self {
            path: path.to_owned(),
            _lock: file,
        })
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
        let temporary = self.path.join(format!("{name}.tmp"));
        let result = (|| {
            let mut writer = std::io::BufWriter::new(File::create(&temporary)?);
            fill(&mut writer)?;
            let file = writer
                .into_inner()
                .map_err(std::io::IntoInnerError::into_error)?;
            file.sync_all()?;
            fs::rename(&temporary, &path)
        })();
        result.map_err(|error| {
            let _ = fs::remove_file(&temporary);
            StoreError::io("cannot write", path)(error)
        })
    }
}
