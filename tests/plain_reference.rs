//! The engine against a slow, plain implementation of the same equations: one run, one unit, one
//! number at a time. Same order of operations, so the comparison is of bits; FORCE, whose engine
//! keeps half a matrix and defers its update, is compared to a tolerance.

mod plain;

use plain::plain;
use synapse_core::network::Network;
use synapse_core::outcome::{Outcome, Status};
use synapse_core::params::*;
use synapse_core::simd::{Path, force_path, path};
use synapse_core::simulation::{Run, simulate};
use synapse_core::target;

fn bayesian(eta0: f64) -> RuleParams {
    RuleParams::Bayesian {
        eta0,
        noise: Noise::Fixed { variance: 1.0 },
        update_order: UpdateOrder::Together,
        drift: None,
    }
}

fn trials(trials: usize, precision: Precision) -> TrainingParams {
    TrainingParams {
        protocol: Protocol::Trials {
            trials,
            washout_ms: 30.0,
            checkpoints_every: 3,
        },
        learn_every_ms: 1.0,
        error_steps: 1,
        error_lag_steps: 0,
        precision,
    }
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
        noise,
        update_order,
        drift,
    };
    let window = |errors, lag_steps| Noise::Window { errors, lag_steps };
    let drift = Some(Drift {
        tau_ms: 300.0,
        prior_mean: 0.01,
        prior_variance: 1e-3,
    });
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
                        precision,
                    };
                    for training in [training.clone(), trials(5, precision)] {
                        let run = Run {
                            training: &training,
                            rule,
                            target,
                            trace: false,
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

#[test]
fn force_agrees_with_the_plain_equations() {
    let network = Network::draw(&small(40), 9, 1).unwrap();
    let training = trials(3, Precision::F64);
    let rule = RuleParams::Force { alpha: 2.0 };
    let target = &targets(1, 50.0)[0];
    let run = Run {
        training: &training,
        rule: &rule,
        target,
        trace: false,
    };
    let found = simulate(&network, std::slice::from_ref(&run), &()).unwrap();
    let expected = plain(&network, &run);
    for (found, expected) in found[0].checkpoints.iter().zip(&expected.checkpoints) {
        for (found, expected) in [
            (found.test_mse, expected.test_mse),
            (found.tracking_mse, expected.tracking_mse),
        ] {
            // Rounding grows along the trajectory: 1e-16 in P to 1e-9 after 240 steps.
            let difference = found.unwrap_or(0.0) - expected.unwrap_or(0.0);
            assert!(
                difference.abs() <= 1e-8 * expected.unwrap_or(0.0),
                "{found:?} {expected:?}"
            );
        }
    }
}

#[test]
fn a_run_does_not_depend_on_its_batch() {
    let network = Network::draw(&small(53), 4, 0).unwrap();
    let (short, long) = (targets(20, 40.0), targets(20, 65.0));
    let (few, many) = (trials(2, Precision::F32), trials(7, Precision::F32));
    let rules: Vec<RuleParams> = [1e-4, 1e-2, 0.3].map(bayesian).to_vec();
    // 33 runs of unlike length and rate, one of which diverges.
    let wild = bayesian(1e6);
    let mut runs: Vec<Run<'_>> = (0..33)
        .map(|i| Run {
            training: if i % 3 == 0 { &few } else { &many },
            rule: &rules[i % rules.len()],
            target: if i % 2 == 0 {
                &short[i / 2]
            } else {
                &long[i / 2]
            },
            trace: i == 4,
        })
        .collect();
    runs[6].rule = &wild;
    let alone: Vec<Outcome> = runs
        .iter()
        .map(|run| {
            simulate(&network, std::slice::from_ref(run), &())
                .unwrap()
                .remove(0)
        })
        .collect();
    assert!(
        matches!(alone[6].status, Status::Diverged { .. }),
        "{:?}",
        alone[6]
    );
    assert!(alone.iter().filter(|o| o.status != Status::Ok).count() == 1);
    assert_eq!(alone[4].trace.as_ref().unwrap().v.len(), 40);
    for size in [1, 3, 5, 16, 33] {
        for (start, batch) in runs.chunks(size).enumerate() {
            let together = simulate(&network, batch, &()).unwrap();
            assert_eq!(together, alone[start * size..start * size + batch.len()]);
        }
    }
}

#[test]
fn all_vector_paths_give_the_same_bits() {
    // The only test of this process that asks which path is in use.
    let network = Network::draw(&small(67), 4, 0).unwrap();
    let targets = targets(16, 60.0);
    let force = RuleParams::Force { alpha: 1.0 };
    let rule = bayesian(1e-2);
    let widest = path();
    for precision in [Precision::F32, Precision::F64] {
        let training = trials(4, precision);
        for rule in [&rule, &force] {
            let runs: Vec<Run<'_>> = targets
                .iter()
                .map(|target| Run {
                    training: &training,
                    rule,
                    target,
                    trace: true,
                })
                .collect();
            let mut outcomes = Vec::new();
            for path in Path::available() {
                assert!(force_path(path));
                outcomes.push(simulate(&network, &runs, &()).unwrap());
            }
            assert!(outcomes.windows(2).all(|pair| pair[0] == pair[1]));
        }
    }
    force_path(widest);
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
        trace: true,
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
