//! The recorded signals that a study reads: files outside the result folder.

use super::ExportError;
use super::files::sum;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use synapse_report::files::open;

/// An entity for each signal that `study.toml` names.
///
/// They stay where they are: their paths in the study are relative, and their licences their own. What
/// identifies them is their SHA-256, if they are still there.
pub(super) fn signals(results: &Path) -> Result<Vec<Value>, ExportError> {
    let path = results.join(synapse_report::study::FILE);
    let text = open::text(&path).map_err(ExportError::io("cannot read", &path))?;
    let table: toml::Table =
        text.parse()
            .map_err(|error: toml::de::Error| ExportError::Content {
                path,
                problem: error.message().trim().to_owned(),
            })?;
    let mut paths = BTreeSet::new();
    collect(&toml::Value::Table(table), false, &mut paths);
    Ok(paths
        .iter()
        .enumerate()
        .map(|(number, path)| entity(results, number + 1, path))
        .collect())
}

/// The texts under `target.path`: in the base, in conditions and as the values of an axis.
fn collect(value: &toml::Value, in_target: bool, paths: &mut BTreeSet<String>) {
    match value {
        toml::Value::Array(values) => {
            for value in values {
                collect(value, in_target, paths);
            }
        }
        toml::Value::Table(table) => {
            for (key, value) in table {
                match (key.as_str(), value) {
                    ("path", toml::Value::String(path)) if in_target => {
                        paths.insert(path.clone());
                    }
                    ("target.path", _) => texts(value, paths),
                    ("path", _) if in_target => texts(value, paths),
                    _ => collect(value, in_target || key == "target", paths),
                }
            }
        }
        _ => {}
    }
}

/// All texts of an axis.
fn texts(value: &toml::Value, into: &mut BTreeSet<String>) {
    match value {
        toml::Value::String(text) => {
            into.insert(text.clone());
        }
        toml::Value::Array(values) => values.iter().for_each(|value| texts(value, into)),
        toml::Value::Table(table) => table.values().for_each(|value| texts(value, into)),
        _ => {}
    }
}

fn entity(results: &Path, number: usize, path: &str) -> Value {
    let mut entity = json!({
        "@id": format!("#signal-{number}"),
        "@type": "CreativeWork",
        "name": path,
        "description": "A recorded signal that the study reads. It is not part of this crate; the path is relative to study.toml, size and sum are those at the export.",
    });
    if let Ok((bytes, sha256)) = sum(&results.join(path)) {
        entity["contentSize"] = json!(bytes.to_string());
        entity["sha256"] = json!(sha256);
    }
    entity
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_signals_wherever_a_study_may_name_them() {
        let text = r#"
            [target]
            kind = "file"
            path = "base.csv"
            [[condition]]
            target = { path = "own.csv", column = "v" }
            [[condition]]
            sweep = { "target.path" = { values = ["a.csv", "b.csv"] } }
            [[condition]]
            [condition.sweep]
            target.path = { values = ["c.csv", "a.csv"] }
            [elsewhere]
            path = "no"
        "#;
        let mut paths = BTreeSet::new();
        collect(
            &toml::Value::Table(text.parse().unwrap()),
            false,
            &mut paths,
        );
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        assert_eq!(paths, ["a.csv", "b.csv", "base.csv", "c.csv", "own.csv"]);
    }
}
