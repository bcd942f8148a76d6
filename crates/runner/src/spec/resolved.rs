//! The resolved study: the document with every default written out, as TOML that is itself a spec.

use super::document::{Entry, Node, Origin, Table, Value, bare_or_quoted};
use super::schema::{self, Field, FieldKind, Goal, Presence, TableSchema, run_tables, tables};
use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::path::{Component, Path, PathBuf};

/// A valid document and the folder that its paths are relative to.
#[derive(Debug, Clone)]
pub struct ResolvedSpec {
    document: Table,
    folder: PathBuf,
}

impl ResolvedSpec {
    /// Complete a valid document; its paths are relative to `folder`. `targets`: the replicates of targets;
    /// `sums`: for each condition block the SHA-256 of its signals.
    pub fn new(document: &Table, folder: &Path, targets: usize, sums: &[Vec<String>]) -> Self {
        let mut complete = Table::default();
        let base = run_tables().into_iter().filter(|(name, _)| *name != "rule");
        let base = base.chain([("replicates", &tables::REPLICATES)]);
        for field in tables::TOP.fields {
            if let Some(node) = document.get(field.name) {
                put(&mut complete, field.name, node.clone());
            }
        }
        for (name, schema) in base {
            let empty = Table::default();
            let written = document.get(name).and_then(Node::as_table);
            if let Some(table) = completed(schema, written.unwrap_or(&empty)) {
                put(&mut complete, name, Node::table(table, Origin::File));
            } else if let Some(table) = written {
                put(
                    &mut complete,
                    name,
                    Node::table(table.clone(), Origin::File),
                );
            }
        }
        for name in ["condition", "expect"] {
            let Some(items) = document.get(name).and_then(Node::as_list) else {
                continue;
            };
            let items = items.iter().map(|item| match (name, item.as_table()) {
                ("condition", Some(table)) => Node::table(condition(table), Origin::File),
                _ => item.clone(),
            });
            let list = Node {
                value: Value::List(items.collect()),
                origin: Origin::File,
            };
            put(&mut complete, name, list);
        }
        put_targets(&mut complete, targets);
        put_sums(&mut complete, sums);
        Self {
            document: complete,
            folder: folder.to_owned(),
        }
    }

    /// The path of a signal that is not UTF-8 as seen from `folder`.
    pub fn unwritable_path(&self, folder: &Path) -> Option<PathBuf> {
        let mut unwritable = None;
        for_each_path(&mut self.document.clone(), &mut |path| {
            let seen = relative(&self.folder.join(&*path), folder);
            if seen.to_str().is_none() {
                unwritable.get_or_insert(seen);
            }
        });
        unwritable
    }

    /// As TOML, to be kept in `folder`.
    pub fn to_toml(&self, folder: &Path) -> String {
        let mut document = self.document.clone();
        for_each_path(&mut document, &mut |path| {
            let seen = relative(&self.folder.join(&*path), folder);
            *path = seen.to_string_lossy().into_owned();
        });
        let mut text = String::new();
        let (mut tables, mut lists) = (Vec::new(), Vec::new());
        for entry in &document.entries {
            match &entry.node.value {
                Value::Table(table) => tables.push((&entry.key, table)),
                Value::List(list) => lists.push((&entry.key, list)),
                _ => line(&mut text, entry),
            }
        }
        for (name, table) in tables {
            section(&mut text, &format!("[{name}]"), table);
        }
        for (name, list) in lists {
            for table in list.iter().filter_map(Node::as_table) {
                section(&mut text, &format!("[[{name}]]"), table);
            }
        }
        text
    }
}

fn line(text: &mut String, entry: &Entry) {
    let written = writeln!(
        text,
        "{} = {}",
        bare_or_quoted(&entry.key),
        entry.node.value
    );
    debug_assert!(written.is_ok(), "writing into memory does not fail");
}

fn section(text: &mut String, header: &str, table: &Table) {
    text.push('\n');
    text.push_str(header);
    text.push('\n');
    for entry in &table.entries {
        line(text, entry);
    }
}

fn put(table: &mut Table, key: &str, node: Node) {
    table.insert(Entry {
        key: key.to_owned(),
        key_origin: Origin::File,
        node,
    });
}

/// Writes how many targets there are, which a spec of signals may leave out.
fn put_targets(document: &mut Table, targets: usize) {
    if let Some(Value::Table(replicates)) =
        document.get_mut("replicates").map(|node| &mut node.value)
        && replicates.get("targets").is_none()
    {
        let value = Value::Integer(targets as i64);
        let origin = Origin::File;
        // After the networks, as the schema has it.
        let at = replicates.entries.len().min(1);
        let entry = Entry {
            key: "targets".to_owned(),
            key_origin: origin,
            node: Node { value, origin },
        };
        replicates.entries.insert(at, entry);
    }
}

