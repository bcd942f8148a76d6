//! A few numbers that say how alike a study and its reference are, each with its interval.
//!
//! On each side networks and targets are resampled as crossed factors, and one resample is used for
//! all conditions and scores of that side: rules and rates are compared on the same networks and
//! targets, and a best condition is picked anew in each resample, so that the luck of the pick is in
//! the interval. The two sides share no network or target; they are resampled independently.
//!
//! The scores, all at the last checkpoint that all common conditions have:
//!
//! - `best_ratio`: the best classical median over the best Bayesian one.
//! - `eta0_tolerance_RULE`: [`tolerance`], decades of η₀; a lower bound where the range
//!   reaches an end of the grid.
//! - `worst_over_best_RULE`: the worst rate's median over the best's; +∞ if the worst is.
//! - `best_eta0_RULE`: the rate with the lowest median, and `best_condition_same_RULE`: 1 if that is
//!   the same on both sides, else 0; its note has the share of resamples in which it is.
//! - `diverged_share_CONDITION`, where either side has a diverged run, and `diverged_share_total`.
//! - `order`: Kendall's τ_b between the medians of both sides over conditions.
//! - `log_error`: mean |ln(own median/reference median)| over common conditions and all their common
//!   checkpoints after trial 0; two +∞ agree (0), one alone is counted in the note instead.
//!
//! `order` is not 1 and `log_error` not 0 for two draws of the same model, and resampling, which adds
//! noise, moves both further away. So the reference's columns hold what two samples of the reference
//! itself give, one of the study's size: about 19 of 20 studies that differ by the luck of their
//! networks and targets alone lie in that interval.

use super::Pair;
use super::draws::{Draw, Draws};
use super::measures::{best, log_error, tau_b, tolerance, worst_over_best};
use super::rules;
use super::side::{Condition, rounded};
use crate::number::percent;
use crate::statistics::{Interval, Method, interval, quantile, share_interval};

/// A score's value on one side, or of both sides together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Value {
    /// Of the data; NaN if undefined (no finite median), +∞ possible.
    pub value: f64,
    /// Its interval; none with a single network and target.
    pub interval: Option<Interval>,
    /// How the interval was obtained.
    pub method: Method,
    /// Runs behind it, diverged ones included: all of the conditions it was found among, at the
    /// checkpoint (of `log_error`: at the last one).
    pub n: usize,
    /// The value is a lower bound.
    pub at_least: bool,
}

/// One score.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Its name.
    pub name: String,
    /// The study's value, or that of the study against the reference.
    pub own: Option<Value>,
    /// The reference's value; of `order` and `log_error` that of the reference against itself.
    pub reference: Option<Value>,
    /// What else must be said; may be empty.
    pub note: String,
}

impl Draws {
    /// A score of this side with its interval; `pairs` are those that it was found among.
    fn value(&self, pairs: &[usize], score: impl Fn(&Draw) -> f64) -> Value {
        Value {
            value: score(&self.once),
            interval: interval(self.resampled.iter().map(score).collect()),
            method: self.method,
            n: pairs.iter().map(|&i| self.n[i]).sum(),
            at_least: false,
        }
    }
}

/// Both sides.
struct Both {
    own: Draws,
    reference: Draws,
}

impl Both {
    /// A score that each side has.
    fn each(
        &self,
        name: String,
        pairs: &[usize],
        score: impl Fn(&Draw) -> f64,
        note: String,
    ) -> Score {
        Score {
            name,
            own: Some(self.own.value(pairs, &score)),
            reference: Some(self.reference.value(pairs, &score)),
            note,
        }
    }

    /// The share of diverged runs, of one pair or of all: 0 and 1 have exact intervals.
    fn share(&self, name: String, pairs: &[usize], one: Option<usize>, note: String) -> Score {
        let share = |draw: &Draw| one.map_or(draw.diverged_total, |i| draw.diverged[i]);
        let mut score = self.each(name, pairs, share, note);
        for (value, draws) in [
            (&mut score.own, &self.own),
            (&mut score.reference, &self.reference),
        ] {
            if let Some(value) = value
                && (value.value == 0.0 || value.value == 1.0)
            {
                let levels = one.map_or(&draws.all_levels, |i| &draws.levels[i]);
                (value.interval, value.method) =
                    share_interval(value.value, levels, value.interval);
            }
        }
        score
    }

    /// The resamples of both sides, one of each at a time; a side without resamples stands as it is.
    fn resampled(&self) -> impl Iterator<Item = (&Draw, &Draw)> {
        let (own, reference) = (&self.own, &self.reference);
        let count = match (own.resampled.len(), reference.resampled.len()) {
            (0, n) | (n, 0) => n,
            (m, n) => m.min(n),
        };
        (0..count).map(move |i| {
            (
                own.resampled.get(i).unwrap_or(&own.once),
                reference.resampled.get(i).unwrap_or(&reference.once),
            )
        })
    }

