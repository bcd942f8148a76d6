//! The pass over P of the FORCE rule.

use crate::numeric::{LINE, Real};
use crate::simd::{Path, Vector, dispatched};

/// Partial sums per row: fixed, so that the order of additions is the same on every path.
const PARTS: usize = LINE;

/// Rows that are updated side by side: what they share, d, r and k, is loaded and stored once.
const ROWS: usize = 4;

/// Numbers that the triangle of an N × N matrix takes.
pub const fn packed_len(units: usize) -> usize {
    row_start(units.next_multiple_of(ROWS))
}

/// Entries of the triangle before row i: each row is filled up with zeros to whole cache lines.
pub const fn row_start(i: usize) -> usize {
    // Row i takes ⌈(i + 1)/16⌉ lines.
    let (lines, rest) = (i / PARTS, i % PARTS);
    PARTS * (PARTS * lines * (lines + 1) / 2 + rest * (lines + 1))
}

dispatched! {
    /// P −= c d dᵀ, then k = P r, in one pass. P is the lower triangle of a symmetric N × N matrix,
    /// row by row, each from [`row_start`] on, [`packed_len`] numbers in all; `direction` d, `rates` r and `product` k have N
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
    let numbers: [F; LINE] = std::array::from_fn(|part| F::from_f64(part as f64));
    for first in (0..units).step_by(ROWS) {
        // ROWS divides PARTS: these rows end in the same line, which begins at `line`.
        let line = first / PARTS * PARTS;
        let length = line + PARTS;
        if first == line {
            // From here on, these entries are added to.
            product[line..length].fill(F::ZERO);
        }
        let block = &mut packed[row_start(first)..][..ROWS * length];
        let (p0, rest) = block.split_at_mut(length);
        let (p1, rest) = rest.split_at_mut(length);
        let (p2, p3) = rest.split_at_mut(length);
        let rows = Rows {
            p: [p0, p1, p2, p3],
            shrink: std::array::from_fn(|row| scale * direction[first + row]),
            rate: std::array::from_fn(|row| rates[first + row]),
            ends: std::array::from_fn(|row| F::from_f64((first - line + row) as f64)),
        };
        let mut sums = [[F::ZERO; PARTS]; ROWS];
        rows.pass::<V>(
            token,
            &numbers,
            &direction[..length],
            &rates[..length],
            &mut product[..length],
            &mut sums,
        );
        for (k, sums) in product[first..].iter_mut().zip(sums) {
            *k += pairwise(sums);
        }
    }
}

/// Rows of the triangle, side by side.
struct Rows<'a, F> {
    /// P_ij up to the end of the line with the diagonal.
    p: [&'a mut [F]; ROWS],
    /// c d_i.
    shrink: [F; ROWS],
    /// r_i.
    rate: [F; ROWS],
    /// Where in the last line the diagonal is.
    ends: [F; ROWS],
}

impl<F: Real> Rows<'_, F> {
    /// Row i of the triangle gives Σ_{j≤i} P_ij r_j to k_i, as partial sums, and, as column i,
    /// P_ij r_i to k_j of each j < i.
    #[inline(always)]
    fn pass<V: Vector<F>>(
        self,
        token: V::Token,
        numbers: &[F; LINE],
        direction: &[F],
        rates: &[F],
        product: &mut [F],
        sums: &mut [[F; PARTS]; ROWS],
    ) {
        let zero = V::splat(token, F::ZERO);
        let line = direction.len() - PARTS;
        // Parts outside, lines inside: the sums of all rows stay in registers.
        let mut part = 0;
        while part < PARTS {
            let mut totals = [zero; ROWS];
            let mut at = part;
            while at < line {
                let d = V::load(token, &direction[at..]);
                let r = V::load(token, &rates[at..]);
                let mut k = V::load(token, &product[at..]);
                for row in 0..ROWS {
                    let shrink = V::splat(token, self.shrink[row]) * d;
                    let value = V::load(token, &self.p[row][at..]) - shrink;
                    value.store(&mut self.p[row][at..]);
                    totals[row] = totals[row] + value * r;
                    k = k + value * V::splat(token, self.rate[row]);
                }
                k.store(&mut product[at..]);
                at += PARTS;
            }
            // The line with the diagonal: beyond it P has zeros, and they stay.
            let number = V::load(token, &numbers[part..]);
            let d = V::load(token, &direction[at..]);
            let r = V::load(token, &rates[at..]);
            let mut k = V::load(token, &product[at..]);
            for row in 0..ROWS {
                let end = V::splat(token, self.ends[row]);
                let shrink = V::splat(token, self.shrink[row]) * d;
                let shrink = V::select(end.less(number), zero, shrink);
                let value = V::load(token, &self.p[row][at..]) - shrink;
                value.store(&mut self.p[row][at..]);
                totals[row] = totals[row] + value * r;
                let before = V::select(number.less(end), value, zero);
                k = k + before * V::splat(token, self.rate[row]);
            }
            k.store(&mut product[at..]);
            for row in 0..ROWS {
                totals[row].store(&mut sums[row][part..]);
            }
            part += V::WIDTH;
        }
    }
}

/// The sum, in a fixed order: halves are added until one number is left.
#[inline(always)]
fn pairwise<F: Real>(parts: [F; PARTS]) -> F {
    let eight: [F; 8] = std::array::from_fn(|i| parts[i] + parts[i + 8]);
    let four: [F; 4] = std::array::from_fn(|i| eight[i] + eight[i + 4]);
    (four[0] + four[2]) + (four[1] + four[3])
}
