//! The verdict as an aligned table.

use super::{Row, Verdict};
use crate::number::short;
use crate::statistics::{LEVEL, Method, method_line};
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
            "verdict",
        ];
        let mut lines = vec![header.map(str::to_string)];
        lines.extend(self.rows.iter().enumerate().map(|(i, row)| line(i, row)));
        align(f, &lines)?;
        for (i, row) in self.rows.iter().enumerate() {
            for best in row.best.iter().flatten() {
                writeln!(f, "{}: best at {best}", i + 1)?;
            }
        }
        let methods: Vec<Method> = self.rows.iter().map(|r| r.method).collect();
        let held = self.rows.iter().filter(|r| r.holds).count();
        writeln!(f, "{}", method_line(&methods))?;
        write!(f, "{held} of {} hold", self.rows.len())
    }
}

/// Columns aligned by their widest cell, two blanks between them, nothing after the last.
pub(crate) fn align<const N: usize>(f: &mut impl fmt::Write, lines: &[[String; N]]) -> fmt::Result {
    let width = |column: usize| {
        lines
            .iter()
            .map(|line| line[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    for line in lines {
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

fn line(i: usize, row: &Row) -> [String; 9] {
    let bounds = match (row.expectation.min, row.expectation.max) {
        (Some(min), Some(max)) => format!("{} … {}", bound(min), bound(max)),
        (Some(min), None) => format!("≥ {}", bound(min)),
        (None, Some(max)) => format!("≤ {}", bound(max)),
        (None, None) => String::new(),
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
        bounds,
        if row.observed.is_nan() {
            "undefined".to_string()
        } else {
            short(row.observed, DIGITS)
        },
        interval,
        join(&row.n),
        join(&row.diverged),
        join(&row.failed),
        if row.holds { "holds" } else { "FAILS" }.to_string(),
    ]
}

/// A bound as the study has it.
fn bound(x: f64) -> String {
    format!("{x}").replace("inf", "∞").replace('-', "−")
}
