//! The `runner` program as a person uses it: files in, files out, messages, exit codes.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// Two rules, two values each, 2 networks × 3 targets: 24 short runs in a few batches.
const SPEC: &str = r#"
schema = 1
name = "tiny"
question = "Does the program work?"
seed = 7
[network]
units = 40
[target]
kind = "periodic_gp"
length_ms = 60
[training]
trials = 6
washout_ms = 20
checkpoints_every = 3
[replicates]
networks = 2
targets = 3
[[condition]]
rule = { kind = "classical" }
sweep = { "rule.eta0" = { values = [1e-4, 1e-3] } }
[[condition]]
rule = { kind = "bayesian" }
sweep = { "rule.eta0" = { values = [1e-3, 1e-2] } }
"#;

struct Place {
    folder: TempDir,
}

impl Place {
    fn new(spec: &str) -> Self {
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        place.write("study.toml", spec);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runner"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("RUST_LOG");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs and expects success.
    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    /// A table without its timing column.
    fn untimed(&self, name: &str) -> Vec<String> {
        let table = self.read(name);
        let timed = table.lines().next().unwrap().ends_with(",wall_s");
        let cut = |line: &str| match (timed, line.rsplit_once(',')) {
            (true, Some((rest, _))) => rest.to_owned(),
            _ => line.to_owned(),
        };
        table.lines().map(cut).collect()
    }

    /// The journals of a result folder.
    fn journals(&self, folder: &str) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path(folder).join("journal")).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    }

    fn tables(&self, folder: &str) -> [Vec<String>; 3] {
        ["runs.csv", "curves.csv", "traces.csv"]
            .map(|name| self.untimed(&format!("{folder}/{name}")))
    }
}

