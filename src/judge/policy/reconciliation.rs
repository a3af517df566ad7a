//! `[reconciliation.NAME]`: the datasets whose records are sent elsewhere, and what is asked of
//! their arrival.

mod accepted;
mod answers;
mod connector;
mod deadline;
mod field;
mod limits;
mod system;
mod system_text;
mod words;

use super::Problem;
use super::checks::{PolicySource, check_filled, check_name, keys_of};
use super::list::List;
use super::serde_messages::{missing_key, suggest_name};
use super::signed::check_path;
use accepted::AcceptedText;
use deadline::{DeadlineText, Period, Skew};
use field::DatasetFieldText;
use limits::{BudgetsText, FloorsText, ReservedText};
use portcullis_model::inventory::Inventory;
use portcullis_model::reconciliation::{Dataset, DatasetField};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use system::build_system;
use system_text::SystemText;
use toml::Spanned;

/// The datasets of a policy, by name.
pub type DatasetTexts = BTreeMap<Spanned<String>, Spanned<DatasetText>>;

/// The name of a dataset is a part of a ref, which a file system may hold as a file.
const LONGEST_NAME: usize = 64;

/// A dataset.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DatasetText {
    /// The areas of `[[data-processing]]` whose code prepares or sends these records.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    areas: Option<List<String>>,
    /// The fields that identify a record on both sides, in the order in which they enter the key;
    /// at least one.
    #[cfg_attr(test, schemars(with = "Vec<DatasetFieldText>"))]
    key: Option<List<DatasetFieldText>>,
    /// The fields that are compared, in the order in which they enter the digest. Default: none; a
    /// record is then right when it is there.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<DatasetFieldText>"))]
    fields: Vec<Spanned<DatasetFieldText>>,
    /// How long a record may take to arrive: one time (`"24h"`) for all, or shares of the records,
    /// each with its time: `[{ share = 0.9, within = "24h" }, { share = 1.0, within = "72h" }]`.
    #[cfg_attr(test, schemars(with = "DeadlineText"))]
    deadline: Option<DeadlineText>,
    /// The same for deletions. Default: as `deadline`.
    deletion_deadline: Option<DeadlineText>,
    /// How long the receiver may take to answer with a receipt or a refusal: `"4h"`. Default: no
    /// receipts come, and none are awaited.
    acknowledged_within: Option<Period>,
    /// The greatest known difference of the clocks of both sides, which is added to each deadline:
    /// `"30s"`; at most an hour. Default: `"0s"`.
    #[serde(default)]
    clock_skew: Skew,
    /// How many records of a class a run may show and still be green, as absolute numbers. Default:
    /// 0 of each.
    #[serde(default)]
    budgets: BudgetsText,
    /// What a run must have read at least. A run below it is broken, and never green.
    #[serde(default)]
    floors: FloorsText,
    /// Keys and markers that only test data has. A record of the target that has one is test data
    /// in a live system.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<ReservedText>"))]
    reserved: Vec<Spanned<ReservedText>>,
    /// The longest time between two runs over the whole population: `"7d"`. A run over changes
    /// alone cannot see a record that should have gone last year. Default: unlimited.
    full_every: Option<Period>,
    /// The longest time between two runs of any kind: `"24h"`. Default: unlimited.
    expected_every: Option<Period>,
    /// The longest time from a deployment that touches `areas` to the next run: `"4h"`. See the
    /// control `reconciled`. Default: what the control says.
    after_deploy: Option<Period>,
    /// How old a green run may be for a deployment that touches `areas`: `"24h"`. See the control
    /// `reconciled`. Default: what the control says.
    green_within: Option<Period>,
    /// The parties of `[notification]` that rely on these records, by name.
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    recipients: Option<List<String>>,
    /// Differences of single records that a person accepts until a day. They are counted and shown
    /// like all others, and do not count against a budget.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<AcceptedText>"))]
    accepted: Vec<Spanned<AcceptedText>>,
    /// The file of allowed signers, in the format of ssh-keygen(1), read at the base. With it, a
    /// run counts only with the signature of one of these keys. Default: no run needs one.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    signers: Option<Spanned<String>>,
    /// The file of allowed signers of manifests, likewise. With it, `reconcile compare` takes a
    /// manifest of a system only with the signature of one of these keys (`extract --sign`); a run
    /// that reads both systems itself needs none. Default: no manifest needs one.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    manifest_signers: Option<Spanned<String>>,
    /// What was meant to be sent. Left out: its manifest is brought as a file.
    #[cfg_attr(test, schemars(with = "Option<SystemText>"))]
    source: Option<Spanned<SystemText>>,
    /// What the receiver holds. Left out: its manifest is brought as a file.
    #[cfg_attr(test, schemars(with = "Option<SystemText>"))]
    target: Option<Spanned<SystemText>>,
    /// What the receiver refused, where it says so.
    #[cfg_attr(test, schemars(with = "Option<SystemText>"))]
    rejects: Option<Spanned<SystemText>>,
    /// What the receiver acknowledged, where it says so.
    #[cfg_attr(test, schemars(with = "Option<SystemText>"))]
    receipts: Option<Spanned<SystemText>>,
}

