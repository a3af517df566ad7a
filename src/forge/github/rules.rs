//! The reading plan for branch protection: the rules active on the branch, each ruleset behind them
//! once (for its name and who may bypass it), then classic protection.

use crate::Question;
use crate::github::address::graphql_url;
use crate::github::protection::{self, Allowed, ClassicReader};
use crate::github::style::is_plan_without_protection;
use crate::github::{GitHub, wire};
use crate::http::client::Reply;
use crate::http::gaps::{contradiction, malformed};
use crate::http::pages::{Page, PageNames};
use portcullis_model::change::BranchName;
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::protection::{Bypass, Protection, Requirement, Rule};
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) const CLASSIC: &str = "classic protection";

/// What is asked of GraphQL: REST shows neither list of allowances reliably.
const ALLOWANCES: &str = "query($owner: String!, $name: String!, $branch: String!) {
  repository(owner: $owner, name: $name) { ref(qualifiedName: $branch) { branchProtectionRule {
    allowsForcePushes
    bypassForcePushAllowances(first: 100) {
      totalCount pageInfo { hasNextPage } nodes { actor { ...actor } }
    }
    bypassPullRequestAllowances(first: 100) {
      totalCount pageInfo { hasNextPage } nodes { actor { ...actor } }
    }
  } } }
}
fragment actor on BranchActorAllowanceActor {
  __typename
  ... on User { login databaseId }
  ... on Team { slug databaseId }
  ... on App { slug databaseId }
}";

/// A source of requirements, and who it lets round them.
#[derive(Clone)]
struct Source {
    name: String,
    bypass: Fact<Vec<Bypass>>,
}

impl Source {
    fn requirement(&self, rule: Rule) -> Requirement {
        Requirement { rule, source: self.name.clone(), bypass: self.bypass.clone() }
    }
}

impl GitHub {
    pub(super) fn branch_protection(&self, question: &Question<'_>) -> Result<Protection, Gap> {
        let branch = match (&question.branch, &question.request) {
            (Fact::Known(branch), _) => &branch.name,
            (Fact::Gap(_), Fact::Known(request)) => &request.base_branch,
            (Fact::Gap(gap), Fact::Gap(_)) => return Err(gap.clone()),
        };
        let mut all = Protection { requirements: Vec::new(), unseen: Vec::new() };
        self.add_rulesets(branch, &mut all);
        // `protected` is false only when nothing protects the branch: then there is no classic rule
        // to ask for.
        if question.branch.value().is_none_or(|branch| branch.protected) {
            self.add_classic(branch, &mut all);
        }
        all.requirements.sort_by(|a, b| (&a.rule, &a.source).cmp(&(&b.rule, &b.source)));
        all.unseen.sort();
        all.unseen.dedup();
        Ok(all)
    }

    fn add_rulesets(&self, branch: &BranchName, all: &mut Protection) {
        let what = format!("the rulesets of branch {branch}");
        let mut sources = BTreeMap::new();
        for item in self.branch_rules(&what, branch).unwrap_or_else(|gap| {
            all.unseen.push(gap);
            Vec::new()
        }) {
            match self.ruleset_requirements(&what, &item, &mut sources) {
                Ok(requirements) => all.requirements.extend(requirements),
                Err(gap) => all.unseen.push(gap),
            }
        }
    }

    /// The rules that are active on a branch, from the repository, the organisation and the
    /// enterprise.
    fn branch_rules(&self, what: &str, branch: &BranchName) -> Result<Vec<wire::BranchRule>, Gap> {
        let segments = self.at(&["rules", "branches", branch.as_str()]);
        let mut pages = self.client.pages(what, PageNames::Numbered, &segments, &[])?;
        let mut items = Vec::new();
        while let Some(page) = pages.next::<wire::BranchRules>()? {
            items.extend(page.0);
        }
        Ok(items)
    }

