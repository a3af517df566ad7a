//! The ways of GitLab's REST API (GitLab docs, "REST API", "REST API authentication", "Rate
//! limits").

use crate::http::{ApiStyle, LimitStyle, PageStyle};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// The environment variable of a job's own token.
pub(super) const JOB_TOKEN: &str = "CI_JOB_TOKEN";

/// How to talk to the API of a GitLab with a token of a person, a project or a group.
pub(super) static STYLE: ApiStyle = style(
    authorization,
    "Give a token that the host accepts: the one in GITLAB_TOKEN has expired, was revoked, or is another host's.",
    "Give the gate, in GITLAB_TOKEN, a project access token with the scope `read_api` and the role Maintainer, and check \
     the name.",
);

/// How to talk to it with the token of a job.
pub(super) static JOB_STYLE: ApiStyle =
    style(|token| ("job-token", token.to_string()), JOB_TOKEN_ADVICE, JOB_TOKEN_ADVICE);

/// GitLab docs, "CI/CD job token": the token reads the request, its notes, branches and
/// deployments, and nothing of approvals, versions, protected branches, members and pipelines.
const JOB_TOKEN_ADVICE: &str = "The token of a job, CI_JOB_TOKEN, cannot read this: set GITLAB_TOKEN to a project access \
     token with the scope `read_api` and the role Maintainer, as a masked variable that the change cannot reach.";

/// How to talk to the git server beside the API, where the lists of refs are (GitLab docs,
/// "Personal access tokens": the token is the password, and the name may be any; for OAuth it is
/// `oauth2`).
pub(super) static GIT_STYLE: ApiStyle = git_style(|token| basic("oauth2", token), GIT_ADVICE);

/// How to talk to it with the token of a job (GitLab docs, "CI/CD job token").
pub(super) static JOB_GIT_STYLE: ApiStyle =
    git_style(|token| basic("gitlab-ci-token", token), JOB_TOKEN_ADVICE);

/// Only a token that may read repositories is shown their refs. An administrator of the server can
/// switch off git over HTTP, which is a 403 as well.
const GIT_ADVICE: &str = "Give the gate, in GITLAB_TOKEN, a token with the scope `read_repository` beside `read_api`, on a server \
     that allows git over HTTP.";

