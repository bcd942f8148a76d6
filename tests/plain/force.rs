//! FORCE as its equations stand, on the lower triangle of P:
//!
//! k = P r,  c = 1/(1 + rᵀk),  P −= c k kᵀ,  w += c k δ,  P(0) = I/α

use synapse_core::numeric::Real;

/// Partial sums of a row of P.
const PARTS: usize = 16;
/// Rows of P that are gone through side by side.
const BLOCK: usize = 4;

/// P of FORCE.
pub struct Inverse<F> {
    /// Row i holds P_ij for j ≤ i.
    rows: Vec<Vec<F>>,
}

impl<F: Real> Inverse<F> {
    pub fn new(units: usize, variance: F) -> Self {
        let row = |i| {
            let mut row = vec![F::ZERO; i + 1];
            row[i] = variance;
            row
        };
        Self {
            rows: (0..units).map(row).collect(),
        }
    }

    pub fn learn(&mut self, w: &mut [F], r: &[F], delta: F) {
        self.learn_with(w, r, delta, |projection| F::ONE / (F::ONE + projection));
    }

    /// With c as a function of rᵀk.
    pub fn learn_with(&mut self, w: &mut [F], r: &[F], delta: F, factor: impl Fn(F) -> F) {
        let k = self.product_in_the_engines_order(r);
        let mut projection = F::ZERO;
        for i in 0..r.len() {
            projection += r[i] * k[i];
        }
        let c = factor(projection);
        for (i, row) in self.rows.iter_mut().enumerate() {
            for (p, &k_j) in row.iter_mut().zip(&k) {
                *p = (-(c * k[i])).mul_add(k_j, *p);
            }
        }
        for i in 0..r.len() {
            w[i] += (c * delta) * k[i];
        }
    }

    /// k = P r. The order of its additions is the engine's, and the one thing here that the equations do
    /// not say. Rows go in blocks: k_i is the sum of the terms of the rows below within its block; plus
    /// the sum over j ≤ i, in parts that are added pairwise; plus the terms of the rows below its block,
    /// one after the other.
    fn product_in_the_engines_order(&self, r: &[F]) -> Vec<F> {
        let mut k = vec![F::ZERO; r.len()];
        for (number, block) in self.rows.chunks(BLOCK).enumerate() {
            let first = number * BLOCK;
            for (i, row) in (first..).zip(block) {
                for j in 0..i {
                    k[j] = row[j].mul_add(r[i], k[j]);
                }
            }
            for (i, row) in (first..).zip(block) {
                let mut parts = [F::ZERO; PARTS];
                for j in 0..=i {
                    parts[j % PARTS] = row[j].mul_add(r[j], parts[j % PARTS]);
                }
                k[i] += pairwise(&parts);
            }
        }
        k
    }
}

/// The sum of a power of two of numbers: the first half plus the second, element by element, and so on.
fn pairwise<F: Real>(numbers: &[F]) -> F {
    if let [number] = numbers {
        return *number;
    }
    let (first, second) = numbers.split_at(numbers.len() / 2);
    let sums: Vec<F> = first.iter().zip(second).map(|(&a, &b)| a + b).collect();
    pairwise(&sums)
}