/// Writes the SHA-256 of signals: once, if all blocks have the same ones, else into each block's own
/// target.
fn put_sums(document: &mut Table, sums: &[Vec<String>]) {
    let node = |sums: &[String]| {
        let origin = Origin::File;
        let text = |sum: &String| Node {
            value: Value::Text(sum.clone()),
            origin,
        };
        match sums {
            [one] => text(one),
            several => Node {
                value: Value::List(several.iter().map(text).collect()),
                origin,
            },
        }
    };
    let is_file = |table: &Table| {
        let kind = table.get("kind").and_then(Node::as_text);
        kind == Some("file")
    };
    let Some(first) = sums.first() else {
        return;
    };
    let same = sums.iter().all(|sums| sums == first);
    if let Some(Value::Table(target)) = document.get_mut("target").map(|node| &mut node.value)
        && is_file(target)
    {
        target.entries.retain(|entry| entry.key != "sha256");
        if same && !first.is_empty() {
            put(target, "sha256", node(first));
            return;
        }
    }
    let Some(Value::List(blocks)) = document.get_mut("condition").map(|node| &mut node.value)
    else {
        return;
    };
    for (block, sums) in blocks.iter_mut().zip(sums) {
        let Value::Table(block) = &mut block.value else {
            continue;
        };
        // Where a sweep chooses the kind, a sum would be an unknown field of the other kinds.
        let sweep = block.get("sweep").and_then(Node::as_table);
        if sums.is_empty() || sweep.is_some_and(|sweep| sweep.get("target.kind").is_some()) {
            continue;
        }
        if block.get("target").is_none() {
            put(block, "target", Node::table(Table::default(), Origin::File));
        }
        if let Some(Value::Table(target)) = block.get_mut("target").map(|node| &mut node.value) {
            put(target, "sha256", node(sums));
        }
    }
}

/// A block with its rule completed. Where a sweep chooses a variant of the rule, defaults are left to
/// the points: those of one variant would be unknown fields in another.
fn condition(block: &Table) -> Table {
    let mut block = block.clone();
    let sweep = block.get("sweep").and_then(Node::as_table);
    let tag_swept = sweep.is_some_and(|sweep| {
        sweep.entries.iter().any(|axis| {
            axis.key.starts_with("rule.") && matches!(schema::find(&axis.key), Some(Goal::Tag(_)))
        })
    });
    if let Some(rule) = block.get_mut("rule")
        && let (false, Some(table)) = (tag_swept, rule.as_table())
        && let Some(table) = completed(&tables::RULE, table)
    {
        rule.value = Value::Table(table);
    }
    block
}

/// A table with its defaults, in the order of the schema; `None` if its variant is not known.
fn completed(schema: &'static TableSchema, written: &Table) -> Option<Table> {
    let mut table = Table::default();
    let mut word = None;
    if let Some(variants) = &schema.variants {
        let chosen = match written.get(variants.tag) {
            Some(node) => node.as_text()?,
            None => variants.default?,
        };
        word = Some(variants.case(chosen)?.word);
        let value = Value::Text(chosen.to_owned());
        let origin = Origin::File;
        put(&mut table, variants.tag, Node { value, origin });
    }
    for field in schema.fields_of(word) {
        if let Some(node) = completed_field(field, written.get(field.name)) {
            put(&mut table, field.name, node);
        }
    }
    Some(table)
}

fn completed_field(field: &'static Field, written: Option<&Node>) -> Option<Node> {
    let inner = |schema: &'static TableSchema, node: &Node| {
        let table = node.as_table().and_then(|table| completed(schema, table));
        table.map_or_else(|| node.clone(), |table| Node::table(table, Origin::File))
    };
    match (&field.kind, written, &field.presence) {
        (FieldKind::Table(schema), Some(node), _) => Some(inner(schema, node)),
        (FieldKind::Table(schema), None, Presence::Defaults) => {
            completed(schema, &Table::default()).map(|table| Node::table(table, Origin::File))
        }
        (FieldKind::List(schema), Some(node), _) => {
            let mut node = node.clone();
            if let Value::List(items) = &mut node.value {
                for item in items {
                    *item = inner(schema, item);
                }
            }
            Some(node)
        }
        (_, Some(node), _) => Some(node.clone()),
        (_, None, Presence::Default(default)) => {
            super::document::parse_value(&default().to_toml(), Origin::File)
        }
        (_, None, _) => None,
    }
}

