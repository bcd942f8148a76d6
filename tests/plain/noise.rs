//! The noise of one trial or block: ChaCha8 words one after the other, and the Box–Muller transform as the engine
//! documents it, in f32.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use std::f32::consts::{FRAC_PI_2, LN_2};
use synapse_core::streams::{Purpose, RandomStream, Replicate, stream_of_trial};

pub struct Noise {
    potentials: ChaCha8Rng,
    errors: RandomStream,
}

impl Noise {
    pub fn of_trial(replicate: Replicate, trial: usize, learning: bool) -> Self {
        let stream = stream_of_trial(trial, learning);
        let mut potentials = ChaCha8Rng::from_seed(replicate.key(Purpose::StateNoise));
        potentials.set_stream(stream);
        Self {
            potentials,
            errors: RandomStream::of_run(replicate, Purpose::ErrorNoise, stream),
        }
    }

    /// ξ of the next time step's error.
    pub fn of_error(&mut self) -> f64 {
        self.errors.normal()
    }

    /// ξ_i of the next time step. A step begins with a block of its own.
    pub fn of_potentials(&mut self, units: usize) -> Vec<f32> {
        let pairs = (0..units.next_multiple_of(16) / 2)
            .flat_map(|_| deviates(self.potentials.next_u32(), self.potentials.next_u32()));
        // All words are drawn before those of no unit are dropped.
        let mut all: Vec<f32> = pairs.collect();
        all.truncate(units);
        all
    }
}

fn polynomial(coefficients: &[f32], x: f32) -> f32 {
    let highest_first = coefficients.iter().rev().copied();
    highest_first
        .reduce(|sum, coefficient| sum.mul_add(x, coefficient))
        .unwrap()
}

fn deviates(a: u32, b: u32) -> [f32; 2] {
    let two_to_31 = 2_147_483_648.0f32;
    let u = ((a >> 1) as f32 + 0.5) / two_to_31;
    let (mut k, mut m) = (0.0, u);
    while m < f32::from_bits(0x3f35_04f3) {
        (k, m) = (k - 1.0, m * 2.0);
    }
    let ratio = (m - 1.0) / (m + 1.0);
    let square = ratio * ratio;
    let artanh = polynomial(
        &[-4.0, -4.0 / 3.0, -4.0 / 5.0, -4.0 / 7.0, -4.0 / 9.0],
        square,
    );
    let radius = ratio.mul_add(artanh, k * (-2.0 * LN_2)).sqrt();

    let angle = (b << 1).cast_signed() as f32 * (FRAC_PI_2 / two_to_31);
    let square = angle * angle;
    // 1/3!, 1/5!, … and 1/2!, 1/4!, …, with alternating signs.
    let sine = [
        -6.0,
        120.0,
        -5_040.0,
        362_880.0,
        -39_916_800.0,
        6_227_020_800.0f32,
    ];
    let cosine = [
        1.0,
        -2.0,
        24.0,
        -720.0,
        40_320.0,
        -3_628_800.0,
        479_001_600.0f32,
    ];
    let inverse = |factorial: &f32| 1.0 / factorial;
    let sine: Vec<f32> = sine.iter().map(inverse).collect();
    let cosine: Vec<f32> = cosine.iter().map(inverse).collect();
    let sine = (angle * square).mul_add(polynomial(&sine, square), angle);
    let cosine = polynomial(&cosine, square);
    let sign = if b >> 31 == 1 { -1.0 } else { 1.0 };
    [sign * (radius * cosine), radius * sine]
}
