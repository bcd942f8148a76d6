//! A result folder as an RO-Crate 1.1 of the profile Process Run Crate 0.5: `ro-crate-metadata.json`.
//!
//! The study is the input (`inputs`), the programs of `manifest.json` are instruments and their processes
//! actions (`provenance`), tables and figures are the results, with sizes and SHA-256 (`files`).
//! Authors and licence are those of a `CITATION.cff` at hand (`citation`, of bounded size: `yaml`). Nothing is made up: who
//! started the process is not known here, so no action has an agent.
//!
//! Sources: <https://w3id.org/ro/crate/1.1>, <https://w3id.org/ro/wfrun/process/0.5>.

mod citation;
mod files;
mod inputs;
mod licence;
mod provenance;
mod yaml;

use super::ExportError;
use super::pending::Pending;
use citation::Citation;
use files::{Part, Role};
use provenance::Provenance;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use synapse_report::study;

const METADATA: &str = "ro-crate-metadata.json";
const CRATE: &str = "https://w3id.org/ro/crate/1.1";
const PROFILE: &str = "https://w3id.org/ro/wfrun/process/0.5";
/// The one term that the context of RO-Crate 1.1 lacks; spelled out rather than by reference to the
/// profile's context, one document less that has to be there for ever.
const SHA256: &str = "https://w3id.org/ro/terms/workflow-run#sha256";

/// Writes the crate; its metadata file.
pub(super) fn write(
    results: &Path,
    target: &Path,
    parquet: &[PathBuf],
) -> Result<PathBuf, ExportError> {
    // All that can be wrong is found before anything is written.
    let study = study::read(results)?;
    let provenance = Provenance::read(results)?;
    let citation = Citation::find(&[results, Path::new(".")])?;
    let signals = inputs::signals(results)?;
    let found = files::find(results)?;
    let mut pending = Pending::new(target)?;
    let parts = files::gather(results, target, &found, parquet)?;

    let mut graph = vec![json!({
        "@id": METADATA,
        "@type": "CreativeWork",
        "conformsTo": {"@id": CRATE},
        "about": {"@id": "./"},
    })];
    let licence = match &citation {
        Some(citation) if !citation.licences.is_empty() => licence::entities(&citation.licences),
        _ => vec![licence::not_stated()],
    };
    let authors = citation.as_ref().map(Citation::authors).unwrap_or_default();
    let mut root = json!({
        "@id": "./",
        "@type": "Dataset",
        "conformsTo": {"@id": PROFILE},
        "name": format!("Results of the study {}", study.name),
        "description": description(&study.question),
        "datePublished": provenance.finished,
        "license": references(&licence),
        "hasPart": list(parts.iter().map(Part::reference).collect()),
        "mentions": provenance.actions(),
    });
    if !authors.references.is_empty() {
        root["author"] = list(authors.references);
    }
    graph.push(root);
    graph.push(json!({
        "@id": PROFILE,
        "@type": "CreativeWork",
        "name": "Process Run Crate",
        "version": "0.5",
    }));
    let inputs: Vec<Value> = parts
        .iter()
        .filter(|part| part.role == Role::Input)
        .map(Part::reference)
        .chain(signals.iter().map(reference))
        .collect();
    let outputs: Vec<Value> = parts
        .iter()
        .filter(|part| part.role == Role::Output)
        .map(Part::reference)
        .collect();
    graph.extend(provenance.entities(&study.name, inputs, outputs));
    graph.extend(parts.iter().map(|part| part.entity(&provenance.spec)));
    graph.extend(signals);
    // The program's licence may be the results', too.
    for entity in licence
        .into_iter()
        .chain(provenance.licences())
        .chain(authors.entities)
    {
        if !graph.iter().any(|known| known["@id"] == entity["@id"]) {
            graph.push(entity);
        }
    }

    let metadata = json!({
        "@context": [format!("{CRATE}/context"), {"sha256": SHA256}],
        "@graph": graph,
    });
    let mut file = pending.create(METADATA)?;
    file.write_all(format!("{metadata:#}\n").as_bytes())
        .map_err(ExportError::io("cannot write", &target.join(METADATA)))?;
    pending.commit()?;
    Ok(target.join(METADATA))
}

fn description(question: &str) -> String {
    let what = "Tables, figures and provenance of a study of learning rules, by synapse-bench.";
    match question {
        "" => what.to_owned(),
        question => format!("{question} {what}"),
    }
}

fn reference(entity: &Value) -> Value {
    json!({"@id": entity["@id"]})
}

fn references(entities: &[Value]) -> Value {
    list(entities.iter().map(reference).collect())
}

/// A list as RO-Crate has it: a single value is no list.
fn list(mut values: Vec<Value>) -> Value {
    match values.len() {
        1 => values.remove(0),
        _ => Value::Array(values),
    }
}
