//! `portcullis-waivers.toml`: what is let pass, by whom, why and for how long.
//!
//! ```toml
//! schema = 1
//!
//! [[waivers]]
//! id = "W-12"
//! control = "required-reviews"                # one control; `gate-integrity` cannot be waived
//! area = "upload"                             # at least one of these four, each narrows
//! commits = ["…40 or 64 digits…"]             # needed for `reviewed-landings`
//! requests = [7]
//! environment = "production"
//! reason = "The reviewer of this area is away until Monday"
//! ticket = "OPS-881"
//! requester = "robin"
//! approver = "kim"                            # another person
//! created = "2026-12-18T18:00:00Z"            # a date alone is its first moment, UTC
//! expires = "2026-12-21T09:00:00Z"            # no longer in force at this moment
//! emergency = true                            # then its review has a date, and later somebody who gave it
//! review-due = "2026-12-23"
//! reviewed-by = "alex"
//! reviewed-on = "2026-12-22"
//! signature = '''
//! -----BEGIN SSH SIGNATURE-----
//! …                                           # of what `portcullis policy waiver W-12` prints; see `signed`
//! -----END SSH SIGNATURE-----
//! '''
//! ```
//!
//! Beside them stand rollbacks; see [`super::rollbacks`]. The policy says how long either may last: `[waivers] longest = "30d"`.

use super::document::List;
use super::meaning::{filled, line, said};
use super::people::check_login;
use super::recover::{Removed, recover};
use super::rollbacks::WrittenRollback;
use super::tree::Value;
use super::wording::{self, suggest};
use super::{Policy, Problem, meaning, syntax};
use crate::control::{TABLE, Waivable, find_kind};
use crate::model::change::Revision;
use crate::model::environment::Environment;
use crate::model::moment::Moment;
use crate::model::person::Login;
use crate::model::waiver::{Emergency, Rollback, Scope, Waiver};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::ops::Range;
use toml::Spanned;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Document {
    /// Looked at before anything else.
    schema: Option<u32>,
    waivers: Vec<Spanned<Written>>,
    rollbacks: Vec<Spanned<WrittenRollback>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    id: Spanned<String>,
    control: Spanned<String>,
    area: Option<Spanned<String>>,
    commits: Option<List<Revision>>,
    requests: Option<List<NonZeroU64>>,
    environment: Option<Environment>,
    reason: Spanned<String>,
    ticket: Spanned<String>,
    requester: Spanned<Login>,
    approver: Spanned<Login>,
    created: Spanned<Moment>,
    expires: Spanned<Moment>,
    #[serde(default)]
    emergency: bool,
    review_due: Option<Spanned<Moment>>,
    reviewed_by: Option<Spanned<Login>>,
    reviewed_on: Option<Spanned<Moment>>,
    signature: Option<String>,
}

/// How long a waiver may last, as `[waivers] longest` writes it: days or hours.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String", extend("pattern" = "^[0-9]+[hd]$")))]
#[serde(try_from = "String")]
pub struct Longest(pub SignedDuration);

impl Default for Longest {
    fn default() -> Self {
        Longest(SignedDuration::from_hours(30 * 24))
    }
}

impl TryFrom<String> for Longest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let number = |digits: &str| {
            digits.parse::<u16>().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let days = text.strip_suffix('d').and_then(number).map(|days| i64::from(days) * 24);
        let hours = days.or_else(|| text.strip_suffix('h').and_then(number).map(i64::from));
        let in_bounds = hours.filter(|hours| (1..=366 * 24).contains(hours));
        in_bounds.map(|hours| Longest(SignedDuration::from_hours(hours))).ok_or_else(|| {
            format!("`{text}` is not how long a waiver may last; write \"30d\" or \"12h\", at most a year")
        })
    }
}

impl Policy {
    /// Reads waivers, sorted by id.
    ///
    /// # Errors
    /// Every mistake in them, in the order of the text.
    pub fn waivers(&self, text: &str) -> Result<Vec<Waiver>, Vec<Problem>> {
        self.leaves(text).map(|(waivers, _)| waivers)
    }

