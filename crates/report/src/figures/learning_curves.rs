//! Error over the course of learning: median with its interval, one line per condition, one panel
//! per rule, and underneath the share of runs that have diverged by then.

use super::captions::{basis, capitalised, metric_words};
use super::colour::{RGBColor, category, ordered_line};
use super::error_axis::{ErrorAxis, unlearned};
use super::legend::{self, Entry};
use super::page::{Drawing, Page, Rect, Stroke};
use super::panel::{Panel, diverged, note, panel_title, remark};
use super::scale::Scale;
use super::sizes::{BELOW, LANE, LEFT};
use super::{DOUBLE_MM, Figure, SINGLE_MM};
use crate::Results;
use crate::design::{Axis, symbol, values};
use crate::expectation::Metric;
use crate::number;
use crate::summary::Row;

const TITLE_ROOM: f64 = 14.0;
/// More bands than this on top of each other show nothing.
const MAX_BANDS: usize = 9;

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

fn facets(results: &Results, metric: Metric) -> Vec<Facet<'_>> {
    let mut singles: Vec<Line> = Vec::new();
    let mut panels: Vec<Facet> = Vec::new();
    for (index, group) in results.design.groups.iter().enumerate() {
        let axes = results.design.axes_of(&results.tables, group);
        match axes.first() {
            None => singles.extend(group.conditions.iter().map(|&c| {
                let (colour, dash, _) = category(index);
                Line {
                    label: group.label.clone(),
                    stroke: Stroke::new(colour, 1.1).dashed(dash),
                    rows: results.summary.curve(c, metric),
                }
            })),
            Some(axis) => panels.push(Facet {
                title: group.label.clone(),
                key: Some(symbol(&axis.path)),
                lines: coloured(results, &group.conditions, axis, metric),
            }),
        }
    }
    if !singles.is_empty() {
        let title = match singles.len() {
            1 => singles[0].label.clone(),
            _ => "one condition per rule".to_string(),
        };
        panels.push(Facet {
            title: if panels.is_empty() {
                String::new()
            } else {
                title
            },
            key: None,
            lines: singles,
        });
    }
    panels
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
    let scale = Scale::fit(axis.log, all.into_iter(), 0.0);
    values(tables, conditions, axis.column)
        .into_iter()
        .filter_map(|x| {
            let at: Vec<usize> = conditions
                .iter()
                .copied()
                .filter(|&c| tables.number(c, axis.column) == Some(x))
                .collect();
            let best = results.summary.best(&at, results.ranking_metric())?;
            Some(Line {
                label: number::value(x),
                stroke: Stroke::new(ordered_line(scale.share(x)), 1.0),
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

/// Draws the figure; `None` if nothing was measured twice.
pub(super) fn draw(results: &Results) -> Option<Figure> {
    let everywhere: Vec<usize> = (0..results.tables.conditions.len()).collect();
    let metric = metric_over_time(results, &everywhere)?;
    let facets = facets(results, metric);
    let rows: Vec<&Row> = facets
        .iter()
        .flat_map(|f| f.lines.iter().flat_map(|l| l.rows))
        .collect();
    let any_diverged = rows.iter().any(|r| r.diverged > 0);
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
    let all_points: Vec<_> = rows
        .iter()
        .flat_map(|r| points(std::slice::from_ref(*r)))
        .collect();
    let x_scale = Scale::fit(false, all_points.iter().map(|p| p.0), 0.02);
    let y_values = all_points.iter().flat_map(|p| {
        let (low, high) = p.2.unwrap_or((p.1, p.1));
        [p.1, low, high]
    });
    let medians = all_points.iter().map(|p| p.1);
    let errors = ErrorAxis::fit(unlearned(results, metric), y_values, medians, 0.05);

    let choice = choice_words(results);
    let crowded = facets.iter().any(|f| f.lines.len() > MAX_BANDS);
    let band = match (all_points.iter().any(|p| p.2.is_some()), crowded) {
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
    if let Some(others) = &choice {
        short.push_str(&format!("Best value of {others} in each line. "));
    }
    short.push_str(&errors.words());
    for line in singles_of(&facets).filter(|l| points(l.rows).is_empty()) {
        short.push_str(&format!("{}: all runs failed. ", capitalised(&line.label)));
    }
    short.push_str(&basis(results, &rows));
    let drawing = Drawing::of(width_mm, |page| {
        let column = (page.width - 4.0) / per_row as f64;
        let mut y = 3.0;
        let singles: Vec<Entry> = singles_of(&facets)
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
            let mut bottom = top;
            for (j, facet) in line.iter().enumerate() {
                let place = Place {
                    x: j as f64 * column + LEFT,
                    top: top + if errors.lane.is_some() { LANE } else { 0.0 },
                    width: column - LEFT - if facet.key.is_some() { key_room } else { 8.0 },
                    height,
                    first: j == 0,
                };
                let letter = (facets.len() > 1).then_some(i * per_row + j);
                let start = (place.x, top - 5.0);
                panel_title(page, start, column - LEFT - 3.0, letter, &facet.title);
                let below = draw_facet(
                    page,
                    facet,
                    &place,
                    (x_scale, &errors),
                    metric,
                    any_diverged,
                );
                bottom = bottom.max(below);
            }
            y = bottom + 5.0;
        }
        note(page, y - 3.0, &short)
    });
    let mut caption = format!(
        "{} over learning: median of all runs (line) and its interval (band; left away in panels of more than {MAX_BANDS} lines, see `summary.csv`), one panel per rule with several conditions (colour: the swept value), the others together. {}",
        capitalised(metric.title()),
        metric_words(metric)
    );
    if let Some(others) = &choice {
        caption.push_str(&format!(
            " Each line takes the best value of the other swept parameters ({others}): lowest final median, then fewest diverged runs, then first."
        ));
    }
    caption.push_str(
        " A diverged run counts as +∞ from its divergence on; a median of +∞, or beyond 10⁴ times the error before learning, stands in the lane above the axis. Lower panels: share of runs that have diverged (drawn if any did). ",
    );
    caption.push_str(&basis(results, &rows));
    Some(Figure {
        name: "learning_curves".to_string(),
        title: "Learning curves".to_string(),
        drawing,
        caption,
    })
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
fn draw_facet(
    page: &Page,
    facet: &Facet,
    place: &Place,
    (x_scale, errors): (Scale, &ErrorAxis),
    metric: Metric,
    strip: bool,
) -> f64 {
    let area = Rect {
        x: place.x,
        y: place.top,
        w: place.width,
        h: place.height,
    };
    let panel = Panel::new(page, area, x_scale, errors.scale, errors.lane.clone());
    let x_title = time_title(metric);
    let y_title = place.first.then_some(metric.title());
    panel.axes(page, (!strip).then_some(x_title), y_title);
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
    if !strip {
        return area.bottom() + BELOW;
    }
    let (shares, bottom) = diverged(page, area, x_scale, x_title, place.first);
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
