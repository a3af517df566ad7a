//! SuiteEvidence that counts, and evidence that only looks like it.

use super::*;
use crate::control::PolicyScope;
use crate::control::testing::example;
use portcullis_model::change::{
    Content, Entry, EntryKind, FileChange, FileStatus, Nature, ObjectName, Revision,
};
use portcullis_model::decision::{Outcome, Place};
use portcullis_model::digest::Digest;
use portcullis_model::evidence::{
    Found, RecordedRun, RunProducer, RunSubject, Statement, StatementPlace as Origin, Trees, WorkTree,
};
use portcullis_model::fact::GapReason;
use portcullis_model::facts::{Facts, HostFacts};
use portcullis_model::inventory::Inventory;
use portcullis_model::person::People;
use portcullis_model::test_run::{Test, TestOutcome, TestRun};
use portcullis_model::test_source::{Loss, TestSources, Weakening};
use proptest::prelude::*;
use std::collections::BTreeSet;
use toml::de::ValueDeserializer;

fn settings(text: &str) -> Result<RegressionTests, String> {
    let control = ValueDeserializer::parse(text).map_err(|error| error.to_string())?;
    RegressionTests::deserialize(control).map_err(|error| error.to_string())
}

/// One suite for the area `upload`, with more settings.
fn suite(more: &str) -> RegressionTests {
    let text = format!(
        "{{ suites = {{ s = {{ areas = ['upload'], reports = ['r/*.xml'], minimum = 2{more} }} }} }}"
    );
    settings(&text).unwrap()
}

fn test(id: &str, outcome: TestOutcome) -> Test {
    Test { id: id.into(), outcome, records: 1 }
}

fn run(tests: &[(&str, TestOutcome)]) -> TestRun {
    TestRun { tests: tests.iter().map(|(id, outcome)| test(id, *outcome)).collect(), ..TestRun::default() }
}

fn good() -> TestRun {
    run(&[("u > a", TestOutcome::Passed), ("u > b", TestOutcome::Passed), ("u > c", TestOutcome::Skipped)])
}

fn report(path: &str, run: TestRun) -> Report {
    let digest = Some(Digest::of(format!("{run:?}").as_bytes()));
    Report { path: path.into(), suite: None, digest, written: None, tracked: false, run: Fact::Known(run) }
}

fn gap() -> Gap {
    Gap::new("the report r/a.xml", GapReason::Malformed, "line 3: it is cut off", "run it again")
}

fn change(files: Vec<FileChange>) -> Change {
    let revision = |digit: &str| Revision::try_from(digit.repeat(40)).unwrap();
    Change {
        base: revision("a"),
        head: revision("b"),
        merge_bases: vec![revision("a")],
        commits: vec![],
        files,
        on_the_way: Fact::Known(vec![]),
        test_sources: Fact::Known(TestSources::default()),
        updates: Default::default(),
        landing_tree: None,
        basis: Fact::Known(portcullis_model::change::Basis::FirstParent),
    }
}

fn touched(areas: &[&str]) -> Fact<Vec<TouchedArea>> {
    let area = |name: &&str| TouchedArea {
        area: name.to_string(),
        purpose: "loads records".into(),
        touches: vec![],
    };
    Fact::Known(areas.iter().map(area).collect())
}

struct World {
    facts: Facts,
    touched: Fact<Vec<TouchedArea>>,
}

impl World {
    fn new(control: &RegressionTests, reports: Vec<Report>) -> Self {
        let mut inquiry = Inquiry::default();
        control.ask(&mut inquiry);
        let facts = Facts {
            observed: Fact::Known(jiff::Timestamp::UNIX_EPOCH),
            inquiry,
            change: Fact::Known(change(vec![])),
            gate: Fact::Gap(gap()),
            host: HostFacts::unseen("none", &gap()),
            reports: Fact::Known(reports),
            line_coverage: Fact::Gap(gap()),
            evidence: Fact::Gap(gap()),
            signed: Facts::no_signed_reviews(),
        };
        World { facts, touched: touched(&["upload"]) }
    }

