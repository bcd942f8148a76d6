//! `report` and what lies in the place of its files: pipes, folders, names that are no text.

use std::path::Path;
use std::process::{Command, Output};

const STUDY: &str = "schema = 1\nname = \"x\"\nquestion = \"x\"\nseed = 1\nreplicates = { networks = 1, targets = 1 }\n\
                     [[condition]]\nrule = { kind = \"force\" }\n";

/// Ended by force if it waits for a writer that never comes.
fn report(arguments: &[&Path]) -> Output {
    let mut command = Command::new("timeout");
    command.arg("60").arg(env!("CARGO_BIN_EXE_report"));
    command.args(arguments).output().unwrap()
}

fn fifo(path: &Path) -> bool {
    let made = Command::new("mkfifo").arg(path).status();
    made.is_ok_and(|status| status.success())
}

fn refused(output: &Output, message: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains(message), "{stderr}");
}

#[test]
fn pipes_and_folders_in_the_place_of_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, check) = (folder.path(), Path::new("check"));
    if !fifo(&folder.join("study.toml")) {
        eprintln!("skipped: no mkfifo here");
        return;
    }
    refused(
        &report(&[check, folder]),
        "study.toml: cannot read: a pipe, not a regular file",
    );
    std::fs::remove_file(folder.join("study.toml")).unwrap();
    std::fs::create_dir(folder.join("study.toml")).unwrap();
    refused(
        &report(&[check, folder]),
        "study.toml: cannot read: is a directory",
    );
    std::fs::remove_dir(folder.join("study.toml")).unwrap();
    std::fs::write(folder.join("study.toml"), STUDY).unwrap();
    assert!(fifo(&folder.join("runs.csv")));
    std::fs::write(folder.join("curves.csv"), "").unwrap();
    for arguments in [&[check, folder][..], &[folder]] {
        refused(
            &report(arguments),
            "runs.csv: cannot read: a pipe, not a regular file",
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_whose_name_is_no_text_is_named_in_messages() {
    use std::os::unix::ffi::OsStrExt;
    let place = tempfile::tempdir().unwrap();
    let folder = place
        .path()
        .join(std::ffi::OsStr::from_bytes(b"r\xff\x1b[2J"));
    let output = report(&[&folder]);
    refused(&output, "r\u{fffd}\\u{1b}[2J: no such folder");
    assert!(!output.stderr.contains(&0x1b));
}
