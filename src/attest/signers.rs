//! Allowed signers: which keys count, whose they are and when (ssh-keygen(1), "ALLOWED SIGNERS").
//!
//! ```text
//! # principals          options                                            key
//! kim@example.test      valid-before="20270101Z"                           ssh-ed25519 AAAA…
//! sam@example.test,sam  namespaces="portcullis",valid-after="20260101Z"    ssh-ed25519 AAAA…
//! ```
//!
//! We are stricter than ssh-keygen where it would be a guess to go on: a line that cannot be read
//! makes the whole file unusable; a time without `Z` is refused, because it means another moment on
//! each machine; `cert-authority` is refused, because who a certificate was given to is not for us
//! to say.
//!
//! **One person.** Two lines that share a principal are one person, and so are two lines that a
//! third one joins. A pattern (`*@example.test`) is taken for everyone that it matches and for
//! every other pattern, so that it can never make one person into two. An address in other capitals
//! is no other person.

mod line;
mod lookup;

use super::key::PublicKey;
use super::{AttestError, NAMESPACE, Signer};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What a line of allowed signers calls the owner of its key: a name, or a pattern with `*`, `?` or
/// a leading `!`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Principal(String);

impl Principal {
    /// A principal as it is written.
    pub fn new(text: impl Into<String>) -> Self {
        Principal(text.into())
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Is it a pattern, and not one name?
    pub fn is_pattern(&self) -> bool {
        self.0.starts_with('!') || self.0.contains(['*', '?'])
    }

    /// May both be the same person? Patterns are given the benefit of no doubt.
    fn may_be(&self, other: &Principal) -> bool {
        match (self.is_pattern(), other.is_pattern()) {
            (true, true) => true,
            (true, false) => self.takes(other),
            (false, true) => other.takes(self),
            (false, false) => self.0.eq_ignore_ascii_case(&other.0),
        }
    }

    fn takes(&self, name: &Principal) -> bool {
        let pattern = self.0.trim_start_matches('!').to_ascii_lowercase();
        matches_pattern(pattern.as_bytes(), name.0.to_ascii_lowercase().as_bytes())
    }
}

impl std::fmt::Display for Principal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// `*` matches any run of bytes and `?` for one, as in ssh_config(5), "PATTERNS".
fn matches_pattern(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut rest) = (pattern, name);
    // Where to go on when what follows the last `*` does not fit: one byte later.
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        match (at, rest) {
            ([b'*', after @ ..], _) => {
                retry = Some((after, rest));
                at = after;
            }
            ([wanted, after @ ..], [byte, left @ ..]) if *wanted == b'?' || wanted == byte => {
                (at, rest) = (after, left);
            }
            ([], []) => return true,
            _ => match retry {
                Some((after, [_, left @ ..])) => {
                    retry = Some((after, left));
                    (at, rest) = (after, left);
                }
                _ => return false,
            },
        }
    }
}

/// One line that names a key.
#[derive(Clone, Debug, PartialEq, Eq)]
struct SignerLine {
    line: usize,
    principals: Vec<Principal>,
    /// What the key may sign for; `None`: for everything.
    namespaces: Option<Vec<Principal>>,
    valid_after: Option<Timestamp>,
    valid_before: Option<Timestamp>,
    key: PublicKey,
}

impl SignerLine {
    /// # Errors
    /// Why the line does not let its key sign for us at this moment.
    fn allows(&self, at: Timestamp) -> Result<(), NotAllowed> {
        let line = self.line;
        if !self.namespaces.as_deref().is_none_or(|list| is_listed(list, NAMESPACE)) {
            return Err(NotAllowed::OtherNamespaces { line });
        }
        match (self.valid_after, self.valid_before) {
            (Some(from), _) if at < from => Err(NotAllowed::NotYet { line, from, at }),
            (_, Some(until)) if at > until => Err(NotAllowed::NoLonger { line, until, at }),
            _ => Ok(()),
        }
    }

