//! A made-up git server without a host: the scene as a bare repository and a clone of it.
//!
//! | in the scene | on the server |
//! | --- | --- |
//! | a review | a signed statement in the chain of the reviewer |
//! | it was withdrawn | one more statement |
//! | the account is gone | the key is not among the allowed signers |
//! | who may write | the allowed signers |
//! | the base branch was changed | reviews from before are for another branch |
//! | who pushed | the push log |
//! | what protects the branch | the hook and the settings of the server |
//! | a part is not shown | refs or objects are not in the clone, or are not what they should be |

mod clone;
mod reviews;
mod server;
mod signers;

use crate::history::Edit;
use crate::scene::{FakeHost, Part, Scene, Shown};
use anyhow::Result;
use git2::{Oid, Repository, Signature, Time};
use jiff::Timestamp;
use std::sync::LazyLock;

/// A server without a host among the made-up hosts.
pub struct BareShow;

/// The demonstration's policy: people are allowed signers, and there are no checks.
const POLICY: &str = include_str!("portcullis.toml");

/// The branch that would receive the change.
const MAIN: &str = "refs/heads/main";

/// Where the keys of people are.
const SIGNERS: &str = ".portcullis/allowed_signers";

static HONEST_SIGNERS: LazyLock<String> = LazyLock::new(signers::write_honest);

impl FakeHost for BareShow {
    fn kind(&self) -> &'static str {
        "bare"
    }

    fn policy(&self) -> &'static str {
        POLICY
    }

    fn gate_files(&self) -> Vec<Edit<'static>> {
        vec![Edit::Write(SIGNERS, &HONEST_SIGNERS)]
    }

    fn show(&self, scene: &Scene) -> Result<Shown> {
        let repository = scene.stage.history.repository();
        let main = signers::land_signers(repository, scene)?;
        reviews::sign_reviews(repository, scene, main)?;
        server::log_pushes(repository, scene)?;
        let directory = server::write_server(repository, scene, main)?;
        clone::make_clone(repository, scene, main)?;
        Ok(Shown::Clone(directory))
    }

    fn request(&self, scene: &Scene) -> String {
        format!("main@{}", scene.stage.world.request.head)
    }

    fn lacks(&self) -> &'static [Part] {
        &[Part::RequestHistory, Part::Teams, Part::Checks]
    }
}

/// Adds a commit with one file to the chain under a ref.
fn append_file(
    repository: &Repository,
    reference: &str,
    (name, bytes): (&str, &[u8]),
    at: Timestamp,
) -> Result<Oid> {
    let before = repository.find_reference(reference).ok().map(|found| found.peel_to_commit()).transpose()?;
    let mut tree = repository.treebuilder(None)?;
    tree.insert(name, repository.blob(bytes)?, 0o100_644)?;
    let tree = repository.find_tree(tree.write()?)?;
    let who = Signature::new("server", "server@example.test", &Time::new(at.as_second(), 0))?;
    let parents: Vec<&git2::Commit<'_>> = before.iter().collect();
    Ok(repository.commit(Some(reference), &who, &who, "Written for the demonstration\n", &tree, &parents)?)
}
