//! A protocol laid out as segments: stretches of time steps with one purpose.
//!
//! Both protocols are lists of segments, so that the simulation has one loop and never asks which
//! protocol it runs.

use crate::params::{ParamError, Protocol, TrainingParams, whole_steps};
use std::ops::Range;

/// A stretch of consecutive time steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The trial (or validation block) that it belongs to; 0 is before any learning.
    pub trial: usize,
    /// Whether weights change; if not, the network is tested in closed loop.
    pub learning: bool,
    /// Whether the membrane potentials start from 0 instead of where they were.
    pub reset: bool,
    /// Length in time steps.
    pub steps: usize,
    /// The target begins at this step; scoring and learning, too.
    pub washout: usize,
    /// The output is fed back from this step on.
    pub feedback_from: usize,
    /// Whether its target is the one after the switch.
    pub second_target: bool,
    /// Which step of the target's period it begins with.
    pub target_phase: usize,
    /// The first learning step is this many steps after the washout.
    pub first_learning: usize,
    /// No learning in the very first step, whatever the interval says.
    pub skip_first: bool,
    /// The steps of this segment during which the pulse is on, and the first row of the pulse there.
    pub pulse: Range<usize>,
    /// The row of the pulse at `pulse.start`.
    pub pulse_row: usize,
    /// Whether the trial is a checkpoint: its errors become a row of the result.
    pub checkpoint: bool,
    /// Whether this is the frozen test at the last checkpoint.
    pub last_test: bool,
}

/// What of a run's parameters decides its course in time, in time steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// Steps of one period of the target.
    pub target: usize,
    /// Steps between two learning steps.
    pub learn_every: usize,
    /// The pulse: from the start of a trial (or of the stream).
    pub pulse: Range<usize>,
}

/// The segments of a run, in order, without a list of them: a run may have 10⁹ trials. Those up to trial
/// `learned` are left out, if any have been learned before.
///
/// # Errors
/// All that [`TrainingParams::check`] finds.
pub fn segments(
    training: &TrainingParams,
    dt_ms: f64,
    timing: &Timing,
    learned: Option<usize>,
) -> Result<Segments, Vec<ParamError>> {
    let errors = training.check(dt_ms);
    if !errors.is_empty() {
        return Err(errors);
    }
    let steps = |ms| whole_steps(ms, dt_ms).unwrap_or(0);
    let layout = match training.protocol {
        Protocol::Trials {
            trials,
            washout_ms,
            washout_feedback,
            checkpoints_every,
        } => {
            let washout = steps(washout_ms);
            let feedback_from = if washout_feedback { 0 } else { washout };
            Layout::Trials(Trials {
                trials,
                washout,
                feedback_from,
                checkpoints_every,
                switch: training.switch_target_at_trial,
            })
        }
        Protocol::Stream {
            duration_ms,
            validate_every_ms,
            test_periods,
            learn_at_validation,
        } => Layout::Stream(Stream {
            // Only whole blocks: a part of one would be scored on other ground.
            blocks: steps(duration_ms) / steps(validate_every_ms),
            block: steps(validate_every_ms),
            test_periods,
            learn_at_validation,
        }),
    };
    let next = match (learned, &layout) {
        (Some(trial), _) => Some((trial + 1, true)),
        (None, Layout::Trials(_)) => Some((0, false)),
        (None, Layout::Stream(_)) => Some((1, true)),
    };
    Ok(Segments {
        layout,
        timing: timing.clone(),
        next,
    })
}

/// The [`segments`] of a run that are still to come.
#[derive(Debug, Clone)]
pub struct Segments {
    layout: Layout,
    timing: Timing,
    /// The trial of the next one, and whether it is with learning.
    next: Option<(usize, bool)>,
}

#[derive(Debug, Clone)]
enum Layout {
    Trials(Trials),
    Stream(Stream),
}

#[derive(Debug, Clone)]
struct Trials {
    trials: usize,
    /// Time steps before the target, and before feedback.
    washout: usize,
    feedback_from: usize,
    checkpoints_every: usize,
    switch: usize,
}

#[derive(Debug, Clone)]
struct Stream {
    blocks: usize,
    /// Time steps of a block.
    block: usize,
    test_periods: usize,
    learn_at_validation: bool,
}

impl Iterator for Segments {
    type Item = Segment;

    fn next(&mut self) -> Option<Segment> {
        let (trial, learning) = self.next.take()?;
        let last = match &self.layout {
            Layout::Trials(layout) => layout.trials,
            Layout::Stream(layout) => layout.blocks,
        };
        if trial > last {
            return None;
        }
        let (segment, tested) = match &self.layout {
            Layout::Trials(layout) => {
                let segment = layout.segment(&self.timing, trial, learning);
                let tested = segment.checkpoint;
                (segment, tested)
            }
            // A stream is tested once, at its end.
            Layout::Stream(layout) => {
                let segment = layout.segment(&self.timing, trial, learning);
                (segment, trial == last)
            }
        };
        self.next = match learning {
            true if tested => Some((trial, false)),
            _ => Some((trial + 1, true)),
        };
        Some(segment)
    }
}

