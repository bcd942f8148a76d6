//! `--set path=value`: fields of the base, or of every condition that has such a field, from the
//! command line. It works on the document, so that a set value is checked like a written one.

use super::document::{Entry, Node, Origin, Table, Value, parse_value};
use super::error::{Problem, SetProblem, SpecError};
use super::schema::{self, FieldKind, Goal, TableSchema, join, run_tables, tables};
use super::words::nearest;

/// Apply all `--set` texts in order.
pub fn apply(document: &mut Table, sets: &[String], errors: &mut Vec<SpecError>) {
    for (n, set) in sets.iter().enumerate() {
        let origin = Origin::Set(n as u32);
        if let Err(problem) = apply_one(document, set, origin) {
            errors.push(SpecError::new(origin, Problem::Set(problem)));
        }
    }
}

fn apply_one(document: &mut Table, set: &str, origin: Origin) -> Result<(), SetProblem> {
    let Some((path, text)) = set.split_once('=') else {
        return Err(SetProblem::NoEquals);
    };
    let (path, text) = (path.trim(), text.trim());
    if path.is_empty() {
        return Err(SetProblem::NoPath);
    }
    match find(path) {
        Some(Goal::Table(table)) => {
            let mut fields = table.paths(path);
            fields.retain(|field| !field.contains(".0."));
            Err(SetProblem::TablePath {
                path: path.to_owned(),
                fields,
            })
        }
        Some(goal) => {
            let value = value(goal, text, origin);
            if schema::find(path).is_some() {
                apply_to_runs(document, path, value)
            } else {
                document.set_path(path, origin, value);
                Ok(())
            }
        }
        None => Err(SetProblem::UnknownPath {
            path: path.to_owned(),
            nearest: {
                let mut known = tables::TOP.paths("");
                known.extend(tables::REPLICATES.paths("replicates"));
                known.extend(schema::all_paths());
                nearest(path, known.iter().map(String::as_str)).map(str::to_owned)
            },
        }),
    }
}

fn find(path: &str) -> Option<Goal> {
    if let Some(field) = path.strip_prefix("replicates.") {
        return tables::REPLICATES.find(field);
    }
    if path == "replicates" {
        return Some(Goal::Table(&tables::REPLICATES));
    }
    tables::TOP.find(path).or_else(|| schema::find(path))
}

/// The text as the field wants it: a text field takes any text as it stands, quoted or not.
fn value(goal: Goal, text: &str, origin: Origin) -> Node {
    let parsed = parse_value(text, origin);
    let wants_text = match goal {
        Goal::Tag(_) => true,
        Goal::Field(field) => matches!(
            field.kind,
            FieldKind::Text | FieldKind::Texts | FieldKind::Choice(_)
        ),
        Goal::Table(_) => false,
    };
    let wants_list = matches!(goal, Goal::Field(field) if matches!(field.kind, FieldKind::Texts));
    match parsed {
        Some(node) if wants_list && node.as_list().is_some() => node,
        Some(node) if !wants_text || node.as_text().is_some() => node,
        _ => Node {
            value: Value::Text(text.to_owned()),
            origin,
        },
    }
}

fn apply_to_runs(document: &mut Table, path: &str, value: Node) -> Result<(), SetProblem> {
    let Some((name, inner)) = path.split_once('.') else {
        return Ok(());
    };
    let Some((_, schema)) = run_tables().into_iter().find(|(table, _)| *table == name) else {
        return Ok(());
    };
    let origin = value.origin;
    let base = document.get(name).and_then(Node::as_table).cloned();
    let base_has = name != "rule" && has(schema, name, inner, &[base.as_ref()], None);
    let mut anywhere = false;
    let mut known = Vec::new();
    if let Some(Value::List(blocks)) = document.get_mut("condition").map(|node| &mut node.value) {
        for block in blocks {
            let Value::Table(block) = &mut block.value else {
                continue;
            };
            let sweep = block.get("sweep").and_then(Node::as_table).cloned();
            let own = block.get(name).and_then(Node::as_table).cloned();
            let tables = [own.as_ref(), base.as_ref()];
            for path in schema.paths("") {
                if has(schema, name, &path, &tables, sweep.as_ref()) {
                    known.push(join(name, &path));
                }
            }
            if !has(schema, name, inner, &tables, sweep.as_ref()) {
                continue;
            }
            anywhere = true;
            unsweep(block, path);
            let own_has_it = own.is_some_and(|own| reaches(&own, inner));
            if !base_has || own_has_it {
                block.set_path(path, origin, value.clone());
            }
        }
    }
    if !anywhere {
        known.sort_by_key(|path| schema::order(path));
        known.dedup();
        return Err(SetProblem::NoCondition {
            path: path.to_owned(),
            known,
        });
    }
    if base_has {
        document.set_path(path, origin, value);
    }
    Ok(())
}

