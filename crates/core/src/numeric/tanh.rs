//! Hyperbolic tangent of vectors, without branches.
//!
//! Two forms, both computed, one selected:
//!
//! - |x| < 0.45: x + x³ p(x²). The correction is at most 7 % of x, so its rounding errors are far
//!   below the last place of the result, and the function stays monotone.
//! - else: 1 − 2/(E + 1) with E = exp(2|x|) = 2^k (1 + f + f² q(f)), where 2|x| = k ln 2 + f with
//!   whole k and |f| ≤ ln 2 / 2 (ln 2 in two parts, the first short enough that k times it is
//!   exact). Here one step of x moves E by more than the rounding errors of E do.
//!
//! The textbook e/(e + 2) with e = expm1(2|x|) needs one form only, and was rejected: the rounding of
//! e + 2 makes it step down by one unit in many places. The coefficients are our own: Remez fits at
//! 60 digits of the relative error, 2⁻²⁸ or better for f32 and 2⁻⁵⁷ for f64.

use super::Real;
use crate::simd::Vector;

// Written with the digits of the fit; the compiler rounds them.
#[allow(clippy::excessive_precision)]
const P_F32: [f32; 5] = [
    -0.333_333_31,
    0.133_331_68,
    -0.053_929_96,
    0.021_479_223,
    -0.007_012_431_5,
];
#[allow(clippy::excessive_precision)]
const Q_F32: [f32; 5] = [
    0.499_999_934_478_046_18,
    0.166_665_206_317_482_98,
    0.041_668_388_046_206_197,
    0.008_368_716_877_698_1,
    0.001_381_459_852_760_011_8,
];

#[allow(clippy::excessive_precision)]
const P_F64: [f64; 10] = [
    -0.333_333_333_333_333_1,
    0.133_333_333_333_279_39,
    -0.053_968_253_963_737_68,
    0.021_869_488_348_742_119,
    -0.008_863_231_054_173_133_6,
    0.003_592_061_749_134_344_7,
    -0.001_455_203_918_569_556_5,
    5.861_542_110_527_671e-4,
    -2.241_276_075_627_522_4e-4,
    6.270_250_251_956_890_5e-5,
];
#[allow(clippy::excessive_precision)]
const Q_F64: [f64; 10] = [
    0.500_000_000_000_001_1,
    0.166_666_666_666_664_13,
    0.041_666_666_666_530_16,
    0.008_333_333_333_494_463,
    0.001_388_888_894_363_021_8,
    1.984_126_950_657_431_4e-4,
    2.480_149_309_878_652_6e-5,
    2.755_758_637_826_493e-6,
    2.763_024_842_399_636e-7,
    2.500_006_005_363_822e-8,
];

/// The numbers in which the two formats differ.
pub trait TanhConstants: Sized + 'static {
    /// From here on, 2/(E + 1) is less than half a unit in the last place of 1.
    const SATURATION: Self;
    /// Below this, the odd polynomial.
    const SMALL: Self;
    /// 1.5 · 2^(bits of the significand): adding it rounds to a whole number and leaves that in the
    /// low bits.
    const MAGIC: Self;
    /// log₂ e.
    const LOG2_E: Self;
    /// ln 2 but for its last bits, and those.
    const LN_2: (Self, Self);
    /// p, lowest coefficient first.
    const P: &'static [Self];
    /// q, lowest coefficient first.
    const Q: &'static [Self];
}

impl TanhConstants for f32 {
    const SATURATION: Self = 9.2;
    const SMALL: Self = 0.45;
    const MAGIC: Self = 12_582_912.0;
    const LOG2_E: Self = std::f32::consts::LOG2_E;
    const LN_2: (Self, Self) = (0.693_145_75, 1.428_606_8e-6);
    const P: &'static [Self] = &P_F32;
    const Q: &'static [Self] = &Q_F32;
}

impl TanhConstants for f64 {
    const SATURATION: Self = 19.5;
    // As in f32, so that both formats switch at the same place.
    const SMALL: Self = 0.45f32 as f64;
    const MAGIC: Self = 6_755_399_441_055_744.0;
    const LOG2_E: Self = std::f64::consts::LOG2_E;
    const LN_2: (Self, Self) = (0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10);
    const P: &'static [Self] = &P_F64;
    const Q: &'static [Self] = &Q_F64;
}

/// Horner's scheme, lowest coefficient first.
#[inline(always)]
pub(crate) fn polynomial<F: Copy, V: Vector<F>>(
    token: V::Token,
    coefficients: &'static [F],
    x: V,
) -> V {
    let mut i = coefficients.len() - 1;
    let mut sum = V::splat(token, coefficients[i]);
    while i > 0 {
        i -= 1;
        sum = sum.mul_add(x, V::splat(token, coefficients[i]));
    }
    sum
}

