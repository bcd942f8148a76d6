//! Cells to numbers: what is read is what was written, up to rounding in the last digit.

use super::Decimal;
use std::fmt;

/// Why a cell is no finite number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberFault {
    /// Nothing in it.
    Empty,
    /// Some other text.
    NotANumber,
    /// NaN or an infinity, as such.
    NotFinite,
    /// A number so small that it becomes 0.
    BecomesZero,
    /// A number so large that it becomes infinite.
    BecomesInfinite,
}

/// What a message says of a cell, after the cell.
impl fmt::Display for NumberFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty",
            Self::NotANumber => "is not a number",
            Self::NotFinite => "is not finite",
            Self::BecomesZero => "becomes 0 as a 64-bit number",
            Self::BecomesInfinite => "becomes infinite as a 64-bit number",
        })
    }
}

/// A finite number.
///
/// # Errors
/// See [`NumberFault`].
pub fn number(text: &str, decimal: Decimal) -> Result<f64, NumberFault> {
    if text.is_empty() {
        return Err(NumberFault::Empty);
    }
    let value = match decimal {
        Decimal::Point => text.parse::<f64>(),
        // A point would be one of thousands: to guess would be to be wrong by a factor.
        Decimal::Comma if text.contains('.') => return Err(NumberFault::NotANumber),
        Decimal::Comma if text.contains(',') => text.replacen(',', ".", 1).parse(),
        Decimal::Comma => text.parse(),
    };
    let value = value.map_err(|_| NumberFault::NotANumber)?;
    let has_digits = text.bytes().any(|byte| byte.is_ascii_digit());
    if !value.is_finite() {
        return Err(if has_digits {
            NumberFault::BecomesInfinite
        } else {
            NumberFault::NotFinite
        });
    }
    let mantissa = text.split(['e', 'E']).next().unwrap_or(text);
    if value == 0.0 && mantissa.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) {
        return Err(NumberFault::BecomesZero);
    }
    // −0 is 0.
    Ok(value + 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_written_or_not_at_all() {
        let point = |text| number(text, Decimal::Point);
        assert_eq!(point("-1.5e3"), Ok(-1500.0));
        assert_eq!(point("+2"), Ok(2.0));
        assert_eq!(point("-0").map(f64::to_bits), Ok(0));
        assert_eq!(point("0e-999"), Ok(0.0));
        assert_eq!(point("4.9e-324"), Ok(4.9e-324));
        assert_eq!(point("1e-400"), Err(NumberFault::BecomesZero));
        assert_eq!(point("-0.001e-400"), Err(NumberFault::BecomesZero));
        assert_eq!(point("1e400"), Err(NumberFault::BecomesInfinite));
        for text in ["NaN", "-inf", "Infinity"] {
            assert_eq!(point(text), Err(NumberFault::NotFinite), "{text}");
        }
        for text in ["n/a", "1,5", "1 2", "0x10", "1_000"] {
            assert_eq!(point(text), Err(NumberFault::NotANumber), "{text}");
        }
        assert_eq!(point(""), Err(NumberFault::Empty));
    }

    #[test]
    fn decimal_commas() {
        let comma = |text| number(text, Decimal::Comma);
        assert_eq!(comma("-1,5e3"), Ok(-1500.0));
        assert_eq!(comma("7"), Ok(7.0));
        assert_eq!(comma("0,0001e-400"), Err(NumberFault::BecomesZero));
        for text in ["1.5", "1.000,5", "1,000,5"] {
            assert_eq!(comma(text), Err(NumberFault::NotANumber), "{text}");
        }
    }
}
