//! The target functions, sampled at the network's time steps.
//!
//! A Gaussian process with kernel exp(−2 sin²(π|t − t'|/T)) = e⁻¹ exp(cos(2π(t − t')/T)) is
//! stationary and periodic, and exp(cos x) = I_0(1) + 2 Σ_k I_k(1) cos(kx) (Abramowitz & Stegun
//! 9.6.34; I_k: modified Bessel functions). So a draw is exactly
//!
//! V_tar(t) = a_0 + Σ_{k≥1} a_k cos(2πkt/T) + b_k sin(2πkt/T)
//!
//! with independent normal coefficients of variance e⁻¹ I_0(1) for a_0 and 2 e⁻¹ I_k(1) for each a_k
//! and b_k: no covariance matrix, any length.

mod recorded;

use crate::memory::{self, DrawError, OutOfMemory};
use crate::params::{Sine, TargetParams, whole_steps};
use crate::streams::{Purpose, RandomStream};
use std::f64::consts::TAU;

/// Harmonics that are drawn. The first one left out has a standard deviation of 4·10⁻¹⁷, below the
/// rounding of a sum of order 1.
const HARMONICS: usize = 24;

const TARGET: &str = "the target";

/// Samples one period of a target at steps of `dt_ms`: replicate `index` of the study with this seed
/// (replicates differ for drawn targets only).
///
/// # Errors
/// All that [`TargetParams::check`] finds; a recorded signal that cannot be standardised; or there is no
/// memory for it.
pub fn sample(
    params: &TargetParams,
    dt_ms: f64,
    seed: u64,
    index: u64,
) -> Result<Vec<f64>, DrawError> {
    sample_from(
        params,
        dt_ms,
        RandomStream::new(seed, Purpose::Target, index),
    )
}

/// Samples the target that takes the place of [`sample`]'s after a switch: of a drawn one, another
/// draw; a given one is the same again.
///
/// # Errors
/// All that [`TargetParams::check`] finds; or there is no memory for it.
pub fn sample_second(
    params: &TargetParams,
    dt_ms: f64,
    seed: u64,
    index: u64,
) -> Result<Vec<f64>, DrawError> {
    sample_from(
        params,
        dt_ms,
        RandomStream::new(seed, Purpose::SecondTarget, index),
    )
}

fn sample_from(
    params: &TargetParams,
    dt_ms: f64,
    stream: RandomStream,
) -> Result<Vec<f64>, DrawError> {
    let errors = params.check(dt_ms);
    if !errors.is_empty() {
        return Err(errors.into());
    }
    let steps = steps_of_period(params, dt_ms);
    match params {
        TargetParams::PeriodicGp { .. } => periodic_gp(steps, stream),
        TargetParams::Sines { components, .. } => sines(steps, dt_ms, components),
        TargetParams::Samples {
            values,
            sample_ms,
            standardise,
            ..
        } => {
            let stride = dt_ms / sample_ms;
            let mut signal = if params.is_filtered(dt_ms) {
                recorded::low_pass(values, stride, steps)?
            } else {
                recorded::interpolate(values, stride, steps)?
            };
            if *standardise {
                if params.is_filtered(dt_ms) {
                    recorded::is_left(values, &signal).map_err(|error| vec![error])?;
                }
                recorded::standardise(&mut signal).map_err(|error| vec![error])?;
            }
            Ok(signal)
        }
    }
    .map_err(DrawError::from)
}

/// Bytes that a target of so many steps takes, and those that drawing it takes beside.
pub(crate) fn bytes(steps: u64) -> (u64, u64) {
    (8 * steps, 16 * steps)
}

/// How many time steps one period has: at least one.
pub fn steps_of_period(params: &TargetParams, dt_ms: f64) -> usize {
    let length_ms = params.length_ms();
    // Recorded signals need not last a whole number of steps: they are rounded to one.
    whole_steps(length_ms, dt_ms)
        .unwrap_or_else(|| libm::round(length_ms / dt_ms) as usize)
        .max(1)
}

/// I_k(1), from its power series.
fn bessel_i_at_1(order: usize) -> f64 {
    let mut term = 1.0;
    for factor in 1..=order {
        term *= 0.5 / factor as f64;
    }
    let mut sum = 0.0;
    for m in 1..=20 {
        sum += term;
        term *= 0.25 / (m as f64 * (m + order) as f64);
    }
    sum
}

