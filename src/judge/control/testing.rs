//! Facts to test controls with: an honest change, and small ways to bend it.
//!
//! Robin opened request 7, which changes one file of the area `upload` in one commit, and pushed
//! it. Kim and Alex, who may write, approved the head. `main` is protected, its one required check
//! succeeded, one test suite was green. Every topic was asked. A test starts from [`World::honest`]
//! and changes the field it is about:
//!
//! ```text
//! let mut world = World::honest();
//! world.host().reviews = Fact::Known(vec![review(1, "kim", ReviewState::Approved)]);
//! let findings = control.check(&world.case());
//! ```
//!
//! After a change to the files call [`World::place`], so that the touched areas are right again.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends where it cannot go on"
)]

use super::{Case, Control, Kind, PolicyScope, ReviewSettings, Role};
use portcullis_model::change::{
    BranchName, Change, Commit, Content, Entry, EntryKind, FileChange, FileStatus, Nature, ObjectName,
    Revision, Updates,
};
use portcullis_model::check::{Check, Conclusion, Producer};
use portcullis_model::decision::{Finding, Outcome, TouchedArea, Verdict};
use portcullis_model::deployment::{
    Baseline, BaselineOrigin, Deployer, DeployerOrigin, Deployment, Elsewhere, LandingFacts, Recorded,
};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::facts::{Facts, GateText, GateTexts, HostFacts, POLICY_PATH};
use portcullis_model::host::HostConventions;
use portcullis_model::inquiry::{Inquiry, TextPurpose, Topic};
use portcullis_model::inventory::{Area, Inventory, Opaque, Ruled};
use portcullis_model::landing::{Candidate, Coverage, Landing, Span, Step};
use portcullis_model::path::RepoPath;
use portcullis_model::person::{Account, AccountKind, KnownPerson, Login, Mailbox, People, TeamName};
use portcullis_model::protection::{Branch, Protection, Requirement, Rule};
use portcullis_model::review::{
    ChangeRequest, CommitAccounts, Move, Permission, Push, Review, ReviewSource, ReviewState, ReviewedContent,
};
use portcullis_model::test_run::{Report, Test, TestOutcome, TestRun};
use portcullis_model::waiver;
use portcullis_pattern::glob::Glob;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

/// Everything that one judgement needs, owned.
#[derive(Clone, Debug)]
pub struct World {
    /// What was seen.
    pub facts: Facts,
    /// What the policy says.
    pub scope: PolicyScope,
    /// The touched areas.
    pub touched: Fact<Vec<TouchedArea>>,
}

impl World {
    /// A change that no sensible policy stops.
    pub fn honest() -> Self {
        let facts = Facts {
            observed: Fact::Known(observed()),
            inquiry: inquiry(),
            change: Fact::Known(change()),
            gate: Fact::Known(gate()),
            host: host(),
            reports: Fact::Known(vec![green_report()]),
            line_coverage: Fact::Gap(Gap::not_asked("the changed lines", "Ask for them.")),
            evidence: Fact::Gap(Gap::not_asked("test evidence", "ask for it")),
            signed: Facts::no_signed_reviews(),
        };
        let mut world = World { facts, scope: scope(), touched: Fact::Known(Vec::new()) };
        world.place();
        world
    }

