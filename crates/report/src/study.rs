//! What the report needs of `study.toml`: names, seed, replicates, axes, expectations.
//!
//! Unknown fields are passed over here (not inside expectations): the runner has validated the
//! study, and a report must go on reading the results of older and newer versions.

use crate::error::ReportError;
use crate::expectation::Expectation;
use crate::files::{digest, open};
use crate::number;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The file's name in a result folder.
pub const FILE: &str = "study.toml";

/// How the values of an axis are spaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Evenly in the logarithm.
    Log,
    /// Evenly.
    Linear,
    /// As listed.
    Values,
}

/// One swept axis of a condition block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    /// Dotted path, the column's name.
    pub path: String,
    /// Its spacing.
    pub scale: Scale,
    /// How many values it has, if the file says so in a way known here.
    pub values: Option<u64>,
}

/// The swept axes of one `[[condition]]` block, in the file's order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Block {
    /// The axes.
    pub axes: Vec<Axis>,
    /// Groups of axes that advance together instead of being crossed.
    pub zip: Vec<Vec<String>>,
}

impl Block {
    /// How many conditions this block has; `None` if that cannot be read from it.
    fn conditions(&self) -> Option<u64> {
        let mut product: u64 = 1;
        for (i, axis) in self.axes.iter().enumerate() {
            let zipped_with_earlier = self.zip.iter().any(|group| {
                group.contains(&axis.path)
                    && self.axes[..i]
                        .iter()
                        .any(|earlier| group.contains(&earlier.path))
            });
            if !zipped_with_earlier {
                product = product.checked_mul(axis.values?)?;
            }
        }
        Some(product)
    }
}

/// A study, as far as the report needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// Its name.
    pub name: String,
    /// The question it asks; may be empty.
    pub question: String,
    /// The seed that all random streams derive from.
    pub seed: u64,
    /// Networks × targets that every condition should have, if stated.
    pub replicates: Option<(u64, u64)>,
    /// The condition blocks, in the file's order.
    pub blocks: Vec<Block>,
    /// What the study expects of itself.
    pub expectations: Vec<Expectation>,
}

impl Study {
    /// Whether any block sweeps this path with logarithmic spacing.
    pub fn is_log(&self, path: &str) -> bool {
        self.blocks
            .iter()
            .flat_map(|b| &b.axes)
            .any(|a| a.path == path && a.scale == Scale::Log)
    }

    /// Runs that the study plans: conditions × networks × targets; `None` where the file does not say
    /// in a way known here.
    pub fn planned_runs(&self) -> Option<u64> {
        let (networks, targets) = self.replicates?;
        let conditions = self
            .blocks
            .iter()
            .try_fold(0u64, |sum, block| sum.checked_add(block.conditions()?))?;
        conditions.checked_mul(networks.checked_mul(targets)?)
    }

    /// All swept paths, each once, in the file's order.
    pub fn swept(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        self.blocks
            .iter()
            .flat_map(|b| &b.axes)
            .map(|a| a.path.as_str())
            .filter(|path| seen.insert(*path))
            .collect()
    }

    /// Pairs of paths that some block crosses with each other, in the file's order.
    pub fn crossed(&self) -> Vec<(&str, &str)> {
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        for block in &self.blocks {
            let zipped = |a: &str, b: &str| {
                block
                    .zip
                    .iter()
                    .any(|group| group.iter().any(|x| x == a) && group.iter().any(|x| x == b))
            };
            for (i, a) in block.axes.iter().enumerate() {
                for b in &block.axes[i + 1..] {
                    let pair = (a.path.as_str(), b.path.as_str());
                    let swapped = (pair.1, pair.0);
                    if !zipped(pair.0, pair.1)
                        && !pairs.contains(&pair)
                        && !pairs.contains(&swapped)
                    {
                        pairs.push(pair);
                    }
                }
            }
        }
        pairs
    }
}

#[derive(Deserialize)]
struct WireStudy {
    name: String,
    #[serde(default)]
    question: String,
    seed: u64,
    replicates: Option<WireReplicates>,
    #[serde(default)]
    condition: Vec<WireBlock>,
    #[serde(default)]
    expect: Vec<Expectation>,
}

#[derive(Deserialize)]
struct WireReplicates {
    // A spec may leave either out.
    networks: Option<u64>,
    targets: Option<u64>,
}

