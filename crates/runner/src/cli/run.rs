//! `runner SPEC`: computes what is missing, then tables, report and verdict.

use super::conclude::{Wishes, Work, begin_study, conclude, tell_damage, utc, write_study};
use super::{StudyArgs, refuse, say};
use crate::batch::{pack_rest, total};
use crate::continuation::Starts;
use crate::execute::{Computation, ExecuteError, execute};
use crate::inventory::Inventory;
use crate::progress::{Report, start_log};
use crate::provenance::{Changes, Origin};
use crate::replacement;
use crate::shard::{self, Shard};
use crate::spec::{self, Study};
use crate::store::{Folder, Journal, Kept, Record, RecordStatus, States, StoreError};
use clap::Args;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime};
use synapse_report::shell;

/// Exit code after Ctrl-C: 128 + SIGINT, as shells have it.
const INTERRUPTED: u8 = 130;

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    study: StudyArgs,
    /// Compute only the i-th of n parts, as in 3/8, and write no tables: `runner merge` does. Any
    /// number of processes may compute parts of one folder at the same time
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Compute runs again that failed
    #[arg(long)]
    retry_failed: bool,
    /// Stop at the first run that fails
    #[arg(long)]
    fail_fast: bool,
    /// Write these tables in the place of those of another study
    #[arg(long)]
    replace: bool,
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
    if !args.quiet {
        for line in spec::warnings(&study) {
            eprintln!("{line}");
        }
        for line in spec::describe(&study) {
            say(format_args!("{line}"));
        }
    }
    let folder = args.study.folder(&study.name);
    let changed = spec::changed_signals(&folder, &study);
    if !changed.is_empty() && !args.replace {
        return refuse(&format!(
            "{}; restore the file, choose another folder with --out, or write over these results with --replace",
            changed.join("\n")
        ));
    }
    match complete(args, &study) {
        Ok(code) => code,
        Err(error) => refuse(&error),
    }
}

fn complete(args: &RunArgs, study: &Study) -> Result<ExitCode, StoreError> {
    let started = Instant::now();
    let shard = args.shard.map(|shard| shard.to_string());
    let origin = Origin::this(args.study.threads(), shard, utc(SystemTime::now()));
    let path = args.study.folder(&study.name);
    let folder = match args.shard {
        None => Folder::lock(&path, &origin.owner())?,
        Some(shard) => Folder::share(&path, shard, &origin.owner())?,
    };
    let mut kept = Kept::read_for(folder.path(), study)?;
    if tell_damage(&path, &kept) {
        return Ok(ExitCode::from(1));
    }
    if args.shard.is_none() {
        kept.mend()?;
    }
    let runs = match args.shard {
        None => (0..study.runs()).collect(),
        Some(shard) => shard::runs(study, shard),
    };
    let inventory = Inventory::new(study, &kept, runs.iter().copied(), args.retry_failed);
    let (spec, sets) = (&args.study.spec, &args.study.set);
    let starts = Starts::find(study, &inventory.pending, &kept, &path, spec, sets)?;
    if let Some(lost) = starts.lost(&path) {
        tracing::warn!("{lost}");
    }
    claim(args, study, &kept, &starts, &folder)?;
    if let Some(changes) = Changes::of_this_program().filter(|_| !inventory.pending.is_empty()) {
        folder.write(&changes.file_name(), |out| {
            out.write_all(changes.diff.as_bytes())
        })?;
    }
    let mut journal = Journal::new(folder.path(), origin.clone());
    let end = match compute(args, study, &inventory, &starts, &mut journal, &mut kept) {
        Ok(end) => end,
        Err(ExecuteError::Keep(error)) => return Err(error),
        Err(error @ ExecuteError::Threads(_)) => return Ok(refuse(&error)),
    };
    let there = inventory.done + inventory.failed + end.computed
        - if args.retry_failed {
            inventory.failed
        } else {
            0
        };
    if end.computed < inventory.pending.len() {
        let kept = format!(
            "{there} of {} runs are kept in {}",
            runs.len(),
            path.display()
        );
        let Some(message) = end.failure.filter(|_| args.fail_fast) else {
            eprintln!("interrupted: {kept}; the same command goes on from there");
            return Ok(ExitCode::from(INTERRUPTED));
        };
        eprintln!("stopped at a failure, as --fail-fast asks: {message}; {kept}");
        return Ok(ExitCode::from(1));
    }
    if let Some(shard) = args.shard {
        return Ok(shard_done(args, study, &kept, shard, &runs, end.computed));
    }
    let wishes = Wishes {
        no_report: args.no_report,
        quiet: args.quiet,
    };
    let work = Work {
        origin: &origin,
        started,
        spec: &args.study.spec,
        computed: end.computed,
    };
    conclude(&folder, study, &kept, &work, &wishes)
}

