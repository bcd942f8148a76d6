//! What keeps a covariance positive over millions of updates.
//!
//! Each update subtracts c k kᵀ from Σ with rounding errors of a unit in the last place of its entries. In directions
//! that are known to more digits than the format has, what remains of Σ is these errors, and once it is negative
//! there, every update makes it more so: in f32, blocks of 10 on a slow trajectory broke after 6 million updates.
//! So every 2²⁰ updates (about a million) each variance grows by 32 units in the last place of Σ(0): more than
//! the errors since, and a millionth of the prior.
//!
//! It is for blocks. All covariances at once, FORCE, have the errors of many more entries: on that trajectory they
//! break in f32 after 3 million updates, with this or without, and in f64 not within 10 million.

use crate::numeric::Real;

/// Updates between two additions: more than most studies have, whose bits are those without.
const PERIOD: u64 = 1 << 20;
/// What is added, in units in the last place of Σ(0).
const UNITS: f64 = 32.0;

/// The age of a run's covariance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Upkeep<F> {
    updates: u64,
    /// The variances in Σ(0).
    variance: F,
}

impl<F: Real> Upkeep<F> {
    /// Before the first learning step: Σ(0) waits for the first σ_δ².
    pub(super) fn new() -> Self {
        Self {
            updates: 0,
            variance: F::ZERO,
        }
    }

    /// At a learning step: whether it is the first, for which Σ is to be `variance` I.
    pub(super) fn begins(&mut self, variance: F) -> bool {
        let first = self.updates == 0;
        if first {
            self.variance = variance;
        }
        self.updates += 1;
        first
    }

    /// What each variance grows by after this learning step, if anything.
    pub(super) fn growth(&self) -> Option<F> {
        let due = self.updates.is_multiple_of(PERIOD) && self.updates > 0;
        due.then(|| F::from_f64(UNITS) * F::EPSILON * self.variance)
    }

    pub(super) fn save(&self) -> [f64; 2] {
        [self.updates as f64, self.variance.to_f64()]
    }

    /// Takes that up; whether it can be.
    pub(super) fn restore(&mut self, saved: [f64; 2]) -> bool {
        let [updates, variance] = saved;
        self.updates = updates as u64;
        self.variance = F::from_f64(variance);
        self.updates as f64 == updates
    }
}
