//! Everything that an audit is made of, gathered in order.

use super::AuditArguments;
use super::arrivals::{read_arrivals, sources_of_arrivals};
use super::asking::open_asked;
use super::branch::{BranchAudit, NamedTip, audit_branch, house_digest};
use super::context::AuditContext;
use super::environments::{ReadRecords, gap_of};
use super::people_seen::PeopleSeen;
use super::period::AskedPeriod;
use super::policies::{PolicyBook, PolicyOfCommit};
use super::snapshots::read_looks;
use crate::HostName;
use crate::decide::read_long_facts;
use crate::deploying::branch_named;
use crate::exit::{Failure, Result};
use crate::given::{GivenPlace, place_of};
use crate::hosts::profile_of;
use crate::policy_file::{POLICY, read_policy};
use crate::progress::ProgressView;
use crate::record::judge_text;
use jiff::Timestamp;
use portcullis_audit::assemble::{GatheredAudit, assemble_audit};
use portcullis_audit::people::PeopleNames;
use portcullis_audit::period::RULE;
use portcullis_audit::protection::Look;
use portcullis_audit::waivers::WaiverBook;
use portcullis_collect::audit::saved::read_recorded;
use portcullis_collect::gather::text_at;
use portcullis_collect::recorded::contradictions;
use portcullis_collect::records::{DeploymentRecords as _, Resting};
use portcullis_collect::sources::Sources;
use portcullis_forge::{Forge, Question};
use portcullis_git::Repository;
use portcullis_judge::policy::Policy;
use portcullis_model::change::BranchName;
use portcullis_model::deployment::Deployment;
use portcullis_model::environment::Environment;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::host::{HostProfile, NO_HOST};
use portcullis_model::path::RepoPath;
use portcullis_model::protection::Branch;
use portcullis_model::snapshot::ProtectionLook;
use portcullis_model::waiver;
use portcullis_wire::audit::v1::{ArrivalsV1, AuditPeriodV1, AuditTitleV1, AuditV1, PolicyTodayV1};
use portcullis_wire::decision::v1::PolicyOriginV1;
use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;

/// The program, with its version.
const PROGRAM: &str = concat!("portcullis ", env!("CARGO_PKG_VERSION"));

/// Gathers an audit and puts it together.
///
/// # Errors
/// Usage, environment or policy errors.
pub fn gather_audit(
    repository: &Repository,
    directory: &Path,
    arguments: &AuditArguments,
    (period, as_of): (&AskedPeriod, Timestamp),
    people: &PeopleSeen,
) -> Result<AuditV1> {
    let asked = open_asked(directory, repository, arguments.host_choice())?;
    let crew = asked.as_ref().and_then(|asked| asked.crew(directory));
    let host = asked.as_ref().map(|asked| &*asked.forge);
    let files = read_files(repository, arguments)?;
    let profile = host_profile(repository, host, &files, arguments.host);
    let given = arguments.policy.as_deref().map(|file| given_policy(repository, directory, file, &profile));
    let mut book = PolicyBook::new(repository, profile, given.transpose()?);
    let sources = Sources::of_the_past(repository, host, crew.as_ref(), directory, as_of);
    let names = branch_names(repository, arguments, &mut book)?;
    let branches: Vec<NamedTip> =
        names.into_iter().map(|name| NamedTip::find(repository, &sources, name)).collect::<Result<_>>()?;
    let today = policy_today(&mut book, &branches)?;
    let view = ProgressView::of(arguments.quiet);
    let context = AuditContext { sources, view, period, as_of, today: Rc::clone(&today), people };
    let mut records = read_records(arguments, &context);
    let file_names = keep_files(files, &mut records, people);
    let mut waivers = std::mem::take(&mut records.waivers);
    let mut audits = Vec::new();
    for named in &branches {
        read_looks(&context, named, &mut records);
        look_now(&context, named, &mut records);
        audits.push(audit_branch(&context, named, &mut book, &mut records, &mut waivers)?);
        newest_waivers(&context, named, &mut waivers);
    }
    let arrivals = read_arrivals(&context, &branches, &audits, &records);
    let title = title_of(arguments, &context, (&records, arrivals.as_ref()), &audits, file_names);
    let found = FoundParts { title, records, waivers, audits, arrivals };
    Ok(put_together(arguments, &today, found, period))
}

