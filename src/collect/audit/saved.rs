//! Facts of landings that were saved when they were deployed: by records in the repository, and in
//! files that are handed over.

use crate::records::DeploymentRecords as _;
use portcullis_git::Repository;
use portcullis_model::change::Revision;
use portcullis_model::deployment::{Deployment, LandingFacts};
use portcullis_model::fact::Fact;
use portcullis_model::facts::{Facts, HostFacts};
use portcullis_model::gathered::GatheredFacts;
use portcullis_record::FACTS;
use portcullis_wire::facts::{read_facts, write_compactly};
use std::collections::BTreeMap;

/// What was saved of one landing.
#[derive(Debug)]
pub struct SavedLanding {
    /// The requests that brought it.
    pub requests: Fact<Vec<Facts>>,
    /// What the host said of the branch and itself.
    pub host: HostFacts,
    /// Who saved it, in a few words.
    pub source: String,
}

/// Where the facts of a landing are.
#[derive(Clone, Debug, PartialEq, Eq)]
enum SavedPlace {
    /// In a file, by its number.
    File(usize),
    /// In the record of this commit, with its name.
    Record(Revision, String),
}

/// What a file says of landings. The facts of their requests are kept as JSON, which has a fifth of
/// their size: a file can hold those of a year.
#[derive(Debug)]
struct SavedFile {
    host: HostFacts,
    name: String,
    requests: BTreeMap<Revision, Vec<Vec<u8>>>,
}

/// Facts of landings by the commits between which they lie.
#[derive(Debug, Default)]
pub struct SavedFacts {
    places: BTreeMap<(Revision, Revision), SavedPlace>,
    /// The steps of the landing after a commit.
    steps: BTreeMap<Revision, Vec<Revision>>,
    files: Vec<SavedFile>,
    /// The record that was read last.
    last: Option<(Revision, Deployment)>,
}

impl SavedFacts {
    /// Takes over facts that a file holds. They go before those of records.
    pub fn add_file(&mut self, facts: Deployment, name: String) {
        let number = self.files.len();
        self.index(&facts, &SavedPlace::File(number));
        self.files.push(SavedFile::of(facts, name));
    }

    /// Takes over what a record holds; its facts are read again when they are needed.
    pub fn add_record(&mut self, facts: &Deployment, commit: &Revision, name: String) {
        self.index(facts, &SavedPlace::Record(commit.clone(), name));
    }

    fn index(&mut self, facts: &Deployment, place: &SavedPlace) {
        for LandingFacts { landing, steps, requests, .. } in facts.landings.value().into_iter().flatten() {
            if requests.value().is_none() {
                continue;
            }
            let key = (landing.parent.clone(), landing.landed.clone());
            self.places.entry(key).or_insert_with(|| place.clone());
            self.steps.entry(landing.parent.clone()).or_insert_with(|| steps.clone());
        }
    }

    /// The steps of the landing after a commit, where its facts were saved.
    pub fn steps_after(&self, parent: &Revision) -> Option<Vec<Revision>> {
        self.steps.get(parent).cloned()
    }

    /// The facts of a landing.
    pub fn find(
        &mut self,
        repository: &Repository,
        parent: &Revision,
        landed: &Revision,
    ) -> Option<SavedLanding> {
        match self.places.get(&(parent.clone(), landed.clone()))?.clone() {
            SavedPlace::File(number) => self.files.get(number)?.find(landed),
            SavedPlace::Record(commit, name) => {
                if self.last.as_ref().is_none_or(|(last, _)| *last != commit) {
                    self.last = Some((commit.clone(), read_recorded(repository, &commit)?));
                }
                let (_, facts) = self.last.as_ref()?;
                landing_in(facts, landed, format!("the record {name}"))
            }
        }
    }
}

impl SavedFile {
    fn of(facts: Deployment, name: String) -> SavedFile {
        let mut requests = BTreeMap::new();
        if let Fact::Known(landings) = facts.landings {
            for LandingFacts { landing, requests: said, .. } in landings {
                let Fact::Known(said) = said else { continue };
                let written: Result<Vec<Vec<u8>>, _> = said.into_iter().map(write_compactly).collect();
                if let Ok(written) = written {
                    requests.entry(landing.landed).or_insert(written);
                }
            }
        }
        SavedFile { host: facts.whole.host, name, requests }
    }

    fn find(&self, landed: &Revision) -> Option<SavedLanding> {
        let read = |text: &Vec<u8>| match read_facts(text) {
            Ok(GatheredFacts::Change(facts)) => Some(*facts),
            Ok(_) | Err(_) => None,
        };
        let requests: Option<Vec<Facts>> = self.requests.get(landed)?.iter().map(read).collect();
        let source = format!("the facts in {}", self.name);
        Some(SavedLanding { requests: Fact::Known(requests?), host: self.host.clone(), source })
    }
}

fn landing_in(facts: &Deployment, landed: &Revision, source: String) -> Option<SavedLanding> {
    let found = facts.landings.value()?.iter().find(|landing| landing.landing.landed == *landed)?;
    Some(SavedLanding { requests: found.requests.clone(), host: facts.whole.host.clone(), source })
}

/// The facts that a record keeps, if it keeps any of a deployment.
pub fn read_recorded(repository: &Repository, commit: &Revision) -> Option<Deployment> {
    let stored = repository.deployment(commit).ok()?;
    match read_facts(stored.file(FACTS)?) {
        Ok(GatheredFacts::Deployment(facts)) => Some(*facts),
        Ok(_) | Err(_) => None,
    }
}
