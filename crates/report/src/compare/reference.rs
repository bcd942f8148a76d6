//! A published table of learning curves: one row per run and checkpoint.
//!
//! It is a CSV file for the reader of [`crate::text_table`]: commas, decimal points, a header in line 1.
//! Required columns, in any order: `rule`, `eta0` (> 0), `network`, `target`, `trial` (whole numbers)
//! and `test_mse` (≥ 0, or empty: that run had diverged by then). Any other column must hold one
//! value: a table of several gains, say, has to be filtered first, because mixing them would be
//! neither of them.

use super::side::{Condition, rounded};
use crate::error::ReportError;
use crate::tables::{Cell, Sample};
use crate::text_table::number::{NumberFault, number};
use crate::text_table::{Decimal, Dialect, Row, Table, sniff, sniff_separator, source};
use crate::words::shortened;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// The columns that are read.
pub const COLUMNS: [&str; 6] = ["rule", "eta0", "network", "target", "trial", "test_mse"];

/// A reference table.
pub struct Reference {
    /// Its conditions.
    pub conditions: Vec<Condition>,
    /// What its reader should know: columns that were passed over.
    pub notes: Vec<String>,
}

/// Reads a table from a file.
pub fn read(path: &Path) -> Result<Reference, ReportError> {
    let text = source::text(path).map_err(|problem| ReportError::Compare {
        path: path.to_path_buf(),
        problem: problem.to_string(),
    })?;
    parse(path, &text)
}

/// A column that is not read, with the one value that it may have.
struct Other {
    column: usize,
    value: Option<String>,
}

/// The table with the row under the cursor, for messages.
struct Reader<'t> {
    path: &'t Path,
    table: Table<'t>,
    row: Row<'t>,
}

impl<'t> Reader<'t> {
    fn begin(path: &'t Path, text: &'t str) -> Result<Self, ReportError> {
        let dialect = Dialect::default();
        let table = Table::begin(text, &dialect).map_err(|fault| line(path, &fault))?;
        let reader = Self {
            path,
            table,
            row: Row::default(),
        };
        let header = &reader.table.columns;
        for (at, column) in header.iter().enumerate() {
            if !column.is_empty() && header[..at].contains(column) {
                return Err(reader.header_error(column, "stands twice"));
            }
        }
        for column in COLUMNS {
            if header.iter().any(|h| h == column) {
                continue;
            }
            let seen = sniff(text, "eta0", &dialect).and_then(|other| dialect.way_to(&other, ""));
            let seen = seen.map(|way| way.seen).or_else(|| {
                let separator = sniff_separator(header.first().filter(|_| header.len() == 1)?)?;
                Some(format!(
                    "its columns look separated by '{}'",
                    separator.word()
                ))
            });
            let problem = match seen {
                Some(seen) => format!(
                    "is missing; {seen}: write the table with commas, decimal points and the header in line 1"
                ),
                None => "is missing".to_owned(),
            };
            return Err(reader.header_error(column, &problem));
        }
        Ok(reader)
    }

    fn advance(&mut self) -> Result<bool, ReportError> {
        let advanced = self.table.advance(&mut self.row);
        advanced.map_err(|fault| line(self.path, &fault))
    }

    fn position(&self, column: &str) -> usize {
        let found = self.table.columns.iter().position(|h| h == column);
        found.unwrap_or(self.table.columns.len())
    }

    fn text(&self, column: usize) -> &str {
        self.row.cells.get(column).map_or("", |cell| cell)
    }

    fn whole<T: std::str::FromStr>(&self, column: usize) -> Result<T, ReportError> {
        let text = self.text(column).parse();
        text.map_err(|_| self.cell_error(column, "a whole number ≥ 0"))
    }

    fn finite(&self, column: usize, allowed: &str) -> Result<f64, ReportError> {
        number(self.text(column), Decimal::Point).map_err(|fault| match fault {
            NumberFault::BecomesZero | NumberFault::BecomesInfinite => {
                self.cell_error(column, &format!("{allowed}; this one {fault}"))
            }
            _ => self.cell_error(column, allowed),
        })
    }

    /// A mean squared error: finite, ≥ 0, or empty.
    fn mse(&self, column: usize) -> Result<Option<f64>, ReportError> {
        const ALLOWED: &str = "a finite number ≥ 0, or empty";
        if self.text(column).is_empty() {
            return Ok(None);
        }
        match self.finite(column, ALLOWED)? {
            value if value >= 0.0 => Ok(Some(value)),
            _ => Err(self.cell_error(column, ALLOWED)),
        }
    }

    fn cell_error(&self, column: usize, allowed: &str) -> ReportError {
        ReportError::Cell {
            path: self.path.to_path_buf(),
            line: self.row.line,
            column: shortened(&self.table.columns[column]).into_owned(),
            value: shortened(self.text(column)).into_owned(),
            allowed: allowed.to_string(),
        }
    }

