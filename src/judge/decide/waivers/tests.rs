//! What waivers let pass, and everything that they do not.

use crate::control::testing::{
    BentTexts as _, SIGNERS, World, at, deployment, gap, head, landed, modified, observed, revision, step,
};
use crate::decide::{decide, decide_deployment};
use crate::policy::Policy;
use portcullis_attest::key::SigningKey;
use portcullis_attest::sshsig;
use portcullis_model::change::Side;
use portcullis_model::decision::{Decision, Finding, Outcome, SubjectKind, Verdict};
use portcullis_model::deployment::{Deployment, LandingFacts};
use portcullis_model::digest::Digest;
use portcullis_model::fact::Fact;
use portcullis_model::inquiry::TextPurpose;
use portcullis_model::landing::{Coverage, Residual, ResidualHunk, Span};
use portcullis_model::waiver::Approved;
use portcullis_wire::decision::v1::DecisionV1;
use portcullis_wire::facts::testing::{deployment_of, value_of};
use proptest::prelude::*;
use std::sync::LazyLock;

/// As it is written.
fn written(decision: &Decision) -> String {
    serde_json::to_string(&DecisionV1::new(decision, false)).unwrap()
}

const POLICY: &str = r#"
schema = 1
[project]
name = "Record upload"
[branches]
deployment = ["main"]
[[data-processing]]
name = "upload"
purpose = "loads records"
paths = ["services/upload/**"]
[[data-processing]]
name = "migrations"
purpose = "changes tables"
paths = ["db/**"]
[[people]]
name = "Kim Example"
logins = ["kim", "kim-admin"]
[roles.gate-owners]
users = ["alex"]
[controls.required-reviews]
approvals = 1
[controls.required-reviews.data-processing]
approvals = 2
[controls.required-checks]
checks = [{ name = "tests", app = "github-actions" }]
[controls.freeze]
windows = [{ from = "2026-12-25", until = "2026-12-27", reason = "holiday" }]
[controls.gate-integrity]
role = "gate-owners"
approvals = 1
"#;

/// Read once: the properties judge by it thousands of times.
fn policy() -> &'static Policy {
    static READ: LazyLock<Policy> = LazyLock::new(|| Policy::parse(POLICY).unwrap());
    &READ
}

/// In force at `observed` (2026-12-20T12:00:00Z); `lines` are its control and scope, and may set
/// other keys again.
fn waiver(id: &str, lines: &str) -> String {
    let mut text = format!("[[waivers]]\nid = \"{id}\"\n{lines}\n");
    for (key, value) in [
        ("reason", "the reviewer is away"),
        ("ticket", "OPS-881"),
        ("requester", "robin"),
        ("approver", "kim"),
        ("created", "2026-12-18"),
        ("expires", "2026-12-28"),
    ] {
        if !lines.contains(&format!("{key} =")) {
            text.push_str(&format!("{key} = \"{value}\"\n"));
        }
    }
    text
}

fn file(waivers: &[String]) -> String {
    format!("schema = 1\n{}", waivers.concat())
}

const REVIEWS: &str = "control = \"required-reviews\"\nrequests = [7]";

/// An honest change, but for the second approval.
fn short_of_a_review() -> World {
    let mut world = World::honest();
    world.facts.inquiry = policy().inquiry(Some("portcullis.toml".into()));
    world.gate().policy_text().before = Some(POLICY.to_string());
    world.gate().policy_text().after = Some(POLICY.to_string());
    world.reviews().pop();
    world
}

fn judged(mut world: World, waivers: &[String]) -> Decision {
    world.gate().waivers_text().before = Some(file(waivers));
    world.gate().waivers_text().after = Some(file(waivers));
    decide(policy(), &world.facts)
}

fn outcome(lines: &str) -> Outcome {
    judged(short_of_a_review(), &[waiver("W-1", lines)]).outcome
}

fn of_waiver<'d>(decision: &'d Decision, id: &str) -> &'d Finding {
    let is_it =
        |finding: &&Finding| finding.subject.kind == SubjectKind::Waiver && finding.subject.name == id;
    decision.findings.iter().find(is_it).unwrap_or_else(|| panic!("{id}: {:#?}", decision.findings))
}

fn waived(decision: &Decision) -> Vec<&Finding> {
    decision.findings.iter().filter(|finding| finding.verdict == Verdict::Waived).collect()
}

