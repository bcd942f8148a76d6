//! Any text as the table of a signal: it is refused with a message, or every sample is finite, no line is
//! lost, and line ends make no difference.

use std::path::Path;
use synapse_report::text_table::{Decimal, Dialect, Separator, source};
use synapse_runner::spec::signal::{Reading, Signal, SignalError, TimeUnit};

/// The first two bytes choose how the rest is read: column `v`, times in column `t`.
pub fn check(bytes: &[u8]) {
    let [form, lines, rest @ ..] = bytes else {
        return;
    };
    let Ok(text) = source::decode(rest.to_vec()) else {
        return;
    };
    let units = [TimeUnit::S, TimeUnit::Ms, TimeUnit::Min, TimeUnit::Clock];
    let reading = Reading {
        dialect: Dialect {
            separator: Separator::ALL[usize::from(form & 3)],
            decimal: if form & 4 == 0 {
                Decimal::Point
            } else {
                Decimal::Comma
            },
            skip_lines: usize::from(lines & 7),
            comment: (form & 8 != 0).then(|| "#".to_owned()),
            units_row: form & 16 != 0,
        },
        time: (form & 32 != 0).then(|| ("t".to_owned(), units[usize::from(form >> 6)])),
    };
    let read = |text: &str| Signal::parse(Path::new("s.csv"), text, "v", &reading);
    let read_once = read(&text);
    match &read_once {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(signal) => {
            assert!(signal.values.iter().all(|value| value.is_finite()));
            let written = text.lines().filter(|line| !line.trim().is_empty()).count();
            let carriage_returns = text.matches('\r').count();
            assert!(signal.values.len() < written + carriage_returns);
            if let Some(stamps) = signal.stamps {
                assert!(stamps.sample_ms > 0.0 && stamps.tolerance_ms >= 0.0);
            }
        }
    }
    if !text.contains('\r') {
        for end in ["\r", "\r\n"] {
            same(&read_once, &read(&text.replace('\n', end)));
        }
    }
}

fn same(a: &Result<Signal, SignalError>, b: &Result<Signal, SignalError>) {
    match (a, b) {
        (Ok(a), Ok(b)) => assert_eq!(a.content, b.content),
        (Err(a), Err(b)) => assert_eq!(a.to_string(), b.to_string()),
        _ => panic!("{a:?} {b:?}"),
    }
}
