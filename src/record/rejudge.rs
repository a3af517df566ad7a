//! Taking a decision again from what a record keeps.
//!
//! This room holds no judge: its callers hand one over, and also a function that compares the facts
//! with the repository.

use super::difference::{Compared, compare_decisions};
use super::entry::{RecordEntry, RecordedOrigin};
use super::fault::Fault;
use super::stored::{RecordLink, RecordSignature, RecordStanding};
use super::{DECISION, EARLIER, FACTS, POLICY, TOOL};
use portcullis_model::deployment::{Deployment, Recorded};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::gathered::GatheredFacts;
use portcullis_wire::facts::read_facts;

/// The decision that a policy's text gives of facts, as `--format json` writes it; or why it gives
/// none.
pub type Judge<'a> = dyn Fn(&str, &Deployment) -> Result<Vec<u8>, String> + 'a;

/// What the repository shows otherwise than the facts of a record, which are judged by the text of
/// a policy.
pub type Compare<'a> = dyn Fn(&str, &Deployment) -> Result<Vec<String>, Gap> + 'a;

/// What came of it.
pub(super) struct Rejudged {
    pub(super) standing: RecordStanding,
    pub(super) faults: Vec<Fault>,
    /// The facts, where they could be read.
    pub(super) facts: Option<Deployment>,
}

/// A record whose decision is to be taken again.
pub(super) struct Rejudging<'a> {
    pub(super) entry: &'a RecordEntry,
    /// The records before it, as far as they can be read.
    pub(super) earlier: &'a [RecordLink],
    /// Can all of them be read?
    pub(super) complete: bool,
    /// Was it seen what their signatures are worth?
    pub(super) signatures: bool,
    pub(super) judge: &'a Judge<'a>,
}

