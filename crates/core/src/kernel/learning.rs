//! One pass over weights, variances and rates per learning step.

use super::dispatch::{Path, dispatched, unit_by_unit};
use crate::numeric::{Lanes, Real};

dispatched! {
    /// w_i += c r_i.
    pub(crate) fn add_scaled<F, const L>(
        weights: &mut [Lanes<F, L>],
        rates: &[Lanes<F, L>],
        factor: &Lanes<F, L>,
    ) = add_scaled_body
}

#[inline(always)]
fn add_scaled_body<F: Real, const L: usize>(
    weights: &mut [Lanes<F, L>],
    rates: &[Lanes<F, L>],
    factor: &Lanes<F, L>,
) {
    for (weight, rate) in weights.iter_mut().zip(rates) {
        unit_by_unit();
        *weight = weight.add_product(*factor, *rate);
    }
}

dispatched! {
    /// w_i += σ_i² r_i c and σ_i² −= (σ_i² r_i)² q, both with σ_i² as it was; c = δ/σ_δ²,
    /// q = 1/σ_δ².
    pub(crate) fn bayesian_together<F, const L>(
        weights: &mut [Lanes<F, L>],
        variances: &mut [Lanes<F, L>],
        rates: &[Lanes<F, L>],
        factor: &Lanes<F, L>,
        precision: &Lanes<F, L>,
    ) = together_body
}

dispatched! {
    /// σ_i² −= (σ_i² r_i)² q, then w_i += σ_i² r_i c with the new σ_i².
    pub(crate) fn bayesian_variance_first<F, const L>(
        weights: &mut [Lanes<F, L>],
        variances: &mut [Lanes<F, L>],
        rates: &[Lanes<F, L>],
        factor: &Lanes<F, L>,
        precision: &Lanes<F, L>,
    ) = variance_first_body
}

#[inline(always)]
fn together_body<F: Real, const L: usize>(
    weights: &mut [Lanes<F, L>],
    variances: &mut [Lanes<F, L>],
    rates: &[Lanes<F, L>],
    factor: &Lanes<F, L>,
    precision: &Lanes<F, L>,
) {
    bayesian_body::<F, L, false>(weights, variances, rates, factor, precision);
}

#[inline(always)]
fn variance_first_body<F: Real, const L: usize>(
    weights: &mut [Lanes<F, L>],
    variances: &mut [Lanes<F, L>],
    rates: &[Lanes<F, L>],
    factor: &Lanes<F, L>,
    precision: &Lanes<F, L>,
) {
    bayesian_body::<F, L, true>(weights, variances, rates, factor, precision);
}

#[inline(always)]
fn bayesian_body<F: Real, const L: usize, const VARIANCE_FIRST: bool>(
    weights: &mut [Lanes<F, L>],
    variances: &mut [Lanes<F, L>],
    rates: &[Lanes<F, L>],
    factor: &Lanes<F, L>,
    precision: &Lanes<F, L>,
) {
    let times = |a: F, b: F| a * b;
    for ((weight, variance), rate) in weights.iter_mut().zip(variances).zip(rates) {
        unit_by_unit();
        let gain = variance.zip(*rate, times);
        let loss = gain.zip(gain, times).zip(*precision, times);
        *variance = variance.zip(loss, |variance, loss| variance - loss);
        let gain = if VARIANCE_FIRST {
            variance.zip(*rate, times)
        } else {
            gain
        };
        *weight = weight.add_product(gain, *factor);
    }
}
