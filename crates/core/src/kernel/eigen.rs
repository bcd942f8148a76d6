//! Eigenvalues and eigenvectors of small symmetric matrices, in f64.
//!
//! By Householder reflections to a tridiagonal matrix T = Q A Qᵀ, then implicit QL steps with Wilkinson's
//! shift (Golub & Van Loan, Matrix Computations, 4th ed., 8.3), without a library: a run's bits may not
//! depend on the CPU, and those that are well kept choose their instructions by it.

use super::small::{add_multiple, rotate, subtract_two};
use crate::numeric::LINE;

/// QL steps per eigenvalue at most; two are usual.
const STEPS: usize = 60;

/// Numbers of a row of an n × n matrix here: whole cache lines.
pub const fn row_stride(n: usize) -> usize {
    n.next_multiple_of(LINE)
}

/// The eigenvalues of a symmetric n × n matrix A, which is lost: row l of `vectors` becomes the unit
/// eigenvector of `values[l]`. They are in no particular order. Both matrices are row by row, [`row_stride`]
/// numbers each, with zeros after the first n.
/// The error of an eigenvalue is a few roundings of the largest one.
pub fn eigen(matrix: &mut [f64], values: &mut [f64], vectors: &mut [f64]) {
    let n = values.len();
    let mut beside = vec![0.0; n];
    tridiagonal(matrix, values, &mut beside, vectors);
    for first in 0..n {
        for _ in 0..STEPS {
            // The matrix falls apart where the number beside the diagonal is nothing beside those on it.
            let apart = |i: usize| {
                beside[i].abs() <= f64::EPSILON * (values[i].abs() + values[i + 1].abs())
            };
            let last = (first..n - 1).find(|&i| apart(i)).unwrap_or(n - 1);
            if last == first {
                break;
            }
            ql_step(values, &mut beside, vectors, first, last);
        }
    }
}

/// A = Qᵀ T Q, with T's diagonal, the numbers beside it (n − 1), and Q.
fn tridiagonal(matrix: &mut [f64], diagonal: &mut [f64], beside: &mut [f64], q: &mut [f64]) {
    let n = diagonal.len();
    let stride = row_stride(n);
    q.fill(0.0);
    for i in 0..n {
        q[i * stride + i] = 1.0;
    }
    // The reflection I − s v vᵀ, v = (0, …, 0, v_{k+1}, …, v_{n−1}), leaves one number of column k below
    // the diagonal.
    let (mut v, mut p) = (vec![0.0; stride], vec![0.0; stride]);
    for k in 0..n.saturating_sub(2) {
        v[k] = 0.0;
        for i in k + 1..n {
            v[i] = matrix[i * stride + k];
        }
        let square: f64 = v[k + 1..n].iter().map(|x| x * x).sum();
        let norm = -square.sqrt().copysign(v[k + 1]);
        beside[k] = norm;
        let length = square - norm * v[k + 1];
        if length == 0.0 {
            continue;
        }
        v[k + 1] -= norm;
        let s = 1.0 / length;
        // A − v wᵀ − w vᵀ with w = s A v − (s²/2)(vᵀ A v) v. A v as a sum of A's rows, which are its columns.
        p.fill(0.0);
        for i in k + 1..n {
            add_multiple(&mut p, v[i], &matrix[i * stride..][..stride]);
        }
        // What rows and columns up to k hold is done with.
        p[..=k].fill(0.0);
        p.iter_mut().for_each(|p| *p *= s);
        let products = p[k + 1..n].iter().zip(&v[k + 1..n]);
        let half = 0.5 * s * products.map(|(p, v)| p * v).sum::<f64>();
        for (p, v) in p.iter_mut().zip(&v) {
            *p -= half * v;
        }
        for i in k + 1..n {
            subtract_two(&mut matrix[i * stride..][..stride], v[i], &p, p[i], &v);
        }
        // Q becomes (I − s v vᵀ) Q.
        p.fill(0.0);
        for i in k + 1..n {
            add_multiple(&mut p, s * v[i], &q[i * stride..][..stride]);
        }
        for i in k + 1..n {
            add_multiple(&mut q[i * stride..][..stride], -v[i], &p);
        }
    }
    for i in 0..n {
        diagonal[i] = matrix[i * stride + i];
    }
    if n >= 2 {
        beside[n - 2] = matrix[(n - 1) * stride + n - 2];
    }
}

