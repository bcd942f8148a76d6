//! `runner submit`: what it prints and writes, and whole studies on a real Slurm.
//!
//! The latter need the testbed, and say that they are skipped where it is not:
//!
//!     export SYNAPSE_SLURM_CONF=$(TESTBED_MAX_ARRAY_SIZE=10 scripts/slurm_testbed.sh start DIR)
//!     cargo test --release --test slurm

use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;

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

/// A folder of its own for each test, with a space in its path.
struct Place {
    _root: TempDir,
    folder: PathBuf,
}

impl Place {
    fn new(spec: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        // As the system names it, for comparisons with what the program prints.
        let folder = root.path().canonicalize().unwrap().join("my place");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("tiny.toml"), spec).unwrap();
        Self {
            _root: root,
            folder,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(RUNNER);
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env_remove("RUST_LOG");
        command
    }

    /// Runs where there is no Slurm.
    fn without_slurm(&self, arguments: &[&str]) -> Output {
        self.command(arguments).env("PATH", "").output().unwrap()
    }

    /// The program and the folder, as a shell reads them.
    fn words(&self, out: &str) -> (String, String) {
        (RUNNER.to_owned(), self.path(out).display().to_string())
    }
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
    let output = place.without_slurm(&[
        "submit",
        "tiny.toml",
        "--tasks",
        "3",
        "--cpus",
        "2",
        "--time",
        "1:00:00",
        "--partition",
        "short",
        "--sbatch",
        "--account=lab --mem=1G",
        "--dry-run",
    ]);
    let shown = succeeded(&output);
    assert_eq!(
        text(&output.stderr),
        "scontrol: there is no such program on this machine; this dry run assumes arrays of up to 1000 tasks \
         and an empty queue\n"
    );
    assert!(
        shown
            .starts_with("tiny: 24 of 24 runs to do, in shards 1-3 of 3\n  estimated for a task: "),
        "{shown}"
    );
    let (program, folder) = place.words("results/tiny");
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
            "exec {program} run '{folder}/study.toml' --out '{folder}' --shard \"$shard\"/3 \
             -j \"$SLURM_CPUS_PER_TASK\" --quiet"
        ),
        &format!("exec {program} merge '{folder}'"),
        &format!("sbatch --parsable --array=1-3 '{folder}/slurm/shards.sh' 0"),
        &format!("sbatch --parsable --dependency=afterany:JOB1 '{folder}/slurm/merge.sh'"),
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
    }
    assert!(!place.path("results").exists());
}

#[test]
fn a_task_that_may_be_cut_off_is_told() {
    let place = Place::new(&SPEC.replace("trials = 6", "trials = 1000000"));
    let output = place.without_slurm(&[
        "submit",
        "tiny.toml",
        "--tasks",
        "2",
        "--time",
        "0:01",
        "--dry-run",
    ]);
    succeeded(&output);
    let told = text(&output.stderr);
    assert!(
        told.contains("--time 0:01: shorter than the estimate of ")
            && told.contains(
                "; a task that is cut off keeps its finished runs, and this command sends the rest again; \
                 more --tasks make them shorter\n"
            ),
        "{told}"
    );
}

#[test]
fn without_tasks_they_take_half_an_hour_or_half_the_limit() {
    let place = Place::new(&SPEC.replace("trials = 6", "trials = 1000000"));
    let shards = |limit: &[&str]| -> usize {
        let arguments = [&["submit", "tiny.toml", "--dry-run"], limit].concat();
        let shown = succeeded(&place.without_slurm(&arguments));
        let first = shown.lines().next().unwrap();
        first.rsplit(' ').next().unwrap().parse().unwrap()
    };
    // The estimate depends on the machine, but shorter tasks are more.
    assert!(shards(&[]) <= shards(&["--time", "1"]));
    let small = Place::new(SPEC);
    let output = small.without_slurm(&["submit", "tiny.toml", "--dry-run"]);
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
        "tiny.toml",
        "--set",
        "replicates.targets=2",
        "--tasks",
        "2",
        "--engine",
        "print",
        "--out",
        "out",
    ];
    let (program, folder) = place.words("out");
    let shard = |shard| {
        format!(
            "{program} run '{folder}/study.toml' --out '{folder}' --shard {shard}/2 -j 1 --quiet\n"
        )
    };
    let expected = format!("{}{}{program} merge '{folder}'\n", shard(1), shard(2));
    let dry = [&arguments[..], &["--dry-run"]].concat();
    assert_eq!(succeeded(&place.without_slurm(&dry)), expected);
    assert!(!place.path("out").exists());
    assert_eq!(succeeded(&place.without_slurm(&arguments)), expected);
    // The values of --set are in the study that the commands read.
    let study = place.read("out/study.toml");
    assert!(study.contains("targets = 2"), "{study}");
    // It is the study itself: submitted from there, nothing changes.
    let again = [
        "submit",
        "out/study.toml",
        "--tasks",
        "2",
        "--engine",
        "print",
        "--out",
        "out",
    ];
    let output = place.without_slurm(&again);
    assert_eq!(
        (succeeded(&output), text(&output.stderr)),
        (expected, String::new())
    );
    assert_eq!(place.read("out/study.toml"), study);
}

#[test]
fn refusals_say_what_to_do_and_nothing_is_written() {
    let place = Place::new(SPEC);
    let refused = |arguments: &[&str], message: &str| {
        let output = place.without_slurm(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let told = text(&output.stderr);
        assert!(told.contains(message), "{told}");
        assert_eq!(text(&output.stdout), "");
        assert!(!place.path("results").exists());
    };
    refused(
        &["submit", "tiny.toml"],
        "scontrol: there is no such program on this machine, so Slurm cannot be asked; go to a login node of the \
         cluster, or take plain commands from --engine print\n",
    );
    refused(
        &[
            "submit",
            "tiny.toml",
            "--engine",
            "print",
            "--partition",
            "short",
        ],
        "--time, --partition and --sbatch are for --engine slurm: commands have no use for them\n",
    );
    refused(
        &["submit", "tiny.toml", "--time", "1h"],
        "Slurm's forms are MINUTES, ",
    );
    refused(
        &["submit", "tiny.toml", "--sbatch", "account"],
        "as in \"--account=lab\"",
    );
    refused(
        &["submit", "tiny.toml", "--set", "network.gian=1"],
        "network.gain",
    );
}
