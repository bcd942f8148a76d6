//! What `manifest.json` says: the program as the instrument, its process as the action.

use super::{ExportError, licence};
use serde_json::{Value, json};
use std::path::Path;

/// The identifier of the action.
pub(super) const ACTION: &str = "#process";
const TOOL: &str = "#tool";
const FILE: &str = "manifest.json";

/// A manifest, whose fields beyond the necessary may be missing: old folders can be exported, too.
#[derive(Debug)]
pub(super) struct Provenance {
    manifest: Value,
    /// When the process ended, as the manifest has it.
    pub(super) finished: String,
    started: String,
    tool: String,
    version: String,
    /// The spec as it was given on the command line.
    pub(super) spec: Option<String>,
}

impl Provenance {
    /// Reads the manifest of a result folder.
    pub(super) fn read(results: &Path) -> Result<Self, ExportError> {
        let path = results.join(FILE);
        let content = |problem: String| ExportError::Content {
            path: path.clone(),
            problem,
        };
        let bytes = std::fs::read(&path).map_err(ExportError::io("cannot read", &path))?;
        let manifest: Value =
            serde_json::from_slice(&bytes).map_err(|error| content(error.to_string()))?;
        let text = |pointer: &str| {
            let value = manifest.pointer(pointer).and_then(Value::as_str);
            value.map(str::to_owned)
        };
        let needed = |pointer: &str| {
            let key = pointer.trim_start_matches('/').replace('/', ".");
            text(pointer).ok_or_else(|| content(format!("{key}: must be a text, but is missing")))
        };
        Ok(Self {
            finished: needed("/finished")?,
            started: needed("/started")?,
            tool: needed("/tool/name")?,
            version: needed("/tool/version")?,
            spec: text("/study/spec"),
            manifest,
        })
    }

    /// Whether this program, of whatever version, wrote the results.
    fn is_this_program(&self) -> bool {
        self.tool == env!("CARGO_PKG_NAME")
    }

    /// The program's licences.
    pub(super) fn licences(&self) -> Vec<Value> {
        match self.is_this_program() {
            true => licence::entities(&licence::alternatives(env!("CARGO_PKG_LICENSE"))),
            false => Vec::new(),
        }
    }

    /// Program, action and their properties.
    pub(super) fn entities(
        &self,
        study: &str,
        inputs: Vec<Value>,
        outputs: Vec<Value>,
    ) -> Vec<Value> {
        let url = [env!("CARGO_PKG_HOMEPAGE"), env!("CARGO_PKG_REPOSITORY")]
            .into_iter()
            .find(|url| self.is_this_program() && !url.is_empty());
        let mut tool = json!({
            "@id": url.unwrap_or(TOOL),
            "@type": "SoftwareApplication",
            "name": self.tool,
            "softwareVersion": self.version,
        });
        if let Some(url) = url {
            tool["url"] = json!(url);
        }
        let licences = self.licences();
        if !licences.is_empty() {
            tool["license"] = super::references(&licences);
        }
        let of_tool = self.properties("tool", &["name", "version"]);
        tool["additionalProperty"] = super::references(&of_tool);

        let mut of_action = self.properties("host", &[]);
        of_action.extend(self.property("threads"));
        of_action.extend(self.property("wall_s"));
        of_action.extend(self.properties("study", &["name", "spec"]));
        of_action.extend(self.properties("counts", &[]));
        let action = json!({
            "@id": ACTION,
            "@type": "CreateAction",
            "name": format!("Run of the study {study}"),
            "description": self.command(),
            "instrument": super::reference(&tool),
            "object": super::list(inputs),
            "result": super::list(outputs),
            "startTime": with_offset(&self.started),
            "endTime": with_offset(&self.finished),
            "actionStatus": "http://schema.org/CompletedActionStatus",
            "additionalProperty": super::references(&of_action),
        });
        let mut entities = vec![action, tool];
        entities.extend(of_tool);
        entities.extend(of_action);
        entities
    }

    /// The command line.
    fn command(&self) -> String {
        let words = self.manifest["command"].as_array();
        let quoted = |word: &Value| {
            let word = word.as_str().unwrap_or_default();
            match word.is_empty() || word.contains(|c: char| c.is_whitespace() || c == '\'') {
                true => format!("'{}'", word.replace('\'', r"'\''")),
                false => word.to_owned(),
            }
        };
        match words {
            Some(words) => words.iter().map(quoted).collect::<Vec<_>>().join(" "),
            None => format!("{} {}", self.tool, self.version),
        }
    }

    /// The fields of a table of the manifest, under their dotted names.
    fn properties(&self, table: &str, without: &[&str]) -> Vec<Value> {
        let fields = self.manifest[table].as_object().into_iter().flatten();
        fields
            .filter(|(key, _)| !without.contains(&key.as_str()))
            .filter_map(|(key, value)| property(&format!("{table}.{key}"), value))
            .collect()
    }

    fn property(&self, key: &str) -> Option<Value> {
        property(key, &self.manifest[key])
    }
}

/// A field as an entity, if it is a single value and known.
fn property(name: &str, value: &Value) -> Option<Value> {
    let known = match value {
        Value::String(text) => !text.is_empty(),
        value => value.is_number() || value.is_boolean(),
    };
    known.then(|| {
        json!({
            "@id": format!("#{name}"),
            "@type": "PropertyValue",
            "name": name,
            "value": value,
        })
    })
}

/// A time in UTC with its offset as a number, as the profile has it.
fn with_offset(time: &str) -> String {
    match time.strip_suffix('Z') {
        Some(time) => format!("{time}+00:00"),
        None => time.to_owned(),
    }
}
