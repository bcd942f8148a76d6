//! The interval of a share, 0 to 1.
//!
//! Between 0 and 1 it is the bootstrap's, as that of any other mean. A share of 0 or 1 has no spread to
//! resample: every resample gives the same value, and 0 … 0 would read as certainty. There the interval
//! is that of Clopper & Pearson (Biometrika 26, 404–413, 1934), which for 0 or n of n events has a closed
//! form, with α = 1 − level:
//!
//! 0 of n: [0, 1 − (α/2)^(1/n)]      n of n: [(α/2)^(1/n), 1]
//!
//! Between 0 and 1, too, every resample may give the same value: where conditions are pooled of which one
//! always diverges and the other never. Then there is no interval.
//!
//! n counts the units that are independent, not the runs: where one factor alone has more than one level,
//! its levels; where networks and targets are both resampled, the levels of the factor that has fewer.
//! That is conservative: the runs on a diagonal of the table of networks and targets share neither, so
//! that as many runs are independent, and the others are left out of the count.

use super::{Interval, LEVEL, Levels, Method};

/// The interval of a share among cells with these levels, of which `bootstrap` is the percentile
/// interval, and how it was obtained.
pub fn share_interval(
    share: f64,
    levels: &Levels,
    bootstrap: Option<Interval>,
) -> (Option<Interval>, Method) {
    let (networks, targets) = (levels.networks(), levels.targets());
    let (units, exact) = match levels.method() {
        Method::Crossed => (networks.min(targets), Method::ExactFewer),
        Method::Networks => (networks, Method::ExactNetworks),
        Method::Targets => (targets, Method::ExactTargets),
        other => return (None, other),
    };
    let end = libm::pow((1.0 - LEVEL) / 2.0, 1.0 / units as f64);
    let (low, high) = if share == 0.0 {
        (0.0, 1.0 - end)
    } else if share == 1.0 {
        (end, 1.0)
    } else {
        // Where every network and target has the same share, resampling them tells nothing.
        return match bootstrap {
            Some(interval) if interval.low < interval.high => (bootstrap, levels.method()),
            _ => (None, Method::None),
        };
    };
    let interval = Interval {
        low,
        high,
        level: LEVEL,
    };
    (Some(interval), exact)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::Cell;

    fn levels(networks: u32, targets: u32) -> Levels {
        let cells = (0..networks).flat_map(|network| {
            (0..targets).map(move |target| Cell {
                network,
                target,
                value: 0.0,
            })
        });
        Levels::of(&cells.collect::<Vec<_>>())
    }

    #[test]
    fn certainty_needs_units() {
        // R: binom.test(0, 8)$conf.int is 0 … 0.3694166; binom.test(20, 20)$conf.int is 0.8315665 … 1.
        let near = |x: f64, y: f64| (x - y).abs() < 5e-8;
        let (none, method) = share_interval(0.0, &levels(8, 1), None);
        let none = none.unwrap();
        assert_eq!((none.low, method), (0.0, Method::ExactNetworks));
        assert!(near(none.high, 0.3694166), "{none:?}");
        let (all, method) = share_interval(1.0, &levels(1, 20), None);
        let all = all.unwrap();
        assert_eq!((all.high, method), (1.0, Method::ExactTargets));
        assert!(near(all.low, 0.8315665), "{all:?}");
        // The probability of no event at the upper end is α/2.
        assert!(near(libm::pow(1.0 - none.high, 8.0), 0.025));
        // 20 networks × 8 targets say no more than 8 units.
        let (fewer, method) = share_interval(0.0, &levels(20, 8), None);
        assert_eq!((fewer, method), (Some(none), Method::ExactFewer));
    }

    #[test]
    fn what_is_between_keeps_its_bootstrap() {
        let interval = Interval {
            low: 0.1,
            high: 0.3,
            level: LEVEL,
        };
        assert_eq!(
            share_interval(0.2, &levels(3, 3), Some(interval)),
            (Some(interval), Method::Crossed)
        );
        assert_eq!(
            share_interval(0.0, &levels(1, 1), None),
            (None, Method::None)
        );
    }
}
