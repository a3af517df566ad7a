//! Who has acknowledged the procedure: a list from another system, and signed notes.
//!
//! An acknowledgement is of one text, by its digest. A list (CSV) says what its writer says; a note
//! is signed by the person themselves with a key of an allowed signer, and is shown as such.
//! Whether everyone has read the page is shown, and stops nothing.

use super::Policy;
use jiff::Timestamp;
use portcullis_attest::signers::AllowedSigners;
use portcullis_attest::sshsig;
use portcullis_model::person::{Login, Who};
use std::collections::BTreeMap;

/// The columns of a list, in any order.
const COLUMNS: [&str; 3] = ["login", "digest", "time"];

/// The longest list, in bytes.
const LONGEST: usize = 4 * 1024 * 1024;

/// That one person has read one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Who.
    pub login: Login,
    /// Which text: the digest of the procedure.
    pub digest: String,
    /// When.
    pub time: Timestamp,
    /// The key that signed it; `None` where a list says so.
    pub key: Option<String>,
}

/// One person, and what they have acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcknowledgementRow {
    /// Their name, or their login where the policy has no name.
    pub name: String,
    /// Does the policy name them, as a person or in a role?
    pub expected: bool,
    /// Their acknowledgement of the text as it is now, or the newest one of another text.
    pub newest: Option<Acknowledgement>,
    /// Is that of the text as it is now?
    pub current: bool,
}

/// What a person signs who has read the text.
pub fn write_note(project: &str, login: &str, digest: &str, time: Timestamp) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    format!(
        "portcullis acknowledgement 1\nproject: {}\nlogin: {}\ndigest: {digest}\ntime: {time}\n",
        quoted(project),
        quoted(login)
    )
}

/// Why a list or a note acknowledges nothing, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoAcknowledgement(String);

impl std::fmt::Display for NoAcknowledgement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for NoAcknowledgement {
    fn from(why: String) -> Self {
        NoAcknowledgement(why)
    }
}

impl From<&str> for NoAcknowledgement {
    fn from(why: &str) -> Self {
        NoAcknowledgement(why.to_string())
    }
}

/// Reads a list: a header that names the columns `login`, `digest` and `time`, and a line for each
/// acknowledgement. `now` is the moment after which no time counts.
///
/// # Errors
/// The first line that cannot be read, with its number and what to write.
pub fn read_list(text: &str, now: Timestamp) -> Result<Vec<Acknowledgement>, NoAcknowledgement> {
    if text.len() > LONGEST {
        return Err(format!("the list has {} bytes, and at most {LONGEST} are read", text.len()).into());
    }
    let mut lines = (1..).zip(text.strip_prefix('\u{feff}').unwrap_or(text).lines());
    let header = lines.next().map_or("", |(_, line)| line);
    let header = split_fields(header).ok_or("line 1: a quote is not closed")?;
    let place = |column: &str| header.iter().position(|name| name.eq_ignore_ascii_case(column));
    let [Some(login), Some(digest), Some(time)] = COLUMNS.map(place) else {
        return Err("line 1: the header has to name the columns `login`, `digest` and `time`".into());
    };
    let mut found = Vec::new();
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let fields = split_fields(line).ok_or_else(|| format!("line {number}: a quote is not closed"))?;
        let field = |at: usize| fields.get(at).map(String::as_str).filter(|text| !text.is_empty());
        let [Some(login), Some(digest), Some(time)] = [login, digest, time].map(field) else {
            return Err(format!("line {number}: a login, a digest or a time is missing").into());
        };
        let one = Acknowledgement {
            login: Login::new(login),
            digest: digest.to_string(),
            time: read_time(time, now).map_err(|why| format!("line {number}: {why}"))?,
            key: None,
        };
        found.push(one);
    }
    Ok(found)
}

fn read_time(text: &str, now: Timestamp) -> Result<Timestamp, NoAcknowledgement> {
    let time: Timestamp = text
        .parse()
        .map_err(|_| format!("`{text}` is not a time; write it as in RFC 3339, \"2026-11-01T09:30:00Z\""))?;
    if time > now { Err(format!("{time} is in the future").into()) } else { Ok(time) }
}

/// The fields of a line of CSV (RFC 4180, without line breaks in a field); `None` where a quote is
/// not closed.
fn split_fields(line: &str) -> Option<Vec<String>> {
    let mut fields = vec![String::new()];
    let (mut quoted, mut letters) = (false, line.trim_end_matches('\r').chars().peekable());
    while let Some(c) = letters.next() {
        match c {
            '"' if quoted && letters.next_if_eq(&'"').is_some() => fields.last_mut()?.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => fields.last_mut()?.push(c),
        }
    }
    let trimmed = fields.iter().map(|field| field.trim().to_string()).collect();
    (!quoted).then_some(trimmed)
}

impl Policy {
    /// Reads a note and verifies its signature. A note of another project, one whose signature is
    /// another person's and one from the future say nothing.
    ///
    /// # Errors
    /// Why the note proves nothing.
    pub fn read_note(
        &self,
        note: &str,
        signature: &str,
        signers: &AllowedSigners,
        now: Timestamp,
    ) -> Result<Acknowledgement, NoAcknowledgement> {
        let value = |key: &str| note.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
        let read = || {
            let login: String = serde_json::from_str(value("login")?).ok()?;
            Some((login, value("digest")?.to_string(), value("time")?))
        };
        let (login, digest, time) =
            read().ok_or("it is not a note of `portcullis policy acknowledgements`")?;
        let time = read_time(time, now)?;
        if write_note(&self.project, &login, &digest, time) != note {
            return Err("it is not a note of this project, or it was edited".into());
        }
        let signer = sshsig::verify(note.as_bytes(), signature.trim().as_bytes(), signers, time)
            .map_err(|error| format!("its signature does not verify: {error}"))?;
        let login = Login::new(login);
        match self.is_of(&signer, &login) {
            true => Ok(Acknowledgement { login, digest, time, key: Some(signer.key) }),
            false => Err(format!("its signature is not that of {login}").into()),
        }
    }

