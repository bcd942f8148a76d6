//! Writing `runs.csv`, `curves.csv` and `traces.csv` of a study of 5,600 runs, to the disk of the
//! temporary folder: each table is synchronised before it is renamed.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::path::Path;
use synapse_runner::spec::{RunKey, Study};
use synapse_runner::store::{Folder, Record, RecordStatus, TraceRecord, write_tables};

/// The main study with five times its networks, and traces of more targets.
const SPEC: &str = r#"
schema = 1
name = "tables"
question = "How long does it take to write many rows?"
seed = 1
[network]
[target]
kind = "periodic_gp"
length_ms = 700
[training]
trials = 300
washout_ms = 200
checkpoints_every = 50
[replicates]
networks = 25
targets = 16
traces = 4
[[condition]]
rule = { kind = "classical" }
sweep = { "rule.eta0" = { log = [1e-6, 1e-3], points = 7 } }
[[condition]]
rule = { kind = "bayesian" }
sweep = { "rule.eta0" = { log = [1e-5, 1e-2], points = 7 } }
"#;
const CHECKPOINTS: usize = 7;
const TRACE_STEPS: usize = 700;

/// Numbers with as many digits as real results have.
fn digits(number: usize) -> f64 {
    libm::sin(number as f64)
}

fn record(study: &Study, position: usize, key: RunKey) -> Record {
    let traced = key.network == 0 && key.target < study.replicates.traces;
    let column = |first: usize| -> Vec<f64> {
        (first..first + TRACE_STEPS)
            .map(|step| digits(position + step))
            .collect()
    };
    Record {
        id: study.run_id(key),
        status: RecordStatus::Ok,
        diverged: None,
        message: String::new(),
        checkpoints: (0..CHECKPOINTS)
            .map(|point| {
                let mse = digits(position * CHECKPOINTS + point).abs();
                (50 * point, Some(mse), Some(mse / 2.0))
            })
            .collect(),
        trace: traced.then(|| TraceRecord {
            trial: 300,
            t_ms: (0..TRACE_STEPS).map(|step| step as f64).collect(),
            v_tar: column(0),
            v: column(1),
        }),
        wall_s: digits(position).abs(),
        origin: 0,
    }
}

fn tables(criterion: &mut Criterion) {
    let study = Study::parse(SPEC, "tables.toml", Path::new(""), &[]).expect("a valid spec");
    let records: Vec<Record> = (0..study.runs())
        .map(|position| record(&study, position, study.run(position)))
        .collect();
    let traced = records.iter().filter(|record| record.trace.is_some());
    let rows = records.len() * (1 + CHECKPOINTS) + traced.count() * TRACE_STEPS;
    let records: Vec<Option<&Record>> = records.iter().map(Some).collect();
    let place = tempfile::tempdir().expect("a temporary folder");
    let folder = Folder::lock(place.path(), "benchmark").expect("a writable temporary folder");

    let mut group = criterion.benchmark_group("tables");
    group.sample_size(10);
    group.throughput(Throughput::Elements(rows as u64));
    group.bench_function("write", |bencher| {
        bencher.iter(|| write_tables(&folder, &study, &records).expect("room on the disk"));
    });
    group.finish();
}

criterion_group!(benches, tables);
criterion_main!(benches);
