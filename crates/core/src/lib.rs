//! The network and its learning rules. Knows no files, no TOML, no progress bar.

pub mod interval;
pub mod params;
