//! Who pushed what, by logs of a few pushes.

use super::*;
use crate::bare::{ServerGuard, account_of};
use portcullis_model::change::Commit;
use portcullis_model::person::Mailbox;
use portcullis_model::protection::Branch;
use portcullis_model::review::ChangeRequest;

/// A log, newest first.
struct Log(Vec<LoggedPush>);

impl ServerView for Log {
    fn name(&self) -> String {
        String::new()
    }

    fn tip(&self, _: &BranchName) -> Fact<Option<Revision>> {
        Fact::Known(None)
    }

    fn commit(&self, commit: &Revision) -> Fact<Commit> {
        Fact::Known(made(commit.clone()))
    }

    fn approved(&self, _: &BranchName) -> Fact<Vec<Revision>> {
        Fact::Known(Vec::new())
    }

    fn reaches(&self, tip: &Revision, one: &Revision) -> Fact<bool> {
        Fact::Known(one <= tip)
    }

    fn explains(&self, _: &Revision, _: &Revision, _: &Revision) -> bool {
        false
    }

    fn each_push(&self, reader: &mut dyn FnMut(&LoggedPush) -> bool) -> Result<(), Gap> {
        let _is_enough = self.0.iter().all(reader);
        Ok(())
    }

    fn person(&self, _: &str) -> Option<String> {
        None
    }

    fn guard(&self) -> Fact<ServerGuard> {
        Fact::Gap(Gap::not_asked("the hook", "nothing"))
    }

    fn approvals(&self, _: &BranchName) -> Fact<u64> {
        Fact::Gap(Gap::not_asked("the policy", "nothing"))
    }
}

/// The commits of these tests are a line: each number on top of the one before.
fn commit(number: u8) -> Revision {
    Revision::try_from(format!("{number:040x}")).unwrap()
}

fn made(id: Revision) -> Commit {
    let kim = Mailbox { name: "Kim".into(), email: "kim@example.test".into() };
    let tree = portcullis_model::change::ObjectName::try_from("1".repeat(40)).unwrap();
    Commit {
        id,
        tree,
        parents: vec![commit(0)],
        author: kim.clone(),
        committer: kim,
        co_authors: Vec::new(),
        subject: String::new(),
    }
}

fn push(by: Option<&str>, name: &str, before: Option<u8>, after: u8) -> LoggedPush {
    let gap = Gap::not_asked("who pushed", "nothing");
    let one = PushedRef {
        name: name.into(),
        before: before.map(commit),
        after: Some(commit(after)),
        merged: Vec::new(),
    };
    LoggedPush { pusher: by.map(str::to_string).map_or(Fact::Gap(gap), Fact::Known), refs: vec![one] }
}

/// The pusher of the head, and everybody who moved a ref within the change: commits 1 to 3, of
/// which 3 is the head.
fn pushers(log: Vec<LoggedPush>) -> (Option<String>, Option<Vec<String>>) {
    let server = BareServer::over(Log(log));
    let main = BranchName::new("main");
    let request = ChangeRequest {
        id: BareRequestId { target: main.clone(), head: commit(3) }.name(),
        title: String::new(),
        author: None,
        open: true,
        merged: None,
        base_branch: main.clone(),
        head: commit(3),
        head_branch: None,
        head_repository: None,
    };
    let commits: Vec<Commit> = [1, 2, 3].map(|number| made(commit(number))).into();
    let (head, tip) = (commit(3), commit(0));
    let question = Question {
        request: Fact::Known(request),
        branch: Fact::Known(Branch { name: main, tip, protected: true }),
        head: &head,
        commits: &commits,
        before_updates: &[],
        owner_teams: BTreeSet::new(),
    };
    let facts = server.push_facts(&question);
    let login = |account: &Account| account.login.to_string();
    let last = facts.last.value().and_then(|push| push.actor.as_ref()).map(login);
    let moves = facts.moves.value().map(|moves| {
        let mut names: Vec<String> = moves.iter().filter_map(|one| one.actor.as_ref()).map(login).collect();
        names.sort();
        names
    });
    (last, moves)
}

fn names(of: &[&str]) -> Option<Vec<String>> {
    Some(of.iter().map(|name| (*name).to_string()).collect())
}

const TOPIC: &str = "refs/heads/topic";
const MAIN: &str = "refs/heads/main";

#[test]
fn whoever_pushed_the_topic_brought_it_and_whoever_landed_it_did_not() {
    let log = vec![push(Some("robin"), MAIN, Some(0), 3), push(Some("kim"), TOPIC, None, 3)];
    assert_eq!(pushers(log), (Some("kim".into()), names(&["kim"])));
}

#[test]
fn whoever_landed_what_no_one_pushed_before_brought_it() {
    let log = vec![push(Some("robin"), MAIN, Some(0), 3)];
    assert_eq!(pushers(log), (Some("robin".into()), names(&["robin"])));
    let merge = PushedRef {
        name: MAIN.into(),
        before: Some(commit(0)),
        after: Some(commit(9)),
        merged: vec![commit(3)],
    };
    let merged = LoggedPush { pusher: Fact::Known("robin".into()), refs: vec![merge] };
    assert_eq!(pushers(vec![merged]).0, Some("robin".into()));
}

#[test]
fn everybody_who_pushed_a_part_to_any_ref_is_found() {
    let log = vec![
        push(Some("kim"), TOPIC, Some(2), 3),
        push(Some("robin"), "refs/heads/other", None, 2),
        push(Some("alex"), "refs/heads/elsewhere", None, 7),
    ];
    assert_eq!(pushers(log), (Some("kim".into()), names(&["kim", "robin"])));
}

#[test]
fn what_is_not_known_stays_unknown() {
    assert_eq!(pushers(Vec::new()).0, None);
    let unknown = vec![push(None, TOPIC, None, 3)];
    assert_eq!(pushers(unknown), (None, None));
    let part = vec![push(Some("kim"), TOPIC, Some(2), 3), push(None, TOPIC, None, 2)];
    assert_eq!(pushers(part), (Some("kim".into()), None), "anyone may have pushed the first part");
}

#[test]
fn an_account_has_the_name_that_the_server_gives() {
    assert_eq!(account_of("kim").id.as_str(), "kim");
}
