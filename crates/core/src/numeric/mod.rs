//! Arithmetic whose bits do not depend on the machine: real numbers, lanes of them, and tanh.

mod lanes;
mod real;
mod tanh;

pub(crate) use lanes::allocated;
pub use lanes::{LINE, PANEL};
pub use lanes::{Lanes, Mask, PerUnit};
pub use real::Real;
pub use tanh::TanhConstants;
pub(crate) use tanh::polynomial;
pub use tanh::tanh;
