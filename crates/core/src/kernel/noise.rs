//! Noise in the membrane potentials: a normal deviate per unit, lane and time step.
//!
//! Each lane reads a ChaCha8 stream of its own, the one that `rand_chacha` would give: word 16 b + k
//! of the n-th time step is word k of block n B + b, with B = ⌈N/16⌉ blocks per step, and unit i takes
//! word i. So a step is found without the steps before it, and no lane knows of another. Two words
//! are two deviates by the Box–Muller transform, with u in (0, 1] and the angle on half a circle and a
//! sign (all in f32, for both number formats):
//!
//! u = (⌊a/2⌋ + ½) 2⁻³¹,  ϑ = π/2 · (low 31 bits of b, signed, · 2⁻³⁰),  s = highest bit of b,
//! ξ_0 = ±√(−2 ln u) cos ϑ,  ξ_1 = √(−2 ln u) sin ϑ
//!
//! where ln u = k ln 2 + ln m with m between √½ and √2, and ln m = 2 artanh((m − 1)/(m + 1)). The
//! polynomials are Taylor's, to the precision of f32. Deviates end at √(64 ln 2) = 6.7.
//!
//! Written for vectors: one deviate after the other would take as long as the rest of a step. So it takes
//! 27 % of a noisy step of 32 lanes in f32 (N = 500, p = 0.1, AVX-512), 15 % of one of 16 in f64, and 8 %
//! of one of a single run in f32; left to the compiler, the last addition alone became scatters and doubled
//! that.

use crate::numeric::{Lanes, Real, polynomial};
use crate::simd::{Path, Vector, Words, dispatched};

/// Lanes of the widest batch: keys are repeated up to here, so that any vector finds its own.
const WIDEST: usize = 32;
/// Words of a ChaCha block.
const BLOCK: usize = 16;
/// Words of the widest vector.
const WIDEST_VECTOR: usize = 16;
/// "expand 32-byte k".
const CONSTANTS: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

const SQRT_HALF: u32 = 0x3f35_04f3;
const BIAS: u32 = 127 << 23;
/// −4 times 1/3, 1/5, … of artanh.
const ARTANH: [f32; 4] = [-4.0 / 3.0, -4.0 / 5.0, -4.0 / 7.0, -4.0 / 9.0];
const SINE: [f32; 6] = [
    -1.0 / 6.0,
    1.0 / 120.0,
    -1.0 / 5_040.0,
    1.0 / 362_880.0,
    -1.0 / 39_916_800.0,
    1.0 / 6_227_020_800.0,
];
const COSINE: [f32; 6] = [
    -1.0 / 2.0,
    1.0 / 24.0,
    -1.0 / 720.0,
    1.0 / 40_320.0,
    -1.0 / 3_628_800.0,
    1.0 / 479_001_600.0,
];

/// Where each lane reads its random words.
#[derive(Debug, Clone)]
pub struct NoiseStreams<const L: usize> {
    /// Word k of the keys, lane by lane, over and over.
    keys: [[u32; WIDEST]; 8],
    /// Which stream of the key.
    streams: [u64; L],
    /// Time steps from the start of the stream.
    steps: [u64; L],
}

impl<const L: usize> NoiseStreams<L> {
    /// Keys of zeros.
    pub fn new() -> Self {
        const { assert!(WIDEST.is_multiple_of(L)) }
        Self {
            keys: [[0; WIDEST]; 8],
            streams: [0; L],
            steps: [0; L],
        }
    }

    /// Gives a lane the key of its run.
    pub fn set_key(&mut self, lane: usize, key: &[u8; 32]) {
        for (words, bytes) in self.keys.iter_mut().zip(key.as_chunks::<4>().0) {
            for word in words.iter_mut().skip(lane).step_by(L) {
                *word = u32::from_le_bytes(*bytes);
            }
        }
    }

    /// Moves a lane to a time step of a stream.
    pub fn seek(&mut self, lane: usize, stream: u64, step: u64) {
        self.streams[lane] = stream;
        self.steps[lane] = step;
    }
}

