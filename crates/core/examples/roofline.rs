//! How near the kernels come to what this machine can do, at N = 500 and p = 0.1: a table on stderr
//! and CSV on stdout.
//!
//! ```text
//! cargo run --release -p synapse-core --example roofline > results/benchmarks/roofline.csv
//! ```
//!
//! Limits are measured with the same vectors that the kernels use: bytes per second loaded from the
//! L1 and from the L2 cache, read and written in the L2 cache, and multiplications and additions per
//! second. Each phase of a time step is held against the largest of the times that its bytes and
//! operations would take at these limits if everything else were free; a step, against the sum of its
//! phases.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::time::Instant;
use synapse_core::kernel::{self, Recurrent, probe};
use synapse_core::network::Network;
use synapse_core::numeric::{LINE, PerUnit, Real};
use synapse_core::params::*;
use synapse_core::simd;
use synapse_core::simulation::{self, Monitor, Run, simulate};
use synapse_core::streams::Replicate;

const UNITS: usize = 500;
const ROUNDS: usize = 15;

fn main() {
    let machine = Machine::measure();
    eprintln!("{} vectors; per core:", simd::path().name());
    eprintln!("  loads from L1         {:6.1} GB/s", machine.l1 * 1e-9);
    eprintln!("  loads from L2         {:6.1} GB/s", machine.l2 * 1e-9);
    eprintln!(
        "  read and written, L2  {:6.1} GB/s",
        machine.l2_update * 1e-9
    );
    eprintln!(
        "  f32 operations        {:6.1} Gflop/s",
        machine.flops_f32 * 1e-9
    );
    println!("work,precision,lanes,phase,bytes,operations,limit_us,median_us,share");
    step::<f32, 32>(&machine, Precision::F32);
    step::<f64, 16>(&machine, Precision::F64);
    force::<f32>(&machine);
    force::<f64>(&machine);
}

/// The median time of a call in seconds.
fn median(calls: usize, mut call: impl FnMut()) -> f64 {
    call();
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..calls {
                call();
            }
            start.elapsed().as_secs_f64() / calls as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[ROUNDS / 2]
}

/// What one core can do, in bytes and operations per second.
struct Machine {
    l1: f64,
    l2: f64,
    l2_update: f64,
    flops_f32: f64,
}

impl Machine {
    fn measure() -> Self {
        let loads = |bytes: usize| {
            let mut numbers = PerUnit::<f32, LINE>::zeros(bytes / 64);
            numbers.flat_mut().fill(1.0);
            let mut result = [0.0; LINE];
            let time = median((1 << 24) / bytes, || {
                probe::load_all(black_box(numbers.flat()), black_box(&mut result));
            });
            bytes as f64 / time
        };
        let updates = |bytes: usize| {
            let mut numbers = PerUnit::<f32, LINE>::zeros(bytes / 64);
            let mut factors = PerUnit::<f32, LINE>::zeros(32);
            factors.flat_mut().fill(1e-3);
            let time = median((1 << 24) / bytes, || {
                probe::update_all(black_box(numbers.flat_mut()), factors.flat(), 1e-3);
            });
            bytes as f64 / time
        };
        let rounds = 100_000;
        let mut result = [1.0f32; LINE];
        let time = median(1, || probe::arithmetic(rounds, black_box(&mut result)));
        // 12 products and 12 sums of vectors, which are as wide as the path's.
        let width = match simd::path().name() {
            "avx512" => 16,
            "avx2" => 8,
            _ => 4,
        };
        Self {
            l1: loads(16 << 10),
            l2: loads(256 << 10),
            l2_update: updates(512 << 10),
            flops_f32: (rounds * 24 * width) as f64 / time,
        }
    }
}

/// What a phase must do at least.
#[derive(Default, Clone, Copy)]
struct Demand {
    /// Bytes loaded by the innermost loop.
    l1: f64,
    /// Bytes that do not fit the L1 cache and are read once.
    l2: f64,
    /// Bytes that do not fit the L1 cache and are read and written once.
    l2_update: f64,
    /// Multiplications, additions and subtractions, in the numbers of the format.
    operations: f64,
}

