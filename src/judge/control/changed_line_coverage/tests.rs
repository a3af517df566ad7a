//! Attacks on the control, each with the honest twin that it is a bend of.

use super::*;
use crate::control::testing::{World, area, example, modified, read_control, with};
use portcullis_model::decision::Outcome;
use portcullis_model::fact::{Fact, GapReason};
use portcullis_model::line_coverage::{
    ChangedLines, CoverageFormat, CoverageReport, CoverageSource, Covered, FileLines, LineCoverage,
};
use portcullis_model::lines::Lines;
use portcullis_model::own_times::OwnTimes;
use portcullis_model::path::RepoPath;
use proptest::prelude::*;
use std::collections::BTreeMap;

const LOAD: &str = "services/upload/load.rs";
const SETTINGS: &str = "minimum = 80\n[reports.rust]\nfiles = [\"cov/lcov.info\"]\n";

fn source() -> CoverageSource {
    CoverageSource { files: "cov/lcov.info".into(), format: None, strip: None, add: None }
}

fn lines(runs: &[(u32, u32)]) -> Lines {
    Lines::of(runs.iter().copied())
}

fn changed(runs: &[(u32, u32)]) -> Fact<ChangedLines> {
    Fact::Known(ChangedLines { lines: lines(runs), total: 40 })
}

fn file(executable: &[(u32, u32)], hit: &[(u32, u32)]) -> FileLines {
    FileLines { executable: lines(executable), hit: lines(hit) }
}

fn covered(files: &[(&str, FileLines)]) -> Covered {
    Covered {
        format: CoverageFormat::Lcov,
        files: files.iter().map(|(path, lines)| (RepoPath::from(*path), lines.clone())).collect(),
        ambiguous: BTreeMap::new(),
        stale: BTreeMap::new(),
        unmatched: Vec::new(),
        contradictions: Vec::new(),
        times: OwnTimes::default(),
    }
}

fn report(content: Covered) -> CoverageReport {
    let path = "cov/lcov.info".to_string();
    CoverageReport {
        source: source(),
        path,
        digest: None,
        written: None,
        tracked: false,
        content: Fact::Known(content),
    }
}

/// Lines 10 to 19 of one file changed; all but 13 and 14 were executed.
fn honest() -> World {
    let mut world = World::honest();
    let report = report(covered(&[(LOAD, file(&[(1, 20)], &[(1, 12), (15, 20)]))]));
    let changed = BTreeMap::from([(LOAD.into(), changed(&[(10, 19)]))]);
    world.facts.inquiry.line_coverage.insert(source());
    world.facts.line_coverage =
        Fact::Known(LineCoverage { changed, reports: vec![report], ..Default::default() });
    world
}

fn facts(world: &mut World) -> &mut LineCoverage {
    let Fact::Known(facts) = &mut world.facts.line_coverage else { panic!("the coverage is a gap") };
    facts
}

fn content(world: &mut World) -> &mut Covered {
    let Fact::Known(content) = &mut facts(world).reports[0].content else { panic!("the report is a gap") };
    content
}

fn judge(world: &World, settings: &str) -> Vec<Finding> {
    world.judge(&KIND, settings).unwrap()
}

/// Nothing but these findings stop it: verdict, subject and reason.
fn stops(world: &World, expected: &[(Verdict, &str, &str)]) {
    let findings = judge(world, SETTINGS);
    let stopping = findings.iter().filter(|finding| finding.verdict.outcome() > Some(Outcome::Allow));
    let said: Vec<(Verdict, &str, &str)> = stopping
        .map(|finding| (finding.verdict, finding.subject.name.as_str(), finding.reason.as_str()))
        .collect();
    assert_eq!(said, expected);
    assert!(with(&findings, Verdict::Met).is_empty(), "{findings:?}");
}

#[test]
fn enough_is_met_and_what_is_missing_is_noted_where_it_is() {
    let findings = judge(&honest(), SETTINGS);
    let reasons: Vec<&str> = findings.iter().map(|finding| finding.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "8 of 10 changed executable lines covered (80 %) by 1 report; 80 % required",
            "no test executed 2 of its 10 changed executable lines: 13-14"
        ]
    );
    assert_eq!((findings[0].verdict, findings[1].verdict), (Verdict::Met, Verdict::Noted));
    let place = findings[1].place.as_ref().unwrap();
    assert_eq!((place.path.to_string().as_str(), place.line), (LOAD, Some(13)));
}

