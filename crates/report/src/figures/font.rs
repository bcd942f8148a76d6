//! The figures' only font, embedded: a figure then looks the same on every machine, with or without
//! fonts, and the width of a text is known while the figure is laid out. It is a subset of DejaVu
//! Sans; see `assets/README.md` for its licence and how the subset was made.
//!
//! What it has no glyph for would be left out, so that two names became one. [`drawable`] writes such
//! a character as its code point instead.

use super::sizes::PX_PER_PT;
use crate::words::visible;
use plotters::style::{FontDesc, FontFamily, FontStyle, TextStyle, register_font};
use std::fmt::Write;
use std::sync::LazyLock;
use ttf_parser::{Face, OutlineBuilder};
use unicode_normalization::UnicodeNormalization;

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

static FACE: LazyLock<Face<'static>> =
    LazyLock::new(|| Face::parse(FILES[0].1, 0).expect("the embedded font is valid"));

/// The characters of a text that the font has no glyph for, each once, in order.
pub(super) fn missing(text: &str) -> Vec<char> {
    let mut found = Vec::new();
    for c in visible(text).nfc() {
        if FACE.glyph_index(c).is_none() && !found.contains(&c) {
            found.push(c);
        }
    }
    found
}

/// A text as the font can show it: accents are composed with their letters, control characters are
/// escapes, and a character without a glyph is its code point. Of its own results it changes nothing.
pub(super) fn drawable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut after_code = false;
    for c in visible(text).nfc() {
        let has_glyph = FACE.glyph_index(c).is_some();
        if has_glyph {
            shown.push(c);
        } else {
            let blank = if after_code { " " } else { "" };
            let _ = write!(shown, "{blank}U+{:04X}", u32::from(c));
        }
        after_code = !has_glyph;
    }
    shown
}

/// What is seen of a text: two texts with the same outlines cannot be told apart, even where their
/// characters differ (a Latin and a Cyrillic a). Blanks count as in SVG: several are one.
pub(super) fn outlines(text: &str) -> String {
    let drawn = drawable(text);
    let words: Vec<&str> = drawn
        .split([' ', '\t', '\n'])
        .filter(|w| !w.is_empty())
        .collect();
    let mut outlines = Outlines(String::new());
    for c in words.join(" ").chars() {
        let glyph = FACE.glyph_index(c).unwrap_or_default();
        let advance = FACE.glyph_hor_advance(glyph).unwrap_or_default();
        let _ = write!(outlines.0, ";{advance}");
        let _ = FACE.outline_glyph(glyph, &mut outlines);
    }
    outlines.0
}

/// Outlines as text, for comparison.
struct Outlines(String);

impl OutlineBuilder for Outlines {
    fn move_to(&mut self, x: f32, y: f32) {
        let _ = write!(self.0, "M{x},{y}");
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let _ = write!(self.0, "L{x},{y}");
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let _ = write!(self.0, "Q{x1},{y1},{x},{y}");
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let _ = write!(self.0, "C{x1},{y1},{x2},{y2},{x},{y}");
    }

    fn close(&mut self) {}
}

/// Width of a text at a font size, in the size's unit.
pub(super) fn width(text: &str, size: f64) -> f64 {
    LazyLock::force(&REGISTERED);
    let text = &drawable(text);
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

/// A text no wider than `limit`: cut, with an ellipsis where it is.
pub(super) fn shorten(text: &str, size: f64, limit: f64) -> String {
    let text = drawable(text);
    if width(&text, size) <= limit {
        return text;
    }
    let chars: Vec<char> = text.chars().collect();
    let cut = |kept: usize| {
        let text: String = chars[..kept].iter().collect();
        format!("{}…", text.trim_end())
    };
    // The width grows with what is kept, so that halving finds the longest text that fits.
    let (mut fits, mut too_long) = (0, chars.len());
    while too_long - fits > 1 {
        let middle = usize::midpoint(fits, too_long);
        if width(&cut(middle), size) <= limit {
            fits = middle;
        } else {
            too_long = middle;
        }
    }
    cut(fits.max(1))
}

/// A text in at most `most` lines no longer than `limit`, with the size at which that is possible:
/// the larger of two sizes if one line is enough, else the smaller one.
pub(super) fn fit(text: &str, sizes: (f64, f64), limit: f64, most: usize) -> (Vec<String>, f64) {
    if width(text, sizes.0) <= limit {
        return (vec![text.to_string()], sizes.0);
    }
    let mut lines = wrap(text, sizes.1, limit);
    if lines.len() > most {
        let rest = lines.split_off(most - 1).join(" ");
        lines.push(rest);
    }
    let lines = lines.iter().map(|line| shorten(line, sizes.1, limit));
    (lines.collect(), sizes.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_europe_have_glyphs_and_others_become_code_points() {
        for text in [
            "čeština ž",
            "łódź őğ",
            "скорость",
            "τιμή ά",
            "tiếng Việt",
            "α → β ≠ ∑ √ ∈ ⟨x⟩",
        ] {
            assert_eq!((drawable(text), missing(text)), (text.to_string(), vec![]));
        }
        assert_eq!(drawable("x (信号)"), "x (U+4FE1 U+53F7)");
        assert_eq!(missing("信号信"), ['信', '号']);
        assert_eq!(drawable("a\u{200b}b\u{ad}"), "aU+200BbU+00AD");
        assert_eq!(drawable("a\nb"), "a\\u{a}b");
        // A letter and its accent are composed.
        assert_eq!(drawable("e\u{301}"), "é");
        let shown = drawable("信号\n\u{1f600}");
        assert_eq!(drawable(&shown), shown);
    }

    #[test]
    fn texts_that_look_the_same_have_the_same_outlines() {
        for (a, b, same) in [
            ("cat", "c\u{430}t", true),
            ("e\u{301}", "é", true),
            ("a  b", "a b ", true),
            ("a\u{a0}b", "a b", true),
            ("信", "U+4FE1", true),
            ("信", "号", false),
            ("a", "b", false),
            ("ab", "ba", false),
            ("a b", "ab", false),
        ] {
            assert_eq!(outlines(a) == outlines(b), same, "{a:?} {b:?}");
        }
    }

    #[test]
    fn what_is_too_long_ends_with_an_ellipsis() {
        let text = "mean firing rate of the left primary motor cortex";
        let short = shorten(text, 7.0, 60.0);
        assert!(
            short.ends_with('…') && width(&short, 7.0) <= 60.0,
            "{short}"
        );
        assert!(
            width(&short, 7.0) > 50.0,
            "no more is cut than needed: {short}"
        );
        assert_eq!(shorten("short", 7.0, 60.0), "short");
        assert_eq!(
            fit("short", (7.0, 6.0), 60.0, 2),
            (vec!["short".to_string()], 7.0)
        );
        let (lines, size) = fit(text, (7.0, 6.0), 60.0, 2);
        assert_eq!((lines.len(), size), (2, 6.0));
        assert!(lines[1].ends_with('…'), "{lines:?}");
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
}
