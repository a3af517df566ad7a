//! `portcullis demo --reconciliation`: what happened to an upload in 2020, in kind, and what a
//! daily check would have said of it.
//!
//! The records, the dates and the people are made up. The verdicts are not: the rows come out of
//! SQLite by the connector that reads real databases, and go through the extraction, the
//! comparison, the judgement, the chain of runs and the register of incidents of this program. A
//! verdict that is not the announced one ends the demo with an error.

pub mod books;
pub mod database;
mod page;
mod project;

use crate::exit::{Exit, Failure, Result};
use crate::output;
use crate::reconcile::resend::ResentOperation;
use crate::story::check::moment;
use crate::story::world::{BEGIN, DAY, DAYS, HOUR, StoryFault, StoryWorld};
use books::DATASET;
use page::StoryPage;
use portcullis_incident::calendar::write_local;
use portcullis_incident::clock::{DutyAnswer, DutyTerm, NoticeDuty, find_duties, find_notice_fault};
use portcullis_incident::exposure::describe_exposure;
use portcullis_incident::letter::{TO_COMPLETE, draft_letter};
use portcullis_model::digest::Digest;
use portcullis_model::incident::{
    ClosingOutcome, IncidentClosing, IncidentEvent, IncidentId, IncidentNote, NoticeKind, RecordedNotice,
};
use portcullis_model::reading::ReportReaders;
use portcullis_model::reconciliation::run::find_exceeded;
use portcullis_model::reconciliation::{ReconciliationRun, RecordClass, RunOutcome};
use portcullis_render::{Style, plural};
use project::{StoryProject, read_story_policy};
use std::collections::BTreeMap;

/// The hour of the daily check.
const CHECK: i64 = 9 * HOUR;

/// What every day begins with.
const LOAD: &str = "A load goes out: 40 new records, 12 changed ones, 6 deletions.";

/// Plays the story.
///
/// # Errors
/// The temporary directory cannot be written, or a verdict is not the announced one.
pub fn run(readers: &dyn ReportReaders) -> Result {
    let surprises = tell_story(readers, output::for_columns(), &|text| output::stdout(text.as_bytes()))?;
    if surprises.is_empty() {
        return Ok(Exit::Allowed);
    }
    let all = surprises.join("; ");
    Err(Failure::environment(format!("the story does not end as it is told; this is a defect: {all}")))
}

/// Tells the story day by day, as it is played; what in it is not as announced.
///
/// # Errors
/// The temporary directory or the text cannot be written.
fn tell_story(
    readers: &dyn ReportReaders,
    style: Style,
    show: &dyn Fn(&str) -> Result<()>,
) -> Result<Vec<String>> {
    let mut page = StoryPage::new(style);
    open(&mut page);
    show(&page.take())?;
    let policy = read_story_policy()?;
    let world =
        StoryWorld { faults: StoryFault::ALL.into(), repaired: Some(at(5, 20 * HOUR)), arrival: HOUR };
    let project = StoryProject::begin(&policy, world, readers)?;
    let mut story = Story { project, page, surprises: Vec::new() };
    story.healthy_day()?;
    show(&story.page.take())?;
    let incident = story.test_data()?;
    show(&story.page.take())?;
    let days = [Story::refused_files, Story::failed_amendments, Story::failed_deletions, Story::repaired];
    for day in days {
        day(&mut story, &incident)?;
        show(&story.page.take())?;
    }
    story.end();
    show(&story.page.take())?;
    Ok(story.surprises)
}

fn open(page: &mut StoryPage) {
    page.paragraph(
        "What happened to an upload of records in 2020, in kind, with made-up records on made-up days, and what a \
         daily check says of it. In 2020 there was no check, and the partners heard of it after half a year.",
    );
    page.blank();
    page.paragraph(
        "Both sides are SQLite. Every verdict is by the code that judges real systems: extraction, comparison, \
         deployment records, the register of incidents and its letters.",
    );
}

/// A moment of a day of the story.
const fn at(day: i64, time: i64) -> i64 {
    BEGIN + (day - 1) * DAY + time
}