#[test]
fn one_line_less_is_broken_in_the_area_and_in_the_file() {
    let mut world = honest();
    content(&mut world).files.get_mut(&LOAD.into()).unwrap().hit = lines(&[(1, 12), (16, 20)]);
    stops(
        &world,
        &[
            (
                Verdict::Broken,
                "upload",
                "7 of 10 changed executable lines covered (70 %) by 1 report; 80 % required",
            ),
            (Verdict::Broken, LOAD, "no test executed 3 of its 10 changed executable lines: 13-15"),
        ],
    );
    let own = format!("{SETTINGS}[areas.upload]\nminimum = 70\n");
    assert_eq!(world.outcome(&KIND, &own), Outcome::Allow);
    let own = format!("{SETTINGS}[areas.upload]\nminimum = 100\n");
    assert_eq!(honest().outcome(&KIND, &own), Outcome::Block);
}

#[test]
fn a_share_is_never_rounded_up() {
    let mut world = honest();
    let (executable, hit) = (lines(&[(1, 1000)]), lines(&[(1, 799)]));
    facts(&mut world).changed.insert(LOAD.into(), changed(&[(1, 1000)]));
    content(&mut world).files.insert(LOAD.into(), FileLines { executable, hit });
    assert_eq!(world.outcome(&KIND, SETTINGS), Outcome::Block);
}

#[test]
fn a_file_that_no_report_names_is_not_a_file_without_lines() {
    let mut world = honest();
    content(&mut world).files.clear();
    content(&mut world).unmatched = vec!["/build/services/upload/load.rs".into(), "/x/other.rs".into()];
    stops(&world, &[(Verdict::Broken, LOAD, "the file changed, and no coverage report names it")]);
    let findings = judge(&world, SETTINGS);
    assert_eq!(findings[0].details, ["named in a report: /build/services/upload/load.rs"]);
}

#[test]
fn what_cannot_be_executed_is_exempt_only_when_a_report_knows_the_file() {
    let mut world = honest();
    facts(&mut world).changed.insert(LOAD.into(), changed(&[(30, 35)]));
    let findings = judge(&world, SETTINGS);
    assert_eq!((findings.len(), findings[0].verdict), (1, Verdict::Exempt));
    assert_eq!(findings[0].details, [LOAD]);
    content(&mut world).files.clear();
    assert_eq!(world.outcome(&KIND, SETTINGS), Outcome::Block);
}

#[test]
fn files_without_lines_are_left_to_their_suite_and_named() {
    let mut world = honest();
    world.files(&["services/upload/load.sql"]);
    let own = "[areas.upload]\nwithout-lines = { paths = [\"**/*.sql\"], suite = \"upload\" }\n";
    let findings = judge(&world, &format!("{SETTINGS}{own}"));
    assert_eq!((findings.len(), findings[0].verdict), (1, Verdict::Exempt));
    assert_eq!(findings[0].details, ["services/upload/load.sql"]);
    assert!(findings[0].reason.contains("the suite `upload` has to run"), "{}", findings[0].reason);
    // It narrows to the byte, and speaks of no other area.
    world.files(&["services/upload/load.SQL"]);
    assert_eq!(world.outcome(&KIND, &format!("{SETTINGS}{own}")), Outcome::Undetermined);
}

#[test]
fn reports_that_are_absent_tracked_unread_or_contradictory_are_no_evidence() {
    let mut world = honest();
    facts(&mut world).reports.clear();
    stops(&world, &[(Verdict::Broken, "cov/lcov.info", "there is no coverage report of `rust` here")]);

    let mut world = honest();
    facts(&mut world).reports[0].tracked = true;
    let reason = "git tracks this coverage report, so it is not evidence of a run";
    stops(&world, &[(Verdict::Broken, "cov/lcov.info", reason)]);

    let mut world = honest();
    content(&mut world).contradictions.push("it claims 9 lines and shows 8".into());
    stops(&world, &[(Verdict::Broken, "cov/lcov.info", "the coverage report is inconsistent")]);

    let mut world = honest();
    let gap = Gap::new("the report", GapReason::Malformed, "line 3: cut", "Run it again.");
    facts(&mut world).reports[0].content = Fact::Gap(gap);
    stops(&world, &[(Verdict::Unproven, "cov/lcov.info", "the report could not be read: line 3: cut")]);
}

#[test]
fn another_version_and_another_file_are_no_evidence() {
    let mut world = honest();
    content(&mut world).stale.insert(LOAD.into(), "it has a line 50, and the file has 40".into());
    let reason =
        "a coverage report is of another version of this file: it has a line 50, and the file has 40";
    stops(&world, &[(Verdict::Broken, LOAD, reason)]);

    let mut world = honest();
    content(&mut world).ambiguous.insert(LOAD.into(), vec!["a".into(), "b".into()]);
    stops(
        &world,
        &[(Verdict::Broken, LOAD, "it is ambiguous which entry of a coverage report is about this file")],
    );
}

