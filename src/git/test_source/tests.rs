//! Real-looking samples of each language, each of them weakened in the ways that a hurried author
//! would.

use crate::test_source::compare::{TestSourceChange, compare_sources};
use crate::test_source::language;
use crate::test_source::outline::outline_text;
use portcullis_model::path::RepoPath;
use proptest::prelude::*;

fn source(old: Option<(&str, &str)>, new: Option<(&str, &str)>) -> TestSourceChange {
    let read = |side: Option<(&str, &str)>| {
        side.map(|(path, text)| outline_text(text, language::of(path.as_bytes()).unwrap()))
    };
    let path = |side: Option<(&str, &str)>| side.map(|(path, _)| RepoPath::from(path));
    TestSourceChange { old_path: path(old), new_path: path(new), old: read(old), new: read(new) }
}

fn shown(sources: &[TestSourceChange]) -> Vec<String> {
    let one = |loss: portcullis_model::test_source::Weakening| {
        let line = loss.line.map_or_else(|| "-".to_string(), |line| line.to_string());
        format!("{line} {}: {}", loss.test.as_deref().unwrap_or("*"), loss.loss)
    };
    compare_sources(sources).into_iter().map(one).collect()
}

/// What an edit of a file loses.
fn lost(path: &str, old: &str, new: &str) -> Vec<String> {
    shown(&[source(Some((path, old)), Some((path, new)))])
}

/// Each edit replaces one part of the text by another, and loses exactly this.
fn edits(path: &str, text: &str, edits: &[(&str, &str, &str)]) {
    assert_eq!(lost(path, text, text), Vec::<String>::new());
    for (from, to, loss) in edits {
        assert!(text.contains(from), "{path}: {from}");
        let found = lost(path, text, &text.replacen(from, to, 1)).join("; ");
        assert_eq!(found, *loss, "{path}: {from} -> {to}");
    }
}

#[test]
fn rust() {
    let text = r##"
use upload::load;

/// Not a test: it only helps.
fn sample() -> String { r#"{"id": 1}"#.to_string() }

#[test]
fn rejects_test_data() {
    let outcome = load(&sample());
    assert!(outcome.is_err(), "a brace { in a string");
    assert_eq!(outcome.unwrap_err().code, '}');
}

#[tokio::test]
#[cfg(unix)]
async fn deletes<'a>() {
    // assert!(false);
    assert_ne!(load("x").await, None);
}
"##;
    edits(
        "tests/load.rs",
        text,
        &[
            (
                "    assert_eq!(outcome.unwrap_err().code, '}');\n",
                "",
                "8 rejects_test_data: assertions removed: 2 before, 1 now",
            ),
            ("    assert_ne!", "    // assert_ne!", "16 deletes: its body is empty"),
            (
                "#[test]\n",
                "#[test]\n#[ignore = \"slow\"]\n",
                "9 rejects_test_data: newly skipped, or expected to fail",
            ),
            ("#[cfg(unix)]", "#[cfg(any())]", "16 deletes: newly skipped, or expected to fail"),
            ("#[test]\n", "", "- rejects_test_data: removed, or no longer a test"),
            (
                "assert_ne!(load(\"x\").await, None)",
                "assert!(true)",
                "16 deletes: assertions removed: 1 before, 0 now",
            ),
            ("fn rejects_test_data", "fn rejects_all_test_data", ""),
            (
                "    assert!(outcome.is_err(), \"a brace { in a string\");",
                "    assert!(\n        outcome.is_err(),\n    );",
                "",
            ),
        ],
    );
}

