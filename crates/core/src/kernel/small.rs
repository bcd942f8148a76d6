//! Rows of small matrices: what their decompositions spend their time in.
//!
//! Nothing is fused here: element by element, these are the operations as written. Rows are filled up to whole
//! cache lines.

use crate::numeric::Real;
use crate::simd::{Path, Vector, dispatched};

dispatched! {
    /// y_i += a x_i.
    pub fn add_multiple<F>(y: &mut [F], a: F, x: &[F]) = add_multiple_body
}

#[inline(always)]
fn add_multiple_body<F: Real, V: Vector<F>>(token: V::Token, y: &mut [F], a: F, x: &[F]) {
    let a = V::splat(token, a);
    for (y, x) in y.chunks_exact_mut(V::WIDTH).zip(x.chunks_exact(V::WIDTH)) {
        (V::load(token, y) + a * V::load(token, x)).store(y);
    }
}

dispatched! {
    /// y_i −= a x_i + b z_i.
    pub fn subtract_two<F>(y: &mut [F], a: F, x: &[F], b: F, z: &[F]) = subtract_two_body
}

#[inline(always)]
fn subtract_two_body<F: Real, V: Vector<F>>(
    token: V::Token,
    y: &mut [F],
    a: F,
    x: &[F],
    b: F,
    z: &[F],
) {
    let (a, b) = (V::splat(token, a), V::splat(token, b));
    let numbers = x.chunks_exact(V::WIDTH).zip(z.chunks_exact(V::WIDTH));
    for (y, (x, z)) in y.chunks_exact_mut(V::WIDTH).zip(numbers) {
        (V::load(token, y) - (a * V::load(token, x) + b * V::load(token, z))).store(y);
    }
}

dispatched! {
    /// (x_i, y_i) becomes (c x_i − s y_i, s x_i + c y_i).
    pub fn rotate<F>(x: &mut [F], y: &mut [F], c: F, s: F) = rotate_body
}

#[inline(always)]
fn rotate_body<F: Real, V: Vector<F>>(token: V::Token, x: &mut [F], y: &mut [F], c: F, s: F) {
    let (c, s) = (V::splat(token, c), V::splat(token, s));
    for (x, y) in x
        .chunks_exact_mut(V::WIDTH)
        .zip(y.chunks_exact_mut(V::WIDTH))
    {
        let (a, b) = (V::load(token, x), V::load(token, y));
        (c * a - s * b).store(x);
        (s * a + c * b).store(y);
    }
}
