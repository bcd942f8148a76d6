//! `manifest.json`: which study the tables are of, and where their runs come from.
//!
//! What counts is said of the runs, whoever computed them: a process that only looked and found all
//! runs computed changes nothing here.

use crate::provenance::{Host, Origin, Process, Tool};
use crate::spec::identity::hex;
use crate::store::{Digests, Kept, Record};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::process::Command;
use synapse_report::study::content_digest;

/// Provenance of a result folder.
#[derive(Debug, Clone, Serialize)]
pub struct Manifest {
    /// The study of the tables.
    pub study: StudyOrigin,
    /// What the tables hold.
    pub counts: Counts,
    /// What identifies each table.
    pub tables: Digests,
    /// Every process that contributed runs, in the order of their starts.
    pub processes: Vec<Contribution>,
    /// The process that wrote the tables.
    pub written_by: Writer,
}

impl Manifest {
    /// Whether a manifest that is there says the same of study, tables and runs: then it stays.
    pub fn says_no_more_than(&self, before: &[u8]) -> bool {
        let (Ok(before), Ok(now)) = (
            serde_json::from_slice::<Value>(before),
            serde_json::to_value(self),
        ) else {
            return false;
        };
        let same = |pointer: &str| before.pointer(pointer) == now.pointer(pointer);
        [
            "/study/name",
            "/study/content_sha256",
            "/counts",
            "/tables",
            "/processes",
        ]
        .into_iter()
        .all(same)
    }
}

/// The process that wrote the tables: the last of those that computed runs, or one that merged theirs.
#[derive(Debug, Clone, Serialize)]
pub struct Writer {
    /// The program.
    pub tool: Tool,
    /// The machine.
    pub host: Host,
    /// The command line.
    pub command: Vec<String>,
    /// Worker threads.
    pub threads: usize,
    /// When it started, UTC.
    pub started: String,
    /// When it finished, UTC.
    pub finished: String,
    /// How long it took, in seconds.
    pub wall_s: f64,
    /// Runs that it computed itself.
    pub computed: usize,
}

/// A process, and what of the tables it computed.
#[derive(Debug, Clone, Serialize)]
pub struct Contribution {
    /// How many of the study's runs.
    pub runs: usize,
    /// How long these took on their threads, in seconds, added up.
    pub compute_s: f64,
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
    let mut work = vec![(0, 0.0); kept.origins.len()];
    for record in records.iter().flatten() {
        let (runs, compute_s) = &mut work[record.origin];
        *runs += 1;
        *compute_s += record.wall_s;
    }
    let contributed = kept.origins.iter().zip(work);
    contributed
        .filter(|(_, (runs, _))| *runs > 0)
        .filter_map(|(origin, (runs, compute_s))| {
            let Origin {
                tool,
                host,
                process,
            } = origin.clone()?;
            Some(Contribution {
                runs,
                compute_s: (compute_s * 1e3).round() / 1e3,
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
    /// SHA-256 of what `study.toml` says, see [`synapse_report::study::content_digest`].
    pub content_sha256: Option<String>,
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
            content_sha256: content_digest(complete),
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
    /// Runs that have not been computed: none, unless the tables are partial.
    pub missing: usize,
}
