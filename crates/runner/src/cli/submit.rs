//! `runner submit SPEC`: the shards that miss runs become tasks of a cluster.

use super::plan::{Inventory, bytes, roughly};
use super::{refuse, say};
use crate::batch::pack;
use crate::estimate::{Estimate, estimate};
use crate::slurm::folder::{SlurmFolder, write_whole};
use crate::slurm::jobs::{self, Job, Work};
use crate::slurm::script::{Paths, Resources, arrays};
use crate::slurm::submission::{Submission, counted};
use crate::slurm::time_limit::TimeLimit;
use crate::slurm::{Queue, SlurmError, client};
use crate::spec::Study;
use crate::store::{StoreError, read_journal};
use clap::{Args, ValueEnum};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Without `--tasks` a task takes about so long: long against a scheduler's delays, short against
/// usual limits.
const TASK: Duration = Duration::from_secs(30 * 60);

/// Who runs the tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// Submit arrays of tasks and a job that merges, with sbatch
    Slurm,
    /// Print a command per shard, and last the one that merges
    Print,
}

#[derive(Debug, Args)]
pub(super) struct SubmitArgs {
    /// The study, a TOML file
    #[arg(value_name = "SPEC")]
    spec: PathBuf,
    /// Result folder, under the same path on all nodes [default: results/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace a value of the spec, as in --set network.gain=1.2; repeatable
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Divide the study into so many shards, a task each [default: tasks of about 30 minutes]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    tasks: Option<u32>,
    /// Processors of a task
    #[arg(long, value_name = "C", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    cpus: u16,
    /// Time limit of a task, as Slurm writes it: 30, 2:00:00, 1-12 [default: the partition's]
    #[arg(long, value_name = "T")]
    time: Option<TimeLimit>,
    /// Partition [default: the cluster's]
    #[arg(long, value_name = "P")]
    partition: Option<String>,
    /// More options of sbatch for all jobs, as in --sbatch "--account=lab --mem=4G"; repeatable
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true, value_parser = options)]
    sbatch: Vec<String>,
    /// Who runs the tasks
    #[arg(long, value_enum, value_name = "ENGINE", default_value_t = Engine::Slurm)]
    engine: Engine,
    /// Print the scripts and what would be submitted; write and submit nothing
    #[arg(long)]
    dry_run: bool,
}

/// Lines of `#SBATCH` hold options, one line each.
fn options(text: &str) -> Result<String, &'static str> {
    if text.starts_with('-') && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err("options of sbatch on one line, as in \"--account=lab\"")
    }
}

/// Why nothing is submitted.
enum Refusal {
    Slurm(SlurmError),
    Store(StoreError),
    /// Tasks are queued for another version of the study.
    OtherStudy {
        folder: PathBuf,
        jobs: Vec<u64>,
    },
    /// Tasks are queued that divide the study otherwise.
    OtherDivision {
        jobs: Vec<u64>,
        queued: usize,
        asked: usize,
    },
}

impl From<SlurmError> for Refusal {
    fn from(error: SlurmError) -> Self {
        Self::Slurm(error)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |jobs: &[u64], between| {
            let texts: Vec<String> = jobs.iter().map(u64::to_string).collect();
            texts.join(between)
        };
        match self {
            Self::Slurm(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::OtherStudy { folder, jobs } => write!(
                f,
                "{}: job {} still computes the study as it was when submitted, and it has changed since; \
                 wait, take it back with scancel {}, or give --out another folder",
                folder.display(),
                list(jobs, ", "),
                list(jobs, " ")
            ),
            Self::OtherDivision {
                jobs,
                queued,
                asked,
            } => write!(
                f,
                "--tasks {asked}: job {} divides the study into {queued} shards, others would compute the same runs \
                 twice; leave --tasks out, wait, or take it back with scancel {}",
                list(jobs, ", "),
                list(jobs, " ")
            ),
        }
    }
}

pub(super) fn submit(args: &SubmitArgs) -> ExitCode {
    if args.engine == Engine::Print
        && (args.time.is_some() || args.partition.is_some() || !args.sbatch.is_empty())
    {
        return refuse(
            &"--time, --partition and --sbatch are for --engine slurm: commands have no use for them",
        );
    }
    let study = match Study::load(&args.spec, &args.set) {
        Ok(study) => study,
        Err(errors) => return refuse(&errors),
    };
    let submitted = match args.engine {
        Engine::Slurm => to_slurm(args, &study),
        Engine::Print => print(args, &study),
    };
    match submitted {
        Ok(()) => ExitCode::SUCCESS,
        Err(refusal) => refuse(&refusal),
    }
}

/// A study, where it is computed, and what is there.
struct Place {
    /// Absolute.
    folder: PathBuf,
    paths: Paths,
    /// What tasks read as study.toml.
    toml: String,
    /// What they would read now.
    old_toml: Option<String>,
}

impl Place {
    fn new(args: &SubmitArgs, study: &Study) -> Result<Self, SlurmError> {
        let given = args.out.clone();
        let given = given.unwrap_or_else(|| Path::new("results").join(&study.name));
        let folder = std::path::absolute(&given);
        let folder = folder.map_err(SlurmError::io("cannot find the path of", given))?;
        let program = std::env::current_exe();
        let program = program.map_err(SlurmError::io("cannot find the path of", "runner"))?;
        let paths = Paths::new(&program, &folder)?;
        Ok(Self {
            toml: study.to_toml(&folder),
            old_toml: std::fs::read_to_string(paths.study()).ok(),
            paths,
            folder,
        })
    }

