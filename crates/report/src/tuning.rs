//! Honest tuning: a parameter is chosen on half of the networks, and what it gives is reported on the
//! other half.
//!
//! The best of many values on the networks that chose it is too good: the choice has fitted their
//! noise. Here networks with even numbers choose and those with odd numbers tell, and the reverse: two
//! answers, and where they differ in the value chosen, so would two papers. The lowest median of the
//! last checkpoint chooses; +∞ where too many runs diverged.

use crate::Inputs;
use crate::design::condition_key;
use crate::error::ReportError;
use crate::expectation::{Metric, Statistic};
use crate::manifest::Accept;
use crate::number::short;
use crate::statistics::{Estimate, estimate, method_line, random_stream};
use crate::study::Study;
use crate::summary::{cell, write_whole};
use crate::tables::{Cell, Tables};
use crate::verdict::align;
use std::path::{Path, PathBuf};

/// The file's name in a result folder.
pub const FILE: &str = "tuning.csv";

/// Significant digits of medians.
const DIGITS: usize = 4;

/// The columns after the parameters.
const COLUMNS: [&str; 12] = [
    "chosen_on",
    "parameter",
    "chosen",
    "values",
    "metric",
    "trial",
    "n",
    "diverged",
    "median",
    "ci_low",
    "ci_high",
    "method",
];

/// Half of the networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// Networks 0, 2, 4, …
    Even,
    /// Networks 1, 3, 5, …
    Odd,
}

impl Half {
    fn has(self, cell: &Cell) -> bool {
        cell.network.is_multiple_of(2) == (self == Self::Even)
    }

    fn other(self) -> Self {
        match self {
            Self::Even => Self::Odd,
            Self::Odd => Self::Even,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Even => "even networks",
            Self::Odd => "odd networks",
        }
    }
}

/// What one half of the networks chose, and what that gives on the other half.
#[derive(Debug, Clone, PartialEq)]
pub struct Tuned {
    /// The chosen condition: an index into [`Tables::conditions`].
    pub condition: usize,
    /// How many values there were to choose from.
    pub values: usize,
    /// The half that chose.
    pub chosen_on: Half,
    /// The checkpoint.
    pub trial: u64,
    /// The median on the other half.
    pub median: Estimate,
    /// Diverged runs on the other half.
    pub diverged: usize,
}

/// The tuning of one parameter in a study.
#[derive(Debug, Clone, PartialEq)]
pub struct Tuning {
    /// The parameter's dotted path.
    pub parameter: String,
    column: usize,
    /// What was measured.
    pub metric: Metric,
    /// Two per group of conditions that differ in this parameter alone, in the study's order.
    pub tuned: Vec<Tuned>,
    /// Runs of these conditions without a value: failed, or empty at the checkpoint. The choice is among
    /// the others.
    pub lost: usize,
}

impl Tuning {
    /// Reads a result folder and tunes a parameter there.
    ///
    /// # Errors
    /// What cannot be read, and what [`Self::of`] tells.
    pub fn read(
        folder: &Path,
        path: &str,
        metric: Metric,
        accept: Accept,
    ) -> Result<(Self, Inputs), ReportError> {
        // Without the summary: its intervals are not needed, and take their time.
        let inputs = crate::inputs(folder, accept)?;
        let Inputs { study, tables, .. } = &inputs;
        match Self::of(tables, study, path, metric) {
            Ok(tuning) => Ok((tuning, inputs)),
            Err(problem) => Err(ReportError::Tune {
                path: folder.to_path_buf(),
                problem,
            }),
        }
    }

    /// Tunes the parameter with this path.
    ///
    /// # Errors
    /// In words: a path that is no column, or that no two conditions differ in alone; a single network.
    pub fn of(tables: &Tables, study: &Study, path: &str, metric: Metric) -> Result<Self, String> {
        let column = tables.column(path).ok_or_else(|| {
            format!(
                "no parameter {path} in runs.csv; there: {}",
                tables.parameters.join(", ")
            )
        })?;
        let mut tuned: Vec<Tuned> = Vec::new();
        let mut lost = 0;
        for group in groups(tables, column) {
            if group.len() < 2 {
                continue;
            }
            for chosen_on in [Half::Even, Half::Odd] {
                tuned.extend(tune(tables, study, &group, chosen_on, metric));
            }
            if let Some(trial) = tuned.last().map(|t| t.trial) {
                let samples = group.iter().map(|&c| tables.sample(c, metric, trial));
                lost += samples.map(|s| s.failed + s.empty).sum::<usize>();
            }
        }
        if tuned.is_empty() {
            return Err(format!(
                "no two conditions differ in {path} alone and have networks of both halves"
            ));
        }
        Ok(Self {
            parameter: path.to_string(),
            column,
            metric,
            tuned,
            lost,
        })
    }