    fn check(&self, control: &RegressionTests) -> Result<Vec<Finding>, Gap> {
        let scope = PolicyScope {
            reviews: Default::default(),
            review_rules: Default::default(),
            training: None,
            datasets: Default::default(),
            notification: None,
            inventory: Inventory::default(),
            people: People::default(),
            roles: BTreeMap::new(),
            deployment: vec![],
            review_basis: Default::default(),
        };
        control.check(&Case { facts: &self.facts, deployment: None, scope: &scope, touched: &self.touched })
    }
}

fn judge(control: &RegressionTests, reports: Vec<Report>) -> Vec<Finding> {
    World::new(control, reports).check(control).unwrap()
}

fn verdicts(findings: &[Finding]) -> Vec<Verdict> {
    findings.iter().map(|finding| finding.verdict).collect()
}

/// The reason of the only finding that does not hold.
fn only_broken(findings: &[Finding]) -> &Finding {
    let broken: Vec<&Finding> =
        findings.iter().filter(|finding| finding.verdict == Verdict::Broken).collect();
    assert_eq!(broken.len(), 1, "{findings:#?}");
    assert!(broken[0].remedy.is_some());
    assert_eq!(Outcome::of(findings), Outcome::Block);
    broken[0]
}

#[test]
fn a_suite_that_ran_and_passed_is_met() {
    let findings = judge(&suite(", required = ['u > *a']"), vec![report("r/a.xml", good())]);
    assert_eq!(verdicts(&findings), [Verdict::Met]);
    assert_eq!(findings[0].reason, "2 passed, 1 skipped in 1 report; 2 required");
}

#[test]
fn no_report_is_broken_and_the_remedy_names_the_place() {
    let findings = judge(&suite(""), vec![]);
    let finding = only_broken(&findings);
    assert_eq!(finding.reason, "it has no report");
    let remedy = finding.remedy.as_deref().unwrap();
    assert!(remedy.contains("`r/*.xml`") && remedy.contains("--report s=FILE"));
}

#[test]
fn attack_60_zero_tests_is_no_evidence() {
    let findings = judge(&suite(""), vec![report("r/a.xml", TestRun::default())]);
    assert!(only_broken(&findings).reason.contains("zero tests"));
}

#[test]
fn attack_60_a_report_that_speaks_against_itself() {
    let run = TestRun { contradictions: vec!["suite `s` claims 9 tests and shows 3".into()], ..good() };
    let findings = judge(&suite(""), vec![report("r/a.xml", run)]);
    assert_eq!(only_broken(&findings).details, ["r/a.xml: suite `s` claims 9 tests and shows 3"]);
}

#[test]
fn a_failure_outside_the_tests() {
    let run = TestRun { errors: vec!["suite `s` reports an error outside its tests".into()], ..good() };
    let findings = judge(&suite(""), vec![report("r/a.xml", run)]);
    assert!(only_broken(&findings).reason.contains("outside"));
}

#[test]
fn failures_are_named_up_to_a_bound() {
    let ids: Vec<String> = (0..14).map(|number| format!("u > t{number:02}")).collect();
    let mut bad = good();
    bad.tests.extend(ids.iter().map(|id| test(id, TestOutcome::Failed)));
    let findings = judge(&suite(""), vec![report("r/a.xml", bad)]);
    let finding = only_broken(&findings);
    assert_eq!(finding.reason, "14 tests failed");
    assert_eq!((finding.details.len(), finding.details[10].as_str()), (11, "and 4 more"));
}

#[test]
fn attack_61_a_required_test_that_is_gone_or_skipped() {
    let reports = || vec![report("r/a.xml", good())];
    let gone = judge(&suite(", required = ['u > deletes*']"), reports());
    assert_eq!(only_broken(&gone).reason, "no test matches the required `u > deletes*`");
    let skipped = judge(&suite(", required = ['c']"), reports());
    assert_eq!(only_broken(&skipped).details, ["u > c: skipped"]);
}

