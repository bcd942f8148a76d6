//! Tests of the journals and locks.

use super::*;
use crate::provenance::Origin;
use crate::shard::Shard;
use crate::spec::RunId;
use std::path::{Path, PathBuf};

fn record(id: u8) -> Record {
    Record {
        id: RunId([id; 16]),
        status: RecordStatus::Ok,
        diverged: None,
        message: String::new(),
        checkpoints: vec![(0, Some(0.1 + 0.2), None), (5, None, Some(1e-300))],
        trace: Some(TraceRecord {
            trial: 5,
            t_ms: vec![0.0, 1.0],
            v_tar: vec![1.0 / 3.0, -0.5],
            v: vec![5e-324, 2.0],
        }),
        wall_s: 0.25,
        origin: 0,
    }
}

fn failed(id: u8) -> Record {
    Record {
        status: RecordStatus::Failed,
        message: "x".to_owned(),
        checkpoints: Vec::new(),
        trace: None,
        ..record(id)
    }
}

/// A journal of a process that started at `start`.
fn write(folder: &Path, start: u8, records: &[Record]) -> PathBuf {
    let started = format!("2026-01-01T00:00:{start:02}Z");
    let mut journal = Journal::new(folder, Origin::this(1, None, started));
    for record in records {
        journal.append(std::slice::from_ref(record)).unwrap();
    }
    journal.sync().unwrap();
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder.join("journal"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    // Names sort by the start.
    paths.sort();
    paths.pop().unwrap()
}

#[test]
fn records_come_back_to_the_bit() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 1, &[record(1), record(2)]);
    write(folder.path(), 2, &[record(3)]);
    let kept = Kept::read(folder.path()).unwrap();
    assert_eq!((kept.records.len(), kept.damaged), (3, 0));
    for id in 1..=3 {
        let found = &kept.records[&RunId([id; 16])];
        assert!(found.same_result(&record(id)));
        assert_eq!(found.trace, record(id).trace);
        assert_eq!(found.origin, usize::from(id == 3));
    }
    assert_eq!(kept.origins.len(), 2);
    let origin = kept.origins[1].as_ref().unwrap();
    assert_eq!(origin.process.started, "2026-01-01T00:00:02Z");
    let ends = Ends::read(folder.path()).unwrap();
    assert_eq!(ends.status.len(), 3);
    assert_eq!(ends.journals[0].1, 2);
}

#[test]
fn a_torn_tail_at_any_byte_costs_at_most_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), 1, &[record(1), record(2)]);
    let full = std::fs::read(&path).unwrap();
    let ends: Vec<usize> = (0..full.len()).filter(|&at| full[at] == b'\n').collect();
    assert_eq!(ends.len(), 3);
    for length in 0..full.len() {
        std::fs::write(&path, &full[..length]).unwrap();
        let kept = Kept::read(folder.path()).unwrap();
        // A line counts with its line break.
        let whole = ends.iter().filter(|&&end| end < length).count();
        assert_eq!(kept.records.len(), whole.saturating_sub(1), "{length}");
        let torn = length > 0 && !full[..length].ends_with(b"\n");
        assert_eq!(kept.torn.len(), usize::from(torn), "{length}");
        kept.mend().unwrap();
        let kept = Kept::read(folder.path()).unwrap();
        assert_eq!((kept.torn.len(), kept.damaged), (0, 0));
        assert_eq!(kept.records.len(), whole.saturating_sub(1), "{length}");
    }
}

#[test]
fn a_damaged_line_costs_its_run_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), 1, &[record(1), record(2), record(3)]);
    let mut bytes = std::fs::read(&path).unwrap();
    let second = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .nth(1)
        .unwrap()
        .0;
    bytes[second + 30] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let kept = Kept::read(folder.path()).unwrap();
    assert_eq!((kept.records.len(), kept.damaged), (2, 1));
    assert!(!kept.records.contains_key(&RunId([2; 16])));
}

#[test]
fn a_result_replaces_a_failure_and_contradictions_are_found() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        1,
        &[failed(1), record(2), record(3), record(4)],
    );
    let other = Record {
        checkpoints: vec![(0, Some(0.3), None), (5, None, Some(1e-300))],
        ..record(4)
    };
    write(folder.path(), 2, &[record(1), failed(2), record(3), other]);
    let kept = Kept::read(folder.path()).unwrap();
    assert!(
        kept.records
            .values()
            .all(|record| record.status == RecordStatus::Ok)
    );
    assert_eq!(kept.repeated, 1);
    // 0.1 + 0.2 is not 0.3.
    assert_eq!(kept.conflicts.len(), 1);
    assert_eq!(kept.conflicts[0].0.id, RunId([4; 16]));
}

