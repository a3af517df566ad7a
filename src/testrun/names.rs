//! Names of tests: what in them names a person, and what in them changes from run to run.
//!
//! Within one run every name stands for itself: two names that differ are two tests. Between two
//! runs, a test that is gone and one that is new are the same test when their names differ only in
//! what is made anew for each run: versions, ports, UUIDs, times, addresses of objects, temporary
//! directories. As many have to be there as were there before.

use memchr::memchr2;
use std::borrow::Cow;

mod begin;

/// Where homes begin. The next part of the path is a person's name.
const HOMES: &[&str] = &["/home/", "/Users/", "\\Users\\"];

/// Where places begin that are made anew for each run.
const PLACES: &[&str] = &["/tmp/", "/private/tmp/", "/var/folders/", "/private/var/folders/"];

/// The name without whose home a path lies in. Only what begins a path is touched: `/api/Users/7`
/// is a route.
pub fn without_home(name: &str) -> Cow<'_, str> {
    // Looked for in a way that is quick in short names: each name of a report comes by here.
    if memchr2(b'/', b'\\', name.as_bytes()).is_none() || !HOMES.iter().any(|home| name.contains(home)) {
        return Cow::Borrowed(name);
    }
    let slash = |bytes: &[u8], at: usize| memchr2(b'/', b'\\', &bytes[at..]).map(|more| at + more);
    replaced_name(name, &[(is_slash, match_home)], slash)
}

/// The name without what changes from run to run, each replaced by a placeholder. Names of two runs
/// are compared by it, names of one run never.
pub fn between_runs(name: &str) -> Cow<'_, str> {
    replaced_name(name, RULES, begin::next)
}

/// Writes what [`between_runs`] would replace the name by; nothing, and says so, where the name
/// stays as it is.
pub fn write_between_runs(name: &str, out: &mut String) -> bool {
    replace_parts(name, RULES, begin::next, out)
}

/// Looks at what stands before a place in a name and at what begins there: how long what changes
/// is, and what stands for it.
type NameRule = fn(&str, &str) -> Option<(usize, &'static str)>;

/// With what byte that which a rule replaces can begin. A run may have a million names, and most
/// rules have nothing to look for at most places.
type Begins = fn(u8) -> bool;

/// What changes from run to run. The first rule that applies wins.
const RULES: &[(Begins, NameRule)] = &[
    (|byte| matches!(byte, b' ' | b'0'), match_address),
    (|byte| byte == b'@', match_java_hash),
    (is_slash, match_temporary),
    (is_slash, match_home),
    (|byte| byte.is_ascii_hexdigit(), match_uuid),
    (|byte| byte.is_ascii_digit(), match_moment),
    (|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase(), match_day),
    (|byte| matches!(byte, b'1' | b'2'), match_epoch),
    (|byte| byte.is_ascii_alphanumeric(), match_identifier),
    (|byte| matches!(byte, b'(' | b'['), match_duration),
    (|byte| matches!(byte, b'p' | b'P' | b's' | b'S'), match_numbered),
    (|byte| byte == b':', match_port),
    (|byte| byte.is_ascii_digit() || matches!(byte, b'v' | b'V'), match_version),
];

fn is_slash(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\')
}

/// Where in a name, from a place on, a rule may apply.
type Next = fn(&[u8], usize) -> Option<usize>;

fn replaced_name<'n>(name: &'n str, rules: &[(Begins, NameRule)], next: Next) -> Cow<'n, str> {
    let mut out = String::new();
    if replace_parts(name, rules, next, &mut out) { Cow::Owned(out) } else { Cow::Borrowed(name) }
}

/// Writes the name with what stands for its parts; nothing, and says so, where it has none that a
/// rule applies to.
fn replace_parts(name: &str, rules: &[(Begins, NameRule)], next: Next, out: &mut String) -> bool {
    let (mut kept, mut at) = (0, 0);
    while let Some(place) = next(name.as_bytes(), at) {
        let byte = name.as_bytes()[place];
        let mut rules = rules.iter().filter(|(begins, _)| begins(byte));
        at = match rules.find_map(|(_, rule)| rule(&name[..place], &name[place..])) {
            Some((length, shown)) => {
                out.push_str(&name[kept..place]);
                out.push_str(shown);
                kept = place + length;
                kept
            }
            None => name.ceil_char_boundary(place + 1),
        };
    }
    if kept > 0 {
        out.push_str(&name[kept..]);
    }
    kept > 0
}

