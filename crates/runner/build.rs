//! Records where the program comes from, for the manifests of its results.

use std::process::Command;

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
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
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let version = output(&rustc, &["--version"]).unwrap_or_default();
    println!("cargo:rustc-env=SYNAPSE_GIT_REVISION={revision}");
    println!("cargo:rustc-env=SYNAPSE_GIT_DIRTY={dirty}");
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
