//! What people could do about a change, on facts that were gathered: each action makes the facts
//! what they would be after it, and claims no more.
//!
//! What could not be seen stays so. An action adds to a list that was seen; it never takes the
//! place of one that was not.

use crate::suite::{ASSUMED, pass_suite};
use portcullis_judge::control::protected_branch::is_imposed;
use portcullis_judge::policy::Policy;
use portcullis_model::check::{Check, Conclusion};
use portcullis_model::fact::Fact;
use portcullis_model::facts::{Facts, HostFacts};
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::person::{Account, AccountKind, Login};
use portcullis_model::protection::{Requirement, Rule};
use portcullis_model::review::{Permission, Review, ReviewSource, ReviewState, ReviewedContent};

/// Something that people could do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AssumedAction {
    /// This account approves the head, and may write where nothing else is known.
    Approve(Login),
    /// Someone approves it who had no part in it and may write; the number tells one from another.
    ApproveByColleague(u64),
    /// The suite runs on what would land, and every test passes.
    PassSuite(String),
    /// The check of this name ends well on the head, by the writer that the policy names.
    PassCheck(String),
    /// The host imposes this rule on the branch, with no one who may bypass it.
    Protect(Rule),
    /// No one may bypass a rule whose list of bypasses was seen.
    EmptyBypass,
}

impl AssumedAction {
    /// What is done, as the beginning of a sentence.
    pub fn describe(&self) -> String {
        match self {
            AssumedAction::Approve(login) => format!("{login} approves the head"),
            AssumedAction::ApproveByColleague(number) => {
                let which = if *number == 1 { "someone" } else { "someone else" };
                format!("{which} with write access who had no part in the change approves the head")
            }
            AssumedAction::PassSuite(suite) => format!("the suite `{suite}` passes on what would land"),
            AssumedAction::PassCheck(check) => format!("the check `{check}` succeeds on the head"),
            AssumedAction::Protect(rule) => format!("the host imposes {} on the branch", describe_rule(rule)),
            AssumedAction::EmptyBypass => "no one may bypass the rules of the branch".to_string(),
        }
    }

    /// The facts as they would be after it.
    pub fn apply(&self, policy: &Policy, facts: &mut GatheredFacts) {
        match self {
            AssumedAction::Approve(login) => {
                each_request(facts, &mut |facts| approve(facts, account_of(facts, login)));
            }
            AssumedAction::ApproveByColleague(number) => {
                let account = colleague(*number);
                each_request(facts, &mut |facts| approve(facts, account.clone()));
            }
            AssumedAction::PassSuite(suite) => pass_suite(policy, suite, facts.whole_mut()),
            AssumedAction::PassCheck(check) => {
                each_request(facts, &mut |facts| pass_check(policy, check, facts));
            }
            AssumedAction::Protect(rule) => impose_rule(&mut facts.whole_mut().host, rule),
            AssumedAction::EmptyBypass => empty_bypass(&mut facts.whole_mut().host),
        }
    }
}

/// The rule in words, by its name on every host.
pub fn describe_rule(rule: &Rule) -> String {
    match (rule, rule.check_name()) {
        (Rule::Approvals(count), _) => format!("approvals = {count}"),
        (_, Some(check)) => format!("the check `{check}`"),
        (_, None) => rule.name().to_string(),
    }
}

/// The facts of each request: that of a change, and those of a batch or a deployment.
fn each_request(facts: &mut GatheredFacts, change: &mut dyn FnMut(&mut Facts)) {
    match facts {
        GatheredFacts::Change(facts) => change(facts),
        GatheredFacts::Batch(batch) => {
            change(&mut batch.whole);
            let landings = match &mut batch.landings {
                Fact::Known(landings) => landings.as_mut_slice(),
                Fact::Gap(_) => &mut [],
            };
            landings.iter_mut().for_each(|landing| each_known(&mut landing.requests, change));
        }
        GatheredFacts::Deployment(deployment) => {
            change(&mut deployment.whole);
            if let Fact::Known(landings) = &mut deployment.landings {
                landings.iter_mut().for_each(|landing| each_known(&mut landing.requests, change));
            }
        }
    }
}

fn each_known(requests: &mut Fact<Vec<Facts>>, change: &mut dyn FnMut(&mut Facts)) {
    if let Fact::Known(requests) = requests {
        requests.iter_mut().for_each(change);
    }
}

/// The account of a login as the host told of it, else one of which only the login is known.
fn account_of(facts: &Facts, login: &Login) -> Account {
    let id = || format!("{ASSUMED} {login}").into();
    let unknown = || Account { login: login.clone(), id: id(), kind: AccountKind::Human };
    let known = known_accounts(&facts.host).into_iter().find(|account| account.login == *login).cloned();
    known.unwrap_or_else(unknown)
}

/// Every account that the host told of.
pub fn known_accounts(host: &HostFacts) -> Vec<&Account> {
    let reviewers = host.reviews.value().into_iter().flatten().filter_map(|review| review.reviewer.as_ref());
    let members = host.members.values().filter_map(Fact::value).flatten();
    let author = host.request.value().and_then(|request| request.author.as_ref());
    let pushers = host.moves.value().into_iter().flatten().filter_map(|moved| moved.actor.as_ref());
    reviewers.chain(members).chain(author).chain(pushers).collect()
}

fn colleague(number: u64) -> Account {
    let login = Login::new(format!("colleague-{number}"));
    Account { id: format!("{ASSUMED} {login}").into(), login, kind: AccountKind::Human }
}

fn approve(facts: &mut Facts, account: Account) {
    let (Some(change), Fact::Known(reviews)) = (facts.change.value(), &mut facts.host.reviews) else {
        return;
    };
    let position = reviews.iter().map(|review| review.position).max().unwrap_or(0) + 1;
    reviews.push(Review {
        id: format!("{ASSUMED}-{position}").into(),
        position,
        reviewer: Some(account.clone()),
        state: ReviewState::Approved,
        reviewed: ReviewedContent::Stated(change.head.clone()),
        submitted: facts.observed.value().copied(),
        source: ReviewSource::Host,
    });
    facts.host.permissions.entry(account.login).or_insert(Fact::Known(Permission::Write));
}

fn pass_check(policy: &Policy, name: &str, facts: &mut Facts) {
    let (Some(change), Fact::Known(checks)) = (facts.change.value(), &mut facts.host.checks) else { return };
    let wanted = policy.controls.values().flat_map(|control| control.wanted_checks());
    for wanted in wanted.filter(|wanted| wanted.name == name) {
        let is_bad = |check: &Check| {
            wanted.is_of(check) && check.head == change.head && check.conclusion != Conclusion::Success
        };
        checks.retain(|check| !is_bad(check));
        checks.push(wanted.as_success(&change.head));
    }
}

fn impose_rule(host: &mut HostFacts, rule: &Rule) {
    let Fact::Known(protection) = &mut host.protection else { return };
    if let Fact::Known(branch) = &mut host.branch {
        branch.protected = true;
    }
    let imposed: Vec<Rule> = protection.requirements.iter().map(|one| one.rule.clone()).collect();
    if !is_imposed(&imposed, rule) {
        let bypass = Fact::Known(Vec::new());
        protection.requirements.push(Requirement { rule: rule.clone(), source: ASSUMED.to_string(), bypass });
    }
}

fn empty_bypass(host: &mut HostFacts) {
    let Fact::Known(protection) = &mut host.protection else { return };
    for requirement in &mut protection.requirements {
        if let Fact::Known(actors) = &mut requirement.bypass {
            actors.clear();
        }
    }
}
