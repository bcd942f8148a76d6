//! The engine against a slow, plain implementation of the same equations: one run, one unit, one
//! number at a time. Same order of operations, so the comparison is of bits; FORCE, whose engine
//! keeps half a matrix and defers its update, is compared to a tolerance.

use synapse_core::kernel::{Path, force_path, path};
use synapse_core::network::Network;
use synapse_core::numeric::Real;
use synapse_core::outcome::{Checkpoint, Outcome, Status};
use synapse_core::params::*;
use synapse_core::simulation::{DIVERGENCE_BOUND, Run, simulate};
use synapse_core::target;

/// What a plain run needs to know.
struct Plain<'a> {
    network: &'a Network,
    training: &'a TrainingParams,
    rule: &'a RuleParams,
    target: &'a [f64],
}

/// State and weights of the one network.
struct State<F> {
    v: Vec<F>,
    r: Vec<F>,
    w: Vec<F>,
    /// σ² of the Bayesian rule.
    s: Vec<F>,
    started: bool,
    /// P of FORCE, full.
    p: Vec<Vec<F>>,
    /// Errors of learning steps, for windows; and of this trial or stream, for δ.
    errors: Vec<F>,
    recent: Vec<F>,
}

impl Plain<'_> {
    fn steps(&self, ms: f64) -> usize {
        whole_steps(ms, self.network.params.dt_ms).unwrap()
    }

    fn start<F: Real>(&self) -> State<F> {
        let n = self.network.params.units;
        let alpha = match self.rule {
            RuleParams::Force { alpha } => *alpha,
            _ => 1.0,
        };
        State {
            v: vec![F::ZERO; n],
            r: vec![F::ZERO; n],
            w: self
                .network
                .readout
                .iter()
                .map(|&w| F::from_f64(w))
                .collect(),
            s: vec![F::ZERO; n],
            started: false,
            p: (0..n)
                .map(|i| {
                    let one = |j| if i == j { 1.0 / alpha } else { 0.0 };
                    (0..n).map(|j| F::from_f64(one(j))).collect()
                })
                .collect(),
            errors: Vec::new(),
            recent: Vec::new(),
        }
    }

    fn output<F: Real>(state: &State<F>) -> F {
        let mut sum = F::ZERO;
        for i in 0..state.w.len() {
            sum += state.w[i] * state.r[i];
        }
        sum
    }

    /// V_i += (dt/τ)(Σ J r + A fb − V_i), then the pulse.
    fn euler<F: Real>(&self, state: &mut State<F>, output: F, pulse_row: Option<usize>) {
        let params = &self.network.params;
        let leak = F::from_f64(params.dt_ms / params.tau_ms);
        let old_rates = state.r.clone();
        for i in 0..params.units {
            let mut drive = F::ZERO;
            for (j, value) in self.network.recurrent.row(i) {
                drive += F::from_f64(value) * old_rates[j];
            }
            let fed_back = match params.feedback {
                Feedback::Readout => output,
                Feedback::OwnPotential => state.v[i],
            };
            drive += F::from_f64(self.network.feedback[i]) * fed_back;
            let v = state.v[i];
            state.v[i] = v + leak * (drive - v);
            if let Some(row) = pulse_row {
                state.v[i] += leak * F::from_f64(self.network.pulse[(row, i)]);
            }
        }
        for i in 0..params.units {
            state.r[i] = state.v[i].tanh();
        }
    }

    fn variance<F: Real>(&self, errors: usize, lag: usize, state: &State<F>) -> Option<F> {
        let known = state.errors.len().saturating_sub(lag);
        let filled = known.min(errors);
        if filled < 2 {
            return None;
        }
        // The engine sums in the order of its ring's slots.
        let mut ring = vec![F::ZERO; errors];
        for (step, &error) in state.errors[..known].iter().enumerate() {
            ring[step % errors] = error;
        }
        let n = F::from_f64(filled as f64);
        let mut sum = F::ZERO;
        for &error in &ring[..filled] {
            sum += error;
        }
        let mean = sum / n;
        let mut squares = F::ZERO;
        for &error in &ring[..filled] {
            let deviation = error - mean;
            squares += deviation * deviation;
        }
        let variance = squares / n;
        (variance != F::ZERO).then_some(variance)
    }

    fn learn<F: Real>(&self, state: &mut State<F>, delta: F) {
        let n = state.w.len();
        match self.rule {
            RuleParams::Classical { eta0 } => {
                let factor = F::from_f64(*eta0) * delta;
                for i in 0..n {
                    state.w[i] += factor * state.r[i];
                }
            }
            RuleParams::Bayesian {
                eta0,
                noise,
                update_order,
                drift,
            } => {
                let noise = match *noise {
                    Noise::Fixed { variance } => Some(F::from_f64(variance)),
                    Noise::Window { errors, lag_steps } => self.variance(errors, lag_steps, state),
                };
                let Some(noise) = noise else { return };
                if !state.started {
                    state.started = true;
                    state.s = vec![F::from_f64(*eta0) * noise; n];
                }
                let precision = F::ONE / noise;
                for i in 0..n {
                    let gain = state.s[i] * state.r[i];
                    let loss = (gain * gain) * precision;
                    match update_order {
                        UpdateOrder::Together => {
                            state.w[i] += gain * (delta * precision);
                            state.s[i] -= loss;
                        }
                        UpdateOrder::VarianceFirst => {
                            state.s[i] -= loss;
                            let gain = state.s[i] * state.r[i];
                            state.w[i] += gain * (delta * precision);
                        }
                    }
                }
                if let Some(drift) = drift {
                    let rate = self.training.learn_every_ms / drift.tau_ms;
                    for i in 0..n {
                        let pull = state.w[i] - F::from_f64(drift.prior_mean);
                        state.w[i] -= F::from_f64(rate) * pull;
                        let pull = state.s[i] - F::from_f64(drift.prior_variance);
                        state.s[i] -= F::from_f64(2.0 * rate) * pull;
                    }
                }
            }
            RuleParams::Force { .. } => {
                // P −= P r rᵀP/(1 + rᵀPr), then w += P r δ: as the equations stand.
                let pr: Vec<F> = (0..n)
                    .map(|i| {
                        let mut sum = F::ZERO;
                        for j in 0..n {
                            sum += state.p[i][j] * state.r[j];
                        }
                        sum
                    })
                    .collect();
                let mut rpr = F::ZERO;
                for i in 0..n {
                    rpr += state.r[i] * pr[i];
                }
                for i in 0..n {
                    for j in 0..n {
                        let shrink = pr[i] * pr[j] / (F::ONE + rpr);
                        state.p[i][j] -= shrink;
                    }
                }
                for i in 0..n {
                    let mut gain = F::ZERO;
                    for j in 0..n {
                        gain += state.p[i][j] * state.r[j];
                    }
                    state.w[i] += gain * delta;
                }
            }
        }
    }

    /// δ at a learning step: the sum of the convention's errors.
    fn delta<F: Real>(&self, state: &State<F>) -> Option<F> {
        let (steps, lag) = (self.training.error_steps, self.training.error_lag_steps);
        let first = state.recent.len().checked_sub(steps + lag)?;
        let mut sum = F::ZERO;
        for &error in &state.recent[first..first + steps] {
            sum += error;
        }
        Some(sum)
    }
}

