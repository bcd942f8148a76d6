//! Words of commands that messages and scripts show, as a shell reads them.

use std::ffi::OsStr;

/// A word as a POSIX shell reads it, whatever it holds: plain, or in single quotes. Bytes that cannot
/// be shown are written as bash, zsh and ksh read them: `$'\x1b'`.
pub fn quoted(word: impl AsRef<OsStr>) -> String {
    let word = word.as_ref();
    match word.to_str() {
        Some(text) if !text.is_empty() && text.chars().all(is_plain) => text.to_owned(),
        Some(text) if crate::words::visible(text) == text => {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
        _ => escaped(word.as_encoded_bytes()),
    }
}

/// A path as [`quoted`]; one that begins with a hyphen is not taken for an option.
pub fn path(path: &std::path::Path) -> String {
    if path.as_os_str().as_encoded_bytes().starts_with(b"-") {
        quoted(std::path::Path::new(".").join(path))
    } else {
        quoted(path)
    }
}

/// Characters that mean nothing to a shell, nor to sbatch.
pub fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "/._-+=:,@%".contains(c)
}

fn escaped(bytes: &[u8]) -> String {
    let mut text = String::from("$'");
    for &byte in bytes {
        match byte {
            b'\'' | b'\\' => text.extend(['\\', char::from(byte)]),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => text += &format!("\\x{byte:02x}"),
        }
    }
    text.push('\'');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn words_come_back_from_a_shell() {
        for (word, text) in [
            ("/a/b-c_1.toml", "/a/b-c_1.toml"),
            ("it's $HOME", r"'it'\''s $HOME'"),
            ("", "''"),
            ("σ", "'σ'"),
            ("two\nlines'", r"$'two\x0alines\''"),
        ] {
            assert_eq!(quoted(word), text);
        }
        assert_eq!(path(Path::new("-x y")), "'./-x y'");
        assert_eq!(path(Path::new("results/tiny")), "results/tiny");
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_not_text_are_kept() {
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(quoted(OsStr::from_bytes(b"r\xff s")), r"$'r\xff s'");
    }
}
