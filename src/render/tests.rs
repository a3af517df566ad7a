//! What holds for every format and every text.

use super::sample::{STYLE, blocked, render};
use super::*;
use portcullis_model::decision::{Decision, Finding, Outcome, Place, Verdict};
use portcullis_model::path::RepoPath;
use portcullis_wire::decision::v1::{DecisionV1, OutcomeV1};
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

#[test]
fn the_table_is_sorted_and_finds_each_format() {
    assert!(TABLE.is_sorted_by_key(|format| format.name));
    for format in TABLE {
        assert_eq!(find(format.name).unwrap().name, format.name);
        assert!(!format.about.is_empty());
    }
    assert!(find("Terminal").is_none() && find("").is_none());
}

#[test]
fn a_failing_writer_is_an_error_and_nothing_else() {
    for format in TABLE {
        assert!(
            (format.write)(&blocked(), &Context::plain(STYLE), &mut [0_u8; 9].as_mut_slice()).is_err(),
            "{}",
            format.name
        );
    }
}

#[test]
fn every_format_names_the_outcome_and_the_advice() {
    for format in TABLE {
        for outcome in [Outcome::Allow, Outcome::Undetermined, Outcome::Block] {
            let decision = Decision { outcome, ..blocked() };
            let rendered = render(format, &decision, Style { advisory: true, ..STYLE });
            let word = if format.name == "json" {
                serde_json::to_string(&OutcomeV1::from(outcome)).unwrap()
            } else {
                summary::outcome(outcome).to_string()
            };
            assert!(rendered.contains(&word) && rendered.contains("advisory"), "{}: {rendered}", format.name);
        }
    }
}

/// Texts with what matters to some format or other well represented.
fn text() -> impl Strategy<Value = String> {
    let parts = prop_oneof![
        any::<char>().prop_map(String::from),
        "[ -~]{0,8}",
        prop::sample::select(vec![
            "\n",
            "\r\n",
            "::",
            "::error::",
            "##[",
            "\u{1b}[31m",
            "\u{9b}",
            "\u{202e}",
            "\u{2028}",
            " ",
            "  ",
            "`",
            "``",
            "|",
            "\\|",
            "<script>",
            "<!--",
            "]]>",
            "](x)",
            "@robin",
            "%0A",
            "日本",
            "&lt;",
            "https://example.test",
            "\u{1f3fb}",
            "e\u{301}",
        ])
        .prop_map(String::from),
    ];
    prop::collection::vec(parts, 0..12).prop_map(|parts| parts.concat())
}

fn path() -> impl Strategy<Value = RepoPath> {
    prop_oneof![
        text().prop_map(|text| RepoPath::new(text.into_bytes())),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(RepoPath::new),
    ]
}

fn a_finding() -> impl Strategy<Value = Finding> {
    let verdicts =
        [Verdict::Broken, Verdict::Unproven, Verdict::Waived, Verdict::Noted, Verdict::Met, Verdict::Exempt];
    let texts = (text(), text(), text(), prop::option::of(text()), prop::collection::vec(text(), 0..8));
    let place = prop::option::of((path(), prop::option::of(any::<u64>())));
    (prop::sample::select(verdicts.to_vec()), texts, place).prop_map(|(verdict, texts, place)| {
        let (control, name, reason, remedy, details) = texts;
        let kind = portcullis_model::decision::SubjectKind::File;
        let finding = portcullis_judge::control::finding(&control, verdict, kind, name, reason);
        let place = place.map(|(path, line)| Place { path, line });
        Finding { remedy, details, place, ..finding }
    })
}

prop_compose! {
    fn a_decision()(
        outcome in prop::sample::select(vec![Outcome::Allow, Outcome::Undetermined, Outcome::Block]),
        findings in prop::collection::vec(a_finding(), 0..6),
        texts in prop::collection::vec(text(), 7),
        path in path(),
    ) -> Decision {
        let mut decision = Decision { outcome, findings, ..blocked() };
        let mut texts = texts.into_iter();
        let mut next = || texts.next().unwrap_or_default();
        decision.judged.repository = Some(next());
        decision.judged.title = Some(next());
        decision.judged.branch = Some(portcullis_model::change::BranchName::new(&next()));
        if let Some(policy) = &mut decision.policy {
            policy.project = next();
        }
        decision.areas[0].area = next();
        decision.areas[0].purpose = next();
        decision.areas[0].touches[0].rule = next();
        decision.areas[0].touches[0].path = path;
        decision
    }
}

