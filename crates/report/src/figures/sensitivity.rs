//! How the final error depends on one swept parameter: median and interval, one line per rule, and
//! underneath the share of runs that diverged.

use super::captions::{basis, capitalised, metric_words};
use super::colour::Style;
use super::error_axis::{ErrorAxis, unlearned};
use super::legend::{self, Entry};
use super::markdown;
use super::names::Groups;
use super::page::{Drawing, Page, Rect, Stroke, marker};
use super::panel::{Panel, diverged, note};
use super::scale::Scale;
use super::sizes::{BELOW, LANE, LEFT};
use super::{Figure, Part, SINGLE_MM, cap, file_part};
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
    /// The group's index in the design.
    index: usize,
    points: Vec<(f64, &'a Row)>,
    reference: Option<&'a Row>,
}

impl<'a> Series<'a> {
    /// All that is drawn; nothing if all runs failed.
    fn rows(&self) -> impl Iterator<Item = &'a Row> + '_ {
        self.points.iter().map(|p| p.1).chain(self.reference)
    }
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

/// What all parts of the figure have in common.
struct Common<'a> {
    axis: &'a Axis,
    x: Scale,
    errors: ErrorAxis,
    /// Whether the share of diverged runs is drawn.
    diverged: bool,
    /// The other swept parameters, as words.
    others: String,
}

/// Draws the figure of one axis, in parts where it has more lines than a key can tell apart. In words,
/// what goes beyond them.
pub(super) fn draw(
    results: &Results,
    groups: &Groups,
    axis: &Axis,
) -> (Vec<Figure>, Option<String>) {
    let metric = results.ranking_metric();
    let all = series(results, axis);
    let rows = || all.iter().flat_map(Series::rows);
    let common = Common {
        axis,
        x: Scale::fit(
            axis.log,
            all.iter().flat_map(|s| s.points.iter().map(|p| p.0)),
            0.05,
        ),
        errors: ErrorAxis::fit(
            unlearned(results, metric),
            rows().flat_map(extent),
            rows().filter_map(|r| Some(r.median?.value)),
            0.06,
        ),
        diverged: rows().any(|r| r.diverged > 0),
        others: other_axes(results, axis),
    };
    let everyone: Vec<usize> = (0..all.len()).collect();
    let mut parts = groups.panels(&everyone);
    let left_out = cap(&name(axis), &mut parts, Vec::len);
    let draw = |(i, panel): (usize, &Vec<usize>)| {
        let here: Vec<&Series> = panel.iter().map(|&g| &all[g]).collect();
        draw_part(results, groups, &here, &common, Part(i, parts.len()))
    };
    (parts.iter().enumerate().map(draw).collect(), left_out)
}

/// The figure's file name.
fn name(axis: &Axis) -> String {
    format!("sensitivity_{}", file_part(&axis.path))
}

/// The words below a part.
fn short_words(results: &Results, groups: &Groups, all: &[&Series], common: &Common) -> String {
    let mut short = format!("Median of the final {}. ", results.ranking_metric().title());
    if !common.others.is_empty() {
        short.push_str(&format!("Best value of {} at each point. ", common.others));
    }
    if all.iter().any(|s| s.reference.is_some()) {
        short.push_str(&format!(
            "Level with band: rule without {}. ",
            symbol(&common.axis.path)
        ));
    }
    short.push_str(&common.errors.words());
    for s in all.iter().filter(|s| s.rows().next().is_none()) {
        let name = capitalised(groups.name(s.index));
        short.push_str(&format!("{name}: all runs failed. "));
    }
    let rows: Vec<&Row> = all.iter().flat_map(|s| s.rows()).collect();
    short.push_str(&basis(results, &rows));
    short
}

/// Draws the lines of some groups.
fn draw_part(
    results: &Results,
    groups: &Groups,
    all: &[&Series],
    common: &Common,
    part: Part,
) -> Figure {
    let (axis, errors, any_diverged) = (common.axis, &common.errors, common.diverged);
    let short = short_words(results, groups, all, common);
    let drawing = Drawing::of(SINGLE_MM, |page| {
        let entries: Vec<Entry> = all
            .iter()
            .filter(|s| s.rows().next().is_some())
            .map(|s| {
                let style = groups.style(s.index);
                Entry {
                    label: groups.name(s.index).to_string(),
                    stroke: Stroke::new(style.colour, 1.1).dashed(style.dash),
                    marker: (!s.points.is_empty()).then_some(style.shape),
                }
            })
            .collect();
        let mut y = legend::flow(page, LEFT, 3.0, &entries) + 4.0;
        if errors.lane.is_some() {
            y += LANE;
        }
        let area = Rect {
            x: LEFT,
            y,
            w: page.width - LEFT - 9.0,
            h: HEIGHT,
        };
        let main = Panel::new(page, area, common.x, errors.scale, errors.lane.clone());
        let title = axis_title(&axis.path);
        let y_title = format!("final {}", results.ranking_metric().title());
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
            let looks = (groups.style(s.index), 1.1, 4.4);
            draw_series(page, &main, (s, all), median, looks);
        }
        let mut bottom = area.bottom();
        if any_diverged {
            let (panel, below) = diverged(page, &main, &title, true);
            for s in all {
                let looks = (groups.style(s.index), 0.9, 3.4);
                draw_series(page, &panel, (s, all), share, looks);
            }
            bottom = below;
        }
        note(page, bottom + BELOW, &format!("{}{short}", part.words()))
    });
    Figure {
        name: part.name(&name(axis)),
        title: part.title(&format!("Final error against {}", axis.path)),
        drawing,
        caption: caption(results, groups, all, common, part),
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
fn dodge(series: &Series, all: &[&Series]) -> f64 {
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
    (s, all): (&Series, &[&Series]),
    show: impl Fn(&Row) -> Option<Shown>,
    (style, width, size): (Style, f64, f64),
) {
    let Style {
        colour,
        dash,
        shape,
    } = style;
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

fn caption(
    results: &Results,
    groups: &Groups,
    all: &[&Series],
    common: &Common,
    part: Part,
) -> String {
    let metric = results.ranking_metric();
    let path = markdown::code(&common.axis.path);
    let mut text = format!(
        "Final {} (median over runs) against {path}, one line per rule; bars are intervals. {}",
        metric.title(),
        metric_words(metric)
    );
    text.push_str(part.styles());
    if !common.others.is_empty() {
        text.push_str(&format!(
            " At each point the best value of the other swept parameters ({}) is taken: lowest final median, then fewest diverged runs, then first. The intervals are those of the chosen condition and do not include the luck of the choice.",
            markdown::text(&common.others)
        ));
    }
    for s in all.iter().filter(|s| s.reference.is_some()) {
        text.push_str(&format!(
            " {} has no {path}: its level is a horizontal line with its interval as a band.",
            markdown::text(groups.name(s.index))
        ));
    }
    text.push_str(
        " A diverged run counts as +∞; medians that are +∞, or beyond 10⁴ times the error before learning, stand in the lane above the axis, and an interval that reaches there runs to the top.",
    );
    if common.errors.scale.has_zeros() {
        text.push_str(" A median of exactly 0 stands in the lane below the axis.");
    }
    if common.x.has_zeros() {
        text.push_str(&format!(" {path} = 0 stands in the lane left of the axis."));
    }
    text.push_str(
        " Points of different rules are moved apart sideways by a few points to keep their intervals apart. Lower panel: share of runs that diverged (drawn if any did). ",
    );
    let rows: Vec<&Row> = all.iter().flat_map(|s| s.rows()).collect();
    text.push_str(&basis(results, &rows));
    text
}
