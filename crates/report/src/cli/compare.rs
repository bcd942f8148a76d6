//! `report compare DIR --reference FILE`: a study against a published table.

use clap::Args;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use synapse_report::ReportError;
use synapse_report::compare::{Comparison, parse_where};

/// What is compared with what, and where the result goes.
#[derive(Args)]
pub struct Arguments {
    /// A result folder
    dir: PathBuf,
    /// A table of published learning curves: CSV with the columns rule, eta0, network, target, trial
    /// and test_mse (empty: diverged), a row per run and checkpoint
    #[arg(long, value_name = "FILE")]
    reference: PathBuf,
    /// Where to write; the result folder if not given
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Only the runs with this value, for studies that sweep more than rule and learning rate
    #[arg(long = "where", value_name = "PATH=VALUE")]
    selection: Vec<String>,
}

/// Writes tables and figure, prints the files and the scores.
pub fn run(arguments: &Arguments) -> Result<ExitCode, ReportError> {
    let dir = &arguments.dir;
    let selection = parse_where(&arguments.selection).map_err(|problem| ReportError::Compare {
        path: dir.clone(),
        problem,
    })?;
    let comparison = Comparison::read(dir, &arguments.reference, &selection)?;
    for note in &comparison.notes {
        eprintln!("{note}");
    }
    let files = comparison.write(arguments.out.as_ref().unwrap_or(dir))?;
    let mut text = String::new();
    for file in &files.all {
        text.push_str(&format!("{}\n", file.display()));
    }
    text.push('\n');
    text.push_str(&comparison.words());
    // A closed pipe is the reader's choice: the files are written.
    let _ = write!(io::stdout().lock(), "{text}");
    Ok(ExitCode::SUCCESS)
}
