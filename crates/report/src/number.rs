//! Numbers as people read them, for tables on a terminal and captions. Never for data files.

/// A number with so many significant digits: plain between 10⁻³ and 10⁵, with a power of ten
/// outside; ∞ and – for what is not a number.
pub fn short(x: f64, digits: usize) -> String {
    if x.is_nan() {
        return "–".to_string();
    }
    if x.is_infinite() {
        return if x > 0.0 { "∞" } else { "−∞" }.to_string();
    }
    if x == 0.0 {
        return "0".to_string();
    }
    let scientific = format!("{x:.*e}", digits.saturating_sub(1));
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let text = if (-3..5).contains(&exponent) {
        let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
        format!("{x:.decimals$}")
    } else {
        format!("{mantissa}e{exponent}")
    };
    text.replace('-', "−")
}

/// [`short`] as a figure has it: 1.23×10⁻⁴ instead of 1.23e−4.
pub fn printed(x: f64, digits: usize) -> String {
    let text = short(x, digits);
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let exponent = exponent.replace('−', "-").parse().unwrap_or(0);
            format!("{mantissa}×10{}", superscript(exponent))
        }
        None => text,
    }
}

/// A swept value as short as it is exact: 0.1, 250, 10⁻⁴, 3.16×10⁻⁵.
pub fn value(x: f64) -> String {
    if x == 0.0 {
        return "0".to_string();
    }
    let (mantissa, exponent) = split(x);
    if x == libm::round(x) && x.abs() < 1e4 {
        return format!("{x}").replace('-', "−");
    }
    // 0.25 and 0.025 read well; 0.01 and 0.00316 stand among powers of ten on log axes.
    let figures = mantissa.chars().filter(char::is_ascii_digit).count();
    if (-1..4).contains(&exponent) || (exponent == -2 && figures == 2) {
        let decimals = (2 - exponent).clamp(0, 3) as usize;
        let fixed = format!("{x:.decimals$}");
        let fixed = if fixed.contains('.') {
            fixed.trim_end_matches('0').trim_end_matches('.')
        } else {
            &fixed
        };
        return fixed.replace('-', "−");
    }
    let power = format!("10{}", superscript(exponent));
    match mantissa.as_str() {
        "1" => power,
        "-1" => format!("−{power}"),
        _ => format!("{}×{power}", mantissa.replace('-', "−")),
    }
}

/// Swept values as [`value`] writes them, with more digits for all of them where two that differ would
/// read the same: 1.00001 and 1.00002.
pub fn values(xs: &[f64]) -> Vec<String> {
    let differ = |labels: &[String]| {
        let mut pairs: Vec<(&String, f64)> = labels.iter().zip(xs.iter().copied()).collect();
        pairs.sort_by(|a, b| a.0.cmp(b.0).then(a.1.total_cmp(&b.1)));
        pairs
            .windows(2)
            .all(|p| p[0].0 != p[1].0 || p[0].1 == p[1].1)
    };
    let mut labels: Vec<String> = xs.iter().map(|x| value(*x)).collect();
    for digits in 4..=17 {
        if differ(&labels) {
            break;
        }
        labels = xs.iter().map(|x| trimmed(*x, digits)).collect();
    }
    labels
}

/// [`printed`] without the zeros at the end of a fraction.
fn trimmed(x: f64, digits: usize) -> String {
    let text = printed(x, digits);
    let (mantissa, power) = text.split_once('×').unwrap_or((&text, ""));
    let mantissa = if mantissa.contains('.') {
        mantissa.trim_end_matches('0').trim_end_matches('.')
    } else {
        mantissa
    };
    match power {
        "" => mantissa.to_string(),
        power => format!("{mantissa}×{power}"),
    }
}

/// Mantissa (three significant digits, trailing zeros cut) and decimal exponent.
fn split(x: f64) -> (String, i32) {
    let scientific = format!("{x:.2e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
    (mantissa.to_string(), exponent.parse().unwrap_or(0))
}

/// A whole number in superscript figures.
pub fn superscript(n: i32) -> String {
    n.to_string()
        .chars()
        .map(|c| match c {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            '0' => '⁰',
            digit => char::from_u32('⁴' as u32 + (digit as u32 - '4' as u32)).unwrap_or(digit),
        })
        .collect()
}

/// A share as a percentage; never rounded to 0 % or 100 % unless it is that.
pub fn percent(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "–".to_string();
    }
    let share = 100.0 * part as f64 / whole as f64;
    if part > 0 && share < 0.5 {
        "<1 %".to_string()
    } else if part < whole && share > 99.5 {
        ">99 %".to_string()
    } else {
        format!("{share:.0} %")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_numbers() {
        for (x, expected) in [
            (0.123456, "0.1235"),
            (12.3456, "12.35"),
            (0.001, "0.001000"),
            (0.000123456, "1.235e−4"),
            (123456.7, "1.235e5"),
            (f64::INFINITY, "∞"),
            (f64::NAN, "–"),
            (-0.5, "−0.5000"),
            (0.0, "0"),
        ] {
            assert_eq!(short(x, 4), expected);
        }
    }

    #[test]
    fn printed_numbers_have_powers_of_ten() {
        assert_eq!(printed(0.000123456, 3), "1.23×10⁻⁴");
        assert_eq!(printed(-3.44e19, 3), "−3.44×10¹⁹");
        assert_eq!(printed(0.168, 3), "0.168");
    }

    #[test]
    fn swept_values() {
        for (x, expected) in [
            (1e-6, "10⁻⁶"),
            (0.00031622776601683794, "3.16×10⁻⁴"),
            (0.1, "0.1"),
            (0.001, "10⁻³"),
            (0.025, "0.025"),
            (0.003162, "3.16×10⁻³"),
            (0.25, "0.25"),
            (0.999, "0.999"),
            (1234.6, "1235"),
            (1.58489, "1.58"),
            (12.345, "12.3"),
            (250.0, "250"),
            (1.5, "1.5"),
            (1600.0, "1600"),
            (25000.0, "2.5×10⁴"),
            (1e12, "10¹²"),
            (-2.0, "−2"),
        ] {
            assert_eq!(value(x), expected, "{x}");
        }
    }

    #[test]
    fn values_that_are_nearly_equal_get_the_digits_to_differ() {
        for (xs, expected) in [
            (&[1e-3, 1e-2, 0.25][..], &["10⁻³", "10⁻²", "0.25"][..]),
            (&[1.0, 1.00001, 1.00002], &["1", "1.00001", "1.00002"]),
            (&[1e-5, 1.0001e-5], &["1×10⁻⁵", "1.0001×10⁻⁵"]),
            (&[12345.0, 12346.0], &["12345", "12346"]),
            (&[0.1, 0.1], &["0.1", "0.1"]),
            (&[1.0, 1.0 + f64::EPSILON], &["1", "1.0000000000000002"]),
        ] {
            assert_eq!(values(xs), expected);
        }
    }

    #[test]
    fn shares_are_not_rounded_away() {
        assert_eq!(percent(0, 400), "0 %");
        assert_eq!(percent(1, 400), "<1 %");
        assert_eq!(percent(399, 400), ">99 %");
        assert_eq!(percent(400, 400), "100 %");
        assert_eq!(percent(1, 8), "12 %");
        assert_eq!(percent(0, 0), "–");
    }
}
