//! SHA-256 of files, and how sums are written.

use super::open;
use sha2::{Digest, Sha256};
use std::io::{Read, Result};
use std::path::Path;

/// How much of a file is read at once.
const BLOCK: usize = 1 << 18;

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Length and SHA-256 of a file.
///
/// # Errors
/// See [`open::regular`].
pub fn of_file(path: &Path) -> Result<(u64, String)> {
    let mut file = open::regular(path)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; BLOCK];
    let mut length = 0;
    loop {
        match file.read(&mut block)? {
            0 => return Ok((length, hex(&hash.finalize()))),
            read => {
                length += read as u64;
                hash.update(&block[..read]);
            }
        }
    }
}
