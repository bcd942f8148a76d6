//! Writes one drawn network and its targets as `.npy` files, so that other programs can compute the same runs.
//!
//!     cargo run --release -p synapse-core --example draw_network -- UNITS SEED NETWORK TARGETS TARGET_MS DIR
//!
//! They are what a study with that seed and `network.units` (all else at its default, `periodic_gp` targets) draws for
//! network number NETWORK and targets 0 to TARGETS − 1.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use synapse_core::network::Network;
use synapse_core::params::{NetworkParams, TargetParams};
use synapse_core::target;

const USAGE: &str = "usage: draw_network UNITS SEED NETWORK TARGETS TARGET_MS DIR";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [units, seed, index, targets, target_ms, folder] = &arguments[..] else {
        return Err(USAGE.into());
    };
    let (seed, index): (u64, u64) = (seed.parse()?, index.parse()?);
    let params = NetworkParams {
        units: units.parse()?,
        ..NetworkParams::default()
    };
    let network = Network::draw(&params, seed, index)?;
    let target = TargetParams::PeriodicGp {
        length_ms: target_ms.parse()?,
    };
    let targets = (0..targets.parse()?)
        .map(|j| target::sample(&target, params.dt_ms, seed, j))
        .collect::<Result<Vec<_>, _>>()?;

    let folder = Path::new(folder);
    std::fs::create_dir_all(folder)?;
    let write_f64 = |name, shape: &[usize], values: &[f64]| {
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        write_npy(&folder.join(name), "<f8", shape, &bytes)
    };
    let write_u32 = |name, values: &[u32]| {
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        write_npy(&folder.join(name), "<u4", &[values.len()], &bytes)
    };
    let recurrent = &network.recurrent;
    write_u32("row_start.npy", &recurrent.row_start)?;
    write_u32("column.npy", &recurrent.column)?;
    write_f64("value.npy", &[recurrent.value.len()], &recurrent.value)?;
    write_f64("feedback.npy", &[params.units], &network.feedback)?;
    let pulse: Vec<f64> = network.pulse.iter().copied().collect();
    write_f64("pulse.npy", network.pulse.shape(), &pulse)?;
    write_f64("readout.npy", &[params.units], &network.readout)?;
    let length = targets.first().map_or(0, Vec::len);
    write_f64("targets.npy", &[targets.len(), length], &targets.concat())?;
    Ok(())
}

/// Version 1 of NumPy's array format: a magic string, the length of a header, the header (a Python dictionary, filled up
/// with spaces so that the numbers start at a multiple of 64 bytes), the numbers row by row.
fn write_npy(path: &Path, kind: &str, shape: &[usize], bytes: &[u8]) -> std::io::Result<()> {
    const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";
    let axes: String = shape.iter().map(|n| format!("{n}, ")).collect();
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({axes}), }}");
    let before = MAGIC.len() + 2;
    // The header ends with a line feed.
    let padding = (before + header.len() + 1).next_multiple_of(64) - (before + header.len() + 1);
    header.extend(std::iter::repeat_n(' ', padding));
    header.push('\n');
    let length = u16::try_from(header.len()).map_err(std::io::Error::other)?;
    let mut file = std::fs::File::create(path)?;
    file.write_all(MAGIC)?;
    file.write_all(&length.to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    file.write_all(bytes)
}
