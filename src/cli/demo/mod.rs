//! `portcullis demo`: a look at the gate without any account.
//!
//! Each scenario builds a git repository in a temporary directory and a host in memory, and is
//! judged by the very code that judges real changes: the same questions, translation, controls and
//! rendering.

use super::exit::{Exit, Failure, Result};
use super::prepare::{Preparation, prepare_over};
use super::{HostName, SubjectArguments, output};
use anyhow::Context;
use clap::Args;
use portcullis_forge::{self as host, HostKind};
use portcullis_model::decision::{Decision, Finding, Outcome};
use portcullis_model::reading::ReportReaders;
use portcullis_render::prose::wrap_text;
use portcullis_testkit::scene::{self, FakeHost, Scene};
use scenarios::{SCENARIOS, Scenario};
use std::fmt::Write as _;
use std::path::PathBuf;

pub mod deployments;
pub mod reconciliation;
pub mod scenarios;
mod year;

/// Columns to fill.
const WIDTH: usize = 80;

/// The column in which a change is told of.
const COLUMN: usize = 14;

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Show the verdict on one of the changes in full, by its name in the list.
    #[arg(long, value_name = "NAME")]
    show: Option<String>,
    /// Write the evidence pack of a made-up year to this folder, and as an archive to DIR.tar.
    #[arg(long, value_name = "DIR", conflicts_with = "show")]
    pack: Option<PathBuf>,
    /// Tell what happened to an upload in 2020, in kind, day by day, and what a daily check of the
    /// records says of it.
    #[arg(long, conflicts_with_all = ["show", "pack"])]
    reconciliation: bool,
    /// The kind of host that the made-up project is on: bare, forgejo, gitea, github or gitlab.
    #[arg(long, value_name = "HOST", default_value = host::DEFAULT.name, value_parser = parse_host)]
    host: &'static HostKind,
}

fn parse_host(name: &str) -> Result<&'static HostKind> {
    let known = || scene::HOSTS.iter().map(|host| host.kind());
    host::find(name)
        .filter(|kind| known().any(|known| known == kind.name))
        .ok_or_else(|| Failure::usage(output::unknown("host", name, known())))
}

/// Judges the made-up changes, all in short or one in full.
///
/// # Errors
/// The temporary directory cannot be written, or a verdict is not the one that the scenario tells
/// of.
pub fn run(arguments: &Arguments, readers: &dyn ReportReaders) -> Result {
    if arguments.reconciliation {
        return reconciliation::run(readers);
    }
    if let Some(folder) = &arguments.pack {
        return year::write_year(folder, readers);
    }
    match &arguments.show {
        Some(name) => show_scenario(readers, arguments.host, name),
        None => show_all(readers, arguments.host),
    }
}

fn show_all(readers: &dyn ReportReaders, host: &'static HostKind) -> Result {
    let conventions = (host.conventions)();
    let mut text = format!(
        "A made-up project, its {} and its tests, judged by the code that judges\n\
         yours. {} changes how records are loaded. Each case changes one thing.\n\n",
        conventions.name.trim_start_matches("the "),
        if conventions.without_requests { "A commit" } else { "Request 7" },
    );
    let mut wrong = 0;
    let (shown, others): (Vec<&Scenario>, Vec<&Scenario>) =
        SCENARIOS.iter().partition(|scenario| scenario.is_on(host));
    for scenario in shown {
        let decision = judge(readers, host, scenario)?;
        wrong += usize::from(!as_told(scenario, &decision));
        tell_scenario(&mut text, scenario, &decision);
    }
    if !others.is_empty() {
        let names: Vec<&str> = others.iter().map(|scenario| scenario.name).collect();
        let words = format!("Nothing of the kind on this host: {}.", names.join(", "));
        let _ = writeln!(text, "{}\n", wrap_text(&words, 0, 0, WIDTH).join("\n"));
    }
    let other = if host == host::DEFAULT { String::new() } else { format!("--host {} ", host.name) };
    let is_shown = !others.iter().any(|scenario| scenario.name == "hidden-bypass-list");
    let example = if is_shown { "hidden-bypass-list" } else { "stale-approval" };
    let _ = writeln!(text, "See one in full: portcullis demo {other}--show {example}");
    output::stdout(text.as_bytes())?;
    if wrong > 0 {
        return Err(Failure::environment(format!(
            "{wrong} verdicts are not the ones that the demo announces; this is a defect"
        )));
    }
    Ok(Exit::Allowed)
}

fn tell_scenario(text: &mut String, scenario: &Scenario, decision: &Decision) {
    let word = match decision.outcome {
        Outcome::Allow => "allowed",
        Outcome::Undetermined => "undetermined",
        Outcome::Block => "blocked",
    };
    let _ = writeln!(text, "{word:<COLUMN$}{}", scenario.name);
    let mut say = |words: &str, hang: usize| {
        let lines = wrap_text(words, COLUMN, COLUMN + hang, WIDTH);
        let _ = writeln!(text, "{:COLUMN$}{}", "", lines.join(&format!("\n{:1$}", "", COLUMN + hang)));
    };
    say(scenario.story, 0);
    if let Some(finding) = deciding_finding(scenario, decision) {
        say(&format!("-> {}, {}: {}", finding.control, finding.subject, finding.reason), 3);
    }
    text.push('\n');
}

