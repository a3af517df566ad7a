//! The runs of reconciliation and the incidents of the period, as the repository holds them.

use super::branch::{BranchAudit, NamedTip};
use super::context::AuditContext;
use super::environments::ReadRecords;
use super::policies::PolicyOfCommit;
use jiff::Timestamp;
use portcullis_attest::signed_item::SignedItem as _;
use portcullis_attest::signers::AllowedSigners;
use portcullis_audit::arrivals::{
    ArrivalPeriod, DatasetView, PolicyShelf, RegisterView, audit_dataset, audit_register, audited_datasets,
    broken_dataset, broken_register, no_register, unseen_dataset, unseen_register,
};
use portcullis_audit::people::PeopleNames;
use portcullis_collect::incidents::read_register;
use portcullis_collect::record_signatures::signers_at;
use portcullis_collect::runs::{read_runs, run_refs, signed_run};
use portcullis_judge::policy::Policy;
use portcullis_model::change::Revision;
use portcullis_model::fact::Gap;
use portcullis_model::plural::plural;
use portcullis_record::run::{RUNS_PREFIX, RunLink, run_reference};
use portcullis_wire::audit::v1::{
    ArrivalsV1, AuditedDatasetV1, AuditedRegisterV1, AuditedSignatureV1, PolicyInForceV1, SignatureStandingV1,
};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What the runs and the register show; `None` for a range of commits, which has no times, and
/// where neither the policy nor the repository has anything of them.
pub fn read_arrivals(
    context: &AuditContext<'_>,
    branches: &[NamedTip],
    audits: &[BranchAudit],
    records: &ReadRecords,
) -> Option<ArrivalsV1> {
    let (since, until) = context.period.ends()?;
    let period = ArrivalPeriod { since, until, as_of: context.as_of };
    let in_force: Vec<PolicyInForceV1> = audits.iter().flat_map(|audit| audit.in_force.clone()).collect();
    let shelf = shelve(&context.today, audits, &in_force);
    let tip = branches.first().map(|branch| branch.tip.clone());
    let reader = ArrivalReader { context, shelf: &shelf, period, records, tip };
    let (datasets, register) = (reader.datasets(), reader.register());
    (!datasets.is_empty() || register.is_some()).then_some(ArrivalsV1 { datasets, register })
}

/// Where runs and incidents come from, one sentence for each chain.
pub fn sources_of_arrivals(arrivals: &ArrivalsV1) -> Vec<String> {
    let of_dataset = |dataset: &AuditedDatasetV1| {
        let chain = dataset.chain.as_ref()?;
        Some(format!("{} of {}, up to {}", plural(chain.count, "run"), dataset.dataset, chain.tip))
    };
    let mut sources: Vec<String> = arrivals.datasets.iter().filter_map(of_dataset).collect();
    let chain = arrivals.register.as_ref().and_then(|register| register.chain.as_ref());
    sources.extend(
        chain.map(|chain| format!("the register of incidents: {} up to {}", entries(chain.count), chain.tip)),
    );
    sources
}

fn entries(count: u64) -> String {
    if count == 1 { "1 entry".to_string() } else { format!("{count} entries") }
}

/// Every policy of the period that can be read.
fn shelve<'p>(
    today: &'p Rc<PolicyOfCommit>,
    audits: &'p [BranchAudit],
    in_force: &'p [PolicyInForceV1],
) -> PolicyShelf<'p> {
    let all = audits.iter().flat_map(|audit| &audit.policies).chain([today]);
    let named = all.filter_map(|one| Some((one.digest.as_ref()?.to_string(), one.policy.as_ref().ok()?)));
    let known: BTreeMap<String, &Policy> = named.collect();
    PolicyShelf { today: today.policy.as_ref().ok(), known, in_force }
}

/// Reads the chains of an audit.
struct ArrivalReader<'a> {
    context: &'a AuditContext<'a>,
    shelf: &'a PolicyShelf<'a>,
    period: ArrivalPeriod,
    records: &'a ReadRecords,
    /// The tip of the branch whose lists of signers count.
    tip: Option<Revision>,
}

