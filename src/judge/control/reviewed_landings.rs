//! `reviewed-landings`: everything between two deployments is content that a change request
//! brought.

use super::procedure::ControlProcedure;
use super::shared::gate_files::steers_gate;
use super::{
    Case, Control, Documentation, Granularity, Kind, LandingCase, PolicyScope, Stage, Waivable, finding, read,
};
use portcullis_model::change::Side;
use portcullis_model::decision::{Finding, Place, SubjectKind, TouchedArea, Verdict};
use portcullis_model::deployment::LandingFacts;
use portcullis_model::fact::Gap;
use portcullis_model::facts::Facts;
use portcullis_model::inquiry::Inquiry;
use portcullis_model::landing::{Candidate, Coverage, Miss, Residual, ResidualHunk};
use portcullis_model::waiver;
use serde::Deserialize;

mod procedure;
mod strictness;

const NAME: &str = "reviewed-landings";

/// How many runs of lines a finding names; it says how many more there are.
const NAMED: usize = 20;

/// The control.
pub static KIND: Kind = Kind {
    name: NAME,
    stage: Stage::Deployment,
    granularity: Granularity::PerLanding,
    always_on: true,
    waivable: Waivable::ByCommit,
    documentation: Documentation(include_str!("reviewed_landings.md")),
    procedure: procedure::PART,
    strictness: strictness::ROWS,
    read: read::<ReviewedLandings>,
    #[cfg(test)]
    schema: super::schema::of::<ReviewedLandings>,
};

/// Its settings.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ReviewedLandings {
    /// What unexplained lines outside every data-processing area do. Default: `"block"`.
    outside_areas: OutsideAreas,
}

/// What of unexplained lines outside every area.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
enum OutsideAreas {
    /// They block the deployment.
    #[default]
    Block,
    /// The decision notes them, and they do not block.
    Note,
}

impl Control for ReviewedLandings {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn procedure(&self, _scope: &PolicyScope) -> ControlProcedure {
        self.tell()
    }

    fn ask(&self, _inquiry: &mut Inquiry) {}

    /// A merge gate judges what has not landed yet, so there is nothing here to ask of it.
    fn check(&self, _case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        Ok(Vec::new())
    }

    fn check_landing(&self, case: &LandingCase<'_>) -> Result<Vec<Finding>, Gap> {
        let facts = case.landing;
        Ok(match &facts.coverage {
            Coverage::Unchanged => vec![report_met(facts, "it changed no content".into())],
            Coverage::Identity(one) => {
                vec![report_met(facts, format!("its content is that of {}", name_candidate(one)))]
            }
            Coverage::Replay(one) => {
                vec![report_met(facts, format!("its content is what merging {} gives", name_candidate(one)))]
            }
            Coverage::Rebase(one) => {
                vec![report_met(
                    facts,
                    format!("its content is what replaying {} gives", name_candidate(one)),
                )]
            }
            Coverage::Train(all) => {
                let all: Vec<_> = all.iter().map(name_candidate).collect();
                vec![report_met(
                    facts,
                    format!("its content is what merging {} in this order gives", all.join(", ")),
                )]
            }
            Coverage::Unverifiable(gap) => {
                vec![
                    landing_finding(facts, Verdict::Unproven, gap.to_string())
                        .details(describe_attempts(facts))
                        .remedy(gap.remedy.clone()),
                ]
            }
            Coverage::Residual(residual) => self.left_over(case, residual)?,
        })
    }
}

impl ReviewedLandings {
    fn left_over(&self, case: &LandingCase<'_>, residual: &Residual) -> Result<Vec<Finding>, Gap> {
        // Without the host's word on the requests, and on each head, no one can say that none
        // explains it.
        for facts in case.landing.requests.known()? {
            facts.host.request.known()?;
        }
        let touched = case.touched.known()?;
        let (inside, others): (Vec<_>, Vec<_>) =
            residual.hunks.iter().partition(|hunk| is_inside(touched, hunk));
        let (gate, outside) = split_gate_files(others, case.whole);
        let outside_verdict = match self.outside_areas {
            OutsideAreas::Block => Verdict::Broken,
            OutsideAreas::Note => Verdict::Noted,
        };
        let mut findings = Vec::new();
        for (hunks, verdict, place) in [
            (inside, Verdict::Broken, "data-processing code"),
            (gate, Verdict::Broken, "what steers the gate"),
            (outside, outside_verdict, "other files"),
        ] {
            if !hunks.is_empty() {
                findings.push(report_unexplained(case, verdict, place, residual, &hunks));
            }
        }
        if findings.iter().all(|finding| finding.verdict == Verdict::Noted) {
            findings.push(report_met(case.landing, "no unexplained line is in data-processing code".into()));
        }
        Ok(findings)
    }
}

