//! Words of messages: near names and lists.

use strsim::damerau_levenshtein;
use synapse_report::words::shortened;

/// Longer names are near to no known one; comparing them would take their length squared.
const LONGEST: usize = 200;

/// The known name that a wrong one most likely means; `None` if none is near.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > LONGEST {
        return None;
    }
    // A third of the letters may differ: enough for a slip or a missing unit, too little for another word.
    let limit = (name.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| {
            *distance <= limit || (name.len() >= 3 && candidate.starts_with(name))
        })
        // The first of equals, so that the answer follows the order of the schema.
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// "; did you mean `x`?", or nothing.
pub fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or(String::new(), |name| format!("; did you mean `{name}`?"))
}

/// `a, b, c`; of more than `limit`, the first and how many more there are.
pub fn listed<T: AsRef<str>>(words: &[T], limit: usize) -> String {
    let shown: Vec<_> = words
        .iter()
        .take(limit)
        .map(|word| shortened(word.as_ref()))
        .collect();
    let mut text = shown.join(", ");
    if words.len() > limit {
        text.push_str(&format!(", … ({} more)", words.len() - limit));
    }
    text
}

/// `1 thing`, `2 things`.
pub fn count(n: u64, thing: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {thing}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names() {
        let known = ["units", "gain", "tau_ms", "pulse_ms", "pulse_onset_ms"];
        assert_eq!(nearest("gian", known), Some("gain"));
        assert_eq!(nearest("tau", known), Some("tau_ms"));
        assert_eq!(nearest("pulse_m", known), Some("pulse_ms"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest(&"x".repeat(50_000_000), known), None);
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(listed(&["a", "b"], 2), "a, b");
        assert_eq!(listed(&["a", "b", "c"], 2), "a, b, … (1 more)");
        assert_eq!(listed(&["a".repeat(1000)], 2).chars().count(), 81);
    }
}
