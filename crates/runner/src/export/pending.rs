//! Files that appear all together or not at all.

use super::ExportError;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use synapse_report::files::replace::Temporary;

/// Files under temporary names; dropped before [`Pending::commit`], they are removed.
pub(super) struct Pending {
    folder: PathBuf,
    /// Whether the folder is ours to remove.
    created: bool,
    /// The files, and the names that they are to have.
    files: Vec<(PathBuf, Temporary)>,
}

impl Pending {
    /// Files of a folder, which is created if need be.
    pub(super) fn new(folder: &Path) -> Result<Self, ExportError> {
        let created = !folder.exists();
        fs::create_dir_all(folder).map_err(ExportError::io("cannot create", folder))?;
        Ok(Self {
            folder: folder.to_owned(),
            created,
            files: Vec::new(),
        })
    }

    /// A new file.
    pub(super) fn create(&mut self, name: &'static str) -> Result<File, ExportError> {
        let path = self.folder.join(name);
        let io = || ExportError::io("cannot write", &path);
        let temporary = Temporary::new(&path).map_err(io())?;
        let file = temporary.file().try_clone().map_err(io())?;
        self.files.push((path, temporary));
        Ok(file)
    }

    /// Gives all files their names.
    pub(super) fn commit(mut self) -> Result<Vec<PathBuf>, ExportError> {
        let files = std::mem::take(&mut self.files);
        // All reach the disk before the first has its name.
        for (path, temporary) in &files {
            let synchronised = temporary.file().sync_all();
            synchronised.map_err(ExportError::io("cannot write", path))?;
        }
        let mut paths = Vec::new();
        for (path, temporary) in files {
            temporary
                .commit()
                .map_err(ExportError::io("cannot write", &path))?;
            paths.push(path);
        }
        self.created = false;
        Ok(paths)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        // Before the folder.
        self.files.clear();
        if self.created {
            // Only succeeds if nothing else is in there.
            let _ = fs::remove_dir(&self.folder);
        }
    }
}
