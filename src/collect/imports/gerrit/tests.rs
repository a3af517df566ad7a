//! Votes in the notes of a change: what they say, and attacks on them.

use super::vote_range::range_in;
use super::*;
use portcullis_model::person::Mailbox;

const HEAD: &str = "1111111111111111111111111111111111111111";
const OLD: &str = "2222222222222222222222222222222222222222";
const RANGE: VoteRange = VoteRange { lowest: -2, highest: 2 };

/// Notes of operations: the number of the account, and the footers.
fn notes(operations: &[(u32, &str)]) -> ChangeNotes {
    try_notes(operations).unwrap()
}

fn try_notes(operations: &[(u32, &str)]) -> Result<ChangeNotes, MalformedNotes> {
    let mut notes = ChangeNotes { number: "7".into(), is_open: true, ..ChangeNotes::default() };
    for (index, (account, footers)) in operations.iter().enumerate() {
        let author = Mailbox { name: format!("Gerrit User {account}"), email: format!("{account}@server") };
        let message = format!("Update patch set\n\nLabel: Code-Review=+2\n\n{footers}\n");
        notes.take(&Operation::read(&(author, message)), index as u64 + 1)?;
    }
    Ok(notes)
}

fn opened() -> (u32, &'static str) {
    (
        1,
        "Patch-set: 1\nBranch: refs/heads/main\nStatus: new\nCommit: 1111111111111111111111111111111111111111",
    )
}

/// Who says what, and on which commit.
fn said(notes: &ChangeNotes) -> Vec<(String, ReviewState, Option<String>)> {
    said_of(std::slice::from_ref(notes))
}

fn said_of(changes: &[ChangeNotes]) -> Vec<(String, ReviewState, Option<String>)> {
    let mut reviews = reviews_on(changes, &BranchName::new("main"), RANGE);
    reviews.sort_by_key(|review| review.position);
    let say = |review: Review| {
        let who = review.reviewer.map(|account| account.login.to_string()).unwrap_or_default();
        (who, review.state, review.reviewed.stated().map(ToString::to_string))
    };
    reviews.into_iter().map(say).collect()
}

fn one(account: u32, state: ReviewState, commit: &str) -> Vec<(String, ReviewState, Option<String>)> {
    vec![(format!("{account}@server"), state, Some(commit.to_string()))]
}

#[test]
fn the_highest_vote_approves_and_the_lowest_objects() {
    use ReviewState::{Approved, ChangesRequested, Commented, Dismissed};
    let votes =
        [("+2", Approved), ("+1", Commented), ("-1", Commented), ("-2", ChangesRequested), ("0", Dismissed)];
    for (vote, state) in votes {
        let footers =
            format!("Patch-set: 1\nLabel: Code-Review={vote}, 577fb248e474018276351785930358ec0450e9f7");
        assert_eq!(said(&notes(&[opened(), (2, &footers)])), one(2, state, HEAD), "{vote}");
    }
}

#[test]
fn what_people_write_is_no_footer() {
    assert_eq!(said(&notes(&[opened(), (2, "Patch-set: 1")])), []);
}

#[test]
fn attack_the_owner_or_an_uploader_approves() {
    let vote = "Patch-set: 2\nLabel: Code-Review=+2";
    let second = (3, "Patch-set: 2\nCommit: 2222222222222222222222222222222222222222");
    assert_eq!(said(&notes(&[opened(), second, (1, vote)])), one(1, ReviewState::Commented, OLD));
    assert_eq!(said(&notes(&[opened(), second, (3, vote)])), one(3, ReviewState::Commented, OLD));
    assert_eq!(said(&notes(&[opened(), second, (2, vote)])), one(2, ReviewState::Approved, OLD), "the twin");
}

#[test]
fn attack_a_vote_is_copied_to_a_later_patch_set() {
    let second = "Patch-set: 2\nCommit: 2222222222222222222222222222222222222222\n\
                  Copied-Label: Code-Review=+2, 577fb248e474018276351785930358ec0450e9f7 Gerrit User 2 <2@server>";
    let found = said(&notes(&[opened(), (2, "Patch-set: 1\nLabel: Code-Review=+2"), (1, second)]));
    assert_eq!(found, one(2, ReviewState::Approved, HEAD), "on the first patch set, and not on the second");
}

