//! The Bayesian rule's covariances: corners of the family, and a plain dense Kalman filter.

mod learner;

use learner::{Learner, assert_close, examples, ridge};
use synapse_core::params::{
    Assignment, Covariance, Drift, Dropped, Gain, Noise, RuleParams, UpdateOrder,
};

fn belief(covariance: Covariance, gain: Gain, eta0: f64, variance: f64) -> RuleParams {
    RuleParams::Bayesian {
        eta0,
        covariance,
        gain,
        noise: Noise::Fixed { variance },
        update_order: UpdateOrder::Together,
        drift: None,
        forgetting: 1.0,
    }
}

/// The weights after the examples, and the errors on the way.
fn taught(params: &RuleParams, examples: &[(Vec<f64>, f64)]) -> (Vec<f64>, Vec<f64>) {
    let mut learner = Learner::new(params, examples[0].0.len());
    let errors = examples
        .iter()
        .map(|(rates, target)| learner.learn(rates, *target));
    let errors = errors.collect();
    (learner.weights(), errors)
}

#[test]
fn the_corners_of_the_family_are_the_known_rules() {
    let examples = examples(23, 100);
    let fixed = |covariance, gain| taught(&belief(covariance, gain, 0.4, 1.0), &examples);
    let block = |size| Covariance::Block {
        size,
        assignment: Assignment::Index,
    };
    // All covariances, the exact gain, σ_δ² = 1: FORCE with α = 1/η₀, to the bit.
    let force = taught(&RuleParams::Force { alpha: 2.5 }, &examples);
    assert_eq!(fixed(Covariance::Full, Gain::Exact), force);
    // One block of all is the same in another order of additions.
    let (weights, errors) = fixed(block(23), Gain::Exact);
    assert_close(&weights, &force.0, 1e-12);
    assert_close(&errors, &force.1, 1e-12);
    // Blocks of one are a variance per synapse.
    for gain in [Gain::Published, Gain::Exact] {
        let (weights, errors) = fixed(block(1), gain);
        let diagonal = fixed(Covariance::Diagonal, gain);
        assert_close(&weights, &diagonal.0, 1e-12);
        assert_close(&errors, &diagonal.1, 1e-12);
    }
    // A block larger than the network is the network.
    assert_eq!(
        fixed(block(100), Gain::Exact),
        fixed(block(23), Gain::Exact)
    );
}

#[test]
fn all_covariances_with_the_exact_gain_are_the_posterior_of_a_linear_regression() {
    // Prior N(0, η₀ σ_δ² I), noise σ_δ²: the posterior mean is ridge regression with 1/η₀.
    for (eta0, variance) in [(0.2, 1.0), (5.0, 0.01)] {
        let examples = examples(23, 200);
        let (weights, _) = taught(
            &belief(Covariance::Full, Gain::Exact, eta0, variance),
            &examples,
        );
        assert_close(&weights, &ridge(&examples, 1.0 / eta0), 1e-10);
    }
}

#[test]
fn the_exact_gain_never_overshoots_and_keeps_every_block_positive() {
    // The same example again and again: the error shrinks by σ_δ²/(σ_δ² + rᵀΣr) < 1, whatever η₀.
    let rates = vec![0.5; 40];
    for covariance in [
        Covariance::Diagonal,
        Covariance::Block {
            size: 7,
            assignment: Assignment::Index,
        },
        Covariance::Full,
    ] {
        for eta0 in [1e-3, 1.0, 1e3, 1e6] {
            let mut learner = Learner::new(&belief(covariance, Gain::Exact, eta0, 1.0), 40);
            let errors: Vec<f64> = (0..300).map(|_| learner.learn(&rates, 1.0)).collect();
            // To the rounding of 1 − Σ w r.
            let falls = |pair: &[f64]| pair[1] <= pair[0] + 1e-14 && pair[1] >= -1e-14;
            assert!(errors.windows(2).all(falls), "{covariance:?} {eta0}");
            let expected = 1.0 / (1.0 + eta0 * 10.0);
            assert!(
                (errors[1] / expected - 1.0).abs() < 1e-6,
                "{covariance:?} {eta0}"
            );
        }
    }
}

/// A low rank with room for so many columns.
fn low_rank(rank: usize, recent: usize, dropped: Dropped) -> Covariance {
    Covariance::LowRank {
        rank,
        recent,
        dropped,
    }
}

fn forgetting(rule: RuleParams, factor: f64) -> RuleParams {
    let mut rule = rule;
    if let RuleParams::Bayesian { forgetting, .. } = &mut rule {
        *forgetting = factor;
    }
    rule
}

/// Square matrices, row by row.
type Matrix = Vec<Vec<f64>>;

fn identity(n: usize, value: f64) -> Matrix {
    let row = |i| (0..n).map(|j| if i == j { value } else { 0.0 }).collect();
    (0..n).map(row).collect()
}

