//! How the final error depends on one swept parameter: median and interval, one line per rule, and
//! underneath the share of runs that diverged.

use super::canvas::{Canvas, Rect, Stroke};
use super::captions::{basis, capitalised, metric_words};
use super::colour::category;
use super::error_axis::{ErrorAxis, unlearned};
use super::legend::{self, Entry};
use super::panel::{BELOW, LANE, LEFT, Panel, note};
use super::scale::Scale;
use super::{Figure, SINGLE_MM, file_part};
use crate::Results;
use crate::design::{Axis, Group, axis_title, symbol, values};
use crate::summary::Row;

const HEIGHT: f64 = 118.0;
const STRIP: f64 = 34.0;
/// Points of different rules at the same x stand this far apart, so that intervals do not hide
/// each other.
const DODGE: f64 = 2.4;

/// A rule's data: a line over the axis, or one level where the rule has no such parameter.
struct Series<'a> {
    index: usize,
    group: &'a Group,
    points: Vec<(f64, &'a Row)>,
    reference: Option<&'a Row>,
}

fn series<'a>(results: &'a Results, axis: &Axis) -> Vec<Series<'a>> {
    let metric = results.ranking_metric();
    let tables = &results.tables;
    results
        .design
        .groups
        .iter()
        .enumerate()
        .map(|(index, group)| {
            let xs = values(tables, &group.conditions, axis.column);
            let points: Vec<(f64, &Row)> = xs
                .iter()
                .filter_map(|&x| {
                    let at: Vec<usize> = group
                        .conditions
                        .iter()
                        .copied()
                        .filter(|&c| tables.number(c, axis.column) == Some(x))
                        .collect();
                    Some((x, results.summary.best(&at, metric)?))
                })
                .collect();
            let reference = xs
                .is_empty()
                .then(|| results.summary.best(&group.conditions, metric))
                .flatten();
            Series {
                index,
                group,
                points,
                reference,
            }
        })
        .collect()
}

/// Medians and the ends of their intervals.
fn extent(row: &Row) -> impl Iterator<Item = f64> {
    let median = row.median;
    let interval = median.and_then(|m| m.interval);
    [
        median.map(|m| m.value),
        interval.map(|i| i.low),
        interval.map(|i| i.high),
    ]
    .into_iter()
    .flatten()
}

/// The share of a row's runs that diverged, in percent.
fn diverged_percent(row: &Row) -> f64 {
    if row.n == 0 {
        0.0
    } else {
        100.0 * row.diverged as f64 / row.n as f64
    }
}

/// Draws the figure of one axis.
pub(super) fn draw(results: &Results, axis: &Axis) -> Figure {
    let metric = results.ranking_metric();
    let all = series(results, axis);
    let rows: Vec<&Row> = all
        .iter()
        .flat_map(|s| s.points.iter().map(|p| p.1).chain(s.reference))
        .collect();
    let errors = ErrorAxis::fit(
        unlearned(results, metric),
        rows.iter().flat_map(|r| extent(r)),
        rows.iter().filter_map(|r| Some(r.median?.value)),
        0.06,
    );
    let any_diverged = rows.iter().any(|r| r.diverged > 0);

    let mut canvas = Canvas::new(SINGLE_MM);
    let entries: Vec<Entry> = all
        .iter()
        .filter(|s| !s.points.is_empty() || s.reference.is_some())
        .map(|s| {
            let (colour, dash, shape) = category(s.index);
            Entry {
                label: s.group.label.clone(),
                stroke: Stroke::new(colour, 1.1).dashed(dash),
                marker: (!s.points.is_empty()).then_some(shape),
            }
        })
        .collect();
    let mut y = legend::flow(&mut canvas, LEFT, 3.0, &entries) + 4.0;
    if errors.lane.is_some() {
        y += LANE;
    }
    let width = canvas.width() - LEFT - 9.0;
    let xs = all.iter().flat_map(|s| s.points.iter().map(|p| p.0));
    let x_scale = Scale::fit(axis.log, xs, 0.05);
    let area = Rect {
        x: LEFT,
        y,
        w: width,
        h: HEIGHT,
    };
    let main = Panel::new(area, x_scale, errors.scale, errors.lane.clone());
    let title = axis_title(&axis.path);
    let y_title = format!("final {}", metric.title());
    main.axes(
        &mut canvas,
        (!any_diverged).then_some(title.as_str()),
        Some(&y_title),
    );
    // Levels with their wide bands first, so that no line lies under them.
    let (levels, lines): (Vec<&Series>, Vec<&Series>) =
        all.iter().partition(|s| s.reference.is_some());
    for s in levels.into_iter().chain(lines) {
        draw_series(&mut canvas, &main, s, all.len(), &errors);
    }
    let mut bottom = area.bottom();
    if any_diverged {
        let strip = Rect {
            y: bottom + 9.0,
            h: STRIP,
            ..area
        };
        let percent = Scale::fit(false, [0.0, 100.0].into_iter(), 0.08);
        let panel = Panel::new(strip, x_scale, percent, None);
        panel.axes(&mut canvas, Some(&title), Some("diverged (%)"));
        for s in &all {
            draw_share(&mut canvas, &panel, s, all.len());
        }
        bottom = strip.bottom();
    }
    let others = other_axes(results, axis);
    let mut short = format!("Median of the final {}. ", metric.title());
    if !others.is_empty() {
        short.push_str(&format!("Best value of {others} at each point. "));
    }
    if all.iter().any(|s| s.reference.is_some()) {
        short.push_str(&format!(
            "Level with band: rule without {}. ",
            symbol(&axis.path)
        ));
    }
    short.push_str(&errors.words());
    for s in all
        .iter()
        .filter(|s| s.points.is_empty() && s.reference.is_none())
    {
        short.push_str(&format!(
            "{}: all runs failed. ",
            capitalised(&s.group.label)
        ));
    }
    short.push_str(&basis(results, &rows));
    let height = note(&mut canvas, bottom + BELOW, &short);
    let caption = caption(results, axis, &others, &rows, &all);
    Figure {
        name: format!("sensitivity_{}", file_part(&axis.path)),
        title: format!("Final error against {}", axis.path),
        canvas,
        height,
        caption,
    }
}

