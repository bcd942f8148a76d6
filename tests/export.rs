//! `runner export` as a person uses it: what it writes is what the tables say.

mod place;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use place::Place;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fs::File;

/// Three rules: one diverges at its second value, one has no `rule.eta0`; a signal as the target.
const SPEC: &str = r#"
schema = 1
name = "tiny"
question = "Does the export say the same?"
seed = 7
[network]
units = 30
[target]
kind = "file"
path = "signal.csv"
column = "v"
sample_ms = 1.0
[training]
trials = 4
washout_ms = 20
checkpoints_every = 2
[replicates]
networks = 2
targets = 1
[[condition]]
rule = { kind = "classical" }
sweep = { "rule.eta0" = { values = [1e-4, 1e3] } }
[[condition]]
rule = { kind = "bayesian" }
sweep = { "rule.eta0" = { values = [1e-3] } }
[[condition]]
rule = { kind = "force" }
"#;

const CITATION: &str = "cff-version: 1.2.0
license: CC-BY-4.0
authors:
  - given-names: Ada
    family-names: Lovelace
    orcid: https://orcid.org/0000-0000-0000-0001
    affiliation: Analytical Society
";

/// A folder with a spec and its results in `out`.
fn computed() -> Place {
    let place = Place::new(SPEC);
    let samples: Vec<String> = (0..40).map(|i| format!("{}", (i * i) % 7)).collect();
    place.write("signal.csv", &format!("v\n{}\n", samples.join("\n")));
    place.ok(&["-q", "study.toml", "-j", "1", "--out", "out"]);
    place
}

/// What this file's tests do with a place.
impl Place {
    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    /// Runs and expects success.
    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.runner(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    /// Runs and expects one message.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.runner(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
        text(&output.stderr)
    }