/// Whether `path` below the table `prefix` is a field there. The variant is that of the sweep (any of
/// its values), else of the first of `tables` that says one; if none does, any.
fn has(
    schema: &'static TableSchema,
    prefix: &str,
    path: &str,
    tables: &[Option<&Table>],
    sweep: Option<&Table>,
) -> bool {
    let (first, rest) = match path.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    };
    let mut words: Vec<&str> = Vec::new();
    if let Some(variants) = &schema.variants {
        if variants.tag == first {
            return rest.is_none();
        }
        let axis = sweep.and_then(|sweep| sweep.get(&join(prefix, variants.tag)));
        let values = axis
            .and_then(Node::as_table)
            .and_then(|axis| axis.get("values")?.as_list());
        words.extend(values.unwrap_or_default().iter().filter_map(Node::as_text));
        if words.is_empty() {
            let written = tables
                .iter()
                .flatten()
                .find_map(|table| table.get(variants.tag)?.as_text());
            words.extend(written.or(variants.default));
        }
    }
    let fields = if words.is_empty() {
        schema.fields_of(None)
    } else {
        let of_words = words.iter().flat_map(|word| schema.fields_of(Some(word)));
        of_words.collect()
    };
    let Some(field) = fields.into_iter().find(|field| field.name == first) else {
        return false;
    };
    match (&field.kind, rest) {
        (FieldKind::Table(inner), Some(rest)) => {
            let tables: Vec<Option<&Table>> = tables
                .iter()
                .map(|table| (*table)?.get(first)?.as_table())
                .collect();
            has(inner, &join(prefix, first), rest, &tables, sweep)
        }
        (FieldKind::List(inner), Some(rest)) => {
            let Some((position, rest)) = rest.split_once('.') else {
                return false;
            };
            let there = position.parse::<usize>().is_ok_and(|position| {
                tables.iter().flatten().any(|table| {
                    let list = table.get(first).and_then(Node::as_list);
                    list.is_some_and(|list| position < list.len())
                })
            });
            there && inner.find(rest).is_some()
        }
        (_, rest) => rest.is_none(),
    }
}

/// Whether a dotted path is written in a table.
fn reaches(table: &Table, path: &str) -> bool {
    match path.split_once('.') {
        None => table.get(path).is_some(),
        Some((first, rest)) => match table.get(first).map(|node| &node.value) {
            Some(Value::Table(inner)) => reaches(inner, rest),
            Some(Value::List(_)) => true,
            _ => false,
        },
    }
}

/// Take an axis out of a block's sweep and its zip groups: a single value replaces it.
fn unsweep(block: &mut Table, path: &str) {
    if let Some(Value::Table(sweep)) = block.get_mut("sweep").map(|node| &mut node.value) {
        let before = sweep.entries.len();
        sweep.entries.retain(|axis| axis.key != path);
        if sweep.entries.len() == before {
            return;
        }
        let empty = sweep.entries.is_empty();
        if empty {
            block.entries.retain(|entry: &Entry| entry.key != "sweep");
        }
    }
    if let Some(Value::List(groups)) = block.get_mut("zip").map(|node| &mut node.value) {
        groups.retain_mut(|group| {
            let Value::List(paths) = &mut group.value else {
                return true;
            };
            let before = paths.len();
            paths.retain(|node| node.as_text() != Some(path));
            // What is left alone is an ordinary axis again.
            before == paths.len() || paths.len() > 1
        });
    }
}
