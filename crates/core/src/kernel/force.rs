//! The pass over P of the FORCE rule.

use crate::numeric::{LINE, Real};
use crate::simd::{Path, Vector, dispatched};

/// Partial sums per row: fixed, so that the order of additions is the same on every path.
const PARTS: usize = LINE;

/// Rows that are updated side by side: what they share, d, r and k, is loaded and stored once.
const ROWS: usize = 4;

/// Numbers that the triangle of an N × N matrix takes.
pub const fn packed_len(units: usize) -> usize {
    block_start(units.next_multiple_of(ROWS))
}

/// Where P_ij with j ≤ i is in the triangle: rows in blocks of 4, a block line by line (of a cache, 16
/// columns), a line row by row. So the pass reads and writes one stream.
pub const fn packed_index(i: usize, j: usize) -> usize {
    let first = i / ROWS * ROWS;
    block_start(first) + (j / PARTS * ROWS + (i - first)) * PARTS + j % PARTS
}

/// Numbers before the block that begins with row `first`: each row is filled up with zeros to whole
/// lines, which are ⌈(i + 1)/16⌉ in row i.
const fn block_start(first: usize) -> usize {
    let (lines, rest) = (first / PARTS, first % PARTS);
    PARTS * (PARTS * lines * (lines + 1) / 2 + rest * (lines + 1))
}

dispatched! {
    /// P −= c d dᵀ, then k = P r, in one pass. P is the lower triangle of a symmetric N × N matrix,
    /// of [`packed_len`] numbers, laid out as [`packed_index`] says; `direction` d, `rates` r and
    /// `product` k have N entries, filled up with zeros to whole cache lines.
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
    let mut rest = packed;
    for first in (0..units).step_by(ROWS) {
        // ROWS divides PARTS: these rows end in the same line, which begins at `line`.
        let line = first / PARTS * PARTS;
        let length = line + PARTS;
        if first == line {
            // From here on, these entries are added to.
            product[line..length].fill(F::ZERO);
        }
        let (block, after) = rest.split_at_mut(ROWS * length);
        rest = after;
        let rows = Rows {
            shrink: std::array::from_fn(|row| scale * direction[first + row]),
            rate: std::array::from_fn(|row| rates[first + row]),
            ends: std::array::from_fn(|row| F::from_f64((first - line + row) as f64)),
        };
        let sums = rows.pass::<V>(
            token,
            &numbers,
            block.as_chunks_mut().0,
            direction[..length].as_chunks().0,
            rates[..length].as_chunks().0,
            product[..length].as_chunks_mut().0,
        );
        for (k, sums) in product[first..].iter_mut().zip(sums) {
            *k += super::pairwise(sums);
        }
    }
}

/// What is particular to rows of the triangle that are gone through side by side.
struct Rows<F> {
    /// c d_i.
    shrink: [F; ROWS],
    /// r_i.
    rate: [F; ROWS],
    /// Where in the last line the diagonal is.
    ends: [F; ROWS],
}

impl<F: Real> Rows<F> {
    /// Row i of the triangle gives Σ_{j≤i} P_ij r_j to k_i, as partial sums, and, as column i,
    /// P_ij r_i to k_j of each j < i.
    #[inline(always)]
    fn pass<V: Vector<F>>(
        self,
        token: V::Token,
        numbers: &[F; LINE],
        block: &mut [[F; ROWS * PARTS]],
        direction: &[[F; PARTS]],
        rates: &[[F; PARTS]],
        product: &mut [[F; PARTS]],
    ) -> [[F; PARTS]; ROWS] {
        let zero = V::splat(token, F::ZERO);
        let mut sums = [[F::ZERO; PARTS]; ROWS];
        // Parts outside, lines inside: the sums of all rows stay in registers.
        let mut part = 0;
        while part < PARTS {
            let mut totals = [zero; ROWS];
            let mut lines = block
                .iter_mut()
                .zip(direction)
                .zip(rates)
                .zip(&mut *product);
            let last = lines.next_back();
            for (((p, d), r), k) in lines {
                let d = V::load(token, &d[part..]);
                let r = V::load(token, &r[part..]);
                let mut sum = V::load(token, &k[part..]);
                for row in 0..ROWS {
                    let p = &mut p[row * PARTS + part..];
                    let value = V::splat(token, self.shrink[row]).mul_from(d, V::load(token, p));
                    value.store(p);
                    totals[row] = value.mul_add(r, totals[row]);
                    sum = value.mul_add(V::splat(token, self.rate[row]), sum);
                }
                sum.store(&mut k[part..]);
            }
            // The line with the diagonal: beyond it P has zeros, and they stay.
            if let Some((((p, d), r), k)) = last {
                let number = V::load(token, &numbers[part..]);
                let d = V::load(token, &d[part..]);
                let r = V::load(token, &r[part..]);
                let mut sum = V::load(token, &k[part..]);
                for row in 0..ROWS {
                    let p = &mut p[row * PARTS + part..];
                    let end = V::splat(token, self.ends[row]);
                    let shrink = V::splat(token, self.shrink[row]);
                    let shrink = V::select(end.less(number), zero, shrink);
                    let value = shrink.mul_from(d, V::load(token, p));
                    value.store(p);
                    totals[row] = value.mul_add(r, totals[row]);
                    let before = V::select(number.less(end), value, zero);
                    sum = before.mul_add(V::splat(token, self.rate[row]), sum);
                }
                sum.store(&mut k[part..]);
            }
            for row in 0..ROWS {
                totals[row].store(&mut sums[row][part..]);
            }
            part += V::WIDTH;
        }
        sums
    }
}
