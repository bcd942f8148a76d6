//! The medians of a side in its data and in resamples: the same networks and targets for all its
//! conditions and checkpoints.

use super::side::Condition;
use crate::expectation::Statistic;
use crate::statistics::{
    Levels, Method, Resampler, SortedCells, Weights, random_stream, resample, resample_by,
};
use crate::tables::Cell;

/// The medians and shares of one side in the data or a resample.
pub(super) struct Draw {
    /// Per pair and its checkpoints.
    pub(super) medians: Vec<Vec<f64>>,
    /// Per pair, at the checkpoint of the scores.
    pub(super) last: Vec<f64>,
    /// Share of diverged runs per pair, at the checkpoint of the scores.
    pub(super) diverged: Vec<f64>,
    /// The same of all pairs together.
    pub(super) diverged_total: f64,
}

/// One side in the data and in all resamples.
pub(super) struct Draws {
    pub(super) once: Draw,
    pub(super) resampled: Vec<Draw>,
    pub(super) method: Method,
    /// Runs per pair at the checkpoint of the scores.
    pub(super) n: Vec<usize>,
    /// How many networks and targets.
    pub(super) size: (usize, usize),
    /// The networks and targets of each pair at the checkpoint of the scores.
    pub(super) levels: Vec<Levels>,
    /// Those of all pairs together.
    pub(super) all_levels: Levels,
    /// Resamples of the size of the other side, if they were wanted.
    pub(super) alike: Vec<Draw>,
}

impl Draws {
    /// Draws a side; `alike` is how many networks and targets the other has, if samples of that size
    /// are wanted too.
    pub(super) fn of(
        conditions: &[(&Condition, &[u64])],
        trial: u64,
        seed: u64,
        (side, alike): (&str, Option<(usize, usize)>),
    ) -> Self {
        let cells = |c: &Condition, trial: u64| -> Vec<Cell> {
            c.samples
                .get(&trial)
                .map_or(Vec::new(), |s| s.cells.clone())
        };
        let all: Vec<Cell> = conditions
            .iter()
            .flat_map(|(c, trials)| trials.iter().flat_map(|&t| cells(c, t)))
            .collect();
        let levels = Levels::of(&all);
        let values: Vec<Vec<SortedCells>> = conditions
            .iter()
            .map(|(c, trials)| {
                let sorted = |&t: &u64| SortedCells::new(&cells(c, t), &levels);
                trials.iter().map(sorted).collect()
            })
            .collect();
        let indicators: Vec<Vec<Cell>> = conditions
            .iter()
            .map(|(c, _)| {
                let diverged = |cell: Cell| Cell {
                    value: f64::from(u8::from(cell.value == f64::INFINITY)),
                    ..cell
                };
                cells(c, trial).into_iter().map(diverged).collect()
            })
            .collect();
        let diverged: Vec<SortedCells> = indicators
            .iter()
            .map(|cells| SortedCells::new(cells, &levels))
            .collect();
        let total = SortedCells::new(&indicators.concat(), &levels);
        let last: Vec<usize> = conditions
            .iter()
            .map(|(_, trials)| trials.partition_point(|&t| t < trial))
            .collect();
        // `None` if the resample of an incomplete design has nothing of some condition.
        let draw = |weights: &Weights| -> Option<Draw> {
            let median = |cells: &SortedCells| cells.statistic(Statistic::Median, weights);
            let mean = |cells: &SortedCells| cells.statistic(Statistic::Mean, weights);
            let medians: Vec<Vec<f64>> = values
                .iter()
                .map(|sets| sets.iter().map(median).collect())
                .collect::<Option<_>>()?;
            Some(Draw {
                last: medians.iter().zip(&last).map(|(m, &i)| m[i]).collect(),
                medians,
                diverged: diverged.iter().map(mean).collect::<Option<_>>()?,
                diverged_total: mean(&total)?,
            })
        };
        let method = levels.method();
        let stream = random_stream(seed, &["comparison", side]);
        let alike = alike.filter(|_| method != Method::None).map(|size| {
            let stream = random_stream(seed, &["comparison", side, "alike"]);
            resample_by(Resampler::sized(&levels, size, stream), draw)
        });
        Self {
            alike: alike.unwrap_or_default(),
            size: (levels.networks(), levels.targets()),
            once: draw(&levels.once()).expect("every condition has a run at its checkpoints"),
            resampled: match method {
                Method::None => Vec::new(),
                _ => resample(&levels, stream, draw),
            },
            method,
            n: indicators.iter().map(Vec::len).collect(),
            levels: indicators.iter().map(|cells| Levels::of(cells)).collect(),
            all_levels: Levels::of(&indicators.concat()),
        }
    }
}
