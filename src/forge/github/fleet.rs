//! The reading plan for many repositories of a GitHub: the list of an organisation over REST, and
//! one question to GraphQL for twenty repositories at a time.

use crate::fleet::FleetHost;
use crate::github::address::{RepositoryName, graphql_url};
use crate::github::rules::CLASSIC;
use crate::github::{KIND, style, translate};
use crate::http::address::Api;
use crate::http::client::Client;
use crate::http::gaps::{malformed, truncated};
use crate::{Connection, HostError};
use jiff::Timestamp;
use portcullis_model::change::BranchName;
use portcullis_model::digest::Digest;
use portcullis_model::fact::{Fact, Gap, GapReason, nullable};
use portcullis_model::fleet::{
    ListedRepository, ProtectionMark, RepositorySurvey, RequestBudget, SurveyQuestion, SurveyedRecord,
};
use portcullis_model::protection::Protection;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// So many repositories are in one question: the API allows 500,000 nodes, and answers within ten
/// seconds or not at all (GitHub docs, "Rate limits and query limits for the GraphQL API").
const PORTION: usize = 20;

/// Texts are read up to this size, in bytes.
const LARGEST: u64 = 1 << 20;

/// What is asked about each repository. A change of the protection changes one of the last two:
/// classic protection is there with all its settings, and a ruleset with the time of its last
/// change.
const FIELDS: &str = "fragment surveyed on Repository {
  nameWithOwner isArchived isEmpty
  defaultBranchRef { name branchProtectionRule {
    allowsDeletions allowsForcePushes blocksCreations dismissesStaleReviews isAdminEnforced lockAllowsFetchAndMerge lockBranch
    pattern requireLastPushApproval requiredApprovingReviewCount requiredDeploymentEnvironments requiresApprovingReviews
    requiredStatusChecks { context app { databaseId } }
    requiresCodeOwnerReviews requiresCommitSignatures requiresConversationResolution requiresDeployments
    requiresLinearHistory requiresStatusChecks requiresStrictStatusChecks restrictsPushes restrictsReviewDismissals
    bypassForcePushAllowances(first: 100) { totalCount nodes { actor { ...actor } } }
    bypassPullRequestAllowances(first: 100) { totalCount nodes { actor { ...actor } } }
  } }
  rulesets(first: 100, includeParents: true) { totalCount nodes { databaseId enforcement updatedAt } }
  refs(refPrefix: $records, first: 100) { totalCount nodes { name target { oid ... on Commit { committedDate } } } }
}
fragment text on Blob { byteSize isBinary isTruncated text }
fragment actor on BranchActorAllowanceActor {
  __typename
  ... on User { databaseId }
  ... on Team { databaseId }
  ... on App { databaseId }
}";

/// A GitHub, asked about many repositories.
pub(super) struct GitHubFleet(Client);

impl GitHubFleet {
    pub fn open(connection: Connection) -> Result<Self, HostError> {
        let Connection { api_url, token, transport, retry, .. } = connection;
        let api_url = api_url.as_deref().or(KIND.default_api).ok_or(HostError::NoAddress(&KIND))?;
        Ok(GitHubFleet(Client::new(Api::new(api_url)?, &style::STYLE, token, transport, retry)))
    }

    fn ask(&self, names: &[&RepositoryName], asked: &SurveyQuestion) -> Result<Answer, Gap> {
        let what = "what the host says of the repositories";
        let body =
            json!({ "query": query_for(names.len(), asked), "variables": variables_for(names, asked) });
        let body = body.to_string();
        let reply = self.0.fetch(what, &graphql_url(&self.0.api), Some(body.as_bytes()))?;
        let answer: Answer = reply.read(what)?;
        match answer.errors.iter().find(|error| error.path.as_deref().is_none_or(<[Value]>::is_empty)) {
            Some(error) => Err(refused(what, error)),
            None => Ok(answer),
        }
    }
}

