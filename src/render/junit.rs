//! The `junit` format: each finding is a test case, for the places that show test reports.
//!
//! What could not be seen is an error and what does not hold is a failure; a waived or exempt
//! finding was skipped. The outcome is a case of its own, so that a decision without findings, or
//! with notes alone, is never a green report by accident.

use super::{Context, Format, escape, origin, summary};
use portcullis_model::decision::{Decision, Finding, Outcome, Verdict};
use std::collections::BTreeMap;
use std::io;

/// The format.
pub static FORMAT: Format = Format {
    name: "junit",
    about: "JUnit XML: each finding is a test case",
    write: write_decision,
    failure: None,
    log_safe: true,
};

/// What became of a case: the element in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CaseResult {
    Passed,
    Failure,
    Error,
    Skipped,
}

impl CaseResult {
    fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Broken => CaseResult::Failure,
            Verdict::Unproven => CaseResult::Error,
            Verdict::Waived | Verdict::Exempt => CaseResult::Skipped,
            Verdict::Met | Verdict::Noted => CaseResult::Passed,
        }
    }

    fn element(self) -> &'static str {
        match self {
            CaseResult::Passed => "system-out",
            CaseResult::Failure => "failure",
            CaseResult::Error => "error",
            CaseResult::Skipped => "skipped",
        }
    }
}

struct FindingCase {
    class: String,
    name: String,
    result: CaseResult,
    /// The type of the element in it: the verdict in one word.
    word: &'static str,
    /// Each line is harmless.
    lines: Vec<String>,
}

fn write_decision(decision: &Decision, context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let advisory = context.style.advisory;
    let findings = decision.findings.iter().map(case_of);
    let mut cases: Vec<FindingCase> =
        std::iter::once(outcome_case(decision, advisory)).chain(findings).collect();
    tell_apart(&mut cases);
    let count = |result| cases.iter().filter(|case| case.result == result).count();
    let (failures, errors, skipped) =
        (count(CaseResult::Failure), count(CaseResult::Error), count(CaseResult::Skipped));
    let name = escape::xml(&format!("portcullis: {}", summary::outcome_and_advice(decision, advisory)));
    let (tests, moment) = (cases.len(), moment_attribute(context));
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"");
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"{name}\" {counts}>")?;
    writeln!(out, "  <testsuite name=\"{name}\" {counts} skipped=\"{skipped}\"{moment}>")?;
    write_properties(decision, advisory, out)?;
    cases.iter().try_for_each(|case| write_case(case, out))?;
    writeln!(out, "  </testsuite>\n</testsuites>")
}

fn moment_attribute(context: &Context<'_>) -> String {
    // ISO 8601 without an offset, in UTC, as reporters write it.
    let moment = origin::moment(context).map(|moment| moment.strftime("%Y-%m-%dT%H:%M:%S").to_string());
    moment.map_or_else(String::new, |moment| format!(" timestamp=\"{moment}\""))
}

fn outcome_case(decision: &Decision, advisory: bool) -> FindingCase {
    let result = match decision.outcome {
        Outcome::Allow => CaseResult::Passed,
        Outcome::Undetermined => CaseResult::Error,
        Outcome::Block => CaseResult::Failure,
    };
    FindingCase {
        class: "portcullis".into(),
        name: "outcome".into(),
        result,
        word: summary::outcome(decision.outcome),
        lines: summary::outcome_lines(decision, advisory),
    }
}

fn case_of(finding: &Finding) -> FindingCase {
    let says_more = finding.verdict != Verdict::Met;
    FindingCase {
        class: format!("portcullis.{}", finding.control),
        name: finding.subject.to_string(),
        result: CaseResult::of(finding.verdict),
        word: summary::verdict(finding.verdict),
        lines: if says_more { summary::message_lines(finding) } else { Vec::new() },
    }
}

/// Gives every case a name of its own: two of one name would be two attempts at one test, of which
/// a reader may keep the better one.
fn tell_apart(cases: &mut [FindingCase]) {
    let mut taken = BTreeMap::<(String, String), u64>::new();
    for case in cases {
        let plain = (escape::line(&case.class), escape::line(&case.name));
        while let Some(number) = taken.get_mut(&(plain.0.clone(), escape::line(&case.name))) {
            *number += 1;
            case.name = format!("{} ({number})", plain.1);
        }
        taken.insert((plain.0, escape::line(&case.name)), 1);
    }
}

fn write_properties(decision: &Decision, advisory: bool, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "    <properties>")?;
    let properties = origin::outcome_properties(decision, advisory);
    for (name, value) in properties.as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_string);
        if value != "null" {
            writeln!(out, "      <property name=\"{name}\" value=\"{}\"/>", escape::xml(&value))?;
        }
    }
    writeln!(out, "    </properties>")
}

fn write_case(case: &FindingCase, out: &mut dyn io::Write) -> io::Result<()> {
    let (class, name) = (escape::xml(&case.class), escape::xml(&case.name));
    let Some(first) = case.lines.first() else {
        return writeln!(out, "    <testcase classname=\"{class}\" name=\"{name}\"/>");
    };
    let element = case.result.element();
    let head = match case.result {
        CaseResult::Passed => String::new(),
        _ => format!(" type=\"{}\" message=\"{}\"", case.word, escape::xml(first)),
    };
    let lines: Vec<String> = case.lines.iter().map(|line| escape::xml(line)).collect();
    writeln!(out, "    <testcase classname=\"{class}\" name=\"{name}\">")?;
    writeln!(out, "      <{element}{head}>{}</{element}>", lines.join("\n"))?;
    writeln!(out, "    </testcase>")
}
