//! `[replicates]`: how many networks and targets, and whether there are that many signals.

use super::condition::Condition;
use super::document::{Node, Origin, Table};
use super::error::{Problem, SpecError};
use super::load::{flat, table_at};
use super::resolve::wanted as wanted_of;
use super::scalar::Scalar;
use super::schema::{Goal, tables};
use super::study::Replicates;

/// The replicates as written.
pub struct Written {
    /// Networks.
    pub networks: usize,
    /// Targets; `None`: as many as there are signals.
    pub targets: Option<usize>,
    /// Traces.
    pub traces: usize,
}

/// Reads the table.
pub fn read(document: &Table, errors: &mut Vec<SpecError>) -> Option<Written> {
    let (table, origin) =
        table_at(document, "replicates", errors).unwrap_or((Table::default(), Origin::File));
    let fields = flat(
        &tables::REPLICATES,
        "replicates",
        &table,
        origin,
        true,
        errors,
    );
    let find = |path: &str| fields.iter().find(|field| &*field.path == path);
    let whole = |path: &str| match find(path)?.value {
        Scalar::Integer(value) => usize::try_from(value).ok(),
        _ => None,
    };
    let targets = whole("replicates.targets");
    // Written wrongly is told already.
    if targets.is_none() && table.get("targets").is_none() && !names_files(document) {
        let wanted = tables::REPLICATES.find("targets");
        let wanted = match wanted {
            Some(Goal::Field(field)) => wanted_of(&field.kind),
            _ => String::new(),
        };
        let path = "replicates.targets".to_owned();
        errors.push(SpecError::new(origin, Problem::Missing { path, wanted }));
        return None;
    }
    if targets.is_none() && table.get("targets").is_some() {
        return None;
    }
    Some(Written {
        networks: whole("replicates.networks")?,
        targets,
        traces: whole("replicates.traces")?,
    })
}

/// Whether the base or a condition has a target of a file, whose signals can be counted.
fn names_files(document: &Table) -> bool {
    let of = |table: &Table| {
        let kind = table.get("target").and_then(Node::as_table)?.get("kind")?;
        kind.as_text().map(|word| word == "file")
    };
    let blocks = document.get("condition").and_then(Node::as_list);
    let mut tables = blocks.into_iter().flatten().filter_map(Node::as_table);
    of(document) == Some(true) || tables.any(|table| of(table) == Some(true))
}

fn check_traces(replicates: &Replicates, document: &Table, errors: &mut Vec<SpecError>) {
    let (traces, targets) = (replicates.traces as u64, replicates.targets as u64);
    if traces > targets {
        let origin = origin_in_replicates(document, "traces");
        let problem = Problem::TooManyTraces { traces, targets };
        errors.push(SpecError::new(origin, problem));
    }
}

/// Where a field of `[replicates]` is written.
fn origin_in_replicates(document: &Table, field: &str) -> Origin {
    let node = document.get("replicates");
    let written = node
        .and_then(Node::as_table)
        .and_then(|table| table.get(field));
    written.or(node).map_or(Origin::File, |node| node.origin)
}

/// For each block, the SHA-256 of every signal that its conditions read, in order of appearance.
pub fn sums(conditions: &[Condition], blocks: usize) -> Vec<Vec<String>> {
    let mut sums: Vec<Vec<String>> = vec![Vec::new(); blocks];
    for condition in conditions {
        let of_block = &mut sums[condition.block];
        let several = condition.signals().len() > 1;
        let same = |known: &[String]| {
            let own = condition.signals().iter().map(|signal| &signal.content);
            known.iter().eq(own)
        };
        // Signals of several targets stand in their order, twice the same one included.
        if several && of_block.is_empty() {
            of_block.extend(
                condition
                    .signals()
                    .iter()
                    .map(|signal| signal.content.clone()),
            );
        } else if !same(of_block) {
            for signal in condition.signals() {
                if !of_block.contains(&signal.content) {
                    of_block.push(signal.content.clone());
                }
            }
        }
    }
    sums
}

/// The replicates, once the signals can be counted.
pub fn complete(
    written: Option<Written>,
    conditions: &[Condition],
    document: &Table,
    errors: &mut Vec<SpecError>,
) -> Option<Replicates> {
    let signals = conditions.iter().map(|condition| condition.signals().len());
    let signals = signals.max().unwrap_or(1).max(1);
    let replicates = written.map(|written| Replicates {
        networks: written.networks,
        targets: written.targets.unwrap_or(signals),
        traces: written.traces,
    })?;
    one_signal(conditions, document, replicates.targets as u64, errors);
    check_traces(&replicates, document, errors);
    Some(replicates)
}

/// Several target replicates of a target that never differs would be copies, not evidence.
fn one_signal(
    conditions: &[Condition],
    document: &Table,
    targets: u64,
    errors: &mut Vec<SpecError>,
) {
    let fixed = conditions.iter().find(|condition| {
        !condition.target.is_random() && condition.signals().len().max(1) as u64 != targets
    });
    let Some(fixed) = fixed else {
        return;
    };
    let origin = origin_in_replicates(document, "targets");
    if fixed.signals().len() > 1 {
        let signals = fixed.signals().len() as u64;
        let problem = Problem::OtherSignals { signals, targets };
        errors.push(SpecError::new(origin, problem));
        return;
    }
    let kind = match fixed.cell("target.kind").and_then(Scalar::as_text) {
        Some("sines") => "sines",
        _ => "file",
    };
    errors.push(SpecError::new(origin, Problem::OneSignal { kind, targets }));
}
