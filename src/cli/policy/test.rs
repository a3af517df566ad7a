//! `portcullis policy test`: cases beside the policy, judged, and held against what is expected.

use crate::decide::read_facts_file;
use crate::exit::{Exit, Failure, Result};
use crate::hosts::{kind_of, profile_of};
use crate::policy_file::{POLICY, check_waivers, read_policy};
use crate::{HostName, output};
use clap::Args;
use jiff::Timestamp;
use portcullis_forge as host;
use portcullis_judge::policy::{Policy, Problem, show};
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::path::RepoPath;
use portcullis_rehearse::case::check_case;
use portcullis_rehearse::case::compose::{CaseGround, compose_facts};
use portcullis_rehearse::case::text::{CaseText, read_cases};
use portcullis_render::plural;
use std::path::{Path, PathBuf};

/// The file of cases that lies beside a policy.
const CASES: &str = "portcullis-tests.toml";

/// Arguments of `policy test`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 every case comes out as expected; 1 one does not; 4 the policy or a file of cases is not \
                        valid, or holds no case; 5 a file of facts cannot be read."
)]
pub struct TestArguments {
    /// Files of cases.
    #[arg(value_name = "FILE", default_value = CASES)]
    files: Vec<PathBuf>,
    /// Policy to test.
    #[arg(long, value_name = "FILE", default_value = POLICY)]
    policy: PathBuf,
    /// Kind of host, as for `check`.
    #[arg(long, value_name = "NAME", hide_possible_values = true)]
    host: Option<HostName>,
    /// The moment of judgement of cases that describe a change, as RFC 3339. Default: now.
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
}

/// Judges the cases.
///
/// # Errors
/// A file cannot be read, or is not valid; a case that comes out otherwise is no error.
pub fn run(arguments: &TestArguments) -> Result {
    let policy = read_policy(&arguments.policy, &profile_of(arguments.host))?;
    let mut failed = 0;
    for file in &arguments.files {
        failed += test_file(file, &policy, arguments)?;
    }
    Ok(if failed == 0 { Exit::Allowed } else { Exit::Blocked })
}

/// Judges the cases of a file, and says how many come out otherwise.
fn test_file(file: &Path, policy: &Policy, arguments: &TestArguments) -> Result<u64> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::policy(format!("cannot read the cases {name}: {error}")))?;
    let invalid = |problems: Vec<Problem>| Failure::policy(show(&name, &text, &problems));
    let cases = read_cases(&text, policy).map_err(invalid)?;
    let mut problems = Vec::new();
    let mut lines = String::new();
    for case in &cases {
        let facts =
            facts_of(case, file, policy, arguments).map_err(|failure| at_case(failure, &name, case))?;
        let problem = check_case(policy, case, &facts);
        lines.push_str(&format!("{}  {}\n", if problem.is_none() { "ok    " } else { "FAILED" }, case.name));
        problems.extend(problem);
    }
    let count = plural(cases.len() as u64, "case");
    match problems.len() {
        0 => output::text(&format!("{lines}{name}: {count}, as expected\n"))?,
        failed => {
            output::text(&format!("{lines}{name}: {failed} of {count} not as expected\n"))?;
            output::complain(&show(&name, &text, &problems));
        }
    }
    Ok(problems.len() as u64)
}

fn at_case(failure: Failure, name: &str, case: &CaseText) -> Failure {
    Failure { message: format!("{name}: case `{}`: {}", case.name, failure.message), ..failure }
}

fn facts_of(
    case: &CaseText,
    file: &Path,
    policy: &Policy,
    arguments: &TestArguments,
) -> Result<GatheredFacts> {
    if let Some(facts) = &case.facts {
        let facts = read_facts_file(&file.with_file_name(facts))?;
        check_waivers(policy, &facts)?;
        return Ok(facts);
    }
    let described = case.change.as_ref().map(toml::Spanned::get_ref);
    let described = described.ok_or_else(|| Failure::policy("nothing says what is judged"))?;
    let folder = arguments.policy.parent().unwrap_or(Path::new(""));
    let text = |path: &RepoPath| std::fs::read_to_string(folder.join(path.to_string())).ok();
    let host = kind_of(arguments.host).unwrap_or(host::DEFAULT).name;
    let now = arguments.now.unwrap_or_else(Timestamp::now);
    let ground = CaseGround { policy, host, now, text: &text };
    compose_facts(&ground, described).map_err(|why| Failure::policy(why.to_string()))
}
