//! `runner verify DIR`: holds the tables against the journal, computes some runs again, and compares
//! bits. A published folder has no journal: then its tables are what is verified.

use super::conclude::tell_damage;
use super::{BAD_INPUT, refuse, say, study_of};
use crate::batch::pack;
use crate::continuation::Starts;
use crate::execute::{Computation, Silent, execute};
use crate::provenance::{Host, Tool};
use crate::spec::{RunKey, Study};
use crate::store::{
    Kept, Record, RecordStatus, StoreError, TableDifference, differences, records_of,
};
use clap::Args;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use synapse_report::ReportError;
use synapse_report::manifest::{self, Accept, Claim, Mismatch};
use synapse_report::shell;
use synapse_report::tables::RUNS;

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// A result folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// How many runs, chosen at random
    #[arg(long, value_name = "K", default_value_t = 10)]
    sample: usize,
    /// Another seed chooses other runs
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,
    /// Accept the tables of an unfinished study
    #[arg(long)]
    partial: bool,
    /// Worker threads [default: all processors]
    #[arg(short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
}

pub(super) fn verify(args: &VerifyArgs) -> ExitCode {
    crate::progress::start_log(0);
    let study = match study_of(&args.folder) {
        Ok(study) => study,
        Err(error) => return refuse(&error),
    };
    match compare(args, &study) {
        Ok(code) => code,
        Err(error) => refuse(&error),
    }
}

/// What is verified.
struct Subject {
    kept: Kept,
    /// How it is called.
    words: &'static str,
    /// Cells of the tables that are not what the journal says.
    differences: Vec<TableDifference>,
}

/// Reads journals and tables; the exit code if that is the end.
fn subject(args: &VerifyArgs, study: &Study) -> Result<Result<Subject, ExitCode>, StoreError> {
    let folder = &args.folder;
    let unread = |error| StoreError::Io {
        action: "cannot read the tables of",
        path: folder.clone(),
        error,
    };
    let kept = Kept::read_for(folder, study)?;
    if !folder.join(RUNS.file).exists() {
        if folder.join(manifest::FILE).exists() && manifest::claim(folder) != Claim::OtherStudy {
            let error = ReportError::Belonging {
                folder: folder.clone(),
                mismatch: Mismatch::TableSet {
                    file: RUNS.file,
                    named: true,
                },
            };
            return Ok(Err(refuse(&error)));
        }
        let words = "there are no tables yet";
        return Ok(Ok(Subject {
            kept,
            words,
            differences: Vec::new(),
        }));
    }
    let accept = match args.partial {
        true => Accept::Partial,
        false => Accept::Whole,
    };
    let read = synapse_report::inputs(folder, accept);
    if kept.records.is_empty() {
        let inputs = match read {
            Ok(inputs) => inputs,
            Err(error) => return Ok(Err(refuse(&error))),
        };
        let Some(kept) = records_of(&inputs.tables) else {
            eprintln!(
                "{}: {} holds a run_id that is none",
                folder.display(),
                RUNS.file
            );
            return Ok(Err(ExitCode::from(BAD_INPUT)));
        };
        // Their parameters are held against what the run ids stand for.
        let differences = differences(study, &kept.of_study(study), folder).map_err(unread)?;
        let words = "there is no journal: the tables were read";
        return Ok(Ok(Subject {
            kept,
            words,
            differences,
        }));
    }
    // Those of another study or of a part of this one differ everywhere: why is said in one line.
    if let Err(
        error @ ReportError::Belonging {
            mismatch:
                Mismatch::OtherStudy { .. }
                | Mismatch::Partial(_)
                | Mismatch::Unsigned
                | Mismatch::Unreadable { .. },
            ..
        },
    ) = &read
    {
        return Ok(Err(refuse(error)));
    }
    let differences = differences(study, &kept.of_study(study), folder).map_err(unread)?;
    if let (Err(error), true) = (&read, differences.is_empty()) {
        return Ok(Err(refuse(error)));
    }
    let words = "the tables agree with the journal";
    Ok(Ok(Subject {
        kept,
        words,
        differences,
    }))
}