    /// Everyone whom the policy names as a person or in a role, and everyone else in the list, with
    /// what they have acknowledged. Members of teams are known to their host alone.
    pub fn acknowledgement_rows(&self, all: &[Acknowledgement], digest: &str) -> Vec<AcknowledgementRow> {
        let mut rows: BTreeMap<Who, AcknowledgementRow> = BTreeMap::new();
        let people = &self.scope.people;
        let of_roles = self.scope.roles.values().flat_map(|role| &role.users);
        let of_people = people.0.iter().filter_map(|person| person.logins.first());
        for login in of_people.chain(of_roles) {
            self.row_of(&mut rows, login).expected = true;
        }
        for one in all {
            let row = self.row_of(&mut rows, &one.login);
            let rank = |one: &Acknowledgement| (one.digest == digest, one.key.is_some(), one.time);
            if row.newest.as_ref().is_none_or(|newest| rank(newest) < rank(one)) {
                (row.newest, row.current) = (Some(one.clone()), one.digest == digest);
            }
        }
        let mut rows: Vec<_> =
            rows.into_iter().filter(|(who, _)| !people.is_machine(who)).map(|(_, row)| row).collect();
        rows.sort_by(|a, b| (!a.expected, &a.name).cmp(&(!b.expected, &b.name)));
        rows
    }

    fn row_of<'r>(
        &self,
        rows: &'r mut BTreeMap<Who, AcknowledgementRow>,
        login: &Login,
    ) -> &'r mut AcknowledgementRow {
        rows.entry(self.scope.people.by_login(login)).or_insert_with(|| AcknowledgementRow {
            name: login.as_str().to_string(),
            expected: false,
            newest: None,
            current: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:aa";

    fn now() -> Timestamp {
        "2026-11-29T12:00:00Z".parse().unwrap()
    }

    fn policy() -> Policy {
        let people = "[[people]]\nname = 'Kim'\nlogins = ['kim', 'kim-admin']\n[[people]]\nname = 'Bot'\nlogins = ['bot']\nmachine = true\n[roles.owners]\nusers = ['alex']\n";
        let text = format!("{}\n{people}", super::super::STARTER);
        Policy::parse(&text).unwrap()
    }

    #[test]
    fn a_list_is_read_whatever_the_order_of_its_columns() {
        let text = "time,\"login\",course,digest\r\n2026-11-01T09:00:00Z,kim,\"a, b\",sha256:aa\r\n\r\n";
        let all = read_list(text, now()).unwrap();
        assert_eq!((all.len(), all[0].login.as_str(), all[0].digest.as_str()), (1, "kim", DIGEST));
    }

    #[test]
    fn mistakes_in_a_list_have_their_line() {
        for (text, says) in [
            ("", "line 1"),
            ("login,digest\n", "`time`"),
            ("login,digest,time\nkim,x\n", "line 2: a login"),
            ("login,digest,time\nkim,,2026-11-01T09:00:00Z\n", "line 2: a login"),
            ("login,digest,time\nkim,x,yesterday\n", "RFC 3339"),
            ("login,digest,time\nkim,x,2026-12-01T09:00:00Z\n", "in the future"),
            ("login,digest,time\n\"kim,x,2026-11-01T09:00:00Z\n", "quote"),
        ] {
            assert!(read_list(text, now()).unwrap_err().0.contains(says), "{text}");
        }
    }

    #[test]
    fn rows_say_who_acknowledged_this_text_an_older_one_or_none() {
        let text = "login,digest,time\nkim-admin,sha256:aa,2026-11-01T09:00:00Z\nkim,sha256:old,2026-11-02T09:00:00Z\n\
                    sam,sha256:old,2026-10-01T09:00:00Z\nbot,sha256:aa,2026-10-01T09:00:00Z\n";
        let rows = policy().acknowledgement_rows(&read_list(text, now()).unwrap(), DIGEST);
        let short: Vec<_> = rows
            .iter()
            .map(|row| (row.name.as_str(), row.expected, row.newest.is_some(), row.current))
            .collect();
        assert_eq!(
            short,
            [("alex", true, false, false), ("kim", true, true, true), ("sam", false, true, false)],
            "two accounts are one person, and a machine is none"
        );
    }

    #[test]
    fn a_note_that_was_edited_or_is_of_another_project_proves_nothing() {
        let (policy, time) = (policy(), "2026-11-01T09:00:00Z".parse().unwrap());
        let signers = AllowedSigners::read(b"").unwrap();
        let read = |note: &str| policy.read_note(note, "no signature", &signers, now()).unwrap_err();
        let note = write_note(&policy.project, "kim", DIGEST, time);
        assert!(read(&note).0.contains("signature"), "{}", read(&note));
        assert!(read(&write_note("Other", "kim", DIGEST, time)).0.contains("of this project"));
        assert!(read(&format!("{note}login: \"alex\"\n")).0.contains("edited"));
        assert!(read("hello").0.contains("not a note"));
        let future = write_note(&policy.project, "kim", DIGEST, "2027-01-01T00:00:00Z".parse().unwrap());
        assert!(read(&future).0.contains("in the future"));
    }
}
