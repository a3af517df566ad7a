//! Rounds as a repository keeps them: one commit for each, on top of the one before, below
//! `refs/portcullis/fleet/<year>`.
//!
//! The tree of a commit is flat: `round.json`, and one file for each repository. The round names
//! the SHA-256 of each file and of the round before it, and the commit follows from it to the last
//! byte. A file says nothing of the round that it is in, so that a repository of which nothing
//! changed is the same file in each.
//!
//! A round may be signed: `signature.json` is an envelope over its digest. The commit follows from
//! the signature too.
//!
//! **What it cannot show.** Anyone who can write the ref can write another chain without
//! signatures, or cut this one short, and a later round that asks for no signature would carry its
//! looks on. A server that only lets the ref grow prevents it, and what is kept elsewhere shows it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::digest::Digest;
use portcullis_model::fleet::{FleetItem, FleetRound, FleetScope, FleetVerdict};
use portcullis_model::path::RepoPath;
use portcullis_record::{SIGNATURE, StoredEntry};
use portcullis_wire::fleet::v1::{VERSION, read_item, read_round, write_item, write_round};
use portcullis_wire::form::Misshapen;
use std::collections::{BTreeMap, BTreeSet};

/// The refs of all rounds begin so.
pub const FLEET_PREFIX: &str = "refs/portcullis/fleet/";

/// The file of the round itself.
pub const ROUND_FILE: &str = "round.json";

/// The ref of the rounds that began in the year of this moment, in UTC.
pub fn fleet_reference(time: Timestamp) -> String {
    format!("{FLEET_PREFIX}{}", TimeZone::UTC.to_datetime(time).year())
}

/// The file of a repository: its name, with every byte but letters, digits, `-`, `_` and `.` as `%`
/// and two digits.
pub fn item_file(repository: &str) -> String {
    let mut name = String::new();
    for byte in repository.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => name.push(char::from(byte)),
            _ => name.push_str(&format!("%{byte:02X}")),
        }
    }
    name + ".json"
}

/// A round that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRound {
    /// Its commit.
    pub commit: Revision,
    /// The SHA-256 of its `round.json`.
    pub digest: Digest,
    /// What it says.
    pub round: FleetRound,
    /// The repositories, by name.
    pub items: BTreeMap<String, FleetItem>,
    /// The envelope with its signature. What it is worth was not looked at.
    pub signature: Option<Vec<u8>>,
}

/// What a round has to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundBefore {
    /// Its commit.
    pub commit: Revision,
    /// The SHA-256 of its `round.json`.
    pub digest: Digest,
    /// Its number.
    pub number: u64,
    /// When it began.
    pub time: Timestamp,
}

impl RoundBefore {
    /// What `round.json` of a commit says, without the repositories in it.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn read(stored: &StoredEntry) -> Result<RoundBefore, RoundFault> {
        let (round, digest) = read_round_file(stored)?;
        Ok(RoundBefore { commit: stored.id.clone(), digest, number: round.number, time: round.time })
    }
}

impl From<&KeptRound> for RoundBefore {
    fn from(kept: &KeptRound) -> Self {
        let KeptRound { commit, digest, round, .. } = kept;
        RoundBefore { commit: commit.clone(), digest: digest.clone(), number: round.number, time: round.time }
    }
}

/// What is wrong with a round that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoundFault {
    /// A file is missing or is no plain file.
    Missing(String),
    /// A file is there that the round does not name.
    Surplus(String),
    /// A file has other bytes than the round names.
    Digest(String),
    /// A file cannot be read, and why.
    Unreadable(String, String),
    /// The commit is not the one that follows from the round.
    Commit,
    /// The commit does not follow the one before.
    Parents,
    /// The round names another one before it than the chain has.
    Previous,
    /// The round has this number, and another was expected.
    Number(u64, u64),
    /// The round is older than the one before it.
    Time,
}

impl std::fmt::Display for RoundFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RoundFault::Missing(file) => write!(f, "`{file}` is missing"),
            RoundFault::Surplus(file) => write!(f, "`{file}` is there, and the round does not name it"),
            RoundFault::Digest(file) => write!(f, "`{file}` holds other bytes than the round names"),
            RoundFault::Unreadable(file, why) => write!(f, "`{file}` cannot be read: {why}"),
            RoundFault::Commit => f.write_str("the commit is not the one that follows from its round"),
            RoundFault::Parents => f.write_str("the commit does not follow the round before"),
            RoundFault::Previous => f.write_str("it names another round before it than the chain has"),
            RoundFault::Number(found, expected) => {
                write!(f, "its number is {found}, and should be {expected}")
            }
            RoundFault::Time => f.write_str("it began before the round before it"),
        }
    }
}

