//! The same bits, however a study is computed: with any vector instructions, on any number of threads, at once or in
//! pieces, and as they were when `tests/fixtures/golden/bits.sha256` was written.
//!
//! After a deliberate change of results, raise `NUMERICS_VERSION` and renew the hashes with [`RENEW`].

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;
use synapse_core::NUMERICS_VERSION;
use synapse_core::simd::Path as Vectors;
use tempfile::TempDir;

const RENEW: &str =
    "SYNAPSE_RENEW_GOLDEN=1 cargo test --release -p synapse-runner --test bits golden";
/// A study and the hashes of its tables.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pinned {
    study: &'static str,
    hashes: &'static str,
    /// Pieces that it is computed in before it is whole.
    pieces: [&'static str; 2],
    /// Rows of `runs.csv`.
    runs: usize,
}

const PLAIN: Pinned = Pinned {
    study: "tests/fixtures/golden/study.toml",
    hashes: "tests/fixtures/golden/bits.sha256",
    pieces: ["replicates.targets=1", "replicates.targets=5"],
    runs: 19 * 2 * 19,
};
/// It keeps states: shorter runs are gone on from.
const NOISY: Pinned = Pinned {
    study: "tests/fixtures/golden/noise.toml",
    hashes: "tests/fixtures/golden/noise.sha256",
    pieces: ["replicates.targets=3", "training.trials=3"],
    runs: 15 * 2 * 19,
};
const BELIEFS: Pinned = Pinned {
    study: "tests/fixtures/golden/beliefs.toml",
    hashes: "tests/fixtures/golden/beliefs.sha256",
    pieces: ["replicates.targets=5", "training.trials=2"],
    runs: 14 * 2 * 19,
};
const TABLES: [&str; 3] = ["runs.csv", "curves.csv", "traces.csv"];

fn in_workspace(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// The names of the vector instructions that this CPU has, as `--vectors` takes them.
fn available() -> Vec<&'static str> {
    Vectors::available()
        .iter()
        .map(|path| path.name())
        .collect()
}

/// A result folder of a study.
struct Results(TempDir, Pinned);

impl Results {
    fn new(of: Pinned) -> Self {
        Self(tempfile::tempdir().unwrap(), of)
    }

    /// Computes what is missing, and checks that the vectors in use were those asked for.
    fn compute(&self, vectors: &str, threads: &str, more: &[&str]) {
        let output = runner("run", self.1)
            .args(["--no-report", "--vectors", vectors, "-j", threads])
            .args(more)
            .arg("--out")
            .arg(self.0.path())
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{stderr}");
        let manifest: serde_json::Value =
            serde_json::from_str(&self.read("manifest.json")).unwrap();
        assert_eq!(manifest["written_by"]["host"]["vectors"], vectors);
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    /// As after a crash: of the journal's records, only every `n`-th is there.
    fn lose_all_but_every(&self, n: usize) {
        let folder = self.0.path().join("journal");
        let path = std::fs::read_dir(folder)
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
        let journal = std::fs::read_to_string(&path).unwrap();
        let mut lines = journal.split_inclusive('\n');
        let header = lines.next().unwrap();
        let kept: String = lines.step_by(n).collect();
        std::fs::write(path, header.to_owned() + &kept).unwrap();
    }

    /// The tables but for the times in them.
    fn tables(&self) -> [String; 3] {
        TABLES.map(|name| {
            let table = self.read(name);
            if !table.lines().next().unwrap().ends_with(",wall_s") {
                return table;
            }
            let untimed = |line: &str| line.rsplit_once(',').unwrap().0.to_owned() + "\n";
            table.lines().map(untimed).collect()
        })
    }
}

/// A verb of the program, on a study.
fn runner(verb: &str, of: Pinned) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runner"));
    command
        .args([verb, of.study])
        .current_dir(in_workspace(""))
        .env_remove("RUST_LOG");
    command
}

