//! `portcullis-people.toml`: who is who on which host, and who was trained in what.
//!
//! ```toml
//! schema = 1
//!
//! [[people]]
//! name = "Kim Example"
//! logins = ["kim-example"]                    # on the host of this repository
//! accounts = { "gitlab.example.test" = ["k.example"] }   # on other hosts, by their names
//! emails = ["kim@example.test"]
//! keys = ["SHA256:…"]                         # of signed reviews
//! roles = ["data-protection"]                 # for `people check`; grants nothing
//! left = "2027-03-31"                         # from then on nothing counts
//!
//! [[people.training]]
//! course = "secure-review"                    # of `[training.courses]` in the policy
//! provider = "Example Academy"
//! completed = "2026-05-04T09:30:00+01:00"     # a date alone counts from its end, UTC
//! expires = "2027-05-04"                      # no longer valid at this moment; a date alone is
//!                                             # its first moment, UTC
//! evidence = "LMS-4711"
//! waived = "Equivalent course"                # it was waived, and not completed
//! ```
//!
//! It holds no marks: a key that is not listed here is a mistake.

use super::checks::{check_filled, check_login, check_name, check_schema, check_text, line_at};
use super::list::List;
use super::recover::{MOST, RemovedKeys, recover};
use super::serde_messages::missing_key;
use super::tree::{self, TomlValue, TreeStep};
use super::{Problem, characters, syntax};
use crate::control::shared::text::InvalidSetting;
use jiff::{SignedDuration, Timestamp};
use portcullis_model::moment::Moment;
use portcullis_model::person::{Login, fold_name};
use portcullis_model::training::{Register, RegisteredPerson, TrainingEntry};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// The longest register, in bytes: a few thousand people with their courses.
const LONGEST: usize = 4 * 1024 * 1024;

/// How many mistakes a gap names.
const NAMED: usize = 3;

#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct RegisterDocument {
    /// The version of the form: 1.
    #[cfg_attr(test, schemars(schema_with = "crate::control::schema::version"))]
    schema: Option<u32>,
    /// The people, each once.
    #[cfg_attr(test, schemars(with = "Vec<PersonText>"))]
    people: Vec<Spanned<PersonText>>,
}

/// A person.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PersonText {
    /// The name that decisions show.
    #[cfg_attr(test, schemars(with = "String"))]
    name: Spanned<String>,
    /// All logins on the host of this repository.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    logins: Vec<Spanned<String>>,
    /// Logins on other hosts, by the name of the host: `"gitlab.example.test"`.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, Vec<String>>"))]
    accounts: BTreeMap<Spanned<String>, List<String>>,
    /// All e-mail addresses that the person commits with.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    emails: Vec<Spanned<String>>,
    /// Fingerprints of the keys that the person signs reviews with: `SHA256:…`.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    keys: Vec<Spanned<String>>,
    /// Roles of the policy that the person is meant to fill. They grant nothing.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    roles: Vec<Spanned<String>>,
    /// When the person left: from this moment on, nothing of the entry counts.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    left: Option<Spanned<Moment>>,
    /// The completed courses.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<EntryText>"))]
    training: Vec<Spanned<EntryText>>,
}

/// A completed course.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct EntryText {
    /// The course, by its name in `[training.courses]` of the policy.
    #[cfg_attr(test, schemars(with = "String"))]
    course: Spanned<String>,
    /// Who gave the course.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    provider: Option<Spanned<String>>,
    /// When it was completed, in RFC 3339. A date alone counts from the end of that day in UTC.
    #[cfg_attr(test, schemars(with = "String"))]
    completed: Spanned<Completion>,
    /// The first moment at which it is no longer valid. A date alone means its first moment in UTC.
    /// Default: by `valid-for` of the course.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    expires: Option<Spanned<Moment>>,
    /// Where the evidence is: a reference for people.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    evidence: Option<Spanned<String>>,
    /// Why the course was waived, where the person did not complete it.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    waived: Option<Spanned<String>>,
}

/// The first moment at which a completion counts.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
struct Completion(Timestamp);

impl TryFrom<String> for Completion {
    type Error = InvalidSetting;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        read_completion(text).map(Completion)
    }
}

/// The first moment at which a completion counts. Of a date alone it is the end of the day: nothing
/// says at what time of the day the course was completed.
///
/// # Errors
/// The text is no moment.
pub fn read_completion(text: String) -> Result<Timestamp, InvalidSetting> {
    let is_date = !text.contains('T');
    let Moment(moment) = Moment::try_from(text)?;
    let day = SignedDuration::from_hours(if is_date { 24 } else { 0 });
    moment.checked_add(day).map_err(|error| error.to_string().into())
}

