//! Noise in potentials and errors, initial states and a switch of targets, where their effect is known in closed form.

use synapse_core::network::Network;
use synapse_core::outcome::Outcome;
use synapse_core::params::*;
use synapse_core::simulation::{Run, simulate};
use synapse_core::streams::{Purpose, RandomStream, Replicate, stream_of_trial};
use synapse_core::target;

const CLASSICAL: RuleParams = RuleParams::Classical { eta0: 0.0 };

fn trials(trials: usize, washout_ms: f64, precision: Precision) -> TrainingParams {
    TrainingParams {
        protocol: Protocol::Trials {
            trials,
            washout_ms,
            washout_feedback: true,
            checkpoints_every: 1,
        },
        learn_every_ms: 1.0,
        error_steps: 1,
        error_lag_steps: 0,
        error_noise: 0.0,
        switch_target_at_trial: 0,
        precision,
    }
}

fn bayesian(eta0: f64, noise: Noise) -> RuleParams {
    RuleParams::Bayesian {
        eta0,
        covariance: Covariance::Diagonal,
        gain: Gain::Published,
        noise,
        update_order: UpdateOrder::Together,
        drift: None,
        forgetting: 1.0,
    }
}

fn replicate(target: u64) -> Replicate {
    Replicate {
        seed: 5,
        network: 2,
        target,
    }
}

fn run<'a>(training: &'a TrainingParams, rule: &'a RuleParams, target: &'a [f64]) -> Run<'a> {
    Run {
        training,
        rule,
        target,
        second_target: None,
        replicate: replicate(0),
        trace: false,
        keep_state: false,
        resume: None,
    }
}

/// A network whose units do not hear of one another, of the readout or of a pulse.
fn isolated(params: &NetworkParams) -> Network {
    let params = NetworkParams {
        gain: 0.0,
        pulse_ms: 0.0,
        ..params.clone()
    };
    let mut network = Network::draw(&params, 5, 2).unwrap();
    network.feedback.fill(0.0);
    network
}

#[test]
fn an_isolated_unit_is_an_autoregressive_process() {
    let sd = 1e-3;
    let units = 50;
    for (dt_ms, tau_ms, precision) in [
        (1.0, 10.0, Precision::F32),
        (1.0, 2.0, Precision::F64),
        (0.5, 0.5, Precision::F64),
    ] {
        let mut network = isolated(&NetworkParams {
            units,
            dt_ms,
            tau_ms,
            state_noise: sd,
            ..NetworkParams::default()
        });
        // V has the variance of one unit if they are independent; tanh V_i is V_i to a part in 10⁶.
        network.readout.fill(1.0 / (units as f64).sqrt());
        let mut training = trials(1, 100.0 * dt_ms, precision);
        training.learn_every_ms = dt_ms;
        let steps = 20_000;
        let target = vec![0.0; steps];
        let runs: Vec<Run<'_>> = (0..32)
            .map(|j| Run {
                replicate: replicate(j),
                trace: true,
                ..run(&training, &CLASSICAL, &target)
            })
            .collect();
        let outcomes = simulate(&network, &runs, &()).unwrap();
        let v: Vec<&[f64]> = outcomes
            .iter()
            .map(|outcome| &outcome.trace.as_ref().unwrap().v[..])
            .collect();
        let count = (runs.len() * (steps - 1)) as f64;
        let covariance = |pairs: &dyn Fn(&[f64]) -> f64| {
            let sum: f64 = v.iter().map(|v| pairs(v)).sum();
            sum / count / (sd * sd)
        };
        let variance = covariance(&|v| v[1..].iter().map(|x| x * x).sum());
        let lagged = covariance(&|v| v.windows(2).map(|pair| pair[0] * pair[1]).sum());
        let mean: f64 = v.iter().map(|v| v[1..].iter().sum::<f64>()).sum::<f64>() / count / sd;

        let kept = 1.0 - dt_ms / tau_ms;
        let expected = 2.0 * dt_ms / tau_ms / (1.0 - kept * kept);
        // Standard errors of an AR(1) process' variance and mean.
        let memory = (1.0 + kept * kept) / (1.0 - kept * kept);
        let error = expected * (2.0 * memory / count).sqrt();
        assert!(
            (variance - expected).abs() < 5.0 * error,
            "dt {dt_ms}, τ {tau_ms}: {variance} against {expected} ± {error}"
        );
        assert!(
            (lagged - kept * expected).abs() < 8.0 * error,
            "{lagged} against {}",
            kept * expected
        );
        let error = (expected / count * (1.0 + kept) / (1.0 - kept)).sqrt();
        assert!(mean.abs() < 5.0 * error, "{mean} ± {error}");
        // Runs of unlike targets are independent; so are, in one run, training and test.
        let together: f64 = v[0].iter().zip(v[1]).map(|(a, b)| a * b).sum();
        let error = expected * (memory / steps as f64).sqrt();
        let correlation = together / steps as f64 / (sd * sd);
        assert!(correlation.abs() < 5.0 * error, "{correlation} ± {error}");
        let point = outcomes[0].checkpoints[1];
        assert_ne!(point.test_mse, point.tracking_mse);
    }
}