    /// A score of one side against the other.
    fn against(
        &self,
        name: String,
        pairs: &[usize],
        score: impl Fn(&Draw, &Draw) -> f64,
        note: String,
    ) -> Score {
        let method = match self.own.method {
            Method::None => self.reference.method,
            method => method,
        };
        Score {
            name,
            own: Some(Value {
                value: score(&self.own.once, &self.reference.once),
                interval: interval(self.resampled().map(|(a, b)| score(a, b)).collect()),
                method,
                n: pairs.iter().map(|&i| self.own.n[i]).sum(),
                at_least: false,
            }),
            reference: None,
            note,
        }
    }

    /// Adds what a score of both sides would be if they differed by the draw of networks and targets
    /// alone: of two samples of the reference, one as large as the study and one as large as the
    /// reference, the median over resamples and the range that holds [`crate::statistics::LEVEL`] of
    /// them. Nothing if the reference has a single network and target.
    fn add_itself(&self, to: &mut Score, pairs: &[usize], score: impl Fn(&Draw, &Draw) -> f64) {
        let reference = &self.reference;
        let draws = reference.alike.iter().zip(&reference.resampled);
        let values: Vec<f64> = draws.map(|(a, b)| score(a, b)).collect();
        let mut defined: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
        defined.sort_by(f64::total_cmp);
        let Some(value) = quantile(&defined, 0.5) else {
            return;
        };
        to.reference = Some(Value {
            value,
            interval: interval(values),
            method: reference.method,
            n: pairs.iter().map(|&i| reference.n[i]).sum(),
            at_least: false,
        });
        to.note
            .push_str("; reference against itself: two samples, one of the study's size");
    }
}

/// The chosen values, in order.
fn pick(values: &[f64], pairs: &[usize]) -> Vec<f64> {
    pairs.iter().map(|&i| values[i]).collect()
}

/// The smallest of the chosen medians, as `best = true` of an expectation takes it.
fn lowest(values: &[f64], pairs: &[usize]) -> f64 {
    pick(values, pairs)
        .into_iter()
        .reduce(f64::min)
        .unwrap_or(f64::NAN)
}

/// All scores, in the order of the module's list.
pub(super) fn all(pairs: &[Pair], trial: u64, seed: u64) -> Vec<Score> {
    let own: Vec<(&Condition, &[u64])> = pairs.iter().map(|p| (&p.own, &p.trials[..])).collect();
    let reference: Vec<(&Condition, &[u64])> = pairs
        .iter()
        .map(|p| (&p.reference, &p.trials[..]))
        .collect();
    let own = Draws::of(&own, trial, seed, ("own", None));
    let size = own.size;
    let both = Both {
        own,
        reference: Draws::of(&reference, trial, seed, ("reference", Some(size))),
    };
    let everything: Vec<usize> = (0..pairs.len()).collect();
    let of_rule = |rule: &str| -> Vec<usize> {
        let is = |&i: &usize| pairs[i].own.rule == rule;
        everything.iter().copied().filter(is).collect()
    };
    let mut scores = vec![best_ratio(
        &both,
        pairs,
        (&of_rule("classical"), &of_rule("bayesian")),
    )];
    for rule in rules(pairs) {
        let of = of_rule(rule);
        let etas: Vec<f64> = of.iter().map(|&i| pairs[i].own.eta0).collect();
        scores.push(tolerance_score(&both, rule, &of, &etas));
        let worst = |draw: &Draw| worst_over_best(&pick(&draw.last, &of));
        scores.push(both.each(format!("worst_over_best_{rule}"), &of, worst, String::new()));
        scores.extend(best_scores(&both, rule, &of, &etas));
    }
    for (i, pair) in pairs.iter().enumerate() {
        if both.own.once.diverged[i] + both.reference.once.diverged[i] > 0.0 {
            let name = format!("{}_{}", pair.own.rule, rounded(pair.own.eta0));
            scores.push(both.share(
                format!("diverged_share_{name}"),
                &[i],
                Some(i),
                String::new(),
            ));
        }
    }
    scores.push(both.share(
        "diverged_share_total".to_string(),
        &everything,
        None,
        format!("of {} common conditions", pairs.len()),
    ));
    let order = |a: &Draw, b: &Draw| tau_b(&a.last, &b.last);
    let note = match pairs.len() {
        1 => "needs two common conditions".to_string(),
        n => format!("own against reference: Kendall's τ_b over {n} conditions"),
    };
    let mut score = both.against("order".to_string(), &everything, order, note);
    both.add_itself(&mut score, &everything, order);
    scores.push(score);
    scores.push(log_error_score(&both, pairs, &everything));
    scores
}

