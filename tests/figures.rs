//! What the figures of `report` show: names, colours, ticks, zeros; how high they are; what is left of
//! a former report.

mod drawn;
mod signed;

use drawn::{Figure, Study, plain};
use std::collections::BTreeSet;
use std::fmt::Write as _;

const HEAD: &str = "name = \"synthetic\"";

fn columns(names: &[&'static str]) -> Vec<Vec<&'static str>> {
    names.iter().map(|&name| vec!["bayesian", name]).collect()
}

#[test]
fn names_beyond_the_font_are_visible_and_warned_of() {
    let names = ["信号", "信息", "čeština ž", "łódź", "скорость", "τιμή"];
    let study = Study::new(
        HEAD,
        &["rule.kind", "target.column"],
        &columns(&names),
        &plain,
    );
    let err = study.report(&[]);
    let expected = "warning: the font of the figures has no U+4FE1, U+53F7: \"bayesian (信号)\" is drawn as \"bayesian (U+4FE1 U+53F7)\"\n\
        warning: the font of the figures has no U+4FE1, U+606F: \"bayesian (信息)\" is drawn as \"bayesian (U+4FE1 U+606F)\"\n";
    assert_eq!(err, expected);
    let figures = study.drawn();
    let shown = [
        "bayesian (U+4FE1 U+53F7)",
        "bayesian (U+4FE1 U+606F)",
        "bayesian (čeština ž)",
        "bayesian (łódź)",
        "bayesian (скорость)",
        "bayesian (τιμή)",
    ];
    assert_eq!(figures["learning_curves"].labels(), shown);
    for text in shown {
        assert!(figures["learning_curves"].has(text), "{text}");
        let titles = &figures["tracking"].texts;
        assert!(titles.iter().any(|t| t.starts_with(text)), "{text}");
    }
    let captions = study.get("figures/captions.md");
    let key = "Names: bayesian (U+4FE1 U+53F7) is bayesian (信号); bayesian (U+4FE1 U+606F) is bayesian (信息).\n";
    assert_eq!(captions.matches(key).count(), 2, "{captions}");
}

#[test]
fn names_that_look_the_same_are_told_apart() {
    // A Cyrillic letter, an accent of its own, a code point, a blank that is not one.
    let names = [
        "cat",
        "c\u{430}t",
        "é",
        "e\u{301}",
        "信",
        "U+4FE1",
        "a b",
        "a\u{a0}b",
    ];
    let study = Study::new(
        HEAD,
        &["rule.kind", "target.column"],
        &columns(&names),
        &plain,
    );
    let figures = study.figures();
    let shown = figures["learning_curves"].labels();
    assert_eq!(
        shown,
        [
            "bayesian (cat) #1",
            "bayesian (c\u{430}t) #2",
            "bayesian (é) #1",
            "bayesian (é) #2",
            "bayesian (U+4FE1) #1",
            "bayesian (U+4FE1) #2",
            "bayesian (a b) #1",
            "bayesian (a\u{a0}b) #2",
        ]
    );
}

#[test]
fn many_conditions_are_drawn_in_parts_with_a_key_each() {
    let mut names: Vec<String> = (0..50).map(|i| format!("ch{i:02}")).collect();
    let long = "mean firing rate of the left primary motor cortex layer 5 pyramidal neuron number";
    names[3] = format!("{long} 41");
    names[4] = format!("{long} 42");
    let rows: Vec<Vec<&str>> = names.iter().map(|n| vec!["bayesian", n.as_str()]).collect();
    let study = Study::new(HEAD, &["rule.kind", "target.column"], &rows, &plain);
    let figures = study.figures();
    let parts = |name: &str| -> Vec<&Figure> {
        let mine = figures.iter().filter(|(n, _)| n.starts_with(name));
        mine.map(|(_, figure)| figure).collect()
    };
    let curves = parts("learning_curves");
    assert_eq!((curves.len(), parts("tracking").len()), (7, 8));
    let labels: BTreeSet<&str> = curves.iter().flat_map(|f| f.labels()).collect();
    assert_eq!(labels.len(), 50);
    assert!(labels.contains("bayesian (ch00)") && labels.contains("bayesian (ch49)"));
    for end in ["#1", "#2"] {
        let cut =
            |l: &&str| l.starts_with("bayesian (mean firing") && l.ends_with(&format!("… {end}"));
        assert_eq!(labels.iter().filter(|l| cut(l)).count(), 1, "{labels:?}");
    }
    // No two lines of a part look alike, the axes of all parts are the same, and each says what it is.
    for (i, figure) in curves.iter().enumerate() {
        let looks: BTreeSet<&String> = figure.keys.iter().map(|k| &k.1).collect();
        assert_eq!(looks.len(), figure.keys.len(), "{:?}", figure.keys);
        assert!(figure.svg.contains("part ") && figure.svg.contains(" of 7</title>"));
        let ticks = |f: &Figure| -> Vec<String> {
            f.texts
                .iter()
                .filter(|t| t.starts_with("10"))
                .cloned()
                .collect()
        };
        assert_eq!(ticks(figure), ticks(curves[0]), "{i}");
    }
    let captions = study.get("figures/captions.md");
    for part in [
        "## Learning curves, part 7 of 7\n",
        &format!("is bayesian ({long} 41)"),
        &format!("is bayesian ({long} 42)"),
        "- tracking: 2 of 50 groups, beyond the 8 parts that a figure may have; their numbers are in summary.csv\n",
        "each part has its own key, and a style may stand for another condition in another part",
    ] {
        assert!(captions.contains(part), "{part:?} is not in:\n{captions}");
    }
}

#[test]
fn a_rule_has_one_colour_in_every_figure_of_every_study() {
    let parameters = ["rule.kind", "rule.eta0"];
    let row = |kind: &'static str, eta0: &'static str| vec![kind, eta0];
    let one = Study::new(
        HEAD,
        &parameters,
        &[
            row("classical", "0.1"),
            row("classical", "0.2"),
            row("bayesian", "0.1"),
            row("bayesian", "0.2"),
            row("force", ""),
        ],
        &plain,
    );
    let other = Study::new(
        HEAD,
        &parameters,
        &[
            row("hebbian", ""),
            row("force", ""),
            row("bayesian", "0.1"),
            row("bayesian", "0.3"),
        ],
        &plain,
    );
    let third = Study::new(
        HEAD,
        &["rule.kind"],
        &[
            vec!["anti"],
            vec!["hebbian"],
            vec!["bayesian"],
            vec!["classical"],
        ],
        &plain,
    );
    let (one, other, third) = (one.figures(), other.figures(), third.figures());
    let colours = [
        ("classical", "#0072b2"),
        ("bayesian", "#d55e00"),
        ("force", "#009e73"),
    ];
    let figure = "sensitivity_rule_eta0";
    for (rule, colour) in colours {
        assert_eq!(one[figure].colour(rule), colour);
        assert!(
            one["tracking"].svg.contains(&format!("\"{colour}\"")),
            "{rule}"
        );
    }
    assert_eq!(other[figure].colour("bayesian"), "#d55e00");
    assert_eq!(other[figure].colour("force"), "#009e73");
    assert_eq!(third["learning_curves"].colour("bayesian"), "#d55e00");
    assert_eq!(third["learning_curves"].colour("classical"), "#0072b2");
    let unknown = other[figure].colour("hebbian");
    assert_eq!(third["learning_curves"].colour("hebbian"), unknown);
    assert!(colours.iter().all(|(_, colour)| *colour != unknown));
}

#[test]
fn near_equal_values_get_the_digits_to_differ() {
    let gains = ["1.00001", "1.00002", "1.00003"];
    let mut rows = Vec::new();
    for gain in gains {
        for eta0 in ["1e-5", "1.0001e-5"] {
            rows.push(vec!["bayesian", eta0, gain]);
        }
    }
    let head = format!(
        "{HEAD}\n[[condition]]\nsweep = {{ \"network.gain\" = {{ values = [1.00001, 1.00002, 1.00003] }}, \"rule.eta0\" = {{ values = [1e-5, 1.0001e-5] }} }}\n\
         [replicates]\nnetworks = 2\ntargets = 2\n"
    );
    // The errors are nearly equal too.
    let near = |condition: usize, _: u32| 0.5 + 1e-7 * condition as f64;
    let study = Study::new(
        &head,
        &["rule.kind", "rule.eta0", "network.gain"],
        &rows,
        &near,
    );
    let figures = study.figures();
    for gain in gains {
        // A tick of the axis, whose labels have the same decimals.
        let ticks = &figures["sensitivity_network_gain"].texts;
        assert!(
            ticks.iter().any(|t| t.trim_end_matches('0') == gain),
            "{gain}: {ticks:?}"
        );
        assert!(
            figures["heatmap_network_gain_rule_eta0"].has(gain),
            "{gain}"
        );
    }
    for eta0 in ["1×10⁻⁵", "1.0001×10⁻⁵"] {
        assert!(
            figures["heatmap_network_gain_rule_eta0"].has(eta0),
            "{eta0}"
        );
    }
    let keys = figures["learning_curves"].labels();
    let largest_first = ["g 1.00003", "g 1.00002", "g 1.00001"];
    assert_eq!(keys, largest_first);
    let title = &figures["tracking"].texts;
    assert!(
        title.iter().any(|t| t.contains("g = 1.00001, η₀ = 1×10⁻⁵")),
        "{title:?}"
    );
}

#[test]
fn flags_are_named_by_their_field() {
    let rows = [vec!["bayesian", "true"], vec!["bayesian", "false"]];
    let study = Study::new(
        HEAD,
        &["rule.kind", "training.washout_feedback"],
        &rows,
        &plain,
    );
    let figures = study.figures();
    assert_eq!(
        figures["learning_curves"].labels(),
        [
            "bayesian (washout feedback = true)",
            "bayesian (washout feedback = false)"
        ]
    );
}

/// Two axes, crossed, of which one has a zero; the first condition's error is exactly 0.
fn zeros() -> Study {
    let mut rows = Vec::new();
    for forgetting in ["0", "1e-4", "1e-3", "1e-2"] {
        for gain in ["1", "2"] {
            rows.push(vec!["bayesian", forgetting, gain]);
        }
    }
    let head = "name = \"zeros\"\n[[condition]]\nsweep = { \"rule.forgetting\" = { values = [0, 1e-4, 1e-3, 1e-2] }, \"network.gain\" = { values = [1, 2] } }";
    let mse = |condition: usize, trial: u32| match (condition, trial) {
        (2, 10..) => 0.0,
        _ => plain(condition, trial),
    };
    Study::new(
        head,
        &["rule.kind", "rule.forgetting", "network.gain"],
        &rows,
        &mse,
    )
}

#[test]
fn log_axes_have_a_lane_for_zeros() {
    let study = zeros();
    let figures = study.figures();
    for name in [
        "learning_curves",
        "sensitivity_rule_forgetting",
        "sensitivity_network_gain",
        "heatmap_rule_forgetting_network_gain",
        "tracking",
    ] {
        assert!(figures[name].has("0"), "{name}: {:?}", figures[name].texts);
    }
    // Zeros do not stretch an axis, and a swept zero is beside the powers of ten.
    let sensitivity = &figures["sensitivity_rule_forgetting"];
    for tick in ["10⁻⁴", "10⁻³", "10⁻²"] {
        assert!(sensitivity.has(tick), "{tick}: {:?}", sensitivity.texts);
    }
    let note = sensitivity.texts.join(" ");
    assert!(note.contains("Lane 0: exactly 0."), "{note}");
    let note = figures["heatmap_rule_forgetting_network_gain"]
        .texts
        .join(" ");
    assert!(note.contains("Black: a median of exactly 0."), "{note}");
    assert_eq!(figures["learning_curves"].colour("forgetting 0"), "#000000");
}

#[test]
fn stale_figures_go_and_what_a_user_put_there_stays() {
    let study = zeros();
    study.report(&[]);
    study.put("figures/my_notes.tmp", "mine");
    study.put("figures/sensitivity_mine.png", "mine");
    assert!(
        study
            .file_names()
            .contains(&"sensitivity_rule_forgetting.svg".to_string())
    );
    study.fill(HEAD, &["rule.kind"], &[vec!["force"]], &plain);
    study.report(&[]);
    let left = [
        "captions.md",
        "learning_curves.png",
        "learning_curves.svg",
        "my_notes.tmp",
        "sensitivity_mine.png",
        "tracking.png",
        "tracking.svg",
    ];
    assert_eq!(study.file_names(), left);
}

#[test]
fn a_comparison_stays_as_long_as_the_tables_are_the_same() {
    let rows = [vec!["bayesian", "0.1"], vec!["bayesian", "0.2"]];
    let study = Study::new(HEAD, &["rule.kind", "rule.eta0"], &rows, &plain);
    let mut reference = "rule,eta0,network,target,trial,test_mse\n".to_string();
    for trial in [0, 10, 20] {
        let _ = writeln!(
            reference,
            "bayesian,0.1,0,0,{trial},0.5\nbayesian,0.2,0,0,{trial},0.0"
        );
    }
    study.put("published.csv", &reference);
    study.report(&["compare", "--reference", "published.csv"]);
    study.report(&[]);
    let comparison = &study.drawn()["comparison"];
    assert!(
        comparison.svg.contains("\"#d55e00\"") && !comparison.svg.contains("\"#0072b2\""),
        "the rule has its colour here too"
    );
    let captions = study.get("figures/captions.md");
    assert!(
        captions.contains("## Comparison with a reference\n"),
        "{captions}"
    );
    assert!(
        study.drawn()["comparison"].has("0"),
        "a lane for the reference's zeros"
    );
    study.report(&[]);
    assert_eq!(study.get("figures/captions.md"), captions, "and again");
    study.fill(HEAD, &["rule.kind", "rule.eta0"], &rows, &|c, t| {
        2.0 * plain(c, t)
    });
    study.report(&[]);
    assert!(
        !study
            .file_names()
            .iter()
            .any(|name| name.starts_with("comparison."))
    );
    assert!(!study.get("figures/captions.md").contains("## Comparison"));
}

#[test]
fn names_are_no_markup_in_captions() {
    let head = "name = \"a*b*\\n# c\\u001B\"\nquestion = \"\"\"\nDoes\n# it <b>matter</b>?\n\"\"\"";
    let rows = [vec!["bayesian", "[x](y)\n## z"], vec!["bayesian", "`w`"]];
    let study = Study::new(head, &["rule.kind", "target.column"], &rows, &plain);
    let figures = study.figures();
    let captions = study.get("figures/captions.md");
    assert!(
        captions.starts_with("# Figures of the study a\\*b\\*\\\\u{a}# c\\\\u{1b}\n\nDoes # it \\<b\\>matter\\</b\\>?\n\n## "),
        "{captions}"
    );
    let headings: Vec<&str> = captions.lines().filter(|l| l.starts_with('#')).collect();
    assert_eq!(
        headings.len(),
        4,
        "title, two figures, what is not drawn: {headings:?}"
    );
    assert!(figures["learning_curves"].has("bayesian ([x](y)\\u{a}## z)"));
}

#[test]
fn titles_of_colour_bars_and_axes_are_whole() {
    // Two rows are lower than the titles are long; nothing is off the page (see `check`).
    let study = zeros();
    let figures = study.figures();
    let heatmap = &figures["heatmap_rule_forgetting_network_gain"];
    let words = heatmap.texts.join(" ");
    assert!(words.contains("median final test MSE"), "{words}");
    assert!(!words.contains('…'), "{words}");
}
