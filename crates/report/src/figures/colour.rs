//! Colours that people with any colour vision can tell apart, and in grey.

pub(super) use plotters::style::{BLACK, RGBColor, WHITE};

use plotters::style::colors::colormaps::ViridisRGB;
use std::collections::BTreeSet;

/// Axes, ticks and text of secondary weight.
pub(super) const GREY: RGBColor = RGBColor(0x55, 0x55, 0x55);
/// Grid lines and cells without a number.
pub(super) const LIGHT: RGBColor = RGBColor(0xd9, 0xd9, 0xd9);

/// 0 among the colours of a log scale, on which it has no place.
pub(super) const ZERO: RGBColor = BLACK;

/// Each known rule's colour, the same in every figure of every study: of the palette of Okabe & Ito
/// ("Color Universal Design", 2008).
const RULES: [(&str, RGBColor); 3] = [
    ("classical", RGBColor(0x00, 0x72, 0xb2)),
    ("bayesian", RGBColor(0xd5, 0x5e, 0x00)),
    ("force", RGBColor(0x00, 0x9e, 0x73)),
];

/// What other rules get: the rest of that palette without yellow, which is too faint for lines on
/// white, and without black, the targets' colour; then P. Tol's wine, olive and indigo ("muted", 2021).
const OTHERS: [RGBColor; 6] = [
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x56, 0xb4, 0xe9),
    RGBColor(0x88, 0x22, 0x55),
    RGBColor(0x99, 0x99, 0x33),
    RGBColor(0x33, 0x22, 0x88),
];

/// Variants of a rule that one panel can tell apart; the next one has the first one's style again, so
/// that it belongs into another panel.
pub(super) const VARIANTS: usize = 8;

/// Lines that one panel can hold.
const LINES: usize = 12;

/// How a line is broken; lengths in pt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Dash {
    Solid,
    /// Length of a dash and of a gap.
    Dashes(f64, f64),
    /// The same with a dot in the middle of each gap.
    DashesAndDots(f64, f64),
}

/// Dashes that tell lines apart without colour.
const DASHES: [Dash; 5] = [
    Dash::Solid,
    Dash::Dashes(4.0, 1.6),
    Dash::Dashes(1.2, 1.2),
    Dash::DashesAndDots(5.0, 4.0),
    Dash::Dashes(2.4, 1.2),
];

/// The shape of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
    InvertedTriangle,
}

const SHAPES: [Shape; 5] = [
    Shape::Circle,
    Shape::Square,
    Shape::Triangle,
    Shape::Diamond,
    Shape::InvertedTriangle,
];

/// How a group is drawn, in every figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    pub(super) colour: RGBColor,
    pub(super) dash: Dash,
    pub(super) shape: Shape,
}

/// The styles of some groups, given by their rule and name. The colour is the rule's, whatever else
/// the study holds; variants of a rule differ by shade, dash and shape, in the order of their names:
/// the place of a condition in the spec does not matter.
pub(super) fn styles(groups: &[(&str, &str)]) -> Vec<Style> {
    let bases = bases(groups.iter().map(|g| g.0));
    let base = |kind: &str| bases.iter().find(|b| b.0 == kind).map_or(BLACK, |b| b.1);
    groups
        .iter()
        .map(|group| {
            let colour = base(group.0);
            // Rules that must share a colour are told apart as variants are.
            let before = groups.iter().filter(|g| base(g.0) == colour && *g < group);
            let variant = before.count() % VARIANTS;
            Style {
                colour: shade(colour, variant),
                dash: DASHES[variant % DASHES.len()],
                shape: SHAPES[variant % SHAPES.len()],
            }
        })
        .collect()
}

/// The colour of each rule. An unknown one's follows from its name; where two names give the same
/// colour, the later one in the alphabet takes the next free one.
fn bases<'a>(kinds: impl Iterator<Item = &'a str>) -> Vec<(&'a str, RGBColor)> {
    let kinds: BTreeSet<&str> = kinds.collect();
    let mut taken = [false; OTHERS.len()];
    let mut other = |kind: &str| {
        let own = hash(kind) as usize % OTHERS.len();
        let free = (own..own + OTHERS.len()).find(|i| !taken[i % OTHERS.len()]);
        let place = free.unwrap_or(own) % OTHERS.len();
        taken[place] = true;
        OTHERS[place]
    };
    kinds
        .into_iter()
        .map(|kind| {
            let known = RULES.iter().find(|rule| rule.0 == kind);
            (kind, known.map_or_else(|| other(kind), |rule| rule.1))
        })
        .collect()
}

