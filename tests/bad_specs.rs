//! Every bad spec in `tests/fixtures/bad_specs` is refused with exactly the text of its `.expected` file on
//! stderr, exit code 2, and nothing written.
//!
//! A fixture may begin with lines `# --set path=value`: arguments that it is read with. Paths in messages
//! are relative to the workspace. After a deliberate change of messages, run with `UPDATE_EXPECTED=1` and
//! read every changed file: they are what a person sees.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const FOLDER: &str = "tests/fixtures/bad_specs";

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What the program says of a spec; panics unless it refuses it as bad input and writes nothing.
fn told(verb: &str, file: &str, sets: &[String]) -> String {
    let results = tempfile::tempdir().unwrap();
    let out = results.path().join("out");
    let output = Command::new(env!("CARGO_BIN_EXE_runner"))
        .args([verb, file, "--out"])
        .arg(&out)
        .args(sets.iter().flat_map(|set| ["--set", set]))
        .current_dir(workspace())
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{file}: {stderr}");
    assert!(output.stdout.is_empty(), "{file} prints to stdout");
    assert!(!out.exists(), "{file}: something was written");
    stderr
}

/// The names of files in the folder with an extension, without it.
fn names(extension: &str) -> BTreeSet<String> {
    fs::read_dir(workspace().join(FOLDER))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

fn sets(path: &Path) -> Vec<String> {
    // Not every fixture is UTF-8.
    String::from_utf8_lossy(&fs::read(path).unwrap())
        .lines()
        .map_while(|line| line.strip_prefix("# --set "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_bad_spec_gets_its_message() {
    let specs = names("toml");
    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    assert!(
        update || specs == names("expected"),
        "every spec needs its expected text, and the reverse"
    );
    assert!(specs.len() >= 45, "only {} fixtures", specs.len());
    let mut wrong = Vec::new();
    for name in &specs {
        let file = format!("{FOLDER}/{name}.toml");
        let found = told("plan", &file, &sets(&workspace().join(&file)));
        let expected = workspace().join(format!("{FOLDER}/{name}.expected"));
        if update {
            fs::write(expected, found).unwrap();
        } else {
            let expected = fs::read_to_string(expected).unwrap();
            if found != expected {
                wrong.push(format!("--- {name}\nexpected:\n{expected}found:\n{found}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn three_mistakes_are_three_messages_with_their_lines() {
    let file = format!("{FOLDER}/three_mistakes.toml");
    let said = told("run", &file, &[]);
    assert_eq!(said, told("plan", &file, &[]));
    let places: Vec<&str> = said
        .lines()
        .map(|line| line.strip_prefix(&file).unwrap().split(' ').next().unwrap())
        .collect();
    assert_eq!(places, [":8:1:", ":11:13:", ":13:10:"]);
}

#[test]
fn what_is_no_file_is_told() {
    for (file, message) in [
        ("tests/nowhere.toml", "no such file"),
        (
            "tests/fixtures",
            "this is a folder; name the study's TOML file",
        ),
    ] {
        assert_eq!(told("plan", file, &[]), format!("{file}: {message}\n"));
    }
}
