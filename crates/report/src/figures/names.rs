//! What the groups of a study are called and how they are drawn, the same in all its figures.
//!
//! A name is made visible (what the font does not have becomes code points), shortened where it is
//! long, and numbered where it would look like another one. `captions.md` has the full ones.

use super::colour::{self, Style};
use super::font;
use super::sizes::TICK_SIZE;
use crate::Results;
use std::collections::BTreeMap;

/// No name is wider than this in a legend, in pt: it fits into a panel's title too.
const WIDEST: f64 = 125.0;

/// Names as figures show them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Names {
    full: Vec<String>,
    shown: Vec<String>,
}

impl Names {
    /// Makes names, no two of which look the same; the same text gets the same name.
    pub(super) fn of(full: Vec<String>) -> Self {
        let cut: Vec<String> = full
            .iter()
            .map(|name| font::shorten(name, TICK_SIZE, WIDEST))
            .collect();
        let mut alike: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (name, cut) in full.iter().zip(&cut) {
            let twins = alike.entry(font::outlines(cut)).or_default();
            if !twins.contains(&name.as_str()) {
                twins.push(name);
            }
        }
        let mut taken: Vec<String> = alike
            .iter()
            .filter(|(_, twins)| twins.len() == 1)
            .map(|(outlines, _)| outlines.clone())
            .collect();
        let mut numbered: BTreeMap<&str, String> = BTreeMap::new();
        for (name, cut) in full.iter().zip(&cut) {
            let twins = &alike[&font::outlines(cut)];
            if twins.len() == 1 || numbered.contains_key(name.as_str()) {
                continue;
            }
            let place = twins.iter().position(|t| t == name).unwrap_or(0) + 1;
            // A name may end with a number of its own.
            for number in place.. {
                let end = format!(" #{number}");
                let room = WIDEST - font::width(&end, TICK_SIZE);
                let shown = format!("{}{end}", font::shorten(name, TICK_SIZE, room));
                let outlines = font::outlines(&shown);
                if !taken.contains(&outlines) {
                    taken.push(outlines);
                    numbered.insert(name, shown);
                    break;
                }
            }
        }
        let shown = full
            .iter()
            .zip(cut)
            .map(|(name, cut)| numbered.remove(name.as_str()).unwrap_or(cut))
            .collect();
        Self { full, shown }
    }

    /// The i-th name as it is drawn.
    pub(super) fn shown(&self, i: usize) -> &str {
        &self.shown[i]
    }

    /// All names in full.
    pub(super) fn full(&self) -> impl Iterator<Item = &str> {
        self.full.iter().map(String::as_str)
    }

    /// Shown and full names where they differ, each once.
    pub(super) fn key(&self) -> Vec<(&str, &str)> {
        let mut key: Vec<(&str, &str)> = Vec::new();
        for (shown, full) in self.shown.iter().zip(&self.full) {
            if shown != full && !key.contains(&(shown, full)) {
                key.push((shown, full));
            }
        }
        key
    }
}

/// The code points of a name that was numbered because it looks like another one: only they tell which is
/// which. Empty where the name was changed for another reason, or is plain.
pub(super) fn code_points(shown: &str, full: &str) -> String {
    let numbered = shown
        .rsplit_once(" #")
        .is_some_and(|(_, end)| !end.is_empty() && end.chars().all(|c| c.is_ascii_digit()));
    let special: Vec<String> = full
        .chars()
        .filter(|c| !c.is_ascii())
        .map(|c| format!("U+{:04X}", u32::from(c)))
        .collect();
    match numbered && !special.is_empty() {
        true => format!(" ({})", special.join(" ")),
        false => String::new(),
    }
}

/// Names and styles of the groups of a study, by their index in the design.
#[derive(Debug, Clone)]
pub(super) struct Groups {
    pub(super) names: Names,
    styles: Vec<Style>,
}

impl Groups {
    pub(super) fn of(results: &Results) -> Self {
        let groups = &results.design.groups;
        let by_name: Vec<(&str, &str)> = groups
            .iter()
            .map(|g| (g.kind.as_str(), g.label.as_str()))
            .collect();
        Self {
            names: Names::of(groups.iter().map(|g| g.label.clone()).collect()),
            styles: colour::styles(&by_name),
        }
    }

    pub(super) fn name(&self, group: usize) -> &str {
        self.names.shown(group)
    }

    pub(super) fn style(&self, group: usize) -> Style {
        self.styles[group]
    }

    /// Which of some groups share a panel.
    pub(super) fn panels(&self, groups: &[usize]) -> Vec<Vec<usize>> {
        let styles: Vec<Style> = groups.iter().map(|&g| self.styles[g]).collect();
        colour::panels(&styles)
            .into_iter()
            .map(|panel| panel.into_iter().map(|i| groups[i]).collect())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(names: &[&str]) -> Vec<String> {
        Names::of(names.iter().map(|n| n.to_string()).collect()).shown
    }

    #[test]
    fn names_that_look_the_same_are_numbered() {
        assert_eq!(shown(&["a", "b"]), ["a", "b"]);
        assert_eq!(shown(&["cat", "c\u{430}t"]), ["cat #1", "c\u{430}t #2"]);
        assert_eq!(code_points("c\u{430}t #2", "c\u{430}t"), " (U+0430)");
        assert_eq!(code_points("cat #1", "cat"), "");
        assert_eq!(
            code_points("bayesian (čeština…", "bayesian (čeština ž)"),
            ""
        );
        assert_eq!(shown(&["x", "x"]), ["x", "x"], "the same name is no other");
        assert_eq!(
            shown(&["信", "U+4FE1", "U+4FE1 #1"]),
            ["U+4FE1 #2", "U+4FE1 #3", "U+4FE1 #1"]
        );
    }

    #[test]
    fn long_names_are_cut_and_still_differ() {
        let long = "bayesian (mean firing rate of the left primary motor cortex, layer 5";
        let names: Vec<String> = (0..12).map(|i| format!("{long}, {i})")).collect();
        let of = Names::of(names.clone());
        for (i, name) in of.shown.iter().enumerate() {
            assert!(font::width(name, TICK_SIZE) <= WIDEST, "{name}");
            assert!(
                name.contains('…') && name.ends_with(&format!("#{}", i + 1)),
                "{name}"
            );
        }
        assert_eq!(of.key()[3], (of.shown(3), names[3].as_str()));
        assert_eq!(Names::of(vec!["short".to_string()]).key(), []);
    }
}
