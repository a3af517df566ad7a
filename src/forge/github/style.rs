//! The ways of GitHub's REST API (GitHub docs, "Getting started with the REST API", "Using
//! pagination in the REST API", "Rate limits for the REST API").

use crate::http::client::Reply;
use crate::http::{ApiStyle, LimitStyle, PageStyle};
use serde_json::Value;

/// How to talk to the API of a GitHub.
pub(super) static STYLE: ApiStyle = ApiStyle {
    product: "GitHub",
    headers: &[("accept", "application/vnd.github+json"), ("x-github-api-version", "2022-11-28")],
    authorization: |token| ("authorization", format!("Bearer {token}")),
    is_json,
    disclaimer: disclaimer_in,
    // GitHub docs, "Permissions required for fine-grained personal access tokens".
    permission_header: Some("x-accepted-github-permissions"),
    token_rejected: "Give a token that the host accepts: the one in GITHUB_TOKEN has expired, was taken back, or is another \
                     host's.",
    permission_missing: "Give a token that may read it, and check the name.",
    token_missing,
    limits: LimitStyle {
        remaining: "x-ratelimit-remaining",
        reset: "x-ratelimit-reset",
        phrases: &["rate limit", "abuse detection"],
    },
    pages: PageStyle {
        size_parameter: "per_page",
        size: 100,
        number_parameter: "page",
        position_parameters: &["page", "after", "before"],
        identity: item_identity,
        may_repeat,
        number_headers: None,
        links_spell_defaults: false,
        is_alias,
    },
};