fn a_style() -> impl Strategy<Value = Style> {
    (40..120_usize, any::<bool>(), any::<bool>()).prop_map(|(width, verbose, advisory)| Style {
        colour: false,
        width,
        verbose,
        advisory,
    })
}

proptest! {
    #[test]
    fn a_terminal_is_never_steered_and_lines_fit(decision in a_decision(), style in a_style()) {
        for line in render(&terminal::FORMAT, &decision, style).split('\n') {
            prop_assert!(!line.chars().any(char::is_control), "{line:?}");
            prop_assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{line:?}");
            let one_word = line.rfind(' ').is_none_or(|last| last < 6);
            prop_assert!(line.width() <= style.width || one_word, "{} > {}: {line:?}", line.width(), style.width);
            prop_assert_eq!(line, line.trim_end());
        }
    }

    #[test]
    fn every_line_for_github_is_one_of_our_commands(decision in a_decision(), style in a_style()) {
        let rendered = render(&github::FORMAT, &decision, style);
        for line in rendered.lines() {
            prop_assert!(["::error ", "::warning ", "::notice "].iter().any(|start| line.starts_with(start)), "{line:?}");
            prop_assert!(!line.chars().any(char::is_control), "{line:?}");
            prop_assert!(!(style.advisory && line.starts_with("::error")), "{line:?}");
        }
    }

    #[test]
    fn json_reads_back_as_the_same_decision(decision in a_decision(), style in a_style()) {
        let rendered = render(&json::FORMAT, &decision, style);
        let form: DecisionV1 = serde_json::from_str(&rendered).unwrap();
        prop_assert_eq!(form.advisory, style.advisory);
        prop_assert_eq!(Decision::try_from(form), Ok(decision));
        prop_assert!(!rendered.chars().any(|c| c != '\n' && c.is_control()));
    }

    /// Each line of a format that goes to a log as it is, is harmless there, and a document is one.
    #[test]
    fn what_is_safe_for_a_log_is_one_document_without_commands(decision in a_decision(), style in a_style()) {
        for format in TABLE.iter().filter(|format| format.log_safe && format.name != "github") {
            let rendered = render(format, &decision, style);
            for line in rendered.split('\n') {
                let line = line.strip_suffix('\r').unwrap_or(line);
                prop_assert!(!line.chars().any(char::is_control), "{}: {line:?}", format.name);
                prop_assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{}: {line:?}", format.name);
            }
            if rendered.starts_with(['{', '[']) {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&rendered).is_ok(), "{}: {rendered}", format.name);
            }
        }
    }

    #[test]
    fn junit_has_a_case_for_each_finding_and_one_more(decision in a_decision(), style in a_style()) {
        let rendered = render(&junit::FORMAT, &decision, style);
        let run = portcullis_report::parse_as("junit", rendered.as_bytes());
        prop_assert_eq!(run.map(|run| run.tests.len()).ok(), Some(decision.findings.len() + 1), "{}", rendered);
    }

    /// With the code spans taken away, as a reader of CommonMark takes them, what is left is ours.
    #[test]
    fn markdown_holds_outside_text_in_code_spans_only(decision in a_decision(), style in a_style()) {
        let rendered = render(&markdown::FORMAT, &decision, style);
        prop_assert!(!rendered.contains('\r'));
        for line in rendered.lines() {
            let rest = without_code_spans(line);
            let ours = ["<br>", "<details>", "<details open>", "</details>", "<summary>", "</summary>", "<code>", "</code>", "&#124;", "&bull;"];
            let rest = ours.iter().fold(rest, |rest, tag| rest.replace(tag, ""));
            prop_assert!(!rest.contains(['<', '&', '[', ']', '@', '`', '*', '_', '\\', '!', '~']), "{rest:?} of {line:?}");
        }
    }
}

/// CommonMark 6.1: a run of backticks opens a span if a run of the same length follows.
fn without_code_spans(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        let run = rest[start..].chars().take_while(|c| *c == '`').count();
        let inside = &rest[start + run..];
        let Some(end) = closing(inside, run) else { return format!("{out}{rest}") };
        out.push_str(&rest[..start]);
        // A table row is cut at its bars before anything else is read.
        assert!(!inside[..end].contains('|'), "{line}");
        rest = &inside[end + run..];
    }
    out + rest
}

fn closing(text: &str, run: usize) -> Option<usize> {
    let mut from = 0;
    while let Some(start) = text[from..].find('`') {
        let found = text[from + start..].chars().take_while(|c| *c == '`').count();
        if found == run {
            return Some(from + start);
        }
        from += start + found;
    }
    None
}
