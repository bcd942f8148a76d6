//! What a study says of its own expectations, through the whole program: failure is not success, intervals,
//! and numbers that are none.

mod faulty;
mod place;

use faulty::faulty;
use place::Place;
use std::process::Output;

/// 1 rule, 4 networks × 3 targets: 12 short runs.
const SPEC: &str = r#"
schema = 1
name = "tiny"
question = "Does it hold?"
seed = 7
[network]
units = 30
[target]
kind = "periodic_gp"
length_ms = 60
[training]
trials = 4
washout_ms = 20
checkpoints_every = 2
[replicates]
networks = 4
targets = 3
[[condition]]
rule = { kind = "classical", eta0 = 1e-4 }
"#;

const EXPECT: &str =
    "[[expect]]\nmetric = \"test_mse\"\nmax = 1e9\n[[expect]]\ndiverged_share = {}\nmax = 0.5\n";

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn read(place: &Place, name: &str) -> String {
    std::fs::read_to_string(place.path(name)).unwrap()
}

/// The first cell of the second row: a run.
fn first_run(place: &Place, folder: &str) -> String {
    let runs = read(place, &format!("{folder}/runs.csv"));
    let row = runs.lines().nth(1).unwrap();
    row.split(',').next().unwrap().to_owned()
}

#[test]
fn a_failed_run_decides_nothing_until_it_is_computed() {
    let place = Place::new(&format!("{SPEC}{EXPECT}"));
    let whole = place
        .runner(&["-q", "study.toml", "--out", "whole"])
        .output()
        .unwrap();
    assert_eq!(whole.status.code(), Some(0));
    let shown = stdout(&whole);
    // Nothing diverged of 4 × 3: at least three independent units, not certainty.
    assert!(shown.contains("0 … 0.7076 "), "{shown}");
    assert!(shown.contains(" holds; its interval does not\n"), "{shown}");
    assert!(
        shown.contains("Clopper-Pearson over the fewer of networks and targets"),
        "{shown}"
    );
    let run = first_run(&place, "whole");
    let failing = faulty(
        &place,
        &["-q", "study.toml", "--out", "out"],
        &format!("panic={run}"),
    )
    .output()
    .unwrap();
    assert_eq!(failing.status.code(), Some(1));
    let shown = stdout(&failing);
    for number in [1, 2] {
        let reason = format!(
            "{number}: not decided: of 12 selected runs 1 failed; compute failed runs again with `runner SPEC --retry-failed`, or write allow_failed = 1 to judge by the others\n"
        );
        assert!(shown.contains(&reason), "{shown}");
    }
    assert!(shown.ends_with("0 of 2 hold, 2 not decided\n"), "{shown}");
    let verdict = synapse_report::check(&place.path("out")).unwrap();
    assert!(!verdict.all_hold(), "{verdict}");
    assert_eq!(
        (&verdict.rows[1].n[..], &verdict.rows[1].failed[..]),
        (&[11][..], &[1][..])
    );
    // The hint does what it says.
    let again = place
        .runner(&["-q", "study.toml", "--out", "out", "--retry-failed"])
        .output()
        .unwrap();
    assert_eq!(again.status.code(), Some(0), "{}", stdout(&again));
    assert!(stdout(&again).ends_with("2 of 2 hold\n"));
}

#[test]
fn what_is_allowed_to_fail_and_what_must_hold_throughout() {
    let allowed = "allow_failed = 1\nrequire = \"interval\"\n";
    let place = Place::new(&format!(
        "{SPEC}[[expect]]\nmetric = \"test_mse\"\nmax = 1e9\n{allowed}[[expect]]\ndiverged_share = {{}}\nmax = 0\n{allowed}"
    ));
    place
        .runner(&["-q", "study.toml", "--out", "whole"])
        .output()
        .unwrap();
    let run = first_run(&place, "whole");
    let output = faulty(
        &place,
        &["-q", "study.toml", "--out", "out"],
        &format!("panic={run}"),
    )
    .output()
    .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let shown = stdout(&output);
    assert!(shown.contains("≤ 1000000000 (interval) "), "{shown}");
    assert!(
        shown.contains("FAILS; its estimate holds, its interval does not\n"),
        "{shown}"
    );
    assert!(shown.ends_with("1 of 2 hold\n"), "{shown}");
}

