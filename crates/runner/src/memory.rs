//! How much memory there is for a batch, and which batches have it: a batch that does not fit beside those
//! in flight waits, and one that does not fit alone is not started.
//!
//! Three limits can end a process: that of the machine, that of its control group (containers, batch
//! systems), and its own (`ulimit -v`, `ulimit -d`). The first two are asked each time, for other
//! programs take their part. The last are asked once, before the first batch: memory that batches
//! gave back is counted as used by the system, but is there for the next.

mod limits;

use crate::continuation::Starts;
use crate::execute::wants_trace;
use crate::spec::Study;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use synapse_core::memory::shown;
use synapse_core::schedule;
use synapse_core::simulation::{self, Need, Planned};
use synapse_core::target::steps_of_period;

/// What everything but the large allocations of batches takes at most. A batch that needs no more is always
/// tried: the allocator has as much at hand, and counts it as used.
const MARGIN: u64 = 32 << 20;

/// While a batch waits for room, it looks this often whether the work is to end.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Where memory ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The machine's.
    Machine,
    /// The control group's.
    ControlGroup,
    /// `ulimit -v`
    AddressSpace,
    /// `ulimit -d`
    Data,
}

/// How many bytes are available, and what limits them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes.
    pub bytes: u64,
    /// The nearest limit; none if nothing is known of any.
    pub limit: Option<Limit>,
}

/// "551.2 MB are available (ulimit -v)"
impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} are available", shown(self.bytes))?;
        f.write_str(match self.limit {
            None => "",
            Some(Limit::Machine) => " (free memory of the machine)",
            Some(Limit::ControlGroup) => " (limit of the control group)",
            Some(Limit::AddressSpace) => " (ulimit -v)",
            Some(Limit::Data) => " (ulimit -d)",
        })
    }
}

impl Room {
    /// The nearest of some limits, with what is to be left free taken off.
    fn nearest(limits: impl IntoIterator<Item = (Limit, Option<u64>)>) -> Self {
        let known = limits
            .into_iter()
            .filter_map(|(limit, bytes)| Some((bytes?.saturating_sub(MARGIN), Some(limit))));
        let (bytes, limit) = known.min_by_key(|room| room.0).unwrap_or((u64::MAX, None));
        Self { bytes, limit }
    }

    /// Within this process's own limits, now.
    fn of_process() -> Self {
        let (address_space, data) = limits::of_process();
        Self::nearest([(Limit::AddressSpace, address_space), (Limit::Data, data)])
    }

    /// Of the machine and the control group, now.
    fn of_machine() -> Self {
        Self::nearest([
            (Limit::Machine, limits::of_machine()),
            (Limit::ControlGroup, limits::of_control_group()),
        ])
    }

    /// All in all, now.
    pub fn now() -> Self {
        Self::of_process().min(Self::of_machine())
    }

    /// Whether a batch that needs so many bytes is tried.
    pub fn holds(self, bytes: u64) -> bool {
        bytes <= self.bytes.max(MARGIN)
    }

    fn min(self, other: Self) -> Self {
        if other.bytes < self.bytes {
            other
        } else {
            self
        }
    }
}

/// What runs of a study on one network need if they are computed together, with the records of their results.
pub fn need(study: &Study, runs: &[usize], starts: &Starts) -> Need {
    let condition = |run: usize| &study.conditions[study.run(run).condition];
    let Some(first) = runs.first().map(|&run| condition(run)) else {
        return Need::default();
    };
    let dt_ms = first.network.dt_ms;
    let mut results = 0;
    let planned: Vec<Planned<'_>> = runs
        .iter()
        .map(|&run| {
            let condition = condition(run);
            let target_steps = steps_of_period(&condition.target, dt_ms);
            let checkpoints = schedule::checkpoint_count(&condition.training.protocol, dt_ms);
            results += RECORD * (1 + checkpoints as u64);
            Planned {
                training: &condition.training,
                rule: &condition.rule,
                target_steps,
                trace: wants_trace(study, study.run(run)),
                keep_state: study.keep_state,
                resumes: starts.trials(run) > 0,
            }
        })
        .collect();
    let mut need = simulation::need(&first.network, first.training.precision, &planned);
    need.add("the results", results);
    need
}

/// Bytes of a checkpoint in a record, and in the line that is written of it.
const RECORD: u64 = 128;

/// Lets batches in as long as there is room.
pub struct Gate {
    /// What the process may have, asked before the first batch.
    of_process: Room,
    /// A batch that needs no more is always tried.
    small: u64,
    /// What the machine has, asked each time.
    of_machine: Box<dyn Fn() -> Room + Sync>,
    state: Mutex<State>,
    left: Condvar,
}

struct State {
    /// What there was in all when no batch was in flight.
    all: Room,
    /// What the batches in flight may take.
    reserved: u64,
    in_flight: usize,
    /// Batches come in in the order in which they asked, so that a large one is not passed for ever.
    next_ticket: u64,
    serving: u64,
}

/// A batch's part of the memory, until it is dropped.
pub struct Permit<'a> {
    gate: &'a Gate,
    bytes: u64,
}

/// Why a batch is not let in.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// The work is to end.
    Stopped,
    /// It needs more than there is.
    TooLarge(Room),
}

impl Default for Gate {
    fn default() -> Self {
        Self::new(Room::of_process(), Box::new(Room::of_machine), MARGIN)
    }
}

