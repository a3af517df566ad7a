//! Compatibility letters, and characters that nobody sees.

use unicode_normalization::UnicodeNormalization;

/// The line with compatibility letters as those that they stand for, and without characters that
/// nobody sees.
pub fn replace_compatible(line: Vec<u8>) -> Vec<u8> {
    if !line.iter().any(|b| is_odd(*b)) {
        return line;
    }
    let mut plain = Vec::with_capacity(line.len());
    for chunk in line.utf8_chunks() {
        let seen = chunk.valid().chars().filter(|c| !is_unseen(*c));
        let mut buffer = [0; 4];
        for c in seen.nfkc() {
            plain.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
        }
        plain.extend_from_slice(chunk.invalid());
    }
    plain
}

/// May a character begin here that is spelled otherwise than plainly?
pub fn is_odd(b: u8) -> bool {
    b >= 0x7f || b < 0x20 && !(9..=13).contains(&b)
}

/// Control characters and those of Unicode's property `Default_Ignorable_Code_Point` or category
/// `Cf`.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{ad}' | '\u{34f}'
        | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}'
        | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}
