//! What a single seed looks like: for each rule at its best condition, target and output in the
//! frozen test, and beside it the curves of all its runs with their median.

use super::captions::{basis, capitalised, metric_words};
use super::colour::{BLACK, Dash, GREY, Style};
use super::error_axis::{ErrorAxis, unlearned};
use super::learning_curves::{metric_over_time, time_title};
use super::legend::{self, Entry};
use super::markdown;
use super::names::Groups;
use super::page::{Drawing, Page, Rect, Stroke, drawn, marker, px};
use super::panel::{Panel, blank, note, panel_title};
use super::scale::Scale;
use super::sizes::{BELOW, LANE, LEFT, NOTE_SIZE};
use super::{DOUBLE_MM, Figure, Part, cap};
use crate::Results;
use crate::design::{Group, axis_values};
use crate::expectation::Metric;
use crate::number::printed;
use crate::summary::Row;
use crate::tables::{Run, Status};
use plotters::element::Cross;
use plotters::style::text_anchor::HPos;

const HEIGHT: f64 = 70.0;
const TITLE_ROOM: f64 = 15.0;
/// Runs drawn one by one; more are an even selection, or the file would grow without saying more.
const MAX_RUNS: usize = 100;
/// An output further from the target's range than this many times that range is cut off.
const MAX_EXCURSION: f64 = 1.5;
/// Groups in one part: about a page of A4.
const ROWS: usize = 6;
/// Significant digits of medians in titles.
const DIGITS: usize = 3;

/// Said where the curves are not what they are elsewhere.
const ONLY_TRACKING: &str =
    "test MSE exists only at the end of learning, so the curves are tracking MSE";

/// Draws the figure, in parts of at most [`ROWS`] groups; in words, what goes beyond them.
pub(super) fn draw(results: &Results, groups: &Groups) -> (Vec<Figure>, Option<String>) {
    let all: Vec<usize> = (0..results.design.groups.len()).collect();
    let mut chunks: Vec<&[usize]> = all.chunks(ROWS).collect();
    let left_out = cap("tracking", &mut chunks, |chunk| chunk.len());
    let figures = chunks
        .iter()
        .enumerate()
        .map(|(i, chunk)| draw_part(results, groups, chunk, Part(i, chunks.len())))
        .collect();
    (figures, left_out)
}

/// The key of all parts.
fn key() -> [Entry; 4] {
    let entry = |label: &str, stroke| Entry {
        label: label.to_string(),
        stroke,
        marker: None,
    };
    [
        entry(
            "target",
            Stroke::new(BLACK, 0.9).dashed(Dash::Dashes(3.0, 1.5)),
        ),
        entry(
            "output, learning frozen (in the rule's colour)",
            Stroke::new(GREY, 0.9),
        ),
        entry("single runs", Stroke::new(GREY, 0.35)),
        entry("their median", Stroke::new(GREY, 1.6)),
    ]
}

/// Draws the rows of some groups.
fn draw_part(results: &Results, groups: &Groups, chunk: &[usize], part: Part) -> Figure {
    let metric = results.ranking_metric();
    let mut rows: Vec<&Row> = Vec::new();
    let mut remarks: Vec<(usize, String)> = Vec::new();
    let mut thinned = false;
    let drawing = Drawing::of(DOUBLE_MM, |page| {
        let mut y = legend::flow(page, LEFT, 3.0, &key()) + 3.0;
        let left_width = 0.52 * page.width;
        for (row, &i) in chunk.iter().enumerate() {
            let group = &results.design.groups[i];
            let best = results.summary.best(&group.conditions, metric);
            let first = group.conditions.first();
            rows.extend(best.or_else(|| results.summary.last(*first?, metric)));
            let title = title(results, (group, groups.name(i)), best, metric);
            let width = page.width - LEFT - 8.0;
            let letter = Some(row);
            panel_title(page, (LEFT, y + 9.0), width, letter, &title);
            let top = y + TITLE_ROOM + LANE / 2.0;
            let trace = Rect {
                x: LEFT,
                y: top,
                w: left_width - LEFT - 6.0,
                h: HEIGHT,
            };
            let curves = Rect {
                x: left_width + LEFT,
                w: page.width - left_width - LEFT - 8.0,
                ..trace
            };
            let style = groups.style(i);
            let remark = draw_trace(page, results, style, best, trace);
            remarks.extend(remark.map(|remark| (i, remark)));
            let (left_out, remark) = draw_runs(page, results, style, best, curves);
            thinned |= left_out;
            remarks.extend(remark.map(|remark| (i, remark)));
            y = top + HEIGHT + BELOW + 2.0;
        }
        let mut text = format!(
            "{}Each rule at its best condition (lowest median final {}). ",
            part.words(),
            metric.title()
        );
        if rows.iter().any(|r| r.diverged > 0) {
            text.push_str("× marks where a run diverged. ");
        }
        if remarks.iter().any(|r| r.1 == ONLY_TRACKING) {
            text.push_str(&format!("{}. ", capitalised(ONLY_TRACKING)));
        }
        if thinned {
            text.push_str(&format!("At most {MAX_RUNS} single runs drawn. "));
        }
        text.push_str(&basis(results, &rows));
        note(page, y - 2.0, &text)
    });
    let caption = caption(results, groups, &rows, &remarks);
    Figure {
        name: part.name("tracking"),
        title: part.title("Single runs at each rule's best condition"),
        drawing,
        caption,
    }
}

