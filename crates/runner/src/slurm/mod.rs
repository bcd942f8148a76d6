//! Slurm: a study as arrays of tasks, each of which computes shards of it, and a job that merges them.
//!
//! - [`script`]: the text of the job scripts; [`mod@array`]: which shard each task of which array computes.
//! - [`client`]: `sbatch`, `squeue`, `scontrol` and `scancel` as child processes.
//! - [`jobs`]: `slurm/jobs.jsonl` in the result folder, what was submitted from it.
//! - [`folder`]: the folder `slurm/`, held by one process that submits.
//! - [`mod@queue`]: both together: which shards are queued or running now.
//! - [`size`]: how large a shard is.
//! - [`submission`]: what is sent, shown or done.
//! - [`time_limit`]: `--time`, as Slurm writes it.
//! - [`word`]: what a script may hold.
//!
//! Which runs make a shard is no matter of this module, nor how they are computed.

pub mod array;
pub mod client;
mod error;
pub mod folder;
pub mod jobs;
pub mod queue;
pub mod script;
pub mod size;
pub mod submission;
pub mod time_limit;
pub mod word;

pub use error::SlurmError;
pub use queue::{Queue, State, queue};
