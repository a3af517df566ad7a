//! The road from arguments to a decision, for a change, a batch and a deployment alike: what is
//! meant, what is judged, by which policy, and the facts.

use super::exit::{Failure, Result};
use super::given::{self, GivenPlace};
use super::hosts::{AskedHost, MeantHost, open_gate_host, profile_of};
use super::meant::{CommitsQuestion, Meant};
use super::policy_file::{POLICY, check_waivers, parse_policy, read_policy};
use super::stop::Stop;
use super::{SubjectArguments, bare, batching, deploying, names, opening, output};
use portcullis_collect::batch::BatchTarget;
use portcullis_collect::gather::text_at;
use portcullis_collect::policy_texts::{PolicyTexts, houses_at, read_policy_texts, valid_policy_at};
use portcullis_collect::reports::{NamedReport, ReportFiles};
use portcullis_collect::request::{
    JudgementRequest, LocateError, Located, LocatedChange, RevisionNames, check_clone, gather, locate_change,
};
use portcullis_collect::signed_reviews::remembered_tips;
use portcullis_collect::sources::{Ends, HostSession, ReviewRefs, Sources};
use portcullis_forge::ci::{self, JobEvent, VerdictPlace};
use portcullis_forge::{Connection, Forge};
use portcullis_git::Repository;
use portcullis_judge::policy::Policy;
use portcullis_judge::policy::house::HouseTexts;
use portcullis_model::change::Revision;
use portcullis_model::decision::{Decision, Judged};
use portcullis_model::fact::Gap;
use portcullis_model::facts::Detour;
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::host::HostProfile;
use portcullis_model::inquiry::Inquiry;
use portcullis_model::path::RepoPath;
use portcullis_model::reading::ReportReaders;
use portcullis_model::test_run::ReportFormat;
use std::path::{Path, PathBuf};

/// Everything a decision needs.
pub struct Prepared {
    /// The policy in force at the base.
    pub policy: Policy,
    /// The facts.
    pub facts: GatheredFacts,
    /// The newest record of the environment when they were gathered; `None` for a change, and where
    /// there is no record.
    pub tip: Option<Revision>,
}

/// Without base, head or policy there is nothing to decide by; that is an answer too.
pub enum Preparation {
    /// Ready to decide.
    Ready(Box<Prepared>),
    /// Not even the policy could be seen.
    Unseen(Box<Judged>, Gap),
}

impl Preparation {
    /// The decision. Where nothing was gathered, `detours` are what lies between the gate and the
    /// host.
    pub fn decide(&self, detours: &[Detour]) -> Decision {
        match self {
            Preparation::Ready(ready) => portcullis_judge::decide::decide_facts(&ready.policy, &ready.facts),
            Preparation::Unseen(judged, gap) => {
                portcullis_judge::decide::undetermined_by((**judged).clone(), gap, detours)
            }
        }
    }
}

/// Prepares a judgement, asking the host over the network. In the job of a CI system only the
/// commit that its check is shown on is judged.
///
/// # Errors
/// Usage, environment or policy errors.
pub fn prepare(
    readers: &dyn ReportReaders,
    directory: &Path,
    subject: &SubjectArguments,
    request: &JudgementRequest,
) -> Result<Preparation> {
    let job = ci::current_job().event()?;
    prepared(readers, None, job.as_deref(), directory, subject, request)
}

/// Gathers what is named, to be judged later and elsewhere; without a name, what the job is of.
///
/// # Errors
/// Usage, environment or policy errors.
pub fn prepare_named(
    readers: &dyn ReportReaders,
    directory: &Path,
    subject: &SubjectArguments,
    request: &JudgementRequest,
) -> Result<Preparation> {
    let is_named = subject.host.is_some() || subject.repository.is_some() || subject.request.is_some();
    let by_job = *request == JudgementRequest::Change && !is_named;
    let job = if by_job { ci::current_job().event()? } else { None };
    prepared(readers, None, job.as_deref(), directory, subject, request)
}

/// Prepares the judgement of a change over any connection, outside of any job.
///
/// # Errors
/// See [`prepare`].
pub fn prepare_over(
    readers: &dyn ReportReaders,
    connection: Connection,
    directory: &Path,
    subject: &SubjectArguments,
) -> Result<Preparation> {
    prepare_request_over(readers, connection, directory, subject, &JudgementRequest::Change)
}