#[test]
fn a_waiver_in_force_lets_pass_and_says_who_why_and_until_when() {
    assert_eq!(judged(short_of_a_review(), &[]).outcome, Outcome::Block);
    let decision = judged(short_of_a_review(), &[waiver("W-1", REVIEWS)]);
    assert_eq!(decision.outcome, Outcome::Allow, "{:#?}", decision.findings);
    let [found] = waived(&decision)[..] else { panic!("{:#?}", decision.findings) };
    assert!(found.reason.contains("approv"), "the reason is kept: {}", found.reason);
    let expected =
        "waived by W-1, granted by kim until 2026-12-28T00:00:00Z: the reviewer is away (without it: broken)";
    assert_eq!(found.details[0], expected);
    let used = of_waiver(&decision, "W-1");
    assert_eq!((used.verdict, used.reason.starts_with("used")), (Verdict::Noted, true));
    assert!(used.details.iter().any(|detail| detail.contains("OPS-881")));
}

#[test]
fn what_could_not_be_seen_can_be_let_pass_too() {
    let mut world = short_of_a_review();
    world.host().reviews = Fact::Gap(gap());
    let decision = judged(world, &[waiver("W-1", REVIEWS)]);
    assert!(waived(&decision).iter().any(|found| found.details[0].contains("(without it: unproven)")));
}

#[test]
fn every_waiver_is_told_of_used_or_not() {
    let waivers = [
        waiver("unused", "control = \"required-checks\"\nrequests = [7]"),
        waiver("expired", &format!("{REVIEWS}\nexpires = \"2026-12-20\"")),
        waiver("early", &format!("{REVIEWS}\ncreated = \"2026-12-21\"")),
    ];
    let decision = judged(short_of_a_review(), &waivers);
    assert_eq!(decision.outcome, Outcome::Block);
    for (id, says) in [("unused", "not used"), ("expired", "expired at"), ("early", "not in force yet")] {
        let found = of_waiver(&decision, id);
        assert_eq!(found.verdict, Verdict::Noted);
        assert!(found.reason.contains(says), "{id}: {}", found.reason);
    }
}

#[test]
fn a_waiver_begins_at_its_first_second_and_is_over_at_its_last() {
    for (lines, expected) in [
        ("expires = \"2026-12-20T12:00:00Z\"", Outcome::Block),
        ("expires = \"2026-12-20T11:59:59Z\"", Outcome::Block),
        ("expires = \"2026-12-20T12:00:01Z\"", Outcome::Allow),
        ("created = \"2026-12-20T12:00:00Z\"", Outcome::Allow),
        ("created = \"2026-12-20T12:00:01Z\"", Outcome::Block),
    ] {
        assert_eq!(outcome(&format!("{REVIEWS}\n{lines}")), expected, "{lines}");
    }
}

#[test]
fn another_control_area_commit_request_or_environment_is_not_covered() {
    let commit = |digit: char| format!("control = \"required-reviews\"\ncommits = [\"{}\"]", revision(digit));
    assert_eq!(outcome(&commit('b')), Outcome::Allow, "the head is {}", head());
    for lines in [
        "control = \"required-checks\"\nrequests = [7]",
        "control = \"required-reviews\"\narea = \"migrations\"",
        "control = \"required-reviews\"\nrequests = [8, 70, 77]",
        "control = \"required-reviews\"\nrequests = [7]\nenvironment = \"production\"",
        "control = \"required-reviews\"\nrequests = [7]\narea = \"migrations\"",
        &commit('a'),
        &format!("{}\nrequests = [8]", commit('b')),
    ] {
        assert_eq!(outcome(lines), Outcome::Block, "{lines}");
    }
}

#[test]
fn an_area_covers_what_is_said_of_it_and_of_nothing_else() {
    let area = "control = \"required-reviews\"\narea = \"upload\"";
    assert_eq!(outcome(area), Outcome::Allow);
    let mut both = short_of_a_review();
    both.files(&["services/upload/load.rs", "db/001.sql"]);
    let decision = judged(both, &[waiver("W-1", area)]);
    assert_eq!(decision.outcome, Outcome::Block);
    assert_eq!(waived(&decision).len(), 1, "the other area still lacks its reviews");
    let mut nobody = short_of_a_review();
    nobody.files(&["services/upload/load.rs", "db/001.sql"]);
    nobody.reviews().clear();
    let decision =
        judged(nobody, &[waiver("W-1", area), waiver("W-2", &area.replace("upload", "migrations"))]);
    assert_eq!(decision.outcome, Outcome::Block, "of the request as a whole no area speaks");
}

#[test]
fn a_waiver_in_the_change_itself_has_no_effect() {
    let mut world = short_of_a_review();
    world.gate().waivers_text().after = Some(file(&[waiver("W-1", REVIEWS)]));
    let decision = decide(policy(), &world.facts);
    assert_eq!(decision.outcome, Outcome::Block);
    assert!(waived(&decision).is_empty());
}

