//! Numbers of accounts in texts: where findings name an account by its number, and where a policy
//! allows one.

use std::collections::BTreeMap;

/// What comes before the number of an account in a finding: `user 4711`, and
/// `account `kim` (4711)`.
const BEFORE: [&str; 2] = ["user ", "` ("];

/// How a policy says that an entry of a list is a user.
const USER: [&str; 2] = ["kind = \"user\"", "kind = 'user'"];

/// The text with other numbers in the place of these.
pub(super) fn replace_numbers(text: String, numbers: &BTreeMap<String, String>) -> String {
    if numbers.is_empty() {
        return text;
    }
    let places = places_in(&text).into_iter();
    let found = places.filter_map(|(from, to)| Some((from, to, numbers.get(text.get(from..to)?)?)));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (from, to, other) in found.filter(|(from, to, _)| from < to) {
        if from >= at {
            out.push_str(&text[at..from]);
            out.push_str(other);
            at = to;
        }
    }
    out.push_str(&text[at..]);
    out
}

/// Where a text has numbers of accounts, sorted.
fn places_in(text: &str) -> Vec<(usize, usize)> {
    let mut places = Vec::new();
    for (before, at) in
        BEFORE.iter().flat_map(|before| text.match_indices(before).map(|(at, _)| (*before, at)))
    {
        // An app has a number, too.
        let is_account =
            before == "user " || text[..at].rsplit('`').nth(1).is_some_and(|part| part.ends_with("account "));
        if is_account {
            places.push(digits_from(text, at + before.len()));
        }
    }
    for (at, found) in USER.iter().flat_map(|user| text.match_indices(user)) {
        let (from, to) = entry_around(text, at, at + found.len());
        let ids = text[from..to].match_indices("id = ").filter(|(id, _)| !is_within_word(&text[from..], *id));
        places.extend(ids.map(|(id, found)| digits_from(text, from + id + found.len())));
    }
    places.sort_unstable();
    places
}

/// The digits that begin here, in quotation marks or not.
fn digits_from(text: &str, at: usize) -> (usize, usize) {
    let quoted = usize::from(text[at..].starts_with(['"', '\'']));
    let from = at + quoted;
    let digits = text[from..].bytes().take_while(u8::is_ascii_digit).count();
    (from, from + digits)
}

/// The table of TOML around a place: between braces, or between two heads of tables.
fn entry_around(text: &str, from: usize, to: usize) -> (usize, usize) {
    let begin = text[..from].rfind(['{', '[']).map_or(0, |at| at + 1);
    let end = text[to..].find(['}', '[']).map_or(text.len(), |at| to + at);
    (begin, end)
}

fn is_within_word(text: &str, at: usize) -> bool {
    text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_accounts_are_replaced_and_no_others() {
        let numbers = BTreeMap::from([("4711".to_string(), "9".to_string())]);
        for (text, expected) in [
            ("user 4711 (kim) may, 4711 lines, user 47110", "user 9 (kim) may, 4711 lines, user 47110"),
            ("by account `kim` (4711), not app `kim` (4711)", "by account `kim` (9), not app `kim` (4711)"),
            (
                "bypass = [{ kind = \"user\", id = 4711 }, { kind = \"team\", id = 4711 }]",
                "bypass = [{ kind = \"user\", id = 9 }, { kind = \"team\", id = 4711 }]",
            ),
            (
                "[[x.bypass]]\nid = \"4711\"\nkind = 'user'\napp-id = 4711\n[[x.bypass]]\nid = 4711",
                "[[x.bypass]]\nid = \"9\"\nkind = 'user'\napp-id = 4711\n[[x.bypass]]\nid = 4711",
            ),
            ("user ", "user "),
            ("é user 4711", "é user 9"),
        ] {
            assert_eq!(replace_numbers(text.to_string(), &numbers), expected);
        }
    }
}
