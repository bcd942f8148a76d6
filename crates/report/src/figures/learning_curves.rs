//! Error over the course of learning: median with its interval, one line per condition, one panel
//! per rule, and underneath the share of runs that have diverged by then.

use super::captions::{basis, capitalised, metric_words};
use super::colour::{RGBColor, ZERO, ordered_line};
use super::error_axis::{ErrorAxis, unlearned};
use super::legend::{self, Entry};
use super::markdown;
use super::names::Groups;
use super::page::{Drawing, Page, Rect, Stroke};
use super::panel::{Panel, diverged, note, panel_title, remark};
use super::scale::Scale;
use super::sizes::{BELOW, LANE, LEFT};
use super::{DOUBLE_MM, Figure, Part, SINGLE_MM, cap};
use crate::Results;
use crate::design::{Axis, symbol, values};
use crate::expectation::Metric;
use crate::number;
use crate::summary::Row;
use std::collections::BTreeSet;

const TITLE_ROOM: f64 = 14.0;
/// More bands than this on top of each other show nothing.
const MAX_BANDS: usize = 9;
/// Panels in one part: four rows, about a page of A4.
const MOST_PANELS: usize = 12;

/// One condition's curve.
struct Line<'a> {
    label: String,
    stroke: Stroke,
    rows: &'a [Row],
}

/// One set of axes.
struct Facet<'a> {
    title: String,
    /// Symbol of the parameter that colours stand for; none if they stand for rules.
    key: Option<String>,
    lines: Vec<Line<'a>>,
}

/// Test MSE where it was measured during learning; else tracking MSE, if that was.
pub(super) fn metric_over_time(results: &Results, conditions: &[usize]) -> Option<Metric> {
    Metric::ALL.into_iter().find(|&metric| {
        conditions.iter().any(|&c| {
            results
                .summary
                .curve(c, metric)
                .iter()
                .filter(|r| r.trial.is_some())
                .count()
                > 1
        })
    })
}

/// What the x axis counts: the metric tells the protocol.
pub(super) fn time_title(metric: Metric) -> &'static str {
    match metric {
        Metric::TestMse => "trials of learning",
        Metric::TrackingMse => "validation block",
    }
}

fn facets<'a>(results: &'a Results, groups: &Groups, metric: Metric) -> Vec<Facet<'a>> {
    let mut singles: Vec<usize> = Vec::new();
    let mut panels: Vec<Facet> = Vec::new();
    for (index, group) in results.design.groups.iter().enumerate() {
        let axes = results.design.axes_of(&results.tables, group);
        match axes.first() {
            None => singles.push(index),
            Some(axis) => panels.push(Facet {
                title: groups.name(index).to_string(),
                key: Some(symbol(&axis.path)),
                lines: coloured(results, &group.conditions, axis, metric),
            }),
        }
    }
    let titled = !panels.is_empty();
    for panel in groups.panels(&singles) {
        let title = match panel[..] {
            _ if !titled => String::new(),
            [only] => groups.name(only).to_string(),
            _ if one_per_rule(results, &panel) => "one condition per rule".to_string(),
            _ => "conditions without a swept value".to_string(),
        };
        let line = |index: usize| {
            let style = groups.style(index);
            let conditions = &results.design.groups[index].conditions;
            conditions.iter().map(move |&c| Line {
                label: groups.name(index).to_string(),
                stroke: Stroke::new(style.colour, 1.1).dashed(style.dash),
                rows: results.summary.curve(c, metric),
            })
        };
        panels.push(Facet {
            title,
            key: None,
            lines: panel.into_iter().flat_map(line).collect(),
        });
    }
    panels
}

/// Whether no two of some groups are of the same rule.
fn one_per_rule(results: &Results, groups: &[usize]) -> bool {
    let kinds: BTreeSet<&str> = groups
        .iter()
        .map(|&group| results.design.groups[group].kind.as_str())
        .collect();
    kinds.len() == groups.len()
}

/// The place of each value in a range of colours, 0 to 1, by ascending value: where the axis has it, so
/// that equal steps are equal steps of colour; or by rank, where that would give neighbours one colour.
fn places(shares: &[f64]) -> Vec<f64> {
    let last = shares.len().saturating_sub(1).max(1) as f64;
    let crowded = shares.windows(2).any(|pair| pair[1] - pair[0] < 0.5 / last);
    match crowded {
        false => shares.to_vec(),
        true => (0..shares.len()).map(|rank| rank as f64 / last).collect(),
    }
}

