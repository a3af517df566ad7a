//! What to change at a host so that it imposes rules on a branch: the very texts that the host, its
//! command line and Terraform take. Nothing here changes anything.
//!
//! What a remedy adds comes beside what is there. It takes nothing away and loosens nothing: where
//! a host has one rule and no second one can come beside it, that rule keeps all that it imposes.

use portcullis_model::change::BranchName;
use portcullis_model::protection::{Protection, Rule};
use serde_json::Value;

/// What is asked for.
pub struct RemedyRequest<'a> {
    /// The repository, as the host names it.
    pub repository: &'a str,
    /// The branch.
    pub branch: &'a BranchName,
    /// The rules that nothing imposes, or that someone may bypass.
    pub missing: &'a [Rule],
    /// What protects the branch now.
    pub now: &'a Protection,
}

/// What to change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostRemedy {
    /// The texts. Parts of one `way` belong together; each way does it alone.
    pub parts: Vec<RemedyPart>,
    /// The rules that no setting of such a host imposes.
    pub impossible: Vec<Rule>,
    /// The rules that are not in it, because the policy has to name something first; and what.
    pub unnamed: Vec<(Rule, String)>,
    /// What to know before.
    pub notes: Vec<String>,
}

/// One text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemedyPart {
    /// The way that it belongs to: `gh`, `terraform`.
    pub way: &'static str,
    /// What it is, as a heading.
    pub title: String,
    /// The file that it goes to; `None`: it is to be run.
    pub file: Option<&'static str>,
    /// The text.
    pub text: String,
}

impl RemedyPart {
    /// Commands to run.
    pub fn commands(way: &'static str, title: impl Into<String>, lines: &[String]) -> Self {
        RemedyPart { way, title: title.into(), file: None, text: lines.join("\n") + "\n" }
    }

    /// A file to write.
    pub fn file(way: &'static str, title: impl Into<String>, file: &'static str, text: String) -> Self {
        RemedyPart { way, title: title.into(), file: Some(file), text }
    }
}

/// A value as JSON for people and programs, with a line break at its end.
pub(crate) fn write_json(value: &Value) -> String {
    format!("{value:#}\n")
}

/// A text in quotes of Terraform. Neither `${` nor `%{` begins anything in it.
pub(crate) fn quote_terraform(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{}\"", text.replace("${", "$${").replace("%{", "%%{"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_others_command_nothing() {
        assert_eq!(quote_terraform("a\"b${c}\n"), "\"a\\\"b$${c}\\n\"");
    }
}
