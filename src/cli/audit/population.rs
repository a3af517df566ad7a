//! The population of a branch: which part of its first-parent line is audited, and what shows that
//! nothing is missing.

use super::environments::TipSeen;
use super::period::AskedPeriod;
use crate::exit::{Failure, Result};
use jiff::Timestamp;
use portcullis_audit::period::{SeenTip, best_moment, cut_line};
use portcullis_collect::audit::AuditGroup;
use portcullis_collect::naming::resolve_named;
use portcullis_git::{DatedCommit, Repository};
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::digest::Digest;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::landing::Step;
use portcullis_wire::audit::v1::{BranchPopulationV1, DateAnomalyV1, ExcludedV1, PopulationProofV1};
use std::collections::BTreeMap;
use std::ops::Range;

/// Why the first commit is left out.
const FIRST_COMMIT: &str = "the first commit of the history has nothing that it could have landed on";

/// The part of a line that is audited.
pub struct AuditedLine {
    line: Vec<DatedCommit>,
    places: BTreeMap<Revision, usize>,
    /// The places of the commits that are audited.
    pub within: Range<usize>,
    moments: Vec<Option<Timestamp>>,
    odd: Vec<DateAnomalyV1>,
    lost: Vec<Revision>,
    excluded: Vec<ExcludedV1>,
}

impl AuditedLine {
    /// Finds it.
    ///
    /// # Errors
    /// A commit of a range is not on the line.
    pub fn find(
        repository: &Repository,
        line: Vec<DatedCommit>,
        seen: &[&TipSeen],
        period: &AskedPeriod,
        as_of: Timestamp,
    ) -> Result<Self> {
        let places: BTreeMap<Revision, usize> =
            line.iter().enumerate().map(|(place, commit)| (commit.id.clone(), place)).collect();
        let tips: Vec<SeenTip> = seen.iter().filter_map(|tip| tip.on_line(&places)).collect();
        let mut lost: Vec<Revision> = seen
            .iter()
            .filter(|tip| !places.contains_key(&tip.commit))
            .map(|tip| tip.commit.clone())
            .collect();
        lost.sort();
        lost.dedup();
        let dates: Vec<i64> = line.iter().map(|commit| commit.date).collect();
        let moments = best_moment(&dates, &tips, as_of);
        let (within, odd) = match period {
            AskedPeriod::Time(period) => {
                let cut = cut_line(&dates, &tips, period, as_of);
                (cut.first..cut.end, cut.odd)
            }
            AskedPeriod::Last(steps) => (line.len().saturating_sub(*steps)..line.len(), Vec::new()),
            AskedPeriod::Range { from, to } => (range_on(repository, &places, from, to)?, Vec::new()),
        };
        let odd = odd.into_iter().filter_map(|odd| {
            let commit = line.get(odd.place)?;
            let said = Timestamp::from_second(commit.date).ok().filter(|_| commit.date > 0);
            let said = said.map(|said| said.to_string());
            Some(DateAnomalyV1 { commit: (&commit.id).into(), said, why: odd.why, in_period: true })
        });
        let odd = odd.collect();
        let mut audited = AuditedLine { line, places, within, moments, odd, lost, excluded: Vec::new() };
        audited.exclude();
        Ok(audited)
    }

    /// The first commit of a history has nothing that it could have landed on.
    fn exclude(&mut self) {
        let mut leave_out = |steps: usize, why: &str| {
            if steps > 0 {
                self.excluded.push(ExcludedV1 { steps: steps as u64, why: why.to_string() });
            }
        };
        if self.within.start == 0 && !self.within.is_empty() {
            leave_out(1, FIRST_COMMIT);
            self.within.start = 1;
        } else {
            leave_out(self.within.start, "they are from before the period");
        }
        leave_out(self.line.len().saturating_sub(self.within.end), "they are from after the period");
    }

    /// Would the first commit of the history belong to it, if it had landed on something?
    pub fn leaves_first_out(&self) -> bool {
        self.excluded.iter().any(|one| one.why == FIRST_COMMIT)
    }

    /// The commit before the first that is audited, and the last that is.
    pub fn ends(&self) -> Option<(&Revision, &Revision)> {
        let from = self.within.start.checked_sub(1).and_then(|place| self.line.get(place))?;
        let to = self.within.end.checked_sub(1).and_then(|place| self.line.get(place))?;
        (!self.within.is_empty()).then_some((&from.id, &to.id))
    }

