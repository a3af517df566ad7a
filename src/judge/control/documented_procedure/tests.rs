//! The control, from facts to findings.

use super::*;
use crate::control::procedure::SentenceOrigin;
use crate::control::testing::{BentTexts as _, World};
use crate::decide::decide;
use crate::policy::Policy;
use portcullis_model::change::{Entry, FileChange};
use portcullis_model::decision::{Decision, Outcome};
use portcullis_model::fact::Fact;
use portcullis_model::facts::Facts;

const POLICY: &str = r#"schema = 1
[project]
name = "Record upload"
[branches]
deployment = ["main"]
[[data-processing]]
name = "upload"
purpose = "Loads records"
paths = ["services/upload/**"]
[roles.owners]
users = ["kim", "alex"]
[controls.required-reviews]
approvals = 1
[controls.documented-procedure]
path = "docs/P.md"
"#;

fn reviewed(text: &str) -> String {
    format!("{text}review-every = \"365d\"\nrole = \"owners\"\n")
}

fn page_of(policy: &str) -> String {
    super::super::procedure::markdown::write_page(&Policy::parse(policy).unwrap().procedure(), "docs/P.md")
}

fn approved(policy: &str, by: &str, on: &str) -> String {
    use super::super::procedure::published::approval::write_approval;
    let digest = Policy::parse(policy).unwrap().procedure().digest();
    format!("{}\n{}\n", page_of(policy), write_approval(by, on.parse().unwrap(), &digest))
}

/// Facts of an honest change under `before`, which leaves the policy `after` with the page `page`
/// and the pictures of `pictures`.
fn facts(before: &str, after: &str, page: Option<&str>, pictures: &str) -> Facts {
    let mut world = World::honest();
    let pictures = Policy::parse(pictures).unwrap().procedure();
    world.gate().policy_text().before = Some(before.to_string());
    world.gate().policy_text().after = Some(after.to_string());
    let inquiry = |text| Policy::parse(text).unwrap().inquiry(Some("portcullis.toml".into()));
    world.facts.inquiry = inquiry(before).union(inquiry(after));
    let texts = BOTH.iter().map(|drawing| (drawing.file("docs/P.md"), Some(drawing.draw(&pictures))));
    for (path, text) in texts.chain([("docs/P.md".to_string(), page.map(ToString::to_string))]) {
        let entry = world.gate().entry(path.as_str(), TextPurpose::Document);
        (entry.before, entry.after) = (None, text);
    }
    world.facts
}

fn judge(before: &str, facts: &Facts) -> Decision {
    decide(&Policy::parse(before).unwrap(), facts)
}

fn of_control(decision: &Decision) -> Vec<&Finding> {
    decision.findings.iter().filter(|found| found.control == NAME).collect()
}

fn judged(policy: &str, page: Option<&str>) -> Decision {
    judge(policy, &facts(policy, policy, page, policy))
}

#[test]
fn a_current_page_is_met() {
    let decision = judged(POLICY, Some(&page_of(POLICY)));
    let found = of_control(&decision);
    assert!(found.iter().all(|one| one.verdict == Verdict::Met), "{found:#?}");
    assert_eq!((found.len(), decision.outcome), (1, Outcome::Allow), "{:#?}", decision.findings);
}

#[test]
fn a_page_that_was_edited_by_hand_is_shown_sentence_by_sentence_with_the_policy_lines() {
    let page = page_of(POLICY).replace("needs one approval.", "needs no approval.");
    let decision = judged(POLICY, Some(&page));
    let [found] = of_control(&decision)[..] else { panic!("{:#?}", decision.findings) };
    assert_eq!((found.verdict, decision.outcome), (Verdict::Broken, Outcome::Block));
    assert_eq!(found.details.len(), 2, "{:#?}", found.details);
    assert!(
        found.details[0].starts_with("- - Every change needs no approval. (line "),
        "{:?}",
        found.details
    );
    assert_eq!(found.details[1], "+ - Every change needs one approval. (policy line 13)");
    assert!(found.remedy.as_ref().unwrap().contains("portcullis policy procedure --update docs/P.md"));
}

#[test]
fn no_page_and_no_picture_are_not_a_page() {
    let decision = judged(POLICY, None);
    assert!(of_control(&decision)[0].remedy.as_ref().unwrap().contains("procedure -o docs/P.md"));
    let mut without = facts(POLICY, POLICY, Some(&page_of(POLICY)), POLICY);
    let Fact::Known(gate) = &mut without.gate else { panic!() };
    gate.texts.get_mut(&RepoPath::from("docs/P-change.svg")).unwrap().after = None;
    gate.texts.get_mut(&RepoPath::from("docs/P-deployment.svg")).unwrap().after = Some("<svg/>".into());
    let decision = judge(POLICY, &without);
    let [found] = of_control(&decision)[..] else { panic!() };
    assert_eq!(found.details.len(), 2, "{:?}", found.details);
    assert_eq!(found.verdict, Verdict::Broken);
}

