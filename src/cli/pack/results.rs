//! What a pack holds beside records and audit that follows from them: results in the forms of other
//! programs, files for evidence portals, and the procedure. Verifying a pack writes all of it
//! again.

use super::super::clauses::framework_name;
use super::super::output::control_guides;
use super::records::folder_of;
use portcullis_judge::clauses::FRAMEWORKS;
use portcullis_judge::control::procedure::diagram::BOTH;
use portcullis_judge::control::procedure::markdown::write_page;
use portcullis_judge::decide::decide_facts;
use portcullis_judge::policy::Policy;
use portcullis_judge::policy::house::{HouseTexts, house_of};
use portcullis_model::decision::{Decision, Finding, Verdict};
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::host::HostProfile;
use portcullis_pack::derive::PROCEDURE;
use portcullis_pack::item_path::BadPath;
use portcullis_pack::manifest::PROGRAM;
use portcullis_pack::verify::{VerifiedPack, policy_path};
use portcullis_pack::{ItemPath, ItemSource, PackFault, PackWrong};
use portcullis_record::{FACTS, POLICY};
use portcullis_render::portal::{EvidencePeriod, EvidenceRow, write_evidence_files};
use portcullis_render::procedure::{ProcedureStyle, write_html};
use portcullis_render::{Context, ControlGuide, NoSources, Style};
use portcullis_wire::audit::v1::AuditV1;
use portcullis_wire::facts::read_facts;
use portcullis_wire::pack::v1::PackRoleV1;
use std::collections::BTreeSet;

/// The forms of a recorded decision, and their files.
const FORMS: [(&str, &str); 9] = [
    ("codequality", "codequality.json"),
    ("csv", "findings.csv"),
    ("gemara", "gemara-evaluation-log.json"),
    ("junit", "junit.xml"),
    ("oscal", "oscal-assessment-results.json"),
    ("oscal-poam", "oscal-poam.json"),
    ("sarif", "findings.sarif"),
    ("source-review-coverage", "source-review-coverage.json"),
    ("vsa", "vsa.json"),
];

/// With so many landings, files for portals hold exceptions alone.
const MANY: usize = 500;

/// Takes a file with its role.
type TakeResult<'a> = dyn FnMut(ItemPath, Vec<u8>, PackRoleV1) -> anyhow::Result<()> + 'a;

/// Writes everything that follows from the records, the policies and the audit of a pack.
///
/// # Errors
/// Those of the taker.
pub(super) fn write_results(
    source: &dyn ItemSource,
    audit: &AuditV1,
    take: &mut TakeResult<'_>,
) -> anyhow::Result<()> {
    let guides = control_guides();
    let mut profile = HostProfile::github_com();
    for deployment in &audit.deployments {
        let name = format!("{}/{:06}", deployment.environment.as_str(), deployment.number);
        let Some((decision, facts)) =
            read_decision(source, deployment.environment.as_str(), deployment.number)
        else {
            continue;
        };
        profile = facts.whole().host.profile();
        write_forms(&name, &decision, &facts, &guides, take)?;
    }
    write_portal(audit, &guides, take)?;
    write_procedure(source, audit, &profile, take)
}

fn read_file(source: &dyn ItemSource, path: &str) -> Option<Vec<u8>> {
    ItemPath::new(path).ok().and_then(|path| source.read(&path).ok())
}

/// The house policy that a policy of a pack extends: a pack holds it beside the policy.
pub fn kept_houses(source: &dyn ItemSource, policy: &str) -> HouseTexts {
    let kept = house_of(policy).and_then(|house| read_file(source, &policy_path(house.digest.as_str())));
    HouseTexts::of(kept.and_then(|bytes| String::from_utf8(bytes).ok()))
}

/// The decision of a record, and the facts that it was taken from; none where it keeps none.
fn read_decision(
    source: &dyn ItemSource,
    environment: &str,
    number: u64,
) -> Option<(Decision, GatheredFacts)> {
    let file = |name: &str| read_file(source, &format!("{}/{name}", folder_of(environment, number)));
    let facts = read_facts(&file(FACTS)?).ok()?;
    let text = String::from_utf8(file(POLICY)?).ok()?;
    let houses = HouseTexts::in_facts(facts.whole());
    let policy = Policy::parse_extending(&text, &facts.whole().host.profile(), &houses).ok()?;
    Some((decide_facts(&policy, &facts), facts))
}

