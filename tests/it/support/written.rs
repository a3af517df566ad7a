//! Coverage reports as tools write them, one writer for each format.

/// What a tool measured: of each file its lines, and whether they were executed.
pub type Measured<'a> = &'a [(&'a str, &'a [(u32, bool)])];

/// Writes a report.
pub type Writer = fn(Measured<'_>) -> String;

/// The formats, each with how a tool writes it, in the order of their names.
pub const WRITERS: &[(&str, Writer)] = &[
    ("clover", clover),
    ("cobertura", cobertura),
    ("coverage-py", coverage_py),
    ("go-cover", go_cover),
    ("istanbul", istanbul),
    ("jacoco", jacoco),
    ("lcov", lcov),
    ("llvm-cov", llvm_cov),
    ("opencover", opencover),
    ("simplecov", simplecov),
    ("sonarqube", sonarqube),
    ("xccov", xccov),
];

fn each<T: AsRef<[(u32, bool)]>>(lines: T, between: &str, write: impl Fn(u32, bool) -> String) -> String {
    lines.as_ref().iter().map(|(line, hit)| write(*line, *hit)).collect::<Vec<_>>().join(between)
}

fn files(measured: Measured<'_>, between: &str, write: impl Fn(&str, &[(u32, bool)]) -> String) -> String {
    measured.iter().map(|(name, lines)| write(name, lines)).collect::<Vec<_>>().join(between)
}

fn executed(lines: &[(u32, bool)]) -> usize {
    lines.iter().filter(|(_, hit)| *hit).count()
}

fn clover(measured: Measured<'_>) -> String {
    let line = |line, hit| format!("<line num='{line}' type='stmt' count='{}'/>", u8::from(hit));
    let file = |name: &str, lines: &[(u32, bool)]| {
        let claims = format!("statements='{}' coveredstatements='{}'", lines.len(), executed(lines));
        format!("<file name='{name}'>{}<metrics {claims}/></file>", each(lines, "", line))
    };
    format!(
        "<coverage><project>{}<metrics files='{}'/></project></coverage>",
        files(measured, "", file),
        measured.len()
    )
}

fn cobertura(measured: Measured<'_>) -> String {
    let line = |line, hit| format!("<line number='{line}' hits='{}'/>", u8::from(hit));
    let class = |name: &str, lines: &[(u32, bool)]| {
        format!(
            "<class name='c' filename='{name}'><methods/><lines>{}</lines></class>",
            each(lines, "", line)
        )
    };
    let classes = files(measured, "", class);
    format!(
        "<coverage><sources/><packages><package><classes>{classes}</classes></package></packages></coverage>"
    )
}

fn coverage_py(measured: Measured<'_>) -> String {
    let file = |name: &str, lines: &[(u32, bool)]| {
        let of = |wanted: bool| {
            let lines: Vec<(u32, bool)> = lines.iter().copied().filter(|(_, hit)| *hit == wanted).collect();
            each(lines, ", ", |line, _| line.to_string())
        };
        let (hit, missed) = (executed(lines), lines.len() - executed(lines));
        let summary = format!("{{\"covered_lines\": {hit}, \"missing_lines\": {missed}}}");
        let (yes, no) = (of(true), of(false));
        format!(
            "\"{name}\": {{\"executed_lines\": [{yes}], \"summary\": {summary}, \"missing_lines\": [{no}], \"excluded_lines\": []}}"
        )
    };
    let files = files(measured, ", ", file);
    format!("{{\"meta\": {{\"branch_coverage\": false, \"show_contexts\": false}}, \"files\": {{{files}}}}}")
}

fn go_cover(measured: Measured<'_>) -> String {
    let block = |name: &str, line, hit| format!("{name}:{line}.1,{line}.9 1 {}\n", u8::from(hit));
    let file = |name: &str, lines: &[(u32, bool)]| each(lines, "", |line, hit| block(name, line, hit));
    format!("mode: set\n{}", files(measured, "", file))
}

fn istanbul(measured: Measured<'_>) -> String {
    let place = |line: u32| {
        format!(
            "{{\"start\": {{\"line\": {line}, \"column\": 0}}, \"end\": {{\"line\": {line}, \"column\": null}}}}"
        )
    };
    let file = |name: &str, lines: &[(u32, bool)]| {
        let map = each(lines, ", ", |line, _| format!("\"{line}\": {}", place(line)));
        let counts = each(lines, ", ", |line, hit| format!("\"{line}\": {}", u8::from(hit)));
        format!(
            "\"{name}\": {{\"path\": \"{name}\", \"statementMap\": {{{map}}}, \"fnMap\": {{}}, \"branchMap\": {{}}, \"s\": {{{counts}}}, \"f\": {{}}, \"b\": {{}}}}"
        )
    };
    format!("{{{}}}", files(measured, ", ", file))
}

fn jacoco(measured: Measured<'_>) -> String {
    let line =
        |line, hit: bool| format!("<line nr='{line}' mi='{}' ci='{}'/>", u8::from(!hit), u8::from(hit));
    let file = |name: &str, lines: &[(u32, bool)]| {
        let (package, name) = name.rsplit_once('/').unwrap_or(("", name));
        format!(
            "<package name='{package}'><sourcefile name='{name}'>{}</sourcefile></package>",
            each(lines, "", line)
        )
    };
    format!("<report name='r'>{}</report>", files(measured, "", file))
}

fn lcov(measured: Measured<'_>) -> String {
    let line = |line, hit| format!("DA:{line},{}\n", u8::from(hit));
    files(measured, "", |name, lines| format!("TN:\nSF:{name}\n{}end_of_record\n", each(lines, "", line)))
}

fn llvm_cov(measured: Measured<'_>) -> String {
    let segment =
        |line, hit| format!("[{line},1,{},true,true,false],[{line},9,0,false,false,false]", u8::from(hit));
    let file = |name: &str, lines: &[(u32, bool)]| {
        format!("{{\"filename\":\"{name}\",\"segments\":[{}]}}", each(lines, ",", segment))
    };
    format!(
        "{{\"data\":[{{\"files\":[{}]}}],\"type\":\"llvm.coverage.json.export\",\"version\":\"2.0.1\"}}",
        files(measured, ",", file)
    )
}

fn opencover(measured: Measured<'_>) -> String {
    let numbers: Vec<&str> = measured.iter().map(|(name, _)| *name).collect();
    let number = |name: &str| numbers.iter().position(|other| *other == name).unwrap() + 1;
    let known = files(measured, "", |name, _| format!("<File uid='{}' fullPath='{name}'/>", number(name)));
    let method = |name: &str, lines: &[(u32, bool)]| {
        let point = |line, hit| {
            format!(
                "<SequencePoint vc='{}' sl='{line}' el='{line}' fileid='{}'/>",
                u8::from(hit),
                number(name)
            )
        };
        format!("<Method><SequencePoints>{}</SequencePoints></Method>", each(lines, "", point))
    };
    let methods = files(measured, "", method);
    format!(
        "<CoverageSession><Modules><Module><Files>{known}</Files><Classes><Class><Methods>{methods}</Methods></Class></Classes></Module></Modules></CoverageSession>"
    )
}

fn simplecov(measured: Measured<'_>) -> String {
    let file = |name: &str, lines: &[(u32, bool)]| {
        let last = lines.iter().map(|(line, _)| *line).max().unwrap_or_default();
        let value = |line: u32| {
            let said = lines.iter().find(|(other, _)| *other == line);
            said.map_or("null".to_string(), |(_, hit)| u8::from(*hit).to_string())
        };
        format!("\"{name}\": {{\"lines\": [{}]}}", (1..=last).map(value).collect::<Vec<_>>().join(", "))
    };
    format!("{{\"RSpec\": {{\"coverage\": {{{}}}, \"timestamp\": 0}}}}", files(measured, ", ", file))
}

fn sonarqube(measured: Measured<'_>) -> String {
    let line = |line, hit| format!("<lineToCover lineNumber='{line}' covered='{hit}'/>");
    let file =
        |name: &str, lines: &[(u32, bool)]| format!("<file path='{name}'>{}</file>", each(lines, "", line));
    format!("<coverage version='1'>{}</coverage>", files(measured, "", file))
}

fn xccov(measured: Measured<'_>) -> String {
    let line = |line, hit| {
        format!("{{\"line\": {line}, \"isExecutable\": true, \"executionCount\": {}}}", u8::from(hit))
    };
    format!(
        "{{{}}}",
        files(measured, ", ", |name, lines| format!("\"{name}\": [{}]", each(lines, ", ", line)))
    )
}
