//! Swept axes: `values = […]`, `log = [a, b], points = n` and `linear = [a, b], points = n`.
//!
//! Points of a range are computed by their index, never by adding up a step: the ends are exactly as
//! written, and interior points are rounded to 12 significant digits, so that the decades of a `log`
//! range are the numbers a person would write (1e-5, not 1.0000000000000003e-5).

mod read;

use super::document::{Entry, Node, Origin, Value};
use super::error::{AxisProblem, Problem, SpecError};
use super::resolve::{read_choice, read_scalar, wrong_type};
use super::scalar::Scalar;
use super::schema::{self, FieldKind, Goal, tables};
use read::{axis_error, read_form};
use std::collections::BTreeSet;

/// The most points that a range may have: the most runs that a study may have.
pub const MAX_POINTS: u64 = super::block::MAX_RUNS;

/// An axis as written, its values not yet computed.
#[derive(Debug, Clone)]
pub struct WrittenAxis {
    /// The swept path.
    pub path: String,
    /// Where it was written.
    pub origin: Origin,
    goal: Goal,
    form: Form,
}

#[derive(Debug, Clone)]
enum Form {
    Values(Vec<Node>),
    Range {
        log: bool,
        ends: [(f64, Node); 2],
        points: u64,
    },
}

/// An axis with its values.
#[derive(Debug, Clone)]
pub struct Axis {
    /// The swept path.
    pub path: String,
    /// Where it was written.
    pub origin: Origin,
    /// Whether it chooses a variant, so that each value has its own fields.
    pub is_tag: bool,
    /// The values, and where each was written.
    pub values: Vec<(Scalar, Origin)>,
}

impl WrittenAxis {
    /// Read an entry of a `sweep` table.
    pub fn read(entry: &Entry, errors: &mut Vec<SpecError>) -> Option<Self> {
        let path = entry.key.clone();
        let origin = entry.key_origin;
        let goal = match schema::find(&path) {
            Some(Goal::Table(table)) => {
                let mut fields = table.paths(&path);
                // A path below a list has a position, which the message cannot know.
                fields.retain(|field| !field.contains(".0."));
                let problem = AxisProblem::TablePath { path, fields };
                errors.push(SpecError::new(origin, Problem::Axis(problem)));
                return None;
            }
            Some(goal) => goal,
            None => {
                let problem = if of_study(&path) {
                    AxisProblem::OfStudy { path }
                } else {
                    let nearest = schema::nearest_path(&path);
                    AxisProblem::UnknownPath { path, nearest }
                };
                errors.push(SpecError::new(origin, Problem::Axis(problem)));
                return None;
            }
        };
        let form = read_form(&path, goal, &entry.node, errors)?;
        Some(Self {
            path,
            origin,
            goal,
            form,
        })
    }

    /// How many values it has.
    pub fn count(&self) -> u64 {
        match &self.form {
            Form::Values(values) => values.len() as u64,
            Form::Range { points, .. } => *points,
        }
    }

    /// Keep the ends of a range, or the first values of a list: enough to find what is wrong with it.
    pub fn shorten(&mut self) {
        const ENOUGH: usize = 1000;
        match &mut self.form {
            Form::Values(values) => values.truncate(ENOUGH),
            Form::Range { points, .. } => *points = (*points).min(2),
        }
    }

    /// Compute the values; wrong ones are told and left out.
    pub fn values(&self, errors: &mut Vec<SpecError>) -> Axis {
        let mut axis = Axis {
            path: self.path.clone(),
            origin: self.origin,
            is_tag: matches!(self.goal, Goal::Tag(_)),
            values: Vec::new(),
        };
        match &self.form {
            Form::Values(nodes) => {
                for node in nodes {
                    match self.read_value(node) {
                        Ok(value) => axis.values.push((value, node.origin)),
                        Err(problem) => errors.push(SpecError::new(node.origin, problem)),
                    }
                }
            }
            Form::Range { log, ends, points } => {
                let origin = ends[0].1.origin;
                // Told at the ends, where the numbers are; interior points lie between them.
                let before = errors.len();
                for (_, node) in ends {
                    if let Err(problem) = self.read_value(&self.rounded(node)) {
                        errors.push(SpecError::new(node.origin, problem));
                    }
                }
                if errors.len() == before {
                    self.points(
                        *log,
                        [ends[0].0, ends[1].0],
                        *points,
                        origin,
                        &mut axis,
                        errors,
                    );
                }
            }
        }
        axis
    }

    fn points(
        &self,
        log: bool,
        ends: [f64; 2],
        points: u64,
        origin: Origin,
        axis: &mut Axis,
        errors: &mut Vec<SpecError>,
    ) {
        axis.values.reserve(points as usize);
        for i in 0..points {
            let node = Node {
                value: Value::Float(point(log, ends, i, points)),
                origin,
            };
            match self.read_value(&self.rounded(&node)) {
                Ok(value) => {
                    if axis.values.last().is_some_and(|(last, _)| *last == value) {
                        let problem = AxisProblem::EqualPoints {
                            path: self.path.clone(),
                            value: value.to_string(),
                            whole: self.is_whole(),
                        };
                        errors.push(SpecError::new(origin, Problem::Axis(problem)));
                        return;
                    }
                    axis.values.push((value, origin));
                }
                Err(problem) => {
                    errors.push(SpecError::new(origin, problem));
                    return;
                }
            }
        }
    }

    fn is_whole(&self) -> bool {
        matches!(self.goal, Goal::Field(field) if matches!(field.kind, FieldKind::Whole(..)))
    }

