//! A rule outside of a network: examples go in, weights and errors come out.
#![allow(dead_code)] // each test takes what it needs

use synapse_core::network::Network;
use synapse_core::numeric::PerUnit;
use synapse_core::params::{NetworkParams, RuleParams};
use synapse_core::rule::{Kind, LearningStep, Rule, build};
use synapse_core::streams::{Purpose, RandomStream};

/// One weight vector that learns with a rule.
pub struct Learner {
    rule: Box<dyn Rule<f64, 1>>,
    weights: PerUnit<f64, 1>,
}

impl Learner {
    pub fn new(params: &RuleParams, units: usize) -> Self {
        let network = NetworkParams {
            units,
            ..NetworkParams::default()
        };
        let network = Network::draw(&network, 1, 0).unwrap();
        let mut rule = build::<f64, 1>(Kind::of(params), &network).unwrap();
        rule.begin(0, params, 1.0).unwrap();
        Self {
            rule,
            weights: PerUnit::zeros(units),
        }
    }

    pub fn output(&self, rates: &[f64]) -> f64 {
        let terms = self.weights.rows().iter().zip(rates);
        terms.map(|(weight, rate)| weight[0] * rate).sum()
    }

    /// Learns one example; the error before it.
    pub fn learn(&mut self, rates: &[f64], target: f64) -> f64 {
        let delta = target - self.output(rates);
        let mut row_of_rates = PerUnit::zeros(rates.len());
        row_of_rates
            .rows_mut()
            .as_flattened_mut()
            .copy_from_slice(rates);
        let step = LearningStep {
            rates: &row_of_rates,
            delta: &[delta],
            on: &[true],
        };
        self.rule.observe(&[delta], &[true]);
        self.rule.learn(&step, &mut self.weights);
        delta
    }

    pub fn weights(&self) -> Vec<f64> {
        self.weights.rows().iter().map(|weight| weight[0]).collect()
    }
}

/// Examples of a linear relation with noise.
pub fn examples(units: usize, count: usize) -> Vec<(Vec<f64>, f64)> {
    let mut stream = RandomStream::new(5, Purpose::Target, 0);
    let truth: Vec<f64> = (0..units).map(|_| stream.normal()).collect();
    (0..count)
        .map(|_| {
            let rates: Vec<f64> = (0..units).map(|_| stream.symmetric()).collect();
            let clean: f64 = truth.iter().zip(&rates).map(|(w, r)| w * r).sum();
            (rates, clean + 0.1 * stream.normal())
        })
        .collect()
}

pub fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            (found - expected).abs() <= tolerance,
            "{found} against {expected}"
        );
    }
}

/// (RᵀR + α I)⁻¹ Rᵀ y by Gaussian elimination.
pub fn ridge(examples: &[(Vec<f64>, f64)], alpha: f64) -> Vec<f64> {
    let n = examples[0].0.len();
    let mut system: Vec<Vec<f64>> = (0..n)
        .map(|i| {
            let mut row: Vec<f64> = (0..n)
                .map(|j| examples.iter().map(|(r, _)| r[i] * r[j]).sum::<f64>())
                .collect();
            row[i] += alpha;
            row.push(examples.iter().map(|(r, y)| r[i] * y).sum());
            row
        })
        .collect();
    for pivot in 0..n {
        for row in pivot + 1..n {
            let factor = system[row][pivot] / system[pivot][pivot];
            let above = system[pivot].clone();
            for (entry, above) in system[row].iter_mut().zip(above) {
                *entry -= factor * above;
            }
        }
    }
    let mut solution = vec![0.0; n];
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|j| system[row][j] * solution[j]).sum();
        solution[row] = (system[row][n] - known) / system[row][row];
    }
    solution
}
