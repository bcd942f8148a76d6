//! `report`: summary and figures of a result folder, the verdict on its expectations, and its
//! comparison with a published table.

/// Prints on standard error. The macro of the standard library panics where that cannot be written, and
/// prints control characters that came from files and names as they are.
macro_rules! eprintln {
    ($($argument:tt)*) => {
        synapse_report::terminal::tell(format_args!($($argument)*))
    };
}

mod cli;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use synapse_report::terminal::{answer, explain_panics, finish};

/// Exit code for bad input, as clap's own for a bad command line.
const BAD_INPUT: u8 = 2;

/// Statistics, figures and a verdict from the tables of a study.
///
/// `report DIR` writes DIR/summary.csv and DIR/figures. `report check DIR` checks the study's expectations.
/// `report compare DIR --reference FILE` compares its learning curves with published ones.
///
/// Exit code 0: all well; 1: an expectation does not hold or is not decided; 2: bad input, or output that
/// could not be printed.
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
    /// Check whether the expectations of the study hold; write nothing
    Check {
        /// A result folder
        dir: PathBuf,
    },
    /// Choose a parameter on half of the networks and report its results on the other half
    Tune(cli::tune::Arguments),
    /// Compare with published learning curves; write comparison.csv, scores.csv and a figure
    Compare(cli::compare::Arguments),
}

fn main() -> ExitCode {
    explain_panics("report", env!("CARGO_PKG_VERSION"), || false);
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return answer(&error),
    };
    let may_be_partial = !matches!(arguments.verb, Some(Verb::Check { .. }));
    let outcome = match (arguments.verb, arguments.dir) {
        (Some(Verb::Check { dir }), _) => cli::check::run(&dir),
        (Some(Verb::Tune(arguments)), _) => cli::tune::run(&arguments),
        (Some(Verb::Compare(arguments)), _) => cli::compare::run(&arguments),
        (None, Some(dir)) => cli::write::run(&dir, arguments.accept.accept()),
        (None, None) => unreachable!("clap requires DIR where no verb is given"),
    };
    finish(outcome.unwrap_or_else(|error| {
        let hint = match error.is_partial() && may_be_partial {
            true => ", or give --partial to see what there is",
            false => "",
        };
        eprintln!("error: {error}{hint}");
        ExitCode::from(BAD_INPUT)
    }))
}
