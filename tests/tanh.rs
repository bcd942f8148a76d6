//! tanh over its whole range, on every vector path: within 4 units in the last place, odd, monotone, exact at
//! both ends.

use std::fmt::Debug;
use synapse_core::kernel::tanh_flat;
use synapse_core::numeric::{Real, TanhConstants};
use synapse_core::simd::{Path, force_path, path};
use synapse_core::streams::{Purpose, RandomStream};

/// Units in the last place that a result may be off.
const BOUND: f64 = 4.0;
/// Numbers in one call: a whole number of any vectors.
const BLOCK: usize = 1 << 12;

/// Numbers that can be gone through one by one.
trait Bits: Real + Debug {
    fn bits(self) -> u64;
    fn of_bits(bits: u64) -> Self;
    /// Distance from this positive number to the next.
    fn ulp(self) -> f64 {
        Self::of_bits(self.bits() + 1).to_f64() - self.to_f64()
    }
}

impl Bits for f32 {
    fn bits(self) -> u64 {
        u64::from(self.to_bits())
    }
    fn of_bits(bits: u64) -> Self {
        Self::from_bits(bits as u32)
    }
}

impl Bits for f64 {
    fn bits(self) -> u64 {
        self.to_bits()
    }
    fn of_bits(bits: u64) -> Self {
        Self::from_bits(bits)
    }
}

/// tanh of any number of numbers.
fn tanh<F: Real>(x: &[F]) -> Vec<F> {
    // The kernel computes whole vectors.
    let mut padded = x.to_vec();
    padded.resize(x.len().next_multiple_of(64), F::ZERO);
    let mut result = vec![F::ZERO; padded.len()];
    tanh_flat(&padded, &mut result);
    result.truncate(x.len());
    result
}

/// Unevaluated sums of two f64, for a reference with twice the digits.
#[derive(Clone, Copy)]
struct Double(f64, f64);

impl Double {
    fn sum(a: f64, b: f64) -> Self {
        let sum = a + b;
        let of_b = sum - a;
        Self(sum, (a - (sum - of_b)) + (b - of_b))
    }

    fn product(a: f64, b: f64) -> Self {
        let product = a * b;
        Self(product, a.mul_add(b, -product))
    }

    fn plus(self, other: Self) -> Self {
        let Self(high, low) = Self::sum(self.0, other.0);
        Self::sum(high, low + (self.1 + other.1))
    }

    fn times(self, other: Self) -> Self {
        let Self(high, low) = Self::product(self.0, other.0);
        Self::sum(high, low + (self.0 * other.1 + self.1 * other.0))
    }

    fn over(self, other: Self) -> Self {
        let first = self.0 / other.0;
        let rest = self.plus(other.times(Self(-first, 0.0)));
        Self::sum(first, rest.0 / other.0)
    }

    /// (e^2x − 1)/(e^2x + 1) for 2⁻²⁸ ≤ x < 30: to 10⁻²¹ of itself or better.
    fn tanh(x: f64) -> Self {
        const LN_2: Double = Double(std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17);
        let k = (2.0 * x / LN_2.0).round();
        let f = Self(2.0 * x, 0.0).plus(LN_2.times(Self(-k, 0.0)));
        // e^f by the series at f/64, squared six times.
        let f = Self(f.0 / 64.0, f.1 / 64.0);
        let mut e = Self(1.0, 0.0);
        for n in (1..=14).rev() {
            e = Self(1.0, 0.0).plus(f.times(e).over(Self(f64::from(n), 0.0)));
        }
        for _ in 0..6 {
            e = e.times(e);
        }
        let power = 2f64.powi(k as i32);
        let e = Self(e.0 * power, e.1 * power);
        e.plus(Self(-1.0, 0.0)).over(e.plus(Self(1.0, 0.0)))
    }
}

/// f64 numbers from 2⁻²⁸ to beyond saturation, about as many in each binade, and their tanh.
fn reference() -> Vec<(f64, Double)> {
    let mut stream = RandomStream::new(3, Purpose::Target, 0);
    let points = (0..100_000).map(|i| {
        let exponent = -28 + i % 33;
        (2f64.powi(exponent) * (1.5 + 0.5 * stream.symmetric())).min(21.0)
    });
    points.map(|x| (x, Double::tanh(x))).collect()
}

#[test]
fn the_reference_is_right() {
    // The table was computed with 60 digits and rounded once.
    let table = include_str!("../crates/core/src/numeric/tanh_reference.txt");
    let mut compared = 0;
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let (x, expected) = line.split_once(' ').unwrap();
        let [x, expected] =
            [x, expected].map(|bits| f64::from_bits(u64::from_str_radix(bits, 16).unwrap()));
        if x >= 2f64.powi(-28) {
            assert_eq!(Double::tanh(x).0, expected, "tanh({x:e})");
            compared += 1;
        }
    }
    assert!(compared > 2000, "{compared}");
}

