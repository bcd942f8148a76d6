//! `runner submit`: what it prints and writes, and whole studies on a real Slurm.
//!
//! The latter need the testbed, and say that they are skipped where it is not:
//!
//!     export SYNAPSE_SLURM_CONF=$(TESTBED_MAX_ARRAY_SIZE=10 scripts/slurm_testbed.sh start DIR)
//!     cargo test --release --test slurm

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
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

/// Two networks a shard, so that its runs end one after the other, and each takes a while.
fn slow() -> String {
    SPEC.replace("trials = 6", "trials = 20000")
        .replace("checkpoints_every = 3", "checkpoints_every = 10000")
        .replace("networks = 2", "networks = 8")
        .replace("targets = 3", "targets = 1")
}

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
        "2",
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
            .starts_with("tiny: 24 of 24 runs to do, in shards 1-2 of 2\n  estimated for a task: "),
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
            "exec {program} run '{folder}/study.toml' --out '{folder}' --shard \"$shard\"/2 \
             -j \"$SLURM_CPUS_PER_TASK\" --quiet"
        ),
        &format!("exec {program} merge '{folder}'"),
        &format!("sbatch --parsable --array=1-2 '{folder}/slurm/shards.sh' 0"),
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
    // What cannot be cut so small is told.
    let output =
        Place::new(SPEC).without_slurm(&["submit", "tiny.toml", "--tasks", "30", "--dry-run"]);
    succeeded(&output);
    let told = text(&output.stderr);
    assert!(told.contains(" of 30 shards have no runs: "), "{told}");
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

/// The testbed, for one test at a time.
struct Cluster {
    conf: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

static TURN: Mutex<()> = Mutex::new(());
/// Until a poll gives up.
const PATIENCE: Duration = Duration::from_secs(300);

impl Cluster {
    /// None, with a word, where there is no testbed.
    fn get() -> Option<Self> {
        let Some(conf) = std::env::var_os("SYNAPSE_SLURM_CONF") else {
            eprintln!("skipped: SYNAPSE_SLURM_CONF names no testbed");
            return None;
        };
        let cluster = Self {
            conf: conf.into(),
            _turn: TURN.lock().unwrap_or_else(PoisonError::into_inner),
        };
        // What a test that failed has left.
        for state in ["PENDING", "RUNNING"] {
            cluster.ask("scancel", &["--state", state]);
        }
        cluster.wait_for_end();
        Some(cluster)
    }

    fn attach<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("SLURM_CONF", &self.conf)
    }

    fn ask(&self, program: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(program);
        let output = self.attach(command.args(arguments)).output().unwrap();
        assert!(
            output.status.success(),
            "{program} {arguments:?}: {output:?}"
        );
        text(&output.stdout)
    }