    /// Writes `tuning.csv`.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, tables: &Tables, folder: &Path) -> Result<PathBuf, ReportError> {
        let path = folder.join(FILE);
        let io = |e: csv::Error| ReportError::io("write", &path, e.into());
        let others = || (0..tables.parameters.len()).filter(|&c| c != self.column);
        let mut text = csv::Writer::from_writer(Vec::new());
        let header = others().map(|c| tables.parameters[c].as_str());
        text.write_record(header.chain(COLUMNS)).map_err(io)?;
        for tuned in &self.tuned {
            let cells = &tables.conditions[tuned.condition].cells;
            let interval = tuned.median.interval;
            let tail = [
                tuned.chosen_on.name().to_string(),
                self.parameter.clone(),
                cells[self.column].clone(),
                tuned.values.to_string(),
                self.metric.name().to_string(),
                tuned.trial.to_string(),
                tuned.median.n.to_string(),
                tuned.diverged.to_string(),
                cell(Some(tuned.median.value)),
                cell(interval.map(|i| i.low)),
                cell(interval.map(|i| i.high)),
                tuned.median.method.name().to_string(),
            ];
            let record = others().map(|c| &cells[c]).chain(&tail);
            text.write_record(record).map_err(io)?;
        }
        let bytes = text
            .into_inner()
            .map_err(|e| ReportError::io("write", &path, e.into_error()))?;
        write_whole(&path, &bytes)?;
        Ok(path)
    }

    /// An aligned table for people.
    pub fn words(&self, tables: &Tables) -> String {
        let varies = |column: usize| {
            let first = &tables.conditions[0].cells[column];
            tables.conditions.iter().any(|c| c.cells[column] != *first)
        };
        let title = format!("median {} on the others", self.metric.title());
        let header = [
            "condition",
            "chosen on",
            &self.parameter,
            &title,
            "interval",
            "n",
            "diverged",
        ];
        let mut lines = vec![header.map(str::to_string)];
        for tuned in &self.tuned {
            let cells = &tables.conditions[tuned.condition].cells;
            let shown = (0..cells.len())
                .filter(|&c| c != self.column && !cells[c].is_empty() && (c == 0 || varies(c)))
                .map(|c| format!("{}={}", tables.parameters[c], cells[c]));
            let ends = tuned.median.interval.map_or("–".to_string(), |i| {
                format!("{} … {}", short(i.low, DIGITS), short(i.high, DIGITS))
            });
            lines.push([
                shown.collect::<Vec<_>>().join(", "),
                tuned.chosen_on.name().to_string(),
                cells[self.column].clone(),
                short(tuned.median.value, DIGITS),
                ends,
                tuned.median.n.to_string(),
                tuned.diverged.to_string(),
            ]);
        }
        let mut text = String::new();
        align(&mut text, &lines).expect("writing to a string does not fail");
        let methods: Vec<_> = self.tuned.iter().map(|t| t.median.method).collect();
        text.push_str(&method_line(&methods));
        text.push('\n');
        text
    }
}

/// Conditions that differ in this column alone, with a value there.
fn groups(tables: &Tables, column: usize) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (condition, c) in tables.conditions.iter().enumerate() {
        if c.cells[column].is_empty() {
            continue;
        }
        let alike = |other: usize| {
            let others = &tables.conditions[other].cells;
            (0..c.cells.len()).all(|i| i == column || c.cells[i] == others[i])
        };
        match groups.iter_mut().find(|group| alike(group[0])) {
            Some(group) => group.push(condition),
            None => groups.push(vec![condition]),
        }
    }
    groups
}

