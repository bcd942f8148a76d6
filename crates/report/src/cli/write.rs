//! `report DIR`: writes summary and figures, prints the files and the best condition of each rule.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use synapse_report::manifest::Accept;
use synapse_report::{ReportError, Results};

/// Writes the report.
pub fn run(dir: &Path, accept: Accept) -> Result<ExitCode, ReportError> {
    let results = Results::read(dir, accept)?;
    let files = results.write(dir)?;
    for warning in &files.warnings {
        eprintln!("warning: {warning}");
    }
    let mut text = String::new();
    for file in files.all() {
        text.push_str(&format!("{}\n", file.display()));
    }
    text.push('\n');
    if results.extent.is_partial() {
        text.push_str(&format!("{}\n\n", results.extent));
    }
    text.push_str(&results.best_conditions());
    // A closed pipe is the reader's choice: the files are written.
    let _ = write!(io::stdout().lock(), "{text}");
    Ok(ExitCode::SUCCESS)
}
