//! How tests look in each language: a table of heuristics, each of them a regular expression over
//! source text whose comments and strings are blanked out.
//!
//! They know the common runners of a language and not all of them. What they do not know is not
//! found, and nothing is ever allowed because nothing was found.

use crate::test_source::mask::Quoting;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// Where the body of a test is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestBody {
    /// Between the next `{` and its `}`.
    Braces,
    /// Between the `(` that ends the match and its `)`.
    Call,
    /// The lines that are further right than the first.
    Indent,
}

/// One language.
#[derive(Debug)]
pub struct TestLanguage {
    /// The ends of its files' names.
    pub extensions: &'static [&'static str],
    /// Its comments and strings.
    pub quoting: Quoting,
    /// The beginning of what may be a test. The group `name` is its name; where the name is a
    /// string, the match ends before it.
    pub header: TestRule,
    /// What has to be above the beginning (attributes, annotations), or in it, for it to be a test.
    pub mark: Option<TestRule>,
    /// Where the body is.
    pub body: TestBody,
    /// One assertion.
    pub assertion: TestRule,
    /// An assertion that always holds.
    pub trivial: TestRule,
    /// What makes the runner skip a test or expect it to fail: above it, in its beginning or in its
    /// body.
    pub skip: TestRule,
    /// What makes the runner leave out every other test.
    pub alone: TestRule,
}

/// The language of a file, by the end of its name.
pub fn of(path: &[u8]) -> Option<&'static TestLanguage> {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let name = std::str::from_utf8(name).ok()?;
    let extension = name.rsplit_once('.')?.1.to_ascii_lowercase();
    TABLE.iter().find(|language| language.extensions.contains(&extension.as_str()))
}

/// A regular expression over several lines, or nothing, which never matches.
#[derive(Debug)]
pub struct TestRule(Option<Regex>);

impl TestRule {
    const NEVER: TestRule = TestRule(None);

    /// Does it match anywhere?
    pub fn is_in(&self, text: &str) -> bool {
        self.0.as_ref().is_some_and(|regex| regex.is_match(text))
    }

    /// Where it matches.
    pub fn places<'t>(&self, text: &'t str) -> impl Iterator<Item = Range<usize>> + use<'_, 't> {
        self.0.iter().flat_map(move |regex| regex.find_iter(text).map(|found| found.range()))
    }

    /// Where it matches, and the group `name`.
    pub fn named<'t>(
        &self,
        text: &'t str,
    ) -> impl Iterator<Item = (Range<usize>, Option<&'t str>)> + use<'_, 't> {
        let captures = self.0.iter().flat_map(move |regex| regex.captures_iter(text));
        captures.filter_map(|captures| {
            Some((captures.get(0)?.range(), captures.name("name").map(|it| it.as_str())))
        })
    }
}

/// A rule of the table. That each of them compiles is for a test to say.
fn test_rule(text: &str) -> TestRule {
    TestRule(Regex::new(&format!("(?m){text}")).ok())
}

const C_LIKE: Quoting = Quoting {
    line_comments: &["//"],
    block_comment: Some(("/*", "*/")),
    quotes: b"\"",
    long_quotes: &["\"\"\""],
    characters: true,
};

static TABLE: LazyLock<Vec<TestLanguage>> =
    LazyLock::new(|| vec![rust(), python(), script(), jvm(), c_sharp(), go(), ruby(), php(), shell(), sql()]);

fn rust() -> TestLanguage {
    TestLanguage {
        extensions: &["rs"],
        quoting: Quoting { quotes: b"", long_quotes: &["\""], ..C_LIKE },
        header: test_rule(r"^[ \t]*(?:pub(?:\([^)]*\))? +)?(?:const +|async +|unsafe +)*fn +(?P<name>\w+)"),
        mark: Some(test_rule(
            r"#\[\s*(?:\w+::)*(?:test|rstest|test_case|case|quickcheck|test_matrix|wasm_bindgen_test)\b",
        )),
        body: TestBody::Braces,
        assertion: test_rule(
            r"\b(?:debug_)?(?:prop_)?assert\w*!|\b(?:expect_that|verify_that|assert_that)!|\.assert\w*\(|\bpanic!|\.(?:success|failure|stdout|stderr)\(",
        ),
        trivial: test_rule(
            r"\bassert!\s*\(\s*true\b|\bassert_eq!\s*\(\s*(?:true\s*,\s*true|1\s*,\s*1|\(\)\s*,\s*\(\))\s*[,)]",
        ),
        skip: test_rule(
            r"#\[\s*(?:ignore\b|cfg\s*\(\s*(?:any\s*\(\s*\)|FALSE|never|false)|cfg_attr\s*\([^\]]*\bignore\b)",
        ),
        alone: TestRule::NEVER,
    }
}

