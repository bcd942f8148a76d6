//! The pass over P of the FORCE rule.

use super::dispatch::{Path, dispatched};
use crate::numeric::Real;

/// Partial sums per row: fixed, so that the order of additions is the same on every path.
const PARTS: usize = 16;

dispatched! {
    /// P −= c d dᵀ, then k = P r, in one pass. P is the lower triangle of a symmetric N × N matrix,
    /// row by row; `direction` d, `rates` r and `product` k have N entries.
    pub(crate) fn symmetric_update_and_product<F>(
        packed: &mut [F],
        direction: &[F],
        scale: F,
        rates: &[F],
        product: &mut [F],
    ) = symmetric_update_and_product_body
}

#[inline(always)]
fn symmetric_update_and_product_body<F: Real>(
    packed: &mut [F],
    direction: &[F],
    scale: F,
    rates: &[F],
    product: &mut [F],
) {
    let mut rest = packed;
    for i in 0..rates.len() {
        let (row, after) = rest.split_at_mut(i + 1);
        rest = after;
        let (below, diagonal) = row.split_at_mut(i);
        let shrink = scale * direction[i];
        let rate = rates[i];

        // Row i of the triangle gives Σ_{j<i} P_ij r_j to k_i, and, as column i, P_ij r_i to k_j.
        let mut sums = [F::ZERO; PARTS];
        let (blocks, tail) = below.as_chunks_mut::<PARTS>();
        let (d_blocks, d_tail) = direction[..i].as_chunks::<PARTS>();
        let (r_blocks, r_tail) = rates[..i].as_chunks::<PARTS>();
        let (k_blocks, k_tail) = product[..i].as_chunks_mut::<PARTS>();
        for (((p, d), r), k) in blocks.iter_mut().zip(d_blocks).zip(r_blocks).zip(k_blocks) {
            for part in 0..PARTS {
                let value = p[part] - shrink * d[part];
                p[part] = value;
                sums[part] += value * r[part];
                k[part] += value * rate;
            }
        }
        for (part, (((p, &d), &r), k)) in tail
            .iter_mut()
            .zip(d_tail)
            .zip(r_tail)
            .zip(k_tail)
            .enumerate()
        {
            let value = *p - shrink * d;
            *p = value;
            sums[part] += value * r;
            *k += value * rate;
        }
        let value = diagonal[0] - shrink * direction[i];
        diagonal[0] = value;
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
}
