//! `report compare DIR --reference FILE`: a study against a published table.

use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use synapse_report::ReportError;
use synapse_report::compare::{Comparison, parse_where};
use synapse_report::terminal::say;

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
    #[command(flatten)]
    accept: super::PartialArgs,
}

/// Writes tables and figure, prints the files and the scores.
pub fn run(arguments: &Arguments) -> Result<ExitCode, ReportError> {
    let dir = &arguments.dir;
    let selection = parse_where(&arguments.selection).map_err(|problem| ReportError::Compare {
        path: dir.clone(),
        problem,
    })?;
    let comparison = Comparison::read(
        dir,
        &arguments.reference,
        &selection,
        arguments.accept.accept(),
    )?;
    for note in &comparison.notes {
        eprintln!("{note}");
    }
    let files = comparison.write(arguments.out.as_ref().unwrap_or(dir))?;
    for warning in &files.warnings {
        eprintln!("warning: {warning}");
    }
    let mut text = String::new();
    for file in &files.all {
        text.push_str(&format!("{}\n", file.display()));
    }
    text.push('\n');
    if let Some(extent) = comparison.partial() {
        text.push_str(&format!("{extent}\n\n"));
    }
    text.push_str(&comparison.words());
    say(format_args!("{}", text.trim_end()));
    Ok(super::from_survivors(comparison.lost(), dir))
}
