//! What README.md tells a reader to do works.

use std::path::Path;
use std::process::Command;
use synapse_report::expectation::Metric;
use synapse_report::manifest::Accept;
use synapse_report::tuning::Tuning;
use synapse_runner::spec::Study;

fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    std::fs::read_to_string(path).unwrap()
}

/// The arguments of the indented `cargo run` commands, without their comments.
fn commands(readme: &str) -> Vec<Vec<&str>> {
    readme
        .lines()
        .filter_map(|line| line.strip_prefix("    cargo run --release "))
        .map(|line| line.split('#').next().unwrap().split_whitespace().collect())
        .collect()
}

#[test]
fn the_example_study_runs_by_the_commands_shown() {
    let readme = readme();
    let spec = readme.split("```toml\n").nth(1).unwrap();
    let spec = spec.split("```").next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("my_study.toml"), spec).unwrap();
    let commands = commands(&readme);
    assert_eq!(commands[0], ["--", "experiments/eta_sweep.toml"]);
    assert_eq!(commands.len(), 12, "{commands:?}");
    for arguments in &commands[1..] {
        match arguments[..] {
            ["--", ref arguments @ ..] => {
                let output = Command::new(env!("CARGO_BIN_EXE_runner"))
                    .args(arguments)
                    .current_dir(folder.path())
                    .output()
                    .unwrap();
                assert!(
                    output.status.success(),
                    "{arguments:?}: {} {}",
                    String::from_utf8_lossy(&output.stdout),
                    String::from_utf8_lossy(&output.stderr)
                );
            }
            // The other program belongs to another package: what its verb calls.
            ["--bin", "report", "--", "tune", results] => {
                let results =
                    synapse_report::Results::read(&folder.path().join(results), Accept::Whole)
                        .unwrap();
                let (tables, study) = (&results.tables, &results.study);
                let tuned = Tuning::of(tables, study, "rule.eta0", Metric::TestMse).unwrap();
                // Two halves for each of two lengths.
                assert_eq!(tuned.tuned.len(), 4);
            }
            ["--bin", "report", "--", "check", results] => {
                let verdict = synapse_report::check(&folder.path().join(results)).unwrap();
                assert!(verdict.all_hold(), "{verdict}");
            }
            [
                "--bin",
                "report",
                "--",
                "compare",
                results,
                "--where",
                selection,
                "--reference",
                file,
            ] => compare(folder.path(), results, selection, file),
            _ => panic!("{arguments:?}"),
        }
    }
    // What the shards made together is what the study makes alone; then it had 10 targets, not 8.
    let curves = |results: &str| {
        std::fs::read_to_string(folder.path().join(results).join("curves.csv")).unwrap()
    };
    let (alone, extended) = (curves("results/my_study"), curves("shared"));
    let rows: std::collections::HashSet<&str> = extended.lines().collect();
    assert!(alone.lines().all(|row| rows.contains(row)));
    assert_eq!(
        8 * (extended.lines().count() - 1),
        10 * (alone.lines().count() - 1)
    );
}

/// Compares a study with what could have been published about it: its own errors at one length of the
/// target, under the names that a reference has.
fn compare(folder: &Path, results: &str, selection: &str, file: &str) {
    let results = folder.join(results);
    let mut curves = csv::Reader::from_path(results.join("curves.csv")).unwrap();
    let header = curves.headers().unwrap().clone();
    let cell = |record: &csv::StringRecord, name: &str| {
        let column = header.iter().position(|c| c == name).unwrap();
        record[column].to_string()
    };
    let (path, value) = selection.split_once('=').unwrap();
    let mut table = csv::Writer::from_path(folder.join(file)).unwrap();
    let columns = ["rule", "eta0", "network", "target", "trial", "test_mse"];
    table.write_record(columns).unwrap();
    for record in curves.records().map(Result::unwrap) {
        if cell(&record, path).parse::<f64>() == value.parse() {
            let names = [
                "rule.kind",
                "rule.eta0",
                "network",
                "target",
                "trial",
                "test_mse",
            ];
            table
                .write_record(names.map(|name| cell(&record, name)))
                .unwrap();
        }
    }
    table.flush().unwrap();
    drop(table);
    let selection = synapse_report::compare::parse_where(&[selection.to_string()]).unwrap();
    let comparison = synapse_report::compare::Comparison::read(
        &results,
        &folder.join(file),
        &selection,
        Accept::Whole,
    )
    .unwrap();
    assert_eq!(comparison.pairs.len(), 4);
    let files = comparison.write(&results).unwrap();
    assert!(files.all.iter().all(|path| path.exists()));
    let error = comparison.scores.iter().find(|s| s.name == "log_error");
    assert_eq!(error.unwrap().own.unwrap().value, 0.0);
}

#[test]
fn the_files_and_studies_it_names_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = readme();
    let named = readme
        .split(['`', '(', ')', ' ', '\n'])
        .filter(|word| word.starts_with("experiments/") || word.starts_with("results/eta_sweep/"));
    let mut count = 0;
    for path in named {
        assert!(root.join(path).exists(), "{path}");
        count += 1;
    }
    assert!(count >= 3, "{count}");
    assert!(Study::load(&root.join("experiments/eta_sweep.toml"), &[]).is_ok());
}
