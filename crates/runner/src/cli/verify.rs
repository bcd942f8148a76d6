//! `runner verify DIR`: computes some runs again, and compares bits.

use super::conclude::tell_damage;
use super::{refuse, say, study_of};
use crate::batch::pack;
use crate::continuation::Starts;
use crate::execute::{Computation, Silent, execute};
use crate::provenance::{Host, Tool};
use crate::spec::{RunKey, Study};
use crate::store::{Kept, Record, RecordStatus, StoreError};
use clap::Args;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

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

fn compare(args: &VerifyArgs, study: &Study) -> Result<ExitCode, StoreError> {
    let kept = Kept::read_for(&args.folder, study)?;
    let conflicts = tell_damage(&args.folder, &kept);
    let sample = sample(study, &kept, args);
    if sample.is_empty() {
        eprintln!("{}: no run of the study is there", args.folder.display());
        return Ok(ExitCode::from(1));
    }
    let threads = super::threads(args.jobs);
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
        for before in all.filter(|before| !before.same_result(now)) {
            differences += 1;
            tell(study, key, &kept, before, now);
        }
    }
    let count = sample.len();
    if differences == 0 {
        say(format_args!(
            "{}: {count} of {} runs were computed again: the same bits",
            args.folder.display(),
            study.runs()
        ));
    } else {
        eprintln!("{differences} differences in {count} runs that were computed again");
    }
    Ok(ExitCode::from(u8::from(differences > 0 || conflicts)))
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
