//! One lock of a result folder: on a file that the operating system locks, or, on a file system that has
//! no such locks, a file whose existence is the lock.
//!
//! The *system's lock* is an exclusive or shared lock on the open file `NAME`. It ends with its process,
//! however that ends. Who holds it alone signs the file, and clears it at the end.
//!
//! Where there are none (ENOLCK, ENOSYS, EOPNOTSUPP: NFS without its lock daemon, Lustre without
//! `-o flock`, some FUSE), `NAME.held` is created instead, which fails if it exists (O_EXCL). It names its
//! holder, is written anew every [`BEAT`] as a sign of life, and is removed at the end. One that was left
//! by a process of this machine that is provably gone is removed with a warning; any other one is for the
//! user to remove, who is given the command.
//!
//! Machines that mount one folder with and without locks respect each other: who has the system's lock
//! looks for `.held` files, who has not looks for signatures. Each makes its own mark first and looks
//! then, so that of two that start at the same time at least one sees the other.

use super::StoreError;
use super::mark::{BREAKING, HELD, Mark, signature, with_end};
use crate::fault;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use synapse_report::files::{open, unique};

/// How often a holder gives a sign of life.
const BEAT: Duration = Duration::from_secs(30);
/// A lock may be in the hands of somebody who only asks who holds it: for this long it is tried again.
const PATIENCE: Duration = Duration::from_secs(3);
/// How a lock is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// By one process.
    Alone,
    /// By all that ask for it so, none of which signs.
    Shared,
}

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub(super) enum Lock {
    /// The system's, with whether this process has signed the file.
    System { file: File, signed: bool },
    /// A file that exists.
    File(Held),
    /// A shared lock where the system has none: the shards' own files take its place.
    None,
}

/// Why a lock could not be had.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Somebody has it.
    Taken,
    /// It cannot be opened, locked or written.
    Error(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Error(error)
    }
}

/// Whether the operating system says that this file system has no locks.
fn unsupported(error: &std::io::Error) -> bool {
    // ENOLCK has no kind of its own.
    let no_locks = if cfg!(target_os = "linux") { 37 } else { 77 };
    error.kind() == ErrorKind::Unsupported || error.raw_os_error() == Some(no_locks)
}

/// The operating system's answer.
fn system(file: &File, mode: Mode) -> Result<(), TryLockError> {
    if fault::has_no_locks() {
        return Err(TryLockError::Error(ErrorKind::Unsupported.into()));
    }
    match mode {
        Mode::Alone => file.try_lock(),
        Mode::Shared => file.try_lock_shared(),
    }
}

impl Lock {
    /// Takes the lock `name` of a folder. `others` says whether somebody else may hold it in shared mode:
    /// asked when it is not to be had alone though nobody has it alone.
    pub(super) fn take(
        folder: &Path,
        name: &str,
        mode: Mode,
        owner: &str,
        others: &impl Fn() -> Result<bool, StoreError>,
    ) -> Result<Self, Refusal> {
        let path = folder.join(name);
        let deadline = Instant::now() + PATIENCE;
        let mut file = opened(&path)?;
        loop {
            let error = match system(&file, mode) {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => error,
                Err(TryLockError::WouldBlock) => {
                    // If it can be shared, those who have it only ask who holds it, or share it.
                    let alone = system(&file, Mode::Shared).is_err();
                    // The same file opened once holds one lock: it is given back.
                    let _ = file.unlock();
                    if alone || others()? || Instant::now() > deadline {
                        return Err(Refusal::Taken);
                    }
                    pause()?;
                    continue;
                }
            };
            if !unsupported(&error) {
                return Err(StoreError::io("cannot lock", &path)(error).into());
            }
            warn_once(folder, &error);
            return match mode {
                Mode::Alone => Held::create(&path, owner).map(Self::File),
                Mode::Shared => Ok(Self::None),
            };
        }
        // Whatever it says was left by a process that is gone: its lock was to be had.
        let sign = match mode {
            Mode::Alone => signature(owner),
            Mode::Shared => String::new(),
        };
        let empty = file.metadata().is_ok_and(|metadata| metadata.len() == 0);
        if !(empty && sign.is_empty()) {
            file.set_len(0)
                .and_then(|()| file.seek(SeekFrom::Start(0)))
                .and_then(|_| file.write_all(sign.as_bytes()))
                // For those without locks, on other machines.
                .and_then(|()| file.sync_data())
                .map_err(StoreError::io("cannot write", &path))?;
        }
        let signed = mode == Mode::Alone;
        Ok(Self::System { file, signed })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Self::System { file, signed: true } = self {
            let _ = file.set_len(0);
        }
    }
}