#[test]
fn attack_61_fewer_tests_than_needed_and_skipped_ones_do_not_count() {
    let run = run(&[("a", TestOutcome::Passed), ("b", TestOutcome::Skipped), ("c", TestOutcome::Skipped)]);
    let findings = judge(&suite(""), vec![report("r/a.xml", run)]);
    assert_eq!(only_broken(&findings).reason, "1 test passed, 2 required");
}

#[test]
fn skipped_tests_block_where_the_policy_says_so() {
    let findings = judge(&suite(", skipped = 'block'"), vec![report("r/a.xml", good())]);
    assert_eq!(only_broken(&findings).details, ["u > c"]);
}

#[test]
fn attack_62_tests_that_shrink_with_the_code_are_pointed_out() {
    let control = suite(", tests = ['tests/**']");
    let entry = |path: &str| {
        let id = ObjectName::try_from("c".repeat(40)).unwrap();
        Some(Entry { path: path.into(), kind: EntryKind::File, id })
    };
    let content = |removed| Fact::Known(Content { nature: Nature::Text, matches: vec![], added: 3, removed });
    let uncounted = Fact::Known(Content { nature: Nature::Text, matches: vec![], added: 0, removed: 0 });
    let file = |status, old, new, content| FileChange { status, old, new, content, governs: None };
    let mut world = World::new(&control, vec![report("r/a.xml", good())]);
    world.facts.change = Fact::Known(change(vec![
        file(FileStatus::Deleted, entry("tests/gone"), None, content(9)),
        file(FileStatus::Renamed, entry("tests/old"), entry("old"), content(0)),
        file(FileStatus::Modified, entry("Tests/less"), entry("Tests/less"), content(1)),
        file(FileStatus::Modified, entry("tests/dark"), entry("tests/dark"), Fact::Gap(gap())),
        file(FileStatus::Modified, entry("tests/more"), entry("tests/more"), content(0)),
        file(FileStatus::Modified, entry("tests/unread"), entry("tests/unread"), uncounted),
        file(FileStatus::Added, None, entry("tests/new"), content(0)),
        file(FileStatus::Deleted, entry("src/gone"), None, content(9)),
    ]));
    let findings = world.check(&control).unwrap();
    assert_eq!(verdicts(&findings), [Verdict::Met, Verdict::Noted]);
    assert_eq!(
        findings[1].details,
        [
            "tests/gone: deleted",
            "tests/old: renamed",
            "Tests/less: lines removed",
            "tests/dark: changed, and could not be read",
            "tests/unread: changed, and its lines were not counted",
        ]
    );
    assert_eq!(findings[1].place.as_ref().unwrap().path, "old".into());
}

#[test]
fn attack_62_what_a_test_lost_is_told_with_its_line_and_never_judged() {
    let control = suite(", tests = ['tests/**']");
    let loss = |path: &str, line, test: Option<&str>, loss| Weakening {
        path: path.into(),
        line,
        test: test.map(str::to_string),
        loss,
    };
    let mut world = World::new(&control, vec![report("r/a.xml", good())]);
    let entry = |path: &str| {
        let id = ObjectName::try_from("c".repeat(40)).unwrap();
        Some(Entry { path: path.into(), kind: EntryKind::File, id })
    };
    let content = Fact::Known(Content { nature: Nature::Text, matches: vec![], added: 3, removed: 2 });
    let file = |status, old, new| FileChange { status, old, new, content: content.clone(), governs: None };
    let mut changed = change(vec![
        file(FileStatus::Modified, entry("tests/a.py"), entry("tests/a.py")),
        file(FileStatus::Renamed, entry("tests/b.py"), entry("tests/c.py")),
        file(FileStatus::Renamed, entry("tests/d.py"), entry("lib/d.py")),
    ]);
    let read =
        ["tests/a.py", "tests/b.py", "tests/c.py", "tests/d.py", "lib/d.py"].map(RepoPath::from).into();
    let weakened = vec![
        loss("tests/a.py", Some(7), Some("test_a"), Loss::Assertions { before: 3, after: 1 }),
        loss("tests/a.py", Some(2), None, Loss::Ignored),
        loss("other/a.py", Some(2), None, Loss::Ignored),
    ];
    changed.test_sources = Fact::Known(TestSources { read, weakened });
    world.facts.change = Fact::Known(changed);
    let findings = world.check(&control).unwrap();
    assert_eq!(verdicts(&findings), [Verdict::Met, Verdict::Noted, Verdict::Noted, Verdict::Noted]);
    assert_eq!(findings[1].details, ["tests/d.py: renamed"]);
    assert_eq!(
        findings[2].reason,
        "heuristic: `test_a` is weaker than before: assertions removed: 3 before, 1 now"
    );
    assert_eq!(findings[2].place, Some(Place { path: "tests/a.py".into(), line: Some(7) }));
    assert_eq!(
        findings[3].reason,
        "heuristic: code outside tests is weaker than before: newly skipped, or expected to fail"
    );
}

