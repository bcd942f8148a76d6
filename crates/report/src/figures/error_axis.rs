//! The axis of errors: logarithmic, with a lane above it for what lies beyond, and one below it for 0.
//!
//! A run on its way to divergence may have a finite error of 10²⁰. On an axis that holds this, the
//! errors of everything that learned are one flat line. Such values are put into the lane above the
//! axis, together with ∞, and the lane says from where on.

use super::scale::Scale;
use crate::Results;
use crate::expectation::Metric;
use crate::number::superscript;
use crate::statistics::quantile;

/// Errors this many times larger than before learning say no more than that nothing was learned.
const BEYOND: f64 = 1e4;

/// Scale and lane of an axis of errors.
#[derive(Debug, Clone)]
pub(super) struct ErrorAxis {
    pub(super) scale: Scale,
    /// What lies above is drawn in the lane; +∞ if all finite values are on the axis.
    cap: f64,
    /// The lane's label; none if there is nothing in the lane.
    pub(super) lane: Option<String>,
}

impl ErrorAxis {
    /// An axis for some values (curves and ends of intervals), of which `medians` alone make the
    /// lane; `unlearned` is the error before learning.
    pub(super) fn fit(
        unlearned: f64,
        values: impl Iterator<Item = f64>,
        medians: impl Iterator<Item = f64>,
        margin: f64,
    ) -> Self {
        let values: Vec<f64> = values.filter(|x| x.is_finite()).collect();
        let limit = BEYOND * unlearned;
        let largest = values.iter().copied().fold(0.0, f64::max);
        // Rounded up to a power of ten, so that the lane's label is exact.
        let exponent = libm::ceil(libm::log10(limit));
        let cap = libm::pow(10.0, exponent);
        let cap = if largest > cap { cap } else { f64::INFINITY };
        let infinite = medians.fold(false, |any, x| any || x > cap || x == f64::INFINITY);
        let label = if cap.is_finite() {
            format!(">10{}", superscript(exponent as i32))
        } else {
            "∞".to_string()
        };
        Self {
            scale: Scale::fit(true, values.into_iter().filter(|x| *x <= cap), margin),
            cap,
            lane: infinite.then_some(label),
        }
    }

    /// The value as it is drawn: beyond the axis all are alike.
    pub(super) fn clip(&self, y: f64) -> f64 {
        if y > self.cap { f64::INFINITY } else { y }
    }

    /// Words for a caption if finite values lie in a lane.
    pub(super) fn words(&self) -> String {
        let mut words = match &self.lane {
            Some(label) if self.cap.is_finite() => {
                format!("Lane {label}: beyond the axis, or diverged. ")
            }
            _ => String::new(),
        };
        if self.scale.has_zeros() {
            words.push_str("Lane 0: exactly 0. ");
        }
        words
    }
}

/// The median error at the first checkpoints: what a network that learned nothing does.
pub(super) fn unlearned(results: &Results, metric: Metric) -> f64 {
    let mut first: Vec<f64> = (0..results.tables.conditions.len())
        .filter_map(|c| results.summary.curve(c, metric).first()?.median)
        .map(|m| m.value)
        .filter(|x| x.is_finite() && *x > 0.0)
        .collect();
    first.sort_by(f64::total_cmp);
    quantile(&first, 0.5).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(values: &[f64]) -> ErrorAxis {
        let all = || values.iter().copied();
        ErrorAxis::fit(1.5, all(), all(), 0.0)
    }

    #[test]
    fn errors_far_beyond_the_unlearned_go_to_the_lane() {
        let axis = fit(&[0.1, 1.0, 1e20]);
        assert_eq!(axis.lane.as_deref(), Some(">10⁵"));
        assert_eq!(axis.clip(1e20), f64::INFINITY);
        assert_eq!(axis.clip(1.0), 1.0);
        assert_eq!(axis.words(), "Lane >10⁵: beyond the axis, or diverged. ");
        // The scale ends at what is left.
        assert!((axis.scale.share(1.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn large_errors_alone_stay_on_the_axis() {
        let axis = fit(&[1e-9, 1e4]);
        assert_eq!((axis.lane.as_deref(), axis.words().as_str()), (None, ""));
        assert_eq!(axis.clip(1e4), 1e4);
        let perfect = fit(&[0.0, 0.1]);
        assert_eq!(perfect.words(), "Lane 0: exactly 0. ");
        assert_eq!(perfect.clip(0.0), 0.0);
        let diverged = fit(&[0.1, f64::INFINITY]);
        assert_eq!(diverged.lane.as_deref(), Some("∞"));
        assert_eq!(diverged.words(), "");
    }
}