/// FNV-1a with 32 bits: the same on every machine and in every version of Rust.
fn hash(text: &str) -> u32 {
    let step = |h: u32, byte| (h ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    text.bytes().fold(0x811c_9dc5, step)
}

/// A colour as it is, darker, or lighter.
fn shade(colour: RGBColor, variant: usize) -> RGBColor {
    let part = |c: u8| match variant % 3 {
        0 => c,
        1 => (f64::from(c) * 0.5) as u8,
        _ => 255 - (f64::from(255 - c) * 0.6) as u8,
    };
    RGBColor(part(colour.0), part(colour.1), part(colour.2))
}

/// Which lines share a panel: as many as one can hold, and none that look alike. Each line goes into
/// the first panel that has room; the first panel has the first line.
pub(super) fn panels(styles: &[Style]) -> Vec<Vec<usize>> {
    let mut panels: Vec<Vec<usize>> = Vec::new();
    for (i, style) in styles.iter().enumerate() {
        let room = |panel: &&mut Vec<usize>| {
            panel.len() < LINES && panel.iter().all(|&other| styles[other] != *style)
        };
        match panels.iter_mut().find(room) {
            Some(panel) => panel.push(i),
            None => panels.push(vec![i]),
        }
    }
    panels
}

/// The ordered scale at 0 ≤ t ≤ 1, dark to bright: Viridis (S. van der Walt & N. Smith).
pub(super) fn ordered(t: f64) -> RGBColor {
    ViridisRGB::get_color(t.clamp(0.0, 1.0))
}

/// The ordered scale for lines on white: without the yellow end, which would vanish there.
pub(super) fn ordered_line(t: f64) -> RGBColor {
    ordered(0.88 * t)
}

/// Black or white, whichever reads better on a colour (luma of ITU-R BT.601).
pub(super) fn ink(on: RGBColor) -> RGBColor {
    let luma = 0.299 * f64::from(on.0) + 0.587 * f64::from(on.1) + 0.114 * f64::from(on.2);
    if luma > 140.0 { BLACK } else { WHITE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ordered_scale_runs_from_dark_to_bright() {
        assert_eq!(ordered(0.0), RGBColor(68, 1, 84));
        assert_eq!(ordered(1.0), RGBColor(254, 232, 37));
        assert_eq!(ordered(2.0), ordered(1.0));
        assert_eq!((ink(ordered(1.0)), ink(ordered(0.0))), (BLACK, WHITE));
    }

    #[test]
    fn a_rule_has_its_colour_whatever_else_there_is() {
        let alone = styles(&[("bayesian", "bayesian")])[0];
        assert_eq!(alone.colour, RGBColor(0xd5, 0x5e, 0x00));
        let among = styles(&[
            ("x", "x"),
            ("classical", "classical"),
            ("bayesian", "bayesian"),
        ]);
        assert_eq!(among[2], alone);
        assert_eq!(styles(&[("x", "x")])[0], among[0]);
        for known in RULES {
            assert!(!OTHERS.contains(&known.1));
        }
        // The order of the spec does not matter, that of the names does.
        let (a, b) = (("force", "force (a)"), ("force", "force (b)"));
        let (first, second) = (styles(&[a, b]), styles(&[b, a]));
        assert_eq!((first[0], first[1]), (second[1], second[0]));
        assert_eq!(first[0].colour, RULES[2].1);
    }

    #[test]
    fn unknown_rules_differ_as_long_as_there_are_colours() {
        let kinds: Vec<String> = (0..8).map(|i| format!("rule{i}")).collect();
        let groups: Vec<(&str, &str)> = kinds.iter().map(|k| (k.as_str(), k.as_str())).collect();
        let styles = styles(&groups);
        let colours = |n: usize| {
            let all = styles[..n]
                .iter()
                .map(|s| (s.colour.0, s.colour.1, s.colour.2));
            all.collect::<BTreeSet<_>>().len()
        };
        assert_eq!(colours(6), 6);
        for (i, style) in styles.iter().enumerate() {
            assert!(!styles[..i].contains(style), "{i}");
        }
    }

    #[test]
    fn no_panel_has_two_lines_that_look_alike() {
        let names: Vec<String> = (0..40).map(|i| format!("bayesian ({i:02})")).collect();
        let mut groups: Vec<(&str, &str)> =
            names.iter().map(|n| ("bayesian", n.as_str())).collect();
        groups.insert(20, ("classical", "classical"));
        let styles = styles(&groups);
        let panels = panels(&styles);
        let mut all: Vec<usize> = panels.concat();
        all.sort_unstable();
        assert_eq!(all, (0..41).collect::<Vec<_>>());
        assert_eq!(panels.len(), 5);
        for panel in &panels {
            assert!(panel.len() <= LINES);
            for (i, a) in panel.iter().enumerate() {
                assert!(panel[..i].iter().all(|b| styles[*a] != styles[*b]));
            }
        }
    }
}
