//! What a spec may hold, as data: every table and field with its type, range, default and meaning.
//!
//! One description drives parsing, defaults, `--set`, sweeps, suggestions of near names, the
//! resolved study, the identity of runs and the JSON Schema, so that these cannot disagree. The
//! tables themselves are in [`tables`].

mod file;
pub mod tables;

use super::scalar::Scalar;
use super::words::nearest;
use synapse_core::interval::Interval;

/// A field of a table.
#[derive(Debug)]
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether it must be written.
    pub presence: Presence,
    /// What it means, with its unit.
    pub doc: &'static str,
}

/// What a field holds.
#[derive(Debug)]
pub enum FieldKind {
    /// A whole number from the first to the second.
    Whole(u64, u64),
    /// A real number.
    Real(Interval),
    /// True or false.
    Bool,
    /// Any text.
    Text,
    /// Any text, or a list of texts.
    Texts,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A table.
    Table(&'static TableSchema),
    /// A list of tables.
    List(&'static TableSchema),
}

/// Whether a field must be written.
#[derive(Debug)]
pub enum Presence {
    /// It must.
    Required,
    /// It must, unless that other field of the table is.
    Unless(&'static str),
    /// It need not; this is its value then.
    Default(fn() -> Scalar),
    /// It need not; nothing then.
    Optional,
    /// A table that need not be written: its own defaults then.
    Defaults,
}

/// A table: fields of all its variants, and those of one variant, chosen by the word at `tag`.
#[derive(Debug)]
pub struct TableSchema {
    /// What a message calls this table, e.g. "rule".
    pub name: &'static str,
    /// The variants, if it has any.
    pub variants: Option<Variants>,
    /// Fields that every variant has.
    pub fields: &'static [Field],
}

/// The variants of a table.
#[derive(Debug)]
pub struct Variants {
    /// The key that chooses: `kind` or `protocol`.
    pub tag: &'static str,
    /// What the choice is about.
    pub doc: &'static str,
    /// The variant if the key is not written.
    pub default: Option<&'static str>,
    /// The variants, in the order of documentation.
    pub cases: &'static [Case],
}

/// A variant.
#[derive(Debug)]
pub struct Case {
    /// The word that chooses it.
    pub word: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Its own fields.
    pub fields: &'static [Field],
}

/// What a dotted path leads to.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    /// The word that chooses a variant.
    Tag(&'static Variants),
    /// A field with one value.
    Field(&'static Field),
    /// A table or a list.
    Table(&'static TableSchema),
}

impl Variants {
    /// The words.
    pub fn words(&self) -> Vec<&'static str> {
        self.cases.iter().map(|case| case.word).collect()
    }

    /// The variant of a word.
    pub fn case(&self, word: &str) -> Option<&'static Case> {
        self.cases.iter().find(|case| case.word == word)
    }
}

impl TableSchema {
    /// Fields of one variant (of all, if `None`), in order; a name that several variants have comes once.
    pub fn fields_of(&self, word: Option<&str>) -> Vec<&'static Field> {
        let mut fields: Vec<&'static Field> = Vec::new();
        let cases = self.variants.as_ref().map_or(&[][..], |v| v.cases);
        let of_cases = cases
            .iter()
            .filter(|case| word.is_none_or(|word| word == case.word))
            .flat_map(|case| case.fields);
        for field in of_cases.chain(self.fields) {
            if !fields.iter().any(|known| known.name == field.name) {
                fields.push(field);
            }
        }
        fields
    }

    /// The keys of one variant (of all, if `None`), the choosing one first.
    pub fn keys(&self, word: Option<&str>) -> Vec<&'static str> {
        let tag = self.variants.as_ref().map(|variants| variants.tag);
        let names = self.fields_of(word).into_iter().map(|field| field.name);
        tag.into_iter().chain(names).collect()
    }

    /// Where a dotted path below this table leads, in any variant; `None` if nowhere.
    pub fn find(&'static self, path: &str) -> Option<Goal> {
        let (first, rest) = match path.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        if let Some(variants) = &self.variants
            && variants.tag == first
        {
            return rest.is_none().then_some(Goal::Tag(variants));
        }
        let field = self
            .fields_of(None)
            .into_iter()
            .find(|field| field.name == first)?;
        match (&field.kind, rest) {
            (FieldKind::Table(inner) | FieldKind::List(inner), None) => Some(Goal::Table(inner)),
            (FieldKind::Table(inner), Some(rest)) => inner.find(rest),
            (FieldKind::List(inner), Some(rest)) => {
                let (index, rest) = match rest.split_once('.') {
                    Some((index, rest)) => (index, Some(rest)),
                    None => (rest, None),
                };
                index.parse::<u32>().ok()?;
                rest.map_or(Some(Goal::Table(inner)), |rest| inner.find(rest))
            }
            (_, None) => Some(Goal::Field(field)),
            (_, Some(_)) => None,
        }
    }

    /// Every path below this table that leads to a value, in order; list positions as `0`.
    pub fn paths(&'static self, prefix: &str) -> Vec<String> {
        let mut paths = Vec::new();
        for key in self.keys(None) {
            let path = join(prefix, key);
            match self.find(key) {
                Some(Goal::Table(inner)) => {
                    let is_list = self
                        .fields_of(None)
                        .iter()
                        .any(|f| f.name == key && matches!(f.kind, FieldKind::List(_)));
                    let prefix = if is_list { join(&path, "0") } else { path };
                    paths.extend(inner.paths(&prefix));
                }
                _ => paths.push(path),
            }
        }
        paths
    }

    /// The place of a path in the order of the schema, as a key to sort by.
    pub fn order(&'static self, path: &str) -> Vec<usize> {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let Some(rank) = self.keys(None).iter().position(|&key| key == first) else {
            return vec![usize::MAX];
        };
        let mut order = vec![rank];
        if let Some(Goal::Table(inner)) = self.find(first)
            && !rest.is_empty()
        {
            let rest = match rest.split_once('.') {
                Some((index, rest)) if index.parse::<usize>().is_ok() => {
                    order.extend(index.parse::<usize>());
                    rest
                }
                _ => rest,
            };
            order.extend(inner.order(rest));
        }
        order
    }
}

