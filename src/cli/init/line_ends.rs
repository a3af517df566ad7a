//! The ends of lines of a policy that was edited: every line that is kept ends as it did.

use similar::{ChangeTag, TextDiff};

/// The edited text, with the ends of lines that the text had before; new lines end as the first one
/// did.
pub fn keep_line_ends(before: &str, edited: &str) -> String {
    if !before.contains("\r\n") {
        return edited.to_string();
    }
    let (plain_before, plain) = (before.replace("\r\n", "\n"), edited.replace("\r\n", "\n"));
    let lines: Vec<&str> = before.split_inclusive('\n').collect();
    let usual = if lines.first().is_some_and(|line| line.ends_with("\r\n")) { "\r\n" } else { "\n" };
    let difference = TextDiff::from_lines(&plain_before, &plain);
    let changes = difference.iter_all_changes().filter(|change| change.tag() != ChangeTag::Delete);
    let line = |change: similar::Change<&str>| match change.old_index().and_then(|at| lines.get(at)) {
        Some(kept) if change.tag() == ChangeTag::Equal => (*kept).to_string(),
        _ => change.value().replace('\n', usual),
    };
    changes.map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_lines_end_as_they_did_and_new_ones_as_the_first() {
        assert_eq!(keep_line_ends("a\r\nb\r\n", "a\nnew\nb\n"), "a\r\nnew\r\nb\r\n");
        assert_eq!(keep_line_ends("a\r\nb\nc", "a\nb\nc\nnew\n"), "a\r\nb\nc\r\nnew\r\n");
        assert_eq!(keep_line_ends("a\nb\n", "a\nb\nnew\n"), "a\nb\nnew\n");
        assert_eq!(keep_line_ends("a\r\n", "a\n"), "a\r\n");
    }
}
