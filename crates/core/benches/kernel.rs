//! The kernels of a time step, one by one, and whole time steps: at the published network size, for
//! each number format and several numbers of lanes.
//!
//! Throughput is per element: a non-zero of J and a run for the Euler step, a unit and a run for
//! readout and learning, an entry of P for FORCE, a time step of a run for the whole.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use synapse_core::kernel::{self, Recurrent};
use synapse_core::network::Network;
use synapse_core::numeric::{PerUnit, Real};
use synapse_core::params::{
    Covariance, Gain, NetworkParams, Noise, Precision, Protocol, RuleParams, TargetParams,
    TrainingParams, UpdateOrder,
};
use synapse_core::simulation::{Run, simulate};
use synapse_core::streams::Replicate;
use synapse_core::target;

/// N of the published network.
const UNITS: usize = 500;
const SEED: u64 = 1;

fn published_network() -> Network {
    Network::draw(&NetworkParams::default(), SEED, 0).expect("the published network is well posed")
}

/// The same with noise in its potentials.
fn noisy_network() -> Network {
    let params = NetworkParams {
        state_noise: 0.01,
        ..NetworkParams::default()
    };
    Network::draw(&params, SEED, 0).expect("a well-posed network")
}

/// As many numbers as `L` runs have, different from one another and within the range of rates.
fn rates<F: Real, const L: usize>() -> PerUnit<F, L> {
    let mut rates = PerUnit::zeros(UNITS);
    for (unit, row) in rates.rows_mut().iter_mut().enumerate() {
        for (lane, rate) in row.iter_mut().enumerate() {
            *rate = F::from_f64(libm::sin((unit * L + lane) as f64) * 0.9);
        }
    }
    rates
}

