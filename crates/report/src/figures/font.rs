//! The figures' only font, embedded, and text as outlines.
//!
//! Text is drawn as paths: a figure then looks the same on every machine, with or without fonts, and
//! its width is known while the figure is laid out. The font is a subset of DejaVu Sans; see
//! `assets/README.md` for its licence and how the subset was made.

use ab_glyph::{Font, FontRef, OutlineCurve, Point};
use std::fmt::Write;
use std::sync::LazyLock;

static FONT: LazyLock<FontRef<'static>> = LazyLock::new(|| {
    FontRef::try_from_slice(include_bytes!("../../assets/DejaVuSans-subset.ttf"))
        .expect("the embedded font is a valid TrueType font (a test reads it)")
});

/// Height of a capital letter over the font size.
pub(super) const CAP_HEIGHT: f64 = 0.729;

fn units_per_em() -> f64 {
    f64::from(FONT.units_per_em().unwrap_or(2048.0))
}

/// Width of a text at a font size, in the size's unit.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let units: f64 = text
        .chars()
        .map(|c| f64::from(FONT.h_advance_unscaled(FONT.glyph_id(c))))
        .sum();
    units * size / units_per_em()
}

/// SVG path data of a text whose baseline starts at (x, y).
pub(super) fn outline(text: &str, x: f64, y: f64, size: f64) -> String {
    let scale = size / units_per_em();
    let mut data = String::new();
    let mut pen = x;
    for c in text.chars() {
        let id = FONT.glyph_id(c);
        if let Some(outline) = FONT.outline(id) {
            let place = |p: Point| {
                let px = pen + f64::from(p.x) * scale;
                let py = y - f64::from(p.y) * scale;
                format!("{px:.2} {py:.2}")
            };
            contours(&outline.curves, &place, &mut data);
        }
        pen += f64::from(FONT.h_advance_unscaled(id)) * scale;
    }
    data
}

/// Writes curves as closed contours: a new one begins where a curve does not start at the last end.
fn contours(curves: &[OutlineCurve], place: &impl Fn(Point) -> String, data: &mut String) {
    let mut at: Option<Point> = None;
    for curve in curves {
        let (start, end) = match curve {
            OutlineCurve::Line(a, b)
            | OutlineCurve::Quad(a, _, b)
            | OutlineCurve::Cubic(a, _, _, b) => (*a, *b),
        };
        if at != Some(start) {
            if at.is_some() {
                data.push('Z');
            }
            let _ = write!(data, "M{}", place(start));
        }
        // Writing to a string cannot fail.
        let _ = match curve {
            OutlineCurve::Line(_, b) => write!(data, "L{}", place(*b)),
            OutlineCurve::Quad(_, c, b) => write!(data, "Q{} {}", place(*c), place(*b)),
            OutlineCurve::Cubic(_, c, d, b) => {
                write!(data, "C{} {} {}", place(*c), place(*d), place(*b))
            }
        };
        at = Some(end);
    }
    if at.is_some() {
        data.push('Z');
    }
}

/// Breaks a text into lines no wider than `limit`, at blanks.
pub(super) fn wrap(text: &str, size: f64, limit: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let longer = if line.is_empty() {
            word.to_string()
        } else {
            format!("{line} {word}")
        };
        if !line.is_empty() && width(&longer, size) > limit {
            lines.push(std::mem::replace(&mut line, word.to_string()));
        } else {
            line = longer;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_every_character_that_figures_use() {
        let missing: String = "ABCXYZabcxyz0123456789 .,;:()[]%=<>+-–−×·…⁰¹²³⁴⁵⁶⁷⁸⁹⁻₀₁σδηατ∞≥≤→"
            .chars()
            .filter(|&c| FONT.glyph_id(c).0 == 0)
            .collect();
        assert_eq!(missing, "");
    }

    #[test]
    fn widths_add_up_and_lines_keep_to_the_limit() {
        assert!((width("ab", 7.0) - width("a", 7.0) - width("b", 7.0)).abs() < 1e-9);
        assert!((width("abc", 14.0) - 2.0 * width("abc", 7.0)).abs() < 1e-9);
        let lines = wrap("one two three four five", 7.0, 40.0);
        assert!(lines.len() > 1);
        assert!(lines.iter().all(|l| width(l, 7.0) <= 40.0), "{lines:?}");
        assert_eq!(lines.join(" "), "one two three four five");
    }

    #[test]
    fn outlines_are_closed_paths() {
        let data = outline("o", 0.0, 0.0, 10.0);
        // The letter o has two contours.
        assert_eq!(data.matches('M').count(), 2);
        assert_eq!(data.matches('Z').count(), 2);
        assert_eq!(outline(" ", 0.0, 0.0, 10.0), "");
    }
}
