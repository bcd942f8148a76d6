//! The course of one run: where it is in its protocol, its errors so far, its results.

use super::{Run, SimulationError, need};
use crate::memory::{self, OutOfMemory};
use crate::numeric::Real;
use crate::outcome::{Checkpoint, Outcome, Status, Trace};
use crate::params::{NetworkParams, Protocol, whole_steps};
use crate::schedule::{self, Segment, Segments, Timing};
use crate::streams::{Purpose, RandomStream, Replicate, stream_of_trial};
use std::collections::VecDeque;

/// What follows a time step.
pub(super) enum Next {
    /// The next step of the same trial or stream.
    Continue,
    /// A new trial, from its first state.
    Reset,
    /// The run is complete.
    Done,
}

pub(super) struct Lane<'a, F> {
    run: usize,
    target: &'a [f64],
    /// The target after the switch, if there is one.
    second_target: &'a [f64],
    dt_ms: f64,
    learn_every: usize,
    error_steps: usize,
    error_lag: usize,
    /// Standard deviation of the noise in the error that the rule sees, and where it comes from.
    error_noise: f64,
    replicate: Replicate,
    noise: Option<RandomStream>,
    /// The present stretch, the next, and those to come.
    now: Segment,
    next: Option<Segment>,
    rest: Segments,
    step: usize,
    /// Σ (V_tar − V)² over the present segment. f64 for both precisions: it is a score, not state.
    squares: f64,
    /// The last errors, oldest first, where δ is not just the present one.
    history: VecDeque<F>,
    /// Tracking MSE of the present trial, until its test.
    tracking_mse: Option<f64>,
    checkpoints: Vec<Checkpoint>,
    /// The protocol, and how many trials had been learned before: what checkpoints there are to be.
    protocol: &'a Protocol,
    learned: Option<usize>,
    status: Status,
    /// Filled in the last test, if it was asked for.
    trace: Option<Trace>,
}

/// A trace with room for so many time steps.
fn empty_trace(steps: usize) -> Result<Trace, OutOfMemory> {
    let room = || memory::reserved(steps, need::TRACE);
    Ok(Trace {
        trial: 0,
        t_ms: room()?,
        v_tar: room()?,
        v: room()?,
    })
}

impl<'a, F: Real> Lane<'a, F> {
    /// At the first step of run number `run` of the batch. The parameters have been checked.
    pub(super) fn new(
        run_index: usize,
        run: &Run<'a>,
        network: &NetworkParams,
    ) -> Result<Self, SimulationError> {
        let dt_ms = network.dt_ms;
        let steps = |ms| whole_steps(ms, dt_ms).unwrap_or(0);
        let onset = steps(network.pulse_onset_ms);
        let timing = Timing {
            target: run.target.len(),
            learn_every: steps(run.training.learn_every_ms),
            pulse: onset..onset + steps(network.pulse_ms),
        };
        // The trials that have been learned before are not repeated.
        let learned = run.resume.map(|state| state.trial);
        let mut rest = schedule::segments(run.training, dt_ms, &timing, learned)
            .map_err(SimulationError::Params)?;
        let now = rest.next().ok_or(SimulationError::WrongState)?;
        let protocol = &run.training.protocol;
        let count = schedule::checkpoint_count(protocol, dt_ms);
        let trace = match run.trace {
            true => Some(empty_trace(need::test_steps(protocol, timing.target))?),
            false => None,
        };
        let history = need::history_len(run.training, timing.target);
        Ok(Self {
            run: run_index,
            target: run.target,
            second_target: run.second_target.unwrap_or(run.target),
            dt_ms,
            learn_every: timing.learn_every,
            error_steps: run.training.error_steps,
            error_lag: run.training.error_lag_steps,
            error_noise: run.training.error_noise,
            replicate: run.replicate,
            noise: None,
            now,
            next: rest.next(),
            rest,
            step: 0,
            squares: 0.0,
            history: memory::reserved(history, need::HISTORY)?.into(),
            tracking_mse: None,
            checkpoints: memory::reserved(count, need::CHECKPOINTS)?,
            protocol,
            learned,
            status: Status::Ok,
            trace,
        })
    }

    /// Whether the present segment is one with learning.
    pub(super) fn learning(&self) -> bool {
        self.now.learning
    }

    /// Whether the present output is fed back.
    pub(super) fn fed_back(&self) -> bool {
        self.step >= self.now.feedback_from
    }

