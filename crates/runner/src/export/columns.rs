//! The types of columns, and the cells of a row group.
//!
//! Result columns have their types by name. A parameter has the type that its cells in `runs.csv` have,
//! which holds for the other tables too, so that they can be joined.

use super::ExportError;
use crate::spec::scalar::shortest;
use parquet::data_type::ByteArray;
use std::path::Path;
use synapse_report::ReportError;
use synapse_report::tables::{RUNS, TableReader};

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A string.
    Text,
    /// An int64.
    Whole,
    /// A double.
    Number,
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ColumnType {
    /// What its cells are.
    pub(super) kind: Kind,
    /// Whether a cell may be empty: null.
    pub(super) nullable: bool,
}

/// The type of a column that is no parameter.
fn of_result(name: &str) -> Option<ColumnType> {
    let (kind, nullable) = match name {
        "run_id" | "status" => (Kind::Text, false),
        "message" => (Kind::Text, true),
        "network" | "target" | "trial" => (Kind::Whole, false),
        "diverged_trial" | "diverged_step" => (Kind::Whole, true),
        "t_ms" | "v_tar" | "v" => (Kind::Number, false),
        "test_mse" | "tracking_mse" | "wall_s" => (Kind::Number, true),
        _ => return None,
    };
    Some(ColumnType { kind, nullable })
}

/// The parameters of a study.
pub(super) struct Parameters {
    names: Vec<String>,
    kinds: Vec<Kind>,
}

impl Parameters {
    /// Reads `runs.csv` for them: numbers if all cells are, the empty ones apart.
    pub(super) fn read(results: &Path) -> Result<Self, ExportError> {
        let mut table =
            TableReader::open(results, RUNS.file)?.ok_or_else(|| ReportError::NoFile {
                folder: results.to_owned(),
                file: RUNS.file,
            })?;
        let names = table.parameters(RUNS.columns)?;
        let mut kinds = vec![Kind::Number; names.len()];
        while table.advance()? {
            for (kind, at) in kinds.iter_mut().zip(1..) {
                let text = table.text(at);
                if *kind == Kind::Number && !text.is_empty() && !is_number(text) {
                    *kind = Kind::Text;
                }
            }
        }
        Ok(Self { names, kinds })
    }

    /// The types of a table's columns.
    pub(super) fn types(&self, table: &TableReader) -> Vec<ColumnType> {
        table
            .header
            .iter()
            .map(|name| {
                let parameter = self.names.iter().position(|known| known == name);
                let kind = parameter.map_or(Kind::Text, |at| self.kinds[at]);
                of_result(name).unwrap_or(ColumnType {
                    kind,
                    nullable: true,
                })
            })
            .collect()
    }
}

/// Whether a number would be written as this text, so that a double says all that the text does.
fn is_number(text: &str) -> bool {
    text.parse::<f64>()
        .is_ok_and(|value| value.is_finite() && shortest(value) == text)
}

/// The cells of a column that are not null.
#[derive(Debug)]
pub(super) enum Cells {
    /// Strings.
    Text(Vec<ByteArray>),
    /// Whole numbers.
    Whole(Vec<i64>),
    /// Numbers.
    Number(Vec<f64>),
}

/// A column of a row group.
#[derive(Debug)]
pub(super) struct Column {
    /// The cells that are not null, in order.
    pub(super) cells: Cells,
    /// 1 for a cell, 0 for null; of a nullable column.
    pub(super) levels: Option<Vec<i16>>,
}

impl Column {
    /// No rows.
    pub(super) fn new(form: ColumnType) -> Self {
        Self {
            cells: match form.kind {
                Kind::Text => Cells::Text(Vec::new()),
                Kind::Whole => Cells::Whole(Vec::new()),
                Kind::Number => Cells::Number(Vec::new()),
            },
            levels: form.nullable.then(Vec::new),
        }
    }

    /// Adds the cell of the current row.
    pub(super) fn push(&mut self, table: &TableReader, at: usize) -> Result<(), ReportError> {
        let text = table.text(at);
        if let Some(levels) = &mut self.levels {
            levels.push(i16::from(!text.is_empty()));
            if text.is_empty() {
                return Ok(());
            }
        }
        match &mut self.cells {
            Cells::Text(_) if text.is_empty() => return Err(table.cell_error(at, "not empty")),
            // Neighbours are mostly equal and share their bytes.
            Cells::Text(cells) => match cells.last() {
                Some(last) if last.data() == text.as_bytes() => cells.push(last.clone()),
                _ => cells.push(ByteArray::from(text)),
            },
            Cells::Whole(cells) => {
                let cell = table.whole::<u64>(at)?;
                cells.push(i64::try_from(cell).map_err(|_| table.cell_error(at, "below 2^63"))?);
            }
            Cells::Number(cells) => cells.push(table.finite(at)?),
        }
        Ok(())
    }

    /// Forgets the rows, but keeps the memory.
    pub(super) fn clear(&mut self) {
        match &mut self.cells {
            Cells::Text(cells) => cells.clear(),
            Cells::Whole(cells) => cells.clear(),
            Cells::Number(cells) => cells.clear(),
        }
        if let Some(levels) = &mut self.levels {
            levels.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use synapse_report::tables::{CURVES, TRACES};

    #[test]
    fn every_result_column_has_a_type() {
        for table in [RUNS, CURVES, TRACES] {
            for name in table.columns {
                assert!(of_result(name).is_some(), "{}: {name}", table.file);
            }
        }
    }

    #[test]
    fn a_number_is_what_a_double_can_say() {
        for text in ["0.1", "1e-300", "-2", "0", "-0", "500", "5e-324"] {
            assert!(is_number(text), "{text}");
        }
        for text in [
            "",
            "inf",
            "NaN",
            "01",
            "1.50",
            "true",
            "9007199254740993",
            "1e400",
            "1e-400",
        ] {
            assert!(!is_number(text), "{text}");
        }
    }
}
