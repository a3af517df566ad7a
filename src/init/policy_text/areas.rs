//! `[[data-processing]]`.

use crate::area::{ProposedArea, ProposedRule};
use crate::proposal::Proposal;
use crate::toml_text::{count_of, plain_comment, quote_value};

const SAMPLE: &str = "
# No code was found that stores or moves records. An area has to be named, or the gate guards nothing: replace the sample.
[[data-processing]]
# The name of this part in the rest of this file and in every decision.
name = \"records\"
# What this part does, in words that a reader outside the team understands. Replace it.
purpose = \"Loads, amends and deletes records\"
# The files that belong to it: `**` matches any number of directories. Replace them.
paths = [\"src/records/**\", \"migrations/**\"]
";

/// All areas; the sample where none is sure.
pub(crate) fn write_areas(proposal: &Proposal) -> String {
    let mut text = String::new();
    if !proposal.areas.iter().any(ProposedArea::is_sure) {
        text.push_str(SAMPLE);
    }
    proposal.areas.iter().for_each(|area| text.push_str(&area_text(area)));
    text
}

/// One area: as settings where a rule of it is sure, else as a comment.
pub(crate) fn area_text(area: &ProposedArea) -> String {
    let body = area_body(area);
    if area.is_sure() {
        return format!("\n{body}");
    }
    let lines = body
        .lines()
        .map(|line| if line.starts_with('#') { format!("{line}\n") } else { format!("# {line}\n") });
    format!("\n# This area is only a suggestion: nothing in it was sure.\n{}", lines.collect::<String>())
}

fn area_body(area: &ProposedArea) -> String {
    let mut text = format!(
        "[[data-processing]]\nname = \"{}\"\n# What this part does, in words that a reader outside the team understands.\npurpose = \"{}\"\n",
        area.kind.name(),
        area.kind.purpose()
    );
    let all_doubtful = !area.is_sure();
    text.push_str(&list_text("paths", "The files that belong to it.", &area.paths, all_doubtful));
    let about = "Any file with a changed line that matches belongs to it too, wherever it is. So does a changed file that cannot be\n\
                 # searched, such as an archive; write `opaque = \"outside\"` to leave these out.";
    text.push_str(&list_text("content", about, &area.content, all_doubtful));
    if area.left_over.files > 0 {
        text.push_str(&format!(
            "# Not named one by one: {} more, such as `{}`.\n",
            count_of(area.left_over.files, "file"),
            plain_comment(&area.left_over.example)
        ));
    }
    text
}

/// A list with the reasons above its values. With no sure rule it is a comment, unless the whole
/// area is one.
fn list_text(key: &str, about: &str, rules: &[ProposedRule], whole: bool) -> String {
    if rules.is_empty() {
        return String::new();
    }
    let is_written = whole || rules.iter().any(|rule| rule.sure);
    let lines: String = rules.iter().map(|rule| rule_lines(rule, whole)).collect();
    let text = format!("# {about}\n{key} = [\n{lines}]\n");
    if is_written {
        return text;
    }
    text.lines()
        .map(
            |line| {
                if line.trim_start().starts_with('#') { format!("{line}\n") } else { format!("# {line}\n") }
            },
        )
        .collect()
}

/// A rule in its list: why it is there, and the rule itself.
pub(crate) fn rule_lines(rule: &ProposedRule, whole: bool) -> String {
    let example = plain_comment(rule.example());
    let reasons = plain_comment(&rule.reasons.join("; "));
    let doubt = if rule.sure || whole { "" } else { "# " };
    format!(
        "  # {reasons}. {}, such as `{example}`\n  {doubt}{},\n",
        count_of(rule.files.len(), "file"),
        quote_value(&rule.rule)
    )
}
