//! `portcullis completions`: what a shell needs to complete a command line of ours.

use super::exit::{Exit, Result};
use super::{command, output};
use clap::Args;
use clap_complete::Shell;

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionArguments {
    /// The shell that is to complete command lines.
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// Prints the script that the shell reads.
///
/// # Errors
/// Stdout cannot be written.
pub fn run(arguments: &CompletionArguments) -> Result {
    output::stdout(&script_of(arguments.shell))?;
    Ok(Exit::Allowed)
}

fn script_of(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(), "portcullis", &mut script);
    script
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum as _;

    #[test]
    fn every_shell_completes_every_command() {
        for shell in Shell::value_variants() {
            let script = String::from_utf8(script_of(*shell)).unwrap();
            for word in ["check", "reconcile", "completions", "environment"] {
                assert!(script.contains(word), "{shell}: {word}");
            }
        }
    }
}
