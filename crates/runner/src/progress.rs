//! What a user sees while a study is computed: a bar on a terminal, plain lines elsewhere.

use crate::execute::Progress;
use crate::store::{Record, RecordStatus};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use tracing_subscriber::EnvFilter;

/// How often plain lines appear where stderr is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Runs done so far.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    done: usize,
    diverged: usize,
    failed: usize,
}

/// Progress of a computation.
pub struct Report {
    bar: Option<ProgressBar>,
    runs: usize,
    run_steps: u64,
    lines: bool,
    started: Instant,
    state: Mutex<State>,
}

struct State {
    tally: Tally,
    steps: u64,
    last_line: Instant,
}

impl Report {
    /// For `runs` runs of `run_steps` time steps in all; shows nothing if `quiet`.
    pub fn new(runs: usize, run_steps: u64, quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bar = (terminal && !quiet && runs > 0).then(|| {
            let bar = ProgressBar::with_draw_target(Some(run_steps), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template(
                "{bar:30} {percent:>3} %  {msg}  {elapsed} elapsed, {eta} left",
            ) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(500));
            let _ = CURRENT.set(bar.clone());
            bar
        });
        let report = Self {
            bar,
            runs,
            run_steps,
            lines: !terminal && !quiet && runs > 0,
            started: Instant::now(),
            state: Mutex::new(State {
                tally: Tally::default(),
                steps: 0,
                last_line: Instant::now(),
            }),
        };
        report.show(Tally::default());
        report
    }

    /// Counts finished runs.
    pub fn finished(&self, records: &[Record]) {
        let mut state = self.lock();
        for record in records {
            state.tally.done += 1;
            match record.status {
                RecordStatus::Ok => {}
                RecordStatus::Diverged => state.tally.diverged += 1,
                RecordStatus::Failed => state.tally.failed += 1,
            }
        }
        self.show(state.tally);
    }

    /// Takes the bar away.
    pub fn close(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // A panic while holding it cannot leave a count half changed.
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn show(&self, tally: Tally) {
        if let Some(bar) = &self.bar {
            bar.set_message(self.counts(tally));
        }
    }

    fn counts(&self, tally: Tally) -> String {
        let mut text = format!("{}/{} runs", tally.done, self.runs);
        if tally.diverged > 0 {
            text += &format!(", {} diverged", tally.diverged);
        }
        if tally.failed > 0 {
            text += &format!(", {} failed", tally.failed);
        }
        text
    }
}

impl Progress for Report {
    fn advanced(&self, run_steps: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(run_steps);
        }
        if !self.lines {
            return;
        }
        let mut state = self.lock();
        state.steps += run_steps;
        if state.last_line.elapsed() < LINE_EVERY || state.steps == 0 {
            return;
        }
        state.last_line = Instant::now();
        let elapsed = self.started.elapsed();
        let share = state.steps as f64 / self.run_steps.max(1) as f64;
        let left = elapsed.as_secs_f64() * (1.0 / share - 1.0).max(0.0);
        let left = Duration::try_from_secs_f64(left).unwrap_or(Duration::MAX);
        let round =
            |time: Duration| humantime::format_duration(Duration::from_secs(time.as_secs()));
        eprintln!(
            "{:3.0} %  {}  {} elapsed, {} left",
            100.0 * share,
            self.counts(state.tally),
            round(elapsed),
            round(left)
        );
    }
}

/// The bar that is on the terminal, if any: log lines must not tear it.
static CURRENT: OnceLock<ProgressBar> = OnceLock::new();

/// Standard error for log lines.
struct BesideBar;

impl Write for BesideBar {
    /// Never fails: the logger would print its complaint where printing has just failed, and panic.
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let _ = match CURRENT.get() {
            Some(bar) => bar.suspend(|| std::io::stderr().write_all(bytes)),
            None => std::io::stderr().write_all(bytes),
        };
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let _ = std::io::stderr().flush();
        Ok(())
    }
}

/// Sends log events to stderr: warnings, more with `verbose`, or what `RUST_LOG` asks for.
pub fn start_log(verbose: u8) {
    let level = match verbose {
        // The drawing library warns of paths without length, which figures of few points have.
        0 => "warn,resvg=error,usvg=error,tiny_skia=error,tiny_skia_path=error",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| BesideBar)
        .with_target(false)
        .without_time()
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}
