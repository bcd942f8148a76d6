//! The short table of a study: each rule at its best condition.

use crate::Results;
use crate::design::condition_name;
use crate::expectation::Metric;
use crate::number::short;
use crate::statistics::{LEVEL, Method, method_line};
use crate::verdict::align;

/// Significant digits of medians.
const DIGITS: usize = 4;

impl Results {
    /// The metric that ranks conditions: final test MSE, or tracking MSE where no run has the former.
    pub fn ranking_metric(&self) -> Metric {
        let has_value = |metric| {
            (0..self.tables.conditions.len()).any(|c| {
                self.summary
                    .last(c, metric)
                    .is_some_and(|row| row.diverged < row.n)
            })
        };
        if !has_value(Metric::TestMse) && has_value(Metric::TrackingMse) {
            Metric::TrackingMse
        } else {
            Metric::TestMse
        }
    }

    /// An aligned table: per rule its best condition, with median, interval and counts.
    pub fn best_conditions(&self) -> String {
        let metric = self.ranking_metric();
        let mut lines = vec![
            [
                "rule",
                "best condition",
                &format!("median {}", metric.title()),
                &format!("{:.0} % interval", 100.0 * LEVEL),
                "n",
                "diverged",
                "failed",
                "missing",
            ]
            .map(str::to_string),
        ];
        let mut methods: Vec<Method> = Vec::new();
        for group in &self.design.groups {
            let Some(row) = self.summary.best(&group.conditions, metric) else {
                let failed: usize = group
                    .conditions
                    .iter()
                    .filter_map(|&c| self.summary.last(c, metric))
                    .map(|row| row.failed)
                    .sum();
                let mut line =
                    ["", "all runs failed", "–", "–", "0", "0", "", "0"].map(str::to_string);
                line[0] = group.label.clone();
                line[6] = failed.to_string();
                lines.push(line);
                continue;
            };
            let estimate = row.median;
            methods.extend(estimate.map(|e| e.method));
            let interval = estimate.and_then(|e| e.interval);
            lines.push([
                group.label.clone(),
                condition_name(&self.tables, row.condition),
                estimate.map_or("–".to_string(), |e| short(e.value, DIGITS)),
                interval.map_or("–".to_string(), |i| {
                    format!("{} … {}", short(i.low, DIGITS), short(i.high, DIGITS))
                }),
                row.n.to_string(),
                row.diverged.to_string(),
                row.failed.to_string(),
                row.missing.to_string(),
            ]);
        }
        let mut text = String::new();
        align(&mut text, &lines).expect("writing to a string does not fail");
        text.push_str(&method_line(&methods));
        text.push_str("; a diverged run counts as ∞\n");
        text
    }
}
