//! The `report` program as a whole: what it writes, what it says, how it exits.

mod signed;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Networks and targets of the synthetic studies.
const NETWORKS: u32 = 4;
const TARGETS: u32 = 3;
/// Runs of the synthetic studies: nine conditions.
const RUNS: usize = 9 * (NETWORKS * TARGETS) as usize;

/// A result folder as the runner leaves it: a sweep of η₀ for two rules on 4 × 3 replicates, with
/// runs that diverged, a run that failed, and traces. All values follow from a formula.
struct Synthetic {
    dir: TempDir,
}

impl Synthetic {
    fn new(expectations: &str) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let study = format!(
            "schema = 1\nname = \"synthetic\"\nquestion = \"How does η₀ matter?\"\nseed = 7\n\
             [replicates]\nnetworks = {NETWORKS}\ntargets = {TARGETS}\n\
             [[condition]]\nrule = {{ kind = \"bayesian\" }}\n\
             sweep = {{ \"rule.eta0\" = {{ log = [1e-5, 1e-3], points = 3 }}, \"network.gain\" = {{ values = [1.2, 1.5] }} }}\n\
             [[condition]]\nrule = {{ kind = \"classical\" }}\n\
             sweep = {{ \"rule.eta0\" = {{ log = [1e-5, 1e-3], points = 3 }} }}\n{expectations}"
        );
        let keys = "run_id,rule.kind,rule.eta0,rule.noise.kind,network.gain,network,target";
        let mut runs = format!(
            "{keys},status,diverged_trial,diverged_step,test_mse,tracking_mse,message,wall_s\n"
        );
        let mut curves = format!("{keys},status,trial,test_mse,tracking_mse\n");
        let mut traces = format!("{keys},trial,t_ms,v_tar,v\n");
        let mut id = 0;
        for (rule, noise) in [("bayesian", "fixed"), ("classical", "")] {
            for (e, eta) in ["1e-5", "0.0001", "0.001"].into_iter().enumerate() {
                for gain in ["1.2", "1.5"] {
                    if rule == "classical" && gain == "1.2" {
                        continue;
                    }
                    for network in 0..NETWORKS {
                        for target in 0..TARGETS {
                            id += 1;
                            let key =
                                format!("r{id},{rule},{eta},{noise},{gain},{network},{target}");
                            let failed = rule == "classical" && e == 0 && network + target == 0;
                            if failed {
                                let _ = writeln!(runs, "{key},failed,,,,,\"no, memory\",0.5");
                                continue;
                            }
                            // The classical rule at the largest η₀ diverges on all but one network.
                            let diverges = rule == "classical" && e == 2 && network > 0;
                            let status = if diverges { "diverged" } else { "ok" };
                            let scale = [1.0, 0.5, 0.4][e]
                                * if rule == "bayesian" { 0.5 } else { 1.0 }
                                * (1.0 + 0.2 * f64::from(network) + 0.1 * f64::from(target));
                            let mse = |trial: i32| scale * (0.2 + 1.0 / f64::from(1 + trial));
                            let _ = writeln!(curves, "{key},{status},0,{:?},", mse(0));
                            for trial in [10, 20] {
                                let value = if diverges {
                                    ",".to_string()
                                } else {
                                    format!("{:?},{:?}", mse(trial), mse(trial) / 2.0)
                                };
                                let _ = writeln!(curves, "{key},{status},{trial},{value}");
                            }
                            let tail = if diverges {
                                "diverged,3,17,,,,0.5".to_string()
                            } else {
                                format!("ok,,,{:?},{:?},,0.5", mse(20), mse(20) / 2.0)
                            };
                            let _ = writeln!(runs, "{key},{tail}");
                            if network == 0 && target == 0 {
                                for t in 0..50 {
                                    let v = f64::from((t * 7) % 50) / 25.0 - 1.0;
                                    let _ = writeln!(traces, "{key},20,{t},{v},{}", v * 0.9);
                                }
                            }
                        }
                    }
                }
            }
        }
        let new = Self { dir };
        new.put("study.toml", &study);
        new.put("runs.csv", &runs);
        new.put("curves.csv", &curves);
        new.put("traces.csv", &traces);
        new.sign();
        new
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes the manifest of what is there now.
    fn sign(&self) {
        signed::sign(self.path(), RUNS);
    }

