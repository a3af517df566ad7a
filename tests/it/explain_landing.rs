//! How a commit landed, as `portcullis explain COMMIT` tells it: landings of every kind in a real repository, with a host on
//! this machine and without one.

use git2::Oid;
use portcullis_model::review::{Review, ReviewSource, ReviewState, ReviewedContent};
use portcullis_testkit::lane::state::{Body, File, Op};
use portcullis_testkit::lane::{Draft, How, Lane, ROBIN};
use portcullis_testkit::server::{Server, Site};
use portcullis_testkit::stage::{KIM, revision};
use portcullis_testkit::world::{minutes, person};

/// A request of some commits that Robin and Alex approved at its head.
fn request(lane: &mut Lane, commits: Vec<Vec<Op>>) -> Draft {
    let mut draft = lane.open(lane.tip());
    for ops in commits {
        lane.push(&mut draft, KIM, ops);
    }
    draft.approved();
    draft
}

fn slot(slot: usize, text: &str) -> Op {
    Op::Slot(10, slot, format!("{text}\n"))
}

fn short(id: Oid) -> String {
    revision(id).unwrap().short().to_string()
}

/// What `explain` says of a commit; white space is single spaces in the second text.
fn explain<S: Site>(lane: &Lane, server: Option<&Server<S>>, commit: Oid, more: &[&str]) -> (String, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(lane.directory()).args(["explain", &commit.to_string(), "--at", "main"]);
    if let Some(server) = server {
        command.env("GITHUB_API_URL", server.address()).env("GITHUB_TOKEN", "a-token-of-the-job");
        command.args(["--host", "github", "--repository", "example-org/data-upload"]);
    }
    let output = command.args(more).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (text, flat)
}

fn asked(lane: &Lane, commit: Oid) -> (String, String) {
    let server = Server::start(lane.host());
    explain(lane, Some(&server), commit, &[])
}

fn alone(lane: &Lane, commit: Oid) -> (String, String) {
    lane.host();
    explain::<portcullis_testkit::world::World>(lane, None, commit, &[])
}

/// The changed lines of the shown diff.
fn changed(text: &str) -> Vec<&str> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("  "));
    // Lists begin with `- `.
    lines.filter(|line| line.starts_with(['+', '-']) && !line.starts_with("- ")).collect()
}

#[test]
fn a_clean_merge_a_squash_and_a_rebased_series_are_explained() {
    for (how, sentence) in [
        (How::Merge, "what merging request 101 at"),
        (How::Squash, "what merging request 101 at"),
        (How::Rebase, "each of its 2 commits has, byte for byte, the content that replaying request 101 at"),
    ] {
        let mut lane = Lane::begin();
        let draft = request(&mut lane, vec![vec![slot(1, "one")], vec![slot(2, "two")]]);
        let beside = request(&mut lane, vec![vec![slot(4, "beside")]]);
        let (head, inner) = (draft.head, draft.commits[0].0);
        lane.land(vec![beside], How::Squash, &[], &[], "Beside");
        lane.land(vec![draft], how, &[], &[], "Land it");
        let tip = lane.tip();
        let (text, flat) = asked(&lane, tip);
        assert!(flat.contains(&format!("landing {} on main", short(tip))), "{text}");
        assert!(flat.contains("explained: ") && flat.contains(sentence), "{how:?}: {text}");
        assert!(flat.contains(&format!("counts robin-example approved {}", short(head))), "{text}");
        assert!(flat.contains("required-reviews, reviewed-landings"), "{text}");
        assert!(flat.contains("touches upload (1 file)"), "{text}");
        assert!(changed(&text).is_empty(), "{text}");
        if how == How::Rebase {
            // Each commit of the series is the same landing.
            let first = lane.line[lane.line.len() - 2];
            assert_eq!(asked(&lane, first).1, flat);
        }
        if how == How::Merge {
            let (text, flat) = asked(&lane, inner);
            assert!(flat.contains(&format!("landing {} on main", short(tip))), "{text}");
            assert!(flat.contains(&format!("asked about: {}", short(inner))), "{text}");
            let (text, flat) = alone(&lane, tip);
            let named =
                format!("what merging {} (not asked: which request) into the branch gives", short(head));
            assert!(flat.contains(&named), "{text}");
            assert!(flat.contains("not asked: which request it was, and who approved it"), "{text}");
        }
    }
}

