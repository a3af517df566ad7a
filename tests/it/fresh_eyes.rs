//! Spellings, fast-forwards, environments, and work trees that git is told not to look at, beside everyday ones.

use crate::support::checkout::Checkout;
use crate::support::forger::{deployed, host, push, work};
use crate::support::gate::{Verdict, judge, judge_at};
use crate::support::inside::{assert_inside, assert_outside, changed};
use crate::support::release::{command, judge_from, judge_from_start};
use portcullis_forge::http::transport::Response;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::review::ReviewedContent;
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::history::Edit;
use portcullis_testkit::lane::state::Op;
use portcullis_testkit::lane::{How, Lane};
use portcullis_testkit::server::{Server, Site};
use portcullis_testkit::stage::{GREEN, KIM, Stage};
use portcullis_testkit::world::{Endpoint, World};
use std::time::Duration;

const CLEAN: &str = "tools/clean.html";

fn clean(word: &str) -> Stage {
    changed(&[Edit::Write(CLEAN, &format!("UPDATE r SET {word} = 0;\n"))])
}

#[test]
fn attack_94_names_of_characters_and_braced_octal_digits() {
    for word in [
        "nominal&lowbar;id",
        "nominal&UnderBar;id",
        "nomi&shy;nal_id",
        "nomi&ZeroWidthSpace;nal_id",
        "nominal\\o{137}id",
        "n\\o{157}minal_id",
    ] {
        assert_inside(word, clean(word), CLEAN);
    }
}

#[test]
fn twin_94_names_of_characters_in_other_words_stay_outside() {
    for word in
        ["other&lowbar;id", "nominal&period;id", "nominal&lowbarid", "nominal\\o{9}id", "a &amp; b", "\\o{"]
    {
        assert_outside(word, clean(word));
    }
}

const LOAD: &str = "services/upload/load.sql";
const PLAIN: Edit<'static> = Edit::Write(LOAD, "INSERT INTO records SELECT * FROM staging;\n");
const GUARDED: Edit<'static> =
    Edit::Write(LOAD, "INSERT INTO records SELECT * FROM staging WHERE NOT is_test;\n");
const ON: Edit<'static> = Edit::Write("services/upload/switch.sql", "UPDATE settings SET live = true;\n");

/// A request of a guard and of what it guards, approved, and judged after `main` went on from the guard.
struct Guarded {
    stage: Stage,
    guard: git2::Oid,
}

impl Guarded {
    fn approved() -> Self {
        let mut stage = Stage::honest().unwrap();
        let guard = stage.history.commit(KIM, &[stage.base], "Guard", &[GUARDED]).unwrap();
        let on = stage.history.commit(KIM, &[guard], "On", &[ON]).unwrap();
        stage.commits = vec![guard, on];
        stage.honest_world().unwrap();
        judge(&stage).expect(0, "", "");
        Guarded { stage, guard }
    }

    /// `main` was moved along these tips, the oldest first.
    fn main_was(mut self, tips: &[git2::Oid]) -> Verdict {
        self.stage.base = *tips.last().unwrap();
        self.stage.honest_world().unwrap();
        self.stage.world.base_tips = tips.iter().map(|tip| tip.to_string().try_into().unwrap()).collect();
        judge(&self.stage)
    }

