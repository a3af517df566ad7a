//! The landings of a rehearsal, gathered as an audit gathers them and judged a portion at a time.

use super::RehearseArguments;
use super::policies::NamedPolicy;
use crate::audit::asking::open_asked;
use crate::audit::branch::NamedTip;
use crate::audit::period::AskedPeriod;
use crate::audit::population::{AuditedLine, CountedRange};
use crate::audit::unseen_failure;
use crate::exit::Result;
use crate::hosts::profile_of;
use crate::output;
use crate::progress::Progress;
use jiff::Timestamp;
use portcullis_audit::landing::SeenLanding;
use portcullis_collect::audit::{AuditGroup, AuditedBranch, GatheredLanding};
use portcullis_collect::sources::Sources;
use portcullis_forge::Forge;
use portcullis_git::Repository;
use portcullis_model::change::Revision;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::host::NO_HOST;
use portcullis_model::inquiry::Inquiry;
use portcullis_model::landing::{Span, Step};
use portcullis_rehearse::landings::{RehearsalBook, RehearsalTitle, RehearsedPolicies};
use portcullis_rehearse::variant::change_settings;
use portcullis_wire::rehearsal::v1::{RehearsalV1, RehearsedPastV1};
use std::path::Path;

/// The program, with its version.
const PROGRAM: &str = concat!("portcullis ", env!("CARGO_PKG_VERSION"));

/// So many landings are looked at in one go: their facts are in memory together.
const PORTION: usize = 64;

/// What landings are gathered with.
struct Rehearsing<'a> {
    sources: &'a Sources<'a>,
    arguments: &'a RehearseArguments,
    branch: AuditedBranch<'a>,
    named: &'a NamedTip,
    line: &'a AuditedLine,
    inquiry: Inquiry,
}

/// Gathers and judges the landings.
///
/// # Errors
/// Usage, environment or policy errors.
pub fn gather_rehearsal(
    repository: &Repository,
    directory: &Path,
    arguments: &RehearseArguments,
    (period, as_of): (&AskedPeriod, Timestamp),
) -> Result<RehearsalV1> {
    let asked = open_asked(directory, repository, arguments.host_choice())?;
    let crew = asked.as_ref().and_then(|asked| asked.crew(directory));
    let host = asked.as_ref().map(|asked| &*asked.forge);
    let profile = host.map_or_else(|| profile_of(arguments.host), Forge::profile);
    let policy = NamedPolicy::rehearsed(repository, directory, arguments, &profile)?;
    let other = arguments.compare.as_ref().map(|file| NamedPolicy::read(directory, file, &profile));
    let other = other.transpose()?;
    let sources = Sources::of_the_past(repository, host, crew.as_ref(), directory, as_of);
    let named =
        NamedTip::find(repository, &sources, policy.branch(repository, arguments.branch.as_deref())?)?;
    let line = repository.dated_line(&named.tip).map_err(|gap| unseen_failure(&gap))?;
    let line = AuditedLine::find(repository, line, &[], period, as_of)?;
    if line.leaves_first_out() {
        output::remark(
            "the first commit of the history is no landing: there was nothing that it could land on",
        );
    }
    let inquiry = policy.policy.inquiry(None);
    let inquiry = other.iter().fold(inquiry, |asked, other| asked.union(other.policy.inquiry(None)));
    let variants = change_settings(&policy.policy, &inquiry);
    let mut book = RehearsalBook::begin(RehearsedPolicies {
        policy: &policy.policy,
        other: other.as_ref().map(|other| &other.policy),
        variants: &variants,
        as_of,
    });
    let branch = AuditedBranch::of(&sources, &named.name);
    let work = Rehearsing { sources: &sources, arguments, branch, named: &named, line: &line, inquiry };
    if let Err(gap) = work.judge_all(&mut book) {
        book.note_gap(&gap, "");
    }
    Ok(book.finish(RehearsalTitle {
        policy: policy.describe(repository, &named.tip)?,
        other: other.as_ref().map(|other| other.describe(repository, &named.tip)).transpose()?,
        past: describe_past(&named, &line, period, as_of),
        host: host.map_or(NO_HOST, Forge::kind).to_string(),
        repository: host.map(Forge::repository),
        program: PROGRAM.to_string(),
    }))
}

fn describe_past(
    named: &NamedTip,
    line: &AuditedLine,
    period: &AskedPeriod,
    as_of: Timestamp,
) -> RehearsedPastV1 {
    RehearsedPastV1 {
        branch: named.name.to_string(),
        tip: (&named.tip).into(),
        tip_source: named.source.clone(),
        from: line.ends().map(|(from, _)| from.into()),
        last: match period {
            AskedPeriod::Last(steps) => Some(*steps as u64),
            AskedPeriod::Time(_) | AskedPeriod::Range { .. } => None,
        },
        since: period.ends().map(|(since, _)| since.to_string()),
        as_of: as_of.to_string(),
        steps: line.within.len() as u64,
    }
}

impl Rehearsing<'_> {
    /// Judges every landing; what is not looked at is a gap.
    fn judge_all(&self, book: &mut RehearsalBook<'_>) -> std::result::Result<(), Gap> {
        let Some((from, to)) = self.line.ends() else { return Err(no_landing(self.named)) };
        let repository = self.sources.repository;
        let steps = match repository.span(from, to) {
            Fact::Known(Span::Steps(steps)) => steps,
            Fact::Known(_) => return Err(no_landing(self.named)),
            Fact::Gap(gap) => return Err(gap),
        };
        let groups = self.find_groups(from, steps);
        let counted = CountedRange::of(repository, (from, to), &groups)?;
        self.judge_groups(groups, book);
        counted.gap_of(&self.named.name, book.count() as u64).map_or(Ok(()), Err)
    }

    fn find_groups(&self, from: &Revision, steps: Vec<Step>) -> Vec<AuditGroup> {
        let what = format!("looking for what brought the commits of {}", self.named.name);
        let progress = Progress::begin(self.arguments.view(), what, Some(steps.len()));
        self.branch.groups(&self.inquiry, from, steps, &|_| None, &|done| progress.at(done))
    }

    fn judge_groups(&self, groups: Vec<AuditGroup>, book: &mut RehearsalBook<'_>) {
        let count = groups.len();
        let what = format!("rehearsing {}", portcullis_render::plural(count as u64, "landing"));
        let progress = Progress::begin(self.arguments.view(), what, Some(count.max(1)));
        let mut rest = groups.into_iter();
        loop {
            let portion: Vec<AuditGroup> = rest.by_ref().take(PORTION).collect();
            if portion.is_empty() {
                return;
            }
            let before = book.count();
            let gathered = self
                .branch
                .gather(&self.inquiry, portion, &mut |_, _| None, &|done| progress.at(before + done));
            gathered.iter().for_each(|one| self.judge(one, book));
        }
    }

    fn judge(&self, gathered: &GatheredLanding, book: &mut RehearsalBook<'_>) {
        book.add(&SeenLanding {
            number: book.count() as u64 + 1,
            moment: self.line.moment(&gathered.facts.candidate),
            facts: &gathered.facts,
            source: &gathered.source,
        });
    }
}

fn no_landing(named: &NamedTip) -> Gap {
    Gap::new(
        format!("the landings of {}", named.name),
        GapReason::MissingObject,
        "there is none in what was asked for",
        "Look further back, with --last or --since, or name another branch.",
    )
}