/// Every f32 from 2⁻¹³ to beyond saturation; below that tanh x is x or its neighbour, and every 1009th
/// number will do.
fn f32_over_its_range() {
    let dense = 2f32.powi(-13).to_bits();
    let end = (f32::SATURATION * 1.01).to_bits();
    let mut worst = 0.0f64;
    let mut previous = 0.0;
    let sparse: Vec<u32> = (0..dense).step_by(1009).collect();
    let blocks = (dense..=end).step_by(BLOCK);
    let blocks = blocks.map(|first| (first..first + BLOCK as u32).collect::<Vec<u32>>());
    for block in sparse.chunks(BLOCK).map(<[u32]>::to_vec).chain(blocks) {
        let x: Vec<f32> = block.into_iter().map(f32::from_bits).collect();
        let values = tanh(&x);
        // An f64 result that is off by a few of its units is as good as exact.
        let exact = tanh(&x.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>());
        for ((&x, &value), &exact) in x.iter().zip(&values).zip(&exact) {
            assert!(value >= previous, "not monotone at {x:e}");
            previous = value;
            worst = worst.max((f64::from(value) - exact).abs() / (exact as f32).ulp());
        }
    }
    assert_eq!(previous, 1.0);
    assert!(worst <= BOUND, "{worst} units in the last place");
}

fn f64_near_the_reference(reference: &[(f64, Double)]) {
    let x: Vec<f64> = reference.iter().map(|&(x, _)| x).collect();
    for ((value, x), &(_, exact)) in tanh(&x).iter().zip(&x).zip(reference) {
        let error = ((value - exact.0) - exact.1).abs() / exact.0.ulp();
        assert!(
            error <= BOUND,
            "tanh({x:e}): {error} units in the last place"
        );
    }
}

/// Runs of neighbouring numbers do not step down.
fn f64_monotone(starts: impl Iterator<Item = f64>) {
    for start in starts {
        let first = start.to_bits() - BLOCK as u64 / 2;
        let x: Vec<f64> = (first..first + BLOCK as u64).map(f64::from_bits).collect();
        for (x, pair) in x.iter().zip(tanh(&x).windows(2)) {
            assert!(pair[1] >= pair[0], "not monotone after {x:e}");
        }
    }
}

/// −x gives the same number with the other sign, to the bit; in every place of a vector.
fn odd<F: Bits>(x: &[F]) {
    let negative: Vec<F> = x.iter().map(|&x| -x).collect();
    for ((x, value), negative) in x.iter().zip(tanh(x)).zip(tanh(&negative)) {
        assert_eq!((-value).bits(), negative.bits(), "tanh(-{x:?})");
    }
}

fn ends<F: Bits>(least: F, infinity: F) {
    let of = |x: F| tanh(&[x])[0];
    let zero = F::ZERO;
    assert_eq!(of(zero).bits(), zero.bits());
    assert_eq!(of(-zero).bits(), (-zero).bits());
    // Where x²/3 is far below half a unit, down to the smallest number.
    for x in [
        F::from_f64(1e-9),
        F::from_f64(1e-30),
        F::from_f64(1e-40),
        least,
    ] {
        assert_eq!(of(x).bits(), x.bits(), "{x:?}");
    }
    let saturation = F::SATURATION;
    let next = F::of_bits(saturation.bits() + 1);
    for x in [
        saturation,
        next,
        F::from_f64(25.0),
        F::from_f64(1e30),
        infinity,
    ] {
        assert_eq!(of(x), F::ONE, "{x:?}");
        assert_eq!(of(-x), -F::ONE, "{x:?}");
    }
    for nan in [f64::NAN, -f64::NAN] {
        assert!(of(F::from_f64(nan)).to_f64().is_nan());
    }
}

#[test]
fn tanh_is_accurate_odd_monotone_and_exact_at_the_ends_on_every_path() {
    // One test, since the path is the process's.
    let widest = path();
    let reference = reference();
    let points: Vec<f64> = reference.iter().map(|&(x, _)| x).collect();
    let rounded: Vec<f32> = points.iter().map(|&x| x as f32).collect();
    // Where the form changes, and where k of 2x = k ln 2 + f does; and between.
    let switches = (0..56).map(|k| (f64::from(k) + 0.5) * std::f64::consts::LN_2 / 2.0);
    let starts = switches.chain([f64::SMALL, f64::SATURATION]);
    let starts = starts.chain(points.iter().copied().step_by(701));
    for path in Path::available() {
        assert!(force_path(path));
        f32_over_its_range();
        f64_near_the_reference(&reference);
        f64_monotone(starts.clone());
        odd(&points);
        odd(&rounded);
        ends(f32::from_bits(1), f32::INFINITY);
        ends(f64::from_bits(1), f64::INFINITY);
    }
    force_path(widest);
}