    fn put(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).expect("write into the temporary folder");
    }

    fn get(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).expect("read from the temporary folder")
    }

    /// Replaces the first occurrence of a text in a file.
    fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.get(name);
        assert!(text.contains(from), "{name} has no {from:?}");
        self.put(name, &text.replacen(from, to, 1));
    }

    /// Runs the program on this folder; paths in its output are relative to the folder.
    fn report(&self, verb: Option<&str>) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_report"));
        command.args(verb).arg(self.path());
        outcome(&command.output().expect("start report"), self.path())
    }

    fn figures(&self) -> Vec<PathBuf> {
        let folder = self.path().join("figures");
        let mut files: Vec<PathBuf> = fs::read_dir(folder)
            .expect("a folder of figures")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        files.sort();
        files
    }
}

fn outcome(output: &Output, folder: &Path) -> (i32, String, String) {
    let text = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes)
            .replace(&format!("{}/", folder.display()), "")
            .replace(&folder.display().to_string(), "DIR")
    };
    (
        output.status.code().expect("an exit code"),
        text(&output.stdout),
        text(&output.stderr),
    )
}

const EXPECTED_FILES: [&str; 12] = [
    "captions.md",
    "heatmap_rule_eta0_network_gain.png",
    "heatmap_rule_eta0_network_gain.svg",
    "learning_curves.png",
    "learning_curves.svg",
    "sensitivity_network_gain.png",
    "sensitivity_network_gain.svg",
    "sensitivity_rule_eta0.png",
    "sensitivity_rule_eta0.svg",
    "tracking.png",
    "tracking.svg",
    "../summary.csv",
];

#[test]
fn a_report_has_its_files_and_a_short_table() {
    let study = Synthetic::new("");
    let (code, out, err) = study.report(None);
    assert_eq!((code, err.as_str()), (0, ""));
    let names: Vec<String> = study
        .figures()
        .iter()
        .map(|p| p.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, EXPECTED_FILES[..11]);
    for name in &names {
        assert!(out.contains(&format!("figures/{name}\n")), "{name}: {out}");
    }
    assert!(
        out.starts_with("summary.csv\nfigures/tracking.svg\n"),
        "{out}"
    );
    let table = out
        .split_once("\n\n")
        .expect("a blank line before the table")
        .1;
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 4, "{table}");
    assert!(lines[0].starts_with("rule       best condition"), "{table}");
    assert!(
        lines[1].starts_with("bayesian   rule.kind=bayesian, rule.eta0=0.001, network.gain=1.2"),
        "{table}"
    );
    assert!(lines[2].contains("rule.eta0=0.0001"), "{table}");
    assert_eq!(
        lines[3],
        "intervals: percentile bootstrap of networks x targets, 1000 resamples; a diverged run counts as ∞"
    );
}

#[test]
fn the_summary_counts_every_run() {
    let study = Synthetic::new("");
    assert_eq!(study.report(None).0, 0);
    let summary = study.get("summary.csv");
    let mut lines = summary.lines();
    assert_eq!(
        lines.next(),
        Some(
            "rule.kind,rule.eta0,rule.noise.kind,network.gain,metric,trial,n,diverged,failed,missing,median,q25,q75,ci_low,ci_high,level,method"
        )
    );
    // 9 conditions, test MSE at 3 checkpoints and tracking MSE at 2.
    assert_eq!(lines.count(), 9 * 5);
    let row = |start: &str| -> Vec<String> {
        let line = summary.lines().find(|l| l.starts_with(start));
        let line = line.unwrap_or_else(|| panic!("no row {start}"));
        line[start.len()..].split(',').map(str::to_string).collect()
    };
    let failed = row("classical,1e-5,,1.5,test_mse,20,");
    assert_eq!(failed[..4], ["11", "0", "1", "0"]);
    let diverged = row("classical,0.001,,1.5,test_mse,20,");
    assert_eq!(diverged[..5], ["12", "9", "0", "0", "inf"]);
    // One network of four is finite: a resample may hold it often enough, or not at all.
    assert_eq!(diverged[8], "inf");
    let before = row("classical,0.001,,1.5,test_mse,0,");
    assert_eq!(before[..4], ["12", "0", "0", "0"]);
    // The median over 4 × 3 replicates of 0.2 · (0.2 + 1/21) · (1 + 0.2 k + 0.1 j).
    let best = row("bayesian,0.001,fixed,1.2,test_mse,20,");
    let median: f64 = best[4].parse().expect("a number");
    assert!(
        (median - 0.2 * (0.2 + 1.0 / 21.0) * 1.4).abs() < 1e-12,
        "{median}"
    );
    let (low, high): (f64, f64) = (best[7].parse().unwrap(), best[8].parse().unwrap());
    assert!(low < median && median < high);
    assert_eq!(best[9], "0.95");
}

