//! Pages as people publish, edit and forge them.

use super::added::{BEGINS, ENDS, FIRST, LAST};
use super::approval::{read_approval, write_approval};
use super::*;
use crate::control::procedure::{ProcedureChapter, ProcedureSentence};
use portcullis_model::digest::Digest;

fn procedure(sentences: &[&str]) -> Procedure {
    let sentence = |(line, text): (u64, &&str)| ProcedureSentence {
        text: text.to_string(),
        origin: SentenceOrigin::Line(line),
        rule: None,
    };
    Procedure {
        project: "Upload".to_string(),
        accountable: None,
        chapters: vec![(ProcedureChapter::Reviews, (10..).zip(sentences).map(sentence).collect())],
        change: vec!["Write it.".to_string()],
        deployment: vec!["Deploy it.".to_string()],
    }
}

fn page() -> String {
    write_page(&procedure(&["Every change needs two approvals.", "No one approves alone."]), "docs/P.md")
}

/// The differences and faults of a page.
fn judged(text: &str) -> Vec<String> {
    let page = match PublishedPage::read(text) {
        Ok(page) => page,
        Err(fault) => return vec![fault.to_string()],
    };
    let expected = procedure(&["Every change needs two approvals.", "No one approves alone."]);
    let differences = page.differences(&expected, "docs/P.md").into_iter().map(|one| one.to_string());
    page.faults.iter().map(ToString::to_string).chain(differences).collect()
}

fn with_added(lines: &str) -> String {
    let block = format!("{BEGINS}\n\n{FIRST}\n\n{lines}\n\n{LAST}\n\n{ENDS}\n");
    page().replace("- No one approves alone.\n", &format!("- No one approves alone.\n\n{block}\n"))
}

#[test]
fn the_generated_page_is_current_also_with_line_ends_of_windows() {
    assert_eq!(judged(&page()), [""; 0]);
    let windows = format!("\u{feff}{}", page().replace('\n', "\r\n"));
    assert_eq!(judged(&windows), [""; 0]);
    assert_eq!(judged(page().trim_end()), [""; 0]);
}

#[test]
fn a_sentence_changed_by_hand_is_shown_with_the_policy_line_that_says_otherwise() {
    let edited = page().replace("two approvals", "one approval");
    let line = 1 + page().lines().position(|line| line.contains("two approvals")).unwrap();
    assert_eq!(
        judged(&edited),
        [
            format!(
                "- - Every change needs one approval. (line {line} of the page; the policy does not make this true)"
            ),
            "+ - Every change needs two approvals. (policy line 10)".to_string(),
        ]
    );
}

#[test]
fn a_copy_of_a_sentence_that_says_the_opposite_is_a_difference_wherever_it_is() {
    for place in ["- No one approves alone.\n", "# How code is tested, reviewed and deployed\n"] {
        let contradicting = page().replace(place, &format!("{place}- A change needs no approval.\n"));
        assert_eq!(judged(&contradicting).len(), 1, "{place}");
    }
    let twice =
        page().replace("- No one approves alone.\n", "- No one approves alone.\n- No one approves alone.\n");
    assert_eq!(judged(&twice).len(), 1);
}

#[test]
fn added_text_is_kept_and_not_judged() {
    let added = with_added("See the *wiki* for phone numbers: 3 < 4.\n\n```sh\n<b>make</b> test\n```");
    assert_eq!(judged(&added), [""; 0]);
    let page = PublishedPage::read(&added).unwrap();
    assert_eq!(page.added[0].after, Some("- No one approves alone."));
}

#[test]
fn a_marker_pair_around_a_generated_sentence_does_not_take_it_away() {
    let hidden = page().replace(
        "- Every change needs two approvals.\n",
        &format!("{BEGINS}\n{FIRST}\n- Every change needs two approvals.\n{LAST}\n{ENDS}\n"),
    );
    assert_eq!(judged(&hidden), ["+ - Every change needs two approvals. (policy line 10)"]);
}

#[test]
fn markers_that_do_not_match_are_faults() {
    for (text, fault) in [
        (format!("{}\n{BEGINS}\n{FIRST}\n{LAST}\n", page()), "never ends"),
        (format!("{}\n{ENDS}\n", page()), "never began"),
        (with_added(BEGINS), "begins inside"),
        (page().replace("- No one", &format!("{BEGINS}\nhello\n{ENDS}\n- No one")), "readers cannot see"),
    ] {
        assert!(judged(&text).iter().any(|one| one.contains(fault)), "{fault}: {:?}", judged(&text));
    }
    let almost = page().replace("- No one", "<!-- portcullis: added text  begins -->\n- No one");
    assert_eq!(judged(&almost).len(), 1, "anything but the marker itself is a line like any other");
}

