//! The variance of the last errors, for the noise model `window`.

use crate::numeric::{Lanes, Real};
use crate::simd::{Pair, Path, Vector, dispatched};

dispatched! {
    /// For each lane, the variance of its first `filled` errors, about their mean and divided by
    /// their number; 0 without errors. Row by row: an error per lane. `filled` are whole numbers.
    pub fn variances<F, const L>(
        errors: &[Lanes<F, L>],
        filled: &Lanes<F, L>,
        result: &mut Lanes<F, L>,
    ) in rows of L = variances_body
}

#[inline(always)]
fn variances_body<F: Real, V: Vector<F>, const L: usize>(
    token: V::Token,
    errors: &[Lanes<F, L>],
    filled: &Lanes<F, L>,
    result: &mut Lanes<F, L>,
) {
    if L >= 2 * V::WIDTH {
        variances_with::<F, Pair<V>, L>(token, errors, filled, result);
    } else {
        variances_with::<F, V, L>(token, errors, filled, result);
    }
}

#[inline(always)]
fn variances_with<F: Real, V: Vector<F>, const L: usize>(
    token: V::Token,
    errors: &[Lanes<F, L>],
    filled: &Lanes<F, L>,
    result: &mut Lanes<F, L>,
) {
    let zero = V::splat(token, F::ZERO);
    let one = V::splat(token, F::ONE);
    for first in (0..L).step_by(V::WIDTH) {
        let filled = V::load(token, &filled[first..]);
        // Sums over the rows in order; those past a lane's last error leave its sum as it is.
        let mut sum = zero;
        let mut row = zero;
        for errors in errors {
            let error = V::load(token, &errors[first..]);
            sum = V::select(row.less(filled), sum + error, sum);
            row = row + one;
        }
        let mean = V::select(zero.less(filled), sum / filled, zero);
        let mut squares = zero;
        let mut row = zero;
        for errors in errors {
            let deviation = V::load(token, &errors[first..]) - mean;
            squares = V::select(row.less(filled), squares + deviation * deviation, squares);
            row = row + one;
        }
        V::select(zero.less(filled), squares / filled, zero).store(&mut result[first..]);
    }
}
