//! The end of a study: tables, manifest, report and verdict, once all runs are there.

use super::own_study::{self, Own};
use super::say;
use crate::manifest::{Counts, Manifest, StudyOrigin, Writer, contributions};
use crate::provenance::Origin;
pub(super) use crate::provenance::utc;
use crate::spec::Study;
use crate::store::{Digests, Folder, Kept, Record, RecordStatus, StoreError, write_tables};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};
use synapse_report::files::open;
use synapse_report::manifest::{FILE as MANIFEST, sum};
use synapse_report::study::content_digest;
use synapse_report::tables::{CURVES, RUNS, TRACES};
use synapse_report::words::visible;

/// What is asked of the end.
pub(super) struct Wishes {
    /// Write the tables, but no statistics and figures.
    pub no_report: bool,
    /// Only errors and the verdict.
    pub quiet: bool,
}

/// What this process did before.
pub(super) struct Work<'a> {
    /// Who it is.
    pub origin: &'a Origin,
    /// When it began.
    pub started: Instant,
    /// The spec as it was given.
    pub spec: &'a Path,
    /// Runs that it computed.
    pub computed: usize,
}

/// Writes `study.toml`, unless it is present with the same content; its text, as it is now.
pub(super) fn write_study(
    folder: &Folder,
    study: &Study,
    spec: &Path,
) -> Result<String, StoreError> {
    match own_study::find(folder.path(), study, spec)? {
        Own::Keep(text) => Ok(text),
        Own::Write(text) => {
            sign_former(folder)?;
            folder.write(own_study::FILE, |out| out.write_all(text.as_bytes()))?;
            Ok(text)
        }
    }
}

/// Has the manifest name the study and the tables that are there before the study is replaced. Manifests of
/// older versions do not, and beside another study theirs would pass for that one's.
fn sign_former(folder: &Folder) -> Result<(), StoreError> {
    let path = folder.path();
    let Ok(bytes) = open::bytes(&path.join(MANIFEST)) else {
        return Ok(());
    };
    let manifest = serde_json::from_slice::<serde_json::Value>(&bytes);
    let (Ok(mut manifest), Ok(study)) = (manifest, open::text(&path.join(own_study::FILE))) else {
        return Ok(());
    };
    let signed = manifest["study"]["content_sha256"].is_string();
    let Some(fields) = manifest["study"].as_object_mut().filter(|_| !signed) else {
        return Ok(());
    };
    fields.insert("content_sha256".to_owned(), content_digest(&study).into());
    let mut tables = serde_json::Map::new();
    for form in [RUNS, CURVES, TRACES] {
        if let (Ok(text), Ok(sha256)) = (
            open::bytes(&path.join(form.file)),
            sum(&path.join(form.file)),
        ) {
            let rows = text
                .iter()
                .filter(|&&byte| byte == b'\n')
                .count()
                .saturating_sub(1);
            let digest = serde_json::json!({"rows": rows, "sha256": sha256});
            tables.insert(form.file.to_owned(), digest);
        }
    }
    manifest["tables"] = tables.into();
    folder.write(MANIFEST, |out| writeln!(out, "{manifest:#}"))
}

/// As [`write_study`], before anything is computed; false if another process wrote a `study.toml` in the
/// meantime: of several studies that begin in one folder, as shards may, one has it.
pub(super) fn begin_study(folder: &Folder, study: &Study, spec: &Path) -> Result<bool, StoreError> {
    if folder.path().join(own_study::FILE).exists() {
        return write_study(folder, study, spec).map(|_| true);
    }
    match own_study::find(folder.path(), study, spec)? {
        Own::Keep(_) => Ok(true),
        Own::Write(text) => folder.create(own_study::FILE, |out| out.write_all(text.as_bytes())),
    }
}

