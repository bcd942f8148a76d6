//! Expectations: what a study says in advance about its own result, one `[[expect]]` row each.
//!
//! The serde types here are the wire format of `study.toml`; unknown fields are errors at every
//! level. Their evaluation is in [`crate::verdict`].

mod selection;

pub use selection::{Match, RELATIVE_TOLERANCE, Scalar, Where};

use crate::statistics::Interval;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What must lie within the bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Require {
    /// The estimate; the verdict says whether its interval agrees.
    #[default]
    Estimate,
    /// The estimate and its whole interval.
    Interval,
}

/// What is measured at a checkpoint of a run; lower is better for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Mean squared error with learning frozen and the network's own output fed back.
    TestMse,
    /// Mean squared error while learning is on.
    TrackingMse,
}

impl Metric {
    /// Both, in the order of the tables' columns.
    pub const ALL: [Self; 2] = [Self::TestMse, Self::TrackingMse];

    /// The column's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::TestMse => "test_mse",
            Self::TrackingMse => "tracking_mse",
        }
    }

    /// The name in figures.
    pub fn title(self) -> &'static str {
        match self {
            Self::TestMse => "test MSE",
            Self::TrackingMse => "tracking MSE",
        }
    }
}

/// What a set of values is reduced to. A diverged run is the value +∞.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// The 0.5 quantile.
    #[default]
    Median,
    /// The arithmetic mean: +∞ as soon as one run diverged.
    Mean,
    /// The 0.25 quantile.
    Q25,
    /// The 0.75 quantile.
    Q75,
    /// The smallest value.
    Min,
    /// The largest value.
    Max,
}

impl Statistic {
    /// The name in specs and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Median => "median",
            Self::Mean => "mean",
            Self::Q25 => "q25",
            Self::Q75 => "q75",
            Self::Min => "min",
            Self::Max => "max",
        }
    }
}

/// One number taken from the runs: alone, or as one side of a ratio.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// The column.
    pub metric: Metric,
    /// The reduction; median if not given.
    #[serde(default)]
    pub statistic: Statistic,
    /// Which runs; all if not given.
    #[serde(default, rename = "where", skip_serializing_if = "Where::is_empty")]
    pub selection: Where,
    /// Take the statistic per condition and use the smallest, instead of pooling all selected runs.
    #[serde(default, skip_serializing_if = "is_false")]
    pub best: bool,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.best {
            f.write_str("best ")?;
        }
        write!(f, "{} {}", self.statistic.name(), self.metric.name())?;
        if !self.selection.is_empty() {
            write!(f, " [{}]", self.selection)?;
        }
        Ok(())
    }
}

/// Which runs a share is taken of.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Which runs; all if not given.
    #[serde(default, rename = "where", skip_serializing_if = "Where::is_empty")]
    pub selection: Where,
}

/// What an expectation is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Quantity {
    /// A statistic of a metric.
    Value(Side),
    /// The first over the second, on the same networks and targets.
    Ratio(Side, Side),
    /// The share of the selected runs whose status is diverged, 0 to 1.
    DivergedShare(Selection),
}

impl Quantity {
    /// The statistic that is an extreme of the runs, if there is one.
    fn extreme(&self) -> Option<Statistic> {
        let sides = match self {
            Self::Value(side) => [Some(side), None],
            Self::Ratio(first, second) => [Some(first), Some(second)],
            Self::DivergedShare(_) => [None, None],
        };
        let statistics = sides.into_iter().flatten().map(|side| side.statistic);
        let is_extreme =
            |statistic: &Statistic| matches!(statistic, Statistic::Min | Statistic::Max);
        statistics.into_iter().find(is_extreme)
    }
}

/// One `[[expect]]` row, valid: exactly one quantity, at least one bound, bounds in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Expectation {
    /// What is measured.
    pub quantity: Quantity,
    /// The checkpoint; each condition's last if not given.
    pub at_trial: Option<u64>,
    /// Smallest value that holds.
    pub min: Option<f64>,
    /// Largest value that holds.
    pub max: Option<f64>,
    /// What must lie within the bounds.
    pub require: Require,
    /// How many of the selected runs may have failed or be missing; with more it is not decided.
    pub allow_failed: u64,
    /// A name for the table of verdicts.
    pub label: Option<String>,
}

/// The row as TOML has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metric: Option<Metric>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statistic: Option<Statistic>,
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    selection: Option<Where>,
    #[serde(skip_serializing_if = "Option::is_none")]
    best: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<Vec<Side>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    diverged_share: Option<Selection>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_trial: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    require: Option<Require>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allow_failed: Option<u64>,
}

impl TryFrom<Wire> for Expectation {
    type Error = String;