#[test]
fn a_change_of_the_waivers_is_a_change_of_the_gate() {
    for path in ["portcullis-waivers.toml", "Portcullis-Waivers.TOML"] {
        let mut world = World { facts: short_of_a_review().facts, ..World::honest() };
        world.files(&[path]);
        world.facts.inquiry = policy().inquiry(Some("portcullis.toml".into()));
        // Kim's approval is one, but the owner of the gate is Alex.
        let decision = judged(world, &[waiver("W-1", REVIEWS)]);
        let gate = |found: &&Finding| found.control == "gate-integrity" && found.verdict == Verdict::Broken;
        assert!(decision.findings.iter().any(|found| gate(&found)), "{path}: {:#?}", decision.findings);
        assert_eq!(decision.outcome, Outcome::Block);
    }
}

#[test]
fn waivers_that_cannot_be_read_let_nothing_pass() {
    let broken = [
        "schema = 1\n[[waivers".to_string(),
        file(&[waiver("W-1", &format!("{REVIEWS}\napprover = \"robin\""))]),
        file(&[waiver("W-1", &format!("{REVIEWS}\nrequester = \"kim-admin\""))]),
        file(&[waiver("W-1", REVIEWS), waiver("W-1", REVIEWS)]),
        file(&[waiver("W-1", REVIEWS), waiver("W-2", "control = \"gate-integrity\"\nrequests = [7]")]),
    ];
    for text in broken {
        let mut world = short_of_a_review();
        world.reviews().push(crate::control::testing::review(
            2,
            "alex",
            portcullis_model::review::ReviewState::Approved,
        ));
        assert_eq!(decide(policy(), &world.facts).outcome, Outcome::Allow);
        world.gate().waivers_text().before = Some(text.clone());
        world.gate().waivers_text().after = None;
        assert_eq!(decide(policy(), &world.facts).outcome, Outcome::Block, "{text}");
        world.gate().waivers_text().before = None;
        world.gate().waivers_text().after = Some(text.clone());
        let decision = decide(policy(), &world.facts);
        assert_eq!(decision.outcome, Outcome::Block, "left behind: {text}");
    }
}

#[test]
fn a_policy_that_would_make_the_waivers_invalid_is_stopped() {
    let mut world = short_of_a_review();
    let waivers = file(&[waiver("W-1", REVIEWS)]);
    world.gate().waivers_text().before = Some(waivers.clone());
    world.gate().waivers_text().after = Some(waivers);
    assert_eq!(decide(policy(), &world.facts).outcome, Outcome::Allow);
    world.gate().policy_text().after = Some(format!("{POLICY}\n[waivers]\nlongest = \"1d\"\n"));
    assert_eq!(decide(policy(), &world.facts).outcome, Outcome::Block);
}

#[test]
fn without_the_moment_no_waiver_has_an_effect_and_says_so() {
    let mut world = short_of_a_review();
    world.facts.observed = Fact::Gap(gap());
    let decision = judged(world.clone(), &[waiver("W-1", REVIEWS)]);
    assert_eq!(decision.outcome, Outcome::Block);
    assert!(of_waiver(&decision, "W-1").reason.starts_with("it has no effect"));
    let owing = format!("control = \"required-checks\"\nrequests = [7]\n{EMERGENCY}");
    let mut honest = World { facts: world.facts, ..World::honest() };
    honest.facts.host = World::honest().facts.host;
    assert_eq!(judged(honest.clone(), &[waiver("W-1", REVIEWS)]).outcome, Outcome::Allow);
    assert_eq!(judged(honest, &[waiver("W-2", &owing)]).outcome, Outcome::Undetermined);
}

const EMERGENCY: &str = "emergency = true\nreview-due = \"2026-12-20T12:00:00Z\"";

#[test]
fn an_emergency_that_nobody_looked_at_stops_everything() {
    let honest = || World { facts: short_of_a_review().facts, ..World::honest() };
    let with = |lines: &str| {
        let mut world = honest();
        world.facts.host = World::honest().facts.host;
        judged(world, &[waiver("W-1", &format!("{REVIEWS}\n{lines}"))])
    };
    assert_eq!(with("").outcome, Outcome::Allow);
    let overdue = with(EMERGENCY);
    assert_eq!(overdue.outcome, Outcome::Block);
    assert_eq!(of_waiver(&overdue, "W-1").verdict, Verdict::Broken);
    assert_eq!(with(&EMERGENCY.replace("12:00:00", "12:00:01")).outcome, Outcome::Allow);
    let reviewed = |at: &str| with(&format!("{EMERGENCY}\nreviewed-by = \"alex\"\nreviewed-on = \"{at}\""));
    assert_eq!(reviewed("2026-12-19").outcome, Outcome::Allow);
    assert_eq!(reviewed("2026-12-20T12:00:01Z").outcome, Outcome::Block, "not yet");
}