#[test]
fn attack_63_a_failure_that_a_rerun_hides() {
    let mut flaky = good();
    flaky.tests.push(test("u > late", TestOutcome::Flaky));
    let findings = judge(&suite(""), vec![report("r/a.xml", flaky.clone())]);
    assert_eq!(only_broken(&findings).details, ["u > late"]);
    let findings = judge(&suite(", flaky = 'note'"), vec![report("r/a.xml", flaky.clone())]);
    assert_eq!(verdicts(&findings), [Verdict::Noted, Verdict::Met]);
    let findings = judge(&suite(", flaky = 'note', required = ['late']"), vec![report("r/a.xml", flaky)]);
    assert_eq!(only_broken(&findings).details, ["u > late: flaky"]);
}

#[test]
fn attack_63_a_report_that_passed_does_not_excuse_one_that_failed() {
    let failed = run(&[("u > a", TestOutcome::Failed)]);
    for reports in [["r/a.xml", "r/b.xml"], ["r/b.xml", "r/a.xml"]] {
        let reports = vec![report(reports[0], failed.clone()), report(reports[1], good())];
        assert_eq!(
            only_broken(&judge(&suite(", flaky = 'note', required = ['b']"), reports)[..1]).details,
            ["u > a"]
        );
    }
}

#[test]
fn reruns_without_a_mark_are_pointed_out() {
    let mut repeated = good();
    repeated.tests[0].records = 3;
    let findings = judge(&suite(""), vec![report("r/a.xml", repeated)]);
    assert_eq!(verdicts(&findings), [Verdict::Met, Verdict::Noted]);
    assert_eq!(findings[1].details, ["u > a"]);
}

#[test]
fn the_same_tests_handed_over_twice_count_once() {
    let one = run(&[("a", TestOutcome::Passed)]);
    let twice = vec![report("r/a.xml", one.clone()), report("r/b.xml", one.clone())];
    assert_eq!(only_broken(&judge(&suite(""), twice)).reason, "1 test passed, 2 required");
    let mut other = report("r/b.xml", one.clone());
    other.digest = Some(Digest::of(b"other bytes"));
    let again = vec![report("r/a.xml", one), other];
    assert_eq!(only_broken(&judge(&suite(""), again)).reason, "1 test passed, 2 required");
}

#[test]
fn a_change_that_brings_its_own_evidence() {
    let tracked = Report { tracked: true, ..report("r/b.xml", good()) };
    // A copy of it elsewhere does not cover it up.
    let findings = judge(&suite(""), vec![report("r/a.xml", good()), tracked]);
    assert_eq!(only_broken(&findings).details, ["r/b.xml"]);
}

