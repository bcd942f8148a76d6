//! The network and its learning rules. Knows no files, no TOML, no progress bar.

pub mod interval;
pub mod params;

/// Version of the numerics: part of the identity of every result. It rises whenever any run of any
/// parameters could come out with other bits than before.
pub const NUMERICS_VERSION: u32 = 1;
