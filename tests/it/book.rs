//! The documents are true: links lead somewhere, every command that is shown runs or at least
//! parses, every policy that is shown conforms to the schema, and the picture shows what the
//! program prints.
//!
//! How a page shows a command:
//!
//! - A `console` block is run. A line that begins with `$ ` is a command; the blocks of a page run
//!   in order, in the fixture that the comment above them names, `<!-- fixture: change -->`; see
//!   [`fixture`]. A command has to end with 0, or with what a comment at its end says: `# exit 3`.
//!   Lines below it are its output, in snapbox's pattern language (`...` is any number of lines,
//!   `[..]` the rest of one).
//! - A `sh` or `yaml` block needs a host, a job or another tool, and is not run. The command lines
//!   of `portcullis` in it, and those in the text, must be ones that the program would take.
//! - A `toml` block is a policy or a part of one, and conforms to the schema, a file of waivers, or a
//!   register of people.

use crate::schema::Printed;
use anstyle::{AnsiColor, RgbColor};
use anstyle_svg::Term;
use page::{Page, pages, root};
use portcullis_judge::policy::Policy;
use serde_json::Value;
use snapbox::data::DataFormat;
use snapbox::{Data, assert_data_eq};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

mod fixture;
mod page;
mod shown;

pub use shown::objection_to_line;

/// The languages that a block may name.
const LANGUAGES: [&str; 6] = ["console", "json", "sh", "text", "toml", "yaml"];

