//! `portcullis record verify`: do the records hold together, and does each prove its decision?

use super::super::exit::{Exit, Failure, Result};
use super::super::output;
use super::anchor::{lost_snapshots, read_anchor};
use super::{
    RecordName, no_record, no_records, object_name, read_records, report_problems, unseen_failure,
    write_failure,
};
use clap::Args;
use portcullis_collect::naming::resolve_named;
use portcullis_collect::records::{Closeness, DeploymentRecords as _};
use portcullis_git::Repository;
use portcullis_model::change::Revision;
use portcullis_model::environment::Environment;
use portcullis_record::{AnchoredTip, Chain, RecordStanding};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What the records must hold.
#[derive(Debug, Args)]
pub struct Expectations {
    /// Name of the environment, or of a record: then only this one is shown, and has to prove its
    /// decision. The chain has to verify in any case. Default: every environment that has records.
    #[arg(value_name = "ENVIRONMENT[#N]")]
    name: Option<RecordName>,
    /// Commit that is deployed now; it must be the one that the newest record allowed.
    #[arg(long, value_name = "REV", requires = "name")]
    deployed: Option<String>,
    /// Commit of a record that you kept elsewhere, such as the newest one of last time. The chain
    /// must still hold it; newer records are listed.
    #[arg(long, value_name = "COMMIT", value_parser = object_name, requires = "name")]
    expect_tip: Option<Revision>,
    /// Smallest number of records that must exist.
    #[arg(long, value_name = "N", requires = "name")]
    at_least: Option<u64>,
    /// File that `portcullis record anchor` wrote, kept elsewhere: the chain must still hold the
    /// record that it names, and without a name also each branch the snapshot. Repeatable.
    #[arg(long = "anchor", value_name = "FILE")]
    anchors: Vec<PathBuf>,
}

pub(super) fn run(repository: &Repository, expected: &Expectations) -> Result {
    if let Some(name) = &expected.name {
        return verify_environment(repository, name, expected);
    }
    let mut environments = BTreeSet::from_iter(repository.environments().map_err(unseen_failure)?);
    // One that an anchor names and that is not here any more is a loss, too.
    for file in &expected.anchors {
        environments.extend(read_anchor(file)?.tips.into_iter().map(|tip| tip.environment));
    }
    let lost = lost_snapshots(repository, &expected.anchors)?;
    lost.iter().for_each(|lost| output::complain(lost));
    let mut names_snapshots = false;
    for file in &expected.anchors {
        names_snapshots |= !read_anchor(file)?.snapshots.is_empty();
    }
    if environments.is_empty() && !names_snapshots {
        return Err(no_records(repository));
    }
    let mut worst = if lost.is_empty() { Exit::Allowed } else { Exit::Unverified };
    for environment in environments {
        let name = RecordName { environment, number: None };
        let exit = verify_environment(repository, &name, expected)?;
        worst = match (worst, exit) {
            (Exit::Unverified, _) | (_, Exit::Unverified) => Exit::Unverified,
            (Exit::Undetermined, _) | (_, Exit::Undetermined) => Exit::Undetermined,
            _ => exit,
        };
    }
    Ok(worst)
}

fn verify_environment(repository: &Repository, name: &RecordName, expected: &Expectations) -> Result {
    let RecordName { environment, number } = name;
    let deployed = expected.deployed.as_ref().map(|name| resolve_named(repository, name)).transpose()?;
    let tips = anchored_tips(expected, environment)?;
    let remembers =
        expected.expect_tip.is_some() || expected.at_least.is_some_and(|least| least > 0) || !tips.is_empty();
    let Some(chain) = read_records(repository, environment, Closeness::Repository)? else {
        let none = no_record(repository, environment);
        return Err(if remembers { Failure { exit: Exit::Unverified, ..none } } else { none });
    };
    let only = number.map(|number| super::commit_at(&chain, Some(number))).transpose()?;
    let mut text = Vec::new();
    let remembered = portcullis_render::record::Remembered {
        tip: expected.expect_tip.as_ref(),
        is_end_checked: remembers,
    };
    portcullis_render::record::verified(&chain, only, remembered, &mut text).map_err(write_failure)?;
    output::stdout(&text)?;
    let mut differences = list_differences(&chain, expected, deployed.as_ref());
    differences.extend(tips.iter().filter_map(|tip| tip.find_loss(&chain)));
    differences.iter().for_each(|difference| output::complain(difference));
    if report_problems(&chain) || !differences.is_empty() {
        return Ok(Exit::Unverified);
    }
    let mut asked = chain.links.iter().filter(|link| only.is_none_or(|only| link.commit == *only));
    let proved = asked.all(|link| link.standing == RecordStanding::Reproduced);
    Ok(if proved { Exit::Allowed } else { Exit::Undetermined })
}

/// The records of the environment that anchors name. One that names none shows nothing.
fn anchored_tips(expected: &Expectations, environment: &Environment) -> Result<Vec<AnchoredTip>> {
    let mut tips = Vec::new();
    for file in &expected.anchors {
        let anchor = read_anchor(file)?;
        match anchor.find(environment) {
            Some(tip) => tips.push(tip.clone()),
            None => output::remark(&format!(
                "{} names no record of {}: it shows nothing of them",
                file.display(),
                environment
            )),
        }
    }
    Ok(tips)
}

/// What the chain does not hold although it should.
fn list_differences(chain: &Chain, expected: &Expectations, deployed: Option<&Revision>) -> Vec<String> {
    let environment = &chain.environment;
    let cut = expected.at_least.filter(|least| (chain.commits.len() as u64) < *least).map(|least| {
        let records = portcullis_render::plural(chain.commits.len() as u64, "record");
        format!("{environment} has {records}, and there should be at least {least}")
    });
    let moved = expected.expect_tip.as_ref().filter(|tip| !chain.holds(tip)).map(|tip| {
        format!("{environment} does not hold record {tip} any more: its ref was moved, or the record forked")
    });
    let last = chain.links.last().map(|link| &link.entry.candidate);
    let other = deployed.filter(|deployed| last != Some(deployed)).map(|deployed| {
        let last = last.map_or("none", |last| last.as_str());
        format!("{environment} has {deployed} deployed, and the newest record let through {last}")
    });
    [cut, moved, other].into_iter().flatten().collect()
}
