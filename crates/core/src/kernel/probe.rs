//! What this machine can do at most, with the vectors that the kernels use: the limits against which
//! they are held. Nothing here is part of a simulation.

use crate::numeric::{LINE, Real};
use crate::simd::{Path, Vector, dispatched};

/// Vectors that each probe keeps in flight: enough to hide any latency.
const CHAINS: usize = 12;

dispatched! {
    /// Loads all numbers (a multiple of 128) once; their sums go into `result`, so that no load can be
    /// left out.
    pub fn load_all<F>(numbers: &[F], result: &mut [F; LINE]) = load_body
}

#[inline(always)]
fn load_body<F: Real, V: Vector<F>>(token: V::Token, numbers: &[F], result: &mut [F; LINE]) {
    const PARTS: usize = 8;
    let mut all = [V::splat(token, F::ZERO); PARTS];
    let blocks = numbers.chunks_exact(PARTS * V::WIDTH);
    for block in blocks {
        for (part, so_far) in all.iter_mut().enumerate() {
            let value = V::load(token, &block[part * V::WIDTH..]);
            *so_far = *so_far + value;
        }
    }
    let mut total = V::load(token, &result[..]);
    for part in all {
        total = total + part;
    }
    total.store(result);
}

dispatched! {
    /// x_i −= c y_i: reads and writes all of x (a whole number of cache lines) once; y is short, and
    /// repeats.
    pub fn update_all<F>(x: &mut [F], y: &[F], factor: F) = update_body
}

#[inline(always)]
fn update_body<F: Real, V: Vector<F>>(token: V::Token, x: &mut [F], y: &[F], factor: F) {
    let factor = V::splat(token, factor);
    for x in x.chunks_mut(y.len()) {
        for (x, y) in x.chunks_exact_mut(LINE).zip(y.chunks_exact(LINE)) {
            let mut at = 0;
            while at < LINE {
                let value = V::load(token, &x[at..]) - factor * V::load(token, &y[at..]);
                value.store(&mut x[at..]);
                at += V::WIDTH;
            }
        }
    }
}

dispatched! {
    /// So many rounds of 12 multiplications and 12 additions of vectors, each waiting only for the
    /// one of the round before.
    pub fn arithmetic<F>(rounds: usize, result: &mut [F; LINE]) = arithmetic_body
}

#[inline(always)]
fn arithmetic_body<F: Real, V: Vector<F>>(token: V::Token, rounds: usize, result: &mut [F; LINE]) {
    let factor = V::load(token, &result[..]);
    let mut products = [factor; CHAINS];
    let mut sums = [factor; CHAINS];
    // All different, or the compiler would compute one chain for all of them.
    let mut different = factor;
    for (product, sum) in products.iter_mut().zip(&mut sums) {
        *product = different;
        different = different + factor;
        *sum = different;
        different = different + factor;
    }
    for _ in 0..rounds {
        for (product, sum) in products.iter_mut().zip(&mut sums) {
            *product = *product * factor;
            *sum = *sum + factor;
        }
    }
    let mut total = factor;
    for (product, sum) in products.into_iter().zip(sums) {
        total = total + product + sum;
    }
    total.store(result);
}
