//! The `github` format: annotations, written as workflow commands to standard output (GitHub docs,
//! "Workflow commands for GitHub Actions").
//!
//! The runner shows at most ten annotations of each kind for one step and cuts a message at 4096
//! characters (actions/runner, `ExecutionContext.cs`). So the worst come first, and of those one of
//! each control before a second of any; what many files have in common is one annotation. The tenth
//! says how many more there are, and those follow in the log. Every line starts with `::`, so text
//! from outside never starts one.

use super::groups::{self, FindingBlock};
use super::summary::message_text;
use super::{Context, Format, escape, summary};
use portcullis_model::decision::{Decision, Outcome, Place, Verdict};
use std::io;

/// The format.
pub static FORMAT: Format = Format {
    name: "github",
    about: "Annotations on files and lines, for GitHub Actions",
    write: write_decision,
    failure: Some(failure_annotation),
    log_safe: true,
};

/// How many annotations of one kind the runner shows for a step.
const SHOWN_BY_GITHUB: usize = 10;

/// The three kinds of annotation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AnnotationKind {
    Error,
    Warning,
    Notice,
}

struct Annotation {
    kind: AnnotationKind,
    place: Option<Place>,
    title: String,
    message: String,
}

fn write_decision(decision: &Decision, context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let style = context.style;
    let blocks = RANKS.iter().flat_map(|verdicts| blocks_of_rank(decision, verdicts));
    let findings = blocks.map(|block| annotation_of(&block, style.advisory));
    let all: Vec<Annotation> =
        std::iter::once(headline_annotation(decision, style.advisory)).chain(findings).collect();
    let mut written = [0; 3];
    for annotation in &all {
        let of_kind = all.iter().filter(|other| other.kind == annotation.kind);
        // Nine are written: is the tenth the last, or does it have to speak for the rest?
        if written[annotation.kind as usize] == SHOWN_BY_GITHUB - 1 {
            write_overflow(annotation.kind, of_kind.count(), out)?;
        }
        write_command(annotation, out)?;
        written[annotation.kind as usize] += 1;
    }
    Ok(())
}

/// Verdicts that share the ten annotations of a kind, the most urgent first.
const RANKS: [&[Verdict]; 3] = [&[Verdict::Broken, Verdict::Unproven], &[Verdict::Waived], &[Verdict::Noted]];

fn blocks_of_rank<'d>(decision: &'d Decision, verdicts: &[Verdict]) -> Vec<FindingBlock<'d>> {
    let blocks = verdicts.iter().flat_map(|verdict| groups::blocks(summary::of(decision, *verdict)));
    groups::each_control_first(blocks.collect())
}

/// The annotation of a run that ended without a decision: what it is, and the message of the
/// program.
fn failure_annotation(what: &str, message: &str) -> String {
    let lines: Vec<String> = message.trim().lines().map(message_text).collect();
    let title = escape::command_property(&format!("portcullis: {what}"));
    let message = escape::command_data(&escape::clip(&lines.join("\n"), summary::FIRST_LINE));
    format!("::error title={title}::{message}\n")
}

fn write_overflow(kind: AnnotationKind, total: usize, out: &mut dyn io::Write) -> io::Result<()> {
    if total > SHOWN_BY_GITHUB {
        write_command(&overflow_annotation(kind, total - SHOWN_BY_GITHUB + 1), out)
    } else {
        Ok(())
    }
}

fn overflow_annotation(kind: AnnotationKind, count: usize) -> Annotation {
    let message = format!("{count} more follow in the log of this step: GitHub shows at most ten of a kind");
    Annotation { kind, place: None, title: format!("{count} more findings"), message }
}

fn headline_annotation(decision: &Decision, advisory: bool) -> Annotation {
    let kind = match decision.outcome {
        Outcome::Allow => AnnotationKind::Notice,
        Outcome::Undetermined | Outcome::Block => advised_kind(AnnotationKind::Error, advisory),
    };
    let outcome = summary::outcome_and_advice(decision, advisory);
    let message = summary::outcome_lines(decision, advisory).join("\n");
    Annotation { kind, place: None, title: format!("portcullis: {outcome}"), message }
}

