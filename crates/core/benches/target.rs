//! Drawing a target function: each run of a study samples its own.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use synapse_core::params::TargetParams;
use synapse_core::target;

fn periodic_gp(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("periodic_gp");
    for steps in [300, 700, 3000] {
        let params = TargetParams::PeriodicGp {
            length_ms: f64::from(steps),
        };
        group.throughput(Throughput::Elements(steps as u64));
        group.bench_function(BenchmarkId::from_parameter(steps), |bencher| {
            bencher.iter(|| target::sample(black_box(&params), 1.0, 1, 0));
        });
    }
    group.finish();
}

criterion_group!(benches, periodic_gp);
criterion_main!(benches);