#[test]
fn lines_that_were_not_counted_or_not_asked_for_are_gaps() {
    let mut world = honest();
    let gap = Gap::new("which lines changed", GapReason::Unsupported, "it is UTF-16", "Write UTF-8.");
    facts(&mut world).changed.insert(LOAD.into(), Fact::Gap(gap));
    stops(&world, &[(Verdict::Unproven, LOAD, "which lines changed could not be seen: it is UTF-16")]);
    facts(&mut world).changed.clear();
    assert_eq!(world.outcome(&KIND, SETTINGS), Outcome::Undetermined);

    let mut world = honest();
    world.facts.inquiry.line_coverage.clear();
    assert_eq!(world.outcome(&KIND, SETTINGS), Outcome::Undetermined);

    let mut world = honest();
    world.facts.line_coverage = Fact::Gap(Gap::not_asked("the lines", "Ask."));
    assert_eq!(world.outcome(&KIND, SETTINGS), Outcome::Undetermined);
}

#[test]
fn code_that_moves_into_an_area_is_new_there() {
    let mut world = honest();
    facts(&mut world).changed.insert(LOAD.into(), changed(&[]));
    let moved = |from: &str| portcullis_model::change::FileChange {
        status: portcullis_model::change::FileStatus::Renamed,
        old: modified(from).new,
        ..modified(LOAD)
    };
    // 18 of 20 executable lines of the whole file were executed.
    world.change().files = vec![moved("lib/load.rs")];
    world.place();
    let findings = judge(&world, SETTINGS);
    assert!(findings[0].reason.starts_with("18 of 20 "), "{}", findings[0].reason);
    world.change().files = vec![moved("services/upload/old.rs")];
    world.place();
    assert_eq!(judge(&world, SETTINGS)[0].verdict, Verdict::Exempt);
}

#[test]
fn an_area_without_a_report_of_its_own_is_not_covered_by_that_of_another() {
    let mut world = honest();
    world.scope.inventory.areas.push(area("billing", &["billing/**"]));
    let only = format!("{SETTINGS}areas = [\"billing\"]\n");
    let findings = judge(&world, &only);
    assert_eq!(findings[0].reason, "the change touches it, and the policy names no coverage report for it");
    assert_eq!(findings[0].verdict, Verdict::Broken);
    let named = format!("{SETTINGS}areas = [\"billing\", \"upload\"]\n");
    assert_eq!(world.outcome(&KIND, &named), Outcome::Allow);
}

#[test]
fn a_deletion_leaves_nothing_to_execute_and_no_area_is_no_concern() {
    let mut world = honest();
    world.change().files[0].new = None;
    world.place();
    assert_eq!(judge(&world, SETTINGS)[0].verdict, Verdict::Exempt);
    world.files(&["docs/guide.md"]);
    assert_eq!(judge(&world, SETTINGS)[0].reason, "no data-processing area is touched");
}

#[test]
fn links_and_submodules_need_a_suite_too() {
    let mut world = honest();
    let new = world.change().files[0].new.as_mut().unwrap();
    new.kind = portcullis_model::change::EntryKind::Submodule;
    content(&mut world).files.clear();
    assert_eq!(world.outcome(&KIND, SETTINGS), Outcome::Block);
}

#[test]
fn every_pattern_has_to_find_a_report() {
    let mut world = honest();
    let settings = SETTINGS.replace("[\"cov/lcov.info\"]", "[\"cov/lcov.info\", \"cov/b.info\"]");
    assert_eq!(world.outcome(&KIND, &settings), Outcome::Undetermined);
    let second = CoverageSource { files: "cov/b.info".into(), ..source() };
    world.facts.inquiry.line_coverage.insert(second.clone());
    assert_eq!(world.outcome(&KIND, &settings), Outcome::Block);
    let again = CoverageReport { source: second, ..facts(&mut world).reports[0].clone() };
    facts(&mut world).reports.push(again);
    assert_eq!(world.outcome(&KIND, &settings), Outcome::Allow);
}

