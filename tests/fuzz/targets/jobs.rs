#![no_main]

#[path = "../checks/jobs.rs"]
mod jobs;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| jobs::check(bytes));
