//! GitLab's words in our model. A word that we do not know is never given a mild meaning: it is a
//! gap.

use super::address::ProjectPath;
use super::wire;
use crate::http::gaps::{contradiction, malformed};
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::check::Conclusion;
use portcullis_model::fact::Gap;
use portcullis_model::id::RequestId;
use portcullis_model::person::{Account, AccountKind, Login};
use portcullis_model::protection::Branch;
use portcullis_model::review::{ChangeRequest, Permission};
use std::collections::BTreeSet;

pub(super) fn revision(what: &str, text: String) -> Result<Revision, Gap> {
    Revision::try_from(text).map_err(|why| malformed(what, why))
}

/// Zeros stand for a branch that was not there.
pub(super) fn is_no_commit(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte == b'0')
}

/// Accounts of tokens and of the server itself are told by their names (GitLab docs, "Project
/// access tokens", "Service accounts", "Internal users"); some only by "Get a user".
pub(super) fn account(user: wire::User) -> Account {
    let kind = match user.bot {
        Some(true) => AccountKind::Bot,
        _ if is_bot_name(&user.username) => AccountKind::Bot,
        _ if user.username.eq_ignore_ascii_case("ghost") => AccountKind::Other,
        _ => AccountKind::Human,
    };
    Account { login: Login::new(user.username), id: user.id.into(), kind }
}

/// `project_N_bot…`, `group_N_bot…`, `service_account…`, and the server's own.
pub(super) fn is_bot_name(name: &str) -> bool {
    const OWN: [&str; 7] = [
        "alert-bot",
        "automation-bot",
        "gitlab-admin-bot",
        "gitlab-automation-bot",
        "gitlab-security-bot",
        "support-bot",
        "security-bot",
    ];
    let name = name.to_ascii_lowercase();
    let is_of_token = |kind: &str| {
        let number = name.strip_prefix(kind).unwrap_or_default();
        let rest = number.trim_start_matches(|c: char| c.is_ascii_digit());
        rest.len() < number.len() && rest.starts_with("_bot")
    };
    ["project_", "group_"].into_iter().any(is_of_token)
        || name.starts_with("service_account_")
        || OWN.contains(&name.as_str())
}

/// What a request says of itself, and the project that its branch is in.
pub(super) fn request(
    what: &str,
    id: &RequestId,
    seen: wire::MergeRequest,
    source: Option<String>,
) -> Result<ChangeRequest, Gap> {
    if RequestId::from(seen.iid) != *id {
        return Err(contradiction(what, format!("the host answered with request {}", seen.iid)));
    }
    let open = match seen.state.as_str() {
        "opened" | "locked" => true,
        "closed" | "merged" => false,
        other => return Err(unknown_kind(what, "state", other)),
    };
    if (seen.state == "merged") != seen.merged_at.is_some() && seen.state != "closed" {
        return Err(contradiction(
            what,
            format!("it is `{}`, and merged at {:?}", seen.state, seen.merged_at),
        ));
    }
    let head = seen.sha.ok_or_else(|| malformed(what, "the request has no commits"))?;
    Ok(ChangeRequest {
        id: id.clone(),
        title: seen.title,
        author: seen.author.map(account),
        open,
        merged: seen.merged_at,
        base_branch: branch_name(&seen.target_branch),
        head: revision(what, head)?,
        head_branch: Some(branch_name(&seen.source_branch)),
        head_repository: source,
    })
}

/// The request is one of the project that was asked, or of the one that the host sent us on to. An
/// answer that does not say is taken for one of the former.
pub(super) fn is_of(
    what: &str,
    project: &ProjectPath,
    moved: bool,
    seen: &wire::MergeRequest,
) -> Result<(), Gap> {
    let Some(full) = seen.references.as_ref().map(|references| references.full.as_str()) else {
        return Ok(());
    };
    let named = full.rsplit_once('!').map_or(full, |(path, _)| path);
    match named.eq_ignore_ascii_case(project.as_str()) {
        false if !moved => Err(contradiction(what, format!("the host answered with request {full}"))),
        _ => Ok(()),
    }
}

/// GitLab gives branches without `refs/heads/`; one that is itself named `refs/heads/main` is not
/// `main`.
pub(super) fn branch_name(text: &str) -> BranchName {
    BranchName::from(text.to_string())
}

pub(super) fn branch(what: &str, name: &BranchName, seen: wire::Branch) -> Result<Branch, Gap> {
    if seen.name != name.as_str() {
        return Err(contradiction(what, format!("the host answered with branch `{}`", seen.name)));
    }
    Ok(Branch { name: name.clone(), tip: revision(what, seen.commit.id)?, protected: seen.protected })
}

