//! The commands in docs/ do what they say.

mod place;

use place::Place;
use std::path::Path;
use std::process::Command;

const SPEC: &str = r#"
schema = 1
name = "study"
question = "Do the documents tell the truth?"
seed = 3
network = { units = 40, connection_probability = 0.2 }
target = { kind = "periodic_gp", length_ms = 60 }
training = { trials = 6, washout_ms = 20, checkpoints_every = 3 }
replicates = { networks = 2, targets = 4 }

[[condition]]
rule = { kind = "classical" }
sweep = { "rule.eta0" = { values = [1e-4, 1e-3] } }
"#;

/// The indented lines of a section of a document.
fn section(document: &str, title: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(document);
    let text = std::fs::read_to_string(path).unwrap();
    let start = text.find(title).unwrap_or_else(|| panic!("{title}"));
    let rest = &text[start + title.len()..];
    let end = rest.find("\n#").unwrap_or(rest.len());
    let lines = rest[..end]
        .lines()
        .filter_map(|line| line.strip_prefix("    "));
    lines.map(|line| line.to_owned() + "\n").collect()
}

/// Runs lines of a shell in a place, with the program in its path.
fn shell(place: &Place, script: &str) {
    let folder = Path::new(env!("CARGO_BIN_EXE_runner")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-e", "-c", script])
        .current_dir(place.0.path())
        .env("PATH", format!("{}:{path}", folder.display()))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{script}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Computes the study into a folder, by the program alone.
fn study(place: &Place, folder: &str) {
    let arguments = ["study.toml", "--out", folder, "--no-report", "--quiet"];
    assert!(place.runner(&arguments).status().unwrap().success());
}

fn curves(place: &Place, folder: &str) -> String {
    std::fs::read_to_string(place.path(folder).join("curves.csv")).unwrap()
}

#[test]
fn shards_by_hand_and_printed_commands_make_the_study() {
    let place = Place::new(SPEC);
    study(&place, "alone");
    let by_hand = section("cluster.md", "## By hand");
    assert_eq!(by_hand.matches("--shard").count(), 3, "{by_hand}");
    let shared = place.path("shared").display().to_string();
    shell(&place, &by_hand.replace("/shared/study", &shared));
    assert_eq!(curves(&place, "shared"), curves(&place, "alone"));

    let print = section("cluster.md", "## Other queues");
    let printed = place.path("printed").display().to_string();
    let print = print
        .replace("/shared/study", &printed)
        .replace("--tasks 64", "--tasks 4");
    assert!(print.contains("--engine print > commands"), "{print}");
    // Any queue runs the lines; here a shell, one after the other.
    shell(&place, &(print + "sh -e commands\n"));
    assert_eq!(curves(&place, "printed"), curves(&place, "alone"));
}

#[test]
fn exports_are_made_by_the_commands_shown() {
    let place = Place::new(SPEC);
    study(&place, "results/eta_sweep");
    let commands = section("interop.md", "# Results in other programs");
    assert_eq!(
        commands.matches("cargo run --release -- export").count(),
        3,
        "{commands}"
    );
    shell(
        &place,
        &commands.replace("cargo run --release --", "runner"),
    );
    for file in ["curves.parquet", "ro-crate-metadata.json"] {
        assert!(place.path("my_crate").join(file).exists(), "{file}");
    }
}
