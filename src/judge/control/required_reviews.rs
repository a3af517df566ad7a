//! `required-reviews`: the change was approved by enough people who had no part in it.
//!
//! One rule for every change, one for changes to any data-processing area, one for each area. All
//! that apply must hold, and each is its own finding. What counts as an approval is in
//! [`super::shared::approval`], how people fill roles in [`super::shared::quorum`]. An area that is
//! touched and that no rule is about is broken: the policy has forgotten it.

use super::procedure::ControlProcedure;
use super::shared::approval::{AfterUpdate, Approvals, Independence, LastPusher, count_approvals};
use super::shared::quorum::{RoleApprovals, nothing_to_judge, touched_files};
use super::shared::review_rules::{Applied, ReviewRule, ReviewRules, some_roles, touched_areas};
use super::{
    Case, Control, DerivedReviews, Documentation, Granularity, Kind, PolicyScope, Reference, ReviewBasis,
    Stage, TreeReviews, Waivable, finding, read, unproven, widen_remedy,
};
use portcullis_model::change::FileChange;
use portcullis_model::decision::{Finding, Place, SubjectKind, TouchedArea, Verdict};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::inquiry::{Inquiry, Topic};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::num::NonZeroU64;
use toml::Spanned;

mod procedure;
mod strictness;

const NAME: &str = "required-reviews";

/// The control.
pub static KIND: Kind = Kind {
    name: NAME,
    stage: Stage::Both,
    granularity: Granularity::PerLanding,
    always_on: false,
    waivable: Waivable::Freely,
    documentation: Documentation(include_str!("required_reviews.md")),
    procedure: procedure::PART,
    strictness: strictness::ROWS,
    read: read::<RequiredReviews>,
    #[cfg(test)]
    schema: super::schema::of::<RequiredReviews>,
};

/// Its settings.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "WrittenReviews"))]
#[serde(try_from = "WrittenReviews")]
pub struct RequiredReviews {
    rules: ReviewRules,
    basis: ReviewBasis,
}

/// The settings as they are written.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenReviews {
    /// How many independent people must approve any change.
    approvals: Option<NonZeroU64>,
    /// Roles that must approve any change, and how many people of each. One person can fill several
    /// roles.
    #[serde(default, deserialize_with = "some_roles")]
    roles: Vec<RoleApprovals>,
    /// Whether people who pushed commits of the request may approve it. Default: `"exclude"`.
    #[serde(default)]
    last_pusher: LastPusher,
    /// Whether an approval remains valid after the base was merged into the request. Default:
    /// `"proved"`.
    #[serde(default)]
    updates: AfterUpdate,
    /// Whether approvals count whose commit the host does not state, so that it was derived from
    /// other facts, such as times. Default: `"outside-data-processing"`.
    #[serde(default)]
    derived: DerivedReviews,
    /// Whether approvals of a tree over a base count, in place of a commit. Default: `"proved"`.
    #[serde(default)]
    trees: TreeReviews,
    /// What a change that touches any data-processing area needs as well.
    data_processing: Option<ReviewRule>,
    /// What a change that touches the area of this name needs as well.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, ReviewRule>"))]
    areas: BTreeMap<Spanned<String>, ReviewRule>,
}

impl TryFrom<WrittenReviews> for RequiredReviews {
    type Error = &'static str;

    fn try_from(written: WrittenReviews) -> Result<Self, Self::Error> {
        let WrittenReviews { approvals, roles, last_pusher, updates, derived, trees, .. } = written;
        let (data_processing, areas) = (written.data_processing, written.areas);
        let general = (approvals.is_some() || !roles.is_empty()).then_some(ReviewRule { approvals, roles });
        if general.is_none() && data_processing.is_none() && areas.is_empty() {
            return Err("these settings require nothing; set `approvals = 1` or more");
        }
        let independence = Independence { last_pusher, updates, ..Independence::default() };
        let basis = ReviewBasis { derived, trees };
        Ok(RequiredReviews { rules: ReviewRules { general, data_processing, areas, independence }, basis })
    }
}

impl Control for RequiredReviews {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn procedure(&self, scope: &PolicyScope) -> ControlProcedure {
        self.tell(scope)
    }

    fn ask(&self, inquiry: &mut Inquiry) {
        inquiry.topics.insert(Topic::Reviews);
        if self.rules.independence.last_pusher == LastPusher::Exclude {
            inquiry.topics.insert(Topic::Pushes);
        }
    }

    fn owners(&self, area: &str) -> Vec<String> {
        let of_area =
            self.rules.areas.iter().filter(|(name, _)| name.get_ref() == area).map(|(_, rule)| rule);
        let rules = self.rules.general.iter().chain(&self.rules.data_processing).chain(of_area);
        rules.flat_map(|rule| &rule.roles).map(|role| role.role.get_ref().clone()).collect()
    }

    fn independence(&self) -> Option<Independence> {
        Some(self.rules.independence)
    }

    fn review_basis(&self) -> Option<ReviewBasis> {
        Some(self.basis)
    }

