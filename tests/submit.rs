//! `runner submit` as a person uses it, where there is no Slurm. Where there is one: `slurm.rs`.

mod place;

use place::Place;
use std::process::{Command, Output};

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

const RUNNER: &str = env!("CARGO_BIN_EXE_runner");

/// Runs where there is no Slurm.
fn without_slurm(place: &Place, arguments: &[&str]) -> Output {
    place.runner(arguments).env("PATH", "").output().unwrap()
}

/// The program and a folder, as a shell reads them.
fn words(place: &Place, out: &str) -> (String, String) {
    // As the system names it.
    let folder = place.0.path().canonicalize().unwrap().join(out);
    (RUNNER.to_owned(), folder.display().to_string())
}

fn read(place: &Place, name: &str) -> String {
    std::fs::read_to_string(place.path(name)).unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn succeeded(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn a_dry_run_shows_everything_and_writes_nothing() {
    let place = Place::new(SPEC);
    let output = without_slurm(
        &place,
        &[
            "submit",
            "study.toml",
            "--tasks",
            "2",
            "--cpus",
            "2",
            "--time",
            "1:00:00",
            "--partition",
            "short",
            "--sbatch",
            "--account=lab --mem=1G",
            "--out",
            "my results",
            "--dry-run",
        ],
    );
    let shown = succeeded(&output);
    assert_eq!(
        text(&output.stderr),
        "this dry run assumes arrays of up to 1000 tasks and an empty queue: scontrol: no such program on this machine, \
         so Slurm cannot be asked; run this on a login node of the cluster, or print plain commands with --engine print\n"
    );
    assert!(
        shown
            .starts_with("tiny: 24 of 24 runs to do, in shards 1-2 of 2\n  estimated for a task: "),
        "{shown}"
    );
    let (program, folder) = words(&place, "my results");
    for line in [
        "#!/bin/bash",
        "#SBATCH --job-name=tiny",
        &format!("#SBATCH --output=\"{folder}/slurm/log/%A_%a.out\""),
        "#SBATCH --cpus-per-task=2",
        "#SBATCH --time=1:00:00",
        "#SBATCH --partition=short",
        "#SBATCH --account=lab --mem=1G",
        "#SBATCH --requeue",
        &format!(
            "exec {program} run '{folder}/study.toml' --out '{folder}' --shard \"$shard\"/2 \
             -j \"$SLURM_CPUS_PER_TASK\" --quiet"
        ),
        &format!("exec {program} merge '{folder}'"),
        &format!("sbatch --parsable --array=1-2 '{folder}/slurm/shards.sh' 0"),
        &format!("sbatch --parsable --dependency=afterany:JOB1 '{folder}/slurm/merge.sh'"),
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
    }
    assert!(!place.path("my results").exists());
}

#[test]
fn a_task_that_may_be_cut_off_is_told() {
    let place = Place::new(&SPEC.replace("trials = 6", "trials = 1000000"));
    let output = without_slurm(
        &place,
        &[
            "submit",
            "study.toml",
            "--tasks",
            "2",
            "--time",
            "0:01",
            "--dry-run",
        ],
    );
    succeeded(&output);
    let told = text(&output.stderr);
    assert!(
        told.contains("--time 0:01: shorter than the estimate of ")
            && told.contains(
                "; a task that is cut off keeps its finished runs, and the same command submits the rest again; \
                 with more --tasks each is shorter\n"
            ),
        "{told}"
    );
}

#[test]
fn without_tasks_they_take_half_an_hour_or_half_the_limit() {
    let place = Place::new(&SPEC.replace("trials = 6", "trials = 1000000"));
    let shards = |limit: &[&str]| -> usize {
        let arguments = [&["submit", "study.toml", "--dry-run"], limit].concat();
        let shown = succeeded(&without_slurm(&place, &arguments));
        let first = shown.lines().next().unwrap();
        first.rsplit(' ').next().unwrap().parse().unwrap()
    };
    // What cannot be cut so small is told.
    let output = without_slurm(
        &Place::new(SPEC),
        &["submit", "study.toml", "--tasks", "30", "--dry-run"],
    );
    succeeded(&output);
    let told = text(&output.stderr);
    assert!(told.contains(" of 30 shards have no runs: "), "{told}");
    // The estimate depends on the machine, but shorter tasks are more.
    assert!(shards(&[]) <= shards(&["--time", "1"]));
    let small = Place::new(SPEC);
    let output = without_slurm(&small, &["submit", "study.toml", "--dry-run"]);
    assert!(
        succeeded(&output).starts_with("tiny: 24 of 24 runs to do, in shard 1 of 1\n"),
        "{}",
        text(&output.stdout)
    );
}

#[test]
fn commands_for_other_queues() {
    let place = Place::new(SPEC);
    let arguments = [
        "submit",
        "study.toml",
        "--set",
        "replicates.targets=2",
        "--tasks",
        "2",
        "--engine",
        "print",
        "--out",
        "my results",
    ];
    let (program, folder) = words(&place, "my results");
    let shard = |shard| {
        format!(
            "{program} run '{folder}/study.toml' --out '{folder}' --shard {shard}/2 -j 1 --quiet\n"
        )
    };
    let expected = format!("{}{}{program} merge '{folder}'\n", shard(1), shard(2));
    let dry = [&arguments[..], &["--dry-run"]].concat();
    assert_eq!(succeeded(&without_slurm(&place, &dry)), expected);
    assert!(!place.path("my results").exists());
    assert_eq!(succeeded(&without_slurm(&place, &arguments)), expected);
    // The values of --set are in the study that the commands read.
    let study = read(&place, "my results/study.toml");
    assert!(study.contains("targets = 2"), "{study}");
    // It is the study itself: submitted from there, nothing changes.
    let again = [
        "submit",
        "my results/study.toml",
        "--tasks",
        "2",
        "--engine",
        "print",
        "--out",
        "my results",
    ];
    let output = without_slurm(&place, &again);
    assert_eq!(succeeded(&output), expected);
    assert_eq!(text(&output.stderr), "");
    assert_eq!(read(&place, "my results/study.toml"), study);

    // A shell can run them.
    std::fs::write(place.path("commands"), expected).unwrap();
    let mut shell = Command::new("sh");
    let output = shell.args(["-e", "commands"]).current_dir(place.0.path());
    let shown = succeeded(&output.output().unwrap());
    assert!(
        shown.contains("16 runs (0 computed now), 16 ok, "),
        "{shown}"
    );
    let output = without_slurm(&place, &again);
    assert_eq!(succeeded(&output), "");
    assert!(
        text(&output.stderr)
            .starts_with("tiny: all 16 runs are done; write tables and report with: "),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn refusals_say_what_to_do_and_nothing_is_written() {
    let place = Place::new(SPEC);
    let refused = |arguments: &[&str], message: &str| {
        let output = without_slurm(&place, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let told = text(&output.stderr);
        assert!(told.contains(message), "{told}");
        assert_eq!(text(&output.stdout), "");
        assert!(!place.path("results").exists());
    };
    refused(
        &["submit", "study.toml"],
        "scontrol: no such program on this machine, so Slurm cannot be asked; run this on a login node of the \
         cluster, or print plain commands with --engine print\n",
    );
    refused(
        &[
            "submit",
            "study.toml",
            "--engine",
            "print",
            "--partition",
            "short",
        ],
        "--time, --partition and --sbatch are for --engine slurm; leave them out with --engine print\n",
    );
    refused(
        &["submit", "study.toml", "--time", "1h"],
        "Slurm's forms are MINUTES, ",
    );
    refused(
        &["submit", "study.toml", "--sbatch", "account"],
        "as in \"--account=lab\"",
    );
    refused(
        &["submit", "study.toml", "--set", "network.gian=1"],
        "network.gain",
    );
}

#[test]
fn who_computes_by_hand_is_respected() {
    let place = Place::new(SPEC);
    std::fs::create_dir(place.path("out")).unwrap();
    let lock = std::fs::File::create(place.path("out/lock-1-of-3")).unwrap();
    lock.lock().unwrap();
    std::fs::write(place.path("out/lock-1-of-3"), "process 1 on lab").unwrap();
    let print = ["submit", "study.toml", "--out", "out", "--engine", "print"];
    let output = without_slurm(&place, &[&print[..], &["--tasks", "2"]].concat());
    assert_eq!(output.status.code(), Some(2));
    let folder = words(&place, "out").1;
    assert_eq!(
        text(&output.stderr),
        format!(
            "{folder}: another process is writing there (shard 1/3: process 1 on lab); \
             wait for it, or give --out another folder\n"
        )
    );
    assert!(!place.path("out/study.toml").exists());
    // Without a number of tasks the study is divided as it is by those who compute.
    let shown = succeeded(&without_slurm(
        &place,
        &[&print[..], &["--dry-run"]].concat(),
    ));
    assert!(shown.contains(" --shard 1/3 "), "{shown}");
}
