//! `documented-procedure`: the published procedure says what the policy says, and was approved.
//!
//! The page and its pictures are files of the repository. They are compared with the policy *as the
//! change would leave both*: so a change of the policy brings the new page along, and a page that
//! became wrong can be put right by any change. The page is of the gate: `gate-integrity` demands
//! the approval of a change to it, which is what makes the approvals that are written in it worth
//! something.

use super::procedure::diagram::BOTH;
use super::procedure::published::approval::DocumentApproval;
use super::procedure::published::{PublishedPage, is_same_text};
use super::procedure::words::plain;
use super::procedure::{ControlProcedure, Procedure, ProcedureSentence};
use super::protected_branch;
use super::shared::evidence_binding::Age;
use super::shared::identity::is_machine;
use super::shared::role::holds_role;
use super::{
    Case, Control, Documentation, Granularity, Kind, PolicyScope, Reference, Stage, Waivable, finding, read,
    unproven,
};
use jiff::tz::Offset;
use portcullis_model::decision::{Finding, SubjectKind, Verdict};
use portcullis_model::fact::Gap;
use portcullis_model::facts::GateTexts;
use portcullis_model::inquiry::{Inquiry, TextPurpose};
use portcullis_model::path::RepoPath;
use serde::Deserialize;
use settings::PagePath;
use toml::Spanned;

mod procedure;
mod settings;
mod strictness;

const NAME: &str = "documented-procedure";

/// How many differences a finding lists.
const LISTED: usize = 40;

/// The control.
pub static KIND: Kind = Kind {
    name: NAME,
    stage: Stage::Both,
    granularity: Granularity::Once,
    always_on: false,
    waivable: Waivable::Freely,
    documentation: Documentation(include_str!("documented_procedure.md")),
    procedure: procedure::PART,
    strictness: strictness::ROWS,
    read: read::<DocumentedProcedure>,
    #[cfg(test)]
    schema: super::schema::of::<DocumentedProcedure>,
};

/// Its settings.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct DocumentedProcedure {
    /// The published page, in Markdown, from the root of the repository. Its two pictures are
    /// beside it. Default: `"docs/PROCEDURE.md"`.
    path: PagePath,
    /// How long an approval of the page counts: `"365d"`; at most a year. Default: no approval is
    /// required.
    review_every: Option<Age>,
    /// The role that must approve the page. Default: anyone who may change the gate.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    role: Option<Spanned<String>>,
}

impl Control for DocumentedProcedure {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn procedure(&self, _scope: &PolicyScope) -> ControlProcedure {
        self.tell()
    }

    fn ask(&self, inquiry: &mut Inquiry) {
        self.files().for_each(|path| inquiry.ask_text(path, TextPurpose::Document));
    }

    fn references(&self) -> Vec<Reference<'_>> {
        self.role.iter().map(Reference::Role).collect()
    }

    /// Everything is said in [`Control::check_documents`], for the policy that the change leaves.
    fn check(&self, _case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        Ok(Vec::new())
    }

    fn procedure_review(&self) -> Option<jiff::SignedDuration> {
        self.review_every.map(|every| every.0)
    }

    fn published_page(&self) -> Option<&str> {
        Some(&self.path.0)
    }

    fn check_documents(
        &self,
        case: &Case<'_>,
        procedure: &dyn Fn() -> Procedure,
    ) -> Result<Vec<Finding>, Gap> {
        let gate = case.facts.gate.known()?;
        let procedure = procedure();
        let Some(text) = text_after(gate, &self.path.0)? else { return Ok(vec![self.report_no_page()]) };
        let page = match PublishedPage::read(text) {
            Ok(page) => page,
            Err(fault) => return Ok(vec![self.broken(format!("the published procedure: {fault}"))]),
        };
        let mut findings = vec![self.compare(gate, &page, &procedure)?];
        findings.extend(self.check_approval(case, &page, &procedure)?);
        findings.extend(self.point_out_untrue(case, &procedure));
        Ok(findings)
    }
}

impl DocumentedProcedure {
    /// The page and its pictures.
    fn files(&self) -> impl Iterator<Item = RepoPath> {
        let path = self.path.0.as_str();
        std::iter::once(path.to_string())
            .chain(BOTH.iter().map(move |drawing| drawing.file(path)))
            .map(|path| RepoPath::from(path.as_str()))
    }

    fn of(&self, verdict: Verdict, reason: impl Into<String>) -> Finding {
        finding(NAME, verdict, SubjectKind::File, self.path.0.as_str(), reason)
    }

    fn broken(&self, reason: impl Into<String>) -> Finding {
        self.of(Verdict::Broken, reason).remedy(format!(
            "Run `portcullis policy procedure --update {}` with the policy of this change, read the difference, and commit the page and \
             its pictures in the same change.",
            self.path.0
        ))
    }

    fn report_no_page(&self) -> Finding {
        self.of(Verdict::Broken, "there is no published procedure, and the policy requires one").remedy(format!(
            "Run `portcullis policy procedure -o {}`, read the page, and commit it and its pictures in the same change.",
            self.path.0
        ))
    }

    /// Does the page say what the policy says?
    fn compare(
        &self,
        gate: &GateTexts,
        page: &PublishedPage<'_>,
        procedure: &Procedure,
    ) -> Result<Finding, Gap> {
        let differences = page.differences(procedure, &self.path.0);
        let pictures = self.compare_pictures(gate, procedure)?;
        let mut details: Vec<String> = page.faults.iter().map(ToString::to_string).collect();
        details.extend(differences.iter().map(ToString::to_string));
        details.extend(pictures);
        if details.is_empty() {
            return Ok(self.of(Verdict::Met, "the published procedure says what the policy says"));
        }
        let more = details.len().saturating_sub(LISTED);
        let number = details.len();
        details.truncate(LISTED);
        details.extend((more > 0).then(|| format!("and {more} more")));
        let reason = format!(
            "the published procedure is not what the policy says, in {number} place{}",
            if number == 1 { "" } else { "s" }
        );
        Ok(self.broken(reason).details(details))
    }

