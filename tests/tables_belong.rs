//! Tables belong to their study: whatever was changed and however that ended, nobody takes tables for
//! those of another study, or of a whole one where half is there.

mod place;

use place::Place;
use std::path::Path;
use std::process::Command;
use synapse_report::compare::{Comparison, parse_where};
use synapse_report::expectation::Metric;
use synapse_report::manifest::Accept;
use synapse_report::tuning::Tuning;
use synapse_runner::provenance::Changes;

const SPEC: &str = r#"
schema = 1
name = "study"
question = "Whose tables are these?"
seed = 5
network = { units = 40, connection_probability = 0.2 }
target = { kind = "file", path = "x.csv", column = "x", sample_ms = 1.0 }
training = { trials = 4, washout_ms = 20, checkpoints_every = 2 }
replicates = { networks = 4, targets = 1, traces = 1 }

[[condition]]
rule = { kind = "classical" }
sweep = { "rule.eta0" = { values = [1e-4, 1e-3] } }

[[expect]]
metric = "test_mse"
statistic = "median"
max = 1e9
"#;

const REFERENCE: &str = "rule,eta0,network,target,trial,test_mse\n\
                         classical,1e-4,0,0,4,0.5\nclassical,1e-4,1,0,4,0.25\n\
                         classical,1e-3,0,0,4,0.5\nclassical,1e-3,1,0,4,0.25\n";

/// 64 samples of a wave.
fn signal(amplitude: i32) -> String {
    let samples = (0..64).map(|i| format!("{}\n", amplitude * ((i * 7) % 16 - 8)));
    "x\n".to_owned() + &samples.collect::<String>()
}

fn place() -> Place {
    let place = Place::new(SPEC);
    std::fs::write(place.path("x.csv"), signal(1)).unwrap();
    std::fs::write(place.path("published.csv"), REFERENCE).unwrap();
    place
}

/// Exit code, standard output and standard error.
fn ended(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code().unwrap_or(-1),
        text(&output.stdout),
        text(&output.stderr),
    )
}

fn runner(place: &Place, arguments: &[&str]) -> (i32, String, String) {
    ended(&mut place.runner(arguments))
}

/// What becomes of a second run.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Finished,
    /// The system kills it while it writes its journal.
    Killed,
    /// No more can be written while it writes its journal.
    FullDisk,
    OneShard,
}

/// Runs the program with more arguments, to that end.
fn run_to(place: &Place, end: End, more: &[&str]) {
    let mut arguments = vec![
        "run",
        "study.toml",
        "--out",
        "out",
        "-j",
        "1",
        "-q",
        "--no-report",
    ];
    arguments.extend(more);
    if end == End::OneShard {
        arguments.extend(["--shard", "1/2"]);
    }
    let mut command = place.runner(&arguments);
    if matches!(end, End::Killed | End::FullDisk) {
        // Files of at most 3 kB: enough for study.toml, not for the journal.
        let trap = if end == End::FullDisk {
            "trap '' XFSZ;"
        } else {
            ""
        };
        let script = format!("{trap} ulimit -f 6 && exec \"$0\" \"$@\"");
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(script).arg(command.get_program());
        shell.args(command.get_args()).current_dir(place.path(""));
        command = shell;
    }
    let (code, _, stderr) = ended(&mut command);
    match end {
        End::Finished | End::OneShard => assert_eq!(code, 0, "{end:?} {more:?}: {stderr}"),
        End::Killed => assert_eq!(code, -1, "{more:?}: {stderr}"),
        End::FullDisk => {
            assert_eq!(code, 2, "{more:?}: {stderr}");
            assert!(stderr.contains("File too large"), "{stderr}");
        }
    }
}