    /// Scores the present output; its error, if the target is on.
    pub(super) fn score(&mut self, output: F) -> Option<F> {
        let segment = &self.now;
        let since = self.step.checked_sub(segment.washout)?;
        let target = match segment.second_target {
            false => self.target,
            true => self.second_target,
        };
        let target = target[(segment.target_phase + since) % target.len()];
        let error = F::from_f64(target) - output;
        self.squares += error.to_f64() * error.to_f64();
        if let Some(trace) = &mut self.trace
            && segment.last_test
        {
            trace.trial = segment.trial;
            trace.t_ms.push(since as f64 * self.dt_ms);
            trace.v_tar.push(target);
            trace.v.push(output.to_f64());
        }
        Some(error)
    }

    /// The error as the rule sees it; to be called once for each scored error.
    pub(super) fn seen(&mut self, error: F) -> F {
        let segment = &self.now;
        if self.error_noise == 0.0 || !segment.learning {
            return error;
        }
        if self.step == segment.washout {
            self.noise = None;
        }
        let noise = self.noise.get_or_insert_with(|| {
            let stream = stream_of_trial(segment.trial, true);
            RandomStream::of_run(self.replicate, Purpose::ErrorNoise, stream)
        });
        error + F::from_f64(self.error_noise * noise.normal())
    }

    /// Which stream the noise in the membrane potentials comes from, and how far into it.
    pub(super) fn place_in_noise(&self) -> (u64, u64) {
        let segment = &self.now;
        let stream = stream_of_trial(segment.trial, segment.learning);
        (stream, self.step as u64)
    }

    /// δ of this step, if it is a learning step; to be called once for each scored error.
    pub(super) fn delta(&mut self, error: F) -> Option<F> {
        let segment = &self.now;
        if !segment.learning {
            return None;
        }
        let present_alone = self.error_steps == 1 && self.error_lag == 0;
        if !present_alone {
            self.history.push_back(error);
            if self.history.len() > self.error_steps + self.error_lag {
                self.history.pop_front();
            }
        }
        let since = self.step - segment.washout;
        let due = since % self.learn_every == segment.first_learning;
        if !due || (segment.skip_first && since == 0) {
            return None;
        }
        if present_alone {
            return Some(error);
        }
        if self.history.len() < self.error_steps + self.error_lag {
            return None;
        }
        let mut sum = F::ZERO;
        for &error in self.history.iter().take(self.error_steps) {
            sum += error;
        }
        Some(sum)
    }

    /// The row of the pulse that drives the network in this step.
    pub(super) fn pulse_row(&self) -> Option<usize> {
        let segment = &self.now;
        segment
            .pulse
            .contains(&self.step)
            .then(|| segment.pulse_row + self.step - segment.pulse.start)
    }

    /// Goes to the next time step.
    pub(super) fn advance(&mut self) -> Next {
        self.step += 1;
        if self.step < self.now.steps {
            return Next::Continue;
        }
        self.close_segment();
        self.step = 0;
        self.squares = 0.0;
        let Some(segment) = self.next.take() else {
            return Next::Done;
        };
        self.now = segment;
        self.next = self.rest.next();
        if self.now.reset {
            self.history.clear();
            Next::Reset
        } else {
            Next::Continue
        }
    }

    fn close_segment(&mut self) {
        let segment = &self.now;
        let mse = self.squares / (segment.steps - segment.washout) as f64;
        let next = self.next.as_ref();
        let test_follows = next.is_some_and(|next| !next.learning && next.trial == segment.trial);
        if segment.learning && test_follows {
            self.tracking_mse = Some(mse);
        } else if segment.checkpoint {
            let (test_mse, tracking_mse) = if segment.learning {
                (None, Some(mse))
            } else {
                (Some(mse), self.tracking_mse.take())
            };
            self.checkpoints.push(Checkpoint {
                trial: segment.trial,
                test_mse,
                tracking_mse,
            });
        }
    }

    /// Notes that the state of the present step is broken.
    pub(super) fn diverge(&mut self) {
        self.status = Status::Diverged {
            trial: self.now.trial,
            step: self.step,
        };
        self.trace = None;
    }

    /// The number of the run and its outcome.
    pub(super) fn finish(mut self) -> (usize, Outcome) {
        // After a divergence the rest of them are missing; there is room for all.
        let all = schedule::checkpoint_trials(self.protocol, self.dt_ms);
        let own = all.filter(|&trial| self.learned.is_none_or(|learned| trial > learned));
        let missing = own.skip(self.checkpoints.len()).map(|trial| Checkpoint {
            trial,
            test_mse: None,
            tracking_mse: None,
        });
        self.checkpoints.extend(missing);
        (
            self.run,
            Outcome {
                status: self.status,
                checkpoints: self.checkpoints,
                trace: self.trace,
                state: None,
            },
        )
    }
}