#[test]
fn the_rule_sees_the_noise_and_the_score_does_not() {
    // With a membrane that never moves, V = w r for ever, and r = tanh V(0).
    let network = isolated(&NetworkParams {
        units: 1,
        initial_state: 0.8,
        tau_ms: 1e15,
        ..NetworkParams::default()
    });
    let rate = network.initial[0].tanh();
    let output = network.readout[0] * rate;
    let drawn = TargetParams::PeriodicGp { length_ms: 60.0 };
    let target = target::sample(&drawn, 1.0, 3, 0).unwrap();
    let (eta, sd, prior) = (1e-9, 0.7, 2.0);
    let mut training = trials(3, 10.0, Precision::F64);
    training.learn_every_ms = 3.0;
    let mut noisy = training.clone();
    noisy.error_noise = sd;
    let posterior = Noise::InverseGamma {
        shape: 3.0,
        scale: prior,
    };
    let rules = [
        RuleParams::Classical { eta0: eta },
        bayesian(eta, posterior),
    ];
    let of = |training, rule| Run {
        keep_state: true,
        ..run(training, rule, &target)
    };
    let runs = [
        of(&training, &rules[0]),
        of(&noisy, &rules[0]),
        of(&noisy, &rules[1]),
    ];
    let found = simulate(&network, &runs, &()).unwrap();

    let (mut sum, mut squares, mut clean) = (0.0, 0.0, 0.0);
    for trial in 1..=3 {
        let stream = stream_of_trial(trial, true);
        let mut noise = RandomStream::of_run(replicate(0), Purpose::ErrorNoise, stream);
        for (step, target) in target.iter().enumerate() {
            let seen = target - output + sd * noise.normal();
            squares += seen * seen;
            clean += (target - output) * (target - output);
            sum += if step % 3 == 0 { seen } else { 0.0 };
        }
    }
    let state = |outcome: &Outcome| outcome.state.clone().unwrap();
    let step = state(&found[1]).weights[0] - network.readout[0];
    assert!((step / (eta * rate * sum) - 1.0).abs() < 1e-6, "{step}");
    let scale = *state(&found[2]).rule.last().unwrap();
    assert!(((scale - prior) / (squares / 2.0) - 1.0).abs() < 1e-6);
    // The mean square grows by sd²: five standard errors of Σ (2 δ ξ + ξ² − 1).
    let steps = 180.0;
    let growth = (squares - clean) / steps;
    let error = ((4.0 * sd * sd * clean / steps + 2.0 * sd.powi(4)) / steps).sqrt();
    assert!((growth - sd * sd).abs() < 5.0 * error, "{growth} ± {error}");
    for (clean, noisy) in found[0].checkpoints.iter().zip(&found[1].checkpoints) {
        for (clean, noisy) in [
            (clean.test_mse, noisy.test_mse),
            (clean.tracking_mse, noisy.tracking_mse),
        ] {
            let difference = clean.unwrap_or(0.0) - noisy.unwrap_or(0.0);
            assert!(difference.abs() < 1e-6, "{difference}");
        }
    }
}

