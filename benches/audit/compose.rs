//! What a host would say of the landings of a repository: requests, reviews and pushes by seeded
//! people, with seeded faults. What git shows of each is read from the repository.

use super::history::Subject;
use portcullis_collect::gather::of_repository;
use portcullis_git::Repository;
use portcullis_judge::policy::Policy;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::deployment::{
    Baseline, BaselineOrigin, Deployer, DeployerOrigin, Deployment, Elsewhere, LandingFacts,
};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::facts::{Facts, HostFacts, POLICY_PATH};
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::host::HostProfile;
use portcullis_model::inquiry::Inquiry;
use portcullis_model::landing::{Candidate, Coverage, Landing, Span};
use portcullis_model::person::{Account, AccountKind, Login};
use portcullis_model::protection::Branch;
use portcullis_model::review::{
    ChangeRequest, CommitAccounts, Move, Permission, Push, Review, ReviewSource, ReviewState, ReviewedContent,
};
use portcullis_testkit::lane::rng::Rng;
use portcullis_wire::facts::write_facts;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The policy by which everything is judged.
pub const POLICY: &str = r#"schema = 1
[project]
name = "Records"
[branches]
deployment = ["main", "master"]
[[data-processing]]
name = "records"
purpose = "Loads records"
paths = ["**"]
[controls.required-reviews]
approvals = 1
[controls.reviewed-landings]
"#;

/// One landing in so many has a fault.
const FAULTY: usize = 37;

/// The people who write and review.
const PEOPLE: usize = 60;

/// The seed of everything.
const SEED: u64 = 15;

/// What was composed.
pub struct Composed {
    /// How many landings there are.
    pub landings: usize,
    /// The commits of those with a fault.
    pub faults: BTreeSet<String>,
    /// How long the file of facts is.
    pub bytes: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Story {
    Honest,
    OwnApproval,
    NoApproval,
    TooEarly,
    DirectPush,
}

/// Composes the facts of a year, and writes them to a file.
pub fn compose(subject: &Subject, file: &Path) -> Composed {
    let repository = Repository::open(&subject.directory).expect("a repository");
    let policy = Policy::parse_for(POLICY, &HostProfile::github_com()).expect("a policy");
    let path = (!subject.needs_policy).then(|| POLICY_PATH.into());
    let composer = Composer { repository: &repository, inquiry: policy.inquiry(path) };
    let line: Vec<Revision> = subject.line().into_iter().map(name).collect();
    let mut rng = Rng(SEED);
    let (mut landings, mut faults) = (Vec::new(), BTreeSet::new());
    for (pair, number) in line.windows(2).zip(1_u64..) {
        let [parent, landed] = pair else { continue };
        let story = pick_story(&mut rng);
        if story != Story::Honest {
            faults.insert(landed.to_string());
        }
        landings.push(composer.landing(number, (parent, landed), story, &mut rng));
    }
    let count = landings.len();
    let (from, to) = (&line[0], &line[line.len() - 1]);
    let facts = composer.deployment(&subject.branch, from, to, landings);
    let text = write_facts(GatheredFacts::Deployment(Box::new(facts))).expect("facts");
    std::fs::write(file, &text).expect("a file");
    Composed { landings: count, faults, bytes: text.len() }
}

fn pick_story(rng: &mut Rng) -> Story {
    match rng.below(FAULTY) {
        0 => *rng.pick(&[Story::OwnApproval, Story::NoApproval, Story::TooEarly, Story::DirectPush]),
        _ => Story::Honest,
    }
}

struct Composer<'r> {
    repository: &'r Repository,
    inquiry: Inquiry,
}

