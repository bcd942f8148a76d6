//! Whole studies on a real Slurm: the testbed. Where it is not, these tests say that they are skipped.
//!
//!     export SYNAPSE_SLURM_CONF=$(TESTBED_MAX_ARRAY_SIZE=10 scripts/slurm_testbed.sh start DIR)
//!     cargo test --release --test slurm
//!     scripts/slurm_testbed.sh stop DIR

mod place;
mod testbed;

use place::Place;
use testbed::{Cluster, alone, jobs, logs, read, succeeded, tables, text, words};

/// Two rules, two values each, 2 networks × 3 targets: 24 short runs.
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

/// Many networks, so that the runs of a shard end one after the other, and each takes a while.
fn slow() -> String {
    SPEC.replace("trials = 6", "trials = 20000")
        .replace("checkpoints_every = 3", "checkpoints_every = 10000")
        .replace("networks = 2", "networks = 16")
        .replace("targets = 3", "targets = 1")
}

#[test]
fn an_array_of_tasks_makes_what_one_process_makes() {
    let Some(cluster) = Cluster::get() else {
        return;
    };
    // 4 conditions × 4 networks × 25 targets.
    let spec = SPEC
        .replace("networks = 2", "networks = 4")
        .replace("targets = 3", "targets = 25");
    let place = Place::new(&spec);
    let dry = cluster.submit(&place, &["--tasks", "8", "--dry-run"]);
    assert!(dry.contains("sbatch --parsable --array=1-8 "), "{dry}");
    assert!(!place.path("my results").exists());

    let shown = cluster.submit(&place, &["--tasks", "8"]);
    assert!(
        shown.starts_with("tiny: 400 of 400 runs to do, in shards 1-8 of 8\n"),
        "{shown}"
    );
    let [array, merge] = jobs(&shown)[..] else {
        panic!("{shown}")
    };
    assert!(
        shown.contains(&format!("  job {array}: shards 1-8 of 8\n")),
        "{shown}"
    );
    assert!(
        shown.contains(&format!("  job {merge}: merges after they end\n")),
        "{shown}"
    );
    let noted = read(&place, "my results/slurm/jobs.jsonl");
    let noted: Vec<serde_json::Value> = noted
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(noted[0]["job"].to_string(), array);
    assert_eq!(noted[0]["shards"], "1-8");
    assert_eq!(noted[1]["job"].to_string(), merge);
    assert_eq!(noted[1]["after"][0].to_string(), array);
    cluster.wait_for_end();
    assert!(
        place.path("my results/manifest.json").exists(),
        "{}",
        logs(&place)
    );
    assert!(
        place.path("my results/summary.csv").exists(),
        "{}",
        logs(&place)
    );
    assert!(tables(&place, "my results") == alone(&place));

    let output = cluster.runner(&place, &["submit", "study.toml", "--out", "my results"]);
    assert_eq!(succeeded(&output), "");
    let (program, folder) = words(&place, "my results");
    assert_eq!(
        text(&output.stderr),
        format!(
            "tiny: all 400 runs are done; write tables and report with: {program} merge '{folder}'\n"
        )
    );
    assert_eq!(
        read(&place, "my results/slurm/jobs.jsonl").lines().count(),
        2
    );
}

#[test]
fn what_is_queued_is_not_sent_again_and_what_was_cancelled_is() {
    let Some(cluster) = Cluster::get() else {
        return;
    };
    let place = Place::new(SPEC);
    // Held: nothing starts before the test says so.
    let shown = cluster.submit(&place, &["--tasks", "4", "--sbatch", "--hold"]);
    let [array, merge] = jobs(&shown)[..] else {
        panic!("{shown}")
    };
    let status = cluster.status(&place);
    for line in [
        "tiny: 24 runs: 0 ok, 0 diverged, 0 failed, 24 missing".to_owned(),
        "  shard 4/4: 6 runs: 0 ok, 0 diverged, 0 failed, 6 missing".to_owned(),
        format!("  Slurm: shards 1-4 of 4: waiting, JobHeldUser (job {array})"),
    ] {
        assert!(
            status.lines().any(|shown| shown == line),
            "{line}\n{status}"
        );
    }
    let again = cluster.submit(&place, &[]);
    assert!(
        again.contains("  nothing to submit: all are queued or running\n"),
        "{again}"
    );
    assert!(jobs(&again).is_empty(), "{again}");

    // Another division, another study: not while these are queued.
    let refused = |arguments: &[&str], message: &str| {
        let start = ["submit", "study.toml", "--out", "my results"];
        let output = cluster.runner(&place, &[&start, arguments].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(
            text(&output.stderr).contains(message),
            "{}",
            text(&output.stderr)
        );
    };
    refused(
        &["--tasks", "5"],
        &format!(
            "--tasks 5: job {array} divides the study into 4 shards, and another division would compute the same runs \
             twice; leave --tasks out, wait for the job, or cancel it with scancel {array}\n"
        ),
    );
    refused(
        &["--set", "replicates.targets=4"],
        &format!(
            ": the study has changed, and job {array} still computes it as it was when submitted; wait for the job, \
             cancel it with scancel {array}, or name another folder with --out\n"
        ),
    );
    let expected = alone(&place);
    // Edits of the spec do not reach what is queued.
    std::fs::write(place.path("study.toml"), "hello").unwrap();

    cluster.ask("scancel", &[&format!("{array}_2")]);
    cluster.ask("scontrol", &["release", array]);
    cluster.ask("scontrol", &["release", merge]);
    cluster.wait_for_end();
    assert!(!place.path("my results/runs.csv").exists());
    assert!(
        logs(&place).contains("6 of 24 runs are missing; no tables were written:"),
        "{}",
        logs(&place)
    );

    std::fs::write(place.path("study.toml"), SPEC).unwrap();
    let shown = cluster.submit(&place, &[]);
    assert!(
        shown.starts_with("tiny: 6 of 24 runs to do, in shard 2 of 4\n"),
        "{shown}"
    );
    assert!(shown.contains(": shard 2 of 4\n"), "{shown}");
    cluster.wait_for_end();
    assert!(tables(&place, "my results") == expected, "{}", logs(&place));
}

#[test]
fn a_running_task_that_is_cancelled_keeps_what_it_has() {
    let Some(cluster) = Cluster::get() else {
        return;
    };
    let place = Place::new(&slow());
    let shown = cluster.submit(&place, &["--tasks", "2"]);
    let [array, merge] = jobs(&shown)[..] else {
        panic!("{shown}")
    };
    let ok = |shard: &str| -> (usize, usize) {
        let status = cluster.status(&place);
        let start = format!("  shard {shard}: ");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(&start))
            .unwrap();
        let number = |word: &str| {
            let before = line.split(word).next().unwrap().trim_end();
            before.rsplit(' ').next().unwrap().parse().unwrap()
        };
        (number(" ok"), number(" missing"))
    };
    cluster.wait("a part of shard 1", || ok("1/2").0 > 0);
    cluster.ask("scancel", &[&format!("{array}_1")]);
    cluster.wait("the end of task 1", || {
        !cluster.queue().contains(&format!("{array}_1 "))
    });
    let (kept, missing) = ok("1/2");
    assert!(
        kept > 0 && missing > 0,
        "{kept} kept, {missing} missing: the runs are too short for this test"
    );

    // Shard 2 may still be running: only the first is sent, and a new job merges both.
    let shown = cluster.submit(&place, &[]);
    assert!(shown.contains(": shard 1 of 2\n"), "{shown}");
    let merges = format!("job {merge}, an earlier merge, is cancelled");
    let noted = read(&place, "my results/slurm/jobs.jsonl");
    assert!(
        shown.contains(&merges) || logs(&place).contains("are missing"),
        "{shown}\n{noted}"
    );
    cluster.wait_for_end();
    assert!(
        tables(&place, "my results") == alone(&place),
        "{}",
        logs(&place)
    );
}

