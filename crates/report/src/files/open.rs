//! Opens files that a user names: regular files only.

use std::fs::File;
use std::io::{Error, ErrorKind, Result};
use std::path::Path;

/// Opens a regular file for reading. Opening a FIFO or a device could block for ever.
///
/// # Errors
/// The operating system's; `InvalidInput` for what is not a regular file.
pub fn regular(path: &Path) -> Result<File> {
    // Asked before it is opened: opening a FIFO waits for a writer.
    let kind = std::fs::metadata(path)?.file_type();
    if kind.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    if !kind.is_file() {
        let message = format!("{}, not a regular file", what(kind));
        return Err(Error::new(ErrorKind::InvalidInput, message));
    }
    File::open(path)
}

/// What lies there instead.
fn what(kind: std::fs::FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "a pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_block_device() || kind.is_char_device() {
            return "a device";
        }
    }
    let _ = kind;
    "something special"
}

/// Reads a regular file.
///
/// # Errors
/// See [`regular`].
pub fn bytes(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut regular(path)?, &mut bytes)?;
    Ok(bytes)
}

/// The most bytes of a spec or of a `study.toml`: thousands of pages.
pub const SPEC_BYTES: u64 = 16 << 20;

/// Reads a regular file that has no reason to be larger than `most` bytes: nothing is allocated for what
/// a larger one holds.
///
/// # Errors
/// See [`regular`]; `FileTooLarge`.
pub fn bytes_up_to(path: &Path, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut start = std::io::Read::take(regular(path)?, most + 1);
    std::io::Read::read_to_end(&mut start, &mut bytes)?;
    if bytes.len() as u64 > most {
        let message = format!("larger than {most} bytes, the most that is read of such a file");
        return Err(Error::new(ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// Reads a regular file of UTF-8 text, of at most so many bytes.
///
/// # Errors
/// See [`bytes_up_to`]; `InvalidData` for what is not UTF-8.
pub fn text_up_to(path: &Path, most: u64) -> Result<String> {
    utf8(bytes_up_to(path, most)?)
}

/// Reads a regular file of UTF-8 text.
///
/// # Errors
/// See [`regular`]; `InvalidData` for what is not UTF-8.
pub fn text(path: &Path) -> Result<String> {
    utf8(bytes(path)?)
}

fn utf8(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|_| Error::new(ErrorKind::InvalidData, "not UTF-8 text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let message = || text(&path).unwrap_err().to_string();
        assert_eq!(text(&path).unwrap_err().kind(), ErrorKind::NotFound);
        std::fs::write(&path, b"\xff").unwrap();
        assert_eq!(bytes(&path).unwrap(), b"\xff");
        assert_eq!(message(), "not UTF-8 text");
        std::fs::write(&path, "seven b").unwrap();
        assert_eq!(text_up_to(&path, 7).unwrap(), "seven b");
        assert_eq!(
            text_up_to(&path, 6).unwrap_err().to_string(),
            "larger than 6 bytes, the most that is read of such a file"
        );
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert_eq!(message(), "is a directory");
        std::fs::remove_dir(&path).unwrap();
        #[cfg(unix)]
        {
            let socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
            assert_eq!(message(), "a socket, not a regular file");
            drop(socket);
            let device = text(Path::new("/dev/null")).unwrap_err();
            assert_eq!(device.to_string(), "a device, not a regular file");
        }
    }
}
