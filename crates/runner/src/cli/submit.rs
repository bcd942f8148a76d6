//! `runner submit SPEC`: the shards that miss runs become tasks of a cluster.

use super::conclude::{tell_damage, utc, write_study};
use super::own_study;
use super::plan::{bytes, roughly};
use super::{refuse, say};
use crate::continuation::Starts;
use crate::estimate::Estimate;
use crate::inventory::Inventory;
use crate::progress::start_log;
use crate::provenance::Origin;
use crate::replacement;
use crate::shard::{MAX_SHARDS, division};
use crate::slurm::array::arrays;
use crate::slurm::folder::SlurmFolder;
use crate::slurm::jobs::{self, Job};
use crate::slurm::script::{Division, Paths, Resources, Which};
use crate::slurm::size::Sizes;
use crate::slurm::submission::{Submission, counted};
use crate::slurm::time_limit::TimeLimit;
use crate::slurm::word::{Options, Word};
use crate::slurm::{Queue, SlurmError, client};
use crate::spec::Study;
use crate::store::{Folder, Holder, Kept, StoreError};
use clap::{Args, ValueEnum};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

/// What runs the tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// Submit job arrays, and a job that merges, with sbatch
    Slurm,
    /// Print a command for each shard, then the one that merges
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
    /// Divide the study into this many shards, one task each [default: tasks of about 30 minutes]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MAX_SHARDS as i64))]
    tasks: Option<u32>,
    /// Processors per task
    #[arg(long, value_name = "C", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    cpus: u16,
    /// Time limit per task, as Slurm writes it: 30, 2:00:00, 1-12 [default: the partition's]
    #[arg(long, value_name = "T")]
    time: Option<TimeLimit>,
    /// Partition of the tasks [default: the cluster's]
    #[arg(long, value_name = "P")]
    partition: Option<Word>,
    /// More options of sbatch for all jobs, as in --sbatch "--account=lab --mem=4G"; repeatable
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true)]
    sbatch: Vec<Options>,
    /// Compute failed runs again
    #[arg(long)]
    retry_failed: bool,
    /// Replace the tables of another study
    #[arg(long)]
    replace: bool,
    /// What runs the tasks
    #[arg(long, value_enum, value_name = "ENGINE", default_value_t = Engine::Slurm)]
    engine: Engine,
    /// Print the scripts and what would be submitted; write and submit nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn submit(args: &SubmitArgs) -> ExitCode {
    start_log(0);
    if args.engine == Engine::Print
        && (args.time.is_some() || args.partition.is_some() || !args.sbatch.is_empty())
    {
        return refuse(
            &"--time, --partition and --sbatch are for --engine slurm; leave them out with --engine print",
        );
    }
    let study = match Study::load(&args.spec, &args.set) {
        Ok(study) => study,
        Err(errors) => return refuse(&errors),
    };
    let submitted = Site::new(args, &study).and_then(|site| match args.engine {
        Engine::Slurm => site.to_slurm(),
        Engine::Print => site.print(),
    });
    match submitted {
        Ok(code) => code,
        Err(error) => refuse(&error),
    }
}

/// A study and where it is computed.
struct Site<'a> {
    args: &'a SubmitArgs,
    study: &'a Study,
    /// The study's name.
    name: Word,
    /// Absolute.
    folder: PathBuf,
    paths: Paths,
    /// Whether the study in the folder, which tasks read, is this one.
    same: bool,
}

/// What is to be computed.
struct Need {
    pending: Vec<usize>,
    starts: Starts,
    /// Who is computing without Slurm, or in one of its tasks.
    holders: Vec<Holder>,
}

impl<'a> Site<'a> {
    fn new(args: &'a SubmitArgs, study: &'a Study) -> Result<Self, SlurmError> {
        let given = args.out.clone();
        let given = given.unwrap_or_else(|| Path::new("results").join(&study.name));
        let folder = std::path::absolute(&given);
        let folder = folder.map_err(SlurmError::io("cannot find the path of", given))?;
        let program = std::env::current_exe();
        let program = program.map_err(SlurmError::io("cannot find the path of", "runner"))?;
        let paths = Paths::new(&program, &folder)?;
        Ok(Self {
            args,
            study,
            name: study.name.parse()?,
            same: own_study::same(&folder, study),
            paths,
            folder,
        })
    }

