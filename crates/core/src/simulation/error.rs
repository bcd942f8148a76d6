//! Why a batch has no results.

use crate::memory::{DrawError, OutOfMemory};
use crate::params::ParamError;

/// Why a batch has no results.
#[derive(Debug, Clone, PartialEq)]
pub enum SimulationError {
    /// The parameters are ill posed.
    Params(Vec<ParamError>),
    /// A run has another precision than the first.
    MixedPrecision,
    /// A target without a single step.
    EmptyTarget,
    /// A protocol that switches to a second target, and none as long as the first.
    NoSecondTarget,
    /// A state to go on from that is of another rule or network, or of as many trials or more, or for
    /// a stream.
    WrongState,
    /// There is no memory for it.
    Memory(OutOfMemory),
    /// The monitor ended it.
    Interrupted,
}

impl std::fmt::Display for SimulationError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Params(errors) => DrawError::Params(errors.clone()).fmt(f),
            Self::MixedPrecision => write!(f, "a batch holds runs of one precision"),
            Self::EmptyTarget => write!(f, "the target has no time step"),
            Self::NoSecondTarget => write!(f, "no second target as long as the first"),
            Self::WrongState => write!(f, "the state to go on from does not fit the run"),
            Self::Memory(error) => error.fmt(f),
            Self::Interrupted => write!(f, "interrupted"),
        }
    }
}

impl std::error::Error for SimulationError {}

impl From<DrawError> for SimulationError {
    fn from(error: DrawError) -> Self {
        match error {
            DrawError::Params(errors) => Self::Params(errors),
            DrawError::Memory(error) => Self::Memory(error),
        }
    }
}

impl From<OutOfMemory> for SimulationError {
    fn from(error: OutOfMemory) -> Self {
        Self::Memory(error)
    }
}