#[test]
fn attack_a_vote_on_behalf_of_another() {
    let named = "Patch-set: 1\nLabel: Code-Review=+2 Gerrit User 2 <2@server>";
    assert_eq!(said(&notes(&[opened(), (3, named)])), one(2, ReviewState::Commented, HEAD));
    let real = "Patch-set: 1\nReal-user: Gerrit User 1 <1@server>\nLabel: Code-Review=+2";
    assert_eq!(said(&notes(&[opened(), (2, real)])), one(2, ReviewState::Commented, HEAD));
    let objects = "Patch-set: 1\nLabel: Code-Review=-2 Gerrit User 2 <2@server>";
    assert_eq!(said(&notes(&[opened(), (3, objects)])), one(2, ReviewState::ChangesRequested, HEAD));
}

#[test]
fn attack_a_vote_that_was_removed_still_counts() {
    let vote = (2, "Patch-set: 1\nLabel: Code-Review=+2");
    let by_self = (2, "Patch-set: 1\nLabel: -Code-Review");
    let by_admin = (9, "Patch-set: 1\nLabel: -Code-Review Gerrit User 2 <2@server>");
    for removal in [by_self, by_admin] {
        assert_eq!(said(&notes(&[opened(), vote, removal])), one(2, ReviewState::Dismissed, HEAD));
    }
}

#[test]
fn attack_a_vote_after_the_change_landed() {
    let landed = (9, "Patch-set: 1\nStatus: merged\nSubmission-id: 7");
    let late = (2, "Patch-set: 1\nLabel: Code-Review=+2");
    assert_eq!(said(&notes(&[opened(), landed, late])), one(2, ReviewState::Commented, HEAD));
    let with = (2, "Patch-set: 1\nStatus: merged\nLabel: Code-Review=+2");
    assert_eq!(said(&notes(&[opened(), with])), one(2, ReviewState::Approved, HEAD), "as Gerrit has it");
}

#[test]
fn attack_a_change_is_moved_to_the_branch_after_the_vote() {
    let elsewhere =
        (1, "Patch-set: 1\nBranch: refs/heads/play\nCommit: 1111111111111111111111111111111111111111");
    let vote = (2, "Patch-set: 1\nLabel: Code-Review=+2");
    let moved = (1, "Patch-set: 1\nBranch: refs/heads/main");
    assert_eq!(said(&notes(&[elsewhere, vote])), []);
    assert_eq!(said(&notes(&[elsewhere, vote, moved])), one(2, ReviewState::Commented, HEAD));
    assert_eq!(said(&notes(&[elsewhere, moved, vote])), one(2, ReviewState::Approved, HEAD), "the twin");
}

#[test]
fn attack_a_tool_votes() {
    let tool = "Patch-set: 1\nTag: autogenerated:gerrit:robot\nLabel: Code-Review=+2";
    assert_eq!(said(&notes(&[opened(), (2, tool)])), one(2, ReviewState::Commented, HEAD));
}

#[test]
fn a_deleted_patch_set_has_no_commit() {
    let vote = (2, "Patch-set: 1\nLabel: Code-Review=+2");
    let found = said(&notes(&[opened(), vote, (1, "Patch-set: 1 (DELETED)")]));
    assert_eq!(found, [("2@server".to_string(), ReviewState::Approved, None)]);
}

#[test]
fn other_labels_say_nothing_of_a_review() {
    assert_eq!(said(&notes(&[opened(), (2, "Patch-set: 1\nLabel: Verified=+2\nLabel: -Verified")])), []);
}

#[test]
fn notes_that_could_be_read_in_two_ways_are_refused() {
    let twice = "Patch-set: 1\nPatch-set: 2\nLabel: Code-Review=+2";
    for broken in [twice, "Label: Code-Review=+2", "Patch-set: 1\nLabel: Code-Review", "Patch-set: x"] {
        assert!(try_notes(&[opened(), (2, broken)]).is_err(), "{broken}");
    }
}

