//! What types cannot say of an evidence file: names that refer to each other, and what cannot be
//! so.

use super::v1::{
    EvidenceFileV1, StatedAccountV1, StatedChangeV1, StatedEntryKindV1, StatedEntryV1, StatedFileV1,
    StatedGapV1, StatedLineV1, StatedLinesV1, StatedProtectionV1, StatedRevisionV1, StatedRuleNameV1,
    StatedStatusV1, StatedV1,
};
use crate::form::{Form, MomentText};
use jiff::Timestamp;
use portcullis_model::path::RepoPath;
use std::collections::BTreeSet;
use std::fmt;

/// A statement that cannot be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFault {
    /// Where: a JSON path such as `$.reviews.known[2].time`.
    pub at: String,
    /// What is wrong.
    pub why: String,
    /// What to write instead.
    pub remedy: String,
}

impl fmt::Display for EvidenceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.at, self.why, self.remedy)
    }
}

/// How many are listed: an exporter that is wrong is wrong in each line.
const MOST: usize = 20;

/// The longest name of a revision, an account or a program, in bytes.
const LONGEST: usize = 255;

/// Everything that is wrong, in the order of the file; at most a page of it.
pub fn find_faults(file: &EvidenceFileV1) -> Vec<EvidenceFault> {
    let mut search = FaultSearch { faults: Vec::new(), exported: moment(&file.exported) };
    search.head(file);
    if let Some(change) = search.topic("$.change", &file.change) {
        search.change(change);
    }
    if let Some(texts) = search.topic("$.texts", &file.texts) {
        for (path, _) in texts.entries() {
            search.path("$.texts.known", path);
        }
    }
    let reviews = search.topic("$.reviews", &file.reviews);
    let mut last = None;
    for (number, review) in reviews.into_iter().flatten().enumerate() {
        let at = format!("$.reviews.known[{number}]");
        search.account(&format!("{at}.account"), Some(&review.account));
        search.name(&format!("{at}.revision"), &review.revision);
        last = search.time(&format!("{at}.time"), &review.time, last);
    }
    if let Some(protection) = search.topic("$.protection", &file.protection) {
        search.protection(protection);
    }
    for (number, report) in search.topic("$.tests", &file.tests).into_iter().flatten().enumerate() {
        let at = format!("$.tests.known[{number}]");
        search.name(&format!("{at}.suite"), &report.suite);
        search.text(&format!("{at}.file"), &report.file);
        search.name(&format!("{at}.revision"), &report.revision);
    }
    search.faults
}

fn moment(text: &MomentText) -> Timestamp {
    text.model().unwrap_or_default()
}

struct FaultSearch {
    faults: Vec<EvidenceFault>,
    exported: Timestamp,
}

impl FaultSearch {
    fn add(&mut self, at: &str, why: impl Into<String>, remedy: impl Into<String>) {
        if self.faults.len() < MOST {
            self.faults.push(EvidenceFault { at: at.to_string(), why: why.into(), remedy: remedy.into() });
        }
    }

    fn head(&mut self, file: &EvidenceFileV1) {
        for (at, program) in [("$.exporter", &file.exporter), ("$.system", &file.system)] {
            self.text(&format!("{at}.name"), &program.name);
            self.text(&format!("{at}.version"), &program.version);
        }
        self.text("$.repository", &file.repository);
        self.text("$.branch.name", &file.branch.name);
        self.name("$.branch.tip", &file.branch.tip);
    }

