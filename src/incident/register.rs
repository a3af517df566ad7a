//! The register: one commit for each entry, each on top of the one before.
//!
//! The chain is that of the deployment records and of the snapshots: each `incident.json` names the
//! SHA-256 of the one before it, and the commit follows from the entry to the last byte. So nothing
//! can be changed, dropped, added or moved without [`RegisterVerifier`] noticing, except by writing
//! every entry from there to the newest again. A register that was cut short shows only against
//! what is kept elsewhere: its newest commit of last time, which the chain must still hold.

mod fault;

pub use fault::{IncidentFault, IncidentProblem};

use crate::{INCIDENT_FILE, INCIDENT_SIGNATURE, LARGEST_ENTRY, TOOL};
use jiff::{SignedDuration, Timestamp};
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::digest::Digest;
use portcullis_model::incident::{IncidentEntry, IncidentEvent, IncidentId, OpenedIncident};
use portcullis_wire::incident::v1::{
    VERSION, read_incident_entry, write_incident_entry, write_opened_incident,
};
use std::collections::{BTreeMap, BTreeSet};

/// How far the clocks of two machines may be apart.
pub const CLOCKS: SignedDuration = SignedDuration::from_hours(1);

/// An entry as it was found in a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredIncident {
    /// The name of its commit.
    pub id: Revision,
    /// The commit as git stores it. That it has this name is for the reader to see to.
    pub commit: Vec<u8>,
    /// The tree that the commit names.
    pub tree: ObjectName,
    /// The parents that the commit names.
    pub parents: Vec<Revision>,
    /// The plain files of its tree, by name; `None` where the tree holds anything else.
    pub files: Option<BTreeMap<String, Vec<u8>>>,
}

/// An entry that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentLink {
    /// Its commit.
    pub commit: Revision,
    /// The SHA-256 of its `incident.json`.
    pub digest: Digest,
    /// What it says.
    pub entry: IncidentEntry,
    /// Its signature, not yet verified.
    pub signature: Option<Vec<u8>>,
}

/// The register, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IncidentRegister {
    /// The commit of each entry, oldest first.
    pub commits: Vec<Revision>,
    /// The entries that could be read, oldest first. Believe them only when there are no problems.
    pub links: Vec<IncidentLink>,
    /// What is wrong.
    pub problems: Vec<IncidentProblem>,
}

impl IncidentRegister {
    /// The commit of the newest entry.
    pub fn tip(&self) -> Option<&Revision> {
        self.commits.last()
    }
}

/// Verifies entries one by one, oldest first.
pub struct RegisterVerifier {
    register: IncidentRegister,
    clock: Timestamp,
    previous: Option<IncidentLink>,
    open: BTreeSet<IncidentId>,
    closed: BTreeSet<IncidentId>,
}

impl RegisterVerifier {
    /// Begins with the first entry; `clock` is the present.
    pub fn new(clock: Timestamp) -> Self {
        RegisterVerifier {
            register: IncidentRegister::default(),
            clock,
            previous: None,
            open: BTreeSet::new(),
            closed: BTreeSet::new(),
        }
    }

    /// Takes the next entry.
    pub fn push(&mut self, stored: &StoredIncident) {
        let before = self.register.commits.last().cloned();
        self.register.commits.push(stored.id.clone());
        let place = self.register.commits.len() as u64;
        let mut faults = Vec::new();
        if !stored.parents.iter().eq(before.iter()) {
            faults.push(IncidentFault::Parents);
        }
        let link = match read_stored(stored) {
            Ok(link) => {
                faults.extend(self.faults_of_link(stored, &link, place, before.as_ref()));
                faults.extend(self.follow_event(&link.entry));
                Some(link)
            }
            Err(fault) => {
                faults.push(fault);
                None
            }
        };
        let problem = |fault| IncidentProblem { place, commit: stored.id.clone(), fault };
        self.register.problems.extend(faults.into_iter().map(problem));
        self.register.links.extend(link.clone());
        self.previous = link;
    }

    /// All entries were seen.
    pub fn finish(self) -> IncidentRegister {
        self.register
    }

