//! The network and its learning rules: what a run is, and how it is computed.
//!
//! The path of the data, in order:
//!
//! 1. [`params`]: the parameters of a run, with the ranges that make them well posed.
//! 2. [`streams`]: named random numbers, from which [`network`] and [`target`] are drawn.
//! 3. [`schedule`]: the protocol as stretches of time steps.
//! 4. [`simulation`]: the loop over time steps, for many runs at once, over the [`kernel`]s and a
//!    learning [`rule`].
//! 5. [`outcome`]: the errors at each checkpoint, and how the run ended.
//!
//! This crate knows no files, no TOML and no progress bar. The result of a run depends on its
//! parameters, the seed and [`NUMERICS_VERSION`] alone: sums run in a fixed order, elementary
//! functions come from [`numeric`] or `libm`, and there is no clock.

pub mod interval;
pub mod kernel;
pub mod memory;
pub mod network;
pub mod numeric;
pub mod outcome;
pub mod params;
pub mod rule;
pub mod schedule;
pub mod simd;
pub mod simulation;
pub mod streams;
pub mod target;

/// Version of the numerics: part of the identity of every result. It rises whenever any run of any
/// parameters could come out with other bits than before.
pub const NUMERICS_VERSION: u32 = 2;
