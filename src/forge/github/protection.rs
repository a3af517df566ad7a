//! Rulesets and classic protection in our one form.
//!
//! Both hold at once (GitHub docs, "About rulesets"), so each becomes its own requirements and
//! nothing is merged here. Kinds of rules that the model does not know only add strictness, and are
//! passed over.

use crate::github::translate::unknown_kind;
use crate::github::{graphql, wire};
use crate::http::gaps::{contradiction, malformed, truncated};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::protection::{ActorKind, Bypass, BypassMode, Requirement, Rule};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;

/// The rules of one item of `rules/branches/BRANCH`.
pub(super) fn rules(what: &str, item: &wire::BranchRule) -> Result<Vec<Rule>, Gap> {
    match item.kind.as_str() {
        "pull_request" => read_parameters(what, item).map(pull_request_rules),
        "required_status_checks" => status_check_rules(what, read_parameters(what, item)?),
        "non_fast_forward" => Ok(vec![Rule::NoForcePush]),
        "deletion" => Ok(vec![Rule::NoDeletion]),
        "required_signatures" => Ok(vec![Rule::SignedCommits]),
        "required_linear_history" => Ok(vec![Rule::LinearHistory]),
        _ => Ok(Vec::new()),
    }
}

fn read_parameters<T: DeserializeOwned>(what: &str, item: &wire::BranchRule) -> Result<T, Gap> {
    let given = item.parameters.clone().unwrap_or_default();
    serde_json::from_value(given)
        .map_err(|error| malformed(what, format!("the parameters of rule `{}`: {error}", item.kind)))
}

fn pull_request_rules(given: wire::PullRequestParameters) -> Vec<Rule> {
    let approvals = given.required_approving_review_count;
    chosen_rules([
        (true, Rule::ChangeRequest),
        (approvals > 0, Rule::Approvals(approvals)),
        (given.dismiss_stale_reviews_on_push, Rule::DismissStale),
        (given.require_code_owner_review, Rule::CodeOwners),
        (given.require_last_push_approval, Rule::LastPushApproval),
        (given.required_review_thread_resolution, Rule::ConversationResolution),
    ])
}

fn chosen_rules<const N: usize>(rules: [(bool, Rule); N]) -> Vec<Rule> {
    rules.into_iter().filter(|(wanted, _)| *wanted).map(|(_, rule)| rule).collect()
}

fn status_check_rules(what: &str, given: wire::StatusCheckParameters) -> Result<Vec<Rule>, Gap> {
    let checks = given.required_status_checks.into_iter().map(|check| (check.context, check.integration_id));
    check_rules(what, checks, given.strict_required_status_checks_policy)
}

/// "Up to date" does nothing without a required check (GitHub REST,
/// `strict_required_status_checks_policy`).
fn check_rules(
    what: &str,
    checks: impl Iterator<Item = (String, Option<i64>)>,
    up_to_date: bool,
) -> Result<Vec<Rule>, Gap> {
    let rules: Result<Vec<Rule>, Gap> = checks
        .map(|(name, app)| Ok(Rule::Check { name, app: app_number(what, app)?.map(Into::into) }))
        .collect();
    let mut rules = rules?;
    if up_to_date && !rules.is_empty() {
        rules.push(Rule::UpToDate);
    }
    Ok(rules)
}

/// Null and -1 stand for any app.
fn app_number(what: &str, app: Option<i64>) -> Result<Option<u64>, Gap> {
    match app {
        None | Some(-1) => Ok(None),
        Some(id) => {
            u64::try_from(id).map(Some).map_err(|_| malformed(what, format!("an app with number {id}")))
        }
    }
}

/// Who a ruleset lets round its rules. The list is left out unless the token may change the
/// ruleset, so a missing list says nothing, and only an empty one says "nobody".
pub(super) fn ruleset_bypass(what: &str, ruleset: wire::RepositoryRuleset) -> Result<Vec<Bypass>, Gap> {
    let actors = ruleset.bypass_actors.ok_or_else(|| redacted_gap(what))?;
    actors.into_iter().map(|actor| ruleset_actor(what, actor)).collect()
}

fn redacted_gap(what: &str) -> Gap {
    let remedy = "Give a token with administration rights (write) on the repository or organisation.";
    let detail = "the host shows bypass actors only to those who may change the ruleset";
    Gap::new(what, GapReason::NotVisible, detail, remedy)
}