/// Reads a register.
///
/// # Errors
/// Every mistake in it, in the order of the text.
pub fn read_register(text: &str) -> Result<Register, Vec<Problem>> {
    let mut problems = Vec::new();
    match read_people(text, &mut problems) {
        Some(register) if problems.is_empty() => Ok(register),
        _ => Err(super::in_order(problems)),
    }
}

/// The first mistakes with their lines, in one sentence.
pub fn describe_problems(text: &str, problems: &[Problem]) -> String {
    let one = |problem: &Problem| format!("line {}: {}", line_at(text, &problem.span), problem.message);
    let mut all: Vec<String> = problems.iter().take(NAMED).map(one).collect();
    if problems.len() > NAMED {
        all.push(format!("and {} more", problems.len() - NAMED));
    }
    all.join("; ")
}

fn read_people(text: &str, problems: &mut Vec<Problem>) -> Option<Register> {
    if text.len() > LONGEST {
        let message = format!("a register has at most {LONGEST} bytes, and this one has {}", text.len());
        problems.push(Problem::new(0..0, message).help("take out the training that ended long ago"));
        return None;
    }
    let root = syntax::parse(text, problems)?;
    if let Some(problem) = check_schema(&root) {
        problems.push(problem);
        return None;
    }
    characters::check(&root, problems);
    // One by one: finding every mistake in all of them at once takes too many readings.
    let (head, listed) = split_people(&root);
    let (document, removed) = recover(head, RegisterDocument::deserialize, problems);
    check_schema_key(&root, &removed, problems);
    let mut people = document.unwrap_or_default().people;
    for one in listed {
        let span = one.span();
        let (person, removed) = recover(one, PersonText::deserialize, problems);
        let Some(person) = person else { continue };
        check_person(&span, &person, &removed, problems);
        people.push(Spanned::new(span, person));
        if problems.len() >= MOST {
            return None;
        }
    }
    RegisterCheck { text }.check_people(&people, problems);
    Some(Register { people: people.iter().map(|person| build_person(text, person)).collect() })
}

/// The text without its people, and each of those; a list of something else stays where it is.
fn split_people<'i>(root: &TomlValue<'i>) -> (TomlValue<'i>, Vec<TomlValue<'i>>) {
    let mut head = root.clone();
    let people = root.get_ref().get("people").and_then(|people| people.get_ref().as_array());
    let Some(people) = people else { return (head, Vec::new()) };
    tree::remove(&mut head, &[], &TreeStep::Key("people".to_string()));
    (head, people.iter().cloned().collect())
}

fn check_schema_key(root: &TomlValue<'_>, removed: &RemovedKeys, problems: &mut Vec<Problem>) {
    if root.get_ref().get("schema").is_none() && !removed.holds(&root.span(), "schema") {
        problems.push(missing_key("schema", 0..0).help("write `schema = 1` in the first line"));
    }
}

struct RegisterCheck<'c> {
    text: &'c str,
}

impl RegisterCheck<'_> {
    fn check_people(&self, people: &[Spanned<PersonText>], problems: &mut Vec<Problem>) {
        let all = || people.iter().map(Spanned::get_ref);
        self.check_unique("login", all().flat_map(|one| one.logins.iter().map(|it| (it, ""))), problems);
        let elsewhere = all().flat_map(|one| &one.accounts);
        let elsewhere = elsewhere
            .flat_map(|(host, logins)| logins.get_ref().iter().map(|it| (it, host.get_ref().as_str())));
        self.check_unique("login", elsewhere, problems);
        self.check_unique("address", all().flat_map(|one| one.emails.iter().map(|it| (it, ""))), problems);
        self.check_unique("key", all().flat_map(|one| one.keys.iter().map(|it| (it, ""))), problems);
    }

    /// Names are compared without regard to case and Unicode form, within one host.
    fn check_unique<'d>(
        &self,
        what: &str,
        names: impl Iterator<Item = (&'d Spanned<String>, &'d str)>,
        problems: &mut Vec<Problem>,
    ) {
        let mut seen: BTreeMap<(String, String), Range<usize>> = BTreeMap::new();
        for (name, host) in names {
            let folded = match what {
                "key" => name.get_ref().clone(),
                _ => fold_name(name.get_ref()),
            };
            let key = (host.to_ascii_lowercase(), folded);
            match seen.get(&key) {
                None => drop(seen.insert(key, name.span())),
                Some(first) => {
                    let first = line_at(self.text, first);
                    let message = format!("the {what} `{}` is already named in line {first}", name.get_ref());
                    let help = "name it once: it belongs to one person, who has one entry";
                    problems.push(Problem::new(name.span(), message).help(help));
                }
            }
        }
    }
}

