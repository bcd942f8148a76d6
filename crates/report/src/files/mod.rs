//! The only way in which files are opened and written: by the report and by the runner.
//!
//! [`open`] opens what a user names, and refuses what would block; [`replace`] writes a file that
//! appears whole or not at all; [`unique`] makes new files under names that nobody else takes; [`owner`]
//! says whether the process that something belongs to is gone.

pub mod digest;
pub mod open;
pub mod owner;
pub mod replace;
pub mod unique;
