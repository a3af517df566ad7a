//! What honest tools write is read, however they count and wherever they ran: each report here is of a form that a real
//! writer has, and lets an honest change through. Its red twin differs in nothing but the outcome, and never does.
//!
//! Reports of tools that could be run lie in `tests/runners`. Those of coverlet, Microsoft's and Kotlin's tools, scoverage, Slather
//! and Bazel are shaped here after what their sources write and what their users show.
#![cfg(unix)]

use crate::support::gate::Verdict;
use crate::support::reported::{judged_by_lines, judged_by_tests};

const LINES: &str = "changed-line-coverage";
const TESTS: &str = "regression-tests";
const LOAD: &str = "services/upload/load.cs";
/// Five lines.
const TEXT: &str =
    "class Load\n{\n    int Count(int n) { return n; }\n    int More(int n) { return n + 1; }\n}\n";

fn judge(report: &str, settings: &str) -> Verdict {
    judged_by_lines(report, settings, LOAD, TEXT)
}

/// The report of an executed line is let through, and that of one that was not executed is not.
fn twins(what: &str, settings: &str, report: impl Fn(&str) -> String) {
    let green = judge(&report("1"), settings);
    assert_eq!(green.exit, 0, "{what}: {}", green.text);
    assert_ne!(green.findings(LINES, "met").len(), 0, "{what}: {}", green.text);
    let red = judge(&report("0"), settings);
    assert_eq!(red.exit, 1, "{what}: {}", red.text);
    red.expect(1, LINES, "no test executed");
    assert!(!red.text.contains("is inconsistent"), "{what}: {}", red.text);
}

fn cobertura(claims: &str, source: &str, classes: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<!DOCTYPE coverage SYSTEM \"http://cobertura.sourceforge.net/xml/coverage-04.dtd\">\n\
         <coverage {claims}><sources><source>{source}</source></sources><packages><package name='p'><classes>{classes}\
         </classes></package></packages></coverage>"
    )
}

fn class(name: &str, methods: &str, lines: &str) -> String {
    format!("<class name='Load' filename='{name}'><methods>{methods}</methods><lines>{lines}</lines></class>")
}

fn method(lines: &str) -> String {
    format!("<method name='m' signature='()V'><lines>{lines}</lines></method>")
}

fn line(number: u32, hits: &str) -> String {
    format!("<line number='{number}' hits='{hits}'/>")
}

fn lcov(name: &str, records: &str) -> String {
    format!("TN:\nSF:{name}\n{}\nend_of_record\n", records.replace(' ', "\n"))
}

#[test]
fn cobertura_where_methods_have_lines_of_their_own() {
    twins("istanbul: a function has the line where it is declared", "", |hits| {
        let methods = method(&line(2, hits)) + &method(&line(4, "1"));
        let claims = format!("lines-valid='1' lines-covered='{hits}'");
        cobertura(&claims, "", &class(LOAD, &methods, &line(3, hits)))
    });
    twins("istanbul: a function on one line was never called, and the line ran", "", |hits| {
        let claims = format!("lines-valid='1' lines-covered='{hits}'");
        cobertura(&claims, "", &class(LOAD, &method(&line(3, "0")), &line(3, hits)))
    });
    twins("a class without lines of its own", "", |hits| {
        cobertura("line-rate='1'", "", &class(LOAD, &method(&line(3, hits)), ""))
    });
    twins("istanbul: an empty function is no line, and was called", "", |hits| {
        cobertura("lines-valid='0' lines-covered='0'", "", &class(LOAD, &method(&line(3, hits)), ""))
    });
    twins("a class of methods after one of lines", "", |hits| {
        let classes = class(LOAD, "", &line(3, "1")) + &class(LOAD, &method(&line(4, hits)), "");
        cobertura("line-rate='1'", "", &classes)
    });
}

