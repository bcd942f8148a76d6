//! `[[expect]]` rows: read with their places, and checked against the conditions of the study, so that
//! an expectation about nothing is told before hours of computing.

mod check;

pub use check::Runs;

use super::block::MAX_RUNS;
use super::document::{Node, Origin, Table, Value};
use super::error::{ExpectProblem, Problem, SpecError};
use super::resolve::{read_choice, read_scalar, wrong_type};
use super::scalar::{Scalar, shortest};
use super::schema::FieldKind;
use std::collections::BTreeMap;
use synapse_core::interval::Interval;
use synapse_report::expectation::{
    Expectation, Match, Metric, Quantity, Require, Scalar as Wanted, Selection, Side, Statistic,
    Where,
};

/// Words of `metric`.
pub const METRICS: &[&str] = &["test_mse", "tracking_mse"];
/// Words of `statistic`.
pub const STATISTICS: &[&str] = &["median", "mean", "q25", "q75", "min", "max"];
/// Words of `require`.
pub const REQUIREMENTS: &[&str] = &["estimate", "interval"];
/// Keys of one side of a ratio.
pub const SIDE_KEYS: &[&str] = &["metric", "statistic", "where", "best"];
/// Keys of a row.
pub const ROW_KEYS: &[&str] = &[
    "metric",
    "statistic",
    "where",
    "best",
    "ratio",
    "diverged_share",
    "at_trial",
    "min",
    "max",
    "require",
    "allow_failed",
    "label",
];

/// A row with the places that later checks need.
pub struct Located {
    /// The row.
    pub expectation: Expectation,
    at_trial: Origin,
    sides: Vec<LocatedSide>,
}

struct LocatedSide {
    metric: Option<Metric>,
    selection: Vec<Selected>,
    origin: Origin,
}

/// A column of a `where`, where it is written, and the values it may have.
type Selected = (String, Origin, Vec<(Wanted, Origin)>);

struct Reader<'a> {
    errors: &'a mut Vec<SpecError>,
}

/// Read a row; `None` if it is wrong.
pub fn read(node: &Node, errors: &mut Vec<SpecError>) -> Option<Located> {
    let before = errors.len();
    let mut reader = Reader { errors };
    let row = reader.row(node);
    // A row with any error is not used further: what remains of it would mean something else.
    row.filter(|_| errors.len() == before)
}

