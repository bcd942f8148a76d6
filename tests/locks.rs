//! A result folder on a file system without locks: files take their place, and nobody writes in anybody's
//! way; and where machines with and without locks share one folder, they respect each other.

mod faulty;
mod place;

use faulty::faulty;
use place::Place;
use std::process::Output;
use std::time::{Duration, SystemTime};

const SPEC: &str = r#"
schema = 1
name = "study"
question = "Who may write?"
seed = 5
network = { units = 40, connection_probability = 0.2 }
target = { kind = "periodic_gp", length_ms = 60 }
training = { trials = 6, washout_ms = 20, checkpoints_every = 3 }
replicates = { networks = 2, targets = 4 }

[[condition]]
rule = { kind = "classical" }
sweep = { "rule.eta0" = { values = [1e-4, 1e-3] } }
"#;
const RUN: [&str; 5] = ["study.toml", "--out", "out", "--no-report", "--quiet"];
const WARNING: &str = "out: this file system has no locks (unsupported); files named lock*.held take \
                       their place. docs/cluster.md says what to know about them";

fn ended(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code();
    (code, text(&output.stdout), text(&output.stderr))
}

/// Runs `runner` where there are no locks.
fn without(place: &Place, arguments: &[&str]) -> (Option<i32>, String, String) {
    ended(faulty(place, arguments, "no-locks=").output().unwrap())
}

fn with(place: &Place, arguments: &[&str]) -> (Option<i32>, String, String) {
    ended(place.runner(arguments).output().unwrap())
}

/// The files of locks that are left.
fn held(place: &Place) -> Vec<String> {
    let entries = std::fs::read_dir(place.path("out")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(".held")).collect()
}

/// The lock of a process of another machine, with its last sign of life so long ago.
fn of_another_machine(place: &Place, name: &str, seconds: u64) {
    std::fs::create_dir_all(place.path("out")).unwrap();
    let path = place.path(&format!("out/{name}"));
    let owner = "owner 0000000000000001-1-5";
    std::fs::write(&path, format!("process 1 on pod\n{owner}\n")).unwrap();
    let file = std::fs::File::options().write(true).open(path).unwrap();
    let then = SystemTime::now() - Duration::from_secs(seconds);
    file.set_modified(then).unwrap();
}