/// `application/json`, or a type of GitHub's that ends in `+json`.
fn is_json(kind: &str) -> bool {
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

fn token_missing(permission: Option<&str>) -> String {
    let needs = permission.map_or_else(String::new, |named| format!(" with the permission `{named}`"));
    format!(
        "No token was sent: set GITHUB_TOKEN to one{needs} (in a job under `env`). A job that Dependabot or a fork starts gets no \
         secrets of Actions: give it a secret of Dependabot's own, or judge on `pull_request_target`."
    )
}

/// What an answer that looks like one says against itself: a refusal under a status that means
/// success, or a list that it calls unfinished ("Search", `incomplete_results`; "Get a tree",
/// `truncated`).
fn disclaimer_in(value: &Value) -> Option<String> {
    let fields = value.as_object()?;
    let unfinished = ["incomplete_results", "truncated"];
    if let Some(field) = unfinished.into_iter().find(|field| fields.get(*field) == Some(&Value::Bool(true))) {
        return Some(format!("the host says `{field}`"));
    }
    let message = fields.get("message").and_then(Value::as_str)?;
    Some(format!("it is a message: {}", message.chars().take(200).collect::<String>()))
}

/// Does the host say that the plan of the repository has no protection at all? ("Upgrade to GitHub
/// Pro or make this repository public to enable this feature.")
pub(super) fn is_plan_without_protection(reply: &Reply) -> bool {
    let message = reply.message();
    reply.response.status == 403
        && message.starts_with("Upgrade to GitHub")
        && message.contains("to enable this feature")
}

/// Tells an item from the others of its list: its number in the repository or at the host, or the
/// name of its commit, or all of it.
fn item_identity(item: &Value) -> String {
    let names = ["number", "id", "sha"];
    let name = names.into_iter().find_map(|name| item.get(name).filter(|value| !value.is_null()));
    name.unwrap_or(item).to_string()
}

/// A commit may: commits are looked up by name, and one that is missing is asked for by itself, so
/// that one that comes twice hides none.
fn may_repeat(item: &Value) -> bool {
    item.get("id").is_none() && item.get("sha").is_some()
}

/// GitHub names the repository, organisation and team of a next page by number.
fn is_alias(path: &str, next: &str) -> bool {
    is_by_number(path, next, "/repos/", "/repositories/", 2) || is_same_team(path, next)
}

/// Is `next` the path, but for a number in the place of so many names?
fn is_by_number(path: &str, next: &str, named: &str, numbered: &str, names: usize) -> bool {
    let (Some((root, path)), Some((next_root, next))) = (path.split_once(named), next.split_once(numbered))
    else {
        return false;
    };
    let Some((number, rest)) = next.split_once('/') else { return false };
    let below = path.splitn(names + 1, '/').nth(names);
    root == next_root && is_number(number) && below == Some(rest)
}

/// `/orgs/ORGANISATION/teams/TEAM/members` is `/organizations/NUMBER/team/NUMBER/members` to
/// GitHub.
fn is_same_team(path: &str, next: &str) -> bool {
    let (Some((root, path)), Some((next_root, next))) =
        (path.split_once("/orgs/"), next.split_once("/organizations/"))
    else {
        return false;
    };
    let (path, next): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), next.split('/').collect());
    match (path.as_slice(), next.as_slice()) {
        ([_, "teams", _, below @ ..], [organisation, "team", team, next @ ..]) => {
            root == next_root && is_number(organisation) && is_number(team) && below == next
        }
        _ => false,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::is_same_list;

    #[test]
    fn the_next_page_is_of_the_same_list() {
        let list = "https://x.test/api/v3/repos/o/r/pulls/7/reviews?per_page=100";
        for next in [
            "https://x.test/api/v3/repos/o/r/pulls/7/reviews?per_page=100&page=2",
            "https://x.test/api/v3/repos/o/r/pulls/7/reviews?page=2&per_page=100",
            "https://x.test/api/v3/repositories/100/pulls/7/reviews?per_page=100&page=2",
        ] {
            assert!(is_same_list(&STYLE.pages, list, next), "{next}");
        }
        for next in [
            "https://x.test/api/v3/repos/o/r/pulls/8/reviews?per_page=100&page=2",
            "https://x.test/api/v3/repos/o/other/pulls/7/reviews?per_page=100&page=2",
            "https://x.test/api/v3/repositories/100/pulls/8/reviews?per_page=100&page=2",
            "https://x.test/api/v3/repositories/r/pulls/7/reviews?per_page=100&page=2",
            "https://x.test/other/repositories/100/pulls/7/reviews?per_page=100&page=2",
            "https://x.test/api/v3/repos/o/r/pulls/7/comments?per_page=100&page=2",
            "https://x.test/api/v3/repos/o/r/pulls/7/reviews?per_page=30&page=2",
            "https://x.test/api/v3/repos/o/r/pulls/7/reviews?page=2",
        ] {
            assert!(!is_same_list(&STYLE.pages, list, next), "{next}");
        }
        let team = "https://x.test/orgs/o/teams/t/members?per_page=100";
        assert!(is_same_list(
            &STYLE.pages,
            team,
            "https://x.test/organizations/5/team/6/members?per_page=100&page=2"
        ));
        assert!(!is_same_list(
            &STYLE.pages,
            team,
            "https://x.test/organizations/5/team/t/members?per_page=100&page=2"
        ));
        assert!(!is_same_list(
            &STYLE.pages,
            team,
            "https://x.test/organizations/5/team/6/repos?per_page=100&page=2"
        ));
        let branch = "https://x.test/repos/o/r/activity?ref=refs%2Fheads%2Fa%2Fb&per_page=100";
        assert!(is_same_list(
            &STYLE.pages,
            branch,
            "https://x.test/repositories/1/activity?after=xyz&per_page=100&ref=refs/heads/a/b"
        ));
        assert!(!is_same_list(
            &STYLE.pages,
            branch,
            "https://x.test/repositories/1/activity?after=xyz&per_page=100"
        ));
    }

    #[test]
    fn an_answer_may_disclaim_itself() {
        let of = |text: &str| disclaimer_in(&serde_json::from_str(text).unwrap()).is_some();
        assert!(of(r#"{"message": "Not Found", "status": "404"}"#));
        assert!(of(r#"{"total_count": 1, "incomplete_results": true, "items": []}"#));
        assert!(of(r#"{"tree": [], "truncated": true}"#));
        assert!(!of(r#"{"commit": {"message": "Load"}, "incomplete_results": false, "truncated": false}"#));
        assert!(!of(r#"[{"message": "Load"}]"#));
    }
}