#[test]
fn a_report_that_cannot_be_read_leaves_open_what_it_might_hold() {
    let unread = Report { digest: None, run: Fact::Gap(gap()), ..report("r/a.xml", good()) };
    for reports in
        [vec![unread.clone()], vec![unread.clone(), report("r/b.xml", run(&[("a", TestOutcome::Passed)]))]]
    {
        let findings = judge(&suite(", required = ['zzz']"), reports);
        assert_eq!(verdicts(&findings), [Verdict::Unproven]);
        assert_eq!(findings[0].remedy.as_deref(), Some("Run it again."));
    }
    let failed = report("r/b.xml", run(&[("a", TestOutcome::Failed)]));
    assert_eq!(verdicts(&judge(&suite(""), vec![unread, failed])), [Verdict::Unproven, Verdict::Broken]);
}

#[test]
fn a_copy_that_was_read_does_not_stand_in_for_one_that_was_not() {
    let doubt = Report { run: Fact::Gap(gap()), ..report("r/z.xml", good()) };
    assert_eq!(verdicts(&judge(&suite(""), vec![report("r/a.xml", good()), doubt])), [Verdict::Unproven]);
}

fn outcome() -> impl Strategy<Value = TestOutcome> {
    prop_oneof![
        6 => Just(TestOutcome::Passed),
        1 => Just(TestOutcome::Skipped),
        1 => Just(TestOutcome::Flaky),
        1 => Just(TestOutcome::Failed),
        1 => Just(TestOutcome::Error),
    ]
}

fn any_report() -> impl Strategy<Value = Report> {
    let tests = proptest::collection::vec((0..5u8, outcome()), 0..5);
    (tests, 0..4u8, proptest::option::weighted(0.1, Just(())), proptest::option::weighted(0.1, Just(())))
        .prop_map(|(tests, name, tracked, bad)| {
            let tests: BTreeMap<u8, TestOutcome> = tests.into_iter().collect();
            let tests = tests.into_iter().map(|(id, outcome)| test(&format!("t{id}"), outcome)).collect();
            let contradictions = bad.map(|()| "it is inconsistent".to_string()).into_iter().collect();
            let run = TestRun { tests, contradictions, ..TestRun::default() };
            Report { tracked: tracked.is_some(), ..report(&format!("r/{name}.xml"), run) }
        })
}

proptest! {
    #[test]
    fn only_flawless_reports_allow_and_their_order_does_not_matter(
        reports in proptest::collection::vec(any_report(), 0..5),
    ) {
        let findings = judge(&suite(", required = ['t0']"), reports.clone());
        let runs = || reports.iter().filter_map(|report| report.run.value());
        let tests = || runs().flat_map(|run| &run.tests);
        let worst = |id: &str| tests().filter(|test| test.id == id).map(|test| test.outcome).max();
        let passed = (0..5).filter(|id| worst(&format!("t{id}")) == Some(TestOutcome::Passed)).count();
        let flawless = passed >= 2
            && worst("t0") == Some(TestOutcome::Passed)
            && tests().all(|test| matches!(test.outcome, TestOutcome::Passed | TestOutcome::Skipped))
            && runs().all(|run| run.contradictions.is_empty())
            && reports.iter().all(|report| !report.tracked);
        prop_assert_eq!(Outcome::of(&findings) == Outcome::Allow, flawless);
        let reversed = judge(&suite(", required = ['t0']"), reports.into_iter().rev().collect());
        prop_assert_eq!(verdicts(&findings), verdicts(&reversed));
    }

    #[test]
    fn a_withheld_report_never_allows(reports in proptest::collection::vec(any_report(), 1..5), which in 0..5usize) {
        let mut reports = reports;
        let which = which % reports.len();
        reports[which].run = Fact::Gap(gap());
        prop_assert_ne!(Outcome::of(&judge(&suite(", flaky = 'note'"), reports)), Outcome::Allow);
    }
}

