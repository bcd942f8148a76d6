//! Two vectors as one.

use super::Vector;
use std::ops::{Add, Div, Mul, Sub};

/// Two vectors, side by side: each operation is done on both before the next one.
///
/// For long chains of operations that wait for one another, like a polynomial: the CPU looks only
/// some hundred instructions ahead, and finds more of them ready where independent ones are close.
#[derive(Clone, Copy)]
pub struct Pair<V>(V, V);

macro_rules! operator {
    ($trait:ident, $method:ident) => {
        impl<V: $trait<Output = V>> $trait for Pair<V> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self(self.0.$method(other.0), self.1.$method(other.1))
            }
        }
    };
}
operator!(Add, add);
operator!(Sub, sub);
operator!(Mul, mul);
operator!(Div, div);

impl<F: Copy, V: Vector<F>> Vector<F> for Pair<V> {
    type Mask = (V::Mask, V::Mask);
    type Token = V::Token;
    type Words = V::Words;
    const WIDTH: usize = 2 * V::WIDTH;

    #[inline(always)]
    fn splat(token: V::Token, value: F) -> Self {
        let both = V::splat(token, value);
        Self(both, both)
    }
    #[inline(always)]
    fn load(token: V::Token, from: &[F]) -> Self {
        Self(V::load(token, from), V::load(token, &from[V::WIDTH..]))
    }
    #[inline(always)]
    fn store(self, to: &mut [F]) {
        self.0.store(to);
        self.1.store(&mut to[V::WIDTH..]);
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        Self(
            self.0.mul_add(factor.0, addend.0),
            self.1.mul_add(factor.1, addend.1),
        )
    }
    #[inline(always)]
    fn mul_from(self, factor: Self, minuend: Self) -> Self {
        Self(
            self.0.mul_from(factor.0, minuend.0),
            self.1.mul_from(factor.1, minuend.1),
        )
    }
    #[inline(always)]
    fn less(self, other: Self) -> Self::Mask {
        (self.0.less(other.0), self.1.less(other.1))
    }
    #[inline(always)]
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        Self(
            V::select(mask.0, yes.0, no.0),
            V::select(mask.1, yes.1, no.1),
        )
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self(self.0.abs(), self.1.abs())
    }
    #[inline(always)]
    fn with_sign_of(self, other: Self) -> Self {
        Self(self.0.with_sign_of(other.0), self.1.with_sign_of(other.1))
    }
    #[inline(always)]
    fn power_of_low_bits(self) -> Self {
        Self(self.0.power_of_low_bits(), self.1.power_of_low_bits())
    }
}