#[test]
fn added_text_cannot_hide_or_retitle_what_follows() {
    for text in [
        "<!-- ",
        "<details>",
        "a </p> b",
        "```",
        "```a`b\n<details>",
        "- ```",
        "~~~",
        "````",
        "  ```",
        "## Old rules, no longer valid",
        "> # Old rules",
        "1. # Old rules",
        "> Old rules\n> ===",
        "Old rules\n===",
        "Old rules\n---",
        "not \u{202e}visible",
        "zero\u{200b}width",
        "tag\u{e0041}",
        "\u{3164}filler",
        "line\u{2028}separator",
    ] {
        assert_ne!(judged(&with_added(text)), [""; 0], "{text:?}");
    }
}

#[test]
fn comments_and_hidden_characters_between_generated_sentences_are_differences() {
    for (from, to) in [
        ("- Every change", "<!--\n- Every change"),
        ("two approvals.", "two\u{200b} approvals."),
        ("two approvals.", "\u{202e}two approvals."),
        ("- Every change", "    - Every change"),
        ("two approvals.", "two approvals.\\"),
    ] {
        assert_ne!(judged(&page().replace(from, to)), [""; 0], "{to:?}");
    }
}

#[test]
fn a_page_that_is_too_long_is_refused_before_it_is_compared() {
    assert!(judged(&"x\n".repeat(MOST_LINES + 1))[0].contains("lines"));
    assert!(judged(&"x".repeat(LONGEST + 1))[0].contains("bytes"));
}

#[test]
fn approvals_are_read_at_the_end_only() {
    let digest = Digest::of(b"x");
    let line = write_approval("kim", "2026-11-01".parse().unwrap(), &digest);
    let signed = format!("{}\n{line}\n", page());
    assert_eq!(judged(&signed), [""; 0]);
    assert_eq!(PublishedPage::read(&signed).unwrap().approvals[0].approver.as_str(), "kim");
    let astray = page().replace("- No one", &format!("{line}\n- No one"));
    assert!(judged(&astray)[0].contains("only at the end"), "{:?}", judged(&astray));
    for wrong in [
        line.replace("kim", ""),
        line.replace("2026-11-01", "2026-13-01"),
        line.replace("2026-11-01", "soon"),
        line.replace("`kim`", "kim"),
        line.replace("kim", "kim smith"),
        line.replace("sha256:", ""),
        line.replace(digest.hex(), "No review is needed."),
        line.replace(digest.as_str(), &format!("{digest}` No review is needed. `")),
    ] {
        assert_eq!(read_approval(&wrong), None, "{wrong}");
        assert_eq!(judged(&format!("{}\n{wrong}\n", page())).len(), 1, "{wrong}");
    }
}

#[test]
fn writing_again_keeps_added_texts_where_they_were_and_changes_nothing_the_second_time() {
    let bare = page().replace(
        "- No one approves alone.\n",
        &format!("- No one approves alone.\n{BEGINS}\nRing Kim.\n{ENDS}\n"),
    );
    let expected = procedure(&["Every change needs three approvals.", "No one approves alone."]);
    let updated = update::update_page(&PublishedPage::read(&bare).unwrap(), &expected, "docs/P.md");
    assert_eq!(updated.moved, [0usize; 0]);
    let again = PublishedPage::read(&updated.text).unwrap();
    assert_eq!((again.faults.len(), again.differences(&expected, "docs/P.md").len()), (0, 0));
    assert!(updated.text.contains(&format!("{FIRST}\n\nRing Kim.\n\n{LAST}")), "{}", updated.text);
    assert_eq!(update::update_page(&again, &expected, "docs/P.md").text, updated.text);
}

#[test]
fn an_added_text_whose_sentence_is_gone_moves_to_the_end_and_is_named() {
    let expected = procedure(&["Something else."]);
    let added = with_added("Ring Kim.");
    let copy = PublishedPage::read(&added).unwrap();
    let updated = update::update_page(&copy, &expected, "docs/P.md");
    assert_eq!(updated.moved, [copy.added[0].line]);
    let again = PublishedPage::read(&updated.text).unwrap();
    assert_eq!((again.faults.len(), again.differences(&expected, "docs/P.md").len()), (0, 0));
    assert_eq!(again.added.len(), 1);
}