/// Names the first row that differs rather than printing whole tables.
fn assert_same(found: &[String; 3], expected: &[String; 3], how: &str) {
    for ((name, found), expected) in TABLES.iter().zip(found).zip(expected) {
        for (found, expected) in found.lines().zip(expected.lines()) {
            assert_eq!(found, expected, "{name}, {how}");
        }
        assert_eq!(found.len(), expected.len(), "{name}, {how}");
    }
}

/// The tables as the plainest way of computing them gives them.
fn plainest(of: Pinned) -> [String; 3] {
    let results = Results::new(of);
    results.compute("plain", "1", &[]);
    results.tables()
}

#[test]
fn neither_vectors_nor_threads_change_a_byte() {
    for of in [PLAIN, NOISY, BELIEFS] {
        let expected = plainest(of);
        // Nothing of what the study is for is missing.
        assert_eq!(expected[0].lines().count(), 1 + of.runs);
        for rule in ["classical", "bayesian", "force"] {
            assert!(expected[0].contains(&format!(",{rule},")), "{rule}");
        }
        assert!(expected[0].contains(",diverged,1,"));
        for vectors in available() {
            for threads in ["1", "3"] {
                let results = Results::new(of);
                results.compute(vectors, threads, &[]);
                let how = format!("with {vectors} on {threads} threads");
                assert_same(&results.tables(), &expected, &how);
            }
        }
    }
}

#[test]
fn pieces_computed_in_different_ways_make_the_same_whole() {
    for of in [PLAIN, NOISY, BELIEFS] {
        let expected = plainest(of);
        let paths = available();
        for first in 0..paths.len() {
            // Each piece with other vectors, as if the folder went from one machine to the next.
            let vectors = |piece: usize| paths[(first + piece) % paths.len()];
            let results = Results::new(of);
            results.compute(vectors(0), "1", &["--set", of.pieces[0]]);
            // So many threads that batches are split to keep them all busy.
            results.compute(vectors(1), "16", &["--set", of.pieces[1]]);
            results.compute(vectors(2), "2", &[]);
            assert_same(&results.tables(), &expected, "extended twice");
            results.lose_all_but_every(3);
            results.compute(vectors(3), "1", &[]);
            assert_same(&results.tables(), &expected, "resumed after a crash");
        }
    }
}

#[test]
fn vectors_that_this_cpu_lacks_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    for verb in ["run", "plan"] {
        let output = runner(verb, PLAIN)
            .args(["--vectors", "abacus", "--out"])
            .arg(&out)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        let expected = format!(
            "error: invalid value 'abacus' for '--vectors <NAME>': this CPU has {}\n",
            available().join(", ")
        );
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.starts_with(&expected), "{stderr}");
        assert!(!out.exists());
    }
    // Nobody needs it: results do not depend on it.
    let help = runner("run", PLAIN).arg("--help").output().unwrap();
    assert!(!String::from_utf8(help.stdout).unwrap().contains("vectors"));
}

/// What the golden file holds: a line `name value` for the numerics version and each file.
#[derive(Debug, Clone, PartialEq)]
struct Golden {
    of: Pinned,
    numerics_version: String,
    study: String,
    tables: [String; 3],
}

impl Golden {
    fn of(of: Pinned, tables: &[String; 3]) -> Self {
        let study = std::fs::read_to_string(in_workspace(of.study)).unwrap();
        Self {
            of,
            numerics_version: NUMERICS_VERSION.to_string(),
            study: sha256(&study),
            tables: tables.each_ref().map(|table| sha256(table)),
        }
    }

    fn write(&self) -> String {
        let Pinned { study, .. } = self.of;
        let name = study.rsplit('/').next().unwrap();
        let mut text = format!(
            "# SHA-256 of {study} and of its tables (runs.csv without wall_s). Renew with\n\
             # {RENEW}\n\
             numerics_version {}\n{name} {}\n",
            self.numerics_version, self.study
        );
        for (name, hash) in TABLES.iter().zip(&self.tables) {
            text += &format!("{name} {hash}\n");
        }
        text
    }

