//! A recorded signal at the network's time steps.
//!
//! The samples are one period: the first follows the last. Where the network's step is not longer than
//! the time between two samples, the signal lies on straight lines between them. Where it is longer,
//! what oscillates faster than once in two steps would come out as something slower that is not in
//! the recording, so a low-pass goes first:
//!
//! y_k = Σ_j h(j/s − k) x_j / Σ_j h(j/s − k),   h(u) = sinc(c u) w(u/A) for |u| < A,
//!
//! s: samples per step; c = 0.9: the cut-off as a fraction of the Nyquist frequency of the steps;
//! w(x) = 0.42 + 0.5 cos(πx) + 0.08 cos(2πx): Blackman's window, over A = 32 steps on each side. It is
//! symmetric, so that it shifts no phase; it keeps constants; from the Nyquist frequency on it
//! lets less than 3·10⁻⁴ through, up to 0.8 of that frequency it changes amplitudes by less than that.

use super::TARGET;
use crate::memory::{self, OutOfMemory};
use crate::params::ParamError;
use std::f64::consts::PI;

/// c.
const CUT_OFF: f64 = 0.9;
/// A.
const HALF_WIDTH: f64 = 32.0;
/// A standard deviation below this part of the largest value is rounding, not signal.
const ROUNDING: f64 = 1e-13;

/// Reads `values` at 0, `stride`, 2·`stride`, …, linearly between samples; the first sample follows
/// the last.
///
/// # Errors
/// There is no memory for it.
pub(super) fn interpolate(
    values: &[f64],
    stride: f64,
    steps: usize,
) -> Result<Vec<f64>, OutOfMemory> {
    memory::listed(steps, TARGET, |step| {
        let position = step as f64 * stride;
        let before = libm::floor(position);
        let fraction = position - before;
        let left = values[before as usize % values.len()];
        let right = values[(before as usize + 1) % values.len()];
        left + fraction * (right - left)
    })
}

/// Reads `values` at 0, `stride`, 2·`stride`, … through the low-pass; `stride` > 1.
///
/// # Errors
/// There is no memory for it.
pub(super) fn low_pass(values: &[f64], stride: f64, steps: usize) -> Result<Vec<f64>, OutOfMemory> {
    let reach = libm::ceil(HALF_WIDTH * stride) as i64;
    let period = values.len() as i64;
    let mut weights: Vec<f64> = memory::reserved(2 * reach as usize + 2, TARGET)?;
    let mut total = 0.0;
    let mut of_fraction = f64::NAN;
    memory::listed(steps, TARGET, |step| {
        let position = step as f64 * stride;
        let before = libm::floor(position);
        let fraction = position - before;
        // Whole strides have the same weights at all steps.
        if fraction.to_bits() != of_fraction.to_bits() {
            let weight = |j: i64| kernel((j as f64 - fraction) / stride);
            weights.clear();
            weights.extend((-reach..=reach + 1).map(weight));
            total = weights.iter().sum();
            of_fraction = fraction;
        }
        let mut at = (before as i64 - reach).rem_euclid(period) as usize;
        let mut sum = 0.0;
        for weight in &weights {
            sum += weight * values[at];
            at = if at + 1 == values.len() { 0 } else { at + 1 };
        }
        sum / total
    })
}

/// What the low-pass must leave of a signal's deviation for it to be scaled to variance 1: below this it
/// is what leaks through the filter, the very alias that it is there to remove.
const LEAST_LEFT: f64 = 1e-3;

/// Makes sure that the low-pass has left something to be scaled up.
///
/// # Errors
/// All but a thousandth of the signal's deviation is gone.
pub(super) fn is_left(values: &[f64], signal: &[f64]) -> Result<(), ParamError> {
    let largest = values.iter().fold(0.0f64, |max, x| max.max(libm::fabs(*x)));
    if largest == 0.0 {
        return Ok(());
    }
    // In units of the largest, so that nothing overflows.
    let deviation = |list: &[f64]| {
        let n = list.len() as f64;
        let mean = list.iter().map(|x| x / largest).sum::<f64>() / n;
        let squares = list.iter().map(|x| x / largest - mean);
        libm::sqrt(squares.map(|x| x * x).sum::<f64>() / n)
    };
    let left = deviation(signal) / deviation(values);
    if left < LEAST_LEFT {
        return Err(ParamError::Signal {
            field: "target.standardise",
            problem: format!(
                "the low-pass leaves {left:.1e} of the signal's standard deviation, and scaling that up would give a \
                 signal that is not in the recording; choose a shorter network.dt_ms, or standardise = false"
            ),
        });
    }
    Ok(())
}

