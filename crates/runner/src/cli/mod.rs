//! The command line, a verb per file.

mod conclude;
mod export;
mod merge;
mod plan;
mod run;
mod schema;
mod status;
mod submit;
mod verify;

use crate::spec::{Condition, SpecErrors, Study};

use clap::{Args, CommandFactory, Parser, Subcommand};
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use synapse_core::simd::{Path as VectorPath, force_path};
use synapse_report::words::{shortened, visible_lines};

/// Exit code for input that was refused; 1 is for failed runs and expectations, clap uses 2 as well.
const BAD_INPUT: u8 = 2;

/// Trains networks as a study says: every rule, parameter, network and target, in parallel and
/// resumable, then tables and figures.
#[derive(Debug, Parser)]
#[command(name = "runner", version)]
#[command(override_usage = "runner [OPTIONS] SPEC\n       runner <COMMAND>")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Compute what a study lacks, then write tables and figures (the default: `runner SPEC`)
    Run(run::RunArgs),
    /// Say what a study consists of, what it will cost and what is already there; compute nothing
    Plan(plan::PlanArgs),
    /// Compute a study on a cluster: its shards as tasks of Slurm, or as commands for other queues
    Submit(submit::SubmitArgs),
    /// Say what of a study is there, and who is computing
    Status(status::StatusArgs),
    /// Write the tables of a study that was computed in shards, if every run is there
    Merge(merge::MergeArgs),
    /// Compute some runs of a result folder again, and compare bits
    Verify(verify::VerifyArgs),
    /// Write a result folder in the forms of other programs: Parquet, RO-Crate
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

    /// Makes this process use the vectors that were asked for.
    fn choose_vectors(&self) {
        if let Some(path) = self.vectors {
            force_path(path);
        }
    }
}

/// As many as were asked for, or as there are processors.
fn threads(jobs: Option<u16>) -> usize {
    match jobs {
        Some(jobs) => usize::from(jobs),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    }
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
    match Cli::parse_from(with_verb(std::env::args_os())).verb {
        Verb::Run(args) => run::run(&args),
        Verb::Plan(args) => plan::plan(&args),
        Verb::Submit(args) => submit::submit(&args),
        Verb::Status(args) => status::status(&args),
        Verb::Merge(args) => merge::merge(&args),
        Verb::Verify(args) => verify::verify(&args),
        Verb::Export(args) => export::export(&args),
        Verb::Schema => schema::schema(),
    }
}

/// `runner SPEC` is short for `runner run SPEC`: puts in the verb where there is none.
fn with_verb(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.collect();
    let known = Cli::command();
    if let Some(first) = arguments.get(1).and_then(|first| first.to_str()) {
        let verb = known.get_subcommands().any(|verb| verb.get_name() == first);
        let of_program = ["help", "-h", "--help", "-V", "--version"].contains(&first);
        if !verb && !of_program {
            arguments.insert(1, "run".into());
        }
    }
    arguments
}

/// One line on stdout. A reader who closes the pipe (`| head`) is not an error.
fn say(line: std::fmt::Arguments<'_>) {
    let line = line.to_string();
    let _ = writeln!(std::io::stdout(), "{}", visible_lines(&line));
}

/// One message on stderr, and the exit code of refused input.
fn refuse(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("{}", visible_lines(&error.to_string()));
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
