//! Whatever ends a process, nothing that was finished is lost, and the end is the same bytes.
//!
//! How many times a process is killed at a random moment: `SYNAPSE_KILLS`, by default few. The full
//! count: `SYNAPSE_KILLS=200 cargo test --release -p synapse-runner --test survival`.

mod faulty;
mod place;

use faulty::faulty;
use place::Place;
use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A second of work or so on one core, in many batches.
const SPEC: &str = r#"
schema = 1
name = "study"
question = "What survives?"
seed = 5
network = { units = 50, connection_probability = 0.2 }
target = { kind = "periodic_gp", length_ms = 60 }
training = { trials = 60, washout_ms = 20, checkpoints_every = 20 }
replicates = { networks = 6, targets = 8, traces = 2 }

[[condition]]
rule = { kind = "classical" }
sweep = { "rule.eta0" = { log = [1e-5, 1e-3], points = 3 } }
[[condition]]
rule = { kind = "bayesian" }
sweep = { "rule.eta0" = { log = [1e-4, 1e-2], points = 3 } }
[[condition]]
rule = { kind = "force" }
"#;
const RUNS: usize = 7 * 48;

/// What this file's studies have in common.
trait Studies {
    fn study(&self, out: &Path, more: &[&str]) -> Command;
    fn complete(&self, out: &Path);
}

impl Studies for Place {
    /// Computes the study into `out`, with more arguments.
    fn study(&self, out: &Path, more: &[&str]) -> Command {
        let out = out.to_str().unwrap();
        let mut arguments = vec!["study.toml", "--out", out, "--no-report", "--quiet"];
        arguments.extend(more);
        self.runner(&arguments)
    }

    /// Runs to the end, which must be good.
    fn complete(&self, out: &Path) {
        ok(self.study(out, &["-j", "2"]).output().unwrap());
    }
}

fn ok(output: Output) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {stderr}", output.status);
}

/// The rows of a table without the time they took.
fn rows(folder: &Path, name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let wall = header.iter().position(|column| *column == "wall_s");
    let keep = |line: &str| {
        let cells = line.split(',').enumerate();
        let kept: Vec<&str> = cells
            .filter(|(at, _)| Some(*at) != wall)
            .map(|(_, c)| c)
            .collect();
        kept.join(",")
    };
    text.lines().map(keep).collect()
}

fn tables(folder: &Path) -> [Vec<String>; 3] {
    ["runs.csv", "curves.csv", "traces.csv"].map(|name| rows(folder, name))
}

/// How often each run is in the journals, torn lines aside.
fn records(folder: &Path) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for entry in std::fs::read_dir(folder.join("journal")).unwrap() {
        let text = std::fs::read(entry.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&text);
        for line in text
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'))
        {
            if let Some((_, rest)) = line.split_once(r#"{"id":""#) {
                *counts.entry(rest[..32].to_owned()).or_default() += 1;
            }
        }
    }
    counts
}

/// All runs are there, each once, and the tables are those of a study that nothing happened to.
fn assert_whole(folder: &Path, expected: &[Vec<String>; 3]) {
    let counts = records(folder);
    assert_eq!(counts.len(), RUNS);
    assert!(counts.values().all(|&count| count == 1));
    let found = tables(folder);
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            found == expected,
            "{} and {} rows",
            found.len(),
            expected.len()
        );
    }
}

fn undisturbed() -> (Place, [Vec<String>; 3], Duration) {
    let place = Place::new(SPEC);
    let started = Instant::now();
    place.complete(&place.path("whole"));
    let time = started.elapsed();
    let tables = tables(&place.path("whole"));
    assert_eq!(tables[0].len(), RUNS + 1);
    (place, tables, time)
}

/// Numbers that look random, the same in every test run.
struct Numbers(u64);

