//! What a former report left in the folder of the figures, as its `captions.md` says.
//!
//! A figure that the present report does not draw is of another study, or of other tables: it would
//! stay, look valid and be published. It is removed, and nothing else: a file that no report wrote is
//! in no `captions.md`. A comparison is written by another verb; it stays if it is of the same tables.

use crate::error::ReportError;
use crate::files::digest::hex;
use crate::files::open;
use crate::tables::{Status, Tables};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// The `captions.md` of a former report; empty if there is none.
pub(super) fn read(path: &Path) -> Result<String, ReportError> {
    match open::bytes(path) {
        // What is not text was not written by a report, and names no figure.
        Ok(bytes) => Ok(String::from_utf8(bytes).unwrap_or_default()),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(e) => Err(ReportError::io("read", path, e)),
    }
}

/// The names of the figures in a `captions.md`, without extension.
fn names(captions: &str) -> Vec<&str> {
    captions.lines().filter_map(name).collect()
}

/// The figure that a line of `captions.md` links to.
fn name(line: &str) -> Option<&str> {
    let name = line.strip_prefix("[SVG](")?.split_once(".svg)")?.0;
    let whole = format!("[SVG]({name}.svg), [PNG]({name}.png)");
    // No other folder, whatever the file says.
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (line == whole && !name.is_empty() && name.chars().all(plain)).then_some(name)
}

/// Removes the figures of a former report that are not in the new `captions.md`.
pub(super) fn remove_stale(folder: &Path, before: &str, after: &str) -> Result<(), ReportError> {
    let present = names(after);
    for name in names(before).iter().filter(|name| !present.contains(name)) {
        for end in ["svg", "png"] {
            let path = folder.join(format!("{name}.{end}"));
            match fs::remove_file(&path) {
                Err(e) if e.kind() != ErrorKind::NotFound && !path.is_dir() => {
                    return Err(ReportError::io("remove", &path, e));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// The sections of a former `captions.md` that another verb wrote of the tables with this mark.
pub(super) fn kept(before: &str, mark: &str) -> Vec<String> {
    let mark = marked(mark);
    before
        .split("\n## ")
        .skip(1)
        .filter(|section| section.lines().any(|line| line == mark))
        .map(|section| format!("## {}\n\n", section.trim_end()))
        .collect()
}

/// The line in a section that says of which tables it is.
pub(super) fn marked(mark: &str) -> String {
    format!("<!-- tables {mark} -->")
}

/// What tells tables apart: a digest of their runs and curves.
pub(crate) fn mark(tables: &Tables) -> String {
    let mut digest = Sha256::new();
    let mut put = |text: &str| {
        digest.update((text.len() as u64).to_le_bytes());
        digest.update(text);
    };
    tables.parameters.iter().for_each(|path| put(path));
    for run in &tables.runs {
        put(&run.id);
        for cell in &tables.conditions[run.condition].cells {
            put(cell);
        }
        put(match run.status {
            Status::Ok => "ok",
            Status::Diverged => "diverged",
            Status::Failed => "failed",
        });
        for c in &run.curve {
            // The bits: a number and nothing, or two numbers, never read alike.
            let bits = |x: Option<f64>| x.map(f64::to_bits);
            put(&format!(
                "{},{},{},{:?},{:?}",
                run.network,
                run.target,
                c.trial,
                bits(c.test_mse),
                bits(c.tracking_mse)
            ));
        }
    }
    hex(&digest.finalize()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "[SVG](learning_curves.svg), [PNG](learning_curves.png)";

    #[test]
    fn only_lines_that_a_report_wrote_name_a_figure() {
        assert_eq!(name(LINE), Some("learning_curves"));
        for line in [
            "[SVG](a.svg), [PNG](b.png)",
            "[SVG](../a.svg), [PNG](../a.png)",
            "[SVG](.svg), [PNG](.png)",
            "see [SVG](a.svg), [PNG](a.png)",
            "[SVG](a.svg)",
        ] {
            assert_eq!(name(line), None, "{line}");
        }
    }

    #[test]
    fn stale_figures_go_and_other_files_stay() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str| dir.path().join(name);
        for name in [
            "learning_curves.svg",
            "old.svg",
            "old.png",
            "mine.png",
            "old.txt",
        ] {
            fs::write(file(name), name).unwrap();
        }
        fs::create_dir(file("folder.svg")).unwrap();
        let before = format!(
            "{LINE}\n[SVG](old.svg), [PNG](old.png)\n[SVG](gone.svg), [PNG](gone.png)\n[SVG](folder.svg), [PNG](folder.png)\n"
        );
        remove_stale(dir.path(), &before, LINE).unwrap();
        let there = |name: &str| file(name).exists();
        assert!(there("learning_curves.svg") && there("mine.png") && there("old.txt"));
        assert!(there("folder.svg") && !there("old.svg") && !there("old.png"));
    }

    #[test]
    fn a_section_of_the_same_tables_stays() {
        let text = "# t\n\n## A\n\na\n\n## B\n\nb\n\n<!-- tables 12 -->\n\n";
        assert_eq!(kept(text, "12"), ["## B\n\nb\n\n<!-- tables 12 -->\n\n"]);
        assert_eq!(kept(text, "13"), Vec::<String>::new());
    }
}
