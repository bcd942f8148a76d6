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
    assert_eq!(row.outcome, Outcome::Fails);
    // The best condition's maximum is finite.
    let row = one(
        "metric = \"test_mse\"\nwhere = { rule.kind = \"force\" }\nstatistic = \"max\"\nbest = true\nmax = 1",
    );
    assert!((row.observed - 0.45).abs() < 1e-12 && row.outcome == Outcome::Holds);
    let row = one(
        "metric = \"tracking_mse\"\nwhere = { network = [1, 2], target = 0, rule.alpha = 1.0 }\nmax = 1",
    );
    assert!((row.observed - 0.175).abs() < 1e-12, "{row:?}");
    assert_eq!((row.n[0], row.method), (2, Method::Networks));
}

#[test]
fn shares_count_all_selected_runs() {
    let row = one("diverged_share = { where = { rule.alpha = 10 } }\nmin = 0.1\nmax = 0.2");
    assert!((row.observed - 1.0 / 6.0).abs() < 1e-12 && row.outcome == Outcome::Holds);
    let row = one("diverged_share = {}\nmax = 0");
    assert!((row.observed - 5.0 / 90.0).abs() < 1e-12 && row.outcome == Outcome::Fails);
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
    assert!(row.observed.is_nan() && row.outcome == Outcome::Fails);
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
            "#  expectation     required   observed  {:<width$}  n   diverged  failed  missing  verdict\n\
             1  short           ≤ 0        0.05556   {:<width$}  90  5         0       0        FAILS; its interval crosses the bound\n\
             2  a longer label  0.2 … 0.3  0.2500    {:<width$}  1   0         0       0        holds; it has no interval\n\
             intervals: percentile bootstrap of networks x targets, 1000 resamples\n\
             1 of 2 hold",
            "95 % interval",
            high,
            "–",
            width = 13
        )
    );
}

/// The fixture on which some lines of both tables are changed: `None` removes one.
fn changed(expect: &str, change: impl Fn(&str) -> Option<String>) -> Row {
    let (dir, _, _) = fixture("");
    for file in ["runs.csv", "curves.csv"] {
        let path = dir.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().filter_map(&change);
        fs::write(&path, lines.map(|line| line + "\n").collect::<String>()).unwrap();
    }
    let text = "name = \"x\"\nseed = 5\n[replicates]\nnetworks = 6\ntargets = 5\n[[expect]]\n";
    let study = Study::of_text(&format!("{text}{expect}"));
    let tables = Tables::read(dir.path()).unwrap();
    let mut verdict = evaluate(dir.path(), &study, &tables).unwrap();
    assert_eq!(
        verdict.all_hold(),
        verdict.rows[0].outcome == Outcome::Holds
    );
    verdict.rows.remove(0)
}

/// A failed run has no rows in curves.csv.
fn fail(line: &str, is_failed: impl Fn(&str) -> bool) -> Option<String> {
    let mut cells: Vec<&str> = line.split(',').collect();
    if !is_failed(cells[0]) {
        return Some(line.to_string());
    }
    if cells.len() < 12 {
        return None;
    }
    (cells[5], cells[8], cells[9], cells[10]) = ("failed", "", "", "worker panicked");
    Some(cells.join(","))
}

fn undecided(row: &Row) -> &str {
    match &row.outcome {
        Outcome::Undecided(reason) => reason,
        other => panic!("{other:?}"),
    }
}

const CLASSICAL: &str = "metric = \"test_mse\"\nwhere = { rule.kind = \"classical\" }\nmax = 1\n";

