//! Spellings of one identifier that some language takes for it, beside lines that only look like them.

use crate::support::inside::{assert_inside, assert_outside, changed, changed_from};
use portcullis_testkit::history::Edit;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Each line, alone in a file, is of the area; all that are not are named.
fn all_inside(rows: &[(&str, &str, &str)]) {
    let passes = |(form, path, text): &&(&str, &str, &str)| {
        let stage = changed(&[Edit::Write(path, &format!("{text}\n"))]);
        catch_unwind(AssertUnwindSafe(|| assert_inside(form, stage, path))).is_err()
    };
    let through: Vec<_> = rows.iter().filter(passes).map(|(form, ..)| form).collect();
    assert!(through.is_empty(), "outside: {through:?}");
}

/// No line is of the area, each alone in a file.
fn all_outside(rows: &[(&str, &str)]) {
    for (path, text) in rows {
        assert_outside(text, changed(&[Edit::Write(path, &format!("{text}\n"))]));
    }
}

#[test]
fn attack_94_percent_encoding() {
    all_inside(&[
        ("a query", "tools/a.sh", "curl https://host.test/q?column=nominal%5Fid"),
        ("in lower case", "tools/a.sh", "curl https://host.test/q?column=nominal%5fid"),
        ("a letter", "tools/a.url", "https://host.test/%6Eominal_id"),
        ("twice", "tools/a.url", "https://host.test/nominal%255Fid"),
        ("unescape()", "tools/a.js", "unescape('nominal%u005Fid')"),
        ("a soft hyphen in UTF-8", "tools/a.url", "https://host.test/nomi%C2%ADnal_id"),
    ]);
}

