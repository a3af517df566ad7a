//! `[extends]`: a policy that begins with the house policy of its organisation, and may only be
//! stricter.
//!
//! ```toml
//! [extends]
//! file = "portcullis-house.toml"              # from the root, read at the base as the policy is
//! digest = "sha256:…"                         # of its bytes: no other text counts
//! repository = "https://git.example.test/policies"   # where it comes from, may be left out
//! commit = "9f8e…"                            # with `repository`: read there, if it is fetched
//! ```
//!
//! The digest pins the text, so it does not matter where the bytes come from: [`HouseTexts`] are
//! candidates, and the one with the digest is taken. Without it the policy is not valid.
//!
//! 1. The house policy is a policy, or parts of one, and extends none itself.
//! 2. What the child does not write comes from the house policy (`merge`); but `[project]` and
//!    `[house]`.
//! 3. What the child writes is held against it, key by key (`compare`, by the rows of `rules` and
//!    of each control).
//!    Where nothing says which of two values is the stricter one, they have to be equal. The house
//!    policy can allow a child to loosen keys: `[house] may-loosen = ["people"]`.

use super::recover::recover;
use super::tree::TomlValue;
use super::{Policy, Problem, characters, checks, signed, syntax};
use compare::{HouseComparison, is_known_key, list_missing, plain_value};
use portcullis_model::decision::{HouseOrigin, HouseReference};
use portcullis_model::digest::Digest;
use portcullis_model::fact::Fact;
use portcullis_model::facts::Facts;
use portcullis_model::inquiry::TextPurpose;
use serde::Deserialize;
use std::ops::Range;
use toml::{Spanned, Table, Value};

mod compare;
mod merge;
mod rules;
mod text;

pub use compare::{Deviation, DeviationKind};
pub use text::{ExtendsText, HouseText};

/// Texts that may be the house policy of a policy. The digest says which of them is: first come
/// those from the place that the policy names.
#[derive(Clone, Debug, Default)]
pub struct HouseTexts(Vec<String>);

impl HouseTexts {
    /// None: a policy that extends another is not valid then.
    pub fn none() -> Self {
        HouseTexts::default()
    }

    /// These.
    pub fn of(texts: impl IntoIterator<Item = String>) -> Self {
        HouseTexts(texts.into_iter().collect())
    }

    /// These, and others.
    #[must_use]
    pub fn and(mut self, others: HouseTexts) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Those that were gathered with the facts.
    pub fn in_facts(facts: &Facts) -> Self {
        let Some(gate) = facts.gate.value() else { return HouseTexts::none() };
        let files = gate.texts.values().filter(|text| text.purposes.contains(&TextPurpose::House));
        let files = files.flat_map(|text| text.before.iter().chain(&text.after));
        HouseTexts::of(files.chain(gate.houses.values()).cloned())
    }

    /// That of a policy, for another text in its place.
    pub fn in_policy(policy: &Policy) -> Self {
        HouseTexts::of(policy.house.iter().map(|house| house.text.clone()))
    }

    /// Keeps with the facts what they would lack: the house policies of these policies.
    pub fn keep_in(facts: &mut Facts, policies: &[&Policy]) {
        let known = HouseTexts::in_facts(facts);
        let houses = policies.iter().filter_map(|policy| policy.house.as_ref());
        let lacking = houses.filter(|house| known.with_digest(&house.reference.digest).is_none());
        let lacking: Vec<_> =
            lacking.map(|house| (house.reference.digest.clone(), house.text.clone())).collect();
        if let Fact::Known(gate) = &mut facts.gate {
            gate.houses.extend(lacking);
        }
    }

    /// All of them.
    pub fn texts(&self) -> &[String] {
        &self.0
    }

    /// Is one of them of this digest?
    pub fn has(&self, digest: &Digest) -> bool {
        self.with_digest(digest).is_some()
    }

    /// The one of this digest.
    pub fn take(self, digest: &Digest) -> Option<String> {
        self.with_digest(digest).cloned()
    }

    fn with_digest(&self, digest: &Digest) -> Option<&String> {
        self.0.iter().find(|text| Digest::of(text.as_bytes()) == *digest)
    }
}

