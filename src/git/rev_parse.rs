//! Names to commits.
//!
//! A name that could mean two commits means none: a person who may create tags could otherwise
//! choose which commit is judged. [`resolve`] refuses abbreviated object names for the same reason,
//! and says the whole name: it is for jobs, whose clone may lack the commit that was meant and hold
//! one that begins alike. [`resolve_short`] is for people, who see which commit it is.

use crate::object::{Objects, parse_oid, revision_of};
use anyhow::{anyhow, bail};
use git2::{ErrorCode, ObjectType, Oid};
use portcullis_model::change::Revision;
use portcullis_model::fact::Gap;

/// How many digits git writes at least; fewer are not looked up.
const SHORT: usize = 7;

/// Tags of tags are followed this far.
const TAG_LIMIT: usize = 16;

/// The commit that a name stands for.
pub fn resolve(git: &git2::Repository, objects: &Objects<'_>, name: &str) -> anyhow::Result<Revision> {
    let (stem, suffix) = split_suffix(name);
    let at = NameResolver { git, objects }.commit(stem)?;
    follow_steps(objects, name, at, suffix)
}

/// The same, where the name may also be the beginning of the only object name that begins so, and
/// no ref has that name for another commit.
pub fn resolve_short(git: &git2::Repository, objects: &Objects<'_>, name: &str) -> anyhow::Result<Revision> {
    let (stem, suffix) = split_suffix(name);
    let names = NameResolver { git, objects };
    let Some(object) = object_of_prefix(git, stem)? else { return resolve(git, objects, name) };
    let refs = names.short(stem)?;
    let at = match names.peel(&object.to_string(), object) {
        // Something else than a commit begins so, and a ref is named so.
        Err(_) if !refs.is_empty() => one_of(git, stem, &refs)?,
        commit => one_of(git, stem, &[refs, vec![(object.to_string(), commit?)]].concat())?,
    };
    follow_steps(objects, name, at, suffix)
}

fn split_suffix(name: &str) -> (&str, &str) {
    name.split_at(name.find(['~', '^']).unwrap_or(name.len()))
}

fn follow_steps(objects: &Objects<'_>, name: &str, mut at: Oid, suffix: &str) -> anyhow::Result<Revision> {
    for step in parse_steps(name, suffix)? {
        at = take_step(objects, at, step)
            .map_err(explain_gap)?
            .ok_or_else(|| anyhow!("`{name}` goes beyond the history"))?;
    }
    revision_of(at).map_err(explain_gap)
}

fn explain_gap(gap: Gap) -> anyhow::Error {
    anyhow!("{gap}. {}", gap.remedy)
}

/// One step from a commit: to its n-th parent, or n times to its first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AncestorStep {
    Parent(usize),
    Back(usize),
}

fn parse_steps(name: &str, suffix: &str) -> anyhow::Result<Vec<AncestorStep>> {
    let mut steps = Vec::new();
    let mut rest = suffix;
    while let Some(sign) = rest.chars().next() {
        let (_, after) = rest.split_at(sign.len_utf8());
        let length = after.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, after) = after.split_at(length);
        let number = if digits.is_empty() { Ok(1) } else { digits.parse() };
        match (sign, number) {
            ('~', Ok(number)) => steps.push(AncestorStep::Back(number)),
            ('^', Ok(number)) => steps.push(AncestorStep::Parent(number)),
            _ => bail!("`{name}` is not understood: after a name only `~N` and `^N` are"),
        }
        rest = after;
    }
    Ok(steps)
}

fn take_step(objects: &Objects<'_>, from: Oid, step: AncestorStep) -> Result<Option<Oid>, Gap> {
    match step {
        AncestorStep::Parent(0) => Ok(Some(from)),
        AncestorStep::Parent(number) => Ok(objects.header(from)?.parents.get(number - 1).copied()),
        AncestorStep::Back(number) => {
            let mut at = from;
            for _ in 0..number {
                let Some(parent) = objects.header(at)?.parents.first().copied() else { return Ok(None) };
                at = parent;
            }
            Ok(Some(at))
        }
    }
}

struct NameResolver<'a, 'r> {
    git: &'a git2::Repository,
    objects: &'a Objects<'r>,
}

impl NameResolver<'_, '_> {
    fn commit(&self, name: &str) -> anyhow::Result<Oid> {
        if name.starts_with("refs/") {
            let found = self.reference(name)?;
            return found.ok_or_else(|| anyhow!("there is no ref `{name}` here: fetch it first"));
        }
        let found = self.short(name)?;
        if is_full_object_name(name) {
            return self.object_name(name, &found);
        }
        one_of(self.git, name, &found)
    }

