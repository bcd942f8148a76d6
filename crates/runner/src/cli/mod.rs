//! The command line, a verb per file.

mod conclude;
mod export;
mod merge;
mod own_study;
mod plan;
mod run;
mod schema;
mod status;
mod submit;
mod verify;

use crate::panics;
use crate::spec::{Condition, SpecErrors, Study};

use clap::{Args, CommandFactory, Parser, Subcommand};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use synapse_core::simd::{Path as VectorPath, force_path};
use synapse_report::terminal::{answer, finish, say};
use synapse_report::words::shortened;

/// Exit code for input that was refused; 1 is for failed runs and expectations, clap uses 2 as well.
const BAD_INPUT: u8 = 2;

/// Train the networks of a study in parallel, for every rule, parameter, network and target, and write
/// tables and figures. An interrupted study continues where it stopped.
#[derive(Debug, Parser)]
#[command(name = "runner", version)]
#[command(override_usage = "runner [OPTIONS] SPEC\n       runner <COMMAND>")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Compute the missing runs of a study, then write tables and figures (the default: `runner SPEC`)
    Run(run::RunArgs),
    /// Show what a study consists of, what it will cost and what is already done; compute nothing
    Plan(plan::PlanArgs),
    /// Compute a study on a cluster: submit its shards to Slurm, or print a command for each
    Submit(submit::SubmitArgs),
    /// Show a study's progress and the processes working on it
    Status(status::StatusArgs),
    /// Check that every run of a study computed in shards is done, and write its tables
    Merge(merge::MergeArgs),
    /// Compute some runs of a result folder again and compare the results bit by bit
    Verify(verify::VerifyArgs),
    /// Write a result folder in the formats of other programs: Parquet, RO-Crate
    Export(export::ExportArgs),
    /// Print the JSON Schema of specs (Draft 4), for editors
    Schema,
}

/// Which study.
#[derive(Debug, Args)]
struct StudyArgs {
    /// The study, a TOML file
    #[arg(value_name = "SPEC")]
    spec: PathBuf,
    /// Result folder [default: results/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace a value of the spec, as in --set network.gain=1.2; repeatable
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Worker threads [default: all processors]
    #[arg(short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Compute with these vector instructions. Hidden: results do not depend on it, so it is for tests
    /// of just that and for measurements
    #[arg(long, value_name = "NAME", hide = true, value_parser = vectors)]
    vectors: Option<VectorPath>,
}

/// A vector path of this CPU, by its name.
fn vectors(name: &str) -> Result<VectorPath, String> {
    let available = VectorPath::available();
    let names: Vec<&str> = available.iter().map(|path| path.name()).collect();
    let found = available.iter().find(|path| path.name() == name);
    found
        .copied()
        .ok_or_else(|| format!("this CPU has {}", names.join(", ")))
}

impl StudyArgs {
    fn folder(&self, name: &str) -> PathBuf {
        self.out
            .clone()
            .unwrap_or_else(|| Path::new("results").join(name))
    }

    fn threads(&self) -> usize {
        threads(self.jobs)
    }

    /// Threads that have something to do.
    fn threads_for(&self, runs: usize) -> usize {
        threads_for(self.jobs, runs)
    }

    /// Makes this process use the vectors that were asked for.
    fn choose_vectors(&self) {
        if let Some(path) = self.vectors {
            force_path(path);
        }
    }
}

/// More threads than this, or than there are processors, take long to start and compute nothing sooner.
const MOST_THREADS: usize = 256;

/// As many as were asked for, within reason, or as there are processors.
fn threads(jobs: Option<u16>) -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    match jobs {
        Some(jobs) => usize::from(jobs).min(MOST_THREADS.max(processors)),
        None => processors,
    }
}

/// As many as there are runs to compute, if that is less.
fn threads_for(jobs: Option<u16>, runs: usize) -> usize {
    threads(jobs).min(runs.max(1))
}

/// The study of a result folder.
fn study_of(folder: &Path) -> Result<Study, SpecErrors> {
    Study::load(&folder.join("study.toml"), &[])
}

/// A condition by what distinguishes it: `rule.kind=bayesian, rule.eta0=0.001`.
fn condition_name(study: &Study, condition: &Condition) -> String {
    let cells = study.parameter_columns().iter().filter_map(|path| {
        let value = condition.cell(path)?;
        Some(format!("{path}={}", shortened(&value.to_string())))
    });
    cells.collect::<Vec<_>>().join(", ")
}

/// Runs the program.
pub fn main() -> ExitCode {
    panics::explain();
    let cli = match Cli::try_parse_from(with_verb(std::env::args_os())) {
        Ok(cli) => cli,
        Err(error) => return answer(&error),
    };
    finish(match cli.verb {
        Verb::Run(args) => run::run(&args),
        Verb::Plan(args) => plan::plan(&args),
        Verb::Submit(args) => submit::submit(&args),
        Verb::Status(args) => status::status(&args),
        Verb::Merge(args) => merge::merge(&args),
        Verb::Verify(args) => verify::verify(&args),
        Verb::Export(args) => export::export(&args),
        Verb::Schema => schema::schema(),
    })
}

/// `runner SPEC` is short for `runner run SPEC`: puts in the verb where there is none.
fn with_verb(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.collect();
    let known = Cli::command();
    // Not as text: a spec may be called anything.
    if let Some(first) = arguments.get(1) {
        let verb = known.get_subcommands().any(|verb| first == verb.get_name());
        let of_program = ["help", "-h", "--help", "-V", "--version"];
        let of_program = of_program.iter().any(|option| first == option);
        if !verb && !of_program {
            arguments.insert(1, "run".into());
        }
    }
    arguments
}

/// One message on stderr, and the exit code of refused input.
fn refuse(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("{error}");
    ExitCode::from(BAD_INPUT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(arguments: &[&str]) -> Vec<String> {
        with_verb(arguments.iter().map(OsString::from))
            .into_iter()
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn threads_are_no_more_than_runs_and_than_is_sane() {
        assert_eq!(threads_for(Some(65_535), 12), 12);
        assert_eq!(threads_for(Some(3), 12), 3);
        assert_eq!(threads_for(Some(3), 0), 1);
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        assert_eq!(threads(Some(u16::MAX)), MOST_THREADS.max(processors));
        assert_eq!(threads(None), processors);
    }

    #[test]
    fn a_spec_alone_means_run() {
        Cli::command().debug_assert();
        assert_eq!(completed(&["runner", "a.toml"])[1..], ["run", "a.toml"]);
        assert_eq!(
            completed(&["runner", "-v", "a.toml"])[1..],
            ["run", "-v", "a.toml"]
        );
        assert_eq!(
            completed(&["runner", "plan", "a.toml"])[1..],
            ["plan", "a.toml"]
        );
        assert_eq!(completed(&["runner", "--help"])[1..], ["--help"]);
        assert_eq!(completed(&["runner"]).len(), 1);
    }
}
