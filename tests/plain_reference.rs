//! The engine against a slow, plain implementation of the same equations: one run, one unit, one
//! number at a time. Same order of operations, so the comparison is of bits.

mod plain;

use plain::plain;
use synapse_core::network::Network;
use synapse_core::outcome::{Outcome, Status};
use synapse_core::params::*;
use synapse_core::simd::{Path, force_path, path};
use synapse_core::simulation::{Run, SimulationError, simulate};
use synapse_core::streams::Replicate;
use synapse_core::target::{self, sample_second};

fn bayesian(eta0: f64) -> RuleParams {
    RuleParams::Bayesian {
        eta0,
        covariance: Covariance::Diagonal,
        gain: Gain::Published,
        noise: Noise::Fixed { variance: 1.0 },
        update_order: UpdateOrder::Together,
        drift: None,
        forgetting: 1.0,
    }
}

fn trials(trials: usize, precision: Precision) -> TrainingParams {
    TrainingParams {
        protocol: Protocol::Trials {
            trials,
            washout_ms: 30.0,
            washout_feedback: true,
            checkpoints_every: 3,
        },
        learn_every_ms: 1.0,
        error_steps: 1,
        error_lag_steps: 0,
        error_noise: 0.0,
        switch_target_at_trial: 0,
        precision,
    }
}

fn forgetting(rule: RuleParams, factor: f64) -> RuleParams {
    let mut rule = rule;
    if let RuleParams::Bayesian { forgetting, .. } = &mut rule {
        *forgetting = factor;
    }
    rule
}

fn small(units: usize) -> NetworkParams {
    NetworkParams {
        units,
        connection_probability: 0.2,
        ..NetworkParams::default()
    }
}

fn targets(count: u64, length_ms: f64) -> Vec<Vec<f64>> {
    (0..count)
        .map(|j| target::sample(&TargetParams::PeriodicGp { length_ms }, 1.0, 3, j).unwrap())
        .collect()
}

