//! Tests of the whole way from text to study.

use super::study::RunKey;
use super::{SpecErrors, Study};
use std::path::Path;

/// The spec of the README, small.
pub const EXAMPLE: &str = r#"
schema = 1
name = "eta_sweep"
question = "How does the initial learning rate change what each rule has learned?"
seed = 2021

[network]
units = 500
gain = 1.5
[target]
kind = "periodic_gp"
length_ms = 700
[training]
trials = 300
washout_ms = 200
checkpoints_every = 50
[replicates]
networks = 4
targets = 5

[[condition]]
rule = { kind = "classical" }
sweep = { "rule.eta0" = { log = [1e-6, 1e-3], points = 7 } }

[[condition]]
rule = { kind = "bayesian", noise = { kind = "fixed", variance = 1.0 } }
sweep = { "rule.eta0" = { log = [1e-5, 1e-2], points = 7 } }

[[expect]]
ratio = [{ metric = "test_mse", statistic = "median", where = { "rule.kind" = "classical" }, best = true },
         { metric = "test_mse", statistic = "median", where = { "rule.kind" = "bayesian" }, best = true }]
at_trial = 300
min = 2.0
"#;

fn load(text: &str) -> Result<Study, SpecErrors> {
    set(text, &[])
}

fn set(text: &str, sets: &[&str]) -> Result<Study, SpecErrors> {
    let sets: Vec<String> = sets.iter().map(|&set| set.to_owned()).collect();
    Study::parse(text, "x.toml", Path::new(""), &sets)
}

fn good(text: &str) -> Study {
    load(text).unwrap_or_else(|errors| panic!("{errors}"))
}

fn message(text: &str, sets: &[&str]) -> String {
    set(text, sets).map(|_| ()).unwrap_err().to_string()
}

/// The identities of all runs, in order.
fn ids(study: &Study) -> Vec<String> {
    let run = |index| study.run_id(study.run(index)).to_string();
    (0..study.runs()).map(run).collect()
}

/// A spec of one classical rule and the given lines of a condition.
fn small(condition: &str) -> String {
    let base = &EXAMPLE[..EXAMPLE.find("[[condition]]").unwrap()];
    format!("{base}[[condition]]\n{condition}\n")
}

#[test]
fn the_example_expands_in_the_documented_order() {
    let study = good(EXAMPLE);
    assert_eq!((study.conditions.len(), study.runs()), (14, 280));
    let cells: Vec<String> = study
        .conditions
        .iter()
        .map(|c| {
            format!(
                "{} {}",
                c.cell("rule.kind").unwrap(),
                c.cell("rule.eta0").unwrap()
            )
        })
        .collect();
    assert_eq!(cells[0], "classical 1e-6");
    assert_eq!(cells[2], "classical 1e-5");
    assert_eq!(cells[13], "bayesian 0.01");
    assert_eq!(
        study.run(279),
        RunKey {
            condition: 13,
            network: 3,
            target: 4
        }
    );
    assert_eq!(study.run(7).network, 1);
    assert_eq!(
        study.parameter_columns(),
        [
            "rule.kind",
            "rule.eta0",
            "rule.covariance.kind",
            "rule.gain",
            "rule.noise.kind",
            "rule.noise.variance",
            "rule.update_order"
        ]
    );
    assert_eq!(study.conditions[0].cell("rule.noise.kind"), None);
}

#[test]
fn axes_are_crossed_the_last_fastest_and_zips_advance_together() {
    let study = good(&small(
        r#"rule = { kind = "bayesian" }
sweep = { "network.gain" = { values = [1.2, 1.5] }, "rule.eta0" = { values = [1e-3, 1e-2] }, "target.length_ms" = { values = [500, 700] } }
zip = [["network.gain", "target.length_ms"]]"#,
    ));
    let points: Vec<String> = study
        .conditions
        .iter()
        .map(|c| {
            format!(
                "{} {} {}",
                c.network.gain,
                c.cell("rule.eta0").unwrap(),
                c.target.length_ms()
            )
        })
        .collect();
    assert_eq!(
        points,
        [
            "1.2 0.001 500",
            "1.2 0.01 500",
            "1.5 0.001 700",
            "1.5 0.01 700"
        ]
    );
    let columns = study.parameter_columns();
    assert_eq!(
        columns[columns.len() - 2..],
        ["network.gain", "target.length_ms"]
    );
}