/// What a half chooses among conditions; nothing if no condition has runs of both halves.
fn tune(
    tables: &Tables,
    study: &Study,
    group: &[usize],
    chosen_on: Half,
    metric: Metric,
) -> Option<Tuned> {
    // The checkpoint that all have: where training differs, their last ones would not compare.
    let trials = group.iter().map(|&c| tables.trials(c, metric));
    let trial = trials
        .filter(|trials| !trials.is_empty())
        .reduce(|common, trials| common.into_iter().filter(|t| trials.contains(t)).collect())?
        .into_iter()
        .max()?;
    let half = |condition: usize, half: Half| -> Vec<Cell> {
        let cells = tables.sample(condition, metric, trial).cells;
        cells.into_iter().filter(|cell| half.has(cell)).collect()
    };
    let median = |condition: usize, cells: &[Cell]| {
        let name = [
            &*condition_key(tables, condition),
            chosen_on.name(),
            "tuning",
        ];
        estimate(cells, Statistic::Median, random_stream(study.seed, &name))
    };
    // min_by keeps the first of equals.
    let best = group
        .iter()
        .filter_map(|&c| Some((c, median(c, &half(c, chosen_on))?.value)))
        .min_by(|a, b| a.1.total_cmp(&b.1))?
        .0;
    let cells = half(best, chosen_on.other());
    Some(Tuned {
        condition: best,
        values: group.len(),
        chosen_on,
        trial,
        diverged: cells.iter().filter(|c| c.value == f64::INFINITY).count(),
        median: median(best, &cells)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two rates on four networks with one target each: 0.1 is better on the even networks, 0.2 on the odd.
    fn tables() -> (Tables, Study) {
        let mut runs = "run_id,rule.kind,rule.eta0,network,target,status,diverged_trial,diverged_step,test_mse,tracking_mse,message,wall_s\n".to_string();
        let mut curves =
            "run_id,rule.kind,rule.eta0,network,target,status,trial,test_mse,tracking_mse\n"
                .to_string();
        let values = [("0.1", [1.0, 8.0, 2.0, 9.0]), ("0.2", [3.0, 4.0, 5.0, 6.0])];
        for (rate, values) in values {
            for (network, value) in values.into_iter().enumerate() {
                let keys = format!("{rate}-{network},classical,{rate},{network},0");
                runs += &format!("{keys},ok,,,{value},,,1\n");
                curves += &format!("{keys},ok,5,{value},\n");
            }
        }
        let tables = Tables::parse(runs.as_bytes(), curves.as_bytes(), None).unwrap();
        let study = "schema = 1\nname = \"s\"\nquestion = \"?\"\nseed = 3\n";
        (tables, crate::study::parse(study).unwrap())
    }

    #[test]
    fn one_half_chooses_and_the_other_tells() {
        let (tables, study) = tables();
        let tuning = Tuning::of(&tables, &study, "rule.eta0", Metric::TestMse).unwrap();
        let found: Vec<(usize, f64, usize)> = tuning
            .tuned
            .iter()
            .map(|t| (t.condition, t.median.value, t.median.n))
            .collect();
        // Even networks choose 0.1 (1.5 against 4), which gives 8.5 on the odd ones; those choose 0.2
        // (5 against 8.5), which gives 4 on the even ones.
        assert_eq!(found, [(0, 8.5, 2), (1, 4.0, 2)]);
        let words = tuning.words(&tables);
        assert!(words.contains("even networks"), "{words}");
        let folder = tempfile::tempdir().unwrap();
        let path = tuning.write(&tables, folder.path()).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.starts_with("rule.kind,chosen_on,parameter,chosen,values,metric,trial,n,"));
        assert!(text.contains("\nclassical,even networks,rule.eta0,0.1,2,test_mse,5,2,0,8.5,"));
    }

    #[test]
    fn what_cannot_be_tuned_is_told() {
        let (tables, study) = tables();
        let told = |path| Tuning::of(&tables, &study, path, Metric::TestMse).unwrap_err();
        assert_eq!(
            told("rule.eta"),
            "no parameter rule.eta in runs.csv; there: rule.kind, rule.eta0"
        );
        assert_eq!(
            told("rule.kind"),
            "no two conditions differ in rule.kind alone and have networks of both halves"
        );
    }
}
