//! KTAP, the Linux kernel's form of TAP (version 1), made into TAP line by line.
//!
//! What differs, by the kernel's `Documentation/dev-tools/ktap.rst`: a subtest begins with a
//! version line of its own, and is indented by two spaces, which KUnit writes as four; its plan may
//! be missing; `TIMEOUT` and `ERROR` are directives. A report may be part of a kernel log, with a
//! time before each line and lines of the kernel in between.

use super::line::{INDENT, TapLine};

const VERSION: &str = "KTAP version ";

/// The lines of a report from its first version line on.
pub struct Kernel {
    /// How much precedes each line of the report.
    prefix: usize,
    /// How far each open level is indented.
    levels: Vec<usize>,
}

impl Kernel {
    /// Does KTAP begin with this line? `within`: other TAP precedes it, so only subtests are
    /// written in it.
    pub fn begins(line: &str, within: bool) -> Option<Self> {
        is_version(line).then(|| {
            let at = line.find(VERSION).unwrap_or_default();
            if within {
                Kernel { prefix: 0, levels: vec![0] }
            } else {
                Kernel { prefix: at, levels: vec![0] }
            }
        })
    }

    /// The line as TAP has it; nothing where TAP has none.
    pub fn line(&mut self, line: &str) -> Option<String> {
        let text = line.get(self.prefix..).unwrap_or_default();
        let body = text.trim_start();
        let indent = text.len() - body.len();
        match TapLine::of(body).1 {
            _ if body.starts_with(VERSION) => {
                self.level(indent);
                None
            }
            TapLine::Plan(_) | TapLine::OldPlan(..) | TapLine::Test(_) => {
                let level = self.level(indent);
                Some(format!("{:1$}{2}", "", level * INDENT, as_tap(body)))
            }
            TapLine::BailOut | TapLine::Comment(_) => Some(body.to_string()),
            // TAP that asks to be read strictly still does.
            TapLine::Other | TapLine::Pragma(_) => Some(text.to_string()),
            TapLine::Version(_) | TapLine::Diagnostics | TapLine::Close => None,
        }
    }

    /// Which level a line of this indentation is of. One that is indented further than all begins a
    /// new one.
    fn level(&mut self, indent: usize) -> usize {
        while self.levels.last().is_some_and(|open| *open > indent) {
            self.levels.pop();
        }
        if self.levels.last() != Some(&indent) {
            self.levels.push(indent);
        }
        self.levels.len() - 1
    }
}

/// `KTAP version 1`, perhaps behind the time that a kernel log puts before each line.
pub fn is_version(line: &str) -> bool {
    let line = line.trim_start();
    let text = match line.strip_prefix('[') {
        Some(stamped) => stamped.split_once(']').map_or(line, |(_, text)| text.trim_start()),
        None => line,
    };
    text.starts_with(VERSION)
}

/// A test that ran out of time or broke has failed, whatever precedes that.
fn as_tap(body: &str) -> String {
    let broken = [" # TIMEOUT", " # ERROR"].iter().find_map(|mark| body.split_once(mark));
    match broken {
        Some((point, _)) => format!("not {}", point.strip_prefix("not ").unwrap_or(point)),
        None => body.to_string(),
    }
}