impl std::error::Error for RoundFault {}

/// Reads a round that was kept, and holds it against the one before it; `None`: it is the first of
/// its ref.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn read_kept(stored: &StoredEntry, before: Option<&RoundBefore>) -> Result<KeptRound, RoundFault> {
    let (round, digest) = read_round_file(stored)?;
    if !stored.parents.iter().eq(before.map(|before| &before.commit)) {
        return Err(RoundFault::Parents);
    }
    if round_commit(&stored.tree, stored.parents.first(), &round, &digest) != stored.commit {
        return Err(RoundFault::Commit);
    }
    check_order(&round, before)?;
    let items = read_items(stored, &round)?;
    let signature = stored.file(SIGNATURE).map(<[u8]>::to_vec);
    Ok(KeptRound { commit: stored.id.clone(), digest, round, items, signature })
}

fn read_round_file(stored: &StoredEntry) -> Result<(FleetRound, Digest), RoundFault> {
    let bytes = stored.file(ROUND_FILE).ok_or_else(|| RoundFault::Missing(ROUND_FILE.to_string()))?;
    let unreadable = |why: Misshapen| RoundFault::Unreadable(ROUND_FILE.to_string(), why.to_string());
    Ok((read_round(bytes).map_err(unreadable)?, Digest::of(bytes)))
}

fn read_items(stored: &StoredEntry, round: &FleetRound) -> Result<BTreeMap<String, FleetItem>, RoundFault> {
    let named: BTreeSet<String> = round.items.keys().map(|name| item_file(name)).collect();
    let is_surplus = |path: &&RepoPath| {
        let name = path.to_string();
        name != ROUND_FILE && name != SIGNATURE && !named.contains(&name)
    };
    if let Some(path) = stored.files.keys().find(is_surplus) {
        return Err(RoundFault::Surplus(path.to_string()));
    }
    let mut items = BTreeMap::new();
    for (repository, digest) in &round.items {
        let file = item_file(repository);
        let bytes = stored.file(&file).ok_or_else(|| RoundFault::Missing(file.clone()))?;
        if Digest::of(bytes) != *digest {
            return Err(RoundFault::Digest(file));
        }
        let item = read_item(bytes).map_err(|why| RoundFault::Unreadable(file.clone(), why.to_string()))?;
        if item.repository != *repository {
            return Err(RoundFault::Unreadable(file, format!("it is about {}", item.repository)));
        }
        items.insert(repository.clone(), item);
    }
    Ok(items)
}

fn check_order(round: &FleetRound, before: Option<&RoundBefore>) -> Result<(), RoundFault> {
    if round.previous.as_ref() != before.map(|before| &before.digest) {
        return Err(RoundFault::Previous);
    }
    let number = before.map_or(1, |before| before.number + 1);
    if round.number != number {
        return Err(RoundFault::Number(round.number, number));
    }
    let is_earlier = before.is_some_and(|before| round.time < before.time);
    if is_earlier { Err(RoundFault::Time) } else { Ok(()) }
}

/// The commit of a round as git stores it.
pub fn round_commit(
    tree: &ObjectName,
    parent: Option<&Revision>,
    round: &FleetRound,
    digest: &Digest,
) -> Vec<u8> {
    let parent = parent.map(|parent| format!("parent {parent}\n")).unwrap_or_default();
    let who = format!("portcullis <> {} +0000", round.time.as_second());
    let message = format!("Round {}\n\nRound: {digest}\n", round.number);
    format!("tree {tree}\n{parent}author {who}\ncommitter {who}\n\n{message}").into_bytes()
}

/// What a round is made of.
#[derive(Clone, Debug)]
pub struct RoundDraft {
    /// When it began.
    pub time: Timestamp,
    /// Which repositories it is about.
    pub scope: FleetScope,
    /// The digest of the house policy.
    pub house: Option<Digest>,
    /// Why the list of repositories may lack some.
    pub unlisted: Option<String>,
    /// The repositories.
    pub items: Vec<FleetItem>,
    /// The program, with its version.
    pub tool: String,
}

