//! What can be wrong with a spec, and how it is told.
//!
//! Every message names the file, line and column (or the `--set`), the dotted path, the value, what is
//! allowed, and the nearest known name. All errors of a spec are told at once, in order of position.

mod axis;
mod expect;

pub use axis::{AxisProblem, SetProblem};
pub use expect::ExpectProblem;

use super::document::Origin;
use super::signal::SignalError;
use super::words::{count, did_you_mean, listed, nearest};
use std::fmt;
use synapse_core::params::ParamError;
use synapse_report::number::Unread;
use synapse_report::words::{shortened as short, visible};

/// One error: where, and what.
#[derive(Debug, Clone, PartialEq)]
pub struct SpecError {
    /// Where it was caused.
    pub origin: Origin,
    /// What is wrong.
    pub problem: Problem,
}

impl SpecError {
    /// An error at a place.
    pub fn new(origin: Origin, problem: Problem) -> Self {
        Self { origin, problem }
    }
}

/// All errors of a spec, in order of position. Its `Display` is one line per error.
#[derive(Debug, Clone, PartialEq)]
pub struct SpecErrors {
    file: String,
    sets: Vec<String>,
    errors: Vec<SpecError>,
}

impl SpecErrors {
    /// Errors of `file` with these `--set` texts; sorted, each message once.
    pub(crate) fn new(file: &str, sets: &[String], mut errors: Vec<SpecError>) -> Self {
        errors.sort_by_key(|error| error.origin);
        let mut seen = Vec::new();
        errors.retain(|error| {
            let new = !seen.contains(error);
            if new {
                seen.push(error.clone());
            }
            new
        });
        Self {
            file: file.to_owned(),
            sets: sets.to_vec(),
            errors,
        }
    }

    /// The errors.
    pub fn errors(&self) -> &[SpecError] {
        &self.errors
    }
}

impl fmt::Display for SpecErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.errors.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            match error.origin {
                Origin::File => write!(f, "{}: ", self.file)?,
                Origin::At { line, column } => write!(f, "{}:{line}:{column}: ", self.file)?,
                Origin::Set(n) => {
                    let text = self.sets.get(n as usize).map_or("", String::as_str);
                    write!(f, "--set {}: ", short(text))?;
                }
            }
            // Names and values of users are in it, and none may move the cursor.
            f.write_str(&visible(&error.problem.to_string()))?;
        }
        Ok(())
    }
}

impl std::error::Error for SpecErrors {}