fn annotation_of(block: &FindingBlock<'_>, advisory: bool) -> Annotation {
    let finding = block.finding;
    let (kind, word) = match finding.verdict {
        Verdict::Broken => (advised_kind(AnnotationKind::Error, advisory), "broken"),
        Verdict::Unproven => (advised_kind(AnnotationKind::Error, advisory), "undetermined"),
        Verdict::Waived => (AnnotationKind::Warning, "waived"),
        Verdict::Noted | Verdict::Met | Verdict::Exempt => (AnnotationKind::Notice, "noted"),
    };
    let advice = if advisory { " (advisory)" } else { "" };
    let title = format!("{word}{advice}: {}", message_text(&finding.control));
    let mut lines = summary::message_lines(finding);
    if !block.alike.is_empty() {
        let names = groups::names(block.names_alike());
        lines.insert(1, format!("the same of {} more: {}", block.alike.len(), message_text(&names)));
    }
    Annotation { kind, place: finding.place.clone(), title, message: lines.join("\n") }
}

fn advised_kind(kind: AnnotationKind, advisory: bool) -> AnnotationKind {
    if advisory { AnnotationKind::Warning } else { kind }
}

fn write_command(annotation: &Annotation, out: &mut dyn io::Write) -> io::Result<()> {
    let name = match annotation.kind {
        AnnotationKind::Error => "error",
        AnnotationKind::Warning => "warning",
        AnnotationKind::Notice => "notice",
    };
    let place = annotation.place.as_ref().map_or_else(String::new, place_properties);
    let title = escape::command_property(&annotation.title);
    writeln!(out, "::{name} {place}title={title}::{}", escape::command_data(&annotation.message))
}

fn place_properties(place: &Place) -> String {
    let file = escape::command_property(&file_name(place));
    let line = place.line.map_or_else(String::new, |line| format!("line={line},"));
    format!("file={file},{line}")
}

/// The path as GitHub knows it, so that the annotation finds its file; the quoted form of a path
/// that would not be seen as it is.
fn file_name(place: &Place) -> String {
    let quoted = escape::line(&place.path.to_string());
    let plain = std::str::from_utf8(place.path.as_bytes()).ok();
    plain.filter(|path| escape::line(path) == **path).map_or(quoted, str::to_string)
}

#[cfg(test)]
mod tests {
    use super::super::Style;
    use super::super::sample::{STYLE, allowed, blocked, different, many, render, undetermined};
    use super::*;
    use snapbox::{IntoData as _, assert_data_eq, str};

