//! `runner plan SPEC`: what would be computed, and what it would cost.

use super::{StudyArgs, condition_name, refuse, say};
use crate::batch::{Work, pack_rest, total};
use crate::continuation::Starts;
use crate::estimate::{Estimate, estimate};
use crate::inventory::Inventory;
use crate::replacement::obstacle;
use crate::spec::{self, Condition, Study};
use crate::stale::Stale;
use crate::store::Kept;
use clap::Args;
use std::collections::HashSet;
use std::process::ExitCode;
use std::time::Duration;
use synapse_report::words::visible;

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    study: StudyArgs,
    /// Plan to compute failed runs again
    #[arg(long)]
    retry_failed: bool,
}

pub(super) fn plan(args: &PlanArgs) -> ExitCode {
    args.study.choose_vectors();
    let study = match Study::load(&args.study.spec, &args.study.set) {
        Ok(study) => study,
        Err(errors) => return refuse(&errors),
    };
    let folder = args.study.folder(&study.name);
    let kept = match Kept::read_for(&folder, &study) {
        Ok(kept) => kept,
        Err(error) => return refuse(&error),
    };
    let inventory = Inventory::new(&study, &kept, 0..study.runs(), args.retry_failed);
    let threads = args.study.threads_for(inventory.pending.len());
    let (spec, sets) = (&args.study.spec, &args.study.set);
    let starts = match Starts::find(&study, &inventory.pending, &kept, &folder, spec, sets) {
        Ok(starts) => starts,
        Err(error) => return refuse(&error),
    };
    let batches = pack_rest(&study, &inventory.pending, threads, &starts);
    let run_steps = total(batches.iter().map(|batch| batch.run_steps));
    let unit_steps: f64 = batches
        .iter()
        .map(|batch| {
            let key = study.run(batch.runs[0]);
            batch.run_steps as f64 * study.conditions[key.condition].network.units as f64
        })
        .sum();

    say(format_args!("{}: {}", study.name, visible(&study.question)));
    let replicates = study.replicates;
    say(format_args!(
        "  {} × {} × {} = {} runs",
        counted(study.conditions.len(), "condition"),
        counted(replicates.networks, "network"),
        counted(replicates.targets, "target"),
        study.runs()
    ));
    for (number, line) in blocks(&study).iter().enumerate() {
        say(format_args!("    condition block {}: {line}", number + 1));
    }
    for line in spec::describe(&study) {
        say(format_args!("  {line}"));
    }
    for line in spec::warnings(&study) {
        eprintln!("{line}");
    }
    let stale = Stale::find(&study, &kept, &folder, &args.study.spec, &args.study.set);
    for line in done(&study, &inventory, &stale, &folder.display().to_string()) {
        say(format_args!("  {line}"));
    }
    if !starts.is_empty() {
        let count = starts.len();
        say(format_args!(
            "    {count} runs continue from what shorter ones have learned"
        ));
    }
    if let Some(lost) = starts.lost(&folder) {
        say(format_args!("    {lost}"));
    }
    if let Some(obstacle) = obstacle(&study, &kept, &folder).filter(|_| !starts.extends()) {
        say(format_args!(
            "  `run` will refuse to write there without --replace: {obstacle}"
        ));
    }
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
        "  estimated: {} on {}, {} of memory, {} of it for each run in flight",
        roughly(estimate.wall_s),
        counted(threads, "thread"),
        bytes(estimate.memory_bytes),
        bytes(estimate.run_bytes)
    ));
    for line in memory(&estimate, threads) {
        say(format_args!("  {line}"));
    }
    ExitCode::SUCCESS
}

/// `1 target`, `2 targets`.
fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// Memory of one thread that is worth a line: as much as a laptop has for each of its processors.
const NOTABLE: u64 = 1 << 30;

/// What a thread needs if that is much, and whether it is there.
fn memory(estimate: &Estimate, threads: usize) -> Vec<String> {
    let (largest, room) = (&estimate.largest, estimate.room);
    let scarce = largest.bytes().saturating_mul(threads as u64) > room.bytes;
    let mut lines = Vec::new();
    if largest.bytes() >= NOTABLE || scarce {
        lines.push(format!("memory: the largest batch {largest}; {room}"));
    }
    if estimate.too_large > 0 {
        lines.push(format!(
            "warning: {} runs need more memory than is available and will fail: compute them on a larger machine, \
             or choose a smaller network.units or another rule.covariance",
            estimate.too_large
        ));
    } else if scarce {
        lines.push(format!(
            "warning: there is not enough memory for such batches on {threads} threads at once: some will wait \
             for others, or be computed in parts"
        ));
    }
    lines
}

/// What is done: all in all, then condition by condition where that says more.
fn done(study: &Study, inventory: &Inventory, stale: &Stale, folder: &str) -> Vec<String> {
    const SHOWN: usize = 30;
    let mut lines = vec![format!("in {folder}: {} runs are done", inventory.done)];
    let text = &mut lines[0];
    if inventory.diverged > 0 {
        *text += &format!(" ({} diverged)", inventory.diverged);
    }
    if inventory.failed > 0 {
        *text += &format!(
            "; {} failed (--retry-failed computes them again)",
            inventory.failed
        );
    }
    for (count, why) in stale.reasons() {
        lines.push(format!("  {count} stale runs: {why}"));
    }
    let counts = |index: usize| {
        let words = [
            "new",
            "done",
            "diverged",
            "failed",
            "done but without trace",
        ];
        let states = inventory.conditions[index].iter().zip(words);
        let mut parts: Vec<String> = states
            .filter(|(count, _)| **count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        if stale.of_condition(index) > 0 {
            parts.push(format!("{} stale", stale.of_condition(index)));
        }
        parts.join(", ")
    };
    // Conditions in a row that stand alike need one line; if all do, the totals have said it.
    let all: Vec<String> = (0..study.conditions.len()).map(counts).collect();
    let groups: Vec<(usize, usize)> = all
        .chunk_by(|a, b| a == b)
        .scan(0, |start, group| {
            let range = (*start, group.len());
            *start += group.len();
            Some(range)
        })
        .collect();
    if groups.len() < 2 {
        return lines;
    }
    for &(start, length) in groups.iter().take(SHOWN) {
        let name = |index: usize| condition_name(study, &study.conditions[index]);
        let names = match length {
            1 => name(start),
            _ => format!(
                "{} … {} ({length} conditions)",
                name(start),
                name(start + length - 1)
            ),
        };
        let each = if length > 1 { " each" } else { "" };
        lines.push(format!("  {names}: {}{each}", all[start]));
    }
    if groups.len() > SHOWN {
        let conditions: usize = groups[SHOWN..].iter().map(|(_, length)| length).sum();
        lines.push(format!("  and {conditions} more conditions"));
    }
    lines
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
    if value >= 1e15 {
        return format!("{value:.3e}");
    }
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
    let units = (seconds / f64::from(unit)).round() as u64;
    let whole = units.saturating_mul(u64::from(unit as u32));
    humantime::format_duration(Duration::from_secs(whole)).to_string()
}
