//! A file, or its text, to a study: the steps of the module in order, with all errors collected.

use super::block::{Block, too_many_runs};
use super::condition::Condition;
use super::document::{self, Node, Origin, Table};
use super::error::{Problem, SpecError, SpecErrors};
use super::expand::Expansion;
use super::expect::{self, Runs};
use super::identity::ConditionHash;
use super::overrides;
use super::replicates;
use super::resolve::{Resolved, Strictness, resolve, wrong_type};
use super::resolved::ResolvedSpec;
use super::scalar::Scalar;
use super::schema::{run_tables, tables};
use super::signal::Signals;
use super::study::{Study, columns};
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::Path;
use synapse_report::files::open;

const TOP_KEYS: [&str; 12] = [
    "schema",
    "name",
    "question",
    "surprise",
    "seed",
    "keep_state",
    "network",
    "target",
    "training",
    "replicates",
    "condition",
    "expect",
];

/// As what a spec is read.
#[derive(Debug, Clone, Copy)]
struct Variant {
    numerics_version: u32,
    /// Whether its expectations are read.
    expects: bool,
}

impl Study {
    /// Read and validate the spec at `path`, with `--set` texts such as `network.gain=1.2`.
    ///
    /// # Errors
    ///
    /// All that is wrong with it, in order of position.
    pub fn load(path: &Path, sets: &[String]) -> Result<Self, SpecErrors> {
        Self::load_as(path, sets, synapse_core::NUMERICS_VERSION)
    }

    /// The study as a program with another numerics version identifies its runs.
    ///
    /// # Errors
    ///
    /// As [`Study::load`].
    pub fn load_as(
        path: &Path,
        sets: &[String],
        numerics_version: u32,
    ) -> Result<Self, SpecErrors> {
        let variant = Variant {
            numerics_version,
            expects: true,
        };
        Self::load_variant(path, sets, variant)
    }

    /// The study with another number of trials, whatever it expects of them.
    ///
    /// # Errors
    ///
    /// As [`Study::load`]; also if the number of trials is swept.
    pub fn load_with_trials(
        path: &Path,
        sets: &[String],
        trials: usize,
    ) -> Result<Self, SpecErrors> {
        let mut sets = sets.to_vec();
        sets.push(format!("training.trials={trials}"));
        let variant = Variant {
            numerics_version: synapse_core::NUMERICS_VERSION,
            expects: false,
        };
        Self::load_variant(path, &sets, variant)
    }

    fn load_variant(path: &Path, sets: &[String], variant: Variant) -> Result<Self, SpecErrors> {
        let file = path.display().to_string();
        let fail = |problem| {
            let errors = vec![SpecError::new(Origin::File, problem)];
            Err(SpecErrors::new(&file, sets, errors))
        };
        if path.is_dir() {
            return fail(Problem::IsFolder);
        }
        let bytes = match open::bytes_up_to(path, open::SPEC_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::InvalidInput && !path.is_file() => {
                return fail(Problem::NotAFile);
            }
            Err(error) => return fail(Problem::Unreadable { kind: error.kind() }),
        };
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text,
            Err(error) => {
                let before = &bytes[..error.valid_up_to()];
                let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
                return fail(Problem::NotUtf8 { line });
            }
        };
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse_as(text, &file, folder, sets, variant)
    }

    /// Validate the text of a spec, called `file` in messages, whose paths are relative to `folder`.
    ///
    /// # Errors
    ///
    /// All that is wrong with it, in order of position.
    pub fn parse(
        text: &str,
        file: &str,
        folder: &Path,
        sets: &[String],
    ) -> Result<Self, SpecErrors> {
        let variant = Variant {
            numerics_version: synapse_core::NUMERICS_VERSION,
            expects: true,
        };
        Self::parse_as(text, file, folder, sets, variant)
    }

    fn parse_as(
        text: &str,
        file: &str,
        folder: &Path,
        sets: &[String],
        variant: Variant,
    ) -> Result<Self, SpecErrors> {
        let mut errors = Vec::new();
        let study = document::parse(text, &mut errors).and_then(|mut document| {
            overrides::apply(&mut document, sets, &mut errors);
            validate(&document, folder, variant, &mut errors)
        });
        match study {
            Some(study) if errors.is_empty() => Ok(study),
            _ => Err(SpecErrors::new(file, sets, errors)),
        }
    }
}

