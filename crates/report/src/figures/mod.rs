//! Figures for a paper, each as SVG and as PNG (300 dpi), 85 mm or 180 mm wide, with captions.
//!
//! Every figure states n, the method of its intervals and how many runs diverged or failed, because
//! a number never travels alone. No figure is higher than two pages of A4 are at its width (2√2 times
//! the width): what does not fit goes into numbered parts. plotters draws; what it does not have (minor ticks, a place for ∞,
//! clipping) is added here. Files are the same, byte for byte, for the same tables: text becomes
//! outlines of an embedded font, nothing depends on the machine or the time.

mod captions;
mod colour;
mod comparison;
mod error_axis;
mod font;
mod former;
mod heatmap;
mod learning_curves;
mod legend;
mod markdown;
mod names;
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
use crate::words::shortened;
pub(crate) use former::mark;
use names::{Groups, Names};
use page::Drawing;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder inside the result folder.
pub const FOLDER: &str = "figures";

/// What the figures show: the file beside them.
const CAPTIONS: &str = "captions.md";

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

/// Which part of a figure, from 0, of how many: no figure is higher than a page or two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part(usize, usize);

impl Part {
    /// The file name of this part; that of the first is the figure's.
    fn name(self, figure: &str) -> String {
        match self.0 {
            0 => figure.to_string(),
            i => format!("{figure}_part{}", i + 1),
        }
    }

    fn title(self, figure: &str) -> String {
        match self.1 {
            1 => figure.to_string(),
            of => format!("{figure}, part {} of {of}", self.0 + 1),
        }
    }

    /// The beginning of the words in the drawing.
    fn words(self) -> String {
        match self.1 {
            1 => String::new(),
            of => format!("Part {} of {of}. ", self.0 + 1),
        }
    }

    /// What to know of the styles of lines, for a caption.
    fn styles(self) -> &'static str {
        match self.1 {
            1 => "",
            _ => {
                " The lines are more than one panel can tell apart: each part has its own key, and a style may stand for another condition in another part. All parts have the same axes."
            }
        }
    }
}

/// Parts of one figure; nobody looks at more.
const MOST_PARTS: usize = 8;

/// Keeps the first parts of a figure; in words, how many groups the others hold.
fn cap<T>(figure: &str, parts: &mut Vec<T>, groups: impl Fn(&T) -> usize) -> Option<String> {
    let count = |parts: &[T]| parts.iter().map(&groups).sum::<usize>();
    let all = count(parts);
    parts.truncate(MOST_PARTS);
    let left_out = all - count(parts);
    (left_out > 0).then(|| {
        format!(
            "{figure}: {left_out} of {all} groups, beyond the {MOST_PARTS} parts that a figure may have; their numbers are in summary.csv"
        )
    })
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// SVG and PNG of each figure, in order, then `captions.md`.
    pub files: Vec<PathBuf>,
    /// What a user should know, a sentence each.
    pub warnings: Vec<String>,
}

/// Draws all figures of a result and writes them to `folder/figures`. Figures of a former report that
/// are not among them are removed; other files stay.
pub fn write(results: &Results, folder: &Path) -> Result<Written, ReportError> {
    let target = folder.join(FOLDER);
    fs::create_dir_all(&target).map_err(|e| ReportError::io("create", &target, e))?;
    let drawn = draw_all(results);
    let typeset: Result<Vec<(String, Vec<u8>)>, ReportError> =
        drawn.figures.par_iter().map(typeset).collect();
    let typeset = typeset?;
    let captions = target.join(CAPTIONS);
    let before = former::read(&captions)?;
    let kept = former::kept(&before, &former::mark(&results.tables));
    let mut text = captions::markdown(results, &drawn.figures, &drawn.absent);
    for section in &kept {
        text.push_str(section);
    }
    former::remove_stale(&target, &before, &text)?;
    // Before the figures: whatever happens then, the next report knows what may be here.
    write_whole(&captions, text.as_bytes())?;
    let written: Result<Vec<[PathBuf; 2]>, ReportError> = drawn
        .figures
        .par_iter()
        .zip(&typeset)
        .map(|(figure, (svg, png))| write_pair(&target, &figure.name, svg, png))
        .collect();
    let mut files: Vec<PathBuf> = written?.into_iter().flatten().collect();
    files.push(captions);
    Ok(Written {
        files,
        warnings: drawn.warnings,
    })
}