#[test]
fn attack_94_escapes_in_style_sheets_and_directories() {
    all_inside(&[
        ("CSS", "tools/a.css", r"[data-nominal\5f id] { }"),
        ("CSS, six digits", "tools/a.css", r"#nominal\00005fid { }"),
        ("CSS, next to a word", "tools/a.css", r#"a::before { content: attr(n\6f minal_id) }"#),
        ("CSS, an escaped letter", "tools/a.css", r"#nominal\_id { }"),
        ("LDAP", "tools/a.ldif", r"cn: nominal\5fid"),
        ("LDAP, a hexadecimal digit follows", "tools/a.ldif", r"cn: \6eominal\5fid,dc=\64"),
    ]);
}

#[test]
fn attack_94_unicode_strings_of_sql() {
    all_inside(&[
        ("UESCAPE", "tools/a.sql", "SELECT U&'nominal!005Fid' UESCAPE '!'"),
        ("UESCAPE on the next line", "tools/a.sql", "SELECT U&\"nominal#005Fid\"\nUESCAPE '#'"),
        ("UESCAPE, a letter", "tools/a.sql", "SELECT u&\"nominalz005Fid\" UESCAPE 'z'"),
        ("UESCAPE, six digits", "tools/a.sql", "SELECT U&\"nominal~+00005Fid\" UESCAPE '~'"),
        ("UNISTR", "tools/a.sql", r"SELECT UNISTR('\006eominal\005Fid') FROM dual"),
        ("UNISTR, a digit follows", "tools/a.sql", r"SELECT UNISTR('nomin\0061l\005f\0069d') FROM dual"),
    ]);
}

#[test]
fn attack_94_references_of_markup() {
    all_inside(&[
        ("decimal", "tools/a.html", "<i id=nominal&#95;id>"),
        ("many zeros", "tools/a.html", "<i id=nominal&#0000000000095;id>"),
        ("hexadecimal, many zeros", "tools/a.xml", "<i id='nominal&#x00000000000005f;id'/>"),
        ("a name without its end", "tools/a.html", "<i>nomi&shynal_id</i>"),
        ("names that nobody sees", "tools/a.html", "<i>nomi&NoBreak;nal&lrm;_&InvisibleTimes;id</i>"),
        ("RTF", "tools/a.rtf", r"{\rtf1 nominal\'5fid}"),
        ("names in XML of SQL Server", "tools/a.xml", "<nominal_x005F_id/>"),
        ("a name in a script of XML", "tools/a.svg", "<script>row.nominal&lowbar;id</script>"),
    ]);
}

#[test]
fn attack_94_escapes_of_more_languages() {
    all_inside(&[
        ("braces with zeros", "tools/a.js", r"let nominal\u{0000000000005f}id = 1;"),
        ("braces with underscores", "tools/a.rs", r#"let a = "nominal\u{00_5f}id";"#),
        ("braces with spaces", "tools/a.pl", r#"my $a = "nominal\x{ 5f }id";"#),
        ("several in braces", "tools/a.rb", r#"row["\u{6e 6f 6d 69}nal_id"]"#),
        ("two digits", "tools/a.sh", r"a=$'nominal\u5fid'"),
        ("two digits of eight", "tools/a.sh", r"a=$'nominal\U5fid'"),
        ("octal after a zero", "tools/a.sh", r"printf 'nominal\0137id'"),
        ("octal of OCaml", "tools/a.ml", r#"let a = "nominal\o137id""#),
        ("decimal", "tools/a.lua", r#"row["nominal\095id"]"#),
        ("decimal, two digits", "tools/a.hs", r#"a = "nominal\95id""#),
        ("hexadecimal, many digits", "tools/a.cs", r#"row["nominal\x005fid"]"#),
        ("hexadecimal, with an end", "tools/a.scm", r#"(ref row "nominal\x5f;id")"#),
        ("PowerShell", "tools/a.ps1", "$row[\"nominal`u{5f}id\"]"),
        (
            "PowerShell, an escaped letter",
            "tools/a.ps1",
            "$row[\"nomi`xnal_id\".Replace('x','')] + \"nom`inal_id\"",
        ),
        ("a shell", "tools/a.sh", r"psql -c SELECT\ nom\inal_id"),
        ("JavaScript, an escaped letter", "tools/a.js", r#"row["nominal\_id"]"#),
        ("a batch file", "tools/a.cmd", "echo nomi^nal_id"),
        ("Raku", "tools/a.raku", r#"%row{"nominal\x[5f]id"}"#),
        ("Raku, octal", "tools/a.raku", r#"%row{"nominal\o[137]id"}"#),
        ("Raku, by name", "tools/a.raku", r#"%row{"nominal\c[LOW LINE]id"}"#),
        ("a trigraph", "tools/a.c", r#"char a[] = "nominal??/137id";"#),
        ("quoted-printable", "tools/a.eml", "SELECT nominal=5Fid"),
        ("letters by name", "tools/a.py", r#"row["nominal\N{LOW LINE}id"]"#),
        ("letters by name, spaces", "tools/a.pl", r#"$row{"nominal\N{ LOW LINE }id"}"#),
    ]);
}

#[test]
fn attack_94_lines_that_go_on() {
    all_inside(&[
        ("indented", "tools/a.rs", "let a = \"nomi\\\n        nal_id\";"),
        ("indented, YAML", "tools/a.yml", "a: \"nominal\\\n  _id\""),
        ("a trigraph", "tools/a.c", "int nomi??/\nnal_id = 1;"),
        ("a batch file", "tools/a.cmd", "echo nomi^\nnal_id"),
    ]);
}

#[test]
fn twin_94_lines_that_only_look_like_spellings_stay_outside() {
    all_outside(&[
        ("tools/a.txt", "100%5 of nominal %5Fname, and %zz 5%"),
        ("tools/a.bat", r"copy C:\nominal\id C:\5f\other D:\x5f\u5f"),
        ("tools/a.py", r#"re.match(r"\d+\bnominal\s\w{3}\\_id", x) or '%5d=%5F' % y"#),
        ("tools/a.css", r"#nominal\5f other { content: '\201C'; width=50 }"),
        ("tools/a.sql", "SELECT U&'other!005Fid' UESCAPE '!', nominal FROM a WHERE b=5 AND id=5"),
        ("tools/a.html", "<p>a &amp; b &lt; nominal &copy; id &#x26; &#95</p>"),
        ("tools/a.md", "The `nominal` value of an `id`, see x^2 and [^1]: what??!"),
        ("tools/a.js", "const a = `${nominal}${id}`; b ??= c; d = e ^ f;"),
        ("tools/a.rs", "let a = \"nominal \\\n        id\";"),
        ("tools/a.c", "int a = nominal ??/ id;"),
    ]);
}

#[test]
fn twin_94_only_changed_lines_count_in_any_spelling() {
    let old = "a: nominal%5Fid\nb: 1\n";
    let before = [Edit::Write("tools/row.yml", old)];
    let elsewhere = changed_from(&before, &[Edit::Write("tools/row.yml", &old.replace("b: 1", "b: 2"))]);
    assert_outside("another line", elsewhere);
    let removed = changed_from(&before, &[Edit::Write("tools/row.yml", "b: 1\n")]);
    assert_inside("a removed line", removed, "tools/row.yml");
}