fn ruleset_actor(what: &str, actor: wire::BypassActor) -> Result<Bypass, Gap> {
    let kind = match actor.actor_type.as_str() {
        "Integration" => ActorKind::App,
        "OrganizationAdmin" => ActorKind::OrganizationAdmin,
        "RepositoryRole" => ActorKind::RepositoryRole,
        "Team" => ActorKind::Team,
        "DeployKey" => ActorKind::DeployKey,
        "User" => ActorKind::User,
        "EnterpriseOwner" | "EnterpriseRole" | "EnterpriseTeam" => ActorKind::Enterprise,
        _ => ActorKind::Other,
    };
    let mode = match actor.bypass_mode.as_deref() {
        Some("always") => BypassMode::Always,
        Some("pull_request") => BypassMode::ChangeRequest,
        Some("exempt") => BypassMode::Exempt,
        other => return Err(unknown_kind(what, "bypass mode", other.unwrap_or("(none)"))),
    };
    Ok(Bypass { kind, id: actor.actor_id.map(Into::into), name: None, mode })
}

/// What only GraphQL tells of classic protection.
pub(super) struct Allowed {
    force_push: Vec<Bypass>,
    change_request: Vec<Bypass>,
}

/// Reads the answer to the question about allowances. That the rule blocks force pushes is known
/// from REST.
pub(super) fn allowed(what: &str, answer: graphql::Answer, blocks_force_push: bool) -> Result<Allowed, Gap> {
    if let Some(error) = answer.errors.first() {
        return Err(graphql_error(what, error));
    }
    let rule = answer.data.and_then(|data| data.repository).and_then(|repository| repository.reference);
    let rule = rule.and_then(|reference| reference.branch_protection_rule);
    let rule = rule.ok_or_else(|| hidden_gap(what, "the host shows no rule to this token"))?;
    if rule.allows_force_pushes == blocks_force_push {
        return Err(contradiction(what, "REST and GraphQL differ on force pushes"));
    }
    Ok(Allowed {
        force_push: connection_actors(what, rule.bypass_force_push_allowances)?,
        change_request: connection_actors(what, rule.bypass_pull_request_allowances)?,
    })
}

pub(super) fn graphql_error(what: &str, error: &graphql::Error) -> Gap {
    match error.kind.as_deref() {
        Some("RATE_LIMITED") => Gap::new(what, GapReason::RateLimited, &error.message, "Run again later."),
        _ => hidden_gap(what, &error.message),
    }
}

fn hidden_gap(what: &str, detail: &str) -> Gap {
    Gap::new(what, GapReason::NotVisible, detail, "Give a token with administration rights (read).")
}

fn connection_actors(what: &str, list: graphql::AllowanceConnection) -> Result<Vec<Bypass>, Gap> {
    if list.page_info.has_next_page || u64::try_from(list.nodes.len()) != Ok(list.total_count) {
        return Err(truncated(what, "the list of allowed actors is incomplete"));
    }
    let actor =
        |node: graphql::Allowance| node.actor.ok_or_else(|| hidden_gap(what, "an actor is not shown"));
    list.nodes.into_iter().map(|node| actor(node).map(graphql_actor)).collect()
}

fn graphql_actor(actor: graphql::Actor) -> Bypass {
    let kind = match actor.kind.as_str() {
        "App" => ActorKind::App,
        "Team" => ActorKind::Team,
        "User" => ActorKind::User,
        _ => ActorKind::Other,
    };
    Bypass {
        kind,
        id: actor.database_id.map(Into::into),
        name: actor.login.or(actor.slug),
        mode: BypassMode::Always,
    }
}

/// Classic protection: its requirements, and a gap for each setting that the answer leaves open.
pub(super) struct ClassicReader<'a> {
    /// Its name in gaps.
    pub what: &'a str,
    /// Its name in requirements.
    pub source: &'a str,
    /// Who may go round it although REST does not say so.
    pub allowed: Result<Allowed, Gap>,
}

