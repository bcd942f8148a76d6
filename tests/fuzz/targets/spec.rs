#![no_main]

#[path = "../checks/spec.rs"]
mod spec;

use std::path::Path;

/// Where specs find signals.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/bad_signals");

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| spec::check(bytes, Path::new(FOLDER)));