#[test]
fn the_change_that_records_the_review_can_land_and_taking_the_waiver_out_cannot() {
    let mut world = World { facts: short_of_a_review().facts, ..World::honest() };
    world.facts.host = World::honest().facts.host;
    let owing = format!("{REVIEWS}\n{EMERGENCY}");
    world.gate().waivers_text().before = Some(file(&[waiver("W-1", &owing)]));
    world.gate().waivers_text().after = Some(file(&[]));
    assert_eq!(decide(policy(), &world.facts).outcome, Outcome::Block);
    let reviewed = format!("{owing}\nreviewed-by = \"alex\"\nreviewed-on = \"2026-12-20\"");
    world.gate().waivers_text().after = Some(file(&[waiver("W-1", &reviewed)]));
    assert_eq!(decide(policy(), &world.facts).outcome, Outcome::Allow);
}

/// A deployment whose one landing lacks a review; `text` are the waivers at the baseline.
fn deployed(bend: impl FnOnce(&mut World), text: Option<String>) -> Deployment {
    let mut world = short_of_a_review();
    world.gate().waivers_text().before = text.clone();
    world.gate().waivers_text().after = text;
    bend(&mut world);
    deployment(&world)
}

fn reviewed(world: &mut World) {
    world.host().reviews = World::honest().facts.host.reviews;
}

fn of_deployment(facts: &Deployment) -> Decision {
    decide_deployment(policy(), facts)
}

#[test]
fn a_deployment_uses_the_waivers_at_its_baseline() {
    let honest = of_deployment(&deployed(reviewed, None));
    assert_eq!(honest.outcome, Outcome::Allow, "{:#?}", honest.findings);
    let outcome = |lines: &str| of_deployment(&deployed(|_| (), Some(file(&[waiver("W-1", lines)])))).outcome;
    assert_eq!(of_deployment(&deployed(|_| (), None)).outcome, Outcome::Block);
    for (lines, expected) in [
        (REVIEWS.to_string(), Outcome::Allow),
        (format!("{REVIEWS}\nenvironment = \"production\""), Outcome::Allow),
        (format!("{REVIEWS}\nenvironment = \"staging\""), Outcome::Block),
        (format!("control = \"required-reviews\"\ncommits = [\"{}\"]", landed()), Outcome::Allow),
        (format!("control = \"required-reviews\"\ncommits = [\"{}\"]", head()), Outcome::Allow),
        (format!("control = \"required-reviews\"\ncommits = [\"{}\"]", revision('9')), Outcome::Block),
        ("control = \"required-reviews\"\nrequests = [8]".to_string(), Outcome::Block),
    ] {
        assert_eq!(outcome(&lines), expected, "{lines}");
    }
}

fn push(deployment: &mut Deployment, path: &str) {
    let Fact::Known(landings) = &mut deployment.landings else { panic!("the landings are a gap") };
    let hunk = ResidualHunk {
        path: path.into(),
        side: Side::Added,
        line: Some(1),
        lines: 1,
        digest: Digest::of(b"x"),
    };
    landings[0].coverage = Coverage::Residual(Residual { nearest: Vec::new(), hunks: vec![hunk] });
    landings[0].requests = Fact::Known(Vec::new());
}

#[test]
fn unreviewed_content_is_let_pass_by_its_commit_only() {
    let with = |lines: String| {
        let mut facts = deployed(reviewed, Some(file(&[waiver("W-1", &lines)])));
        push(&mut facts, "services/upload/load.rs");
        of_deployment(&facts).outcome
    };
    let landing = |tip| format!("control = \"reviewed-landings\"\ncommits = [\"{tip}\"]");
    assert_eq!(with(landing(landed())), Outcome::Allow);
    assert_eq!(with(landing(revision('9'))), Outcome::Block);
    assert_eq!(with(format!("{}\narea = \"migrations\"", landing(landed()))), Outcome::Block);
    assert_eq!(
        with(format!("{}\nrequests = [7]", landing(landed()))),
        Outcome::Block,
        "no request brought it"
    );
}

#[test]
fn an_area_does_not_cover_unreviewed_lines_outside_of_it() {
    let lines = format!("control = \"reviewed-landings\"\narea = \"upload\"\ncommits = [\"{}\"]", landed());
    for (path, expected) in [("services/upload/load.rs", Outcome::Allow), ("other/x", Outcome::Block)] {
        let mut facts = deployed(reviewed, Some(file(&[waiver("W-1", &lines)])));
        push(&mut facts, path);
        assert_eq!(of_deployment(&facts).outcome, expected, "{path}");
    }
}

