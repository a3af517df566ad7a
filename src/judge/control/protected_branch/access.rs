//! The findings on bypass: one on administrators, one on everyone else.

use super::bypass::{Way, Ways, describe_actor, describe_mode, is_administrative, ways_around};
use super::rules::{fulfils, key};
use super::settings::{AllowedActor, Settings};
use crate::control::finding;
use portcullis_model::decision::{Finding, SubjectKind, Verdict};
use portcullis_model::fact::Gap;
use portcullis_model::protection::{Bypass, Protection, Requirement, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// Judges whom the host lets round the wanted rules.
pub fn judge(control: &str, branch: &str, settings: &Settings, protection: &Protection) -> Vec<Finding> {
    let in_force =
        |rule: &&Rule| protection.requirements.iter().any(|requirement| fulfils(&requirement.rule, rule));
    let nothing = protection.unseen.is_empty() && !settings.wanted.iter().any(|rule| in_force(&rule));
    let ways: Vec<(&Rule, Ways<'_>)> =
        settings.wanted.iter().map(|rule| (rule, ways_around(rule, protection, &settings.allowed))).collect();
    [BypassClass::Administrators, BypassClass::Others]
        .into_iter()
        .map(|class| {
            let name = format!("{branch}: {}", class.key());
            let start = |verdict, reason: String| {
                finding(control, verdict, SubjectKind::Branch, name.clone(), reason)
            };
            let told = if nothing { class.unbound(start) } else { class.finding(start, &ways) };
            let permitted = list_permitted(class, settings, protection);
            Finding { details: [told.details, permitted].concat(), ..told }
        })
        .collect()
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

    fn holds(self, actor: &Bypass) -> bool {
        is_administrative(actor) == (self == BypassClass::Administrators)
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

    fn finding(self, start: impl Fn(Verdict, String) -> Finding, all: &[(&Rule, Ways<'_>)]) -> Finding {
        let mine: Vec<(&Rule, &Way<'_>)> = all
            .iter()
            .flat_map(|(rule, found)| found.ways.iter().map(move |way| (*rule, way)))
            .filter(|(_, way)| self.holds(way.actor))
            .collect();
        let hidden: BTreeSet<&Gap> = all.iter().flat_map(|(_, found)| found.hidden.iter().copied()).collect();
        let doubts: BTreeSet<&Gap> =
            mine.iter().flat_map(|(_, way)| way.doubts.iter().copied()).chain(hidden).collect();
        let told = if let Some((_, way)) = mine.iter().find(|(_, way)| way.certain) {
            start(
                Verdict::Broken,
                format!("{} can bypass rules that the policy requires", describe_actor(way.actor)),
            )
            .remedy(self.remedy())
        } else if let Some(gap) = doubts.first() {
            start(Verdict::Unproven, gap.to_string()).remedy(gap.remedy.clone())
        } else if !mine.is_empty() {
            start(Verdict::Unproven, "one account may be on the bypass lists of all sources".into())
                .remedy("empty the bypass list of one source, or list only individual users")
        } else {
            start(Verdict::Met, self.met().into())
        };
        let doubts = doubts.iter().map(|gap| gap.to_string()).filter(|doubt| *doubt != told.reason);
        let details = describe_ways(&mine).into_iter().chain(doubts).collect();
        told.details(details)
    }

    fn remedy(self) -> &'static str {
        match self {
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
fn list_permitted(class: BypassClass, settings: &Settings, protection: &Protection) -> Vec<String> {
    let wanted =
        |requirement: &&Requirement| settings.wanted.iter().any(|rule| fulfils(&requirement.rule, rule));
    let used = |requirement: &Requirement| {
        let actors = requirement.bypass.value().into_iter().flatten().filter(|actor| class.holds(actor));
        let named = actors.filter_map(|actor| Some((actor, reason_for(actor, &settings.allowed)?)));
        named
            .map(|(actor, reason)| describe_permission(actor, &requirement.source, reason))
            .collect::<Vec<_>>()
    };
    let lines: BTreeSet<String> = protection.requirements.iter().filter(wanted).flat_map(used).collect();
    lines.into_iter().collect()
}

fn reason_for<'a>(actor: &Bypass, allowed: &'a [AllowedActor]) -> Option<&'a str> {
    allowed.iter().find(|entry| entry.permits(actor)).map(|entry| entry.reason.as_str())
}

fn describe_permission(actor: &Bypass, source: &str, reason: &str) -> String {
    format!(
        "the policy allows {} to bypass ({source}: {}): {reason}",
        describe_actor(actor),
        describe_mode(actor.mode)
    )
}
