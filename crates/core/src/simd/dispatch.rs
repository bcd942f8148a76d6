//! Which vectors the kernels use. All paths compute the same bits: the same operations in the same
//! order, only more or fewer numbers per instruction.

use std::sync::atomic::{AtomicU8, Ordering};

/// A set of vector instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Path {
    /// Arrays, left to the compiler.
    Plain = 1,
    /// AArch64's 16-byte vectors, which all of these CPUs have.
    #[cfg(target_arch = "aarch64")]
    Neon = 2,
    /// AVX2 and FMA: 32-byte vectors.
    #[cfg(target_arch = "x86_64")]
    Avx2 = 3,
    /// AVX-512: 64-byte vectors.
    #[cfg(target_arch = "x86_64")]
    Avx512 = 4,
}

impl Path {
    /// The paths that this CPU has, slowest first.
    pub fn available() -> Vec<Self> {
        let mut paths = vec![Self::Plain];
        if cfg!(miri) {
            return paths;
        }
        #[cfg(target_arch = "aarch64")]
        paths.push(Self::Neon);
        // SSE2, which every x86-64 has, cannot fuse a multiplication and an addition.
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
        {
            paths.push(Self::Avx2);
            if std::arch::is_x86_feature_detected!("avx512f")
                && std::arch::is_x86_feature_detected!("avx512dq")
                && std::arch::is_x86_feature_detected!("avx512vl")
            {
                paths.push(Self::Avx512);
            }
        }
        paths
    }

    /// Its short name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            #[cfg(target_arch = "aarch64")]
            Self::Neon => "neon",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => "avx512",
        }
    }
}

/// The chosen path, 0 before the first use.
static CHOSEN: AtomicU8 = AtomicU8::new(0);

/// The path in use: the widest one there is, unless [`force_path`] said otherwise.
#[inline]
pub fn path() -> Path {
    match CHOSEN.load(Ordering::Relaxed) {
        1 => Path::Plain,
        #[cfg(target_arch = "aarch64")]
        2 => Path::Neon,
        #[cfg(target_arch = "x86_64")]
        3 => Path::Avx2,
        #[cfg(target_arch = "x86_64")]
        4 => Path::Avx512,
        _ => {
            let widest = Path::available().into_iter().last().unwrap_or(Path::Plain);
            CHOSEN.store(widest as u8, Ordering::Relaxed);
            widest
        }
    }
}

/// Makes this process use one path: for tests and measurements, since results do not depend on it.
///
/// Returns whether the CPU has it; if not, nothing changes.
pub fn force_path(path: Path) -> bool {
    let available = Path::available().contains(&path);
    if available {
        CHOSEN.store(path as u8, Ordering::Relaxed);
    }
    available
}

/// Defines a kernel as a function that runs its body with the vectors of the chosen path: the widest
/// there are, or the widest that a row of numbers fills (`in rows of L`).
///
/// The body must be `#[inline(always)]` down to the last call, so that it is compiled anew within
/// each of the functions below, where the instructions are.
macro_rules! dispatched {
    (
        $(#[$doc:meta])*
        $vis:vis fn $name:ident<$float:ident $(, const $lanes:ident)?>($($arg:ident: $type:ty),* $(,)?)
        $(in rows of $row:ident)? = $body:ident
    ) => {
        $(#[$doc])*
        #[allow(unsafe_code, clippy::too_many_arguments)]
        $vis fn $name<$float: $crate::numeric::Real $(, const $lanes: usize)?>($($arg: $type),*) {
            use $crate::simd::Always;
            #[cfg(target_arch = "x86_64")]
            use $crate::simd::{Avx2, Avx512};
            // Bytes of one row, as far as vectors go.
            let row = 64 $(.min($row * size_of::<$float>()))?;
            #[cfg(target_arch = "x86_64")]
            {
                // SAFETY, here and below: the one condition of these calls is that the CPU has the
                // instructions; `path` returns only paths that were detected on it.
                #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]
                unsafe fn avx512<$float: $crate::numeric::Real $(, const $lanes: usize)?>($($arg: $type),*) {
                    let token = unsafe { Avx512::found() };
                    $body::<$float, $float::V512 $(, $lanes)?>(token, $($arg),*);
                }
                #[target_feature(enable = "avx2,fma")]
                unsafe fn avx2<$float: $crate::numeric::Real $(, const $lanes: usize)?>(row: usize, $($arg: $type),*) {
                    let token = unsafe { Avx2::found() };
                    if row >= 32 {
                        $body::<$float, $float::V256 $(, $lanes)?>(token, $($arg),*);
                    } else if row >= 16 {
                        $body::<$float, $float::V128 $(, $lanes)?>(token, $($arg),*);
                    } else {
                        $body::<$float, $float::One $(, $lanes)?>(Always, $($arg),*);
                    }
                }
                match $crate::simd::path() {
                    Path::Avx512 if row == 64 => return unsafe { avx512::<$float $(, $lanes)?>($($arg),*) },
                    Path::Avx512 | Path::Avx2 => return unsafe { avx2::<$float $(, $lanes)?>(row, $($arg),*) },
                    Path::Plain => {}
                }
            }
            #[cfg(target_arch = "aarch64")]
            if row >= 16 && $crate::simd::path() == Path::Neon {
                return $body::<$float, $float::V128 $(, $lanes)?>(Always, $($arg),*);
            }
            if row >= 16 {
                $body::<$float, $float::Four $(, $lanes)?>(Always, $($arg),*)
            } else {
                $body::<$float, $float::One $(, $lanes)?>(Always, $($arg),*)
            }
        }
    };
}
pub(crate) use dispatched;