/// ` at 0x…`, and Go's pointers.
fn match_address(_: &str, text: &str) -> Option<(usize, &'static str)> {
    let (before, shown) = if text.starts_with(" at 0x") {
        (6, " at 0x(address)")
    } else if text.starts_with("0xc000") {
        (2, "0x(address)")
    } else {
        return None;
    };
    let length = count_hexadecimal(&text[before..]);
    (length >= 6).then_some((before + length, shown))
}

/// `@` and the hash that Java gives an object without a `toString`.
fn match_java_hash(_: &str, text: &str) -> Option<(usize, &'static str)> {
    let length = count_hexadecimal(text.strip_prefix('@')?);
    let ends = !text[1 + length..].starts_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'));
    ((6..=8).contains(&length) && ends).then_some((1 + length, "@(address)"))
}

fn match_temporary(before: &str, text: &str) -> Option<(usize, &'static str)> {
    let windows = text.starts_with("\\AppData\\Local\\Temp\\");
    let begins = PLACES.iter().any(|place| text.starts_with(place)) && begins_path(before);
    if !windows && !begins {
        return None;
    }
    let end = text.find(|c: char| c.is_whitespace() || "\"'`)]}>,;|".contains(c)).unwrap_or(text.len());
    Some((end, "(temporary)"))
}

fn match_home(before: &str, text: &str) -> Option<(usize, &'static str)> {
    let home = HOMES.iter().find(|home| text.starts_with(**home) && begins_path(before))?;
    let end = text[home.len()..].find(|c: char| "/\\\"'`)]}>,;| ".contains(c));
    Some((end.map_or(text.len(), |end| home.len() + end), "(home)"))
}

/// Does a path begin behind this text?
fn begins_path(before: &str) -> bool {
    let opens = |c: char| c.is_whitespace() || "\"'`([{<>=,;|:".contains(c);
    before.chars().next_back().is_none_or(opens) || before.ends_with("file://")
}

/// Eight, four, four, four and twelve hexadecimal digits.
fn match_uuid(before: &str, text: &str) -> Option<(usize, &'static str)> {
    let bytes = text.as_bytes();
    let is_part = |(at, byte): (usize, &u8)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    let is_one = bytes.len() >= 36 && bytes[..36].iter().enumerate().all(is_part);
    (is_one && is_apart(before) && ends_word(&bytes[36..])).then_some((36, "(id)"))
}

/// A digest or an object id of so many hexadecimal digits, and ULIDs.
fn match_identifier(before: &str, text: &str) -> Option<(usize, &'static str)> {
    if !is_apart(before) {
        return None;
    }
    let bytes = text.as_bytes();
    let length = bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let word = &bytes[..length];
    let mixed = word.iter().any(u8::is_ascii_digit) && word.iter().any(u8::is_ascii_alphabetic);
    let digest = matches!(length, 24 | 32 | 40 | 64) && word.iter().all(u8::is_ascii_hexdigit);
    // Crockford's base 32 has neither I, L, O nor U.
    let in_base = |byte: &u8| {
        byte.is_ascii_digit() || (byte.is_ascii_uppercase() && !matches!(byte, b'I' | b'L' | b'O' | b'U'))
    };
    let ulid = length == 26 && word[0] <= b'7' && word.iter().all(in_base);
    (mixed && (digest || ulid)).then_some((length, "(id)"))
}

/// A date, a time of day, or both: `2026-11-23T13:36:05.123Z`, `20261123133605`, `13:36`.
fn match_moment(before: &str, text: &str) -> Option<(usize, &'static str)> {
    if before.ends_with(|c: char| c.is_ascii_digit() || c == ':') {
        return None;
    }
    let date = match_form(text, "dddd-dd-dd")
        .or_else(|| match_form(text, "dddd/dd/dd"))
        .or_else(|| compact_moment(text));
    let Some(date) = date.filter(|_| text.starts_with("19") || text.starts_with("20")) else {
        return time_of_day(text).map(|length| (length, "(time)"));
    };
    let rest = &text[date..];
    let time = rest.strip_prefix(['T', 't', ' ', '_', '-']);
    let time = time
        .and_then(|time| time_of_day(time).or_else(|| match_form(time, "dd-dd-dd")))
        .map(|length| length + 1);
    let end = date + time.unwrap_or(0);
    ends_word(&text.as_bytes()[end..]).then_some((end, "(time)"))
}

/// `20261123133605`, and with a `T` or `-` between date and time.
fn compact_moment(text: &str) -> Option<usize> {
    ["dddddddddddddd", "ddddddddTdddddd", "dddddddd-dddddd"].iter().find_map(|form| match_form(text, form))
}

