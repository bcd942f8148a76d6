//! Data that is no longer what the runs of a result folder were computed with.

use super::SignalError;
use super::error::short;
use crate::spec::error::Problem;
use crate::spec::{Condition, Study};
use std::path::Path;
use synapse_report::words::shortened;

/// A text for each signal of a result folder whose samples are not those that its `study.toml` names.
pub fn changed_in(folder: &Path) -> Vec<String> {
    let Err(errors) = Study::load(&folder.join("study.toml"), &[]) else {
        return Vec::new();
    };
    let said = |problem: &Problem| match problem {
        Problem::Signal {
            path,
            column,
            error,
        } if matches!(**error, SignalError::Changed { .. }) => Some(format!(
            "{} (column {}): {error}",
            folder.join(path).display(),
            shortened(column)
        )),
        _ => None,
    };
    let problems = errors.errors().iter();
    problems.filter_map(|error| said(&error.problem)).collect()
}

/// For a result folder and a study that is to be computed there: a text for each signal that both read
/// and whose samples have changed since. Empty if `study.toml` is missing or names no sums.
pub fn changed_signals(folder: &Path, study: &Study) -> Vec<String> {
    let path = folder.join("study.toml");
    let reads_none = |condition: &Condition| condition.signals().is_empty();
    if study.conditions.iter().all(reads_none) || !path.is_file() {
        return Vec::new();
    }
    let Err(errors) = Study::load(&path, &[]) else {
        return Vec::new();
    };
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut lines: Vec<String> = Vec::new();
    for error in errors.errors() {
        let Problem::Signal {
            path,
            column,
            error,
        } = &error.problem
        else {
            continue;
        };
        let SignalError::Changed { wanted, found } = &**error else {
            continue;
        };
        let file = real(&folder.join(path));
        let signals = study
            .conditions
            .iter()
            .flat_map(|condition| condition.signals());
        let mut same =
            signals.filter(|signal| signal.column == *column && real(&signal.file) == file);
        if let Some(signal) = same.next() {
            let line = format!(
                "the samples of {} (column {}) are not those that the runs in {} were computed with (SHA-256 {}, now {})",
                shortened(&signal.path),
                shortened(column),
                folder.display(),
                short(wanted),
                short(found)
            );
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    lines
}