    /// When a commit of the line came in, as far as that is known.
    pub fn moment(&self, commit: &Revision) -> Option<Timestamp> {
        self.places.get(commit).and_then(|place| self.moments.get(*place).copied()).flatten()
    }

    /// The population, which has these landings.
    pub fn population(
        self,
        branch: &BranchName,
        tip: &Revision,
        tip_source: String,
        counted: &CountedRange,
    ) -> BranchPopulationV1 {
        let ends = self.ends().map(|(from, to)| (from.clone(), to.clone()));
        BranchPopulationV1 {
            branch: branch.to_string(),
            tip: tip.into(),
            tip_source,
            from: ends.as_ref().map(|(from, _)| from.into()),
            to: ends.as_ref().map(|(_, to)| to.into()),
            landings: counted.landings,
            steps: self.within.len() as u64,
            commits: counted.commits,
            proof: counted.proof.clone(),
            excluded: self.excluded,
            anomalies: self.odd,
            lost: self.lost.iter().map(Into::into).collect(),
        }
    }
}

fn range_on(
    repository: &Repository,
    places: &BTreeMap<Revision, usize>,
    from: &str,
    to: &str,
) -> Result<Range<usize>> {
    let place = |name: &str| {
        let commit = resolve_named(repository, name)?;
        places.get(&commit).copied().ok_or_else(|| {
            Failure::environment(format!(
                "{name} ({}) is not on the first-parent line of the branch: it never was its tip",
                commit.short()
            ))
        })
    };
    let (from, to) = (place(from)?, place(to)?);
    if from > to {
        return Err(Failure::usage(
            "the range ends before it begins: write FROM..TO, the earlier commit first",
        ));
    }
    Ok(from + 1..to + 1)
}

/// How many there are, and what shows it.
#[derive(Clone, Default)]
pub struct CountedRange {
    landings: u64,
    commits: u64,
    proof: Option<PopulationProofV1>,
}

impl CountedRange {
    /// Counts the landings of a range, and everything in it once more.
    ///
    /// # Errors
    /// An object is missing.
    pub fn of(
        repository: &Repository,
        (from, to): (&Revision, &Revision),
        groups: &[AuditGroup],
    ) -> std::result::Result<Self, Gap> {
        let steps: Vec<&Step> = groups.iter().flat_map(|group| &group.steps).collect();
        let names = repository.names_between(from, to)?;
        let mut in_landings: Vec<&Revision> = steps
            .iter()
            .flat_map(|step| step.brought.iter().chain([&step.commit]))
            .map(|one| &one.id)
            .collect();
        in_landings.sort();
        let each_in_one_landing = in_landings.iter().copied().eq(&names);
        let range = format!("{from}..{to}");
        let proof = PopulationProofV1 {
            first_parents: digest_lines(steps.iter().map(|step| &step.commit.id)),
            first_parents_by: format!("git rev-list --first-parent --reverse {range} | sha256sum"),
            all_commits: digest_lines(&names),
            all_commits_by: format!("git rev-list {range} | LC_ALL=C sort | sha256sum"),
            each_in_one_landing,
            range,
        };
        Ok(CountedRange { landings: groups.len() as u64, commits: names.len() as u64, proof: Some(proof) })
    }

    /// What is not complete about the landings that were audited.
    pub fn gap_of(&self, branch: &BranchName, audited: u64) -> Option<Gap> {
        let is_whole = self.proof.as_ref().is_none_or(|proof| proof.each_in_one_landing);
        let why = match (self.landings == audited, is_whole) {
            (true, true) => return None,
            (false, _) => format!("{audited} of {} could be looked at", self.landings),
            (true, false) => "not every commit of the period belongs to exactly one of them".to_string(),
        };
        let what = format!("the landings of {branch}");
        Some(Gap::new(what, GapReason::Contradiction, why, "Run `git fsck`, and audit a fresh clone."))
    }
}

/// The SHA-256 of these names, one on each line.
pub fn digest_lines<'a>(names: impl IntoIterator<Item = &'a Revision>) -> portcullis_wire::text::DigestText {
    let mut text = String::new();
    for name in names {
        text.push_str(name.as_str());
        text.push('\n');
    }
    (&Digest::of(text.as_bytes())).into()
}
