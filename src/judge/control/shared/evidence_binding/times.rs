//! What must come before what: first the work tree is what is judged, then the tests begin, then
//! the report is written, then the gate looks.
//!
//! The first two are compared by the clock of one machine, the one on which the suite ran, so
//! nothing is forgiven: not a second. The date of a commit is the clock of another machine. It is
//! asked only where nothing else tells when the change was there, and then nothing is forgiven
//! either.

use super::{Age, Trust};
use jiff::{SignedDuration, Timestamp};
use portcullis_model::evidence::{EvidenceFacts, RecordedRun, Settled};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::own_times::OwnTimes;

/// A statement comes from another machine, whose clock may be ahead of ours. No more than this is
/// forgiven, and only for this: that something seems to be from the future. The documentation says
/// so.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// Runners round their times to whole seconds.
const ROUNDING: SignedDuration = SignedDuration::from_secs(1);

/// A report that lies here, and when it was made as far as anyone says.
#[derive(Clone, Copy, Debug)]
pub struct LocalReport<'a> {
    /// When its file was last written.
    pub written: Option<Timestamp>,
    /// The times that it names itself; `None` when it could not be read.
    pub times: Option<&'a OwnTimes>,
}

/// What is known of when a run took place.
#[derive(Clone, Debug, PartialEq, Eq)]
enum RunOrder {
    /// It began when the work tree was what is judged, by times of its own or because the recorder
    /// watched it.
    Shown,
    /// Nothing but the times of files supports it: this is known of them.
    ByFiles(String),
    /// It shows nothing of it: what is judged is not checked out where it lies.
    Unbound,
    /// It was there before.
    Wrong(String),
}

/// When a report that lies here was made.
///
/// # Errors
/// A gap: no one looked since when the work tree has been unchanged.
fn order_here(facts: &EvidenceFacts, report: LocalReport<'_>) -> Result<RunOrder, Gap> {
    let here = facts.checkout.value().filter(|here| facts.trees.is_judged(&here.subject.tree));
    let Some(here) = here else {
        // Nothing that is judged is checked out here, and no one asks for it: the date of the
        // commit is all there is.
        return Ok(by_commit(facts.newest, report.written).map_or(RunOrder::Unbound, RunOrder::Wrong));
    };
    let settled = here.settled.as_ref().ok_or_else(unsettled_gap)?;
    if let Some(why) = order_problem(settled, facts.newest, report) {
        return Ok(RunOrder::Wrong(why));
    }
    let named = report.times.is_some_and(|times| !times.is_empty());
    let since = || {
        format!(
            "{}, and the work tree has been unchanged since {} ({})",
            written_at(report.written),
            settled.at,
            settled.by
        )
    };
    Ok(if named { RunOrder::Shown } else { RunOrder::ByFiles(since()) })
}

/// When a recorded run took place; `dated`: the date of the commit is asked where the statement
/// says no more.
fn order_of(run: &RecordedRun, newest: Option<Timestamp>, dated: bool) -> RunOrder {
    let finished = Some(run.finished);
    if run.command.is_some() {
        return RunOrder::Shown;
    }
    let Some(settled) = run.settled else {
        let wrong = if dated { by_commit(newest, finished) } else { None };
        let alone = || {
            format!(
                "{}, and it does not say since when its work tree had been unchanged",
                written_at(finished)
            )
        };
        return wrong.map_or_else(|| RunOrder::ByFiles(alone()), RunOrder::Wrong);
    };
    let settled = Settled { at: settled, by: "its work tree reached its state".to_string() };
    let wrong = written_before(&settled, newest, finished).or_else(|| began_before(&settled, run.began));
    let alone =
        || format!("{}, and its work tree had been unchanged since {}", written_at(finished), settled.at);
    match wrong {
        Some(why) => RunOrder::Wrong(why),
        None if run.began.is_some() => RunOrder::Shown,
        None => RunOrder::ByFiles(alone()),
    }
}

