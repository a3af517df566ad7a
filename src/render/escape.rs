//! Text from outside, made harmless and visible: the one place for it. Which characters a reader
//! does not see, and what markup is, `portcullis_model::visible` says for every room.
//!
//! Titles, logins, file names and messages are chosen by the people whose changes are judged. What
//! they could do with them, and what stops it:
//!
//! | attack | answer |
//! | --- | --- |
//! | steer the terminal (ECMA-48 escape sequences), overwrite a line, start a new one | [`line`] |
//! | reorder or hide text (Unicode bidirectional and invisible characters, "Trojan Source") | [`line`], [`json`] |
//! | give orders to the CI system that reads the log (`::command::`, `##[command]`) | [`line`], [`json`], [`command_data`], [`command_property`] |
//! | put links, images, mentions or HTML into a job summary | [`code`], [`prose`] |
//! | push the rest out of sight by sheer length | [`clip`] |
//! | end an element or a section of XML, or put a character there that XML does not have | [`xml`] |
//! | be a formula in a spreadsheet, or begin a cell or a row of their own | [`csv_cell`] |
//! | put links or placeholders into a message of SARIF | [`sarif_message`] |
//! | name another file by the characters of a path that mean something in an address | [`uri_path`] |
//! | end a link of a summary, and begin another | [`uri_path`], [`address`] |
//!
//! What is shown is not always what was there, but never looks like something else: a hidden
//! character becomes its Rust escape, `\u{202e}`. Letters that look alike are left alone, and so is
//! the direction of scripts that run from right to left.

use portcullis_model::visible::{escape_markup, is_hidden};
use portcullis_pack::csv::quote_cell;
use std::fmt::Write as _;

/// The text on one line: nothing that moves, hides or starts a line is left, and nothing that a CI
/// system takes for a command.
///
/// The GitHub Actions runner takes `::name …::` for a command where a line starts with it, after
/// any white space, and `##[name …]` anywhere in a line (actions/runner, `ActionCommand.cs`). A
/// wrapped text may start a line with any of its words, so no word keeps `::` at its start.
/// `##name[` is the same in other CI systems.
pub(super) fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            ':' if rest.peek() == Some(&':') && starts_word(&out) => out.push_str("\\u{3a}"),
            '[' if opens_command(&out) => out.push_str("\\u{5b}"),
            c => push_visible(c, &mut out),
        }
    }
    out
}

fn starts_word(before: &str) -> bool {
    before.is_empty() || before.ends_with(' ')
}

fn opens_command(before: &str) -> bool {
    before.trim_end_matches(|c: char| c.is_ascii_alphanumeric()).ends_with("##")
}

fn push_visible(c: char, out: &mut String) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if is_hidden(c) => out.extend(c.escape_unicode()),
        c => out.push(c),
    }
}

/// JSON text with its hidden characters as `\uXXXX` (RFC 8259, section 7), and no `##[` for a CI
/// system to find. Both can only be inside strings, so what a parser reads stays the same.
pub(super) fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '[' if opens_command(&out) => out.push_str("\\u005b"),
            // The line breaks between the members are ours; serde_json escapes those inside
            // strings.
            c if is_hidden(c) && c != '\n' => push_utf16(c, &mut out),
            c => out.push(c),
        }
    }
    out
}

fn push_utf16(c: char, out: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        // Writing to a string does not fail.
        let _ = write!(out, "\\u{unit:04x}");
    }
}

/// The message of a GitHub workflow command, line breaks allowed
/// (GitHub docs, "Workflow commands", and `escapeData` of its toolkit).
pub(super) fn command_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a GitHub workflow command (`escapeProperty` of its toolkit).
pub(super) fn command_property(text: &str) -> String {
    command_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The text up to `limit` characters, and how much was cut.
pub(super) fn clip(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}… ({} more characters)", &text[..end], text[end..].chars().count()),
        None => text.to_string(),
    }
}

/// The text as a code span of GitHub-flavoured Markdown, fit for a table cell.
///
/// Nothing is markup in a code span, and GitHub links no mention, reference or address in one. A
/// bar would end the cell even there, so it is outside, as a character reference in a code
/// element of its own.
pub(super) fn code(text: &str) -> String {
    let text = line(text);
    if text.is_empty() {
        return "` `".to_string();
    }
    let parts: Vec<String> = text.split('|').map(code_span).collect();
    parts.join("<code>&#124;</code>")
}

fn code_span(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run_of_backticks(text) + 1);
    let ends = |c| text.starts_with(c) || text.ends_with(c);
    // One space on each side is taken off again, unless there is nothing else (CommonMark 6.1).
    let pad = if ends('`') || (ends(' ') && text.contains(|c| c != ' ')) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