fn python() -> TestLanguage {
    TestLanguage {
        extensions: &["py"],
        quoting: Quoting {
            line_comments: &["#"],
            block_comment: None,
            quotes: b"\"'",
            long_quotes: &["\"\"\"", "'''"],
            characters: false,
        },
        header: test_rule(r"^[ \t]*(?:async +)?def +(?P<name>test\w*)"),
        mark: None,
        body: TestBody::Indent,
        assertion: test_rule(
            r"^\s*assert\b|\bself\.(?:assert\w+|fail)\s*\(|\bpytest\.(?:raises|warns|fail|approx)\b|\.assert_\w+\s*\(|\bassert_\w+\s*\(",
        ),
        trivial: test_rule(
            r"^\s*assert\s*\(?\s*(?:True|1|1\s*==\s*1|not\s+False)\s*\)?\s*(?:,|$)|\bassertTrue\s*\(\s*True\b|\bassertEqual\s*\(\s*(?:1\s*,\s*1|True\s*,\s*True)\s*\)",
        ),
        skip: test_rule(
            r"@(?:pytest\.mark\.|unittest\.|nose\.)?(?:skip\w*|xfail|expectedFailure)\b|\bpytest\.(?:skip|xfail|importorskip)\s*\(|\bself\.skipTest\s*\(|\braise\s+(?:unittest\.)?SkipTest\b|\bpytestmark\b.*\b(?:skip\w*|xfail)\b|\b__test__\s*=\s*False",
        ),
        alone: TestRule::NEVER,
    }
}

fn script() -> TestLanguage {
    TestLanguage {
        extensions: &["js", "jsx", "ts", "tsx", "mjs", "cjs", "mts", "cts"],
        quoting: Quoting { quotes: b"\"'", long_quotes: &["`"], characters: false, ..C_LIKE },
        header: test_rule(
            r"^[ \t]*(?:await +)?(?:[xf]?(?:it|test|specify)|Deno\.test)(?:\.(?:only|skip|todo|fixme|fails?|failing|concurrent|sequential|each|skipIf|runIf))*(?:\([^()\n]*\)|`[^`]*`)?\((?P<name>)",
        ),
        mark: None,
        body: TestBody::Call,
        assertion: test_rule(
            r"\bexpect(?:\.soft|\.poll|TypeOf)?\s*\(|\bassert(?:\.\w+)*\s*\(|\.should\b|\bt\.(?:is|not|deepEqual|equal|same|true|false|throws\w*|like|regex|ok|assert|fail|strictEqual|match|snapshot)\s*\(",
        ),
        trivial: test_rule(
            r"\bexpect\s*\(\s*(?:(?:true|1)\s*\)\s*\.\s*(?:toBe|toEqual|toStrictEqual)\s*\(\s*(?:true|1)\s*\)|true\s*\)\s*\.\s*toBeTruthy)|\bassert(?:\.ok|\.isTrue)?\s*\(\s*true\s*[,)]",
        ),
        skip: test_rule(
            r"\b(?:it|test|specify|describe|context|suite)(?:\.\w+)*\.(?:skip|todo|fixme|fails?|failing)\b|\bx(?:it|test|specify|describe|context)\s*[(.`]|\bthis\.skip\s*\(|\bpending\s*\(|\bt\.skip\s*\(|\bctx\.skip\s*\(",
        ),
        alone: test_rule(
            r"\b(?:it|test|specify|describe|context|suite)(?:\.\w+)*\.only\b|\bf(?:it|test|describe|context)\s*\(",
        ),
    }
}

fn jvm() -> TestLanguage {
    TestLanguage {
        extensions: &["java", "kt", "kts", "groovy", "scala"],
        quoting: C_LIKE,
        header: test_rule(
            r"^[ \t]*(?:@\w+(?:\([^)\n]*\))? +)*(?:(?:public|protected|private|internal|final|static|suspend|open|override) +)*(?:void|fun|def|[A-Z]\w*(?:<[^>\n]*>)?) +(?P<name>\w+|`[^`\n]*`) *\(",
        ),
        mark: Some(test_rule(
            r"@(?:\w+\.)*(?:Test|ParameterizedTest|RepeatedTest|TestFactory|TestTemplate|Property)\b",
        )),
        body: TestBody::Braces,
        assertion: test_rule(
            r"\b(?:assert\w*|expect\w*|verify\w*|fail)\s*[({<]|\.(?:andExpect|should\w*|isEqualTo|assert\w*)\s*\(|\bshould\w*\b|\bassert\b",
        ),
        trivial: test_rule(
            r"\bassert(?:True|That)?\s*\(\s*true\s*[,)]|\bassertEquals\s*\(\s*(?:1\s*,\s*1|true\s*,\s*true)\s*[,)]",
        ),
        skip: test_rule(
            r"@(?:\w+\.)*(?:Disabled|Ignore)\w*\b|\benabled\s*=\s*false|\bassumeTrue\s*\(\s*false\b|\bassumeFalse\s*\(\s*true\b|\bthrow\s+(?:new\s+)?(?:\w+\.)*(?:SkipException|TestAbortedException)\b|\bAssumptions\.abort\s*\(",
        ),
        alone: TestRule::NEVER,
    }
}

