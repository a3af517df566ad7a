//! What the policy writes under `[controls.protected-branch]`, checked: nothing vacuous gets past
//! this file.
//!
//! Settings become a list of [`Rule`]s, the same words in which a host's protection is told. A type
//! that checks a whole table is in a newtype, because TOML errors get the place of the
//! newtype's text.

use crate::control::shared::host_id::HostId;
use crate::control::shared::text::InvalidSetting;
use portcullis_model::id::ActorId;
use portcullis_model::person::Login;
use portcullis_model::protection::{ActorKind, Rule};
use serde::Deserialize;
use std::num::NonZeroU64;

/// The checked settings.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "WrittenProtection"))]
#[serde(try_from = "WrittenProtection")]
pub struct Settings {
    /// The rules that the branch must impose, in the order in which they are judged.
    pub wanted: Vec<Rule>,
    /// The actors that may bypass them.
    pub allowed: Vec<AllowedActor>,
    /// What stands in for a bypass list that the host hides; `None`: nothing does.
    pub hidden_bypass: Option<HiddenBypass>,
}

/// The people whose word the policy takes in place of a hidden bypass list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "WrittenHiddenBypass"))]
#[serde(try_from = "WrittenHiddenBypass")]
pub struct HiddenBypass {
    /// All who may administer the repository.
    pub administrators: Vec<Login>,
    /// Why they may: carried into the finding.
    pub reason: String,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct WrittenHiddenBypass {
    /// The logins of all who may administer the repository or own its organisation.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    administrators: Vec<Login>,
    /// Why these people are enough; every finding shows it.
    reason: String,
}

impl TryFrom<WrittenHiddenBypass> for HiddenBypass {
    type Error = InvalidSetting;

    fn try_from(raw: WrittenHiddenBypass) -> Result<Self, InvalidSetting> {
        let WrittenHiddenBypass { administrators, reason } = raw;
        let is_odd = |login: &Login| {
            let odd = |c: char| c.is_whitespace() || c.is_control() || c == '@' || c == '/';
            login.as_str().is_empty() || login.as_str().contains(odd)
        };
        if administrators.is_empty() {
            return Err("an empty list names no one, and a repository always has administrators".into());
        }
        if let Some(login) = administrators.iter().find(|login| is_odd(login)) {
            return Err(InvalidSetting::from(format!("`{login}` is not a login")));
        }
        if reason.trim().is_empty() {
            return Err("say why these people are enough".into());
        }
        Ok(HiddenBypass { administrators, reason })
    }
}

/// An actor that may bypass the wanted rules, and why.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "RawAllowed"))]
#[serde(try_from = "RawAllowed")]
pub struct AllowedActor {
    /// Its kind.
    pub kind: ActorKind,
    /// The host's identifier; `None` for kinds that have none.
    pub id: Option<ActorId>,
    /// Why it may: carried into the finding.
    pub reason: String,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenProtection {
    /// `true`: changes land only through a change request.
    change_request: Option<RequiredSwitch>,
    /// How many approvals the host must require.
    approvals: Option<NonZeroU64>,
    /// `true`: a new commit dismisses earlier approvals.
    dismiss_stale: Option<RequiredSwitch>,
    /// `true`: the owners of the touched files must approve (CODEOWNERS).
    code_owners: Option<RequiredSwitch>,
    /// `true`: someone other than the last to push must approve.
    last_push_approval: Option<RequiredSwitch>,
    /// The checks that the host must require, each with the app, the pipeline or the service that
    /// must report it.
    checks: Option<Checks>,
    /// `true`: the pipeline of the change must succeed, on hosts that require pipelines and not
    /// single checks.
    pipeline: Option<RequiredSwitch>,
    /// `true`: the request must be up to date with the branch before it merges.
    up_to_date: Option<RequiredSwitch>,
    /// `"blocked"`: no one rewrites the history of the branch.
    force_push: Option<Blocked>,
    /// `"blocked"`: no one deletes the branch.
    deletion: Option<Blocked>,
    /// `true`: the rules bind administrators. They must in any case; write the key to say so.
    // Accepted so that a policy can say it; it is so without the key, too.
    #[serde(rename = "administrators")]
    _administrators: Option<AlwaysBound>,
    /// The actors that may bypass the rules, each with a reason. Default: none.
    #[serde(default)]
    bypass: AllowedActors,
    /// The people who may administer the repository. With it, a bypass list that the host hides is
    /// proved by who can change it. Default: a hidden list is unproven.
    hidden_bypass: Option<HiddenBypass>,
    /// `true`: every review conversation must be resolved.
    conversation_resolution: Option<RequiredSwitch>,
    /// `true`: every commit must have a signature that the host verified.
    signed_commits: Option<RequiredSwitch>,
    /// `true`: the branch has no merge commits.
    linear_history: Option<RequiredSwitch>,
}

impl TryFrom<WrittenProtection> for Settings {
    type Error = InvalidSetting;