    /// The judgement.
    pub fn case(&self) -> Case<'_> {
        Case { facts: &self.facts, deployment: None, scope: &self.scope, touched: &self.touched }
    }

    /// The change, to bend.
    pub fn change(&mut self) -> &mut Change {
        let Fact::Known(change) = &mut self.facts.change else { panic!("the change is a gap") };
        change
    }

    /// The one commit of the honest change, to bend.
    pub fn commit(&mut self) -> &mut Commit {
        &mut self.change().commits[0]
    }

    /// What the host says, to bend.
    pub fn host(&mut self) -> &mut HostFacts {
        &mut self.facts.host
    }

    /// The request, to bend.
    pub fn request(&mut self) -> &mut ChangeRequest {
        let Fact::Known(request) = &mut self.facts.host.request else { panic!("the request is a gap") };
        request
    }

    /// The texts that steer the gate, to bend.
    pub fn gate(&mut self) -> &mut GateTexts {
        let Fact::Known(gate) = &mut self.facts.gate else { panic!("the gate is a gap") };
        gate
    }

    /// The reviews, to bend.
    pub fn reviews(&mut self) -> &mut Vec<Review> {
        let Fact::Known(reviews) = &mut self.facts.host.reviews else { panic!("the reviews are a gap") };
        reviews
    }

    /// Adds a commit, with the accounts that the host gives for it.
    pub fn add_commit(&mut self, commit: Commit, accounts: CommitAccounts) {
        if let Fact::Known(attribution) = &mut self.facts.host.attribution {
            attribution.insert(commit.id.clone(), accounts);
        }
        self.change().commits.push(commit);
    }

    /// Sets CODEOWNERS at the base.
    pub fn code_owners(&mut self, text: &str) {
        self.gate().entry(".github/CODEOWNERS", TextPurpose::CodeOwners).before = Some(text.to_string());
    }

    /// Moves the policy to another path.
    pub fn policy_at(&mut self, path: impl Into<RepoPath>) {
        self.facts.inquiry.texts.retain(|_, purposes| !purposes.contains(&TextPurpose::Policy));
        self.facts.inquiry.ask_text(path, TextPurpose::Policy);
    }

    /// Adds a role of single accounts.
    pub fn role(&mut self, name: &str, users: &[&str]) {
        let users = users.iter().map(|user| Login::new(*user)).collect();
        self.scope.roles.insert(name.to_string(), Role { users, ..Role::default() });
    }

    /// Adds a person to the identity map.
    pub fn person(&mut self, name: &str, logins: &[&str], emails: &[&str]) {
        let logins = logins.iter().map(|login| Login::new(*login)).collect();
        let emails = emails.iter().map(ToString::to_string).collect();
        self.scope.people.0.push(KnownPerson { name: name.to_string(), logins, emails, machine: false });
    }

    /// Replaces the changed files by modifications of these, and places them.
    pub fn files(&mut self, paths: &[&str]) {
        self.change().files = paths.iter().map(|path| modified(path)).collect();
        self.place();
    }

    /// Finds the touched areas again, one touch for each file.
    pub fn place(&mut self) {
        self.touched = touched(&self.facts, &self.scope).into();
    }

    /// What a control of the table finds here with these settings (what stands under
    /// `[controls.NAME]`; tables in it are named from there: `[areas.upload]`).
    pub fn judge(&self, kind: &Kind, settings: &str) -> Result<Vec<Finding>, Gap> {
        control(kind, settings).check(&self.case())
    }

    /// The outcome of that; a gap is undetermined.
    pub fn outcome(&self, kind: &Kind, settings: &str) -> Outcome {
        self.judge(kind, settings).map_or(Outcome::Undetermined, |findings| Outcome::of(&findings))
    }
}

/// What would be deployed after the honest change landed.
pub fn landed() -> Revision {
    revision('c')
}

/// A deployment of what the world holds: request 7 was merged into `main`, as the one landing since
/// `base`, and Sam deploys it to `production`.
pub fn deployment(world: &World) -> Deployment {
    let mut of_request = world.facts.clone();
    if let Fact::Known(request) = &mut of_request.host.request {
        (request.open, request.merged) = (false, Some(at(9000)));
    }
    let mut whole = world.facts.clone();
    whole.host.request = Fact::Gap(gap());
    if let Fact::Known(change) = &mut whole.change {
        change.head = landed();
    }
    let (span, landing) = (vec![step(landed())], landing(of_request));
    Deployment {
        environment: "production".into(),
        branch: BranchName::new("main"),
        candidate: landed(),
        deployer: Fact::Known(Deployer { login: Login::new("sam"), origin: DeployerOrigin::Job }),
        by_host: Fact::Known(None),
        back: Fact::Known(None),
        recorded: Fact::Known(vec![Recorded {
            number: 1,
            candidate: base(),
            taken_again: true,
            facts_omitted: false,
            signers: None,
        }]),
        baseline: Fact::Known(Baseline { revision: base(), origin: BaselineOrigin::Recorded(1) }),
        elsewhere: Fact::Known(Elsewhere::nothing()),
        reconciliation: None,
        incidents: Deployment::no_incidents_asked(),
        on_branch: Fact::Known(Span::Equal),
        span: Fact::Known(Span::Steps(span)),
        landings: Fact::Known(vec![landing]),
        whole,
    }
}

