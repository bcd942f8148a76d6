//! Which dialect a text is evidently in, for messages: nothing is ever read by a guess.

use super::number::number;
use super::split::{Lines, cells};
use super::{Decimal, Dialect, Separator, is_blank};
use std::borrow::Cow;

/// How many lines are looked at.
const LINES: usize = 200;
/// What comments begin with, as instruments write them.
const COMMENTS: [&str; 5] = ["#", "%", "//", "!", "*"];

/// The dialect in which the text has a column of that name with numbers in it.
pub fn sniff(text: &str, column: &str, dialect: &Dialect) -> Option<Dialect> {
    let lines: Vec<&str> = Lines::new(text, None)
        .map(|(_, line)| line)
        .take(LINES)
        .collect();
    // As set, first; a wrong option beside a right one is then the only one named.
    let mut separators = vec![dialect.separator];
    separators.extend(
        Separator::ALL
            .into_iter()
            .filter(|&s| s != dialect.separator),
    );
    let is_comment = |line: &str| {
        let comment = dialect.comment.as_deref();
        comment.is_some_and(|comment| line.trim_start().starts_with(comment))
    };
    for (at, line) in lines.iter().enumerate() {
        if is_comment(line) {
            continue;
        }
        for &separator in &separators {
            let Some(names) = cut(line, separator) else {
                continue;
            };
            let Some(position) = names.iter().position(|name| name == column) else {
                continue;
            };
            let rows = lines[at + 1..]
                .iter()
                .filter(|line| !is_blank(line) && !is_comment(line));
            let Some((units_row, decimal)) = rows_of(rows, separator, names.len(), position) else {
                continue;
            };
            let (skip_lines, comment) = before(&lines[..at], dialect);
            return Some(Dialect {
                separator,
                // Whole numbers say nothing about their decimals.
                decimal: decimal.unwrap_or(dialect.decimal),
                skip_lines,
                comment,
                units_row,
            });
        }
    }
    None
}

/// The separator that cuts a header of one name into several.
pub fn sniff_separator(header: &str) -> Option<Separator> {
    [Separator::Semicolon, Separator::Tab, Separator::Comma]
        .into_iter()
        .find(|&separator| cut(header, separator).is_some_and(|names| names.len() > 1))
}

fn cut(line: &str, separator: Separator) -> Option<Vec<Cow<'_, str>>> {
    let mut names = Vec::new();
    cells(line, separator, &mut names).ok()?;
    Some(names)
}

/// Whether the rows after a header begin with one of units, and which decimals they have; `None` if
/// they are no rows of numbers.
fn rows_of<'a>(
    rows: impl Iterator<Item = &'a &'a str>,
    separator: Separator,
    width: usize,
    position: usize,
) -> Option<(bool, Option<Decimal>)> {
    let mut units_row = false;
    let mut numbers = 0;
    for (at, row) in rows.enumerate() {
        let Some(row) = cut(row, separator).filter(|row| row.len() == width) else {
            break;
        };
        let cell = &row[position];
        let reads = |decimal| number(cell, decimal).is_ok();
        match (reads(Decimal::Point), reads(Decimal::Comma)) {
            (true, true) => numbers += 1,
            (true, false) => return Some((units_row, Some(Decimal::Point))),
            (false, true) if separator != Separator::Comma => {
                return Some((units_row, Some(Decimal::Comma)));
            }
            _ if at == 0 => units_row = true,
            _ => break,
        }
    }
    (numbers > 0).then_some((units_row, None))
}

/// What leads past the lines before a header: comments, if they are all of one kind, or their number.
fn before(lines: &[&str], dialect: &Dialect) -> (usize, Option<String>) {
    let skipped = dialect.skip_lines.min(lines.len());
    let own = dialect.comment.clone();
    let known = own.iter().map(String::as_str).chain(COMMENTS);
    let written = lines[skipped..].iter().filter(|line| !is_blank(line));
    for comment in known {
        let mut written = written.clone().map(|line| line.trim_start());
        if written.all(|line| line.starts_with(comment)) {
            let none = lines[skipped..].iter().all(|line| is_blank(line));
            let comment = if none {
                own.clone()
            } else {
                Some(comment.to_owned())
            };
            return (skipped, comment);
        }
    }
    (lines.len(), own)
}
