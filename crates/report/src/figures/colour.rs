//! Colours that people with any colour vision can tell apart, and in grey.

pub(super) use plotters::style::{BLACK, RGBColor, WHITE};

use plotters::style::colors::colormaps::ViridisRGB;

/// Axes, ticks and text of secondary weight.
pub(super) const GREY: RGBColor = RGBColor(0x55, 0x55, 0x55);
/// Grid lines and cells without a number.
pub(super) const LIGHT: RGBColor = RGBColor(0xd9, 0xd9, 0xd9);

/// The palette of Okabe & Ito ("Color Universal Design", 2008) without yellow, which is too faint
/// for lines on white; black last, as it is the targets' colour too.
const CATEGORIES: [RGBColor; 7] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x56, 0xb4, 0xe9),
    BLACK,
];

/// How a line is broken; lengths in pt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Dash {
    Solid,
    /// Length of a dash and of a gap.
    Dashes(f64, f64),
    /// The same with a dot in the middle of each gap.
    DashesAndDots(f64, f64),
}

/// Dashes that tell lines apart without colour.
const DASHES: [Dash; 5] = [
    Dash::Solid,
    Dash::Dashes(4.0, 1.6),
    Dash::Dashes(1.2, 1.2),
    Dash::DashesAndDots(5.0, 4.0),
    Dash::Dashes(2.4, 1.2),
];

/// The shape of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
    InvertedTriangle,
}

const SHAPES: [Shape; 5] = [
    Shape::Circle,
    Shape::Square,
    Shape::Triangle,
    Shape::Diamond,
    Shape::InvertedTriangle,
];

/// The look of the i-th category, the same in every figure of a study.
pub(super) fn category(i: usize) -> (RGBColor, Dash, Shape) {
    (
        CATEGORIES[i % CATEGORIES.len()],
        DASHES[i % DASHES.len()],
        SHAPES[i % SHAPES.len()],
    )
}

/// The ordered scale at 0 ≤ t ≤ 1, dark to bright: Viridis (S. van der Walt & N. Smith).
pub(super) fn ordered(t: f64) -> RGBColor {
    ViridisRGB::get_color(t.clamp(0.0, 1.0))
}

/// The ordered scale for lines on white: without the yellow end, which would vanish there.
pub(super) fn ordered_line(t: f64) -> RGBColor {
    ordered(0.88 * t)
}

/// Black or white, whichever reads better on a colour (luma of ITU-R BT.601).
pub(super) fn ink(on: RGBColor) -> RGBColor {
    let luma = 0.299 * f64::from(on.0) + 0.587 * f64::from(on.1) + 0.114 * f64::from(on.2);
    if luma > 140.0 { BLACK } else { WHITE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ordered_scale_runs_from_dark_to_bright() {
        assert_eq!(ordered(0.0), RGBColor(68, 1, 84));
        assert_eq!(ordered(1.0), RGBColor(254, 232, 37));
        assert_eq!(ordered(2.0), ordered(1.0));
        assert_eq!((ink(ordered(1.0)), ink(ordered(0.0))), (BLACK, WHITE));
    }

    #[test]
    fn neighbouring_categories_differ_in_colour_dash_and_shape() {
        for i in 0..12 {
            let (a, b) = (category(i), category(i + 1));
            assert!(a.0 != b.0 && a.1 != b.1 && a.2 != b.2);
        }
    }
}
