//! `runner merge DIR`: proves that every run of a study is there exactly once, whoever computed it, and
//! writes the tables.

use super::conclude::{Wishes, Work, conclude, tell_damage, utc};
use super::{BAD_INPUT, refuse, study_of};
use crate::inventory::{State, state};
use crate::progress::start_log;
use crate::provenance::Origin;
use crate::replacement;
use crate::spec::Study;
use crate::store::{Folder, Kept, StoreError};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Instant, SystemTime};

#[derive(Debug, Args)]
pub(super) struct MergeArgs {
    /// A result folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Write the tables of the runs that are there, though others are missing; `report --partial` reads
    /// them
    #[arg(long)]
    partial: bool,
    /// Write the tables, but no statistics and figures
    #[arg(long)]
    no_report: bool,
    /// Only errors and the verdict
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn merge(args: &MergeArgs) -> ExitCode {
    start_log(0);
    let study = match study_of(&args.folder) {
        Ok(study) => study,
        Err(error) => return refuse(&error),
    };
    match complete(args, &study) {
        Ok(code) => code,
        Err(error) => refuse(&error),
    }
}

fn complete(args: &MergeArgs, study: &Study) -> Result<ExitCode, StoreError> {
    let started = Instant::now();
    let origin = Origin::this(1, None, utc(SystemTime::now()));
    let folder = Folder::lock(&args.folder, &origin.owner())?;
    let kept = Kept::read_for(folder.path(), study)?;
    if tell_damage(&args.folder, &kept) {
        return Ok(ExitCode::from(1));
    }
    if !args.partial && missing(study, &kept) > 0 {
        return Ok(ExitCode::from(1));
    }
    let lost = replacement::unrecorded(&kept, folder.path());
    if lost > 0 {
        eprintln!(
            "{}: {lost} runs of its tables are in no journal, so merging would lose them; nothing was written",
            args.folder.display()
        );
        return Ok(ExitCode::from(BAD_INPUT));
    }
    if kept.of_study(study).iter().all(Option::is_none) {
        eprintln!(
            "{}: no run of the study has been computed; no tables were written",
            args.folder.display()
        );
        return Ok(ExitCode::from(1));
    }
    if kept.repeated > 0 {
        eprintln!(
            "{} runs were computed more than once, with the same bits",
            kept.repeated
        );
    }
    let wishes = Wishes {
        no_report: args.no_report,
        quiet: args.quiet,
    };
    let work = Work {
        origin: &origin,
        started,
        spec: &args.folder.join("study.toml"),
        computed: 0,
    };
    conclude(&folder, study, &kept, &work, &wishes)
}

/// Tells which runs are missing, condition by condition; how many there are.
fn missing(study: &Study, kept: &Kept) -> usize {
    const SHOWN: usize = 20;
    let mut by_condition: Vec<Vec<String>> = vec![Vec::new(); study.conditions.len()];
    for (position, record) in kept.of_study(study).into_iter().enumerate() {
        let key = study.run(position);
        if matches!(state(study, key, record), State::New | State::Untraced) {
            let run = format!("network {} target {}", key.network, key.target);
            by_condition[key.condition].push(run);
        }
    }
    let missing: usize = by_condition.iter().map(Vec::len).sum();
    if missing == 0 {
        return 0;
    }
    eprintln!(
        "{missing} of {} runs are missing; no tables were written:",
        study.runs()
    );
    let mut lines = 0;
    for (condition, runs) in study.conditions.iter().zip(&by_condition) {
        let (Some(first), true) = (runs.first(), lines < SHOWN) else {
            continue;
        };
        lines += 1;
        let more = match runs.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        eprintln!(
            "  {}: {first}{more}",
            super::condition_name(study, condition)
        );
    }
    let others = by_condition.iter().filter(|runs| !runs.is_empty()).count() - lines;
    if others > 0 {
        eprintln!("  and runs of {others} more conditions");
    }
    eprintln!(
        "run the command that computed the others again, or give --partial to write the tables of those"
    );
    missing
}
