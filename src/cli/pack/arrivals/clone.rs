//! The runs and incidents of an audit, held against a clone that was fetched to verify it.

use jiff::Timestamp;
use portcullis_audit::arrivals::ArrivalPeriod;
use portcullis_collect::incidents::read_register;
use portcullis_collect::records::FETCH;
use portcullis_collect::runs::{read_runs, run_refs};
use portcullis_git::Repository;
use portcullis_model::change::Revision;
use portcullis_model::digest::Digest;
use portcullis_pack::places::{INCIDENTS, run_folder};
use portcullis_pack::verify::VerifiedPack;
use portcullis_pack::{PackFault, PackWrong};
use portcullis_record::run::{RUNS_PREFIX, RunLink, run_reference};
use portcullis_wire::audit::v1::{AuditV1, AuditedChainV1, AuditedDatasetV1};

/// Holds the runs and incidents of an audit against those of a clone.
pub(in super::super) fn compare_arrivals(
    repository: &Repository,
    audit: &AuditV1,
    verified: &mut VerifiedPack,
) {
    let Some(period) = ArrivalPeriod::of(&audit.title) else { return };
    let datasets = audit.arrivals.iter().flat_map(|arrivals| &arrivals.datasets);
    datasets.clone().for_each(|dataset| compare_runs(repository, dataset, &period, verified));
    match run_refs(repository) {
        Err(gap) => verified.not_shown.push(format!("which datasets have runs in the clone: {gap}")),
        Ok(refs) => {
            let names = refs.iter().filter_map(|name| name.strip_prefix(RUNS_PREFIX));
            let is_left_out = |name: &&str| !datasets.clone().any(|dataset| dataset.dataset == **name);
            for name in names.filter(is_left_out) {
                let why = "the repository holds runs of it, which the audit does not have".to_string();
                verified.faults.push(PackFault::new(run_folder(name), PackWrong::Repository(why)));
            }
        }
    }
    compare_register(repository, audit, &period, verified);
}

fn compare_runs(
    repository: &Repository,
    said: &AuditedDatasetV1,
    period: &ArrivalPeriod,
    verified: &mut VerifiedPack,
) {
    let name = said.dataset.as_str();
    let chain = match read_runs(repository, &run_reference(name), Timestamp::now()) {
        Err(gap) => return verified.not_shown.push(format!("the runs of {name} in the clone: {gap}")),
        Ok(chain) => chain,
    };
    let Some(chain) = chain else {
        if said.chain.is_some() {
            verified.not_shown.push(format!("the runs of {name}: the clone has none; fetch them: `{FETCH}`"));
        }
        return;
    };
    if !chain.problems.is_empty() {
        return verified.notes.push(format!("the runs of {name} in the clone do not verify"));
    }
    let links: Vec<(&Revision, &Digest)> =
        chain.links.iter().map(|link| (&link.commit, &link.digest)).collect();
    let mut whys: Vec<String> = lost_link(said.chain.as_ref(), &links, "run").into_iter().collect();
    let find = |number: u64| chain.links.iter().find(|link| link.run.number == number);
    let is_other = |link: &RunLink, digest: &str| link.digest.as_str() != digest;
    let other =
        said.runs.iter().find(|run| find(run.number).is_some_and(|link| is_other(link, run.digest.as_str())));
    whys.extend(other.map(|run| format!("the repository holds another run {}", run.number)));
    let counted = said.chain.as_ref().map_or(0, |chain| chain.count);
    let newer = chain.links.iter().find(|link| link.run.number > counted && period.holds(link.run.time));
    whys.extend(newer.map(|link| {
        format!(
            "the repository holds run {} of {}, which the audit does not have",
            link.run.number, link.run.time
        )
    }));
    let fault = |why: String| PackFault::new(run_folder(name), PackWrong::Repository(why));
    verified.faults.extend(whys.into_iter().map(fault));
}

/// Is the newest link of an audit not in the clone?
fn lost_link(said: Option<&AuditedChainV1>, links: &[(&Revision, &Digest)], what: &str) -> Option<String> {
    let said = said?;
    let place = usize::try_from(said.count).ok()?.checked_sub(1)?;
    let holds = links.get(place).is_some_and(|(commit, digest)| {
        commit.as_str() == said.tip.as_str() && digest.as_str() == said.digest.as_str()
    });
    (!holds).then(|| format!("the repository does not hold the {what} that was the newest for the audit"))
}

fn compare_register(
    repository: &Repository,
    audit: &AuditV1,
    period: &ArrivalPeriod,
    verified: &mut VerifiedPack,
) {
    let said = audit.arrivals.as_ref().and_then(|arrivals| arrivals.register.as_ref());
    let said = said.and_then(|register| register.chain.as_ref());
    let register = match read_register(repository, Timestamp::now()) {
        Err(gap) => return verified.not_shown.push(format!("the register of incidents in the clone: {gap}")),
        Ok(register) => register,
    };
    let Some(register) = register else {
        if said.is_some() {
            let why = format!("the register of incidents: the clone has none; fetch it: `{FETCH}`");
            verified.not_shown.push(why);
        }
        return;
    };
    if !register.problems.is_empty() {
        return verified.notes.push("the register of incidents in the clone does not verify".to_string());
    }
    let links: Vec<(&Revision, &Digest)> =
        register.links.iter().map(|link| (&link.commit, &link.digest)).collect();
    let mut whys: Vec<String> = lost_link(said, &links, "entry").into_iter().collect();
    let counted = said.map_or(0, |chain| chain.count);
    // An entry of after the period can tell of a notice that was sent in it.
    let newer =
        register.links.iter().find(|link| link.entry.number > counted && link.entry.time <= period.as_of);
    whys.extend(newer.map(|link| {
        let (number, time) = (link.entry.number, link.entry.time);
        format!("the repository holds entry {number} of {time}, which the audit does not have")
    }));
    let fault = |why: String| PackFault::new(INCIDENTS, PackWrong::Repository(why));
    verified.faults.extend(whys.into_iter().map(fault));
}
