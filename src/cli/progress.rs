//! How far long work has come, on stderr: on a terminal one line that is written again and again
//! and wiped at the end; elsewhere, as in the log of a job, one line every so often.
#![allow(clippy::print_stderr, reason = "progress goes to stderr")]

use super::output;
use portcullis_forge::ci;
use std::cell::Cell;
use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

/// Work of fewer parts than this is not announced in a log.
const LONG: usize = 60;

/// So often the line on a terminal is written again.
const REWRITE: Duration = Duration::from_millis(100);

/// So often there is a line in a log.
const LINE: Duration = Duration::from_secs(15);

/// The rate is not told before so much time.
const SETTLED: Duration = Duration::from_secs(1);

/// Where progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressView {
    /// Nowhere.
    Silent,
    /// On a terminal.
    Terminal,
    /// In a log.
    Log,
}

impl ProgressView {
    /// Where stderr leads, unless nothing is to be shown.
    pub fn of(quiet: bool) -> Self {
        match (quiet, io::stderr().is_terminal() && !ci::is_ci()) {
            (true, _) => ProgressView::Silent,
            (false, true) => ProgressView::Terminal,
            (false, false) => ProgressView::Log,
        }
    }

    fn pause(self) -> Duration {
        if self == ProgressView::Terminal { REWRITE } else { LINE }
    }
}

/// Work that takes a while.
pub struct Progress {
    what: String,
    /// How many parts it has; `None` where that is not known beforehand.
    total: Option<usize>,
    view: ProgressView,
    began: Instant,
    shown: Cell<Duration>,
    is_on_screen: Cell<bool>,
    done: Cell<usize>,
}

impl Progress {
    /// Begins some work. A log announces it, if it is long.
    pub fn begin(view: ProgressView, what: impl Into<String>, total: Option<usize>) -> Self {
        let what = what.into();
        if view == ProgressView::Log && total.is_some_and(|total| total >= LONG) {
            output::remark(&what);
        }
        Progress {
            what,
            total,
            view,
            began: Instant::now(),
            shown: Cell::new(Duration::ZERO),
            is_on_screen: Cell::new(false),
            done: Cell::new(0),
        }
    }

    /// So many parts are done.
    pub fn at(&self, done: usize) {
        let share = self.total.map(|total| done as f64 / total.max(1) as f64);
        self.show(done, share);
    }

    /// So many parts are done, which are this share of a number that is not known.
    pub fn at_share(&self, done: u64, share: Option<f64>) {
        self.show(usize::try_from(done).unwrap_or(usize::MAX), share);
    }

    /// All is done. A log gets one line of it, if it took a while.
    pub fn end(&self) {
        let elapsed = self.began.elapsed();
        if self.view == ProgressView::Log && elapsed >= SETTLED && self.done.get() > 0 {
            output::remark(&describe_end(&self.what, self.done.get(), elapsed));
        }
    }

    fn show(&self, done: usize, share: Option<f64>) {
        self.done.set(done);
        let elapsed = self.began.elapsed();
        let is_due = elapsed.saturating_sub(self.shown.get()) >= self.view.pause();
        if self.view == ProgressView::Silent || !is_due {
            return;
        }
        self.shown.set(elapsed);
        let line = describe(&self.what, done, self.total, share, elapsed);
        match self.view {
            ProgressView::Terminal => {
                eprint!("\r\u{1b}[K{}", portcullis_render::plain(&line));
                self.is_on_screen.set(true);
            }
            ProgressView::Log | ProgressView::Silent => output::remark(&line),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_on_screen.get() {
            eprint!("\r\u{1b}[K");
        }
    }
}

/// What, how much of it, how fast, and how long it may still take.
fn describe(what: &str, done: usize, total: Option<usize>, share: Option<f64>, elapsed: Duration) -> String {
    let mut line = match (total, share) {
        (Some(total), _) => format!("{what}: {done} of {total}"),
        (None, Some(share)) => format!("{what}: {done} ({:.0} %)", share * 100.0),
        (None, None) => format!("{what}: {done}"),
    };
    if done == 0 || elapsed < SETTLED {
        return line;
    }
    line.push_str(&format!(", {} a second", write_rate(done, elapsed)));
    if let Some(share) = share.filter(|share| *share > 0.0) {
        let left = elapsed.as_secs_f64() * (1.0 / share - 1.0).max(0.0);
        line.push_str(&format!(", about {} left", brief(Duration::from_secs_f64(left.min(1e9)))));
    }
    line
}

/// What, how much of it, how long, and how fast.
fn describe_end(what: &str, done: usize, elapsed: Duration) -> String {
    format!("{what}: {done} in {}, {} a second", brief(elapsed), write_rate(done, elapsed))
}

/// Parts in a second; a small rate has a decimal place.
fn write_rate(done: usize, elapsed: Duration) -> String {
    let rate = done as f64 / elapsed.as_secs_f64();
    if rate < 100.0 { format!("{rate:.1}") } else { format!("{rate:.0}") }
}

/// `52 s`, `7 min` or `3 h 5 min`.
fn brief(time: Duration) -> String {
    match time.as_secs() {
        seconds @ ..100 => format!("{seconds} s"),
        seconds @ ..6000 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_count_rate_and_what_is_left() {
        let at = |done, total: Option<usize>, seconds| {
            let share = total.map(|total| done as f64 / total as f64);
            describe("landings of main", done, total, share, Duration::from_secs(seconds))
        };
        assert_eq!(at(0, Some(1000), 20), "landings of main: 0 of 1000");
        assert_eq!(at(5, Some(1000), 0), "landings of main: 5 of 1000");
        assert_eq!(at(100, Some(1000), 20), "landings of main: 100 of 1000, 5.0 a second, about 3 min left");
        assert_eq!(at(1000, Some(1000), 20), "landings of main: 1000 of 1000, 50.0 a second, about 0 s left");
        assert_eq!(
            at(1, Some(20_000), 2),
            "landings of main: 1 of 20000, 0.5 a second, about 11 h 6 min left"
        );
        assert_eq!(at(30, None, 3), "landings of main: 30, 10.0 a second");
        let of_file = |share| describe("rows of the source", 3_000_000, None, share, Duration::from_secs(10));
        assert_eq!(
            of_file(Some(0.25)),
            "rows of the source: 3000000 (25 %), 300000 a second, about 30 s left"
        );
        assert_eq!(of_file(Some(0.0)), "rows of the source: 3000000 (0 %), 300000 a second");
        assert_eq!(
            of_file(Some(1.0)),
            "rows of the source: 3000000 (100 %), 300000 a second, about 0 s left"
        );
        let end = describe_end("rows of the source", 12_300_000, Duration::from_secs(41));
        assert_eq!(end, "rows of the source: 12300000 in 41 s, 300000 a second");
    }

    #[test]
    fn a_line_comes_every_so_often_and_never_when_silent() {
        let begun = |view, ago| {
            let mut progress = Progress::begin(view, "work", Some(10));
            progress.began = Instant::now().checked_sub(ago).unwrap();
            progress
        };
        for (view, ago, shown) in [
            (ProgressView::Log, Duration::from_secs(1), false),
            (ProgressView::Log, LINE, true),
            (ProgressView::Terminal, REWRITE, true),
            (ProgressView::Silent, LINE, false),
        ] {
            let progress = begun(view, ago);
            progress.at(3);
            assert_eq!(progress.shown.get() > Duration::ZERO, shown, "{view:?} after {ago:?}");
        }
    }
}
