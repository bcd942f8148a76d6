//! The verbs of the command line, one file each.

pub mod check;
pub mod compare;
pub mod tune;
pub mod write;

use clap::Args;
use synapse_report::manifest::Accept;

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
