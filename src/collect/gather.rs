//! Gathers the facts of one change.

use crate::evidence::{self, Sought};
use crate::line_coverage;
use crate::reports;
use crate::signed_reviews;
use crate::sources::{Ends, HostSession, Sources};
use crate::unhosted;
use portcullis_forge::{Question, ask_facts, conventions_of};
use portcullis_git::Repository;
use portcullis_model::change::{Change, FileChange, Revision};
use portcullis_model::codeowners::CodeOwners;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::facts::{Facts, GateTexts, HostFacts};
use portcullis_model::host::{CodeOwnersDialect, HostConventions, NO_HOST};
use portcullis_model::inquiry::{Inquiry, TextPurpose, Topic};
use portcullis_model::path::RepoPath;
use portcullis_model::person::TeamName;
use portcullis_model::review::{Move, Review, ReviewedContent};
use portcullis_model::test_run::Report;
use std::collections::BTreeSet;
use std::path::Path;

/// Gathers every fact that the inquiry asks for.
pub fn gather_change(
    inquiry: Inquiry,
    ends: &Ends,
    session: Option<&HostSession<'_>>,
    sources: &Sources<'_>,
) -> Facts {
    let (repository, Ends { base, head, target }) = (sources.repository, ends);
    let conventions = conventions_of(sources.host);
    let (mut change, gate) = of_repository(repository, base, head, &inquiry, &conventions);
    if let (Some(asked), Fact::Known(change)) = (session, &mut change)
        && is_basis_open(change, &inquiry)
        && let Err(gap) = ask_pushes(repository, asked, change)
    {
        change.basis = Fact::Gap(gap);
    }
    let host = match session {
        Some(asked) => host_facts(repository, asked, &inquiry, ends, &change, &gate),
        None => {
            let unseen = HostFacts { conventions, ..HostFacts::unseen(NO_HOST, &no_host()) };
            unhosted::facts_without_host(unseen, &inquiry, target.as_ref(), &change)
        }
    };
    if let Fact::Known(change) = &mut change
        && names_landing_tree(change, &host)
    {
        // What was not seen is not known to be the tree that somebody approved.
        change.landing_tree = repository.landing_tree(base, head).unwrap_or_default();
    }
    let signed = signed_reviews::gather(sources, &inquiry, ends, &change);
    let root = repository.work_tree().unwrap_or(sources.files.directory);
    let tracked = |file: &Path| match reports::path_below(root, file) {
        Some(path) => Fact::from(is_tracked(repository, base, head, &change, &path)),
        None => Fact::Known(false),
    };
    let reports = gather_reports(sources, &inquiry, &tracked);
    let line_coverage = line_coverage::gather(sources, &inquiry, &change, &tracked);
    let sought = Sought {
        base,
        head,
        change: &change,
        reports: &reports,
        coverage: &line_coverage,
        files: sources.evidence,
        inquiry: &inquiry,
        observed: sources.observed,
    };
    let evidence = evidence::gather(repository, sources.files.directory, &sought);
    let observed = Fact::Known(sources.observed);
    Facts { observed, inquiry, change, gate, host, reports, line_coverage, evidence, signed }
}

/// The test reports, where the inquiry asks for them.
fn gather_reports(
    sources: &Sources<'_>,
    inquiry: &Inquiry,
    tracked: &dyn Fn(&Path) -> Fact<bool>,
) -> Fact<Vec<Report>> {
    if inquiry.topics.contains(&Topic::Reports) {
        reports::gather(sources.files, inquiry, tracked)
    } else {
        Fact::Gap(Gap::not_asked("the test reports", "use a policy that asks for them"))
    }
}

/// The part of it that the repository alone answers.
pub fn of_repository(
    repository: &Repository,
    base: &Revision,
    head: &Revision,
    inquiry: &Inquiry,
    conventions: &HostConventions,
) -> (Fact<Change>, Fact<GateTexts>) {
    let change = repository.change(base, head, inquiry);
    let gate = Fact::from(gate_texts(repository, (base, head), inquiry, &change, conventions));
    (change, gate)
}

