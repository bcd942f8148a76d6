//! Names that the figures' font cannot show: the runner warns of them as the report does.

mod place;

use place::Place;
use std::fmt::Write as _;

const SPEC: &str = r#"
schema = 1
name = "names"
question = "Which signal?"
seed = 7
[network]
units = 20
[target]
kind = "file"
path = "signals.csv"
sample_ms = 1
[training]
trials = 2
washout_ms = 10
[replicates]
networks = 1
targets = 1
[[condition]]
rule = { kind = "bayesian", eta0 = 1e-3 }
[condition.sweep]
"target.column" = { values = ["信号", "скорость"] }
"#;

#[test]
fn a_name_beyond_the_font_is_drawn_as_code_points_with_a_warning() {
    let place = Place::new(SPEC);
    let mut signals = "信号,скорость\n".to_string();
    for i in 0..40 {
        let _ = writeln!(signals, "{},{}", (i * 7) % 11, (i * 5) % 13);
    }
    std::fs::write(place.path("signals.csv"), signals).unwrap();
    let output = place
        .runner(&["study.toml", "--out", "out", "-j", "1"])
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{err}");
    let warning = "the font of the figures has no U+4FE1, U+53F7: \"bayesian (信号)\" is drawn as \"bayesian (U+4FE1 U+53F7)\"";
    assert_eq!(err.matches(warning).count(), 1, "{err}");
    assert!(!err.contains("скорость"), "{err}");
    assert!(
        !err.contains("No fonts"),
        "nothing is left to the rasteriser: {err}"
    );
    let curves = std::fs::read_to_string(place.path("out/figures/learning_curves.svg")).unwrap();
    for name in ["bayesian (U+4FE1 U+53F7)", "bayesian (скорость)"] {
        assert!(curves.contains(&format!("\nkey: {name} = #")), "{name}");
    }
}
