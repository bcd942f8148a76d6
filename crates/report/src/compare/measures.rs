//! What is measured of medians, as formulas without uncertainty; the bootstrap is in
//! [`super::scores`].

/// Within which factor of the best median a learning rate still counts as good.
pub const TOLERATED: f64 = 2.0;

/// The index of the smallest median, the first of equals; `None` if there is none or all are +∞.
pub fn best(medians: &[f64]) -> Option<usize> {
    (0..medians.len())
        .filter(|&i| medians[i].is_finite())
        .min_by(|&a, &b| medians[a].total_cmp(&medians[b]))
}

/// How far η₀ may be off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// Width of the range in decades.
    pub decades: f64,
    /// The range reaches an end of the grid: it may be wider than that.
    pub at_least: bool,
}

/// The width, in decades of η₀, of the contiguous range around the best rate in which the median is
/// at most [`TOLERATED`] times the best. `None` if all medians are +∞.
///
/// `etas` ascend, one median each. Between two rates the logarithm of the median is taken to be
/// linear in the logarithm of η₀, so on the right of the best the range ends at
///
/// log η = log ηᵢ + (log 2m − log mᵢ)/(log mᵢ₊₁ − log mᵢ) · (log ηᵢ₊₁ − log ηᵢ)
///
/// where mᵢ ≤ 2m < mᵢ₊₁ and m is the best median; on the left likewise. A median of +∞ leaves
/// nothing to interpolate: the range ends at the last rate before it, the limit of the formula.
pub fn tolerance(etas: &[f64], medians: &[f64]) -> Option<Tolerance> {
    let best = best(medians)?;
    let limit = TOLERATED * medians[best];
    // Steps from the best outwards, in either direction.
    let reach = |outwards: &mut dyn Iterator<Item = usize>| -> (f64, bool) {
        let mut last = best;
        for i in outwards {
            if medians[i] > limit {
                let (x0, x1) = (libm::log10(etas[last]), libm::log10(etas[i]));
                let (y0, y1) = (libm::log10(medians[last]), libm::log10(medians[i]));
                let share = (libm::log10(limit) - y0) / (y1 - y0);
                // A best median of 0 has no logarithm, and doubling it changes nothing.
                let share = if share.is_finite() { share } else { 0.0 };
                return (x0 + share * (x1 - x0), false);
            }
            last = i;
        }
        (libm::log10(etas[last]), true)
    };
    let (right, right_open) = reach(&mut (best + 1..medians.len()));
    let (left, left_open) = reach(&mut (0..best).rev());
    Some(Tolerance {
        decades: right - left,
        at_least: right_open || left_open,
    })
}

/// Largest over smallest median: +∞ if the largest is, NaN if all are.
pub fn worst_over_best(medians: &[f64]) -> f64 {
    let fold = |f: fn(f64, f64) -> f64| medians.iter().copied().reduce(f).unwrap_or(f64::NAN);
    fold(f64::max) / fold(f64::min)
}

/// Kendall's rank correlation τ_b of two lists; equal values, two +∞ among them, are ties:
///
/// τ_b = (C − D)/√((P − T_a)(P − T_b))
///
/// with C concordant and D discordant of P pairs, T_a and T_b tied in either list. NaN if one list
/// has only equal values, or less than two.
pub fn tau_b(a: &[f64], b: &[f64]) -> f64 {
    let (mut difference, mut untied_a, mut untied_b) = (0_i64, 0_u64, 0_u64);
    for i in 0..a.len() {
        for j in 0..i {
            let (x, y) = (a[i].total_cmp(&a[j]) as i64, b[i].total_cmp(&b[j]) as i64);
            difference += x * y;
            untied_a += u64::from(x != 0);
            untied_b += u64::from(y != 0);
        }
    }
    difference as f64 / libm::sqrt(untied_a as f64 * untied_b as f64)
}

/// How far two lists of medians are apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogError {
    /// Mean of |ln(aᵢ/bᵢ)|; NaN without any pair that counts.
    pub mean: f64,
    /// Pairs behind the mean.
    pub counted: usize,
    /// Of these, pairs of two +∞ (or two zeros), which agree: 0.
    pub both_infinite: usize,
    /// Pairs of which only one is +∞ (or 0): not in the mean, which would be +∞.
    pub one_infinite: usize,
}