fn check_person(
    span: &Range<usize>,
    person: &PersonText,
    removed: &RemovedKeys,
    problems: &mut Vec<Problem>,
) {
    check_text(&person.name, "the name of the person", problems);
    person.logins.iter().for_each(|login| check_login(login.get_ref(), login.span(), problems));
    for (host, logins) in &person.accounts {
        check_host(host, problems);
        check_filled(logins, "leave the host out, or name logins", problems);
        logins.get_ref().iter().for_each(|login| check_login(login.get_ref(), login.span(), problems));
    }
    person.emails.iter().for_each(|email| super::people::check_email(email, problems));
    person.keys.iter().for_each(|key| check_fingerprint(key, problems));
    person.roles.iter().for_each(|role| check_name(role, "a role", problems));
    let named = ["logins", "accounts", "emails", "keys"];
    let lost = named.iter().any(|key| removed.holds(span, key));
    let PersonText { logins, accounts, emails, keys, .. } = person;
    if logins.is_empty() && accounts.is_empty() && emails.is_empty() && keys.is_empty() && !lost {
        let message = format!("nothing identifies {}", person.name.get_ref());
        problems
            .push(Problem::new(span.clone(), message).help("write `logins`, `accounts`, `emails` or `keys`"));
    }
    person.training.iter().for_each(|entry| check_entry(entry.get_ref(), problems));
}

fn check_host(host: &Spanned<String>, problems: &mut Vec<Problem>) {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte);
    if host.get_ref().is_empty() || !host.get_ref().bytes().all(plain) {
        let message = format!("`{}` is not the name of a host", host.get_ref());
        problems.push(
            Problem::new(host.span(), message).help("write it as in its address: \"gitlab.example.test\""),
        );
    }
}

/// `SHA256:` and the 43 characters of a digest in base64 without padding, as `ssh-keygen -l` prints
/// it.
fn check_fingerprint(key: &Spanned<String>, problems: &mut Vec<Problem>) {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+/".contains(&byte);
    let digest = key.get_ref().strip_prefix("SHA256:");
    if !digest.is_some_and(|digest| digest.len() == 43 && digest.bytes().all(plain)) {
        let message = format!("`{}` is not the fingerprint of a key", key.get_ref());
        problems.push(
            Problem::new(key.span(), message)
                .help("write what `ssh-keygen -l -f KEY.pub` prints: `SHA256:…`"),
        );
    }
}

fn check_entry(entry: &EntryText, problems: &mut Vec<Problem>) {
    check_name(&entry.course, "a course", problems);
    entry.provider.iter().for_each(|text| check_text(text, "the provider", problems));
    entry.evidence.iter().for_each(|text| check_text(text, "the evidence", problems));
    entry.waived.iter().for_each(|text| check_text(text, "the reason of the waiver", problems));
    let Some(expires) = &entry.expires else { return };
    if expires.get_ref().0 <= entry.completed.get_ref().0 {
        let message = "`expires` is not after `completed`, so this training never counts";
        problems
            .push(Problem::new(expires.span(), message).help("write a later moment, or take the entry out"));
    }
}

fn build_person(text: &str, person: &Spanned<PersonText>) -> RegisteredPerson {
    let line = line_at(text, &person.span());
    let person = person.get_ref();
    let plain = |list: &[Spanned<String>]| list.iter().map(|one| one.get_ref().clone()).collect::<Vec<_>>();
    let logins = |list: &[Spanned<String>]| plain(list).into_iter().map(Login::new).collect::<Vec<_>>();
    RegisteredPerson {
        name: person.name.get_ref().clone(),
        logins: logins(&person.logins),
        accounts: person
            .accounts
            .iter()
            .map(|(host, list)| (host.get_ref().clone(), logins(list.get_ref())))
            .collect(),
        emails: plain(&person.emails),
        keys: plain(&person.keys).into_iter().collect(),
        roles: plain(&person.roles).into_iter().collect(),
        left: person.left.as_ref().map(|left| left.get_ref().0),
        training: person.training.iter().map(|entry| build_entry(text, entry)).collect(),
        line,
    }
}

fn build_entry(text: &str, entry: &Spanned<EntryText>) -> TrainingEntry {
    let line = line_at(text, &entry.span());
    let entry = entry.get_ref();
    let plain = |text: &Option<Spanned<String>>| text.as_ref().map(|text| text.get_ref().clone());
    TrainingEntry {
        course: entry.course.get_ref().clone(),
        provider: plain(&entry.provider),
        completed: entry.completed.get_ref().0,
        expires: entry.expires.as_ref().map(|expires| expires.get_ref().0),
        evidence: plain(&entry.evidence),
        waived: plain(&entry.waived),
        line,
    }
}

#[cfg(test)]
mod tests;