#[test]
fn python() {
    let text = r#"
import pytest


class TestUpload:
    """A test of uploads: assert nothing here."""

    @pytest.mark.parametrize("row", ["a", "b"])
    def test_rejects(
        self, row
    ):
        """It rejects."""
        with pytest.raises(ValueError):
            load(row)
        assert count() == 0  # assert

    def test_deletes(self):
        # gone means gone
        self.assertEqual(count(), 0)
        self.assertTrue(True)


def helper():
    assert count() == 0
"#;
    edits(
        "tests/test_upload.py",
        text,
        &[
            (
                "        assert count() == 0  # assert\n",
                "",
                "9 test_rejects: assertions removed: 2 before, 1 now",
            ),
            (
                "        # gone means gone\n        self.assertEqual(count(), 0)\n        self.assertTrue(True)\n",
                "        \"\"\"Later.\"\"\"\n        pass\n",
                "17 test_deletes: its body is empty",
            ),
            (
                "    @pytest.mark.para",
                "    @pytest.mark.skip\n    @pytest.mark.para",
                "10 test_rejects: newly skipped, or expected to fail",
            ),
            (
                "        # gone means gone\n",
                "        pytest.skip('later')\n",
                "17 test_deletes: newly skipped, or expected to fail",
            ),
            (
                "import pytest\n",
                "import pytest\npytestmark = pytest.mark.skip\n",
                "3 *: newly skipped, or expected to fail",
            ),
            ("def test_deletes", "def xtest_deletes", "- test_deletes: removed, or no longer a test"),
            ("    assert count() == 0\n\"", "    pass\n\"", ""),
            (
                "self.assertEqual(count(), 0)",
                "self.assertEqual(1, 1)",
                "17 test_deletes: assertions removed: 1 before, 0 now",
            ),
        ][..6],
    );
    let helper = lost(
        "t.py",
        text,
        &text.replace("def helper():\n    assert count() == 0", "def helper():\n    pass"),
    );
    assert_eq!(helper, ["- *: assertions removed: 1 before, 0 now"]);
    let trivial = lost("t.py", text, &text.replace("assertEqual(count(), 0)", "assertEqual(1, 1)"));
    assert_eq!(trivial, ["17 test_deletes: assertions removed: 1 before, 0 now"]);
}

#[test]
fn javascript_and_typescript() {
    let text = r#"
import { load } from '../src/load';

describe('upload', () => {
  beforeEach(() => reset());

  it('rejects test data (all of it)', async () => {
    await expect(load({ nominal: "it's" })).rejects.toThrow();
    expect(rows()).toHaveLength(0);
  });

  test.each([[1], [2]])('deletes %i', (n) => {
    expect(remove(n)).toBe(true);
  });
});
"#;
    for path in ["a.test.js", "a.spec.tsx", "a.mts"] {
        edits(
            path,
            text,
            &[
                (
                    "    expect(rows()).toHaveLength(0);\n",
                    "",
                    "7 rejects test data (all of it): assertions removed: 2 before, 1 now",
                ),
                (
                    "  it('rejects",
                    "  it.skip('rejects",
                    "7 rejects test data (all of it): newly skipped, or expected to fail",
                ),
                (
                    "  it('rejects",
                    "  xit('rejects",
                    "7 rejects test data (all of it): newly skipped, or expected to fail",
                ),
                ("    expect(remove(n)).toBe(true);\n", "", "12 deletes %i: its body is empty"),
                ("describe('upload'", "describe.skip('upload'", "4 *: newly skipped, or expected to fail"),
                ("  it('rejects", "  it.only('rejects", "7 *: newly marked to run alone, without the others"),
                (
                    "    expect(remove(n)).toBe(true);",
                    "    expect(true).toBe(true);",
                    "12 deletes %i: assertions removed: 1 before, 0 now",
                ),
                ("'deletes %i'", "'removes %i'", ""),
                (
                    "    expect(remove(n)).toBe(true);",
                    "    /* expect(remove(n)).toBe(true); */ remove(n);",
                    "12 deletes %i: assertions removed: 1 before, 0 now",
                ),
            ],
        );
    }
}

#[test]
fn java_and_kotlin() {
    let java = r#"
class UploadTest {
    @Test
    @DisplayName("rejects { test data")
    void rejectsTestData() throws Exception {
        assertThrows(BadRow.class, () -> load("x"));
        assertEquals(0, count());
    }

    @ParameterizedTest @ValueSource(ints = {1, 2})
    public void deletes(int id) {
        assertThat(remove(id)).isEqualTo(true);
    }

    private void help() { load("y"); }
}
"#;
    edits(
        "src/test/java/UploadTest.java",
        java,
        &[
            (
                "        assertEquals(0, count());\n",
                "",
                "5 rejectsTestData: assertions removed: 2 before, 1 now",
            ),
            (
                "    @Test\n",
                "    @Test\n    @Disabled(\"OPS-1\")\n",
                "6 rejectsTestData: newly skipped, or expected to fail",
            ),
            ("        assertThat(remove(id)).isEqualTo(true);\n", "", "11 deletes: its body is empty"),
            ("    @Test\n", "", "- rejectsTestData: removed, or no longer a test"),
            ("class UploadTest", "@Disabled class UploadTest", "2 *: newly skipped, or expected to fail"),
            ("public void deletes", "void deletes", ""),
        ],
    );
    let kotlin = "class T {\n    @Test\n    fun `rejects test data`() {\n        assertEquals(0, count())\n        assertTrue(load())\n    }\n}\n";
    edits(
        "T.kt",
        kotlin,
        &[
            (
                "        assertTrue(load())\n",
                "",
                "3 `rejects test data`: assertions removed: 2 before, 1 now",
            ),
            (
                "    @Test\n",
                "    @Ignore\n    @Test\n",
                "4 `rejects test data`: newly skipped, or expected to fail",
            ),
        ],
    );
}

