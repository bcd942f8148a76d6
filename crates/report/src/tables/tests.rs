use super::*;
use std::fs;
use tempfile::TempDir;

impl Tables {
    /// Tables of conditions without runs, for tests of what depends on parameters alone.
    pub(crate) fn of_conditions(parameters: &[&str], rows: &[&[&str]]) -> Self {
        Self {
            parameters: parameters.iter().map(ToString::to_string).collect(),
            conditions: rows
                .iter()
                .map(|row| Condition {
                    cells: row.iter().map(ToString::to_string).collect(),
                    runs: Vec::new(),
                    trials: Vec::new(),
                    tested_throughout: false,
                    first_tracked: 0,
                })
                .collect(),
            runs: Vec::new(),
            traces: Vec::new(),
        }
    }
}

const RUNS: &str = "run_id,rule.kind,rule.eta0,network,target,status,diverged_trial,diverged_step,test_mse,tracking_mse,message,wall_s
a,classical,0.1,0,0,ok,,,0.5,0.25,,1.5
b,classical,0.1,0,1,diverged,3,17,,,,1
c,force,,0,0,failed,,,,,\"out, of memory\",0
";
const CURVES: &str = "run_id,rule.kind,rule.eta0,network,target,status,trial,test_mse,tracking_mse
a,classical,0.1,0,0,ok,0,2,
a,classical,0.1,0,0,ok,5,0.5,0.25
b,classical,0.1,0,1,diverged,0,3,
b,classical,0.1,0,1,diverged,5,,
";

fn folder(runs: &str, curves: &str, traces: Option<&str>) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("runs.csv"), runs).unwrap();
    fs::write(dir.path().join("curves.csv"), curves).unwrap();
    if let Some(traces) = traces {
        fs::write(dir.path().join("traces.csv"), traces).unwrap();
    }
    dir
}

fn message(runs: &str, curves: &str, traces: Option<&str>) -> String {
    let dir = folder(runs, curves, traces);
    let text = Tables::read(dir.path()).unwrap_err().to_string();
    text.replace(&format!("{}/", dir.path().display()), "")
}

#[test]
fn reads_runs_with_their_curves() {
    let dir = folder(RUNS, CURVES, None);
    let t = Tables::read(dir.path()).unwrap();
    assert_eq!(t.parameters, ["rule.kind", "rule.eta0"]);
    assert_eq!(t.conditions.len(), 2);
    assert_eq!(t.conditions[0].trials, [0, 5]);
    assert_eq!(t.runs[2].status, Status::Failed);
    assert_eq!(t.trials(0, Metric::TestMse), [0, 5]);
    assert_eq!(t.trials(0, Metric::TrackingMse), [5]);
    let sample = t.sample(0, Metric::TestMse, 5);
    let values: Vec<f64> = sample.cells.iter().map(|c| c.value).collect();
    assert_eq!(values, [0.5, f64::INFINITY]);
    assert_eq!((sample.diverged, sample.failed, sample.empty), (1, 0, 0));
    assert_eq!(t.sample(1, Metric::TestMse, 5).failed, 1);
}

#[test]
fn in_a_stream_the_test_exists_at_the_last_block_only() {
    let curves = "run_id,rule.kind,rule.eta0,network,target,status,trial,test_mse,tracking_mse
a,classical,0.1,0,0,ok,1,,1
a,classical,0.1,0,0,ok,2,0.5,0.25
b,classical,0.1,0,1,diverged,1,,3
b,classical,0.1,0,1,diverged,2,,
";
    let dir = folder(RUNS, curves, None);
    let t = Tables::read(dir.path()).unwrap();
    assert_eq!(t.trials(0, Metric::TestMse), [2]);
    assert_eq!(t.trials(0, Metric::TrackingMse), [1, 2]);
    assert_eq!(t.sample(0, Metric::TestMse, 2).diverged, 1);
}

#[test]
fn what_a_condition_cannot_tell_its_peers_do() {
    // All runs of force diverged before any value but the first test: classical tells the protocol.
    let runs = RUNS.replace("c,force,,0,0,failed", "c,force,,0,0,diverged");
    let curves = format!("{CURVES}c,force,,0,0,diverged,0,,\nc,force,,0,0,diverged,5,,\n");
    let dir = folder(&runs, &curves, None);
    let t = Tables::read(dir.path()).unwrap();
    assert_eq!(t.trials(1, Metric::TestMse), [0, 5]);
    assert_eq!(t.trials(1, Metric::TrackingMse), [5]);
}

