//! Memory that ends: a run that does not fit is a failed row, and the others are there.

#[path = "place/mod.rs"]
mod place;

use place::Place;
use std::process::{Command, Output};

/// FORCE at N = 20,000 (0.8 GB for P, 0.7 GB for J) beside small runs, which cost less and come later.
const LARGE_AND_SMALL: &str = r#"
schema = 1
name = "study"
question = "What fits?"
seed = 1
target = { kind = "periodic_gp", length_ms = 20 }
training = { trials = 2, washout_ms = 20 }
replicates = { networks = 1, targets = 2 }
[[condition]]
network = { units = 20000 }
rule = { kind = "force" }
[[condition]]
network = { units = 50 }
rule = { kind = "bayesian", eta0 = 1e-3 }
"#;

/// The program with so many kB of address space; nothing where there is no shell that limits it.
fn limited(place: &Place, kilobytes: u32, arguments: &str) -> Option<Output> {
    let limits = |script: &str| {
        Command::new("sh")
            .args(["-c", script])
            .current_dir(place.0.path())
            .env_remove("SYNAPSE_FAULT")
            .env_remove("RUST_LOG")
            .output()
    };
    let limit = format!("ulimit -v {kilobytes}");
    match limits(&limit) {
        Ok(output) if output.status.success() && cfg!(target_os = "linux") => {}
        _ => {
            eprintln!("skipped: there is no sh with ulimit -v here");
            return None;
        }
    }
    let runner = env!("CARGO_BIN_EXE_runner");
    Some(limits(&format!("{limit}; exec '{runner}' {arguments}")).unwrap())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_run_that_does_not_fit_fails_with_its_need_and_the_others_are_kept() {
    let place = Place::new(LARGE_AND_SMALL);
    let Some(output) = limited(
        &place,
        700_000,
        "run study.toml --out out --no-report -q -j 2",
    ) else {
        return;
    };
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let rows = std::fs::read_to_string(place.path("out/runs.csv")).unwrap();
    let of = |status: &str| rows.lines().filter(|row| row.contains(status)).count();
    assert_eq!((of(",ok,"), of(",failed,")), (2, 2), "{rows}");
    let message =
        "out of memory: needs 1.5 GB, 800.8 MB of it for the inverse correlation matrix; ";
    assert_eq!(of(message), 2, "{rows}");
    assert_eq!(of(" MB are available (ulimit -v)"), 2, "{rows}");
}

#[test]
fn batches_wait_for_room_or_are_split_and_bits_stay_as_they_are() {
    // A batch of eight runs on each of two networks: 128 MB of covariances.
    let spec = r#"
schema = 1
name = "study"
question = "What fits?"
seed = 1
network = { units = 4000, connection_probability = 0.01 }
target = { kind = "periodic_gp", length_ms = 10 }
training = { trials = 1, washout_ms = 10 }
replicates = { networks = 2, targets = 8, traces = 0 }
[[condition]]
rule = { kind = "bayesian", eta0 = 1e-3, gain = "exact", covariance = { kind = "block", size = 2000 } }
"#;
    let place = Place::new(spec);
    let arguments = "run study.toml --no-report -q -j 2 --out";
    let Some(output) = limited(&place, 300_000, &format!("{arguments} narrow")) else {
        return;
    };
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    let wide = limited(&place, 4_000_000, &format!("{arguments} wide")).unwrap();
    assert_eq!(wide.status.code(), Some(0), "{}", text(&wide.stderr));
    let curves =
        |folder: &str| std::fs::read_to_string(place.path(folder).join("curves.csv")).unwrap();
    assert_eq!(curves("narrow"), curves("wide"));
}

#[test]
fn plan_allocates_nothing_that_a_long_study_would_and_says_what_does_not_fit() {
    let place = Place::new(LARGE_AND_SMALL);
    let Some(output) = limited(&place, 700_000, "plan study.toml -j 2") else {
        return;
    };
    let stdout = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for expected in [
        "memory: the largest batch needs 1.5 GB, 800.8 MB of it for the inverse correlation matrix; ",
        "warning: 2 runs need more memory than is available and will fail: compute them on a larger machine",
    ] {
        assert!(stdout.contains(expected), "{stdout}");
    }
    // As long as a target may be: 0.8 GB each.
    let longest = "plan study.toml -j 2 --set target.length_ms=1e8 --set network.units=50";
    let spec = LARGE_AND_SMALL.replace("network = { units = 20000 }\n", "");
    let spec = spec.replace("network = { units = 50 }\n", "");
    let place = Place::new(&spec);
    let output = limited(&place, 300_000, longest).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn lengths_and_counts_that_no_study_has_are_refused_by_plan() {
    let spec = LARGE_AND_SMALL.replace("units = 20000", "units = 20");
    let place = Place::new(&spec);
    for (set, message) in [
        (
            "target.length_ms=1e9",
            "target.length_ms = 1000000000.0: must be a number in (0, 100000000]",
        ),
        (
            "training.washout_ms=1e15",
            "training.washout_ms = 1000000000000000.0: must be a number in [0, 100000000]",
        ),
        (
            "training.trials=1000000000000",
            "training.trials = 1000000000000: must be a whole number from 1 to 1000000000",
        ),
        (
            "training.trials=1000000000",
            "training.checkpoints_every = 50 (the default): makes 20000001 checkpoints; at most 1000000 are allowed",
        ),
        (
            "training.error_lag_steps=1000000000",
            "training.error_lag_steps = 1000000000: must be a whole number from 0 to 1000000",
        ),
        (
            "replicates.networks=4000000000",
            "replicates.networks = 4000000000: must be a whole number from 1 to 1000000000",
        ),
    ] {
        let output = place
            .runner(&["plan", "study.toml", "--set", set])
            .output()
            .unwrap();
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{set}: {stderr}");
        assert!(stderr.contains(message), "{set}: {stderr}");
    }
}
