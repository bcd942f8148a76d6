//! Vectors of x86-64.

use super::words::{U32x8, U32x16};
use super::{Portable, Vector, Vectors};
use std::arch::x86_64::*;

impl Vectors for f32 {
    type One = Portable<f32, 1>;
    type Four = Portable<f32, 4>;
    type V128 = F32x4;
    type V256 = F32x8;
    type V512 = F32x16;
}

impl Vectors for f64 {
    type One = Portable<f64, 1>;
    type Four = Portable<f64, 4>;
    type V128 = F64x2;
    type V256 = F64x4;
    type V512 = F64x8;
}

/// The CPU has AVX2 and FMA.
#[derive(Debug, Clone, Copy)]
pub struct Avx2(());

impl Avx2 {
    /// # Safety
    /// The CPU must have AVX2 and FMA.
    #[inline(always)]
    pub(crate) unsafe fn found() -> Self {
        Self(())
    }
}

/// The CPU has AVX-512 F, DQ and VL.
#[derive(Debug, Clone, Copy)]
pub struct Avx512(());

impl Avx512 {
    /// # Safety
    /// The CPU must have AVX-512 F, DQ and VL.
    #[inline(always)]
    pub(crate) unsafe fn found() -> Self {
        Self(())
    }
}

/// A kind of vector from its instructions.
///
/// Each `unsafe` below has the same reason. The instructions are there: a vector exists only with its
/// token. `load` and `store` have checked the length, and their
/// instructions need no alignment.
macro_rules! vector {
    ($name:ident: $width:literal of $float:ident in $inner:ident, $mask:ident, $token:ident, $words:ident,
     arithmetic $add:ident $sub:ident $mul:ident $div:ident,
     fused $fma:ident $fnma:ident,
     memory $splat:ident $load:ident $store:ident,
     bits $and:ident $andnot:ident $or:ident,
     less $less:path, select $select:ident, power $power:ident) => {
        /// Numbers side by side in one register.
        #[derive(Clone, Copy)]
        pub struct $name(pub(super) $inner);

        operators!($name, Add add $add, Sub sub $sub, Mul mul $mul, Div div $div);

        impl Vector<$float> for $name {
            type Mask = $mask;
            type Token = $token;
            type Words = $words;
            const WIDTH: usize = $width;

            #[inline(always)]
            fn splat(_: $token, value: $float) -> Self {
                Self(unsafe { $splat(value) })
            }
            #[inline(always)]
            fn load(_: $token, from: &[$float]) -> Self {
                let from = &from[..$width];
                Self(unsafe { $load(from.as_ptr()) })
            }
            #[inline(always)]
            fn store(self, to: &mut [$float]) {
                let to = &mut to[..$width];
                unsafe { $store(to.as_mut_ptr(), self.0) }
            }
            #[inline(always)]
            fn mul_add(self, factor: Self, addend: Self) -> Self {
                Self(unsafe { $fma(self.0, factor.0, addend.0) })
            }
            #[inline(always)]
            fn mul_from(self, factor: Self, minuend: Self) -> Self {
                Self(unsafe { $fnma(self.0, factor.0, minuend.0) })
            }
            #[inline(always)]
            fn less(self, other: Self) -> $mask {
                unsafe { $less(self.0, other.0) }
            }
            #[inline(always)]
            fn select(mask: $mask, yes: Self, no: Self) -> Self {
                Self(unsafe { $select(mask, yes.0, no.0) })
            }
            #[inline(always)]
            fn abs(self) -> Self {
                Self(unsafe { $andnot($splat(-0.0), self.0) })
            }
            #[inline(always)]
            fn with_sign_of(self, other: Self) -> Self {
                Self(unsafe { $or(self.0, $and($splat(-0.0), other.0)) })
            }
            #[inline(always)]
            fn power_of_low_bits(self) -> Self {
                Self(unsafe { $power(self.0) })
            }
        }
    };
}

/// Names for what takes more than one instruction, or another order of arguments.
macro_rules! name {
    ($($name:ident($($arg:ident: $type:ty),*) -> $out:ty = $body:expr;)*) => {
        $(#[inline(always)]
        unsafe fn $name($($arg: $type),*) -> $out {
            // SAFETY: see `vector`.
            unsafe { $body }
        })*
    };
}

const BIAS_F32: i32 = 127 << 23;
const BIAS_F64: i64 = 1023 << 52;

