//! A pair of axes with what is drawn in them.
//!
//! A median of +∞ has no place on an axis but must not vanish: above the axes lies a lane marked ∞,
//! and points there are drawn at their x. So it is with 0 on a log axis: its lane, marked 0, lies below
//! the axes, or left of them.

use super::colour::{BLACK, Dash, GREY, RGBColor};
use super::font;
use super::page::{Page, Plane, Rect, Stroke, drawn, path};
use super::ruler::{self, Edge, Ruler, TICK_LENGTH};
use super::scale::Scale;
use super::sizes::{LANE, LEFT, NOTE_SIZE, SIDE_LANE, TICK_SIZE, TITLE_SIZE};
use plotters::element::Polygon;
use plotters::style::Color;
use plotters::style::text_anchor::HPos;

/// Width of axis lines.
const AXIS_WIDTH: f64 = 0.6;
/// Height of the panel of diverged shares.
const STRIP: f64 = 34.0;
/// From the axes to the middle of the lane above or below.
const LANE_MIDDLE: f64 = LANE / 2.0 + 1.0;
/// Behind the lanes.
const LANE_COLOUR: RGBColor = RGBColor(0xf0, 0xf0, 0xf0);

/// The widest labels of a y axis for which [`LEFT`] has room beside its title.
const WIDEST_LABEL: f64 = 18.5;

/// Axes on the page.
pub(super) struct Panel<'a> {
    /// The rectangle of the data and of the lanes for zeros.
    outer: Rect,
    /// The rectangle of the data alone.
    area: Rect,
    x: Scale,
    y: Scale,
    /// The label of the lane above, if there is one: "∞", or from where on errors are in it.
    lane: Option<String>,
    /// The drawing area, in the scales' coordinates.
    pub(super) plane: Plane<'a>,
}

impl<'a> Panel<'a> {
    pub(super) fn new(
        page: &Page<'a>,
        area: Rect,
        x: Scale,
        y: Scale,
        lane: Option<String>,
    ) -> Self {
        let widest = ruler::widest(y, area.h - below(y));
        // Labels of many digits take their room from the panel.
        let room = (widest - WIDEST_LABEL).max(0.0);
        let outer = Rect {
            x: area.x + room,
            w: area.w - room,
            ..area
        };
        Self::within(page, outer, x, y, lane)
    }

    fn within(page: &Page<'a>, outer: Rect, x: Scale, y: Scale, lane: Option<String>) -> Self {
        let side = if x.has_zeros() { SIDE_LANE } else { 0.0 };
        let area = Rect {
            x: outer.x + side,
            w: outer.w - side,
            h: outer.h - below(y),
            ..outer
        };
        Self {
            outer,
            area,
            x,
            y,
            lane,
            plane: page.plane(area, x.range(), y.range()),
        }
    }