    fn entries(&self, folder: &str) -> HashSet<String> {
        std::fs::read_dir(self.path(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Compares every cell; how many are null.
fn assert_same_table(place: &Place, csv: &str, parquet: &str) -> usize {
    let mut table = csv::Reader::from_path(place.path(csv)).unwrap();
    let header: Vec<String> = table.headers().unwrap().iter().map(str::to_owned).collect();
    let reader = SerializedFileReader::new(File::open(place.path(parquet)).unwrap()).unwrap();
    let mut rows = reader.get_row_iter(None).unwrap();
    let (mut nulls, mut count) = (0, 0);
    for record in table.records() {
        let record = record.unwrap();
        let row = rows.next().expect("as many rows").unwrap();
        let names: Vec<&String> = row.get_column_iter().map(|(name, _)| name).collect();
        assert_eq!(names, header.iter().collect::<Vec<_>>());
        for ((name, field), cell) in row.get_column_iter().zip(&record) {
            let same = match field {
                Field::Null => {
                    nulls += 1;
                    cell.is_empty()
                }
                Field::Str(text) => !cell.is_empty() && text == cell,
                Field::Long(value) => cell.parse() == Ok(*value),
                Field::Double(value) => {
                    cell.parse::<f64>().map(f64::to_bits) == Ok(value.to_bits())
                }
                _ => false,
            };
            assert!(same, "{csv}, {name}: {cell:?} became {field:?}");
        }
        count += 1;
    }
    assert!(rows.next().is_none());
    assert!(count > 0, "{csv}");
    nulls
}

#[test]
fn parquet_says_cell_by_cell_what_the_tables_say() {
    let place = computed();
    let shown = place.ok(&["export", "out", "--parquet"]);
    assert_eq!(
        shown,
        "out/runs.parquet\nout/curves.parquet\nout/traces.parquet\n"
    );
    // 2 diverged runs lack both errors, the 6 others both places of divergence, all a message; besides
    // parameters that a rule does not have.
    let nulls = assert_same_table(&place, "out/runs.csv", "out/runs.parquet");
    assert!(nulls >= 2 * 2 + 6 * 2 + 8, "{nulls}");
    assert!(assert_same_table(&place, "out/curves.csv", "out/curves.parquet") > 0);
    assert_same_table(&place, "out/traces.csv", "out/traces.parquet");
}

#[test]
fn columns_have_proper_types() {
    let place = computed();
    place.ok(&["export", "out", "--parquet", "--to", "elsewhere/deep"]);
    assert_eq!(
        place.entries("elsewhere/deep"),
        HashSet::from(["runs.parquet", "curves.parquet", "traces.parquet"].map(str::to_owned))
    );
    let types = |name: &str| -> Vec<String> {
        let file = File::open(place.path(&format!("elsewhere/deep/{name}"))).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let schema = reader.metadata().file_metadata().schema_descr_ptr();
        let column = |column: &parquet::schema::types::ColumnDescPtr| {
            let null = match column.self_type().is_optional() {
                true => "?",
                false => "",
            };
            format!("{}: {}{null}", column.name(), column.physical_type())
        };
        schema.columns().iter().map(column).collect()
    };
    let runs = types("runs.parquet");
    let parameters = runs.len() - 1 - 9;
    assert_eq!(runs[0], "run_id: BYTE_ARRAY");
    for parameter in [
        "rule.kind: BYTE_ARRAY?",
        "rule.eta0: DOUBLE?",
        "rule.noise.kind: BYTE_ARRAY?",
        "rule.noise.variance: DOUBLE?",
        "rule.alpha: DOUBLE?",
    ] {
        let found = runs[1..=parameters]
            .iter()
            .any(|column| column == parameter);
        assert!(found, "{parameter} in {runs:?}");
    }
    assert_eq!(
        runs[1 + parameters..],
        [
            "network: INT64",
            "target: INT64",
            "status: BYTE_ARRAY",
            "diverged_trial: INT64?",
            "diverged_step: INT64?",
            "test_mse: DOUBLE?",
            "tracking_mse: DOUBLE?",
            "message: BYTE_ARRAY?",
            "wall_s: DOUBLE?",
        ]
    );
    let traces = types("traces.parquet");
    assert_eq!(
        traces[3 + parameters..],
        ["trial: INT64", "t_ms: DOUBLE", "v_tar: DOUBLE", "v: DOUBLE",]
    );
    // The types of keys and parameters are the same in all tables, whichever rows they have.
    assert_eq!(traces[..3 + parameters], runs[..3 + parameters]);
    let curves = types("curves.parquet");
    assert_eq!(curves[..3 + parameters], runs[..3 + parameters]);
}

/// All `{"@id": …}` that stand for another entity.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        Value::Object(fields) => match fields.get("@id") {
            Some(Value::String(id)) if fields.len() == 1 => found.push(id.clone()),
            _ => fields.values().for_each(|value| references(value, found)),
        },
        _ => {}
    }
}

/// Checks that references resolve and that the files are as described; the graph.
fn checked_crate(place: &Place, folder: &str) -> Vec<Value> {
    let metadata = place.json(&format!("{folder}/ro-crate-metadata.json"));
    let graph = metadata["@graph"].as_array().unwrap().clone();
    let ids: Vec<&str> = graph
        .iter()
        .map(|entity| entity["@id"].as_str().unwrap())
        .collect();
    let distinct: HashSet<&str> = ids.iter().copied().collect();
    assert_eq!(distinct.len(), ids.len());
    let mut found = Vec::new();
    references(&metadata["@graph"], &mut found);
    for id in found {
        let outside = id == "https://w3id.org/ro/crate/1.1";
        assert!(outside || distinct.contains(id.as_str()), "{id}");
    }
    let parts = entity(&graph, "./")["hasPart"].as_array().unwrap();
    assert!(parts.len() > 5);
    for part in parts {
        let id = part["@id"].as_str().unwrap();
        let described = entity(&graph, id);
        assert_eq!(described["@type"], "File");
        let bytes = std::fs::read(place.path(&format!("{folder}/{id}"))).unwrap();
        assert_eq!(described["contentSize"], bytes.len().to_string(), "{id}");
        let sum: String = Sha256::digest(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(described["sha256"], sum, "{id}");
    }
    graph
}

fn entity<'a>(graph: &'a [Value], id: &str) -> &'a Value {
    let found = graph.iter().find(|entity| entity["@id"] == id);
    found.unwrap_or_else(|| panic!("{id}"))
}