fn longest_run_of_backticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A sentence in GitHub-flavoured Markdown: plain words stay as they are, everything else in code
/// spans.
///
/// Escaping with backslashes or character references would not do: GitHub looks for mentions,
/// references and addresses in the text that results.
pub(super) fn prose(text: &str) -> String {
    let text = line(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(end_of_chunk(rest));
        push_chunk(chunk, &mut out);
        rest = after.trim_start_matches(' ');
        if !rest.is_empty() {
            out.push(' ');
        }
    }
    out
}

/// What may come before a word and mean nothing in Markdown: a quotation mark does so only inside
/// links and HTML.
const OPENING: [char; 2] = ['(', '"'];

/// What may come after a word.
const CLOSING: [char; 6] = [',', '.', ';', ':', ')', '"'];

/// Where the first word ends; a quotation in backticks counts as one word.
fn end_of_chunk(text: &str) -> usize {
    let opening = text.trim_start_matches(OPENING);
    let quoted = opening.strip_prefix('`').and_then(|inside| inside.find('`'));
    let from = quoted.map_or(0, |inside| text.len() - opening.len() + inside + 2);
    text[from..].find(' ').map_or(text.len(), |end| from + end)
}

fn push_chunk(chunk: &str, out: &mut String) {
    let inner = chunk.trim_start_matches(OPENING);
    let core = inner.trim_end_matches(CLOSING);
    let (open, close) = (&chunk[..chunk.len() - inner.len()], &inner[core.len()..]);
    let core = if is_plain_word(core) { core.to_string() } else { code(quotation_in(core)) };
    out.extend([open, &core, close]);
}

/// What is between the backticks, if the text is one quotation.
fn quotation_in(text: &str) -> &str {
    let inside = text.strip_prefix('`').and_then(|text| text.strip_suffix('`'));
    inside.filter(|inside| !inside.is_empty() && !inside.contains('`')).unwrap_or(text)
}

/// A word that no Markdown reader makes anything of inside a line: letters with single hyphens or
/// apostrophes between them, a short number, a sign alone. Long words of hexadecimal digits are
/// left out, because GitHub links them as commits.
fn is_plain_word(word: &str) -> bool {
    let letters = |part: &str| part.chars().all(|c| c.is_alphabetic()) && !part.is_empty();
    let hexadecimal = word.len() >= 7 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let number = word.len() < 7 && word.bytes().all(|b| b.is_ascii_digit());
    let sign = matches!(word, "" | ">" | "-" | "=" | "/");
    sign || number || (!hexadecimal && word.split(['-', '\'']).all(letters))
}

/// Text or an attribute of XML 1.0, on one line. What XML has no character for becomes its Rust
/// escape, and no section can end in it, because every `>` is a reference.
pub(super) fn xml(text: &str) -> String {
    escape_markup(&line(text))
}

/// A cell of CSV in quotes (RFC 4180) and on one line, which no spreadsheet takes for a formula.
pub(super) fn csv_cell(text: &str) -> String {
    quote_cell(&line(text))
}

/// The text of a SARIF message: braces are doubled (SARIF 2.1.0, 3.11.5), and no link is in it
/// (3.11.6). Its lines were made harmless before.
pub(super) fn sarif_message(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}").replace("](", "] (")
}

/// A path as a relative reference (RFC 3986): every byte but letters, digits and `-._~/` as `%XX`.
/// In a path that would leave the repository, or the host, the slashes are written so too: it is
/// one odd name then, and leads nowhere.
pub(super) fn uri_path(path: &[u8]) -> String {
    let leads_away = path.split(|byte| *byte == b'/').any(|part| matches!(part, b"" | b"." | b".."));
    let mut out = String::with_capacity(path.len());
    for byte in path {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(*byte))
            }
            b'/' if !leads_away => out.push('/'),
            // Writing to a string does not fail.
            byte => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

