//! Adds training to the text of a register, and leaves every other byte of it as it is.

use crate::exit::{Failure, Result};
use portcullis_collect::training::{ImportedTraining, NamedPerson};
use portcullis_judge::policy::read_completion;
use portcullis_model::person::is_same_name;
use portcullis_model::training::{Register, RegisteredPerson, TrainingEntry};
use similar::TextDiff;
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

/// What became of an export.
#[derive(Debug)]
pub struct UpdatedRegister {
    /// The text with the new entries.
    pub text: String,
    /// How many were added.
    pub added: usize,
    /// How many were there already.
    pub known: usize,
    /// Entries of people whom the register does not have, one sentence each.
    pub unknown: Vec<String>,
}

/// Adds entries to a register, which reads as `register`.
///
/// # Errors
/// The people are not written as `[[people]]`.
pub fn add_training(
    text: &str,
    register: &Register,
    entries: &[ImportedTraining],
) -> Result<UpdatedRegister> {
    let mut document: DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| Failure::policy(error.to_string()))?;
    let mut updated = UpdatedRegister { text: String::new(), added: 0, known: 0, unknown: Vec::new() };
    let mut added: Vec<(usize, &ImportedTraining)> = Vec::new();
    for entry in entries {
        match find_person(register, &entry.person) {
            None => {
                let sentence = format!("{}: no entry of the register has {}", entry.place, entry.person);
                updated.unknown.push(sentence);
            }
            Some(at)
                if is_known(register.people.get(at), entry)
                    || added.iter().any(|one| is_same(*one, (at, entry))) =>
            {
                updated.known += 1;
            }
            Some(at) => {
                push_entry(&mut document, at, entry)?;
                added.push((at, entry));
            }
        }
    }
    updated.added = added.len();
    updated.text = document.to_string();
    Ok(updated)
}

/// What changed, as a unified diff.
pub fn describe_difference(name: &str, before: &str, after: &str) -> String {
    TextDiff::from_lines(before, after).unified_diff().context_radius(3).header(name, name).to_string()
}

fn is_same(one: (usize, &ImportedTraining), other: (usize, &ImportedTraining)) -> bool {
    one.0 == other.0 && one.1.course == other.1.course && one.1.completed == other.1.completed
}

fn is_known(person: Option<&RegisteredPerson>, entry: &ImportedTraining) -> bool {
    let completed = read_completion(entry.completed.clone()).ok();
    let is_it = |known: &TrainingEntry| known.course == entry.course && Some(known.completed) == completed;
    person.is_some_and(|person| person.training.iter().any(is_it))
}

fn find_person(register: &Register, name: &NamedPerson) -> Option<usize> {
    let is_it = |person: &RegisteredPerson| match name {
        NamedPerson::Email(email) => person.emails.iter().any(|known| is_same_name(known, email)),
        NamedPerson::Login(login) => person.logins.iter().any(|known| is_same_name(known.as_str(), login)),
        NamedPerson::Account(host, login) => person.accounts.iter().any(|(known, logins)| {
            known.eq_ignore_ascii_case(host) && logins.iter().any(|one| is_same_name(one.as_str(), login))
        }),
    };
    register.people.iter().position(is_it)
}

fn push_entry(document: &mut DocumentMut, at: usize, entry: &ImportedTraining) -> Result<()> {
    let people = document.get_mut("people").and_then(Item::as_array_of_tables_mut);
    let person = people
        .and_then(|people| people.get_mut(at))
        .ok_or_else(|| Failure::policy("write each person as `[[people]]`"))?;
    let keys = keys_of(entry);
    match person.entry("training").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new())) {
        Item::ArrayOfTables(tables) => {
            let mut table = Table::new();
            keys.into_iter().for_each(|(key, text)| drop(table.insert(key, value(text))));
            tables.push(table);
        }
        Item::Value(Value::Array(list)) => {
            let mut table = InlineTable::new();
            keys.into_iter().for_each(|(key, text)| drop(table.insert(key, Value::from(text))));
            list.push(table);
        }
        _ => return Err(Failure::policy("`training` is neither a list nor `[[people.training]]`")),
    }
    Ok(())
}

fn keys_of(entry: &ImportedTraining) -> Vec<(&'static str, &str)> {
    let optional = [
        ("provider", &entry.provider),
        ("expires", &entry.expires),
        ("evidence", &entry.evidence),
        ("waived", &entry.waived),
    ];
    let optional = optional.into_iter().filter_map(|(key, text)| Some((key, text.as_deref()?)));
    let mut keys = vec![("course", entry.course.as_str()), ("completed", entry.completed.as_str())];
    keys.extend(optional);
    keys
}

#[cfg(test)]
mod tests;