/// One implicit QL step on rows `first` to `last`: rotations of neighbouring rows, from the last pair up,
/// chase the number that the shift has put outside the three diagonals.
fn ql_step(values: &mut [f64], beside: &mut [f64], vectors: &mut [f64], first: usize, last: usize) {
    let stride = row_stride(values.len());
    // The eigenvalue of the first two rows that is nearer to the first.
    let half = (values[first + 1] - values[first]) / (2.0 * beside[first]);
    let shift = values[first] - beside[first] / (half + (half * half + 1.0).sqrt().copysign(half));
    let (mut sine, mut cosine) = (1.0, 1.0);
    let mut change = 0.0;
    let mut ahead = values[last] - shift;
    for i in (first..last).rev() {
        let (out, inner) = (sine * beside[i], cosine * beside[i]);
        let length = (out * out + ahead * ahead).sqrt();
        if i + 1 < last || length != 0.0 {
            beside[i + 1] = length;
        }
        if length == 0.0 {
            // The chase has ended early: the matrix falls apart here.
            values[i + 1] -= change;
            beside[last] = 0.0;
            return;
        }
        (sine, cosine) = (out / length, ahead / length);
        let below = values[i + 1] - change;
        let mixed = (values[i] - below) * sine + 2.0 * cosine * inner;
        change = sine * mixed;
        values[i + 1] = below + change;
        ahead = cosine * mixed - inner;
        let (above, under) = vectors.split_at_mut((i + 1) * stride);
        rotate(&mut above[i * stride..], &mut under[..stride], cosine, sine);
    }
    values[first] -= change;
    beside[first] = ahead;
    beside[last] = 0.0;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Σ_l λ_l v_l v_lᵀ is the matrix, the v are orthonormal, and their number is that of the rows.
    fn check(matrix: &[f64], n: usize) -> Vec<f64> {
        let stride = row_stride(n);
        let (mut values, mut vectors) = (vec![0.0; n], vec![0.0; n * stride]);
        let mut padded = vec![0.0; n * stride];
        for i in 0..n {
            padded[i * stride..][..n].copy_from_slice(&matrix[i * n..][..n]);
        }
        eigen(&mut padded, &mut values, &mut vectors);
        let largest = values.iter().fold(f64::MIN_POSITIVE, |m, v| m.max(v.abs()));
        for i in 0..n {
            for j in 0..n {
                let (mut a, mut identity) = (0.0, 0.0);
                for l in 0..n {
                    a += values[l] * vectors[l * stride + i] * vectors[l * stride + j];
                    identity += vectors[i * stride + l] * vectors[j * stride + l];
                }
                assert!((a - matrix[i * n + j]).abs() < 1e-13 * largest, "{i} {j}");
                assert!((identity - f64::from(u8::from(i == j))).abs() < 1e-12);
            }
        }
        values.sort_by(f64::total_cmp);
        values
    }

    #[test]
    fn matrices_with_known_eigenvalues() {
        assert_eq!(check(&[], 0), []);
        assert_eq!(check(&[-3.0], 1), [-3.0]);
        assert_eq!(check(&[0.0; 16], 4), [0.0; 4]);
        let pair = check(&[2.0, 1.0, 1.0, 2.0], 2);
        assert!((pair[0] - 1.0).abs() < 1e-15 && (pair[1] - 3.0).abs() < 1e-15);
        // The second difference: 2 − 2 cos(π l/(n + 1)).
        let n = 40;
        let mut matrix = vec![0.0; n * n];
        for i in 0..n {
            matrix[i * n + i] = 2.0;
            if i + 1 < n {
                matrix[i * n + i + 1] = -1.0;
                matrix[(i + 1) * n + i] = -1.0;
            }
        }
        for (l, value) in check(&matrix, n).into_iter().enumerate() {
            let angle = std::f64::consts::PI * (l + 1) as f64 / (n + 1) as f64;
            assert!((value - (2.0 - 2.0 * angle.cos())).abs() < 1e-13);
        }
    }

    #[test]
    fn gram_matrices_of_wide_range_are_rebuilt_from_their_parts() {
        for n in [2, 3, 7, 50, 128] {
            let column = |c: usize, i: usize| {
                let x = ((c * 977 + i * 131) % 1009) as f64 / 1009.0 - 0.5;
                x * 10f64.powi((c % 9) as i32 - 3)
            };
            let mut matrix = vec![0.0; n * n];
            for a in 0..n {
                for b in 0..n {
                    matrix[a * n + b] = (0..200).map(|i| column(a, i) * column(b, i)).sum();
                }
            }
            let values = check(&matrix, n);
            let trace: f64 = (0..n).map(|i| matrix[i * n + i]).sum();
            assert!((values.iter().sum::<f64>() / trace - 1.0).abs() < 1e-12);
        }
    }
}
