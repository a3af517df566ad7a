//! Large reports made to harm (class 117 of `tests/ATTACKS.md`): what is read in pieces is refused after a piece, and never read as less
//! than it is. Sources here make their bytes as they are asked for them, and count them.
#![cfg(unix)]

use crate::support::checkout::{Checkout, REPORT};
use crate::support::large::junit;
use portcullis_attest::key::SigningKey;
use portcullis_model::test_run::{TestOutcome, TestRun};
use portcullis_report::{parse, parse_stream};
use std::fs::File;
use std::io::{self, BufWriter, Cursor, Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The longest piece, and what is read ahead of it.
const PIECE: u64 = (32 << 20) + (1 << 20);

/// More than is ever kept.
const GIGABYTE: u64 = 1 << 30;

/// Counts what is asked of it.
struct Counted<R>(R, u64);

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.0.read(buffer)?;
        self.1 += length as u64;
        Ok(length)
    }
}

/// The same bytes over and over.
fn again(text: &str, length: u64) -> impl Read + use<> {
    let many = text.repeat((64 << 10) / text.len() + 1).into_bytes();
    let mut at = 0;
    let endless = Endless(move |buffer: &mut [u8]| {
        let length = buffer.len().min(many.len() - at);
        buffer[..length].copy_from_slice(&many[at..at + length]);
        at = (at + length) % many.len();
        length
    });
    endless.take(length)
}

struct Endless<F>(F);

impl<F: FnMut(&mut [u8]) -> usize> Read for Endless<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok((self.0)(buffer))
    }
}

/// Reads a report that is so much of `middle` between a beginning and an end. The run, or why it is none; and how much was read.
fn read(begin: &str, middle: &str, length: u64, end: &str) -> (Result<TestRun, String>, u64) {
    let source =
        Cursor::new(begin.to_string()).chain(again(middle, length)).chain(Cursor::new(end.to_string()));
    let mut source = Counted(source, 0);
    let whole = begin.len() as u64 + length + end.len() as u64;
    let (_, run) = parse_stream(&mut source, whole, None).unwrap();
    (run.map_err(|error| error.to_string()), source.1)
}

fn is_green(run: &TestRun) -> bool {
    let good = |outcome| matches!(outcome, TestOutcome::Passed | TestOutcome::Skipped);
    run.contradictions.is_empty() && run.errors.is_empty() && run.tests.iter().all(|test| good(test.outcome))
}

const BEGIN: &str = "<testsuite name='s'>\n<testcase name='a'/>\n";
const END: &str = "</testsuite>\n";

/// Places where a piece can stand: what begins it, what it is made of, what ends it.
const PIECES: &[(&str, &str, &str)] = &[
    ("<testcase name='b'><system-out>", "loaded a record\n", "</system-out></testcase>"),
    ("<testcase name='b'><system-out><![CDATA[", "loaded <a> record\n", "]]></system-out></testcase>"),
    ("<!-- ", "remark ", "-->"),
    ("<?x ", "instruct ", "?>"),
];

#[test]
fn a_piece_without_end_is_refused_after_so_much_of_it() {
    let markup = [
        ("<testcase name='", "x", "'/>"),
        ("<", "x", "/>"),
        ("<testcase ", "a='1' ", "/>"),
        ("<a></", "a", ">"),
    ];
    for (open, inside, close) in PIECES.iter().chain(&markup) {
        let (run, taken) = read(&format!("{BEGIN}{open}"), inside, GIGABYTE, &format!("{close}{END}"));
        let why = run.unwrap_err();
        assert!(
            why.starts_with("line 3: ") && why.contains("is longer than 33554432 bytes"),
            "{open}: {why}"
        );
        assert!(why.contains("split the suite"), "{open}: {why}");
        assert!(taken < PIECE, "{open}: {taken}");
    }
    let lines = [
        "{\"Action\":\"run\",\"Package\":\"p\"}\n{\"Action\":\"output\",\"Package\":\"p\",\"Output\":\"",
        "1..1\nok 1 - ",
    ];
    for begin in lines {
        let (run, taken) = read(begin, "x", GIGABYTE, "\"}\n");
        assert!(run.unwrap_err().contains("is longer than 33554432 bytes"), "{begin}");
        assert!(taken < PIECE, "{begin}: {taken}");
    }
}

