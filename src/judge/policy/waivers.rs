//! `portcullis-waivers.toml`: what is allow, by whom, why and for how long.
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
//! emergency = true                            # then its review has a date, and later a reviewer
//! review-due = "2026-12-23"
//! reviewed-by = "alex"
//! reviewed-on = "2026-12-22"
//! signature = '''
//! -----BEGIN SSH SIGNATURE-----
//! …                                           # of what `portcullis policy waiver W-12` prints
//! -----END SSH SIGNATURE-----
//! '''
//! ```
//!
//! Beside them are rollbacks; see [`super::rollbacks`]. The policy says how long either may last:
//! `[waivers] longest = "30d"`.

use super::checks::{check_filled, check_login, check_schema, line_at};
use super::grants::{GrantCheck, GrantKeys};
use super::list::List;
use super::recover::{RemovedKeys, recover};
use super::rollbacks::WrittenRollback;
use super::serde_messages::{missing_key, suggest_name};
use super::tree::TomlValue;
use super::{Policy, Problem, syntax};
use crate::control::{TABLE, Waivable, find_kind};
use portcullis_model::change::Revision;
use portcullis_model::environment::Environment;
use portcullis_model::moment::Moment;
use portcullis_model::person::Login;
use portcullis_model::waiver::{Emergency, Rollback, Scope, Waiver};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::ops::Range;
use toml::Spanned;

#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct WaiverFile {
    /// The version of the form: 1.
    // Looked at before anything else.
    #[cfg_attr(test, schemars(schema_with = "crate::control::schema::version"))]
    schema: Option<u32>,
    /// Waivers: permission to ignore one finding, for a reason and for a limited time.
    #[cfg_attr(test, schemars(with = "Vec<WrittenWaiver>"))]
    waivers: Vec<Spanned<WrittenWaiver>>,
    /// Rollbacks: permission to deploy an older commit again.
    #[cfg_attr(test, schemars(with = "Vec<WrittenRollback>"))]
    rollbacks: Vec<Spanned<WrittenRollback>>,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenWaiver {
    /// Its name, which no other waiver or rollback of the file has.
    #[cfg_attr(test, schemars(with = "String"))]
    id: Spanned<String>,
    /// The one control that it is about. `gate-integrity` cannot be waived.
    #[cfg_attr(test, schemars(with = "String"))]
    control: Spanned<String>,
    /// The one area for which it is. At least one of `area`, `commits`, `requests` and
    /// `environment` is needed; each narrows.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    area: Option<Spanned<String>>,
    /// The commits for which it is, by their whole names. A control may need them.
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    commits: Option<List<Revision>>,
    /// The numbers of the requests for which it is.
    #[cfg_attr(test, schemars(with = "Option<Vec<NonZeroU64>>"))]
    requests: Option<List<NonZeroU64>>,
    /// The one environment for which it is.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    environment: Option<Environment>,
    /// Why it is given. Every decision shows it.
    #[cfg_attr(test, schemars(with = "String"))]
    reason: Spanned<String>,
    /// Where more is written about it.
    #[cfg_attr(test, schemars(with = "String"))]
    ticket: Spanned<String>,
    /// The login of the person who asked for it.
    #[cfg_attr(test, schemars(with = "String"))]
    requester: Spanned<Login>,
    /// The login of the person who gives it: another one.
    #[cfg_attr(test, schemars(with = "String"))]
    approver: Spanned<Login>,
    /// Since when it is in force. A date alone is its first moment in UTC.
    #[cfg_attr(test, schemars(with = "String"))]
    created: Spanned<Moment>,
    /// The first moment at which it is no longer in force.
    #[cfg_attr(test, schemars(with = "String"))]
    expires: Spanned<Moment>,
    /// Was it given in an emergency? Then it needs a review by a date. Default: `false`.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Option<bool>"))]
    emergency: bool,
    /// Of an emergency: by when it has to be reviewed.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    review_due: Option<Spanned<Moment>>,
    /// Of an emergency: the login of the person who reviewed it.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    reviewed_by: Option<Spanned<Login>>,
    /// Of an emergency: when it was reviewed.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    reviewed_on: Option<Spanned<Moment>>,
    /// The signature of the approver, over what `portcullis policy waiver ID` prints.
    signature: Option<String>,
}

