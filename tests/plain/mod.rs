//! The model as its equations stand: one run, one unit, one number at a time, in the order of operations that
//! the engine documents.

mod force;
mod kalman;
mod noise;

use force::Inverse;
use kalman::{Blocks, learn_diagonal, learn_full};
use noise::Noise as Draws;
use synapse_core::network::Network;
use synapse_core::numeric::Real;
use synapse_core::outcome::{Checkpoint, Outcome, Status};
use synapse_core::params::*;
use synapse_core::simulation::{DIVERGENCE_BOUND, Run};
use synapse_core::streams::Replicate;

/// What a plain run needs to know.
struct Plain<'a> {
    network: &'a Network,
    training: &'a TrainingParams,
    rule: &'a RuleParams,
    target: &'a [f64],
    second_target: &'a [f64],
    replicate: Replicate,
}

/// State and weights of the one network.
struct State<F> {
    v: Vec<F>,
    r: Vec<F>,
    w: Vec<F>,
    /// σ² of the Bayesian rule.
    s: Vec<F>,
    started: bool,
    p: Inverse<F>,
    blocks: Option<Blocks<F>>,
    /// Errors of learning steps, for windows; and of this trial or stream, for δ.
    errors: Vec<F>,
    recent: Vec<F>,
    /// The noise of this trial or block.
    noise: Draws,
}

