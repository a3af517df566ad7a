//! `[controls]`.

use crate::ci_job;
use crate::found::FoundRunner;
use crate::git_reviews::{LOCAL, SuiteTrust};
use crate::proposal::Proposal;
use crate::toml_text::{plain_comment, quote_list, quote_value};
use std::collections::BTreeSet;

/// All controls.
pub(crate) fn write_controls(proposal: &Proposal) -> String {
    [
        protection_text(proposal),
        reviews_text(proposal),
        checks_text(proposal),
        suites_text(proposal),
        coverage_text(proposal),
        gate_text(proposal),
    ]
    .concat()
}

const PROTECTION: &str = "
# What the host itself must enforce on the branch that receives the change.
[controls.protected-branch]
# Changes land only through a change request: no direct pushes.
change-request = true
# The host requires at least one approval.
approvals = 1
# New commits dismiss earlier approvals.
dismiss-stale = true
";

const PROTECTION_END: &str = "\
# Force pushes are blocked.
force-push = \"blocked\"
# The branch cannot be deleted.
deletion = \"blocked\"
# The rules apply to administrators as well.
administrators = true
# No actor may bypass these rules.
bypass = []
";

fn protection_text(proposal: &Proposal) -> String {
    if let Some(reviews) = proposal.facts.git_reviews {
        return reviews.protection.to_string();
    }
    let check = proposal.facts.host.and_then(ci_job::find).map_or("", |job| job.protection);
    format!("{PROTECTION}{check}{PROTECTION_END}")
}

const REVIEWS: &str = "\
# One person approves exactly the commits that land; neither an author nor the last pusher counts.
approvals = 1
";

fn reviews_text(proposal: &Proposal) -> String {
    let settings = proposal.facts.git_reviews.map_or(REVIEWS, |reviews| reviews.required_reviews);
    let mut text = format!(
        "\n# Who must approve a change, whatever the host requires.\n[controls.required-reviews]\n{settings}"
    );
    if proposal.facts.owners.file.is_some() {
        text.push_str(
            "
# Who must approve a change of data-processing code.
[controls.required-reviews.data-processing]
# An owner of the touched files.
approvals = 1
roles = [{ role = \"owners\", approvals = 1 }]
",
        );
    }
    text
}

fn checks_text(proposal: &Proposal) -> String {
    let Some(path) = proposal.jobs.values().next() else { return String::new() };
    let check = |name: &String| format!("{{ name = {}, app = \"github-actions\" }}", quote_value(name));
    let checks: Vec<String> = proposal.jobs.keys().take(12).map(check).collect();
    format!(
        "
# Which checks must have passed on the judged commit, whatever the host requires. Jobs found in `{}`
# and beside it; keep those that run on every change.
# [controls.required-checks]
# checks = [{}]
",
        plain_comment(path),
        checks.join(", ")
    )
}

fn suites_text(proposal: &Proposal) -> String {
    let trust = trust_of(proposal);
    let mut text = format!(
        "{}\n# Which tests show that the code still does what it did before. A suite without `areas` is for every area.\n",
        trust.before
    );
    if proposal.written_runners().next().is_none() {
        text.push_str("# No test runner was found that tests an area.\n");
        text.push_str(&suite_body(
            "regression",
            "# Where the test runner writes its report (JUnit XML). Replace it.",
            &["reports/junit.xml"],
            trust,
        ));
    }
    proposal.runners.iter().for_each(|one| text.push_str(&suite_text(one, trust)));
    text
}

/// How runs of suites are trusted.
pub(crate) fn trust_of(proposal: &Proposal) -> SuiteTrust {
    proposal.facts.git_reviews.map_or(LOCAL, |reviews| reviews.trust)
}

/// The suite of a runner; a comment where it is doubtful.
pub(crate) fn suite_text(one: &FoundRunner, trust: SuiteTrust) -> String {
    let runner = one.runner;
    let needs =
        if runner.needs.is_empty() { String::new() } else { format!("\n# It needs {}.", runner.needs) };
    let about = format!("# Where `{}` writes its reports.{needs}", plain_comment(runner.command));
    let found = format!("# {}, by `{}`", runner.title, plain_comment(&one.example));
    let body = suite_body(runner.name, &about, runner.reports, trust);
    let Some(doubt) = one.doubt else { return format!("{found}.\n{body}") };
    let lines = body
        .lines()
        .map(|line| if line.starts_with('#') { format!("{line}\n") } else { format!("# {line}\n") });
    format!("{found}. Left out: {doubt}.\n{}", lines.collect::<String>())
}

fn suite_body(name: &str, about: &str, reports: &[&str], trust: SuiteTrust) -> String {
    format!(
        "[controls.regression-tests.suites.{name}]
{about}
reports = {}
# A run with fewer tests than this is not evidence. Replace it with the number of tests that you have.
minimum = 1
{}# An older report is from another run.
max-age = \"24h\"
",
        quote_list(reports.iter().copied()),
        trust.setting
    )
}

fn coverage_text(proposal: &Proposal) -> String {
    let measured = proposal
        .written_runners()
        .filter_map(|one| Some((one, one.runner.coverage.as_ref()?, one.coverage.as_ref()?)));
    let reports: Vec<String> = measured
        .map(|(one, report, path)| {
            format!(
                "# [controls.changed-line-coverage.reports.{}]\n# Written by {}. Measured already, as `{}` says.\n# files = [{}]\n",
                one.runner.name,
                plain_comment(report.how),
                plain_comment(path),
                quote_value(report.file)
            )
        })
        .collect();
    if reports.is_empty() {
        return String::new();
    }
    format!(
        "
# How much of the changed code the tests must have executed.
# [controls.changed-line-coverage]
# minimum = 80
# trust = \"local\"
# max-age = \"24h\"
{}",
        reports.concat()
    )
}

fn gate_text(proposal: &Proposal) -> String {
    let mut text = "
# A change to this policy, to CODEOWNERS, to workflows or to the configuration of the tests is a change to the gate.
[controls.gate-integrity]
# The role that must approve such a change.
role = \"gate-owners\"
# How many people of that role.
approvals = 1
"
    .to_string();
    let globs: BTreeSet<&str> =
        proposal.written_runners().flat_map(|one| one.configuration.iter().copied()).collect();
    if !globs.is_empty() {
        text.push_str(&format!(
            "# Files that decide which tests run, and how.\ntest-configuration = {}\n",
            quote_list(globs)
        ));
    }
    text
}
