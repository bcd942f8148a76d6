//! The Bayesian rule with the exact gain over very many updates: a step never overshoots.
//!
//! k = Σ r moves the output by c rᵀk δ = rᵀΣr/(σ_δ² + rᵀΣr) of the error: a share from 0 to 1, as long as Σ is positive in
//! the direction of r. Rounding could make it anything: what is subtracted from Σ, or added to its inverse,
//! is many orders of magnitude larger than what remains. [`UPDATES`] is what the gate has time for;
//! `SYNAPSE_UPDATES=10000000 cargo test --release -p synapse-core --test long_learning` is ten million.

use synapse_core::network::Network;
use synapse_core::numeric::{PerUnit, Real};
use synapse_core::params::{
    Assignment, Covariance, Dropped, Gain, NetworkParams, Noise, RuleParams, UpdateOrder,
};
use synapse_core::rule::{Kind, LearningStep, build};
use synapse_core::streams::{Purpose, RandomStream};

const UPDATES: usize = 100_000;
/// More than one cache line of rows, and no multiple of anything.
const UNITS: usize = 21;
/// How far from a share of 0 or 1 rounding may lead, in units of the last place: 1e-3 in f32. There an entry of Σ
/// that is about Σ(0) changes by 6e-8 at least, or not at all, a thousand times per trial.
const SLACK: f64 = 8192.0;
/// Time steps of a trial, which is repeated over and over.
const TRIAL: usize = 1000;

fn updates() -> usize {
    let asked = std::env::var("SYNAPSE_UPDATES").ok();
    asked.map_or(UPDATES, |number| number.parse().unwrap())
}

fn rule(covariance: Covariance, eta0: f64) -> RuleParams {
    RuleParams::Bayesian {
        eta0,
        covariance,
        gain: Gain::Exact,
        noise: Noise::Fixed { variance: 1.0 },
        update_order: UpdateOrder::Together,
        drift: None,
        forgetting: 1.0,
    }
}

fn covariances() -> [Covariance; 6] {
    let low_rank = |dropped| Covariance::LowRank {
        rank: 5,
        recent: 6,
        dropped,
    };
    let assignment = Assignment::Index;
    [
        Covariance::Diagonal,
        Covariance::Block {
            size: 4,
            assignment,
        },
        Covariance::Block {
            size: 10,
            assignment,
        },
        low_rank(Dropped::ToDiagonal),
        low_rank(Dropped::Forgotten),
        Covariance::Full,
    ]
}

/// Rates at each time step of a trial.
fn excitations() -> [(&'static str, Vec<[f64; UNITS]>); 3] {
    let mut stream = RandomStream::new(3, Purpose::Target, 0);
    let pattern = |i: usize| (i * 7 % 11) as f64 / 11.0 - 0.4;
    let independent = (0..TRIAL).map(|_| std::array::from_fn(|_| stream.symmetric()));
    let independent: Vec<_> = independent.collect();
    let collinear =
        (0..TRIAL).map(|_| std::array::from_fn(|i| pattern(i) + 1e-3 * stream.symmetric()));
    let collinear: Vec<_> = collinear.collect();
    let slow = (0..TRIAL).map(|step| {
        let phase = step as f64 / TRIAL as f64 * std::f64::consts::TAU;
        std::array::from_fn(|i| {
            let i = i as f64;
            ((1.0 + 0.1 * i).sin() * 2.0 * phase.sin() + (2.0 * phase + i).sin()).tanh()
        })
    });
    [
        ("independent rates", independent),
        ("nearly collinear rates", collinear),
        ("a slow trajectory", slow.collect()),
    ]
}

fn never_overshoots<F: Real>(eta0: f64) {
    let network = NetworkParams {
        units: UNITS,
        ..NetworkParams::default()
    };
    let network = Network::draw(&network, 1, 0).unwrap();
    // Rounding of the sum over units; in f32, a Σ of blocks or of all synapses has errors of that size as well
    // in directions that are known to more digits than it has, and r may lie in them.
    let slack = SLACK * F::EPSILON.to_f64();
    for (name, trial) in excitations() {
        for covariance in covariances() {
            let params = rule(covariance, eta0);
            let mut rule = build::<F, 1>(Kind::of(&params), &network).unwrap();
            rule.begin(0, &params, 1.0).unwrap();
            let (mut rates, mut weights) = (PerUnit::zeros(UNITS), PerUnit::zeros(UNITS));
            // What all covariances stand in f32: on the slow trajectory they break after three million.
            let most = match covariance {
                Covariance::Full if size_of::<F>() == 4 => 1_000_000,
                _ => usize::MAX,
            };
            for step in 0..updates().min(most) {
                for (row, &rate) in rates.rows_mut().iter_mut().zip(&trial[step % TRIAL]) {
                    row[0] = F::from_f64(rate);
                }
                weights.flat_mut().fill(F::ZERO);
                let learning = LearningStep {
                    rates: &rates,
                    delta: &[F::ONE],
                    on: &[true],
                };
                rule.learn(&learning, &mut weights);
                let rows = weights.rows().iter().zip(rates.rows());
                let share: f64 = rows.map(|(w, r)| w[0].to_f64() * r[0].to_f64()).sum();
                assert!(
                    share >= -slack && share <= 1.0 + slack,
                    "{covariance:?}, η₀ = {eta0}, {name}: update {step} moves the output by {share} of the error"
                );
            }
        }
    }
}

#[test]
fn in_f32() {
    for eta0 in [1.0, 100.0] {
        never_overshoots::<f32>(eta0);
    }
}

#[test]
fn in_f64() {
    for eta0 in [1.0, 100.0] {
        never_overshoots::<f64>(eta0);
    }
}
