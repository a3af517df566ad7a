//! Judging what a push would land on a deployment branch.
//!
//! Each step of the branch's line has to be explained by a head that passes the gate: for a
//! fast-forward the new tip; for a merge what it merged, if the merge is what git makes of it and
//! nothing else; for a squash or a rebase a head that was approved for this branch and of which
//! replaying gives what landed. A head passes if the controls of the merge gate allow it, from the
//! policy at what it lands on.

use super::landed_before::{changed_paths, has_landed, may_change};
use super::receiving::{Receiving, unseen};
use crate::exit::{Failure, Result};
use crate::policy_file::check_waivers;
use crate::prepare::{PolicyAtBase, policy_at};
use crate::{SubjectArguments, output};
use portcullis_collect::bare::{is_explained, prove_landing};
use portcullis_collect::reports::ReportFiles;
use portcullis_collect::request::{Located, LocatedChange, gather};
use portcullis_collect::sources::{Ends, HostSession, ReviewRefs, Sources};
use portcullis_forge::Forge;
use portcullis_forge::bare::BareRequestId;
use portcullis_judge::control::{gate_integrity, required_reviews};
use portcullis_judge::decide::{decide_facts, undetermined};
use portcullis_judge::policy::Policy;
use portcullis_judge::policy::house::HouseTexts;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::decision::{Decision, Finding, Judged, Outcome};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::landing::{Coverage, Span, Step};
use portcullis_model::protection::Branch;
use portcullis_model::shell::quote_word;
use std::path::Path;

/// So many approved heads are tried for a landing that no parent explains.
const MOST_CANDIDATES: usize = 64;

/// So many commits in a row are judged one by one where they do not land together.
const MOST_SQUASHES: usize = 16;

/// What became of the update of a branch.
pub enum Ruling {
    /// It may land: the heads that explain it.
    Allowed(Vec<Revision>),
    /// It may not, for a reason that needs no judgement: what, and what to do.
    Refused(String, String),
    /// The gate does not allow a head.
    Judged(Box<Decision>, Option<String>),
}

/// One branch of a push.
pub struct BranchUpdate<'a> {
    /// The push.
    pub receiving: &'a Receiving,
    /// The branch.
    pub branch: &'a BranchName,
}

/// Steps that land together.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Segment {
    parent: Revision,
    landed: Revision,
    /// What a merge merged; empty for steps that are none.
    merged: Vec<Revision>,
    /// The commits, oldest first.
    steps: Vec<Revision>,
}

