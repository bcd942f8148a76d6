//! The JSON Schema of a spec (Draft 4, which TOML editor plug-ins read), generated from the tables that
//! validate it.
//!
//! It is laxer than the program where one document cannot say it: a field that is required may come from
//! a sweep or an override, so only what must be written in any case is required here.

use super::axis::MAX_POINTS;
use super::block::MAX_RUNS;
use super::expect::{METRICS, REQUIREMENTS, ROW_KEYS, SIDE_KEYS, STATISTICS};
use super::scalar::Scalar;
use super::schema::{
    self, Case, Field, FieldKind, Goal, Presence, TableSchema, run_tables, tables,
};
use serde_json::{Map, Value, json};
use synapse_core::interval::{Bound, Interval};

/// How a table is written where it stands.
#[derive(Clone, Copy, PartialEq)]
enum Stand {
    /// Once, with its default variant if none is named.
    Base,
    /// In a condition: any field of any variant if none is named, for the base or a sweep may name it.
    Partial,
    /// In a list: nothing else can supply its fields.
    Whole,
}

/// The JSON Schema, Draft 4.
pub fn json_schema() -> Value {
    let mut properties = properties(tables::TOP.fields);
    for (name, table) in run_tables().into_iter().filter(|(name, _)| *name != "rule") {
        properties.insert(name.to_owned(), table_schema(table, Stand::Base));
    }
    let replicates = table_schema(&tables::REPLICATES, Stand::Whole);
    properties.insert("replicates".to_owned(), replicates);
    properties.insert(
        "condition".to_owned(),
        json!({ "type": "array", "minItems": 1, "items": condition() }),
    );
    properties.insert(
        "expect".to_owned(),
        json!({ "type": "array", "items": expectation() }),
    );
    json!({
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": "A study of synaptic learning rules",
        "type": "object",
        "properties": properties,
        "required": ["schema", "name", "question", "seed", "replicates", "condition"],
        "additionalProperties": false,
    })
}

fn table_schema(table: &'static TableSchema, stand: Stand) -> Value {
    let Some(variants) = &table.variants else {
        let mut object = object(properties(table.fields), &[]);
        if stand == Stand::Whole {
            object["required"] = json!(required(table.fields));
        }
        return object;
    };
    let of_case = |case: &'static Case| {
        let tag = json!({ "enum": [case.word], "description": case.doc });
        let mut all = Map::from_iter([(variants.tag.to_owned(), tag)]);
        all.extend(properties_of(&table.fields_of(Some(case.word))));
        let mut object = object(all, &[variants.tag]);
        object["description"] = json!(case.doc);
        object
    };
    let mut alternatives: Vec<Value> = variants.cases.iter().map(of_case).collect();
    // Without the word that chooses: the default's fields, or any if another place may choose.
    let word = match stand {
        Stand::Base => variants.default,
        Stand::Partial | Stand::Whole => None,
    };
    let untagged = object(properties_of(&table.fields_of(word)), &[]);
    alternatives.push(untagged);
    json!({ "type": "object", "description": variants.doc, "oneOf": alternatives })
}

