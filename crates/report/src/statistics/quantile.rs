//! Quantiles of type 7 (Hyndman & Fan, The American Statistician 50, 361–365, 1996; the default of
//! R and numpy): of n sorted values the p quantile lies at position (n − 1)p, counted from 0,
//! with linear interpolation. +∞ is a value like any other.

/// The p quantile of sorted values; `None` if there are none.
///
/// The values must be ascending and not NaN, 0 ≤ p ≤ 1.
pub fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let (low, fraction) = position(last as u64, p);
    let low = low as usize;
    Some(interpolate(
        sorted[low],
        sorted[(low + 1).min(last)],
        fraction,
    ))
}

/// Where the p quantile lies among values 0..=last: the index below it, and the fraction above that.
pub(super) fn position(last: u64, p: f64) -> (u64, f64) {
    let h = last as f64 * p;
    let low = libm::floor(h);
    (low as u64, h - low)
}

/// Between two neighbours, either of which may be +∞: any weight on +∞ is +∞, none is nothing.
pub(super) fn interpolate(low: f64, high: f64, fraction: f64) -> f64 {
    if fraction == 0.0 || low == high {
        low
    } else if high == f64::INFINITY {
        f64::INFINITY
    } else {
        low + fraction * (high - low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INF: f64 = f64::INFINITY;

    #[test]
    fn agrees_with_numpy() {
        // numpy.quantile([1, 2, 4, 8, 16], [0, .1, .25, .5, .9, 1])
        let x = [1.0, 2.0, 4.0, 8.0, 16.0];
        for (p, expected) in [
            (0.0, 1.0),
            (0.1, 1.4),
            (0.25, 2.0),
            (0.5, 4.0),
            (0.9, 12.8),
            (1.0, 16.0),
        ] {
            let found = quantile(&x, p).unwrap();
            assert!((found - expected).abs() < 1e-12, "{p}: {found}");
        }
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[3.0], 0.975), Some(3.0));
    }

    #[test]
    fn diverged_runs_are_infinite() {
        // Half diverged: the middle lies between a number and ∞.
        assert_eq!(quantile(&[1.0, 2.0, INF, INF], 0.5), Some(INF));
        // Fewer than half: the middle is finite, an upper quantile is not.
        assert_eq!(quantile(&[1.0, 2.0, INF], 0.5), Some(2.0));
        assert_eq!(quantile(&[1.0, 2.0, INF], 0.75), Some(INF));
        assert_eq!(quantile(&[INF, INF], 0.25), Some(INF));
        // Exactly on the last finite value.
        assert_eq!(quantile(&[1.0, 2.0, 3.0, INF, INF], 0.5), Some(3.0));
    }
}
