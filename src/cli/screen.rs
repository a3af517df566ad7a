//! What the terminal of a reader shows: colour, by `--color` or by the environment, and columns.

use anstyle::AnsiColor;
use clap::{ColorChoice, ValueEnum as _};
use portcullis_forge::ci;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use terminal_size::{Width, terminal_size_of};

/// From now on, stdout and stderr have colour by this choice.
pub fn choose(choice: ColorChoice) {
    let choice = match choice {
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
        ColorChoice::Auto => anstream::ColorChoice::Auto,
    };
    choice.write_global();
}

/// The value of `--color` in arguments that the parser has not seen: help and complaints are
/// written while it reads them. What is wrong here, the parser refuses.
pub fn choice_in(arguments: impl Iterator<Item = OsString>) -> ColorChoice {
    let texts = arguments.map(|argument| argument.to_string_lossy().into_owned());
    let own: Vec<String> = texts.take_while(|argument| argument != "--").collect();
    let values = own.iter().enumerate().filter_map(|(at, argument)| match argument.strip_prefix("--color") {
        Some("") => own.get(at + 1).map(String::as_str),
        Some(rest) => rest.strip_prefix('='),
        None => None,
    });
    let mut choices = values.filter_map(|value| ColorChoice::from_str(value, false).ok());
    choices.next_back().unwrap_or(ColorChoice::Auto)
}

/// The columns that `COLUMNS` names, otherwise those of the terminal on stdout; `None` where stdout
/// is none.
pub fn columns() -> Option<usize> {
    let named = ci::variable("COLUMNS").and_then(|columns| columns.parse().ok());
    let is_terminal = io::stdout().is_terminal();
    let seen =
        || terminal_size_of(io::stdout()).filter(|_| is_terminal).map(|(Width(width), _)| width.into());
    named.or_else(seen)
}

/// May stdout carry colour?
pub fn has_colour() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

/// May stderr carry colour? Never in a job, whose runner reads commands there.
fn complains_in_colour() -> bool {
    !ci::is_ci() && anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never
}

/// Colours the words that lines of a complaint begin with, where stderr may carry colour.
pub fn paint_labels(message: &str) -> String {
    let is_coloured = complains_in_colour();
    let paint = |line: &str| {
        let label = COMPLAINT_LABELS.iter().find(|(label, _)| is_coloured && line.starts_with(label));
        match label {
            Some((label, style)) => format!("{style}{label}{style:#}{}", &line[label.len()..]),
            None => line.to_string(),
        }
    };
    message.lines().map(paint).collect::<Vec<_>>().join("\n")
}

/// The words that begin lines of complaints, and their colours.
const COMPLAINT_LABELS: [(&str, anstyle::Style); 3] = [
    ("error:", AnsiColor::Red.on_default().bold()),
    ("warning:", AnsiColor::Yellow.on_default().bold()),
    ("help:", anstyle::Style::new().bold()),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_is_found_before_the_arguments_are_parsed() {
        for (line, choice) in [
            ("demo", ColorChoice::Auto),
            ("demo --color never", ColorChoice::Never),
            ("--color=always demo", ColorChoice::Always),
            ("demo --color", ColorChoice::Auto),
            ("demo --color blue", ColorChoice::Auto),
            ("evidence record -- ls --color=always", ColorChoice::Auto),
        ] {
            assert_eq!(choice_in(line.split(' ').map(OsString::from)), choice, "{line}");
        }
    }
}