    /// What is missing; an exit code if there is nothing to compute. Slurm must have been asked
    /// before: what a task completes in between is then not sent again.
    fn need(&self) -> Result<Result<Need, ExitCode>, StoreError> {
        let Self {
            args,
            study,
            folder,
            ..
        } = self;
        let kept = Kept::read_for(folder, study)?;
        if tell_damage(folder, &kept) {
            return Ok(Err(ExitCode::from(1)));
        }
        let inventory = Inventory::new(study, &kept, 0..study.runs(), args.retry_failed);
        let pending = inventory.pending;
        if pending.is_empty() {
            let failed = match inventory.failed {
                0 => String::new(),
                count => format!(" ({count} failed, --retry-failed computes them again)"),
            };
            // Not on stdout, where commands are expected from --engine print.
            eprintln!(
                "{}: all {} runs are done{failed}; write tables and report with: {}",
                study.name,
                study.runs(),
                self.paths.merge_command()
            );
            return Ok(Err(ExitCode::SUCCESS));
        }
        let starts = Starts::find(study, &pending, &kept, folder, &args.spec, &args.set)?;
        if let Some(lost) = starts.lost(folder) {
            tracing::warn!("{lost}");
        }
        if !args.replace && !starts.extends() {
            // Tasks would be refused.
            replacement::allow(study, &kept, folder)?;
        }
        Ok(Ok(Need {
            pending,
            starts,
            holders: Folder::holders(folder)?,
        }))
    }

    /// Into how many shards the study is divided.
    fn of(
        &self,
        need: &Need,
        sizes: &Sizes<'_>,
        queue: &Queue,
        jobs: &[Job],
    ) -> Result<usize, SlurmError> {
        let asked = self.args.tasks.map(|tasks| tasks as usize);
        let limit = self.args.time.as_ref().map(TimeLimit::duration);
        let now = need.holders.iter().find_map(|holder| holder.shard);
        let before = || jobs::last_division(jobs).filter(|_| self.same);
        let before = now.map(|shard| shard.of).or_else(before);
        sizes.of(queue, asked, before, |sizes| {
            sizes.shards(&need.pending, limit)
        })
    }

    /// The runs of each shard that are to be computed.
    fn by_shard(&self, pending: &[usize], of: usize) -> Vec<Vec<usize>> {
        let division = division(self.study, of);
        let used: HashSet<usize> = division.iter().copied().collect();
        if used.len() < of {
            eprintln!(
                "{} of {of} shards have no runs: the study cannot be divided that finely; give fewer --tasks",
                of - used.len()
            );
        }
        let mut shards = vec![Vec::new(); of];
        for &run in pending {
            shards[division[run]].push(run);
        }
        shards
    }

    /// Makes the study in the folder this one, before tasks read it: later edits of the spec do not
    /// reach them.
    fn write_study(&self, need: &Need, of: usize) -> Result<(), StoreError> {
        let others = need.holders.iter();
        let others = others.filter(|holder| holder.shard.is_none_or(|shard| shard.of != of));
        let others: Vec<String> = others.map(ToString::to_string).collect();
        if !others.is_empty() {
            // Tasks would be refused.
            return Err(StoreError::Locked {
                folder: self.folder.clone(),
                owner: others.join("; "),
            });
        }
        if !self.same {
            let origin = Origin::this(1, None, utc(SystemTime::now()));
            let folder = Folder::lock(&self.folder, &origin.owner())?;
            write_study(&folder, self.study, &self.args.spec)?;
        }
        Ok(())
    }