/// tanh of each element.
#[inline(always)]
pub fn tanh<F: Real, V: Vector<F>>(token: V::Token, x: V) -> V {
    let number = |value: F| V::splat(token, value);
    let one = number(F::ONE);
    let magnitude = x.abs();
    // Not a minimum, which would turn NaN into the bound and hide a broken state.
    let saturation = number(F::SATURATION);
    let magnitude = V::select(saturation.less(magnitude), saturation, magnitude);

    let square = magnitude * magnitude;
    let small = (magnitude * square).mul_add(polynomial(token, F::P, square), magnitude);

    let z = magnitude + magnitude;
    let magic = number(F::MAGIC);
    let shifted = z.mul_add(number(F::LOG2_E), magic);
    let k = shifted - magic;
    let f = k.mul_from(number(F::LN_2.1), k.mul_from(number(F::LN_2.0), z));
    let exponential =
        shifted.power_of_low_bits() * (one + (f * f).mul_add(polynomial(token, F::Q, f), f));
    let large = one - (one + one) / (exponential + one);

    V::select(magnitude.less(number(F::SMALL)), small, large).with_sign_of(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::tanh_flat;

    /// Distance in units in the last place between two numbers of the same sign.
    fn ulps(a: f64, b: f64) -> u64 {
        a.to_bits().abs_diff(b.to_bits())
    }

    #[test]
    fn f64_matches_a_60_digit_reference() {
        let table = include_str!("tanh_reference.txt");
        let mut worst = 0;
        let mut rows = 0;
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let (x, expected) = line.split_once(' ').unwrap();
            let x = f64::from_bits(u64::from_str_radix(x, 16).unwrap());
            let expected = f64::from_bits(u64::from_str_radix(expected, 16).unwrap());
            worst = worst.max(ulps(Real::tanh(x), expected));
            assert_eq!(Real::tanh(-x).to_bits(), (-Real::tanh(x)).to_bits());
            rows += 1;
        }
        assert!(rows > 2000, "{rows} rows");
        assert!(worst <= 3, "{worst} ulp");
    }

    #[test]
    fn f32_is_accurate_and_monotone_over_all_its_numbers() {
        // Every number from 0 to past saturation; the sign is copied, so half the range is all.
        let end = (f32::SATURATION * 1.01).to_bits();
        const BLOCK: u32 = 1 << 12;
        let [mut x, mut value] = [[0.0f32; BLOCK as usize]; 2];
        let [mut exact_x, mut exact] = [[0.0f64; BLOCK as usize]; 2];
        let mut previous = 0.0f32;
        let mut worst = 0;
        for first in (0..=end).step_by(BLOCK as usize) {
            for (bits, (x, exact_x)) in (first..).zip(x.iter_mut().zip(&mut exact_x)) {
                *x = f32::from_bits(bits);
                *exact_x = f64::from(*x);
            }
            tanh_flat(&x, &mut value);
            // f64 is exact to 29 bits more than f32 has.
            tanh_flat(&exact_x, &mut exact);
            for ((&x, &value), &exact) in x.iter().zip(&value).zip(&exact) {
                assert!(value >= previous, "not monotone at {x:e}");
                previous = value;
                worst = worst.max(value.to_bits().abs_diff((exact as f32).to_bits()));
            }
        }
        assert!(worst <= 3, "{worst} ulp");
        assert_eq!(previous, 1.0);
    }

    #[test]
    fn f64_is_monotone_around_every_switch() {
        // Where k or the form changes is where a step down could hide; and a few places elsewhere.
        let switches = (0..56).map(|k| (f64::from(k) + 0.5) * std::f64::consts::LN_2 / 2.0);
        for x in switches.chain([f64::SMALL, 1e-7, 0.01, 0.1, 0.3, 0.5, 1.0, 2.0]) {
            let mut previous = 0.0;
            for offset in 0..20_000u64 {
                let value = Real::tanh(f64::from_bits(x.to_bits() - 10_000 + offset));
                assert!(value >= previous, "not monotone at {x:e} + {offset}");
                previous = value;
            }
        }
    }

    #[test]
    fn ends_of_the_range() {
        assert_eq!(Real::tanh(0.0f32).to_bits(), 0.0f32.to_bits());
        assert_eq!(Real::tanh(-0.0f32).to_bits(), (-0.0f32).to_bits());
        assert_eq!(Real::tanh(-0.0f64).to_bits(), (-0.0f64).to_bits());
        assert_eq!(Real::tanh(f32::INFINITY), 1.0);
        assert_eq!(Real::tanh(f64::NEG_INFINITY), -1.0);
        assert_eq!(Real::tanh(-9.3f32), -1.0);
        assert_eq!(Real::tanh(20.0f64), 1.0);
        assert!(Real::tanh(f32::NAN).is_nan());
        assert!(Real::tanh(f64::NAN).is_nan());
        // Below the precision of 1 + x², tanh x is x: down to the subnormal numbers.
        for x in [1e-5f32, 1e-30, 1e-40, f32::from_bits(1)] {
            assert_eq!(Real::tanh(x), x);
        }
        assert_eq!(Real::tanh(f64::from_bits(1)), f64::from_bits(1));
    }
}
