//! `deployers`: who may deploy, and that no one deploys what only they have seen.
//!
//! A part in a landing, other than the deployer's, counts when the host vouches for it: having
//! opened the request, or having approved it. What commits say of their authors does not count
//! here, since anyone can write any name into a commit.

use super::procedure::ControlProcedure;
use super::shared::approval::{Approval, Approvals, Independence, LastPusher, count_approvals};
use super::shared::asserted::note_asserted;
use super::shared::identity::is_machine;
use super::shared::role::holds_role;
use super::{
    Case, Control, Documentation, Granularity, Kind, LandingCase, PolicyScope, Reference, Stage, Waivable,
    finding, read, unproven,
};
use portcullis_model::decision::{Finding, SubjectKind, Verdict};
use portcullis_model::deployment::{Deployer, Deployment};
use portcullis_model::fact::Gap;
use portcullis_model::facts::{Facts, HostFacts};
use portcullis_model::inquiry::{Inquiry, Topic};
use portcullis_model::person::{Account, AccountKind, Login, Who};
use serde::Deserialize;
use toml::Spanned;

mod procedure;
mod strictness;

const NAME: &str = "deployers";

/// The control.
pub static KIND: Kind = Kind {
    name: NAME,
    stage: Stage::Deployment,
    granularity: Granularity::Once,
    always_on: false,
    waivable: Waivable::Freely,
    documentation: Documentation(include_str!("deployers.md")),
    procedure: procedure::PART,
    strictness: strictness::ROWS,
    read: read::<Deployers>,
    #[cfg(test)]
    schema: super::schema::of::<Deployers>,
};

/// Its settings: at least one of the two.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "WrittenDeployers"))]
#[serde(try_from = "WrittenDeployers")]
pub struct Deployers {
    role: Option<Spanned<String>>,
    not_author_alone: bool,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenDeployers {
    /// The role that the deployer must hold.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    role: Option<Spanned<String>>,
    /// `true`: someone other than the deployer must have opened or approved each request behind
    /// data-processing code. Default: `false`.
    #[serde(default)]
    not_author_alone: bool,
}

impl TryFrom<WrittenDeployers> for Deployers {
    type Error = &'static str;

    fn try_from(written: WrittenDeployers) -> Result<Self, Self::Error> {
        let WrittenDeployers { role, not_author_alone } = written;
        if role.is_none() && !not_author_alone {
            return Err("these settings require nothing; write `role` or `not-author-alone = true`");
        }
        Ok(Deployers { role, not_author_alone })
    }
}

impl Control for Deployers {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn procedure(&self, _scope: &PolicyScope) -> ControlProcedure {
        self.tell()
    }

    fn ask(&self, inquiry: &mut Inquiry) {
        if self.not_author_alone {
            inquiry.topics.insert(Topic::Reviews);
        }
    }

    fn references(&self) -> Vec<Reference<'_>> {
        self.role.iter().map(Reference::Role).collect()
    }

    fn check(&self, case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        let Some(deployment) = case.deployment else { return Ok(Vec::new()) };
        let deployer = match deployment.deployer.known() {
            Ok(deployer) => deployer,
            Err(gap) => {
                return Ok(vec![unproven(NAME, SubjectKind::Environment, &deployment.environment, &gap)]);
            }
        };
        let mut findings = vec![self.entitled(case, deployment, deployer)];
        findings.extend(note_asserted(NAME, deployment, deployer));
        Ok(findings)
    }

    fn check_landing(&self, case: &LandingCase<'_>) -> Result<Vec<Finding>, Gap> {
        let Some(deployment) = case.deployment.filter(|_| self.not_author_alone) else {
            return Ok(Vec::new());
        };
        if case.touched.known()?.is_empty() {
            return Ok(Vec::new());
        }
        let deployer = &deployment.deployer.known()?.login;
        let requests = case.landing.requests.known()?;
        if requests.is_empty() {
            let reason = format!(
                "no change request brought it, so no one other than {deployer} is known to have taken part in it"
            );
            return Ok(vec![report_alone(case, reason)]);
        }
        let parts: Vec<_> = requests.iter().map(|facts| find_second_person(case, facts, deployer)).collect();
        if let Some(reason) = parts.iter().flatten().flatten().next() {
            return Ok(vec![report_alone(case, reason.clone())]);
        }
        parts.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(vec![on_landing(case, Verdict::Met, format!("a person other than {deployer} took part in it"))])
    }
}

impl Deployers {
    fn entitled(&self, case: &Case<'_>, deployment: &Deployment, deployer: &Deployer) -> Finding {
        let login = &deployer.login;
        let of = |verdict, reason: String| {
            finding(NAME, verdict, SubjectKind::Environment, &deployment.environment, reason)
        };
        let Some(name) = self.role.as_ref().map(Spanned::get_ref) else {
            return of(Verdict::Met, format!("{login} deploys; the policy requires no role"));
        };
        match holds_role(case, name, login, "a deployment has none") {
            Ok(true) => of(Verdict::Met, format!("{login}, who deploys, holds the role `{name}`")),
            Ok(false) => {
                of(Verdict::Broken, format!("{login}, who deploys, does not hold the role `{name}`"))
                    .remedy(format!("Have a person with the role `{name}` deploy."))
            }
            Err(gap) => unproven(NAME, SubjectKind::Environment, &deployment.environment, &gap),
        }
    }
}

/// Why no one other than the deployer is known to have had a part in the request; `None` when
/// someone had.
fn find_second_person(
    case: &LandingCase<'_>,
    facts: &Facts,
    deployer: &Login,
) -> Result<Option<String>, Gap> {
    case.scope.check_identities()?;
    let request = facts.host.request.known()?;
    let who = case.scope.people.by_login(deployer);
    if request
        .author
        .as_ref()
        .is_some_and(|author| author.login != *deployer && is_other(case.scope, &facts.host, author, &who))
    {
        return Ok(None);
    }
    let (scope, touched) = (case.scope, case.touched);
    let asked = Case { facts, deployment: case.deployment, scope, touched };
    let Approvals { counted, unclear, .. } =
        count_approvals(&asked, Independence { last_pusher: LastPusher::Ignore, ..Independence::default() })?;
    let other = |approval: &Approval| approval.who != who && approval.login != *deployer;
    if counted.iter().any(other) {
        return Ok(None);
    }
    match unclear.into_iter().find(|(approval, _)| other(approval)) {
        Some((_, gap)) => Err(gap),
        None => Ok(Some(format!("no one other than {deployer} opened or approved request {}", request.id))),
    }
}

fn is_other(scope: &PolicyScope, host: &HostFacts, account: &Account, deployer: &Who) -> bool {
    let who = scope.people.by_login(&account.login);
    account.kind == AccountKind::Human && !is_machine(scope, host, &who, &account.login) && who != *deployer
}

fn report_alone(case: &LandingCase<'_>, reason: String) -> Finding {
    on_landing(case, Verdict::Broken, reason)
        .remedy("Have someone else deploy: a person who took no part in it, or was not the only one who did.")
}

fn on_landing(case: &LandingCase<'_>, verdict: Verdict, reason: String) -> Finding {
    finding(NAME, verdict, SubjectKind::Landing, case.landing.landing.landed.short(), reason)
}

#[cfg(test)]
mod tests;
