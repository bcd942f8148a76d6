//! Text of users in Markdown: it is shown as it is, and means nothing.

use crate::words::visible;

/// A text as part of a line: control characters are escapes, what Markdown would take for markup has a
/// backslash.
pub(super) fn text(raw: &str) -> String {
    let shown = visible(raw);
    let chars: Vec<char> = shown.chars().collect();
    let is_word = |i: Option<usize>| {
        i.and_then(|i| chars.get(i))
            .is_some_and(|c| c.is_alphanumeric())
    };
    let mut escaped = String::with_capacity(shown.len());
    for (i, &c) in chars.iter().enumerate() {
        let marks = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '&' | '|' | '~' | '$' => true,
            // Within a word it is no markup: low_rank.
            '_' => !(is_word(i.checked_sub(1)) && is_word(Some(i + 1))),
            // A heading or a list, where the text begins a line.
            '#' | '-' | '+' | '=' => i == 0,
            '.' | ')' => i > 0 && chars[..i].iter().all(char::is_ascii_digit),
            _ => false,
        };
        if marks {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// A text of several lines, as one.
pub(super) fn paragraph(raw: &str) -> String {
    let words: Vec<&str> = raw.split_whitespace().collect();
    text(&words.join(" "))
}

/// A text as code, whatever backticks it has.
pub(super) fn code(raw: &str) -> String {
    let shown = visible(raw);
    let longest = shown
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // A backtick at an end must not join the fence.
    let blank = if longest > 0 { " " } else { "" };
    format!("{fence}{blank}{shown}{blank}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup() {
        for (raw, expected) in [
            ("bayesian (low_rank, a.b)", "bayesian (low_rank, a.b)"),
            ("*x* _y_ [z](u)", "\\*x\\* \\_y\\_ \\[z\\](u)"),
            ("# x", "\\# x"),
            ("a # b", "a # b"),
            ("12. x", "12\\. x"),
            ("<b>&amp;`", "\\<b\\>\\&amp;\\`"),
            ("a\n# b\u{1b}", "a\\\\u{a}# b\\\\u{1b}"),
            ("信号", "信号"),
        ] {
            assert_eq!(text(raw), expected, "{raw:?}");
        }
        assert_eq!(paragraph(" What\n  is # it?\n"), "What is # it?");
        assert_eq!(code("rule.eta0"), "`rule.eta0`");
        assert_eq!(code("a`b``"), "``` a`b`` ```");
    }
}
