//! `runner schema`

use crate::spec::json_schema;
use std::process::ExitCode;

pub(super) fn schema() -> ExitCode {
    println!("{:#}", json_schema());
    ExitCode::SUCCESS
}