#[test]
fn nothing_covers_the_baseline_the_branch_and_the_population() {
    let everything: Vec<_> = ["required-reviews", "required-checks", "reviewed-landings", "freeze"]
        .iter()
        .map(|control| waiver(control, &format!("control = \"{control}\"\ncommits = [\"{}\"]", landed())))
        .collect();
    let text = Some(file(&everything));
    let bends: [fn(&mut Deployment); 5] = [
        |facts| facts.span = Fact::Known(Span::Diverged),
        |facts| facts.on_branch = Fact::Known(Span::Diverged),
        |facts| facts.span = Fact::Known(Span::Steps(vec![step(revision('8')), step(landed())])),
        |facts| facts.landings = Fact::Gap(gap()),
        |facts| facts.whole.gate = Fact::Gap(gap()),
    ];
    assert_eq!(of_deployment(&deployed(reviewed, text.clone())).outcome, Outcome::Allow);
    for (index, bend) in bends.iter().enumerate().take(4) {
        let mut facts = deployed(reviewed, text.clone());
        bend(&mut facts);
        assert_ne!(of_deployment(&facts).outcome, Outcome::Allow, "{index}");
    }
    let mut facts = deployed(|_| (), text);
    bends[4](&mut facts);
    assert_ne!(of_deployment(&facts).outcome, Outcome::Allow, "the waivers cannot be seen");
}

/// A second landing, after the first, that brings the waivers: request 8, well reviewed.
fn brings_waivers(facts: &mut Deployment, bend: impl FnOnce(&mut LandingFacts)) {
    let mut world = World::honest();
    world.facts.gate.clone_from(&facts.whole.gate);
    world.facts.inquiry.clone_from(&facts.whole.inquiry);
    world.files(&["portcullis-waivers.toml"]);
    world.request().id = 8.into();
    let mut second = crate::control::testing::landing(world.facts);
    second.landing.parent = landed();
    second.landing.landed = revision('6');
    second.steps = vec![revision('6')];
    bend(&mut second);
    facts.candidate = revision('6');
    facts.span = Fact::Known(Span::Steps(vec![step(landed()), step(revision('6'))]));
    if let Fact::Known(landings) = &mut facts.landings {
        landings.push(second);
    }
}

/// The first landing lacks a review, and `text` comes with the second.
fn brought(text: &str, bend: impl FnOnce(&mut LandingFacts)) -> Decision {
    let mut facts = deployed(|world| world.gate().waivers_text().after = Some(text.to_string()), None);
    if let Fact::Known(gate) = &mut facts.whole.gate {
        gate.waivers_text().after = Some(text.to_string());
    }
    brings_waivers(&mut facts, bend);
    of_deployment(&facts)
}

#[test]
fn a_reviewed_landing_may_bring_a_waiver_for_another_one() {
    let text = file(&[waiver("W-1", REVIEWS)]);
    let decision = brought(&text, |_| ());
    assert_eq!(decision.outcome, Outcome::Allow, "{:#?}", decision.findings);
    assert_eq!(waived(&decision).len(), 1);
}

type Bend = fn(&mut LandingFacts);

#[test]
fn a_landing_that_does_not_stand_by_itself_brings_no_waiver() {
    let request = |number: u32| format!("control = \"required-reviews\"\nrequests = [{number}]");
    let text = file(&[waiver("W-1", &request(7)), waiver("W-2", &request(8))]);
    let bends: [(&str, Bend); 5] = [
        ("no one approved it", |landing| {
            if let Fact::Known(requests) = &mut landing.requests {
                requests[0].host.reviews = Fact::Known(Vec::new());
            }
        }),
        ("nobody can see who approved it", |landing| {
            if let Fact::Known(requests) = &mut landing.requests {
                requests[0].host.reviews = Fact::Gap(gap());
            }
        }),
        ("its content is not proved", |landing| landing.coverage = Coverage::Unverifiable(gap())),
        ("no request brought it", |landing| landing.requests = Fact::Known(Vec::new())),
        ("nobody can see what it changed", |landing| landing.files = Fact::Gap(gap())),
    ];
    for (why, bend) in bends {
        let decision = brought(&text, bend);
        assert_ne!(decision.outcome, Outcome::Allow, "{why}");
        assert!(waived(&decision).is_empty(), "{why}: {:#?}", waived(&decision));
    }
}

