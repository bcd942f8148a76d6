//! Λ = s (D + W Wᵀ), the precision of one run's belief: D diagonal, W of N × c with c small.
//!
//! Σ r by Woodbury's identity (Golub & Van Loan, Matrix Computations, 4th ed., 2.1.4):
//!
//! s Σ r = D⁻¹r − D⁻¹W (I + G)⁻¹ Wᵀ D⁻¹r,  G = Wᵀ D⁻¹ W,  I + G = L Lᵀ
//!
//! What is small, c × c, is computed in f64 whatever the format of the rest: L is what the
//! directions' precisions, of many orders of magnitude, meet in.

use crate::kernel;
use crate::memory::{self, OutOfMemory};
use crate::numeric::{LINE, PerUnit, Real, allocated};
use crate::params::Dropped;

pub(super) struct Precision<F> {
    rank: usize,
    /// c at which W is reduced to the rank.
    capacity: usize,
    dropped: Dropped,
    units: usize,
    /// N, filled up to whole cache lines.
    length: usize,
    /// c.
    count: usize,
    /// s.
    scale: f64,
    /// D⁻¹.
    variances: PerUnit<F, 1>,
    /// W, column after column.
    columns: PerUnit<F, 1>,
    /// L and Lᵀ, row by row, `capacity` numbers a row.
    lower: Vec<f64>,
    upper: Vec<f64>,
    /// Σ r.
    gain: PerUnit<F, 1>,
    /// L⁻¹ Wᵀ D⁻¹ r.
    whitened: Vec<f64>,
    scratch: Scratch<F>,
}

struct Scratch<F> {
    scaled: PerUnit<F, 1>,
    coefficients: Vec<F>,
    solved: Vec<f64>,
    /// The reduced W.
    columns: PerUnit<F, 1>,
    matrix: Vec<f64>,
    values: Vec<f64>,
    vectors: Vec<f64>,
}

/// Bytes that [`Precision::new`] allocates, with numbers of `size` bytes.
pub(super) fn bytes(units: usize, capacity: usize, size: usize) -> usize {
    let columns = units.next_multiple_of(LINE) * capacity;
    let small = capacity * (2 * capacity + 2 * kernel::row_stride(capacity) + 3);
    (3 * allocated(units, 1) + 2 * allocated(columns, 1) + capacity) * size + small * 8
}

impl<F: Real> Precision<F> {
    /// An idle one: [`Self::start`] gives it a diagonal.
    pub(super) fn new(
        units: usize,
        rank: usize,
        recent: usize,
        dropped: Dropped,
    ) -> Result<Self, OutOfMemory> {
        let what = super::super::LOW_RANK;
        let capacity = rank + recent;
        let length = units.next_multiple_of(LINE);
        let small = |stride: usize| memory::filled(0.0, capacity * stride, what);
        let columns = || PerUnit::try_zeros(length * capacity, what);
        Ok(Self {
            rank,
            capacity,
            dropped,
            units,
            length,
            count: 0,
            scale: 1.0,
            variances: PerUnit::zeros(units),
            columns: columns()?,
            lower: small(capacity)?,
            upper: small(capacity)?,
            gain: PerUnit::zeros(units),
            whitened: vec![0.0; capacity],
            scratch: Scratch {
                scaled: PerUnit::zeros(units),
                coefficients: vec![F::ZERO; capacity],
                solved: vec![0.0; capacity],
                columns: columns()?,
                matrix: small(kernel::row_stride(capacity))?,
                values: vec![0.0; capacity],
                vectors: small(kernel::row_stride(capacity))?,
            },
        })
    }

    /// Numbers of a run, scratch included.
    pub(super) fn numbers(units: usize, capacity: usize) -> usize {
        // Of the small matrices an f64 counts as two.
        2 * capacity * (units + 4 * capacity) + 3 * units
    }

    /// Σ = variance · I.
    pub(super) fn start(&mut self, variance: F) {
        self.count = 0;
        self.scale = 1.0;
        for row in self.variances.rows_mut() {
            row[0] = variance;
        }
    }

    /// k = Σ r of the last [`Self::look`], N entries.
    pub(super) fn gain(&self) -> &[F] {
        &self.gain.flat()[..self.units]
    }

