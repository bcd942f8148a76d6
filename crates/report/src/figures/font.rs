//! The figures' only font, embedded: a figure then looks the same on every machine, with or without
//! fonts, and the width of a text is known while the figure is laid out. It is a subset of DejaVu
//! Sans; see `assets/README.md` for its licence and how the subset was made.

use super::sizes::PX_PER_PT;
use plotters::style::{FontDesc, FontFamily, FontStyle, TextStyle, register_font};
use std::sync::LazyLock;

/// The font files with their weights.
pub(super) const FILES: [(FontStyle, &[u8]); 2] = [
    (
        FontStyle::Normal,
        include_bytes!("../../assets/DejaVuSans-subset.ttf"),
    ),
    (
        FontStyle::Bold,
        include_bytes!("../../assets/DejaVuSans-Bold-subset.ttf"),
    ),
];

/// The name in the font files, by which an SVG's text finds them.
const FAMILY: FontFamily = FontFamily::Name("DejaVu Sans");

/// Height of a capital letter over the font size.
pub(super) const CAP_HEIGHT: f64 = 0.729;

/// The font's units per em, and from its lowest to its highest point.
const UNITS_PER_EM: f64 = 2048.0;
const UNITS_PER_LINE: f64 = 2384.0;

/// plotters' SVG backend writes a font's size divided by this.
const SVG_DIVISOR: f64 = 1.24;

static REGISTERED: LazyLock<()> = LazyLock::new(|| {
    for (weight, file) in FILES {
        let known = register_font(FAMILY.as_str(), weight, file);
        assert!(known.is_ok(), "the embedded font is a valid TrueType font");
    }
});

/// The style of a text of this size in pt.
pub(super) fn style(size: f64, weight: FontStyle) -> TextStyle<'static> {
    FontDesc::new(FAMILY, size * PX_PER_PT * SVG_DIVISOR, weight).into()
}

/// Width of a text at a font size, in the size's unit.
pub(super) fn width(text: &str, size: f64) -> f64 {
    LazyLock::force(&REGISTERED);
    // plotters measures in whole pixels, of a font whose lines are as high as its size: at this
    // size a pixel is a unit of the font.
    let font = FontDesc::new(FAMILY, UNITS_PER_LINE, FontStyle::Normal);
    let ((left, _), (right, _)) = font.layout_box(text).expect("the font is registered");
    f64::from(right - left) * size / UNITS_PER_EM
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
    fn widths_add_up_and_lines_keep_to_the_limit() {
        assert!((width("ab", 7.0) - width("a", 7.0) - width("b", 7.0)).abs() < 1e-9);
        assert!((width("abc", 14.0) - 2.0 * width("abc", 7.0)).abs() < 1e-9);
        let lines = wrap("one two three four five", 7.0, 40.0);
        assert!(lines.len() > 1);
        assert!(lines.iter().all(|l| width(l, 7.0) <= 40.0), "{lines:?}");
        assert_eq!(lines.join(" "), "one two three four five");
    }
}