#[test]
fn a_long_piece_that_ends_is_read() {
    for (open, inside, close) in PIECES {
        let (run, _) = read(&format!("{BEGIN}{open}"), inside, 30 << 20, &format!("{close}{END}"));
        assert!(run.is_ok_and(|run| is_green(&run)), "{open}");
    }
    let begin = "{\"Action\":\"pass\",\"Package\":\"p\",\"Test\":\"A\"}\n{\"Action\":\"output\",\"Package\":\"p\",\"Test\":\"A\",\"Output\":\"";
    let (run, _) = read(begin, "x", 20 << 20, "\"}\n{\"Action\":\"pass\",\"Package\":\"p\"}\n");
    assert!(run.is_ok_and(|run| is_green(&run) && run.tests.len() == 1));
}

#[test]
fn elements_that_nest_without_end_are_refused_at_once() {
    for element in ["<a>", "<testsuite name='s'>", "<testcase>", "<x:y z='1'>"] {
        let (run, taken) = read(BEGIN, element, GIGABYTE, END);
        assert!(run.unwrap_err().contains("nest deeper than 64"), "{element}");
        assert!(taken < 1 << 20, "{element}: {taken}");
    }
    let (open, close) = ("<testsuite name='t'>".repeat(60), "</testsuite>".repeat(60));
    let (run, _) =
        read(&format!("{BEGIN}{open}"), "<testcase name='b'/>", 20 * 100, &format!("{close}{END}"));
    assert!(run.is_ok_and(|run| is_green(&run) && run.tests.len() == 2));
}

#[test]
fn entities_and_document_types_have_no_place_in_a_stream_either() {
    let laughs: String = (1..30).map(|n| format!("<!ENTITY l{n} '&l{};&l{};'>", n - 1, n - 1)).collect();
    for declared in [
        format!("[<!ENTITY l0 'ha'>{laughs}]"),
        "SYSTEM 'file:///etc/hostname'".into(),
        "SYSTEM 'http://example.test/a'".into(),
    ] {
        let begin = format!("<!DOCTYPE testsuite {declared}>{BEGIN}");
        let (run, taken) = read(&begin, "<testcase name='&l29;'/>\n", GIGABYTE, END);
        assert!(run.unwrap_err().contains("document type"), "{declared}");
        assert!(taken < 1 << 20, "{taken}");
    }
    for inside in ["&l29;", "<testcase name='&l29;'/>", "&#xD800", "&;"] {
        let (run, taken) = read(BEGIN, inside, GIGABYTE, END);
        assert!(run.is_err() && taken < 1 << 20, "{inside}: {taken}");
    }
    let (run, _) = read(BEGIN, "<testcase name='&lt;&#65;&amp;'/>\n", 34 * 1000, END);
    assert!(run.is_ok_and(|run| is_green(&run)));
}

#[test]
fn names_that_multiply_cost_no_more_than_the_report_is_long() {
    let suites = format!("<testsuite name='{}'>", "x".repeat(1 << 20)).repeat(40);
    let (run, taken) =
        read(&format!("{BEGIN}{suites}"), "<testcase name='b'/>\n", 64 << 20, &"</testsuite>".repeat(41));
    let why = run.unwrap_err();
    assert!(
        why.contains("the names of its tests are longer than") && why.contains("split the suite"),
        "{why}"
    );
    assert!(taken < 48 << 20, "{taken}");
    let (run, _) =
        read(&format!("{BEGIN}{suites}"), "<testcase name='b'/>\n", 21 * 3, &"</testsuite>".repeat(41));
    assert!(run.is_ok_and(|run| is_green(&run)));
}

#[test]
fn a_stream_that_ends_early_is_no_shorter_run() {
    let mut report = Vec::new();
    junit(&mut report, 300, 0, true, "<system-out>loaded &amp; <![CDATA[<done>]]></system-out>").unwrap();
    let ended = |bytes: &[u8]| parse_stream(&mut &*bytes, report.len() as u64, None).unwrap().1;
    for end in (0..report.len() - 1).rev().take(3000).chain((0..report.len() - 1).step_by(97)) {
        assert!(ended(&report[..end]).is_err(), "cut at {end}");
    }
    assert_eq!(ended(&report), parse(&report));
    assert!(ended(&report).is_ok_and(|run| is_green(&run) && run.tests.len() == 300));
}

#[test]
fn a_second_document_behind_the_first_hides_nothing() {
    let (run, _) = read(BEGIN, "<testcase name='b'/>", 20 * 5000, END);
    assert!(run.is_ok_and(|run| is_green(&run)));
    for behind in [
        BEGIN,
        "x",
        "<?xml version='1.0'?><testsuite/>",
        "<!DOCTYPE a>",
        "</testsuite>",
        "<testcase><failure/></testcase>",
        "&#65;",
    ] {
        let (run, _) = read(BEGIN, "<testcase name='b'/>", 20 * 5000, &format!("{END}{behind}"));
        assert!(run.is_err(), "{behind}");
    }
}

