//! Case, Unicode form and invisible characters taken away from paths and texts.

use unicode_normalization::UnicodeNormalization as _;

/// A path as patterns that regard no case sees it: two paths of one such form may be the same file.
pub fn fold_path(path: &[u8]) -> String {
    // Nearly all paths; what is checked as a whole takes the shorter way.
    match std::str::from_utf8(path) {
        Ok(text) => fold_text(text),
        Err(_) => fold_text(&String::from_utf8_lossy(path)),
    }
}

/// Case, Unicode form and invisible characters taken away (compare `core.precomposeUnicode`,
/// `core.protectHFS` and `core.ignoreCase` in git-config(1)).
///
/// Upper case first, because file systems fold `ſ` to `s` and `ß` to `ss` (Unicode, "Default Case
/// Folding"); each character by itself, so that a pattern and a path never differ by the characters
/// next to it (the final sigma).
pub(crate) fn fold_text(text: &str) -> String {
    // Nearly all paths. Their characters have one form and can be seen.
    if text.is_ascii() { text.to_ascii_lowercase() } else { fold_characters(text) }
}

fn fold_characters(text: &str) -> String {
    let visible = text.nfc().filter(|c| !is_invisible(*c));
    visible.flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfc().collect()
}

/// Characters that a reader does not see: zero-width, bidirectional control, byte order mark.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_of_folding_leads_to_the_same() {
        let ascii: String = (0..128u8).map(char::from).collect();
        assert_eq!(fold_text(&ascii), fold_characters(&ascii));
        assert_eq!(fold_text("CAF\u{c9}/\u{200b}X"), fold_characters("cafe\u{301}/x"));
    }
}