fn times(matrix: &Matrix, x: &[f64]) -> Vec<f64> {
    let row = |row: &Vec<f64>| row.iter().zip(x).map(|(a, x)| a * x).sum();
    matrix.iter().map(row).collect()
}

/// A⁻¹, column by column, by Gaussian elimination (A positive).
fn inverse(matrix: &Matrix) -> Matrix {
    let n = matrix.len();
    let (mut a, mut b) = (matrix.clone(), identity(n, 1.0));
    for pivot in 0..n {
        let scale = a[pivot][pivot];
        for j in 0..n {
            a[pivot][j] /= scale;
            b[pivot][j] /= scale;
        }
        for row in (0..n).filter(|&row| row != pivot) {
            let factor = a[row][pivot];
            for j in 0..n {
                a[row][j] -= factor * a[pivot][j];
                b[row][j] -= factor * b[pivot][j];
            }
        }
    }
    b
}

/// A Kalman filter on a dense Σ that is cut down, relaxed and forgotten as a rule says.
struct Dense {
    sigma: Matrix,
    w: Vec<f64>,
}

impl Dense {
    fn new(n: usize, variance: f64) -> Self {
        Self {
            sigma: identity(n, variance),
            w: vec![0.0; n],
        }
    }

    fn learn(&mut self, r: &[f64], target: f64, noise: f64, keep: impl Fn(usize, usize) -> bool) {
        let delta = target - self.w.iter().zip(r).map(|(w, r)| w * r).sum::<f64>();
        let k = times(&self.sigma, r);
        let c = 1.0 / (noise + k.iter().zip(r).map(|(k, r)| k * r).sum::<f64>());
        for (i, row) in self.sigma.iter_mut().enumerate() {
            for (j, value) in row.iter_mut().enumerate() {
                *value -= c * k[i] * k[j];
                if !keep(i, j) {
                    *value = 0.0;
                }
            }
        }
        for (w, k) in self.w.iter_mut().zip(k) {
            *w += c * k * delta;
        }
    }

    fn relax(&mut self, drift: Option<&Drift>, forgetting: f64) {
        for (i, row) in self.sigma.iter_mut().enumerate() {
            for (j, value) in row.iter_mut().enumerate() {
                if let Some(drift) = drift {
                    let prior = if i == j { drift.prior_variance } else { 0.0 };
                    *value -= 2.0 / drift.tau_ms * (*value - prior);
                }
                *value /= forgetting;
            }
        }
        if let Some(drift) = drift {
            for w in &mut self.w {
                *w -= (*w - drift.prior_mean) / drift.tau_ms;
            }
        }
    }
}

#[test]
fn drift_and_forgetting_are_those_of_a_dense_filter() {
    let examples = examples(20, 150);
    let drift = Drift {
        tau_ms: 40.0,
        prior_mean: 0.1,
        prior_variance: 0.3,
    };
    let blocks = |size: usize| move |i: usize, j: usize| i / size == j / size;
    for (covariance, size) in [
        (Covariance::Diagonal, 1),
        (
            Covariance::Block {
                size: 7,
                assignment: Assignment::Index,
            },
            7,
        ),
        (Covariance::Full, 20),
    ] {
        for (with_drift, factor) in [(false, 0.97), (true, 1.0), (true, 0.99)] {
            let mut rule = forgetting(belief(covariance, Gain::Exact, 0.8, 0.5), factor);
            if let RuleParams::Bayesian { drift: place, .. } = &mut rule {
                *place = with_drift.then(|| drift.clone());
            }
            let mut dense = Dense::new(20, 0.4);
            for (r, target) in &examples {
                dense.learn(r, *target, 0.5, blocks(size));
                dense.relax(with_drift.then_some(&drift), factor);
            }
            let (weights, _) = taught(&rule, &examples);
            assert_close(&weights, &dense.w, 1e-11);
        }
    }
}

#[test]
fn forgetting_is_regression_with_older_examples_weighing_less() {
    // λ^n (1/η₀) of the prior and λ^(n − i) of example i are left after n examples.
    let examples = examples(12, 90);
    let (factor, eta0) = (0.95f64, 2.0);
    let weighted: Vec<(Vec<f64>, f64)> = examples
        .iter()
        .enumerate()
        .map(|(i, (r, y))| {
            let root = factor.powi((89 - i) as i32).sqrt();
            (r.iter().map(|r| r * root).collect(), y * root)
        })
        .collect();
    let expected = ridge(&weighted, factor.powi(90 - 1) / eta0);
    for covariance in [Covariance::Full, low_rank(80, 20, Dropped::Forgotten)] {
        let rule = forgetting(belief(covariance, Gain::Exact, eta0, 0.3), factor);
        assert_close(&taught(&rule, &examples).0, &expected, 1e-10);
    }
}

