//! Result folders for the report to draw, and what a figure says of itself.
//!
//! A figure's text is outlines; its words and keys stand in `<desc>`, a line each.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A result folder as the runner leaves it, on 2 networks × 2 targets; all values follow from a formula.
pub struct Study(TempDir);

/// The test MSE of a condition's runs at a checkpoint.
pub type Mse<'a> = &'a dyn Fn(usize, u32) -> f64;

/// A condition's cells in order, its error far above that of others.
pub fn plain(condition: usize, trial: u32) -> f64 {
    (1.0 + condition as f64) / f64::from(10 + trial)
}

impl Study {
    pub fn new(head: &str, parameters: &[&str], rows: &[Vec<&str>], mse: Mse) -> Self {
        let new = Self(tempfile::tempdir().expect("a temporary folder"));
        new.fill(head, parameters, rows, mse);
        new
    }

    pub fn fill(&self, head: &str, parameters: &[&str], rows: &[Vec<&str>], mse: Mse) {
        self.put("study.toml", &format!("seed = 7\n{head}\n"));
        let keys = format!("run_id,{},network,target", parameters.join(","));
        let mut runs = format!(
            "{keys},status,diverged_trial,diverged_step,test_mse,tracking_mse,message,wall_s\n"
        );
        let mut curves = format!("{keys},status,trial,test_mse,tracking_mse\n");
        let mut traces = format!("{keys},trial,t_ms,v_tar,v\n");
        for (condition, row) in rows.iter().enumerate() {
            let cells: Vec<String> = row
                .iter()
                .map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")))
                .collect();
            for replicate in 0..4 {
                let (network, target) = (replicate / 2, replicate % 2);
                let id = condition * 4 + replicate;
                let key = format!("r{id},{},{network},{target}", cells.join(","));
                let at = |trial| mse(condition, trial) * (1.0 + 0.1 * replicate as f64);
                let _ = writeln!(runs, "{key},ok,,,{:?},,,0.5", at(20));
                for trial in [0, 10, 20] {
                    let _ = writeln!(curves, "{key},ok,{trial},{:?},", at(trial));
                }
                for t in (0..20).filter(|_| replicate == 0) {
                    let v = f64::from(t % 7) / 7.0;
                    let _ = writeln!(traces, "{key},20,{t},{v},{}", v * 0.9);
                }
            }
        }
        self.put("runs.csv", &runs);
        self.put("curves.csv", &curves);
        self.put("traces.csv", &traces);
        crate::signed::sign(self.path(), 4 * rows.len());
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn put(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).expect("write into the temporary folder");
    }

    pub fn get(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).expect("read from the temporary folder")
    }

    /// Runs the program, which must succeed; what it says on stderr.
    pub fn report(&self, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_report"))
            .args(arguments)
            .arg(".")
            .current_dir(self.path())
            .output()
            .expect("start report");
        let err = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(0), "{err}");
        err
    }

    /// Writes the report, checks what holds for every figure, and gives the figures by name.
    pub fn figures(&self) -> BTreeMap<String, Figure> {
        self.report(&[]);
        self.drawn()
    }

    pub fn drawn(&self) -> BTreeMap<String, Figure> {
        let mut all = BTreeMap::new();
        for path in self.files() {
            if path.extension().is_some_and(|end| end == "svg") {
                let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                let figure = Figure::read(&path);
                figure.check(&name);
                all.insert(name, figure);
            }
        }
        all
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = fs::read_dir(self.path().join("figures"))
            .expect("a folder of figures")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        files.sort();
        files
    }

    pub fn file_names(&self) -> Vec<String> {
        let name = |path: PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        self.files().into_iter().map(name).collect()
    }
}

/// What a figure says of itself.
pub struct Figure {
    pub svg: String,
    /// What is written.
    pub texts: Vec<String>,
    /// What the keys say: label, and look.
    pub keys: Vec<(String, String)>,
}

