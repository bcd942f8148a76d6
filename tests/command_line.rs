//! `runner` under attack from its command line, its terminal and the files that it finds: nothing runs as
//! a command, nothing hangs, nothing panics in silence, and what cannot be printed is an error.
#![cfg(target_os = "linux")]

mod faulty;
mod place;

use faulty::faulty;

use place::Place;
use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// One rule, two values, 2 networks × 3 targets: 12 short runs.
const SPEC: &str = r#"
# A note of the user's.
schema = 1
name = "tiny"
question = "Does the program work?"
seed = 7
network = { units = 40 }
target = { kind = "periodic_gp", length_ms = 60 }
training = { trials = 6, washout_ms = 20, checkpoints_every = 3 }
replicates = { networks = 2, targets = 3 }
[[condition]]
rule = { kind = "classical" }
sweep = { "rule.eta0" = { values = [1e-4, 1e-3] } }
"#;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs the program; by force not for ever.
fn run(place: &Place, arguments: &[&OsStr]) -> Output {
    let mut command = Command::new("timeout");
    command.arg("120").arg(env!("CARGO_BIN_EXE_runner"));
    command.args(arguments).current_dir(place.0.path());
    command.env_remove("SYNAPSE_FAULT").env_remove("RUST_LOG");
    command.output().unwrap()
}

fn words<'a>(arguments: &[&'a str]) -> Vec<&'a OsStr> {
    arguments.iter().map(|word| OsStr::new(*word)).collect()
}

fn succeeded(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn refused(output: &Output, message: &str) {
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains(message), "{message}\n{stderr}");
}

fn computed() -> Place {
    let place = Place::new(SPEC);
    let output = run(
        &place,
        &words(&["study.toml", "--out", "out", "--no-report", "-q"]),
    );
    succeeded(&output);
    place
}

