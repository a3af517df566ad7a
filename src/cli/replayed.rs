//! What comes of taking a decision again, for a sealed file and a deployment record alike.

use super::exit::{Exit, Failure, Result};
use super::policy_file::check_waivers;
use super::program::this_program;
use super::record::decision_json;
use portcullis_forge::check_known;
use portcullis_judge::decide::decide_facts;
use portcullis_judge::policy::Policy;
use portcullis_judge::policy::house::HouseTexts;
use portcullis_model::digest::Digest;
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::inquiry::TextPurpose;
use portcullis_record::{Compared, DecisionDifference, NotTaken};
use portcullis_render::replay::describe_program;
use portcullis_wire::decision::v1::{FindingV1, OutcomeV1};
use portcullis_wire::replay::v1::{
    ChangedFindingV1, OtherPolicyV1, ReplayDifferenceV1, ReplayKindV1, ReplayResultV1, ReplayV1, VERSION,
};
use portcullis_wire::sealed::v1::{SealedJudgedV1, SealedProgramV1};
use serde_json::Value;

/// Why a decision without its facts cannot be taken again.
const FACTS_OMITTED: &str = "not reproducible: facts omitted";

/// Why a decision cannot be taken again that was made of nothing.
const NOTHING: &str = "nothing could be gathered, or kept, that the decision could be taken from";

/// What is kept of a decision, beside what it was made from.
pub struct KeptWords {
    /// The file, or the name of the record.
    pub name: String,
    /// The outcome; `None` where it cannot be read.
    pub outcome: Option<OutcomeV1>,
    /// Did the gate only advise?
    pub advisory: bool,
    /// What was judged.
    pub judged: SealedJudgedV1,
    /// The program that decided.
    pub program: SealedProgramV1,
    /// Is it this very program?
    pub is_ours: bool,
}

impl KeptWords {
    /// What came of taking it again; `faults` are what does not hold together.
    ///
    /// # Errors
    /// A finding is not of the form of one.
    pub fn conclude(
        self,
        mut faults: Vec<String>,
        taken: std::result::Result<Compared, NotTaken>,
    ) -> Result<ReplayV1> {
        let by = format!(
            "it was made by {}, and this is {}",
            describe_program(&self.program),
            describe_program(&this_program())
        );
        let (result, reason, difference) = match taken {
            Ok(Compared::Identical) => (ReplayResultV1::Identical, None, None),
            Ok(Compared::Differs(difference, how)) => {
                let reason = format!("the facts, judged again, do not give the decision: {how}");
                (ReplayResultV1::Differs, Some(reason), Some(difference))
            }
            Ok(Compared::OtherWords(difference)) if self.is_ours => {
                let reason = "the facts, judged again, give the decision in other words".to_string();
                (ReplayResultV1::Differs, Some(reason), Some(difference))
            }
            Ok(Compared::OtherWords(difference)) => {
                let reason = format!("{by}, which finds the same in other words");
                (ReplayResultV1::NotReproducible, Some(reason), Some(difference))
            }
            Ok(Compared::Unreadable) => {
                (ReplayResultV1::Differs, Some("the decision is not of the form of one".to_string()), None)
            }
            Err(NotTaken::Omitted) => {
                (ReplayResultV1::NotReproducible, Some(FACTS_OMITTED.to_string()), None)
            }
            Err(NotTaken::Nothing) => (ReplayResultV1::NotReproducible, Some(NOTHING.to_string()), None),
            Err(NotTaken::Unreadable(why)) if self.is_ours => (ReplayResultV1::Differs, Some(why), None),
            Err(NotTaken::Unreadable(why)) => {
                (ReplayResultV1::NotReproducible, Some(format!("{by}: {why}")), None)
            }
        };
        let result = if faults.is_empty() { result } else { ReplayResultV1::Differs };
        faults.extend(reason);
        Ok(ReplayV1 {
            schema: VERSION,
            kind: ReplayKindV1::Replay,
            name: self.name,
            result,
            reasons: faults,
            outcome: self.outcome,
            advisory: self.advisory,
            judged: self.judged,
            program: self.program,
            replayed_by: this_program(),
            difference: difference.map(form_of).transpose()?,
            other_policy: None,
        })
    }
}

/// The exit code of a replay.
pub fn exit_of(replay: &ReplayV1) -> Exit {
    match replay.result {
        ReplayResultV1::Identical => Exit::Allowed,
        ReplayResultV1::Differs => Exit::Unverified,
        ReplayResultV1::NotReproducible => Exit::Undetermined,
    }
}

/// Takes a decision again: its bytes.
///
/// # Errors
/// By this policy, or of these facts, nothing can be judged.
pub fn judge_gathered(
    policy: &str,
    facts: &GatheredFacts,
    advisory: bool,
) -> std::result::Result<Vec<u8>, NotTaken> {
    let unreadable = |why: String| NotTaken::Unreadable(why);
    let houses = HouseTexts::in_facts(facts.whole());
    let policy =
        Policy::parse_extending(policy, &facts.whole().host.profile(), &houses).map_err(|problems| {
            let mistakes = portcullis_render::plural(problems.len() as u64, "mistake");
            unreadable(format!("its policy cannot be read ({mistakes})"))
        })?;
    check_known(facts.all_facts()).map_err(|error| unreadable(error.to_string()))?;
    check_waivers(&policy, facts).map_err(|failure| unreadable(failure.message))?;
    decision_json(&decide_facts(&policy, facts), advisory).map_err(|failure| unreadable(failure.message))
}

/// What another policy would have decided.
///
/// # Errors
/// The waivers among the facts are not valid by it.
pub fn judge_otherwise(
    decision: &[u8],
    policy: &Policy,
    facts: &GatheredFacts,
    advisory: bool,
) -> Result<OtherPolicyV1> {
    check_waivers(policy, facts)?;
    let again = decision_json(&decide_facts(policy, facts), advisory)?;
    let mut difference = DecisionDifference::between(decision, &again)
        .ok_or_else(|| Failure::environment("the decision is not of the form of one"))?;
    // That it is another policy is known.
    difference.members.retain(|member| member != "policy");
    Ok(OtherPolicyV1 {
        digest: (&Digest::of(policy.text.as_bytes())).into(),
        asks_for_more: asks_for_more(policy, facts),
        difference: form_of(difference)?,
    })
}

/// Does the policy want to know something that was not asked then?
fn asks_for_more(policy: &Policy, facts: &GatheredFacts) -> bool {
    let asked = &facts.whole().inquiry;
    let path = asked.path_of(TextPurpose::Policy).cloned();
    asked.clone().union(policy.inquiry(path)) != *asked
}

fn form_of(difference: DecisionDifference) -> Result<ReplayDifferenceV1> {
    let DecisionDifference { outcomes: [outcome_before, outcome_after], added, removed, changed, members } =
        difference;
    let changed = changed.into_iter().map(|[before, after]| {
        Ok(ChangedFindingV1 { before: finding_of(before)?, after: finding_of(after)? })
    });
    Ok(ReplayDifferenceV1 {
        outcome_before,
        outcome_after,
        added: added.into_iter().map(finding_of).collect::<Result<_>>()?,
        removed: removed.into_iter().map(finding_of).collect::<Result<_>>()?,
        changed: changed.collect::<Result<_>>()?,
        members,
    })
}

fn finding_of(finding: Value) -> Result<FindingV1> {
    serde_json::from_value(finding)
        .map_err(|error| Failure::unverified(format!("a finding is not of the form of one: {error}")))
}
