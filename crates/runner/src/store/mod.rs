//! The result folder of a study.
//!
//! - `journal`: every finished run, appended and synchronised as soon as it is done. What makes a
//!   study resumable, and the only file that is read back.
//! - `study.toml`, `runs.csv`, `curves.csv`, `traces.csv`, `manifest.json`: written when the study is
//!   complete, each to a temporary file that is then renamed.
//! - `lock`: held while a process writes here.

mod error;
mod folder;
mod journal;
mod record;
mod tables;

pub use error::StoreError;
pub use folder::Folder;
pub use journal::{Journal, Kept, read_journal};
pub use record::{Record, RecordStatus, TraceRecord};
pub use tables::write_tables;
