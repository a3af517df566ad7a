//! The `json` format: the decision as it is, for programs, in the form of [`DecisionV1`].
//!
//! The text is pure enough for a log: what a reader would not see is escaped.

use super::{Context, Format, escape};
use portcullis_model::decision::Decision;
use portcullis_wire::decision::v1::DecisionV1;
use std::io;

/// The format.
pub static FORMAT: Format = Format {
    name: "json",
    about: "The whole decision as JSON, for programs",
    write: write_decision,
    failure: None,
    log_safe: true,
};

fn write_decision(decision: &Decision, context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let style = context.style;
    let text = serde_json::to_string_pretty(&DecisionV1::new(decision, style.advisory))?;
    writeln!(out, "{}", escape::json(&text))
}

/// Writes a document of another form: its hidden characters are escaped as those of a decision.
pub(super) fn write_value(value: &serde_json::Value, out: &mut dyn io::Write) -> io::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    writeln!(out, "{}", escape::json(&text))
}

#[cfg(test)]
mod tests {
    use super::super::Style;
    use super::super::sample::{HOSTILE, STYLE, allowed, blocked, every_word, nothing, render, undetermined};
    use super::*;
    use snapbox::{IntoData as _, assert_data_eq, str};

    #[test]
    fn the_document() {
        assert_data_eq!(
            render(&FORMAT, &undetermined(), STYLE),
            str![[r#"
{
  "schema": 1,
  "outcome": "undetermined",
  "judged": {
    "repository": "acme/upload",
    "environment": null,
    "request": 7,
    "title": "Load the January file twice",
    "branch": "main",
    "base": "5e4d3c2b1a000000000000000000000000000000",
    "head": "1a2b3c4d5e000000000000000000000000000000",
    "commits": 3,
    "files": 5
  },
  "policy": {
    "project": "Intelligence upload",
    "digest": "sha256:823412d1eacb67956220e532959f0104603057c88704863ca38e7cd188fda812",
    "origin": "base"
  },
  "areas": [],
  "findings": [
    {
      "verdict": "unproven",
      "control": "protected-branch",
      "subject": {
        "kind": "branch",
        "name": "main: bypass"
      },
      "reason": "the bypass list of ruleset \"main\" (17) could not be seen: the token may not read it",
      "remedy": "Give the token the permission `administration: read` on the repository.",
      "details": [],
      "place": null
    },
    {
      "verdict": "met",
      "control": "protected-branch",
      "subject": {
        "kind": "branch",
        "name": "main: approvals"
      },
      "reason": "classic protection requires it, and nobody gets round it",
      "remedy": null,
      "details": [],
      "place": null
    },
    {
      "verdict": "met",
      "control": "protected-branch",
      "subject": {
        "kind": "branch",
        "name": "main: change-request"
      },
      "reason": "classic protection requires it, and nobody gets round it",
      "remedy": null,
      "details": [],
      "place": null
    },
    {
      "verdict": "met",
      "control": "protected-branch",
      "subject": {
        "kind": "branch",
        "name": "main: deletion"
      },
      "reason": "classic protection requires it, and nobody gets round it",
      "remedy": null,
      "details": [],
      "place": null
    },
    {
      "verdict": "met",
      "control": "protected-branch",
      "subject": {
        "kind": "branch",
        "name": "main: force-push"
      },
      "reason": "classic protection requires it, and nobody gets round it",
      "remedy": null,
      "details": [],
      "place": null
    },
    {
      "verdict": "met",
      "control": "protected-branch",
      "subject": {
        "kind": "branch",
        "name": "main: last-push-approval"
      },
      "reason": "classic protection requires it, and nobody gets round it",
      "remedy": null,
      "details": [],
      "place": null
    },
    {
      "verdict": "met",
      "control": "required-reviews",
      "subject": {
        "kind": "request",
        "name": "7"
      },
      "reason": "2 of 2 required approvals count: robin, kim",
      "remedy": null,
      "details": [],
      "place": null
    }
  ],
  "advisory": false
}

"#]]
            .raw()
        );
    }

    /// The files were written before the form had a module of its own, and are never written again.
    #[test]
    fn the_bytes_of_version_1() {
        macro_rules! kept {
            ($name:literal) => {
                include_str!(concat!("../wire/decision/v1/kept/", $name, ".json"))
            };
        }
        for (kept, decision) in [
            (kept!("allow"), allowed()),
            (kept!("block"), blocked()),
            (kept!("undetermined"), undetermined()),
            (kept!("every-word"), every_word()),
            (kept!("nothing"), nothing()),
        ] {
            assert_eq!(render(&FORMAT, &decision, STYLE), kept);
        }
        let advised = Style { advisory: true, ..STYLE };
        assert_eq!(render(&FORMAT, &blocked(), advised), kept!("advisory"));
    }

    #[test]
    fn advice_is_a_member_and_changes_no_other() {
        let plain = render(&FORMAT, &blocked(), STYLE);
        let advised = render(&FORMAT, &blocked(), Style { advisory: true, ..STYLE });
        assert_eq!(plain.replace("\"advisory\": false", "\"advisory\": true"), advised);
    }

    #[test]
    fn what_cannot_be_seen_is_escaped_and_comes_back() {
        let text = render(&FORMAT, &blocked(), STYLE);
        assert!(text.chars().all(|c| c == '\n' || (' '..='~').contains(&c)), "{text}");
        assert!(text.contains("\\u202ecod\\u200be") && !text.contains("##["), "{text}");
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["judged"]["title"], HOSTILE);
    }

    #[test]
    fn neither_width_nor_colour_nor_verbosity_matter() {
        let other = Style { colour: true, width: 20, verbose: true, ..STYLE };
        assert_eq!(render(&FORMAT, &blocked(), STYLE), render(&FORMAT, &blocked(), other));
    }
}