#[test]
fn conditions_share_the_noise_of_a_network_and_target_and_tests_have_their_own() {
    let drawn = TargetParams::PeriodicGp { length_ms: 60.0 };
    let target = target::sample(&drawn, 1.0, 3, 0).unwrap();
    let fixed = bayesian(0.0, Noise::Fixed { variance: 1.0 });
    let training = trials(3, 40.0, Precision::F32);
    for state_noise in [0.0, 0.1] {
        let params = NetworkParams {
            units: 40,
            state_noise,
            initial_state: 0.3,
            ..NetworkParams::default()
        };
        let network = Network::draw(&params, 5, 2).unwrap();
        let other = Run {
            replicate: replicate(1),
            ..run(&training, &fixed, &target)
        };
        let runs = [
            run(&training, &CLASSICAL, &target),
            run(&training, &fixed, &target),
            other,
        ];
        let found = simulate(&network, &runs, &()).unwrap();
        // Neither learns: they differ in nothing that is computed.
        assert_eq!(found[0], found[1]);
        assert_eq!(found[0] == found[2], state_noise == 0.0);
        let points = found[0].checkpoints.iter();
        let mut errors: Vec<f64> = points
            .flat_map(|point| [point.test_mse, point.tracking_mse])
            .flatten()
            .collect();
        errors.sort_by(f64::total_cmp);
        errors.dedup();
        // Four tests and three trials; without noise, all the same.
        assert_eq!(errors.len(), if state_noise > 0.0 { 7 } else { 1 });
    }
}

#[test]
fn after_the_switch_the_second_target_is_learned_and_tested() {
    let drawn = TargetParams::PeriodicGp { length_ms: 60.0 };
    let first = target::sample(&drawn, 1.0, 3, 0).unwrap();
    let second = target::sample_second(&drawn, 1.0, 3, 0).unwrap();
    let params = NetworkParams {
        units: 40,
        ..NetworkParams::default()
    };
    let network = Network::draw(&params, 5, 2).unwrap();
    let rule = RuleParams::Classical { eta0: 1e-3 };
    let plain = trials(5, 40.0, Precision::F64);
    let switch = |switch_target_at_trial| TrainingParams {
        switch_target_at_trial,
        ..plain.clone()
    };
    let [at_2, at_5] = [switch(2), switch(5)];
    let of = |training, target| Run {
        second_target: Some(&second),
        trace: true,
        keep_state: true,
        ..run(training, &rule, target)
    };
    let runs = [
        of(&plain, &first),
        of(&at_2, &first),
        of(&at_5, &first),
        of(&plain, &second),
    ];
    let found = simulate(&network, &runs, &()).unwrap();
    // After the last trial there is nothing to switch.
    assert_eq!(found[2], found[0]);
    // The test at the switch is of the first target, all that follows of the second.
    assert_eq!(found[1].checkpoints[..3], found[0].checkpoints[..3]);
    assert_ne!(found[1].checkpoints[3], found[0].checkpoints[3]);
    assert_eq!(found[1].trace.as_ref().unwrap().v_tar, second);
    // As if a run on the second target went on from what one on the first has learned.
    let short = Run {
        keep_state: true,
        ..run(&plain, &rule, &first)
    };
    let two = trials(2, 40.0, Precision::F64);
    let learned = simulate(
        &network,
        &[Run {
            training: &two,
            ..short
        }],
        &(),
    )
    .unwrap();
    let rest = Run {
        resume: learned[0].state.as_ref(),
        ..of(&plain, &second)
    };
    let rest = simulate(&network, &[rest], &()).unwrap();
    assert_eq!(rest[0].checkpoints, found[1].checkpoints[3..]);
    assert_eq!(rest[0].state, found[1].state);
}
