//! `portcullis incident notify`: the draft of a letter, and the record of one that was sent.
//!
//! A notice is what was sent: the file is read and its digest kept. There is no way to say that a
//! party was told without it.

use super::seen::{all_incidents, find_incident};
use super::store::{EntryArguments, report_entry, store_event};
use super::{NotificationPolicy, parse_text, parse_time};
use crate::exit::{Exit, Failure, Result};
use crate::{filled, opening, output};
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use portcullis_incident::clock::{find_notice_fault, whole_second};
use portcullis_incident::letter::{TO_COMPLETE, draft_letter};
use portcullis_incident::{IncidentFile, read_casefiles};
use portcullis_model::digest::Digest;
use portcullis_model::incident::{IncidentEvent, NoticeKind, RecordedNotice};
use portcullis_model::notification::{NotificationRules, NotifiedParty};
use std::path::{Path, PathBuf};

/// The longest file that is taken for a notice, in bytes.
const LONGEST: u64 = 64 << 20;

/// Arguments of `incident notify`.
#[derive(Debug, Args)]
#[command(
    after_help = "A notice stops a clock only if it can be true: sent when the incident was known, not in the future, and \
                  recorded within the policy's `recorded-within`. Exit codes: 0 written; 1 recorded, and it stops no clock; 2 \
                  invalid command line; 4 the policy has no `[notification]`; 5 a file cannot be read or written; 6 the \
                  register does not verify."
)]
#[command(group = clap::ArgGroup::new("deed").required(true).args(["draft", "sent"]))]
pub struct NotifyArguments {
    /// Identifier of the incident, or how it begins.
    id: String,
    /// Party, as the policy names it.
    #[arg(long, value_name = "NAME")]
    party: String,
    /// What kind of notice. Default for a draft: early warning.
    #[arg(long, value_enum, value_name = "KIND")]
    kind: Option<NoticeKindName>,
    /// Write a draft of the letter, for a person to complete and send.
    #[arg(long)]
    draft: bool,
    /// Where to write the draft. Default: stdout.
    #[arg(short, long, value_name = "FILE", requires = "draft")]
    output: Option<PathBuf>,
    /// Record a notice: the file that was sent.
    #[arg(long, value_name = "FILE", requires_all = ["kind", "sender", "recipient", "at"])]
    sent: Option<PathBuf>,
    /// Who sent it.
    #[arg(long, value_name = "NAME", value_parser = parse_text, requires = "sent")]
    sender: Option<String>,
    /// Who received it: a name or an address.
    #[arg(long, value_name = "NAME", value_parser = parse_text, requires = "sent")]
    recipient: Option<String>,
    /// When it was sent.
    #[arg(long, value_name = "TIME", value_parser = parse_time, requires = "sent")]
    at: Option<Timestamp>,
    /// Where the sending can be looked up: a message identifier or a case number.
    #[arg(long, value_name = "TEXT", value_parser = parse_text, requires = "sent")]
    reference: Option<String>,
    #[command(flatten)]
    policy: NotificationPolicy,
    #[command(flatten)]
    entry: EntryArguments,
}

/// Kinds of notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum NoticeKindName {
    /// That there is something, before it is known what.
    EarlyWarning,
    /// What is known by now.
    Phased,
    /// What it was, and what was done.
    Final,
}

impl From<NoticeKindName> for NoticeKind {
    fn from(name: NoticeKindName) -> Self {
        match name {
            NoticeKindName::EarlyWarning => NoticeKind::EarlyWarning,
            NoticeKindName::Phased => NoticeKind::Phased,
            NoticeKindName::Final => NoticeKind::Final,
        }
    }
}

pub(super) fn run(directory: &Path, arguments: &NotifyArguments) -> Result {
    let (_, rules) = arguments.policy.read()?;
    let (_, files) = all_incidents(&opening::open(directory)?)?;
    let file = find_incident(files.clone(), &arguments.id)?;
    let party = find_party(&rules, &file, &arguments.party)?;
    match &arguments.sent {
        Some(sent) => record_notice(directory, arguments, &rules, &files, (&file, sent)),
        None => write_draft(arguments, &rules, &file, party),
    }
}

fn find_party<'r>(
    rules: &'r NotificationRules,
    file: &IncidentFile,
    name: &str,
) -> Result<&'r NotifiedParty> {
    let mut parties = rules.parties_of(&file.history.dataset);
    parties.find(|party| party.name == name).ok_or_else(|| {
        let names = rules.parties.iter().map(|party| party.name.as_str());
        match rules.party(name) {
            Some(_) => {
                Failure::usage(format!("`{name}` is not told of the dataset {}", file.history.dataset))
            }
            None => Failure::usage(output::unknown("party", name, names)),
        }
    })
}

