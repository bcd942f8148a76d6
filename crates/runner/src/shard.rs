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

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use synapse_core::streams::{Purpose, RandomStream};

    #[test]
    fn shards_are_told_by_number_and_count() {
        assert_eq!("3/8".parse(), Ok(Shard { number: 3, of: 8 }));
        assert_eq!(Shard { number: 3, of: 8 }.to_string(), "3/8");
        for bad in ["", "3", "0/8", "9/8", "a/8", "3/0", "1/100001", "-1/2"] {
            let error = bad.parse::<Shard>().unwrap_err();
            assert_eq!(
                error,
                "must be i/n with whole numbers 1 ≤ i ≤ n ≤ 100000, as in 3/8"
            );
        }
        assert_eq!(Shard::from_lock_name("lock-3-of-8"), "3/8".parse().ok());
        for other in ["lock", "lock-3", "lock-9-of-8", "runs.csv"] {
            assert_eq!(Shard::from_lock_name(other), None);
        }
    }

    /// A study of random size, with kinds of work that cost very differently.
    fn random_study(random: &mut RandomStream) -> Study {
        let mut whole = |below: f64| 1 + (random.unit() * below) as usize;
        let text = format!(
            r#"
            schema = 1
            name = "x"
            question = "x"
            seed = 1
            network = {{ units = {} }}
            target = {{ kind = "periodic_gp", length_ms = {} }}
            training = {{ trials = {} }}
            replicates = {{ networks = {}, targets = {} }}
            [[condition]]
            rule = {{ kind = "bayesian" }}
            sweep = {{ "rule.eta0" = {{ log = [1e-4, 1e-2], points = {} }} }}
            [[condition]]
            rule = {{ kind = "force" }}
            sweep = {{ "network.units" = {{ values = [20, 300] }} }}
            "#,
            10 * whole(60.0),
            10 * whole(50.0),
            whole(40.0),
            whole(5.0),
            whole(12.0),
            1 + whole(6.0),
        );
        Study::parse(&text, "x.toml", Path::new(""), &[]).unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn every_run_is_in_one_shard_and_shards_cost_alike() {
        let mut random = RandomStream::new(1, Purpose::Target, 0);
        for _ in 0..40 {
            let study = random_study(&mut random);
            let of = 1 + (random.unit() * 12.0) as usize;
            let mut all: Vec<usize> = (1..=of)
                .flat_map(|number| runs(&study, Shard { number, of }))
                .collect();
            // Whatever has been computed, the division is the same.
            assert_eq!(division(&study, of), division(&study, of));
            all.sort_unstable();
            assert!(all.iter().copied().eq(0..study.runs()));

            let mut costs = vec![0.0; of];
            let batches = pack(&study, &(0..study.runs()).collect::<Vec<_>>(), of);
            let division = division(&study, of);
            let mut largest = 0.0f64;
            for batch in &batches {
                costs[division[batch.runs[0]]] += batch.cost;
                largest = largest.max(batch.cost);
            }
            // The costliest goes to the least: nobody has more than a batch above the mean.
            let mean = costs.iter().sum::<f64>() / of as f64;
            assert!(
                costs.iter().all(|&cost| cost <= mean + largest),
                "{costs:?}"
            );
        }
    }

    #[test]
    fn packing_is_a_partition() {
        let mut random = RandomStream::new(2, Purpose::Target, 0);
        for _ in 0..40 {
            let study = random_study(&mut random);
            let pending: Vec<usize> = (0..study.runs()).filter(|_| random.unit() < 0.6).collect();
            let threads = 1 + (random.unit() * 8.0) as usize;
            let batches = pack(&study, &pending, threads);
            let mut all: Vec<usize> = batches
                .iter()
                .flat_map(|batch| batch.runs.clone())
                .collect();
            all.sort_unstable();
            assert_eq!(all, pending);
            for batch in &batches {
                assert!(
                    batch
                        .runs
                        .iter()
                        .all(|&run| study.run(run).network == batch.network)
                );
            }
        }
    }
}
