//! A pair of axes with what is drawn in them.
//!
//! A median of +∞ has no place on an axis but must not vanish: above the axes lies a lane marked ∞,
//! and points there are drawn at their x.

use super::canvas::{Anchor, Canvas, Rect, Stroke};
use super::colour::{BLACK, Colour, GREY};
use super::font;
use super::scale::Scale;

/// Font size of axis titles, in pt.
pub(super) const TITLE_SIZE: f64 = 7.0;
/// Font size of tick labels and legends.
pub(super) const TICK_SIZE: f64 = 6.3;
/// Font size of captions; journals ask for at least 6 pt.
pub(super) const NOTE_SIZE: f64 = 6.0;
/// Height of the lane for ∞.
pub(super) const LANE: f64 = 11.0;
/// Room left of a panel for tick labels and a title.
pub(super) const LEFT: f64 = 33.0;
/// Room below a panel for tick labels and a title.
pub(super) const BELOW: f64 = 23.0;
/// Width of axis lines.
const AXIS_WIDTH: f64 = 0.6;
const TICK_LENGTH: f64 = 2.6;
const MINOR_LENGTH: f64 = 1.5;
/// Behind the ∞ lane.
const LANE_COLOUR: Colour = Colour(0xf0, 0xf0, 0xf0);

/// Axes on the page.
#[derive(Debug, Clone)]
pub(super) struct Panel {
    /// The rectangle of the data, without the lane.
    pub(super) area: Rect,
    /// Data to page, left to right.
    pub(super) x: Scale,
    /// Data to page, bottom to top.
    pub(super) y: Scale,
    /// The label of the lane above, if there is one: "∞", or from where on errors are in it.
    pub(super) lane: Option<String>,
}

impl Panel {
    /// A panel over `area`, whose scales are put in place.
    pub(super) fn new(area: Rect, x: Scale, y: Scale, lane: Option<String>) -> Self {
        Self {
            area,
            x: x.on(area.x, area.right()),
            y: y.on(area.bottom(), area.y),
            lane,
        }
    }

    /// Position of a point; +∞ lies in the lane.
    pub(super) fn place(&self, x: f64, y: f64) -> (f64, f64) {
        let py = if y == f64::INFINITY {
            self.area.y - LANE / 2.0 - 1.0
        } else {
            self.y.at(y)
        };
        (self.x.at(x), py)
    }

    /// The rectangle in which data may be drawn: the axes and the lane.
    fn inside(&self) -> Rect {
        let above = if self.lane.is_some() { LANE } else { 1.0 };
        Rect {
            x: self.area.x - 1.0,
            y: self.area.y - above,
            w: self.area.w + 2.0,
            h: self.area.h + above + 1.0,
        }
    }

    /// Axis lines, ticks and labels. A title of `None` on x leaves its tick labels away too, for
    /// panels that share the axis of the one below.
    pub(super) fn axes(&self, canvas: &mut Canvas, x_title: Option<&str>, y_title: Option<&str>) {
        self.x_axis(canvas, x_title);
        self.y_axis(canvas, y_title);
    }

    fn x_axis(&self, canvas: &mut Canvas, title: Option<&str>) {
        let a = self.area;
        let axis = Stroke::new(BLACK, AXIS_WIDTH);
        canvas.line(a.x, a.bottom(), a.right(), a.bottom(), axis);
        let ticks = self.x.ticks(|label| font::width(label, TICK_SIZE));
        for (value, label) in &ticks.major {
            let x = self.x.at(*value);
            canvas.line(x, a.bottom(), x, a.bottom() + TICK_LENGTH, axis);
            if title.is_some() {
                let y = a.bottom() + TICK_LENGTH + 2.0 + TICK_SIZE * font::CAP_HEIGHT;
                canvas.text(x, y, label, TICK_SIZE, Anchor::Middle, BLACK);
            }
        }
        for value in &ticks.minor {
            let x = self.x.at(*value);
            canvas.line(x, a.bottom(), x, a.bottom() + MINOR_LENGTH, axis);
        }
        if let Some(title) = title {
            let y = a.bottom() + BELOW - 4.0;
            let middle = a.x + a.w / 2.0;
            canvas.text(middle, y, title, TITLE_SIZE, Anchor::Middle, BLACK);
        }
    }

    fn y_axis(&self, canvas: &mut Canvas, title: Option<&str>) {
        let a = self.area;
        let axis = Stroke::new(BLACK, AXIS_WIDTH);
        if let Some(label) = &self.lane {
            let lane = Rect {
                y: a.y - LANE,
                h: LANE - 2.0,
                ..a
            };
            canvas.rect(lane, Some(LANE_COLOUR), None);
            let middle = lane.y + lane.h / 2.0;
            canvas.line(a.x - TICK_LENGTH, middle, a.x, middle, axis);
            let x = a.x - TICK_LENGTH - 1.8;
            // The sign for infinity is small in this font.
            let size = TICK_SIZE + if label == "∞" { 1.5 } else { 0.0 };
            canvas.text_centred(x, middle, label, size, Anchor::End);
        }
        canvas.line(a.x, a.y, a.x, a.bottom(), axis);
        let ticks = self.y.ticks(|_| TICK_SIZE * 0.75);
        for (value, label) in &ticks.major {
            let y = self.y.at(*value);
            canvas.line(a.x - TICK_LENGTH, y, a.x, y, axis);
            canvas.text_centred(a.x - TICK_LENGTH - 1.8, y, label, TICK_SIZE, Anchor::End);
        }
        for value in &ticks.minor {
            let y = self.y.at(*value);
            canvas.line(a.x - MINOR_LENGTH, y, a.x, y, axis);
        }
        if let Some(title) = title {
            let widest = ticks
                .major
                .iter()
                .map(|(_, label)| font::width(label, TICK_SIZE))
                .fold(0.0, f64::max);
            // As far out as the room allows for, so that the titles of stacked panels align.
            let x = (a.x - LEFT + TITLE_SIZE)
                .min(a.x - widest - TICK_LENGTH - 5.0)
                .max(TITLE_SIZE);
            // Beside a low strip a title at full size would reach into its neighbours.
            let fits = font::width(title, TITLE_SIZE) <= a.h;
            let size = if fits { TITLE_SIZE } else { NOTE_SIZE };
            canvas.text_upwards(x, a.y + a.h / 2.0, title, size);
        }
    }