#[test]
fn a_push_that_brings_waivers_for_earlier_pushes_brings_none() {
    let lines = format!("control = \"reviewed-landings\"\ncommits = [\"{}\"]", landed());
    let mut facts = deployed(reviewed, None);
    push(&mut facts, "services/upload/load.rs");
    if let Fact::Known(gate) = &mut facts.whole.gate {
        gate.waivers_text().after = Some(file(&[waiver("W-1", &lines)]));
    }
    let hunk = |path: &str| ResidualHunk {
        path: path.into(),
        side: Side::Added,
        line: Some(1),
        lines: 9,
        digest: Digest::of(b"x"),
    };
    brings_waivers(&mut facts, |landing| {
        landing.requests = Fact::Known(Vec::new());
        landing.coverage = Coverage::Residual(Residual {
            nearest: Vec::new(),
            hunks: vec![hunk("portcullis-waivers.toml")],
        });
    });
    let decision = of_deployment(&facts);
    assert_eq!(decision.outcome, Outcome::Block);
    assert!(waived(&decision).is_empty());
    // Not even where the policy lets unexplained lines outside of all areas pass.
    let noted = Policy::parse(&format!("{POLICY}\n[controls.reviewed-landings]\noutside-areas = \"note\"\n"))
        .unwrap();
    let decision = decide_deployment(&noted, &facts);
    assert!(waived(&decision).is_empty(), "{:#?}", decision.findings);
    // Nor does the push itself, although it touches no area.
    let pushed = |path: &str| {
        let mut facts = deployed(reviewed, None);
        push(&mut facts, path);
        decide_deployment(&noted, &facts).outcome
    };
    assert_eq!(pushed("docs/guide.md"), Outcome::Allow);
    for path in
        ["portcullis-waivers.toml", "Portcullis.toml", ".github/CODEOWNERS", ".github/workflows/gate.yml"]
    {
        assert_eq!(pushed(path), Outcome::Block, "{path}");
    }
}

#[test]
fn a_waiver_that_a_landing_took_out_no_longer_counts() {
    let mut facts = deployed(|_| (), Some(file(&[waiver("W-1", REVIEWS)])));
    assert_eq!(of_deployment(&facts).outcome, Outcome::Allow);
    if let Fact::Known(gate) = &mut facts.whole.gate {
        gate.waivers_text().after = None;
    }
    brings_waivers(&mut facts, |_| ());
    assert_eq!(of_deployment(&facts).outcome, Outcome::Block);
}

#[test]
fn a_freeze_is_let_pass_by_a_waiver_that_landed_during_it() {
    let lines = "control = \"freeze\"\nenvironment = \"production\"";
    let frozen = |text: Option<String>| {
        let mut facts = deployed(reviewed, None);
        facts.whole.observed = Fact::Known(at(1_797_768_000 + 6 * 24 * 60 * 60));
        if let Fact::Known(gate) = &mut facts.whole.gate {
            gate.waivers_text().after = text;
        }
        brings_waivers(&mut facts, |_| ());
        of_deployment(&facts)
    };
    let stopped = frozen(None);
    assert_eq!(stopped.outcome, Outcome::Block);
    assert!(stopped.findings[0].reason.contains("holiday"), "{:#?}", stopped.findings[0]);
    let decision = frozen(Some(file(&[waiver("W-1", lines)])));
    assert_eq!(decision.outcome, Outcome::Allow, "{:#?}", decision.findings);
    assert_eq!(
        frozen(Some(file(&[waiver("W-1", &lines.replace("production", "staging"))]))).outcome,
        Outcome::Block
    );
}

#[test]
fn the_stored_moment_decides_and_the_same_facts_give_the_same_bytes() {
    let facts = deployed(|_| (), Some(file(&[waiver("W-1", REVIEWS)])));
    let again = deployment_of(&value_of(facts.clone())).unwrap();
    let bytes = |facts: &Deployment| written(&of_deployment(facts));
    assert_eq!(bytes(&facts), bytes(&again));
    let mut later = facts.clone();
    later.whole.observed = Fact::Known(at(1_797_768_000 + 30 * 24 * 60 * 60));
    assert_eq!(of_deployment(&facts).outcome, Outcome::Allow);
    assert_eq!(of_deployment(&later).outcome, Outcome::Block);
    assert_eq!(observed(), at(1_797_768_000));
}

#[test]
fn who_deploys_and_the_moment_have_no_default() {
    let facts = value_of(deployed(|_| (), None));
    for (place, name) in
        [("", "deployer"), ("/whole", "observed"), ("/whole/gate/known/texts/portcullis.toml", "before")]
    {
        let mut facts = facts.clone();
        facts.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(name);
        assert!(deployment_of(&facts).is_err(), "{name}");
    }
}

fn control() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "required-reviews",
        "required-checks",
        "freeze",
        "protected-branch",
        "deployers",
    ])
}