#[test]
fn a_byte_that_is_no_text_is_found_wherever_it_stands() {
    let places = [
        ("<testcase name='", "'/>"),
        ("<testcase name='b'><system-out>", "</system-out></testcase>"),
        ("<!-- ", " -->"),
        ("<?x ", "?>"),
        ("<testcase name='b'><system-out><![CDATA[", "]]></system-out></testcase>"),
    ];
    for (open, close) in places {
        let of = |bad: &[u8]| {
            let filler = "<testcase name='c'/>\n".repeat(20_000);
            let bytes =
                [BEGIN.as_bytes(), filler.as_bytes(), open.as_bytes(), bad, close.as_bytes(), END.as_bytes()]
                    .concat();
            (parse_stream(&mut &*bytes, bytes.len() as u64, None).unwrap().1, parse(&bytes))
        };
        for bad in [&b"\xff"[..], b"\xc3", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80"] {
            let (streamed, whole) = of(bad);
            assert!(streamed.unwrap_err().message.contains("does not belong in UTF-8"), "{open}");
            assert!(whole.is_err(), "{open}");
        }
        let (streamed, whole) = of("é".as_bytes());
        assert!(whole.is_ok(), "{open}");
        assert_eq!(streamed, whole);
    }
}

/// What a slow machine may take.
const TIME: Duration = Duration::from_secs(120);

/// Runs the program with so many kilobytes of address space. It may neither be ended by that nor fail to end.
fn limited(directory: &Path, memory: u64, arguments: &[&str]) -> Output {
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "ulimit -v \"$0\"; exec \"$@\"",
        &memory.to_string(),
        env!("CARGO_BIN_EXE_portcullis"),
    ]);
    command
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::null());
    let outputs = [tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap()];
    let [stdout, stderr] = [0, 1].map(|one: usize| Stdio::from(outputs[one].try_clone().unwrap()));
    let mut child = command.stdout(stdout).stderr(stderr).spawn().unwrap();
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if began.elapsed() > TIME {
            child.kill().unwrap();
            panic!("it does not end");
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let [stdout, stderr] = outputs.map(whole);
    Output { status, stdout, stderr }
}

