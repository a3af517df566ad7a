//! `gate-integrity`: what steers the gate is not changed by the author of a change alone.
//!
//! | file | why it is of the gate |
//! | --- | --- |
//! | the policy, and the house policy that it extends | they are the rules |
//! | the waivers, `portcullis-waivers.toml` | they say when the rules do not hold |
//! | their allowed signers, where the policy names them | they say whose consent is proved |
//! | the files that controls read beside the policy | they decide what these controls find |
//! | CODEOWNERS, in each place that the host looks in | it names who may approve; a new file in an earlier place replaces the old one |
//! | what defines the host's CI; on GitHub `.github/workflows/**`, `.github/actions/**`, any `action.yml`; on GitLab also the file that the settings name, and the files of the project that it includes | they run the gate and the tests |
//! | `test-configuration` of the settings | it decides which tests run |
//! | `.gitattributes`, `.gitignore`, `.gitmodules`, `.lfsconfig`, where changed lines govern any of these files ([`portcullis_model::governs`]) | they decide what a checkout holds of them |
//! | `paths` of the settings | the policy says so |
//!
//! A file counts under its old and its new name and, for a link, under the path it leads to; a link
//! or a submodule also where files of the gate may lie below it. Case and Unicode form do not
//! matter. Workflows are taken from the repository that is judged; those it calls elsewhere are not
//! seen.

use super::procedure::ControlProcedure;
use super::shared::approval::{ApprovalSubject, Approvals, Independence, count_approvals};
use super::shared::gate_files::{FileName, NamedFile, fold_waivers, matches_any};
use super::shared::quorum::{
    Demand, Judgement, RoleApprovals, judge_demand, nothing_to_judge, touched_files,
};
use super::{
    Case, Control, Documentation, Granularity, Kind, PolicyScope, Reference, Stage, Waivable, finding, read,
    unproven,
};
use portcullis_model::change::FileChange;
use portcullis_model::codeowners::{CodeOwners, InvalidLine};
use portcullis_model::decision::{Finding, Place, SubjectKind, Verdict};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::facts::{GateTexts, HostFacts};
use portcullis_model::governs::{self, Governing};
use portcullis_model::host::HostConventions;
use portcullis_model::inquiry::{Inquiry, TextPurpose, Topic};
use portcullis_model::path::RepoPath;
use portcullis_model::waiver;
use portcullis_pattern::glob::Glob;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::num::NonZeroU64;
use toml::Spanned;

mod procedure;
mod strictness;

const NAME: &str = "gate-integrity";

/// The control.
pub static KIND: Kind = Kind {
    name: NAME,
    stage: Stage::Both,
    granularity: Granularity::PerLanding,
    always_on: true,
    waivable: Waivable::Never {
        because: "it guards the policy, these waivers and the baseline",
        instead: "have the owners of the gate approve the change",
    },
    documentation: Documentation(include_str!("gate_integrity.md")),
    procedure: procedure::PART,
    strictness: strictness::ROWS,
    read: read::<GateIntegrity>,
    #[cfg(test)]
    schema: super::schema::of::<GateIntegrity>,
};

/// Its settings. Each has a default, so that the control can be on without any.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct GateIntegrity {
    /// The role whose people must approve a change to the gate. Without it, anyone independent with
    /// write access counts.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    role: Option<Spanned<String>>,
    /// How many of them must approve. Default: 1.
    approvals: NonZeroU64,
    /// Glob patterns of the files that decide which tests run, and how.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    test_configuration: Vec<Glob>,
    /// Glob patterns of further files that count as part of the gate.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    paths: Vec<Glob>,
}

impl Default for GateIntegrity {
    fn default() -> Self {
        let (test_configuration, paths) = (Vec::new(), Vec::new());
        GateIntegrity { role: None, approvals: NonZeroU64::MIN, test_configuration, paths }
    }
}

impl Control for GateIntegrity {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn procedure(&self, _scope: &PolicyScope) -> ControlProcedure {
        self.tell()
    }

    /// Whether gate files are touched is not known when the questions are put, so reviews are
    /// always asked for.
    fn ask(&self, inquiry: &mut Inquiry) {
        inquiry.topics.extend([Topic::Reviews, Topic::Pushes]);
    }

    fn references(&self) -> Vec<Reference<'_>> {
        self.role.iter().map(Reference::Role).collect()
    }

    fn repository_files(&self) -> Vec<&Glob> {
        self.test_configuration.iter().chain(&self.paths).collect()
    }

    fn check(&self, case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        let change = case.facts.change.known()?;
        if let Some(found) = nothing_to_judge(NAME, change) {
            return Ok(vec![found]);
        }
        let gate = case.facts.gate.known()?;
        let files = touched_files(case)?;
        let touched = self.touched(case, &files);
        let mut findings = match touched.is_empty() {
            true => vec![report_untouched(change.head.short())],
            false => self.judge(case, &touched),
        };
        findings.extend(report_removed_policy(case, gate));
        findings.extend(check_policy_origin(case, gate));
        findings.extend(unseen_workflows(&case.facts.host));
        findings.extend(unreadable_lines(&case.facts.host.conventions, gate, &files));
        Ok(findings)
    }
}

