//! xAPI statements (IEEE 9274.1.1), as a learning record store gives them: an array, one in each
//! line, or the answer of `GET /statements`.
//!
//! `completed`, `passed` and `satisfied` complete a course, `waived` (cmi5) waives it, and a
//! statement that another one voids counts for nothing. Scores are not read.

use super::{ExportError, ImportedTraining, LARGEST, NamedPerson, TrainingExport, WhyPassedOver};
use jiff::Timestamp;
use portcullis_model::training::TrainingSettings;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const COMPLETED: [&str; 3] = [
    "http://adlnet.gov/expapi/verbs/completed",
    "http://adlnet.gov/expapi/verbs/passed",
    "https://w3id.org/xapi/adl/verbs/satisfied",
];
const WAIVED: &str = "https://w3id.org/xapi/adl/verbs/waived";
const VOIDED: &str = "http://adlnet.gov/expapi/verbs/voided";
const REASON: &str = "https://w3id.org/xapi/cmi5/result/extensions/reason";

#[derive(Deserialize)]
struct LearningRecord {
    id: Option<String>,
    actor: LearningActor,
    verb: Identified,
    object: Identified,
    timestamp: Option<String>,
    #[serde(default)]
    result: LearningResult,
}

/// Of an actor only what names one person.
#[derive(Deserialize)]
struct LearningActor {
    mbox: Option<String>,
    account: Option<LearningAccount>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LearningAccount {
    home_page: String,
    name: String,
}

#[derive(Deserialize)]
struct Identified {
    id: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LearningResult {
    completion: Option<bool>,
    success: Option<bool>,
    extensions: BTreeMap<String, Value>,
}

/// Reads the statements about courses of the policy.
///
/// # Errors
/// It is not JSON of one of the forms, or a statement that would count cannot be read.
pub fn read_xapi(text: &str, settings: &TrainingSettings) -> Result<TrainingExport, ExportError> {
    if text.len() > LARGEST {
        return Err(ExportError::at("", format!("it has more than {LARGEST} bytes")));
    }
    let all = split_statements(text)?;
    let read = |(place, value): (String, Value)| match serde_json::from_value::<LearningRecord>(value) {
        Ok(record) => Ok((place, record)),
        Err(error) => Err(ExportError::at(place, format!("this is not a statement: {error}"))),
    };
    let records = all.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let voids = records.iter().filter(|(_, record)| record.verb.id == VOIDED);
    let voided: BTreeSet<String> = voids.map(|(_, record)| record.object.id.to_ascii_lowercase()).collect();
    let mut export = TrainingExport::default();
    for (place, record) in records.iter().filter(|(_, record)| record.verb.id != VOIDED) {
        match read_record(place, record, settings, &voided)? {
            Ok(entry) => export.entries.push(entry),
            Err(why) => export.passed_over.push(format!("{place}: {why}")),
        }
    }
    Ok(export)
}

fn split_statements(text: &str) -> Result<Vec<(String, Value)>, ExportError> {
    let number = |list: Vec<Value>| {
        list.into_iter().enumerate().map(|(at, value)| (format!("statement {}", at + 1), value)).collect()
    };
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(list)) => Ok(number(list)),
        Ok(Value::Object(mut one)) => match one.remove("statements") {
            // The answer of a store may be one page of several.
            Some(Value::Array(_))
                if one.get("more").is_some_and(|more| !more.is_null() && more.as_str() != Some("")) =>
            {
                Err(ExportError::at("", "the store has more statements than this page; export all of them"))
            }
            Some(Value::Array(list)) => Ok(number(list)),
            _ => Ok(number(vec![Value::Object(one)])),
        },
        _ => {
            let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
            let read = |(at, line): (usize, &str)| {
                let place = format!("line {}", at + 1);
                let value = serde_json::from_str(line);
                value
                    .map(|value| (place.clone(), value))
                    .map_err(|error| ExportError::at(place, format!("this is not JSON: {error}")))
            };
            lines.map(read).collect()
        }
    }
}

/// The inner error says why a statement is passed over.
fn read_record(
    place: &str,
    record: &LearningRecord,
    settings: &TrainingSettings,
    voided: &BTreeSet<String>,
) -> Result<Result<ImportedTraining, WhyPassedOver>, ExportError> {
    let is_waived = record.verb.id == WAIVED;
    if !is_waived && !COMPLETED.contains(&record.verb.id.as_str()) {
        return Ok(Err(WhyPassedOver(format!("the verb `{}` completes nothing", record.verb.id))));
    }
    if record.id.as_ref().is_some_and(|id| voided.contains(&id.to_ascii_lowercase())) {
        return Ok(Err(WhyPassedOver("another statement voids it".to_string())));
    }
    if record.result.completion == Some(false) || record.result.success == Some(false) {
        return Ok(Err(WhyPassedOver("its result is not a success".to_string())));
    }
    let is_about = |course: &&String| {
        settings.courses.get(*course).is_some_and(|it| it.activities.contains(&record.object.id))
    };
    let Some(course) = settings.courses.keys().find(is_about) else {
        return Ok(Err(WhyPassedOver(format!(
            "no course of the policy has the activity `{}`",
            record.object.id
        ))));
    };
    let at = |problem: String| ExportError::at(place, problem);
    let person = read_actor(&record.actor).ok_or_else(|| {
        at("its actor has no `mbox` and no `account`, so it names no one in particular".to_string())
    })?;
    let time = record.timestamp.as_deref().ok_or_else(|| at("it says no time".to_string()))?;
    let completed =
        time.parse::<Timestamp>().map_err(|_| at(format!("`{time}` is not a moment with an offset")))?;
    let reason = || {
        record
            .result
            .extensions
            .get(REASON)
            .and_then(Value::as_str)
            .unwrap_or("waived in the learning record")
    };
    Ok(Ok(ImportedTraining {
        place: place.to_string(),
        person,
        course: course.clone(),
        provider: None,
        completed: completed.to_string(),
        expires: None,
        evidence: record.id.as_ref().map(|id| format!("xAPI statement {id}")),
        waived: is_waived.then(|| reason().to_string()),
    }))
}

fn read_actor(actor: &LearningActor) -> Option<NamedPerson> {
    let address = actor.mbox.as_ref().and_then(|mbox| mbox.strip_prefix("mailto:"));
    if let Some(address) = address {
        return Some(NamedPerson::Email(address.to_string()));
    }
    let account = actor.account.as_ref()?;
    let (_, rest) = account.home_page.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().filter(|host| !host.is_empty())?;
    Some(NamedPerson::Account(host.to_ascii_lowercase(), account.name.clone()))
}

#[cfg(test)]
mod tests;