/// One line per value of the axis, at the best of the other parameters; the colour is the value's
/// place among all values of the study, so that it means the same in every panel.
fn coloured<'a>(
    results: &'a Results,
    conditions: &[usize],
    axis: &Axis,
    metric: Metric,
) -> Vec<Line<'a>> {
    let tables = &results.tables;
    let everywhere: Vec<usize> = (0..tables.conditions.len()).collect();
    let all = values(tables, &everywhere, axis.column);
    let scale = Scale::fit(axis.log, all.iter().copied(), 0.0);
    let placed: Vec<f64> = all.iter().copied().filter(|&x| !scale.in_lane(x)).collect();
    let shares: Vec<f64> = placed.iter().map(|&x| scale.share(x)).collect();
    let places = places(&shares);
    let colour = |x: f64| match placed.iter().position(|&other| other == x) {
        None => ZERO,
        Some(at) => ordered_line(places[at]),
    };
    let labels = number::values(&all);
    all.iter()
        .zip(labels)
        .filter_map(|(&x, label)| {
            let at: Vec<usize> = conditions
                .iter()
                .copied()
                .filter(|&c| tables.number(c, axis.column) == Some(x))
                .collect();
            let best = results.summary.best(&at, results.ranking_metric())?;
            Some(Line {
                label,
                stroke: Stroke::new(colour(x), 1.0),
                rows: results.summary.curve(best.condition, metric),
            })
        })
        .collect()
}

/// Trial, median, and the ends of its interval.
type Point = (f64, f64, Option<(f64, f64)>);

/// A point for every row that has a median.
fn points(rows: &[Row]) -> Vec<Point> {
    rows.iter()
        .filter_map(|row| {
            let median = row.median?;
            let ends = median.interval.map(|i| (i.low, i.high));
            Some((row.trial? as f64, median.value, ends))
        })
        .collect()
}

/// What all parts of the figure have in common.
struct Common {
    metric: Metric,
    x: Scale,
    errors: ErrorAxis,
    /// Whether the share of diverged runs is drawn.
    diverged: bool,
    /// Parameters over which the best is taken.
    choice: Option<String>,
}

/// Draws the figure, in parts where it has many panels or more lines than a key can tell apart; none
/// if nothing was measured twice. In words, what goes beyond the parts.
pub(super) fn draw(results: &Results, groups: &Groups) -> (Vec<Figure>, Option<String>) {
    let everywhere: Vec<usize> = (0..results.tables.conditions.len()).collect();
    let Some(metric) = metric_over_time(results, &everywhere) else {
        return (Vec::new(), None);
    };
    let facets = facets(results, groups, metric);
    let rows = || {
        facets
            .iter()
            .flat_map(|f| f.lines.iter().flat_map(|l| l.rows))
    };
    let all_points: Vec<_> = rows()
        .flat_map(|r| points(std::slice::from_ref(r)))
        .collect();
    let y_values = all_points.iter().flat_map(|p| {
        let (low, high) = p.2.unwrap_or((p.1, p.1));
        [p.1, low, high]
    });
    let medians = all_points.iter().map(|p| p.1);
    let common = Common {
        metric,
        x: Scale::fit(false, all_points.iter().map(|p| p.0), 0.02),
        errors: ErrorAxis::fit(unlearned(results, metric), y_values, medians, 0.05),
        diverged: rows().any(|r| r.diverged > 0),
        choice: choice_words(results),
    };
    let mut parts = parts(facets);
    let groups_of = |facet: &Facet| match facet.key {
        Some(_) => 1,
        None => facet.lines.len(),
    };
    let left_out = cap("learning_curves", &mut parts, |part| {
        part.iter().map(groups_of).sum()
    });
    let figures = parts
        .iter()
        .enumerate()
        .map(|(i, facets)| draw_part(results, facets, &common, Part(i, parts.len())))
        .collect();
    (figures, left_out)
}

/// Parts of at most [`MOST_PANELS`] panels, of which one at most has lines with a key of their own:
/// that key is the part's.
fn parts(facets: Vec<Facet>) -> Vec<Vec<Facet>> {
    let mut parts: Vec<Vec<Facet>> = Vec::new();
    for facet in facets {
        let room = |part: &Vec<Facet>| {
            let keyed = facet.key.is_none() && part.iter().any(|f| f.key.is_none());
            part.len() < MOST_PANELS && !keyed
        };
        match parts.last_mut() {
            Some(part) if room(part) => part.push(facet),
            _ => parts.push(vec![facet]),
        }
    }
    parts
}

