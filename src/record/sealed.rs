//! A sealed decision: the policy, the facts and the decision in one file, made and taken apart.
//!
//! Like the rest of this room it neither reads nor writes files, and holds no judge: bytes in,
//! bytes out. The form is [`SealedV1`].

use super::difference::{Compared, compare_decisions};
use super::{LARGEST, TOOL};
use jiff::Timestamp;
use portcullis_model::digest::Digest;
use portcullis_model::gathered::GatheredFacts;
use portcullis_wire::decision::v1::{DecisionV1, OutcomeV1};
use portcullis_wire::facts::read_facts;
use portcullis_wire::sealed::v1::{
    SealedFactsV1, SealedInputKindV1, SealedKindV1, SealedLinksV1, SealedProgramV1, SealedTextV1, SealedV1,
    VERSION,
};
use portcullis_wire::text::DigestText;
use serde::Deserialize;

mod fault;
mod parts;

pub use fault::{NotSealed, NotTaken, SealFault};
use parts::{inputs_of, judged_of, text_digest, waivers_of};

/// The decision that a policy's text gives of facts, as `--format json` writes it, where the last
/// argument says whether the gate only advised; or why it gives none.
pub type GatheredJudge<'a> = dyn Fn(&str, &GatheredFacts, bool) -> Result<Vec<u8>, NotTaken> + 'a;

/// What begins the line of the seal.
const SEAL: &str = "\n  \"seal\": ";

/// What is to be sealed.
pub struct SealDraft<'a> {
    /// The decision as JSON.
    pub decision: &'a [u8],
    /// The text of the policy, and the facts with the text that they are kept as; `None` where
    /// nothing could be gathered.
    pub basis: Option<(&'a str, &'a GatheredFacts, &'a str)>,
    /// Leave the facts out, so that only their digest is kept.
    pub omit_facts: bool,
    /// The commit that the program was built from, where the build knew it.
    pub commit: Option<&'a str>,
    /// Who seals.
    pub sealer: &'a str,
    /// Pages about it.
    pub links: SealedLinksV1,
    /// When.
    pub time: Timestamp,
}

/// A sealed decision that was read. What it says is not believed before [`SealedDecision::faults`]
/// is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedDecision {
    /// What it says.
    pub form: SealedV1,
    /// The number of the first line that is not as the program writes it.
    altered_line: Option<usize>,
    /// The digest of the lines before the seal.
    sealed: Digest,
}

/// Was a decision made by this very build, as far as it says? Then it has to give the same bytes.
pub fn is_of_same_build(version: &str, commit: Option<&str>, ours: Option<&str>) -> bool {
    let differ = commit.zip(ours).is_some_and(|(one, other)| one != other);
    version == TOOL && !differ
}

/// Seals a decision: the bytes of the file.
///
/// # Errors
/// The decision is not of the form of one, or is not UTF-8.
pub fn seal_decision(draft: &SealDraft<'_>) -> Result<Vec<u8>, NotSealed> {
    let text = std::str::from_utf8(draft.decision).map_err(|error| unfit(&error))?;
    let decision: DecisionV1 = serde_json::from_str(text).map_err(|error| unfit(&error))?;
    let basis = draft.basis;
    let facts = basis.map(|(_, _, text)| SealedFactsV1 {
        digest: text_digest(text),
        text: (!draft.omit_facts).then(|| text.to_string()),
    });
    finish(SealedV1 {
        schema: VERSION,
        kind: SealedKindV1::SealedDecision,
        program: SealedProgramV1 { version: TOOL.to_string(), commit: draft.commit.map(str::to_string) },
        time: draft.time.to_string(),
        sealer: draft.sealer.to_string(),
        links: draft.links.clone(),
        outcome: decision.outcome,
        advisory: decision.advisory,
        judged: judged_of(&decision),
        policy: basis.map(|(policy, _, _)| text_of(policy)),
        facts,
        decision: text_of(text),
        waivers: basis.map(|(_, facts, _)| waivers_of(facts)).unwrap_or_default(),
        inputs: basis.map(|(policy, facts, text)| inputs_of(policy, facts, text)).unwrap_or_default(),
        seal: text_digest(""),
    })
}

