//! The examples that `--help` and the manual show. A test holds each against the parser, and every
//! command against having one.

use clap::Command;

mod fleet_lines;
mod lines;

/// Every row.
fn rows() -> impl Iterator<Item = &'static (&'static str, &'static [Example])> {
    lines::TABLE.iter().chain(fleet_lines::TABLE)
}

/// A command line and what it does.
#[derive(Debug, PartialEq, Eq)]
pub struct Example {
    /// The line, from the name of the program on.
    pub line: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
}

/// The examples of the command at this path below the program: its own, or the first one of each
/// command below it.
pub fn of<T: AsRef<str>>(path: &[T]) -> Vec<&'static Example> {
    let path = path.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(" ");
    let own = rows().filter(|(command, _)| *command == path).flat_map(|(_, examples)| *examples);
    let own: Vec<&Example> = own.collect();
    if own.is_empty() { first_below(&path) } else { own }
}

fn first_below(path: &str) -> Vec<&'static Example> {
    let is_below = |command: &str| command.strip_prefix(path).is_some_and(|rest| rest.starts_with(' '));
    let below = rows().filter(|(command, _)| is_below(command));
    below.filter_map(|(_, examples)| examples.first()).collect()
}

/// The command with the examples of it and of all below it in the help.
pub fn add_to(command: Command) -> Command {
    add_below(command, &[])
}

fn add_below(command: Command, path: &[String]) -> Command {
    let text = match command.get_after_help() {
        Some(after) => format!("{after}\n\n{}", text_of(&of(path))),
        None => text_of(&of(path)),
    };
    let command = command.after_long_help(text);
    command.mut_subcommands(|below| {
        let path: Vec<String> = path.iter().cloned().chain([below.get_name().to_string()]).collect();
        add_below(below, &path)
    })
}

fn text_of(examples: &[&Example]) -> String {
    let lines = examples.iter().map(|example| format!("\n  {}\n      {}", example.line, example.about));
    format!("Examples:{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::super::command;
    use super::*;

    fn each(command: &Command, path: &[String], look: &mut impl FnMut(&Command, &[String])) {
        look(command, path);
        for below in command.get_subcommands() {
            let path: Vec<String> = path.iter().cloned().chain([below.get_name().to_string()]).collect();
            each(below, &path, look);
        }
    }

    #[test]
    fn every_command_has_an_example_of_itself() {
        let mut seen = 0;
        each(&command(), &[], &mut |command, path| {
            let examples = of(path);
            assert!(
                !examples.is_empty(),
                "`{}` has no example; add a row to examples/lines.rs",
                path.join(" ")
            );
            let begins = path.iter().fold("portcullis".to_string(), |line, word| format!("{line} {word}"));
            let begins =
                |example: &&Example| example.line == begins || example.line.contains(&format!("{begins} "));
            assert!(examples.iter().all(begins), "{path:?}: {examples:?}");
            let help = command.clone().render_long_help().to_string();
            assert!(examples.iter().all(|example| help.contains(example.line)), "{path:?}: {help}");
            seen += 1;
        });
        assert!(seen > 50, "{seen}");
    }

    #[test]
    fn the_parser_takes_every_example() {
        for (path, examples) in rows() {
            for example in *examples {
                let words = shell_words(example.line);
                let at = words.iter().position(|word| word == "portcullis").unwrap_or_default();
                let parsed = command().try_get_matches_from(&words[at..]);
                assert!(parsed.is_ok(), "{path}: {}: {}", example.line, parsed.unwrap_err());
            }
        }
    }

    /// The words up to the first operator of the shell; what is in double quotes is one.
    fn shell_words(line: &str) -> Vec<String> {
        let command = line.split(['>', '|']).next().unwrap_or_default();
        let words = command.split('"').enumerate().flat_map(|(index, part)| match index % 2 {
            0 => part.split_whitespace().collect(),
            _ => vec![part],
        });
        words.map(str::to_string).collect()
    }

    #[test]
    fn every_row_is_of_a_command_and_fits_a_terminal() {
        let mut commands = Vec::new();
        each(&command(), &[], &mut |_, path| commands.push(path.join(" ")));
        for (path, examples) in rows() {
            assert!(commands.contains(&path.to_string()), "there is no command `{path}`");
            for example in *examples {
                assert!(example.line.len() <= 76 && example.about.len() <= 72, "{example:?}");
            }
        }
    }
}
