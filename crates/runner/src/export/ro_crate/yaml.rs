//! How large a YAML document becomes, before it is loaded.
//!
//! `*alias` stands for all that `&anchor` holds, and may do so in what other aliases stand for: ten lines
//! can mean more nodes than any memory holds. And the loader calls itself for each level of nesting.

use std::collections::HashMap;
use yaml_rust2::parser::{Event, Parser};

/// The most nodes of a document, aliases written out.
const MOST_NODES: usize = 100_000;
/// The most bytes of text in them.
const MOST_BYTES: usize = 16 << 20;
/// The most levels.
const MOST_LEVELS: usize = 64;

/// Nodes and bytes of text.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    nodes: usize,
    bytes: usize,
}

impl Size {
    fn add(&mut self, other: Size) {
        self.nodes = self.nodes.saturating_add(other.nodes);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// Refuses what is not YAML, and what would become too large or too deep; names the line.
pub(super) fn check(text: &str) -> Result<(), String> {
    let mut parser = Parser::new_from_str(text);
    let mut anchors: HashMap<usize, Size> = HashMap::new();
    // The collections that are open: their anchors and sizes.
    let mut open: Vec<(usize, Size)> = vec![(0, Size::default())];
    loop {
        let (event, place) = parser.next_token().map_err(|error| error.to_string())?;
        let (anchor, size) = match event {
            Event::StreamEnd => return Ok(()),
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                open.push((anchor, Size { nodes: 1, bytes: 0 }));
                if open.len() > MOST_LEVELS {
                    return Err(format!(
                        "line {}: nested more than {MOST_LEVELS} levels deep",
                        place.line()
                    ));
                }
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(closed) => closed,
                None => continue,
            },
            Event::Scalar(text, _, anchor, _) => {
                let bytes = text.len();
                (anchor, Size { nodes: 1, bytes })
            }
            Event::Alias(anchor) => (0, anchors.get(&anchor).copied().unwrap_or_default()),
            Event::Nothing | Event::StreamStart | Event::DocumentStart | Event::DocumentEnd => {
                continue;
            }
        };
        if anchor > 0 {
            anchors.insert(anchor, size);
        }
        if let Some((_, outer)) = open.last_mut() {
            outer.add(size);
        }
        // What is open has not been counted into what holds it yet.
        let mut all = Size::default();
        open.iter().for_each(|(_, size)| all.add(*size));
        if all.nodes > MOST_NODES || all.bytes > MOST_BYTES {
            return Err(format!(
                "line {}: with all aliases written out, the file has more than {MOST_NODES} values or \
                 {MOST_BYTES} bytes; write out fewer aliases",
                place.line()
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line stands for ten times the one before.
    fn bomb(lines: usize) -> String {
        let mut text = "l0: &l0 lol\n".to_owned();
        for line in 1..=lines {
            let before = vec![format!("*l{}", line - 1); 10].join(", ");
            text += &format!("l{line}: &l{line} [{before}]\n");
        }
        text
    }

    #[test]
    fn aliases_are_counted_before_they_are_written_out() {
        check(&bomb(3)).unwrap();
        assert_eq!(
            check(&bomb(9)).unwrap_err(),
            "line 6: with all aliases written out, the file has more than 100000 values or 16777216 bytes; write out \
             fewer aliases"
        );
        let long = format!(
            "a: &a \"{}\"\nb: [{}]",
            "x".repeat(1 << 19),
            vec!["*a"; 40].join(", ")
        );
        assert!(check(&long).unwrap_err().starts_with("line 2: "));
    }

    #[test]
    fn nesting_has_an_end() {
        let deep = |levels| format!("a: {}{}", "[".repeat(levels), "]".repeat(levels));
        check(&deep(20)).unwrap();
        assert_eq!(
            check(&deep(100)).unwrap_err(),
            "line 1: nested more than 64 levels deep"
        );
        assert!(check(&deep(100_000)).is_err());
        assert_eq!(
            check(&("a:\n  ".to_owned() + &"- ".repeat(100_000) + "x")).unwrap_err(),
            "line 2: nested more than 64 levels deep"
        );
        assert!(check("a: [").is_err());
        check("").unwrap();
        check("a: &x [1, *x]").unwrap_or_default();
    }
}
