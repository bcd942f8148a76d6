//! A written table to a flat list of fields: every field of its variant with its value, written or
//! by default, in the order of the schema.

use super::document::{Node, Origin, Table, Value};
use super::error::{Problem, SpecError};
use super::scalar::Scalar;
use super::schema::{Field, FieldKind, Presence, TableSchema, join};
use super::words::listed;
use std::sync::Arc;

/// A field with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// Full dotted path.
    pub path: Arc<str>,
    /// Its value.
    pub value: Scalar,
    /// Where it was written; where its table was, if it has its default.
    pub origin: Origin,
    /// Whether it was written.
    pub written: bool,
}

/// How strict [`resolve`] is.
#[derive(Clone, Copy)]
pub struct Strictness<'a> {
    /// Whether required fields must be there (a base table may leave them to conditions).
    pub complete: bool,
    /// Paths whose absence has been told already, with all below them.
    pub excused: &'a [String],
}

/// Append the fields of `table` to `fields`, and what is wrong with it to `errors`. `origin` is that
/// of the table as a whole, where missing fields are told.
pub fn resolve(
    schema: &'static TableSchema,
    path: &str,
    table: &Table,
    origin: Origin,
    strictness: Strictness<'_>,
    fields: &mut Vec<Resolved>,
    errors: &mut Vec<SpecError>,
) {
    let mut walk = Walk {
        strictness,
        fields,
        errors,
    };
    walk.table(schema, path, table, origin);
}

struct Walk<'a> {
    strictness: Strictness<'a>,
    fields: &'a mut Vec<Resolved>,
    errors: &'a mut Vec<SpecError>,
}

impl Walk<'_> {
    fn error(&mut self, origin: Origin, problem: Problem) {
        self.errors.push(SpecError::new(origin, problem));
    }

    fn missing(&mut self, path: String, wanted: String, origin: Origin) {
        let excused = self.strictness.excused.iter().any(|excused| {
            let rest = path.strip_prefix(excused.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        if self.strictness.complete && !excused {
            self.error(origin, Problem::Missing { path, wanted });
        }
    }

    fn push(&mut self, path: &str, value: Scalar, origin: Origin, written: bool) {
        self.fields.push(Resolved {
            path: path.into(),
            value,
            origin,
            written,
        });
    }

    fn table(&mut self, schema: &'static TableSchema, path: &str, table: &Table, origin: Origin) {
        let word = match self.variant(schema, path, table, origin) {
            Ok(word) => word,
            // Without the variant the fields mean nothing yet; only names that no variant has are told.
            Err(()) => {
                self.unknown(schema, path, table, None);
                return;
            }
        };
        self.unknown(schema, path, table, word);
        for field in schema.fields_of(word) {
            let path = join(path, field.name);
            match table.get(field.name) {
                Some(node) => self.field(field, &path, node),
                None => self.absent(field, &path, table, origin),
            }
        }
    }

    /// The chosen variant, if the table has variants.
    fn variant(
        &mut self,
        schema: &'static TableSchema,
        path: &str,
        table: &Table,
        origin: Origin,
    ) -> Result<Option<&'static str>, ()> {
        let Some(variants) = &schema.variants else {
            return Ok(None);
        };
        let path = join(path, variants.tag);
        let words = variants.words();
        let Some(node) = table.get(variants.tag) else {
            let Some(default) = variants.default else {
                self.missing(path, one_of(&words), origin);
                return Err(());
            };
            self.push(&path, Scalar::text(default), origin, false);
            return Ok(Some(default));
        };
        match read_word(&path, node, &words) {
            Ok(word) => {
                self.push(&path, Scalar::text(word), node.origin, true);
                Ok(variants.case(word).map(|case| case.word))
            }
            Err(problem) => {
                self.error(node.origin, problem);
                Err(())
            }
        }
    }

    fn unknown(
        &mut self,
        schema: &'static TableSchema,
        path: &str,
        table: &Table,
        word: Option<&str>,
    ) {
        let known = schema.keys(word);
        for entry in &table.entries {
            if known.contains(&entry.key.as_str()) {
                continue;
            }
            let variants = schema.variants.as_ref();
            let tag = variants.map(|variants| variants.tag);
            let elsewhere = variants
                .into_iter()
                .flat_map(|variants| variants.cases)
                .filter(|case| case.fields.iter().any(|field| field.name == entry.key))
                .map(|case| format!("{} = \"{}\"", tag.unwrap_or_default(), case.word))
                .collect();
            let variant = tag
                .zip(word)
                .map(|(tag, word)| format!("{} = \"{word}\"", join(path, tag)));
            self.error(
                entry.key_origin,
                Problem::UnknownField {
                    path: join(path, &entry.key),
                    known: known.iter().map(|&key| key.to_owned()).collect(),
                    variant,
                    elsewhere,
                },
            );
        }
    }

    fn field(&mut self, field: &'static Field, path: &str, node: &Node) {
        match &field.kind {
            FieldKind::Table(inner) => match node.as_table() {
                Some(table) => self.table(inner, path, table, node.origin),
                None => self.error(node.origin, wrong_type(path, node, "a table")),
            },
            FieldKind::List(inner) => match node.as_list() {
                Some([]) => self.error(
                    node.origin,
                    Problem::OutOfRange {
                        path: path.to_owned(),
                        value: "[]".to_owned(),
                        wanted: "a list of at least one table".to_owned(),
                    },
                ),
                Some(items) => {
                    for (i, item) in items.iter().enumerate() {
                        let path = format!("{path}.{i}");
                        match item.as_table() {
                            Some(table) => self.table(inner, &path, table, item.origin),
                            None => self.error(item.origin, wrong_type(&path, item, "a table")),
                        }
                    }
                }
                None => self.error(node.origin, wrong_type(path, node, "a list of tables")),
            },
            _ => match read_scalar(&field.kind, path, node) {
                Ok(value) => self.push(path, value, node.origin, true),
                Err(problem) => self.error(node.origin, problem),
            },
        }
    }

    fn absent(&mut self, field: &'static Field, path: &str, table: &Table, origin: Origin) {
        match (&field.presence, &field.kind) {
            (Presence::Default(default), _) => self.push(path, default(), origin, false),
            (Presence::Defaults, FieldKind::Table(inner)) => {
                self.table(inner, path, &Table::default(), origin);
            }
            (Presence::Required, kind) => self.missing(path.to_owned(), wanted(kind), origin),
            (Presence::Unless(other), kind) if table.get(other).is_none() => {
                let wanted = format!("{}, unless {other} is written", wanted(kind));
                self.missing(path.to_owned(), wanted, origin);
            }
            (Presence::Optional | Presence::Defaults | Presence::Unless(_), _) => {}
        }
    }
}

fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    format!("one of {}", listed(&quoted, 20))
}