/// A round that only needs to be stored.
#[derive(Clone, Debug)]
pub struct PendingRound {
    /// What it says.
    pub round: FleetRound,
    /// Its files, by name.
    pub files: BTreeMap<String, Vec<u8>>,
    digest: Digest,
}

impl PendingRound {
    /// The SHA-256 of its `round.json`.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The same with an envelope that holds its signature.
    #[must_use]
    pub fn with_signature(mut self, envelope: Vec<u8>) -> Self {
        self.files.insert(SIGNATURE.to_string(), envelope);
        self
    }

    /// Its commit as git stores it, given the name of its tree and the commit before it.
    pub fn commit(&self, tree: &ObjectName, parent: Option<&Revision>) -> Vec<u8> {
        round_commit(tree, parent, &self.round, &self.digest)
    }
}

/// Makes a round that follows another one.
///
/// # Errors
/// Those of the JSON writer; with these types there are none.
pub fn prepare_round(draft: &RoundDraft, before: Option<&RoundBefore>) -> Result<PendingRound, Misshapen> {
    let failed = |error: serde_json::Error| Misshapen(error.to_string());
    let (mut files, mut items) = (BTreeMap::new(), BTreeMap::new());
    for item in &draft.items {
        let bytes = write_item(item.clone()).map_err(failed)?;
        items.insert(item.repository.clone(), Digest::of(&bytes));
        files.insert(item_file(&item.repository), bytes);
    }
    let round = FleetRound {
        schema: VERSION,
        number: before.map_or(1, |before| before.number + 1),
        previous: before.map(|before| before.digest.clone()),
        time: draft.time,
        scope: draft.scope.clone(),
        house: draft.house.clone(),
        unlisted: draft.unlisted.clone(),
        items,
        tool: draft.tool.clone(),
    };
    let bytes = write_round(round.clone()).map_err(failed)?;
    let digest = Digest::of(&bytes);
    files.insert(ROUND_FILE.to_string(), bytes);
    Ok(PendingRound { round, files, digest })
}

/// The three numbers of a round: never a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundCounts {
    /// Repositories that the rule of the scope names.
    pub in_scope: u64,
    /// Those that were seen in every column.
    pub looked_at: u64,
    /// Those that were not.
    pub unknown: u64,
}

/// Counts the repositories of a round.
pub fn count_items(items: &[FleetItem]) -> RoundCounts {
    let is_unknown = |item: &&FleetItem| {
        item.standings.iter().flat_map(|one| &one.findings).any(|one| one.verdict == FleetVerdict::Unproven)
    };
    let unknown = items.iter().filter(is_unknown).count() as u64;
    let in_scope = items.len() as u64;
    RoundCounts { in_scope, looked_at: in_scope - unknown, unknown }
}

/// The repositories, worst first: by their verdict, by how many columns have it, by name.
pub fn sort_worst_first(items: &mut [FleetItem]) {
    items.sort_by_cached_key(|item| {
        let verdict = item.verdict();
        let columns = item.standings.iter().filter(|one| one.verdict == verdict).count();
        (std::cmp::Reverse(verdict), std::cmp::Reverse(columns), item.repository.to_lowercase())
    });
}

/// What is different in a round: for each repository and column, the verdicts before and now;
/// `None` where the repository is not in one of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoundChange {
    /// The repository.
    pub repository: String,
    /// The column.
    pub column: String,
    /// Before.
    pub before: Option<FleetVerdict>,
    /// Now.
    pub now: Option<FleetVerdict>,
}

/// What differs between two rounds, sorted.
pub fn compare_rounds(before: &KeptRound, now: &KeptRound) -> Vec<RoundChange> {
    let names: BTreeSet<&String> = before.items.keys().chain(now.items.keys()).collect();
    let mut changes = Vec::new();
    for name in names {
        let (old, new) = (before.items.get(name), now.items.get(name));
        let columns: BTreeSet<&str> = [old, new]
            .into_iter()
            .flatten()
            .flat_map(|item| &item.standings)
            .map(|one| one.column.as_str())
            .collect();
        for column in columns {
            let verdict =
                |item: Option<&FleetItem>| item.and_then(|item| item.standing(column)).map(|one| one.verdict);
            let (before, now) = (verdict(old), verdict(new));
            if before != now {
                let (repository, column) = (name.clone(), column.to_string());
                changes.push(RoundChange { repository, column, before, now });
            }
        }
    }
    changes
}

#[cfg(test)]
mod tests;
