//! The final error over two crossed parameters: colour is the median, the share of diverged runs is
//! written into its cell.

use super::captions::{basis, metric_words};
use super::colour::{BLACK, GREY, LIGHT, RGBColor, WHITE, ZERO, ink, ordered};
use super::error_axis::{ErrorAxis, unlearned};
use super::font;
use super::legend;
use super::markdown;
use super::names::Groups;
use super::page::{Drawing, Page, Rect, Stroke};
use super::panel::{note, panel_title};
use super::ruler::{Edge, Ruler, x_title};
use super::sizes::{BELOW, NOTE_SIZE, TICK_SIZE, TITLE_SIZE};
use super::{DOUBLE_MM, Figure, Part, SINGLE_MM, cap, file_part};
use crate::Results;
use crate::design::{Axis, axis_title, symbol, values};
use crate::number;
use crate::summary::Row;
use plotters::style::text_anchor::HPos;

/// A cell is at most this high and wide, in pt.
const CELL: f64 = 24.0;
/// The colour bar is at least this high, in pt.
const LEAST_BAR: f64 = 75.0;
/// Panels in one part: four rows, about a page of A4.
const MOST_GRIDS: usize = 8;
const TITLE_ROOM: f64 = 14.0;

/// One rule's grid.
struct Grid<'a> {
    /// The rule's index in the design.
    group: usize,
    xs: Vec<f64>,
    ys: Vec<f64>,
    /// Row by row from the smallest y; none where the study has no such condition.
    cells: Vec<Option<&'a Row>>,
}

fn grid<'a>(results: &'a Results, group: usize, a: &Axis, b: &Axis) -> Option<Grid<'a>> {
    let tables = &results.tables;
    let conditions = &results.design.groups[group].conditions;
    let xs = values(tables, conditions, a.column);
    let ys = values(tables, conditions, b.column);
    if xs.len() < 2 || ys.len() < 2 {
        return None;
    }
    let metric = results.ranking_metric();
    let mut cells = Vec::new();
    for &y in &ys {
        for &x in &xs {
            let at: Vec<usize> = conditions
                .iter()
                .copied()
                .filter(|&c| {
                    tables.number(c, a.column) == Some(x) && tables.number(c, b.column) == Some(y)
                })
                .collect();
            cells.push(results.summary.best(&at, metric));
        }
    }
    Some(Grid {
        group,
        xs,
        ys,
        cells,
    })
}

/// Draws the figure of two axes, one panel per rule that has both, in parts of at most [`MOST_GRIDS`]
/// panels; none if no rule has both. In words, what goes beyond the parts.
pub(super) fn draw(
    results: &Results,
    groups: &Groups,
    (a, b): (&Axis, &Axis),
) -> (Vec<Figure>, Option<String>) {
    let metric = results.ranking_metric();
    let grids: Vec<Grid> = (0..results.design.groups.len())
        .filter_map(|group| grid(results, group, a, b))
        .collect();
    let rows = || grids.iter().flat_map(|g| g.cells.iter().copied().flatten());
    let medians = || rows().filter_map(|r| Some(r.median?.value));
    let axis = ErrorAxis::fit(unlearned(results, metric), medians(), medians(), 0.0);
    let common = Common {
        others: other_axes(results, a, b),
        a,
        b,
        axis,
    };
    let mut parts: Vec<&[Grid]> = grids.chunks(MOST_GRIDS).collect();
    let left_out = cap(&name(a, b), &mut parts, |part| part.len());
    let draw = |(i, grids): (usize, &&[Grid])| {
        draw_part(results, groups, grids, &common, Part(i, parts.len()))
    };
    (parts.iter().enumerate().map(draw).collect(), left_out)
}

/// The figure's file name.
fn name(a: &Axis, b: &Axis) -> String {
    format!("heatmap_{}_{}", file_part(&a.path), file_part(&b.path))
}

/// What all parts of the figure have in common.
struct Common<'a> {
    a: &'a Axis,
    b: &'a Axis,
    /// The colours' scale.
    axis: ErrorAxis,
    /// The other swept parameters, as words.
    others: String,
}

/// Height of a grid's cells together, in pt.
fn grid_height(g: &Grid) -> f64 {
    g.ys.len() as f64 * (150.0 / g.ys.len() as f64).min(CELL)
}

/// Room left of each grid for the labels of its y axis and a title, in pt.
fn left_room(grids: &[Grid]) -> f64 {
    let widest = grids
        .iter()
        .flat_map(|g| number::values(&g.ys))
        .map(|label| font::width(&label, TICK_SIZE))
        .fold(0.0, f64::max);
    40.0 + (widest - 22.0).max(0.0)
}

