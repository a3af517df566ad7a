//! Profiles of `go test -coverprofile` (golang.org/x/tools/cover).
//!
//! After `mode:` each line is a block of statements:
//! `name:line.column,line.column statements count`. A name is the import path of the package and
//! the file, so it needs `strip` (the path of the module). A block is repeated once for each test
//! binary that could have run it. A line is executed when a block that reaches over it was, and no
//! other one lies on that line alone that was not: of `if failed {` the condition ran, of
//! `defer func() { undo() }()` the call did not. A block without statements is nothing that could
//! be executed.
//!
//! A profile has no end mark: one that was cut off after a line cannot be told from a shorter one.
//! One that was cut off within a line is refused.

use super::CoverageParser;
use super::gathered::{GatheredCoverage, is_hit, line_number, shorten_text};
use portcullis_report_shared::error::{ContentError, ReportError};
use portcullis_testrun::line_coverage::CoverageFormat;
use std::collections::BTreeMap;

/// The format.
pub static FORMAT: CoverageParser =
    CoverageParser { format: CoverageFormat::GoCover, detect: is_go_cover, parse: parse_go_cover };

fn is_go_cover(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"mode:")
}

fn parse_go_cover(bytes: &[u8]) -> Result<GatheredCoverage, ReportError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| ReportError::after(&bytes[..error.valid_up_to()], "it is not UTF-8"))?;
    if !text.ends_with('\n') {
        return Err(ReportError::after(bytes, "it is cut off in the middle of a line"));
    }
    let mut blocks = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let taken = if index == 0 { check_mode(line) } else { read_block(line, &mut blocks) };
        taken.map_err(|error| ReportError::at(index + 1, error))?;
    }
    let mut gathered = GatheredCoverage::default();
    for (block, ran) in blocks.into_iter().filter(|(_, ran)| ran.statements > 0) {
        let file = gathered.file(vec![block.file.to_string()]);
        if block.first == block.last && !ran.hit {
            file.missed(block.first);
        } else {
            file.run(block.first, block.last, ran.hit);
        }
    }
    Ok(gathered)
}

fn check_mode(line: &str) -> Result<(), ContentError> {
    match line.strip_prefix("mode: ") {
        Some("set" | "count" | "atomic") => Ok(()),
        _ => Err("it does not begin with `mode: set`, `count` or `atomic`".into()),
    }
}

/// The place of a block.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct GoBlock<'t> {
    file: &'t str,
    place: &'t str,
    first: u32,
    last: u32,
}

/// What is in it, and whether it ran.
struct Ran {
    statements: u32,
    hit: bool,
}

fn read_block<'t>(line: &'t str, blocks: &mut BTreeMap<GoBlock<'t>, Ran>) -> Result<(), ContentError> {
    let odd = || format!("`{}` is no block of a profile", shorten_text(line));
    let (file, rest) = line.rsplit_once(':').filter(|(file, _)| !file.is_empty()).ok_or_else(odd)?;
    let mut words = rest.split(' ');
    let (Some(place), Some(statements), Some(count), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(odd().into());
    };
    let (first, last) = place.split_once(',').ok_or_else(odd)?;
    let (first, last) = (read_position(first)?, read_position(last)?);
    let statements: u32 = statements.parse().map_err(|_| odd())?;
    let hit = is_hit(count)?;
    if last < first {
        return Err("a block ends before it begins".into());
    }
    let known = blocks
        .entry(GoBlock { file, place, first: first.0, last: last.0 })
        .or_insert(Ran { statements, hit: false });
    if known.statements != statements {
        return Err("a block is repeated with another number of statements".into());
    }
    known.hit |= hit;
    Ok(())
}

/// Line and column.
fn read_position(text: &str) -> Result<(u32, u32), ContentError> {
    let odd = || format!("`{}` is no line and column", shorten_text(text));
    let (line, column) = text.split_once('.').ok_or_else(odd)?;
    Ok((line_number(line)?, column.parse().map_err(|_| odd())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(text: &str) -> Result<Vec<String>, ReportError> {
        let reported = parse_go_cover(text.as_bytes())?.finish();
        let shown = |file: &portcullis_testrun::line_coverage::ReportedFile| {
            format!("{} {} / {}", file.names.join("|"), file.lines.hit, file.lines.executable)
        };
        Ok(reported.files.iter().map(shown).collect())
    }

    #[test]
    fn a_block_ran_if_any_test_binary_ran_it() {
        let text =
            "mode: set\nm/a.go:3.13,5.10 2 1\nm/a.go:5.10,7.3 1 0\nm/b.go:1.1,2.2 1 0\nm/b.go:1.1,2.2 1 1\n";
        assert_eq!(files(text).unwrap(), ["m/a.go 3-5 / 3-7", "m/b.go 1-2 / 1-2"]);
    }

    #[test]
    fn what_did_not_run_within_an_executed_line_leaves_it_unexecuted() {
        let text = "mode: set\nm/a.go:3.13,4.20 2 1\nm/a.go:4.20,6.4 1 0\nm/a.go:7.2,8.15 1 1\nm/a.go:8.15,8.24 1 0\n";
        assert_eq!(files(text).unwrap(), ["m/a.go 3-4, 7 / 3-8"]);
    }

    #[test]
    fn an_empty_function_has_nothing_to_execute() {
        let text = "mode: atomic\nm/a.go:3.13,3.15 0 0\nm/a.go:9.1,9.8 1 0\n";
        assert_eq!(files(text).unwrap(), ["m/a.go  / 9"]);
    }

    #[test]
    fn what_is_no_profile_or_cut_off_is_refused() {
        for text in [
            "mode: set\nm/a.go:3.13,5.10 2 1",
            "mode: set\nm/a.go:3.13,5.10 2\n",
            "mode: set\nm/a.go:3.13 2 1\n",
            "mode: set\nm/a.go:5.13,3.10 2 1\n",
            "mode: set\nm/a.go:3.13,5.10 2 1\nm/a.go:3.13,5.10 3 1\n",
            "mode: set\nm/a.go:3.13,5.10 2 1\nmode: set\n",
            "mode: set\n\n",
            "mode: set\n:1.1,1.2 1 1\n",
            "mode: set\na:1.1,99999999.2 1 1\n",
            "mode: set\na:1.1,2.2 1 x\n",
            "mode: sometimes\na:1.1,1.2 1 1\n",
        ] {
            assert!(files(text).is_err(), "{text}");
        }
    }
}
