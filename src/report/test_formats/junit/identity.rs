//! The name under which a test is known.
//!
//! `suites > class > name`: the names of the enclosing `testsuite` elements from the outside in,
//! the `classname` (or `class`), and the `name`, joined with ` > `. The name of `testsuites` is
//! left out: it names the runner, not the test. So are
//!
//! - empty parts,
//! - the place on this machine that PHPUnit gives its outermost suite for a name,
//! - a class that is also the name of the test or of an enclosing suite,
//! - the time that some runners append to a suite's name (`-` and fourteen digits,
//!   unittest-xml-reporting), because it would make a new test of every run.
//!
//! Where the place or the time tells two tests of one report apart, it stays. Where a name is
//! missing, `id` takes its place; a test without either is `(unnamed)`. Two tests with the same
//! identity cannot be told apart: the worst of them decides.

use portcullis_testrun::test_run::SEPARATOR;

/// The identity of a test below a path of suites, each with [`suite_step`]. The class is empty
/// where a suite says it already.
pub fn test_identity(path: &str, class: &str, name: &str) -> String {
    let name = if name.is_empty() { "(unnamed)" } else { name };
    let (class, separator) = if class.is_empty() || class == name { ("", "") } else { (class, SEPARATOR) };
    [path, class, separator, name].concat()
}

/// What a suite of this name adds to a path.
pub fn suite_step(name: &str) -> String {
    if name.is_empty() { String::new() } else { [name, SEPARATOR].concat() }
}

/// The name of a suite without the time at its end.
pub fn without_time(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((rest, time)) if time.len() == 14 && time.bytes().all(|b| b.is_ascii_digit()) => rest,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_left_out_when_they_are_empty_or_said_already() {
        let id = |suites: &[&str], class: &str, name: &str| {
            let suites: Vec<&str> = suites.iter().map(|suite| without_time(suite)).collect();
            let path: String = suites.iter().map(|suite| suite_step(suite)).collect();
            test_identity(&path, if suites.contains(&class) { "" } else { class }, name)
        };
        assert_eq!(id(&["demo"], "demo", "t::a"), "demo > t::a");
        assert_eq!(id(&["", "x"], "", "a"), "x > a");
        assert_eq!(id(&[], "whole", "whole"), "whole");
        assert_eq!(id(&["A", "A::p"], "A", "p 1"), "A > A::p > p 1");
        assert_eq!(id(&["pytest"], "test_a.K", "test_x"), "pytest > test_a.K > test_x");
        assert_eq!(id(&["t.A-20261123133605"], "t.A", "x"), "t.A > x");
        assert_eq!(id(&["t.A-2026"], "", ""), "t.A-2026 > (unnamed)");
    }
}
