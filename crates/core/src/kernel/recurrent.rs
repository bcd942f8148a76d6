//! J and the feedback weights, laid out for the kernels.

use crate::memory::{self, OutOfMemory};
use crate::network::{Network, SparseMatrix};
use crate::numeric::{PANEL, Real};
use crate::params::Feedback;

/// Rows of J that are summed side by side: each sum is a chain of additions that wait for one
/// another, and several chains keep the adders busy. More would not fit AVX2's 16 registers.
pub(super) const ROWS: usize = 4;

/// The constant part of a network, in the number format and layout of the kernels.
pub struct Recurrent<F> {
    pub(super) panels: Vec<Panel<F>>,
    /// A_i.
    pub(super) feedback: Vec<F>,
    /// What A_i multiplies.
    pub(super) mode: Feedback,
    /// dt/τ_m.
    pub(super) leak: F,
}

/// [`PANEL`] columns of J.
///
/// The sums of a panel's rows go on where those of the panel before it stopped, so each runs over
/// the columns in their order. The rates of a panel in 32 lanes of f32 or 16 of f64 are 32 KiB and
/// stay in the L1 cache; and a column's number within its panel is a byte, so that no look-up needs
/// a check of its bounds.
pub(super) struct Panel<F> {
    /// Rows with like numbers of non-zeros, together.
    pub(super) groups: Vec<Group>,
    /// The columns within the panel, and the values, of the groups' k-th non-zeros: of all groups,
    /// one after the other. A row with fewer non-zeros than its group has zeros at its end, which
    /// change no sum: a sum that starts at +0 is never −0.
    pub(super) columns: Vec<[u8; ROWS]>,
    pub(super) values: Vec<[F; ROWS]>,
}

/// Rows that are summed side by side.
pub(super) struct Group {
    /// Which rows; from N on, none.
    pub(super) rows: [u32; ROWS],
    /// Entries of `columns` and `values`.
    pub(super) entries: u32,
}

impl<F: Real> Recurrent<F> {
    /// Lays out a network that has been drawn.
    ///
    /// # Errors
    /// There is no memory for it.
    pub fn new(network: &Network) -> Result<Self, OutOfMemory> {
        let panels = network.params.units.div_ceil(PANEL);
        Ok(Self {
            panels: (0..panels)
                .map(|panel| Panel::new(&network.recurrent, panel))
                .collect::<Result<_, _>>()?,
            feedback: network.feedback.iter().map(|&a| F::from_f64(a)).collect(),
            mode: network.params.feedback,
            leak: F::from_f64(network.params.dt_ms / network.params.tau_ms),
        })
    }

    /// Bytes at most that the layout of so many units and non-zeros takes, scratch included.
    pub(crate) fn bytes(units: u64, non_zeros: u64) -> u64 {
        let (panels, rows) = (units.div_ceil(PANEL as u64), ROWS as u64);
        // Sorted by length, the rows of a group are alike: what they are filled up with adds up to less
        // than the longest row of a panel, once for each row beside the first.
        let padding = panels * (rows - 1) * units.min(PANEL as u64);
        let entry = 1 + size_of::<F>() as u64;
        let groups = panels * units.div_ceil(rows) * size_of::<Group>() as u64;
        let ranges = 2 * (units + rows) * size_of::<(u32, std::ops::Range<usize>)>() as u64;
        (non_zeros + padding) * entry + groups + ranges + units * size_of::<F>() as u64
    }

    /// dt/τ_m: what an input of 1 adds to a membrane potential in one step.
    pub fn leak(&self) -> F {
        self.leak
    }
}

impl<F: Real> Panel<F> {
    fn new(matrix: &SparseMatrix, panel: usize) -> Result<Self, OutOfMemory> {
        let units = matrix.row_start.len() - 1;
        let first = (panel * PANEL) as u32;
        // The non-zeros of a row within the panel, as a range: columns ascend.
        let within = |row: usize| {
            let (start, end) = (matrix.row_start[row], matrix.row_start[row + 1]);
            let columns = &matrix.column[start as usize..end as usize];
            let from = columns.partition_point(|&column| column < first);
            let to = columns.partition_point(|&column| column < first + PANEL as u32);
            start as usize + from..start as usize + to
        };
        let mut rows: Vec<(u32, std::ops::Range<usize>)> =
            (0..units).map(|row| (row as u32, within(row))).collect();
        // Rows past the last fill the last group up.
        rows.extend((units..units.next_multiple_of(ROWS)).map(|row| (row as u32, 0..0)));
        rows.sort_by_key(|(_, range)| range.len());

        let groups = rows.as_chunks::<ROWS>().0;
        let longest = |rows: &[(u32, std::ops::Range<usize>); ROWS]| {
            rows.iter().map(|(_, range)| range.len()).max().unwrap_or(0)
        };
        let all = groups.iter().map(longest).sum();
        let what = "the network's weights";
        let mut result = Self {
            groups: memory::reserved(groups.len(), what)?,
            columns: memory::reserved(all, what)?,
            values: memory::reserved(all, what)?,
        };
        for rows in groups {
            let entries = longest(rows);
            for k in 0..entries {
                let mut columns = [0; ROWS];
                let mut values = [F::ZERO; ROWS];
                for (slot, (_, range)) in rows.iter().enumerate() {
                    if k < range.len() {
                        columns[slot] = (matrix.column[range.start + k] - first) as u8;
                        values[slot] = F::from_f64(matrix.value[range.start + k]);
                    }
                }
                result.columns.push(columns);
                result.values.push(values);
            }
            result.groups.push(Group {
                rows: rows.each_ref().map(|(row, _)| *row),
                entries: entries as u32,
            });
        }
        Ok(result)
    }
}