/// One step's role in the protocol.
struct Role {
    target: Option<usize>,
    learning: bool,
    learning_step: bool,
    pulse_row: Option<usize>,
}

impl Plain<'_> {
    /// One time step: score, learn, move on. The squared error if the target is on; none if V broke.
    fn step<F: Real>(&self, state: &mut State<F>, role: &Role) -> Result<Option<f64>, ()> {
        let output = Self::output(state);
        if !(output.to_f64().abs() <= DIVERGENCE_BOUND) {
            return Err(());
        }
        let mut square = None;
        if let Some(at) = role.target {
            let error = F::from_f64(self.target[at % self.target.len()]) - output;
            square = Some(error.to_f64() * error.to_f64());
            if role.learning {
                state.errors.push(error);
                state.recent.push(error);
                if role.learning_step
                    && let Some(delta) = self.delta(state)
                {
                    self.learn(state, delta);
                }
            }
        }
        self.euler(state, output, role.pulse_row);
        Ok(square)
    }

    fn pulse_row(&self, step: usize) -> Option<usize> {
        let row = step.checked_sub(self.steps(self.network.params.pulse_onset_ms))?;
        (row < self.network.pulse.nrows()).then_some(row)
    }

    /// A trial from rest: the mean squared error, or the step at which V broke.
    fn trial<F: Real>(
        &self,
        state: &mut State<F>,
        washout: usize,
        learning: bool,
    ) -> Result<f64, usize> {
        let every = self.steps(self.training.learn_every_ms);
        state.v.fill(F::ZERO);
        state.r.fill(F::ZERO);
        state.recent.clear();
        let mut squares = 0.0;
        for step in 0..washout + self.target.len() {
            let since = step.checked_sub(washout);
            let role = Role {
                target: since,
                learning,
                learning_step: since.is_some_and(|since| since % every == 0),
                pulse_row: self.pulse_row(step),
            };
            match self.step(state, &role) {
                Ok(square) => squares += square.unwrap_or(0.0),
                Err(()) => return Err(step),
            }
        }
        Ok(squares / self.target.len() as f64)
    }

    fn run<F: Real>(&self) -> Outcome {
        let mut state = self.start::<F>();
        let mut outcome = Outcome {
            status: Status::Ok,
            checkpoints: Vec::new(),
            trace: None,
        };
        let result = match self.training.protocol {
            Protocol::Trials {
                trials,
                washout_ms,
                checkpoints_every,
            } => {
                let is_checkpoint = |t| t % checkpoints_every == 0 || t == trials;
                let mut run = || {
                    for trial in 0..=trials {
                        let at = |step| (trial, step);
                        let washout = self.steps(washout_ms);
                        let tracking_mse = match trial {
                            0 => None,
                            _ => Some(self.trial(&mut state, washout, true).map_err(at)?),
                        };
                        if is_checkpoint(trial) {
                            let test = self.trial(&mut state, washout, false).map_err(at)?;
                            outcome.checkpoints.push(Checkpoint {
                                trial,
                                test_mse: Some(test),
                                tracking_mse,
                            });
                        }
                    }
                    Ok(())
                };
                let result = run();
                for trial in (0..=trials).filter(|&t| is_checkpoint(t)) {
                    if outcome.checkpoints.iter().all(|point| point.trial != trial) {
                        outcome.checkpoints.push(missing(trial));
                    }
                }
                result
            }
            Protocol::Stream {
                duration_ms,
                validate_every_ms,
                test_periods,
                learn_at_validation,
            } => {
                let block = self.steps(validate_every_ms);
                let blocks = self.steps(duration_ms) / block;
                let result = self.stream(
                    &mut state,
                    block,
                    blocks,
                    (test_periods, learn_at_validation),
                    &mut outcome,
                );
                for trial in outcome.checkpoints.len() + 1..=blocks {
                    outcome.checkpoints.push(missing(trial));
                }
                result
            }
        };
        if let Err((trial, step)) = result {
            outcome.status = Status::Diverged { trial, step };
        }
        outcome
    }

    fn stream<F: Real>(
        &self,
        state: &mut State<F>,
        block: usize,
        blocks: usize,
        (test_periods, learn_at_validation): (usize, bool),
        outcome: &mut Outcome,
    ) -> Result<(), (usize, usize)> {
        let every = self.steps(self.training.learn_every_ms);
        let learned = block * blocks;
        let tested = test_periods * self.target.len();
        let mut squares = 0.0;
        for step in 0..learned + tested {
            let role = Role {
                target: Some(step),
                learning: step < learned,
                learning_step: step % every == 0 && (learn_at_validation || step % block != 0),
                pulse_row: self.pulse_row(step),
            };
            let (trial, within) = if step < learned {
                (step / block + 1, step % block)
            } else {
                (blocks, step - learned)
            };
            let square = self.step(state, &role).map_err(|()| (trial, within))?;
            squares += square.unwrap_or(0.0);
            if step < learned && within == block - 1 {
                let mse = squares / block as f64;
                squares = 0.0;
                outcome.checkpoints.push(Checkpoint {
                    trial,
                    test_mse: None,
                    tracking_mse: Some(mse),
                });
            }
        }
        if let Some(last) = outcome.checkpoints.last_mut() {
            last.test_mse = Some(squares / tested as f64);
        }
        Ok(())
    }
}

fn missing(trial: usize) -> Checkpoint {
    Checkpoint {
        trial,
        test_mse: None,
        tracking_mse: None,
    }
}

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

/// The plain outcome of a run.
fn plain(network: &Network, run: &Run<'_>) -> Outcome {
    let plain = Plain {
        network,
        training: run.training,
        rule: run.rule,
        target: run.target,
    };
    match run.training.precision {
        Precision::F32 => plain.run::<f32>(),
        Precision::F64 => plain.run::<f64>(),
    }
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
