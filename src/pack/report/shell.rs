//! What every page has: its head, its landmarks, its policy of what it may load.

use super::ReportInput;
use super::text::{day, raw, show_hidden};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, html};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// The style sheet of every page, also of those that are in no pack.
pub const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("filter.js");

/// A page.
pub(super) struct Page<'a> {
    /// Its heading.
    pub(super) title: String,
    /// Shown above the heading.
    pub(super) eyebrow: Markup,
    /// Shown below it.
    pub(super) below: Markup,
    /// How many folders it is below the root.
    pub(super) depth: usize,
    /// The sections that its table of contents names: anchor and title.
    pub(super) contents: &'a [(&'static str, &'static str)],
    /// What it shows.
    pub(super) body: Markup,
}

impl Page<'_> {
    /// The whole file.
    pub(super) fn write(self, input: &ReportInput<'_>) -> String {
        let running = running_style(&self.title, input);
        let style = raw(STYLE.to_string());
        let title = match self.depth {
            0 => self.title.clone(),
            _ => format!("{} · change audit", self.title),
        };
        let markup = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(security_policy(&running));
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="referrer" content="no-referrer";
                    meta name="color-scheme" content="light dark";
                    meta name="generator" content=(crate::manifest::PROGRAM);
                    title { (title) }
                    style { (style) }
                    style { (raw(running)) }
                }
                body { (self.body(input)) script { (raw(SCRIPT.to_string())) } }
            }
        };
        markup.into_string()
    }

    fn body(&self, input: &ReportInput<'_>) -> Markup {
        html! {
            a.skip href="#content" { "Skip to the content" }
            header.top { div { p.eyebrow { (self.eyebrow) } h1 { (self.title) } (self.below) } }
            div class=(if self.contents.is_empty() { "frame single" } else { "frame" }) {
                @if !self.contents.is_empty() {
                    nav.contents aria-label="Contents" {
                        ol { @for (anchor, title) in self.contents { li { a href={ "#" (anchor) } { (title) } } } }
                    }
                }
                main id="content" tabindex="-1" { (self.body) }
            }
            footer { div { p {
                "Written by " (show_hidden(&input.audit.title.program)) " as of " (day(&input.audit.title.as_of))
                ". This page loads nothing: it is one file, and shows the same without a network."
            } } }
        }
    }
}

/// The headers and footers of printed pages.
fn running_style(title: &str, input: &ReportInput<'_>) -> String {
    let repository = input.audit.title.repository.as_deref().unwrap_or("");
    let period = super::summary::period_words(&input.audit.title.period);
    format!(
        "@page{{@top-left{{content:\"{}\";font:8pt sans-serif;color:#444}}@top-right{{content:\"{}\";font:8pt sans-serif;color:#444}}\
         @bottom-left{{content:\"{}\";font:8pt sans-serif;color:#444}}@bottom-right{{content:counter(page) \" / \" counter(pages);font:8pt sans-serif;color:#444}}}}",
        css_text(title),
        css_text(&period),
        css_text(repository)
    )
}

/// A text for a string of CSS: everything but plain letters and digits as an escape (CSS Syntax 3,
/// 4.3.7), at most 80 characters.
fn css_text(text: &str) -> String {
    let mut out = String::new();
    for c in show_hidden(text).chars().take(80) {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else {
            let _ = write!(out, "\\{:x} ", u32::from(c));
        }
    }
    out
}

/// What a page may load: its own style and script, by their digests, and nothing else.
fn security_policy(running: &str) -> String {
    let digest = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())));
    format!(
        "default-src 'none'; style-src {} {}; script-src {}; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(running),
        digest(SCRIPT)
    )
}
