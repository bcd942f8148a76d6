//! From a study to its results: spec → plan → runs → rows.
//!
//! The path of the data, in order:
//!
//! 1. [`spec`]: a TOML file becomes a validated study; every run has an identity.
//! 2. [`store`]: the journals of the result folder say which runs are there already; [`inventory`]:
//!    which are missing, [`stale`]: and which belong to it no more; [`replacement`]: whether the study
//!    may write there.
//! 3. [`batch`]: the missing runs are packed into batches that share a network; [`shard`]: or those of
//!    a part of the study.
//!    [`continuation`]: runs may go on from what shorter ones have learned.
//! 4. [`execute`]: batches are computed in parallel, and each is kept as soon as it is done; [`memory`]: if
//!    there is room for it.
//! 5. [`store`] again: tables in a documented order; [`manifest`]: where they come from.
//! 6. `synapse-report` makes statistics, figures and a verdict of them.
//!
//! [`cli`] holds the verbs of the command line, [`estimate`] what a study will cost, [`slurm`] how it is
//! divided over a cluster, [`provenance`] who computed something; [`export`] writes a result folder in
//! the forms of other programs; [`panics`] are explained or become rows; [`fault`] is for tests.

// Everything is printed by `synapse_report::terminal`.
#![deny(clippy::print_stdout)]

/// Prints on standard error. The macro of the standard library panics where that cannot be written, and
/// prints control characters that came from files and names as they are.
macro_rules! eprintln {
    ($($argument:tt)*) => {
        synapse_report::terminal::tell(format_args!($($argument)*))
    };
}

pub mod batch;
pub mod cli;
pub mod continuation;
pub mod estimate;
pub mod execute;
pub mod export;
pub mod fault;
pub mod inventory;
pub mod manifest;
pub mod memory;
pub mod panics;
pub mod progress;
pub mod provenance;
pub mod replacement;
pub mod shard;
pub mod slurm;
pub mod spec;
pub mod stale;
pub mod store;
