//! The verbs of the command line, one file each.

pub mod check;
pub mod compare;
pub mod tune;
pub mod write;

use clap::Args;
use std::path::Path;
use std::process::ExitCode;
use synapse_report::manifest::Accept;
use synapse_report::shell;
use synapse_report::study::FILE;

/// Whether tables of a part of a study will do.
#[derive(Args)]
pub struct PartialArgs {
    /// Accept the tables of an unfinished study (`runner merge --partial` writes them); what is made of
    /// them says that it is partial
    #[arg(long)]
    partial: bool,
}

impl PartialArgs {
    /// As the library takes it.
    pub fn accept(&self) -> Accept {
        match self.partial {
            true => Accept::Partial,
            false => Accept::Whole,
        }
    }
}

/// Exit code of a conclusion from a study of which this many runs have no value: it is one about the
/// others, and says so.
fn from_survivors(lost: usize, dir: &Path) -> ExitCode {
    if lost == 0 {
        return ExitCode::SUCCESS;
    }
    let runs = if lost == 1 { "run has" } else { "runs have" };
    eprintln!(
        "{lost} {runs} no value, so this is about the others only; run `runner {} --out {} --retry-failed` to compute them again",
        shell::path(&dir.join(FILE)),
        shell::path(dir)
    );
    ExitCode::FAILURE
}
