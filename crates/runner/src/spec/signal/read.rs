//! A column of a text to a signal.

use super::{Reading, Signal, SignalError, stamps, suspects};
use crate::spec::identity::hex;
use crate::spec::words::nearest;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use synapse_report::text_table::number::{NumberFault, number};
use synapse_report::text_table::{
    Dialect, FaultKind, Row, Separator, Table, sniff, sniff_separator,
};

/// The most samples: a file of short lines would otherwise take many times its size in memory.
const MOST_SAMPLES: usize = 20_000_000;

/// The signal in a column; its path is left to the caller.
pub(super) fn column(text: &str, column: &str, reading: &Reading) -> Result<Signal, SignalError> {
    column_within(text, column, reading, MOST_SAMPLES)
}

fn column_within(
    text: &str,
    column: &str,
    reading: &Reading,
    most: usize,
) -> Result<Signal, SignalError> {
    let dialect = &reading.dialect;
    let hint = || {
        let other = sniff(text, column, dialect)?;
        Some(dialect.way_to(&other, "target")?.to_string())
    };
    let line = |fault| SignalError::Line {
        fault,
        hint: hint(),
    };
    let mut table = match Table::begin(text, dialect) {
        Err(fault) if fault.kind == FaultKind::NoHeader => return Err(SignalError::NoRows),
        table => table.map_err(line)?,
    };
    let at = position(&table, "target.column", column, hint)?;
    let time = match &reading.time {
        Some((name, unit)) => Some((position(&table, "target.time_column", name, hint)?, *unit)),
        None => None,
    };
    let (mut values, mut lines, mut times) = (Vec::new(), Vec::new(), Vec::new());
    let mut row = Row::default();
    while table.advance(&mut row).map_err(line)? {
        if values.len() == most {
            let problem =
                format!("the file has more than {most} samples; cut it, or leave samples out");
            let field = "target.path";
            return Err(SignalError::Unusable { field, problem });
        }
        let text = &row.cells[at];
        let value = number(text, dialect.decimal).map_err(|fault| SignalError::Cell {
            line: row.line,
            text: text.to_string(),
            fault,
            hint: hint().filter(|_| fault == NumberFault::NotANumber),
        })?;
        room(&mut values)?;
        values.push(value);
        room(&mut lines)?;
        lines.push(row.line);
        if let Some((at, unit)) = time {
            let text = &row.cells[at];
            room(&mut times)?;
            let read = stamps::time(text, unit, dialect.decimal);
            times.push(read.map_err(|problem| SignalError::Time {
                line: row.line,
                column: table.columns[at].clone(),
                problem,
            })?);
        }
    }
    match values.len() {
        0 => return Err(SignalError::NoRows),
        1 => return Err(SignalError::OneRow),
        _ => {}
    }
    let stamps = match (&reading.time, time) {
        (Some((name, _)), Some((_, unit))) => {
            let stamps = stamps::spacing(&times, &lines, unit);
            Some(stamps.map_err(|(line, problem)| SignalError::Time {
                line,
                column: name.clone(),
                problem,
            })?)
        }
        _ => None,
    };
    let nameless = (1..=table.columns.len()).filter(|n| table.columns[n - 1].is_empty());
    Ok(Signal {
        path: String::new(),
        file: PathBuf::new(),
        column: column.to_owned(),
        content: content(&values),
        stamps,
        nameless: nameless.collect(),
        suspects: suspects::find(&values, &lines),
        values,
    })
}

/// Makes room for one more item: a file that is too long for this machine is an error of its spec, and
/// not the end of the program.
fn room<T>(list: &mut Vec<T>) -> Result<(), SignalError> {
    if list.len() < list.capacity() {
        return Ok(());
    }
    list.try_reserve(list.len().max(1024)).map_err(|_| {
        let read = list.len();
        SignalError::Unusable {
            field: "target.path",
            problem: format!(
                "out of memory after {read} samples; cut the file, or leave samples out"
            ),
        }
    })
}

/// Where a column is.
fn position(
    table: &Table<'_>,
    field: &'static str,
    name: &str,
    hint: impl Fn() -> Option<String>,
) -> Result<usize, SignalError> {
    let columns = &table.columns;
    let mut matching = (0..columns.len()).filter(|&at| columns[at] == name && !name.is_empty());
    match (matching.next(), matching.next()) {
        (Some(at), None) => Ok(at),
        (Some(_), Some(_)) => Err(SignalError::TwoColumns {
            field,
            name: name.to_owned(),
        }),
        (None, _) => Err(SignalError::NoColumn {
            field,
            name: name.to_owned(),
            columns: columns.clone(),
            nearest: nearest(name, columns.iter().map(String::as_str)).map(str::to_owned),
            hint: hint().or_else(|| other_form(columns)),
        }),
    }
}

/// What can be said of a header without knowing which of its names is wanted.
fn other_form(columns: &[String]) -> Option<String> {
    if let [one] = columns
        && let Some(separator) = sniff_separator(one)
    {
        let plain = Dialect {
            separator: Separator::Blank,
            ..Dialect::default()
        };
        let other = Dialect {
            separator,
            ..Dialect::default()
        };
        return plain.way_to(&other, "target").map(|way| way.to_string());
    }
    let is_number = |name: &String| name.parse::<f64>().is_ok();
    columns.iter().all(is_number).then(|| {
        "these are numbers: give the file a header line with the names of its columns".to_owned()
    })
}