#[test]
fn bad_cells_are_named() {
    for (from, to, expected) in [
        (
            "ok,,,0.5",
            "okay,,,0.5",
            "runs.csv:2: status = \"okay\": must be ok, diverged or failed",
        ),
        (
            "0.5,0.25,,1.5",
            "fast,0.25,,1.5",
            "runs.csv:2: test_mse = \"fast\": must be a finite number ≥ 0, or empty",
        ),
        (
            "0.5,0.25,,1.5",
            "1e400,0.25,,1.5",
            "runs.csv:2: test_mse = \"1e400\": must be a finite number ≥ 0, or empty; 1e400 is too large for a 64-bit float (at most 1.8e308)",
        ),
        (
            "0.5,0.25,,1.5",
            "0.5,1e-400,,1.5",
            "runs.csv:2: tracking_mse = \"1e-400\": must be a finite number ≥ 0, or empty; 1e-400 is too small for a 64-bit float (at least 5e-324) and would become 0",
        ),
        (
            "0.5,0.25,,1.5",
            "\u{1b}[2J,0.25,,1.5",
            "runs.csv:2: test_mse = \"\\u{1b}[2J\": must be a finite number ≥ 0, or empty",
        ),
        (
            "b,classical,0.1,0,1",
            "b,classical,0.1,-1,1",
            "runs.csv:3: network = \"-1\": must be a whole number ≥ 0",
        ),
        (
            "b,classical",
            "a,classical",
            "runs.csv:3: run_id = \"a\": must be not empty and different in each row",
        ),
        (
            "0,1,diverged",
            "0,0,diverged",
            "runs.csv:3: network 0 and target 0 stand twice in the same condition",
        ),
        (
            ",1.5\n",
            "\n",
            "runs.csv:2: 11 fields where the header has 12",
        ),
        (
            "diverged_step,",
            "diverged_stop,",
            "runs.csv:1: column diverged_step: is missing (columns found: run_id, rule.kind, rule.eta0, network, target, status, diverged_trial, diverged_stop, test_mse, tracking_mse, message, wall_s)",
        ),
        (
            "rule.kind,",
            "kind,",
            "runs.csv:1: column rule.kind: must follow run_id (columns found: run_id, kind, rule.eta0, network, target, status, diverged_trial, diverged_step, test_mse, tracking_mse, message, wall_s)",
        ),
    ] {
        assert!(RUNS.contains(from), "{from}");
        assert_eq!(message(&RUNS.replacen(from, to, 1), CURVES, None), expected);
    }
    for (from, to, expected) in [
        (
            "5,0.5,0.25",
            "5,inf,0.25",
            "curves.csv:3: test_mse = \"inf\": must be a finite number ≥ 0, or empty",
        ),
        (
            "a,classical,0.1,0,0,ok,5",
            "x,classical,0.1,0,0,ok,5",
            "curves.csv:3: run_id = \"x\": must be a run_id that runs.csv has",
        ),
        (
            "a,classical,0.1,0,0,ok,5",
            "a,classical,0.2,0,0,ok,5",
            "curves.csv:3: rule.eta0 = \"0.2\": must be \"0.1\", as runs.csv says for this run_id",
        ),
        (
            "a,classical,0.1,0,0,ok,5",
            "a,classical,0.1,0,0,ok,0",
            "curves.csv:3: trial 0 stands twice for run_id a",
        ),
        (
            "rule.eta0",
            "rule.eta",
            "curves.csv:1: column rule.eta0: the parameter columns must be those of runs.csv: rule.kind, rule.eta0 (columns found: run_id, rule.kind, rule.eta, network, target, status, trial, test_mse, tracking_mse)",
        ),
    ] {
        assert!(CURVES.contains(from), "{from}");
        assert_eq!(message(RUNS, &CURVES.replacen(from, to, 1), None), expected);
    }
    let traces = "run_id,rule.kind,rule.eta0,network,target,trial,t_ms,v_tar,v\na,classical,0.1,0,0,5,0,1,NaN\n";
    assert_eq!(
        message(RUNS, CURVES, Some(traces)),
        "traces.csv:2: v = \"NaN\": must be a finite number"
    );
    let long = "7".repeat(1_000_000);
    let told = message(
        &RUNS.replacen("0.5,0.25,,1.5", &format!("x{long},,,"), 1),
        CURVES,
        None,
    );
    assert!(
        told.contains("777…\": must be a finite number"),
        "{}",
        told.len()
    );
    let told = message(&RUNS.replacen("diverged_step", &long, 1), CURVES, None);
    assert!(told.chars().count() < 500, "{}", told.len());
    assert_eq!(
        message(&RUNS[..RUNS.find('\n').unwrap() + 1], CURVES, None),
        "runs.csv: holds no run"
    );
}
