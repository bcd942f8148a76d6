//! The crossed bootstrap: resampling networks and targets, without sorting anew.

use super::quantile::{interpolate, position, quantile};
use super::{Interval, LEVEL, Method, RESAMPLES};
use crate::expectation::Statistic;
use crate::tables::Cell;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// The random numbers of one bootstrap.
pub type RandomStream = ChaCha8Rng;

/// Draws per resample that may come out without any cell before the resample is given up; only
/// designs with nearly all cells missing come near it.
const MAX_DRAWS: usize = 1000;

/// The stream of a name: ChaCha8 keyed by the SHA-256 of "bootstrap", the study's seed and the
/// parts of the name. It depends on nothing else, so that adding a condition or running with other
/// threads changes no interval.
pub fn random_stream(seed: u64, name: &[&str]) -> RandomStream {
    let mut hash = Sha256::new();
    let seed = seed.to_string();
    for part in ["bootstrap", &seed].iter().chain(name) {
        // Lengths first: ("ab", "c") and ("a", "bc") are different names.
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    ChaCha8Rng::from_seed(hash.finalize().into())
}

/// The networks and targets that occur in a set of cells, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Levels {
    networks: Vec<u32>,
    targets: Vec<u32>,
}

impl Levels {
    /// The levels of these cells.
    pub fn of(cells: &[Cell]) -> Self {
        let distinct = |get: fn(&Cell) -> u32| {
            let mut all: Vec<u32> = cells.iter().map(get).collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        Self {
            networks: distinct(|c| c.network),
            targets: distinct(|c| c.target),
        }
    }

    /// How many networks.
    pub fn networks(&self) -> usize {
        self.networks.len()
    }

    /// How many targets.
    pub fn targets(&self) -> usize {
        self.targets.len()
    }

    /// What a bootstrap over these levels is called.
    pub fn method(&self) -> Method {
        Method::of(self.networks.len(), self.targets.len())
    }

    /// Weights under which every cell stands once: the data themselves.
    pub fn once(&self) -> Weights {
        Weights {
            networks: vec![1; self.networks.len()],
            targets: vec![1; self.targets.len()],
        }
    }
}

/// How often each network and each target was drawn; a cell stands as often as their product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weights {
    /// w_k, in the order of the levels.
    pub networks: Vec<u32>,
    /// v_j, in the order of the levels.
    pub targets: Vec<u32>,
}

/// Draws weights, one resample after the other.
#[derive(Debug, Clone)]
pub struct Resampler {
    stream: RandomStream,
    weights: Weights,
    /// How many networks and targets are drawn.
    size: (usize, usize),
}

impl Resampler {
    /// A resampler of these levels.
    pub fn new(levels: &Levels, stream: RandomStream) -> Self {
        Self::sized(levels, (levels.networks(), levels.targets()), stream)
    }

    /// A resampler that draws so many networks and targets instead of as many as there are: samples
    /// as a study of that size would have had them.
    pub fn sized(levels: &Levels, size: (usize, usize), stream: RandomStream) -> Self {
        Self {
            stream,
            weights: levels.once(),
            size,
        }
    }

    /// The next resample: K networks and J targets, each with replacement.
    pub fn draw(&mut self) -> &Weights {
        draw_into(&mut self.stream, &mut self.weights.networks, self.size.0);
        draw_into(&mut self.stream, &mut self.weights.targets, self.size.1);
        &self.weights
    }
}

fn draw_into(stream: &mut RandomStream, counts: &mut [u32], draws: usize) {
    counts.fill(0);
    // Reading tables keeps levels below 2³²; the widest design has a few hundred.
    let n = counts.len() as u32;
    for _ in 0..draws {
        counts[below(stream, n) as usize] += 1;
    }
}

/// A whole number from 0 to n − 1, each equally likely (D. Lemire, ACM TOMACS 29, 3, 2019).
fn below(stream: &mut RandomStream, n: u32) -> u32 {
    let mut product = u64::from(stream.next_u32()) * u64::from(n);
    if (product as u32) < n {
        let threshold = n.wrapping_neg() % n;
        while (product as u32) < threshold {
            product = u64::from(stream.next_u32()) * u64::from(n);
        }
    }
    (product >> 32) as u32
}

/// Cells sorted by value once, so that a resample's quantile is one pass over their weights.
#[derive(Debug, Clone, PartialEq)]
pub struct SortedCells {
    /// Value, index of the network's level, index of the target's level.
    cells: Vec<(f64, u32, u32)>,
}