/// The story on its way.
struct Story<'s> {
    project: StoryProject<'s>,
    page: StoryPage,
    surprises: Vec<String>,
}

impl Story<'_> {
    fn begin_day(&mut self, day: i64) {
        let date = moment(at(day, 0)).strftime("%A, %-d %B %Y").to_string();
        self.page.day(&date, day);
        self.page.event("02:00", LOAD);
    }

    fn healthy_day(&mut self) -> Result<()> {
        self.project.deploy(at(0, 18 * HOUR), "Load records in smaller steps", "SELECT 1 FROM staging;")?;
        self.begin_day(1);
        let run = self.check(1, RunOutcome::Green, &[])?;
        self.page.more(&format!(
            "{} records are as they should be, and later ones replaced {} operations. The repository keeps it as run {}.",
            count(&run, RecordClass::Ok),
            count(&run, RecordClass::Superseded),
            run.number
        ));
        let number =
            self.project.deploy(at(1, 18 * HOUR), "Send the new file layout", "SELECT 2 FROM staging;")?;
        self.page.event(
            "18:00",
            &format!("Deployment {number}: reviewed, tested, allowed. Its release also holds the records of its tests."),
        );
        Ok(())
    }

    fn test_data(&mut self) -> Result<IncidentId> {
        self.begin_day(2);
        let run = self.check(2, RunOutcome::OverBudget, &[(RecordClass::TestData, 12)])?;
        let id = self.project.books.open_incident(&run)?;
        let file = self.project.books.incident(run.time.as_second())?;
        self.page
            .event(&clock(run.time.as_second()), &format!("Incident {id} is open, as a draft of the run."));
        let between = file.opened.exposure.as_ref().map(|exposure| &exposure.between);
        let numbers: Vec<u64> = between.into_iter().flatten().map(|one| one.number).collect();
        self.expect(numbers == [2], "the incident does not point to deployment 2");
        match &file.opened.exposure {
            Some(exposure) => {
                let zone = &self.project.books.rules().calendar.zone;
                self.page.more(&format!("Where to look first: {}.", describe_exposure(exposure, zone)));
            }
            None => self.expect(false, "the exposure is not known"),
        }
        self.show_duties(at(2, CHECK))?;
        self.page.more("The letter that it drafts for those who use the records:");
        self.page.blank();
        let letter = self.draft("records-users", NoticeKind::EarlyWarning, at(2, 10 * HOUR))?;
        self.page.quote(&letter);
        self.page.blank();
        self.notify(&id, "records-users", NoticeKind::EarlyWarning, at(2, 11 * HOUR))?;
        self.notify(&id, "supervisor", NoticeKind::EarlyWarning, at(2, 11 * HOUR + 600))?;
        self.page
            .event("11:00", "A person completes the letters and sends them. The register keeps the digests.");
        Ok(id)
    }

    fn refused_files(&mut self, id: &IncidentId) -> Result<()> {
        self.begin_day(3);
        let expected = [(RecordClass::TestData, 16), (RecordClass::Rejected, 8)];
        let run = self.check(3, RunOutcome::OverBudget, &expected)?;
        let reasons: Vec<String> =
            run.reasons.iter().map(|(reason, count)| format!("`{reason}` {count} times")).collect();
        self.page.more(&format!(
            "The receiver refused one file of five. Its reject log, which no one read in 2020, says {}.",
            reasons.join(", ")
        ));
        self.note(id, 3, "One file of each load is refused: `schema-version`.")
    }

    fn failed_amendments(&mut self, id: &IncidentId) -> Result<()> {
        self.begin_day(4);
        let expected = [(RecordClass::TestData, 20), (RecordClass::Rejected, 16), (RecordClass::Stale, 12)];
        self.check(4, RunOutcome::OverBudget, &expected)?;
        self.page.more("Changes of records arrived and were not applied. No log says so; only a comparison of contents does.");
        self.note(id, 4, "Amendments are not applied.")
    }

    fn failed_deletions(&mut self, id: &IncidentId) -> Result<()> {
        self.begin_day(5);
        let expected = [
            (RecordClass::TestData, 24),
            (RecordClass::Rejected, 24),
            (RecordClass::Stale, 24),
            (RecordClass::Undeleted, 6),
        ];
        let run = self.check(5, RunOutcome::OverBudget, &expected)?;
        self.page.more("Records that had to go are still there, and no log says so.");
        self.note(id, 5, "Deletions are not applied.")?;
        let number = self.project.deploy(
            at(5, 18 * HOUR),
            "Send the old file layout again, without test records",
            "SELECT 3 FROM staging;",
        )?;
        self.page.event("18:00", &format!("Deployment {number} corrects the upload."));
        let resent = self.project.books.list_resent()?;
        self.expect(resent.len() == 54, &format!("{} operations have to be sent again", resent.len()));
        self.page.event(
            "20:00",
            &format!(
                "The list of what to send again has {}: {}. The team sends them, and the receiver takes {} out. \
                 Portcullis writes to neither side.",
                plural(resent.len() as u64, "operation"),
                describe_resent(&resent),
                plural(count(&run, RecordClass::TestData), "test record"),
            ),
        );
        if let Some(first) = resent.first() {
            self.page.more(&format!("Its first line: {}.", describe_first(first)));
        }
        Ok(())
    }

    fn repaired(&mut self, id: &IncidentId) -> Result<()> {
        self.begin_day(6);
        let run = self.check(6, RunOutcome::Green, &[(RecordClass::Late, 48)])?;
        self.page.more(&format!(
            "Everything is there, {} of them late, which the budget allows. That is run {}, and no difference is open.",
            count(&run, RecordClass::Late),
            run.number
        ));
        self.notify(id, "records-users", NoticeKind::Final, at(6, 10 * HOUR))?;
        self.page.event("10:00", "The final letter is sent, and the register keeps its digest.");
        let closing = IncidentClosing {
            incident: id.clone(),
            outcome: ClosingOutcome::Resolved,
            reason: "All records are as they should be, and everyone was told.".to_string(),
        };
        let open = self.open_duties(at(6, 11 * HOUR))?;
        self.expect(open.is_empty(), "a notice is still owed at the end");
        let number = self.project.books.enter(at(6, 11 * HOUR), IncidentEvent::Closed(closing))?;
        self.page.event(
            "11:00",
            &format!("The incident is closed: entry {number} of the register. No notice is owed."),
        );
        Ok(())
    }

    fn end(&mut self) {
        self.page.blank();
        let warned = at(2, 11 * HOUR) - StoryFault::TestData.begins();
        self.page.paragraph(&format!(
            "The first wrong record was found after {} hours, its users were warned after {}, and all was corrected on day \
             6. Without a check it was day {DAYS}.",
            (at(2, CHECK) - StoryFault::TestData.begins()) / HOUR,
            warned / HOUR
        ));
        self.page.blank();
        self.page.paragraph("Play the same against your own policy: portcullis drill");
    }

    /// The daily check, and whether it says what is announced.
    fn check(
        &mut self,
        day: i64,
        outcome: RunOutcome,
        expected: &[(RecordClass, u64)],
    ) -> Result<ReconciliationRun> {
        let (run, drift) = self.project.run_check(at(day, CHECK))?;
        let differences: BTreeMap<RecordClass, u64> = run
            .classes
            .iter()
            .filter(|(class, _)| class.needs_budget())
            .map(|(class, count)| (*class, count.seen))
            .collect();
        let announced: BTreeMap<RecordClass, u64> = expected.iter().copied().collect();
        self.expect(
            run.outcome == outcome && differences == announced,
            &format!("day {day}: {} with {differences:?}; {:?}", run.outcome.as_str(), run.faults),
        );
        let budgets = &self.project.books.dataset().budgets;
        let exceeded = find_exceeded(&run.classes, budgets);
        let words = match run.outcome {
            RunOutcome::Green => format!("The check compares {DATASET}, and no class is over its budget."),
            _ => format!("The check compares {DATASET}, looks again after 10 minutes, and finds:"),
        };
        self.page.verdict(&clock(at(day, CHECK)), run.outcome, &words);
        for one in &exceeded {
            self.page.item(one.class.as_str(), one.count, one.class.meaning());
        }
        for changed in &drift {
            self.page.more(&format!("New in kind: {changed}"));
        }
        Ok(run)
    }

    fn expect(&mut self, is_so: bool, otherwise: &str) {
        if !is_so {
            self.surprises.push(otherwise.to_string());
        }
    }

    fn note(&mut self, id: &IncidentId, day: i64, text: &str) -> Result<()> {
        let note = IncidentNote { incident: id.clone(), text: text.to_string(), aware_at: None };
        let number = self.project.books.enter(at(day, 10 * HOUR), IncidentEvent::Noted(Box::new(note)))?;
        self.page.event("10:00", &format!("Entry {number} of the register adds it to the incident."));
        Ok(())
    }

    fn draft(&self, party: &str, kind: NoticeKind, now: i64) -> Result<String> {
        let (file, rules) = (self.project.books.incident(now)?, self.project.books.rules());
        let unknown = || Failure::environment(format!("the policy of the story has no party {party}"));
        let party = rules.party(party).ok_or_else(unknown)?;
        Ok(draft_letter(&file, party, kind, rules, moment(now)))
    }

    /// Sends a letter that a person completed, and records it.
    fn notify(&mut self, id: &IncidentId, party: &str, kind: NoticeKind, sent: i64) -> Result<()> {
        let letter = self.draft(party, kind, sent)?.replace(TO_COMPLETE, "[completed:");
        let notice = RecordedNotice {
            incident: id.clone(),
            party: party.to_string(),
            kind,
            sender: "alex-example".to_string(),
            recipient: format!("{party}@example.test"),
            sent_at: moment(sent),
            file: format!("{party}-{}.txt", kind.as_str()),
            size: letter.len() as u64,
            digest: Digest::of(letter.as_bytes()),
            reference: None,
        };
        let number = self.project.books.enter(sent + 300, IncidentEvent::Notified(Box::new(notice)))?;
        let (history, rules) = (self.project.books.incident(sent + 300)?.history, self.project.books.rules());
        let mark = history.notices.iter().find(|mark| mark.number == number);
        let counts = mark.is_some_and(|mark| find_notice_fault(&history, mark, rules).is_none());
        self.expect(counts, "a notice stops no clock");
        Ok(())
    }

    fn open_duties(&self, now: i64) -> Result<Vec<NoticeDuty>> {
        let duties = find_duties(&self.project.books.incident(now)?.history, self.project.books.rules());
        Ok(duties.into_iter().filter(|duty| duty.answer == DutyAnswer::Awaited).collect())
    }

    fn show_duties(&mut self, now: i64) -> Result<()> {
        let zone = self.project.books.rules().calendar.zone.clone();
        for duty in self.open_duties(now + HOUR)? {
            let DutyTerm::Until(due) = duty.due else { continue };
            self.page.more(&format!(
                "{}: {} due by {}.",
                duty.title,
                duty.kind.words(),
                write_local(due, &zone)
            ));
        }
        Ok(())
    }
}

/// The time of day.
fn clock(time: i64) -> String {
    moment(time).strftime("%H:%M").to_string()
}

fn count(run: &ReconciliationRun, class: RecordClass) -> u64 {
    run.classes.get(&class).map_or(0, |count| count.seen)
}

/// How many operations of each kind there are.
fn describe_resent(resent: &[ResentOperation]) -> String {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for line in resent {
        *counts.entry(line.text["record"]["action"].as_str().unwrap_or_default()).or_default() += 1;
    }
    let words = [("new", "upload"), ("changed", "amendment"), ("deleted", "deletion")];
    let parts = words.iter().map(|(action, word)| plural(counts.get(action).copied().unwrap_or(0), word));
    parts.collect::<Vec<_>>().join(", ")
}

fn describe_first(line: &ResentOperation) -> String {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_string();
    let record = &line.text["record"];
    format!(
        "operation {}, {} {}, because it is {}",
        line.sequence,
        text(&record["action"]),
        text(&record["record_id"]),
        line.class.as_str()
    )
}