/// The trials at which a protocol has checkpoints, ascending: before learning, after every
/// `checkpoints_every` trials, after the last; for a stream, every validation block.
pub fn checkpoints(protocol: &Protocol, dt_ms: f64) -> Vec<usize> {
    checkpoint_trials(protocol, dt_ms).collect()
}

/// The [`checkpoints`] one by one.
pub fn checkpoint_trials(protocol: &Protocol, dt_ms: f64) -> impl Iterator<Item = usize> {
    let (first, last, every) = match *protocol {
        Protocol::Trials {
            trials,
            checkpoints_every,
            ..
        } => (0, trials, checkpoints_every.max(1)),
        Protocol::Stream { .. } => (1, checkpoint_count(protocol, dt_ms), 1),
    };
    let regular = (first..=last).step_by(every);
    let irregular = (last > first && !(last - first).is_multiple_of(every)).then_some(last);
    regular.chain(irregular)
}

/// How many [`checkpoints`] there are, without listing them: a run may have 10⁹ trials.
pub fn checkpoint_count(protocol: &Protocol, dt_ms: f64) -> usize {
    match *protocol {
        Protocol::Trials {
            trials,
            checkpoints_every,
            ..
        } => 1 + trials.div_ceil(checkpoints_every.max(1)),
        Protocol::Stream {
            duration_ms,
            validate_every_ms,
            ..
        } => {
            let steps = |ms| whole_steps(ms, dt_ms).unwrap_or(0);
            steps(duration_ms) / steps(validate_every_ms).max(1)
        }
    }
}

/// Time steps of a run, tests included, for a target of `target` steps: what a run costs. More than
/// fit the type are the most that fit.
pub fn run_steps(protocol: &Protocol, dt_ms: f64, target: usize) -> u64 {
    let steps = |ms| whole_steps(ms, dt_ms).unwrap_or(0);
    let presentations = checkpoint_count(protocol, dt_ms);
    let total = match *protocol {
        Protocol::Trials {
            trials, washout_ms, ..
        } => {
            let presentation = steps(washout_ms).saturating_add(target);
            presentation.saturating_mul(trials + presentations)
        }
        Protocol::Stream {
            validate_every_ms,
            test_periods,
            ..
        } => {
            let test = target.saturating_mul(test_periods);
            test.saturating_add(presentations * steps(validate_every_ms))
        }
    };
    total as u64
}

/// Time steps of a run, of those of [`run_steps`], in which learning is on (though not every one of
/// them need be a learning step). Of a stream that does not learn while it is validated, all are
/// counted.
pub fn learning_steps(protocol: &Protocol, dt_ms: f64, target: usize) -> u64 {
    let steps = |ms| whole_steps(ms, dt_ms).unwrap_or(0);
    let learning = match *protocol {
        Protocol::Trials { trials, .. } => target.saturating_mul(trials),
        Protocol::Stream {
            validate_every_ms, ..
        } => checkpoint_count(protocol, dt_ms) * steps(validate_every_ms),
    };
    learning as u64
}

impl Trials {
    /// A trial, with learning or as a test.
    fn segment(&self, timing: &Timing, trial: usize, learning: bool) -> Segment {
        let (pulse, steps) = (&timing.pulse, self.washout + timing.target);
        Segment {
            trial,
            learning,
            reset: true,
            steps,
            washout: self.washout,
            feedback_from: self.feedback_from,
            second_target: self.switch > 0 && trial > self.switch,
            target_phase: 0,
            first_learning: 0,
            skip_first: false,
            pulse: pulse.start.min(steps)..pulse.end.min(steps),
            pulse_row: 0,
            checkpoint: trial.is_multiple_of(self.checkpoints_every) || trial == self.trials,
            last_test: trial == self.trials && !learning,
        }
    }
}

