//! The deployment records of a pack: written without addresses of people, and verified by the same
//! rules as those of a repository.

use super::super::record::{facts_json, judge_text};
use super::house_digests::HouseDigests;
use super::stored::{PLAIN, store_again};
use anyhow::{Context as _, bail};
use jiff::Timestamp;
use portcullis_audit::deployment::kept_findings;
use portcullis_model::change::Revision;
use portcullis_model::decision::Verdict;
use portcullis_model::digest::Digest;
use portcullis_model::environment::Environment;
use portcullis_model::fact::Fact;
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::path::RepoPath;
use portcullis_pack::redact::{AddressFinder, Redactor};
use portcullis_pack::verify::VerifiedPack;
use portcullis_pack::{ItemPath, ItemSource, PackFault, PackWrong};
use portcullis_record::{
    Chain, DECISION, FACTS, KeptFile, POLICY, RECORD, RecordEntry, RecordLink, RecordStanding,
    RecordedOrigin, StoredEntry, StoredFile, Verifier, commit_bytes,
};
use portcullis_wire::audit::v1::{AuditV1, AuditedDeploymentV1, EnvironmentPopulationV1, RecordStandingV1};
use portcullis_wire::decision::v1::{DecisionV1, FindingV1};
use portcullis_wire::facts::read_facts;
use std::collections::{BTreeMap, BTreeSet};

/// The files of a record.
const FILES: [&str; 4] = [DECISION, FACTS, POLICY, RECORD];

/// The folder of a record.
pub(super) fn folder_of(environment: &str, number: u64) -> String {
    format!("records/{environment}/{number:06}")
}

/// Files of a record, by name.
pub(super) type RecordFiles = BTreeMap<&'static str, Vec<u8>>;

/// The files of a record as a repository holds it.
pub(super) fn files_of(stored: &portcullis_git::stored_commit::StoredCommit) -> RecordFiles {
    let file = |name: &'static str| {
        stored
            .files
            .get(&RepoPath::from(name))
            .filter(|file| file.mode == PLAIN)
            .map(|file| (name, file.bytes.clone()))
    };
    FILES.into_iter().filter_map(file).collect()
}

/// Looks for addresses in the files of a record.
pub(super) fn look_for_addresses(finder: &mut AddressFinder, files: &RecordFiles) {
    for (name, bytes) in files {
        let text = String::from_utf8_lossy(bytes);
        if *name == POLICY {
            learn_names(finder, &text);
        }
        match serde_json::from_str(&text) {
            Ok(value) if *name != POLICY => finder.look_at(&value),
            _ => finder.look_at_text(&text),
        }
    }
}

/// Learns every account of the files of a record.
pub(super) fn learn_accounts(finder: &mut AddressFinder, files: &RecordFiles) {
    for (name, bytes) in files {
        if *name == POLICY {
            learn_logins(finder, &String::from_utf8_lossy(bytes));
        } else if let Ok(value) = serde_json::from_slice(bytes) {
            finder.learn_accounts(&value);
        }
    }
}

/// Learns the logins of the people and roles of a policy.
pub(super) fn learn_logins(finder: &mut AddressFinder, policy: &str) {
    let Ok(policy) = policy.parse::<toml::Table>() else { return };
    let people = policy.get("people").and_then(toml::Value::as_array).into_iter().flatten();
    let logins = people.filter_map(|person| person.get("logins")?.as_array());
    let roles = policy.get("roles").and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::values);
    let users = roles.filter_map(|role| role.get("users")?.as_array());
    logins.chain(users).flatten().filter_map(toml::Value::as_str).for_each(|login| finder.learn_login(login));
    policy.values().for_each(|value| learn_numbers(finder, value));
}

/// Learns the numbers of the users whom a policy allows to go round a rule.
fn learn_numbers(finder: &mut AddressFinder, value: &toml::Value) {
    match value {
        toml::Value::Array(items) => items.iter().for_each(|item| learn_numbers(finder, item)),
        toml::Value::Table(members) => {
            let is_user = members.get("kind").and_then(toml::Value::as_str) == Some("user");
            match members.get("id").filter(|_| is_user) {
                Some(toml::Value::Integer(number)) => finder.learn_number(&number.to_string()),
                Some(toml::Value::String(number)) => finder.learn_number(number),
                _ => {}
            }
            members.values().for_each(|value| learn_numbers(finder, value));
        }
        _ => {}
    }
}

