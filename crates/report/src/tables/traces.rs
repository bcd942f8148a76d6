//! `traces.csv`: the frozen test of a few runs, sample by sample. May be absent.

use super::curves::{RunFinder, same_parameters};
use super::line::TableReader;
use super::{Tables, Trace};
use crate::error::ReportError;
use std::collections::HashMap;

/// The file's name in a result folder.
pub(super) const FILE: &str = "traces.csv";

/// The columns after the parameters.
pub(super) const COLUMNS: [&str; 6] = ["network", "target", "trial", "t_ms", "v_tar", "v"];

/// Reads the traces; samples of a trace follow each other.
pub(super) fn read(
    mut table: TableReader<'_>,
    tables: &mut Tables,
    ids: &HashMap<String, usize>,
) -> Result<(), ReportError> {
    let parameters = table.parameters(&COLUMNS)?;
    same_parameters(&table, &parameters, tables)?;
    let trial_column = parameters.len() + 3;
    let mut finder = RunFinder::new(ids);
    let mut traces: Vec<Trace> = Vec::new();
    while table.advance()? {
        let run = finder.find(&table, tables)?;
        let trial = table.whole(trial_column)?;
        if traces
            .last()
            .is_none_or(|t| t.run != run || t.trial != trial)
        {
            traces.push(Trace {
                run,
                trial,
                t_ms: Vec::new(),
                v_tar: Vec::new(),
                v: Vec::new(),
            });
        }
        let t_ms = table.finite(trial_column + 1)?;
        let v_tar = table.finite(trial_column + 2)?;
        let v = table.finite(trial_column + 3)?;
        if let Some(trace) = traces.last_mut() {
            trace.t_ms.push(t_ms);
            trace.v_tar.push(v_tar);
            trace.v.push(v);
        }
    }
    tables.traces = traces;
    Ok(())
}
