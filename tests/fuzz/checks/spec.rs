//! Any text as a spec: it is refused with a message, or it is a study that can be planned and whose
//! complete form is the same study.

use std::path::Path;
use synapse_runner::batch::pack;
use synapse_runner::spec::Study;

/// Checks a text; first lines `# --set path=value` are arguments, as in `tests/fixtures/bad_specs`.
/// Paths of signals are relative to `folder`.
pub fn check(bytes: &[u8], folder: &Path) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let sets: Vec<String> = text
        .lines()
        .map_while(|line| line.strip_prefix("# --set "))
        .map(str::to_owned)
        .collect();
    match Study::parse(text, "study.toml", folder, &sets) {
        Ok(study) => check_study(&study, folder),
        Err(errors) => assert!(errors.to_string().lines().count() > 0),
    }
}

fn check_study(study: &Study, folder: &Path) {
    let complete = study.to_toml(folder);
    let again = Study::parse(&complete, "study.toml", folder, &[])
        .unwrap_or_else(|errors| panic!("{errors}of the complete spec:\n{complete}"));
    assert!(
        (0..study.runs().max(again.runs()))
            .all(|run| study.run_id(study.run(run)) == again.run_id(again.run(run))),
        "other runs:\n{complete}"
    );
    assert_eq!(study.parameter_columns(), again.parameter_columns());
    assert_eq!(again.to_toml(folder), complete);

    let of_report = synapse_report::study::parse(&complete)
        .unwrap_or_else(|error| panic!("the report: {error:?}:\n{complete}"));
    // Not by ==: a NaN is not equal to itself.
    let expectations = format!("{:?}", study.expectations);
    assert_eq!(format!("{:?}", again.expectations), expectations);
    assert_eq!(format!("{:?}", of_report.expectations), expectations);

    let all: Vec<usize> = (0..study.runs()).collect();
    let batches = pack(study, &all, 2);
    let mut packed: Vec<usize> = batches.into_iter().flat_map(|batch| batch.runs).collect();
    packed.sort_unstable();
    assert_eq!(packed, all, "every run is in one batch");
}
