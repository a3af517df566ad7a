//! Addresses of people, taken out of what a pack holds: each becomes a token that is the same
//! everywhere in the pack, so that what is judged by addresses is judged as before.

use crate::pseudonym::PseudonymKey;
use found::{
    addresses_in, fingerprints_in, is_of_a_host, login_in, mailbox, mailboxes_in, replace_words, text_of,
};
use gate_text::{learn_texts, redact_texts};
use numbers::replace_numbers;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use words::{LOGINS, WORDS};

mod found;
mod gate_text;
mod numbers;
mod words;

/// The domain of every token (RFC 2606 reserves it: no mail reaches it).
pub const DOMAIN: &str = "redacted.invalid";

/// The addresses that were found, before they have tokens.
#[derive(Clone, Debug, Default)]
pub struct AddressFinder {
    found: BTreeSet<String>,
    names: BTreeMap<String, String>,
    nameless: BTreeSet<String>,
    phrases: BTreeMap<String, String>,
    keys: BTreeSet<String>,
    hosts: BTreeSet<String>,
    logins: BTreeSet<String>,
    numbers: BTreeSet<String>,
    mailboxes: BTreeSet<String>,
    host_logins: BTreeSet<String>,
}

/// What an audit writes of an address without an account, before digits of its SHA-256. Anyone
/// who has a list of addresses can find the one behind it, so no pack has these digits.
const MAILBOX: &str = "mailbox:";

/// How long all of it is: 16 digits follow.
const MAILBOX_LENGTH: usize = MAILBOX.len() + 16;

/// What records have in the place of a recorder whom nothing names.
const NO_RECORDER: &str = "unknown";

impl AddressFinder {
    /// Looks through a text of any kind.
    pub fn look_at_text(&mut self, text: &str) {
        for (start, end) in addresses_in(text) {
            self.host_logins.extend(login_in(&text[start..end]).map(str::to_lowercase));
            self.found.insert(text[start..end].to_lowercase());
        }
        self.mailboxes.extend(mailboxes_in(text).map(|at| text[at..at + MAILBOX_LENGTH].to_string()));
        self.keys.extend(fingerprints_in(text).map(|(start, end)| text[start..end].to_string()));
    }

    /// Learns an address by its place, whatever it looks like.
    pub fn learn_address(&mut self, address: &str) {
        if !address.trim().is_empty() {
            self.found.insert(address.to_lowercase());
        }
    }

    /// Learns the name of a person who has no login.
    pub fn learn_nameless(&mut self, name: &str) {
        if !name.trim().is_empty() {
            self.nameless.insert(name.to_string());
        }
    }

    /// Learns words, and what is written in their place.
    pub fn learn_phrase(&mut self, words: &str, by: &str) {
        self.phrases.insert(words.to_string(), by.to_string());
    }

    /// Learns that a policy shows a person by this name, and by which login to show them instead.
    pub fn learn_name(&mut self, name: &str, login: &str) {
        if !name.trim().is_empty() {
            self.names.insert(name.to_string(), login.to_string());
        }
    }

    /// Learns a login.
    pub fn learn_login(&mut self, login: &str) {
        if !login.trim().is_empty() && login != NO_RECORDER {
            self.logins.insert(login.to_string());
        }
    }

    /// Learns the host's number of an account.
    pub fn learn_number(&mut self, number: &str) {
        self.numbers.insert(number.to_string());
    }

