//! `record list --json`: records for programs.

use super::pretty_json;
use crate::exit::Result;
use portcullis_record::{Chain, RecordEntry, RecordLink, RecordSignature, RecordStanding};
use portcullis_wire::record::v2::RecordedBaselineV2;
use portcullis_wire::record_list::v1::{
    KeptFactsV1, ListedEnvironmentV1, ListedRecordV1, ListedSignatureV1, RecordListKindV1, RecordListV1,
    StandingV1, VERSION,
};
use portcullis_wire::text::CommitText;

/// The list of some chains, as JSON.
///
/// # Errors
/// Those of the JSON writer; with these types there are none.
pub fn list_json(chains: &[Chain]) -> Result<String> {
    let environments = chains.iter().map(|chain| ListedEnvironmentV1 {
        environment: (&chain.environment).into(),
        tip: chain.tip().map(CommitText::from),
        problems: chain.problems.iter().map(ToString::to_string).collect(),
        records: chain.links.iter().map(|link| listed_record(chain, link)).collect(),
    });
    let list = RecordListV1 {
        schema: VERSION,
        kind: RecordListKindV1::RecordList,
        environments: environments.collect(),
    };
    pretty_json(&list)
}

/// One record of a chain.
pub fn listed_record(chain: &Chain, link: &RecordLink) -> ListedRecordV1 {
    let RecordLink { commit, entry, digest, standing, signature } = link;
    let (signature, key) = read_signature(signature);
    let place =
        chain.commits.iter().position(|other| other == commit).map_or(entry.number, |at| at as u64 + 1);
    let RecordEntry { number, repository, candidate, baseline, tool, recorder, time, .. } = entry;
    let is_broken = chain.problems.iter().any(|problem| problem.commit == *commit);
    let (standing, reason) = match is_broken {
        true => read_standing(&RecordStanding::Broken),
        false => read_standing(standing),
    };
    ListedRecordV1 {
        // The name is that of its place: a record that gives itself another number is a problem.
        name: format!("{}#{place}", chain.environment),
        number: *number,
        commit: commit.into(),
        digest: digest.into(),
        time: time.to_string(),
        recorder: recorder.clone(),
        repository: repository.clone(),
        candidate: candidate.into(),
        baseline: RecordedBaselineV2 { commit: (&baseline.commit).into(), origin: baseline.origin.into() },
        program: tool.clone(),
        facts: match &entry.facts {
            Some(facts) if facts.kept => KeptFactsV1::Kept,
            Some(_) => KeptFactsV1::Omitted,
            None => KeptFactsV1::None,
        },
        standing,
        reason,
        signature,
        key,
    }
}

fn read_standing(standing: &RecordStanding) -> (StandingV1, Option<String>) {
    match standing {
        RecordStanding::Broken => (StandingV1::Broken, Some("it does not verify".to_string())),
        RecordStanding::Reproduced => (StandingV1::Reproduced, None),
        RecordStanding::Unseen(gap) => (StandingV1::Unseen, Some(gap.to_string())),
        RecordStanding::Irreproducible(why) => (StandingV1::NotReproducible, Some(why.clone())),
        RecordStanding::Omitted => (StandingV1::NotReproducible, Some("facts omitted".to_string())),
    }
}

fn read_signature(signature: &RecordSignature) -> (ListedSignatureV1, Option<String>) {
    match signature {
        RecordSignature::Unsigned => (ListedSignatureV1::Unsigned, None),
        RecordSignature::Missing => (ListedSignatureV1::Missing, None),
        RecordSignature::Signed { key, .. } => (ListedSignatureV1::Signed, Some(key.clone())),
        RecordSignature::Unlisted(key) => (ListedSignatureV1::Unlisted, Some(key.clone())),
        RecordSignature::Invalid(_) => (ListedSignatureV1::Invalid, None),
        RecordSignature::Unseen(_) => (ListedSignatureV1::Unseen, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_model::fact::{Gap, GapReason};

    #[test]
    fn a_record_of_which_something_was_not_seen_is_not_listed_as_reproduced() {
        let gap =
            Gap::new("who may sign records", GapReason::Malformed, "the policy has mistakes", "Mend it.");
        let (standing, reason) = read_standing(&RecordStanding::Unseen(gap));
        assert_eq!(standing, StandingV1::Unseen);
        assert!(reason.is_some_and(|reason| reason.contains("who may sign records")));
        assert_eq!(read_standing(&RecordStanding::Reproduced), (StandingV1::Reproduced, None), "twin");
    }
}
