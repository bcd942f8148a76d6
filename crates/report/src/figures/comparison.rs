//! A study against published learning curves: per rule a row of small panels, one per learning rate,
//! with the medians over learning; below them the last common medians against the learning rate, with
//! the share of diverged runs.
//!
//! One panel per rate, not one with all rates in colours: two intervals per rate on top of each other
//! show nothing, and what is to be seen is how far two lines are apart.

mod words;

use super::colour::{self, BLACK, Dash, GREY, RGBColor, Shape};
use super::error_axis::ErrorAxis;
use super::learning_curves::time_title;
use super::legend::{self, Entry};
use super::markdown;
use super::names::Names;
use super::page::{Drawing, Page, Rect, Stroke, marker};
use super::panel::{Panel, diverged, note, panel_title};
use super::ruler;
use super::scale::Scale;
use super::sizes::{BELOW, LANE, LEFT, TICK_SIZE};
use super::{DOUBLE_MM, Figure};
use crate::compare::side::Measured;
use crate::compare::{Comparison, OneSided, Row};
use crate::design::axis_title;
use crate::expectation::Metric;
use crate::number;
use crate::statistics::quantile;
use plotters::style::text_anchor::HPos;
use words::{basis, caption};

/// Panels of last medians side by side; more rules go on below.
const COLUMNS: usize = 2;
/// Panels of learning curves side by side; more rates go on below.
const MOST_RATES: usize = 9;
/// Rules in the figure: of more than half as many, each gets one row of learning curves.
const MOST_RULES: usize = 6;
/// Fewer rates get no wider panels than so many.
const FEWEST_RATES: usize = 5;
const CURVES: f64 = 62.0;
const FINALS: f64 = 100.0;
/// Between panels of learning curves, for the tick labels at their ends.
const GAP: f64 = 9.0;
const TITLE_ROOM: f64 = 15.0;
/// Above each panel of learning curves for its rate.
const RATE_ROOM: f64 = 10.0;
const RIGHT: f64 = 9.0;
/// The two sides stand this far apart at the same rate, so that intervals do not hide each other.
const DODGE: f64 = 2.6;

/// How a side is drawn, and what is taken of a row.
struct Look {
    label: &'static str,
    colour: RGBColor,
    dash: Dash,
    shape: Shape,
    band: f64,
    of: fn(&Row) -> &Measured,
    /// Of [`DODGE`], to the right.
    aside: f64,
}

/// The reference first: the study is drawn over it, in the rule's colour.
fn looks(rule: RGBColor) -> [Look; 2] {
    let reference = Look {
        label: "reference",
        colour: BLACK,
        dash: Dash::Dashes(2.8, 1.5),
        shape: Shape::Square,
        band: 0.12,
        of: |row| &row.reference,
        aside: 0.5,
    };
    let own = Look {
        label: "this study (in the rule's colour)",
        colour: rule,
        dash: Dash::Solid,
        shape: Shape::Circle,
        band: 0.2,
        of: |row| &row.own,
        aside: -0.5,
    };
    [reference, own]
}

/// A rate with a median.
struct Point {
    eta0: f64,
    measured: Measured,
}

/// What one rule's two panels show.
struct Facet<'a> {
    rule: &'a str,
    colour: RGBColor,
    /// Per common condition, ascending in η₀: the rate and its rows.
    lines: Vec<(f64, Vec<&'a Row>)>,
    /// The last medians, common conditions and others.
    own: Vec<Point>,
    reference: Vec<Point>,
}

fn facets(c: &Comparison) -> Vec<Facet<'_>> {
    let mut rules = c.rules();
    // A rule of which nothing is common still has points to show, if both sides have it.
    for one in c.only_own.iter().filter(|o| o.measured.is_some()) {
        let rule = one.condition.rule.as_str();
        let there = |o: &OneSided| o.condition.rule == rule && o.measured.is_some();
        if !rules.contains(&rule) && c.only_reference.iter().any(there) {
            rules.push(rule);
        }
    }
    let kinds: Vec<(&str, &str)> = rules.iter().map(|&rule| (rule, rule)).collect();
    rules
        .into_iter()
        .zip(colour::styles(&kinds))
        .map(|(rule, style)| {
            let lines: Vec<(f64, Vec<&Row>)> = c
                .pairs
                .iter()
                .enumerate()
                .filter(|(_, pair)| pair.own.rule == rule)
                .map(|(i, pair)| {
                    let rows = c.rows.iter().filter(|r| r.pair == i).collect();
                    (pair.own.eta0, rows)
                })
                .collect();
            let points = |alone: &[OneSided], of: fn(&Row) -> Measured| {
                let last = lines.iter().flat_map(|(eta0, rows)| {
                    let rows = rows.iter().filter(|r| r.trial == c.trial);
                    rows.map(|r| (*eta0, of(r)))
                });
                let alone = alone
                    .iter()
                    .filter(|o| o.condition.rule == rule)
                    .filter_map(|o| Some((o.condition.eta0, o.measured?)));
                let mut all: Vec<Point> = last
                    .chain(alone)
                    .map(|(eta0, measured)| Point { eta0, measured })
                    .collect();
                all.sort_by(|a, b| a.eta0.total_cmp(&b.eta0));
                all
            };
            Facet {
                rule,
                colour: style.colour,
                own: points(&c.only_own, |r| r.own),
                reference: points(&c.only_reference, |r| r.reference),
                lines,
            }
        })
        .collect()
}