    /// The same panel moved sideways, for points that would hide each other.
    pub(super) fn shifted<'b>(&self, page: &Page<'b>, dx: f64) -> Panel<'b> {
        let outer = Rect {
            x: self.outer.x + dx,
            ..self.outer
        };
        Panel::within(page, outer, self.x, self.y, self.lane.clone())
    }

    /// The data values at the left and right end.
    pub(super) fn ends(&self) -> (f64, f64) {
        (self.x.value_at(0.0), self.x.value_at(1.0))
    }

    /// Coordinates of a point; +∞ and zeros of a log axis lie in their lanes.
    pub(super) fn place(&self, x: f64, y: f64) -> (f64, f64) {
        let y = if !y.is_finite() {
            self.above(LANE_MIDDLE)
        } else if self.y.in_lane(y) {
            self.beneath(LANE_MIDDLE)
        } else {
            self.y.coordinate(y)
        };
        (self.across(x), y)
    }

    /// The x coordinate of a value.
    fn across(&self, x: f64) -> f64 {
        if !self.x.in_lane(x) {
            return self.x.coordinate(x);
        }
        let ends = self.x.range();
        ends.start - SIDE_LANE / 2.0 / self.area.w * (ends.end - ends.start)
    }

    /// Where a point stands: on the axes, or in which lanes. A line from one to the other is dotted.
    fn lanes(&self, (x, y): (f64, f64)) -> (bool, bool, bool) {
        (self.x.in_lane(x), !y.is_finite(), self.y.in_lane(y))
    }

    /// The y coordinate that lies this many pt above the axes.
    fn above(&self, distance: f64) -> f64 {
        let ends = self.y.range();
        ends.end + distance / self.area.h * (ends.end - ends.start)
    }

    /// The y coordinate that lies this many pt below the data.
    fn beneath(&self, distance: f64) -> f64 {
        let ends = self.y.range();
        ends.start - distance / self.area.h * (ends.end - ends.start)
    }

    /// The lowest and highest y coordinate at which anything is drawn.
    fn limits(&self) -> (f64, f64) {
        let above = if self.lane.is_some() { LANE } else { 1.0 };
        (self.beneath(below(self.y)), self.above(above))
    }

    /// The coordinates of ends of intervals, cut off where the panel ends; +∞ reaches its top.
    fn outline(&self, points: &[(f64, f64)]) -> Vec<(f64, f64)> {
        let (bottom, top) = self.limits();
        let y = |y: f64| {
            if !y.is_finite() {
                top
            } else if self.y.in_lane(y) {
                bottom
            } else {
                self.y.coordinate(y)
            }
        };
        let placed: Vec<(f64, f64)> = points.iter().map(|p| (self.across(p.0), y(p.1))).collect();
        let mut outline = crossed(&placed, bottom, top);
        for point in &mut outline {
            point.1 = point.1.clamp(bottom, top);
        }
        outline
    }

    /// Axis lines, ticks and labels. A title of `None` on x leaves its tick labels away too, for
    /// panels that share the axis of the one below.
    pub(super) fn axes(&self, page: &Page, x_title: Option<&str>, y_title: Option<&str>) {
        self.draw_axes(page, (x_title.is_some(), x_title), (true, y_title));
    }

    /// The axes of the first panel of a row that shares both axes; the title on x is the row's.
    pub(super) fn left_axes(&self, page: &Page, y_title: &str) {
        self.draw_axes(page, (true, None), (true, Some(y_title)));
    }

    /// The axes of the other panels of such a row: without labels on y.
    pub(super) fn inner_axes(&self, page: &Page) {
        self.draw_axes(page, (true, None), (false, None));
    }

    /// Whether there are tick labels, and the title, of each axis.
    fn draw_axes(
        &self,
        page: &Page,
        (x_labels, x_title): (bool, Option<&str>),
        (y_labels, y_title): (bool, Option<&str>),
    ) {
        let a = self.outer;
        let stroke = Stroke::new(BLACK, AXIS_WIDTH);
        // Ticks stand where the data are, on the outer edges.
        let along = |edge| match edge {
            Edge::Bottom => Rect {
                x: self.area.x,
                w: self.area.w,
                ..a
            },
            _ => Rect {
                y: self.area.y,
                h: self.area.h,
                ..a
            },
        };
        let ruler = |edge| Ruler(page, along(edge), edge, stroke);
        self.zero_lanes(page, x_labels, y_labels, stroke);
        // Beside a lane there is no axis.
        let (left, bottom) = (self.area.x, self.area.bottom());
        page.line(left, a.bottom(), a.right(), a.bottom(), stroke);
        ruler(Edge::Bottom).scale(self.x, x_labels);
        if let Some(title) = x_title {
            ruler::x_title(page, a, title);
        }
        if let Some(label) = &self.lane {
            let lane = Rect {
                y: a.y - LANE,
                h: LANE - 2.0,
                ..a
            };
            page.fill(lane, LANE_COLOUR);
            let label = if y_labels { label } else { "" };
            ruler(Edge::Left).tick(1.0 + LANE_MIDDLE / self.area.h, label);
        }
        page.line(a.x, a.y, a.x, bottom, stroke);
        let widest = ruler(Edge::Left).scale(self.y, y_labels);
        if let Some(title) = y_title {
            // As far out as the room allows for, so that the titles of stacked panels align.
            let x = (a.x - LEFT + TITLE_SIZE)
                .min(a.x - widest - TICK_LENGTH - 5.0)
                .max(TITLE_SIZE);
            // Beside a low strip a title at full size would reach into its neighbours.
            let fits = font::width(title, TITLE_SIZE) <= a.h;
            let size = if fits { TITLE_SIZE } else { NOTE_SIZE };
            page.text_upwards(x, a.y + a.h / 2.0, title, size);
        }
    }

    /// The lanes for zeros, with their ticks.
    fn zero_lanes(&self, page: &Page, x_labels: bool, y_labels: bool, stroke: Stroke) {
        let label = |labelled| if labelled { "0" } else { "" };
        if self.y.has_zeros() {
            let lane = Rect {
                y: self.area.bottom() + 2.0,
                h: LANE - 2.0,
                ..self.outer
            };
            page.fill(lane, LANE_COLOUR);
            let edge = Rect {
                x: self.outer.x,
                ..self.area
            };
            let share = -LANE_MIDDLE / self.area.h;
            Ruler(page, edge, Edge::Left, stroke).tick(share, label(y_labels));
        }
        if self.x.has_zeros() {
            let lane = Rect {
                w: SIDE_LANE - 2.0,
                ..self.outer
            };
            page.fill(lane, LANE_COLOUR);
            let edge = Rect {
                h: self.outer.h,
                ..self.area
            };
            let share = -SIDE_LANE / 2.0 / self.area.w;
            Ruler(page, edge, Edge::Bottom, stroke).tick(share, label(x_labels));
        }
    }

    /// The area between two curves; an upper end of +∞ reaches the top of the panel.
    pub(super) fn band(&self, points: &[(f64, f64, f64)], colour: RGBColor, opacity: f64) {
        // Where even the lower end is infinite there is nothing on the axes to fill.
        for stretch in points.split(|(_, low, _)| !low.is_finite()) {
            let lower = stretch.iter().map(|p| (p.0, p.1));
            let upper = stretch.iter().rev().map(|p| (p.0, p.2));
            let ends: Vec<(f64, f64)> = lower.chain(upper).collect();
            let outline = self.outline(&ends);
            if stretch.len() > 1 {
                drawn(self.plane.draw(&Polygon::new(outline, colour.mix(opacity))));
            }
        }
    }

    /// A curve. It is drawn through the points on the axes, dotted from the last of them into a lane,
    /// and along the lane while it is +∞ or 0.
    pub(super) fn curve(&self, points: &[(f64, f64)], stroke: Stroke) {
        let ends = self.y.range();
        for stretch in points.chunk_by(|a, b| self.lanes(*a) == self.lanes(*b)) {
            let line: Vec<(f64, f64)> = stretch.iter().map(|p| self.place(p.0, p.1)).collect();
            if !self.lanes(stretch[0]).1 && !self.lanes(stretch[0]).2 {
                for piece in cut(&line, ends.start, ends.end) {
                    path(&self.plane, &piece, stroke);
                }
            } else {
                path(&self.plane, &line, stroke);
            }
        }
        let jump = Stroke {
            width: stroke.width * 0.7,
            ..stroke.dashed(Dash::Dashes(0.8, 1.4))
        };
        for pair in points
            .windows(2)
            .filter(|p| self.lanes(p[0]) != self.lanes(p[1]))
        {
            let (a, b) = (
                self.place(pair[0].0, pair[0].1),
                self.place(pair[1].0, pair[1].1),
            );
            for piece in cut(&[a, b], self.limits().0, f64::INFINITY) {
                path(&self.plane, &piece, jump);
            }
        }
    }

    /// A vertical interval; an upper end of +∞ reaches into the lane.
    pub(super) fn error_bar(&self, x: f64, (low, high): (f64, f64), stroke: Stroke) {
        if low.is_finite() {
            path(&self.plane, &self.outline(&[(x, low), (x, high)]), stroke);
        }
    }
}

