//! The validated study: what the rest of the program sees of a spec.

use super::condition::Condition;
use super::identity::{RunId, run_id};
use super::resolved::ResolvedSpec;
use super::scalar::Scalar;
use super::schema;
use super::signal::READING;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use synapse_report::expectation::Expectation;

/// How many networks and targets every condition sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replicates {
    /// Networks.
    pub networks: usize,
    /// Targets per network.
    pub targets: usize,
    /// Targets of network 0 whose trace is kept, per condition.
    pub traces: usize,
}

/// Which condition, network and target a run is of; all count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunKey {
    /// Position in [`Study::conditions`].
    pub condition: usize,
    /// Network replicate.
    pub network: usize,
    /// Target replicate.
    pub target: usize,
}

/// A valid study.
#[derive(Debug, Clone)]
pub struct Study {
    /// Its name, and that of its result folder.
    pub name: String,
    /// What it asks.
    pub question: String,
    /// Which outcome would be a surprise.
    pub surprise: Option<String>,
    /// From which all random numbers follow.
    pub seed: u64,
    /// Whether what runs have learned is kept, so that more trials go on from there.
    pub keep_state: bool,
    /// Replicates of every condition.
    pub replicates: Replicates,
    /// Conditions, in the order of blocks and axes.
    pub conditions: Vec<Condition>,
    /// What the study expects of its result.
    pub expectations: Vec<Expectation>,
    pub(super) columns: Vec<String>,
    pub(super) resolved: ResolvedSpec,
}

impl Study {
    /// The columns of parameters in result tables: `rule.kind`, every other `rule.*` field that any
    /// condition has, then every other path in which conditions differ; each group in schema order.
    pub fn parameter_columns(&self) -> &[String] {
        &self.columns
    }

    /// How many runs there are.
    pub fn runs(&self) -> usize {
        self.conditions.len() * self.replicates.networks * self.replicates.targets
    }

    /// The run at a position: by condition, then network, then target.
    ///
    /// # Panics
    ///
    /// If `index` is not below [`Study::runs`].
    pub fn run(&self, index: usize) -> RunKey {
        assert!(index < self.runs(), "run {index} of {}", self.runs());
        let Replicates {
            networks, targets, ..
        } = self.replicates;
        RunKey {
            condition: index / (networks * targets),
            network: index / targets % networks,
            target: index % targets,
        }
    }

    /// The identity of a run.
    ///
    /// # Panics
    ///
    /// If there is no such condition.
    pub fn run_id(&self, key: RunKey) -> RunId {
        run_id(
            self.conditions[key.condition].hash_of(key.target),
            key.network,
            key.target,
        )
    }

    /// The path of a signal that TOML, which is UTF-8, cannot hold as seen from `folder`.
    pub fn unwritable_path(&self, folder: &Path) -> Option<PathBuf> {
        self.resolved.unwritable_path(folder)
    }

    /// The identities of all runs, in order.
    pub fn run_ids(&self) -> impl Iterator<Item = RunId> {
        (0..self.runs()).map(|position| self.run_id(self.run(position)))
    }

    /// The resolved, complete spec as TOML, to be kept in `folder`: itself a valid spec that expands to
    /// the same runs. Paths of signals are written relative to `folder`.
    pub fn to_toml(&self, folder: &Path) -> String {
        self.resolved.to_toml(folder)
    }
}

/// See [`Study::parameter_columns`].
pub fn columns(conditions: &[Condition]) -> Vec<String> {
    struct Seen {
        first: Scalar,
        differs: bool,
        shapes: usize,
    }
    let mut seen: BTreeMap<Arc<str>, Seen> = BTreeMap::new();
    let mut see = |path: &Arc<str>, value: &Scalar, shapes: usize| match seen.get_mut(path) {
        Some(seen) => {
            seen.differs |= seen.first != *value;
            seen.shapes += shapes;
        }
        None => {
            let first = value.clone();
            seen.insert(
                path.clone(),
                Seen {
                    first,
                    differs: false,
                    shapes,
                },
            );
        }
    };
    let mut shapes = std::collections::BTreeSet::new();
    for condition in conditions {
        let shape = &condition.shape;
        let new = usize::from(shapes.insert(Arc::as_ptr(shape)));
        // Unswept fields are the same in all conditions of a shape: look at them once.
        for (field, axis) in shape.fields.iter().zip(&shape.axis_of) {
            match axis {
                Some(axis) => see(&field.path, &condition.values[*axis], new),
                None if new > 0 => see(&field.path, &field.value, new),
                None => {}
            }
        }
    }
    let all = shapes.len();
    let (mut rule, mut other) = (Vec::new(), Vec::new());
    for (path, seen) in seen {
        if path.starts_with("rule.") {
            rule.push(path.to_string());
        } else if path.starts_with("target.sha256") {
            // What is expected of the samples is no parameter.
        } else if seen.differs || (seen.shapes < all && !READING.contains(&&*path)) {
            other.push(path.to_string());
        }
    }
    rule.sort_by_key(|path| schema::order(path));
    other.sort_by_key(|path| schema::order(path));
    rule.append(&mut other);
    rule
}
