//! The inner loops: sparse product and Euler step, rates and readout, learning.
//!
//! State is laid out unit by unit with one [`Lanes`](crate::numeric::Lanes) per unit: a non-zero of J is loaded once and
//! multiplied with the rates of all lanes. 16 lanes of f32 are 64 bytes; the rates of 500 units are
//! then 32 KiB and stay in the L1 cache while J streams past.
//!
//! Every sum runs in one fixed order, per lane and independent of the number of lanes: over the
//! columns of a row of J, over the units for the readout. Products are rounded before they are
//! added (no fused multiply-add).

mod dispatch;
mod force;
mod learning;
mod network;

pub use dispatch::{Path, force_path, path};
pub(crate) use force::symmetric_update_and_product;
pub(crate) use learning::{add_scaled, bayesian_together, bayesian_variance_first};
pub(crate) use network::{Recurrent, advance, rates_and_readout};