impl Rejudging<'_> {
    /// Takes it from these files of the record.
    pub(super) fn take<'f>(&self, file: impl Fn(&str) -> Option<&'f [u8]>) -> Rejudged {
        if self.entry.schema == EARLIER {
            return self.of_earlier_form();
        }
        if self.entry.omits_facts() {
            return Rejudged { standing: RecordStanding::Omitted, faults: Vec::new(), facts: None };
        }
        let (Some(decision), Some(facts), Some(policy)) = (file(DECISION), file(FACTS), file(POLICY)) else {
            return broken_record(Vec::new());
        };
        let facts = match read_deployment(facts) {
            Ok(facts) => facts,
            Err(error) if self.is_ours() => return broken_record(vec![Fault::FactsUnreadable(error)]),
            Err(error) => {
                return not_reproducible(format!("its facts cannot be read by this version: {error}"));
            }
        };
        let faults = self.faults_of_facts(&facts);
        let policy = String::from_utf8_lossy(policy);
        let mut taken = match (self.judge)(&policy, &facts) {
            Ok(again) => self.compared(decision, &again),
            Err(error) => self.differing(error),
        };
        taken.faults.extend(faults);
        Rejudged { facts: Some(facts), ..taken }
    }

    fn of_earlier_form(&self) -> Rejudged {
        let keeps = |link: &RecordLink| link.entry.schema != EARLIER;
        if self.earlier.iter().any(keeps) {
            return broken_record(vec![Fault::EarlierForm]);
        }
        not_reproducible("it is of the earlier form, which keeps no facts".to_string())
    }

    /// Was it sealed by this very version, which has to arrive at the same bytes?
    fn is_ours(&self) -> bool {
        self.entry.tool == TOOL
    }

    fn compared(&self, decision: &[u8], again: &[u8]) -> Rejudged {
        let reproduced = Rejudged { standing: RecordStanding::Reproduced, faults: Vec::new(), facts: None };
        match compare_decisions(decision, again) {
            Compared::Identical => reproduced,
            Compared::OtherWords(_) if !self.is_ours() => reproduced,
            Compared::OtherWords(_) => self.differing("they differ in words".to_string()),
            Compared::Differs(_, how) => self.differing(how),
            Compared::Unreadable => self.differing("it is not of the form of a decision".to_string()),
        }
    }

    /// What another version judged otherwise may be its own way to judge; what this version did not
    /// judge so is made up.
    fn differing(&self, how: String) -> Rejudged {
        match self.is_ours() {
            true => broken_record(vec![Fault::Judged(how)]),
            false => {
                not_reproducible(format!("it was recorded by another version of the program, and {how}"))
            }
        }
    }

    /// What the repository shows otherwise.
    pub(super) fn hold_against(&self, compared: Result<Vec<String>, Gap>, taken: &mut Rejudged) {
        match compared {
            Err(gap) if taken.standing.is_taken() => taken.standing = RecordStanding::Unseen(gap),
            Err(_) => {}
            Ok(differences) if self.is_ours() => {
                taken.faults.extend(differences.into_iter().map(Fault::Repository));
            }
            Ok(differences) => {
                if let Some(first) = differences.first() {
                    let why = format!(
                        "another version of the program saw something else in the repository: {first}"
                    );
                    taken.standing = RecordStanding::Irreproducible(why);
                }
            }
        }
    }

    /// Facts are about one deployment on top of one chain, and valid for no other.
    fn faults_of_facts(&self, facts: &Deployment) -> Vec<Fault> {
        let entry = self.entry;
        let baseline = facts.baseline.value().map(|baseline| &baseline.revision);
        let agree = [
            ("environments", facts.environment == entry.environment.as_str()),
            ("candidates", facts.candidate == entry.candidate),
            ("baselines", baseline == Some(&entry.baseline.commit)),
            ("words for the baseline", RecordedOrigin::of(facts) == Some(entry.baseline.origin)),
            ("repositories", facts.whole.host.repository == entry.repository),
            ("records before it", !self.complete || self.is_on_top(facts)),
            ("moments", self.is_in_time(facts)),
        ];
        let differing =
            agree.into_iter().filter(|(_, same)| !same).map(|(what, _)| Fault::FactsDisagree(what));
        let branch = facts.whole.host.branch.value().filter(|branch| branch.name != facts.branch);
        differing.chain(branch.map(|_| Fault::Branch)).collect()
    }

    fn is_on_top(&self, facts: &Deployment) -> bool {
        let same = |(said, link): (&Recorded, &RecordLink)| {
            said.number == link.entry.number
                && said.candidate == link.entry.candidate
                && (!said.taken_again || !link.standing.is_irreproducible())
                && said.facts_omitted == (link.standing == RecordStanding::Omitted)
                && self.may_be_signed(said, link)
        };
        let Fact::Known(said) = &facts.recorded else { return false };
        said.len() == self.earlier.len() && said.iter().zip(self.earlier).all(same)
    }

    /// Is a record signed as they say? One whose signature cannot be verified here may be.
    fn may_be_signed(&self, said: &Recorded, link: &RecordLink) -> bool {
        let is_seen = self.signatures && !matches!(link.signature, RecordSignature::Unseen(_));
        !is_seen || said.signers.is_none() || said.signers.as_ref() == link.signature.list()
    }

    /// They were gathered after the record before, and before this one.
    fn is_in_time(&self, facts: &Deployment) -> bool {
        let Fact::Known(moment) = facts.whole.observed else { return false };
        let before = self.earlier.last().map(|link| link.entry.time);
        moment.as_second() <= self.entry.time.as_second() && before.is_none_or(|before| before <= moment)
    }
}

fn broken_record(faults: Vec<Fault>) -> Rejudged {
    Rejudged { standing: RecordStanding::Broken, faults, facts: None }
}

fn not_reproducible(why: String) -> Rejudged {
    Rejudged { standing: RecordStanding::Irreproducible(why), faults: Vec::new(), facts: None }
}

fn read_deployment(bytes: &[u8]) -> Result<Deployment, String> {
    match read_facts(bytes) {
        Ok(GatheredFacts::Deployment(facts)) => Ok(*facts),
        Ok(GatheredFacts::Batch(_)) => Err("they are of a batch, not of a deployment".to_string()),
        Ok(GatheredFacts::Change(_)) => Err("they are of a change, not of a deployment".to_string()),
        Err(error) => Err(error.to_string()),
    }
}
