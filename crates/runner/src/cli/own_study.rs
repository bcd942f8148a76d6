//! `study.toml` of a result folder: written by this program, or by the user whose spec it is.

use crate::spec::Study;
use crate::store::StoreError;
use std::io::{Error, ErrorKind};
use std::path::Path;
use synapse_report::files::open;

/// Its name.
pub(super) const FILE: &str = "study.toml";

/// What is to become of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Own {
    /// It stays: this is its text.
    Keep(String),
    /// This is to be written.
    Write(String),
}

/// Decides for a study that was read from `spec`. A spec that is itself the `study.toml` of the folder
/// keeps every byte, its comments, too.
///
/// # Errors
/// What is there cannot be read; the study cannot be written as TOML; the values of `--set` make another
/// study of a spec with comments, which would be lost.
pub(super) fn find(folder: &Path, study: &Study, spec: &Path) -> Result<Own, StoreError> {
    let path = folder.join(FILE);
    let cannot = |action, error| StoreError::Io {
        action,
        path: path.clone(),
        error,
    };
    if let Some(signal) = study.unwritable_path(folder) {
        let message = format!(
            "it names the signal {}, and TOML holds UTF-8 only; rename the folders of that path",
            signal.display()
        );
        return Err(cannot(
            "cannot write",
            Error::new(ErrorKind::InvalidInput, message),
        ));
    }
    let text = study.to_toml(folder);
    let there = match open::text_up_to(&path, open::SPEC_BYTES) {
        Ok(there) => there,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => {
            return Ok(Own::Write(text));
        }
        Err(error) => return Err(cannot("cannot read", error)),
    };
    if there == text {
        return Ok(Own::Keep(there));
    }
    let is_spec = match (spec.canonicalize(), path.canonicalize()) {
        (Ok(spec), Ok(path)) => spec == path,
        _ => false,
    };
    if !is_spec {
        return Ok(Own::Write(text));
    }
    if means(&path, folder, &text) {
        return Ok(Own::Keep(there));
    }
    if has_comment(&there) {
        let message = "it is the spec of this command, and the values of --set would replace it without its \
                       comments; move it to another folder, or edit it instead of giving --set";
        return Err(cannot(
            "cannot write",
            Error::new(ErrorKind::InvalidInput, message),
        ));
    }
    Ok(Own::Write(text))
}

/// Whether the folder has this study, however it is written.
pub(super) fn same(folder: &Path, study: &Study) -> bool {
    let (path, text) = (folder.join(FILE), study.to_toml(folder));
    open::text(&path).is_ok_and(|there| there == text) || means(&path, folder, &text)
}

/// Whether a spec, completed, has this text.
fn means(spec: &Path, folder: &Path, text: &str) -> bool {
    Study::load(spec, &[]).is_ok_and(|there| there.to_toml(folder) == text)
}

/// Whether a line has a comment. Strings of several lines may be taken for one.
fn has_comment(text: &str) -> bool {
    text.lines().any(|line| {
        let mut quote = None;
        let mut escaped = false;
        line.chars().any(|c| {
            let literal = std::mem::take(&mut escaped);
            match (quote, c) {
                (Some('"'), '\\') if !literal => escaped = true,
                (Some(open), c) if c == open && !literal => quote = None,
                (None, '"' | '\'') => quote = Some(c),
                (None, '#') => return true,
                _ => {}
            }
            false
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: &str = "\
        # Why: a note of the user's.\n\
        schema = 1\nname = \"x\"\nquestion = \"x # y\"\nseed = 1\n\
        target = { kind = \"periodic_gp\", length_ms = 60 }\ntraining = { trials = 6 }\nreplicates = { networks = 1, targets = 1 }\n\
        [[condition]]\nrule = { kind = \"force\" }\n";

    fn load(spec: &Path, sets: &[&str]) -> Study {
        let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
        Study::load(spec, &sets).unwrap_or_else(|errors| panic!("{errors}"))
    }

    #[test]
    fn the_users_spec_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, spec) = (folder.path(), folder.path().join(FILE));
        std::fs::write(&spec, SPEC).unwrap();
        let study = load(&spec, &[]);
        assert_eq!(
            find(folder, &study, &spec).unwrap(),
            Own::Keep(SPEC.to_owned())
        );
        assert!(same(folder, &study));
        // Another spec of the same study: the folder gets what the program writes.
        let other = folder.join("other.toml");
        std::fs::write(&other, SPEC).unwrap();
        let complete = study.to_toml(folder);
        assert_eq!(
            find(folder, &load(&other, &[]), &other).unwrap(),
            Own::Write(complete.clone())
        );
        let longer = load(&spec, &["training.trials=8"]);
        assert!(!same(folder, &longer));
        let message = find(folder, &longer, &spec).unwrap_err().to_string();
        assert!(
            message.ends_with(
                "study.toml: it is the spec of this command, and the values of --set would replace it without its \
                 comments; move it to another folder, or edit it instead of giving --set"
            ),
            "{message}"
        );
        // What the program wrote can be extended.
        std::fs::write(&spec, &complete).unwrap();
        assert_eq!(find(folder, &study, &other).unwrap(), Own::Keep(complete));
        assert_eq!(
            find(folder, &longer, &spec).unwrap(),
            Own::Write(longer.to_toml(folder))
        );
    }

    #[test]
    fn a_folder_in_its_place_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let spec = folder.path().join("x.toml");
        std::fs::write(&spec, SPEC).unwrap();
        std::fs::create_dir(folder.path().join(FILE)).unwrap();
        let message = find(folder.path(), &load(&spec, &[]), &spec)
            .unwrap_err()
            .to_string();
        assert!(message.ends_with("study.toml: is a directory"), "{message}");
    }

    #[test]
    fn comments_are_not_in_strings() {
        for text in ["# x", "a = 1 # x", "a = \"\\\"\" # x", "a = 'b' # \"x"] {
            assert!(has_comment(text), "{text}");
        }
        for text in [
            "a = \"# x\"",
            "a = '# x'",
            "a = \"\\\" # x\"",
            "a = 1\nb = 2",
        ] {
            assert!(!has_comment(text), "{text}");
        }
    }
}
