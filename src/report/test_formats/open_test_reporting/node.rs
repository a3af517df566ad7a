//! A test or container, and what becomes of it.

use portcullis_report_shared::strict::{self, KnownElements, UnknownPart};
use portcullis_report_shared::summary::add_sentences;
use portcullis_report_shared::xml::Element;
use portcullis_testrun::test_run::{TestOutcome, TestRun};

/// What writers write about a test or container, and in a result. Other things may appear within
/// `metadata`, `sources` and `attachments`.
const KNOWN: &KnownElements = &[
    ("started", &["id", "name", "parentid", "time"]),
    ("reported", &["id", "time"]),
    ("finished", &["id", "time"]),
    ("root", &["duration", "name", "start"]),
    ("child", &["duration", "name", "start"]),
    ("metadata", &[]),
    ("sources", &[]),
    ("attachments", &[]),
    ("result", &["status"]),
    ("reason", &[]),
];

/// What a report says of a test or container.
#[derive(Default)]
pub struct OtrNode {
    /// Its name as it is shown.
    pub name: String,
    /// The class that it is, where the report says so.
    pub class: Option<String>,
    /// What its writer calls it.
    pub kind: OtrNodeKind,
    /// The worst result that it has.
    pub result: Option<TestOutcome>,
    /// It has a result in a word that is not known here.
    pub unknown: bool,
    /// The unknown part that it holds.
    pub foreign: Option<UnknownPart>,
    /// It began, and it ended.
    pub started: bool,
    pub finished: bool,
    /// It has children.
    pub has_children: bool,
    /// Something below it failed.
    pub explained: bool,
}

/// What a writer calls a node.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum OtrNodeKind {
    #[default]
    Unsaid,
    Test,
    Container,
}

impl OtrNodeKind {
    /// JUnit's words.
    pub fn of(word: &str) -> OtrNodeKind {
        match word.trim() {
            "TEST" | "CONTAINER_AND_TEST" => OtrNodeKind::Test,
            "CONTAINER" => OtrNodeKind::Container,
            _ => OtrNodeKind::Unsaid,
        }
    }
}

impl OtrNode {
    /// Looks at the element of the node, of an event about it, or one directly within them.
    pub fn look(&mut self, element: &Element<'_>) {
        strict::keep(&mut self.foreign, strict::part(element, KNOWN));
    }

    /// Looks at an element within a result. What was thrown tells why it is what it is, unless all
    /// went well.
    pub fn look_at_reason(&mut self, element: &Element<'_>) {
        if element.name != "throwable" || self.result == Some(TestOutcome::Passed) {
            self.look(element);
        }
    }

    /// Takes a result.
    pub fn result(&mut self, element: &Element<'_>) {
        let outcome = match element.value("status") {
            Some("SUCCESSFUL") => Some(TestOutcome::Passed),
            Some("SKIPPED" | "ABORTED") => Some(TestOutcome::Skipped),
            Some("FAILED") => Some(TestOutcome::Failed),
            Some("ERRORED") => Some(TestOutcome::Error),
            _ => None,
        };
        self.unknown |= outcome.is_none();
        self.result = self.result.max(Some(outcome.unwrap_or(TestOutcome::Error)));
    }

    /// What it is called in names.
    pub fn named(&self) -> &str {
        self.class.as_deref().unwrap_or(&self.name)
    }

    /// What became of it. What has no result, or no end, could not be run to its end.
    pub fn outcome(&self) -> TestOutcome {
        let outcome =
            if self.finished { self.result.unwrap_or(TestOutcome::Error) } else { TestOutcome::Error };
        self.foreign.as_ref().map(UnknownPart::outcome).max(Some(outcome)).unwrap_or(outcome)
    }

    /// Did it fail, as far as it says so itself?
    pub fn is_bad(&self) -> bool {
        self.result.is_some_and(|result| result > TestOutcome::Skipped)
    }

    fn is_test(&self) -> bool {
        match self.kind {
            OtrNodeKind::Test => true,
            OtrNodeKind::Unsaid => !self.has_children,
            // Its tests did not begin, so it counts for them.
            OtrNodeKind::Container => !self.has_children && self.result == Some(TestOutcome::Skipped),
        }
    }

    /// Its outcome, if it is a test; notes what contradicts the run.
    pub fn judge(&self, run: &mut TestRun) -> Option<TestOutcome> {
        if self.unknown {
            add_sentences(&mut run.contradictions, ["a result has a status that is not known here"]);
        }
        if self.is_test() {
            if self.finished && self.result.is_none() {
                add_sentences(&mut run.contradictions, ["a test has no result"]);
            }
            add_sentences(&mut run.contradictions, self.foreign.as_ref().map(UnknownPart::of_test));
            return Some(self.outcome());
        }
        let name = self.named();
        self.foreign.iter().for_each(|foreign| foreign.against(&format!("`{name}`"), run));
        if !self.finished {
            add_sentences(&mut run.contradictions, [format!("`{name}` has no end: the report is cut off")]);
        } else if self.is_bad() && !self.explained {
            add_sentences(&mut run.errors, [format!("`{name}` failed outside its tests")]);
        }
        None
    }
}
