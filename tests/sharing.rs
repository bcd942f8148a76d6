//! Studies that are extended, shared, checked and repaired.

mod faulty;
mod place;

use faulty::faulty;
use place::Place;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const SPEC: &str = r#"
schema = 1
name = "study"
question = "Who computes what?"
seed = 5
network = { units = 40, connection_probability = 0.2 }
target = { kind = "periodic_gp", length_ms = 60 }
training = { trials = 6, washout_ms = 20, checkpoints_every = 3 }
replicates = { networks = 2, targets = 4 }

[[condition]]
rule = { kind = "classical" }
sweep = { "rule.eta0" = { values = [1e-4, 1e-3] } }
[[condition]]
rule = { kind = "force" }
"#;

/// What this file's tests do with a place.
trait Acts {
    fn read(&self, name: &str) -> String;
    fn command(&self, arguments: &str) -> Command;
    fn run(&self, arguments: &str) -> (i32, String, String);
    fn ok(&self, arguments: &str) -> String;
    fn journal(&self, folder: &str) -> PathBuf;
}

impl Acts for Place {
    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn command(&self, arguments: &str) -> Command {
        self.runner(&arguments.split_whitespace().collect::<Vec<_>>())
    }

    /// Exit code, standard output and standard error.
    fn run(&self, arguments: &str) -> (i32, String, String) {
        ended(self.command(arguments).output().unwrap())
    }

    fn ok(&self, arguments: &str) -> String {
        let (code, stdout, stderr) = self.run(arguments);
        assert_eq!(code, 0, "{arguments}: {stderr}");
        stdout
    }

    fn journal(&self, folder: &str) -> PathBuf {
        let mut entries = std::fs::read_dir(self.path(folder).join("journal")).unwrap();
        entries.next().unwrap().unwrap().path()
    }
}