/// The house policy that a policy was read with.
#[derive(Clone, Debug)]
pub struct House {
    /// Which one.
    pub reference: HouseReference,
    /// Its text, byte for byte.
    pub text: String,
    /// What the child has otherwise, in the order of its text.
    pub deviations: Vec<Deviation>,
    /// The settings that are judged by: those of the child, and what it takes over.
    pub settings: Table,
}

/// A policy that takes nothing over from a house policy, held against it.
#[derive(Clone, Debug)]
pub struct HeldPolicy {
    /// Where it asks for less than it may, or has what it may not have: a sentence each.
    pub looser: Vec<String>,
    /// What the house policy has and it does not: the key, and the value of the house policy.
    pub missing: Vec<(String, String)>,
    /// Where it differs and may.
    pub deviations: Vec<Deviation>,
}

/// Holds a policy that extends nothing against a house policy; `None` where one of them is no TOML.
pub fn hold_against(own: &str, house: &str) -> Option<HeldPolicy> {
    let mut problems = Vec::new();
    let own = syntax::parse(own, &mut problems)?;
    let root = syntax::parse(house, &mut problems)?;
    let may_loosen = read_permissions(&root, &mut problems);
    let Value::Table(house) = plain_value(&root) else { return None };
    let mut comparison = HouseComparison {
        house: &house,
        may_loosen: &may_loosen,
        deviations: Vec::new(),
        problems: Vec::new(),
    };
    comparison.run(&own);
    Some(HeldPolicy {
        looser: comparison.problems.into_iter().map(|problem| problem.message).collect(),
        missing: list_missing(&plain_value(&own), &house, &may_loosen),
        deviations: comparison.deviations,
    })
}

impl Policy {
    /// A text that is judged by alike and extends nothing. It is not the text of the policy, and
    /// has another digest.
    pub fn whole_text(&self) -> String {
        match &self.house {
            Some(house) => house.settings.to_string(),
            None => self.text.clone(),
        }
    }
}

/// The house policy that the text of a policy names; `None` where it names none that can be read.
pub fn house_of(policy: &str) -> Option<HouseReference> {
    let root = syntax::parse(policy, &mut Vec::new())?;
    read_extends(&root, &mut Vec::new())?.map(|(reference, _)| reference)
}

/// Does the text of a policy say something to those that extend it?
pub fn is_for_others(policy: &str) -> bool {
    syntax::parse(policy, &mut Vec::new()).is_some_and(|root| root.get_ref().get("house").is_some())
}

/// A house policy at its place behind the child: spans in it begin after the last byte of the
/// child, so that each tells which text it is of.
pub(super) struct PlacedHouse {
    reference: HouseReference,
    text: String,
    placed: String,
    span: Range<usize>,
}

/// What a house policy brings to the reading of a child.
pub(super) struct Extension {
    house: Table,
    may_loosen: Vec<String>,
}

