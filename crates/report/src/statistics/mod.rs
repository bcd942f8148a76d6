//! Estimates with their uncertainty.
//!
//! Every condition is run on the same K networks and J targets, so a value is y_kj and two runs
//! that share a network or a target are not independent. Networks and targets are crossed random
//! factors, and the bootstrap resamples both (the "pigeonhole" bootstrap: A. B. Owen, Annals of
//! Applied Statistics 1, 386–411, 2007): network k is drawn w_k times, target j is drawn v_j times,
//! and cell (k, j) then stands w_k·v_j times in the resample. Its variance for a mean is
//!
//! Σ_k a_k²/K² + Σ_j b_j²/J² + Σ_kj e_kj²/(KJ)²
//!
//! with a, b, e the row effects, column effects and residuals of the data: both factors count with
//! their own number of levels. Resampling the K·J cells as if they were independent divides all
//! three sums of squares by the number of cells instead, and its intervals are far too narrow.
//!
//! A diverged run is the value +∞: quantiles stay well defined, and become +∞ themselves when too
//! many runs diverged.
//!
//! A share of 0 or 1 is the same in every resample, so that the bootstrap's interval would be 0 … 0: see
//! [`share_interval`].

mod bootstrap;
mod quantile;
mod share;

pub use bootstrap::{
    Levels, RandomStream, Resampler, SortedCells, Weights, interval, random_stream, resample,
    resample_by,
};
pub use quantile::quantile;
pub use share::share_interval;

use crate::expectation::Statistic;
use crate::tables::Cell;

/// Resamples per interval: the 2.5 % point is then the 25th smallest, whose own standard error is
/// about 10 % of the interval's half width, well below what a reader of a figure can see; ten times
/// as many would cost ten times the time for a third of that.
pub const RESAMPLES: usize = 1000;

/// Confidence level of every interval.
pub const LEVEL: f64 = 0.95;

/// A confidence interval; an end may be +∞.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Confidence level, 0 to 1.
    pub level: f64,
}

/// How an interval was obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Networks and targets both resampled.
    Crossed,
    /// One target only: networks resampled, nothing is said about other targets.
    Networks,
    /// One network only: targets resampled, nothing is said about other networks.
    Targets,
    /// A share of 0 or 1: the exact interval of as many independent units as there are networks.
    ExactNetworks,
    /// A share of 0 or 1: the exact interval of as many independent units as there are targets.
    ExactTargets,
    /// A share of 0 or 1 where both are resampled: the exact interval of as many independent units as there
    /// are of the factor with fewer levels, which is conservative.
    ExactFewer,
    /// One network and one target, or no value at all: no interval.
    None,
}

impl Method {
    /// The method for so many levels of the two factors.
    pub fn of(networks: usize, targets: usize) -> Self {
        match (networks > 1, targets > 1) {
            (true, true) => Self::Crossed,
            (true, false) => Self::Networks,
            (false, true) => Self::Targets,
            (false, false) => Self::None,
        }
    }

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crossed => "percentile bootstrap of networks x targets",
            Self::Networks => "percentile bootstrap of networks",
            Self::Targets => "percentile bootstrap of targets",
            Self::ExactNetworks => "Clopper-Pearson over networks",
            Self::ExactTargets => "Clopper-Pearson over targets",
            Self::ExactFewer => {
                "Clopper-Pearson over the fewer of networks and targets (conservative)"
            }
            Self::None => "none",
        }
    }

    /// Whether it is that of a share of 0 or 1.
    fn is_exact(self) -> bool {
        matches!(
            self,
            Self::ExactNetworks | Self::ExactTargets | Self::ExactFewer
        )
    }
}

/// How the intervals of a table were obtained, as one line below it.
pub fn method_line(methods: &[Method]) -> String {
    let names = |exact: bool| {
        let mut names: Vec<&str> = methods
            .iter()
            .filter(|m| **m != Method::None && m.is_exact() == exact)
            .map(|m| m.name())
            .collect();
        names.sort_unstable();
        names.dedup();
        names.join("; ")
    };
    match (names(false), names(true)) {
        (resampled, exact) if resampled.is_empty() && exact.is_empty() => {
            "no interval: one network and one target".to_string()
        }
        (resampled, exact) if exact.is_empty() => {
            format!("intervals: {resampled}, {RESAMPLES} resamples")
        }
        (resampled, exact) if resampled.is_empty() => {
            format!("intervals of shares of 0 and 1: {exact}")
        }
        (resampled, exact) => {
            format!("intervals: {resampled}, {RESAMPLES} resamples; of shares of 0 and 1: {exact}")
        }
    }
}

/// A number with what is needed to judge it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The statistic of the data; +∞ if too many runs diverged.
    pub value: f64,
    /// Its interval; none with a single network and target.
    pub interval: Option<Interval>,
    /// Number of runs behind it, diverged ones included.
    pub n: usize,
    /// How the interval was obtained.
    pub method: Method,
}

/// A statistic of one value per network and target, with its crossed-bootstrap interval.
///
/// `None` without any cell. Missing cells are allowed: the resample then consists of the cells that
/// are there.
pub fn estimate(cells: &[Cell], statistic: Statistic, stream: RandomStream) -> Option<Estimate> {
    let levels = Levels::of(cells);
    let sorted = SortedCells::new(cells, &levels);
    let value = sorted.statistic(statistic, &levels.once())?;
    let method = levels.method();
    let interval = match method {
        Method::None => None,
        _ => {
            let values = resample(&levels, stream, |weights| {
                sorted.statistic(statistic, weights)
            });
            interval(values)
        }
    };
    Some(Estimate {
        value,
        interval,
        n: cells.len(),
        method,
    })
}

#[cfg(test)]
mod tests;
