//! Protected branches and settings in our one form.
//!
//! Several rules can match one branch. GitLab takes the most permissive of them (GitLab docs,
//! "Protected branches"): whoever one of them lets push may push, and a force push is allowed as
//! soon as one allows it. Only the approval of code owners is required as soon as one requires it.
//! So the union is made first, and becomes one requirement that it lets round. What a request needs
//! before it is merged concerns nobody who may push directly.

use super::wire;
use crate::http::gaps::malformed;
use portcullis_model::change::BranchName;
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::protection::{ActorKind, Bypass, BypassMode, Requirement, Rule};
use std::collections::BTreeSet;

/// Everything that matches one branch.
pub(super) struct MatchingRules(Vec<wire::ProtectedBranch>);

impl MatchingRules {
    /// The rules of this branch.
    pub fn of(branch: &BranchName, all: Vec<wire::ProtectedBranch>) -> Self {
        MatchingRules(all.into_iter().filter(|rule| is_match(&rule.name, branch.as_str())).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What to call them.
    pub fn source(&self) -> String {
        let name = |rule: &wire::ProtectedBranch| {
            let owner = if rule.inherited { "group rule" } else { "rule" };
            format!("{owner} \"{}\"", rule.name)
        };
        let names: Vec<String> = self.0.iter().map(name).collect();
        format!("protected branch {}", names.join(", "))
    }

    /// Who may push without a request: whom any of the rules lets.
    pub fn direct_pushers(&self) -> Vec<Bypass> {
        let all: BTreeSet<Bypass> =
            self.0.iter().flat_map(|rule| &rule.push_access_levels).filter_map(actor).collect();
        all.into_iter().collect()
    }

    /// What the rules themselves require, and what they leave open.
    pub fn requirements(&self) -> (Vec<Requirement>, Vec<Gap>) {
        let pushers = self.direct_pushers();
        let mut rules = vec![(Rule::ChangeRequest, pushers.clone()), (Rule::NoDeletion, Vec::new())];
        let unsaid = self.0.iter().find(|rule| rule.allow_force_push.is_none());
        if self.0.iter().all(|rule| rule.allow_force_push == Some(false)) {
            rules.push((Rule::NoForcePush, Vec::new()));
        }
        if self.0.iter().any(|rule| rule.code_owner_approval_required == Some(true)) {
            rules.push((Rule::CodeOwners, pushers));
        }
        let requirement =
            |(rule, bypass)| Requirement { rule, source: self.source(), bypass: Fact::Known(bypass) };
        let open = unsaid.map(|rule| {
            let what = format!("whether protected branch rule \"{}\" allows force pushes", rule.name);
            malformed(&what, "`allow_force_push` is missing")
        });
        (rules.into_iter().map(requirement).collect(), open.into_iter().collect())
    }
}

/// Does a rule of this name match a branch? `*` is any run of characters, `/` among them; all other
/// characters are themselves, with regard to case.
pub(super) fn is_match(pattern: &str, branch: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = branch.strip_prefix(first) else { return false };
    let Some(last) = pattern.split('*').skip(1).last() else { return rest.is_empty() };
    let middle: Vec<&str> = parts.collect();
    for part in &middle[..middle.len() - 1] {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Whom an entry lets; `None` for "No one".
pub(super) fn actor(level: &wire::AccessLevel) -> Option<Bypass> {
    let (kind, id) = match level {
        wire::AccessLevel { user_id: Some(id), .. } => (ActorKind::User, Some(*id)),
        wire::AccessLevel { group_id: Some(id), .. } => (ActorKind::Team, Some(*id)),
        wire::AccessLevel { deploy_key_id: Some(id), .. } => (ActorKind::DeployKey, Some(*id)),
        wire::AccessLevel { access_level: Some(0), .. } => return None,
        // The administrators of the server.
        wire::AccessLevel { access_level: Some(60), .. } => (ActorKind::Enterprise, None),
        wire::AccessLevel { access_level: Some(id), .. } => (ActorKind::RepositoryRole, Some(*id)),
        wire::AccessLevel { access_level: None, .. } => (ActorKind::Other, None),
    };
    let name = level.access_level_description.clone();
    Some(Bypass { kind, id: id.map(Into::into), name, mode: BypassMode::Always })
}

/// What the settings of the project require of every request, and what they leave open.
pub(super) fn project_rules(project: &wire::Project) -> (Vec<Rule>, Vec<&'static str>) {
    let mut open = Vec::new();
    let mut need = |name, value: Option<bool>| {
        value.unwrap_or_else(|| {
            open.push(name);
            false
        })
    };
    let threads = need(
        "only_allow_merge_if_all_discussions_are_resolved",
        project.only_allow_merge_if_all_discussions_are_resolved,
    );
    let pipeline =
        need("only_allow_merge_if_pipeline_succeeds", project.only_allow_merge_if_pipeline_succeeds);
    // Null is off.
    let skipped = project.allow_merge_on_skipped_pipeline.map(Option::unwrap_or_default);
    let is_skipped = need("allow_merge_on_skipped_pipeline", skipped);
    let method = project.merge_method.as_deref();
    need("merge_method", method.map(|_| true));
    let rules = [
        (threads, Rule::ConversationResolution),
        (pipeline && skipped.is_some() && !is_skipped, Rule::Pipeline),
        (matches!(method, Some("ff" | "rebase_merge")), Rule::UpToDate),
        (method == Some("ff"), Rule::LinearHistory),
    ];
    (rules.into_iter().filter(|(wanted, _)| *wanted).map(|(_, rule)| rule).collect(), open)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn rules(all: Value) -> MatchingRules {
        MatchingRules::of(&BranchName::new("main"), serde_json::from_value(all).unwrap())
    }

    fn rule(name: &str, levels: Value, force: bool) -> Value {
        json!({ "name": name, "push_access_levels": levels,
                "allow_force_push": force, "code_owner_approval_required": false })
    }

    #[test]
    fn patterns_cross_slashes_and_mind_case() {
        for (pattern, branch) in [
            ("main", "main"),
            ("*", "a/b"),
            ("release/*", "release/1.0/x"),
            ("*-stable", "1/2-stable"),
            ("a*b*c", "a-b-b-c"),
            ("a*", "a"),
            ("**", ""),
        ] {
            assert!(is_match(pattern, branch), "{pattern} {branch}");
        }
        for (pattern, branch) in [
            ("main", "Main"),
            ("main", "mainly"),
            ("main", "a/main"),
            ("release/*", "release"),
            ("a*b*c", "a-c-b"),
            ("a*a", "a"),
            ("ma?n", "main"),
            ("m[a]in", "main"),
        ] {
            assert!(!is_match(pattern, branch), "{pattern} {branch}");
        }
    }

    #[test]
    fn the_most_permissive_rule_wins() {
        let nobody = json!([{ "access_level": 0 }]);
        let strict = rules(json!([rule("main", nobody.clone(), false)]));
        assert!(strict.direct_pushers().is_empty());
        let wide = json!([{ "access_level": 30, "access_level_description": "Developers + Maintainers" }]);
        let both = rules(json!([rule("main", nobody.clone(), false), rule("*", wide, true)]));
        let levels: Vec<String> =
            both.direct_pushers().iter().map(|it| it.id.as_ref().unwrap().to_string()).collect();
        assert_eq!(levels, ["30"]);
        let required =
            |of: &MatchingRules, rule: &Rule| of.requirements().0.iter().any(|it| it.rule == *rule);
        assert!(required(&strict, &Rule::NoForcePush) && !required(&both, &Rule::NoForcePush));
        let elsewhere = rules(json!([rule("main", nobody, false), rule("other", json!([]), true)]));
        assert!(required(&elsewhere, &Rule::NoForcePush), "the twin: a rule of another branch");
    }

    #[test]
    fn each_entry_names_its_kind_of_actor() {
        let levels = json!([
            { "access_level": 40, "user_id": 5 }, { "access_level": 30, "group_id": 6 },
            { "access_level": 30, "deploy_key_id": 7 }, { "access_level": 60 }, { "access_level": null }, { "access_level": 40 },
        ]);
        let pushers = rules(json!([rule("main", levels, false)])).direct_pushers();
        let kinds: Vec<ActorKind> = pushers.iter().map(|it| it.kind).collect();
        assert_eq!(
            kinds,
            [
                ActorKind::RepositoryRole,
                ActorKind::Enterprise,
                ActorKind::Team,
                ActorKind::User,
                ActorKind::DeployKey,
                ActorKind::Other
            ]
        );
    }

    #[test]
    fn settings_that_are_not_shown_are_open() {
        let project = |alter: fn(&mut Value)| -> wire::Project {
            let mut value = json!({
                "id": 1, "path_with_namespace": "g/p", "merge_method": "ff", "allow_merge_on_skipped_pipeline": null,
                "only_allow_merge_if_pipeline_succeeds": true, "only_allow_merge_if_all_discussions_are_resolved": true,
            });
            alter(&mut value);
            serde_json::from_value(value).unwrap()
        };
        let counts = |it: &wire::Project| {
            let (rules, open) = project_rules(it);
            (rules.len(), open.len())
        };
        assert_eq!(counts(&project(|_| ())), (4, 0));
        assert_eq!(counts(&project(|it| it["allow_merge_on_skipped_pipeline"] = json!(true))), (3, 0));
        assert_eq!(counts(&project(|it| it["merge_method"] = json!("merge"))), (2, 0));
        let hidden =
            project(|it| drop(it.as_object_mut().unwrap().remove("allow_merge_on_skipped_pipeline")));
        assert_eq!(counts(&hidden), (3, 1));
    }
}
