//! A policy together with the register of people that counts in one judgement.
//!
//! The register is read at the base, as the policy is. Of a landing it is that of its own base: the
//! commit before it on the branch, whose register was reviewed when it landed. Two accounts that
//! the register gives to one person are one person everywhere: for approvals, roles, deployers and
//! waivers.

use super::Policy;
use super::register::{describe_problems, read_register};
use crate::control::shared::training::RegisterState;
use crate::control::{PolicyScope, TrainingInForce};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::facts::Facts;
use portcullis_model::inquiry::TextPurpose;
use portcullis_model::person::{KnownPerson, Login, People, is_same_name};
use portcullis_model::training::{Register, RegisteredPerson};
use std::borrow::Cow;
use std::ops::Deref;
use std::sync::{Arc, Mutex};

/// The last scope that was made: in a long range most landings have the same register.
pub type ScopeMemo = Arc<Mutex<Option<(ScopeKey, Arc<PolicyScope>)>>>;

/// What a scope depends on: the text of the register, and the names of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeKey {
    text: Result<Option<String>, Gap>,
    domains: Vec<String>,
}

/// The scope of a policy, as it is or with a register.
pub enum ScopeInUse<'p> {
    /// The policy names no register.
    Plain(&'p PolicyScope),
    /// With the register of one judgement.
    WithRegister(Arc<PolicyScope>),
}

impl Deref for ScopeInUse<'_> {
    type Target = PolicyScope;

    fn deref(&self) -> &PolicyScope {
        match self {
            ScopeInUse::Plain(scope) => scope,
            ScopeInUse::WithRegister(scope) => scope,
        }
    }
}

impl Policy {
    /// The policy with the register at the base of these facts.
    pub fn in_force(&self, facts: &Facts) -> Cow<'_, Policy> {
        if self.scope.training.is_none() {
            return Cow::Borrowed(self);
        }
        let scope = PolicyScope::clone(&self.scope_at(facts));
        Cow::Owned(Policy { scope, ..self.clone() })
    }

    /// The scope with the register at the base of these facts.
    pub fn scope_at(&self, facts: &Facts) -> ScopeInUse<'_> {
        let Some(training) = &self.scope.training else { return ScopeInUse::Plain(&self.scope) };
        let key = ScopeKey { text: text_of_register(training, facts), domains: facts.host.domains.clone() };
        self.scope_for(training, key)
    }

    /// The scope with a register of this text, on the host that the policy was read for.
    pub fn scope_with(&self, register: &str) -> ScopeInUse<'_> {
        let Some(training) = &self.scope.training else { return ScopeInUse::Plain(&self.scope) };
        let key = ScopeKey { text: Ok(Some(register.to_string())), domains: self.host.domains.clone() };
        self.scope_for(training, key)
    }

    fn scope_for(&self, training: &TrainingInForce, key: ScopeKey) -> ScopeInUse<'_> {
        // A thread that ended inside leaves nothing half done: the memo is written at once.
        let mut memo = self.memo.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((_, scope)) = memo.as_ref().filter(|(known, _)| *known == key) {
            return ScopeInUse::WithRegister(Arc::clone(scope));
        }
        let scope = Arc::new(add_register(&self.scope, training, &key));
        *memo = Some((key, Arc::clone(&scope)));
        ScopeInUse::WithRegister(scope)
    }
}

/// The text at the base; `None` where there is no such file.
fn text_of_register(training: &TrainingInForce, facts: &Facts) -> Result<Option<String>, Gap> {
    let path = &training.settings.register;
    let what = format!("the register of people, {path}");
    let text = facts.gate.known()?.before_at(&what, path, TextPurpose::Control)?;
    Ok(text.map(str::to_string))
}

fn add_register(scope: &PolicyScope, training: &TrainingInForce, key: &ScopeKey) -> PolicyScope {
    let path = &training.settings.register;
    let register = match &key.text {
        Err(gap) => RegisterState::Unseen(gap.clone()),
        Ok(None) => RegisterState::Missing,
        Ok(Some(text)) => match read_register(text) {
            Ok(register) => RegisterState::Known(register),
            Err(problems) => RegisterState::Unseen(Gap::new(
                format!("the register of people, {path}"),
                GapReason::Malformed,
                describe_problems(text, &problems),
                format!("Run `portcullis people check` and correct {path} on the branch."),
            )),
        },
    };
    let none = Register::default();
    let known = if let RegisterState::Known(register) = &register { register } else { &none };
    let (people, places) = merge_people(&training.named, known, &key.domains);
    let (settings, named) = (training.settings.clone(), training.named.clone());
    let training = TrainingInForce { settings, register, named, places };
    PolicyScope { people, training: Some(training), ..scope.clone() }
}

/// The identity map with the people of the register, and the place of each of those in it. Entries
/// that share a login or an address are one person.
fn merge_people(people: &People, register: &Register, domains: &[String]) -> (People, Vec<usize>) {
    let mut merged: Vec<Option<KnownPerson>> = people.0.iter().cloned().map(Some).collect();
    let mut places = Vec::new();
    for entry in &register.people {
        let mut known = known_person(entry, domains);
        let same =
            |person: &Option<KnownPerson>| person.as_ref().is_some_and(|person| is_same(person, &known));
        let shared: Vec<usize> =
            merged.iter().enumerate().filter(|(_, person)| same(person)).map(|(place, _)| place).collect();
        let others: Vec<KnownPerson> =
            shared.iter().filter_map(|place| merged.get_mut(*place).and_then(Option::take)).collect();
        // The name of the policy is the one to show.
        if let Some(first) = others.first() {
            known.name.clone_from(&first.name);
        }
        others.into_iter().for_each(|other| absorb(&mut known, other));
        let place = shared.first().copied().unwrap_or(merged.len());
        places.iter_mut().filter(|at| shared.contains(at)).for_each(|at| *at = place);
        match merged.get_mut(place) {
            Some(slot) => *slot = Some(known),
            None => merged.push(Some(known)),
        }
        places.push(place);
    }
    close_gaps(merged, places)
}

/// Takes out the places whose people moved to another.
fn close_gaps(merged: Vec<Option<KnownPerson>>, places: Vec<usize>) -> (People, Vec<usize>) {
    let new_place = |old: usize| merged.iter().take(old).flatten().count();
    let places = places.into_iter().map(new_place).collect();
    (People(merged.into_iter().flatten().collect()), places)
}

fn known_person(entry: &RegisteredPerson, domains: &[String]) -> KnownPerson {
    let logins: Vec<Login> = entry.logins_on(domains).cloned().collect();
    KnownPerson { name: entry.name.clone(), logins, emails: entry.emails.clone(), machine: false }
}

fn is_same(one: &KnownPerson, other: &KnownPerson) -> bool {
    let has_email = |email: &String| other.emails.iter().any(|known| is_same_name(known, email));
    one.logins.iter().any(|login| other.logins.contains(login)) || one.emails.iter().any(has_email)
}

fn absorb(person: &mut KnownPerson, other: KnownPerson) {
    person.machine |= other.machine;
    for login in other.logins {
        if !person.logins.contains(&login) {
            person.logins.push(login);
        }
    }
    for email in other.emails {
        if !person.emails.iter().any(|known| is_same_name(known, &email)) {
            person.emails.push(email);
        }
    }
}

#[cfg(test)]
mod tests;
