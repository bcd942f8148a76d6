//! Which runs: columns and the values that they must have.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Numbers in `where` match cells within this relative distance: the tables and the spec may write
/// the same number differently (1e-6, 0.000001, 10^(−6) computed), but no study sweeps this finely.
pub const RELATIVE_TOLERANCE: f64 = 1e-9;

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
