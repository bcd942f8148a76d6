//! Vectors of AArch64.

use super::{Always, Portable, PortableWords, Vector, Vectors};
use std::arch::aarch64::*;

impl Vectors for f32 {
    type One = Portable<f32, 1>;
    type Four = Portable<f32, 4>;
    type V128 = F32x4;
}

impl Vectors for f64 {
    type One = Portable<f64, 1>;
    type Four = Portable<f64, 4>;
    type V128 = F64x2;
}

/// A kind of vector from its instructions.
///
/// Each `unsafe` below has the same reason: NEON is on every AArch64 that Rust's standard library
/// runs on, and `load` and `store` have checked the length.
macro_rules! vector {
    ($name:ident: $width:literal of $float:ident in $inner:ident, $mask:ident,
     arithmetic $add:ident $sub:ident $mul:ident $div:ident,
     fused $fma:ident $fms:ident,
     memory $splat:ident $load:ident $store:ident,
     less $less:ident, select $select:ident, abs $abs:ident,
     sign $sign:expr, power $power:expr) => {
        /// Numbers side by side in one register.
        #[derive(Clone, Copy)]
        pub struct $name($inner);

        operators!($name, Add add $add, Sub sub $sub, Mul mul $mul, Div div $div);

        impl Vector<$float> for $name {
            type Mask = $mask;
            type Token = Always;
            type Words = PortableWords<4>;
            const WIDTH: usize = $width;

            #[inline(always)]
            fn splat(_: Always, value: $float) -> Self {
                Self(unsafe { $splat(value) })
            }
            #[inline(always)]
            fn load(_: Always, from: &[$float]) -> Self {
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
                Self(unsafe { $fma(addend.0, self.0, factor.0) })
            }
            #[inline(always)]
            fn mul_from(self, factor: Self, minuend: Self) -> Self {
                Self(unsafe { $fms(minuend.0, self.0, factor.0) })
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
                Self(unsafe { $abs(self.0) })
            }
            #[inline(always)]
            fn with_sign_of(self, other: Self) -> Self {
                Self(unsafe { $sign(self.0, other.0) })
            }
            #[inline(always)]
            fn power_of_low_bits(self) -> Self {
                Self(unsafe { $power(self.0) })
            }
        }
    };
}

vector!(F32x4: 4 of f32 in float32x4_t, uint32x4_t,
    arithmetic vaddq_f32 vsubq_f32 vmulq_f32 vdivq_f32,
    fused vfmaq_f32 vfmsq_f32,
    memory vdupq_n_f32 vld1q_f32 vst1q_f32,
    less vcltq_f32, select vbslq_f32, abs vabsq_f32,
    sign |x, other| vbslq_f32(vdupq_n_u32(1 << 31), other, x),
    power |x| vreinterpretq_f32_u32(vaddq_u32(
        vshlq_n_u32::<23>(vreinterpretq_u32_f32(x)), vdupq_n_u32(127 << 23))));
vector!(F64x2: 2 of f64 in float64x2_t, uint64x2_t,
    arithmetic vaddq_f64 vsubq_f64 vmulq_f64 vdivq_f64,
    fused vfmaq_f64 vfmsq_f64,
    memory vdupq_n_f64 vld1q_f64 vst1q_f64,
    less vcltq_f64, select vbslq_f64, abs vabsq_f64,
    sign |x, other| vbslq_f64(vdupq_n_u64(1 << 63), other, x),
    power |x| vreinterpretq_f64_u64(vaddq_u64(
        vshlq_n_u64::<52>(vreinterpretq_u64_f64(x)), vdupq_n_u64(1023 << 52))));
