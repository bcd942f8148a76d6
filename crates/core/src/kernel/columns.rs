//! Products with a few long columns: W, N × c, of one run, column after column.

use crate::numeric::{LINE, Real};
use crate::simd::{Path, Vector, dispatched};

/// Partial sums of a product: fixed, so that the order of additions is the same on every path.
const PARTS: usize = LINE;

/// Columns that are gone through side by side: the vector that they share is loaded once.
const COLUMNS: usize = 4;

dispatched! {
    /// y = Wᵀ x. Each column, and x, has as many numbers: a whole number of cache lines, filled up with
    /// zeros; y has a number per column.
    pub fn columns_times<F>(columns: &[F], x: &[F], y: &mut [F]) = columns_times_body
}

#[inline(always)]
fn columns_times_body<F: Real, V: Vector<F>>(token: V::Token, columns: &[F], x: &[F], y: &mut [F]) {
    let length = x.len();
    let mut columns = columns.chunks_exact(COLUMNS * length);
    let mut sums = y.chunks_exact_mut(COLUMNS);
    for (columns, sums) in (&mut columns).zip(&mut sums) {
        let columns: [&[F]; COLUMNS] = std::array::from_fn(|c| &columns[c * length..][..length]);
        sums.copy_from_slice(&products::<F, V, COLUMNS>(token, columns, x));
    }
    let rest = columns.remainder().chunks_exact(length);
    for (column, sum) in rest.zip(sums.into_remainder()) {
        [*sum] = products::<F, V, 1>(token, [column], x);
    }
}

/// The product of each column with x.
#[inline(always)]
fn products<F: Real, V: Vector<F>, const C: usize>(
    token: V::Token,
    columns: [&[F]; C],
    x: &[F],
) -> [F; C] {
    let mut parts = [[F::ZERO; PARTS]; C];
    let mut part = 0;
    while part < PARTS {
        let mut totals = [V::splat(token, F::ZERO); C];
        for line in (0..x.len()).step_by(PARTS) {
            let x = V::load(token, &x[line + part..]);
            for (total, column) in totals.iter_mut().zip(columns) {
                *total = V::load(token, &column[line + part..]).mul_add(x, *total);
            }
        }
        for (total, parts) in totals.into_iter().zip(&mut parts) {
            total.store(&mut parts[part..]);
        }
        part += V::WIDTH;
    }
    parts.map(super::pairwise)
}

/// Vectors of a sum of columns that are gone through side by side.
const SUMS: usize = 8;

dispatched! {
    /// x = W y, the columns added in order. Each column, and x, has as many numbers: a whole number of
    /// cache lines; y has a number per column.
    pub fn columns_combined<F>(columns: &[F], y: &[F], x: &mut [F]) = columns_combined_body
}

#[inline(always)]
fn columns_combined_body<F: Real, V: Vector<F>>(
    token: V::Token,
    columns: &[F],
    y: &[F],
    x: &mut [F],
) {
    let length = x.len();
    // A few vectors at a time: their sums stay in registers while all columns are added, and do not wait for
    // each other.
    let mut at = 0;
    while at + SUMS * V::WIDTH <= length {
        let mut sums = [V::splat(token, F::ZERO); SUMS];
        for (column, &factor) in columns.chunks_exact(length).zip(y) {
            let factor = V::splat(token, factor);
            let column = &column[at..at + SUMS * V::WIDTH];
            for (sum, column) in sums.iter_mut().zip(column.chunks_exact(V::WIDTH)) {
                *sum = V::load(token, column).mul_add(factor, *sum);
            }
        }
        for sum in sums {
            sum.store(&mut x[at..]);
            at += V::WIDTH;
        }
    }
    while at < length {
        let mut sum = V::splat(token, F::ZERO);
        for (column, &factor) in columns.chunks_exact(length).zip(y) {
            sum = V::load(token, &column[at..]).mul_add(V::splat(token, factor), sum);
        }
        sum.store(&mut x[at..]);
        at += V::WIDTH;
    }
}
