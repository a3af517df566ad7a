//! The clone: the branches as the server has them, and what a fault leaves out of it.

use super::reviews::STATEMENT_FILE;
use super::server::{PUSH_FILE, PUSHES, STATE, STATE_FILE};
use super::signers::is_of_list;
use super::{SIGNERS, append_file};
use crate::scene::{Fault, Part, Scene};
use crate::world::minutes;
use anyhow::Result;
use git2::{Oid, Repository};
use portcullis_model::signed::REVIEWS_PREFIX;
use std::path::{Path, PathBuf};

/// The branch as the clone knows it.
const TRACKING: &str = "refs/remotes/origin/main";

/// What is there in the place of something else.
const GARBAGE: &[u8] = b"<html>Sign in</html>\n";

/// Makes the repository of the stage a clone, with everything fetched but for the faults.
pub(super) fn make_clone(repository: &Repository, scene: &Scene, main: Oid) -> Result<()> {
    repository.reference(TRACKING, main, true, "demo")?;
    for (part, fault) in &scene.faults {
        match part {
            Part::Request => spoil_object(repository, scene.stage.head(), fault)?,
            Part::Branch => spoil_file(&repository.path().join(TRACKING), fault)?,
            Part::Reviews => {
                for chain in references_below(repository, REVIEWS_PREFIX)? {
                    spoil_chain(repository, &chain, STATEMENT_FILE, fault)?;
                }
            }
            Part::Pushes => spoil_chain(repository, PUSHES, PUSH_FILE, fault)?,
            Part::Protection => spoil_chain(repository, STATE, STATE_FILE, fault)?,
            part if is_of_list(*part) && matches!(fault, Fault::Refused(_)) => {
                let tree = repository.find_commit(main)?.tree()?;
                spoil_object(repository, tree.get_path(Path::new(SIGNERS))?.id(), fault)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn references_below(repository: &Repository, prefix: &str) -> Result<Vec<String>> {
    let found = repository.references_glob(&format!("{prefix}*"))?;
    let names = found.filter_map(|reference| Some(reference.ok()?.name().ok()?.to_string()));
    Ok(names.collect())
}

/// A chain that is not there (404), whose commits are not there, that ends in something else, or of
/// which only the tip is there.
fn spoil_chain(repository: &Repository, reference: &str, file: &str, fault: &Fault) -> Result<()> {
    match fault {
        Fault::Refused(404) => Ok(repository.find_reference(reference)?.delete()?),
        Fault::Refused(_) => {
            spoil_object(repository, repository.find_reference(reference)?.peel_to_commit()?.id(), fault)
        }
        Fault::Garbled => append_file(repository, reference, (file, GARBAGE), minutes(90)).map(drop),
        Fault::Cut => {
            let tip = repository.find_reference(reference)?.peel_to_commit()?;
            let before: Vec<Oid> = tip.parent_ids().collect();
            before.into_iter().try_for_each(|id| spoil_object(repository, id, &Fault::Refused(404)))
        }
    }
}

fn spoil_object(repository: &Repository, id: Oid, fault: &Fault) -> Result<()> {
    let name = id.to_string();
    let (folder, file) = name.split_at(2);
    spoil_file(&repository.path().join("objects").join(folder).join(file), fault)
}

/// A list can be cut, one thing cannot.
fn spoil_file(file: &PathBuf, fault: &Fault) -> Result<()> {
    match fault {
        Fault::Cut => return Ok(()),
        _ => std::fs::remove_file(file)?,
    }
    if *fault == Fault::Garbled {
        std::fs::write(file, GARBAGE)?;
    }
    Ok(())
}
