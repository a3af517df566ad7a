//! What would lead to *allowed*: the sets of actions that the judge finds sufficient, on stderr, so
//! that stdout stays what the formats make it.

use super::output;
use super::prepare::Preparation;
use portcullis_model::decision::Finding;
use portcullis_model::host::NO_HOST;
use portcullis_rehearse::action::AssumedAction;
use portcullis_rehearse::help::{Help, find_help};
use portcullis_render::plural;
use portcullis_render::prose::wrap_text;

/// Columns to fill.
const WIDTH: usize = 80;

/// So many findings are told that no action resolves.
const LEFT: usize = 10;

/// Says on stderr what would help.
pub fn say_what_helps(prepared: &Preparation) {
    let text = match prepared {
        Preparation::Ready(ready) => {
            let help = find_help(&ready.policy, &ready.facts);
            describe_help(&help, ready.facts.whole().host.kind != NO_HOST)
        }
        Preparation::Unseen(_, gap) => {
            format!("what would help: not even the policy could be seen. {}\n", gap.remedy)
        }
    };
    output::remark(&text);
}

/// The sets in words.
fn describe_help(help: &Help, is_host_asked: bool) -> String {
    match help {
        Help::Needless => "what would help: nothing is needed, it is allowed as it is\n".to_string(),
        Help::Sets { sets, more } => describe_sets(sets, *more),
        Help::None(left) => describe_left(left, is_host_asked),
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

fn describe_left(left: &[Finding], is_host_asked: bool) -> String {
    let title = if is_host_asked {
        "what would help: no action here suffices, not even all of them: approvals, suites and checks that pass, rules of \
         the host, an empty list of bypasses. This would still be in the way:"
    } else {
        "what would help: no action here suffices, because the host was not asked. Run it with `--host NAME --repository \
         OWNER/NAME`. This would still be in the way:"
    };
    let title = wrap_text(title, 0, 2, WIDTH).join("\n  ");
    let shown = left.iter().take(LEFT).map(|found| list_item(&describe_finding(found)));
    let more = left.len().saturating_sub(LEFT);
    let more = if more > 0 { format!("  and {more} more\n") } else { String::new() };
    format!("{title}\n{}{more}", shown.collect::<String>())
}

fn describe_finding(found: &Finding) -> String {
    let text = format!("{}, {}: {}", found.control, found.subject, found.reason);
    let stop = if text.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    match &found.remedy {
        Some(remedy) => format!("{text}{stop} {remedy}"),
        None => text,
    }
}