    fn try_from(raw: WrittenProtection) -> Result<Self, InvalidSetting> {
        let wanted = raw.rules();
        if wanted.is_empty() {
            return Err("nothing is required, so every branch would pass; \
                        set at least one requirement, for example `change-request = true`"
                .into());
        }
        Ok(Settings { wanted, allowed: raw.bypass.0, hidden_bypass: raw.hidden_bypass })
    }
}

impl WrittenProtection {
    fn rules(&self) -> Vec<Rule> {
        let on = |switch: Option<RequiredSwitch>, rule: Rule| switch.map(|_| rule);
        let blocked = |word: Option<Blocked>, rule: Rule| word.map(|_| rule);
        let before = [
            on(self.change_request, Rule::ChangeRequest),
            self.approvals.map(|count| Rule::Approvals(count.get())),
            on(self.dismiss_stale, Rule::DismissStale),
            on(self.code_owners, Rule::CodeOwners),
            on(self.last_push_approval, Rule::LastPushApproval),
            on(self.conversation_resolution, Rule::ConversationResolution),
        ];
        let after = [
            on(self.pipeline, Rule::Pipeline),
            on(self.up_to_date, Rule::UpToDate),
            blocked(self.force_push, Rule::NoForcePush),
            blocked(self.deletion, Rule::NoDeletion),
            on(self.signed_commits, Rule::SignedCommits),
            on(self.linear_history, Rule::LinearHistory),
        ];
        let checks = self.checks.iter().flat_map(|checks| checks.0.iter().cloned());
        before.into_iter().flatten().chain(checks).chain(after.into_iter().flatten()).collect()
    }
}

/// `true`. There is no `false`: it would read like a rule and be none.
#[derive(Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "bool", extend("const" = true)))]
#[serde(try_from = "bool")]
struct RequiredSwitch;

impl TryFrom<bool> for RequiredSwitch {
    type Error = &'static str;

    fn try_from(on: bool) -> Result<Self, Self::Error> {
        on.then_some(RequiredSwitch).ok_or("`false` requires nothing; leave the key out")
    }
}

/// `true`: the rules bind administrators, too.
#[derive(Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "bool", extend("const" = true)))]
#[serde(try_from = "bool")]
struct AlwaysBound;

impl TryFrom<bool> for AlwaysBound {
    type Error = &'static str;

    fn try_from(bound: bool) -> Result<Self, Self::Error> {
        bound.then_some(AlwaysBound).ok_or(
            "the rules always apply to administrators; to let them bypass, name them with a reason: \
             `bypass = [{ kind = \"administrators\", reason = \"…\" }]`",
        )
    }
}

/// `"blocked"`.
#[derive(Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
enum Blocked {
    Blocked,
}

/// Checks pinned to their apps; not empty, and none twice.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "Vec<PinnedCheckEntry>"))]
#[serde(try_from = "Vec<PinnedCheckEntry>")]
struct Checks(Vec<Rule>);

impl TryFrom<Vec<PinnedCheckEntry>> for Checks {
    type Error = InvalidSetting;

    fn try_from(entries: Vec<PinnedCheckEntry>) -> Result<Self, InvalidSetting> {
        if entries.is_empty() {
            return Err("an empty list requires no check; name one or leave the key out".into());
        }
        let rules: Vec<Rule> = entries.into_iter().map(|entry| entry.0.0).collect();
        match first_duplicate(&rules) {
            Some(rule @ Rule::Check { .. }) => Err(named_twice(rule, "app")),
            Some(rule @ Rule::PipelineCheck { .. }) => Err(named_twice(rule, "pipeline")),
            Some(rule) => Err(named_twice(rule, "service")),
            None => Ok(Checks(rules)),
        }
    }
}

fn named_twice(rule: &Rule, writer: &str) -> InvalidSetting {
    let name = rule.check_name().unwrap_or_default();
    InvalidSetting::from(format!("the check `{name}` of this {writer} is named twice"))
}

/// In a newtype for the place of its errors; see the head of this file.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PinnedCheckEntry(PinnedCheck);

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "RawCheck"))]
#[serde(try_from = "RawCheck")]
struct PinnedCheck(Rule);

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct RawCheck {
    /// The name of the check.
    name: String,
    /// The number of the app that must report the check: 15368 is GitHub Actions on github.com.
    app: Option<u64>,
    /// The project whose pipeline must report the check, as the host names it, in place of `app`.
    pipeline: Option<String>,
    /// The number of the external service that must report the check, in place of `app`.
    #[cfg_attr(test, schemars(default, schema_with = "crate::control::schema::text_or_number"))]
    service: Option<HostId>,
}

