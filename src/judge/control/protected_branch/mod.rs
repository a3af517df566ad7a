//! `protected-branch`: the branch that receives the change is protected as the policy wants it.
//!
//! Each wanted rule is looked for among everything that the host imposes, and gets a finding of its
//! own; so do the administrators and everyone else who may bypass the rules. Nothing here
//! depends on what the change contains.
//!
//! `settings.rs` reads the policy, `rules.rs` names the rules, `bypass.rs` works out who bypasses
//! which rule, `administration.rs` who can change a list that is hidden, and `access.rs` makes
//! findings of that.

use super::procedure::ControlProcedure;
use super::{Case, Control, Documentation, Granularity, Kind, PolicyScope, Stage, Waivable, finding, read};
use portcullis_model::decision::{Finding, SubjectKind, Verdict};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::facts::HostFacts;
use portcullis_model::host::ProtectionAdvice;
use portcullis_model::inquiry::{Inquiry, Topic};
use portcullis_model::protection::{Protection, Rule};
use serde::Deserialize;
use settings::Settings;

mod access;
mod administration;
mod bypass;
mod procedure;
mod rules;
mod settings;
mod strictness;
#[cfg(test)]
mod tests;

/// The control.
pub static KIND: Kind = Kind {
    name: "protected-branch",
    stage: Stage::Both,
    granularity: Granularity::Once,
    always_on: false,
    waivable: Waivable::Freely,
    documentation: Documentation(include_str!("../protected_branch.md")),
    procedure: procedure::PART,
    strictness: strictness::ROWS,
    read: read::<ProtectedBranch>,
    #[cfg(test)]
    schema: super::schema::of::<ProtectedBranch>,
};

/// Its settings.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ProtectedBranch(Settings);

impl Control for ProtectedBranch {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn procedure(&self, _scope: &PolicyScope) -> ControlProcedure {
        self.tell()
    }

    fn ask(&self, inquiry: &mut Inquiry) {
        inquiry.topics.insert(Topic::Protection);
        if self.0.hidden_bypass.is_some() {
            inquiry.topics.insert(Topic::Administration);
        }
    }

    fn wanted_rules(&self) -> &[Rule] {
        &self.0.wanted
    }

    fn check(&self, case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        let host = &case.facts.host;
        let branch = branch_asked(host)?;
        let protection = protection_of(host, branch)?;
        let advice = &host.conventions.advice;
        let mut findings: Vec<Finding> =
            self.0.wanted.iter().map(|rule| judge_rule(branch, rule, &protection, advice)).collect();
        findings.extend(access::judge(case, branch, &self.0, &protection));
        Ok(findings)
    }
}

/// The rules that the host is known to impose; `None` where that could not be seen, or not all of
/// it, or was not asked for.
pub(super) fn imposed_rules(case: &Case<'_>) -> Option<Vec<Rule>> {
    let host = &case.facts.host;
    let protection = protection_of(host, branch_asked(host).ok()?).ok()?;
    let rules = protection.requirements.into_iter().map(|requirement| requirement.rule).collect();
    protection.unseen.is_empty().then_some(rules)
}

/// Is this rule among them, or a stricter one?
pub fn is_imposed(imposed: &[Rule], wanted: &Rule) -> bool {
    imposed.iter().any(|imposed| rules::fulfils(imposed, wanted))
}

/// The branch that the host was asked about.
fn branch_asked(host: &HostFacts) -> Result<&str, Gap> {
    match (&host.branch, &host.request) {
        (Fact::Known(branch), Fact::Known(request)) if branch.name != request.base_branch => {
            Err(contradicting_answers("the branch that would receive the change", {
                format!(
                    "the base branch of the request is `{}`, but the host was asked about `{}`",
                    request.base_branch, branch.name
                )
            }))
        }
        (Fact::Known(branch), _) => Ok(branch.name.as_str()),
        (Fact::Gap(_), Fact::Known(request)) => Ok(request.base_branch.as_str()),
        (Fact::Gap(gap), Fact::Gap(_)) => Err(gap.clone()),
    }
}

/// What protects the branch. Where the host says that nothing does, sources that we cannot see hold
/// nothing either (GitHub REST, "Get a branch", `protected`).
fn protection_of(host: &HostFacts, branch: &str) -> Result<Protection, Gap> {
    let seen = host.protection.known()?;
    match &host.branch {
        Fact::Known(answer) if !answer.protected && seen.requirements.is_empty() => {
            Ok(Protection { requirements: Vec::new(), unseen: Vec::new() })
        }
        Fact::Known(answer) if !answer.protected => {
            Err(contradicting_answers("the protection of the branch", {
                format!("the host reports `{branch}` as unprotected, but lists rules for it")
            }))
        }
        _ => Ok(sort_protection(seen.clone())),
    }
}

/// So that the order in which a host lists things changes nothing.
fn sort_protection(mut protection: Protection) -> Protection {
    for requirement in &mut protection.requirements {
        if let Fact::Known(actors) = &mut requirement.bypass {
            actors.sort();
        }
    }
    protection.requirements.sort_by(|one, other| (&one.source, &one.rule).cmp(&(&other.source, &other.rule)));
    protection.unseen.sort();
    protection
}

fn contradicting_answers(what: &str, detail: String) -> Gap {
    Gap::new(
        what,
        GapReason::Contradiction,
        detail,
        "judge again; if the answers still contradict each other, report it to the host",
    )
}

/// Is this rule imposed, by whatever source?
fn judge_rule(branch: &str, wanted: &Rule, protection: &Protection, advice: &ProtectionAdvice) -> Finding {
    let name = format!("{branch}: {}", rules::key(wanted));
    let start = |verdict, reason| finding(KIND.name, verdict, SubjectKind::Branch, name.clone(), reason);
    let asked = rules::phrase(wanted);
    if let Some(found) = protection.requirements.iter().find(|seen| rules::fulfils(&seen.rule, wanted)) {
        return start(Verdict::Met, format!("{} requires {}", found.source, rules::phrase(&found.rule)));
    }
    let details =
        [list_weaker(wanted, protection), protection.unseen.iter().map(Gap::to_string).collect()].concat();
    let finding = match protection.unseen.first() {
        Some(gap) => start(Verdict::Unproven, format!("no visible rule requires {asked}, and {gap}"))
            .remedy(gap.remedy.clone()),
        None => start(Verdict::Broken, describe_missing(wanted, protection))
            .remedy(rules::remedy(wanted, branch, advice)),
    };
    finding.details(details)
}

/// What to say of a rule that nothing imposes strongly enough.
fn describe_missing(wanted: &Rule, protection: &Protection) -> String {
    let seen = protection.requirements.iter().map(|requirement| &requirement.rule);
    match seen.filter(|seen| rules::falls_short(seen, wanted)).max() {
        Some(best) => format!("the host requires {}, not {}", rules::phrase(best), rules::phrase(wanted)),
        None => format!("no rule requires {}", rules::phrase(wanted)),
    }
}

/// Rules of the wanted kind that are too weak, each one sentence.
fn list_weaker(wanted: &Rule, protection: &Protection) -> Vec<String> {
    let short = protection.requirements.iter().filter(|seen| rules::falls_short(&seen.rule, wanted));
    short.map(|seen| format!("{} requires only {}", seen.source, rules::phrase(&seen.rule))).collect()
}