/// Seals a form again whose texts were changed: with their digests, and with what the file repeats
/// of its decision and its facts.
///
/// # Errors
/// The decision or the facts are not of their form.
pub fn seal_again(mut form: SealedV1) -> Result<Vec<u8>, NotSealed> {
    let decision: DecisionV1 = serde_json::from_str(&form.decision.text).map_err(|error| unfit(&error))?;
    (form.outcome, form.advisory, form.judged) = (decision.outcome, decision.advisory, judged_of(&decision));
    form.decision.digest = text_digest(&form.decision.text);
    form.policy.iter_mut().for_each(|policy| policy.digest = text_digest(&policy.text));
    form.waivers.iter_mut().for_each(|waivers| waivers.digest = text_digest(&waivers.text));
    let policy = form.policy.as_ref();
    for input in form.inputs.iter_mut().filter(|input| input.kind == SealedInputKindV1::Policy) {
        input.digest = policy.map(|policy| policy.digest.clone());
    }
    if let (Some(SealedFactsV1 { digest, text: Some(text) }), Some(policy)) = (&mut form.facts, policy) {
        *digest = text_digest(text);
        let facts = read_facts(text.as_bytes()).map_err(|error| unfit(&error))?;
        form.waivers = waivers_of(&facts);
        form.inputs = inputs_of(&policy.text, &facts, text);
    }
    finish(form)
}

fn finish(mut form: SealedV1) -> Result<Vec<u8>, NotSealed> {
    let unsealed = bytes_of(&form).map_err(|error| unfit(&error))?;
    form.seal = (&digest_before_seal(&unsealed)).into();
    let bytes = bytes_of(&form).map_err(|error| unfit(&error))?;
    match bytes.len() > LARGEST {
        true => Err(unfit(&format!("the file would be larger than {} MiB", LARGEST >> 20))),
        false => Ok(bytes),
    }
}

fn unfit(why: &dyn std::fmt::Display) -> NotSealed {
    NotSealed::Decision(why.to_string())
}

fn text_of(text: &str) -> SealedTextV1 {
    SealedTextV1 { digest: text_digest(text), text: text.to_string() }
}

/// The one way to write it.
fn bytes_of(form: &SealedV1) -> serde_json::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(form)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The digest of all lines before the one of the seal. Line breaks within texts are escaped, so no
/// text can look like that line.
fn digest_before_seal(bytes: &[u8]) -> Digest {
    let at = bytes.windows(SEAL.len()).rposition(|window| window == SEAL.as_bytes());
    Digest::of(at.map_or(bytes, |at| &bytes[..=at]))
}

/// Reads a sealed decision.
///
/// # Errors
/// It is none, or one of another version.
pub fn read_sealed(bytes: &[u8]) -> Result<SealedDecision, NotSealed> {
    #[derive(Deserialize)]
    struct SealedHead {
        schema: u64,
        kind: String,
    }
    let form: SealedV1 =
        serde_json::from_slice(bytes).map_err(|error| match serde_json::from_slice::<SealedHead>(bytes) {
            Ok(head) if head.kind == "sealed-decision" && head.schema != u64::from(VERSION) => {
                NotSealed::Version(head.schema)
            }
            _ => NotSealed::Form(error.to_string()),
        })?;
    if form.schema != VERSION {
        return Err(NotSealed::Version(form.schema.into()));
    }
    let canonical = bytes_of(&form).map_err(|error| NotSealed::Form(error.to_string()))?;
    let altered_line = (canonical != bytes).then(|| first_other_line(&canonical, bytes));
    Ok(SealedDecision { form, altered_line, sealed: digest_before_seal(bytes) })
}

/// The number of the first line that is another one.
fn first_other_line(one: &[u8], other: &[u8]) -> usize {
    let same = one.iter().zip(other).take_while(|(one, other)| one == other);
    same.filter(|(byte, _)| **byte == b'\n').count() + 1
}

impl SealedDecision {
    /// The text of the decision.
    pub fn decision(&self) -> &[u8] {
        self.form.decision.text.as_bytes()
    }

    /// Were the facts left out?
    pub fn omits_facts(&self) -> bool {
        self.form.facts.as_ref().is_some_and(|facts| facts.text.is_none())
    }

    /// Was it made by this very build? `ours` is the commit of the running program.
    pub fn is_ours(&self, ours: Option<&str>) -> bool {
        let SealedProgramV1 { version, commit } = &self.form.program;
        is_of_same_build(version, commit.as_deref(), ours)
    }

    /// The facts.
    ///
    /// # Errors
    /// They were left out, there are none, or they cannot be read.
    pub fn facts(&self) -> Result<GatheredFacts, NotTaken> {
        match &self.form.facts {
            None => Err(NotTaken::Nothing),
            Some(SealedFactsV1 { text: None, .. }) => Err(NotTaken::Omitted),
            Some(SealedFactsV1 { text: Some(text), .. }) => {
                read_facts(text.as_bytes()).map_err(|error| NotTaken::Unreadable(error.to_string()))
            }
        }
    }

