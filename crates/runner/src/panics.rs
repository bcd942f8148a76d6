//! Panics that are caught, and those that are not.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use synapse_report::terminal;

thread_local! {
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Calls a function; a panic in it is an error with its message, and nothing is printed.
///
/// # Errors
/// The message of the panic.
pub fn caught<R>(function: impl FnOnce() -> R) -> Result<R, String> {
    let before = CAUGHT.replace(true);
    let result = catch_unwind(AssertUnwindSafe(function));
    CAUGHT.set(before);
    result.map_err(|panic| message(&*panic))
}

fn message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "unknown".to_owned())
}

/// From now on a panic in a computed run shows nothing but the message of its row, unless -vv asks for
/// more; any other is printed, with a word on how to report it.
pub fn explain() {
    terminal::explain_panics("runner", env!("CARGO_PKG_VERSION"), || {
        CAUGHT.get() && !tracing::enabled!(tracing::Level::DEBUG)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message() {
        assert_eq!(caught(|| 3), Ok(3));
        assert_eq!(
            caught(|| panic!("no {}", 4)),
            Err::<(), _>("no 4".to_owned())
        );
        assert!(!CAUGHT.get());
        let nested = caught(|| {
            let inner = caught(|| panic!("inner"));
            (inner, CAUGHT.get())
        });
        assert_eq!(nested, Ok((Err::<(), _>("inner".to_owned()), true)));
    }
}