#[test]
fn a_kind_can_be_swept_and_an_override_may_change_it() {
    let study = good(&small(
        "rule = { eta0 = 1e-4 }\nsweep = { \"rule.kind\" = { values = ['classical', 'bayesian'] } }\n\
         [[condition]]\nrule = { kind = 'force' }\nnetwork = { gain = 1.2 }\n\
         training = { protocol = 'stream', duration_ms = 7000, validate_every_ms = 700 }",
    ));
    assert_eq!(study.conditions.len(), 3);
    assert_eq!(
        study.conditions[1]
            .cell("rule.noise.kind")
            .unwrap()
            .to_string(),
        "fixed"
    );
    let columns = study.parameter_columns();
    assert!(
        columns.contains(&"training.trials".to_owned()),
        "{columns:?}"
    );
    assert!(columns.contains(&"network.gain".to_owned()), "{columns:?}");
    assert!(
        !columns.contains(&"training.precision".to_owned()),
        "{columns:?}"
    );
}

#[test]
fn the_resolved_spec_expands_to_the_same_runs() {
    let others = small(
        "rule = { eta0 = 1e-4 }\nsweep = { \"rule.kind\" = { values = ['classical', 'bayesian'] } }\n\
         [[condition]]\nrule = { kind = 'bayesian', noise = { kind = 'window' }, drift = { tau_ms = 1e4, prior_variance = 0.1 } }\n\
         target = { kind = 'sines', components = [{ period_ms = 700, amplitude = 1 }] }\n\
         sweep = { 'rule.noise.errors' = { log = [2, 1000], points = 4 }, 'rule.eta0' = { values = [1e-3, 1e-2, 3e-2, 0.1] } }\n\
         zip = [['rule.noise.errors', 'rule.eta0']]",
    );
    for text in [
        EXAMPLE.to_owned(),
        others.replace("targets = 5", "targets = 1"),
    ] {
        let study = good(&text);
        let resolved = study.to_toml(Path::new("results/x"));
        let again = good(&resolved);
        assert_eq!(ids(&again), ids(&study), "{resolved}");
        assert_eq!(again.parameter_columns(), study.parameter_columns());
        assert_eq!(again.expectations, study.expectations);
        assert_eq!(
            again.to_toml(Path::new("results/x")),
            resolved,
            "writing is stable"
        );
    }
}

#[test]
fn set_values_replace_fields_and_axes() {
    let study = set(
        EXAMPLE,
        &[
            "rule.eta0=1e-4",
            "training.trials=10",
            "replicates.networks=1",
            "seed=3",
        ],
    );
    let errors = study.map(|_| ()).unwrap_err().to_string();
    assert_eq!(
        errors,
        "x.toml:32:12: expect.at_trial = 300: no test_mse is measured there; choose one of 0, 10"
    );
    let text = EXAMPLE.replace("at_trial = 300\n", "");
    let study = set(
        &text,
        &[
            "rule.eta0=1e-4",
            "network.feedback=own_potential",
            "seed=3",
            "name=2021",
        ],
    )
    .unwrap();
    assert_eq!(
        (study.conditions.len(), study.seed, &*study.name),
        (2, 3, "2021")
    );
    assert_eq!(
        study.conditions[1].cell("rule.eta0").unwrap().to_string(),
        "0.0001"
    );
    let text = text.replace(", noise = { kind = \"fixed\", variance = 1.0 }", "");
    let study = set(&text, &["rule.noise.kind=window", "rule.noise.errors=5"]).unwrap();
    assert_eq!(
        study.conditions[7]
            .cell("rule.noise.errors")
            .unwrap()
            .to_string(),
        "5"
    );
}