    /// Whatever is missing is empty, and so equals nothing.
    fn read(of: Pinned, text: &str) -> Self {
        let value = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once(' '));
            let line = lines.find(|(found, _)| *found == name);
            line.map(|(_, value)| value.to_owned()).unwrap_or_default()
        };
        Self {
            of,
            numerics_version: value("numerics_version"),
            study: value(of.study.rsplit('/').next().unwrap()),
            tables: TABLES.map(value),
        }
    }

    /// What to do if `found` is not this.
    fn verdict(&self, found: &Self) -> Result<(), String> {
        let Pinned { study, hashes, .. } = self.of;
        if self.numerics_version != found.numerics_version {
            return Err(format!(
                "{hashes} is of numerics version {}, this program of {}: renew the hashes with\n  {RENEW}",
                self.numerics_version, found.numerics_version
            ));
        }
        if self.study != found.study {
            return Err(format!(
                "{study} is not the one of {hashes}: renew the hashes with\n  {RENEW}"
            ));
        }
        let mut message = String::new();
        let pairs = self.tables.iter().zip(&found.tables);
        for (name, (expected, found)) in TABLES.iter().zip(pairs) {
            if expected != found {
                message += &format!("{name}: SHA-256 {found}, expected {expected}\n");
            }
        }
        if message.is_empty() {
            return Ok(());
        }
        Err(format!(
            "{message}Results have changed, but NUMERICS_VERSION is still {}: old results would pass for new ones. \
             Raise it (crates/core/src/lib.rs), then renew the hashes with\n  {RENEW}\n\
             (Only renew them if no number has changed but the form of the tables has.)",
            self.numerics_version
        ))
    }
}

fn sha256(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn golden_hashes_hold_on_every_vector_path() {
    for of in [PLAIN, NOISY, BELIEFS] {
        let mut all: Vec<(&str, [String; 3])> = Vec::new();
        for vectors in available() {
            let results = Results::new(of);
            results.compute(vectors, "2", &[]);
            all.push((vectors, results.tables()));
        }
        // First of all, among themselves: where they differ, no hash is right.
        for (vectors, tables) in &all[1..] {
            assert_same(tables, &all[0].1, &format!("with {vectors} against plain"));
        }
        let found = Golden::of(of, &all[0].1);
        let file = in_workspace(of.hashes);
        if std::env::var_os("SYNAPSE_RENEW_GOLDEN").is_some() {
            std::fs::write(&file, found.write()).unwrap();
        }
        let expected = Golden::read(of, &std::fs::read_to_string(&file).unwrap_or_default());
        if let Err(message) = expected.verdict(&found) {
            panic!("{message}");
        }
    }
}

#[test]
fn a_golden_difference_says_what_it_means() {
    let golden = Golden {
        of: PLAIN,
        numerics_version: "7".to_owned(),
        study: "s".to_owned(),
        tables: ["a", "b", "c"].map(str::to_owned),
    };
    assert_eq!(Golden::read(PLAIN, &golden.write()), golden);
    assert_eq!(golden.verdict(&golden), Ok(()));

    let mut raised = golden.clone();
    raised.numerics_version = "8".to_owned();
    raised.tables[0] = "d".to_owned();
    let message = golden.verdict(&raised).unwrap_err();
    assert!(message.contains("is of numerics version 7, this program of 8: renew"));

    let mut other_study = golden.clone();
    other_study.study = "t".to_owned();
    let message = golden.verdict(&other_study).unwrap_err();
    assert!(
        message.contains("study.toml is not the one of"),
        "{message}"
    );

    let mut changed = golden.clone();
    changed.tables[1] = "d".to_owned();
    let message = golden.verdict(&changed).unwrap_err();
    assert!(message.starts_with("curves.csv: SHA-256 d, expected b\nResults have changed"));
    assert!(message.contains("NUMERICS_VERSION is still 7"));
    assert!(message.contains(RENEW));
}