impl FleetHost for GitHubFleet {
    fn list(&self, organisation: &str) -> Result<Vec<ListedRepository>, Gap> {
        let what = format!("the repositories of {organisation}");
        let listed: Vec<Listed> = self.0.list(&what, &["orgs", organisation, "repos"])?;
        Ok(listed.into_iter().map(Listed::listed).collect())
    }

    fn survey(&self, repositories: &[String], asked: &SurveyQuestion) -> Vec<Fact<RepositorySurvey>> {
        let parsed: Vec<Option<RepositoryName>> =
            repositories.iter().map(|name| RepositoryName::parse(name)).collect();
        let names: Vec<&RepositoryName> = parsed.iter().flatten().collect();
        let mut answer = self.ask(&names, asked);
        let mut place = 0;
        let of_each = repositories.iter().zip(&parsed).map(|(text, name)| match (name, &mut answer) {
            (None, _) => Err(no_repository(text)),
            (Some(_), Err(gap)) => Err(gap.clone()),
            (Some(_), Ok(answer)) => {
                let alias = format!("r{place}");
                place += 1;
                answer.take(&alias, text, asked)
            }
        });
        of_each.map(Fact::from).collect()
    }

    fn portion(&self) -> usize {
        PORTION
    }

    /// A mark without classic protection says nothing of it where a look saw some.
    fn covers(&self, mark: &ProtectionMark, protection: &Protection) -> bool {
        mark.shows_classic || protection.requirements.iter().all(|one| one.source != CLASSIC)
    }

    fn budget(&self) -> Fact<RequestBudget> {
        let what = "how many requests are left";
        let limits: Result<RateLimits, Gap> = self.0.get(what, &["rate_limit"]);
        limits.and_then(|limits| limits.resources.core.budget(what)).into()
    }
}

/// `GET /orgs/ORG/repos`, an item.
#[derive(Deserialize)]
struct Listed {
    full_name: String,
    archived: bool,
    #[serde(default)]
    topics: Vec<String>,
}

impl Listed {
    fn listed(self) -> ListedRepository {
        ListedRepository { name: self.full_name, archived: self.archived, topics: self.topics }
    }
}

/// `GET /rate_limit`.
#[derive(Deserialize)]
struct RateLimits {
    resources: RateResources,
}

#[derive(Deserialize)]
struct RateResources {
    core: RateLimit,
}

#[derive(Deserialize)]
struct RateLimit {
    remaining: u64,
    reset: i64,
}

impl RateLimit {
    fn budget(&self, what: &str) -> Result<RequestBudget, Gap> {
        let resets =
            Timestamp::from_second(self.reset).map_err(|error| malformed(what, error.to_string()))?;
        Ok(RequestBudget { remaining: self.remaining, resets })
    }
}

fn query_for(count: usize, asked: &SurveyQuestion) -> String {
    let texts: String = (0..asked.texts.len())
        .map(|text| format!(" t{text}: object(expression: $t{text}) {{ ...text }}"))
        .collect();
    let mut query = String::from("query($records: String!");
    for text in 0..asked.texts.len() {
        let _ = write!(query, ", $t{text}: String!");
    }
    for place in 0..count {
        let _ = write!(query, ", $o{place}: String!, $n{place}: String!");
    }
    query.push_str(") {\n");
    for place in 0..count {
        let _ = writeln!(
            query,
            "  r{place}: repository(owner: $o{place}, name: $n{place}) {{ ...surveyed{texts} }}"
        );
    }
    format!("{query}}}\n{FIELDS}")
}