fn caption(
    results: &Results,
    groups: &Groups,
    rows: &[&Row],
    remarks: &[(usize, String)],
) -> String {
    let metric = results.ranking_metric();
    let mut caption = format!(
        "Each rule at its best condition: lowest median final {}, then fewest diverged runs, then first. Left: target and network output of one run (the first network and target whose trace was kept) in the frozen test after learning. Right: error of single runs (thin; at most {MAX_RUNS}, an even selection) and the median of all runs (thick); × marks the last value of a run that diverged, a median (or run) in the lane above the axis is +∞ or beyond 10⁴ times the error before learning. {}",
        metric.title(),
        metric_words(metric)
    );
    for (group, remark) in remarks {
        let name = markdown::text(groups.name(*group));
        caption.push_str(&format!(" {}: {remark}.", capitalised(&name)));
    }
    caption.push(' ');
    caption.push_str(&basis(results, rows));
    caption
}

/// The rule, its best condition's swept values, and its final median with interval.
fn title(
    results: &Results,
    (group, name): (&Group, &str),
    best: Option<&Row>,
    metric: Metric,
) -> String {
    let mut text = name.to_string();
    let Some(row) = best else {
        return text;
    };
    let axes = results.design.axes_of(&results.tables, group);
    let at = axis_values(&results.tables, &axes, row.condition);
    if !at.is_empty() {
        text.push_str(&format!(", {at}"));
    }
    if let Some(median) = row.median {
        text.push_str(&format!(
            ": final {} {}",
            metric.title(),
            printed(median.value, DIGITS)
        ));
        if let Some(i) = median.interval {
            text.push_str(&format!(
                " [{}, {}]",
                printed(i.low, DIGITS),
                printed(i.high, DIGITS)
            ));
        }
    }
    text
}

/// Target and output over time; returns a remark if there is nothing to draw.
fn draw_trace(
    page: &Page,
    results: &Results,
    style: Style,
    best: Option<&Row>,
    area: Rect,
) -> Option<String> {
    let trace = best.and_then(|row| {
        results
            .tables
            .traces
            .iter()
            .find(|t| results.tables.runs[t.run].condition == row.condition)
    });
    let Some(trace) = trace else {
        let reason = match best {
            None => "all runs failed".to_string(),
            Some(row) if row.diverged == row.n => {
                format!(
                    "all {} runs diverged: no test in closed loop to show",
                    row.n
                )
            }
            Some(_) => "no trace was kept for this condition".to_string(),
        };
        blank(page, area, &reason);
        return Some(reason);
    };
    let x = Scale::fit(false, trace.t_ms.iter().copied(), 0.0);
    let (low, high) = trace
        .v_tar
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| {
            (low.min(v), high.max(v))
        });
    let room = MAX_EXCURSION * (high - low).max(f64::MIN_POSITIVE);
    let seen = |v: &f64| v.clamp(low - room, high + room);
    let both = trace.v_tar.iter().chain(&trace.v).map(seen);
    let y = Scale::fit(false, both, 0.06);
    let panel = Panel::new(page, area, x, y, None);
    panel.axes(page, Some("time (ms)"), Some("V"));
    let series = |values: &[f64]| -> Vec<(f64, f64)> {
        trace
            .t_ms
            .iter()
            .copied()
            .zip(values.iter().copied())
            .collect()
    };
    panel.curve(&series(&trace.v), Stroke::new(style.colour, 1.0));
    let target = Stroke::new(BLACK, 0.9).dashed(Dash::Dashes(3.0, 1.5));
    panel.curve(&series(&trace.v_tar), target);
    let largest = trace.v.iter().map(|v| v.abs()).fold(0.0, f64::max);
    if trace.v.iter().any(|v| seen(v) != *v) {
        let words = format!("output cut off: reaches |V| = {}", printed(largest, DIGITS));
        page.text(
            area.right(),
            area.y - 2.5,
            &words,
            NOTE_SIZE,
            HPos::Right,
            GREY,
        );
    }
    None
}