impl ClassicReader<'_> {
    /// Does this rule block force pushes, as far as REST says?
    pub fn blocks_force_push(seen: &wire::BranchProtection) -> bool {
        seen.allow_force_pushes.as_ref().is_none_or(|switch| !switch.enabled)
    }

    /// The requirements, and what stays open.
    pub fn requirements(&self, seen: wire::BranchProtection) -> (Vec<Requirement>, Vec<Gap>) {
        let admins = self.administrators(seen.enforce_admins.as_ref());
        let change_request =
            add_admins(&admins, self.round_change_request(seen.required_pull_request_reviews.as_ref()));
        let force_push =
            add_admins(&admins, self.allowed.as_ref().map(|a| a.force_push.clone()).map_err(Clone::clone));
        let groups = [
            (self.review_rules(seen.required_pull_request_reviews.as_ref()), &change_request),
            // Whoever needs no change request has no conversation to resolve.
            (
                self.switch(
                    "required_conversation_resolution",
                    seen.required_conversation_resolution,
                    true,
                    Rule::ConversationResolution,
                ),
                &change_request,
            ),
            (self.check_rules(seen.required_status_checks), &admins),
            (
                self.switch("required_signatures", seen.required_signatures, true, Rule::SignedCommits),
                &admins,
            ),
            (
                self.switch(
                    "required_linear_history",
                    seen.required_linear_history,
                    true,
                    Rule::LinearHistory,
                ),
                &admins,
            ),
            (
                self.switch("allow_force_pushes", seen.allow_force_pushes, false, Rule::NoForcePush),
                &force_push,
            ),
            (self.switch("allow_deletions", seen.allow_deletions, false, Rule::NoDeletion), &admins),
        ];
        let mut requirements = Vec::new();
        let mut open = Vec::new();
        for (rules, bypass) in groups {
            match rules {
                Ok(rules) => {
                    requirements.extend(rules.into_iter().map(|rule| self.requirement(rule, bypass)))
                }
                Err(gap) => open.push(gap),
            }
        }
        (requirements, open)
    }

    fn requirement(&self, rule: Rule, bypass: &Result<Vec<Bypass>, Gap>) -> Requirement {
        Requirement { rule, source: self.source.to_string(), bypass: Fact::from(bypass.clone()) }
    }

    /// Administrators go round all of it unless "do not allow bypassing" is on.
    fn administrators(&self, enforced: Option<&wire::Switch>) -> Result<Vec<Bypass>, Gap> {
        let mode = BypassMode::Always;
        match enforced {
            Some(switch) if switch.enabled => Ok(Vec::new()),
            Some(_) => Ok(vec![Bypass { kind: ActorKind::Administrators, id: None, name: None, mode }]),
            None => Err(self.missing("enforce_admins")),
        }
    }

    /// REST leaves the allowances out when there are none, which looks the same as hiding them:
    /// then GraphQL decides.
    fn round_change_request(&self, seen: Option<&wire::ClassicReviews>) -> Result<Vec<Bypass>, Gap> {
        match seen.and_then(|reviews| reviews.bypass_pull_request_allowances.as_ref()) {
            Some(allowances) => Ok(allowance_actors(allowances)),
            None => self.allowed.as_ref().map(|a| a.change_request.clone()).map_err(Clone::clone),
        }
    }

    fn review_rules(&self, seen: Option<&wire::ClassicReviews>) -> Result<Vec<Rule>, Gap> {
        let Some(reviews) = seen else {
            return Ok(Vec::new());
        };
        let approvals = reviews
            .required_approving_review_count
            .ok_or_else(|| self.missing("required_approving_review_count"))?;
        let last_push =
            reviews.require_last_push_approval.ok_or_else(|| self.missing("require_last_push_approval"))?;
        Ok(chosen_rules([
            (true, Rule::ChangeRequest),
            (approvals > 0, Rule::Approvals(approvals)),
            (reviews.dismiss_stale_reviews, Rule::DismissStale),
            (reviews.require_code_owner_reviews, Rule::CodeOwners),
            (last_push, Rule::LastPushApproval),
        ]))
    }

    /// `contexts` is the older form of `checks`; both are given and name the same checks.
    fn check_rules(&self, seen: Option<wire::ClassicChecks>) -> Result<Vec<Rule>, Gap> {
        let Some(seen) = seen else {
            return Ok(Vec::new());
        };
        let names: BTreeSet<&String> = seen.checks.iter().map(|check| &check.context).collect();
        if names != seen.contexts.iter().collect() {
            return Err(contradiction(self.what, "`checks` and `contexts` name different checks"));
        }
        let strict = seen.strict.ok_or_else(|| self.missing("strict"))?;
        check_rules(self.what, seen.checks.into_iter().map(|check| (check.context, check.app_id)), strict)
    }

    /// The rule that a switch stands for when it is `on` (or off: some switches allow).
    fn switch(
        &self,
        field: &str,
        seen: Option<wire::Switch>,
        on: bool,
        rule: Rule,
    ) -> Result<Vec<Rule>, Gap> {
        let seen = seen.ok_or_else(|| self.missing(field))?;
        Ok(chosen_rules([(seen.enabled == on, rule)]))
    }

    fn missing(&self, field: &str) -> Gap {
        malformed(self.what, format!("`{field}` is missing"))
    }
}

fn add_admins(admins: &Result<Vec<Bypass>, Gap>, more: Result<Vec<Bypass>, Gap>) -> Result<Vec<Bypass>, Gap> {
    let mut all = admins.clone()?;
    all.extend(more?);
    Ok(all)
}