fn scope() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "requests = [7]".to_string(),
        "requests = [8]".to_string(),
        "area = \"upload\"".to_string(),
        "area = \"migrations\"".to_string(),
        "environment = \"production\"".to_string(),
        "environment = \"staging\"".to_string(),
        format!("commits = [\"{}\"]", head()),
        format!("commits = [\"{}\"]", landed()),
        format!("commits = [\"{}\"]", revision('9')),
    ])
}

fn waivers() -> impl Strategy<Value = Vec<(String, &'static str)>> {
    let span = prop::sample::select(vec!["", "expires = \"2026-12-19\"", "created = \"2026-12-22\""]);
    let one = (control(), scope(), span)
        .prop_map(|(control, scope, span)| (format!("control = \"{control}\"\n{scope}\n{span}"), control));
    prop::collection::vec(one, 0..6)
}

fn texts(waivers: &[(String, &str)]) -> Vec<String> {
    waivers.iter().enumerate().map(|(index, (lines, _))| waiver(&format!("W-{index}"), lines)).collect()
}

/// Reviews and checks are both short, so that waivers of either have something to do.
fn short_of_both() -> World {
    let mut world = short_of_a_review();
    world.host().checks = Fact::Known(Vec::new());
    world
}

fn in_deployment(waivers: &[String]) -> Decision {
    of_deployment(&deployed(|world| world.host().checks = Fact::Known(Vec::new()), Some(file(waivers))))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_waiver_never_covers_another_control(waivers in waivers()) {
        let texts = texts(&waivers);
        for decision in [judged(short_of_both(), &texts), in_deployment(&texts)] {
            for found in waived(&decision) {
                prop_assert!(waivers.iter().any(|(_, control)| *control == found.control), "{found:#?}");
                prop_assert!(found.control != "gate-integrity");
            }
        }
    }

    #[test]
    fn a_waiver_that_covers_nothing_changes_no_outcome(waivers in waivers()) {
        let more = |lines: &str| {
            let mut texts = texts(&waivers);
            texts.push(waiver("unrelated", lines));
            texts
        };
        for lines in ["control = \"regression-tests\"\nrequests = [7]", "control = \"required-reviews\"\nrequests = [99]"] {
            prop_assert_eq!(judged(short_of_both(), &texts(&waivers)).outcome, judged(short_of_both(), &more(lines)).outcome);
            prop_assert_eq!(in_deployment(&texts(&waivers)).outcome, in_deployment(&more(lines)).outcome);
        }
    }

    #[test]
    fn without_the_moment_nothing_becomes_milder(waivers in waivers()) {
        let texts = texts(&waivers);
        let (with, mut world) = (judged(short_of_both(), &texts), short_of_both());
        world.facts.observed = Fact::Gap(gap());
        let without = judged(world, &texts);
        prop_assert!(without.outcome >= with.outcome);
        prop_assert!(waived(&without).is_empty());
    }

    #[test]
    fn the_order_of_waivers_and_of_their_lists_does_not_matter(waivers in waivers(), commits in Just(vec!['9', 'b', 'c']).prop_shuffle()) {
        let names: Vec<_> = commits.iter().map(|digit| format!("\"{}\"", revision(*digit))).collect();
        let list = |names: &[String]| format!("control = \"required-reviews\"\ncommits = [{}]", names.join(", "));
        let mut sorted = names.clone();
        sorted.sort();
        let mut forward = texts(&waivers);
        forward.push(waiver("list", &list(&sorted)));
        let mut backward = texts(&waivers);
        backward.push(waiver("list", &list(&names)));
        backward.reverse();
        let bytes = |waivers: &[String]| written(&judged(short_of_both(), waivers));
        prop_assert_eq!(bytes(&forward), bytes(&backward));
    }

    #[test]
    fn fewer_waivers_are_never_milder(waivers in waivers()) {
        let texts = texts(&waivers);
        let all = in_deployment(&texts).outcome;
        for left_out in 0..texts.len() {
            let mut fewer = texts.clone();
            fewer.remove(left_out);
            prop_assert!(in_deployment(&fewer).outcome >= all);
        }
    }
}

#[test]
fn a_proof_by_a_request_that_nothing_else_is_known_of_proves_nothing() {
    let facts = deployed(reviewed, None);
    let with = |request: u64, head: portcullis_model::change::Revision| {
        let mut facts = facts.clone();
        if let Fact::Known(landings) = &mut facts.landings {
            landings[0].coverage =
                Coverage::Replay(portcullis_model::landing::Candidate { request: request.into(), head });
        }
        of_deployment(&facts).outcome
    };
    assert_eq!(with(7, crate::control::testing::head()), Outcome::Allow);
    assert_eq!(with(9, crate::control::testing::head()), Outcome::Undetermined);
    assert_eq!(with(7, revision('5')), Outcome::Undetermined);
}

