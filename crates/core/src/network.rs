//! One replicate of the recurrent network: what is drawn once and never learns.
//!
//! The numbers behind J, A, the pulse, w(0) and V(0) are drawn before scaling, each from a stream of its
//! own, so that networks that differ only in gain, convention or time constant share them: they are
//! the same network k at another setting.

use crate::memory::{self, DrawError, OutOfMemory};
use crate::params::{NetworkParams, PulseInput, Scale, whole_steps};
use crate::streams::{Purpose, RandomStream};
use ndarray::Array2;

const WEIGHTS: &str = "the network's weights";
const PULSE: &str = "the input pulse";

/// A sparse matrix in compressed rows: row i holds the entries `row_start[i]..row_start[i + 1]`.
#[derive(Debug, Clone, PartialEq)]
pub struct SparseMatrix {
    /// Where each row starts; one more entry than rows.
    pub row_start: Vec<u32>,
    /// Column of each entry, ascending within a row.
    pub column: Vec<u32>,
    /// Value of each entry.
    pub value: Vec<f64>,
}

impl SparseMatrix {
    /// The entries of a row: (column, value).
    pub fn row(&self, row: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.row_start[row] as usize..self.row_start[row + 1] as usize;
        range.map(|entry| (self.column[entry] as usize, self.value[entry]))
    }
}

/// A drawn network. Always f64; a run at f32 rounds these numbers.
#[derive(Debug, Clone)]
pub struct Network {
    /// The parameters it was drawn for.
    pub params: NetworkParams,
    /// J, N × N.
    pub recurrent: SparseMatrix,
    /// A_i, N values in [−f, f), f the feedback gain.
    pub feedback: Vec<f64>,
    /// I_i(t): time steps of the pulse × N (all columns equal for a shared pulse).
    pub pulse: Array2<f64>,
    /// A number per unit, uniform on [−1, 1], whose order is a random order of the units.
    pub shuffle: Vec<f64>,
    /// w_i(0), N values.
    pub readout: Vec<f64>,
    /// V_i at the start of each trial, N values.
    pub initial: Vec<f64>,
}

impl Network {
    /// Draws network `index` of the study with this seed.
    ///
    /// # Errors
    /// All that [`NetworkParams::check`] finds; or there is no memory for it.
    pub fn draw(params: &NetworkParams, seed: u64, index: u64) -> Result<Self, DrawError> {
        let errors = params.check();
        if !errors.is_empty() {
            return Err(errors.into());
        }
        let stream = |purpose| RandomStream::new(seed, purpose, index);
        let units = params.units;

        let mut feedback = stream(Purpose::Feedback);
        let mut pulse = stream(Purpose::Pulse);
        let mut readout = stream(Purpose::Readout);
        let mut shuffle = stream(Purpose::Shuffle);
        let mut initial = stream(Purpose::InitialState);
        let readout_sd = standard_deviation(1.0 / units as f64, params.readout_scale);
        let pulse_steps = pulse_steps(params);
        let mut shared = 0.0;
        let pulse = memory::listed(pulse_steps * units, PULSE, |at| match params.pulse_input {
            PulseInput::PerUnit => pulse.symmetric(),
            PulseInput::Shared => {
                if at % units == 0 {
                    shared = pulse.symmetric();
                }
                shared
            }
        })?;
        let pulse = Array2::from_shape_vec((pulse_steps, units), pulse).unwrap_or_default();
        Ok(Self {
            recurrent: draw_recurrent(
                params,
                stream(Purpose::RecurrentStructure),
                stream(Purpose::RecurrentWeights),
            )?,
            feedback: (0..units)
                .map(|_| params.feedback_gain * feedback.symmetric())
                .collect(),
            pulse,
            shuffle: (0..units).map(|_| shuffle.symmetric()).collect(),
            readout: (0..units).map(|_| readout_sd * readout.normal()).collect(),
            initial: (0..units)
                .map(|_| params.initial_state * initial.normal())
                .collect(),
            params: params.clone(),
        })
    }

    /// Bytes at most of its recurrent weights, and of its pulse.
    pub(crate) fn bytes(params: &NetworkParams) -> (u64, u64) {
        let units = params.units as u64;
        let others = 4 * 8 * units + 4 * (units + 1);
        let pulse = 8 * pulse_steps(params) as u64 * units;
        (12 * params.non_zeros() as u64 + others, pulse)
    }
}

/// How many time steps the pulse has.
fn pulse_steps(params: &NetworkParams) -> usize {
    whole_steps(params.pulse_ms, params.dt_ms).unwrap_or(0)
}

fn standard_deviation(expression: f64, scale: Scale) -> f64 {
    match scale {
        Scale::Variance => libm::sqrt(expression),
        Scale::StandardDeviation => expression,
    }
}