/// Learns the people of a policy: where a person has a login, that is shown for the name.
pub(super) fn learn_names(finder: &mut AddressFinder, policy: &str) {
    let Ok(policy) = policy.parse::<toml::Table>() else { return };
    let people = policy.get("people").and_then(toml::Value::as_array);
    for person in people.into_iter().flatten() {
        let first = |key: &str| person.get(key)?.as_array()?.first()?.as_str();
        if let (Some(name), Some(login)) = (person.get("name").and_then(toml::Value::as_str), first("logins"))
        {
            finder.learn_name(name, login);
        }
    }
}

/// What was written of the records before: the digest of the last one, and which have no facts,
/// because their decision does not follow from what is left of them.
#[derive(Default)]
pub(super) struct WrittenBefore {
    pub(super) previous: Option<Digest>,
    pub(super) omitted: BTreeSet<u64>,
}

/// The records of each environment whose facts are not in the pack.
pub(super) type WrittenOmissions = BTreeMap<String, BTreeSet<u64>>;

/// The files of a record without addresses, on top of the record before it: the decision is taken
/// again from what is left, and the entry names the digests of what is written.
///
/// # Errors
/// Why no such record can be made; the sentence names what is wrong.
pub(super) fn without_addresses(
    files: &RecordFiles,
    redactor: &Redactor,
    before: &mut WrittenBefore,
) -> anyhow::Result<RecordFiles> {
    let entry = files.get(RECORD).context("it has no record.json")?;
    let mut entry: RecordEntry = from_redacted(entry, redactor)?;
    let mut out = RecordFiles::new();
    let houses = HouseDigests::of(files.get(FACTS).map(Vec::as_slice), redactor);
    if let Some(policy) = files.get(POLICY) {
        out.insert(POLICY, houses.renew(&redactor.text(&text_of(policy)?)).into_bytes());
    }
    if let Some(facts) = files.get(FACTS) {
        let value = serde_json::from_slice(facts)?;
        let facts = houses.renew(&serde_json::to_string(&redactor.value(&value))?);
        let facts = without_omitted(read_facts(facts.as_bytes())?, &before.omitted);
        out.insert(FACTS, facts_json(facts)?.into_bytes());
    }
    let decision = files.get(DECISION).context("it has no decision.json")?;
    let as_said = redacted_decision(decision, redactor, (files.get(POLICY), out.get(POLICY)));
    let as_said = houses.renew(&text_of(&as_said)?).into_bytes();
    let again = decide_again(&out).unwrap_or_else(|| as_said.clone());
    if outcome_of(&again) == outcome_of(decision) {
        out.insert(DECISION, again);
    } else if decide_again(files).and_then(|again| outcome_of(&again)) == outcome_of(decision) {
        // A signature of a text with an address, for example, is none of the text without it.
        out.remove(FACTS);
        before.omitted.insert(entry.number);
        out.insert(DECISION, as_said);
        entry.facts = entry.facts.map(|facts| KeptFile { kept: false, ..facts });
    } else {
        bail!("its decision does not follow from its facts");
    }
    entry.previous.clone_from(&before.previous);
    let digest = |name: &str| out.get(name).map(|bytes| Digest::of(bytes));
    entry.decision = digest(DECISION).unwrap_or(entry.decision);
    entry.policy = kept_again(entry.policy, digest(POLICY));
    entry.facts = kept_again(entry.facts, digest(FACTS));
    let record = entry.bytes()?;
    before.previous = Some(Digest::of(&record));
    out.insert(RECORD, record);
    Ok(out)
}

/// The facts, where these records before them keep no facts.
pub(super) fn without_omitted(mut facts: GatheredFacts, omitted: &BTreeSet<u64>) -> GatheredFacts {
    if let GatheredFacts::Deployment(deployment) = &mut facts
        && let Fact::Known(records) = &mut deployment.recorded
    {
        for record in records.iter_mut().filter(|record| omitted.contains(&record.number)) {
            record.facts_omitted = true;
            record.taken_again = false;
        }
    }
    facts
}

/// A decision that is not taken again: it names the policy as the pack holds it.
pub(super) fn redacted_decision(
    decision: &[u8],
    redactor: &Redactor,
    (stored, written): (Option<&Vec<u8>>, Option<&Vec<u8>>),
) -> Vec<u8> {
    let text = redactor.text(&String::from_utf8_lossy(decision));
    let (Some(stored), Some(written)) = (stored, written) else { return text.into_bytes() };
    text.replace(Digest::of(stored).as_str(), Digest::of(written).as_str()).into_bytes()
}

pub(super) fn outcome_of(decision: &[u8]) -> Option<serde_json::Value> {
    serde_json::from_slice::<serde_json::Value>(decision).ok().map(|found| found["outcome"].clone())
}

