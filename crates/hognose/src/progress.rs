//! A progress bar, for those who wait.

use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use hognose_finding::{SourceError, Sources};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::terminal::Terminal;

/// Whoever waits less than this is not told about it.
const PATIENCE: Duration = Duration::from_millis(500);

/// A bar on standard error that shows up if the work takes long, and goes away with this value.
pub struct Progress {
    bar: ProgressBar,
    waiting: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// A bar of `length` steps, if somebody sits in front of the terminal and wants to see it.
    pub fn new(terminal: &Terminal, length: usize) -> Self {
        if !terminal.errors_seen || terminal.quiet || terminal.verbose > 0 {
            return Progress {
                bar: ProgressBar::hidden(),
                waiting: None,
            };
        }
        let bar = ProgressBar::with_draw_target(Some(length as u64), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {pos}/{len} files {wide_bar}") {
            bar.set_style(style);
        }
        let (stop, stopped) = channel::<()>();
        let shown = bar.clone();
        let thread = std::thread::spawn(move || {
            if stopped
                .recv_timeout(PATIENCE)
                .is_err_and(|error| error == std::sync::mpsc::RecvTimeoutError::Timeout)
            {
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(Duration::from_millis(100));
            }
        });
        Progress {
            bar,
            waiting: Some((stop, thread)),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.waiting.take() {
            drop(stop);
            let _ = thread.join(); // it does nothing that could fail
        }
        self.bar.finish_and_clear();
    }
}

/// Sources that move a bar on whenever a file is read.
pub struct Counted<'a> {
    sources: &'a dyn Sources,
    bar: &'a ProgressBar,
}

impl<'a> Counted<'a> {
    /// `sources`, read under the eyes of `progress`.
    pub fn new(sources: &'a dyn Sources, progress: &'a Progress) -> Self {
        Counted {
            sources,
            bar: &progress.bar,
        }
    }
}

impl Sources for Counted<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        self.bar.inc(1);
        self.sources.read(path)
    }
}
