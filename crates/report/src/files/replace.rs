//! Writes files that appear whole or not at all: the one way in which the programs write a file of a
//! result folder.
//!
//! A file is written under a temporary name beside its own, reaches the disk, and is then renamed; the
//! rename reaches the disk, too. Any number of processes may write the same file at the same time: each
//! has a temporary file of its own, and the last one to rename wins, as a whole.
//!
//! What stands at the target is replaced, never written through: a symbolic link there becomes a file,
//! and what it pointed to stays as it was. (A link in the place of a *folder* is the user's arrangement
//! and is followed.) A folder at the target is an error.
//!
//! Temporary names are `.NAME.OWNER-DIGITS.synapse-tmp`: the [`Owner`] that writes, and digits that make
//! the name unique. Only such files are ever swept, and only when their owner is provably gone: a file
//! `my_notes.tmp` is nobody's but the user's.

use super::owner::{Life, Owner};
use super::unique;
use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind, Result, Write};
use std::path::{Path, PathBuf};

const END: &str = ".synapse-tmp";
/// How much of a file's name is part of the temporary one, in bytes: names have at most 255.
const NAME_KEPT: usize = 100;

/// Writes a file: to a temporary one beside it, synchronised, then renamed.
///
/// # Errors
/// The operating system's; then the old file, if any, is as it was.
pub fn replace(path: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    replace_after(path, fill, || ())
}

/// As [`replace`]; `complete` is called when the temporary file is complete, just before the rename.
///
/// # Errors
/// See [`replace`].
pub fn replace_after(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<()>,
    complete: impl FnOnce(),
) -> Result<()> {
    let temporary = filled(path, fill)?;
    complete();
    temporary.commit()
}

/// As [`replace`], if there is no such file yet; false if there is one, which stays as it is. Of several
/// processes that create a file at the same time one succeeds.
///
/// # Errors
/// The operating system's.
pub fn create(path: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<bool> {
    create_after(path, fill, || ())
}

/// As [`create`]; `complete` is called when the temporary file is complete.
///
/// # Errors
/// See [`create`].
pub fn create_after(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<()>,
    complete: impl FnOnce(),
) -> Result<bool> {
    let temporary = filled(path, fill)?;
    complete();
    match fs::hard_link(&temporary.path, path) {
        Ok(()) => synchronise(folder_of(path)).map(|()| true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        // A file system without hard links: nothing can be had there but the rename.
        Err(_) if !path.exists() => temporary.commit().map(|()| true),
        Err(_) => Ok(false),
    }
}

/// A temporary file with its content, on the disk.
fn filled(path: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<Temporary> {
    let temporary = Temporary::new(path)?;
    let mut writer = BufWriter::new(&temporary.file);
    fill(&mut writer)?;
    writer.flush()?;
    drop(writer);
    temporary.file.sync_all()?;
    Ok(temporary)
}

/// A file under a temporary name: removed when dropped, unless it was committed.
#[derive(Debug)]
pub struct Temporary {
    file: File,
    path: PathBuf,
    target: PathBuf,
    committed: bool,
}

impl Temporary {
    /// A new file beside `target`.
    ///
    /// # Errors
    /// The operating system's.
    pub fn new(target: &Path) -> Result<Self> {
        let name = target.file_name().ok_or(ErrorKind::InvalidInput)?;
        let name = name.to_string_lossy();
        let kept = shortened(&name);
        let owner = Owner::this();
        let (file, path) = unique::create(folder_of(target), |digits| {
            format!(".{kept}.{owner}-{digits}{END}")
        })?;
        Ok(Self {
            file,
            path,
            target: target.to_owned(),
            committed: false,
        })
    }

    /// To write to.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Gives the file its name; both it and its name survive a power cut.
    ///
    /// # Errors
    /// The operating system's; then the old file, if any, is as it was.
    pub fn commit(mut self) -> Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, &self.target)?;
        self.committed = true;
        synchronise(folder_of(&self.target))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.committed {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Makes new names in a folder survive a power cut.
///
/// # Errors
/// The disk's. A file system that has no such operation, or a folder that may not be read, is none: the
/// file is in its place by then.
pub fn synchronise(folder: &Path) -> Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    let result = File::open(folder).and_then(|folder| folder.sync_all());
    match result {
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::Unsupported | ErrorKind::PermissionDenied
            ) =>
        {
            Ok(())
        }
        result => result,
    }
}

/// Removes the temporary files of a folder whose owners are gone. What is no temporary file of these
/// programs stays, and so does one of another machine: its process may still run.
///
/// # Errors
/// The operating system's; a folder that does not exist is none.
pub fn sweep(folder: &Path) -> Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let owner = name.to_str().and_then(owner_of);
        if owner.is_none_or(|owner| owner.life() != Life::Gone) || !entry.file_type()?.is_file() {
            continue;
        }
        match fs::remove_file(entry.path()) {
            // Another process sweeps, too.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            result => result?,
        }
    }
    Ok(())
}

