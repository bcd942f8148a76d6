//! A finished run as the journal keeps it.

use crate::spec::RunId;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordStatus {
    /// All trials were computed.
    Ok,
    /// State, weights or variances became non-finite or too large.
    Diverged,
    /// An error of the program; the run has no result.
    Failed,
}

impl RecordStatus {
    /// The word in result tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Diverged => "diverged",
            Self::Failed => "failed",
        }
    }
}

/// A finished run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its identity.
    #[serde(serialize_with = "write_id", deserialize_with = "read_id")]
    pub id: RunId,
    /// How it ended.
    pub status: RecordStatus,
    /// Trial and step of a divergence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diverged: Option<(usize, usize)>,
    /// What went wrong, for a failed run.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// (trial, test MSE, tracking MSE) of every checkpoint.
    pub checkpoints: Vec<(usize, Option<f64>, Option<f64>)>,
    /// The trace, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceRecord>,
    /// Its share of the time that its batch took, in seconds.
    pub wall_s: f64,
    /// Which of the origins that were read wrote it.
    #[serde(skip)]
    pub origin: usize,
}

impl Record {
    /// The record as the journal can hold it: JSON has no ±∞ and no NaN, and what is read back must be
    /// what was in memory, or a study that was resumed would write other tables than one that ran through.
    ///
    /// An error that is not finite (the square of a target beyond 10^154, or beyond 10^38 in f32) is the
    /// end of the run's data, as a state that is not finite is: the run is diverged there, and has no
    /// errors, trace and learned state from then on. `step_of` gives the last time step of the test or,
    /// if its second argument is true, of the learning of a trial. A trace with a sample that is not
    /// finite is no trace.
    pub fn normalised(mut self, step_of: impl FnOnce(usize, bool) -> usize) -> Self {
        let broken = |error: Option<f64>| error.is_some_and(|error| !error.is_finite());
        let first = self
            .checkpoints
            .iter()
            .position(|point| broken(point.1) || broken(point.2));
        if let Some(first) = first {
            let (trial, _, tracking) = self.checkpoints[first];
            for point in &mut self.checkpoints[first..] {
                (point.1, point.2) = (None, None);
            }
            // A run that diverged keeps its place: that is where its state broke.
            if self.status == RecordStatus::Ok {
                self.status = RecordStatus::Diverged;
                self.diverged = Some((trial, step_of(trial, broken(tracking))));
                self.message =
                    "the error is not a finite number: the target is too large".to_owned();
            }
            self.trace = None;
        }
        self.trace = self.trace.filter(TraceRecord::is_finite);
        self
    }

    /// Whether two records of a run say the same, to the bit; time, trace and origin aside.
    pub fn same_result(&self, other: &Self) -> bool {
        let bits = |value: Option<f64>| value.map(f64::to_bits);
        self.status == other.status
            && self.diverged == other.diverged
            && self.checkpoints.len() == other.checkpoints.len()
            && self
                .checkpoints
                .iter()
                .zip(&other.checkpoints)
                .all(|(a, b)| (a.0, bits(a.1), bits(a.2)) == (b.0, bits(b.1), bits(b.2)))
    }
}

impl Record {
    /// Whether two records of a run have the same trace, to the bit; one without a trace contradicts none.
    pub fn same_trace(&self, other: &Self) -> bool {
        let (Some(a), Some(b)) = (&self.trace, &other.trace) else {
            return true;
        };
        let same = |a: &[f64], b: &[f64]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
        };
        a.trial == b.trial && same(&a.t_ms, &b.t_ms) && same(&a.v_tar, &b.v_tar) && same(&a.v, &b.v)
    }
}

/// Target and output over the last test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceRecord {
    /// The trial of the test.
    pub trial: usize,
    /// Time since the start of the target in ms.
    pub t_ms: Vec<f64>,
    /// V_tar.
    pub v_tar: Vec<f64>,
    /// V.
    pub v: Vec<f64>,
}

impl TraceRecord {
    fn is_finite(&self) -> bool {
        let all = [&self.t_ms, &self.v_tar, &self.v];
        all.into_iter().flatten().all(|sample| sample.is_finite())
    }
}

fn write_id<S: Serializer>(id: &RunId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

pub(super) fn read_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RunId, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(checkpoints: &[(usize, Option<f64>, Option<f64>)], v: &[f64]) -> Record {
        Record {
            id: "0123456789abcdef0123456789abcdef".parse().unwrap(),
            status: RecordStatus::Ok,
            diverged: None,
            message: String::new(),
            checkpoints: checkpoints.to_vec(),
            trace: Some(TraceRecord {
                trial: 2,
                t_ms: vec![0.0; v.len()],
                v_tar: vec![-0.0; v.len()],
                v: v.to_vec(),
            }),
            wall_s: 0.1,
            origin: 0,
        }
    }

    fn step(trial: usize, learning: bool) -> usize {
        10 * trial + usize::from(learning)
    }

    /// What is read back says the same, to the bit: also the sign of a zero.
    fn survives(record: &Record) {
        let text = serde_json::to_string(record).unwrap();
        let read: Record = serde_json::from_str(&text).unwrap();
        assert_eq!(&read, record, "{text}");
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }

    #[test]
    fn a_finite_record_stays_as_it_is() {
        let points = [(0, Some(5e-324), None), (2, Some(0.0), Some(1e308))];
        let before = record(&points, &[-0.0, 1e300]);
        let after = before.clone().normalised(step);
        assert_eq!(after, before);
        survives(&after);
    }

    #[test]
    fn an_error_that_is_not_finite_ends_the_data() {
        for (bad, learning) in [
            ((1, Some(f64::INFINITY), Some(0.5)), false),
            ((1, Some(0.5), Some(f64::NAN)), true),
        ] {
            let points = [(0, Some(1.0), None), bad, (2, Some(2.0), Some(2.0))];
            let after = record(&points, &[1.0]).normalised(step);
            assert_eq!(after.status, RecordStatus::Diverged);
            assert_eq!(after.diverged, Some((1, step(1, learning))));
            assert_eq!(
                after.checkpoints,
                [(0, Some(1.0), None), (1, None, None), (2, None, None)]
            );
            assert_eq!(after.trace, None);
            assert_eq!(
                after.message,
                "the error is not a finite number: the target is too large"
            );
            survives(&after);
        }
        // The place where a state broke is not moved.
        let mut broken = record(&[(0, Some(f64::INFINITY), None), (1, None, None)], &[]);
        (broken.status, broken.diverged) = (RecordStatus::Diverged, Some((1, 7)));
        let after = broken.normalised(step);
        assert_eq!((after.diverged, after.message.as_str()), (Some((1, 7)), ""));
        assert_eq!(after.checkpoints[0], (0, None, None));
    }

    #[test]
    fn a_trace_with_a_sample_that_is_not_finite_is_none() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let after = record(&[(2, Some(1.0), None)], &[0.5, bad]).normalised(step);
            assert_eq!((after.status, &after.trace), (RecordStatus::Ok, &None));
            survives(&after);
        }
    }
}
