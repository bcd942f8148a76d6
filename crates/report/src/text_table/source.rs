//! A file to text, within bounds.

use crate::files::open;
use flate2::read::MultiGzDecoder;
use std::fmt;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// The most text of a table, decompressed: about 20 million samples. A gzip file of 256 KiB may hold
/// as much.
pub const MOST_MIB: u64 = 256;

/// Why a file is no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// The operating system refuses, or it is no regular file.
    Io(ErrorKind),
    /// A line that is not UTF-8, counted from 1.
    NotText(u64),
    /// Text in two bytes per character.
    Utf16,
    /// A spreadsheet or another archive.
    Archive,
    /// gzip that cannot be decompressed.
    BrokenGzip,
    /// More text than [`MOST_MIB`].
    TooLarge,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(ErrorKind::NotFound) => f.write_str("no such file"),
            Self::Io(ErrorKind::InvalidInput) => f.write_str("cannot be read: not a regular file"),
            Self::Io(kind) => write!(f, "cannot be read: {kind}"),
            Self::NotText(line) => write!(f, "line {line} is not UTF-8 text"),
            Self::Utf16 => f.write_str("is UTF-16 text; save it with UTF-8 encoding"),
            Self::Archive => {
                f.write_str("is an archive (ZIP), perhaps a spreadsheet; export the sheet as CSV")
            }
            Self::BrokenGzip => {
                f.write_str("is gzip, but cannot be decompressed: it is damaged or cut off")
            }
            Self::TooLarge => write!(
                f,
                "holds more than {MOST_MIB} MiB of text; cut it to the rows and columns that are needed"
            ),
        }
    }
}

/// The text of a regular file, decompressed if it is gzip, without a byte order mark.
///
/// # Errors
/// See [`Unreadable`].
pub fn text(path: &Path) -> Result<String, Unreadable> {
    let io = |error: io::Error| Unreadable::Io(error.kind());
    let mut file = open::regular(path).map_err(io)?;
    let mut magic = Vec::new();
    (&mut file).take(4).read_to_end(&mut magic).map_err(io)?;
    let limit = MOST_MIB << 20;
    let whole = magic.as_slice().chain(file);
    if magic.starts_with(&[0x1f, 0x8b]) {
        let bytes = within(MultiGzDecoder::new(whole), limit, |_| {
            Unreadable::BrokenGzip
        })?;
        return decode(bytes);
    }
    decode(within(whole, limit, io)?)
}

fn within(
    source: impl Read,
    limit: u64,
    fault: impl Fn(io::Error) -> Unreadable,
) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = Vec::new();
    source
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(fault)?;
    if bytes.len() as u64 > limit {
        return Err(Unreadable::TooLarge);
    }
    Ok(bytes)
}

/// Bytes as text, without a byte order mark.
///
/// # Errors
/// What is not UTF-8.
pub fn decode(mut bytes: Vec<u8>) -> Result<String, Unreadable> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(Unreadable::Utf16);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(Unreadable::Archive);
    }
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.drain(..3);
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = &error.as_bytes()[..valid];
        let crlf = before.windows(2).filter(|pair| pair == b"\r\n").count();
        let ends = before
            .iter()
            .filter(|&&byte| byte == b'\n' || byte == b'\r')
            .count();
        Unreadable::NotText((ends - crlf) as u64 + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn of_file(bytes: &[u8]) -> Result<String, Unreadable> {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("table");
        std::fs::write(&path, bytes).unwrap();
        text(&path)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn text_is_text_in_whatever_wrapping() {
        assert_eq!(of_file(b"a\n1\n").unwrap(), "a\n1\n");
        assert_eq!(of_file(b"\xEF\xBB\xBFa\n").unwrap(), "a\n");
        assert_eq!(of_file(b"").unwrap(), "");
        assert_eq!(of_file(&gzip(b"\xEF\xBB\xBFa\n1\n")).unwrap(), "a\n1\n");
        // Two members, as log rotation and `cat` make them.
        let both = [gzip(b"a\n"), gzip(b"1\n")].concat();
        assert_eq!(of_file(&both).unwrap(), "a\n1\n");
    }

    #[test]
    fn what_is_no_text_is_named() {
        let whole = gzip(&[b'x'; 1000]);
        for (bytes, message) in [
            (&b"a\r\nb\rc\n\xff\n"[..], "line 4 is not UTF-8 text"),
            (
                b"\xFF\xFEa\0",
                "is UTF-16 text; save it with UTF-8 encoding",
            ),
            (
                b"PK\x03\x04...",
                "is an archive (ZIP), perhaps a spreadsheet; export the sheet as CSV",
            ),
            (
                &whole[..whole.len() - 6],
                "is gzip, but cannot be decompressed: it is damaged or cut off",
            ),
        ] {
            assert_eq!(of_file(bytes).unwrap_err().to_string(), message);
        }
        let place = tempfile::tempdir().unwrap();
        assert_eq!(
            text(place.path()).unwrap_err().to_string(),
            "cannot be read: is a directory"
        );
    }

    #[test]
    fn text_has_a_bound() {
        let fault = |_| Unreadable::BrokenGzip;
        assert_eq!(within(&b"12345"[..], 5, fault).unwrap(), b"12345");
        assert_eq!(
            within(io::repeat(b' '), 5, fault),
            Err(Unreadable::TooLarge)
        );
        let bomb = gzip(&vec![b' '; 1 << 20]);
        let decoder = MultiGzDecoder::new(&bomb[..]);
        assert_eq!(within(decoder, 1 << 16, fault), Err(Unreadable::TooLarge));
        assert!(
            Unreadable::TooLarge
                .to_string()
                .starts_with("holds more than 256 MiB of text")
        );
    }
}