fn fifo(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

#[test]
fn what_cannot_be_printed_is_an_error_but_a_closed_pipe_is_none() {
    let place = computed();
    let Ok(full) = File::options().write(true).open("/dev/full") else {
        eprintln!("skipped: no /dev/full here");
        return;
    };
    let arguments: [&[&str]; 11] = [
        &["schema"],
        &["plan", "study.toml"],
        &["status", "out"],
        &["submit", "study.toml", "--out", "new", "--engine", "print"],
        &[
            "submit",
            "study.toml",
            "--out",
            "new",
            "--engine",
            "print",
            "--dry-run",
        ],
        &["study.toml", "--out", "out", "--no-report"],
        &["merge", "out"],
        &["verify", "out", "--sample", "1"],
        &["export", "out", "--parquet"],
        &["--help"],
        &["plan", "--help"],
    ];
    for arguments in arguments {
        let output = place
            .runner(arguments)
            .stdout(full.try_clone().unwrap())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let stderr = text(&output.stderr);
        assert!(
            stderr.ends_with(
                "cannot write to standard output: No space left on device (os error 28)\n"
            ),
            "{arguments:?}: {stderr}"
        );
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = place.runner(arguments).stdout(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(text(&output.stderr), "", "{arguments:?}");
    }
    // Standard error on a full disk: nobody can be told, but the exit code is right.
    for (arguments, code) in [
        (&["plan", "missing.toml"][..], 2),
        (&["study.toml", "--out", "out", "-v"], 0),
        (&["plan", "--nonsense"], 2),
    ] {
        let mut command = place.runner(arguments);
        let status = command
            .stdout(Stdio::null())
            .stderr(full.try_clone().unwrap());
        assert_eq!(status.status().unwrap().code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn a_line_break_in_an_option_is_no_command_of_the_script() {
    let place = Place::new(SPEC);
    let submit = |more: &[&str]| {
        let start = ["submit", "study.toml", "--dry-run"];
        run(&place, &words(&[&start[..], more].concat()))
    };
    for (option, value) in [
        ("--partition", "short\ntouch pwned"),
        ("--partition", "a\rb"),
        ("--sbatch", "--account=lab\ntouch pwned"),
    ] {
        let output = submit(&[option, value]);
        refused(&output, "control characters");
        assert_eq!(text(&output.stdout), "");
    }
    refused(
        &submit(&["--time", "30\ntouch pwned"]),
        "Slurm's forms are MINUTES, ",
    );
    refused(
        &submit(&["--out", "a\ntouch pwned"]),
        "a job script cannot hold this path: it must be UTF-8 without control characters",
    );
    // A value of --set is in the study, not in the script; a quote stays one word.
    let shown = succeeded(&submit(&[
        "--partition",
        "it's $(touch pwned)",
        "--set",
        "question=\"a\\ntouch pwned\"",
    ]));
    assert!(
        shown.contains("\n#SBATCH --partition=\"it's $(touch pwned)\"\n"),
        "{shown}"
    );
    assert!(
        !shown.lines().any(|line| line.trim() == "touch pwned"),
        "{shown}"
    );
    assert!(!place.path("pwned").exists());
}

#[test]
fn escape_sequences_of_arguments_and_files_are_shown_as_text() {
    let place = Place::new(&SPEC.replace("Does the program work?", "Is it \\u001b[2J clean?"));
    for arguments in [
        &["plan", "study.toml"][..],
        &["plan", "no\u{1b}[2J.toml"],
        &["plan", "study.toml", "--no\u{1b}[2J"],
        &["plan", "study.toml", "--set", "network.gain=\"\u{1b}[2J\""],
        &["study.toml", "--out", "o\u{1b}[2J", "--no-report"],
    ] {
        let output = run(&place, &words(arguments));
        let all = [output.stdout, output.stderr].concat();
        assert!(!all.contains(&0x1b), "{arguments:?}: {}", text(&all));
        // clap leaves such sequences of an argument out; all else shows them.
        let shown = text(&all);
        assert!(
            shown.contains("1b}[2J") || shown.contains("unexpected argument '--no' found"),
            "{arguments:?}: {shown}"
        );
    }
    // The owner of a lock is a text in a file.
    let lock = File::create(place.path("o\u{1b}[2J/lock-1-of-3")).unwrap();
    lock.lock().unwrap();
    std::fs::write(place.path("o\u{1b}[2J/lock-1-of-3"), "process\u{1b}[2J").unwrap();
    let shown = succeeded(&run(&place, &words(&["status", "o\u{1b}[2J"])));
    assert!(
        shown.contains("process\\u{1b}[2J is computing it"),
        "{shown}"
    );
}

#[test]
fn paths_need_not_be_text() {
    let place = Place::new(SPEC);
    let folder = OsStr::from_bytes(b"r\xff s");
    let spec = OsStr::from_bytes(b"\xfe.toml");
    std::fs::rename(place.path("study.toml"), place.0.path().join(spec)).unwrap();
    let out = OsStr::new("--out");
    for arguments in [
        &[OsStr::new("plan"), spec, out, folder][..],
        &[spec, out, folder, OsStr::new("--shard"), OsStr::new("1/1")],
        &[spec, out, folder, OsStr::new("--no-report")],
        &[OsStr::new("status"), folder],
        &[OsStr::new("merge"), folder, OsStr::new("--no-report")],
        &[
            OsStr::new("verify"),
            folder,
            OsStr::new("--sample"),
            OsStr::new("1"),
        ],
    ] {
        let shown = succeeded(&run(&place, arguments));
        assert!(
            shown.contains("r\u{fffd} s") || shown.starts_with("tiny: "),
            "{shown}"
        );
        if arguments.contains(&OsStr::new("--shard")) {
            // The command that is shown names the folder as a shell reads it.
            assert!(shown.ends_with("runner merge $'r\\xff s'\n"), "{shown}");
        }
    }
    let manifest = std::fs::read(place.0.path().join(folder).join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["written_by"]["command"][3], "r\u{fffd} s");
    refused(
        &run(
            &place,
            &[
                OsStr::new("submit"),
                spec,
                out,
                folder,
                OsStr::new("--engine"),
                OsStr::new("print"),
            ],
        ),
        "r\\xFF s\": a job script cannot hold this path",
    );
    refused(
        &run(&place, &[spec, OsStr::new("--set"), folder]),
        "invalid UTF-8",
    );
}

#[test]
fn a_signal_whose_path_toml_cannot_hold_is_refused_before_anything_is_computed() {
    let place = Place::new("");
    let folder = place.0.path().join(OsStr::from_bytes(b"d\xff"));
    std::fs::create_dir(&folder).unwrap();
    let target = "{ kind = \"file\", path = \"signal.csv\", column = \"v\", sample_ms = 1.0 }";
    let spec = SPEC
        .replace("{ kind = \"periodic_gp\", length_ms = 60 }", target)
        .replace("targets = 3", "targets = 1");
    std::fs::write(folder.join("study.toml"), spec).unwrap();
    let samples: Vec<String> = (0..40).map(|i| format!("{}", (i * i) % 7)).collect();
    std::fs::write(
        folder.join("signal.csv"),
        format!("v\n{}\n", samples.join("\n")),
    )
    .unwrap();
    let spec = folder.join("study.toml");
    let output = run(
        &place,
        &[spec.as_os_str(), OsStr::new("--out"), OsStr::new("out")],
    );
    refused(
        &output,
        "cannot write out/study.toml: it names the signal ../d\u{fffd}/signal.csv, and TOML holds UTF-8 only; rename \
         the folders of that path\n",
    );
    assert!(!place.path("out/study.toml").exists());
    assert!(!place.path("out/journal").exists());
    // Within that folder the path is text.
    let out = folder.join("out");
    let output = run(
        &place,
        &[
            spec.as_os_str(),
            OsStr::new("--out"),
            out.as_os_str(),
            OsStr::new("--no-report"),
        ],
    );
    succeeded(&output);
    let study = std::fs::read_to_string(out.join("study.toml")).unwrap();
    assert!(study.contains("path = \"../signal.csv\""), "{study}");
}

#[test]
fn numbers_of_a_list_of_jobs_are_not_believed() {
    let place = computed();
    std::fs::create_dir(place.path("out/slurm")).unwrap();
    let list = |shards: &str, of: &str| {
        let line = format!(
            "{{\"job\":1,\"name\":\"tiny\",\"submitted\":\"\",\"kind\":\"shards\",\"shards\":\"{shards}\",\"of\":{of},\
             \"offset\":0}}\n"
        );
        std::fs::write(place.path("out/slurm/jobs.jsonl"), line).unwrap();
    };
    let both = |message: &str| {
        let status = run(&place, &words(&["status", "out"]));
        assert!(
            succeeded(&status).contains(message),
            "{}",
            text(&status.stdout)
        );
        // More targets: there is something to submit.
        let more = ["--set", "replicates.targets=4", "--dry-run"];
        let submit = ["submit", "study.toml", "--out", "out"];
        refused(
            &run(&place, &words(&[&submit[..], &more].concat())),
            message,
        );
    };
    list("1-4000000000", "8");
    both(
        "out/slurm/jobs.jsonl:1: not a line that runner wrote: \"shards\": \"1-4000000000\": must be ascending numbers \
         from 1 to 8, as in \"1-3,7\"; correct or remove the line",
    );
    list("1", "1000000000000000000");
    both(
        "jobs.jsonl:1: not a line that runner wrote: \"of\": 1000000000000000000: must be from 1 to 100000, the most \
         shards of a study; correct or remove the line",
    );
    list("1", "1e18");
    both("jobs.jsonl:1: not a line that runner wrote: ");
}

#[test]
fn a_citation_of_nested_aliases_is_refused() {
    let place = computed();
    let mut bomb = "a0: &a0 lol\n".to_owned();
    for line in 1..10 {
        let before = vec![format!("*a{}", line - 1); 10].join(", ");
        bomb += &format!("a{line}: &a{line} [{before}]\n");
    }
    std::fs::write(place.path("out/CITATION.cff"), bomb).unwrap();
    let output = run(&place, &words(&["export", "out", "--ro-crate"]));
    refused(
        &output,
        "out/CITATION.cff: line 6: with all aliases written out, the file has more than 100000 values",
    );
    assert!(!place.path("out/ro-crate-metadata.json").exists());
}

#[test]
fn pipes_in_the_place_of_files_do_not_hang() {
    let place = computed();
    let with_fifo = |name: &str, arguments: &[&str], message: &str| {
        let path = place.path(name);
        let aside = path.exists().then(|| {
            std::fs::rename(&path, place.path("aside")).unwrap();
        });
        fifo(&path);
        let output = run(&place, &words(arguments));
        refused(&output, message);
        std::fs::remove_file(&path).unwrap();
        if aside.is_some() {
            std::fs::rename(place.path("aside"), &path).unwrap();
        }
    };
    let pipe = "a pipe, not a regular file";
    let no_spec = "not a regular file; write the study to a file, which is read more than once";
    for verb in ["run", "plan", "submit"] {
        with_fifo("pipe.toml", &[verb, "pipe.toml"], no_spec);
    }
    for verb in ["status", "merge", "verify"] {
        with_fifo("out/study.toml", &[verb, "out"], no_spec);
    }
    with_fifo("out/study.toml", &["study.toml", "--out", "out"], pipe);
    for (name, form) in [
        ("out/runs.csv", "--parquet"),
        ("out/curves.csv", "--parquet"),
        ("out/manifest.json", "--ro-crate"),
        ("out/CITATION.cff", "--ro-crate"),
        ("out/study.toml", "--ro-crate"),
    ] {
        with_fifo(name, &["export", "out", form], pipe);
    }
    std::fs::create_dir(place.path("out/slurm")).unwrap();
    let more = ["--set", "replicates.targets=4", "--dry-run"];
    let submit = ["submit", "study.toml", "--out", "out"];
    with_fifo(
        "out/slurm/jobs.jsonl",
        &[&submit[..], &more].concat(),
        &format!("jobs.jsonl: {pipe}"),
    );
}

#[test]
fn threads_are_no_more_than_there_are_runs() {
    let place = Place::new(SPEC);
    let shown = succeeded(&run(&place, &words(&["plan", "study.toml", "-j", "65535"])));
    assert!(shown.contains(" on 12 threads, "), "{shown}");
    succeeded(&run(
        &place,
        &words(&[
            "study.toml",
            "-j",
            "65535",
            "--out",
            "out",
            "--no-report",
            "-q",
        ]),
    ));
    succeeded(&run(&place, &words(&["verify", "out", "-j", "65535"])));
}

#[test]
fn a_spec_that_lies_in_the_result_folder_keeps_its_comments() {
    let place = Place::new("");
    std::fs::create_dir(place.path("out")).unwrap();
    std::fs::write(place.path("out/study.toml"), SPEC).unwrap();
    let own = ["out/study.toml", "--out", "out"];
    let unchanged = |output: &Output| {
        succeeded(output);
        let study = std::fs::read_to_string(place.path("out/study.toml")).unwrap();
        assert_eq!(study, SPEC);
    };
    unchanged(&run(
        &place,
        &words(&[&own[..], &["--shard", "1/2"]].concat()),
    ));
    let submit = [&["submit"], &own[..], &["--engine", "print"]].concat();
    unchanged(&run(&place, &words(&submit)));
    unchanged(&run(&place, &words(&own)));
    unchanged(&run(&place, &words(&["merge", "out"])));
    unchanged(&run(&place, &words(&["verify", "out", "--sample", "2"])));
    // The manifest says which text that is.
    let manifest = std::fs::read(place.path("out/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let sum = <sha2::Sha256 as sha2::Digest>::digest(SPEC);
    let sum: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(manifest["study"]["sha256"], sum.as_str());

    let longer = [&own[..], &["--set", "replicates.targets=4"]].concat();
    refused(
        &run(&place, &words(&longer)),
        "cannot write out/study.toml: it is the spec of this command, and the values of --set would replace it without \
         its comments; move it to another folder, or edit it instead of giving --set\n",
    );
    let study = std::fs::read_to_string(place.path("out/study.toml")).unwrap();
    assert_eq!(study, SPEC);
}

#[test]
fn a_run_that_panics_is_a_row_and_prints_its_message_once() {
    let place = computed();
    let journal = std::fs::read_dir(place.path("out/journal")).unwrap();
    let journal = journal.map(|entry| entry.unwrap().path()).next().unwrap();
    let journal = std::fs::read_to_string(journal).unwrap();
    let id = journal.split("\"id\":\"").nth(1).unwrap();
    let id = id.split('"').next().unwrap();
    let words = ["study.toml", "--out", "new", "--no-report", "-q"];
    let output = faulty(&place, &words, &format!("panic={id}"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = text(&output.stderr);
    assert!(
        stderr.starts_with(&format!(
            "run {id} failed: internal error: a fault on demand\n"
        )),
        "{stderr}"
    );
    assert!(!stderr.contains("This is a bug"), "{stderr}");
}
