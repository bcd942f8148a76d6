//! The rules where their result is known in closed form.

use synapse_core::numeric::PerUnit;
use synapse_core::params::{Covariance, Gain, Noise, RuleParams, UpdateOrder};
use synapse_core::rule::{Kind, LearningStep, build};
use synapse_core::streams::{Purpose, RandomStream};

/// One weight vector that learns with a rule.
struct Learner {
    rule: Box<dyn synapse_core::rule::Rule<f64, 1>>,
    weights: PerUnit<f64, 1>,
}

impl Learner {
    fn new(params: &RuleParams, units: usize) -> Self {
        let mut rule = build::<f64, 1>(Kind::of(params), units);
        rule.begin(0, params, 1.0);
        Self {
            rule,
            weights: PerUnit::zeros(units),
        }
    }

    fn output(&self, rates: &[f64]) -> f64 {
        let terms = self.weights.rows().iter().zip(rates);
        terms.map(|(weight, rate)| weight[0] * rate).sum()
    }

    /// Learns one example; the error before it.
    fn learn(&mut self, rates: &[f64], target: f64) -> f64 {
        let delta = target - self.output(rates);
        let mut row_of_rates = PerUnit::zeros(rates.len());
        row_of_rates
            .rows_mut()
            .as_flattened_mut()
            .copy_from_slice(rates);
        let step = LearningStep {
            rates: &row_of_rates,
            delta: &[delta],
            on: &[true],
        };
        self.rule.observe(&[delta], &[true]);
        self.rule.learn(&step, &mut self.weights);
        delta
    }

    fn weights(&self) -> Vec<f64> {
        self.weights.rows().iter().map(|weight| weight[0]).collect()
    }
}

fn bayesian(eta0: f64, variance: f64) -> RuleParams {
    RuleParams::Bayesian {
        eta0,
        covariance: Covariance::Diagonal,
        gain: Gain::Published,
        noise: Noise::Fixed { variance },
        update_order: UpdateOrder::Together,
        drift: None,
    }
}

/// Examples of a linear relation with noise.
fn examples(units: usize, count: usize) -> Vec<(Vec<f64>, f64)> {
    let mut stream = RandomStream::new(5, Purpose::Target, 0);
    let truth: Vec<f64> = (0..units).map(|_| stream.normal()).collect();
    (0..count)
        .map(|_| {
            let rates: Vec<f64> = (0..units).map(|_| stream.symmetric()).collect();
            let clean: f64 = truth.iter().zip(&rates).map(|(w, r)| w * r).sum();
            (rates, clean + 0.1 * stream.normal())
        })
        .collect()
}

fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            (found - expected).abs() <= tolerance,
            "{found} against {expected}"
        );
    }
}

/// (RᵀR + α I)⁻¹ Rᵀ y by Gaussian elimination.
fn ridge(examples: &[(Vec<f64>, f64)], alpha: f64) -> Vec<f64> {
    let n = examples[0].0.len();
    let mut system: Vec<Vec<f64>> = (0..n)
        .map(|i| {
            let mut row: Vec<f64> = (0..n)
                .map(|j| examples.iter().map(|(r, _)| r[i] * r[j]).sum::<f64>())
                .collect();
            row[i] += alpha;
            row.push(examples.iter().map(|(r, y)| r[i] * y).sum());
            row
        })
        .collect();
    for pivot in 0..n {
        for row in pivot + 1..n {
            let factor = system[row][pivot] / system[pivot][pivot];
            let above = system[pivot].clone();
            for (entry, above) in system[row].iter_mut().zip(above) {
                *entry -= factor * above;
            }
        }
    }
    let mut solution = vec![0.0; n];
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|j| system[row][j] * solution[j]).sum();
        solution[row] = (system[row][n] - known) / system[row][row];
    }
    solution
}

#[test]
fn force_without_feedback_is_batch_ridge_regression() {
    for alpha in [0.1, 3.0] {
        let examples = examples(23, 200);
        let mut learner = Learner::new(&RuleParams::Force { alpha }, 23);
        for (rates, target) in &examples {
            learner.learn(rates, *target);
        }
        assert_close(&learner.weights(), &ridge(&examples, alpha), 1e-10);
    }
}