#[test]
fn cobertura_that_counts_something_else_than_it_shows() {
    twins("PHPUnit counts lines outside of functions and writes none", "", |hits| {
        let here = class(LOAD, &method(&line(3, hits)), &line(3, hits));
        phpunit(&format!("{}{}", package(hits, &here), package("1", &class("config.php", "", ""))))
    });
    twins("Microsoft counts the lines of methods, and one twice", "", |hits| {
        let methods = method(&line(3, hits)) + &method(&line(3, hits)) + &method(&line(4, "1"));
        cobertura(
            "lines-valid='3' lines-covered='3'",
            "",
            &class(LOAD, &methods, &(line(3, hits) + &line(4, "1"))),
        )
    });
    twins("ReportGenerator counts lines of methods that another class shows", "", |hits| {
        let classes = class(LOAD, &(method(&line(3, hits)) + &method(&line(4, "1"))), &line(3, hits));
        cobertura("lines-valid='2' lines-covered='2'", "", &classes)
    });
    twins("scoverage counts statements", "", |hits| {
        let lines = line(3, hits) + &line(3, hits) + &line(3, "0");
        cobertura("lines-valid='3' lines-covered='2'", "", &class(LOAD, "", &lines))
    });
    twins("gcovr counts a line once for each instance of a template", "", |hits| {
        let claims = format!("lines-valid='2' lines-covered='{}'", if hits == "1" { 2 } else { 0 });
        cobertura(&claims, "", &class(LOAD, "", &(line(3, hits) + &line(3, hits))))
    });
}

fn package(share: &str, class: &str) -> String {
    format!("<package name='x' line-rate='{share}'><classes>{class}</classes></package>")
}

fn phpunit(packages: &str) -> String {
    format!(
        "<coverage line-rate='0.5' lines-covered='7' lines-valid='9' version='0.4'><sources><source></source></sources>\
         <packages>{packages}</packages></coverage>"
    )
}

#[test]
fn a_file_of_which_phpunit_does_not_show_every_line_is_not_named() {
    for (share, lines) in
        [("0.5", line(3, "1")), ("0.75", line(3, "1") + &line(4, "0")), ("1", String::new())]
    {
        let report = phpunit(&package(share, &class(LOAD, "", &lines)));
        let verdict = judge(&report, "");
        assert_ne!(verdict.exit, 0, "{share}: {}", verdict.text);
        let twin = phpunit(
            &(package(share, &class("config.php", "", &lines))
                + &package("1", &class(LOAD, "", &line(3, "1")))),
        );
        assert_eq!(judge(&twin, "").exit, 0, "{share}");
    }
}

#[test]
fn a_part_of_a_report_that_names_no_file_is_about_none() {
    twins("LCOV of gcovr above its root", "", |hits| {
        lcov("", "DA:3,1") + &lcov(LOAD, &format!("DA:3,{hits}"))
    });
    twins("Cobertura of code that a compiler made", "", |hits| {
        cobertura("line-rate='1'", "", &(class("", "", &line(3, "1")) + &class(LOAD, "", &line(3, hits))))
    });
    judge(&lcov("", "DA:3,1"), "").expect(3, LINES, "it names no file");
}

#[test]
fn cobertura_that_lost_its_lines_or_gained_executed_ones_speaks_against_itself() {
    let none = cobertura("lines-valid='2' lines-covered='2'", "", &class(LOAD, "", ""));
    judge(&none, "").expect(1, LINES, "claims 2 lines and shows 0");
    let lost = cobertura(
        "lines-valid='2' lines-covered='1'",
        "",
        &class(LOAD, &method(&line(3, "1")), &line(3, "1")),
    );
    judge(&lost, "").expect(1, LINES, "claims 2 lines and shows 1");
    let lines = line(3, "1") + &line(4, "1");
    let added = cobertura("lines-valid='2' lines-covered='1'", "", &class(LOAD, "", &lines));
    judge(&added, "").expect(1, LINES, "claims 1 executed lines and shows 2");
}

