//! The folder `slurm/` of a result folder, while a process submits from there.

use super::SlurmError;
use super::script::Paths;
use crate::store::{Folder, StoreError};
use std::fs;
use std::path::Path;

/// Held by one process at a time, so that no shard is sent twice.
#[derive(Debug)]
pub struct SlurmFolder {
    _lock: Folder,
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
        let owner = format!("process {} that submits", std::process::id());
        match Folder::lock(&paths.slurm(), &owner) {
            Ok(lock) => Ok(Self { _lock: lock }),
            Err(StoreError::Locked { .. }) => Err(SlurmError::Locked {
                folder: result_folder.to_owned(),
            }),
            Err(error) => Err(SlurmError::Store(error)),
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
