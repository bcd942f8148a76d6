//! The folder `slurm/` of a result folder, while a process submits from there.

use super::SlurmError;
use super::script::Paths;
use crate::store::{Folder, StoreError};
use std::fs;
use std::path::Path;
use synapse_report::files::replace::replace;

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

/// Writes a file that appears whole or not at all.
///
/// # Errors
/// The disk's; then the old file, if any, is as it was.
pub fn write_whole(path: &Path, text: &str) -> Result<(), SlurmError> {
    replace(path, |out| out.write_all(text.as_bytes()))
        .map_err(SlurmError::io("cannot write", path))
}