#[derive(Deserialize)]
struct WireBlock {
    #[serde(default)]
    sweep: toml::Table,
    #[serde(default)]
    zip: Vec<Vec<String>>,
}

/// Reads `study.toml` of a result folder.
pub fn read(folder: &Path) -> Result<Study, ReportError> {
    let path = folder.join(FILE);
    let text = open::text_up_to(&path, open::SPEC_BYTES).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => ReportError::NoFile {
            folder: folder.to_path_buf(),
            file: FILE,
        },
        _ => ReportError::io("read", &path, e),
    })?;
    parse(&text).map_err(|(line, problem)| ReportError::Study {
        path,
        line,
        problem,
    })
}

/// The study that a text is; else in which line, if that is known, is what problem.
pub fn parse(text: &str) -> Result<Study, (Option<usize>, String)> {
    if let Some((line, unread)) = number::unread_literal(text) {
        return Err((Some(line), unread.to_string()));
    }
    let wire: WireStudy = toml::from_str(text).map_err(|e| {
        let line = e
            .span()
            .map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        (line, e.message().trim().replace('\n', "; "))
    })?;
    let blocks = wire
        .condition
        .into_iter()
        .map(|block| Block {
            axes: axes(&block.sweep),
            zip: block.zip,
        })
        .collect();
    Ok(Study {
        name: wire.name,
        question: wire.question,
        seed: wire.seed,
        replicates: wire.replicates.and_then(|r| r.networks.zip(r.targets)),
        blocks,
        expectations: wire.expect,
    })
}

/// The SHA-256 of what a `study.toml` says, in hexadecimal: comments, layout, the order of keys, and where
/// signals lie (`target.path`; their samples have a sum of their own) make no difference. `None` for a
/// text that is not TOML.
pub fn content_digest(text: &str) -> Option<String> {
    let table: toml::Table = text.parse().ok()?;
    let mut canonical = String::new();
    write_canonical(&toml::Value::Table(table), "", &mut canonical);
    Some(digest::hex(&Sha256::digest(&canonical)))
}

/// Writes a value with sorted keys; `path` is the dotted path that leads to it, without the names of
/// condition blocks and sweeps.
fn write_canonical(value: &toml::Value, path: &str, into: &mut String) {
    match value {
        toml::Value::Table(table) => {
            let sorted: BTreeMap<&String, &toml::Value> = table.iter().collect();
            into.push('{');
            for (key, value) in sorted {
                let inner = match (path, key.as_str()) {
                    ("", "condition" | "sweep") => String::new(),
                    ("", key) => key.to_owned(),
                    (path, key) => format!("{path}.{key}"),
                };
                let is_place = inner == "target.path" && !value.is_table();
                if !is_place {
                    into.push_str(&format!("{key:?}:"));
                    write_canonical(value, &inner, into);
                    into.push(',');
                }
            }
            into.push('}');
        }
        toml::Value::Array(values) => {
            into.push('[');
            for value in values {
                write_canonical(value, path, into);
                into.push(',');
            }
            into.push(']');
        }
        toml::Value::String(text) => into.push_str(&format!("{text:?}")),
        toml::Value::Integer(number) => into.push_str(&number.to_string()),
        toml::Value::Float(number) => into.push_str(&format!("{number:?}")),
        toml::Value::Boolean(flag) => into.push_str(&flag.to_string()),
        toml::Value::Datetime(time) => into.push_str(&time.to_string()),
    }
}

/// The axes of a sweep table, whose keys are dotted paths, quoted or not.
fn axes(sweep: &toml::Table) -> Vec<Axis> {
    fn walk(prefix: &str, table: &toml::Table, into: &mut Vec<Axis>) {
        for (key, value) in table {
            let path = if prefix.is_empty() {
                key.clone()
            } else {
                format!("{prefix}.{key}")
            };
            let Some(inner) = value.as_table() else {
                continue;
            };
            let scale = if inner.contains_key("log") {
                Scale::Log
            } else if inner.contains_key("linear") {
                Scale::Linear
            } else if inner.contains_key("values") {
                Scale::Values
            } else {
                walk(&path, inner, into);
                continue;
            };
            let values = match scale {
                Scale::Values => inner["values"].as_array().map(Vec::len),
                Scale::Log | Scale::Linear => {
                    let points = inner.get("points").and_then(toml::Value::as_integer);
                    points.and_then(|points| usize::try_from(points).ok())
                }
            };
            let values = values.map(|values| values as u64);
            into.push(Axis {
                path,
                scale,
                values,
            });
        }
    }
    let mut found = Vec::new();
    walk("", sweep, &mut found);
    found
}

