//! What becomes of the rules of protected branches. Of several rules that match a branch the most
//! permissive counts, so that each of them is tightened, and keeps everything else.

use super::super::protection::actor;
use super::super::wire::{AccessLevel, ProtectedBranch};
use crate::http::gaps::malformed;
use portcullis_model::change::BranchName;
use portcullis_model::fact::Gap;
use portcullis_model::protection::Rule;
use serde_json::{Map, Value, json};

/// The settings of a rule.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct BranchSettings {
    pub name: String,
    pub push: Vec<AccessLevel>,
    pub merge: Vec<AccessLevel>,
    pub unprotect: Vec<AccessLevel>,
    pub force: Option<bool>,
    /// `None` where the plan has no code owners.
    pub owners: Option<bool>,
}

/// A change of one rule.
pub(super) struct BranchChange {
    /// The rule as it is; `None`: there is none of this name.
    pub old: Option<BranchSettings>,
    /// The rule as it has to be.
    pub new: BranchSettings,
}

/// What has to change.
#[derive(Default)]
pub(super) struct BranchPlan {
    pub changes: Vec<BranchChange>,
    /// Rules of the group that have to change; the project cannot change them.
    pub of_group: Vec<String>,
}

/// What the missing rules need of the rules of the branch.
struct BranchNeeds {
    /// Are merge requests the only way? Direct pushes meet no rule of merge requests.
    closed: bool,
    unforced: bool,
    owners: bool,
}

impl BranchPlan {
    /// # Errors
    /// A gap: a rule does not say what has to be kept.
    pub fn of(branch: &BranchName, missing: &[Rule], rules: &[ProtectedBranch]) -> Result<Self, Gap> {
        let has_owners = rules.iter().any(|rule| rule.code_owner_approval_required == Some(true));
        let needs = BranchNeeds {
            closed: missing.iter().any(is_of_requests),
            unforced: missing.contains(&Rule::NoForcePush),
            owners: missing.contains(&Rule::CodeOwners) && !has_owners,
        };
        let mut plan = BranchPlan::default();
        let mut takes_owners = needs.owners;
        for rule in rules {
            let old = BranchSettings::read(rule)?;
            let is_own = rule.name == branch.as_str() && !rule.inherited;
            let owners = takes_owners && is_own;
            takes_owners &= !is_own;
            plan.tighten(old, rule.inherited, &BranchNeeds { owners, ..needs });
        }
        if rules.is_empty() || takes_owners {
            plan.changes
                .push(BranchChange { old: None, new: BranchSettings::made(branch, rules, needs.owners)? });
        }
        Ok(plan)
    }

    fn tighten(&mut self, old: BranchSettings, inherited: bool, needs: &BranchNeeds) {
        let new = old.tightened(needs);
        match (new == old, inherited) {
            (true, _) => (),
            (false, true) => self.of_group.push(old.name),
            (false, false) => self.changes.push(BranchChange { old: Some(old), new }),
        }
    }
}

fn is_of_requests(rule: &Rule) -> bool {
    !matches!(rule, Rule::NoForcePush | Rule::NoDeletion | Rule::SignedCommits)
}

impl BranchSettings {
    fn read(rule: &ProtectedBranch) -> Result<Self, Gap> {
        let what = format!("protected branch rule \"{}\"", rule.name);
        let merge = rule.merge_access_levels.clone();
        Ok(BranchSettings {
            name: rule.name.clone(),
            push: rule.push_access_levels.clone(),
            merge: merge.ok_or_else(|| malformed(&what, "`merge_access_levels` is missing"))?,
            unprotect: rule.unprotect_access_levels.clone().unwrap_or_default(),
            force: rule.allow_force_push,
            owners: rule.code_owner_approval_required,
        })
    }

    fn tightened(&self, needs: &BranchNeeds) -> Self {
        let mut new = self.clone();
        if needs.closed && self.push.iter().any(|entry| actor(entry).is_some()) {
            new.push = vec![AccessLevel::of_level(0)];
        }
        if needs.unforced {
            new.force = Some(false);
        }
        if needs.owners {
            new.owners = Some(true);
        }
        new
    }

    /// A rule for just this branch: a further rule must not let more people merge than the others.
    fn made(branch: &BranchName, others: &[ProtectedBranch], owners: bool) -> Result<Self, Gap> {
        let like = others.first().map(BranchSettings::read).transpose()?;
        let (merge, unprotect) = like.map_or_else(
            || (vec![AccessLevel::of_level(40)], Vec::new()),
            |like| (like.merge, like.unprotect),
        );
        Ok(BranchSettings {
            name: branch.to_string(),
            push: vec![AccessLevel::of_level(0)],
            merge,
            unprotect,
            force: Some(false),
            owners: owners.then_some(true),
        })
    }

