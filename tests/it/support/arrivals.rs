//! A repository with runs of reconciliation and a register of incidents, in the summer of 2025.
#![allow(dead_code, reason = "each test uses its own part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "test support: a failure here is a failed test"
)]

use super::audited::{Audited, POLICY, audit, commit_at};
use super::checkout::Checkout;
use jiff::Timestamp;
use portcullis_collect::incidents::{append_incident, read_register};
use portcullis_collect::runs::{append_run, read_runs};
use portcullis_git::Repository;
use portcullis_incident::prepare_incident;
use portcullis_incident::register::identify_incident;
use portcullis_judge::policy::Policy;
use portcullis_model::digest::Digest;
use portcullis_model::incident::{
    IncidentEvent, IncidentId, NoticeKind, OpenedIncident, RecordedNotice, RunReference,
};
use portcullis_model::reconciliation::run::{ComparedManifest, RecordBreak, RunManifests};
use portcullis_model::reconciliation::{ClassCount, Dataset, Isolation, RecordClass, RunPopulation};
use portcullis_record::run::{RunDraft, prepare_run, run_reference};
use std::collections::BTreeMap;
use std::path::Path;

/// What the policy says of records and notices.
pub const MORE: &str = r#"
[reconciliation.nominal]
areas = ["upload"]
key = [{ name = "id", type = "text" }]
deadline = "24h"
expected-every = "10d"
budgets = { missing = 2 }
[notification]
zone = "Etc/UTC"
[notification.parties.forces]
title = "Police forces"
role = "recipient"
early-warning = "72h"
"#;

/// The period of every audit here.
pub const PERIOD: [&str; 5] = ["--since", "2025-07-01", "--until", "2025-09-30", "--no-deployments"];

/// A moment.
pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A repository on its way.
pub struct Arrivals {
    pub checkout: Checkout,
    dataset: Dataset,
    digest: Digest,
}

impl Arrivals {
    /// Without any run, and without a register.
    pub fn begin() -> Arrivals {
        let checkout = Checkout::empty();
        let text = format!("{POLICY}{MORE}");
        checkout.write("portcullis.toml", &text);
        commit_at(&checkout, "2025-06-01T12:00:00Z", "Begin");
        let policy = Policy::parse(&text).unwrap();
        let dataset = policy.scope.datasets["nominal"].clone();
        Arrivals { checkout, dataset, digest: policy.digest }
    }

    /// Runs on the 3rd, 10th, 17th and 24th of July and the 20th of August; the third has ten
    /// records missing, and so the incident of it. The early warning was sent six days later.
    pub fn told() -> Arrivals {
        let told = Arrivals::begin();
        for (time, missing) in [
            ("2025-07-03T06:00:00Z", 0),
            ("2025-07-10T06:00:00Z", 1),
            ("2025-07-17T06:00:00Z", 10),
            ("2025-07-24T06:00:00Z", 0),
            ("2025-08-20T06:00:00Z", 2),
        ] {
            told.run(time, missing);
        }
        let id = told.open("2025-07-17T07:00:00Z");
        told.notify(&id, "2025-07-23T07:00:00Z");
        told
    }

    /// The same repository, written to with another budget and in the name of this policy.
    pub fn with_budget(self, missing: u64, digest: Digest) -> Arrivals {
        let text = format!("{POLICY}{MORE}").replace("missing = 2", &format!("missing = {missing}"));
        let dataset = Policy::parse(&text).unwrap().scope.datasets["nominal"].clone();
        Arrivals { dataset, digest, ..self }
    }

    pub fn path(&self) -> &Path {
        self.checkout.path()
    }