#[test]
fn lcov_where_functions_share_lines() {
    twins("llvm-cov: a closure in a function", "", |hits| {
        let records = format!(
            "FN:3,outer FN:4,inner FNDA:1,outer FNDA:1,inner FNF:2 FNH:2 DA:3,1 DA:4,{hits} BRF:0 BRH:0 LF:3 LH:3"
        );
        lcov(LOAD, &records).replacen("TN:\n", "", 1)
    });
    twins("gcovr: two instances of a template", "", |hits| {
        let records =
            format!("FN:3,Load<int>::Count FN:3,Load<long>::Count FNF:2 FNH:2 DA:3,{hits} DA:4,1 LH:4 LF:4");
        lcov(LOAD, &records)
    });
    twins("llvm-cov: instances that differ, of which the larger counts", "", |hits| {
        lcov(LOAD, &format!("FN:3,a FN:3,b DA:3,{hits} DA:4,1 LF:1 LH:1"))
    });
    twins("geninfo of LCOV 2: a lambda in a function, with both ends", "", |hits| {
        lcov(LOAD, &format!("FNL:0,3,5 FNA:0,1,outer FNL:1,4,4 FNA:1,1,inner DA:3,{hits} DA:4,1 LF:3 LH:3"))
    });
}

#[test]
fn lcov_where_functions_are_apart_or_not_told_is_held_against_its_summary() {
    let report = |functions: &str, summary: &str| lcov(LOAD, &format!("{functions}DA:3,1 DA:4,1 {summary}"));
    for functions in ["", "FN:3,3,a FN:4,5,b ", "FNL:0,3,3 FNA:0,1,a FNL:1,4,4 FNA:1,1,b "] {
        assert_eq!(judge(&report(functions, "LF:2 LH:2"), "").exit, 0, "{functions}");
        judge(&report(functions, "LF:3 LH:2"), "").expect(1, LINES, "claims 3 lines and shows 2");
        judge(&report(functions, "LF:2 LH:1"), "").expect(1, LINES, "claims 1 executed lines and shows 2");
    }
}

#[test]
fn a_line_that_no_file_has_is_nobodys() {
    twins("LCOV of Bazel and of old coverage.py", "", |hits| {
        lcov(LOAD, &format!("DA:0,0 DA:3,{hits} LF:2 LH:{}", hits))
    });
    twins("LCOV of a wrong source map", "", |hits| {
        lcov(LOAD, &format!("DA:undefined,1 DA:NaN,undefined DA:3,{hits}"))
    });
    twins("Cobertura of Slather", "", |hits| {
        cobertura("line-rate='1'", "", &class(LOAD, "", &(line(0, "0") + &line(3, hits))))
    });
    for nobodys in ["0", "65535"] {
        twins("JaCoCo of Kotlin", "add = \"services\"\n", |hits| {
            format!(
                "<report name='r'><package name='upload'><sourcefile name='load.cs'><line nr='{nobodys}' mi='3' ci='0'/>\
                 <line nr='3' mi='1' ci='{hits}'/><counter type='LINE' missed='1' covered='{hits}'/></sourcefile></package></report>"
            )
        });
    }
    for hidden in [16_707_566, 15_732_480] {
        twins("Cobertura of .NET", "", |hits| {
            cobertura("line-rate='1'", "", &class(LOAD, "", &(line(hidden, "0") + &line(3, hits))))
        });
        twins("LCOV of .NET", "", |hits| lcov(LOAD, &format!("DA:{hidden},0 DA:3,{hits} LF:2 LH:{hits}")));
    }
    // A number that no compiler gives to code of its own is one of another file.
    let far = class(LOAD, "", &(line(65_535, "1") + &line(3, "1")));
    assert_ne!(judge(&cobertura("line-rate='1'", "", &far), "").exit, 0);
    twins("llvm-cov", "", |hits| {
        format!(
            "{{\"type\":\"llvm.coverage.json.export\",\"version\":\"2.0.1\",\"data\":[{{\"files\":[{{\"filename\":\"{LOAD}\",\
             \"segments\":[[0,0,0,false,false,false],[3,1,{hits},true,true,false],[3,9,0,false,false,false]]}}]}}]}}"
        )
    });
    twins("go test", "strip = \"example.test/x\"\n", |hits| {
        let name = format!("example.test/x/{LOAD}");
        format!("mode: set\n{name}:0.0,0.0 1 0\n{name}:3.1,3.9 1 {hits}\n")
    });
}