/// Mean absolute logarithm of the ratio of medians.
pub fn log_error(pairs: impl Iterator<Item = (f64, f64)>) -> LogError {
    let (mut sum, mut counted, mut both_infinite, mut one_infinite) = (0.0, 0, 0, 0);
    for (a, b) in pairs {
        let (a, b) = (libm::log(a), libm::log(b));
        if a.is_finite() && b.is_finite() {
            sum += (a - b).abs();
            counted += 1;
        } else if a == b {
            both_infinite += 1;
            counted += 1;
        } else {
            one_infinite += 1;
        }
    }
    LogError {
        mean: sum / counted as f64,
        counted,
        both_infinite,
        one_infinite,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INF: f64 = f64::INFINITY;

    fn width(etas: &[f64], medians: &[f64]) -> (f64, bool) {
        let t = tolerance(etas, medians).unwrap();
        (libm::round(t.decades * 1e9) / 1e9, t.at_least)
    }

    #[test]
    fn tolerance_is_interpolated_in_logarithms() {
        let etas = [1e-5, 1e-4, 1e-3];
        // From 1 to 4 within a decade: 2 lies half way, on both sides.
        assert_eq!(width(&etas, &[4.0, 1.0, 4.0]), (1.0, false));
        // From 1 to 16: a quarter of the decade.
        assert_eq!(width(&etas, &[16.0, 1.0, 4.0]), (0.75, false));
        // 2 itself is still good, then from 2 to 8 there is no way to go.
        assert_eq!(width(&etas, &[1.0, 2.0, 8.0]), (1.0, true));
        let open = width(&[1e-6, 1e-5, 1e-4, 1e-3], &[9e9, 1.0, 1.5, INF]).1;
        assert!(!open);
        // Nothing to interpolate towards ∞: the range ends at the rate before.
        assert_eq!(width(&etas, &[INF, 1.0, INF]), (0.0, false));
        // The range is contiguous: what is good again beyond a bad rate does not count.
        let more = [1e-6, 1e-5, 1e-4, 1e-3];
        assert_eq!(width(&more, &[1.0, 4.0, 1.1, 1.2]), (0.5, true));
        assert_eq!(width(&etas, &[1.0, 1.0, 1.0]), (2.0, true));
        assert_eq!(width(&[0.1], &[1.0]), (0.0, true));
        assert_eq!(width(&etas, &[1.0, 0.0, 1.0]), (0.0, false));
        assert_eq!(tolerance(&etas, &[INF, INF, INF]), None);
    }

    #[test]
    fn the_worst_may_be_infinite() {
        assert_eq!(worst_over_best(&[0.5, 2.0, 1.0]), 4.0);
        assert_eq!(worst_over_best(&[0.5, INF]), INF);
        assert!(worst_over_best(&[INF, INF]).is_nan() && worst_over_best(&[]).is_nan());
    }

    #[test]
    fn tau_counts_pairs_and_ties() {
        assert_eq!(tau_b(&[1.0, 2.0, 3.0], &[0.1, 0.2, 0.3]), 1.0);
        assert_eq!(tau_b(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]), -1.0);
        // Of six pairs five agree and one does not.
        let tau = tau_b(&[1.0, 2.0, 3.0, 4.0], &[1.0, 3.0, 2.0, 4.0]);
        assert!((tau - 4.0 / 6.0).abs() < 1e-15);
        // One tie of two ∞ in the first list: 2 of its pairs are untied, 3 of the other's.
        let tau = tau_b(&[1.0, INF, INF], &[1.0, 2.0, 3.0]);
        assert!((tau - 2.0 / 6.0_f64.sqrt()).abs() < 1e-15);
        assert!(tau_b(&[1.0], &[1.0]).is_nan());
        assert!(tau_b(&[INF, INF], &[1.0, 2.0]).is_nan());
    }

    #[test]
    fn log_errors_leave_out_what_is_infinite_on_one_side() {
        let e = libm::exp(1.0);
        let pairs = [(e, 1.0), (1.0, e * e), (INF, INF), (INF, 1.0), (1.0, INF)];
        let found = log_error(pairs.into_iter());
        assert!((found.mean - 1.0).abs() < 1e-15, "{found:?}");
        assert_eq!(
            (found.counted, found.both_infinite, found.one_infinite),
            (3, 1, 2)
        );
        assert!(log_error([(INF, 1.0)].into_iter()).mean.is_nan());
    }

    #[test]
    fn the_best_is_the_first_finite_smallest() {
        assert_eq!(best(&[2.0, 1.0, 1.0, INF]), Some(1));
        assert_eq!(best(&[INF]), None);
    }
}
