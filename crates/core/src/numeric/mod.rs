//! Arithmetic whose bits do not depend on the machine: real numbers, lanes of them, and tanh.

mod lanes;
mod real;
mod tanh;

pub use lanes::{Lanes, Mask};
pub use real::Real;
