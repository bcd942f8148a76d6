//! What the holder of a lock writes of itself, for people and for programs, and what others make of it.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use synapse_report::files::open;
use synapse_report::files::owner::{Life, Owner};
use synapse_report::words::visible;

/// What a file that is a lock is called, after the name of the lock.
pub(super) const HELD: &str = ".held";
/// The file that one process at a time creates to remove a lock that was left behind.
pub(super) const BREAKING: &str = ".breaking";
/// A holder on another machine that gave no sign of life for so long may be gone.
const SILENT: Duration = Duration::from_secs(300);
/// Signatures and `.held` files are short; of anything else no more is read.
const MOST_READ: u64 = 4096;

/// Who holds a lock that says nothing.
const NAMELESS: &str = "a process that left no name";
/// How often a lock without a name is read again.
const NAMED_AFTER: usize = 10;

/// What a holder writes of itself: a line for people, a line for programs.
pub(super) fn signature(owner: &str) -> String {
    format!("{owner}\nowner {}\n", Owner::this())
}

/// What a lock's file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    /// The file.
    pub path: PathBuf,
    /// Who holds it, for people.
    pub owner: String,
    /// When its holder last wrote it, by the file system's clock.
    written: Option<SystemTime>,
    life: Life,
}

impl Mark {
    /// Reads the mark in a file; none if there is no such file, or an empty one that is no lock by its
    /// existence.
    pub(super) fn read(path: PathBuf) -> Option<Self> {
        // A lock that exists has no name yet for the moment in which it is created.
        for _ in 0..NAMED_AFTER {
            let mark = Self::read_now(path.clone())?;
            if mark.owner != NAMELESS {
                return Some(mark);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Self::read_now(path)
    }

    fn read_now(path: PathBuf) -> Option<Self> {
        let exists = path.to_string_lossy().ends_with(HELD);
        let nameless = |path, written| Self {
            path,
            owner: NAMELESS.to_owned(),
            written,
            life: Life::Unknown,
        };
        let file = match open::regular(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(_) => return exists.then(|| nameless(path, None)),
        };
        let written = file.metadata().and_then(|metadata| metadata.modified());
        let written = written.ok();
        let mut bytes = Vec::new();
        // What cannot be read has no name.
        let _ = file.take(MOST_READ).read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes);
        let mut lines = text.trim().lines();
        let Some(owner) = lines.next() else {
            return exists.then(|| nameless(path, written));
        };
        let parsed: Option<Owner> = lines
            .find_map(|line| line.strip_prefix("owner "))
            .and_then(|text| text.parse().ok());
        Some(Self {
            path,
            owner: visible(owner).into_owned(),
            written,
            life: parsed.map_or(Life::Unknown, Owner::life),
        })
    }

    /// The file that keeps a lock from being removed whose holder has ended, if it is there: its process
    /// died within the removal.
    pub(super) fn breaking(&self) -> Option<PathBuf> {
        let path = with_end(&self.path, BREAKING);
        (self.is_gone() && path.exists()).then_some(path)
    }

    /// The mark of a holder that is known to run.
    pub(super) fn of_the_living(self) -> Self {
        Self {
            life: Life::Runs,
            ..self
        }
    }

    /// Whether its holder has provably ended.
    pub(super) fn is_gone(&self) -> bool {
        self.life == Life::Gone
    }

    /// How long ago its holder gave a sign of life; `now` is by the file system's clock.
    fn silence(&self, now: SystemTime) -> Option<Duration> {
        Some(now.duration_since(self.written?).unwrap_or_default())
    }

    /// Whether its holder may have ended without a word: it is of another machine, or of an unknown one,
    /// and silent for long. Who only signs is silent from the start.
    pub(super) fn is_doubtful(&self, now: SystemTime) -> bool {
        let is_file = self.path.to_string_lossy().ends_with(HELD);
        let silent = || self.silence(now).is_none_or(|silence| silence >= SILENT);
        self.life == Life::Unknown && (!is_file || silent())
    }

    /// The holder and how long it has been silent, where that says something.
    pub(super) fn told(&self, now: SystemTime) -> String {
        match self.silence(now).filter(|_| self.life == Life::Unknown) {
            Some(silence) => {
                let whole = Duration::from_secs(silence.as_secs());
                let time = humantime::format_duration(whole);
                format!("{}, last sign of life {time} ago", self.owner)
            }
            None => self.owner.clone(),
        }
    }
}

/// A path with something added to its name.
pub(super) fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// The file system's time: that of a file which this process has just written.
pub(super) fn time_of(folder: &Path, names: &[String]) -> SystemTime {
    let written = |name: &String| {
        let path = [folder.join(name), folder.join(format!("{name}{HELD}"))];
        let times = path
            .iter()
            .filter_map(|path| fs::metadata(path).ok()?.modified().ok());
        times.max()
    };
    names
        .iter()
        .filter_map(written)
        .max()
        .unwrap_or_else(SystemTime::now)
}
