//! Text to lines, and lines to cells.

use super::Separator;
use std::borrow::Cow;

/// The lines of a text with their numbers, comments left out. A line ends at CR, LF or CRLF.
pub(super) struct Lines<'t> {
    rest: &'t str,
    number: u64,
    comment: Option<String>,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str, comment: Option<&str>) -> Self {
        Self {
            rest: text,
            number: 0,
            comment: comment.map(str::to_owned),
        }
    }

    /// Leaves out lines, whatever they hold.
    pub(super) fn leave_out(&mut self, lines: usize) {
        for _ in 0..lines {
            if self.any().is_none() {
                break;
            }
        }
    }

    /// The next line, be it a comment or not.
    fn any(&mut self) -> Option<(u64, &'t str)> {
        if self.rest.is_empty() {
            return None;
        }
        self.number += 1;
        let end = self.rest.find(['\n', '\r']).unwrap_or(self.rest.len());
        let line = &self.rest[..end];
        let after = &self.rest[end..];
        let width = if after.starts_with("\r\n") {
            2
        } else {
            after.len().min(1)
        };
        self.rest = &after[width..];
        Some((self.number, line))
    }
}

impl<'t> Iterator for Lines<'t> {
    type Item = (u64, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (number, line) = self.any()?;
            let comment = self.comment.as_deref();
            if !comment.is_some_and(|comment| line.trim_start().starts_with(comment)) {
                return Some((number, line));
            }
        }
    }
}

/// A quote that does not do what quotes are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum QuoteFault {
    /// Never closed.
    Open(char),
    /// In the middle of a cell.
    Inside(char),
}

/// Cuts a line into cells, without the blanks around them and the quotes around their text.
pub(super) fn cells<'t>(
    line: &'t str,
    separator: Separator,
    cells: &mut Vec<Cow<'t, str>>,
) -> Result<(), QuoteFault> {
    let is_separator = |c: char| match separator {
        Separator::Comma => c == ',',
        Separator::Semicolon => c == ';',
        Separator::Tab => c == '\t',
        Separator::Blank => c == ' ' || c == '\t',
    };
    // Tabs are no blanks around a cell where they separate cells.
    let is_blank =
        |c: char| c.is_whitespace() && (separator == Separator::Blank || !is_separator(c));
    let mut rest = match separator {
        Separator::Blank => line.trim_matches(is_blank),
        _ => line,
    };
    loop {
        rest = rest.trim_start_matches(is_blank);
        let (cell, after) = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => quoted(rest, quote)?,
            _ => {
                let end = rest.find(is_separator).unwrap_or(rest.len());
                let cell = rest[..end].trim_end_matches(is_blank);
                if cell.contains('"') {
                    return Err(QuoteFault::Inside('"'));
                }
                (Cow::Borrowed(cell), &rest[end..])
            }
        };
        cells.push(cell);
        let after_blanks = after.trim_start_matches(is_blank);
        if after_blanks.is_empty() {
            return Ok(());
        }
        rest = match separator {
            Separator::Blank if after_blanks.len() < after.len() => after_blanks,
            Separator::Blank => return Err(QuoteFault::Inside(last_quote(rest, after))),
            _ => match after_blanks.strip_prefix(is_separator) {
                Some(rest) => rest,
                None => return Err(QuoteFault::Inside(last_quote(rest, after))),
            },
        };
    }
}

/// The text in the quotes at the start, doubled ones taken once, and what follows them.
fn quoted(text: &str, quote: char) -> Result<(Cow<'_, str>, &str), QuoteFault> {
    let inner = &text[1..];
    let mut from = 0;
    loop {
        let Some(at) = inner[from..].find(quote).map(|at| from + at) else {
            return Err(QuoteFault::Open(quote));
        };
        let after = &inner[at + 1..];
        if after.starts_with(quote) {
            from = at + 2;
            continue;
        }
        let cell = inner[..at].trim();
        let twice: String = [quote, quote].iter().collect();
        let cell = if cell.contains(&twice) {
            Cow::Owned(cell.replace(&twice, &quote.to_string()))
        } else {
            Cow::Borrowed(cell)
        };
        return Ok((cell, after));
    }
}

/// The quote that ended before `after`.
fn last_quote(text: &str, after: &str) -> char {
    let before = &text[..text.len() - after.len()];
    before.chars().next_back().unwrap_or('"')
}