/// A policy, waiver or workflow that no one approved is no note, wherever the areas are:
/// `gate-integrity` asks the requests of a landing, and what no request brought it does not see.
fn split_gate_files<'h>(
    hunks: Vec<&'h ResidualHunk>,
    whole: &Facts,
) -> (Vec<&'h ResidualHunk>, Vec<&'h ResidualHunk>) {
    let steers = |hunk: &&ResidualHunk| steers_gate(&whole.host, &whole.inquiry, &hunk.path);
    hunks.into_iter().partition(steers)
}

fn is_inside(touched: &[TouchedArea], hunk: &ResidualHunk) -> bool {
    touched.iter().flat_map(|area| &area.touches).any(|touch| touch.path == hunk.path)
}

fn report_unexplained(
    case: &LandingCase<'_>,
    verdict: Verdict,
    place: &str,
    residual: &Residual,
    hunks: &[&ResidualHunk],
) -> Finding {
    let facts = case.landing;
    let reason = match residual.nearest.as_slice() {
        [] => format!("no change request explains it; it changes {place}"),
        nearest => {
            let nearest: Vec<_> = nearest.iter().map(name_candidate).collect();
            format!("it differs from what {} gives, in {place}", nearest.join(", "))
        }
    };
    let mut details: Vec<_> = hunks.iter().take(NAMED).map(|hunk| describe_hunk(hunk)).collect();
    if hunks.len() > NAMED {
        details.push(format!("and {} more places", hunks.len() - NAMED));
    }
    details.extend(describe_attempts(facts));
    let first = hunks
        .first()
        .map(|hunk| Place { path: hunk.path.clone(), line: hunk.line.filter(|_| hunk.side == Side::Added) });
    let finding = landing_finding(facts, verdict, reason).details(details).remedy(remedy_unexplained(case));
    match first {
        Some(place) => finding.at(place),
        None => finding,
    }
}

/// What has landed stays; what has not can be built again.
fn remedy_unexplained(case: &LandingCase<'_>) -> String {
    let landed = &case.landing.landing.landed;
    match case.deployment {
        Some(_) => format!(
            "Have someone review these lines, and have a waiver approved in {} (`control = \"{NAME}\"`, `commits = [\"{landed}\"]`); or deploy \
             a commit from before this landing. A later revert does not undo this finding.",
            waiver::PATH
        ),
        None => "Take the request out of the queue and add it again, so that the host builds the batch anew from its head as it is \
                 now. If the batch holds these lines again, merge the base branch into the request, have it approved, and \
                 add it again."
            .to_string(),
    }
}

fn describe_hunk(hunk: &ResidualHunk) -> String {
    let what = match hunk.side {
        Side::Added => "added",
        Side::Removed => "dropped",
    };
    match (hunk.line, hunk.lines) {
        (None, _) => format!("{}: {what} as a whole", hunk.path),
        (Some(line), 1) => format!("{}: line {line} {what}", hunk.path),
        (Some(line), lines) => format!("{}: lines {line} to {} {what}", hunk.path, line + lines - 1),
    }
}

fn name_candidate(candidate: &Candidate) -> String {
    format!("request {} at {}", candidate.request, candidate.head.short())
}

fn report_met(facts: &LandingFacts, reason: String) -> Finding {
    landing_finding(facts, Verdict::Met, reason).details(describe_attempts(facts))
}

/// What else was tried, and how far it misses.
fn describe_attempts(facts: &LandingFacts) -> Vec<String> {
    let miss = |miss: &Miss| {
        let all: Vec<_> = miss.candidates.iter().map(name_candidate).collect();
        format!("tried: {} {}", all.join(", then "), miss.distance)
    };
    facts.misses.iter().map(miss).collect()
}

fn landing_finding(facts: &LandingFacts, verdict: Verdict, reason: String) -> Finding {
    finding(NAME, verdict, SubjectKind::Landing, facts.landing.landed.short(), reason)
}