#[test]
fn a_count_that_is_no_number_is_no_execution() {
    judge(&lcov(LOAD, "DA:3,undefined DA:4,1"), "").expect(1, LINES, "no test executed 1 of its 2");
    judge(&lcov(LOAD, "DA:3,yes DA:4,1"), "").expect(3, LINES, "`yes` is not a count");
    judge(&lcov(LOAD, "DA:-3,1 DA:4,1"), "").expect(3, LINES, "`-3` is not the number of a line");
}

#[test]
fn names_that_windows_wrote_are_paths() {
    let checkout = "strip = 'D:\\a\\records\\records'\n";
    let name = |directory: &str| format!("{directory}{}", LOAD.replace('/', "\\"));
    twins("a relative name, without any setting", "", |hits| lcov(&name(""), &format!("DA:3,{hits}")));
    twins("a relative name that begins with a point", "", |hits| lcov(&name(".\\"), &format!("DA:3,{hits}")));
    twins("the checkout of a Windows runner", checkout, |hits| {
        lcov(&name("D:\\a\\records\\records\\"), &format!("DA:3,{hits}"))
    });
    twins("the checkout with slashes, and a small drive", checkout, |hits| {
        lcov(&name("d:/a/records/records/"), &format!("DA:3,{hits}"))
    });
    twins("a policy with slashes", "strip = \"D:/a/records/records/\"\n", |hits| {
        lcov(&name("D:\\a\\records\\records\\"), &format!("DA:3,{hits}"))
    });
    twins("the verbatim form", checkout, |hits| {
        lcov(&name("\\\\?\\D:\\a\\records\\records\\"), &format!("DA:3,{hits}"))
    });
    twins(
        "a directory of the project in a directory of the repository",
        "strip = 'D:\\a\\x'\nadd = \"services/upload\"\n",
        |hits| lcov("D:\\a\\x\\load.cs", &format!("DA:3,{hits}")),
    );
}

#[test]
fn cobertura_of_coverlet_names_a_source_that_ends_with_a_separator() {
    let checkout = "strip = 'D:\\a\\records\\records'\n";
    let methods = |hits: &str| class("upload\\load.cs", &method(&line(3, hits)), &line(3, hits));
    twins("the common directory of all files", checkout, |hits| {
        cobertura("lines-covered='1' lines-valid='1'", "D:\\a\\records\\records\\services\\", &methods(hits))
    });
    twins("the drive, where there is one file", checkout, |hits| {
        let name = format!("a\\records\\records\\{}", LOAD.replace('/', "\\"));
        cobertura("lines-covered='1' lines-valid='1'", "D:\\", &class(&name, "", &line(3, hits)))
    });
    twins("a deterministic build", "strip = \"/_\"\n", |hits| {
        cobertura("line-rate='1'", "", &class(&format!("/_/{LOAD}"), "", &line(3, hits)))
    });
    twins("Microsoft names no source and each file whole", checkout, |hits| {
        let name = format!("D:\\a\\records\\records\\{}", LOAD.replace('/', "\\"));
        cobertura("lines-covered='1' lines-valid='1'", "", &class(&name, "", &line(3, hits)))
    });
}

#[test]
fn names_of_windows_that_are_elsewhere_or_two_things_at_once_name_no_file() {
    let checkout = "strip = 'D:\\a\\records\\records'\n";
    for directory in [
        "E:\\a\\records\\records\\",
        "D:\\a\\records\\records2\\",
        "D:\\a\\",
        "\\\\build\\a\\records\\records\\",
        "D:\\a\\records\\records\\..\\x\\",
    ] {
        let report = lcov(&format!("{directory}{}", LOAD.replace('/', "\\")), "DA:3,1");
        judge(&report, checkout).expect(1, LINES, "the file changed, and no coverage report names it");
    }
    // Of two entries that may both be the file, nobody can say which it is.
    let twice = lcov(LOAD, "DA:3,0") + &lcov(&LOAD.replace('/', "\\"), "DA:3,1");
    judge(&twice, "").expect(1, LINES, "it is ambiguous which entry");
}

/// A report of a passed test is let through, and that of a failed one is not.
fn tests(what: &str, report: impl Fn(&str) -> String, passed: &str, failed: &str) {
    let green = judged_by_tests(&report(passed));
    assert_eq!(green.exit, 0, "{what}: {}", green.text);
    let red = judged_by_tests(&report(failed));
    assert_eq!(red.exit, 1, "{what}: {}", red.text);
    red.expect(1, TESTS, "failed");
}

