//! `CITATION.cff`: authors and licence of what lies beside it.

use super::{ExportError, yaml};
use serde_json::{Value, json};
use std::path::Path;
use synapse_report::files::open;
use yaml_rust2::{Yaml, YamlLoader};

const FILE: &str = "CITATION.cff";

/// The largest citation file that is read, in bytes.
const MOST_BYTES: u64 = 1 << 20;

/// A citation file.
#[derive(Debug)]
pub(super) struct Citation {
    file: Yaml,
    /// SPDX identifiers (any of them), or an address.
    pub(super) licences: Vec<String>,
}

/// Authors as entities.
#[derive(Debug, Default)]
pub(super) struct Authors {
    /// References to the authors, in order.
    pub(super) references: Vec<Value>,
    /// The authors and their affiliations.
    pub(super) entities: Vec<Value>,
}

impl Citation {
    /// The first citation file in these folders, if any.
    pub(super) fn find(folders: &[&Path]) -> Result<Option<Self>, ExportError> {
        let Some(path) = folders
            .iter()
            .map(|folder| folder.join(FILE))
            .find(|path| path.exists())
        else {
            return Ok(None);
        };
        let text =
            open::text_up_to(&path, MOST_BYTES).map_err(ExportError::io("cannot read", &path))?;
        Self::parse(&text)
            .map(Some)
            .map_err(|problem| ExportError::Content { path, problem })
    }

    fn parse(text: &str) -> Result<Self, String> {
        yaml::check(text)?;
        let documents = YamlLoader::load_from_str(text).map_err(|error| error.to_string())?;
        let file = documents.into_iter().next().unwrap_or(Yaml::Null);
        let licences = match &file["license"] {
            Yaml::String(one) => vec![one.clone()],
            Yaml::Array(any) => any
                .iter()
                .filter_map(|one| one.as_str().map(str::to_owned))
                .collect(),
            _ => texts(&file, "license-url").into_iter().collect(),
        };
        Ok(Self { file, licences })
    }

    /// The authors; a person has a family or given name, an organisation just a name.
    pub(super) fn authors(&self) -> Authors {
        let mut authors = Authors::default();
        let listed = self.file["authors"].as_vec();
        for (number, author) in listed.into_iter().flatten().enumerate() {
            let id = ["orcid", "website"]
                .iter()
                .find_map(|key| texts(author, key))
                .unwrap_or_else(|| format!("#author-{}", number + 1));
            let names = [
                "given-names",
                "name-particle",
                "family-names",
                "name-suffix",
            ];
            let person: Vec<String> = names.iter().filter_map(|key| texts(author, key)).collect();
            let mut entity = match (texts(author, "name"), person.is_empty()) {
                (Some(name), true) => json!({"@id": id, "@type": "Organization", "name": name}),
                (None, true) => continue,
                (_, false) => json!({"@id": id, "@type": "Person", "name": person.join(" ")}),
            };
            if let Some(website) = texts(author, "website") {
                entity["url"] = json!(website);
            }
            if let Some(name) = texts(author, "affiliation") {
                let id = format!("#affiliation-{}", number + 1);
                entity["affiliation"] = json!({"@id": id});
                authors
                    .entities
                    .push(json!({"@id": id, "@type": "Organization", "name": name}));
            }
            authors.references.push(super::reference(&entity));
            authors.entities.push(entity);
        }
        authors
    }
}

fn texts(value: &Yaml, key: &str) -> Option<String> {
    value[key].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_organisations_are_told_apart() {
        let citation = Citation::parse(
            "cff-version: 1.2.0\nlicense: CC-BY-4.0\nauthors:\n  - given-names: Ada\n    family-names: Lovelace\n    \
             orcid: https://orcid.org/0000-0000-0000-0001\n    affiliation: Analytical Society\n  - name: The lab\n",
        )
        .unwrap();
        assert_eq!(citation.licences, ["CC-BY-4.0"]);
        let authors = citation.authors();
        assert_eq!(
            json!(authors.references),
            json!([{"@id": "https://orcid.org/0000-0000-0000-0001"}, {"@id": "#author-2"}])
        );
        assert_eq!(authors.entities.len(), 3);
        assert_eq!(authors.entities[0]["name"], "Analytical Society");
        assert_eq!(authors.entities[1]["name"], "Ada Lovelace");
        assert_eq!(authors.entities[1]["affiliation"]["@id"], "#affiliation-1");
        assert_eq!(authors.entities[2]["@type"], "Organization");
    }

    #[test]
    fn several_licences_are_alternatives_and_none_is_none() {
        let several = Citation::parse("license:\n  - MIT\n  - Apache-2.0\n").unwrap();
        assert_eq!(several.licences, ["MIT", "Apache-2.0"]);
        assert!(several.authors().references.is_empty());
        assert!(Citation::parse("").unwrap().licences.is_empty());
        assert!(Citation::parse("a: [").is_err());
    }
}
