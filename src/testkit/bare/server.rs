//! The repository on the server: its objects and refs, the push log, the hook and the settings.

use super::{MAIN, append_file};
use crate::scene::Scene;
use crate::stage::revision;
use crate::world::{Activity, minutes};
use anyhow::Result;
use git2::{Oid, Repository};
use jiff::Timestamp;
use portcullis_forge::bare::HOOK_CHECKS;
use portcullis_model::change::Revision;
use portcullis_model::digest::Digest;
use portcullis_model::protection::Rule;
use portcullis_model::signed::REVIEWS_PREFIX;
use portcullis_wire::server::v1::{PushV1, ServerCheckV1, ServerV1, UpdateV1, VERSION};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use tempfile::TempDir;

/// The refs that the hook of the server writes.
pub(super) const PUSHES: &str = "refs/portcullis/pushes";
/// See [`PUSHES`].
pub(super) const STATE: &str = "refs/portcullis/server";

/// The file of a push in the log.
pub(super) const PUSH_FILE: &str = "push.json";
/// The file of the state of the server.
pub(super) const STATE_FILE: &str = "server.json";

const HOOKS: [(&str, &str); 2] =
    [("pre-receive", "portcullis.preReceive"), ("post-receive", "portcullis.postReceive")];

/// Settings that `portcullis hook install` writes and that protect no branch.
const OTHER_SETTINGS: [&str; 2] = ["receive.fsckObjects", "receive.advertisePushOptions"];

/// Writes the log: Dana pushed what the project began with, then whatever the scene says.
pub(super) fn log_pushes(repository: &Repository, scene: &Scene) -> Result<()> {
    let mut tips: BTreeMap<String, Revision> = BTreeMap::new();
    let first = Activity {
        branch: scene.stage.world.branch.name.clone(),
        after: revision(scene.stage.base)?,
        actor: Some(crate::world::person("dana-example", 19)),
        at: minutes(1),
    };
    for push in std::iter::once(&first).chain(&scene.stage.world.activity) {
        let reference = format!("refs/heads/{}", push.branch);
        let before = tips.insert(reference.clone(), push.after.clone());
        let entry = describe_push(repository, push, reference, before)?;
        append_file(repository, PUSHES, (PUSH_FILE, &serde_json::to_vec(&entry)?), push.at)?;
    }
    log_reviews(repository)
}

/// Each reviewer pushed the own chain.
fn log_reviews(repository: &Repository) -> Result<()> {
    for reference in repository.references_glob(&format!("{REVIEWS_PREFIX}*"))? {
        let reference = reference?;
        let (name, tip) = (reference.name()?.to_string(), reference.peel_to_commit()?.id());
        let after = revision(tip)?;
        let update = UpdateV1 {
            reference: name.clone(),
            before: None,
            after: Some((&after).into()),
            merged: Vec::new(),
        };
        let entry = PushV1 {
            schema: VERSION,
            time: minutes(80).to_string(),
            principal: name.strip_prefix(REVIEWS_PREFIX).map(ToString::to_string),
            source: "the key of the login".to_string(),
            request: None,
            updates: vec![update],
            certificate: None,
        };
        append_file(repository, PUSHES, (PUSH_FILE, &serde_json::to_vec(&entry)?), minutes(80))?;
    }
    Ok(())
}

fn describe_push(
    repository: &Repository,
    push: &Activity,
    reference: String,
    before: Option<Revision>,
) -> Result<PushV1> {
    let merged = merged_by(repository, before.as_ref(), &push.after)?;
    let update = UpdateV1 {
        reference,
        before: before.as_ref().map(Into::into),
        after: Some((&push.after).into()),
        merged: merged.iter().map(Into::into).collect(),
    };
    Ok(PushV1 {
        schema: VERSION,
        time: push.at.to_string(),
        principal: push.actor.as_ref().map(super::signers::principal_of),
        source: "the key of the login".to_string(),
        request: None,
        updates: vec![update],
        certificate: None,
    })
}

/// The parents, but the first, of the merges that a push brought.
fn merged_by(repository: &Repository, before: Option<&Revision>, after: &Revision) -> Result<Vec<Revision>> {
    let mut walk = repository.revwalk()?;
    walk.push(Oid::from_str(after.as_str())?)?;
    if let Some(before) = before {
        walk.hide(Oid::from_str(before.as_str())?)?;
    }
    let mut merged = Vec::new();
    for commit in walk {
        for parent in repository.find_commit(commit?)?.parent_ids().skip(1) {
            merged.push(revision(parent)?);
        }
    }
    Ok(merged)
}