/// The words below a part.
fn short_words(results: &Results, facets: &[Facet], common: &Common, rows: &[&Row]) -> String {
    let metric = common.metric;
    let crowded = facets.iter().any(|f| f.lines.len() > MAX_BANDS);
    let mut points_here = rows.iter().flat_map(|r| points(std::slice::from_ref(*r)));
    let band = match (points_here.any(|p| p.2.is_some()), crowded) {
        (true, false) => " with its interval (band)".to_string(),
        (true, true) => format!(
            " with its interval (band; in panels of more than {MAX_BANDS} lines only in summary.csv)"
        ),
        (false, _) => String::new(),
    };
    let mut short = format!("Median {}{band}. ", metric.title());
    if metric == Metric::TrackingMse {
        short.push_str("No test MSE exists before the end of learning. ");
    }
    if let Some(others) = &common.choice {
        short.push_str(&format!("Best value of {others} in each line. "));
    }
    short.push_str(&common.errors.words());
    for line in singles_of(facets).filter(|l| points(l.rows).is_empty()) {
        short.push_str(&format!("{}: all runs failed. ", capitalised(&line.label)));
    }
    short.push_str(&basis(results, rows));
    short
}

/// Draws a part.
fn draw_part(results: &Results, facets: &[Facet], common: &Common, part: Part) -> Figure {
    let rows: Vec<&Row> = facets
        .iter()
        .flat_map(|f| f.lines.iter().flat_map(|l| l.rows))
        .collect();
    let per_row = match facets.len() {
        1 => 1,
        2 | 4 => 2,
        _ => 3,
    };
    let width_mm = if per_row == 1 { SINGLE_MM } else { DOUBLE_MM };
    let height = if per_row == 3 { 96.0 } else { 112.0 };
    let key_room = facets
        .iter()
        .filter_map(|f| Some((f.key.as_deref()?, &f.lines)))
        .flat_map(|(key, lines)| lines.iter().map(move |line| (key, &line.label)))
        .map(|(key, label)| legend::stack_width(key, label))
        .fold(0.0, f64::max);
    let short = short_words(results, facets, common, &rows);
    let drawing = Drawing::of(width_mm, |page| {
        let column = (page.width - 4.0) / per_row as f64;
        let mut y = 3.0;
        let singles: Vec<Entry> = singles_of(facets)
            .map(|line| Entry {
                label: line.label.clone(),
                stroke: line.stroke,
                marker: None,
            })
            .collect();
        if singles.len() > 1 || facets.len() == 1 && !singles.is_empty() {
            y = legend::flow(page, LEFT, y, &singles) + 2.0;
        }
        for (i, line) in facets.chunks(per_row).enumerate() {
            let titled = line.iter().any(|f| !f.title.is_empty());
            let top = y + if titled { TITLE_ROOM } else { 3.0 };
            let lane = if common.errors.lane.is_some() {
                LANE
            } else {
                0.0
            };
            let mut bottom = top;
            for (j, facet) in line.iter().enumerate() {
                let place = Place {
                    x: j as f64 * column + LEFT,
                    top: top + lane,
                    width: column - LEFT - if facet.key.is_some() { key_room } else { 8.0 },
                    height,
                    first: j == 0,
                };
                let letter = (facets.len() > 1).then_some(i * per_row + j);
                let start = (place.x, top - 5.0);
                panel_title(page, start, column - LEFT - 3.0, letter, &facet.title);
                bottom = bottom.max(draw_facet(page, facet, &place, common));
            }
            y = bottom + 5.0;
        }
        note(page, y - 3.0, &format!("{}{short}", part.words()))
    });
    Figure {
        name: part.name("learning_curves"),
        title: part.title("Learning curves"),
        drawing,
        caption: caption(results, common, &rows, part),
    }
}