    /// What the testbed's own script does.
    fn testbed(&self, verb: &str, node: &str) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/slurm_testbed.sh");
        let folder = self.conf.parent().unwrap();
        let mut command = Command::new(script);
        let output = command.arg(verb).arg(folder).arg(node).output().unwrap();
        assert!(output.status.success(), "{verb}: {output:?}");
    }

    fn runner(&self, place: &Place, arguments: &[&str]) -> Output {
        self.attach(&mut place.command(arguments)).output().unwrap()
    }

    fn submit(&self, place: &Place, arguments: &[&str]) -> String {
        let arguments = [&["submit", "tiny.toml", "--out", "shared"], arguments].concat();
        succeeded(&self.runner(place, &arguments))
    }

    fn status(&self, place: &Place) -> String {
        succeeded(&self.runner(place, &["status", "shared"]))
    }

    fn queue(&self) -> String {
        self.ask(
            "squeue",
            &["--noheader", "--array", "--format=%i %K %T %N %r"],
        )
    }

    fn wait(&self, what: &str, mut there: impl FnMut() -> bool) {
        let start = Instant::now();
        while !there() {
            assert!(
                start.elapsed() < PATIENCE,
                "{what}: not after {PATIENCE:?}; in the queue:\n{}",
                self.queue()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn wait_for_end(&self) {
        self.wait("an empty queue", || self.queue().is_empty());
    }
}

/// The ids of the jobs that a submission tells.
fn jobs(shown: &str) -> Vec<&str> {
    shown
        .lines()
        .filter_map(|line| line.strip_prefix("  job ")?.split(':').next())
        .filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
        .collect()
}

impl Place {
    /// Tables without times.
    fn tables(&self, folder: &str) -> [Vec<String>; 2] {
        let untimed = |line: &str| line.rsplit_once(',').unwrap().0.to_owned();
        let runs = self.read(&format!("{folder}/runs.csv"));
        let curves = self.read(&format!("{folder}/curves.csv"));
        [
            runs.lines().map(untimed).collect(),
            curves.lines().map(str::to_owned).collect(),
        ]
    }

    /// What one process makes of the study alone.
    fn alone(&self) -> [Vec<String>; 2] {
        let output = self
            .command(&[
                "tiny.toml",
                "-j",
                "1",
                "--out",
                "alone",
                "--no-report",
                "-q",
            ])
            .output();
        succeeded(&output.unwrap());
        self.tables("alone")
    }

    fn logs(&self) -> String {
        let mut logs = String::new();
        for entry in std::fs::read_dir(self.path("shared/slurm/log")).unwrap() {
            logs += &std::fs::read_to_string(entry.unwrap().path()).unwrap();
        }
        logs
    }
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
    assert!(!place.path("shared").exists());

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
        shown.contains(&format!("  job {merge}: merges when they have ended\n")),
        "{shown}"
    );
    let noted = place.read("shared/slurm/jobs.jsonl");
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
        place.path("shared/manifest.json").exists(),
        "{}",
        place.logs()
    );
    assert!(
        place.path("shared/summary.csv").exists(),
        "{}",
        place.logs()
    );
    assert!(place.tables("shared") == place.alone());

    let output = cluster.runner(&place, &["submit", "tiny.toml", "--out", "shared"]);
    assert_eq!(succeeded(&output), "");
    let (program, folder) = place.words("shared");
    assert_eq!(
        text(&output.stderr),
        format!(
            "tiny: all 400 runs are there; for tables and report: {program} merge '{folder}'\n"
        )
    );
    assert_eq!(place.read("shared/slurm/jobs.jsonl").lines().count(), 2);
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
        again.contains("  nothing to send: all are queued or running\n"),
        "{again}"
    );
    assert!(jobs(&again).is_empty(), "{again}");

    // Another division, another study: not while these are queued.
    let refused = |arguments: &[&str], message: &str| {
        let start = ["submit", "tiny.toml", "--out", "shared"];
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
            "--tasks 5: job {array} divides the study into 4 shards, and others would compute the same runs twice; \
             leave --tasks out, wait, or take it back with scancel {array}\n"
        ),
    );
    refused(
        &["--set", "replicates.targets=4"],
        &format!(
            "job {array} still computes the study as it was when submitted, and it has changed since; wait, \
             take it back with scancel {array}, or give --out another folder\n"
        ),
    );
    let expected = place.alone();
    // Edits of the spec do not reach what is queued.
    std::fs::write(place.path("tiny.toml"), "hello").unwrap();

    cluster.ask("scancel", &[&format!("{array}_2")]);
    cluster.ask("scontrol", &["release", array]);
    cluster.ask("scontrol", &["release", merge]);
    cluster.wait_for_end();
    assert!(!place.path("shared/runs.csv").exists());
    assert!(
        place
            .logs()
            .contains("6 of 24 runs are missing; no tables were written:"),
        "{}",
        place.logs()
    );

    std::fs::write(place.path("tiny.toml"), SPEC).unwrap();
    let shown = cluster.submit(&place, &[]);
    assert!(
        shown.starts_with("tiny: 6 of 24 runs to do, in shard 2 of 4\n"),
        "{shown}"
    );
    assert!(shown.contains(": shard 2 of 4\n"), "{shown}");
    cluster.wait_for_end();
    assert!(place.tables("shared") == expected, "{}", place.logs());
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
    let merges = format!("job {merge}, which would have merged, is taken back");
    let noted = place.read("shared/slurm/jobs.jsonl");
    assert!(
        shown.contains(&merges) || place.logs().contains("are missing"),
        "{shown}\n{noted}"
    );
    cluster.wait_for_end();
    assert!(place.tables("shared") == place.alone(), "{}", place.logs());
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
        place.path("shared/manifest.json").exists(),
        "{}",
        place.logs()
    );
    assert!(place.tables("shared") == place.alone());
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
    let noted = place.read("shared/slurm/jobs.jsonl");
    let noted: serde_json::Value = serde_json::from_str(noted.lines().nth(2).unwrap()).unwrap();
    assert_eq!(noted["job"].to_string(), merge);
    assert_eq!(noted["after"].as_array().unwrap().len(), 2);
    cluster.wait_for_end();
    assert!(
        place.path("shared/manifest.json").exists(),
        "{}",
        place.logs()
    );
    assert!(place.tables("shared") == place.alone());
}

#[test]
fn what_slurm_refuses_is_told_and_not_noted() {
    let Some(cluster) = Cluster::get() else {
        return;
    };
    let place = Place::new(SPEC);
    let arguments = [
        "submit",
        "tiny.toml",
        "--out",
        "shared",
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
    assert_eq!(place.read("shared/slurm/jobs.jsonl"), "");
}
