//! From a chain to the opinions in it on one change.

use super::chain::{ChainLink, LinkedStatements};
use super::{ReviewQuestion, chain_gap, silent_chain};
use portcullis_attest::signers::{AllowedSigners, Principal};
use portcullis_attest::{AttestError, Signer};
use portcullis_git::Repository;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::id::ReviewId;
use portcullis_model::review::{Review, ReviewSource, ReviewState, ReviewedContent};
use portcullis_model::signed::{ReviewChain, ReviewStatement, ReviewVerdict, SignedReview, SigningPerson};
use std::collections::BTreeMap;

/// What is asked of every chain.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub repository: &'a Repository,
    pub question: &'a ReviewQuestion<'a>,
    pub target: &'a BranchName,
    pub signers: &'a AllowedSigners,
}

impl Asked<'_> {
    pub(super) fn verify(&self, link: &ChainLink) -> Result<Signer, AttestError> {
        link.review.verify(self.signers, self.question.at)
    }

    /// Is a statement of our project and for our branch?
    pub(super) fn is_ours(&self, statement: &ReviewStatement) -> bool {
        statement.project == self.question.asked.project
            && statement.target.strip_prefix("refs/heads/") == Some(self.target.as_str())
    }
}

/// The opinions of one reviewer.
pub(super) struct Opinions<'a> {
    pub asked: Asked<'a>,
    pub reviewer: &'a str,
    /// The commits of which the same person took the opinion back under another name, with that
    /// name.
    pub elsewhere: BTreeMap<Revision, String>,
}