#[test]
fn every_rule_and_convention_gives_the_plain_bits() {
    let readme = NetworkParams {
        recurrent_scale: Scale::StandardDeviation,
        readout_scale: Scale::StandardDeviation,
        feedback: Feedback::OwnPotential,
        pulse_input: PulseInput::Shared,
        pulse_onset_ms: 7.0,
        ..small(61)
    };
    let with = |noise, update_order, drift| RuleParams::Bayesian {
        eta0: 0.01,
        covariance: Covariance::Diagonal,
        gain: Gain::Published,
        noise,
        update_order,
        drift,
        forgetting: 1.0,
    };
    let window = |errors, lag_steps| Noise::Window { errors, lag_steps };
    let drift = Some(Drift {
        tau_ms: 300.0,
        prior_mean: 0.01,
        prior_variance: 1e-3,
    });
    let covariance = |covariance, gain, noise| RuleParams::Bayesian {
        eta0: 0.01,
        covariance,
        gain,
        noise,
        update_order: UpdateOrder::Together,
        drift: None,
        forgetting: 1.0,
    };
    let rules = [
        RuleParams::Classical { eta0: 1e-3 },
        bayesian(1e-2),
        with(window(4, 2), UpdateOrder::VarianceFirst, None),
        with(window(50, 0), UpdateOrder::Together, drift.clone()),
        with(
            Noise::Fixed { variance: 0.3 },
            UpdateOrder::VarianceFirst,
            drift,
        ),
        RuleParams::Force { alpha: 1.0 },
        covariance(Covariance::Diagonal, Gain::Exact, window(50, 0)),
        covariance(
            Covariance::Block {
                size: 1,
                assignment: Assignment::Index,
            },
            Gain::Exact,
            Noise::Fixed { variance: 1.0 },
        ),
        covariance(
            Covariance::Block {
                size: 7,
                assignment: Assignment::Index,
            },
            Gain::Exact,
            Noise::Fixed { variance: 0.3 },
        ),
        covariance(
            Covariance::Block {
                size: 7,
                assignment: Assignment::Index,
            },
            Gain::Published,
            window(4, 2),
        ),
        covariance(
            Covariance::Block {
                size: 7,
                assignment: Assignment::Random,
            },
            Gain::Exact,
            window(50, 0),
        ),
        covariance(
            Covariance::Block {
                size: 9,
                assignment: Assignment::Feedback,
            },
            Gain::Exact,
            Noise::Fixed { variance: 0.3 },
        ),
        forgetting(bayesian(1e-2), 0.999),
        covariance(Covariance::Full, Gain::Exact, window(50, 0)),
        covariance(
            Covariance::Diagonal,
            Gain::Published,
            Noise::Exponential { errors: 30 },
        ),
        covariance(
            Covariance::Block {
                size: 10,
                assignment: Assignment::Index,
            },
            Gain::Exact,
            Noise::InverseGamma {
                shape: 3.0,
                scale: 0.5,
            },
        ),
        covariance(
            Covariance::Full,
            Gain::Published,
            Noise::Fixed { variance: 3.0 },
        ),
    ];
    let target = &targets(1, 80.0)[0];
    for params in [small(61), readme] {
        let network = Network::draw(&params, 9, 1).unwrap();
        for rule in &rules {
            for precision in [Precision::F32, Precision::F64] {
                let stream = |learn_at_validation| Protocol::Stream {
                    duration_ms: 400.0,
                    validate_every_ms: 69.0,
                    test_periods: 2,
                    learn_at_validation,
                };
                for protocol in [trials(5, precision).protocol, stream(true), stream(false)] {
                    let training = TrainingParams {
                        protocol,
                        learn_every_ms: 3.0,
                        error_steps: 4,
                        error_lag_steps: 2,
                        error_noise: 0.0,
                        switch_target_at_trial: 0,
                        precision,
                    };
                    for training in [training.clone(), trials(5, precision)] {
                        let run = Run {
                            training: &training,
                            rule,
                            target,
                            second_target: None,
                            replicate: Replicate::default(),
                            trace: false,
                            keep_state: false,
                            resume: None,
                        };
                        let found = simulate(&network, std::slice::from_ref(&run), &()).unwrap();
                        assert_eq!(
                            found,
                            [plain(&network, &run)],
                            "{params:?} {rule:?} {training:?}"
                        );
                    }
                }
            }
        }
    }
}

/// Noise in potentials and errors, an initial state and a switch of targets, each alone and all together.
#[test]
fn noise_switch_and_initial_state_give_the_plain_bits() {
    let params = TargetParams::PeriodicGp { length_ms: 40.0 };
    let target = &targets(1, 40.0)[0];
    let second = sample_second(&params, 1.0, 3, 0).unwrap();
    let rules = [
        RuleParams::Classical { eta0: 1e-3 },
        bayesian(1e-2),
        RuleParams::Bayesian {
            eta0: 0.1,
            covariance: Covariance::Block {
                size: 7,
                assignment: Assignment::Index,
            },
            gain: Gain::Exact,
            noise: Noise::Window {
                errors: 20,
                lag_steps: 1,
            },
            update_order: UpdateOrder::Together,
            drift: None,
            forgetting: 1.0,
        },
        RuleParams::Force { alpha: 1.0 },
    ];
    for (state_noise, error_noise, initial_state, switch) in [
        (0.1, 0.0, 0.0, 0),
        (0.0, 0.3, 0.0, 0),
        (0.0, 0.0, 0.7, 0),
        (0.0, 0.0, 0.0, 2),
        (0.02, 0.1, 0.5, 3),
    ] {
        let params = NetworkParams {
            state_noise,
            initial_state,
            ..small(53)
        };
        let network = Network::draw(&params, 4, 1).unwrap();
        for precision in [Precision::F32, Precision::F64] {
            let with = |protocol| TrainingParams {
                protocol,
                error_noise,
                ..trials(5, precision)
            };
            let in_trials = |washout_feedback| TrainingParams {
                switch_target_at_trial: switch,
                ..with(Protocol::Trials {
                    trials: 5,
                    washout_ms: 30.0,
                    washout_feedback,
                    checkpoints_every: 1,
                })
            };
            let (trained, unfed) = (in_trials(true), in_trials(false));
            let streamed = TrainingParams {
                learn_every_ms: 2.0,
                error_steps: 2,
                ..with(Protocol::Stream {
                    duration_ms: 200.0,
                    validate_every_ms: 50.0,
                    test_periods: 1,
                    learn_at_validation: true,
                })
            };
            let runs: Vec<Run<'_>> = (0..37)
                .map(|i| Run {
                    training: [&trained, &unfed, &trained, &streamed, &trained][i % 5],
                    rule: &rules[i % rules.len()],
                    target,
                    second_target: Some(&second),
                    replicate: Replicate {
                        seed: 4,
                        network: 1,
                        target: i as u64 / 4,
                    },
                    trace: false,
                    keep_state: false,
                    resume: None,
                })
                .collect();
            let expected: Vec<Outcome> = runs.iter().map(|run| plain(&network, run)).collect();
            for size in [1, 2, 7, 16, 37] {
                let found: Vec<Outcome> = runs
                    .chunks(size)
                    .flat_map(|batch| simulate(&network, batch, &()).unwrap())
                    .collect();
                assert_eq!(found, expected, "{precision:?}, {size} runs, {params:?}");
            }
            // Targets differ in their noise alone here.
            let noisy = state_noise > 0.0 || error_noise > 0.0;
            assert_eq!(expected[0] != expected[4], noisy);
        }
    }
}

