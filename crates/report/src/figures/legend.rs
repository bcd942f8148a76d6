//! Keys: what a colour, dash or shape stands for.

use super::colour::{BLACK, Dash, RGBColor, Shape, ZERO, ordered};
use super::font;
use super::page::{Page, Rect, Stroke, marker};
use super::ruler::{self, Edge, Ruler};
use super::scale::Scale;
use super::sizes::{NOTE_SIZE, TICK_SIZE, TITLE_SIZE};
use plotters::style::text_anchor::HPos;

/// No line of a stack's title is longer, in pt.
const STACK_TITLE: f64 = 40.0;
const SAMPLE: f64 = 17.0;
const ROW: f64 = 9.5;

/// One line of a key.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) label: String,
    pub(super) stroke: Stroke,
    pub(super) marker: Option<Shape>,
}

/// Entries side by side from x on, in as many rows as they need; returns the y below.
pub(super) fn flow(page: &Page, x: f64, y: f64, entries: &[Entry]) -> f64 {
    let limit = page.width - 4.0;
    let (mut pen, mut row) = (x, y);
    for entry in entries {
        let width = SAMPLE + 3.0 + font::width(&entry.label, TICK_SIZE);
        if pen > x && pen + width > limit {
            pen = x;
            row += ROW;
        }
        let middle = row + ROW / 2.0;
        page.line(pen, middle, pen + SAMPLE, middle, entry.stroke);
        if let Some(shape) = entry.marker {
            let at = (pen + SAMPLE / 2.0, middle);
            marker(&page.points, at, shape, 4.2, entry.stroke.colour);
        }
        page.note_key(
            &entry.label,
            entry.stroke.colour,
            &look(entry.stroke.dash, entry.marker),
        );
        let after = pen + SAMPLE + 3.0;
        page.text_centred(after, middle, &entry.label, TICK_SIZE, HPos::Left);
        pen += width + 9.0;
    }
    row + ROW
}

/// Dash and shape in words.
fn look(dash: Dash, marker: Option<Shape>) -> String {
    let dash = match dash {
        Dash::Solid => "solid".to_string(),
        Dash::Dashes(length, gap) => format!("dashes {length} {gap}"),
        Dash::DashesAndDots(length, gap) => format!("dashes and dots {length} {gap}"),
    };
    let shape = marker.map_or(String::new(), |shape| format!(" {shape:?}").to_lowercase());
    format!(" {dash}{shape}")
}

/// A stack of colours with the values they stand for, the largest on top: the key of lines that are
/// coloured by a swept value. Where values stand too close some go without their label.
pub(super) fn stack(page: &Page, area: Rect, title: &str, values: &[(String, RGBColor)]) {
    let (lines, size) = stack_title(title);
    let title_height = 9.0 + (lines.len() - 1) as f64 * size * 1.2;
    for (i, line) in lines.iter().enumerate() {
        let middle = area.y + 3.5 + i as f64 * size * 1.2;
        page.text_centred(area.x, middle, line, size, HPos::Left);
    }
    let room = area.h - title_height;
    let height = (room / values.len().max(1) as f64).min(9.0);
    let labels: Vec<String> = values.iter().rev().map(|v| v.0.clone()).collect();
    let written = choose(&labels, height, |_| 8.0);
    for (i, (label, colour)) in values.iter().rev().enumerate() {
        let y = area.y + title_height + i as f64 * height;
        let block = Rect {
            x: area.x,
            y,
            w: 7.0,
            h: height + 0.1,
        };
        page.fill(block, *colour);
        page.note_key(&format!("{title} {label}"), *colour, "");
        if written[i] {
            page.text_centred(
                area.x + 10.0,
                y + height / 2.0,
                label,
                TICK_SIZE,
                HPos::Left,
            );
        }
    }
}

/// Which labels of evenly spaced values to write, `spacing` pt apart, each `extent` pt long along
/// the axis: all if they fit; else the short ones (whole powers of ten among points of a log axis)
/// if those fit; else every second, third and so on.
pub(super) fn choose(labels: &[String], spacing: f64, extent: impl Fn(&str) -> f64) -> Vec<bool> {
    let step = |which: &[usize]| {
        let widest = which
            .iter()
            .map(|&i| extent(&labels[i]))
            .fold(0.0, f64::max);
        libm::ceil(widest / spacing).max(1.0) as usize
    };
    let all: Vec<usize> = (0..labels.len()).collect();
    let every = step(&all);
    let plain: Vec<usize> = all
        .iter()
        .copied()
        .filter(|&i| !labels[i].contains('×'))
        .collect();
    let apart = plain.windows(2).all(|p| p[1] - p[0] >= step(&plain));
    if every > 1 && plain.len() > 1 && plain.len() < labels.len() && apart {
        all.iter().map(|i| plain.contains(i)).collect()
    } else {
        all.iter().map(|i| i % every == 0).collect()
    }
}

