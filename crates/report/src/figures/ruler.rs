//! Ticks and labels along an edge of a rectangle. plotters' own mesh has no minor ticks and does not
//! see to it that labels keep apart.

use super::colour::BLACK;
use super::font;
use super::page::{Page, Rect, Stroke};
use super::scale::{Scale, Ticks};
use super::sizes::{BELOW, LEFT, TICK_SIZE, TITLE_SIZE};
use plotters::style::text_anchor::HPos;

pub(super) const TICK_LENGTH: f64 = 2.6;
const MINOR_LENGTH: f64 = 1.5;
/// From a tick's end to its label.
const GAP: f64 = 1.9;

/// An edge of a rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    Bottom,
    Left,
    Right,
}

/// The page, a rectangle on it, the edge of that on which to draw, and the ticks' look.
pub(super) struct Ruler<'a, 'b>(
    pub(super) &'a Page<'b>,
    pub(super) Rect,
    pub(super) Edge,
    pub(super) Stroke,
);

/// The width of the widest label of an upright axis of this length.
pub(super) fn widest(scale: Scale, length: f64) -> f64 {
    let labels = upright_ticks(scale, length).major;
    labels
        .iter()
        .map(|(_, label)| font::width(label, TICK_SIZE))
        .fold(0.0, f64::max)
}

fn upright_ticks(scale: Scale, length: f64) -> Ticks {
    scale.ticks(length, |_| TICK_SIZE * 0.75)
}

impl Ruler<'_, '_> {
    /// The ticks of a scale; returns the width of the widest label.
    pub(super) fn scale(&self, scale: Scale, labelled: bool) -> f64 {
        let (across, a) = (self.2 == Edge::Bottom, self.1);
        let ticks = if across {
            scale.ticks(a.w, |label| font::width(label, TICK_SIZE))
        } else {
            upright_ticks(scale, a.h)
        };
        for value in &ticks.minor {
            self.mark(scale.share(*value), MINOR_LENGTH, "");
        }
        let mut widest: f64 = 0.0;
        for (value, label) in &ticks.major {
            self.tick(scale.share(*value), if labelled { label } else { "" });
            widest = widest.max(font::width(label, TICK_SIZE));
        }
        widest
    }

    /// A tick at a share of the edge, from the left or from below.
    pub(super) fn tick(&self, share: f64, label: &str) {
        self.mark(share, TICK_LENGTH, label);
    }

    fn mark(&self, share: f64, length: f64, label: &str) {
        let Self(page, a, edge, stroke) = *self;
        let (x, y) = (a.x + share * a.w, a.bottom() - share * a.h);
        let away = length + GAP;
        // The sign for infinity is small in this font.
        let size = TICK_SIZE + if label == "∞" { 1.5 } else { 0.0 };
        match edge {
            Edge::Bottom => {
                let below = a.bottom() + away + size * font::CAP_HEIGHT;
                page.line(x, a.bottom(), x, a.bottom() + length, stroke);
                // A long label at an end of the axis stays on the page.
                let half = font::width(label, size) / 2.0 + 1.0;
                let middle = x.min(page.width - half).max(half);
                page.text(middle, below, label, size, HPos::Center, BLACK);
            }
            Edge::Left => {
                page.line(a.x - length, y, a.x, y, stroke);
                page.text_centred(a.x - away, y, label, size, HPos::Right);
            }
            Edge::Right => {
                page.line(a.right(), y, a.right() + length, y, stroke);
                page.text_centred(a.right() + away, y, label, size, HPos::Left);
            }
        }
    }
}

/// The title of an axis below a rectangle.
pub(super) fn x_title(page: &Page, area: Rect, title: &str) {
    let (middle, baseline) = (area.x + area.w / 2.0, area.bottom() + BELOW - 4.0);
    // A little wider than the panel is still no neighbour's.
    let title = font::shorten(title, TITLE_SIZE, area.w + LEFT);
    page.text(middle, baseline, &title, TITLE_SIZE, HPos::Center, BLACK);
}