fn best_ratio(both: &Both, pairs: &[Pair], (classical, bayesian): (&[usize], &[usize])) -> Score {
    let name = "best_ratio".to_string();
    let absent = [("classical", classical), ("bayesian", bayesian)]
        .into_iter()
        .find(|(_, of)| of.is_empty());
    if let Some((rule, _)) = absent {
        return Score {
            name,
            own: None,
            reference: None,
            note: format!("no common condition of the {rule} rule"),
        };
    }
    let ratio = |draw: &Draw| lowest(&draw.last, classical) / lowest(&draw.last, bayesian);
    let at = |draw: &Draw, of: &[usize]| {
        best(&pick(&draw.last, of)).map_or("–".to_string(), |i| rounded(pairs[of[i]].own.eta0))
    };
    let words = |draw: &Draw| format!("{} over {}", at(draw, classical), at(draw, bayesian));
    let note = format!(
        "own η₀ {}, reference {}",
        words(&both.own.once),
        words(&both.reference.once)
    );
    both.each(name, &[classical, bayesian].concat(), ratio, note)
}

fn tolerance_score(both: &Both, rule: &str, of: &[usize], etas: &[f64]) -> Score {
    let found = |draw: &Draw| tolerance(etas, &pick(&draw.last, of));
    let decades = |draw: &Draw| found(draw).map_or(f64::NAN, |t| t.decades);
    let mut score = both.each(
        format!("eta0_tolerance_{rule}"),
        of,
        decades,
        "decades of η₀ within twice the best".to_string(),
    );
    let open = |draw: &Draw| found(draw).is_some_and(|t| t.at_least);
    for (name, value, draws) in [
        ("own", &mut score.own, &both.own),
        ("reference", &mut score.reference, &both.reference),
    ] {
        if let Some(value) = value {
            value.at_least = open(&draws.once);
        }
        let count = draws.resampled.iter().filter(|d| open(d)).count();
        if count > 0 {
            score.note.push_str(&format!(
                "; {name}: a lower bound in {} of resamples",
                percent(count, draws.resampled.len())
            ));
        }
    }
    score
}

/// Where the best is on either side, and whether that is the same rate.
fn best_scores(both: &Both, rule: &str, of: &[usize], etas: &[f64]) -> [Score; 2] {
    let place = |draw: &Draw| best(&pick(&draw.last, of));
    let eta0 = |draw: &Draw| place(draw).map_or(f64::NAN, |i| etas[i]);
    let same = |a: &Draw, b: &Draw| match (place(a), place(b)) {
        (Some(i), Some(j)) => f64::from(u8::from(i == j)),
        _ => f64::NAN,
    };
    let (mut agreeing, mut all) = (0, 0);
    for (a, b) in both.resampled() {
        agreeing += usize::from(same(a, b) == 1.0);
        all += 1;
    }
    let note = if all == 0 {
        String::new()
    } else {
        format!(
            "own against reference: the same in {} of resamples",
            percent(agreeing, all)
        )
    };
    let mut agreement = both.against(format!("best_condition_same_{rule}"), of, same, note);
    // Of 0 or 1 the percentiles say next to nothing; the share of resamples does.
    if let Some(value) = &mut agreement.own {
        (value.interval, value.method) = (None, Method::None);
    }
    [
        both.each(format!("best_eta0_{rule}"), of, eta0, String::new()),
        agreement,
    ]
}

fn log_error_score(both: &Both, pairs: &[Pair], everything: &[usize]) -> Score {
    let error = |a: &Draw, b: &Draw| {
        log_error(pairs.iter().enumerate().flat_map(|(i, pair)| {
            let learned = pair.trials.iter().enumerate().filter(|(_, t)| **t > 0);
            let (a, b) = (&a.medians[i], &b.medians[i]);
            learned.map(|(t, _)| (a[t], b[t]))
        }))
    };
    let found = error(&both.own.once, &both.reference.once);
    let mut note = format!("own against reference: {} medians", found.counted);
    if found.both_infinite > 0 {
        note.push_str(&format!(
            ", of these {} ∞ on both sides",
            found.both_infinite
        ));
    }
    if found.one_infinite > 0 {
        note.push_str(&format!(
            "; {} ∞ on one side only, left out",
            found.one_infinite
        ));
    }
    let mean = |a: &Draw, b: &Draw| error(a, b).mean;
    let mut score = both.against("log_error".to_string(), everything, mean, note);
    both.add_itself(&mut score, everything, mean);
    score
}
