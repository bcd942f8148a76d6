//! A study of a user's signal, and what the program says of it.

// Each test program uses some of these.
#![allow(dead_code)]

#[path = "../place/mod.rs"]
pub mod place;

use place::Place;
use std::fs;
use std::process::Output;

/// A study around a `[target]` table.
pub fn spec(target: &str, targets: &str) -> String {
    format!(
        "schema = 1\nname = \"study\"\nquestion = \"Is it read?\"\nseed = 3\n\
         network = {{ units = 30, connection_probability = 0.2 }}\n\
         training = {{ trials = 2, washout_ms = 5, checkpoints_every = 1 }}\n\
         replicates = {{ networks = 1{targets} }}\n\n\
         {target}\n[[condition]]\nrule = {{ kind = \"force\", alpha = 1.0 }}\n"
    )
}

/// A study of the file `s.csv`, with these lines in its `[target]`.
pub fn of_file(content: impl AsRef<[u8]>, fields: &str) -> Place {
    let target = format!("[target]\nkind = \"file\"\npath = \"s.csv\"\n{fields}\n");
    let place = Place::new(&spec(&target, ""));
    fs::write(place.path("s.csv"), content).unwrap();
    place
}

pub fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

/// What `plan` prints; panics if it refuses.
pub fn plan(place: &Place, sets: &[&str]) -> (String, String) {
    let mut arguments = vec!["plan", "study.toml", "--out", "out"];
    sets.iter()
        .for_each(|set| arguments.extend(["--set", *set]));
    let output = place.runner(&arguments).output().unwrap();
    let (stdout, stderr) = said(&output);
    assert!(output.status.success(), "{stderr}");
    (stdout, stderr)
}

/// The message with which a study is refused, by `plan` and by `run`.
pub fn refused(place: &Place, sets: &[&str]) -> String {
    let mut arguments = vec!["plan", "study.toml", "--out", "out"];
    sets.iter()
        .for_each(|set| arguments.extend(["--set", *set]));
    let output = place.runner(&arguments).output().unwrap();
    let (stdout, stderr) = said(&output);
    assert_eq!(output.status.code(), Some(2), "{stdout}{stderr}");
    arguments[0] = "run";
    let of_run = place.runner(&arguments).output().unwrap();
    assert_eq!(of_run.status.code(), Some(2));
    assert_eq!(said(&of_run).1, stderr);
    assert!(!place.path("out").exists(), "something was written");
    stderr
}

pub fn run(place: &Place, out: &str, sets: &[&str]) -> Output {
    let mut arguments = vec!["run", "study.toml", "--out", out, "--no-report"];
    sets.iter()
        .for_each(|set| arguments.extend(["--set", *set]));
    place.runner(&arguments).output().unwrap()
}

/// A column of a table of results.
pub fn column(place: &Place, table: &str, name: &str) -> Vec<String> {
    let text = fs::read_to_string(place.path(table)).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let at = header.iter().position(|h| *h == name).unwrap();
    lines.map(|cells| cells[at].to_owned()).collect()
}

/// Fields of a plain signal.
pub const SIGNAL: &str = "column = \"signal\"\nsample_ms = 1";