fn allowance_actors(given: &wire::ClassicAllowances) -> Vec<Bypass> {
    let actor = |kind, id: u64, name: Option<&String>| Bypass {
        kind,
        id: Some(id.into()),
        name: name.cloned(),
        mode: BypassMode::Always,
    };
    let users = given.users.iter().map(|user| actor(ActorKind::User, user.id, Some(&user.login)));
    let teams = given.teams.iter().map(|team| actor(ActorKind::Team, team.id, Some(&team.slug)));
    let apps = given.apps.iter().map(|app| actor(ActorKind::App, app.id, app.slug.as_ref()));
    users.chain(teams).chain(apps).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read<T: DeserializeOwned>(value: Value) -> T {
        serde_json::from_value(value).unwrap()
    }

    fn rule(kind: &str, parameters: Value) -> Result<Vec<Rule>, GapReason> {
        let item = read(json!({ "type": kind, "ruleset_id": 1, "parameters": parameters }));
        rules("it", &item).map_err(|gap| gap.reason)
    }

    fn check(name: &str, app: Option<u64>) -> Rule {
        Rule::Check { name: name.into(), app: app.map(Into::into) }
    }

    #[test]
    fn a_pull_request_rule_requires_what_its_parameters_say() {
        let parameters = |approvals: u64, rest: bool| {
            json!({
                "required_approving_review_count": approvals, "dismiss_stale_reviews_on_push": rest,
                "require_code_owner_review": rest, "require_last_push_approval": rest,
                "required_review_thread_resolution": rest,
            })
        };
        assert_eq!(rule("pull_request", parameters(0, false)), Ok(vec![Rule::ChangeRequest]));
        let all = [
            Rule::ChangeRequest,
            Rule::Approvals(2),
            Rule::DismissStale,
            Rule::CodeOwners,
            Rule::LastPushApproval,
            Rule::ConversationResolution,
        ];
        assert_eq!(rule("pull_request", parameters(2, true)), Ok(all.to_vec()));
        assert_eq!(rule("pull_request", Value::Null), Err(GapReason::Malformed));
        assert_eq!(rule("pull_request", json!({})), Err(GapReason::Malformed));
    }

    #[test]
    fn checks_are_pinned_to_an_app_or_to_none() {
        let parameters = |checks: Value| json!({ "required_status_checks": checks, "strict_required_status_checks_policy": true });
        let pinned = json!([{ "context": "ci", "integration_id": 15368 }, { "context": "any" }]);
        let expected = vec![check("ci", Some(15368)), check("any", None), Rule::UpToDate];
        assert_eq!(rule("required_status_checks", parameters(pinned)), Ok(expected));
        // Without a check there is nothing to be up to date for.
        assert_eq!(rule("required_status_checks", parameters(json!([]))), Ok(Vec::new()));
        let odd = json!([{ "context": "ci", "integration_id": -7 }]);
        assert_eq!(rule("required_status_checks", parameters(odd)), Err(GapReason::Malformed));
    }

    #[test]
    fn rules_without_parameters_and_rules_that_only_add_strictness() {
        assert_eq!(rule("non_fast_forward", Value::Null), Ok(vec![Rule::NoForcePush]));
        assert_eq!(rule("deletion", Value::Null), Ok(vec![Rule::NoDeletion]));
        assert_eq!(rule("required_signatures", Value::Null), Ok(vec![Rule::SignedCommits]));
        assert_eq!(rule("required_linear_history", Value::Null), Ok(vec![Rule::LinearHistory]));
        assert_eq!(rule("required_deployments", json!({ "x": 1 })), Ok(Vec::new()));
        assert_eq!(rule("not_invented_yet", Value::Null), Ok(Vec::new()));
    }

    #[test]
    fn bypass_actors_are_nobody_somebody_or_hidden() {
        let bypass = |actors: Option<Value>| {
            let mut ruleset = json!({ "id": 1, "name": "main", "enforcement": "active" });
            if let Some(actors) = actors {
                ruleset["bypass_actors"] = actors;
            }
            ruleset_bypass("it", read(ruleset)).map_err(|gap| gap.reason)
        };
        assert_eq!(bypass(Some(json!([]))), Ok(Vec::new()));
        assert_eq!(bypass(None), Err(GapReason::NotVisible));
        assert_eq!(bypass(Some(Value::Null)), Err(GapReason::NotVisible));
        let actor = json!({ "actor_id": 3, "actor_type": "Constellation", "bypass_mode": "exempt" });
        let expected =
            Bypass { kind: ActorKind::Other, id: Some(3.into()), name: None, mode: BypassMode::Exempt };
        assert_eq!(bypass(Some(json!([actor]))), Ok(vec![expected]));
        for mode in [json!("sometimes"), Value::Null] {
            let actor = json!({ "actor_id": 3, "actor_type": "Team", "bypass_mode": mode });
            assert_eq!(bypass(Some(json!([actor]))), Err(GapReason::Malformed), "{mode}");
        }
    }

    #[test]
    fn a_graphql_rate_limit_is_one() {
        let answer = json!({ "errors": [{ "type": "RATE_LIMITED", "message": "API rate limit exceeded" }] });
        let gap = allowed("it", read(answer), true).err().unwrap();
        assert_eq!(gap.reason, GapReason::RateLimited);
    }
}
