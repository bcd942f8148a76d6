//! How the final error depends on one swept parameter: median and interval, one line per rule, and
//! underneath the share of runs that diverged.

use super::captions::{basis, capitalised, metric_words};
use super::colour::category;
use super::error_axis::{ErrorAxis, unlearned};
use super::legend::{self, Entry};
use super::page::{Drawing, Page, Rect, Stroke, marker};
use super::panel::{Panel, diverged, note};
use super::scale::Scale;
use super::sizes::{BELOW, LANE, LEFT};
use super::{Figure, SINGLE_MM, file_part};
use crate::Results;
use crate::design::{Axis, Group, axis_title, symbol, values};
use crate::statistics::Interval;
use crate::summary::Row;

const HEIGHT: f64 = 118.0;
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
    let drawing = Drawing::of(SINGLE_MM, |page| {
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
        let mut y = legend::flow(page, LEFT, 3.0, &entries) + 4.0;
        if errors.lane.is_some() {
            y += LANE;
        }
        let width = page.width - LEFT - 9.0;
        let xs = all.iter().flat_map(|s| s.points.iter().map(|p| p.0));
        let x_scale = Scale::fit(axis.log, xs, 0.05);
        let area = Rect {
            x: LEFT,
            y,
            w: width,
            h: HEIGHT,
        };
        let main = Panel::new(page, area, x_scale, errors.scale, errors.lane.clone());
        let title = axis_title(&axis.path);
        let y_title = format!("final {}", metric.title());
        main.axes(
            page,
            (!any_diverged).then_some(title.as_str()),
            Some(&y_title),
        );
        let median = |row: &Row| {
            let clip = |y| errors.clip(y);
            let ends = |i: Interval| (clip(i.low), clip(i.high));
            row.median.map(|m| (clip(m.value), m.interval.map(ends)))
        };
        let share = |row: &Row| Some((diverged_percent(row), None));
        // Levels with their wide bands first, so that no line lies under them.
        let (levels, lines): (Vec<&Series>, Vec<&Series>) =
            all.iter().partition(|s| s.reference.is_some());
        for s in levels.into_iter().chain(lines) {
            draw_series(page, &main, (s, &all), median, (1.1, 4.4));
        }
        let mut bottom = area.bottom();
        if any_diverged {
            let (panel, below) = diverged(page, area, x_scale, &title, true);
            for s in &all {
                draw_series(page, &panel, (s, &all), share, (0.9, 3.4));
            }
            bottom = below;
        }
        note(page, bottom + BELOW, &short)
    });
    let caption = caption(results, axis, &others, &rows, &all);
    Figure {
        name: format!("sensitivity_{}", file_part(&axis.path)),
        title: format!("Final error against {}", axis.path),
        drawing,
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

/// How far to the side a series stands, so that intervals at the same value do not hide one another;
/// a series that has no points, or is alone in having them, pushes none aside.
fn dodge(series: &Series, all: &[Series]) -> f64 {
    let with_points = || all.iter().filter(|s| !s.points.is_empty());
    let rank = with_points()
        .position(|s| s.index == series.index)
        .unwrap_or(0);
    (rank as f64 - (with_points().count() as f64 - 1.0) / 2.0) * DODGE
}

/// A value with its interval, as they are drawn.
type Shown = (f64, Option<(f64, f64)>);

/// Draws what a function takes of each row, with lines and markers of some width and size.
fn draw_series(
    page: &Page,
    panel: &Panel,
    (s, all): (&Series, &[Series]),
    show: impl Fn(&Row) -> Option<Shown>,
    (width, size): (f64, f64),
) {
    let (colour, dash, shape) = category(s.index);
    let line = Stroke::new(colour, width).dashed(dash);
    if let Some((level, interval)) = s.reference.and_then(&show) {
        let (left, right) = panel.ends();
        if let Some((low, high)) = interval {
            panel.band(&[(left, low, high), (right, low, high)], colour, 0.16);
        }
        panel.curve(&[(left, level), (right, level)], line);
        return;
    }
    let shifted = panel.shifted(page, dodge(s, all));
    let points: Vec<(f64, Shown)> = s
        .points
        .iter()
        .filter_map(|(x, row)| Some((*x, show(row)?)))
        .collect();
    let curve: Vec<(f64, f64)> = points.iter().map(|(x, (y, _))| (*x, *y)).collect();
    shifted.curve(&curve, line);
    for (x, (y, interval)) in points {
        if let Some(ends) = interval {
            shifted.error_bar(x, ends, Stroke::new(colour, 0.9));
        }
        marker(&shifted.plane, shifted.place(x, y), shape, size, colour);
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
