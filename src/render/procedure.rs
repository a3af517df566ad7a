//! The procedure for staff as a page for a browser: one file, no script, no request.

use portcullis_judge::control::procedure::diagram::BOTH;
use portcullis_judge::control::procedure::markdown::{APPROVALS, INTRODUCTION};
use portcullis_judge::control::procedure::words::{SentencePiece, pieces};
use portcullis_judge::control::procedure::{Procedure, ProcedureChapter};
use portcullis_model::visible::escape_lines;
use std::fmt::Write as _;

/// What the page is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcedureStyle {
    /// A file of its own.
    Page,
    /// A part of another page: the body alone, without styles.
    Part,
}

const STYLE: &str = "
:root { color-scheme: light dark; --ink: #14181f; --ground: #ffffff; --quiet: #4a5464; --line: #c9d2df;
  --code: #eef1f6; --accent: #1d4f91; }
@media (prefers-color-scheme: dark) { :root { --ink: #eef2f8; --ground: #14181f; --quiet: #b4bfce;
  --line: #3a4658; --code: #232c3a; --accent: #9cc2f5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 46rem; color: var(--ink);
  background: var(--ground); font: 1.0625rem/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0.5rem 0 1rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 0.75rem; padding-top: 1rem; border-top: 1px solid var(--line); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1rem; margin: 1rem 0; }
dt { color: var(--quiet); } dd { margin: 0; font-weight: 600; }
nav ul { columns: 2 16rem; padding-left: 1.25rem; } a { color: var(--accent); }
li { margin: 0.45rem 0; }
code { background: var(--code); border-radius: 0.25rem; padding: 0.1em 0.3em; font-size: 0.9em;
  overflow-wrap: anywhere; }
figure { margin: 1rem 0; } svg { max-width: 100%; height: auto; }
.quiet { color: var(--quiet); font-size: 0.9rem; }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: 0.5rem; } }
@media print { body { max-width: none; padding: 0; font-size: 10.5pt; } nav { display: none; }
  li, figure { break-inside: avoid; } h2 { break-after: avoid; } a { color: inherit; } }
@page { margin: 18mm; }
";

/// The procedure as HTML.
pub fn write_html(procedure: &Procedure, style: ProcedureStyle) -> String {
    let body = write_body(procedure);
    if style == ProcedureStyle::Part {
        return body;
    }
    let title = format!("How code is tested, reviewed and deployed: {}", escape_lines(&procedure.project));
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}

fn write_body(procedure: &Procedure) -> String {
    let mut text = String::from("<h1>How code is tested, reviewed and deployed</h1>\n<dl>\n");
    let _ = writeln!(text, "<dt>Project</dt><dd>{}</dd>", escape_lines(&procedure.project));
    if let Some(office) = &procedure.accountable {
        let _ = writeln!(text, "<dt>Accountable</dt><dd>{}</dd>", escape_lines(office));
    }
    text.push_str("</dl>\n");
    let _ = writeln!(text, "<p>{}</p>", emphasise(INTRODUCTION));
    text.push_str(&write_contents(procedure));
    for (chapter, sentences) in &procedure.chapters {
        let _ = writeln!(text, "<h2 id=\"{}\">{}</h2>\n<ul>", anchor(chapter.title()), chapter.title());
        for sentence in sentences {
            let _ = writeln!(text, "<li>{}</li>", inline(&sentence.text));
        }
        text.push_str("</ul>\n");
        if *chapter == ProcedureChapter::Scope {
            text.push_str(&write_ways(procedure));
        }
    }
    let _ = writeln!(text, "<h2 id=\"approval\">Approval</h2>");
    let _ = writeln!(
        text,
        "<p>{APPROVALS} They are kept with the Markdown page in the repository.</p>\n<p class=\"quiet\">Text: <code>{}</code></p>",
        procedure.digest()
    );
    text
}

fn write_contents(procedure: &Procedure) -> String {
    let mut text = String::from("<nav aria-label=\"Contents\">\n<ul>\n");
    for (chapter, _) in &procedure.chapters {
        let _ = writeln!(text, "<li><a href=\"#{}\">{}</a></li>", anchor(chapter.title()), chapter.title());
        if *chapter == ProcedureChapter::Scope {
            for drawing in &BOTH {
                let _ =
                    writeln!(text, "<li><a href=\"#{}\">{}</a></li>", anchor(drawing.title), drawing.title);
            }
        }
    }
    text.push_str("</ul>\n</nav>\n");
    text
}

fn write_ways(procedure: &Procedure) -> String {
    let mut text = String::new();
    for drawing in &BOTH {
        let _ = writeln!(text, "<h2 id=\"{}\">{}</h2>", anchor(drawing.title), drawing.title);
        let _ = writeln!(text, "<figure>\n{}</figure>\n<ol>", drawing.draw(procedure));
        for step in (drawing.steps)(procedure) {
            let _ = writeln!(text, "<li>{}</li>", inline(step));
        }
        text.push_str("</ol>\n");
    }
    text
}

fn anchor(title: &str) -> String {
    title.to_lowercase().replace(' ', "-")
}

fn inline(text: &str) -> String {
    let write = |piece: SentencePiece<'_>| match piece {
        SentencePiece::Prose(text) => escape_lines(text),
        SentencePiece::Code(text) => format!("<code>{}</code>", escape_lines(text)),
    };
    pieces(text).into_iter().map(write).collect()
}

/// The introduction's own words between stars.
fn emphasise(text: &str) -> String {
    let parts = escape_lines(text);
    let parts = parts.split('*').enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { format!("<em>{part}</em>") } else { part.to_string() }).collect()
}