/// Writes tables, manifest and report of a study whose runs are all there, or of a part of it if that
/// is wanted.
pub(super) fn conclude(
    folder: &Folder,
    study: &Study,
    kept: &Kept,
    work: &Work<'_>,
    wishes: &Wishes,
) -> Result<ExitCode, StoreError> {
    let text = write_study(folder, study, work.spec)?;
    let records = kept.of_study(study);
    let counts = count(study, &records);
    let tables = write_tables(folder, study, &records)?;
    remove_reports_of_others(folder, &text, &tables);
    let elapsed = work.started.elapsed();
    write_manifest(
        folder,
        &Manifest {
            study: StudyOrigin::of(&study.name, work.spec, &text),
            counts,
            tables,
            processes: contributions(kept, &records),
            written_by: writer(work, elapsed),
        },
    )?;
    if !wishes.quiet {
        let tenths = Duration::from_millis(100 * (elapsed.as_millis() / 100) as u64);
        let missing = match counts.missing {
            0 => String::new(),
            some => format!(", {some} missing"),
        };
        say(format_args!(
            "{}: {} runs ({} computed now), {} ok, {} diverged, {} failed{missing}, in {}",
            folder.path().display(),
            counts.runs,
            work.computed,
            counts.ok,
            counts.diverged,
            counts.failed,
            humantime::format_duration(tenths)
        ));
    }
    tell_failures(&records, counts.failed);
    let report_holds =
        wishes.no_report || counts.missing > 0 || report_on(folder, study, wishes.quiet);
    Ok(if counts.failed > 0 || !report_holds {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}

/// Removes summary, figures and comparisons that were made of other tables.
fn remove_reports_of_others(folder: &Folder, study: &str, tables: &Digests) {
    let path = folder.path();
    let before = open::bytes(&path.join(MANIFEST)).unwrap_or_default();
    let before: serde_json::Value = serde_json::from_slice(&before).unwrap_or_default();
    // What an old manifest does not name is not held against it. Times are no results: not runs.csv.
    let differs = |pointer: &str, now: &str| {
        let before = before.pointer(pointer).and_then(serde_json::Value::as_str);
        before.is_some_and(|before| before != now)
    };
    let curves = &tables[CURVES.file].sha256;
    let content = content_digest(study).unwrap_or_default();
    if (differs("/study/content_sha256", &content) || differs("/tables/curves.csv/sha256", curves))
        && let Err(error) = synapse_report::derived::remove(path)
    {
        tracing::warn!("the report of other tables stays: {error}");
    }
}

fn writer(work: &Work<'_>, elapsed: Duration) -> Writer {
    let Origin {
        tool,
        host,
        process,
    } = work.origin.clone();
    Writer {
        tool,
        host,
        command: process.command,
        threads: process.threads,
        started: process.started,
        finished: utc(SystemTime::now()),
        wall_s: elapsed.as_millis() as f64 / 1e3,
        computed: work.computed,
    }
}

/// Writes the manifest, unless the one that is there says the same of the runs.
fn write_manifest(folder: &Folder, manifest: &Manifest) -> Result<(), StoreError> {
    let before = open::bytes(&folder.path().join(MANIFEST));
    if before.is_ok_and(|before| manifest.says_no_more_than(&before)) {
        return Ok(());
    }
    folder.write(MANIFEST, |out| {
        serde_json::to_writer_pretty(&mut *out, manifest)?;
        out.write_all(b"\n")
    })
}

/// The first failures, with their messages.
fn tell_failures(records: &[Option<&Record>], count: usize) {
    const SHOWN: usize = 3;
    let failed = |record: &&&Record| record.status == RecordStatus::Failed;
    for record in records.iter().flatten().filter(failed).take(SHOWN) {
        eprintln!("run {} failed: {}", record.id, visible(&record.message));
    }
    if count > SHOWN {
        eprintln!("and {} more; column message of runs.csv", count - SHOWN);
    }
    if count > 0 {
        eprintln!("--retry-failed computes them again");
    }
}

/// Statistics, figures and verdict; whether all expectations hold.
fn report_on(folder: &Folder, study: &Study, quiet: bool) -> bool {
    let written = match synapse_report::write_report(folder.path()) {
        Ok(files) => files,
        Err(error) => {
            eprintln!("{error}");
            return false;
        }
    };
    for warning in &written.warnings {
        tracing::warn!("{warning}");
    }
    if !quiet {
        for file in written.all() {
            say(format_args!("  {}", file.display()));
        }
    }
    if study.expectations.is_empty() {
        return true;
    }
    match synapse_report::check(folder.path()) {
        Ok(verdict) => {
            say(format_args!("{verdict}"));
            verdict.all_hold()
        }
        Err(error) => {
            eprintln!("{error}");
            false
        }
    }
}

fn count(study: &Study, records: &[Option<&Record>]) -> Counts {
    let mut counts = Counts {
        conditions: study.conditions.len(),
        runs: study.runs(),
        ok: 0,
        diverged: 0,
        failed: 0,
        missing: 0,
    };
    for record in records {
        match record.map(|record| record.status) {
            Some(RecordStatus::Ok) => counts.ok += 1,
            Some(RecordStatus::Diverged) => counts.diverged += 1,
            Some(RecordStatus::Failed) => counts.failed += 1,
            None => counts.missing += 1,
        }
    }
    counts
}

/// Tells what was wrong with the journals; whether their results contradict one another.
pub(super) fn tell_damage(folder: &Path, kept: &Kept) -> bool {
    for warning in kept.warnings(folder) {
        tracing::warn!("{warning}");
    }
    if let Some((first, second)) = kept.conflicts.first() {
        let by = |record| {
            kept.origin(record).map_or_else(
                || "unknown".to_owned(),
                |origin| format!("{} with {}", origin.owner(), origin.tool.short()),
            )
        };
        eprintln!(
            "{}: {} runs have two different results, among them {}: one by {}, one by {}; \
             runner verify {} tells which is right",
            folder.display(),
            kept.conflicts.len(),
            first.id,
            by(first),
            by(second),
            synapse_report::shell::path(folder)
        );
    }
    !kept.conflicts.is_empty()
}
