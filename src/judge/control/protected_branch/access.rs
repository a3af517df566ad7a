//! The findings on bypass: one on administrators, one on everyone else.

use super::KIND;
use super::administration::{AdministrationProof, prove_by_administration};
use super::bypass::{RoleConvention, Way, Ways, describe_actor, describe_mode, ways_around};
use super::rules::{fulfils, key};
use super::settings::{AllowedActor, Settings};
use crate::control::{Case, finding};
use portcullis_model::decision::{Finding, SubjectKind, Verdict};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::protection::{ActorKind, Bypass, Protection, Requirement, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// Judges whom the host lets round the wanted rules.
pub fn judge(case: &Case<'_>, branch: &str, settings: &Settings, protection: &Protection) -> Vec<Finding> {
    let roles = RoleConvention::of(&case.facts.host.conventions.accounts);
    let in_force =
        |rule: &&Rule| protection.requirements.iter().any(|requirement| fulfils(&requirement.rule, rule));
    let nothing = protection.unseen.is_empty() && !settings.wanted.iter().any(|rule| in_force(&rule));
    let around = |rule| (rule, ways_around(rule, protection, &settings.allowed, roles));
    let ways: Vec<(&Rule, Ways<'_>)> = settings.wanted.iter().map(around).collect();
    let hidden = HiddenLists::of(case, settings, protection);
    [BypassClass::Administrators, BypassClass::Others]
        .into_iter()
        .map(|class| {
            let name = format!("{branch}: {}", class.key());
            let start = |verdict, reason: String| {
                finding(KIND.name, verdict, SubjectKind::Branch, name.clone(), reason)
            };
            let told =
                if nothing { class.unbound(start) } else { class.finding(start, &ways, roles, &hidden) };
            let permitted = list_permitted(class, settings, protection, roles);
            Finding { details: [told.details, permitted].concat(), ..told }
        })
        .collect()
}

/// What stands in for bypass lists that the host hides.
struct HiddenLists<'a> {
    /// Why they are hidden.
    gaps: BTreeSet<&'a Gap>,
    /// What the policy takes in their place, where it takes anything.
    proof: Option<AdministrationProof>,
}

impl<'a> HiddenLists<'a> {
    fn of(case: &Case<'_>, settings: &Settings, protection: &'a Protection) -> Self {
        let lists = protection.requirements.iter().filter_map(|requirement| match &requirement.bypass {
            Fact::Gap(gap) if gap.reason == GapReason::NotVisible => Some(gap),
            Fact::Gap(_) | Fact::Known(_) => None,
        });
        let accepted = settings.hidden_bypass.as_ref();
        HiddenLists {
            gaps: lists.collect(),
            proof: accepted.map(|accepted| prove_by_administration(case, accepted)),
        }
    }

    /// The finding by who can change the rules, where these doubts are hidden lists and no more.
    fn finding(
        &self,
        start: impl Fn(Verdict, String) -> Finding,
        doubts: &BTreeSet<&Gap>,
    ) -> Option<Finding> {
        let proof = self.proof.as_ref().filter(|_| doubts.is_subset(&self.gaps))?;
        let hidden = doubts.iter().map(|gap| gap.to_string());
        Some(match proof {
            AdministrationProof::Holds { people, details } => start(
                Verdict::Met,
                format!("shown by who can administer: only {people} can change the rules, and the policy names them"),
            )
            .details(details.iter().cloned().chain(hidden).collect()),
            AdministrationProof::Fails { others, remedy } => {
                let first = others.first().map_or("", String::as_str);
                start(Verdict::Broken, format!("the bypass list is hidden, and {first}"))
                    .remedy(remedy.clone())
                    .details(others.iter().skip(1).cloned().chain(hidden).collect())
            }
            AdministrationProof::Unseen(gaps) => {
                let mut gaps = gaps.iter();
                let first = gaps.next()?;
                start(Verdict::Unproven, format!("the bypass list is hidden, and {first}"))
                    .remedy(first.remedy.clone())
                    .details(gaps.map(Gap::to_string).chain(hidden).collect())
            }
        })
    }
}

/// The two kinds of actors that are told apart: an administrator can also change the rules.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BypassClass {
    Administrators,
    Others,
}

