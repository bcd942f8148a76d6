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
        return Err(Error::new(ErrorKind::InvalidInput, "not a regular file"));
    }
    File::open(path)
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

/// Reads a regular file of UTF-8 text.
///
/// # Errors
/// See [`regular`]; `InvalidData` for what is not UTF-8.
pub fn text(path: &Path) -> Result<String> {
    String::from_utf8(bytes(path)?)
        .map_err(|_| Error::new(ErrorKind::InvalidData, "not UTF-8 text"))
}
