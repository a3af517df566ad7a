//! Text from outside, and moments.

use maud::{Markup, PreEscaped, Render, html};
pub(super) use portcullis_model::visible::show_hidden;

/// Text that people outside chose: a title, a name, a message. What a reader would not see is
/// shown as its escape, and its direction does not reach the text around it.
pub(super) struct Outside<'a>(pub(super) &'a str);

impl Render for Outside<'_> {
    fn render(&self) -> Markup {
        html! { bdi { (show_hidden(self.0)) } }
    }
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