impl Plain<'_> {
    fn steps(&self, ms: f64) -> usize {
        whole_steps(ms, self.network.params.dt_ms).unwrap()
    }

    fn start<F: Real>(&self) -> State<F> {
        let n = self.network.params.units;
        let variance = match self.rule {
            RuleParams::Force { alpha } => 1.0 / alpha,
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
            p: Inverse::new(n, F::from_f64(variance)),
            blocks: None,
            errors: Vec::new(),
            recent: Vec::new(),
            noise: Draws::of_trial(self.replicate, 0, false),
        }
    }

    fn output<F: Real>(state: &State<F>) -> F {
        let mut sum = F::ZERO;
        for i in 0..state.w.len() {
            sum = state.w[i].mul_add(state.r[i], sum);
        }
        sum
    }

    /// V_i as the network has it at the start of a trial.
    fn begin<F: Real>(&self, state: &mut State<F>) {
        let initial = self.network.initial.iter();
        state.v = initial.map(|&v| F::from_f64(v)).collect();
        state.r = state.v.iter().map(|&v| v.tanh()).collect();
        state.recent.clear();
    }

    /// V_i += (dt/τ)(Σ J r + A fb − V_i), then the pulse, then the noise.
    fn euler<F: Real>(&self, state: &mut State<F>, output: F, pulse_row: Option<usize>) {
        let params = &self.network.params;
        let leak = F::from_f64(params.dt_ms / params.tau_ms);
        let old_rates = state.r.clone();
        for i in 0..params.units {
            let mut drive = F::ZERO;
            for (j, value) in self.network.recurrent.row(i) {
                drive = F::from_f64(value).mul_add(old_rates[j], drive);
            }
            let fed_back = match params.feedback {
                Feedback::Readout => output,
                Feedback::OwnPotential => state.v[i],
            };
            drive = F::from_f64(self.network.feedback[i]).mul_add(fed_back, drive);
            let v = state.v[i];
            state.v[i] = leak.mul_add(drive - v, v);
            if let Some(row) = pulse_row {
                state.v[i] += leak * F::from_f64(self.network.pulse[(row, i)]);
            }
        }
        if params.state_noise > 0.0 {
            let scale = params.state_noise * (2.0 * params.dt_ms / params.tau_ms).sqrt();
            let xi = state.noise.of_potentials(params.units);
            for (v, xi) in state.v.iter_mut().zip(xi) {
                *v += F::from_f64(scale) * F::from_f64(f64::from(xi));
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

    /// Which synapse comes where in the blocks.
    fn order(&self, assignment: Assignment) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.network.params.units).collect();
        let keys = match assignment {
            Assignment::Index => return order,
            Assignment::Random => &self.network.shuffle,
            Assignment::Feedback => &self.network.feedback,
        };
        order.sort_by(|&a, &b| keys[a].total_cmp(&keys[b]));
        order
    }

    #[allow(clippy::needless_range_loop)] // as the equations read
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
                covariance,
                gain,
                noise,
                update_order,
                drift,
                forgetting,
            } => {
                let noise = match *noise {
                    Noise::Fixed { variance } => Some(F::from_f64(variance)),
                    Noise::Window { errors, lag_steps } => self.variance(errors, lag_steps, state),
                    Noise::Exponential { errors } => {
                        let rate = F::from_f64(1.0 / errors as f64);
                        let squares = state.errors.iter().map(|&error| error * error);
                        squares.reduce(|mean, square| mean + rate * (square - mean))
                    }
                    Noise::InverseGamma { shape, scale } => {
                        let half = F::from_f64(0.5);
                        let (mut shape, mut scale) = (F::from_f64(shape), F::from_f64(scale));
                        for &error in &state.errors {
                            shape += half;
                            scale += half * (error * error);
                        }
                        Some(scale / (shape - F::ONE))
                    }
                };
                let Some(noise) = noise else { return };
                if !state.started {
                    state.started = true;
                    let start = F::from_f64(*eta0) * noise;
                    match *covariance {
                        Covariance::Diagonal => state.s = vec![start; n],
                        Covariance::Block { size, assignment } => {
                            let order = self.order(assignment);
                            state.blocks = Some(Blocks::new(order, size, start));
                        }
                        Covariance::LowRank { .. } => panic!("see tests/beliefs.rs"),
                        Covariance::Full => state.p = Inverse::new(n, start),
                    }
                }
                let State { s, w, r, p, .. } = state;
                match (&mut state.blocks, covariance, gain) {
                    (Some(blocks), _, gain) => return blocks.learn(w, r, delta, noise, *gain),
                    (_, Covariance::Full, gain) => {
                        return learn_full(p, w, r, delta, noise, *gain);
                    }
                    (_, _, Gain::Exact) => return learn_diagonal(s, w, r, delta, noise),
                    (_, _, Gain::Published) => {}
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
                if *forgetting != 1.0 {
                    let rate = F::from_f64(1.0 - 1.0 / forgetting);
                    for s in &mut state.s {
                        *s -= rate * *s;
                    }
                }
            }
            RuleParams::Force { .. } => {
                state.p.learn(&mut state.w, &state.r, delta);
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
    second_target: bool,
    learning: bool,
    learning_step: bool,
    pulse_row: Option<usize>,
    fed_back: bool,
}

impl Plain<'_> {
    /// One time step: score, learn, move on. The squared error if the target is on; none if V broke.
    fn step<F: Real>(&self, state: &mut State<F>, role: &Role) -> Result<Option<f64>, ()> {
        let output = Self::output(state);
        if output.to_f64().is_nan() || output.to_f64().abs() > DIVERGENCE_BOUND {
            return Err(());
        }
        let mut square = None;
        if let Some(at) = role.target {
            let target = match role.second_target {
                true => self.second_target,
                false => self.target,
            };
            let error = F::from_f64(target[at % target.len()]) - output;
            square = Some(error.to_f64() * error.to_f64());
            if role.learning {
                let error = match self.training.error_noise {
                    0.0 => error,
                    sd => error + F::from_f64(sd * state.noise.of_error()),
                };
                state.errors.push(error);
                state.recent.push(error);
                if role.learning_step
                    && let Some(delta) = self.delta(state)
                {
                    self.learn(state, delta);
                }
            }
        }
        let fed_back = if role.fed_back { output } else { F::ZERO };
        self.euler(state, fed_back, role.pulse_row);
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
        (washout, washout_feedback): (usize, bool),
        (trial, learning): (usize, bool),
    ) -> Result<f64, usize> {
        let every = self.steps(self.training.learn_every_ms);
        self.begin(state);
        state.noise = Draws::of_trial(self.replicate, trial, learning);
        let switch = self.training.switch_target_at_trial;
        let second_target = switch > 0 && trial > switch;
        let mut squares = 0.0;
        for step in 0..washout + self.target.len() {
            let since = step.checked_sub(washout);
            let role = Role {
                target: since,
                second_target,
                learning,
                learning_step: since.is_some_and(|since| since % every == 0),
                pulse_row: self.pulse_row(step),
                fed_back: washout_feedback || since.is_some(),
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
            state: None,
        };
        let result = match self.training.protocol {
            Protocol::Trials {
                trials,
                washout_ms,
                washout_feedback,
                checkpoints_every,
            } => {
                let is_checkpoint = |t| t % checkpoints_every == 0 || t == trials;
                let mut run = || {
                    for trial in 0..=trials {
                        let at = |step| (trial, step);
                        let washout = (self.steps(washout_ms), washout_feedback);
                        let tracking_mse = match trial {
                            0 => None,
                            _ => Some(self.trial(&mut state, washout, (trial, true)).map_err(at)?),
                        };
                        if is_checkpoint(trial) {
                            let test = self
                                .trial(&mut state, washout, (trial, false))
                                .map_err(at)?;
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
        self.begin(state);
        for step in 0..learned + tested {
            let role = Role {
                target: Some(step),
                second_target: false,
                learning: step < learned,
                learning_step: step % every == 0 && (learn_at_validation || step % block != 0),
                pulse_row: self.pulse_row(step),
                fed_back: true,
            };
            let (trial, within) = if step < learned {
                (step / block + 1, step % block)
            } else {
                (blocks, step - learned)
            };
            if within == 0 {
                state.noise = Draws::of_trial(self.replicate, trial, step < learned);
            }
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

/// The plain outcome of a run.
pub fn plain(network: &Network, run: &Run<'_>) -> Outcome {
    let plain = Plain {
        network,
        training: run.training,
        rule: run.rule,
        target: run.target,
        second_target: run.second_target.unwrap_or(run.target),
        replicate: run.replicate,
    };
    match run.training.precision {
        Precision::F32 => plain.run::<f32>(),
        Precision::F64 => plain.run::<f64>(),
    }
}