/// Height of the lane for zeros below the axes of a y scale.
fn below(y: Scale) -> f64 {
    if y.has_zeros() { LANE } else { 0.0 }
}

/// The panel of the share of diverged runs, below another with the same x axis.
pub(super) fn diverged<'a>(
    page: &Page<'a>,
    above: &Panel,
    x_title: &str,
    first: bool,
) -> (Panel<'a>, f64) {
    let area = Rect {
        y: above.outer.bottom() + 9.0,
        h: STRIP,
        ..above.outer
    };
    let x = above.x;
    let percent = Scale::fit(false, [0.0, 100.0].into_iter(), 0.08);
    let panel = Panel::new(page, area, x, percent, None);
    panel.axes(page, Some(x_title), first.then_some("diverged (%)"));
    (panel, area.bottom())
}

/// Words in the middle of an empty panel.
pub(super) fn remark(page: &Page, area: Rect, text: &str) {
    let lines = font::wrap(text, TICK_SIZE, area.w - 10.0);
    let mut y = area.y + area.h / 2.0 - 4.0 * (lines.len() as f64 - 1.0);
    for line in lines {
        let middle = area.x + area.w / 2.0;
        page.text(middle, y, &line, TICK_SIZE, HPos::Center, GREY);
        y += 8.5;
    }
}