/// The title of a stack, in lines that leave room for the panel.
fn stack_title(title: &str) -> (Vec<String>, f64) {
    font::fit(title, (TICK_SIZE, NOTE_SIZE), STACK_TITLE, 3)
}

/// Room that a stack with this title and label takes beside a panel, in pt.
pub(super) fn stack_width(title: &str, label: &str) -> f64 {
    let (lines, size) = stack_title(title);
    let widths = lines.iter().map(|line| font::width(line, size));
    let title = widths.fold(0.0, f64::max);
    6.0 + title.max(10.0 + font::width(label, TICK_SIZE)) + 4.0
}

/// Width of a colour bar.
const BAR: f64 = 7.0;
/// From a colour bar to what is left of it.
const BAR_GAP: f64 = 2.0;
/// From a colour bar's labels to the baseline of its title.
const BAR_TITLE: f64 = 13.0;
/// Height of the block for zeros below a colour bar, and of the gap between.
const BAR_ZERO: f64 = 9.0;

/// The title of a colour bar of this height.
fn bar_title(title: &str, height: f64) -> (Vec<String>, f64) {
    font::fit(title, (TITLE_SIZE, NOTE_SIZE), height, 3)
}

/// What a block for zeros takes of a colour bar's height.
fn bar_below(scale: Scale) -> f64 {
    if scale.has_zeros() { BAR_ZERO } else { 0.0 }
}

/// Room that a colour bar of this height takes beside the panels, in pt.
pub(super) fn bar_room(height: f64, scale: Scale, title: &str) -> f64 {
    let (lines, size) = bar_title(title, height);
    let height = height - bar_below(scale);
    let more_lines = (lines.len() - 1) as f64 * size * 1.2;
    BAR_GAP + BAR + ruler::widest(scale, height) + BAR_TITLE + more_lines + 4.0
}

/// A continuous colour bar with its ticks on the right, at the left end of the room that [`bar_room`]
/// asks for; the scale's shares are the colours. Zeros have a block of their own below.
pub(super) fn bar(page: &Page, room: Rect, scale: Scale, title: &str) {
    const STEPS: usize = 64;
    let area = Rect {
        x: room.x + BAR_GAP,
        w: BAR,
        h: room.h - bar_below(scale),
        ..room
    };
    for i in 0..STEPS {
        let share = (i as f64 + 0.5) / STEPS as f64;
        let height = area.h / STEPS as f64;
        let slice = Rect {
            y: area.bottom() - (i + 1) as f64 * height,
            h: height + 0.15,
            ..area
        };
        page.fill(slice, ordered(share));
    }
    let stroke = Stroke::new(BLACK, 0.5);
    page.frame(area, stroke);
    let widest = Ruler(page, area, Edge::Right, stroke).scale(scale, true);
    if scale.has_zeros() {
        let block = Rect {
            y: area.bottom() + 2.0,
            h: BAR_ZERO - 2.0,
            ..area
        };
        page.fill(block, ZERO);
        Ruler(page, block, Edge::Right, stroke).tick(0.5, "0");
    }
    page.lines_upwards(
        area.right() + widest + BAR_TITLE,
        room.y + room.h / 2.0,
        &bar_title(title, room.h),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crowded_labels_keep_the_powers_of_ten() {
        let labels = ["10⁻⁶", "3.16×10⁻⁶", "10⁻⁵", "3.16×10⁻⁵", "10⁻⁴"].map(str::to_string);
        let length = |l: &str| 4.0 * l.chars().count() as f64;
        assert_eq!(choose(&labels, 40.0, length), [true; 5]);
        let powers = [true, false, true, false, true];
        assert_eq!(choose(&labels, 10.0, length), powers);
        // Not even those fit: evenly thinned.
        let thinned = choose(&labels, 4.0, length);
        assert_eq!(thinned, [true, false, false, false, false]);
        let even = ["1", "2", "3", "4"].map(str::to_string);
        assert_eq!(choose(&even, 2.0, length), [true, false, true, false]);
    }
}