#[test]
fn failed_runs_decide_nothing() {
    let most = |line: &str| fail(line, |id| id.starts_with("r0-") && id != "r0-0-0");
    let row = changed(CLASSICAL, most);
    assert_eq!(
        undecided(&row),
        "of 30 selected runs 29 failed; compute failed runs again with `runner SPEC --retry-failed`, or write allow_failed = 29 to judge by the others"
    );
    assert_eq!((row.n[0], row.failed[0], row.missing[0]), (1, 29, 0));
    assert_eq!(row.verdict(), "NOT DECIDED");
    let row = changed(&format!("{CLASSICAL}allow_failed = 29"), most);
    assert_eq!(row.verdict(), "holds; it has no interval");
    let row = changed(&format!("{CLASSICAL}allow_failed = 28"), most);
    assert!(undecided(&row).starts_with("of 30 selected runs 29 failed; "));
    // Not even allowed is what leaves nothing.
    let row = changed(&format!("{CLASSICAL}allow_failed = 30"), |line| {
        fail(line, |id| id.starts_with("r0-"))
    });
    assert_eq!(
        undecided(&row),
        "of 30 selected runs 30 failed; compute failed runs again with `runner SPEC --retry-failed`"
    );
    assert!(row.observed.is_nan() && row.n == [0]);
    // Runs that were not selected do not matter.
    let row = changed(
        "metric = \"test_mse\"\nwhere = { rule.alpha = 1 }\nmax = 1",
        most,
    );
    assert_eq!(row.outcome, Outcome::Holds);
}

#[test]
fn a_share_and_each_side_of_a_ratio_count_their_own_failures() {
    let one = |line: &str| fail(line, |id| id == "r2-1-0");
    let share = "diverged_share = { where = { rule.alpha = 10 } }\nmax = 0.5\n";
    let row = changed(share, one);
    assert!(undecided(&row).starts_with("of 30 selected runs 1 failed; "));
    let row = changed(&format!("{share}allow_failed = 1"), one);
    // Of those that have a status: a failed run is not one that did not diverge.
    assert_eq!((row.observed, row.n[0]), (5.0 / 29.0, 29));
    assert_eq!(row.outcome, Outcome::Holds);
    let side = |alpha| format!("{{ metric = \"test_mse\", where = {{ rule.alpha = {alpha} }} }}");
    let ratio = format!("ratio = [{}, {}]\nmax = 1\n", side(1), side(10));
    let row = changed(&ratio, one);
    assert!(
        undecided(&row).starts_with("on the second side, of 30 selected runs 1 failed; "),
        "{row:?}"
    );
    assert_eq!(row.failed, [0, 1]);
    let row = changed(&format!("{ratio}allow_failed = 1"), one);
    assert_eq!(row.outcome, Outcome::Holds);
}

#[test]
fn runs_without_a_row_or_a_value_count_as_failed_ones() {
    let gone = |line: &str| (!line.starts_with("r0-5-")).then(|| line.to_string());
    let row = changed(CLASSICAL, gone);
    assert_eq!(
        undecided(&row),
        "of 30 selected runs 5 are missing from runs.csv; compute missing runs with `runner SPEC`, or write allow_failed = 5 to judge by the others"
    );
    assert_eq!((row.n[0], row.missing[0]), (25, 5));
    let selected = |network: &str| {
        let of = format!("where = {{ rule.kind = \"classical\", network = {network} }}");
        let expect = CLASSICAL.replace("where = { rule.kind = \"classical\" }", &of);
        changed(&expect, gone).outcome
    };
    assert_eq!(selected("[0, 1, 2]"), Outcome::Holds);
    assert!(matches!(selected("[4, 5]"), Outcome::Undecided(_)));
    let empty = |line: &str| {
        let mut cells: Vec<&str> = line.split(',').collect();
        if cells[0] == "r0-3-3" && cells.len() < 12 {
            cells[7] = "";
        }
        Some(cells.join(","))
    };
    let row = changed(CLASSICAL, empty);
    assert_eq!(
        undecided(&row),
        "of 30 selected runs 1 has no test_mse; select runs that have a value, or write allow_failed = 1 to judge by the others"
    );
    // Whether it diverged is known all the same.
    let share = "diverged_share = { where = { rule.kind = \"classical\" } }\nmax = 1";
    assert_eq!(changed(share, empty).outcome, Outcome::Holds);
}

