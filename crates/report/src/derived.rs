//! What reports made of tables that are no more: `summary.csv`, the files of `tune` and `compare`,
//! figures. Beside other tables they would look valid and be published, so they go with theirs.

use crate::compare::table::{COMPARISON, SCORES};
use crate::error::ReportError;
use crate::{figures, summary, tuning};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Removes from a result folder what reports wrote there, and nothing else.
///
/// # Errors
/// A file that cannot be removed; a missing one is none.
pub fn remove(folder: &Path) -> Result<(), ReportError> {
    for file in [summary::FILE, tuning::FILE, COMPARISON, SCORES] {
        let path = folder.join(file);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(ReportError::io("remove", &path, error));
            }
            _ => {}
        }
    }
    figures::remove(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reports_wrote_goes_and_what_users_wrote_stays() {
        let folder = tempfile::tempdir().unwrap();
        let figures = folder.path().join(figures::FOLDER);
        fs::create_dir(&figures).unwrap();
        let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        for file in [
            summary::FILE,
            tuning::FILE,
            COMPARISON,
            SCORES,
            "runs.csv",
            "notes.md",
        ] {
            put(file, "x");
        }
        put("figures/a.svg", "x");
        put("figures/a.png", "x");
        put("figures/mine.png", "x");
        put("figures/captions.md", "# t\n\n[SVG](a.svg), [PNG](a.png)\n");
        remove(folder.path()).unwrap();
        let names = |folder: &Path| {
            let entries = fs::read_dir(folder).unwrap();
            let mut names: Vec<String> = entries
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names(folder.path()), ["figures", "notes.md", "runs.csv"]);
        assert_eq!(names(&figures), ["mine.png"]);
        remove(folder.path()).unwrap();
    }
}