#[test]
fn a_study_is_computed_where_there_are_no_locks() {
    let place = Place::new(SPEC);
    let (code, _, stderr) = without(&place, &RUN);
    assert_eq!(code, Some(0), "{stderr}");
    // Once, though there is more than one lock to ask for.
    assert_eq!(stderr.matches(WARNING).count(), 1, "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert_eq!(held(&place), [""; 0]);
    for shard in ["1/2", "2/2"] {
        let (code, _, stderr) = without(&place, &[&RUN[..], &["--shard", shard]].concat());
        assert_eq!(code, Some(0), "{stderr}");
    }
    let (code, _, stderr) = without(&place, &["merge", "out", "--no-report", "--quiet"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(held(&place), [""; 0]);
}

#[test]
fn a_lock_of_a_process_that_died_here_is_removed_with_a_word() {
    let place = Place::new(SPEC);
    let killed = faulty(&place, &RUN, "no-locks-abort-rename=runs.csv").output();
    assert_eq!(killed.unwrap().status.code(), None);
    assert_eq!(held(&place), ["lock.held"]);
    let owner = std::fs::read_to_string(place.path("out/lock.held")).unwrap();
    let process = owner.lines().next().unwrap().to_owned();
    assert!(process.starts_with("process "), "{owner}");
    if owner.contains("owner 0000000000000000") {
        eprintln!("skipped: /proc does not tell enough here");
        return;
    }
    // Nobody computes any more.
    let (_, stdout, _) = with(&place, &["status", "out"]);
    assert!(!stdout.contains("computing"), "{stdout}");
    // With locks or without.
    let (code, _, stderr) = without(&place, &RUN);
    assert_eq!(code, Some(0), "{stderr}");
    let removed = format!("out/lock.held: removed, as {process} no longer runs\n");
    assert!(stderr.contains(&removed), "{stderr}");
    assert_eq!(held(&place), [""; 0]);
    let killed = faulty(&place, &RUN, "no-locks-abort-rename=runs.csv").output();
    assert_eq!(killed.unwrap().status.code(), None);
    let (code, _, stderr) = with(&place, &RUN);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        stderr.contains("out/lock.held: removed, as process "),
        "{stderr}"
    );
    assert_eq!(held(&place), [""; 0]);
}

#[test]
fn a_lock_of_another_machine_is_respected_until_the_user_removes_it() {
    let place = Place::new(SPEC);
    for (name, told) in [
        ("lock.held", "process 1 on pod"),
        ("lock-1-of-3.held", "shard 1/3: process 1 on pod"),
    ] {
        // It gave a sign of life just now: wait for it.
        of_another_machine(&place, name, 0);
        for (code, _, stderr) in [without(&place, &RUN), with(&place, &RUN)] {
            assert_eq!(code, Some(2), "{stderr}");
            let busy = format!("out: another process is writing there ({told}, last sign of life ");
            assert!(
                stderr.contains(&busy)
                    && stderr.ends_with(" ago); wait for it, or give --out another folder\n"),
                "{stderr}"
            );
        }
        let (_, stdout, _) = with(&place, &["status", "out"]);
        assert_eq!(stdout, "", "there is no study yet");
        // It has been silent for long: only the user can know.
        // A few seconds more: file times and the clock are rounded.
        of_another_machine(&place, name, 7230);
        let command = format!("rm out/{name}");
        for (code, _, stderr) in [without(&place, &RUN), with(&place, &RUN)] {
            assert_eq!(code, Some(2), "{stderr}");
            let doubtful = format!(
                "out: locked by a process that may have ended ({told}, last sign of life 2h"
            );
            let remedy = format!(
                "ago); this machine cannot tell. If it still runs, wait for it. If it does not, \
                 remove its lock and run the same command again: {command}\n"
            );
            assert!(
                stderr.contains(&doubtful) && stderr.ends_with(&remedy),
                "{stderr}"
            );
        }
        assert_eq!(held(&place), [name]);
        std::fs::remove_file(place.path(&format!("out/{name}"))).unwrap();
    }
    // A shard of the same division may compute beside it, the same shard and another division may not.
    of_another_machine(&place, "lock-1-of-3.held", 0);
    let shard = |shard| [&RUN[..], &["--shard", shard]].concat();
    assert_eq!(without(&place, &shard("2/3")).0, Some(0));
    assert_eq!(with(&place, &shard("3/3")).0, Some(0));
    for other in ["1/3", "1/2"] {
        for (code, _, stderr) in [without(&place, &shard(other)), with(&place, &shard(other))] {
            assert_eq!(code, Some(2), "{stderr}");
            assert!(stderr.contains("(shard 1/3: process 1 on pod"), "{stderr}");
        }
    }
    let (_, stdout, _) = with(&place, &["status", "out"]);
    assert!(
        stdout.contains("; process 1 on pod is computing it\n"),
        "{stdout}"
    );
}

#[test]
fn who_has_no_locks_sees_who_has_them() {
    let place = Place::new(SPEC);
    // A process of another machine, which has locks, signs the file that it locks.
    of_another_machine(&place, "lock", 0);
    let (code, _, stderr) = without(&place, &RUN);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(
        stderr.contains("locked by a process that may have ended (process 1 on pod, ")
            && stderr.ends_with("run the same command again: rm out/lock\n"),
        "{stderr}"
    );
    // Who has locks sees that it is gone, and clears the file at the end.
    let (code, _, stderr) = with(&place, &RUN);
    assert_eq!((code, &*stderr), (Some(0), ""));
    assert_eq!(std::fs::read(place.path("out/lock")).unwrap(), b"");
    assert_eq!(without(&place, &RUN).0, Some(0));
}

#[test]
fn of_many_processes_without_locks_one_gets_the_folder() {
    let place = Place::new(SPEC);
    let mut winners = 0;
    let spawn = |_| {
        let mut command = faulty(&place, &RUN, "no-locks=");
        let piped = command.stderr(std::process::Stdio::piped());
        piped.spawn().unwrap()
    };
    let all: Vec<_> = (0..4).map(spawn).collect();
    for one in all {
        let (code, _, stderr) = ended(one.wait_with_output().unwrap());
        match code {
            Some(0) => winners += 1,
            Some(2) => assert!(
                stderr.contains("out: another process is writing there (process "),
                "{stderr}"
            ),
            code => panic!("{code:?}: {stderr}"),
        }
    }
    assert!(winners >= 1);
    assert_eq!(held(&place), [""; 0]);
    let (code, _, stderr) = with(&place, &RUN);
    assert_eq!((code, &*stderr), (Some(0), ""));
}

#[test]
fn the_program_itself_knows_no_faults() {
    let place = Place::new(SPEC);
    for fault in ["abort-append=1", "abort-rename=study.toml", "no-locks="] {
        let mut command = place.runner(&RUN);
        let (code, _, stderr) = ended(command.env("SYNAPSE_FAULT", fault).output().unwrap());
        assert_eq!((code, &*stderr), (Some(0), ""), "{fault}");
        std::fs::remove_dir_all(place.path("out")).unwrap();
    }
}

/// The system's own refusal, by a library that is loaded before the system's.
#[cfg(target_os = "linux")]
#[test]
fn the_operating_systems_answers_are_known() {
    let place = Place::new(SPEC);
    let source = "#include <errno.h>\nint flock(int fd, int op) { (void)fd; (void)op; errno = ERR; return -1; }\n";
    std::fs::write(place.path("noflock.c"), source).unwrap();
    for (error, words) in [
        ("ENOLCK", "No locks available (os error 37)"),
        ("ENOSYS", "Function not implemented (os error 38)"),
        ("EOPNOTSUPP", "Operation not supported (os error 95)"),
    ] {
        let library = place.path(&format!("{error}.so"));
        let built = std::process::Command::new("cc")
            .args(["-shared", "-fPIC", &format!("-DERR={error}"), "-o"])
            .arg(&library)
            .arg(place.path("noflock.c"))
            .status();
        if !built.is_ok_and(|status| status.success()) {
            eprintln!("skipped: no C compiler here");
            return;
        }
        let mut command = place.runner(&RUN);
        let (code, _, stderr) = ended(command.env("LD_PRELOAD", library).output().unwrap());
        assert_eq!(code, Some(0), "{stderr}");
        let expected = format!("out: this file system has no locks ({words}); ");
        assert!(stderr.contains(&expected), "{stderr}");
    }
}