/// Does the repository bring a file of this path to a checkout of the head, or of the head merged
/// into the base, which is what CI systems check out? A file of the base that the change removes is
/// in neither.
fn is_tracked(
    repository: &Repository,
    base: &Revision,
    head: &Revision,
    change: &Fact<Change>,
    path: &RepoPath,
) -> Result<bool, Gap> {
    if repository.brings(head, path)? {
        return Ok(true);
    }
    let before = change.value().map_or(&[][..], |change| &change.merge_bases);
    for merge_base in before {
        if repository.brings(merge_base, path)? {
            return Ok(false);
        }
    }
    repository.brings(base, path)
}

/// Is there a review of a tree over the tip of the base, so that it matters what lands there?
fn names_landing_tree(change: &Change, host: &HostFacts) -> bool {
    let of_tree = |review: &Review| matches!(&review.reviewed, ReviewedContent::Tree { base, .. } if *base == change.base);
    host.reviews.value().is_some_and(|reviews| reviews.iter().any(of_tree))
}

/// Can the pushes to the base branch tell that what merging the head brings is not what was
/// approved? They cannot where the request begins at the tip and holds no updates, or where git
/// alone knows it already.
fn is_basis_open(change: &Change, inquiry: &Inquiry) -> bool {
    let has_updates = !change.updates.before.is_empty() || !change.updates.earlier.is_empty();
    inquiry.topics.contains(&Topic::Reviews)
        && change.basis.value().is_some()
        && (has_updates || !begins_at_tip(change))
}

fn begins_at_tip(change: &Change) -> bool {
    change.merge_bases.iter().all(|base| *base == change.base || *base == change.head)
}

/// Commits that came to the base branch with others, in one push, never were its tip.
fn ask_pushes(repository: &Repository, asked: &HostSession<'_>, change: &mut Change) -> Result<(), Gap> {
    let tips = repository.tips_asked(change)?;
    if tips.is_empty() {
        return Ok(());
    }
    let branch = asked.branch.known()?;
    let pushes = asked.forge.branch_pushes(&branch.name, &tips);
    repository.after_pushes(change, pushes.known()?)
}

fn no_host() -> Gap {
    Gap::not_asked(
        "what the repository's host says",
        "name the host and the request: `--host github --repository OWNER/NAME --request N`",
    )
}

fn gate_texts(
    repository: &Repository,
    (base, head): (&Revision, &Revision),
    inquiry: &Inquiry,
    change: &Fact<Change>,
    conventions: &HostConventions,
) -> Result<GateTexts, Gap> {
    let mut gate = GateTexts::default();
    for (path, purposes) in &inquiry.texts {
        for purpose in purposes.iter().filter(|purpose| !purpose.is_read_by_collector()) {
            let text = gate.entry(path.clone(), *purpose);
            text.before = text_at(repository, base, path)?;
            if purpose.is_read_after() {
                text.after = match leaves_untouched(change, path) {
                    true => text.before.clone(),
                    false => text_at(repository, head, path)?,
                };
            }
        }
    }
    if let Some((path, text)) = code_owners(repository, base, conventions)? {
        gate.entry(path, TextPurpose::CodeOwners).before = Some(text);
    }
    Ok(gate)
}

/// A change that does not touch the policy (or the waivers) leaves the one that the branch has by
/// now, however old the one that the change began with.
fn leaves_untouched(change: &Fact<Change>, path: &RepoPath) -> bool {
    let entries = change.value().map(|change| change.files.iter().flat_map(|file| file.entries()));
    entries.is_some_and(|mut entries| entries.all(|entry| entry.path != *path))
}

/// CODEOWNERS as the host finds it; what it says of a path, and whether the host would read it, is
/// for its reader.
fn code_owners(
    repository: &Repository,
    at: &Revision,
    conventions: &HostConventions,
) -> Result<Option<(RepoPath, String)>, Gap> {
    for place in &conventions.code_owners.places {
        let path = RepoPath::from(place.as_str());
        if let Some(bytes) = repository.file_at(at, &path)? {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            return Ok(Some((path, text)));
        }
    }
    Ok(None)
}

/// A text file at a commit; `None` when there is none.
///
/// # Errors
/// It cannot be read, or it is not UTF-8.
pub fn text_at(repository: &Repository, at: &Revision, path: &RepoPath) -> Result<Option<String>, Gap> {
    let Some(bytes) = repository.file_at(at, path)? else { return Ok(None) };
    String::from_utf8(bytes).map(Some).map_err(|error| {
        Gap::new(
            format!("the text of {path} at {}", at.short()),
            GapReason::Malformed,
            error.to_string(),
            "save the file as UTF-8",
        )
    })
}