impl Stream {
    /// A validation block, or the test after the last.
    fn segment(&self, timing: &Timing, trial: usize, learning: bool) -> Segment {
        let (start, steps) = match learning {
            true => ((trial - 1) * self.block, self.block),
            false => (trial * self.block, self.test_periods * timing.target),
        };
        let clip = |step: usize| step.clamp(start, start + steps);
        let pulse = clip(timing.pulse.start)..clip(timing.pulse.end);
        let phase = start % timing.learn_every;
        Segment {
            trial,
            learning,
            reset: start == 0,
            steps,
            washout: 0,
            feedback_from: 0,
            second_target: false,
            target_phase: start % timing.target,
            first_learning: (timing.learn_every - phase) % timing.learn_every,
            skip_first: !self.learn_at_validation,
            pulse: pulse.start - start..pulse.end - start,
            pulse_row: pulse.start.saturating_sub(timing.pulse.start),
            checkpoint: true,
            last_test: !learning,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Precision;

    fn training(protocol: Protocol) -> TrainingParams {
        TrainingParams {
            protocol,
            learn_every_ms: 5.0,
            error_steps: 1,
            error_lag_steps: 0,
            error_noise: 0.0,
            switch_target_at_trial: 0,
            precision: Precision::F32,
        }
    }

    const TIMING: Timing = Timing {
        target: 100,
        learn_every: 5,
        pulse: 10..20,
    };

    #[test]
    fn trials_are_tested_at_checkpoints_and_at_the_end() {
        let protocol = Protocol::Trials {
            trials: 5,
            washout_ms: 30.0,
            washout_feedback: true,
            checkpoints_every: 2,
        };
        assert_eq!(checkpoints(&protocol, 1.0), [0, 2, 4, 5]);
        let switched = TrainingParams {
            switch_target_at_trial: 3,
            ..training(protocol.clone())
        };
        let list = segments(&switched, 1.0, &TIMING, None).unwrap();
        let list: Vec<Segment> = list.collect();
        // Those after trials that have been learned are the same.
        let rest = segments(&switched, 1.0, &TIMING, Some(2)).unwrap();
        assert_eq!(rest.collect::<Vec<_>>(), list[4..]);
        let order: Vec<(usize, bool)> = list.iter().map(|s| (s.trial, s.learning)).collect();
        let (learn, test) = (true, false);
        assert_eq!(
            order,
            [
                (0, test),
                (1, learn),
                (2, learn),
                (2, test),
                (3, learn),
                (4, learn),
                (4, test),
                (5, learn),
                (5, test)
            ]
        );
        assert!(list.iter().all(|s| s.reset && s.steps == 130));
        assert!(list.iter().all(|s| s.washout == 30 && s.pulse == (10..20)));
        let first_target = |s: &&Segment| !s.second_target;
        assert_eq!(list.iter().take_while(first_target).count(), 5);
        assert!(list[5..].iter().all(|s| s.second_target));
        let steps: usize = list.iter().map(|s| s.steps).sum();
        assert_eq!(run_steps(&protocol, 1.0, 100), steps as u64);
        let last: Vec<bool> = list.iter().map(|s| s.last_test).collect();
        assert_eq!(last.iter().filter(|&&x| x).count(), 1);
        assert!(last[8]);
    }

    #[test]
    fn a_stream_goes_on_where_it_was() {
        let protocol = Protocol::Stream {
            duration_ms: 480.0,
            validate_every_ms: 160.0,
            test_periods: 2,
            learn_at_validation: true,
        };
        assert_eq!(checkpoints(&protocol, 1.0), [1, 2, 3]);
        let timing = Timing {
            pulse: 155..165,
            learn_every: 7,
            ..TIMING
        };
        let list = segments(&training(protocol.clone()), 1.0, &timing, None).unwrap();
        let list: Vec<Segment> = list.collect();
        assert_eq!(list.len(), 4);
        assert_eq!(
            list.iter().map(|s| s.reset).collect::<Vec<_>>(),
            [true, false, false, false]
        );
        assert_eq!(
            list.iter().map(|s| s.target_phase).collect::<Vec<_>>(),
            [0, 60, 20, 80]
        );
        // Learning steps at multiples of 7: 161 is the first in the second block.
        assert_eq!(list[1].first_learning, 1);
        assert_eq!((list[0].pulse.clone(), list[0].pulse_row), (155..160, 0));
        assert_eq!((list[1].pulse.clone(), list[1].pulse_row), (0..5, 5));
        assert!(list[2].pulse.is_empty());
        assert_eq!((list[3].steps, list[3].learning), (200, false));
        assert!(list[3].last_test);
        let steps: usize = list.iter().map(|s| s.steps).sum();
        assert_eq!(run_steps(&protocol, 1.0, 100), steps as u64);
    }

    #[test]
    fn checkpoints_are_counted_without_a_list() {
        let trials = |trials, checkpoints_every| Protocol::Trials {
            trials,
            washout_ms: 30.0,
            washout_feedback: true,
            checkpoints_every,
        };
        let stream = |duration_ms, validate_every_ms| Protocol::Stream {
            duration_ms,
            validate_every_ms,
            test_periods: 1_000_000_000,
            learn_at_validation: true,
        };
        for protocol in [
            trials(1, 1),
            trials(6, 2),
            trials(7, 2),
            trials(5, 9),
            stream(480.0, 160.0),
            stream(479.0, 160.0),
        ] {
            let listed = checkpoints(&protocol, 1.0).len();
            assert_eq!(checkpoint_count(&protocol, 1.0), listed, "{protocol:?}");
        }
        let most = trials(1_000_000_000, 1);
        assert_eq!(run_steps(&most, 1.0, 70), 200_000_000_100);
        assert_eq!(run_steps(&most, 1.0, 1 << 60), u64::MAX);
        assert_eq!(learning_steps(&most, 1.0, 1 << 60), u64::MAX);
        assert_eq!(run_steps(&stream(1e15, 1.0), 1.0, 1 << 60), u64::MAX);
        assert_eq!(
            learning_steps(&stream(1e15, 1.0), 1.0, 1),
            1_000_000_000_000_000
        );
    }
}