/// `13:36`, `13:36:05`, `13:36:05.123+01:00`.
fn time_of_day(text: &str) -> Option<usize> {
    let mut end = match_form(text, "dd:dd:dd").or_else(|| match_form(text, "dd:dd"))?;
    if let Some(rest) = text[end..].strip_prefix(['.', ',']) {
        let digits = count_digits(rest);
        end += if digits > 0 { digits + 1 } else { 0 };
    }
    let zone =
        ["+dd:dd", "-dd:dd", "+dddd", "-dddd", "Z"].iter().find_map(|form| match_form(&text[end..], form));
    let end = end + zone.unwrap_or(0);
    ends_word(&text.as_bytes()[end..]).then_some(end)
}

/// `23 Nov 2026`, `Nov 23, 2026`, and the day of the week before it.
fn match_day(before: &str, text: &str) -> Option<(usize, &'static str)> {
    if !is_apart(before) {
        return None;
    }
    let weekday = word_of(text, WEEKDAYS).map_or(0, |length| {
        length + text[length..].bytes().take_while(|byte| matches!(byte, b',' | b' ')).count()
    });
    let date = &text[weekday..];
    let month_last = ["dd ", "d ", "dd-", "d-"].iter().find_map(|form| {
        let day = match_form(date, form)?;
        let month = day + word_of(&date[day..], MONTHS)?;
        [" dddd", "-dddd"].iter().find_map(|form| match_form(&date[month..], form)).map(|year| month + year)
    });
    let month_first = || {
        let month = word_of(date, MONTHS)?;
        let forms = [" dd, dddd", " d, dddd", " dd dddd", " d dddd", " dd", " d"];
        forms.iter().find_map(|form| match_form(&date[month..], form)).map(|day| month + day)
    };
    let end = weekday + month_last.or_else(month_first)?;
    ends_word(&text.as_bytes()[end..]).then_some((end, "(time)"))
}

const WEEKDAYS: &[&str] = &["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

const MONTHS: &[&str] = &["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn word_of(text: &str, words: &[&str]) -> Option<usize> {
    words.iter().find(|word| text.starts_with(**word)).map(|word| word.len())
}

/// Seconds or milliseconds since 1970, of this century's years.
fn match_epoch(before: &str, text: &str) -> Option<(usize, &'static str)> {
    let digits = count_digits(text);
    let near = text.starts_with("20") || (text.starts_with('1') && text.as_bytes().get(1) >= Some(&b'4'));
    let is_one =
        matches!(digits, 10 | 13) && near && is_apart(before) && ends_word(&text.as_bytes()[digits..]);
    is_one.then_some((digits, "(time)"))
}

/// How long it took, in brackets: `(12 ms)`, `[1.5s]`.
fn match_duration(_: &str, text: &str) -> Option<(usize, &'static str)> {
    let inside = text.strip_prefix(['(', '['])?;
    let number = count_digits(inside);
    let fraction = inside[number..].strip_prefix('.').map_or(0, |rest| 1 + count_digits(rest));
    let unit = inside[number + fraction..].trim_start_matches(' ');
    let units = ["ms", "s", "sec", "secs", "seconds", "us", "µs", "ns", "m", "min"];
    let (unit, _) = unit.split_once([')', ']'])?;
    let end = text.find([')', ']'])? + 1;
    (number > 0 && units.contains(&unit)).then_some((end, "(duration)"))
}

/// `port 43121`, `pid=7`, `seed: 3`.
fn match_numbered(before: &str, text: &str) -> Option<(usize, &'static str)> {
    const WORDS: &[(&str, &str)] = &[("port", "(port)"), ("pid", "(process)"), ("seed", "(seed)")];
    let of = |(word, _): &&(&str, &str)| {
        text.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word))
    };
    let (word, shown) = WORDS.iter().find(of)?;
    let rest = &text[word.len()..];
    let between =
        rest.bytes().take_while(|byte| matches!(byte, b' ' | b'=' | b':' | b'-' | b'_' | b'#')).count();
    let number = count_digits(&rest[between.min(2)..]);
    let end = word.len() + between + number;
    let is_one = (1..=2).contains(&between) && number > 0 && is_apart(before);
    (is_one && ends_word(text.as_bytes().get(end..)?)).then_some((end, shown))
}

/// `:43121` behind a host, or by itself.
fn match_port(before: &str, text: &str) -> Option<(usize, &'static str)> {
    let number = count_digits(text.strip_prefix(':')?);
    let host = before.chars().next_back().is_none_or(|c| c.is_alphanumeric() || " ]*".contains(c));
    let end = 1 + number;
    let ended = ends_word(&text.as_bytes()[end..]) && !text[end..].starts_with(':');
    (host && ended && matches!(number, 4 | 5)).then_some((end, ":(port)"))
}