#[test]
fn a_switch_needs_a_second_target() {
    let network = Network::draw(&small(53), 4, 0).unwrap();
    let mut training = trials(7, Precision::F32);
    training.switch_target_at_trial = 1;
    let target = &targets(1, 40.0)[0];
    let mut run = Run {
        training: &training,
        rule: &RuleParams::Classical { eta0: 1e-3 },
        target,
        second_target: None,
        replicate: Replicate::default(),
        trace: false,
        keep_state: false,
        resume: None,
    };
    for second in [None, Some(&target[1..])] {
        run.second_target = second;
        let found = simulate(&network, std::slice::from_ref(&run), &());
        assert_eq!(found, Err(SimulationError::NoSecondTarget));
    }
}

/// 33 runs of unlike rule, length and protocol. Numbers 6, 16 and 26, one of each rule, diverge.
struct Mixture {
    trainings: [TrainingParams; 3],
    rules: [RuleParams; 8],
    targets: [Vec<Vec<f64>>; 2],
}

impl Mixture {
    const RUNS: usize = 33;
    /// The last rules: with them, runs diverge.
    const WILD: usize = 3;

    fn new(precision: Precision) -> Self {
        let stream = Protocol::Stream {
            duration_ms: 200.0,
            validate_every_ms: 50.0,
            test_periods: 1,
            learn_at_validation: true,
        };
        let streamed = TrainingParams {
            protocol: stream,
            learn_every_ms: 2.0,
            error_steps: 2,
            ..trials(1, precision)
        };
        let window = |errors, lag_steps, drift| RuleParams::Bayesian {
            eta0: 1e-3,
            covariance: Covariance::Diagonal,
            gain: Gain::Published,
            noise: Noise::Window { errors, lag_steps },
            update_order: UpdateOrder::VarianceFirst,
            drift,
            forgetting: 1.0,
        };
        let drift = Some(Drift {
            tau_ms: 300.0,
            prior_mean: 0.01,
            prior_variance: 1e-3,
        });
        // 1/α is the largest number of the format, or nearly.
        let smallest_alpha = match precision {
            Precision::F32 => 1e-38,
            Precision::F64 => 1e-307,
        };
        Self {
            trainings: [trials(2, precision), trials(5, precision), streamed],
            rules: [
                RuleParams::Classical { eta0: 1e-3 },
                bayesian(1e-2),
                window(12, 1, drift),
                RuleParams::Force { alpha: 1.0 },
                window(30, 0, None),
                RuleParams::Classical { eta0: 10.0 },
                bayesian(1e6),
                RuleParams::Force {
                    alpha: smallest_alpha,
                },
            ],
            targets: [targets(17, 40.0), targets(17, 65.0)],
        }
    }

