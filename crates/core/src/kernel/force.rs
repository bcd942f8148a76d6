//! The pass over P of the FORCE rule.

use crate::numeric::{LINE, Real};
use crate::simd::{Path, Vector, dispatched};

/// Partial sums per row: fixed, so that the order of additions is the same on every path.
const PARTS: usize = LINE;

/// Rows that are updated side by side: what they share, d, r and k, is loaded and stored once.
const ROWS: usize = 4;

/// Entries of the triangle before row i: each row is filled up with zeros to whole cache lines.
pub const fn row_start(i: usize) -> usize {
    // Row i takes ⌈(i + 1)/16⌉ lines.
    let (lines, rest) = (i / PARTS, i % PARTS);
    PARTS * (PARTS * lines * (lines + 1) / 2 + rest * (lines + 1))
}

dispatched! {
    /// P −= c d dᵀ, then k = P r, in one pass. P is the lower triangle of a symmetric N × N matrix,
    /// row by row, each from [`row_start`] on; `direction` d, `rates` r and `product` k have N
    /// entries, filled up with zeros to whole cache lines.
    pub fn symmetric_update_and_product<F>(
        packed: &mut [F],
        units: usize,
        direction: &[F],
        scale: F,
        rates: &[F],
        product: &mut [F],
    ) = symmetric_update_and_product_body
}

#[inline(always)]
fn symmetric_update_and_product_body<F: Real, V: Vector<F>>(
    token: V::Token,
    packed: &mut [F],
    units: usize,
    direction: &[F],
    scale: F,
    rates: &[F],
    product: &mut [F],
) {
    let mut first = 0;
    while first < units {
        // ROWS divides PARTS: these rows have the same number of whole lines before the diagonal.
        let whole = first / PARTS * PARTS;
        let length = whole + PARTS;
        let rows = ROWS.min(units - first);
        let (block, _) = packed[row_start(first)..].split_at_mut(rows * length);
        let mut sums = [[F::ZERO; PARTS]; ROWS];
        if rows == ROWS {
            let (p0, rest) = block.split_at_mut(length);
            let (p1, rest) = rest.split_at_mut(length);
            let (p2, p3) = rest.split_at_mut(length);
            whole_lines::<F, V, ROWS>(
                token,
                [
                    &mut p0[..whole],
                    &mut p1[..whole],
                    &mut p2[..whole],
                    &mut p3[..whole],
                ],
                &direction[..whole],
                std::array::from_fn(|row| scale * direction[first + row]),
                &rates[..whole],
                std::array::from_fn(|row| rates[first + row]),
                &mut product[..whole],
                &mut sums,
            );
        } else {
            for (row, p) in block.chunks_exact_mut(length).enumerate() {
                let mut one = [sums[row]];
                whole_lines::<F, V, 1>(
                    token,
                    [&mut p[..whole]],
                    &direction[..whole],
                    [scale * direction[first + row]],
                    &rates[..whole],
                    [rates[first + row]],
                    &mut product[..whole],
                    &mut one,
                );
                sums[row] = one[0];
            }
        }
        for (row, p) in block.chunks_exact_mut(length).enumerate() {
            let i = first + row;
            let shrink = scale * direction[i];
            let rate = rates[i];
            let sums = &mut sums[row];
            for (part, sum) in sums[..i - whole].iter_mut().enumerate() {
                let j = whole + part;
                let value = p[j] - shrink * direction[j];
                p[j] = value;
                *sum += value * rates[j];
                product[j] += value * rate;
            }
            let value = p[i] - shrink * direction[i];
            p[i] = value;
            // Pairwise, in a fixed order.
            let mut width = PARTS / 2;
            while width > 0 {
                for part in 0..width {
                    let other = sums[part + width];
                    sums[part] += other;
                }
                width /= 2;
            }
            product[i] = sums[0] + value * rate;
        }
        first += rows;
    }
}

/// The lines of `R` rows that lie wholly before the diagonal. Row i of the triangle gives
/// Σ_{j<i} P_ij r_j to k_i, and, as column i, P_ij r_i to k_j.
#[allow(clippy::too_many_arguments)] // the pass is one: it has what it has
#[inline(always)]
fn whole_lines<F: Real, V: Vector<F>, const R: usize>(
    token: V::Token,
    rows: [&mut [F]; R],
    direction: &[F],
    shrink: [F; R],
    rates: &[F],
    rate: [F; R],
    product: &mut [F],
    sums: &mut [[F; PARTS]; R],
) {
    // Parts outside, lines inside: the sums of all rows stay in registers.
    let mut part = 0;
    while part < PARTS {
        let mut totals = [V::splat(token, F::ZERO); R];
        let mut at = part;
        while at < direction.len() {
            let d = V::load(token, &direction[at..]);
            let r = V::load(token, &rates[at..]);
            let mut k = V::load(token, &product[at..]);
            for row in 0..R {
                let value = V::load(token, &rows[row][at..]) - V::splat(token, shrink[row]) * d;
                value.store(&mut rows[row][at..]);
                totals[row] = totals[row] + value * r;
                k = k + value * V::splat(token, rate[row]);
            }
            k.store(&mut product[at..]);
            at += PARTS;
        }
        for row in 0..R {
            totals[row].store(&mut sums[row][part..]);
        }
        part += V::WIDTH;
    }
}
