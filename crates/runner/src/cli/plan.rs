//! `runner plan SPEC`: what would be done, and what it would cost.

use super::{StudyArgs, refuse, say};
use crate::batch::{Work, pack};
use crate::estimate::estimate;
use crate::execute::wants_trace;
use crate::spec::{Condition, RunId, Study};
use crate::store::{Record, RecordStatus, read_journal};
use clap::Args;
use std::collections::{HashMap, HashSet};
use std::process::ExitCode;
use std::time::Duration;

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    study: StudyArgs,
}

pub(super) fn plan(args: &PlanArgs) -> ExitCode {
    let study = match Study::load(&args.study.spec, &args.study.set) {
        Ok(study) => study,
        Err(errors) => return refuse(&errors),
    };
    let folder = args.study.folder(&study.name);
    let kept = match read_journal(&folder) {
        Ok(kept) => kept,
        Err(error) => return refuse(&error),
    };
    let threads = args.study.threads();
    let inventory = Inventory::new(&study, &kept.records);
    let batches = pack(&study, &inventory.pending, threads);
    let run_steps: u64 = batches.iter().map(|batch| batch.run_steps).sum();
    let unit_steps: f64 = batches
        .iter()
        .map(|batch| {
            let key = study.run(batch.runs[0]);
            batch.run_steps as f64 * study.conditions[key.condition].network.units as f64
        })
        .sum();

    say(format_args!("{}: {}", study.name, study.question));
    let replicates = study.replicates;
    say(format_args!(
        "  {} conditions × {} networks × {} targets = {} runs",
        study.conditions.len(),
        replicates.networks,
        replicates.targets,
        study.runs()
    ));
    for (number, line) in blocks(&study).iter().enumerate() {
        say(format_args!("    condition block {}: {line}", number + 1));
    }
    say(format_args!(
        "  {}",
        inventory.line(&folder.display().to_string())
    ));
    if inventory.pending.is_empty() {
        say(format_args!("  to do: nothing"));
        return ExitCode::SUCCESS;
    }
    let estimate = estimate(&study, &batches, threads);
    say(format_args!(
        "  to do: {} runs, {} time steps of a network, {} unit-steps, in {} batches",
        inventory.pending.len(),
        magnitude(run_steps as f64),
        magnitude(unit_steps),
        batches.len()
    ));
    say(format_args!(
        "  estimated: {} on {} threads, {} of memory, {} of it for each run in flight",
        roughly(estimate.wall_s),
        threads,
        bytes(estimate.memory_bytes),
        bytes(estimate.run_bytes)
    ));
    ExitCode::SUCCESS
}

/// Which runs of a study are there.
pub(super) struct Inventory {
    /// Runs to compute, by position.
    pub(super) pending: Vec<usize>,
    /// Runs that are there.
    pub(super) done: usize,
    /// Those of them that diverged.
    pub(super) diverged: usize,
    /// Runs that failed before and are computed again.
    pub(super) failed: usize,
    /// Records that belong to no run of this study.
    pub(super) foreign: usize,
}

impl Inventory {
    pub(super) fn new(study: &Study, records: &HashMap<RunId, Record>) -> Self {
        let mut inventory = Self {
            pending: Vec::new(),
            done: 0,
            diverged: 0,
            failed: 0,
            foreign: 0,
        };
        for position in 0..study.runs() {
            let key = study.run(position);
            let record = if records.is_empty() {
                None
            } else {
                records.get(&study.run_id(key))
            };
            let done = match record {
                None => false,
                Some(record) => match record.status {
                    RecordStatus::Failed => {
                        inventory.failed += 1;
                        false
                    }
                    RecordStatus::Diverged => {
                        inventory.diverged += 1;
                        true
                    }
                    // A trace that is asked for only now is missing, too.
                    RecordStatus::Ok => record.trace.is_some() || !wants_trace(study, key),
                },
            };
            if done {
                inventory.done += 1;
            } else {
                inventory.pending.push(position);
            }
        }
        inventory.foreign = records
            .len()
            .saturating_sub(inventory.done + inventory.failed);
        inventory
    }

    fn line(&self, folder: &str) -> String {
        let mut line = format!("in {folder}: {} runs are there", self.done);
        if self.diverged > 0 {
            line += &format!(" ({} diverged)", self.diverged);
        }
        if self.failed > 0 {
            line += &format!("; {} failed and will be tried again", self.failed);
        }
        if self.foreign > 0 {
            line += &format!(
                "; {} more belong to earlier versions of the study",
                self.foreign
            );
        }
        line
    }
}

/// One line per condition block: its rule, what it varies, and what a run costs.
fn blocks(study: &Study) -> Vec<String> {
    study
        .conditions
        .chunk_by(|a, b| a.block() == b.block())
        .map(|conditions| {
            let kind = conditions[0].cell("rule.kind").map(ToString::to_string);
            let mut line = format!("{}, ", kind.unwrap_or_default());
            line += &match conditions.len() {
                1 => "1 condition".to_owned(),
                count => format!("{count} conditions"),
            };
            for path in study.parameter_columns() {
                if let Some(varied) = varied(conditions, path) {
                    line += &format!(", {path} = {varied}");
                }
            }
            let steps = || conditions.iter().map(|condition| Work::of(condition).steps);
            let (low, high) = (steps().min().unwrap_or(0), steps().max().unwrap_or(0));
            line += &if low == high {
                format!(", {} time steps per run", magnitude(low as f64))
            } else {
                format!(
                    ", {} to {} time steps per run",
                    magnitude(low as f64),
                    magnitude(high as f64)
                )
            };
            line
        })
        .collect()
}

/// First and last of the values that a parameter takes, and how many; none if it takes one.
fn varied(conditions: &[Condition], path: &str) -> Option<String> {
    let mut seen = HashSet::new();
    let mut order = Vec::new();
    for condition in conditions {
        let text = condition.cell(path)?.to_string();
        if seen.insert(text.clone()) {
            order.push(text);
        }
    }
    match &order[..] {
        [] | [_] => None,
        [first, second] => Some(format!("{first}, {second}")),
        [first, .., last] => Some(format!("{first} … {last} ({} values)", order.len())),
    }
}

/// A number to three digits with a unit prefix.
fn magnitude(value: f64) -> String {
    for (factor, suffix) in [(1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")] {
        if value >= factor {
            return format!("{:.3}{suffix}", value / factor);
        }
    }
    format!("{value}")
}

pub(super) fn bytes(value: u64) -> String {
    let kib = value as f64 / 1024.0;
    match kib {
        kib if kib >= 1024.0 * 1024.0 => format!("{:.1} GiB", kib / (1024.0 * 1024.0)),
        kib if kib >= 1024.0 => format!("{:.1} MiB", kib / 1024.0),
        kib => format!("{kib:.1} KiB"),
    }
}

/// A duration to a sensible number of digits.
pub(super) fn roughly(seconds: f64) -> String {
    if seconds < 10.0 {
        return format!("{seconds:.1} s");
    }
    let unit = match seconds {
        s if s < 600.0 => 1,
        s if s < 36_000.0 => 60,
        _ => 3600,
    };
    let whole = (seconds / f64::from(unit)).round() as u64 * u64::from(unit as u32);
    humantime::format_duration(Duration::from_secs(whole)).to_string()
}