#[test]
fn a_gate_may_ask_for_the_whole_interval() {
    let median = "metric = \"test_mse\"\nwhere = { rule.kind = \"classical\" }\n";
    let interval = one(&format!("{median}max = 1")).interval.unwrap();
    let (low, high) = (interval.low, interval.high);
    let middle = 0.55;
    assert!(low < middle && middle < high, "{interval:?}");
    let verdict = |bounds: String| {
        ["estimate", "interval"].map(|require| {
            let row = one(&format!("{median}{bounds}\nrequire = \"{require}\""));
            let holds = row.outcome == Outcome::Holds;
            assert_eq!(row.verdict().starts_with("holds"), holds);
            row.verdict()
        })
    };
    let words = |bounds: String| verdict(bounds).map(|text| text.to_string());
    assert_eq!(words(format!("max = {high:?}")), ["holds", "holds"]);
    assert_eq!(
        words(format!("max = {:?}", high - 0.01)),
        [
            "holds; its interval does not",
            "FAILS; its estimate holds, its interval does not"
        ]
    );
    let part = "FAILS; its interval crosses the bound";
    assert_eq!(words(format!("max = {:?}", low + 0.01)), [part, part]);
    assert_eq!(
        words(format!("min = {:?}", high + 0.01)),
        ["FAILS", "FAILS"]
    );
    let single =
        "metric = \"test_mse\"\nwhere = { rule.alpha = 1, network = 0, target = 0 }\nmax = 1\n";
    assert_eq!(one(single).verdict(), "holds; it has no interval");
    assert_eq!(
        one(&single.replace("max = 1", "max = 0")).verdict(),
        "FAILS; it has no interval"
    );
    let row = one(&format!("{single}require = \"interval\""));
    assert_eq!(
        undecided(&row),
        "require = \"interval\", but it has no interval: one network and one target, or all of them alike; raise \
         replicates.networks or replicates.targets, or select other conditions"
    );
}

#[test]
fn a_share_of_zero_or_one_is_not_certain() {
    let row = one("diverged_share = { where = { rule.kind = \"classical\" } }\nmax = 0");
    let interval = row.interval.unwrap();
    // 6 networks × 5 targets are worth 5 units at least.
    let high = 1.0 - libm::pow(0.025, 0.2);
    assert_eq!(row.observed, 0.0);
    assert!(interval.low == 0.0 && (interval.high - high).abs() < 1e-12);
    assert_eq!(row.method, Method::ExactFewer);
    assert_eq!(row.verdict(), "holds; its interval does not");
    let row = one("diverged_share = { where = { rule.alpha = 10, network = 0 } }\nmin = 1");
    let interval = row.interval.unwrap();
    assert_eq!((row.observed, interval.high), (1.0, 1.0));
    assert!((interval.low - libm::pow(0.025, 0.2)).abs() < 1e-12);
    assert_eq!(row.method, Method::ExactTargets);
}

#[test]
fn what_is_printed_is_short_and_visible() {
    let (dir, study, tables) = fixture(
        "[[expect]]\nlabel = \"a\\u001b[2Jb\"\ndiverged_share = { where = { rule.kind = \"classical\" } }\nmax = 1e300\n[[expect]]\nrequire = \"interval\"\nmetric = \"test_mse\"\nmin = -0.0\nmax = 2",
    );
    let text = evaluate(dir.path(), &study, &tables).unwrap().to_string();
    assert!(
        text.contains("a\\u{1b}[2Jb") && !text.contains('\u{1b}'),
        "{text}"
    );
    assert!(text.contains("≤ 1e300 "), "{text}");
    assert!(text.contains(" 0 … 2 (interval) "), "{text}");
    assert!(
        text.contains("1000 resamples; of shares of 0 and 1: Clopper-Pearson over the fewer of networks and targets (conservative)\n"),
        "{text}"
    );
}