fn write_draft(
    arguments: &NotifyArguments,
    rules: &NotificationRules,
    file: &IncidentFile,
    party: &NotifiedParty,
) -> Result {
    let kind = arguments.kind.map_or(NoticeKind::EarlyWarning, NoticeKind::from);
    let letter = draft_letter(file, party, kind, rules, whole_second(Timestamp::now()));
    match &arguments.output {
        Some(target) if target.is_file() => {
            let message = format!(
                "there is a file {} already, which may be a letter that was completed",
                target.display()
            );
            return Err(
                Failure::usage(message).hint("name another file with --output, or move that one away")
            );
        }
        Some(target) => output::write_file(target, letter.as_bytes())?,
        None => output::data(letter.as_bytes())?,
    }
    filled::advise(&format!(
        "complete the letter where it says `{TO_COMPLETE}`, send it, and record it: --sent FILE"
    ));
    Ok(Exit::Allowed)
}

fn record_notice(
    directory: &Path,
    arguments: &NotifyArguments,
    rules: &NotificationRules,
    files: &[IncidentFile],
    (file, sent): (&IncidentFile, &Path),
) -> Result {
    let (Some(kind), Some(sender), Some(recipient), Some(sent_at)) =
        (arguments.kind, &arguments.sender, &arguments.recipient, arguments.at)
    else {
        return Err(Failure::usage("a notice has a kind, a sender, a recipient and a time"));
    };
    if sent_at > whole_second(Timestamp::now()) {
        return Err(Failure::usage(format!(
            "--at {sent_at} is in the future: record a notice when it was sent"
        )));
    }
    let bytes = read_notice(sent)?;
    let notice = RecordedNotice {
        incident: file.history.id.clone(),
        party: arguments.party.clone(),
        kind: kind.into(),
        sender: sender.clone(),
        recipient: recipient.clone(),
        sent_at,
        file: sent.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        size: bytes.len() as u64,
        digest: Digest::of(&bytes),
        reference: arguments.reference.clone(),
    };
    report_same_letter(files, &notice);
    let event = || Ok(IncidentEvent::Notified(Box::new(notice.clone())));
    let pending = store_event(directory, &arguments.entry, &|_| event())?;
    let what = format!("{} to {} in incident {}", notice.kind.words(), notice.party, notice.incident);
    report_entry(&pending, &what)?;
    judge_recorded(directory, rules, file, pending.entry.number)
}

/// Says whether the notice counts, as the register has it now.
fn judge_recorded(directory: &Path, rules: &NotificationRules, file: &IncidentFile, number: u64) -> Result {
    let register = super::seen::find_register(&opening::open(directory)?)?;
    let files = register.map(|register| read_casefiles(&register.links)).unwrap_or_default();
    let history = find_incident(files, file.history.id.as_str())?.history;
    let notice = history.notices.iter().find(|notice| notice.number == number);
    match notice.and_then(|notice| find_notice_fault(&history, notice, rules)) {
        None => Ok(Exit::Allowed),
        Some(fault) => {
            filled::complain(&format!("the notice is kept and stops no clock: {fault}"));
            filled::advise("help: tell the party again, and record that notice when it is sent");
            Ok(Exit::Blocked)
        }
    }
}

fn read_notice(file: &Path) -> Result<Vec<u8>> {
    let unreadable =
        |error: std::io::Error| Failure::environment(format!("cannot read {}: {error}", file.display()));
    let length = std::fs::metadata(file).map_err(unreadable)?.len();
    if length > LONGEST {
        return Err(Failure::environment(format!("{} is larger than {} MiB", file.display(), LONGEST >> 20)));
    }
    let bytes = std::fs::read(file).map_err(unreadable)?;
    if bytes.trim_ascii().is_empty() {
        return Err(Failure::usage(format!("{} is empty: nothing can have been sent", file.display())));
    }
    // However a mail program has broken its lines.
    let text = String::from_utf8_lossy(&bytes).split_whitespace().collect::<Vec<_>>().join(" ");
    if text.contains(TO_COMPLETE) {
        return Err(Failure::usage(format!("{} is a draft: it still says `{TO_COMPLETE}`", file.display()))
            .hint("record the letter as it was sent"));
    }
    Ok(bytes)
}

/// The same letter twice may be right, and may be the wrong file.
fn report_same_letter(files: &[IncidentFile], notice: &RecordedNotice) {
    for file in files {
        let is_same = |mark: &&portcullis_model::incident::NoticeMark| mark.digest == notice.digest;
        for mark in file.history.notices.iter().filter(is_same) {
            filled::advise(&format!(
                "the same file was recorded before: entry {}, {} to {} in incident {}",
                mark.number,
                mark.kind.words(),
                mark.party,
                file.history.id
            ));
        }
    }
}