impl Figure {
    fn read(path: &Path) -> Self {
        let svg = fs::read_to_string(path).expect("a figure");
        let words = svg.split_once("<desc>\n").expect("the words").1;
        let words = words.split_once("\n</desc>").expect("their end").0;
        let words = words
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&");
        let texts = words.lines().filter_map(|l| l.strip_prefix("text: "));
        let keys = words
            .lines()
            .filter_map(|l| l.strip_prefix("key: ")?.rsplit_once(" = "));
        Self {
            texts: texts.map(str::to_string).collect(),
            keys: keys.map(|(a, b)| (a.to_string(), b.to_string())).collect(),
            svg,
        }
    }

    pub fn labels(&self) -> Vec<&str> {
        self.keys.iter().map(|k| k.0.as_str()).collect()
    }

    pub fn has(&self, text: &str) -> bool {
        self.texts.iter().any(|t| t == text)
    }

    /// The colour in the key.
    pub fn colour(&self, label: &str) -> &str {
        let key = self.keys.iter().find(|k| k.0 == label);
        let look = &key
            .unwrap_or_else(|| panic!("no key {label}: {:?}", self.keys))
            .1;
        look.split(' ').next().unwrap()
    }

    /// Width and height in user units.
    fn size(&self) -> (f64, f64) {
        let box_ = self.svg.split_once("viewBox=\"0 0 ").expect("a size").1;
        let (width, rest) = box_.split_once(' ').unwrap();
        let height = rest.split_once('"').unwrap().0;
        (width.parse().unwrap(), height.parse().unwrap())
    }

    /// What every figure must be: no higher than two pages of A4 at its width, nothing cut off at the
    /// edges, no two entries of its key alike.
    fn check(&self, name: &str) {
        let (width, height) = self.size();
        assert!(height <= 2.0 * 2f64.sqrt() * width, "{name}: {height}");
        for (x, y) in self.points() {
            let inside = (0.0..=width).contains(&x) && (0.0..=height).contains(&y);
            assert!(inside, "{name}: ({x}, {y}) is not in {width} × {height}");
        }
        let labels: BTreeSet<&str> = self.labels().into_iter().collect();
        assert_eq!(labels.len(), self.keys.len(), "{name}: {:?}", self.keys);
        // Swept values are colours of one scale; the others have a look each.
        let looks: BTreeSet<&String> = self.keys.iter().map(|k| &k.1).collect();
        if !name.starts_with("tracking") {
            let lines = self.keys.iter().filter(|k| k.1.contains(' '));
            assert!(looks.len() >= lines.count(), "{name}: {:?}", self.keys);
        }
    }

    /// The points of all outlines, where they are on the page.
    fn points(&self) -> Vec<(f64, f64)> {
        let mut all = Vec::new();
        let mut matrix = vec![[1.0, 0.0, 0.0, 1.0, 0.0, 0.0]];
        for line in self.svg.lines() {
            if line.starts_with("<g") {
                let own = attribute(line, "transform").map(|text| {
                    let numbers = text.trim_start_matches("matrix(").trim_end_matches(')');
                    let numbers: Vec<f64> =
                        numbers.split(' ').map(|n| n.parse().unwrap()).collect();
                    <[f64; 6]>::try_from(numbers).expect("six numbers")
                });
                // Only upright text is turned, and nothing in it is turned again.
                matrix.push(own.unwrap_or(matrix[matrix.len() - 1]));
            } else if line.starts_with("</g") {
                matrix.pop();
            } else if let Some(path) = attribute(line, "d") {
                let numbers: Vec<f64> = path.split(' ').filter_map(|n| n.parse().ok()).collect();
                let [a, b, c, d, e, f] = matrix[matrix.len() - 1];
                let place = |p: &[f64]| (a * p[0] + c * p[1] + e, b * p[0] + d * p[1] + f);
                all.extend(numbers.chunks_exact(2).map(place));
            }
        }
        assert!(all.len() > 100, "the outlines are read");
        all
    }
}

fn attribute<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let start = line.split_once(&format!(" {name}=\""))?.1;
    Some(start.split_once('"')?.0)
}
