//! What would lead to *allowed*: the sets of actions that the judge finds sufficient, on stderr, so
//! that stdout stays what the formats make it.

use super::output;
use super::prepare::Preparation;
use crate::render::plural;
use crate::render::prose::wrap_text;
use portcullis_model::decision::Finding;
use portcullis_rehearse::action::AssumedAction;
use portcullis_rehearse::help::{Help, find_help};

/// Columns to fill.
const WIDTH: usize = 80;

/// So many findings are told that no action resolves.
const LEFT: usize = 10;

/// Says on stderr what would help.
pub fn say_what_helps(prepared: &Preparation) {
    let text = match prepared {
        Preparation::Ready(ready) => describe_help(&find_help(&ready.policy, &ready.facts)),
        Preparation::Unseen(_, gap) => {
            format!("what would help: not even the policy could be seen. {}\n", gap.remedy)
        }
    };
    output::remark(&text);
}

/// The sets in words.
fn describe_help(help: &Help) -> String {
    match help {
        Help::Needless => "what would help: nothing is needed, it is allowed as it is\n".to_string(),
        Help::Sets { sets, more } => describe_sets(sets, *more),
        Help::None(left) => describe_left(left),
        Help::Unknown(all) => {
            let title = "what would help: all of this together; whether less would do was not found out:\n";
            format!("{title}{}", list_actions(all))
        }
    }
}

fn describe_sets(sets: &[Vec<AssumedAction>], more: u64) -> String {
    let mut text = "what would help, by the judge itself (nothing of it is so yet):\n".to_string();
    for (number, set) in sets.iter().enumerate() {
        if number > 0 {
            text.push_str("or\n");
        }
        text.push_str(&list_actions(set));
    }
    if more > 0 {
        text.push_str(&format!("or one of {} as small\n", plural(more, "other set")));
    }
    text
}

fn list_actions(actions: &[AssumedAction]) -> String {
    actions.iter().map(|action| list_item(&action.describe())).collect()
}

fn list_item(text: &str) -> String {
    format!("  {}\n", wrap_text(&format!("- {text}"), 2, 4, WIDTH).join("\n    "))
}

fn describe_left(left: &[Finding]) -> String {
    let title = "what would help: none of the actions that Portcullis knows, not even all of them: approvals, suites and \
                 checks that pass, rules of the host, an empty list of bypasses. This would still be in the way:";
    let title = wrap_text(title, 0, 2, WIDTH).join("\n  ");
    let shown = left.iter().take(LEFT).map(|found| {
        let remedy = found.remedy.as_deref().unwrap_or_default();
        list_item(format!("{}, {}: {} {remedy}", found.control, found.subject, found.reason).trim_end())
    });
    let more = left.len().saturating_sub(LEFT);
    let more = if more > 0 { format!("  and {more} more\n") } else { String::new() };
    format!("{title}\n{}{more}", shown.collect::<String>())
}