/// `1.2.3`, `v1.2`, `py3.12`, `Firefox 121.0`, with what may follow: `-rc.1`. Two numbers alone can
/// be a decimal fraction.
fn match_version(before: &str, text: &str) -> Option<(usize, &'static str)> {
    let v = usize::from(is_apart(before) && text.starts_with(['v', 'V']));
    if before.ends_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let (mut end, mut numbers) = (v + count_digits(&text[v..]), 1);
    if end == v {
        return None;
    }
    while let Some(more) = text[end..].strip_prefix('.').map(count_digits).filter(|more| *more > 0) {
        (end, numbers) = (end + 1 + more, numbers + 1);
    }
    if numbers < 2 || (numbers == 2 && v == 0 && !is_of_a_product(before)) {
        return None;
    }
    let suffix = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_');
    let more = text[end..].find(|c: char| !suffix(c)).unwrap_or(text.len() - end);
    let more = text[end..end + more].trim_end_matches(['.', '-', '+', '_']).len();
    Some((end + more, "(version)"))
}

/// Does a name stand right before it, as in `py3.12`, `node@20.1` or `Firefox 121.0`?
fn is_of_a_product(before: &str) -> bool {
    let letter = |text: &str| text.ends_with(|c: char| c.is_ascii_alphabetic());
    let joined = before.strip_suffix(['-', '@', '/']).unwrap_or(before);
    let word = before.strip_suffix(' ').and_then(|text| text.rsplit([' ', '(', '[', '"']).next());
    let named = |word: &str| {
        word.eq_ignore_ascii_case("version") || word.starts_with(|c: char| c.is_ascii_uppercase())
    };
    letter(joined) || word.is_some_and(named)
}

/// How long the text is that begins so: `d` stands for a digit, everything else for itself.
fn match_form(text: &str, form: &str) -> Option<usize> {
    let bytes = text.as_bytes().get(..form.len())?;
    let fits = |(byte, form): (&u8, u8)| if form == b'd' { byte.is_ascii_digit() } else { *byte == form };
    bytes.iter().zip(form.bytes()).all(fits).then_some(form.len())
}

fn count_digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn count_hexadecimal(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_hexdigit).count()
}

/// Does no word end right before it?
fn is_apart(before: &str) -> bool {
    !before.ends_with(|c: char| c.is_alphanumeric())
}