/// A step that brought nothing but itself.
pub fn step(id: Revision) -> Step {
    Step { commit: commit(id, "robin"), brought: Vec::new() }
}

/// The landing of one request as `landed`, its content proved.
pub fn landing(of_request: Facts) -> LandingFacts {
    let number = of_request.host.request.value().map_or(7.into(), |request| request.id.clone());
    let candidate = Candidate { request: number, head: head() };
    let files = of_request.change.value().map(|change| change.files.clone()).unwrap_or_default();
    LandingFacts {
        landing: Landing { parent: base(), landed: landed(), candidates: vec![candidate.clone()] },
        steps: vec![landed()],
        files: Fact::Known(files),
        coverage: Coverage::Replay(candidate),
        misses: Vec::new(),
        requests: Fact::Known(vec![of_request]),
    }
}

/// A control from the text of its settings.
pub fn control(kind: &Kind, settings: &str) -> Box<dyn Control> {
    read_control(kind, settings).unwrap_or_else(|error| panic!("{settings}: {error}"))
}

/// The settings that the documentation of a control shows.
pub fn example(kind: &Kind) -> &'static str {
    let code = kind.documentation.how_to_meet().split_once("```toml\n").map(|(_, code)| code);
    code.and_then(|code| code.split_once("```")).map(|(example, _)| example.trim_end()).unwrap()
}

/// A control from the text of its settings, or what is wrong with them.
pub fn read_control(kind: &Kind, settings: &str) -> Result<Box<dyn Control>, toml::de::Error> {
    let table = DeTable::parse(settings)?;
    let value = Spanned::new(table.span(), DeValue::Table(table.into_inner()));
    (kind.read)(ValueDeserializer::from(value))
}

/// The findings of one verdict.
pub fn with(findings: &[Finding], verdict: Verdict) -> Vec<&Finding> {
    findings.iter().filter(|finding| finding.verdict == verdict).collect()
}

fn touched(facts: &Facts, scope: &PolicyScope) -> Result<Vec<TouchedArea>, Gap> {
    let mut areas = Vec::new();
    for area in &scope.inventory.areas {
        let files = facts.change.known()?.files.iter();
        let touches: Vec<_> = files.map(|file| area.touch(file)).collect::<Result<Vec<_>, _>>()?;
        let touches: Vec<_> = touches.into_iter().flatten().collect();
        if !touches.is_empty() {
            areas.push(TouchedArea { area: area.name.clone(), purpose: area.purpose.clone(), touches });
        }
    }
    Ok(areas)
}

/// The tip of `main`.
pub fn base() -> Revision {
    revision('a')
}

/// The judged head.
pub fn head() -> Revision {
    revision('b')
}

/// A commit's name made of one digit.
pub fn revision(digit: char) -> Revision {
    Revision::try_from(digit.to_string().repeat(40)).expect("a hexadecimal digit")
}

/// An object's name made of one digit.
pub fn object(digit: char) -> ObjectName {
    ObjectName::try_from(digit.to_string().repeat(40)).expect("a hexadecimal digit")
}

/// A moment: so many seconds after the epoch.
pub fn at(second: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(second).expect("a small number")
}

/// The moment of judgement: 2026-12-20, at noon UTC.
pub fn observed() -> jiff::Timestamp {
    at(1_797_768_000)
}

/// Some gap.
pub fn gap() -> Gap {
    Gap::new("this", GapReason::NotVisible, "the test took it away", "Give it back.")
}

/// A person's account. Different logins have different numbers.
pub fn account(login: &str) -> Account {
    let id =
        login.to_ascii_lowercase().bytes().fold(7, |id: u64, byte| id * 31 % 1_000_003 + u64::from(byte));
    Account { login: Login::new(login), id: id.into(), kind: AccountKind::Human }
}

/// An account of another kind.
pub fn account_of(login: &str, kind: AccountKind) -> Account {
    Account { kind, ..account(login) }
}

