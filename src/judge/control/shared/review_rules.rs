//! How many people have to approve what: the rules of `required-reviews`. `trained-reviewers` puts
//! them to the approvals of trained people.

use super::approval::{Approvals, Independence};
use super::quorum::{Demand, Judgement, RoleApprovals, judge_demand};
use crate::control::Case;
use portcullis_model::change::FileChange;
use portcullis_model::decision::TouchedArea;
use portcullis_model::fact::Gap;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::num::NonZeroU64;
use toml::Spanned;

/// The rules for any change, for any area and for each area. All that apply must hold.
#[derive(Clone, Debug, Default)]
pub struct ReviewRules {
    /// The rule for any change.
    pub general: Option<ReviewRule>,
    /// The rule for a change of any data-processing area.
    pub data_processing: Option<ReviewRule>,
    /// The rule for each area, by its name.
    pub areas: BTreeMap<Spanned<String>, ReviewRule>,
    /// Whose approvals are independent.
    pub independence: Independence,
}

/// How many people, and who.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "WrittenReviewRule"))]
#[serde(try_from = "WrittenReviewRule")]
pub struct ReviewRule {
    /// How many altogether; `None`: as many as the roles need.
    pub approvals: Option<NonZeroU64>,
    /// The roles, and how many people of each.
    pub roles: Vec<RoleApprovals>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenReviewRule {
    /// How many independent people must approve.
    approvals: Option<NonZeroU64>,
    /// Roles that must approve, and how many people of each.
    #[serde(default, deserialize_with = "some_roles")]
    roles: Vec<RoleApprovals>,
}

impl TryFrom<WrittenReviewRule> for ReviewRule {
    type Error = &'static str;

    fn try_from(written: WrittenReviewRule) -> Result<Self, Self::Error> {
        let WrittenReviewRule { approvals, roles } = written;
        let vacuous = approvals.is_none() && roles.is_empty();
        if vacuous {
            Err("this rule requires nothing; set `approvals` or `roles`")
        } else {
            Ok(ReviewRule { approvals, roles })
        }
    }
}

/// A list of roles that is not empty.
///
/// # Errors
/// It is, or it is no such list.
pub fn some_roles<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<RoleApprovals>, D::Error> {
    let roles = Vec::deserialize(deserializer)?;
    if roles.is_empty() {
        return Err(serde::de::Error::custom(
            "an empty list of roles requires nothing; name a role or leave it out",
        ));
    }
    Ok(roles)
}

/// A rule that applies to the change; of one area, or of the whole request.
pub struct Applied<'a> {
    /// The rule.
    pub rule: &'a ReviewRule,
    /// The area that it applies to.
    pub area: Option<&'a TouchedArea>,
    /// Which rule it is, as the end of a sentence.
    pub why: &'static str,
}

impl ReviewRules {
    /// Every rule that applies to a change.
    pub fn applied<'a>(&'a self, case: &Case<'a>) -> Vec<Applied<'a>> {
        let general = self.general.iter().map(|rule| Applied { rule, area: None, why: "" });
        let areas = touched_areas(case).iter().flat_map(|area| self.of_area(area));
        general.chain(areas).collect()
    }

    /// The rules that are about one area.
    pub fn of_area<'a>(&'a self, area: &'a TouchedArea) -> impl Iterator<Item = Applied<'a>> {
        let any = self.data_processing.iter();
        let any = any.map(move |rule| Applied {
            rule,
            area: Some(area),
            why: " (rule for every data-processing area)",
        });
        let own = self.areas.get(area.area.as_str()).into_iter();
        any.chain(own.map(move |rule| Applied { rule, area: Some(area), why: " (rule for this area)" }))
    }
}

impl Applied<'_> {
    /// Do these approvals suffice?
    ///
    /// # Errors
    /// See [`judge_demand`].
    pub fn judge(
        &self,
        case: &Case<'_>,
        approvals: &Approvals,
        files: &[&FileChange],
    ) -> Result<Judgement, Gap> {
        let total = self.rule.approvals.map_or(1, NonZeroU64::get);
        let demand = Demand { approvals: total, roles: &self.rule.roles, files, all_owned: false };
        judge_demand(case, approvals, &demand)
    }
}

/// The areas that are touched, as far as that could be seen.
pub fn touched_areas<'a>(case: &Case<'a>) -> &'a [TouchedArea] {
    case.touched.value().map_or(&[], Vec::as_slice)
}