#[test]
fn missing_runs_are_counted() {
    let study = Synthetic::new("");
    study.edit("study.toml", "targets = 3", "targets = 5");
    signed::sign(study.path(), RUNS / 3 * 5);
    let (code, _, err) = study.report(None);
    assert_eq!(code, 2);
    assert_eq!(
        err,
        "error: DIR: 72 of 180 runs are missing from the tables. Run `runner study.toml --out DIR` to compute what is \
         missing and write the tables, or give --partial to see what there is\n"
    );
    assert!(!study.path().join("summary.csv").exists());
    let (code, out, _) = study.report(Some("--partial"));
    assert_eq!(code, 0);
    assert!(out.contains("\npartial: 108 of 180 runs\n"), "{out}");
    let captions = study.get("figures/captions.md");
    assert!(
        captions.contains("; partial: 108 of 180 runs"),
        "{captions}"
    );
    let summary = study.get("summary.csv");
    let start = "bayesian,1e-5,fixed,1.2,test_mse,0,";
    let line = summary
        .lines()
        .find(|l| l.starts_with(start))
        .expect("the row");
    assert!(line[start.len()..].starts_with("12,0,0,8,"), "{line}");
}

/// A choice among survivors is no success: one run of the synthetic study failed.
#[test]
fn a_choice_among_survivors_says_so() {
    let study = Synthetic::new("");
    let (code, out, err) = study.report(Some("tune"));
    assert_eq!(code, 1, "{err}");
    assert!(out.contains("even networks"), "{out}");
    assert_eq!(
        err,
        "1 run has no value, so this is about the others only; \
         run `runner study.toml --out DIR --retry-failed` to compute them again\n"
    );
}

#[test]
fn tables_that_were_changed_are_refused() {
    let unchanged =
        Synthetic::new("[[expect]]\nmetric = \"test_mse\"\nmax = 10\nallow_failed = 1\n");
    assert_eq!(unchanged.report(Some("check")).0, 0);
    let changes: [(&str, &str, &str, &str); 4] = [
        // A cell that is a number all the same.
        (
            "runs.csv",
            ",0.5\n",
            ",0.25\n",
            "runs.csv: not the table that manifest.json names: it was changed after it was written",
        ),
        (
            "curves.csv",
            "r1,bayesian,1e-5,fixed,1.2,0,0,ok,0,",
            "r1,bayesian,1e-5,fixed,1.2,0,0,ok,1,",
            "curves.csv: not the table",
        ),
        ("traces.csv", ",0.9", ",0.8", "traces.csv: not the table"),
        (
            "study.toml",
            "max = 10",
            "max = 20",
            "DIR: the tables are of another study than study.toml: it was changed after they were written. \
             They hold 108 runs, it has 108. Run `runner study.toml --out DIR`",
        ),
    ];
    for (file, from, to, message) in changes {
        let study =
            Synthetic::new("[[expect]]\nmetric = \"test_mse\"\nmax = 10\nallow_failed = 1\n");
        study.edit(file, from, to);
        for verb in [None, Some("check"), Some("tune"), Some("--partial")] {
            let (code, out, err) = study.report(verb);
            assert_eq!((code, out.as_str()), (2, ""), "{file} {verb:?}");
            assert!(
                err.starts_with(&format!("error: {message}")),
                "{verb:?}: {err}"
            );
        }
    }
    // Without a manifest nothing says what the tables are of.
    fs::remove_file(unchanged.path().join("manifest.json")).expect("the file was there");
    let (code, _, err) = unchanged.report(Some("check"));
    assert_eq!(code, 2);
    assert!(
        err.contains("no manifest.json, so nothing says which study the tables are of. Run `runner merge DIR`"),
        "{err}"
    );
}

