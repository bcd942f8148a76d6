//! The only way in which files are opened and written: by the report and by the runner.
//!
//! [`open`] opens what a user names, and refuses what would block; [`replace`] writes a file that
//! appears whole or not at all.

pub mod open;
pub mod replace;