/// Draws some panels.
fn draw_part(
    results: &Results,
    groups: &Groups,
    grids: &[Grid],
    common: &Common,
    part: Part,
) -> Figure {
    let metric = results.ranking_metric();
    let (a, b) = (common.a, common.b);
    let rows: Vec<&Row> = grids
        .iter()
        .flat_map(|g| g.cells.iter().copied().flatten())
        .collect();
    let columns = grids.len().min(2);
    let short = short_words(results, common, &rows, part);
    let bar_title = format!("median final {}", metric.title());
    let bar_height = grids[..columns]
        .iter()
        .map(grid_height)
        .fold(LEAST_BAR, f64::max);
    let bar_room = legend::bar_room(bar_height, common.axis.scale, &bar_title);
    let width_mm = if columns > 1 { DOUBLE_MM } else { SINGLE_MM };
    let drawing = Drawing::of(width_mm, |page| {
        let room = (page.width - bar_room) / columns as f64;
        let left = left_room(grids);
        let mut y = 3.0;
        let bar_top = y + TITLE_ROOM;
        for (i, line) in grids.chunks(columns).enumerate() {
            let mut lowest: f64 = y;
            for (j, g) in line.iter().enumerate() {
                let x = j as f64 * room + left;
                let letter = (grids.len() > 1).then_some(i * columns + j);
                let title = groups.name(g.group);
                panel_title(page, (x, y + 9.0), room - left, letter, title);
                let area = Rect {
                    x,
                    y: y + TITLE_ROOM,
                    w: room - left - 8.0,
                    h: grid_height(g),
                };
                draw_cells(page, g, area, &common.axis);
                draw_axes(page, g, area, (a, b), left);
                lowest = lowest.max(area.bottom());
            }
            y = lowest + BELOW + 4.0;
        }
        let bar = Rect {
            x: page.width - bar_room,
            y: bar_top,
            w: bar_room,
            h: bar_height,
        };
        legend::bar(page, bar, common.axis.scale, &bar_title);
        note(page, y.max(bar.bottom() + 6.0) - 2.0, &short)
    });
    Figure {
        name: part.name(&name(a, b)),
        title: part.title(&format!("Final error over {} and {}", a.path, b.path)),
        drawing,
        caption: caption(results, common, &rows),
    }
}

/// The words below a part.
fn short_words(results: &Results, common: &Common, rows: &[&Row], part: Part) -> String {
    let mut short = part.words();
    short.push_str("Outlined: the best cell. Percentages (hatched where they do not fit): share of diverged runs, where any diverged. Grey: median beyond the scale, or ∞. ");
    if common.axis.scale.has_zeros() {
        short.push_str("Black: a median of exactly 0. ");
    }
    if !common.others.is_empty() {
        short.push_str(&format!("Best value of {} in each cell. ", common.others));
    }
    let basis = basis(results, rows);
    // A cell shows its median alone; the interval is in summary.csv.
    short.push_str(basis.split(". ").next().unwrap_or(&basis));
    short.push('.');
    short
}

fn caption(results: &Results, common: &Common, rows: &[&Row]) -> String {
    let metric = results.ranking_metric();
    let zeros = if common.axis.scale.has_zeros() {
        " A cell whose median is exactly 0 is black."
    } else {
        ""
    };
    let mut caption = format!(
        "Median final {} over {} and {}, one panel per rule, on a logarithmic colour scale common to all panels. {} The cell with the lowest median is outlined. Percentages: share of runs that diverged, where any did; where the number does not fit, a hatch as dense as the share. A cell whose median is +∞ (∞) or beyond the colour scale is grey; a white cell is a condition that the study does not have.{zeros} Intervals of all medians are in `summary.csv`.",
        metric.title(),
        markdown::code(&common.a.path),
        markdown::code(&common.b.path),
        metric_words(metric)
    );
    if !common.others.is_empty() {
        caption.push_str(&format!(
            " In each cell the best value of the other swept parameters ({}) is taken: lowest final median, then fewest diverged runs, then first.",
            markdown::text(&common.others)
        ));
    }
    caption.push(' ');
    caption.push_str(&basis(results, rows));
    caption
}

fn other_axes(results: &Results, a: &Axis, b: &Axis) -> String {
    let names: Vec<String> = results
        .design
        .axes
        .iter()
        .filter(|other| other.path != a.path && other.path != b.path)
        .filter(|other| {
            results.design.groups.iter().any(|g| {
                [a, b, other]
                    .iter()
                    .all(|axis| values(&results.tables, &g.conditions, axis.column).len() > 1)
            })
        })
        .map(|other| symbol(&other.path))
        .collect();
    names.join(", ")
}

