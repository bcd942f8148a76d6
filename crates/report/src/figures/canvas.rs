//! A page of SVG, in points (1/72 inch), y downwards.

use super::colour::{BLACK, Colour, Shape};
use super::font;
use std::fmt::Write;

/// Points per millimetre.
const PT_PER_MM: f64 = 72.0 / 25.4;

/// A line's look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stroke {
    pub(super) colour: Colour,
    /// In pt.
    pub(super) width: f64,
    /// Lengths of dashes and gaps in pt; empty: solid.
    pub(super) dash: &'static [f64],
    /// 0 to 1.
    pub(super) opacity: f64,
}

impl Stroke {
    pub(super) fn new(colour: Colour, width: f64) -> Self {
        Self {
            colour,
            width,
            dash: &[],
            opacity: 1.0,
        }
    }

    pub(super) fn dashed(self, dash: &'static [f64]) -> Self {
        Self { dash, ..self }
    }

    pub(super) fn faint(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }
}

/// Where a text's x lies in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
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
}

/// A figure being drawn; its height is set when all is drawn.
#[derive(Debug, Clone)]
pub(super) struct Canvas {
    width_mm: f64,
    body: String,
    clips: usize,
}

impl Canvas {
    pub(super) fn new(width_mm: f64) -> Self {
        Self {
            width_mm,
            body: String::new(),
            clips: 0,
        }
    }

    /// Width in pt.
    pub(super) fn width(&self) -> f64 {
        self.width_mm * PT_PER_MM
    }

    // Writing to a string cannot fail, so the results of `write!` are dropped throughout.

    pub(super) fn rect(&mut self, r: Rect, fill: Option<Colour>, stroke: Option<Stroke>) {
        let fill = fill.map_or("none".to_string(), Colour::hex);
        let _ = writeln!(
            self.body,
            r#"<rect x="{:.2}" y="{:.2}" width="{:.2}" height="{:.2}" fill="{fill}"{}/>"#,
            r.x,
            r.y,
            r.w,
            r.h,
            stroke.map_or(String::new(), |s| attributes(&s))
        );
    }

    pub(super) fn line(&mut self, x1: f64, y1: f64, x2: f64, y2: f64, stroke: Stroke) {
        self.polyline(&[(x1, y1), (x2, y2)], stroke);
    }

    pub(super) fn polyline(&mut self, points: &[(f64, f64)], stroke: Stroke) {
        if points.len() < 2 {
            return;
        }
        let _ = writeln!(
            self.body,
            r#"<path d="{}" fill="none" stroke-linejoin="round"{}/>"#,
            path(points),
            attributes(&stroke)
        );
    }

    pub(super) fn polygon(&mut self, points: &[(f64, f64)], fill: Colour, opacity: f64) {
        if points.len() < 3 {
            return;
        }
        let _ = writeln!(
            self.body,
            r#"<path d="{}Z" fill="{}" fill-opacity="{opacity}"/>"#,
            path(points),
            fill.hex()
        );
    }

    /// A point of about `size` pt across, with a white rim so that it stands out from its line.
    pub(super) fn marker(&mut self, shape: Shape, x: f64, y: f64, size: f64, fill: Colour) {
        let r = size / 2.0;
        let rim = r##" stroke="#ffffff" stroke-width="0.4""##;
        if shape == Shape::Circle {
            let _ = writeln!(
                self.body,
                r#"<circle cx="{x:.2}" cy="{y:.2}" r="{r:.2}" fill="{}"{rim}/>"#,
                fill.hex()
            );
            return;
        }
        let corners: &[(f64, f64)] = match shape {
            Shape::Square => &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
            Shape::Triangle => &[(0.0, -1.15), (1.1, 0.85), (-1.1, 0.85)],
            Shape::InvertedTriangle => &[(0.0, 1.15), (1.1, -0.85), (-1.1, -0.85)],
            Shape::Diamond | Shape::Circle => {
                &[(0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)]
            }
        };
        let points: Vec<(f64, f64)> = corners
            .iter()
            .map(|(dx, dy)| (x + r * dx, y + r * dy))
            .collect();
        let _ = writeln!(
            self.body,
            r#"<path d="{}Z" fill="{}"{rim}/>"#,
            path(&points),
            fill.hex()
        );
    }

