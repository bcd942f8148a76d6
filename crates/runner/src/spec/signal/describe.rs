//! What was read, in a line for each signal.

use super::Signal;
use crate::spec::scalar::shortest;
use crate::spec::{Condition, Study};
use std::collections::BTreeSet;
use std::sync::Arc;
use synapse_core::params::TargetParams;
use synapse_core::target;
use synapse_report::words::shortened;

/// Of targets with more time steps only their number is told: finding their range would take seconds.
const MOST_STEPS: usize = 10_000_000;

/// How many lines are printed.
const SHOWN: usize = 20;

/// A line for each signal that a study reads and each time step at which it is read.
pub fn describe(study: &Study) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    // Of many conditions most share their signals and how they are used.
    let mut seen = BTreeSet::new();
    let mut more = 0;
    for condition in &study.conditions {
        for (at, signal) in condition.signals().iter().enumerate() {
            if !seen.insert(use_of(condition, at, signal)) {
                continue;
            }
            if lines.len() == SHOWN {
                more += 1;
                continue;
            }
            lines.push(line(condition, at, signal, study.seed));
        }
    }
    if more > 0 {
        lines.push(format!("and {more} more signals"));
    }
    lines
}

/// What makes one use of a signal another than the next.
fn use_of(condition: &Condition, at: usize, signal: &Arc<Signal>) -> (usize, u64, u64, bool, bool) {
    let dt_ms = condition.network.dt_ms;
    let params = condition.target_of(at);
    let standardised = matches!(
        params,
        TargetParams::Samples {
            standardise: true,
            ..
        }
    );
    (
        Arc::as_ptr(signal) as usize,
        dt_ms.to_bits(),
        params.length_ms().to_bits(),
        standardised,
        params.is_filtered(dt_ms),
    )
}

fn line(condition: &Condition, at: usize, signal: &Signal, seed: u64) -> String {
    let params = condition.target_of(at);
    let dt_ms = condition.network.dt_ms;
    let samples = signal.values.len();
    let length_ms = params.length_ms();
    let sample_ms = match params {
        TargetParams::Samples { sample_ms, .. } => *sample_ms,
        _ => length_ms / samples as f64,
    };
    let (mean, deviation) = moments(&signal.values);
    let mut line = format!(
        "signal {}: {samples} samples, {} ms apart, {} ms long, mean {}, standard deviation {}",
        name(signal),
        shortest(sample_ms),
        digits(length_ms),
        digits(mean),
        digits(deviation)
    );
    let steps = target::steps_of_period(params, dt_ms);
    if steps > MOST_STEPS {
        line += &format!("; read at {steps} time steps of {} ms", shortest(dt_ms));
    } else if let Ok(read) = target::sample(params, dt_ms, seed, at as u64) {
        let low = read.iter().copied().fold(f64::INFINITY, f64::min);
        let high = read.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let filtered = match variance_left(params, dt_ms, deviation) {
            Some(share) => format!(
                " after a low-pass that leaves {:.1} % of the variance",
                100.0 * share
            ),
            None => String::new(),
        };
        line += &format!(
            "; read at {} time steps of {} ms{filtered}: a target from {} to {}",
            read.len(),
            shortest(dt_ms),
            digits(low),
            digits(high)
        );
    }
    for column in &signal.nameless {
        line += &format!("; column {column} has no name and is passed over");
    }
    line
}

/// What a low-pass leaves of the variance; `None` without one. The target alone does not say it once it
/// is standardised.
fn variance_left(params: &TargetParams, dt_ms: f64, deviation: f64) -> Option<f64> {
    let mut raw = params.clone();
    let TargetParams::Samples { standardise, .. } = &mut raw else {
        return None;
    };
    *standardise = false;
    if !raw.is_filtered(dt_ms) {
        return None;
    }
    let (_, left) = moments(&target::sample(&raw, dt_ms, 0, 0).ok()?);
    let share = left / deviation;
    Some(share * share).filter(|share| share.is_finite())
}

/// A line for each value of a signal that is likely no measurement.
pub fn warnings(study: &Study) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    let signals = study.conditions.iter().flat_map(Condition::signals);
    for signal in signals {
        if seen.insert(Arc::as_ptr(signal)) {
            let line = |suspect| format!("warning: {}: {suspect}", name(signal));
            lines.extend(signal.suspects.iter().map(line));
        }
    }
    lines
}

/// The file and the column.
pub(super) fn name(signal: &Signal) -> String {
    format!(
        "{} (column {})",
        shortened(&signal.path),
        shortened(&signal.column)
    )
}

fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().map(|x| x / n).sum::<f64>();
    let square = |x: &f64| (x - mean) * (x - mean);
    (mean, libm::sqrt(values.iter().map(square).sum::<f64>() / n))
}

/// Four significant digits, for people.
fn digits(value: f64) -> String {
    let rounded = format!("{value:.3e}").parse::<f64>().unwrap_or(value);
    shortest(rounded + 0.0)
}
