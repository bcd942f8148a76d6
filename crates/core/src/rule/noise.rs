//! σ_δ², the variance of the error, in each lane.

use super::error_window::ErrorWindow;
use crate::numeric::{Lanes, Mask, Real};
use crate::params::Noise;

/// The noise model of each lane.
pub(super) struct Noises<F, const L: usize> {
    /// σ_δ² where it is fixed.
    fixed: [Option<F>; L],
    window: ErrorWindow<F, L>,
}

impl<F: Real, const L: usize> Noises<F, L> {
    pub(super) fn new() -> Self {
        Self {
            fixed: [Some(F::ONE); L],
            window: ErrorWindow::new(),
        }
    }

    /// Prepares a lane for a new run.
    pub(super) fn begin(&mut self, lane: usize, noise: &Noise) {
        self.fixed[lane] = match *noise {
            Noise::Fixed { variance } => {
                self.window.close(lane);
                Some(F::from_f64(variance))
            }
            Noise::Window { errors, lag_steps } => {
                self.window.open(lane, errors, lag_steps);
                None
            }
        };
    }

    /// Forgets a lane's errors.
    pub(super) fn park(&mut self, lane: usize) {
        self.fixed[lane] = Some(F::ONE);
        self.window.close(lane);
    }

    pub(super) fn observe(&mut self, errors: &Lanes<F, L>, on: &Mask<L>) {
        self.window.push(errors, on);
    }

    /// σ_δ² of each lane at this moment; none while a window has too few errors or no spread.
    pub(super) fn variances(&self) -> [Option<F>; L] {
        let windows = self.window.variances();
        std::array::from_fn(|lane| match self.fixed[lane] {
            Some(variance) => Some(variance),
            // A window of equal errors tells nothing about their variance: no step is better than
            // an infinite one. NaN passes, so that a broken lane is seen as such.
            None => {
                (self.window.count(lane) >= 2 && windows[lane] != F::ZERO).then_some(windows[lane])
            }
        })
    }

    pub(super) fn save(&self, lane: usize) -> Vec<f64> {
        self.window.save(lane)
    }

    pub(super) fn restore(&mut self, lane: usize, saved: &[f64]) -> bool {
        self.window.restore(lane, saved)
    }
}