/// The mailbox `LOGIN@example.test`.
pub fn mailbox(login: &str) -> Mailbox {
    Mailbox { name: format!("{login} Example"), email: format!("{login}@example.test") }
}

/// A commit that one person wrote and committed.
pub fn commit(id: Revision, login: &str) -> Commit {
    Commit {
        id,
        tree: object('d'),
        parents: vec![base()],
        author: mailbox(login),
        committer: mailbox(login),
        co_authors: Vec::new(),
        subject: "Load amended records".into(),
    }
}

/// The accounts of a commit that one person wrote and committed.
pub fn accounts(login: &str) -> CommitAccounts {
    CommitAccounts { author: Some(account(login)), committer: Some(account(login)) }
}

/// A review of the judged head. Review `n` was submitted `n` seconds after second 1000.
pub fn review(id: u64, login: &str, state: ReviewState) -> Review {
    let submitted = i64::try_from(id).ok().map(|id| at(1000 + id));
    let (reviewed, position) = (ReviewedContent::Stated(head()), id);
    Review {
        id: id.into(),
        position,
        reviewer: Some(account(login)),
        state,
        reviewed,
        submitted,
        source: ReviewSource::Host,
    }
}

/// A plain file.
pub fn entry(path: &str) -> Entry {
    Entry { path: path.into(), kind: EntryKind::File, id: object('e') }
}

/// A file whose text was modified.
pub fn modified(path: &str) -> FileChange {
    FileChange {
        status: FileStatus::Modified,
        old: Some(Entry { id: object('f'), ..entry(path) }),
        new: Some(entry(path)),
        content: Fact::Known(Content { nature: Nature::Text, matches: Vec::new(), added: 1, removed: 1 }),
        governs: None,
    }
}

/// An area of some paths.
pub fn area(name: &str, paths: &[&str]) -> Area {
    let ruled = |path: &&str| Ruled { rule: Glob::new(path).expect("a good pattern"), line: 4 };
    Area {
        name: name.into(),
        purpose: "loads records".into(),
        paths: paths.iter().map(ruled).collect(),
        content: Vec::new(),
        exclude: Vec::new(),
        opaque: Opaque::Inside,
        line: 1,
    }
}

/// A team.
pub fn team(name: &str) -> TeamName {
    TeamName::try_from(name.to_string()).expect("organisation/team")
}

fn change() -> Change {
    Change {
        base: base(),
        head: head(),
        merge_bases: vec![base()],
        commits: vec![commit(head(), "robin")],
        files: vec![modified("services/upload/load.rs")],
        on_the_way: Fact::Gap(Gap::not_asked("the paths on the way", "Ask for them.")),
        test_sources: Fact::Gap(Gap::not_asked("test sources", "Name them.")),
        updates: Updates::default(),
        landing_tree: None,
        basis: Fact::Known(portcullis_model::change::Basis::FirstParent),
    }
}

fn gate() -> GateTexts {
    let mut gate = GateTexts::default();
    let policy = Some("schema = 1\n".to_string());
    *gate.policy_text() = GateText { before: policy.clone(), after: policy, ..gate.policy_text().clone() };
    // Asked for, and not there.
    gate.waivers_text();
    gate
}

/// The texts that most tests bend.
pub trait BentTexts {
    /// The policy.
    fn policy_text(&mut self) -> &mut GateText;
    /// The waivers.
    fn waivers_text(&mut self) -> &mut GateText;
    /// The signers of waivers, at the path that the tests give them.
    fn signers_text(&mut self) -> &mut GateText;
}

/// Where tests keep the signers of waivers.
pub const SIGNERS: &str = "keys/allowed_signers";

impl BentTexts for GateTexts {
    fn policy_text(&mut self) -> &mut GateText {
        self.entry(POLICY_PATH, TextPurpose::Policy)
    }

    fn waivers_text(&mut self) -> &mut GateText {
        self.entry(waiver::PATH, TextPurpose::Waivers)
    }

    fn signers_text(&mut self) -> &mut GateText {
        self.entry(SIGNERS, TextPurpose::WaiverSigners)
    }
}