#[test]
fn a_set_takes_an_axis_out_of_its_zip_group_and_wins_over_overrides() {
    let text = small(
        "rule = { kind = 'classical' }\nnetwork = { gain = 1.2 }\n\
         sweep = { 'rule.eta0' = { values = [1e-4, 1e-3] }, 'target.length_ms' = { values = [500, 700] } }\n\
         zip = [['rule.eta0', 'target.length_ms']]",
    );
    let study = set(
        &text,
        &["rule.eta0=0.5", "network.gain=2", "network.units=7"],
    )
    .unwrap();
    let points: Vec<(f64, f64, usize)> = study
        .conditions
        .iter()
        .map(|c| (c.target.length_ms(), c.network.gain, c.network.units))
        .collect();
    assert_eq!(points, [(500.0, 2.0, 7), (700.0, 2.0, 7)]);
    let rates = study
        .conditions
        .iter()
        .map(|c| c.cell("rule.eta0").unwrap());
    assert!(rates.into_iter().all(|rate| rate.as_f64() == Some(0.5)));
}

#[test]
fn a_set_that_fits_nothing_is_told() {
    assert_eq!(
        message(
            EXAMPLE,
            &[
                "rule.alpha=2",
                "network.gian=1",
                "network.gain=x",
                "rule.noise=1",
                "gain"
            ]
        ),
        "--set rule.alpha=2: no condition of this study has the field rule.alpha; fields there: rule.kind, rule.eta0, rule.covariance.kind, rule.gain, rule.noise.kind, rule.noise.variance, rule.update_order, rule.drift.tau_ms, rule.drift.prior_mean, rule.drift.prior_variance, rule.forgetting\n\
         --set network.gian=1: no field is called network.gian; did you mean `network.gain`?\n\
         --set network.gain=x: network.gain: must be a number, found text \"x\"\n\
         --set rule.noise=1: rule.noise is a table; set one of its fields: rule.noise.kind, rule.noise.variance, rule.noise.errors, rule.noise.lag_steps, rule.noise.shape, rule.noise.scale\n\
         --set gain: must look like path=value, such as network.gain=1.2"
    );
}

#[test]
fn identity_is_of_parameters_not_of_their_writing() {
    let first = good(EXAMPLE);
    let rewritten = EXAMPLE
        .replace("name = \"eta_sweep\"", "name = \"other\" # renamed")
        .replace("gain = 1.5", "gain = 0.15e1")
        .replace("length_ms = 700", "length_ms = 700.0")
        .replace("networks = 4", "networks = 2")
        .replace("units = 500\n", "");
    let second = good(&rewritten);
    for (index, id) in ids(&second).iter().enumerate() {
        let key = second.run(index);
        assert_eq!(*id, first.run_id(key).to_string());
    }
    let (a, b) = (
        EXAMPLE.find("[[condition]]").unwrap(),
        EXAMPLE.rfind("[[condition]]").unwrap(),
    );
    let end = EXAMPLE.find("[[expect]]").unwrap();
    let swapped = format!(
        "{}{}{}{}",
        &EXAMPLE[..a],
        &EXAMPLE[b..end],
        &EXAMPLE[a..b],
        &EXAMPLE[end..]
    );
    let mut both = [ids(&first), ids(&good(&swapped))];
    both.iter_mut().for_each(|ids| ids.sort());
    assert_eq!(both[0], both[1]);
}

/// Committed, so that an id changes only when someone means it to: results are found by it.
#[test]
fn the_identity_of_one_run_is_known() {
    let study = good(EXAMPLE);
    let key = study.run(0);
    assert_eq!(
        study.run_id(key).to_string(),
        "d42d9e4450cd71a7e9ab42f7f8fe7ed9"
    );
    let id = study.run_id(key);
    assert_eq!(id.to_string().parse(), Ok(id));
}

#[test]
fn fields_that_came_later_are_in_the_identity_only_where_they_do_something() {
    let study = |lines: &str| good(&small(&format!("rule = {{ kind = 'force' }}\n{lines}")));
    let id = |lines: &str| ids(&study(lines))[0].clone();
    let before = id("");
    let later = [
        ("network", "initial_state", "0", "0.5"),
        ("network", "state_noise", "0", "0.01"),
        ("training", "switch_target_at_trial", "0", "50"),
        ("training", "error_noise", "0", "0.1"),
        ("training", "washout_feedback", "true", "false"),
    ];
    let mut all = vec![before.clone()];
    for (table, field, without, value) in later {
        let with = |value: &str| format!("{table} = {{ {field} = {value} }}");
        assert_eq!(id(&with(without)), before, "{field}");
        all.push(id(&with(value)));
        let swept = study(&format!(
            "sweep = {{ '{table}.{field}' = {{ values = [{without}, {value}] }} }}"
        ));
        assert_eq!(ids(&swept)[0], before, "{field}");
        assert_eq!(ids(&swept)[20], all[all.len() - 1], "{field}");
        let columns = swept.parameter_columns();
        assert_eq!(columns[columns.len() - 1], format!("{table}.{field}"));
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 6);
}