fn kept_again(said: Option<KeptFile>, digest: Option<Digest>) -> Option<KeptFile> {
    digest.map(|digest| KeptFile { digest, kept: true }).or(said)
}

fn text_of(bytes: &[u8]) -> anyhow::Result<String> {
    Ok(String::from_utf8(bytes.to_vec())?)
}

fn from_redacted<T: serde::de::DeserializeOwned>(bytes: &[u8], redactor: &Redactor) -> anyhow::Result<T> {
    let value = serde_json::from_slice(bytes)?;
    Ok(serde_json::from_value(redactor.value(&value))?)
}

/// The decision of facts and policy; none where there is none.
fn decide_again(files: &RecordFiles) -> Option<Vec<u8>> {
    let (facts, policy) = (files.get(FACTS)?, files.get(POLICY)?);
    match read_facts(facts) {
        Ok(GatheredFacts::Deployment(facts)) => judge_text(&String::from_utf8_lossy(policy), &facts).ok(),
        _ => None,
    }
}

/// Verifies the records of a pack, and holds them against its audit.
pub(super) fn check_records(source: &dyn ItemSource, audit: &AuditV1, verified: &mut VerifiedPack) {
    let mut known = BTreeSet::new();
    for environment in &audit.environments {
        check_environment(source, audit, environment, verified, &mut known);
    }
    let strange =
        source.items().keys().filter(|path| path.as_str().starts_with("records/") && !known.contains(*path));
    verified.faults.extend(strange.map(|path| {
        PackFault::new(path, PackWrong::Disagrees("no record of the audit has this file".to_string()))
    }));
}

fn check_environment(
    source: &dyn ItemSource,
    audit: &AuditV1,
    population: &EnvironmentPopulationV1,
    verified: &mut VerifiedPack,
    known: &mut BTreeSet<ItemPath>,
) {
    let name = population.environment.as_str();
    let Ok(environment) = name.parse::<Environment>() else {
        return verified
            .faults
            .push(PackFault::new(name, PackWrong::Unreadable("not the name of an environment".to_string())));
    };
    let mut verifier = Verifier::new(environment, &judge_text);
    let mut before = None;
    for number in 1..=population.records.min(portcullis_pack::MOST_ITEMS as u64) {
        match read_stored(source, name, number, before.as_ref(), known) {
            Ok(stored) => {
                before = Some(stored.id.clone());
                verifier.push(&stored, None);
            }
            Err(wrong) => return verified.faults.push(PackFault::new(folder_of(name, number), wrong)),
        }
    }
    let chain = verifier.finish();
    compare_chain(source, &chain, audit, name, verified);
}

/// A record as a repository would hold it.
fn read_stored(
    source: &dyn ItemSource,
    environment: &str,
    number: u64,
    before: Option<&Revision>,
    known: &mut BTreeSet<ItemPath>,
) -> Result<StoredEntry, PackWrong> {
    let mut files = BTreeMap::new();
    for name in FILES {
        let path = ItemPath::new(&format!("{}/{name}", folder_of(environment, number)))
            .map_err(|error| PackWrong::Unreadable(error.to_string()))?;
        match source.read(&path) {
            Ok(bytes) => drop(files.insert(RepoPath::from(name), StoredFile { mode: PLAIN, bytes })),
            Err(PackWrong::Missing) if name != RECORD => {}
            Err(wrong) => return Err(wrong),
        }
        known.insert(path);
    }
    let unreadable = |error: &dyn std::fmt::Display| PackWrong::Unreadable(format!("not a record: {error}"));
    let record = files.get(&RepoPath::from(RECORD)).map(|file| file.bytes.as_slice()).unwrap_or_default();
    let entry: RecordEntry = serde_json::from_slice(record).map_err(|error| unreadable(&error))?;
    let digest = Digest::of(record);
    store_again(files, before, |tree| commit_bytes(tree, before, &entry, &digest))
        .map_err(|error| unreadable(&error))
}

