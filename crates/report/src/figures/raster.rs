//! An SVG as PNG, at the resolution that journals ask of line art with text.

use crate::error::ReportError;
use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::{Options, Tree};
use std::path::Path;

/// Dots per inch.
const DPI: f64 = 300.0;

/// What usvg takes an inch to be, in its own units.
const USER_UNITS_PER_INCH: f64 = 96.0;

/// The PNG of an SVG file; `path` is for the error message. White background, no alpha, and the
/// physical size stored, so that a manuscript places it at its intended width.
pub(super) fn png(svg: &str, path: &Path) -> Result<Vec<u8>, ReportError> {
    let problem = |problem: String| ReportError::Raster {
        path: path.to_path_buf(),
        problem,
    };
    let tree = Tree::from_str(svg, &Options::default()).map_err(|e| problem(e.to_string()))?;
    let scale = DPI / USER_UNITS_PER_INCH;
    let pixels = |units: f32| libm::round(f64::from(units) * scale) as u32;
    let (width, height) = (pixels(tree.size().width()), pixels(tree.size().height()));
    let mut pixmap = Pixmap::new(width, height)
        .ok_or_else(|| problem(format!("{width} × {height} pixels is no image")))?;
    pixmap.fill(Color::WHITE);
    let scale = scale as f32;
    resvg::render(
        &tree,
        Transform::from_scale(scale, scale),
        &mut pixmap.as_mut(),
    );
    let rgb: Vec<u8> = pixmap
        .data()
        .chunks_exact(4)
        .flat_map(|p| [p[0], p[1], p[2]])
        .collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let per_metre = libm::round(DPI / 0.0254) as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: png::Unit::Meter,
    }));
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(&rgb))
        .map_err(|e| problem(e.to_string()))?;
    Ok(bytes)
}
