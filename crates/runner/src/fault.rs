//! Faults on demand, for the tests of what survives them.
//!
//! A program has to arm them: `runner` does not, so that nothing in its environment can make it fail. The
//! example `faulty` is `runner` with faults armed. The environment variable `SYNAPSE_FAULT` then holds one
//! of
//!
//! - `panic=RUN`: computing the run with this id panics,
//! - `abort-append=K`: the process dies within the K-th append to its journal (from 1), half of it
//!   written,
//! - `abort-rename=NAME`: the process dies when the file NAME is complete and about to be renamed,
//! - `no-locks=`: the file system has no locks,
//! - `no-locks-abort-rename=NAME`: both of the last two.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug, Default)]
struct Faults {
    panic: Option<String>,
    abort_append: Option<u64>,
    abort_rename: Option<String>,
    no_locks: bool,
}

/// Empty unless a program has armed faults.
static FAULTS: OnceLock<Faults> = OnceLock::new();

/// Makes this process fail as `SYNAPSE_FAULT` says; without that variable nothing fails.
pub fn arm() {
    let text = std::env::var("SYNAPSE_FAULT").unwrap_or_default();
    let mut faults = Faults::default();
    if let Some((kind, value)) = text.split_once('=') {
        let (no_locks, kind) = match kind.strip_prefix("no-locks") {
            Some(rest) => (true, rest.trim_start_matches('-')),
            None => (false, kind),
        };
        faults.no_locks = no_locks;
        match kind {
            "panic" => faults.panic = Some(value.to_owned()),
            "abort-append" => faults.abort_append = value.parse().ok(),
            "abort-rename" => faults.abort_rename = Some(value.to_owned()),
            _ => {}
        }
    }
    // Armed once: a second call changes nothing.
    let _ = FAULTS.set(faults);
}

/// Panics if this run is the one to do so.
pub fn computing(run: impl std::fmt::Display) {
    if let Some(id) = FAULTS.get().and_then(|faults| faults.panic.as_ref()) {
        assert!(*id != run.to_string(), "a fault on demand");
    }
}

/// Whether this append is to be torn; the caller writes half and calls [`die`].
pub fn tears_append() -> bool {
    static APPENDS: AtomicU64 = AtomicU64::new(0);
    match FAULTS.get().and_then(|faults| faults.abort_append) {
        Some(number) => APPENDS.fetch_add(1, Ordering::Relaxed) + 1 == number,
        None => false,
    }
}

/// Dies if this file is the one.
pub fn renaming(name: &str) {
    let file = FAULTS.get().and_then(|faults| faults.abort_rename.as_ref());
    if file.is_some_and(|file| file == name) {
        die();
    }
}

/// Whether locks are to be refused, as by a file system that has none.
pub fn has_no_locks() -> bool {
    FAULTS.get().is_some_and(|faults| faults.no_locks)
}

/// Ends the process as `kill -9` does: nothing is flushed, no destructor runs.
pub fn die() -> ! {
    std::process::abort()
}