/// Everything that was found.
struct FoundParts {
    title: AuditTitleV1,
    records: ReadRecords,
    waivers: WaiverBook,
    audits: Vec<BranchAudit>,
    arrivals: Option<ArrivalsV1>,
}

fn put_together(
    arguments: &AuditArguments,
    today: &PolicyOfCommit,
    found: FoundParts,
    period: &AskedPeriod,
) -> AuditV1 {
    let FoundParts { title, records, waivers, audits, arrivals } = found;
    let policies: Vec<Rc<PolicyOfCommit>> =
        audits.iter().flat_map(|audit| &audit.policies).map(Rc::clone).collect();
    let policies: Vec<&Policy> = policies.iter().filter_map(|policy| policy.policy.as_ref().ok()).collect();
    let today_policy = today.policy.as_ref().ok();
    let people = PeopleNames::by(today_policy);
    let administrators = records.administrators.as_ref();
    let administrators = administrators.map(|all| all.iter().map(|login| people.of_login(login)).collect());
    let mut gaps = records.gaps;
    gaps.extend(today.policy.as_ref().err().map(gap_of));
    let (mut branches, mut landings) = (Vec::new(), Vec::new());
    for audit in audits {
        branches.push(audit.population);
        landings.extend(audit.landings);
        gaps.extend(audit.gaps);
    }
    let mut deployments = records.deployments;
    if period.ends().is_none() {
        // A range of commits has no times: a deployment belongs to it if it brought one of them,
        // deployed one of them or went back from it, whatever its record keeps.
        let steps: BTreeSet<String> =
            landings.iter().flat_map(|landing| &landing.steps).map(ToString::to_string).collect();
        let is_of = |commit: &str| steps.contains(commit);
        deployments.retain(|(deployment, brought)| {
            brought.iter().any(|tip| is_of(tip.as_str()))
                || is_of(deployment.candidate.as_str())
                || (deployment.rollback && is_of(deployment.baseline.as_str()))
        });
    }
    let mut counted = records.counted_snapshots;
    let mut audit = assemble_audit(GatheredAudit {
        title,
        period: period.ends(),
        branches,
        environments: records.populations,
        landings,
        deployments,
        looks: records.looks,
        broken_snapshots: records.broken_snapshots,
        waivers,
        administrators,
        gaps,
        policies,
        today: today_policy,
        arrivals,
        sample: arguments.sample_request(),
    });
    for branch in &mut audit.protection {
        branch.snapshots = counted.remove(&branch.branch);
    }
    audit
}

/// Facts that were handed over, which the repository must not contradict.
fn read_files(repository: &Repository, arguments: &AuditArguments) -> Result<Vec<(Deployment, String)>> {
    let mut files = Vec::new();
    for file in &arguments.facts {
        let name = file.display().to_string();
        let GatheredFacts::Deployment(facts) = read_long_facts(file)? else {
            return Err(Failure::usage(format!(
                "{name}: these facts are not of a deployment; gather them with `portcullis facts --environment`"
            )));
        };
        hold_against(repository, &facts, &name)?;
        files.push((*facts, name));
    }
    Ok(files)
}

fn hold_against(repository: &Repository, facts: &Deployment, name: &str) -> Result<()> {
    let unseen = |gap: Gap| super::unseen_failure(&gap);
    let baseline = facts.baseline.known().map_err(unseen)?;
    let text = text_at(repository, &baseline.revision, &RepoPath::from(POLICY)).map_err(unseen)?;
    let resting = Resting { judge: &judge_text, above: Vec::new() };
    let found = contradictions(repository, text.as_deref().unwrap_or_default(), facts, &resting);
    match found.map_err(unseen)?.first() {
        None => Ok(()),
        Some(first) => {
            Err(Failure::unverified(format!("{name}: the repository contradicts these facts: {first}"))
                .hint("gather them again in this repository"))
        }
    }
}