    fn compare_pictures(&self, gate: &GateTexts, procedure: &Procedure) -> Result<Vec<String>, Gap> {
        let mut differences = Vec::new();
        for drawing in &BOTH {
            let file = drawing.file(&self.path.0);
            match text_after(gate, &file)? {
                None => differences.push(format!("{file} is missing")),
                Some(text) if !is_same_text(text, &drawing.draw(procedure)) => {
                    differences.push(format!("{file} is not the picture that belongs to the policy"));
                }
                Some(_) => {}
            }
        }
        Ok(differences)
    }

    /// Was this text approved, and not too long ago?
    fn check_approval(
        &self,
        case: &Case<'_>,
        page: &PublishedPage<'_>,
        procedure: &Procedure,
    ) -> Result<Option<Finding>, Gap> {
        let Some(every) = self.review_every else { return Ok(None) };
        let today = Offset::UTC.to_datetime(*case.facts.observed.known()?).date();
        let digest = procedure.digest();
        let (mut details, mut doubt) = (Vec::new(), None);
        for approval in page.approvals.iter().rev() {
            let objection = if approval.digest != digest {
                Some("it is of another text".to_string())
            } else if approval.date > today {
                Some(format!("its date is after today, {today}"))
            } else if approval.date.checked_add(every.0).ok().is_none_or(|end| end < today) {
                Some(format!("it is older than {}", super::procedure::words::duration(every.0)))
            } else {
                self.objection_to_approver(case, approval).unwrap_or_else(|gap| {
                    let unclear = gap.to_string();
                    doubt = Some(gap);
                    Some(unclear)
                })
            };
            match objection {
                None => {
                    let reason = format!("{} approved this text on {}", approval.approver, approval.date);
                    return Ok(Some(self.on_approval(Verdict::Met, reason)));
                }
                Some(why) => {
                    let DocumentApproval { approver, date, line, .. } = approval;
                    details.push(format!("line {line}, by {approver} on {date}, does not count: {why}"));
                }
            }
        }
        if let Some(gap) = doubt {
            let finding = unproven(NAME, SubjectKind::File, format!("{}: approval", self.path.0), &gap);
            return Ok(Some(finding.details(details)));
        }
        Ok(Some(self.report_not_approved(every, details)))
    }

    /// Why the approver does not count.
    fn objection_to_approver(
        &self,
        case: &Case<'_>,
        approval: &DocumentApproval,
    ) -> Result<Option<String>, Gap> {
        let login = &approval.approver;
        let who = case.scope.people.by_login(login);
        if is_machine(case.scope, &case.facts.host, &who, login) {
            return Ok(Some(format!("{login} is a machine")));
        }
        let Some(name) = self.role.as_ref().map(Spanned::get_ref) else { return Ok(None) };
        let holds = holds_role(case, name, login, "an approval of the procedure is not of files")?;
        Ok((!holds).then(|| format!("{login} does not hold the role `{name}`")))
    }

    fn report_not_approved(&self, every: Age, details: Vec<String>) -> Finding {
        let period = super::procedure::words::duration(every.0);
        let reason = format!("the text of the published procedure was not approved within the last {period}");
        let who = self
            .role
            .as_ref()
            .map_or("LOGIN".to_string(), |role| format!("LOGIN of the role `{}`", role.get_ref()));
        self.on_approval(Verdict::Broken, reason)
            .remedy(format!(
                "Have the person who answers for it read it, run `portcullis policy procedure --update {} --approved-by LOGIN` with the \
                 login of that person ({who}), and have the change reviewed like any change of the gate.",
                self.path.0
            ))
            .details(details)
    }

    fn on_approval(&self, verdict: Verdict, reason: String) -> Finding {
        finding(NAME, verdict, SubjectKind::File, format!("{}: approval", self.path.0), reason)
    }

    /// Sentences about the host that the policy demands and the host does not make true.
    fn point_out_untrue(&self, case: &Case<'_>, procedure: &Procedure) -> Option<Finding> {
        let imposed = protected_branch::imposed_rules(case)?;
        let untrue = |sentence: &&ProcedureSentence| {
            sentence.rule.as_ref().is_some_and(|rule| !protected_branch::is_imposed(&imposed, rule))
        };
        let details: Vec<String> = procedure
            .sentences()
            .filter(untrue)
            .map(|sentence| format!("{} ({})", plain(&sentence.text), sentence.origin))
            .collect();
        (!details.is_empty()).then(|| {
            let reason =
                "the procedure says what the policy requires of the host, and the host does not make it true";
            self.of(Verdict::Noted, reason)
                .remedy(format!(
                    "See the findings of `{}`, and tell staff until it is put right.",
                    protected_branch::KIND.name
                ))
                .details(details)
        })
    }
}

/// The text of a file as the change would leave it; `None` where there is no such file.
///
/// # Errors
/// The facts were gathered without asking for it.
fn text_after<'g>(gate: &'g GateTexts, path: &str) -> Result<Option<&'g str>, Gap> {
    let text =
        gate.texts.get(&RepoPath::from(path)).filter(|text| text.purposes.contains(&TextPurpose::Document));
    let not_asked =
        || Gap::not_asked(format!("the text of {path}"), "gather the facts again with this policy");
    Ok(text.ok_or_else(not_asked)?.after.as_deref())
}

#[cfg(test)]
mod tests;
