//! A page that plotters draws on, in points (1/72 inch), y downwards, and the marks on it.

use super::colour::{BLACK, Dash, RGBColor, Shape, WHITE};
use super::font;
use super::sizes::PX_PER_PT;
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::element::{DashedPathElement, DottedPathElement};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::cell::RefCell;
use std::fmt::Debug;
use std::ops::Range;

/// Points per millimetre.
const PT_PER_MM: f64 = 72.0 / 25.4;

/// Height of the page while it is drawn, in pt: more than any figure needs.
const MAX_HEIGHT: f64 = 100_000.0;

/// plotters puts the baseline of text that is centred on y this many ems below y.
const BASELINE: f64 = 0.25;

/// A part of the page with coordinates of its own.
pub(super) type Plane<'a> =
    DrawingArea<SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Whole pixels of a length in pt.
pub(super) fn px(pt: f64) -> i32 {
    libm::round(pt * PX_PER_PT) as i32
}

/// The backend writes into a string, which cannot fail: there is no error to hand on.
pub(super) fn drawn<E: Debug>(result: Result<(), E>) {
    result.expect("drawing into a string cannot fail");
}

/// A line's look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stroke {
    pub(super) colour: RGBColor,
    /// In pt.
    pub(super) width: f64,
    pub(super) dash: Dash,
    /// 0 to 1.
    pub(super) opacity: f64,
}

impl Stroke {
    pub(super) fn new(colour: RGBColor, width: f64) -> Self {
        Self {
            colour,
            width,
            dash: Dash::Solid,
            opacity: 1.0,
        }
    }

    pub(super) fn dashed(self, dash: Dash) -> Self {
        Self { dash, ..self }
    }

    pub(super) fn faint(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }

    pub(super) fn style(&self) -> ShapeStyle {
        self.colour
            .mix(self.opacity)
            .stroke_width(px(self.width) as u32)
    }
}

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) w: f64,
    pub(super) h: f64,
}

impl Rect {
    pub(super) fn right(self) -> f64 {
        self.x + self.w
    }

    pub(super) fn bottom(self) -> f64 {
        self.y + self.h
    }

    /// The same rectangle without a margin on all sides.
    pub(super) fn inset(self, margin: f64) -> Self {
        Self {
            x: self.x + margin,
            y: self.y + margin,
            w: self.w - 2.0 * margin,
            h: self.h - 2.0 * margin,
        }
    }
}

/// A finished page: what plotters wrote, and its size.
#[derive(Debug, Clone)]
pub(super) struct Drawing {
    /// The SVG, as high as no page is.
    pub(super) svg: String,
    pub(super) width_mm: f64,
    /// In pt.
    pub(super) height: f64,
    /// What is written and what the keys say, a line each, in order: the file has outlines only, which
    /// no reader and no search can read.
    pub(super) words: Vec<String>,
    /// Texts with characters that the font does not have.
    pub(super) unshown: Vec<String>,
}

impl Drawing {
    /// Draws a page; what draws returns the height that it used.
    pub(super) fn of(width_mm: f64, draw: impl FnOnce(&Page) -> f64) -> Self {
        let mut svg = String::new();
        let width = width_mm * PT_PER_MM;
        let root = SVGBackend::with_string(&mut svg, (px(width) as u32, px(MAX_HEIGHT) as u32))
            .into_drawing_area();
        let whole = Rect {
            x: 0.0,
            y: 0.0,
            w: width,
            h: MAX_HEIGHT,
        };
        let page = Page {
            width,
            points: plane(&root, whole, 0.0..width, MAX_HEIGHT..0.0),
            root,
            words: RefCell::default(),
            unshown: RefCell::default(),
        };
        let height = draw(&page);
        drawn(page.root.present());
        let (words, unshown) = (page.words.take(), page.unshown.take());
        drop(page);
        Self {
            svg,
            width_mm,
            height,
            words,
            unshown,
        }
    }

    pub(super) fn height_mm(&self) -> f64 {
        self.height / PT_PER_MM
    }

    /// Width and height in pixels.
    pub(super) fn size(&self) -> (i32, i32) {
        (px(self.width_mm * PT_PER_MM), px(self.height))
    }
}

/// A page being drawn; its height is known when all is drawn.
pub(super) struct Page<'a> {
    /// In pt.
    pub(super) width: f64,
    root: DrawingArea<SVGBackend<'a>, Shift>,
    /// The whole page in pt.
    pub(super) points: Plane<'a>,
    words: RefCell<Vec<String>>,
    unshown: RefCell<Vec<String>>,
}

fn plane<'a>(
    root: &DrawingArea<SVGBackend<'a>, Shift>,
    area: Rect,
    x: Range<f64>,
    y: Range<f64>,
) -> Plane<'a> {
    let across = px(area.x)..px(area.right());
    let up = px(area.bottom())..px(area.y);
    root.apply_coord_spec(Cartesian2d::new(x, y, (across, up)))
}

