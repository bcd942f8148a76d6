//! The two number formats that a run can be computed in.

use super::tanh::TanhConstants;
use crate::simd::{Always, Vector, Vectors};
use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

/// `f32` or `f64`. Only operations that IEEE 754 rounds correctly, and our own tanh: the same bits
/// on every machine. A multiplication is fused with an addition by name alone, and then everywhere.
pub trait Real:
    Copy
    + Debug
    + Default
    + PartialOrd
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + TanhConstants
    + Vectors
    + 'static
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// The distance from 1 to the next larger number.
    const EPSILON: Self;

    /// self · factor + addend, rounded once: slow outside of the kernels.
    fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// The nearest number of this format.
    fn from_f64(value: f64) -> Self;
    /// This number, exactly.
    fn to_f64(self) -> f64;
    /// Hyperbolic tangent: odd, monotone, within 3 units in the last place, exactly ±1 from |x| ≈ 9
    /// (f32) or 19 (f64) on; NaN stays NaN.
    fn tanh(self) -> Self {
        let mut result = [Self::ZERO];
        super::tanh::tanh(Always, Self::One::load(Always, &[self])).store(&mut result);
        result[0]
    }
}

impl Real for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    const EPSILON: Self = f32::EPSILON;

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        f32::mul_add(self, factor, addend)
    }
    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value as f32
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Real for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    const EPSILON: Self = f64::EPSILON;

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        f64::mul_add(self, factor, addend)
    }
    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
}