/// The texts that the gate reads in the repository, and what each of them is to a reader.
const TEXTS: [(TextPurpose, &str); 10] = [
    (TextPurpose::Policy, "the policy"),
    (TextPurpose::House, "the house policy that the policy extends"),
    (TextPurpose::Waivers, "the waivers"),
    (TextPurpose::WaiverSigners, "the list of signers of waivers"),
    (TextPurpose::EvidenceSigners, "the list of signers of evidence"),
    (TextPurpose::ReviewSigners, "the list of signers of reviews"),
    (TextPurpose::RecordSigners, "the list of signers of deployment records"),
    (TextPurpose::RunSigners, "the list of signers of runs"),
    (TextPurpose::Control, "a file that a control reads"),
    (TextPurpose::Document, "a document that is compared with the policy"),
];

/// Touched files that steer the gate, and why they do.
struct Touched<'a> {
    reason: &'static str,
    files: Vec<(&'a RepoPath, &'a FileChange)>,
}

impl GateIntegrity {
    /// The touched files of the gate, by reason.
    fn touched<'a>(&self, case: &Case<'a>, files: &[&'a FileChange]) -> Vec<Touched<'a>> {
        let inquiry = &case.facts.inquiry;
        let named: Vec<NamedFile<'a>> = files.iter().map(|file| NamedFile::of(file)).collect();
        let texts = TEXTS.iter().map(|(purpose, reason)| {
            let asked = inquiry.texts.iter().filter(|(_, purposes)| purposes.contains(purpose));
            let always = (*purpose == TextPurpose::Waivers).then(fold_waivers);
            let same: Vec<_> = asked.map(|(path, _)| path.fold()).chain(always).collect();
            of_gate(reason, &named, |name| same.iter().any(|file| name.is(file)))
        });
        let conventions = &case.facts.host.conventions;
        // Borrowed: a copy of a pattern compiles its expression anew, for each landing.
        let none: &[Glob] = &[];
        let globs = [
            ("the owners of files (CODEOWNERS)", [&conventions.code_owners.places[..], none]),
            (
                "the workflows that run the gate and the tests",
                [&conventions.workflow_files[..], case.facts.host.named_workflows()],
            ),
            ("the configuration of the tests", [&self.test_configuration[..], none]),
            ("files that the policy counts as part of the gate", [&self.paths[..], none]),
        ];
        let matching = globs.map(|(reason, globs)| {
            of_gate(reason, &named, |name| globs.iter().any(|globs| matches_any(globs, name)))
        });
        let all = texts.chain(matching).chain([self.governed(&case.facts.host, inquiry, files)]);
        all.filter(|touched| !touched.files.is_empty()).collect()
    }

    /// Files that decide what a checkout holds of the files of the gate.
    fn governed<'a>(&self, host: &HostFacts, inquiry: &Inquiry, files: &[&'a FileChange]) -> Touched<'a> {
        let reason = "lines that decide how files of the gate are checked out";
        let governing = |file: &&FileChange| file.governing().next().is_some();
        let Some(_) = files.iter().find(|file| governing(file)) else {
            return Touched { reason, files: Vec::new() };
        };
        let waivers = RepoPath::from(waiver::PATH);
        let single = inquiry.texts.keys().chain([&waivers]);
        let single: Vec<Glob> = single.filter_map(|path| Glob::of_path(path.as_bytes())).collect();
        let (owners, workflows) = (&host.conventions.code_owners.places, &host.conventions.workflow_files);
        let workflows = workflows.iter().chain(host.named_workflows());
        let named = single.iter().chain(workflows).chain(&self.test_configuration).chain(&self.paths);
        // Of the places where CODEOWNERS may be, only those where it does: `docs/` is one of
        // them.
        let all = named.map(|glob| (glob, governs::Reach::Named));
        let all: Vec<_> = all.chain(owners.iter().map(|glob| (glob, governs::Reach::Standing))).collect();
        let meets = |governing: &Governing<'a>| {
            all.iter().any(|(glob, reach)| governing.meets(glob, &[], *reach).is_some())
        };
        let named = |file: &&'a FileChange| Some((file.governing().find(&meets)?.path, *file));
        Touched { reason, files: files.iter().filter_map(named).collect() }
    }

    fn judge(&self, case: &Case<'_>, touched: &[Touched<'_>]) -> Vec<Finding> {
        let of_gate_files = Independence { subject: ApprovalSubject::Gate, ..Independence::default() };
        let judged = count_approvals(case, of_gate_files).and_then(|approvals| {
            let judgement = self.quorum(case, &approvals, touched)?;
            let request = case.facts.host.request.known()?.id.to_string();
            let findings = touched.iter().map(|touched| touched.finding(&judgement));
            Ok(findings.chain(approvals.objection_findings(NAME, &request)).collect())
        });
        judged.unwrap_or_else(|gap| touched.iter().map(|touched| touched.unproven(&gap)).collect())
    }

    fn quorum(
        &self,
        case: &Case<'_>,
        approvals: &Approvals,
        touched: &[Touched<'_>],
    ) -> Result<Judgement, Gap> {
        let files: Vec<_> =
            touched.iter().flat_map(|touched| &touched.files).map(|(_, file)| *file).collect();
        let wanted = |role: &Spanned<String>| RoleApprovals { role: role.clone(), approvals: self.approvals };
        let roles: Vec<_> = self.role.iter().map(wanted).collect();
        let demand =
            Demand { approvals: self.approvals.get(), roles: &roles, files: &files, all_owned: true };
        judge_demand(case, approvals, &demand)
    }
}