/// An address that was found to be one, without what would end it in a link of Markdown.
pub(super) fn address(address: &str) -> String {
    let harmless = |c: char| {
        c.is_ascii_graphic() && !matches!(c, '(' | ')' | '<' | '>' | '[' | ']' | '\\' | '|' | '`' | '"')
    };
    address.chars().filter(|c| harmless(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex_syntax::hir::{Class, HirKind};

    #[test]
    fn terminals_get_no_orders_and_lines_no_ends() {
        assert_eq!(line("a\u{1b}[2Jb\r\n\tc\u{9b}"), r"a\u{1b}[2Jb\r\n\tc\u{9b}");
        assert_eq!(line("\u{202e}gpj\u{200b}\u{2028}\u{a0}"), r"\u{202e}gpj\u{200b}\u{2028}\u{a0}");
        assert_eq!(line("Łódź 日本 été"), "Łódź 日本 été");
    }

    #[test]
    fn no_word_is_a_command_of_a_ci_system() {
        assert_eq!(line("::error::x"), r"\u{3a}:error::x");
        assert_eq!(line("a ::error::x std::fmt"), r"a \u{3a}:error::x std::fmt");
        assert_eq!(
            line("a ##[add-path]/x ##vso[task] ## [1.0] #[derive]"),
            r"a ##\u{5b}add-path]/x ##vso\u{5b}task] ## [1.0] #[derive]"
        );
    }

    #[test]
    fn hidden_characters_are_those_of_unicode() {
        let class = r"[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}\x{2800}--[ ]]";
        let HirKind::Class(Class::Unicode(class)) = regex_syntax::parse(class).unwrap().into_kind() else {
            panic!("not a class")
        };
        let mut hidden: Vec<char> = class.iter().flat_map(|range| range.start()..=range.end()).collect();
        hidden.sort_unstable();
        let ours: Vec<char> = ('\0'..=char::MAX).filter(|c| is_hidden(*c)).collect();
        assert_eq!(ours, hidden);
    }

    #[test]
    fn json_keeps_its_meaning() {
        let text = "a\u{7f}\u{202e}\u{e0041}##[x]";
        let escaped = json(&serde_json::to_string(text).unwrap());
        assert_eq!(escaped, r#""a\u007f\u202e\udb40\udc41##\u005bx]""#);
        assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), text);
    }

    #[test]
    fn commands_are_escaped_as_the_toolkit_does() {
        assert_eq!(command_data("50%\r\na: b, c"), "50%25%0D%0Aa: b, c");
        assert_eq!(command_property("50%\r\na: b, c"), "50%25%0D%0Aa%3A b%2C c");
    }

    #[test]
    fn a_long_text_says_how_much_is_missing() {
        assert_eq!(clip("éßz", 3), "éßz");
        assert_eq!(clip("éßzx", 2), "éß… (2 more characters)");
    }

    #[test]
    fn code_spans_cannot_be_left() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(code(" a"), "`  a `");
        assert_eq!(code(r"a\|b|"), r"`a\`<code>&#124;</code>`b`<code>&#124;</code>");
        assert_eq!(code(""), "` `");
    }

    #[test]
    fn words_stay_words_and_the_rest_becomes_code() {
        assert_eq!(
            prose("the approval by @robin (1a2b3c4d5e), kim's well-known one: 2 of 3."),
            "the approval by `@robin` (`1a2b3c4d5e`), kim's well-known one: 2 of 3."
        );
        assert_eq!(prose("path `db/** x`, (`y z`)."), "path `db/** x`, (`y z`).");
        assert_eq!(
            prose("see www.example.test or a@example.test"),
            "see `www.example.test` or `a@example.test`"
        );
        assert_eq!(
            prose("<b> [x](y) ![i](j) #1 GH-1 defaced _x_ a`b`c"),
            "`<b>` `[x](y`) `![i](j`) `#1` `GH-1` `defaced` `_x_` ``a`b`c``"
        );
        assert_eq!(
            prose(r#"set ("Block force pushes"), "<b>" or [x](y "z")"#),
            r#"set ("Block force pushes"), "`<b>`" or `[x](y` "z")"#
        );
        assert_eq!(prose("` ` `` `"), "` ` ``` `` ``` `` ` ``");
    }

    #[test]
    fn no_element_of_xml_can_be_ended() {
        assert_eq!(
            xml("a]]></failure><testcase a='b' c=\"&\"/>"),
            "a]]&gt;&lt;/failure&gt;&lt;testcase a=&apos;b&apos; c=&quot;&amp;&quot;/&gt;"
        );
        assert_eq!(xml("\0\u{1b}\u{ffff}\n"), r"\u{0}\u{1b}\u{ffff}\n");
    }

    #[test]
    fn no_cell_is_a_formula() {
        for (text, cell) in [
            ("=1+1", "\"'=1+1\""),
            ("  @SUM(A1)", "\"  '@SUM(A1)\""),
            ("a\"b", "\"a\"\"b\""),
            ("x\";=1", "\"x\"\";'=1\""),
            ("x, -1", "\"x, '-1\""),
            ("\u{ff1d}1", "\"'\u{ff1d}1\""),
            ("\"=1", "\"\"\"'=1\""),
            ("'=1", "\"''=1\""),
            ("a-b = c", "\"a-b = c\""),
            ("\t=1\r\n=2", "\"\\t=1\\r\\n=2\""),
        ] {
            assert_eq!(csv_cell(text), cell, "{text}");
        }
    }

    #[test]
    fn a_sarif_message_has_neither_placeholders_nor_links() {
        assert_eq!(sarif_message("{0} [x](1) [y]"), "{{0}} [x] (1) [y]");
    }

    #[test]
    fn a_path_is_the_same_path_as_an_address() {
        assert_eq!(uri_path(b"a b/c%2e?#:\\\xff.sql"), "a%20b/c%252e%3F%23%3A%5C%FF.sql");
        assert_eq!(uri_path(b"../../etc/passwd"), "..%2F..%2Fetc%2Fpasswd");
        assert_eq!(uri_path(b"//example.test/x"), "%2F%2Fexample.test%2Fx");
        assert_eq!(uri_path(b".git-blame/.x/..y"), ".git-blame/.x/..y");
    }
}