fn draw_recurrent(
    params: &NetworkParams,
    mut structure: RandomStream,
    mut weights: RandomStream,
) -> Result<SparseMatrix, OutOfMemory> {
    let units = params.units;
    let p = params.connection_probability;
    let sd = standard_deviation(
        params.gain * params.gain / (p * units as f64),
        params.recurrent_scale,
    );
    let expected = params.non_zeros();
    let mut row_start = Vec::with_capacity(units + 1);
    let mut column = memory::reserved(expected, WEIGHTS)?;
    let mut value = memory::reserved(expected, WEIGHTS)?;
    row_start.push(0);
    for _row in 0..units {
        for j in 0..units as u32 {
            // `unit` is below 1, so p = 1 connects all.
            if structure.unit() < p {
                column.push(j);
                value.push(sd * weights.normal());
            }
        }
        row_start.push(column.len() as u32);
    }
    Ok(SparseMatrix {
        row_start,
        column,
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variance(values: &[f64]) -> f64 {
        values.iter().map(|x| x * x).sum::<f64>() / values.len() as f64
    }

    #[test]
    fn the_draws_have_the_published_moments() {
        let network = Network::draw(&NetworkParams::default(), 1, 0).unwrap();
        let n = network.recurrent.value.len() as f64;
        // Binomial count and chi-squared variance, five standard errors.
        assert!((n - 25_000.0).abs() < 5.0 * (250_000.0f64 * 0.1 * 0.9).sqrt());
        let expected = 1.5 * 1.5 / (0.1 * 500.0);
        assert!(
            (variance(&network.recurrent.value) / expected - 1.0).abs() < 5.0 * (2.0 / n).sqrt()
        );
        let relative = variance(&network.readout) * 500.0;
        assert!((relative - 1.0).abs() < 5.0 * (2.0f64 / 500.0).sqrt());
        assert_eq!(network.pulse.dim(), (10, 500));
        for value in network.feedback.iter().chain(network.pulse.iter()) {
            assert!((-1.0..1.0).contains(value));
        }
        assert!((variance(&network.feedback) * 3.0 - 1.0).abs() < 0.2);
    }

    #[test]
    fn conventions_change_the_scale_and_not_the_draws() {
        let paper = Network::draw(&NetworkParams::default(), 1, 0).unwrap();
        let params = NetworkParams {
            recurrent_scale: Scale::StandardDeviation,
            readout_scale: Scale::StandardDeviation,
            pulse_input: PulseInput::Shared,
            ..NetworkParams::default()
        };
        let other = Network::draw(&params, 1, 0).unwrap();
        assert_eq!(paper.recurrent.column, other.recurrent.column);
        assert_eq!(paper.feedback, other.feedback);
        // Standard deviation g²/(pN) = 0.045 instead of 0.212: an effective gain of 0.32.
        let ratio = other.recurrent.value[7] / paper.recurrent.value[7];
        assert!((ratio - (2.25f64 / 50.0).sqrt()).abs() < 1e-12);
        let ratio = other.readout[7] / paper.readout[7];
        assert!((ratio - (1.0f64 / 500.0).sqrt()).abs() < 1e-12);
        assert!(
            other
                .pulse
                .rows()
                .into_iter()
                .all(|row| row.iter().all(|&x| x == row[0]))
        );
    }

    #[test]
    fn the_initial_state_is_normal_and_leaves_all_else_as_it_was() {
        let paper = Network::draw(&NetworkParams::default(), 1, 0).unwrap();
        let params = NetworkParams {
            initial_state: 0.5,
            ..NetworkParams::default()
        };
        let other = Network::draw(&params, 1, 0).unwrap();
        assert!(paper.initial.iter().all(|&v| v == 0.0));
        let relative = variance(&other.initial) / 0.25;
        assert!((relative - 1.0).abs() < 5.0 * (2.0f64 / 500.0).sqrt());
        assert_eq!(paper.recurrent, other.recurrent);
        assert_eq!(paper.readout, other.readout);
        assert_ne!(paper.initial, Network::draw(&params, 1, 1).unwrap().initial);
    }

    #[test]
    fn extreme_connectivity_and_bad_parameters() {
        let params = NetworkParams {
            units: 20,
            connection_probability: 1.0,
            ..NetworkParams::default()
        };
        let full = Network::draw(&params, 1, 0).unwrap();
        assert_eq!(full.recurrent.value.len(), 400);
        assert_eq!(full.recurrent.row(3).count(), 20);
        let params = NetworkParams {
            connection_probability: 0.0,
            ..params
        };
        let error = Network::draw(&params, 1, 0).unwrap_err();
        assert_eq!(
            error.to_string(),
            "ill-posed parameters: network.connection_probability = 0: must be a number in (0, 1]"
        );
    }
}