impl Policy {
    /// Reads waivers, sorted by id.
    ///
    /// # Errors
    /// Every mistake in them, in the order of the text.
    pub fn waivers(&self, text: &str) -> Result<Vec<Waiver>, Vec<Problem>> {
        self.grants(text).map(|(waivers, _)| waivers)
    }

    /// Reads rollbacks, sorted by id.
    ///
    /// # Errors
    /// Every mistake in the file, in the order of the text.
    pub fn rollbacks(&self, text: &str) -> Result<Vec<Rollback>, Vec<Problem>> {
        self.grants(text).map(|(_, rollbacks)| rollbacks)
    }

    fn grants(&self, text: &str) -> Result<Grants, Vec<Problem>> {
        let mut problems = Vec::new();
        match read_grants(self, text, &mut problems) {
            Some(grants) if problems.is_empty() => Ok(grants),
            _ => Err(super::in_order(problems)),
        }
    }
}

type Grants = (Vec<Waiver>, Vec<Rollback>);

fn read_grants(policy: &Policy, text: &str, problems: &mut Vec<Problem>) -> Option<Grants> {
    let root = syntax::parse(text, problems)?;
    if let Some(problem) = check_schema(&root) {
        problems.push(problem);
        return None;
    }
    let (document, removed) = recover(root.clone(), WaiverFile::deserialize, problems);
    check_schema_key(&root, &removed, problems);
    let WaiverFile { waivers, rollbacks, .. } = document.unwrap_or_default();
    let ids = waivers.iter().map(|waiver| &waiver.get_ref().id);
    check_unique(text, ids.chain(rollbacks.iter().map(|one| &one.get_ref().id)), problems);
    waivers.iter().for_each(|waiver| {
        let span = waiver.span();
        GrantCheck { policy, removed: &removed, span, noun: "waiver", problems }
            .check_waiver(waiver.get_ref())
    });
    rollbacks.iter().for_each(|rollback| {
        let span = rollback.span();
        GrantCheck { policy, removed: &removed, span, noun: "rollback", problems }
            .check_rollback(rollback.get_ref())
    });
    let mut waivers: Vec<_> = waivers.into_iter().map(|waiver| Waiver::from(waiver.into_inner())).collect();
    waivers.sort_by(|a, b| a.grant.id.cmp(&b.grant.id));
    let mut rollbacks: Vec<_> = rollbacks.into_iter().map(|one| Rollback::from(one.into_inner())).collect();
    rollbacks.sort_by(|a, b| a.grant.id.cmp(&b.grant.id));
    Some((waivers, rollbacks))
}

fn check_schema_key(root: &TomlValue<'_>, removed: &RemovedKeys, problems: &mut Vec<Problem>) {
    if root.get_ref().get("schema").is_none() && !removed.holds(&root.span(), "schema") {
        problems.push(missing_key("schema", 0..0).help("write `schema = 1` in the first line"));
    }
}

fn check_unique<'w>(text: &str, ids: impl Iterator<Item = &'w Spanned<String>>, problems: &mut Vec<Problem>) {
    let mut seen: BTreeMap<String, Range<usize>> = BTreeMap::new();
    for id in ids {
        match seen.get(&id.get_ref().to_ascii_lowercase()) {
            None => drop(seen.insert(id.get_ref().to_ascii_lowercase(), id.span())),
            Some(first) => {
                let first = line_at(text, first);
                let message = format!("the waiver `{}` is already in line {first}", id.get_ref());
                problems.push(Problem::new(id.span(), message).help("give each waiver an id of its own"));
            }
        }
    }
}

