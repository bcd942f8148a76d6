//! Blocks to conditions: every point of the axes with its typed, checked parameters.
//!
//! Conditions share what they have in common. A *shape* is one choice of all variants (`rule.kind`,
//! `training.protocol`, …): it is resolved once, and a condition is its shape with the values of the
//! swept fields. Conditions come in the order of blocks, and within a block in the order of its axes, the
//! last one changing fastest.

use super::axis::Axis;
use super::block::Block;
use super::condition::{Condition, Point, Shape};
use super::document::{Entry, Node, Origin, Table, Value};
use super::error::{Problem, SpecError};
use super::identity::{self, Canonical, ConditionHash};
use super::resolve::{Strictness, resolve};
use super::scalar::Scalar;
use super::schema::{TableSchema, run_tables};
use super::signal::{READING, SignalError, Signals};
use super::targets::{self, Targets};
use super::typed;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use synapse_core::memory::DrawError;
use synapse_core::params::{NetworkParams, ParamError, RuleParams, TargetParams, TrainingParams};
use synapse_core::target::steps_of_period;

/// The canonical text of the conditions of a shape, once one of them has been built.
type SharedText = Option<Canonical>;

/// What all blocks have in common.
pub struct Expansion<'a> {
    /// The base tables network, target, training and rule (which has none), with their places.
    pub base: &'a [Option<(Table, Origin)>; 4],
    /// The seed of the study.
    pub seed: u64,
    /// The numerics version, a part of every identity.
    pub numerics_version: u32,
    /// The signals of `file` targets.
    pub signals: &'a mut Signals,
    /// What is wrong.
    pub errors: &'a mut Vec<SpecError>,
    /// Errors of expanded conditions that have been told, by place and field: each is told once.
    pub told: BTreeSet<(Origin, &'static str)>,
}

/// The typed parameters at the present point; `None` where a field is wrong.
#[derive(Default)]
struct Built {
    network: Option<Arc<NetworkParams>>,
    targets: Option<Targets>,
    /// The time step at which the targets have been checked.
    checked_dt_ms: Option<f64>,
    training: Option<Arc<TrainingParams>>,
    rule: Option<RuleParams>,
}

