//! The spec of a study: a TOML file in, a validated [`Study`] out. The path of the data, in order:
//!
//! 1. [`document`]: text to a tree of values that know where each was written.
//! 2. `overrides`: `--set path=value` replaces values in that tree.
//! 3. [`schema`]: what a spec may hold, as data; `resolve` reads a table by it.
//! 4. `block`, [`axis`], `expand`: blocks and their axes to [`condition`]s with typed, checked parameters.
//! 5. `expect`: expectations, checked against the conditions that there are.
//! 6. [`study`]: the validated study; `resolved` writes it out complete, [`identity`] names its runs.
//!
//! All errors are collected ([`error`]); nothing here computes a network or writes a file.

pub mod axis;
mod block;
mod checkpoints;
pub mod condition;
pub mod document;
pub mod error;
mod expand;
mod expect;
pub mod identity;
pub mod json_schema;
mod load;
mod overrides;
mod replicates;
mod resolve;
mod resolved;
pub mod scalar;
pub mod schema;
pub mod signal;
pub mod study;
mod targets;
#[cfg(test)]
mod tests;
mod typed;
mod words;

pub use condition::Condition;
pub use error::SpecErrors;
pub use identity::RunId;
pub use json_schema::json_schema;
pub use scalar::Scalar;
pub use signal::{changed_in, changed_signals, describe, warnings};
pub use study::{Replicates, RunKey, Study};