impl TryFrom<RawCheck> for PinnedCheck {
    type Error = InvalidSetting;

    fn try_from(raw: RawCheck) -> Result<Self, InvalidSetting> {
        let RawCheck { name, app, pipeline, service } = raw;
        match (app, pipeline, service) {
            _ if name.is_empty() => Err("a check needs a name".into()),
            (_, Some(project), _) if project.is_empty() => {
                Err("a pipeline needs the name of its project".into())
            }
            (Some(app), None, None) => Ok(PinnedCheck(Rule::Check { name, app: Some(app.into()) })),
            (None, Some(project), None) => Ok(PinnedCheck(Rule::PipelineCheck { name, project })),
            (None, None, Some(service)) => {
                Ok(PinnedCheck(Rule::ServiceCheck { name, service: service.0.into() }))
            }
            (None, None, None) => Err("anyone can write a check without an app; add the app's number, \
                                       for example `app = 15368` for GitHub Actions on github.com"
                .into()),
            _ => Err("write one of `app`, `pipeline` and `service`".into()),
        }
    }
}

/// The actors that may bypass; none twice.
#[derive(Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "Vec<ActorEntry>"))]
#[serde(try_from = "Vec<ActorEntry>")]
struct AllowedActors(Vec<AllowedActor>);

impl TryFrom<Vec<ActorEntry>> for AllowedActors {
    type Error = InvalidSetting;

    fn try_from(entries: Vec<ActorEntry>) -> Result<Self, InvalidSetting> {
        let actors: Vec<AllowedActor> = entries.into_iter().map(|entry| entry.0).collect();
        let keys: Vec<_> = actors.iter().map(|actor| (actor.kind, actor.id.as_ref())).collect();
        match first_duplicate(&keys) {
            Some(_) => Err("an actor is named twice".into()),
            None => Ok(AllowedActors(actors)),
        }
    }
}

/// In a newtype for the place of its errors; see the head of this file.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ActorEntry(AllowedActor);

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct RawAllowed {
    /// What the actor is.
    #[cfg_attr(test, schemars(schema_with = "crate::control::schema::actor"))]
    kind: ActorKind,
    /// The number of the actor on the host, or its identifier where that is a text. A level of
    /// access is a `repository-role` with its number. Administrators, organisation owners, deploy
    /// keys, writers and people with access to the server have none.
    #[cfg_attr(test, schemars(default, schema_with = "crate::control::schema::text_or_number"))]
    id: Option<HostId>,
    /// Why the actor may bypass the rules; every finding shows it.
    reason: String,
}

impl TryFrom<RawAllowed> for AllowedActor {
    type Error = InvalidSetting;

    fn try_from(raw: RawAllowed) -> Result<Self, InvalidSetting> {
        if raw.reason.trim().is_empty() {
            return Err("say why this actor may bypass the rules".into());
        }
        if raw.kind == ActorKind::Other {
            return Err("an actor of an unknown kind cannot be allowed to bypass".into());
        }
        match (has_number(raw.kind), raw.id) {
            (true, None) => Err("an actor of this kind needs its number: `id = …`".into()),
            (false, Some(_)) => Err("an actor of this kind has no number; leave `id` out".into()),
            (_, id) => Ok(AllowedActor { kind: raw.kind, id: id.map(|id| id.0.into()), reason: raw.reason }),
        }
    }
}

/// Does an actor of this kind have a number of its own? (GitHub REST,
/// `repository-ruleset-bypass-actor`: the number of `OrganizationAdmin` is always 1, that of
/// `DeployKey` null; classic protection has only "administrators".)
pub fn has_number(kind: ActorKind) -> bool {
    !matches!(
        kind,
        ActorKind::Administrators
            | ActorKind::OrganizationAdmin
            | ActorKind::DeployKey
            | ActorKind::Writers
            | ActorKind::ServerAccess
    )
}

/// The first item that is in the list again.
fn first_duplicate<T: PartialEq>(items: &[T]) -> Option<&T> {
    items.iter().enumerate().find(|(at, item)| items[..*at].contains(item)).map(|(_, item)| item)
}