impl Expansion<'_> {
    /// Append the conditions of a block; with `only_first`, check just the first point of each variant.
    pub fn block(
        &mut self,
        number: usize,
        block: &mut Block,
        only_first: bool,
        conditions: &mut Vec<Condition>,
    ) {
        let axes = block.axes(self.errors);
        // An axis without valid values is as if it were not there; its error has been told.
        let lengths: Vec<usize> = block
            .groups
            .iter()
            .map(|group| {
                let lengths = group.iter().map(|&axis| axes[axis].values.len());
                lengths.min().unwrap_or(0).max(1)
            })
            .collect();
        let group_of: Vec<usize> = (0..axes.len())
            .map(|axis| {
                block
                    .groups
                    .iter()
                    .position(|g| g.contains(&axis))
                    .unwrap_or(0)
            })
            .collect();
        let table_of: Vec<usize> = axes
            .iter()
            .map(|axis| {
                let of_table = |(name, _): &(&str, _)| axis.path.split('.').next() == Some(*name);
                run_tables().iter().position(of_table).unwrap_or(0)
            })
            .collect();
        let total: usize = lengths.iter().product();
        let mut shapes: BTreeMap<Vec<usize>, (Arc<Shape>, SharedText)> = BTreeMap::new();
        let tags: Vec<usize> = (0..axes.len()).filter(|&axis| axes[axis].is_tag).collect();
        let mut index = vec![0usize; lengths.len()];
        let mut built = Built::default();
        let mut last_shape: Option<Arc<Shape>> = None;
        let mut changed_from = 0;
        let count = if only_first { total.min(1) } else { total };
        if !only_first {
            conditions.reserve(count);
        }
        for _ in 0..count {
            let at = |axis: usize| index[group_of[axis]];
            let key: Vec<usize> = tags.iter().map(|&tag| at(tag)).collect();
            if !shapes.contains_key(&key) {
                let shape = Arc::new(self.shape(block, &axes, &at));
                shapes.insert(key.clone(), (shape, None));
            }
            let Some((shape, text)) = shapes.get_mut(&key) else {
                break;
            };
            let new_shape = !last_shape
                .as_ref()
                .is_some_and(|last| Arc::ptr_eq(last, shape));
            let values: Box<[Scalar]> = (0..axes.len())
                .map(|axis| match axes[axis].values.get(at(axis)) {
                    Some((value, _)) => value.clone(),
                    // Never read: an axis without values sweeps no field of the shape.
                    None => Scalar::Bool(false),
                })
                .collect();
            let stale = |table: usize| {
                let swept = |axis: usize| table_of[axis] == table && group_of[axis] >= changed_from;
                new_shape || (0..axes.len()).any(swept)
            };
            let point = Point {
                shape,
                values: &values,
            };
            let place = Places {
                shape,
                axes: &axes,
                at: &at,
            };
            self.build(&point, &place, stale, &mut built);
            if let Built {
                network: Some(network),
                targets: Some(targets),
                training: Some(training),
                rule: Some(rule),
                ..
            } = &built
                && !only_first
            {
                let mut hashes = self.hashes(&point, text, targets, network.dt_ms);
                conditions.push(Condition {
                    network: network.clone(),
                    target: targets.params[0].clone(),
                    other_targets: targets.params[1..].into(),
                    signals: targets.signals.clone(),
                    training: training.clone(),
                    rule: rule.clone(),
                    shape: shape.clone(),
                    values,
                    hash: hashes.remove(0),
                    other_hashes: hashes.into(),
                    block: number,
                });
            }
            last_shape = Some(shape.clone());
            changed_from = advance(&mut index, &lengths);
        }
    }

    /// Resolve the fields at a point.
    fn shape(&mut self, block: &Block, axes: &[Axis], at: &dyn Fn(usize) -> usize) -> Shape {
        let mut fields = Vec::new();
        for (slot, (name, schema)) in run_tables().into_iter().enumerate() {
            let (table, origin) = self.written(block, axes, at, slot, name, schema);
            let strictness = Strictness {
                complete: true,
                excused: &block.excused,
            };
            resolve(
                schema,
                name,
                &table,
                origin,
                strictness,
                &mut fields,
                self.errors,
            );
        }
        let axis_of = fields
            .iter()
            .map(|field| axes.iter().position(|axis| *axis.path == *field.path))
            .collect();
        Shape { fields, axis_of }
    }

    /// A table as it is written for a point: base, then the block's own fields, then the sweep.
    fn written(
        &self,
        block: &Block,
        axes: &[Axis],
        at: &dyn Fn(usize) -> usize,
        slot: usize,
        name: &str,
        schema: &'static TableSchema,
    ) -> (Table, Origin) {
        let base = self.base[slot].as_ref();
        let own = block.tables[slot].as_ref();
        let swept: Vec<(&str, Origin, Node)> = axes
            .iter()
            .enumerate()
            .filter_map(|(n, axis)| {
                let path = axis.path.strip_prefix(name)?.strip_prefix('.')?;
                let (value, origin) = axis.values.get(at(n))?;
                Some((path, axis.origin, node(value, *origin)))
            })
            .collect();
        let mut origin = base.or(own).map_or(block.origin, |(_, origin)| *origin);
        let mut table = base.map(|(table, _)| table.clone()).unwrap_or_default();
        if let Some(variants) = &schema.variants {
            let word = |table: &Table| {
                let node = table.get(variants.tag)?;
                Some((node.as_text()?.to_owned(), node.origin))
            };
            let of_base = word(&table).or(variants.default.map(|word| (word.to_owned(), origin)));
            let of_sweep = swept.iter().find(|(path, ..)| *path == variants.tag);
            let of_point = match of_sweep {
                Some((.., node)) => node.as_text().map(|text| (text.to_owned(), node.origin)),
                None => own.and_then(|(own, _)| word(own)),
            };
            if let Some((word, place)) = of_point
                && of_base.is_none_or(|(of_base, _)| of_base != word)
            {
                // Another variant: what the base says for its own means nothing here.
                let keys = schema.keys(Some(&word));
                table
                    .entries
                    .retain(|entry| keys.contains(&entry.key.as_str()));
                if base.is_some() {
                    origin = place;
                }
            }
        }
        for entry in own.into_iter().flat_map(|(own, _)| &own.entries) {
            table.insert(entry.clone());
        }
        for (path, origin, node) in swept {
            if !table.set_path(path, origin, node.clone()) {
                // Something on the way is no table; that is told where it is written. A position
                // beyond the end of a list is told as an unknown field.
                table.insert(Entry {
                    key: path.to_owned(),
                    key_origin: origin,
                    node,
                });
            }
        }
        (table, origin)
    }

    /// Bring the typed parameters to a point, checking what has changed.
    fn build(
        &mut self,
        point: &Point<'_>,
        place: &Places<'_>,
        stale: impl Fn(usize) -> bool,
        built: &mut Built,
    ) {
        let [network, target, training, rule] = [0, 1, 2, 3].map(stale);
        if network {
            built.network = typed::network(point).map(Arc::new);
            if let Some(network) = &built.network {
                self.tell(network.check(), place);
            }
        }
        let dt_ms = built.network.as_ref().map(|network| network.dt_ms);
        if target {
            built.checked_dt_ms = None;
            built.targets = match targets::targets(point, self.signals) {
                Ok(targets) => targets,
                Err(problem) => {
                    self.tell_signal(problem, place);
                    None
                }
            };
        }
        if training {
            built.training = typed::training(point).map(Arc::new);
        }
        if let Some(dt_ms) = dt_ms {
            if let Some(targets) = &built.targets
                && built.checked_dt_ms != Some(dt_ms)
            {
                self.check_targets(targets, dt_ms, place);
                built.checked_dt_ms = Some(dt_ms);
            }
            if let (true, Some(training)) = (training || network, &built.training) {
                self.tell(training.check(dt_ms), place);
            }
        }
        if let (true, Some(training), Some(targets)) =
            (training || target, &built.training, &built.targets)
        {
            self.tell(training.check_target(&targets.params[0]), place);
        }
        if let (true, Some(dt_ms), Some(training), Some(targets)) = (
            training || target || network,
            dt_ms,
            &built.training,
            &built.targets,
        ) {
            let steps = steps_of_period(&targets.params[0], dt_ms);
            self.tell(training.check_length(dt_ms, steps), place);
        }
        if rule {
            built.rule = typed::rule(point);
        }
        if let (true, Some(rule), Some(training)) = (rule || training, &built.rule, &built.training)
        {
            self.tell(rule.check(training.learn_every_ms), place);
        }
    }

    fn check_targets(&mut self, targets: &Targets, dt_ms: f64, place: &Places<'_>) {
        for (at, params) in targets.params.iter().enumerate() {
            let found = params.check(dt_ms);
            let (TargetParams::Samples { standardise, .. }, true) = (&**params, found.is_empty())
            else {
                self.tell(found, place);
                continue;
            };
            // What is standardised is what is used: the signal at the network's time steps.
            // A signal for which there is no memory fails as a run, with its need.
            if *standardise
                && let Err(DrawError::Params(errors)) =
                    synapse_core::target::sample(params, dt_ms, 0, 0)
            {
                let signal = &targets.signals[at];
                for error in errors {
                    let field = error.field();
                    let problem = match error {
                        ParamError::Signal { problem, .. } => problem,
                        error => error.to_string(),
                    };
                    let problem = Problem::Signal {
                        path: signal.path.clone(),
                        column: signal.column.clone(),
                        error: Box::new(SignalError::Unusable { field, problem }),
                    };
                    self.tell_signal(problem, place);
                }
            }
        }
    }

    /// Tells what is wrong with a signal where a person chose it most deliberately.
    fn tell_signal(&mut self, problem: Problem, place: &Places<'_>) {
        let field = match &problem {
            Problem::Signal { error, .. } => error.field(),
            _ => "target.path",
        };
        let (mut origin, mut rank) = place.of(field);
        for other in ["target.path", "target.column", "target.columns"] {
            let of_other = place.of(other);
            if of_other.1 > rank {
                (origin, rank) = of_other;
            }
        }
        if self.told.insert((origin, field)) {
            self.errors.push(SpecError::new(origin, problem));
        }
    }

    fn tell(&mut self, found: Vec<ParamError>, place: &Places<'_>) {
        for error in found {
            let (mut origin, rank) = place.of(error.field());
            let by_default = rank == Rank::Default;
            let limit = match &error {
                ParamError::NotWholeSteps { .. } => Some("network.dt_ms"),
                ParamError::Above { limit_field, .. } => Some(limit_path(limit_field)),
                _ => None,
            };
            // Told at whichever of the two a person chose more deliberately.
            if let Some(limit) = limit {
                let of_limit = place.of(limit);
                if of_limit.1 > rank {
                    origin = of_limit.0;
                }
            }
            if self.told.insert((origin, error.field())) {
                let problem = Problem::Parameters { error, by_default };
                self.errors.push(SpecError::new(origin, problem));
            }
        }
    }

    /// The hashes of a condition, one for each signal of its targets. `text` keeps what all conditions
    /// of the shape share.
    fn hashes(
        &self,
        point: &Point<'_>,
        text: &mut SharedText,
        targets: &Targets,
        dt_ms: f64,
    ) -> Vec<ConditionHash> {
        let shape = point.shape;
        let own = |at: usize, target: usize| {
            let path = &*shape.fields[at].path;
            let Some(signal) = targets.signals.get(target) else {
                let value = &shape.fields[at].value;
                let value = shape.axis_of[at].map_or(value, |axis| &point.values[axis]);
                return identity::line(path, value);
            };
            match path {
                "target.path" => targets::identity(signal, &targets.params[target], dt_ms),
                "target.sample_ms" => String::new(),
                path if READING.contains(&path) => String::new(),
                path => {
                    let value = &shape.fields[at].value;
                    let value = shape.axis_of[at].map_or(value, |axis| &point.values[axis]);
                    identity::line(path, value)
                }
            }
        };
        let text = text.get_or_insert_with(|| {
            let lines = shape.fields.iter().enumerate().map(|(at, field)| {
                // The samples depend on all that says how a file is read, the filter on the time step.
                let differs = shape.axis_of[at].is_some() || *field.path == *"target.path";
                (!differs).then(|| own(at, 0))
            });
            Canonical::new(self.numerics_version, self.seed, lines)
        });
        (0..targets.params.len())
            .map(|target| text.hash(|at| own(at, target)))
            .collect()
    }
}