/// The kernels that all rules share, and those of the diagonal rules, for `L` runs at once.
fn lanes<F: Real, const L: usize>(criterion: &mut Criterion, format: &str) {
    let id = || BenchmarkId::new(format, L);
    let network = published_network();
    let recurrent = Recurrent::<F>::new(&network).expect("memory for the network");
    let rates_now = rates::<F, L>();
    let output = [F::from_f64(0.5); L];

    let mut group = criterion.benchmark_group("euler_step");
    group.throughput(Throughput::Elements(
        (network.recurrent.value.len() * L) as u64,
    ));
    let mut sums = PerUnit::zeros(UNITS);
    let mut potentials = rates::<F, L>();
    group.bench_function(id(), |bencher| {
        bencher.iter(|| {
            kernel::advance(
                &recurrent,
                black_box(&rates_now),
                &output,
                &mut sums,
                &mut potentials,
            );
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group("rates_and_readout");
    group.throughput(Throughput::Elements((UNITS * L) as u64));
    let mut weights = rates::<F, L>();
    let mut rates_next = PerUnit::zeros(UNITS);
    group.bench_function(id(), |bencher| {
        bencher
            .iter(|| kernel::rates_and_readout(black_box(&potentials), &weights, &mut rates_next));
    });
    group.finish();

    // δ is so small that weights stay in range however often the rule is applied.
    let factor = [F::from_f64(1e-9); L];
    let mut group = criterion.benchmark_group("classical");
    group.throughput(Throughput::Elements((UNITS * L) as u64));
    group.bench_function(id(), |bencher| {
        bencher.iter(|| kernel::add_scaled(&mut weights, black_box(&rates_now), &factor));
    });
    group.finish();

    let mut group = criterion.benchmark_group("bayesian");
    group.throughput(Throughput::Elements((UNITS * L) as u64));
    let mut variances = PerUnit::zeros(UNITS);
    variances.flat_mut().fill(F::from_f64(1e-3));
    let precision = [F::ONE; L];
    group.bench_function(id(), |bencher| {
        bencher.iter(|| {
            kernel::bayesian::<F, L, false>(
                &mut weights,
                &mut variances,
                black_box(&rates_now),
                &factor,
                &precision,
            );
        });
    });
    group.finish();
}

/// The pass over P of one run.
fn force<F: Real>(criterion: &mut Criterion, format: &str) {
    let mut packed = PerUnit::<F, 1>::zeros(kernel::packed_len(UNITS));
    // Which numbers does not matter to the time.
    packed.flat_mut().fill(F::ONE);
    let direction = rates::<F, 1>();
    let mut product = PerUnit::<F, 1>::zeros(UNITS);
    // So small that P stays in range, and large enough not to make subnormal numbers, which are slow.
    let scale = F::from_f64(1e-9);
    let mut group = criterion.benchmark_group("force");
    group.throughput(Throughput::Elements((UNITS * (UNITS + 1) / 2) as u64));
    group.bench_function(format, |bencher| {
        bencher.iter(|| {
            kernel::symmetric_update_and_product(
                packed.flat_mut(),
                UNITS,
                direction.flat(),
                scale,
                black_box(direction.flat()),
                product.flat_mut(),
            );
        });
    });
    group.finish();
}

/// Whole runs of one trial and its two tests, from laying the network out to the errors.
fn time_steps(criterion: &mut Criterion) {
    let (network, noisy) = (published_network(), noisy_network());
    let target_params = TargetParams::PeriodicGp { length_ms: 300.0 };
    let target = target::sample(&target_params, 1.0, SEED, 0).expect("a well-posed target");
    let classical = RuleParams::Classical { eta0: 1e-4 };
    let bayesian = RuleParams::Bayesian {
        eta0: 3e-4,
        covariance: Covariance::Diagonal,
        gain: Gain::Published,
        noise: Noise::Fixed { variance: 1.0 },
        update_order: UpdateOrder::Together,
        drift: None,
        forgetting: 1.0,
    };
    let force = RuleParams::Force { alpha: 1.0 };
    // A single run, and as many as a batch holds.
    let shapes = [
        (Precision::F32, "f32", 1),
        (Precision::F32, "f32", 32),
        (Precision::F64, "f64", 1),
        (Precision::F64, "f64", 16),
    ];
    let mut group = criterion.benchmark_group("run_step");
    group.sample_size(10);
    for (name, rule, network) in [
        ("classical", &classical, &network),
        ("bayesian", &bayesian, &network),
        ("bayesian_noisy", &bayesian, &noisy),
        ("force", &force, &network),
    ] {
        for (precision, format, runs) in shapes {
            let training = TrainingParams {
                protocol: Protocol::Trials {
                    trials: 1,
                    washout_ms: 200.0,
                    washout_feedback: true,
                    checkpoints_every: 1,
                },
                learn_every_ms: 1.0,
                error_steps: 1,
                error_lag_steps: 0,
                error_noise: 0.0,
                switch_target_at_trial: 0,
                precision,
            };
            let run = Run {
                training: &training,
                rule,
                target: &target,
                second_target: None,
                replicate: Replicate::default(),
                trace: false,
                keep_state: false,
                resume: None,
            };
            let batch = vec![run; runs];
            let steps = 3 * (200 + target.len());
            group.throughput(Throughput::Elements((steps * runs) as u64));
            let id = BenchmarkId::new(format!("{name}_{format}"), runs);
            group.bench_function(id, |bencher| {
                bencher.iter(|| simulate(network, black_box(&batch), &()));
            });
        }
    }
    group.finish();
}

fn all(criterion: &mut Criterion) {
    lanes::<f32, 1>(criterion, "f32");
    lanes::<f32, 8>(criterion, "f32");
    lanes::<f32, 16>(criterion, "f32");
    lanes::<f32, 32>(criterion, "f32");
    lanes::<f64, 1>(criterion, "f64");
    lanes::<f64, 8>(criterion, "f64");
    lanes::<f64, 16>(criterion, "f64");
    force::<f32>(criterion, "f32");
    force::<f64>(criterion, "f64");
    time_steps(criterion);
}

criterion_group!(benches, all);
criterion_main!(benches);