/// Writes the repository on the server, with the hook as the scene has it, and what the hook says
/// of itself to clones.
pub(super) fn write_server(repository: &Repository, scene: &Scene, main: Oid) -> Result<TempDir> {
    let settings = settings_of(&scene.protection.rules);
    let is_gated = scene.protection.rules.contains(&Rule::ChangeRequest);
    append_file(repository, STATE, (STATE_FILE, &write_state(is_gated, &settings)?), minutes(2))?;
    let server = tempfile::Builder::new().prefix("portcullis-").suffix(".git").tempdir()?;
    let directory = server.path();
    for part in ["objects/info", "objects/pack", "refs/heads"] {
        std::fs::create_dir_all(directory.join(part))?;
    }
    // Tests begin thousands: the objects are there once, and the refs are in one file.
    let objects = repository.path().join("objects").canonicalize()?;
    std::fs::write(directory.join("objects/info/alternates"), format!("{}\n", objects.display()))?;
    std::fs::write(directory.join("packed-refs"), list_references(repository, main)?)?;
    std::fs::write(directory.join("HEAD"), format!("ref: {MAIN}\n"))?;
    let hooks = if is_gated { write_hooks(directory)? } else { Vec::new() };
    write_config(directory, settings.iter().map(|name| (*name, "true".to_string())).chain(hooks))?;
    Ok(server)
}

/// The settings of git that hold.
fn settings_of(rules: &[Rule]) -> Vec<&'static str> {
    let of_rules =
        [(Rule::NoDeletion, "receive.denyDeletes"), (Rule::NoForcePush, "receive.denyNonFastForwards")];
    let held = of_rules.into_iter().filter(|(rule, _)| rules.contains(rule)).map(|(_, name)| name);
    held.chain(OTHER_SETTINGS).collect()
}

fn write_state(is_gated: bool, settings: &[&str]) -> Result<Vec<u8>> {
    let check = |name: &str, holds: bool| ServerCheckV1 {
        name: name.to_string(),
        holds: Some(holds),
        found: if holds { "it is there" } else { "it is not there" }.to_string(),
    };
    let hook = HOOK_CHECKS.iter().map(|name| check(name, is_gated || *name == "hooks-path"));
    let switches = ["receive.denyDeletes", "receive.denyNonFastForwards"];
    let switches = switches.iter().map(|name| check(name, settings.contains(name)));
    let state = ServerV1 {
        schema: VERSION,
        time: Timestamp::to_string(&minutes(2)),
        tool: "portcullis of the demonstration".to_string(),
        checks: hook.chain(switches).collect(),
    };
    Ok(serde_json::to_vec(&state)?)
}

/// Writes the hooks, and returns the settings that pin them.
fn write_hooks(directory: &Path) -> Result<Vec<(&'static str, String)>> {
    let hooks = directory.join("hooks");
    std::fs::create_dir_all(&hooks)?;
    let mut pinned = Vec::new();
    for (hook, setting) in HOOKS {
        let text =
            format!("#!/bin/sh\n# Written by `portcullis hook install`.\nexec portcullis hook {hook}\n");
        let file = hooks.join(hook);
        std::fs::write(&file, &text)?;
        make_executable(&file)?;
        pinned.push((setting, Digest::of(text.as_bytes()).to_string()));
    }
    Ok(pinned)
}

#[cfg(unix)]
fn make_executable(file: &Path) -> Result<()> {
    Ok(std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o755))?)
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> Result<()> {
    Ok(())
}

fn write_config<'a>(directory: &Path, settings: impl Iterator<Item = (&'a str, String)>) -> Result<()> {
    let mut text = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n".to_string();
    for (name, value) in settings {
        let (section, name) = name.split_once('.').unwrap_or(("portcullis", name));
        let _ = writeln!(text, "[{section}]\n\t{name} = {value}");
    }
    Ok(std::fs::write(directory.join("config"), text)?)
}

/// The refs of the server, as git packs them (git-pack-refs(1)).
fn list_references(repository: &Repository, main: Oid) -> Result<String> {
    let mut lines = BTreeMap::from([(MAIN.to_string(), main)]);
    for reference in repository.references()? {
        let reference = reference?;
        if let (Ok(name), Some(target)) = (reference.name(), reference.target()) {
            lines.entry(name.to_string()).or_insert(target);
        }
    }
    let mut text = "# pack-refs with: sorted\n".to_string();
    for (name, target) in lines {
        let _ = writeln!(text, "{target} {name}");
    }
    Ok(text)
}
