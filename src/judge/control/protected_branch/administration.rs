//! The proof in place of a bypass list that the host hides: who can change the rules.
//!
//! Whoever may change a ruleset decides who is on its bypass list. Where the policy accepts it, a
//! hidden list is answered by everyone who may: people, all of whom the policy names, and no app,
//! deploy key or role of the organisation's own. One part that was not seen, and nothing is proved.

use super::settings::HiddenBypass;
use crate::control::Case;
use crate::control::shared::identity::Identity;
use portcullis_model::administration::{Administration, RightsHolder};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::person::{Account, Who};
use std::collections::BTreeSet;

/// What the proof comes to.
pub enum AdministrationProof {
    /// Only people whom the policy names can change the rules.
    Holds {
        /// They, for people.
        people: String,
        /// The parts, one sentence each.
        details: Vec<String>,
    },
    /// Somebody or something else can.
    Fails {
        /// Each of them, one sentence.
        others: Vec<String>,
        /// What to do about the first.
        remedy: String,
    },
    /// A part was not seen.
    Unseen(BTreeSet<Gap>),
}

/// Who is not named, and what to do about it.
struct Stranger {
    sentence: String,
    remedy: String,
}

/// Judges who can change the rules.
pub fn prove_by_administration(case: &Case<'_>, accepted: &HiddenBypass) -> AdministrationProof {
    let Some(seen) = &case.facts.host.administration else {
        return AdministrationProof::Unseen([not_asked()].into());
    };
    let strangers = list_strangers(case, accepted, seen);
    if let Some(first) = strangers.first() {
        let remedy = first.remedy.clone();
        return AdministrationProof::Fails {
            others: strangers.into_iter().map(|stranger| stranger.sentence).collect(),
            remedy,
        };
    }
    let gaps = list_gaps(seen);
    if !gaps.is_empty() {
        return AdministrationProof::Unseen(gaps);
    }
    let people = list_people(case, seen);
    AdministrationProof::Holds { details: describe_parts(seen, &people, accepted), people }
}

fn not_asked() -> Gap {
    Gap::not_asked(
        "who can change the rules of the branch",
        "Gather the facts again; where the host cannot say it, give the gate a token that shows bypass lists.",
    )
}

fn list_strangers(case: &Case<'_>, accepted: &HiddenBypass, seen: &Administration) -> Vec<Stranger> {
    let identity = Identity::of(case);
    let named: BTreeSet<Who> =
        accepted.administrators.iter().map(|login| case.scope.people.by_login(login)).collect();
    let unnamed = |accounts: &Fact<Vec<Account>>, does: &str| {
        let all = accounts.value().into_iter().flatten();
        let strangers = all.filter(|account| !named.contains(&identity.of_account(account)));
        strangers.map(|account| unnamed_person(account, does)).collect::<Vec<_>>()
    };
    let mut all = unnamed(&seen.administrators, "administers the repository");
    all.extend(unnamed(&seen.owners, "owns the organisation"));
    all.extend(holders(
        &seen.apps,
        "app",
        "may change the rules",
        "take the right to write `Administration`, `Members` and custom roles from the app",
    ));
    all.extend(holders(&seen.deploy_keys, "deploy key", "may write", "make the key read-only, or delete it"));
    let rights = "may bypass or change rules";
    all.extend(holders(
        &seen.roles,
        "role",
        rights,
        "take the rights to bypass and edit rules from the role",
    ));
    all
}

fn unnamed_person(account: &Account, does: &str) -> Stranger {
    let login = &account.login;
    Stranger {
        sentence: format!("{login} {does}, and the policy does not name them"),
        remedy: format!("take that right from {login}, or name them under `hidden-bypass` in the policy"),
    }
}

fn holders(seen: &Fact<Vec<RightsHolder>>, kind: &str, does: &str, remedy: &str) -> Vec<Stranger> {
    let stranger = |one: &RightsHolder| Stranger {
        sentence: format!("{kind} `{}` ({}) {does}", one.name, one.id),
        remedy: remedy.to_string(),
    };
    seen.value().into_iter().flatten().map(stranger).collect()
}

fn list_gaps(seen: &Administration) -> BTreeSet<Gap> {
    let Administration { administrators, owners, apps, deploy_keys, roles } = seen;
    let people = [administrators, owners].into_iter().filter_map(gap_of);
    let holders = [apps, deploy_keys, roles].into_iter().filter_map(gap_of);
    people.chain(holders).cloned().collect()
}

fn gap_of<T>(fact: &Fact<T>) -> Option<&Gap> {
    match fact {
        Fact::Known(_) => None,
        Fact::Gap(gap) => Some(gap),
    }
}

fn list_people(case: &Case<'_>, seen: &Administration) -> String {
    let accounts = [&seen.administrators, &seen.owners].into_iter().filter_map(Fact::value).flatten();
    let identity = Identity::of(case);
    let names: BTreeSet<String> =
        accounts.map(|account| case.scope.people.show(&identity.of_account(account))).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

fn describe_parts(seen: &Administration, people: &str, accepted: &HiddenBypass) -> Vec<String> {
    let owners = match seen.owners.value().map(Vec::len) {
        Some(0) => "the repository belongs to no organisation".to_string(),
        _ => "every owner of the organisation is among them".to_string(),
    };
    vec![
        format!("the policy accepts {people} in place of the bypass list: {}", accepted.reason),
        owners,
        "no app may change the rules".to_string(),
        "no deploy key may write".to_string(),
        "no role of the organisation's own may bypass or change rules".to_string(),
    ]
}