#[test]
fn a_landing_left_out_or_of_other_commits_leaves_the_population_unproven() {
    let facts = deployed(reviewed, None);
    let with = |bend: fn(&mut Vec<LandingFacts>)| {
        let mut facts = facts.clone();
        if let Fact::Known(landings) = &mut facts.landings {
            bend(landings);
        }
        of_deployment(&facts).outcome
    };
    assert_eq!(with(|_| ()), Outcome::Allow);
    assert_eq!(with(Vec::clear), Outcome::Undetermined);
    assert_eq!(with(|landings| landings[0].steps = vec![revision('5')]), Outcome::Undetermined);
}

/// A change short of a review, by a policy that wants signatures; these signers at the base.
fn by_signed_policy(signers: Option<&str>, waivers: &[String]) -> Decision {
    let text = format!("{POLICY}[waivers]\nsigners = \"{SIGNERS}\"\n");
    let policy = Policy::parse(&text).unwrap();
    let mut world = short_of_a_review();
    world.facts.inquiry = policy.inquiry(Some("portcullis.toml".into()));
    let gate = world.gate();
    (gate.policy_text().before, gate.policy_text().after) = (Some(text.clone()), Some(text));
    (gate.waivers_text().before, gate.waivers_text().after) = (Some(file(waivers)), Some(file(waivers)));
    gate.signers_text().before = signers.map(str::to_string);
    decide(&policy, &world.facts)
}

/// The waiver with this key's signature.
fn signed(text: &str, key: &SigningKey) -> String {
    let waiver = policy().waivers(&file(&[text.to_string()])).unwrap().remove(0);
    let signature = sshsig::sign(waiver.statement("Record upload").as_bytes(), key).unwrap();
    format!("{text}signature = '''\n{signature}'''\n")
}

#[test]
fn where_signatures_are_wanted_only_what_its_approver_signed_counts() {
    let key = SigningKey::from_seed(&[1; 32]);
    let of = |who: &str| format!("{who} {}\n", key.public_text().unwrap());
    let plain = waiver("W-1", REVIEWS);
    let good = signed(&plain, &key);
    let decision = by_signed_policy(Some(&of("kim")), std::slice::from_ref(&good));
    assert_eq!(decision.outcome, Outcome::Allow, "{:#?}", decision.findings);
    let told = of_waiver(&decision, "W-1").details.join("\n");
    assert!(told.contains(&format!("signed by kim with the key {}", key.fingerprint())), "{told}");
    for (what, signers, waiver) in [
        ("unsigned", Some(of("kim")), plain.clone()),
        ("no signers at the base", None, good.clone()),
        ("signers that cannot be read", Some("kim".to_string()), good.clone()),
        ("the requester's key", Some(of("robin")), good.clone()),
        ("edited", Some(of("kim")), good.replace("the reviewer is away", "anything")),
        ("copied to another id", Some(of("kim")), good.replace("W-1", "W-2")),
        ("expired", Some(of("kim valid-before=\"20261219Z\"")), good.clone()),
        ("another key", Some(of("kim")), signed(&plain, &SigningKey::from_seed(&[2; 32]))),
    ] {
        let id = if waiver.contains("W-2") { "W-2" } else { "W-1" };
        let decision = by_signed_policy(signers.as_deref(), &[waiver]);
        assert_eq!(decision.outcome, Outcome::Block, "{what}");
        assert!(waived(&decision).is_empty(), "{what}");
        let told = &of_waiver(&decision, id).reason;
        assert!(told.starts_with("not in force: "), "{what}: {told}");
    }
}

#[test]
fn an_overdue_emergency_stops_everything_signed_or_not() {
    let lines = format!("{REVIEWS}\nemergency = true\nreview-due = \"2026-12-19\"");
    let decision = by_signed_policy(Some(""), &[waiver("W-1", &lines)]);
    assert_eq!(of_waiver(&decision, "W-1").verdict, Verdict::Broken);
}

#[test]
fn a_change_of_the_signers_is_a_change_of_the_gate() {
    let mut world = World::honest();
    world.facts.inquiry.ask_text(SIGNERS, TextPurpose::WaiverSigners);
    world.change().files = vec![modified(SIGNERS)];
    let decision = decide(policy(), &world.facts);
    let touched =
        |finding: &&Finding| finding.reason.starts_with("the change touches the list of signers of waivers");
    assert_eq!(decision.findings.iter().filter(touched).count(), 1, "{:#?}", decision.findings);
}
