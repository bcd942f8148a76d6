//! Records where the program comes from, for the manifests of its results.

use std::io::Write;
use std::process::{Command, Stdio};

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The hash that git gives a text; empty without git.
fn git_hash(text: &str) -> String {
    let hash = || {
        let mut child = Command::new("git")
            .args(["hash-object", "--stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        child.stdin.take()?.write_all(text.as_bytes()).ok()?;
        let output = child.wait_with_output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    hash().unwrap_or_default()
}

/// More than this of changes is not kept with results: it would be generated or data files.
const LONGEST_DIFF: usize = 1 << 20;

/// All that differs from the last commit, new files included, as `git apply` takes it.
fn changes() -> String {
    let mut diff = output("git", &["diff", "HEAD", "--", "..", "../../Cargo.lock"])
        .map_or(String::new(), |text| text + "\n");
    let new = ["ls-files", "--others", "--exclude-standard", "--", ".."];
    for path in output("git", &new).unwrap_or_default().lines() {
        // Exit code 1 says that they differ, as they do.
        let against_nothing = ["diff", "--no-index", "--", "/dev/null", path];
        if let Ok(output) = Command::new("git").args(against_nothing).output() {
            diff.push_str(&String::from_utf8_lossy(&output.stdout));
        }
    }
    if diff.len() > LONGEST_DIFF {
        format!("{} bytes of changes: too many to keep\n", diff.len())
    } else {
        diff
    }
}

fn main() {
    let revision = output("git", &["rev-parse", "HEAD"]).unwrap_or_default();
    // Only the sources: results and notes do not change the program.
    let dirty = output(
        "git",
        &["status", "--porcelain", "--", "..", "../../Cargo.lock"],
    )
    .map_or(
        "unknown",
        |text| if text.is_empty() { "false" } else { "true" },
    );
    // The changes themselves: results keep them, so that a dirty build can be built again.
    let (changes, hash) = match dirty {
        "true" => {
            let changes = changes();
            let hash = git_hash(&changes);
            (changes, hash)
        }
        _ => Default::default(),
    };
    let folder = std::env::var("OUT_DIR").unwrap_or_default();
    std::fs::write(std::path::Path::new(&folder).join("sources.diff"), changes)
        .expect("OUT_DIR can be written");
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let version = output(&rustc, &["--version"]).unwrap_or_default();
    println!("cargo:rustc-env=SYNAPSE_GIT_REVISION={revision}");
    println!("cargo:rustc-env=SYNAPSE_GIT_DIRTY={dirty}");
    println!("cargo:rustc-env=SYNAPSE_GIT_DIFF={hash}");
    println!("cargo:rustc-env=SYNAPSE_RUSTC={version}");
    println!(
        "cargo:rustc-env=SYNAPSE_TARGET={}",
        std::env::var("TARGET").unwrap_or_default()
    );
    // A commit appends to this file; an edit touches the sources.
    for path in ["../../.git/logs/HEAD", "..", "../../Cargo.lock"] {
        if std::path::Path::new(path).exists() {
            println!("cargo:rerun-if-changed={path}");
        }
    }
}
