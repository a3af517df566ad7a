//! The JSON of who can change what protects the branch.

use super::routes::Found;
use super::{Endpoint, World};
use serde_json::{Map, Value, json};

impl World {
    pub(super) fn route_organization(&self, organisation: &str, rest: &[&str]) -> Option<(Endpoint, Found)> {
        let seen = &self.administration;
        let is_ours = seen.is_organization && self.organisation_name() == organisation;
        let roles = |field, roles: &[(u64, String, Vec<String>)]| {
            Found::Counted(field, roles.iter().map(|role| self.role_body(role)).collect())
        };
        let found =
            |endpoint, found| Some((endpoint, if is_ours { found } else { Found::Missing("Not Found") }));
        match rest {
            [] => found(Endpoint::Organization, Found::One(self.organization_body())),
            ["members"] => {
                let owners = seen.owners.iter().map(|account| self.user(account)).collect();
                found(Endpoint::Owners, Found::List(owners))
            }
            ["installations"] => {
                found(Endpoint::Installations, Found::Counted("installations", self.installation_bodies()))
            }
            ["custom-repository-roles"] => found(
                Endpoint::RepositoryRoles,
                seen.repository_roles
                    .as_ref()
                    .map_or(Found::Missing("Not Found"), |all| roles("custom_roles", all)),
            ),
            ["organization-roles"] => {
                found(Endpoint::OrganizationRoles, roles("roles", &seen.organization_roles))
            }
            _ => None,
        }
    }

    fn organisation_name(&self) -> &str {
        self.repository.split('/').next().unwrap_or_default()
    }

    pub(super) fn owned_repository_body(&self) -> Value {
        let mut body = self.repository_body(&self.repository);
        let kind = if self.administration.is_organization { "Organization" } else { "User" };
        if let Some(owner) = body.pointer_mut("/owner/type") {
            *owner = json!(kind);
        }
        body
    }

    fn organization_body(&self) -> Value {
        let url = format!("{}/orgs/{}", self.address, self.organisation_name());
        let mut body = json!({ "login": self.organisation_name(), "id": 90, "node_id": "O_90", "url": url, "type": "Organization" });
        if let (Some(plan), Some(fields)) = (&self.administration.plan, body.as_object_mut()) {
            fields
                .insert("plan".into(), json!({ "name": plan, "space": 1, "private_repos": 10, "seats": 5 }));
        }
        body
    }

    /// All collaborators are people with a permission, and the administrators.
    pub(super) fn collaborator_bodies(&self, query: &[(&str, String)]) -> Vec<Value> {
        let only_admins = query.iter().any(|(key, value)| *key == "permission" && value == "admin");
        let admins = self.administration.administrators.iter().map(|account| (account, true));
        let others = self.permissions.iter().filter(|_| !only_admins).map(|(account, _)| (account, false));
        admins
            .chain(others)
            .map(|(account, admin)| {
                let mut body = self.user(account);
                if let Some(fields) = body.as_object_mut() {
                    let rights = json!({ "admin": admin, "maintain": admin, "push": true, "triage": true, "pull": true });
                    fields.insert("permissions".into(), rights);
                    fields.insert("role_name".into(), json!(if admin { "admin" } else { "write" }));
                }
                body
            })
            .collect()
    }

    fn installation_bodies(&self) -> Vec<Value> {
        let body = |app: &super::InstalledApp| {
            let url = format!("{}/app/installations/{}", self.address, app.id);
            let rights: Map<String, Value> =
                app.permissions.iter().map(|(name, level)| (name.clone(), json!(level))).collect();
            json!({
                "id": 1000 + app.id, "app_id": app.id, "app_slug": app.slug, "target_id": 90,
                "target_type": "Organization", "permissions": rights, "events": [], "repository_selection": "all",
                "access_tokens_url": format!("{url}/access_tokens"), "repositories_url": url, "html_url": url,
                "created_at": "2026-01-05T08:00:00Z", "updated_at": "2026-01-05T08:00:00Z",
                "single_file_name": null, "account": { "login": self.organisation_name(), "id": 90, "type": "Organization" },
                "suspended_at": app.is_suspended.then_some("2026-01-06T08:00:00Z"), "suspended_by": null,
            })
        };
        self.administration.apps.iter().map(body).collect()
    }

    pub(super) fn deploy_key_bodies(&self) -> Vec<Value> {
        let body = |(id, title, read_only): &(u64, String, bool)| {
            let url = format!("{}/repos/{}/keys/{id}", self.address, self.repository);
            json!({
                "id": id, "key": "ssh-ed25519 AAAA", "url": url, "title": title, "verified": true,
                "created_at": "2026-01-05T08:00:00Z", "read_only": read_only,
            })
        };
        self.administration.deploy_keys.iter().map(body).collect()
    }

    fn role_body(&self, (id, name, permissions): &(u64, String, Vec<String>)) -> Value {
        json!({
            "id": id, "name": name, "description": null, "base_role": "read", "permissions": permissions,
            "organization": { "login": self.organisation_name(), "id": 90, "type": "Organization" },
            "created_at": "2026-01-05T08:00:00Z", "updated_at": "2026-01-05T08:00:00Z",
        })
    }
}
