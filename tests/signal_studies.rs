//! What signals make of a study: identities, several signals, and what a result folder knows of its data.

mod signal_place;

use signal_place::place::Place;
use signal_place::{SIGNAL, column, of_file, plan, refused, run, said, spec};
use std::fs;
use std::path::Path;
use synapse_runner::spec::Study;

/// Identities and numbers that the program gave before it knew any of the newer fields.
#[test]
fn runs_of_signals_keep_their_identity_and_bits() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let sets = [
        "network.units=60",
        "training.trials=2",
        "training.checkpoints_every=1",
        "replicates.networks=2",
    ];
    let sets = sets.map(str::to_owned);
    let study = Study::load(&workspace.join("experiments/ecg.toml"), &sets).unwrap();
    let id = |position| study.run_id(study.run(position)).to_string();
    assert_eq!(id(0), "f353f7fcc9e2d6980bdd62a7e4fabddb");
    assert_eq!(id(study.runs() - 1), "306e259906b6b44743646dcc2842ed3d");

    // With a step longer than the time between samples, under the word for what was done then.
    let fields = "column = \"signal\"\nsample_ms = 0.5\nresample = \"linear\"";
    let place = of_file("signal\n1\n3\n2\n5\n4\n1\n0\n2\n", fields);
    assert!(run(&place, "out", &[]).status.success());
    let of = |name: &str| column(&place, "out/runs.csv", name);
    assert_eq!(of("run_id"), ["3499ba44e6fbb2fedd1182829b0fcba7"]);
    assert_eq!(of("test_mse"), ["1.8744388280812885"]);
}

#[test]
fn several_signals_are_paired_targets() {
    let target =
        "[target]\nkind = \"file\"\npath = \"s.csv\"\ncolumns = [\"a\", \"b\"]\nsample_ms = 1\n";
    let place = Place::new(&spec(target, ""));
    fs::write(place.path("s.csv"), "a,b\n1,4\n3,2\n2,1\n").unwrap();
    fs::write(place.path("t.csv"), "a\n4\n2\n1\n").unwrap();
    assert!(run(&place, "both", &[]).status.success());
    let of = |out: &str, name: &str| column(&place, &format!("{out}/runs.csv"), name);
    assert_eq!(of("both", "target"), ["0", "1"]);
    // The same samples twice would count as two replicates.
    let output = run(&place, "twice", &["target.columns=[\"a\",\"a\"]"]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = said(&output).1;
    assert!(
        stderr.contains("it has the same samples as s.csv (column a); each signal counts as a replicate, so leave one of them out"),
        "{stderr}"
    );
    // Each is the run of its own signal: the first has the identity that it has alone, the second that of
    // the same samples from another file.
    for (out, target) in [
        ("one", "path = \"s.csv\"\ncolumn = \"a\""),
        ("files", "path = [\"s.csv\", \"t.csv\"]\ncolumn = \"a\""),
    ] {
        let target = format!("[target]\nkind = \"file\"\n{target}\nsample_ms = 1\n");
        fs::write(place.path("study.toml"), spec(&target, "")).unwrap();
        let output = run(&place, out, &[]);
        assert!(output.status.success(), "{}", said(&output).1);
    }
    assert_eq!(of("one", "run_id")[0], of("both", "run_id")[0]);
    assert_eq!(of("files", "run_id"), of("both", "run_id"));
    assert_eq!(of("files", "test_mse"), of("both", "test_mse"));
    // The folder's study is the same study.
    let kept = fs::read_to_string(place.path("files/study.toml")).unwrap();
    assert!(
        kept.contains("path = [\"../s.csv\", \"../t.csv\"]"),
        "{kept}"
    );
    assert!(kept.contains("networks = 1\ntargets = 2\n"), "{kept}");
    let again = place.runner(&["verify", "files"]).output().unwrap();
    assert!(again.status.success(), "{}", said(&again).1);

    fs::write(place.path("study.toml"), spec(target, ", targets = 3")).unwrap();
    assert!(
        refused(&place, &[]).contains(
            "replicates.targets = 3: the target has 2 signals, one for each target replicate; set replicates.targets = 2, or leave it out"
        )
    );
    fs::write(place.path("study.toml"), spec(target, "")).unwrap();
    fs::write(place.path("t.csv"), "a,b\n4,1\n2,2\n").unwrap();
    let said = refused(&place, &["target.path=[\"s.csv\", \"t.csv\"]"]);
    assert!(
        said.contains("several columns of one file, or one column of several files"),
        "{said}"
    );
    let target =
        "[target]\nkind = \"file\"\npath = [\"s.csv\", \"t.csv\"]\ncolumn = \"a\"\nsample_ms = 1\n";
    fs::write(place.path("study.toml"), spec(target, "")).unwrap();
    let said = refused(&place, &[]);
    assert!(
        said.contains("it has 2 samples 1 ms apart, but s.csv (column a) has 3 samples 1 ms apart"),
        "{said}"
    );
}

#[test]
fn a_changed_file_is_named() {
    let place = of_file("time,signal\n0,1\n1,3\n2,2\n", SIGNAL);
    assert!(run(&place, "out", &[]).status.success());
    let kept = fs::read_to_string(place.path("out/study.toml")).unwrap();
    assert_eq!(kept.matches("sha256 = ").count(), 1, "{kept}");
    // The same samples, written otherwise, are no change.
    fs::write(
        place.path("s.csv"),
        "time,signal,other\n0,1.0,0\n1,3,0\n2,2,0\n",
    )
    .unwrap();
    assert!(run(&place, "out", &[]).status.success());

    fs::write(place.path("s.csv"), "time,signal\n0,1\n1,9\n2,2\n").unwrap();
    let named = "the samples of s.csv (column signal) are not those that the runs in out were computed with (SHA-256 ";
    let (stdout, _) = plan(&place, &[]);
    assert!(
        stdout.contains(&format!("1 stale runs: {named}")),
        "{stdout}"
    );
    let output = run(&place, "out", &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).1.starts_with(named), "{}", said(&output).1);
    for verb in ["merge", "verify"] {
        let output = place.runner(&[verb, "out"]).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let (_, stderr) = said(&output);
        assert!(
            stderr.starts_with("out/study.toml:")
                && stderr.contains("target.path = \"../s.csv\", target.column = \"signal\": the samples are not those of target.sha256"),
            "{stderr}"
        );
    }
    // Nor is it published as what the runs were computed with.
    let export = ["export", "out", "--ro-crate", "--to", "crate"];
    let output = place.runner(&export).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let (_, stderr) = said(&output);
    assert!(
        stderr.contains("s.csv (column signal): the samples are not those of target.sha256"),
        "{stderr}"
    );
    assert!(!place.path("crate").exists());
    assert_eq!(
        fs::read_to_string(place.path("out/study.toml")).unwrap(),
        kept
    );
    // A study of another file is not blamed on this one.
    fs::write(place.path("t.csv"), "signal\n1\n3\n7\n").unwrap();
    let (stdout, _) = plan(&place, &["target.path=t.csv"]);
    assert!(
        stdout.contains("of no condition, network or target of this spec"),
        "{stdout}"
    );
    // Another folder, or asking for it.
    assert!(run(&place, "other", &[]).status.success());
}