const fn git_style(authorization: fn(&str) -> (&'static str, String), advice: &'static str) -> ApiStyle {
    ApiStyle {
        headers: &[("accept", "*/*")],
        token_missing: |_| format!("No token was sent. {GIT_ADVICE}"),
        ..style(authorization, advice, advice)
    }
}

const fn style(
    authorization: fn(&str) -> (&'static str, String),
    token_rejected: &'static str,
    permission_missing: &'static str,
) -> ApiStyle {
    ApiStyle {
        product: "GitLab",
        headers: &[("accept", "application/json")],
        authorization,
        is_json: |kind| kind == "application/json",
        disclaimer: disclaimer_in,
        permission_header: None,
        token_rejected,
        permission_missing,
        token_missing: |_| {
            "No token was sent: set GITLAB_TOKEN to a project access token with the scope `read_api` and the role Maintainer \
             (a masked variable of the project or of its group)."
                .to_string()
        },
        limits: LimitStyle {
            remaining: "ratelimit-remaining",
            reset: "ratelimit-reset",
            phrases: &["rate limit", "retry later", "too many requests"],
        },
        pages: PageStyle {
            size_parameter: "per_page",
            size: 100,
            number_parameter: "page",
            position_parameters: &["page"],
            identity: item_identity,
            may_repeat: |_| false,
            number_headers: Some(("x-next-page", "x-total-pages")),
            links_spell_defaults: true,
            is_alias: |_, _| false,
        },
    }
}

/// Tokens with GitLab's own prefix have a header of their own; an `Authorization` header is for
/// OAuth, and GitLab reads a personal, project or group token from it as well, whatever its prefix.
fn authorization(token: &str) -> (&'static str, String) {
    if token.starts_with("glpat-") {
        ("private-token", token.to_string())
    } else {
        ("authorization", format!("Bearer {token}"))
    }
}

/// HTTP Basic credentials (RFC 7617).
fn basic(name: &str, password: &str) -> (&'static str, String) {
    ("authorization", format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))
}

/// What an answer that looks like one says against itself. A commit has a `message` of its own, and
/// an identifier.
fn disclaimer_in(value: &Value) -> Option<String> {
    let fields = value.as_object()?;
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let message = text("error").or_else(|| text("message").filter(|_| !fields.contains_key("id")))?;
    Some(format!("it is a message: {}", message.chars().take(200).collect::<String>()))
}

/// Tells an item from the others of its list: its identifier, or all of it. The identifier of an
/// entry of a tree is that of what it holds, which two of them may have in common.
fn item_identity(item: &Value) -> String {
    if let (Some(_), Some(path)) = (item.get("mode"), item.get("path")) {
        return path.to_string();
    }
    item.get("id").filter(|id| !id.is_null()).unwrap_or(item).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::is_same_list;
    use serde_json::json;

    #[test]
    fn each_kind_of_token_has_its_header() {
        assert_eq!((STYLE.authorization)("glpat-1"), ("private-token", "glpat-1".to_string()));
        assert_eq!((STYLE.authorization)("other"), ("authorization", "Bearer other".to_string()));
        assert_eq!((JOB_STYLE.authorization)("glcbt-1"), ("job-token", "glcbt-1".to_string()));
        // Of `oauth2:glpat-1` and `gitlab-ci-token:1`.
        let git = |value: &str| ("authorization", format!("Basic {value}"));
        assert_eq!((GIT_STYLE.authorization)("glpat-1"), git("b2F1dGgyOmdscGF0LTE="));
        assert_eq!((JOB_GIT_STYLE.authorization)("1"), git("Z2l0bGFiLWNpLXRva2VuOjE="));
    }

    #[test]
    fn two_files_of_one_text_are_two_items() {
        let entry = |path: &str| json!({ "id": "e69de29b", "type": "blob", "mode": "100644", "path": path });
        assert_ne!(item_identity(&entry("a")), item_identity(&entry("b")));
        assert_eq!(item_identity(&json!({ "id": 7, "path": "p" })), "7");
    }

    #[test]
    fn links_between_pages_may_spell_out_defaults() {
        let list = "https://x.test/api/v4/projects/g%2Fp/merge_requests/7/notes?sort=asc&per_page=100";
        for next in [
            "https://x.test/api/v4/projects/g%2Fp/merge_requests/7/notes?id=g%2Fp&noteable_id=7&order_by=created_at&page=2&per_page=100&sort=asc",
            "https://x.test/api/v4/projects/g%2Fp/merge_requests/7/notes?page=2&per_page=100&sort=asc",
        ] {
            assert!(is_same_list(&STYLE.pages, list, next), "{next}");
        }
        for next in [
            "https://x.test/api/v4/projects/g%2Fp/merge_requests/7/notes?page=2&per_page=100",
            "https://x.test/api/v4/projects/g%2Fp/merge_requests/7/notes?page=2&per_page=100&sort=desc",
            "https://x.test/api/v4/projects/g%2Fp/merge_requests/8/notes?page=2&per_page=100&sort=asc",
            "https://x.test/api/v4/projects/g%2Fq/merge_requests/7/notes?page=2&per_page=100&sort=asc",
        ] {
            assert!(!is_same_list(&STYLE.pages, list, next), "{next}");
        }
    }

    #[test]
    fn an_answer_may_disclaim_itself() {
        let of = |text: &str| disclaimer_in(&serde_json::from_str(text).unwrap()).is_some();
        assert!(of(r#"{"message": "404 Project Not Found"}"#));
        assert!(of(r#"{"error": "insufficient_scope", "id": 1}"#));
        assert!(!of(r#"{"id": "abc", "message": "Load"}"#));
        assert!(!of("null"));
    }
}
