//! The Euler step and the readout.

use super::recurrent::{ROWS, Recurrent};
use crate::numeric::{Lanes, PANEL, PerUnit, Real, tanh};
use crate::params::Feedback;
use crate::simd::{Pair, Path, Vector, dispatched};

/// One Euler step without input: V_i += (dt/τ_m)(Σ_j J_ij r_j + feedback − V_i), for N units.
/// `output` is V; `sums` is scratch of N units.
pub fn advance<F: Real, const L: usize>(
    network: &Recurrent<F>,
    rates: &PerUnit<F, L>,
    output: &Lanes<F, L>,
    sums: &mut PerUnit<F, L>,
    potentials: &mut PerUnit<F, L>,
) {
    advance_rows(
        network,
        rates.panels(),
        output,
        sums.rows_mut(),
        potentials.rows_mut(),
    );
}

dispatched! {
    fn advance_rows<F, const L>(
        network: &Recurrent<F>,
        rates: &[[Lanes<F, L>; PANEL]],
        output: &Lanes<F, L>,
        sums: &mut [Lanes<F, L>],
        potentials: &mut [Lanes<F, L>],
    ) in rows of L = advance_body
}

#[inline(always)]
fn advance_body<F: Real, V: Vector<F>, const L: usize>(
    token: V::Token,
    network: &Recurrent<F>,
    rates: &[[Lanes<F, L>; PANEL]],
    output: &Lanes<F, L>,
    sums: &mut [Lanes<F, L>],
    potentials: &mut [Lanes<F, L>],
) {
    // Two vectors of a row at a time: value and column of a non-zero are loaded once for both, and
    // the sums still fit the registers of every path.
    if L >= 2 * V::WIDTH {
        advance_with::<F, Pair<V>, L>(token, network, rates, output, sums, potentials);
    } else {
        advance_with::<F, V, L>(token, network, rates, output, sums, potentials);
    }
}

#[inline(always)]
fn advance_with<F: Real, V: Vector<F>, const L: usize>(
    token: V::Token,
    network: &Recurrent<F>,
    rates: &[[Lanes<F, L>; PANEL]],
    output: &Lanes<F, L>,
    sums: &mut [Lanes<F, L>],
    potentials: &mut [Lanes<F, L>],
) {
    let leak = V::splat(token, network.leak);
    let last = network.panels.len() - 1;
    for (index, (panel, rates)) in network.panels.iter().zip(rates).enumerate() {
        let mut all_columns = &panel.columns[..];
        let mut all_values = &panel.values[..];
        for group in &panel.groups {
            let (columns, rest) = all_columns.split_at(group.entries as usize);
            all_columns = rest;
            let (values, rest) = all_values.split_at(group.entries as usize);
            all_values = rest;
            for first in (0..L).step_by(V::WIDTH) {
                let mut side_by_side = [V::splat(token, F::ZERO); ROWS];
                if index > 0 {
                    for (sum, &row) in side_by_side.iter_mut().zip(&group.rows) {
                        if let Some(so_far) = sums.get(row as usize) {
                            *sum = V::load(token, &so_far[first..]);
                        }
                    }
                }
                for (columns, values) in columns.iter().zip(values) {
                    // One load for the four of them: loads are what this loop is short of.
                    let columns = u32::from_le_bytes(*columns);
                    for row in 0..ROWS {
                        let column = (columns >> (8 * row)) as u8;
                        let rate = V::load(token, &rates[usize::from(column)][first..]);
                        side_by_side[row] =
                            V::splat(token, values[row]).mul_add(rate, side_by_side[row]);
                    }
                }
                for (&sum, &row) in side_by_side.iter().zip(&group.rows) {
                    let row = row as usize;
                    if row >= potentials.len() {
                        continue;
                    }
                    if index < last {
                        sum.store(&mut sums[row][first..]);
                        continue;
                    }
                    let potential = V::load(token, &potentials[row][first..]);
                    let fed_back = match network.mode {
                        Feedback::Readout => V::load(token, &output[first..]),
                        Feedback::OwnPotential => potential,
                    };
                    let drive = V::splat(token, network.feedback[row]).mul_add(fed_back, sum);
                    let next = leak.mul_add(drive - potential, potential);
                    next.store(&mut potentials[row][first..]);
                }
            }
        }
    }
}

/// Units whose rates are computed, then read out, while they are in the L1 cache.
const STRETCH: usize = 64;

/// r_i = tanh V_i, and V = Σ_i w_i r_i summed in the order of the units.
pub fn rates_and_readout<F: Real, const L: usize>(
    potentials: &PerUnit<F, L>,
    weights: &PerUnit<F, L>,
    rates: &mut PerUnit<F, L>,
) -> Lanes<F, L> {
    let mut output = [F::ZERO; L];
    for (stretch, weights) in weights.rows().chunks(STRETCH).enumerate() {
        let start = stretch * STRETCH;
        let numbers = start * L..potentials.flat().len().min((start + STRETCH) * L);
        tanh_flat(
            &potentials.flat()[numbers.clone()],
            &mut rates.flat_mut()[numbers],
        );
        let rates = &rates.rows()[start..start + weights.len()];
        readout(weights, rates, &mut output);
    }
    output
}

dispatched! {
    /// tanh of each number.
    pub fn tanh_flat<F>(from: &[F], to: &mut [F]) = tanh_body
}

#[inline(always)]
fn tanh_body<F: Real, V: Vector<F>>(token: V::Token, from: &[F], to: &mut [F]) {
    // Four at a time, where so many remain.
    let done = tanh_all::<F, Pair<Pair<V>>>(token, from, to);
    tanh_all::<F, V>(token, &from[done..], &mut to[done..]);
}

/// tanh of as many whole vectors as there are; how many numbers that is.
#[inline(always)]
fn tanh_all<F: Real, V: Vector<F>>(token: V::Token, from: &[F], to: &mut [F]) -> usize {
    let vectors = from
        .chunks_exact(V::WIDTH)
        .zip(to.chunks_exact_mut(V::WIDTH));
    for (from, to) in vectors {
        tanh::<F, V>(token, V::load(token, from)).store(to);
    }
    from.len() / V::WIDTH * V::WIDTH
}

dispatched! {
    fn readout<F, const L>(
        weights: &[Lanes<F, L>],
        rates: &[Lanes<F, L>],
        output: &mut Lanes<F, L>,
    ) in rows of L = readout_body
}

#[inline(always)]
fn readout_body<F: Real, V: Vector<F>, const L: usize>(
    token: V::Token,
    weights: &[Lanes<F, L>],
    rates: &[Lanes<F, L>],
    output: &mut Lanes<F, L>,
) {
    if L >= 2 * V::WIDTH {
        readout_with::<F, Pair<V>, L>(token, weights, rates, output);
    } else {
        readout_with::<F, V, L>(token, weights, rates, output);
    }
}

#[inline(always)]
fn readout_with<F: Real, V: Vector<F>, const L: usize>(
    token: V::Token,
    weights: &[Lanes<F, L>],
    rates: &[Lanes<F, L>],
    output: &mut Lanes<F, L>,
) {
    for first in (0..L).step_by(V::WIDTH) {
        let mut sum = V::load(token, &output[first..]);
        for (weight, rate) in weights.iter().zip(rates) {
            sum = V::load(token, &weight[first..]).mul_add(V::load(token, &rate[first..]), sum);
        }
        sum.store(&mut output[first..]);
    }
}
