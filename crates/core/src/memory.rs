//! Memory whose size follows from parameters: an allocation that fails is an error of the run that
//! needs it, with how much and what for. Allocations of a fixed size, and those of a few numbers per
//! unit, are left to the allocator.

use crate::params::ParamError;
use std::fmt;

/// An allocation that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfMemory {
    /// How many bytes.
    pub bytes: u64,
    /// What they are for, as in "the target".
    pub what: &'static str,
}

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, what } = *self;
        write!(
            f,
            "out of memory: cannot allocate {} for {what}",
            shown(bytes)
        )
    }
}

impl std::error::Error for OutOfMemory {}

/// Why a network or a target cannot be drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum DrawError {
    /// The parameters are ill posed.
    Params(Vec<ParamError>),
    /// There is no memory for it.
    Memory(OutOfMemory),
}

impl fmt::Display for DrawError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Params(errors) => {
                let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
                write!(f, "ill-posed parameters: {}", texts.join("; "))
            }
            Self::Memory(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for DrawError {}

impl From<Vec<ParamError>> for DrawError {
    fn from(errors: Vec<ParamError>) -> Self {
        Self::Params(errors)
    }
}

impl From<OutOfMemory> for DrawError {
    fn from(error: OutOfMemory) -> Self {
        Self::Memory(error)
    }
}

/// A number of bytes to two digits or so: "3.2 GB".
pub fn shown(bytes: u64) -> String {
    // By hundred thousands, so that 999,960,000 is 1.0 GB and not 1000.0 MB.
    for (unit, name) in [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")] {
        let value = bytes as f64 / unit;
        if value >= 0.99995 {
            return format!("{value:.1} {name}");
        }
    }
    format!("{bytes} bytes")
}

/// An empty list with room for exactly `count` items.
///
/// # Errors
/// There is no memory for it.
pub fn reserved<T>(count: usize, what: &'static str) -> Result<Vec<T>, OutOfMemory> {
    let mut list = Vec::new();
    match list.try_reserve_exact(count) {
        Ok(()) => Ok(list),
        Err(_) => Err(OutOfMemory {
            bytes: (count as u64).saturating_mul(size_of::<T>() as u64),
            what,
        }),
    }
}

/// A list of `count` times the same value.
///
/// # Errors
/// There is no memory for it.
pub fn filled<T: Clone>(value: T, count: usize, what: &'static str) -> Result<Vec<T>, OutOfMemory> {
    let mut list = reserved(count, what)?;
    list.resize(count, value);
    Ok(list)
}

/// A list of `count` items, each from its number.
///
/// # Errors
/// There is no memory for it.
pub fn listed<T>(
    count: usize,
    what: &'static str,
    item: impl FnMut(usize) -> T,
) -> Result<Vec<T>, OutOfMemory> {
    let mut list = reserved(count, what)?;
    list.extend((0..count).map(item));
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_much_is_an_error_that_says_how_much_and_what_for() {
        let error = filled(0.0f64, 1 << 58, "the target").unwrap_err();
        assert_eq!(
            error.to_string(),
            "out of memory: cannot allocate 2305843.0 TB for the target"
        );
        // More than the type can count.
        let error = reserved::<[f64; 4]>(usize::MAX / 2, "x").unwrap_err();
        assert_eq!(error.bytes, u64::MAX);
        assert_eq!(listed(3, "x", |i| i * i).unwrap(), [0, 1, 4]);
    }

    #[test]
    fn bytes_are_shown_to_two_digits() {
        assert_eq!(shown(999), "999 bytes");
        assert_eq!(shown(1_600_000_000), "1.6 GB");
        assert_eq!(shown(999_960_000), "1.0 GB");
        assert_eq!(shown(717_000_000), "717.0 MB");
    }
}
