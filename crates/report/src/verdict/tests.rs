use super::*;
use crate::tables::Tables;
use std::fs;

/// A study of two rules on 6 × 5 replicates; force is half as bad in every cell, except that one of
/// its two conditions diverges on network 0.
fn fixture(expect: &str) -> (tempfile::TempDir, Study, Tables) {
    let dir = tempfile::tempdir().unwrap();
    let mut runs = "run_id,rule.kind,rule.alpha,network,target,status,diverged_trial,diverged_step,test_mse,tracking_mse,message,wall_s\n".to_string();
    let mut curves =
        "run_id,rule.kind,rule.alpha,network,target,status,trial,test_mse,tracking_mse\n"
            .to_string();
    for (c, (rule, factor)) in [("classical,", 1.0), ("force,1", 0.5), ("force,10", 0.75)]
        .into_iter()
        .enumerate()
    {
        for k in 0..6 {
            for j in 0..5 {
                let diverged = c == 2 && k == 0;
                let status = if diverged { "diverged" } else { "ok" };
                let mse = factor * (0.2 + 0.1 * f64::from(k) + 0.05 * f64::from(j));
                let value = if diverged {
                    String::new()
                } else {
                    mse.to_string()
                };
                runs += &format!("r{c}-{k}-{j},{rule},{k},{j},{status},,,{value},{value},,1\n");
                curves += &format!("r{c}-{k}-{j},{rule},{k},{j},{status},0,{factor},\n");
                curves += &format!("r{c}-{k}-{j},{rule},{k},{j},{status},10,{value},{value}\n");
            }
        }
    }
    fs::write(dir.path().join("runs.csv"), runs).unwrap();
    fs::write(dir.path().join("curves.csv"), curves).unwrap();
    let study = Study::of_text(&format!("name = \"x\"\nseed = 5\n{expect}"));
    let tables = Tables::read(dir.path()).unwrap();
    (dir, study, tables)
}

fn one(expect: &str) -> Row {
    let (dir, study, tables) = fixture(&format!("[[expect]]\n{expect}"));
    evaluate(dir.path(), &study, &tables)
        .unwrap()
        .rows
        .remove(0)
}

fn problem(expect: &str) -> String {
    let (dir, study, tables) = fixture(&format!("[[expect]]\n{expect}"));
    let text = evaluate(dir.path(), &study, &tables)
        .unwrap_err()
        .to_string();
    text.replace(&format!("{}/", dir.path().display()), "")
}

#[test]
fn ratios_are_paired() {
    let row = one(
        "ratio = [{ metric = \"test_mse\", where = { rule.kind = \"force\" }, best = true }, { metric = \"test_mse\", where = { rule.kind = \"classical\" } }]\nmax = 0.5",
    );
    // Every cell of force is half of classical's, so every resample's ratio is exactly one half.
    let interval = row.interval.unwrap();
    for x in [row.observed, interval.low, interval.high] {
        assert!((x - 0.5).abs() < 1e-12, "{row:?}");
    }
    assert_eq!(row.n, [30, 30]);
    assert_eq!(
        row.best[0].as_deref(),
        Some("rule.kind=force, rule.alpha=1")
    );
    assert_eq!(row.best[1], None);
    assert_eq!(row.method, Method::Crossed);
}

#[test]
fn pooled_best_and_early_values() {
    let classical = "metric = \"test_mse\"\nwhere = { rule.kind = \"classical\" }\nmax = 1\n";
    let row = one(&format!("{classical}statistic = \"min\""));
    assert!((row.observed - 0.2).abs() < 1e-12);
    let row = one(&format!("{classical}statistic = \"mean\""));
    assert!((row.observed - 0.55).abs() < 1e-12);
    let row = one(&format!("{classical}at_trial = 0"));
    assert_eq!(row.observed, 1.0);
    // Pooled over both conditions of force, 5 of 60 diverged: the maximum and mean are infinite.
    let row = one(
        "metric = \"test_mse\"\nwhere = { rule.kind = \"force\" }\nstatistic = \"max\"\nmax = 1",
    );
    assert_eq!(
        (row.observed, row.n[0], row.diverged[0]),
        (f64::INFINITY, 60, 5)
    );
    assert!(!row.holds);
    // The best condition's maximum is finite.
    let row = one(
        "metric = \"test_mse\"\nwhere = { rule.kind = \"force\" }\nstatistic = \"max\"\nbest = true\nmax = 1",
    );
    assert!((row.observed - 0.45).abs() < 1e-12 && row.holds);
    let row = one(
        "metric = \"tracking_mse\"\nwhere = { network = [1, 2], target = 0, rule.alpha = 1.0 }\nmax = 1",
    );
    assert!((row.observed - 0.175).abs() < 1e-12, "{row:?}");
    assert_eq!((row.n[0], row.method), (2, Method::Networks));
}