/// SHA-256 over the samples as little-endian 64-bit floats.
fn content(values: &[f64]) -> String {
    let mut hash = Sha256::new();
    for value in values {
        hash.update(value.to_le_bytes());
    }
    hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::signal::TimeUnit;
    use synapse_report::text_table::Decimal;

    fn read(text: &str, reading: &Reading) -> Result<Signal, String> {
        column(text, "v", reading).map_err(|error| error.to_string())
    }

    fn plain(text: &str) -> Result<Vec<f64>, String> {
        read(text, &Reading::default()).map(|signal| signal.values)
    }

    #[test]
    fn a_signal_is_all_of_its_lines_or_an_error() {
        assert_eq!(plain("v\r1\r-0\r2.5").unwrap(), [1.0, 0.0, 2.5]);
        assert_eq!(plain(",v\n0,1\n1,2\n").unwrap(), [1.0, 2.0]);
        for (text, message) in [
            (
                "v\n1\n1e-400\n",
                "line 3 holds \"1e-400\", which becomes 0 as a 64-bit number",
            ),
            (
                "v\n1\n1e400\n",
                "line 3 holds \"1e400\", which becomes infinite as a 64-bit number",
            ),
            (
                "v\n1\nNaN\n",
                "line 3 holds NaN; every sample must be finite",
            ),
            ("v\n1\n\n2\n", "line 3 is empty; a table may have no gaps"),
            (
                "v,w\n1,1\n,2\n",
                "line 3 is empty; a signal may have no gaps",
            ),
            (
                "w\n1\n",
                "the file has no such column; did you mean `w`? its columns: w",
            ),
            (
                "0.5\n0.6\n",
                "the file has no such column; its columns: 0.5; these are numbers: give the file a header line with the names of its columns",
            ),
            (
                "t;w\n0;1\n",
                "the file has no such column; its columns: t;w; its columns look separated by ';': set target.separator = \";\"",
            ),
            (
                "t,v\ns,mV\n0,1\n1,2\n",
                "line 2 holds \"mV\", which is not a number; the line after its header looks to hold units: set target.units_row = true",
            ),
            (
                "v,v\n1,1\n",
                "the file has more than one column of the name \"v\"",
            ),
            ("v\n", "the file has no rows; at least 2 samples are needed"),
            ("", "the file has no rows; at least 2 samples are needed"),
            (
                "v\n1\n",
                "the file has one row; at least 2 samples are needed",
            ),
        ] {
            assert_eq!(plain(text).unwrap_err(), message, "{text:?}");
        }
        let long = plain(&format!("v\n1\n{}\n", "x".repeat(1 << 20))).unwrap_err();
        assert!(long.len() < 400, "{} bytes", long.len());
    }

    #[test]
    fn samples_have_a_bound() {
        let within = |most| column_within("v\n1\n2\n3\n", "v", &Reading::default(), most);
        assert_eq!(within(3).unwrap().values, [1.0, 2.0, 3.0]);
        assert_eq!(
            within(2).unwrap_err().to_string(),
            "the file has more than 2 samples; cut it, or leave samples out"
        );
    }

    #[test]
    fn times_give_the_sampling() {
        let reading = |unit| Reading {
            dialect: Dialect {
                separator: Separator::Semicolon,
                decimal: Decimal::Comma,
                units_row: true,
                ..Dialect::default()
            },
            time: Some(("t".to_owned(), unit)),
        };
        let text = "t;v\ns;mV\n0;1\n0,002;2\n0,004;1,5\n";
        let signal = read(text, &reading(TimeUnit::S)).unwrap();
        assert_eq!(signal.stamps.unwrap().sample_ms, 2.0);
        let signal = read(text, &reading(TimeUnit::Min)).unwrap();
        assert_eq!(signal.stamps.unwrap().sample_ms, 120.0);
        assert_eq!(
            read(
                "t;v\ns;mV\n0;1\n0,002;2\n0,001;1,5\n",
                &reading(TimeUnit::S)
            )
            .unwrap_err(),
            "target.time_column = \"t\": line 5: 0.001 s is before 0.002 s in line 4; times must ascend"
        );
        let mut other = reading(TimeUnit::S);
        other.time = Some(("time".to_owned(), TimeUnit::S));
        assert_eq!(
            read(text, &other).unwrap_err(),
            "target.time_column = \"time\": the file has no such column; its columns: t, v"
        );
    }

    #[test]
    fn the_same_samples_are_the_same_content() {
        let content = |text: &str| read(text, &Reading::default()).unwrap().content;
        assert_eq!(
            content("v\n1\n0.5\n"),
            content("t,v\r\n0, 1e0\r\n1,\"0.50\"\r\n")
        );
        assert_ne!(content("v\n1\n0.5\n"), content("v\n1\n0.51\n"));
    }
}