/// A frame with words instead of a panel.
pub(super) fn blank(page: &Page, area: Rect, reason: &str) {
    page.frame(area, Stroke::new(GREY, 0.4));
    remark(page, area, reason);
}

/// A polyline with points added where it crosses two heights.
fn crossed(points: &[(f64, f64)], low: f64, high: f64) -> Vec<(f64, f64)> {
    let mut all: Vec<(f64, f64)> = points.first().copied().into_iter().collect();
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let edges = if y0 < y1 { [low, high] } else { [high, low] };
        let between = |edge: &f64| (y0 < *edge) != (y1 < *edge) && y0 != *edge && y1 != *edge;
        let crossing = |edge| (x0 + (edge - y0) / (y1 - y0) * (x1 - x0), edge);
        all.extend(edges.into_iter().filter(between).map(crossing));
        all.push((x1, y1));
    }
    all
}

/// The pieces of a polyline between two heights: plotters does not clip.
fn cut(points: &[(f64, f64)], low: f64, high: f64) -> Vec<Vec<(f64, f64)>> {
    crossed(points, low, high)
        .split(|p| p.1 < low || p.1 > high)
        .filter(|piece| piece.len() > 1)
        .map(<[_]>::to_vec)
        .collect()
}

/// A bold letter and a title above a panel, with its baseline at y and at most `limit` wide.
pub(super) fn panel_title(
    page: &Page,
    (x, y): (f64, f64),
    limit: f64,
    letter: Option<usize>,
    title: &str,
) {
    if let Some(i) = letter {
        let letter = char::from(b'a' + (i % 26) as u8).to_string();
        page.bold(x - LEFT + 2.0, y, &letter, TITLE_SIZE + 1.5);
    }
    let size = if font::width(title, TITLE_SIZE) <= limit {
        TITLE_SIZE
    } else {
        NOTE_SIZE
    };
    let shown = font::shorten(title, size, limit);
    page.text(x, y, &shown, size, HPos::Left, BLACK);
}

/// Caption lines over the page's whole width; returns the y below them.
pub(super) fn note(page: &Page, y: f64, text: &str) -> f64 {
    let margin = 4.0;
    let mut y = y;
    for line in font::wrap(text, NOTE_SIZE, page.width - 2.0 * margin) {
        y += NOTE_SIZE * 1.3;
        page.text(margin, y, &line, NOTE_SIZE, HPos::Left, GREY);
    }
    y + 4.0
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn polylines_are_cut_where_they_leave_and_enter() {
        let inside = [(0.0, 0.0), (1.0, 1.0), (2.0, 0.5)];
        assert_eq!(cut(&inside, 0.0, 1.0), [inside.to_vec()]);
        let over = [(0.0, 0.0), (1.0, 2.0), (2.0, 0.0)];
        assert_eq!(
            cut(&over, 0.0, 1.0),
            [vec![(0.0, 0.0), (0.5, 1.0)], vec![(1.5, 1.0), (2.0, 0.0)]]
        );
        let through = [(0.0, -1.0), (4.0, 3.0)];
        assert_eq!(cut(&through, 0.0, 1.0), [[(1.0, 0.0), (2.0, 1.0)]]);
        assert!(cut(&[(0.0, 2.0), (1.0, 3.0)], 0.0, 1.0).is_empty());
    }
}