/// Visit every path of a signal: in the base, in overrides and in sweeps.
fn for_each_path(document: &mut Table, visit: &mut dyn FnMut(&mut String)) {
    let mut in_target = |table: &mut Table| {
        if let Some(Value::Table(target)) = table.get_mut("target").map(|node| &mut node.value)
            && let Some(path) = target.get_mut("path")
        {
            each_text(path, visit);
        }
    };
    in_target(document);
    let Some(Value::List(blocks)) = document.get_mut("condition").map(|node| &mut node.value)
    else {
        return;
    };
    for block in blocks {
        let Value::Table(block) = &mut block.value else {
            continue;
        };
        in_target(block);
    }
    let Some(Value::List(blocks)) = document.get_mut("condition").map(|node| &mut node.value)
    else {
        return;
    };
    for block in blocks {
        if let Value::Table(block) = &mut block.value
            && let Some(Value::Table(sweep)) = block.get_mut("sweep").map(|node| &mut node.value)
            && let Some(Value::Table(axis)) =
                sweep.get_mut("target.path").map(|node| &mut node.value)
            && let Some(values) = axis.get_mut("values")
        {
            each_text(values, visit);
        }
    }
}

/// Visit a text, or those of a list, at any depth.
fn each_text(node: &mut Node, visit: &mut dyn FnMut(&mut String)) {
    match &mut node.value {
        Value::Text(text) => visit(text),
        Value::List(items) => items.iter_mut().for_each(|item| each_text(item, visit)),
        _ => {}
    }
}

/// `file` as seen from `folder`, with forward slashes; absolute if they share no root.
fn relative(file: &Path, folder: &Path) -> PathBuf {
    // A link that the file itself is stays as it is.
    let real_file = match (file.parent(), file.file_name()) {
        (Some(parent), Some(name)) => real(parent).join(name),
        _ => file.to_owned(),
    };
    let (Some(file), Some(folder)) = (plain(&real_file), plain(&real(folder))) else {
        return file.to_owned();
    };
    let shared = file.iter().zip(&folder).take_while(|(a, b)| a == b).count();
    if shared == 0 {
        return file.join(OsStr::new("/")).into();
    }
    let up = std::iter::repeat_n(OsStr::new(".."), folder.len() - shared);
    let down = file[shared..].iter().map(OsString::as_os_str);
    up.chain(down)
        .collect::<Vec<_>>()
        .join(OsStr::new("/"))
        .into()
}

/// The path without symbolic links, as far as it exists: `..` leads up from where a link points to.
/// Result folders are often links to another disk.
fn real(path: &Path) -> PathBuf {
    let Ok(path) = std::path::absolute(path) else {
        return path.to_owned();
    };
    let real = path.ancestors().find_map(|ancestor| {
        let rest = path.strip_prefix(ancestor).ok()?;
        Some(ancestor.canonicalize().ok()?.join(rest))
    });
    real.unwrap_or(path)
}

/// The components of an absolute path without `.` and `..`.
fn plain(path: &Path) -> Option<Vec<OsString>> {
    let path = std::path::absolute(path).ok()?;
    let mut parts = Vec::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop();
            }
            Component::RootDir => parts.push(OsString::new()),
            Component::Prefix(_) | Component::Normal(_) => {
                parts.push(component.as_os_str().to_owned());
            }
        }
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_result_folder() {
        let seen = |file: &str, folder: &str| {
            relative(Path::new(file), Path::new(folder))
                .display()
                .to_string()
        };
        assert_eq!(
            seen("experiments/data/ecg.csv", "results/ecg"),
            "../../experiments/data/ecg.csv"
        );
        assert_eq!(seen("a/../data/x.csv", "data"), "x.csv");
        assert_eq!(seen("/tmp/x.csv", "/tmp/deep/er"), "../../x.csv");
    }

    #[test]
    #[cfg(unix)]
    fn a_linked_result_folder_leads_back_to_the_signal() {
        use std::fs;
        use std::os::unix::fs::symlink;
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        fs::create_dir_all(path("home/data")).unwrap();
        fs::create_dir_all(path("disk/deep/er")).unwrap();
        fs::write(path("home/data/x.csv"), "").unwrap();
        symlink(path("disk/deep/er"), path("home/results")).unwrap();
        // There already or not.
        for folder in ["home/results", "home/results/study"] {
            let back = relative(&path("home/data/x.csv"), &path(folder));
            fs::create_dir_all(path(folder)).unwrap();
            let found = path(folder).join(&back);
            assert!(found.exists(), "{}", back.display());
            // From there it is the same.
            assert_eq!(relative(&found, &path(folder)), back);
        }
    }
}
