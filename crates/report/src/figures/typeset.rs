//! From what plotters wrote to the files: text as outlines, so that no machine needs the font, the
//! size in millimetres, and the same picture as PNG at the resolution that journals ask of line art
//! with text.

use super::font;
use super::page::Drawing;
use super::sizes::PX_PER_PT;
use crate::error::ReportError;
use crate::words::visible;
use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Indent, Options, Tree, WriteOptions};
use std::path::Path;
use std::sync::{Arc, LazyLock};

/// Dots per inch.
const DPI: f64 = 300.0;

/// The embedded font alone.
static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    for (_, file) in font::FILES {
        fonts.load_font_data(file.to_vec());
    }
    Arc::new(fonts)
});

/// The shapes of a drawing, cut to its height, on white; a pixel of plotters' is a user unit.
pub(super) fn tree(drawing: &Drawing, path: &Path) -> Result<Tree, ReportError> {
    // The backend needs a size before the height is known; joins are round like the curves that they
    // stand for.
    let body = drawing.svg.split_once('>').unwrap_or_default().1;
    let (width, height) = drawing.size();
    let svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" stroke-linejoin="round"><rect width="{width}" height="{height}" fill="#ffffff"/>{body}"##
    );
    let options = Options {
        fontdb: FONTS.clone(),
        ..Options::default()
    };
    Tree::from_str(&svg, &options).map_err(|e| problem(path, e))
}

fn problem(path: &Path, problem: impl ToString) -> ReportError {
    ReportError::Raster {
        path: path.to_path_buf(),
        problem: problem.to_string(),
    }
}

/// The SVG file: outlines instead of text.
pub(super) fn svg(tree: &Tree, drawing: &Drawing, title: &str) -> String {
    let options = WriteOptions {
        // A tenth of a pixel is less than a micrometre.
        coordinates_precision: 1,
        indent: Indent::None,
        ..WriteOptions::default()
    };
    let written = tree.to_string(&options);
    let body = written.split_once('>').unwrap_or_default().1;
    let words = drawing.words.join("\n");
    let [title, words] = [title, words.as_str()].map(xml);
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="{}mm" height="{:.2}mm" viewBox="0 0 {} {}">
<title>{title}</title>
<desc>
{words}
</desc>
{}
"#,
        drawing.width_mm,
        drawing.height_mm(),
        drawing.size().0,
        drawing.size().1,
        // One element a line, as tools that compare files like it.
        body.trim().replace("><", ">\n<")
    )
}

/// A text as XML has it.
fn xml(text: &str) -> String {
    let shown: Vec<_> = text.split('\n').map(visible).collect();
    let shown = shown.join("\n");
    shown
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The PNG; `path` is for the error message. White background, no alpha, and the physical size
/// stored, so that a manuscript places it at its intended width.
pub(super) fn png(tree: &Tree, path: &Path) -> Result<Vec<u8>, ReportError> {
    let scale = DPI / (72.0 * PX_PER_PT);
    let pixels = |units: f32| libm::round(f64::from(units) * scale) as u32;
    let (width, height) = (pixels(tree.size().width()), pixels(tree.size().height()));
    let mut pixmap = Pixmap::new(width, height)
        .ok_or_else(|| problem(path, format!("{width} × {height} pixels is no image")))?;
    pixmap.fill(Color::WHITE);
    let scale = scale as f32;
    resvg::render(
        tree,
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
        .map_err(|e| problem(path, e))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::colour::BLACK;
    use plotters::style::text_anchor::HPos;
    use resvg::usvg::{Node, Text};

    /// A page with one text at (10, 20) pt.
    fn page(text: &str) -> Drawing {
        Drawing::of(85.0, |page| {
            page.text(10.0, 20.0, text, 10.0, HPos::Left, BLACK);
            30.0
        })
    }

    fn with_text<T>(text: &str, look: impl Fn(&Text) -> T) -> T {
        let tree = tree(&page(text), Path::new("")).expect("a readable SVG");
        let found = tree.root().children().iter().find_map(|node| match node {
            Node::Text(text) => Some(look(text)),
            _ => None,
        });
        found.expect("a text in the tree")
    }

    #[test]
    fn the_font_has_every_character_that_figures_use() {
        let all = "ABCXYZabcxyz0123456789.,;:()[]%=<>+-–−×·…⁰¹²³⁴⁵⁶⁷⁸⁹⁻₀₁σδηατ∞≥≤→";
        let missing: String = all
            .chars()
            .filter(|c| {
                with_text(&c.to_string(), |text| {
                    let glyphs = text.layouted().iter().flat_map(|s| &s.positioned_glyphs);
                    glyphs.map(|g| g.id.0).any(|id| id == 0)
                })
            })
            .collect();
        assert_eq!(missing, "");
    }

    #[test]
    fn text_is_where_the_layout_takes_it_to_be() {
        for words in [
            "final test MSE 0.0042 [4.61×10⁻⁴, 0.122]",
            "learning curves, η₀ = 10⁻³",
        ] {
            let (left, width, top) = with_text(words, |text| {
                let outlines = text.flattened().abs_bounding_box();
                let advance = text.abs_bounding_box().width();
                let pt = |px: f32| f64::from(px) / PX_PER_PT;
                (pt(outlines.left()), pt(advance), pt(outlines.top()))
            });
            assert!((left - 10.0).abs() < 1.0, "{left}");
            // Kerning makes the drawn text a little narrower.
            let planned = font::width(words, 10.0);
            assert!(
                width <= planned + 0.1 && width > 0.97 * planned,
                "{width} for {planned}"
            );
            // An l or bracket is hardly higher than a capital.
            let capital = 20.0 - 10.0 * font::CAP_HEIGHT;
            assert!((top - capital).abs() < 0.5, "{top} for {capital}");
        }
    }

    #[test]
    fn the_file_has_its_size_and_outlines_alone() {
        let drawing = page("a < b & c");
        let tree = tree(&drawing, Path::new("")).expect("a readable SVG");
        let file = svg(&tree, &drawing, "a < b");
        assert!(file.contains(r#"width="85mm" height="10.58mm" viewBox="0 0 4819 600""#));
        assert!(file.contains("<title>a &lt; b</title>") && !file.contains("<text"));
        assert!(
            file.contains("<desc>\ntext: a &lt; b &amp; c\n</desc>"),
            "{file}"
        );
        assert_eq!(file.matches("<svg").count(), 1);
    }
}