/// A manifest of an older version names no digests: then the two tables still have to agree.
#[test]
fn tables_that_contradict_each_other_are_refused() {
    let cases: [(&str, &str, &str); 4] = [
        (
            "curves.csv",
            "r2,bayesian,1e-5,fixed,1.2,0,1,ok,10,",
            "run r2: curves.csv has no row of it for trial 10, which other runs of its condition have",
        ),
        (
            "curves.csv",
            "r2,bayesian,1e-5,fixed,1.2,0,1,ok,20,",
            "run r2: curves.csv has no row of it for trial 20",
        ),
        (
            "runs.csv",
            "r2,bayesian,1e-5,fixed,1.2,0,1,ok",
            "runs.csv: holds 107 runs, but manifest.json says 108",
        ),
        (
            "curves.csv",
            "r2,bayesian,1e-5,fixed,1.2,0,1,",
            "run r2: it did not fail, but curves.csv has no row of it",
        ),
    ];
    for (file, start, message) in cases {
        let study =
            Synthetic::new("[[expect]]\nmetric = \"test_mse\"\nmax = 10\nallow_failed = 1\n");
        let text = study.get(file);
        let kept: Vec<&str> = text
            .lines()
            .filter(|line| !line.starts_with(start))
            .collect();
        study.put(file, &(kept.join("\n") + "\n"));
        if file == "runs.csv" {
            let curves = study.get("curves.csv");
            let kept: Vec<&str> = curves
                .lines()
                .filter(|line| !line.starts_with("r2,"))
                .collect();
            study.put("curves.csv", &(kept.join("\n") + "\n"));
        }
        study.put("manifest.json", "{\"counts\": {\"runs\": 108}}");
        let (code, _, err) = study.report(Some("check"));
        assert_eq!(code, 2, "{message}");
        assert!(err.contains(message), "{err}");
    }
    let study = Synthetic::new("[[expect]]\nmetric = \"test_mse\"\nmax = 10\nallow_failed = 1\n");
    study.put("manifest.json", "{\"counts\": {\"runs\": 108}}");
    assert_eq!(study.report(Some("check")).0, 0);
    let runs = study.get("runs.csv");
    let line = runs.lines().nth(1).expect("a run");
    let cell = line.split(',').nth(10).expect("its test MSE");
    study.put("runs.csv", &runs.replacen(cell, "1e-9", 1));
    let (code, _, err) = study.report(Some("check"));
    assert_eq!(code, 2);
    assert!(
        err.contains("disagree about run r1: test_mse is 1e-9 in runs.csv and "),
        "{err}"
    );
}

#[test]
fn the_same_tables_give_the_same_bytes() {
    let (first, second) = (Synthetic::new(""), Synthetic::new(""));
    assert_eq!(first.report(None).0, 0);
    // Another number of threads, and a second time over existing files.
    for threads in ["1", "3"] {
        let status = Command::new(env!("CARGO_BIN_EXE_report"))
            .env("RAYON_NUM_THREADS", threads)
            .arg(second.path())
            .output()
            .expect("start report")
            .status;
        assert!(status.success());
        for name in EXPECTED_FILES {
            let read = |s: &Synthetic| fs::read(s.path().join("figures").join(name)).unwrap();
            assert!(read(&first) == read(&second), "{name} differs");
        }
    }
}