fn c_sharp() -> TestLanguage {
    TestLanguage {
        extensions: &["cs", "fs", "vb"],
        quoting: C_LIKE,
        header: test_rule(
            r"^[ \t]*(?:\[[^\]\n]*\] *)*(?:(?:public|internal|private|protected|static|async|virtual|override|sealed) +)+(?:void|(?:System\.Threading\.Tasks\.)?(?:Value)?Task(?:<[^>\n]*>)?) +(?P<name>\w+) *\(",
        ),
        mark: Some(test_rule(
            r"\[(?:[^\]\n]*[,\s.])?(?:Fact|Theory|Test|TestCase\w*|TestMethod|DataTestMethod|Property)\b",
        )),
        body: TestBody::Braces,
        assertion: test_rule(
            r"\b(?:Assert|StringAssert|CollectionAssert|Check|Verifier)\.\w+|\.Should\w*\s*\(|\.Verify\w*\s*\(|\.Received\w*\s*\(",
        ),
        trivial: test_rule(
            r"\bAssert\.(?:True|IsTrue|That)\s*\(\s*true\s*[,)]|\bAssert\.(?:Equal|AreEqual)\s*\(\s*(?:1\s*,\s*1|true\s*,\s*true)\s*[,)]",
        ),
        skip: test_rule(
            r"\[(?:[^\]\n]*[,\s.])?(?:Ignore|Explicit)\b|\bSkip\w*\s*=\s*[^=]|\bAssert\.(?:Ignore|Inconclusive|Skip\w*)\s*\(",
        ),
        alone: TestRule::NEVER,
    }
}

fn go() -> TestLanguage {
    TestLanguage {
        extensions: &["go"],
        quoting: Quoting { long_quotes: &["`"], ..C_LIKE },
        header: test_rule(r"^func (?:\([^)\n]*\) *)?(?P<name>(?:Test|Fuzz|Example)\w*) *\("),
        mark: None,
        body: TestBody::Braces,
        assertion: test_rule(
            r"\b[tbf]\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\s*\(|\b(?:assert|require|is|qt|check|must)\.\w+\s*\(|\bcmp\.Diff\s*\(|\bExpect\s*\(|\.Assert\s*\(",
        ),
        trivial: test_rule(
            r"\b(?:assert|require)\.True\s*\(\s*\w+\s*,\s*true\s*[,)]|\b(?:assert|require)\.Equal\s*\(\s*\w+\s*,\s*1\s*,\s*1\s*[,)]",
        ),
        skip: test_rule(r"\b[tbf]\.Skip(?:f|Now)?\s*\("),
        alone: TestRule::NEVER,
    }
}

fn ruby() -> TestLanguage {
    TestLanguage {
        extensions: &["rb"],
        quoting: Quoting {
            line_comments: &["#"],
            block_comment: None,
            quotes: b"\"'",
            long_quotes: &[],
            characters: false,
        },
        header: test_rule(
            r"^[ \t]*(?:def +(?P<name>test_\w+[?!]?)|(?:[xf]?(?:it|specify|example)|test|scenario|pending|skip)[ (]+(?:['\x22]))",
        ),
        mark: None,
        body: TestBody::Indent,
        assertion: test_rule(
            r"\bassert\w*\b|\brefute\w*\b|\bexpect\b|\.(?:must|wont|should)\w*\b|\bflunk\b|\bis_expected\b",
        ),
        trivial: test_rule(
            r"\bassert\s*\(?\s*true\b|\bassert_equal\s*\(?\s*(?:1\s*,\s*1|true\s*,\s*true)\b|\bexpect\s*\(\s*true\s*\)",
        ),
        skip: test_rule(
            r"^[ \t]*(?:skip|pending|omit|pend)\b|^[ \t]*x(?:it|specify|describe|context|example)\b|,\s*(?:skip|pending):|,\s*:(?:skip|pending)\b",
        ),
        alone: test_rule(r"^[ \t]*f(?:it|describe|context|specify|example)\b|,\s*(?::focus\b|focus:\s*true)"),
    }
}