/// Prepares the judgement of anything over any connection, outside of any job.
///
/// # Errors
/// See [`prepare`].
pub fn prepare_request_over(
    readers: &dyn ReportReaders,
    connection: Connection,
    directory: &Path,
    subject: &SubjectArguments,
    request: &JudgementRequest,
) -> Result<Preparation> {
    prepared(readers, Some(connection), None, directory, subject, request)
}

fn prepared(
    readers: &dyn ReportReaders,
    connection: Option<Connection>,
    job: Option<&dyn JobEvent>,
    directory: &Path,
    subject: &SubjectArguments,
    request: &JudgementRequest,
) -> Result<Preparation> {
    match try_prepare(readers, connection, job, directory, subject, request) {
        Ok(prepared) => Ok(Preparation::Ready(Box::new(prepared))),
        Err(Stop::Gap(judged, gap)) => Ok(Preparation::Unseen(judged, gap)),
        Err(Stop::Failure(failure)) => Err(failure),
    }
}

fn try_prepare(
    readers: &dyn ReportReaders,
    connection: Option<Connection>,
    job: Option<&dyn JobEvent>,
    directory: &Path,
    subject: &SubjectArguments,
    request: &JudgementRequest,
) -> std::result::Result<Prepared, Stop> {
    let repository = opening::open(directory)?;
    let reports = named_reports(directory, &subject.reports)?;
    let meant = Meant::read(&repository, subject, request, job)?;
    let is_live = connection.is_none();
    let open = |host: &MeantHost| match bare::open_server(directory, host, meant.candidate.as_ref())? {
        Some(server) => Ok(AskedHost::of(server)),
        None => open_gate_host(host, connection),
    };
    let asked = meant.host.as_ref().map(open).transpose()?;
    let crew = asked.as_ref().and_then(|asked| asked.crew(directory));
    let forge = asked.as_ref().map(|asked| &*asked.forge);
    let id = meant.host.as_ref().and_then(|host| host.request.as_ref());
    let on_request = forge.zip(id).map(|(forge, id)| forge.request(id));
    let session = forge.zip(on_request.as_deref());
    let session = session.map(|(forge, on_request)| HostSession::begin(forge, on_request));
    let question = CommitsQuestion { repository: &repository, subject, meant: &meant, forge };
    let found = locate_ends(&question, request, session)?;
    let unseen = |gap| Stop::Gap(Box::new(found.judged()), gap);
    let profile = forge.map_or_else(|| profile_of(subject.host), Forge::profile);
    let policy = policy_at(&repository, directory, subject, &found.ends(), &profile)?;
    let PolicyAtBase { policy, inquiry, altered } = policy.map_err(unseen)?;
    let brought = || {
        let text = text_at(&repository, &found.ends().head, &POLICY.into()).ok()??;
        valid_policy_at(&repository, &found.ends().head, &text, &profile)
    };
    names::check_reports(&policy, &reports, brought)?;
    names::warn(&reports, &subject.evidence);
    let tip = found.tip();
    let logged = bare::logged_reviews(&repository, forge);
    let review_refs = ReviewRefs { logged, ..found.review_refs(&repository) };
    let located = found.locate_by(&policy, &question, request)?;
    let sources = Sources {
        repository: &repository,
        host: forge,
        crew: crew.as_ref(),
        files: ReportFiles { directory, named: &reports, readers },
        evidence: &subject.evidence,
        observed: jiff::Timestamp::now(),
        review_refs: &review_refs,
    };
    let mut facts = gather(inquiry, located, &sources, &output::progress);
    if is_live && facts.whole().host.took_part() && !bare::is_meant(subject) {
        facts.whole_mut().host.detours = ci::detours();
    }
    let known: Vec<&Policy> = [&policy].into_iter().chain(&altered).collect();
    HouseTexts::keep_in(facts.whole_mut(), &known);
    check_waivers(&policy, &facts)?;
    Ok(Prepared { policy, facts, tip })
}

/// The commits that are judged, before the policy is known.
enum LocatedEnds<'a> {
    Change(Box<LocatedChange<'a>>),
    Batch(Box<BatchTarget>),
    Deployment(Box<deploying::LocatedDeployment>),
}

