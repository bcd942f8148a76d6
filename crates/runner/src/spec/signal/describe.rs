//! What was read, in a line for each signal.

use super::Signal;
use crate::spec::scalar::shortest;
use crate::spec::{Condition, Study};
use std::sync::Arc;
use synapse_core::target;
use synapse_report::words::shortened;

/// How many lines are printed.
const SHOWN: usize = 20;

/// A line for each signal that a study reads and each time step at which it is read.
pub fn describe(study: &Study) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut seen: Vec<(*const Signal, u64, &synapse_core::params::TargetParams)> = Vec::new();
    let mut more = 0;
    for condition in &study.conditions {
        for (at, signal) in condition.signals().iter().enumerate() {
            let dt_ms = condition.network.dt_ms;
            let key = (
                Arc::as_ptr(signal),
                dt_ms.to_bits(),
                condition.target_of(at),
            );
            // Few differ; of many conditions most share their signal and their target.
            if seen.iter().any(|other| {
                other.0 == key.0
                    && other.1 == key.1
                    && (std::ptr::eq(other.2, key.2) || other.2 == key.2)
            }) {
                continue;
            }
            seen.push(key);
            if lines.len() == SHOWN {
                more += 1;
                continue;
            }
            let line = line(condition, at, signal, study.seed);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    if more > 0 {
        lines.push(format!("and {more} more signals"));
    }
    lines
}

fn line(condition: &Condition, at: usize, signal: &Signal, seed: u64) -> String {
    let params = condition.target_of(at);
    let dt_ms = condition.network.dt_ms;
    let samples = signal.values.len();
    let length_ms = params.length_ms();
    let (mean, deviation) = moments(&signal.values);
    let mut line = format!(
        "signal {}: {samples} samples, {} ms apart, {} ms long, mean {}, standard deviation {}",
        name(signal),
        shortest(length_ms / samples as f64),
        digits(length_ms),
        digits(mean),
        digits(deviation)
    );
    if let Ok(read) = target::sample(params, dt_ms, seed, at as u64) {
        let low = read.iter().copied().fold(f64::INFINITY, f64::min);
        let high = read.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let filtered = if params.is_filtered(dt_ms) {
            " after a low-pass"
        } else {
            ""
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

/// A line for each value of a signal that is likely no measurement.
pub fn warnings(study: &Study) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for signal in study
        .conditions
        .iter()
        .flat_map(|condition| condition.signals())
    {
        for suspect in &signal.suspects {
            let line = format!("warning: {}: {suspect}", name(signal));
            if !lines.contains(&line) {
                lines.push(line);
            }
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