#[test]
fn sums_follow_blocks_and_axes() {
    let text = spec(
        "[target]\nkind = \"file\"\npath = \"s.csv\"\ncolumn = \"a\"\nsample_ms = 1\n",
        "",
    );
    let text = format!(
        "{text}sweep = {{ \"target.path\" = {{ values = [\"s.csv\", \"t.csv\"] }} }}\n\
         [[condition]]\nrule = {{ kind = \"classical\", eta0 = 1e-4 }}\ntarget = {{ column = \"b\" }}\n"
    );
    let place = Place::new(&text);
    fs::write(place.path("s.csv"), "a,b\n1,4\n3,2\n2,1\n").unwrap();
    fs::write(place.path("t.csv"), "a,b\n4,4\n2,2\n7,1\n").unwrap();
    assert!(run(&place, "out", &[]).status.success());
    let kept = fs::read_to_string(place.path("out/study.toml")).unwrap();
    let own = fs::read_to_string(place.path("out/runs.csv")).unwrap();
    assert!(!own.contains("sha256"), "{own}");
    let again = place
        .runner(&["run", "out/study.toml", "--out", "again", "--no-report"])
        .output()
        .unwrap();
    assert!(again.status.success(), "{}", said(&again).1);
    assert_eq!(
        column(&place, "again/runs.csv", "run_id"),
        column(&place, "out/runs.csv", "run_id")
    );
    assert_eq!(
        fs::read_to_string(place.path("again/study.toml")).unwrap(),
        kept
    );
    fs::write(place.path("t.csv"), "a,b\n4,4\n2,2\n8,1\n").unwrap();
    let verified = place.runner(&["verify", "out"]).output().unwrap();
    assert_eq!(verified.status.code(), Some(2));
    assert!(
        said(&verified).1.contains("../t.csv"),
        "{}",
        said(&verified).1
    );
}
