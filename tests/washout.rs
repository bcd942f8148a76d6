//! `training.washout_feedback`: what the readout can move before the target begins.

use synapse_core::network::Network;
use synapse_core::params::{NetworkParams, Precision, Protocol, RuleParams, TrainingParams};
use synapse_core::simulation::{Run, simulate};
use synapse_core::streams::Replicate;

const WASHOUT_MS: f64 = 80.0;

/// V over the target in the test after `trials` trials, and the test MSE.
fn tested(feedback_gain: f64, washout_feedback: bool, eta0: f64, trials: usize) -> (Vec<f64>, f64) {
    let params = NetworkParams {
        units: 100,
        feedback_gain,
        ..NetworkParams::default()
    };
    let network = Network::draw(&params, 7, 0).unwrap();
    let training = TrainingParams {
        protocol: Protocol::Trials {
            trials,
            washout_ms: WASHOUT_MS,
            washout_feedback,
            checkpoints_every: trials,
        },
        learn_every_ms: 1.0,
        error_steps: 1,
        error_lag_steps: 0,
        error_noise: 0.0,
        switch_target_at_trial: 0,
        precision: Precision::F64,
    };
    let target: Vec<f64> = (0..60).map(|t| (f64::from(t) / 10.0).sin()).collect();
    let run = Run {
        training: &training,
        rule: &RuleParams::Classical { eta0 },
        target: &target,
        second_target: None,
        replicate: Replicate::default(),
        trace: true,
        keep_state: false,
        resume: None,
    };
    let outcome = simulate(&network, &[run], &()).unwrap().remove(0);
    let mse = outcome.checkpoints.last().unwrap().test_mse.unwrap();
    (outcome.trace.unwrap().v, mse)
}

#[test]
fn without_it_the_target_begins_in_the_state_of_the_network_alone() {
    // The same network, readout and pulse: feedback_gain scales A_i alone.
    let (alone, _) = tested(0.0, true, 1e-12, 1);
    let (unfed, _) = tested(1.0, false, 1e-12, 1);
    let (fed, _) = tested(1.0, true, 1e-12, 1);
    // One step of the trajectory has no feedback yet; the next has.
    assert!(
        (unfed[0] - alone[0]).abs() < 1e-9,
        "{} {}",
        unfed[0],
        alone[0]
    );
    assert!((unfed[30] - alone[30]).abs() > 1e-3);
    assert!((fed[0] - alone[0]).abs() > 1e-3);
}

#[test]
fn without_it_learning_starts_each_trial_where_the_last_did() {
    // At a high rate the readout changes from trial to trial; fed back in the washout, it moves the
    // state in which the target begins, and what was learned no longer fits.
    let (_, fed) = tested(1.0, true, 1e-2, 100);
    let (_, unfed) = tested(1.0, false, 1e-2, 100);
    assert!(unfed < fed, "{unfed} {fed}");
}
