//! What `[notification]` comes to, in sentences for staff.

use super::NAME;
use crate::control::procedure::words::{duration, one_line};
use crate::control::procedure::{ControlProcedure, ProcedureChapter, ProcedurePart};
use portcullis_model::notification::{Counting, NoticeSpan, NotificationRules, NotifiedParty, OverdueEffect};
use portcullis_model::plural::plural;

pub(super) const PART: ProcedurePart = ProcedurePart {
    chapter: ProcedureChapter::Deployment,
    place: 5,
    off: "that those who rely on the records were told of incidents before the next deployment",
};

pub(super) fn tell(rules: Option<&NotificationRules>) -> ControlProcedure {
    let mut told = ControlProcedure::of(NAME);
    let effect = match rules.map(|rules| rules.overdue) {
        Some(OverdueEffect::Warn) => "The gate warns where one of them was not told in time.",
        Some(OverdueEffect::Block) | None => "Nothing is deployed while one of them was not told in time.",
    };
    told.say(
        &[],
        format!("Everyone who has to be told of an incident with records is told in time. {effect}"),
    );
    for party in rules.into_iter().flat_map(|rules| &rules.parties) {
        told.say(&[], describe_party(party));
    }
    told.deployment_step("The gate makes sure that no notice of an incident is overdue.");
    told
}

fn describe_party(party: &NotifiedParty) -> String {
    let mut terms = Vec::new();
    if let Some(term) = party.early_warning {
        terms.push(format!("an early warning within {} of awareness", describe_span(term)));
    }
    if let Some(term) = party.phased {
        terms.push(format!("what is known by then within {} of each notice", describe_span(term)));
    }
    if let Some(term) = party.last {
        terms.push(format!("a final notice within {} of awareness", describe_span(term)));
    }
    format!("{} gets {}.", one_line(&party.title), terms.join(", "))
}

fn describe_span(span: NoticeSpan) -> String {
    match span.counting {
        Counting::Clock => duration(span.length),
        Counting::Working => plural(span.length.as_hours().unsigned_abs(), "working hour"),
    }
}