#[test]
fn shares_count_all_selected_runs() {
    let row = one("diverged_share = { where = { rule.alpha = 10 } }\nmin = 0.1\nmax = 0.2");
    assert!((row.observed - 1.0 / 6.0).abs() < 1e-12 && row.holds);
    let row = one("diverged_share = {}\nmax = 0");
    assert!((row.observed - 5.0 / 90.0).abs() < 1e-12 && !row.holds);
}

#[test]
fn matching_nothing_is_an_error_that_lists_what_exists() {
    for (expect, message) in [
        (
            "diverged_share = { where = { rule.kind = \"bayes\" } }\nmax = 0",
            "study.toml: expectation 1 (diverged share [rule.kind=bayes]): no run has rule.kind = bayes; values there: classical, force",
        ),
        (
            "label = \"L\"\nmetric = \"test_mse\"\nwhere = { rule.kind = \"force\", rule.alpha = 2 }\nmax = 0",
            "study.toml: expectation 1 (L): no run has rule.alpha = 2; values there: (empty), 1, 10",
        ),
        (
            "label = \"L\"\nmetric = \"test_mse\"\nwhere = { rule.alfa = 2 }\nmax = 0",
            "study.toml: expectation 1 (L): where: rule.alfa is not a column, did you mean rule.alpha? (columns: rule.kind, rule.alpha, network, target)",
        ),
        (
            "label = \"L\"\nmetric = \"tracking_mse\"\nat_trial = 0\nmax = 0",
            "study.toml: expectation 1 (L): no tracking_mse at trial 0 for rule.kind=classical; trials there: 10",
        ),
        (
            "label = \"L\"\nratio = [{ metric = \"test_mse\" }, { metric = \"test_mse\", where = { network = 9 } }]\nmax = 0",
            "study.toml: expectation 1 (L): second side: no run has network = 9; values there: 0, 1, 2, 3, 4, 5",
        ),
    ] {
        assert_eq!(problem(expect), message);
    }
}

#[test]
fn undefined_ratios_fail() {
    let side = "{ metric = \"test_mse\", statistic = \"max\", where = { rule.alpha = 10 } }";
    let row = one(&format!("ratio = [{side}, {side}]\nmin = 0"));
    assert!(row.observed.is_nan() && !row.holds);
}

#[test]
fn the_table_is_aligned() {
    let (dir, study, tables) = fixture(
        "[[expect]]\nlabel = \"short\"\ndiverged_share = {}\nmax = 0\n[[expect]]\nlabel = \"a longer label\"\nmetric = \"test_mse\"\nwhere = { rule.alpha = 1, network = 2, target = 2 }\nmin = 0.2\nmax = 0.3",
    );
    let verdict = evaluate(dir.path(), &study, &tables).unwrap();
    let share = verdict.rows[0].interval.unwrap();
    assert_eq!(share.low, 0.0);
    let high = format!("0 … {}", crate::number::short(share.high, 4));
    assert_eq!(
        verdict.to_string(),
        format!(
            "#  expectation     required   observed  {:<width$}  n   diverged  failed  verdict\n\
             1  short           ≤ 0        0.05556   {:<width$}  90  5         0       FAILS\n\
             2  a longer label  0.2 … 0.3  0.2500    {:<width$}  1   0         0       holds\n\
             intervals: percentile bootstrap of networks x targets, 1000 resamples\n\
             1 of 2 hold",
            "95 % interval",
            high,
            "–",
            width = 13
        )
    );
}
