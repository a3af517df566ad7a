//! `portcullis man`: the manual pages, made of the same words as `--help`.

use super::examples::{self, Example};
use super::exit::{Exit, Failure, MEANINGS, Result};
use super::{command, output, program};
use clap::{Args, Command};
use clap_mangen::Man;
use roff::{Roff, bold, roman};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct ManArguments {
    /// The command whose page is printed, such as `policy check`. Default: the page of the program.
    #[arg(value_name = "COMMAND")]
    words: Vec<String>,
    /// Write the page of every command into this directory: `portcullis-policy-check.1`.
    #[arg(long, value_name = "DIR", conflicts_with = "words")]
    dir: Option<PathBuf>,
}

/// A page: the command, and where it is below the program.
struct ManualPage {
    path: Vec<String>,
    command: Command,
}

/// Prints one page, or writes all of them into a directory.
///
/// # Errors
/// There is no such command, or a page cannot be written.
pub fn run(arguments: &ManArguments) -> Result {
    let pages = all_pages();
    match &arguments.dir {
        Some(directory) => pages.iter().try_for_each(|page| write_page(page, directory))?,
        None => output::stdout(&page_text(find_page(&pages, &arguments.words)?)?)?,
    }
    Ok(Exit::Allowed)
}

fn all_pages() -> Vec<ManualPage> {
    let mut program = command().disable_help_subcommand(true);
    program.build();
    let mut pages = vec![ManualPage { path: Vec::new(), command: program }];
    let mut at = 0;
    while at < pages.len() {
        let below = pages_below(&pages[at]);
        pages.extend(below);
        at += 1;
    }
    pages
}

fn pages_below(page: &ManualPage) -> Vec<ManualPage> {
    let shown = page.command.get_subcommands().filter(|command| !command.is_hide_set());
    let below = |command: &Command| ManualPage {
        path: page.path.iter().cloned().chain([command.get_name().to_string()]).collect(),
        command: command.clone(),
    };
    shown.map(below).collect()
}

fn find_page<'p>(pages: &'p [ManualPage], words: &[String]) -> Result<&'p ManualPage> {
    pages.iter().find(|page| page.path == words).ok_or_else(|| {
        let names: Vec<String> = pages.iter().skip(1).map(|page| page.path.join(" ")).collect();
        let wanted = words.join(" ");
        match output::nearest(&wanted, names.iter().map(String::as_str)) {
            Some(meant) => Failure::usage(format!("there is no command `{wanted}`; did you mean `{meant}`?")),
            None => Failure::usage(format!("there is no command `{wanted}`")).hint(
                "`portcullis --help` lists the commands, and `portcullis COMMAND --help` those below one",
            ),
        }
    })
}

fn write_page(page: &ManualPage, directory: &Path) -> Result<()> {
    output::write_file(&directory.join(format!("{}.1", name_of(&page.path))), &page_text(page)?)
}

fn page_text(page: &ManualPage) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    match write_sections(page, &mut text) {
        Ok(()) => Ok(text),
        Err(error) => Err(Failure::environment(format!("cannot write the page: {error}"))),
    }
}

fn write_sections(page: &ManualPage, out: &mut dyn Write) -> io::Result<()> {
    let source = format!("portcullis {}", program::VERSION);
    let man = Man::new(page.command.clone()).title(name_of(&page.path)).source(source).manual("Portcullis");
    man.render_title(out)?;
    man.render_name_section(out)?;
    out.write_all(synopsis(&man)?.as_bytes())?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    if page.command.has_subcommands() {
        man.render_subcommands_section(out)?;
    }
    examples_section(&examples::of(&page.path)).to_writer(out)?;
    exit_section().to_writer(out)?;
    see_also(page).to_writer(out)
}

/// The synopsis; an option without a long name lacks its value there.
fn synopsis(man: &Man) -> io::Result<String> {
    let mut text = Vec::new();
    man.render_synopsis_section(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    Ok(text.replace(r"[\fB\-C \fR]", r"[\fB\-C\fR \fIDIR\fR]"))
}

fn examples_section(examples: &[&Example]) -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["EXAMPLES"]);
    for example in examples {
        section.control("TP", []).text([bold(example.line)]).text([roman(example.about)]);
    }
    section
}

fn exit_section() -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["EXIT STATUS"]);
    for (exit, meaning) in MEANINGS {
        section.control("TP", []).text([bold((exit as u8).to_string())]).text([roman(meaning)]);
    }
    section
}

/// The page of the command above, and those below.
fn see_also(page: &ManualPage) -> Roff {
    let mut section = Roff::new();
    let above = page.path.split_last().map(|(_, above)| name_of(above));
    let below = pages_below(page).into_iter().map(|page| name_of(&page.path));
    let names: Vec<String> = above.into_iter().chain(below).map(|name| format!("{name}(1)")).collect();
    section.control("SH", ["SEE ALSO"]).text([roman(names.join(", "))]);
    section
}

fn name_of(path: &[String]) -> String {
    ["portcullis"].into_iter().chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_the_sections_of_a_manual() {
        let pages = all_pages();
        assert!(pages.len() > 50, "{}", pages.len());
        for page in &pages {
            let text = String::from_utf8(page_text(page).unwrap()).unwrap();
            for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "\"EXIT STATUS\""] {
                assert!(text.contains(&format!(".SH {section}\n")), "{:?}: {section}", page.path);
            }
            assert!(text.contains(r"[\fB\-C\fR \fIDIR\fR]") || !text.contains(r"[\fB\-C"), "{text}");
            let version = format!("\"portcullis {}\" Portcullis\n", program::VERSION);
            let title = text.lines().find(|line| line.starts_with(".TH")).unwrap_or_default();
            assert!(format!("{title}\n").ends_with(&version), "{title}");
        }
    }

    #[test]
    fn a_command_that_is_none_is_not_answered_with_a_list_of_all() {
        let pages = all_pages();
        let error = |name: &str| find_page(&pages, &[name.to_string()]).err().unwrap().message;
        assert_eq!(error("nope"), "there is no command `nope`");
        assert!(error("chek").ends_with("did you mean `check`?"), "{}", error("chek"));
    }
}