    fn ruleset_requirements(
        &self,
        what: &str,
        item: &wire::BranchRule,
        sources: &mut BTreeMap<Option<u64>, Result<Source, Gap>>,
    ) -> Result<Vec<Requirement>, Gap> {
        let rules = protection::rules(what, item)?;
        if rules.is_empty() {
            return Ok(Vec::new());
        }
        let id = item.ruleset_id;
        let source = sources.entry(id).or_insert_with(|| self.ruleset(what, id)).clone()?;
        Ok(rules.into_iter().map(|rule| source.requirement(rule)).collect())
    }

    /// The ruleset behind a rule. If it cannot be seen its rules still stand, and only the bypass
    /// is a gap; if it denies that it is active, the rules do not count.
    fn ruleset(&self, what: &str, id: Option<u64>) -> Result<Source, Gap> {
        let Some(id) = id else {
            let gap = malformed(what, "a rule does not say which ruleset it is of");
            return Ok(Source { name: "a ruleset".to_string(), bypass: Fact::Gap(gap) });
        };
        let what = format!("who may bypass ruleset {id}");
        let number = id.to_string();
        let query = [("includes_parents", "true")];
        match self.client.get_with::<wire::RepositoryRuleset>(&what, &self.at(&["rulesets", &number]), &query)
        {
            Err(gap) => Ok(Source { name: format!("ruleset {id}"), bypass: Fact::Gap(gap) }),
            Ok(ruleset) if ruleset.id != id || ruleset.enforcement != "active" => {
                let detail = format!("ruleset {} is `{}` and not active", ruleset.id, ruleset.enforcement);
                Err(contradiction(&what, detail))
            }
            Ok(ruleset) => Ok(Source {
                name: format!("ruleset \"{}\" ({id})", ruleset.name),
                bypass: protection::ruleset_bypass(&what, ruleset)
                    .map_err(|gap| self.client.without_token(gap))
                    .into(),
            }),
        }
    }

    fn add_classic(&self, branch: &BranchName, all: &mut Protection) {
        let what = format!("{CLASSIC} of branch {branch}");
        let reply = self.client.look(&what, &self.at(&["branches", branch.as_str(), "protection"]));
        match reply.and_then(|reply| classic_answer(&what, &reply)) {
            Ok(None) => (),
            Ok(Some(seen)) => {
                let allowed = self.allowed(branch, &seen);
                let (requirements, open) =
                    ClassicReader { what: &what, source: CLASSIC, allowed }.requirements(seen);
                all.requirements.extend(requirements);
                all.unseen.extend(open);
            }
            Err(gap) => all.unseen.push(gap),
        }
    }

    fn allowed(&self, branch: &BranchName, seen: &wire::BranchProtection) -> Result<Allowed, Gap> {
        let what = format!("who may bypass {CLASSIC} of branch {branch}");
        let variables = serde_json::json!({
            "owner": self.repository.owner,
            "name": self.repository.name,
            "branch": format!("refs/heads/{branch}"),
        });
        let question = serde_json::json!({ "query": ALLOWANCES, "variables": variables }).to_string();
        let reply = self.client.fetch(&what, &graphql_url(&self.client.api), Some(question.as_bytes()))?;
        protection::allowed(&what, reply.read(&what)?, ClassicReader::blocks_force_push(seen))
            .map_err(|gap| reply.without_token(gap))
    }
}

/// What the classic endpoint says. Its "no" has several meanings, told apart by the message: only
/// "not protected" and "your plan has none" say that there is no rule.
fn classic_answer(what: &str, reply: &Reply) -> Result<Option<wire::BranchProtection>, Gap> {
    match (reply.response.status, reply.message().as_str()) {
        (404, "Branch not protected") => Ok(None),
        (404, "Branch not found") => Err(contradiction(what, "the host knows no such branch")),
        _ if is_plan_without_protection(reply) => Ok(None),
        _ => reply.read(what).map(Some),
    }
}

impl Page for wire::BranchRules {
    /// A plan without protection has no rules, and says so with a 403.
    fn value(what: &str, reply: &Reply) -> Result<Value, Gap> {
        if is_plan_without_protection(reply) { Ok(Value::Array(Vec::new())) } else { reply.value(what) }
    }
}
