//! σ_δ², the variance of the error, in each lane.

use super::error_window::ErrorWindow;
use crate::memory::OutOfMemory;
use crate::numeric::{Lanes, Mask, Real};
use crate::params::Noise;

/// The noise model of each lane.
pub(super) struct Noises<F, const L: usize> {
    models: [Model<F>; L],
    window: ErrorWindow<F, L>,
}

/// Where σ_δ² of a lane comes from, with what has been seen so far.
#[derive(Clone, Copy)]
enum Model<F> {
    Fixed(F),
    /// In the window.
    Window,
    /// 1/errors, and the mean square after the first error.
    Exponential {
        rate: F,
        square: Option<F>,
    },
    /// Shape and scale of the posterior.
    InverseGamma {
        shape: F,
        scale: F,
    },
}

impl<F: Real, const L: usize> Noises<F, L> {
    pub(super) fn new() -> Self {
        Self {
            models: [Model::Fixed(F::ONE); L],
            window: ErrorWindow::new(),
        }
    }

    /// Prepares a lane for a new run.
    pub(super) fn begin(&mut self, lane: usize, noise: &Noise) -> Result<(), OutOfMemory> {
        self.park(lane);
        self.models[lane] = match *noise {
            Noise::Fixed { variance } => Model::Fixed(F::from_f64(variance)),
            Noise::Window { errors, lag_steps } => {
                self.window.open(lane, errors, lag_steps)?;
                Model::Window
            }
            Noise::Exponential { errors } => Model::Exponential {
                rate: F::from_f64(1.0 / errors as f64),
                square: None,
            },
            Noise::InverseGamma { shape, scale } => Model::InverseGamma {
                shape: F::from_f64(shape),
                scale: F::from_f64(scale),
            },
        };
        Ok(())
    }

    /// Forgets a lane's errors.
    pub(super) fn park(&mut self, lane: usize) {
        self.models[lane] = Model::Fixed(F::ONE);
        self.window.close(lane);
    }

    /// Sees the errors of a time step in the lanes that are on.
    pub(super) fn observe(&mut self, errors: &Lanes<F, L>, on: &Mask<L>) {
        self.window.push(errors, on);
        let half = F::from_f64(0.5);
        for (lane, model) in self
            .models
            .iter_mut()
            .enumerate()
            .filter(|(lane, _)| on[*lane])
        {
            let new = errors[lane] * errors[lane];
            match model {
                Model::Fixed(_) | Model::Window => {}
                Model::Exponential { rate, square } => {
                    *square = Some(square.map_or(new, |old| old + *rate * (new - old)));
                }
                Model::InverseGamma { shape, scale } => {
                    *shape += half;
                    *scale += half * new;
                }
            }
        }
    }

    /// σ_δ² of each lane at this moment; none while nothing tells it: a window with too few errors, or
    /// errors that are all 0 or in a window all the same.
    pub(super) fn variances(&self) -> [Option<F>; L] {
        let windows = self.window.variances();
        // Errors without spread tell nothing about their variance: no step is better than an infinite
        // one. NaN passes, so that a broken lane is seen as such.
        let told = |variance: F| (variance != F::ZERO).then_some(variance);
        std::array::from_fn(|lane| match self.models[lane] {
            Model::Fixed(variance) => Some(variance),
            Model::Window => told(windows[lane]).filter(|_| self.window.count(lane) >= 2),
            Model::Exponential { square, .. } => square.and_then(told),
            Model::InverseGamma { shape, scale } => told(scale / (shape - F::ONE)),
        })
    }

    /// What has been seen in a lane.
    pub(super) fn save(&self, lane: usize) -> Result<Vec<f64>, OutOfMemory> {
        Ok(match self.models[lane] {
            Model::Fixed(_) => Vec::new(),
            Model::Window => self.window.save(lane)?,
            Model::Exponential { square, .. } => square.map(Real::to_f64).into_iter().collect(),
            Model::InverseGamma { shape, scale } => vec![shape.to_f64(), scale.to_f64()],
        })
    }

    /// Takes that up; whether it is of such a model.
    pub(super) fn restore(&mut self, lane: usize, saved: &[f64]) -> bool {
        match (&mut self.models[lane], saved) {
            (Model::Fixed(_), []) | (Model::Exponential { .. }, []) => true,
            (Model::Window, saved) => self.window.restore(lane, saved),
            (Model::Exponential { square, .. }, &[saved]) => {
                *square = Some(F::from_f64(saved));
                true
            }
            (Model::InverseGamma { shape, scale }, &[a, b]) => {
                (*shape, *scale) = (F::from_f64(a), F::from_f64(b));
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_and_posterior_means_are_those_of_their_sums() {
        let mut noises = Noises::<f64, 2>::new();
        noises.begin(0, &Noise::Exponential { errors: 10 }).unwrap();
        let prior = Noise::InverseGamma {
            shape: 3.0,
            scale: 4.0,
        };
        noises.begin(1, &prior).unwrap();
        // Before any error the posterior is the prior, and a mean of nothing is none.
        assert_eq!(noises.variances(), [None, Some(2.0)]);
        let errors: Vec<f64> = (0..50).map(|i| f64::from(i * i % 17) * 0.3 - 2.0).collect();
        for (step, &error) in errors.iter().enumerate() {
            noises.observe(&[error; 2], &[true, step % 2 == 0]);
        }
        let weights = |k: usize| 0.1 * 0.9f64.powi(49 - k as i32);
        let later = (1..50)
            .map(|k| weights(k) * errors[k] * errors[k])
            .sum::<f64>();
        let exponential = later + 0.9f64.powi(49) * errors[0] * errors[0];
        let squares: f64 = errors.iter().step_by(2).map(|e| e * e).sum();
        let posterior = (4.0 + squares / 2.0) / (3.0 + 12.5 - 1.0);
        let found = noises.variances().map(Option::unwrap);
        assert!((found[0] / exponential - 1.0).abs() < 1e-12);
        assert!((found[1] / posterior - 1.0).abs() < 1e-12);
        // Saved and taken up again, and not by another model.
        let saved = [0, 1].map(|lane| noises.save(lane).unwrap());
        noises.begin(0, &Noise::Exponential { errors: 10 }).unwrap();
        noises.begin(1, &prior).unwrap();
        assert!(!noises.restore(0, &saved[1]) && !noises.restore(1, &saved[0]));
        assert!(noises.restore(0, &saved[0]) && noises.restore(1, &saved[1]));
        assert_eq!(noises.variances().map(Option::unwrap), found);
    }
}
