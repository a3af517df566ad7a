//! `changed-line-coverage`: tests executed the changed lines of a touched area.
//!
//! Its settings are in `settings.rs`, which reports count in `counted.rs`, and the rule here and in
//! `area.rs`, which judges one area.

use super::procedure::ControlProcedure;
use super::shared::evidence_binding::Trust;
use super::{
    Case, Control, Documentation, Granularity, Kind, PolicyScope, Reference, Stage, Waivable, finding, read,
};
use area::AreaJudgement;
use counted::CountedCoverage;
use portcullis_model::decision::{Finding, SubjectKind, TouchedArea, Verdict};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::inquiry::{Inquiry, Topic};
use portcullis_model::inventory::Area;
use portcullis_pattern::glob::Glob;
pub use settings::ChangedLineCoverage;
use settings::ReportSource;

mod area;
mod counted;
mod names;
mod procedure;
mod settings;
mod strictness;

const NAME: &str = "changed-line-coverage";

/// The control.
pub static KIND: Kind = Kind {
    name: NAME,
    stage: Stage::Both,
    granularity: Granularity::Once,
    always_on: false,
    waivable: Waivable::Freely,
    documentation: Documentation(include_str!("changed_line_coverage.md")),
    procedure: procedure::PART,
    strictness: strictness::ROWS,
    read: read::<ChangedLineCoverage>,
    #[cfg(test)]
    schema: super::schema::of::<ChangedLineCoverage>,
};

impl Control for ChangedLineCoverage {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn procedure(&self, _scope: &PolicyScope) -> ControlProcedure {
        self.tell()
    }

    fn ask(&self, inquiry: &mut Inquiry) {
        inquiry.line_coverage.extend(self.reports.values().flat_map(ReportSource::questions));
        if self.is_bound() {
            inquiry.topics.insert(Topic::Evidence);
        }
        if self.check.is_some() {
            inquiry.topics.insert(Topic::Checks);
        }
    }

    fn references(&self) -> Vec<Reference<'_>> {
        let of_reports = self.reports.values().flat_map(|source| source.areas.iter().flatten());
        let areas = of_reports.chain(self.areas.keys()).map(Reference::Area);
        let suites = self.areas.iter().filter_map(|(area, own)| {
            Some(Reference::Suite { suite: &own.without_lines.as_ref()?.suite, area: area.get_ref() })
        });
        let signers = self.trust.as_ref().filter(|trust| *trust.get_ref() == Trust::Signed);
        areas.chain(suites).chain(signers.map(Reference::Signers)).collect()
    }

    fn repository_files(&self) -> Vec<&Glob> {
        self.areas
            .values()
            .filter_map(|own| own.without_lines.as_ref())
            .flat_map(|files| &files.paths)
            .collect()
    }

    fn check(&self, case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        let touched = case.touched.known()?;
        let change = case.facts.change.known()?;
        if touched.is_empty() {
            let reason = "no data-processing area is touched";
            return Ok(vec![finding(
                NAME,
                Verdict::Exempt,
                SubjectKind::Change,
                change.head.short(),
                reason,
            )]);
        }
        let counted = CountedCoverage::of(self, case, change)?;
        let mut findings = counted.findings.clone();
        for touched in touched {
            findings.extend(AreaJudgement::new(self, case, &counted, area_of(case, touched)?)?.findings());
        }
        Ok(findings)
    }
}

fn broken_report(path: &str, reason: impl Into<String>) -> Finding {
    finding(NAME, Verdict::Broken, SubjectKind::File, path, reason)
}

fn area_of<'a>(case: &Case<'a>, touched: &TouchedArea) -> Result<&'a Area, Gap> {
    let areas = &case.scope.inventory.areas;
    areas.iter().find(|area| area.name == touched.area).ok_or_else(|| {
        let (detail, remedy) =
            ("the policy has no such area", "Judge by the policy that the facts were gathered for.");
        Gap::new(
            format!("which files belong to `{}`", touched.area),
            GapReason::Contradiction,
            detail,
            remedy,
        )
    })
}

#[cfg(test)]
mod tests;
