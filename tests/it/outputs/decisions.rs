//! Decisions to render: every scenario of the demonstration on every host, the situations of the conformance tests, kept facts of a deployment, and made-up ones.

use crate::conformance::situations::SITUATIONS;
use portcullis_cli::demo::{prepare_scenario, prepare_scene, scenarios::SCENARIOS};
use portcullis_cli::output::control_guides;
use portcullis_cli::prepare::Preparation;
use portcullis_judge::decide::decide_facts;
use portcullis_judge::policy::Policy;
use portcullis_model::decision::{
    Decision, Finding, Judged as JudgedChange, Outcome, Place, PolicyOrigin, PolicyReference, Subject,
    SubjectKind, Verdict,
};
use portcullis_model::digest::Digest;
use portcullis_model::gathered::GatheredFacts;
use portcullis_render::{Context, NoSources, Style};
use portcullis_testkit::scene::{HOSTS, Scene};
use std::path::Path;
use std::sync::LazyLock;

/// A decision, with what it was taken from.
pub struct Judged {
    pub name: String,
    pub decision: Decision,
    pub facts: Option<GatheredFacts>,
}

impl Judged {
    /// How many findings have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.decision.findings.iter().filter(|finding| finding.verdict == verdict).count()
    }
}

/// Every decision.
pub fn every_decision() -> &'static [Judged] {
    static ALL: LazyLock<Vec<Judged>> = LazyLock::new(|| {
        let mut all = of_scenarios();
        all.extend(of_situations());
        all.extend(["change", "deployment", "evidence"].iter().map(|name| of_kept_facts(name)));
        all.push(of_no_facts("every-verdict", Outcome::Block, every_verdict()));
        all.push(of_no_facts("nothing", Outcome::Undetermined, Vec::new()));
        let waived = every_verdict().into_iter().filter(|finding| finding.verdict >= Verdict::Waived);
        all.push(of_no_facts("waived", Outcome::Allow, waived.collect()));
        let unknown = JudgedChange::default();
        let nowhere = of_no_facts("nowhere", Outcome::Undetermined, Vec::new());
        all.push(Judged {
            decision: Decision { judged: unknown, policy: None, ..nowhere.decision },
            ..nowhere
        });
        all
    });
    &ALL
}

fn of_scenarios() -> Vec<Judged> {
    let kinds = HOSTS.iter().filter_map(|host| portcullis_forge::find(host.kind()));
    let pairs = kinds.flat_map(|kind| SCENARIOS.iter().map(move |scenario| (kind, scenario)));
    let on_host = pairs.filter(|(kind, scenario)| !scenario.not_on.contains(&kind.name));
    let judged = on_host.map(|(kind, scenario)| {
        let prepared = prepare_scenario(portcullis_report::READERS, kind, scenario).unwrap();
        judged_of(format!("{} on {}", scenario.name, kind.name), prepared)
    });
    judged.collect()
}

/// What every host must say alike, as one of them shows it.
fn of_situations() -> Vec<Judged> {
    let host = portcullis_testkit::scene::find_host("github").unwrap();
    let judged = SITUATIONS.iter().map(|situation| {
        let mut scene = Scene::honest(host).unwrap();
        (situation.arrange)(&mut scene);
        let kind = portcullis_forge::find(host.kind()).unwrap();
        let prepared = prepare_scene(portcullis_report::READERS, kind, &scene).unwrap();
        judged_of(format!("situation {}", situation.name), prepared)
    });
    judged.collect()
}

fn judged_of(name: String, prepared: Preparation) -> Judged {
    let decision = prepared.decide(&[]);
    let facts = match prepared {
        Preparation::Ready(ready) => Some(ready.facts),
        Preparation::Unseen(..) => None,
    };
    Judged { name, decision, facts }
}

/// Facts that an earlier program kept.
pub fn of_kept_facts(name: &str) -> Judged {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/wire/facts/kept");
    let text = std::fs::read(kept.join(format!("{name}-v4.json"))).unwrap();
    let facts = portcullis_wire::facts::read_facts(&text).unwrap();
    let policy = std::fs::read_to_string(kept.join(format!("{name}.policy.toml"))).unwrap();
    let policy = Policy::parse_for(&policy, &facts.whole().host.profile()).unwrap();
    Judged { name: format!("kept {name}"), decision: decide_facts(&policy, &facts), facts: Some(facts) }
}

pub fn finding(verdict: Verdict, kind: SubjectKind, text: &str) -> Finding {
    Finding {
        verdict,
        control: "required-reviews".into(),
        subject: Subject { kind, name: text.into() },
        reason: text.into(),
        remedy: Some(text.into()),
        details: vec![text.into(), text.into()],
        place: None,
    }
}

fn every_verdict() -> Vec<Finding> {
    let verdicts =
        [Verdict::Broken, Verdict::Unproven, Verdict::Waived, Verdict::Noted, Verdict::Met, Verdict::Exempt];
    let mut all: Vec<Finding> =
        verdicts.iter().map(|verdict| finding(*verdict, SubjectKind::Area, "upload")).collect();
    all[0].place =
        Some(Place { path: portcullis_model::path::RepoPath::new(b"a b/\xff#.sql".to_vec()), line: None });
    all[1].control = "an-undocumented-one".into();
    all
}

/// A decision of a request of which nothing was gathered.
pub fn of_no_facts(name: &str, outcome: Outcome, findings: Vec<Finding>) -> Judged {
    let commit = |digit: &str| digit.repeat(40).try_into().unwrap();
    let judged = JudgedChange {
        repository: Some("example-org/data-upload".into()),
        request: Some(7.into()),
        title: Some("Load the January file twice".into()),
        branch: Some(portcullis_model::change::BranchName::new("main")),
        base: Some(commit("b")),
        head: Some(commit("a")),
        ..JudgedChange::default()
    };
    let policy = PolicyReference {
        project: "Upload".into(),
        digest: Digest::of(b"policy"),
        origin: PolicyOrigin::Base,
        house: None,
    };
    let decision = Decision { outcome, judged, policy: Some(policy), areas: Vec::new(), findings };
    Judged { name: name.into(), decision, facts: None }
}

pub fn render(format: &str, judged: &Judged) -> String {
    render_with(format, judged, Style { colour: false, width: 80, verbose: false, advisory: false })
}

pub fn render_advice(format: &str, judged: &Judged) -> String {
    render_with(format, judged, Style { colour: false, width: 80, verbose: true, advisory: true })
}

fn render_with(format: &str, judged: &Judged, style: Style) -> String {
    let (guides, mut out) = (control_guides(), Vec::new());
    let facts = judged.facts.as_ref();
    let context = Context { style, controls: &guides, sources: &NoSources, facts, imprint: None };
    (portcullis_render::find(format).unwrap().write)(&judged.decision, &context, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}
