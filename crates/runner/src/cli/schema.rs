//! `runner schema`

use super::say;
use crate::spec::json_schema;
use std::process::ExitCode;

pub(super) fn schema() -> ExitCode {
    say(format_args!("{:#}", json_schema()));
    ExitCode::SUCCESS
}
