//! Standard output and standard error of both programs: the only way in which they print.
//!
//! - [`say`] prints on standard output and remembers the first error; [`finish`] turns it into a message
//!   and an exit code. A reader that closes the pipe (`| head`) is no error; a full disk is one.
//! - [`tell`] prints on standard error. Where that fails nobody can be told, and nothing panics.
//! - Both escape control characters, whatever file, argument or machine they come from.
//! - [`explain_panics`] says of a panic that it is a bug, and how to report it.

use crate::words::visible_lines;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt::Arguments;
use std::io::{Error, ErrorKind, Write};
use std::panic::PanicHookInfo;
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Exit code where standard output cannot be written: what the program was asked to print is missing.
const UNPRINTED: u8 = 2;

/// The first error of standard output; nothing is printed after it.
static FAILED: Mutex<Option<Error>> = Mutex::new(None);

fn failed() -> MutexGuard<'static, Option<Error>> {
    // An error is stored in one step: a panic cannot leave half of one.
    FAILED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Prints a line, or several, on standard output.
pub fn say(text: Arguments<'_>) {
    print(&mut std::io::stdout().lock(), &mut failed(), text);
}

fn print(to: &mut impl Write, failed: &mut Option<Error>, text: Arguments<'_>) {
    if failed.is_some() {
        return;
    }
    let text = text.to_string() + "\n";
    if let Err(error) = to.write_all(visible_lines(&text).as_bytes()) {
        *failed = Some(error);
    }
}

/// Prints a line, or several, on standard error.
pub fn tell(text: Arguments<'_>) {
    let text = text.to_string() + "\n";
    let _ = std::io::stderr().write_all(visible_lines(&text).as_bytes());
}

/// The exit code of the program: `code`, unless something could not be printed on standard output.
pub fn finish(code: ExitCode) -> ExitCode {
    let mut failed = failed();
    if failed.is_none() {
        *failed = std::io::stdout().flush().err();
    }
    match failed.as_ref().and_then(complaint) {
        None => code,
        Some(complaint) => {
            tell(format_args!("{complaint}"));
            ExitCode::from(UNPRINTED)
        }
    }
}

/// What is wrong, unless the reader just had enough.
fn complaint(error: &Error) -> Option<String> {
    (error.kind() != ErrorKind::BrokenPipe)
        .then(|| format!("cannot write to standard output: {error}"))
}

/// Prints what clap answers to a command line: help and version, or an error with its usage.
pub fn answer(answer: &clap::Error) -> ExitCode {
    let hidden = |text: String| visible_lines(&text) != text;
    let odd = std::env::args_os().any(|argument| hidden(argument.to_string_lossy().into_owned()));
    let code = ExitCode::from(u8::try_from(answer.exit_code()).unwrap_or(UNPRINTED));
    if odd {
        // An error repeats the argument. Without clap's colours, which are control characters, too.
        let text = answer.render().to_string();
        let text = text.trim_end();
        if answer.use_stderr() {
            tell(format_args!("{text}"));
        } else {
            say(format_args!("{text}"));
        }
    } else if let Err(error) = answer.print()
        && !answer.use_stderr()
    {
        failed().get_or_insert(error);
    }
    finish(code)
}

/// From now on a panic is a message that says what happened and how to report it, unless `expected` says
/// that somebody catches this one.
pub fn explain_panics(program: &'static str, version: &'static str, expected: fn() -> bool) {
    std::panic::set_hook(Box::new(move |panic| {
        if expected() {
            return;
        }
        tell(format_args!(
            "{}",
            explanation(program, version, &message(panic))
        ));
        let backtrace = Backtrace::capture();
        if backtrace.status() == BacktraceStatus::Captured {
            tell(format_args!("{backtrace}"));
        }
    }));
}

/// What a panic says, and where it happened.
fn message(panic: &PanicHookInfo<'_>) -> String {
    let payload = panic.payload();
    let message = payload.downcast_ref::<&str>().copied();
    let message = message.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let message = message.unwrap_or("no message");
    let place = panic.location().map_or(String::new(), |place| {
        format!(" ({}:{})", place.file(), place.line())
    });
    format!("{message}{place}")
}

fn explanation(program: &str, version: &str, message: &str) -> String {
    format!(
        "internal error: {message}\n\
         This is a bug in {program} {version}, not a mistake of yours. Please report it to the developers, with this \
         message, the command and the study; set RUST_BACKTRACE=1 for more. Finished runs are kept."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk that takes so many bytes.
    struct Full(usize, Vec<u8>);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            if self.0 == 0 {
                return Err(ErrorKind::StorageFull.into());
            }
            let count = bytes.len().min(self.0);
            self.0 -= count;
            self.1.extend(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_first_error_stays_and_nothing_is_printed_after_it() {
        let mut failed = None;
        let mut disk = Full(7, Vec::new());
        print(&mut disk, &mut failed, format_args!("one\u{1b}"));
        assert_eq!(
            failed.as_ref().and_then(complaint).unwrap(),
            "cannot write to standard output: no storage space"
        );
        disk.0 = 100;
        print(&mut disk, &mut failed, format_args!("two"));
        assert_eq!(disk.1, b"one\\u{1");
    }

    #[test]
    fn a_panic_is_explained() {
        assert_eq!(
            explanation("report", "1.2.3", "index out of bounds (src/x.rs:7)"),
            "internal error: index out of bounds (src/x.rs:7)\n\
             This is a bug in report 1.2.3, not a mistake of yours. Please report it to the developers, with this message, \
             the command and the study; set RUST_BACKTRACE=1 for more. Finished runs are kept."
        );
    }

    #[test]
    fn a_closed_pipe_is_quiet() {
        assert_eq!(complaint(&ErrorKind::BrokenPipe.into()), None);
    }
}