/// The same rows; if not, says which row differs rather than printing both tables.
fn assert_same(found: &[Vec<String>; 3], expected: &[Vec<String>; 3]) {
    for (found, expected) in found.iter().zip(expected) {
        for (found, expected) in found.iter().zip(expected) {
            assert_eq!(found, expected);
        }
        assert_eq!(found.len(), expected.len());
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_study_leaves_tables_report_and_provenance() {
    let place = Place::new(SPEC);
    let shown = place.ok(&["study.toml", "-j", "1"]);
    assert!(
        shown.starts_with(
            "results/tiny: 24 runs (24 computed now), 24 ok, 0 diverged, 0 failed, in "
        ),
        "{shown}"
    );
    let runs = place.untimed("results/tiny/runs.csv");
    assert_eq!(
        runs[0],
        "run_id,rule.kind,rule.eta0,rule.covariance.kind,rule.gain,rule.noise.kind,\
         rule.noise.variance,rule.update_order,network,target,status,diverged_trial,diverged_step,test_mse,tracking_mse,message"
    );
    assert_eq!(runs.len(), 25);
    // Documented order: condition, network, target.
    let keys: Vec<Vec<&str>> = runs[1..]
        .iter()
        .map(|row| row.split(',').collect())
        .collect();
    assert_eq!(keys[0][1..3], ["classical", "0.0001"]);
    assert_eq!(keys[0][8..11], ["0", "0", "ok"]);
    assert_eq!(keys[1][8..11], ["0", "1", "ok"]);
    assert_eq!(keys[3][8..11], ["1", "0", "ok"]);
    assert_eq!(keys[6][1..3], ["classical", "0.001"]);
    assert_eq!(
        keys[12][1..7],
        ["bayesian", "0.001", "diagonal", "published", "fixed", "1"]
    );
    // A row per run and checkpoint (0, 3, 6); a trace for target 0 of network 0 of each condition.
    assert_eq!(place.untimed("results/tiny/curves.csv").len(), 1 + 24 * 3);
    assert_eq!(place.untimed("results/tiny/traces.csv").len(), 1 + 4 * 60);
    for file in [
        "summary.csv",
        "figures/learning_curves.svg",
        "figures/tracking.png",
    ] {
        assert!(
            place.path(&format!("results/tiny/{file}")).exists(),
            "{file}"
        );
    }
    let manifest: serde_json::Value =
        serde_json::from_str(&place.read("results/tiny/manifest.json")).unwrap();
    assert_eq!(manifest["counts"]["runs"], 24);
    assert_eq!(manifest["counts"]["ok"], 24);
    assert_eq!(manifest["written_by"]["threads"], 1);
    assert_eq!(manifest["study"]["spec"], "study.toml");
    assert_eq!(
        manifest["written_by"]["tool"]["numerics_version"],
        synapse_core::NUMERICS_VERSION
    );
}

#[test]
fn threads_do_not_change_a_byte_and_nothing_is_computed_twice() {
    let place = Place::new(SPEC);
    place.ok(&["study.toml", "-j", "1", "--out", "one", "--no-report"]);
    place.ok(&["study.toml", "-j", "2", "--out", "two", "--no-report"]);
    assert_same(&place.tables("one"), &place.tables("two"));
    assert!(!place.path("one/summary.csv").exists());

    let before = place.tables("one");
    let shown = place.ok(&["study.toml", "--out", "one", "--no-report"]);
    assert!(
        shown.starts_with("one: 24 runs (0 computed now)"),
        "{shown}"
    );
    assert_same(&place.tables("one"), &before);
}

#[test]
fn an_extended_study_keeps_every_row_and_computes_the_rest() {
    let place = Place::new(SPEC);
    place.ok(&["study.toml", "--no-report"]);
    let before = place.tables("results/tiny");
    // Another value, another rule, another target: existing rows stay what they are.
    let extended = SPEC
        .replace("[1e-4, 1e-3]", "[1e-5, 1e-4, 1e-3]")
        .replace("targets = 3", "targets = 4")
        + "[[condition]]\nrule = { kind = \"force\" }\n";
    place.write("study.toml", &extended);
    let planned = place.ok(&["plan", "study.toml"]);
    assert!(
        planned.contains("6 conditions × 2 networks × 4 targets = 48 runs"),
        "{planned}"
    );
    assert!(
        planned.contains("in results/tiny: 24 runs are done"),
        "{planned}"
    );
    assert!(planned.contains("to do: 24 runs"), "{planned}");
    let shown = place.ok(&["study.toml", "--no-report"]);
    assert!(shown.contains("48 runs (24 computed now)"), "{shown}");
    // rule.alpha is a new column; by run id, the old cells are all there.
    let old: Vec<(String, Vec<String>)> = before[0][1..]
        .iter()
        .map(|row| id_and_results(row, 8))
        .collect();
    let new: Vec<(String, Vec<String>)> = place.tables("results/tiny")[0][1..]
        .iter()
        .map(|row| id_and_results(row, 9))
        .collect();
    for row in &old {
        assert!(new.contains(row), "{row:?}");
    }
}

/// The run id of a row, and its cells from `network` on.
fn id_and_results(row: &str, results: usize) -> (String, Vec<String>) {
    let cells: Vec<String> = row.split(',').map(str::to_owned).collect();
    (cells[0].clone(), cells[results..].to_vec())
}

/// Sends SIGINT as Ctrl-C does.
fn interrupt(process: u32) {
    let sent = Command::new("kill")
        .args(["-INT", &process.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

#[test]
#[cfg(unix)]
fn ctrl_c_keeps_what_is_done_and_the_same_command_goes_on() {
    // Long enough that the first batch is far from the last.
    let long = SPEC
        .replace("trials = 6", "trials = 200")
        .replace("targets = 3", "targets = 40");
    let place = Place::new(&long);
    place.ok(&["study.toml", "--out", "whole", "--no-report"]);

    let mut child = place
        .command(&[
            "-v",
            "study.toml",
            "-j",
            "2",
            "--out",
            "broken",
            "--no-report",
        ])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = lines.find(|line| line.as_ref().unwrap().contains("more runs are kept"));
    assert!(first.is_some());
    interrupt(child.id());
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:?}");
    let last = rest.last().unwrap();
    assert!(
        last.starts_with("interrupted: ")
            && last
                .ends_with(" of 320 runs are kept in broken; the same command goes on from there"),
        "{last}"
    );
    assert!(!place.path("broken/runs.csv").exists());

    let kept: usize = last.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(kept > 0 && kept < 320, "{kept}");
    let shown = place.ok(&["study.toml", "--out", "broken", "--no-report"]);
    let expected = format!("broken: 320 runs ({} computed now)", 320 - kept);
    assert!(shown.starts_with(&expected), "{shown}");
    assert_same(&place.tables("whole"), &place.tables("broken"));
}

#[test]
fn a_second_process_on_the_same_folder_is_told_so() {
    let place = Place::new(SPEC);
    std::fs::create_dir(place.path("out")).unwrap();
    let lock = std::fs::File::create(place.path("out/lock")).unwrap();
    lock.lock().unwrap();
    std::fs::write(place.path("out/lock"), "process 1 on lab since today").unwrap();
    let output = place.run(&["study.toml", "--out", "out"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        "out: another process is writing there (process 1 on lab since today); \
         wait for it, or give --out another folder\n"
    );
    let output = place.run(&["study.toml", "--out", "out", "--shard", "1/2"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("process 1 on lab since today"));
    assert!(!place.path("out/journal").exists());
}

#[test]
fn a_journal_that_is_none_is_left_alone() {
    let place = Place::new(SPEC);
    std::fs::create_dir(place.path("out")).unwrap();
    place.write("out/journal", "dear diary\n");
    let output = place.run(&["study.toml", "--out", "out"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        "out/journal: not a journal of this version of runner; give --out another folder\n"
    );
    assert_eq!(place.read("out/journal"), "dear diary\n");
    assert!(!place.path("out/study.toml").exists());
}

#[test]
fn a_torn_journal_is_told_and_mended() {
    let place = Place::new(SPEC);
    place.ok(&["study.toml", "--out", "out", "--no-report"]);
    let before = place.tables("out");
    let journal = place.journals("out").remove(0);
    let bytes = std::fs::read(&journal).unwrap();
    std::fs::write(&journal, &bytes[..bytes.len() - 40]).unwrap();
    let output = place.run(&["study.toml", "--out", "out", "--no-report"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        text(&output.stderr).contains(
            "out: 1 damaged lines of the journals were dropped; their runs are computed again"
        ),
        "{}",
        text(&output.stderr)
    );
    assert!(text(&output.stdout).contains("(1 computed now)"));
    assert_same(&place.tables("out"), &before);
}

#[test]
fn expectations_decide_the_exit_code() {
    let expecting = |max: &str| {
        format!("{SPEC}[[expect]]\nmetric = \"test_mse\"\nstatistic = \"median\"\nmax = {max}\n")
    };
    let place = Place::new(&expecting("1e9"));
    assert!(place.ok(&["-q", "study.toml"]).contains("1 of 1 hold"));
    place.write("study.toml", &expecting("1e-9"));
    let output = place.run(&["-q", "study.toml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stdout).contains("0 of 1 hold"),
        "{}",
        text(&output.stdout)
    );
    // Nobody asked for a report: nothing to decide.
    assert_eq!(
        place.run(&["study.toml", "--no-report"]).status.code(),
        Some(0)
    );
}

#[test]
fn diverged_runs_are_rows() {
    let place = Place::new(&SPEC.replace("[1e-4, 1e-3]", "[1e-4, 1e3]"));
    let shown = place.ok(&["study.toml"]);
    assert!(shown.contains("18 ok, 6 diverged, 0 failed"), "{shown}");
    let diverged: Vec<Vec<String>> = place
        .untimed("results/tiny/runs.csv")
        .iter()
        .filter(|row| row.contains(",diverged,"))
        .map(|row| row.split(',').map(str::to_owned).collect())
        .collect();
    assert_eq!(diverged.len(), 6);
    for row in diverged {
        assert_eq!(row[10], "diverged");
        assert_eq!(row[11], "1", "the first trial with learning");
        assert!(row[12].parse::<usize>().unwrap() >= 20, "after the washout");
        assert_eq!(row[13..16], ["", "", ""]);
    }
    let curves = place.untimed("results/tiny/curves.csv");
    assert_eq!(
        curves
            .iter()
            .filter(|row| row.contains(",diverged,"))
            .count(),
        18
    );
}

#[test]
fn set_changes_the_study_and_plan_writes_nothing() {
    let place = Place::new(SPEC);
    let planned = place.ok(&[
        "plan",
        "study.toml",
        "--set",
        "replicates.targets=1",
        "--set",
        "network.gain=1.2",
    ]);
    assert!(
        planned.contains("4 conditions × 2 networks × 1 target = 8 runs"),
        "{planned}"
    );
    assert!(planned.contains("estimated: "), "{planned}");
    assert!(!place.path("results").exists());
    place.ok(&[
        "study.toml",
        "--set",
        "replicates.targets=1",
        "--set",
        "network.gain=1.2",
        "--no-report",
    ]);
    assert!(place.read("results/tiny/study.toml").contains("gain = 1.2"));
    // The resolved study is itself a spec, of the same runs.
    let again = place.ok(&["plan", "results/tiny/study.toml"]);
    assert!(again.contains("to do: nothing"), "{again}");
}

#[test]
fn the_schema_is_printed_and_shipped() {
    let place = Place::new(SPEC);
    let printed = place.ok(&["schema"]);
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/study.schema.json");
    assert_eq!(printed, std::fs::read_to_string(shipped).unwrap());
}

#[test]
fn every_shipped_study_is_valid() {
    let experiments = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments");
    let mut found = 0;
    for entry in std::fs::read_dir(experiments).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let study = synapse_runner::spec::Study::load(&path, &[]);
            let study = study.unwrap_or_else(|errors| panic!("{errors}"));
            assert_eq!(
                path.file_stem().unwrap().to_str(),
                Some(study.name.as_str())
            );
            assert!(
                study.surprise.is_some(),
                "{}: what would surprise us?",
                study.name
            );
            assert!(
                std::fs::read_to_string(&path)
                    .unwrap()
                    .starts_with("#:schema ./study.schema.json")
            );
            found += 1;
        }
    }
    assert!(found >= 8, "{found}");
}

#[test]
fn a_bad_spec_is_refused_with_all_its_mistakes() {
    let bad = SPEC
        .replace("units = 40", "unitz = 40")
        .replace("length_ms = 60", "length_ms = \"long\"")
        .replace("trials = 6", "trials = 0");
    let place = Place::new(&bad);
    let output = place.run(&["study.toml"]);
    assert_eq!(output.status.code(), Some(2));
    let message = text(&output.stderr);
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines.len(), 3, "{message}");
    for (line, start) in lines
        .iter()
        .zip(["study.toml:7:", "study.toml:10:", "study.toml:12:"])
    {
        assert!(line.starts_with(start), "{line}");
    }
    assert!(!place.path("results").exists());
}
