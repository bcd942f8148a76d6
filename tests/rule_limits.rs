//! The rules where their result is known in closed form.

mod learner;

use learner::{Learner, assert_close, examples, ridge};
use synapse_core::params::{Covariance, Gain, Noise, RuleParams, UpdateOrder};

fn bayesian(eta0: f64, variance: f64) -> RuleParams {
    RuleParams::Bayesian {
        eta0,
        covariance: Covariance::Diagonal,
        gain: Gain::Published,
        noise: Noise::Fixed { variance },
        update_order: UpdateOrder::Together,
        drift: None,
        forgetting: 1.0,
    }
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
        forgetting: 1.0,
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
