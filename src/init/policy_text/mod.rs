//! The policy that is proposed, as text: what is sure as settings, what is not as comments, and
//! above each line why it is there.

use crate::proposal::Proposal;

mod areas;
mod controls;
mod people;

pub(crate) use areas::{area_text, rule_lines};
pub(crate) use controls::{suite_text, trust_of};

/// The line by which editors find the schema.
pub const SCHEMA_LINE: &str = "#:schema ";

/// What a line begins with that remembers a rule that was proposed.
pub(crate) const PROPOSED: &str = "# proposed: ";

/// The policy. `schema` is the place of the JSON Schema, for editors.
pub fn write_policy(proposal: &Proposal, schema: Option<&str>) -> String {
    let mut text = schema.map(|place| format!("{SCHEMA_LINE}{place}\n")).unwrap_or_default();
    text.push_str(HEAD);
    text.push_str(&project_text(proposal));
    text.push_str(&branches_text(proposal));
    text.push_str(&areas::write_areas(proposal));
    text.push_str(&people::write_people(proposal));
    text.push_str(&controls::write_controls(proposal));
    text.push_str(&memory_text(proposal));
    text
}

const HEAD: &str = "\
# A policy proposed by `portcullis init`, from what the repository holds. Above each line is why it is there.
#
# Keep this file in the root of the repository as `portcullis.toml`.
# A change is judged by the policy at its base, so a change to this file is not judged by its own new rules.
# Every line that says \"Replace\" holds a sample value. What is written as a comment was not sure enough: take
# the `#` away to use it. `portcullis init --update` adds what is new, and leaves what is here as it is.

# The version of the policy format.
schema = 1

";

fn project_text(proposal: &Proposal) -> String {
    let (note, name) = match &proposal.project {
        Some(name) => ("# The name that every decision shows.", name.as_str()),
        None => ("# The name that every decision shows. Replace it.", "Sample project"),
    };
    format!("[project]\n{note}\nname = {}\n", crate::toml_text::quote_value(name))
}

fn branches_text(proposal: &Proposal) -> String {
    let mut text =
        "\n[branches]\n# The branches from which the software is deployed: changes to them are judged."
            .to_string();
    if proposal.branches.is_empty() {
        text.push_str(" Replace them with yours.\ndeployment = [\"main\", \"release/*\"]\n");
    } else {
        text.push_str("\ndeployment = [\n");
        for branch in &proposal.branches {
            text.push_str(&branch_lines(&branch.pattern, &branch.reasons));
        }
        text.push_str("]\n");
    }
    let names = crate::toml_text::quote_list(proposal.environments.keys().map(String::as_str));
    let (why, names) = match proposal.environments.values().next() {
        Some(path) => (format!(" Found in `{}`.", crate::toml_text::plain_comment(path)), names),
        None => (String::new(), "[\"staging\", \"production\"]".to_string()),
    };
    text.push_str(&format!(
        "\n# The environments that the software is deployed to. Once they are listed, no other environment is accepted.{why}\n\
         # [deployment]\n# environments = {names}\n"
    ));
    text
}

/// A pattern of branches in its list, with its reasons above it.
pub(crate) fn branch_lines(pattern: &str, reasons: &[String]) -> String {
    let reasons = crate::toml_text::plain_comment(&reasons.join("; "));
    format!("  # {reasons}\n  {},\n", crate::toml_text::quote_value(pattern))
}

/// What `--update` remembers, at the end.
fn memory_text(proposal: &Proposal) -> String {
    let lines = memory_lines(proposal);
    if lines.is_empty() {
        return String::new();
    }
    format!(
        "\n# What `portcullis init` has proposed so far. `--update` proposes none of it again: what is listed here and is not\n\
         # above was taken out by people.\n{}",
        lines.concat()
    )
}

/// The lines that remember what is written as settings. What is only a comment was not sure: it is
/// proposed once it is.
pub(crate) fn memory_lines(proposal: &Proposal) -> Vec<String> {
    let mut lines = Vec::new();
    for area in &proposal.areas {
        for rule in area.paths.iter().chain(&area.content).filter(|rule| rule.sure) {
            lines.push(memory_line(area.kind.name(), &rule.rule));
        }
    }
    lines.extend(proposal.branches.iter().map(|branch| memory_line("branches", &branch.pattern)));
    lines.extend(proposal.written_runners().map(|one| memory_line("suites", one.runner.name)));
    lines
}

pub(crate) fn memory_line(part: &str, rule: &str) -> String {
    format!("{PROPOSED}{part}: {}\n", crate::toml_text::plain_comment(rule))
}
