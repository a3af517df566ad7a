//! `freeze`: nothing is deployed while the policy says that nothing may be.
//!
//! Two kinds of window: once, between two moments, and weekly, between two times of the week at a
//! fixed offset from UTC. Summer time and other local customs are left out on purpose: a window
//! that moves with the rules of a time zone would give another answer on a machine with other
//! rules.

use super::procedure::ControlProcedure;
use super::{Case, Control, Documentation, Granularity, Kind, PolicyScope, Stage, Waivable, finding, read};
use jiff::Timestamp;
use portcullis_model::decision::{Finding, SubjectKind, Verdict};
use portcullis_model::environment::Environment;
use portcullis_model::fact::Gap;
use portcullis_model::inquiry::Inquiry;
use serde::Deserialize;
use settings::{Week, WeekEntry, Window, WindowEntry};

mod procedure;
mod settings;
mod strictness;

const NAME: &str = "freeze";

/// The control.
pub static KIND: Kind = Kind {
    name: NAME,
    stage: Stage::Deployment,
    granularity: Granularity::Once,
    always_on: false,
    waivable: Waivable::Freely,
    documentation: Documentation(include_str!("freeze.md")),
    procedure: procedure::PART,
    strictness: strictness::ROWS,
    read: read::<Freeze>,
    #[cfg(test)]
    schema: super::schema::of::<Freeze>,
};

/// Its settings: at least one window of either kind.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "WrittenFreeze"))]
#[serde(try_from = "WrittenFreeze")]
pub struct Freeze {
    environments: Option<Vec<Environment>>,
    windows: Vec<Window>,
    weekly: Vec<Week>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenFreeze {
    /// The environments that the windows apply to. Default: all.
    #[serde(default, deserialize_with = "settings::some_environments")]
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    environments: Option<Vec<Environment>>,
    /// Windows between two moments. Write at least one window here or under `weekly`.
    #[serde(default, deserialize_with = "settings::some_windows")]
    windows: Vec<WindowEntry>,
    /// Windows that come back every week.
    #[serde(default, deserialize_with = "settings::some_weeks")]
    weekly: Vec<WeekEntry>,
}

impl TryFrom<WrittenFreeze> for Freeze {
    type Error = &'static str;

    fn try_from(written: WrittenFreeze) -> Result<Self, Self::Error> {
        let WrittenFreeze { environments, windows, weekly } = written;
        if windows.is_empty() && weekly.is_empty() {
            return Err("these settings freeze nothing; write `windows` or `weekly`");
        }
        let windows = windows.into_iter().map(|entry| entry.0).collect();
        Ok(Freeze { environments, windows, weekly: weekly.into_iter().map(|entry| entry.0).collect() })
    }
}

impl Control for Freeze {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn procedure(&self, _scope: &PolicyScope) -> ControlProcedure {
        self.tell()
    }

    fn ask(&self, _inquiry: &mut Inquiry) {}

    fn environments(&self) -> &[Environment] {
        self.environments.as_deref().unwrap_or_default()
    }

    fn check(&self, case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        let Some(deployment) = case.deployment else { return Ok(Vec::new()) };
        let environment = deployment.environment.as_str();
        if !self.speaks_of(environment) {
            let reason = "the policy freezes other environments only";
            return Ok(vec![environment_finding(environment, Verdict::Exempt, reason.to_string())]);
        }
        let moment = *case.facts.observed.known()?;
        let frozen: Vec<_> =
            self.frozen(moment).map(|(end, reason)| report_frozen(environment, end, reason)).collect();
        if frozen.is_empty() {
            return Ok(vec![environment_finding(
                environment,
                Verdict::Met,
                format!("no freeze window applies at {moment}"),
            )]);
        }
        Ok(frozen)
    }
}

impl Freeze {
    fn speaks_of(&self, environment: &str) -> bool {
        self.environments.as_ref().is_none_or(|list| list.iter().any(|name| name.as_str() == environment))
    }

    /// The windows that the moment falls into: the end of each, and why it is there.
    fn frozen(&self, moment: Timestamp) -> impl Iterator<Item = (Option<Timestamp>, &str)> {
        let once = self.windows.iter().filter(move |window| window.holds(moment));
        let once = once.map(|window| (Some(window.until), window.reason.as_str()));
        let weekly = self.weekly.iter().filter(move |week| week.holds(moment));
        once.chain(weekly.map(move |week| (week.end(moment), week.reason.as_str())))
    }
}

fn report_frozen(environment: &str, end: Option<Timestamp>, reason: &str) -> Finding {
    let end = end.map_or_else(|| "the end of the window".to_string(), |end| end.to_string());
    environment_finding(
        environment,
        Verdict::Broken,
        format!("deployments to it are frozen until {end}: {reason}"),
    )
    .remedy(format!("Deploy after {end}, or ask for a waiver if it cannot wait."))
}

fn environment_finding(environment: &str, verdict: Verdict, reason: String) -> Finding {
    finding(NAME, verdict, SubjectKind::Environment, environment, reason)
}

#[cfg(test)]
mod tests;
