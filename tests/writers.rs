//! Many writers of one folder, files of the user in it, and things in it that are no files.

mod place;

use place::Place;
use std::path::{Path, PathBuf};
use std::process::Output;

const SPEC: &str = r#"
schema = 1
name = "study"
question = "Whose file is it?"
seed = 5
keep_state = true
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
const RUN: [&str; 4] = ["study.toml", "--out", "out", "--no-report"];
const LONGER: [&str; 2] = ["--set", "training.trials=12"];

fn ended(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code();
    (code, text(&output.stdout), text(&output.stderr))
}

fn run(place: &Place, arguments: &[&str]) -> (Option<i32>, String, String) {
    ended(place.runner(arguments).output().unwrap())
}

fn ok(place: &Place, arguments: &[&str]) -> String {
    let (code, stdout, stderr) = run(place, arguments);
    assert_eq!(code, Some(0), "{arguments:?}: {stderr}");
    stdout
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// The only file of a folder.
fn only(folder: PathBuf) -> PathBuf {
    let names = names(&folder);
    assert_eq!(names.len(), 1, "{names:?}");
    folder.join(&names[0])
}

#[test]
fn reports_a_merge_and_exports_at_the_same_time() {
    let place = Place::new(SPEC);
    ok(&place, &RUN);
    let out = place.path("out");
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..3 {
                    synapse_report::write_report(&out).unwrap();
                }
            });
        }
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..3 {
                    ok(&place, &["export", "out", "--parquet"]);
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..3 {
                ok(&place, &["merge", "out", "--no-report"]);
            }
        });
    });
    for folder in ["out", "out/figures"] {
        let left = names(&place.path(folder));
        assert!(!left.iter().any(|name| name.contains("tmp")), "{left:?}");
    }
    ok(&place, &["verify", "out", "--sample", "1"]);
}

#[test]
fn files_of_the_user_stay() {
    let place = Place::new(SPEC);
    ok(&place, &RUN);
    let mine = [
        "my_notes.tmp",
        "runs.csv.tmp",
        "runs.csv.77.tmp",
        ".x.synapse-tmp",
    ];
    for name in mine {
        std::fs::write(place.path(&format!("out/{name}")), "mine").unwrap();
    }
    std::fs::create_dir(place.path("out/x.tmp")).unwrap();
    for arguments in [&RUN[..], &["merge", "out"], &["export", "out", "--parquet"]] {
        ok(&place, arguments);
    }
    for name in mine {
        assert_eq!(
            std::fs::read(place.path(&format!("out/{name}"))).unwrap(),
            b"mine",
            "{name}"
        );
    }
    assert!(place.path("out/x.tmp").is_dir());
}

#[cfg(unix)]
#[test]
fn links_are_not_written_through() {
    let place = Place::new(SPEC);
    ok(&place, &RUN);
    for name in ["runs.csv", "manifest.json"] {
        let path = place.path(&format!("out/{name}"));
        let elsewhere = place.path(&format!("{name}.elsewhere"));
        std::fs::rename(&path, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
        let before = std::fs::read(&elsewhere).unwrap();
        // Another study, so that other bytes are written.
        ok(
            &place,
            &[&RUN[..], &["--set", "replicates.targets=5"]].concat(),
        );
        assert!(!path.is_symlink(), "{name}");
        assert_eq!(std::fs::read(&elsewhere).unwrap(), before, "{name}");
        std::fs::remove_dir_all(place.path("out")).unwrap();
        ok(&place, &RUN);
    }
}

#[test]
fn a_damaged_first_line_of_a_journal_costs_no_run() {
    let place = Place::new(SPEC);
    ok(&place, &RUN);
    let journal = only(place.path("out/journal"));
    let mut bytes = std::fs::read(&journal).unwrap();
    bytes[30] ^= 1;
    std::fs::write(&journal, &bytes).unwrap();
    let (code, stdout, stderr) = run(&place, &RUN);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        stdout.contains("24 runs (0 computed now), 24 ok"),
        "{stdout}"
    );
    let name = journal.file_name().unwrap().to_str().unwrap();
    assert!(
        stderr.contains(&format!(
            "out/journal/{name}: the first line, which says who wrote this journal, is damaged or lost; \
             its 24 other records are sound and are used\n"
        )),
        "{stderr}"
    );
    // No sound line at all: the message has a command that helps.
    std::fs::write(&journal, "dear diary\n").unwrap();
    let (code, _, stderr) = run(&place, &RUN);
    assert_eq!(code, Some(2));
    let (_, command) = stderr.trim_end().split_once("again: ").unwrap();
    assert_eq!(
        command,
        format!("mv out/journal/{name} out/journal/{name}.damaged")
    );
    let moved = journal.with_file_name(format!("{name}.damaged"));
    std::fs::rename(&journal, moved).unwrap();
    assert!(ok(&place, &RUN).contains("(24 computed now)"));
}

/// Rewrites a line of a journal, with a sum that is right.
fn rewrite(journal: &Path, line: usize, change: impl FnOnce(&mut serde_json::Value)) {
    let text = std::fs::read_to_string(journal).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut record = serde_json::from_str(&lines[line][9..]).unwrap();
    change(&mut record);
    let content = record.to_string();
    lines[line] = format!("{:08x} {content}", crc32fast::hash(content.as_bytes()));
    std::fs::write(journal, lines.join("\n") + "\n").unwrap();
}