#[test]
fn long_journals_are_read_block_by_block() {
    let folder = tempfile::tempdir().unwrap();
    // One record longer than a block, among short ones; together several blocks.
    let long = Record {
        message: "x".repeat(5 << 20),
        ..failed(9)
    };
    let one = |id| if id == 9 { long.clone() } else { record(id) };
    let records: Vec<Record> = (0..=250).map(one).collect();
    write(folder.path(), 1, &records);
    let kept = Kept::read(folder.path()).unwrap();
    assert_eq!((kept.records.len(), kept.damaged), (251, 0));
    assert_eq!(kept.records[&RunId([9; 16])].message.len(), 5 << 20);
}

#[test]
fn other_files_and_other_versions_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), 1, &[record(1)]);
    std::fs::write(&path, "dear diary\n").unwrap();
    let error = Kept::read(folder.path()).unwrap_err().to_string();
    let name = path.display();
    assert_eq!(
        error,
        format!(
            "{name}: not a journal of this version of runner: none of its 1 lines has a right sum. \
             To continue without it, move it aside and run the same command again: mv {name} {name}.damaged"
        )
    );
    let header = br#"{"synapse_journal":3}"#;
    let line = format!(
        "{:08x} {}\n",
        crc32fast::hash(header),
        std::str::from_utf8(header).unwrap()
    );
    std::fs::write(&path, line).unwrap();
    let error = Kept::read(folder.path()).unwrap_err().to_string();
    assert!(
        error.ends_with("written by a newer version of runner (journal version 3, this one knows 2); nothing was changed"),
        "{error}"
    );
}

#[test]
fn shards_share_a_folder_and_nobody_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let shard = |number, of| Shard { number, of };
    let first = Folder::share(path, shard(1, 2), "first").unwrap();
    let second = Folder::share(path, shard(2, 2), "second").unwrap();
    let message = |result: Result<Folder, StoreError>| {
        let error = result.unwrap_err().to_string();
        error.split_once(": ").unwrap().1.to_owned()
    };
    assert_eq!(
        message(Folder::lock(path, "third")),
        "another process is writing there (shard 1/2: first; shard 2/2: second); wait for it, or give --out another folder"
    );
    assert!(message(Folder::share(path, shard(2, 2), "third")).contains("shard 2/2: second"));
    assert!(message(Folder::share(path, shard(3, 4), "third")).contains("shard 1/2: first"));
    assert_eq!(Folder::holders(path).unwrap().len(), 2);
    drop((first, second));
    assert_eq!(Folder::holders(path).unwrap(), []);
    let alone = Folder::lock(path, "third").unwrap();
    assert!(message(Folder::share(path, shard(1, 2), "first")).contains("(third)"));
    drop(alone);
    Folder::share(path, shard(3, 4), "fourth").unwrap();
}

#[test]
fn a_damaged_first_line_costs_nobody_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), 1, &[record(1), record(2)]);
    let whole = std::fs::read_to_string(&path).unwrap();
    let header = whole.find('\n').unwrap();
    // Any bit of it, or all of it.
    let mut damaged: Vec<String> = [0, 9, header / 2, header - 1]
        .into_iter()
        .map(|at| {
            let mut bytes = whole.clone().into_bytes();
            bytes[at] ^= 1;
            String::from_utf8(bytes).unwrap()
        })
        .collect();
    damaged.push(whole[header + 1..].to_owned());
    for text in damaged {
        std::fs::write(&path, text).unwrap();
        let kept = Kept::read(folder.path()).unwrap();
        assert_eq!((kept.records.len(), kept.damaged), (2, 0));
        assert_eq!(kept.origins, [None]);
        assert_eq!(
            kept.warnings(folder.path()),
            [format!(
                "{}: the first line, which says who wrote this journal, is damaged or lost; its 2 other \
                 records are sound and are used",
                path.display()
            )]
        );
    }
}

#[test]
fn records_that_contradict_themselves_are_not_taken() {
    let wrong: Vec<fn(&mut Record)> = vec![
        |r| r.checkpoints.reverse(),
        |r| r.checkpoints[1].0 = 0,
        |r| r.checkpoints.clear(),
        |r| r.checkpoints[0].1 = Some(-0.1),
        |r| r.wall_s = -1.0,
        |r| r.diverged = Some((1, 1)),
        |r| r.status = RecordStatus::Failed,
        |r| r.status = RecordStatus::Diverged,
        |r| r.trace.as_mut().unwrap().trial = 4,
        |r| r.trace.as_mut().unwrap().v.truncate(1),
        |r| r.trace.as_mut().unwrap().v_tar.push(0.0),
        |r| r.trace.as_mut().unwrap().t_ms[0] = 1.0,
        |r| {
            r.status = RecordStatus::Failed;
            r.trace = None;
        },
        |r| {
            r.status = RecordStatus::Diverged;
            r.diverged = Some((1, 1));
        },
    ];
    for (number, make_wrong) in wrong.into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let mut bad = record(1);
        make_wrong(&mut bad);
        let path = write(folder.path(), 1, &[bad, record(2)]);
        let kept = Kept::read(folder.path()).unwrap();
        assert_eq!(kept.records.len(), 1, "{number}");
        assert_eq!(
            kept.warnings(folder.path()),
            [format!(
                "{}: 1 records of the journals were dropped, as they cannot be the results of their runs \
                 (the first: run {} in {}); their runs are computed again",
                folder.path().display(),
                RunId([1; 16]),
                path.display()
            )]
        );
    }
}