    /// The columns that are not read: indices, and those that must hold one value.
    fn unread(&self) -> (Vec<usize>, Vec<Other>) {
        let columns = &self.table.columns;
        let (indices, others): (Vec<usize>, Vec<usize>) = (0..columns.len())
            .filter(|&column| !COLUMNS.contains(&columns[column].as_str()))
            .partition(|&column| is_index(&columns[column]));
        let other = |column| Other {
            column,
            value: None,
        };
        (indices, others.into_iter().map(other).collect())
    }

    /// What is said of a column that is taken for an index.
    fn passed_over(&self, column: usize) -> String {
        let name = match self.table.columns[column].as_str() {
            "" => "has no name".to_owned(),
            name => format!("is called \"{}\"", shortened(name)),
        };
        format!(
            "{}: column {} {name} and is passed over as an index (pandas writes none with index=False)",
            self.path.display(),
            column + 1
        )
    }

    fn header_error(&self, column: &str, problem: &str) -> ReportError {
        let shown = |column: &String| shortened(column).into_owned();
        ReportError::Header {
            path: self.path.to_path_buf(),
            column: shortened(column).into_owned(),
            problem: problem.to_string(),
            found: self.table.columns.iter().map(shown).collect(),
        }
    }
}

fn line(path: &Path, fault: &crate::text_table::Fault) -> ReportError {
    ReportError::Compare {
        path: path.to_path_buf(),
        problem: fault.to_string(),
    }
}

/// What is said of an index that pandas wrote: `to_csv` without `index=False`, or that read again.
fn is_index(column: &str) -> bool {
    column.is_empty() || column.starts_with("Unnamed: ")
}

fn parse(path: &Path, text: &str) -> Result<Reference, ReportError> {
    let mut table = Reader::begin(path, text)?;
    let [rule, eta0, network, target, trial, test_mse] = COLUMNS.map(|c| table.position(c));
    let (indices, mut others) = table.unread();
    let mut found: Vec<Condition> = Vec::new();
    // Looked up, never iterated.
    let mut known: HashMap<(String, String), usize> = HashMap::new();
    let mut seen: HashSet<(usize, u32, u32, u64)> = HashSet::new();
    while table.advance()? {
        for other in &mut others {
            one_value(&table, other)?;
        }
        let name = table.text(rule).to_string();
        if name.is_empty() {
            return Err(table.cell_error(rule, "the name of a rule"));
        }
        let rate = table.finite(eta0, "a finite number")?;
        if rate <= 0.0 {
            return Err(table.cell_error(eta0, "a learning rate > 0"));
        }
        let key = (name.clone(), rounded(rate));
        let index = *known.entry(key).or_insert_with(|| {
            let cell = table.text(eta0).to_string();
            found.push(Condition {
                // Like the key of a study's condition, but a stream of its own.
                stream: vec![
                    "reference".to_string(),
                    format!("rule.eta0={rate:?};rule.kind={name}"),
                ],
                rule: name,
                eta0: rate,
                cell,
                samples: BTreeMap::new(),
            });
            found.len() - 1
        });
        if found[index].eta0 != rate {
            let before = &found[index].cell;
            let allowed = format!(
                "{before}, as in a row before, or differ from it in three significant digits, by which conditions are matched"
            );
            return Err(table.cell_error(eta0, &allowed));
        }
        let cell = Cell {
            network: table.whole(network)?,
            target: table.whole(target)?,
            value: table.mse(test_mse)?.unwrap_or(f64::INFINITY),
        };
        let checkpoint: u64 = table.whole(trial)?;
        if !seen.insert((index, cell.network, cell.target, checkpoint)) {
            return Err(ReportError::Line {
                path: path.to_path_buf(),
                line: table.row.line,
                problem: format!(
                    "network {}, target {} and trial {checkpoint} stand twice for {}",
                    cell.network,
                    cell.target,
                    found[index].name()
                ),
            });
        }
        let sample: &mut Sample = found[index].samples.entry(checkpoint).or_default();
        sample.diverged += usize::from(cell.value == f64::INFINITY);
        sample.cells.push(cell);
    }
    if found.is_empty() {
        return Err(ReportError::NoRuns {
            path: path.to_path_buf(),
        });
    }
    Ok(Reference {
        conditions: found,
        notes: indices
            .iter()
            .map(|&column| table.passed_over(column))
            .collect(),
    })
}

