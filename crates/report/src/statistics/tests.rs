use super::*;
use rand_chacha::rand_core::Rng;

fn stream(name: &str) -> RandomStream {
    random_stream(1, &[name])
}

/// Uniform on (0, 1).
fn uniform(stream: &mut RandomStream) -> f64 {
    ((stream.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
}

/// Standard normal (Box–Muller).
fn normal(stream: &mut RandomStream) -> f64 {
    let radius = libm::sqrt(-2.0 * libm::log(uniform(stream)));
    radius * libm::cos(std::f64::consts::TAU * uniform(stream))
}

/// y_kj = a_k + b_j + e_kj with the given standard deviations and mean 0.
fn two_way(k: u32, j: u32, sd: [f64; 3], stream: &mut RandomStream) -> Vec<Cell> {
    let a: Vec<f64> = (0..k).map(|_| sd[0] * normal(stream)).collect();
    let b: Vec<f64> = (0..j).map(|_| sd[1] * normal(stream)).collect();
    let mut cells = Vec::new();
    for network in 0..k {
        for target in 0..j {
            let value = a[network as usize] + b[target as usize] + sd[2] * normal(stream);
            cells.push(Cell {
                network,
                target,
                value,
            });
        }
    }
    cells
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let m = mean(values);
    mean(&values.iter().map(|x| (x - m) * (x - m)).collect::<Vec<_>>())
}

#[test]
fn the_variance_of_a_resampled_mean_has_its_closed_form() {
    let (k, j) = (7, 5);
    let cells = two_way(k, j, [1.0, 2.0, 0.7], &mut stream("data"));
    let grand = mean(&cells.iter().map(|c| c.value).collect::<Vec<_>>());
    let effect = |get: fn(&Cell) -> u32, level: u32| {
        let row: Vec<f64> = cells
            .iter()
            .filter(|c| get(c) == level)
            .map(|c| c.value)
            .collect();
        mean(&row) - grand
    };
    let a: Vec<f64> = (0..k).map(|i| effect(|c| c.network, i)).collect();
    let b: Vec<f64> = (0..j).map(|i| effect(|c| c.target, i)).collect();
    let (kf, jf) = (f64::from(k), f64::from(j));
    let rest: f64 = cells
        .iter()
        .map(|c| c.value - grand - a[c.network as usize] - b[c.target as usize])
        .map(|e| e * e)
        .sum();
    let square = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>();
    let expected = square(&a) / (kf * kf) + square(&b) / (jf * jf) + rest / (kf * jf * kf * jf);

    let levels = Levels::of(&cells);
    let sorted = SortedCells::new(&cells, &levels);
    let mut resampler = Resampler::new(&levels, stream("variance"));
    let values: Vec<f64> = (0..40_000)
        .map(|_| {
            let weights = resampler.draw();
            sorted.statistic(Statistic::Mean, weights).unwrap()
        })
        .collect();
    let found = variance(&values);
    // The standard error of a variance of 40 000 near-normal values is 0.7 %.
    assert!(
        (found / expected - 1.0).abs() < 0.03,
        "{found} against {expected}"
    );
    assert!((mean(&values) - grand).abs() < 4.0 * libm::sqrt(expected / 40_000.0));
}

#[test]
fn a_weighted_quantile_is_that_of_the_written_out_resample() {
    let mut cells = two_way(6, 4, [1.0, 1.0, 1.0], &mut stream("data"));
    for i in [3, 7, 8, 20] {
        cells[i].value = f64::INFINITY;
    }
    // An incomplete design with a tie.
    cells.remove(11);
    cells[0].value = cells[1].value;
    let levels = Levels::of(&cells);
    let sorted = SortedCells::new(&cells, &levels);
    let mut resampler = Resampler::new(&levels, stream("weights"));
    for _ in 0..200 {
        let weights = resampler.draw().clone();
        let mut written_out = Vec::new();
        for cell in &cells {
            let times =
                weights.networks[cell.network as usize] * weights.targets[cell.target as usize];
            written_out.extend(std::iter::repeat_n(cell.value, times as usize));
        }
        written_out.sort_by(f64::total_cmp);
        for (statistic, p) in [
            (Statistic::Median, 0.5),
            (Statistic::Q25, 0.25),
            (Statistic::Q75, 0.75),
            (Statistic::Min, 0.0),
            (Statistic::Max, 1.0),
        ] {
            assert_eq!(
                sorted.statistic(statistic, &weights),
                quantile(&written_out, p)
            );
        }
        let found = sorted.statistic(Statistic::Mean, &weights).unwrap();
        let plain = mean(&written_out);
        assert!(found == plain || (found - plain).abs() < 1e-12);
    }
}

/// Share of simulated studies whose interval holds the true value 0, and the mean width, for the
/// crossed bootstrap and for the one that takes all cells as independent.
fn coverage(statistic: Statistic, studies: usize) -> [(f64, f64); 2] {
    let mut hits = [0usize; 2];
    let mut widths = [0.0; 2];
    for study in 0..studies {
        let name = study.to_string();
        let cells = two_way(20, 20, [1.0, 1.0, 1.0], &mut stream(&name));
        let crossed = estimate(&cells, statistic, stream("crossed"))
            .unwrap()
            .interval
            .unwrap();
        // 400 "networks" with one target each: every cell its own level.
        let independent: Vec<Cell> = cells
            .iter()
            .enumerate()
            .map(|(i, c)| Cell {
                network: i as u32,
                target: 0,
                value: c.value,
            })
            .collect();
        let naive = estimate(&independent, statistic, stream("naive"))
            .unwrap()
            .interval
            .unwrap();
        for (i, x) in [crossed, naive].into_iter().enumerate() {
            hits[i] += usize::from(x.low <= 0.0 && 0.0 <= x.high);
            widths[i] += x.high - x.low;
        }
    }
    [0, 1].map(|i| (hits[i] as f64 / studies as f64, widths[i] / studies as f64))
}

#[test]
fn crossed_intervals_cover_and_independent_ones_do_not() {
    for statistic in [Statistic::Mean, Statistic::Median] {
        let [crossed, naive] = coverage(statistic, 200);
        // A percentile interval of 20 levels covers a little less than 95 %; 200 studies measure
        // the share to ±1.7 % (one standard error).
        assert!(
            crossed.0 > 0.88 && crossed.0 <= 0.99,
            "{statistic:?}: {crossed:?}"
        );
        assert!(naive.0 < 0.60, "{statistic:?}: {naive:?}");
        assert!(
            naive.1 < 0.5 * crossed.1,
            "{statistic:?}: {crossed:?} {naive:?}"
        );
    }
}

#[test]
fn one_network_and_one_target_have_no_interval() {
    let cell = |network, target, value| Cell {
        network,
        target,
        value,
    };
    let single = estimate(&[cell(0, 0, 2.0)], Statistic::Median, stream("x")).unwrap();
    assert_eq!((single.value, single.n), (2.0, 1));
    assert_eq!((single.interval, single.method), (None, Method::None));
    let targets = [cell(0, 0, 2.0), cell(0, 1, 3.0), cell(0, 2, 4.0)];
    let several = estimate(&targets, Statistic::Median, stream("x")).unwrap();
    assert_eq!(several.method, Method::Targets);
    let interval = several.interval.unwrap();
    assert_eq!(
        (interval.low, several.value, interval.high),
        (2.0, 3.0, 4.0)
    );
    assert_eq!(estimate(&[], Statistic::Median, stream("x")), None);
}

#[test]
fn divergence_reaches_the_interval() {
    let mut cells = two_way(5, 4, [0.1, 0.1, 0.1], &mut stream("data"));
    // All targets of two networks of five: the median is finite, its upper end is not.
    for cell in cells.iter_mut().filter(|c| c.network < 2) {
        cell.value = f64::INFINITY;
    }
    let found = estimate(&cells, Statistic::Median, stream("x")).unwrap();
    assert!(found.value.is_finite());
    let interval = found.interval.unwrap();
    assert!(interval.low.is_finite());
    assert_eq!(interval.high, f64::INFINITY);
}

#[test]
fn streams_depend_on_seed_and_every_part_of_the_name() {
    let first = |seed, name: &[&str]| random_stream(seed, name).next_u64();
    let reference = first(1, &["a", "bc"]);
    assert_eq!(first(1, &["a", "bc"]), reference);
    for other in [
        first(2, &["a", "bc"]),
        first(1, &["ab", "c"]),
        first(1, &["a", "bc", ""]),
    ] {
        assert_ne!(other, reference);
    }
}

#[test]
fn undefined_ratios_can_only_widen_an_interval() {
    let mut values: Vec<f64> = (1..=100).map(f64::from).collect();
    let before = interval(values.clone()).unwrap();
    values.extend([f64::NAN; 5]);
    let after = interval(values).unwrap();
    assert!(after.low < before.low);
    assert_eq!(after.high, f64::INFINITY);
    assert_eq!(interval(Vec::new()), None);
}
