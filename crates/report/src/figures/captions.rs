//! What a reader must know to read a figure: n, intervals, divergence; and `captions.md`.

use super::{Figure, markdown};
use crate::Results;
use crate::expectation::Metric;
use crate::statistics::{LEVEL, Method, RESAMPLES};
use crate::summary::Row;
use std::collections::BTreeSet;
use std::fmt::Write;

/// How the intervals of some rows were obtained, as words for a caption.
pub(super) fn method_words(method: Method) -> String {
    let what = match method {
        Method::Crossed => "networks\u{a0}×\u{a0}targets",
        Method::Networks => "networks (one target)",
        Method::Targets => "targets (one network)",
        Method::None => return "no interval: one network and one target".to_string(),
        exact => return format!("{:.0}\u{a0}% interval: {}", 100.0 * LEVEL, exact.name()),
    };
    format!(
        "{:.0}\u{a0}% interval: percentile bootstrap of {what}, {RESAMPLES} resamples",
        100.0 * LEVEL
    )
}

/// n, method and losses of the rows that a figure shows.
pub(super) fn basis(results: &Results, rows: &[&Row]) -> String {
    let conditions: BTreeSet<usize> = rows.iter().map(|r| r.condition).collect();
    let finals: Vec<&&Row> = conditions
        .iter()
        .filter_map(|c| {
            rows.iter()
                .filter(|r| r.condition == *c)
                .max_by_key(|r| r.trial)
        })
        .collect();
    let sum = |get: fn(&Row) -> usize| finals.iter().map(|r| get(r)).sum::<usize>();
    let (least, most) = finals.iter().fold((usize::MAX, 0), |(low, high), r| {
        (low.min(r.n), high.max(r.n))
    });
    let replicates = |get: fn(&crate::tables::Run) -> u32| {
        let levels: BTreeSet<u32> = results
            .tables
            .runs
            .iter()
            .filter(|r| conditions.contains(&r.condition))
            .map(get)
            .collect();
        levels.len()
    };
    let n = if least >= most {
        most.to_string()
    } else {
        format!("{least}–{most}")
    };
    let per = if conditions.len() > 1 {
        " per condition"
    } else {
        ""
    };
    let counted = |count: usize, word: &str| {
        format!("{count}\u{a0}{word}{}", if count == 1 { "" } else { "s" })
    };
    let mut text = format!(
        "n\u{a0}=\u{a0}{n} run{}{per} ({}\u{a0}× {})",
        if most == 1 { "" } else { "s" },
        counted(replicates(|r| r.network), "network"),
        counted(replicates(|r| r.target), "target")
    );
    if results.extent.is_partial() {
        let _ = write!(text, "; {}", results.extent);
    }
    let total = sum(|r| r.n);
    let _ = match sum(|r| r.diverged) {
        0 => write!(text, "; no run diverged"),
        some => write!(text, "; {some} of {total} runs diverged"),
    };
    if sum(|r| r.diverged) > 0 {
        text.push_str(" (counted as ∞)");
    }
    for (count, word) in [
        (sum(|r| r.failed), "failed"),
        (sum(|r| r.missing), "missing"),
    ] {
        if count > 0 {
            let _ = write!(text, ", {count} {word}");
        }
    }
    let mut methods: Vec<Method> = Vec::new();
    for method in finals.iter().filter_map(|r| r.median.map(|m| m.method)) {
        if !methods.contains(&method) {
            methods.push(method);
        }
    }
    for method in methods {
        let _ = write!(text, ". {}", capitalised(&method_words(method)));
    }
    text.push('.');
    text
}

/// What the metric is, for a full caption.
pub(super) fn metric_words(metric: Metric) -> &'static str {
    match metric {
        Metric::TestMse => {
            "Test MSE: mean squared error of the output with learning frozen and the network's own output fed back."
        }
        Metric::TrackingMse => {
            "Tracking MSE: mean squared error of the output while learning is on. It measures chasing, not learning; it is shown because these runs have no test MSE to show here."
        }
    }
}

/// The first letter as a capital.
pub(super) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

/// How `captions.md` begins.
pub(super) fn title(study: &str) -> String {
    format!("# Figures of the study {}\n\n", markdown::text(study))
}

/// A figure's part of `captions.md`.
fn section(figure: &Figure) -> String {
    let (name, title) = (&figure.name, markdown::text(&figure.title));
    format!(
        "## {title}\n\n![{title}]({name}.png)\n\n[SVG]({name}.svg), [PNG]({name}.png)\n\n{}\n\n",
        figure.caption
    )
}

/// A `captions.md` with the section of a figure at its end, in place of an older one of that title.
pub(super) fn with_section(text: &str, figure: &Figure) -> String {
    let heading = format!("## {}\n", markdown::text(&figure.title));
    let mut kept = String::new();
    let mut skipping = false;
    for line in text.split_inclusive('\n') {
        if line.starts_with("## ") {
            skipping = line == heading;
        }
        if !skipping {
            kept.push_str(line);
        }
    }
    format!("{}\n\n{}", kept.trim_end(), section(figure))
}

/// `captions.md`.
pub(super) fn markdown(results: &Results, figures: &[Figure], absent: &[String]) -> String {
    let mut text = title(&results.study.name);
    if !results.study.question.is_empty() {
        let _ = writeln!(text, "{}\n", markdown::paragraph(&results.study.question));
    }
    for figure in figures {
        text.push_str(&section(figure));
    }
    if !absent.is_empty() {
        let _ = writeln!(text, "## Not drawn\n");
        for reason in absent {
            let _ = writeln!(text, "- {reason}");
        }
        text.push('\n');
    }
    text
}
