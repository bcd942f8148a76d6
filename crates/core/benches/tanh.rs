//! tanh, on each path of vector instructions that this CPU has, and the platform's for comparison.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use synapse_core::kernel::tanh_flat;
use synapse_core::numeric::Real;
use synapse_core::simd::{Path, force_path};

/// Few enough that input and output stay in the L1 cache.
const NUMBERS: usize = 1024;

fn tanh<F: Real>(criterion: &mut Criterion, format: &str, platform: fn(F) -> F) {
    // The range of membrane potentials: both of the forms that tanh is computed by, in no order.
    let from: Vec<F> = (0..NUMBERS)
        .map(|i| F::from_f64(4.0 * libm::sin(i as f64)))
        .collect();
    let mut to = vec![F::ZERO; NUMBERS];
    let mut group = criterion.benchmark_group("tanh");
    group.throughput(Throughput::Elements(NUMBERS as u64));
    for path in Path::available() {
        force_path(path);
        group.bench_function(BenchmarkId::new(format, path.name()), |bencher| {
            bencher.iter(|| tanh_flat(black_box(&from), &mut to));
        });
    }
    group.bench_function(BenchmarkId::new(format, "platform"), |bencher| {
        bencher.iter(|| {
            for (to, &from) in to.iter_mut().zip(black_box(&from)) {
                *to = platform(from);
            }
        });
    });
    group.finish();
}

fn all(criterion: &mut Criterion) {
    tanh::<f32>(criterion, "f32", f32::tanh);
    tanh::<f64>(criterion, "f64", f64::tanh);
}

criterion_group!(benches, all);
criterion_main!(benches);
