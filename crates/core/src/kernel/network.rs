//! The Euler step and the readout.

use super::dispatch::{Path, dispatched, unit_by_unit};
use crate::network::{Network, SparseMatrix};
use crate::numeric::{Lanes, Real};
use crate::params::Feedback;

/// The constant part of a network, in the number format and layout of the kernels.
pub(crate) struct Recurrent<F> {
    /// Where each row of J starts in `entries`.
    row_start: Vec<u32>,
    /// The non-zeros of J, row after row: index and value in one stream.
    entries: Vec<Entry<F>>,
    /// A_i.
    feedback: Vec<F>,
    /// What A_i multiplies.
    mode: Feedback,
    /// dt/τ_m.
    leak: F,
}

struct Entry<F> {
    column: u32,
    value: F,
}

impl<F: Real> Recurrent<F> {
    pub(crate) fn new(network: &Network) -> Self {
        let SparseMatrix {
            row_start,
            column,
            value,
        } = &network.recurrent;
        Self {
            row_start: row_start.clone(),
            entries: column
                .iter()
                .zip(value)
                .map(|(&column, &value)| Entry {
                    column,
                    value: F::from_f64(value),
                })
                .collect(),
            feedback: network.feedback.iter().map(|&a| F::from_f64(a)).collect(),
            mode: network.params.feedback,
            leak: F::from_f64(network.params.dt_ms / network.params.tau_ms),
        }
    }

    #[inline(always)]
    fn row(&self, i: usize) -> &[Entry<F>] {
        &self.entries[self.row_start[i] as usize..self.row_start[i + 1] as usize]
    }

    /// dt/τ_m: what an input of 1 adds to a membrane potential in one step.
    pub(crate) fn leak(&self) -> F {
        self.leak
    }
}

dispatched! {
    /// One Euler step without input: V_i += (dt/τ_m)(Σ_j J_ij r_j + feedback − V_i), for N units.
    pub(crate) fn advance<F, const L>(
        network: &Recurrent<F>,
        rates: &[Lanes<F, L>],
        output: &Lanes<F, L>,
        potentials: &mut [Lanes<F, L>],
    ) = advance_body
}

/// Rows of J that are summed side by side: each sum is a chain of additions that wait for one
/// another, and two chains fill the pipeline better than one. The order within a row stays.
const ROWS: usize = 4;

#[inline(always)]
fn advance_body<F: Real, const L: usize>(
    network: &Recurrent<F>,
    rates: &[Lanes<F, L>],
    output: &Lanes<F, L>,
    potentials: &mut [Lanes<F, L>],
) {
    let leak = Lanes::splat(network.leak);
    let (groups, rest) = potentials.as_chunks_mut::<ROWS>();
    let grouped = groups.len() * ROWS;
    for (group, potentials) in groups.iter_mut().enumerate() {
        let first = group * ROWS;
        let rows: [&[Entry<F>]; ROWS] = [
            network.row(first),
            network.row(first + 1),
            network.row(first + 2),
            network.row(first + 3),
        ];
        let drives = side_by_side(rows, rates);
        for row in 0..ROWS {
            euler_step(
                network,
                first + row,
                leak,
                drives[row],
                output,
                &mut potentials[row],
            );
        }
    }
    for (offset, potential) in rest.iter_mut().enumerate() {
        let i = grouped + offset;
        let [drive] = side_by_side([network.row(i)], rates);
        euler_step(network, i, leak, drive, output, potential);
    }
}

/// Σ_j J_ij r_j of several rows.
#[inline(always)]
fn side_by_side<F: Real, const L: usize, const R: usize>(
    rows: [&[Entry<F>]; R],
    rates: &[Lanes<F, L>],
) -> [Lanes<F, L>; R] {
    let mut sums = [Lanes::splat(F::ZERO); R];
    let mut common = rows[0].len();
    for row in rows {
        common = common.min(row.len());
    }
    #[allow(clippy::needless_range_loop)] // all rows are walked together
    for k in 0..common {
        unit_by_unit();
        for row in 0..R {
            let entry = &rows[row][k];
            sums[row] =
                sums[row].add_product(Lanes::splat(entry.value), rates[entry.column as usize]);
        }
    }
    for row in 0..R {
        let mut sum = sums[row];
        for entry in &rows[row][common..] {
            unit_by_unit();
            sum = sum.add_product(Lanes::splat(entry.value), rates[entry.column as usize]);
        }
        sums[row] = sum;
    }
    sums
}

#[inline(always)]
fn euler_step<F: Real, const L: usize>(
    network: &Recurrent<F>,
    i: usize,
    leak: Lanes<F, L>,
    recurrent: Lanes<F, L>,
    output: &Lanes<F, L>,
    potential: &mut Lanes<F, L>,
) {
    let fed_back = match network.mode {
        Feedback::Readout => *output,
        Feedback::OwnPotential => *potential,
    };
    let drive = recurrent.add_product(Lanes::splat(network.feedback[i]), fed_back);
    let change = drive.zip(*potential, |drive, potential| drive - potential);
    *potential = potential.add_product(leak, change);
}

dispatched! {
    /// r_i = tanh V_i, and V = Σ_i w_i r_i summed in the order of the units.
    pub(crate) fn rates_and_readout<F, const L>(
        potentials: &[Lanes<F, L>],
        weights: &[Lanes<F, L>],
        rates: &mut [Lanes<F, L>],
    ) -> Lanes<F, L> = rates_and_readout_body
}

#[inline(always)]
fn rates_and_readout_body<F: Real, const L: usize>(
    potentials: &[Lanes<F, L>],
    weights: &[Lanes<F, L>],
    rates: &mut [Lanes<F, L>],
) -> Lanes<F, L> {
    let mut output = Lanes::splat(F::ZERO);
    for ((potential, weight), rate) in potentials.iter().zip(weights).zip(rates) {
        unit_by_unit();
        *rate = potential.tanh();
        output = output.add_product(*weight, *rate);
    }
    output
}