#[test]
fn a_removed_row_is_a_missing_run() {
    let place = Place::new(&format!("{SPEC}{EXPECT}"));
    place
        .runner(&["-q", "study.toml", "--out", "out", "--no-report"])
        .output()
        .unwrap();
    let run = first_run(&place, "out");
    for file in ["out/runs.csv", "out/curves.csv"] {
        let text = read(&place, file);
        let kept = text.lines().filter(|line| !line.starts_with(&run));
        std::fs::write(
            place.path(file),
            kept.map(|l| format!("{l}\n")).collect::<String>(),
        )
        .unwrap();
    }
    // By its text: whether tables may be read that lack rows is for others to say.
    let study = synapse_report::study::parse(&read(&place, "out/study.toml")).unwrap();
    let tables = synapse_report::tables::Tables::parse(
        read(&place, "out/runs.csv").as_bytes(),
        read(&place, "out/curves.csv").as_bytes(),
        None,
    )
    .unwrap();
    let verdict = synapse_report::verdict::evaluate(&place.path("out"), &study, &tables).unwrap();
    assert!(!verdict.all_hold());
    let text = verdict.to_string();
    assert!(
        text.contains("1: not decided: of 12 selected runs 1 is missing from runs.csv; compute missing runs with `runner SPEC`, or "),
        "{text}"
    );
}

/// The three tables of a folder.
fn tables(place: &Place) -> [String; 3] {
    ["runs.csv", "curves.csv", "traces.csv"].map(|name| read(place, &format!("out/{name}")))
}

/// The study on a target with an amplitude; `eta0` is the learning rate.
fn of_amplitude(amplitude: &str, precision: &str, eta0: &str) -> String {
    let sines = format!(
        "kind = \"sines\"\ncomponents = [{{ period_ms = 60, amplitude = {amplitude}, phase = 0 }}]"
    );
    SPEC.replace("targets = 3", "targets = 1")
        .replace("kind = \"periodic_gp\"", &sines)
        .replace("eta0 = 1e-4", &format!("eta0 = {eta0}"))
        .replace(
            "trials = 4",
            &format!("trials = 4\nprecision = \"{precision}\""),
        )
}

#[test]
fn tables_are_the_same_whether_a_study_ran_through_or_was_resumed() {
    // The target's square is beyond what a float holds; in f32 the target itself is. At the smallest rate
    // the weights hardly change, so that no state breaks: only the error is no number.
    for (amplitude, precision, eta0, place_of_divergence) in [
        ("1e200", "f64", "1e-4", ",diverged,1,"),
        ("1e39", "f32", "1e-4", ",diverged,1,"),
        ("-1e300", "f64", "1e-4", ",diverged,1,"),
        ("1e200", "f64", "1e-300", ",diverged,0,79,"),
    ] {
        let place = Place::new(&of_amplitude(amplitude, precision, eta0));
        let run = || {
            let output = place
                .runner(&["-q", "study.toml", "--out", "out"])
                .output()
                .unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{stderr}");
            // No line of the journal is dropped, and none is computed for ever.
            assert!(!stderr.contains("damaged"), "{stderr}");
        };
        run();
        let first = tables(&place);
        for table in &first {
            for word in ["inf", "NaN"] {
                assert!(!table.contains(word), "{amplitude}: {table}");
            }
        }
        let found = first[0].matches(place_of_divergence).count();
        assert_eq!(found, 4, "{amplitude}: {}", first[0]);
        run();
        assert_eq!(tables(&place), first, "{amplitude}");
    }
}

#[test]
fn the_signs_of_zeros_stay_as_they_are() {
    // A sine without amplitude: zeros of both signs, if zeros keep theirs.
    let place = Place::new(&of_amplitude("0", "f64", "1e-4"));
    let run = || {
        let output = place
            .runner(&["-q", "study.toml", "--out", "out"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0));
    };
    run();
    let first = tables(&place);
    run();
    assert_eq!(tables(&place), first);
}
