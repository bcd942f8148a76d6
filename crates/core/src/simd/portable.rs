//! Vectors as arrays: on every CPU, and under Miri.

use super::{PortableWords, Vector};
use std::ops::{Add, Div, Mul, Sub};

/// For vectors that every CPU has.
#[derive(Debug, Clone, Copy)]
pub struct Always;

/// `W` numbers in an array.
#[derive(Debug, Clone, Copy)]
pub struct Portable<F, const W: usize>(pub(super) [F; W]);

impl<F: Copy, const W: usize> Portable<F, W> {
    #[inline(always)]
    fn map(self, function: impl Fn(F) -> F) -> Self {
        self.zip(self, |value, _| function(value))
    }

    #[inline(always)]
    fn zip(self, other: Self, function: impl Fn(F, F) -> F) -> Self {
        // Not `std::array::from_fn`: it is not always inlined.
        let mut result = self.0;
        for (value, other) in result.iter_mut().zip(other.0) {
            *value = function(*value, other);
        }
        Self(result)
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident) => {
        impl<F: Copy + $trait<Output = F>, const W: usize> $trait for Portable<F, W> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                self.zip(other, F::$method)
            }
        }
    };
}
operator!(Add, add);
operator!(Sub, sub);
operator!(Mul, mul);
operator!(Div, div);

macro_rules! portable {
    ($float:ident, $significand_bits:expr, $bias:expr) => {
        impl<const W: usize> Vector<$float> for Portable<$float, W> {
            type Mask = [bool; W];
            type Token = Always;
            type Words = PortableWords<4>;
            const WIDTH: usize = W;

            #[inline(always)]
            fn splat(_: Always, value: $float) -> Self {
                Self([value; W])
            }
            #[inline(always)]
            fn load(_: Always, from: &[$float]) -> Self {
                let mut values = [0.0; W];
                values.copy_from_slice(&from[..W]);
                Self(values)
            }
            #[inline(always)]
            fn store(self, to: &mut [$float]) {
                to[..W].copy_from_slice(&self.0);
            }
            #[inline(always)]
            fn mul_add(self, factor: Self, addend: Self) -> Self {
                let mut result = self.0;
                for i in 0..W {
                    result[i] = self.0[i].mul_add(factor.0[i], addend.0[i]);
                }
                Self(result)
            }
            #[inline(always)]
            fn mul_from(self, factor: Self, minuend: Self) -> Self {
                self.map(|x| -x).mul_add(factor, minuend)
            }
            #[inline(always)]
            fn less(self, other: Self) -> [bool; W] {
                let mut mask = [false; W];
                for i in 0..W {
                    mask[i] = self.0[i] < other.0[i];
                }
                mask
            }
            #[inline(always)]
            fn select(mask: [bool; W], yes: Self, no: Self) -> Self {
                let mut result = no;
                for i in 0..W {
                    if mask[i] {
                        result.0[i] = yes.0[i];
                    }
                }
                result
            }
            #[inline(always)]
            fn abs(self) -> Self {
                self.map($float::abs)
            }
            #[inline(always)]
            fn with_sign_of(self, other: Self) -> Self {
                self.zip(other, $float::copysign)
            }
            #[inline(always)]
            fn power_of_low_bits(self) -> Self {
                self.map(|x| {
                    $float::from_bits((x.to_bits() << $significand_bits).wrapping_add($bias))
                })
            }
        }
    };
}
portable!(f32, 23, 127 << 23);
portable!(f64, 52, 1023 << 52);
