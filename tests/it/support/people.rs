//! The people of the made-up repository, and a change of theirs.
#![allow(dead_code, reason = "each test binary uses its own part of this")]
#![allow(clippy::unwrap_used, reason = "test support: a failure here is a failed test")]

use portcullis_model::person::Account;
use portcullis_model::review::CommitAccounts;
use portcullis_testkit::history::{Edit, Person};
use portcullis_testkit::stage::Stage;
use portcullis_testkit::world::person;

/// A change of the area that looks bad.
pub const LOAD: Edit<'static> = Edit::Write("services/upload/load.sql", "DELETE FROM records;\n");

/// An honest change.
pub fn honest() -> Stage {
    Stage::honest().unwrap()
}

/// Who opened it and wrote it.
pub fn kim() -> Account {
    person("kim-example", 11)
}

/// Who approved it.
pub fn robin() -> Account {
    person("robin-example", 12)
}

/// Who approved it too, and owns the gate.
pub fn alex() -> Account {
    person("alex-example", 13)
}

/// Somebody who had no part in it.
pub fn noor() -> Account {
    person("noor-example", 15)
}

/// The change as one commit by these people, whom the host knows as these accounts; all else is honest.
pub fn written(
    stage: &mut Stage,
    author: (Person<'_>, Option<Account>),
    committer: (Person<'_>, Option<Account>),
    message: &str,
) {
    let id = stage.history.commit_as(author.0, committer.0, &[stage.base], message, &[LOAD]);
    stage.commits = vec![id.unwrap()];
    stage.honest_world().unwrap();
    stage.world.commits[0].1 = CommitAccounts { author: author.1, committer: committer.1 };
}
