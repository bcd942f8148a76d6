//! A run that goes on from what a shorter one has learned gives the bits of one that was never
//! interrupted.

use synapse_core::network::Network;
use synapse_core::outcome::{Checkpoint, Outcome};
use synapse_core::params::*;
use synapse_core::simulation::{Run, SimulationError, simulate};
use synapse_core::streams::Replicate;
use synapse_core::target;

/// `noisy`: with noise in the errors, and another target after four trials.
fn training(trials: usize, precision: Precision, noisy: bool) -> TrainingParams {
    TrainingParams {
        protocol: Protocol::Trials {
            trials,
            washout_ms: 30.0,
            washout_feedback: true,
            checkpoints_every: 2,
        },
        learn_every_ms: 2.0,
        error_steps: 1,
        error_lag_steps: 0,
        error_noise: if noisy { 0.1 } else { 0.0 },
        switch_target_at_trial: if noisy { 4 } else { 0 },
        precision,
    }
}

fn forgetting(rule: RuleParams) -> RuleParams {
    let mut rule = rule;
    if let RuleParams::Bayesian { forgetting, .. } = &mut rule {
        *forgetting = 0.999;
    }
    rule
}

fn rules() -> Vec<RuleParams> {
    let bayesian = |noise, update_order, drift| RuleParams::Bayesian {
        eta0: 0.01,
        covariance: Covariance::Diagonal,
        gain: Gain::Published,
        noise,
        update_order,
        drift,
        forgetting: 1.0,
    };
    let window = |errors, lag_steps| Noise::Window { errors, lag_steps };
    let family = |covariance| RuleParams::Bayesian {
        eta0: 0.1,
        covariance,
        gain: Gain::Exact,
        noise: window(20, 1),
        update_order: UpdateOrder::Together,
        drift: None,
        forgetting: 1.0,
    };
    let drift = Drift {
        tau_ms: 300.0,
        prior_mean: 0.01,
        prior_variance: 1e-3,
    };
    vec![
        RuleParams::Classical { eta0: 1e-3 },
        bayesian(Noise::Fixed { variance: 1.0 }, UpdateOrder::Together, None),
        bayesian(window(4, 2), UpdateOrder::VarianceFirst, None),
        // A window that is not full after the first trials.
        bayesian(window(1000, 3), UpdateOrder::Together, Some(drift)),
        RuleParams::Force { alpha: 1.0 },
        family(Covariance::Diagonal),
        family(Covariance::Block {
            size: 9,
            assignment: Assignment::Index,
        }),
        family(Covariance::LowRank {
            rank: 4,
            recent: 7,
            dropped: Dropped::ToDiagonal,
        }),
        forgetting(family(Covariance::LowRank {
            rank: 3,
            recent: 5,
            dropped: Dropped::Forgotten,
        })),
        forgetting(family(Covariance::Full)),
    ]
}

fn after(outcome: &Outcome, trial: usize) -> Vec<Checkpoint> {
    let points = outcome.checkpoints.iter().copied();
    points.filter(|point| point.trial > trial).collect()
}

#[test]
fn going_on_is_never_having_stopped() {
    for noisy in [false, true] {
        for precision in [Precision::F32, Precision::F64] {
            goes_on(precision, noisy);
        }
    }
}

fn goes_on(precision: Precision, noisy: bool) {
    let params = NetworkParams {
        units: 53,
        connection_probability: 0.2,
        state_noise: if noisy { 0.05 } else { 0.0 },
        initial_state: if noisy { 0.3 } else { 0.0 },
        ..NetworkParams::default()
    };
    let network = Network::draw(&params, 4, 0).unwrap();
    let drawn = TargetParams::PeriodicGp { length_ms: 60.0 };
    let target = target::sample(&drawn, 1.0, 3, 0).unwrap();
    let second = target::sample_second(&drawn, 1.0, 3, 0).unwrap();
    let rules = rules();
    let [short, middle, long] = [3, 5, 9].map(|trials| training(trials, precision, noisy));
    let run = |training, rule| Run {
        training,
        rule,
        target: &target,
        second_target: Some(&second),
        replicate: Replicate::default(),
        trace: true,
        keep_state: true,
        resume: None,
    };
    // All rules in one batch, at each stage.
    let all = |training| -> Vec<Run<'_>> { rules.iter().map(|rule| run(training, rule)).collect() };
    let whole = simulate(&network, &all(&long), &()).unwrap();
    let first = simulate(&network, &all(&short), &()).unwrap();
    let go_on = |training, before: &[Outcome]| {
        let mut runs = all(training);
        let states: Vec<_> = before
            .iter()
            .map(|outcome| outcome.state.clone().unwrap())
            .collect();
        for (run, state) in runs.iter_mut().zip(&states) {
            run.resume = Some(state);
        }
        simulate(&network, &runs, &()).unwrap()
    };
    let second = go_on(&middle, &first);
    let third = go_on(&long, &second);
    for (third, whole) in third.iter().zip(&whole) {
        assert_eq!(third.state, whole.state);
        assert_eq!(third.trace, whole.trace);
        assert_eq!(third.checkpoints, after(whole, 5));
        assert_eq!(third.checkpoints.len(), 3);
        assert_eq!(third.state.as_ref().unwrap().trial, 9);
    }
    // A trial that is a checkpoint of both is the same in both.
    for (second, whole) in second.iter().zip(&whole) {
        assert_eq!(second.checkpoints[0], after(whole, 3)[0]);
    }
}

#[test]
fn a_state_that_does_not_fit_is_refused() {
    let params = NetworkParams {
        units: 20,
        ..NetworkParams::default()
    };
    let network = Network::draw(&params, 4, 0).unwrap();
    let target = target::sample(&TargetParams::PeriodicGp { length_ms: 60.0 }, 1.0, 3, 0).unwrap();
    let rules = rules();
    let [short, long] = [2, 4].map(|trials| training(trials, Precision::F32, false));
    let mut run = Run {
        training: &short,
        rule: &rules[2],
        target: &target,
        second_target: None,
        replicate: Replicate::default(),
        trace: false,
        keep_state: true,
        resume: None,
    };
    let state = simulate(&network, &[run.clone()], &())
        .unwrap()
        .remove(0)
        .state
        .unwrap();
    let mut with = |training, rule, state| {
        run.training = training;
        run.rule = rule;
        run.resume = Some(state);
        simulate(&network, &[run.clone()], &()).map(|_| ())
    };
    assert_eq!(with(&long, &rules[2], &state), Ok(()));
    let wrong = Err(SimulationError::WrongState);
    // As many trials; another rule; another window; another network.
    assert_eq!(with(&short, &rules[2], &state), wrong);
    for other in [0, 1, 3, 4, 5, 6, 7] {
        assert_eq!(with(&long, &rules[other], &state), wrong, "{other}");
    }
    let mut larger = state.clone();
    larger.weights.push(0.0);
    assert_eq!(with(&long, &rules[2], &larger), wrong);
    let mut stream = long.clone();
    stream.protocol = Protocol::Stream {
        duration_ms: 120.0,
        validate_every_ms: 60.0,
        test_periods: 1,
        learn_at_validation: true,
    };
    assert_eq!(with(&stream, &rules[2], &state), wrong);
}
