//! `report check DIR`: the verdict as a table and as exit code.

use std::path::Path;
use std::process::ExitCode;
use synapse_report::ReportError;
use synapse_report::terminal::say;

/// Prints the verdict: 0 if all expectations hold, 1 if one does not.
pub fn run(dir: &Path) -> Result<ExitCode, ReportError> {
    let verdict = synapse_report::check(dir)?;
    say(format_args!("{verdict}"));
    Ok(if verdict.all_hold() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