fn compare(args: &VerifyArgs, study: &Study) -> Result<ExitCode, StoreError> {
    let Subject {
        kept,
        words,
        differences: in_tables,
    } = match subject(args, study)? {
        Ok(subject) => subject,
        Err(code) => return Ok(code),
    };
    let conflicts = tell_damage(&args.folder, &kept);
    for difference in &in_tables {
        eprintln!("{}/{difference}", args.folder.display());
    }
    if !in_tables.is_empty() && kept.origins.is_empty() {
        eprintln!(
            "the tables do not fit the study that they are of; take a fresh copy of the folder"
        );
    } else if !in_tables.is_empty() {
        eprintln!(
            "the tables were changed after they were written; run `runner merge {}` to write them again from the journal",
            shell::path(&args.folder)
        );
    }
    let sample = sample(study, &kept, args);
    if sample.is_empty() {
        eprintln!("{}: no run of the study is there", args.folder.display());
        return Ok(ExitCode::from(1));
    }
    let threads = super::threads_for(args.jobs, sample.len());
    let mut again: Vec<Record> = Vec::new();
    let stop = AtomicBool::new(false);
    let batches = pack(study, &sample, threads);
    let computation = Computation {
        study,
        batches: &batches,
        starts: &Starts::default(),
        threads,
        stop: &stop,
        fail_fast: false,
        progress: &Silent,
    };
    let result = execute(&computation, |finished| {
        again.extend(finished.into_iter().map(|finished| finished.record));
        Ok::<(), std::convert::Infallible>(())
    });
    if let Err(error) = result {
        return Ok(refuse(&error));
    }
    let mut differences = 0;
    for &position in &sample {
        let key = study.run(position);
        let id = study.run_id(key);
        // Of conflicting records each is held against the truth.
        let there = kept.records.get(&id).into_iter();
        let contradicting = kept.conflicts.iter().filter(|(a, _)| a.id == id);
        let all = there.chain(contradicting.map(|(_, b)| b));
        let Some(now) = again.iter().find(|record| record.id == id) else {
            continue;
        };
        for before in all {
            if !before.same_result(now) {
                differences += 1;
                tell(study, key, &kept, before, now);
            } else if !before.same_trace(now) {
                differences += 1;
                eprintln!("run {id}: its trace differs from the one computed now");
            }
        }
    }
    let count = sample.len();
    if differences == 0 {
        say(format_args!(
            "{}: {count} of {} runs were computed again: the same bits",
            args.folder.display(),
            study.runs()
        ));
        if in_tables.is_empty() {
            say(format_args!("{}: {words}", args.folder.display()));
        }
    } else {
        eprintln!("{differences} differences in {count} runs that were computed again");
    }
    let wrong = differences > 0 || conflicts || !in_tables.is_empty();
    Ok(ExitCode::from(u8::from(wrong)))
}

/// The runs to compute again: those with contradicting results, then those whose hash with the seed is
/// smallest.
fn sample(study: &Study, kept: &Kept, args: &VerifyArgs) -> Vec<usize> {
    let mut order: Vec<(bool, [u8; 32], usize)> = (0..study.runs())
        .filter_map(|position| {
            let id = study.run_id(study.run(position));
            let record = kept.records.get(&id)?;
            let sound = kept.conflicts.iter().all(|(record, _)| record.id != id);
            let hash = Sha256::digest([&args.seed.to_le_bytes()[..], &id.0].concat());
            (record.status != RecordStatus::Failed).then(|| (sound, hash.into(), position))
        })
        .collect();
    order.sort_unstable();
    let mut sample: Vec<usize> = order
        .into_iter()
        .take(args.sample)
        .map(|(_, _, position)| position)
        .collect();
    sample.sort_unstable();
    sample
}

/// Tells in which numbers a run differs, and who computed them.
fn tell(study: &Study, key: RunKey, kept: &Kept, before: &Record, now: &Record) {
    let name = super::condition_name(study, &study.conditions[key.condition]);
    let (network, target) = (key.network, key.target);
    eprintln!(
        "run {}: {name}, network {network}, target {target} differs:",
        before.id
    );
    let end = |record: &Record| match record.diverged {
        Some((trial, step)) => format!("diverged in trial {trial} at step {step}"),
        None => record.status.word().to_owned(),
    };
    if end(before) != end(now) {
        eprintln!("  status: kept {}, now {}", end(before), end(now));
    }
    let number =
        |value: Option<f64>| value.map_or_else(|| "none".to_owned(), |value| format!("{value:?}"));
    for (kept, now) in before.checkpoints.iter().zip(&now.checkpoints) {
        for (column, kept_value, now_value) in
            [("test_mse", kept.1, now.1), ("tracking_mse", kept.2, now.2)]
        {
            if kept_value.map(f64::to_bits) != now_value.map(f64::to_bits) {
                let (kept_value, now_value) = (number(kept_value), number(now_value));
                eprintln!(
                    "  {column} at trial {}: kept {kept_value}, now {now_value}",
                    kept.0
                );
            }
        }
    }
    let machine = |host: &Host, tool: &Tool| {
        format!(
            "{} ({}, {}) with {}",
            host.name,
            host.cpu,
            host.vectors,
            tool.short()
        )
    };
    let origin = kept.origin(before);
    let origin = origin.map_or_else(
        || "unknown".to_owned(),
        |origin| machine(&origin.host, &origin.tool),
    );
    eprintln!("  kept: {origin}");
    eprintln!("  now:  {}", machine(&Host::this(), &Tool::this()));
}
