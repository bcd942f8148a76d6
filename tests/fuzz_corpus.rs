//! What `scripts/fuzz.sh` begins with goes through the same checks on every machine: the seeds in
//! `tests/fuzz/corpus`, good and bad specs, and whatever made a reader fail before.

#[path = "fuzz/checks/jobs.rs"]
mod jobs;
#[path = "fuzz/checks/journal.rs"]
mod journal;
#[path = "fuzz/checks/signals.rs"]
mod signals;
#[path = "fuzz/checks/spec.rs"]
mod spec;
#[path = "fuzz/checks/tables.rs"]
mod tables;

use std::path::{Path, PathBuf};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Checks every file of a folder; there must be some.
fn check_all(folder: &str, check: impl Fn(&[u8])) {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(workspace().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    assert!(!paths.is_empty(), "{folder} is empty");
    paths.sort();
    for path in paths {
        // Shown if the check fails.
        println!("{}", path.display());
        check(&std::fs::read(path).unwrap());
    }
}

#[test]
fn specs() {
    let signals = workspace().join("tests/fixtures/bad_signals");
    for folder in ["tests/fuzz/corpus/spec", "tests/fixtures/bad_specs"] {
        check_all(folder, |bytes| spec::check(bytes, &signals));
    }
    let experiments = workspace().join("experiments");
    check_all("experiments", |bytes| spec::check(bytes, &experiments));
}

#[test]
fn journals() {
    check_all("tests/fuzz/corpus/journal", journal::check);
}

#[test]
fn lists_of_jobs() {
    check_all("tests/fuzz/corpus/jobs", jobs::check);
}

#[test]
fn result_tables() {
    check_all("tests/fuzz/corpus/tables", tables::check);
}

#[test]
fn tables_of_signals() {
    check_all("tests/fuzz/corpus/signals", signals::check);
}
