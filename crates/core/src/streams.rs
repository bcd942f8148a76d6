//! Named random streams: one ChaCha8 generator per purpose, derived from the study's seed.
//!
//! Because a stream is found by its name and indices, nothing that a study adds (a rule, an axis
//! value, another network) moves the numbers that another purpose draws. Normal deviates come from
//! the Box–Muller transform over `libm`, so that the bits do not depend on the platform's
//! mathematical library.
//!
//! What a run draws while it is computed (noise) comes from streams of its network and target, one for
//! each trial: the same in all conditions, and wherever the run starts.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// What a stream is for. Each has its own numbers, whatever the others draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Which J_ij are not zero.
    RecurrentStructure,
    /// The values of the non-zero J_ij, before scaling.
    RecurrentWeights,
    /// A_i.
    Feedback,
    /// The input pulse.
    Pulse,
    /// w_i(0), before scaling.
    Readout,
    /// A random order of the units.
    Shuffle,
    /// The coefficients of a drawn target.
    Target,
    /// Those of the target that comes after a switch.
    SecondTarget,
    /// V_i(0), before scaling.
    InitialState,
    /// The noise in the membrane potentials of a run.
    StateNoise,
    /// The noise in the errors that a run's rule sees.
    ErrorNoise,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::RecurrentStructure => "network.recurrent_structure",
            Self::RecurrentWeights => "network.recurrent_weights",
            Self::Feedback => "network.feedback",
            Self::Pulse => "network.pulse",
            Self::Readout => "network.readout",
            Self::Shuffle => "network.shuffle",
            Self::Target => "target",
            Self::SecondTarget => "target.second",
            Self::InitialState => "network.initial_state",
            Self::StateNoise => "network.state_noise",
            Self::ErrorNoise => "training.error_noise",
        }
    }
}

/// Which network and target of which study a run is of: what its own random numbers follow from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replicate {
    /// The study's seed.
    pub seed: u64,
    /// The network.
    pub network: u64,
    /// The target.
    pub target: u64,
}

impl Replicate {
    /// The key of its ChaCha8 streams for a purpose.
    pub fn key(self, purpose: Purpose) -> [u8; 32] {
        key(purpose, self.seed, &[self.network, self.target])
    }
}

/// The number of the stream of a trial (or block), with learning or without.
pub fn stream_of_trial(trial: usize, learning: bool) -> u64 {
    2 * trial as u64 + u64::from(learning)
}

fn key(purpose: Purpose, seed: u64, indices: &[u64]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"synapse-bench random stream 1\0");
    hash.update(purpose.name().as_bytes());
    hash.update(b"\0");
    hash.update(seed.to_le_bytes());
    for index in indices {
        hash.update(index.to_le_bytes());
    }
    hash.finalize().into()
}

/// One random stream.
pub struct RandomStream {
    generator: ChaCha8Rng,
    /// The second deviate of the last Box–Muller pair.
    spare: Option<f64>,
}

impl RandomStream {
    /// The stream of `purpose` for replicate `index` of the study with this seed.
    pub fn new(seed: u64, purpose: Purpose, index: u64) -> Self {
        Self {
            generator: ChaCha8Rng::from_seed(key(purpose, seed, &[index])),
            spare: None,
        }
    }

    /// That of a run for a purpose, in a trial: the stream with this number of the run's key.
    pub fn of_run(replicate: Replicate, purpose: Purpose, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::from_seed(replicate.key(purpose));
        generator.set_stream(stream);
        Self {
            generator,
            spare: None,
        }
    }

    /// A number in [0, 1), a multiple of 2⁻⁵³.
    pub fn unit(&mut self) -> f64 {
        (self.generator.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform on [−1, 1).
    pub fn symmetric(&mut self) -> f64 {
        2.0 * self.unit() - 1.0
    }

    /// Standard normal.
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        // 1 − u lies in (0, 1]: the logarithm is finite.
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        let angle = std::f64::consts::TAU * self.unit();
        self.spare = Some(radius * libm::sin(angle));
        radius * libm::cos(angle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_indices_and_seeds_separate_streams() {
        let first = |seed, purpose, index| RandomStream::new(seed, purpose, index).unit();
        let base = first(1, Purpose::Feedback, 0);
        assert_eq!(base, first(1, Purpose::Feedback, 0));
        for other in [
            first(2, Purpose::Feedback, 0),
            first(1, Purpose::Feedback, 1),
            first(1, Purpose::Pulse, 0),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn the_numbers_of_a_stream_never_change() {
        let mut stream = RandomStream::new(2021, Purpose::Target, 3);
        let drawn: Vec<u64> = (0..2).map(|_| stream.unit().to_bits()).collect();
        let normal: Vec<u64> = (0..2).map(|_| stream.normal().to_bits()).collect();
        assert_eq!(
            (drawn, normal),
            (
                vec![4_607_161_806_105_376_393, 4_582_339_650_632_730_464],
                vec![4_592_750_656_496_728_700, 13_827_453_565_535_695_880]
            )
        );
    }

    #[test]
    fn runs_and_trials_separate_streams() {
        let first = |replicate, purpose, trial, learning| {
            let stream = stream_of_trial(trial, learning);
            RandomStream::of_run(replicate, purpose, stream).unit()
        };
        let base = Replicate {
            seed: 1,
            network: 2,
            target: 3,
        };
        let noise = Purpose::ErrorNoise;
        let mut drawn = vec![
            first(base, noise, 1, true),
            first(base, noise, 1, false),
            first(base, noise, 0, true),
            first(base, Purpose::StateNoise, 1, true),
            first(Replicate { seed: 2, ..base }, noise, 1, true),
            first(Replicate { network: 3, ..base }, noise, 1, true),
            first(Replicate { target: 2, ..base }, noise, 1, true),
        ];
        assert_eq!(drawn[0], first(base, noise, 1, true));
        drawn.sort_by(f64::total_cmp);
        drawn.dedup();
        assert_eq!(drawn.len(), 7);
    }

    #[test]
    fn normal_deviates_have_the_moments_of_a_normal() {
        let mut stream = RandomStream::new(7, Purpose::Readout, 0);
        let n = 200_000;
        let draws: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
        let moment = |k: i32| draws.iter().map(|x| x.powi(k)).sum::<f64>() / f64::from(n);
        // Five standard errors of each moment.
        assert!(moment(1).abs() < 5.0 / f64::from(n).sqrt());
        assert!((moment(2) - 1.0).abs() < 5.0 * (2.0 / f64::from(n)).sqrt());
        assert!(moment(3).abs() < 5.0 * (15.0 / f64::from(n)).sqrt());
        assert!((moment(4) - 3.0).abs() < 5.0 * (96.0 / f64::from(n)).sqrt());
    }
}
