//! A patch for a terminal: a unified diff in which nothing is hidden.
//!
//! Its lines are the very lines that no one approved, so they deserve a hard look: a tab, a blank
//! at the end of a line and a byte that is no text are shown as what they are. Signs carry the
//! meaning; colour only repeats it.

use super::escape;
use super::terminal::{BOLD, FAINT, Lead, TerminalPage};
use anstyle::AnsiColor;
use portcullis_model::patch::{Body, Fate, FilePatch, Patch, PatchLine, Run};
use std::fmt::Write as _;
use std::io;

/// How many lines are shown without `--verbose`.
const LINES: usize = 200;

/// How many characters of a line are shown without `--verbose`.
const LONGEST: usize = 400;

/// Writes a patch, set in by two columns.
pub(super) fn write(patch: &Patch, page: &mut TerminalPage<'_>) -> io::Result<()> {
    let mut room = if page.style.verbose { usize::MAX } else { LINES };
    let mut left_out = 0;
    for file in &patch.files {
        if room > 0 {
            write_head(file, page)?;
        }
        let Body::Lines(runs) = &file.body else { continue };
        for run in runs {
            left_out += write_run(run, &mut room, page)?;
        }
    }
    if left_out == 0 {
        return Ok(());
    }
    page.hidden = true;
    put_styled(page, FAINT, &format!("  and {left_out} more lines"))
}

fn write_head(file: &FilePatch, page: &mut TerminalPage<'_>) -> io::Result<()> {
    let path = escape::line(&file.path.to_string());
    let line = format!("  {}{}", page.painted(&Lead(&path, BOLD)), about_file(file));
    writeln!(page.out, "{line}")
}

/// What there is to say of a file beside its lines.
fn about_file(file: &FilePatch) -> String {
    let kind = |mode: u32| match mode {
        0o120_000 => "a link",
        0o160_000 => "a submodule",
        _ => "binary or too large to compare by line",
    };
    let mut said = String::new();
    match (file.old, file.new) {
        (None, Some(mode)) => _ = write!(said, " (new, mode {mode:o})"),
        (Some(_), None) => said.push_str(" (dropped)"),
        (Some(old), Some(new)) if old != new => _ = write!(said, " (mode {old:o}, now {new:o})"),
        _ => {}
    }
    match file.body {
        Body::Whole => _ = write!(said, ": differs as a whole, {}", file.new.or(file.old).map_or("", kind)),
        Body::Conflict => said.push_str(": both sides changed the same place, and both were kept by hand"),
        Body::Lines(_) => {}
    }
    said
}

/// Writes as much of a run as there is room for; how many lines it left out.
fn write_run(run: &Run, room: &mut usize, page: &mut TerminalPage<'_>) -> io::Result<usize> {
    if *room == 0 {
        return Ok(run.lines.len());
    }
    let (old, new) = (run.count(Fate::Added), run.count(Fate::Dropped));
    let head = format!("  @@ -{},{old} +{},{new} @@", run.old_line, run.new_line);
    put_styled(page, AnsiColor::Cyan.on_default(), &head)?;
    let shown = run.lines.len().min(*room);
    run.lines.iter().take(shown).try_for_each(|line| write_line(line, page))?;
    *room -= shown;
    Ok(run.lines.len() - shown)
}

fn write_line(line: &PatchLine, page: &mut TerminalPage<'_>) -> io::Result<()> {
    let (sign, colour) = match line.fate {
        Fate::Kept => (' ', FAINT),
        Fate::Dropped => ('-', AnsiColor::Red.on_default()),
        Fate::Added => ('+', AnsiColor::Green.on_default()),
    };
    let limit = if page.style.verbose { usize::MAX } else { LONGEST };
    let text = visible_line(&line.bytes, line.fate != Fate::Kept);
    let end = if line.ended { "" } else { " (no line break at the end)" };
    put_styled(page, colour, &format!("  {sign}{}{end}", escape::clip(&text, limit)))
}

fn put_styled(page: &mut TerminalPage<'_>, colour: anstyle::Style, text: &str) -> io::Result<()> {
    writeln!(page.out, "{}", page.painted(&Lead(text, colour)))
}

/// A line of a file, with every byte of it to be seen.
fn visible_line(bytes: &[u8], changed: bool) -> String {
    let blanks = if changed { bytes.iter().rev().take_while(|byte| **byte == b' ').count() } else { 0 };
    let mut text = String::new();
    for chunk in bytes[..bytes.len() - blanks].utf8_chunks() {
        let parts: Vec<String> = chunk.valid().split('\t').map(escape::line).collect();
        text.push_str(&parts.join("→   "));
        chunk.invalid().iter().for_each(|byte| _ = write!(text, "\\x{byte:02x}"));
    }
    text + &"·".repeat(blanks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_line_is_hidden_and_nothing_steers() {
        assert_eq!(visible_line(b"\tDELETE FROM records;  ", true), "→   DELETE FROM records;··");
        assert_eq!(visible_line(br"a\t  ", false), r"a\t  ");
        assert_eq!(visible_line(b"\x1b[2J\xe2\x80\xae\xff\r", true), r"\u{1b}[2J\u{202e}\xff\r");
        assert_eq!(visible_line(b"::error::x", true), r"\u{3a}:error::x");
    }
}
