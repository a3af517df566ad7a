//! The name under which a test is known.
//!
//! `suites > class > name`: the names of the enclosing `testsuite` elements from the outside in, the
//! `classname` (or `class`), and the `name`, joined with ` > `. The name of `testsuites` is left out: it names the runner,
//! not the test. So are
//!
//! - empty parts,
//! - the place on this machine that PHPUnit gives its outermost suite for a name,
//! - a class that is also the name of the test or of an enclosing suite,
//! - the time that some runners append to a suite's name (`-` and fourteen digits, unittest-xml-reporting),
//!   because it would make a new test of every run.
//!
//! Where a name is missing, `id` takes its place; a test without either is `(unnamed)`. Two tests with the same
//! identity cannot be told apart: they count as attempts of one test, and the worst of them decides.

use crate::model::test_run::SEPARATOR;

/// The identity of a test; the suites are those around it from the outside in, [`without_time`].
pub fn identity<'a>(suites: impl Iterator<Item = &'a str> + Clone, class: &'a str, name: &str) -> String {
    let around: usize = suites.clone().chain([class]).map(|part| part.len() + SEPARATOR.len()).sum();
    let mut id = String::with_capacity(around + name.len());
    let mut said = class.is_empty() || class == name;
    for suite in suites.filter(|suite| !suite.is_empty()) {
        id.push_str(suite);
        id.push_str(SEPARATOR);
        said |= suite == class;
    }
    if !said {
        id.push_str(class);
        id.push_str(SEPARATOR);
    }
    id.push_str(if name.is_empty() { "(unnamed)" } else { name });
    id
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
        let id = |suites: &[&'static str], class, name| {
            identity(suites.iter().copied().map(without_time), class, name)
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