/// What every reader of tables says of a folder: nothing if it accepts them.
fn readers(place: &Place) -> Vec<(&'static str, Option<String>)> {
    let out = place.path("out");
    let said =
        |result: Result<(), synapse_report::ReportError>| result.err().map(|e| e.to_string());
    let selection = parse_where(&[]).unwrap();
    let reference = place.path("published.csv");
    let compare = Comparison::read(&out, &reference, &selection, Accept::Whole).map(drop);
    let tune = Tuning::read(&out, "rule.eta0", Metric::TestMse, Accept::Whole).map(drop);
    let program = |arguments: &[&str]| {
        let (code, _, stderr) = runner(place, arguments);
        (code != 0).then(|| {
            assert_eq!(code, 2, "{arguments:?}: {stderr}");
            stderr
        })
    };
    let copy = tempfile::tempdir().unwrap();
    let to = copy.path().join("crate");
    let to = to.to_str().unwrap();
    vec![
        ("check", said(synapse_report::check(&out).map(drop))),
        ("tune", said(tune)),
        ("compare", said(compare)),
        (
            "report",
            said(synapse_report::Results::read(&out, Accept::Whole).map(drop)),
        ),
        (
            "export",
            program(&["export", "out", "--parquet", "--ro-crate", "--to", to]),
        ),
        ("verify", program(&["verify", "out", "--sample", "2"])),
    ]
}

/// What the readers say: the same kind of answer from all.
fn all_refuse(place: &Place, context: &str, words: &str) {
    for (reader, said) in readers(place) {
        let said = said.unwrap_or_else(|| panic!("{context}: {reader} accepts"));
        assert!(said.contains(words), "{context}: {reader}: {said}");
    }
}

fn all_accept(place: &Place, context: &str) {
    for (reader, said) in readers(place) {
        assert_eq!(said, None, "{context}: {reader}");
    }
}

/// What was changed, and how many runs the study has then.
const CHANGES: [(&str, usize); 5] = [
    ("gain", 8),
    ("an axis value", 8),
    ("replicates", 16),
    ("data file", 8),
    ("seed", 8),
];

/// Makes a change; the arguments that go with it.
fn change(place: &Place, what: &str) -> Vec<&'static str> {
    match what {
        "gain" => vec!["--replace", "--set", "network.gain=0.1"],
        "an axis value" => {
            let spec = SPEC.replace("[1e-4, 1e-3]", "[1e-4, 2e-3]");
            std::fs::write(place.path("study.toml"), spec).unwrap();
            vec!["--replace"]
        }
        "replicates" => vec!["--set", "replicates.networks=8"],
        "data file" => {
            std::fs::write(place.path("x.csv"), signal(2)).unwrap();
            vec!["--replace"]
        }
        _ => vec!["--replace", "--set", "seed=6"],
    }
}

#[test]
fn no_reader_accepts_tables_of_another_or_a_partial_study() {
    for (what, runs) in CHANGES {
        for end in [End::Finished, End::Killed, End::FullDisk, End::OneShard] {
            let context = format!("{what}, {end:?}");
            let place = place();
            run_to(&place, End::Finished, &[]);
            all_accept(&place, &context);
            let arguments = change(&place, what);
            run_to(&place, end, &arguments);
            if end == End::Finished {
                all_accept(&place, &context);
                continue;
            }
            let other = "the tables are of another study than study.toml: it was changed after they were written. ";
            all_refuse(&place, &context, other);
            if end == End::OneShard {
                let counts = format!("They hold 8 runs, it has {runs}. Run `runner ");
                all_refuse(&place, &context, &counts);
            }
            // Half a study is one too, and says so.
            if end == End::OneShard {
                let (code, _, stderr) = runner(&place, &["merge", "out", "--partial"]);
                assert_eq!(code, 0, "{stderr}");
                all_refuse(
                    &place,
                    &context,
                    &format!("of {runs} runs are missing from the tables. Run `runner "),
                );
                let half =
                    synapse_report::Results::read(&place.path("out"), Accept::Partial).unwrap();
                assert!(half.extent.is_partial());
            }
            // The command that the message names makes it whole.
            let (code, _, stderr) = runner(&place, &["out/study.toml", "--out", "out", "-q"]);
            assert_eq!(code, 0, "{context}: {stderr}");
            all_accept(&place, &context);
            assert_eq!(rows(&place.path("out/runs.csv")), runs, "{context}");
        }
    }
}

fn rows(path: &Path) -> usize {
    std::fs::read_to_string(path).unwrap().lines().count() - 1
}