/// The requests among those that hold a commit that were merged into the branch of this project.
pub(super) fn landed(
    branch: &BranchName,
    project: u64,
    seen: Vec<wire::AssociatedRequest>,
) -> BTreeSet<RequestId> {
    let here = |request: &wire::AssociatedRequest| {
        request.merged_at.is_some()
            && request.target_project_id == project
            && branch_name(&request.target_branch) == *branch
    };
    seen.into_iter().filter(here).map(|request| request.iid.into()).collect()
}

/// What a level lets an account do (GitLab docs, "Roles and permissions"). Maintainers may change
/// the settings that protect branches.
pub(super) fn permission(level: u64) -> Permission {
    match level {
        40.. => Permission::Admin,
        30.. => Permission::Write,
        10.. => Permission::Read,
        _ => Permission::None,
    }
}

/// How a job or a status ended. What was skipped or waits for a person has not succeeded; that a
/// job is allowed to fail does not make its failure a success.
pub(super) fn conclusion(what: &str, status: &str) -> Result<Conclusion, Gap> {
    Ok(match status {
        "success" => Conclusion::Success,
        "failed" => Conclusion::Failure,
        "canceled" | "canceling" => Conclusion::Cancelled,
        "skipped" => Conclusion::Skipped,
        "manual" => Conclusion::ActionRequired,
        "created"
        | "waiting_for_resource"
        | "preparing"
        | "waiting_for_callback"
        | "pending"
        | "running"
        | "scheduled" => Conclusion::Running,
        other => return Err(unknown_kind(what, "status", other)),
    })
}

pub(super) fn unknown_kind(what: &str, kind: &str, text: &str) -> Gap {
    malformed(what, format!("unknown {kind} `{text}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_model::fact::GapReason;
    use serde_json::{Value, json};

    const SHA: &str = "1111111111111111111111111111111111111111";

    fn read(alter: impl Fn(&mut Value)) -> Result<ChangeRequest, GapReason> {
        let mut value = json!({
            "iid": 7, "title": "Load", "state": "opened", "author": { "id": 1, "username": "kim" },
            "merged_at": null, "sha": SHA, "source_branch": "batches", "target_branch": "main",
            "source_project_id": 5, "target_project_id": 5,
        });
        alter(&mut value);
        let seen = serde_json::from_value(value).map_err(|_| GapReason::Malformed)?;
        request("it", &7.into(), seen, None).map_err(|gap| gap.reason)
    }

    #[test]
    fn a_request_says_what_it_is() {
        let seen = read(|_| ()).unwrap();
        assert!(seen.open && seen.merged.is_none());
        assert_eq!(seen.base_branch, BranchName::new("main"));
        assert!(!read(|it| it["state"] = json!("closed")).unwrap().open);
        let merged = read(|it| {
            it["state"] = json!("merged");
            it["merged_at"] = json!("2026-01-02T03:04:05.678Z");
        });
        assert!(merged.unwrap().merged.is_some());
        assert_eq!(read(|it| it["state"] = json!("merged")), Err(GapReason::Contradiction));
        assert_eq!(read(|it| it["state"] = json!("odd")), Err(GapReason::Malformed));
        assert_eq!(read(|it| it["iid"] = json!(8)), Err(GapReason::Contradiction));
        assert_eq!(read(|it| it["sha"] = Value::Null), Err(GapReason::Malformed));
        for field in ["sha", "author", "merged_at", "source_project_id"] {
            let missing = read(|it| drop(it.as_object_mut().unwrap().remove(field)));
            assert_eq!(missing, Err(GapReason::Malformed), "{field}");
        }
    }

    #[test]
    fn accounts_of_tokens_are_bots() {
        let kind = |username: &str, bot| {
            account(wire::User { id: 1, username: username.into(), bot, public_email: None }).kind
        };
        for name in [
            "project_12_bot",
            "project_12_bot_4ffca2",
            "project_12_bot1",
            "group_7_bot_a",
            "service_account_9",
        ] {
            assert_eq!(kind(name, None), AccountKind::Bot, "{name}");
        }
        for name in ["kim", "project_manager", "projectbot", "group_", "robot"] {
            assert_eq!(kind(name, None), AccountKind::Human, "{name}");
        }
        assert_eq!(kind("kim", Some(true)), AccountKind::Bot);
        assert_eq!(kind("ghost", None), AccountKind::Other);
    }

    #[test]
    fn only_a_success_is_a_success() {
        for status in ["failed", "skipped", "manual", "canceled", "running", "created"] {
            assert_ne!(conclusion("it", status), Ok(Conclusion::Success), "{status}");
        }
        assert_eq!(conclusion("it", "success"), Ok(Conclusion::Success));
        assert!(conclusion("it", "great").is_err());
    }
}
