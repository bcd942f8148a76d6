//! The variance of the last x errors of each lane, for the noise model `window`.

use crate::kernel;
use crate::memory::{self, OutOfMemory};
use crate::numeric::{Lanes, Mask, PerUnit, Real};
use std::collections::VecDeque;

/// Rings of the last errors, side by side.
///
/// The variance is summed anew over the whole ring at each use. Running sums would be cheaper for
/// long windows and were rejected: one error of 10⁶ leaves rounding in them for ever.
pub(super) struct ErrorWindow<F, const L: usize> {
    /// Slot by slot; a lane uses the first `size` of them.
    slots: PerUnit<F, L>,
    rings: [Ring<F>; L],
}

#[derive(Clone, Default)]
struct Ring<F> {
    /// Errors the window holds when full; 0 for a lane without a window.
    size: usize,
    /// Errors held.
    filled: usize,
    /// The slot of the next error.
    next: usize,
    /// How many of the newest errors stay outside, and those errors.
    lag: usize,
    waiting: VecDeque<F>,
}

impl<F: Real, const L: usize> ErrorWindow<F, L> {
    pub(super) fn new() -> Self {
        Self {
            slots: PerUnit::zeros(0),
            rings: std::array::from_fn(|_| Ring::default()),
        }
    }

    /// An empty window of `size` errors for a lane, of which the newest is `lag` steps old.
    pub(super) fn open(&mut self, lane: usize, size: usize, lag: usize) -> Result<(), OutOfMemory> {
        self.close(lane);
        self.rings[lane].size = size;
        self.rings[lane].lag = lag;
        if self.slots.rows().len() < size {
            let mut longer = PerUnit::try_zeros(size, super::WINDOW)?;
            let held = self.slots.rows();
            longer.rows_mut()[..held.len()].copy_from_slice(held);
            self.slots = longer;
        }
        let waiting = &mut self.rings[lane].waiting;
        waiting.try_reserve_exact(lag + 1).map_err(|_| OutOfMemory {
            bytes: ((lag + 1) * size_of::<F>()) as u64,
            what: super::WINDOW,
        })
    }

    /// No window for this lane.
    pub(super) fn close(&mut self, lane: usize) {
        self.rings[lane] = Ring::default();
    }

    /// Size and lag, errors held, the slot of the next, and all errors: those held, slot by slot, then
    /// those waiting.
    pub(super) fn save(&self, lane: usize) -> Result<Vec<f64>, OutOfMemory> {
        let ring = &self.rings[lane];
        if ring.size == 0 {
            return Ok(Vec::new());
        }
        let counts = [ring.size, ring.lag, ring.filled, ring.next];
        let count = counts.len() + ring.filled + ring.waiting.len();
        let mut saved = memory::reserved(count, super::SAVED)?;
        saved.extend(counts.map(|count| count as f64));
        let held = &self.slots.rows()[..ring.filled];
        saved.extend(held.iter().map(|row| row[lane].to_f64()));
        saved.extend(ring.waiting.iter().map(|error| error.to_f64()));
        Ok(saved)
    }

    /// Fills an open window as [`ErrorWindow::save`] saw it; whether it fits.
    pub(super) fn restore(&mut self, lane: usize, saved: &[f64]) -> bool {
        let ring = &mut self.rings[lane];
        let &[size, lag, filled, next, ref errors @ ..] = saved else {
            return saved.is_empty() && ring.size == 0;
        };
        let (filled, next) = (filled as usize, next as usize);
        let like_it = (size as usize, lag as usize) == (ring.size, ring.lag);
        if !like_it || filled > ring.size || next >= ring.size {
            return false;
        }
        let Some((held, waiting)) = errors.split_at_checked(filled) else {
            return false;
        };
        (ring.filled, ring.next) = (filled, next);
        ring.waiting
            .extend(waiting.iter().map(|&error| F::from_f64(error)));
        for (row, &error) in self.slots.rows_mut().iter_mut().zip(held) {
            row[lane] = F::from_f64(error);
        }
        waiting.len() <= ring.lag
    }

    /// Errors in a lane's window.
    pub(super) fn count(&self, lane: usize) -> usize {
        self.rings[lane].filled
    }

    /// Adds an error to the windows of the lanes that are on.
    pub(super) fn push(&mut self, errors: &Lanes<F, L>, on: &Mask<L>) {
        for (lane, ring) in self.rings.iter_mut().enumerate() {
            if ring.size == 0 || !on[lane] {
                continue;
            }
            ring.waiting.push_back(errors[lane]);
            if ring.waiting.len() <= ring.lag {
                continue;
            }
            if let Some(error) = ring.waiting.pop_front() {
                self.slots.rows_mut()[ring.next][lane] = error;
                ring.next = (ring.next + 1) % ring.size;
                ring.filled = (ring.filled + 1).min(ring.size);
            }
        }
    }

    /// The variance, about their mean and divided by their number, of the errors in each window; the
    /// sums run over the slots in order, whatever the oldest error's slot. 0 without errors.
    pub(super) fn variances(&self) -> Lanes<F, L> {
        let longest = self.rings.iter().map(|ring| ring.filled).max().unwrap_or(0);
        let filled = self
            .rings
            .each_ref()
            .map(|ring| F::from_f64(ring.filled as f64));
        let mut variances = [F::ZERO; L];
        kernel::variances(&self.slots.rows()[..longest], &filled, &mut variances);
        variances
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_of_different_length_and_lag_side_by_side() {
        let mut window = ErrorWindow::<f64, 4>::new();
        window.open(0, 3, 0).unwrap();
        window.open(1, 5, 2).unwrap();
        window.open(2, 3, 0).unwrap();
        let errors: Vec<f64> = (0..20).map(|i| ((i * i) % 17) as f64 * 0.3).collect();
        for (step, &error) in errors.iter().enumerate() {
            // Lane 2 sees every other error; lane 3 has no window.
            window.push(&[error; 4], &[true, true, step % 2 == 0, true]);
        }
        let variance = |values: &[f64]| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / values.len() as f64
        };
        let found = window.variances();
        let expected = [
            variance(&errors[17..20]),
            variance(&errors[13..18]),
            variance(&[errors[14], errors[16], errors[18]]),
            0.0,
        ];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-14, "{found} {expected}");
        }
        assert_eq!(window.count(3), 0);
    }

    #[test]
    fn one_huge_error_leaves_no_trace() {
        let mut window = ErrorWindow::<f32, 1>::new();
        window.open(0, 4, 0).unwrap();
        for error in [1e18f32, 1.0, 2.0, 3.0, 4.0] {
            window.push(&[error], &[true]);
        }
        assert_eq!(window.variances(), [1.25]);
    }
}