#[test]
fn a_folder_of_another_study_is_not_written_to() {
    // Published: no journal.
    let place = place();
    run_to(&place, End::Finished, &[]);
    std::fs::remove_dir_all(place.path("out/journal")).unwrap();
    let before = std::fs::read(place.path("out/study.toml")).unwrap();
    let refused = |more: &[&str], words: &str| {
        let mut arguments = vec!["run", "study.toml", "--out", "out", "-q"];
        arguments.extend(more);
        let (code, _, stderr) = runner(&place, &arguments);
        assert_eq!(code, 2, "{more:?}: {stderr}");
        assert!(stderr.contains(words), "{more:?}: {stderr}");
        assert_eq!(std::fs::read(place.path("out/study.toml")).unwrap(), before);
        assert!(
            stderr.contains("Give --out another folder, or --replace"),
            "{stderr}"
        );
    };
    let other = "out: it belongs to the study \"study\" with 8 runs, none of which is a run of this study \
                 (network.gain is 1.5 there and 0.1 here).";
    refused(&["--set", "network.gain=0.1"], other);
    refused(&["--set", "network.gain=0.1", "--shard", "2/2"], other);
    refused(
        &["--set", "replicates.networks=3"],
        "out: 2 runs of its tables are not runs of this study, and no journal holds them.",
    );
    std::fs::remove_file(place.path("out/runs.csv")).unwrap();
    refused(
        &["--set", "replicates.networks=3"],
        "out: 2 runs of its tables are not runs of this study",
    );
    // More of the same study: all that is there stays.
    let (code, _, stderr) = runner(
        &place,
        &[
            "study.toml",
            "--out",
            "out",
            "-q",
            "--set",
            "replicates.networks=5",
        ],
    );
    assert_eq!(code, 0, "{stderr}");
    // Less of it: the journal holds the others.
    let (code, _, stderr) = runner(&place, &["study.toml", "--out", "out", "-q"]);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(rows(&place.path("out/runs.csv")), 8);
}

/// Of two studies that begin as shards of one folder at the same moment one gets it, whoever is first.
#[test]
fn two_studies_do_not_share_a_folder() {
    let place = place();
    let start = |seed: &str, shard: &str| {
        let out = ["study.toml", "--out", "out", "-q", "-j", "1"];
        let words = [&out[..], &["--set", seed, "--shard", shard]].concat();
        let mut command = place.runner(&words);
        command
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    };
    for _ in 0..8 {
        let _ = std::fs::remove_dir_all(place.path("out"));
        let both = [start("seed=6", "1/2"), start("seed=7", "2/2")];
        let ended: Vec<(Option<i32>, String)> = both
            .into_iter()
            .map(|child| child.wait_with_output().unwrap())
            .map(|end| (end.status.code(), String::from_utf8(end.stderr).unwrap()))
            .collect();
        let codes: Vec<Option<i32>> = ended.iter().map(|(code, _)| *code).collect();
        assert!(
            codes == [Some(0), Some(2)] || codes == [Some(2), Some(0)],
            "{ended:?}"
        );
        let winner = if codes[0] == Some(0) {
            "seed = 6"
        } else {
            "seed = 7"
        };
        let study = std::fs::read_to_string(place.path("out/study.toml")).unwrap();
        assert!(study.contains(winner), "{ended:?}\n{study}");
        let refused = &ended[usize::from(codes[0] == Some(0))].1;
        assert!(
            refused.contains("none of which is a run of this study"),
            "{refused}"
        );
    }
}

#[test]
fn what_was_made_of_other_tables_goes_with_them() {
    let place = place();
    let (code, _, stderr) = runner(&place, &["study.toml", "--out", "out", "-q"]);
    assert_eq!(code, 0, "{stderr}");
    std::fs::write(place.path("out/figures/mine.svg"), "a user's").unwrap();
    let selection = parse_where(&[]).unwrap();
    let reference = place.path("published.csv");
    Comparison::read(&place.path("out"), &reference, &selection, Accept::Whole)
        .unwrap()
        .write(&place.path("out"))
        .unwrap();
    let made = [
        "summary.csv",
        "comparison.csv",
        "scores.csv",
        "figures/sensitivity_rule_eta0.svg",
    ];
    for file in made {
        assert!(place.path("out").join(file).exists(), "{file}");
    }
    // The same again: all stays.
    run_to(&place, End::Finished, &[]);
    assert!(place.path("out/comparison.csv").exists());
    run_to(
        &place,
        End::Finished,
        &["--replace", "--set", "network.gain=0.1"],
    );
    for file in made {
        assert!(!place.path("out").join(file).exists(), "{file}");
    }
    assert!(place.path("out/figures/mine.svg").exists());
}

