//! Shards: a study divided among processes.
//!
//! A division depends on the study and on the number of shards alone, not on what has been computed:
//! the same shard always has the same runs.

use crate::batch::pack;
use crate::spec::Study;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::str::FromStr;

/// One of so many parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    /// Which one, from 1.
    pub number: usize,
    /// How many there are.
    pub of: usize,
}

/// The most shards that a study can be divided into.
pub const MAX_SHARDS: usize = 100_000;

impl Shard {
    /// The name of its lock.
    pub(crate) fn lock_name(self) -> String {
        format!("lock-{}-of-{}", self.number, self.of)
    }

    /// The shard that a lock is of.
    pub(crate) fn from_lock_name(name: &str) -> Option<Self> {
        let (number, of) = name.strip_prefix("lock-")?.split_once("-of-")?;
        format!("{number}/{of}").parse().ok()
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/');
        let numbers = parts.and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((number, of)) if (1..=of).contains(&number) && of <= MAX_SHARDS => {
                Ok(Self { number, of })
            }
            _ => Err(format!(
                "must be i/n with whole numbers 1 ≤ i ≤ n ≤ {MAX_SHARDS}, as in 3/8"
            )),
        }
    }
}

/// Which shard each run of a study is in, by position, counted from 0.
///
/// Runs are packed as one process with a thread per shard would pack them; the costliest batch goes to
/// the shard that has least.
pub fn division(study: &Study, of: usize) -> Vec<usize> {
    let all: Vec<usize> = (0..study.runs()).collect();
    let batches = pack(study, &all, of);
    // Costs are not negative: their bits order them.
    let mut shards: BinaryHeap<Reverse<(u64, usize)>> =
        (0..of).map(|shard| Reverse((0, shard))).collect();
    let mut division = vec![0; study.runs()];
    for batch in batches {
        if let Some(Reverse((cost, shard))) = shards.pop() {
            for run in batch.runs {
                division[run] = shard;
            }
            let cost = f64::from_bits(cost) + batch.cost;
            shards.push(Reverse((cost.to_bits(), shard)));
        }
    }
    division
}

/// The runs of a shard, in order.
pub fn runs(study: &Study, shard: Shard) -> Vec<usize> {
    let division = division(study, shard.of);
    (0..study.runs())
        .filter(|&run| division[run] + 1 == shard.number)
        .collect()
}
