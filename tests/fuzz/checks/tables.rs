//! Any texts as tables: they are refused with a message, or every value of every condition can be had
//! and the conditions be arranged.

use synapse_report::design::Design;
use synapse_report::expectation::Metric;
use synapse_report::study;
use synapse_report::tables::Tables;

/// What stands between two files.
const BETWEEN: &[u8] = b"\n----\n";

/// Checks `runs.csv`, `curves.csv`, `traces.csv` and `study.toml`, one after the other; the last ones
/// may be missing.
pub fn check(bytes: &[u8]) {
    let mut files = Files(Some(bytes));
    let runs = files.next().unwrap_or_default();
    let curves = files.next().unwrap_or_default();
    let traces = files.next();
    let tables = match Tables::parse(runs, curves, traces) {
        Ok(tables) => tables,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    for condition in 0..tables.conditions.len() {
        for column in 0..tables.parameters.len() {
            tables.number(condition, column);
        }
        for metric in Metric::ALL {
            for trial in tables.trials(condition, metric) {
                let sample = tables.sample(condition, metric, trial);
                let all = sample.cells.len() + sample.failed + sample.empty;
                assert_eq!(all, tables.conditions[condition].runs.len());
                assert!(sample.cells.iter().all(|cell| cell.value >= 0.0));
            }
        }
    }
    let study = files.next().and_then(|text| std::str::from_utf8(text).ok());
    if let Some(Ok(study)) = study.map(study::parse) {
        Design::of(&tables, &study);
    }
}

struct Files<'a>(Option<&'a [u8]>);

impl<'a> Iterator for Files<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.0.take()?;
        let Some(end) = rest.windows(BETWEEN.len()).position(|text| text == BETWEEN) else {
            return Some(rest);
        };
        self.0 = Some(&rest[end + BETWEEN.len()..]);
        Some(&rest[..=end])
    }
}
