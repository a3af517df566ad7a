//! The words of an audit, for people, and the tone that each is shown in.

use super::text::count;
use maud::{Markup, html};
use portcullis_wire::audit::v1::{
    AuditCountsV1, AuditOutcomeV1, AuditV1, AuditedLandingV1, DutyV1, EmergencyStandingV1,
    ExceptionStandingV1, ExplainedByV1, FollowUpV1, PassedByV1, ProtectionStateV1, RecordStandingV1,
    SignatureStandingV1, TimeSourceV1,
};
use portcullis_wire::decision::v1::{OutcomeV1, RequestV1, SubjectKindV1, VerdictV1};

/// How something is shown: by colour, by mark and by word, so that none of them is needed alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Met,
    Waived,
    Unproven,
    Broken,
}

impl Tone {
    pub(super) fn class(self) -> &'static str {
        match self {
            Tone::Met => "met",
            Tone::Waived => "waived",
            Tone::Unproven => "unproven",
            Tone::Broken => "broken",
        }
    }

    pub(super) fn mark(self) -> &'static str {
        match self {
            Tone::Met => "✓",
            Tone::Waived => "!",
            Tone::Unproven => "?",
            Tone::Broken => "✕",
        }
    }
}

/// A word on a ground of its tone.
pub(super) fn badge(tone: Tone, word: &str) -> Markup {
    html! { span class={ "badge " (tone.class()) } { span aria-hidden="true" { (tone.mark()) " " } (word) } }
}

/// How a landing came out by the policy in force.
pub(super) fn landing_tone(landing: &AuditedLandingV1) -> (Tone, &'static str) {
    let waived = landing.then.findings.iter().any(|finding| finding.verdict == VerdictV1::Waived);
    match landing.then.outcome {
        OutcomeV1::Block => (Tone::Broken, "not met"),
        OutcomeV1::Undetermined => (Tone::Unproven, "not shown"),
        OutcomeV1::Allow if waived => (Tone::Waived, "waived"),
        OutcomeV1::Allow => (Tone::Met, "met"),
    }
}

pub(super) fn verdict(verdict: VerdictV1) -> (Tone, &'static str) {
    match verdict {
        VerdictV1::Broken => (Tone::Broken, "not met"),
        VerdictV1::Unproven => (Tone::Unproven, "not shown"),
        VerdictV1::Waived => (Tone::Waived, "waived"),
        VerdictV1::Noted => (Tone::Unproven, "to look at"),
        VerdictV1::Met => (Tone::Met, "met"),
        VerdictV1::Exempt => (Tone::Met, "exempt"),
    }
}

/// The outcome of the audit: its tone, a heading and a sentence.
pub(super) fn outcome(audit: &AuditV1) -> (Tone, &'static str, String) {
    let AuditCountsV1 { landings, deployments, exceptions, open_exceptions, blocked, .. } = audit.counts;
    let items = format!(
        "{} and {}",
        count(landings, "landing", "landings"),
        count(deployments, "deployment", "deployments")
    );
    match audit.outcome {
        AuditOutcomeV1::NoExceptions => {
            let all = format!("Each item ({items}) was shown to meet the policy that was in force for it.");
            (Tone::Met, "No exceptions", all)
        }
        AuditOutcomeV1::Empty => {
            let nothing =
                "The period has neither a landing nor a deployment, so nothing is shown.".to_string();
            (Tone::Unproven, "Nothing to judge", nothing)
        }
        AuditOutcomeV1::Undetermined => {
            let gaps = count(audit.gaps.len() as u64, "thing", "things");
            let sentence = format!("No exception was found among {items}, but {gaps} could not be shown.");
            (Tone::Unproven, "Not everything could be shown", sentence)
        }
        AuditOutcomeV1::Exceptions => {
            let found = count(exceptions, "exception", "exceptions");
            let sentence = format!(
                "{found} among {items}; {open_exceptions} of them open. {} did not meet the policy that was in force.",
                count(blocked, "landing", "landings")
            );
            let tone = if open_exceptions > 0 { Tone::Broken } else { Tone::Waived };
            (tone, if open_exceptions > 0 { "Open exceptions" } else { "Exceptions, all waived" }, sentence)
        }
        AuditOutcomeV1::Unverified => {
            let sentence =
                "Records of deployments, or snapshots of the protection, do not verify. Find out why before you rely on this audit."
                    .to_string();
            (Tone::Broken, "Records do not verify", sentence)
        }
    }
}

pub(super) fn standing(standing: ExceptionStandingV1) -> (Tone, &'static str) {
    match standing {
        ExceptionStandingV1::Open => (Tone::Broken, "open"),
        ExceptionStandingV1::Waived => (Tone::Waived, "waived"),
    }
}

