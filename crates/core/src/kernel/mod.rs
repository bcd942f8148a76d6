//! The inner loops: sparse product and Euler step, rates and readout, learning.
//!
//! Numbers of one unit in all lanes lie side by side ([`PerUnit`](crate::numeric::PerUnit)), so a
//! vector instruction works on that many runs and needs no gather: of J, the value and column of a
//! non-zero are fetched once for all of them. 32 lanes of f32 or 16 of f64 are the widest rows: two
//! vectors of AVX-512. Rates are taken in panels of columns that fit the L1 cache.
//!
//! # Where the time goes
//!
//! A batch of 32 lanes in f32, N = 500, p = 0.1, that learns by the Bayesian rule at every ms (AVX-512,
//! one thread, 32 µs per step; shares as `perf record -e cpu-clock` and `examples/roofline.rs` have them):
//!
//! | share | in | bound by |
//! | --- | --- | --- |
//! | 66 % | sparse product and Euler step | loads: per non-zero two vectors of rates, a broadcast value and a quarter of a load of columns, 2.8 cycles where two vector loads alone take 2.2; then the rates that miss the L1 cache, which a panel fills, and the sums that go to L2 between panels |
//! | 20 % | tanh | arithmetic: 35 multiplications and additions in f32 and 55 in f64, two thirds of them fused, a division (10 and 16 cycles), 9 comparisons and selections |
//! | 5 % | learning | the L2 cache: weights and variances are read and written, rates read |
//! | 2 % | readout | loads |
//! | 7 % | the lanes' errors and protocols, one lane at a time, and the way between the kernels | – |
//!
//! `examples/roofline.rs` measures the machine's limits and holds each phase against them.
//!
//! Tried and rejected: panels of 128 columns (the sums' way to L2 and back costs more than the misses
//! saved: +7 %), eight rows side by side instead of four (no gain), values broadcast from a register
//! instead of memory (no gain), 64 lanes (3 % faster and twice as many runs before a batch is full).

mod blocks;
mod columns;
mod eigen;
mod force;
mod learning;
mod network;
mod noise;
pub mod probe;
mod recurrent;
mod small;
mod window;

pub use blocks::{blocks_diagonal, blocks_len, blocks_update_and_product};
pub use columns::{columns_combined, columns_times};
pub use eigen::{eigen, row_stride};
pub use force::{packed_index, packed_len, symmetric_update_and_product};
pub use learning::{add_scaled, bayesian, relax, weighted_squares};
pub use network::{advance, rates_and_readout, tanh_flat};
pub use noise::{NoiseStreams, add_noise};
pub use recurrent::Recurrent;
pub use window::variances;

use crate::numeric::{LINE, Real};

/// The sum, in a fixed order: halves are added until one number is left.
#[inline(always)]
fn pairwise<F: Real>(parts: [F; LINE]) -> F {
    let eight: [F; 8] = std::array::from_fn(|i| parts[i] + parts[i + 8]);
    let four: [F; 4] = std::array::from_fn(|i| eight[i] + eight[i + 4]);
    (four[0] + four[2]) + (four[1] + four[3])
}