    /// Reads rollbacks, sorted by id.
    ///
    /// # Errors
    /// Every mistake in the file, in the order of the text.
    pub fn rollbacks(&self, text: &str) -> Result<Vec<Rollback>, Vec<Problem>> {
        self.leaves(text).map(|(_, rollbacks)| rollbacks)
    }

    fn leaves(&self, text: &str) -> Result<Leaves, Vec<Problem>> {
        let mut problems = Vec::new();
        match read(self, text, &mut problems) {
            Some(leaves) if problems.is_empty() => Ok(leaves),
            _ => Err(super::in_order(problems)),
        }
    }
}

type Leaves = (Vec<Waiver>, Vec<Rollback>);

fn read(policy: &Policy, text: &str, problems: &mut Vec<Problem>) -> Option<Leaves> {
    let root = syntax::parse(text, problems)?;
    if let Some(problem) = meaning::other_schema(&root) {
        problems.push(problem);
        return None;
    }
    let (document, removed) = recover(root.clone(), Document::deserialize, problems);
    missing_schema(&root, &removed, problems);
    let Document { waivers, rollbacks, .. } = document.unwrap_or_default();
    let ids = waivers.iter().map(|waiver| &waiver.get_ref().id);
    named_once(text, ids.chain(rollbacks.iter().map(|one| &one.get_ref().id)), problems);
    waivers.iter().for_each(|waiver| {
        let span = waiver.span();
        Check { policy, removed: &removed, span, noun: "waiver", problems }.all(waiver.get_ref())
    });
    rollbacks.iter().for_each(|rollback| {
        let span = rollback.span();
        Check { policy, removed: &removed, span, noun: "rollback", problems }.rollback(rollback.get_ref())
    });
    let mut waivers: Vec<_> = waivers.into_iter().map(|waiver| build(waiver.into_inner())).collect();
    waivers.sort_by(|a, b| a.id.cmp(&b.id));
    let mut rollbacks: Vec<_> = rollbacks.into_iter().map(|one| Rollback::from(one.into_inner())).collect();
    rollbacks.sort_by(|a, b| a.id.cmp(&b.id));
    Some((waivers, rollbacks))
}

fn missing_schema(root: &Value<'_>, removed: &Removed, problems: &mut Vec<Problem>) {
    if root.get_ref().get("schema").is_none() && !removed.holds(&root.span(), "schema") {
        problems.push(wording::missing("schema", 0..0).help("write `schema = 1` in the first line"));
    }
}

fn named_once<'w>(text: &str, ids: impl Iterator<Item = &'w Spanned<String>>, problems: &mut Vec<Problem>) {
    let mut seen: BTreeMap<String, Range<usize>> = BTreeMap::new();
    for id in ids {
        match seen.get(&id.get_ref().to_ascii_lowercase()) {
            None => drop(seen.insert(id.get_ref().to_ascii_lowercase(), id.span())),
            Some(first) => {
                let first = line(text, first);
                let message = format!("the waiver `{}` is already in line {first}", id.get_ref());
                problems.push(Problem::new(id.span(), message).help("give each waiver an id of its own"));
            }
        }
    }
}

/// The checks of one waiver or rollback.
pub(super) struct Check<'c> {
    pub(super) policy: &'c Policy,
    removed: &'c Removed,
    /// The whole of it.
    pub(super) span: Range<usize>,
    /// What it is called.
    noun: &'static str,
    pub(super) problems: &'c mut Vec<Problem>,
}

