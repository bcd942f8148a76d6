//! The pages in docs/findings stand on what is in the repository: their studies are valid specs with kept results, their
//! scripts and figures are there, and each says how many runs, how sure, and what would change our mind.

use std::fs;
use std::path::{Path, PathBuf};
use synapse_runner::spec::Study;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn pages() -> Vec<(PathBuf, String)> {
    let folder = root().join("docs/findings");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut pages: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect();
    pages.sort();
    pages
}

/// The words between a start and an end in a text.
fn between<'a>(text: &'a str, start: &str, end: char) -> Vec<&'a str> {
    let pieces = text.split(start).skip(1);
    pieces
        .filter_map(|piece| piece.split_once(end))
        .map(|(word, _)| word)
        .collect()
}

#[test]
fn studies_results_scripts_and_figures_are_there() {
    assert!(!pages().is_empty());
    for (path, text) in pages() {
        let page = path.display();
        for study in between(&text, "cargo run --release -- experiments/", '.') {
            let spec = root().join(format!("experiments/{study}.toml"));
            let source =
                fs::read_to_string(&spec).unwrap_or_else(|e| panic!("{page}: {study}: {e}"));
            assert!(
                source.contains(&format!("name = \"{study}\"")),
                "{page}: {study}"
            );
            assert!(Study::load(&spec, &[]).is_ok(), "{page}: {study}");
            for file in ["summary.csv", "manifest.json", "study.toml"] {
                let file = root().join(format!("results/{study}/{file}"));
                assert!(file.is_file(), "{page} without {}", file.display());
            }
        }
        for script in between(&text, "python scripts/", ' ') {
            assert!(
                root().join("scripts").join(script).is_file(),
                "{page}: {script}"
            );
        }
        let figures = between(&text, "](", ')');
        let figures = figures
            .iter()
            .filter(|file| !file.contains("://") && !file.starts_with('#'));
        for file in figures {
            let linked = path.parent().unwrap().join(file);
            assert!(linked.exists(), "{page}: {file}");
        }
    }
}

#[test]
fn every_page_says_how_sure_and_what_would_change_our_mind() {
    let index = fs::read_to_string(root().join("docs/findings.md")).unwrap();
    for (path, text) in pages() {
        let page = path.display();
        for part in [
            "**Question.**",
            "**Answer.**",
            "n = ",
            "95 %",
            "## What would change our mind",
        ] {
            assert!(text.contains(part), "{page} without {part}");
        }
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(
            index.contains(&format!("findings/{name}")),
            "docs/findings.md without {name}"
        );
    }
}