    fn faults_of_link(
        &self,
        stored: &StoredIncident,
        link: &IncidentLink,
        place: u64,
        before: Option<&Revision>,
    ) -> Vec<IncidentFault> {
        let entry = &link.entry;
        let mut faults = Vec::new();
        if entry.number != place {
            faults.push(IncidentFault::Number(entry.number));
        }
        // Of an entry that could not be read nothing is known, and it is a problem already.
        let is_known = before.is_none() || self.previous.is_some();
        let previous = self.previous.as_ref();
        if is_known && entry.previous.as_ref() != previous.map(|link| &link.digest) {
            faults.push(IncidentFault::Previous);
        }
        let is_back = previous.is_some_and(|link| entry.time < link.entry.time);
        if is_back || entry.time.subsec_nanosecond() != 0 {
            faults.push(IncidentFault::Time);
        }
        if entry.time > self.clock.saturating_add(CLOCKS).unwrap_or(self.clock) {
            faults.push(IncidentFault::Future);
        }
        if incident_commit(&stored.tree, before, entry, &link.digest) != stored.commit {
            faults.push(IncidentFault::Commit);
        }
        faults
    }

    /// Does the event follow from those before it?
    fn follow_event(&mut self, entry: &IncidentEntry) -> Option<IncidentFault> {
        let fault = find_event_fault(entry, &self.open, &self.closed);
        match &entry.event {
            IncidentEvent::Opened(opened) => drop(self.open.insert(opened.id.clone())),
            IncidentEvent::Closed(closing) => drop(self.closed.insert(closing.incident.clone())),
            IncidentEvent::Begun | IncidentEvent::Noted(_) | IncidentEvent::Notified(_) => {}
        }
        fault
    }
}

fn find_event_fault(
    entry: &IncidentEntry,
    open: &BTreeSet<IncidentId>,
    closed: &BTreeSet<IncidentId>,
) -> Option<IncidentFault> {
    match &entry.event {
        IncidentEvent::Begun => (entry.number != 1).then_some(IncidentFault::BegunAgain),
        IncidentEvent::Opened(opened) => find_opening_fault(entry, opened, open),
        IncidentEvent::Noted(_) | IncidentEvent::Notified(_) | IncidentEvent::Closed(_) => {
            let id = entry.event.incident()?;
            if !open.contains(id) {
                return Some(IncidentFault::NoSuchIncident(id.clone()));
            }
            let is_again = matches!(entry.event, IncidentEvent::Closed(_)) && closed.contains(id);
            is_again.then(|| IncidentFault::ClosedAgain(id.clone()))
        }
    }
}

fn find_opening_fault(
    entry: &IncidentEntry,
    opened: &OpenedIncident,
    open: &BTreeSet<IncidentId>,
) -> Option<IncidentFault> {
    if open.contains(&opened.id) {
        return Some(IncidentFault::OpenedAgain(opened.id.clone()));
    }
    if opened.aware_at > entry.time {
        return Some(IncidentFault::AwareAfter);
    }
    (identify_incident(opened, day_of(&opened.id)).as_ref() != Some(&opened.id)).then_some(IncidentFault::Id)
}

fn day_of(id: &IncidentId) -> &str {
    id.as_str().get(..10).unwrap_or_default()
}

/// The identifier of an incident that is opened on this day (`2026-03-01`); what it holds as its
/// identifier until then does not matter.
pub fn identify_incident(opened: &OpenedIncident, day: &str) -> Option<IncidentId> {
    let blank = IncidentId::try_from(format!("{day}-000000")).ok()?;
    let bytes = write_opened_incident(OpenedIncident { id: blank, ..opened.clone() }).ok()?;
    let digest = Digest::of(&bytes);
    IncidentId::try_from(format!("{day}-{}", digest.hex().get(..6)?)).ok()
}

fn read_stored(stored: &StoredIncident) -> Result<IncidentLink, IncidentFault> {
    let files = stored.files.as_ref().ok_or(IncidentFault::Files)?;
    let bytes = files.get(INCIDENT_FILE).ok_or(IncidentFault::Files)?;
    let signature = files.get(INCIDENT_SIGNATURE);
    if files.len() != 1 + usize::from(signature.is_some()) {
        return Err(IncidentFault::Files);
    }
    if bytes.len() > LARGEST_ENTRY {
        return Err(IncidentFault::Large);
    }
    let entry = read_incident_entry(bytes).map_err(|why| IncidentFault::Unreadable(why.to_string()))?;
    if entry.schema != VERSION {
        return Err(IncidentFault::Schema(entry.schema));
    }
    match write_incident_entry(entry.clone()) {
        Ok(canonical) if canonical == *bytes => Ok(IncidentLink {
            commit: stored.id.clone(),
            digest: Digest::of(bytes),
            entry,
            signature: signature.cloned(),
        }),
        _ => Err(IncidentFault::NotCanonical),
    }
}

