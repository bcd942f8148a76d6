//! Files that appear all together or not at all.

use super::ExportError;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Files under temporary names; dropped before [`Pending::commit`], they are removed.
pub(super) struct Pending {
    folder: PathBuf,
    /// Whether the folder is ours to remove.
    created: bool,
    /// Names in the folder.
    names: Vec<&'static str>,
}

impl Pending {
    /// Files of a folder, which is created if need be.
    pub(super) fn new(folder: &Path) -> Result<Self, ExportError> {
        let created = !folder.exists();
        fs::create_dir_all(folder).map_err(ExportError::io("cannot create", folder))?;
        Ok(Self {
            folder: folder.to_owned(),
            created,
            names: Vec::new(),
        })
    }

    /// A new file.
    pub(super) fn create(&mut self, name: &'static str) -> Result<File, ExportError> {
        let path = temporary(&self.folder, name);
        self.names.push(name);
        File::create(&path).map_err(ExportError::io("cannot write", &path))
    }

    /// Gives all files their names.
    pub(super) fn commit(mut self) -> Result<Vec<PathBuf>, ExportError> {
        for name in &self.names {
            let path = temporary(&self.folder, name);
            File::open(&path)
                .and_then(|file| file.sync_all())
                .map_err(ExportError::io("cannot write", &path))?;
        }
        let mut files = Vec::new();
        for name in &self.names {
            let path = self.folder.join(name);
            fs::rename(temporary(&self.folder, name), &path)
                .map_err(ExportError::io("cannot write", &path))?;
            files.push(path);
        }
        self.names.clear();
        self.created = false;
        Ok(files)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        for name in &self.names {
            let _ = fs::remove_file(temporary(&self.folder, name));
        }
        if self.created {
            // Only succeeds if nothing else is in there.
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

fn temporary(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.tmp"))
}