impl Composer<'_> {
    fn landing(
        &self,
        number: u64,
        (parent, landed): (&Revision, &Revision),
        story: Story,
        rng: &mut Rng,
    ) -> LandingFacts {
        let author = rng.below(PEOPLE);
        let other = (author + 1 + rng.below(PEOPLE - 1)) % PEOPLE;
        let mut facts = self.of_git(parent, landed, host(number, landed, account(author)));
        let host = &mut facts.host;
        if let Fact::Known(change) = &facts.change {
            let accounts = CommitAccounts { author: Some(account(author)), committer: Some(account(author)) };
            let all = change.commits.iter().map(|commit| (commit.id.clone(), accounts.clone()));
            host.attribution = Fact::Known(all.collect());
            let co_authors = change.commits.iter().flat_map(|commit| &commit.co_authors);
            let known = co_authors.map(|mailbox| (mailbox.email.clone(), account(author)));
            host.co_authors = Fact::Known(known.collect());
        }
        let by = if story == Story::OwnApproval { author } else { other };
        let on = if story == Story::TooEarly { parent } else { landed };
        // Asked of reviewers alone.
        host.permissions = BTreeMap::from([(login(by), Fact::Known(Permission::Write))]);
        host.reviews = Fact::Known(match story {
            Story::NoApproval | Story::DirectPush => Vec::new(),
            _ => vec![review(number, account(by), on)],
        });
        let change = facts.change.value();
        let files = change.map_or_else(|| Fact::Gap(gap()), |change| Fact::Known(change.files.clone()));
        let candidate = Candidate { request: number.into(), head: landed.clone() };
        let is_direct = story == Story::DirectPush;
        LandingFacts {
            landing: Landing {
                parent: parent.clone(),
                landed: landed.clone(),
                candidates: if is_direct { Vec::new() } else { vec![candidate.clone()] },
            },
            steps: vec![landed.clone()],
            files,
            coverage: if is_direct { Coverage::Unverifiable(gap()) } else { Coverage::Identity(candidate) },
            misses: Vec::new(),
            requests: Fact::Known(if is_direct { Vec::new() } else { vec![facts] }),
        }
    }

    /// What git shows of a change, with this host.
    fn of_git(&self, base: &Revision, head: &Revision, host: HostFacts) -> Facts {
        let (change, gate) = of_repository(self.repository, base, head, &self.inquiry, &host.conventions);
        Facts {
            observed: Fact::Known(at(1_798_761_600)),
            inquiry: self.inquiry.clone(),
            change,
            gate,
            host,
            reports: Fact::Known(Vec::new()),
            line_coverage: Fact::Gap(gap()),
            evidence: Fact::Gap(gap()),
            signed: Facts::no_signed_reviews(),
        }
    }

    fn deployment(
        &self,
        branch: &str,
        from: &Revision,
        to: &Revision,
        landings: Vec<LandingFacts>,
    ) -> Deployment {
        let mut whole_host = host(0, to, account(0));
        whole_host.request = Fact::Gap(gap());
        whole_host.branch =
            Fact::Known(Branch { name: BranchName::new(branch), tip: to.clone(), protected: true });
        Deployment {
            environment: "production".into(),
            branch: BranchName::new(branch),
            candidate: to.clone(),
            deployer: Fact::Known(Deployer { login: login(0), origin: DeployerOrigin::Job }),
            baseline: Fact::Known(Baseline { revision: from.clone(), origin: BaselineOrigin::Asserted }),
            by_host: Fact::Known(None),
            elsewhere: Fact::Known(Elsewhere::nothing()),
            recorded: Fact::Known(Vec::new()),
            on_branch: Fact::Known(Span::Equal),
            span: self.repository.span(from, to),
            back: Fact::Known(None),
            landings: Fact::Known(landings),
            reconciliation: None,
            incidents: Deployment::no_incidents_asked(),
            whole: self.of_git(from, to, whole_host),
        }
    }
}

fn host(number: u64, head: &Revision, author: Account) -> HostFacts {
    HostFacts {
        repository: Some("example/records".into()),
        request: Fact::Known(ChangeRequest {
            id: number.into(),
            title: format!("Load part {number}"),
            author: Some(author.clone()),
            open: false,
            merged: None,
            base_branch: BranchName::new("main"),
            head: head.clone(),
            head_branch: Some(BranchName::new("part")),
            head_repository: Some("example/records".into()),
        }),
        branch: Fact::Known(Branch { name: BranchName::new("main"), tip: head.clone(), protected: true }),
        base_changed: Fact::Known(None),
        last_push: Fact::Known(Push { after: head.clone(), actor: Some(author.clone()) }),
        checks: Fact::Known(Vec::new()),
        domains: vec!["github.com".into()],
        moves: Fact::Known(vec![Move {
            before: None,
            after: head.clone(),
            actor: Some(author),
            kept: Fact::Known(true),
        }]),
        ..HostFacts::unseen("github", &gap())
    }
}

fn review(number: u64, reviewer: Account, on: &Revision) -> Review {
    Review {
        id: number.into(),
        position: number,
        reviewer: Some(reviewer),
        state: ReviewState::Approved,
        reviewed: ReviewedContent::Stated(on.clone()),
        submitted: Some(at(1_700_000_000)),
        source: ReviewSource::Host,
    }
}

fn login(person: usize) -> Login {
    Login::new(format!("person-{person:02}"))
}

fn account(person: usize) -> Account {
    Account { login: login(person), id: (1000 + person as u64).into(), kind: AccountKind::Human }
}

fn at(second: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(second).expect("a moment")
}

fn name(text: String) -> Revision {
    Revision::try_from(text).expect("an object name")
}

fn gap() -> Gap {
    Gap::new("this", GapReason::NotVisible, "the benchmark does not need it", "Leave it.")
}
