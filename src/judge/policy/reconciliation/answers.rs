//! What the reasons of a reject log and the words of receipts mean.

use super::super::Problem;
use super::super::checks::check_filled;
use super::super::list::List;
use super::DatasetText;
use super::system_text::SystemText;
use portcullis_model::reconciliation::AnswerWords;
use toml::Spanned;

/// The longest reason that is kept by name, in characters.
const LONGEST_CODE: usize = 64;

/// The reasons that are kept by name.
pub fn build_codes(rejects: Option<&Spanned<SystemText>>, problems: &mut Vec<Problem>) -> Vec<String> {
    let Some(codes) = rejects.and_then(|text| text.get_ref().codes.as_ref()) else { return Vec::new() };
    read_words(codes, "a code", &mut Vec::new(), problems)
}

/// What the words of receipts mean.
pub fn build_words(receipts: Option<&Spanned<SystemText>>, problems: &mut Vec<Problem>) -> AnswerWords {
    let usual = AnswerWords::default();
    let Some(text) = receipts.map(Spanned::get_ref) else { return usual };
    let mut seen = Vec::new();
    let mut words = |list: &Option<List<String>>, usual: Vec<String>| match list {
        None => usual,
        Some(list) => read_words(list, "an answer", &mut seen, problems),
    };
    let words = AnswerWords {
        accepted: words(&text.accepted, usual.accepted),
        refused: words(&text.rejected, usual.refused),
        received: words(&text.received, usual.received),
    };
    check_usual(text, &words, problems);
    words
}

/// A word under one name is not the usual word of another that was left out.
fn check_usual(text: &SystemText, words: &AnswerWords, problems: &mut Vec<Problem>) {
    let names = [
        ("accepted", &text.accepted, &words.accepted),
        ("rejected", &text.rejected, &words.refused),
        ("received", &text.received, &words.received),
    ];
    for (name, list, _) in &names {
        for word in list.iter().flat_map(|list| list.get_ref()) {
            let means = |(other, list, words): &&(&str, &Option<List<String>>, &Vec<String>)| {
                other != name && list.is_none() && words.contains(word.get_ref())
            };
            if let Some((other, ..)) = names.iter().find(means) {
                let message =
                    format!("`{}` means `{other}` already, where that is not written", word.get_ref());
                let help = format!("write `{other} = [\"…\"]` with the words that it has here");
                problems.push(Problem::new(word.span(), message).help(help));
            }
        }
    }
}

/// Words without blanks at their ends, as an extraction compares them, each once among `seen`.
fn read_words(
    list: &List<String>,
    what: &str,
    seen: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) -> Vec<String> {
    check_filled(list, "leave it out, or write what the column holds", problems);
    let mut words = Vec::new();
    for written in list.get_ref() {
        let word = written.get_ref().trim_matches(' ').to_string();
        let problem = |message: String, help: &str| Problem::new(written.span(), message).help(help);
        if word.is_empty() || word.chars().count() > LONGEST_CODE || word.chars().any(char::is_control) {
            let message = format!("{what} has 1 to {LONGEST_CODE} characters on one line");
            problems.push(problem(message, "write what the column holds, letter by letter"));
        } else if seen.contains(&word) {
            problems.push(problem(format!("`{word}` would mean two things"), "write it once"));
        }
        seen.push(word.clone());
        words.push(word);
    }
    words
}

/// Each list belongs to one system; elsewhere it would have no effect.
pub fn check_places(written: &DatasetText, problems: &mut Vec<Problem>) {
    let DatasetText { source, target, rejects, receipts, .. } = written;
    for (name, system) in
        [("source", source), ("target", target), ("rejects", rejects), ("receipts", receipts)]
    {
        let Some(text) = system.as_ref().map(Spanned::get_ref) else { continue };
        let lists = [
            ("codes", &text.codes, "rejects"),
            ("accepted", &text.accepted, "receipts"),
            ("rejected", &text.rejected, "receipts"),
            ("received", &text.received, "receipts"),
        ];
        for (key, list, of) in lists.into_iter().filter(|(.., of)| *of != name) {
            let Some(list) = list else { continue };
            let message = format!("`{key}` has no effect on `{name}`");
            problems.push(Problem::new(list.span(), message).help(format!("write it in `{of}`")));
        }
    }
}
