//! Steps of a branch.

use crate::landing::tests::fixture::{Fixture, known, name};
use git2::Oid;
use portcullis_model::fact::{Fact, GapReason};
use portcullis_model::landing::{Span, Step};

fn span(fixture: &Fixture, baseline: Oid, head: Oid) -> Span {
    known(fixture.open().span(&name(baseline), &name(head)))
}

fn steps(fixture: &Fixture, baseline: Oid, head: Oid) -> Vec<Step> {
    match span(fixture, baseline, head) {
        Span::Steps(steps) => steps,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_commit_belongs_to_the_step_that_brought_it() {
    let fixture = Fixture::new();
    let base = fixture.text("0", &[]);
    let early = fixture.text("early", &[base]);
    let direct = fixture.text("1", &[base]);
    let topic = fixture.text("topic", &[early]);
    let first = fixture.text("2", &[direct, topic]);
    let late = fixture.text("late", &[topic]);
    let octopus = fixture.text("3", &[first, late, fixture.text("side", &[base])]);
    let found = steps(&fixture, base, octopus);
    let tips: Vec<_> = found.iter().map(|step| step.commit.id.clone()).collect();
    assert_eq!(tips, [name(direct), name(first), name(octopus)]);
    assert_eq!(found.iter().map(Step::size).collect::<Vec<_>>(), [1, 3, 3]);
    let mut brought = [name(early), name(topic)];
    brought.sort();
    assert_eq!(found[1].brought.iter().map(|commit| commit.id.clone()).collect::<Vec<_>>(), brought);
}

#[test]
fn history_that_the_branch_had_before_belongs_to_no_step() {
    let fixture = Fixture::new();
    let root = fixture.text("0", &[]);
    let old = fixture.text("old", &[root]);
    let base = fixture.text("1", &[root, old]);
    let head = fixture.text("2", &[base, fixture.text("new", &[old])]);
    assert_eq!(steps(&fixture, base, head).iter().map(Step::size).collect::<Vec<_>>(), [2]);
}

#[test]
fn a_baseline_that_is_not_on_the_line_gives_no_steps() {
    let fixture = Fixture::new();
    let root = fixture.text("0", &[]);
    let side = fixture.text("side", &[root]);
    let head = fixture.text("2", &[fixture.text("1", &[root]), side]);
    assert_eq!(span(&fixture, side, head), Span::Beside);
    assert_eq!(span(&fixture, head, head), Span::Equal);
    assert_eq!(span(&fixture, head, root), Span::Behind);
    assert_eq!(span(&fixture, fixture.text("other", &[root]), head), Span::Diverged);
    assert_eq!(span(&fixture, fixture.text("alien", &[]), head), Span::Unrelated);
}

#[test]
fn a_root_that_was_merged_in_belongs_to_its_merge() {
    let fixture = Fixture::new();
    let base = fixture.text("0", &[]);
    let alien = fixture.text("alien", &[]);
    let head = fixture.text("2", &[base, alien]);
    assert_eq!(steps(&fixture, base, head)[0].size(), 2);
    let swapped = fixture.text("3", &[alien, base]);
    assert_eq!(span(&fixture, base, swapped), Span::Beside);
}

#[test]
fn a_missing_commit_is_a_gap_and_not_a_shorter_range() {
    let fixture = Fixture::new();
    let base = fixture.text("0", &[]);
    let topic = fixture.text("topic", &[base]);
    let head = fixture.text("1", &[base, fixture.text("topic 2", &[topic])]);
    fixture.remove(topic);
    match fixture.open().span(&name(base), &name(head)) {
        Fact::Gap(gap) => assert_eq!(gap.reason, GapReason::MissingObject),
        known => panic!("{known:?}"),
    }
    assert!(matches!(fixture.open().span(&name(topic), &name(topic)), Fact::Gap(_)));
}

#[test]
fn false_dates_do_not_move_commits() {
    let fixture = Fixture::new();
    let at =
        |text: &str, parents: &[Oid], date| fixture.commit_at(&fixture.files(&[("f", text)]), parents, date);
    let base = at("0", &[], 9_000);
    let topic = at("topic", &[base], 1);
    let one = at("1", &[base], 50_000);
    let two = at("2", &[one, topic], -7);
    let found = steps(&fixture, base, two);
    assert_eq!(found.iter().map(Step::size).collect::<Vec<_>>(), [1, 2]);
}
