//! Vectors of 32-bit words, for random numbers: as wide as the vectors of numbers beside them.
//!
//! AArch64 has the portable ones, arrays of four, which its compiler turns into vector instructions.

use super::{Always, Portable, Vector};
use std::ops::{Add, BitAnd, BitXor};

/// `WIDTH` words. Sums wrap.
pub trait Words: Copy + Add<Output = Self> + BitAnd<Output = Self> + BitXor<Output = Self> {
    /// The proof that the CPU has the instructions.
    type Token: Copy;
    /// As many numbers.
    type Floats: Vector<f32, Token = Self::Token>;
    /// How many words.
    const WIDTH: usize;

    /// The same word in all elements.
    fn splat(token: Self::Token, value: u32) -> Self;
    /// The first `WIDTH` words. Panics if there are fewer.
    fn load(token: Self::Token, from: &[u32]) -> Self;

    /// Rotated to the left by `BITS` bits, 1 to 31.
    fn rotate_left<const BITS: u32>(self) -> Self;
    /// Shifted to the right by `BITS` bits, 1 to 31; zeros come from the left.
    fn shift_right<const BITS: u32>(self) -> Self;

    /// The nearest numbers; a word with its highest bit set is negative.
    fn to_floats(self) -> Self::Floats;
    /// The bits of numbers.
    fn bits_of(numbers: Self::Floats) -> Self;
    /// The numbers of bits.
    fn as_floats(self) -> Self::Floats;
    /// Square roots, correctly rounded.
    fn sqrt(numbers: Self::Floats) -> Self::Floats;
}

/// `W` words in an array.
#[derive(Debug, Clone, Copy)]
pub struct PortableWords<const W: usize>([u32; W]);

impl<const W: usize> PortableWords<W> {
    #[inline(always)]
    fn map(self, function: impl Fn(u32) -> u32) -> Self {
        self.zip(self, |value, _| function(value))
    }

    #[inline(always)]
    fn zip(self, other: Self, function: impl Fn(u32, u32) -> u32) -> Self {
        let mut result = self.0;
        for (value, other) in result.iter_mut().zip(other.0) {
            *value = function(*value, other);
        }
        Self(result)
    }

    #[inline(always)]
    fn floats(self, function: impl Fn(u32) -> f32) -> Portable<f32, W> {
        let mut result = [0.0; W];
        for (number, word) in result.iter_mut().zip(self.0) {
            *number = function(word);
        }
        Portable(result)
    }
}

impl<const W: usize> Add for PortableWords<W> {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, u32::wrapping_add)
    }
}

impl<const W: usize> BitAnd for PortableWords<W> {
    type Output = Self;
    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        self.zip(other, |a, b| a & b)
    }
}

impl<const W: usize> BitXor for PortableWords<W> {
    type Output = Self;
    #[inline(always)]
    fn bitxor(self, other: Self) -> Self {
        self.zip(other, |a, b| a ^ b)
    }
}

impl<const W: usize> Words for PortableWords<W> {
    type Token = Always;
    type Floats = Portable<f32, W>;
    const WIDTH: usize = W;

    #[inline(always)]
    fn splat(_: Always, value: u32) -> Self {
        Self([value; W])
    }
    #[inline(always)]
    fn load(_: Always, from: &[u32]) -> Self {
        let mut words = [0; W];
        words.copy_from_slice(&from[..W]);
        Self(words)
    }
    #[inline(always)]
    fn rotate_left<const BITS: u32>(self) -> Self {
        self.map(|word| word.rotate_left(BITS))
    }
    #[inline(always)]
    fn shift_right<const BITS: u32>(self) -> Self {
        self.map(|word| word >> BITS)
    }
    #[inline(always)]
    fn to_floats(self) -> Portable<f32, W> {
        self.floats(|word| word.cast_signed() as f32)
    }
    #[inline(always)]
    fn bits_of(numbers: Portable<f32, W>) -> Self {
        let mut words = [0; W];
        for (word, number) in words.iter_mut().zip(numbers.0) {
            *word = number.to_bits();
        }
        Self(words)
    }
    #[inline(always)]
    fn as_floats(self) -> Portable<f32, W> {
        self.floats(f32::from_bits)
    }
    #[inline(always)]
    fn sqrt(numbers: Portable<f32, W>) -> Portable<f32, W> {
        // IEEE 754 rounds it correctly: the same bits everywhere.
        let mut roots = numbers.0;
        for root in &mut roots {
            *root = root.sqrt();
        }
        Portable(roots)
    }
}