/// Policies are read for the host that the facts are of.
fn host_profile(
    repository: &Repository,
    host: Option<&dyn Forge>,
    files: &[(Deployment, String)],
    named: Option<HostName>,
) -> HostProfile {
    if let Some(host) = host {
        return host.profile();
    }
    if let Some((facts, _)) = files.first() {
        return facts.whole.host.profile();
    }
    let environments = repository.environments_by_name().unwrap_or_default();
    let recorded = environments.iter().find_map(|environment| {
        let tip = repository.ref_tip(&portcullis_record::reference(environment)).ok()??;
        read_recorded(repository, &tip)
    });
    recorded.map_or_else(|| profile_of(named), |facts| facts.whole.host.profile())
}

fn given_policy(
    repository: &Repository,
    directory: &Path,
    file: &Path,
    profile: &HostProfile,
) -> Result<Policy> {
    match place_of(repository, directory, file)? {
        GivenPlace::Elsewhere => read_policy(&directory.join(file), profile),
        GivenPlace::Inside(path) => Err(Failure::usage(format!(
            "the policy {} is a file of the repository ({path}): leave out --policy, and each landing is judged by the policy \
             that was in force for it; to judge by another one, copy it to a place outside of the repository",
            file.display()
        ))),
    }
}

fn branch_names(
    repository: &Repository,
    arguments: &AuditArguments,
    book: &mut PolicyBook<'_>,
) -> Result<Vec<BranchName>> {
    if !arguments.branches.is_empty() {
        let mut names: Vec<BranchName> =
            arguments.branches.iter().map(|name| BranchName::new(name)).collect();
        names.sort();
        names.dedup();
        return Ok(names);
    }
    let unnamed = || Failure::usage("name the branch that is audited: --branch NAME");
    let head = repository.resolve("HEAD").map_err(|_| unnamed())?;
    let policy = book.at(&head);
    let only = policy.policy.as_ref().ok().and_then(|policy| branch_named(None, policy));
    only.map(|name| vec![name]).ok_or_else(unnamed)
}

/// The policy at the tip of the first branch.
fn policy_today(book: &mut PolicyBook<'_>, branches: &[NamedTip]) -> Result<Rc<PolicyOfCommit>> {
    let first =
        branches.first().ok_or_else(|| Failure::usage("name the branch that is audited: --branch NAME"))?;
    let today = book.at(&first.tip);
    let is_missing = today.digest.is_none()
        && matches!(&today.policy, Err(gap) if gap.reason == GapReason::MissingObject && gap.detail.contains(POLICY));
    if is_missing {
        return Err(Failure::policy(format!(
            "there is no {POLICY} on {} at {}; name a policy outside of the repository with --policy",
            first.name,
            first.tip.short()
        )));
    }
    Ok(today)
}

fn read_records(arguments: &AuditArguments, context: &AuditContext<'_>) -> ReadRecords {
    let repository = context.sources.repository;
    let mut records = ReadRecords::default();
    if arguments.no_deployments {
        return records;
    }
    let policy = context.today.policy.as_ref().ok();
    let mut environments: BTreeSet<Environment> = arguments.environments.iter().cloned().collect();
    if environments.is_empty() {
        match repository.environments() {
            Ok(known) => environments.extend(known),
            Err(gap) => records.gaps.push(gap_of(&gap)),
        }
        environments.extend(policy.into_iter().flat_map(|policy| policy.environments.iter().cloned()));
    }
    if environments.is_empty() {
        records.gaps.push(gap_of(&Gap::new(
            "the deployments",
            GapReason::MissingObject,
            "this repository holds no record of any, and a clone does not bring them by itself",
            format!(
                "Fetch them: `{}`; where nothing is deployed through the gate, audit with --no-deployments.",
                portcullis_collect::records::FETCH
            ),
        )));
    }
    for environment in &environments {
        records.read(context, environment, policy);
    }
    records
}

