//! The written forms of an axis.

use super::{Form, MAX_POINTS};
use crate::spec::document::{Entry, Node, Origin, Table, Value};
use crate::spec::error::{AxisProblem, Problem, SpecError};
use crate::spec::resolve::{read_scalar, wrong_type};
use crate::spec::scalar::{Scalar, shortest};
use crate::spec::schema::{FieldKind, Goal};

/// An error of an axis, at a place.
pub(super) fn axis_error(origin: Origin, problem: AxisProblem) -> SpecError {
    SpecError::new(origin, Problem::Axis(problem))
}

pub(super) fn read_form(
    path: &str,
    goal: Goal,
    node: &Node,
    errors: &mut Vec<SpecError>,
) -> Option<Form> {
    const SHAPE: &str =
        "{ values = […] }, { log = [a, b], points = n } or { linear = [a, b], points = n }";
    let Some(table) = node.as_table() else {
        let path = format!("sweep of {path}");
        errors.push(SpecError::new(node.origin, wrong_type(&path, node, SHAPE)));
        return None;
    };
    let known = ["values", "log", "linear", "points"];
    let mut fine = true;
    for entry in &table.entries {
        if !known.contains(&entry.key.as_str()) {
            fine = false;
            errors.push(SpecError::new(
                entry.key_origin,
                Problem::UnknownField {
                    path: format!("sweep.{path}.{}", entry.key),
                    known: known.map(str::to_owned).to_vec(),
                    variant: None,
                    elsewhere: Vec::new(),
                },
            ));
        }
    }
    if !fine {
        return None;
    }
    let forms: Vec<&Entry> = table
        .entries
        .iter()
        .filter(|entry| entry.key != "points")
        .collect();
    let [form] = forms[..] else {
        let problem = AxisProblem::NotOneForm { path: path.into() };
        errors.push(axis_error(node.origin, problem));
        return None;
    };
    if form.key == "values" {
        read_values(path, table, form, errors)
    } else {
        read_range(path, goal, table, form, errors)
    }
}

fn read_values(
    path: &str,
    table: &Table,
    form: &Entry,
    errors: &mut Vec<SpecError>,
) -> Option<Form> {
    if let Some(points) = table.entry("points") {
        let problem = AxisProblem::Points {
            path: path.into(),
            missing: false,
        };
        errors.push(axis_error(points.key_origin, problem));
    }
    match form.node.as_list() {
        Some([]) => {
            let problem = AxisProblem::EmptyAxis { path: path.into() };
            errors.push(axis_error(form.node.origin, problem));
            None
        }
        Some(values) => Some(Form::Values(values.to_vec())),
        None => {
            let path = format!("values of {path}");
            errors.push(SpecError::new(
                form.node.origin,
                wrong_type(&path, &form.node, "a list"),
            ));
            None
        }
    }
}

fn read_range(
    path: &str,
    goal: Goal,
    table: &Table,
    form: &Entry,
    errors: &mut Vec<SpecError>,
) -> Option<Form> {
    let numeric = matches!(goal, Goal::Field(field)
        if matches!(field.kind, FieldKind::Whole(..) | FieldKind::Real(_)));
    if !numeric {
        let problem = AxisProblem::NotNumeric { path: path.into() };
        errors.push(axis_error(form.key_origin, problem));
        return None;
    }
    let log = form.key == "log";
    let points = read_points(path, table, form, errors);
    let ends = read_ends(path, log, form, errors);
    Some(Form::Range {
        log,
        ends: ends?,
        points: points?,
    })
}

fn read_points(
    path: &str,
    table: &Table,
    form: &Entry,
    errors: &mut Vec<SpecError>,
) -> Option<u64> {
    let Some(points) = table.get("points") else {
        let problem = AxisProblem::Points {
            path: path.into(),
            missing: true,
        };
        errors.push(axis_error(form.key_origin, problem));
        return None;
    };
    let kind = FieldKind::Whole(2, MAX_POINTS);
    match read_scalar(&kind, &format!("points of {path}"), points) {
        Ok(Scalar::Integer(points)) => Some(points as u64),
        Ok(_) => None,
        Err(problem) => {
            errors.push(SpecError::new(points.origin, problem));
            None
        }
    }
}

fn read_ends(
    path: &str,
    log: bool,
    form: &Entry,
    errors: &mut Vec<SpecError>,
) -> Option<[(f64, Node); 2]> {
    let Some([from, to]) = form.node.as_list() else {
        let path = format!("{} of {path}", form.key);
        let found = match form.node.as_list() {
            Some(list) => format!("a list of {}", list.len()),
            None => form.node.found(),
        };
        errors.push(SpecError::new(
            form.node.origin,
            Problem::WrongType {
                path,
                found,
                wanted: "a list of two numbers [first, last]".to_owned(),
            },
        ));
        return None;
    };
    let mut number = |node: &Node| {
        let value = match &node.value {
            Value::Integer(value) => *value as f64,
            Value::Float(value) if value.is_finite() => *value,
            _ => {
                let path = format!("{} of {path}", form.key);
                errors.push(SpecError::new(
                    node.origin,
                    wrong_type(&path, node, "a finite number"),
                ));
                return None;
            }
        };
        if log && value <= 0.0 {
            let problem = AxisProblem::LogOfNonPositive {
                path: path.into(),
                value: shortest(value),
            };
            errors.push(axis_error(node.origin, problem));
            return None;
        }
        Some((value, node.clone()))
    };
    let ends = (number(from), number(to));
    Some([ends.0?, ends.1?])
}