    fn runs(&self) -> Vec<Run<'_>> {
        let tame = self.rules.len() - Self::WILD;
        (0..Self::RUNS)
            .map(|i| Run {
                rule: match i % 10 {
                    6 => &self.rules[tame + i / 10 % Self::WILD],
                    _ => &self.rules[i % tame],
                },
                training: &self.trainings[i % self.trainings.len()],
                target: &self.targets[i % 2][i / 2],
                second_target: None,
                replicate: Replicate::default(),
                trace: i % 4 == 0,
                keep_state: false,
                resume: None,
            })
            .collect()
    }
}

#[test]
fn a_run_has_the_plain_bits_in_any_batch_on_any_vector_path() {
    // The only test of this process that chooses a path. No other asks which is in use.
    let widest = path();
    let noisy = NetworkParams {
        state_noise: 0.01,
        initial_state: 0.1,
        ..small(53)
    };
    let quiet = small(53);
    for (precision, params) in [
        (Precision::F32, &quiet),
        (Precision::F32, &noisy),
        (Precision::F64, &quiet),
        (Precision::F64, &noisy),
    ] {
        let network = Network::draw(params, 4, 0).unwrap();
        let mixture = Mixture::new(precision);
        let runs = mixture.runs();
        let alone: Vec<Outcome> = runs
            .iter()
            .map(|run| simulate(&network, std::slice::from_ref(run), &()).unwrap())
            .map(|outcomes| outcomes.into_iter().next().unwrap())
            .collect();
        for (i, (run, outcome)) in runs.iter().zip(&alone).enumerate() {
            let untraced = Outcome {
                trace: None,
                ..outcome.clone()
            };
            assert_eq!(untraced, plain(&network, run), "run {i}, {precision:?}");
            assert_eq!(outcome.status == Status::Ok, i % 10 != 6, "run {i}");
            assert_eq!(outcome.trace.is_some(), run.trace && i % 10 != 6);
        }
        for path in Path::available() {
            assert!(force_path(path));
            for size in [1, 3, 5, 16, 33] {
                for (batch, alone) in runs.chunks(size).zip(alone.chunks(size)) {
                    let together = simulate(&network, batch, &()).unwrap();
                    assert_eq!(together, alone, "{precision:?}, {path:?}, {size} runs");
                }
            }
        }
    }
    force_path(widest);
}

#[test]
fn a_network_of_several_panels_gives_the_plain_bits() {
    // 256 columns and 43 more.
    let network = Network::draw(&small(299), 4, 0).unwrap();
    for precision in [Precision::F32, Precision::F64] {
        let mixture = Mixture::new(precision);
        let runs = &mixture.runs()[..5];
        for (found, run) in simulate(&network, runs, &()).unwrap().iter().zip(runs) {
            let expected = plain(&network, run);
            assert_eq!(found.status, expected.status);
            assert_eq!(found.checkpoints, expected.checkpoints, "{:?}", run.rule);
        }
    }
}

#[test]
fn a_diverged_run_says_when_and_keeps_its_rows() {
    let network = Network::draw(&small(53), 4, 0).unwrap();
    let training = trials(7, Precision::F32);
    let rule = RuleParams::Classical { eta0: 10.0 };
    let target = &targets(1, 40.0)[0];
    let run = Run {
        training: &training,
        rule: &rule,
        target,
        second_target: None,
        replicate: Replicate::default(),
        trace: true,
        keep_state: false,
        resume: None,
    };
    let found = simulate(&network, std::slice::from_ref(&run), &()).unwrap();
    assert_eq!(found, [plain(&network, &run)]);
    let Status::Diverged { trial, step } = found[0].status else {
        panic!("{:?}", found[0].status)
    };
    assert_eq!(trial, 1);
    assert!((30..70).contains(&step), "{step}");
    let rows: Vec<(usize, bool)> = found[0]
        .checkpoints
        .iter()
        .map(|point| (point.trial, point.test_mse.is_some()))
        .collect();
    assert_eq!(rows, [(0, true), (3, false), (6, false), (7, false)]);
    assert!(found[0].trace.is_none());
}
