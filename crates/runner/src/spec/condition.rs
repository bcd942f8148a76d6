//! A condition: a shape that many share, and the values of its swept fields.

use super::identity::ConditionHash;
use super::resolve::Resolved;
use super::scalar::Scalar;
use super::typed::Fields;
use std::sync::Arc;
use synapse_core::params::{NetworkParams, RuleParams, TargetParams, TrainingParams};

/// The fields of all conditions that have the same variants.
#[derive(Debug)]
pub struct Shape {
    /// Every field, in the order of the schema; swept ones with the value of their first point.
    pub fields: Vec<Resolved>,
    /// For each field, the axis that sweeps it.
    pub axis_of: Vec<Option<usize>>,
}

/// One point of the swept axes: a rule with its parameters, network, target and training parameters.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The network.
    pub network: Arc<NetworkParams>,
    /// The target.
    pub target: Arc<TargetParams>,
    /// The protocol.
    pub training: Arc<TrainingParams>,
    /// The learning rule.
    pub rule: RuleParams,
    pub(super) shape: Arc<Shape>,
    pub(super) values: Box<[Scalar]>,
    pub(super) hash: ConditionHash,
    pub(super) block: usize,
}

impl Condition {
    /// Every field with its full dotted path, in the order of the schema.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Scalar)> {
        let shape = &self.shape;
        shape
            .fields
            .iter()
            .zip(&shape.axis_of)
            .map(|(field, axis)| {
                let value = axis.map_or(&field.value, |axis| &self.values[axis]);
                (&*field.path, value)
            })
    }

    /// The value of the field at a full dotted path; `None` if this condition does not have it.
    pub fn cell(&self, path: &str) -> Option<&Scalar> {
        Point {
            shape: &self.shape,
            values: &self.values,
        }
        .at(path)
    }

    /// Which `[[condition]]` block it comes from, counted from 0.
    pub fn block(&self) -> usize {
        self.block
    }
}

/// A shape with the values of one point.
pub(super) struct Point<'a> {
    pub(super) shape: &'a Shape,
    pub(super) values: &'a [Scalar],
}

impl<'a> Point<'a> {
    fn at(&self, path: &str) -> Option<&'a Scalar> {
        let at = self.shape.position(path)?;
        let value = &self.shape.fields[at].value;
        Some(self.shape.axis_of[at].map_or(value, |axis| &self.values[axis]))
    }
}

impl Fields for Point<'_> {
    fn get(&self, path: &str) -> Option<&Scalar> {
        self.at(path)
    }
}

impl Shape {
    /// Where the field of a path is.
    pub(super) fn position(&self, path: &str) -> Option<usize> {
        self.fields.iter().position(|field| &*field.path == path)
    }
}
