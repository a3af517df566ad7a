//! What a round looked at so far, so that one that was interrupted goes on where it was.
//!
//! Each line is the SHA-256 of a text and the text. The first says what the round is about: a
//! journal of another host, another scope, another house policy, another program or more than a day
//! ago is not gone on with. A line that was cut, or that holds another text than its digest says,
//! is left out, and its repository is looked at again.

use super::unreadable;
use crate::exit::{Failure, Result};
use crate::output;
use jiff::{SignedDuration, Timestamp};
use portcullis_model::digest::Digest;
use portcullis_model::fleet::{FleetItem, FleetScope};
use portcullis_record::TOOL;
use portcullis_wire::fleet::v1::{FleetItemV1, FleetScopeV1};
use portcullis_wire::form::Form as _;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A journal is gone on with for so long.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A journal that is open.
pub struct Journal {
    path: PathBuf,
    file: File,
    items: BTreeMap<String, FleetItem>,
}

impl Journal {
    /// Opens a journal, or begins it.
    ///
    /// # Errors
    /// It is something else, or cannot be read or written.
    pub fn open(path: &Path, of: &JournalSubject<'_>, now: Timestamp) -> Result<Self> {
        let head = JournalHead::of(of)?;
        let known = match std::fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(unreadable(path, &error)),
        };
        let items = known.map(|text| head.items_of(path, &text, now)).transpose()?.flatten();
        let cannot = |error: &std::io::Error| unwritable(path, error);
        let file = match &items {
            Some(_) => OpenOptions::new().append(true).open(path),
            None => File::create(path),
        };
        let mut journal = Journal {
            path: path.to_path_buf(),
            file: file.map_err(|error| cannot(&error))?,
            items: BTreeMap::new(),
        };
        match items {
            // A line that was cut ends here.
            Some(items) => {
                journal.items = items;
                journal.write("\n")?;
            }
            None => journal.write(&line_of(&head.text(now)))?,
        }
        Ok(journal)
    }

    /// The repositories that it has, by name in small letters.
    pub fn take_items(&mut self) -> BTreeMap<String, FleetItem> {
        std::mem::take(&mut self.items)
    }

    /// Adds repositories.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn add(&mut self, items: &[FleetItem]) -> Result<()> {
        let mut text = String::new();
        for item in items {
            let item = serde_json::to_string(&FleetItemV1::of(item.clone()));
            text.push_str(&line_of(&item.map_err(|error| Failure::environment(error.to_string()))?));
        }
        self.write(&text)
    }

    fn write(&mut self, text: &str) -> Result<()> {
        self.file.write_all(text.as_bytes()).map_err(|error| unwritable(&self.path, &error))
    }
}

/// Removes a journal whose round is over.
///
/// # Errors
/// It cannot be removed.
pub fn remove(path: &Path) -> Result<()> {
    std::fs::remove_file(path).map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::environment(format!("cannot write {}: {error}", path.display()))
}

fn line_of(text: &str) -> String {
    format!("{} {text}\n", Digest::of(text.as_bytes()).hex())
}

/// The texts of the lines that hold what their digests say.
fn texts_of(journal: &str) -> impl Iterator<Item = &str> {
    let whole = |line: &&str| {
        line.split_once(' ').is_some_and(|(hex, text)| Digest::of(text.as_bytes()).hex() == hex)
    };
    journal.lines().filter(whole).filter_map(|line| line.split_once(' ')).map(|(_, text)| text)
}

/// Is this nothing, or a first line that was never written whole, and nothing else? A file of a
/// person that looks similar (a digest, a key) is overwritten in no case.
fn is_cut_head(journal: &str) -> bool {
    let Some((hex, text)) = journal.split_once(' ') else { return journal.is_empty() };
    let is_digest = hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_of_fleet = text.split_once(' ').is_some_and(|(began, of)| {
        began.parse::<Timestamp>().is_ok() && (of.starts_with(TITLE) || TITLE.starts_with(of))
    });
    is_digest && is_of_fleet && !text.contains('\n')
}

/// What a round of a journal is about.
pub struct JournalSubject<'s> {
    /// The address of the host that is asked.
    pub address: &'s str,
    /// Which repositories.
    pub scope: &'s FleetScope,
    /// The digest of the house policy.
    pub house: Option<&'s Digest>,
}

/// How the text of the first line begins, after its moment.
const TITLE: &str = "journal of a fleet, ";

/// What a journal is of.
struct JournalHead(String);

impl JournalHead {
    fn of(subject: &JournalSubject<'_>) -> Result<Self> {
        let scope = serde_json::to_string(&FleetScopeV1::of(subject.scope.clone()));
        let scope = scope.map_err(|error| Failure::environment(error.to_string()))?;
        let (house, address) = (subject.house.map_or("none", Digest::as_str), subject.address);
        Ok(JournalHead(format!("{TITLE}by {TOOL}, of {address}, house {house}, scope {scope}")))
    }

    fn text(&self, now: Timestamp) -> String {
        format!("{now} {}", self.0)
    }

    /// The repositories of a journal; `None` where it is one of another round.
    fn items_of(
        &self,
        path: &Path,
        journal: &str,
        now: Timestamp,
    ) -> Result<Option<BTreeMap<String, FleetItem>>> {
        let mut texts = texts_of(journal);
        let head = texts.next().and_then(|head| head.split_once(' '));
        let Some((began, of)) = head.filter(|(_, of)| of.starts_with(TITLE)) else {
            if is_cut_head(journal) {
                return Ok(None);
            }
            return Err(Failure::usage(format!("{} is no journal of a fleet", path.display()))
                .hint("name another file: this one would be overwritten"));
        };
        let age = began.parse::<Timestamp>().ok().map(|began| now.duration_since(began));
        if of != self.0 || age.is_none_or(|age| age > DAY || age.is_negative()) {
            output::remark(&format!("{} is of another round: the round begins anew", path.display()));
            return Ok(None);
        }
        let items = texts.filter_map(|text| serde_json::from_str::<FleetItemV1>(text).ok()?.model().ok());
        Ok(Some(items.map(|item| (item.repository.to_lowercase(), item)).collect()))
    }
}