impl Check<'_> {
    fn all(&mut self, waiver: &Written) {
        self.id(&waiver.id);
        self.control(waiver);
        self.scope(waiver);
        said(&waiver.reason, "the reason of the waiver", self.problems);
        said(&waiver.ticket, "the ticket of the waiver", self.problems);
        self.people(waiver);
        self.time(waiver);
        self.emergency(waiver);
    }

    pub(super) fn note(&mut self, span: Range<usize>, message: impl Into<String>, help: &str) {
        self.problems.push(Problem::new(span, message).help(help));
    }

    pub(super) fn id(&mut self, id: &Spanned<String>) {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if id.get_ref().is_empty() || !id.get_ref().bytes().all(plain) {
            let message = format!("`{}` cannot be the id of a {}", id.get_ref(), self.noun);
            self.note(id.span(), message, "use letters, digits, `-`, `_` and `.`");
        }
    }

    fn control(&mut self, waiver: &Written) {
        let control = waiver.control.get_ref().as_str();
        let span = waiver.control.span();
        let names_commits = waiver.commits.is_some() || self.lost("commits");
        match find_kind(control).map(|kind| kind.waivable) {
            None => {
                let names: Vec<_> =
                    TABLE.iter().filter(|kind| kind.waivable.at_all()).map(|kind| kind.name).collect();
                self.note(span, format!("there is no control `{control}`"), &suggest(control, &names));
            }
            Some(Waivable::Never { because, instead }) => {
                self.note(span, format!("`{control}` cannot be waived: {because}"), instead);
            }
            Some(Waivable::ByCommit) if !names_commits => {
                let message = format!(
                    "a waiver of `{control}` names no commit, so it would cover content that nobody has seen yet"
                );
                self.note(span, message, "write `commits` with the full name of each landing's last commit");
            }
            Some(Waivable::ByCommit | Waivable::Freely) => {}
        }
    }

    /// Was this key written, but wrong?
    fn lost(&self, key: &str) -> bool {
        self.removed.holds(&self.span, key)
    }

    fn scope(&mut self, waiver: &Written) {
        if let Some(area) = &waiver.area {
            let known: Vec<_> =
                self.policy.scope.inventory.areas.iter().map(|area| area.name.as_str()).collect();
            if !known.contains(&area.get_ref().as_str()) {
                self.note(
                    area.span(),
                    format!("there is no area `{}`", area.get_ref()),
                    &suggest(area.get_ref(), &known),
                );
            }
        }
        waiver.commits.iter().for_each(|list| filled(list, "leave it out, or name commits", self.problems));
        waiver.requests.iter().for_each(|list| filled(list, "leave it out, or name requests", self.problems));
        let Written { area, commits, requests, environment, .. } = waiver;
        let named = area.is_some() || commits.is_some() || requests.is_some() || environment.is_some();
        let lost = ["area", "commits", "requests", "environment"].iter().any(|key| self.lost(key));
        if !named && !lost {
            let message =
                format!("the waiver `{}` covers everything that its control finds", waiver.id.get_ref());
            self.note(
                self.span.clone(),
                message,
                "write at least one of `area`, `commits`, `requests`, `environment`",
            );
        }
    }

    fn people(&mut self, waiver: &Written) {
        let Written { requester, approver, reviewed_by, .. } = waiver;
        for login in [Some(requester), Some(approver), reviewed_by.as_ref()].into_iter().flatten() {
            check_login(login.get_ref().as_str(), login.span(), self.problems);
        }
        self.other(requester, approver, "approves");
        reviewed_by.iter().for_each(|reviewer| self.other(requester, reviewer, "reviews"));
    }

    /// Nobody approves or reviews what they asked for, under whichever account; nor does a machine.
    pub(super) fn other(&mut self, requester: &Spanned<Login>, login: &Spanned<Login>, does: &str) {
        let people = &self.policy.scope.people;
        let who = people.by_login(login.get_ref());
        if who == people.by_login(requester.get_ref()) {
            let name = people.show(&who);
            let message = format!("{name} asks for this {} and {does} it", self.noun);
            self.note(
                login.span(),
                message,
                "let another person do so; two accounts of one person are one person",
            );
        } else if people.is_machine(&who) || login.get_ref().as_str().ends_with("[bot]") {
            let message = format!("`{}` is a machine, and {does} this {}", login.get_ref(), self.noun);
            self.note(login.span(), message, "let a person do so");
        }
    }

    fn time(&mut self, waiver: &Written) {
        self.within_longest(&waiver.created, &waiver.expires, "expires");
    }

    /// After `created`, and not later after it than the policy lets a waiver last.
    pub(super) fn within_longest(&mut self, created: &Spanned<Moment>, end: &Spanned<Moment>, key: &str) {
        let (from, until) = (created.get_ref().0, end.get_ref().0);
        let longest = self.policy.longest_waiver;
        if until <= from {
            self.note(end.span(), format!("`{key}` is not after `created`"), "write a later moment");
        } else if until.duration_since(from) > longest {
            let message = format!("`{key}` is more than {} after `created`", hours(longest));
            self.note(
                end.span(),
                message,
                "write an earlier moment; `[waivers] longest` of the policy sets the limit",
            );
        }
    }

    fn emergency(&mut self, waiver: &Written) {
        let Written { emergency, review_due, reviewed_by, reviewed_on, created, .. } = waiver;
        match review_due {
            Some(due) if *emergency => self.within_longest(created, due, "review-due"),
            None if *emergency && !self.lost("review-due") => {
                let help = "write `review-due`, the date by which somebody looks at what it let pass";
                self.note(self.span.clone(), "an emergency without a date for its review", help);
            }
            _ => {}
        }
        let later = review_due.as_ref().map(Spanned::span).into_iter();
        let later = later
            .chain(reviewed_by.as_ref().map(Spanned::span))
            .chain(reviewed_on.as_ref().map(Spanned::span));
        if !emergency && !self.lost("emergency") {
            later.for_each(|span| {
                self.note(
                    span,
                    "only an emergency is reviewed afterwards",
                    "write `emergency = true`, or leave this out",
                )
            });
        }
        self.review(waiver);
    }

    fn review(&mut self, waiver: &Written) {
        let Written { reviewed_by, reviewed_on, created, .. } = waiver;
        match (reviewed_by, reviewed_on) {
            (Some(by), None) if !self.lost("reviewed-on") => {
                self.note(by.span(), "who reviewed it, but not when", "write `reviewed-on` too")
            }
            (None, Some(on)) if !self.lost("reviewed-by") => {
                self.note(on.span(), "when it was reviewed, but not by whom", "write `reviewed-by` too")
            }
            (Some(_), Some(on)) if on.get_ref() < created.get_ref() => {
                self.note(on.span(), "`reviewed-on` is before `created`", "write when the review took place");
            }
            _ => {}
        }
    }
}