fn whole(mut file: File) -> Vec<u8> {
    use std::io::Seek;
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const CONTROLS: &str = "[controls.regression-tests.suites.upload]\nminimum = 1\ntrust = \"local\"\n";
const LOAD: &str = "services/upload/load.py";

fn checkout() -> Checkout {
    let project =
        Checkout::with(CONTROLS, &[(LOAD, "x = 1\n"), ("tests/test_load.py", "def test_load(): pass\n")]);
    project.change(LOAD, "x = 2\n");
    std::fs::create_dir_all(project.path().join("out")).unwrap();
    project
}

/// Writes a report of 270 MB whose last test is this one.
fn large(project: &Checkout, last: &str) {
    let mut out = BufWriter::new(File::create(project.path().join(REPORT)).unwrap());
    let output = "loaded a record and went on\n".repeat(180_000);
    out.write_all(b"<testsuite name='large'>\n").unwrap();
    for number in 0..54 {
        writeln!(out, "<testcase name='{number}'><system-out><![CDATA[{output}]]></system-out></testcase>")
            .unwrap();
    }
    writeln!(out, "{last}</testsuite>").unwrap();
    out.into_inner().unwrap();
    assert!(std::fs::metadata(project.path().join(REPORT)).unwrap().len() > 256 << 20);
}

/// Address space that is far below the length of the report, in kilobytes.
const MEMORY: u64 = 250 * 1024;

const RECORD: [&str; 7] = ["evidence", "record", "--suite", "upload", "--report", REPORT, "-o"];

#[test]
fn a_failure_at_the_end_of_a_large_report_is_seen_in_little_memory() {
    for (last, exit) in [("<testcase name='last'/>", 0), ("<testcase name='last'><failure/></testcase>", 1)] {
        let project = checkout();
        large(&project, last);
        let recorded = limited(project.path(), MEMORY, &[&RECORD[..], &["out/a.json"]].concat());
        assert_eq!(recorded.status.code(), Some(0), "{}", said(&recorded));
        assert!(said(&recorded).contains("recorded 55 tests"), "{}", said(&recorded));
        std::fs::remove_file(project.path().join(REPORT)).unwrap();
        let says = if exit == 0 { "" } else { "last" };
        project.judge(&["--evidence", "out/a.json"]).expect(exit, "regression-tests", says);
    }
}

#[test]
fn a_large_report_without_its_end_is_refused_with_its_place_and_what_to_do() {
    let project = checkout();
    large(&project, "<testcase name='last'><");
    let recorded = limited(project.path(), MEMORY, &[&RECORD[..], &["out/a.json"]].concat());
    assert_eq!(recorded.status.code(), Some(5), "{}", said(&recorded));
    for says in [REPORT, "line ", "let its runner finish"] {
        assert!(said(&recorded).contains(says), "{says}: {}", said(&recorded));
    }
    assert!(!project.path().join("out/a.json").exists());
}

#[test]
fn what_has_no_end_or_is_no_file_is_no_report() {
    let project = checkout();
    let fifo = project.path().join("out/fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    std::os::unix::fs::symlink("/dev/zero", project.path().join("out/link")).unwrap();
    // Sparse: three gigabytes that take no place.
    let mut sparse = File::create(project.path().join("out/sparse")).unwrap();
    sparse.write_all(BEGIN.as_bytes()).unwrap();
    sparse.set_len(3 << 30).unwrap();
    let mut sparse = File::create(project.path().join("out/hole")).unwrap();
    sparse.write_all(BEGIN.as_bytes()).unwrap();
    sparse.set_len(1 << 30).unwrap();
    for (file, says) in [
        ("/dev/zero", "not a regular file"),
        ("out/fifo", "not a regular file"),
        ("out", "not a regular file"),
        ("out/link", "symbolic link"),
        ("out/sparse", "larger than 2147483648 bytes"),
        ("out/hole", "is longer than 33554432 bytes"),
    ] {
        let arguments = ["evidence", "record", "--suite", "upload", "--report", file, "-o", "out/a.json"];
        let recorded = limited(project.path(), MEMORY, &arguments);
        assert_eq!(recorded.status.code(), Some(5), "{file}: {}", said(&recorded));
        assert!(said(&recorded).contains(says), "{file}: {}", said(&recorded));
        assert!(!project.path().join("out/a.json").exists());
        let check = ["check", "--host", "none", "--base", "main", "--head", "change", "--report"];
        let judged = limited(project.path(), MEMORY, &[&check[..], &[&format!("upload={file}")]].concat());
        assert!(matches!(judged.status.code(), Some(1 | 3)), "{file}: {}", said(&judged));
    }
    project.write(REPORT, &format!("{BEGIN}{END}"));
    let recorded = limited(project.path(), MEMORY, &[&RECORD[..], &["out/a.json"]].concat());
    assert_eq!(recorded.status.code(), Some(0), "{}", said(&recorded));
}

#[test]
fn statements_and_keys_without_end_are_not_waited_for() {
    let project = checkout();
    project.write(REPORT, &format!("{BEGIN}{END}"));
    project.record(&["-o", "out/a.json"]);
    let key = project.key(7);
    let public = SigningKey::from_seed(&[7; 32]).public_text().unwrap();
    let signers = project.outside.path().join("signers");
    std::fs::write(&signers, format!("kim@example.test {public}\n")).unwrap();
    let signers = signers.to_str().unwrap();
    let signed = ["evidence", "record", "--suite", "upload", "--report", REPORT, "-o", "out/s.json", "--key"];
    for (arguments, says) in [
        ([&signed[..], &["/dev/zero"]].concat(), "/dev/zero"),
        (vec!["evidence", "verify", "/dev/zero", "--signers", signers], "longer than 268435456 bytes"),
        (vec!["evidence", "verify", "out/a.json", "--signers", "/dev/zero"], "/dev/zero"),
        (vec!["evidence", "sign", "/dev/zero", "--key", &key], "longer than 268435456 bytes"),
        (vec!["evidence", "diff", "/dev/zero", "out/a.json"], ""),
    ] {
        let output = limited(project.path(), 1024 * 1024, &arguments);
        assert!(matches!(output.status.code(), Some(2 | 5 | 6)), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(says), "{arguments:?}: {}", said(&output));
    }
    let output = limited(
        project.path(),
        1024 * 1024,
        &["evidence", "sign", "out/a.json", "--key", &key, "-o", "out/s.json"],
    );
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let output = limited(project.path(), 1024 * 1024, &["evidence", "diff", "out/a.json", "out/a.json"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}
