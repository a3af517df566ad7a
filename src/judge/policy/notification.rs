//! `[notification]`: who has to be told of an incident, and by when.
//!
//! Terms are counted by the rules for time zones that the program carries, so every machine that
//! judges by the same policy gets the same moments.

mod text;

pub use text::NotificationText;

use super::Problem;
use super::checks::{PolicySource, check_filled, check_name, check_text, keys_of};
use super::controls::Controls;
use super::serde_messages::suggest_name;
use jiff::SignedDuration;
use portcullis_incident::calendar::find_zone;
use portcullis_model::notification::{Counting, NoticeSpan, NotificationRules, NotifiedParty, WorkCalendar};
use std::collections::{BTreeMap, BTreeSet};
use text::{PartyText, WorkingHours};
use toml::Spanned;

/// How long after its sending a notice may be recorded, where the policy does not say.
const RECORDED_WITHIN: NoticeSpan =
    NoticeSpan { length: SignedDuration::from_hours(72), counting: Counting::Clock };

/// The terms of a party.
const TERMS: [&str; 3] = ["early-warning", "phased", "final"];

/// Checks and builds what a policy says of notices.
pub(super) fn read_notification(
    source: &PolicySource<'_, '_>,
    written: Option<&NotificationText>,
    problems: &mut Vec<Problem>,
) -> Option<NotificationRules> {
    let written = written?;
    let calendar = read_calendar(written, problems);
    let span = source.root.get_ref().get("notification").map_or(0..0, Spanned::span);
    if written.parties.is_empty() && !source.removed.holds(&span, "parties") {
        let help = "write `[notification.parties.NAME]` with `title`, `role` and a term, or leave `[notification]` out";
        problems.push(Problem::new(span, "no one would be told of anything").help(help));
    }
    let parties =
        written.parties.iter().map(|(name, party)| read_party(source, name, party, problems)).collect();
    Some(NotificationRules {
        calendar: calendar?,
        parties,
        recorded_within: written.recorded_within.map_or(RECORDED_WITHIN, |term| term.0),
        overdue: written.overdue.into(),
    })
}

/// A control that judges by the parties needs some.
pub(super) fn check_parties(source: &PolicySource<'_, '_>, controls: &Controls, problems: &mut Vec<Problem>) {
    let root = source.root.get_ref();
    if root.get("notification").is_some() {
        return;
    }
    for (name, _) in controls.iter().filter(|(_, control)| control.needs_parties()) {
        let table = root.get("controls").map(Spanned::get_ref);
        let keys = table.and_then(|table| table.as_table()).into_iter().flat_map(|table| table.keys());
        let key = keys.into_iter().find(|key| key.get_ref() == name);
        let message = "the policy has no `[notification]`, so no one has to be told of anything";
        let help = "write `[notification]` with the parties, or leave this control out";
        problems.push(Problem::new(key.map_or(0..0, Spanned::span), message).help(help));
    }
}

fn read_calendar(written: &NotificationText, problems: &mut Vec<Problem>) -> Option<WorkCalendar> {
    let zone = find_zone(written.zone.get_ref());
    if zone.is_none() {
        let message = format!("`{}` is no time zone of the IANA database", written.zone.get_ref());
        problems
            .push(Problem::new(written.zone.span(), message).help("write \"Europe/London\", for example"));
    }
    let mut days = [true, true, true, true, true, false, false];
    if let Some(list) = &written.working_days {
        check_filled(list, "no term in working hours would ever end", problems);
        days = [false; 7];
        for day in list.get_ref() {
            let place = day.get_ref().place();
            if days.get(place).copied().unwrap_or(false) {
                problems.push(Problem::new(day.span(), "this day is there twice").help("write it once"));
            }
            days.iter_mut().skip(place).take(1).for_each(|one| *one = true);
        }
    }
    let mut holidays = BTreeSet::new();
    for day in written.holidays.iter().flat_map(|list| list.get_ref()) {
        if !holidays.insert(day.get_ref().0) {
            problems.push(Problem::new(day.span(), "this day is there twice").help("write it once"));
        }
    }
    let WorkingHours { from, until } = written.working_hours.unwrap_or_default();
    Some(WorkCalendar { zone: zone?, days, from, until, holidays })
}

fn read_party(
    source: &PolicySource<'_, '_>,
    name: &Spanned<String>,
    written: &Spanned<PartyText>,
    problems: &mut Vec<Problem>,
) -> NotifiedParty {
    let text = written.get_ref();
    check_name(name, "a party", problems);
    check_text(&text.title, "the title of the party", problems);
    let mut datasets = BTreeMap::new();
    if let Some(list) = &text.datasets {
        check_filled(
            list,
            "the party would never be told of anything; leave it out for all datasets",
            problems,
        );
        for dataset in list.get_ref() {
            check_name(dataset, "a dataset", problems);
            check_dataset(source, dataset, problems);
            if datasets.insert(dataset.get_ref().clone(), ()).is_some() {
                problems
                    .push(Problem::new(dataset.span(), "this dataset is there twice").help("write it once"));
            }
        }
    }
    let terms = [text.early_warning, text.phased, text.last];
    let is_lost = |key: &str| source.removed.holds(&written.span(), key);
    if terms.iter().all(Option::is_none) && !TERMS.iter().any(|key| is_lost(key)) {
        let message = format!("no notice to `{}` would ever be due", name.get_ref());
        let help = "write `early-warning`, `phased` or `final`";
        problems.push(Problem::new(name.span(), message).help(help));
    }
    let [early_warning, phased, last] = terms.map(|term| term.map(|term| term.0));
    NotifiedParty {
        name: name.get_ref().clone(),
        title: text.title.get_ref().clone(),
        role: text.role.into(),
        datasets: datasets.into_keys().collect(),
        early_warning,
        phased,
        last,
    }
}

/// Where a policy defines datasets, a party is told of these: of a mistyped one it would never
/// hear, and no clock would run.
fn check_dataset(source: &PolicySource<'_, '_>, dataset: &Spanned<String>, problems: &mut Vec<Problem>) {
    let known = keys_of(source.root.get_ref().get("reconciliation"));
    let name = dataset.get_ref().as_str();
    if !known.is_empty() && !known.contains(&name) {
        let help = suggest_name(name, &known);
        problems.push(Problem::new(dataset.span(), format!("there is no dataset `{name}`")).help(help));
    }
}

#[cfg(test)]
mod tests;