impl Reader<'_> {
    fn error(&mut self, origin: Origin, problem: Problem) {
        self.errors.push(SpecError::new(origin, problem));
    }

    fn expect_error(&mut self, origin: Origin, problem: ExpectProblem) {
        self.error(origin, Problem::Expectation(problem));
    }

    fn told<T>(&mut self, origin: Origin, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.error(origin, problem)).ok()
    }

    fn keys(&mut self, prefix: &str, table: &Table, known: &[&str]) {
        for entry in &table.entries {
            if !known.contains(&entry.key.as_str()) {
                let problem = Problem::UnknownField {
                    path: format!("{prefix}.{}", entry.key),
                    known: known.iter().map(|&key| key.to_owned()).collect(),
                    variant: None,
                    elsewhere: Vec::new(),
                };
                self.error(entry.key_origin, problem);
            }
        }
    }

    fn scalar(
        &mut self,
        table: &Table,
        prefix: &str,
        key: &str,
        kind: &FieldKind,
    ) -> Option<Scalar> {
        let node = table.get(key)?;
        let value = read_scalar(kind, &format!("{prefix}.{key}"), node);
        self.told(node.origin, value)
    }

    fn row(&mut self, node: &Node) -> Option<Located> {
        let Some(table) = node.as_table() else {
            self.error(node.origin, wrong_type("expect", node, "a table"));
            return None;
        };
        self.keys("expect", table, ROW_KEYS);
        let forms = ["metric", "ratio", "diverged_share"];
        let given: Vec<&str> = forms
            .into_iter()
            .filter(|key| table.get(key).is_some())
            .collect();
        let [form] = given[..] else {
            self.expect_error(node.origin, ExpectProblem::NotOneForm);
            return None;
        };
        if form != "metric" {
            self.misplaced(table, form);
        }
        let (quantity, sides) = match form {
            "metric" => {
                let (side, located) = self.side("expect", table, node.origin)?;
                (Quantity::Value(side), vec![located])
            }
            "ratio" => self.ratio(table.get("ratio")?)?,
            _ => self.diverged_share(table.get("diverged_share")?)?,
        };
        let (min, max) = self.bounds(table, node.origin);
        let count = FieldKind::Whole(0, i64::MAX as u64);
        let at_trial = match self.scalar(table, "expect", "at_trial", &count) {
            Some(Scalar::Integer(trial)) => u64::try_from(trial).ok(),
            _ => None,
        };
        let require = self.scalar(table, "expect", "require", &FieldKind::Choice(REQUIREMENTS));
        let allowed = FieldKind::Whole(0, MAX_RUNS);
        let allow_failed = match self.scalar(table, "expect", "allow_failed", &allowed) {
            Some(Scalar::Integer(runs)) => u64::try_from(runs).unwrap_or_default(),
            _ => 0,
        };
        let label = self.scalar(table, "expect", "label", &FieldKind::Text);
        Some(Located {
            expectation: Expectation {
                quantity,
                at_trial,
                min,
                max,
                require: match require.as_ref().and_then(Scalar::as_text) {
                    Some("interval") => Require::Interval,
                    _ => Require::Estimate,
                },
                allow_failed,
                label: label.as_ref().and_then(Scalar::as_text).map(str::to_owned),
            },
            at_trial: table
                .get("at_trial")
                .map_or(node.origin, |node| node.origin),
            sides,
        })
    }

    /// Keys of a metric beside a ratio or a share: there they would be ignored.
    fn misplaced(&mut self, table: &Table, form: &str) {
        let share = form == "diverged_share";
        for entry in &table.entries {
            let key = entry.key.as_str();
            let misplaced =
                ["statistic", "where", "best"].contains(&key) || (share && key == "at_trial");
            if misplaced {
                self.expect_error(
                    entry.key_origin,
                    ExpectProblem::Misplaced {
                        key: key.to_owned(),
                        form: form.to_owned(),
                    },
                );
            }
        }
    }

    fn bounds(&mut self, table: &Table, origin: Origin) -> (Option<f64>, Option<f64>) {
        let real = FieldKind::Real(Interval::FINITE);
        let mut bound = |key| {
            self.scalar(table, "expect", key, &real)
                .and_then(|s| s.as_f64())
        };
        let (min, max) = (bound("min"), bound("max"));
        match (min, max) {
            (None, None) if table.get("min").is_none() && table.get("max").is_none() => {
                self.expect_error(origin, ExpectProblem::NoBound);
            }
            (Some(low), Some(high)) if low > high => {
                let place = table.get("min").map_or(origin, |node| node.origin);
                self.expect_error(
                    place,
                    ExpectProblem::BoundsCross {
                        min: shortest(low),
                        max: shortest(high),
                    },
                );
            }
            _ => {}
        }
        (min, max)
    }

    fn ratio(&mut self, node: &Node) -> Option<(Quantity, Vec<LocatedSide>)> {
        let Some(list) = node.as_list() else {
            let wanted = "a list of two sides, such as { metric = \"test_mse\", where = { … } }";
            self.error(node.origin, wrong_type("expect.ratio", node, wanted));
            return None;
        };
        if list.len() != 2 {
            self.expect_error(node.origin, ExpectProblem::NotTwo { found: list.len() });
        }
        let mut sides = Vec::new();
        for (n, node) in list.iter().enumerate() {
            let which = ["first", "second"].get(n).copied().unwrap_or("further");
            let path = format!("expect.ratio.{which}");
            match node.as_table() {
                Some(table) => {
                    self.keys(&path, table, SIDE_KEYS);
                    sides.extend(self.side(&path, table, node.origin));
                }
                None => self.error(node.origin, wrong_type(&path, node, "a table")),
            }
        }
        let [(first, a), (second, b)] = <[_; 2]>::try_from(sides).ok()?;
        Some((Quantity::Ratio(first, second), vec![a, b]))
    }

    fn diverged_share(&mut self, node: &Node) -> Option<(Quantity, Vec<LocatedSide>)> {
        let path = "expect.diverged_share";
        let Some(table) = node.as_table() else {
            self.error(
                node.origin,
                wrong_type(path, node, "a table such as { where = { … } }"),
            );
            return None;
        };
        self.keys(path, table, &["where"]);
        let (selection, located) = self.selection(path, table);
        let side = LocatedSide {
            metric: None,
            selection: located,
            origin: node.origin,
        };
        Some((Quantity::DivergedShare(Selection { selection }), vec![side]))
    }

    fn side(&mut self, path: &str, table: &Table, origin: Origin) -> Option<(Side, LocatedSide)> {
        let metric = match table.get("metric") {
            Some(node) => {
                let word = read_choice(&format!("{path}.metric"), node, METRICS);
                self.told(node.origin, word)
            }
            None => {
                let problem = Problem::Missing {
                    path: format!("{path}.metric"),
                    wanted: "one of \"test_mse\", \"tracking_mse\"".to_owned(),
                };
                self.error(origin, problem);
                None
            }
        };
        let statistic = table.get("statistic").and_then(|node| {
            let word = read_choice(&format!("{path}.statistic"), node, STATISTICS);
            self.told(node.origin, word)
        });
        let best = self.scalar(table, path, "best", &FieldKind::Bool);
        let (selection, located) = self.selection(path, table);
        let metric = match metric?.as_text()? {
            "test_mse" => Metric::TestMse,
            _ => Metric::TrackingMse,
        };
        let side = Side {
            metric,
            statistic: match statistic.as_ref().and_then(Scalar::as_text) {
                Some("mean") => Statistic::Mean,
                Some("q25") => Statistic::Q25,
                Some("q75") => Statistic::Q75,
                Some("min") => Statistic::Min,
                Some("max") => Statistic::Max,
                _ => Statistic::Median,
            },
            selection,
            best: best == Some(Scalar::Bool(true)),
        };
        let located = LocatedSide {
            metric: Some(metric),
            selection: located,
            origin,
        };
        Some((side, located))
    }
    fn selection(&mut self, prefix: &str, table: &Table) -> (Where, Vec<Selected>) {
        let path = format!("{prefix}.where");
        let mut located = Vec::new();
        if let Some(node) = table.get("where") {
            match node.as_table() {
                Some(table) => self.flatten("", table, &path, &mut located),
                None => {
                    let wanted =
                        "a table of columns and values, such as { \"rule.kind\" = \"bayesian\" }";
                    self.error(node.origin, wrong_type(&path, node, wanted));
                }
            }
        }
        let selection: BTreeMap<String, Match> = located
            .iter()
            .map(|(path, _, values)| {
                let mut values: Vec<Wanted> =
                    values.iter().map(|(value, _)| value.clone()).collect();
                let matched = match values.len() {
                    1 => Match::One(values.remove(0)),
                    _ => Match::AnyOf(values),
                };
                (path.clone(), matched)
            })
            .collect();
        (Where(selection), located)
    }

    /// Columns and values; `rule.kind = …` without quotes is a table in a table and means the same.
    fn flatten(&mut self, prefix: &str, table: &Table, place: &str, into: &mut Vec<Selected>) {
        for entry in &table.entries {
            let path = super::schema::join(prefix, &entry.key);
            let nodes = match &entry.node.value {
                Value::Table(inner) => {
                    self.flatten(&path, inner, place, into);
                    continue;
                }
                Value::List(list) if list.is_empty() => {
                    let problem = Problem::OutOfRange {
                        path: format!("{place}: {path}"),
                        value: "[]".to_owned(),
                        wanted: "a value or a list of at least one".to_owned(),
                    };
                    self.error(entry.node.origin, problem);
                    continue;
                }
                Value::List(list) => &list[..],
                _ => std::slice::from_ref(&entry.node),
            };
            let mut values = Vec::new();
            for node in nodes {
                let value = match &node.value {
                    Value::Integer(value) => Wanted::Whole(*value),
                    Value::Float(value) => Wanted::Real(*value),
                    Value::Bool(value) => Wanted::Flag(*value),
                    Value::Text(text) => Wanted::Text(text.clone()),
                    _ => {
                        let path = format!("{place}: {path}");
                        self.error(
                            node.origin,
                            wrong_type(&path, node, "a number, a text, true or false"),
                        );
                        continue;
                    }
                };
                values.push((value, node.origin));
            }
            into.push((path, entry.key_origin, values));
        }
    }
}
