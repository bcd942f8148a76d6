//! `manifest.json`: where the tables come from.

use crate::provenance::{Host, Origin, Process, Tool};
use crate::spec::identity::hex;
use crate::store::{Kept, Record};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::process::Command;

/// Provenance of a result folder.
#[derive(Debug, Clone, Serialize)]
pub struct Manifest {
    /// The program that wrote the tables.
    pub tool: Tool,
    /// The study.
    pub study: StudyOrigin,
    /// The machine that wrote the tables.
    pub host: Host,
    /// The command line that did so.
    pub command: Vec<String>,
    /// Worker threads of that process.
    pub threads: usize,
    /// When that process started, UTC.
    pub started: String,
    /// When it finished, UTC.
    pub finished: String,
    /// How long it took, in seconds.
    pub wall_s: f64,
    /// What there is.
    pub counts: Counts,
    /// Every process that contributed runs, in the order of their starts.
    pub processes: Vec<Contribution>,
}

/// A process, and what of the tables it computed.
#[derive(Debug, Clone, Serialize)]
pub struct Contribution {
    /// How many of the study's runs.
    pub runs: usize,
    /// The process.
    #[serde(flatten)]
    pub process: Process,
    /// Its machine.
    pub host: Host,
    /// Its program.
    pub tool: Tool,
}

/// The processes whose records the tables hold: these, of those that were kept.
pub fn contributions(kept: &Kept, records: &[Option<&Record>]) -> Vec<Contribution> {
    let mut runs = vec![0; kept.origins.len()];
    for record in records.iter().flatten() {
        runs[record.origin] += 1;
    }
    let contributed = kept.origins.iter().zip(runs).filter(|(_, runs)| *runs > 0);
    contributed
        .filter_map(|(origin, runs)| {
            let Origin {
                tool,
                host,
                process,
            } = origin.clone()?;
            Some(Contribution {
                runs,
                process,
                host,
                tool,
            })
        })
        .collect()
}

/// Which spec, and the state of the checkout that it lies in.
#[derive(Debug, Clone, Serialize)]
pub struct StudyOrigin {
    /// Name of the study.
    pub name: String,
    /// The spec, as given on the command line.
    pub spec: String,
    /// SHA-256 of the complete study as `study.toml` has it.
    pub sha256: String,
    /// Git revision of the spec's folder; missing outside a checkout.
    pub git_revision: Option<String>,
    /// Whether the spec differs from that revision.
    pub git_dirty: Option<bool>,
}

impl StudyOrigin {
    /// Asks git about the spec; `complete` is the text of `study.toml`.
    pub fn of(name: &str, spec: &Path, complete: &str) -> Self {
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
            sha256: hex(&Sha256::digest(complete)),
            git_revision: git(&["rev-parse", "HEAD"]),
            git_dirty: git(&["status", "--porcelain", "--", &file]).map(|text| !text.is_empty()),
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
    /// Runs that the process that wrote the tables computed.
    pub computed: usize,
    /// Runs that were there before.
    pub reused: usize,
}
