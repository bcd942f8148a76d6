//! What happens before the first time step of a study of 100,000 runs: from the spec to conditions,
//! identities and batches.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use synapse_runner::batch::pack;
use synapse_runner::spec::Study;

/// Two axes of 25 points, one over the network so that there are many kinds of batches.
const SPEC: &str = r#"
schema = 1
name = "planning"
question = "How long does it take to plan many runs?"
seed = 1
[network]
units = 500
[target]
kind = "periodic_gp"
length_ms = 700
[training]
trials = 300
washout_ms = 200
checkpoints_every = 50
[replicates]
networks = 10
targets = 16
[[condition]]
rule = { kind = "bayesian" }
[condition.sweep]
"rule.eta0" = { log = [1e-5, 1e-2], points = 25 }
"network.gain" = { linear = [1.0, 2.0], points = 25 }
"#;
const RUNS: usize = 100_000;
/// Packing looks at threads only to split batches, of which there are more than enough here.
const THREADS: usize = 2;

fn planning(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("planning.toml");
    std::fs::write(&path, SPEC).expect("a writable temporary folder");
    let load = || Study::load(black_box(&path), &[]).expect("a valid spec");
    let study = load();
    assert_eq!(study.runs(), RUNS);
    let pending: Vec<usize> = (0..RUNS).collect();

    let mut group = criterion.benchmark_group("planning");
    group.sample_size(10);
    group.throughput(Throughput::Elements(RUNS as u64));
    group.bench_function("load", |bencher| bencher.iter(load));
    group.bench_function("identities", |bencher| {
        bencher.iter(|| {
            for &position in &pending {
                black_box(study.run_id(study.run(position)));
            }
        });
    });
    group.bench_function("pack", |bencher| {
        bencher.iter(|| pack(&study, black_box(&pending), THREADS));
    });
    group.finish();
}

criterion_group!(benches, planning);
criterion_main!(benches);