    /// Takes the decision again, and compares it.
    ///
    /// # Errors
    /// Why that is not possible.
    pub fn take_again(&self, judge: &GatheredJudge<'_>) -> Result<Compared, NotTaken> {
        let facts = self.facts()?;
        let Some(policy) = &self.form.policy else { return Err(NotTaken::Nothing) };
        let again = judge(&policy.text, &facts, self.form.advisory)?;
        Ok(compare_decisions(self.decision(), &again))
    }

    /// Everything that does not hold together, whatever the decision.
    pub fn faults(&self) -> Vec<SealFault> {
        let mut faults: Vec<SealFault> = self.altered_line.map(SealFault::Altered).into_iter().collect();
        faults.extend((self.form.seal != (&self.sealed).into()).then_some(SealFault::Seal));
        faults.extend(self.faults_of_digests());
        faults.extend(self.faults_of_decision());
        faults.extend(self.faults_of_basis());
        faults
    }

    fn faults_of_digests(&self) -> Vec<SealFault> {
        let SealedV1 { policy, facts, decision, waivers, .. } = &self.form;
        let texts = policy.iter().map(|policy| ("policy".to_string(), &policy.digest, Some(&policy.text)));
        let facts = facts.iter().map(|facts| ("facts".to_string(), &facts.digest, facts.text.as_ref()));
        let decision = [("decision".to_string(), &decision.digest, Some(&decision.text))];
        let waivers = waivers
            .iter()
            .enumerate()
            .map(|(number, waivers)| (format!("waivers[{number}]"), &waivers.digest, Some(&waivers.text)));
        let all = texts.chain(facts).chain(decision).chain(waivers);
        let is_wrong = |digest: &DigestText, text: Option<&String>| {
            text.is_some_and(|text| text_digest(text) != *digest)
        };
        all.filter(|(_, digest, text)| is_wrong(digest, *text))
            .map(|(member, _, _)| SealFault::Digest(member))
            .collect()
    }

    /// What the file repeats of its decision.
    fn faults_of_decision(&self) -> Vec<SealFault> {
        let decision: DecisionV1 = match serde_json::from_slice(self.decision()) {
            Ok(decision) => decision,
            Err(error) => return vec![SealFault::DecisionUnreadable(error.to_string())],
        };
        let form = &self.form;
        let by = decision.policy.as_ref().map(|policy| &policy.digest);
        let agree = [
            ("outcome", form.outcome == decision.outcome),
            ("advisory", form.advisory == decision.advisory),
            ("judged", form.judged == judged_of(&decision)),
            ("policy", form.policy.as_ref().map(|policy| &policy.digest) == by),
        ];
        let differing = agree.into_iter().filter(|(_, same)| !same);
        differing.map(|(what, _)| SealFault::Disagree(what)).collect()
    }

    /// What it repeats of its facts.
    fn faults_of_basis(&self) -> Vec<SealFault> {
        let SealedV1 { policy, facts, outcome, .. } = &self.form;
        let (Some(policy), Some(_)) = (policy, facts) else {
            let is_nothing = policy.is_none() && facts.is_none();
            let may_be = *outcome == OutcomeV1::Undetermined && is_nothing;
            return if may_be { self.faults_of_nothing() } else { vec![SealFault::NoBasis] };
        };
        let Ok(read) = self.facts() else { return self.faults_without_facts() };
        let text = facts.as_ref().and_then(|facts| facts.text.as_deref()).unwrap_or_default();
        let moment = read.whole().observed.value().copied();
        let time: Option<Timestamp> = self.form.time.parse().ok();
        let agree = [
            ("inputs", self.form.inputs == inputs_of(&policy.text, &read, text)),
            ("waivers", self.form.waivers == waivers_of(&read)),
            ("time", moment.zip(time).is_none_or(|(moment, time)| moment <= time) && time.is_some()),
        ];
        let differing = agree.into_iter().filter(|(_, same)| !same);
        differing.map(|(what, _)| SealFault::FactsDisagree(what)).collect()
    }

    fn faults_of_nothing(&self) -> Vec<SealFault> {
        let has_none = self.form.inputs.is_empty() && self.form.waivers.is_empty();
        if has_none { Vec::new() } else { vec![SealFault::FactsDisagree("inputs")] }
    }

    /// Without facts only the digests of what is there can be held against the inputs.
    fn faults_without_facts(&self) -> Vec<SealFault> {
        let SealedV1 { policy, facts, inputs, .. } = &self.form;
        let listed =
            |kind, digest| inputs.iter().any(|one| one.kind == kind && one.digest.as_ref() == Some(digest));
        let policy = policy.iter().all(|policy| listed(SealedInputKindV1::Policy, &policy.digest));
        let facts = facts.iter().all(|facts| listed(SealedInputKindV1::Facts, &facts.digest));
        if policy && facts { Vec::new() } else { vec![SealFault::FactsDisagree("inputs")] }
    }
}
