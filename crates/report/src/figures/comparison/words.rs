//! What a reader must know to read the comparison: which conditions, n, intervals, losses.

use super::{Facet, Point};
use crate::compare::side::Measured;
use crate::compare::{Comparison, Replicates};
use crate::expectation::Metric;
use crate::figures::captions::{capitalised, method_words, metric_words};
use crate::figures::markdown;
use crate::statistics::Method;

/// The medians of one side's points.
fn points<'a>(
    facets: &'a [Facet<'a>],
    side: impl Fn(&'a Facet<'a>) -> &'a [Point],
) -> Vec<&'a Measured> {
    let all = facets.iter().flat_map(side);
    all.map(|point| &point.measured).collect()
}

/// n, losses and intervals of both sides.
pub(super) fn basis(c: &Comparison, facets: &[Facet]) -> String {
    let own: Vec<&Measured> = points(facets, |f| &f.own);
    let reference: Vec<&Measured> = points(facets, |f| &f.reference);
    let side = |name: &str, r: Replicates, all: &[&Measured]| {
        let (least, most) = all.iter().fold((usize::MAX, 0), |(low, high), m| {
            (low.min(m.median.n), high.max(m.median.n))
        });
        let n = if least >= most {
            most.to_string()
        } else {
            format!("{least}–{most}")
        };
        let total: usize = all.iter().map(|m| m.median.n).sum();
        let diverged: usize = all.iter().map(|m| m.diverged).sum();
        let failed: usize = all.iter().map(|m| m.failed).sum();
        let lost = match diverged {
            0 => "no run diverged".to_string(),
            some => format!("{some} of {total} runs diverged (counted as ∞)"),
        };
        let failed = match failed {
            0 => String::new(),
            some => format!(", {some} failed"),
        };
        format!(
            "{name}: n\u{a0}=\u{a0}{n} per condition ({}\u{a0}networks\u{a0}× {}\u{a0}targets), {lost}{failed}. ",
            r.networks, r.targets
        )
    };
    let mut text = side("This study", c.own_replicates, &own);
    if let Some(extent) = c.partial() {
        text = format!("{}. {text}", capitalised(&extent.to_string()));
    }
    text.push_str(&side("Reference", c.reference_replicates, &reference));
    let mut methods: Vec<Method> = Vec::new();
    for row in &c.rows {
        for method in [row.own.median.method, row.reference.median.method] {
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
    }
    let words: Vec<String> = methods
        .into_iter()
        .map(|m| capitalised(&method_words(m)))
        .collect();
    text.push_str(&words.join(". "));
    text.push('.');
    text
}

pub(super) fn caption(c: &Comparison, facets: &[Facet]) -> String {
    let selection = match c.selection.as_str() {
        "" => String::new(),
        words => format!(" (runs with {})", markdown::text(words)),
    };
    let mut text = format!(
        "The study {}{selection} against the reference {}. Upper panels: median test MSE over trials at the common checkpoints, one panel per η₀ that both have, this study solid in the rule's colour, the reference dashed in black, intervals as bands. Lower panels: medians at trial {}, the last checkpoint that all common conditions have, against η₀ with their intervals, and below them the share of runs that had diverged (drawn if any did); points of the two sides are moved apart sideways by a few points. {} A diverged run counts as +∞; medians that are +∞, or beyond 10⁴ times the error before learning, stand in the lane above the axis. The two sides have other networks and targets: their intervals are independent.",
        markdown::text(&c.study),
        markdown::code(&c.reference),
        c.trial,
        metric_words(Metric::TestMse)
    );
    for (title, alone, unrated) in [
        ("Only in this study", &c.only_own, &c.unrated[..]),
        ("Only in the reference", &c.only_reference, &[]),
    ] {
        let names: Vec<String> = alone
            .iter()
            .map(|o| {
                let name = markdown::text(&o.condition.name());
                match o.measured {
                    Some(_) => name,
                    None => format!("{name} (not drawn)"),
                }
            })
            .chain(
                unrated
                    .iter()
                    .map(|name| format!("{} (not drawn)", markdown::text(name))),
            )
            .collect();
        if !names.is_empty() {
            text.push_str(&format!(" {title}: {}.", names.join(", ")));
        }
    }
    text.push(' ');
    text.push_str(&basis(c, facets));
    text
}