impl Opinions<'_> {
    /// What a chain says of the change.
    pub fn of_chain(&self, tip: Revision, chain: Result<LinkedStatements, Gap>) -> ReviewChain {
        let listed = self.asked.signers.lists(self.reviewer, self.asked.question.at);
        let length = chain.as_ref().map_or(0, |chain| chain.len() as u64);
        let mut found = silent_chain(self.reviewer, tip, length, listed);
        let read = chain.and_then(|chain| {
            self.check_remembered(&chain)?;
            found.passed_over = self.passed_over(&chain)?;
            if listed { self.reviews(&chain) } else { Ok(self.unlisted(&chain, &mut found.passed_over)) }
        });
        found.reviews = match read {
            Err(gap) if !listed => {
                found.passed_over.push(format!("{gap}; no key of theirs may sign reviews"));
                Fact::Known(Vec::new())
            }
            read => read.into(),
        };
        found
    }

    /// The newest tips that are known from elsewhere are part of the chain.
    fn check_remembered(&self, chain: &LinkedStatements) -> Result<(), Gap> {
        let lacking = |seen: &&Revision| !chain.iter().any(|link| link.commit == **seen);
        let refs = self.asked.question.refs;
        if let Some(seen) = refs.remembered.get(self.reviewer).filter(lacking) {
            return Err(super::remembered::older_tip(self.reviewer, seen));
        }
        match refs.logged.get(self.reviewer).filter(lacking) {
            Some(seen) => Err(super::remembered::unlogged_tip(self.reviewer, seen)),
            None => Ok(()),
        }
    }

    fn unlisted(&self, chain: &LinkedStatements, passed_over: &mut Vec<String>) -> Vec<Review> {
        if chain.iter().any(|link| self.is_about(link)) {
            passed_over.push(format!(
                "the signed reviews of {} do not count: no key of theirs is among the allowed signers at the base, or none is valid now",
                self.reviewer
            ));
        }
        Vec::new()
    }

    /// Every opinion on the change, oldest first.
    fn reviews(&self, chain: &LinkedStatements) -> Result<Vec<Review>, Gap> {
        let concerned =
            |link: &ChainLink| self.is_about(link) && link.review.statement.verdict != ReviewVerdict::Comment;
        let Some(newest) = chain.iter().rposition(concerned) else { return Ok(Vec::new()) };
        // What counts, and all after it, has to verify.
        for (index, link) in chain.iter().enumerate().skip(newest) {
            self.asked.verify(link).map_err(|error| self.unverified(index, &error))?;
        }
        let mut reviews = Vec::new();
        for (index, link) in chain.iter().enumerate().take(newest + 1) {
            let state = match link.review.statement.verdict {
                _ if !self.is_about(link) => continue,
                ReviewVerdict::Comment | ReviewVerdict::Withdraw | ReviewVerdict::WithdrawAll => continue,
                _ if self.is_withdrawn(link, chain.get(index + 1..).unwrap_or_default()) => {
                    ReviewState::Dismissed
                }
                ReviewVerdict::Reject => ReviewState::ChangesRequested,
                ReviewVerdict::Approve if self.flaw(link)?.is_some() => continue,
                ReviewVerdict::Approve => ReviewState::Approved,
            };
            match self.asked.verify(link) {
                Ok(signer) => reviews.push(self.review(index, link, state, signer)),
                // An older objection is kept, whoever can still vouch for it.
                Err(_) if state == ReviewState::ChangesRequested => {
                    let principals = [Principal::new(self.reviewer)].into();
                    reviews.push(self.review(
                        index,
                        link,
                        state,
                        Signer { key: "a retired key".to_string(), principals },
                    ));
                }
                Err(_) => {}
            }
        }
        Ok(reviews)
    }

    fn unverified(&self, index: usize, error: &AttestError) -> Gap {
        let remedy = format!(
            "Have {0} approve again with a key that the list of allowed signers at the base names for {0} and that is valid now",
            self.reviewer
        );
        let detail = format!("statement {} does not verify: {error}", index + 1);
        chain_gap(self.reviewer, GapReason::Untrusted, detail, remedy)
    }

    fn review(&self, index: usize, link: &ChainLink, state: ReviewState, signer: Signer) -> Review {
        let number = index as u64 + 1;
        let principals = signer.principals.iter().map(ToString::to_string).collect();
        let person = SigningPerson { principals };
        let ReviewStatement { roles, .. } = &link.review.statement;
        Review {
            id: ReviewId::from(format!("{}#{number}", self.reviewer)),
            position: number,
            reviewer: Some(person.account(self.reviewer)),
            state,
            reviewed: ReviewedContent::Stated(link.review.subject.commit.clone()),
            submitted: None,
            source: ReviewSource::Signed(SignedReview {
                chain: self.reviewer.to_string(),
                key: signer.key,
                statement: link.review.digest.clone(),
                roles: roles.clone(),
                signer: person,
            }),
        }
    }

    /// Is a statement about the judged change: of our project, for our branch, of one of its
    /// commits or of everything?
    fn is_about(&self, link: &ChainLink) -> bool {
        self.asked.is_ours(&link.review.statement)
            && (link.review.statement.verdict == ReviewVerdict::WithdrawAll
                || self.asked.question.commits.contains(&link.review.subject.commit))
    }

    /// Did a later statement take this opinion back?
    fn is_withdrawn(&self, link: &ChainLink, later: &[ChainLink]) -> bool {
        later.iter().filter(|other| self.asked.is_ours(&other.review.statement)).any(|other| {
            match other.review.statement.verdict {
                ReviewVerdict::WithdrawAll => true,
                ReviewVerdict::Withdraw => other.review.subject.commit == link.review.subject.commit,
                ReviewVerdict::Approve | ReviewVerdict::Reject | ReviewVerdict::Comment => false,
            }
        })
    }

    /// Why statements on the judged head do not count.
    fn passed_over(&self, chain: &LinkedStatements) -> Result<Vec<String>, Gap> {
        let mut found = Vec::new();
        for (index, link) in chain.iter().enumerate() {
            let ReviewStatement { project, target, verdict, .. } = &link.review.statement;
            let name = format!("signed review {}#{} does not count", self.reviewer, index + 1);
            if *verdict != ReviewVerdict::Approve
                || !self.asked.question.commits.contains(&link.review.subject.commit)
            {
                continue;
            }
            if *project != self.asked.question.asked.project {
                found.push(format!("{name}: it is for the project `{project}`"));
            } else if !self.asked.is_ours(&link.review.statement) {
                found.push(format!("{name}: it is for {target}"));
            } else if let Some(flaw) = self.flaw(link)? {
                found.push(format!("{name}: {flaw}"));
            }
        }
        Ok(found)
    }

    /// Why an approval cannot count, whoever gave it.
    fn flaw(&self, link: &ChainLink) -> Result<Option<String>, Gap> {
        let (subject, base) = (&link.review.subject, &link.review.statement.base);
        if let Some(name) = self.elsewhere.get(&subject.commit) {
            return Ok(Some(format!(
                "the same person took the opinion back as {name}; to approve again, they sign as {name} (`--reviewer {name}`)"
            )));
        }
        let tree = self.asked.repository.subject(&subject.commit)?.tree;
        if tree != subject.tree {
            return Ok(Some(format!(
                "it names the tree {}, and the commit has {}",
                subject.tree.short(),
                tree.short()
            )));
        }
        if !self.asked.repository.has_commit(&base.commit) {
            return Ok(Some(format!(
                "the base {} that it names is not in this repository",
                base.commit.short()
            )));
        }
        let holds = self.asked.repository.brought(&[&base.commit], &subject.commit)?.is_empty();
        Ok(holds.then(|| "the branch held the commit already when it was given".to_string()))
    }
}