    /// A × where a curve ends.
    pub(super) fn cross(&mut self, x: f64, y: f64, size: f64, stroke: Stroke) {
        let r = size / 2.0;
        self.line(x - r, y - r, x + r, y + r, stroke);
        self.line(x - r, y + r, x + r, y - r, stroke);
    }

    /// A text with its baseline at y.
    pub(super) fn text(
        &mut self,
        x: f64,
        y: f64,
        text: &str,
        size: f64,
        anchor: Anchor,
        colour: Colour,
    ) {
        let x = anchored(x, text, size, anchor);
        self.outline(text, &font::outline(text, x, y, size), colour, "");
    }

    /// A text in black whose capitals are centred on y.
    pub(super) fn text_centred(&mut self, x: f64, y: f64, text: &str, size: f64, anchor: Anchor) {
        let baseline = y + size * font::CAP_HEIGHT / 2.0;
        self.text(x, baseline, text, size, anchor, BLACK);
    }

    /// A heavier text; the subset has one weight, so its outlines are widened a little.
    pub(super) fn bold(&mut self, x: f64, y: f64, text: &str, size: f64) {
        let extra = format!(
            r#" stroke="{}" stroke-width="{:.2}""#,
            BLACK.hex(),
            size * 0.045
        );
        self.outline(text, &font::outline(text, x, y, size), BLACK, &extra);
    }

    /// A text centred on (x, y), read from bottom to top.
    pub(super) fn text_upwards(&mut self, x: f64, y: f64, text: &str, size: f64) {
        let data = font::outline(text, -font::width(text, size) / 2.0, 0.0, size);
        let extra = format!(r#" transform="translate({x:.2} {y:.2}) rotate(-90)""#);
        self.outline(text, &data, BLACK, &extra);
    }

    fn outline(&mut self, text: &str, data: &str, colour: Colour, extra: &str) {
        // The label keeps the words for screen readers and for searching in the file.
        let label = text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&quot;");
        let _ = writeln!(
            self.body,
            r#"<path aria-label="{label}" fill="{}"{extra} d="{data}"/>"#,
            colour.hex()
        );
    }

    /// Draws only inside a rectangle until [`Canvas::end_clip`].
    pub(super) fn begin_clip(&mut self, r: Rect) {
        let id = self.clips;
        self.clips += 1;
        let _ = writeln!(
            self.body,
            r#"<clipPath id="c{id}"><rect x="{:.2}" y="{:.2}" width="{:.2}" height="{:.2}"/></clipPath><g clip-path="url(#c{id})">"#,
            r.x, r.y, r.w, r.h
        );
    }

    pub(super) fn end_clip(&mut self) {
        self.body.push_str("</g>\n");
    }

    /// The whole file, for a page of this height in pt.
    pub(super) fn finish(&self, height: f64, title: &str) -> String {
        let width = self.width();
        let title = title.replace('&', "&amp;").replace('<', "&lt;");
        format!(
            r##"<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="{}mm" height="{:.2}mm" viewBox="0 0 {width:.2} {height:.2}">
<title>{title}</title>
<rect width="{width:.2}" height="{height:.2}" fill="#ffffff"/>
{}</svg>
"##,
            self.width_mm,
            height / PT_PER_MM,
            self.body
        )
    }
}

fn anchored(x: f64, text: &str, size: f64, anchor: Anchor) -> f64 {
    match anchor {
        Anchor::Start => x,
        Anchor::Middle => x - font::width(text, size) / 2.0,
        Anchor::End => x - font::width(text, size),
    }
}

fn path(points: &[(f64, f64)]) -> String {
    let mut data = String::new();
    for (i, (x, y)) in points.iter().enumerate() {
        let command = if i == 0 { 'M' } else { 'L' };
        let _ = write!(data, "{command}{x:.2} {y:.2}");
    }
    data
}

fn attributes(stroke: &Stroke) -> String {
    let mut text = format!(
        r#" stroke="{}" stroke-width="{}""#,
        stroke.colour.hex(),
        stroke.width
    );
    if stroke.opacity < 1.0 {
        let _ = write!(text, r#" stroke-opacity="{}""#, stroke.opacity);
    }
    if !stroke.dash.is_empty() {
        let lengths: Vec<String> = stroke.dash.iter().map(ToString::to_string).collect();
        let _ = write!(text, r#" stroke-dasharray="{}""#, lengths.join(" "));
    }
    text
}