/// A median and the ends of its interval.
fn extent(m: &Measured) -> [f64; 3] {
    let value = m.median.value;
    let interval = m.median.interval;
    [
        value,
        interval.map_or(value, |i| i.low),
        interval.map_or(value, |i| i.high),
    ]
}

/// The axis for some medians; what a network that learned nothing does is the median of `first`.
fn error_axis<'a>(first: &[f64], shown: impl Iterator<Item = &'a Measured> + Clone) -> ErrorAxis {
    let mut first: Vec<f64> = first
        .iter()
        .copied()
        .filter(|x| x.is_finite() && *x > 0.0)
        .collect();
    first.sort_by(f64::total_cmp);
    ErrorAxis::fit(
        quantile(&first, 0.5).unwrap_or(1.0),
        shown.clone().flat_map(extent),
        shown.map(|m| m.median.value),
        0.05,
    )
}

/// Draws the figure.
pub(super) fn draw(c: &Comparison) -> (Figure, Names) {
    let mut facets = facets(c);
    let left_out = select(&mut facets);
    let names = Names::of(facets.iter().map(|f| f.rule.to_string()).collect());
    let first: Vec<f64> = facets
        .iter()
        .flat_map(|f| f.lines.iter().filter_map(|(_, rows)| rows.first()))
        .flat_map(|row| [row.own.median.value, row.reference.median.value])
        .collect();
    let rows = || facets.iter().flat_map(|f| &f.lines).flat_map(|l| &l.1);
    let curves = error_axis(&first, rows().flat_map(|r| [&r.own, &r.reference]));
    let points = || facets.iter().flat_map(|f| f.own.iter().chain(&f.reference));
    let finals = error_axis(&first, points().map(|p| &p.measured));
    let any_diverged = points().any(|p| p.measured.diverged > 0);
    let etas = Scale::fit(true, points().map(|p| p.eta0), 0.04);
    let trials = Scale::fit(false, rows().map(|r| r.trial as f64), 0.03);
    let short = format!(
        "Lines and points: median test MSE; bands and bars: 95 % intervals. {}{}",
        if finals.words().is_empty() {
            curves.words()
        } else {
            finals.words()
        },
        basis(c, &facets)
    );
    let short = format!("{short}{left_out}");
    let drawing = Drawing::of(DOUBLE_MM, |page| {
        let [reference, own] = looks(GREY).map(|look| Entry {
            label: look.label.to_string(),
            stroke: Stroke::new(look.colour, 1.1).dashed(look.dash),
            marker: Some(look.shape),
        });
        let mut y = legend::flow(page, LEFT, 3.0, &[own, reference]) + 3.0;
        let mut letter = 0;
        let named = || facets.iter().enumerate();
        for (i, facet) in named().filter(|(_, f)| !f.lines.is_empty()) {
            let title = format!("{}: learning curves by η₀", names.shown(i));
            let start = (LEFT, y + TITLE_ROOM - 5.0);
            panel_title(page, start, page.width - LEFT - RIGHT, Some(letter), &title);
            y = draw_curves(page, facet, y + TITLE_ROOM, trials, &curves);
            letter += 1;
        }
        let column = (page.width - 4.0) / COLUMNS as f64;
        for (row, chunk) in facets.chunks(COLUMNS).enumerate() {
            let lane = if finals.lane.is_some() { LANE } else { 0.0 };
            let mut bottom: f64 = 0.0;
            for (j, facet) in chunk.iter().enumerate() {
                let area = Rect {
                    x: j as f64 * column + LEFT,
                    y: y + TITLE_ROOM + lane,
                    w: column - LEFT - RIGHT,
                    h: FINALS,
                };
                let start = (area.x, y + TITLE_ROOM - 5.0);
                let rule = names.shown(row * COLUMNS + j);
                let title = format!("{rule}: after {} trials", c.trial);
                panel_title(page, start, area.w, Some(letter), &title);
                letter += 1;
                let below = draw_finals(page, facet, area, (etas, &finals), any_diverged, j == 0);
                bottom = bottom.max(below);
            }
            y = bottom + BELOW + 3.0;
        }
        note(page, y - 3.0, &short)
    });
    let caption = format!("{}{}", caption(c, &facets), markdown::text(&left_out));
    let figure = Figure {
        name: "comparison".to_string(),
        title: "Comparison with a reference".to_string(),
        drawing,
        caption,
    };
    (figure, names)
}