/// A test for each page whose commands are run.
macro_rules! run {
    ($($name:ident: $page:literal),* $(,)?) => {
        const RUN: &[&str] = &[$($page),*];
        $(#[test] fn $name() { run_page(&Page::read($page)); })*
    };
}

run! {
    commands_of_the_readme_run: "README.md",
    commands_of_audit_run: "docs/audit.md",
    commands_of_compatibility_run: "docs/compatibility.md",
    commands_of_coverage_run: "docs/coverage.md",
    commands_of_deployment_gate_run: "docs/deployment-gate.md",
    commands_of_drill_run: "docs/drill.md",
    commands_of_evidence_run: "docs/test-evidence.md",
    commands_of_exit_codes_run: "docs/exit-codes.md",
    commands_of_first_steps_run: "docs/first-steps.md",
    commands_of_fleet_run: "docs/fleet.md",
    commands_of_house_policy_run: "docs/house-policy.md",
    commands_of_incidents_run: "docs/incidents.md",
    commands_of_init_run: "docs/init.md",
    commands_of_install_run: "docs/install.md",
    commands_of_merge_gate_run: "docs/merge-gate.md",
    commands_of_outputs_run: "docs/outputs.md",
    commands_of_people_run: "docs/people.md",
    commands_of_policy_test_run: "docs/policy-test.md",
    commands_of_procedure_run: "docs/procedure.md",
    commands_of_reconciliation_run: "docs/reconciliation.md",
    commands_of_records_run: "docs/records.md",
    commands_of_rehearse_run: "docs/rehearse.md",
    commands_of_sealing_run: "docs/sealing.md",
    commands_of_simulate_run: "docs/simulate.md",
    commands_of_ten_minutes_run: "docs/ten-minutes.md",
    commands_of_waivers_run: "docs/waivers.md",
}

fn run_page(page: &Page) {
    let (blocks, fixtures) = (page.blocks(), page.fixtures());
    let mut blocks = blocks.iter().filter(|block| block.language == "console").peekable();
    for (line, name) in &fixtures {
        let fixture = fixture::find(name).unwrap_or_else(|| panic!("{}: no fixture `{name}`", page.name));
        let end = fixtures.iter().map(|(at, _)| at).find(|at| *at > line).unwrap_or(&usize::MAX);
        while let Some(block) = blocks.next_if(|block| (line..end).contains(&&block.line)) {
            shown::commands(block).iter().for_each(|command| command.run(&fixture, &page.name));
        }
    }
    assert!(blocks.next().is_none(), "{}: a block before the first fixture", page.name);
}

#[test]
fn every_page_with_commands_is_run() {
    let with_commands =
        pages().into_iter().filter(|page| page.blocks().iter().any(|b| b.language == "console"));
    let names: BTreeSet<String> = with_commands.map(|page| page.name).collect();
    assert_eq!(names, RUN.iter().map(|name| name.to_string()).collect());
}

#[test]
fn the_program_would_take_every_command_line_that_is_shown() {
    let wrong: Vec<String> = pages().iter().flat_map(shown::objections).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_link_leads_somewhere() {
    let wrong: Vec<String> = pages().iter().flat_map(Page::broken_links).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_page_can_be_reached_from_the_readme() {
    let (mut seen, mut next) = (BTreeSet::new(), vec![root().join("README.md")]);
    while let Some(file) = next.pop() {
        let is_page = file.extension().is_some_and(|extension| extension == "md");
        if is_page && seen.insert(file.clone()) {
            next.extend(Page::at(&file).links().into_iter().filter_map(|link| link.file));
        }
    }
    let lost: Vec<_> = pages().into_iter().filter(|page| !seen.contains(&root().join(&page.name))).collect();
    assert!(lost.is_empty(), "{:?}", lost.iter().map(|page| &page.name).collect::<Vec<_>>());
}

#[test]
fn the_readme_is_short_and_every_block_names_its_language() {
    assert!(Page::read("README.md").text.lines().count() <= 250);
    for page in pages() {
        for block in page.blocks() {
            let is_known = LANGUAGES.contains(&block.language.as_str());
            assert!(is_known, "{}:{}: a block of `{}`", page.name, block.line, block.language);
        }
    }
}

#[test]
fn every_policy_that_is_shown_conforms_to_the_schema() {
    let schema = Printed::part_of_policy();
    let mut wrong = Vec::new();
    for page in pages() {
        for block in page.blocks().iter().filter(|block| block.language == "toml") {
            let objection = match toml::from_str::<Value>(&block.text) {
                Err(error) => Some(error.to_string()),
                Ok(value) if value["waivers"].is_array() || value["rollbacks"].is_array() => {
                    bad_waivers(block)
                }
                Ok(value) if value["case"].is_array() => bad_cases(block),
                Ok(value) if is_register(&value) => portcullis_judge::policy::read_register(&block.text)
                    .err()
                    .map(|problems| format!("{problems:?}")),
                Ok(value) => schema.objection(&value),
            };
            wrong.extend(objection.map(|why| format!("{}:{}: {why}", page.name, block.line)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A register of people, and not the identity map of a policy.
fn is_register(value: &Value) -> bool {
    let people = value["people"].as_array().into_iter().flatten();
    people.into_iter().any(|person| person["training"].is_array())
}

/// Cases of a policy are read by the program, for the policy of the made-up project.
fn bad_cases(block: &page::Block) -> Option<String> {
    let policy = Policy::parse(portcullis_testkit::stage::POLICY).unwrap();
    let cases = portcullis_rehearse::case::text::read_cases(&block.text, &policy);
    cases.err().map(|problems| format!("{problems:?}"))
}

/// A file of waivers has no schema of its own; the program reads it.
fn bad_waivers(block: &page::Block) -> Option<String> {
    let policy = std::fs::read_to_string(root().join("policies/sensitive-data.toml")).unwrap();
    let text = if block.text.contains("schema = 1") { String::new() } else { "schema = 1\n".into() };
    let policy = Policy::parse(&policy).unwrap();
    policy.rollbacks(&(text + &block.text)).err().map(|problems| format!("{problems:?}"))
}

/// `SNAPSHOTS=overwrite cargo test --test it book::the_picture` draws it again.
#[test]
fn the_picture_shows_what_the_program_prints() {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    demo.env_clear().env("CLICOLOR_FORCE", "1").args(["demo", "--show", "stale-approval"]);
    let printed = String::from_utf8(demo.output().unwrap().stdout).unwrap();
    let picture = picture_of(&format!("$ portcullis demo --show stale-approval\n{printed}"));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/picture.svg");
    assert_data_eq!(picture, Data::read_from(&file, Some(DataFormat::Text)).raw());
}

/// A terminal in colours that can be read on its background, for people who see little contrast,
/// too.
fn picture_of(screen: &str) -> String {
    let mut palette = anstyle_svg::WIN10_CONSOLE;
    for (colour, rgb) in [
        (AnsiColor::Red, RgbColor(255, 123, 114)),
        (AnsiColor::Green, RgbColor(86, 211, 100)),
        (AnsiColor::Yellow, RgbColor(227, 179, 65)),
    ] {
        palette.0[colour as usize] = rgb;
    }
    let terminal = Term::new().palette(palette);
    let terminal = terminal.fg_color(RgbColor(230, 237, 243).into()).bg_color(RgbColor(22, 27, 34).into());
    terminal.render_svg(screen).replace(".dimmed { opacity: 0.4; }", ".dimmed { opacity: 0.7; }")
}