fn written_at(written: Option<Timestamp>) -> String {
    written.map_or_else(|| "written at an unknown time".to_string(), |at| format!("written at {at}"))
}

fn unsettled_gap() -> Gap {
    let what = "since when the work tree has been unchanged";
    Gap::not_asked(
        what,
        "Gather the facts again with this version of the program, in a checkout of the commit",
    )
}

/// What shows that a report was there before the work tree was what it is, or that its times cannot
/// be true.
fn order_problem(settled: &Settled, newest: Option<Timestamp>, report: LocalReport<'_>) -> Option<String> {
    let Some(written) = report.written else {
        return Some("it is not known when it was written".to_string());
    };
    let began = report.times.and_then(OwnTimes::began);
    let ended =
        report.times.and_then(OwnTimes::ended).filter(|ended| ended.duration_since(written) > ROUNDING);
    let ended = ended
        .map(|ended| format!("it was last written at {written}, but names a later time itself: {ended}"));
    let somewhere = report.times.is_some_and(OwnTimes::began_somewhere);
    let zone = if somewhere {
        " (it names no time zone: read in UTC and in this machine's zone, the later counts)"
    } else {
        ""
    };
    let began = began_before(settled, began).map(|why| format!("{why}{zone}"));
    written_before(settled, newest, report.written).or(began).or(ended)
}

fn written_before(
    settled: &Settled,
    newest: Option<Timestamp>,
    written: Option<Timestamp>,
) -> Option<String> {
    let written = written.filter(|written| *written < settled.at)?;
    let commit = newest.is_some_and(|newest| written < newest);
    let commit = if commit { "before the newest commit of the change was made, and " } else { "" };
    Some(format!("it was written at {written}, {commit}before {} at {}", settled.by, settled.at))
}

/// Many runners leave fractions of a second away, so whole seconds are compared.
fn began_before(settled: &Settled, began: Option<Timestamp>) -> Option<String> {
    let began = began.filter(|began| began.as_second() < settled.at.as_second())?;
    Some(format!("by its own account it began at {began}, before {} at {}", settled.by, settled.at))
}

fn by_commit(newest: Option<Timestamp>, written: Option<Timestamp>) -> Option<String> {
    let (newest, written) = (newest?, written?);
    (written < newest).then(|| {
        format!("it was written at {written}, before the newest commit of the change was made ({newest})")
    })
}

/// What a control asks of time.
#[derive(Clone, Copy)]
pub struct TimeQuestion<'a> {
    /// The evidence, and what it is bound to.
    pub facts: &'a EvidenceFacts,
    /// Which evidence counts.
    pub trust: Option<Trust>,
    /// How old it may be.
    pub age: Option<Age>,
    /// When the gate looked.
    pub observed: &'a Fact<Timestamp>,
}

/// What times say of all the evidence that would count.
#[derive(Debug, Default)]
pub struct TimeFindings {
    /// Why something cannot be of a fresh run of what is judged, each one sentence.
    pub wrong: Vec<String>,
    /// Of what nothing but times of files speaks, each with these.
    pub by_files: Vec<String>,
    /// What could not be seen.
    pub gaps: Vec<Gap>,
    oldest: Option<Timestamp>,
}

impl TimeFindings {
    /// Takes a report that lies here.
    pub fn local_report(&mut self, asked: &TimeQuestion<'_>, name: &str, report: LocalReport<'_>) {
        if asked.trust.is_none() && asked.age.is_none() {
            return;
        }
        match order_here(asked.facts, report) {
            Ok(order) => self.take(asked, name, order, report.written, ROUNDING),
            Err(gap) => self.unseen(gap),
        }
    }

    /// Takes a statement.
    pub fn recorded(&mut self, asked: &TimeQuestion<'_>, name: &str, run: &RecordedRun) {
        if asked.trust.is_none() && asked.age.is_none() {
            return;
        }
        let order = order_of(run, asked.facts.newest, asked.age.is_some());
        self.take(asked, name, order, Some(run.finished), AHEAD);
    }

