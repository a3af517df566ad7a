//! Remedies of a server without a host: the hook, git's own settings, and lines for gitolite.

use crate::remedy::{HostRemedy, RemedyPart, RemedyRequest};
use portcullis_model::protection::Rule;

/// What to change.
pub(super) fn write_remedy(request: &RemedyRequest<'_>) -> HostRemedy {
    let (possible, impossible): (Vec<Rule>, Vec<Rule>) =
        request.missing.iter().cloned().partition(is_possible);
    let by_hook = possible.iter().any(is_of_hook);
    let has = |rule: &Rule| possible.contains(rule);
    let mut commands = Vec::new();
    if by_hook {
        commands.push("portcullis hook install".to_string());
    }
    let settings =
        [(Rule::NoDeletion, "receive.denyDeletes"), (Rule::NoForcePush, "receive.denyNonFastForwards")];
    for (_, setting) in settings.iter().filter(|(rule, _)| has(rule)) {
        commands.push(format!("git config {setting} true"));
    }
    let mut parts = Vec::new();
    if !commands.is_empty() {
        parts.push(RemedyPart::commands(
            "server",
            "On the server, in the folder of the repository and as its owner",
            &commands,
        ));
    }
    if has(&Rule::NoForcePush) || has(&Rule::NoDeletion) {
        let branch = request.branch.as_str();
        let text = format!(
            "    # in each rule that gives people RW+ or RWD on this branch: give them RW, for example\n    RW      \
             refs/heads/{branch}$ = @those-who-may-push-now\n"
        );
        parts.push(RemedyPart::file(
            "gitolite",
            "A further lock, in gitolite's rules",
            "gitolite.conf",
            text,
        ));
    }
    HostRemedy { parts, impossible, notes: notes_of(&possible), ..HostRemedy::default() }
}

fn is_possible(rule: &Rule) -> bool {
    is_of_hook(rule) || matches!(rule, Rule::NoForcePush | Rule::NoDeletion)
}

fn is_of_hook(rule: &Rule) -> bool {
    matches!(rule, Rule::ChangeRequest | Rule::DismissStale | Rule::Approvals(_))
}

fn notes_of(rules: &[Rule]) -> Vec<String> {
    let approvals = rules.iter().any(|rule| matches!(rule, Rule::Approvals(_)));
    let note = "the hook imposes as many approvals as the policy at the base demands of every change";
    let access = "people with a shell on the server get round every lock: name `server-access` under `bypass`, with the reason";
    approvals.then(|| note.to_string()).into_iter().chain([access.to_string()]).collect()
}