fn of_gate<'a>(
    reason: &'static str,
    files: &[NamedFile<'a>],
    is: impl Fn(&FileName<'a>) -> bool,
) -> Touched<'a> {
    let named =
        |file: &NamedFile<'a>| file.names.iter().find(|name| is(name)).map(|name| (name.path, file.file));
    Touched { reason, files: files.iter().filter_map(named).collect() }
}

impl Touched<'_> {
    fn finding(&self, judgement: &Judgement) -> Finding {
        let found = judgement.finding(NAME, SubjectKind::File, self.name());
        let reason = format!("the change touches {}: {}", self.reason, found.reason);
        self.placed(Finding { reason, ..found })
    }

    fn unproven(&self, gap: &Gap) -> Finding {
        self.placed(unproven(NAME, SubjectKind::File, self.name(), gap))
    }

    fn name(&self) -> String {
        self.files.first().map_or_else(String::new, |(path, _)| path.to_string())
    }

    /// The finding with its place and the other files that it is about.
    fn placed(&self, mut found: Finding) -> Finding {
        found.place = self.files.first().map(|(path, _)| Place { path: (*path).clone(), line: None });
        found.details.extend(self.files.iter().skip(1).map(|(path, _)| format!("also {path}")));
        found
    }
}

fn report_untouched(head: &str) -> Finding {
    let reason = "the change touches nothing that steers the gate";
    finding(NAME, Verdict::Met, SubjectKind::Change, head, reason)
}

/// Without a policy at the head the next change would not be judged by one.
fn report_removed_policy(case: &Case<'_>, gate: &GateTexts) -> Option<Finding> {
    let policy = case.facts.inquiry.path_of(TextPurpose::Policy)?;
    let gone = gate.before(TextPurpose::Policy).is_some() && gate.after(TextPurpose::Policy).is_none();
    let found = || {
        finding(
            NAME,
            Verdict::Broken,
            SubjectKind::Policy,
            policy.to_string(),
            "the change removes the policy",
        )
        .remedy(format!("Keep {policy}; to move it, first tell the gate where it will be."))
    };
    gone.then(found)
}

/// Who may have put the policy where it is.
fn check_policy_origin(case: &Case<'_>, gate: &GateTexts) -> Option<Finding> {
    let host = &case.facts.host;
    if gate.before(TextPurpose::Policy).is_none() || !host.took_part() {
        return None;
    }
    match &host.branch {
        Fact::Known(branch) if branch.protected => None,
        Fact::Known(branch) => Some(
            finding(
                NAME,
                Verdict::Unproven,
                SubjectKind::Branch,
                format!("{}: policy", branch.name),
                "the branch that the policy comes from is not protected, so anyone with write access could have put it there",
            )
            .remedy(format!("Protect {} on the host.", branch.name)),
        ),
        Fact::Gap(gap) => Some(unproven(NAME, SubjectKind::Policy, "origin", gap)),
    }
}

/// A file that no one sees to define the CI could be any of those that are touched.
fn unseen_workflows(host: &HostFacts) -> Option<Finding> {
    let gap = host.workflow_files.as_ref()?.known().err()?;
    Some(unproven(NAME, SubjectKind::File, "what defines the CI", &gap))
}

/// Lines of CODEOWNERS that the host skips and that may have meant a touched file. A role of code
/// owners weighs them itself; everyone else should at least know.
fn unreadable_lines(
    conventions: &HostConventions,
    gate: &GateTexts,
    files: &[&FileChange],
) -> Option<Finding> {
    let (path, text) = gate.find(TextPurpose::CodeOwners)?;
    let code_owners = CodeOwners::parse(text.before.as_ref()?, conventions.code_owners.dialect);
    let paths = files.iter().flat_map(|file| file.entries()).map(|entry| &entry.path);
    let lines: BTreeMap<_, _> =
        paths.filter_map(|path| code_owners.doubt(path)).map(line_and_reason).collect();
    let show = |(line, reason)| format!("line {line}: {reason}");
    (!lines.is_empty()).then(|| {
        let reason = format!(
            "CODEOWNERS has lines that {} skips and that may be meant for files of this change",
            conventions.name
        );
        finding(NAME, Verdict::Noted, SubjectKind::File, path.to_string(), reason)
            .remedy("Correct these lines on the base branch.")
            .details(lines.into_iter().map(show).collect())
    })
}

fn line_and_reason(invalid: &InvalidLine) -> (u64, &str) {
    (invalid.line, &invalid.reason)
}

#[cfg(test)]
mod tests;
