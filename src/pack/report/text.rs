//! Text from outside, and moments.

use maud::{Markup, PreEscaped, Render, html};

/// Text that people outside chose: a title, a name, a message. What a reader would not see is
/// shown as its escape, and its direction does not reach the text around it.
pub(super) struct Outside<'a>(pub(super) &'a str);

impl Render for Outside<'_> {
    fn render(&self) -> Markup {
        html! { bdi { (show_hidden(self.0)) } }
    }
}

/// The text with each character that a reader does not see as its Rust escape.
pub(super) fn show_hidden(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if is_hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// Control characters, marks of direction, invisible characters and tags: the list of the
/// terminal's renderer, which a test compares with the tables of Unicode.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}'
        | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{1680}'
        | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}'
        | '\u{205f}'..='\u{206f}' | '\u{2800}' | '\u{3000}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The same over several lines.
pub(super) fn show_lines(text: &str) -> String {
    text.lines().map(|line| show_hidden(line) + "\n").collect()
}

/// A moment as RFC 3339 writes it, to the minute, for people.
pub(super) fn moment(text: &str) -> Markup {
    html! { time datetime=(text) { (short_moment(text)) } }
}

/// A moment that may not be known.
pub(super) fn moment_or(text: Option<&str>, unknown: &str) -> Markup {
    text.map_or_else(|| html! { span.quiet { (unknown) } }, moment)
}

fn short_moment(text: &str) -> String {
    match (text.get(..10), text.get(11..16)) {
        (Some(day), Some(minute)) if text.ends_with('Z') => format!("{day} {minute} UTC"),
        _ => show_hidden(text),
    }
}

/// A day of a moment.
pub(super) fn day(text: &str) -> String {
    show_hidden(text.get(..10).unwrap_or(text))
}

/// An object name or a digest, shortened, in full where one points at it.
pub(super) fn short_hash(text: &str) -> Markup {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    html! { code title=(text) { (digits.get(..12).unwrap_or(digits)) } }
}

/// `1 landing`, `2 landings`.
pub(super) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// A number with a narrow space between groups of three digits.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// A span of seconds in the largest units that say something.
pub(super) fn duration(seconds: u64) -> String {
    match seconds {
        0..=119 => count(seconds, "second", "seconds"),
        120..=7199 => count(seconds / 60, "minute", "minutes"),
        7200..=172_799 => count(seconds / 3600, "hour", "hours"),
        _ => count(seconds / 86_400, "day", "days"),
    }
}

/// Markup that is written as it is.
pub(super) fn raw(text: String) -> PreEscaped<String> {
    PreEscaped(text)
}
