//! The commands of a page: run, or held against the command line of the program.

use super::fixture::Fixture;
use super::page::{Block, Page};
use clap::error::ErrorKind;
use clap::{CommandFactory, Error};
use portcullis_cli::Cli;
use snapbox::{Data, assert_data_eq};

/// A command of a `console` block.
pub struct Shown {
    line: usize,
    text: String,
    output: String,
}

/// The commands of a `console` block, in order.
pub fn commands(block: &Block) -> Vec<Shown> {
    let mut commands: Vec<Shown> = Vec::new();
    for (index, line) in block.text.lines().enumerate() {
        let goes_on = commands.last().is_some_and(|last| last.output.is_empty() && last.text.ends_with('\\'));
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(text), _) => {
                let text = text.to_string();
                commands.push(Shown { line: block.line + 1 + index, text, output: String::new() });
            }
            (None, Some(last)) if goes_on => last.text.push_str(&format!("\n{line}")),
            (None, Some(last)) => last.output.push_str(&format!("{line}\n")),
            (None, None) => panic!("line {}: output without a command", block.line + 1),
        }
    }
    commands
}

impl Shown {
    /// Runs it, and compares how it ends and what it says with what the page shows.
    pub fn run(&self, fixture: &Fixture, page: &str) {
        let expected = self.text.rsplit_once("# exit ").map_or(0, |(_, code)| code.trim().parse().unwrap());
        let (exit, said) = fixture.run(&self.text);
        assert_eq!(exit, expected, "{page}:{}: {}\n{said}", self.line, self.text);
        if !self.output.trim().is_empty() {
            let said: String = said.lines().map(|line| format!("{}\n", line.trim_end())).collect();
            let shown = format!("{}\n", self.output.trim_end());
            eprintln!("-- {page}:{}: {}", self.line, self.text);
            assert_data_eq!(said, Data::text(shown));
        }
    }
}

/// Command lines that the program would refuse, in the text of a page and in its blocks that are
/// not run, and options that it does not have.
pub fn objections(page: &Page) -> Vec<String> {
    let of_blocks = page.blocks().into_iter().flat_map(|block| {
        let lines = block.text.replace("\\\n", " ");
        let is_shell = matches!(block.language.as_str(), "sh" | "yaml");
        let all: Vec<String> = if is_shell { lines.lines().map(String::from).collect() } else { Vec::new() };
        all.into_iter().map(move |line| (block.line, line, true))
    });
    let of_text = page.spans().into_iter().map(|(line, span)| (line, span, false));
    let all = of_blocks.chain(of_text);
    let objection = |(line, text, is_whole): (usize, String, bool)| {
        let why = objection(&text, is_whole)?;
        Some(format!("{}:{line}: `{text}`: {}", page.name, why.lines().next().unwrap_or_default()))
    };
    all.filter_map(objection).collect()
}

/// Why the program would refuse the command line.
pub fn objection_to_line(line: &str) -> Option<String> {
    objection(line, true)
}

fn objection(text: &str, is_whole: bool) -> Option<String> {
    if !is_whole && (text.starts_with("--") || text.starts_with("-C ")) {
        return no_such_option(text);
    }
    let words = words(text);
    let at = words.iter().position(|word| word == "portcullis")?;
    let is_command = |before: &String| before.contains('=') || ["$", "run:", "-"].contains(&before.as_str());
    if !words[..at].iter().all(is_command) {
        return None;
    }
    match Cli::command().try_get_matches_from(&words[at..]) {
        Err(error) if !is_fine(&error, is_whole) => Some(error.to_string()),
        _ => None,
    }
}

/// In the text a command may be named without its arguments.
fn is_fine(error: &Error, is_whole: bool) -> bool {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
        // An option may be named without its value, too.
        ErrorKind::InvalidValue => !is_whole && error.to_string().contains("a value is required"),
        ErrorKind::MissingRequiredArgument
        | ErrorKind::MissingSubcommand
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => !is_whole,
        _ => false,
    }
}

/// Options of other programs that the text names by themselves.
const FOREIGN: [&str; 11] = [
    "--coverage-clover",
    "--gtest_output",
    "--lcov",
    "--log_format",
    "--machine",
    "--merge",
    "--report_format",
    "--report-formatter",
    "--reporter",
    "--sonarqube",
    "--test-reporter",
];

fn no_such_option(text: &str) -> Option<String> {
    let name = text.split([' ', '=', ']']).next().unwrap_or_default();
    let known = options(&Cli::command());
    let is_known = name == "--" || name == "-C" || known.iter().any(|option| name == format!("--{option}"));
    (!is_known && !FOREIGN.contains(&name)).then(|| format!("there is no option {name}"))
}

fn options(command: &clap::Command) -> Vec<String> {
    let own = command.get_arguments().filter_map(|argument| argument.get_long().map(String::from));
    let mut all: Vec<String> = own.chain(["help".to_string(), "version".to_string()]).collect();
    command.get_subcommands().for_each(|command| all.extend(options(command)));
    all
}

/// The words of a command line, as a shell would cut it, to the first operator; placeholders filled
/// in.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut word, mut quote, mut begun) = (String::new(), None, false);
    for c in line.chars() {
        match (c, quote) {
            (_, Some(mark)) if c == mark => quote = None,
            (_, Some(_)) => word.push(c),
            ('"' | '\'', None) => (quote, begun) = (Some(c), true),
            (' ' | '\t', None) => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            ('|' | '>' | ';' | '&', None) => break,
            ('#', None) if !begun => break,
            _ => {
                word.push(c);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    words.retain(|word| word != "…");
    words.into_iter().map(|word| if word == "N" { "7".into() } else { word }).collect()
}