/// How deliberately a value was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Default,
    Written,
    Swept,
}

/// Where the fields of a point were written.
struct Places<'a> {
    shape: &'a Shape,
    axes: &'a [Axis],
    at: &'a dyn Fn(usize) -> usize,
}

impl Places<'_> {
    fn of(&self, path: &str) -> (Origin, Rank) {
        let Some(at) = self.shape.position(path) else {
            return (Origin::File, Rank::Default);
        };
        let field = &self.shape.fields[at];
        let swept =
            self.shape.axis_of[at].and_then(|axis| self.axes[axis].values.get((self.at)(axis)));
        match swept {
            Some((_, origin)) => (*origin, Rank::Swept),
            None if field.written => (field.origin, Rank::Written),
            None => (field.origin, Rank::Default),
        }
    }
}

/// The path behind the words with which `ParamError::Above` names a limit.
fn limit_path(limit_field: &'static str) -> &'static str {
    match limit_field {
        "half of rule.drift.tau_ms" => "rule.drift.tau_ms",
        "the length of the signal in ms" => "target.path",
        path => path,
    }
}

fn node(value: &Scalar, origin: Origin) -> Node {
    let value = match value {
        Scalar::Integer(value) => Value::Integer(*value),
        Scalar::Float(value) => Value::Float(*value),
        Scalar::Bool(value) => Value::Bool(*value),
        Scalar::Text(text) => Value::Text(text.to_string()),
        Scalar::Texts(texts) => {
            let item = |text: &Arc<str>| Node {
                value: Value::Text(text.to_string()),
                origin,
            };
            Value::List(texts.iter().map(item).collect())
        }
    };
    Node { value, origin }
}

/// The next point, the last group fastest; returns the first group that changed.
fn advance(index: &mut [usize], lengths: &[usize]) -> usize {
    for group in (0..index.len()).rev() {
        index[group] += 1;
        if index[group] < lengths[group] {
            return group;
        }
        index[group] = 0;
    }
    0
}
