//! Faults on demand, for the tests of what survives them.
//!
//! The environment variable `SYNAPSE_FAULT` holds one of
//!
//! - `panic=RUN`: computing the run with this id panics,
//! - `abort-append=K`: the process dies within the K-th append to its journal (from 1), half of it
//!   written,
//! - `abort-rename=NAME`: the process dies when the file NAME is complete and about to be renamed.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug)]
enum Fault {
    Panic(String),
    AbortAppend(u64),
    AbortRename(String),
}

fn fault() -> Option<&'static Fault> {
    static FAULT: OnceLock<Option<Fault>> = OnceLock::new();
    FAULT
        .get_or_init(|| {
            let text = std::env::var("SYNAPSE_FAULT").ok()?;
            let (kind, value) = text.split_once('=')?;
            match kind {
                "panic" => Some(Fault::Panic(value.to_owned())),
                "abort-append" => value.parse().ok().map(Fault::AbortAppend),
                "abort-rename" => Some(Fault::AbortRename(value.to_owned())),
                _ => None,
            }
        })
        .as_ref()
}

/// Panics if this run is the one to do so.
pub fn computing(run: impl std::fmt::Display) {
    if let Some(Fault::Panic(id)) = fault() {
        assert!(*id != run.to_string(), "a fault on demand");
    }
}

/// Whether this append is to be torn; the caller writes half and calls [`die`].
pub fn tears_append() -> bool {
    static APPENDS: AtomicU64 = AtomicU64::new(0);
    match fault() {
        Some(Fault::AbortAppend(number)) => APPENDS.fetch_add(1, Ordering::Relaxed) + 1 == *number,
        _ => false,
    }
}

/// Dies if this file is the one.
pub fn renaming(name: &str) {
    if matches!(fault(), Some(Fault::AbortRename(file)) if file == name) {
        die();
    }
}

/// Ends the process as `kill -9` does: nothing is flushed, no destructor runs.
pub fn die() -> ! {
    std::process::abort()
}
