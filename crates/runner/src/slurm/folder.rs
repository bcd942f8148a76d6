//! The folder `slurm/` of a result folder, while a process submits from there.

use super::SlurmError;
use super::script::Paths;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Error, ErrorKind};
use std::path::Path;

/// Held by one process at a time, so that no shard is sent twice.
#[derive(Debug)]
pub struct SlurmFolder {
    /// The operating system releases the lock with the file.
    _lock: File,
}

impl SlurmFolder {
    /// Creates the folder and its folder of logs if need be, and locks it.
    ///
    /// # Errors
    /// The disk's; another process holds it.
    pub fn lock(paths: &Paths, result_folder: &Path) -> Result<Self, SlurmError> {
        // Without it Slurm ends a task before its first line, without a word.
        let logs = paths.logs();
        fs::create_dir_all(&logs).map_err(SlurmError::io("cannot create", &logs))?;
        let path = paths.slurm().join("lock");
        // Opening a FIFO for writing would wait for a reader.
        if fs::metadata(&path).is_ok_and(|there| !there.is_file()) {
            let error = Error::new(ErrorKind::InvalidInput, "not a regular file; remove it");
            return Err(SlurmError::io("cannot lock", path)(error));
        }
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(SlurmError::io("cannot write", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _lock: file }),
            Err(TryLockError::WouldBlock) => Err(SlurmError::Locked {
                folder: result_folder.to_owned(),
            }),
            Err(TryLockError::Error(error)) => Err(SlurmError::io("cannot lock", path)(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_submits_and_what_is_no_file_is_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::new(Path::new("/r"), folder.path()).unwrap();
        let lock = SlurmFolder::lock(&paths, folder.path()).unwrap();
        let message = SlurmFolder::lock(&paths, folder.path())
            .unwrap_err()
            .to_string();
        assert!(
            message.ends_with(": another process is submitting from this folder; wait for it"),
            "{message}"
        );
        drop(lock);
        let path = paths.slurm().join("lock");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let message = SlurmFolder::lock(&paths, folder.path())
            .unwrap_err()
            .to_string();
        assert!(
            message.ends_with("slurm/lock: not a regular file; remove it"),
            "{message}"
        );
    }
}
