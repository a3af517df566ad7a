//! `portcullis record verify`: do the records hold together, and does each prove its decision?

use super::super::exit::{Exit, Failure, Result};
use super::super::output;
use super::{RecordName, no_record, read_records, report_problems, write_failure};
use crate::collect::records::Closeness;
use crate::render;
use clap::Args;
use portcullis_git::Repository;
use portcullis_model::change::Revision;
use portcullis_record::{Chain, RecordStanding};

/// What the records must hold.
#[derive(Debug, Args)]
pub struct Expectations {
    /// Name of the environment, or of a record: then only this one is shown, and has to prove its
    /// decision. The chain has to verify in any case.
    #[arg(value_name = "ENVIRONMENT[#N]")]
    name: RecordName,
    /// Commit that is deployed now; it must be the one that the newest record allowed.
    #[arg(long, value_name = "REV")]
    deployed: Option<String>,
    /// Commit of a record that you kept elsewhere, such as the newest one of last time. The chain
    /// must still hold it; newer records are listed.
    #[arg(long, value_name = "COMMIT", value_parser = object_name)]
    expect_tip: Option<Revision>,
    /// Smallest number of records that must exist.
    #[arg(long, value_name = "N")]
    at_least: Option<u64>,
}

fn object_name(text: &str) -> Result<Revision> {
    Revision::try_from(text.to_string()).map_err(Failure::usage)
}

pub(super) fn run(repository: &Repository, expected: &Expectations) -> Result {
    let RecordName { environment, number } = &expected.name;
    let deployed = expected.deployed.as_ref().map(|name| repository.resolve(name)).transpose()?;
    let remembers = expected.expect_tip.is_some() || expected.at_least.is_some_and(|least| least > 0);
    let Some(chain) = read_records(repository, environment, Closeness::Repository)? else {
        let none = no_record(repository, environment);
        return Err(if remembers { Failure { exit: Exit::Unverified, ..none } } else { none });
    };
    let only = number.map(|number| super::commit_at(&chain, Some(number))).transpose()?;
    let mut text = Vec::new();
    render::record::verified(&chain, only, expected.expect_tip.as_ref(), &mut text).map_err(write_failure)?;
    output::stdout(&text)?;
    let differences = list_differences(&chain, expected, deployed.as_ref());
    differences.iter().for_each(|difference| output::complain(difference));
    if report_problems(&chain) || !differences.is_empty() {
        return Ok(Exit::Unverified);
    }
    let mut asked = chain.links.iter().filter(|link| only.is_none_or(|only| link.commit == *only));
    let proved = asked.all(|link| link.standing == RecordStanding::Reproduced);
    Ok(if proved { Exit::Allowed } else { Exit::Undetermined })
}

/// What the chain does not hold although it should.
fn list_differences(chain: &Chain, expected: &Expectations, deployed: Option<&Revision>) -> Vec<String> {
    let environment = &chain.environment;
    let cut = expected.at_least.filter(|least| (chain.commits.len() as u64) < *least).map(|least| {
        let records = render::plural(chain.commits.len() as u64, "record");
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
