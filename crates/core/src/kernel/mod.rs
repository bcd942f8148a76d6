//! The inner loops: sparse product and Euler step, rates and readout, learning.

mod force;
mod learning;
mod network;
pub mod probe;
mod recurrent;
mod window;

pub use force::{packed_len, row_start, symmetric_update_and_product};
pub use learning::{add_scaled, bayesian, relax};
pub use network::{advance, rates_and_readout, tanh_flat};
pub use recurrent::Recurrent;
pub use window::variances;