/// The other swept parameters that some rule on this axis has, as words.
fn other_axes(results: &Results, axis: &Axis) -> String {
    let names: Vec<String> = results
        .design
        .axes
        .iter()
        .filter(|other| {
            other.path != axis.path
                && results.design.groups.iter().any(|g| {
                    values(&results.tables, &g.conditions, other.column).len() > 1
                        && varies_at_fixed(results, g, axis, other)
                })
        })
        .map(|other| symbol(&other.path))
        .collect();
    names.join(", ")
}

/// Whether a group has several values of `other` at one value of `axis`.
fn varies_at_fixed(results: &Results, group: &Group, axis: &Axis, other: &Axis) -> bool {
    let tables = &results.tables;
    let xs = values(tables, &group.conditions, axis.column);
    let at = |x: Option<f64>| -> Vec<usize> {
        let of = |c: &usize| tables.number(*c, axis.column);
        group
            .conditions
            .iter()
            .copied()
            .filter(|c| of(c) == x)
            .collect()
    };
    xs.into_iter()
        .map(Some)
        .chain([None])
        .any(|x| values(tables, &at(x), other.column).len() > 1)
}

fn dodge(index: usize, count: usize) -> f64 {
    (index as f64 - (count as f64 - 1.0) / 2.0) * DODGE
}

fn draw_series(canvas: &mut Canvas, panel: &Panel, s: &Series, count: usize, errors: &ErrorAxis) {
    let (colour, dash, shape) = category(s.index);
    let line = Stroke::new(colour, 1.1).dashed(dash);
    if let Some(estimate) = s.reference.and_then(|row| row.median) {
        let (low, high) = (panel.x.value_at(0.0), panel.x.value_at(1.0));
        if let Some(i) = estimate.interval {
            let (bottom, top) = (errors.clip(i.low), errors.clip(i.high));
            let ends = [(low, bottom, top), (high, bottom, top)];
            panel.band(canvas, &ends, colour, 0.16);
        }
        let level = errors.clip(estimate.value);
        panel.curve(canvas, &[(low, level), (high, level)], line);
        return;
    }
    let shift = dodge(s.index, count);
    let shifted = Panel {
        x: panel.x.on(panel.area.x + shift, panel.area.right() + shift),
        ..panel.clone()
    };
    let points: Vec<(f64, f64)> = s
        .points
        .iter()
        .filter_map(|(x, row)| Some((*x, errors.clip(row.median?.value))))
        .collect();
    shifted.curve(canvas, &points, line);
    for (x, row) in &s.points {
        let Some(estimate) = row.median else { continue };
        let (px, py) = shifted.place(*x, errors.clip(estimate.value));
        if let Some(i) = estimate.interval {
            let ends = (errors.clip(i.low), errors.clip(i.high));
            shifted.error_bar(canvas, px, ends, Stroke::new(colour, 0.9));
        }
        canvas.marker(shape, px, py, 4.4, colour);
    }
}

fn draw_share(canvas: &mut Canvas, panel: &Panel, s: &Series, count: usize) {
    let (colour, dash, shape) = category(s.index);
    let line = Stroke::new(colour, 0.9).dashed(dash);
    if let Some(row) = s.reference {
        let share = diverged_percent(row);
        let (low, high) = (panel.x.value_at(0.0), panel.x.value_at(1.0));
        panel.curve(canvas, &[(low, share), (high, share)], line);
        return;
    }
    let shift = dodge(s.index, count);
    let shifted = Panel {
        x: panel.x.on(panel.area.x + shift, panel.area.right() + shift),
        ..panel.clone()
    };
    let points: Vec<(f64, f64)> = s
        .points
        .iter()
        .map(|(x, row)| (*x, diverged_percent(row)))
        .collect();
    shifted.curve(canvas, &points, line);
    for (x, share) in points {
        let (px, py) = shifted.place(x, share);
        canvas.marker(shape, px, py, 3.4, colour);
    }
}

fn caption(results: &Results, axis: &Axis, others: &str, rows: &[&Row], all: &[Series]) -> String {
    let metric = results.ranking_metric();
    let mut text = format!(
        "Final {} (median over runs) against `{}`, one line per rule; bars are intervals. {}",
        metric.title(),
        axis.path,
        metric_words(metric)
    );
    if !others.is_empty() {
        text.push_str(&format!(
            " At each point the best value of the other swept parameters ({others}) is taken: lowest final median, then fewest diverged runs, then first. The intervals are those of the chosen condition and do not include the luck of the choice."
        ));
    }
    for s in all.iter().filter(|s| s.reference.is_some()) {
        text.push_str(&format!(
            " {} has no `{}`: its level is a horizontal line with its interval as a band.",
            s.group.label, axis.path
        ));
    }
    text.push_str(
        " A diverged run counts as +∞; medians that are +∞, or beyond 10⁴ times the error before learning, stand in the lane above the axis, and an interval that reaches there runs to the top. Points of different rules are moved apart sideways by a few points to keep their intervals apart. Lower panel: share of runs that diverged (drawn if any did). ",
    );
    text.push_str(&basis(results, rows));
    text
}
