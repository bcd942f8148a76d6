//! Numbers that no study has, but that a slip of the keyboard makes.

use std::path::Path;
use std::process::{Command, Output};

fn runner(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_runner"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

/// A folder with a spec whose runs are trained so.
fn place(training: &str) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let spec = format!(
        r#"
        schema = 1
        name = "study"
        question = "How long would it take?"
        seed = 1
        network = {{ units = 20 }}
        target = {{ kind = "periodic_gp", length_ms = 60 }}
        training = {training}
        replicates = {{ networks = 1, targets = 40 }}
        [[condition]]
        rule = {{ kind = "force" }}
        "#
    );
    std::fs::write(place.path().join("study.toml"), spec).unwrap();
    place
}

#[test]
fn the_longest_runs_can_be_planned() {
    for (training, steps) in [
        // As many time steps and checkpoints as a run may have, nearly.
        (
            "{ trials = 1000000000, washout_ms = 40, checkpoints_every = 1001 }",
            "4.004 T",
        ),
        (
            "{ trials = 9000, washout_ms = 1e8, checkpoints_every = 9000 }",
            "36.008 T",
        ),
        (
            r#"{ protocol = "stream", duration_ms = 9e11, validate_every_ms = 1e6 }"#,
            "36.000 T",
        ),
    ] {
        let place = place(training);
        let output = runner(place.path(), &["plan", "study.toml"]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{training}: {stderr}");
        let stdout = String::from_utf8(output.stdout).unwrap();
        let expected = format!("to do: 40 runs, {steps} time steps of a network");
        assert!(stdout.contains(&expected), "{training}: {stdout}");
    }
}

#[test]
fn status_has_as_few_and_as_many_shards_as_a_study() {
    let place = place("{ trials = 2 }");
    let status = |shards| runner(place.path(), &["status", ".", "--shards", shards]);
    for shards in ["0", "100001", "100000000000"] {
        let output = status(shards);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{shards}: {stderr}");
        assert!(stderr.contains("1..=100000"), "{stderr}");
    }
    let output = status("3");
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stdout}");
    assert!(stdout.contains("shard 3/3: "), "{stdout}");
}
