use super::*;

#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct Holder {
    expect: Vec<Expectation>,
}

fn read(text: &str) -> Result<Holder, String> {
    toml::from_str(text).map_err(|e: toml::de::Error| e.message().to_string())
}

#[test]
fn a_row_of_each_kind_survives_a_round_trip() {
    let text = r#"
            [[expect]]
            metric = "test_mse"
            statistic = "q25"
            where = { "rule.kind" = "bayesian", "rule.eta0" = [1e-6, 2], network = 0 }
            best = true
            at_trial = 100
            min = 0.1
            max = 0.5
            label = "one"
            require = "interval"
            allow_failed = 2
            [[expect]]
            ratio = [{ metric = "test_mse", where = { rule.kind = "bayesian" }, best = true }, { metric = "tracking_mse", statistic = "mean" }]
            max = 0.7
            [[expect]]
            diverged_share = { where = { network.own = true } }
            max = 0.0
        "#;
    let first = read(text).unwrap();
    let written = toml::to_string(&first).unwrap();
    assert_eq!(read(&written).unwrap(), first, "{written}");
    assert_eq!(
        first.expect[1].title(),
        "best median test_mse [rule.kind=bayesian] / mean tracking_mse"
    );
    assert_eq!(first.expect[0].require, Require::Interval);
    assert_eq!(first.expect[0].allow_failed, 2);
    assert_eq!(first.expect[1].require, Require::Estimate);
    assert_eq!(first.expect[1].allow_failed, 0);
    assert_eq!(
        first.expect[0].describe(),
        "best q25 test_mse [network=0, rule.eta0=1e-6|2, rule.kind=bayesian] at trial 100"
    );
}

#[test]
fn bad_rows_are_refused_with_their_reason() {
    for (row, message) in [
        (
            "max = 1",
            "an expectation has exactly one of metric, ratio and diverged_share, found none",
        ),
        (
            "metric = 'test_mse'\ndiverged_share = {}\nmax = 1",
            "an expectation has exactly one of metric, ratio and diverged_share, found metric and diverged_share",
        ),
        (
            "metric = 'test_mse'",
            "an expectation needs min, max or both",
        ),
        (
            "metric = 'test_mse'\nmin = 2\nmax = 1",
            "min = 2.0 is above max = 1.0",
        ),
        (
            "ratio = [{ metric = 'test_mse' }]\nmax = 1",
            "ratio takes two sides, found 1",
        ),
        (
            "diverged_share = {}\nat_trial = 3\nmax = 1",
            "at_trial does not go with diverged_share: a status is that of a whole run",
        ),
        (
            "diverged_share = {}\nbest = true\nmax = 1",
            "best stands beside metric; with diverged_share it belongs inside diverged_share",
        ),
        (
            "metric = 'test_mse'\nmaximum = 1",
            "unknown field `maximum`, expected one of `label`, `metric`, `statistic`, `where`, `best`, `ratio`, `diverged_share`, `at_trial`, `min`, `max`, `require`, `allow_failed`",
        ),
        (
            "metric = 'mse'\nmax = 1",
            "unknown variant `mse`, expected `test_mse` or `tracking_mse`",
        ),
        (
            "metric = 'test_mse'\nmax = inf",
            "max = inf: must be a finite number",
        ),
        (
            "metric = 'test_mse'\nmin = -inf\nmax = 1",
            "min = -inf: must be a finite number",
        ),
        (
            "metric = 'test_mse'\nmin = nan\nmax = 1",
            "min = nan: must be a finite number",
        ),
        (
            "metric = 'test_mse'\nmax = 1\nrequire = 'intervall'",
            "unknown variant `intervall`, expected `estimate` or `interval`",
        ),
        (
            "metric = 'test_mse'\nmax = 1\nallow_failed = -1",
            "invalid value: integer `-1`, expected u64",
        ),
        (
            "diverged_share = { were = 1 }\nmax = 1",
            "unknown field `were`, expected `where`",
        ),
        (
            "metric = 'test_mse'\nwhere = { 'rule.kind' = [] }\nmax = 1",
            "where: rule.kind = []: an empty list selects no run",
        ),
    ] {
        let error = read(&format!("[[expect]]\n{row}\n")).unwrap_err();
        assert_eq!(error, message, "{row}");
    }
}

#[test]
fn numbers_match_by_value_and_texts_exactly() {
    assert!(Scalar::Real(1e-6).matches("0.000001"));
    assert!(Scalar::Real(0.1 + 0.2).matches("0.3"));
    assert!(!Scalar::Real(1.0).matches("1.00001"));
    assert!(!Scalar::Real(1.0).matches(""));
    assert!(Scalar::Whole(0).matches("0"));
    assert!(Scalar::Flag(true).matches("true"));
    assert!(!Scalar::Text("Force".into()).matches("force"));
    assert!(Scalar::Text(String::new()).matches(""));
}

#[test]
fn bounds_are_inclusive_and_undefined_never_holds() {
    let mut expectation = read("[[expect]]\nmetric = 'test_mse'\nmin = 1\nmax = 2")
        .unwrap()
        .expect
        .remove(0);
    assert!(expectation.holds(1.0) && expectation.holds(2.0));
    assert!(!expectation.holds(0.99) && !expectation.holds(f64::INFINITY));
    assert!(!expectation.holds(f64::NAN));
    let interval = |low, high| Interval {
        low,
        high,
        level: 0.95,
    };
    for (low, high, throughout, possible) in [
        (1.0, 2.0, true, true),
        (0.5, 1.5, false, true),
        (0.5, 3.0, false, true),
        (2.5, 3.0, false, false),
        (0.0, 0.5, false, false),
    ] {
        let interval = interval(low, high);
        assert_eq!(expectation.holds_throughout(&interval), throughout);
        assert_eq!(expectation.is_possible(&interval), possible);
    }
    expectation.max = None;
    assert!(expectation.holds(f64::INFINITY));
}

#[test]
fn extremes_have_no_interval_to_ask_for() {
    for (quantity, name) in [
        ("metric = \"test_mse\"\nstatistic = \"max\"", "max"),
        (
            "ratio = [{ metric = \"test_mse\" }, { metric = \"test_mse\", statistic = \"min\" }]",
            "min",
        ),
    ] {
        let row = format!("[[expect]]\n{quantity}\nmax = 1\n");
        assert!(read(&row).is_ok(), "{row}");
        let problem = read(&format!("{row}require = \"interval\"\n")).unwrap_err();
        let wanted = format!(
            "require = \"interval\" does not go with statistic = \"{name}\": resampling never goes beyond the extremes of \
             the runs"
        );
        assert!(problem.contains(&wanted), "{problem}");
    }
}
