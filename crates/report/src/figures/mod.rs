//! Figures for a paper, each as SVG and as PNG (300 dpi), 85 mm or 180 mm wide, with captions.
//!
//! Every figure states n, the method of its intervals and how many runs diverged or failed, because
//! a number never travels alone. plotters draws; what it does not have (minor ticks, a place for ∞,
//! clipping) is added here. Files are the same, byte for byte, for the same tables: text becomes
//! outlines of an embedded font, nothing depends on the machine or the time.

mod captions;
mod colour;
mod comparison;
mod error_axis;
mod font;
mod heatmap;
mod learning_curves;
mod legend;
mod page;
mod panel;
mod ruler;
mod scale;
mod sensitivity;
mod sizes;
mod tracking;
mod typeset;

use crate::Results;
use crate::compare::Comparison;
use crate::error::ReportError;
use crate::summary::write_whole;
use page::Drawing;
use rayon::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder inside the result folder.
pub const FOLDER: &str = "figures";

/// Width of a figure for one column of a journal's page, in mm.
const SINGLE_MM: f64 = 85.0;
/// Width of a figure for both columns, in mm.
const DOUBLE_MM: f64 = 180.0;

/// A drawn figure.
struct Figure {
    /// File name without extension.
    name: String,
    /// Its title in captions.md.
    title: String,
    drawing: Drawing,
    /// The full caption, Markdown.
    caption: String,
}

/// Draws all figures of a result and writes them to `folder/figures`; returns the files in order.
pub fn write(results: &Results, folder: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let target = folder.join(FOLDER);
    fs::create_dir_all(&target).map_err(|e| ReportError::io("create", &target, e))?;
    let (figures, absent) = draw_all(results);
    let mut files: Vec<PathBuf> = Vec::new();
    let written: Result<Vec<[PathBuf; 2]>, ReportError> = figures
        .par_iter()
        .map(|figure| {
            let (svg, png) = typeset(figure)?;
            write_pair(&target, &figure.name, &svg, &png)
        })
        .collect();
    files.extend(written?.into_iter().flatten());
    let captions = target.join("captions.md");
    write_whole(
        &captions,
        captions::markdown(results, &figures, &absent).as_bytes(),
    )?;
    files.push(captions);
    Ok(files)
}

/// A figure as the contents of its SVG and PNG files.
fn typeset(figure: &Figure) -> Result<(String, Vec<u8>), ReportError> {
    let name = Path::new(&figure.name);
    let tree = typeset::tree(&figure.drawing, &name.with_extension("svg"))?;
    let svg = typeset::svg(&tree, &figure.drawing, &figure.title);
    Ok((svg, typeset::png(&tree, &name.with_extension("png"))?))
}

/// Writes the two files of a figure into a folder that is there.
fn write_pair(
    folder: &Path,
    name: &str,
    svg: &str,
    png: &[u8],
) -> Result<[PathBuf; 2], ReportError> {
    let paths = ["svg", "png"].map(|end| folder.join(format!("{name}.{end}")));
    write_whole(&paths[0], svg.as_bytes())?;
    write_whole(&paths[1], png)?;
    Ok(paths)
}

/// The drawn figure of a comparison, not yet written.
pub(crate) struct ComparisonFigure {
    figure: Figure,
    study: String,
    svg: String,
    png: Vec<u8>,
}

/// Draws a comparison.
pub(crate) fn comparison(comparison: &Comparison) -> Result<ComparisonFigure, ReportError> {
    let figure = comparison::draw(comparison);
    let (svg, png) = typeset(&figure)?;
    Ok(ComparisonFigure {
        figure,
        study: comparison.study.clone(),
        svg,
        png,
    })
}

impl ComparisonFigure {
    /// Writes SVG, PNG and the section of captions.md into `folder/figures`; the other sections of a
    /// captions.md that is there stay.
    pub(crate) fn write(&self, folder: &Path) -> Result<[PathBuf; 3], ReportError> {
        let target = folder.join(FOLDER);
        fs::create_dir_all(&target).map_err(|e| ReportError::io("create", &target, e))?;
        let [svg, png] = write_pair(&target, &self.figure.name, &self.svg, &self.png)?;
        let captions = target.join("captions.md");
        let before = match fs::read_to_string(&captions) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => captions::title(&self.study),
            Err(e) => return Err(ReportError::io("read", &captions, e)),
        };
        let text = captions::with_section(&before, &self.figure);
        write_whole(&captions, text.as_bytes())?;
        Ok([svg, png, captions])
    }
}

/// The figures that these results allow, and why the others are not there.
fn draw_all(results: &Results) -> (Vec<Figure>, Vec<String>) {
    let mut figures = vec![tracking::draw(results)];
    let mut absent = Vec::new();
    match learning_curves::draw(results) {
        Some(figure) => figures.push(figure),
        None => absent.push(
            "learning_curves: no condition has two checkpoints with a measurement".to_string(),
        ),
    }
    for axis in &results.design.axes {
        figures.push(sensitivity::draw(results, axis));
    }
    if results.design.axes.is_empty() {
        absent.push("sensitivity: no numeric parameter was swept".to_string());
    }
    for (a, b) in results.study.crossed() {
        let axis = |path: &str| results.design.axes.iter().find(|axis| axis.path == path);
        if let (Some(a), Some(b)) = (axis(a), axis(b)) {
            figures.extend(heatmap::draw(results, a, b));
        }
    }
    (figures, absent)
}

/// `rule.eta0` as part of a file name.
fn file_part(path: &str) -> String {
    path.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}
