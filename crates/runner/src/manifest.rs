//! `manifest.json`: where the tables come from.

use serde::Serialize;
use std::path::Path;
use std::process::Command;

/// Provenance of a result folder, as of the last process that completed it.
#[derive(Debug, Clone, Serialize)]
pub struct Manifest {
    /// The program.
    pub tool: Tool,
    /// The study.
    pub study: StudyOrigin,
    /// The machine.
    pub host: Host,
    /// The command line.
    pub command: Vec<String>,
    /// Worker threads.
    pub threads: usize,
    /// When this process started, UTC.
    pub started: String,
    /// When it finished, UTC.
    pub finished: String,
    /// How long it took, in seconds.
    pub wall_s: f64,
    /// What there is.
    pub counts: Counts,
}

/// Version and origin of the program.
#[derive(Debug, Clone, Serialize)]
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Version of the numerics: results of different versions may differ in their bits.
    pub numerics_version: u32,
    /// Git revision that it was built from; empty if unknown.
    pub git_revision: &'static str,
    /// Whether the sources had uncommitted changes when it was built; missing if unknown.
    pub git_dirty: Option<bool>,
    /// Compiler.
    pub rustc: &'static str,
    /// Target triple.
    pub target: &'static str,
}

impl Tool {
    /// This program.
    pub fn this() -> Self {
        Self {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            numerics_version: synapse_core::NUMERICS_VERSION,
            git_revision: env!("SYNAPSE_GIT_REVISION"),
            git_dirty: match env!("SYNAPSE_GIT_DIRTY") {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            },
            rustc: env!("SYNAPSE_RUSTC"),
            target: env!("SYNAPSE_TARGET"),
        }
    }
}

/// Which spec, and the state of the checkout that it lies in.
#[derive(Debug, Clone, Serialize)]
pub struct StudyOrigin {
    /// Name of the study.
    pub name: String,
    /// The spec, as given on the command line.
    pub spec: String,
    /// Git revision of the spec's folder; missing outside a checkout.
    pub git_revision: Option<String>,
    /// Whether the spec differs from that revision.
    pub git_dirty: Option<bool>,
}

impl StudyOrigin {
    /// Asks git about the spec.
    pub fn of(name: &str, spec: &Path) -> Self {
        let folder = spec
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let git = |arguments: &[&str]| {
            let output = Command::new("git")
                .arg("-C")
                .arg(folder.unwrap_or(Path::new(".")))
                .args(arguments)
                .output()
                .ok()?;
            output
                .status
                .success()
                .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        let file = spec.file_name().unwrap_or_default().to_string_lossy();
        Self {
            name: name.to_owned(),
            spec: spec.display().to_string(),
            git_revision: git(&["rev-parse", "HEAD"]),
            git_dirty: git(&["status", "--porcelain", "--", &file]).map(|text| !text.is_empty()),
        }
    }
}

/// The machine.
#[derive(Debug, Clone, Serialize)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// Operating system and its version.
    pub os: String,
    /// Processor.
    pub cpu: String,
    /// Vector instructions in use (results do not depend on them).
    pub vectors: &'static str,
    /// Logical processors.
    pub cpus: usize,
    /// Memory in bytes.
    pub memory_bytes: u64,
}

impl Host {
    /// This machine.
    pub fn this() -> Self {
        let mut system = sysinfo::System::new();
        system.refresh_cpu_all();
        system.refresh_memory();
        Self {
            name: sysinfo::System::host_name().unwrap_or_default(),
            os: sysinfo::System::long_os_version().unwrap_or_default(),
            cpu: system
                .cpus()
                .first()
                .map(|cpu| cpu.brand().trim().to_owned())
                .unwrap_or_default(),
            vectors: synapse_core::simd::path().name(),
            cpus: system.cpus().len(),
            memory_bytes: system.total_memory(),
        }
    }
}

/// Counts of runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Conditions of the study.
    pub conditions: usize,
    /// Runs of the study.
    pub runs: usize,
    /// Runs that came to their end.
    pub ok: usize,
    /// Runs that diverged.
    pub diverged: usize,
    /// Runs that failed.
    pub failed: usize,
    /// Runs that this process computed.
    pub computed: usize,
    /// Runs that were there before.
    pub reused: usize,
}