fn object(properties: Map<String, Value>, required: &[&str]) -> Value {
    let mut object = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    // Draft 4 does not allow an empty list here.
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

fn required(fields: &'static [Field]) -> Vec<&'static str> {
    fields
        .iter()
        .filter(|field| matches!(field.presence, Presence::Required))
        .map(|field| field.name)
        .collect()
}

fn properties(fields: &'static [Field]) -> Map<String, Value> {
    let fields: Vec<&'static Field> = fields.iter().collect();
    properties_of(&fields)
}

fn properties_of(fields: &[&'static Field]) -> Map<String, Value> {
    let property = |field: &&'static Field| (field.name.to_owned(), field_schema(field));
    fields.iter().map(property).collect()
}

fn field_schema(field: &'static Field) -> Value {
    let mut schema = match &field.kind {
        FieldKind::Table(inner) => table_schema(inner, Stand::Partial),
        FieldKind::List(inner) => json!({
            "type": "array",
            "minItems": 1,
            "items": table_schema(inner, Stand::Whole),
        }),
        kind => value_schema(kind),
    };
    schema["description"] = json!(field.doc);
    if let Presence::Default(default) = &field.presence {
        schema["default"] = match default() {
            Scalar::Integer(value) => json!(value),
            Scalar::Float(value) => json!(value),
            Scalar::Bool(value) => json!(value),
            Scalar::Text(text) => json!(&*text),
            Scalar::Texts(texts) => json!(texts.iter().map(|text| &**text).collect::<Vec<_>>()),
        };
    }
    schema
}

fn value_schema(kind: &FieldKind) -> Value {
    match kind {
        FieldKind::Whole(low, high) => {
            json!({ "type": "integer", "minimum": low, "maximum": high })
        }
        FieldKind::Real(interval) => number(interval),
        FieldKind::Bool => json!({ "type": "boolean" }),
        FieldKind::Text => json!({ "type": "string" }),
        FieldKind::Texts => json!({ "anyOf": [
            { "type": "string" },
            { "type": "array", "minItems": 1, "items": { "type": "string" } },
        ] }),
        FieldKind::Choice(words) => json!({ "enum": words }),
        FieldKind::Table(_) => json!({ "type": "object" }),
        FieldKind::List(_) => json!({ "type": "array" }),
    }
}

/// Draft 4 says whether an end itself is allowed with a flag beside it.
fn number(interval: &Interval) -> Value {
    let mut schema = json!({ "type": "number" });
    for (bound, end, exclusive) in [
        (interval.low, "minimum", "exclusiveMinimum"),
        (interval.high, "maximum", "exclusiveMaximum"),
    ] {
        match bound {
            Bound::None => {}
            Bound::Including(value) => schema[end] = json!(value),
            Bound::Excluding(value) => {
                schema[end] = json!(value);
                schema[exclusive] = json!(true);
            }
        }
    }
    schema
}

fn condition() -> Value {
    let mut properties = Map::new();
    properties.insert(
        "rule".to_owned(),
        table_schema(&tables::RULE, Stand::Partial),
    );
    for (name, table) in run_tables().into_iter().filter(|(name, _)| *name != "rule") {
        properties.insert(name.to_owned(), table_schema(table, Stand::Partial));
    }
    properties.insert("sweep".to_owned(), sweep());
    properties.insert(
        "zip".to_owned(),
        json!({
            "description": "groups of swept axes that advance together; all others are crossed",
            "type": "array",
            "items": { "type": "array", "minItems": 2, "items": { "type": "string" } },
        }),
    );
    object(properties, &[])
}

fn sweep() -> Value {
    let (mut properties, mut patterns) = (Map::new(), Map::new());
    for path in schema::all_paths() {
        let values = match schema::find(&path) {
            Some(Goal::Tag(variants)) => json!({ "enum": variants.words() }),
            Some(Goal::Field(field)) => value_schema(&field.kind),
            _ => continue,
        };
        let axis = axis(&values);
        // The paths of a list have its first position; any other is as good.
        if path.contains(".0.") {
            let pattern = format!(
                "^{}$",
                path.replace('.', "\\.").replace("\\.0\\.", "\\.[0-9]+\\.")
            );
            patterns.insert(pattern, axis);
        } else {
            properties.insert(path, axis);
        }
    }
    json!({
        "description": "swept axes by dotted path, crossed in the order written, the last fastest",
        "type": "object",
        "minProperties": 1,
        "properties": properties,
        "patternProperties": patterns,
        "additionalProperties": false,
    })
}

fn axis(values: &Value) -> Value {
    let listed = Map::from_iter([(
        "values".to_owned(),
        json!({ "type": "array", "minItems": 1, "items": values }),
    )]);
    let mut forms = vec![object(listed, &["values"])];
    if matches!(values["type"].as_str(), Some("number" | "integer")) {
        for form in ["log", "linear"] {
            let mut ends = json!({ "type": "number" });
            if form == "log" {
                ends = number(&Interval::POSITIVE);
            }
            let range = Map::from_iter([
                (
                    form.to_owned(),
                    json!({ "type": "array", "minItems": 2, "maxItems": 2, "items": ends }),
                ),
                (
                    "points".to_owned(),
                    json!({ "type": "integer", "minimum": 2, "maximum": MAX_POINTS }),
                ),
            ]);
            forms.push(object(range, &[form, "points"]));
        }
    }
    json!({ "type": "object", "oneOf": forms })
}

fn expectation() -> Value {
    let words = |words: &[&str]| json!({ "enum": words });
    let place = json!({
        "description": "which runs: parameter columns, network or target, with the value or values to select",
        "type": "object",
    });
    let all = Map::from_iter([
        ("metric".to_owned(), words(METRICS)),
        ("statistic".to_owned(), words(STATISTICS)),
        ("where".to_owned(), place.clone()),
        (
            "best".to_owned(),
            json!({ "type": "boolean", "description": "the smallest over conditions instead of all runs pooled" }),
        ),
    ]);
    let pick = |keys: &[&str]| -> Map<String, Value> {
        let of = |key: &&str| {
            all.get(*key)
                .map(|value| ((*key).to_owned(), value.clone()))
        };
        keys.iter().filter_map(of).collect()
    };
    let side = object(pick(SIDE_KEYS), &["metric"]);
    let mut row = pick(ROW_KEYS);
    row.insert(
        "ratio".to_owned(),
        json!({ "description": "first over second", "type": "array", "minItems": 2, "maxItems": 2, "items": side }),
    );
    row.insert(
        "diverged_share".to_owned(),
        object(Map::from_iter([("where".to_owned(), place)]), &[]),
    );
    row.insert(
        "at_trial".to_owned(),
        json!({ "type": "integer", "minimum": 0, "description": "the checkpoint; the last if not written" }),
    );
    row.insert(
        "require".to_owned(),
        json!({ "enum": REQUIREMENTS, "default": "estimate", "description": "what must lie within the bounds: the estimate, or its whole interval too" }),
    );
    row.insert(
        "allow_failed".to_owned(),
        json!({ "type": "integer", "minimum": 0, "maximum": MAX_RUNS, "default": 0, "description": "how many of the selected runs (of a ratio, on each side) may have failed or be missing; with more the expectation is not decided" }),
    );
    row.insert("min".to_owned(), json!({ "type": "number" }));
    row.insert("max".to_owned(), json!({ "type": "number" }));
    row.insert("label".to_owned(), json!({ "type": "string" }));
    let mut row = object(row, &[]);
    row["oneOf"] = json!([{ "required": ["metric"] }, { "required": ["ratio"] }, { "required": ["diverged_share"] }]);
    row["anyOf"] = json!([{ "required": ["min"] }, { "required": ["max"] }]);
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every subschema, with its path.
    fn visit(value: &Value, path: &str, seen: &mut dyn FnMut(&str, &Map<String, Value>)) {
        match value {
            Value::Object(map) => {
                seen(path, map);
                for (key, inner) in map {
                    visit(inner, &format!("{path}/{key}"), seen);
                }
            }
            Value::Array(items) => {
                for (i, inner) in items.iter().enumerate() {
                    visit(inner, &format!("{path}/{i}"), seen);
                }
            }
            _ => {}
        }
    }

    #[test]
    fn it_is_draft_4() {
        let schema = json_schema();
        let mut objects = 0;
        visit(&schema, "", &mut |path, map| {
            for flag in ["exclusiveMinimum", "exclusiveMaximum"] {
                if let Some(value) = map.get(flag) {
                    assert!(value.is_boolean(), "{path}: {flag}");
                }
            }
            for newer in [
                "const",
                "if",
                "$id",
                "examples",
                "propertyNames",
                "contains",
            ] {
                let inside_properties = path.ends_with("/properties");
                assert!(
                    inside_properties || !map.contains_key(newer),
                    "{path}: {newer}"
                );
            }
            for list in ["required", "enum", "oneOf"] {
                if let Some(Value::Array(items)) = map.get(list) {
                    assert!(!items.is_empty(), "{path}: {list}");
                }
            }
            if map.contains_key("properties") && map.get("type") == Some(&json!("object")) {
                objects += 1;
                assert_eq!(map["additionalProperties"], json!(false), "{path}");
            }
        });
        assert!(objects > 20, "{objects}");
    }

    #[test]
    fn every_field_of_the_schema_is_in_it() {
        let text = json_schema().to_string();
        for path in schema::all_paths() {
            let key = path.rsplit('.').next().unwrap();
            assert!(text.contains(&format!("\"{key}\":")), "{path}");
        }
        let gain = &json_schema()["properties"]["network"]["properties"]["gain"];
        assert_eq!(gain["default"], json!(1.5));
        assert_eq!(gain["minimum"], json!(0.0));
    }
}
