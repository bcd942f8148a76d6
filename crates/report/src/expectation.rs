//! Expectations: what a study says in advance about its own result, one `[[expect]]` row each.
//!
//! The serde types here are the wire format of `study.toml`; unknown fields are errors at every
//! level. Their evaluation is in [`crate::verdict`].

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Numbers in `where` match cells within this relative distance: the tables and the spec may write
/// the same number differently (1e-6, 0.000001, 10^(−6) computed), but no study sweeps this finely.
pub const RELATIVE_TOLERANCE: f64 = 1e-9;

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

/// One value that a parameter may have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    /// A yes/no parameter, stored as `true` or `false`.
    Flag(bool),
    /// A whole number; compared as a real number.
    Whole(i64),
    /// A real number, equal within [`RELATIVE_TOLERANCE`].
    Real(f64),
    /// A text, equal exactly. The empty text matches conditions without the field.
    Text(String),
}

impl Scalar {
    /// Whether the table's cell holds this value.
    pub fn matches(&self, cell: &str) -> bool {
        match self {
            Self::Flag(flag) => cell == if *flag { "true" } else { "false" },
            Self::Whole(n) => number_matches(*n as f64, cell),
            Self::Real(x) => number_matches(*x, cell),
            Self::Text(text) => cell == text,
        }
    }
}

fn number_matches(wanted: f64, cell: &str) -> bool {
    cell.parse::<f64>().is_ok_and(|found| {
        found == wanted
            || (found - wanted).abs() <= RELATIVE_TOLERANCE * found.abs().max(wanted.abs())
    })
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(x) => write!(f, "{x}"),
            Self::Whole(x) => write!(f, "{x}"),
            Self::Real(x) => write!(f, "{x:?}"),
            Self::Text(x) => f.write_str(x),
        }
    }
}

/// The values that select a run: one, or any of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Match {
    /// This value.
    One(Scalar),
    /// Any of these values.
    AnyOf(Vec<Scalar>),
}

impl Match {
    /// Whether the table's cell is selected.
    pub fn matches(&self, cell: &str) -> bool {
        match self {
            Self::One(value) => value.matches(cell),
            Self::AnyOf(values) => values.iter().any(|v| v.matches(cell)),
        }
    }
}

impl fmt::Display for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(value) => write!(f, "{value}"),
            Self::AnyOf(values) => {
                let all: Vec<_> = values.iter().map(ToString::to_string).collect();
                write!(f, "{}", all.join("|"))
            }
        }
    }
}

/// Which runs: every column named here must match. Empty: all runs.
///
/// On the wire a table from dotted paths to values; the unquoted form `{ rule.kind = "force" }`,
/// which TOML reads as nested tables, means the same as `{ "rule.kind" = "force" }`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(
    try_from = "BTreeMap<String, WireMatch>",
    into = "BTreeMap<String, Match>"
)]
pub struct Where(pub BTreeMap<String, Match>);

#[derive(Deserialize)]
#[serde(untagged)]
enum WireMatch {
    Leaf(Match),
    Nested(BTreeMap<String, WireMatch>),
}

impl TryFrom<BTreeMap<String, WireMatch>> for Where {
    type Error = String;

    fn try_from(wire: BTreeMap<String, WireMatch>) -> Result<Self, String> {
        fn flatten(
            prefix: &str,
            wire: BTreeMap<String, WireMatch>,
            into: &mut BTreeMap<String, Match>,
        ) -> Result<(), String> {
            for (key, value) in wire {
                let path = if prefix.is_empty() {
                    key
                } else {
                    format!("{prefix}.{key}")
                };
                match value {
                    WireMatch::Nested(inner) => flatten(&path, inner, into)?,
                    WireMatch::Leaf(Match::AnyOf(values)) if values.is_empty() => {
                        return Err(format!("where: {path} = []: an empty list selects no run"));
                    }
                    WireMatch::Leaf(leaf) => {
                        if into.insert(path.clone(), leaf).is_some() {
                            return Err(format!("where: {path} is given twice"));
                        }
                    }
                }
            }
            Ok(())
        }
        let mut flat = BTreeMap::new();
        flatten("", wire, &mut flat)?;
        Ok(Self(flat))
    }
}

impl From<Where> for BTreeMap<String, Match> {
    fn from(selection: Where) -> Self {
        selection.0
    }
}

impl Where {
    /// Whether this selects all runs.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (path, value)) in self.0.iter().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            write!(f, "{comma}{path}={value}")?;
        }
        Ok(())
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
            if bound.is_some_and(f64::is_nan) {
                return Err(format!("{key} = nan: must be a number"));
            }
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
