//! How a table is written.

use std::fmt;

/// What stands between two cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Separator {
    /// `,`
    #[default]
    Comma,
    /// `;`
    Semicolon,
    /// A tab.
    Tab,
    /// Any number of blanks and tabs.
    Blank,
}

impl Separator {
    /// All, in the order in which they are tried.
    pub const ALL: [Self; 4] = [Self::Comma, Self::Semicolon, Self::Tab, Self::Blank];
    /// Their words, in the same order.
    pub const WORDS: [&'static str; 4] = [",", ";", "tab", "blank"];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Comma => ",",
            Self::Semicolon => ";",
            Self::Tab => "tab",
            Self::Blank => "blank",
        }
    }

    /// The separator of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// What stands before the decimals of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Decimal {
    /// `.`
    #[default]
    Point,
    /// `,`
    Comma,
}

impl Decimal {
    /// The words, as they are written in numbers.
    pub const WORDS: [&'static str; 2] = [".", ","];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Point => ".",
            Self::Comma => ",",
        }
    }

    /// The decimal sign of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Point, Self::Comma]
            .into_iter()
            .find(|one| one.word() == word)
    }
}

/// How a table is written. By default as RFC 4180 has it: a header in line 1, commas, decimal points.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Dialect {
    /// What stands between two cells.
    pub separator: Separator,
    /// What stands before the decimals of a number.
    pub decimal: Decimal,
    /// Lines before the header, whatever they hold.
    pub skip_lines: usize,
    /// Lines that begin with this are no rows.
    pub comment: Option<String>,
    /// Whether the line after the header holds units.
    pub units_row: bool,
}

impl Dialect {
    /// What has to be set to come from this dialect to another: `set target.separator = ";" and
    /// target.units_row = true`.
    pub fn way_to(&self, other: &Self, table: &str) -> Option<Way> {
        let mut settings = Vec::new();
        if self.separator != other.separator {
            settings.push(format!(
                "{table}.separator = \"{}\"",
                other.separator.word()
            ));
        }
        if self.decimal != other.decimal {
            settings.push(format!("{table}.decimal = \"{}\"", other.decimal.word()));
        }
        if self.skip_lines != other.skip_lines {
            settings.push(format!("{table}.skip_lines = {}", other.skip_lines));
        }
        if let Some(comment) = other
            .comment
            .as_ref()
            .filter(|_| self.comment != other.comment)
        {
            settings.push(format!("{table}.comment = \"{comment}\""));
        }
        if self.units_row != other.units_row {
            settings.push(format!("{table}.units_row = {}", other.units_row));
        }
        let seen = if self.separator != other.separator {
            let name = match other.separator {
                Separator::Comma => "','",
                Separator::Semicolon => "';'",
                Separator::Tab => "tabs",
                Separator::Blank => "blanks",
            };
            format!("its columns look separated by {name}")
        } else if self.skip_lines != other.skip_lines {
            format!("its header looks to be in line {}", other.skip_lines + 1)
        } else if self.comment != other.comment {
            "its header looks to follow comments".to_owned()
        } else if self.units_row != other.units_row {
            "the line after its header looks to hold units".to_owned()
        } else if self.decimal != other.decimal {
            format!("its numbers look written with '{}'", other.decimal.word())
        } else {
            return None;
        };
        Some(Way { seen, settings })
    }
}

/// What a table looks like, and what to set for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// What it looks like, in words.
    pub seen: String,
    /// `target.separator = ";"`, …
    pub settings: Vec<String>,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: set {}", self.seen, self.settings.join(" and "))
    }
}
