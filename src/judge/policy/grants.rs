//! What waivers and rollbacks have in common: an id, a reason, a ticket, two people and a time.

use super::checks::{check_login, check_text};
use super::recover::RemovedKeys;
use super::{Policy, Problem};
use jiff::SignedDuration;
use portcullis_model::moment::Moment;
use portcullis_model::person::Login;
use portcullis_model::waiver::Grant;
use std::ops::Range;
use toml::Spanned;

/// The keys of a grant as they are written. Each form of grant has them in a struct of its own,
/// because `serde(flatten)` would lose the place of an error.
pub(super) struct GrantKeys<'w> {
    pub(super) id: &'w Spanned<String>,
    pub(super) reason: &'w Spanned<String>,
    pub(super) ticket: &'w Spanned<String>,
    pub(super) requester: &'w Spanned<Login>,
    pub(super) approver: &'w Spanned<Login>,
    pub(super) created: &'w Spanned<Moment>,
    pub(super) expires: &'w Spanned<Moment>,
    pub(super) signature: Option<&'w String>,
}

impl GrantKeys<'_> {
    pub(super) fn grant(&self) -> Grant {
        Grant {
            id: self.id.get_ref().clone(),
            reason: self.reason.get_ref().clone(),
            ticket: self.ticket.get_ref().clone(),
            requester: self.requester.get_ref().clone(),
            approver: self.approver.get_ref().clone(),
            created: self.created.get_ref().0,
            expires: self.expires.get_ref().0,
            signature: self.signature.cloned(),
        }
    }
}

/// The checks of one waiver or rollback.
pub(super) struct GrantCheck<'c> {
    pub(super) policy: &'c Policy,
    pub(super) removed: &'c RemovedKeys,
    /// The whole table.
    pub(super) span: Range<usize>,
    /// "waiver" or "rollback".
    pub(super) noun: &'static str,
    pub(super) problems: &'c mut Vec<Problem>,
}

impl GrantCheck<'_> {
    /// Checks the keys that every grant has.
    pub(super) fn check_keys(&mut self, keys: &GrantKeys<'_>) {
        self.check_id(keys.id);
        check_text(keys.reason, &format!("the reason of the {}", self.noun), self.problems);
        check_text(keys.ticket, &format!("the ticket of the {}", self.noun), self.problems);
        for login in [keys.requester, keys.approver] {
            check_login(login.get_ref().as_str(), login.span(), self.problems);
        }
        self.check_other_person(keys.requester, keys.approver, "approves");
        self.check_duration(keys.created, keys.expires, "expires");
    }

    pub(super) fn note(&mut self, span: Range<usize>, message: impl Into<String>, help: &str) {
        self.problems.push(Problem::new(span, message).help(help));
    }

    fn check_id(&mut self, id: &Spanned<String>) {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if id.get_ref().is_empty() || !id.get_ref().bytes().all(plain) {
            let message = format!("`{}` cannot be the id of a {}", id.get_ref(), self.noun);
            self.note(id.span(), message, "use letters, digits, `-`, `_` and `.`");
        }
    }

    fn is_application(&self, login: &Login) -> bool {
        self.policy.host.conventions.accounts.is_application(login.as_str())
    }

    /// Was this key written, but wrong?
    pub(super) fn lost(&self, key: &str) -> bool {
        self.removed.holds(&self.span, key)
    }

    /// No one approves or reviews what they asked for, under whichever account; nor does a machine.
    pub(super) fn check_other_person(
        &mut self,
        requester: &Spanned<Login>,
        login: &Spanned<Login>,
        does: &str,
    ) {
        let people = &self.policy.scope.people;
        let who = people.by_login(login.get_ref());
        if who == people.by_login(requester.get_ref()) {
            let name = people.show(&who);
            let message = format!("{name} both asks for this {} and {does} it", self.noun);
            self.note(
                login.span(),
                message,
                "have another person do so; two accounts of one person are one person",
            );
        } else if people.is_machine(&who) || self.is_application(login.get_ref()) {
            let message = format!("`{}` is a machine, and {does} this {}", login.get_ref(), self.noun);
            self.note(login.span(), message, "have a person do so");
        }
    }

    /// After `created`, and not later after it than the policy lets a waiver last.
    pub(super) fn check_duration(&mut self, created: &Spanned<Moment>, end: &Spanned<Moment>, key: &str) {
        let (from, until) = (created.get_ref().0, end.get_ref().0);
        let longest = self.policy.longest_waiver;
        if until <= from {
            self.note(end.span(), format!("`{key}` is not after `created`"), "write a later moment");
        } else if until.duration_since(from) > longest {
            let message = format!("`{key}` is more than {} after `created`", describe_duration(longest));
            self.note(
                end.span(),
                message,
                "write an earlier moment; `[waivers] longest` of the policy sets the limit",
            );
        }
    }
}

fn describe_duration(span: SignedDuration) -> String {
    let hours = span.as_hours();
    if hours % 24 == 0 { format!("{} days", hours / 24) } else { format!("{hours} hours") }
}