impl Numbers {
    /// In [0, 1).
    fn next(&mut self) -> f64 {
        // Knuth's linear congruential generator: its upper bits will do.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[test]
fn killed_at_random_moments_and_continued() {
    let kills: usize = match std::env::var("SYNAPSE_KILLS") {
        Ok(kills) => kills.parse().unwrap(),
        Err(_) => 15,
    };
    let (place, expected, time) = undisturbed();
    let mut numbers = Numbers(1);
    let mut killed = 0;
    let mut folder = 0;
    while killed < kills {
        folder += 1;
        let out = place.path(&format!("killed-{folder}"));
        // Several times in one folder, until it is complete.
        loop {
            let moment = time.mul_f64(numbers.next());
            let started = Instant::now();
            let mut child = place
                .study(&out, &["-j", "2"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let ended = loop {
                if let Some(status) = child.try_wait().unwrap() {
                    break Some(status);
                }
                if started.elapsed() >= moment {
                    break None;
                }
                std::thread::yield_now();
            };
            if let Some(status) = ended {
                assert!(status.success(), "{status}");
                break;
            }
            // SIGKILL: nothing of the program runs any more.
            child.kill().unwrap();
            child.wait().unwrap();
            killed += 1;
            if killed >= kills {
                break;
            }
        }
        place.complete(&out);
        assert_whole(&out, &expected);
    }
}

#[test]
fn dead_within_a_write_or_before_a_rename() {
    let (place, expected, _) = undisturbed();
    let out = place.path("torn");
    let arguments = [
        "study.toml",
        "--out",
        "torn",
        "--no-report",
        "--quiet",
        "-j",
        "2",
    ];
    let fault = |fault: &str| {
        let output = faulty(&place, &arguments, fault).output().unwrap();
        assert_eq!(output.status.code(), None, "{fault}: {:?}", output.status);
    };
    fault("abort-rename=study.toml");
    for number in [1, 2, 3] {
        fault(&format!("abort-append={number}"));
    }
    for name in ["runs.csv", "curves.csv", "traces.csv", "manifest.json"] {
        assert!(!out.join(name).exists());
        fault(&format!("abort-rename={name}"));
        assert!(!out.join(name).exists(), "{name}");
    }
    let half_written = || {
        let entries = std::fs::read_dir(&out).unwrap().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let ours = |name: &String| name.starts_with('.') && name.ends_with(".synapse-tmp");
        names.filter(ours).count()
    };
    // Where /proc does not tell whether a process is gone, nothing is swept.
    let sweeps = !std::fs::read_to_string(out.join("lock"))
        .unwrap()
        .contains("owner 0000000000000000");
    if sweeps {
        assert_eq!(half_written(), 1);
    }
    place.complete(&out);
    if sweeps {
        assert_eq!(half_written(), 0);
    }
    assert_whole(&out, &expected);
}

#[test]
fn four_processes_race_on_one_folder() {
    let (place, expected, _) = undisturbed();
    // Each with a part of its own, at the same time.
    let out = place.path("shards");
    let shards: Vec<_> = (1..=4)
        .map(|number| {
            let shard = format!("{number}/4");
            let more = ["-j", "1", "--shard", &shard];
            place
                .study(&out, &more)
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for shard in shards {
        ok(shard.wait_with_output().unwrap());
    }
    let merge = ["merge", out.to_str().unwrap(), "--no-report", "--quiet"];
    ok(place.runner(&merge).output().unwrap());
    assert_whole(&out, &expected);

    // Each wants the whole: one gets it, the others are told so.
    let out = place.path("whole-for-all");
    let all: Vec<_> = (0..4)
        .map(|_| {
            place
                .study(&out, &["-j", "1"])
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let mut winners = 0;
    for one in all {
        let output = one.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0) => winners += 1,
            Some(2) => assert!(
                stderr.contains("another process is writing there (process ")
                    && stderr.contains("; wait for it, or give --out another folder"),
                "{stderr}"
            ),
            code => panic!("{code:?}: {stderr}"),
        }
    }
    assert!(winners >= 1);
    assert_whole(&out, &expected);
}

/// A file system in memory, unmounted at the end; none where that is not allowed.
#[cfg(target_os = "linux")]
struct Disk(tempfile::TempDir);

#[cfg(target_os = "linux")]
impl Disk {
    fn new(options: &str) -> Option<Self> {
        let disk = Self(tempfile::tempdir().unwrap());
        disk.mount(options).then_some(disk)
    }

    fn mount(&self, options: &str) -> bool {
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(self.0.path())
            .stderr(Stdio::null())
            .status();
        mount.is_ok_and(|status| status.success())
    }
}

#[cfg(target_os = "linux")]
impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_costs_nothing_that_is_done() {
    let (place, expected, _) = undisturbed();
    let Some(disk) = Disk::new("size=96k") else {
        eprintln!("skipped: no file system can be mounted here");
        return;
    };
    let out = disk.0.path().join("out");
    let output = place.study(&out, &["-j", "2"]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.starts_with("cannot write ") && stderr.contains("No space left on device"),
        "{stderr}"
    );
    let before = records(&out);
    assert!(
        !before.is_empty() && before.len() < RUNS,
        "{}",
        before.len()
    );
    assert!(disk.mount("remount,size=16m"));
    place.complete(&out);
    assert_whole(&out, &expected);
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_only_folder_is_told_so() {
    let place = Place::new(SPEC);
    let Some(disk) = Disk::new("ro") else {
        eprintln!("skipped: no file system can be mounted here");
        return;
    };
    let output = place
        .study(&disk.0.path().join("out"), &[])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.starts_with("cannot create ") && stderr.contains("Read-only file system"),
        "{stderr}"
    );
}