    /// A point of a range, as a whole number if the field is one.
    fn rounded(&self, node: &Node) -> Node {
        let mut node = node.clone();
        if let (true, Value::Float(value)) = (self.is_whole(), &node.value) {
            let whole = libm::round(*value);
            // Beyond this, no field is in range, and the conversion would not be exact.
            if libm::fabs(whole) < 1e15 {
                node.value = Value::Integer(whole as i64);
            }
        }
        node
    }

    fn read_value(&self, node: &Node) -> Result<Scalar, Problem> {
        match self.goal {
            Goal::Tag(variants) => read_choice(&self.path, node, &variants.words()),
            Goal::Field(field) => read_scalar(&field.kind, &self.path, node),
            Goal::Table(_) => Err(wrong_type(&self.path, node, "a table")),
        }
    }
}

/// Whether a path is one of the fields that stand once in a study.
fn of_study(path: &str) -> bool {
    tables::TOP.find(path).is_some()
        || match path.strip_prefix("replicates") {
            Some(field) => field.is_empty() || field.starts_with('.'),
            None => false,
        }
}

impl Axis {
    /// Tell, and leave out, values that are there already.
    pub fn drop_repeated(&mut self, errors: &mut Vec<SpecError>) {
        let mut seen = BTreeSet::new();
        let path = &self.path;
        self.values.retain(|(value, origin)| {
            let key = match value {
                Scalar::Float(value) => (value.to_bits(), String::new()),
                Scalar::Integer(value) => (*value as u64, String::new()),
                value => (0, value.to_string()),
            };
            let new = seen.insert(key);
            if !new {
                let problem = AxisProblem::Repeated {
                    path: path.clone(),
                    value: value.to_toml(),
                };
                errors.push(axis_error(*origin, problem));
            }
            new
        });
    }
}

/// The i-th of n points.
fn point(log: bool, [from, to]: [f64; 2], i: u64, n: u64) -> f64 {
    if i == 0 {
        return from;
    }
    if i == n - 1 {
        return to;
    }
    let (left, right, steps) = ((n - 1 - i) as f64, i as f64, (n - 1) as f64);
    if log {
        let exponent = (libm::log10(from) * left + libm::log10(to) * right) / steps;
        return twelve_digits(libm::exp10(exponent));
    }
    let value = (from * left + to * right) / steps;
    // What is left of a zero after rounding errors is a zero.
    if libm::fabs(value) < 1e-13 * libm::fabs(from).max(libm::fabs(to)) {
        0.0
    } else {
        twelve_digits(value)
    }
}

fn twelve_digits(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::scalar::shortest;

    fn points(log: bool, ends: [f64; 2], n: u64) -> Vec<String> {
        (0..n).map(|i| shortest(point(log, ends, i, n))).collect()
    }

    #[test]
    fn decades_are_what_a_person_would_write() {
        assert_eq!(
            points(true, [1e-6, 1e-3], 4),
            ["1e-6", "1e-5", "0.0001", "0.001"]
        );
        assert_eq!(
            points(true, [1e-6, 1e-3], 7),
            [
                "1e-6",
                "3.16227766017e-6",
                "1e-5",
                "3.16227766017e-5",
                "0.0001",
                "0.000316227766017",
                "0.001"
            ]
        );
        assert_eq!(
            points(true, [1e3, 1e-1], 5),
            ["1000", "100", "10", "1", "0.1"]
        );
    }

    #[test]
    fn linear_points_are_round_and_ends_are_exact() {
        assert_eq!(
            points(false, [-0.3, 0.3], 7),
            ["-0.3", "-0.2", "-0.1", "0", "0.1", "0.2", "0.3"]
        );
        assert_eq!(points(false, [-0.1, 0.2], 4), ["-0.1", "0", "0.1", "0.2"]);
        let odd = 0.1 + 0.2;
        assert_eq!(points(false, [odd, 1.0], 2)[0], "0.30000000000000004");
    }

    fn axis(path: &str, text: &str) -> (Option<Axis>, Vec<SpecError>) {
        let node = crate::spec::document::parse_value(text, Origin::File).unwrap();
        let entry = Entry {
            key: path.into(),
            key_origin: Origin::File,
            node,
        };
        let mut errors = Vec::new();
        let axis = WrittenAxis::read(&entry, &mut errors).map(|axis| axis.values(&mut errors));
        (axis, errors)
    }

    #[test]
    fn whole_number_fields_get_whole_points() {
        let (sweep, errors) = axis("rule.noise.errors", "{ log = [2, 1000], points = 4 }");
        assert_eq!(errors, []);
        let values: Vec<_> = sweep.unwrap().values.into_iter().map(|(v, _)| v).collect();
        let expected = [2, 16, 126, 1000].map(Scalar::Integer);
        assert_eq!(values, expected);
        let (_, errors) = axis("rule.noise.errors", "{ linear = [2, 4], points = 7 }");
        assert_eq!(errors.len(), 1);
        assert!(
            errors[0]
                .problem
                .to_string()
                .contains("two points round to"),
            "{errors:?}"
        );
    }

    #[test]
    fn words_and_flags_can_be_swept() {
        let (sweep, errors) = axis("target.standardise", "{ values = [true, false] }");
        assert_eq!((errors.len(), sweep.unwrap().values.len()), (0, 2));
        let (sweep, _) = axis("rule.kind", "{ values = ['classical', 'force'] }");
        assert!(sweep.unwrap().is_tag);
    }
}