    /// The runs that are missing. Slurm is asked before: what a task completes in between is then
    /// not sent again.
    fn pending(&self, study: &Study) -> Result<Vec<usize>, Refusal> {
        let kept = read_journal(&self.folder).map_err(Refusal::Store)?;
        Ok(Inventory::new(study, &kept.records).pending)
    }

    /// What to say if no run is missing.
    fn complete(&self, study: &Study) -> String {
        format!(
            "{}: all {} runs are there, nothing to compute; tables and report: {}",
            study.name,
            study.runs(),
            self.paths.merge_command()
        )
    }

    /// Into how many shards the study is divided: as it is in the queue, as was asked for, as it
    /// was before, or so that a task takes [`TASK`].
    fn of(
        &self,
        args: &SubmitArgs,
        study: &Study,
        pending: &[usize],
        queue: &Queue,
        jobs: &[Job],
    ) -> Result<usize, Refusal> {
        let asked = args.tasks.map(|tasks| tasks as usize);
        if let Some(queued) = queue.tasks.first().map(|task| task.of) {
            return match asked {
                Some(asked) if asked != queued => Err(Refusal::OtherDivision {
                    jobs: queue.arrays(),
                    queued,
                    asked,
                }),
                _ => Ok(queued),
            };
        }
        let before = jobs.iter().rev().find_map(|job| match job.work {
            Work::Shards { of, .. } => Some(of),
            Work::Merge { .. } => None,
        });
        let before = before.filter(|_| self.old_toml.as_ref() == Some(&self.toml));
        Ok(asked
            .or(before)
            .unwrap_or_else(|| sized(args, study, pending)))
    }
}

/// So many shards that a task takes [`TASK`], or half of a shorter time limit.
fn sized(args: &SubmitArgs, study: &Study, pending: &[usize]) -> usize {
    let limit = args.time.as_ref().map(|time| time.duration() / 2);
    let task = limit.map_or(TASK, |limit| limit.min(TASK));
    let whole = cost(args, study, pending).wall_s;
    ((whole / task.as_secs_f64()).ceil() as usize).clamp(1, pending.len().max(1))
}

/// What one task with these runs would cost.
fn cost(args: &SubmitArgs, study: &Study, runs: &[usize]) -> Estimate {
    let threads = usize::from(args.cpus);
    estimate(study, &pack(study, runs, threads), threads)
}

/// The runs of each shard that are missing.
fn by_shard(study: &Study, pending: &[usize], of: usize) -> Vec<Vec<usize>> {
    let _ = study;
    let mut shards = vec![Vec::new(); of];
    for &run in pending {
        shards[run % of].push(run);
    }
    shards
}

fn to_slurm(args: &SubmitArgs, study: &Study) -> Result<(), Refusal> {
    let place = Place::new(args, study)?;
    let max_array_size = match client::max_array_size() {
        Err(SlurmError::Absent { program }) if args.dry_run => {
            eprintln!(
                "{program}: there is no such program on this machine; this dry run assumes arrays of up to {} tasks \
                 and an empty queue",
                client::USUAL_MAX_ARRAY_SIZE - 1
            );
            None
        }
        size => Some(size?),
    };
    let _lock = match args.dry_run {
        true => None,
        false => Some(SlurmFolder::lock(&place.paths, &place.folder)?),
    };
    let jobs = jobs::read(&place.folder)?;
    let queue = match max_array_size {
        None => Queue::default(),
        Some(_) => Queue::ask(&jobs)?,
    };
    let pending = place.pending(study)?;
    if pending.is_empty() {
        say(format_args!("{}", place.complete(study)));
        return Ok(());
    }
    if !queue.tasks.is_empty() && place.old_toml.as_ref() != Some(&place.toml) {
        return Err(Refusal::OtherStudy {
            folder: place.folder,
            jobs: queue.arrays(),
        });
    }
    let of = place.of(args, study, &pending, &queue, &jobs)?;
    let missing = by_shard(study, &pending, of);
    let wanted: Vec<usize> = (1..=of)
        .filter(|shard| !missing[shard - 1].is_empty())
        .collect();
    let send: Vec<usize> = wanted
        .iter()
        .copied()
        .filter(|&shard| queue.state(shard).is_none())
        .collect();
    say(format_args!(
        "{}: {} of {} runs to do, in {}",
        study.name,
        pending.len(),
        study.runs(),
        counted(&wanted, of)
    ));
    for line in queue.lines() {
        say(format_args!("  {line}"));
    }
    let most = send.iter().map(|shard| &missing[shard - 1]);
    match most.max_by_key(|runs| runs.len()) {
        Some(runs) => tell_cost(args, &cost(args, study, runs)),
        None => say(format_args!(
            "  nothing to send: they are queued or running"
        )),
    }
    let arrays = arrays(
        &send,
        max_array_size.unwrap_or(client::USUAL_MAX_ARRAY_SIZE),
    );
    let resources = Resources {
        cpus: args.cpus,
        time: args.time.clone(),
        partition: args.partition.clone(),
        options: args.sbatch.clone(),
    };
    let submission = Submission {
        name: &study.name,
        study: &place.toml,
        paths: &place.paths,
        of,
        arrays: &arrays,
        resources: &resources,
        queue: &queue,
    };
    if args.dry_run {
        say(format_args!("{}", submission.shown().trim_end()));
        return Ok(());
    }
    submission.send(&place.folder, &|line| say(format_args!("  {line}")))?;
    say(format_args!(
        "  scripts and logs: {}",
        place.paths.slurm().display()
    ));
    Ok(())
}

fn tell_cost(args: &SubmitArgs, cost: &Estimate) {
    say(format_args!(
        "  estimated for a task: {} on {} like those here, {} of memory",
        roughly(cost.wall_s),
        match args.cpus {
            1 => "a processor".to_owned(),
            cpus => format!("{cpus} processors"),
        },
        bytes(cost.memory_bytes)
    ));
    if let Some(time) = &args.time
        && cost.wall_s > time.duration().as_secs_f64()
    {
        eprintln!(
            "--time {time}: shorter than the estimate of {}; a task that is cut off keeps its finished runs, \
             and this command sends the rest again; more --tasks make them shorter",
            roughly(cost.wall_s)
        );
    }
}

fn print(args: &SubmitArgs, study: &Study) -> Result<(), Refusal> {
    let place = Place::new(args, study)?;
    let pending = place.pending(study)?;
    if pending.is_empty() {
        // Not where commands are expected.
        eprintln!("{}", place.complete(study));
        return Ok(());
    }
    let of = place.of(args, study, &pending, &Queue::default(), &[])?;
    if !args.dry_run {
        if place
            .old_toml
            .as_ref()
            .is_some_and(|old| *old != place.toml)
        {
            eprintln!(
                "{}: it has changed; commands that were printed before compute what it says now",
                place.paths.study().display()
            );
        }
        std::fs::create_dir_all(&place.folder)
            .map_err(SlurmError::io("cannot create", &place.folder))?;
        write_whole(&place.paths.study(), &place.toml)?;
    }
    let missing = by_shard(study, &pending, of);
    for shard in (1..=of).filter(|shard| !missing[shard - 1].is_empty()) {
        let threads = args.cpus.to_string();
        let command = place.paths.shard_command(&shard.to_string(), of, &threads);
        say(format_args!("{command}"));
    }
    say(format_args!("{}", place.paths.merge_command()));
    Ok(())
}
