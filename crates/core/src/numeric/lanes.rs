//! Numbers of the runs of a batch, side by side.

use super::Real;
use crate::memory::{self, OutOfMemory};

/// The value of one quantity in each of `L` runs.
pub type Lanes<F, const L: usize> = [F; L];

/// Which lanes an operation is for.
pub type Mask<const L: usize> = [bool; L];

/// Numbers that a cache line holds at most: an f32 has 4 bytes of its 64.
pub const LINE: usize = 16;

/// Rows are allocated in multiples of this.
pub const PANEL: usize = 256;

/// One quantity in all units and lanes of a batch: a row of [`Lanes`] per unit, row after row.
///
/// It starts at a cache line, and is followed by rows of zeros up to a multiple of [`PANEL`].
#[derive(Debug)]
pub struct PerUnit<F, const L: usize> {
    storage: Vec<F>,
    /// Where the first cache line starts in it.
    start: usize,
    units: usize,
}

/// Numbers that [`PerUnit`] allocates for so many units and lanes.
pub(crate) const fn allocated(units: usize, lanes: usize) -> usize {
    units.next_multiple_of(PANEL) * lanes + LINE
}

impl<F: Real, const L: usize> PerUnit<F, L> {
    /// Zeros for so many units.
    pub fn zeros(units: usize) -> Self {
        Self::within(vec![F::ZERO; allocated(units, L)], units)
    }

    /// Zeros for so many units, where they may be too many for the memory.
    ///
    /// # Errors
    /// They are.
    pub fn try_zeros(units: usize, what: &'static str) -> Result<Self, OutOfMemory> {
        let storage = memory::filled(F::ZERO, allocated(units, L), what)?;
        Ok(Self::within(storage, units))
    }

    fn within(storage: Vec<F>, units: usize) -> Self {
        // A Vec of so many bytes is not aligned of itself, and a vector of 64 bytes that straddles
        // two lines costs two loads.
        let start = match storage.as_ptr().align_offset(64) {
            offset if offset < LINE => offset,
            _ => 0,
        };
        Self {
            storage,
            start,
            units,
        }
    }

    /// The rows, one per unit.
    #[inline]
    pub fn rows(&self) -> &[Lanes<F, L>] {
        &self.storage[self.start..].as_chunks::<L>().0[..self.units]
    }

    /// The rows, one per unit.
    #[inline]
    pub fn rows_mut(&mut self) -> &mut [Lanes<F, L>] {
        &mut self.storage[self.start..].as_chunks_mut::<L>().0[..self.units]
    }

    /// The rows in panels, the last one filled up with zeros.
    #[inline]
    pub fn panels(&self) -> &[[Lanes<F, L>; PANEL]] {
        self.storage[self.start..].as_chunks::<L>().0.as_chunks().0
    }

    /// All numbers, unit by unit, and zeros up to a whole number of cache lines.
    #[inline]
    pub fn flat(&self) -> &[F] {
        &self.storage[self.start..][..(self.units * L).next_multiple_of(LINE)]
    }

    /// All numbers, unit by unit, and zeros up to a whole number of cache lines.
    #[inline]
    pub fn flat_mut(&mut self) -> &mut [F] {
        &mut self.storage[self.start..][..(self.units * L).next_multiple_of(LINE)]
    }
}