impl BranchUpdate<'_> {
    /// Judges the way from one tip to the next.
    ///
    /// # Errors
    /// The policy is missing or not valid.
    pub fn judge(&self, old: &Revision, new: &Revision) -> Result<Ruling> {
        let steps = match self.receiving.repository.span(old, new) {
            Fact::Known(Span::Steps(steps)) => steps,
            Fact::Known(span) => return Ok(self.refuse_span(&span)),
            Fact::Gap(gap) => return Ok(Ruling::Judged(Box::new(self.unseen(old, new, &gap)), None)),
        };
        let segments = split_steps(old, &steps);
        let is_single = segments.len() == 1;
        if !is_single && let Ruling::Allowed(heads) = self.judge_head(old, new)? {
            return Ok(Ruling::Allowed(heads));
        }
        let mut explained = Vec::new();
        for segment in &segments {
            match self.judge_segment(segment)? {
                Ruling::Allowed(heads) => explained.extend(heads),
                refused => return Ok(refused),
            }
        }
        Ok(Ruling::Allowed(explained))
    }

    fn refuse_span(&self, span: &Span) -> Ruling {
        let branch = self.branch;
        let (what, remedy) = match span {
            Span::Equal | Span::Steps(_) => ("the push moves nothing", "There is nothing to do."),
            Span::Beside => (
                "the tip of the branch would become a side of a merge, so that the branch would have another history",
                "Merge your change into the branch (`git merge --no-ff`), not the branch into your change, and push that.",
            ),
            Span::Behind | Span::Diverged | Span::Unrelated => (
                "commits of the branch would be gone",
                "Fetch the branch, put your change on top of it, and push without force. To take a change back, revert it.",
            ),
        };
        Ruling::Refused(format!("{branch} is a deployment branch, and {what}"), remedy.to_string())
    }

    /// A merge by what it merged, and whatever else by its tip; then by the other way.
    fn judge_segment(&self, segment: &Segment) -> Result<Ruling> {
        let first = match segment.merged.as_slice() {
            [] => self.judge_head(&segment.parent, &segment.landed)?,
            [head] => self.judge_merge(segment, head)?,
            _ => Ruling::Refused(
                format!("{} merges more than one head at once", segment.landed.short()),
                "Merge one head after the other, and push that.".to_string(),
            ),
        };
        if let Ruling::Allowed(heads) = first {
            return Ok(Ruling::Allowed(heads));
        }
        let second = match segment.merged.is_empty() {
            true => self.judge_replayed(segment)?,
            false => Some(self.judge_head(&segment.parent, &segment.landed)?),
        };
        match second {
            Some(Ruling::Allowed(heads)) => Ok(Ruling::Allowed(heads)),
            _ => Ok(self.judge_each_step(segment)?.unwrap_or(first)),
        }
    }

    /// Several changes that land one after the other, each as one commit: two squashes. Each is
    /// judged as if it had been pushed by itself. `None` where that says nothing better of the
    /// segment.
    fn judge_each_step(&self, segment: &Segment) -> Result<Option<Ruling>> {
        if !segment.merged.is_empty() || !(2..=MOST_SQUASHES).contains(&segment.steps.len()) {
            return Ok(None);
        }
        let (mut parent, mut heads) = (segment.parent.clone(), Vec::new());
        for step in &segment.steps {
            let (landed, steps) = (step.clone(), vec![step.clone()]);
            match self.judge_segment(&Segment { parent, landed, merged: Vec::new(), steps })? {
                Ruling::Allowed(explained) => heads.extend(explained),
                refused => return Ok((!heads.is_empty()).then_some(refused)),
            }
            parent = step.clone();
        }
        Ok(Some(Ruling::Allowed(heads)))
    }

    fn judge_merge(&self, segment: &Segment, head: &Revision) -> Result<Ruling> {
        match self.prove(segment, head) {
            Coverage::Identity(_) | Coverage::Replay(_) | Coverage::Rebase(_) => {
                self.judge_head(&segment.parent, head)
            }
            Coverage::Unverifiable(gap) => {
                Ok(Ruling::Judged(Box::new(self.unseen(&segment.parent, head, &gap)), None))
            }
            Coverage::Residual(residual) => {
                let place = residual
                    .hunks
                    .first()
                    .map_or_else(String::new, |hunk| format!(", first in {}", hunk.path));
                Ok(refuse_merge(segment, head, &place))
            }
            Coverage::Unchanged | Coverage::Train(_) => Ok(refuse_merge(segment, head, "")),
        }
    }

    fn prove(&self, segment: &Segment, head: &Revision) -> Coverage {
        prove_landing(&self.receiving.repository, &segment.parent, &segment.landed, head)
    }

    /// An approved head of which replaying gives what landed: a squash, a rebase.
    fn judge_replayed(&self, segment: &Segment) -> Result<Option<Ruling>> {
        let repository = &self.receiving.repository;
        let approved = self.receiving.approved(self.branch);
        let others = approved.iter().filter(|head| **head != segment.landed && **head != segment.parent);
        let (parent, landed) = (&segment.parent, &segment.landed);
        let paths = changed_paths(repository, parent, landed).map_err(unseen)?;
        let may_be = |head: &&Revision| {
            repository.has_commit(head) && may_change(repository, head, parent, &paths).unwrap_or(true)
        };
        for head in others.filter(may_be).take(MOST_CANDIDATES) {
            let explains = is_explained(repository, parent, landed, head);
            let is_new = explains && !has_landed(repository, head, parent, landed).map_err(unseen)?;
            if is_new && let ruling @ Ruling::Allowed(_) = self.judge_head(parent, head)? {
                return Ok(Some(ruling));
            }
        }
        Ok(None)
    }

    /// Does the merge gate allow a head on this base?
    fn judge_head(&self, base: &Revision, head: &Revision) -> Result<Ruling> {
        let decision = self.decide(base, head)?;
        match decision.outcome {
            Outcome::Allow => Ok(Ruling::Allowed(vec![head.clone()])),
            Outcome::Undetermined | Outcome::Block => {
                let command = lacks_approval(&decision).then(|| self.approve_command(head));
                Ok(Ruling::Judged(Box::new(decision), command))
            }
        }
    }

    fn approve_command(&self, head: &Revision) -> String {
        let onto = format!("origin/{}", self.branch);
        format!("portcullis approve {head} --onto {} --push origin", quote_word(&onto))
    }

    fn decide(&self, base: &Revision, head: &Revision) -> Result<Decision> {
        let server = self.receiving.server(base);
        let id = BareRequestId { target: self.branch.clone(), head: head.clone() };
        let request = server.request(&id.name());
        let mut session = HostSession::begin(&server, &*request);
        session.branch =
            Fact::Known(Branch { name: self.branch.clone(), tip: base.clone(), protected: true });
        let ends = Ends { base: base.clone(), head: head.clone(), target: Some(self.branch.clone()) };
        let review_refs = ReviewRefs { moved: self.receiving.moved(), ..ReviewRefs::default() };
        let repository = &*self.receiving.repository;
        let policy =
            policy_at(repository, Path::new("."), &SubjectArguments::default(), &ends, &server.profile())?;
        let PolicyAtBase { policy, inquiry, altered } = match policy {
            Ok(read) => read,
            Err(gap) => return Ok(self.unseen(base, head, &gap)),
        };
        let sources = Sources {
            repository,
            host: Some(&server),
            crew: None,
            files: ReportFiles::unread(Path::new(".")),
            evidence: &[],
            observed: self.receiving.entry.time,
            review_refs: &review_refs,
        };
        let located = Located::Change(Box::new(LocatedChange { ends, session: Some(session) }));
        let mut facts = gather(inquiry, located, &sources, &output::progress);
        let known: Vec<&Policy> = [&policy].into_iter().chain(&altered).collect();
        HouseTexts::keep_in(facts.whole_mut(), &known);
        check_waivers(&policy, &facts)?;
        Ok(decide_facts(&policy, &facts))
    }

    fn unseen(&self, base: &Revision, head: &Revision, gap: &Gap) -> Decision {
        let judged = Judged {
            branch: Some(self.branch.clone()),
            base: Some(base.clone()),
            head: Some(head.clone()),
            ..Judged::default()
        };
        undetermined(judged, gap)
    }
}