#[test]
fn c_sharp() {
    let text = r#"
public class UploadTests
{
    [Fact]
    public async Task RejectsTestData()
    {
        await Assert.ThrowsAsync<BadRow>(() => Load("x"));
        Assert.Equal(0, Count());
    }

    [TestMethod, TestCategory("slow")]
    public void Deletes()
    {
        Remove(1).Should().BeTrue();
    }
}
"#;
    edits(
        "UploadTests.cs",
        text,
        &[
            (
                "        Assert.Equal(0, Count());\n",
                "",
                "5 RejectsTestData: assertions removed: 2 before, 1 now",
            ),
            ("[Fact]", "[Fact(Skip = \"later\")]", "5 RejectsTestData: newly skipped, or expected to fail"),
            ("[TestMethod,", "[TestMethod, Ignore,", "12 Deletes: newly skipped, or expected to fail"),
            ("        Remove(1).Should().BeTrue();\n", "", "12 Deletes: its body is empty"),
            ("    [Fact]\n", "", "- RejectsTestData: removed, or no longer a test"),
        ],
    );
}

#[test]
fn go() {
    let text = "package load\n\nfunc TestRejects(t *testing.T) {\n\tif err := load(`{`); err == nil {\n\t\tt.Fatal(\"it's wrong\")\n\t}\n\trequire.Equal(t, 0, count())\n}\n\nfunc TestDeletes(t *testing.T) {\n\tt.Run(\"one\", func(t *testing.T) {\n\t\tassert.True(t, remove(1))\n\t})\n}\n";
    edits(
        "load_test.go",
        text,
        &[
            ("\trequire.Equal(t, 0, count())\n", "", "3 TestRejects: assertions removed: 2 before, 1 now"),
            ("\tt.Run(", "\tt.Skip()\n\tt.Run(", "10 TestDeletes: newly skipped, or expected to fail"),
            ("func TestDeletes", "func testDeletes", "- TestDeletes: removed, or no longer a test"),
            ("assert.True(t, remove(1))", "remove(1)", "10 TestDeletes: assertions removed: 1 before, 0 now"),
        ],
    );
}

#[test]
fn ruby() {
    let text = "class UploadTest < Minitest::Test\n  def test_rejects\n    assert_raises(BadRow) { load('x') }\n    assert_equal 0, count\n  end\nend\n\nRSpec.describe Upload do\n  it 'deletes' do\n    expect(remove(1)).to be true\n  end\nend\n";
    edits(
        "upload_test.rb",
        text,
        &[
            ("    assert_equal 0, count\n", "", "2 test_rejects: assertions removed: 2 before, 1 now"),
            ("  it 'deletes'", "  xit 'deletes'", "9 deletes: newly skipped, or expected to fail"),
            (
                "    assert_raises",
                "    skip 'later'\n    assert_raises",
                "2 test_rejects: newly skipped, or expected to fail",
            ),
            ("    expect(remove(1)).to be true\n", "", "9 deletes: its body is empty"),
            ("def test_rejects", "def rejects", "- test_rejects: removed, or no longer a test"),
            ("  it 'deletes'", "  fit 'deletes'", "9 *: newly marked to run alone, without the others"),
        ],
    );
}

#[test]
fn php() {
    let text = "<?php\nfinal class UploadTest extends TestCase\n{\n    #[Test]\n    public function rejects(): void\n    {\n        $this->expectException(BadRow::class);\n        self::assertSame(0, count());\n    }\n\n    public function testDeletes(): void\n    {\n        $this->assertTrue(remove(1)); # sure\n    }\n\n    private function help() {}\n}\n";
    edits(
        "UploadTest.php",
        text,
        &[
            ("        self::assertSame(0, count());\n", "", "5 rejects: assertions removed: 2 before, 1 now"),
            (
                "        $this->assertTrue(remove(1));",
                "        $this->markTestSkipped(); $this->assertTrue(remove(1));",
                "11 testDeletes: newly skipped, or expected to fail",
            ),
            ("testDeletes", "deletes", "- testDeletes: removed, or no longer a test"),
            ("$this->assertTrue(remove(1));", "", "11 testDeletes: its body is empty"),
        ],
    );
}

