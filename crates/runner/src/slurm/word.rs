//! Texts of job scripts and of the commands that are printed: what a user, a spec or the environment
//! says reaches a script only as a [`Word`] or as [`Options`].

use std::fmt;
use std::str::FromStr;
use synapse_report::shell;
use synapse_report::words::visible;

/// A text without control characters: a line break in it would begin a new command of the script.
///
/// Parsing is the only way to make one of a text that is not the program's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word(String);

/// Why a text is no word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAWord;

impl fmt::Display for NotAWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "control characters, such as line breaks, are not allowed in a job script; leave them out",
        )
    }
}

impl std::error::Error for NotAWord {}

impl FromStr for Word {
    type Err = NotAWord;

    fn from_str(text: &str) -> Result<Self, NotAWord> {
        if visible(text) == text {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAWord)
        }
    }
}

impl Word {
    /// As it is: for the arguments of a process, which no shell reads.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a POSIX shell reads it.
    pub fn for_shell(&self) -> String {
        shell::quoted(&self.0)
    }

    /// As sbatch reads it from a line `#SBATCH`: in double quotes, where a backslash escapes.
    pub fn for_sbatch(&self) -> String {
        if !self.0.is_empty() && self.0.chars().all(shell::is_plain) {
            return self.0.clone();
        }
        let mut quoted = String::from("\"");
        for c in self.0.chars() {
            if matches!(c, '"' | '\\') {
                quoted.push('\\');
            }
            quoted.push(c);
        }
        quoted.push('"');
        quoted
    }

    /// The word, and a text of this program after it.
    pub fn with(&self, end: &'static str) -> Self {
        Self(format!("{}{end}", self.0))
    }

    /// As a part of a file name of sbatch, where a percent sign begins a symbol of Slurm's.
    pub fn without_symbols(&self) -> Self {
        Self(self.0.replace('%', "%%"))
    }
}

/// Options of sbatch as written, one line of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options(Word);

impl FromStr for Options {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(word) if text.starts_with('-') => Ok(Self(word)),
            _ => Err(
                "write options of sbatch on one line without control characters, as in \"--account=lab\"",
            ),
        }
    }
}

impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Word {
        text.parse().unwrap()
    }

    #[test]
    fn words_survive_shell_and_sbatch() {
        assert_eq!(word("it's $HOME").for_shell(), r"'it'\''s $HOME'");
        assert_eq!(word(r#"a "b" \c #d"#).for_sbatch(), r#""a \"b\" \\c #d""#);
        assert_eq!(word("").for_sbatch(), "\"\"");
        assert_eq!(
            word("50%").without_symbols().with("/%j").as_str(),
            "50%%/%j"
        );
    }

    #[test]
    fn what_would_begin_a_line_or_hide_one_is_no_word() {
        for text in [
            "short\nrm -rf ~",
            "a\rb",
            "a\0b",
            "\u{1b}[2J",
            "\u{85}",
            "\u{202e}x",
        ] {
            assert_eq!(text.parse::<Word>(), Err(NotAWord), "{text:?}");
            assert!(format!("--{text}").parse::<Options>().is_err(), "{text:?}");
        }
        assert!("account".parse::<Options>().is_err());
        let options: Options = "--account=lab --mem=4G".parse().unwrap();
        assert_eq!(options.to_string(), "--account=lab --mem=4G");
    }
}
