//! The testbed: a real Slurm on this host (`scripts/slurm_testbed.sh`).

use crate::place::Place;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const RUNNER: &str = env!("CARGO_BIN_EXE_runner");

/// The program and a folder, as a shell reads them.
pub fn words(place: &Place, out: &str) -> (String, String) {
    // As the system names it.
    let folder = place.0.path().canonicalize().unwrap().join(out);
    (RUNNER.to_owned(), folder.display().to_string())
}

pub fn read(place: &Place, name: &str) -> String {
    std::fs::read_to_string(place.path(name)).unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub fn succeeded(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// The testbed, for one test at a time.
pub struct Cluster {
    conf: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

static TURN: Mutex<()> = Mutex::new(());
/// Until a poll gives up.
const PATIENCE: Duration = Duration::from_secs(300);

impl Cluster {
    /// None, with a word, where there is no testbed.
    pub fn get() -> Option<Self> {
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

    pub fn attach<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("SLURM_CONF", &self.conf)
    }

    pub fn ask(&self, program: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(program);
        let output = self.attach(command.args(arguments)).output().unwrap();
        assert!(
            output.status.success(),
            "{program} {arguments:?}: {output:?}"
        );
        text(&output.stdout)
    }

    /// What the testbed's own script does.
    pub fn testbed(&self, verb: &str, node: &str) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/slurm_testbed.sh");
        let folder = self.conf.parent().unwrap();
        let mut command = Command::new(script);
        let output = command.arg(verb).arg(folder).arg(node).output().unwrap();
        assert!(output.status.success(), "{verb}: {output:?}");
    }

    pub fn runner(&self, place: &Place, arguments: &[&str]) -> Output {
        self.attach(&mut place.runner(arguments)).output().unwrap()
    }

    pub fn submit(&self, place: &Place, arguments: &[&str]) -> String {
        let arguments = [&["submit", "study.toml", "--out", "my results"], arguments].concat();
        succeeded(&self.runner(place, &arguments))
    }

    pub fn status(&self, place: &Place) -> String {
        succeeded(&self.runner(place, &["status", "my results"]))
    }

    pub fn queue(&self) -> String {
        self.ask(
            "squeue",
            &["--noheader", "--array", "--format=%i %K %T %N %r"],
        )
    }

    pub fn wait(&self, what: &str, mut there: impl FnMut() -> bool) {
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

    pub fn wait_for_end(&self) {
        self.wait("an empty queue", || self.queue().is_empty());
    }
}

/// The ids of the jobs that a submission tells.
pub fn jobs(shown: &str) -> Vec<&str> {
    shown
        .lines()
        .filter_map(|line| line.strip_prefix("  job ")?.split(':').next())
        .filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
        .collect()
}

/// Tables without times.
pub fn tables(place: &Place, folder: &str) -> [Vec<String>; 2] {
    let untimed = |line: &str| line.rsplit_once(',').unwrap().0.to_owned();
    let runs = read(place, &format!("{folder}/runs.csv"));
    let curves = read(place, &format!("{folder}/curves.csv"));
    [
        runs.lines().map(untimed).collect(),
        curves.lines().map(str::to_owned).collect(),
    ]
}

/// What one process makes of the study alone.
pub fn alone(place: &Place) -> [Vec<String>; 2] {
    let output = place
        .runner(&[
            "study.toml",
            "-j",
            "1",
            "--out",
            "alone",
            "--no-report",
            "-q",
        ])
        .output();
    succeeded(&output.unwrap());
    tables(place, "alone")
}

pub fn logs(place: &Place) -> String {
    let mut logs = String::new();
    for entry in std::fs::read_dir(place.path("my results/slurm/log")).unwrap() {
        logs += &std::fs::read_to_string(entry.unwrap().path()).unwrap();
    }
    logs
}