/// Opens a file to lock it; a link is not followed, since the file is signed.
fn opened(path: &Path) -> Result<File, StoreError> {
    let io = || StoreError::io("cannot lock", path);
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.is_file() => {
            let error =
                std::io::Error::new(ErrorKind::InvalidInput, "not a regular file; remove it");
            return Err(io()(error));
        }
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(io()(error)),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    options
        .open(path)
        .map_err(StoreError::io("cannot write", path))
}

/// Waits for some milliseconds: not as long as others that wait.
pub(super) fn pause() -> Result<(), StoreError> {
    let digits = unique::digits().map_err(StoreError::io("cannot wait for", "a lock"))?;
    let some = u64::from_str_radix(&digits[..2], 16).unwrap_or(0) % 16;
    std::thread::sleep(Duration::from_millis(1 + some));
    Ok(())
}

fn warn_once(folder: &Path, error: &std::io::Error) {
    static WARNED: std::sync::Once = std::sync::Once::new();
    WARNED.call_once(|| {
        tracing::warn!(
            "{}: this file system has no locks ({error}); files named lock*{HELD} take their place. \
             docs/cluster.md says what to know about them",
            folder.display()
        );
    });
}

/// Who holds the system's lock on a file alone, if anybody does. A file that nobody signed is not even
/// tried: a lock that is taken for a moment, to see whether it can be, is in the way of those who start.
pub(super) fn probe(path: PathBuf) -> Option<Mark> {
    let mark = Mark::read(path)?;
    let file = open::regular(&mark.path).ok()?;
    match system(&file, Mode::Shared) {
        // The system's word is worth more than what the mark says.
        Err(TryLockError::WouldBlock) => Some(mark.of_the_living()),
        // No locks here: its holder may have them elsewhere.
        Err(TryLockError::Error(error)) if unsupported(&error) => {
            Some(mark).filter(|m| !m.is_gone())
        }
        _ => None,
    }
}

/// A file whose existence is a lock. Removed when dropped.
#[derive(Debug)]
pub(super) struct Held {
    path: PathBuf,
    text: String,
    /// Dropped to end the thread that gives signs of life.
    end: Option<Sender<()>>,
    beats: Option<JoinHandle<()>>,
}

impl Held {
    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn create(lock: &Path, owner: &str) -> Result<Self, Refusal> {
        let path = with_end(lock, HELD);
        let io = || StoreError::io("cannot write", &path);
        // The digits make the text this lock's alone.
        let digits = unique::digits().map_err(io())?;
        let text = format!("{}lock {digits}\n", signature(owner));
        let deadline = Instant::now() + PATIENCE;
        loop {
            match OpenOptions::new().create_new(true).write(true).open(&path) {
                Ok(mut file) => {
                    let written = file
                        .write_all(text.as_bytes())
                        .and_then(|()| file.sync_all());
                    if let Err(error) = written {
                        let _ = fs::remove_file(&path);
                        return Err(io()(error).into());
                    }
                    return Ok(Self::beating(path, text));
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(io()(error).into()),
            }
            match Mark::read(path.clone()) {
                Some(mark) if mark.is_gone() => remove_stale(&mark)?,
                Some(_) => return Err(Refusal::Taken),
                // Just removed, just created, or left empty by a full disk.
                None => {}
            }
            if Instant::now() > deadline {
                return Err(Refusal::Taken);
            }
            pause()?;
        }
    }

    fn beating(path: PathBuf, text: String) -> Self {
        let (end, ended) = mpsc::channel();
        let (file, content) = (path.clone(), text.clone());
        let beat = move || {
            while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(BEAT) {
                if !sign_of_life(&file, &content) {
                    tracing::warn!(
                        "{}: the lock of this process was removed while it computes; two processes may write here",
                        file.display()
                    );
                    break;
                }
            }
        };
        let beats = std::thread::Builder::new().spawn(beat).ok();
        let end = Some(end);
        Self {
            path,
            text,
            end,
            beats,
        }
    }
}

/// Writes a lock's text again, so that the file system notes the time; whether the lock is still there.
fn sign_of_life(path: &Path, text: &str) -> bool {
    if !fs::read(path).is_ok_and(|there| there == text.as_bytes()) {
        return false;
    }
    // A failure is no reason to stop computing: the lock holds by its existence.
    if let Ok(mut file) = OpenOptions::new().write(true).open(path) {
        let _ = file.write_all(text.as_bytes());
    }
    true
}

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(beats) = self.beats.take() {
            let _ = beats.join();
        }
        // Not the lock of somebody who was told to remove this one.
        if fs::read(&self.path).is_ok_and(|there| there == self.text.as_bytes()) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes a lock whose holder is provably gone. Only one process at a time does so, which looks again:
/// otherwise one could remove the lock that another has just taken in the place of the old one.
pub(super) fn remove_stale(mark: &Mark) -> Result<(), StoreError> {
    let breaking = with_end(&mark.path, BREAKING);
    match OpenOptions::new()
        .create_new(true)
        .write(true)
        .open(&breaking)
    {
        Ok(_) => {}
        // Somebody is at it.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        Err(error) => return Err(StoreError::io("cannot write", breaking)(error)),
    }
    let again = Mark::read(mark.path.clone());
    if again.is_some_and(|again| again.owner == mark.owner && again.is_gone()) {
        let _ = fs::remove_file(&mark.path);
        tracing::warn!(
            "{}: removed, as {} no longer runs",
            mark.path.display(),
            mark.owner
        );
    }
    let _ = fs::remove_file(&breaking);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;
    use synapse_report::files::owner::Owner;

    /// The line of an owner of this machine that is gone, and of one of another machine.
    fn owners() -> [String; 2] {
        let this = Owner::this().to_string();
        let (before, _) = this.rsplit_once('-').unwrap();
        [format!("{before}-1"), format!("{:016x}-1-5", 1)]
    }

    fn mark(path: &Path) -> Mark {
        Mark::read(path.to_owned()).unwrap()
    }

    #[test]
    fn a_file_is_a_lock_as_long_as_it_exists() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("lock");
        let path = folder.path().join("lock.held");
        let first = Held::create(&lock, "first").unwrap();
        let before = mark(&path);
        assert_eq!(before.owner, "first");
        assert!(!before.is_gone() && !before.is_doubtful(SystemTime::now()));
        let second = Held::create(&lock, "second");
        assert!(matches!(second, Err(Refusal::Taken)));
        // A sign of life changes nothing but the time.
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(sign_of_life(&path, &text));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        drop(first);
        assert!(!path.exists());
        // Who was told to remove the lock took it: it is not removed again.
        let first = Held::create(&lock, "first").unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(!sign_of_life(&path, &first.text));
        let second = Held::create(&lock, "second").unwrap();
        assert!(!sign_of_life(&path, &first.text));
        drop(first);
        assert!(path.exists());
        drop(second);
    }