#[test]
fn a_file_is_its_samples() {
    let folder = tempfile::tempdir().unwrap();
    for (name, column) in [("a.csv", "v"), ("b.csv", "other"), ("c.csv", "v")] {
        let last = if name == "c.csv" { "0.3" } else { "0.25" };
        let text = format!("t_ms,{column}\n0,0.5\n1,-1\n2,{last}\n\n");
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let text = |name: &str, column: &str| {
        let target = format!(
            "kind = \"file\"\npath = \"{name}\"\ncolumn = \"{column}\"\nsample_ms = 1\nstandardise = true"
        );
        small("rule = { kind = 'force' }")
            .replace("kind = \"periodic_gp\"\nlength_ms = 700", &target)
            .replace("targets = 5", "targets = 1")
    };
    let study = |name: &str, column: &str| {
        Study::parse(&text(name, column), "x.toml", folder.path(), &[]).unwrap()
    };
    let first = study("a.csv", "v");
    assert_eq!(first.conditions[0].target.length_ms(), 3.0);
    assert_eq!(ids(&first), ids(&study("b.csv", "other")));
    assert_ne!(ids(&first), ids(&study("c.csv", "v")));
    let results = folder.path().join("results/x");
    std::fs::create_dir_all(&results).unwrap();
    let resolved = first.to_toml(&results);
    assert!(resolved.contains("path = \"../../a.csv\""), "{resolved}");
    let again = Study::parse(&resolved, "study.toml", &results, &[]).unwrap();
    assert_eq!(ids(&again), ids(&first));
}

#[test]
fn signals_that_are_counted_count_towards_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.csv"), "u,v\n0,1\n1,0\n").unwrap();
    let target = "kind = \"file\"\npath = \"a.csv\"\ncolumns = [\"u\", \"v\"]\nsample_ms = 1";
    let text = small("rule = { kind = 'force' }")
        .replace("kind = \"periodic_gp\"\nlength_ms = 700", target)
        .replace("networks = 4", "networks = 6_000_000")
        .replace("targets = 5", "");
    let errors = Study::parse(&text, "x.toml", folder.path(), &[]).unwrap_err();
    assert!(
        errors.to_string().contains(
            "too many runs: 1 × 6000000 networks × 2 targets = 12000000; at most 10000000"
        ),
        "{errors}"
    );
}

#[test]
fn a_hundred_thousand_runs_are_expanded_at_once() {
    let text = small(
        "rule = { kind = 'bayesian' }\nsweep = { 'rule.eta0' = { log = [1e-6, 1e-1], points = 500 }, 'network.gain' = { linear = [0.5, 2], points = 10 } }",
    );
    let started = std::time::Instant::now();
    let study = good(&text);
    let distinct: std::collections::BTreeSet<_> = (0..study.runs())
        .map(|index| study.run_id(study.run(index)))
        .collect();
    assert_eq!((study.runs(), distinct.len()), (100_000, 100_000));
    // Well above what it takes; a quadratic expansion would take minutes.
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}

#[test]
fn identity_differs_when_a_parameter_does() {
    let with = |eta0: f64| {
        let study = good(&small(&format!(
            "rule = {{ kind = 'classical', eta0 = {eta0:?} }}"
        )));
        ids(&study)[0].clone()
    };
    assert_ne!(with(1e-4), with(f64::from_bits(1e-4f64.to_bits() + 1)));
    assert_eq!(with(0.0), with(-0.0));
    let study = good(EXAMPLE);
    let mut all = ids(&study);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), study.runs());
    let other = good(&EXAMPLE.replace("seed = 2021", "seed = 2022"));
    assert_ne!(ids(&study)[0], ids(&other)[0]);
}
