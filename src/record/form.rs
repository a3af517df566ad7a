//! From an entry to its form as JSON, and back. Every field is named, and none is left to `..`: a
//! field that either side gains does not compile until the other one handles it.

use super::entry::{KeptFile, RecordEntry, RecordedBaseline, RecordedOrigin};
use portcullis_wire::record::v2::{RecordV2, RecordedBaselineV2, RecordedFileV2, RecordedOriginV2};
use portcullis_wire::words;

words! {
    RecordedOriginV2 = RecordedOrigin {
        Recorded = Recorded, Host = Host, Asserted = Asserted, Rollback = Rollback
    }
}

impl From<RecordEntry> for RecordV2 {
    fn from(entry: RecordEntry) -> Self {
        let RecordEntry {
            schema,
            environment,
            number,
            previous,
            repository,
            candidate,
            baseline,
            outcome,
            decision,
            policy,
            facts,
            tool,
            recorder,
            time,
        } = entry;
        RecordV2 {
            schema,
            environment: (&environment).into(),
            number,
            previous: previous.as_ref().map(Into::into),
            repository,
            candidate: (&candidate).into(),
            baseline: baseline.into(),
            outcome: outcome.into(),
            decision: (&decision).into(),
            policy: policy.map(Into::into),
            facts: facts.map(Into::into),
            tool,
            recorder,
            time: time.to_string(),
        }
    }
}

impl TryFrom<RecordV2> for RecordEntry {
    type Error = String;

    /// An entry of either version, as its member `schema` says.
    fn try_from(record: RecordV2) -> Result<Self, Self::Error> {
        let RecordV2 {
            schema,
            environment,
            number,
            previous,
            repository,
            candidate,
            baseline,
            outcome,
            decision,
            policy,
            facts,
            tool,
            recorder,
            time,
        } = record;
        Ok(RecordEntry {
            schema,
            environment: environment.try_into()?,
            number,
            previous: previous.map(TryInto::try_into).transpose()?,
            repository,
            candidate: candidate.try_into()?,
            baseline: baseline.try_into()?,
            outcome: outcome.into(),
            decision: decision.try_into()?,
            policy: policy.map(TryInto::try_into).transpose()?,
            facts: facts.map(TryInto::try_into).transpose()?,
            tool,
            recorder,
            time: time.parse().map_err(|error: jiff::Error| error.to_string())?,
        })
    }
}

impl From<RecordedBaseline> for RecordedBaselineV2 {
    fn from(baseline: RecordedBaseline) -> Self {
        let RecordedBaseline { commit, origin } = baseline;
        RecordedBaselineV2 { commit: (&commit).into(), origin: origin.into() }
    }
}

impl TryFrom<RecordedBaselineV2> for RecordedBaseline {
    type Error = String;

    fn try_from(baseline: RecordedBaselineV2) -> Result<Self, Self::Error> {
        let RecordedBaselineV2 { commit, origin } = baseline;
        Ok(RecordedBaseline { commit: commit.try_into()?, origin: origin.into() })
    }
}

impl From<KeptFile> for RecordedFileV2 {
    fn from(evidence: KeptFile) -> Self {
        let KeptFile { digest, kept } = evidence;
        RecordedFileV2 { digest: (&digest).into(), kept }
    }
}

impl TryFrom<RecordedFileV2> for KeptFile {
    type Error = String;

    fn try_from(file: RecordedFileV2) -> Result<Self, Self::Error> {
        let RecordedFileV2 { digest, kept } = file;
        Ok(KeptFile { digest: digest.try_into()?, kept })
    }
}