    fn to_slurm(&self) -> Result<ExitCode, SlurmError> {
        let Self { args, study, .. } = self;
        let max_array_size = match client::max_array_size() {
            Err(error) if args.dry_run => {
                eprintln!(
                    "this dry run assumes arrays of up to {} tasks and an empty queue: {error}",
                    client::USUAL_MAX_ARRAY_SIZE - 1
                );
                None
            }
            size => Some(size?),
        };
        let _lock = match args.dry_run {
            true => None,
            false => Some(SlurmFolder::lock(&self.paths, &self.folder)?),
        };
        let jobs = jobs::read(&self.folder)?;
        let queue = match max_array_size {
            None => Queue::default(),
            Some(_) => Queue::ask(&jobs)?,
        };
        let need = match self.need()? {
            Ok(need) => need,
            Err(code) => return Ok(code),
        };
        if !queue.tasks.is_empty() && !self.same {
            return Err(SlurmError::OtherStudy {
                folder: self.folder.clone(),
                jobs: queue.arrays(),
            });
        }
        let sizes = Sizes {
            study,
            starts: &need.starts,
            threads: usize::from(args.cpus),
        };
        let of = self.of(&need, &sizes, &queue, &jobs)?;
        let shards = self.by_shard(&need.pending, of);
        let missing: Vec<usize> = (1..=of).filter(|&i| !shards[i - 1].is_empty()).collect();
        say(format_args!(
            "{}: {} of {} runs to do, in {}",
            study.name,
            need.pending.len(),
            study.runs(),
            counted(&missing, of)
        ));
        for line in queue.lines() {
            say(format_args!("  {line}"));
        }
        let mut send = missing;
        send.retain(|&shard| queue.state(shard).is_none());
        for holder in &need.holders {
            let number = holder.shard.map(|shard| shard.number);
            if let Some(at) = send.iter().position(|&shard| Some(shard) == number) {
                send.remove(at);
                say(format_args!("  {holder}"));
            }
        }
        match send.iter().max_by_key(|&&shard| shards[shard - 1].len()) {
            Some(&most) => self.tell_cost(&sizes.cost(&shards[most - 1])),
            None => say(format_args!(
                "  nothing to submit: all are queued or running"
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
            name: &self.name,
            paths: &self.paths,
            division: self.division(of),
            arrays: &arrays,
            resources: &resources,
            queue: &queue,
            now: || utc(SystemTime::now()),
        };
        if args.dry_run {
            say(format_args!("{}", submission.shown().trim_end()));
            return Ok(ExitCode::SUCCESS);
        }
        self.write_study(&need, of)?;
        submission.send(&self.folder, &|line| say(format_args!("  {line}")))?;
        say(format_args!(
            "  scripts and logs: {}",
            self.paths.slurm().display()
        ));
        Ok(ExitCode::SUCCESS)
    }

    fn division(&self, of: usize) -> Division {
        Division {
            of,
            retry_failed: self.args.retry_failed,
            replace: self.args.replace,
        }
    }

    fn tell_cost(&self, cost: &Estimate) {
        say(format_args!(
            "  estimated for a task: {} on {} like this machine's, {} of memory",
            roughly(cost.wall_s),
            match self.args.cpus {
                1 => "a processor".to_owned(),
                cpus => format!("{cpus} processors"),
            },
            bytes(cost.memory_bytes)
        ));
        if let Some(time) = &self.args.time
            && cost.wall_s > time.duration().as_secs_f64()
        {
            eprintln!(
                "--time {time}: shorter than the estimate of {}; a task that is cut off keeps its finished runs, \
                 and the same command submits the rest again; with more --tasks each is shorter",
                roughly(cost.wall_s)
            );
        }
    }

    fn print(&self) -> Result<ExitCode, SlurmError> {
        let need = match self.need()? {
            Ok(need) => need,
            Err(code) => return Ok(code),
        };
        let sizes = Sizes {
            study: self.study,
            starts: &need.starts,
            threads: usize::from(self.args.cpus),
        };
        let of = self.of(&need, &sizes, &Queue::default(), &[])?;
        if !self.args.dry_run {
            let study = self.paths.study();
            if !self.same && study.exists() {
                eprintln!(
                    "{}: the study has changed; commands that were printed before now compute the new one",
                    study.display()
                );
            }
            self.write_study(&need, of)?;
        }
        let shards = self.by_shard(&need.pending, of);
        for shard in (1..=of).filter(|shard| !shards[shard - 1].is_empty()) {
            let which = Which::Numbered {
                shard,
                threads: self.args.cpus,
            };
            let command = self.paths.shard_command(self.division(of), which);
            say(format_args!("{command}"));
        }
        say(format_args!("{}", self.paths.merge_command()));
        Ok(ExitCode::SUCCESS)
    }
}
