//! Text to a located document: a tree of TOML values that know where each was written.
//!
//! The tree is our own, so that values from the file, from `--set` and from a sweep are one kind of
//! thing, and every later error can name its place.

use super::error::{Problem, SpecError};
use super::scalar::quoted;
use std::fmt;
use synapse_report::number::{self, Unread};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where something was written. Ordered as errors are told: the file, places in it, then `--set`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The spec as a whole.
    File,
    /// A place in it; both count from 1, columns in characters.
    At {
        /// Line.
        line: u32,
        /// Column.
        column: u32,
    },
    /// The n-th `--set` of the command line, counted from 0.
    Set(u32),
}

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it was written.
    pub origin: Origin,
}

/// A TOML value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A whole number.
    Integer(i64),
    /// A whole number that does not fit 64 bits, as written.
    HugeInteger(String),
    /// A real number.
    Float(f64),
    /// A real number that would become 0 or infinite, as written.
    UnreadFloat(String, Unread),
    /// True or false.
    Bool(bool),
    /// A text.
    Text(String),
    /// A date or a time: no field is one, but a person may write one.
    Datetime(String),
    /// A list.
    List(Vec<Node>),
    /// A table.
    Table(Table),
}

/// A table in the order written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Keys and values.
    pub entries: Vec<Entry>,
}

/// A key of a table and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key was written.
    pub key_origin: Origin,
    /// Its value.
    pub node: Node,
}

impl Table {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// A key with its value.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries
            .iter_mut()
            .find(|entry| entry.key == key)
            .map(|entry| &mut entry.node)
    }

    /// Set a key, at its old position if it is there already.
    pub fn insert(&mut self, entry: Entry) {
        match self.entries.iter_mut().find(|old| old.key == entry.key) {
            Some(old) => *old = entry,
            None => self.entries.push(entry),
        }
    }

    /// Put `node` at a dotted path, making the tables in between; a number is a position in a list.
    ///
    /// Returns false, and changes nothing of value, if something on the way is neither table nor list.
    pub fn set_path(&mut self, path: &str, key_origin: Origin, node: Node) -> bool {
        let (first, rest) = match path.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        let Some(rest) = rest else {
            self.insert(Entry {
                key: first.into(),
                key_origin,
                node,
            });
            return true;
        };
        if self.get(first).is_none() {
            self.insert(Entry {
                key: first.into(),
                key_origin,
                node: Node::table(Table::default(), key_origin),
            });
        }
        match self.get_mut(first) {
            Some(next) => next.set_path(rest, key_origin, node),
            None => false,
        }
    }
}

impl Node {
    /// A table.
    pub fn table(table: Table, origin: Origin) -> Self {
        Self {
            value: Value::Table(table),
            origin,
        }
    }

    /// The table, if it is one.
    pub fn as_table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The list, if it is one.
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn set_path(&mut self, path: &str, key_origin: Origin, node: Node) -> bool {
        match &mut self.value {
            Value::Table(table) => table.set_path(path, key_origin, node),
            Value::List(list) => {
                let (first, rest) = match path.split_once('.') {
                    Some((first, rest)) => (first, Some(rest)),
                    None => (path, None),
                };
                let Some(item) = first.parse::<usize>().ok().and_then(|i| list.get_mut(i)) else {
                    return false;
                };
                match rest {
                    Some(rest) => item.set_path(rest, key_origin, node),
                    None => {
                        *item = node;
                        true
                    }
                }
            }
            _ => false,
        }
    }

    /// What this is, for messages: `text "1.5"`, `number 3`, `a table`.
    pub fn found(&self) -> String {
        match &self.value {
            Value::List(_) => "a list".into(),
            Value::Table(_) => "a table".into(),
            Value::Text(_) => format!("text {}", self.value),
            Value::Datetime(_) => format!("date or time {}", self.value),
            Value::Bool(_) => self.value.to_string(),
            _ => format!("number {}", self.value),
        }
    }
}

/// The value as TOML.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => write!(f, "{value}"),
            Self::HugeInteger(text) | Self::UnreadFloat(text, _) | Self::Datetime(text) => {
                f.write_str(text)
            }
            // Not the debug form of NaN and infinity: TOML writes them small.
            Self::Float(value) if value.is_nan() => f.write_str("nan"),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::List(list) => {
                f.write_str("[")?;
                for (i, item) in list.iter().enumerate() {
                    let comma = if i == 0 { "" } else { ", " };
                    write!(f, "{comma}{}", item.value)?;
                }
                f.write_str("]")
            }
            Self::Table(table) if table.entries.is_empty() => f.write_str("{}"),
            Self::Table(table) => {
                f.write_str("{ ")?;
                for (i, entry) in table.entries.iter().enumerate() {
                    let comma = if i == 0 { "" } else { ", " };
                    write!(
                        f,
                        "{comma}{} = {}",
                        bare_or_quoted(&entry.key),
                        entry.node.value
                    )?;
                }
                f.write_str(" }")
            }
        }
    }
}

/// A key as TOML: bare if it may be.
pub fn bare_or_quoted(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !key.is_empty() && key.chars().all(bare) {
        key.into()
    } else {
        quoted(key)
    }
}

