//! The manifest of a result folder that a test wrote by hand.

use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

/// Writes a `manifest.json` that names the study and the tables of the folder as they are now, for a
/// study of `planned` runs.
pub fn sign(folder: &Path, planned: usize) {
    let sum = |file: &str| {
        let bytes = fs::read(folder.join(file)).ok()?;
        let digits = Sha256::digest(&bytes);
        let digits: String = digits.iter().map(|byte| format!("{byte:02x}")).collect();
        let rows = bytes
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count()
            .saturating_sub(1);
        Some((rows, digits))
    };
    let (_, study) = sum("study.toml").expect("a study.toml");
    let mut tables = Vec::new();
    for file in ["runs.csv", "curves.csv", "traces.csv"] {
        if let Some((rows, sha256)) = sum(file) {
            tables.push(format!(
                "\"{file}\": {{\"rows\": {rows}, \"sha256\": \"{sha256}\"}}"
            ));
        }
    }
    let (present, _) = sum("runs.csv").expect("a runs.csv");
    let missing = planned.saturating_sub(present);
    let text = format!(
        "{{\"study\": {{\"sha256\": \"{study}\"}}, \"counts\": {{\"runs\": {planned}, \"missing\": {missing}}}, \
         \"tables\": {{{}}}}}\n",
        tables.join(", ")
    );
    fs::write(folder.join("manifest.json"), text).expect("write into the temporary folder");
}
