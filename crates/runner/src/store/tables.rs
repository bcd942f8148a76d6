//! The result tables: `runs.csv`, `curves.csv`, `traces.csv`.
//!
//! Rows are in the study's order (condition, network, target), then by trial or time; columns are
//! `run_id`, the parameters (`rule.kind`, the other `rule.*`, what else differs between conditions),
//! `network`, `target`, and the results. Floats are in shortest round-trip form, missing is empty.

use super::{Folder, Record, RecordStatus, StoreError};
use crate::spec::Study;
use crate::spec::identity::hex;
use crate::spec::scalar::shortest;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Write;
use synapse_report::manifest::TableDigest;
use synapse_report::tables::{CURVES, RUNS, TRACES, TableForm};

/// Names of tables, and what identifies each.
pub type Digests = BTreeMap<&'static str, TableDigest>;

/// Writes the three tables of a study from the records of its runs, in its order; what identifies
/// them. Runs without a record have no rows.
///
/// # Errors
/// The disk's.
pub fn write_tables(
    folder: &Folder,
    study: &Study,
    records: &[Option<&Record>],
) -> Result<Digests, StoreError> {
    let rows = Rows { study, records };
    let mut digests = Digests::new();
    for form in [RUNS, CURVES, TRACES] {
        let mut digest = None;
        folder.write(form.file, |out| {
            let mut hashing = Hashing {
                out,
                hash: Sha256::new(),
            };
            let rows = rows.table_of(form, &mut hashing)?;
            let sha256 = hex(&hashing.hash.finalize());
            digest = Some(TableDigest { rows, sha256 });
            Ok(())
        })?;
        digests.extend(digest.map(|digest| (form.file, digest)));
    }
    Ok(digests)
}

/// A table of a study as a text, for comparison with one that was written.
pub fn table_text(study: &Study, records: &[Option<&Record>], form: TableForm) -> Vec<u8> {
    let mut text = Vec::new();
    Rows { study, records }
        .table_of(form, &mut text)
        .expect("writing to memory does not fail");
    text
}

/// Passes on what is written, and hashes it.
struct Hashing<'a> {
    out: &'a mut dyn Write,
    hash: Sha256,
}

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

struct Rows<'a> {
    study: &'a Study,
    records: &'a [Option<&'a Record>],
}

impl Rows<'_> {
    /// Writes a table; how many rows it has.
    fn table_of(&self, form: TableForm, out: &mut dyn Write) -> std::io::Result<u64> {
        match form {
            RUNS => self.runs(out),
            CURVES => self.curves(out),
            _ => self.traces(out),
        }
    }

    fn runs(&self, out: &mut dyn Write) -> std::io::Result<u64> {
        let results = [
            "status",
            "diverged_trial",
            "diverged_step",
            "test_mse",
            "tracking_mse",
            "message",
            "wall_s",
        ];
        self.table(out, &results, |table, key, record| {
            let last = record.checkpoints.last();
            let (trial, step) = record.diverged.unzip();
            table.row(
                key,
                [
                    record.status.word().to_owned(),
                    optional(trial, |trial| trial.to_string()),
                    optional(step, |step| step.to_string()),
                    optional(last.and_then(|point| point.1), shortest),
                    optional(last.and_then(|point| point.2), shortest),
                    record.message.clone(),
                    shortest((record.wall_s * 1e6).round() / 1e6),
                ],
            )
        })
    }

    fn curves(&self, out: &mut dyn Write) -> std::io::Result<u64> {
        let results = ["status", "trial", "test_mse", "tracking_mse"];
        self.table(out, &results, |table, key, record| {
            if record.status == RecordStatus::Failed {
                return Ok(());
            }
            for &(trial, test_mse, tracking_mse) in &record.checkpoints {
                table.row(
                    key,
                    [
                        record.status.word().to_owned(),
                        trial.to_string(),
                        optional(test_mse, shortest),
                        optional(tracking_mse, shortest),
                    ],
                )?;
            }
            Ok(())
        })
    }

    fn traces(&self, out: &mut dyn Write) -> std::io::Result<u64> {
        let results = ["trial", "t_ms", "v_tar", "v"];
        self.table(out, &results, |table, key, record| {
            let Some(trace) = &record.trace else {
                return Ok(());
            };
            for ((&t_ms, &v_tar), &v) in trace.t_ms.iter().zip(&trace.v_tar).zip(&trace.v) {
                table.row(
                    key,
                    [
                        trace.trial.to_string(),
                        shortest(t_ms),
                        shortest(v_tar),
                        shortest(v),
                    ],
                )?;
            }
            Ok(())
        })
    }

    fn table(
        &self,
        out: &mut dyn Write,
        results: &[&str],
        mut rows_of: impl FnMut(&mut Table<'_>, &[String], &Record) -> std::io::Result<()>,
    ) -> std::io::Result<u64> {
        let study = self.study;
        let columns = study.parameter_columns();
        let mut table = Table {
            writer: csv::Writer::from_writer(out),
            rows: 0,
        };
        let header = ["run_id"]
            .into_iter()
            .chain(columns.iter().map(String::as_str))
            .chain(["network", "target"])
            .chain(results.iter().copied());
        table.writer.write_record(header)?;
        // The cells of a condition's parameters serve all its runs.
        let mut cells: Vec<String> = Vec::new();
        let mut cells_of = None;
        for (position, record) in self.records.iter().enumerate() {
            let Some(record) = record else {
                continue;
            };
            let key = study.run(position);
            if cells_of != Some(key.condition) {
                let condition = &study.conditions[key.condition];
                cells = vec![String::new()];
                cells.extend(
                    columns
                        .iter()
                        .map(|path| optional(condition.cell(path), ToString::to_string)),
                );
                cells.extend([String::new(), String::new()]);
                cells_of = Some(key.condition);
            }
            cells[0] = record.id.to_string();
            let after = cells.len();
            cells[after - 2] = key.network.to_string();
            cells[after - 1] = key.target.to_string();
            rows_of(&mut table, &cells, record)?;
        }
        table.writer.flush()?;
        Ok(table.rows)
    }
}

struct Table<'a> {
    writer: csv::Writer<&'a mut dyn Write>,
    rows: u64,
}

impl Table<'_> {
    fn row<const N: usize>(&mut self, key: &[String], cells: [String; N]) -> std::io::Result<()> {
        for cell in key.iter().chain(&cells) {
            self.writer.write_field(cell)?;
        }
        self.writer.write_record(None::<&[u8]>)?;
        self.rows += 1;
        Ok(())
    }
}

fn optional<T>(value: Option<T>, show: impl FnOnce(T) -> String) -> String {
    value.map(show).unwrap_or_default()
}