    /// Does the line call the owner so? A pattern names no one in particular.
    fn names(&self, principal: &str) -> bool {
        self.principals.iter().any(|own| !own.is_pattern() && own.0.eq_ignore_ascii_case(principal))
    }

    fn may_be(&self, other: &SignerLine) -> bool {
        let shares = |own: &Principal| other.principals.iter().any(|theirs| own.may_be(theirs));
        self.key == other.key || self.principals.iter().any(shares)
    }
}

/// Why a line does not allow its key.
enum NotAllowed {
    OtherNamespaces { line: usize },
    NotYet { line: usize, from: Timestamp, at: Timestamp },
    NoLonger { line: usize, until: Timestamp, at: Timestamp },
}

impl std::fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NotAllowed::OtherNamespaces { line } => {
                write!(f, "line {line} allows it other namespaces than `{NAMESPACE}`")
            }
            NotAllowed::NotYet { line, from, at } => {
                write!(f, "line {line} allows it from {from}, which is after {at}")
            }
            NotAllowed::NoLonger { line, until, at } => {
                write!(f, "line {line} allowed it until {until}, which is before {at}")
            }
        }
    }
}

/// Is the name in this list of patterns, and not taken out of it by one with `!`?
fn is_listed(patterns: &[Principal], name: &str) -> bool {
    let fits = |pattern: &str| matches_pattern(pattern.as_bytes(), name.as_bytes());
    let out = |pattern: &Principal| pattern.0.strip_prefix('!').is_some_and(fits);
    let within = |pattern: &Principal| !pattern.0.starts_with('!') && fits(&pattern.0);
    patterns.iter().any(within) && !patterns.iter().any(out)
}

/// A line that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineError {
    /// The line number, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
}

impl std::fmt::Display for LineError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

/// The keys that count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedSigners(Vec<SignerLine>);

impl AllowedSigners {
    /// Reads a file of allowed signers.
    ///
    /// # Errors
    /// Every line that cannot be read.
    pub fn read(bytes: &[u8]) -> Result<Self, Vec<LineError>> {
        let text = std::str::from_utf8(bytes);
        let text =
            text.map_err(|_| vec![LineError { line: 1, problem: "the file is not UTF-8".to_string() }])?;
        let (mut entries, mut errors) = (Vec::new(), Vec::new());
        for (index, text) in text.lines().enumerate() {
            let number = index + 1;
            match line::read(text, number).transpose() {
                Some(Ok(entry)) => entries.push(entry),
                Some(Err(problem)) => errors.push(LineError { line: number, problem: problem.into() }),
                None => {}
            }
        }
        if errors.is_empty() { Ok(AllowedSigners(entries)) } else { Err(errors) }
    }

    /// The keys, each once.
    pub(super) fn keys(&self) -> BTreeSet<&PublicKey> {
        self.0.iter().map(|entry| &entry.key).collect()
    }

    /// Whose key it is, where a line allows it at this moment.
    ///
    /// # Errors
    /// No line names the key, or none of those that do allows it at this moment.
    pub(super) fn owner(&self, key: &PublicKey, at: Timestamp) -> Result<Signer, AttestError> {
        let named: Vec<&SignerLine> = self.0.iter().filter(|entry| entry.key == *key).collect();
        let fingerprint = key.fingerprint();
        if named.is_empty() {
            return Err(AttestError::UnknownKey(fingerprint));
        }
        if !named.iter().any(|entry| entry.allows(at).is_ok()) {
            let why =
                named.iter().filter_map(|entry| entry.allows(at).err()).map(|why| why.to_string()).collect();
            return Err(AttestError::NotAllowed { key: fingerprint, why });
        }
        // The names of the lines that no longer count too: no one becomes another person with time.
        let principals = named.iter().flat_map(|entry| entry.principals.iter().cloned()).collect();
        Ok(Signer { key: fingerprint, principals })
    }