fn periodic_gp(steps: usize, mut stream: RandomStream) -> Result<Vec<f64>, OutOfMemory> {
    let scale = libm::exp(-1.0);
    let mean = libm::sqrt(scale * bessel_i_at_1(0)) * stream.normal();
    let coefficients: Vec<(f64, f64)> = (1..=HARMONICS)
        .map(|k| {
            let sd = libm::sqrt(2.0 * scale * bessel_i_at_1(k));
            (sd * stream.normal(), sd * stream.normal())
        })
        .collect();
    // All angles are multiples of 2π/steps: one table, and no loss of digits in large arguments.
    let table = memory::listed(steps, TARGET, |s| {
        libm::sincos(TAU * (s as f64 / steps as f64))
    })?;
    memory::listed(steps, TARGET, |step| {
        let mut value = mean;
        for (k, &(a, b)) in (1..).zip(&coefficients) {
            let (sine, cosine) = table[(k * step) % steps];
            value += a * cosine + b * sine;
        }
        value
    })
}

fn sines(steps: usize, dt_ms: f64, components: &[Sine]) -> Result<Vec<f64>, OutOfMemory> {
    memory::listed(steps, TARGET, |step| {
        let t_ms = step as f64 * dt_ms;
        components
            .iter()
            .map(|sine| sine.amplitude * libm::sin(TAU * (t_ms / sine.period_ms) + sine.phase))
            .sum()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bessel_functions_match_published_values() {
        // Abramowitz & Stegun, tables 9.8 and 9.11.
        for (order, value) in [
            (0, 1.266_065_877_752_008_4),
            (1, 0.565_159_103_992_485),
            (2, 0.135_747_669_767_038_3),
            (5, 2.714_631_559_569_719e-4),
            (10, 2.752_948_039_836_874e-10),
        ] {
            let relative = bessel_i_at_1(order) / value - 1.0;
            assert!(relative.abs() < 1e-14, "I_{order}(1): {relative:e}");
        }
    }

    #[test]
    fn the_harmonics_left_out_do_not_matter() {
        let first_left_out = 2.0 * libm::exp(-1.0) * bessel_i_at_1(HARMONICS + 1);
        assert!(first_left_out.sqrt() < 4e-17, "{:e}", first_left_out.sqrt());
        // The coefficients' variances add up to the kernel at distance 0.
        let total: f64 = bessel_i_at_1(0) + 2.0 * (1..=HARMONICS).map(bessel_i_at_1).sum::<f64>();
        assert!((total * libm::exp(-1.0) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn the_sample_covariance_is_the_kernel() {
        let params = TargetParams::PeriodicGp { length_ms: 40.0 };
        let draws = 20_000;
        let lags = [0usize, 1, 5, 10, 20, 33];
        let mut sums = [0.0; 6];
        for index in 0..draws {
            let v = sample(&params, 1.0, 11, index).unwrap();
            for (sum, lag) in sums.iter_mut().zip(lags) {
                *sum += v[3] * v[(3 + lag) % 40];
            }
        }
        for (sum, lag) in sums.iter().zip(lags) {
            let kernel = (-2.0 * (std::f64::consts::PI * lag as f64 / 40.0).sin().powi(2)).exp();
            // Var(xy) = 1 + k² for standard normals with covariance k.
            let error = ((1.0 + kernel * kernel) / draws as f64).sqrt();
            let covariance = sum / draws as f64;
            assert!(
                (covariance - kernel).abs() < 5.0 * error,
                "lag {lag}: {covariance} against {kernel}"
            );
        }
    }

    #[test]
    fn a_longer_target_is_the_same_function_stretched() {
        let short = sample(&TargetParams::PeriodicGp { length_ms: 100.0 }, 1.0, 5, 2).unwrap();
        let long = sample(&TargetParams::PeriodicGp { length_ms: 300.0 }, 1.0, 5, 2).unwrap();
        for step in 0..100 {
            assert!((short[step] - long[3 * step]).abs() < 1e-12);
        }
    }

    #[test]
    fn the_second_target_is_another_draw() {
        let params = TargetParams::PeriodicGp { length_ms: 40.0 };
        let draws = 4000;
        let mut covariance = 0.0;
        for index in 0..draws {
            let first = sample(&params, 1.0, 11, index).unwrap();
            let second = sample_second(&params, 1.0, 11, index).unwrap();
            assert_eq!(second, sample_second(&params, 1.0, 11, index).unwrap());
            covariance += first[3] * second[3] / draws as f64;
        }
        assert!(
            covariance.abs() < 5.0 / (draws as f64).sqrt(),
            "{covariance}"
        );
    }

    #[test]
    fn sines_follow_their_formula() {
        let params = TargetParams::Sines {
            length_ms: 8.0,
            components: vec![
                Sine {
                    period_ms: 8.0,
                    amplitude: 2.0,
                    phase: 0.0,
                },
                Sine {
                    period_ms: 4.0,
                    amplitude: 1.0,
                    phase: TAU / 4.0,
                },
            ],
        };
        let values = sample(&params, 1.0, 0, 0).unwrap();
        assert_eq!(values.len(), 8);
        for (value, expected) in values.iter().zip([1.0, 2.0 * 0.5f64.sqrt(), 1.0]) {
            assert!((value - expected).abs() < 1e-12, "{value} {expected}");
        }
    }
}