impl<const L: usize> Default for NoiseStreams<L> {
    fn default() -> Self {
        Self::new()
    }
}

dispatched! {
    /// V_i += scale · ξ_i in each lane, for the units of `potentials`.
    pub fn add_noise<F, const L>(
        streams: &NoiseStreams<L>,
        scale: F,
        potentials: &mut [Lanes<F, L>],
    ) = add_noise_body
}

#[inline(always)]
fn add_noise_body<F: Real, V: Vector<F>, const L: usize>(
    token: V::Token,
    streams: &NoiseStreams<L>,
    scale: F,
    potentials: &mut [Lanes<F, L>],
) {
    let width = V::Words::WIDTH;
    let blocks = potentials.len().div_ceil(BLOCK);
    // Element e is block e / L of lane e mod L.
    for first in (0..blocks * L).step_by(width) {
        let words = words_of::<V::Words, L>(token, streams, blocks as u64, first);
        let mut normals = [[0.0f32; WIDEST_VECTOR]; BLOCK];
        for (words, normals) in words
            .as_chunks::<2>()
            .0
            .iter()
            .zip(normals.as_chunks_mut::<2>().0)
        {
            let [a, b] = normals_of(token, words[0], words[1]);
            a.store(&mut normals[0]);
            b.store(&mut normals[1]);
        }
        let unit = first / L * BLOCK;
        if L >= width {
            let lanes = first % L;
            let factor = V::splat(token, scale);
            for (row, normals) in potentials[unit..].iter_mut().zip(&normals) {
                let numbers = numbers(normals);
                for at in (0..width).step_by(V::WIDTH) {
                    let row = &mut row[lanes + at..];
                    let sum = V::load(token, row) + factor * V::load(token, &numbers[at..]);
                    sum.store(row);
                }
            }
        } else {
            // Several blocks of all lanes.
            for part in 0..width / L {
                let rows = potentials.iter_mut().skip(unit + part * BLOCK);
                for (row, normals) in rows.zip(&normals) {
                    let numbers: [F; WIDEST_VECTOR] = numbers(normals);
                    for (potential, &number) in row.iter_mut().zip(&numbers[part * L..]) {
                        *potential += scale * number;
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn numbers<F: Real>(normals: &[f32; WIDEST_VECTOR]) -> [F; WIDEST_VECTOR] {
    let mut numbers = [F::ZERO; WIDEST_VECTOR];
    for (number, &normal) in numbers.iter_mut().zip(normals) {
        *number = F::from_f64(f64::from(normal));
    }
    numbers
}

/// The words of a block for each element from `first` on.
#[inline(always)]
fn words_of<W: Words, const L: usize>(
    token: W::Token,
    streams: &NoiseStreams<L>,
    blocks: u64,
    first: usize,
) -> [W; BLOCK] {
    let mut place = [[0u32; WIDEST_VECTOR]; 4];
    let places = (first..).map(|element| {
        let (block, lane) = (element / L, element % L);
        let counter = streams.steps[lane]
            .wrapping_mul(blocks)
            .wrapping_add(block as u64);
        (counter, streams.streams[lane])
    });
    for (at, (counter, stream)) in (0..W::WIDTH).zip(places) {
        place[0][at] = counter as u32;
        place[1][at] = (counter >> 32) as u32;
        place[2][at] = stream as u32;
        place[3][at] = (stream >> 32) as u32;
    }
    let mut start = [W::splat(token, 0); BLOCK];
    for (word, constant) in start.iter_mut().zip(CONSTANTS) {
        *word = W::splat(token, constant);
    }
    for (word, key) in start[4..].iter_mut().zip(&streams.keys) {
        *word = W::load(token, &key[first % WIDEST..]);
    }
    for (word, place) in start[12..].iter_mut().zip(&place) {
        *word = W::load(token, place);
    }
    let mut words = start;
    for _ in 0..4 {
        quarter_round(&mut words, 0, 4, 8, 12);
        quarter_round(&mut words, 1, 5, 9, 13);
        quarter_round(&mut words, 2, 6, 10, 14);
        quarter_round(&mut words, 3, 7, 11, 15);
        quarter_round(&mut words, 0, 5, 10, 15);
        quarter_round(&mut words, 1, 6, 11, 12);
        quarter_round(&mut words, 2, 7, 8, 13);
        quarter_round(&mut words, 3, 4, 9, 14);
    }
    for (word, start) in words.iter_mut().zip(start) {
        *word = *word + start;
    }
    words
}

#[inline(always)]
fn quarter_round<W: Words>(words: &mut [W; BLOCK], a: usize, b: usize, c: usize, d: usize) {
    words[a] = words[a] + words[b];
    words[d] = (words[d] ^ words[a]).rotate_left::<16>();
    words[c] = words[c] + words[d];
    words[b] = (words[b] ^ words[c]).rotate_left::<12>();
    words[a] = words[a] + words[b];
    words[d] = (words[d] ^ words[a]).rotate_left::<8>();
    words[c] = words[c] + words[d];
    words[b] = (words[b] ^ words[c]).rotate_left::<7>();
}

/// Two normal deviates from two words.
#[inline(always)]
fn normals_of<W: Words>(token: W::Token, a: W, b: W) -> [W::Floats; 2] {
    let number = |value: f32| W::Floats::splat(token, value);
    let word = |value: u32| W::splat(token, value);
    let power = |exponent: u32| f32::from_bits(BIAS - (exponent << 23));

    let u = (a.shift_right::<1>().to_floats() + number(0.5)) * number(power(31));
    // u = 2^k m: the bits of u, from those of √½ on, have k above those of m.
    let bits = W::bits_of(u) + word(BIAS.wrapping_sub(SQRT_HALF));
    let k = bits.shift_right::<23>().to_floats() - number(127.0);
    let m = ((bits & word((1 << 23) - 1)) + word(SQRT_HALF)).as_floats();
    let one = number(1.0);
    let ratio = (m - one) / (m + one);
    let square = ratio * ratio;
    let artanh = polynomial(token, &ARTANH, square).mul_add(square, number(-4.0));
    let squared_radius = ratio.mul_add(artanh, k * number(-2.0 * std::f32::consts::LN_2));
    let radius = W::sqrt(squared_radius);

    let angle = (b + b).to_floats() * number(std::f32::consts::FRAC_PI_2 * power(31));
    let square = angle * angle;
    let sine = (angle * square).mul_add(polynomial(token, &SINE, square), angle);
    let cosine = square.mul_add(polynomial(token, &COSINE, square), one);
    let sign = b & word(1 << 31);
    let signed = (W::bits_of(radius * cosine) ^ sign).as_floats();
    [signed, radius * sine]
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha8Rng;
    use rand_core::{Rng, SeedableRng};

    const STREAM: u64 = 7 << 33 | 5;
    const STEP: u64 = 3 << 40 | 2;

    fn key(lane: usize) -> [u8; 32] {
        std::array::from_fn(|i| (31 * lane + 7 * i + 1) as u8)
    }

    /// The deviates of `units` units, by lane.
    fn drawn<F: Real, const L: usize>(units: usize) -> Vec<Vec<f64>> {
        let mut streams = NoiseStreams::<L>::new();
        for lane in 0..L {
            streams.set_key(lane, &key(lane));
            streams.seek(lane, STREAM + lane as u64, STEP + lane as u64);
        }
        let mut potentials = vec![[F::ZERO; L]; units];
        add_noise(&streams, F::ONE, &mut potentials);
        let of = |lane: usize| potentials.iter().map(|row| row[lane].to_f64()).collect();
        (0..L).map(of).collect()
    }

    /// The same from the crate's generator and in f64.
    fn expected(lane: usize, units: usize) -> Vec<f64> {
        let mut generator = ChaCha8Rng::from_seed(key(lane));
        generator.set_stream(STREAM + lane as u64);
        let words = units.next_multiple_of(BLOCK);
        generator.set_word_pos((STEP + lane as u64) as u128 * words as u128);
        let pairs = (0..words / 2).flat_map(|_| {
            let (a, b) = (generator.next_u32(), generator.next_u32());
            let u = (f64::from(a >> 1) + 0.5) / f64::from(1u32 << 31);
            let radius = (-2.0 * u.ln()).sqrt();
            let angle = f64::from((b << 1).cast_signed()) / f64::from(1u32 << 31)
                * std::f64::consts::FRAC_PI_2;
            let sign = if b >> 31 == 1 { -1.0 } else { 1.0 };
            [sign * radius * angle.cos(), radius * angle.sin()]
        });
        pairs.take(units).collect()
    }

    fn check<F: Real, const L: usize>() {
        for units in [1, 15, 16, 53, 500] {
            for (lane, found) in drawn::<F, L>(units).iter().enumerate() {
                for (found, expected) in found.iter().zip(expected(lane, units)) {
                    let error = (found - expected).abs();
                    assert!(error < 2e-6, "{L} lanes, {lane}: {found} {expected}");
                }
            }
        }
    }

    #[test]
    fn every_lane_reads_its_own_chacha_stream() {
        check::<f32, 1>();
        check::<f32, 4>();
        check::<f32, 8>();
        check::<f32, 16>();
        check::<f32, 32>();
        check::<f64, 1>();
        check::<f64, 2>();
        check::<f64, 4>();
        check::<f64, 8>();
        check::<f64, 16>();
        // One number format is the other, and a lane does not know how many there are.
        let one = drawn::<f32, 1>(53);
        assert_eq!(one[0], drawn::<f32, 32>(53)[0]);
        assert_eq!(one[0], drawn::<f64, 8>(53)[0]);
    }

    #[test]
    fn deviates_are_standard_normal() {
        let mut streams = NoiseStreams::<16>::new();
        for lane in 0..16 {
            streams.set_key(lane, &key(lane));
        }
        let (mut count, mut sums, mut tails) = (0.0f64, [0.0; 4], [0.0; 3]);
        for step in 0..200 {
            for lane in 0..16 {
                streams.seek(lane, 1, step);
            }
            let mut potentials = vec![[0.0f64; 16]; 512];
            add_noise(&streams, 1.0, &mut potentials);
            for x in potentials.iter().flatten() {
                count += 1.0;
                for (sum, power) in sums.iter_mut().zip(1..) {
                    *sum += x.powi(power);
                }
                for (tail, bound) in tails.iter_mut().zip([1.0, 2.0, 4.0]) {
                    *tail += f64::from(x.abs() > bound);
                }
            }
        }
        // Five standard errors each.
        for (sum, (moment, variance)) in
            sums.iter()
                .zip([(0.0, 1.0), (1.0, 2.0), (0.0, 15.0), (3.0, 96.0)])
        {
            let error = f64::sqrt(variance / count);
            assert!((sum / count - moment).abs() < 5.0 * error, "{sum} {moment}");
        }
        for (tail, share) in tails.iter().zip([0.317_310_5, 0.045_500_26, 6.334_248e-5]) {
            let error = f64::sqrt(share / count);
            assert!((tail / count - share).abs() < 5.0 * error, "{tail} {share}");
        }
    }

    #[test]
    fn the_ends_of_the_words_give_finite_deviates() {
        use crate::simd::{Always, PortableWords};
        for a in [0, 1, 2, 1 << 31, u32::MAX - 1, u32::MAX] {
            for b in [0, 1, (1 << 30) - 1, 1 << 30, 1 << 31, u32::MAX] {
                let word = |value| <PortableWords<1> as Words>::splat(Always, value);
                for normal in normals_of(Always, word(a), word(b)) {
                    let mut number = [f32::NAN];
                    normal.store(&mut number);
                    assert!(number[0].abs() < 6.7, "{a} {b}: {}", number[0]);
                }
            }
        }
    }
}