    fn commit(&mut self, on: git2::Oid, edits: &[Edit<'_>]) -> git2::Oid {
        self.stage.history.commit(KIM, &[on], "One more", edits).unwrap()
    }
}

/// Before the host's list of pushes was read, each of these got through (exit 0): a commit of the first-parent line was taken for a
/// former tip, although it came with its revert.
#[test]
fn a_guard_and_its_revert_come_by_a_fast_forward() {
    let mut one = Guarded::approved();
    let start = one.stage.base;
    let revert = one.commit(one.guard, &[PLAIN]);
    one.main_was(&[start, revert]).expect(3, "required-reviews", "what an approval of");
}

#[test]
fn a_guard_and_its_revert_come_with_other_commits_in_one_push() {
    let mut one = Guarded::approved();
    let start = one.stage.base;
    let other = one.commit(one.guard, &[Edit::Write("docs/a.txt", "a\n")]);
    let weaker =
        one.commit(other, &[Edit::Write(LOAD, "INSERT INTO records SELECT * FROM staging WHERE true;\n")]);
    let more = one.commit(weaker, &[Edit::Write("docs/b.txt", "b\n")]);
    let later = one.commit(more, &[Edit::Write("docs/c.txt", "c\n")]);
    one.main_was(&[start, more, later]).expect(3, "required-reviews", "what an approval of");
}

#[test]
fn a_branch_is_rewritten_to_a_guard_and_its_revert() {
    let mut one = Guarded::approved();
    let start = one.stage.base;
    let gone = one.commit(start, &[Edit::Write("docs/a.txt", "a\n")]);
    let revert = one.commit(one.guard, &[PLAIN]);
    one.main_was(&[gone, revert]).expect(3, "required-reviews", "what an approval of");
}

#[test]
fn the_host_has_not_listed_the_push_of_a_guard_and_its_revert() {
    let mut one = Guarded::approved();
    let before = one.stage.base;
    let revert = one.commit(one.guard, &[PLAIN]);
    let tips = [before, before, revert];
    one.stage.base = revert;
    one.stage.honest_world().unwrap();
    one.stage.world.base_tips = tips[..2].iter().map(|tip| tip.to_string().try_into().unwrap()).collect();
    judge(&one.stage).expect(3, "required-reviews", "what an approval of");
}

#[test]
fn the_pushes_to_the_base_branch_cannot_be_read() {
    let mut one = Guarded::approved();
    one.stage.base = one.commit(one.guard, &[PLAIN]);
    one.stage.honest_world().unwrap();
    one.stage.world.faults.push((
        Endpoint::Activity,
        AnswerFault::Refuse(403, "Resource not accessible by integration".to_string()),
    ));
    judge(&one.stage).expect(3, "required-reviews", "the pushes to the base branch");
}

/// `main`, with the guard and its revert, is merged into the request: a clean merge, over the guard. Before, the approval of the head
/// before it counted (exit 0), whatever the host says of the pushes.
#[test]
fn an_update_brings_a_guard_and_its_revert() {
    for is_tip in [false, true] {
        let mut one = Guarded::approved();
        let (start, guard, head) = (one.stage.base, one.guard, one.stage.head());
        let revert = one.commit(guard, &[PLAIN]);
        let merged = one.stage.history.commit(KIM, &[head, revert], "Update", &[PLAIN, ON]).unwrap();
        one.stage.base = revert;
        one.stage.commits = vec![head, merged];
        one.stage.honest_world().unwrap();
        // Approved before the update.
        let before: Revision = head.to_string().try_into().unwrap();
        one.stage
            .world
            .reviews
            .iter_mut()
            .for_each(|review| review.reviewed = ReviewedContent::Stated(before.clone()));
        let tips: &[_] = if is_tip { &[start, guard, revert] } else { &[start, revert] };
        one.stage.world.base_tips = tips.iter().map(|tip| tip.to_string().try_into().unwrap()).collect();
        match is_tip {
            // The twin: the guard was the tip, and taking it back a landing of its own.
            true => judge(&one.stage).expect(0, "", ""),
            false => judge(&one.stage).expect(1, "required-reviews", ""),
        }
    }
}

/// The guard comes by a merge, and is taken back in the same push.
#[test]
fn a_guard_is_merged_and_taken_back_in_one_push() {
    for is_tip in [false, true] {
        let mut one = Guarded::approved();
        let (start, guard) = (one.stage.base, one.guard);
        let merge = one.stage.history.commit(KIM, &[start, guard], "Merge", &[GUARDED]).unwrap();
        let revert = one.commit(merge, &[PLAIN]);
        match is_tip {
            true => one.main_was(&[start, merge, revert]).expect(0, "", ""),
            false => one.main_was(&[start, revert]).expect(3, "required-reviews", "what an approval of"),
        }
    }
}

/// A commit of the line with an old date hides from a search by dates what lies below it.
#[test]
fn a_revert_with_an_old_date_comes_with_the_guard() {
    let mut one = Guarded::approved();
    let start = one.stage.base;
    let revert = one.commit(one.guard, &[PLAIN]);
    let odb = one.stage.history.repository();
    let old = odb.find_commit(revert).unwrap();
    let long_ago =
        git2::Signature::new("Kim Example", "kim@example.test", &git2::Time::new(1000, 0)).unwrap();
    let revert = old.amend(None, None, Some(&long_ago), None, None, None).unwrap();
    drop(old);
    one.main_was(&[start, revert]).expect(3, "required-reviews", "what an approval of");
}

#[test]
fn the_first_parent_line_goes_around_all_known_tips() {
    let mut one = Guarded::approved();
    let (start, guard) = (one.stage.base, one.guard);
    let other = one.commit(start, &[Edit::Write("docs/a.txt", "a\n")]);
    let history = &mut one.stage.history;
    let merge = history
        .commit(KIM, &[other, guard], "Leave it out", &[PLAIN, Edit::Write("docs/a.txt", "a\n")])
        .unwrap();
    let swapped =
        history.commit(KIM, &[guard, merge], "Swap", &[PLAIN, Edit::Write("docs/a.txt", "a\n")]).unwrap();
    one.main_was(&[other, merge, swapped]).expect(3, "required-reviews", "what an approval of");
}

/// A host that shows one push on each page, and no page but the first.
struct FirstPageOnly(World);

impl Site for FirstPageOnly {
    fn move_to(&mut self, address: &str) {
        self.0.move_to(address);
    }