#[test]
fn figures_need_no_font_and_are_not_blank() {
    let study = Synthetic::new("");
    assert_eq!(study.report(None).0, 0);
    for path in study.figures() {
        let name = path.display();
        match path.extension().and_then(|e| e.to_str()) {
            Some("svg") => {
                let svg = fs::read_to_string(&path).unwrap();
                assert!(!svg.contains("<text") && !svg.contains("font-"), "{name}");
                assert!(!svg.contains("NaN") && !svg.contains("inf\""), "{name}");
                let width = svg.contains("width=\"85mm\"") || svg.contains("width=\"180mm\"");
                assert!(width, "{name}");
            }
            Some("png") => {
                let file = std::io::BufReader::new(fs::File::open(&path).unwrap());
                let mut reader = png::Decoder::new(file).read_info().unwrap();
                let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
                let info = reader.next_frame(&mut pixels).unwrap();
                // 85 mm or 180 mm at 300 dots per inch.
                assert!([1004, 2126].contains(&info.width), "{name}: {}", info.width);
                let dark = pixels
                    .chunks(3)
                    .filter(|p| p.iter().all(|c| *c < 100))
                    .count();
                let share = dark as f64 / (pixels.len() / 3) as f64;
                assert!((0.002..0.5).contains(&share), "{name}: {share}");
                let coloured = pixels.chunks(3).any(|p| p[0].abs_diff(p[2]) > 100);
                assert!(coloured, "{name} has no colour");
            }
            _ => {}
        }
    }
    let captions = study.get("figures/captions.md");
    for part in [
        "How does η₀ matter?",
        "![Learning curves](learning_curves.png)",
        "(4\u{a0}networks\u{a0}× 3\u{a0}targets)",
        "runs diverged (counted as ∞), 1 failed",
        "1000 resamples",
    ] {
        assert!(captions.contains(part), "{part:?} is not in:\n{captions}");
    }
}

#[test]
fn check_tells_by_table_and_exit_code() {
    let holds = "[[expect]]\nlabel = \"half as bad\"\nmax = 0.85\nallow_failed = 1\n\
        ratio = [{ metric = \"test_mse\", where = { rule.kind = \"bayesian\" }, best = true }, { metric = \"test_mse\", where = { rule.kind = \"classical\" }, best = true }]\n";
    let study = Synthetic::new(holds);
    let (code, out, err) = study.report(Some("check"));
    assert_eq!((code, err.as_str()), (0, ""));
    // 0.4 · 0.5 against 0.5 in every cell. Where a resample draws the one network on which the
    // classical rule survives its largest η₀ often enough, that is its best: 0.4 · 0.5 against 0.4.
    assert_eq!(
        out,
        "#  expectation  required  observed  95 % interval    n        diverged  failed  missing  verdict\n\
         1  half as bad  ≤ 0.85    0.4000    0.4000 … 0.5000  11 / 11  0 / 0     0 / 1   0 / 0    holds\n\
         1: best at rule.kind=bayesian, rule.eta0=0.001, network.gain=1.2\n\
         1: best at rule.kind=classical, rule.eta0=0.0001, network.gain=1.5\n\
         intervals: percentile bootstrap of networks x targets, 1000 resamples\n\
         1 of 1 hold\n"
    );
    assert!(
        !study.path().join("summary.csv").exists(),
        "check writes nothing"
    );

    let fails = "[[expect]]\nmax = 0.1\nallow_failed = 1\ndiverged_share = { where = { rule.kind = \"classical\" } }\n";
    let (code, out, err) = Synthetic::new(&format!("{holds}{fails}")).report(Some("check"));
    assert_eq!((code, err.as_str()), (1, ""));
    assert!(
        out.contains("2  diverged share [rule.kind=classical]  ≤ 0.1 "),
        "{out}"
    );
    assert!(
        out.contains("FAILS; its interval crosses the bound\n"),
        "{out}"
    );
    assert!(out.ends_with("1 of 2 hold\n"), "{out}");
}

#[test]
fn what_matches_nothing_is_bad_input() {
    let (code, out, err) = Synthetic::new(
        "[[expect]]\nmetric = \"test_mse\"\nwhere = { rule.kind = \"bayes\" }\nmax = 1\n\
         [[expect]]\nmetric = \"test_mse\"\nat_trial = 15\nmax = 1\n",
    )
    .report(Some("check"));
    assert_eq!((code, out.as_str()), (2, ""));
    assert_eq!(
        err,
        "error: study.toml: expectation 1 (median test_mse [rule.kind=bayes]): no run has rule.kind = bayes; values there: bayesian, classical\n\
         study.toml: expectation 2 (median test_mse at trial 15): no test_mse at trial 15 for rule.kind=bayesian, rule.eta0=1e-5, network.gain=1.2; trials there: 0, 10, 20\n"
    );
    let (code, _, err) = Synthetic::new("").report(Some("check"));
    assert_eq!(code, 2);
    assert_eq!(
        err,
        "error: study.toml: no [[expect]] table, so there is nothing to check\n"
    );
}