/// The commit of an entry as git stores it.
pub fn incident_commit(
    tree: &ObjectName,
    parent: Option<&Revision>,
    entry: &IncidentEntry,
    digest: &Digest,
) -> Vec<u8> {
    let parent = parent.map(|parent| format!("parent {parent}\n")).unwrap_or_default();
    let who = format!("portcullis <> {} +0000", entry.time.as_second());
    let message = format!("Incident entry {}\n\nEntry: {digest}\n", entry.number);
    format!("tree {tree}\n{parent}author {who}\ncommitter {who}\n\n{message}").into_bytes()
}

/// An entry that only needs to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingIncident {
    /// What it says.
    pub entry: IncidentEntry,
    /// The commit before it: the ref must still point to this one when it is stored.
    pub previous: Option<Revision>,
    /// Its files, by name.
    pub files: BTreeMap<&'static str, Vec<u8>>,
    /// The SHA-256 of its `incident.json`: what a signature is for.
    pub digest: Digest,
}

impl PendingIncident {
    /// Its commit as git stores it, given the name of its tree.
    pub fn commit(&self, tree: &ObjectName) -> Vec<u8> {
        incident_commit(tree, self.previous.as_ref(), &self.entry, &self.digest)
    }

    /// The same with a signature.
    #[must_use]
    pub fn with_signature(mut self, signature: Vec<u8>) -> Self {
        self.files.insert(INCIDENT_SIGNATURE, signature);
        self
    }
}

/// Makes an entry on top of the register, which has to verify. Where the newest entry is from a
/// machine whose clock is a little ahead, the new one gets the same time.
///
/// # Errors
/// What a check of the register would find wrong with it.
pub fn prepare_incident(
    event: IncidentEvent,
    recorder: &str,
    now: Timestamp,
    register: Option<&IncidentRegister>,
) -> Result<PendingIncident, IncidentFault> {
    let last = register.and_then(|register| register.links.last());
    let unwritable = |error: serde_json::Error| IncidentFault::Unreadable(error.to_string());
    let mut time = crate::clock::whole_second(now);
    if let Some(link) = last {
        if link.entry.time > time.saturating_add(CLOCKS).unwrap_or(time) {
            return Err(IncidentFault::Time);
        }
        time = time.max(link.entry.time);
    }
    let entry = IncidentEntry {
        schema: VERSION,
        number: last.map_or(1, |link| link.entry.number.saturating_add(1)),
        previous: last.map(|link| link.digest.clone()),
        time,
        recorder: recorder.to_string(),
        event,
        tool: TOOL.to_string(),
    };
    let (open, closed) = known_incidents(register);
    if let Some(fault) = find_event_fault(&entry, &open, &closed) {
        return Err(fault);
    }
    let bytes = write_incident_entry(entry.clone()).map_err(unwritable)?;
    if bytes.len() > LARGEST_ENTRY {
        return Err(IncidentFault::Large);
    }
    let digest = Digest::of(&bytes);
    let previous = last.map(|link| link.commit.clone());
    Ok(PendingIncident { entry, previous, files: BTreeMap::from([(INCIDENT_FILE, bytes)]), digest })
}

fn known_incidents(register: Option<&IncidentRegister>) -> (BTreeSet<IncidentId>, BTreeSet<IncidentId>) {
    let (mut open, mut closed) = (BTreeSet::new(), BTreeSet::new());
    for link in register.into_iter().flat_map(|register| &register.links) {
        match &link.entry.event {
            IncidentEvent::Opened(opened) => drop(open.insert(opened.id.clone())),
            IncidentEvent::Closed(closing) => drop(closed.insert(closing.incident.clone())),
            IncidentEvent::Begun | IncidentEvent::Noted(_) | IncidentEvent::Notified(_) => {}
        }
    }
    (open, closed)
}

#[cfg(test)]
mod tests;
