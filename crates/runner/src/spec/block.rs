//! A `[[condition]]` block: the tables it overrides, its axes, and the groups in which they advance.

use super::axis::{Axis, WrittenAxis};
use super::document::{Node, Origin, Table};
use super::error::{AxisProblem, Problem, SpecError};
use super::load::list_of;
use super::resolve::wrong_type;
use super::schema::run_tables;

/// The most runs that a study may have: beyond this a typing error is likelier than an intent, and
/// result tables stop fitting tools.
pub const MAX_RUNS: u64 = if cfg!(fuzzing) {
    // A large study takes long by rights: that would hide what takes long without.
    10_000
} else {
    10_000_000
};

/// A block as written.
#[derive(Debug, Clone)]
pub struct Block {
    /// Where it begins.
    pub origin: Origin,
    /// Its own fields of network, target, training and rule, in that order.
    pub tables: [Option<(Table, Origin)>; 4],
    /// Its axes as written.
    pub axes: Vec<WrittenAxis>,
    /// Positions of axes that advance together, in the order in which groups are crossed.
    pub groups: Vec<Vec<usize>>,
    /// Swept paths that are wrong and have been told.
    pub excused: Vec<String>,
}

impl Block {
    /// Read all blocks `[[condition]]`, of which there must be one at least.
    pub fn read_all(document: &Table, errors: &mut Vec<SpecError>) -> Vec<Self> {
        const WANTED: &str = "at least one [[condition]] block with a rule";
        let node = document.get("condition");
        let problem = match node {
            None => Some(Problem::Missing {
                path: "condition".to_owned(),
                wanted: WANTED.to_owned(),
            }),
            Some(node) if node.as_list().is_some_and(<[Node]>::is_empty) => {
                Some(Problem::OutOfRange {
                    path: "condition".to_owned(),
                    value: "[]".to_owned(),
                    wanted: WANTED.to_owned(),
                })
            }
            Some(_) => None,
        };
        let origin = node.map_or(Origin::File, |node| node.origin);
        errors.extend(problem.map(|problem| SpecError::new(origin, problem)));
        list_of(node, "condition", errors)
            .iter()
            .map(|node| Self::read(node, errors))
            .collect()
    }

    /// Read a block; what is wrong goes to `errors`, what can be used is kept.
    pub fn read(node: &Node, errors: &mut Vec<SpecError>) -> Self {
        let mut block = Self {
            origin: node.origin,
            tables: [None, None, None, None],
            axes: Vec::new(),
            groups: Vec::new(),
            excused: Vec::new(),
        };
        let Some(table) = node.as_table() else {
            errors.push(SpecError::new(
                node.origin,
                wrong_type("condition", node, "a table"),
            ));
            return block;
        };
        let known = ["rule", "network", "target", "training", "sweep", "zip"];
        for entry in &table.entries {
            if !known.contains(&entry.key.as_str()) {
                errors.push(SpecError::new(
                    entry.key_origin,
                    Problem::UnknownField {
                        path: format!("condition.{}", entry.key),
                        known: known.map(str::to_owned).to_vec(),
                        variant: None,
                        elsewhere: Vec::new(),
                    },
                ));
            }
        }
        for (slot, (name, _)) in block.tables.iter_mut().zip(run_tables()) {
            let Some(node) = table.get(name) else {
                continue;
            };
            match node.as_table() {
                Some(inner) => *slot = Some((inner.clone(), node.origin)),
                None => {
                    block.excused.push(name.to_owned());
                    errors.push(SpecError::new(
                        node.origin,
                        wrong_type(name, node, "a table"),
                    ));
                }
            }
        }
        if let Some(sweep) = table.entry("sweep") {
            block.read_sweep(&sweep.node, errors);
        }
        let zip = table.get("zip");
        block.read_zip(zip, table.get("sweep"), errors);
        block
    }

    fn read_sweep(&mut self, node: &Node, errors: &mut Vec<SpecError>) {
        let Some(sweep) = node.as_table() else {
            let wanted =
                "a table of quoted paths, such as { \"rule.eta0\" = { values = [1e-4, 1e-3] } }";
            errors.push(SpecError::new(
                node.origin,
                wrong_type("sweep", node, wanted),
            ));
            return;
        };
        if sweep.entries.is_empty() {
            let problem = Problem::Axis(AxisProblem::EmptySweep);
            errors.push(SpecError::new(node.origin, problem));
        }
        for entry in &sweep.entries {
            match WrittenAxis::read(entry, errors) {
                Some(axis) => self.axes.push(axis),
                None => self.excused.push(entry.key.clone()),
            }
        }
    }

