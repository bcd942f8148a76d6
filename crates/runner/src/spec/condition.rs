//! A condition: a shape that many share, and the values of its swept fields.

use super::identity::ConditionHash;
use super::resolve::Resolved;
use super::scalar::Scalar;
use super::signal::Signal;
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
    /// The target; of several signals, the first.
    pub target: Arc<TargetParams>,
    /// The protocol.
    pub training: Arc<TrainingParams>,
    /// The learning rule.
    pub rule: RuleParams,
    pub(super) shape: Arc<Shape>,
    pub(super) values: Box<[Scalar]>,
    pub(super) other_targets: Arc<[Arc<TargetParams>]>,
    pub(super) signals: Arc<[Arc<Signal>]>,
    pub(super) hash: ConditionHash,
    pub(super) other_hashes: Box<[ConditionHash]>,
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

    /// The target of a target replicate: its own signal where there are several.
    pub fn target_of(&self, replicate: usize) -> &TargetParams {
        let other = replicate
            .checked_sub(1)
            .and_then(|at| self.other_targets.get(at));
        other.unwrap_or(&self.target)
    }

    /// The signals of its targets, one for each target replicate; none where they are drawn or made.
    pub fn signals(&self) -> &[Arc<Signal>] {
        &self.signals
    }

    /// The hash that identifies its runs on a target replicate.
    pub(super) fn hash_of(&self, replicate: usize) -> &ConditionHash {
        let other = replicate
            .checked_sub(1)
            .and_then(|at| self.other_hashes.get(at));
        other.unwrap_or(&self.hash)
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