/// The house policy of a policy; `None` where it extends none.
///
/// # Errors
/// Its text is not among `houses`, or what the policy says of it is wrong.
pub(super) fn find_house(
    (root, text): (&TomlValue<'_>, &str),
    houses: &HouseTexts,
    problems: &mut Vec<Problem>,
) -> Option<Option<PlacedHouse>> {
    let Some((reference, span)) = read_extends(root, problems)? else { return Some(None) };
    if let Some(house) = root.get_ref().get("house") {
        let message = "a policy that extends another cannot be extended itself";
        problems.push(Problem::new(house.span(), message).help("remove `[house]`"));
        return None;
    }
    let Some(found) = houses.with_digest(&reference.digest) else {
        problems.push(not_found(&reference, span, houses));
        return None;
    };
    let placed = " ".repeat(text.len() + 1) + found;
    Some(Some(PlacedHouse { reference, text: found.clone(), placed, span }))
}

/// `[extends]`, with the place of its file; the outer `None` where it is wrong.
fn read_extends(
    root: &TomlValue<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Option<(HouseReference, Range<usize>)>> {
    let Some(written) = root.get_ref().get("extends") else { return Some(None) };
    let known = problems.len();
    let (extends, _) = recover(written.clone(), ExtendsText::deserialize, problems);
    if problems.len() > known {
        return None;
    }
    let extends = extends?;
    let file = signed::check_path(&extends.file, problems)?;
    let origin = match (&extends.repository, extends.commit) {
        (None, None) => None,
        (Some(repository), Some(commit)) if !repository.get_ref().trim().is_empty() => {
            Some(HouseOrigin { repository: repository.get_ref().clone(), commit: commit.into_inner() })
        }
        _ => {
            let message = "`repository` and `commit` say together where the house policy comes from";
            problems.push(Problem::new(written.span(), message).help("write both, or neither"));
            return None;
        }
    };
    Some(Some((HouseReference { file, digest: extends.digest, origin }, extends.file.span())))
}

fn not_found(reference: &HouseReference, span: Range<usize>, houses: &HouseTexts) -> Problem {
    let HouseReference { file, digest, origin } = reference;
    let (message, help) = match (houses.0.first(), origin) {
        (Some(other), _) => {
            let actual = Digest::of(other.as_bytes());
            let message =
                format!("the house policy {file} has the digest {actual}, and not the one that is pinned");
            (message, format!("restore the file; or review it, and write `digest = \"{actual}\"`"))
        }
        (None, Some(HouseOrigin { repository, commit })) => {
            let message = format!(
                "the house policy {file} is neither here nor at commit {} of {repository}, as far as this clone holds it",
                commit.short()
            );
            (
                message,
                format!("run `git fetch {repository} {commit}` in the clone, or keep a copy of it as {file}"),
            )
        }
        (None, None) => {
            let message = format!("there is no house policy {file}");
            (message, format!("keep a copy of it as {file}, whose digest is {digest}"))
        }
    };
    Problem::new(span, message).help(help)
}

impl PlacedHouse {
    /// The place in the child that names it.
    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The child with what it takes over from the house policy.
    pub(super) fn extend<'i>(
        &'i self,
        own: &TomlValue<'i>,
        problems: &mut Vec<Problem>,
    ) -> Option<(TomlValue<'i>, Extension)> {
        let root = syntax::parse(&self.placed, problems)?;
        problems.extend(checks::check_schema(&root));
        characters::check(&root, problems);
        if let Some(extends) = root.get_ref().get("extends") {
            let message = "a house policy cannot extend another one";
            problems
                .push(Problem::new(extends.span(), message).help("write into it what it would take over"));
        }
        let may_loosen = read_permissions(&root, problems);
        let Value::Table(house) = plain_value(&root) else { return None };
        Some((merge::merge_policies(own, &root), Extension { house, may_loosen }))
    }

    /// The mistakes in the house policy, at the place in the child that names it.
    pub(super) fn relocate(&self, problems: &mut [Problem]) {
        let begin = self.placed.len() - self.text.len();
        for problem in problems.iter_mut().filter(|problem| problem.span.start >= begin) {
            let within = problem.span.start - begin..problem.span.end.saturating_sub(begin);
            let line = checks::line_at(&self.text, &within);
            problem.message = format!("{}, line {line}: {}", self.reference.file, problem.message);
            problem.span = self.span.clone();
        }
    }

    /// The child against the house policy.
    pub(super) fn compare(
        &self,
        own: &TomlValue<'_>,
        merged: &TomlValue<'_>,
        extension: &Extension,
        problems: &mut Vec<Problem>,
    ) -> House {
        let Extension { house, may_loosen } = extension;
        let mut settings = match plain_value(merged) {
            Value::Table(settings) => settings,
            _ => Table::new(),
        };
        settings.remove("extends");
        let mut comparison =
            HouseComparison { house, may_loosen, deviations: Vec::new(), problems: Vec::new() };
        comparison.run(own);
        problems.append(&mut comparison.problems);
        House {
            reference: self.reference.clone(),
            text: self.text.clone(),
            deviations: comparison.deviations,
            settings,
        }
    }
}

/// The keys that a child may loosen.
fn read_permissions(root: &TomlValue<'_>, problems: &mut Vec<Problem>) -> Vec<String> {
    let Some(written) = root.get_ref().get("house") else { return Vec::new() };
    let (house, _) = recover(written.clone(), HouseText::deserialize, problems);
    let keys = house.unwrap_or_default().may_loosen;
    for key in keys.iter().filter(|key| !is_known_key(key.get_ref())) {
        let message = format!("a policy has no key `{}`", key.get_ref());
        problems.push(
            Problem::new(key.span(), message).help("write it as `docs/policy.md` does, with `*` for a name"),
        );
    }
    keys.into_iter().map(Spanned::into_inner).collect()
}

#[cfg(test)]
mod tests;
