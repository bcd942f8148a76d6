//! Colours that people with any colour vision can tell apart, and in grey.

/// An sRGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour(pub(super) u8, pub(super) u8, pub(super) u8);

pub(super) const BLACK: Colour = Colour(0, 0, 0);
pub(super) const WHITE: Colour = Colour(255, 255, 255);
/// Axes, ticks and text of secondary weight.
pub(super) const GREY: Colour = Colour(0x55, 0x55, 0x55);
/// Grid lines and cells without a number.
pub(super) const LIGHT: Colour = Colour(0xd9, 0xd9, 0xd9);

/// The palette of Okabe & Ito ("Color Universal Design", 2008) without yellow, which is too faint
/// for lines on white; black last, as it is the targets' colour too.
const CATEGORIES: [Colour; 7] = [
    Colour(0x00, 0x72, 0xb2),
    Colour(0xd5, 0x5e, 0x00),
    Colour(0x00, 0x9e, 0x73),
    Colour(0xcc, 0x79, 0xa7),
    Colour(0xe6, 0x9f, 0x00),
    Colour(0x56, 0xb4, 0xe9),
    BLACK,
];

/// Dashes that tell lines apart without colour, in pt.
const DASHES: [&[f64]; 5] = [
    &[],
    &[4.0, 1.6],
    &[1.2, 1.2],
    &[5.0, 1.4, 1.2, 1.4],
    &[2.4, 1.2],
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
pub(super) fn category(i: usize) -> (Colour, &'static [f64], Shape) {
    (
        CATEGORIES[i % CATEGORIES.len()],
        DASHES[i % DASHES.len()],
        SHAPES[i % SHAPES.len()],
    )
}

/// Viridis (S. van der Walt & N. Smith, matplotlib 1.5), every 16th entry and the last.
const VIRIDIS: [Colour; 17] = [
    Colour(68, 1, 84),
    Colour(72, 24, 106),
    Colour(71, 45, 123),
    Colour(66, 64, 134),
    Colour(59, 82, 139),
    Colour(51, 99, 141),
    Colour(44, 114, 142),
    Colour(38, 130, 142),
    Colour(33, 145, 140),
    Colour(31, 160, 136),
    Colour(40, 174, 128),
    Colour(63, 188, 115),
    Colour(94, 201, 98),
    Colour(132, 212, 75),
    Colour(173, 220, 48),
    Colour(216, 226, 25),
    Colour(253, 231, 37),
];

/// The ordered scale at 0 ≤ t ≤ 1, dark to bright.
pub(super) fn ordered(t: f64) -> Colour {
    let t = t.clamp(0.0, 1.0) * (VIRIDIS.len() - 1) as f64;
    let i = (t as usize).min(VIRIDIS.len() - 2);
    let fraction = t - i as f64;
    let (a, b) = (VIRIDIS[i], VIRIDIS[i + 1]);
    let mix =
        |a: u8, b: u8| libm::round(f64::from(a) + fraction * (f64::from(b) - f64::from(a))) as u8;
    Colour(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

/// The ordered scale for lines on white: without the yellow end, which would vanish there.
pub(super) fn ordered_line(t: f64) -> Colour {
    ordered(0.88 * t)
}

impl Colour {
    /// `#rrggbb`
    pub(super) fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    /// Black or white, whichever reads better on this colour (luma of ITU-R BT.601).
    pub(super) fn ink(self) -> Self {
        let luma =
            0.299 * f64::from(self.0) + 0.587 * f64::from(self.1) + 0.114 * f64::from(self.2);
        if luma > 140.0 { BLACK } else { WHITE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ordered_scale_runs_through_its_table() {
        assert_eq!(ordered(0.0), VIRIDIS[0]);
        assert_eq!(ordered(0.5), VIRIDIS[8]);
        assert_eq!(ordered(1.0), VIRIDIS[16]);
        assert_eq!(ordered(2.0), VIRIDIS[16]);
        assert_eq!(ordered(1.0).ink(), BLACK);
        assert_eq!(ordered(0.0).ink(), WHITE);
    }

    #[test]
    fn neighbouring_categories_differ_in_colour_dash_and_shape() {
        for i in 0..12 {
            let (a, b) = (category(i), category(i + 1));
            assert!(a.0 != b.0 && a.1 != b.1 && a.2 != b.2);
        }
    }
}
