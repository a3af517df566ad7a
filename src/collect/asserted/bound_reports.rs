//! Test reports that an evidence file binds to the judged revision.

use super::{AssertedSources, change::CHANGE, known};
use crate::reports;
use portcullis_model::digest::Digest;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::inquiry::Inquiry;
use portcullis_model::test_run::Report;
use portcullis_wire::evidence_file::v1::StatedReportV1;
use portcullis_wire::form::Form;
use std::collections::BTreeSet;

/// The reports that are handed over. One that the file does not bind to the head shows nothing,
/// and one that it states and that is not handed over may hold a failure.
pub fn read_reports(sources: &AssertedSources<'_>, inquiry: &Inquiry) -> Result<Vec<Report>, Gap> {
    let file = sources.file;
    let stated = known(file, "the reports of test runs", &file.tests)?;
    let head = &known(file, CHANGE, &file.change)?.head;
    let nothing_tracked = |_: &std::path::Path| Fact::Known(false);
    let found = reports::gather(sources.reports, inquiry, &nothing_tracked);
    let mut reports = found.known()?.clone();
    for report in &mut reports {
        if let Err(gap) = check_binding(report, stated, head) {
            report.run = Fact::Gap(gap);
        }
    }
    let handed: BTreeSet<Digest> = reports.iter().filter_map(|report| report.digest.clone()).collect();
    let of_head = stated.iter().filter(|stated| stated.revision == *head);
    for (one, digest) in of_head.filter_map(|one| Some((one, digest_of(one)?))) {
        if !handed.contains(&digest) {
            reports.push(missing_report(one, digest));
        }
    }
    reports.sort_by(|one, other| (&one.path, &one.suite).cmp(&(&other.path, &other.suite)));
    Ok(reports)
}

fn digest_of(stated: &StatedReportV1) -> Option<Digest> {
    stated.digest.clone().model().ok()
}

fn check_binding(report: &Report, stated: &[StatedReportV1], head: &str) -> Result<(), Gap> {
    let Some(digest) = &report.digest else { return Ok(()) };
    let same: Vec<&StatedReportV1> =
        stated.iter().filter(|one| digest_of(one).as_ref() == Some(digest)).collect();
    let of_suite = |one: &&StatedReportV1| report.suite.as_ref().is_none_or(|suite| *suite == one.suite);
    let unbound = |detail: String| {
        let remedy = "Run the suite on the head, have the exporter state its report, and give that report with --report.";
        Gap::new(format!("the report {}", report.path), GapReason::Untrusted, detail, remedy)
    };
    if same.iter().filter(|one| of_suite(one)).any(|one| one.revision == head) {
        return Ok(());
    }
    Err(unbound(match same.first() {
        None => format!("the evidence file states no report of its digest {}", digest.as_str()),
        Some(one) if one.revision == head => {
            format!("the evidence file states it for the suite {}", one.suite)
        }
        Some(one) => format!("the evidence file states it for the revision {}, not for {head}", one.revision),
    }))
}

fn missing_report(stated: &StatedReportV1, digest: Digest) -> Report {
    let remedy = format!("Give it with `--report {}=FILE`.", stated.suite);
    let detail = "the evidence file states it, and it was not given";
    let what = format!("the report {}", stated.file);
    Report {
        path: stated.file.clone(),
        suite: Some(stated.suite.clone()),
        digest: Some(digest),
        written: None,
        tracked: false,
        run: Fact::Gap(Gap::new(what, GapReason::NotAsked, detail, remedy)),
    }
}