/// Is it an approval that the change lacks? Only then is a command for a reviewer of use.
fn lacks_approval(decision: &Decision) -> bool {
    let reviews = [required_reviews::KIND.name, gate_integrity::KIND.name];
    let lacking = |finding: &&Finding| {
        finding.verdict.outcome() == Some(decision.outcome) && reviews.contains(&finding.control.as_str())
    };
    let mut remedies = decision.findings.iter().filter(lacking).filter_map(|finding| finding.remedy.as_ref());
    remedies.any(|remedy| remedy.contains("approve"))
}

fn refuse_merge(segment: &Segment, head: &Revision, place: &str) -> Ruling {
    let what = format!(
        "the merge {} is not what merging {} gives: it changes something of its own{place}",
        segment.landed.short(),
        head.short()
    );
    let remedy = "Make the merge again without editing it, or let the merge itself be approved.";
    Ruling::Refused(what, remedy.to_string())
}

/// Each merge is a segment; what lies between merges is one.
fn split_steps(old: &Revision, steps: &[Step]) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut parent = old.clone();
    for Step { commit, .. } in steps {
        let merged: Vec<Revision> = commit.parents.iter().skip(1).cloned().collect();
        match segments.last_mut().filter(|last| last.merged.is_empty() && merged.is_empty()) {
            Some(line) => {
                line.landed = commit.id.clone();
                line.steps.push(commit.id.clone());
            }
            None => {
                let (landed, steps) = (commit.id.clone(), vec![commit.id.clone()]);
                segments.push(Segment { parent, landed, merged, steps });
            }
        }
        parent = commit.id.clone();
    }
    segments
}

/// A failure that is a reason to refuse, as text.
pub fn refusal_of(failure: &Failure) -> (String, String) {
    (failure.message.clone(), failure.hints.join(" "))
}
