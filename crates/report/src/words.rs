//! Text that comes from users, as terminals and messages get it.

use std::borrow::Cow;

/// How many characters of a value a message repeats.
const SHOWN: usize = 80;

/// A text without control characters: each is written as its escape, so that no name moves the
/// cursor or clears the screen.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_hidden(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Control characters, and those that turn the direction of what follows.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// [`visible`], but lines stay lines.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    if !text.contains('\n') {
        return visible(text);
    }
    let lines: Vec<_> = text.split('\n').map(visible).collect();
    Cow::Owned(lines.join("\n"))
}

/// The first so many characters, and an ellipsis if there are more.
pub fn cut(text: &str, characters: usize) -> Cow<'_, str> {
    match text.char_indices().nth(characters) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
    }
}

/// A value as a message repeats it in quotes, where `"` and control characters are escaped.
pub fn quoted(text: &str) -> String {
    format!("{:?}", cut(text, SHOWN))
}

/// A value as a message repeats it: [`visible`], and cut with an ellipsis where it is long.
pub fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(SHOWN) {
        None => visible(text),
        Some((end, _)) => Cow::Owned(format!("{}…", visible(&text[..end]))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_visible() {
        assert_eq!(visible("σ² and plain"), "σ² and plain");
        assert_eq!(visible("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\\u{a}");
        assert_eq!(visible("\u{202e}x"), "\\u{202e}x");
        assert_eq!(visible_lines("a\r\n\u{1b}b"), "a\\u{d}\n\\u{1b}b");
    }

    #[test]
    fn long_values_are_cut() {
        assert_eq!(shortened("short"), "short");
        let long = shortened(&"é".repeat(1000)).into_owned();
        assert_eq!(long.chars().count(), SHOWN + 1);
        assert!(long.ends_with('…'));
        assert_eq!(cut("éé", 2), "éé");
        assert_eq!(cut("ééé", 2), "éé…");
        assert_eq!(quoted("a\"\u{1b}"), "\"a\\\"\\u{1b}\"");
        assert_eq!(quoted(&"x".repeat(50_000_000)).chars().count(), SHOWN + 3);
    }
}
