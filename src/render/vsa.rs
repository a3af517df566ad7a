//! The `vsa` format: a verification summary (SLSA, `verification_summary/v1`).
//!
//! Portcullis is no source control system and measures no level of SLSA, so it claims none:
//! `SLSA_SOURCE_LEVEL_UNEVALUATED` is beside levels of our own, which do not begin with
//! `SLSA_`. A summary says `PASSED` only where the change is allowed and names the commit; anything
//! else is `FAILED`, what could not be seen included.

use super::statement::{judged_subject, write_statement};
use super::{Context, Format, escape, origin};
use portcullis_model::decision::{Decision, Finding, Outcome, Verdict};
use portcullis_model::digest::Digest;
use portcullis_model::facts::POLICY_PATH;
use portcullis_wire::facts::write_facts;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;

/// The format.
pub static FORMAT: Format = Format {
    name: "vsa",
    about: "A SLSA verification summary: an unsigned in-toto statement",
    write: write_decision,
    failure: None,
    log_safe: true,
};

/// The type of the predicate, for all of SLSA 1.
pub const PREDICATE: &str = "https://slsa.dev/verification_summary/v1";

/// Who verified. A consumer accepts it only together with a signer that it knows.
const VERIFIER: &str = "urn:portcullis:gate:v1";

fn write_decision(decision: &Decision, context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let predicate = predicate_of(decision, context)?;
    write_statement(judged_subject(decision, context)?, PREDICATE, predicate, out)
}

fn predicate_of(decision: &Decision, context: &Context<'_>) -> io::Result<Value> {
    let passed = decision.outcome == Outcome::Allow && decision.judged.head.is_some();
    let mut predicate = json!({
        "verifier": { "id": VERIFIER, "version": { "portcullis": env!("CARGO_PKG_VERSION") } },
        "resourceUri": resource_uri(decision, context),
        "policy": policy_of(decision, context),
        "verificationResult": if passed { "PASSED" } else { "FAILED" },
        "verifiedLevels": if passed { levels_of(&decision.findings) } else { vec!["FAILED".to_string()] },
        "slsaVersion": "1.2",
    });
    if let Some(moment) = origin::moment_text(context) {
        predicate["timeVerified"] = json!(moment);
    }
    if let Some(facts) = context.facts {
        // If there is a list at all, it must name every input: the facts hold all of them.
        let text = escape::json(&write_facts(facts.clone())?) + "\n";
        let digest = Digest::of(text.as_bytes());
        predicate["inputAttestations"] =
            json!([{ "uri": "facts.json", "digest": { "sha256": digest.hex() } }]);
    }
    Ok(predicate)
}

/// The repository, as a consumer would name it. One that is not known matches none.
fn resource_uri(decision: &Decision, context: &Context<'_>) -> String {
    match (origin::repository_address(decision, context), &decision.judged.repository) {
        (Some(address), _) => format!("git+{address}"),
        (None, Some(name)) => format!("urn:portcullis:repository:{}", escape::uri_path(name.as_bytes())),
        (None, None) => "urn:portcullis:repository:unknown".to_string(),
    }
}

fn policy_of(decision: &Decision, context: &Context<'_>) -> Value {
    let Some(policy) = &decision.policy else { return json!({ "uri": "urn:portcullis:policy:unknown" }) };
    let base = decision.judged.base.as_ref();
    let uri = match (origin::repository_address(decision, context), base) {
        (Some(address), Some(base)) => format!("git+{address}@{base}#{POLICY_PATH}"),
        _ => POLICY_PATH.to_string(),
    };
    let mut descriptor = json!({ "uri": uri, "digest": { "sha256": policy.digest.hex() } });
    if let Some(house) = &policy.house {
        let extends = json!({ "file": house.file.to_string(), "digest": { "sha256": house.digest.hex() } });
        descriptor["annotations"] = json!({ "extends": extends });
    }
    descriptor
}

/// What was shown to hold: `PORTCULLIS_` and the name of each control that is met and neither
/// waived nor noted, and whether any finding is waived.
fn levels_of(findings: &[Finding]) -> Vec<String> {
    let mut worst = BTreeMap::<&str, Verdict>::new();
    for finding in findings.iter().filter(|finding| finding.verdict != Verdict::Exempt) {
        let known = worst.entry(&finding.control).or_insert(finding.verdict);
        *known = finding.verdict.min(*known);
    }
    let met = worst.iter().filter(|(_, verdict)| **verdict == Verdict::Met).map(|(name, _)| level_of(name));
    let waived = findings.iter().any(|finding| finding.verdict == Verdict::Waived);
    let general = ["SLSA_SOURCE_LEVEL_UNEVALUATED", "PORTCULLIS_ALLOWED"].map(str::to_string);
    let unwaived = (!waived).then(|| "PORTCULLIS_ALLOWED_WITHOUT_WAIVERS".to_string());
    general.into_iter().chain(unwaived).chain(met).collect()
}

/// A name of ours begins with a prefix of its own, so that no control is ever a level of SLSA.
fn level_of(control: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("PORTCULLIS_CONTROL_{}", control.chars().map(plain).collect::<String>())
}