fn locate_ends<'s>(
    question: &CommitsQuestion<'_>,
    request: &JudgementRequest,
    session: Option<HostSession<'s>>,
) -> std::result::Result<LocatedEnds<'s>, Stop> {
    match request {
        JudgementRequest::Change => match batching::locate(question)? {
            Some(batch) => Ok(LocatedEnds::Batch(Box::new(batch))),
            None => locate_change_ends(question, session),
        },
        JudgementRequest::Deployment { environment, .. } => {
            Ok(LocatedEnds::Deployment(Box::new(deploying::locate(question, environment)?)))
        }
    }
}

fn locate_change_ends<'s>(
    question: &CommitsQuestion<'_>,
    session: Option<HostSession<'s>>,
) -> std::result::Result<LocatedEnds<'s>, Stop> {
    let (subject, place, of_host) = (question.subject, question.meant.place.as_ref(), session.as_ref());
    let names = RevisionNames {
        base: subject.base.as_deref(),
        head: subject.head.as_deref(),
        of_job: place.map(|place| &place.commit),
    };
    let unseen = |gap, ends: Option<&Ends>| Stop::Gap(Box::new(judged_change(of_host, ends)), gap);
    let ends = locate_change(question.repository, names, of_host).map_err(|error| match error {
        LocateError::Unseen(gap) => unseen(gap, None),
        LocateError::Unresolved(error) => Stop::from(error),
        LocateError::NoBase => {
            Stop::from(Failure::usage("name the tip of the branch that would receive the change: --base REV"))
        }
    })?;
    if let Some(place) = place {
        check_place(place, of_host, &ends).map_err(|gap| unseen(gap, Some(&ends)))?;
    }
    check_clone(question.repository, of_host, &ends).map_err(|gap| unseen(gap, Some(&ends)))?;
    Ok(LocatedEnds::Change(Box::new(LocatedChange { ends, session })))
}

impl<'a> LocatedEnds<'a> {
    fn ends(&self) -> Ends {
        match self {
            LocatedEnds::Change(change) => change.ends.clone(),
            LocatedEnds::Batch(batch) => batch.ends.clone(),
            LocatedEnds::Deployment(located) => located.ends(),
        }
    }

    fn judged(&self) -> Judged {
        match self {
            LocatedEnds::Change(change) => judged_change(change.session.as_ref(), Some(&change.ends)),
            LocatedEnds::Batch(batch) => {
                batching::judged(&batch.name, Some(&batch.ends.base), &batch.ends.head)
            }
            LocatedEnds::Deployment(located) => located.judged(),
        }
    }

    fn tip(&self) -> Option<Revision> {
        match self {
            LocatedEnds::Change(_) | LocatedEnds::Batch(_) => None,
            LocatedEnds::Deployment(located) => located.tip.clone(),
        }
    }

    /// The tips of signed reviews that the newest record of the environment saw.
    fn review_refs(&self, repository: &Repository) -> ReviewRefs {
        let remembered = self.tip().map(|tip| remembered_tips(repository, &tip)).unwrap_or_default();
        ReviewRefs { remembered, ..ReviewRefs::default() }
    }

    /// What is judged, given what the policy says of it.
    fn locate_by(
        self,
        policy: &Policy,
        question: &CommitsQuestion<'_>,
        request: &JudgementRequest,
    ) -> Result<Located<'a>> {
        match self {
            LocatedEnds::Change(change) => Ok(Located::Change(change)),
            LocatedEnds::Batch(batch) => Ok(Located::Batch(batch)),
            LocatedEnds::Deployment(located) => {
                Ok(Located::Deployment(Box::new(located.target(policy, question, request)?)))
            }
        }
    }
}

/// Is the verdict shown on what is judged, and does the request that is judged end there?
fn check_place(
    place: &VerdictPlace,
    session: Option<&HostSession<'_>>,
    ends: &Ends,
) -> std::result::Result<(), Gap> {
    place.check_head(&ends.head)?;
    match session.and_then(|session| session.request.value()) {
        Some(request) => place.check_request_head(&request.id, &request.head),
        None => Ok(()),
    }
}

fn judged_change(session: Option<&HostSession<'_>>, ends: Option<&Ends>) -> Judged {
    let request = session.and_then(|session| session.request.value());
    Judged {
        request: request.map(|request| request.id.clone()),
        title: request.map(|request| request.title.clone()),
        branch: request.map(|request| request.base_branch.clone()),
        base: ends.map(|ends| ends.base.clone()),
        head: ends.map(|ends| ends.head.clone()),
        ..Judged::default()
    }
}