#[test]
fn withheld_reports_are_unproven_and_facts_for_another_policy_too() {
    let control = suite("");
    let mut world = World::new(&control, vec![]);
    world.facts.reports = Fact::Gap(gap());
    assert_eq!(verdicts(&world.check(&control).unwrap()), [Verdict::Unproven]);
    for change in
        [(|inquiry: &mut Inquiry| inquiry.reports.clear()) as fn(&mut Inquiry), |inquiry: &mut Inquiry| {
            inquiry.topics.clear()
        }]
    {
        let mut world = World::new(&control, vec![report("r/a.xml", good())]);
        change(&mut world.facts.inquiry);
        assert_eq!(verdicts(&world.check(&control).unwrap()), [Verdict::Unproven]);
    }
    let mut world = World::new(&control, vec![]);
    world.touched = Fact::Gap(gap());
    assert_eq!(world.check(&control), Err(gap()));
}

#[test]
fn attack_54_an_area_that_no_suite_covers_blocks() {
    let control = suite("");
    let mut world = World::new(&control, vec![report("r/a.xml", good())]);
    world.touched = touched(&["upload", "deletion"]);
    let findings = world.check(&control).unwrap();
    let finding = only_broken(&findings);
    assert_eq!((finding.subject.kind, finding.subject.name.as_str()), (SubjectKind::Area, "deletion"));
}

#[test]
fn suites_are_needed_where_their_areas_are_touched() {
    let control = settings(
        "{ suites = { a = { areas = ['upload'], minimum = 1 }, b = { areas = ['deletion'], minimum = 1 }, c = { minimum = 1 } } }",
    )
    .unwrap();
    let given = |suite: &str| Report { suite: Some(suite.into()), ..report(&format!("{suite}.xml"), good()) };
    let findings = judge(&control, vec![given("a"), given("c")]);
    assert_eq!(verdicts(&findings), [Verdict::Met, Verdict::Met, Verdict::Exempt]);
    assert_eq!(findings[2].reason, "the change touches no area of these suites: b");
    // What was handed over for one suite is no evidence for another.
    let findings = judge(&control, vec![given("a")]);
    assert_eq!(only_broken(&findings).subject.name, "c");
}

#[test]
fn a_change_that_touches_no_area_is_exempt() {
    let control = suite("");
    let mut world = World::new(&control, vec![]);
    world.touched = touched(&[]);
    assert_eq!(verdicts(&world.check(&control).unwrap()), [Verdict::Exempt]);
}

#[test]
fn a_report_named_for_a_suite_is_not_taken_by_patterns_and_a_stray_is_pointed_out() {
    let misspelt = Report { suite: Some("z".into()), ..report("r/a.xml", good()) };
    let findings = judge(&suite(""), vec![misspelt]);
    assert_eq!(verdicts(&findings), [Verdict::Broken, Verdict::Noted]);
    assert_eq!(findings[1].details, ["r/a.xml: the policy has no suite `z`"]);
}

#[test]
fn settings_that_would_always_hold_do_not_parse() {
    for (text, problem) in [
        ("{}", "suites"),
        ("{ suites = {} }", "no suite"),
        ("{ suites = { s = {} } }", "minimum"),
        ("{ suites = { s = { minimum = 0 } } }", "nonzero"),
        ("{ suites = { s = { minimum = -1 } } }", "nonzero"),
        ("{ suites = { s = { minimum = 1, areas = [] } } }", "empty list"),
        ("{ suites = { s = { minimum = 1, reports = [] } } }", "empty list"),
        ("{ suites = { s = { minimum = 1, required = [] } } }", "empty list"),
        ("{ suites = { s = { minimum = 1, required = [''] } } }", "empty pattern"),
        ("{ suites = { s = { minimum = 1, reports = ['/r.xml'] } } }", "leading"),
        ("{ suites = { s = { minimum = 1, flaky = 'allow' } } }", "allow"),
        ("{ suites = { s = { minimum = 1, minimun = 2 } } }", "minimun"),
    ] {
        let error = settings(text).unwrap_err();
        assert!(error.contains(problem), "{text}: {error}");
    }
}

