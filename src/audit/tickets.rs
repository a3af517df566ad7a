//! What in a text looks like the number of a ticket: `OPS-118`.

use std::collections::BTreeSet;

/// Every word of capital letters and digits, a hyphen and a number, sorted.
pub fn find_tickets<'t>(texts: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    let words = texts.into_iter().flat_map(|text| {
        text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).filter(|word| is_ticket(word))
    });
    words.map(str::to_string).collect::<BTreeSet<_>>().into_iter().collect()
}

fn is_ticket(word: &str) -> bool {
    let Some((key, number)) = word.split_once('-') else { return false };
    let capitals = key.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let begins = key.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase());
    let digits = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.is_empty();
    capitals && begins && (2..=12).contains(&key.len()) && digits && number.len() <= 9
}

#[cfg(test)]
mod tests {
    use super::find_tickets;

    #[test]
    fn tickets_are_told_from_other_words() {
        let found =
            find_tickets(["OPS-118: load twice (see REQ2-7)", "fix/OPS-118-again", "utf-8 A-1 X--1 ISO-"]);
        assert_eq!(found, ["OPS-118", "REQ2-7"]);
    }
}