/// The four tables whose fields are the parameters of a run.
pub fn run_tables() -> [(&'static str, &'static TableSchema); 4] {
    [
        ("network", &tables::NETWORK),
        ("target", &tables::TARGET),
        ("training", &tables::TRAINING),
        ("rule", &tables::RULE),
    ]
}

/// Where a full dotted path such as `rule.noise.errors` leads.
pub fn find(path: &str) -> Option<Goal> {
    let (table, rest) = match path.split_once('.') {
        Some((table, rest)) => (table, Some(rest)),
        None => (path, None),
    };
    let (_, schema) = run_tables().into_iter().find(|(name, _)| *name == table)?;
    rest.map_or(Some(Goal::Table(schema)), |rest| schema.find(rest))
}

/// Every full dotted path of a run's parameters, in order.
pub fn all_paths() -> Vec<String> {
    run_tables()
        .into_iter()
        .flat_map(|(name, schema)| schema.paths(name))
        .collect()
}

/// The known path that is nearest to a wrong one.
pub fn nearest_path(path: &str) -> Option<String> {
    let paths = all_paths();
    nearest(path, paths.iter().map(String::as_str)).map(str::to_owned)
}

/// The place of a full path in the order of the schema, as a key to sort by.
pub fn order(path: &str) -> Vec<usize> {
    let (table, rest) = path.split_once('.').unwrap_or((path, ""));
    let tables = run_tables();
    let rank = tables.iter().position(|(name, _)| *name == table);
    let Some(rank) = rank else {
        return vec![usize::MAX];
    };
    let mut order = vec![rank];
    order.extend(tables[rank].1.order(rest));
    order
}

/// `prefix.key`, or `key` if there is no prefix.
pub fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() {
        key.to_owned()
    } else {
        format!("{prefix}.{key}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_means_one_thing_in_all_variants() {
        // Axes are checked once, by path, before the variant of a condition is known.
        for (_, schema) in run_tables() {
            let cases = schema.variants.as_ref().map_or(&[][..], |v| v.cases);
            let all: Vec<_> = cases.iter().flat_map(|case| case.fields).collect();
            for a in &all {
                for b in all.iter().filter(|b| b.name == a.name) {
                    let same = match (&a.kind, &b.kind) {
                        (FieldKind::Whole(a0, a1), FieldKind::Whole(b0, b1)) => {
                            (a0, a1) == (b0, b1)
                        }
                        (FieldKind::Real(a), FieldKind::Real(b)) => a == b,
                        (FieldKind::Choice(a), FieldKind::Choice(b)) => a == b,
                        (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
                    };
                    assert!(same, "{}.{}", schema.name, a.name);
                }
            }
        }
    }

    #[test]
    fn paths_lead_where_they_should() {
        assert!(matches!(find("network.gain"), Some(Goal::Field(_))));
        assert!(matches!(find("rule.noise"), Some(Goal::Table(_))));
        assert!(matches!(find("rule.noise.kind"), Some(Goal::Tag(_))));
        assert!(matches!(
            find("target.components.3.phase"),
            Some(Goal::Field(_))
        ));
        assert!(find("network.gain.x").is_none());
        assert!(find("target.components.phase").is_none());
        assert!(find("nothing").is_none());
        assert_eq!(nearest_path("rule.eta").as_deref(), Some("rule.eta0"));
        for path in all_paths() {
            assert!(
                matches!(find(&path), Some(Goal::Field(_) | Goal::Tag(_))),
                "{path}"
            );
        }
    }

    #[test]
    fn the_order_of_the_schema() {
        let paths = tables::RULE.paths("rule");
        assert_eq!(
            paths,
            [
                "rule.kind",
                "rule.eta0",
                "rule.covariance.kind",
                "rule.covariance.size",
                "rule.covariance.assignment",
                "rule.covariance.rank",
                "rule.covariance.recent",
                "rule.covariance.dropped",
                "rule.gain",
                "rule.noise.kind",
                "rule.noise.variance",
                "rule.noise.errors",
                "rule.noise.lag_steps",
                "rule.noise.shape",
                "rule.noise.scale",
                "rule.update_order",
                "rule.drift.tau_ms",
                "rule.drift.prior_mean",
                "rule.drift.prior_variance",
                "rule.forgetting",
                "rule.alpha",
            ]
        );
        let mut all = all_paths();
        all.sort_by_key(|path| order(path));
        assert_eq!(all, all_paths());
        assert!(order("target.components.2.phase") < order("target.components.10.period_ms"));
    }
}