/// Removes the figures of a former report, and its captions.
pub(crate) fn remove(folder: &Path) -> Result<(), ReportError> {
    let target = folder.join(FOLDER);
    let captions = target.join(CAPTIONS);
    former::remove_stale(&target, &former::read(&captions)?, "")?;
    match fs::remove_file(&captions) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(ReportError::io("remove", &captions, e))
        }
        _ => Ok(()),
    }
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
    /// What a user should know, a sentence each.
    pub(crate) warnings: Vec<String>,
}

/// Draws a comparison.
pub(crate) fn comparison(comparison: &Comparison) -> Result<ComparisonFigure, ReportError> {
    let (mut figure, names) = comparison::draw(comparison);
    explain_names(&mut figure, &names);
    figure.caption.push_str("\n\n");
    figure.caption.push_str(&former::marked(&comparison.tables));
    let (svg, png) = typeset(&figure)?;
    Ok(ComparisonFigure {
        warnings: warnings(&names, std::slice::from_ref(&figure)),
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
        let captions = target.join(CAPTIONS);
        let before = match former::read(&captions)? {
            text if text.is_empty() => captions::title(&self.study),
            text => text,
        };
        let text = captions::with_section(&before, &self.figure);
        write_whole(&captions, text.as_bytes())?;
        Ok([svg, png, captions])
    }
}

/// All figures of a result.
struct Drawn {
    figures: Vec<Figure>,
    /// Which figures, or parts, are not there, and why.
    absent: Vec<String>,
    warnings: Vec<String>,
}

/// The figures that these results allow.
fn draw_all(results: &Results) -> Drawn {
    let groups = Groups::of(results);
    let mut figures = Vec::new();
    let mut absent = Vec::new();
    let mut add = |absent: &mut Vec<String>, (drawn, left_out): (Vec<Figure>, Option<String>)| {
        figures.extend(drawn);
        absent.extend(left_out);
    };
    add(&mut absent, tracking::draw(results, &groups));
    let curves = learning_curves::draw(results, &groups);
    if curves.0.is_empty() {
        absent.push(
            "learning_curves: no condition has two checkpoints with a measurement".to_string(),
        );
    }
    add(&mut absent, curves);
    for axis in &results.design.axes {
        add(&mut absent, sensitivity::draw(results, &groups, axis));
    }
    if results.design.axes.is_empty() {
        absent.push("sensitivity: no numeric parameter was swept".to_string());
    }
    for (a, b) in results.study.crossed() {
        let axis = |path: &str| results.design.axes.iter().find(|axis| axis.path == path);
        if let (Some(a), Some(b)) = (axis(a), axis(b)) {
            add(&mut absent, heatmap::draw(results, &groups, (a, b)));
        }
    }
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for figure in &mut figures {
        explain_names(figure, &groups.names);
        // Two paths may read alike as file names: `a.b_c` and `a.b.c`.
        let plain = figure.name.clone();
        let mut number = 1;
        while !taken.insert(figure.name.to_lowercase()) {
            number += 1;
            figure.name = format!("{plain}_{number}");
        }
    }
    Drawn {
        warnings: warnings(&groups.names, &figures),
        figures,
        absent,
    }
}

/// Adds to a caption the full names of what the drawing shows by other ones.
fn explain_names(figure: &mut Figure, names: &Names) {
    let words = &figure.drawing.words;
    let key: Vec<String> = names
        .key()
        .into_iter()
        .filter(|(shown, _)| words.iter().any(|line| line.contains(shown)))
        .map(|(shown, full)| {
            let points = names::code_points(shown, full);
            format!(
                "{} is {}{points}",
                markdown::text(shown),
                markdown::text(full)
            )
        })
        .collect();
    if !key.is_empty() {
        let key = format!(" Names: {}.", key.join("; "));
        figure.caption.push_str(&key);
    }
}

/// A sentence for each text that the font cannot show.
fn warnings(names: &Names, figures: &[Figure]) -> Vec<String> {
    let mut texts: Vec<&str> = Vec::new();
    let drawn = figures.iter().flat_map(|f| &f.drawing.unshown);
    for text in names.full().chain(drawn.map(String::as_str)) {
        if !font::missing(text).is_empty() && !texts.contains(&text) {
            texts.push(text);
        }
    }
    let warning = |text: &str| {
        let missing: Vec<String> = font::missing(text)
            .into_iter()
            .map(|c| format!("U+{:04X}", u32::from(c)))
            .collect();
        format!(
            "the font of the figures has no {}: \"{}\" is drawn as \"{}\"",
            missing.join(", "),
            shortened(text),
            shortened(&font::drawable(text))
        )
    };
    texts.into_iter().map(warning).collect()
}

/// `rule.eta0` as part of a file name.
fn file_part(path: &str) -> String {
    path.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}