    #[test]
    fn an_allowed_change_is_one_notice() {
        assert_data_eq!(render(&FORMAT, &allowed(), STYLE), str![[r#"
::notice title=portcullis%3A allowed::allowed: acme/upload request 7 into main (3 commits, 5 files) at 1a2b3c4d5e%0A6 met, 1 exempt

"#]].raw());
    }

    #[test]
    fn every_verdict_has_its_kind() {
        assert_data_eq!(render(&FORMAT, &blocked(), STYLE), str![[r#"
::error title=portcullis%3A blocked::blocked: acme/upload request 7 into main (3 commits, 5 files) at 1a2b3c4d5e%0A2 broken, 1 unproven, 1 waived, 1 noted, 6 met, 1 exempt
::error title=broken%3A regression-tests::regression-tests: suite upload-regression: 8 of 52 tests failed%0Ahelp: Make the failing tests pass and run the suite on the head again.%0A- upload > load > twice_1 failed%0A- upload > load > twice_2 failed%0A- upload > load > twice_3 failed%0A- upload > load > twice_4 failed%0A- upload > load > twice_5 failed%0Aand 3 more
::error file=services/upload/load.py,line=14,title=broken%3A required-reviews::required-reviews: area upload: 1 of 2 required approvals counts, and none is by the role data-protection%0Aat services/upload/load.py:14%0Ahelp: Ask two people who wrote none of the commits, one of them with the role data-protection, to approve 1a2b3c4d5e.%0A- the approval by @robin was given on 5e4d3c2b1a, which is not the head%0A- the approval by kim does not count: kim is an author of commit 1a2b3c4d5e
::error title=undetermined%3A protected-branch::protected-branch: branch main: bypass: the bypass list of ruleset "main" (17) could not be seen: the token may not read it%0Ahelp: Give the token the permission `administration: read` on the repository.
::warning title=waived%3A required-checks::required-checks: check unit: the check "unit" of the app 15368 failed; waived until 2031-02-28 by alex: the runner is being replaced
::notice file="a\033[2J\r\n%3A%3Aset-output name=x%3A%3Ay ##\u{5b}add-path]/tmp \342\200\256cod\342\200\213e <script>alert(1)</script> [x](https%3A//example.test) ![i](https%3A//example.test/i.png) @robin #1 `b | c`",line=3,title=noted%3A gate-integrity::gate-integrity: file a\u{1b}[2J\r\n::set-output name=x::y ##\u{5b}add-path]/tmp \u{202e}cod\u{200b}e <script>alert(1)</script> [x](https://example.test) ![i](https://example.test/i.png) @robin #1 `b | c`: a\u{1b}[2J\r\n::set-output name=x::y ##\u{5b}add-path]/tmp \u{202e}cod\u{200b}e <script>alert(1)</script> [x](https://example.test) ![i](https://example.test/i.png) @robin #1 `b | c`%0Aat "a\033[2J\r\n::set-output name=x::y ##\u{5b}add-path]/tmp \342\200\256cod\342\200\213e <script>alert(1)</script> [x](https://example.test) ![i](https://example.test/i.png) @robin #1 `b | c`":3%0Ahelp: A\u{1b}[2J\r\n::set-output name=x::y ##\u{5b}add-path]/tmp \u{202e}cod\u{200b}e <script>alert(1)</script> [x](https://example.test) ![i](https://example.test/i.png) @robin #1 `b | c`.%0A- a\u{1b}[2J\r\n::set-output name=x::y ##\u{5b}add-path]/tmp \u{202e}cod\u{200b}e <script>alert(1)</script> [x](https://example.test) ![i](https://example.test/i.png) @robin #1 `b | c`

"#]].raw());
    }

    #[test]
    fn advice_makes_no_errors() {
        assert_data_eq!(render(&FORMAT, &undetermined(), Style { advisory: true, ..STYLE }), str![[r#"
::warning title=portcullis%3A undetermined (advisory%3A the exit code is 0)::undetermined (advisory: the exit code is 0): acme/upload request 7 into main (3 commits, 5 files) at 1a2b3c4d5e%0A1 unproven, 6 met
::warning title=undetermined (advisory)%3A protected-branch::protected-branch: branch main: bypass: the bypass list of ruleset "main" (17) could not be seen: the token may not read it%0Ahelp: Give the token the permission `administration: read` on the repository.

"#]].raw());
    }

    #[test]
    fn what_sixty_checks_have_in_common_is_one_annotation() {
        let rendered = render(&FORMAT, &many(60), STYLE);
        let lines: Vec<&str> = rendered.lines().collect();
        assert_eq!(lines.len(), 2, "{rendered}");
        assert!(lines[1].contains("%0Athe same of 59 more: check 000001, check 000002"), "{}", lines[1]);
        assert!(lines[1].contains("and 47 more"), "{}", lines[1]);
    }

    #[test]
    fn each_control_is_shown_once_before_any_is_shown_twice() {
        let mut decision = different(30);
        for (index, control) in [(25, "required-reviews"), (28, "protected-branch"), (29, "gate-integrity")] {
            decision.findings[index].control = control.into();
        }
        decision.findings[29].verdict = Verdict::Unproven;
        let rendered = render(&FORMAT, &decision, STYLE);
        let titles = rendered.lines().take(10).map(|line| read(line).1[0].1.clone());
        let controls: Vec<String> = titles.skip(1).take(4).collect();
        let expected = [
            "broken: required-checks",
            "broken: required-reviews",
            "broken: protected-branch",
            "undetermined: gate-integrity",
        ];
        assert_eq!(controls, expected);
    }

    #[test]
    fn the_tenth_speaks_for_the_rest() {
        let rendered = render(&FORMAT, &different(12), STYLE);
        let lines: Vec<&str> = rendered.lines().collect();
        assert_eq!(lines.len(), 14);
        assert!(lines[8].contains("check 000007"), "{}", lines[8]);
        assert!(lines[9].starts_with("::error title=4 more findings::4 more follow"), "{}", lines[9]);
        assert!(lines[10].contains("check 000008") && lines[13].contains("check 000011"));
    }

    #[test]
    fn ten_need_nobody_to_speak_for_them() {
        let rendered = render(&FORMAT, &different(9), STYLE);
        assert_eq!(rendered.lines().count(), 10);
        assert!(!rendered.contains("more"), "{rendered}");
    }

    /// Reads a line as the runner does (actions/runner, `ActionCommand.cs`).
    fn read(line: &str) -> (&str, Vec<(&str, String)>, String) {
        let (head, data) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
        let (name, properties) = head.split_once(' ').unwrap();
        let unescape = |text: &str| {
            let escapes = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
            escapes.iter().fold(text.to_string(), |text, (from, to)| text.replace(from, to))
        };
        let pairs = properties.split(',').map(|pair| pair.split_once('=').unwrap());
        (name, pairs.map(|(key, value)| (key, unescape(value))).collect(), unescape(data))
    }

    #[test]
    fn text_from_outside_adds_no_command_and_no_property() {
        let mut decision = many(1);
        let attack = "x,line=1,title=fine::ok\n::stop-commands::t\r\n::set-output name=a::b%0A::debug::%3A";
        decision.judged.title = Some(attack.into());
        decision.judged.repository = Some(attack.into());
        decision.findings[0].control = attack.into();
        decision.findings[0].subject.name = attack.into();
        decision.findings[0].reason = attack.into();
        decision.findings[0].place = Some(Place { path: attack.into(), line: Some(5) });
        let rendered = render(&FORMAT, &decision, STYLE);
        let lines: Vec<_> = rendered.lines().map(read).collect();
        let keys: Vec<Vec<&str>> =
            lines.iter().map(|line| line.1.iter().map(|pair| pair.0).collect()).collect();
        assert_eq!(keys, [vec!["title"], vec!["file", "line", "title"]]);
        assert!(lines.iter().all(|line| line.0 == "error"));
        assert_eq!(lines[1].1[1].1, "5");
        assert!(lines[1].2.contains("name=a::b%0A::debug::%3A"), "{}", lines[1].2);
    }

    #[test]
    fn a_path_that_is_only_unusual_still_finds_its_file() {
        let path = |text: &str| file_name(&Place { path: text.into(), line: None });
        assert_eq!(path("a \"b\\c.py"), "a \"b\\c.py");
        assert_eq!(path("a\u{202e}b"), r#""a\342\200\256b""#);
    }

    #[test]
    fn the_remedy_is_not_lost_to_a_long_message() {
        let mut decision = many(1);
        decision.findings[0].reason = "x".repeat(10_000);
        decision.findings[0].details = vec!["y".repeat(10_000); 50];
        decision.findings[0].remedy = Some("Do this.".into());
        let rendered = render(&FORMAT, &decision, STYLE);
        let message = read(rendered.lines().nth(1).unwrap()).2;
        assert!(message.chars().count() < 4096, "{}", message.len());
        assert!(message.contains("help: Do this.") && message.ends_with("and 45 more"));
    }
}