/// Checks that a column which is not read has the value of the rows before.
fn one_value(table: &Reader<'_>, other: &mut Other) -> Result<(), ReportError> {
    let text = table.text(other.column);
    match &other.value {
        None => other.value = Some(text.to_string()),
        Some(value) if value == text => {}
        Some(value) => {
            return Err(table.cell_error(
                other.column,
                &format!(
                    "\"{}\", as in the rows before. If this column tells studies apart, keep the rows of one of its \
                     values; if it does not, leave the column out",
                    shortened(value)
                ),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vec<Condition>, String> {
        match super::parse(Path::new("r.csv"), text) {
            Ok(reference) => Ok(reference.conditions),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn an_index_is_passed_over_and_blanks_are_trimmed() {
        let plain = "rule,eta0,network,target,trial,test_mse\nclassical,1e-05,0,0,0,0.5\nclassical,1e-05,0,0,100,0.25\n";
        let wanted = super::parse(Path::new("r.csv"), plain).unwrap();
        assert_eq!(wanted.notes.len(), 0);
        for (name, said) in [
            ("", "has no name"),
            ("Unnamed: 0", "is called \"Unnamed: 0\""),
        ] {
            let text = format!(
                "{name} , rule, eta0, network, target, trial, test_mse\r\n0, classical, 1e-05, 0, 0, 0, 0.5\r\n1,\"classical\", 1e-05, 0, 0, 100, 0.25"
            );
            let found = super::parse(Path::new("r.csv"), &text).unwrap();
            assert_eq!(found.conditions, wanted.conditions);
            assert_eq!(
                found.notes,
                [format!(
                    "r.csv: column 1 {said} and is passed over as an index (pandas writes none with index=False)"
                )]
            );
        }
    }

    #[test]
    fn rows_become_conditions_with_diverged_runs_as_infinity() {
        let text = "g,target,rule,eta0,network,trial,test_mse\n\
            1.5,0,classical,1e-05,0,0,0.5\n1.5,0,classical,1e-05,0,100,\n\
            1.5,1,classical,1e-05,0,100,0.25\n1.5,0,bayesian,1e-05,0,0,0.5\n";
        let found = parse(text).unwrap();
        let names: Vec<String> = found.iter().map(Condition::name).collect();
        assert_eq!(names, ["classical 1e-5", "bayesian 1e-5"]);
        let sample = &found[0].samples[&100];
        let values: Vec<f64> = sample.cells.iter().map(|c| c.value).collect();
        assert_eq!((sample.diverged, values), (1, vec![f64::INFINITY, 0.25]));
        let measured = found[0].measured(100, 1).unwrap();
        assert_eq!(
            (measured.median.value, measured.diverged_share()),
            (f64::INFINITY, 0.5)
        );
    }

    #[test]
    fn bad_tables_get_one_message() {
        let head = "g,rule,eta0,network,target,trial,test_mse\n";
        let row = "1.5,classical,1e-05,0,0,0,0.5\n";
        for (text, message) in [
            (
                "rule,eta0,network,trial,test_mse\n".to_string(),
                "r.csv:1: column target: is missing (columns found: rule, eta0, network, trial, test_mse)",
            ),
            (head.to_string(), "r.csv: holds no run"),
            (
                format!("{head}{row}1.8,classical,1e-05,1,0,0,0.5\n"),
                "r.csv:3: g = \"1.8\": must be \"1.5\", as in the rows before. If this column tells studies apart, keep the rows of one of its values; if it does not, leave the column out",
            ),
            (
                format!("{head}{row}{row}"),
                "r.csv:3: network 0, target 0 and trial 0 stand twice for classical 1e-5",
            ),
            (
                format!("{head}{row}1.5,classical,1.0001e-05,1,0,0,0.5\n"),
                "r.csv:3: eta0 = \"1.0001e-05\": must be 1e-05, as in a row before, or differ from it in three significant digits, by which conditions are matched",
            ),
            (
                format!("{head}1.5,classical,0,0,0,0,0.5\n"),
                "r.csv:2: eta0 = \"0\": must be a learning rate > 0",
            ),
            (
                format!("{head}1.5,,1,0,0,0,0.5\n"),
                "r.csv:2: rule = \"\": must be the name of a rule",
            ),
            (
                format!("{head}1.5,classical,1,0,0,0,nan\n"),
                "r.csv:2: test_mse = \"nan\": must be a finite number ≥ 0, or empty",
            ),
            (
                format!("{head}1.5,classical,1,x,0,0,1\n"),
                "r.csv:2: network = \"x\": must be a whole number ≥ 0",
            ),
            (
                format!("{head}1.5,classical,1,0,0,0,1e-400\n"),
                "r.csv:2: test_mse = \"1e-400\": must be a finite number ≥ 0, or empty; this one becomes 0 as a 64-bit number",
            ),
            (
                format!("{head}{row}1.5,\"classical,1e-05,0,1,0,0.5\n{row}"),
                "r.csv: line 3 opens a quote (\") and does not close it; a quoted cell must end in its line",
            ),
            (
                format!("{head}{row}").replace(',', ";"),
                "r.csv:1: column rule: is missing; its columns look separated by ';': write the table with commas, decimal points and the header in line 1 (columns found: g;rule;eta0;network;target;trial;test_mse)",
            ),
        ] {
            assert_eq!(parse(&text).unwrap_err(), message);
        }
    }
}
