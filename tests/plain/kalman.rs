//! The Bayesian rule with covariances, and with the exact gain, as its equations stand:
//!
//! k = Σ r,  c = 1/σ_δ² or 1/(σ_δ² + rᵀk),  w += c k δ,  Σ −= c k kᵀ where Σ is kept,  Σ(0) = η₀ σ_δ² I

use super::force::Inverse;
use synapse_core::numeric::Real;
use synapse_core::params::Gain;

/// Σ within blocks of `size` units: row i holds Σ_ij for the j ≤ i of its block.
pub struct Blocks<F> {
    size: usize,
    /// The synapse in each place.
    order: Vec<usize>,
    rows: Vec<Vec<F>>,
}

impl<F: Real> Blocks<F> {
    pub fn new(order: Vec<usize>, size: usize, variance: F) -> Self {
        let row = |i: usize| {
            let mut row = vec![F::ZERO; i % size + 1];
            row[i % size] = variance;
            row
        };
        Self {
            size,
            rows: (0..order.len()).map(row).collect(),
            order,
        }
    }

    pub fn learn(&mut self, w: &mut [F], r: &[F], delta: F, noise: F, gain: Gain) {
        let r: Vec<F> = self.order.iter().map(|&synapse| r[synapse]).collect();
        // k_i: first the j < i of the block in order, then i itself, then the rows below one by one.
        let mut k = vec![F::ZERO; r.len()];
        for (i, row) in self.rows.iter().enumerate() {
            let first = i / self.size * self.size;
            for (j, &value) in (first..).zip(row) {
                k[i] = value.mul_add(r[j], k[i]);
                if j < i {
                    k[j] = value.mul_add(r[i], k[j]);
                }
            }
        }
        let mut projection = F::ZERO;
        for (&r, &k) in r.iter().zip(&k) {
            projection = r.mul_add(k, projection);
        }
        let c = factor(noise, projection, gain);
        for (i, row) in self.rows.iter_mut().enumerate() {
            let first = i / self.size * self.size;
            for (j, value) in (first..).zip(row) {
                *value = (-(c * k[i])).mul_add(k[j], *value);
            }
        }
        for (&synapse, &k) in self.order.iter().zip(&k) {
            w[synapse] += (c * delta) * k;
        }
    }
}

/// One variance per synapse, with the exact gain.
pub fn learn_diagonal<F: Real>(s: &mut [F], w: &mut [F], r: &[F], delta: F, noise: F) {
    let mut projection = F::ZERO;
    for (&s, &r) in s.iter().zip(r) {
        projection = (s * r).mul_add(r, projection);
    }
    let c = factor(noise, projection, Gain::Exact);
    for ((s, w), &r) in s.iter_mut().zip(w).zip(r) {
        let k = *s * r;
        *w += k * (delta * c);
        *s -= (k * k) * c;
    }
}

/// All covariances.
pub fn learn_full<F: Real>(
    p: &mut Inverse<F>,
    w: &mut [F],
    r: &[F],
    delta: F,
    noise: F,
    gain: Gain,
) {
    p.learn_with(w, r, delta, |projection| factor(noise, projection, gain));
}

fn factor<F: Real>(noise: F, projection: F, gain: Gain) -> F {
    match gain {
        Gain::Published => F::ONE / noise,
        Gain::Exact => F::ONE / (noise + projection),
    }
}