/// The runs' curves and their median; whether runs were left out of the drawing, and a remark.
fn draw_runs(
    page: &Page,
    results: &Results,
    style: Style,
    best: Option<&Row>,
    area: Rect,
) -> (bool, Option<String>) {
    let Some(row) = best else {
        blank(page, area, "all runs failed");
        return (false, None);
    };
    let condition = row.condition;
    let metric = metric_over_time(results, &[condition]).unwrap_or(row.metric);
    let remark = (metric == Metric::TrackingMse && row.metric == Metric::TestMse)
        .then(|| ONLY_TRACKING.to_string());
    let runs: Vec<&Run> = results.tables.conditions[condition]
        .runs
        .iter()
        .map(|&r| &results.tables.runs[r])
        .filter(|r| r.status != Status::Failed)
        .collect();
    let every = runs.len().div_ceil(MAX_RUNS).max(1);
    let curves: Vec<Curve> = runs
        .iter()
        .step_by(every)
        .map(|run| {
            let points = run
                .curve
                .iter()
                .filter_map(|c| Some((c.trial as f64, c.get(metric)?)))
                .collect();
            (run.status, points)
        })
        .collect();
    let median: Vec<(f64, f64)> = results
        .summary
        .curve(condition, metric)
        .iter()
        .filter_map(|r| Some((r.trial? as f64, r.median?.value)))
        .collect();
    if curves.iter().all(|(_, c)| c.is_empty()) {
        let reason = format!("all {} runs diverged before the first measurement", row.n);
        blank(page, area, &reason);
        return (false, remark);
    }
    draw_curves(
        page,
        (metric, unlearned(results, metric)),
        style,
        (&curves, &median),
        area,
    );
    (every > 1, remark)
}

/// A run's end and its points: trial and error.
type Curve = (Status, Vec<(f64, f64)>);

/// Draws the curves of some runs, thin, and their median.
fn draw_curves(
    page: &Page,
    (metric, unlearned): (Metric, f64),
    style: Style,
    (curves, median): (&[Curve], &[(f64, f64)]),
    area: Rect,
) {
    let points = || curves.iter().flat_map(|(_, c)| c).chain(median);
    let errors = ErrorAxis::fit(
        unlearned,
        points().map(|p| p.1),
        points().map(|p| p.1),
        0.06,
    );
    let clipped = |curve: &[(f64, f64)]| -> Vec<(f64, f64)> {
        curve.iter().map(|p| (p.0, errors.clip(p.1))).collect()
    };
    let area = if errors.lane.is_some() {
        Rect {
            y: area.y + LANE / 2.0,
            h: area.h - LANE / 2.0,
            ..area
        }
    } else {
        area
    };
    let x = Scale::fit(false, points().map(|p| p.0), 0.03);
    let panel = Panel::new(page, area, x, errors.scale, errors.lane.clone());
    panel.axes(page, Some(time_title(metric)), Some(metric.title()));
    let colour = style.colour;
    let opacity = if curves.len() > 30 { 0.35 } else { 0.55 };
    let thin = Stroke::new(colour, 0.35).faint(opacity);
    for (status, curve) in curves {
        let curve = clipped(curve);
        panel.curve(&curve, thin);
        if *status == Status::Diverged
            && let Some(&(x, y)) = curve.last()
        {
            let style = Stroke::new(colour, 0.7).style();
            let cross = Cross::new(panel.place(x, y), px(1.6), style);
            drawn(panel.plane.draw(&cross));
        }
    }
    panel.curve(&clipped(median), Stroke::new(colour, 1.6));
    if let [(x, y)] = median[..] {
        let at = panel.place(x, errors.clip(y));
        marker(&panel.plane, at, style.shape, 4.4, colour);
    }
}
