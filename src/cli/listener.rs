//! A command of the user's own that is told when something is overdue: it sends the e-mail, or
//! calls the webhook. The program itself sends nothing.

use super::exit::{Failure, Result};
use clap::Args;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long the command may take.
const LONGEST: Duration = Duration::from_secs(120);

/// How often it is looked whether it has ended.
const PAUSE: Duration = Duration::from_millis(20);

/// How long what it left behind may still read, when the command itself has ended.
const GRACE: Duration = Duration::from_secs(2);

/// Who is told.
#[derive(Debug, Default, Args)]
pub struct ListenerArguments {
    /// Run this command when something is overdue or could not be seen, or the look itself failed,
    /// with the JSON of `--format json` or of the failure as its input. Its words are split at
    /// spaces, and no shell reads them; it may take two minutes. What it prints goes to stderr.
    #[arg(long = "exec", value_name = "COMMAND")]
    command: Option<String>,
}

impl ListenerArguments {
    /// Runs the command, if one is named.
    ///
    /// # Errors
    /// It cannot be started, takes too long, or fails.
    pub fn tell(&self, json: &str) -> Result<()> {
        let Some(text) = &self.command else { return Ok(()) };
        let mut words = text.split_whitespace();
        let program = words.next().ok_or_else(|| Failure::usage("--exec names no command"))?;
        let cannot =
            |error: std::io::Error| Failure::environment(format!("`{program}` cannot be run: {error}"));
        let mut command = Command::new(program);
        // Stdout belongs to what was asked for.
        command.args(words).stdin(Stdio::piped()).stdout(Stdio::from(std::io::stderr()));
        let mut child = command.spawn().map_err(cannot)?;
        let input = child.stdin.take();
        let (json, begun) = (json.to_string(), Instant::now());
        // A command that does not read must not hold the program.
        let writer = std::thread::spawn(move || input.map(|mut input| input.write_all(json.as_bytes())));
        loop {
            match child.try_wait().map_err(cannot)? {
                Some(status) if status.success() => break,
                Some(status) => {
                    return Err(Failure::environment(format!("`{program}` did not succeed: {status}")));
                }
                None if begun.elapsed() > LONGEST => {
                    child.kill().and_then(|()| child.wait()).map_err(cannot)?;
                    return Err(Failure::environment(format!("`{program}` took more than two minutes")));
                }
                None => std::thread::sleep(PAUSE),
            }
        }
        // What it did not read it did not want. What it left behind gets a moment to read.
        let ended = Instant::now();
        while !writer.is_finished() && ended.elapsed() < GRACE {
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_the_command_leaves_behind_does_not_hold_the_program() {
        let mut script = tempfile::NamedTempFile::new().unwrap();
        script.write_all(b"exec 3<&0\nsleep 20 <&3 >/dev/null 2>&1 &\n").unwrap();
        let command = Some(format!("sh {}", script.path().display()));
        let begun = Instant::now();
        // More than a pipe holds.
        ListenerArguments { command }.tell(&"x".repeat(1 << 20)).unwrap();
        assert!(begun.elapsed() < Duration::from_secs(15));
    }
}