    /// Learns the logins and numbers of accounts in JSON, by the names of members.
    pub fn learn_accounts(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.learn_accounts(item)),
            Value::Object(members) => {
                let is_person =
                    members.get("kind").and_then(Value::as_str).is_none_or(|kind| kind == "human");
                for (name, value) in members {
                    match value {
                        Value::String(text) if is_person && LOGINS.contains(&name.as_str()) => {
                            self.learn_login(text)
                        }
                        Value::Array(texts) if LOGINS.contains(&name.as_str()) => {
                            texts.iter().filter_map(Value::as_str).for_each(|text| self.learn_login(text));
                        }
                        _ => {}
                    }
                    self.learn_accounts(value);
                }
                // A person in a list of those who may bypass a rule.
                let is_user = text_of(members, "kind") == Some("user");
                if is_user && let Some(name) = text_of(members, "name") {
                    self.learn_login(name);
                }
                let is_account = is_user || is_person && members.contains_key("login");
                if is_account && let Some(number) = text_of(members, "id") {
                    self.numbers.insert(number.to_string());
                }
            }
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Looks through JSON: every text, and what is an address by its place although it does not
    /// look like one.
    pub fn look_at(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.look_at_text(text),
            Value::Array(items) => items.iter().for_each(|item| self.look_at(item)),
            Value::Object(members) => {
                self.found.extend(mailbox(members).map(|(_, email)| email.to_lowercase()));
                learn_texts(self, members);
                let domains = members.get("domains").and_then(Value::as_array).into_iter().flatten();
                self.hosts.extend(domains.filter_map(Value::as_str).map(str::to_lowercase));
                for (name, value) in members {
                    self.look_at_text(name);
                    self.look_at(value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Gives each address a token, and each login and account a pseudonym.
    pub fn finish_with(mut self, key: &PseudonymKey) -> Redactor {
        for shown in self.names.values_mut() {
            *shown = key.of_login(shown);
        }
        let pseudonyms = |logins: &BTreeSet<String>| -> BTreeMap<String, String> {
            logins.iter().map(|login| (login.clone(), key.of_login(login))).collect()
        };
        let logins: BTreeSet<String> = self.logins.iter().map(|login| login.to_ascii_lowercase()).collect();
        self.names.extend(pseudonyms(&self.logins));
        let (mailboxes, host_logins) = (pseudonyms(&self.mailboxes), pseudonyms(&self.host_logins));
        self.names.extend(mailboxes.clone());
        let numbers = self.numbers.iter().map(|number| (number.clone(), key.of_number(number))).collect();
        Redactor { numbers, mailboxes, host_logins, logins, ..self.finish() }
    }

    /// Gives each address a token. Tokens are sorted like the addresses.
    pub fn finish(self) -> Redactor {
        let tokens = self.found.into_iter().filter(|address| !is_of_a_host(address)).zip(1_u32..);
        let tokens: BTreeMap<String, String> =
            tokens.map(|(address, number)| (address, format!("address-{number:04}"))).collect();
        let mut words = self.names.clone();
        let nameless = self.nameless.into_iter().filter(|name| !self.names.contains_key(name));
        let nameless = nameless.zip(1_u32..);
        words.extend(nameless.map(|(name, number)| (name, format!("name-{number:04}"))));
        // What a text shows of these is not found by its look.
        let odd = tokens.iter().filter(|(address, _)| addresses_in(address) != [(0, address.len())]);
        words.extend(odd.map(|(address, token)| (address.clone(), format!("{token}@{DOMAIN}"))));
        // As long as a fingerprint, and of its letters: what reads one reads this.
        let keys = self.keys.into_iter().zip(1_u32..);
        let keys = keys.map(|(key, number)| (key, format!("SHA256:key{number:04}{}", "A".repeat(36))));
        let mailboxes = self.mailboxes.into_iter().zip(1_u32..);
        Redactor {
            mailboxes: mailboxes.map(|(digits, number)| (digits, format!("mailbox-{number:04}"))).collect(),
            has_accounts: !self.host_logins.is_empty(),
            tokens,
            words,
            names: self.names,
            keys: keys.collect(),
            phrases: self.phrases,
            hosts: self.hosts,
            ..Redactor::default()
        }
    }
}

/// Replaces addresses by their tokens.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    tokens: BTreeMap<String, String>,
    /// What is replaced wherever it is a word: names, logins, and addresses that do not look like
    /// one.
    words: BTreeMap<String, String>,
    /// Those of them that are of people whom the pack names.
    names: BTreeMap<String, String>,
    /// Which of the names are logins, which hosts compare without regard to case.
    logins: BTreeSet<String>,
    numbers: BTreeMap<String, String>,
    mailboxes: BTreeMap<String, String>,
    /// Logins in addresses that a host gives to accounts, with a pseudonym each.
    host_logins: BTreeMap<String, String>,
    /// Is there an address that a host gives to an account?
    has_accounts: bool,
    keys: BTreeMap<String, String>,
    phrases: BTreeMap<String, String>,
    /// Names of the hosts that were asked.
    hosts: BTreeSet<String>,
}

impl Redactor {
    /// Is there nothing to replace?
    pub fn is_empty(&self) -> bool {
        let words = self.tokens.is_empty() && self.words.is_empty() && self.keys.is_empty();
        words && self.mailboxes.is_empty() && !self.has_accounts
    }

    /// The text without addresses, and with logins in the place of the names that a policy shows.
    pub fn text(&self, text: &str) -> String {
        let phrases = self.phrases.iter();
        let text = phrases.fold(text.to_string(), |text, (words, by)| replace_words(&text, &text, words, by));
        let text = self.without_mailboxes(self.without_keys(&self.without_addresses(&text)));
        let text = replace_numbers(text, &self.numbers);
        let lower = text.to_ascii_lowercase();
        // Longer names first: one may begin with another.
        let mut words: Vec<(&String, &String)> = self.words.iter().collect();
        words.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        words.into_iter().fold(text, |text, (name, login)| {
            let any_case = name.to_ascii_lowercase();
            match self.logins.contains(&any_case) {
                false => replace_words(&text, &text, name, login),
                true if lower.contains(&any_case) => {
                    replace_words(&text, &text.to_ascii_lowercase(), &any_case, login)
                }
                true => text,
            }
        })
    }

    /// Is it a name of a host that was asked?
    pub(crate) fn asked_host(&self, host: &str) -> bool {
        self.hosts.contains(&host.to_lowercase())
    }

    fn without_keys(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (start, end) in fingerprints_in(text) {
            if let Some(token) = self.keys.get(&text[start..end]) {
                out.push_str(&text[at..start]);
                out.push_str(token);
                at = end;
            }
        }
        out.push_str(&text[at..]);
        out
    }

    fn without_mailboxes(&self, text: String) -> String {
        if self.mailboxes.is_empty() || !text.contains(MAILBOX) {
            return text;
        }
        let found: BTreeSet<&str> = mailboxes_in(&text).map(|at| &text[at..at + MAILBOX_LENGTH]).collect();
        let known = found.into_iter().filter_map(|digits| self.mailboxes.get_key_value(digits));
        known.fold(text.clone(), |text, (digits, shown)| text.replace(digits, shown))
    }

    /// Names and logins, each with what is shown in its place.
    pub fn people(&self) -> &BTreeMap<String, String> {
        &self.names
    }

    fn without_addresses(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (start, end) in addresses_in(text) {
            if let Some(token) = self.tokens.get(&text[start..end].to_lowercase()) {
                out.push_str(&text[at..start]);
                out.push_str(&format!("{token}@{DOMAIN}"));
                at = end;
            } else if let Some(number) = self.number_in(&text[start..end]) {
                // The host's address of an account: `11+kim@users.noreply.…`.
                out.push_str(&text[at..start]);
                out.push_str(&self.numbers[number]);
                at = start + number.len();
            }
            let address = &text[start..end];
            let hidden = login_in(address)
                .and_then(|login| Some((login, self.host_logins.get(&login.to_lowercase())?)));
            if let Some((login, pseudonym)) = hidden {
                let begin = start + address.find(login).unwrap_or_default();
                out.push_str(&text[at..begin]);
                out.push_str(pseudonym);
                at = begin + login.len();
            }
        }
        out.push_str(&text[at..]);
        out
    }

    fn number_in<'t>(&self, address: &'t str) -> Option<&'t str> {
        let (number, _) = address.split_once('+')?;
        self.numbers.contains_key(number).then_some(number)
    }

    /// The value without addresses, and without the names beside them in commits.
    pub fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.value(item)).collect()),
            Value::Object(members) => self.object(members),
            other => other.clone(),
        }
    }

    /// The value of a member of this name.
    fn member(&self, name: &str, value: &Value) -> Value {
        let is_word = |value: &Value| value.as_str().is_some_and(|text| WORDS.contains(&text));
        match value {
            _ if LOGINS.contains(&name) => self.value(value),
            Value::String(_) if is_word(value) => value.clone(),
            Value::Array(items) if items.iter().all(is_word) => value.clone(),
            _ => self.value(value),
        }
    }

    fn object(&self, members: &Map<String, Value>) -> Value {
        if let Some((_, email)) = mailbox(members)
            && let Some(token) = self.tokens.get(&email.to_lowercase())
        {
            return serde_json::json!({ "name": token, "email": format!("{token}@{DOMAIN}") });
        }
        if let Some((_, email)) = mailbox(members)
            && let Some(login) = login_in(email)
        {
            // The account is shown, and not the name that its owner wrote into the commit.
            let shown = self.host_logins.get(&login.to_lowercase()).map_or(login, String::as_str);
            return serde_json::json!({ "name": shown, "email": self.text(email) });
        }
        if let Some(texts) = redact_texts(self, members) {
            return Value::Object(texts);
        }
        let is_account = members.contains_key("login") || text_of(members, "kind") == Some("user");
        let member =
            |(name, value): (&String, &Value)| match value.as_str().and_then(|text| self.numbers.get(text)) {
                Some(number) if is_account && name == "id" => (name.clone(), Value::String(number.clone())),
                _ if WORDS.contains(&name.as_str()) => (name.clone(), self.member(name, value)),
                _ => (self.text(name), self.member(name, value)),
            };
        Value::Object(members.iter().map(member).collect())
    }
}

#[cfg(test)]
mod tests;
