//! Matching, checkpoints and scores of small sides whose values are written down here.

use super::*;
use crate::tables::Sample;

const INF: f64 = f64::INFINITY;

/// A condition with one value per trial and network, on one target.
fn condition(rule: &str, eta0: f64, values: &[(u64, &[f64])]) -> Condition {
    let sample = |values: &[f64]| Sample {
        cells: (0..)
            .zip(values)
            .map(|(network, &value)| Cell {
                network,
                target: 0,
                value,
            })
            .collect(),
        diverged: values.iter().filter(|v| **v == INF).count(),
        ..Sample::default()
    };
    Condition {
        rule: rule.to_string(),
        eta0,
        cell: format!("{eta0:?}"),
        stream: vec![format!("{rule} {eta0:?}")],
        samples: values.iter().map(|(t, v)| (*t, sample(v))).collect(),
    }
}

fn study() -> Study {
    Study::of_text("name = \"x\"\nseed = 1\n")
}

fn compare(own: Vec<Condition>, reference: Vec<Condition>) -> Result<Comparison, String> {
    Comparison::of(&study(), "r.csv", (own, Vec::new()), reference)
}

fn score<'a>(c: &'a Comparison, name: &str) -> &'a Score {
    let found = c.scores.iter().find(|s| s.name == name);
    found.unwrap_or_else(|| panic!("no score {name}"))
}

#[test]
fn conditions_are_matched_in_order_and_the_rest_is_listed() {
    let one: &[(u64, &[f64])] = &[(0, &[1.0]), (100, &[0.5])];
    let own = vec![
        condition("classical", 1e-4, one),
        condition("bayesian", 1e-2, one),
        condition("classical", 3.1622776601683795e-5, one),
        condition("bayesian", 1.0, &[(50, &[1.0])]),
    ];
    let reference = vec![
        condition("bayesian", 0.01, &[(100, &[0.5]), (200, &[0.5])]),
        condition("classical", 3.162e-5, &[(0, &[1.0]), (100, &[1.0])]),
        condition("classical", 1e-4, one),
        condition("classical", 1e-3, one),
        condition("bayesian", 1.0, one),
    ];
    let c = compare(own, reference).unwrap();
    let pairs: Vec<(String, &[u64])> = c
        .pairs
        .iter()
        .map(|p| (p.own.name(), &p.trials[..]))
        .collect();
    assert_eq!(
        pairs,
        [
            ("classical 3.16e-5".to_string(), &[0, 100][..]),
            ("classical 1e-4".to_string(), &[0, 100]),
            ("bayesian 1e-2".to_string(), &[100]),
        ]
    );
    let names = |all: &[OneSided]| -> Vec<(String, bool)> {
        all.iter()
            .map(|o| (o.condition.name(), o.measured.is_some()))
            .collect()
    };
    // The rate 1 is on both sides, but at no checkpoint of both.
    assert_eq!(names(&c.only_own), [("bayesian 1e0".to_string(), false)]);
    assert_eq!(
        names(&c.only_reference),
        [
            ("classical 1e-3".to_string(), true),
            ("bayesian 1e0".to_string(), true)
        ]
    );
    assert_eq!((c.trial, c.rows.len()), (100, 5));
    assert_eq!(c.rows[1].ln_ratio(), Some(libm::log(0.5)));
    // One network and one target: numbers, but no intervals.
    let ratio = score(&c, "best_ratio");
    let own = ratio.own.unwrap();
    assert_eq!((own.value, own.interval, own.n), (1.0, None, 3));
    assert_eq!(
        ratio.note,
        "own η₀ 3.16e-5 over 1e-2, reference 1e-4 over 1e-2"
    );
}

#[test]
fn what_cannot_be_compared_is_told() {
    let at = |trial: u64| vec![condition("classical", 1e-4, &[(trial, &[1.0])])];
    assert_eq!(
        compare(at(50), at(100)).unwrap_err(),
        "no checkpoint in common with r.csv"
    );
    let other = vec![condition("Classical", 1e-4, &[(50, &[1.0])])];
    assert_eq!(
        compare(at(50), other).unwrap_err(),
        "no condition in common with r.csv, by rule and learning rate; here: classical 1e-4; there: Classical 1e-4"
    );
    let two = |a, b| {
        vec![
            condition("classical", 1e-4, &[(a, &[1.0])]),
            condition("classical", 1e-3, &[(b, &[1.0])]),
        ]
    };
    assert_eq!(
        compare(two(50, 100), two(50, 100)).unwrap_err(),
        "no checkpoint that all conditions in common with r.csv have on both sides"
    );
}