    fn topic<'a, T>(&mut self, at: &str, stated: &'a Option<StatedV1<T>>) -> Option<&'a T> {
        self.stated(at, stated.as_ref()?)
    }

    fn stated<'a, T>(&mut self, at: &str, stated: &'a StatedV1<T>) -> Option<&'a T> {
        match stated {
            StatedV1::Known(known) => Some(known),
            StatedV1::Gap(StatedGapV1 { why, remedy }) => {
                self.text(&format!("{at}.gap.why"), why);
                self.text(&format!("{at}.gap.remedy"), remedy);
                None
            }
        }
    }

    /// A text for people.
    fn text(&mut self, at: &str, text: &str) {
        if text.trim().is_empty() {
            self.add(at, "it is empty", "say what is meant");
        } else if text.len() > 4096 || text.contains(char::is_control) {
            self.add(
                at,
                "it is too long, or holds characters that control a terminal",
                "write one short line",
            );
        }
    }

    /// A name that is compared: one word of visible characters.
    fn name(&mut self, at: &str, name: &str) {
        let is_odd = |c: char| c.is_whitespace() || c.is_control();
        if name.is_empty() || name.len() > LONGEST || name.contains(is_odd) {
            let remedy = "write the whole name as the system gives it, in 1 to 255 bytes without spaces";
            self.add(at, format!("`{}` is no name", name.escape_debug()), remedy);
        }
    }

    fn account(&mut self, at: &str, account: Option<&StatedAccountV1>) {
        if let Some(account) = account {
            self.name(&format!("{at}.name"), &account.name);
        }
    }

    /// A time that is not before the one of the entry above it, and not after the export.
    fn time(&mut self, at: &str, time: &MomentText, last: Option<Timestamp>) -> Option<Timestamp> {
        let time = moment(time);
        if time > self.exported {
            self.add(at, format!("{time} is after the export"), "state what the system held at `exported`");
        }
        if last.is_some_and(|last| time < last) {
            self.add(at, format!("{time} is before the entry above it"), "list the oldest first");
        }
        Some(time)
    }

    fn change(&mut self, change: &StatedChangeV1) {
        let at = "$.change.known";
        self.name(&format!("{at}.name"), &change.name);
        self.text(&format!("{at}.title"), &change.title);
        self.account(&format!("{at}.proposer"), change.proposer.as_ref());
        self.name(&format!("{at}.base"), &change.base);
        self.name(&format!("{at}.head"), &change.head);
        let mut seen = BTreeSet::from([&change.base]);
        for (number, revision) in change.revisions.iter().enumerate() {
            let at = format!("{at}.revisions[{number}]");
            if !seen.insert(&revision.id) {
                self.add(
                    &format!("{at}.id"),
                    "this revision is there twice, or is the base",
                    "list each once",
                );
            }
            self.revision(&at, revision);
        }
        if change.revisions.last().is_some_and(|last| last.id != change.head) {
            self.add(&format!("{at}.head"), "it is not the last of `revisions`", "name the newest revision");
        }
        self.files(change);
    }

    fn revision(&mut self, at: &str, revision: &StatedRevisionV1) {
        self.name(&format!("{at}.id"), &revision.id);
        self.time(&format!("{at}.time"), &revision.time, None);
        for (role, account) in [
            ("author", &revision.author),
            ("committer", &revision.committer),
            ("received_from", &revision.received_from),
        ] {
            self.account(&format!("{at}.{role}"), account.as_ref());
        }
        for (number, other) in revision.others.iter().enumerate() {
            self.account(&format!("{at}.others[{number}]"), Some(other));
        }
    }

    fn files(&mut self, change: &StatedChangeV1) {
        let mut seen = BTreeSet::new();
        for (number, file) in change.files.iter().enumerate() {
            let at = format!("$.change.known.files[{number}]");
            for (side, entry) in [("before", &file.before), ("after", &file.after)] {
                let Some(entry) = entry else { continue };
                self.entry(&format!("{at}.{side}"), entry);
                // What was copied stays, and may be changed itself.
                let is_source = side == "before" && file.status == StatedStatusV1::Copied;
                if !is_source && !seen.insert((side, &entry.path)) {
                    self.add(
                        &format!("{at}.{side}.path"),
                        "this path is there twice",
                        "list each change once",
                    );
                }
            }
            self.status(&format!("{at}.status"), file);
            self.lines(&format!("{at}.lines"), &file.lines);
        }
    }

    fn entry(&mut self, at: &str, entry: &StatedEntryV1) {
        self.path(&format!("{at}.path"), &entry.path);
        if let Some(target) = &entry.target {
            self.path(&format!("{at}.target"), target);
            if entry.kind != StatedEntryKindV1::Link {
                self.add(&format!("{at}.target"), "only a link leads anywhere", "write null");
            }
        }
    }

    fn path(&mut self, at: &str, path: &str) {
        if path.contains('\0') || RepoPath::from(path).is_bent() {
            let remedy = "write it from the root of the branch, with `/` between its parts";
            self.add(at, format!("`{}` is no path", path.escape_debug()), remedy);
        }
    }

    /// What happened has to fit what was there and what is.
    fn status(&mut self, at: &str, file: &StatedFileV1) {
        use StatedStatusV1::{Added, Copied, Deleted, ModeChanged, Modified, Renamed, TypeChanged};
        let is_plain = |kind| matches!(kind, StatedEntryKindV1::File | StatedEntryKindV1::Executable);
        let fits = match (&file.before, &file.after) {
            (None, None) => false,
            (None, Some(_)) => file.status == Added,
            (Some(_), None) => file.status == Deleted,
            (Some(before), Some(after)) if before.path == after.path => {
                let same = before.kind == after.kind;
                match file.status {
                    ModeChanged => same || (is_plain(before.kind) && is_plain(after.kind)),
                    status => status == if same { Modified } else { TypeChanged },
                }
            }
            (Some(_), Some(_)) => matches!(file.status, Renamed | Copied),
        };
        if !fits {
            self.add(at, "it does not fit `before` and `after`", "state both sides as they are");
        }
    }

    fn lines(&mut self, at: &str, lines: &StatedLinesV1) {
        let StatedLinesV1::Stated(difference) = lines else { return };
        for (side, lines) in [("removed", &difference.removed), ("added", &difference.added)] {
            let at = format!("{at}.stated.{side}");
            let is_broken = |line: &&StatedLineV1| line.text.contains(['\n', '\r']) || line.number == 0;
            if lines.iter().any(|line| is_broken(&line)) {
                let why = "a line holds a line break, or has the number 0";
                self.add(&at, why, "write one entry for each line, counted from 1");
            }
            if !lines.is_sorted_by(|one, next| one.number < next.number) {
                self.add(&at, "the numbers do not go up", "list the lines in the order of the file");
            }
        }
    }

    fn protection(&mut self, protection: &StatedProtectionV1) {
        let mut seen = BTreeSet::new();
        for (number, rule) in protection.rules.iter().enumerate() {
            let at = format!("$.protection.known.rules[{number}]");
            self.text(&format!("{at}.by"), &rule.by);
            if !seen.insert((rule.rule, &rule.check)) {
                self.add(&at, "this rule is there twice", "state each rule once");
            }
            if (rule.rule == StatedRuleNameV1::Approvals) != rule.count.is_some_and(|count| count > 0) {
                self.add(
                    &format!("{at}.count"),
                    "it does not fit the rule",
                    "write 1 or more for `approvals`, else null",
                );
            }
            if (rule.rule == StatedRuleNameV1::Check) != rule.check.is_some() {
                self.add(
                    &format!("{at}.check"),
                    "it does not fit the rule",
                    "name the check for `check`, else null",
                );
            }
            if let Some(check) = &rule.check {
                self.text(&format!("{at}.check"), check);
            }
        }
        for (number, actor) in
            self.stated("$.protection.known.bypass", &protection.bypass).into_iter().flatten().enumerate()
        {
            if let Some(name) = &actor.name {
                self.text(&format!("$.protection.known.bypass.known[{number}].name"), name);
            }
        }
    }
}
