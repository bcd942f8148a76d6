//! Keys: what a colour, dash or shape stands for.

use super::colour::{BLACK, RGBColor, Shape, ordered};
use super::font;
use super::page::{Page, Rect, Stroke, marker};
use super::ruler::{Edge, Ruler};
use super::scale::Scale;
use super::sizes::{TICK_SIZE, TITLE_SIZE};
use plotters::style::text_anchor::HPos;

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
        let after = pen + SAMPLE + 3.0;
        page.text_centred(after, middle, &entry.label, TICK_SIZE, HPos::Left);
        pen += width + 9.0;
    }
    row + ROW
}

/// A stack of colours with the values they stand for, the largest on top: the key of lines that are
/// coloured by a swept value. Where values stand too close some go without their label.
pub(super) fn stack(page: &Page, area: Rect, title: &str, values: &[(String, RGBColor)]) {
    let title_height = 9.0;
    page.text_centred(
        area.x,
        area.y + title_height / 2.0 - 1.0,
        title,
        TICK_SIZE,
        HPos::Left,
    );
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
/// if those fit; else every so many-th.
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

/// Room that a stack with this title and label takes beside a panel, in pt.
pub(super) fn stack_width(title: &str, label: &str) -> f64 {
    let title = font::width(title, TICK_SIZE);
    6.0 + title.max(10.0 + font::width(label, TICK_SIZE)) + 4.0
}

/// A continuous colour bar with its ticks on the right; the scale's shares are the colours.
pub(super) fn bar(page: &Page, area: Rect, scale: Scale, title: &str) {
    const STEPS: usize = 64;
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
    page.text_upwards(
        area.right() + widest + 13.0,
        area.y + area.h / 2.0,
        title,
        TITLE_SIZE,
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