/// The chain verifies, and says what the audit says of it.
fn compare_chain(
    source: &dyn ItemSource,
    chain: &Chain,
    audit: &AuditV1,
    environment: &str,
    verified: &mut VerifiedPack,
) {
    for problem in &chain.problems {
        let why = PackWrong::Record(problem.fault.to_string());
        verified.faults.push(PackFault::new(folder_of(environment, problem.place), why));
    }
    let of = |deployment: &&AuditedDeploymentV1| deployment.environment.as_str() == environment;
    for deployment in audit.deployments.iter().filter(of) {
        let link = chain.links.iter().find(|link| link.entry.number == deployment.number);
        let wrong = match link {
            None => Some(PackWrong::Missing),
            Some(link) => contradiction(link, deployment)
                .or_else(|| other_decision(source, &folder_of(environment, link.entry.number), deployment)),
        };
        verified
            .faults
            .extend(wrong.map(|wrong| PackFault::new(folder_of(environment, deployment.number), wrong)));
    }
    for link in chain.links.iter().filter(|link| is_left_out(link, audit, environment)) {
        let why = "audit.json says nothing of this record, which is of the period".to_string();
        let folder = folder_of(environment, link.entry.number);
        verified.faults.push(PackFault::new(folder, PackWrong::Disagrees(why)));
    }
    for link in &chain.links {
        match &link.standing {
            RecordStanding::Reproduced => verified.records += 1,
            RecordStanding::Irreproducible(why) => {
                verified
                    .not_shown
                    .push(format!("{environment}#{} cannot be taken again: {why}", link.entry.number));
            }
            RecordStanding::Omitted => {
                let number = link.entry.number;
                verified
                    .not_shown
                    .push(format!("{environment}#{number} cannot be taken again: facts omitted"));
            }
            RecordStanding::Unseen(gap) => {
                verified.not_shown.push(format!("{environment}#{}: {gap}", link.entry.number));
            }
            // It is among the problems of the chain.
            RecordStanding::Broken => {}
        }
    }
}

/// Is a record of the period, and not in the audit?
fn is_left_out(link: &RecordLink, audit: &AuditV1, environment: &str) -> bool {
    let is_known = audit.deployments.iter().any(|deployment| {
        deployment.environment.as_str() == environment && deployment.number == link.entry.number
    });
    !is_known && is_of_period(&link.entry, audit)
}

/// Does a record belong to the period of an audit? A range of commits has those that deployed one
/// of its commits or went back from it.
pub(super) fn is_of_period(entry: &RecordEntry, audit: &AuditV1) -> bool {
    let period = &audit.title.period;
    let moment = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
    let as_of = audit.title.as_of.parse::<Timestamp>().ok();
    match (moment(&period.since), moment(&period.until)) {
        (Some(since), Some(until)) => {
            (since..until).contains(&entry.time) && as_of.is_none_or(|as_of| entry.time <= as_of)
        }
        _ => {
            let is_rollback = entry.baseline.origin == RecordedOrigin::Rollback;
            let is_of = |step: &str| {
                step == entry.candidate.as_str() || (is_rollback && step == entry.baseline.commit.as_str())
            };
            audit.landings.iter().flat_map(|landing| &landing.steps).any(|step| is_of(step.as_str()))
        }
    }
}

/// The audit repeats what the decision of a record found. Texts can differ where names and
/// addresses were taken out, so verdicts are compared, and which controls they are of.
fn other_decision(source: &dyn ItemSource, folder: &str, said: &AuditedDeploymentV1) -> Option<PackWrong> {
    let path = ItemPath::new(&format!("{folder}/{DECISION}")).ok()?;
    let decision: DecisionV1 = serde_json::from_slice(&source.read(&path).ok()?).ok()?;
    let outcome = decision.outcome;
    let sorted = |findings: &[FindingV1]| {
        let mut all: Vec<_> =
            findings.iter().map(|found| (found.control.clone(), Verdict::from(found.verdict))).collect();
        all.sort();
        all
    };
    let same = outcome == said.decision.outcome
        && sorted(&kept_findings(decision)) == sorted(&said.decision.findings);
    (!same).then(|| PackWrong::Disagrees("audit.json says another decision of it".to_string()))
}

/// What the audit says of a record otherwise.
fn contradiction(link: &RecordLink, said: &AuditedDeploymentV1) -> Option<PackWrong> {
    let entry = &link.entry;
    let outcome_agrees = said.standing != RecordStandingV1::Reproduced || link.standing.is_taken();
    let agree = [
        ("commit to deploy", entry.candidate.as_str() == said.candidate.as_str()),
        ("commit before", entry.baseline.commit.as_str() == said.baseline.as_str()),
        ("source of the commit before", entry.baseline.origin.as_str() == said.baseline_origin),
        ("time", said.time.at.as_deref() == Some(entry.time.to_string().as_str())),
        ("recorder", entry.recorder == said.recorder),
        ("rollback", (entry.baseline.origin == RecordedOrigin::Rollback) == said.rollback),
        ("standing", outcome_agrees),
    ];
    let differing = agree.into_iter().find(|(_, same)| !same)?;
    Some(PackWrong::Disagrees(format!("audit.json says another {} of it", differing.0)))
}
