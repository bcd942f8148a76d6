//! `report`: summary and figures of a result folder, the verdict on its expectations, and its
//! comparison with a published table.

mod cli;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Exit code for bad input, as clap's own for a bad command line.
const BAD_INPUT: u8 = 2;

/// Statistics, figures and a verdict from the tables of a study.
///
/// `report DIR` writes DIR/summary.csv and DIR/figures; `report check DIR` tells whether the study's
/// expectations hold; `report compare DIR --reference FILE` sets its learning curves against published
/// ones. Exit code 0: all well; 1: an expectation does not hold; 2: bad input.
#[derive(Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
struct Arguments {
    /// A result folder (study.toml, runs.csv, curves.csv and perhaps traces.csv)
    #[arg(required = true)]
    dir: Option<PathBuf>,
    #[command(flatten)]
    accept: cli::PartialArgs,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Subcommand)]
enum Verb {
    /// Tell whether the expectations of the study hold; writes nothing
    Check {
        /// A result folder
        dir: PathBuf,
    },
    /// Choose a parameter on half of the networks, and report what it gives on the other half
    Tune(cli::tune::Arguments),
    /// Compare with published learning curves: comparison.csv, scores.csv and a figure
    Compare(cli::compare::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match (arguments.verb, arguments.dir) {
        (Some(Verb::Check { dir }), _) => cli::check::run(&dir),
        (Some(Verb::Tune(arguments)), _) => cli::tune::run(&arguments),
        (Some(Verb::Compare(arguments)), _) => cli::compare::run(&arguments),
        (None, Some(dir)) => cli::write::run(&dir, arguments.accept.accept()),
        (None, None) => unreachable!("clap requires DIR where no verb is given"),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(BAD_INPUT)
    })
}
