//! `runner status DIR`: a study's progress, and the processes that work on it.

use super::{refuse, say, study_of};
use crate::shard::{MAX_SHARDS, Shard, division};
use crate::slurm;
use crate::spec::Study;
use crate::store::{Ends, Folder, Holder, RecordStatus, StoreError};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use synapse_report::manifest::{self, Claim};
use synapse_report::shell;
use synapse_report::words::visible;

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// A result folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Number of shards to show the progress of [default: as many as the running processes use]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MAX_SHARDS as i64))]
    shards: Option<u32>,
}

pub(super) fn status(args: &StatusArgs) -> ExitCode {
    let study = match study_of(&args.folder) {
        Ok(study) => study,
        Err(error) => return refuse(&error),
    };
    match tell(args, &study) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(&error),
    }
}

/// How many runs ended how.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    runs: usize,
    ok: usize,
    diverged: usize,
    failed: usize,
}

impl Tally {
    fn count(&mut self, end: Option<&RecordStatus>) {
        self.runs += 1;
        match end {
            None => {}
            Some(RecordStatus::Ok) => self.ok += 1,
            Some(RecordStatus::Diverged) => self.diverged += 1,
            Some(RecordStatus::Failed) => self.failed += 1,
        }
    }

    fn missing(&self) -> usize {
        self.runs - self.ok - self.diverged - self.failed
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} runs: {} ok, {} diverged, {} failed, {} missing",
            self.runs,
            self.ok,
            self.diverged,
            self.failed,
            self.missing()
        )
    }
}

fn tell(args: &StatusArgs, study: &Study) -> Result<(), StoreError> {
    let ends = Ends::read(&args.folder)?;
    let holders = Folder::holders(&args.folder)?;
    let queue = slurm::queue(&args.folder);
    let queued = || Some(queue.as_ref().ok()?.tasks.first()?.of);
    let wanted = args.shards.map(|shards| shards as usize);
    let shards = wanted
        .or_else(queued)
        .or_else(|| shards_in_use(&holders, &ends));
    let division = shards.map(|of| division(study, of));
    let mut all = Tally::default();
    let mut parts = vec![Tally::default(); shards.unwrap_or(1)];
    for position in 0..study.runs() {
        let end = ends.status.get(&study.run_id(study.run(position)));
        all.count(end);
        if let Some(division) = &division {
            parts[division[position]].count(end);
        }
    }
    say(format_args!("{}: {all}", visible(&study.name)));
    if ends.damaged > 0 {
        say(format_args!(
            "  {} damaged lines in the journals",
            ends.damaged
        ));
    }
    let tables = tables(&args.folder, all);
    let journals = match ends.journals.len() {
        1 => "1 journal".to_owned(),
        count => format!("{count} journals"),
    };
    say(format_args!("  {journals}; {tables}"));
    if let Some(of) = shards {
        for (index, part) in parts.iter().enumerate() {
            let shard = Shard {
                number: index + 1,
                of,
            };
            let holder = holders.iter().find(|holder| holder.shard == Some(shard));
            let by = holder.map_or(String::new(), |holder| {
                format!("; {} is computing it", visible(&holder.owner))
            });
            say(format_args!("  shard {shard}: {part}{by}"));
        }
    }
    for holder in holders.iter().filter(|holder| holder.shard.is_none()) {
        say(format_args!("  computing: {}", visible(&holder.owner)));
    }
    match queue {
        Ok(queue) => {
            for line in queue.lines() {
                say(format_args!("  Slurm: {line}"));
            }
        }
        // Progress is known without it.
        Err(error) => say(format_args!("  Slurm: {error}")),
    }
    Ok(())
}

/// What there is of tables, and how to have those of all runs.
fn tables(folder: &Path, all: Tally) -> String {
    let path = shell::path(folder);
    let merge = match all.missing() {
        0 => format!("runner merge {path}"),
        _ => format!("runner merge {path} --partial"),
    };
    match manifest::claim(folder) {
        Claim::Whole => "tables are written".to_owned(),
        Claim::None => {
            let path = shell::path(folder);
            format!("no tables yet; write them with: runner merge {path}")
        }
        Claim::Partial(extent) => format!(
            "tables are partial ({} of {} runs); write them again with: {merge}",
            extent.present, extent.planned
        ),
        Claim::OtherStudy => format!(
            "tables are of an earlier version of this study, or of another; write them again with: {merge}"
        ),
    }
}

/// Into how many shards the study is divided: by those who compute now, else by the last who did.
fn shards_in_use(holders: &[Holder], ends: &Ends) -> Option<usize> {
    let now = holders.iter().find_map(|holder| holder.shard);
    let before = || {
        let origins = ends.journals.iter().rev().flat_map(|(origin, _)| origin);
        origins
            .map(|origin| origin.process.shard.as_ref()?.parse().ok())
            .next()?
    };
    now.or_else(before).map(|shard: Shard| shard.of)
}
