//! A published table of learning curves: one row per run and checkpoint.
//!
//! Required columns, in any order: `rule`, `eta0` (> 0), `network`, `target`, `trial` (whole numbers)
//! and `test_mse` (≥ 0, or empty: that run had diverged by then). Any other column must hold one
//! value: a table of several gains, say, has to be filtered first, because mixing them would be
//! neither of them.

use super::side::{Condition, rounded};
use crate::error::ReportError;
use crate::tables::{Cell, Sample, TableReader};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// The columns that are read.
pub const COLUMNS: [&str; 6] = ["rule", "eta0", "network", "target", "trial", "test_mse"];

/// Reads a table from a file.
pub fn read(path: &Path) -> Result<Vec<Condition>, ReportError> {
    conditions(TableReader::open_file(path)?)
}

/// A column that is not read, with the one value that it may have.
struct Other {
    column: usize,
    value: Option<String>,
}

fn conditions(mut table: TableReader<'_>) -> Result<Vec<Condition>, ReportError> {
    for column in COLUMNS {
        if !table.header.iter().any(|h| h == column) {
            return Err(table.header_error(column, "is missing"));
        }
    }
    let [rule, eta0, network, target, trial, test_mse] = COLUMNS.map(|c| table.position(c));
    let mut others: Vec<Other> = (0..table.header.len())
        .filter(|&column| !COLUMNS.contains(&table.header[column].as_str()))
        .map(|column| Other {
            column,
            value: None,
        })
        .collect();
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
        let rate = table.finite(eta0)?;
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
            return Err(table.cell_error(
                eta0,
                &format!(
                    "{before}, as in a row before, or differ from it in three significant digits, by which conditions are matched"
                ),
            ));
        }
        let cell = Cell {
            network: table.whole(network)?,
            target: table.whole(target)?,
            value: table.mse(test_mse)?.unwrap_or(f64::INFINITY),
        };
        let checkpoint: u64 = table.whole(trial)?;
        if !seen.insert((index, cell.network, cell.target, checkpoint)) {
            return Err(table.record_error(format!(
                "network {}, target {} and trial {checkpoint} stand twice for {}",
                cell.network,
                cell.target,
                found[index].name()
            )));
        }
        let sample: &mut Sample = found[index].samples.entry(checkpoint).or_default();
        sample.diverged += usize::from(cell.value == f64::INFINITY);
        sample.cells.push(cell);
    }
    if found.is_empty() {
        return Err(ReportError::NoRuns {
            path: table.path().to_path_buf(),
        });
    }
    Ok(found)
}

/// Checks that a column which is not read has the value of the rows before.
fn one_value(table: &TableReader<'_>, other: &mut Other) -> Result<(), ReportError> {
    let text = table.text(other.column);
    match &other.value {
        None => other.value = Some(text.to_string()),
        Some(value) if value == text => {}
        Some(value) => {
            return Err(table.cell_error(
                other.column,
                &format!(
                    "{value:?}, as in the rows before: filter the file to one value of each column other than {}",
                    COLUMNS.join(", ")
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
        let table = TableReader::new(Box::new(text.as_bytes()), "r.csv".into());
        table.and_then(conditions).map_err(|e| e.to_string())
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
                "r.csv:3: g = \"1.8\": must be \"1.5\", as in the rows before: filter the file to one value of each column other than rule, eta0, network, target, trial, test_mse",
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
        ] {
            assert_eq!(parse(&text).unwrap_err(), message);
        }
    }
}
