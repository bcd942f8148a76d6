//! `--time` as Slurm writes it: `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours`,
//! `days-hours:minutes` or `days-hours:minutes:seconds` (the manual of sbatch).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A time limit; shows as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeLimit {
    text: String,
    duration: Duration,
}

impl TimeLimit {
    /// How long it is.
    pub fn duration(&self) -> Duration {
        self.duration
    }
}

impl fmt::Display for TimeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for TimeLimit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let seconds = seconds(text).filter(|&seconds| seconds > 0);
        Ok(Self {
            text: text.to_owned(),
            duration: Duration::from_secs(seconds.ok_or(
                "Slurm's forms are MINUTES, MINUTES:SECONDS, HOURS:MINUTES:SECONDS, DAYS-HOURS, \
                 DAYS-HOURS:MINUTES and DAYS-HOURS:MINUTES:SECONDS",
            )?),
        })
    }
}

fn seconds(text: &str) -> Option<u64> {
    let (days, rest) = match text.split_once('-') {
        Some((days, rest)) => (Some(number(days)?), rest),
        None => (None, text),
    };
    let parts: Vec<u64> = rest.split(':').map(number).collect::<Option<_>>()?;
    let (hours, minutes, seconds) = match (days, &parts[..]) {
        (None, &[minutes]) => (0, minutes, 0),
        (None, &[minutes, seconds]) => (0, minutes, seconds),
        (Some(_), &[hours]) => (hours, 0, 0),
        (Some(_), &[hours, minutes]) => (hours, minutes, 0),
        (_, &[hours, minutes, seconds]) => (hours, minutes, seconds),
        _ => return None,
    };
    Some(((days.unwrap_or(0) * 24 + hours) * 60 + minutes) * 60 + seconds)
}

/// Digits only, and few enough that no sum overflows.
fn number(text: &str) -> Option<u64> {
    let digits = (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_of_slurm() {
        for (text, seconds) in [
            ("30", 1800),
            ("1:30", 90),
            ("01:30:00", 5400),
            ("1-0", 86_400),
            ("1-02", 93_600),
            ("1-02:30", 95_400),
            ("1-02:30:05", 95_405),
        ] {
            let limit: TimeLimit = text.parse().unwrap();
            assert_eq!(limit.duration().as_secs(), seconds, "{text}");
            assert_eq!(limit.to_string(), text);
        }
        for text in [
            "",
            "0",
            "1h",
            "-1",
            "1:2:3:4",
            "1-",
            "1.5",
            "+3",
            " 3",
            "99999999999",
        ] {
            assert!(text.parse::<TimeLimit>().is_err(), "{text}");
        }
    }
}