    /// Computes k = Σ r (`rates` as [`PerUnit::flat`] has them) and returns rᵀk, the variance of the output.
    pub(super) fn look(&mut self, rates: &[F]) -> F {
        let c = self.count;
        let columns = &self.columns.flat()[..c * self.length];
        let scaled = self.scratch.scaled.flat_mut();
        for ((x, &r), &v) in scaled.iter_mut().zip(rates).zip(self.variances.flat()) {
            *x = r * v;
        }
        let coefficients = &mut self.scratch.coefficients[..c];
        kernel::columns_times(columns, scaled, coefficients);
        for (x, y) in self.whitened.iter_mut().zip(&*coefficients) {
            *x = y.to_f64();
        }
        forward(&self.upper, self.capacity, &mut self.whitened[..c]);
        let solved = &mut self.scratch.solved[..c];
        solved.copy_from_slice(&self.whitened[..c]);
        backward(&self.lower, self.capacity, solved);
        for (y, x) in coefficients.iter_mut().zip(solved) {
            *y = F::from_f64(*x);
        }
        let gain = self.gain.flat_mut();
        kernel::columns_combined(columns, coefficients, gain);
        let inverse_scale = F::from_f64(1.0 / self.scale);
        for ((k, &x), &v) in gain.iter_mut().zip(&*scaled).zip(self.variances.flat()) {
            *k = inverse_scale * (x - v * *k);
        }
        let mut variance = [F::ZERO];
        kernel::columns_times(gain, rates, &mut variance);
        // Positive in exact arithmetic: it may come out below 0 where it is next to nothing.
        if variance[0] < F::ZERO {
            F::ZERO
        } else {
            variance[0]
        }
    }

    /// Λ += r rᵀ/σ², with the r that was looked at and the variance of the output then.
    pub(super) fn learn(&mut self, rates: &[F], variance: F, output_variance: F) {
        let (c, m) = (self.count, self.capacity);
        let deviation = (variance.to_f64() * self.scale).sqrt();
        let inverse = F::from_f64(1.0 / deviation);
        let column = &mut self.columns.flat_mut()[c * self.length..][..self.length];
        for (w, &r) in column.iter_mut().zip(rates) {
            *w = r * inverse;
        }
        for (j, &x) in self.whitened[..c].iter().enumerate() {
            self.lower[c * m + j] = x / deviation;
            self.upper[j * m + c] = x / deviation;
        }
        let diagonal = (1.0 + output_variance.to_f64() / variance.to_f64()).sqrt();
        self.lower[c * m + c] = diagonal;
        self.upper[c * m + c] = diagonal;
        self.count += 1;
        if self.count == self.capacity {
            self.fold();
            self.reduce();
        }
    }

    /// Λ becomes λ Λ: G stays as it is.
    pub(super) fn forget(&mut self, factor: f64) {
        self.scale *= factor;
        // Long before it leaves the range of the format.
        if self.scale < 0.5 {
            self.fold();
        }
    }

    /// Takes s into D and W.
    fn fold(&mut self) {
        if self.scale == 1.0 {
            return;
        }
        let root = F::from_f64(self.scale.sqrt());
        for w in &mut self.columns.flat_mut()[..self.count * self.length] {
            *w = *w * root;
        }
        let inverse = F::from_f64(1.0 / self.scale);
        for v in self.variances.flat_mut() {
            *v = *v * inverse;
        }
        self.scale = 1.0;
    }

    /// Keeps the leading directions of W in the metric of D⁻¹: the eigenvectors of I + G.
    fn reduce(&mut self) {
        let (c, m, length) = (self.count, self.capacity, self.length);
        let scratch = &mut self.scratch;
        let stride = kernel::row_stride(c);
        scratch.matrix.fill(0.0);
        for i in 0..c {
            for j in 0..=i {
                let rows = self.lower[i * m..][..j + 1].iter();
                let sum: f64 = rows
                    .zip(&self.lower[j * m..][..j + 1])
                    .map(|(a, b)| a * b)
                    .sum();
                scratch.matrix[i * stride + j] = sum;
                scratch.matrix[j * stride + i] = sum;
            }
        }
        kernel::eigen(
            &mut scratch.matrix[..c * stride],
            &mut scratch.values[..c],
            &mut scratch.vectors[..c * stride],
        );
        let mut order: Vec<usize> = (0..c).collect();
        order.sort_by(|&a, &b| scratch.values[b].total_cmp(&scratch.values[a]));
        let needed = match self.dropped {
            Dropped::ToDiagonal => c,
            Dropped::Forgotten => self.rank,
        };
        for (to, &from) in order[..needed].iter().enumerate() {
            let vector = &scratch.vectors[from * stride..][..c];
            for (y, &x) in scratch.coefficients.iter_mut().zip(vector) {
                *y = F::from_f64(x);
            }
            kernel::columns_combined(
                &self.columns.flat()[..c * length],
                &scratch.coefficients[..c],
                &mut scratch.columns.flat_mut()[to * length..][..length],
            );
        }
        std::mem::swap(&mut self.columns, &mut scratch.columns);
        self.count = self.rank;
        if self.dropped == Dropped::ToDiagonal {
            self.drop_to_diagonal(c);
        }
        self.factorise();
    }

