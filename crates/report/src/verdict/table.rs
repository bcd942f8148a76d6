//! The verdict as an aligned table.

use super::{Outcome, Row, Verdict};
use crate::expectation::Require;
use crate::number::short;
use crate::statistics::{LEVEL, Method, method_line};
use crate::summary::cell;
use crate::words::{cut, visible};
use std::fmt;

/// Significant digits of observed values.
const DIGITS: usize = 4;

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = format!("{:.0} % interval", 100.0 * LEVEL);
        let header = [
            "#",
            "expectation",
            "required",
            "observed",
            &level,
            "n",
            "diverged",
            "failed",
            "missing",
            "verdict",
        ];
        let mut lines = vec![header.map(str::to_string)];
        lines.extend(self.rows.iter().enumerate().map(|(i, row)| line(i, row)));
        align(f, &lines)?;
        for (i, row) in self.rows.iter().enumerate() {
            for best in row.best.iter().flatten() {
                writeln!(f, "{}: best at {}", i + 1, visible(best))?;
            }
            if let Outcome::Undecided(reason) = &row.outcome {
                writeln!(f, "{}: not decided: {}", i + 1, visible(reason))?;
            }
        }
        let methods: Vec<Method> = self.rows.iter().map(|r| r.method).collect();
        let count = |is: fn(&Outcome) -> bool| self.rows.iter().filter(|r| is(&r.outcome)).count();
        let held = count(|outcome| *outcome == Outcome::Holds);
        let undecided = count(|outcome| matches!(outcome, Outcome::Undecided(_)));
        writeln!(f, "{}", method_line(&methods))?;
        write!(f, "{held} of {} hold", self.rows.len())?;
        if undecided > 0 {
            write!(f, ", {undecided} not decided")?;
        }
        Ok(())
    }
}

/// The most characters of a cell: labels and conditions of studies are shorter.
const CELL: usize = 200;

/// Columns aligned by their widest cell, two blanks between them, nothing after the last. Names of users
/// are in the cells: control characters become visible.
pub(crate) fn align<const N: usize>(f: &mut impl fmt::Write, lines: &[[String; N]]) -> fmt::Result {
    let lines: Vec<_> = lines
        .iter()
        .map(|line| {
            line.each_ref()
                .map(|cell| visible(&cut(cell, CELL)).into_owned())
        })
        .collect();
    let width = |column: usize| {
        lines
            .iter()
            .map(|line| line[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    for line in &lines {
        let mut text = String::new();
        for (column, cell) in line.iter().enumerate() {
            text.push_str(cell);
            let pad = widths[column] - cell.chars().count() + 2;
            text.extend(std::iter::repeat_n(' ', pad));
        }
        writeln!(f, "{}", text.trim_end())?;
    }
    Ok(())
}

fn line(i: usize, row: &Row) -> [String; 10] {
    let bounds = match (row.expectation.min, row.expectation.max) {
        (Some(min), Some(max)) => format!("{} … {}", bound(min), bound(max)),
        (Some(min), None) => format!("≥ {}", bound(min)),
        (None, Some(max)) => format!("≤ {}", bound(max)),
        (None, None) => String::new(),
    };
    let required = match row.expectation.require {
        Require::Estimate => bounds,
        Require::Interval => format!("{bounds} (interval)"),
    };
    let interval = row.interval.map_or("–".to_string(), |x| {
        format!("{} … {}", short(x.low, DIGITS), short(x.high, DIGITS))
    });
    let join = |numbers: &[usize]| {
        let words: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        words.join(" / ")
    };
    [
        (i + 1).to_string(),
        row.expectation.title(),
        required,
        if row.observed.is_nan() {
            "undefined".to_string()
        } else {
            short(row.observed, DIGITS)
        },
        interval,
        join(&row.n),
        join(&row.diverged),
        join(&row.failed),
        join(&row.missing),
        row.verdict(),
    ]
}

/// A bound as the study has it: in full, but 1e300 not in 300 digits.
fn bound(x: f64) -> String {
    cell(Some(x + 0.0)).replace('-', "−")
}
