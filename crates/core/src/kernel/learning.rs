//! One pass over weights, variances and rates per learning step.
//!
//! Element by element, over all units and lanes: what a lane multiplies with comes as a pattern that
//! repeats along the numbers.

use crate::numeric::{LINE, Lanes, PerUnit, Real};
use crate::simd::{Path, Vector, dispatched};

/// Numbers of one round of a loop: whole cache lines, and whole rows.
const fn round(lanes: usize) -> usize {
    if lanes > LINE { lanes } else { LINE }
}

/// The longest round: so many lanes at most.
const MAX_LANES: usize = 32;

/// The lanes' numbers, repeated over a round.
fn pattern<F: Real, const L: usize>(lanes: &Lanes<F, L>) -> [F; MAX_LANES] {
    std::array::from_fn(|i| lanes[i % L])
}

/// w_i += c r_i, with c per lane.
pub fn add_scaled<F: Real, const L: usize>(
    weights: &mut PerUnit<F, L>,
    rates: &PerUnit<F, L>,
    factor: &Lanes<F, L>,
) {
    add_scaled_flat::<F, L>(weights.flat_mut(), rates.flat(), &pattern(factor));
}

dispatched! {
    fn add_scaled_flat<F, const L>(weights: &mut [F], rates: &[F], factor: &[F; MAX_LANES]) = add_scaled_body
}

#[inline(always)]
fn add_scaled_body<F: Real, V: Vector<F>, const L: usize>(
    token: V::Token,
    weights: &mut [F],
    rates: &[F],
    factor: &[F; MAX_LANES],
) {
    let rounds = weights
        .chunks_exact_mut(round(L))
        .zip(rates.chunks_exact(round(L)));
    for (weights, rates) in rounds {
        let mut at = 0;
        while at < round(L) {
            let weight = V::load(token, &weights[at..]);
            let change = V::load(token, &factor[at..]) * V::load(token, &rates[at..]);
            (weight + change).store(&mut weights[at..]);
            at += V::WIDTH;
        }
    }
}

/// w_i += σ_i² r_i c and σ_i² −= (σ_i² r_i)² q, with c = δ/σ_δ² and q = 1/σ_δ² per lane. With
/// `VARIANCE_FIRST`, the weight's step takes the new σ_i², otherwise both take it as it was.
pub fn bayesian<F: Real, const L: usize, const VARIANCE_FIRST: bool>(
    weights: &mut PerUnit<F, L>,
    variances: &mut PerUnit<F, L>,
    rates: &PerUnit<F, L>,
    factor: &Lanes<F, L>,
    precision: &Lanes<F, L>,
) {
    let flat = if VARIANCE_FIRST {
        bayesian_variance_first::<F, L>
    } else {
        bayesian_together::<F, L>
    };
    flat(
        weights.flat_mut(),
        variances.flat_mut(),
        rates.flat(),
        &pattern(factor),
        &pattern(precision),
    );
}

dispatched! {
    fn bayesian_together<F, const L>(
        weights: &mut [F],
        variances: &mut [F],
        rates: &[F],
        factor: &[F; MAX_LANES],
        precision: &[F; MAX_LANES],
    ) = together_body
}

dispatched! {
    fn bayesian_variance_first<F, const L>(
        weights: &mut [F],
        variances: &mut [F],
        rates: &[F],
        factor: &[F; MAX_LANES],
        precision: &[F; MAX_LANES],
    ) = variance_first_body
}

#[inline(always)]
fn together_body<F: Real, V: Vector<F>, const L: usize>(
    token: V::Token,
    weights: &mut [F],
    variances: &mut [F],
    rates: &[F],
    factor: &[F; MAX_LANES],
    precision: &[F; MAX_LANES],
) {
    bayesian_body::<F, V, L, false>(token, weights, variances, rates, factor, precision);
}

#[inline(always)]
fn variance_first_body<F: Real, V: Vector<F>, const L: usize>(
    token: V::Token,
    weights: &mut [F],
    variances: &mut [F],
    rates: &[F],
    factor: &[F; MAX_LANES],
    precision: &[F; MAX_LANES],
) {
    bayesian_body::<F, V, L, true>(token, weights, variances, rates, factor, precision);
}

#[inline(always)]
fn bayesian_body<F: Real, V: Vector<F>, const L: usize, const VARIANCE_FIRST: bool>(
    token: V::Token,
    weights: &mut [F],
    variances: &mut [F],
    rates: &[F],
    factor: &[F; MAX_LANES],
    precision: &[F; MAX_LANES],
) {
    let rounds = weights
        .chunks_exact_mut(round(L))
        .zip(variances.chunks_exact_mut(round(L)))
        .zip(rates.chunks_exact(round(L)));
    for ((weights, variances), rates) in rounds {
        let mut at = 0;
        while at < round(L) {
            let rate = V::load(token, &rates[at..]);
            let old = V::load(token, &variances[at..]);
            let gain = old * rate;
            let new = old - gain * gain * V::load(token, &precision[at..]);
            new.store(&mut variances[at..]);
            let gain = if VARIANCE_FIRST { new * rate } else { gain };
            let weight = V::load(token, &weights[at..]) + gain * V::load(token, &factor[at..]);
            weight.store(&mut weights[at..]);
            at += V::WIDTH;
        }
    }
}

/// x_i −= c (x_i − m), with c and m per lane.
pub fn relax<F: Real, const L: usize>(
    values: &mut PerUnit<F, L>,
    factor: &Lanes<F, L>,
    mean: &Lanes<F, L>,
) {
    relax_flat::<F, L>(values.flat_mut(), &pattern(factor), &pattern(mean));
}

dispatched! {
    fn relax_flat<F, const L>(values: &mut [F], factor: &[F; MAX_LANES], mean: &[F; MAX_LANES]) = relax_body
}

#[inline(always)]
fn relax_body<F: Real, V: Vector<F>, const L: usize>(
    token: V::Token,
    values: &mut [F],
    factor: &[F; MAX_LANES],
    mean: &[F; MAX_LANES],
) {
    for values in values.chunks_exact_mut(round(L)) {
        let mut at = 0;
        while at < round(L) {
            let value = V::load(token, &values[at..]);
            let change = V::load(token, &factor[at..]) * (value - V::load(token, &mean[at..]));
            (value - change).store(&mut values[at..]);
            at += V::WIDTH;
        }
    }
}

/// Σ_i x_i y_i² per lane, over the rows in order.
pub fn weighted_squares<F: Real, const L: usize>(
    x: &PerUnit<F, L>,
    y: &PerUnit<F, L>,
    result: &mut Lanes<F, L>,
) {
    weighted_squares_rows(x.rows(), y.rows(), result);
}

dispatched! {
    fn weighted_squares_rows<F, const L>(
        x: &[Lanes<F, L>],
        y: &[Lanes<F, L>],
        result: &mut Lanes<F, L>,
    ) in rows of L = weighted_squares_body
}

#[inline(always)]
fn weighted_squares_body<F: Real, V: Vector<F>, const L: usize>(
    token: V::Token,
    x: &[Lanes<F, L>],
    y: &[Lanes<F, L>],
    result: &mut Lanes<F, L>,
) {
    for first in (0..L).step_by(V::WIDTH) {
        let mut sum = V::splat(token, F::ZERO);
        for (x, y) in x.iter().zip(y) {
            let y = V::load(token, &y[first..]);
            sum = (V::load(token, &x[first..]) * y).mul_add(y, sum);
        }
        sum.store(&mut result[first..]);
    }
}