/// h.
fn kernel(u: f64) -> f64 {
    let x = u / HALF_WIDTH;
    if libm::fabs(x) >= 1.0 {
        return 0.0;
    }
    let phase = PI * CUT_OFF * u;
    let sinc = if phase == 0.0 {
        1.0
    } else {
        libm::sin(phase) / phase
    };
    sinc * (0.42 + 0.5 * libm::cos(PI * x) + 0.08 * libm::cos(2.0 * PI * x))
}

/// Shifts and scales to mean 0 and variance 1.
///
/// # Errors
/// A signal that does not vary, or whose variance is no normal number. Leaving such a signal as zeros
/// would give a target that any rule "learns".
pub(super) fn standardise(signal: &mut [f64]) -> Result<(), ParamError> {
    let n = signal.len() as f64;
    let mean = signal.iter().sum::<f64>() / n;
    let variance = signal.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
    let largest = signal.iter().fold(0.0f64, |max, x| max.max(libm::fabs(*x)));
    let first = signal.first().copied().unwrap_or(0.0);
    let problem = if signal.iter().all(|&x| x == first) {
        Some(format!(
            "the signal is {first:?} at all {} time steps of the network; to be scaled to variance 1, it must vary at \
             them",
            signal.len()
        ))
    } else if !variance.is_finite() {
        Some(format!(
            "the variance of the signal overflows, with values of up to {largest:e}; give the signal in a larger unit"
        ))
    } else if !variance.is_normal() {
        Some(format!(
            "the variance of the signal underflows, with values of up to {largest:e}; give the signal in a smaller unit"
        ))
    } else if libm::sqrt(variance) <= ROUNDING * largest {
        Some(format!(
            "the signal varies by {:e} around {mean:e} at the time steps of the network, no more than rounding does; to \
             be scaled to variance 1, it must vary at them",
            libm::sqrt(variance)
        ))
    } else {
        None
    };
    if let Some(problem) = problem {
        return Err(ParamError::Signal {
            field: "target.standardise",
            problem,
        });
    }
    let scale = 1.0 / libm::sqrt(variance);
    for value in signal {
        *value = (*value - mean) * scale;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::DrawError;
    use crate::params::{Resample, TargetParams};
    use crate::target::sample;
    use std::f64::consts::TAU;

    fn recorded(values: Vec<f64>, sample_ms: f64, standardise: bool) -> TargetParams {
        TargetParams::Samples {
            values,
            sample_ms,
            standardise,
            resample: Resample::LowPass,
        }
    }

    fn amplitude(signal: &[f64]) -> f64 {
        signal.iter().fold(0.0f64, |max, x| max.max(x.abs()))
    }

    #[test]
    fn recorded_signals_are_interpolated_and_standardised() {
        let signal = recorded(vec![0.0, 4.0, 2.0], 2.0, false);
        assert_eq!(
            sample(&signal, 1.0, 0, 0).unwrap(),
            [0.0, 2.0, 4.0, 3.0, 2.0, 1.0]
        );
        let signal = recorded(vec![0.0, 4.0, 2.0], 2.0, true);
        let values = sample(&signal, 1.0, 0, 0).unwrap();
        let mean: f64 = values.iter().sum::<f64>() / 6.0;
        let variance: f64 = values.iter().map(|x| x * x).sum::<f64>() / 6.0;
        assert!(mean.abs() < 1e-15 && (variance - 1.0).abs() < 1e-15);
    }

    #[test]
    fn steps_as_long_as_the_samples_read_the_samples() {
        // 0.1 + 0.2 is a little more than 0.3: no reason for a filter.
        let values = vec![0.0, 4.0, 2.0, 7.0];
        let signal = recorded(values.clone(), 0.3, false);
        let read = sample(&signal, 0.1 + 0.2, 0, 0).unwrap();
        for (read, value) in read.iter().zip(&values) {
            assert!((read - value).abs() < 1e-12);
        }
    }

    /// A sine of `per_step` cycles per time step in 200 steps of `stride` samples.
    fn filtered(per_step: f64, stride: f64) -> (Vec<f64>, Vec<f64>) {
        let steps = 200;
        let n = (steps as f64 * stride) as usize;
        let sine = |t: f64| (TAU * per_step * t + 0.4).sin();
        let values: Vec<f64> = (0..n).map(|j| sine(j as f64 / stride)).collect();
        let wanted = (0..steps).map(|k| sine(k as f64)).collect();
        (low_pass(&values, stride, steps).unwrap(), wanted)
    }

    #[test]
    fn the_low_pass_keeps_what_steps_can_show_and_stops_the_rest() {
        for stride in [20.0, 2.5, 1.5] {
            for per_step in [0.0, 0.05, 0.2, 0.4] {
                let (read, wanted) = filtered(per_step, stride);
                let errors: Vec<f64> = read.iter().zip(&wanted).map(|(a, b)| a - b).collect();
                let error = amplitude(&errors);
                assert!(error < 3e-4, "{per_step} of {stride}: {error}");
            }
            for per_step in [0.5, 0.6, 1.0, 1.25] {
                // Not beyond what the samples themselves can show.
                if per_step < stride / 2.0 {
                    let left = amplitude(&filtered(per_step, stride).0);
                    assert!(left < 3e-4, "{per_step} of {stride}: {left}");
                }
            }
        }
    }

    #[test]
    fn what_leaks_through_the_low_pass_is_not_scaled_up() {
        // 900 Hz, sampled at 20 kHz, at steps of 1 ms.
        let sine: Vec<f64> = (0..2000)
            .map(|j| (TAU * 0.9 * f64::from(j) / 20.0).sin())
            .collect();
        let signal = |values: &[f64]| TargetParams::Samples {
            values: values.to_vec(),
            sample_ms: 0.05,
            standardise: true,
            resample: Resample::LowPass,
        };
        let error = sample(&signal(&sine), 1.0, 0, 0).unwrap_err().to_string();
        assert!(
            error.contains("of the signal's standard deviation, and scaling that up would give a signal that is not in"),
            "{error}"
        );
        // With something else in it that steps can show.
        let slow = |j: usize| 0.01 * (TAU * 0.05 * j as f64 / 20.0).sin();
        let both: Vec<f64> = sine.iter().enumerate().map(|(j, x)| x + slow(j)).collect();
        assert!(sample(&signal(&both), 1.0, 0, 0).is_ok());
    }

    #[test]
    fn the_low_pass_closes_the_seam() {
        // Rotating the period rotates the result: no end is treated differently.
        let values: Vec<f64> = (0..60).map(|j| f64::from(j * j % 17)).collect();
        let mut rotated = values.clone();
        rotated.rotate_left(12);
        let (mut a, b) = (
            low_pass(&values, 3.0, 20).unwrap(),
            low_pass(&rotated, 3.0, 20).unwrap(),
        );
        a.rotate_left(4);
        for (a, b) in a.iter().zip(&b) {
            assert!((a - b).abs() < 1e-12, "{a} {b}");
        }
    }

    #[test]
    fn what_cannot_be_standardised_is_an_error() {
        let message = |values: Vec<f64>, sample_ms: f64| {
            let signal = recorded(values, sample_ms, true);
            let DrawError::Params(errors) = sample(&signal, 1.0, 0, 0).unwrap_err() else {
                panic!("there is memory for {} samples", 40);
            };
            assert_eq!(errors.len(), 1);
            errors[0].to_string()
        };
        let alternating: Vec<f64> = (0..40).map(|j| f64::from(j % 2)).collect();
        // Every other sample: nothing is left by the low-pass, and nothing varies without it.
        let said = message(alternating.clone(), 0.5);
        assert!(
            said.starts_with("target.standardise: the low-pass leaves "),
            "{said}"
        );
        let linear = TargetParams::Samples {
            values: alternating.clone(),
            sample_ms: 0.5,
            standardise: true,
            resample: Resample::Linear,
        };
        let said = sample(&linear, 1.0, 0, 0).unwrap_err().to_string();
        assert!(
            said.contains("target.standardise: the signal is 0.0 at all 20 time steps")
                && said.ends_with("it must vary at them"),
            "{said}"
        );
        for (factor, wanted) in [
            (
                1e160,
                "the variance of the signal overflows, with values of up to 1e160",
            ),
            (
                1e-170,
                "the variance of the signal underflows, with values of up to 1e-170",
            ),
        ] {
            let said = message(alternating.iter().map(|x| x * factor).collect(), 1.0);
            assert!(said.contains(wanted), "{said}");
        }
        assert!(message(vec![1e300; 4], 1.0).contains("is 1e300 at all 4 time steps"));
        assert!(message(vec![1e308, -1e308, 1e308], 1.0).contains("overflows"));
    }

    #[test]
    fn a_signal_of_too_many_steps_is_refused_before_it_is_made() {
        let errors = recorded(vec![0.0, 1.0], 1e12, true).check(1.0);
        assert_eq!(
            errors[0].to_string(),
            "target.sample_ms = 1000000000000: makes 2000000000000 time steps; at most 100000000 are allowed: \
             choose a shorter time or a longer network.dt_ms"
        );
    }
}
