//! The result folder of a study.
//!
//! - `journal/`: every finished run, appended as soon as it is done, a file per process. What makes a
//!   study resumable, and the only thing that is read back.
//! - `study.toml`: the complete study, written before anything is computed.
//! - `runs.csv`, `curves.csv`, `traces.csv`, then `manifest.json`, which names the study and the tables:
//!   written when the study is complete, each to a temporary file that is then renamed.
//! - `state/`: what runs have learned, where the study asks for it (`keep_state`).
//! - `lock`, `lock-3-of-8`: held while processes write here; where the file system has no locks,
//!   `lock.held`, `lock-3-of-8.held`.

mod error;
mod folder;
mod journal;
mod kept;
mod lock;
mod mark;
mod record;
mod sound;
mod states;
mod tables;
#[cfg(test)]
mod tests;
mod written;

pub use error::StoreError;
pub use folder::{Folder, Holder};
pub use journal::{Journal, JournalFile, parse_journal, read_journals};
pub use kept::{Ends, Kept};
pub use record::{Record, RecordStatus, TraceRecord};
pub use states::{StateIndex, StatePlace, States};
pub use tables::{Digests, write_tables};
pub use written::{TableDifference, differences, records_of};