#[test]
fn facts_that_were_gathered_without_the_page_are_a_gap() {
    let mut facts = facts(POLICY, POLICY, Some(&page_of(POLICY)), POLICY);
    let Fact::Known(gate) = &mut facts.gate else { panic!() };
    gate.texts.remove(&RepoPath::from("docs/P.md"));
    let decision = judge(POLICY, &facts);
    assert_eq!(of_control(&decision)[0].verdict, Verdict::Unproven);
    assert_eq!(decision.outcome, Outcome::Undetermined);
}

#[test]
fn the_page_of_an_older_policy_or_of_another_project_is_not_current() {
    let older = POLICY.replace("approvals = 1", "approvals = 2");
    let other = POLICY.replace("Record upload", "Other upload");
    for text in [older, other] {
        let decision = judged(POLICY, Some(&page_of(&text)));
        assert_eq!(of_control(&decision)[0].verdict, Verdict::Broken, "{text}");
    }
}

#[test]
fn a_change_of_the_policy_brings_its_page_along_and_no_other() {
    let after = POLICY.replace("approvals = 1", "approvals = 2");
    let current = judge(POLICY, &facts(POLICY, &after, Some(&page_of(&after)), &after));
    let found = of_control(&current);
    assert!(found.iter().all(|one| one.verdict == Verdict::Met), "{found:#?}");
    let forgotten = judge(POLICY, &facts(POLICY, &after, Some(&page_of(POLICY)), POLICY));
    assert_eq!(of_control(&forgotten)[0].verdict, Verdict::Broken);
}

#[test]
fn dropping_the_control_does_not_excuse_the_change_that_drops_it() {
    let after = POLICY.split("[controls.documented-procedure]").next().unwrap();
    let decision = judge(POLICY, &facts(POLICY, after, Some(&page_of(POLICY)), POLICY));
    assert_eq!(of_control(&decision)[0].verdict, Verdict::Broken);
    let with_page = judge(POLICY, &facts(POLICY, after, Some(&page_of(after)), after));
    assert_eq!(of_control(&with_page)[0].verdict, Verdict::Met);
}

#[test]
fn a_change_that_adds_the_control_needs_the_page_at_once() {
    let before = POLICY.split("[controls.documented-procedure]").next().unwrap();
    let decision = judge(before, &facts(before, POLICY, None, POLICY));
    assert_eq!(of_control(&decision)[0].verdict, Verdict::Broken);
    let decision = judge(before, &facts(before, POLICY, Some(&page_of(POLICY)), POLICY));
    assert!(of_control(&decision).iter().all(|one| one.verdict == Verdict::Met));
}

#[test]
fn a_wrong_page_can_be_put_right_by_a_change_that_leaves_the_policy_alone() {
    let mut facts = facts(POLICY, POLICY, Some(&page_of(POLICY)), POLICY);
    let Fact::Known(gate) = &mut facts.gate else { panic!() };
    gate.texts.get_mut(&RepoPath::from("docs/P.md")).unwrap().before = Some("old".into());
    assert_eq!(of_control(&judge(POLICY, &facts))[0].verdict, Verdict::Met);
}

#[test]
fn an_approval_of_this_text_within_the_period_by_the_role_is_met() {
    let policy = reviewed(POLICY);
    let today = observed_day();
    let decision = judged(&policy, Some(&approved(&policy, "kim", &today)));
    let found = of_control(&decision);
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|one| one.verdict == Verdict::Met), "{found:#?}");
}

/// The day on which the facts of [`World`] were gathered.
fn observed_day() -> String {
    let world = World::honest();
    Offset::UTC.to_datetime(*world.facts.observed.value().unwrap()).date().to_string()
}