fn hours(span: SignedDuration) -> String {
    let hours = span.as_hours();
    if hours % 24 == 0 { format!("{} days", hours / 24) } else { format!("{hours} hours") }
}

fn build(written: Written) -> Waiver {
    let moment = |moment: Spanned<Moment>| -> Timestamp { moment.into_inner().0 };
    let review = written.reviewed_by.zip(written.reviewed_on);
    let review = review.map(|(by, on)| (by.into_inner(), moment(on)));
    Waiver {
        signature: written.signature,
        id: written.id.into_inner(),
        scope: Scope {
            control: written.control.into_inner(),
            area: written.area.map(Spanned::into_inner),
            commits: written
                .commits
                .map(|list| list.into_inner().into_iter().map(Spanned::into_inner).collect()),
            requests: written
                .requests
                .map(|list| list.into_inner().into_iter().map(|n| n.into_inner().get()).collect()),
            environment: written.environment.map(String::from),
        },
        reason: written.reason.into_inner(),
        ticket: written.ticket.into_inner(),
        requester: written.requester.into_inner(),
        approver: written.approver.into_inner(),
        created: moment(written.created),
        expires: moment(written.expires),
        emergency: written.review_due.map(|due| Emergency { due: moment(due), review }),
    }
}

#[cfg(test)]
mod tests;
