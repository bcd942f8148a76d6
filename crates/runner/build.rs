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
fn git_hash(text: &Option<String>) -> String {
    let hash = || {
        let mut child = Command::new("git")
            .args(["hash-object", "--stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        child
            .stdin
            .take()?
            .write_all(text.as_ref()?.as_bytes())
            .ok()?;
        let output = child.wait_with_output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    hash().unwrap_or_default()
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
    // The changes themselves, so that two dirty builds can be told apart.
    let diff = match dirty {
        "true" => git_hash(&output(
            "git",
            &["diff", "HEAD", "--", "..", "../../Cargo.lock"],
        )),
        _ => String::new(),
    };
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let version = output(&rustc, &["--version"]).unwrap_or_default();
    println!("cargo:rustc-env=SYNAPSE_GIT_REVISION={revision}");
    println!("cargo:rustc-env=SYNAPSE_GIT_DIRTY={dirty}");
    println!("cargo:rustc-env=SYNAPSE_GIT_DIFF={diff}");
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