/// The owner of a temporary file, by its name.
fn owner_of(name: &str) -> Option<Owner> {
    let name = name.strip_prefix('.')?.strip_suffix(END)?;
    let (_, mark) = name.rsplit_once('.')?;
    let (owner, digits) = mark.rsplit_once('-')?;
    let hexadecimal = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    (digits.len() == 16 && digits.bytes().all(hexadecimal)).then_some(())?;
    owner.parse().ok()
}

/// The beginning of a name that is part of the temporary one.
fn shortened(name: &str) -> &str {
    // `str::floor_char_boundary` needs Rust 1.91.
    let fits = |&at: &usize| name.is_char_boundary(at);
    let end = (0..=name.len().min(NAME_KEPT)).rev().find(fits);
    &name[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_appears_whole_and_a_failure_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        replace(&path, |out| out.write_all(b"old")).unwrap();
        let error = replace(&path, |out| {
            out.write_all(b"half")?;
            assert_eq!(names(folder.path()).len(), 2);
            Err(ErrorKind::StorageFull.into())
        });
        assert_eq!(error.unwrap_err().kind(), ErrorKind::StorageFull);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        // A name that is as long as names may be, in letters of several bytes.
        let long = folder.path().join("é".repeat(127));
        replace(&long, |out| out.write_all(b"x")).unwrap();
        assert_eq!(names(folder.path()).len(), 2);
        // A folder in the place of the target.
        let taken = folder.path().join("taken");
        fs::create_dir(&taken).unwrap();
        assert!(replace(&taken, |out| out.write_all(b"x")).is_err());
        assert!(taken.is_dir());
        assert_eq!(names(folder.path()).len(), 3);
    }

    #[test]
    fn many_writers_of_one_file_have_files_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.csv");
        // Threads have one process number, as all pods of Kubernetes have.
        std::thread::scope(|scope| {
            for letter in b'a'..=b'p' {
                let path = &path;
                scope.spawn(move || {
                    for _ in 0..8 {
                        replace(path, |out| out.write_all(&[letter; 9000])).unwrap();
                    }
                });
            }
        });
        let text = fs::read(&path).unwrap();
        assert!(text.len() == 9000 && text.iter().all(|&byte| byte == text[0]));
        assert_eq!(names(folder.path()), ["summary.csv"]);
    }

    #[test]
    fn of_many_that_create_a_file_one_succeeds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("study.toml");
        let created = std::sync::Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for letter in b'a'..=b'h' {
                let (path, created) = (&path, &created);
                scope.spawn(move || {
                    if create(path, |out| out.write_all(&[letter])).unwrap() {
                        created.lock().unwrap().push(letter);
                    }
                });
            }
        });
        assert_eq!(fs::read(&path).unwrap(), created.into_inner().unwrap());
        assert_eq!(names(folder.path()), ["study.toml"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_replaced_and_not_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = folder.path().join("elsewhere");
        fs::write(&elsewhere, "mine").unwrap();
        let path = folder.path().join("a.csv");
        std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
        replace(&path, |out| out.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&elsewhere).unwrap(), b"mine");
        assert!(!path.is_symlink());
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn only_what_is_ours_and_left_by_the_dead_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let this = Owner::this().to_string();
        let (before, start) = this.rsplit_once('-').unwrap();
        if start == "0" || this.starts_with("0000000000000000") {
            eprintln!("skipped: /proc does not tell enough here");
            return;
        }
        // This process's number, of a process that started at another time.
        let dead = format!("{before}-1");
        let elsewhere = format!("{:016x}{}", 1, &dead[16..]);
        let digits = "0123456789abcdef";
        let mut kept = vec![
            "my_notes.tmp".to_owned(),
            "runs.csv.123.tmp".to_owned(),
            ".x.synapse-tmp".to_owned(),
            format!(".runs.csv.{this}-{digits}{END}"),
            format!(".runs.csv.{elsewhere}-{digits}{END}"),
            format!(".runs.csv.{dead}-0123{END}"),
            format!("runs.csv.{dead}-{digits}{END}"),
        ];
        let gone = format!(".runs.csv.{dead}-{digits}{END}");
        for name in kept.iter().chain([&gone]) {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        // Folders are nobody's temporary files, whatever they are called.
        for name in ["x.tmp".to_owned(), format!(".y.{dead}-{digits}{END}")] {
            fs::create_dir(folder.path().join(&name)).unwrap();
            kept.push(name);
        }
        kept.sort();
        sweep(folder.path()).unwrap();
        assert_eq!(names(folder.path()), kept);
        sweep(&folder.path().join("absent")).unwrap();
    }
}
