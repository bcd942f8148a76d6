//! The identity of a run: a hash of everything its numbers depend on, and of nothing else.
//!
//! The first 16 bytes of the SHA-256 of a canonical text: for a condition the lines
//!
//! ```text
//! numerics=1
//! seed=2021
//! network.units=500
//! …                        every field of network, target, training and rule, in schema order
//! ```
//!
//! whose hash C stands for the condition in the text of a run, `C\nnetwork=0\ntarget=0\n`. Numbers are
//! in shortest round-trip form after the field's type has been applied, so `1`, `1.0` and `1e0` are one
//! value and −0 is 0. A `file` target is its samples (`target.content`), not its path and column.
//! Not in it: fields that came later, at the value that all runs had before; names, comments, the order of conditions, how many replicates there are, traces.

use super::scalar::{Scalar, quoted};
use sha2::{Digest, Sha256};
use std::fmt;

/// The identity of a run, shown as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub [u8; 16]);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 32];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&hex_digits(byte));
        }
        f.write_str(std::str::from_utf8(&digits).unwrap_or_default())
    }
}

/// What is not 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotARunId;

impl fmt::Display for NotARunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a run id is 32 hexadecimal digits")
    }
}

impl std::error::Error for NotARunId {}

impl std::str::FromStr for RunId {
    type Err = NotARunId;

    fn from_str(text: &str) -> Result<Self, NotARunId> {
        let mut bytes = [0; 16];
        if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(NotARunId);
        }
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|_| NotARunId)?;
        }
        Ok(Self(bytes))
    }
}

/// The hash of a condition's canonical text, together with the seed and the numerics version.
pub type ConditionHash = [u8; 32];

/// Fields that specs got after results had been kept, each with the value that all runs had before: with
/// it they are not in the text, so that those results keep their identity.
const LATER: [(&str, &str); 10] = [
    ("rule.covariance.kind", "diagonal"),
    ("rule.gain", "published"),
    ("network.feedback_gain", "1"),
    ("rule.covariance.assignment", "index"),
    ("rule.forgetting", "1"),
    ("network.initial_state", "0"),
    ("network.state_noise", "0"),
    ("training.switch_target_at_trial", "0"),
    ("training.error_noise", "0"),
    ("training.washout_feedback", "true"),
];

/// The line of a field in the canonical text.
pub fn line(path: &str, value: &Scalar) -> String {
    if LATER
        .iter()
        .any(|&(later, before)| later == path && value.to_string() == before)
    {
        return String::new();
    }
    match value {
        // Texts are quoted, so that a line break in one cannot imitate another field.
        Scalar::Text(text) => format!("{path}={}\n", quoted(text)),
        value => format!("{path}={value}\n"),
    }
}

/// The canonical text of many conditions that differ in few fields: the lines before the first of
/// these are hashed once, the lines between them are kept.
pub struct Canonical {
    start: Sha256,
    rest: Vec<Part>,
}

enum Part {
    Shared(String),
    /// The position of a field that differs.
    Own(usize),
}

impl Canonical {
    /// From the lines of all fields in order, `None` where conditions differ.
    pub fn new(
        numerics_version: u32,
        seed: u64,
        lines: impl Iterator<Item = Option<String>>,
    ) -> Self {
        let mut start = Sha256::new();
        start.update(format!("numerics={numerics_version}\nseed={seed}\n"));
        let mut rest = Vec::new();
        for (at, line) in lines.enumerate() {
            match (line, rest.last_mut()) {
                (None, _) => rest.push(Part::Own(at)),
                (Some(line), None) => start.update(line),
                (Some(line), Some(Part::Shared(text))) => text.push_str(&line),
                (Some(line), Some(Part::Own(_))) => rest.push(Part::Shared(line)),
            }
        }
        Self { start, rest }
    }

    /// The hash of a condition; `own` gives the line of a field that differs.
    pub fn hash(&self, own: impl Fn(usize) -> String) -> ConditionHash {
        let mut hash = self.start.clone();
        for part in &self.rest {
            match part {
                Part::Shared(text) => hash.update(text),
                Part::Own(at) => hash.update(own(*at)),
            }
        }
        hash.finalize().into()
    }
}

/// The identity of the run of a condition on a network and a target, both counted from 0.
pub fn run_id(condition: &ConditionHash, network: usize, target: usize) -> RunId {
    let mut hash = Sha256::new();
    hash.update(hex(condition));
    hash.update(format!("\nnetwork={network}\ntarget={target}\n"));
    let mut id = [0; 16];
    id.copy_from_slice(&hash.finalize()[..16]);
    RunId(id)
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|&byte| hex_digits(byte));
    digits.map(char::from).collect()
}

fn hex_digits(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)])
}
