//! What the state of rules takes in memory: beside the allocations of each rule, in closed form.

use super::{Kind, LOW_RANK, WINDOW, low_rank};
use crate::kernel;
use crate::numeric::allocated;
use crate::params::{Assignment, Covariance, Noise, RuleParams};

/// The matrix of a rule with all covariances, in words.
pub(super) fn matrix(rule: &RuleParams) -> &'static str {
    match rule {
        RuleParams::Force { .. } => "the inverse correlation matrix",
        _ => "the covariance matrix",
    }
}

/// Bytes at most of the rules of a batch with so many lanes, and of their scratch, with what each is for.
/// Numbers have `size` bytes.
pub(crate) fn need(
    rules: &[&RuleParams],
    units: usize,
    lanes: usize,
    size: usize,
) -> Vec<(&'static str, u64)> {
    let mut parts = Vec::new();
    let mut add = |what, bytes: usize| parts.push((what, bytes as u64));
    let mut kinds: Vec<Kind> = Vec::new();
    for rule in rules {
        let kind = Kind::of(rule);
        if kinds.contains(&kind) {
            continue;
        }
        kinds.push(kind);
        let rows = |units| allocated(units, lanes) * size;
        match kind {
            Kind::Classical => {}
            Kind::Diagonal => add("the synapses' variances", rows(units)),
            Kind::Blocks(block, assignment) => {
                let packed = rows(kernel::blocks_len(units, block));
                // The order, and the scratch of sorting.
                let order = match assignment {
                    Assignment::Index => 0,
                    Assignment::Random | Assignment::Feedback => 2 * 8 * units,
                };
                add(
                    "the blocks of covariances",
                    packed + 3 * rows(units) + order,
                );
            }
            Kind::LowRank | Kind::Full => add("the rates of a lane", allocated(units, 1) * size),
        }
        // The slots are those of the longest window; while they grow, the shorter ones are there, too.
        let slots = rules.iter().filter(|rule| Kind::of(rule) == kind);
        let slots: Vec<usize> = slots.filter_map(|rule| window(rule)).map(|w| w.0).collect();
        if let (Some(&longest), Some(&shortest)) = (slots.iter().max(), slots.iter().min()) {
            let growing = if shortest < longest { 2 } else { 1 };
            add(WINDOW, growing * rows(longest));
        }
    }
    for rule in rules {
        match Kind::of(rule) {
            Kind::LowRank => add(LOW_RANK, low_rank::bytes(units, columns(rule), size)),
            Kind::Full => {
                let matrix_bytes = allocated(kernel::packed_len(units), 1) * size;
                add(matrix(rule), matrix_bytes + 2 * allocated(units, 1) * size);
            }
            Kind::Classical | Kind::Diagonal | Kind::Blocks(..) => {}
        }
        if let Some((_, lag)) = window(rule) {
            add(WINDOW, (lag + 1) * size);
        }
    }
    parts
}

/// Numbers at most of what [`super::Rule::save`] returns.
pub(crate) fn saved_numbers(rule: &RuleParams, units: usize) -> usize {
    // Counts of the rule itself and of its noise model.
    let few = 8;
    let window = window(rule).map_or(0, |(errors, lag)| errors + lag);
    let state = match Kind::of(rule) {
        Kind::Classical => 0,
        Kind::Diagonal => units,
        Kind::Blocks(size, _) => kernel::blocks_len(units, size) + units,
        Kind::LowRank => {
            let c = columns(rule);
            (1 + c) * units + c * (c + 1) / 2
        }
        Kind::Full => kernel::packed_len(units) + units,
    };
    few + window + state
}

/// Errors and lag of its window, if it has one.
fn window(rule: &RuleParams) -> Option<(usize, usize)> {
    match rule {
        RuleParams::Bayesian {
            noise: Noise::Window { errors, lag_steps },
            ..
        } => Some((*errors, *lag_steps)),
        _ => None,
    }
}

/// Columns of a low rank; 0 for other rules.
fn columns(rule: &RuleParams) -> usize {
    match rule {
        RuleParams::Bayesian {
            covariance: Covariance::LowRank { rank, recent, .. },
            ..
        } => rank + recent,
        _ => 0,
    }
}