/// The finding that the scenario is about: the first one of its control that is as bad as the
/// outcome.
fn deciding_finding<'d>(scenario: &Scenario, decision: &'d Decision) -> Option<&'d Finding> {
    let bad = |finding: &&Finding| finding.verdict.outcome() == Some(decision.outcome);
    decision.findings.iter().filter(bad).find(|finding| finding.control == scenario.control)
}

impl Scenario {
    /// Does a kind of host have what the scenario is about?
    fn is_on(&self, host: &HostKind) -> bool {
        !self.not_on.contains(&host.name)
    }
}

fn as_told(scenario: &Scenario, decision: &Decision) -> bool {
    decision.outcome == scenario.outcome
        && (scenario.control.is_empty() || deciding_finding(scenario, decision).is_some())
}

fn show_scenario(readers: &dyn ReportReaders, host: &'static HostKind, name: &str) -> Result {
    let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name).ok_or_else(|| {
        let names = SCENARIOS.iter().map(|scenario| scenario.name);
        Failure::usage(output::unknown("scenario", name, names))
    })?;
    if !scenario.is_on(host) {
        return Err(Failure::usage(format!("the host `{}` has nothing of the kind of `{name}`", host.name)));
    }
    let decision = judge(readers, host, scenario)?;
    let style = output::for_people(false);
    let story = wrap_text(scenario.story, 0, 0, style.width).join("\n");
    let mut bytes = format!("{story}\n\n").into_bytes();
    (portcullis_render::terminal::FORMAT.write)(
        &decision,
        &portcullis_render::Context::plain(style),
        &mut bytes,
    )
    .map_err(|error| Failure::environment(error.to_string()))?;
    output::stdout(&bytes)?;
    Ok(Exit::from(decision.outcome))
}

/// Builds the scenario and judges it.
///
/// # Errors
/// The temporary directory cannot be written.
pub fn judge(readers: &dyn ReportReaders, kind: &'static HostKind, scenario: &Scenario) -> Result<Decision> {
    Ok(prepare_scenario(readers, kind, scenario)?.decide(&[]))
}

/// Builds the scenario and gathers what is to be judged.
///
/// # Errors
/// The temporary directory cannot be written.
pub fn prepare_scenario(
    readers: &dyn ReportReaders,
    kind: &'static HostKind,
    scenario: &Scenario,
) -> Result<Preparation> {
    let mut scene = Scene::honest(find_fake(kind)?).context("the made-up repository cannot be built")?;
    (scenario.arrange)(&mut scene).context("the made-up repository cannot be changed")?;
    prepare_scene(readers, kind, &scene)
}

fn find_fake(kind: &HostKind) -> Result<&'static dyn FakeHost> {
    scene::find_host(kind.name).ok_or_else(|| Failure::usage(format!("the demo has no host `{}`", kind.name)))
}

/// Gathers what is to be judged of a scene, as a host shows it.
///
/// # Errors
/// The temporary directory cannot be written.
pub fn prepare_scene(
    readers: &dyn ReportReaders,
    kind: &'static HostKind,
    scene: &Scene,
) -> Result<Preparation> {
    let host = find_fake(kind)?;
    let subject = SubjectArguments {
        host: Some(HostName::Kind(kind)),
        repository: Some(scene.stage.world.repository.clone()),
        request: Some(host.request(scene)),
        ..SubjectArguments::default()
    };
    let shown = host.show(scene).context("the made-up host cannot be built")?;
    let connection = shown.connection();
    prepare_over(readers, connection, scene.stage.directory(), &subject)
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_report::READERS;
    use portcullis_wire::decision::v1::DecisionV1;

    #[test]
    fn every_scenario_ends_as_it_is_told() {
        for kind in scene::HOSTS.iter().filter_map(|host| host::find(host.kind())) {
            for scenario in SCENARIOS.iter().filter(|scenario| scenario.is_on(kind)) {
                let decision = judge(READERS, kind, scenario).unwrap();
                assert!(as_told(scenario, &decision), "{}, {}: {:#?}", kind.name, scenario.name, decision);
            }
        }
    }

    #[test]
    fn a_scenario_gives_the_same_bytes_twice() {
        let bytes = |scenario| {
            let decision = DecisionV1::new(&judge(READERS, host::DEFAULT, scenario).unwrap(), false);
            serde_json::to_string(&decision).unwrap()
        };
        assert_eq!(bytes(&SCENARIOS[0]), bytes(&SCENARIOS[0]));
    }
}