/// Does no word go on behind it?
fn ends_word(rest: &[u8]) -> bool {
    rest.first().is_none_or(|byte| !byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_home_is_left_out_where_a_path_begins() {
        for (name, expected) in [
            ("/home/robin/src/a.test.mjs > ok", "(home)/src/a.test.mjs > ok"),
            ("s > /Users/robin", "s > (home)"),
            ("C:\\Users\\robin\\a.js", "C:(home)\\a.js"),
            ("file:///home/robin/a", "file://(home)/a"),
        ] {
            assert_eq!(without_home(name), expected);
            assert_eq!(without_home(expected), expected);
        }
        for name in
            ["GET /api/Users/7", "x/home/y", "https://a.test/home/z", "/tmp/home", "~/home/x", "/homes/x"]
        {
            assert_eq!(without_home(name), name);
        }
    }

    #[test]
    fn what_changes_from_run_to_run_is_replaced() {
        for (name, expected) in [
            ("load[<Loader object at 0x7f2a10c3b5e0>]", "load[<Loader object at 0x(address)>]"),
            ("TestX/0xc00012a000", "TestX/0x(address)"),
            ("loads(a.Loader@1b6d3586)", "loads(a.Loader@(address))"),
            ("reads /tmp/pytest-of-robin/pytest-3/x.csv, then ends", "reads (temporary), then ends"),
            ("C:\\Users\\robin\\AppData\\Local\\Temp\\x", "C:(home)(temporary)"),
            ("for 5f0c954e-7f3c-4a7e-9d0a-3a8f7c2f1b11", "for (id)"),
            ("row 507f1f77bcf86cd799439011", "row (id)"),
            ("row 01ARZ3NDEKTSV4RRFFQ69G5FAV", "row (id)"),
            ("at 2026-11-23T13:36:05.123+01:00, ends", "at (time), ends"),
            ("2026-11-23 13:36", "(time)"),
            ("before 2026/11/23", "before (time)"),
            ("t.A-20261123133605 > x", "t.A-(time) > x"),
            ("log-20261123T133605", "log-(time)"),
            ("on Mon, 23 Nov 2026 13:36:05 GMT", "on (time) (time) GMT"),
            ("on Nov 23, 2026", "on (time)"),
            ("run 1764390051", "run (time)"),
            ("loads (12 ms)", "loads (duration)"),
            ("loads [1.5s]", "loads (duration)"),
            ("listens on port 43121", "listens on (port)"),
            ("http://127.0.0.1:8080/x", "http://(version):(port)/x"),
            ("[seed=77]", "[(seed)]"),
            ("reads 1.95.0-nightly", "reads (version)"),
            ("Firefox 121.0 (Linux)", "Firefox (version) (Linux)"),
            ("test[py3.12]", "test[py(version)]"),
            ("node@20.1, v1.2", "node@(version), (version)"),
        ] {
            assert_eq!(between_runs(name), expected);
            assert_eq!(between_runs(expected), expected);
        }
    }

    #[test]
    fn parameters_stay() {
        for name in [
            "mask[0xdeadbeef]",
            "a at 0x1f",
            "robin@example.test",
            "x@abcdef.test",
            "é/tmp",
            "0xc0",
            "@",
            "rate[0.5]",
            "adds 1 and 12345",
            "1000000007",
            "GET /api/tmp/x",
            "api v2",
            "ratio 4:30",
            "a > b.rs:12",
            "portable 3",
            "waits 5 s",
            "deadbeef",
            "May 1st",
        ] {
            assert_eq!(between_runs(name), name);
        }
    }

    /// The same with every rule asked at every place.
    fn everywhere(name: &str) -> Cow<'_, str> {
        let rules: Vec<(Begins, NameRule)> =
            RULES.iter().map(|(_, rule)| ((|_| true) as Begins, *rule)).collect();
        replaced_name(name, &rules, |bytes, at| {
            (at..bytes.len()).find(|at| !matches!(bytes[*at], 0x80..0xc0))
        })
    }

    proptest! {
        #[test]
        fn names_of_pieces_that_nearly_apply(
            parts in proptest::collection::vec(prop_oneof![
                "[0-9]{1,15}", "[0-9a-f]{7,9}", "[0-9A-F]{23,27}", "[a-z0-9]{31,33}", "[0-9a-f]{39,41}", "[0-9a-f]{63,65}",
                "[0-9]{1,4}[-/:. T][0-9]{1,4}[-/:. T][0-9]{1,6}", "(19|20)[0-9]{2}[-/][0-9]{2}[-/][0-9]{2}", "[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{4})?",
                "(Mon|Sun|Wed)[, ]{0,2}", "[0-9]{1,2}[ -](Nov|May|Sep)[ -][0-9]{4}", "(Nov|May|Dec|Feb) [0-9]{1,2}(, 2026)?",
                "[vV]?[0-9]{1,3}(\\.[0-9]{1,3}){1,3}", "[pP]ort[ =:_#-]{1,3}[0-9]{1,4}", "(pid|PID|seed|Seed|SEED)[=: ][0-9]",
                ":[0-9]{3,6}", "0xc000[0-9a-f]{2,4}", " at 0x[0-9a-f]{5,7}", "@[0-9a-f]{5,9}", "[(\\[][0-9]{1,2}(\\.5)? ?(ms|s|min|x)[)\\]]",
                "(/tmp/|/private/tmp/|/var/folders/|/home/|/Users/|\\\\Users\\\\|\\\\AppData\\\\Local\\\\Temp\\\\)[a-z]{0,3}",
                "[ -~]{1,3}", "[é\u{202f}Ⅷ٣]", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            ], 0..7),
            joint in prop_oneof![Just(""), Just(" "), Just("_"), Just("a"), Just("0"), Just(" > ")],
        ) {
            let name = parts.join(joint);
            prop_assert_eq!(between_runs(&name), everywhere(&name));
        }

        #[test]
        fn arbitrary_names_never_panic(name in ".{0,60}") {
            let once = between_runs(&name).into_owned();
            let _ = (without_home(&name), between_runs(&once));
        }

        #[test]
        fn parts_that_look_like_something_never_panic(
            parts in proptest::collection::vec(prop_oneof![
                Just("/home/"), Just("/tmp/"), Just("0xc000"), Just("@abcdef"), Just("2026-11-23"), Just("T13:36"), Just(":4312"),
                Just("port "), Just("é"), Just("1.2"), Just(".3"), Just("v"), Just("Nov "), Just("23 "), Just("("), Just("ms)"), Just("5"),
            ], 0..12),
        ) {
            let name = parts.concat();
            prop_assert_eq!(between_runs(&name), everywhere(&name));
        }

        #[test]
        fn rules_are_only_asked_where_they_can_apply(name in "[ -~é]{0,40}") {
            prop_assert_eq!(between_runs(&name), everywhere(&name));
        }
    }
}