    /// Adds a run of this moment with so many records missing.
    pub fn run(&self, time: &str, missing: u64) {
        let time = at(time);
        let repository = Repository::open(self.path()).unwrap();
        let chain = read_runs(&repository, &run_reference("nominal"), Timestamp::now()).unwrap();
        let number = chain.as_ref().map_or(1, |chain| chain.links.len() as u64 + 1);
        let count = |count| ClassCount { seen: count, confirmed: count, accepted: 0 };
        let mut classes = BTreeMap::from([(RecordClass::Ok, count(90 - missing))]);
        if missing > 0 {
            classes.insert(RecordClass::Missing, count(missing));
        }
        let manifest = ComparedManifest {
            header: Digest::of(time.to_string().as_bytes()),
            as_of: time,
            rows: 90,
            isolation: Isolation::Snapshot,
        };
        let breaks = (0..missing).map(|place| RecordBreak {
            key: format!("{place:032x}"),
            class: RecordClass::Missing,
            sequence: 1,
            opened: number,
            since: time,
            confirmed: true,
            accepted: false,
        });
        let draft = RunDraft {
            time,
            policy: self.digest.clone(),
            population: RunPopulation::Full,
            manifests: RunManifests {
                source: manifest.clone(),
                target: manifest,
                rejects: None,
                receipts: None,
            },
            classes,
            shares: Vec::new(),
            reasons: BTreeMap::new(),
            doubts: Vec::new(),
            faults: Vec::new(),
            breaks: breaks.collect(),
            unlisted_breaks: 0,
            drift: Vec::new(),
            result: None,
        };
        append_run(self.path(), &prepare_run(draft, &self.dataset, chain.as_ref()).unwrap()).unwrap();
    }

    /// Opens an incident at this moment.
    pub fn open(&self, time: &str) -> IncidentId {
        let run =
            |number: u64, time: &str| Some(RunReference { run: format!("nominal {number}"), time: at(time) });
        let blank = IncidentId::try_from("2025-07-17-000000".to_string()).unwrap();
        let opened = OpenedIncident {
            id: blank,
            dataset: "nominal".into(),
            draft: true,
            classes: BTreeMap::from([("missing".to_string(), 10)]),
            detected_by: run(3, "2025-07-17T06:00:00Z"),
            first_bad: run(3, "2025-07-17T06:00:00Z"),
            last_good: run(2, "2025-07-10T06:00:00Z"),
            exposure: None,
            known: vec!["Records are absent.".into()],
            unknown: Vec::new(),
            aware_at: at("2025-07-17T06:00:00Z"),
            parties: vec!["forces".into()],
        };
        let id = identify_incident(&opened, "2025-07-17").unwrap();
        self.enter(time, IncidentEvent::Opened(Box::new(OpenedIncident { id: id.clone(), ..opened })));
        id
    }

    /// Records the early warning.
    pub fn notify(&self, id: &IncidentId, sent: &str) {
        self.notify_by(id, sent, "Robin Example");
    }

    /// Records an early warning that someone of this name sent.
    pub fn notify_by(&self, id: &IncidentId, sent: &str, sender: &str) {
        self.enter(
            sent,
            IncidentEvent::Notified(Box::new(RecordedNotice {
                incident: id.clone(),
                party: "forces".into(),
                kind: NoticeKind::EarlyWarning,
                sender: sender.into(),
                recipient: "duty-desk@forces.test".into(),
                sent_at: at(sent),
                file: "letter.txt".into(),
                size: 3,
                digest: Digest::of(b"abc"),
                reference: None,
            })),
        );
    }

    /// Adds an entry to the register.
    pub fn enter(&self, time: &str, event: IncidentEvent) {
        self.enter_by(time, event, "kim-example");
    }

    /// Adds an entry that someone of this name writes.
    pub fn enter_by(&self, time: &str, event: IncidentEvent, recorder: &str) {
        let repository = Repository::open(self.path()).unwrap();
        let register = read_register(&repository, Timestamp::now()).unwrap();
        let pending = prepare_incident(event, recorder, at(time), register.as_ref()).unwrap();
        append_incident(self.path(), &pending).unwrap();
    }

    /// The audit of the period.
    pub fn audit(&self) -> Audited {
        audit(self.path(), &PERIOD)
    }
}