#[test]
fn infinite_medians_agree_or_are_counted() {
    let own = vec![
        condition("classical", 1e-4, &[(0, &[9.0]), (100, &[INF])]),
        condition("classical", 1e-3, &[(0, &[1.0]), (100, &[INF])]),
        condition("classical", 1e-2, &[(0, &[1.0]), (100, &[3.0])]),
    ];
    let reference = vec![
        condition("classical", 1e-4, &[(0, &[1.0]), (100, &[INF])]),
        condition("classical", 1e-3, &[(0, &[1.0]), (100, &[2.0])]),
        condition("classical", 1e-2, &[(0, &[1.0]), (100, &[1.0])]),
    ];
    let c = compare(own, reference).unwrap();
    let error = score(&c, "log_error");
    // Trial 0 does not count: |ln 3| and an agreement.
    let mean = error.own.unwrap().value;
    assert!((mean - libm::log(3.0) / 2.0).abs() < 1e-15, "{mean}");
    assert_eq!(
        error.note,
        "own against reference: 2 medians, of these 1 ∞ on both sides; 1 ∞ on one side only, left out"
    );
    assert_eq!(c.rows[1].ln_ratio(), None);
    assert_eq!(c.rows[3].ln_ratio(), Some(INF));
    let worst = score(&c, "worst_over_best_classical");
    assert_eq!(worst.own.unwrap().value, INF);
    let share = score(&c, "diverged_share_classical_1e-3");
    assert_eq!(share.own.unwrap().value, 1.0);
    assert_eq!(share.reference.unwrap().value, 0.0);
    // One network and one target: not even an exact interval.
    assert_eq!(share.own.unwrap().interval, None);
    let total = score(&c, "diverged_share_total");
    assert_eq!(total.own.unwrap().value, 2.0 / 3.0);
    assert!(
        c.scores
            .iter()
            .all(|s| s.name != "diverged_share_classical_1e-2")
    );
    // Two ties among the study's ∞: of three pairs two are untied there, both concordant.
    let order = score(&c, "order").own.unwrap().value;
    assert!((order - 2.0 / 6.0_f64.sqrt()).abs() < 1e-15, "{order}");
    let ratio = score(&c, "best_ratio");
    assert_eq!(
        (ratio.own, ratio.note.as_str()),
        (None, "no common condition of the bayesian rule")
    );
}

#[test]
fn the_luck_of_picking_the_best_is_in_the_interval() {
    // Two Bayesian rates, each good on two of four networks: the best of the two varies.
    let flat: &[f64] = &[1.0, 1.0, 1.0, 1.0];
    let side = || {
        vec![
            condition("classical", 1e-4, &[(100, flat)]),
            condition("bayesian", 1e-4, &[(100, &[0.1, 0.1, 1.0, 1.0])]),
            condition("bayesian", 1e-3, &[(100, &[1.0, 1.0, 0.1, 0.1])]),
        ]
    };
    let c = compare(side(), side()).unwrap();
    let ratio = score(&c, "best_ratio").own.unwrap();
    let interval = ratio.interval.unwrap();
    // On the networks themselves both medians are 0.55; a resample has more of one pair of networks
    // than of the other in 10 of 16 cases, and then one rate is at 0.1. Neither can be worse than 0.55.
    assert!((ratio.value - 1.0 / 0.55).abs() < 1e-12);
    assert!((interval.low - 1.0 / 0.55).abs() < 1e-12, "{interval:?}");
    assert!((interval.high - 10.0).abs() < 1e-12, "{interval:?}");
    // The same on both sides by value, but resampled independently.
    let same = score(&c, "best_condition_same_bayesian");
    assert_eq!(same.own.unwrap().value, 1.0);
    assert!(
        same.note.starts_with("own against reference: the same in "),
        "{}",
        same.note
    );
    assert!(!same.note.contains("100 %"), "{}", same.note);
}

#[test]
fn a_study_that_is_a_sample_of_the_reference_is_in_what_that_gives_against_itself() {
    let all: Vec<f64> = (0..12).map(|k| libm::exp(0.3 * f64::from(k))).collect();
    let side = |of: &[f64]| {
        let twice: Vec<f64> = of.iter().map(|x| 2.0 * x).collect();
        vec![
            condition("bayesian", 1e-4, &[(100, of)]),
            condition("bayesian", 1e-3, &[(100, &twice)]),
        ]
    };
    let some: Vec<f64> = all.iter().copied().step_by(3).collect();
    let c = compare(side(&some), side(&all)).unwrap();
    let error = score(&c, "log_error");
    let (own, itself) = (error.own.unwrap(), error.reference.unwrap());
    let range = itself.interval.unwrap();
    assert!(
        range.low < own.value && own.value < range.high,
        "{own:?} {itself:?}"
    );
    // Samples of 4 networks scatter more than those of 12.
    let large = compare(side(&all), side(&all)).unwrap();
    let closer = score(&large, "log_error").reference.unwrap();
    assert!(closer.value < itself.value, "{closer:?} {itself:?}");
    assert_eq!((own.n, itself.n), (8, 24));
}
