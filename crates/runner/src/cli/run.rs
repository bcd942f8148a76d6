//! `runner SPEC`: computes what is missing, then tables, report and verdict.

use super::plan::Inventory;
use super::{StudyArgs, refuse, say};
use crate::batch::pack;
use crate::execute::{ExecuteError, execute};
use crate::manifest::{Counts, Host, Manifest, StudyOrigin, Tool};
use crate::progress::{Report, start_log};
use crate::spec::{RunId, Study};
use crate::store::{Folder, Journal, Record, RecordStatus, StoreError, read_journal, write_tables};
use clap::Args;
use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// Exit code after Ctrl-C: 128 + SIGINT, as shells have it.
const INTERRUPTED: u8 = 130;

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    study: StudyArgs,
    /// Write the tables, but no statistics and figures
    #[arg(long)]
    no_report: bool,
    /// No progress, only errors and the verdict
    #[arg(short, long)]
    quiet: bool,
    /// More log lines (-v, -vv); RUST_LOG overrides
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
}

pub(super) fn run(args: &RunArgs) -> ExitCode {
    start_log(args.verbose);
    args.study.choose_vectors();
    let study = match Study::load(&args.study.spec, &args.study.set) {
        Ok(study) => study,
        Err(errors) => return refuse(&errors),
    };
    match complete(args, &study) {
        Ok(code) => code,
        Err(error) => refuse(&error),
    }
}

fn complete(args: &RunArgs, study: &Study) -> Result<ExitCode, StoreError> {
    let start = Start {
        clock: Instant::now(),
        time: SystemTime::now(),
    };
    let path = args.study.folder(&study.name);
    let folder = Folder::lock(&path, &owner(start.time))?;
    let mut kept = read_journal(folder.path())?;
    if kept.damaged > 0 {
        tracing::warn!(
            "{}: {} damaged lines of the journal were dropped; their runs are computed again",
            path.display(),
            kept.damaged
        );
    }
    let inventory = Inventory::new(study, &kept.records);
    if inventory.foreign > 0 {
        tracing::warn!(
            "{}: {} runs of an earlier version of this study stay in the journal, but not in the tables",
            path.display(),
            inventory.foreign
        );
    }
    let mut journal = Journal::open(folder.path(), &kept)?;
    let computed = match compute(args, study, &inventory, &mut journal, &mut kept.records) {
        Ok(computed) => computed,
        Err(ExecuteError::Keep(error)) => return Err(error),
        Err(error @ ExecuteError::Threads(_)) => return Ok(refuse(&error)),
    };
    if computed < inventory.pending.len() {
        eprintln!(
            "interrupted: {} of {} runs are kept in {}; the same command goes on from there",
            inventory.done + computed,
            study.runs(),
            path.display()
        );
        return Ok(ExitCode::from(INTERRUPTED));
    }
    conclude(args, study, &folder, &kept.records, computed, &start)
}

/// When this process began.
struct Start {
    clock: Instant,
    time: SystemTime,
}

/// Computes the missing runs and keeps them; how many there were before the end or Ctrl-C.
fn compute(
    args: &RunArgs,
    study: &Study,
    inventory: &Inventory,
    journal: &mut Journal,
    records: &mut HashMap<RunId, Record>,
) -> Result<usize, ExecuteError<StoreError>> {
    let threads = args.study.threads();
    let batches = pack(study, &inventory.pending, threads);
    let run_steps = batches.iter().map(|batch| batch.run_steps).sum();
    let stop = interrupt_flag();
    let report = Report::new(inventory.pending.len(), run_steps, args.quiet);
    tracing::info!(
        "{} runs to compute in {} batches on {threads} threads, {} are there",
        inventory.pending.len(),
        batches.len(),
        inventory.done
    );
    let mut computed = 0;
    let result = execute(study, &batches, threads, &stop, &report, |finished| {
        journal.append(&finished)?;
        tracing::info!("{} more runs are kept", finished.len());
        report.finished(&finished);
        computed += finished.len();
        records.extend(finished.into_iter().map(|record| (record.id, record)));
        Ok(())
    });
    report.close();
    result.map(|()| computed)
}

/// Writes the study, its tables, manifest and report, now that all runs are there.
fn conclude(
    args: &RunArgs,
    study: &Study,
    folder: &Folder,
    records: &HashMap<RunId, Record>,
    computed: usize,
    start: &Start,
) -> Result<ExitCode, StoreError> {
    folder.write("study.toml", |out| {
        out.write_all(study.to_toml(folder.path()).as_bytes())
    })?;
    write_tables(folder, study, records)?;
    let counts = count(study, records, computed);
    let elapsed = start.clock.elapsed();
    let manifest = Manifest {
        tool: Tool::this(),
        study: StudyOrigin::of(&study.name, &args.study.spec),
        host: Host::this(),
        command: std::env::args().collect(),
        threads: args.study.threads(),
        started: utc(start.time),
        finished: utc(SystemTime::now()),
        wall_s: elapsed.as_millis() as f64 / 1e3,
        counts,
    };
    folder.write("manifest.json", |out| {
        serde_json::to_writer_pretty(&mut *out, &manifest)?;
        out.write_all(b"\n")
    })?;
    if !args.quiet {
        let tenths = Duration::from_millis(100 * (elapsed.as_millis() / 100) as u64);
        say(format_args!(
            "{}: {} runs ({} computed now), {} ok, {} diverged, {} failed, in {}",
            folder.path().display(),
            counts.runs,
            counts.computed,
            counts.ok,
            counts.diverged,
            counts.failed,
            humantime::format_duration(tenths)
        ));
    }
    for record in failures(study, records).take(3) {
        eprintln!("run {} failed: {}", record.id, record.message);
    }
    let report_holds = args.no_report || report_on(folder, study, args.quiet);
    Ok(if counts.failed > 0 || !report_holds {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
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

fn failures<'a>(
    study: &'a Study,
    records: &'a HashMap<RunId, Record>,
) -> impl Iterator<Item = &'a Record> {
    (0..study.runs())
        .filter_map(|position| records.get(&study.run_id(study.run(position))))
        .filter(|record| record.status == RecordStatus::Failed)
}

fn count(study: &Study, records: &HashMap<RunId, Record>, computed: usize) -> Counts {
    let mut counts = Counts {
        conditions: study.conditions.len(),
        runs: study.runs(),
        ok: 0,
        diverged: 0,
        failed: 0,
        computed,
        reused: study.runs() - computed,
    };
    for position in 0..study.runs() {
        match records.get(&study.run_id(study.run(position))) {
            Some(record) if record.status == RecordStatus::Ok => counts.ok += 1,
            Some(record) if record.status == RecordStatus::Diverged => counts.diverged += 1,
            _ => counts.failed += 1,
        }
    }
    counts
}

/// Set by the first Ctrl-C; the second ends the process at once.
fn interrupt_flag() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let handler = move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(INTERRUPTED));
        }
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        tracing::warn!("Ctrl-C will end this process without a word: {error}");
    }
    stop
}

/// What the lock says of its owner.
fn owner(since: SystemTime) -> String {
    format!(
        "process {} on {} since {}",
        std::process::id(),
        sysinfo::System::host_name().unwrap_or_else(|| "this host".to_owned()),
        utc(since)
    )
}

fn utc(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}
