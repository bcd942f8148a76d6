//! What a number and its interval say of the bounds.

use super::Row;
use super::select::Lost;
use crate::expectation::{Expectation, Quantity, Require};
use crate::statistics::Interval;

/// Whether an expectation holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// What is required lies within the bounds.
    Holds,
    /// It does not.
    Fails,
    /// It cannot be said; why, and what to do.
    Undecided(String),
}

impl Outcome {
    /// The outcome; `lost` has an entry per side.
    pub(super) fn of(
        expectation: &Expectation,
        observed: f64,
        interval: Option<Interval>,
        lost: &[Lost],
    ) -> Self {
        if let Some(reason) = too_few(expectation, lost) {
            return Self::Undecided(reason);
        }
        let holds = expectation.holds(observed);
        let holds = match (expectation.require, interval) {
            (Require::Estimate, _) => holds,
            (Require::Interval, Some(interval)) => holds && expectation.holds_throughout(&interval),
            (Require::Interval, None) => {
                return Self::Undecided(
                    "require = \"interval\", but it has no interval: one network and one target, or all of them \
                     alike; raise replicates.networks or replicates.targets, or select other conditions"
                        .to_string(),
                );
            }
        };
        if holds { Self::Holds } else { Self::Fails }
    }
}

/// Why too few of the selected runs have a value; `None` if as many have one as the expectation asks for.
fn too_few(expectation: &Expectation, lost: &[Lost]) -> Option<String> {
    let allowed = usize::try_from(expectation.allow_failed).unwrap_or(usize::MAX);
    let worst = lost.iter().map(Lost::total).max()?;
    let everything = lost.iter().any(|side| side.total() >= side.planned);
    if worst <= allowed && !everything {
        return None;
    }
    let mut parts = Vec::new();
    for (i, side) in lost.iter().enumerate().filter(|(_, s)| s.total() > 0) {
        let which = match (lost.len(), i) {
            (1, _) => "",
            (_, 0) => "on the first side, ",
            _ => "on the second side, ",
        };
        let mut kinds = Vec::new();
        for (count, what) in [
            (side.failed, "failed".to_string()),
            (side.absent, be(side.absent, "missing from runs.csv")),
            (side.empty, have(side.empty, value_name(expectation, i))),
        ] {
            if count > 0 {
                kinds.push(format!("{count} {what}"));
            }
        }
        parts.push(format!(
            "{which}of {} selected runs {}",
            side.planned,
            kinds.join(" and ")
        ));
    }
    let any = |count: fn(&Lost) -> usize| lost.iter().any(|side| count(side) > 0);
    let mut remedies = Vec::new();
    if any(|side| side.failed) {
        remedies.push("compute failed runs again with `runner SPEC --retry-failed`".to_string());
    }
    if any(|side| side.absent) {
        remedies.push("compute missing runs with `runner SPEC`".to_string());
    }
    if any(|side| side.empty) {
        remedies.push("select runs that have a value".to_string());
    }
    if !everything {
        remedies.push(format!(
            "write allow_failed = {worst} to judge by the others"
        ));
    }
    Some(format!("{}; {}", parts.join(", "), remedies.join(", or ")))
}

fn be(count: usize, what: &str) -> String {
    format!("{} {what}", if count == 1 { "is" } else { "are" })
}

fn have(count: usize, what: &str) -> String {
    format!("{} no {what}", if count == 1 { "has" } else { "have" })
}

fn value_name(expectation: &Expectation, side: usize) -> &'static str {
    match (&expectation.quantity, side) {
        (Quantity::Value(one), _) | (Quantity::Ratio(one, _), 0) | (Quantity::Ratio(_, one), _) => {
            one.metric.name()
        }
        (Quantity::DivergedShare(_), _) => "status",
    }
}

impl Row {
    /// The verdict in words: the outcome, and whether estimate and interval agree.
    pub fn verdict(&self) -> String {
        let whole = |interval: &Interval| self.expectation.holds_throughout(interval);
        let words = match (&self.outcome, &self.interval) {
            (Outcome::Undecided(_), _) => "NOT DECIDED",
            (Outcome::Holds, Some(interval)) if whole(interval) => "holds",
            (Outcome::Holds, Some(_)) => "holds; its interval does not",
            (Outcome::Holds, None) => "holds; it has no interval",
            (Outcome::Fails, None) => "FAILS; it has no interval",
            (Outcome::Fails, Some(interval)) => {
                let estimate = self.expectation.holds(self.observed);
                if estimate {
                    "FAILS; its estimate holds, its interval does not"
                } else if whole(interval) {
                    "FAILS; its interval holds"
                } else if self.expectation.is_possible(interval) {
                    "FAILS; its interval crosses the bound"
                } else {
                    "FAILS"
                }
            }
        };
        words.to_string()
    }
}