/// What is wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum Problem {
    /// The file cannot be read.
    Unreadable {
        /// Why.
        kind: std::io::ErrorKind,
    },
    /// The path is that of a folder.
    IsFolder,
    /// The path is that of a pipe, a device or a socket.
    NotAFile,
    /// The file is not UTF-8 text.
    NotUtf8 {
        /// The first line that is not.
        line: usize,
    },
    /// Not TOML.
    Syntax {
        /// What the parser says.
        message: String,
    },
    /// A key that is there twice.
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// A key that no table of this kind has.
    UnknownField {
        /// Full path.
        path: String,
        /// The keys that are known here.
        known: Vec<String>,
        /// The chosen variant, e.g. `kind = "classical"`.
        variant: Option<String>,
        /// The variants that have the key, e.g. `kind = "force"`.
        elsewhere: Vec<String>,
    },
    /// A required field that is nowhere.
    Missing {
        /// Full path.
        path: String,
        /// What it must be.
        wanted: String,
    },
    /// A value of the wrong type.
    WrongType {
        /// Full path.
        path: String,
        /// What was found.
        found: String,
        /// What it must be.
        wanted: String,
    },
    /// A value outside what is allowed.
    OutOfRange {
        /// Full path.
        path: String,
        /// The value.
        value: String,
        /// What it must be.
        wanted: String,
    },
    /// A number that no float holds.
    Unread {
        /// Full path.
        path: String,
        /// Why.
        unread: Unread,
    },
    /// A word that is none of a choice.
    NotAWord {
        /// Full path.
        path: String,
        /// The word.
        word: String,
        /// The choice.
        words: Vec<String>,
    },
    /// A schema version that this program does not know.
    Newer {
        /// The version found.
        found: i64,
    },
    /// Parameters that do not fit each other.
    Parameters {
        /// What is wrong.
        error: ParamError,
        /// Whether the field itself was not written.
        by_default: bool,
    },
    /// A sweep or `zip` that is wrong.
    Axis(AxisProblem),
    /// A `--set` that is wrong.
    Set(SetProblem),
    /// More runs than can be meant.
    TooManyRuns {
        /// The product, spelled out.
        product: String,
        /// The limit.
        limit: u64,
    },
    /// Two conditions that are the same.
    SameConditions {
        /// The later one.
        this: String,
        /// The earlier one.
        other: String,
        /// How many more points of the two blocks are the same.
        more: u64,
    },
    /// Several target replicates of a target that is always the same.
    OneSignal {
        /// The kind of target.
        kind: &'static str,
        /// The replicates asked for.
        targets: u64,
    },
    /// Target replicates that are not one for each signal.
    OtherSignals {
        /// The signals of a condition.
        signals: u64,
        /// The replicates asked for.
        targets: u64,
    },
    /// More traces than targets.
    TooManyTraces {
        /// Traces asked for.
        traces: u64,
        /// Targets there are.
        targets: u64,
    },
    /// A signal that cannot be used.
    Signal {
        /// The file, as written.
        path: String,
        /// The column, as written.
        column: String,
        /// What is wrong.
        error: Box<SignalError>,
    },
    /// An expectation that is wrong.
    Expectation(ExpectProblem),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { kind } => match kind {
                std::io::ErrorKind::NotFound => f.write_str("no such file"),
                kind => write!(f, "cannot be read: {kind}"),
            },
            Self::IsFolder => f.write_str("this is a folder; name the study's TOML file"),
            Self::NotAFile => f.write_str(
                "not a regular file; write the study to a file, which is read more than once",
            ),
            Self::NotUtf8 { line } => write!(
                f,
                "line {line} is not UTF-8 text; save the file with UTF-8 encoding"
            ),
            Self::Syntax { message } => write!(f, "not valid TOML: {message}"),
            Self::DuplicateKey { key } => {
                let key = short(key);
                write!(f, "{key}: written twice in the same table; keep one")
            }
            Self::UnknownField {
                path,
                known,
                variant,
                elsewhere,
            } => {
                let key = path.rsplit('.').next().unwrap_or(path);
                let near = nearest(key, known.iter().map(String::as_str));
                write!(f, "{}: unknown field", short(path))?;
                if let Some(variant) = variant {
                    write!(f, " where {variant}")?;
                }
                if elsewhere.is_empty() {
                    f.write_str(&did_you_mean(near))?;
                    let separator = if near.is_some() { "" } else { ";" };
                    write!(f, "{separator} known here: {}", listed(known, 20))
                } else {
                    let owners = elsewhere.join(" and ");
                    write!(
                        f,
                        " (it belongs to {owners}); known here: {}",
                        listed(known, 20)
                    )
                }
            }
            Self::Missing { path, wanted } => write!(f, "{path}: missing; must be {wanted}"),
            Self::WrongType {
                path,
                found,
                wanted,
            } => write!(
                f,
                "{}: must be {wanted}, found {}",
                short(path),
                short(found)
            ),
            Self::OutOfRange {
                path,
                value,
                wanted,
            } => write!(f, "{} = {}: must be {wanted}", short(path), short(value)),
            Self::Unread { path, unread } => write!(f, "{}: {unread}", short(path)),
            Self::NotAWord { path, word, words } => {
                let near = nearest(word, words.iter().map(String::as_str));
                let quoted: Vec<String> = words.iter().map(|w| format!("\"{w}\"")).collect();
                write!(
                    f,
                    "{} = \"{}\": must be one of {}{}",
                    short(path),
                    short(word),
                    listed(&quoted, 20),
                    did_you_mean(near)
                )
            }
            Self::Newer { found } => write!(
                f,
                "schema = {found}: this program reads schema 1; a newer one needs a newer program"
            ),
            Self::Parameters { error, by_default } => {
                let text = error.to_string();
                match text.split_once(": ") {
                    Some((head, tail)) if *by_default => write!(f, "{head} (the default): {tail}"),
                    _ => f.write_str(&text),
                }
            }
            Self::Axis(problem) => problem.fmt(f),
            Self::Set(problem) => problem.fmt(f),
            Self::TooManyRuns { product, limit } => {
                write!(f, "too many runs: {product}; at most {limit}")
            }
            Self::SameConditions { this, other, more } => {
                if this == other {
                    write!(f, "{this} is there twice")?;
                } else {
                    write!(f, "{this} has the same parameters as {other}")?;
                }
                if *more > 0 {
                    write!(f, " (and so {} more)", have(*more))?;
                }
                f.write_str("; every condition may be there once")
            }
            Self::OneSignal { kind, targets } => write!(
                f,
                "replicates.targets = {targets}: a target of kind \"{kind}\" is one fixed signal: replicates.targets must be 1"
            ),
            Self::OtherSignals { signals, targets } => write!(
                f,
                "replicates.targets = {targets}: the target has {signals} signals, one for each target replicate; set \
                 replicates.targets = {signals}, or leave it out"
            ),
            Self::TooManyTraces { traces, targets } => write!(
                f,
                "replicates.traces = {traces}: must be at most replicates.targets = {targets}"
            ),
            Self::Signal { error, .. } if matches!(**error, SignalError::Fields { .. }) => {
                error.fmt(f)
            }
            Self::Signal { path, error, .. } if error.is_about_file() => {
                write!(f, "target.path = \"{}\": {error}", short(path))
            }
            Self::Signal {
                path,
                column,
                error,
            } => write!(
                f,
                "target.path = \"{}\", target.column = \"{}\": {error}",
                short(path),
                short(column)
            ),
            Self::Expectation(problem) => problem.fmt(f),
        }
    }
}

fn have(more: u64) -> String {
    let verb = if more == 1 { "has" } else { "have" };
    format!("{verb} {}", count(more, "point"))
}