    fn take(
        &mut self,
        asked: &TimeQuestion<'_>,
        name: &str,
        order: RunOrder,
        written: Option<Timestamp>,
        ahead: SignedDuration,
    ) {
        self.oldest = self.oldest.into_iter().chain(written).min();
        let mut wrong = Vec::new();
        match order {
            RunOrder::Wrong(why) => wrong.push(why),
            RunOrder::ByFiles(what) if asked.trust.is_some() => self.by_files.push(format!("{name}: {what}")),
            RunOrder::ByFiles(_) | RunOrder::Shown | RunOrder::Unbound => {}
        }
        match (asked.age, asked.observed.known()) {
            (None, _) => {}
            (Some(age), Ok(observed)) => wrong.extend(why_stale(age, *observed, written, ahead)),
            (Some(_), Err(gap)) => self.unseen(gap),
        }
        if !wrong.is_empty() {
            wrong.dedup();
            self.wrong.push(format!("{name}: {}", wrong.join("; ")));
        }
    }

    fn unseen(&mut self, gap: Gap) {
        if !self.gaps.contains(&gap) {
            self.gaps.push(gap);
        }
    }

    /// What is to be said where the change seems to be younger than what ran on it: the same tree
    /// was committed again, or two clocks differ.
    pub fn other_clock(&self, asked: &TimeQuestion<'_>) -> Option<String> {
        let (newest, oldest) = (asked.facts.newest?, self.oldest?);
        (self.wrong.is_empty() && oldest < newest).then(|| {
            format!(
                "the newest commit is dated {newest}, later than a report of {oldest}: it was committed again after the run, or the two clocks differ; what counts is when the commit was checked out where the suite ran"
            )
        })
    }
}