fn write_forms(
    name: &str,
    decision: &Decision,
    facts: &GatheredFacts,
    guides: &[ControlGuide<'_>],
    take: &mut TakeResult<'_>,
) -> anyhow::Result<()> {
    let style = Style { colour: false, width: 80, verbose: true, advisory: false };
    let context = Context { style, controls: guides, sources: &NoSources, facts: Some(facts), imprint: None };
    for (form, file) in FORMS {
        let mut bytes = Vec::new();
        // A form that has no words for such a decision is left out.
        let written = portcullis_render::find(form)
            .is_some_and(|form| (form.write)(decision, &context, &mut bytes).is_ok());
        if written {
            take(ItemPath::new(&format!("results/{name}/{file}"))?, bytes, PackRoleV1::Results)?;
        }
    }
    Ok(())
}

/// One CSV and one HTML file for each clause that some control serves.
fn write_portal(
    audit: &AuditV1,
    guides: &[ControlGuide<'_>],
    take: &mut TakeResult<'_>,
) -> anyhow::Result<()> {
    let found = findings_of(audit);
    let rows: Vec<EvidenceRow<'_>> =
        found.iter().map(|(item, finding)| EvidenceRow { item, finding }).collect();
    let title = &audit.title;
    let name = title.project.as_deref().or(title.repository.as_deref()).unwrap_or("a repository");
    let project = match audit.landings.len() > MANY {
        true => format!("{name}, exceptions alone: what is met is in audit.json"),
        false => name.to_string(),
    };
    let day = |moment: &Option<String>, other: &str| {
        moment.as_deref().and_then(|moment| moment.get(..10)).unwrap_or(other).to_string()
    };
    let (since, until) = (day(&title.period.since, "from"), last_day(title.period.until.as_deref()));
    for framework in FRAMEWORKS {
        let period = EvidencePeriod {
            project: &project,
            framework: framework_name(framework),
            since: &since,
            until: &until,
        };
        let mut used = BTreeSet::new();
        for file in write_evidence_files(period, &rows, guides)? {
            let path = portal_path(framework.name, &file.name, &mut used)?;
            take(path, file.bytes, PackRoleV1::Results)?;
        }
    }
    Ok(())
}

/// The last day that belongs to a period, which ends before a moment.
fn last_day(until: Option<&str>) -> String {
    let moment = until.and_then(|until| until.parse::<jiff::Timestamp>().ok());
    let before = moment.and_then(|moment| moment.checked_sub(jiff::SignedDuration::from_secs(1)).ok());
    before.and_then(|before| before.to_string().get(..10).map(str::to_string)).unwrap_or("to".to_string())
}

/// The path of a file for portals: its name as a pack writes names, `CM-3(2)` as `cm-3.2`.
fn portal_path(framework: &str, name: &str, used: &mut BTreeSet<String>) -> Result<ItemPath, BadPath> {
    let name = name.to_ascii_lowercase().replace('(', ".").replace(')', "").replace("..", ".");
    let mut path = format!("results/{framework}/{name}");
    while !used.insert(path.clone()) {
        path = path.replacen('/', "/other-", 2).replacen("results/other-", "results/", 1);
    }
    ItemPath::new(&path)
}

/// Every finding of the audit with its item. Of many items what is met is left out.
fn findings_of(audit: &AuditV1) -> Vec<(&str, Finding)> {
    let landings = audit.landings.iter().map(|landing| (landing.id.as_str(), &landing.then.findings));
    let deployments = audit.deployments.iter();
    let deployments = deployments.map(|deployment| (deployment.id.as_str(), &deployment.decision.findings));
    let all = landings.chain(deployments).flat_map(|(item, found)| found.iter().map(move |one| (item, one)));
    let read = all.filter_map(|(item, found)| Some((item, Finding::try_from(found.clone()).ok()?)));
    let is_many = audit.landings.len() > MANY;
    read.filter(|(_, found)| !is_many || !matches!(found.verdict, Verdict::Met | Verdict::Exempt)).collect()
}

/// The procedure of the policy of today, where the pack holds that.
fn write_procedure(
    source: &dyn ItemSource,
    audit: &AuditV1,
    profile: &HostProfile,
    take: &mut TakeResult<'_>,
) -> anyhow::Result<()> {
    let today = audit.title.policy_today.as_ref();
    let text = today.and_then(|today| read_file(source, &policy_path(today.digest.as_str())));
    let text = text.and_then(|bytes| String::from_utf8(bytes).ok());
    let read = |text: String| Policy::parse_extending(&text, profile, &kept_houses(source, &text)).ok();
    let Some(policy) = text.and_then(read) else { return Ok(()) };
    let procedure = policy.procedure();
    let mut put =
        |path: &str, text: String| take(ItemPath::new(path)?, text.into_bytes(), PackRoleV1::Procedure);
    put(PROCEDURE, write_page(&procedure, "procedure.md"))?;
    put("procedure/procedure.html", write_html(&procedure, ProcedureStyle::Page))?;
    BOTH.iter().try_for_each(|drawing| put(&drawing.file(PROCEDURE), drawing.draw(&procedure)))
}

/// Writes the results of a pack again, and compares.
pub(super) fn check_results(source: &dyn ItemSource, audit: &AuditV1, verified: &mut VerifiedPack) {
    if audit.title.program != PROGRAM {
        // That nothing can be written again is said of the report already.
        return;
    }
    let mut known = BTreeSet::new();
    let written = write_results(source, audit, &mut |path, bytes, _| {
        verified.derived += 1;
        let wrong = match source.read(&path) {
            Err(wrong) => Some(wrong),
            Ok(found) if found == bytes => None,
            Ok(_) => {
                let why = "it is not what this program writes of the records and the audit".to_string();
                Some(PackWrong::NotDerived(why))
            }
        };
        verified.faults.extend(wrong.map(|wrong| PackFault::new(&path, wrong)));
        known.insert(path);
        Ok(())
    });
    if let Err(error) = written {
        verified.faults.push(PackFault::new("results", PackWrong::Unreadable(error.to_string())));
    }
    let is_result =
        |path: &ItemPath| ["results/", "procedure/"].iter().any(|folder| path.as_str().starts_with(folder));
    let strange = source.items().keys().filter(|path| is_result(path) && !known.contains(*path));
    let why = || PackWrong::Disagrees("nothing in the pack gives rise to this file".to_string());
    verified.faults.extend(strange.map(|path| PackFault::new(path, why())));
}
