//! A folder with a study in it, and the program run there.

use std::path::PathBuf;
use std::process::Command;

/// A folder with a spec called `study.toml`, gone when dropped.
pub struct Place(pub tempfile::TempDir);

impl Place {
    pub fn new(spec: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        std::fs::write(place.path("study.toml"), spec).unwrap();
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The program in this folder, without what the environment might tell it.
    pub fn runner(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runner"));
        command
            .args(arguments)
            .current_dir(self.0.path())
            .env_remove("SYNAPSE_FAULT")
            .env_remove("RUST_LOG");
        command
    }
}