const FAILURE: &str = "<failure message='1 == 2' type='CHECK'>no</failure>";

#[test]
fn junit_of_runners_that_count_assertions() {
    let case =
        |said: &str| format!("<testcase classname='load.cc' name='sorts' status='run'>{said}</testcase>");
    for (what, attributes) in [
        (
            "doctest",
            "name='load' errors='0' failures='0' tests='13' time='0.1' timestamp='2026-11-29T04:41:35Z' doctest_version='2.4.9'",
        ),
        (
            "doctest without its version",
            "name='load' errors='0' failures='0' tests='13' time='0.1' timestamp='2026-11-29T04:41:35Z'",
        ),
        ("doctest without its version and times", "name='load' errors='0' failures='0' tests='13'"),
        (
            "Catch2",
            "name='load' errors='0' failures='0' tests='13' hostname='tbd' time='0.1' timestamp='2026-11-29T04:41:35Z'",
        ),
    ] {
        tests(
            what,
            |said| format!("<testsuites><testsuite {attributes}>{}</testsuite></testsuites>", case(said)),
            "",
            FAILURE,
        );
    }
    // Other runners count tests, and one that is not shown is missing.
    let lost = format!("<testsuite name='load' tests='13' errors='0' failures='0'>{}</testsuite>", case(""));
    judged_by_tests(&lost).expect(1, TESTS, "claims 13 tests and shows 1");
    let hidden = format!(
        "<testsuite name='load' errors='0' failures='1' tests='13' doctest_version='2.4.9'>{}</testsuite>",
        case("")
    );
    judged_by_tests(&hidden).expect(1, TESTS, "claims 1 failures and shows 0");
}

#[test]
fn junit_of_catch2_where_a_failure_does_not_count() {
    let report = |said: &str, message: &str| {
        format!(
            "<testsuites><testsuite name='load' errors='0' failures='0' tests='4' hostname='tbd'>\
             <testcase classname='load.global' name='sorts' status='run'>{said}</testcase>\
             <testcase classname='load.global' name='streams' status='run'><skipped message='{message}'/>{FAILURE}</testcase>\
             </testsuite></testsuites>"
        )
    };
    tests("Catch2", |said| report(said, "TEST_CASE tagged with !mayfail"), "", FAILURE);
    judged_by_tests(&report("", "later")).expect(1, TESTS, "1 test failed");
}

#[test]
fn junit_of_node_tap_counts_levels_and_says_what_was_skipped_in_a_property() {
    let report = |said: &str| {
        format!(
            "<testsuites id='1' name='TAP Tests' tests='6' failures='0' assertions='3' skipped='1'>\
             <testsuite name='load.js' tests='4' failures='0' assertions='2' skipped='1'><testsuite name='inner' tests='2'>\
             <testcase id='1' name='sorts' classname='load.js'>{said}</testcase></testsuite>\
             <testcase id='2' name='reads' classname='load.js'><properties><property name='skip' value='later'/></properties></testcase>\
             </testsuite></testsuites>"
        )
    };
    tests("node-tap", report, "", FAILURE);
    let skipped = report("<properties><property name='skip' value='later'/></properties>");
    assert_ne!(judged_by_tests(&skipped).exit, 0, "nothing ran");
}

#[test]
fn plans_of_tap_before_there_were_directives() {
    let report = |plan: &str, last: &str| {
        format!(
            "{plan}\nok 1\nnot ok 2\n# Failed test 2 in t/load.t at line 3 *TODO*\nok 3 # skip\n{last} 4\n"
        )
    };
    for plan in ["1..4 todo 2;", "1..4 todo 2", "1..4 todo 2 3;"] {
        tests(plan, |last| report(plan, last), "ok", "not ok");
    }
    // Only the tests that it lists are work to be done.
    judged_by_tests(&report("1..4 todo 3;", "ok")).expect(1, TESTS, "1 test failed");
    judged_by_tests(&report("1..4", "ok")).expect(1, TESTS, "1 test failed");
    judged_by_tests(&report("1..5 todo 2;", "ok")).expect(1, TESTS, "plans 5 tests and shows 4");
    judged_by_tests("1..0 skipped: no database\n").expect(1, TESTS, "zero tests are no evidence");
}