    fn references(&self) -> Vec<Reference<'_>> {
        let ReviewRules { general, data_processing, areas, .. } = &self.rules;
        let rules = general.iter().chain(data_processing).chain(areas.values());
        let roles = rules.flat_map(|rule| &rule.roles).map(|wanted| Reference::Role(&wanted.role));
        areas.keys().map(Reference::Area).chain(roles).collect()
    }

    fn review_rules(&self) -> Option<&ReviewRules> {
        Some(&self.rules)
    }

    fn approvals(&self) -> u64 {
        let approvals = self.rules.general.as_ref().and_then(|rule| rule.approvals);
        approvals.map_or(0, NonZeroU64::get)
    }

    fn check(&self, case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        let change = case.facts.change.known()?;
        if let Some(found) = nothing_to_judge(NAME, change) {
            return Ok(vec![found]);
        }
        let mut findings = self.unplaced(case, change.head.short());
        findings.extend(self.forgotten(case));
        let applied = self.rules.applied(case);
        if !applied.is_empty() {
            let judged = self.judge(case, &applied);
            findings.extend(
                judged.unwrap_or_else(|gap| {
                    vec![unproven(NAME, SubjectKind::Change, change.head.short(), &gap)]
                }),
            );
        } else if findings.is_empty() {
            let reason =
                "the policy requires reviews only for some areas, and the change touches none of them";
            findings.push(finding(NAME, Verdict::Exempt, SubjectKind::Change, change.head.short(), reason));
        }
        Ok(findings)
    }
}

impl RequiredReviews {
    fn judge(&self, case: &Case<'_>, applied: &[Applied<'_>]) -> Result<Vec<Finding>, Gap> {
        let approvals = count_approvals(case, self.rules.independence)?;
        let request = case.facts.host.request.known()?.id.to_string();
        let files = touched_files(case)?;
        let mut findings = approvals.objection_findings(NAME, &request);
        let landed = case.facts.host.request.value().is_some_and(|request| request.merged.is_some());
        findings.extend(note_bots(&request, &approvals, landed));
        for applied in applied {
            // A gap in what one rule needs leaves the other findings in place.
            let judged = judge_applied(applied, case, &approvals, &files, &request);
            findings.push(judged.unwrap_or_else(|gap| unproven(NAME, SubjectKind::Request, &request, &gap)));
        }
        Ok(findings)
    }

    /// Rules for areas are of no use while it is not known which areas are touched.
    fn unplaced(&self, case: &Case<'_>, head: &str) -> Vec<Finding> {
        let by_area = self.rules.data_processing.is_some() || !self.rules.areas.is_empty();
        match case.touched {
            Fact::Gap(gap) if by_area => vec![unproven(NAME, SubjectKind::Change, head, gap)],
            Fact::Gap(_) | Fact::Known(_) => Vec::new(),
        }
    }

    /// Touched areas that no rule is about.
    fn forgotten(&self, case: &Case<'_>) -> Vec<Finding> {
        let spoken_of =
            |area: &&TouchedArea| self.rules.general.is_some() || self.rules.of_area(area).next().is_some();
        let forgotten = touched_areas(case).iter().filter(|area| !spoken_of(area));
        forgotten.map(|area| no_rule(case, &area.area)).collect()
    }
}

fn no_rule(case: &Case<'_>, area: &str) -> Finding {
    let reason = "no rule says who must approve changes of this data-processing area";
    let change = format!(
        "Set `approvals` in `[controls.{NAME}.data-processing]` or `[controls.{NAME}.areas.{area}]` of the policy."
    );
    finding(NAME, Verdict::Broken, SubjectKind::Area, area, reason)
        .remedy(widen_remedy(case, NAME, area, change))
}

/// The finding of one rule that applies.
fn judge_applied(
    applied: &Applied<'_>,
    case: &Case<'_>,
    approvals: &Approvals,
    files: &[&FileChange],
    request: &str,
) -> Result<Finding, Gap> {
    let judgement = applied.judge(case, approvals, files)?;
    let Some(area) = applied.area else { return Ok(judgement.finding(NAME, SubjectKind::Request, request)) };
    let mut found = judgement.finding(NAME, SubjectKind::Area, &area.area);
    found.reason.push_str(applied.why);
    found.place = area.touches.first().map(|touch| Place { path: touch.path.clone(), line: touch.line });
    Ok(found)
}

/// A person can let a workflow write, push and open a change, and then approve it: no fact names
/// that person.
fn note_bots(request: &str, approvals: &Approvals, landed: bool) -> Option<Finding> {
    approvals.by_machines.then(|| {
        let reason = "only bots took part in this change, so an approver may be its real author";
        let remedy = match landed {
            false => "Find out who told the bot to write it, and have another person approve.",
            true => "Find out who told the bot to write it, and whether that person approved it.",
        };
        finding(NAME, Verdict::Noted, SubjectKind::Request, request, reason).remedy(remedy)
    })
}

#[cfg(test)]
mod tests;