fn php() -> TestLanguage {
    TestLanguage {
        extensions: &["php"],
        quoting: Quoting {
            line_comments: &["//", "#"],
            quotes: b"\"'",
            long_quotes: &[],
            characters: false,
            ..C_LIKE
        },
        header: test_rule(
            r"^[ \t]*(?:#\[[^\]\n]*\] *)*(?:(?:public|final|static) +)*function +(?P<name>\w+) *\(",
        ),
        mark: Some(test_rule(r"\bfunction +test|#\[(?:[^\]\n]*[,\s\\])?(?:Test|TestWith|DataProvider)\b")),
        body: TestBody::Braces,
        assertion: test_rule(
            r"(?:\$this->|self::|static::|Assert::)(?:assert\w+|expect\w+|fail)\s*\(|\bexpect\s*\(|->should\w*\s*\(",
        ),
        trivial: test_rule(
            r"assertTrue\s*\(\s*true\b|assertEquals\s*\(\s*(?:1\s*,\s*1|true\s*,\s*true)\s*[,)]|assertSame\s*\(\s*(?:1\s*,\s*1|true\s*,\s*true)\s*[,)]",
        ),
        skip: test_rule(
            r"\bmarkTest(?:Skipped|Incomplete)\s*\(|#\[(?:[^\]\n]*[,\s\\])?(?:Requires|Ignore)\w*\b|->(?:skip|todo)\s*\(",
        ),
        alone: test_rule(r"->only\s*\("),
    }
}

fn shell() -> TestLanguage {
    TestLanguage {
        extensions: &["bats", "sh", "bash"],
        quoting: Quoting {
            line_comments: &["#"],
            block_comment: None,
            quotes: b"",
            long_quotes: &["\"", "'"],
            characters: false,
        },
        header: test_rule(r"^[ \t]*(?:@test +(?:['\x22])|(?:function +)?(?P<name>test_?\w+) *\(\))"),
        mark: None,
        body: TestBody::Braces,
        assertion: test_rule(
            r"^\s*(?:\[\[? |test +[-!\w$\x22]|assert\w*\b|refute\w*\b|run +)|\b(?:assert|refute)_\w+|\|\s*grep\b|\b(?:diff|cmp) ",
        ),
        trivial: test_rule(r"^\s*(?:\[\[? +(?:1 +-eq +1|true) +\]|assert true\b)"),
        skip: test_rule(r"^[ \t]*skip\b|\bstartSkipping\b"),
        alone: test_rule(r"bats:focus"),
    }
}

/// pgTAP: assertions, and no functions that could be told from others.
fn sql() -> TestLanguage {
    TestLanguage {
        extensions: &["sql", "pg"],
        quoting: Quoting {
            line_comments: &["--"],
            block_comment: Some(("/*", "*/")),
            quotes: b"",
            long_quotes: &["'"],
            characters: false,
        },
        header: TestRule::NEVER,
        mark: None,
        body: TestBody::Braces,
        assertion: test_rule(
            r"(?i)\b(?:select|return\s+next|perform)\s+(?:\*\s+from\s+)?(?:\w+\.)?(?:ok|is|isnt|matches|alike|cmp_ok|pass|fail|isa_ok|throws_\w+|lives_ok|results_\w+|set_\w+|bag_\w+|is_empty|isnt_empty|row_eq|has_\w+|hasnt_\w+|col_\w+|fk_ok|\w+_are|\w+_is|\w+_privs_are)\s*\(",
        ),
        trivial: test_rule(r"(?i)\bok\s*\(\s*true\b"),
        skip: test_rule(r"(?i)\b(?:select|return\s+next)\s+(?:\*\s+from\s+)?(?:skip|todo\w*)\s*\("),
        alone: TestRule::NEVER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_compiles() {
        for language in TABLE.iter() {
            let TestLanguage { extensions, header, mark, assertion, trivial, skip, alone, .. } = language;
            let rules =
                [Some(header), mark.as_ref(), Some(assertion), Some(trivial), Some(skip), Some(alone)];
            let missing = rules.iter().flatten().filter(|rule| rule.0.is_none()).count();
            let none = usize::from(extensions.contains(&"sql"));
            let everywhere = ["js", "rb", "php", "bats"].iter().any(|one| extensions.contains(one));
            assert_eq!(missing, none + usize::from(!everywhere), "{extensions:?}");
        }
    }
}
