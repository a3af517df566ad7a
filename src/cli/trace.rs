//! The facts that each control used, to explain a verdict.

use portcullis_judge::control::Control;
use portcullis_judge::policy::Policy;
use portcullis_model::administration::Administration;
use portcullis_model::fact::Fact;
use portcullis_model::facts::Facts;
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::inquiry::{Inquiry, TextPurpose, Topic};
use portcullis_model::plural::plural;

/// The facts of a change that each control of the policy asked for, and what was seen of them.
pub fn looked_at(policy: &Policy, facts: &Facts) -> String {
    let mut lines = vec!["what each control looked at:".to_string()];
    for (name, control) in &policy.controls {
        let mut seen = vec![count_fact("files", &facts.change, |change| change.files.len())];
        seen.extend(topics_of(control.as_ref()).into_iter().flat_map(|topic| of_topic(topic, facts)));
        lines.push(format!("  {name}"));
        lines.extend(seen.into_iter().map(|seen| format!("    {seen}")));
    }
    lines.join("\n")
}

/// How many requests the host was asked, and for what; `None` where no host was asked.
pub fn count_requests(sent: u64, facts: Option<&GatheredFacts>) -> Option<String> {
    let landings = match facts {
        Some(GatheredFacts::Batch(batch)) => Some((&batch.landings, "a batch")),
        Some(GatheredFacts::Deployment(deployment)) => Some((&deployment.landings, "a deployment")),
        Some(GatheredFacts::Change(_)) | None => None,
    };
    let of = landings.map(|(landings, what)| {
        let each = landings.value().into_iter().flatten().filter_map(|landing| landing.requests.value());
        let changes = plural(each.map(|all| all.len() as u64).sum(), "change request");
        format!(", for {what} of {changes}")
    });
    (sent > 0).then(|| format!("requests sent to the host: {sent}{}", of.unwrap_or_default()))
}

fn topics_of(control: &dyn Control) -> Vec<Topic> {
    let mut inquiry = Inquiry::default();
    control.ask(&mut inquiry);
    inquiry.topics.into_iter().collect()
}

fn of_topic(topic: Topic, facts: &Facts) -> Vec<String> {
    let host = &facts.host;
    match topic {
        Topic::Reviews => {
            let permissions = host.permissions.iter().map(|(login, permission)| {
                say_fact(&format!("what {login} may do"), permission, |permission| {
                    format!("{permission:?}").to_lowercase()
                })
            });
            let mut seen = vec![count_fact("reviews", &host.reviews, Vec::len)];
            seen.extend(permissions);
            seen.push(count_fact("commits with the accounts behind them", &host.attribution, |all| {
                all.len()
            }));
            seen
        }
        Topic::Pushes => vec![say_fact("who pushed the head", &host.last_push, |push| {
            push.actor.as_ref().map_or("a deleted account".to_string(), |actor| actor.login.to_string())
        })],
        Topic::CodeOwners => vec![say_fact("CODEOWNERS", &facts.gate, |gate| {
            gate.find(TextPurpose::CodeOwners).map_or("none".to_string(), |(path, _)| path.to_string())
        })],
        Topic::Protection => vec![say_fact("branch protection", &host.protection, |_| "seen".to_string())],
        Topic::Administration => host.administration.iter().flat_map(administration).collect(),
        Topic::Checks => vec![count_fact("checks of the head", &host.checks, Vec::len)],
        Topic::Evidence => {
            vec![count_fact("statements of test runs", &facts.evidence, |all| all.statements.len())]
        }
        // They are a fact of the deployment, and not of a change.
        Topic::Incidents => Vec::new(),
        Topic::Reports => vec![count_fact("test reports", &facts.reports, Vec::len)],
        // They are of a deployment, and the finding tells of them.
        Topic::Runs => Vec::new(),
    }
}

fn administration(seen: &Administration) -> Vec<String> {
    vec![
        count_fact("administrators of the repository", &seen.administrators, Vec::len),
        count_fact("owners of the organisation", &seen.owners, Vec::len),
        count_fact("apps that may change the rules", &seen.apps, Vec::len),
        count_fact("writing deploy keys", &seen.deploy_keys, Vec::len),
        count_fact("roles that may bypass or change the rules", &seen.roles, Vec::len),
    ]
}

fn count_fact<T>(what: &str, fact: &Fact<T>, count: impl Fn(&T) -> usize) -> String {
    say_fact(what, fact, |value| count(value).to_string())
}

fn say_fact<T>(what: &str, fact: &Fact<T>, show: impl Fn(&T) -> String) -> String {
    match fact {
        Fact::Known(value) => format!("{what}: {}", show(value)),
        Fact::Gap(gap) => format!("{what}: {gap}"),
    }
}
