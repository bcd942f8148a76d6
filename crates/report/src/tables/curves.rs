//! `curves.csv`: one row per run and checkpoint. The largest table, so a row costs no allocation.

use super::line::TableReader;
use super::{Checkpoint, Status, Tables, runs};
use crate::error::ReportError;
use crate::words::quoted;
use std::collections::HashMap;

/// The file's name in a result folder.
pub(super) const FILE: &str = "curves.csv";

/// The columns after the parameters.
pub(super) const COLUMNS: [&str; 6] = [
    "network",
    "target",
    "status",
    "trial",
    "test_mse",
    "tracking_mse",
];

/// Finds the run of each row; rows of a run follow each other, so mostly without a look-up.
pub(super) struct RunFinder<'a> {
    ids: &'a HashMap<String, usize>,
    last: Option<usize>,
}

impl<'a> RunFinder<'a> {
    pub(super) fn new(ids: &'a HashMap<String, usize>) -> Self {
        Self { ids, last: None }
    }

    /// The run of the current row, whose parameters and replicate must be those of `runs.csv`.
    pub(super) fn find(
        &mut self,
        table: &TableReader<'_>,
        tables: &Tables,
    ) -> Result<usize, ReportError> {
        let id = table.text(0);
        let index = match self.last {
            Some(index) if tables.runs[index].id == id => index,
            _ => *self
                .ids
                .get(id)
                .ok_or_else(|| table.cell_error(0, &format!("a run_id that {} has", runs::FILE)))?,
        };
        self.last = Some(index);
        let run = &tables.runs[index];
        let cells = &tables.conditions[run.condition].cells;
        for (i, cell) in cells.iter().enumerate() {
            if table.text(i + 1) != cell {
                return Err(table.cell_error(
                    i + 1,
                    &format!("{}, as {} says for this run_id", quoted(cell), runs::FILE),
                ));
            }
        }
        let network = cells.len() + 1;
        for (column, expected) in [(network, run.network), (network + 1, run.target)] {
            if table.whole::<u32>(column)? != expected {
                return Err(table.cell_error(
                    column,
                    &format!("{expected}, as {} says for this run_id", runs::FILE),
                ));
            }
        }
        Ok(index)
    }
}

/// Checks that a table has the parameter columns of `runs.csv`.
pub(super) fn same_parameters(
    table: &TableReader<'_>,
    found: &[String],
    tables: &Tables,
) -> Result<(), ReportError> {
    if found == tables.parameters {
        return Ok(());
    }
    let column = tables
        .parameters
        .iter()
        .find(|p| !found.contains(p))
        .or_else(|| found.iter().find(|p| !tables.parameters.contains(p)))
        .or_else(|| found.first());
    Err(table.header_error(
        column.map_or("rule.kind", String::as_str),
        &format!(
            "the parameter columns must be those of {}: {}",
            runs::FILE,
            tables.parameters.join(", ")
        ),
    ))
}

/// Reads the checkpoints into the runs.
pub(super) fn read(
    mut table: TableReader<'_>,
    tables: &mut Tables,
    ids: &HashMap<String, usize>,
) -> Result<(), ReportError> {
    let parameters = table.parameters(&COLUMNS)?;
    same_parameters(&table, &parameters, tables)?;
    let status = parameters.len() + 3;
    let mut finder = RunFinder::new(ids);
    while table.advance()? {
        let index = finder.find(&table, tables)?;
        match Status::parse(table.text(status)) {
            None => return Err(table.cell_error(status, "ok, diverged or failed")),
            Some(found) if found != tables.runs[index].status => {
                let word = tables.runs[index].status.word();
                let allowed = format!("{word}, as {} says for this run_id", runs::FILE);
                return Err(table.cell_error(status, &allowed));
            }
            Some(_) => {}
        }
        let checkpoint = Checkpoint {
            trial: table.whole(status + 1)?,
            test_mse: table.mse(status + 2)?,
            tracking_mse: table.mse(status + 3)?,
        };
        let curve = &mut tables.runs[index].curve;
        match curve.binary_search_by_key(&checkpoint.trial, |c| c.trial) {
            Ok(_) => {
                return Err(table.record_error(format!(
                    "trial {} stands twice for run_id {}",
                    checkpoint.trial,
                    table.text(0)
                )));
            }
            // In order this is the end: the search keeps hand-sorted files readable too.
            Err(place) => curve.insert(place, checkpoint),
        }
    }
    Ok(())
}