    fn answer(&self, method: &str, path: &str, authorization: Option<&str>) -> Response {
        let is_later = path.contains("/activity?") && path.contains("main") && path.contains("after=");
        let path = if is_later { path.replace("/activity?", "/nothing?") } else { path.to_string() };
        Site::answer(&self.0, method, &path, authorization)
    }
}

/// Before, a later page that is not found ended the list (exit 0).
#[test]
fn a_later_page_of_the_pushes_is_not_found() {
    let mut one = Guarded::approved();
    let start = one.stage.base;
    let revert = one.commit(one.guard, &[PLAIN]);
    let more = one.commit(revert, &[Edit::Write("docs/a.txt", "a\n")]);
    one.stage.base = more;
    one.stage.honest_world().unwrap();
    let mut world = one.stage.world.clone();
    world.base_tips = [start, revert, more].iter().map(|tip| tip.to_string().try_into().unwrap()).collect();
    world.page_size = 1;
    judge_at(&one.stage, &Server::start(world.clone())).expect(3, "required-reviews", "what an approval of");
    judge_at(&one.stage, &Server::start(FirstPageOnly(world))).expect(3, "required-reviews", "the pushes to");
}

/// The twins: the guard was the tip before somebody took it back, which was a landing of its own.
#[test]
fn twin_a_guard_was_the_tip_before_its_revert() {
    let mut one = Guarded::approved();
    let (start, guard) = (one.stage.base, one.guard);
    let revert = one.commit(guard, &[PLAIN]);
    one.main_was(&[start, guard, revert]).expect(0, "", "");
}

/// What stays has no need of the host's list.
#[test]
fn twin_a_guard_comes_with_other_commits_in_one_push_and_stays() {
    let mut one = Guarded::approved();
    let start = one.stage.base;
    let other = one.commit(one.guard, &[Edit::Write("docs/a.txt", "a\n")]);
    let more = one.commit(other, &[Edit::Write("docs/b.txt", "b\n")]);
    one.main_was(&[start, more]).expect(0, "", "");
}

/// Pushes that are older than the host's list are not known: their commits count as former tips.
#[test]
fn twin_a_request_begins_before_the_pushes_that_the_host_keeps() {
    let mut one = Guarded::approved();
    let revert = one.commit(one.guard, &[PLAIN]);
    let more = one.commit(revert, &[Edit::Write("docs/a.txt", "a\n")]);
    one.main_was(&[revert, more]).expect(0, "", "");
}

/// The same where the fast-forward was a request of its own, with an empty diff, and all of it is to be deployed.
#[test]
fn what_landed_over_a_fast_forward_of_a_guard_and_its_revert() {
    for how in [How::Merge, How::Squash, How::Rebase] {
        let mut lane = Lane::begin();
        let guard = Op::Slot(10, 0, "guard\n".into());
        let mut draft = lane.open(lane.tip());
        lane.push(&mut draft, KIM, vec![guard.clone()]);
        let mut back = draft.clone();
        lane.push(&mut draft, KIM, vec![Op::Slot(11, 0, "on\n".into())]);
        draft.approved();
        (back.number, back.world.request.id) = (150, 150.into());
        back.world.request.head_branch = Some(BranchName::new("back"));
        lane.push(&mut back, KIM, vec![Op::Slot(10, 0, "file 10 begins with 0\n".into())]);
        back.approved();
        lane.land(vec![back], How::FastForward, &[], &[], "there and back");
        lane.land(vec![draft], how, &[], &[guard], "the request");
        judge_from_start(&lane).expect(3, "reviewed-landings", "what an approval of");
    }
}

/// Both were deployed before the request landed: then the host's list of pushes tells it. Before, it got through (exit 0).
#[test]
fn what_landed_over_a_guard_and_its_revert_that_were_deployed_before() {
    for how in [How::Merge, How::Squash, How::Rebase] {
        for is_tip in [false, true] {
            let mut lane = Lane::begin();
            let start = lane.tip();
            let guard = Op::Slot(10, 0, "guard\n".into());
            let mut draft = lane.open(lane.tip());
            lane.push(&mut draft, KIM, vec![guard.clone()]);
            let mut back = draft.clone();
            let first = draft.head;
            lane.push(&mut draft, KIM, vec![Op::Slot(11, 0, "on\n".into())]);
            draft.approved();
            (back.number, back.world.request.id) = (150, 150.into());
            back.world.request.head_branch = Some(BranchName::new("back"));
            lane.push(&mut back, KIM, vec![Op::Slot(10, 0, "file 10 begins with 0\n".into())]);
            back.approved();
            lane.land(vec![back], How::FastForward, &[], &[], "there and back");
            let deployed = lane.tip();
            lane.land(vec![draft], how, &[], &[guard], "the request");
            // The twin: the guard was the tip, before somebody took it back.
            let tips: &[_] =
                if is_tip { &[start, first, deployed, lane.tip()] } else { &[start, deployed, lane.tip()] };
            let tips: Vec<_> = tips.iter().map(|tip| tip.to_string().try_into().unwrap()).collect();
            lane.forge.worlds.iter_mut().for_each(|world| world.base_tips = tips.clone());
            let verdict = judge_from(&lane, deployed);
            match is_tip {
                true => verdict.expect(0, "", ""),
                false => verdict.expect(3, "required-reviews", "what an approval of"),
            }
        }
    }
}

/// The twin: the first request's commits stay, and the second one is built on one of them that never was the tip.
#[test]
fn twin_91_a_request_that_is_built_on_a_commit_inside_of_a_fast_forward() {
    for how in [How::Merge, How::Squash, How::Rebase] {
        let mut lane = Lane::begin();
        let (guard, on) = (Op::Slot(10, 0, "guard\n".into()), Op::Slot(11, 0, "on\n".into()));
        let mut draft = lane.open(lane.tip());
        lane.push(&mut draft, KIM, vec![guard.clone()]);
        let mut first = draft.clone();
        lane.push(&mut draft, KIM, vec![on.clone()]);
        draft.approved();
        (first.number, first.world.request.id) = (150, 150.into());
        first.world.request.head_branch = Some(BranchName::new("first"));
        let more = Op::Slot(12, 0, "more\n".into());
        lane.push(&mut first, KIM, vec![more.clone()]);
        first.approved();
        lane.land(vec![first], How::FastForward, &[guard, more], &[], "two commits");
        lane.land(vec![draft], how, &[on], &[], "the request");
        judge_from_start(&lane).expect(0, "", "");
    }
}

#[test]
fn attack_96_an_environment_in_another_spelling() {
    let mut lane = deployed();
    let first = lane.tip();
    let pushed = push(&mut lane, "sneaky");
    let next = work(&mut lane, "more");
    for name in ["Production", "PRODUCTION", "production ", "produc\u{200b}tion"] {
        let server = Server::start(host(&lane, &[first]));
        let mut command = command(&lane, &server.address(), next);
        let arguments: Vec<String> = command.get_args().map(|a| a.to_str().unwrap().to_string()).collect();
        let envs: Vec<_> = command.get_envs().map(|(k, v)| (k.to_owned(), v.unwrap().to_owned())).collect();
        command = std::process::Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.env_clear().current_dir(lane.directory()).envs(envs);
        command.args(arguments.iter().map(|a| if a == "production" { name } else { a }));
        command.args(["--format", "json", "--base", &pushed.to_string()]);
        let verdict = Verdict::of(&command.output().unwrap());
        assert_eq!(verdict.exit, 2, "{name:?}: {}", verdict.text);
    }
}

const CONTROLS: &str = "[controls.regression-tests.suites.upload]\nminimum = 1\nreports = [\"out/junit*.xml\"]\n\
trust = \"local\"\nmax-age = \"24h\"\n";

fn begin(more: &[(&str, &str)]) -> Checkout {
    let load = "services/upload/load.py";
    let files =
        [("tests/load.py", "assert True\n"), ("tests/amend.py", "assert True\n"), (load, "one\ntwo\n")];
    let at = Checkout::with(CONTROLS, &[&files, more].concat());
    at.change(load, "one\nthree\n");
    at
}

fn ran(at: &Checkout) {
    std::thread::sleep(Duration::from_millis(20));
    at.write("out/junit.xml", GREEN);
}

fn judged(exit: i32, what: &str, more: &[(&str, &str)], act: impl FnOnce(&Checkout)) {
    let at = begin(more);
    act(&at);
    let verdict = at.judge(&[]);
    assert_eq!(verdict.exit, exit, "{what}: {}", verdict.text);
}

#[test]
fn attack_97_a_work_tree_that_git_was_told_not_to_look_at() {
    for flag in ["--skip-worktree", "--assume-unchanged"] {
        judged(1, flag, &[], |at| {
            at.git(&["update-index", flag, "tests/load.py"]);
            at.write("tests/load.py", "pass\n");
            ran(at);
        });
    }
    for pack in [false, true] {
        judged(1, "a deletion without a reflog", &[], |at| {
            at.git(&["config", "core.logAllRefUpdates", "false"]);
            std::fs::remove_dir_all(at.path().join(".git/logs")).unwrap();
            ran(at);
            at.git(&["rm", "-q", "tests/amend.py"]);
            at.commit("Less");
            if pack {
                at.git(&["pack-refs", "--all"]);
            }
        });
    }
}

#[test]
fn twin_97_everyday_work_trees_count() {
    let auto = (".gitattributes", "* text=auto\n*.bat text eol=crlf\n");
    judged(0, "text=auto, eol=crlf", &[auto, ("a.bat", "x\ny\n")], |at| {
        std::fs::remove_file(at.path().join("a.bat")).unwrap();
        at.git(&["checkout", "-q", "--", "a.bat"]);
        ran(at);
    });
    judged(0, "autocrlf", &[("a.txt", "x\ny\n")], |at| {
        at.git(&["config", "core.autocrlf", "true"]);
        std::fs::remove_file(at.path().join("a.txt")).unwrap();
        at.git(&["checkout", "-q", "--", "a.txt"]);
        ran(at);
    });
    judged(0, "fetch, tag and status after the run", &[], |at| {
        ran(at);
        at.git(&["tag", "v1"]);
        at.git(&["fetch", "-q", ".", "main:refs/remotes/origin/main"]);
        at.git(&["status"]);
    });
    judged(
        0,
        "a link, an empty file, names of other alphabets",
        &[("docs/\u{e4} b.md", "x\n"), ("docs/empty", "")],
        |at| {
            std::os::unix::fs::symlink("empty", at.path().join("docs/link")).unwrap();
            at.commit("A link");
            ran(at);
        },
    );
}

/// The log of HEAD says the date that the committer chose, and the branch's own file is gone: nothing is as young as the commit.
#[test]
fn a_deletion_under_an_old_date_whose_branch_was_packed_away() {
    judged(1, "an old date, and packed", &[], |at| {
        ran(at);
        at.git(&["rm", "-q", "tests/amend.py"]);
        at.git_at("2020-01-01T00:00:00Z", &["commit", "-qm", "Less"]);
        at.git(&["pack-refs", "--all"]);
    });
}