fn variables_for(names: &[&RepositoryName], asked: &SurveyQuestion) -> Value {
    let mut variables = Map::from_iter([("records".to_string(), json!(asked.records))]);
    for (place, path) in asked.texts.iter().enumerate() {
        variables.insert(format!("t{place}"), json!(format!("HEAD:{path}")));
    }
    for (place, name) in names.iter().enumerate() {
        variables.insert(format!("o{place}"), json!(name.owner));
        variables.insert(format!("n{place}"), json!(name.name));
    }
    Value::Object(variables)
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    data: Option<BTreeMap<String, Option<Value>>>,
    #[serde(default)]
    errors: Vec<SurveyError>,
}

/// An error of GraphQL; with a path it is about one repository alone.
#[derive(Deserialize)]
struct SurveyError {
    message: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    path: Option<Vec<Value>>,
}

impl Answer {
    /// What it says of the repository of an alias.
    fn take(&mut self, alias: &str, name: &str, asked: &SurveyQuestion) -> Result<RepositorySurvey, Gap> {
        let what = format!("repository {name}");
        let is_about = |error: &&SurveyError| {
            error.path.as_ref().and_then(|path| path.first()).and_then(Value::as_str) == Some(alias)
        };
        if let Some(error) = self.errors.iter().find(is_about) {
            return Err(refused(&what, error));
        }
        let value = self.data.as_mut().and_then(|data| data.remove(alias)).flatten();
        let value = value.ok_or_else(|| malformed(&what, "the answer does not hold it"))?;
        read_survey((&what, name), value, asked)
    }
}

fn refused(what: &str, error: &SurveyError) -> Gap {
    let (reason, remedy) = match error.kind.as_deref() {
        Some("RATE_LIMITED") => (GapReason::RateLimited, "Run again later."),
        _ => (GapReason::NotVisible, "Give a token that may read the repository, and check its name."),
    };
    Gap::new(what, reason, &error.message, remedy)
}

/// A token that may not read contents sees no branch, as in a repository that has none.
fn hidden_branch(what: &str) -> Gap {
    let remedy = "Give a token that may read the contents of the repository.";
    Gap::new(what, GapReason::NotVisible, "it is not empty, and the host shows no default branch", remedy)
}

