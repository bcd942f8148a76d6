//! `runs.csv`: one row per run.

use super::line::TableReader;
use super::{Condition, Run, Status, Tables};
use crate::error::ReportError;
use std::collections::{HashMap, HashSet};

/// The file's name in a result folder.
pub(super) const FILE: &str = "runs.csv";

/// The columns after the parameters.
pub(super) const COLUMNS: [&str; 9] = [
    "network",
    "target",
    "status",
    "diverged_trial",
    "diverged_step",
    "test_mse",
    "tracking_mse",
    "message",
    "wall_s",
];

/// Reads the runs and finds their conditions; curves and traces are still empty.
pub(super) fn read(mut table: TableReader<'_>) -> Result<Tables, ReportError> {
    let parameters = table.parameters(&COLUMNS)?;
    let network = parameters.len() + 1;
    let mut conditions: Vec<Condition> = Vec::new();
    let mut runs: Vec<Run> = Vec::new();
    // Looked up, never iterated.
    let mut known: HashMap<Vec<String>, usize> = HashMap::new();
    let mut ids: HashSet<String> = HashSet::new();
    let mut cells_seen: HashSet<(usize, u32, u32)> = HashSet::new();
    while table.advance()? {
        let cells: Vec<String> = (1..network).map(|i| table.text(i).to_string()).collect();
        if cells[0].is_empty() {
            return Err(table.cell_error(1, "the name of a rule"));
        }
        let condition = *known.entry(cells.clone()).or_insert_with(|| {
            conditions.push(Condition {
                cells,
                runs: Vec::new(),
                trials: Vec::new(),
                tested_throughout: false,
                first_tracked: 0,
            });
            conditions.len() - 1
        });
        let id = table.text(0).to_string();
        if id.is_empty() || !ids.insert(id.clone()) {
            return Err(table.cell_error(0, "not empty and different in each row"));
        }
        let step_of_divergence = |offset: usize| match table.text(network + offset) {
            "" => Ok(None),
            _ => table.whole::<u64>(network + offset).map(Some),
        };
        let run = Run {
            id,
            condition,
            network: table.whole(network)?,
            target: table.whole(network + 1)?,
            status: Status::parse(table.text(network + 2))
                .ok_or_else(|| table.cell_error(network + 2, "ok, diverged or failed"))?,
            diverged: step_of_divergence(3)?.zip(step_of_divergence(4)?),
            test_mse: table.mse(network + 5)?,
            tracking_mse: table.mse(network + 6)?,
            message: table.text(network + 7).to_string(),
            curve: Vec::new(),
        };
        table.mse(network + 8)?;
        if !cells_seen.insert((condition, run.network, run.target)) {
            return Err(table.record_error(format!(
                "network {} and target {} stand twice in the same condition",
                run.network, run.target
            )));
        }
        conditions[condition].runs.push(runs.len());
        runs.push(run);
    }
    if runs.is_empty() {
        return Err(ReportError::NoRuns {
            path: table.path().to_path_buf(),
        });
    }
    Ok(Tables {
        parameters,
        conditions,
        runs,
        traces: Vec::new(),
    })
}