fn keep_files(
    files: Vec<(Deployment, String)>,
    records: &mut ReadRecords,
    people: &PeopleSeen,
) -> Vec<String> {
    let mut names = Vec::new();
    for (facts, name) in files {
        people.learn_facts(&facts);
        records.administrators_of(&facts.whole.host);
        names.push(name.clone());
        records.saved.add_file(facts, name);
    }
    names
}

/// A look at the protection of a branch as it is now, where a host is asked.
fn look_now(context: &AuditContext<'_>, named: &NamedTip, records: &mut ReadRecords) {
    let Some(host) = context.sources.host else { return };
    let gap = Gap::not_asked("one change request", "the branch is asked about");
    let branch = Fact::Known(Branch { name: named.name.clone(), tip: named.tip.clone(), protected: true });
    let question = Question {
        request: Fact::Gap(gap),
        branch,
        head: &named.tip,
        commits: &[],
        before_updates: &[],
        owner_teams: BTreeSet::new(),
    };
    let (protection, administration) = (host.protection(&question), host.administration());
    context.people.learn_look(ProtectionLook {
        protected: Fact::Known(true),
        protection: protection.clone(),
        administration: administration.clone(),
    });
    let source = format!("{} as it was asked now", host.kind());
    records.looks.push(Look { at: context.as_of, branch: named.name.clone(), protection, source });
    records.administered_by(administration.as_ref());
}

/// The waivers at the tip: the review of an emergency is written down after the fact.
fn newest_waivers(context: &AuditContext<'_>, named: &NamedTip, waivers: &mut WaiverBook) {
    let Ok(policy) = &context.today.policy else { return };
    if context.today.given {
        return;
    }
    if let Ok(Some(text)) = text_at(context.sources.repository, &named.tip, &RepoPath::from(waiver::PATH)) {
        // Waivers at the tip that cannot be read are for `policy check` to report.
        let _ = waivers.add(policy, &text, context.as_of);
    }
}

fn title_of(
    arguments: &AuditArguments,
    context: &AuditContext<'_>,
    (records, arrivals): (&ReadRecords, Option<&ArrivalsV1>),
    audits: &[BranchAudit],
    files: Vec<String>,
) -> AuditTitleV1 {
    let newest = context.today.policy.as_ref().ok();
    let host = context.sources.host;
    let mut sources = vec!["git: the repository that the audit was made in".to_string()];
    sources.extend(host.map(|host| {
        format!("{}: {}, as it was asked at the moment of the audit", host.kind(), host.repository())
    }));
    sources.extend(records.populations.iter().filter(|one| one.records > 0).map(|one| {
        format!(
            "the deployment records of {}: {}",
            one.environment,
            portcullis_render::plural(one.records, "record")
        )
    }));
    sources.extend(records.snapshots.iter().cloned());
    sources.extend(arrivals.into_iter().flat_map(sources_of_arrivals));
    sources.extend(files.into_iter().map(|name| format!("the facts in {name}")));
    let (since, until) = context.period.ends().unzip();
    AuditTitleV1 {
        project: newest.map(|policy| policy.project.clone()),
        accountable: newest.and_then(|policy| policy.accountable.clone()),
        host: host.map_or(NO_HOST, Forge::kind).to_string(),
        repository: host.map(Forge::repository).or_else(|| records.repository.clone()),
        period: AuditPeriodV1 {
            since: since.map(|since| since.to_string()),
            until: until.map(|until| until.to_string()),
            range: arguments.range.clone(),
            rule: RULE.to_string(),
        },
        as_of: context.as_of.to_string(),
        program: PROGRAM.to_string(),
        sources,
        policies: audits.iter().flat_map(|audit| audit.in_force.clone()).collect(),
        policy_today: newest.map(|policy| PolicyTodayV1 {
            digest: (&policy.digest).into(),
            house: house_digest(Some(policy)),
            origin: if context.today.given { PolicyOriginV1::Given } else { PolicyOriginV1::Base },
        }),
    }
}