#[test]
fn a_record_that_cannot_be_of_its_run_is_computed_again() {
    let place = Place::new(SPEC);
    ok(&place, &RUN);
    let table = std::fs::read(place.path("out/curves.csv")).unwrap();
    let journal = only(place.path("out/journal"));
    let sound = std::fs::read(&journal).unwrap();
    let changes: [fn(&mut serde_json::Value); 4] = [
        // A checkpoint that the study does not have; one too few; a divergence beyond the last trial, and
        // beyond the steps of a trial.
        |record| record["checkpoints"][1][0] = 2.into(),
        |record| {
            record["checkpoints"].as_array_mut().unwrap().remove(0);
        },
        |record| {
            record["status"] = "diverged".into();
            record["diverged"] = serde_json::json!([7, 0]);
            record.as_object_mut().unwrap().remove("trace");
        },
        |record| {
            record["status"] = "diverged".into();
            record["diverged"] = serde_json::json!([6, 80]);
            record.as_object_mut().unwrap().remove("trace");
        },
    ];
    for change in changes {
        std::fs::remove_dir_all(place.path("out/journal")).unwrap();
        std::fs::create_dir(place.path("out/journal")).unwrap();
        std::fs::write(&journal, &sound).unwrap();
        let mut id = String::new();
        rewrite(&journal, 5, |record| {
            record["id"].as_str().unwrap().clone_into(&mut id);
            change(record);
        });
        let (code, stdout, stderr) = run(&place, &RUN);
        assert_eq!(code, Some(0), "{stderr}");
        assert!(
            stdout.contains("24 runs (1 computed now), 24 ok"),
            "{stdout}"
        );
        let expected = format!(
            "out: 1 records of the journals were dropped, as they cannot be the results of their runs \
             (the first: run {id} in out/journal/"
        );
        assert!(
            stderr.contains(&expected) && stderr.ends_with("; their runs are computed again\n"),
            "{stderr}"
        );
        assert_eq!(std::fs::read(place.path("out/curves.csv")).unwrap(), table);
    }
}

#[test]
fn longer_training_whose_state_is_lost_starts_anew() {
    let place = Place::new(SPEC);
    let longer = |out| [&["study.toml", "--out", out, "--no-report"], &LONGER[..]].concat();
    ok(&place, &longer("whole"));
    let whole = std::fs::read(place.path("whole/curves.csv")).unwrap();
    for damaged in [false, true] {
        ok(&place, &RUN);
        let why = if damaged {
            let state = only(place.path("out/state"));
            let mut bytes = std::fs::read(&state).unwrap();
            bytes[0] ^= 1;
            std::fs::write(&state, bytes).unwrap();
            let name = state.file_name().unwrap().to_str().unwrap();
            format!("out/state/{name} is damaged from byte 0 on")
        } else {
            std::fs::remove_dir_all(place.path("out/state")).unwrap();
            "out/state is missing".to_owned()
        };
        let lost = format!(
            "24 runs start from their first trial, as what they learned in 6 trials is lost: {why}. \
             Their results will be the same; to save the time, stop, restore out/state, and run the same \
             command again\n"
        );
        let plan = ok(&place, &[&["plan"], &longer("out")[..3], &LONGER].concat());
        assert!(plan.contains(&lost), "{plan}");
        let (code, _, stderr) = run(&place, &longer("out"));
        assert_eq!(code, Some(0), "{stderr}");
        assert!(stderr.ends_with(&lost), "{stderr}");
        assert_eq!(std::fs::read(place.path("out/curves.csv")).unwrap(), whole);
        std::fs::remove_dir_all(place.path("out")).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_refused_and_does_not_hang() {
    let place = Place::new(SPEC);
    let fifo = |name: &str| {
        let made = std::process::Command::new("mkfifo")
            .arg(place.path(name))
            .status();
        made.is_ok_and(|status| status.success())
    };
    ok(&place, &RUN);
    if !fifo("out/journal/x.jsonl") {
        eprintln!("skipped: no mkfifo here");
        return;
    }
    for arguments in [
        &RUN[..],
        &["plan", "study.toml", "--out", "out"],
        &["status", "out"],
        &["merge", "out"],
        &["verify", "out"],
    ] {
        let (code, _, stderr) = run(&place, arguments);
        assert_eq!(code, Some(2), "{arguments:?}");
        assert!(
            stderr.starts_with("cannot read out/journal/x.jsonl: ")
                && stderr.ends_with("not a regular file\n"),
            "{stderr}"
        );
    }
    std::fs::remove_file(place.path("out/journal/x.jsonl")).unwrap();
    std::fs::remove_file(place.path("out/lock")).unwrap();
    assert!(fifo("out/lock"));
    let (code, _, stderr) = run(&place, &RUN);
    assert_eq!(
        (code, &*stderr),
        (
            Some(2),
            "cannot lock out/lock: not a regular file; remove it\n"
        )
    );
    std::fs::remove_file(place.path("out/lock")).unwrap();
    // What is in the folder of states and no file is nobody's state.
    assert!(fifo("out/state/x"));
    std::fs::create_dir(place.path("out/state/y")).unwrap();
    ok(&place, &[&RUN[..], &LONGER].concat());
}