/// Parse a spec. A syntax error ends it (what follows one is guesswork); a key that is there twice
/// does not, so that it is told together with everything else.
pub fn parse(text: &str, errors: &mut Vec<SpecError>) -> Option<Table> {
    let lines = Lines::new(text);
    let (table, mut syntax) = DeTable::parse_recoverable(text);
    syntax.sort_by_key(|error| error.span().map_or(0, |span| span.start));
    let mut broken = false;
    for error in &syntax {
        let span = error.span().unwrap_or(0..0);
        let origin = lines.origin(span.start);
        if error.message().starts_with("duplicate key") {
            let key = text.get(span).unwrap_or_default().to_owned();
            errors.push(SpecError::new(origin, Problem::DuplicateKey { key }));
        } else if !broken {
            broken = true;
            errors.push(SpecError::new(
                origin,
                Problem::Syntax {
                    message: error.message().to_owned(),
                },
            ));
        }
    }
    (!broken).then(|| convert_table(table.get_ref(), &|offset| lines.origin(offset)))
}

/// Parse one TOML value, as after `--set path=`; `None` if it is not one.
pub fn parse_value(text: &str, origin: Origin) -> Option<Node> {
    let value = DeValue::parse(text).ok()?;
    Some(convert(&value, &|_| origin))
}

fn convert_table(table: &DeTable<'_>, origin: &dyn Fn(usize) -> Origin) -> Table {
    let entries = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_origin: origin(key.span().start),
            node: convert(value, origin),
        })
        .collect();
    Table { entries }
}

fn convert(value: &Spanned<DeValue<'_>>, origin: &dyn Fn(usize) -> Origin) -> Node {
    let converted = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(value) => Value::Integer(value),
            Err(_) => Value::HugeInteger(integer.to_string()),
        },
        // What TOML calls a float, Rust can read: the parser has removed underscores.
        DeValue::Float(float) => match number::read(float.as_str()) {
            Ok(value) => Value::Float(value),
            Err(Unread::NotANumber) => Value::Float(f64::NAN),
            Err(unread) => Value::UnreadFloat(float.as_str().to_owned(), unread),
        },
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(datetime) => Value::Datetime(datetime.to_string()),
        DeValue::Array(array) => {
            Value::List(array.iter().map(|item| convert(item, origin)).collect())
        }
        DeValue::Table(table) => Value::Table(convert_table(table, origin)),
    };
    Node {
        value: converted,
        origin: origin(value.span().start),
    }
}

/// Offsets in a text to lines and columns.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self { text, starts }
    }

    fn origin(&self, offset: usize) -> Origin {
        let line = self.starts.partition_point(|&start| start <= offset);
        let start = self.starts[line - 1];
        let before = self.text.get(start..offset).unwrap_or_default();
        Origin::At {
            line: line as u32,
            column: before.chars().count() as u32 + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, column: u32) -> Origin {
        Origin::At { line, column }
    }

    fn parsed(text: &str) -> Table {
        let mut errors = Vec::new();
        let table = parse(text, &mut errors).unwrap();
        assert!(errors.is_empty(), "{errors:?}");
        table
    }

    #[test]
    fn every_value_knows_its_place() {
        let table = parsed(
            "a = 1\n[\"µ\"]\nb = 'é' \n\"c.d\" = [1, { x = 2.5 }]\n[[e]]\n[[e]]\nf = true\n",
        );
        assert_eq!(table.entry("a").unwrap().key_origin, at(1, 1));
        assert_eq!(table.get("a").unwrap().origin, at(1, 5));
        let micro = table.get("µ").unwrap().as_table().unwrap();
        assert_eq!(micro.get("b").unwrap().origin, at(3, 5));
        let list = micro.get("c.d").unwrap().as_list().unwrap();
        assert_eq!(list[0].origin, at(4, 10));
        let x = list[1].as_table().unwrap().get("x").unwrap();
        assert_eq!((x.origin, &x.value), (at(4, 19), &Value::Float(2.5)));
        let blocks = table.get("e").unwrap().as_list().unwrap();
        assert_eq!((blocks[0].origin, blocks[1].origin), (at(5, 1), at(6, 1)));
    }

    #[test]
    fn writing_and_reading_is_the_identity() {
        let table = parsed("x = { a = [1, 2.0, 1e-6, 'q\"'], \"b.c\" = { d = true }, e = {} }\n");
        let text = format!("x = {}", table.get("x").unwrap().value);
        assert_eq!(
            text,
            r#"x = { a = [1, 2.0, 1e-6, "q\""], "b.c" = { d = true }, e = {} }"#
        );
    }

    #[test]
    fn paths_make_tables_and_enter_lists() {
        let mut table = parsed("list = [{ a = 1 }]\nnumber = 3\n");
        let node = |value| Node {
            value: Value::Integer(value),
            origin: Origin::Set(0),
        };
        assert!(table.set_path("new.deep", Origin::Set(0), node(7)));
        assert!(table.set_path("list.0.a", Origin::Set(0), node(8)));
        assert!(!table.set_path("list.1.a", Origin::Set(0), node(9)));
        assert!(!table.set_path("number.x", Origin::Set(0), node(9)));
        let text = Value::Table(table).to_string();
        assert_eq!(
            text,
            "{ list = [{ a = 8 }], number = 3, new = { deep = 7 } }"
        );
    }
}