#[test]
fn a_low_rank_with_room_for_all_examples_is_the_full_rule() {
    let examples = examples(23, 100);
    for variance in [1.0, 0.02] {
        let taught =
            |covariance| taught(&belief(covariance, Gain::Exact, 3.0, variance), &examples);
        let (weights, errors) = taught(Covariance::Full);
        for covariance in [
            low_rank(60, 41, Dropped::ToDiagonal),
            // Reduced every third step, to as many directions as there are.
            low_rank(23, 3, Dropped::ToDiagonal),
            low_rank(23, 3, Dropped::Forgotten),
        ] {
            let found = taught(covariance);
            assert_close(&found.0, &weights, 1e-10);
            assert_close(&found.1, &errors, 1e-10);
        }
    }
}

/// The low-rank rule on dense matrices: Λ itself is kept, and cut at its generalised eigenvectors
/// Λ x = μ D x, found one after the other by power iteration in the metric of D⁻¹.
struct DenseLowRank {
    d: Vec<f64>,
    /// W Wᵀ.
    product: Matrix,
}

impl DenseLowRank {
    fn precision(&self) -> Matrix {
        let mut precision = self.product.clone();
        for (i, d) in self.d.iter().enumerate() {
            precision[i][i] += d;
        }
        precision
    }

    #[allow(clippy::needless_range_loop)] // as the equations read
    fn reduce(&mut self, rank: usize, dropped: Dropped) {
        let n = self.d.len();
        let root: Vec<f64> = self.d.iter().map(|d| d.sqrt()).collect();
        let mut rest: Matrix = (0..n)
            .map(|i| {
                (0..n)
                    .map(|j| self.product[i][j] / (root[i] * root[j]))
                    .collect()
            })
            .collect();
        let mut kept = identity(n, 0.0);
        for direction in 0..rank {
            let mut x: Vec<f64> = (0..n)
                .map(|i| ((i * 7 + direction * 3) % 11) as f64 + 0.5)
                .collect();
            let mut value = 0.0;
            for _ in 0..20_000 {
                let y = times(&rest, &x);
                value = y.iter().map(|y| y * y).sum::<f64>().sqrt();
                x = y.into_iter().map(|y| y / value).collect();
            }
            for i in 0..n {
                for j in 0..n {
                    kept[i][j] += value * x[i] * x[j] * root[i] * root[j];
                    rest[i][j] -= value * x[i] * x[j];
                }
            }
        }
        if dropped == Dropped::ToDiagonal {
            for i in 0..n {
                self.d[i] += self.product[i][i] - kept[i][i];
            }
        }
        self.product = kept;
    }
}

#[test]
fn a_low_rank_is_that_of_dense_matrices() {
    let (n, rank, recent) = (16, 3, 4);
    let examples = examples(n, 60);
    for dropped in [Dropped::ToDiagonal, Dropped::Forgotten] {
        let mut dense = DenseLowRank {
            d: vec![1.0 / (0.5 * 0.2); n],
            product: identity(n, 0.0),
        };
        let mut w = vec![0.0; n];
        for (step, (r, target)) in examples.iter().enumerate() {
            let delta = target - w.iter().zip(r).map(|(w, r)| w * r).sum::<f64>();
            let k = times(&inverse(&dense.precision()), r);
            let c = 1.0 / (0.2 + k.iter().zip(r).map(|(k, r)| k * r).sum::<f64>());
            for (w, k) in w.iter_mut().zip(k) {
                *w += c * k * delta;
            }
            for i in 0..n {
                for j in 0..n {
                    dense.product[i][j] += r[i] * r[j] / 0.2;
                }
            }
            // The columns: `rank` since the last reduction, and one per step.
            if step + 1 >= rank + recent && (step + 1 - rank) % recent == 0 {
                dense.reduce(rank, dropped);
            }
        }
        let rule = belief(low_rank(rank, recent, dropped), Gain::Exact, 0.5, 0.2);
        assert_close(&taught(&rule, &examples).0, &w, 1e-8);
    }
}

#[test]
fn blocks_of_any_assignment_are_those_of_permuted_synapses() {
    // What is learned about a synapse does not depend on its number: with all in one block, nothing does.
    let examples = examples(30, 120);
    let block = |size, assignment| Covariance::Block { size, assignment };
    let taught = |covariance| taught(&belief(covariance, Gain::Exact, 2.0, 1.0), &examples).0;
    for assignment in [Assignment::Random, Assignment::Feedback] {
        let all = taught(block(30, Assignment::Index));
        assert_close(&taught(block(30, assignment)), &all, 1e-10);
        let one = taught(block(1, Assignment::Index));
        assert_close(&taught(block(1, assignment)), &one, 1e-12);
        // Of blocks in between, something does.
        let (own, other) = (
            taught(block(6, assignment)),
            taught(block(6, Assignment::Index)),
        );
        let largest = own
            .iter()
            .zip(&other)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        assert!(largest > 1e-3, "{assignment:?}: {largest}");
    }
}
