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

fn write_id<S: Serializer>(id: &RunId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

pub(super) fn read_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RunId, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}
