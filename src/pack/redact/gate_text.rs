//! Texts of a repository that steer the gate and are about people: the register of people, owners
//! and lists of signers. A pack holds of each what a decision needs, and nothing else.
//!
//! Of the register these are accounts, addresses and keys as tokens, roles, courses and dates. Its
//! comments, names, providers, evidence and reasons are left out; so are people without an
//! account on the host that was asked.

use super::{AddressFinder, Redactor};
use serde_json::{Map, Value};
use toml::{Table, Value as Toml};

/// What is written in the place of the reason why a course was waived.
const LEFT_OUT: &str = "left out of the pack";

/// What decisions write before that reason.
const WAIVED: &str = "was waived: ";

/// Written in the place of a register that cannot be read: it cannot be read either.
const UNREADABLE: &str = "# This text could not be read, and is left out of the pack.\n[\n";

/// What a text is read for, as facts name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TextUse {
    Register,
    Signers,
    Owners,
    Other,
}

/// What a member of facts is read for; `None` where it is no text of the gate.
fn use_of(members: &Map<String, Value>) -> Option<TextUse> {
    let purposes = members.get("purposes")?.as_array()?;
    let has = |is: &dyn Fn(&str) -> bool| purposes.iter().filter_map(Value::as_str).any(is);
    Some(match () {
        () if has(&|purpose| purpose == "control") => TextUse::Register,
        () if has(&|purpose| purpose.ends_with("signers")) => TextUse::Signers,
        () if has(&|purpose| purpose == "code-owners") => TextUse::Owners,
        () => TextUse::Other,
    })
}

/// Learns the people of the texts of a member of facts.
pub(crate) fn learn_texts(finder: &mut AddressFinder, members: &Map<String, Value>) {
    let texts = ["before", "after"].into_iter().filter_map(|name| members.get(name)?.as_str());
    match use_of(members) {
        Some(TextUse::Register) => texts.for_each(|text| learn_register(finder, text)),
        Some(TextUse::Signers) => texts.flat_map(str::lines).for_each(|line| learn_signer(finder, line)),
        _ => {}
    }
}

/// The member without what a pack does not hold of people; `None` where it is no such text.
pub(crate) fn redact_texts(redactor: &Redactor, members: &Map<String, Value>) -> Option<Map<String, Value>> {
    let write: fn(&Redactor, &str) -> String = match use_of(members)? {
        TextUse::Register => redact_register,
        TextUse::Signers => redact_signers,
        TextUse::Owners => redact_owners,
        TextUse::Other => return None,
    };
    let member = |(name, value): (&String, &Value)| match value.as_str() {
        Some(text) => (name.clone(), Value::String(write(redactor, text))),
        None => (name.clone(), value.clone()),
    };
    Some(members.iter().map(member).collect())
}

fn people_of(register: &Table) -> impl Iterator<Item = &Table> {
    register.get("people").and_then(Toml::as_array).into_iter().flatten().filter_map(Toml::as_table)
}

fn texts_of<'t>(person: &'t Table, key: &str) -> impl Iterator<Item = &'t str> {
    person.get(key).and_then(Toml::as_array).into_iter().flatten().filter_map(Toml::as_str)
}

fn accounts_of(person: &Table) -> impl Iterator<Item = (&String, &str)> {
    let hosts = person.get("accounts").and_then(Toml::as_table).into_iter().flatten();
    hosts.flat_map(|(host, logins)| {
        logins.as_array().into_iter().flatten().filter_map(Toml::as_str).map(move |login| (host, login))
    })
}

/// Learns everyone of a register.
fn learn_register(finder: &mut AddressFinder, text: &str) {
    let Ok(register) = text.parse::<Table>() else { return };
    for person in people_of(&register) {
        let name = person.get("name").and_then(Toml::as_str).unwrap_or_default();
        match texts_of(person, "logins").next() {
            Some(login) => finder.learn_name(name, login),
            None => finder.learn_nameless(name),
        }
        texts_of(person, "logins").for_each(|login| finder.learn_login(login));
        accounts_of(person).for_each(|(_, login)| finder.learn_login(login));
        texts_of(person, "emails").for_each(|address| finder.learn_address(address));
        let training = person.get("training").and_then(Toml::as_array).into_iter().flatten();
        for why in training.filter_map(|entry| entry.get("waived")?.as_str()) {
            finder.learn_phrase(&format!("{WAIVED}{why}"), &format!("{WAIVED}{LEFT_OUT}"));
        }
    }
}

