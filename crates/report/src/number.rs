//! Numbers as people read them, for tables on a terminal and captions (never for data files), and the
//! reading of numbers that people wrote.

use crate::words::shortened;
use std::fmt;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Why a text is not the number that it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// It is no number at all.
    NotANumber,
    /// It would become infinite; the text.
    TooLarge(String),
    /// It would become zero; the text.
    TooSmall(String),
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANumber => f.write_str("not a number"),
            Self::TooLarge(text) => write!(
                f,
                "{} is too large for a 64-bit float (at most 1.8e308)",
                shortened(text)
            ),
            Self::TooSmall(text) => write!(
                f,
                "{} is too small for a 64-bit float (at least 5e-324) and would become 0",
                shortened(text)
            ),
        }
    }
}

/// The number that a text says. What is written with digits but becomes 0 or ±∞ when read is an
/// error: `1e-400` is not 0, and `1e400` not ∞. The words `inf` and `nan` are read as such.
///
/// # Errors
/// [`Unread`]
pub fn read(text: &str) -> Result<f64, Unread> {
    let number: f64 = text.parse().map_err(|_| Unread::NotANumber)?;
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let has = |digits: std::ops::RangeInclusive<char>| mantissa.contains(|c| digits.contains(&c));
    if number.is_infinite() && has('0'..='9') {
        return Err(Unread::TooLarge(text.to_string()));
    }
    if number == 0.0 && has('1'..='9') {
        return Err(Unread::TooSmall(text.to_string()));
    }
    Ok(number)
}

/// The first real number of a TOML text that is written with digits but would become 0 or ±∞, and the line
/// that it is in. What is not TOML has none.
pub fn unread_literal(text: &str) -> Option<(usize, Unread)> {
    let document = DeTable::parse(text).ok()?;
    let mut pending: Vec<&Spanned<DeValue<'_>>> = document.get_ref().values().collect();
    let mut first: Option<(usize, Unread)> = None;
    while let Some(value) = pending.pop() {
        match value.get_ref() {
            DeValue::Float(float) => {
                let place = value.span().start;
                if let Err(unread @ (Unread::TooLarge(_) | Unread::TooSmall(_))) =
                    read(float.as_str())
                    && first.as_ref().is_none_or(|(before, _)| place < *before)
                {
                    first = Some((place, unread));
                }
            }
            DeValue::Array(values) => pending.extend(values.iter()),
            DeValue::Table(table) => pending.extend(table.values()),
            _ => {}
        }
    }
    first.map(|(place, unread)| (text[..place].matches('\n').count() + 1, unread))
}

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
    fn what_becomes_zero_or_infinite_is_no_number() {
        for (text, number) in [
            ("0", 0.0),
            ("-0.0e9", 0.0),
            ("0e400", 0.0),
            ("5e-324", 5e-324),
            ("-1.7e308", -1.7e308),
            ("inf", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
        ] {
            assert_eq!(read(text), Ok(number), "{text}");
        }
        assert!(read("nan").unwrap().is_nan());
        assert_eq!(read("1,5"), Err(Unread::NotANumber));
        for (text, message) in [
            (
                "1e400",
                "1e400 is too large for a 64-bit float (at most 1.8e308)",
            ),
            (
                "-2E999",
                "-2E999 is too large for a 64-bit float (at most 1.8e308)",
            ),
            (
                "1e-400",
                "1e-400 is too small for a 64-bit float (at least 5e-324) and would become 0",
            ),
            (
                "-0.01e-330",
                "-0.01e-330 is too small for a 64-bit float (at least 5e-324) and would become 0",
            ),
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), message);
        }
        let long = read(&"9".repeat(1000)).unwrap_err().to_string();
        assert!(long.chars().count() < 150, "{long}");
    }

    #[test]
    fn literals_of_toml_are_read_as_written() {
        let line = |text| unread_literal(text).map(|(line, unread)| (line, unread.to_string()));
        assert_eq!(line("a = 1e300\nb = [inf, -nan, 0.0e400, 1_000]\n"), None);
        assert_eq!(line("a = \"1e400\" # 1e400\n"), None);
        let found = line("a = 1\n[[b]]\nc = [1.0, { d = 1_0e-4_00 }]\ne = 1e999\n").unwrap();
        assert_eq!(found.0, 3);
        assert!(
            found
                .1
                .starts_with("10e-400 is too small for a 64-bit float")
        );
    }

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