impl<'a> Page<'a> {
    /// A rectangle of the page with its own coordinates: x to the right, y upwards.
    pub(super) fn plane(&self, area: Rect, x: Range<f64>, y: Range<f64>) -> Plane<'a> {
        plane(&self.root, area, x, y)
    }

    pub(super) fn fill(&self, r: Rect, colour: RGBColor) {
        let corners = [(r.x, r.y), (r.right(), r.bottom())];
        drawn(self.points.draw(&Rectangle::new(corners, colour.filled())));
    }

    /// The outline of a rectangle, as a path: plotters' own has no width.
    pub(super) fn frame(&self, r: Rect, stroke: Stroke) {
        let (left, right, top, bottom) = (r.x, r.right(), r.y, r.bottom());
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
        // Two corners more than a turn has, so that the last one is joined too.
        let turn: Vec<(f64, f64)> = corners.into_iter().cycle().take(6).collect();
        path(&self.points, &turn, stroke);
    }

    pub(super) fn line(&self, x1: f64, y1: f64, x2: f64, y2: f64, stroke: Stroke) {
        path(&self.points, &[(x1, y1), (x2, y2)], stroke);
    }

    /// A text with its baseline at y.
    pub(super) fn text(
        &self,
        x: f64,
        y: f64,
        text: &str,
        size: f64,
        anchor: HPos,
        colour: RGBColor,
    ) {
        let style = font::style(size, FontStyle::Normal).color(&colour);
        self.write(text, (x, y - BASELINE * size), style, anchor);
    }

    /// A text in black whose capitals are centred on y.
    pub(super) fn text_centred(&self, x: f64, y: f64, text: &str, size: f64, anchor: HPos) {
        let baseline = y + size * font::CAP_HEIGHT / 2.0;
        self.text(x, baseline, text, size, anchor, BLACK);
    }

    /// A heavier text; the bold font has small letters only.
    pub(super) fn bold(&self, x: f64, y: f64, text: &str, size: f64) {
        let style = font::style(size, FontStyle::Bold);
        self.write(text, (x, y - BASELINE * size), style, HPos::Left);
    }

    /// A text centred on y, read from bottom to top, with its baseline at x.
    pub(super) fn text_upwards(&self, x: f64, y: f64, text: &str, size: f64) {
        let style = font::style(size, FontStyle::Normal).transform(FontTransform::Rotate270);
        self.write(text, (x - BASELINE * size, y), style, HPos::Center);
    }

    /// Upright lines side by side, read from bottom to top and centred on y; the first one's baseline
    /// is at x.
    pub(super) fn lines_upwards(&self, x: f64, y: f64, (lines, size): &(Vec<String>, f64)) {
        for (i, line) in lines.iter().enumerate() {
            self.text_upwards(x + i as f64 * size * 1.2, y, line, *size);
        }
    }

    /// Notes what an entry of a key stands for.
    pub(super) fn note_key(&self, label: &str, colour: RGBColor, look: &str) {
        let RGBColor(r, g, b) = colour;
        let label = font::drawable(label);
        note_once(
            &self.words,
            format!("key: {label} = #{r:02x}{g:02x}{b:02x}{look}"),
        );
    }

    fn write(&self, text: &str, at: (f64, f64), style: TextStyle, anchor: HPos) {
        if text.is_empty() {
            return;
        }
        if !font::missing(text).is_empty() {
            note_once(&self.unshown, text.to_string());
        }
        let text = font::drawable(text);
        note_once(&self.words, format!("text: {text}"));
        let style = style.pos(Pos::new(anchor, VPos::Center));
        drawn(self.points.draw(&Text::new(text, at, style)));
    }
}

fn note_once(list: &RefCell<Vec<String>>, line: String) {
    let mut list = list.borrow_mut();
    if !list.contains(&line) {
        list.push(line);
    }
}

/// A polyline.
pub(super) fn path(plane: &Plane, points: &[(f64, f64)], stroke: Stroke) {
    if points.len() < 2 {
        return;
    }
    let points = points.to_vec();
    let style = stroke.style();
    drawn(match stroke.dash {
        Dash::Solid => plane.draw(&PathElement::new(points, style)),
        Dash::Dashes(length, gap) => {
            plane.draw(&DashedPathElement::new(points, px(length), px(gap), style))
        }
        // plotters has no such line: dots in the gaps of a dashed one.
        Dash::DashesAndDots(length, gap) => {
            let (radius, period) = (stroke.width / 2.0, length + gap);
            let dashes = DashedPathElement::new(points.clone(), px(length), px(gap), style);
            let dot = move |at| Circle::new(at, px(radius), style.filled());
            let first = px(length + gap / 2.0);
            let dots = DottedPathElement::new(points, first, px(period), dot);
            plane.draw(&dashes).and_then(|()| plane.draw(&dots))
        }
    });
}

/// A point of about `size` pt across, with a white rim so that it stands out from its line.
pub(super) fn marker(plane: &Plane, at: (f64, f64), shape: Shape, size: f64, fill: RGBColor) {
    let r = size / 2.0;
    let rim = Stroke::new(WHITE, 0.4).style();
    let corners: &[(f64, f64)] = match shape {
        Shape::Circle => {
            let disc = Circle::new((0, 0), px(r), fill.filled());
            let ring = Circle::new((0, 0), px(r), rim);
            return drawn(plane.draw(&(EmptyElement::at(at) + disc + ring)));
        }
        Shape::Square => &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
        Shape::Triangle => &[(0.0, -1.15), (1.1, 0.85), (-1.1, 0.85)],
        Shape::InvertedTriangle => &[(0.0, 1.15), (1.1, -0.85), (-1.1, -0.85)],
        Shape::Diamond => &[(0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)],
    };
    let corner = |&(dx, dy): &(f64, f64)| (px(r * dx), px(r * dy));
    let turn = corners.iter().cycle().map(corner);
    let outline: Vec<(i32, i32)> = turn.take(corners.len() + 2).collect();
    let body = Polygon::new(&outline[..corners.len()], fill.filled());
    let mark = EmptyElement::at(at) + body + PathElement::new(outline, rim);
    drawn(plane.draw(&mark));
}