#[test]
fn an_evil_merge_shows_the_added_line_and_nothing_else() {
    let mut lane = Lane::begin();
    let draft = request(&mut lane, vec![vec![slot(1, "one")]]);
    lane.land(vec![draft], How::Merge, &[slot(4, "evil \u{1b}[2J\t ")], &[], "Land it");
    let (text, flat) = asked(&lane, lane.tip());
    assert!(flat.contains("not explained: merging request 101 at"), "{text}");
    assert!(flat.contains("no one reviewed the lines below"), "{text}");
    assert_eq!(changed(&text), ["-file 10 begins with 4", "+evil \\u{1b}[2J→   ·"], "{text}");
    assert!(text.contains("  services/upload/file-10.sql\n  @@ -"), "{text}");
    assert!(flat.contains("not reviewed: 1 line added, 1 line dropped, in 1 file"), "{text}");
    assert!(flat.contains("broken reviewed-landings"), "{text}");
    // The same without a host: what came in besides.
    let (text, flat) = alone(&lane, lane.tip());
    assert!(flat.contains("in addition to what was merged: 1 line added, 1 line dropped"), "{text}");
    assert!(!flat.contains("required-reviews"), "{text}");
    // In colour, for a terminal.
    let server = Server::start(lane.host());
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(lane.directory()).env("CLICOLOR_FORCE", "1");
    command.env("GITHUB_API_URL", server.address());
    command.args(["explain", &lane.tip().to_string(), "--at", "main", "--host", "github"]);
    let output = command.args(["--repository", "example-org/data-upload"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\u{1b}[32m  +evil \\u{1b}[2J") && !text.contains("\u{1b}[2J"), "{text:?}");
}

#[test]
fn a_merge_that_drops_a_fix_shows_what_was_lost() {
    let mut lane = Lane::begin();
    let old = lane.tip();
    let draft = request(&mut lane, vec![vec![slot(1, "one")]]);
    let fix = request(&mut lane, vec![vec![slot(5, "the fix")]]);
    lane.land(vec![fix], How::Squash, &[], &[], "Fix it");
    // An "ours" merge: the tree of the request, which began before the fix.
    let lost = match &lane.state(old)[&10].body {
        Body::Slots(slots) => Op::Slot(10, 5, slots[5].clone()),
        _ => unreachable!(),
    };
    lane.land(vec![draft], How::Merge, &[lost], &[], "Land it");
    let (text, flat) = asked(&lane, lane.tip());
    assert!(flat.contains("not explained: "), "{text}");
    assert_eq!(changed(&text), ["-the fix", "+file 10 begins with 5"], "{text}");
}

#[test]
fn of_a_conflict_resolved_by_hand_only_the_lines_of_the_hand_show() {
    let mut lane = Lane::begin();
    let draft = request(&mut lane, vec![vec![slot(1, "theirs"), slot(4, "more of theirs")]]);
    let other = request(&mut lane, vec![vec![slot(1, "ours")]]);
    lane.land(vec![other], How::Squash, &[], &[], "Ours");
    lane.land(vec![draft], How::Merge, &[slot(1, "by hand")], &[], "Land it");
    let (text, flat) = asked(&lane, lane.tip());
    assert!(flat.contains("not explained: "), "{text}");
    assert_eq!(changed(&text), ["-ours", "-theirs", "+by hand"], "{text}");
    assert!(!text.contains("+more of theirs"), "{text}");
}

#[test]
fn a_direct_push_shows_all_that_it_changed() {
    let mut lane = Lane::begin();
    lane.direct(ROBIN, &[slot(2, "pushed"), Op::Body(20, Body::Bytes(vec![0, 9]))], "Quick fix");
    let (text, flat) = asked(&lane, lane.tip());
    assert!(flat.contains("not explained: no change request brought it: it was pushed directly"), "{text}");
    assert_eq!(changed(&text), ["-file 10 begins with 2", "+pushed"], "{text}");
    assert!(flat.contains("services/upload/codes.bin: differs as a whole, binary"), "{text}");
    // Git alone cannot tell a squash from a push, and does not claim to.
    let (text, flat) = alone(&lane, lane.tip());
    assert!(flat.contains("not asked: which request brought it"), "{text}");
    assert!(!flat.contains("pushed past"), "{text}");
    // A host that does not say which request brought it is no host that says that none did.
    let mut host = lane.host();
    host.silent = true;
    let (text, flat) = explain(&lane, Some(&Server::start(host)), lane.tip(), &[]);
    assert!(flat.contains("cannot tell: ") && !flat.contains("pushed past"), "{text}");
}

#[test]
fn each_review_is_shown_with_what_became_of_it() {
    let mut lane = Lane::begin();
    let mut draft = request(&mut lane, vec![vec![slot(1, "one")], vec![slot(2, "two")]]);
    let (first, head) = (revision(draft.commits[0].0).unwrap(), revision(draft.head).unwrap());
    let review = |id: u64, by: &str, account, state, commit: &_, minute| Review {
        id: id.into(),
        position: id,
        reviewer: Some(person(by, account)),
        state,
        reviewed: ReviewedContent::Stated(Clone::clone(commit)),
        submitted: Some(minutes(minute)),
        source: ReviewSource::Host,
    };
    draft.world.reviews = vec![
        review(31, "robin-example", 12, ReviewState::Approved, &head, 40),
        review(32, "alex-example", 13, ReviewState::Approved, &first, 41),
        review(33, "kim-example-admin", 14, ReviewState::Approved, &head, 42),
        review(34, "sam-example", 15, ReviewState::ChangesRequested, &head, 43),
    ];
    lane.land(vec![draft], How::Squash, &[], &[], "Land it");
    let (text, flat) = asked(&lane, lane.tip());
    for said in [
        format!("counts robin-example approved {}", head.short()),
        format!("does not count alex-example approved {}", first.short()),
        format!("(review 32): it was given on {}, not on the judged head", first.short()),
        "does not count kim-example-admin approved".to_string(),
        format!("objects sam-example requested changes on {}", head.short()),
        "broken required-reviews".to_string(),
    ] {
        assert!(flat.contains(&said), "{said}: {text}");
    }
}

#[test]
fn a_commit_that_did_not_land_is_not_called_a_landing() {
    let mut lane = Lane::begin();
    let draft = request(&mut lane, vec![vec![slot(1, "one")]]);
    let (text, flat) = asked(&lane, draft.head);
    assert!(flat.contains(&format!("commit {}: Work on it", short(draft.head))), "{text}");
    assert!(flat.contains("on an unknown branch: main, which is at"), "{text}");
    assert!(!flat.contains("pushed past") && !flat.contains("landing "), "{text}");
    let server = Server::start(lane.host());
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(lane.directory()).env("GITHUB_API_URL", server.address());
    command.args([
        "explain",
        &draft.head.to_string(),
        "--at",
        "main",
        "--branch",
        "main",
        "--host",
        "github",
    ]);
    let output = command.args(["--repository", "example-org/data-upload"]).output().unwrap();
    assert_eq!(output.status.code(), Some(5), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_long_diff_is_cut_unless_everything_is_asked_for() {
    let mut lane = Lane::begin();
    let text: String = (0..500).map(|number| format!("line {number}\n")).collect();
    let file = File::new("services/upload/long.sql", Body::Text(text));
    lane.direct(ROBIN, &[Op::Put(900, file)], "A long one");
    let (text, flat) = asked(&lane, lane.tip());
    assert!(flat.contains("and 300 more lines") && flat.contains("`--verbose` shows everything"), "{text}");
    let server = Server::start(lane.host());
    let (text, _) = explain(&lane, Some(&server), lane.tip(), &["--verbose"]);
    assert_eq!(changed(&text).into_iter().filter(|line| line.starts_with('+')).count(), 500);
}

#[test]
fn a_verbose_check_says_how_each_landing_was_explained() {
    let mut lane = Lane::begin();
    let one = request(&mut lane, vec![vec![slot(1, "one")]]);
    let two = request(&mut lane, vec![vec![slot(4, "two")]]);
    lane.land(vec![one, two], How::Octopus, &[], &[], "Land both");
    let (server, base) = (Server::start(lane.host()), lane.baseline().to_string());
    let check = |more: &[&str]| {
        let mut command = crate::support::release::command(&lane, &server.address(), lane.tip());
        let output = command.args(["--base", &base]).args(more).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let verbose = check(&["--verbose"]);
    assert!(verbose.contains("tried: request 101 at"), "{verbose}");
    assert!(
        verbose.contains("cannot explain it alone, because it holds commits of another request"),
        "{verbose}"
    );
    assert!(!check(&[]).contains("tried:"));
}

#[test]
fn a_verbose_check_says_on_stderr_what_each_control_looked_at() {
    let stage = portcullis_testkit::stage::Stage::honest().unwrap();
    let server = Server::start(stage.world.clone());
    let check = |more: &[&str]| {
        let arguments = [&["check", "--format", "json"], more].concat();
        let output = crate::support::gate::command(&stage, &server, &arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr))
    };
    let ((quiet, nothing), (verbose, trace)) = (check(&[]), check(&["--verbose"]));
    assert_eq!((quiet, nothing.as_str()), (verbose, ""));
    let flat = trace.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "required-reviews files: 1 reviews: 2",
        "what robin-example may do: write",
        "who pushed the head: kim-example",
        "checks of the head: 2",
    ] {
        assert!(flat.contains(said), "{said}: {trace}");
    }
}