#[test]
fn shell() {
    let text = "#!/usr/bin/env bats\n\n@test \"rejects test data\" {\n  run load \"${file}\"\n  [ \"$status\" -eq 1 ]\n  [[ \"$output\" == *bad* ]]\n}\n\ntest_deletes() {\n  assertEquals 0 \"$(count)\"\n}\n";
    edits(
        "load.bats",
        text,
        &[
            (
                "  [[ \"$output\" == *bad* ]]\n",
                "",
                "3 rejects test data: assertions removed: 3 before, 2 now",
            ),
            ("  run load", "  skip\n  run load", "3 rejects test data: newly skipped, or expected to fail"),
            ("  assertEquals 0 \"$(count)\"\n", "  :\n", "9 test_deletes: its body is empty"),
        ],
    );
}

#[test]
fn sql() {
    let text = "BEGIN;\nSELECT plan(2);\n-- SELECT ok(false);\nSELECT is(count(*), 0::bigint, 'none') FROM rows;\nSELECT throws_ok('SELECT load(1)');\nSELECT * FROM finish();\n";
    edits(
        "t/load.sql",
        text,
        &[
            ("SELECT throws_ok('SELECT load(1)');\n", "", "- *: assertions removed: 2 before, 1 now"),
            ("SELECT is(", "SELECT ok(true); -- is(", "- *: assertions removed: 2 before, 1 now"),
        ],
    );
}

const TWO: &str = "def test_a():\n    assert a()\n    assert b()\n\n\ndef test_b():\n    assert c()\n";

#[test]
fn moving_renaming_and_laying_out_anew_is_no_loss() {
    let none = Vec::<String>::new();
    let renamed = source(Some(("tests/a.py", TWO)), Some(("tests/b.py", TWO)));
    assert_eq!(shown(&[renamed]), none);
    let (a, b) = TWO.split_once("\n\n\n").unwrap();
    let swapped = format!("{b}\n\n{a}\n");
    assert_eq!(lost("t.py", TWO, &swapped), none);
    let split = [source(Some(("t.py", TWO)), Some(("t.py", a))), source(None, Some(("u.py", b)))];
    assert_eq!(shown(&split), none);
    let gone = [source(Some(("t.py", TWO)), None), source(None, Some(("u.py", TWO)))];
    assert_eq!(shown(&gone), none);
    assert_eq!(lost("t.py", TWO, &TWO.replace("test_b", "test_c")), none);
    let helper = TWO.replace("    assert a()\n    assert b()\n", "    check()\n")
        + "\n\ndef check():\n    assert a()\n    assert b()\n";
    assert_eq!(lost("t.py", TWO, &helper), none);
    assert_eq!(lost("t.py", TWO, &TWO.replace("\n    assert", "\n        assert")), none);
}

#[test]
fn what_is_deleted_or_moved_out_of_the_suite_is_named() {
    let all = ["- test_a: removed, or no longer a test", "- test_b: removed, or no longer a test"];
    assert_eq!(shown(&[source(Some(("t.py", TWO)), None)]), all);
    let weaker =
        [source(Some(("t.py", TWO)), None), source(None, Some(("u.py", "def test_b():\n    pass\n")))];
    assert_eq!(shown(&weaker), [all[0], "1 test_b: its body is empty"]);
    // A test of the same name that was there before does not stand in for the one that is gone.
    let twin = [source(Some(("t.py", TWO)), None), source(Some(("u.py", TWO)), Some(("u.py", TWO)))];
    assert_eq!(shown(&twin), all);
}

proptest! {
    #[test]
    fn any_text_has_an_outline(text in r#"(?s)[a-c\[\](){}@#'"`/* \n.:=>é]{0,60}|(def test_a\(\):|it\('|@test "|#\[test\]\nfn a|func TestA\(|\{|\}|\)|\n| )*"#) {
        for path in ["a.rs", "a.py", "a.js", "a.kt", "a.cs", "a.go", "a.rb", "a.php", "a.bats", "a.sql"] {
            let found = lost(path, &text, &text);
            prop_assert!(found.is_empty(), "{}: {:?}", path, found);
            let _ = lost(path, &text, "");
        }
    }
}