/// What a terminal shows in red, and what else programs print.
const PRINTED: &str = "\u{1b}[31mred\u{1b}[0m \u{7} \u{8} \u{c}";

#[test]
fn control_characters_in_what_a_program_printed_are_passed_over() {
    let junit = |said: &str| {
        format!("<testsuite name='s' tests='1'><testcase name='a'>{said}</testcase></testsuite>")
    };
    let printed = format!("{PRINTED} &#27;[0m &#0; &#xFFFF; &#55357;");
    tests("JUnit, as it is", |said| junit(&format!("{said}<system-out>{PRINTED}</system-out>")), "", FAILURE);
    tests(
        "JUnit, by reference",
        |said| junit(&format!("{said}<system-err>{printed}</system-err>")),
        "",
        FAILURE,
    );
    tests(
        "JUnit, unread",
        |said| junit(&format!("<system-out><![CDATA[{PRINTED}]]></system-out>{said}")),
        "",
        FAILURE,
    );
    let message = format!("<failure message='{printed}'/>");
    tests("JUnit, in a message", junit, "", &message);
    let property = format!("<properties><property name='TERM' value='{printed}'/></properties>");
    tests("JUnit, in a property", |said| junit(&format!("{property}{said}")), "", FAILURE);
    let nunit = |said: &str| {
        format!(
            "<test-run><test-suite name='s'><test-case fullname='a' {said}<output><![CDATA[{PRINTED}]]></output></test-case></test-suite></test-run>"
        )
    };
    let failed = format!("result='Failed'><failure><message>{printed}</message></failure>");
    tests("NUnit", nunit, "result='Passed'>", &failed);
    let xunit = |said: &str| {
        format!(
            "<assemblies><assembly name='s'><collection><test name='a' {said}<output>{PRINTED}</output></test></collection></assembly></assemblies>"
        )
    };
    let failed = format!("result='Fail'><failure><message>{printed}</message></failure>");
    tests("xUnit", xunit, "result='Pass'>", &failed);
    let trx = |said: &str| {
        format!(
            "<TestRun><Results><UnitTestResult testName='a' outcome='{said}'><Output><StdOut>{printed}</StdOut></Output></UnitTestResult></Results></TestRun>"
        )
    };
    tests("TRX", trx, "Passed", "Failed");
}

#[test]
fn a_control_character_in_a_name_is_told_by_that_name() {
    let junit =
        |attributes: &str| format!("<testsuite name='s' tests='1'><testcase {attributes}/></testsuite>");
    for (attributes, said) in [
        ("name='a\u{1b}b'", "`name` of `testcase` holds the control character U+001B"),
        ("name='a&#8;b'", "`name` of `testcase` holds the control character U+0008"),
        ("name='a' classname='\u{1}'", "`classname` of `testcase` holds the control character U+0001"),
        ("name='a' status='\u{1}passed'", "`status` of `testcase` holds the control character U+0001"),
    ] {
        judged_by_tests(&junit(attributes)).expect(3, TESTS, said);
    }
    // Where a text is a name, or tells the kind of a test.
    for report in [
        "<TestCase name='t'><TestFunction name='a'><Incident type='pass'><DataTag>\u{1b}</DataTag></Incident></TestFunction></TestCase>",
        "<testng-results><suite name='s'><test name='t'><class name='c'><test-method name='a' status='PASS'><params><param index='0'><value>&#8;</value></param></params></test-method></class></test></suite></testng-results>",
        "<robot schemaversion='5'><suite name='s'><test name='a'><status status='PASS'>\u{1b}*HTML* merged</status></test></suite></robot>",
    ] {
        judged_by_tests(report).expect(3, TESTS, "a control character is");
    }
    // The names of a coverage report are also in its texts.
    let report = cobertura("line-rate='1'", "\u{1b}", &class(LOAD, "", &line(3, "1")));
    judge(&report, "").expect(3, LINES, "a control character is in the text");
}
