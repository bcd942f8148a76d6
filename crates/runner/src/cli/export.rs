//! `runner export DIR`: a result folder in the forms of other programs.

use super::{refuse, say};
use crate::export::{Export, ExportError};
use clap::{ArgGroup, Args};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("form").args(["parquet", "ro_crate"]).required(true).multiple(true)))]
pub(super) struct ExportArgs {
    /// A result folder with its tables
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The tables as Parquet: runs.parquet, curves.parquet, traces.parquet
    #[arg(long)]
    parquet: bool,
    /// An RO-Crate 1.1 (profile: Process Run Crate 0.5); with --parquet, of those files too
    #[arg(long)]
    ro_crate: bool,
    /// A new or empty folder to write to [default: DIR itself]
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
}

pub(super) fn export(args: &ExportArgs) -> ExitCode {
    match write(args) {
        Ok(files) => {
            for file in files {
                say(format_args!("{}", file.display()));
            }
            ExitCode::SUCCESS
        }
        Err(error) => refuse(&error),
    }
}

fn write(args: &ExportArgs) -> Result<Vec<PathBuf>, ExportError> {
    let export = Export::new(&args.dir, args.to.as_deref())?;
    let mut files = Vec::new();
    if args.parquet {
        files = export.parquet()?;
    }
    if args.ro_crate {
        files.push(export.ro_crate(&files)?);
    }
    Ok(files)
}