#[test]
fn approvals_in_the_future_too_old_of_another_text_or_by_another_person_do_not_count() {
    let policy = reviewed(POLICY);
    let other = reviewed(&POLICY.replace("approvals = 1", "approvals = 2"));
    let today: jiff::civil::Date = observed_day().parse().unwrap();
    let day = |days: i64| today.checked_add(jiff::SignedDuration::from_hours(24 * days)).unwrap().to_string();
    let of_other = approved(&other, "kim", &day(0));
    let line = of_other.lines().rfind(|line| line.starts_with("- Approved")).unwrap();
    for (page, why) in [
        (approved(&policy, "kim", &day(1)), "after today"),
        (approved(&policy, "kim", &day(-366)), "older than 365 days"),
        (format!("{}\n{line}\n", page_of(&policy)), "another text"),
        (approved(&policy, "robin", &day(0)), "does not hold the role"),
        (page_of(&policy), "not approved within"),
    ] {
        let decision = judged(&policy, Some(&page));
        let found = *of_control(&decision).iter().find(|one| one.subject.name.ends_with("approval")).unwrap();
        assert_eq!(found.verdict, Verdict::Broken, "{why}");
        let said = format!("{} {}", found.reason, found.details.join(" "));
        assert!(said.contains(why), "{why}: {said}");
    }
    let decision = judged(&policy, Some(&approved(&policy, "kim", &day(-365))));
    assert!(of_control(&decision).iter().all(|one| one.verdict == Verdict::Met), "the last day counts");
}

#[test]
fn an_approval_needs_a_name() {
    let policy = reviewed(POLICY);
    let page = approved(&policy, "kim", &observed_day()).replace("`kim`", "``");
    let decision = judged(&policy, Some(&page));
    assert!(
        of_control(&decision).iter().all(|one| one.verdict == Verdict::Broken),
        "{:#?}",
        decision.findings
    );
}

#[test]
fn sentences_that_the_host_does_not_make_true_are_named() {
    let policy =
        format!("{POLICY}[controls.protected-branch]\nchange-request = true\nlinear-history = true\n");
    let decision = judged(&policy, Some(&page_of(&policy)));
    let noted = of_control(&decision).into_iter().find(|one| one.verdict == Verdict::Noted).unwrap();
    assert_eq!(noted.details, ["The branch has no merge commits. (policy line 18)"]);
}

#[test]
fn the_page_is_of_the_gate() {
    let mut facts = facts(POLICY, POLICY, Some(&page_of(POLICY)), POLICY);
    facts.host.reviews = Fact::Known(Vec::new());
    let Fact::Known(change) = &mut facts.change else { panic!() };
    let entry = |file: &FileChange| file.entries().next().cloned().unwrap();
    let mut file = change.files[0].clone();
    let page: Entry = Entry { path: RepoPath::from("docs/P.md"), ..entry(&file) };
    (file.old, file.new) = (file.old.as_ref().map(|_| page.clone()), Some(page));
    change.files.push(file);
    let decision = judge(POLICY, &facts);
    let of_gate = decision
        .findings
        .iter()
        .find(|one| one.control == "gate-integrity" && one.verdict == Verdict::Broken);
    assert!(of_gate.is_some_and(|one| one.reason.contains("document")), "{:#?}", decision.findings);
}

#[test]
fn paths_of_no_page_are_mistakes() {
    for path in ["docs/P.txt", "../P.md", "/P.md", ".md", "docs/a>b.md", ""] {
        let text = POLICY.replace("docs/P.md", path);
        assert!(Policy::parse(&text).is_err(), "{path}");
    }
}

#[test]
fn every_control_says_at_least_one_sentence_and_what_is_missing_without_it() {
    use crate::control::testing::example;
    use crate::control::{PolicyScope, TABLE};
    let scope = World::honest().scope;
    let _: &PolicyScope = &scope;
    for kind in TABLE {
        let example = example(kind);
        let policy = format!("{POLICY}{example}");
        let table: toml::Table = toml::from_str(example).unwrap();
        let settings = table["controls"][kind.name].to_string();
        let control = (kind.read)(toml::de::ValueDeserializer::parse(&settings).unwrap()).unwrap();
        let told = control.procedure(&scope);
        assert!(!told.sentences.is_empty(), "{} says nothing: {policy}", kind.name);
        assert!(told.sentences.iter().all(|one| one.text.ends_with('.')), "{}", kind.name);
        assert!(!kind.procedure.off.is_empty() && !kind.procedure.off.ends_with('.'), "{}", kind.name);
    }
}

#[test]
fn each_sentence_of_the_ready_policies_knows_its_line_or_default() {
    for text in [crate::policy::STARTER, include_str!("../../../../policies/sensitive-data.toml")] {
        let procedure = Policy::parse(text).unwrap().procedure();
        for sentence in procedure.sentences() {
            match &sentence.origin {
                SentenceOrigin::Setting { .. } => panic!("unresolved: {sentence:?}"),
                SentenceOrigin::Line(line) => assert!((*line as usize) <= text.lines().count()),
                SentenceOrigin::Default(_) | SentenceOrigin::Fixed => {}
            }
        }
        let of =
            |way: &str| procedure.sentences().any(|one| one.origin == SentenceOrigin::Default(way.into()));
        assert!(of("controls.freeze"), "a control that is off is said to be");
    }
}
