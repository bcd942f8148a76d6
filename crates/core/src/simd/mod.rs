//! Vectors: several numbers that one instruction works on, chosen when the program runs.
//!
//! The kernels are written once, over [`Vector`]; here are its kinds. All compute the same bits: each
//! operation is the one of IEEE 754, element by element. A multiplication is fused with the addition
//! after it where the kernel says so ([`Vector::mul_add`]), and then on every path: x86-64 with AVX2
//! and AArch64 have the instruction, elsewhere it is a function, exact and slow. [`path`] says which
//! kind this CPU has.
//!
//! Vectors are written out, not left to the compiler to find in loops: it found them in most of the
//! kernels, and where it did not, after a change that should not have mattered, the program was
//! thirty times slower.
//!
//! All of the crate's `unsafe` is in this module, for one reason: instructions that not every CPU
//! has. A vector of such a kind can only be made with its token, and a token only where the CPU was
//! found to have the instructions. Loads and stores go through slices, whose length is checked.
#![allow(unsafe_code)]

/// The operators of a register type from its instructions.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! operators {
    ($name:ident, $($trait:ident $method:ident $instruction:ident),*) => {
        $(impl std::ops::$trait for $name {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                // SAFETY: a vector of this type exists only where its instructions do.
                Self(unsafe { $instruction(self.0, other.0) })
            }
        })*
    };
}

mod dispatch;
#[cfg(target_arch = "aarch64")]
mod neon;
mod pair;
mod portable;
mod words;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use dispatch::dispatched;
pub use dispatch::{Path, force_path, path};
pub use pair::Pair;
pub use portable::{Always, Portable};
pub use words::{PortableWords, Words};
#[cfg(target_arch = "x86_64")]
pub use x86::{Avx2, Avx512};

use std::ops::{Add, Div, Mul, Sub};

/// `WIDTH` numbers. Arithmetic is element by element, rounded once per operation; nothing is fused but
/// by name.
pub trait Vector<F>:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    /// Which elements.
    type Mask: Copy;
    /// The proof that the CPU has the instructions.
    type Token: Copy;
    /// Vectors of words that fill the same registers.
    type Words: Words<Token = Self::Token>;
    /// How many numbers.
    const WIDTH: usize;

    /// The same number in all elements.
    fn splat(token: Self::Token, value: F) -> Self;
    /// The first `WIDTH` numbers. Panics if there are fewer.
    fn load(token: Self::Token, from: &[F]) -> Self;
    /// Writes the first `WIDTH` numbers. Panics if there is room for fewer.
    fn store(self, to: &mut [F]);

    /// self · factor + addend, rounded once.
    fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// minuend − self · factor, rounded once.
    fn mul_from(self, factor: Self, minuend: Self) -> Self;

    /// The elements that are less than those of `other`; NaN is not.
    fn less(self, other: Self) -> Self::Mask;
    /// `yes` where the mask is set, `no` elsewhere.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;
    /// Without the sign.
    fn abs(self) -> Self;
    /// Numbers without a sign get that of `other`.
    fn with_sign_of(self, other: Self) -> Self;
    /// 2^k, where k is the whole number in the low bits of the significand.
    fn power_of_low_bits(self) -> Self;
}

/// The kinds of vectors of a number format.
pub trait Vectors: Sized {
    /// One number.
    type One: Vector<Self, Token = Always>;
    /// An array of four, for the path without vector instructions.
    type Four: Vector<Self, Token = Always>;
    /// 16 bytes, on every CPU of this architecture.
    #[cfg(target_arch = "aarch64")]
    type V128: Vector<Self, Token = Always>;
    /// 16 bytes.
    #[cfg(target_arch = "x86_64")]
    type V128: Vector<Self, Token = Avx2>;
    /// 32 bytes.
    #[cfg(target_arch = "x86_64")]
    type V256: Vector<Self, Token = Avx2>;
    /// 64 bytes.
    #[cfg(target_arch = "x86_64")]
    type V512: Vector<Self, Token = Avx512>;
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod no_vectors {
    use super::{Portable, Vectors};
    impl Vectors for f32 {
        type One = Portable<f32, 1>;
        type Four = Portable<f32, 4>;
    }
    impl Vectors for f64 {
        type One = Portable<f64, 1>;
        type Four = Portable<f64, 4>;
    }
}

#[cfg(test)]
mod tests;