#[test]
fn it_asks_for_its_patterns_and_names_its_areas() {
    let control = suite("");
    let mut inquiry = Inquiry::default();
    control.ask(&mut inquiry);
    assert!(inquiry.topics.contains(&Topic::Reports) && inquiry.reports.contains("r/*.xml"));
    let areas: Vec<&str> = control
        .references()
        .iter()
        .map(|reference| match reference {
            Reference::Area(area) => area.get_ref().as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(areas, ["upload"]);
}

#[test]
fn the_example_in_the_documentation_is_a_policy() {
    let table: toml::Table = example(&KIND).parse().unwrap();
    let control = table["controls"][NAME].to_string();
    let control = settings(&control).unwrap();
    assert_eq!(control.suites["upload-regression"].minimum.get(), 40);
}

// What evidence is bound to.

fn tree(digit: &str) -> ObjectName {
    ObjectName::try_from(digit.repeat(40)).unwrap()
}

/// A statement of the suite `s`: of the head (`b`) or of what it began from (`a`).
fn stated(tree_digit: &str, tests: Vec<Test>) -> Found {
    let subject =
        RunSubject { commit: Revision::try_from(tree_digit.repeat(40)).unwrap(), tree: tree(tree_digit) };
    let run = RecordedRun {
        suite: "s".into(),
        configuration: None,
        producer: RunProducer { kind: "local".into(), run: None, attempt: None, workflow: None },
        work_tree: WorkTree::default(),
        finished: jiff::Timestamp::UNIX_EPOCH,
        materials: vec![],
        reports: vec![],
        tests,
        contradictions: vec![],
        errors: vec![],
        replayed: vec![],
        coverage: vec![],
        settled: None,
        began: None,
        exit_status: None,
        command: None,
    };
    let digest = Digest::of(format!("{run:?}").as_bytes());
    let place = if tree_digit == "b" {
        Origin::File { path: "s.json".into(), tracked: false }
    } else {
        Origin::Note(tree(tree_digit))
    };
    let statement = Fact::Known(Statement { subject, predicate: run });
    Found { place, digest, signers: Fact::Known(BTreeSet::new()), statement }
}

fn judge_statements(control: &RegressionTests, statements: Vec<Found>) -> Vec<Finding> {
    judge_where(true, control, statements)
}

/// The same where the head does or does not land with all that it holds.
fn judge_where(head_lands: bool, control: &RegressionTests, statements: Vec<Found>) -> Vec<Finding> {
    let mut world = World::new(control, vec![]);
    world.facts.evidence = Fact::Known(EvidenceFacts {
        checkout: Fact::Gap(gap()),
        trees: Trees {
            head: tree("b"),
            head_lands,
            merged: BTreeSet::new(),
            base: tree("a"),
            merge_bases: [tree("a")].into(),
        },
        newest: None,
        notes: true,
        statements,
    });
    world.check(control).unwrap()
}

fn bound() -> RegressionTests {
    suite(", trust = 'local', baseline = 'required', flaky = 'note'")
}

fn some_tests() -> impl Strategy<Value = Vec<Test>> {
    proptest::collection::btree_map(0..5u8, outcome(), 1..5)
        .prop_map(|tests| tests.into_iter().map(|(id, outcome)| test(&format!("t{id}"), outcome)).collect())
}

proptest! {
    /// It is allowed exactly when nothing is gone, what passed passes, and the run is good by
    /// itself.
    #[test]
    fn nothing_vanishes_and_nothing_that_passed_is_lost(before in some_tests(), after in some_tests()) {
        let now = |id: &str| after.iter().find(|test| test.id == id).map(|test| test.outcome);
        let kept = before.iter().all(|test| match now(&test.id) {
            None => false,
            Some(now) => test.outcome != TestOutcome::Passed || now == TestOutcome::Passed,
        });
        let good = after.iter().all(|test| !matches!(test.outcome, TestOutcome::Failed | TestOutcome::Error))
            && after.iter().filter(|test| test.outcome == TestOutcome::Passed).count() >= 2;
        let findings = judge_statements(&bound(), vec![stated("a", before), stated("b", after)]);
        prop_assert_eq!(Outcome::of(&findings) == Outcome::Allow, kept && good, "{:#?}", findings);
    }

    #[test]
    fn a_withheld_statement_never_allows(tests in some_tests(), which in 0..2usize) {
        let mut statements = vec![stated("a", tests.clone()), stated("b", tests)];
        statements[which].statement = Fact::Gap(gap());
        prop_assert_ne!(Outcome::of(&judge_statements(&bound(), statements.clone())), Outcome::Allow);
        statements.remove(which);
        prop_assert_ne!(Outcome::of(&judge_statements(&bound(), statements)), Outcome::Allow);
    }
}

#[test]
fn a_test_that_goes_behind_another_of_its_name() {
    let twins =
        |records| vec![Test { records, ..test("a", TestOutcome::Passed) }, test("b", TestOutcome::Passed)];
    let judged = |before, after| {
        judge_statements(&bound(), vec![stated("a", twins(before)), stated("b", twins(after))])
    };
    let findings = judged(2, 1);
    assert_eq!(only_broken(&findings).details, ["a: 1 of 2 tests of this name are left"]);
    for (before, after) in [(2, 2), (1, 2)] {
        assert_eq!(Outcome::of(&judged(before, after)), Outcome::Allow);
    }
}

#[test]
fn a_run_on_the_heads_own_tree_shows_nothing_where_something_else_lands() {
    let statements =
        || vec![stated("b", vec![test("a", TestOutcome::Passed), test("b", TestOutcome::Passed)])];
    let control = suite(", trust = 'local'");
    assert_eq!(Outcome::of(&judge_where(true, &control, statements())), Outcome::Allow);
    let findings = judge_where(false, &control, statements());
    assert_eq!(Outcome::of(&findings), Outcome::Block);
    let says =
        |finding: &Finding| finding.details.iter().any(|detail| detail.contains("the head's own tree"));
    assert!(findings.iter().any(says), "{findings:#?}");
}

#[test]
fn a_later_attempt_whose_first_nobody_shows_is_pointed_out() {
    let run = |attempt, outcome| {
        let mut found = stated("b", vec![test("a", outcome), test("b", outcome)]);
        let Fact::Known(said) = &mut found.statement else { unreachable!() };
        said.predicate.producer.run = Some("8812".into());
        said.predicate.producer.attempt = Some(attempt);
        found.digest = Digest::of(&[attempt as u8]);
        found
    };
    let pointed_out = |statements: Vec<Found>| {
        let findings = judge_statements(&suite(", trust = 'local'"), statements);
        let noted = findings.iter().filter(|finding| finding.reason.contains("an earlier attempt")).count();
        (Outcome::of(&findings), noted)
    };
    let passed = |attempt| run(attempt, TestOutcome::Passed);
    assert_eq!(pointed_out(vec![passed(1)]), (Outcome::Allow, 0));
    assert_eq!(pointed_out(vec![passed(2)]), (Outcome::Allow, 1));
    assert_eq!(pointed_out(vec![passed(1), passed(2)]), (Outcome::Allow, 0));
    assert_eq!(pointed_out(vec![passed(1), passed(3)]), (Outcome::Allow, 1));
    assert_eq!(pointed_out(vec![run(1, TestOutcome::Failed), passed(2)]), (Outcome::Block, 0));
}

#[test]
fn bindings_that_would_always_hold_do_not_parse() {
    for (more, problem) in [
        ("trust = 'any'", "any"),
        ("trust = 'host'", "needs a check that vouches"),
        ("trust = 'signed'", "needs a list of signers"),
        ("check = { name = 'x', app = 'y' }", "no effect without"),
        ("removed = ['*']", "no effect without a `baseline`"),
        ("baseline = 'none'", "none"),
        ("configurations = []", "empty list"),
        ("configurations = ['a', 'a']", "twice"),
        ("max-age = '0h'", "not an age"),
        ("max-age = '24'", "not an age"),
    ] {
        let error = settings(&format!("{{ suites = {{ s = {{ minimum = 1, {more} }} }} }}")).unwrap_err();
        assert!(error.contains(problem), "{more}: {error}");
    }
}