/// Why something that was written at this time is not of a fresh run. `ahead`: how far the clock
/// that says so may be ahead of ours.
fn why_stale(
    age: Age,
    observed: Timestamp,
    written: Option<Timestamp>,
    ahead: SignedDuration,
) -> Option<String> {
    let Some(at) = written else { return Some("it is not known when it was written".to_string()) };
    // Differences, because a sum with a time from outside may be beyond what a time can be.
    if at.duration_since(observed) > ahead {
        Some(format!("it was written at {at}, which is in the future"))
    } else if observed.duration_since(at) > age.0 {
        Some(format!("it was written at {at}, which is longer ago than `max-age` allows"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_model::change::{ObjectName, Revision};
    use portcullis_model::evidence::{Checkout, RunSubject, Trees, WorkTree};
    use std::collections::BTreeSet;

    fn written_at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn tree(digit: &str) -> ObjectName {
        ObjectName::try_from(digit.repeat(40)).unwrap()
    }

    /// The tree `b` is judged and checked out, since second 100; the newest commit is of second 50.
    fn facts() -> EvidenceFacts {
        let subject = RunSubject { commit: Revision::try_from("b".repeat(40)).unwrap(), tree: tree("b") };
        let settled = Some(Settled { at: written_at(100), by: "HEAD came to this commit".into() });
        EvidenceFacts {
            checkout: Fact::Known(Checkout { subject, work_tree: WorkTree::default(), settled }),
            trees: Trees {
                head: tree("b"),
                head_lands: true,
                merged: BTreeSet::new(),
                base: tree("a"),
                merge_bases: BTreeSet::new(),
            },
            newest: Some(written_at(50)),
            notes: false,
            statements: vec![],
        }
    }

    fn told(facts: &EvidenceFacts, trust: Option<Trust>, written: i64, began: Option<i64>) -> TimeFindings {
        let mut times = OwnTimes::default();
        began.iter().for_each(|second| times.text(&written_at(*second).to_string()));
        let observed = Fact::Known(written_at(1000));
        let asked =
            TimeQuestion { facts, trust, age: Some(Age(SignedDuration::from_mins(10))), observed: &observed };
        let mut told = TimeFindings::default();
        told.local_report(
            &asked,
            "r",
            LocalReport { written: Some(written_at(written)), times: Some(&times) },
        );
        told
    }

    #[test]
    fn a_second_too_early_is_too_early() {
        let facts = facts();
        // Ten minutes before the gate looked is second 400, so a report of second 100 is too old
        // besides.
        for (written, began, said) in [
            (99, None, Some("before HEAD came to this commit")),
            (100, None, Some("which is longer ago than")),
            (500, None, None),
            (500, Some(99), Some("by its own account it began")),
            (500, Some(100), None),
            (500, Some(501), None),
            (500, Some(502), Some("names a later time")),
            (1001, None, None),
            (1002, None, Some("which is in the future")),
        ] {
            let told = told(&facts, Some(Trust::Local), written, began);
            let wrong = told.wrong.first();
            assert_eq!(wrong.is_some(), said.is_some(), "{written} {began:?}: {told:?}");
            assert!(wrong.is_none_or(|wrong| wrong.contains(said.unwrap())), "{wrong:?}");
        }
        assert_eq!(told(&facts, Some(Trust::Local), 500, None).by_files.len(), 1);
        assert_eq!(told(&facts, Some(Trust::Local), 500, Some(500)).by_files.len(), 0);
    }

    #[test]
    fn a_time_at_the_end_of_all_times_is_in_the_future() {
        let facts = facts();
        let (last, observed) = (Timestamp::MAX, Fact::Known(written_at(1000)));
        let mut times = OwnTimes::default();
        times.text(&last.to_string());
        let age = Some(Age(SignedDuration::from_hours(1)));
        let asked = TimeQuestion { facts: &facts, trust: Some(Trust::Local), age, observed: &observed };
        let mut told = TimeFindings::default();
        told.local_report(&asked, "r", LocalReport { written: Some(last), times: Some(&times) });
        assert!(told.wrong[0].contains("which is in the future"), "{told:?}");
        let observed = Fact::Known(last);
        let asked = TimeQuestion { observed: &observed, ..asked };
        let mut told = TimeFindings::default();
        told.local_report(&asked, "r", LocalReport { written: Some(last), times: None });
        assert!(told.wrong.is_empty(), "{told:?}");
    }

    #[test]
    fn facts_of_the_earlier_form_are_read_and_show_nothing() {
        let mut facts = facts();
        let Fact::Known(checkout) = &mut facts.checkout else { panic!("nothing is checked out") };
        checkout.settled = None;
        let told = told(&facts, Some(Trust::Local), 500, Some(500));
        assert_eq!((told.gaps.len(), told.wrong.len()), (1, 0), "{told:?}");
    }

    #[test]
    fn without_a_checkout_the_commit_decides_and_nothing_is_forgiven() {
        let mut facts = facts();
        facts.checkout = Fact::Gap(unsettled_gap());
        facts.newest = Some(written_at(800));
        assert!(told(&facts, None, 800, None).wrong.is_empty());
        let wrong = told(&facts, None, 799, None).wrong;
        assert!(wrong[0].contains("before the newest commit of the change was made"), "{wrong:?}");
    }

    #[test]
    fn where_two_clocks_differ_that_is_said() {
        let observed = Fact::Known(written_at(1000));
        let said = |newest| {
            let facts = EvidenceFacts { newest: Some(written_at(newest)), ..facts() };
            let asked =
                TimeQuestion { facts: &facts, trust: Some(Trust::Local), age: None, observed: &observed };
            let told = told(&facts, Some(Trust::Local), 500, Some(500));
            assert!(told.wrong.is_empty(), "{told:?}");
            told.other_clock(&asked)
        };
        assert!(said(900).unwrap().contains("two clocks differ"));
        assert_eq!(said(400), None);
    }
}