impl ArrivalReader<'_> {
    fn datasets(&self) -> Vec<AuditedDatasetV1> {
        let refs = run_refs(self.context.sources.repository);
        let names: Vec<String> = match &refs {
            Ok(refs) => {
                refs.iter().filter_map(|name| name.strip_prefix(RUNS_PREFIX)).map(String::from).collect()
            }
            Err(_) => Vec::new(),
        };
        let unseen = refs.err().map(|gap| gap.to_string());
        let datasets = audited_datasets(self.shelf, &names).into_iter();
        let read = datasets.map(|name| match &unseen {
            Some(why) => unseen_dataset(self.shelf, &name, why.clone()),
            None => self.dataset(&name),
        });
        read.collect()
    }

    fn dataset(&self, name: &str) -> AuditedDatasetV1 {
        let repository = self.context.sources.repository;
        let chain = match read_runs(repository, &run_reference(name), Timestamp::now()) {
            Ok(chain) => chain,
            Err(gap) => return unseen_dataset(self.shelf, name, gap.to_string()),
        };
        let chain = chain.as_ref();
        let problems: Vec<String> =
            chain.into_iter().flat_map(|chain| &chain.problems).map(ToString::to_string).collect();
        if !problems.is_empty() {
            return broken_dataset(self.shelf, name, problems);
        }
        let signers = self.signers_of(name);
        let view = DatasetView {
            name,
            shelf: self.shelf,
            period: self.period,
            deployments: &self.records.exposed,
            signature: &|link| self.signature(link, signers.as_ref()),
        };
        audit_dataset(&view, chain.map_or(&[][..], |chain| &chain.links))
    }

    /// The list of those whose runs count, where the policy of today asks for one.
    fn signers_of(&self, name: &str) -> Option<Result<AllowedSigners, Gap>> {
        let path = self.shelf.dataset_today(name)?.signers.as_ref()?;
        Some(signers_at(self.context.sources.repository, path, self.tip.as_ref()?))
    }

    fn signature(
        &self,
        link: &RunLink,
        signers: Option<&Result<AllowedSigners, Gap>>,
    ) -> Option<AuditedSignatureV1> {
        let of = |standing, key| AuditedSignatureV1 { standing, key, signers: Vec::new() };
        let Some(envelope) = &link.signature else {
            return signers.map(|_| of(SignatureStandingV1::Missing, None));
        };
        let signed = signed_run(link);
        let Ok(key) = signed.signing_key(envelope) else {
            return Some(of(SignatureStandingV1::Invalid, None));
        };
        let unlisted = of(SignatureStandingV1::Unlisted, Some(key));
        Some(match signers {
            None => unlisted,
            Some(Err(_)) => of(SignatureStandingV1::Unseen, unlisted.key),
            Some(Ok(allowed)) => match signed.verify(envelope, allowed, link.run.time) {
                // A key that has left the list since, or was never on it.
                Err(_) => unlisted,
                Ok(signer) => AuditedSignatureV1 {
                    standing: SignatureStandingV1::Signed,
                    key: Some(signer.key),
                    signers: self.name_all(signer.principals.iter().map(|name| name.as_str())),
                },
            },
        })
    }

    /// Principals as an audit shows people: by logins, and never by addresses.
    fn name_all<'n>(&self, principals: impl Iterator<Item = &'n str>) -> Vec<String> {
        let names = PeopleNames::by(self.shelf.today);
        principals
            .map(|name| if name.contains('@') { names.of_address(name) } else { name.to_string() })
            .collect()
    }

    fn register(&self) -> Option<AuditedRegisterV1> {
        let rules = self.shelf.today.and_then(|policy| policy.scope.notification.as_ref());
        let register = match read_register(self.context.sources.repository, Timestamp::now()) {
            Ok(Some(register)) => register,
            Ok(None) => return rules.map(|_| no_register()),
            Err(gap) => return Some(unseen_register(gap.to_string())),
        };
        let problems: Vec<String> = register.problems.iter().map(ToString::to_string).collect();
        if !problems.is_empty() {
            return Some(broken_register(problems));
        }
        Some(audit_register(&RegisterView { rules, period: self.period }, &register.links))
    }
}
