//! `report check DIR`: the verdict as a table and as exit code.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use synapse_report::ReportError;

/// Prints the verdict: 0 if all expectations hold, 1 if one does not.
pub fn run(dir: &Path) -> Result<ExitCode, ReportError> {
    let verdict = synapse_report::check(dir)?;
    // A closed pipe (`report check DIR | head`) is the reader's choice; the exit code still tells.
    let _ = writeln!(io::stdout().lock(), "{verdict}");
    Ok(if verdict.all_hold() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