fn host_facts(
    repository: &Repository,
    asked: &HostSession<'_>,
    inquiry: &Inquiry,
    ends: &Ends,
    change: &Fact<Change>,
    gate: &Fact<GateTexts>,
) -> HostFacts {
    let commits = change.value().map_or(&[][..], |change| &change.commits);
    let before_updates = change.value().map_or(&[][..], |change| &change.updates.before);
    let owner_teams = match (change.value(), gate.value()) {
        (Some(change), Some(gate)) if inquiry.topics.contains(&Topic::CodeOwners) => {
            owner_teams(change, gate, asked.forge.conventions().code_owners.dialect)
        }
        _ => BTreeSet::new(),
    };
    let (request, branch) = (asked.request.clone(), asked.branch.clone());
    let head = &ends.head;
    let question = Question { request, branch, head, commits, before_updates, owner_teams };
    let mut facts = ask_facts(asked.forge, asked.on_request, inquiry, question);
    let read = |path: &RepoPath| texts_at(repository, &[&ends.base, &ends.head], path);
    facts.workflow_files = asked.forge.workflow_files(&read);
    if let (Fact::Known(moves), Some(change)) = (&mut facts.moves, change.value()) {
        moves.iter_mut().for_each(|one| follow_move(repository, change, one));
    }
    facts
}

/// What a file holds at each of these commits, whatever its encoding.
fn texts_at(repository: &Repository, at: &[&Revision], path: &RepoPath) -> Result<Vec<String>, Gap> {
    let mut texts = Vec::new();
    for revision in at {
        let bytes = repository.file_at(revision, path)?;
        texts.extend(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()));
    }
    texts.dedup();
    Ok(texts)
}

/// A commit that the branch does not hold any more may still be here: then its history says what
/// came with it.
fn follow_move(repository: &Repository, change: &Change, one: &mut Move) {
    let is_open = matches!(one.kept, Fact::Gap(_));
    if !is_open || !repository.has_commit(&one.after) {
        return;
    }
    let before = one.before.iter().filter(|before| repository.has_commit(before));
    let without: Vec<&Revision> = before.chain([&change.base]).collect();
    one.kept = repository
        .brought(&without, &one.after)
        .map(|brought| change.commits.iter().any(|commit| brought.contains(&commit.id)))
        .into();
}

/// The teams that own a path the change touches, by either name, also only on the way.
fn owner_teams(change: &Change, gate: &GateTexts, dialect: CodeOwnersDialect) -> BTreeSet<TeamName> {
    let Some(text) = gate.before(TextPurpose::CodeOwners) else { return BTreeSet::new() };
    let on_the_way = change.on_the_way.value().map_or(&[][..], Vec::as_slice);
    let files = change.files.iter().chain(on_the_way);
    CodeOwners::parse(text, dialect).teams_of(files.flat_map(FileChange::entries).map(|entry| &entry.path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_testkit::history::Edit;
    use portcullis_testkit::stage::{Stage, revision};

    #[test]
    fn a_file_that_a_control_reads_is_that_of_the_base() {
        const REGISTER: &str = "people/trained.txt";
        let mut stage = Stage::with(&[Edit::Write(REGISTER, "robin\n")]).unwrap();
        stage.change(&[Edit::Write(REGISTER, "mallory\n"), Edit::Write("rooms.txt", "attic\n")]).unwrap();
        let (base, head) = (revision(stage.base).unwrap(), revision(stage.head()).unwrap());
        let repository = Repository::open(stage.directory()).unwrap();
        let mut inquiry = Inquiry::default();
        inquiry.ask_text(REGISTER, TextPurpose::Control);
        inquiry.ask_text("rooms.txt", TextPurpose::Control);
        let (_, gate) = of_repository(&repository, &base, &head, &inquiry, &HostConventions::github());
        let gate = gate.known().unwrap();
        let text = |path: &str| gate.before_at("the list", &path.into(), TextPurpose::Control);
        assert_eq!((text(REGISTER), text("rooms.txt")), (Ok(Some("robin\n")), Ok(None)));
        // What nobody asked for is not a file that is not there.
        assert_eq!(text("attic.txt").unwrap_err().reason, GapReason::NotAsked);
        assert!(gate.texts.values().all(|text| text.after.is_none()));
    }
}