    fn try_from(wire: Wire) -> Result<Self, String> {
        let given: Vec<&str> = [
            wire.metric.is_some().then_some("metric"),
            wire.ratio.is_some().then_some("ratio"),
            wire.diverged_share.is_some().then_some("diverged_share"),
        ]
        .into_iter()
        .flatten()
        .collect();
        if given.len() != 1 {
            return Err(format!(
                "an expectation has exactly one of metric, ratio and diverged_share, found {}",
                if given.is_empty() {
                    "none".to_string()
                } else {
                    given.join(" and ")
                }
            ));
        }
        let kind = given[0];
        if kind != "metric" {
            for (key, there) in [
                ("statistic", wire.statistic.is_some()),
                ("where", wire.selection.is_some()),
                ("best", wire.best.is_some()),
            ] {
                if there {
                    return Err(format!(
                        "{key} stands beside metric; with {kind} it belongs inside {kind}"
                    ));
                }
            }
        }
        let quantity = if let Some(metric) = wire.metric {
            Quantity::Value(Side {
                metric,
                statistic: wire.statistic.unwrap_or_default(),
                selection: wire.selection.unwrap_or_default(),
                best: wire.best.unwrap_or(false),
            })
        } else if let Some(sides) = wire.ratio {
            let count = sides.len();
            let Ok([first, second]) = <[Side; 2]>::try_from(sides) else {
                return Err(format!("ratio takes two sides, found {count}"));
            };
            Quantity::Ratio(first, second)
        } else {
            if wire.at_trial.is_some() {
                return Err(
                    "at_trial does not go with diverged_share: a status is that of a whole run"
                        .to_string(),
                );
            }
            Quantity::DivergedShare(wire.diverged_share.unwrap_or_default())
        };
        for (key, bound) in [("min", wire.min), ("max", wire.max)] {
            // As the runner: an infinite bound holds always or never.
            if let Some(bound) = bound.filter(|bound| !bound.is_finite()) {
                let written = if bound.is_nan() {
                    "nan".to_string()
                } else {
                    bound.to_string()
                };
                return Err(format!("{key} = {written}: must be a finite number"));
            }
        }
        if wire.require == Some(Require::Interval)
            && let Some(extreme) = quantity.extreme()
        {
            return Err(format!(
                "require = \"interval\" does not go with statistic = \"{}\": resampling never goes beyond the extremes \
                 of the runs",
                extreme.name()
            ));
        }
        match (wire.min, wire.max) {
            (None, None) => return Err("an expectation needs min, max or both".to_string()),
            (Some(min), Some(max)) if min > max => {
                return Err(format!("min = {min:?} is above max = {max:?}"));
            }
            _ => {}
        }
        Ok(Self {
            quantity,
            at_trial: wire.at_trial,
            min: wire.min,
            max: wire.max,
            require: wire.require.unwrap_or_default(),
            allow_failed: wire.allow_failed.unwrap_or_default(),
            label: wire.label,
        })
    }
}

impl From<Expectation> for Wire {
    fn from(expectation: Expectation) -> Self {
        let mut wire = Self {
            label: expectation.label,
            metric: None,
            statistic: None,
            selection: None,
            best: None,
            ratio: None,
            diverged_share: None,
            at_trial: expectation.at_trial,
            min: expectation.min,
            max: expectation.max,
            require: Some(expectation.require).filter(|require| *require != Require::default()),
            allow_failed: Some(expectation.allow_failed).filter(|allowed| *allowed > 0),
        };
        match expectation.quantity {
            Quantity::Value(side) => {
                wire.metric = Some(side.metric);
                wire.statistic = Some(side.statistic);
                wire.selection = (!side.selection.is_empty()).then_some(side.selection);
                wire.best = side.best.then_some(true);
            }
            Quantity::Ratio(first, second) => wire.ratio = Some(vec![first, second]),
            Quantity::DivergedShare(selection) => wire.diverged_share = Some(selection),
        }
        wire
    }
}

impl Expectation {
    /// Whether an observed value satisfies the bounds; an undefined one (∞/∞) never does.
    pub fn holds(&self, observed: f64) -> bool {
        !observed.is_nan()
            && self.min.is_none_or(|min| observed >= min)
            && self.max.is_none_or(|max| observed <= max)
    }

    /// Whether a whole interval satisfies the bounds.
    pub fn holds_throughout(&self, interval: &Interval) -> bool {
        self.holds(interval.low) && self.holds(interval.high)
    }

    /// Whether some value of an interval satisfies the bounds.
    pub fn is_possible(&self, interval: &Interval) -> bool {
        self.min.is_none_or(|min| interval.high >= min)
            && self.max.is_none_or(|max| interval.low <= max)
    }

    /// The label, or else what is measured, in words.
    pub fn title(&self) -> String {
        self.label.clone().unwrap_or_else(|| self.describe())
    }

    /// What is measured, in words; also the name of the bootstrap's random stream.
    pub fn describe(&self) -> String {
        let mut text = match &self.quantity {
            Quantity::Value(side) => side.to_string(),
            Quantity::Ratio(first, second) => format!("{first} / {second}"),
            Quantity::DivergedShare(selection) if selection.selection.is_empty() => {
                "diverged share".to_string()
            }
            Quantity::DivergedShare(selection) => {
                format!("diverged share [{}]", selection.selection)
            }
        };
        if let Some(trial) = self.at_trial {
            text.push_str(&format!(" at trial {trial}"));
        }
        text
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests;
