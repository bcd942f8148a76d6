//! `report tune DIR`: a parameter chosen on half of the networks, its result on the other half.

use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use synapse_report::ReportError;
use synapse_report::expectation::Metric;
use synapse_report::terminal::say;
use synapse_report::tuning::Tuning;

/// What is tuned, and by what.
#[derive(Args)]
pub struct Arguments {
    /// A result folder
    dir: PathBuf,
    /// The parameter to choose
    #[arg(long, value_name = "PATH", default_value = "rule.eta0")]
    over: String,
    /// Choose by the tracking MSE instead of the test MSE
    #[arg(long)]
    tracking: bool,
    #[command(flatten)]
    accept: super::PartialArgs,
}

/// Writes `tuning.csv`, prints it as a table.
pub fn run(arguments: &Arguments) -> Result<ExitCode, ReportError> {
    let metric = if arguments.tracking {
        Metric::TrackingMse
    } else {
        Metric::TestMse
    };
    let accept = arguments.accept.accept();
    let (tuning, inputs) = Tuning::read(&arguments.dir, &arguments.over, metric, accept)?;
    let file = tuning.write(&inputs.tables, &arguments.dir)?;
    let partial = match inputs.extent.is_partial() {
        true => format!("{}\n\n", inputs.extent),
        false => String::new(),
    };
    say(format_args!(
        "{}\n\n{partial}{}",
        file.display(),
        tuning.words(&inputs.tables).trim_end()
    ));
    Ok(super::from_survivors(tuning.lost, &arguments.dir))
}
