#![no_main]

#[path = "../checks/signals.rs"]
mod signals;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| signals::check(bytes));