fn inquiry() -> Inquiry {
    use Topic::{Checks, CodeOwners, Protection, Pushes, Reports, Reviews};
    Inquiry {
        topics: BTreeSet::from([Checks, CodeOwners, Protection, Pushes, Reports, Reviews]),
        texts: BTreeMap::from([
            (POLICY_PATH.into(), BTreeSet::from([TextPurpose::Policy])),
            (waiver::PATH.into(), BTreeSet::from([TextPurpose::Waivers])),
        ]),
        ..Inquiry::default()
    }
}

fn scope() -> PolicyScope {
    PolicyScope {
        inventory: Inventory { areas: vec![area("upload", &["services/upload/**"])] },
        people: People::default(),
        roles: BTreeMap::new(),
        deployment: vec![Glob::new("main").expect("a good pattern")],
        review_basis: Default::default(),
        reviews: ReviewSettings::default(),
        review_rules: Default::default(),
        training: None,
        datasets: Default::default(),
        notification: None,
    }
}

fn host() -> HostFacts {
    let write = |login: &str| (Login::new(login), Fact::Known(Permission::Write));
    HostFacts {
        kind: "github".into(),
        repository: Some("example/records".into()),
        asserted: None,
        conventions: HostConventions::github(),
        domains: vec!["github.com".into()],
        request: Fact::Known(request()),
        branch: Fact::Known(Branch { name: BranchName::new("main"), tip: base(), protected: true }),
        protection: Fact::Known(protection()),
        administration: None,
        workflow_files: None,
        reviews: Fact::Known(vec![
            review(1, "kim", ReviewState::Approved),
            review(2, "alex", ReviewState::Approved),
        ]),
        base_changed: Fact::Known(None),
        attribution: Fact::Known(BTreeMap::from([(head(), accounts("robin"))])),
        last_push: Fact::Known(Push { after: head(), actor: Some(account("robin")) }),
        content_push: Fact::Known(Push { after: head(), actor: Some(account("robin")) }),
        moves: Fact::Known(vec![moved(None, head(), "robin", true)]),
        checks: Fact::Known(vec![green_check()]),
        workflow_runs: Fact::Known(BTreeMap::new()),
        co_authors: Fact::Known(BTreeMap::new()),
        members: BTreeMap::new(),
        permissions: ["robin", "kim", "alex"].map(write).into(),
        detours: Vec::new(),
    }
}

/// A move of the branch by this account.
pub fn moved(before: Option<Revision>, after: Revision, login: &str, kept: bool) -> Move {
    Move { before, after, actor: Some(account(login)), kept: Fact::Known(kept) }
}

fn request() -> ChangeRequest {
    ChangeRequest {
        id: 7.into(),
        title: "Load amended records".into(),
        author: Some(account("robin")),
        open: true,
        merged: None,
        base_branch: BranchName::new("main"),
        head: head(),
        head_branch: Some(BranchName::new("amended-records")),
        head_repository: Some("example/records".into()),
    }
}

fn protection() -> Protection {
    let rule =
        |rule| Requirement { rule, source: "ruleset \"main\" (17)".into(), bypass: Fact::Known(Vec::new()) };
    let check = Rule::Check { name: "tests".into(), app: Some(15368.into()) };
    let rules = [
        Rule::ChangeRequest,
        Rule::Approvals(2),
        Rule::DismissStale,
        Rule::LastPushApproval,
        check,
        Rule::NoForcePush,
        Rule::NoDeletion,
    ];
    Protection { requirements: rules.map(rule).into(), unseen: Vec::new() }
}

fn green_check() -> Check {
    Check {
        name: "tests".into(),
        id: 1.into(),
        head: head(),
        producer: Producer::App { id: 15368.into(), slug: "github-actions".into() },
        conclusion: Conclusion::Success,
    }
}

fn green_report() -> Report {
    let test = |id: &str| Test { id: id.into(), outcome: TestOutcome::Passed, records: 1 };
    let tests = vec![test("upload > amends"), test("upload > deletes"), test("upload > loads")];
    Report {
        path: "target/junit.xml".into(),
        suite: None,
        digest: None,
        written: None,
        tracked: false,
        run: Fact::Known(TestRun { tests, ..TestRun::default() }),
    }
}
