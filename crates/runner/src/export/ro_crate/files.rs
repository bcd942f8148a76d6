//! The files of a crate: which, what they are, sizes and sums, and copies of them.

use super::ExportError;
use crate::spec::Study;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use synapse_report::files::digest;
use synapse_report::study;

/// The folder of the figures.
const FIGURES: &str = "figures";

/// Known files of a result folder: name, role, what they hold.
const KNOWN: [(&str, Role, &str); 6] = [
    (
        "study.toml",
        Role::Input,
        "The complete study, itself a spec: the same runs follow from it.",
    ),
    (
        "runs.csv",
        Role::Output,
        "A row per run: parameters, status, divergence, final errors.",
    ),
    (
        "curves.csv",
        Role::Output,
        "A row per run and checkpoint: test MSE and tracking MSE.",
    ),
    (
        "traces.csv",
        Role::Output,
        "Target and output in the last test of a few runs, sample by sample.",
    ),
    (
        "summary.csv",
        Role::Output,
        "Per condition and checkpoint: n, diverged, median, quartiles, 95 % interval.",
    ),
    (
        "manifest.json",
        Role::Output,
        "Which study and tables these are, and the processes that computed their runs: versions, machines, commands, times.",
    ),
];

/// What a file is to the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It followed from this file.
    Input,
    /// It wrote this file.
    Output,
    /// Neither: something that lies in the folder, or that was made from a table later.
    Other,
}

/// A file of a crate.
#[derive(Debug)]
pub(super) struct Part {
    /// Its path in the crate, as an address.
    pub(super) id: String,
    pub(super) role: Role,
    name: String,
    description: Option<&'static str>,
    format: &'static str,
    bytes: u64,
    sha256: String,
    /// The table that it was made from.
    based_on: Option<String>,
}

impl Part {
    pub(super) fn reference(&self) -> Value {
        json!({"@id": self.id})
    }

    /// The entity; `spec` is how the study was called on the command line.
    pub(super) fn entity(&self, spec: &Option<String>) -> Value {
        let mut entity = json!({
            "@id": self.id,
            "@type": "File",
            "name": self.name,
            "encodingFormat": self.format,
            "contentSize": self.bytes.to_string(),
            "sha256": self.sha256,
        });
        if let Some(description) = self.description {
            entity["description"] = json!(description);
        }
        if let (Role::Input, Some(spec)) = (self.role, spec) {
            entity["alternateName"] = json!(spec);
        }
        if let Some(table) = &self.based_on {
            entity["isBasedOn"] = json!({"@id": table});
        }
        entity
    }
}

/// Names of the data files of a result folder, relative and in order; the journal, the lock,
/// temporary files, Parquet and the crate's own metadata are none.
pub(super) fn find(results: &Path) -> Result<Vec<String>, ExportError> {
    let mut names: Vec<String> = KNOWN
        .iter()
        .map(|known| known.0.to_owned())
        .filter(|name| results.join(name).is_file())
        .collect();
    let mut others: Vec<String> = names_in(results)?
        .into_iter()
        .filter(|name| !names.contains(name) && name != super::METADATA)
        .collect();
    others.sort();
    names.append(&mut others);
    let figures = results.join(FIGURES);
    if figures.is_dir() {
        let mut figures = names_in(&figures)?;
        figures.sort();
        names.extend(figures.iter().map(|name| format!("{FIGURES}/{name}")));
    }
    Ok(names)
}

/// The files of a folder whose format is known.
fn names_in(folder: &Path) -> Result<Vec<String>, ExportError> {
    let io = || ExportError::io("cannot read", folder);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(io())? {
        let path = entry.map_err(io())?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if let Some(name) = name
            && format(name).is_some()
            && path.is_file()
        {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// Copies the files to the crate, unless it is the result folder itself, and describes them.
pub(super) fn gather(
    results: &Path,
    target: &Path,
    names: &[String],
    parquet: &[PathBuf],
) -> Result<Vec<Part>, ExportError> {
    let mut parts = Vec::new();
    for name in names {
        let path = target.join(name);
        if target != results {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(ExportError::io("cannot create", folder))?;
            }
            match relocated(results, target).filter(|_| name == study::FILE) {
                Some(text) => fs::write(&path, text),
                None => fs::copy(results.join(name), &path).map(drop),
            }
            .map_err(ExportError::io("cannot write", &path))?;
        }
        let known = KNOWN.iter().find(|known| known.0 == name);
        let role = match known {
            Some(known) => known.1,
            None if name.starts_with(FIGURES) => Role::Output,
            None => Role::Other,
        };
        parts.push(part(&path, name, role, known.map(|known| known.2))?);
    }
    for path in parquet {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mut part = part(path, &name, Role::Other, Some("The table as Parquet."))?;
        part.based_on = Some(address(&name.replace(".parquet", ".csv")));
        parts.push(part);
    }
    Ok(parts)
}

/// The study as it is to lie in the crate, if it reads signals: with their paths as seen from there. What
/// it says is the same, and so is what the manifest calls it.
fn relocated(results: &Path, target: &Path) -> Option<String> {
    let before = fs::read_to_string(results.join(study::FILE)).ok()?;
    let study = Study::load(&results.join(study::FILE), &[]).ok()?;
    let text = study.to_toml(target);
    let same = study::content_digest(&text) == study::content_digest(&before);
    (same && text != study.to_toml(results)).then_some(text)
}

fn part(
    path: &Path,
    name: &str,
    role: Role,
    description: Option<&'static str>,
) -> Result<Part, ExportError> {
    let (bytes, sha256) = sum(path)?;
    Ok(Part {
        id: address(name),
        role,
        name: name.to_owned(),
        description,
        format: format(name).unwrap_or("application/vnd.apache.parquet"),
        bytes,
        sha256,
        based_on: None,
    })
}

/// Size and SHA-256 of a file.
pub(super) fn sum(path: &Path) -> Result<(u64, String), ExportError> {
    digest::of_file(path).map_err(ExportError::io("cannot read", path))
}

/// The media type by the name's ending.
fn format(name: &str) -> Option<&'static str> {
    Some(match Path::new(name).extension()?.to_str()? {
        "csv" => "text/csv",
        "toml" => "application/toml",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "md" => "text/markdown",
        "html" => "text/html",
        "diff" => "text/x-diff",
        _ => return None,
    })
}

/// A relative path as an address: what is not plain is percent-encoded.
fn address(path: &str) -> String {
    let mut address = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                address.push(char::from(byte));
            }
            _ => address += &format!("%{byte:02X}"),
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_encoded() {
        assert_eq!(address("figures/a_b-1.svg"), "figures/a_b-1.svg");
        assert_eq!(address("my notes é.md"), "my%20notes%20%C3%A9.md");
    }

    #[test]
    fn the_journal_and_what_is_temporary_are_no_parts() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(FIGURES)).unwrap();
        for name in [
            "runs.csv",
            "study.toml",
            "journal",
            "lock",
            "runs.csv.tmp",
            "runs.parquet",
            super::super::METADATA,
            "notes.md",
            "figures/b.svg",
            "figures/a.png",
        ] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        assert_eq!(
            find(folder.path()).unwrap(),
            [
                "study.toml",
                "runs.csv",
                "notes.md",
                "figures/a.png",
                "figures/b.svg"
            ]
        );
    }
}