#[test]
fn settings_that_require_nothing_do_not_parse() {
    for settings in [
        "",
        "minimum = 80",
        "minimum = 80\nreports = {}",
        &SETTINGS.replace("80", "0"),
        &SETTINGS.replace("80", "101"),
        &SETTINGS.replace("80", "-1"),
        &SETTINGS.replace("80", "79.5"),
        &SETTINGS.replace("[\"cov/lcov.info\"]", "[]"),
        &format!("{SETTINGS}areas = []"),
        &format!("{SETTINGS}strip = \"\""),
        &format!("{SETTINGS}add = \"\""),
        &format!("{SETTINGS}add = \"/a\""),
        &format!("{SETTINGS}add = \"a/../b\""),
        &format!("{SETTINGS}format = \"gcov\""),
        &format!("{SETTINGS}[areas.upload]\nminimum = 0"),
        &format!("{SETTINGS}[areas.upload]\nwithout-lines = {{ paths = [], suite = \"x\" }}"),
        &format!("{SETTINGS}[areas.upload]\nwithout-lines = {{ paths = [\"*.sql\"] }}"),
    ] {
        assert!(read_control(&KIND, settings).is_err(), "{settings}");
    }
    let all = format!("{SETTINGS}areas = [\"upload\"]\nformat = \"lcov\"\nstrip = \"/b\"\nadd = \"a/b\"\n");
    assert!(read_control(&KIND, &all).is_ok());
}

#[test]
fn the_example_of_the_documentation_is_read() {
    let settings = example(&KIND)
        .replace("[controls.changed-line-coverage]\n", "")
        .replace("[controls.changed-line-coverage.", "[");
    let control = read_control(&KIND, &settings).unwrap();
    let named: Vec<String> = control.references().iter().map(|reference| format!("{reference:?}")).collect();
    assert_eq!(named.len(), 3, "{named:?}");
}

fn any_lines() -> impl Strategy<Value = Lines> {
    proptest::collection::vec((1u32..40, 0u32..6), 0..8)
        .prop_map(|runs| Lines::of(runs.into_iter().map(|(first, more)| (first, (first + more).min(40)))))
}

fn any_world() -> impl Strategy<Value = World> {
    (any_lines(), any_lines(), any_lines(), any_lines(), any_lines()).prop_map(
        |(changed, a, hit_a, b, hit_b)| {
            let mut world = honest();
            facts(&mut world)
                .changed
                .insert(LOAD.into(), Fact::Known(ChangedLines { lines: changed, total: 40 }));
            let file = |executable: Lines, hit: &Lines| FileLines { hit: hit.and(&executable), executable };
            let reports = [file(a, &hit_a), file(b, &hit_b)].map(|lines| report(covered(&[(LOAD, lines)])));
            facts(&mut world).reports = reports.into();
            world
        },
    )
}

proptest! {
    #[test]
    fn a_hit_taken_away_never_makes_the_outcome_milder(world in any_world(), line in 1u32..41, which in 0..2usize) {
        let before = world.outcome(&KIND, SETTINGS);
        let mut fewer = world;
        let Fact::Known(content) = &mut facts(&mut fewer).reports[which].content else { unreachable!() };
        let file = content.files.get_mut(&LOAD.into()).unwrap();
        file.hit = file.hit.without(&lines(&[(line, line)]));
        prop_assert!(fewer.outcome(&KIND, SETTINGS) >= before);
    }

    #[test]
    fn one_more_changed_line_that_nobody_executed_never_makes_it_milder(world in any_world(), line in 1u32..41) {
        let before = world.outcome(&KIND, SETTINGS);
        let mut more = world;
        for report in &mut facts(&mut more).reports {
            let Fact::Known(content) = &mut report.content else { unreachable!() };
            let file = content.files.get_mut(&LOAD.into()).unwrap();
            file.executable = file.executable.or(&lines(&[(line, line)]));
            file.hit = file.hit.without(&lines(&[(line, line)]));
        }
        let Some(Fact::Known(changed)) = facts(&mut more).changed.get_mut(&LOAD.into()) else { unreachable!() };
        changed.lines = changed.lines.or(&lines(&[(line, line)]));
        prop_assert!(more.outcome(&KIND, SETTINGS) >= before);
    }

    #[test]
    fn what_is_withheld_never_allows(world in any_world(), which in 0..2usize, how in 0..4usize) {
        let mut less = world;
        let gap = || Gap::new("it", GapReason::Truncated, "gone", "Bring it back.");
        match how {
            0 => facts(&mut less).reports[which].content = Fact::Gap(gap()),
            1 => drop(facts(&mut less).changed.insert(LOAD.into(), Fact::Gap(gap()))),
            2 => less.facts.line_coverage = Fact::Gap(gap()),
            _ => facts(&mut less).reports.clear(),
        }
        prop_assert!(less.outcome(&KIND, SETTINGS) > Outcome::Allow);
    }
}