/// Checks and builds the datasets.
pub fn read_datasets(
    source: &PolicySource<'_, '_>,
    written: &DatasetTexts,
    inventory: &Inventory,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Dataset> {
    let mut datasets = BTreeMap::new();
    for (name, text) in written {
        check_dataset_name(name, problems);
        check_present(source, text, problems);
        text.get_ref().areas.iter().for_each(|areas| check_areas(areas, inventory, problems));
        let dataset = build_dataset(name.get_ref(), text.get_ref(), problems);
        datasets.insert(name.get_ref().clone(), dataset);
    }
    datasets
}

/// What has to be written. It is not required by the type, so that one mistake hides no other.
fn check_present(source: &PolicySource<'_, '_>, text: &Spanned<DatasetText>, problems: &mut Vec<Problem>) {
    let DatasetText { areas, key, deadline, .. } = text.get_ref();
    let needed = [("areas", areas.is_some()), ("key", key.is_some()), ("deadline", deadline.is_some())];
    let span = text.span();
    let missing = needed.iter().filter(|(name, is_here)| !is_here && !source.removed.holds(&span, name));
    problems.extend(missing.map(|(name, _)| missing_key(name, span.clone())));
}

fn check_dataset_name(name: &Spanned<String>, problems: &mut Vec<Problem>) {
    check_name(name, "a dataset", problems);
    if name.get_ref().len() > LONGEST_NAME {
        let message = format!("the name of a dataset has at most {LONGEST_NAME} characters");
        problems.push(Problem::new(name.span(), message).help("choose a shorter name"));
    }
}

fn check_areas(areas: &List<String>, inventory: &Inventory, problems: &mut Vec<Problem>) {
    check_filled(areas, "no deployment would be held against the dataset", problems);
    let known: Vec<&str> = inventory.areas.iter().map(|area| area.name.as_str()).collect();
    let mut seen = BTreeSet::new();
    for area in areas.get_ref() {
        let name = area.get_ref().as_str();
        // Without any area the policy says so already.
        if !known.is_empty() && !known.contains(&name) {
            let message = format!("there is no area `{name}`");
            problems.push(Problem::new(area.span(), message).help(suggest_name(name, &known)));
        } else if !seen.insert(name) {
            let message = format!("the area `{name}` is named twice");
            problems.push(Problem::new(area.span(), message).help("name it once"));
        }
    }
}

fn build_dataset(name: &str, written: &DatasetText, problems: &mut Vec<Problem>) -> Dataset {
    written.key.iter().for_each(|key| check_filled(key, "records could not be told apart", problems));
    let deadlines = written.deadline.as_ref().map(DeadlineText::build).unwrap_or_default();
    let deletions = written.deletion_deadline.as_ref().map(DeadlineText::build);
    let key = written.key.as_ref().map_or_else(Vec::new, |key| build_fields(key.get_ref(), problems));
    let fields = build_fields(&written.fields, problems);
    check_field_names(written, problems);
    let reserved = limits::build_reserved(&written.reserved, &key, &fields, problems);
    written.recipients.iter().for_each(|list| check_recipients(list, problems));
    let accepted = accepted::build_accepted(&written.accepted, problems);
    let signers = written.signers.as_ref().and_then(|path| check_path(path, problems));
    let mut system =
        |text: &Option<Spanned<SystemText>>| text.as_ref().and_then(|text| build_system(text, problems));
    let (source, target) = (system(&written.source), system(&written.target));
    let (rejects, receipts) = (system(&written.rejects), system(&written.receipts));
    let manifest_signers = written.manifest_signers.as_ref().and_then(|path| check_path(path, problems));
    answers::check_places(written, problems);
    let period = |period: &Option<Period>| period.map(|period| period.0);
    Dataset {
        name: name.to_string(),
        areas: texts_of(written.areas.as_ref()),
        key,
        fields,
        deletion_deadlines: deletions.unwrap_or_else(|| deadlines.clone()),
        deadlines,
        acknowledged_within: period(&written.acknowledged_within),
        clock_skew: written.clock_skew.0,
        budgets: limits::build_budgets(&written.budgets, problems),
        floors: written.floors.build(),
        reserved,
        full_every: period(&written.full_every),
        expected_every: period(&written.expected_every),
        after_deployment: period(&written.after_deploy),
        green_within: period(&written.green_within),
        recipients: texts_of(written.recipients.as_ref()),
        accepted,
        signers,
        manifest_signers,
        source,
        target,
        rejects,
        receipts,
        reject_codes: answers::build_codes(written.rejects.as_ref(), problems),
        answer_words: answers::build_words(written.receipts.as_ref(), problems),
    }
}

fn texts_of(list: Option<&List<String>>) -> Vec<String> {
    list.into_iter().flat_map(|list| list.get_ref()).map(|text| text.get_ref().clone()).collect()
}

fn build_fields(texts: &[Spanned<DatasetFieldText>], problems: &mut Vec<Problem>) -> Vec<DatasetField> {
    texts.iter().map(|text| field::build_field(text, problems)).collect()
}

/// A name enters the canonical form, so that no two fields have the same one.
fn check_field_names(written: &DatasetText, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for field in written.key.iter().flat_map(|key| key.get_ref()).chain(&written.fields) {
        let name = field.get_ref().name();
        check_name(name, "a field", problems);
        if !seen.insert(name.get_ref().as_str()) {
            let message = format!("the field `{}` is already defined", name.get_ref());
            let help =
                "give each field a name of its own; a field of the key is compared without being named again";
            problems.push(Problem::new(name.span(), message).help(help));
        }
    }
}

fn check_recipients(list: &List<String>, problems: &mut Vec<Problem>) {
    check_filled(list, "leave it out, or name who relies on the records", problems);
    let mut seen = BTreeSet::new();
    for name in list.get_ref() {
        check_name(name, "a party", problems);
        if !seen.insert(name.get_ref().as_str()) {
            let message = format!("the party `{}` is named twice", name.get_ref());
            problems.push(Problem::new(name.span(), message).help("name it once"));
        }
    }
}

/// Recipients are parties of `[notification]`. They are looked up in the text, so that a mistake in
/// a party does not make every mention of it one.
pub fn check_parties(source: &PolicySource<'_, '_>, written: &DatasetTexts, problems: &mut Vec<Problem>) {
    let notification = source.root.get_ref().get("notification");
    let known = keys_of(notification.and_then(|table| table.get_ref().get("parties")));
    let all = written.values().flat_map(|text| &text.get_ref().recipients).flat_map(|list| list.get_ref());
    for name in all.filter(|name| !known.contains(&name.get_ref().as_str())) {
        let help = if known.is_empty() {
            "define the party: `[notification.parties.NAME]`".to_string()
        } else {
            suggest_name(name.get_ref(), &known)
        };
        problems
            .push(Problem::new(name.span(), format!("there is no party `{}`", name.get_ref())).help(help));
    }
}

#[cfg(test)]
mod tests;
