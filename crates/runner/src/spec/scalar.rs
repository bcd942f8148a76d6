//! One value of one field, as it is written into specs, tables and identities.

use std::fmt;
use std::sync::Arc;

/// The value of a field. Equal parameters are equal scalars: a float field never holds an integer,
/// and −0 is stored as 0.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// A whole number.
    Integer(i64),
    /// A finite real number.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// A text, or one word of a choice.
    Text(Arc<str>),
    /// Several texts.
    Texts(Arc<[Arc<str>]>),
}

impl Scalar {
    /// A text.
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// A real number; −0 becomes 0, which is the same parameter.
    pub fn float(value: f64) -> Self {
        Self::Float(value + 0.0)
    }

    /// The value as a number, if it is one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            Self::Bool(_) | Self::Text(_) | Self::Texts(_) => None,
        }
    }

    /// The value as a text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value as TOML: texts quoted, floats always with a point or an exponent.
    pub fn to_toml(&self) -> String {
        match self {
            Self::Float(value) => format!("{value:?}"),
            Self::Text(text) => quoted(text),
            Self::Texts(texts) => {
                let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
                format!("[{}]", texts.join(", "))
            }
            _ => self.to_string(),
        }
    }
}

/// Shortest form that reads back to the same value: `1e-6`, `0.5`, `1`; texts as they are, several with
/// commas between them.
impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => write!(f, "{value}"),
            Self::Float(value) => f.write_str(&shortest(*value)),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Text(text) => f.write_str(text),
            Self::Texts(texts) => f.write_str(&texts.join(", ")),
        }
    }
}

/// A float in shortest round-trip form, without the `.0` of whole numbers.
///
/// `{}` would write 1e-300 with 300 zeros, hence the debug form.
pub fn shortest(value: f64) -> String {
    let mut text = format!("{value:?}");
    if text.ends_with(".0") {
        text.truncate(text.len() - 2);
    }
    text
}

/// `text` as a TOML basic string.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortest_round_trip() {
        for (value, text) in [
            (1e-6, "1e-6"),
            (0.1, "0.1"),
            (1.0, "1"),
            (-0.0, "0"),
            (1e300, "1e300"),
            (0.1 + 0.2, "0.30000000000000004"),
        ] {
            let scalar = Scalar::float(value);
            assert_eq!(scalar.to_string(), text);
            assert_eq!(scalar.to_string().parse::<f64>().unwrap(), value);
            assert_eq!(scalar.to_toml().parse::<f64>().unwrap(), value);
        }
        assert_eq!(Scalar::float(1.0).to_toml(), "1.0");
    }

    #[test]
    fn texts_are_quoted_for_toml() {
        let text = "a \"b\" \\ \n\t\u{1} é";
        let table: toml::Table = toml::from_str(&format!("x = {}", quoted(text))).unwrap();
        assert_eq!(table["x"].as_str(), Some(text));
    }
}