impl SortedCells {
    /// Sorts cells whose networks and targets are all among the levels.
    pub fn new(cells: &[Cell], levels: &Levels) -> Self {
        let place = |all: &[u32], x: u32| {
            all.binary_search(&x)
                .expect("every cell's network and target is among the levels") as u32
        };
        let mut cells: Vec<(f64, u32, u32)> = cells
            .iter()
            .map(|c| {
                (
                    c.value,
                    place(&levels.networks, c.network),
                    place(&levels.targets, c.target),
                )
            })
            .collect();
        cells.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        Self { cells }
    }

    /// A statistic of the resample in which cell (k, j) stands w_k·v_j times; `None` if it is empty.
    pub fn statistic(&self, statistic: Statistic, weights: &Weights) -> Option<f64> {
        match statistic {
            Statistic::Median => self.quantile(0.5, weights),
            Statistic::Q25 => self.quantile(0.25, weights),
            Statistic::Q75 => self.quantile(0.75, weights),
            Statistic::Min => self.quantile(0.0, weights),
            Statistic::Max => self.quantile(1.0, weights),
            Statistic::Mean => self.mean(weights),
        }
    }

    fn weight(weights: &Weights, cell: &(f64, u32, u32)) -> u64 {
        u64::from(weights.networks[cell.1 as usize]) * u64::from(weights.targets[cell.2 as usize])
    }

    fn total(&self, weights: &Weights) -> u64 {
        self.cells.iter().map(|c| Self::weight(weights, c)).sum()
    }

    fn quantile(&self, p: f64, weights: &Weights) -> Option<f64> {
        let (low, fraction) = position(self.total(weights).checked_sub(1)?, p);
        let mut standing = 0;
        let mut below = None;
        for cell in &self.cells {
            let weight = Self::weight(weights, cell);
            if weight == 0 {
                continue;
            }
            standing += weight;
            // `standing` copies lie at or before this value: it is at all positions below that.
            if below.is_none() && standing > low {
                below = Some(cell.0);
            }
            if let Some(below) = below
                && (standing > low + 1 || fraction == 0.0)
            {
                return Some(interpolate(below, cell.0, fraction));
            }
        }
        below
    }

    fn mean(&self, weights: &Weights) -> Option<f64> {
        let total = self.total(weights);
        if total == 0 {
            return None;
        }
        let sum: f64 = self
            .cells
            .iter()
            .filter_map(|c| {
                let weight = Self::weight(weights, c);
                // 0 · ∞ would be NaN: a cell that was not drawn is not there.
                (weight > 0).then_some(weight as f64 * c.0)
            })
            .sum();
        Some(sum / total as f64)
    }
}

/// [`RESAMPLES`] values of a statistic of the weights, in the order drawn.
///
/// A resample for which the statistic is `None` (no cell drawn of an incomplete design) is drawn
/// again; the result is shorter only if that fails again and again.
pub fn resample<T>(
    levels: &Levels,
    stream: RandomStream,
    statistic: impl Fn(&Weights) -> Option<T>,
) -> Vec<T> {
    resample_by(Resampler::new(levels, stream), statistic)
}

/// [`resample`] by a resampler, whose draws may have another size than the data.
pub fn resample_by<T>(
    mut resampler: Resampler,
    statistic: impl Fn(&Weights) -> Option<T>,
) -> Vec<T> {
    (0..RESAMPLES)
        .filter_map(|_| (0..MAX_DRAWS).find_map(|_| statistic(resampler.draw())))
        .collect()
}

/// The percentile interval of bootstrap values; `None` if there are none.
///
/// An undefined value (∞/∞) could lie anywhere, so it counts as 0 for the lower end and as +∞ for
/// the upper: it can only widen the interval.
pub fn interval(mut values: Vec<f64>) -> Option<Interval> {
    values.sort_by(f64::total_cmp);
    // A positive NaN sorts last, a negative one first; both are moved where they count.
    let undefined = values.iter().filter(|x| x.is_nan()).count();
    let defined: Vec<f64> = values.into_iter().filter(|x| !x.is_nan()).collect();
    let zeros = std::iter::repeat_n(0.0, undefined);
    let mut for_low: Vec<f64> = zeros.chain(defined.iter().copied()).collect();
    for_low.sort_by(f64::total_cmp);
    let for_high: Vec<f64> = defined
        .into_iter()
        .chain(std::iter::repeat_n(f64::INFINITY, undefined))
        .collect();
    let tail = (1.0 - LEVEL) / 2.0;
    Some(Interval {
        low: quantile(&for_low, tail)?,
        high: quantile(&for_high, 1.0 - tail)?,
        level: LEVEL,
    })
}