#[test]
fn journals_and_locks_that_are_no_files_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let journal = write(folder.path(), 1, &[record(1)]).with_file_name("x.jsonl");
    std::fs::create_dir(&journal).unwrap();
    let error = Kept::read(folder.path()).unwrap_err().to_string();
    assert_eq!(
        error,
        format!("cannot read {}: is a directory", journal.display())
    );
    let lock = folder.path().join("lock");
    std::fs::create_dir(&lock).unwrap();
    let error = Folder::lock(folder.path(), "me").unwrap_err().to_string();
    let refused = format!(
        "cannot lock {}: not a regular file; remove it",
        lock.display()
    );
    assert_eq!(error, refused);
    std::fs::remove_dir(&lock).unwrap();
    #[cfg(unix)]
    {
        // A lock is signed: a link would let it write elsewhere.
        let mine = folder.path().join("mine");
        std::fs::write(&mine, "dear diary").unwrap();
        std::os::unix::fs::symlink(&mine, &lock).unwrap();
        let error = Folder::lock(folder.path(), "me").unwrap_err().to_string();
        assert_eq!(error, refused);
        assert_eq!(std::fs::read(&mine).unwrap(), b"dear diary");
        std::fs::remove_file(&lock).unwrap();
        std::fs::remove_dir(&journal).unwrap();
        // Opening a FIFO would wait for ever.
        let fifo = |path: &Path| {
            let made = std::process::Command::new("mkfifo").arg(path).status();
            made.is_ok_and(|status| status.success())
        };
        if fifo(&journal) && fifo(&lock) && fifo(&folder.path().join("lock-1-of-2")) {
            let error = Kept::read(folder.path()).unwrap_err().to_string();
            assert!(error.ends_with("not a regular file"), "{error}");
            let error = Folder::lock(folder.path(), "me").unwrap_err().to_string();
            assert_eq!(error, refused);
            assert_eq!(Folder::holders(folder.path()).unwrap(), []);
        }
    }
}

#[test]
fn who_asks_for_holders_is_in_nobodys_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let ends = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !ends.load(std::sync::atomic::Ordering::Relaxed) {
                    Folder::holders(path).unwrap();
                }
            });
        }
        let shard = Shard { number: 1, of: 2 };
        // Signed, as by one that was killed: only such files are tried.
        for _ in 0..60 {
            std::fs::write(path.join("lock"), "killed").unwrap();
            std::fs::write(path.join("lock-1-of-2"), "killed").unwrap();
            let one = Folder::share(path, shard, "one").map(drop);
            std::fs::write(path.join("lock"), "killed").unwrap();
            let all = Folder::lock(path, "all").map(drop);
            if one.is_err() || all.is_err() {
                ends.store(true, std::sync::atomic::Ordering::Relaxed);
            }
            one.unwrap();
            all.unwrap();
        }
        ends.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn many_writers_with_one_process_number_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    // Threads are one process, as all pods of Kubernetes are process 1; they start in one second.
    std::thread::scope(|scope| {
        for number in 1..=40 {
            scope.spawn(move || {
                let shard = Shard { number, of: 40 };
                let folder = Folder::share(path, shard, "process 1 on pod").unwrap();
                for _ in 0..3 {
                    folder
                        .write("study.toml", |out| out.write_all(&[b'x'; 3000]))
                        .unwrap();
                }
                write_as_one(path, &[record(number as u8)]);
            });
        }
    });
    assert_eq!(
        std::fs::read(path.join("study.toml")).unwrap(),
        [b'x'; 3000]
    );
    let kept = Kept::read(path).unwrap();
    assert_eq!((kept.records.len(), kept.origins.len()), (40, 40));
    let left = |name: &str| name.contains("synapse-tmp") || name.ends_with(".held");
    let entries = std::fs::read_dir(path).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| left(name)).count(), 0);
}

/// A journal, and a file of states, of a process that is not told from any other.
fn write_as_one(folder: &Path, records: &[Record]) {
    let origin = Origin::this(1, None, "2026-01-01T00:00:00Z".to_owned());
    let mut journal = Journal::new(folder, origin);
    let mut states = States::new(folder, &journal.name());
    let learned = synapse_core::outcome::Learned {
        trial: 1,
        weights: vec![1.0],
        rule: Vec::new(),
    };
    states.append(records[0].id, &learned).unwrap();
    journal.append(records).unwrap();
    journal.sync().unwrap();
}