fn ids(references: &Value) -> HashSet<&str> {
    references
        .as_array()
        .unwrap()
        .iter()
        .map(|reference| reference["@id"].as_str().unwrap())
        .collect()
}

#[test]
fn a_crate_of_the_folder_itself_describes_what_is_there() {
    let place = computed();
    assert_eq!(
        place.ok(&["export", "out", "--ro-crate"]),
        "out/ro-crate-metadata.json\n"
    );
    let graph = checked_crate(&place, "out");
    let manifest = &place.json("out/manifest.json")["written_by"];

    let action = entity(&graph, "#process");
    assert_eq!(action["@type"], "CreateAction");
    let started = manifest["started"].as_str().unwrap();
    assert_eq!(action["startTime"], started.replace('Z', "+00:00"));
    let finished = manifest["finished"].as_str().unwrap();
    assert_eq!(action["endTime"], finished.replace('Z', "+00:00"));
    assert!(
        action["description"]
            .as_str()
            .unwrap()
            .ends_with("runner -q study.toml -j 1 --out out")
    );
    assert_eq!(
        ids(&action["object"]),
        HashSet::from(["study.toml", "#signal-1"])
    );
    let results = ids(&action["result"]);
    for file in ["runs.csv", "summary.csv", "figures/learning_curves.svg"] {
        assert!(results.contains(file), "{file}");
    }
    assert!(!results.contains("study.toml"));

    let tool = entity(&graph, action["instrument"]["@id"].as_str().unwrap());
    assert_eq!(tool["name"], manifest["tool"]["name"]);
    assert_eq!(tool["softwareVersion"], manifest["tool"]["version"]);
    let revision = entity(&graph, "#tool.git_revision");
    assert_eq!(revision["value"], manifest["tool"]["git_revision"]);
    let host = entity(&graph, "#process.host.name");
    assert_eq!(host["value"], manifest["host"]["name"]);
    assert_eq!(entity(&graph, "#process.counts.diverged")["value"], 2);

    let signal = entity(&graph, "#signal-1");
    assert_eq!(signal["name"], "../signal.csv");
    assert_eq!(
        signal["contentSize"],
        place.read("signal.csv").len().to_string()
    );

    let root = entity(&graph, "./");
    assert_eq!(root["mentions"]["@id"], "#process");
    // Nobody has said who made this, and under which licence it is.
    assert!(root["author"].is_null());
    assert_eq!(root["license"]["@id"], "#licence");

    let before = place.read("out/ro-crate-metadata.json");
    place.ok(&["export", "out", "--ro-crate"]);
    assert_eq!(place.read("out/ro-crate-metadata.json"), before);
}

#[test]
fn a_crate_elsewhere_is_complete_and_says_who_made_it() {
    let place = computed();
    place.write("CITATION.cff", CITATION);
    place.ok(&["export", "out", "--parquet", "--ro-crate", "--to", "crate"]);
    let graph = checked_crate(&place, "crate");
    assert_eq!(place.read("crate/runs.csv"), place.read("out/runs.csv"));
    assert!(!place.path("crate/journal").exists());
    assert!(!place.path("out/runs.parquet").exists());
    let parquet = entity(&graph, "runs.parquet");
    assert_eq!(parquet["isBasedOn"]["@id"], "runs.csv");

    let root = entity(&graph, "./");
    assert!(ids(&root["hasPart"]).contains("curves.parquet"));
    assert_eq!(
        root["license"]["@id"],
        "https://spdx.org/licenses/CC-BY-4.0"
    );
    let author = entity(&graph, root["author"]["@id"].as_str().unwrap());
    assert_eq!(author["name"], "Ada Lovelace");
    assert_eq!(author["@id"], "https://orcid.org/0000-0000-0000-0001");
    let affiliation = entity(&graph, author["affiliation"]["@id"].as_str().unwrap());
    assert_eq!(affiliation["name"], "Analytical Society");
}