fn validate(
    document: &Table,
    folder: &Path,
    variant: Variant,
    errors: &mut Vec<SpecError>,
) -> Option<Study> {
    let top = Top::read(document, errors)?;
    let written = replicates::read(document, errors);
    let base = read_base(document, errors);
    let excused = no_tables(document);
    let mut blocks = Block::read_all(document, errors);
    let (networks, targets) = written
        .as_ref()
        .map_or((1, 1), |r| (r.networks, r.targets.unwrap_or(1)));
    let too_many = too_many_runs(&blocks, networks as u64, targets as u64);
    let expected: u128 = blocks.iter().map(Block::conditions).sum();

    let mut conditions = Vec::new();
    let mut sound = Vec::new();
    let mut signals = Signals::relative_to(folder);
    let mut expansion = Expansion {
        base: &base,
        seed: top.seed.unwrap_or_default(),
        numerics_version: variant.numerics_version,
        signals: &mut signals,
        errors,
        told: BTreeSet::new(),
    };
    for (number, block) in blocks.iter_mut().enumerate() {
        // Far too many values are not computed to find the errors in them.
        let only_first = too_many.is_some();
        if only_first {
            block.shorten();
        }
        block.excused.extend(excused.iter().cloned());
        let before = expansion.errors.len();
        expansion.block(number, block, only_first, &mut conditions);
        sound.push(expansion.errors.len() == before);
    }
    let told = too_many.is_some();
    errors.extend(too_many);
    same_conditions(&conditions, &blocks, &sound, errors);
    let replicates = replicates::complete(written, &conditions, document, errors);
    let targets = replicates.map_or(1, |r| r.targets);
    if !told {
        errors.extend(too_many_runs(&blocks, networks as u64, targets as u64));
    }

    let columns = columns(&conditions);
    let rows = document.get("expect").filter(|_| variant.expects);
    let rows: Vec<_> = list_of(rows, "expect", errors)
        .iter()
        .filter_map(|node| expect::read(node, errors))
        .collect();
    // With a condition missing, "no condition has this value" might be wrong.
    if expected == conditions.len() as u128 {
        let runs = Runs {
            conditions: &conditions,
            columns: &columns,
            replicates: [networks, targets],
        };
        for row in &rows {
            runs.check(row, errors);
        }
    }
    let sums = replicates::sums(&conditions, blocks.len());
    Some(Study {
        name: top.name?,
        question: top.question?,
        surprise: top.surprise,
        seed: top.seed?,
        keep_state: top.keep_state,
        replicates: replicates?,
        conditions,
        expectations: rows.into_iter().map(|row| row.expectation).collect(),
        columns,
        resolved: ResolvedSpec::new(document, folder, targets, &sums),
    })
}

/// The tables of a run that are written as something else, which is told where they are read.
fn no_tables(document: &Table) -> Vec<String> {
    let is_other = |name: &str| {
        let node = document.get(name);
        node.is_some_and(|node| node.as_table().is_none())
    };
    let names = run_tables().map(|(name, _)| name);
    let others = names.into_iter().filter(|name| is_other(name));
    others.map(str::to_owned).collect()
}

/// The fields before all tables.
struct Top {
    name: Option<String>,
    question: Option<String>,
    surprise: Option<String>,
    seed: Option<u64>,
    keep_state: bool,
}

impl Top {
    /// `None` if this is a spec of another version, of which nothing else can be said.
    fn read(document: &Table, errors: &mut Vec<SpecError>) -> Option<Self> {
        if let Some(node) = document.get("schema")
            && let document::Value::Integer(found) = node.value
            && found > 1
        {
            errors.push(SpecError::new(node.origin, Problem::Newer { found }));
            return None;
        }
        for entry in &document.entries {
            if !TOP_KEYS.contains(&entry.key.as_str()) {
                errors.push(SpecError::new(
                    entry.key_origin,
                    Problem::UnknownField {
                        path: entry.key.clone(),
                        known: TOP_KEYS.map(str::to_owned).to_vec(),
                        variant: None,
                        elsewhere: Vec::new(),
                    },
                ));
            }
        }
        let known = |key: &str| tables::TOP.fields.iter().any(|field| field.name == key);
        let mut own = document.clone();
        own.entries.retain(|entry| known(&entry.key));
        let fields = flat(&tables::TOP, "", &own, Origin::File, true, errors);
        let find = |path: &str| fields.iter().find(|field| &*field.path == path);
        let mut text = |path: &str, allowed: fn(&str) -> bool, wanted: &str| {
            let field = find(path)?;
            let text = field.value.as_text()?;
            if !allowed(text) {
                errors.push(SpecError::new(
                    field.origin,
                    Problem::OutOfRange {
                        path: path.to_owned(),
                        value: field.value.to_toml(),
                        wanted: wanted.to_owned(),
                    },
                ));
            }
            Some(text.to_owned())
        };
        Some(Self {
            name: text(
                "name",
                is_name,
                "made of a-z, 0-9, _ and - (it names a folder)",
            ),
            question: text(
                "question",
                |text| !text.trim().is_empty(),
                "a text that says something",
            ),
            surprise: text("surprise", |_| true, ""),
            seed: match find("seed").map(|field| &field.value) {
                Some(Scalar::Integer(seed)) => u64::try_from(*seed).ok(),
                _ => None,
            },
            keep_state: matches!(
                find("keep_state").map(|field| &field.value),
                Some(Scalar::Bool(true))
            ),
        })
    }
}

fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    !text.is_empty() && text.chars().all(allowed)
}

/// The fields of a table that stands once in a spec.
pub(super) fn flat(
    schema: &'static super::schema::TableSchema,
    path: &str,
    table: &Table,
    origin: Origin,
    complete: bool,
    errors: &mut Vec<SpecError>,
) -> Vec<Resolved> {
    let mut fields = Vec::new();
    let strictness = Strictness {
        complete,
        excused: &[],
    };
    resolve(schema, path, table, origin, strictness, &mut fields, errors);
    fields
}

/// A table of the document, and where it is; an error if it is something else.
pub(super) fn table_at(
    document: &Table,
    name: &str,
    errors: &mut Vec<SpecError>,
) -> Option<(Table, Origin)> {
    let node = document.get(name)?;
    match node.as_table() {
        Some(table) => Some((table.clone(), node.origin)),
        None => {
            errors.push(SpecError::new(
                node.origin,
                wrong_type(name, node, "a table"),
            ));
            None
        }
    }
}

/// The base tables, each checked by itself: what conditions do not override must be right as well, and
/// what they all override is still worth an error.
fn read_base(document: &Table, errors: &mut Vec<SpecError>) -> [Option<(Table, Origin)>; 4] {
    run_tables().map(|(name, schema)| {
        if name == "rule" {
            return None;
        }
        let (table, origin) = table_at(document, name, errors)?;
        flat(schema, name, &table, origin, false, errors);
        Some((table, origin))
    })
}

/// The blocks `[[name]]`.
pub(super) fn list_of<'a>(
    node: Option<&'a Node>,
    name: &str,
    errors: &mut Vec<SpecError>,
) -> &'a [Node] {
    let Some(node) = node else {
        return &[];
    };
    node.as_list().unwrap_or_else(|| {
        let wanted = format!("written [[{name}]], with two brackets");
        errors.push(SpecError::new(node.origin, wrong_type(name, node, &wanted)));
        &[]
    })
}

/// Two conditions with the same parameters are one run computed and counted twice. Blocks that are not
/// `sound` are left out: what is the same there may be so because of another error.
fn same_conditions(
    conditions: &[Condition],
    blocks: &[Block],
    sound: &[bool],
    errors: &mut Vec<SpecError>,
) {
    // With several signals, one in common is enough: its runs would be the same.
    let mut order: Vec<(usize, &ConditionHash, usize)> = conditions
        .iter()
        .enumerate()
        .filter(|(_, condition)| sound[condition.block])
        .flat_map(|(at, condition)| {
            let targets = 0..condition.signals().len().max(1);
            targets.map(move |target| (target, condition.hash_of(target), at))
        })
        .collect();
    order.sort_unstable();
    // By pair of blocks: the first point that is the same, and how many more.
    let mut pairs: BTreeMap<(usize, usize), (usize, usize, u64)> = BTreeMap::new();
    let mut known: BTreeSet<(usize, usize)> = BTreeSet::new();
    let is_same =
        |pair: &&[(usize, &ConditionHash, usize)]| (pair[0].0, pair[0].1) == (pair[1].0, pair[1].1);
    for pair in order.windows(2).filter(is_same) {
        let (other, this) = (pair[0].2, pair[1].2);
        if !known.insert((other, this)) {
            continue;
        }
        let key = (conditions[this].block, conditions[other].block);
        let found = pairs.entry(key).or_insert((this, other, 0));
        found.2 += 1;
        if this < found.0 {
            (found.0, found.1) = (this, other);
        }
    }
    for ((block, _), (this, other, count)) in pairs {
        errors.push(SpecError::new(
            blocks[block].origin,
            Problem::SameConditions {
                this: describe(&conditions[this], &blocks[block]),
                other: describe(&conditions[other], &blocks[conditions[other].block]),
                more: count - 1,
            },
        ));
    }
}

/// `condition 2 (line 20) at rule.eta0 = 0.001`
fn describe(condition: &Condition, block: &Block) -> String {
    let mut text = format!("condition {}", condition.block + 1);
    if let Origin::At { line, .. } = block.origin {
        text.push_str(&format!(" (line {line})"));
    }
    let point: Vec<String> = block
        .axes
        .iter()
        .zip(&condition.values)
        .map(|(axis, value)| format!("{} = {}", axis.path, value.to_toml()))
        .collect();
    if !point.is_empty() {
        text.push_str(&format!(" at {}", point.join(", ")));
    }
    text
}