    fn read_zip(&mut self, zip: Option<&Node>, sweep: Option<&Node>, errors: &mut Vec<SpecError>) {
        let mut group_of: Vec<Option<usize>> = vec![None; self.axes.len()];
        let lists = match zip.map(|node| (node, node.as_list())) {
            None => &[][..],
            Some((_, Some(lists))) => lists,
            Some((node, None)) => {
                errors.push(SpecError::new(node.origin, wrong_type("zip", node, ZIP)));
                &[][..]
            }
        };
        for (n, list) in lists.iter().enumerate() {
            let Some(paths) = list.as_list() else {
                errors.push(SpecError::new(list.origin, wrong_type("zip", list, ZIP)));
                continue;
            };
            if paths.len() < 2 {
                let problem = Problem::Axis(AxisProblem::ZipOfOne);
                errors.push(SpecError::new(list.origin, problem));
            }
            for node in paths {
                let Some(path) = node.as_text() else {
                    errors.push(SpecError::new(
                        node.origin,
                        wrong_type("zip", node, "a text"),
                    ));
                    continue;
                };
                let problem = match self.axes.iter().position(|axis| axis.path == path) {
                    Some(at) if group_of[at].is_none() => {
                        group_of[at] = Some(n);
                        continue;
                    }
                    Some(_) => AxisProblem::ZipTwice { path: path.into() },
                    // A swept path that is wrong has been told at the sweep.
                    None if self.excused.iter().any(|excused| excused == path) => continue,
                    None => AxisProblem::ZipUnswept {
                        path: path.into(),
                        swept: swept_paths(sweep),
                    },
                };
                errors.push(SpecError::new(node.origin, Problem::Axis(problem)));
            }
            self.check_lengths(&group_of, n, list.origin, errors);
        }
        for (at, group) in group_of.iter().enumerate() {
            let members = match group {
                None => vec![at],
                // The group takes the place of its first member.
                Some(n) if group_of[..at].contains(&Some(*n)) => continue,
                Some(n) => (at..group_of.len())
                    .filter(|&i| group_of[i] == Some(*n))
                    .collect(),
            };
            self.groups.push(members);
        }
    }

    fn check_lengths(
        &self,
        group_of: &[Option<usize>],
        n: usize,
        origin: Origin,
        errors: &mut Vec<SpecError>,
    ) {
        let lengths: Vec<(String, u64)> = self
            .axes
            .iter()
            .zip(group_of)
            .filter(|(_, group)| **group == Some(n))
            .map(|(axis, _)| (axis.path.clone(), axis.count()))
            .collect();
        if lengths.windows(2).any(|pair| pair[0].1 != pair[1].1) {
            let problem = Problem::Axis(AxisProblem::ZipLengths { lengths });
            errors.push(SpecError::new(origin, problem));
        }
    }

    /// How many conditions it stands for.
    pub fn conditions(&self) -> u128 {
        self.groups
            .iter()
            .map(|group| self.group_len(group))
            .fold(1, |product, n| product.saturating_mul(u128::from(n)))
    }

    fn group_len(&self, group: &[usize]) -> u64 {
        let lengths = group.iter().map(|&at| self.axes[at].count());
        lengths.min().unwrap_or(1)
    }

    /// The product of its axes in words: `7 (rule.eta0) × 3 (network.gain)`.
    pub fn product(&self) -> String {
        let factors: Vec<String> = self
            .groups
            .iter()
            .map(|group| {
                let paths: Vec<&str> = group.iter().map(|&at| &*self.axes[at].path).collect();
                format!("{} ({})", self.group_len(group), paths.join(" with "))
            })
            .collect();
        if factors.is_empty() {
            "1".to_owned()
        } else {
            factors.join(" × ")
        }
    }

    /// Shorten every axis: of far too many values only the first are looked at.
    pub fn shorten(&mut self) {
        self.axes.iter_mut().for_each(WrittenAxis::shorten);
    }

    /// The values of all axes. An axis without a valid value is excused from then on.
    pub fn axes(&mut self, errors: &mut Vec<SpecError>) -> Vec<Axis> {
        let mut axes: Vec<Axis> = self.axes.iter().map(|axis| axis.values(errors)).collect();
        for group in &self.groups {
            // Axes that advance together may repeat a value, beside another one of their partner.
            if let [alone] = group[..] {
                axes[alone].drop_repeated(errors);
            }
        }
        let empty = axes.iter().filter(|axis| axis.values.is_empty());
        self.excused.extend(empty.map(|axis| axis.path.clone()));
        axes
    }
}

const ZIP: &str =
    "a list of groups of swept paths, such as [[\"rule.eta0\", \"target.length_ms\"]]";

fn swept_paths(sweep: Option<&Node>) -> Vec<String> {
    let table = sweep.and_then(Node::as_table);
    table
        .into_iter()
        .flat_map(|table| &table.entries)
        .map(|entry| entry.key.clone())
        .collect()
}

/// The error of too many runs, if there are: told where the largest block begins.
pub fn too_many_runs(blocks: &[Block], networks: u64, targets: u64) -> Option<SpecError> {
    let conditions = blocks
        .iter()
        .fold(0u128, |sum, block| sum.saturating_add(block.conditions()));
    let total = conditions
        .saturating_mul(networks.into())
        .saturating_mul(targets.into());
    if total <= u128::from(MAX_RUNS) {
        return None;
    }
    let of_blocks: Vec<String> = blocks.iter().map(Block::product).collect();
    let product = match &of_blocks[..] {
        [one] => one.clone(),
        several => format!("({})", several.join(" + ")),
    };
    let product = format!("{product} × {networks} networks × {targets} targets = {total}");
    let largest = blocks.iter().max_by_key(|block| block.conditions())?;
    Some(SpecError::new(
        largest.origin,
        Problem::TooManyRuns {
            product,
            limit: MAX_RUNS,
        },
    ))
}