#[test]
fn the_project_says_which_votes_there_are() {
    let config = "[access]\n\tvalue = 9\n[label \"Code-Review\"]\n\tfunction = NoBlock\n\tvalue = -1 Fix\n\tvalue = 0 No score\n\t\
                  value = +1 Good\n[label \"Verified\"]\n\tvalue = +3 x\n";
    assert_eq!(range_in(config).unwrap(), Some(VoteRange { lowest: -1, highest: 1 }));
    assert_eq!(range_in("[label \"Verified\"]\nvalue = +3").unwrap(), None);
}

#[test]
fn attack_a_vote_below_the_highest_where_the_highest_cannot_be_read() {
    for values in ["value = -1\nvalue = +2\nvalue = three", "value =", "function = NoBlock", ""] {
        assert!(range_in(&format!("[label \"Code-Review\"]\n{values}")).is_err(), "{values}");
    }
    let whole = "[label \"Code-Review\"]\nvalue = -3\nvalue = \"+3 Good\"";
    assert_eq!(range_in(whole).unwrap(), Some(VoteRange { lowest: -3, highest: 3 }), "the twin");
}

#[test]
fn names_of_refs() {
    assert_eq!(patch_set_number("refs/changes/07/7/2"), Some("7".into()));
    assert_eq!(patch_set_number("refs/changes/34/1234/12"), Some("1234".into()));
    assert_eq!(meta_number("refs/changes/34/1234/meta"), Some("1234".into()));
    for other in [
        "refs/changes/34/1234/meta",
        "refs/changes/35/1234/1",
        "refs/changes/34/1234/1/2",
        "refs/changes/x/y/1",
    ] {
        assert_eq!(patch_set_number(other), None, "{other}");
    }
}

/// The same commit as two changes, which Gerrit allows for two branches.
#[test]
fn attack_who_uploaded_the_commit_in_another_change_approves_it() {
    let play = (2, "Patch-set: 1\nBranch: refs/heads/play\nCommit: 1111111111111111111111111111111111111111");
    let vote = |account| (account, "Patch-set: 1\nLabel: Code-Review=+2");
    let changes = |account| [notes(&[opened(), vote(account)]), notes(&[play])];
    assert_eq!(said_of(&changes(2)), one(2, ReviewState::Commented, HEAD));
    assert_eq!(said_of(&changes(3)), one(3, ReviewState::Approved, HEAD), "the twin");
}

#[test]
fn attack_an_objection_to_one_change_is_answered_in_another() {
    let objects = (2, "Patch-set: 1\nLabel: Code-Review=-2");
    let approves = (2, "Patch-set: 1\nLabel: Code-Review=+2");
    let between = (1, "Patch-set: 1");
    for changes in [
        [notes(&[opened(), objects]), notes(&[opened(), between, approves])],
        [notes(&[opened(), between, approves]), notes(&[opened(), objects])],
    ] {
        let newest = said_of(&changes).pop().unwrap();
        assert_eq!(newest.1, ReviewState::ChangesRequested);
    }
    let answered = said(&notes(&[opened(), objects, approves]));
    assert_eq!(answered, one(2, ReviewState::Approved, HEAD), "the twin");
}

#[test]
fn attack_someone_else_votes_an_objection_away() {
    let objects = (2, "Patch-set: 1\nLabel: Code-Review=-2");
    for vote in ["+2", "+1"] {
        let named = format!("Patch-set: 1\nLabel: Code-Review={vote} Gerrit User 2 <2@server>");
        let real = format!("Patch-set: 1\nReal-user: Gerrit User 3 <3@server>\nLabel: Code-Review={vote}");
        for on_behalf in [(3, named.as_str()), (2, real.as_str())] {
            let found = said(&notes(&[opened(), objects, on_behalf]));
            assert_eq!(found, one(2, ReviewState::ChangesRequested, HEAD), "{vote}");
        }
    }
    let own = (2, "Patch-set: 1\nLabel: Code-Review=+1");
    assert_eq!(said(&notes(&[opened(), objects, own])), one(2, ReviewState::Commented, HEAD), "the twin");
}