impl Gate {
    fn new(of_process: Room, of_machine: Box<dyn Fn() -> Room + Sync>, small: u64) -> Self {
        let all = of_process.min(of_machine());
        Self {
            of_process,
            small,
            of_machine,
            state: Mutex::new(State {
                all,
                reserved: 0,
                in_flight: 0,
                next_ticket: 0,
                serving: 0,
            }),
            left: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves counts as they were.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a batch in that needs so many bytes, as soon as it fits beside those in flight, or when there
    /// are none if it is to be `alone`.
    ///
    /// # Errors
    /// It does not fit alone, or `stop` was set while it waited.
    pub fn admit(&self, bytes: u64, alone: bool, stop: &AtomicBool) -> Result<Permit<'_>, Refused> {
        let mut state = self.state();
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        let result = loop {
            if stop.load(Ordering::Relaxed) {
                if state.serving == ticket {
                    break Err(Refused::Stopped);
                }
            } else if state.serving == ticket {
                let now = (self.of_machine)();
                if state.in_flight == 0 {
                    state.all = self.of_process.min(now);
                }
                if bytes > state.all.bytes.max(self.small) {
                    break Err(Refused::TooLarge(state.all));
                }
                let beside = bytes <= state.all.bytes - state.reserved.min(state.all.bytes)
                    && bytes <= now.bytes;
                if state.in_flight == 0 || (beside && !alone) {
                    state.reserved += bytes;
                    state.in_flight += 1;
                    break Ok(Permit { gate: self, bytes });
                }
            }
            state = self
                .left
                .wait_timeout(state, LOOK_EVERY)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        };
        state.serving += 1;
        drop(state);
        self.left.notify_all();
        result
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        state.reserved -= self.bytes;
        state.in_flight -= 1;
        drop(state);
        self.gate.left.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU64;
    use std::sync::mpsc;

    fn room(bytes: u64) -> Room {
        Room {
            bytes,
            limit: Some(Limit::AddressSpace),
        }
    }

    const UNKNOWN: Room = Room {
        bytes: u64::MAX,
        limit: None,
    };

    #[test]
    fn the_nearest_limit_counts() {
        let of = |machine, group| {
            Room::nearest([(Limit::Machine, machine), (Limit::ControlGroup, group)])
        };
        assert_eq!(of(None, None), UNKNOWN);
        let near = of(Some(9 << 30), Some(MARGIN + 551_200_000));
        assert_eq!(
            near.to_string(),
            "551.2 MB are available (limit of the control group)"
        );
        assert_eq!(of(Some(5), None).bytes, 0);
    }

    #[test]
    fn a_large_batch_waits_and_one_that_never_fits_is_refused() {
        let gate = Gate::new(room(100), Box::new(|| UNKNOWN), 0);
        let stop = AtomicBool::new(false);
        let first = gate.admit(60, false, &stop).ok().unwrap();
        let second = gate.admit(40, false, &stop).ok().unwrap();
        assert_eq!(
            gate.admit(101, false, &stop).err(),
            Some(Refused::TooLarge(room(100)))
        );
        let (sender, receiver) = mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let all = gate.admit(100, false, &stop).ok();
                sender.send("large").unwrap();
                drop(all);
            });
            // It asks before the small one does.
            while gate.state().next_ticket < 4 {
                std::thread::yield_now();
            }
            scope.spawn(|| {
                let small = gate.admit(1, false, &stop).ok();
                sender.send("small").unwrap();
                drop(small);
            });
            while gate.state().next_ticket < 5 {
                std::thread::yield_now();
            }
            drop(second);
            assert!(receiver.try_recv().is_err(), "60 of 100 are still taken");
            drop(first);
            assert_eq!(receiver.recv(), Ok("large"));
            assert_eq!(receiver.recv(), Ok("small"));
        });
        assert_eq!(gate.state().reserved, 0);
    }

    #[test]
    fn who_waits_hears_that_the_work_is_to_end() {
        let gate = Gate::new(room(100), Box::new(|| UNKNOWN), 0);
        let stop = AtomicBool::new(false);
        let _first = gate.admit(60, false, &stop).ok().unwrap();
        std::thread::scope(|scope| {
            let waiting = [(50, false), (1, true)].map(|(bytes, alone)| {
                let (gate, stop) = (&gate, &stop);
                scope.spawn(move || gate.admit(bytes, alone, stop).err())
            });
            while gate.state().next_ticket < 3 {
                std::thread::yield_now();
            }
            stop.store(true, Ordering::Relaxed);
            for thread in waiting {
                assert_eq!(thread.join().unwrap(), Some(Refused::Stopped));
            }
        });
    }

    #[test]
    fn what_others_take_of_the_machine_is_not_given() {
        static MACHINE: AtomicU64 = AtomicU64::new(80);
        let machine = || Room {
            bytes: MACHINE.load(Ordering::Relaxed),
            limit: Some(Limit::Machine),
        };
        let gate = Gate::new(room(100), Box::new(machine), 10);
        let stop = AtomicBool::new(false);
        assert_eq!(
            gate.admit(90, false, &stop).err(),
            Some(Refused::TooLarge(machine()))
        );
        // A small one may find room in what the allocator has.
        MACHINE.store(5, Ordering::Relaxed);
        assert!(gate.admit(10, false, &stop).is_ok());
        MACHINE.store(95, Ordering::Relaxed);
        assert!(gate.admit(90, false, &stop).is_ok());
    }
}
