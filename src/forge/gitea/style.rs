//! The ways of the API that Gitea and Forgejo have in common (Gitea docs, "API Usage"; Forgejo
//! docs, "API Usage", with its parts on pagination and on scopes of tokens).

use crate::http::{ApiStyle, LimitStyle, PageStyle};
use portcullis_model::fact::Gap;
use serde_json::Value;

/// How to talk to the API of a Gitea.
pub(super) static GITEA: ApiStyle = ApiStyle {
    product: "Gitea",
    token_rejected: "Give a token that the host accepts: the one that was sent has expired, was taken back, or is another host's.",
    token_missing: |_| {
        "No token was sent: set GITEA_TOKEN (in a job under `env`, from a secret).".to_string()
    },
    ..COMMON
};

/// How to talk to the API of a Forgejo.
pub(super) static FORGEJO: ApiStyle = ApiStyle {
    product: "Forgejo",
    token_rejected: "Give a token that the host accepts: the one that was sent has expired, was taken back, or is another host's.",
    token_missing: |_| {
        "No token was sent: set FORGEJO_TOKEN (in a job under `env`, from a secret).".to_string()
    },
    ..COMMON
};

const COMMON: ApiStyle = ApiStyle {
    product: "",
    headers: &[("accept", "application/json")],
    authorization: |token| ("authorization", format!("token {token}")),
    is_json: |kind| kind == "application/json",
    disclaimer: disclaimer_in,
    permission_header: None,
    token_rejected: "",
    permission_missing: "Give a token that may read it, and check the name.",
    token_missing: |_| String::new(),
    limits: LimitStyle {
        remaining: "x-ratelimit-remaining",
        reset: "x-ratelimit-reset",
        phrases: &["rate limit", "too many requests"],
    },
    pages: PageStyle {
        size_parameter: "limit",
        size: 50,
        number_parameter: "page",
        position_parameters: &["page"],
        identity: item_identity,
        may_repeat: |_| false,
        number_headers: None,
        links_spell_defaults: false,
        is_alias: |_, _| false,
    },
};

/// A refusal under a status that means success: nothing that is asked for has a `message` of its
/// own at the top.
fn disclaimer_in(value: &Value) -> Option<String> {
    let message = value.as_object()?.get("message")?.as_str()?;
    Some(format!("it is a message: {}", message.chars().take(200).collect::<String>()))
}

/// Tells an item from the others of its list: its number, or the name of its commit, or all of it.
pub(super) fn item_identity(item: &Value) -> String {
    let name = ["id", "sha"].into_iter().find_map(|name| item.get(name).filter(|value| !value.is_null()));
    name.unwrap_or(item).to_string()
}

/// The gap; where the host says which scope a token lacks, with the advice to give it that scope.
/// Both hosts say it in the message alone: "token does not have at least one of required scope(s)",
/// with the scopes in brackets behind it.
pub(super) fn name_scope(gap: Gap) -> Gap {
    let Some((_, said)) = gap.detail.split_once("required scope") else { return gap };
    let scopes = said.split_once('[').and_then(|(_, rest)| rest.split_once(']'));
    let Some((scopes, _)) = scopes else { return gap };
    let scopes: Vec<&str> = scopes.split([' ', ',']).filter(|scope| !scope.is_empty()).collect();
    let remedy = format!("Give the token the scope `{}`.", scopes.join("` or `"));
    Gap { remedy, ..gap }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_model::fact::GapReason;

    #[test]
    fn a_refusal_names_the_scope_that_a_token_lacks() {
        let remedy =
            |detail: &str| name_scope(Gap::new("it", GapReason::NotVisible, detail, "no advice")).remedy;
        for said in [
            "the host answered 403 token does not have at least one of required scope(s): [read:repository]",
            "the host answered 403 token does not have at least one of required scope(s), required=[read:repository], token \
             scope=read:user",
        ] {
            assert_eq!(remedy(said), "Give the token the scope `read:repository`.");
        }
        assert_eq!(remedy("the host answered 403"), "no advice");
        assert_eq!(remedy("the host answered 403 required scope"), "no advice");
    }

    #[test]
    fn a_message_is_no_answer() {
        let of = |text: &str| disclaimer_in(&serde_json::from_str(text).unwrap()).is_some();
        assert!(of(r#"{"message": "Not Found", "url": "https://git.example.test/api/swagger"}"#));
        assert!(!of(r#"{"sha": "1", "commit": {"message": "Load"}}"#));
        assert!(!of(r#"[{"message": "Load"}]"#));
    }
}