fn draw_cells(page: &Page, g: &Grid, area: Rect, axis: &ErrorAxis) {
    let (w, h) = (area.w / g.xs.len() as f64, area.h / g.ys.len() as f64);
    let cell = |i: usize| Rect {
        x: area.x + (i % g.xs.len()) as f64 * w,
        // The smallest y at the bottom.
        y: area.bottom() - (i / g.xs.len() + 1) as f64 * h,
        w,
        h,
    };
    for (i, row) in g.cells.iter().enumerate() {
        let Some(row) = row else { continue };
        let Some(median) = row.median else { continue };
        let on_scale = axis.clip(median.value).is_finite();
        let is_zero = axis.scale.in_lane(median.value);
        let fill = if is_zero {
            ZERO
        } else if on_scale {
            ordered(axis.scale.share(median.value))
        } else {
            LIGHT
        };
        let r = cell(i);
        page.fill(r, fill);
        page.frame(r, Stroke::new(WHITE, 0.4));
        let off_scale = match &axis.lane {
            _ if is_zero => Some("0"),
            _ if on_scale => None,
            Some(label) if median.value.is_finite() => Some(label.as_str()),
            _ => Some("∞"),
        };
        write_cell(page, r, row, off_scale, fill);
    }
    let best = g
        .cells
        .iter()
        .enumerate()
        .filter_map(|(i, row)| Some((i, (*row)?.median?.value)))
        .filter(|(_, value)| value.is_finite())
        .min_by(|a, b| a.1.total_cmp(&b.1));
    if let Some((i, _)) = best {
        let inner = cell(i).inset(0.6);
        page.frame(inner, Stroke::new(WHITE, 2.0));
        page.frame(inner, Stroke::new(BLACK, 1.0));
    }
    page.frame(area, Stroke::new(GREY, 0.5));
}

/// What is off the scale and the diverged share, as far as they fit; a share that does not fit
/// becomes a hatch as dense as the share.
fn write_cell(page: &Page, r: Rect, row: &Row, off_scale: Option<&str>, fill: RGBColor) {
    let mut lines: Vec<String> = Vec::new();
    lines.extend(off_scale.map(str::to_string));
    if row.diverged > 0 {
        lines.push(number::percent(row.diverged, row.n));
    }
    let line_height = 7.4;
    if let Some(mark) = off_scale
        && font::width(&lines[lines.len() - 1], TICK_SIZE) >= r.w - 2.0
        && font::width(mark, TICK_SIZE) < r.w
    {
        // Grey with its mark says more than half of it; a hatch on top would hide the mark.
        lines.truncate(1);
    }
    let widest = lines
        .iter()
        .map(|l| font::width(l, TICK_SIZE))
        .fold(0.0, f64::max);
    if widest < r.w - 1.0 && line_height * lines.len() as f64 <= r.h {
        let top = r.y + r.h / 2.0 - line_height * lines.len() as f64 / 2.0;
        for (i, line) in lines.iter().enumerate() {
            let baseline =
                top + (i as f64 + 0.5) * line_height + TICK_SIZE * font::CAP_HEIGHT / 2.0;
            let middle = r.x + r.w / 2.0;
            page.text(middle, baseline, line, TICK_SIZE, HPos::Center, ink(fill));
        }
    } else if row.diverged > 0 {
        let share = row.diverged as f64 / row.n as f64;
        let count = libm::ceil(share * 5.0);
        for i in 0..count as usize {
            let x = r.x + (i as f64 + 0.5) * r.w / count;
            // However many there are, they stay within the cell.
            let lean = r.w * (0.5 / count).min(0.2);
            page.line(
                x - lean,
                r.bottom(),
                x + lean,
                r.y,
                Stroke::new(ink(fill), 0.5),
            );
        }
    }
}

/// Values at the cells' middles: cells have one size, whatever the spacing of the values.
fn draw_axes(page: &Page, g: &Grid, area: Rect, (a, b): (&Axis, &Axis), left: f64) {
    let along = |edge, values: &[f64], length: f64, extent: fn(&str) -> f64| {
        let ruler = Ruler(page, area, edge, Stroke::new(GREY, 0.5));
        let cells = values.len() as f64;
        let labels: Vec<String> = number::values(values);
        let written = legend::choose(&labels, length / cells, extent);
        for (i, label) in labels.iter().enumerate() {
            ruler.tick(
                (i as f64 + 0.5) / cells,
                if written[i] { label } else { "" },
            );
        }
    };
    along(Edge::Bottom, &g.xs, area.w, |label| {
        font::width(label, TICK_SIZE) + 3.0
    });
    along(Edge::Left, &g.ys, area.h, |_| 8.0);
    x_title(page, area, &axis_title(&a.path));
    let (x, middle) = (area.x - left + 10.0, area.y + area.h / 2.0);
    let sizes = (TITLE_SIZE, NOTE_SIZE);
    let (lines, size) = font::fit(&axis_title(&b.path), sizes, area.h + TITLE_ROOM, 2);
    // A second line goes to the left of the first.
    let x = x - (lines.len() - 1) as f64 * size * 0.6;
    page.lines_upwards(x, middle, &(lines, size));
}