    /// As "Protect repository branches" takes it.
    fn body(&self) -> Map<String, Value> {
        let mut body = Map::new();
        body.insert("name".to_string(), json!(self.name));
        for (kind, entries) in [("push", &self.push), ("merge", &self.merge), ("unprotect", &self.unprotect)]
        {
            if entries.iter().any(|entry| !entry.is_level()) {
                body.insert(format!("allowed_to_{kind}"), entries.iter().map(AccessLevel::body).collect());
            } else if let Some(level) = lowest_level(entries) {
                body.insert(format!("{kind}_access_level"), json!(level));
            }
        }
        body.insert("allow_force_push".to_string(), json!(self.force.unwrap_or(false)));
        if let Some(owners) = self.owners {
            body.insert("code_owner_approval_required".to_string(), json!(owners));
        }
        body
    }
}

/// How a rule is changed: the requests, as method, last part of the address, and body.
pub(super) type BranchCall<'a> = (&'static str, Option<&'a str>, Map<String, Value>);

impl BranchChange {
    /// Without a licence the levels of a rule cannot be changed: it is taken away and made anew.
    pub fn is_made_anew(&self) -> bool {
        self.old.as_ref().is_some_and(|old| old.owners.is_none() && old.push != self.new.push)
    }

    /// # Errors
    /// A gap: an entry has no number, by which it could be taken out.
    pub fn calls(&self) -> Result<Vec<BranchCall<'_>>, Gap> {
        let make = ("POST", None, self.new.body());
        match &self.old {
            None => Ok(vec![make]),
            Some(old) if self.is_made_anew() => {
                Ok(vec![("DELETE", Some(old.name.as_str()), Map::new()), make])
            }
            Some(old) => Ok(vec![("PATCH", Some(old.name.as_str()), self.difference(old)?)]),
        }
    }

    fn difference(&self, old: &BranchSettings) -> Result<Map<String, Value>, Gap> {
        let mut body = Map::new();
        if self.new.push != old.push {
            body.insert("allowed_to_push".to_string(), close_push(old)?);
        }
        if self.new.force != old.force {
            body.insert("allow_force_push".to_string(), json!(self.new.force));
        }
        if self.new.owners != old.owners {
            body.insert("code_owner_approval_required".to_string(), json!(self.new.owners));
        }
        Ok(body)
    }
}

/// Takes out everyone who may push, and puts "No one" in.
fn close_push(old: &BranchSettings) -> Result<Value, Gap> {
    let what = format!("who may push by protected branch rule \"{}\"", old.name);
    let mut entries = Vec::new();
    if !old.push.iter().any(|entry| actor(entry).is_none()) {
        entries.push(json!({ "access_level": 0 }));
    }
    for entry in old.push.iter().filter(|entry| actor(entry).is_some()) {
        let id = entry.id.ok_or_else(|| malformed(&what, "an entry has no `id`"))?;
        entries.push(json!({ "id": id, "_destroy": true }));
    }
    Ok(Value::Array(entries))
}

/// The level that counts of several: the most permissive. 0 is "No one".
pub(super) fn lowest_level(entries: &[AccessLevel]) -> Option<u64> {
    let levels = entries.iter().filter(|entry| entry.is_level()).filter_map(|entry| entry.access_level);
    levels.min_by_key(|level| if *level == 0 { u64::MAX } else { *level })
}

impl AccessLevel {
    fn of_level(level: u64) -> Self {
        AccessLevel {
            id: None,
            access_level: Some(level),
            user_id: None,
            group_id: None,
            deploy_key_id: None,
            access_level_description: None,
        }
    }

    /// Is it everybody from a level on?
    fn is_level(&self) -> bool {
        self.named().is_none()
    }

    /// The one that it names, by the key of the API.
    pub(super) fn named(&self) -> Option<(&'static str, u64)> {
        let keys =
            [("user_id", self.user_id), ("group_id", self.group_id), ("deploy_key_id", self.deploy_key_id)];
        keys.into_iter().find_map(|(key, id)| Some((key, id?)))
    }

    fn body(&self) -> Value {
        match self.named() {
            Some((key, id)) => json!({ key: id }),
            None => json!({ "access_level": self.access_level }),
        }
    }
}
