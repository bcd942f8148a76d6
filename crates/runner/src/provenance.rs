//! Which program, machine and process something comes from. In the header of every journal, so that
//! each record can be traced to its origin, and in the manifest.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::{Duration, SystemTime};

/// Where records come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The program.
    pub tool: Tool,
    /// The machine.
    pub host: Host,
    /// The process.
    pub process: Process,
}

impl Origin {
    /// This process, with so many worker threads, started at `started` (UTC).
    pub fn this(threads: usize, shard: Option<String>, started: String) -> Self {
        Self {
            tool: Tool::this(),
            host: Host::this(),
            process: Process {
                id: std::process::id(),
                started,
                // For people to read: bytes that are no text are shown as such, not a reason to fail.
                command: std::env::args_os()
                    .map(|word| word.to_string_lossy().into_owned())
                    .collect(),
                threads,
                shard,
                slurm: Slurm::this(),
            },
        }
    }

    /// In a few words, as in "process 123 on lab1 since 2021-01-01T00:00:00Z".
    pub fn owner(&self) -> String {
        let Process {
            id, started, slurm, ..
        } = &self.process;
        let job = slurm.as_ref().map_or(String::new(), |slurm| {
            format!(" (Slurm job {})", slurm.job_id)
        });
        format!("process {id}{job} on {} since {started}", self.host.name)
    }
}

/// Version and origin of the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Version of the numerics: results of different versions may differ in their bits.
    pub numerics_version: u32,
    /// Git revision that it was built from; empty if unknown.
    pub git_revision: String,
    /// Whether the sources had uncommitted changes when it was built; missing if unknown.
    pub git_dirty: Option<bool>,
    /// Hash of these changes, as `git hash-object` gives it for [`Changes`]; empty if there were none.
    pub git_diff: String,
    /// SHA-256 of the Cargo.lock that it was built with.
    pub lockfile_sha256: String,
    /// Compiler.
    pub rustc: String,
    /// Target triple.
    pub target: String,
}

impl Tool {
    /// This program.
    pub fn this() -> Self {
        let lockfile = include_bytes!("../../../Cargo.lock");
        Self {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            numerics_version: synapse_core::NUMERICS_VERSION,
            git_revision: env!("SYNAPSE_GIT_REVISION").to_owned(),
            git_dirty: match env!("SYNAPSE_GIT_DIRTY") {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            },
            git_diff: env!("SYNAPSE_GIT_DIFF").to_owned(),
            lockfile_sha256: crate::spec::identity::hex(&Sha256::digest(lockfile)),
            rustc: env!("SYNAPSE_RUSTC").to_owned(),
            target: env!("SYNAPSE_TARGET").to_owned(),
        }
    }

    /// In a few words.
    pub fn short(&self) -> String {
        let revision = self.git_revision.get(..8).unwrap_or("unknown revision");
        let Self {
            name,
            version,
            numerics_version,
            ..
        } = self;
        format!("{name} {version} ({revision}), numerics version {numerics_version}")
    }
}

/// The uncommitted changes of the sources that this program was built from: kept with results, so that
/// a dirty build can be built again.
#[derive(Debug, Clone, Copy)]
pub struct Changes {
    /// As `git apply` takes them.
    pub diff: &'static str,
    /// Their hash, see [`Tool::git_diff`].
    hash: &'static str,
}

impl Changes {
    /// Those of this program, if there were any.
    pub fn of_this_program() -> Option<Self> {
        let diff = include_str!(concat!(env!("OUT_DIR"), "/sources.diff"));
        let hash = env!("SYNAPSE_GIT_DIFF");
        (!diff.is_empty() && !hash.is_empty()).then_some(Self { diff, hash })
    }

    /// The file that keeps them in a result folder.
    pub fn file_name(self) -> String {
        format!("sources-{}.diff", &self.hash[..self.hash.len().min(12)])
    }
}

/// The machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// Operating system and its version.
    pub os: String,
    /// Processor.
    pub cpu: String,
    /// Vector instructions in use (results do not depend on them).
    pub vectors: String,
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
            name: sysinfo::System::host_name().unwrap_or_else(|| "this host".to_owned()),
            os: sysinfo::System::long_os_version().unwrap_or_default(),
            cpu: system
                .cpus()
                .first()
                .map(|cpu| cpu.brand().trim().to_owned())
                .unwrap_or_default(),
            vectors: synapse_core::simd::path().name().to_owned(),
            cpus: system.cpus().len(),
            memory_bytes: system.total_memory(),
        }
    }
}

/// A process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its number.
    pub id: u32,
    /// When it started, UTC.
    pub started: String,
    /// The command line.
    pub command: Vec<String>,
    /// Worker threads.
    pub threads: usize,
    /// Which part of the study it computes, as in "3/8".
    pub shard: Option<String>,
    /// The Slurm job that it is part of.
    pub slurm: Option<Slurm>,
}

/// What Slurm calls the job of a process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slurm {
    /// SLURM_JOB_ID
    pub job_id: String,
    /// SLURM_ARRAY_JOB_ID
    pub array_job_id: Option<String>,
    /// SLURM_ARRAY_TASK_ID
    pub array_task_id: Option<String>,
    /// SLURM_CLUSTER_NAME
    pub cluster: Option<String>,
}

impl Slurm {
    fn this() -> Option<Self> {
        let variable = |name: &str| std::env::var(name).ok();
        Some(Self {
            job_id: variable("SLURM_JOB_ID")?,
            array_job_id: variable("SLURM_ARRAY_JOB_ID"),
            array_task_id: variable("SLURM_ARRAY_TASK_ID"),
            cluster: variable("SLURM_CLUSTER_NAME"),
        })
    }
}

/// A time as RFC 3339 has it. A clock that is wrong by so much that this form has no text for it, before
/// 1970 or after 9999, gives the nearest one that it has.
pub fn utc(time: SystemTime) -> String {
    const LAST: Duration = Duration::from_secs(253_402_300_799);
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    let since = since.unwrap_or_default().min(LAST);
    humantime::format_rfc3339_seconds(SystemTime::UNIX_EPOCH + since).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_wrong_by_centuries_has_a_text() {
        let at = |seconds: i64| {
            let by = Duration::from_secs(seconds.unsigned_abs());
            utc(match seconds < 0 {
                true => SystemTime::UNIX_EPOCH - by,
                false => SystemTime::UNIX_EPOCH + by,
            })
        };
        assert_eq!(at(1_600_000_000), "2020-09-13T12:26:40Z");
        assert_eq!(at(-1), "1970-01-01T00:00:00Z");
        assert_eq!(at(-9_000_000_000), "1970-01-01T00:00:00Z");
        assert_eq!(at(253_402_300_799), "9999-12-31T23:59:59Z");
        assert_eq!(at(253_402_300_800), "9999-12-31T23:59:59Z");
        assert_eq!(at(900_000_000_000), "9999-12-31T23:59:59Z");
    }
}