#[test]
fn force_with_p_frozen_and_diagonal_is_the_delta_rule() {
    // P = I/α changes by 1/α² per step: with a huge α it stays.
    let mut force = Learner::new(&RuleParams::Force { alpha: 1e9 }, 23);
    let mut delta = Learner::new(&RuleParams::Classical { eta0: 1e-9 }, 23);
    for (rates, target) in &examples(23, 100) {
        force.learn(rates, *target);
        delta.learn(rates, *target);
    }
    let scale = delta
        .weights()
        .iter()
        .fold(0.0f64, |max, w| max.max(w.abs()));
    assert!(scale > 1e-9);
    assert_close(&force.weights(), &delta.weights(), 1e-6 * scale);
}

#[test]
fn the_bayesian_rule_with_its_variance_frozen_is_the_delta_rule() {
    // σ² changes by a factor 1 − η r² per step: with a tiny η₀ it stays, and η = σ²/σ_δ² = η₀.
    for variance in [1.0, 0.04] {
        let mut bayes = Learner::new(&bayesian(1e-9, variance), 23);
        let mut delta = Learner::new(&RuleParams::Classical { eta0: 1e-9 }, 23);
        for (rates, target) in &examples(23, 100) {
            bayes.learn(rates, *target);
            delta.learn(rates, *target);
        }
        let scale = delta
            .weights()
            .iter()
            .fold(0.0f64, |max, w| max.max(w.abs()));
        assert_close(&bayes.weights(), &delta.weights(), 1e-6 * scale);
    }
}

#[test]
fn the_variance_of_a_synapse_follows_its_recursion() {
    // One synapse, rate 1, target 1: w_t = 1 − Π(1 − η_s), η_{t+1} = η_t (1 − η_t).
    let mut learner = Learner::new(&bayesian(0.5, 2.0), 1);
    let (mut eta, mut error) = (0.5, 1.0);
    for _ in 0..1000 {
        let found = learner.learn(&[1.0], 1.0);
        assert!((found - error).abs() < 1e-14);
        error *= 1.0 - eta;
        eta *= 1.0 - eta;
    }
    // η falls as 1/t: the rule of a running mean.
    assert!((eta * 1000.0 - 1.0).abs() < 0.02, "{eta}");
}

#[test]
fn a_diagonal_rule_is_unstable_beyond_eta_sum_r_squared_of_2() {
    // The same example again and again: the error is multiplied by 1 − η Σ r².
    let rates = vec![0.5; 40];
    let sum_of_squares = 10.0;
    for (product, grows) in [(0.5, false), (1.9, false), (2.1, true), (3.0, true)] {
        let eta0 = product / sum_of_squares;
        let mut learner = Learner::new(&RuleParams::Classical { eta0 }, 40);
        let first = learner.learn(&rates, 1.0).abs();
        let mut last = first;
        for step in 1..=20 {
            last = learner.learn(&rates, 1.0).abs();
            let expected = f64::powi((1.0f64 - product).abs(), step);
            assert!(
                (last - expected).abs() <= 1e-9 * expected.max(1e-3),
                "{last} {expected}"
            );
        }
        assert_eq!(last > first, grows, "η Σ r² = {product}");
    }
}

#[test]
fn a_window_learns_only_once_it_has_a_variance() {
    let rule = RuleParams::Bayesian {
        eta0: 0.01,
        covariance: Covariance::Diagonal,
        gain: Gain::Published,
        noise: Noise::Window {
            errors: 4,
            lag_steps: 1,
        },
        update_order: UpdateOrder::Together,
        drift: None,
    };
    let mut learner = Learner::new(&rule, 3);
    let rates = [0.5, -0.2, 0.1];
    // The first two errors give no variance yet (one waits); the third step is the first to learn,
    // with η = η₀ exactly, whatever the variance.
    learner.learn(&rates, 1.0);
    learner.learn(&rates, 2.0);
    assert_eq!(learner.weights(), [0.0; 3]);
    let delta = learner.learn(&rates, -1.0);
    let expected: Vec<f64> = rates.iter().map(|rate| 0.01 * delta * rate).collect();
    assert_close(&learner.weights(), &expected, 1e-17);
}

fn belief(covariance: Covariance, gain: Gain, eta0: f64, variance: f64) -> RuleParams {
    RuleParams::Bayesian {
        eta0,
        covariance,
        gain,
        noise: Noise::Fixed { variance },
        update_order: UpdateOrder::Together,
        drift: None,
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
    let block = |size| Covariance::Block { size };
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
        Covariance::Block { size: 7 },
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
