//! The `runner` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    synapse_runner::cli::main()
}
