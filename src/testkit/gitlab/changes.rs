//! What the host does with requests that change settings, and what it refuses.

use super::{GitLabWorld, ProtectedRule, Pusher};
use serde_json::{Map, Value, json};

/// Settings as a request brings them.
pub type ChangeBody = Map<String, Value>;

/// Why a change was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusedChange {
    /// The status of the answer.
    pub status: u16,
    /// Its message.
    pub message: &'static str,
}

const NOT_FOUND: RefusedChange = RefusedChange { status: 404, message: "404 Not found" };
const NO_LICENCE: RefusedChange = RefusedChange { status: 403, message: "403 Forbidden" };

impl GitLabWorld {
    /// Changes a setting, as the API does: `place` is the address below that of the project.
    ///
    /// # Errors
    /// What GitLab refuses: a second rule of a kind that there is one of, and a rule that is not
    /// there.
    pub fn change(&mut self, method: &str, place: &[&str], body: &ChangeBody) -> Result<(), RefusedChange> {
        match (method, place) {
            ("POST", ["protected_branches"]) => self.protect(body),
            ("DELETE", ["protected_branches", name]) => self.unprotect(name),
            ("PATCH", ["protected_branches", name]) => self.change_rule(name, body),
            ("PUT", []) => {
                self.project.extend(body.clone());
                Ok(())
            }
            ("POST", ["approvals"]) => self.change_approvals(body),
            ("POST", ["approval_rules"]) => self.add_approval_rule(body),
            ("PUT", ["approval_rules", id]) => self.change_approval_rule(id, body),
            ("POST" | "PUT", ["push_rule"]) => self.change_push_rule(method, body),
            _ => Err(NOT_FOUND),
        }
    }

    fn protect(&mut self, body: &ChangeBody) -> Result<(), RefusedChange> {
        let name = body["name"].as_str().unwrap_or_default().to_string();
        if self.protected.iter().any(|rule| rule.name == name) {
            return Err(RefusedChange { status: 409, message: "Protected branch already exists" });
        }
        self.world.branch.protected |= name == self.world.branch.name.as_str();
        self.protected.push(ProtectedRule {
            name,
            push: pushers(body, "push"),
            merge: pushers(body, "merge"),
            force: is_true(body, "allow_force_push"),
            owners: self.licensed.is_some() && is_true(body, "code_owner_approval_required"),
            inherited: false,
        });
        Ok(())
    }

    fn unprotect(&mut self, name: &str) -> Result<(), RefusedChange> {
        self.own_rule(name)?;
        self.protected.retain(|rule| rule.name != name || rule.inherited);
        Ok(())
    }

    fn own_rule(&mut self, name: &str) -> Result<&mut ProtectedRule, RefusedChange> {
        self.protected.iter_mut().find(|rule| rule.name == name && !rule.inherited).ok_or(NOT_FOUND)
    }

    /// Who may push, and code owners, are only changed with a licence.
    fn change_rule(&mut self, name: &str, body: &ChangeBody) -> Result<(), RefusedChange> {
        let is_licensed = self.licensed.is_some();
        let rule = self.own_rule(name)?;
        if let Some(force) = body.get("allow_force_push").and_then(Value::as_bool) {
            rule.force = force;
        }
        if let (true, Some(owners)) = (is_licensed, body.get("code_owner_approval_required")) {
            rule.owners = *owners == json!(true);
        }
        let entries = body.get("allowed_to_push").and_then(Value::as_array).filter(|_| is_licensed);
        let old = rule.push.clone();
        let is_kept = |number: usize| {
            let id = json!(super::bodies::FIRST_ENTRY + number);
            !entries.into_iter().flatten().any(|entry| entry["id"] == id && entry["_destroy"] == json!(true))
        };
        rule.push =
            old.iter().enumerate().filter(|(number, _)| is_kept(*number)).map(|(_, it)| *it).collect();
        let added = entries.into_iter().flatten().filter(|entry| entry.get("id").is_none());
        rule.push.extend(added.map(pusher));
        Ok(())
    }

    fn change_approvals(&mut self, body: &ChangeBody) -> Result<(), RefusedChange> {
        let settings = &mut self.licensed.as_mut().ok_or(NO_LICENCE)?.settings;
        let mut changed = settings.clone();
        body.iter().for_each(|(key, value)| changed[key.as_str()] = value.clone());
        let both = ["reset_approvals_on_push", "selective_code_owner_removals"];
        if both.iter().all(|key| changed[*key] == json!(true)) {
            let message =
                "selective_code_owner_removals can only be enabled when retain_approvals_on_push is enabled";
            return Err(RefusedChange { status: 400, message });
        }
        *settings = changed;
        Ok(())
    }

    fn add_approval_rule(&mut self, body: &ChangeBody) -> Result<(), RefusedChange> {
        let rules = &mut self.licensed.as_mut().ok_or(NO_LICENCE)?.rules;
        if !rules.is_empty() {
            let message = "any-approver for the project already exists";
            return Err(RefusedChange { status: 400, message });
        }
        rules.push((body["name"].as_str().unwrap_or_default().to_string(), count(body)));
        Ok(())
    }

    fn change_approval_rule(&mut self, id: &str, body: &ChangeBody) -> Result<(), RefusedChange> {
        let rules = &mut self.licensed.as_mut().ok_or(NO_LICENCE)?.rules;
        let mut numbered = (super::bodies::FIRST_RULE..).zip(rules);
        let (_, rule) = numbered.find(|(number, _)| number.to_string() == id).ok_or(NOT_FOUND)?;
        rule.1 = count(body);
        Ok(())
    }

    /// The first push rules are made, others are changed.
    fn change_push_rule(&mut self, method: &str, body: &ChangeBody) -> Result<(), RefusedChange> {
        let rule = &mut self.licensed.as_mut().ok_or(NO_LICENCE)?.push_rule;
        match (method, rule.is_null()) {
            ("POST", false) => {
                return Err(RefusedChange { status: 422, message: "Project push rule exists" });
            }
            ("PUT", true) => return Err(NOT_FOUND),
            ("POST", true) => *rule = json!({ "id": 1 }),
            _ => (),
        }
        body.iter().for_each(|(key, value)| rule[key.as_str()] = value.clone());
        Ok(())
    }
}

fn is_true(body: &ChangeBody, key: &str) -> bool {
    body.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn count(body: &ChangeBody) -> u64 {
    body["approvals_required"].as_u64().unwrap_or_default()
}

/// Maintainers, where a request does not say who.
fn pushers(body: &ChangeBody, kind: &str) -> Vec<Pusher> {
    match body.get(&format!("allowed_to_{kind}")).and_then(Value::as_array) {
        Some(entries) => entries.iter().map(pusher).collect(),
        None => {
            let level = body.get(&format!("{kind}_access_level")).and_then(Value::as_u64);
            vec![Pusher::Level(level.unwrap_or(40))]
        }
    }
}

fn pusher(entry: &Value) -> Pusher {
    let number = |key: &str| entry[key].as_u64();
    if let Some(id) = number("user_id") {
        Pusher::User(id)
    } else if let Some(id) = number("group_id") {
        Pusher::Group(id)
    } else if let Some(id) = number("deploy_key_id") {
        Pusher::Key(id)
    } else {
        Pusher::Level(number("access_level").unwrap_or_default())
    }
}