name! {
    select_f32x4(mask: __m128, yes: __m128, no: __m128) -> __m128
        = _mm_or_ps(_mm_and_ps(mask, yes), _mm_andnot_ps(mask, no));
    select_f64x2(mask: __m128d, yes: __m128d, no: __m128d) -> __m128d
        = _mm_or_pd(_mm_and_pd(mask, yes), _mm_andnot_pd(mask, no));
    select_f32x8(mask: __m256, yes: __m256, no: __m256) -> __m256
        = _mm256_blendv_ps(no, yes, mask);
    select_f64x4(mask: __m256d, yes: __m256d, no: __m256d) -> __m256d
        = _mm256_blendv_pd(no, yes, mask);
    select_f32x16(mask: __mmask16, yes: __m512, no: __m512) -> __m512
        = _mm512_mask_blend_ps(mask, no, yes);
    select_f64x8(mask: __mmask8, yes: __m512d, no: __m512d) -> __m512d
        = _mm512_mask_blend_pd(mask, no, yes);
    power_f32x4(x: __m128) -> __m128
        = _mm_castsi128_ps(_mm_add_epi32(
            _mm_slli_epi32::<23>(_mm_castps_si128(x)), _mm_set1_epi32(BIAS_F32)));
    power_f64x2(x: __m128d) -> __m128d
        = _mm_castsi128_pd(_mm_add_epi64(
            _mm_slli_epi64::<52>(_mm_castpd_si128(x)), _mm_set1_epi64x(BIAS_F64)));
    power_f32x8(x: __m256) -> __m256
        = _mm256_castsi256_ps(_mm256_add_epi32(
            _mm256_slli_epi32::<23>(_mm256_castps_si256(x)), _mm256_set1_epi32(BIAS_F32)));
    power_f64x4(x: __m256d) -> __m256d
        = _mm256_castsi256_pd(_mm256_add_epi64(
            _mm256_slli_epi64::<52>(_mm256_castpd_si256(x)), _mm256_set1_epi64x(BIAS_F64)));
    power_f32x16(x: __m512) -> __m512
        = _mm512_castsi512_ps(_mm512_add_epi32(
            _mm512_slli_epi32::<23>(_mm512_castps_si512(x)), _mm512_set1_epi32(BIAS_F32)));
    power_f64x8(x: __m512d) -> __m512d
        = _mm512_castsi512_pd(_mm512_add_epi64(
            _mm512_slli_epi64::<52>(_mm512_castpd_si512(x)), _mm512_set1_epi64(BIAS_F64)));
}

vector!(F32x4: 4 of f32 in __m128, __m128, Avx2, U32x8,
    arithmetic _mm_add_ps _mm_sub_ps _mm_mul_ps _mm_div_ps,
    fused _mm_fmadd_ps _mm_fnmadd_ps,
    memory _mm_set1_ps _mm_loadu_ps _mm_storeu_ps,
    bits _mm_and_ps _mm_andnot_ps _mm_or_ps,
    less _mm_cmplt_ps,
    select select_f32x4, power power_f32x4);
vector!(F64x2: 2 of f64 in __m128d, __m128d, Avx2, U32x8,
    arithmetic _mm_add_pd _mm_sub_pd _mm_mul_pd _mm_div_pd,
    fused _mm_fmadd_pd _mm_fnmadd_pd,
    memory _mm_set1_pd _mm_loadu_pd _mm_storeu_pd,
    bits _mm_and_pd _mm_andnot_pd _mm_or_pd,
    less _mm_cmplt_pd,
    select select_f64x2, power power_f64x2);
vector!(F32x8: 8 of f32 in __m256, __m256, Avx2, U32x8,
    arithmetic _mm256_add_ps _mm256_sub_ps _mm256_mul_ps _mm256_div_ps,
    fused _mm256_fmadd_ps _mm256_fnmadd_ps,
    memory _mm256_set1_ps _mm256_loadu_ps _mm256_storeu_ps,
    bits _mm256_and_ps _mm256_andnot_ps _mm256_or_ps,
    less _mm256_cmp_ps::<_CMP_LT_OQ>,
    select select_f32x8, power power_f32x8);
vector!(F64x4: 4 of f64 in __m256d, __m256d, Avx2, U32x8,
    arithmetic _mm256_add_pd _mm256_sub_pd _mm256_mul_pd _mm256_div_pd,
    fused _mm256_fmadd_pd _mm256_fnmadd_pd,
    memory _mm256_set1_pd _mm256_loadu_pd _mm256_storeu_pd,
    bits _mm256_and_pd _mm256_andnot_pd _mm256_or_pd,
    less _mm256_cmp_pd::<_CMP_LT_OQ>,
    select select_f64x4, power power_f64x4);
vector!(F32x16: 16 of f32 in __m512, __mmask16, Avx512, U32x16,
    arithmetic _mm512_add_ps _mm512_sub_ps _mm512_mul_ps _mm512_div_ps,
    fused _mm512_fmadd_ps _mm512_fnmadd_ps,
    memory _mm512_set1_ps _mm512_loadu_ps _mm512_storeu_ps,
    bits _mm512_and_ps _mm512_andnot_ps _mm512_or_ps,
    less _mm512_cmp_ps_mask::<_CMP_LT_OQ>,
    select select_f32x16, power power_f32x16);
vector!(F64x8: 8 of f64 in __m512d, __mmask8, Avx512, U32x16,
    arithmetic _mm512_add_pd _mm512_sub_pd _mm512_mul_pd _mm512_div_pd,
    fused _mm512_fmadd_pd _mm512_fnmadd_pd,
    memory _mm512_set1_pd _mm512_loadu_pd _mm512_storeu_pd,
    bits _mm512_and_pd _mm512_andnot_pd _mm512_or_pd,
    less _mm512_cmp_pd_mask::<_CMP_LT_OQ>,
    select select_f64x8, power power_f64x8);