    #[test]
    fn only_the_lock_of_the_provably_dead_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("lock");
        let path = folder.path().join("lock.held");
        let [gone, elsewhere] = owners();
        std::fs::write(&path, format!("other\nowner {elsewhere}\n")).unwrap();
        assert!(matches!(Held::create(&lock, "me"), Err(Refusal::Taken)));
        let now = SystemTime::now();
        assert!(!mark(&path).is_doubtful(now));
        let told = mark(&path).told(now + Duration::from_secs(3700));
        assert!(
            told.starts_with("other, last sign of life 1h 1m "),
            "{told}"
        );
        assert!(mark(&path).is_doubtful(now + Duration::from_secs(3700)));
        // No name: a full disk.
        std::fs::write(&path, "").unwrap();
        assert!(matches!(Held::create(&lock, "me"), Err(Refusal::Taken)));
        assert_eq!(mark(&path).owner, "a process that left no name");

        std::fs::write(&path, format!("other\nowner {gone}\n")).unwrap();
        if !mark(&path).is_gone() {
            eprintln!("skipped: /proc does not tell enough here");
            return;
        }
        // Somebody died in removing it.
        let breaking = folder.path().join("lock.held.breaking");
        std::fs::write(&breaking, "").unwrap();
        assert!(matches!(Held::create(&lock, "me"), Err(Refusal::Taken)));
        assert_eq!(mark(&path).breaking(), Some(breaking.clone()));
        std::fs::remove_file(&breaking).unwrap();
        drop(Held::create(&lock, "me").unwrap());
        assert!(!path.exists() && !breaking.exists());
    }

    #[test]
    fn of_many_that_find_a_dead_lock_one_gets_it() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("lock");
        let path = folder.path().join("lock.held");
        let [gone, _] = owners();
        for _ in 0..20 {
            std::fs::write(&path, format!("other\nowner {gone}\n")).unwrap();
            if !mark(&path).is_gone() {
                eprintln!("skipped: /proc does not tell enough here");
                return;
            }
            let taken: Vec<_> = std::thread::scope(|scope| {
                let take = || Held::create(&lock, "one");
                let threads: Vec<_> = (0..6).map(|_| scope.spawn(take)).collect();
                threads.into_iter().map(|one| one.join().unwrap()).collect()
            });
            assert_eq!(taken.iter().filter(|one| one.is_ok()).count(), 1);
        }
    }
}