#[cfg(test)]
impl Study {
    /// A study from its text, for tests.
    pub(crate) fn of_text(text: &str) -> Self {
        parse(text).expect("a test's own study is valid")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
schema = 1
name = "grid"
question = "Which?"
seed = 7
[network]
units = 500
[replicates]
networks = 4
targets = 5
[[condition]]
rule = { kind = "bayesian" }
sweep = { "rule.noise.errors" = { values = [10, 100] }, "rule.eta0" = { log = [1e-6, 1e-3], points = 7 }, network.gain = { linear = [1, 2], points = 3 } }
zip = [["network.gain", "rule.eta0"]]
[[condition]]
rule = { kind = "classical" }
sweep = { "rule.eta0" = { values = [1, 2] } }
[[expect]]
metric = "test_mse"
max = 1
"#;

    #[test]
    fn reads_what_it_needs_in_the_files_order() {
        let study = parse(TEXT).unwrap();
        assert_eq!((study.name.as_str(), study.seed), ("grid", 7));
        assert_eq!(study.replicates, Some((4, 5)));
        assert_eq!(
            study.swept(),
            ["rule.noise.errors", "rule.eta0", "network.gain"]
        );
        assert!(study.is_log("rule.eta0") && !study.is_log("network.gain"));
        assert_eq!(
            study.crossed(),
            [
                ("rule.noise.errors", "rule.eta0"),
                ("rule.noise.errors", "network.gain")
            ]
        );
        assert_eq!(study.expectations.len(), 1);
        // Two crossed with seven zipped, and two: on 4 × 5 networks and targets.
        let text = TEXT.replace("points = 3", "points = 7");
        assert_eq!(parse(&text).unwrap().planned_runs(), Some((14 + 2) * 20));
    }

    #[test]
    fn the_digest_is_of_what_a_study_says() {
        let digest = |text: &str| content_digest(text).unwrap();
        let study = "a = 1\n[target]\nkind = \"file\"\npath = \"x.csv\"\n[network]\ngain = 1.5\n";
        let same = [
            "# why\na = 1\n\n[network]\ngain = 1.50\n[target]\npath = \"../elsewhere/y.csv\"\nkind = \"file\"\n",
            "network = { gain = 1.5 }\ntarget.path = \"z.csv\"\ntarget.kind = \"file\"\na = 1\n",
        ];
        for text in same {
            assert_eq!(digest(text), digest(study), "{text}");
        }
        let block =
            |path: &str| format!("{study}[[condition]]\ntarget = {{ path = \"{path}\" }}\n");
        assert_eq!(digest(&block("a.csv")), digest(&block("b.csv")));
        for (from, to) in [
            ("gain = 1.5", "gain = 1.6"),
            ("\"file\"", "\"sines\""),
            ("a = 1", "a = \"1\""),
            ("a = 1", "a = [1]"),
            ("a = 1", "path = 1"),
            ("gain", "path"),
        ] {
            assert_ne!(digest(&study.replace(from, to)), digest(study), "{to}");
        }
        assert_eq!(content_digest("a = "), None);
    }

    #[test]
    fn errors_name_the_line() {
        let bad = TEXT.replace("max = 1", "maximum = 1");
        let (line, problem) = parse(&bad).unwrap_err();
        assert_eq!(line, Some(20));
        assert!(problem.starts_with("unknown field `maximum`"), "{problem}");
        let bad = TEXT.replace("max = 1", "max = 1e400");
        let (line, problem) = parse(&bad).unwrap_err();
        assert_eq!(line, Some(20));
        assert_eq!(
            problem,
            "1e400 is too large for a 64-bit float (at most 1.8e308)"
        );
        let bad = TEXT.replace("seed = 7", "seed = -7");
        let (line, problem) = parse(&bad).unwrap_err();
        assert_eq!(line, Some(5));
        assert_eq!(problem, "invalid value: integer `-7`, expected u64");
    }
}