fn caption(results: &Results, common: &Common, rows: &[&Row], part: Part) -> String {
    let metric = common.metric;
    let mut caption = format!(
        "{} over learning: median of all runs (line) and its interval (band; left away in panels of more than {MAX_BANDS} lines, see `summary.csv`), one panel per rule with several conditions (colour: the swept value), the others together. {}",
        capitalised(metric.title()),
        metric_words(metric)
    );
    caption.push_str(part.styles());
    if let Some(others) = &common.choice {
        caption.push_str(&format!(
            " Each line takes the best value of the other swept parameters ({}): lowest final median, then fewest diverged runs, then first.",
            markdown::text(others)
        ));
    }
    caption.push_str(
        " A diverged run counts as +∞ from its divergence on; a median of +∞, or beyond 10⁴ times the error before learning, stands in the lane above the axis.",
    );
    if common.errors.scale.has_zeros() {
        caption.push_str(" A median of exactly 0 stands in the lane below the axis.");
    }
    caption.push_str(" Lower panels: share of runs that have diverged (drawn if any did). ");
    caption.push_str(&basis(results, rows));
    caption
}

/// The lines whose colour stands for a rule.
fn singles_of<'a, 'b>(facets: &'b [Facet<'a>]) -> impl Iterator<Item = &'b Line<'a>> {
    facets
        .iter()
        .filter(|f| f.key.is_none())
        .flat_map(|f| &f.lines)
}

/// Parameters beside the colouring one over which the best is taken.
fn choice_words(results: &Results) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    for group in &results.design.groups {
        let axes = results.design.axes_of(&results.tables, group);
        let first = axes.first().map_or(0, |first| {
            values(&results.tables, &group.conditions, first.column).len()
        });
        // Axes that advance together give no choice.
        if group.conditions.len() > first {
            for axis in axes.iter().skip(1) {
                let name = symbol(&axis.path);
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
    }
    (!names.is_empty()).then(|| names.join(", "))
}

/// Where a facet stands on the page.
struct Place {
    x: f64,
    top: f64,
    width: f64,
    height: f64,
    first: bool,
}

/// Draws one facet; returns the y below its axis title.
fn draw_facet(page: &Page, facet: &Facet, place: &Place, common: &Common) -> f64 {
    let Common {
        metric,
        x: x_scale,
        errors,
        diverged: strip,
        ..
    } = common;
    let area = Rect {
        x: place.x,
        y: place.top,
        w: place.width,
        h: place.height,
    };
    let panel = Panel::new(page, area, *x_scale, errors.scale, errors.lane.clone());
    let x_title = time_title(*metric);
    let y_title = place.first.then_some(metric.title());
    panel.axes(page, (!*strip).then_some(x_title), y_title);
    let opacity = if facet.lines.len() <= 3 { 0.2 } else { 0.1 };
    let banded = facet.lines.len() <= MAX_BANDS;
    for line in facet.lines.iter().filter(|_| banded) {
        let band: Vec<(f64, f64, f64)> = points(line.rows)
            .into_iter()
            .filter_map(|(x, _, ends)| {
                let (low, high) = ends?;
                Some((x, errors.clip(low), errors.clip(high)))
            })
            .collect();
        panel.band(&band, line.stroke.colour, opacity);
    }
    for line in &facet.lines {
        let curve: Vec<(f64, f64)> = points(line.rows)
            .iter()
            .map(|p| (p.0, errors.clip(p.1)))
            .collect();
        panel.curve(&curve, line.stroke);
    }
    if facet.lines.iter().all(|l| points(l.rows).is_empty()) {
        remark(page, area, "all runs failed");
    }
    if let Some(key) = &facet.key {
        let values: Vec<(String, RGBColor)> = facet
            .lines
            .iter()
            .map(|l| (l.label.clone(), l.stroke.colour))
            .collect();
        let room = Rect {
            x: area.right() + 6.0,
            ..area
        };
        legend::stack(page, room, key, &values);
    }
    if !*strip {
        return area.bottom() + BELOW;
    }
    let (shares, bottom) = diverged(page, &panel, x_title, place.first);
    for line in &facet.lines {
        let curve: Vec<(f64, f64)> = line
            .rows
            .iter()
            .filter(|r| r.n > 0)
            .filter_map(|r| Some((r.trial? as f64, 100.0 * r.diverged as f64 / r.n as f64)))
            .collect();
        shares.curve(&curve, line.stroke);
    }
    bottom + BELOW
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_never_share_a_colour() {
        let equal = [0.0, 0.5, 1.0];
        assert_eq!(places(&equal), equal);
        assert_eq!(
            places(&[0.0, 0.001, 0.002, 1.0]),
            [0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0]
        );
        assert_eq!(places(&[0.3]), [0.3]);
        assert_eq!(places(&[]), [0.0; 0]);
    }
}
