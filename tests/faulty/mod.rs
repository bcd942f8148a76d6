//! `runner` with faults armed: the example `faulty` of the runner's package, which no release holds.

use crate::place::Place;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

/// The program in this folder, failing as `fault` says: see `synapse_runner::fault`.
pub fn faulty(place: &Place, arguments: &[&str], fault: &str) -> Command {
    let mut command = Command::new(program());
    command
        .args(arguments)
        .current_dir(place.0.path())
        .env_remove("RUST_LOG")
        .env("SYNAPSE_FAULT", fault);
    command
}

/// Where it is: in target/PROFILE/examples, beside the folder of this test's own program. `cargo test` builds
/// it, but not with `--test`: then it is built here if it is missing or older than its sources.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let own = std::env::current_exe().unwrap();
        let profile = own.parent().and_then(Path::parent).unwrap();
        let name = format!("faulty{}", std::env::consts::EXE_SUFFIX);
        let program = profile.join("examples").join(name);
        if !is_fresh(&program) {
            let profile = match profile.file_name().unwrap().to_str().unwrap() {
                "debug" => "dev",
                other => other,
            };
            let built = Command::new(env!("CARGO"))
                .args(["build", "--offline", "--package", "synapse-runner"])
                .args(["--example", "faulty", "--profile", profile])
                .current_dir(env!("CARGO_MANIFEST_DIR"))
                .status();
            assert!(built.unwrap().success());
        }
        program
    })
}

/// Whether a program is younger than the sources that cargo names beside it.
fn is_fresh(program: &Path) -> bool {
    let written = |path: &Path| -> Option<SystemTime> { path.metadata().ok()?.modified().ok() };
    let sources = std::fs::read_to_string(program.with_extension("d")).unwrap_or_default();
    let Some((_, sources)) = sources.split_once(": ") else {
        return false;
    };
    let Some(built) = written(program) else {
        return false;
    };
    // Blanks in paths are escaped; such a path counts as older, and the program as stale.
    sources
        .split_whitespace()
        .all(|source| written(Path::new(source)).is_some_and(|time| time <= built))
}