impl Demand {
    fn limit(&self, machine: &Machine, size: usize) -> f64 {
        let flops = machine.flops_f32 * 4.0 / size as f64;
        (self.l1 / machine.l1)
            .max(self.l2 / machine.l2 + self.l2_update / machine.l2_update)
            .max(self.operations / flops)
    }

    fn bytes(&self) -> f64 {
        self.l1 + self.l2 + 2.0 * self.l2_update
    }
}

struct Row<'a> {
    work: &'a str,
    size: usize,
    lanes: usize,
    phase: &'a str,
}

impl Row<'_> {
    /// Writes the row; its limit and time, in seconds.
    fn write(&self, bytes: f64, operations: f64, limit: f64, time: f64) {
        let Self {
            work,
            size,
            lanes,
            phase,
        } = self;
        let share = limit / time;
        let (limit, time) = (limit * 1e6, time * 1e6);
        let bits = 8 * size;
        println!(
            "{work},f{bits},{lanes},{phase},{bytes:.0},{operations:.0},{limit:.3},{time:.3},{share:.3}"
        );
        eprintln!(
            "{work:9} f{bits} × {lanes:2}  {phase:20} limit {limit:7.2} µs  measured {time:7.2} µs  {:3.0} %",
            100.0 * share
        );
    }
}

/// Arithmetic operations of a tanh: two polynomials and what joins them (see `numeric::tanh`); its
/// one division and the comparisons are not counted.
fn tanh_operations(size: usize) -> f64 {
    if size == 4 { 35.0 } else { 55.0 }
}

fn network() -> Network {
    let params = NetworkParams {
        units: UNITS,
        ..NetworkParams::default()
    };
    Network::draw(&params, 1, 0).expect("the published parameters are well posed")
}

/// The Bayesian rule: phase by phase, then the whole step as a study has it.
fn step<F: Real, const L: usize>(machine: &Machine, precision: Precision) {
    let network = network();
    let recurrent = Recurrent::<F>::new(&network).expect("memory for the network");
    let size = simulation::size(precision);
    let non_zeros = network.recurrent.value.len() as f64;
    // Numbers, and bytes, of one quantity in all units and lanes.
    let numbers = (UNITS * L) as f64;
    let bytes = numbers * size as f64;
    let fill = |value: fn(f64) -> f64| {
        let mut all = PerUnit::<F, L>::zeros(UNITS);
        for (i, number) in all.flat_mut().iter_mut().enumerate() {
            *number = F::from_f64(value(i as f64));
        }
        all
    };
    let mut potentials = fill(f64::sin);
    let mut weights = fill(|i| 0.01 * i.cos());
    let mut variances = fill(|_| 1e-3);
    let [mut rates, mut sums] = [fill(|_| 0.0), fill(|_| 0.0)];
    let mut output = [F::ZERO; L];
    let small = [F::from_f64(1e-6); L];

    let mut phases: Vec<(&str, Demand, f64)> = Vec::new();
    let time = median(200, || {
        kernel::tanh_flat(potentials.flat(), rates.flat_mut())
    });
    let rates_time = time;
    let demand = Demand {
        l2: bytes,
        operations: tanh_operations(size) * numbers,
        ..Demand::default()
    };
    phases.push(("rates", demand, time));
    let time = median(200, || {
        output = kernel::rates_and_readout(&potentials, &weights, &mut rates);
    });
    let demand = Demand {
        l1: 2.0 * bytes,
        l2: bytes,
        operations: 2.0 * numbers,
        ..Demand::default()
    };
    phases.push(("readout", demand, (time - rates_time).max(0.0)));
    let time = median(200, || {
        kernel::bayesian::<F, L, false>(&mut weights, &mut variances, &rates, &small, &small);
    });
    let demand = Demand {
        l2: bytes,
        l2_update: 2.0 * bytes,
        operations: 6.0 * numbers,
        ..Demand::default()
    };
    phases.push(("learning", demand, time));
    let time = median(100, || {
        kernel::advance(&recurrent, &rates, &output, &mut sums, &mut potentials);
    });
    let matrix = non_zeros * (size + 1) as f64;
    let demand = Demand {
        // A rate for each non-zero and lane; value and column once for all lanes.
        l1: non_zeros * (L * size) as f64 + matrix,
        l2: matrix,
        l2_update: bytes,
        operations: 2.0 * non_zeros * L as f64 + 4.0 * numbers,
    };
    phases.push(("product and Euler", demand, time));

    let mut total = Demand::default();
    let mut limit = 0.0;
    for (phase, demand, time) in phases {
        let row = Row {
            work: "bayesian",
            size,
            lanes: L,
            phase,
        };
        let own = demand.limit(machine, size);
        row.write(demand.bytes(), demand.operations, own, time);
        limit += own;
        total.l1 += demand.bytes();
        total.operations += demand.operations;
    }
    let rule = RuleParams::Bayesian {
        eta0: 1e-4,
        covariance: Covariance::Diagonal,
        gain: Gain::Published,
        noise: Noise::Fixed { variance: 1.0 },
        update_order: UpdateOrder::Together,
        drift: None,
        forgetting: 1.0,
    };
    let time = whole_step(&network, &rule, precision, L);
    let row = Row {
        work: "bayesian",
        size,
        lanes: L,
        phase: "whole time step",
    };
    row.write(total.l1, total.operations, limit, time);
}

