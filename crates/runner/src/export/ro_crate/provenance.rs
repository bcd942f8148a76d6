//! What `manifest.json` says: a program is an instrument, its process an action. The one that wrote the
//! tables has a start, an end and results; others that computed runs of the study have a start.

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
    /// What the manifest says of the process that wrote the tables, with study and counts.
    writer: Value,
    /// When the process ended, as the manifest has it.
    pub(super) finished: String,
    /// Name of the program that wrote the tables.
    tool: String,
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
        // In manifests of older versions the writer is the manifest itself.
        let mut writer = manifest.get("written_by").unwrap_or(&manifest).clone();
        for table in ["study", "counts"] {
            if let (Some(writer), Some(value)) = (writer.as_object_mut(), manifest.get(table)) {
                writer.insert(table.to_owned(), value.clone());
            }
        }
        let text = |pointer: &str| {
            let value = writer.pointer(pointer).and_then(Value::as_str);
            value.map(str::to_owned)
        };
        let needed = |pointer: &str| {
            let key = pointer.trim_start_matches('/').replace('/', ".");
            text(pointer).ok_or_else(|| content(format!("{key}: must be a text, but is missing")))
        };
        needed("/started")?;
        needed("/tool/version")?;
        Ok(Self {
            finished: needed("/finished")?,
            tool: needed("/tool/name")?,
            spec: text("/study/spec"),
            writer,
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

    /// Processes that computed runs, the one that wrote the tables apart. Older manifests know none.
    fn others(&self) -> impl Iterator<Item = &Value> {
        let processes = self.manifest["processes"].as_array();
        processes.into_iter().flatten().filter(|other| {
            let same = |key: &&str| other[*key] == self.writer[*key];
            !["started", "command", "host"].iter().all(same)
        })
    }

    /// References to the actions.
    pub(super) fn actions(&self) -> Value {
        let others = self.others().enumerate();
        let others = others.map(|(number, _)| json!({"@id": other_action(number)}));
        super::list(
            std::iter::once(json!({"@id": ACTION}))
                .chain(others)
                .collect(),
        )
    }

    /// Actions, programs and their properties.
    pub(super) fn entities(
        &self,
        study: &str,
        inputs: Vec<Value>,
        outputs: Vec<Value>,
    ) -> Vec<Value> {
        let inputs = super::list(inputs);
        let mut graph = Graph::new(self);
        let mut action = graph.action(ACTION, "CreateAction", &self.writer);
        action["name"] = json!(format!("Run of the study {study}"));
        action["object"] = inputs.clone();
        action["result"] = super::list(outputs);
        action["endTime"] = json!(with_offset(&self.finished));
        action["actionStatus"] = json!("http://schema.org/CompletedActionStatus");
        graph.entities.push(action);
        for (number, other) in self.others().enumerate() {
            // No results: what it computed is in the tables that the first action wrote.
            let mut action = graph.action(&other_action(number), "ActivateAction", other);
            let runs = &other["runs"];
            action["name"] = json!(format!("Run of the study {study}: {runs} of its runs"));
            action["object"] = inputs.clone();
            graph.entities.push(action);
        }
        graph.entities
    }
}

fn other_action(number: usize) -> String {
    format!("{ACTION}-{}", number + 2)
}

/// The entities of actions and programs.
struct Graph<'a> {
    provenance: &'a Provenance,
    entities: Vec<Value>,
    /// Programs as the manifest has them, and how they are referred to.
    tools: Vec<(&'a Value, Value)>,
}

impl<'a> Graph<'a> {
    fn new(provenance: &'a Provenance) -> Self {
        Self {
            provenance,
            entities: Vec::new(),
            tools: Vec::new(),
        }
    }

    /// What the manifest says of a process, as an action; its program and its properties are added.
    fn action(&mut self, id: &str, kind: &str, process: &'a Value) -> Value {
        let instrument = self.tool(&process["tool"]);
        let mut properties = Vec::new();
        for table in ["host", "slurm", "study", "counts"] {
            properties.extend(self.properties(id, table, &process[table], &["name", "spec"]));
        }
        // A study and a machine have names, too; only the machine's is not told elsewhere.
        properties.extend(self.property(id, "host.name", &process["host"]["name"]));
        for key in [
            "threads",
            "shard",
            "runs",
            "compute_s",
            "computed",
            "wall_s",
        ] {
            properties.extend(self.property(id, key, &process[key]));
        }
        let started = process["started"].as_str().map(with_offset);
        json!({
            "@id": id,
            "@type": kind,
            "description": command(&process["command"]),
            "instrument": instrument,
            "startTime": started,
            "additionalProperty": super::list(properties),
        })
    }

    /// A program, once.
    fn tool(&mut self, tool: &'a Value) -> Value {
        if let Some((_, reference)) = self.tools.iter().find(|(known, _)| *known == tool) {
            return reference.clone();
        }
        let url = match self.provenance.is_this_program() {
            true => [env!("CARGO_PKG_HOMEPAGE"), env!("CARGO_PKG_REPOSITORY")],
            false => [""; 2],
        };
        let url = url.into_iter().find(|url| !url.is_empty());
        // The address of a program names all its versions: only the first can be called by it.
        let local = match self.tools.len() {
            0 => TOOL.to_owned(),
            others => format!("{TOOL}-{}", others + 1),
        };
        let id = match url {
            Some(url) if self.tools.is_empty() => url.to_owned(),
            _ => local.clone(),
        };
        let mut entity = json!({
            "@id": id,
            "@type": "SoftwareApplication",
            "name": tool["name"],
            "softwareVersion": tool["version"],
        });
        if let Some(url) = url {
            entity["url"] = json!(url);
        }
        let licences = self.provenance.licences();
        if !licences.is_empty() {
            entity["license"] = super::references(&licences);
        }
        let properties = self.properties(&local, "", tool, &["name", "version"]);
        entity["additionalProperty"] = super::list(properties);
        let reference = super::reference(&entity);
        self.tools.push((tool, reference.clone()));
        self.entities.push(entity);
        reference
    }

    /// Adds the fields of a table of the manifest; references to them.
    fn properties(
        &mut self,
        of: &str,
        table: &str,
        fields: &Value,
        without: &[&str],
    ) -> Vec<Value> {
        let prefix = match table {
            "" => String::new(),
            table => format!("{table}."),
        };
        let fields = fields.as_object().into_iter().flatten();
        fields
            .filter(|(key, _)| !without.contains(&key.as_str()))
            .filter_map(|(key, value)| self.property(of, &format!("{prefix}{key}"), value))
            .collect()
    }

    /// Adds a field, if it is a single value and known; a reference to it.
    fn property(&mut self, of: &str, name: &str, value: &Value) -> Option<Value> {
        let known = match value {
            Value::String(text) => !text.is_empty(),
            value => value.is_number() || value.is_boolean(),
        };
        known.then(|| {
            let entity = json!({
                "@id": format!("{of}.{name}"),
                "@type": "PropertyValue",
                "name": name,
                "value": value,
            });
            let reference = super::reference(&entity);
            self.entities.push(entity);
            reference
        })
    }
}

/// The words of a command as one would type them.
fn command(words: &Value) -> Value {
    let quoted = |word: &Value| {
        let word = word.as_str().unwrap_or_default();
        match word.is_empty() || word.contains(|c: char| c.is_whitespace() || c == '\'') {
            true => format!("'{}'", word.replace('\'', r"'\''")),
            false => word.to_owned(),
        }
    };
    match words.as_array() {
        Some(words) => json!(words.iter().map(quoted).collect::<Vec<_>>().join(" ")),
        None => json!("The command is not known."),
    }
}

/// A time in UTC with its offset as a number, as the profile has it.
fn with_offset(time: &str) -> String {
    match time.strip_suffix('Z') {
        Some(time) => format!("{time}+00:00"),
        None => time.to_owned(),
    }
}