    /// The area between two curves; an upper end of +∞ reaches the top of the panel.
    pub(super) fn band(
        &self,
        canvas: &mut Canvas,
        points: &[(f64, f64, f64)],
        colour: Colour,
        opacity: f64,
    ) {
        let top = self.inside().y;
        let height = |y: f64| if y.is_finite() { self.y.at(y) } else { top };
        // Where even the lower end is infinite there is nothing on the axes to fill.
        for stretch in points.split(|(_, low, _)| !low.is_finite()) {
            let mut outline: Vec<(f64, f64)> = Vec::new();
            outline.extend(
                stretch
                    .iter()
                    .map(|(x, low, _)| (self.x.at(*x), height(*low))),
            );
            outline.extend(
                stretch
                    .iter()
                    .rev()
                    .map(|(x, _, high)| (self.x.at(*x), height(*high))),
            );
            canvas.begin_clip(self.inside());
            canvas.polygon(&outline, colour, opacity);
            canvas.end_clip();
        }
    }

    /// A curve. It is drawn through finite points, dotted from the last of them into the lane, and
    /// along the lane while it is +∞.
    pub(super) fn curve(&self, canvas: &mut Canvas, points: &[(f64, f64)], stroke: Stroke) {
        let placed: Vec<(f64, f64, bool)> = points
            .iter()
            .map(|&(x, y)| {
                let (px, py) = self.place(x, y);
                (px, py, y.is_finite())
            })
            .collect();
        canvas.begin_clip(self.inside());
        for stretch in placed.chunk_by(|a, b| a.2 == b.2) {
            let line: Vec<(f64, f64)> = stretch.iter().map(|p| (p.0, p.1)).collect();
            canvas.polyline(&line, stroke);
        }
        for pair in placed.windows(2).filter(|p| p[0].2 != p[1].2) {
            let jump = Stroke {
                width: stroke.width * 0.7,
                ..stroke.dashed(&[0.8, 1.4])
            };
            canvas.line(pair[0].0, pair[0].1, pair[1].0, pair[1].1, jump);
        }
        canvas.end_clip();
    }

    /// A vertical interval at a position on the page; an upper end of +∞ reaches into the lane.
    pub(super) fn error_bar(
        &self,
        canvas: &mut Canvas,
        px: f64,
        (low, high): (f64, f64),
        stroke: Stroke,
    ) {
        if !low.is_finite() {
            return;
        }
        let top = if high.is_finite() {
            self.y.at(high)
        } else {
            self.inside().y
        };
        canvas.begin_clip(self.inside());
        canvas.line(px, self.y.at(low), px, top, stroke);
        canvas.end_clip();
    }

    /// Words in the middle of an otherwise empty panel.
    pub(super) fn remark(&self, canvas: &mut Canvas, text: &str) {
        let lines = font::wrap(text, TICK_SIZE, self.area.w - 10.0);
        let mut y = self.area.y + self.area.h / 2.0 - 4.0 * (lines.len() as f64 - 1.0);
        for line in lines {
            let middle = self.area.x + self.area.w / 2.0;
            canvas.text(middle, y, &line, TICK_SIZE, Anchor::Middle, GREY);
            y += 8.5;
        }
    }
}

/// A bold letter and a title above a panel, with its baseline at y and at most `limit` wide.
pub(super) fn panel_title(
    canvas: &mut Canvas,
    (x, y): (f64, f64),
    limit: f64,
    letter: Option<usize>,
    title: &str,
) {
    if let Some(i) = letter {
        let letter = char::from(b'a' + (i % 26) as u8).to_string();
        canvas.bold(x - LEFT + 2.0, y, &letter, TITLE_SIZE + 1.5);
    }
    let size = if font::width(title, TITLE_SIZE) <= limit {
        TITLE_SIZE
    } else {
        NOTE_SIZE
    };
    let mut shown = title.to_string();
    while font::width(&shown, size) > limit && shown.chars().count() > 2 {
        // Without the ellipsis and one more character.
        let keep = shown.trim_end_matches('…').chars().count() - 1;
        shown = shown.chars().take(keep).chain(['…']).collect();
    }
    canvas.text(x, y, &shown, size, Anchor::Start, BLACK);
}

/// Caption lines over the page's whole width; returns the y below them.
pub(super) fn note(canvas: &mut Canvas, y: f64, text: &str) -> f64 {
    let margin = 4.0;
    let mut y = y;
    for line in font::wrap(text, NOTE_SIZE, canvas.width() - 2.0 * margin) {
        y += NOTE_SIZE * 1.3;
        canvas.text(margin, y, &line, NOTE_SIZE, Anchor::Start, GREY);
    }
    y + 4.0
}