fn ended(output: Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code().unwrap_or(-1),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// Rewrites the lines of a journal, with sums that are right.
fn rewrite(journal: &Path, mut change: impl FnMut(usize, &str) -> String) {
    let text = std::fs::read_to_string(journal).unwrap();
    let lines = text.lines().enumerate().map(|(number, line)| {
        let content = change(number, &line[9..]);
        format!("{:08x} {content}\n", crc32fast::hash(content.as_bytes()))
    });
    let text: String = lines.collect();
    std::fs::write(journal, text).unwrap();
}

#[test]
fn plan_tells_each_condition_what_is_there_and_why_not() {
    let place = Place::new(SPEC);
    let run = |place: &Place| place.ok("study.toml --out out --no-report");
    run(&place);
    let longer = SPEC.replace("[1e-4, 1e-3]", "[1e-4, 1e-3, 1e-2]");
    std::fs::write(place.path("study.toml"), &longer).unwrap();
    let plan = place.ok("plan study.toml --out out");
    assert!(plan.contains("in out: 24 runs are done\n"), "{plan}");
    assert!(
        plan.contains("rule.kind=classical, rule.eta0=0.01: 8 new\n"),
        "{plan}"
    );
    assert!(
        plan.contains("rule.kind=force, rule.alpha=1: 8 done\n"),
        "{plan}"
    );
    assert!(plan.contains("to do: 8 runs, "), "{plan}");

    // Other trials: other runs. Other networks: nothing in common.
    let plan = place.ok("plan study.toml --out out --set training.trials=9");
    assert!(
        plan.contains(
            "  24 stale runs: trained for 6 trials; longer or shorter training starts anew, as keep_state is off\n"
        ),
        "{plan}"
    );
    assert!(plan.contains("8 new, 8 stale"), "{plan}");
    let plan = place.ok("plan study.toml --out out --set network.gain=1.1");
    assert!(
        plan.contains("  24 stale runs: of no condition, network or target of this spec; they stay in the journal\n"),
        "{plan}"
    );

    // By another version of the numerics.
    let other = synapse_core::NUMERICS_VERSION + 1;
    let as_other =
        synapse_runner::spec::Study::load_as(&place.path("study.toml"), &[], other).unwrap();
    let now = synapse_runner::spec::Study::load(&place.path("study.toml"), &[]).unwrap();
    rewrite(&place.journal("out"), |number, content| {
        if number == 0 {
            let version = format!("\"numerics_version\":{}", synapse_core::NUMERICS_VERSION);
            assert!(content.contains(&version));
            return content.replace(&version, &format!("\"numerics_version\":{other}"));
        }
        let mut content = content.to_owned();
        for position in 0..now.runs() {
            let id =
                |study: &synapse_runner::spec::Study| study.run_id(study.run(position)).to_string();
            content = content.replace(&id(&now), &id(&as_other));
        }
        content
    });
    let plan = place.ok("plan study.toml --out out");
    let why = format!(
        "  24 stale runs: numerics version {other}, this program has {}\n",
        synapse_core::NUMERICS_VERSION
    );
    assert!(plan.contains(&why), "{plan}");
}

#[test]
fn tables_of_another_study_are_not_overwritten() {
    let place = Place::new(SPEC);
    place.ok("study.toml --out out --no-report");
    let before = place.read("out/runs.csv");
    let (code, _, stderr) = place.run("study.toml --out out --no-report --set network.gain=1.1");
    assert_eq!(code, 2);
    assert_eq!(
        stderr,
        "out: it belongs to the study \"study\" with 24 runs, none of which is a run of this study \
         (network.gain is 1.5 there and 1.1 here). \
         Give --out another folder, or --replace to put this study in its place (the journal keeps its runs)\n"
    );
    assert_eq!(place.read("out/runs.csv"), before);
    assert!(!place.read("out/study.toml").contains("gain = 1.1"));
    place.ok("study.toml --out out --no-report --set network.gain=1.1 --replace");
    assert!(place.read("out/study.toml").contains("gain = 1.1"));
    // And back: nothing was lost.
    let stdout = place.ok("study.toml --out out --no-report --replace");
    assert!(stdout.contains("(0 computed now)"), "{stdout}");
    assert_eq!(place.read("out/runs.csv"), before);
}

#[test]
fn a_run_that_fails_is_a_row_and_the_others_go_on() {
    let place = Place::new(SPEC);
    place.ok("study.toml --out whole --no-report");
    let id = place.read("whole/runs.csv").lines().nth(3).unwrap()[..32].to_owned();
    let with_fault = |arguments: &str| {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        let mut command = faulty(&place, &arguments, &format!("panic={id}"));
        ended(command.output().unwrap())
    };
    let (code, stdout, stderr) = with_fault("study.toml --out out --no-report");
    assert_eq!(code, 1);
    assert!(
        stdout.contains("24 runs (24 computed now), 23 ok, 0 diverged, 1 failed"),
        "{stdout}"
    );
    assert_eq!(
        stderr,
        format!(
            "run {id} failed: internal error: a fault on demand\n--retry-failed computes them again\n"
        )
    );
    let row = place
        .read("out/runs.csv")
        .lines()
        .nth(3)
        .unwrap()
        .to_owned();
    assert!(
        row.starts_with(&id) && row.contains(",failed,,,,,internal error: a fault on demand,"),
        "{row}"
    );

    // It is not tried again unless that is asked for.
    let (code, stdout, _) = place.run("study.toml --out out --no-report");
    assert_eq!(code, 1);
    assert!(stdout.contains("(0 computed now)"), "{stdout}");
    let plan = place.ok("plan study.toml --out out");
    assert!(
        plan.contains("23 runs are done; 1 failed (--retry-failed computes them again)"),
        "{plan}"
    );
    assert!(plan.contains("7 done, 1 failed"), "{plan}");
    let stdout = place.ok("study.toml --out out --no-report --retry-failed");
    assert!(
        stdout.contains("24 runs (1 computed now), 24 ok"),
        "{stdout}"
    );
    assert_eq!(place.read("out/curves.csv"), place.read("whole/curves.csv"));

    // FORCE costs most and comes first.
    let table = place.read("whole/runs.csv");
    let first = &table.lines().last().unwrap()[..32];
    let arguments = "study.toml --out fast --no-report --fail-fast -j 1".split(' ');
    let arguments: Vec<&str> = arguments.collect();
    let mut command = faulty(&place, &arguments, &format!("panic={first}"));
    let (code, _, stderr) = ended(command.output().unwrap());
    assert_eq!(code, 1);
    assert!(
        stderr.starts_with(&format!(
            "stopped at a failure, as --fail-fast asks: run {first} failed: internal error: a fault on demand; "
        )),
        "{stderr}"
    );
    assert!(!place.path("fast/runs.csv").exists());
}

#[test]
fn shards_by_hand_then_merge() {
    let place = Place::new(SPEC);
    place.ok("study.toml --out whole --no-report");
    place.ok("study.toml --out out --shard 1/3");
    place.ok("study.toml --out out --shard 3/3");
    let (code, _, stderr) = place.run("merge out");
    assert_eq!(code, 1);
    assert!(
        stderr.contains(" of 24 runs are missing; no tables were written:\n"),
        "{stderr}"
    );
    assert!(stderr.contains("run the command that computed the others again, or give --partial to write the tables of those\n"));
    assert!(!place.path("out/runs.csv").exists());
    let status = place.ok("status out");
    assert!(
        status.contains("  shard 2/3: 4 runs: 0 ok, 0 diverged, 0 failed, 4 missing\n"),
        "{status}"
    );
    assert!(
        status.contains("no tables yet; write them with: runner merge out"),
        "{status}"
    );
    let stdout = place.ok("study.toml --out out --shard 2/3");
    assert!(
        stdout
            .ends_with("4 ok, 0 diverged, 0 failed; when all shards are done: runner merge out\n"),
        "{stdout}"
    );
    place.ok("merge out --no-report");
    assert_eq!(place.read("out/curves.csv"), place.read("whole/curves.csv"));
    let manifest: serde_json::Value =
        serde_json::from_str(&place.read("out/manifest.json")).unwrap();
    let processes = manifest["processes"].as_array().unwrap();
    assert_eq!(processes.len(), 3);
    let runs = processes
        .iter()
        .map(|process| process["runs"].as_u64().unwrap());
    assert_eq!(runs.sum::<u64>(), 24);
    assert!(processes.iter().any(|process| process["shard"] == "2/3"));
    let status = place.ok("status out");
    assert!(
        status.starts_with("study: 24 runs: 24 ok, 0 diverged, 0 failed, 0 missing\n"),
        "{status}"
    );
    assert!(status.contains("tables are written"), "{status}");
}

#[test]
fn verify_names_what_differs_and_who_computed_it() {
    let place = Place::new(SPEC);
    place.ok("study.toml --out out --no-report");
    let stdout = place.ok("verify out --sample 24");
    assert_eq!(
        stdout,
        "out: 24 of 24 runs were computed again: the same bits\n\
         out: the tables agree with the journal\n"
    );
    // One number, in its last place.
    let mut id = String::new();
    let mut values = (String::new(), String::new());
    rewrite(&place.journal("out"), |number, content| {
        if number != 7 {
            return content.to_owned();
        }
        let mut record: serde_json::Value = serde_json::from_str(content).unwrap();
        record["id"].as_str().unwrap().clone_into(&mut id);
        let value = record["checkpoints"][2][1].as_f64().unwrap();
        let next = value.next_up();
        values = (format!("{next:?}"), format!("{value:?}"));
        record["checkpoints"][2][1] = next.into();
        record.to_string()
    });
    let (code, _, stderr) = place.run("verify out --sample 24");
    assert_eq!(code, 1);
    // The tables are right, so they differ from the journal.
    let lines: Vec<&str> = stderr
        .lines()
        .skip_while(|line| !line.starts_with("run "))
        .collect();
    assert!(
        lines[0].starts_with(&format!("run {id}: rule.kind=")),
        "{stderr}"
    );
    let expected = format!("  test_mse at trial 6: kept {}, now {}", values.0, values.1);
    assert_eq!(lines[1], expected);
    assert!(
        lines[2].starts_with("  kept: ") && lines[2].contains("numerics version"),
        "{stderr}"
    );
    assert!(lines[3].starts_with("  now:  "), "{stderr}");
    assert_eq!(
        lines[4],
        "1 differences in 24 runs that were computed again"
    );

    // The same run, computed again elsewhere with the right result: a contradiction.
    place.ok("study.toml --out other --no-report");
    std::fs::copy(place.journal("other"), place.path("out/journal/z.jsonl")).unwrap();
    let (code, _, stderr) = place.run("merge out");
    assert_eq!(code, 1);
    assert!(
        stderr.starts_with(&format!(
            "out: 1 runs have two different results, among them {id}: one by process "
        )),
        "{stderr}"
    );
    assert!(
        stderr.ends_with("; runner verify out tells which is right\n"),
        "{stderr}"
    );
    let (code, _, stderr) = place.run("verify out --sample 1");
    assert_eq!(code, 1);
    assert!(stderr.contains(&expected), "{stderr}");
}

#[test]
fn longer_training_goes_on_from_kept_state() {
    let place = Place::new(SPEC);
    let spec = SPEC.replace("seed = 5", "seed = 5\nkeep_state = true")
        + "[[expect]]\nmetric = \"test_mse\"\nstatistic = \"median\"\nat_trial = 6\nmax = 1e9\n";
    std::fs::write(place.path("study.toml"), spec).unwrap();
    place.ok("study.toml --out whole --no-report --set training.trials=12");
    place.ok("study.toml --out out --no-report");
    let plan = place.ok("plan study.toml --out out --set training.trials=12");
    assert!(
        plan.contains("24 stale runs: trained for 6 trials; longer training goes on from where state was kept\n"),
        "{plan}"
    );
    assert!(
        plan.contains("    24 runs continue from what shorter ones have learned\n"),
        "{plan}"
    );
    // 5 checkpoints and 12 trials of 80 steps from the start; 6 trials and 2 checkpoints from there.
    assert!(
        plan.contains(&format!(
            "to do: 24 runs, {:.3} k time steps",
            24.0 * 8.0 * 80.0 / 1e3
        )),
        "{plan}"
    );
    place.ok("study.toml --out out --no-report --set training.trials=12");
    for table in ["curves.csv", "traces.csv"] {
        assert_eq!(
            place.read(&format!("out/{table}")),
            place.read(&format!("whole/{table}"))
        );
    }
    place.ok("verify out --sample 24");
    // A state that is damaged is not gone on from.
    let state = std::fs::read_dir(place.path("out/state"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut bytes = std::fs::read(&state).unwrap();
    for at in (0..bytes.len()).step_by(50) {
        bytes[at] ^= 1;
    }
    std::fs::write(&state, bytes).unwrap();
    place.ok("study.toml --out whole15 --no-report --set training.trials=15");
    place.ok("study.toml --out out --no-report --set training.trials=15");
    assert_eq!(
        place.read("out/curves.csv"),
        place.read("whole15/curves.csv")
    );
}
