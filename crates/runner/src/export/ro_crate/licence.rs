//! Licences as entities.

use serde_json::{Value, json};

/// SPDX identifiers or addresses as entities.
pub(super) fn entities(licences: &[String]) -> Vec<Value> {
    licences
        .iter()
        .map(|licence| {
            let id = match licence.starts_with("http") {
                true => licence.clone(),
                false => format!("https://spdx.org/licenses/{licence}"),
            };
            json!({"@id": id, "@type": "CreativeWork", "name": licence, "identifier": id})
        })
        .collect()
}

/// A crate must say something about its licence; that nothing is known, too.
pub(super) fn not_stated() -> Value {
    json!({
        "@id": "#licence",
        "@type": "CreativeWork",
        "name": "No licence stated",
        "description": "Those who ran the study have not stated under which licence its results may be used.",
    })
}

/// The identifiers of an SPDX expression of alternatives, as in `MIT OR Apache-2.0`.
pub(super) fn alternatives(expression: &str) -> Vec<String> {
    expression
        .split(" OR ")
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}
