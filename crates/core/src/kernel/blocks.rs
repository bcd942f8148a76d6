//! The pass over the blocks of a covariance, for all lanes at once.

use crate::numeric::{Lanes, PerUnit, Real};
use crate::simd::{Pair, Path, Vector, dispatched};

/// Numbers that the blocks' triangles take per lane.
pub fn blocks_len(units: usize, size: usize) -> usize {
    let (whole, rest) = (units / size, units % size);
    whole * triangle(size) + triangle(rest)
}

/// Where the variance of a unit is among them.
pub fn blocks_diagonal(unit: usize, size: usize) -> usize {
    let (block, i) = (unit / size, unit % size);
    block * triangle(size) + triangle(i + 1) - 1
}

/// Numbers of the lower triangle of so many rows.
const fn triangle(rows: usize) -> usize {
    rows * (rows + 1) / 2
}

/// Σ −= c d dᵀ within blocks of `size` units, then k = Σ r and `projections` = rᵀk, all per lane. Of Σ
/// the lower triangles of the blocks ([`blocks_len`] rows); `directions` d, `rates` r and `products` k
/// have N rows.
pub fn blocks_update_and_product<F: Real, const L: usize>(
    packed: &mut PerUnit<F, L>,
    size: usize,
    directions: &PerUnit<F, L>,
    scales: &Lanes<F, L>,
    rates: &PerUnit<F, L>,
    products: &mut PerUnit<F, L>,
    projections: &mut Lanes<F, L>,
) {
    pass(
        packed.rows_mut(),
        size,
        directions.rows(),
        scales,
        rates.rows(),
        products.rows_mut(),
        projections,
    );
}

dispatched! {
    fn pass<F, const L>(
        packed: &mut [Lanes<F, L>],
        size: usize,
        directions: &[Lanes<F, L>],
        scales: &Lanes<F, L>,
        rates: &[Lanes<F, L>],
        products: &mut [Lanes<F, L>],
        projections: &mut Lanes<F, L>,
    ) in rows of L = pass_body
}

#[allow(clippy::too_many_arguments)] // the pass is one: it has what it has
#[inline(always)]
fn pass_body<F: Real, V: Vector<F>, const L: usize>(
    token: V::Token,
    packed: &mut [Lanes<F, L>],
    size: usize,
    directions: &[Lanes<F, L>],
    scales: &Lanes<F, L>,
    rates: &[Lanes<F, L>],
    products: &mut [Lanes<F, L>],
    projections: &mut Lanes<F, L>,
) {
    if L >= 2 * V::WIDTH {
        pass_with::<F, Pair<V>, L>(
            token,
            packed,
            size,
            directions,
            scales,
            rates,
            products,
            projections,
        );
    } else {
        pass_with::<F, V, L>(
            token,
            packed,
            size,
            directions,
            scales,
            rates,
            products,
            projections,
        );
    }
}

#[allow(clippy::too_many_arguments)]
#[inline(always)]
fn pass_with<F: Real, V: Vector<F>, const L: usize>(
    token: V::Token,
    packed: &mut [Lanes<F, L>],
    size: usize,
    directions: &[Lanes<F, L>],
    scales: &Lanes<F, L>,
    rates: &[Lanes<F, L>],
    products: &mut [Lanes<F, L>],
    projections: &mut Lanes<F, L>,
) {
    for first in (0..L).step_by(V::WIDTH) {
        let scale = V::load(token, &scales[first..]);
        let mut projection = V::splat(token, F::ZERO);
        let mut rest = &mut *packed;
        let blocks = directions
            .chunks(size)
            .zip(rates.chunks(size))
            .zip(products.chunks_mut(size));
        for ((directions, rates), products) in blocks {
            for i in 0..rates.len() {
                let (row, after) = rest.split_at_mut(i + 1);
                rest = after;
                let rate = V::load(token, &rates[i][first..]);
                let shrink = scale * V::load(token, &directions[i][first..]);
                // Σ_{j<i} Σ_ij r_j goes to k_i; Σ_ij r_i to each k_j.
                let mut sum = V::splat(token, F::ZERO);
                for (j, p) in row[..i].iter_mut().enumerate() {
                    let d = V::load(token, &directions[j][first..]);
                    let value = shrink.mul_from(d, V::load(token, &p[first..]));
                    value.store(&mut p[first..]);
                    sum = value.mul_add(V::load(token, &rates[j][first..]), sum);
                    let k = V::load(token, &products[j][first..]);
                    value.mul_add(rate, k).store(&mut products[j][first..]);
                }
                let d = V::load(token, &directions[i][first..]);
                let value = shrink.mul_from(d, V::load(token, &row[i][first..]));
                value.store(&mut row[i][first..]);
                value.mul_add(rate, sum).store(&mut products[i][first..]);
            }
            for (k, rate) in products.iter().zip(rates) {
                let k = V::load(token, &k[first..]);
                projection = V::load(token, &rate[first..]).mul_add(k, projection);
            }
        }
        projection.store(&mut projections[first..]);
    }
}
