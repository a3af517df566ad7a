//! Decisions to render in tests: synthetic people, synthetic places.

use super::{Context, Format, Style};
use portcullis_judge::control::finding;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::decision::{
    Decision, Finding, Judged, Outcome, Place, PolicyOrigin, PolicyReference, SubjectKind, Touch,
    TouchedArea, Verdict,
};
use portcullis_model::digest::Digest;
use portcullis_model::path::RepoPath;

pub(super) const STYLE: Style = Style { colour: false, width: 80, verbose: false, advisory: false };

pub(super) fn render(format: &Format, decision: &Decision, style: Style) -> String {
    let mut out = Vec::new();
    (format.write)(decision, &Context::plain(style), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn revision(start: &str) -> Revision {
    Revision::try_from(format!("{start:0<40}")).unwrap()
}

fn decision(outcome: Outcome, areas: Vec<TouchedArea>, mut findings: Vec<Finding>) -> Decision {
    findings.sort();
    Decision {
        outcome,
        judged: Judged {
            repository: Some("acme/upload".into()),
            environment: None,
            request: Some(7.into()),
            requests: Vec::new(),
            title: Some("Load the January file twice".into()),
            branch: Some(BranchName::new("main")),
            base: Some(revision("5e4d3c2b1a")),
            head: Some(revision("1a2b3c4d5e")),
            commits: Some(3),
            files: Some(5),
            asserted: None,
        },
        policy: Some(PolicyReference {
            project: "Intelligence upload".into(),
            digest: Digest::of(b"policy"),
            origin: PolicyOrigin::Base,
            house: None,
        }),
        areas,
        findings,
    }
}

fn touch(path: &str, rule: &str, policy_line: u64, line: Option<u64>) -> Touch {
    Touch { path: path.into(), rule: rule.into(), policy_line, line }
}

fn upload() -> TouchedArea {
    TouchedArea {
        area: "upload".into(),
        purpose: "Loads, amends and deletes records on the national database".into(),
        touches: vec![
            touch("lib/ids.py", "content `(?i)\\b(nominal|pnc)_id\\b` in an added line", 14, Some(14)),
            touch("services/upload/load.py", "path `services/upload/**`", 12, None),
        ],
    }
}

fn met() -> Vec<Finding> {
    let rules = ["change-request", "approvals", "deletion", "force-push", "last-push-approval"];
    let branch = |rule: &&str| {
        let reason = "classic protection requires it, and nobody gets round it";
        finding("protected-branch", Verdict::Met, SubjectKind::Branch, format!("main: {rule}"), reason)
    };
    let general = "2 of 2 required approvals count: robin, kim";
    let review = finding("required-reviews", Verdict::Met, SubjectKind::Request, "7", general);
    rules.iter().map(branch).chain([review]).collect()
}

fn exempt() -> Finding {
    let reason = "nothing that steers the gate is touched";
    finding("gate-integrity", Verdict::Exempt, SubjectKind::Change, "1a2b3c4d5e", reason)
}

/// Everything is well.
pub(super) fn allowed() -> Decision {
    decision(Outcome::Allow, vec![upload()], met().into_iter().chain([exempt()]).collect())
}

/// What it rests on could not be seen.
pub(super) fn undetermined() -> Decision {
    let bypass = finding(
        "protected-branch",
        Verdict::Unproven,
        SubjectKind::Branch,
        "main: bypass",
        "the bypass list of ruleset \"main\" (17) could not be seen: the token may not read it",
    );
    let remedy = "Give the token the permission `administration: read` on the repository.";
    decision(Outcome::Undetermined, vec![], met().into_iter().chain([bypass.remedy(remedy)]).collect())
}

fn review() -> Finding {
    finding(
        "required-reviews",
        Verdict::Broken,
        SubjectKind::Area,
        "upload",
        "1 of 2 required approvals counts, and none is by the role data-protection",
    )
    .remedy("Ask two people who wrote none of the commits, one of them with the role data-protection, to approve 1a2b3c4d5e.")
    .details(vec![
        "the approval by @robin was given on 5e4d3c2b1a, which is not the head".into(),
        "the approval by kim does not count: kim is an author of commit 1a2b3c4d5e".into(),
    ])
    .at(Place { path: "services/upload/load.py".into(), line: Some(14) })
}

fn tests() -> Finding {
    let failing = (1..=8).map(|n| format!("upload > load > twice_{n} failed")).collect();
    finding(
        "regression-tests",
        Verdict::Broken,
        SubjectKind::Suite,
        "upload-regression",
        "8 of 52 tests failed",
    )
    .remedy("Make the failing tests pass and run the suite on the head again.")
    .details(failing)
}

/// The text of someone who wants more than a change.
pub(super) const HOSTILE: &str = "a\u{1b}[2J\r\n::set-output name=x::y ##[add-path]/tmp \u{202e}cod\u{200b}e <script>alert(1)</script> \
     [x](https://example.test) ![i](https://example.test/i.png) @robin #1 `b | c`";

fn hostile() -> Finding {
    finding("gate-integrity", Verdict::Noted, SubjectKind::File, HOSTILE, HOSTILE)
        .remedy(HOSTILE)
        .details(vec![HOSTILE.into()])
        .at(Place { path: HOSTILE.into(), line: Some(3) })
}

fn waived() -> Finding {
    let reason = "the check \"unit\" of the app 15368 failed; waived until 2031-02-28 by alex: the runner is being replaced";
    finding("required-checks", Verdict::Waived, SubjectKind::Check, "unit", reason)
}

/// Broken, unproven, waived and noted at once, with text that attacks every format.
pub(super) fn blocked() -> Decision {
    let bypass = undetermined().findings.into_iter().filter(|f| f.verdict == Verdict::Unproven);
    let findings = bypass.chain([review(), tests(), waived(), hostile(), exempt()]).chain(met()).collect();
    let mut decision = decision(Outcome::Block, vec![upload()], findings);
    decision.judged.title = Some(HOSTILE.into());
    decision
}

/// Every word that a decision can use, and every member that is otherwise empty: of a deployment,
/// by a policy that was handed over.
pub(super) fn every_word() -> Decision {
    let verdicts =
        [Verdict::Broken, Verdict::Unproven, Verdict::Waived, Verdict::Noted, Verdict::Met, Verdict::Exempt];
    let kinds = [
        SubjectKind::Change,
        SubjectKind::Request,
        SubjectKind::Branch,
        SubjectKind::Landing,
        SubjectKind::Area,
        SubjectKind::File,
        SubjectKind::Suite,
        SubjectKind::Check,
        SubjectKind::Policy,
        SubjectKind::Environment,
        SubjectKind::Waiver,
    ];
    let one =
        |(kind, verdict): (SubjectKind, &Verdict)| finding("reviewed-landings", *verdict, kind, "it", "so");
    let mut findings: Vec<Finding> = kinds.into_iter().zip(verdicts.iter().cycle()).map(one).collect();
    findings[0].place = Some(Place { path: RepoPath::new(b"caf\xe9\n.sql".to_vec()), line: None });
    let mut decision = decision(Outcome::Block, vec![upload()], findings);
    decision.judged = Judged { environment: Some("production".into()), request: None, ..decision.judged };
    decision.policy = decision.policy.map(|policy| PolicyReference { origin: PolicyOrigin::Given, ..policy });
    decision
}

/// Nothing is known: every member that may be empty is.
pub(super) fn nothing() -> Decision {
    let decision = decision(Outcome::Undetermined, vec![], vec![]);
    Decision { judged: Judged::default(), policy: None, ..decision }
}

/// A blocked change with `count` broken findings.
pub(super) fn many(count: usize) -> Decision {
    let broken = |n| {
        finding("required-checks", Verdict::Broken, SubjectKind::Check, format!("check {n:06}"), "it failed")
    };
    decision(Outcome::Block, vec![], (0..count).map(broken).collect())
}

/// The same, where each finding says something of its own.
pub(super) fn different(count: usize) -> Decision {
    let mut decision = many(count);
    let findings = decision.findings.iter_mut().enumerate();
    findings.for_each(|(index, finding)| finding.reason = format!("it failed in its own way, {index}"));
    decision
}
