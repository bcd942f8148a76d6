//! Whether a record can be one: a right sum says that a line is as it was written, not that what was
//! written makes sense. What cannot be the result of a run is dropped as damaged, and computed again.

use super::{Record, RecordStatus};
use crate::spec::{RunKey, Study};
use synapse_core::params::{Protocol, whole_steps};
use synapse_core::{schedule, target};

/// Whether a record contradicts itself, whatever its study.
pub(super) fn is_possible(record: &Record) -> bool {
    let error = |value: Option<f64>| value.is_none_or(|value| value >= 0.0);
    let checkpoints = &record.checkpoints;
    let ascend = checkpoints.is_sorted_by(|a, b| a.0 < b.0);
    if !ascend
        || !checkpoints
            .iter()
            .all(|point| error(point.1) && error(point.2))
        || record.wall_s < 0.0
    {
        return false;
    }
    let traced = record.trace.is_some();
    match record.status {
        RecordStatus::Failed => checkpoints.is_empty() && record.diverged.is_none() && !traced,
        RecordStatus::Ok => {
            record.diverged.is_none() && !checkpoints.is_empty() && is_trace_possible(record)
        }
        RecordStatus::Diverged => record.diverged.is_some() && !checkpoints.is_empty() && !traced,
    }
}

/// Whether target and output were noted at the same times, and in the last test.
fn is_trace_possible(record: &Record) -> bool {
    let (Some(trace), Some(last)) = (&record.trace, record.checkpoints.last()) else {
        return record.trace.is_none();
    };
    trace.trial == last.0
        && trace.t_ms.len() == trace.v_tar.len()
        && trace.t_ms.len() == trace.v.len()
        && trace.t_ms.is_sorted_by(|a, b| a < b)
}

/// Whether a record can be the result of a run of this study: its checkpoints are those of the protocol, it
/// diverged within its steps, and its trace is a whole number of periods long.
pub(super) fn is_of_run(study: &Study, key: RunKey, record: &Record) -> bool {
    if record.status == RecordStatus::Failed {
        return true;
    }
    let condition = &study.conditions[key.condition];
    let (protocol, dt_ms) = (&condition.training.protocol, condition.network.dt_ms);
    let count = schedule::checkpoint_count(protocol, dt_ms);
    if record.checkpoints.len() != count {
        return false;
    }
    let wanted = schedule::checkpoints(protocol, dt_ms);
    let found = record.checkpoints.iter().map(|point| point.0);
    let period = target::steps_of_period(&condition.target, dt_ms);
    let steps = |ms| whole_steps(ms, dt_ms).unwrap_or(0);
    // The last trial or block, and the most steps that one has.
    let (last, longest) = match *protocol {
        Protocol::Trials {
            trials, washout_ms, ..
        } => (trials, steps(washout_ms).saturating_add(period)),
        Protocol::Stream {
            validate_every_ms,
            test_periods,
            ..
        } => {
            let test = period.saturating_mul(test_periods);
            (count, steps(validate_every_ms).max(test))
        }
    };
    let within = |(trial, step)| trial <= last && step < longest;
    let whole = record
        .trace
        .as_ref()
        .is_none_or(|trace| trace.t_ms.len() % period == 0);
    found.eq(wanted) && record.diverged.is_none_or(within) && whole
}
