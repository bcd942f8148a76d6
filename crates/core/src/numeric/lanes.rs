//! One number per run of a batch, side by side.

use super::Real;

/// The value of one quantity in each of `L` runs. Operations are element by element, in plain loops
/// over a known length, which the compiler turns into vector instructions.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(64))]
pub struct Lanes<F, const L: usize>(pub [F; L]);

/// Which lanes an operation is for.
pub type Mask<const L: usize> = [bool; L];

impl<F: Real, const L: usize> Default for Lanes<F, L> {
    fn default() -> Self {
        Self::splat(F::ZERO)
    }
}

impl<F: Real, const L: usize> Lanes<F, L> {
    /// The same value in all lanes.
    #[inline(always)]
    pub fn splat(value: F) -> Self {
        Self([value; L])
    }

    /// A value for each lane.
    #[inline(always)]
    pub fn from_fn(mut value: impl FnMut(usize) -> F) -> Self {
        // Not `std::array::from_fn`: it is not always inlined, and a call would leave the kernels'
        // instruction set.
        let mut lanes = [F::ZERO; L];
        for (lane, slot) in lanes.iter_mut().enumerate() {
            *slot = value(lane);
        }
        Self(lanes)
    }

    /// Combines with `other`, lane by lane.
    #[inline(always)]
    pub fn zip(self, other: Self, combine: impl Fn(F, F) -> F) -> Self {
        Self::from_fn(|lane| combine(self.0[lane], other.0[lane]))
    }

    /// self + a · b, rounded twice.
    #[inline(always)]
    pub fn add_product(self, a: Self, b: Self) -> Self {
        Self::from_fn(|lane| self.0[lane] + a.0[lane] * b.0[lane])
    }

    /// tanh of each lane.
    #[inline(always)]
    pub fn tanh(self) -> Self {
        Self::from_fn(|lane| self.0[lane].tanh())
    }
}