/// Keeps what two pages hold, an even selection of each rule's rates; says what is left out.
fn select(facets: &mut Vec<Facet>) -> String {
    let mut words = String::new();
    let rules = facets.len();
    if rules > MOST_RULES {
        facets.truncate(MOST_RULES);
        words.push_str(&format!(" The first {MOST_RULES} of {rules} rules."));
    }
    let rows = if rules > MOST_RULES / 2 { 1 } else { 2 };
    let most = rows * MOST_RATES;
    for facet in facets.iter_mut().filter(|f| f.lines.len() > most) {
        let all = facet.lines.len();
        facet.lines = (0..most)
            .map(|i| facet.lines[i * (all - 1) / (most - 1)].clone())
            .collect();
        words.push_str(&format!(
            " {}: learning curves of {most} of {all} rates, an even selection; all are in comparison.csv.",
            facet.rule
        ));
    }
    words
}

/// The medians over learning, a panel per rate; returns the y below.
fn draw_curves(page: &Page, facet: &Facet, y: f64, trials: Scale, errors: &ErrorAxis) -> f64 {
    let metric = Metric::TestMse;
    let lane = if errors.lane.is_some() { LANE } else { 0.0 };
    let columns = facet.lines.len().clamp(FEWEST_RATES, MOST_RATES);
    let step = (page.width - LEFT - RIGHT + GAP) / columns as f64;
    let width = step - GAP;
    let rates: Vec<f64> = facet.lines.iter().map(|l| l.0).collect();
    let names = number::values(&rates);
    let mut top = y;
    for (lines, names) in facet.lines.chunks(columns).zip(names.chunks(columns)) {
        let area = Rect {
            x: LEFT,
            y: top + RATE_ROOM + lane,
            w: width,
            h: CURVES,
        };
        for (j, ((_, rows), name)) in lines.iter().zip(names).enumerate() {
            let area = Rect {
                x: LEFT + j as f64 * step,
                ..area
            };
            let panel = Panel::new(page, area, trials, errors.scale, errors.lane.clone());
            if j == 0 {
                panel.left_axes(page, metric.title());
            } else {
                panel.inner_axes(page);
            }
            let middle = area.x + area.w / 2.0;
            let baseline = top + RATE_ROOM - 4.0;
            page.text(middle, baseline, name, TICK_SIZE, HPos::Center, BLACK);
            draw_rows(&panel, rows, facet.colour, errors);
        }
        let whole = Rect {
            w: lines.len() as f64 * step - GAP,
            ..area
        };
        ruler::x_title(page, whole, time_title(metric));
        top = area.bottom() + BELOW;
    }
    top
}

/// Both sides of one condition, with their intervals.
fn draw_rows(panel: &Panel, rows: &[&Row], rule: RGBColor, errors: &ErrorAxis) {
    for look in looks(rule) {
        let band: Vec<(f64, f64, f64)> = rows
            .iter()
            .filter_map(|r| {
                let i = (look.of)(r).median.interval?;
                Some((r.trial as f64, errors.clip(i.low), errors.clip(i.high)))
            })
            .collect();
        panel.band(&band, look.colour, look.band);
    }
    for look in looks(rule) {
        let curve: Vec<(f64, f64)> = rows
            .iter()
            .map(|r| (r.trial as f64, errors.clip((look.of)(r).median.value)))
            .collect();
        panel.curve(&curve, Stroke::new(look.colour, 1.0).dashed(look.dash));
        if let [(x, y)] = curve[..] {
            let at = panel.place(x, y);
            marker(&panel.plane, at, look.shape, 3.4, look.colour);
        }
    }
}

/// The last medians against the rate, both sides; returns where the panels end.
fn draw_finals(
    page: &Page,
    facet: &Facet,
    area: Rect,
    (etas, errors): (Scale, &ErrorAxis),
    any_diverged: bool,
    first: bool,
) -> f64 {
    let panel = Panel::new(page, area, etas, errors.scale, errors.lane.clone());
    let title = axis_title("rule.eta0");
    let y_title = first.then_some(Metric::TestMse.title());
    panel.axes(page, (!any_diverged).then_some(title.as_str()), y_title);
    let (strip, bottom) = if any_diverged {
        let (strip, bottom) = diverged(page, &panel, &title, first);
        (Some(strip), bottom)
    } else {
        (None, area.bottom())
    };
    for (look, points) in looks(facet.colour)
        .iter()
        .zip([&facet.reference, &facet.own])
    {
        let line = Stroke::new(look.colour, 1.0).dashed(look.dash);
        let draw = |panel: &Panel, size: f64, get: &dyn Fn(&Measured) -> [f64; 3]| {
            let shifted = panel.shifted(page, look.aside * DODGE);
            let shown: Vec<(f64, [f64; 3])> =
                points.iter().map(|p| (p.eta0, get(&p.measured))).collect();
            let curve: Vec<(f64, f64)> = shown.iter().map(|(x, y)| (*x, y[0])).collect();
            shifted.curve(&curve, line);
            for (x, [value, low, high]) in shown {
                if low < high {
                    shifted.error_bar(x, (low, high), Stroke::new(look.colour, 0.8));
                }
                let at = shifted.place(x, value);
                marker(&shifted.plane, at, look.shape, size, look.colour);
            }
        };
        draw(&panel, 4.4, &|m| extent(m).map(|y| errors.clip(y)));
        if let Some(strip) = &strip {
            draw(strip, 3.2, &|m| [100.0 * m.diverged_share(); 3]);
        }
    }
    bottom
}
