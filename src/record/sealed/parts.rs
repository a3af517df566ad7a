//! What a sealed decision repeats: of its decision, and of its facts.

use portcullis_model::digest::Digest;
use portcullis_model::evidence::StatementPlace;
use portcullis_model::facts::{Facts, GateText};
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::inquiry::TextPurpose;
use portcullis_model::path::RepoPath;
use portcullis_wire::decision::v1::{DecisionV1, JudgedV1};
use portcullis_wire::sealed::v1::{
    SealedInputKindV1, SealedInputV1, SealedJudgedV1, SealedSideV1, SealedWaiversV1,
};
use portcullis_wire::text::DigestText;

/// The digest of a text as a form writes it.
pub(super) fn text_digest(text: &str) -> DigestText {
    (&Digest::of(text.as_bytes())).into()
}

/// What a decision says was judged.
pub(super) fn judged_of(decision: &DecisionV1) -> SealedJudgedV1 {
    let JudgedV1 { repository, environment, request, requests, base, head, .. } = &decision.judged;
    SealedJudgedV1 {
        repository: repository.clone(),
        environment: environment.clone(),
        requests: request.iter().chain(requests).cloned().collect(),
        base: base.clone(),
        head: head.clone(),
    }
}

/// The texts of the waivers.
pub(super) fn waivers_of(facts: &GatheredFacts) -> Vec<SealedWaiversV1> {
    let mut waivers = Vec::new();
    for (path, side, text) in gate_texts(facts, |text| text.purposes.contains(&TextPurpose::Waivers)) {
        waivers.push(SealedWaiversV1 {
            path: path.into(),
            side,
            digest: text_digest(text),
            text: text.to_string(),
        });
    }
    waivers
}

/// The texts of the gate of some purpose, each with its path and side, sorted.
fn gate_texts(
    facts: &GatheredFacts,
    wanted: impl Fn(&GateText) -> bool,
) -> Vec<(&RepoPath, SealedSideV1, &str)> {
    let Some(gate) = facts.whole().gate.value() else { return Vec::new() };
    let mut found = Vec::new();
    for (path, text) in gate.texts.iter().filter(|(_, text)| wanted(text)) {
        let sides = [(SealedSideV1::Before, &text.before), (SealedSideV1::After, &text.after)];
        found.extend(sides.into_iter().filter_map(|(side, text)| Some((path, side, text.as_deref()?))));
    }
    found
}

/// Everything that a decision is made from: the policy, the facts, and what the facts name with a
/// digest.
pub(super) fn inputs_of(policy: &str, facts: &GatheredFacts, text: &str) -> Vec<SealedInputV1> {
    let of_text = |kind, name: &str, text: &str| input(kind, name, Some(text_digest(text)));
    let mut inputs = vec![
        of_text(SealedInputKindV1::Policy, "policy.toml", policy),
        of_text(SealedInputKindV1::Facts, "facts.json", text),
    ];
    inputs.extend(gate_texts(facts, |_| true).into_iter().map(|(path, side, text)| {
        let kind = match side {
            SealedSideV1::Before => SealedInputKindV1::TextBefore,
            SealedSideV1::After => SealedInputKindV1::TextAfter,
        };
        of_text(kind, &path.to_string(), text)
    }));
    let houses = facts.whole().gate.value().map(|gate| gate.houses.values());
    let of_house = |text: &String| of_text(SealedInputKindV1::TextBefore, "the house policy", text);
    inputs.extend(houses.into_iter().flatten().map(of_house));
    facts.all_facts().for_each(|facts| inputs.extend(measured_of(facts)));
    // Requests of one landing may name the same reports; the order of kinds is that of the form.
    let mut seen = std::collections::BTreeSet::new();
    inputs.retain(|input| seen.insert(input.clone()));
    inputs.sort_by_key(|input| input.kind);
    inputs
}

fn input(kind: SealedInputKindV1, name: &str, digest: Option<DigestText>) -> SealedInputV1 {
    SealedInputV1 { kind, name: name.to_string(), digest }
}

/// Reports, coverage reports and statements.
fn measured_of(facts: &Facts) -> Vec<SealedInputV1> {
    let digest = |digest: &Option<Digest>| digest.as_ref().map(DigestText::from);
    let reports = facts.reports.value().into_iter().flatten();
    let reports =
        reports.map(|report| input(SealedInputKindV1::Report, &report.path, digest(&report.digest)));
    let coverage = facts.line_coverage.value().into_iter().flat_map(|coverage| &coverage.reports);
    let coverage =
        coverage.map(|report| input(SealedInputKindV1::Coverage, &report.path, digest(&report.digest)));
    let evidence = facts.evidence.value().into_iter().flat_map(|evidence| &evidence.statements);
    let evidence = evidence.map(|found| {
        let place = match &found.place {
            StatementPlace::File { path, .. } => path.clone(),
            StatementPlace::Note(tree) => format!("refs/notes/portcullis {tree}"),
        };
        input(SealedInputKindV1::Evidence, &place, Some((&found.digest).into()))
    });
    reports.chain(coverage).chain(evidence).collect()
}