#[cfg(target_arch = "x86_64")]
pub use x86::{U32x8, U32x16};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Words;
    use crate::simd::x86::{Avx2, Avx512, F32x8, F32x16};
    use std::arch::x86_64::*;

    /// A kind of vector from its instructions. Each `unsafe` has the reason of those of the vectors of
    /// numbers: one exists only with its token, and `load` has checked the length.
    macro_rules! words {
        ($name:ident: $width:literal in $inner:ident, $token:ident, $floats:ident,
         $add:ident $and:ident $xor:ident $splat:ident $load:ident,
         rotate $rotate:ident, right $right:ident,
         $to_floats:ident $bits_of:ident $as_floats:ident $sqrt:ident) => {
            /// Words side by side in one register.
            #[derive(Clone, Copy)]
            pub struct $name($inner);

            operators!($name, Add add $add, BitAnd bitand $and, BitXor bitxor $xor);

            impl Words for $name {
                type Token = $token;
                type Floats = $floats;
                const WIDTH: usize = $width;

                #[inline(always)]
                fn splat(_: $token, value: u32) -> Self {
                    Self(unsafe { $splat(value.cast_signed()) })
                }
                #[inline(always)]
                fn load(_: $token, from: &[u32]) -> Self {
                    let from = &from[..$width];
                    Self(unsafe { $load(from.as_ptr().cast()) })
                }
                #[inline(always)]
                fn rotate_left<const BITS: u32>(self) -> Self {
                    Self(unsafe { $rotate::<BITS>(self.0) })
                }
                #[inline(always)]
                fn shift_right<const BITS: u32>(self) -> Self {
                    // By a constant: it becomes the instruction with the count in it.
                    Self(unsafe { $right(self.0, $splat(BITS.cast_signed())) })
                }
                #[inline(always)]
                fn to_floats(self) -> $floats {
                    $floats(unsafe { $to_floats(self.0) })
                }
                #[inline(always)]
                fn bits_of(numbers: $floats) -> Self {
                    Self(unsafe { $bits_of(numbers.0) })
                }
                #[inline(always)]
                fn as_floats(self) -> $floats {
                    $floats(unsafe { $as_floats(self.0) })
                }
                #[inline(always)]
                fn sqrt(numbers: $floats) -> $floats {
                    $floats(unsafe { $sqrt(numbers.0) })
                }
            }
        };
    }

    #[inline(always)]
    unsafe fn rotate_x8<const BITS: u32>(x: __m256i) -> __m256i {
        // SAFETY: see `words`.
        unsafe {
            let count = |bits: u32| _mm256_set1_epi32(bits.cast_signed());
            _mm256_or_si256(
                _mm256_sllv_epi32(x, count(BITS)),
                _mm256_srlv_epi32(x, count(32 - BITS)),
            )
        }
    }

    #[inline(always)]
    unsafe fn rotate_x16<const BITS: u32>(x: __m512i) -> __m512i {
        // SAFETY: see `words`.
        unsafe { _mm512_rolv_epi32(x, _mm512_set1_epi32(BITS.cast_signed())) }
    }

    words!(U32x8: 8 in __m256i, Avx2, F32x8,
        _mm256_add_epi32 _mm256_and_si256 _mm256_xor_si256 _mm256_set1_epi32 _mm256_loadu_si256,
        rotate rotate_x8, right _mm256_srlv_epi32,
        _mm256_cvtepi32_ps _mm256_castps_si256 _mm256_castsi256_ps _mm256_sqrt_ps);
    words!(U32x16: 16 in __m512i, Avx512, F32x16,
        _mm512_add_epi32 _mm512_and_si512 _mm512_xor_si512 _mm512_set1_epi32 _mm512_loadu_si512,
        rotate rotate_x16, right _mm512_srlv_epi32,
        _mm512_cvtepi32_ps _mm512_castps_si512 _mm512_castsi512_ps _mm512_sqrt_ps);
}
