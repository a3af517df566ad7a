//! Names on the command line that nothing answers to: a suite that the policy does not have, a file
//! that is not there; and a file that would be written over what was just read.

use super::exit::{Failure, Result};
use super::output::{nearest, remark};
use portcullis_collect::reports::NamedReport;
use portcullis_judge::policy::Policy;
use portcullis_model::environment::Environment;
use portcullis_model::fact::Fact;
use portcullis_record::Chain;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Names of a suite and of a configuration have to be those of a policy, where it has suites at
/// all. What is left to say: that the suite has configurations, and none was named.
///
/// # Errors
/// The policy has no such suite, or the suite no such configuration.
pub fn check_suite(policy: &Policy, suite: &str, configuration: Option<&str>) -> Result<Option<String>> {
    let suites: Vec<_> = policy.controls.values().flat_map(|control| control.suites()).collect();
    if suites.is_empty() {
        return Ok(None);
    }
    let Some(known) = suites.iter().find(|known| known.name == suite) else {
        let names: Vec<&str> = suites.iter().map(|known| known.name).collect();
        return Err(unknown_name(format!("the policy has no suite `{suite}`"), suite, &names));
    };
    let Some(names) = known.configurations else { return Ok(None) };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match configuration {
        Some(name) if names.contains(&name) => Ok(None),
        Some(name) => {
            Err(unknown_name(format!("the suite `{suite}` has no configuration `{name}`"), name, &names))
        }
        None => Ok(Some(format!(
            "the suite `{suite}` has configurations ({}), and none was named with --configuration",
            names.join(", ")
        ))),
    }
}

fn unknown_name(what: String, name: &str, names: &[&str]) -> Failure {
    let meant = nearest(name, names.iter().copied());
    let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
    Failure::usage(format!("{what}{meant}")).hint(format!("it has {}", names.join(", ")))
}

/// The suites that `--report SUITE=FILE` names have to be those of the policy at the base, or of
/// the one that the change brings.
///
/// # Errors
/// Neither has such a suite.
pub fn check_reports(
    policy: &Policy,
    reports: &[NamedReport],
    brought: impl FnOnce() -> Option<Policy>,
) -> Result<()> {
    let suites = || reports.iter().filter_map(|report| report.suite.as_deref());
    let first_fault = |policy: &Policy| suites().find_map(|suite| check_suite(policy, suite, None).err());
    let Some(fault) = first_fault(policy) else { return Ok(()) };
    match brought() {
        Some(brought) if first_fault(&brought).is_none() => Ok(()),
        _ => Err(Failure { message: format!("--report: {}", fault.message), ..fault }),
    }
}

/// Says on stderr which reports and statements that were named will not be looked at.
pub fn warn(reports: &[NamedReport], evidence: &[PathBuf]) {
    let reports = reports.iter().map(|report| ("--report", report.file.as_path()));
    let evidence = evidence.iter().map(|file| ("--evidence", file.as_path()));
    for (option, file) in reports.chain(evidence).filter(|(_, file)| !file.exists()) {
        remark(&format!("warning: {option}: there is no file {}", file.display()));
    }
}

/// Says on stderr that this environment has no record where others have: a misspelt one would begin
/// anew.
pub fn warn_of_first(environment: &Environment, chain: &Fact<Option<Chain>>, others: &[Environment]) {
    if matches!(chain, Fact::Known(None)) && !others.is_empty() {
        let names: Vec<&str> = others.iter().map(Environment::as_str).collect();
        let names = names.join(", ");
        remark(&format!("warning: there is no record of {environment}; there are records of {names}"));
    }
}

/// A file is not written over one that was read for it.
///
/// # Errors
/// It would be.
pub fn spare_files<'p>(output: &Path, read: impl IntoIterator<Item = &'p Path>) -> Result<()> {
    let target = resolve_place(output);
    let is_target = |file: &&Path| resolve_place(file) == target;
    match read.into_iter().find(is_target) {
        None => Ok(()),
        Some(file) => {
            let (output, file) = (output.display(), file.display());
            let message = format!("{output} would be written over {file}, which is read for it");
            Err(Failure::usage(message).hint("name another file to write to"))
        }
    }
}

/// Do both names lead to one file?
pub fn is_same_place(one: &Path, other: &Path) -> bool {
    resolve_place(one) == resolve_place(other)
}

/// Where a file is, or would be.
fn resolve_place(file: &Path) -> PathBuf {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let below =
        || parent.canonicalize().ok().map(|parent| parent.join(file.file_name().unwrap_or(OsStr::new(""))));
    file.canonicalize().ok().or_else(below).unwrap_or_else(|| file.to_path_buf())
}