    /// D_i += Σ_l W_il² over the columns from the rank up to c.
    fn drop_to_diagonal(&mut self, c: usize) {
        let sums = self.scratch.scaled.flat_mut();
        sums.fill(F::ZERO);
        for l in self.rank..c {
            let column = &self.columns.flat()[l * self.length..][..self.length];
            for (sum, &w) in sums.iter_mut().zip(column) {
                *sum += w * w;
            }
        }
        for (v, &sum) in self.variances.flat_mut().iter_mut().zip(&*sums) {
            *v = *v / (F::ONE + *v * sum);
        }
    }

    /// L from D and W.
    fn factorise(&mut self) {
        let (m, length) = (self.capacity, self.length);
        for i in 0..self.count {
            let columns = &self.columns.flat()[..(i + 1) * length];
            let scaled = self.scratch.scaled.flat_mut();
            for ((x, &w), &v) in scaled
                .iter_mut()
                .zip(&columns[i * length..])
                .zip(self.variances.flat())
            {
                *x = w * v;
            }
            let products = &mut self.scratch.coefficients[..=i];
            kernel::columns_times(columns, scaled, products);
            let row = &mut self.scratch.solved[..i];
            for (x, y) in row.iter_mut().zip(&*products) {
                *x = y.to_f64();
            }
            forward(&self.upper, m, row);
            let rest: f64 = row.iter().map(|x| x * x).sum();
            // At least 1 in exact arithmetic.
            let diagonal = (1.0 + products[i].to_f64() - rest).max(1.0).sqrt();
            for (j, &x) in row.iter().enumerate() {
                self.lower[i * m + j] = x;
                self.upper[j * m + i] = x;
            }
            self.lower[i * m + i] = diagonal;
            self.upper[i * m + i] = diagonal;
        }
    }

    /// How many numbers [`Self::save`] appends.
    pub(super) fn saved_numbers(&self) -> usize {
        let c = self.count;
        2 + self.units + c * self.units + c * (c + 1) / 2
    }

    /// Appends s, D⁻¹, c, W and L.
    pub(super) fn save(&self, saved: &mut Vec<f64>) {
        saved.extend([self.scale, self.count as f64]);
        saved.extend(self.variances.rows().iter().map(|row| row[0].to_f64()));
        let columns = &self.columns.flat()[..self.count * self.length];
        for column in columns.chunks_exact(self.length) {
            saved.extend(column[..self.units].iter().map(|w| w.to_f64()));
        }
        for i in 0..self.count {
            saved.extend(&self.lower[i * self.capacity..][..=i]);
        }
    }

    /// Takes that up, and returns what comes after it; nothing if it does not fit.
    pub(super) fn restore<'a>(&mut self, saved: &'a [f64]) -> Option<&'a [f64]> {
        let (&[scale, count], rest) = saved.split_first_chunk::<2>()?;
        if !(count >= 0.0 && count < self.capacity as f64) {
            return None;
        }
        (self.scale, self.count) = (scale, count as usize);
        let (variances, rest) = rest.split_at_checked(self.units)?;
        for (row, &v) in self.variances.rows_mut().iter_mut().zip(variances) {
            row[0] = F::from_f64(v);
        }
        let (columns, mut rest) = rest.split_at_checked(self.count * self.units)?;
        let own = self.columns.flat_mut().chunks_exact_mut(self.length);
        for (own, saved) in own.zip(columns.chunks_exact(self.units)) {
            for (w, &x) in own.iter_mut().zip(saved) {
                *w = F::from_f64(x);
            }
        }
        for i in 0..self.count {
            let row;
            (row, rest) = rest.split_at_checked(i + 1)?;
            for (j, &x) in row.iter().enumerate() {
                self.lower[i * self.capacity + j] = x;
                self.upper[j * self.capacity + i] = x;
            }
        }
        Some(rest)
    }
}

/// L⁻¹x, of Lᵀ in rows of `stride` numbers: column by column of L, so that the loop is over neighbours.
fn forward(upper: &[f64], stride: usize, x: &mut [f64]) {
    for j in 0..x.len() {
        let (solved, rest) = x[j..].split_at_mut(1);
        let row = &upper[j * stride + j..];
        solved[0] /= row[0];
        for (x, l) in rest.iter_mut().zip(&row[1..]) {
            *x -= l * solved[0];
        }
    }
}

/// L⁻ᵀx, of L in rows of `stride` numbers.
fn backward(lower: &[f64], stride: usize, x: &mut [f64]) {
    for j in (0..x.len()).rev() {
        let (rest, solved) = x[..=j].split_at_mut(j);
        let row = &lower[j * stride..][..=j];
        solved[0] /= row[j];
        for (x, l) in rest.iter_mut().zip(row) {
            *x -= l * solved[0];
        }
    }
}