/// What a field must be, range included.
pub fn wanted(kind: &FieldKind) -> String {
    match kind {
        FieldKind::Whole(low, high) if low == high => low.to_string(),
        FieldKind::Whole(low, high) => format!("a whole number from {low} to {high}"),
        FieldKind::Real(interval) => interval.to_string(),
        FieldKind::Bool => "true or false".to_owned(),
        FieldKind::Text => "a text".to_owned(),
        FieldKind::Texts => "a text or a list of texts".to_owned(),
        FieldKind::Choice(words) => one_of(words),
        FieldKind::Table(_) => "a table".to_owned(),
        FieldKind::List(_) => "a list of tables".to_owned(),
    }
}

/// The error of a value of the wrong type; of a number that no float holds, that it is one.
pub fn wrong_type(path: &str, node: &Node, wanted: &str) -> Problem {
    if let Value::UnreadFloat(_, unread) = &node.value {
        return Problem::Unread {
            path: path.to_owned(),
            unread: unread.clone(),
        };
    }
    Problem::WrongType {
        path: path.to_owned(),
        found: node.found(),
        wanted: wanted.to_owned(),
    }
}

fn read_word(path: &str, node: &Node, words: &[&'static str]) -> Result<&'static str, Problem> {
    let Some(text) = node.as_text() else {
        return Err(wrong_type(path, node, &one_of(words)));
    };
    match words.iter().find(|word| **word == text) {
        Some(word) => Ok(word),
        None => Err(Problem::NotAWord {
            path: path.to_owned(),
            word: text.to_owned(),
            words: words.iter().map(|&word| word.to_owned()).collect(),
        }),
    }
}

/// The word of a choice.
pub fn read_choice(path: &str, node: &Node, words: &[&'static str]) -> Result<Scalar, Problem> {
    read_word(path, node, words).map(Scalar::text)
}

/// The value of a field that holds one value.
pub fn read_scalar(kind: &FieldKind, path: &str, node: &Node) -> Result<Scalar, Problem> {
    let out_of_range = || Problem::OutOfRange {
        path: path.to_owned(),
        value: node.value.to_string(),
        wanted: wanted(kind),
    };
    match (kind, &node.value) {
        (FieldKind::Whole(low, high), Value::Integer(value)) => match u64::try_from(*value) {
            Ok(whole) if (*low..=*high).contains(&whole) => Ok(Scalar::Integer(*value)),
            _ => Err(out_of_range()),
        },
        (FieldKind::Real(interval), Value::Integer(_) | Value::Float(_)) => {
            let value = match node.value {
                Value::Integer(value) => value as f64,
                Value::Float(value) => value,
                _ => f64::NAN,
            };
            if interval.contains(value) {
                Ok(Scalar::float(value))
            } else {
                Err(out_of_range())
            }
        }
        (FieldKind::Whole(..) | FieldKind::Real(_), Value::HugeInteger(_)) => Err(out_of_range()),
        (FieldKind::Bool, Value::Bool(value)) => Ok(Scalar::Bool(*value)),
        (FieldKind::Text | FieldKind::Texts, Value::Text(text)) => Ok(Scalar::text(text)),
        (FieldKind::Texts, Value::List(items)) if !items.is_empty() => {
            let texts: Option<Vec<Arc<str>>> = items
                .iter()
                .map(|item| item.as_text().map(Arc::from))
                .collect();
            match texts.as_deref() {
                None => Err(wrong_type(path, node, &wanted(kind))),
                // One in brackets is the same as one.
                Some([one]) => Ok(Scalar::Text(one.clone())),
                Some(texts) => Ok(Scalar::Texts(texts.into())),
            }
        }
        (FieldKind::Choice(words), _) => read_choice(path, node, words),
        (FieldKind::Whole(..), _) => Err(wrong_type(path, node, "a whole number")),
        (FieldKind::Real(_), _) => Err(wrong_type(path, node, "a number")),
        (kind, _) => Err(wrong_type(path, node, &wanted(kind))),
    }
}