/// A data file that was moved is the same file: what it holds is what counts.
#[test]
fn a_signal_may_move() {
    let place = place();
    run_to(&place, End::Finished, &[]);
    std::fs::create_dir(place.path("data")).unwrap();
    std::fs::rename(place.path("x.csv"), place.path("data/x.csv")).unwrap();
    let moved = ["--set", "target.path=data/x.csv"];
    run_to(&place, End::Finished, &moved);
    all_accept(&place, "moved");
    let study = std::fs::read_to_string(place.path("out/study.toml")).unwrap();
    assert!(study.contains("data/x.csv"), "{study}");
}

#[test]
fn plan_says_what_run_will_refuse_and_status_what_the_tables_are() {
    let place = place();
    let status = |words: &str| {
        let (code, stdout, _) = runner(&place, &["status", "out"]);
        assert!(code == 0 && stdout.contains(words), "{stdout}");
    };
    run_to(&place, End::OneShard, &[]);
    status("no tables yet; write them with: runner merge out\n");
    let (code, _, stderr) = runner(&place, &["verify", "out", "--sample", "1"]);
    assert_eq!(code, 0, "{stderr}");
    let error = synapse_report::check(&place.path("out"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("/out: no tables yet. Run `runner "),
        "{error}"
    );
    runner(&place, &["merge", "out", "--partial", "-q"]);
    status("tables are partial (4 of 8 runs); write them again with: runner merge out --partial\n");
    run_to(&place, End::Finished, &[]);
    status("tables are written\n");
    let (code, stdout, _) = runner(
        &place,
        &["plan", "study.toml", "--out", "out", "--set", "seed=6"],
    );
    assert_eq!(code, 0);
    assert!(
        stdout.contains(
            "  `run` will refuse to write there without --replace: it belongs to the study \"study\" with 8 runs, none \
             of which is a run of this study (seed is 5 there and 6 here)\n"
        ),
        "{stdout}"
    );
    run_to(&place, End::OneShard, &["--set", "replicates.networks=8"]);
    status("tables are of an earlier version of this study, or of another; ");
    // Nothing computed, nothing to write.
    let empty = Place::new(&std::fs::read_to_string(place.path("study.toml")).unwrap());
    std::fs::write(empty.path("x.csv"), signal(1)).unwrap();
    let (code, _, stderr) = runner(&empty, &["merge", ".", "--partial"]);
    assert_eq!(code, 1);
    assert!(
        stderr.contains("no run of the study has been computed; no tables were written"),
        "{stderr}"
    );
}

#[test]
fn an_interrupted_study_keeps_its_folder() {
    let place = place();
    run_to(&place, End::Killed, &[]);
    let (code, _, stderr) = runner(
        &place,
        &["study.toml", "--out", "out", "-q", "--set", "seed=6"],
    );
    assert_eq!(code, 2);
    assert!(
        stderr.contains("out: it belongs to the study \"study\" with 8 runs"),
        "{stderr}"
    );
    // A larger one that was given up does not hold on to runs that nobody computed.
    let (code, _, stderr) = runner(&place, &["study.toml", "--out", "out", "-q"]);
    assert_eq!(code, 0, "{stderr}");
    run_to(&place, End::Killed, &["--set", "replicates.networks=50"]);
    let (code, _, stderr) = runner(&place, &["study.toml", "--out", "out", "-q"]);
    assert_eq!(code, 0, "{stderr}");
    all_accept(&place, "back to the smaller study");
}

#[test]
fn verify_sees_the_tables_and_needs_no_journal() {
    let place = place();
    run_to(&place, End::Finished, &[]);
    let (code, stdout, _) = runner(&place, &["verify", "out", "--sample", "8"]);
    assert_eq!(code, 0);
    assert_eq!(
        stdout,
        "out: 8 of 8 runs were computed again: the same bits\n\
         out: the tables agree with the journal\n"
    );
    for table in ["runs.csv", "curves.csv", "traces.csv"] {
        let path = place.path("out").join(table);
        let text = std::fs::read_to_string(&path).unwrap();
        let line = text.lines().nth(2).unwrap();
        let cells: Vec<&str> = line.split(',').collect();
        let at = match table {
            "curves.csv" => 7,
            _ => 8,
        };
        let mut changed = cells.clone();
        changed[at] = "1e-9";
        std::fs::write(&path, text.replacen(line, &changed.join(","), 1)).unwrap();
        let (code, _, stderr) = runner(&place, &["verify", "out", "--sample", "2"]);
        assert_eq!(code, 1, "{stderr}");
        let start = format!("out/{table}:3: ");
        let wanted = format!(" is \"1e-9\", but it must be \"{}\"\n", cells[at]);
        assert!(
            stderr.starts_with(&start) && stderr.contains(&wanted),
            "{stderr}"
        );
        assert!(
            stderr.contains(
                "the tables were changed after they were written; run `runner merge out`"
            ),
            "{stderr}"
        );
        std::fs::write(&path, text).unwrap();
    }
    // A deposit has no journal.
    // It lies at another depth than the folder: the path of its signal is another one.
    let to = "deposits/2026/crate";
    let (code, _, stderr) = runner(&place, &["export", "out", "--ro-crate", "--to", to]);
    assert_eq!(code, 0, "{stderr}");
    let (code, stdout, stderr) = runner(&place, &["verify", to, "--sample", "8"]);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(
        stdout,
        format!(
            "{to}: 8 of 8 runs were computed again: the same bits\n\
             {to}: there is no journal: the tables were read\n"
        )
    );
    // With tables that agree with each other and their manifest, but not with the program.
    forge(&place.path(to));
    let (code, _, stderr) = runner(&place, &["verify", to, "--sample", "8"]);
    assert_eq!(code, 1, "{stderr}");
    assert!(
        stderr.contains("test_mse at trial 4: kept 1e-9, now "),
        "{stderr}"
    );
}

/// Published folders have no journal, and those of older versions a manifest that names no tables.
#[test]
fn nothing_published_is_lost_or_passes_for_something_else() {
    let place = place();
    run_to(&place, End::Finished, &[]);
    std::fs::remove_dir_all(place.path("out/journal")).unwrap();
    let runs = std::fs::read(place.path("out/runs.csv")).unwrap();
    for words in [&["merge", "out"][..], &["merge", "out", "--partial"]] {
        let (code, _, stderr) = runner(&place, words);
        assert_eq!(code, if words.len() == 2 { 1 } else { 2 }, "{stderr}");
        assert_eq!(std::fs::read(place.path("out/runs.csv")).unwrap(), runs);
    }
    let (_, _, stderr) = runner(&place, &["merge", "out", "--partial"]);
    assert!(
        stderr.contains("out: 8 runs of its tables are in no journal, so merging would lose them; nothing was written"),
        "{stderr}"
    );
    // The manifest as older versions wrote it.
    let old = "{\"study\": {\"name\": \"study\"}, \"counts\": {\"conditions\": 2, \"runs\": 8, \"ok\": 8}}";
    std::fs::write(place.path("out/manifest.json"), old).unwrap();
    all_accept_but_export(&place);
    run_to(
        &place,
        End::Killed,
        &["--replace", "--set", "network.gain=0.1"],
    );
    all_refuse(
        &place,
        "an old manifest",
        "the tables are of another study than study.toml",
    );
    // A label that was changed with all its digests does not fit the identities of the runs.
    let swapped = self::place();
    run_to(&swapped, End::Finished, &[]);
    std::fs::remove_dir_all(swapped.path("out/journal")).unwrap();
    for table in ["runs.csv", "curves.csv", "traces.csv"] {
        let path = swapped.path("out").join(table);
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text
            .replace(",0.0001,", ",x,")
            .replace(",0.001,", ",0.0001,");
        std::fs::write(&path, text.replace(",x,", ",0.001,")).unwrap();
    }
    sign_again(&swapped.path("out"));
    let (code, _, stderr) = runner(&swapped, &["verify", "out", "--sample", "8"]);
    assert_eq!(code, 1, "{stderr}");
    assert!(
        stderr.contains("rule.eta0 is \"0.001\", but it must be \"0.0001\""),
        "{stderr}"
    );
    assert!(
        stderr.contains("take a fresh copy of the folder"),
        "{stderr}"
    );
    // A table that is gone is not one that was never written.
    std::fs::remove_file(swapped.path("out/runs.csv")).unwrap();
    let (code, _, stderr) = runner(&swapped, &["verify", "out"]);
    assert_eq!(code, 2);
    assert!(
        stderr.contains("out: no runs.csv, which manifest.json names"),
        "{stderr}"
    );
}

/// A crate needs more of a manifest than an old one has here.
fn all_accept_but_export(place: &Place) {
    for (reader, said) in readers(place) {
        assert!(said.is_none() || reader == "export", "{reader}: {said:?}");
    }
}

/// Has the manifest name the tables as they are.
fn sign_again(folder: &Path) {
    let path = folder.join("manifest.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    for table in ["runs.csv", "curves.csv", "traces.csv"] {
        let digest = synapse_report::manifest::sum(&folder.join(table)).unwrap();
        manifest["tables"][table]["sha256"] = digest.into();
    }
    std::fs::write(path, manifest.to_string()).unwrap();
}

/// Changes a result in both tables, and the digests in the manifest.
fn forge(folder: &Path) {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let runs = read("runs.csv");
    let value = runs
        .lines()
        .nth(1)
        .unwrap()
        .split(',')
        .nth(8)
        .unwrap()
        .to_owned();
    for table in ["runs.csv", "curves.csv"] {
        let forged = read(table).replacen(&value, "1e-9", 1);
        std::fs::write(folder.join(table), &forged).unwrap();
    }
    sign_again(folder);
}

#[test]
fn the_manifest_is_about_the_runs_and_not_about_who_looked_last() {
    let place = place();
    run_to(&place, End::OneShard, &[]);
    run_to(&place, End::Finished, &[]);
    let manifest = || std::fs::read(place.path("out/manifest.json")).unwrap();
    let before = manifest();
    let parsed: serde_json::Value = serde_json::from_slice(&before).unwrap();
    let runs: Vec<u64> = parsed["processes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|process| process["runs"].as_u64().unwrap())
        .collect();
    assert_eq!(runs, [4, 4]);
    assert_eq!(parsed["written_by"]["computed"], 4);
    assert_eq!(parsed["counts"]["missing"], 0);
    run_to(&place, End::Finished, &[]);
    let (code, _, _) = runner(&place, &["merge", "out", "-q", "--no-report"]);
    assert_eq!(code, 0);
    assert_eq!(
        manifest(),
        before,
        "a process that computed nothing changed it"
    );
}

#[test]
fn a_build_of_uncommitted_changes_keeps_them_beside_its_results() {
    let place = place();
    run_to(&place, End::Finished, &[]);
    let names: Vec<String> = std::fs::read_dir(place.path("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".diff"))
        .collect();
    let text = std::fs::read_to_string(place.path("out/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    let tool = &manifest["processes"][0]["tool"];
    match Changes::of_this_program() {
        None => {
            assert_eq!(names, [""; 0]);
            assert_eq!(tool["git_diff"], "");
        }
        Some(changes) => {
            assert_eq!(tool["git_dirty"], true);
            let hash = tool["git_diff"].as_str().unwrap();
            assert_eq!(names, [format!("sources-{}.diff", &hash[..12])]);
            let kept = std::fs::read_to_string(place.path("out").join(&names[0])).unwrap();
            assert_eq!(kept, changes.diff);
            assert!(kept.contains("diff --git "), "{kept}");
        }
    }
}