#[test]
fn a_node_that_dies_and_comes_back() {
    let Some(cluster) = Cluster::get() else {
        return;
    };
    let place = Place::new(&slow());
    cluster.submit(&place, &["--tasks", "4", "--cpus", "2"]);
    let on_n1 = || {
        let queue = cluster.queue();
        queue.lines().any(|line| line.contains(" RUNNING n1 "))
    };
    cluster.wait("a task on n1", on_n1);
    cluster.testbed("crash", "n1");
    let node = || cluster.ask("sinfo", &["--noheader", "--nodes=n1", "--format=%T"]);
    cluster.wait("n1 to be missed", || node().contains('*'));
    cluster.testbed("revive", "n1");
    cluster.wait_for_end();
    assert!(node().starts_with("idle"), "{}", node());
    // Slurm has sent the lost task again, and that went on from what was there.
    assert!(
        place.path("my results/manifest.json").exists(),
        "{}",
        logs(&place)
    );
    assert!(tables(&place, "my results") == alone(&place));
}

#[test]
fn more_shards_than_an_array_may_hold() {
    let Some(cluster) = Cluster::get() else {
        return;
    };
    let config = cluster.ask("scontrol", &["show", "config"]);
    let limit = config
        .lines()
        .find(|line| line.starts_with("MaxArraySize"))
        .unwrap();
    let limit: usize = limit.split('=').nth(1).unwrap().trim().parse().unwrap();
    if limit > 20 {
        eprintln!("skipped: needs a testbed with TESTBED_MAX_ARRAY_SIZE=10");
        return;
    }
    // Two networks a shard.
    let tasks = limit + 2;
    let networks = format!("networks = {}", 2 * tasks);
    let spec = SPEC.replace("networks = 2", &networks);
    let place = Place::new(&spec.replace("targets = 3", "targets = 1"));
    let shown = cluster.submit(&place, &["--tasks", &tasks.to_string()]);
    let [first, second, merge] = jobs(&shown)[..] else {
        panic!("{shown}")
    };
    let line = format!("  job {first}: shards 1-{} of {tasks}\n", limit - 1);
    assert!(shown.contains(&line), "{shown}");
    let line = format!("  job {second}: shards {limit}-{tasks} of {tasks}\n");
    assert!(shown.contains(&line), "{shown}");
    let noted = read(&place, "my results/slurm/jobs.jsonl");
    let noted: serde_json::Value = serde_json::from_str(noted.lines().nth(2).unwrap()).unwrap();
    assert_eq!(noted["job"].to_string(), merge);
    assert_eq!(noted["after"].as_array().unwrap().len(), 2);
    cluster.wait_for_end();
    assert!(
        place.path("my results/manifest.json").exists(),
        "{}",
        logs(&place)
    );
    assert!(tables(&place, "my results") == alone(&place));
}

#[test]
fn what_slurm_refuses_is_told_and_not_noted() {
    let Some(cluster) = Cluster::get() else {
        return;
    };
    let place = Place::new(SPEC);
    let arguments = [
        "submit",
        "study.toml",
        "--out",
        "my results",
        "--partition",
        "nowhere",
    ];
    let output = cluster.runner(&place, &arguments);
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    assert!(
        told.starts_with("sbatch --parsable --array=1 ") && told.contains("invalid partition"),
        "{told}"
    );
    assert_eq!(read(&place, "my results/slurm/jobs.jsonl"), "");
}