impl BypassClass {
    fn key(self) -> &'static str {
        match self {
            BypassClass::Administrators => "administrators",
            BypassClass::Others => "bypass",
        }
    }

    fn holds(self, actor: &Bypass, roles: RoleConvention<'_>) -> bool {
        roles.is_administrative(actor) == (self == BypassClass::Administrators)
    }

    /// Nothing is in force, so there is nothing to bypass, and no one is bound.
    fn unbound(self, start: impl Fn(Verdict, String) -> Finding) -> Finding {
        let whom = match self {
            BypassClass::Administrators => "administrators",
            BypassClass::Others => "anyone",
        };
        start(Verdict::Broken, format!("none of the required rules is enabled, so nothing restricts {whom}"))
            .remedy("set up the rules first; the other findings on this branch say which")
    }

    fn finding(
        self,
        start: impl Fn(Verdict, String) -> Finding,
        all: &[(&Rule, Ways<'_>)],
        roles: RoleConvention<'_>,
        lists: &HiddenLists<'_>,
    ) -> Finding {
        let mine: Vec<(&Rule, &Way<'_>)> = all
            .iter()
            .flat_map(|(rule, found)| found.ways.iter().map(move |way| (*rule, way)))
            .filter(|(_, way)| self.holds(way.actor, roles))
            .collect();
        let hidden: BTreeSet<&Gap> = all.iter().flat_map(|(_, found)| found.hidden.iter().copied()).collect();
        let doubts: BTreeSet<&Gap> =
            mine.iter().flat_map(|(_, way)| way.doubts.iter().copied()).chain(hidden).collect();
        let told = if let Some((_, way)) = mine.iter().find(|(_, way)| way.certain) {
            start(
                Verdict::Broken,
                format!("{} can bypass rules that the policy requires", describe_actor(way.actor)),
            )
            .remedy(self.remedy(way.actor.kind))
        } else if let Some(found) =
            lists.finding(&start, &doubts).filter(|_| mine.is_empty() && !doubts.is_empty())
        {
            return found;
        } else if let Some(gap) = doubts.first() {
            start(Verdict::Unproven, gap.to_string()).remedy(gap.remedy.clone())
        } else if !mine.is_empty() {
            start(Verdict::Unproven, "one account may be on the bypass lists of all sources".into())
                .remedy("empty the bypass list of one source, or list only individual users")
        } else {
            start(Verdict::Met, self.met().into())
        };
        let doubts = doubts.iter().map(|gap| gap.to_string()).filter(|doubt| *doubt != told.reason);
        let by_list = lists.proof.as_ref().filter(|_| told.verdict == Verdict::Met);
        let by_list = by_list.map(|_| "shown by the bypass lists".to_string());
        let details = describe_ways(&mine).into_iter().chain(doubts).chain(by_list).collect();
        told.details(details)
    }

    fn remedy(self, kind: ActorKind) -> &'static str {
        match self {
            _ if kind == ActorKind::ServerAccess => {
                "no setting takes this from them: let few people log in to the server, and name them under `bypass` in the policy, with a reason: `{ kind = \"server-access\", reason = \"…\" }`"
            }
            _ if kind == ActorKind::Writers => {
                "say on the host who may push to the branch, and let no one; or name them under `bypass` in the policy, with a reason: `{ kind = \"writers\", reason = \"…\" }`"
            }
            BypassClass::Administrators => {
                "remove them from the bypass lists, and in classic branch protection enable \"Do not allow bypassing the above settings\"; or name them under `bypass` in the policy, with a reason"
            }
            BypassClass::Others => {
                "remove them from the bypass lists of the sources named; or name them under `bypass` in the policy, with a reason"
            }
        }
    }

    fn met(self) -> &'static str {
        match self {
            BypassClass::Administrators => "the enabled rules apply to administrators",
            BypassClass::Others => "only actors that the policy names can bypass the enabled rules",
        }
    }
}

/// One sentence for each actor and way, with the rules it opens: what is certain first.
fn describe_ways(ways: &[(&Rule, &Way<'_>)]) -> Vec<String> {
    let mut grouped: BTreeMap<(bool, String, String), Vec<String>> = BTreeMap::new();
    for (rule, way) in ways {
        let rules =
            grouped.entry((!way.certain, describe_actor(way.actor), describe_sources(way))).or_default();
        rules.push(key(rule));
    }
    grouped
        .into_iter()
        .map(|((perhaps, actor, sources), rules)| describe_way(perhaps, &actor, &sources, &rules))
        .collect()
}

fn describe_way(perhaps: bool, actor: &str, sources: &str, rules: &[String]) -> String {
    let may = if perhaps { "may be able to" } else { "can" };
    format!("{actor} {may} bypass {} ({sources})", rules.join(", "))
}

fn describe_sources(way: &Way<'_>) -> String {
    let each = way.sources.iter().map(|(source, mode)| format!("{source}: {}", describe_mode(*mode)));
    each.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join("; ")
}

/// Whom the policy lets round, why, and which source does so: a used permission shows.
fn list_permitted(
    class: BypassClass,
    settings: &Settings,
    protection: &Protection,
    roles: RoleConvention<'_>,
) -> Vec<String> {
    let wanted =
        |requirement: &&Requirement| settings.wanted.iter().any(|rule| fulfils(&requirement.rule, rule));
    let used = |requirement: &Requirement| {
        let actors =
            requirement.bypass.value().into_iter().flatten().filter(|actor| class.holds(actor, roles));
        let named = actors.filter_map(|actor| Some((actor, reason_for(actor, &settings.allowed, roles)?)));
        named
            .map(|(actor, reason)| describe_permission(actor, &requirement.source, reason))
            .collect::<Vec<_>>()
    };
    let lines: BTreeSet<String> = protection.requirements.iter().filter(wanted).flat_map(used).collect();
    lines.into_iter().collect()
}

fn reason_for<'a>(actor: &Bypass, allowed: &'a [AllowedActor], roles: RoleConvention<'_>) -> Option<&'a str> {
    allowed.iter().find(|entry| roles.permits(entry, actor)).map(|entry| entry.reason.as_str())
}

fn describe_permission(actor: &Bypass, source: &str, reason: &str) -> String {
    format!(
        "the policy allows {} to bypass ({source}: {}): {reason}",
        describe_actor(actor),
        describe_mode(actor.mode)
    )
}