impl GrantCheck<'_> {
    fn check_waiver(&mut self, waiver: &WrittenWaiver) {
        self.check_keys(&waiver.grant_keys());
        self.check_control(waiver);
        self.check_scope(waiver);
        self.check_emergency(waiver);
    }

    fn check_control(&mut self, waiver: &WrittenWaiver) {
        let control = waiver.control.get_ref().as_str();
        let span = waiver.control.span();
        let names_commits = waiver.commits.is_some() || self.lost("commits");
        match find_kind(control).map(|kind| kind.waivable) {
            None => {
                let names: Vec<_> =
                    TABLE.iter().filter(|kind| kind.waivable.at_all()).map(|kind| kind.name).collect();
                self.note(span, format!("there is no control `{control}`"), &suggest_name(control, &names));
            }
            Some(Waivable::Never { because, instead }) => {
                self.note(span, format!("`{control}` cannot be waived: {because}"), instead);
            }
            Some(Waivable::ByCommit) if !names_commits => {
                let message = format!(
                    "a waiver of `{control}` names no commit, so it would cover content that no one has seen yet"
                );
                self.note(span, message, "write `commits` with the full name of each landing's last commit");
            }
            Some(Waivable::ByCommit | Waivable::Freely) => {}
        }
    }

    fn check_scope(&mut self, waiver: &WrittenWaiver) {
        if let Some(area) = &waiver.area {
            let known: Vec<_> =
                self.policy.scope.inventory.areas.iter().map(|area| area.name.as_str()).collect();
            if !known.contains(&area.get_ref().as_str()) {
                self.note(
                    area.span(),
                    format!("there is no area `{}`", area.get_ref()),
                    &suggest_name(area.get_ref(), &known),
                );
            }
        }
        waiver
            .commits
            .iter()
            .for_each(|list| check_filled(list, "leave it out, or name commits", self.problems));
        waiver
            .requests
            .iter()
            .for_each(|list| check_filled(list, "leave it out, or name requests", self.problems));
        let WrittenWaiver { area, commits, requests, environment, .. } = waiver;
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

    fn check_emergency(&mut self, waiver: &WrittenWaiver) {
        let WrittenWaiver { emergency, review_due, reviewed_by, reviewed_on, created, .. } = waiver;
        match review_due {
            Some(due) if *emergency => self.check_duration(created, due, "review-due"),
            None if *emergency && !self.lost("review-due") => {
                let help = "write `review-due`, the date by which someone reviews what it covered";
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
        self.check_review(waiver);
    }

    fn check_review(&mut self, waiver: &WrittenWaiver) {
        let WrittenWaiver { requester, reviewed_by, reviewed_on, created, .. } = waiver;
        if let Some(reviewer) = reviewed_by {
            check_login(reviewer.get_ref().as_str(), reviewer.span(), self.problems);
            self.check_other_person(requester, reviewer, "reviews");
        }
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

impl WrittenWaiver {
    fn grant_keys(&self) -> GrantKeys<'_> {
        let WrittenWaiver { id, reason, ticket, requester, approver, created, expires, signature, .. } = self;
        let signature = signature.as_ref();
        GrantKeys { id, reason, ticket, requester, approver, created, expires, signature }
    }
}

impl From<WrittenWaiver> for Waiver {
    fn from(written: WrittenWaiver) -> Self {
        let grant = written.grant_keys().grant();
        let WrittenWaiver { control, area, commits, requests, environment, .. } = written;
        let review = written.reviewed_by.zip(written.reviewed_on);
        let review = review.map(|(by, on)| (by.into_inner(), on.into_inner().0));
        let scope = Scope {
            control: control.into_inner(),
            area: area.map(Spanned::into_inner),
            commits: commits.map(|list| list.into_inner().into_iter().map(Spanned::into_inner).collect()),
            requests: requests
                .map(|list| list.into_inner().into_iter().map(|number| number.into_inner().get()).collect()),
            environment: environment.map(String::from),
        };
        let emergency = written.review_due.map(|due| Emergency { due: due.into_inner().0, review });
        Waiver { grant, scope, emergency }
    }
}

#[cfg(test)]
mod tests;
