//! The people of a server: a key each, and the list of those whose reviews count.

use super::{MAIN, SIGNERS};
use crate::scene::{Fault, Part, Scene};
use crate::world::{minutes, person};
use anyhow::Result;
use git2::build::TreeUpdateBuilder;
use git2::{FileMode, Oid, Repository, Signature, Time};
use portcullis_attest::key::SigningKey;
use portcullis_model::person::Account;
use portcullis_model::review::Permission;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// People by principal, with their addresses.
type People = BTreeMap<String, BTreeSet<String>>;

/// What the list calls an account: refs cannot hold brackets.
pub(super) fn principal_of(account: &Account) -> String {
    account.login.to_string().replace('[', "-").replace(']', "")
}

/// The key of a person, the same on every machine. It is worth nothing elsewhere.
pub(super) fn key_of(principal: &str) -> SigningKey {
    let mut seed = [7; 32];
    seed.iter_mut().zip(principal.bytes()).for_each(|(own, byte)| *own = byte);
    SigningKey::from_seed(&seed)
}

/// The list of an honest project: Kim writes, Robin and Alex review.
pub(super) fn write_honest() -> String {
    let mut people = People::new();
    people.entry("kim-example".into()).or_default().insert("kim@example.test".into());
    for login in ["robin-example", "alex-example"] {
        people.entry(principal_of(&person(login, 0))).or_default();
    }
    write_list(&people)
}

fn write_list(people: &People) -> String {
    let mut text = String::new();
    for (principal, addresses) in people {
        let names: Vec<&str> =
            std::iter::once(principal.as_str()).chain(addresses.iter().map(String::as_str)).collect();
        let key = key_of(principal).public_text().unwrap_or_default();
        let _ = writeln!(text, "{} namespaces=\"portcullis\" {key}", names.join(","));
    }
    text
}

/// The list of a scene: who may write, and who wrote.
fn list_of(scene: &Scene) -> String {
    let mut people = People::new();
    for (account, permission) in &scene.stage.world.permissions {
        if *permission >= Permission::Write {
            people.entry(principal_of(account)).or_default();
        }
    }
    for (address, account) in scene.stage.addresses() {
        people.entry(principal_of(&account)).or_default().insert(address);
    }
    write_list(&people)
}

/// The list as a fault shows it.
fn spoil_list(list: String, fault: &Fault) -> String {
    match fault {
        // The clone does not have it: see `clone`.
        Fault::Refused(_) => list,
        Fault::Garbled => "<html>Sign in</html>\n".to_string(),
        Fault::Cut => list.lines().take(1).map(|line| format!("{line}\n")).collect(),
    }
}

/// Is it the list that does not show this part?
pub(super) fn is_of_list(part: Part) -> bool {
    matches!(part, Part::Permissions | Part::Attribution)
}

/// Lands the list on the main branch where it is not what the project began with, and points the
/// branch there.
pub(super) fn land_signers(repository: &Repository, scene: &Scene) -> Result<Oid> {
    let faults = scene.faults.iter().filter(|(part, _)| is_of_list(*part));
    let list = faults.fold(list_of(scene), |list, (_, fault)| spoil_list(list, fault));
    let base = repository.find_commit(scene.stage.base)?;
    let tree = base.tree()?;
    let blob = repository.blob(list.as_bytes())?;
    let mut update = TreeUpdateBuilder::new();
    update.upsert(SIGNERS, blob, FileMode::Blob);
    let landed = repository.find_tree(update.create_updated(repository, &tree)?)?;
    let mut main = base.id();
    if landed.id() != tree.id() {
        let who = Signature::new("Dana Example", "dana@example.test", &Time::new(minutes(5).as_second(), 0))?;
        main = repository.commit(None, &who, &who, "The people of the server", &landed, &[&base])?;
    }
    repository.reference(MAIN, main, true, "demo")?;
    Ok(main)
}
