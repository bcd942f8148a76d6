//! The tables of a result folder, read back: as records, where a published folder has no journal, and
//! held against the records of a journal, cell by cell.

use super::tables::table_text;
use super::{Kept, Record, RecordStatus, TraceRecord};
use crate::spec::Study;
use csv::{ReaderBuilder, StringRecord};
use std::fmt;
use std::path::Path;
use synapse_report::tables::{CURVES, RUNS, Run, Status, TRACES, TableForm, Tables, Trace};
use synapse_report::words::shortened;

/// The one column that may differ between two tables of the same results.
const TIME: &str = "wall_s";

/// A cell or a row of a table that is not what the journal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDifference {
    /// The table.
    pub file: &'static str,
    /// Line number, from 1.
    pub line: u64,
    /// What differs.
    pub what: Differing,
}

/// What differs in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Differing {
    /// A cell.
    Cell {
        /// Its column.
        column: String,
        /// What the table has.
        table: String,
        /// What it should have.
        journal: String,
    },
    /// The row of a run that the table lacks.
    Lacking {
        /// The run.
        run_id: String,
    },
    /// A row that the journal does not account for.
    Beyond {
        /// The run that it names.
        run_id: String,
    },
    /// A line that is no row.
    Unreadable,
}

impl fmt::Display for TableDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        match &self.what {
            Differing::Cell {
                column,
                table,
                journal,
            } => write!(
                f,
                "{column} is {:?}, but it must be {:?}",
                shortened(table),
                shortened(journal)
            ),
            Differing::Lacking { run_id } => {
                write!(f, "a row of run {run_id} is missing")
            }
            Differing::Beyond { run_id } => write!(
                f,
                "a row of run {}, which does not belong here",
                shortened(run_id)
            ),
            Differing::Unreadable => f.write_str("not a row of this table"),
        }
    }
}

/// The first difference of each table from the records, in the study's order; none if they agree in
/// all but the time that runs took. Tables that are not there do not differ.
pub fn differences(
    study: &Study,
    records: &[Option<&Record>],
    folder: &Path,
) -> std::io::Result<Vec<TableDifference>> {
    let mut found = Vec::new();
    for form in [RUNS, CURVES, TRACES] {
        let path = folder.join(form.file);
        if !path.exists() {
            continue;
        }
        let table = synapse_report::files::open::bytes(&path)?;
        found.extend(difference(form, &table, &table_text(study, records, form)));
    }
    Ok(found)
}

fn difference(form: TableForm, table: &[u8], journal: &[u8]) -> Option<TableDifference> {
    if table == journal {
        return None;
    }
    let reader = |text| {
        ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text)
    };
    let (mut table, mut journal) = (reader(table), reader(journal));
    let mut header = StringRecord::new();
    let (mut found, mut expected) = (StringRecord::new(), StringRecord::new());
    loop {
        let line = table.position().line();
        let differs = |what| {
            Some(TableDifference {
                file: form.file,
                line,
                what,
            })
        };
        let Ok(more) = table.read_record(&mut found) else {
            return differs(Differing::Unreadable);
        };
        let expects = journal.read_record(&mut expected).unwrap_or(false);
        let id = |row: &StringRecord| row.get(0).unwrap_or_default().to_owned();
        match (more, expects) {
            (false, false) => return None,
            (false, true) => {
                let run_id = id(&expected);
                return differs(Differing::Lacking { run_id });
            }
            (true, false) => {
                let run_id = id(&found);
                return differs(Differing::Beyond { run_id });
            }
            (true, true) => {}
        }
        if header.is_empty() {
            header.clone_from(&expected);
        } else if found.get(0) != expected.get(0) && form == RUNS {
            let run_id = id(&expected);
            return differs(Differing::Lacking { run_id });
        }
        for at in 0..found.len().max(expected.len()) {
            let (table, journal) = (found.get(at), expected.get(at));
            let column = header.get(at).unwrap_or("beyond the last column");
            if table != journal && column != TIME {
                return differs(Differing::Cell {
                    column: column.to_owned(),
                    table: table.unwrap_or_default().to_owned(),
                    journal: journal.unwrap_or_default().to_owned(),
                });
            }
        }
    }
}

/// The records that tables hold, where there is no journal to read. `None` if a run has no identity of
/// this program's.
pub fn records_of(tables: &Tables) -> Option<Kept> {
    let mut traces = tables.traces.iter().peekable();
    let mut kept = Kept::default();
    for (index, run) in tables.runs.iter().enumerate() {
        let trace = traces.next_if(|trace| trace.run == index);
        kept.add(record(run, trace)?);
    }
    Some(kept)
}

fn record(run: &Run, taken: Option<&Trace>) -> Option<Record> {
    let whole = |n: u64| usize::try_from(n).ok();
    let checkpoint = |c: &synapse_report::tables::Checkpoint| {
        Some((whole(c.trial)?, c.test_mse, c.tracking_mse))
    };
    let trace = match taken {
        Some(taken) => Some(TraceRecord {
            trial: whole(taken.trial)?,
            t_ms: taken.t_ms.clone(),
            v_tar: taken.v_tar.clone(),
            v: taken.v.clone(),
        }),
        None => None,
    };
    Some(Record {
        id: run.id.parse().ok()?,
        status: match run.status {
            Status::Ok => RecordStatus::Ok,
            Status::Diverged => RecordStatus::Diverged,
            Status::Failed => RecordStatus::Failed,
        },
        diverged: match run.diverged {
            Some((trial, step)) => Some((whole(trial)?, whole(step)?)),
            None => None,
        },
        message: run.message.clone(),
        checkpoints: run.curve.iter().map(checkpoint).collect::<Option<_>>()?,
        trace,
        wall_s: 0.0,
        origin: 0,
    })
}