/// Makes the folder that of the study, unless it is that of another.
fn claim(
    args: &RunArgs,
    study: &Study,
    kept: &Kept,
    starts: &Starts,
    folder: &Folder,
) -> Result<(), StoreError> {
    let allow = || match args.replace || starts.extends() {
        true => Ok(()),
        false => replacement::allow(study, kept, folder.path()),
    };
    allow()?;
    if !begin_study(folder, study, &args.study.spec)? {
        allow()?;
        write_study(folder, study, &args.study.spec)?;
    }
    Ok(())
}

/// How the computation ended.
struct End {
    /// Runs that were computed.
    computed: usize,
    /// The message of the first that failed.
    failure: Option<String>,
}

/// Computes the missing runs and keeps them, until the end, Ctrl-C, or a failure if that is asked for.
fn compute(
    args: &RunArgs,
    study: &Study,
    inventory: &Inventory,
    starts: &Starts,
    journal: &mut Journal,
    kept: &mut Kept,
) -> Result<End, ExecuteError<StoreError>> {
    let threads = args.study.threads_for(inventory.pending.len());
    let folder = args.study.folder(&study.name);
    let batches = pack_rest(study, &inventory.pending, threads, starts);
    let mut states = States::new(&folder, &journal.name());
    let run_steps = total(batches.iter().map(|batch| batch.run_steps));
    let stop = interrupt_flag();
    let report = Report::new(inventory.pending.len(), run_steps, args.quiet);
    tracing::info!(
        "{} runs to compute in {} batches on {threads} threads, {} are there",
        inventory.pending.len(),
        batches.len(),
        inventory.done
    );
    let number = kept.origins.len();
    kept.origins.push(Some(journal.origin().clone()));
    let mut end = End {
        computed: 0,
        failure: None,
    };
    let computation = Computation {
        study,
        batches: &batches,
        starts,
        threads,
        stop: &stop,
        fail_fast: args.fail_fast,
        progress: &report,
    };
    let result = execute(&computation, |finished| {
        for one in &finished {
            if let Some(learned) = &one.learned {
                states.append(one.record.id, learned)?;
            }
        }
        let finished: Vec<Record> = finished.into_iter().map(|one| one.record).collect();
        journal.append(&finished)?;
        if !finished.is_empty() {
            tracing::info!("{} more runs are kept", finished.len());
        }
        report.finished(&finished);
        end.computed += finished.len();
        for mut record in finished {
            if record.status == RecordStatus::Failed {
                let message = || format!("run {} failed: {}", record.id, record.message);
                end.failure.get_or_insert_with(message);
                if args.fail_fast {
                    stop.store(true, Ordering::Relaxed);
                }
            }
            record.origin = number;
            kept.add(record);
        }
        Ok(())
    });
    report.close();
    result?;
    journal.sync().map_err(ExecuteError::Keep)?;
    Ok(end)
}

/// A shard is complete: its failures decide the exit code, the tables wait for all.
fn shard_done(
    args: &RunArgs,
    study: &Study,
    kept: &Kept,
    shard: Shard,
    runs: &[usize],
    computed: usize,
) -> ExitCode {
    let Inventory {
        done,
        diverged,
        failed,
        ..
    } = Inventory::new(study, kept, runs.iter().copied(), false);
    let folder = args.study.folder(&study.name);
    if !args.quiet {
        say(format_args!(
            "{}: shard {shard}: {} runs ({computed} computed now), {} ok, {diverged} diverged, \
             {failed} failed; when all shards are done: runner merge {}",
            folder.display(),
            runs.len(),
            done - diverged,
            shell::path(&folder)
        ));
    }
    ExitCode::from(u8::from(failed > 0))
}

/// Set by the first Ctrl-C or SIGTERM; the second ends the process at once.
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
