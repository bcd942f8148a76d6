//! From a study to its results: spec → plan → runs → rows.
//!
//! The path of the data, in order:
//!
//! 1. [`spec`]: a TOML file becomes a validated study; every run has an identity.
//! 2. [`store`]: the result folder says which runs are there already.
//! 3. [`batch`]: the missing runs are packed into batches that share a network.
//! 4. [`execute`]: batches are computed in parallel, and each is kept as soon as it is done.
//! 5. [`store`] again: tables in a documented order; [`manifest`]: where they come from.
//! 6. `synapse-report` makes statistics, figures and a verdict of them.
//!
//! [`cli`] holds the verbs of the command line, [`estimate`] what a study will cost, [`slurm`] how it
//! is divided over a cluster.

pub mod batch;
pub mod cli;
pub mod estimate;
pub mod execute;
pub mod manifest;
pub mod progress;
pub mod slurm;
pub mod spec;
pub mod store;
