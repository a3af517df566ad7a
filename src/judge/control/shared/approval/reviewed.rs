//! What a review was given on, and whether that is all that the request would land.
//!
//! | given on | is an approval of the head |
//! | --- | --- |
//! | a commit that the host states | if the commit is the head, or represents it |
//! | a commit that was derived from other facts, such as times | the same, where the policy counts derived commits |
//! | a tree over a base | if the base is the merge base and the tree that of the head, or the base is the tip of the branch and the tree what merging the head into it gives, and the policy counts trees |
//! | nothing that the host knows | never |

use crate::control::{Case, DerivedReviews, TreeReviews};
use portcullis_model::change::{Change, ObjectName, Revision, Updates};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::review::ReviewedContent;

/// What a change is to the setting on derived commits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApprovalSubject {
    /// Code: data-processing code if it touches an area.
    #[default]
    Code,
    /// Files that steer the gate. They decide what becomes of data-processing code.
    Gate,
}

/// Do derived commits count here?
#[derive(Clone, Debug, PartialEq, Eq)]
enum DerivedAnswer {
    Yes,
    /// No; for what they do not.
    No(&'static str),
    Unclear(Gap),
}

/// What reviews are compared with.
pub(super) struct JudgedContent<'a> {
    change: &'a Change,
    updates: &'a Updates,
    trees: TreeReviews,
    derived: DerivedAnswer,
}

impl<'a> JudgedContent<'a> {
    pub(super) fn of(
        case: &Case<'_>,
        change: &'a Change,
        updates: &'a Updates,
        subject: ApprovalSubject,
    ) -> Self {
        let derived = answer_derived(case, subject);
        JudgedContent { change, updates, trees: case.scope.review_basis.trees, derived }
    }

    /// Is a review of this one of the head?
    pub(super) fn is_head(&self, reviewed: &ReviewedContent) -> bool {
        match reviewed {
            ReviewedContent::Stated(commit) => self.is_represented(commit),
            ReviewedContent::Derived { commit, .. } => {
                self.derived == DerivedAnswer::Yes && self.is_represented(commit)
            }
            ReviewedContent::Tree { base, tree } => {
                self.trees == TreeReviews::Proved && self.is_landed_by(base, tree)
            }
            ReviewedContent::Unknown | ReviewedContent::Unseen(_) => false,
        }
    }

    /// Does a commit represent the head?
    fn is_represented(&self, commit: &Revision) -> bool {
        *commit == self.change.head || self.updates.reach(commit)
    }

    /// Is what lies between a commit and a tree all that the request would land?
    fn is_landed_by(&self, base: &Revision, tree: &ObjectName) -> bool {
        let change = self.change;
        let head = change.commits.iter().find(|commit| commit.id == change.head);
        let over_merge_base = change.merge_bases[..] == [base.clone()];
        over_merge_base && head.is_some_and(|head| head.tree == *tree)
            || *base == change.base && change.landing_tree.as_ref() == Some(tree)
    }

    /// Why a review of this is certainly none of the head.
    pub(super) fn find_flaw(&self, reviewed: &ReviewedContent) -> Option<String> {
        match reviewed {
            ReviewedContent::Unknown => Some("the host no longer knows the commit it was given on".into()),
            ReviewedContent::Unseen(_) => None,
            ReviewedContent::Stated(commit) => self.flaw_of_commit(commit),
            ReviewedContent::Derived { commit, from } => {
                let refused = self.refuses(reviewed).map(|of_what| {
                    format!(
                        "the host does not state the commit it was given on; {} was derived from {from}, and {of_what}",
                        commit.short()
                    )
                });
                refused.or_else(|| self.flaw_of_commit(commit))
            }
            ReviewedContent::Tree { base, tree } => self.flaw_of_tree(base, tree),
        }
    }

    fn flaw_of_commit(&self, commit: &Revision) -> Option<String> {
        let head = &self.change.head;
        (!self.is_represented(commit) && self.updates.unseen.is_none())
            .then(|| format!("it was given on {}, not on the judged head {}", commit.short(), head.short()))
    }

    fn flaw_of_tree(&self, base: &Revision, tree: &ObjectName) -> Option<String> {
        let given = format!("it was given on tree {} over {}", tree.short(), base.short());
        match self.trees {
            TreeReviews::Refuse => Some(format!("{given}, and the policy counts no trees")),
            TreeReviews::Proved if self.is_landed_by(base, tree) => None,
            TreeReviews::Proved => Some(format!("{given}, which is not what the request would land")),
        }
    }

    /// Why derived commits do not count, where this is one.
    pub(super) fn refuses(&self, reviewed: &ReviewedContent) -> Option<&'static str> {
        match (reviewed, &self.derived) {
            (ReviewedContent::Derived { .. }, DerivedAnswer::No(of_what)) => Some(of_what),
            _ => None,
        }
    }

    /// What was not seen, and decides whether a review of this is one of the head.
    pub(super) fn find_doubt<'g>(&'g self, reviewed: &'g ReviewedContent) -> Option<&'g Gap> {
        match (reviewed, &self.derived) {
            (ReviewedContent::Unseen(gap), _)
            | (ReviewedContent::Derived { .. }, DerivedAnswer::Unclear(gap)) => Some(gap),
            _ if self.is_head(reviewed) => None,
            _ => self.updates.unseen.as_ref(),
        }
    }
}

fn answer_derived(case: &Case<'_>, subject: ApprovalSubject) -> DerivedAnswer {
    const STATED: &str = "the policy counts only approvals of a stated commit";
    const INSIDE: &str = "for data-processing code only a stated commit counts";
    const GATE: &str = "for files that steer the gate only a stated commit counts";
    match (case.scope.review_basis.derived, subject, case.touched) {
        (DerivedReviews::Accept, ..) => DerivedAnswer::Yes,
        (DerivedReviews::Refuse, ..) => DerivedAnswer::No(STATED),
        (DerivedReviews::OutsideDataProcessing, ApprovalSubject::Gate, _) => DerivedAnswer::No(GATE),
        (DerivedReviews::OutsideDataProcessing, _, Fact::Known(areas)) if areas.is_empty() => {
            DerivedAnswer::Yes
        }
        (DerivedReviews::OutsideDataProcessing, _, Fact::Known(_)) => DerivedAnswer::No(INSIDE),
        (DerivedReviews::OutsideDataProcessing, _, Fact::Gap(gap)) => DerivedAnswer::Unclear(gap.clone()),
    }
}

#[cfg(test)]
mod tests;
