//! The verbs of the command line, one file each.

pub mod check;
pub mod compare;
pub mod tune;
pub mod write;