#[test]
fn bad_input_gets_one_clear_message_and_nothing_is_written() {
    for (file, from, to, message) in [
        (
            "runs.csv",
            ",ok,",
            ",fine,",
            "error: runs.csv:2: status = \"fine\": must be ok, diverged or failed\n",
        ),
        (
            "curves.csv",
            ",ok,10,",
            ",ok,ten,",
            "error: curves.csv:3: trial = \"ten\": must be a whole number ≥ 0\n",
        ),
        (
            "curves.csv",
            "\nr1,bayesian",
            "\nr1,classical",
            "error: curves.csv:2: rule.kind = \"classical\": must be \"bayesian\", as runs.csv says for this run_id\n",
        ),
        (
            "traces.csv",
            "v_tar",
            "v_target",
            "error: traces.csv:1: column v_tar: is missing (columns found: run_id, rule.kind, rule.eta0, rule.noise.kind, network.gain, network, target, trial, t_ms, v_target, v)\n",
        ),
        (
            "study.toml",
            "seed = 7",
            "seed = \"7\"",
            "error: study.toml:4: invalid type: string \"7\", expected u64\n",
        ),
    ] {
        let study = Synthetic::new("");
        study.edit(file, from, to);
        let (code, out, err) = study.report(None);
        assert_eq!((code, out.as_str(), err.as_str()), (2, "", message));
        assert!(!study.path().join("summary.csv").exists(), "{message}");
        assert!(!study.path().join("figures").exists(), "{message}");
    }
}

#[test]
fn missing_folders_and_files_are_told() {
    let study = Synthetic::new("");
    let absent = study.path().join("absent");
    let output = Command::new(env!("CARGO_BIN_EXE_report"))
        .arg(&absent)
        .output()
        .expect("start report");
    let (code, _, err) = outcome(&output, study.path());
    assert_eq!((code, err.as_str()), (2, "error: absent: no such folder\n"));
    for file in ["study.toml", "runs.csv", "curves.csv"] {
        let study = Synthetic::new("");
        fs::remove_file(study.path().join(file)).expect("the file was there");
        let (code, _, err) = study.report(None);
        assert_eq!(code, 2);
        assert_eq!(
            err,
            format!(
                "error: DIR: no {file} in this folder; a result folder holds study.toml, runs.csv and curves.csv\n"
            )
        );
    }
    // Without traces the figures say so.
    let study = Synthetic::new("");
    fs::remove_file(study.path().join("traces.csv")).expect("the file was there");
    study.sign();
    assert_eq!(study.report(None).0, 0);
    let captions = study.get("figures/captions.md");
    assert!(
        captions.contains("no trace was kept for this condition"),
        "{captions}"
    );
}

#[test]
fn without_arguments_the_usage_is_shown() {
    let output = Command::new(env!("CARGO_BIN_EXE_report"))
        .output()
        .expect("start report");
    assert_eq!(output.status.code(), Some(2));
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(err.contains("Usage: report <DIR>"), "{err}");
}

/// A verb of the program on the folder, its standard output written to a full disk.
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_printed_is_an_error() {
    let study = Synthetic::new("[[expect]]\nmetric = \"test_mse\"\nmax = 10\nallow_failed = 1\n");
    let Ok(full) = fs::File::options().write(true).open("/dev/full") else {
        eprintln!("skipped: no /dev/full here");
        return;
    };
    let run = |arguments: &[&str], to: std::process::Stdio| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_report"));
        command.args(arguments).current_dir(study.path()).stdout(to);
        outcome(&command.output().expect("start report"), study.path())
    };
    let arguments: [&[&str]; 5] = [
        &["."],
        &["check", "."],
        &["tune", "."],
        &["--help"],
        &["-V"],
    ];
    for arguments in arguments {
        let (code, _, err) = run(arguments, full.try_clone().unwrap().into());
        assert_eq!(code, 2, "{arguments:?}: {err}");
        assert!(
            err.ends_with(
                "cannot write to standard output: No space left on device (os error 28)\n"
            ),
            "{arguments:?}: {err}"
        );
        // A reader that has seen enough is no error.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let (code, _, err) = run(arguments, writer.into());
        // One run of the study failed, which tune says.
        let expected = if arguments[0] == "tune" { 1 } else { 0 };
        assert_eq!(code, expected, "{arguments:?}: {err}");
        assert!(!err.contains("standard output"), "{arguments:?}: {err}");
    }
}