/// What is judged by.
pub(super) struct PolicyAtBase {
    /// The policy in force.
    pub policy: Policy,
    /// What it, or the one in its place at the head, wants to know.
    pub inquiry: Inquiry,
    /// The one in its place at the head, where it is another and can be read.
    pub altered: Option<Policy>,
}

/// The policy at the base, or the one handed over from elsewhere; and everything that it, or what
/// is in its place at the head, wants to know.
///
/// # Errors
/// There is none, or it is not valid.
pub(super) fn policy_at(
    repository: &Repository,
    directory: &Path,
    subject: &SubjectArguments,
    ends: &Ends,
    host: &HostProfile,
) -> Result<std::result::Result<PolicyAtBase, Gap>> {
    let path = match &subject.policy {
        None => RepoPath::from(POLICY),
        Some(file) => match given::place_of(repository, directory, file)? {
            GivenPlace::Inside(path) => path,
            GivenPlace::Elsewhere => {
                let policy = read_policy(&directory.join(file), host)?;
                let inquiry = policy.inquiry(None);
                return Ok(Ok(PolicyAtBase { policy, inquiry, altered: None }));
            }
        },
    };
    let PolicyTexts { before, after } = match read_policy_texts(repository, ends, &path) {
        Ok(texts) => texts,
        Err(gap) => return Ok(Err(gap)),
    };
    let at = ends.base.short();
    if let Some(file) = &subject.policy {
        given::check_agreement(directory, file, ends, before.as_deref())?;
    }
    let Some(text) = before else {
        return Err(Failure::policy(format!(
            "there is no {POLICY} at the base commit {at}; `portcullis init` proposes one, and it \
             counts once it has landed on the branch"
        )));
    };
    let houses = match houses_at(repository, &ends.base, &text) {
        Ok(houses) => houses,
        Err(gap) => return Ok(Err(gap)),
    };
    let policy = parse_policy(&format!("{path} at {at}"), &text, host, &houses)?;
    let inquiry = policy.inquiry(Some(path.clone()));
    let altered = after.filter(|after| *after != text);
    let altered = altered.and_then(|after| valid_policy_at(repository, &ends.head, &after, host));
    let inquiry = match &altered {
        Some(altered) => inquiry.union(altered.inquiry(Some(path))),
        None => inquiry,
    };
    Ok(Ok(PolicyAtBase { policy, inquiry, altered }))
}

/// A file is not written over a report, statement or policy that is read for it.
///
/// # Errors
/// It would be.
pub fn spare_inputs(output: &Path, subject: &SubjectArguments) -> Result<()> {
    names::spare_files(output, read_files(subject)?.iter().map(PathBuf::as_path))
}

/// The files that are named to be read.
///
/// # Errors
/// A report names no file.
pub fn read_files(subject: &SubjectArguments) -> Result<Vec<PathBuf>> {
    let reports: Vec<NamedReport> = named_reports(Path::new("."), &subject.reports)?;
    let reports = reports.into_iter().map(|report| report.file);
    Ok(reports.chain(subject.evidence.iter().cloned()).chain(subject.policy.clone()).collect())
}

/// The reports named on the command line.
///
/// # Errors
/// One of them names no file.
pub fn named_reports(directory: &Path, reports: &[String]) -> Result<Vec<NamedReport>> {
    reports.iter().map(|text| parse_report(directory, text)).collect()
}

/// `FILE`; before it `SUITE=`, where SUITE looks like the name of a suite, and `FORMAT:`, where
/// FORMAT is one.
fn parse_report(directory: &Path, text: &str) -> Result<NamedReport> {
    let is_suite = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    let (suite, rest) = match text.split_once('=') {
        Some((name, rest)) if is_suite(name) && !rest.is_empty() => (Some(name.to_string()), rest),
        _ => (None, text),
    };
    let format = rest.split_once(':').and_then(|(name, file)| Some((ReportFormat::named(name)?, file)));
    let (format, file) = format.map_or((None, rest), |(format, file)| (Some(format), file));
    if file.is_empty() {
        return Err(Failure::usage("--report needs a file: --report FILE or --report SUITE=FILE"));
    }
    Ok(NamedReport { suite, format, file: directory.join(file) })
}
