//! Which vector instructions the kernels use. All paths compute the same bits: the same operations in
//! the same order, only more or fewer lanes per instruction.

use std::sync::atomic::{AtomicU8, Ordering};

/// A set of vector instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Path {
    /// What every CPU of this architecture has (SSE2 on x86-64, NEON on AArch64).
    Plain = 1,
    /// AVX2: 32-byte vectors.
    Avx2 = 2,
    /// AVX-512: 64-byte vectors.
    Avx512 = 3,
}

impl Path {
    /// The paths that this CPU has, slowest first.
    pub fn available() -> Vec<Self> {
        let mut paths = vec![Self::Plain];
        #[cfg(target_arch = "x86_64")]
        {
            if std::arch::is_x86_feature_detected!("avx2") {
                paths.push(Self::Avx2);
            }
            if std::arch::is_x86_feature_detected!("avx512f")
                && std::arch::is_x86_feature_detected!("avx512dq")
                && std::arch::is_x86_feature_detected!("avx512vl")
            {
                paths.push(Self::Avx512);
            }
        }
        paths
    }

    /// The name by which [`force_path`] is asked for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Avx2 => "avx2",
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
        2 => Path::Avx2,
        3 => Path::Avx512,
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

/// Defines a kernel as a function that runs its body compiled for the chosen path.
///
/// The body must be `#[inline(always)]` down to the last call, so that it is compiled anew within
/// each of the functions below.
macro_rules! dispatched {
    (
        $(#[$doc:meta])*
        $vis:vis fn $name:ident<$float:ident $(, const $lanes:ident)?>($($arg:ident: $type:ty),* $(,)?) $(-> $out:ty)?
        = $body:ident
    ) => {
        $(#[$doc])*
        #[allow(unsafe_code)]
        $vis fn $name<$float: Real $(, const $lanes: usize)?>($($arg: $type),*) $(-> $out)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn avx2<$float: Real $(, const $lanes: usize)?>($($arg: $type),*) $(-> $out)? {
                    $body($($arg),*)
                }
                #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
                fn avx512<$float: Real $(, const $lanes: usize)?>($($arg: $type),*) $(-> $out)? {
                    $body($($arg),*)
                }
                // SAFETY: the one condition of these calls is that the CPU has the instructions;
                // `path` returns only paths that were detected on it.
                match $crate::kernel::dispatch::path() {
                    Path::Avx512 => return unsafe { avx512($($arg),*) },
                    Path::Avx2 => return unsafe { avx2($($arg),*) },
                    Path::Plain => {}
                }
            }
            $body($($arg),*)
        }
    };
}
pub(super) use dispatched;

/// Keeps the compiler from vectorising a loop over units: the lanes of a unit are the vector. Left
/// alone, LLVM unrolls the lanes and then gathers across units, four times slower.
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn unit_by_unit() {
    #[cfg(not(miri))]
    // SAFETY: an empty instruction sequence that touches no memory, no stack and no flags.
    unsafe {
        std::arch::asm!("", options(nomem, nostack, preserves_flags));
    }
}