/// The register with logins and courses alone, in one way of writing.
fn redact_register(redactor: &Redactor, text: &str) -> String {
    let Ok(mut register) = text.parse::<Table>() else { return UNREADABLE.to_string() };
    let Some(people) = register.remove("people") else { return redactor.text(text) };
    let Toml::Array(people) = people else { return UNREADABLE.to_string() };
    let mut kept = Vec::new();
    for person in people {
        let Toml::Table(person) = person else { return UNREADABLE.to_string() };
        kept.extend(redact_person(redactor, person).map(Toml::Table));
    }
    register.insert("people".to_string(), Toml::Array(kept));
    toml::to_string(&register).unwrap_or_else(|_| UNREADABLE.to_string())
}

/// What a pack holds of a person; `None` where nothing is left that names them.
fn redact_person(redactor: &Redactor, person: Table) -> Option<Table> {
    let named = ["logins", "accounts", "emails", "keys"];
    let was_named = named.iter().any(|key| person.contains_key(*key));
    let mut out = Table::new();
    for (key, value) in person {
        let kept = match (key.as_str(), value) {
            ("accounts", Toml::Table(hosts)) => {
                let hosts: Table = hosts.into_iter().filter(|(host, _)| redactor.asked_host(host)).collect();
                if hosts.is_empty() {
                    continue;
                }
                redact_value(redactor, Toml::Table(hosts))
            }
            ("name" | "logins" | "emails" | "keys" | "roles", value) => redact_value(redactor, value),
            ("left", value) => date_alone(value),
            ("training", Toml::Array(entries)) => {
                Toml::Array(entries.into_iter().map(redact_entry).collect())
            }
            // A mistake in the register stays one.
            _ => Toml::Integer(0),
        };
        out.insert(key, kept);
    }
    (!was_named || named.iter().any(|key| out.contains_key(*key))).then_some(out)
}

fn redact_entry(entry: Toml) -> Toml {
    let Toml::Table(entry) = entry else { return Toml::Integer(0) };
    let mut out = Table::new();
    for (key, value) in entry {
        let kept = match key.as_str() {
            "course" => value,
            "completed" | "expires" => date_alone(value),
            "waived" if value.is_str() => Toml::String(LEFT_OUT.to_string()),
            "provider" | "evidence" if value.is_str() => continue,
            _ => Toml::Integer(0),
        };
        out.insert(key, kept);
    }
    Toml::Table(out)
}

/// Every text of a value without addresses, names and keys.
fn redact_value(redactor: &Redactor, value: Toml) -> Toml {
    match value {
        Toml::String(text) => Toml::String(redactor.text(&text)),
        Toml::Array(items) => {
            Toml::Array(items.into_iter().map(|item| redact_value(redactor, item)).collect())
        }
        Toml::Table(members) => {
            Toml::Table(members.into_iter().map(|(key, item)| (key, redact_value(redactor, item))).collect())
        }
        other => other,
    }
}

/// A date or a moment; a mistake in the place of everything else.
fn date_alone(value: Toml) -> Toml {
    let plain = |byte: u8| byte.is_ascii_digit() || b"TZ:.+-".contains(&byte);
    match &value {
        Toml::Datetime(_) => value,
        Toml::String(text) if text.bytes().all(plain) => value,
        _ => Toml::Integer(0),
    }
}

/// Learns whom a line of allowed signers names: an address may be one without a domain.
fn learn_signer(finder: &mut AddressFinder, line: &str) {
    let names = line.split_whitespace().next().filter(|names| !names.starts_with('#'));
    let addresses = names.into_iter().flat_map(|names| names.split(',')).filter(|name| name.contains('@'));
    addresses.filter(|name| !name.contains(['*', '?', '!'])).for_each(|name| finder.learn_address(name));
}

/// Allowed signers without comments: those of lines, and those behind keys.
fn redact_signers(redactor: &Redactor, text: &str) -> String {
    each_line(text, |line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let key = words.iter().position(|word| word.starts_with("AAAA"));
        let kept = key.and_then(|key| words.get(..=key)).unwrap_or(&words);
        redactor.text(&kept.join(" "))
    })
}

/// Owners without comments. Each line keeps its number.
fn redact_owners(redactor: &Redactor, text: &str) -> String {
    each_line(text, |line| redactor.text(line))
}

fn each_line(text: &str, write: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        match content.trim_start().starts_with('#') {
            true => out.push('#'),
            false => out.push_str(&write(content)),
        }
        out.push_str(line.get(content.len()..).unwrap_or_default());
    }
    out
}

#[cfg(test)]
mod tests;