pub(super) fn follow_up(follow_up: FollowUpV1) -> &'static str {
    match follow_up {
        FollowUpV1::None => "Nothing is owed afterwards.",
        FollowUpV1::Due => "A review afterwards is owed and not yet due.",
        FollowUpV1::Done => "The review afterwards took place in time.",
        FollowUpV1::Late => "The review afterwards took place, after it was due.",
        FollowUpV1::Overdue => "The review afterwards is overdue.",
        FollowUpV1::Unseen => {
            "The text of the waiver was not seen, so it is not known whether a review afterwards is owed."
        }
    }
}

pub(super) fn passed_by(by: PassedByV1) -> &'static str {
    match by {
        PassedByV1::Waiver => "waiver",
        PassedByV1::WaiverAtDeployment => "waiver of a later deployment",
        PassedByV1::Bypass => "account that may bypass the rule",
        PassedByV1::Administrator => "administrator",
    }
}

pub(super) fn emergency(standing: EmergencyStandingV1) -> (Tone, &'static str) {
    match standing {
        EmergencyStandingV1::Due => (Tone::Unproven, "not yet due"),
        EmergencyStandingV1::Done => (Tone::Met, "reviewed in time"),
        EmergencyStandingV1::Late => (Tone::Waived, "reviewed late"),
        EmergencyStandingV1::Overdue => (Tone::Broken, "overdue"),
    }
}

pub(super) fn protection(state: ProtectionStateV1) -> (Tone, &'static str) {
    match state {
        ProtectionStateV1::Held => (Tone::Met, "held"),
        ProtectionStateV1::Hidden => (Tone::Unproven, "hidden"),
        ProtectionStateV1::Weaker => (Tone::Waived, "weaker"),
        ProtectionStateV1::Off => (Tone::Broken, "off"),
    }
}

pub(super) fn record(standing: RecordStandingV1) -> (Tone, &'static str) {
    match standing {
        RecordStandingV1::Reproduced => (Tone::Met, "taken again"),
        RecordStandingV1::Irreproducible => (Tone::Unproven, "cannot be taken again"),
        RecordStandingV1::Unseen => (Tone::Unproven, "not seen in the repository"),
        RecordStandingV1::Broken => (Tone::Broken, "does not hold together"),
    }
}

pub(super) fn signature(standing: SignatureStandingV1) -> (Tone, &'static str) {
    match standing {
        SignatureStandingV1::Signed => (Tone::Met, "signed"),
        SignatureStandingV1::Missing => (Tone::Broken, "not signed"),
        SignatureStandingV1::Invalid => (Tone::Broken, "signature invalid"),
        SignatureStandingV1::Unlisted => (Tone::Unproven, "signed; who may sign is not said"),
        SignatureStandingV1::Unseen => (Tone::Unproven, "who may sign was not seen"),
    }
}

pub(super) fn time_source(source: TimeSourceV1) -> &'static str {
    match source {
        TimeSourceV1::Host => "by the host's clock",
        TimeSourceV1::Record => "by the deployment record",
        TimeSourceV1::Commit => "by the commit, whose clock can be wrong",
        TimeSourceV1::Unknown => "time not known",
    }
}

pub(super) fn duty(duty: DutyV1) -> &'static str {
    match duty {
        DutyV1::Wrote => "wrote it",
        DutyV1::Approved => "approved it",
        DutyV1::Deployed => "deployed it",
        DutyV1::Administers => "administers the repository",
        DutyV1::Waived => "granted its waiver",
    }
}

pub(super) fn explained(by: ExplainedByV1) -> (Tone, &'static str) {
    match by {
        ExplainedByV1::Unchanged => (Tone::Met, "It changes nothing."),
        ExplainedByV1::Identity => (Tone::Met, "It is the head of the request."),
        ExplainedByV1::Replay => (Tone::Met, "It is what merging the request gives."),
        ExplainedByV1::Rebase => (Tone::Met, "It is what rebasing the request gives."),
        ExplainedByV1::Train => (Tone::Met, "It is what merging several requests gives."),
        ExplainedByV1::Residual => (Tone::Broken, "Something is left that no request explains."),
        ExplainedByV1::Unverifiable => (Tone::Unproven, "What explains it cannot be said."),
    }
}

pub(super) fn request(request: &RequestV1) -> String {
    match request {
        RequestV1::Number(number) => format!("#{number}"),
        RequestV1::Name(name) => super::text::show_hidden(name),
    }
}

pub(super) fn subject_kind(kind: SubjectKindV1) -> &'static str {
    match kind {
        SubjectKindV1::Change => "change",
        SubjectKindV1::Request => "request",
        SubjectKindV1::Branch => "branch",
        SubjectKindV1::Landing => "landing",
        SubjectKindV1::Area => "area",
        SubjectKindV1::File => "file",
        SubjectKindV1::Suite => "suite",
        SubjectKindV1::Check => "check",
        SubjectKindV1::Policy => "policy",
        SubjectKindV1::Environment => "environment",
        SubjectKindV1::Waiver => "waiver",
    }
}