fn no_repository(text: &str) -> Gap {
    let detail =
        format!("no repository on GitHub has such a name; they are written {}", KIND.repository_form);
    Gap::new(format!("repository {text}"), GapReason::Unsupported, detail, "Correct the list.")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Surveyed {
    name_with_owner: String,
    is_archived: bool,
    is_empty: bool,
    #[serde(deserialize_with = "nullable")]
    default_branch_ref: Option<SurveyedBranch>,
    #[serde(deserialize_with = "nullable")]
    rulesets: Option<Connected<Value>>,
    #[serde(deserialize_with = "nullable")]
    refs: Option<Connected<SurveyedRef>>,
    #[serde(flatten)]
    texts: BTreeMap<String, Option<SurveyedText>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SurveyedBranch {
    name: String,
    #[serde(deserialize_with = "nullable")]
    branch_protection_rule: Option<Value>,
}

/// A connection of which the first page was asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Connected<T> {
    total_count: u64,
    nodes: Vec<T>,
}

impl<T> Connected<T> {
    fn is_whole(&self) -> bool {
        u64::try_from(self.nodes.len()) == Ok(self.total_count)
    }
}

#[derive(Deserialize)]
struct SurveyedRef {
    name: String,
    target: SurveyedTarget,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SurveyedTarget {
    oid: String,
    committed_date: Option<Timestamp>,
}

/// `Blob`; all fields are missing where the object is none.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SurveyedText {
    byte_size: Option<u64>,
    is_binary: Option<bool>,
    is_truncated: Option<bool>,
    text: Option<String>,
}

/// The host answers for a repository that was renamed under its old name, too: it would count
/// twice.
fn renamed(what: &str, now: &str) -> Gap {
    let remedy = format!("List it as {now}, once.");
    Gap::new(what, GapReason::Contradiction, format!("its name on the host is {now}"), remedy)
}

fn read_survey(
    (what, name): (&str, &str),
    value: Value,
    asked: &SurveyQuestion,
) -> Result<RepositorySurvey, Gap> {
    let seen: Surveyed = serde_json::from_value(value).map_err(|error| malformed(what, error.to_string()))?;
    if !seen.name_with_owner.eq_ignore_ascii_case(name) {
        return Err(renamed(what, &seen.name_with_owner));
    }
    if seen.default_branch_ref.is_none() && !seen.is_empty {
        return Err(hidden_branch(what));
    }
    let mut texts = seen.texts;
    let of_path = |(place, path): (usize, &String)| {
        let text = texts.remove(&format!("t{place}"));
        let what = format!("the file {path} of {what}");
        let text = text.ok_or_else(|| malformed(&what, "the answer does not hold it"));
        (path.clone(), text.and_then(|text| text.map(|text| read_text(&what, text)).transpose()).into())
    };
    let texts = asked.texts.iter().enumerate().map(of_path).collect();
    let records = read_records(what, seen.refs);
    let mark = seen.default_branch_ref.as_ref().and_then(|branch| mark_of(branch, seen.rulesets));
    let branch = seen.default_branch_ref.map(|branch| BranchName::new(&branch.name));
    Ok(RepositorySurvey { branch, archived: seen.is_archived, texts, records: records.into(), mark })
}

fn read_text(what: &str, seen: SurveyedText) -> Result<String, Gap> {
    let SurveyedText { byte_size, is_binary, is_truncated, text } = seen;
    let (Some(size), Some(truncated_here)) = (byte_size, is_truncated) else {
        return Err(malformed(what, "it is no file"));
    };
    if truncated_here || size > LARGEST {
        return Err(truncated(what, format!("it has {size} bytes")));
    }
    match text {
        Some(text) if is_binary == Some(false) => Ok(text),
        _ => Err(malformed(what, "it is not text")),
    }
}

fn read_records(what: &str, refs: Option<Connected<SurveyedRef>>) -> Result<Vec<SurveyedRecord>, Gap> {
    let what = format!("the deployment records of {what}");
    let refs = refs.ok_or_else(|| malformed(&what, "the host shows no refs"))?;
    if !refs.is_whole() {
        return Err(truncated(&what, format!("there are {} refs", refs.total_count)));
    }
    let record = |found: SurveyedRef| {
        let commit = translate::revision(&what, found.target.oid)?;
        let time = found.target.committed_date;
        let time = time.ok_or_else(|| malformed(&what, format!("`{}` leads to no commit", found.name)))?;
        Ok(SurveyedRecord { name: found.name, commit, time })
    };
    let mut records = refs.nodes.into_iter().map(record).collect::<Result<Vec<_>, Gap>>()?;
    records.sort();
    Ok(records)
}

/// The mark of a branch, where the host shows all rulesets and all exceptions of classic
/// protection.
fn mark_of(branch: &SurveyedBranch, rulesets: Option<Connected<Value>>) -> Option<ProtectionMark> {
    let mut rulesets = rulesets.filter(Connected::is_whole)?.nodes;
    rulesets.sort_by_key(|ruleset| ruleset.get("databaseId").and_then(Value::as_u64));
    let rule = &branch.branch_protection_rule;
    let is_whole = |list: &Value| {
        let count = list.get("nodes").and_then(Value::as_array).map(Vec::len);
        count.is_some()
            && count.and_then(|count| u64::try_from(count).ok())
                == list.get("totalCount").and_then(Value::as_u64)
    };
    let lists = ["bypassForcePushAllowances", "bypassPullRequestAllowances"];
    if rule.as_ref().is_some_and(|rule| !lists.iter().all(|list| rule.get(list).is_some_and(is_whole))) {
        return None;
    }
    let digest = Digest::of(json!([branch.name, rule, rulesets]).to_string().as_bytes());
    Some(ProtectionMark { digest, shows_classic: rule.is_some() })
}

#[cfg(test)]
mod tests;
