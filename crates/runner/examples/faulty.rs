//! `runner` with faults armed, for the tests of what survives them: see `synapse_runner::fault`.

use std::process::ExitCode;

fn main() -> ExitCode {
    synapse_runner::fault::arm();
    synapse_runner::cli::main()
}
