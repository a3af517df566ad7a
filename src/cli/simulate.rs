//! `portcullis simulate`: what would the judge say if something were so that is not?
//!
//! It never exits with 0 or with the code of a decision: a pipeline cannot take a simulation for
//! one by mistake.

use super::exit::{Exit, Failure, Result};
use super::output;
use super::record::pretty_json;
use super::saved_case::SavedCase;
use clap::{Args, ValueEnum};
use portcullis_judge::policy::Policy;
use portcullis_model::decision::Finding;
use portcullis_model::person::Login;
use portcullis_model::protection::Rule;
use portcullis_rehearse::action::AssumedAction;
use portcullis_rehearse::simulation::Simulated;
use portcullis_wire::decision::v1::FindingV1;
use portcullis_wire::simulation::v1::{SimulationKindV1, SimulationV1, VERSION};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Arguments of `simulate`.
#[derive(Debug, Args)]
#[command(
    after_help = "Nothing is decided. Exit codes: 7 in any case in which something was simulated, whatever would come of \
                        it; 2 invalid command line; 4 the policy is not valid; 5 the file cannot be read; 6 the sealed \
                        decision does not hold together."
)]
pub struct SimulateArguments {
    /// Facts that `portcullis facts` wrote, or a sealed decision.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Policy to judge by. Default: the one in the sealed decision.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Assume that this account approves the head. Where nothing is known of it, it may write.
    /// Repeatable.
    #[arg(long = "approve", value_name = "LOGIN", help_heading = "What to assume")]
    approve: Vec<String>,
    /// Assume that the suite passes on what would land. Repeatable.
    #[arg(long = "suite", value_name = "NAME", help_heading = "What to assume")]
    suites: Vec<String>,
    /// Assume that the check succeeds on the head, by the writer that the policy names. Repeatable.
    #[arg(long = "check", value_name = "NAME", help_heading = "What to assume")]
    checks: Vec<String>,
    /// Assume that the host imposes every rule that the policy asks for.
    #[arg(long, help_heading = "What to assume")]
    protect: bool,
    /// Assume that no one may bypass the rules of the branch.
    #[arg(long, help_heading = "What to assume")]
    empty_bypass: bool,
    /// How to write it.
    #[arg(long, value_enum, default_value_t = SimulationFormat::Text)]
    format: SimulationFormat,
}

/// How to write a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SimulationFormat {
    /// For people.
    Text,
    /// For programs: see `portcullis schema simulation`.
    Json,
}

/// Simulates.
///
/// # Errors
/// Nothing is assumed, or something that the policy does not know; the file or the policy cannot
/// be read.
pub fn run(arguments: &SimulateArguments) -> Result {
    let case = SavedCase::read(&arguments.file, arguments.policy.as_deref())?;
    let actions = arguments.actions(&case.policy)?;
    let simulated = Simulated::of(&case.policy, &case.facts, &actions);
    let form = write_form(arguments, &case.policy, &actions, &simulated);
    match arguments.format {
        SimulationFormat::Text => {
            let mut text = Vec::new();
            portcullis_render::simulation::write_simulation(&form, output::for_columns(), &mut text)
                .map_err(|error| Failure::environment(error.to_string()))?;
            output::stdout(&text)?;
        }
        SimulationFormat::Json => output::stdout(pretty_json(&form)?.as_bytes())?,
    }
    Ok(Exit::Simulated)
}

impl SimulateArguments {
    fn actions(&self, policy: &Policy) -> Result<Vec<AssumedAction>> {
        let suites = policy.controls.values().flat_map(|control| control.suite_needs());
        let suites: BTreeSet<String> = suites.map(|need| need.name.to_string()).collect();
        let checks = policy.controls.values().flat_map(|control| control.wanted_checks());
        let checks: BTreeSet<String> = checks.map(|check| check.name.clone()).collect();
        refuse_unknown("suite", &self.suites, &suites)?;
        refuse_unknown("check", &self.checks, &checks)?;
        let approve = self.approve.iter().map(|login| AssumedAction::Approve(Login::new(login)));
        let suites = self.suites.iter().cloned().map(AssumedAction::PassSuite);
        let checks = self.checks.iter().cloned().map(AssumedAction::PassCheck);
        let rules = wanted_rules(policy).into_iter().filter(|_| self.protect).map(AssumedAction::Protect);
        let bypass = self.empty_bypass.then_some(AssumedAction::EmptyBypass);
        let actions: Vec<AssumedAction> =
            approve.chain(suites).chain(checks).chain(rules).chain(bypass).collect();
        match actions.is_empty() {
            true => Err(Failure::usage(
                "say what to assume: --approve LOGIN, --suite NAME, --check NAME, --protect or \
                                        --empty-bypass",
            )),
            false => Ok(actions),
        }
    }
}

fn wanted_rules(policy: &Policy) -> Vec<Rule> {
    policy.controls.values().flat_map(|control| control.wanted_rules()).cloned().collect()
}

fn refuse_unknown(what: &str, named: &[String], known: &BTreeSet<String>) -> Result<()> {
    match named.iter().find(|name| !known.contains(*name)) {
        Some(name) => Err(Failure::usage(output::unknown(what, name, known.iter().map(String::as_str)))),
        None => Ok(()),
    }
}

fn write_form(
    arguments: &SimulateArguments,
    policy: &Policy,
    actions: &[AssumedAction],
    simulated: &Simulated,
) -> SimulationV1 {
    let findings = |all: Vec<&Finding>| all.into_iter().map(FindingV1::from).collect();
    SimulationV1 {
        schema: VERSION,
        kind: SimulationKindV1::Simulation,
        name: arguments.file.display().to_string(),
        policy: (&policy.digest).into(),
        assumed: actions.iter().map(AssumedAction::describe).collect(),
        as_it_is: simulated.before.outcome.into(),
        would_be: simulated.after.outcome.into(),
        resolved: findings(simulated.resolved()),
        new: findings(simulated.appeared()),
        left: findings(simulated.left()),
    }
}
