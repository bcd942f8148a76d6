//! The inner loops: sparse product and Euler step, rates and readout, learning.

mod force;
mod learning;
mod network;
mod recurrent;

pub(crate) use force::{row_start, symmetric_update_and_product};
pub(crate) use learning::{add_scaled, bayesian, relax};
#[cfg(test)]
pub(crate) use network::tanh_flat;
pub(crate) use network::{advance, rates_and_readout};
pub(crate) use recurrent::Recurrent;