#[test]
fn every_process_that_computed_runs_is_an_action() {
    let place = computed();
    for shard in ["1/2", "2/2"] {
        place.ok(&[
            "-q",
            "study.toml",
            "-j",
            "1",
            "--out",
            "many",
            "--shard",
            shard,
        ]);
    }
    place.ok(&["merge", "many"]);
    place.ok(&["export", "many", "--ro-crate"]);
    let graph = checked_crate(&place, "many");
    let root = entity(&graph, "./");
    assert_eq!(
        ids(&root["mentions"]),
        HashSet::from(["#process", "#process-2", "#process-3"])
    );
    let wrote = entity(&graph, "#process");
    assert!(
        wrote["description"]
            .as_str()
            .unwrap()
            .ends_with(" merge many")
    );
    let mut runs = 0;
    for (id, shard) in [("#process-2", "1/2"), ("#process-3", "2/2")] {
        let computed = entity(&graph, id);
        assert_eq!(computed["@type"], "ActivateAction");
        assert_eq!(computed["instrument"], wrote["instrument"]);
        assert_eq!(entity(&graph, &format!("{id}.shard"))["value"], shard);
        runs += entity(&graph, &format!("{id}.runs"))["value"]
            .as_u64()
            .unwrap();
    }
    assert_eq!(runs, 8);
}

#[test]
fn what_cannot_be_exported_gets_one_message_and_nothing_is_written() {
    let place = computed();
    assert_eq!(
        place.refused(&["export", "nowhere", "--parquet"]),
        "nowhere: no such folder\n"
    );
    std::fs::create_dir(place.path("empty")).unwrap();
    for format in ["--parquet", "--ro-crate"] {
        assert_eq!(
            place.refused(&["export", "empty", format]),
            "empty: no study.toml in this folder; \
             a result folder holds study.toml, runs.csv and curves.csv\n"
        );
    }
    assert!(place.entries("empty").is_empty());
    let nothing = place.refused(&["export", "out"]);
    assert!(nothing.contains("<--parquet|--ro-crate>"), "{nothing}");

    // The tables of another study must not be overwritten.
    let before = place.entries("out");
    place.ok(&["export", "out", "--parquet", "--to", "taken"]);
    assert_eq!(
        place.refused(&["export", "out", "--ro-crate", "--to", "taken"]),
        "taken: not empty; give --to a new or empty folder\n"
    );

    let runs = place.read("out/runs.csv");
    let bad = runs.replacen(",ok,", ",ok,x", 1);
    place.write("out/runs.csv", &bad);
    let message = place.refused(&["export", "out", "--parquet"]);
    assert!(
        message.starts_with("out/runs.csv:2: diverged_trial = \"x\": must be a whole number"),
        "{message}"
    );
    place.refused(&["export", "out", "--parquet", "--to", "new"]);
    assert!(!place.path("new").exists());
    place.write("out/runs.csv", &runs);

    // A manifest of an older version, without what a crate needs.
    let counts = place.json("out/manifest.json")["counts"].clone();
    let old = format!("{{\"finished\": \"2026-01-01\", \"counts\": {counts}}}");
    place.write("out/manifest.json", &old);
    assert_eq!(
        place.refused(&["export", "out", "--ro-crate"]),
        "out/manifest.json: started: must be a text, but is missing\n"
    );
    std::fs::remove_file(place.path("out/manifest.json")).unwrap();
    let message = place.refused(&["export", "out", "--ro-crate"]);
    assert!(
        message.starts_with("out: no manifest.json, so nothing says which study the tables are of. Run `runner merge out`"),
        "{message}"
    );
    let mut after = place.entries("out");
    after.insert("manifest.json".to_owned());
    assert_eq!(after, before);
}