/// The pass over P of a FORCE update.
fn force<F: Real>(machine: &Machine) {
    let size = size_of::<F>();
    let length = kernel::packed_len(UNITS);
    let mut packed = PerUnit::<F, 1>::zeros(length);
    let mut rates = PerUnit::<F, 1>::zeros(UNITS);
    rates.rows_mut().fill([F::from_f64(0.1)]);
    let direction = PerUnit::<F, 1>::zeros(UNITS);
    let mut product = PerUnit::<F, 1>::zeros(UNITS);
    let time = median(100, || {
        kernel::symmetric_update_and_product(
            packed.flat_mut(),
            UNITS,
            direction.flat(),
            F::ONE,
            rates.flat(),
            product.flat_mut(),
        );
    });
    // Half of a symmetric matrix: 2 operations for the update, 4 for its two products.
    let demand = Demand {
        l2_update: (length * size) as f64,
        operations: 6.0 * (UNITS * (UNITS + 1) / 2) as f64,
        ..Demand::default()
    };
    let row = Row {
        work: "force",
        size,
        lanes: 1,
        phase: "pass over P",
    };
    row.write(
        demand.bytes(),
        demand.operations,
        demand.limit(machine, size),
        time,
    );
}

/// Seconds per time step of a batch that learns in every step.
fn whole_step(network: &Network, rule: &RuleParams, precision: Precision, lanes: usize) -> f64 {
    let training = TrainingParams {
        protocol: Protocol::Stream {
            duration_ms: 1e6,
            validate_every_ms: 1e6,
            test_periods: 1,
            learn_at_validation: true,
        },
        learn_every_ms: 1.0,
        error_steps: 1,
        error_lag_steps: 0,
        error_noise: 0.0,
        switch_target_at_trial: 0,
        precision,
    };
    let target: Vec<f64> = (0..700).map(|step| (step as f64 * 0.02).sin()).collect();
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
    let clock = Clock {
        started: Instant::now(),
        last: Mutex::new((0.0, Vec::new())),
    };
    // It is meant to be interrupted.
    let _ = simulate(network, &vec![run; lanes], &clock);
    let mut times = clock
        .last
        .into_inner()
        .map(|(_, times)| times)
        .unwrap_or_default();
    times.sort_by(f64::total_cmp);
    times
        .get(times.len() / 2)
        .map_or(0.0, |time| time * lanes as f64)
}

/// Times per step and run between two calls, for a second.
struct Clock {
    started: Instant,
    last: Mutex<(f64, Vec<f64>)>,
}

impl Monitor for Clock {
    fn advanced(&self, run_steps: u64) -> ControlFlow<()> {
        let now = self.started.elapsed().as_secs_f64();
        let Ok(mut last) = self.last.lock() else {
            return ControlFlow::Break(());
        };
        let time = now - last.0;
        last.0 = now;
        last.1.push(time / run_steps as f64);
        if now < 1.0 {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }
}
