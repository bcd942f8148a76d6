use super::*;

fn tables(parameters: &[&str], rows: &[&[&str]]) -> Tables {
    Tables::of_conditions(parameters, rows)
}

fn study(text: &str) -> Study {
    Study::of_text(&format!("name = \"x\"\nseed = 1\n{text}"))
}

#[test]
fn groups_are_kinds_texts_and_present_fields() {
    let t = tables(
        &[
            "rule.kind",
            "rule.eta0",
            "rule.noise.kind",
            "rule.noise.variance",
            "rule.noise.errors",
            "rule.drift.tau_ms",
            "rule.update_order",
        ],
        &[
            &["classical", "0.1", "", "", "", "", ""],
            &["bayesian", "0.1", "fixed", "1", "", "", "together"],
            &["bayesian", "0.1", "window", "", "10", "", "together"],
            &["bayesian", "0.2", "window", "", "100", "", "together"],
            &["bayesian", "0.1", "fixed", "1", "", "50", "together"],
        ],
    );
    let design = Design::of(&t, &study(""));
    let found: Vec<(&str, &[usize])> = design
        .groups
        .iter()
        .map(|g| (g.label.as_str(), g.conditions.as_slice()))
        .collect();
    assert_eq!(
        found,
        [
            ("classical", &[0][..]),
            ("bayesian (fixed, no drift.tau_ms)", &[1]),
            ("bayesian (window)", &[2, 3]),
            ("bayesian (fixed, with drift.tau_ms)", &[4]),
        ]
    );
    let axes: Vec<&str> = design.axes.iter().map(|a| a.path.as_str()).collect();
    assert_eq!(axes, ["rule.eta0", "rule.noise.errors"]);
    assert!(!design.axes[0].log && !design.axes[1].log);
}

#[test]
fn flags_are_named_by_their_field_and_labels_differ() {
    let found = |parameters: &[&str], rows: &[&[&str]]| -> Vec<String> {
        let design = Design::of(&tables(parameters, rows), &study(""));
        design.groups.into_iter().map(|g| g.label).collect()
    };
    let flags = found(
        &["rule.kind", "training.washout_feedback"],
        &[
            &["bayesian", "true"],
            &["bayesian", "false"],
            &["classical", "true"],
        ],
    );
    assert_eq!(
        flags,
        [
            "bayesian (washout feedback = true)",
            "bayesian (washout feedback = false)",
            "classical"
        ]
    );
    // The same values in other fields, and a name that shows an escape.
    let alike = found(
        &["rule.kind", "rule.a", "rule.b.kind", "rule.b.x"],
        &[
            &["force", "p", "q", ""],
            &["force", "p", "r", "q"],
            &["force", "q", "r", "p"],
        ],
    );
    assert_eq!(
        alike,
        ["force (p, q)", "force (p, r, q)", "force (q, r, p)"]
    );
    let hidden = found(
        &["rule.kind", "target.column"],
        &[&["force", "a\u{1b}"], &["force", "a\\u{1b}"]],
    );
    assert_eq!(
        hidden,
        [
            "force (column = a\\u{1b}) #1",
            "force (column = a\\u{1b}) #2"
        ]
    );
}

#[test]
fn names_of_conditions_differ_in_their_last_digits() {
    let t = tables(
        &["rule.kind", "network.gain"],
        &[
            &["force", "1.000000001"],
            &["force", "1.000000002"],
            &["force", "0.0031622776601683794"],
        ],
    );
    let names: Vec<String> = (0..3).map(|c| condition_name(&t, c)).collect();
    assert_eq!(
        names,
        ["1.000000001", "1.000000002", "3.16228e-3"]
            .map(|g| format!("rule.kind=force, network.gain={g}"))
    );
}

#[test]
fn listed_zeros_stand_beside_a_log_axis() {
    let log = |values: &[&str]| {
        let rows: Vec<[&str; 2]> = values.iter().map(|v| ["force", v]).collect();
        let rows: Vec<&[&str]> = rows.iter().map(|r| &r[..]).collect();
        let t = tables(&["rule.kind", "rule.forgetting"], &rows);
        Design::of(&t, &study("")).axes[0].log
    };
    assert!(log(&["0", "1e-4", "1e-3", "1e-2"]));
    assert!(!log(&["0", "1", "2", "3"]) && !log(&["0", "0.1"]) && !log(&["-1", "1", "1000"]));
}

#[test]
fn axes_follow_the_study_and_are_log_when_it_says_so_or_the_span_does() {
    let t = tables(
        &["rule.kind", "rule.eta0", "network.gain", "network.units"],
        &[
            &["force", "1", "1", "10"],
            &["force", "2", "2", "100"],
            &["force", "4", "3", "10000"],
        ],
    );
    let s = study(
        "[[condition]]\nsweep = { \"network.gain\" = { values = [1, 2, 3] }, \"rule.eta0\" = { log = [1, 4], points = 3 } }\nzip = [[\"network.gain\", \"rule.eta0\"]]\n",
    );
    let found: Vec<(String, bool)> = Design::of(&t, &s)
        .axes
        .into_iter()
        .map(|a| (a.path, a.log))
        .collect();
    let expected = [
        ("network.gain", false),
        ("rule.eta0", true),
        ("network.units", true),
    ];
    assert_eq!(found, expected.map(|(p, l)| (p.to_string(), l)));
}

#[test]
fn listed_values_that_grow_by_factors_are_log_and_fields_of_other_kinds_are_not_missing() {
    let t = tables(
        &[
            "rule.kind",
            "rule.c.kind",
            "rule.c.dropped",
            "target.length_ms",
            "network.gain",
        ],
        &[
            &["bayesian", "block", "", "300", "1"],
            &["bayesian", "block", "", "1000", "2"],
            &["bayesian", "low_rank", "forgotten", "3000", "2"],
            &["bayesian", "low_rank", "to_diagonal", "3000", "2"],
            &["bayesian", "block", "", "3000", "2"],
        ],
    );
    let design = Design::of(&t, &study(""));
    let labels: Vec<&str> = design.groups.iter().map(|g| g.label.as_str()).collect();
    let expected = [
        "(block)",
        "(low_rank, forgotten)",
        "(low_rank, to_diagonal)",
    ];
    assert_eq!(labels, expected.map(|words| format!("bayesian {words}")));
    let log: Vec<bool> = design.axes.iter().map(|axis| axis.log).collect();
    assert_eq!(log, [true, false], "three values by factors; two values");
}

#[test]
fn a_condition_keeps_its_key_when_columns_are_added() {
    let before = tables(&["rule.kind", "rule.eta0"], &[&["classical", "1e-3"]]);
    let after = tables(
        &["rule.kind", "rule.alpha", "rule.eta0"],
        &[&["classical", "", "0.001"], &["force", "1", ""]],
    );
    assert_eq!(
        condition_key(&before, 0),
        "rule.eta0=0.001;rule.kind=classical"
    );
    assert_eq!(condition_key(&after, 0), condition_key(&before, 0));
    assert_eq!(condition_name(&after, 1), "rule.kind=force");
}

#[test]
fn axis_titles_carry_units() {
    assert_eq!(axis_title("rule.eta0"), "initial learning rate η₀");
    assert_eq!(axis_title("training.washout_ms"), "washout (ms)");
    assert_eq!(axis_title("training.error_lag_steps"), "error lag steps");
}
