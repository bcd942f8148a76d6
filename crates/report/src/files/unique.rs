//! New files with names that no other process takes, on this machine or another.
//!
//! The names carry random bits of the operating system: this is the one place of the program where such
//! bits are right, for they reach names of files only, never a result. Process numbers and times do not
//! make a name unique on a folder that many machines share.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

/// How many names are tried; two equal ones in a row mean that something else is wrong.
const TRIED: usize = 16;

/// 16 hexadecimal digits that are as good as unique.
///
/// # Errors
/// The operating system has no random bits.
pub fn digits() -> Result<String> {
    let bits =
        getrandom::u64().map_err(|error| Error::other(format!("no random bits: {error}")))?;
    Ok(format!("{bits:016x}"))
}

/// Creates a file of a folder under the name that `name` makes of [`digits`]; it never was there before,
/// and a link of that name is not followed. The file can be appended to only.
///
/// # Errors
/// The operating system's.
pub fn create(folder: &Path, name: impl FnMut(&str) -> String) -> Result<(File, PathBuf)> {
    create_with(folder, name, digits)
}

fn create_with(
    folder: &Path,
    mut name: impl FnMut(&str) -> String,
    mut digits: impl FnMut() -> Result<String>,
) -> Result<(File, PathBuf)> {
    for _ in 0..TRIED {
        let path = folder.join(name(&digits()?));
        let file = OpenOptions::new().create_new(true).append(true).open(&path);
        match file {
            // Somebody was faster: another name.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            file => return file.map(|file| (file, path)),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loser_takes_another_name() {
        let folder = tempfile::tempdir().unwrap();
        let draws = ["a", "a", "b", "b", "c"];
        let mut next = draws.iter().map(|text| Ok((*text).to_owned()));
        let mut create = || {
            let name = |digits: &str| format!("x-{digits}");
            create_with(folder.path(), name, || next.next().unwrap())
        };
        let names = [create(), create(), create()].map(|made| made.unwrap().1);
        assert_eq!(
            names,
            ["x-a", "x-b", "x-c"].map(|name| folder.path().join(name))
        );
        let always = || Ok("a".to_owned());
        let error = create_with(folder.path(), |digits| format!("x-{digits}"), always).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_ne!(digits().unwrap(), digits().unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("x-a");
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), &link).unwrap();
        let mut next = ["a", "b"].into_iter().map(|text| Ok(text.to_owned()));
        let made = create_with(folder.path(), |d| format!("x-{d}"), || next.next().unwrap());
        assert!(made.unwrap().1.ends_with("x-b"));
        assert!(!folder.path().join("elsewhere").exists());
    }
}