    /// Every ref that a short name may mean, with its commit.
    fn short(&self, name: &str) -> anyhow::Result<Vec<(String, Oid)>> {
        let mut found = Vec::new();
        for place in candidate_refs(name) {
            if let Some(commit) = self.reference(&place)? {
                found.push((place, commit));
            }
        }
        Ok(found)
    }

    fn object_name(&self, name: &str, refs: &[(String, Oid)]) -> anyhow::Result<Oid> {
        if let Some((place, _)) = refs.first() {
            bail!(
                "`{name}` is ambiguous: it is an object name, and there is a ref `{place}`; write the full ref, or remove it"
            );
        }
        let id = parse_oid(name).map_err(explain_gap)?;
        self.objects.header(id).map_err(explain_gap)?;
        Ok(id)
    }

    /// The commit of a ref; `None` when there is no such ref.
    fn reference(&self, name: &str) -> anyhow::Result<Option<Oid>> {
        let reference = match self.git.find_reference(name) {
            Ok(reference) => reference,
            Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::InvalidSpec) => {
                return Ok(None);
            }
            Err(error) => bail!("the ref `{name}` cannot be read: {}", error.message()),
        };
        let direct = reference.resolve().map_err(|_| anyhow!("the ref `{name}` leads to no commit"))?;
        let target = direct.target().ok_or_else(|| anyhow!("the ref `{name}` leads to no commit"))?;
        self.peel(name, target).map(Some)
    }

    /// From an annotated tag to its commit.
    fn peel(&self, name: &str, target: Oid) -> anyhow::Result<Oid> {
        let mut at = target;
        for _ in 0..TAG_LIMIT {
            let object = self.objects.read_any(at, ObjectType::Commit).map_err(explain_gap)?;
            match object.kind() {
                ObjectType::Commit => return Ok(at),
                ObjectType::Tag => {
                    at = tagged_object(object.data()).ok_or_else(|| anyhow!("the tag {at} is malformed"))?
                }
                other => bail!("the ref `{name}` leads to a {other}, not to a commit"),
            }
        }
        bail!("the ref `{name}` leads through too many tags")
    }
}

fn candidate_refs(name: &str) -> Vec<String> {
    let head = (name == "HEAD").then(|| name.to_string());
    let named = ["refs/heads/", "refs/tags/", "refs/remotes/"].map(|prefix| format!("{prefix}{name}"));
    head.into_iter().chain(named).collect()
}

fn is_full_object_name(name: &str) -> bool {
    matches!(name.len(), 40 | 64) && name.bytes().all(|b| b.is_ascii_hexdigit())
}

fn one_of(git: &git2::Repository, name: &str, found: &[(String, Oid)]) -> anyhow::Result<Oid> {
    let Some((_, commit)) = found.first() else { bail!(describe_missing(git, name)) };
    if found.iter().all(|(_, other)| other == commit) {
        return Ok(*commit);
    }
    let list: Vec<String> = found.iter().map(|(place, commit)| format!("`{place}` ({commit})")).collect();
    bail!("`{name}` is ambiguous: {}; write the full name of the ref that is meant", list.join(", "))
}

fn is_abbreviated(name: &str) -> bool {
    name.len() >= 4 && name.len() < 40 && name.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The only object whose name begins so; `None` where none does, or too little of it is given.
fn object_of_prefix(git: &git2::Repository, name: &str) -> anyhow::Result<Option<Oid>> {
    if !is_abbreviated(name) || name.len() < SHORT {
        return Ok(None);
    }
    let prefix = Oid::from_str(&format!("{name:0<40}"))?;
    match git.odb()?.exists_prefix(prefix, name.len()) {
        Ok(object) => Ok(Some(object)),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) if error.code() == ErrorCode::Ambiguous => {
            bail!("several objects here begin with `{name}`: write more digits of the one that is meant")
        }
        Err(error) => Err(error.into()),
    }
}

fn describe_missing(git: &git2::Repository, name: &str) -> String {
    let hint = match object_of_prefix(git, name) {
        _ if !is_abbreviated(name) => String::new(),
        Ok(Some(id)) => format!(
            "; abbreviated object names are not accepted in a job, because one could mean another commit tomorrow: write {id}"
        ),
        _ => format!(
            "; no object here begins so, or too few digits are given: write all 40 (`git rev-parse {name}` prints them)"
        ),
    };
    format!("`{name}` names no commit here (looked for {}){hint}", candidate_refs(name).join(", "))
}

/// `object <name>` is the first line of a tag.
fn tagged_object(data: &[u8]) -> Option<Oid> {
    let line = data.split(|b| *b == b'\n').next()?.strip_prefix(b"object ")?;
    Oid::from_str(std::str::from_utf8(line).ok()?).ok()
}