    /// Whose key it is, where a line that names this principal allows it at this moment. A pattern
    /// is no one's name. The answer holds everything that the list calls the person.
    ///
    /// # Errors
    /// No such line names the key, or none of those that do allows it at this moment.
    pub(super) fn owner_as(
        &self,
        key: &PublicKey,
        principal: &str,
        at: Timestamp,
    ) -> Result<Signer, AttestError> {
        let fingerprint = key.fingerprint();
        if !self.0.iter().any(|entry| entry.key == *key) {
            return Err(AttestError::UnknownKey(fingerprint));
        }
        let named = || self.0.iter().filter(|entry| entry.key == *key && entry.names(principal));
        if named().any(|entry| entry.allows(at).is_ok()) {
            let of_key = |person: &BTreeSet<usize>| {
                person.iter().any(|line| self.0.get(*line).is_some_and(|entry| entry.key == *key))
            };
            let principals =
                self.persons_by_line().iter().find(|lines| of_key(lines)).map(|lines| self.names_of(lines));
            return Ok(Signer { key: fingerprint, principals: principals.unwrap_or_default() });
        }
        let mut why: Vec<String> =
            named().filter_map(|entry| entry.allows(at).err()).map(|why| why.to_string()).collect();
        if why.is_empty() {
            why.push(format!("no line names it for `{principal}`"));
        }
        Err(AttestError::NotAllowed { key: fingerprint, why })
    }

    /// What the list calls the owner of a key, without patterns.
    pub fn names_of_key(&self, key: &PublicKey) -> BTreeSet<Principal> {
        let lines = self.0.iter().filter(|entry| entry.key == *key);
        lines.flat_map(|entry| &entry.principals).filter(|name| !name.is_pattern()).cloned().collect()
    }

    /// May a key of this principal sign at this moment?
    pub fn lists(&self, principal: &str, at: Timestamp) -> bool {
        self.0.iter().any(|entry| entry.names(principal) && entry.allows(at).is_ok())
    }

    /// The people of the list, each with everything that its lines call them.
    pub fn all_people(&self) -> Vec<BTreeSet<Principal>> {
        self.persons_by_line().iter().map(|lines| self.names_of(lines)).collect()
    }

    fn names_of(&self, lines: &BTreeSet<usize>) -> BTreeSet<Principal> {
        lines.iter().filter_map(|line| self.0.get(*line)).flat_map(|entry| entry.principals.clone()).collect()
    }

    fn persons_by_line(&self) -> Vec<BTreeSet<usize>> {
        let mut people: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (line, person) in self.persons().into_iter().enumerate() {
            people.entry(person).or_default().insert(line);
        }
        people.into_values().collect()
    }

    /// How many people these keys belong to.
    pub(super) fn people(&self, keys: &BTreeSet<&PublicKey>) -> usize {
        let person = self.persons();
        let signed = self.0.iter().zip(person).filter(|(entry, _)| keys.contains(&entry.key));
        signed.map(|(_, person)| person).collect::<BTreeSet<_>>().len()
    }

    /// For each line the number of the first line of the same person.
    fn persons(&self) -> Vec<usize> {
        let mut person: Vec<usize> = (0..self.0.len()).collect();
        for (index, entry) in self.0.iter().enumerate() {
            for (earlier, other) in self.0.iter().enumerate().take(index) {
                if entry.may_be(other) {
                    join_people(&mut person, index, earlier);
                }
            }
        }
        person
    }
}

/// Makes the people of two lines one.
fn join_people(person: &mut [usize], one: usize, other: usize) {
    let (Some(one), Some(other)) = (person.get(one).copied(), person.get(other).copied()) else { return };
    let first = one.min(other);
    person
        .iter_mut()
        .filter(|person| **person == one || **person == other)
        .for_each(|person| *person = first);
}

#[cfg(test)]
mod tests;
