//! What a reader of a text does not see, and what a reader of markup would take for markup: one
//! table for every output.

/// Does a reader not see this character, or take it for a plain space? General categories Cc, Cf,
/// Zl, Zp and Zs without the space, and the property `Default_Ignorable_Code_Point` (Unicode 16,
/// UAX #44), with the empty Braille pattern. A test compares the list with the tables.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}'
        | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{1680}'
        | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}'
        | '\u{205f}'..='\u{206f}' | '\u{2800}' | '\u{3000}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text with each character that a reader does not see as its Rust escape.
pub fn show_hidden(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if is_hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// The text as text or an attribute of XML 1.0 and of HTML. What XML has no character for becomes
/// its Rust escape, and no section can end in it, because every `>` is a reference.
pub fn escape_markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// Lines of text for markup: nothing in them is markup, and what a reader does not see is shown.
pub fn escape_lines(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(|line| escape_markup(&show_hidden(line))).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup_and_nothing_is_hidden() {
        assert_eq!(
            escape_lines("a<b & \"c\"\n'\u{202e}'"),
            "a&lt;b &amp; &quot;c&quot;\n&apos;\\u{202e}&apos;"
        );
        assert_eq!(escape_markup("]]></x>\u{ffff}"), "]]&gt;&lt;/x&gt;\\u{ffff}");
    }
}
